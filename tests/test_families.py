"""The catalogue, and the curves and functions of its families."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from hedging.errors import ParameterError, UnknownNameError
from hedging.families import catalogue, hedging_bimatrix
from hedging.families.alliance_dilemma import regime
from hedging.families.sphere_division import critical_deltas
from hedging.model import Model
from hedging.program.rationals import Irrational

DRAWS = 800
IRRATIONAL = {"alignment_ladder"}  # powers that no fraction holds
NEAR = 1e-9  # draws within this of a threshold are ties of rounding and say nothing


def draw(model, n=DRAWS, seed=0, **fixed):
    rng = np.random.default_rng(seed)
    values = {
        name: rng.uniform(float(p.low), float(p.high), n) for name, p in model.parameters.items()
    }
    return values | {k: np.full(n, v) for k, v in fixed.items()}


def pure(payoffs):
    """Pure equilibria by comparing every payoff with the best reply; shape (N, m_1, ...)."""
    found = np.ones((payoffs.shape[0], *payoffs.shape[2:]), dtype=bool)
    for player in range(payoffs.shape[1]):
        u = payoffs[:, player]
        found &= u >= u.max(axis=1 + player, keepdims=True)
    return found


def all_of(name, seed=0, **fixed):
    model = catalogue[name]
    p = draw(model, seed=seed, **fixed)
    return model, p, model(**p).payoffs


# ---- the catalogue -------------------------------------------------------------------------


def test_catalogue_is_a_mapping_of_models():
    names = ["triadic_hedging", "hedging_bimatrix", "alliance_dilemma", "sphere_division"]
    assert list(catalogue)[:4] == names
    assert len(catalogue) == len(set(catalogue)) == 27
    for name, model in catalogue.items():
        assert isinstance(model, Model)
        assert model.name == name
        assert catalogue[name] is model
        assert all(p.meaning for p in model.parameters.values())
        assert model.source
        assert all(p.source for p in model.parameters.values()), name
        assert model.title in catalogue._repr_html_()
    assert "triadic_hedging" in catalogue
    assert "nothing" not in catalogue
    assert "sphere_division" in repr(catalogue)


def test_unknown_models_are_named_with_the_closest():
    with pytest.raises(UnknownNameError, match="'sphere_division'"):
        catalogue["sphere_devision"]
    with pytest.raises(UnknownNameError, match="use one of triadic_hedging"):
        catalogue["qqqqq"]
    assert catalogue.get("qqqqq") is None


@pytest.mark.parametrize("name", list(catalogue))
def test_models_survive_files_and_exact_evaluation(name):
    model = catalogue[name]
    assert Model.from_toml(model.to_toml()) == model
    p = draw(model, n=3)
    payoffs, errors = model.evaluate(p)
    if name in IRRATIONAL:
        with pytest.raises(Irrational):
            model.evaluate_exact({})
    for k in range(0 if name in IRRATIONAL else 3):
        exact = model.evaluate_exact({key: float(v[k]) for key, v in p.items()})
        for position, truth in np.ndenumerate(exact):
            assert abs(truth - Fraction(float(payoffs[k][position]))) <= Fraction(
                float(errors[k, position[0]])
            )
    assert (errors < 1e-14).all()


# ---- triadic hedging -----------------------------------------------------------------------


def triad(p):
    """The abbreviations of the family's docstring, on arrays."""
    s = (1 - p["immunity"]) * (1 - p["mediation"]) * (1 - p["offset"])
    rivalry = p["rivalry"]
    x, w = p["value_a"] - p["autonomy_cost"], p["value_b"] - p["autonomy_cost"]
    y = p["retention"] * (p["value_a"] + p["value_b"]) - p["hedging_cost"]
    e = {}
    for t in "ab":
        d = s * rivalry * p[f"concession_{t}"]
        cost = p[f"pressure_cost_{t}"]
        e[t, 0] = d - cost - rivalry * p[f"drift_loss_{t}"]
        e[t, 1] = p["congestion"] * d - cost - rivalry * p[f"windfall_{t}"]
    k = {t: rivalry * p[f"coercion_{t}"] for t in "ab"}
    rho = {t: p[f"captive_loss_{t}"] for t in "ab"}
    captive = {t: p[f"capture_share_{t}"] * rho[t] - p[f"pressure_cost_{t}"] for t in "ab"}
    spoil = {t: rivalry * p[f"spoiling_{t}"] - p[f"pressure_cost_{t}"] for t in "ab"}
    return s, x, w, y, e, k, rho, captive, spoil


