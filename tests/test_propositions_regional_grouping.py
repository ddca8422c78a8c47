"""Propositions about regional groupings: they hold, and a wrong payoff is noticed."""

from collections import Counter
from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest
import sympy

from hedging.engine.design import sample
from hedging.engine.run import sweep
from hedging.errors import HedgingTypeError, ParameterError, Status
from hedging.families import regional_grouping as region
from hedging.families.regional_grouping import MODEL, grouping, peak, symmetric_mixtures
from hedging.model import Model
from hedging.propositions.regional_grouping import PROPOSITIONS
from hedging.solving import nash


def _wrong():
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    payoffs["M"][0, 0, 0, 1, 1] -= region.b
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


MUTATION = {"M has no benefit where it is pivotal": _wrong}

each = pytest.mark.parametrize("proposition", PROPOSITIONS, ids=lambda p: p.name)


@each
def test_holds(proposition):
    found = proposition.check(1, draws=500)
    assert found.holds, found


@pytest.mark.slow
@each
def test_holds_on_many_draws(proposition):
    found = proposition.check(2, draws=20_000)
    assert found.holds, found


def test_every_proposition_notices_a_wrong_payoff():
    here = [p for p in PROPOSITIONS if p.subject is MODEL]
    noticed = set()
    for wrong in MUTATION.values():
        subject = wrong()
        failed = {p.name for p in here if p.check(3, draws=500, subject=subject).failures}
        assert failed
        noticed |= failed
    assert noticed == {p.name for p in here}


# ---- the game of five, complete --------------------------------------------------------------


def alike(n, k, ratio):
    """Equilibria in which all who mix do so alike: (mixers, sure ones) to number of profiles."""
    found = Counter()
    for mixers in (0, *range(2, n + 1)):
        for sure in range(n - mixers + 1):
            out = n - mixers - sure
            if mixers == 0:
                rates = [0.0]
            elif 0 <= k - 1 - sure <= mixers - 1:
                q = np.poly1d([1, 0])
                a, rest = k - 1 - sure, mixers - 1 - (k - 1 - sure)
                chance = comb(mixers - 1, a) * q**a * (1 - q) ** rest - ratio
                rates = [r.real for r in chance.roots if abs(r.imag) < 1e-9 and 0 < r.real < 1]
            else:
                continue
            for q in rates:
                if sure and pivotal(mixers, k - sure, q) < ratio:
                    continue
                if out and pivotal(mixers, k - 1 - sure, q) > ratio:
                    continue
                found[mixers, sure] += factorial(n) // (
                    factorial(mixers) * factorial(sure) * factorial(out)
                )
    return found


def pivotal(mixers, number, q):
    if not 0 <= number <= mixers:
        return 0.0
    return comb(mixers, number) * q**number * (1 - q) ** (mixers - number)


@pytest.mark.parametrize("cost", [0.2, 0.3, 0.6])
def test_all_equilibria_of_five_states(cost):
    """As many as the binomial equations say, kind by kind; 83 at the defaults."""
    found = nash(MODEL(cost=cost))
    assert Status(int(found["status"])) is Status.OK
    x = found["probability"].values.reshape(-1, 5, 2)[..., 0]
    kinds = Counter((int(((row > 0) & (row < 1)).sum()), int((row == 1).sum())) for row in x)
    assert kinds == alike(5, 3, cost)
    assert float(found["regret"].max()) < 1e-12
    if cost == 0.2:
        assert int(found["count"]) == 83
    low, high = symmetric_mixtures(cost=cost)
    all_mix = np.sort(x[((x > 0) & (x < 1)).all(axis=1)], axis=0)
    if np.isfinite(low):
        np.testing.assert_allclose(all_mix, [[low] * 5, [high] * 5], atol=1e-12)
    else:
        assert not len(all_mix)


def test_above_the_peak_states_may_still_mix_unlike():
    """At c/b = .42 two groups mix at different rates; all alike is impossible above 3/8."""
    found = nash(MODEL(cost=0.42))
    x = found["probability"].values.reshape(-1, 5, 2)[..., 0]
    all_mix = x[((x > 0) & (x < 1)).all(axis=1)]
    assert len(all_mix) == 20
    assert (np.ptp(all_mix, axis=1) > 0.4).all()
    assert int(found["count"]) == 101 == sum(alike(5, 3, 0.42).values()) + 20


def test_sweeps_of_two_to_the_five():
    found = sweep(MODEL, sample(64, MODEL, rng=0), report="pure", progress=False)
    enough = (found["cost"] < found["benefit"]).values
    counts = found["pure"].values.sum(axis=1)
    np.testing.assert_array_equal(counts, np.where(enough, 11, 1))


@pytest.mark.parametrize(("players", "threshold"), [(2, 1), (2, 2), (3, 2), (4, 2), (4, 4)])
def test_other_sizes(players, threshold):
    found = nash(grouping(players=players, threshold=threshold)())
    x = found["probability"].values.reshape(-1, players, 2)[..., 0]
    kinds = Counter(tuple(sorted(row.round(6))) for row in x)
    pures = {kind: number for kind, number in kinds.items() if set(kind) <= {0, 1}}
    full = (0.0,) * (players - threshold) + (1.0,) * threshold
    none = {(0.0,) * players: 1} if threshold > 1 else {}
    assert pures == {full: comb(players, threshold)} | none
    mixtures = symmetric_mixtures(players, threshold)
    for q in mixtures[np.isfinite(mixtures)]:
        assert (np.abs(x - q).max(axis=1) < 1e-9).any()


def test_the_peak_exactly():
    assert peak() == Fraction(3, 8)
    at_peak = symmetric_mixtures(cost=0.375)
    np.testing.assert_array_equal(at_peak, [0.5, 0.5])
    assert MODEL.critical("c_peak", benefit=2.0) == 0.75
    # q (1 - q) = sqrt(c / 6b) has roots in closed form at n = 5, k = 3.
    cost = np.array([1e-6, 0.01, 0.2, 0.37])
    gap = np.sqrt(1 - 4 * np.sqrt(cost / 6))
    expected = np.stack([(1 - gap) / 2, (1 + gap) / 2], -1)
    np.testing.assert_allclose(symmetric_mixtures(cost=cost), expected, rtol=0, atol=1e-15)
    game = MODEL(cost="3/8", exact=True)
    half = [[Fraction(1, 2)] * 2] * 5
    assert game.regret(half).tolist() == [0] * 5


def test_volunteers_and_unanimity():
    alone = symmetric_mixtures(4, 1, cost=0.3)
    np.testing.assert_allclose(alone, [np.nan, 1 - 0.3 ** (1 / 3)], atol=1e-15)
    everyone = symmetric_mixtures(4, 4, cost=0.3)
    np.testing.assert_allclose(everyone, [0.3 ** (1 / 3), np.nan], atol=1e-15)


@pytest.mark.parametrize(
    ("size", "error"),
    [
        ({"players": 1}, ParameterError),
        ({"players": 11}, ParameterError),
        ({"threshold": 0}, ParameterError),
        ({"players": 3, "threshold": 4}, ParameterError),
        ({"players": 2.5}, HedgingTypeError),
        ({"threshold": True}, HedgingTypeError),
    ],
)
def test_sizes_that_make_no_sense(size, error):
    with pytest.raises(error, match="give"):
        grouping(**size)
