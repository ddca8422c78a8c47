"""All equilibria of two-player games: laws, families with known answers, hard cases."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.equilibria.bimatrix import solve
from hedging.equilibria.components import connected, maximal_nash_subsets
from hedging.equilibria.vertices import best_response_vertices
from hedging.errors import GameError, HedgingTypeError, ParameterError, Status

OK, DEGENERATE, NONFINITE = Status.OK, Status.DEGENERATE, Status.NONFINITE


def points(result, game=0):
    """Equilibria of one game as a set of tuples, each listed once."""
    rows = result.probability[result.offsets[game] : result.offsets[game + 1]].tolist()
    found = {tuple(row) for row in rows}
    assert len(found) == len(rows), "an equilibrium is listed twice"
    return found


def assert_close(result, exact, game=0):
    """The float path lists what the exact path lists."""
    assert result.status[game] == exact.status[game]
    rows = slice(*result.offsets[game : game + 2])
    same = slice(*exact.offsets[game : game + 2])
    assert result.count[game] == exact.count[game]
    np.testing.assert_allclose(
        result.probability[rows].astype(float),
        exact.probability[same].astype(float),
        rtol=0,
        atol=1e-9,
    )
    for field in ("support", "index", "isolated", "component"):
        assert (getattr(result, field)[rows] == getattr(exact, field)[same]).all(), field


def regret(row, col, probability):
    """Largest gain of a player from deviating, in exact arithmetic, over all equilibria given."""
    a = [[Fraction(x) for x in line] for line in np.asarray(row).tolist()]
    b = [[Fraction(x) for x in line] for line in np.asarray(col).tolist()]
    m, n = len(a), len(a[0])
    worst = Fraction(0)
    for point in probability:
        x, y = [Fraction(p) for p in point[:m]], [Fraction(p) for p in point[m:]]
        first = [sum(a[i][j] * y[j] for j in range(n)) for i in range(m)]
        second = [sum(b[i][j] * x[i] for i in range(m)) for j in range(n)]
        worst = max(
            worst,
            max(first) - sum(p * u for p, u in zip(x, first, strict=True)),
            max(second) - sum(p * u for p, u in zip(y, second, strict=True)),
        )
    return worst


def random_games(shape, count, seed, integers=None):
    rng = np.random.default_rng(seed)
    if integers is None:
        return rng.normal(size=(2, count, *shape))
    return rng.integers(-integers, integers + 1, (2, count, *shape)).astype(float)


@st.composite
def small_games(draw, low=-2, high=2, largest=4):
    """One game with integer payoffs; most of these are degenerate."""
    m, n = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    cells = st.lists(st.integers(low, high), min_size=m * n, max_size=m * n)
    row, col = (np.array(draw(cells), dtype=object).reshape(1, m, n) for _ in range(2))
    return row, col


# -- laws -------------------------------------------------------------------------------------


@given(small_games())
@settings(max_examples=300, deadline=None)
def test_doubles_signs_and_vertices_agree(game):
    row, col = game
    exact = solve(row, col, exact=True)
    by_vertices = solve(row, col, exact=True, method="vertices")
    assert points(by_vertices) == points(exact)
    assert_close(by_vertices, exact)
    assert_close(solve(row.astype(float), col.astype(float)), exact)


@given(small_games())
@settings(max_examples=200, deadline=None)
def test_every_equilibrium_listed_has_no_regret(game):
    result = solve(*game, exact=True)
    assert all(type(p) is Fraction for p in result.probability.ravel())
    assert regret(game[0][0], game[1][0], result.probability) == 0
    m, n = game[0].shape[1:]
    assert all(sum(p[:m]) == sum(p[m:]) == 1 for p in result.probability)
    masks = [sum(1 << c for c in range(m + n) if p[c]) for p in result.probability]
    assert masks == result.support.tolist()


@given(small_games())
@settings(max_examples=200, deadline=None)
def test_ok_means_odd_and_index_sum_one(game):
    result = solve(*game, exact=True)
    assert len(result.index) > 0
    if result.status[0] == OK:
        assert len(result.index) % 2 == 1
        assert result.index.sum() == 1
        assert result.isolated.all()
        assert sorted(result.component) == list(range(len(result.index)))
    else:
        assert (result.index == 0).any()
    pure = np.bitwise_count(result.support) == 2
    assert (result.index[pure] >= 0).all()
    assert (np.bincount(result.component)[result.component] == 1).tolist() == (
        result.isolated.tolist()
    )


@given(small_games(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_permuting_actions_permutes_equilibria(game, random):
    row, col = game
    m, n = row.shape[1:]
    p, q = list(range(m)), list(range(n))
    random.shuffle(p)
    random.shuffle(q)
    moved = solve(row[:, p][:, :, q], col[:, p][:, :, q], exact=True)
    plain = solve(row, col, exact=True)
    assert moved.status[0] == plain.status[0]
    choices = [*p, *(m + j for j in q)]
    assert points(moved) == {tuple(point[c] for c in choices) for point in points(plain)}


@given(small_games())
@settings(max_examples=150, deadline=None)
def test_exchanging_players_exchanges_equilibria(game):
    row, col = game
    m = row.shape[1]
    swapped = solve(col.transpose(0, 2, 1), row.transpose(0, 2, 1), exact=True)
    plain = solve(row, col, exact=True)
    assert points(swapped) == {point[m:] + point[:m] for point in points(plain)}
    assert sorted(swapped.index) == sorted(plain.index)


@given(small_games(), st.data())
@settings(max_examples=150, deadline=None)
def test_adding_what_the_opponent_does_changes_nothing(game, data):
    row, col = (p.astype(float) for p in game)
    m, n = row.shape[1:]
    shift = st.integers(-(10**6), 10**6)
    of_column = data.draw(st.lists(shift, min_size=n, max_size=n))
    of_row = data.draw(st.lists(shift, min_size=m, max_size=m))
    moved = solve(row + np.array(of_column), col + np.array(of_row)[:, None])
    assert_close(moved, solve(*game, exact=True))


@given(small_games(), st.sampled_from([1e-10, 1e10, 1e-300, 1e300]))
@settings(max_examples=150, deadline=None)
def test_scaling_changes_nothing(game, factor):
    # A factor that is no power of two rounds each payoff: ties may break, regular games may not.
    row, col = game
    exact = solve(row, col, exact=True)
    power = np.exp2(np.rint(np.log2(factor)))
    assert_close(solve(row.astype(float) * power, col.astype(float)), exact)
    if exact.status[0] == OK:
        scaled = solve(row.astype(float) * factor / 3, col.astype(float))
        assert scaled.status[0] == OK
        assert scaled.support.tolist() == exact.support.tolist()


@pytest.mark.parametrize("factor", [1e-300, 1e-10, 1e10, 1e300])
@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (2, 4)])
def test_scaling_random_games_changes_nothing(shape, factor):
    row, col = random_games(shape, 200, 1)
    plain, scaled = solve(row, col), solve(row * factor, col / factor)
    assert (scaled.status == OK).all()
    assert (scaled.support == plain.support).all()
    np.testing.assert_allclose(scaled.probability, plain.probability, rtol=0, atol=1e-9)


@pytest.mark.parametrize("integers", [None, 2, 9])
@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1), (2, 2), (3, 2), (3, 3), (4, 4)])
def test_a_batch_is_a_loop(shape, integers):
    row, col = random_games(shape, 60, 2, integers)
    row[7, 0, 0] = np.nan
    batch = solve(row, col)
    for g in range(60):
        alone = solve(row[g : g + 1], col[g : g + 1])
        rows = slice(*batch.offsets[g : g + 2])
        assert alone.status[0] == batch.status[g]
        np.testing.assert_array_equal(alone.probability, batch.probability[rows])
        for field in ("support", "index", "isolated", "component"):
            assert (getattr(alone, field) == getattr(batch, field)[rows]).all()


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3), (4, 4), (5, 5)])
def test_random_games_have_small_regret_and_index_sum_one(shape):
    row, col = random_games(shape, 1000, 3)
    result = solve(row, col)
    m = shape[0]
    assert (result.status == OK).all()
    assert (np.bincount(result.game, weights=result.index, minlength=1000) == 1).all()
    x, y, g = result.probability[:, :m], result.probability[:, m:], result.game
    first = np.einsum("eij,ej->ei", row[g], y)
    second = np.einsum("eij,ei->ej", col[g], x)
    worst = max(
        (first.max(axis=1) - (first * x).sum(axis=1)).max(),
        (second.max(axis=1) - (second * y).sum(axis=1)).max(),
    )
    assert worst <= 1e-13 * max(np.ptp(row), np.ptp(col))
    # Ordered by support size, then by support, the choice listed first first.
    played = (result.support[:, None] >> np.arange(sum(shape), dtype=np.uint64)) & np.uint64(1)
    keys = list(zip(g, played.sum(axis=1), map(tuple, 1 - played.astype(int)), strict=True))
    assert keys == sorted(keys)


@pytest.mark.parametrize("shape", [(3, 3), (4, 4)])
def test_ill_conditioned_probabilities_are_computed_again(shape):
    """Nearly dependent rows: the weights lose most of their digits in doubles."""
    rng = np.random.default_rng(4)
    base = rng.normal(size=(2, 300, *shape))
    base += 1e-4 * rng.normal(size=base.shape) - base.mean(axis=2, keepdims=True) * 0.9
    base[0, :, 2] = (base[0, :, 0] + base[0, :, 1]) / 2 + 1e-9 * rng.normal(size=(300, shape[1]))
    exact = solve(*base.astype(object), exact=True)
    result = solve(*base)
    for g in range(300):
        assert_close(result, exact, g)


# -- degenerate and extreme inputs --------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (4, 1), (2, 3), (4, 4), (5, 5), (6, 6)])
def test_constant_payoffs_make_every_profile_an_equilibrium(shape):
    m, n = shape
    for value in (0.0, 0.1, -3e200):
        result = solve(np.full((1, m, n), value), np.full((1, m, n), value))
        pure = np.eye(m), np.eye(n)
        want = {(*x, *y) for x in pure[0].tolist() for y in pure[1].tolist()}
        assert points(result) == want
        assert set(result.component) == {0}
        assert result.status[0] == (OK if m == n == 1 else DEGENERATE)
        assert result.isolated.all() == (m == n == 1)


def test_one_row():
    result = solve([[[0, 0, 0, 0]]], [[[1, 3, 3, 2]]])
    assert points(result) == {(1, 0, 1, 0, 0), (1, 0, 0, 1, 0)}
    assert result.status[0] == DEGENERATE
    result = solve([[[0, 0, 0, 0]]], [[[1, 3, 4, 2]]])
    assert points(result) == {(1, 0, 0, 1, 0)}
    assert (result.status[0], result.index.tolist()) == (OK, [1])


def test_a_tie_that_does_not_matter_is_ok():
    """The third row is a best reply to nothing, so ties among what it beats do not matter."""
    row = np.array([[[1, 1, 0], [1, 1, 0], [5, 6, 7]]])
    col = np.array([[[1, 1, 1], [1, 1, 1], [0, 1, 2]]])
    result = solve(row, col)
    assert points(result) == {(0, 0, 1, 0, 0, 1)}
    assert (result.status[0], result.index.tolist()) == (OK, [1])


def test_an_isolated_equilibrium_on_a_tie_is_degenerate():
    """Both actions are best replies to the first pair: a single point, but not a regular one."""
    for method in ("signs", "vertices"):
        result = solve([[[0, 0], [0, 1]]], [[[0, 0], [0, 1]]], method=method)
        assert result.status[0] == DEGENERATE
        assert result.probability.tolist() == [[1, 0, 1, 0], [0, 1, 0, 1]]
        assert result.isolated.tolist() == [True, True]
        assert result.index.tolist() == [0, 1]


def test_nonfinite_games_are_set_aside():
    row, col = random_games((2, 2), 5, 5)
    plain = solve(row, col)
    bad = row.copy()
    bad[1, 0, 0], bad[3, 1, 1] = np.nan, -np.inf
    result = solve(bad, col)
    assert result.status.tolist() == [OK, NONFINITE, OK, NONFINITE, OK]
    assert result.count[[1, 3]].tolist() == [0, 0]
    assert points(result, 4) == points(plain, 4)
    for method in ("auto", "vertices"):
        gone = solve([[[np.nan]]], [[[0.0]]], method=method)
        assert (gone.status[0], gone.count[0]) == (NONFINITE, 0)
    exact = solve(np.array([[[np.inf, Fraction(1)]]], dtype=object), [[[1, 2]]], exact=True)
    assert exact.status[0] == NONFINITE


def test_no_games_no_equilibria():
    result = solve(np.empty((0, 3, 2)), np.empty((0, 3, 2)))
    assert result.probability.shape == (0, 5)
    assert result.offsets.tolist() == [0]


def test_extreme_magnitudes_in_one_game():
    row = np.array([[[1e300, 1e-300], [-1e300, 2e-300]], [[1.7e308, 0], [-1.7e308, 1]]])
    col = np.array([[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]], dtype=float)
    exact = solve(row.astype(object), col.astype(object), exact=True)
    result = solve(row, col)
    for g in range(2):
        assert_close(result, exact, g)


# -- payoffs known up to an error ---------------------------------------------------------------


def tied_game():
    """The row player's payoffs 0.1 + 0.2 and 0.3 are equal in the formula and not in doubles."""
    row, col = np.array([[[0.1 + 0.2], [0.3]]]), np.zeros((1, 2, 1))
    truth = np.array([[[Fraction(3, 10)], [Fraction(3, 10)]]], dtype=object)
    return row, col, truth


