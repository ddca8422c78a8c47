"""Propositions about triadic hedging: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

from hedging.families import triadic_hedging as triad
from hedging.families.triadic_hedging import MODEL
from hedging.model import Model
from hedging.propositions.drawn import uniform
from hedging.propositions.triadic_hedging import PROPOSITIONS
from hedging.propositions.triadic_supports import supports
from hedging.solving import nash

EQUILIBRIA = {
    1.0: [0, 1, 0, 1, 0, 1, 0],
    1.5: [0, 1, 0, 1, 0, 1, 0],
    1.7: [0.142857, 0.857143, 0, 0.510274, 0.489726, 1, 0],
    2.0: [0.237288, 0.762712, 0, 0.045946, 0.954054, 0, 1],
    2.5: [0.513514, 0.486486, 0, 0.189, 0.811, 0, 1],
    4.0: [0.766839, 0.233161, 0, 0.367416, 0.632584, 0, 1],
}
"""The one equilibrium at the defaults along rivalry, of an independent implementation."""


def _wrong():
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    payoffs["A"][1, 1, 0] += 2 * triad.R * triad.tau_a
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


MUTATION = {"A's loss from drift is booked as a gain": _wrong}

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
    assert found["critical_immunity"]
    assert found["critical_rivalry"]
    assert found["drift_protects"]
    assert found["complete_solution"]
    assert found["rivalry_path"]
    assert found["exchange_of_powers"]


@pytest.mark.parametrize("rivalry", EQUILIBRIA)
def test_defaults_along_rivalry(rivalry):
    found = nash(MODEL(rivalry=rivalry))
    assert int(found["count"]) == 1
    np.testing.assert_allclose(found["probability"].values[0], EQUILIBRIA[rivalry], atol=1e-6)


def test_hedging_recovers_a_little_while_the_second_power_begins_to_press():
    """So the path is not monotone, although it falls over any longer stretch."""
    found = nash(MODEL(rivalry=[1.8, 1.9, 1.99, 2.0]))
    hedge = found["probability"].values[:, 0, 1]
    assert (np.diff(hedge) > 0).tolist() == [True, True, False]
    assert hedge.max() < 0.77


def test_every_support_of_the_28_occurs():
    _, accepted = supports(uniform(np.random.default_rng(5), 100_000, MODEL))
    assert accepted.shape == (100_000, 28)
    assert accepted.any(axis=0).all()
