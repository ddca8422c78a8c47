"""When a profile is an equilibrium, and from which discount factor on it can be sustained."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy

import hedging as hg
from hedging.analysis.box_signs import proved_sign, terms_of
from hedging.analysis.inequalities import impossible, simplified, without_redundant

QUIET = {"M": "hedge", "A": "accommodate", "B": "accommodate"}


def two_player(row, column, parameters):
    return hg.Model(
        "game",
        players=("row", "column"),
        actions=(("r0", "r1", "r2")[: len(row)], ("c0", "c1", "c2")[: len(row[0])]),
        parameters=parameters,
        payoffs={"row": row, "column": column},
    )


def coordination(row="x", column="y"):
    """The second action of each is worth a number that may be negative."""
    both = [hg.Parameter("x", 0, -1, 1), hg.Parameter("y", 0, -1, 1)]
    return two_player([["1", "0"], ["0", row]], [["1", "0"], ["0", column]], both)


def draw(model, rng, names=None):
    """A rational point of the parameter box, for some names."""
    point = {}
    for name in names or model.parameters:
        p = model.parameters[name]
        low, high = (Fraction(str(end)) for end in (p.low, p.high))
        point[name] = low + (high - low) * Fraction(int(rng.integers(1, 41)), 40)
    return point


# ---- the theorem of the triad -------------------------------------------------------------------


def test_quiet_hedge_of_the_triad():
    """(hedge, accommodate, accommodate) iff y >= max(x, w) and (1 - mu) R d <= c + R tau."""
    found = hg.conditions(hg.catalogue["triadic_hedging"], QUIET)
    s = {name: sympy.Symbol(name) for name in hg.catalogue["triadic_hedging"].parameters}
    mu = 1 - (1 - s["immunity"]) * (1 - s["mediation"]) * (1 - s["offset"])
    y = s["retention"] * (s["value_a"] + s["value_b"]) - s["hedging_cost"]
    slacks = [y - (s[f"value_{k}"] - s["autonomy_cost"]) for k in "ab"]
    slacks += [
        s[f"pressure_cost_{k}"]
        + s["rivalry"] * s[f"drift_loss_{k}"]
        - (1 - mu) * s["rivalry"] * s[f"concession_{k}"]
        for k in "ab"
    ]
    assert len(found.relations) == 4
    for slack, relation in zip(slacks, found.relations, strict=True):
        assert isinstance(relation, sympy.GreaterThan)
        assert sympy.expand(relation.lhs - relation.rhs - slack) == 0
    assert isinstance(sympy.sympify(found), sympy.And)
    assert "concession_a*rivalry*(1 - immunity)*(1 - mediation)*(1 - offset)" in found.sentence
    assert found.sentence.startswith("hedge|accommodate|accommodate is an equilibrium of")
    assert r"\left(1 - \mu_0\right)" in found.latex()


def test_critical_immunity_in_a_sentence():
    model = hg.catalogue["triadic_hedging"]
    found = hg.conditions(model, QUIET, over="immunity")
    head = "hedge|accommodate|accommodate is an equilibrium of triadic_hedging"
    assert str(found) == f"{head} if and only if immunity >= 1/5"
    assert str(hg.conditions(model, QUIET, over="rivalry")).endswith("if rivalry <= 8/5")
    assert str(hg.conditions(model, QUIET, over="windfall_a")).endswith("in their ranges")
    assert hg.conditions(model, QUIET, over="windfall_a").expression == sympy.true
    never = hg.conditions(model, QUIET, over="windfall_a", immunity="0.1")
    assert never.expression == sympy.false
    assert "for no parameters" in never.sentence


def test_solved_for_a_parameter():
    model = hg.catalogue["triadic_hedging"]
    found = hg.conditions(model, QUIET, over=("immunity", "rivalry"), solve_for="immunity")
    assert found.sentence.endswith("rivalry = 0 or immunity >= (3*rivalry - 2)/(5*rivalry)")
    assert found.holds(immunity="1/5", rivalry="1.6") is False
    assert found.holds(immunity="0.35", rivalry="1.6") is True
    assert found.holds(rivalry=0, immunity=0) is True
    whole = hg.conditions(model, QUIET, solve_for="pressure_cost_a")
    (bound,) = [r for r in whole.relations if r.lhs == sympy.Symbol("pressure_cost_a")]
    assert bound.rhs.subs({"rivalry": 2, "immunity": 0, "mediation": 0, "offset": 0}) == (
        2 * sympy.Symbol("concession_a") - 2 * sympy.Symbol("drift_loss_a")
    )
    with pytest.raises(hg.ParameterError, match="is fixed"):
        hg.conditions(model, QUIET, over="rivalry", solve_for="immunity")


# ---- laws ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hedging_bimatrix", "alliance_dilemma", "sphere_division"])
def test_conditions_hold_exactly_where_nobody_gains(name):
    model = hg.catalogue[name]
    rng = np.random.default_rng(4)
    points = [draw(model, rng) for _ in range(25)]
    games = [model(exact=True, **point) for point in points]
    for places in product(*(range(m) for m in model.shape)):
        found = hg.conditions(model, places)
        for point, game in zip(points, games, strict=True):
            u = game.payoffs
            gains = [
                u[(i, *places[:i], b, *places[i + 1 :])] - u[(i, *places)]
                for i, m in enumerate(model.shape)
                for b in range(m)
            ]
            assert found.holds(**point) == (max(gains) <= 0)


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), pytest.param((3, 3), marks=pytest.mark.slow)])
def test_mixed_conditions_hold_exactly_where_such_an_equilibrium_is(shape):
    rng = np.random.default_rng(list(shape))
    c = rng.integers(-4, 5, (2, *shape, 3))
    text = np.vectorize(lambda a, b, d: f"{a}+({b})*x+({d})*y")(*np.moveaxis(c, -1, 0))
    parameters = [hg.Parameter(n, 0, -1, 1) for n in "xy"]
    model = two_player(text[0].tolist(), text[1].tolist(), parameters)
    rows, columns = ([(0, 1), (0, 2), (1, 2)][: 3 if m == 3 else 1] for m in shape)
    supports = list(product(rows, columns)) + ([((0, 1, 2), (0, 1, 2))] if shape == (3, 3) else [])
    points = [draw(model, rng) for _ in range(60)]
    answers = [hg.nash(model(exact=True, **p), exact=True) for p in points]
    seen = 0
    for own, other in supports:
        found = hg.conditions(model, [own, other])
        for point, ds in zip(points, answers, strict=True):
            if int(ds.status) == hg.Status.OK:
                holds = found.holds(**point)
                assert holds == (found.label in ds.support.values.tolist())
                seen += holds
    assert seen or shape != (2, 2)


def test_redundant_conditions_are_left_out():
    # With a positive stake the second condition follows from the first.
    parameters = [hg.Parameter("stake", 1, 0, 2, open_low=True), hg.Parameter("cost", 1, 0, 2)]
    row = [["0", "0"], ["stake - cost", "0"], ["stake - 2*cost", "0"]]
    model = two_player(row, [["1", "0"]] * 3, parameters)
    found = hg.conditions(model, ["r0", "c0"])
    assert found.relations == (sympy.Symbol("cost") >= sympy.Symbol("stake"),)
    assert hg.conditions(model, ["r0", "c1"]).expression == sympy.false


def test_signs_known_from_the_ranges_are_divided_out():
    parameters = [hg.Parameter("a", 1, 0, 2, open_low=True), hg.Parameter("b", 1, 0, 2)]
    model = two_player([["a*b", "0"], ["a**2", "0"]], [["1", "0"], ["1", "0"]], parameters)
    a, b = sympy.symbols("a b")
    assert hg.conditions(model, ["r0", "c0"]).expression == (b >= a)
    closed = [hg.Parameter("a", 1, 0, 2), hg.Parameter("b", 1, 0, 2)]
    model = two_player([["a*b", "0"], ["a**2", "0"]], [["1", "0"], ["1", "0"]], closed)
    found = hg.conditions(model, ["r0", "c0"])
    assert found.holds(a=0, b=0)
    assert found.holds(a=0, b=1)
    assert not found.holds(a=1, b=0)
    # What can never be positive must vanish.
    model = two_player([["0", "0"], ["b", "0"]], [["1", "0"], ["1", "0"]], closed)
    assert hg.conditions(model, ["r0", "c0"]).expression == sympy.Eq(b, 0)


def test_alternatives_of_a_mixture():
    x, y = sympy.symbols("x y")
    found = hg.conditions(coordination(), [("r0", "r1"), ("c0", "c1")])
    assert found.expression == sympy.And(x > 0, y > 0)
    # Matching pennies if the stakes have opposite signs; without stakes everything is.
    model = two_player(
        [["x", "0"], ["0", "x"]], [["y", "0"], ["0", "y"]], list(coordination().parameters.values())
    )
    found = hg.conditions(model, [("r0", "r1"), ("c0", "c1")])
    assert found.expression == sympy.true
    assert found.complete


def test_ties_of_mixed_supports_are_covered():
    """Over one parameter a support is an equilibrium support wherever some positive mix is."""
    parameter = [hg.Parameter("x", 0, -1, 1)]
    match = [["x", "0"], ["0", "x"]]
    for row in ([["1", "1"], ["1", "1"]], match):
        found = hg.conditions(two_player(row, match, parameter), "r0+r1|c0+c1")
        assert found.expression == sympy.true
        assert found.complete
    # Unequal supports are played at ties, and only there.
    model = two_player([["x", "0"], ["1/2", "0"]], [["1", "0"], ["0", "0"]], parameter)
    x, half = sympy.Symbol("x"), sympy.Rational(1, 2)
    assert hg.conditions(model, "r0+r1|c0").expression == sympy.Eq(x, half)
    # With an action outside the support, the mix counts only where that is no better.
    row = [["x", "0"], ["0", "x"], ["x - 1/4", "x - 1/4"]]
    model = two_player(row, [["1", "1"]] * 3, parameter)
    assert hg.conditions(model, "r0+r1|c0+c1").expression == (x <= half)
    # At an irrational value.
    model = two_player([["x**2", "0"], ["1/2", "0"]], [["1", "0"], ["0", "0"]], parameter)
    irrational = hg.conditions(model, "r0+r1|c0").expression
    assert irrational == sympy.Or(sympy.Eq(x, sympy.sqrt(2) / 2), sympy.Eq(x, -sympy.sqrt(2) / 2))


def subsets(points):
    points = sorted(points)
    return [
        [p for k, p in enumerate(points) if mask >> k & 1] for mask in range(1, 1 << len(points))
    ]


def test_supports_at_ties_agree_with_extreme_equilibria():
    """Games full of ties: a support is played iff mutually compatible vertices span it."""
    rng = np.random.default_rng(12)
    supports = list(product([(0,), (1,), (0, 1)], [(0,), (2,), (0, 1), (1, 2), (0, 1, 2)]))
    for _ in range(8):
        c = rng.integers(-1, 2, (2, 2, 3, 2))
        text = np.vectorize(lambda a, b: f"{a}+({b})*x")(c[..., 0], c[..., 1])
        model = two_player(text[0].tolist(), text[1].tolist(), [hg.Parameter("x", 0, -1, 1)])
        found = {s: hg.conditions(model, s) for s in supports}
        for value in (Fraction(-1), Fraction(0), Fraction(1, 2), Fraction(1)):
            points = hg.nash(model(exact=True, x=value), exact=True).probability.values.tolist()
            xs, ys = ({tuple(p[a:b]) for p in points} for a, b in ((0, 2), (2, 5)))
            pairs = {(tuple(p[:2]), tuple(p[2:])) for p in points}
            played = {
                tuple(
                    tuple(k for k in range(len(side[0])) if any(p[k] for p in side))
                    for side in (one, other)
                )
                for one, other in product(subsets(xs), subsets(ys))
                if all(pair in pairs for pair in product(one, other))
            }
            for own, when in found.items():
                assert when.holds(x=value) == (own in played), (c.tolist(), value, own)


def test_sentences_claim_no_more_than_is_proved():
    model = hg.catalogue["hedging_bimatrix"]
    found = hg.conditions(model, "hedge+align_b|accommodate+pressure")
    assert not found.complete
    assert "with probabilities that indifference alone fixes" in found.sentence
    assert "fixed by indifference" in repr(found)
    assert "where indifference fixes" in found.latex()
    # Products of shares stay products; what all cases ask for is said once.
    assert "(1 - immunity)*(1 - mediation)*(1 - offset)" in found.sentence
    assert len(found.sentence) < 1500
    assert found.sentence.count("hedging_cost + value_b > autonomy_cost") == 1


def test_cases_minima_and_absolute_values_are_solved():
    race = hg.catalogue["courtship_race"]
    assert str(hg.conditions(race, ["bid_0", "bid_0"], over="reserve")).endswith("if reserve > 3")
    x, quarter = sympy.Symbol("x"), sympy.Rational(1, 4)
    for formula, wanted in (
        ("min(1/2, x)", x >= quarter),
        ("abs(x)", sympy.Or(x >= quarter, x <= -quarter)),
        ("where(x < 0, 1, 0)", x < 0),
    ):
        model = two_player(
            [[formula, "1"], ["1/4", "0"]], [["1", "0"], ["1", "0"]], [hg.Parameter("x", 0, -1, 1)]
        )
        assert hg.conditions(model, "r0|c0").expression == wanted


def test_critical_rivalry_in_symbols():
    """R* = c / ((1 - mu) d - tau) where the denominator is positive, otherwise any rivalry."""
    model = hg.catalogue["triadic_hedging"]
    found = hg.conditions(model, QUIET, solve_for="rivalry")
    s = {name: sympy.Symbol(name) for name in model.parameters}
    shield = (1 - s["immunity"]) * (1 - s["mediation"]) * (1 - s["offset"])
    for bound, k in zip(found.bounds, "ab", strict=True):
        net = shield * s[f"concession_{k}"] - s[f"drift_loss_{k}"]
        assert isinstance(bound, sympy.LessThan)
        assert sympy.simplify(bound.rhs - s[f"pressure_cost_{k}"] / net) == 0
    unsolved = hg.conditions(model, QUIET)
    rng = np.random.default_rng(7)
    for _ in range(30):
        point = draw(model, rng)
        numbers = {s[k]: sympy.Rational(v.numerator, v.denominator) for k, v in point.items()}
        assert found.holds(**point) == unsolved.holds(**point)
        if all(sympy.denom(b.rhs).subs(numbers) for b in found.bounds):
            assert bool(found.expression.subs(numbers)) == unsolved.holds(**point)


def test_solving_by_cases_of_the_coefficient():
    parameters = [hg.Parameter(n, 0, -1, 1) for n in "abx"]
    model = two_player([["a*x", "0"], ["b", "0"]], [["1", "0"], ["1", "0"]], parameters)
    found = hg.conditions(model, "r0|c0", solve_for="x")
    symbols = sympy.symbols("a b x")
    for at in product((-1, sympy.Rational(-1, 2), 1), (-1, 0, 1), (-1, 0, sympy.Rational(1, 3))):
        numbers = dict(zip(symbols, at, strict=True))
        assert bool(found.expression.subs(numbers)) == bool(at[0] * at[2] >= at[1])
    assert {bound.lhs for bound in found.bounds} == {symbols[2]}
    model = two_player([["a*x**2", "0"], ["b", "0"]], [["1", "0"], ["1", "0"]], parameters)
    with pytest.raises(hg.ParameterError, match="higher degree in x"):
        hg.conditions(model, "r0|c0", solve_for="x")


def test_mixed_conditions_of_a_middle_power():
    """Supports of the triad, with all players mixing too, against its equilibria in numbers."""
    model = hg.catalogue["triadic_hedging"]
    names = ("rivalry", "immunity", "retention")
    rng = np.random.default_rng(28)
    points = [draw(model, rng, names) for _ in range(60)]
    ds = hg.nash(model(**{n: np.array([float(p[n]) for p in points]) for n in names}))
    sets = [
        set(own[:k].tolist()) for own, k in zip(ds.support.values, ds["count"].values, strict=True)
    ]
    labels = sorted({label for own in sets for label in own})
    assert max(label.count("+") for label in labels) == 4
    for label in labels:
        found = hg.conditions(model, label, over=names)
        assert [found.holds(**p) for p in points] == [label in own for own in sets], label


def test_one_parameter_gives_its_exact_set():
    model = two_player(
        [["(x-1)*(x-2)*(x-3)", "0"], ["0", "0"]],
        [["1", "0"], ["1", "0"]],
        [hg.Parameter("x", 1, 0, 4)],
    )
    x = sympy.Symbol("x")
    found = hg.conditions(model, ["r0", "c0"])
    assert found.expression == sympy.Or(sympy.And(x >= 1, x <= 2), x >= 3)
    assert str(found).endswith("if (x >= 1 and x <= 2) or x >= 3")
    model = two_player(
        [["2 - x**2", "0"], ["0", "0"]], [["1", "0"], ["1", "0"]], [hg.Parameter("x", 1, 0, 4)]
    )
    assert hg.conditions(model, ["r0", "c0"]).expression == (x <= sympy.sqrt(2))


def test_mixing_needs_strict_inequalities():
    model = hg.catalogue["hedging_bimatrix"]
    mixed = {"M": ("align_a", "hedge"), "A": ("accommodate", "pressure")}
    rivalry = sympy.Symbol("rivalry")
    assert hg.conditions(model, mixed, over="rivalry").expression == (
        rivalry > sympy.Rational(8, 5)
    )
    found = hg.conditions(model, mixed, over=("rivalry", "immunity"))
    assert not found.holds(rivalry="8/5", immunity="0.35")
    assert found.holds(rivalry="1.7", immunity="0.35")


def test_formulas_that_are_no_polynomials_are_kept_as_they_are():
    parameters = [hg.Parameter("a", 1, 0, 2), hg.Parameter("b", 1, 0, 2)]
    model = two_player([["sqrt(a)", "0"], ["b", "0"]], [["1", "0"], ["1", "0"]], parameters)
    found = hg.conditions(model, ["r0", "c0"])
    assert found.holds(a=1, b="1/2")
    assert not found.holds(a="1/4", b=1)


def test_profiles_are_checked():
    model = hg.catalogue["triadic_hedging"]
    with pytest.raises(hg.GameError, match="no action given for A, B; conditions need a full"):
        hg.conditions(model, {"M": "hedge"})
    with pytest.raises(hg.UnknownNameError, match="no player is 'C'"):
        hg.conditions(model, {"C": "hedge"})
    with pytest.raises(hg.UnknownNameError, match="no action of player 'A' is 'hedge'"):
        hg.conditions(model, ["hedge", "hedge", "accommodate"])
    with pytest.raises(hg.GameError, match="2 actions given for 3 players"):
        hg.conditions(model, ["hedge", "accommodate"])
    with pytest.raises(hg.HedgingTypeError, match="profile is 'hedge'"):
        hg.conditions(model, "hedge")
    mixed = [("align_a", "hedge"), ("accommodate", "pressure"), "accommodate"]
    assert "accommodate+pressure" in str(hg.conditions(model, mixed, over="rivalry"))
    with pytest.raises(hg.GameError, match="this one is played at ties only"):
        hg.conditions(model, [("align_a", "hedge"), "accommodate", "accommodate"])
    veto = hg.catalogue["red_line_veto"]
    with pytest.raises(hg.ParameterError, match="two others with two actions each"):
        hg.conditions(veto, [own[:2] for own in veto.actions])
    with pytest.raises(hg.GameError, match="give supports of one size"):
        hg.conditions(hg.catalogue["hedging_bimatrix"], [("align_a", "hedge"), "accommodate"])
    with pytest.raises(hg.ParameterError, match="is fixed at 2"):
        hg.conditions(model, QUIET, rivalry=2).holds(rivalry=3)


# ---- proofs over boxes --------------------------------------------------------------------------


def test_proved_signs_are_signs():
    rng = np.random.default_rng(6)
    symbols = sympy.symbols("a b")
    box = [(Fraction(0), Fraction(1), False), (Fraction(-1), Fraction(2), False)]
    proved = 0
    for _ in range(60):
        c = rng.integers(-3, 4, (3, 3))
        c[0, 0] += rng.choice([-9, 0, 9])
        expression = sum(
            int(c[i, j]) * symbols[0] ** i * symbols[1] ** j for i, j in np.ndindex(3, 3)
        )
        if expression == 0:
            continue
        sign = proved_sign(terms_of(sympy.Poly(expression, *symbols, domain=sympy.QQ)), box)
        a, b = np.meshgrid(np.linspace(0, 1, 41), np.linspace(-1, 2, 41))
        values = sum(c[i, j] * a**i * b**j for i, j in np.ndindex(3, 3))
        if sign:
            assert (sign * values > 0).all()
            proved += 1
        elif (abs(values) > 3).all():
            assert np.unique(np.sign(values)).size == 2
    assert proved > 10


def test_inequalities_that_exclude_each_other():
    a, b = sympy.symbols("a b")
    box = [(Fraction(0), Fraction(1), False)] * 2
    make = [simplified(e, True, ["a", "b"], box) for e in (a - b - a * b, b - a)]
    assert impossible(make, ["a", "b"], box)
    other = [simplified(e, False, ["a", "b"], box) for e in (a - b, b - a)]
    assert not impossible(other, ["a", "b"], box)
    assert len(without_redundant(other, ["a", "b"], box)) == 2


# ---- grim trigger -------------------------------------------------------------------------------


def dilemma():
    return hg.Model(
        "dilemma",
        players=("A", "B"),
        actions=(("restrain", "arm"), ("restrain", "arm")),
        parameters=[
            hg.Parameter("gain", 5, 3, 9, symbol="T", open_low=True),
            hg.Parameter("war", 1, 0, 2, symbol="P"),
        ],
        payoffs={"A": [["3", "0"], ["gain", "war"]], "B": [["3", "gain"], ["0", "war"]]},
    )


def test_critical_discount_factor_of_the_dilemma():
    """Delta* = (T - R) / (T - P), the textbook formula."""
    found = hg.grim_trigger(dilemma(), ["restrain", "restrain"], ["arm", "arm"])
    gain, war = sympy.symbols("gain war")
    assert sympy.simplify(found.delta - (gain - 3) / (gain - war)) == 0
    assert found.latex() == "\\[\n\\delta^* = \\frac{T - 3}{T - P}\n\\]\n"
    assert found.at(gain=7, war="1/2") == sympy.Rational(8, 13)
    assert found.credible.expression == sympy.true
    assert found.binding() in {("A", "arm"), ("B", "arm")}
    fixed = hg.grim_trigger(dilemma(), ["restrain", "restrain"], ["arm", "arm"], war=0)
    assert sympy.simplify(fixed.delta - (gain - 3) / gain) == 0


def test_binding_constraint_of_patient_hedging():
    """Delta* = max(e/(w + e), g/(v + g)): M's temptation to tilt, the partner's to press."""
    model = hg.catalogue["patient_hedging"]
    found = hg.grim_trigger(model, ["even_handed", "accommodate"], ["tilt", "pressure"])
    e, w, g, v = sympy.symbols("tilt_gain tie_value pressure_gain partner_value")
    assert found.thresholds == {("M", "tilt"): e / (w + e), ("X", "pressure"): g / (v + g)}
    assert found.delta == sympy.Max(e / (w + e), g / (v + g))
    for tilt, press in ((0.2, 0.9), (0.9, 0.2)):
        values = {"tilt_gain": tilt, "pressure_gain": press}
        who = (
            "M"
            if found.at(**values) == found.thresholds["M", "tilt"].subs(found._point(values))
            else "X"
        )
        assert found.binding(**values)[0] == who


def test_agrees_with_nash_reversion_in_numbers():
    rng = np.random.default_rng(9)
    for name, target, threat in (
        ("patient_hedging", (0, 0), (1, 1)),
        ("prisoners_dilemma", (0, 0), (1, 1)),
    ):
        model = hg.catalogue[name]
        found = hg.grim_trigger(model, target, threat)
        for _ in range(10):
            point = {k: float(v) for k, v in draw(model, rng).items()}
            if not found.credible.holds(**point):
                continue
            game = model(**point)
            wanted = hg.RepeatedGame(game).critical_delta(target, punishment="nash_reversion").value
            assert np.isclose(float(found.at(**point)), wanted, atol=1e-12)


def test_threats_that_are_not_credible_are_said_to_be_none():
    chicken = hg.catalogue["chicken"]
    lines = str(hg.grim_trigger(chicken, ["swerve"] * 2, ["straight"] * 2)).splitlines()
    assert lines[0].startswith("Not a subgame-perfect threat: straight|straight")
    assert lines[1].startswith("If they did, swerve|swerve would be sustained")
    assert not any("punishment is credible" in line for line in lines)
    # No deviator is punished: never, not "at least oo".
    text = str(hg.grim_trigger(dilemma(), ["restrain", "arm"], ["restrain", "restrain"], war="1/2"))
    assert "is never sustained" in text
    assert "oo" not in text.replace("good", "")


def test_punishment_that_does_not_hurt():
    found = hg.grim_trigger(dilemma(), ["arm", "arm"], ["restrain", "restrain"])
    assert found.delta == 0
    assert found.binding() is None
    assert "no deviation pays" in str(found)
    # From (restrain, arm) player A gains by arming and is not punished by (restrain, restrain).
    found = hg.grim_trigger(dilemma(), ["restrain", "arm"], ["restrain", "restrain"])
    assert found.thresholds["A", "arm"].subs({"war": 1, "gain": 5}) == sympy.oo
    with pytest.raises(hg.GameError, match="mixes actions"):
        hg.grim_trigger(dilemma(), [("restrain", "arm"), "arm"], ["arm", "arm"])
