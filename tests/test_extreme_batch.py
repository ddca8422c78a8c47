"""Extreme equilibria of many games: the same as one game at a time, however degenerate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.equilibria.determinants import sign_table
from hedging.equilibria.extreme import extreme_pattern
from hedging.equilibria.extreme_batch import extreme_pairs
from hedging.program.doubles import evaluate

SHAPES = [(2, 2), (2, 3), (3, 2), (3, 3), (2, 5), (5, 2), (3, 4), (4, 3), (4, 4)]


def signs_of(row, column):
    """Exact signs for payoffs (K, m, n) of small integers; shape (D, K)."""
    count, m, n = row.shape
    payoffs = np.concatenate([p.reshape(count, m * n) for p in (row, column)], axis=1)
    table = sign_table(m, n)
    values = evaluate(table.program, list(payoffs.astype(float).T))
    return np.array([np.broadcast_to(np.sign(v), (count,)) for v in values], dtype=np.int8)


def integer_games(rng, count, m, n, top):
    return rng.integers(0, top, (2, count, m, n))


def answers(m, n, sign):
    """Per game the sorted (support, row basis, column basis), and whether all are regular."""
    found = extreme_pairs(m, n, sign)
    listed = [[] for _ in range(sign.shape[1])]
    regular = np.ones(sign.shape[1], dtype=bool)
    columns = (found.game, found.support, found.row_basis, found.column_basis, found.regular)
    for game, *equilibrium, good in zip(*(c.tolist() for c in columns), strict=True):
        listed[game].append(tuple(equilibrium))
        regular[game] &= good
    return [sorted(pairs) for pairs in listed], regular


# ---- laws ------------------------------------------------------------------------------


@pytest.mark.parametrize("top", [2, 3, 50])
@pytest.mark.parametrize(("m", "n"), SHAPES)
def test_a_batch_is_its_games_one_by_one(m, n, top):
    sign = signs_of(*integer_games(np.random.default_rng([m, n, top]), 60, m, n, top))
    listed, regular = answers(m, n, sign)
    for k, (pairs, good) in enumerate(zip(listed, regular, strict=True)):
        pattern = extreme_pattern(m, n, (sign[:, k] + 1).astype(np.uint8).tobytes())
        bases = zip(pattern.found.supports, pattern.row_basis, pattern.column_basis, strict=True)
        assert pairs == sorted(bases)
        assert good == pattern.found.regular


@pytest.mark.parametrize(("m", "n"), SHAPES)
def test_cutting_the_batch_changes_nothing(m, n):
    sign = signs_of(*integer_games(np.random.default_rng(5), 41, m, n, 3))
    listed, regular = answers(m, n, sign)
    for start in range(0, 41, 7):
        part, good = answers(m, n, sign[:, start : start + 7])
        assert part == listed[start : start + 7]
        np.testing.assert_array_equal(good, regular[start : start + 7])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_permuting_actions_permutes_supports(data):
    m, n = data.draw(st.sampled_from([(2, 2), (2, 3), (3, 3), (3, 4)]))
    cells = st.lists(st.integers(0, 2), min_size=2 * m * n, max_size=2 * m * n)
    row, column = np.array(data.draw(cells)).reshape(2, 1, m, n)
    p, q = data.draw(st.permutations(range(m))), data.draw(st.permutations(range(n)))
    before = extreme_pairs(m, n, signs_of(row, column))
    permuted = [x[:, p][:, :, q] for x in (row, column)]
    after = extreme_pairs(m, n, signs_of(*permuted))
    old = [*p, *(m + j for j in q)]  # choice c of the permuted game is choice old[c]

    def back(mask):
        return sum(1 << old[c] for c in range(m + n) if mask >> c & 1)

    assert sorted(map(back, after.support.tolist())) == sorted(before.support.tolist())
    assert after.regular.sum() == before.regular.sum()


@pytest.mark.parametrize(("m", "n"), SHAPES)
def test_regular_games_have_an_odd_number(m, n):
    sign = signs_of(*integer_games(np.random.default_rng(11), 300, m, n, 10**4))
    listed, regular = answers(m, n, sign)
    assert regular.mean() > 0.9
    odd = np.array([len(pairs) % 2 == 1 for pairs in listed])
    assert odd[regular].all()


@pytest.mark.parametrize(("m", "n"), SHAPES)
def test_every_game_has_an_equilibrium(m, n):
    sign = signs_of(*integer_games(np.random.default_rng(12), 500, m, n, 2))
    assert all(answers(m, n, sign)[0])


# ---- examples --------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "n"), [*SHAPES, (5, 5), (2, 15)])
def test_constant_payoffs_make_every_profile_extreme(m, n):
    found = extreme_pairs(m, n, np.zeros((len(sign_table(m, n).orders), 2), dtype=np.int8))
    pure = sorted(1 << i | 1 << (m + j) for i in range(m) for j in range(n))
    for game in (0, 1):
        assert sorted(found.support[found.game == game].tolist()) == pure
    assert not found.regular.any()
    assert found.support.dtype == np.uint64


def test_a_segment_has_two_ends():
    """The column player is indifferent against the first row (see bimatrix.solve)."""
    sign = signs_of(np.array([[[1, 1], [0, 2]]]), np.array([[[0, 0], [1, 0]]]))
    found = extreme_pairs(2, 2, sign)
    assert sorted(found.support.tolist()) == [0b0101, 0b1101]
    assert not found.regular.any()


def test_no_games():
    found = extreme_pairs(2, 2, np.zeros((4, 0), dtype=np.int8))
    assert [len(part) for part in found] == [0] * 5
    assert found.regular.dtype == bool
