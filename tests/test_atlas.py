"""Equilibria as exact functions of one parameter, and region boundaries of two."""

import json
from fractions import Fraction
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
import sympy

import hedging as hg
from hedging.analysis.real_roots import RealRoot, irreducible_factors, roots_between
from hedging.analysis.univariate import Polynomial, common_divisor, quotient
from hedging.equilibria.pure import pure_equilibria
from hedging.errors import Status

mpl.use("Agg")

x = sympy.Symbol("x")


def model_of(row, column, low=0, high=1, default=None, **options):
    """A two-player model in the parameter x."""
    shape = np.shape(row)
    default = Fraction(low) + (Fraction(high) - Fraction(low)) / 2 if default is None else default
    return hg.Model(
        "game",
        players=("row", "column"),
        actions=tuple(
            tuple(f"{who}{k}" for k in range(m)) for who, m in zip("rc", shape, strict=True)
        ),
        parameters=[hg.Parameter("x", default, low, high, **options)],
        payoffs={"row": row, "column": column},
    )


def shape_of(atlas):
    """Where each piece holds and which supports it has."""
    return [(str(piece), [b.support for b in piece]) for piece in atlas.pieces]


# A public question asked for a tool that solves this game in x; its answer is typed here.
KNOWN = hg.Model(
    "known",
    players=("row", "column"),
    actions=(("first", "second"), ("first", "second")),
    parameters=[hg.Parameter("x", 0.5, 0, 1)],
    payoffs={
        "row": [["x/2", "x"], ["1-x", "(1-x)/2"]],
        "column": [["x/2", "1-x"], ["x", "(1-x)/2"]],
    },
)


def test_known_answer():
    found = hg.atlas(KNOWN, over="x")
    assert found.breakpoints == (sympy.Rational(1, 3), sympy.Rational(2, 3))
    assert shape_of(found) == [
        ("0 <= x < 1/3", ["second|second"]),
        ("x = 1/3", ["first|second", "second|first", "second|second"]),
        ("1/3 < x < 2/3", ["first|second", "second|first", "first+second|first+second"]),
        ("x = 2/3", ["first|first", "first|second", "second|first"]),
        ("2/3 < x <= 1", ["first|first"]),
    ]
    mix = found.pieces[2].branches[2]
    for player in ("row", "column"):
        assert mix.probability[player] == {"first": 3 * x - 1, "second": 2 - 3 * x}
        assert mix.probability_derivative[player] == {"first": 3, "second": -3}
        assert sympy.expand(mix.payoff[player] - 3 * x * (1 - x) / 2) == 0
        assert sympy.expand(mix.payoff_derivative[player] - 3 * (1 - 2 * x) / 2) == 0
    assert [b.index for b in found.pieces[2]] == [1, 1, -1]
    for point in (found.pieces[1], found.pieces[3]):
        assert point.status == Status.DEGENERATE
        assert {b.component for b in point} == {0}
        assert not any(b.isolated for b in point)


def test_known_answer_in_print():
    text = str(hg.atlas(KNOWN, over="x"))
    lines = text.splitlines()
    assert lines[:2] == ["Equilibria of known over x in [0, 1]", "breakpoints: 1/3; 2/3"]
    heads = [line for line in lines[2:] if line and not line.startswith(" ")]
    assert heads == [
        "0 <= x < 1/3: 1 equilibrium",
        "x = 1/3: 3 equilibria; payoffs tie",
        "1/3 < x < 2/3: 3 equilibria",
        "x = 2/3: 3 equilibria; payoffs tie",
        "2/3 < x <= 1: 1 equilibrium",
    ]
    assert "    Pr(row first) = 3*x - 1    [derivative 3]" in lines
    latex = hg.atlas(KNOWN, over="x").latex()
    assert r"\frac{1}{3} < x < \frac{2}{3}" in latex
    assert r"\Pr(\text{row}\ \text{first}) = 3 x - 1" in latex
    assert latex.count(r"\begin{aligned}") == latex.count(r"\end{aligned}")


# ---- laws ---------------------------------------------------------------------------------------


def random_model(rng, m, n, degree=2, high=9):
    c = rng.integers(-high, high + 1, (2, m, n, degree + 1))
    text = [
        [[" + ".join(f"({a})*x**{k}" for k, a in enumerate(cell)) for cell in line] for line in t]
        for t in c.tolist()
    ]
    return model_of(*text, low=-1, high=1), c


def exact_answer(model, value):
    game = model(exact=True, x=value)
    ds = hg.nash(game, exact=True)
    return ds, [tuple(p) for p in ds.probability.values.tolist()]