def test_exact_payoffs_decide_what_doubles_leave_open():
    row, col, truth = tied_game()
    row, col = np.concatenate([row + 1, row]), np.concatenate([col, col])
    error = np.array([[0.0, 0.0], [1e-15, 0.0]])
    asked = []

    def exact_payoffs(games):
        asked.append(games.tolist())
        return truth, np.zeros((1, 2, 1), dtype=object)

    result = solve(row, col, payoff_error=error, exact_payoffs=exact_payoffs)
    assert asked == [[1]]
    assert result.status.tolist() == [
        OK if row[0, 0, 0] != row[0, 1, 0] else DEGENERATE,
        DEGENERATE,
    ]
    assert points(result, 1) == {(1, 0, 1), (0, 1, 1)}


def test_exact_payoffs_can_confirm_a_regular_game():
    row, col, _ = tied_game()
    near = np.array([[[Fraction(3, 10)], [Fraction(3, 10) + Fraction(1, 10**17)]]], dtype=object)
    for method in ("auto", "vertices"):
        result = solve(
            row,
            col,
            payoff_error=[[1e-15, 0.0]],
            exact_payoffs=lambda games: (near, np.zeros((1, 2, 1), dtype=object)),
            method=method,
        )
        assert result.status[0] == OK
        assert points(result) == {(0, 1, 1)}


