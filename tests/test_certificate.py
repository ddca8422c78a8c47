"""Payoffs and regret of listed equilibria."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from hedging.equilibria.assembly import Rows
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.dispatch import solve


def _points(shape, size, rng, exact=False):
    """Random profiles as if they were equilibria, two per game."""
    parts = [rng.integers(0, 5, (2 * size, m)) + (np.arange(m) == 0) for m in shape]
    if exact:
        mixes = [
            [[Fraction(int(w), int(row.sum())) for w in row] for row in part] for part in parts
        ]
        probability = np.array(
            [[p for row in rows for p in row] for rows in zip(*mixes, strict=True)], dtype=object
        )
    else:
        probability = np.concatenate([p / p.sum(axis=1, keepdims=True) for p in parts], axis=1)
    rows = Rows(size, shape, exact=exact)
    rows.add(np.repeat(np.arange(size), 2), probability, np.zeros(2 * size, dtype=np.int8))
    return rows.finish(np.zeros(size, dtype=np.uint8))


def _by_definition(game, point, shape):
    starts = np.cumsum([0, *shape])
    mix = [point[a:b] for a, b in pairwise(starts)]
    payoff, regret = [], []
    for k in range(len(shape)):
        values = [0] * shape[k]
        for profile in np.ndindex(*shape):
            weight = 1
            for j, a in enumerate(profile):
                if j != k:
                    weight = weight * mix[j][a]
            values[profile[k]] += weight * game[(k, *profile)]
        payoff.append(sum(p * v for p, v in zip(mix[k], values, strict=True)))
        regret.append(max(values) - payoff[-1])
    return payoff, max(regret)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("shape", [(3,), (1, 2), (3, 2), (2, 3, 2), (2, 2, 1, 3)])
def test_equals_the_definition(shape, exact):
    rng = np.random.default_rng(4)
    payoffs = rng.integers(-9, 10, (5, len(shape), *shape))
    payoffs = payoffs.astype(object) if exact else payoffs.astype(float)
    found = _points(shape, 5, rng, exact)
    payoff, regret = payoffs_and_regret(payoffs, found)
    for e, game in enumerate(found.game):
        expected = _by_definition(payoffs[game], found.probability[e], shape)
        if exact:
            assert payoff[e].tolist() == expected[0]
            assert regret[e] == expected[1]
        else:
            assert np.allclose(payoff[e], expected[0])
            assert np.isclose(regret[e], expected[1])


def test_does_not_depend_on_the_batch():
    rng = np.random.default_rng(8)
    payoffs = rng.normal(size=(40, 3, 3, 2, 2))
    found = _points((3, 2, 2), 40, rng)
    payoff, regret = payoffs_and_regret(payoffs, found)
    for g in range(0, 40, 7):
        rows = Rows(1, (3, 2, 2), exact=False)
        part = found.probability[2 * g : 2 * g + 2]
        rows.add(np.zeros(2), part, np.zeros(2, dtype=np.int8))
        one = payoffs_and_regret(payoffs[g : g + 1], rows.finish(np.zeros(1, dtype=np.uint8)))
        alone = {tuple(p) for p in one[0]}
        assert alone == {tuple(p) for p in payoff[2 * g : 2 * g + 2]}
        assert set(one[1]) == set(regret[2 * g : 2 * g + 2])


def test_cutting_into_pieces_changes_nothing(monkeypatch):
    rng = np.random.default_rng(8)
    payoffs = rng.normal(size=(9, 2, 3, 3))
    found = _points((3, 3), 9, rng)
    whole = payoffs_and_regret(payoffs, found)
    monkeypatch.setattr("hedging.equilibria.certificate._BUFFER", 40)
    pieces = payoffs_and_regret(payoffs, found)
    assert all((a == b).all() for a, b in zip(whole, pieces, strict=True))


def test_pure_equilibria_have_no_regret_at_all():
    rng = np.random.default_rng(8)
    payoffs = rng.normal(size=(300, 3, 2, 2, 2))
    found = solve(payoffs)
    _, regret = payoffs_and_regret(payoffs, found)
    pure = ((found.probability > 0).sum(axis=1)) == 3
    assert (regret[pure] == 0).all()
    # Probabilities err by a few units in the last place, and so does what they earn.
    assert regret.max() < 64 * 2.0**-53 * np.abs(payoffs).max()


def test_no_equilibria_no_rows():
    found = solve(np.full((2, 2, 2, 2), np.nan))
    payoff, regret = payoffs_and_regret(np.full((2, 2, 2, 2), np.nan), found)
    assert payoff.shape == (0, 2)
    assert regret.shape == (0,)
