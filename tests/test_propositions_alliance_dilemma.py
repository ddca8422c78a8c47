"""Propositions about the alliance dilemma: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

from hedging.families import alliance_dilemma as alliance
from hedging.families.alliance_dilemma import MODEL
from hedging.model import Model
from hedging.propositions.alliance_dilemma import PROPOSITIONS
from hedging.solving import nash

PAYOFFS = [[[0.8, 0.55], [0.7, 0.5]], [[0.73, 0.56], [0.49, 0.4]]]
EQUILIBRIA = [[1, 0, 1, 0]]


def _wrong():
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    payoffs["patron"][0, 0] += alliance.E_2 * alliance.e_1
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


MUTATION = {"the patron is not emboldened": _wrong}

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
    found = {p.name: p.check(3, draws=500, subject=subject).failures for p in PROPOSITIONS}
    assert any(found.values())
    assert found["pure_equilibria"]
    assert found["regimes"]
    assert found["mixed_equilibrium"]
    assert found["complete_set"]


def test_defaults():
    """Payoffs and equilibria of an independent implementation of the same formulas."""
    game = MODEL()
    np.testing.assert_allclose(game.payoffs, PAYOFFS, rtol=0, atol=1e-15)
    found = nash(game)
    np.testing.assert_allclose(found["probability"].values, EQUILIBRIA, rtol=0, atol=1e-6)
    assert int(found["count"]) == len(EQUILIBRIA)
