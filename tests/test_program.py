"""Laws of straight-line programs: every arithmetic says the same, and the bound is a bound."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.errors import FormulaError
from hedging.program import doubles, rationals
from hedging.program.graph import Builder, Instruction, Program
from hedging.program.symbols import from_sympy, to_sympy

NAMES = ("x", "y", "z")

# Numbers that hurt: cancellation, ties, subnormals, the edge of overflow, ordinary ones.
scales = st.sampled_from([1.0, 1e-10, 1e10, 1e-150, 1e150, 1e-300, 1e300, 1e-308, 2.0**-1074])
hard = st.builds(lambda m, s: m * s, st.integers(-4, 4), scales)
plain = st.floats(-10, 10, allow_nan=False, width=64)
wild = st.floats(allow_nan=False, allow_infinity=False)
numbers = st.one_of(plain, hard, wild, st.integers(-3, 3).map(float)).filter(np.isfinite)

NUMERIC = ["add", "sub", "mul", "div", "min", "max", "neg", "abs", "pow", "select", "const"]


@st.composite
def programs(draw, ops=tuple(NUMERIC), length=12):
    """A random program over rational operations, its last few values as outputs."""
    builder = Builder(NAMES)
    values = [builder.input(name) for name in NAMES]

    def pick():
        return values[draw(st.integers(0, len(values) - 1))]

    for _ in range(draw(st.integers(1, length))):
        op = draw(st.sampled_from(ops))
        if op == "const":
            low = draw(st.integers(1, 9))
            new = builder.constant(Fraction(draw(st.integers(-20, 20)), low))
        elif op == "pow":
            new = builder.power(pick(), draw(st.integers(-5, 7)))
        elif op == "select":
            kind = draw(st.sampled_from(["less", "less_equal", "equal"]))
            test = builder.apply(kind, pick(), pick())
            joint = draw(st.sampled_from(["none", "not", "and", "or"]))
            if joint == "not":
                test = builder.apply("not", test)
            elif joint != "none":
                test = builder.apply(joint, test, builder.apply("less", pick(), pick()))
            new = builder.apply("select", test, pick(), pick())
        elif op in {"neg", "abs", "sqrt", "exp", "log"}:
            new = builder.apply(op, pick())
        else:
            new = builder.apply(op, pick(), pick())
        values.append(new)
    return builder.program(values[-3:])


def exactly(program, inputs):
    """Outputs one at a time as Fractions, None where a value does not exist."""
    results = []
    for output in program.outputs:
        one = Builder(program.inputs)
        single = one.program([one.append(program)[program.outputs.index(output)]])
        try:
            results.append(Fraction(rationals.evaluate(single, inputs)[0]))
        except (ZeroDivisionError, rationals.Irrational):
            results.append(None)
    return results


@settings(max_examples=1000, deadline=None)
@given(programs(), st.tuples(numbers, numbers, numbers))
def test_the_error_bound_bounds_the_error(program, inputs):
    values, errors = doubles.evaluate_with_error(program, inputs)
    for value, error, exact in zip(
        values, errors, exactly(program, [Fraction(x) for x in inputs]), strict=True
    ):
        assert error >= 0
        if exact is None or not np.isfinite(value):
            assert error == np.inf
        elif error < np.inf:
            assert abs(Fraction(float(value)) - exact) <= Fraction(float(error))


@settings(max_examples=100, deadline=None)
@given(programs(), st.tuples(numbers, numbers, numbers))
def test_both_double_evaluations_give_the_same_values(program, inputs):
    plain_values = doubles.evaluate(program, inputs)
    values, _ = doubles.evaluate_with_error(program, inputs)
    for a, b in zip(plain_values, values, strict=True):
        np.testing.assert_array_equal(a, b)


@settings(max_examples=100, deadline=None)
@given(programs(), st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=5))
def test_batch_equals_loop(program, points):
    columns = np.array(points).T
    values, errors = doubles.evaluate_with_error(program, list(columns))
    for k, point in enumerate(points):
        alone, alone_errors = doubles.evaluate_with_error(program, point)
        for a, b, c, d in zip(values, alone, errors, alone_errors, strict=True):
            np.testing.assert_array_equal(np.broadcast_to(a, len(points))[k], b)
            np.testing.assert_array_equal(np.broadcast_to(c, len(points))[k], d)


@settings(max_examples=100, deadline=None)
@given(programs(), st.tuples(*[st.fractions(-3, 3, max_denominator=12)] * 3))
def test_symbols_and_rationals_agree(program, point):
    exact = exactly(program, list(point))
    if any(value is None for value in exact):
        return
    at = {n: sympy.Rational(p.numerator, p.denominator) for n, p in zip(NAMES, point, strict=True)}
    back = from_sympy(to_sympy(program), NAMES)
    again = exactly(back, list(point))
    for expression, value, round_trip in zip(to_sympy(program), exact, again, strict=True):
        if round_trip is not None:  # sympy may leave a removable 0/0 standing, never invent one
            assert round_trip == value
        direct = expression.subs(at)
        if direct.is_Rational:
            assert Fraction(int(direct.p), int(direct.q)) == value


@settings(max_examples=300, deadline=None)
@given(
    programs(("add", "sub", "mul", "div", "min", "sqrt", "exp", "log", "const"), 8),
    st.tuples(plain, plain, plain),
)
def test_the_bound_holds_for_roots_and_exponentials(program, inputs):
    values, errors = doubles.evaluate_with_error(program, inputs)
    with mpmath.workdps(400):
        truth = _evaluate_mpmath(program, inputs)
    for value, error, exact in zip(values, errors, truth, strict=True):
        if exact is None:
            assert error == np.inf or not np.isfinite(value)
        elif error < np.inf:
            assert np.isfinite(value)
            with mpmath.workdps(400):
                assert abs(mpmath.mpf(float(value)) - exact) <= mpmath.mpf(float(error))


def _evaluate_mpmath(program, inputs):
    """Independent evaluation in 400 digits; None where there is no real value or too large."""
    values = []
    for op, args, literal in program.code:
        v = [values[a] for a in args]
        if op == "input":
            values.append(mpmath.mpf(inputs[int(literal)]))
        elif op == "const":
            values.append(mpmath.mpf(Fraction(literal).numerator) / Fraction(literal).denominator)
        elif any(x is None for x in v):
            values.append(None)
        elif op == "div":
            values.append(v[0] / v[1] if v[1] != 0 else None)
        elif op in {"sqrt", "log"}:
            ok = v[0] >= 0 if op == "sqrt" else v[0] > 0
            values.append(getattr(mpmath, op)(v[0]) if ok else None)
        elif op == "exp":
            values.append(mpmath.exp(max(v[0], -1e6)) if v[0] < 800 else None)
        else:
            simple = {
                "add": lambda a, b: a + b,
                "sub": lambda a, b: a - b,
                "mul": lambda a, b: a * b,
                "min": min,
                "neg": lambda a: -a,
            }
            values.append(simple[op](*v))
    return [values[o] for o in program.outputs]


def compiled(text):
    return from_sympy([sympy.sympify(text)], NAMES)


def test_the_bound_is_useful():
    """Rigorous is easy with inf; ordinary formulas must get a few units in the last place."""
    program = compiled("x*y - (1 - z)*(x + y)/3")
    _, errors = doubles.evaluate_with_error(program, [0.3, 0.7, 0.1])
    assert errors[0] <= 20 * doubles.UNIT_ROUNDOFF * 0.3


def test_exact_zeros_have_no_error():
    program = compiled("0.5*x*y - x*z")
    _, errors = doubles.evaluate_with_error(program, [0.0, 0.7, 0.1])
    assert errors[0] == 0


def test_division_by_zero_cannot_be_laundered():
    builder = Builder(["x"])
    x, one = builder.input("x"), builder.constant(1)
    pole = builder.div(one, x)
    outputs = [
        builder.apply("min", pole, one),
        builder.apply("exp", builder.neg(pole)),
        builder.apply("select", builder.apply("less", one, pole), one, x),
        builder.apply(
            "select", builder.apply("not", builder.apply("less", one, pole)), one, builder.neg(x)
        ),
        builder.power(x, -2),
    ]
    program = builder.program(outputs)
    for values in (
        doubles.evaluate(program, [0.0]),
        doubles.evaluate_with_error(program, [0.0])[0],
    ):
        assert np.isnan(values).all()


def test_the_branch_not_taken_may_be_undefined():
    builder = Builder(["x"])
    x, zero = builder.input("x"), builder.constant(0)
    safe = builder.apply(
        "select", builder.apply("equal", x, zero), zero, builder.div(builder.constant(1), x)
    )
    program = builder.program([safe])
    assert rationals.evaluate(program, [0]) == [0]
    assert rationals.evaluate(program, [4]) == [Fraction(1, 4)]
    assert doubles.evaluate(program, [[0.0, 4.0]])[0].tolist() == [0.0, 0.25]
    undefined = builder.program([builder.add(safe, builder.div(zero, x))])
    with pytest.raises(ZeroDivisionError):
        rationals.evaluate(undefined, [0])


def test_a_select_at_its_switching_point_covers_both_branches():
    builder = Builder(["x"])
    x = builder.input("x")
    near = builder.sub(builder.add(x, builder.constant(Fraction(1, 3))), x)
    test = builder.apply("less", near, builder.constant(Fraction(1, 3)))
    program = builder.program([builder.apply("select", test, builder.constant(5), x)])
    values, errors = doubles.evaluate_with_error(program, [1.0])
    exact = rationals.evaluate(program, [Fraction(1)])[0]
    assert abs(Fraction(float(values[0])) - exact) <= Fraction(float(errors[0])) < 5


@pytest.mark.parametrize(
    ("text", "point", "value"),
    [
        ("x/10 + 0.2", (1, 0, 0), Fraction(3, 10)),
        ("Max(x, y)**2 / Min(x, z)", (2, 3, 1), 9),
        ("Piecewise((x, x < y), (y**-2, True))", (5, 2, 0), Fraction(1, 4)),
        ("sqrt(x/y)", (9, 16, 0), Fraction(3, 4)),
        ("exp(x)*log(y)", (0, 1, 0), 0),
        ("Abs(x - y)/(-z)", (1, 3, 4), Fraction(-1, 2)),
        ("(x**-1 + y**-1)**-1", (3, 6, 0), 2),
    ],
)
def test_examples(text, point, value):
    program = compiled(text)
    assert rationals.evaluate(program, [Fraction(p) for p in point]) == [value]
    np.testing.assert_allclose(doubles.evaluate(program, point)[0], float(value), rtol=1e-14)


@pytest.mark.parametrize("text", ["x**y", "2**(-x)", "exp(-x)/3", "x**0.3", "y**(-1/2)", "E**2*x"])
def test_transcendental_examples_against_sympy(text):
    expression = sympy.sympify(text)
    at = {"x": 1.7, "y": 2.3, "z": 1.0}
    truth = float(expression.subs(at).evalf(30))
    np.testing.assert_allclose(
        doubles.evaluate(from_sympy([expression], NAMES), list(at.values()))[0], truth, rtol=1e-14
    )
    with pytest.raises(rationals.Irrational):
        rationals.evaluate(from_sympy([expression], NAMES), [2, Fraction(1, 2), 1])


def test_floats_in_expressions_are_their_shortest_decimals():
    ugly = 0.1 + 0.2
    program = from_sympy([sympy.Float(ugly) * sympy.Symbol("x")], ["x"])
    assert rationals.evaluate(program, [1]) == [Fraction("0.30000000000000004")]
    assert rationals.evaluate(from_sympy([sympy.Float(0.1)], []), []) == [Fraction(1, 10)]


def test_huge_constants_and_powers_neither_crash_nor_lie():
    builder = Builder(["x"])
    x = builder.input("x")
    huge = builder.constant(10**400)
    tower = builder.power(builder.constant(9), 10**9)
    program = builder.program([builder.div(x, huge), builder.div(x, tower)])
    assert program.roundings() > 0
    values, errors = doubles.evaluate_with_error(program, [1e300])
    for value, error in zip(values, errors, strict=True):
        assert error == np.inf or abs(value) <= error


def test_unknown_symbols_and_operations_are_named():
    with pytest.raises(FormulaError, match="'q'"):
        from_sympy([sympy.Symbol("q")], NAMES)
    for text in ("sin(x)", "oo", "zoo", "I*x", "pi*x"):
        with pytest.raises(FormulaError):
            compiled(text)
    with pytest.raises(FormulaError, match="open"):
        from_sympy([sympy.Piecewise((1, sympy.Symbol("x") < 0))], NAMES)
    with pytest.raises(FormulaError, match="cosine"):
        Builder(["x"]).apply("cosine", 0)
    with pytest.raises(FormulaError, match="3 inputs"):
        doubles.evaluate(compiled("x"), [1.0])
    with pytest.raises(FormulaError, match="3 inputs"):
        rationals.evaluate(compiled("x"), [1])


def test_equal_subexpressions_are_computed_once():
    program = compiled("(x + y)*(x + y - z) + (y + x)/z")
    assert sum(step.op == "add" for step in program.code) <= 2


def test_composition_is_substitution():
    outer, inner = (
        compiled("x*y + z"),
        from_sympy([sympy.sympify(t) for t in ("x - y", "x + y", "y**2")], ["x", "y"]),
    )
    both = outer.compose(inner)
    assert rationals.evaluate(both, [5, 3]) == [(5 - 3) * (5 + 3) + 9]
    with pytest.raises(FormulaError):
        inner.compose(inner)


def test_programs_are_values():
    program = Program(("x",), (Instruction("input", (), 0),), (0,))
    assert program == Program(("x",), (Instruction("input", (), 0),), (0,))
    assert hash(program) == hash(Program(("x",), (Instruction("input", (), 0),), (0,)))
    assert program.is_rational
    assert not compiled("sqrt(x)").is_rational


def test_integer_rows_keep_signs_of_differences():
    assert rationals.integer_rows([0.5, Fraction(1, 3), 2]) == [3, 2, 12]
    assert [rationals.sign(x) for x in (Fraction(-1, 2), 0, 7)] == [-1, 0, 1]
