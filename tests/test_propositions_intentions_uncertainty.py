"""Propositions about uncertain intentions: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

from hedging.families import intentions_uncertainty as intentions
from hedging.families.intentions_uncertainty import MODEL
from hedging.model import Model
from hedging.propositions.intentions_uncertainty import PROPOSITIONS
from hedging.solving import nash

# Equilibria of an independent implementation; M, revisionist, benign type.
EQUILIBRIA = [
    ({}, [0, 0.75, 0.25, 0.127907, 0.872093, 1, 0]),
    ({"threat_belief": 0.2}, [0, 0, 1, 0, 1, 1, 0]),
    ({"gain_hedger": 0.2}, [0, 1, 0, 0, 1, 1, 0]),
    ({"gain_hedger": 0.2, "threat_belief": 0.2}, [0, 0, 1, 0, 1, 1, 0]),
]


def _wrong():
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    exposed = intentions.pi * intentions.eta * intentions.x
    payoffs["M"][1, 1, 0] += exposed
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


MUTATION = {"a hedger is not exposed": _wrong}

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


@pytest.mark.parametrize(("values", "equilibrium"), EQUILIBRIA)
def test_defaults(values, equilibrium):
    found = nash(MODEL(**values))
    np.testing.assert_allclose(found["probability"].values, [equilibrium], rtol=0, atol=1e-6)
    policy, exploits = intentions.equilibrium(**values)
    np.testing.assert_allclose(policy, equilibrium[:3], atol=1e-6)
    np.testing.assert_allclose(exploits, equilibrium[4], atol=1e-6)


def test_without_the_order_there_is_no_closed_form():
    policy, exploits = intentions.equilibrium(trust_value=[0.65, 1.0], hedge_value=0.7)
    assert np.isnan(policy[0]).all()
    assert np.isnan(exploits[0])
    assert np.isfinite(policy[1]).all()
