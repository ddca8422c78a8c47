"""Propositions about the red line: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

import hedging as hg
from hedging.errors import UnknownNameError
from hedging.families.red_line_veto import MODEL, crossing, equilibria
from hedging.model import Model
from hedging.propositions.red_line_veto import PROPOSITIONS


def _tables():
    return {who: np.reshape(u.tolist(), MODEL.shape) for who, u in MODEL.payoffs.items()}


def _always_harmed():
    """A is harmed by a crossing even if somebody punishes it."""
    table = _tables()["A"]
    table[1, 1, :] -= sympy.Symbol("harm_a")
    return Model(
        "red_line_veto",
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=_tables() | {"A": table},
    )


MUTATION = {"punishment does not undo the harm": _always_harmed}

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
    found = {p.name: p.check(3, subject=subject) for p in PROPOSITIONS}
    failing = {name for name, one in found.items() if one.failures}
    assert {"pure_equilibria", "all_equilibria", "equal_guardians"} <= failing
    # The proofs are about the payoffs, so they fail too.
    for name in ("equal_guardians", "two_guardians_deter_less", "two_guardians_are_not_alone"):
        assert found[name].proved is False
        assert found[name].proves == ""


# Equilibria at the defaults, from an independent implementation of the same formulas.
GOLDEN = [
    [0.955556, 0.044444, 0.5, 0.5, 1.0, 0.0],
    [0.942857, 0.057143, 1.0, 0.0, 0.5, 0.5],
    [0.915718, 0.084282, 0.774597, 0.225403, 0.645497, 0.354503],
]


def test_defaults():
    found = hg.nash(MODEL())
    assert int(found.status) == hg.Status.OK
    np.testing.assert_allclose(found.probability, GOLDEN, atol=1e-6)
    kinds = equilibria()
    assert [k for k, v in kinds.items() if v.exists] == ["guardian_a", "guardian_b",
                                                         "two_guardians"]  # fmt: skip
    both = kinds["two_guardians"]
    np.testing.assert_allclose(
        [both.cross, both.punish_a, both.punish_b], [0.084282, 0.225403, 0.354503], atol=1e-6
    )


def test_how_often_both_guard():
    """Both mix in about a tenth of even draws, one alone in every such and in many others."""
    rng = np.random.default_rng(8)
    p = {
        name: float(q.low) + float(q.high - q.low) * rng.random(20_000)
        for name, q in MODEL.parameters.items()
    }
    kinds = equilibria(**p)
    both = kinds["two_guardians"].exists
    one = kinds["guardian_a"].exists, kinds["guardian_b"].exists
    assert both.mean() == pytest.approx(0.106, abs=0.01)
    assert (one[0] & one[1])[both].all()
    assert ((one[0] | one[1]) & ~both).mean() == pytest.approx(0.42, abs=0.02)
    for alone in ("guardian_a", "guardian_b"):
        assert (kinds[alone].cross < kinds["two_guardians"].cross)[both].all()


def test_exchanging_the_guardians_exchanges_their_roles():
    rng = np.random.default_rng(3)
    p = {
        name: float(q.low) + float(q.high - q.low) * rng.random(300)
        for name, q in MODEL.parameters.items()
    }
    swapped = {
        name[:-1] + {"a": "b", "b": "a"}[name[-1]] if name[-2:] in ("_a", "_b") else name: v
        for name, v in p.items()
    }
    one, other = equilibria(**p), equilibria(**swapped)
    for kind, mirror in (("guardian_a", "guardian_b"), ("two_guardians", "two_guardians")):
        np.testing.assert_array_equal(one[kind].exists, other[mirror].exists)
        np.testing.assert_allclose(one[kind].punish_a, other[mirror].punish_b, rtol=1e-9)


def test_curves_are_where_equilibria_change():
    rng = np.random.default_rng(5)
    p = {
        name: float(q.low) + float(q.high - q.low) * rng.random(1500)
        for name, q in MODEL.parameters.items()
    }
    for name, curve in MODEL.curves.items():
        high = float(MODEL.parameters[curve.parameter].high)
        at = MODEL.critical(name, **p)
        inside = (at > 0.06) & (at < high - 0.01)
        assert inside.sum() > 50
        values = {k: v[inside] for k, v in p.items()}
        batch = {
            k: np.concatenate([v, v]) for k, v in values.items()
        } | {curve.parameter: np.concatenate([at[inside] - 1e-6, at[inside] + 1e-6])}  # fmt: skip
        regions = hg.nash(MODEL(**batch), report=("region",))["region"].values
        low, top = np.split(regions, 2)
        assert (low != top).mean() > 0.99, name


def test_crossing_names_its_guardians():
    assert np.isnan(crossing("both", crossing_gain=0.59))
    assert crossing("a", harm_a=[0.1, 0.6]).shape == (2,)
    with pytest.raises(UnknownNameError, match="'both', 'a' or 'b'"):
        crossing("c")
