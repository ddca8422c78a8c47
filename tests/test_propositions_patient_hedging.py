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


def test_how_many_partners_patience_can_keep():
    """With v = .25, g = .8, d = .6: a valley whose walls noise raises."""
    n = np.arange(1, 121)
    little = patient.critical_delta_partners(n, false_alarm=0.03)
    assert little[:5].round(2).tolist() == [0.87, 0.70, 0.59, 0.51, 0.46]
    assert little.min() == pytest.approx(0.24, abs=0.005)
    assert int(n[little.argmin()]) == 30
    assert (n[little > 1] == [120]).all()
    much = patient.critical_delta_partners(n, false_alarm=0.15)
    assert much.min() == pytest.approx(0.875, abs=0.0005)
    assert int(n[much.argmin()]) == 4
    # One partner is just impossible, then it is possible, and from eight on not again.
    assert much[0] == pytest.approx(1.01, abs=0.005)
    assert (n[much > 1] == [1, *range(8, 121)]).all()


def test_three_partners_and_much_noise():
    noise = np.array([0.1, 0.15, 0.18, 0.2, 0.25, 0.4])
    three = patient.critical_delta_partners(3, false_alarm=noise)
    assert (three > 1).tolist() == [False, False, False, True, True, True]
    assert (np.diff(three) > 0).all()
