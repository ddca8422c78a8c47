"""The propositions of the catalogue, against brute force and as symbolic identities."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy

from hedging.errors import ParameterError, UnknownNameError
from hedging.families import catalogue, hedging_bimatrix
from hedging.families.alliance_dilemma import regime
from hedging.families.sphere_division import critical_deltas
from hedging.model import Model

DRAWS = 800
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


def expected(payoffs, mixes):
    """Expected payoff of every action of every player against the others' mixes."""
    n = len(mixes)
    values = []
    for player in range(n):
        u = payoffs[player]
        for other in reversed(range(n)):
            if other != player:
                u = np.tensordot(u, mixes[other], axes=(other, 0))
        values.append(u)
    return values


def regret(payoffs, mixes):
    return max(v.max() - v @ x for v, x in zip(expected(payoffs, mixes), mixes, strict=True))


def all_of(name, seed=0, **fixed):
    model = catalogue[name]
    p = draw(model, seed=seed, **fixed)
    return model, p, model(**p).payoffs


# ---- the catalogue -------------------------------------------------------------------------


def test_catalogue_is_a_mapping_of_models():
    names = ["triadic_hedging", "hedging_bimatrix", "alliance_dilemma", "sphere_division"]
    names.append("patient_hedging")
    assert list(catalogue) == names
    assert len(catalogue) == 5
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
    for k in range(3):
        exact = model.evaluate_exact({key: float(v[k]) for key, v in p.items()})
        for position, truth in np.ndenumerate(exact):
            assert abs(truth - Fraction(float(payoffs[k][position]))) <= Fraction(
                float(errors[k, position[0]])
            )
    assert (errors < 1e-14).all()


# Payoffs at the default parameters, from an independent implementation of the same formulas.
GOLDEN = {
    "hedging_bimatrix": [
        [[0.707, 0.557], [0.85, 0.59], [0.193, -0.207]],
        [[0.5, 0.455], [0.3, 0.255], [-0.3, -0.32]],
    ],
    "alliance_dilemma": [[[0.8, 0.55], [0.7, 0.5]], [[0.73, 0.56], [0.49, 0.4]]],
    "sphere_division": [[[1.0, 0.82], [1.05, 0.81]], [[1.0, 1.08], [0.8, 0.82]]],
}


@pytest.mark.parametrize("name", list(GOLDEN))
def test_default_payoffs(name):
    np.testing.assert_allclose(catalogue[name]().payoffs, GOLDEN[name], rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "profiles"),
    [
        ("triadic_hedging", [(1, 0, 0)]),
        ("hedging_bimatrix", [(1, 0)]),
        ("alliance_dilemma", [(0, 0)]),
        ("sphere_division", [(0, 1)]),
    ],
)
def test_default_pure_equilibria(name, profiles):
    found = pure(catalogue[name]().payoffs[None])[0]
    assert [tuple(map(int, p)) for p in np.argwhere(found)] == profiles


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


def matches(gain, acts):
    return gain >= 0 if acts else gain <= 0


@pytest.mark.parametrize("seed", range(3))
def test_pure_equilibria_of_the_triad(seed):
    _, p, payoffs = all_of("triadic_hedging", seed)
    s, x, w, y, e, k, rho, captive, spoil = triad(p)
    mu = 1 - s
    claim = np.zeros((DRAWS, 3, 2, 2), dtype=bool)
    for i, j in product((0, 1), (0, 1)):
        stays_a = i * (s * k["a"] - rho["a"]) - j * mu * k["b"]
        stays_b = j * (s * k["b"] - rho["b"]) - i * mu * k["a"]
        u_a = x - i * rho["a"] - j * k["b"]
        u_b = w - j * rho["b"] - i * k["a"]
        claim[:, 1, i, j] = (y - x >= stays_a) & (y - w >= stays_b)
        claim[:, 1, i, j] &= matches(e["a", j], i) & matches(e["b", i], j)
        claim[:, 0, i, j] = (y - x <= stays_a) & (u_a >= u_b)
        claim[:, 0, i, j] &= matches(captive["a"], i) & matches(spoil["b"], j)
        claim[:, 2, i, j] = (y - w <= stays_b) & (u_b >= u_a)
        claim[:, 2, i, j] &= matches(captive["b"], j) & matches(spoil["a"], i)
    found = pure(payoffs)
    np.testing.assert_array_equal(claim, found)
    assert (found[:, 0].sum(axis=(1, 2)) <= 1).all()
    assert (found[:, 2].sum(axis=(1, 2)) <= 1).all()
    assert (found[:, 1].sum(axis=(1, 2)) <= 2).all()
    assert found.any(axis=0).all()  # every profile is an equilibrium somewhere: nothing is vacuous


