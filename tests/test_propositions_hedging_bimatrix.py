"""Propositions about the hedging bimatrix: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

from hedging.families import hedging_bimatrix
from hedging.families import triadic_hedging as triad
from hedging.families.hedging_bimatrix import MODEL
from hedging.model import Model
from hedging.propositions.drawn import uniform
from hedging.propositions.hedging_bimatrix import PROPOSITIONS
from hedging.solving import nash

PAYOFFS = [
    [[0.707, 0.557], [0.85, 0.59], [0.193, -0.207]],
    [[0.5, 0.455], [0.3, 0.255], [-0.3, -0.32]],
]
EQUILIBRIA = [[0, 1, 0, 1, 0]]


def _wrong():
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    payoffs["M"][1, 1] = triad.y - triad.R * triad.k_a
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


MUTATION = {"immunity does not shield the hedger from A's coercion": _wrong}

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
    assert found["complete_set"]
    assert found["deterred_defection"]
    assert found["reduction"]


def test_defaults():
    """Payoffs and equilibria of an independent implementation of the same formulas."""
    game = MODEL()
    np.testing.assert_allclose(game.payoffs, PAYOFFS, rtol=0, atol=1e-15)
    found = nash(game)
    np.testing.assert_allclose(found["probability"].values, EQUILIBRIA, rtol=0, atol=1e-6)
    assert int(found["count"]) == len(EQUILIBRIA)


def test_the_function_of_the_family_lists_the_same():
    p = uniform(np.random.default_rng(4), 200, MODEL)
    found = nash(MODEL(**p), report=("probability", "count"))
    for t in range(200):
        claim = hedging_bimatrix.equilibria(**{k: v[t] for k, v in p.items()})
        theirs = found["probability"].values[t, : int(found["count"][t])]
        mine = np.array([np.concatenate(pair) for pair in claim])
        np.testing.assert_allclose(
            mine[np.lexsort(mine.round(6).T)], theirs[np.lexsort(theirs.round(6).T)], atol=1e-9
        )
