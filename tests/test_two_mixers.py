"""Equilibria with at most two mixers: laws, published games, the rivalry path of hedging."""

from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hedging.equilibria import bimatrix, dispatch
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.pure import pure_equilibria
from hedging.errors import GameError, HedgingTypeError, ParameterError, Status


def solve(payoffs, *, method="two_mixers", **options):
    """What is found without the solvers for three and more mixers."""
    return dispatch.solve(payoffs, method=method, **options)


SHAPES = [(2, 2, 2), (3, 2, 2), (2, 3, 1), (2, 2, 2, 2)]


@st.composite
def integer_games(draw, shapes=SHAPES, high=2, size=3):
    shape = draw(st.sampled_from(shapes))
    return draw(
        hnp.arrays(np.int64, (size, len(shape), *shape), elements=st.integers(-high, high))
    ).astype(np.float64)


def points(found, game=0, columns=None):
    """Everything known about the equilibria of one game, as a set."""
    rows = range(found.offsets[game], found.offsets[game + 1])
    columns = slice(None) if columns is None else columns
    return {
        (tuple(found.probability[r][columns]), int(found.index[r]), bool(found.isolated[r]))
        for r in rows
    }


def components(found, game=0, columns=None):
    rows = range(found.offsets[game], found.offsets[game + 1])
    columns = slice(None) if columns is None else columns
    parts = {}
    for r in rows:
        parts.setdefault(int(found.component[r]), set()).add(tuple(found.probability[r][columns]))
    return {frozenset(p) for p in parts.values()}


def same(a, b):
    for name in ("offsets", "support", "index", "isolated", "component", "status"):
        assert (getattr(a, name) == getattr(b, name)).all(), name
    assert np.allclose(a.probability.astype(float), b.probability.astype(float), rtol=1e-12)


# -- laws ----------------------------------------------------------------------------------


@given(integer_games())
@settings(max_examples=30, deadline=None)
def test_batch_equals_loop(payoffs):
    found = solve(payoffs)
    for g in range(len(payoffs)):
        alone = solve(payoffs[g : g + 1])
        assert points(alone) == points(found, g)
        assert components(alone) == components(found, g)
        assert alone.status[0] == found.status[g]


def test_batch_equals_loop_on_random_doubles_and_chunks(monkeypatch):
    rng = np.random.default_rng(3)
    payoffs = rng.normal(size=(50, 3, 3, 2, 2))
    found = solve(payoffs)
    monkeypatch.setattr("hedging.equilibria.two_mixers._CHUNK", 7)
    cut = solve(payoffs)
    same(found, cut)
    assert (found.probability == cut.probability).all()


@pytest.mark.parametrize("kind", ["integers", "normal"])
@pytest.mark.parametrize("shape", [*SHAPES, (3, 3, 2), (2, 1, 2, 2)])
def test_signs_equal_vertices(shape, kind):
    """Two algorithms that share only the blocks: minors with bounds, vertices in integers."""
    rng = np.random.default_rng(7)
    size = (25, len(shape), *shape)
    payoffs = rng.normal(size=size) if kind == "normal" else rng.integers(-2, 3, size) * 1.0
    same(solve(payoffs, method="signs"), solve(payoffs, method="vertices"))