def test_critical_values_at_the_defaults():
    model = catalogue["triadic_hedging"]
    assert model.critical("mu_star") == pytest.approx(0.20, abs=1e-12)
    assert model.critical("R_star") == pytest.approx(1.60, abs=1e-12)
    # Russia (A) presses first; the exact numbers, from the formula in rationals.
    at = {s: sympy.Rational(str(p.default)) for s, p in model.parameters.items()}
    assert model.curves["R_star"].value.subs(at) == sympy.Rational(8, 5)
    assert model.curves["mu_star"].value.subs(at) == sympy.Rational(1, 5)
    assert model.curves["mu_cap_a"].value.subs(at) == sympy.Rational(107, 400)
    # Fear of drift: no rivalry breaks the quiet hedge.
    assert np.isnan(model.critical("R_star", drift_loss_a=0.2, drift_loss_b=0.2, immunity=0.5))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("curve", ["mu_star", "R_star"])
@pytest.mark.parametrize("name", ["triadic_hedging", "hedging_bimatrix"])
def test_quiet_hedge_is_an_equilibrium_up_to_the_curve(name, curve, seed):
    model, p, payoffs = all_of(name, seed)
    critical = model.critical(curve, **p)
    quiet = pure(payoffs)[(slice(None), 1) + (0,) * (len(model.shape) - 1)]
    _, x, w, y, *_ = triad(p | {k: np.zeros(DRAWS) for k in _triad_names() - set(p)})
    own = p[model.curves[curve].parameter]
    side = own >= critical if curve == "mu_star" else own <= critical
    exists = np.isfinite(critical)
    clear = exists & (np.abs(own - critical) > NEAR)
    np.testing.assert_array_equal(quiet[clear], side[clear])
    # Where M prefers hedging but there is no finite threshold, no pressure ever pays.
    prefers = y >= np.maximum(x, w)
    assert not quiet[~prefers].any()
    assert quiet[prefers & ~exists].all()
    assert (clear & quiet).any()
    assert (clear & ~quiet).any()


def _triad_names():
    return set(catalogue["triadic_hedging"].parameters)


@pytest.mark.parametrize("side", ["a", "b"])
def test_capitulation_curves_bound_the_lone_pressure_region(side):
    model = catalogue["triadic_hedging"]
    p = draw(model, 20_000, seed=9)
    critical = model.critical(f"mu_cap_{side}", **p)
    profile = (1, 1, 0) if side == "a" else (1, 0, 1)
    inside = (critical > 1e-3) & (critical < 1 - 1e-3)
    p = {k: v[inside] for k, v in p.items()}
    critical = critical[inside]
    assert len(critical) > 30
    above = pure(model(**(p | {"immunity": critical + 1e-7})).payoffs)[(slice(None), *profile)]
    below = pure(model(**(p | {"immunity": critical - 1e-7})).payoffs)[(slice(None), *profile)]
    assert not below.any()
    # A draw may sit within 1e-7 of another condition's own threshold; hardly any does.
    assert above.mean() > 0.99


# ---- hedging bimatrix ----------------------------------------------------------------------


def test_closed_form_checks_its_values():
    with pytest.raises(ParameterError, match="immunity"):
        hedging_bimatrix.equilibria(immunity=2)


# ---- alliance dilemma ----------------------------------------------------------------------


def test_regimes_are_of_one_ally():
    with pytest.raises(UnknownNameError, match="'client'"):
        regime("nobody")