@pytest.mark.parametrize(("m", "n"), [(1, 3), (2, 2), (2, 3), (3, 3), (4, 4)])
def test_agrees_with_exact_solutions(m, n):
    """On every piece and at every rational breakpoint, against nash in rationals."""
    rng = np.random.default_rng([m, n])
    for _ in range(4 if m < 4 else 1):
        model, _ = random_model(rng, m, n, high=3)
        atlas = hg.atlas(model, over="x")
        for piece in atlas.pieces:
            low, high = piece._stretch.low, piece._stretch.high
            if piece.is_point and not low.is_rational:
                continue
            value = low.low if piece.is_point else low.gap(high)
            ds, points = exact_answer(model, value)
            assert [b.support for b in piece] == ds.support.values.tolist()
            assert [b.index for b in piece] == ds["index"].values.tolist()
            assert [b.isolated for b in piece] == ds.isolated.values.tolist()
            assert [b.component for b in piece] == ds.component.values.tolist()
            assert int(ds.status) == piece.status
            assert [tuple(b.at(value)) for b in piece] == points
            for b, pay in zip(piece, ds.payoff.values.tolist(), strict=True):
                number = sympy.Rational(value.numerator, value.denominator)
                assert [e.subs(x, number) for e in b.payoff.values()] == pay
        for piece in atlas.pieces:
            if piece.status == Status.OK:
                assert sum(b.index for b in piece) == 1
                assert len(piece) % 2 == 1


def test_irrational_breakpoint_is_exact():
    # The row player prefers its first action iff x^2 >= 1/2, whatever the column player does.
    model = model_of([["x**2", "x**2"], ["1/2", "1/2"]], [["1", "0"], ["0", "1"]])
    atlas = hg.atlas(model, over="x")
    root = sympy.sqrt(2) / 2
    assert atlas.breakpoints == (root,)
    below, at, above = atlas.pieces
    assert [b.support for b in below] == ["r1|c1"]
    assert [b.support for b in above] == ["r0|c0"]
    assert [b.support for b in at] == ["r0|c0", "r1|c1", "r0+r1|c0", "r0+r1|c1"]
    assert at.branches[2].probability["row"] == {"r0": sympy.S.Half, "r1": sympy.S.Half}
    assert all(b.payoff["row"] == sympy.S.Half for b in at)
    assert {b.component for b in at} == {0}


def test_value_in_the_number_field():
    # At x = sqrt(2)/2 the column player is indifferent if the row player mixes x : 1 - x.
    model = model_of([["x**2", "x**2"], ["1/2", "1/2"]], [["1-x", "0"], ["0", "x"]])
    root = sympy.sqrt(2) / 2
    (at,) = [p for p in hg.atlas(model, over="x").pieces if p.is_point and p.low == root]
    mixed = next(b for b in at if b.support == "r0+r1|c0")
    assert sympy.simplify(mixed.probability["row"]["r0"] - sympy.sqrt(2) / 2) == 0


def test_cubic_breakpoint_is_a_root_of_its_polynomial():
    model = model_of([["x**3 + x", "x**3 + x"], ["1", "1"]], [["1", "1"], ["0", "0"]])
    atlas = hg.atlas(model, over="x")
    (root,) = atlas.breakpoints
    assert isinstance(root, sympy.CRootOf)
    assert abs(float(root) - 0.6823278038280193) < 1e-15
    assert "x_1 = 0.682328, a root of x^3 + x - 1" in str(atlas)
    assert r"x_{(1)}" in atlas.latex()


def test_permuting_actions_permutes_equilibria():
    rng = np.random.default_rng(5)
    model, c = random_model(rng, 3, 3)
    order = [2, 0, 1]
    text = [[[f"{a}+({b})*x+({d})*x**2" for a, b, d in line] for line in t] for t in c[:, order]]
    turned = hg.Model(
        "turned",
        players=model.players,
        actions=(tuple(model.actions[0][k] for k in order), model.actions[1]),
        parameters=list(model.parameters.values()),
        payoffs=dict(zip(("row", "column"), text, strict=True)),
    )
    first, second = hg.atlas(model, over="x"), hg.atlas(turned, over="x")
    assert first.breakpoints == second.breakpoints
    for one, two in zip(first.pieces, second.pieces, strict=True):
        mixes = [{a: str(p) for own in b.probability.values() for a, p in own.items()} for b in one]
        again = [{a: str(p) for own in b.probability.values() for a, p in own.items()} for b in two]
        assert sorted(map(str, (sorted(m.items()) for m in mixes))) == sorted(
            map(str, (sorted(m.items()) for m in again))
        )


@pytest.mark.parametrize("scale", ["1e-10", "1e10"])
def test_scale_and_shift_change_nothing(scale):
    row, column = [["x", "0"], ["1-x", "x**2"]], [["1", "x"], ["2*x", "1/2"]]
    moved = [[f"{scale}*({e}) + {k}*x**2" for k, e in enumerate(line)] for line in row]
    first = hg.atlas(model_of(row, column), over="x")
    second = hg.atlas(model_of(moved, column), over="x")
    assert shape_of(first) == shape_of(second)
    for one, two in zip(first.pieces, second.pieces, strict=True):
        assert [b.probability for b in one] == [b.probability for b in two]


def test_constant_payoffs_are_one_piece():
    atlas = hg.atlas(model_of([["0", "0"], ["0", "0"]], [["0", "0"], ["0", "0"]]), over="x")
    assert shape_of(atlas) == [("0 <= x <= 1", ["r0|c0", "r0|c1", "r1|c0", "r1|c1"])]
    assert atlas.breakpoints == ()
    assert "no breakpoints" in str(atlas)