@given(integer_games(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_permuting_players_and_actions_permutes(payoffs, random):
    n, shape = payoffs.shape[1], payoffs.shape[2:]
    players = random.sample(range(n), n)
    orders = [random.sample(range(m), m) for m in shape]
    moved = payoffs
    for k, order in enumerate(orders):
        moved = np.take(moved, order, axis=k + 2)
    moved = moved[:, players].transpose(0, 1, *(2 + p for p in players))
    starts = np.cumsum([0, *shape])
    columns = np.concatenate([starts[p] + np.array(orders[p]) for p in players])
    found, after = solve(payoffs, exact=True), solve(moved, exact=True)
    for g in range(len(payoffs)):
        assert points(after, g) == points(found, g, columns)
        assert components(after, g) == components(found, g, columns)
        assert after.status[g] == found.status[g]


@given(integer_games(), st.integers(1, 5), st.data())
@settings(max_examples=30, deadline=None)
def test_scaling_and_shifting_by_what_others_do_changes_nothing(payoffs, scale, data):
    moved = payoffs.copy()
    for k in range(payoffs.shape[1]):
        wide = list(payoffs[:, k].shape)
        wide[k + 1] = 1
        moved[:, k] += data.draw(hnp.arrays(np.int64, tuple(wide), elements=st.integers(-9, 9)))
        moved[:, k] *= scale + k
    a, b = solve(payoffs, exact=True), solve(moved, exact=True)
    same(a, b)
    assert (a.probability == b.probability).all()


@pytest.mark.parametrize("scale", [1e-10, 1e10, 2.0**-600, 2.0**600])
def test_scale_does_not_matter(scale):
    rng = np.random.default_rng(2)
    payoffs = rng.normal(size=(20, 3, 3, 2, 2))
    a, b = solve(payoffs), solve(payoffs * scale)
    assert (a.support == b.support).all()
    assert (a.status == b.status).all()
    assert np.allclose(a.probability, b.probability, atol=1e-9)


@given(integer_games())
@settings(max_examples=40, deadline=None)
def test_regret_is_exactly_zero_and_all_pure_are_there(payoffs):
    exact = payoffs.astype(np.int64).astype(object)
    found = solve(exact, exact=True)
    _, regret = payoffs_and_regret(exact, found)
    assert not regret.astype(bool).any()
    positive = (found.probability > 0).astype(bool)
    pure = positive.sum(axis=1) == payoffs.shape[1]
    count = np.bincount(found.game[pure], minlength=len(payoffs))
    assert (count == pure_equilibria(payoffs).reshape(len(payoffs), -1).sum(axis=1)).all()
    assert all(type(p) is Fraction for p in found.probability.reshape(-1))


@pytest.mark.parametrize("shape", SHAPES)
def test_ok_means_odd_and_index_sum_one(shape):
    rng = np.random.default_rng(11)
    found = solve(rng.normal(size=(600, len(shape), *shape)))
    ok = found.status == Status.OK
    assert ok.any()
    assert not (found.status == Status.DEGENERATE).any()
    assert (found.count[ok] % 2 == 1).all()
    sums = np.bincount(found.game, weights=found.index, minlength=600)
    assert (sums[ok] == 1).all()


@given(
    hnp.arrays(np.int64, (2, 3, 3), elements=st.integers(-2, 2)),
    st.integers(0, 2),
    st.sampled_from([1, 2]),
)
@settings(max_examples=40, deadline=None)
def test_a_dummy_third_player_changes_nothing(pair, place, actions):
    """Against the two-player solver, by elimination and by the general path alike."""
    pair = pair.astype(float)
    reference = bimatrix.solve(pair[None, 0], pair[None, 1], exact=True)
    payoffs, columns = _with_dummy(pair, place, actions)
    found = solve(payoffs, exact=True)
    assert points(found, columns=columns) == points(reference)
    assert components(found, columns=columns) == components(reference)
    assert found.status[0] == reference.status[0]


@given(hnp.arrays(np.int64, (4, 2, 3, 2), elements=st.integers(-2, 2)), st.integers(0, 2))
@settings(max_examples=40, deadline=None)
def test_the_general_path_agrees_with_the_bimatrix_solver(pairs, place):
    """Without elimination: signs of pairs, then vertices of tied blocks."""
    from hedging.equilibria.assembly import merge
    from hedging.equilibria.two_mixers import _general

    made = [_with_dummy(pair.astype(float), place, 2) for pair in pairs]
    payoffs, columns = np.concatenate([m[0] for m in made]), made[0][1]
    sure = np.ones(len(payoffs), dtype=bool)
    parts = _general(payoffs, sure, sure, False, None, None, "auto")
    found = merge(len(payoffs), payoffs.shape[2:], parts, exact=False)
    reference = bimatrix.solve(pairs[:, 0].astype(float), pairs[:, 1].astype(float))
    for g in range(len(pairs)):
        assert points(found, g, columns) == points(reference, g)
        assert components(found, g, columns) == components(reference, g)
        assert found.status[g] == reference.status[g]


def _with_dummy(pair, place, actions):
    """A third player who strictly prefers its first action; and where the others' choices went."""
    shape = list(pair.shape[1:])
    shape.insert(place, actions)
    tables = [np.repeat(np.expand_dims(p, place), actions, axis=place) for p in pair]
    dummy = np.zeros(shape)
    dummy[(slice(None),) * place + (0,)] = 1.0
    tables.insert(place, dummy)
    begin = sum(shape[:place])
    columns = [c for c in range(sum(shape)) if not begin <= c < begin + actions]
    return np.stack(tables)[None], columns


@given(hnp.arrays(np.int64, (3, 2, 2, 2), elements=st.integers(-1, 1)))
@settings(max_examples=15, deadline=None)
def test_every_equilibrium_on_a_lattice_is_between_listed_ones(payoffs):
    """Brute force over mixes in sixths: what is an equilibrium lies among listed extreme points."""
    found = solve(payoffs[None].astype(object), exact=True)
    listed = [tuple(p[[0, 2, 4]]) for p in found.probability]
    lattice = [Fraction(k, 6) for k in range(7)]
    for i, j in combinations(range(3), 2):
        for pure in (0, 1):
            for x in lattice:
                for y in lattice:
                    point = [Fraction(pure)] * 3
                    point[i], point[j] = x, y
                    if not _is_equilibrium(payoffs, point):
                        continue
                    near = [
                        p
                        for p in listed
                        if all(c not in (0, 1) or c == d for c, d in zip(point, p, strict=True))
                    ]
                    assert near
                    for c, of_listed in zip(point, zip(*near, strict=True), strict=True):
                        assert min(of_listed) <= c <= max(of_listed)


def _is_equilibrium(payoffs, point):
    mixes = [(p, 1 - p) for p in point]
    for k in range(3):
        table = np.moveaxis(payoffs[k], k, 0)
        a, b = (mixes[j] for j in range(3) if j != k)
        values = [
            sum(int(table[c, s, t]) * a[s] * b[t] for s in (0, 1) for t in (0, 1)) for c in (0, 1)
        ]
        if sum(m * v for m, v in zip(mixes[k], values, strict=True)) < max(values):
            return False
    return True


# -- status --------------------------------------------------------------------------------


def test_not_finite_games_are_marked_and_change_no_other():
    rng = np.random.default_rng(5)
    payoffs = rng.normal(size=(6, 3, 2, 2, 2))
    payoffs[1, 0, 0, 0, 0] = np.nan
    payoffs[4, 2, 1, 1, 1] = np.inf
    found = solve(payoffs)
    assert found.status[[1, 4]].tolist() == [Status.NONFINITE] * 2
    assert found.count[[1, 4]].tolist() == [0, 0]
    good = [0, 2, 3, 5]
    reference = solve(payoffs[good])
    for k, g in enumerate(good):
        assert points(found, g) == points(reference, k)
    assert solve(payoffs, exact=True).status.tolist() == found.status.tolist()


def test_one_player_takes_the_best():
    found = solve(np.array([[[1.0, 3.0, 2.0]], [[2.0, 0.0, 2.0]], [[np.nan, 0.0, 1.0]]]))
    assert found.status.tolist() == [Status.OK, Status.DEGENERATE, Status.NONFINITE]
    assert found.probability.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert found.isolated.tolist() == [True, False, False]
    assert found.component.tolist() == [0, 0, 0]
    assert found.index.tolist() == [1, 0, 0]


@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (1, 1), (1, 1, 1), (1, 3, 1)])
def test_players_without_a_choice(shape):
    rng = np.random.default_rng(6)
    payoffs = rng.normal(size=(3, len(shape), *shape))
    found = solve(payoffs)
    assert found.count.tolist() == [1, 1, 1]
    assert found.status.tolist() == [Status.OK] * 3
    flat = pure_equilibria(payoffs).reshape(3, -1).sum(axis=1)
    assert flat.tolist() == [1, 1, 1]