def test_critical_values_at_the_defaults():
    model = catalogue["triadic_hedging"]
    assert model.critical("mu_star") == pytest.approx(0.20, abs=1e-12)
    assert model.critical("R_star") == pytest.approx(1.60, abs=1e-12)
    # Russia (A) presses first; the exact numbers, from the formula in rationals.
    at = {s: sympy.Rational(str(p.default)) for s, p in model.parameters.items()}
    assert model.curves["R_star"].value.subs(at) == sympy.Rational(8, 5)
    assert model.curves["mu_star"].value.subs(at) == sympy.Rational(1, 5)


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


def test_fear_of_drift_makes_hedging_survive_any_rivalry():
    model = catalogue["triadic_hedging"]
    safe = {"drift_loss_a": 0.2, "drift_loss_b": 0.2, "immunity": 0.5}
    assert np.isnan(model.critical("R_star", **safe))
    payoffs = model(rivalry=np.linspace(0, 5, 51), **safe).payoffs
    assert pure(payoffs)[:, 1, 0, 0].all()


@pytest.mark.parametrize("side", ["a", "b"])
def test_capitulation_threshold(side):
    """Below mu_cap a hedger under lone pressure prefers the presser's camp."""
    model, p, _ = all_of("triadic_hedging", 5, mediation=0.0, offset=0.0)
    _, x, w, y, _, k, rho, *_ = triad(p)
    free = x if side == "a" else w
    mu_cap = 1 - (y - free + rho[side]) / k[side]
    u = model(**p).payoffs[:, 0]
    pressed = u[:, :, 1, 0] if side == "a" else u[:, :, 0, 1]
    stays = pressed[:, 1] >= pressed[:, 0 if side == "a" else 2]
    clear = np.abs(p["immunity"] - mu_cap) > NEAR
    np.testing.assert_array_equal(stays[clear], (p["immunity"] >= mu_cap)[clear])
    if side == "a":
        symbols = {q: sympy.Rational(str(v.default)) for q, v in model.parameters.items()}
        value = model.curves["mu_cap_a"].value.subs(symbols)
        assert value == 1 - sympy.Rational(293, 400)  # 0.2675


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


def test_mixed_pressure_on_a_hedger():
    model = catalogue["triadic_hedging"]
    p = draw(model, 3000, seed=1)
    payoffs = model(**p).payoffs
    s, x, w, y, e, k, rho, *_ = triad(p)
    with np.errstate(divide="ignore", invalid="ignore"):
        q_b = e["a", 0] / (e["a", 0] - e["a", 1])
        q_a = e["b", 0] / (e["b", 0] - e["b", 1])
    inner = (q_a > NEAR) & (q_a < 1 - NEAR) & (q_b > NEAR) & (q_b < 1 - NEAR)
    best = (y - x >= q_a * (s * k["a"] - rho["a"]) - q_b * (1 - s) * k["b"]) & (
        y - w >= q_b * (s * k["b"] - rho["b"]) - q_a * (1 - s) * k["a"]
    )
    hedge = np.array([0.0, 1.0, 0.0])
    for t in np.flatnonzero(inner):
        mixes = [hedge, np.array([1 - q_a[t], q_a[t]]), np.array([1 - q_b[t], q_b[t]])]
        assert (regret(payoffs[t], mixes) < 1e-9) == best[t]
    assert (inner & best).sum() > 3


def test_capitulation_mix():
    """M mixes align_a and hedge, A mixes, B is pure at j (Prop. 1M)."""
    _, p, payoffs = all_of("triadic_hedging", 2)
    s, x, w, y, e, k, rho, captive, spoil = triad(p)
    tested = held = 0
    for j in (0, 1):
        with np.errstate(divide="ignore", invalid="ignore"):
            q = (y - x + j * (1 - s) * k["b"]) / (s * k["a"] - rho["a"])
            m = -e["a", j] / (captive["a"] - e["a", j])
        inner = (q > NEAR) & (q < 1 - NEAR) & (captive["a"] * e["a", j] < 0)
        gain = m * spoil["b"] + (1 - m) * ((1 - q) * e["b", 0] + q * e["b", 1])
        flees = w - j * rho["b"] - q * k["a"] > y - s * (q * k["a"] + j * k["b"])
        for t in np.flatnonzero(inner):
            mixes = [np.array([m[t], 1 - m[t], 0]), np.array([1 - q[t], q[t]]), np.eye(2)[j]]
            claim = matches(gain[t], j) and not flees[t]
            assert (regret(payoffs[t], mixes) < 1e-9) == claim
            tested, held = tested + 1, held + claim
    assert tested > 20
    assert held > 3