@pytest.mark.parametrize("exact_payoffs", [None, lambda games: None])
@pytest.mark.parametrize("method", ["auto", "vertices"])
def test_without_exact_payoffs_an_open_game_is_never_ok(exact_payoffs, method):
    row, col, _ = tied_game()
    result = solve(
        row, col, payoff_error=[[1e-15, 0.0]], exact_payoffs=exact_payoffs, method=method
    )
    assert result.status[0] == DEGENERATE
    assert result.count[0] >= 1


def test_a_payoff_error_that_decides_nothing_costs_nothing():
    row, col = random_games((3, 3), 50, 6)

    def never(games):
        raise AssertionError(games)

    result = solve(row, col, payoff_error=np.full((50, 2), 1e-14), exact_payoffs=never)
    assert (result.status == OK).all()


# -- families with known answers ----------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8])
def test_coordination_has_every_uniform_subset(n):
    identity = np.eye(n, dtype=int).astype(object)[None]
    result = solve(identity, identity, exact=True)
    assert result.status[0] == OK
    want = set()
    for subset in range(1, 2**n):
        size = subset.bit_count()
        x = tuple(Fraction(subset >> i & 1, size) for i in range(n))
        want.add(x + x)
    assert points(result) == want
    sizes = np.bitwise_count(result.support) // 2
    assert result.index.tolist() == [1 if s % 2 else -1 for s in sizes]


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_hide_and_seek_is_uniform(n):
    seek = (2 * np.eye(n, dtype=int) - 1).astype(object)[None]
    result = solve(seek, -seek, exact=True)
    assert points(result) == {(Fraction(1, n),) * (2 * n)}
    assert result.status[0] == OK