def test_touching_root_is_a_point_of_its_own():
    # At x = 1/2 alone the row player is indifferent.
    model = model_of([["(2*x-1)**2", "1"], ["0", "0"]], [["1", "0"], ["1", "0"]])
    atlas = hg.atlas(model, over="x")
    assert [str(p) for p in atlas.pieces] == ["0 <= x < 1/2", "x = 1/2", "1/2 < x <= 1"]
    assert [b.support for b in atlas.pieces[1]] == ["r0|c0", "r1|c0"]


def test_irrelevant_roots_are_no_breakpoints():
    # Sign changes of what nobody compares in equilibrium leave no trace.
    model = model_of([["5", "5"], ["x - 1/2", "1/4 - x"]], [["1", "0"], ["x - 1/3", "0"]])
    assert shape_of(hg.atlas(model, over="x")) == [("0 <= x <= 1", ["r0|c0"])]


# ---- rational functions, cases ------------------------------------------------------------------


def test_rational_functions():
    model = model_of([["1/(1+x)", "0"], ["2/3", "1"]], [["1", "0"], ["0", "1"]])
    atlas = hg.atlas(model, over="x")
    assert atlas.breakpoints == (sympy.S.Half,)
    mixed = atlas.piece(0.25).branches[2]
    assert (
        sympy.simplify(mixed.payoff["row"] - 1 / (1 + x) * mixed.probability["column"]["c0"]) == 0
    )


def test_pole_is_refused_unless_outside_the_range():
    row, column = [["1/(x - 1/2)", "0"], ["1", "1"]], [["1", "0"], ["0", "1"]]
    with pytest.raises(hg.ParameterError, match="divides by zero at x = 1/2"):
        hg.atlas(model_of(row, column, default=0), over="x")
    atlas = hg.atlas(model_of(row, column, default=0), over={"x": ("3/4", 1)})
    assert atlas.pieces[0].low == sympy.Rational(3, 4)
    # A pole at an end that does not belong to the range is none.
    row = [["1/x", "0"], ["3", "1"]]
    atlas = hg.atlas(model_of(row, column, open_low=True), over="x")
    assert atlas.breakpoints == (sympy.Rational(1, 3),)
    assert not atlas.pieces[0].holds_low
    with pytest.raises(hg.ParameterError, match="outside the atlas"):
        atlas.piece(0)


@pytest.mark.parametrize("formula", ["sqrt(x)", "exp(x)", "2**x", "log(1+x)", "x**0.3"])
def test_other_functions_are_refused(formula):
    model = model_of([[formula, "0"], ["1", "1"]], [["1", "0"], ["0", "1"]])
    with pytest.raises(hg.FormulaError, match=r"no rational function of x .* hg\.sweep"):
        hg.atlas(model, over="x")


def test_functions_of_what_is_fixed_are_numbers():
    model = hg.Model(
        "fixed",
        players=("row", "column"),
        actions=(("r0", "r1"), ("c0", "c1")),
        parameters=[hg.Parameter("x", 0.5, 0, 1), hg.Parameter("k", 2, 0, 4)],
        payoffs={"row": [["x**k", "0"], ["sqrt(k)", "1"]], "column": [["1", "0"], ["0", "1"]]},
    )
    atlas = hg.atlas(model, over="x", k=4)
    assert atlas.breakpoints == ()
    atlas = hg.atlas(model, over="x", k=Fraction(1, 4).__class__(0))
    assert len(atlas.pieces) == 1
    with pytest.raises(hg.FormulaError):
        hg.atlas(model, over="k")


def test_cases_minima_and_absolute_values():
    row = [["max(x, 1-x)", "0"], ["where(x < 1/3, 1, 2*x)", "abs(x - 1/2)"]]
    column = [["1", "x"], ["x", "1/2"]]
    model = model_of(row, column)
    atlas = hg.atlas(model, over="x")
    assert atlas.breakpoints == (sympy.Rational(1, 3), sympy.S.Half)
    # Jumps are taken at their own value: at 1/3 the payoff is 2/3, not 1.
    (at,) = [p for p in atlas.pieces if p.is_point and p.low == sympy.Rational(1, 3)]
    assert {b.support: b.payoff["row"] for b in at}["r0|c0"] == sympy.Rational(2, 3)
    for value in np.linspace(0, 1, 41):
        exact = Fraction(str(round(float(value), 4)))
        ds, points = exact_answer(model, exact)
        piece = atlas.piece(exact)
        assert [b.support for b in piece] == ds.support.values.tolist()
        assert [tuple(b.at(exact)) for b in piece] == points


def test_continuous_cases_are_joined():
    model = model_of([["max(x, 1/2)", "1"], ["0", "0"]], [["1", "0"], ["1", "0"]])
    atlas = hg.atlas(model, over="x")
    # The equilibrium stays, its payoff changes form at 1/2.
    assert shape_of(atlas) == [("0 <= x <= 1/2", ["r0|c0"]), ("1/2 < x <= 1", ["r0|c0"])]
    assert [p.branches[0].payoff["row"] for p in atlas.pieces] == [sympy.S.Half, x]


