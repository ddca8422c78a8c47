"""Certified subdivision: laws, textbook games, degenerate games."""

from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.equilibria import bimatrix, two_mixers
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.gains import scaled_gains
from hedging.equilibria.kantorovich import majorant
from hedging.equilibria.result import choice_offsets
from hedging.equilibria.subdivision import solve_subdivision
from hedging.equilibria.supports import supports_of
from hedging.errors import GameError, ParameterError, Status

OK, DEGENERATE, INCOMPLETE = Status.OK, Status.DEGENERATE, Status.INCOMPLETE
NO_CONVERGENCE, NONFINITE = Status.NO_CONVERGENCE, Status.NONFINITE

SHAPES = [(2, 2, 2), (3, 2, 2), (3, 3, 2), (2, 2, 2, 2), (3, 3, 3)]


def listed(result, game=0):
    """Equilibria of one game, sorted."""
    e = result.equilibria
    rows = e.probability[e.offsets[game] : e.offsets[game + 1]]
    return rows[np.lexsort(rows.round(9).T[::-1])]


def assert_same(points, expected, atol=1e-9):
    """The same set of points."""
    points, expected = np.asarray(points, dtype=float), np.asarray(expected, dtype=float)
    assert points.shape == expected.shape
    for p in expected:
        assert np.abs(points - p).max(axis=1).min() < atol, p


def assert_regular(payoffs, result):
    """What every list that is called complete has to satisfy."""
    e = result.equilibria
    good = e.status == OK
    sums = np.bincount(e.game, weights=e.index, minlength=len(good))
    assert (e.count[good] % 2 == 1).all()
    assert (sums[good] == 1).all()
    assert e.isolated[good[e.game]].all()
    span = np.ptp(payoffs.reshape(len(payoffs), -1), axis=1)
    _, regret = payoffs_and_regret(payoffs, e)
    assert (regret <= 1e-12 * span[e.game]).all()
    assert (e.probability >= 0).all()
    assert (result.radius[good[e.game]] < 1e-6).all()
    assert (result.unresolved[good] == 0).all()


def random_games(shape, count, seed):
    return np.random.default_rng(seed).normal(size=(count, len(shape), *shape))


# -- textbook games ---------------------------------------------------------------------------

# McKelvey and McLennan, Handbook of Computational Economics 1 (1996), ch. 2.
NINE = [
    [[[9, 0], [0, 3]], [[0, 3], [9, 0]]],
    [[[8, 0], [0, 4]], [[0, 4], [8, 0]]],
    [[[12, 0], [0, 6]], [[0, 6], [2, 0]]],
]
NINE_EQUILIBRIA = [
    [1, 0, 1, 0, 1, 0],
    [1, 0, 0, 1, 0, 1],
    [0, 1, 1, 0, 0, 1],
    [0, 1, 0, 1, 1, 0],
    [0, 1, 1 / 4, 3 / 4, 1 / 3, 2 / 3],
    [1 / 3, 2 / 3, 1, 0, 1 / 4, 3 / 4],
    [1 / 2, 1 / 2, 1 / 2, 1 / 2, 1, 0],
    [1 / 2, 1 / 2, 2 / 5, 3 / 5, 1 / 4, 3 / 4],
    [2 / 5, 3 / 5, 1 / 2, 1 / 2, 1 / 3, 2 / 3],
]

# Nau, Gomez Canovas and Hansen, International Journal of Game Theory 32 (2004), section 4:
# rational payoffs, one equilibrium, irrational.
IRRATIONAL = [
    [[[3, 1], [0, 0]], [[0, 0], [1, 2]]],
    [[[0, 0], [2, 1]], [[1, 3], [0, 0]]],
    [[[2, 0], [0, 0]], [[0, 0], [0, 3]]],
]
IRRATIONAL_EQUILIBRIA = [
    [
        0.6192325794725538,
        0.38076742052744617,
        0.47980422267760514,
        0.5201957773223949,
        0.3788253360656316,
        0.6211746639343684,
    ]
]