def test_empty_batch():
    for shape in [(2,), (2, 2), (2, 2, 2)]:
        found = solve(np.zeros((0, len(shape), *shape)))
        assert found.offsets.tolist() == [0]
        assert found.probability.shape == (0, sum(shape))


def test_constant_payoffs_list_every_profile_and_claim_nothing():
    found = solve(np.zeros((1, 3, 2, 2, 2)))
    assert found.count[0] == 8
    assert found.status[0] == Status.INCOMPLETE
    assert not found.isolated.any()
    assert set(found.component.tolist()) == {0}


def test_a_tie_that_no_equilibrium_meets_is_no_degeneracy():
    """All three strictly prefer their second action but the first player's other two are equal."""
    payoffs = np.zeros((1, 3, 3, 2, 2))
    payoffs[0, 0, 1], payoffs[0, 1, :, 1], payoffs[0, 2, :, :, 1] = 1.0, 1.0, 1.0
    found = solve(payoffs)
    assert found.status[0] == Status.OK
    assert found.probability.tolist() == [[0, 1, 0, 0, 1, 0, 1]]


def test_errors_say_what_to_type():
    with pytest.raises(ParameterError, match="'auto', 'signs', 'vertices'"):
        solve(np.zeros((1, 2, 2, 2)), method="magic")
    with pytest.raises(GameError, match="m_1"):
        solve(np.zeros((1, 2, 2, 2, 2)))
    with pytest.raises(GameError, match="at most 64"):
        solve(np.zeros((1, 2, 64, 2)))
    with pytest.raises(HedgingTypeError, match="rational"):
        solve(np.array([[["a", 1]]], dtype=object), exact=True)