# ---- three and more players ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["triadic_hedging", "hedging_bimatrix"])
def test_critical_immunity_and_rivalry(name):
    """mu* = 1/5 and R* = 8/5 at the defaults, as the closed forms of the model say."""
    model = hg.catalogue[name]
    for over, curve, value in (("immunity", "mu_star", "1/5"), ("rivalry", "R_star", "8/5")):
        atlas = hg.atlas(model, over=over)
        assert sympy.Rational(value) in atlas.breakpoints
        assert np.isclose(float(model.critical(curve)), float(Fraction(value)))
        hedged = {p.low: "hedge" + "|accommodate" * (len(model.players) - 1) for p in atlas}
        there = [any(b.support == hedged[p.low] and b.index == 1 for b in p) for p in atlas]
        sides = [float(p._stretch.sample) for p, t in zip(atlas, there, strict=True) if t]
        assert all((v > 0.2) == (over == "immunity") or v < 1.6 for v in sides)
        assert atlas.complete


def test_three_players_keep_their_closed_forms():
    model = hg.catalogue["triadic_hedging"]
    atlas = hg.atlas(model, over="rivalry")
    rivalry = sympy.Symbol("rivalry")
    branch = atlas.piece(1.7).branches[0]
    assert branch.support == "align_a+hedge|accommodate+pressure|accommodate"
    assert sympy.simplify(branch.probability["M"]["hedge"] - 3 / (5 * rivalry - 5)) == 0
    for value in (0.3, 1.7, 1.9, 2.5, 4.4):
        game = model(rivalry=value)
        for b in atlas.piece(value):
            mix = [float(p) for p in b.at(Fraction(str(value)))]
            assert np.max(game.regret([mix[:3], mix[3:5], mix[5:]])) < 1e-12


@pytest.mark.parametrize("over", ["immunity", "rivalry", "coercion_a", "retention"])
def test_indices_of_three_players(over):
    """They add up to +1; hedging with both powers mixing, between two others, has -1."""
    for piece in hg.atlas(hg.catalogue["triadic_hedging"], over=over, offset="0.1").pieces:
        if piece.status == Status.OK:
            assert sum(b.index for b in piece) == 1
    if over == "immunity":
        found = hg.atlas(hg.catalogue["triadic_hedging"], over=over).piece(0.1)
        assert [(b.support, b.index) for b in found] == [
            ("hedge|accommodate|pressure", 1),
            ("align_a+hedge|accommodate+pressure|accommodate", 1),
            ("hedge|accommodate+pressure|accommodate+pressure", -1),
        ]


@pytest.mark.parametrize("over", ["immunity", "rivalry", "hedging_cost"])
def test_nobody_gains_at_the_breakpoints_of_three_players(over):
    """Exactly at rational ones, to rounding at the others, limits from both sides included."""
    model = hg.catalogue["triadic_hedging"]
    for piece in hg.atlas(model, over=over).pieces:
        if piece.is_point:
            assert len(piece) > 0
            assert piece.status != Status.OK
            exact = piece.low.is_Rational
            value = Fraction(int(piece.low.p), int(piece.low.q)) if exact else float(piece.low)
            game = model(exact=exact, **{over: value})
            for branch in piece:
                mixes = [list(own.values()) for own in branch.probability.values()]
                if exact:
                    mixes = [[Fraction(int(p.p), int(p.q)) for p in own] for own in mixes]
                    assert max(game.regret(mixes).tolist()) == 0
                else:
                    mixes = [[float(p) for p in own] for own in mixes]
                    assert np.max(game.regret(mixes)) < 1e-12


def test_fixed_values_move_the_breakpoints():
    model = hg.catalogue["hedging_bimatrix"]
    atlas = hg.atlas(model, over="immunity", rivalry=2, pressure_cost_a="0.13")
    wanted = model.critical("mu_star", rivalry=2, pressure_cost_a=0.13)
    assert np.isclose(float(atlas.breakpoints[-1]), float(wanted))
    assert "with rivalry = 2, pressure_cost_a = 13/100" in str(atlas)


def test_pure_equilibria_of_many_players():
    rng = np.random.default_rng(3)
    shape = (2, 3, 2, 2)
    c = rng.integers(-5, 6, (4, *shape, 2))
    text = np.vectorize(lambda a, b: f"{a} + ({b})*x")(c[..., 0], c[..., 1])
    model = hg.Model(
        "many",
        players=tuple("ABCD"),
        actions=tuple(
            tuple(f"{p}{k}" for k in range(m)) for p, m in zip("ABCD", shape, strict=True)
        ),
        parameters=[hg.Parameter("x", 0, -1, 1)],
        payoffs={p: text[i].tolist() for i, p in enumerate("ABCD")},
    )
    atlas = hg.atlas(model, over="x")
    assert not atlas.complete
    assert str(atlas).startswith("Pure equilibria of many over x")
    for k in range(-20, 21):
        value = Fraction(k, 20)
        found = pure_equilibria(model(exact=True, x=value).payoffs[None])[0]
        wanted = {
            "|".join(f"{p}{a}" for p, a in zip("ABCD", place, strict=True))
            for place in np.argwhere(found)
        }
        assert {b.support for b in atlas.piece(value)} == wanted