# The same paper, section 5.
CONTINUUM = [
    [[[0, 1], [0, 0]], [[3, 0], [0, 0]]],
    [[[0, 1], [3, 0]], [[0, 0], [0, 0]]],
    [[[2, 0], [0, 0]], [[0, 0], [0, 3]]],
]

# Gambit, tests/test_games/2x2x2_nfg_from_local_max_cut_2_pure_1_mixed_eq.nfg
MAX_CUT = [
    [[[0, -1], [2, 1]], [[1, 2], [-1, 0]]],
    [[[0, 2], [4, 2]], [[2, 4], [2, 0]]],
    [[[0, 1], [2, -1]], [[-1, 2], [1, 0]]],
]
MAX_CUT_EQUILIBRIA = [[1, 0, 0, 1, 1, 0], [0, 1, 1, 0, 0, 1], [0.5] * 6]

# Diekmann, Journal of Conflict Resolution 29 (1985), with three players and cost 1/4.
VOLUNTEER = [
    [[[0, 1], [1, 1]], [[0.75, 0.75], [0.75, 0.75]]],
    [[[0, 1], [0.75, 0.75]], [[1, 1], [0.75, 0.75]]],
    [[[0, 0.75], [1, 0.75]], [[1, 0.75], [1, 0.75]]],
]
VOLUNTEER_EQUILIBRIA = [
    [1, 0, 1, 0, 0, 1],
    [1, 0, 0, 1, 1, 0],
    [0, 1, 1, 0, 1, 0],
    [1, 0, 0.25, 0.75, 0.25, 0.75],
    [0.25, 0.75, 1, 0, 0.25, 0.75],
    [0.25, 0.75, 0.25, 0.75, 1, 0],
    [0.5] * 6,
]

# Gambit, contrib/games/3x3x3.nfg: "five equilibria", two of them pure.
FIVE = [
    [
        [[1.131, 2.429, 3.222], [1.576, 2.455, 5.277], [1.735, 4.943, 4.642]],
        [[1.358, 5.255, 2.873], [1.478, 7.486, 4.995], [3.83, 4.434, 4.976]],
        [[1.655, 2.243, 4.564], [1.436, 7.566, 4.423], [1.428, 4.533, 4.486]],
    ],
    [
        [[1.21, 2.326, 3.024], [5.634, 6.523, 4.837], [4.043, 7.362, 1.897]],
        [[2.234, 5.334, 4.452], [2.544, 4.483, 5.754], [1.335, 4.271, 7.324]],
        [[1.347, 3.518, 4.326], [4.864, 4.655, 1.759], [1.521, 5.231, 4.882]],
    ],
    [
        [[2.426, 2.422, 1.223], [5.675, 4.225, 5.645], [7.247, 4.382, 4.042]],
        [[2.238, 2.643, 4.549], [1.973, 5.764, 4.383], [1.734, 4.12, 7.723]],
        [[2.747, 3.062, 1.762], [5.267, 7.076, 2.705], [4.248, 5.458, 2.537]],
    ],
]
FIVE_EQUILIBRIA = [
    [1, 0, 0, 0, 1, 0, 1, 0, 0],
    [0, 1, 0, 0, 0, 1, 0, 0, 1],
    [0.4930382006426276, 0.5069617993573724, 0, 0, 1, 0, 0, 0.0530773574251836, 0.9469226425748164],
    [
        0.34811529933481167,
        0.6518847006651883,
        0,
        0,
        0.5422077922077925,
        0.45779220779220753,
        0,
        0,
        1,
    ],
    [
        0.34966287622102565,
        0.6503371237789743,
        0,
        0,
        0.847062596844163,
        0.15293740315583707,
        0,
        0.042957752374108704,
        0.9570422476258913,
    ],
]


