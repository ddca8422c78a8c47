"""Propositions about common agency: they hold, and a wrong worth is noticed."""

import numpy as np
import pytest

import hedging as hg
from hedging.errors import ParameterError, UnknownNameError
from hedging.families.common_agency import AGENCY, MODEL, CommonAgency
from hedging.propositions.common_agency import PROPOSITIONS


class _NoLoss(CommonAgency):
    """Losing M to the rival counted as a gain."""

    __slots__ = ()

    def worths(self, **values):
        own, of_a, of_b = super().worths(**values)
        return own, of_a * [1, 1, -1], of_b * [-1, 1, 1]


def _loses_what_it_keeps():
    payoffs = {who: np.reshape(table.tolist(), MODEL.shape) for who, table in
               MODEL.payoffs.items()}  # fmt: skip
    return hg.Model(
        "common_agency",
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs | {"A": -payoffs["A"]},
    )


MUTATION = {"exclusion is a gain": _NoLoss}
GRID_MUTATION = {"what A keeps is its loss": _loses_what_it_keeps}

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
def test_a_wrong_worth_is_noticed(error):
    subject = MUTATION[error]()
    failing = {p.name for p in PROPOSITIONS[:3] if not p.check(3, subject=subject).holds}
    assert failing == {"truthful_equilibrium", "open_division", "hedging_is_implemented"}


@pytest.mark.parametrize("error", GRID_MUTATION)
def test_a_wrong_payoff_is_noticed(error):
    assert not PROPOSITIONS[3].check(3, subject=GRID_MUTATION[error]()).holds


def test_defaults():
    """W = .85 + .3 + .3, W_a = .707 + .5, W_b = .85 + .3, W_0 = .85, by hand."""
    found = AGENCY()
    assert found.action.tolist() == "hedge"
    np.testing.assert_allclose(
        [found.rent, found.kept_a, found.kept_b], [0.907, 0.3, 0.243], atol=1e-15
    )
    assert bool(found.settled)
    np.testing.assert_allclose(AGENCY.menus()[0], [0.2, 0, 0], atol=1e-15)
    np.testing.assert_allclose(AGENCY.menus()[1], [0, 0.057, 0.257], atol=1e-15)
    assert hg.nash(MODEL()).support.values.tolist() == ["ask_2|ask_2"]


def test_usefulness_decides():
    """The worth of hedging to the powers counts here, although nobody can be made to pay alone."""
    b = np.linspace(0, 0.4, 9)
    found = AGENCY(worth_hedge=0.4, usefulness_a=b, usefulness_b=b)
    np.testing.assert_array_equal(found.action == "hedge", 0.4 + 2 * b >= 0.707 + 0.5 - 0.3)


def test_a_constant_in_what_a_power_has_changes_nothing():
    """Menus depend on differences only: in W, W_a and W_b the constant cancels."""

    class Richer(CommonAgency):
        __slots__ = ()

        def worths(self, **values):
            own, of_a, of_b = super().worths(**values)
            return own, of_a + 0.7, of_b - 0.3

    one, other = AGENCY(), Richer()()
    np.testing.assert_allclose(one.rent, other.rent, atol=1e-15)
    np.testing.assert_allclose(AGENCY.menus(), Richer().menus(), atol=1e-15)
    np.testing.assert_allclose(other.kept_a - one.kept_a, 0.7, atol=1e-15)


def test_batches_and_refusals():
    whole = AGENCY(worth_hedge=[[0.0], [0.9]], usefulness_a=[0.0, 0.2, 0.4])
    assert all(part.shape == (2, 3) for part in vars(whole).values())
    assert whole.rent[1, 2] == AGENCY(worth_hedge=0.9, usefulness_a=0.4).rent
    assert AGENCY.menus(worth_hedge=[0.0, 0.9])[0].shape == (2, 3)
    with pytest.raises(ParameterError, match=r"in \[0, 1\]"):
        AGENCY.menus(2)
    with pytest.raises(UnknownNameError, match="'worth_hedge'"):
        AGENCY(worth_hege=1)
    with pytest.raises(ParameterError, match="outside its range"):
        AGENCY(worth_hedge=7)
    with pytest.raises(ParameterError, match="do not broadcast"):
        AGENCY(worth_hedge=[0, 0.1], usefulness_a=[0, 0.1, 0.2])
    assert "worth_hedge" in AGENCY._repr_html_()
    assert repr(AGENCY) == "<CommonAgency: 9 parameters>"