def test_pure_equilibria_of_two_players_on_request():
    atlas = hg.atlas(KNOWN, over="x", pure=True)
    assert not atlas.complete
    assert [b.support for b in atlas.piece(0.5)] == ["first|second", "second|first"]
    assert atlas.piece(0.5).status == Status.INCOMPLETE


# ---- ties of three players ----------------------------------------------------------------------


def test_equilibria_isolated_by_counting_are_isolated():
    """Of F1 over rivalry: at both irrational breakpoints one, pinned by indifference."""
    atlas = hg.atlas(hg.catalogue["triadic_hedging"], over="rivalry")
    ties = [p for p in atlas.pieces if p.is_point]
    assert [[b.isolated for b in p] for p in ties] == [[False, False], [True], [True]]
    assert [[b.component for b in p] for p in ties] == [[0, 0], [0], [0]]
    text = str(atlas)
    assert text.count("(tie, isolated)") == 2
    assert text.count("(end of continuum 1)") == 2
    assert "continuum 2" not in text


FREE = hg.Model(
    "free",
    players=("M", "A", "B"),
    actions=(("h", "t"), ("h", "t"), ("l", "r")),
    parameters=[hg.Parameter("x", 0, 0, 1)],
    payoffs={
        "M": [[["1", "1"], ["-1", "-1"]], [["-1", "-1"], ["1", "1"]]],
        "A": [[["-1", "-1"], ["1", "1"]], [["1", "1"], ["-1", "-1"]]],
        "B": [[["x - 1/2", "0"]] * 2] * 2,
    },
)


def test_ends_of_one_segment_are_one_component():
    """M and A play matching pennies; at x = 1/2 B is free, whatever they do."""
    (at,) = [p for p in hg.atlas(FREE, over="x").pieces if p.is_point]
    assert [b.support for b in at] == ["h+t|h+t|l", "h+t|h+t|r"]
    assert [(b.isolated, b.component) for b in at] == [(False, 0)] * 2
    ds = hg.nash(FREE(exact=True, x="1/2"), exact=True)
    assert ds.component.values.tolist() == [0, 0]
    assert ds.isolated.values.tolist() == [False, False]


def test_isolated_in_fractions_is_isolated_by_subdivision():
    """Games of three players full of ties: two independent ways to tell points from continua."""
    rng = np.random.default_rng(5)
    payoffs = rng.integers(0, 3, (60, 3, 2, 2, 2))
    proved = 0
    for table in payoffs:
        exact = hg.nash(hg.Game(table.astype(object)), exact=True)
        other = hg.nash(hg.Game(table.astype(float)), method="subdivision")
        if int(other.status) != Status.DEGENERATE:
            continue
        listed = np.nan_to_num(other.probability.values, nan=9)
        for p, isolated, index in zip(
            exact.probability.values.astype(float),
            exact.isolated.values,
            exact["index"].values,
            strict=True,
        ):
            gap = abs(listed - p).max(axis=1)
            if isolated and gap.min() < 1e-7:
                proved += index == 0
                assert other.isolated.values[gap.argmin()]
    assert proved >= 3


def test_irrational_ties_join_segments():
    model = hg.Model(
        "irrational",
        players=FREE.players,
        actions=FREE.actions,
        parameters=[hg.Parameter("x", 0, 0, 1)],
        payoffs={
            "M": FREE.payoffs["M"],
            "A": FREE.payoffs["A"],
            "B": [[["x**2 - 1/2", "0"]] * 2] * 2,
        },
    )
    (at,) = [p for p in hg.atlas(model, over="x").pieces if p.is_point]
    assert at.low == sympy.sqrt(2) / 2
    assert [(b.isolated, b.component) for b in at] == [(False, 0)] * 2


def test_pieces_say_that_only_pure_equilibria_are_listed():
    text = str(hg.atlas(hg.catalogue["red_line_veto"], over="crossing_gain"))
    assert "mixed equilibria are not looked for" in text.splitlines()[0]
    assert "1/20 <= crossing_gain < 3/5: no pure equilibria" in text
    assert (
        r"\text{no pure one}"
        in hg.atlas(hg.catalogue["red_line_veto"], over="crossing_gain").latex()
    )


# ---- datasets -----------------------------------------------------------------------------------


def test_evaluate_gives_the_dataset_of_nash():
    values = np.linspace(0, 1, 22)
    found = hg.atlas(KNOWN, over="x").evaluate(values)
    wanted = hg.nash(KNOWN(x=values))
    assert found["x"].values.tolist() == values.tolist()
    for name in wanted.data_vars:
        assert found[name].dims == tuple("x" if d == "batch_0" else d for d in wanted[name].dims), (
            name
        )
        assert found[name].dtype == wanted[name].dtype, name
        if name == "regret":
            assert np.nanmax(found[name]) < 1e-15
        elif wanted[name].dtype.kind == "f":
            np.testing.assert_allclose(found[name], wanted[name], atol=1e-14)
        else:
            np.testing.assert_array_equal(found[name], wanted[name])
    assert (
        found.region.attrs["supports"]
        == hg.nash(KNOWN(x=values), report="region").region.attrs["supports"]
    )


