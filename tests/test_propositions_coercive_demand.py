"""Propositions about coercive demands: they hold, and a wrong payoff is noticed."""

from functools import partial

import numpy as np
import pytest
import sympy

from hedging.families import coercive_demand as demand
from hedging.families.coercive_demand import MODEL
from hedging.model import Model
from hedging.propositions.coercive_demand import PROPOSITIONS
from hedging.solving import nash

PAYOFFS = [
    [[0.0, 0.0], [-0.05, 1.0], [-0.1, 1.0]],
    [[0.0, 0.0], [-1.1, -1.2], [0.0, -1.2]],
]
STATUS_QUO = [1, 0, 0, 1, 0]


def _wrong(change):
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    change(payoffs)
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


def _reward(payoffs):
    payoffs["M"][1, 1] += 2 * demand.a


def _free_bluff(payoffs):
    payoffs["P"][2, 0] += demand.b


MUTATION = {
    "M is rewarded for conceding after a pledge": partial(_wrong, _reward),
    "backing down costs P nothing": partial(_wrong, _free_bluff),
}

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
    here = PROPOSITIONS
    noticed = set()
    for wrong in MUTATION.values():
        subject = wrong()
        failed = {p.name for p in here if p.check(3, draws=500, subject=subject).failures}
        assert failed
        noticed |= failed
    assert noticed == {p.name for p in here}


def test_defaults():
    """Payoffs of an independent implementation; its one pure equilibrium is listed."""
    game = MODEL()
    np.testing.assert_allclose(game.payoffs, PAYOFFS, rtol=0, atol=1e-15)
    found = nash(game)
    assert found["support"].values[0] == "no_demand|resist"
    np.testing.assert_allclose(found["probability"].values[0], STATUS_QUO, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("cost", "audience", "supports"),
    [
        # Status quo continuum, and concession with its continuum.
        (0.65, 0.05, {"no_demand|resist", "no_demand|resist+concede"}),
        (0.65, 0.2, {"no_demand|resist", "no_demand|resist+concede"}),
        (0.5, 0.05, set()),
        (0.5, 0.2, {"demand_escalate|resist"}),
    ],
)
def test_the_solver_lists_the_ends_of_the_continua(cost, audience, supports):
    found = nash(MODEL(conflict_cost_p=cost, audience_cost=audience))
    expected = set(supports)
    if audience < 0.1:
        expected |= {"demand_escalate|concede", "demand_escalate+demand_bluff|concede"}
    assert set(found["support"].values.tolist()) == expected
    y, z = demand.continua(conflict_cost_p=cost, audience_cost=audience)
    for support, column, value in (
        ("no_demand|resist+concede", 4, y),
        ("demand_escalate+demand_bluff|concede", 1, z),
    ):
        at = found["support"].values == support
        assert np.isfinite(value) == at.any()
        np.testing.assert_allclose(found["probability"].values[at, column], value, atol=1e-12)