def test_a_game_with_75_equilibria():
    """B. von Stengel (1999), New maximal numbers of equilibria in bimatrix games, DCG 21."""
    row = np.array(
        [
            [9504, -660, 19976, -20526, 1776, -8976],
            [-111771, 31680, -130944, 168124, -8514, 52764],
            [397584, -113850, 451176, -586476, 29216, -178761],
            [171204, -45936, 208626, -263076, 14124, -84436],
            [1303104, -453420, 1227336, -1718376, 72336, -461736],
            [737154, -227040, 774576, -1039236, 48081, -300036],
        ]
    )
    col = np.array(
        [
            [72336, 48081, 29216, 14124, 1776, -8514],
            [-461736, -300036, -178761, -84436, -8976, 52764],
            [1227336, 774576, 451176, 208626, 19976, -130944],
            [-1718376, -1039236, -586476, -263076, -20526, 168124],
            [1303104, 737154, 397584, 171204, 9504, -111771],
            [-453420, -227040, -113850, -45936, -660, 31680],
        ]
    )
    result = solve(row[None], col[None], exact=True)
    assert (len(points(result)), result.index.sum(), result.status[0]) == (75, 1, OK)
    assert regret(row, col, result.probability) == 0


def test_a_game_whose_equilibria_floating_support_enumeration_loses():
    """Three equilibria; nashpy 0.0.43 lists two, because it sees a probability of -1e-17."""
    row = np.array([[[0, 5, 5], [1, 4, 0], [4, 2, 0]]])
    col = np.array([[[1, 5, 2], [3, 2, 1], [5, 0, 0]]])
    exact = solve(row, col, exact=True)
    missed = tuple(map(Fraction, ("5/9", 0, "4/9", "3/7", "4/7", 0)))
    assert missed in points(exact)
    assert (exact.count[0], exact.status[0]) == (3, OK)
    assert_close(solve(row, col), exact)