def test_evaluate_reads_decimals_as_written():
    atlas = hg.atlas(hg.catalogue["hedging_bimatrix"], over="immunity")
    ds = atlas.evaluate([0.1, 0.2, 0.3])
    assert ds.status.values.tolist() == [Status.OK, Status.DEGENERATE, Status.OK]
    assert ds["count"].values.tolist() == [1, 2, 1]
    with pytest.raises(hg.ParameterError, match="outside the atlas"):
        atlas.evaluate([1.5])
    with pytest.raises(hg.ParameterError, match="shape"):
        atlas.evaluate([[0.1]])


def test_to_dataset_holds_the_formulas():
    ds = hg.atlas(KNOWN, over="x").to_dataset()
    assert dict(ds.sizes) == {"piece": 5, "equilibrium": 3, "choice": 4, "player": 2}
    assert ds.range.values.tolist()[2] == "1/3 < x < 2/3"
    assert ds.probability.values[2, 2].tolist() == ["3*x - 1", "2 - 3*x"] * 2
    assert ds.probability_derivative.values[2, 2].tolist() == ["3", "-3"] * 2
    assert ds["count"].values.tolist() == [1, 3, 3, 3, 1]


# ---- arguments ----------------------------------------------------------------------------------


def test_arguments_are_checked():
    with pytest.raises(hg.UnknownNameError, match="no parameter 'y'"):
        hg.atlas(KNOWN, over="y")
    with pytest.raises(hg.ParameterError, match="both varied and fixed"):
        hg.atlas(KNOWN, over="x", x=1)
    with pytest.raises(hg.HedgingTypeError, match="over is 3"):
        hg.atlas(KNOWN, over=3)
    with pytest.raises(hg.ParameterError, match="twice"):
        hg.atlas(KNOWN, over=("x", "x"))
    with pytest.raises(hg.ParameterError, match="low < high"):
        hg.atlas(KNOWN, over={"x": (1, 0)})
    with pytest.raises(hg.ParameterError, match="values; fix it at one number"):
        hg.atlas(hg.catalogue["hedging_bimatrix"], over="immunity", rivalry=[1, 2])
    with pytest.raises(hg.HedgingTypeError, match="bifurcation draws an atlas"):
        hg.plot.bifurcation(KNOWN)


# ---- numbers ------------------------------------------------------------------------------------


def test_roots_are_isolated_and_ordered():
    rng = np.random.default_rng(8)
    for _ in range(40):
        p = Polynomial(rng.integers(-9, 10, 6).tolist())
        roots = sorted(
            r
            for f, _ in irreducible_factors(p)
            for r in roots_between(f, Fraction(-9), Fraction(9))
        )
        wanted = np.roots(p.c[::-1])
        wanted = np.unique(
            wanted[(abs(wanted.imag) < 1e-9) & (abs(wanted.real) <= 9)].real.round(9)
        )
        assert np.allclose([float(r) for r in roots], wanted, atol=1e-6)
        for one, two in pairwise(roots):
            middle = one.gap(two)
            assert one.side(middle) > 0 > two.side(middle)
        for root in roots:
            assert root.sign_of(p) == 0
            assert root.sign_of(p + 1) == 1
            assert root.value_of(p * 3 + 2) == 2


def test_equal_roots_of_different_isolations():
    p = Polynomial([-2, 0, 1])
    (one,) = roots_between(p, Fraction(0), Fraction(2))
    (two,) = roots_between(p, Fraction(1), Fraction(50))
    (other,) = roots_between(p, Fraction(-2), Fraction(0))
    assert one == two
    assert one != other
    assert other < one
    assert not one < two
    assert RealRoot.rational(Fraction(7, 5)) < one < RealRoot.rational(Fraction(3, 2))


def test_common_divisors_divide():
    rng = np.random.default_rng(2)
    for _ in range(50):
        a, b, c = (Polynomial([*rng.integers(-5, 6, 3).tolist(), 1]) for _ in range(3))
        divisor = common_divisor(a * b, a * c * 6)
        assert quotient(a * b, divisor) * divisor == a * b
        assert divisor.degree >= a.degree
        assert common_divisor(a, Polynomial([])) == a


# ---- two parameters -----------------------------------------------------------------------------


def test_boundaries_of_the_hedging_map():
    """Of F2 at the defaults: the critical immunity, and where aligning with A replaces hedging."""
    found = hg.atlas(hg.catalogue["hedging_bimatrix"], over=("rivalry", "immunity"))
    r, mu = sympy.symbols("rivalry immunity")
    assert {b.polynomial for b in found} == {
        5 * r * mu - 3 * r + 2,
        400 * r * mu - 400 * r + 293,
    }
    star = next(b for b in found if b.polynomial == 5 * r * mu - 3 * r + 2)
    assert sympy.simplify(star.solved("immunity") - (3 * r - 2) / (5 * r)) == 0
    assert star.solved("rivalry").subs(mu, sympy.Rational(7, 20)) == sympy.Rational(8, 5)
    assert "immunity = (3*rivalry - 2)/(5*rivalry)" in str(found)
    assert r"\begin{aligned}" in found.latex()


