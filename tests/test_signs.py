"""The sign program: its determinants, its tolerance, its three-valued logic."""

from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedging.equilibria.determinants import payoff_names, program_size
from hedging.equilibria.signs import classify, sign_table, tolerance_factor
from hedging.errors import GameError, HedgingError
from hedging.program import doubles, rationals

SHAPES = [(1, 1), (1, 3), (3, 1), (2, 2), (2, 4), (3, 2), (3, 3), (4, 3), (4, 4), (5, 5)]


def determinant(matrix):
    """Leibniz' formula: slow, and nothing like the recurrence it checks."""
    size = len(matrix)
    total = Fraction(0)
    for order in permutations(range(size)):
        inversions = sum(a > b for a, b in combinations(order, 2))
        product = Fraction((-1) ** inversions)
        for i, j in enumerate(order):
            product *= matrix[i][j]
        total += product
    return total


def minors(payoffs):
    """Every det [1 | A[R, C]] with |R| = |C| + 1, in the order of the table."""
    m, n = len(payoffs), len(payoffs[0])
    return [
        determinant([[1, *(payoffs[r][c] for c in columns)] for r in rows])
        for k in range(1, min(m - 1, n) + 1)
        for rows in combinations(range(m), k + 1)
        for columns in combinations(range(n), k)
    ]


def exact_minors(row, col):
    row = [[Fraction(x) for x in line] for line in row]
    col = [[Fraction(x) for x in line] for line in np.transpose(col)]
    return minors(row) + minors(col)


@pytest.mark.parametrize("shape", [s for s in SHAPES if s != (5, 5)])
def test_the_program_computes_the_determinants(shape):
    rng = np.random.default_rng(1)
    row, col = rng.integers(-9, 10, (2, *shape)).tolist()
    given_payoffs = [x for payoffs in (row, col) for line in payoffs for x in line]
    table = sign_table(*shape)
    assert table.program.inputs == payoff_names(*shape)
    assert rationals.evaluate(table.program, given_payoffs) == exact_minors(row, col)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_table_is_consistent(shape):
    table = sign_table(*shape)
    m, n = shape
    assert len(table.orders) == len(table.owners) == program_size(m, n) == table.logic.n_signs
    assert len(table.supports) == len(table.candidates)
    for (rows, columns), (row_group, column_group) in zip(
        table.supports, table.candidates, strict=True
    ):
        k = len(rows)
        assert len(columns) == k
        assert len(row_group) == m
        assert len(column_group) == n
        for owner, group in enumerate((row_group, column_group)):
            used = [d for _, d in group if d is not None]
            assert all(table.owners[d] == owner for d in used)
            orders = [0 if d is None else table.orders[d] for _, d in group]
            assert orders == [k - 1] * k + [k] * (len(group) - k)
    sizes = [len(rows) for rows, _ in table.supports]
    assert sizes == sorted(sizes)
    assert list(table.supports) == sorted(table.supports, key=lambda s: (len(s[0]), s))


def test_the_table_is_made_once_and_hashable():
    assert sign_table(3, 3) is sign_table(3, 3)
    assert hash(sign_table(2, 3)) == hash(sign_table(2, 3))


def test_too_large_a_game_is_refused_with_advice():
    with pytest.raises(HedgingError, match=r'method="vertices".*lemke_howson'):
        sign_table(6, 7)
    sign_table(5, 6)


@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (4, 4)])
@pytest.mark.parametrize("kind", ["normal", "graded", "nearly singular"])
@pytest.mark.parametrize("error", [0.0, 1e-12])
def test_the_tolerance_bounds_the_error(shape, kind, error):
    """Against exact arithmetic, at true payoffs that differ from the doubles by up to the error."""
    rng = np.random.default_rng(2)
    table = sign_table(*shape)
    for _ in range(12):
        payoffs = rng.normal(size=(2, *shape))
        if kind == "graded":
            payoffs *= 10.0 ** rng.integers(-8, 9, (2, *shape))
        elif kind == "nearly singular":
            payoffs = np.multiply.outer(payoffs[:, :, 0], payoffs[0, 0, :]) + 0.1
        computed = doubles.evaluate(table.program, list(payoffs.ravel()))
        spread = [np.ptp(payoffs[0], axis=0).max(), np.ptp(payoffs[1], axis=1).max()]
        truth = [
            [[Fraction(x) + Fraction(error) * int(rng.integers(-1, 2)) for x in line] for line in p]
            for p in payoffs
        ]
        exact = exact_minors(*truth)
        for value, true, order, owner in zip(
            computed, exact, table.orders, table.owners, strict=True
        ):
            s = spread[owner]
            if order == 1:
                bound = 2.0**-53 * abs(value) + 2 * error
            else:
                bound = tolerance_factor(order) * s ** (order - 1) * (2.0**-53 * s + 2 * error)
            assert abs(Fraction(float(value)) - true) <= bound