def from_lists(shape, *lists):
    """Payoffs listed with the first player's action running fastest."""
    return [np.reshape(values, shape, order="F").tolist() for values in lists]


# Gambit, contrib/games/g1.nfg and g2.nfg, from van der Laan, Talman and van der Heyden (1987).
G1 = from_lists(
    (2, 2, 2),
    [-1, -8, -8, -2, -2, -8, -5, -2],
    [-4, -2, -2, -1, -2, -1, -6, -3],
    [-4, -4, -1, -2, -8, -2, -8, -1],
)
G1_EQUILIBRIA = [[1 / 5, 4 / 5, 3 / 7, 4 / 7, 2 / 3, 1 / 3]]
G2_LIST = (
    "2 5 1 1 4 1 4 3 1 2 1 3 3 3 6 4 2 2 4 2 5 6 5 2 3 7 4 3 6 2 1 8 3 7 5 8 3 1 6 4 2 3 5 2 5 1 3 "
    "5 8 3 7 6 5 5 4 7 5 4 9 4 2 1 8 3 3 2 1 1 6 5 4 1 5 6 2 2 6 5 4 8 3"
)
G2 = from_lists((3, 3, 3), *(-np.array(G2_LIST.split(), dtype=float).reshape(-1, 3).T))
G2_EQUILIBRIA = [[3 / 7, 4 / 7, 0, 0, 1, 0, 0, 2 / 3, 1 / 3]]


@pytest.mark.parametrize(
    ("payoffs", "equilibria"),
    [
        (NINE, NINE_EQUILIBRIA),
        (IRRATIONAL, IRRATIONAL_EQUILIBRIA),
        (MAX_CUT, MAX_CUT_EQUILIBRIA),
        (VOLUNTEER, VOLUNTEER_EQUILIBRIA),
        (FIVE, FIVE_EQUILIBRIA),
        (G1, G1_EQUILIBRIA),
        (G2, G2_EQUILIBRIA),
    ],
    ids=["nine", "irrational", "max cut", "volunteer", "five", "g1", "g2"],
)
def test_textbook_game(payoffs, equilibria):
    game = np.array([payoffs], dtype=float)
    found = solve_subdivision(game)
    assert found.equilibria.status.tolist() == [OK]
    assert_same(listed(found), equilibria)
    assert_regular(game, found)


def test_matching_pennies_for_three():
    # Jordan, Games and Economic Behavior 5 (1993): elimination breaks down, subdivision does not.
    game = np.zeros((1, 3, 2, 2, 2))
    for a, b, c in np.ndindex(2, 2, 2):
        game[0, :, a, b, c] = a == b, b == c, c != a
    found = solve_subdivision(game)
    assert found.equilibria.probability.tolist() == [[0.5] * 6]
    assert found.equilibria.index.tolist() == [1]
    assert found.equilibria.status.tolist() == [OK]


def test_four_players_with_three_equilibria():
    # Gambit, contrib/games/2x2x2x2.nfg; outcomes in order, the first player's action fastest.
    outcomes = """
    1.131 1.210 2.426 2.429 4.225 5.277 4.837 5.645 4.452 4.549 1.655 1.347 7.566 4.655
    7.076 4.423 1.223 1.358 2.234 2.238 4.483 5.764 4.995 5.754 4.564 4.326 1.762 1.576
    7.247 4.943 7.362 4.382 2.326 2.422 3.222 3.024 1.478 2.544 1.973 7.486 2.747 2.243
    3.518 3.062 1.759 2.705 1.735 4.043 5.255 5.334 2.643 2.873 4.383 1.436 4.864 5.267
    5.634 5.675 2.455 6.523 4.642 1.897 4.042 3.830
    """
    lists = np.array(outcomes.split(), dtype=float).reshape(16, 4).T
    found = solve_subdivision(np.array([from_lists((2, 2, 2, 2), *lists)]))
    x, w = 0.1003818876159301, 0.2699319727891158
    expected = [
        [1, 0, 1, 0, 1, 0, 0, 1],
        [0, 1, 1, 0, 0, 1, 1, 0],
        [x, 1 - x, 0, 1, 0, 1, w, 1 - w],
    ]
    assert found.equilibria.status.tolist() == [OK]
    assert_same(listed(found), expected)


