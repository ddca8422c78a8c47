"""Propositions about the courtship race: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

import hedging as hg
from hedging.errors import HedgingTypeError, ParameterError
from hedging.families.courtship_race import MODEL, price, pure_equilibria, race, regime
from hedging.model import Model
from hedging.propositions.courtship_race import PROPOSITIONS
from hedging.propositions.drawn import pure


def _losers_pay():
    """An all-pay race: B pays its bid even if it loses."""
    model = race(9)
    u = {who: np.array(sympy.flatten(t), dtype=object).reshape(9, 9) for who, t in
         model.payoffs.items()}  # fmt: skip
    step = sympy.Symbol("bid_step")
    for i, j in np.ndindex(9, 9):
        u["B"][i, j] -= j * step if i >= j else 0
    return Model(
        "courtship_race",
        players=model.players,
        actions=model.actions,
        parameters=list(model.parameters.values()),
        payoffs=u,
    )


MUTATION = {"a loser pays its bid": _losers_pay}

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


@pytest.mark.parametrize("error", MUTATION)
def test_a_wrong_payoff_is_noticed(error):
    subject = MUTATION[error]()
    failing = {p.name for p in PROPOSITIONS if not p.check(3, subject=subject).holds}
    assert {"pure_equilibria", "quiet_hedge_and_race"} <= failing


def test_defaults():
    """Quiet hedge and bidding war side by side: g = (8, 6), b = (4, 4), l = (3, 4), r = 6."""
    assert MODEL.shape == (4, 4)
    u = MODEL().payoffs
    np.testing.assert_array_equal(
        u[0], [[4, 4, -3, -3], [4, 4, -3, -3], [2, 2, 2, -3], [-1, -1, -1, -1]]
    )
    np.testing.assert_array_equal(
        u[1], [[4, 4, 0, -3], [4, 4, 0, -3], [-4, -4, -4, -3], [-4, -4, -4, -4]]
    )
    listed = hg.nash(MODEL(), report=("support",)).support.values.tolist()
    assert {"bid_0|bid_0", "bid_3|bid_3"} <= set(listed)
    assert regime().tolist() == "both"
    assert float(price()) == 10.0


@pytest.mark.parametrize("bids", [2, 3, 5, 9, 13])
def test_every_number_of_bids(bids):
    """Where few bids are left the last one cannot be overbid."""
    for proposition in PROPOSITIONS[: 2 if bids < 5 else 3]:
        finding = proposition.check(4, subject=race(bids))
        assert finding.holds, (proposition.name, finding)


def test_fine_bids_at_the_defaults():
    """With bids of one the race is at a price of 9 or 10; the smaller stake is 10."""
    found = pure_equilibria(13, bid_step=1)
    racing = [(int(i), int(j)) for i, j in np.argwhere(found) if min(i, j) >= 6]
    assert racing == [(9, 9), (10, 10), (11, 11)]
    assert found[:6, :6].all()
    assert found.sum() == 36 + 3
    np.testing.assert_array_equal(pure(race(13)(bid_step=1).payoffs[None])[0], found)


def test_batches_are_loops():
    reserve, step = np.array([3.0, 6.0, 12.0])[:, None], np.array([1.5, 3.0])
    whole = pure_equilibria(reserve=reserve, bid_step=step)
    assert whole.shape == (3, 2, 4, 4)
    for place in np.ndindex(3, 2):
        one = pure_equilibria(reserve=float(reserve[place[0], 0]), bid_step=float(step[place[1]]))
        np.testing.assert_array_equal(whole[place], one)
    assert regime(reserve=reserve, bid_step=step).shape == (3, 2)


def test_curves_bound_the_quiet_hedge():
    rng = np.random.default_rng(5)
    p = {
        name: float(q.high) - float(q.high - q.low) * rng.random(400)
        for name, q in MODEL.parameters.items()
    }
    for name, curve in MODEL.curves.items():
        at = MODEL.critical(name, **p)
        inside = (at > 1e-6) & (at < 8 - 1e-6)
        assert inside.sum() > 20
        values = {k: v[inside] for k, v in p.items()}
        sides = [
            pure_equilibria(**(values | {curve.parameter: at[inside] + e})) for e in (-1e-7, 1e-7)
        ]
        assert not sides[0][:, 0, 0].any()
        assert sides[1][:, 0, 0].all()


def test_refusals():
    with pytest.raises(HedgingTypeError, match="whole number"):
        race(4.0)
    with pytest.raises(ParameterError, match="from 2 to 32"):
        race(1)
    assert race(4) == MODEL
    assert race(5).name == "courtship_race_5"