def random_games(shape, count, seed, integers=None):
    rng = np.random.default_rng(seed)
    if integers is None:
        return rng.normal(size=(2, count, *shape))
    return rng.integers(-integers, integers + 1, (2, count, *shape)).astype(float)


@pytest.mark.parametrize("shape", SHAPES)
def test_unflagged_games_have_an_odd_number_of_equilibria(shape):
    for integers in (None, 2, 20):
        result = classify(*random_games(shape, 400, 3, integers))
        assert (result.certain[~result.flag].sum(axis=1) % 2 == 1).all()


@pytest.mark.parametrize("exponent", [-1000, -900, -30, 1, 30, 900])
def test_scaling_one_player_by_a_power_of_two_changes_no_sign(exponent):
    row, col = random_games((3, 4), 300, 4, 2)
    plain = classify(row, col)
    scaled = classify(np.ldexp(row, exponent), col)
    assert (plain.certain == scaled.certain).all()
    assert (plain.flag == scaled.flag).all()


@pytest.mark.parametrize("factor", [1e-300, 1e-10, 3.7, 1e10, 1e300])
def test_scaling_by_any_factor_changes_no_answer(factor):
    row, col = random_games((3, 3), 300, 5)
    plain, scaled = classify(row, col), classify(row, col * factor)
    assert (plain.certain == scaled.certain).all()
    assert not scaled.flag.any()


def test_adding_what_the_opponent_does_changes_no_sign():
    rng = np.random.default_rng(6)
    row, col = random_games((3, 3), 300, 6, 9)
    plain = classify(row, col)
    moved = classify(
        row + rng.integers(-(10**6), 10**6, (300, 1, 3)),
        col + rng.integers(-(10**6), 10**6, (300, 3, 1)),
    )
    assert (plain.certain == moved.certain).all()
    assert (plain.flag == moved.flag).all()


@given(st.integers(0, 2**32), st.floats(0, 3), st.floats(0, 3))
def test_more_payoff_error_means_fewer_claims(seed, first, second):
    row, col = random_games((3, 3), 20, seed % 1000)
    low, high = sorted((first, second))
    sharp = classify(row, col, np.full((20, 2), low))
    blunt = classify(row, col, np.full((20, 2), high))
    assert (blunt.certain <= sharp.certain).all()
    assert (sharp.flag <= blunt.flag).all()


def test_a_difference_within_the_payoff_error_is_open():
    row = np.array([[[1.0], [1.0 + 1e-12]]])
    col = np.zeros((1, 2, 1))
    assert not classify(row, col).flag[0]
    assert not classify(row, col, [[4e-13, 0.0]]).flag[0]
    assert classify(row, col, [[6e-13, 0.0]]).flag[0]
    assert classify(row, col, [[np.inf, 0.0]]).flag[0]
    assert classify(row, col, [[np.nan, 0.0]]).flag[0]


def test_the_smallest_difference_of_doubles_counts():
    above = np.nextafter(1.0, 2.0)
    result = classify([[[1.0], [above]]], [[[0.0], [0.0]]])
    assert result.certain.tolist() == [[False, True]]
    assert not result.flag[0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1.7e308])
def test_payoffs_out_of_range_are_flagged(bad):
    row, col = random_games((2, 2), 1, 7)
    row[0, 0, 0], row[0, 1, 0] = bad, -1.7e308
    assert classify(row, col).flag[0]


def test_chunks_do_not_matter():
    row, col = random_games((2, 2), 20_000, 8)
    whole = classify(row, col, determinants=True)
    part = classify(row[8000:9000], col[8000:9000], determinants=True)
    assert (whole.certain[8000:9000] == part.certain).all()
    assert (whole.determinants[:, 8000:9000] == part.determinants).all()
    assert classify(row[:0], col[:0]).certain.shape == (0, 5)


def test_shapes_are_checked():
    with pytest.raises(GameError, match="one shape"):
        classify(np.zeros((1, 2, 2)), np.zeros((1, 2, 3)))
    with pytest.raises(GameError, match="one shape"):
        classify(np.zeros((2, 2)), np.zeros((2, 2)))