@pytest.mark.parametrize(
    ("x", "want"),
    [
        ("3/4", {"1 0 1 0"}),
        ("1/2", {"1 0 0 1", "0 1 1 0", "1/2 1/2 1/2 1/2"}),
        ("2/5", {"1 0 0 1", "0 1 1 0", "1/5 4/5 1/5 4/5"}),
        ("1/4", {"0 1 0 1"}),
    ],
)
def test_a_parametric_symmetric_game(x, want):
    """Rows (x/2, x) and (1-x, (1-x)/2); inside (1/3, 2/3) both mix with 3x-1 on the first."""
    x = Fraction(x)
    row = np.array([[[x / 2, x], [1 - x, (1 - x) / 2]]], dtype=object)
    result = solve(row, row.transpose(0, 2, 1), exact=True)
    assert points(result) == {tuple(map(Fraction, point.split())) for point in want}
    assert result.status[0] == OK


@pytest.mark.parametrize("x", ["1/3", "2/3"])
def test_a_parametric_symmetric_game_where_its_pieces_meet(x):
    x = Fraction(x)
    row = np.array([[[x / 2, x], [1 - x, (1 - x) / 2]]], dtype=object)
    result = solve(row, row.transpose(0, 2, 1), exact=True)
    assert result.status[0] == DEGENERATE
    assert result.count[0] == 3
    assert set(result.component) == {0}