# -- rounding errors of the payoffs ------------------------------------------------------------


def _nearly_tied():
    """Three choosers; player 0's two actions differ by 1e-17 against (1, 1)."""
    payoffs = np.array([[[[2.0, 0], [0, 1]], [[0, 2], [1, 1]]]] * 3).reshape(3, 2, 2, 2)
    for k, axes in enumerate([(0, 1, 2), (1, 2, 0), (2, 0, 1)]):
        payoffs[k] = payoffs[0].transpose(axes) if k else payoffs[0]
    return payoffs[None]


def test_undecided_games_are_decided_by_the_exact_payoffs():
    payoffs = _nearly_tied()
    error = np.full((1, 3), 1e-12)
    truth = np.vectorize(Fraction, otypes=[object])(payoffs)
    truth[0, 0, 0, 1, 1] += Fraction(1, 10**14)
    asked = []

    def exact_payoffs(games):
        asked.append(games.tolist())
        return truth[games]

    found = solve(payoffs, payoff_error=error, exact_payoffs=exact_payoffs)
    assert asked == [[0]]
    assert points(found) == {
        (tuple(float(c) for c in p), i, s) for p, i, s in points(solve(truth, exact=True))
    }
    assert found.probability.dtype == np.float64


@pytest.mark.parametrize("callback", [None, lambda games: None])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_without_exact_payoffs_an_undecided_game_is_never_ok(callback, n):
    payoffs = np.zeros((1, n, *(2,) * n))
    for k in range(n):
        payoffs[(0, k, *(slice(None),) * k, 1)] = 1e-13
    assert solve(payoffs).status[0] == Status.OK
    found = solve(payoffs, payoff_error=np.full((1, n), 1e-12), exact_payoffs=callback)
    assert found.status[0] != Status.OK
    same_number = solve(payoffs, payoff_error=np.zeros((1, n)), exact_payoffs=callback)
    assert same_number.status[0] == Status.OK


def test_an_error_too_small_to_matter_changes_nothing():
    rng = np.random.default_rng(9)
    payoffs = rng.normal(size=(200, 3, 3, 2, 2))
    same(solve(payoffs), solve(payoffs, payoff_error=np.full((200, 3), 1e-15)))


