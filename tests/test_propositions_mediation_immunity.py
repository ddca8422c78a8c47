"""Propositions about mediation and immunity: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest

import hedging as hg
from hedging.families.mediation_immunity import MODEL, mix
from hedging.model import Model
from hedging.propositions.drawn import pure
from hedging.propositions.mediation_immunity import PROPOSITIONS


def _tables():
    return {who: np.reshape(u.tolist(), MODEL.shape) for who, u in MODEL.payoffs.items()}


def _no_discount():
    """P's gain from pressing a mediator is not reduced by its immunity."""
    table = _tables()["P"]
    table[0, 1] = table[1, 1]
    return Model(
        "mediation_immunity",
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=_tables() | {"P": table},
    )


MUTATION = {"immunity does not deter": _no_discount}

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
    failing = {p.name for p in PROPOSITIONS if not p.check(3, subject=subject).holds}
    assert failing == {p.name for p in PROPOSITIONS}


def test_defaults():
    """Payoffs and equilibrium from an independent implementation of the same formulas."""
    payoffs = [[[-0.07, -0.37], [0, -0.5]], [[0.1, 0.05], [0, 0.25]]]
    np.testing.assert_allclose(MODEL().payoffs, payoffs, atol=1e-15)
    found = hg.nash(MODEL())
    np.testing.assert_allclose(found.probability, [[0.833333, 0.166667, 0.65, 0.35]], atol=1e-6)
    np.testing.assert_allclose(mix(), [0.833333, 0.35], atol=1e-6)


def test_a_standing_worth_its_cost_gives_pure_mediation():
    assert np.isnan(mix(standing=0.12)).all()
    assert "mediate|refrain" in hg.nash(MODEL(standing=0.2)).support.values


def test_curves_are_where_pure_equilibria_change():
    rng = np.random.default_rng(5)
    p = {
        name: float(q.low) + float(q.high - q.low) * rng.random(2000)
        for name, q in MODEL.parameters.items()
    }
    for name, curve in MODEL.curves.items():
        at = MODEL.critical(name, **p)
        inside = (at > 1e-5) & (at < 1 - 1e-5)
        assert inside.sum() > 50
        values = {k: v[inside] for k, v in p.items()}
        sides = [
            pure(MODEL(**(values | {curve.parameter: at[inside] + e})).payoffs)
            for e in (-1e-7, 1e-7)
        ]
        assert (sides[0] != sides[1]).any(axis=(1, 2)).mean() > 0.99, name