@pytest.mark.parametrize("shape", [(6, 6), (7, 6), (8, 8), (2, 40), (1, 60)])
def test_larger_games_by_vertices(shape):
    row, col = random_games(shape, 2, 7)
    result = solve(row, col)
    assert (result.status == OK).all()
    assert (np.bincount(result.game, weights=result.index) == 1).all()
    for g in range(2):
        rows = slice(*result.offsets[g : g + 2])
        assert regret(row[g], col[g], result.probability[rows]) < 1e-14


@pytest.mark.parametrize("shape", [(3, 4), (5, 5), (5, 3)])
def test_vertices_and_signs_agree_on_random_games(shape):
    row, col = random_games(shape, 20, 8)
    plain, by_vertices = solve(row, col), solve(row, col, method="vertices")
    for g in range(20):
        assert_close(plain, by_vertices, g)


# -- pieces ----------------------------------------------------------------------------------------


def test_vertices_of_a_degenerate_polytope():
    """Four rows tied at the uniform mixture: one vertex with more labels than dimensions."""
    found = dict(best_response_vertices([[2, 0], [0, 2], [1, 1], [1, 1]]))
    assert found == {(1, 0): 0b100001, (0, 1): 0b010010, (1, 1): 0b001111}


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1))
def test_maximal_nash_subsets_cover_and_are_maximal(edges):
    pairs = sorted(edges)
    subsets = maximal_nash_subsets(pairs)
    covered = {(x, y) for left, right in subsets for x in left for y in right}
    assert covered == edges
    for left, right in subsets:
        assert not any(
            set(x) >= set(left) and set(y) >= set(right) and (x, y) != (left, right)
            for x, y in subsets
        )
        for other in set(range(6)) - set(left):
            assert not {(other, y) for y in right} <= edges
    # Subsets that share an edge are connected, and nothing else is.
    number = dict(zip(pairs, connected(pairs), strict=True))
    for left, right in subsets:
        assert len({number[x, y] for x in left for y in right}) == 1


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "col", "options", "error", "message"),
    [
        (np.zeros((1, 2, 2)), np.zeros((1, 2, 3)), {}, GameError, "one shape"),
        (np.zeros((2, 2)), np.zeros((2, 2)), {}, GameError, "one shape"),
        (np.zeros((1, 0, 2)), np.zeros((1, 0, 2)), {}, GameError, "one shape"),
        (np.zeros((1, 2, 63)), np.zeros((1, 2, 63)), {}, GameError, "at most 64"),
        (np.zeros((1, 6, 6)), np.zeros((1, 6, 6)), {"method": "signs"}, GameError, "vertices"),
        (np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), {"method": "x"}, ParameterError, "choose"),
        (np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), {"payoff_error": [1.0]}, GameError, "per game"),
        ([[["a"]]], [[[1]]], {"exact": True}, HedgingTypeError, "Fraction"),
    ],
)
def test_bad_input_is_refused_in_one_line(row, col, options, error, message):
    with pytest.raises(error, match=message) as caught:
        solve(row, col, **options)
    assert "\n" not in str(caught.value)
