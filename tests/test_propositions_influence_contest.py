"""Propositions about the influence contest: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

import hedging as hg
from hedging.errors import HedgingTypeError, ParameterError
from hedging.families.influence_contest import (
    CONTEST,
    MODEL,
    InfluenceContest,
    decisive_outlays,
    hillman_riley,
    outlays,
    regime,
)
from hedging.model import Model
from hedging.propositions.influence_contest import PROPOSITIONS


class _NoMass(InfluenceContest):
    """M's neutrality takes no part in the lottery, and the loser of an auction pays half."""

    __slots__ = ()

    def payoffs(self, x, y, decisiveness=1.0, **values):
        return super().payoffs(x, y, decisiveness * 0.9, **(values | {"neutrality": 0.0}))

    @staticmethod
    def _total(first, second, mass):
        return first + second

    def all_pay(self, steps, **values):
        game = super().all_pay(steps, **values)
        return hg.Game(game.payoffs * 0.9, batch_dims=game.batch_dims)


def _tables():
    return {who: np.reshape(u.tolist(), MODEL.shape) for who, u in MODEL.payoffs.items()}


def _free():
    """Outlays of B cost B nothing."""
    table = _tables()["B"]
    step = sympy.Symbol("outlay_step")
    return Model(
        "influence_contest",
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=_tables() | {"B": table + step * np.arange(4)},
    )


MUTATION = {"neutrality does not count": _NoMass, "B courts at no cost": _free}

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
    alike = [p for p in PROPOSITIONS if isinstance(p.subject, Model) == isinstance(subject, Model)]
    failing = {p.name for p in alike if p.check(3, subject=subject).failures}
    assert failing == {p.name for p in alike}


def test_defaults():
    """By hand: T = (1 + sqrt(1 + 0.2 w))/(2 w) with w = 1/0.757 + 1/0.243."""
    w = 1 / 0.757 + 1 / 0.243
    total = (1 + np.sqrt(1 + 0.2 * w)) / (2 * w)
    np.testing.assert_allclose(
        outlays(), [total**2 / 0.243 - 0.05, total**2 / 0.757 - 0.05], rtol=1e-13
    )
    assert regime().tolist() == "both"
    assert hg.nash(MODEL()).support.values.tolist() == ["outlay_3|outlay_0"]


def test_the_payoffs_in_symbols_are_the_payoffs():
    x, y = sympy.symbols("x y")
    values = {"value_a": 0.9, "value_b": 0.4, "neutrality": 0.1, "x": 0.2, "y": 0.05}
    both = [float(u.subs(values)) for u in CONTEST.formulas(x, y)]
    at = {name: values[name] for name in ("value_a", "value_b", "neutrality")}
    np.testing.assert_allclose(both, CONTEST.payoffs(0.2, 0.05, **at), rtol=1e-14)


def test_exchanging_the_powers_exchanges_outlays():
    rng = np.random.default_rng(4)
    a, b, h = 0.1 + 2.9 * rng.random((3, 200))
    one, other = (
        outlays(value_a=a, value_b=b, neutrality=h),
        outlays(value_a=b, value_b=a, neutrality=h),
    )
    np.testing.assert_array_equal(one[0], other[1])
    np.testing.assert_array_equal(one[1], other[0])


def test_the_unit_does_not_matter():
    """Values, neutrality and outlays have one unit, and so have payoffs."""
    values = {"value_a": 0.757, "value_b": 0.243, "neutrality": 0.05}
    tiny = {name: v * 1e-10 for name, v in values.items()}
    x, y = outlays(**values)
    np.testing.assert_allclose(outlays(**tiny), [x * 1e-10, y * 1e-10], rtol=1e-12)
    np.testing.assert_allclose(
        CONTEST.payoffs(x * 1e-10, y * 1e-10, **tiny),
        np.multiply(CONTEST.payoffs(x, y, **values), 1e-10),
        rtol=1e-12,
    )


def test_where_regimes_meet_outlays_are_continuous():
    v_a, v_b = 1.5, 0.6
    for h in (v_b**2 / v_a, v_a):
        near = [outlays(value_a=v_a, value_b=v_b, neutrality=h + e) for e in (-1e-12, 1e-12)]
        np.testing.assert_allclose(near[0], near[1], atol=1e-11)
    assert regime(value_a=v_a, value_b=v_b, neutrality=[0.23, 0.24, 1.5]).tolist() == [
        "both",
        "only_a",
        "nobody",
    ]
    assert regime(value_a=v_b, value_b=v_a, neutrality=0.24).tolist() == "only_b"


def test_on_finer_grids_the_closed_form_is_closer_to_an_equilibrium():
    """Rounding both outlays to the grid costs a regret of the order of the step squared."""
    x, y = outlays()
    for levels in (11, 41, 161):
        u = CONTEST.discretised(levels).payoffs
        step = 0.757 / 4 / (levels - 1)
        i, j = round(float(x) / step), round(float(y) / step)
        regret = max(u[0, :, j].max() - u[0, i, j], u[1, i].max() - u[1, i, j])
        assert regret <= step**2 / 0.2


def test_the_catalogue_model_is_the_contest_on_a_grid():
    game = CONTEST.discretised(4, highest=0.15)
    np.testing.assert_allclose(MODEL().payoffs, game.payoffs, atol=1e-15)
    batch = CONTEST.discretised(4, highest=[0.15, 0.3], neutrality=[0.05, 0.0])
    assert batch.batch_shape == (2,)
    np.testing.assert_array_equal(batch.payoffs[0], game.payoffs)
    assert batch.payoffs[1, :, 0, 0].tolist() == [0, 0]


def test_all_pay_auction_is_solved():
    """On few steps the solver's equilibrium has Hillman and Riley's outlay within a step."""
    game = CONTEST.all_pay(6, value_a=1.0, value_b=0.6)
    found = hg.nash(game)
    p = found["probability"].values
    total = (p[:, :7] + p[:, 7:]) @ (np.arange(7) / 6) * 0.6
    assert np.abs(total - 0.6 * (1 + 0.6) / 2).max() < 0.1
    mix = hillman_riley(6, value_a=[1.0, 0.6], value_b=[0.6, 1.0])
    np.testing.assert_array_equal(mix[0][0], mix[1][1])
    np.testing.assert_allclose(mix[0].sum(axis=-1), 1, atol=1e-15)


def test_refusals():
    with pytest.raises(ParameterError, match="from 2 to 2000"):
        CONTEST.discretised(1)
    with pytest.raises(HedgingTypeError, match="whole number"):
        CONTEST.all_pay(2.5)
    with pytest.raises(ParameterError, match=r"in \(0, 1\]"):
        decisive_outlays(1.5)
    with pytest.raises(HedgingTypeError, match="give a model"):
        hg.sweep(CONTEST, hg.grid(neutrality=[0.1]))