def test_boundaries_separate_and_suffice():
    """Each boundary has different equilibria beside it; regions differ only across boundaries."""
    rng = np.random.default_rng(11)
    names = ("x", "y")
    for shape in ((2, 2), (2, 3), (3, 3)):
        c = rng.integers(-4, 5, (2, *shape, 4))
        text = np.vectorize(lambda a, b, d, e: f"{a}+({b})*x+({d})*y+({e})*x*y")(
            *np.moveaxis(c, -1, 0)
        )
        model = hg.Model(
            "plane",
            players=("row", "column"),
            actions=tuple(
                tuple(f"{w}{k}" for k in range(m)) for w, m in zip("rc", shape, strict=True)
            ),
            parameters=[hg.Parameter(n, 0, -1, 1) for n in names],
            payoffs={"row": text[0].tolist(), "column": text[1].tolist()},
        )
        found = hg.atlas(model, over=names)
        for boundary in found:
            for (below, above), (at_x, at_y) in zip(
                boundary.between, boundary.witness, strict=True
            ):
                assert below != above
                assert -1 <= at_x <= 1
                assert -1 <= at_y <= 1
                value = boundary.polynomial.subs(dict(zip(names, (at_x, at_y), strict=True)))
                assert abs(float(value)) < 1e-9
        line = np.linspace(-1, 1, 61) + 1e-4
        line = line[line < 1]
        ds = hg.sweep(model, hg.grid(x=line, y=line), progress=False)
        code = ds.region.values
        signs = np.array(
            [found.value(found.number_of(b), line[:, None], line[None, :]) > 0 for b in found]
        ).reshape(-1, *code.shape)
        for axis in (1, 2):
            changes = np.diff(code.astype(int), axis=axis - 1) != 0
            crossed = np.diff(signs, axis=axis).any(axis=0)
            assert not (changes & ~crossed).any()


def test_boundaries_need_polynomials():
    model = model_of([["1", "0"], ["0", "1"]], [["1", "0"], ["0", "1"]])
    assert len(hg.atlas(KNOWN, over={"x": (0, 1)}).pieces) == 5
    with pytest.raises(hg.UnknownNameError):
        hg.atlas(model, over=("x", "y"))


# ---- pictures -----------------------------------------------------------------------------------


def test_bifurcation_draws_every_branch():
    atlas = hg.atlas(KNOWN, over="x")
    ax = hg.plot.bifurcation(atlas)
    assert ax.get_xlabel() == "x"
    assert ax.get_ylabel() == "Pr(row plays first)"
    labels = [t.get_text().replace("\xa0", " ") for t in ax.get_legend().get_texts()]
    assert [label.rpartition("index ")[2] for label in labels[:-1]] == [
        "+1",
        "+1",
        "+1",
        "-1",
        "+1",
    ]
    assert labels[-1] == "continuum of equilibria (a tie)"
    assert not any("stable" in label for label in labels)
    mixed = max((line for line in ax.lines if len(line.get_xdata()) > 9), key=lambda v: v.zorder)
    dashed = [v for v in ax.lines if len(v.get_xdata()) > 9 and v.is_dashed()]
    assert mixed is not None
    assert len(dashed) == 1
    at, chance = dashed[0].get_data()
    np.testing.assert_allclose(chance, 3 * np.asarray(at) - 1, atol=1e-12)
    mpl.pyplot.close("all")


def test_bifurcation_of_a_chosen_action():
    atlas = hg.atlas(hg.catalogue["hedging_bimatrix"], over="rivalry")
    ax = hg.plot.bifurcation(atlas)
    assert ax.get_ylabel() == "Pr(M plays hedge)"
    first = ax.get_legend().get_texts()[0].get_text()
    assert first == "M hedges, A accommodates; index\u00a0+1"
    ax = hg.plot.bifurcation(atlas, player="A", action="pressure")
    assert ax.get_ylabel() == "Pr(A plays pressure)"
    with pytest.raises(hg.UnknownNameError):
        hg.plot.bifurcation(atlas, player="B")
    mpl.pyplot.close("all")


def test_boundary_curves_lie_on_boundaries():
    model = hg.catalogue["hedging_bimatrix"]
    atlas = hg.atlas(model, over=("rivalry", "immunity"))
    ax = hg.plot.boundaries(atlas)
    curves = [line for line in ax.lines if line.get_color() != "white"]
    assert len(curves) == 2
    for line in curves:
        rivalry, immunity = (np.asarray(v) for v in line.get_data())
        values = [b.polynomial for b in atlas]
        size = [
            abs(sympy.lambdify(sympy.symbols("rivalry immunity"), v)(rivalry, immunity)).max()
            for v in values
        ]
        assert min(size) < 0.05
    _, ax = mpl.pyplot.subplots()
    ax.set(xlabel="immunity: share of coercion escaped", ylabel="rivalry")
    with pytest.raises(hg.ParameterError, match="in the order of the map"):
        hg.plot.boundaries(atlas, ax)
    mpl.pyplot.close("all")


