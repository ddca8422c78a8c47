"""Propositions about the division of spheres: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

from hedging.families import sphere_division as spheres
from hedging.families.sphere_division import MODEL
from hedging.model import Model
from hedging.propositions.sphere_division import PROPOSITIONS
from hedging.repeated_games import RepeatedGame
from hedging.solving import nash

PAYOFFS = [[[1.0, 0.82], [1.05, 0.81]], [[1.0, 1.08], [0.8, 0.82]]]
EQUILIBRIA = [[1, 0, 0, 1]]


def _wrong():
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    payoffs["A"][1, 1] += spheres.f
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


MUTATION = {"A is spared the friction": _wrong}

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
    assert found["chicken_mix"]
    assert found["grim_respect"]
    assert found["erosion_path"]
    assert found["least_patience"]


def test_defaults():
    """Payoffs and equilibria of an independent implementation of the same formulas."""
    game = MODEL()
    np.testing.assert_allclose(game.payoffs, PAYOFFS, rtol=0, atol=1e-15)
    found = nash(game)
    np.testing.assert_allclose(found["probability"].values, EQUILIBRIA, rtol=0, atol=1e-6)
    assert int(found["count"]) == len(EQUILIBRIA)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("y", "delta_a", "delta_b"),
    [
        (0.015, 5 / 6.5, 0),
        (0.05, 5 / 10, 0),
        (0.1, 5 / 15, 0),
        (0.144, 5 / 19.4, 44 / 244),
        (0.18, 5 / 23, 80 / 260),
    ],
)
def test_credible_punishment_achieves_the_least_patience_as_spheres_erode(y, delta_a, delta_b):
    """At the defaults a < f, so mutual entry is no threat: B enters and A does not answer."""
    found = RepeatedGame(MODEL(capture_share_b=y)).critical_delta((0, 0)).per_player
    np.testing.assert_allclose([found["A"], found["B"]], [delta_a, delta_b], rtol=0, atol=1e-9)