def test_an_error_without_bound_is_no_obstacle_to_exact_payoffs():
    rng = np.random.default_rng(9)
    payoffs = rng.normal(size=(5, 3, 2, 2, 2))
    exact = np.vectorize(Fraction, otypes=[object])(payoffs)
    for size in (np.inf, np.nan):
        error = np.full((5, 3), size)
        same(solve(payoffs), solve(payoffs, payoff_error=error, exact_payoffs=exact.__getitem__))


# -- published games ---------------------------------------------------------------------------


def _close(found, expected):
    assert found.count.tolist() == [len(expected)]
    for point in expected:
        assert np.abs(found.probability - np.array(point)).max(axis=1).min() < 1e-9


def test_mckelvey_mclennan_nine_equilibria():
    """McKelvey and McLennan 1996: nine equilibria, two of them with three mixers."""
    payoffs = [
        [[[9, 0], [0, 3]], [[0, 3], [9, 0]]],
        [[[8, 0], [0, 4]], [[0, 4], [8, 0]]],
        [[[12, 0], [0, 6]], [[0, 6], [2, 0]]],
    ]
    found = solve(np.array([payoffs], dtype=float))
    expected = [
        [1, 0, 1, 0, 1, 0],
        [1, 0, 0, 1, 0, 1],
        [0, 1, 1, 0, 0, 1],
        [0, 1, 0, 1, 1, 0],
        [0, 1, 1 / 4, 3 / 4, 1 / 3, 2 / 3],
        [1 / 3, 2 / 3, 1, 0, 1 / 4, 3 / 4],
        [1 / 2, 1 / 2, 1 / 2, 1 / 2, 1, 0],
    ]
    _close(found, expected)
    assert found.status[0] == Status.INCOMPLETE
    assert found.index.tolist() == [1, 1, 1, 1, -1, -1, -1]


def test_nau_section_4_has_only_three_mixers():
    """Nau, Gomez Canovas and Hansen 2004, section 4: one equilibrium, irrational, all mix."""
    payoffs = [
        [[[3, 1], [0, 0]], [[0, 0], [1, 2]]],
        [[[0, 0], [2, 1]], [[1, 3], [0, 0]]],
        [[[2, 0], [0, 0]], [[0, 0], [0, 3]]],
    ]
    found = solve(np.array([payoffs], dtype=float))
    assert found.count[0] == 0
    assert found.status[0] == Status.INCOMPLETE


def test_nau_section_5_continuum():
    """The same, section 5: three pure and two semi-mixed extreme points beside a curve."""
    payoffs = [
        [[[0, 1], [0, 0]], [[3, 0], [0, 0]]],
        [[[0, 1], [3, 0]], [[0, 0], [0, 0]]],
        [[[2, 0], [0, 0]], [[0, 0], [0, 3]]],
    ]
    found = solve(np.array([payoffs], dtype=float))
    expected = [
        [1, 0, 0, 1, 1, 0],
        [0, 1, 1, 0, 1, 0],
        [0, 1, 0, 1, 0, 1],
        [1, 0, 0, 1, 1 / 4, 3 / 4],
        [0, 1, 1, 0, 1 / 4, 3 / 4],
    ]
    _close(found, expected)
    assert found.status[0] == Status.INCOMPLETE
    assert found.isolated.tolist() == [False, False, True, False, False]
    assert found.component.tolist() == [0, 1, 2, 0, 1]


def test_local_max_cut():
    """Gambit's 2x2x2 game from local max cut: two pure, one with three mixers."""
    payoffs = [
        [[[0, -1], [2, 1]], [[1, 2], [-1, 0]]],
        [[[0, 2], [4, 2]], [[2, 4], [2, 0]]],
        [[[0, 1], [2, -1]], [[-1, 2], [1, 0]]],
    ]
    found = solve(np.array([payoffs], dtype=float))
    _close(found, [[1, 0, 0, 1, 1, 0], [0, 1, 1, 0, 0, 1]])
    assert found.status[0] == Status.INCOMPLETE