# -- the continuum of section 5 -----------------------------------------------------------------


def test_continuum_of_mixed_equilibria():
    found = solve_subdivision(np.array([CONTINUUM], dtype=float))
    e = found.equilibria
    assert e.status.tolist() == [DEGENERATE]
    single = e.isolated.nonzero()[0]
    assert e.probability[single].tolist() == [[0, 1, 0, 1, 0, 1]]  # (Bottom, Right, 2)
    rest = ~e.isolated
    ends = [
        [1, 0, 0, 1, 1, 0],
        [0, 1, 1, 0, 1, 0],
        [1, 0, 0, 1, 0.25, 0.75],
        [0, 1, 1, 0, 0.25, 0.75],
    ]
    assert_same(e.probability[rest & ~found.witness], ends, atol=1e-15)
    assert len(set(e.component[rest])) == 1
    assert (found.dimension == rest).all()
    assert e.component[single[0]] != e.component[rest][0]
    assert (e.index == 0).all()
    # The curve {z = 1/4, 2xy = 3(1 - x)(1 - y)} joins the two segments.
    witness = found.witnesses
    assert witness.dimension.tolist() == [1]
    assert witness.component[0] == e.component[rest][0]
    assert (e.probability[found.witness] == witness.probability).all()
    x, y, z = witness.probability[0, ::2]
    assert 0 < x < 1
    assert z == pytest.approx(0.25, abs=1e-12)
    assert 2 * x * y == pytest.approx(3 * (1 - x) * (1 - y), abs=1e-12)


def test_perturbations_tell_essential_components():
    found = solve_subdivision(np.array([CONTINUUM, NINE], dtype=float), refine="perturb", rng=3)
    e, survival = found.equilibria, found.survival
    first = e.game == 0
    joined = first & ~e.isolated
    assert (survival.share[joined] == 1).all()
    assert (survival.total_index[joined] == 1).all()
    assert (survival.share[first & e.isolated] < 1).all()
    assert (survival.total_index[first & e.isolated] == 0).all()
    # A regular game is not perturbed: its equilibria survive by the implicit function theorem.
    assert (survival.share[~first] == 1).all()
    assert (survival.total_index[~first] == e.index[~first]).all()
    again = solve_subdivision(np.array([CONTINUUM], dtype=float), refine="perturb", rng=3)
    assert (again.survival.share == survival.share[first]).all()


# -- random games ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "count"), list(zip(SHAPES, [400, 300, 100, 100, 12], strict=True))
)
def test_random_games_are_regular(shape, count):
    games = random_games(shape, count, seed=1)
    found = solve_subdivision(games)
    assert (found.equilibria.status == OK).all()
    assert_regular(games, found)


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2), (2, 2, 2, 2)])
def test_two_mixers_are_all_there(shape):
    games = random_games(shape, 100, seed=2)
    found = solve_subdivision(games)
    some = two_mixers.solve(games)
    starts = choice_offsets(shape)
    for g in range(len(games)):
        points = listed(found, g)
        mixers = sum((points[:, a:b] > 0).sum(axis=1) > 1 for a, b in pairwise(starts))
        rows = slice(*some.offsets[g : g + 2])
        assert_same(points[mixers <= 2], some.probability[rows])


def test_batch_equals_loop():
    games = random_games((3, 2, 2), 20, seed=3)
    games[5] = np.round(games[5])
    together = solve_subdivision(games)
    for g in range(len(games)):
        alone = solve_subdivision(games[g : g + 1])
        assert (listed(alone) == listed(together, g)).all()
        assert alone.equilibria.status[0] == together.equilibria.status[g]
        assert alone.cells[0] == together.cells[g]