# ---- against sweeps -----------------------------------------------------------------------------


def agree(atlas, ds, values, gap):
    """Compare the regions of an atlas with those of a dataset, away from breakpoints."""
    sets = {int(k): set(v) for k, v in json.loads(ds.region.attrs["supports"]).items()}
    codes, compared = ds.region.values, 0
    for piece in atlas.pieces:
        low, high = piece.ends
        here = (values > low + gap) & (values < high - gap)
        mine = {b.support for b in piece}
        assert all(sets[int(code)] == mine for code in np.unique(codes[here])), str(piece)
        compared += int(here.sum())
    ends = np.array([end for piece in atlas.pieces for end in piece.ends])
    assert compared == (abs(values[:, None] - ends).min(axis=1) > gap).sum()


@pytest.mark.slow
def test_three_hundred_atlases_agree_with_dense_sweeps():
    rng = np.random.default_rng(300)
    values = np.linspace(-1, 1, 1001)
    powers = values[None, :] ** np.arange(3)[:, None]
    compared = 0
    for k in range(300):
        m, n = ((2, 2), (2, 3), (3, 3))[k % 3]
        model, c = random_model(rng, m, n, degree=1 + k % 2, high=(9, 2)[k // 150])
        payoffs = np.moveaxis(c @ powers[: c.shape[-1]], -1, 0)
        game = hg.Game(payoffs, model.players, model.actions, batch_dims=["x"])
        atlas = hg.atlas(model, over="x")
        wanted = hg.nash(game, report=("probability", "region", "status"))
        agree(atlas, wanted, values, 1e-9)
        found = atlas.evaluate(values[k % 20 :: 20])
        assert np.nanmax(found.regret.values) < 1e-9
        wanted = wanted.isel(x=slice(k % 20, None, 20))
        regular = (wanted.status.values == Status.OK) & (found.status.values == Status.OK)
        compared += int(regular.sum())
        many = min(found.sizes["equilibrium"], wanted.sizes["equilibrium"])
        for one, two in ((found, wanted), (wanted, found)):  # nothing beyond the shorter list
            rest = one.probability.values[regular, many:]
            assert np.isnan(rest).all(), (k, two.sizes)
        mine, theirs = (d.probability.values[regular, :many] for d in (found, wanted))
        np.testing.assert_allclose(mine, theirs, atol=1e-7)
    assert compared > 10_000


# Where irrational powers of these are numbers that sympy knows; then those left refuse to vary.
FIXED = {"alignment_ladder": {"retention": 1, "immunity": 0}}
REFUSED = {"alignment_ladder": {"mediation", "offset"}}
PURE_ONLY = {
    "alignment_ladder",
    "alignment_portfolio",
    "ambiguity_signalling",
    "red_line_veto",
    "regional_grouping",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(hg.catalogue))
def test_catalogue_agrees_with_sweeps(name):
    """Every parameter of every model at 201 values and beside every breakpoint."""
    model, fixed = hg.catalogue[name], FIXED.get(name, {})
    refused = set()
    for over, parameter in model.parameters.items():
        if over in fixed:
            continue
        try:
            atlas = hg.atlas(model, over=over, **fixed)
        except hg.FormulaError:
            refused.add(over)
            continue
        assert atlas.complete == (name not in PURE_ONLY)
        low, high = float(parameter.low), float(parameter.high)
        gap = 1e-7 * (high - low)
        ends = np.array([end for piece in atlas.pieces for end in piece.ends])
        values = np.concatenate([np.linspace(low, high, 203)[1:-1], ends - 9 * gap, ends + 9 * gap])
        values = np.unique(values[(values > low) & (values < high)])
        if atlas.complete:
            ds = hg.sweep(model, hg.grid(**{over: values}), progress=False, **fixed)
            agree(atlas, ds, values, gap)
            continue
        values = values[abs(values[:, None] - ends).min(axis=1) > gap]
        for value, table in zip(values, model(**{over: values}, **fixed).payoffs, strict=True):
            # Rounding may break ties that hold all along.
            best = [u >= u.max(axis=i, keepdims=True) - 1e-12 for i, u in enumerate(table)]
            wanted = {
                "|".join(model.actions[i][a] for i, a in enumerate(place))
                for place in np.argwhere(np.logical_and.reduce(best))
            }
            assert {b.support for b in atlas.piece(value)} == wanted
    assert refused == REFUSED.get(name, set())


def test_refusals_advise_what_works():
    model = hg.catalogue["alignment_ladder"]
    with pytest.raises(hg.FormulaError, match="fix immunity=0 and retention=1"):
        hg.atlas(model, over="rivalry")
    with pytest.raises(hg.FormulaError, match="vary another parameter, not retention"):
        hg.atlas(model, over="retention")
    assert len(hg.atlas(model, over="rivalry", retention=1, immunity=0)) > 1