def test_equilibria_do_not_depend_on_standing_stakes():
    model, p, payoffs = all_of("triadic_hedging", 3)
    other = draw(model, seed=4)
    names = ("alignment_value", "usefulness", "exclusion_loss")
    changed = p | {f"{n}_{t}": other[f"{n}_{t}"] for n in names for t in "ab"}
    moved = model(**changed).payoffs
    np.testing.assert_array_equal(pure(moved), pure(payoffs))
    np.testing.assert_array_equal(moved[:, 0], payoffs[:, 0])
    # Symbolically: what pressing gains each power is free of g, b and l.
    standing = {sympy.Symbol(f"{n}_{t}") for n in names for t in "ab"}
    u_a, u_b = model.payoffs["A"], model.payoffs["B"]
    for row, other_act in product(range(3), (0, 1)):
        gains = (
            u_a[row, 1, other_act] - u_a[row, 0, other_act],
            u_b[row, other_act, 1] - u_b[row, other_act, 0],
        )
        assert not any(sympy.expand(g).free_symbols & standing for g in gains)


def test_exchanging_a_and_b_exchanges_their_roles():
    model, p, payoffs = all_of("triadic_hedging", 6)
    other = {"a": "b", "b": "a"}
    paired = [n for n in p if n.endswith(("_a", "_b"))]
    assert len(paired) == 24
    swapped = model(**(p | {n[:-1] + other[n[-1]]: p[n] for n in paired})).payoffs
    mirror = swapped[:, [0, 2, 1]][:, :, ::-1].transpose(0, 1, 2, 4, 3)
    np.testing.assert_allclose(mirror, payoffs, rtol=1e-15, atol=1e-15)
    symbols = {sympy.Symbol(n): sympy.Symbol(n[:-1] + other[n[-1]]) for n in paired}
    for r, i, j in product(range(3), range(2), range(2)):
        twin = model.payoffs["B"][2 - r, j, i].xreplace(symbols)
        assert sympy.expand(model.payoffs["A"][r, i, j] - twin) == 0


def test_immunity_has_three_sources():
    model = catalogue["triadic_hedging"]
    total = 1 - (1 - 0.35) * (1 - 0.2) * (1 - 0.5)
    np.testing.assert_allclose(
        model(mediation=0.2, offset=0.5).payoffs, model(immunity=total).payoffs, rtol=1e-14
    )


def test_payoff_of_the_middle_power_is_additive_in_the_pressures():
    u = catalogue["triadic_hedging"].payoffs["M"]
    for r in range(3):
        assert sympy.expand(u[r, 1, 1] - u[r, 1, 0] - u[r, 0, 1] + u[r, 0, 0]) == 0


@pytest.mark.parametrize(
    ("rivalry", "hedge"), [(1.5, 1.0), (1.7, 0.857), (2.0, 0.763), (2.5, 0.486), (4.0, 0.233)]
)
def test_rivalry_path_of_the_probability_of_hedging(rivalry, hedge):
    """Known equilibria along rivalry: past R* M mixes hedging with aligning with A."""
    model = catalogue["triadic_hedging"]
    payoffs = model(rivalry=rivalry).payoffs
    candidates = []
    # A mixes, B is pure at j, M mixes align_a with hedge; or A and B both mix; or all is quiet.
    p = model.check({"rivalry": rivalry})
    s, x, _, y, e, k, rho, captive, spoil = triad(p)
    candidates.append([np.array([0, 1.0, 0]), np.array([1.0, 0]), np.array([1.0, 0])])
    for j in (0, 1):
        q = (y - x + j * (1 - s) * k["b"]) / (s * k["a"] - rho["a"])
        m = -e["a", j] / (captive["a"] - e["a", j])
        candidates.append([np.array([m, 1 - m, 0]), np.array([1 - q, q]), np.eye(2)[j]])
    # Fully mixed against align_a and hedge: B indifferent gives one relation in (m, q_a), A
    # indifferent one in (m, q_b), M indifferent one in (q_a, q_b); solve along m.
    for m in _roots(lambda m: _excess(m, s, x, y, e, k, rho, captive, spoil)):
        q_a, q_b = _mixed_pressures(m, e, captive, spoil)
        candidates.append([np.array([m, 1 - m, 0]), *(np.array([1 - q, q]) for q in (q_a, q_b))])
    valid = [c for c in candidates if min(v.min() for v in c) >= 0 and regret(payoffs, c) < 1e-9]
    assert [round(float(c[0][1]), 3) for c in valid] == [hedge]