def test_permuting_players_and_actions():
    rng = np.random.default_rng(4)
    games = np.concatenate([random_games((3, 2, 2), 20, 5), rng.integers(-2, 3, (20, 3, 3, 2, 2))])
    found = solve_subdivision(games)
    for order in permutations(range(3)):
        turned = games[:, list(order)].transpose(0, 1, *(2 + k for k in order))
        flips = [rng.permutation(m) for m in turned.shape[2:]]
        turned = turned[:, :, flips[0]][:, :, :, flips[1]][..., flips[2]]
        again = solve_subdivision(turned)
        assert (again.equilibria.status == found.equilibria.status).all()
        blocks = [np.arange(a, b) for a, b in ((0, 3), (3, 5), (5, 7))]
        columns = np.concatenate([blocks[k][f] for k, f in zip(order, flips, strict=True)])
        for g in range(len(games)):
            if found.equilibria.status[g] in (OK, DEGENERATE):
                assert_same(listed(again, g), listed(found, g)[:, columns], atol=1e-6)


@pytest.mark.parametrize("scale", [1e-300, 1e-10, 3.0, 1e10, 1e307])
def test_scaling_changes_nothing(scale):
    games = random_games((2, 2, 2), 30, seed=6)
    plain, scaled = solve_subdivision(games), solve_subdivision(games * scale)
    assert (scaled.equilibria.status == OK).all()
    for g in range(len(games)):
        assert_same(listed(scaled, g), listed(plain, g))


def test_what_only_others_influence_changes_nothing():
    rng = np.random.default_rng(7)
    games = rng.integers(-40, 41, (30, 3, 3, 2, 2)) / 8
    moved = games.copy()
    for k in range(3):
        other = rng.integers(-40, 41, (30, 3, 2, 2)) * 1e6
        moved[:, k] += np.take(other, [0], axis=k + 1)
    plain, shifted = solve_subdivision(games), solve_subdivision(moved)
    assert (plain.equilibria.probability == shifted.equilibria.probability).all()
    assert (plain.equilibria.status == shifted.equilibria.status).all()


def test_an_idle_player_changes_nothing():
    games = random_games((3, 2, 2), 20, seed=8)
    wide = np.concatenate([games, np.zeros((20, 1, 3, 2, 2))], axis=1)[..., None]
    plain, idle = solve_subdivision(games), solve_subdivision(wide)
    assert_same(idle.equilibria.probability[:, :-1], plain.equilibria.probability)
    assert (idle.equilibria.probability[:, -1] == 1).all()
    assert (idle.equilibria.index == plain.equilibria.index).all()


def test_a_dominated_action_changes_nothing():
    games = random_games((2, 2, 2), 20, seed=9)
    more = np.concatenate([games, games[:, :, :1]], axis=2)
    more[:, 0, 2] -= 1.0
    plain, larger = solve_subdivision(games), solve_subdivision(more)
    keep = np.delete(larger.equilibria.probability, 2, axis=1)
    assert (larger.equilibria.probability[:, 2] == 0).all()
    for g in range(20):
        rows = slice(*larger.equilibria.offsets[g : g + 2])
        assert_same(keep[rows], listed(plain, g))


@pytest.mark.slow
def test_gambit_finds_nothing_else():
    gambit = pytest.importorskip("pygambit")
    for shape, count in (((2, 2, 2), 60), ((3, 2, 2), 30), ((2, 2, 2, 2), 10)):
        games = random_games(shape, count, seed=10)
        found = solve_subdivision(games)
        for g, payoffs in enumerate(games):
            game = gambit.Game.from_arrays(*payoffs)
            for profile in gambit.nash.enumpoly_solve(game).equilibria:
                point = np.array([float(profile[s]) for s in game.strategies])
                starts = choice_offsets(shape)
                mix = [point[a:b] for a, b in pairwise(starts)]
                if _regret(payoffs, mix) < 1e-8:
                    assert np.abs(listed(found, g) - point).max(axis=1).min() < 1e-5