def test_volunteers_dilemma():
    """Diekmann 1985, three players, cost 1/4: any two mix with (3/4, 1/4) while one abstains."""
    payoffs = np.empty((1, 3, 2, 2, 2))
    for profile in np.ndindex(2, 2, 2):
        for k in range(3):
            payoffs[(0, k, *profile)] = 0.75 if profile[k] else float(any(profile))
    found = solve(payoffs)
    pure = set(permutations((0, 0, 1)))
    expected = [[x for a in p for x in (1 - a, a)] for p in pure]
    for k in range(3):
        mixed = [[0.25, 0.75]] * 3
        mixed[k] = [1, 0]
        expected.append([x for pair in mixed for x in pair])
    _close(found, expected)
    assert found.status[0] == Status.INCOMPLETE


def test_gambit_3x3x3_five():
    """Gambit's contrib/games/3x3x3.nfg: five equilibria, the fifth with three mixers."""
    payoffs = [
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
    found = solve(np.array([payoffs]))
    expected = [
        [1, 0, 0, 0, 1, 0, 1, 0, 0],
        [0, 1, 0, 0, 0, 1, 0, 0, 1],
        [0.49303820064263, 0.50696179935737, 0, 0, 1, 0, 0, 0.05307735742518, 0.94692264257482],
        [0.34811529933481, 0.65188470066519, 0, 0, 0.54220779220779, 0.45779220779221, 0, 0, 1],
    ]
    _close(found, expected)
    assert found.status[0] == Status.INCOMPLETE


def test_gambit_2x2x2x2_three():
    """Gambit's contrib/games/2x2x2x2.nfg: two pure equilibria, one with two mixers."""
    rows = """1.131 1.210 2.426 2.429  4.225 5.277 4.837 5.645  4.452 4.549 1.655 1.347
              7.566 4.655 7.076 4.423  1.223 1.358 2.234 2.238  4.483 5.764 4.995 5.754
              4.564 4.326 1.762 1.576  7.247 4.943 7.362 4.382  2.326 2.422 3.222 3.024
              1.478 2.544 1.973 7.486  2.747 2.243 3.518 3.062  1.759 2.705 1.735 4.043
              5.255 5.334 2.643 2.873  4.383 1.436 4.864 5.267  5.634 5.675 2.455 6.523
              4.642 1.897 4.042 3.830"""
    # In the file the first player's action runs fastest.
    table = np.array(rows.split(), dtype=float).reshape(2, 2, 2, 2, 4).T
    found = solve(table[None])
    expected = [
        [0, 1, 1, 0, 0, 1, 1, 0],
        [1, 0, 1, 0, 1, 0, 0, 1],
        [0.1003818876159301, 0.89961811238407, 0, 1, 0, 1, 0.2699319727891158, 0.7300680272108843],
    ]
    _close(found, expected)


def test_van_der_laan_g1_has_only_three_mixers():
    """Gambit's contrib/games/g1.nfg: one equilibrium, all mix, (1/5, 3/7, 2/3)."""
    rows = "-1 -4 -4  -8 -2 -4  -8 -2 -1  -2 -1 -2  -2 -2 -8  -8 -1 -2  -5 -6 -8  -2 -3 -1"
    table = np.array(rows.split(), dtype=float).reshape(2, 2, 2, 3).T
    found = solve(table[None])
    assert found.count[0] == 0
    assert found.status[0] == Status.INCOMPLETE


def test_perfect3_reduces_to_two_players():
    """Gambit's perfect3.nfg, 3x3x1: three extreme equilibria, one pure."""
    row = [[4, 0, 0], [2, 3, 2], [0, 0, 4]]
    col = [[0, 0, 4], [1, 3, 1], [4, 0, 0]]
    payoffs = np.stack([np.array(row), np.array(col), np.ones((3, 3))])[None, ..., None]
    found = solve(payoffs.astype(float), exact=True)
    assert found.count[0] == 3
    assert found.probability[0].tolist() == [0, 1, 0, 0, 1, 0, 1]
    assert found.status[0] == Status.DEGENERATE
    assert sorted(np.bincount(found.component).tolist()) == [1, 2]


# -- the triad -----------------------------------------------------------------------------------


def triad(rivalry, immunity="0.35"):
    """Triadic hedging at its default parameters, one exact game: M, A and B.

    Decimals are read as decimals.  Rivalry scales d, tau, omega, z and k.
    """
    number = Fraction
    r, mu = number(rivalry), number(immunity)
    v_a, v_b, alpha, lam, h = map(number, ("0.757", "0.243", "0.05", "0.9", "0.05"))
    k_a, k_b, rho, theta, c = (
        r * number("0.4"),
        r * number("0.3"),
        number("0.15"),
        number("0.5"),
        number("0.12"),
    )
    d = {"a": r * number("0.3"), "b": r * number("0.25")}
    tau = {"a": r * number("0.12"), "b": r * number("0.1")}
    omega, kappa, z = r * number("0.05"), number("0.6"), r * number("0.1")
    g, b, loss = number("0.5"), number("0.3"), number("0.3")

    def on_hedger(s, own, other):
        press = kappa**other * (1 - mu) * d[s] - c - (1 - other) * tau[s]
        return b + own * press + (1 - own) * other * omega

    payoffs = np.empty((3, 3, 2, 2), dtype=object)
    for i in (0, 1):
        for j in (0, 1):
            payoffs[0, :, i, j] = [
                v_a - alpha - i * rho - j * k_b,
                lam * (v_a + v_b) - h - (1 - mu) * (i * k_a + j * k_b),
                v_b - alpha - j * rho - i * k_a,
            ]
            payoffs[1, :, i, j] = [
                g + i * (theta * rho - c),
                on_hedger("a", i, j),
                -loss + i * (z - c),
            ]
            payoffs[2, :, i, j] = [
                -loss + j * (z - c),
                on_hedger("b", j, i),
                g + j * (theta * rho - c),
            ]
    return payoffs


# Rivalry -> M's mix, A's and B's (accommodate, pressure); six decimals.
RIVALRY_PATH = {
    "1.5": [0, 1, 0, 1, 0, 1, 0],
    "1.7": [0.142857, 0.857143, 0, 0.510274, 0.489726, 1, 0],
    "2.0": [0.237288, 0.762712, 0, 0.045946, 0.954054, 0, 1],
    "2.5": [0.513514, 0.486486, 0, 0.189, 0.811, 0, 1],
    "4.0": [0.766839, 0.233161, 0, 0.367416, 0.632584, 0, 1],
}


@pytest.mark.parametrize("rivalry", RIVALRY_PATH)
@pytest.mark.parametrize("exact", [False, True])
def test_rivalry_path(rivalry, exact):
    payoffs = triad(rivalry)[None]
    found = solve(payoffs if exact else payoffs.astype(float), exact=exact)
    assert found.count[0] == 1
    assert np.abs(found.probability[0].astype(float) - RIVALRY_PATH[rivalry]).max() < 6e-7
    assert found.index[0] == 1
    assert found.status[0] in (Status.OK, Status.INCOMPLETE)


def test_rivalry_path_where_it_is_proved_complete():
    batch = np.stack([triad(r) for r in RIVALRY_PATH]).astype(float)
    found = solve(batch)
    assert found.count.tolist() == [1] * 5
    assert found.status[0] == Status.OK


def test_at_critical_rivalry_russia_is_indifferent():
    """R* = c / ((1 - mu) d - tau) = 0.12 / 0.075 = 1.6: a continuum starts at the quiet hedge."""
    below, at, above = (solve(triad(r)[None], exact=True) for r in ("1.599", "1.6", "1.601"))
    quiet = (0, 1, 0, 1, 0, 1, 0)
    assert quiet in {p for p, _, _ in points(below)}
    assert (quiet, 0, False) in points(at)
    assert quiet not in {p for p, _, _ in points(above)}
    assert at.status[0] != Status.OK


def test_exact_payoffs_decide_at_critical_rivalry():
    """The doubles nearest to the formulas may fall on either side; the formulas do not."""
    exact = triad("1.6")[None]
    rounded = exact.astype(float)
    error = np.full((1, 3), 1e-15)
    found = solve(rounded, payoff_error=error, exact_payoffs=lambda games: exact[games])
    assert found.status[0] == solve(exact, exact=True).status[0]
    assert found.count[0] == solve(exact, exact=True).count[0] > 1