def _mixed_pressures(m, e, captive, spoil):
    h = 1 - m
    q_b = (m * captive["a"] + h * e["a", 0]) / (h * (e["a", 0] - e["a", 1]))
    q_a = (m * spoil["b"] + h * e["b", 0]) / (h * (e["b", 0] - e["b", 1]))
    return q_a, q_b


def _excess(m, s, x, y, e, k, rho, captive, spoil):
    q_a, q_b = _mixed_pressures(m, e, captive, spoil)
    return (y - x) - q_a * (s * k["a"] - rho["a"]) + q_b * (1 - s) * k["b"]


def _roots(f):
    grid = np.linspace(0, 0.999, 2001)
    values = np.array([float(f(m)) for m in grid])
    for t in np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0):
        low, high = grid[t], grid[t + 1]
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if f(low) * f(middle) > 0 else (low, middle)
        yield (low + high) / 2


# ---- hedging bimatrix ----------------------------------------------------------------------


def test_bimatrix_is_the_triad_with_b_accommodating():
    full, reduced = catalogue["triadic_hedging"], catalogue["hedging_bimatrix"]
    for player in ("M", "A"):
        for r, i in product(range(3), range(2)):
            assert reduced.payoffs[player][r, i] == full.payoffs[player][r, i, 0]
    assert set(reduced.parameters) < set(full.parameters)
    used = set().union(*(u.free_symbols for t in reduced.payoffs.values() for u in t))
    assert {s.name for s in used} == set(reduced.parameters)


def solve_3x2(row, column):
    """Every equilibrium of a nondegenerate 3 x 2 game by supports, with a linear solve each."""
    found = []
    for r, i in product(range(3), range(2)):
        found.append((np.eye(3)[r], np.eye(2)[i]))
    for r, s in ((0, 1), (0, 2), (1, 2)):
        system = np.array([row[r] - row[s], [1, 1]])
        weights = np.array([column[[r, s], 0] - column[[r, s], 1], [1, 1]])
        if abs(np.linalg.det(system)) > 1e-12 and abs(np.linalg.det(weights)) > 1e-12:
            mix = np.zeros(3)
            mix[[r, s]] = np.linalg.solve(weights, [0, 1])
            found.append((mix, np.linalg.solve(system, [0, 1])))
    payoffs = np.stack([row, column])
    return [c for c in found if min(v.min() for v in c) >= 0 and regret(payoffs, c) < 1e-12]


@pytest.mark.parametrize("seed", range(2))
def test_complete_equilibrium_set_of_the_bimatrix(seed):
    _, p, payoffs = all_of("hedging_bimatrix", seed)
    counts = set()
    for t in range(DRAWS):
        claim = hedging_bimatrix.equilibria(**{k: v[t] for k, v in p.items()})
        truth = solve_3x2(*payoffs[t])
        assert len(claim) == len(truth)
        for m, a in truth:
            assert any(np.allclose(m, n) and np.allclose(a, b) for n, b in claim)
        counts.add(len(claim))
    assert counts == {1, 3}


def test_deterred_defection_identities():
    model = catalogue["hedging_bimatrix"]
    v_a, v_b, alpha, lam, h, z, c, d, tau, k = sympy.symbols(
        "value_a value_b autonomy_cost retention hedging_cost spoiling_a pressure_cost_a "
        "concession_a drift_loss_a coercion_a"
    )
    rivalry = sympy.Symbol("rivalry")
    s = sympy.prod(1 - sympy.Symbol(n) for n in ("immunity", "mediation", "offset"))
    u_m, u_a = model.payoffs["M"], model.payoffs["A"]
    q = ((v_b - alpha) - (lam * (v_a + v_b) - h)) / ((1 - s) * rivalry * k)
    indifferent = (1 - q) * (u_m[2, 0] - u_m[1, 0]) + q * (u_m[2, 1] - u_m[1, 1])
    assert sympy.simplify(indifferent) == 0
    hedge = (rivalry * z - c) / (rivalry * (z - s * d + tau))
    gain = hedge * (u_a[1, 1] - u_a[1, 0]) + (1 - hedge) * (u_a[2, 1] - u_a[2, 0])
    assert sympy.simplify(gain) == 0