def _regret(payoffs, mix):
    worst = 0.0
    for i in range(len(mix)):
        value = payoffs[i]
        for k in reversed(range(len(mix))):
            if k != i:
                value = np.tensordot(value, mix[k], axes=(k, 0))
        worst = max(worst, value.max() - value @ mix[i])
    return worst


def test_a_probability_fixed_long_before_the_others():
    # One equation is linear in one probability alone: the cells soon have no width there.
    game = np.array(
        [
            [[[-2, 3], [2, -9]], [[-3, 1], [6, 0]]],
            [[[-5, -4], [-3, -9]], [[-9, 1], [0, -8]]],
            [[[8, -3], [3, -8]], [[-5, -2], [-3, 0]]],
        ],
        dtype=float,
    )
    found = solve_subdivision(game[None])
    x, y, z = 3 / 14, 467 / 575, 38 / 73
    assert found.equilibria.status.tolist() == [OK]
    assert_same(listed(found), [[x, 1 - x, y, 1 - y, z, 1 - z]])


# -- one and two players ----------------------------------------------------------------------


@given(
    st.integers(1, 3).flatmap(
        lambda m: st.integers(1, 3).flatmap(
            lambda n: st.lists(st.integers(-2, 2), min_size=2 * m * n, max_size=2 * m * n).map(
                lambda cells: np.array(cells, dtype=float).reshape(1, 2, m, n)
            )
        )
    )
)
@settings(max_examples=150, deadline=None)
def test_two_players_agree_with_signs(game):
    found = solve_subdivision(game).equilibria
    signs = bimatrix.solve(game[:, 0], game[:, 1])
    assert found.status.tolist() == signs.status.tolist()
    # Points of one support and component come in no particular order.
    mine, theirs = (np.lexsort(e.probability.round(9).T) for e in (found, signs))
    np.testing.assert_allclose(
        found.probability[mine], signs.probability[theirs], rtol=0, atol=1e-12
    )
    for field in ("support", "index", "isolated", "component"):
        assert getattr(found, field)[mine].tolist() == getattr(signs, field)[theirs].tolist(), field


def test_random_bimatrix_games():
    games = random_games((3, 4), 200, seed=11)
    found = solve_subdivision(games).equilibria
    signs = bimatrix.solve(games[:, 0], games[:, 1])
    assert (found.status == OK).all()
    np.testing.assert_allclose(found.probability, signs.probability, rtol=0, atol=1e-9)
    assert found.index.tolist() == signs.index.tolist()


def test_one_player():
    found = solve_subdivision(np.array([[[1.0, 2.0, 0.0]], [[1.0, 1.0, 0.0]]]))
    assert found.equilibria.probability.tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]
    assert found.equilibria.status.tolist() == [OK, DEGENERATE]


# -- degenerate games ---------------------------------------------------------------------------


def _small(shape, high, count, seed):
    rng = np.random.default_rng(seed)
    return rng.integers(-high, high + 1, (count, len(shape), *shape)).astype(float)


@pytest.mark.parametrize(
    ("shape", "high", "count"), [((2, 2, 2), 1, 60), ((3, 2, 2), 2, 30), ((2, 2, 2, 2), 2, 10)]
)
def test_small_integers(shape, high, count):
    games = _small(shape, high, count, seed=12)
    found = solve_subdivision(games)
    e = found.equilibria
    assert_regular(games, found)
    assert (e.status == DEGENERATE).any()
    assert set(e.status.tolist()) <= {OK, DEGENERATE, INCOMPLETE}
    # Nothing that is known exactly is missing.
    exact = two_mixers.solve(games, exact=True)
    for g in range(count):
        known = exact.probability[exact.offsets[g] : exact.offsets[g + 1]].astype(float)
        points = listed(found, g)
        for p in known:
            assert np.abs(points - p).max(axis=1).min() < 1e-12
    # A regular equilibrium stands alone, and a component of several points is no isolated one.
    assert e.isolated[e.index != 0].all()
    for g in range(count):
        rows = np.arange(e.offsets[g], e.offsets[g + 1])
        for part in np.unique(e.component[rows]):
            own = rows[e.component[rows] == part]
            assert len(own) == 1 or not e.isolated[own].any()