@pytest.mark.parametrize("name", ["alliance_dilemma", "sphere_division"])
def test_curves_are_where_the_pure_equilibria_change(name):
    model = catalogue[name]
    p = draw(model, seed=3)
    for label, curve in model.curves.items():
        low, high = (float(getattr(model.parameters[curve.parameter], e)) for e in ("low", "high"))
        critical = model.critical(label, **p)
        inside = (critical > low + 1e-6) & (critical < high - 1e-6)
        assert inside.sum() > 20
        at = {k: v[inside] for k, v in p.items()}
        sides = [
            pure(model(**(at | {curve.parameter: critical[inside] + e})).payoffs)
            for e in (-1e-7, 1e-7)
        ]
        assert (sides[0] != sides[1]).any(axis=(1, 2)).mean() > 0.99
        # And where the condition fails, nothing changes at the formula's value.
        held = np.isfinite(critical)
        free = sympy.lambdify([sympy.Symbol(k) for k in p], curve.value, "numpy")(*p.values())
        idle = ~held & (free > low + 1e-6) & (free < high - 1e-6)
        at = {k: v[idle] for k, v in p.items()}
        sides = [
            pure(model(**(at | {curve.parameter: free[idle] + e})).payoffs) for e in (-1e-7, 1e-7)
        ]
        assert (sides[0] != sides[1]).any(axis=(1, 2)).mean() < 0.01 if idle.any() else True


# ---- sphere division -----------------------------------------------------------------------


def gains(p):
    a = p["capture_share_a"] * p["economic_rent"] - p["entry_cost_a"]
    b = p["capture_share_b"] * p["security_rent"] - p["entry_cost_b"]
    return a, b, p["friction"]


def test_erosion_path():
    """As B's share of security grows, B needs patience to abstain, and A less of it."""
    delta_a, delta_b = critical_deltas(capture_share_b=[0.015, 0.05, 0.10, 0.144, 0.18])
    assert np.round(delta_b, 2).tolist() == [0, 0, 0, 0.17, 0.31]
    np.testing.assert_allclose(delta_a, [5 / 7.5, 5 / 11, 5 / 16, 5 / 20.4, 5 / 24], rtol=1e-13)
    np.testing.assert_allclose(delta_b[3:], [44 / 260, 80 / 260], rtol=1e-13)


def test_critical_deltas_compare_the_streams_of_stage_payoffs():
    _, p, payoffs = all_of("sphere_division", 2)
    a, b, f = gains(p)
    dilemma = (a >= f) & (b >= f)
    both = {
        0: (payoffs[:, 0, 0, 0], payoffs[:, 0, 1, 0], payoffs[:, 0, 1, 1]),
        1: (payoffs[:, 1, 0, 0], payoffs[:, 1, 0, 1], payoffs[:, 1, 1, 1]),
    }
    tested = 0
    for player, critical in enumerate(critical_deltas(**p)):
        respect, entry, clash = both[player]
        for factor in (0.98, 1.02):
            delta = critical * factor
            use = dilemma & (critical > 0) & (delta < 1)
            lasting = respect[use] / (1 - delta[use])
            deviating = entry[use] + delta[use] / (1 - delta[use]) * clash[use]
            np.testing.assert_array_equal(lasting >= deviating, np.full(use.sum(), factor > 1))
            tested += use.sum()
        assert (critical[(a, b)[player] <= 0] == 0).all()
    assert tested > 100
    # Symbolically, for A: gain over what is lost for ever after.
    u = catalogue["sphere_division"].payoffs["A"]
    names = "capture_share_a economic_rent entry_cost_a capture_share_b security_rent friction"
    x, e, c, y, s, f = sympy.symbols(names)
    formula = (u[1, 0] - u[0, 0]) / (u[1, 0] - u[1, 1])
    assert sympy.simplify(formula - (x * e - c) / (y * s + f)) == 0


def test_no_punishment_no_threshold():
    delta_a, _ = critical_deltas(capture_share_b=0, friction=0)
    assert np.isnan(delta_a)