def test_closed_form_checks_its_values():
    with pytest.raises(ParameterError, match="immunity"):
        hedging_bimatrix.equilibria(immunity=2)


# ---- alliance dilemma ----------------------------------------------------------------------


def thresholds(p, who):
    ratio = p[f"value_{who}"] / p[f"entrapment_cost_{who}"]
    worst = p["entrapment_risk"] + p["emboldening"]
    together = p["abandonment_risk"] + p["solidarity"]
    t_c, t_d = worst / together, p["entrapment_risk"] / p["abandonment_risk"]
    return ratio, t_c, t_d, worst / (together + p["partner_risk"])


def test_pure_equilibria_of_the_alliance():
    _, p, payoffs = all_of("alliance_dilemma")
    claim = np.zeros((DRAWS, 2, 2), dtype=bool)
    t1, c1, d1, _ = thresholds(p, "client")
    t2, c2, d2, _ = thresholds(p, "patron")
    claim[:, 0, 0] = (t1 > c1) & (t2 > c2)
    claim[:, 1, 1] = (t1 < d1) & (t2 < d2)
    claim[:, 0, 1] = (t1 > d1) & (t2 < c2)
    claim[:, 1, 0] = (t1 < c1) & (t2 > d2)
    np.testing.assert_array_equal(claim, pure(payoffs))


def test_regimes_are_the_classic_games():
    _, p, payoffs = all_of("alliance_dilemma", 1)
    for player, who in enumerate(("client", "patron")):
        u = payoffs[:, player]
        cc, dd = u[:, 0, 0], u[:, 1, 1]
        cd, dc = (u[:, 0, 1], u[:, 1, 0])[:: 1 if player == 0 else -1]
        names = regime(who, **p)
        meets, leads = cc > dc, cd > dd
        truth = np.select(
            [meets & leads, meets & ~leads, ~meets & leads, cc > dd],
            ["harmony", "stag_hunt", "chicken", "prisoners_dilemma"],
            "deadlock",
        )
        np.testing.assert_array_equal(names, truth)
        assert set(names) == set(truth)
        assert len(set(names)) == 5
        t, t_c, t_d, t_p = thresholds(p, who)
        np.testing.assert_array_equal(names == "stag_hunt", (t_c < t) & (t < t_d))
        np.testing.assert_array_equal(names == "chicken", (t_d < t) & (t < t_c))
        np.testing.assert_array_equal(names == "deadlock", (t < np.minimum(t_c, t_d)) & (t < t_p))
        band = p["abandonment_risk"] * p["emboldening"] < p["solidarity"] * p["entrapment_risk"]
        np.testing.assert_array_equal(t_c < t_d, band)
    with pytest.raises(UnknownNameError, match="'client'"):
        regime("nobody")


def test_mixed_equilibrium_of_equal_allies():
    model = catalogue["alliance_dilemma"]
    p = draw(model, seed=2)
    for name in ("value", "entrapment_cost"):
        p[f"{name}_patron"] = p[f"{name}_client"]
    payoffs = model(**p).payoffs
    u = payoffs[:, 0]
    g_c, g_d = u[:, 0, 0] - u[:, 1, 0], u[:, 0, 1] - u[:, 1, 1]
    q = g_d / (g_d - g_c)
    inner = np.flatnonzero((q > NEAR) & (q < 1 - NEAR))
    assert len(inner) > 20
    for t in inner:
        mix = np.array([q[t], 1 - q[t]])
        assert regret(payoffs[t], [mix, mix]) < 1e-12


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


def test_pure_equilibria_of_the_spheres():
    _, p, payoffs = all_of("sphere_division")
    a, b, f = gains(p)
    claim = np.zeros((DRAWS, 2, 2), dtype=bool)
    claim[:, 0, 0] = (a <= 0) & (b <= 0)
    claim[:, 1, 1] = (a >= f) & (b >= f)
    claim[:, 0, 1] = (a <= f) & (b >= 0)
    claim[:, 1, 0] = (a >= 0) & (b <= f)
    np.testing.assert_array_equal(claim, pure(payoffs))


def test_chicken_over_spheres():
    _, p, payoffs = all_of("sphere_division", 1)
    a, b, f = gains(p)
    chicken = np.flatnonzero((a > 0) & (a < f) & (b > 0) & (b < f))
    assert len(chicken) > 5
    for t in chicken:
        mixes = [np.array([1 - b[t] / f[t], b[t] / f[t]]), np.array([1 - a[t] / f[t], a[t] / f[t]])]
        assert regret(payoffs[t], mixes) < 1e-12


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