@pytest.mark.parametrize(("shape", "count"), [((2, 2, 2), 60), ((3, 2, 2), 25)])
def test_no_component_is_missing(shape, count):
    # Equilibria of a game near by lie near equilibria of the game itself (upper hemicontinuity).
    games = _small(shape, 1, count, seed=13)
    e = solve_subdivision(games).equilibria
    found = solve_subdivision(games, refine="perturb", perturbations=3, rng=14)
    for g in np.flatnonzero(e.status == DEGENERATE):
        rows = np.arange(e.offsets[g], e.offsets[g + 1])
        parts, first = np.unique(e.component[rows], return_index=True)
        index = found.survival.total_index[rows[first]]
        if not np.isnan(index).any():
            assert index.sum() == 1, (g, parts)


def test_a_player_who_never_cares():
    # Matching pennies watched by a third player: a segment, with the third doing anything.
    pennies = np.array([[1.0, -1.0], [-1.0, 1.0]])
    game = np.zeros((1, 3, 2, 2, 2))
    game[0, 0], game[0, 1] = pennies[:, :, None], -pennies[:, :, None]
    found = solve_subdivision(game)
    e = found.equilibria
    assert e.status.tolist() == [DEGENERATE]
    ends = e.probability[~found.witness]
    assert_same(ends, [[0.5, 0.5, 0.5, 0.5, 1, 0], [0.5, 0.5, 0.5, 0.5, 0, 1]])
    assert e.component.tolist() == [0, 0, 0]
    assert not e.isolated.any()
    assert found.witnesses.dimension.tolist() == [1]


def test_all_payoffs_equal():
    found = solve_subdivision(np.full((1, 3, 3, 2, 2), 7.0))
    e = found.equilibria
    assert e.status.tolist() == [DEGENERATE]
    # All pure profiles and a witness of what lies between.
    assert e.count.tolist() == [13]
    assert set(e.component.tolist()) == {0}
    assert found.witnesses.dimension.tolist() == [4]


def test_a_segment_of_three_mixers():
    # The first two players care about the third alone, who is indifferent exactly if x + y = 1.
    game = np.zeros((1, 3, 2, 2, 2))
    for a, b, c in np.ndindex(2, 2, 2):
        game[0, 0, a, b, c] = (a == c) * 2 - 1
        game[0, 1, a, b, c] = (b != c) * 2 - 1
        game[0, 2, a, b, c] = (1 if c else -1) * ((a == 0) + (b == 0) - 1)
    found = solve_subdivision(game)
    e = found.equilibria
    assert e.status.tolist() == [DEGENERATE]
    own = e.component == found.witnesses.component[0]
    segment = e.probability[own & ~found.witness]
    # Beyond each end of it the third player is free within limits.
    ends = [[1, 0, 0, 1, 0.5, 0.5], [0, 1, 1, 0, 0.5, 0.5], [1, 0, 0, 1, 1, 0], [0, 1, 1, 0, 0, 1]]
    assert_same(segment, ends)
    assert found.witnesses.dimension.tolist() == [1]
    x, y, z = found.witnesses.probability[0, ::2]
    assert z == pytest.approx(0.5, abs=1e-9)
    assert x + y == pytest.approx(1.0, abs=1e-9)


