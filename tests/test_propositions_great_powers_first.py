"""Propositions about great powers that move first: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest

from hedging.equilibria.leaders import first_mover_outcomes
from hedging.families import triadic_hedging as triad
from hedging.families.great_powers_first import deterred, quiet_hedge
from hedging.model import Model
from hedging.propositions.great_powers_first import PROPOSITIONS


def _wrong(change):
    def model():
        payoffs = {
            who: np.array(u.tolist(), dtype=object) for who, u in triad.MODEL.payoffs.items()
        }
        change(payoffs)
        m = triad.MODEL
        return Model(
            m.name,
            players=m.players,
            actions=m.actions,
            parameters=list(m.parameters.values()),
            payoffs=payoffs,
        )

    return model


def _useless(payoffs):
    payoffs["A"][1] -= triad.b_a


def _captive(payoffs):
    payoffs["A"][0, 1] -= triad.theta_a * triad.rho_a


def _hard(payoffs):
    payoffs["M"][0, 1] += triad.rho_a


MUTATION = {
    "A has no use for a buffer": _wrong(_useless),
    "A keeps nothing of what a captive loses": _wrong(_captive),
    "M loses nothing as a captive of A": _wrong(_hard),
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


@pytest.mark.parametrize("error", MUTATION)
def test_a_wrong_payoff_is_noticed(error):
    subject = MUTATION[error]()
    found = {p.name: p.check(3, draws=500, subject=subject).failures for p in PROPOSITIONS}
    assert found["quiet_hedge_led"]
    assert found["useful_buffer"] or error == "M loses nothing as a captive of A"


def test_threshold_of_capitulation_at_the_defaults():
    """mu_cap = 1 - (y - x + rho)/k = 1 - (.85 - .707 + .15)/.4 = .2675; beyond it A is deterred."""
    immunity = np.array([0.2674, 0.2676])
    assert deterred("a", immunity=immunity).tolist() == [False, True]
    assert quiet_hedge(immunity=immunity).tolist() == [False, True]
    # A buffer as useful as a captive less the cost of pressing, .5 + .5 x .15 - .12 = .455.
    assert quiet_hedge(immunity=0.2, usefulness_a=[0.454, 0.456]).tolist() == [False, True]


def test_closed_form_broadcasts_and_equals_brute_force_on_a_grid():
    immunity, rivalry = np.linspace(0, 1, 31)[:, None], np.linspace(0.1, 5, 29)
    claim = quiet_hedge(immunity=immunity, rivalry=rivalry)
    assert claim.shape == (31, 29)
    game = triad.MODEL(immunity=immunity, rivalry=rivalry)
    payoffs = game.payoffs.reshape(-1, 3, 3, 2, 2)
    led = first_mover_outcomes(payoffs, (1, 2))[0][:, 1, 0, 0].reshape(31, 29)
    np.testing.assert_array_equal(claim, led)
    assert 0 < claim.sum() < claim.size
