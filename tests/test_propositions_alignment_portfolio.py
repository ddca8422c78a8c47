"""Propositions about the alignment portfolio: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

import hedging as hg
from hedging.families.alignment_portfolio import (
    MODEL,
    PORTFOLIO,
    AlignmentPortfolio,
    risk_aversion_band,
)
from hedging.propositions.alignment_portfolio import PROPOSITIONS


class _Opposite(AlignmentPortfolio):
    """The sign of the correlation."""

    __slots__ = ()

    def _worth(self, share, p):
        return super()._worth(share, {**p, "correlation": -p["correlation"]})


def _independent():
    """Correlation left out of the variance."""
    return hg.Model(
        "alignment_portfolio",
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs={
            "M": [
                e.subs({s: 0 for s in e.free_symbols if s.name == "correlation"})
                for e in MODEL.payoffs["M"]
            ]
        },
    )


MUTATION = {"the correlation has the other sign": _Opposite, "no correlation": _independent}

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
    grid = isinstance(subject, hg.Model)
    about = [p for p in PROPOSITIONS if isinstance(p.subject, hg.Model) == grid]
    failing = [p.name for p in about if not p.check(3, subject=subject).holds]
    assert failing == [p.name for p in about]


def test_defaults():
    """By hand: (0.1 + 0.09 + 0.03) / (0.25 + 0.09 + 0.06)."""
    np.testing.assert_allclose(PORTFOLIO(), 0.22 / 0.4, rtol=1e-14)
    found = hg.nash(MODEL())
    assert found.support.values.tolist() == ["even"]
    np.testing.assert_allclose(found.payoff, [[PORTFOLIO.utility(0.5)]], rtol=1e-14)


def test_the_utility_in_symbols_is_the_utility():
    s = sympy.Symbol("s")
    values = dict.fromkeys(PORTFOLIO.parameters, 0.3) | {"risk_aversion": 3.0}
    at = {sympy.Symbol(name): value for name, value in values.items()} | {s: 0.7}
    assert float(PORTFOLIO.formula(s).subs(at)) == pytest.approx(
        float(PORTFOLIO.utility(0.7, **values)), rel=1e-14
    )
    assert MODEL.payoffs["M"][1] == PORTFOLIO.formula(sympy.Rational(1, 4))


def test_equal_partners_are_held_equally():
    values = {"mean_return_a": 0.5, "mean_return_b": 0.5, "risk_a": 0.4, "risk_b": 0.4}
    assert (PORTFOLIO(**values, correlation=np.linspace(-0.9, 0.9, 7)) == 0.5).all()
    low, high = risk_aversion_band(**values)
    assert (float(low), float(high)) == (0, np.inf)


def test_a_dominated_partner_is_left():
    """Riskier, highly correlated and no better: no risk aversion makes M rely on it."""
    low, high = risk_aversion_band(
        mean_return_a=0.4, mean_return_b=0.4, risk_a=0.9, risk_b=0.3, correlation=0.9
    )
    assert not low < high
    assert float(PORTFOLIO(mean_return_a=0.4, risk_a=0.9, correlation=0.9)) == 0


def test_curves_are_where_the_level_changes():
    rng = np.random.default_rng(5)
    p = {
        name: float(q.low) + float(q.high - q.low) * rng.random(1000)
        for name, q in MODEL.parameters.items()
    }
    for k, (name, curve) in enumerate(MODEL.curves.items()):
        at = MODEL.critical(name, **p)
        inside = (at > 1e-5) & (at < 1 - 1e-5)
        assert inside.sum() > 50
        values = {n: v[inside] for n, v in p.items()}
        for e, level in ((-1e-7, k), (1e-7, k + 1)):
            payoffs = MODEL(**(values | {curve.parameter: at[inside] + e})).payoffs[:, 0]
            assert (payoffs.argmax(axis=1) == level).all()
