"""Pure equilibria and numbers at a profile as straight-line programs."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from hedging.equilibria.pure import pure_equilibria
from hedging.equilibria.pure_program import (
    margin_program,
    number_of_differences,
    payoff_inputs,
    profile_program,
    pure_table,
)
from hedging.errors import GameError
from hedging.program import rationals
from hedging.program.doubles import evaluate
from hedging.program.logic import read_logic

SHAPES = [(1,), (3,), (1, 1), (1, 4), (2, 2), (3, 2), (4, 3), (2, 2, 2), (3, 2, 2), (2, 1, 3),
          (2, 2, 2, 2)]  # fmt: skip


def games_of(shape, size, high=2, seed=0):
    """Small integers: ties everywhere."""
    rng = np.random.default_rng([seed, *shape])
    return rng.integers(-high, high + 1, (size, len(shape), *shape)).astype(float)


def columns(games):
    return list(games.reshape(len(games), -1).T)


def differences(games, shape):
    values = evaluate(pure_table(shape).program, columns(games))
    return np.array([np.broadcast_to(v, (len(games),)) for v in values]).reshape(-1, len(games))


@pytest.mark.parametrize("shape", SHAPES)
def test_strict_equilibria_are_certain_and_weak_ones_undecided(shape):
    games = games_of(shape, 100)
    table = pure_table(shape)
    found = differences(games, shape)
    assert len(found) == table.logic.n_signs == number_of_differences(shape)
    certain, undecided = read_logic(table.logic, found > 0, found < 0)
    weak = pure_equilibria(games).reshape(len(games), -1)
    strict = np.ones_like(weak)
    for p, a in enumerate(itertools.product(*map(range, shape))):
        for i, m in enumerate(shape):
            for b in range(m):
                if b != a[i]:
                    other = (*a[:i], b, *a[i + 1 :])
                    strict[:, p] &= games[(slice(None), i, *a)] > games[(slice(None), i, *other)]
    np.testing.assert_array_equal(certain.T, strict)
    np.testing.assert_array_equal(undecided, (weak & ~strict).any(axis=1))


@pytest.mark.parametrize("shape", SHAPES)
def test_margin_is_not_negative_exactly_at_equilibria(shape):
    games = games_of(shape, 60)
    weak = pure_equilibria(games)
    for a in itertools.product(*map(range, shape)):
        (margin,) = evaluate(margin_program(shape, a), columns(games))
        margin = np.broadcast_to(margin, (len(games),))
        np.testing.assert_array_equal(margin >= 0, weak[(slice(None), *a)])
        by_hand = [
            games[(slice(None), i, *a)] - np.delete(own, a[i], axis=1).max(axis=1)
            for i, m in enumerate(shape)
            if m > 1
            for own in [games[(slice(None), i, *a[:i], slice(None), *a[i + 1 :])]]
        ]
        expected = np.min(by_hand, axis=0) if by_hand else np.zeros(len(games))
        np.testing.assert_array_equal(margin, expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_profile_payoffs_are_read_off(shape):
    games = games_of(shape, 5)
    for a in itertools.product(*map(range, shape)):
        values = evaluate(profile_program(shape, a), columns(games))
        assert len(values) == len(shape)
        for i, value in enumerate(values):
            np.testing.assert_array_equal(value, games[(slice(None), i, *a)])


def test_margin_in_rationals():
    game = [Fraction(1, 3), Fraction(0), Fraction(1, 7), Fraction(0)] * 2
    assert rationals.evaluate(margin_program((2, 2), (0, 0)), game) == [
        Fraction(1, 3) - Fraction(1, 7)
    ]


def test_inputs_are_in_c_order():
    names = payoff_inputs((3, 2, 2))
    assert len(names) == len(set(names)) == 36
    assert names[0] == "u0[0,0,0]"
    assert names[1] == "u0[0,0,1]"
    assert names[4] == "u0[1,0,0]"
    assert names[12] == "u1[0,0,0]"


def test_tables_are_made_once():
    assert pure_table((3, 2)) is pure_table((3, 2))


@pytest.mark.parametrize("profile", [(), (0,), (0, 0, 0), (2, 0), (0, -1)])
@pytest.mark.parametrize("make", [margin_program, profile_program])
def test_profiles_that_are_none(make, profile):
    with pytest.raises(GameError, match="one action each"):
        make((2, 2), profile)
