"""Propositions about a mediator's credibility: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest

import hedging as hg
from hedging.families.mediator_credibility import MODEL, credible, critical_prior
from hedging.model import Model
from hedging.propositions.drawn import pure
from hedging.propositions.mediator_credibility import PROPOSITIONS


def _tables():
    return {who: np.reshape(u.tolist(), MODEL.shape) for who, u in MODEL.payoffs.items()}


def _changed(who, name, value):
    """The model with a parameter of one side's payoffs replaced."""
    tables = _tables()
    symbol = next(s for s in tables[who][3, 3].free_symbols if s.name == name)
    tables[who] = [[e.subs(symbol, value(symbol)) for e in row] for row in tables[who]]
    return Model(
        "mediator_credibility",
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=tables,
    )


MUTATION = {
    "the mediator likes war": lambda: _changed("mediator", "war_aversion", lambda kappa: -kappa),
    "the mediator sees no risk": lambda: _changed("mediator", "war_risk", lambda eps: 0),
    "the party sees no risk": lambda: _changed("party", "war_risk", lambda eps: 0),
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


@pytest.mark.parametrize(
    ("error", "noticed"),
    [
        ("the mediator likes war", {"trust"}),
        ("the mediator sees no risk", {"trust", "neutral_is_not_believed"}),
        ("the party sees no risk", {"no_word"}),
    ],
)
def test_a_wrong_payoff_is_noticed(error, noticed):
    subject = MUTATION[error]()
    failing = {p.name for p in PROPOSITIONS if not p.check(3, subject=subject).holds}
    assert noticed <= failing


def test_defaults():
    """Payoffs and pure equilibria from an independent implementation of the same formulas."""
    payoffs = [
        [
            [0, 0, -0.431, -0.431],
            [0, 0.129, -0.56, -0.431],
            [0, -0.56, 0.129, -0.431],
            [0, -0.431, 0, -0.431],
        ],
        [
            [0, 0, 0.118, 0.118],
            [0, 0.438, -0.32, 0.118],
            [0, -0.32, 0.438, 0.118],
            [0, 0.118, 0, 0.118],
        ],
    ]
    np.testing.assert_allclose(MODEL().payoffs, payoffs, atol=1e-15)
    found = hg.nash(MODEL())
    named = {"RR|SS", "RW|CS", "WR|SC", "WW|SS"}
    assert named <= set(found.support.values.tolist())
    assert int(found.status) == hg.Status.DEGENERATE


def test_exchanging_the_words_changes_nothing():
    u = MODEL().payoffs
    mirrored = [3, 1, 2, 0]  # RW and WR keep their meaning if replies are exchanged too
    words = [mirrored.index(k) for k in (0, 2, 1, 3)]
    np.testing.assert_allclose(u, u[:, words][:, :, [0, 2, 1, 3]], atol=1e-15)


def test_curves_are_where_pure_equilibria_change():
    rng = np.random.default_rng(5)
    p = {
        name: float(q.low) + float(q.high - q.low) * rng.random(2000)
        for name, q in MODEL.parameters.items()
    }
    for name, curve in MODEL.curves.items():
        low, high = (float(getattr(MODEL.parameters[curve.parameter], e)) for e in ("low", "high"))
        at = MODEL.critical(name, **p)
        inside = (at > low + 1e-5) & (at < high - 1e-5)
        assert inside.sum() > 50
        values = {k: v[inside] for k, v in p.items()}
        sides = [
            pure(MODEL(**(values | {curve.parameter: at[inside] + e})).payoffs)
            for e in (-1e-7, 1e-7)
        ]
        assert (sides[0] != sides[1]).any(axis=(1, 2)).mean() > 0.99, name


def test_a_stake_in_both_sides_is_believed_by_both():
    """Trust needs a positive weight of each party; a mediator may have both."""
    assert credible(bias=0.5)
    assert not credible(bias=0.0)
    assert not credible(bias=-0.5)
    assert float(critical_prior(war_risk=0.45, war_cost=2.0)) == 0
