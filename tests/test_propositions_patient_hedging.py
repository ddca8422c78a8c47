"""Propositions about patient hedging: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

from hedging.families import patient_hedging as patient
from hedging.families.patient_hedging import MODEL
from hedging.model import Model
from hedging.propositions.patient_hedging import PROPOSITIONS
from hedging.solving import nash

PAYOFFS = [[[1.0, -0.4], [1.8, 0.0]], [[1.0, 1.6], [-0.5, 0.0]]]
EQUILIBRIA = [[0, 1, 0, 1]]


def _wrong():
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    payoffs["M"][1, 0] -= 2 * patient.g
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


MUTATION = {"the gain from tilting is a loss": _wrong}

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
    assert found["grim_trigger"]
    assert found["limited_punishment"]
    assert found["partners_threshold"]


def test_defaults():
    """Payoffs and equilibria of an independent implementation of the same formulas."""
    game = MODEL()
    np.testing.assert_allclose(game.payoffs, PAYOFFS, rtol=0, atol=1e-15)
    found = nash(game)
    np.testing.assert_allclose(found["probability"].values, EQUILIBRIA, rtol=0, atol=1e-6)
    assert int(found["count"]) == len(EQUILIBRIA)


def test_a_second_partner_that_does_not_help():
    """Then patience asked for may rise, fall and rise again: no single valley."""
    by_number = patient.critical_delta_partners(
        np.arange(1, 41), tie_value=0.75, tilt_gain=3.35, false_alarm=0.1, detection=0.25
    )
    assert np.flatnonzero(np.diff(np.sign(np.diff(by_number)))).size == 2
    assert by_number[1] > by_number[0]