def test_exact_payoffs():
    third = Fraction(1, 3)
    games = np.vectorize(Fraction)(np.array([NINE, CONTINUUM])) * third
    found = solve_subdivision(games)
    plain = solve_subdivision(np.array([NINE, CONTINUUM], dtype=float))
    assert found.equilibria.status.tolist() == [OK, DEGENERATE]
    assert_same(listed(found, 0), listed(plain, 0))
    assert_same(listed(found, 1), listed(plain, 1))


def test_uncertain_payoffs():
    game = np.array([CONTINUUM, NINE], dtype=float)
    error = np.full((2, 3), 1e-12)
    found = solve_subdivision(game, payoff_error=error)
    assert found.equilibria.status.tolist() == [DEGENERATE, OK]
    truth = np.vectorize(Fraction)(game)
    truth[0, 0, 1, 0, 0] += 1  # another game than the doubles say, to see that it is asked for
    asked = []

    def exact(games):
        asked.extend(games.tolist())
        return truth[games]

    solve_subdivision(game, payoff_error=error, exact_payoffs=exact)
    assert asked == [0]
    with np.errstate(all="raise"):
        vague = solve_subdivision(game[1:], payoff_error=np.full((1, 3), np.inf))
    assert vague.equilibria.status[0] != OK


# -- limits and refusals ------------------------------------------------------------------------


def test_budget_is_never_silent():
    games = random_games((3, 3, 3), 4, seed=15)
    found = solve_subdivision(games, max_cells=20)
    assert (found.equilibria.status == INCOMPLETE).all()
    whole = solve_subdivision(games)
    for g in range(4):
        for p in listed(found, g):
            assert np.abs(listed(whole, g) - p).max(axis=1).min() < 1e-9


def test_nonfinite_games_are_marked():
    games = random_games((2, 2, 2), 3, seed=16)
    games[1, 0, 0, 0, 0] = np.nan
    found = solve_subdivision(games).equilibria
    assert found.status.tolist() == [OK, NONFINITE, OK]
    assert found.count[1] == 0


def test_no_games():
    found = solve_subdivision(np.zeros((0, 3, 2, 2, 2)))
    assert found.equilibria.offsets.tolist() == [0]
    assert found.radius.shape == (0,)


def test_refusals():
    with pytest.raises(GameError, match="give an array"):
        solve_subdivision(np.zeros((3, 2, 2)))
    with pytest.raises(GameError, match="at most 12"):
        solve_subdivision(np.zeros((1, 3, 8, 8, 8)))
    with pytest.raises(ParameterError, match="perturb"):
        solve_subdivision(np.zeros((1, 2, 2, 2)), refine="more")
    with pytest.raises(ParameterError, match="positive"):
        solve_subdivision(np.zeros((1, 2, 2, 2)), max_cells=0)


# -- the parts ----------------------------------------------------------------------------------


def test_majorant_is_the_smaller_root():
    beta, delta, lipschitz = 0.01, 0.1, 3.0
    near, far = majorant(beta, delta, lipschitz)
    for radius in (near, far):
        assert beta - (1 - delta) * radius + lipschitz * radius**2 / 2 == pytest.approx(0, abs=1e-9)
    assert near < far
    assert majorant(0.2, 0.1, 3.0) == (-1.0, -1.0)
    assert majorant(0.0, 1.0, 0.0) == (-1.0, -1.0)


def test_gains_are_scaled_by_powers_of_two():
    games = random_games((3, 2, 2), 10, seed=17) * 1000
    gains, noise = scaled_gains(games)
    spread = [np.ptp(gains[:, k], axis=k + 1).reshape(10, -1).max(axis=1) for k in range(3)]
    assert ((np.array(spread) <= 1) & (np.array(spread) >= 0.5)).all()
    assert (noise < 1e-15).all()


def test_supports_are_counted():
    every = supports_of((3, 3, 3))
    assert len(every.dims) == 7**3
    assert (every.mixers > 2).sum() == 4**3
