"""Propositions about ambiguity as a signal: they hold, and a wrong payoff is noticed."""

from functools import partial

import numpy as np
import pytest
import sympy

from hedging.families import ambiguity_signalling as ambiguity
from hedging.families.ambiguity_signalling import MODEL
from hedging.model import Model
from hedging.propositions.ambiguity_signalling import PROPOSITIONS
from hedging.propositions.drawn import pure, uniform
from hedging.solving import nash

# Equilibria of an independent implementation: M leaning to a, to b, A, B.
EQUILIBRIA = [
    [1, 0, 1, 0, 1, 0, 1, 0],
    [1, 0, 1, 0, 1, 0, 0, 1],
    [1, 0, 1, 0, 0, 1, 1, 0],
    [0, 1, 0, 1, 0, 1, 0, 1],
    [0.649351, 0.350649, 0, 1, 0.5, 0.5, 0, 1],
]


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


def _cheap_courting(payoffs):
    payoffs["B"][1, 1, :, 1] += ambiguity.pi * ambiguity.c_B


def _unmoved(payoffs):
    payoffs["M_leans_b"][:, 1, :, 1] -= ambiguity.t_B


def _twice(payoffs):
    payoffs["A"][1, 1, 1, :] -= ambiguity.c_A


MUTATION = {
    "A pays twice for courting": partial(_wrong, _twice),
    "courting the other type costs B nothing": partial(_wrong, _cheap_courting),
    "a type that leans to b gains nothing from B": partial(_wrong, _unmoved),
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
    """The known equilibria are listed, and what else is belongs to the plain-speaking continuum."""
    found = nash(MODEL())
    listed = found["probability"].values
    for known in EQUILIBRIA:
        assert (np.abs(listed - known).max(axis=1) < 1e-6).any()
    game = MODEL()
    for equilibrium in listed:
        mixes = np.split(equilibrium, 4)
        assert game.regret(mixes).max() < 1e-12
    loose = ~found["isolated"].values
    assert (listed[loose][:, [0, 2]] == 1).all()


def test_named_equilibria_all_occur():
    """No claim is empty: each kind of pure equilibrium exists somewhere in the ranges."""
    p = uniform(np.random.default_rng(5), 3000, MODEL)
    seen = pure(MODEL(**p).payoffs).any(axis=0)
    claimed = np.zeros((2, 2, 2, 2), dtype=bool)
    claimed[0, 0] = claimed[1, 1] = True
    claimed[1, 0, :, 0] = claimed[0, 1, 0, :] = True
    # Nobody courts those who are ambiguous for nothing, unless revealing is worth less still.
    claimed[1, :, 0, 0] = claimed[0, 1, 0, 0] = False
    np.testing.assert_array_equal(seen & claimed, claimed)
    assert not seen[1, 0, :, 1].any()
    assert not seen[0, 1, 1, :].any()
