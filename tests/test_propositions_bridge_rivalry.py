"""Propositions about the rivalry of two bridges: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

from hedging.families import bridge_rivalry as bridge
from hedging.families.bridge_rivalry import MODEL
from hedging.model import Model
from hedging.propositions.bridge_rivalry import PROPOSITIONS
from hedging.solving import nash

PAYOFFS = [[[0.3, 0.55], [0.05, 0.0]], [[0.0, 0.05], [0.55, 0.0]]]
EQUILIBRIA = [[1, 0, 0, 1]]


def _wrong():
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    payoffs["R"][0, 0] += bridge.k
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


MUTATION = {"R invests for nothing where both do": _wrong}

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
    """Payoffs and equilibria of an independent implementation of the same formulas."""
    game = MODEL()
    np.testing.assert_allclose(game.payoffs, PAYOFFS, rtol=0, atol=1e-15)
    found = nash(game)
    np.testing.assert_allclose(found["probability"].values, EQUILIBRIA, rtol=0, atol=1e-6)


def test_the_ends_of_the_band_exactly():
    """At s = t/V in decimals M is indifferent: invest and defer tie against invest."""
    for share in ("2/5", "3/5"):
        found = nash(MODEL(hub_share=share, exact=True), exact=True)
        supports = set(found["support"].values.tolist())
        assert {"invest|invest", "defer|invest" if share == "2/5" else "invest|defer"} <= supports
    inside = nash(MODEL(hub_share="1/2", exact=True), exact=True)
    assert inside["support"].values.tolist() == ["invest|invest"]
    assert float(MODEL.critical("s_low")) == pytest.approx(0.4, abs=1e-15)
    assert float(MODEL.critical("s_high")) == pytest.approx(0.6, abs=1e-15)
