"""Laws of the interval arithmetic: the range holds every value, the error every rounding."""

import math
import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.errors import FormulaError, ParameterError
from hedging.program import doubles, intervals, rationals
from hedging.program.graph import Builder

CONSTANTS = [
    Fraction(c) for c in ("0", "1", "-1", "2", "1/2", "1/3", "-7/10", "100000000", "1/1000000007")
]
ARITHMETIC = ("add", "sub", "mul", "div", "min", "max")


def random_program(rng, n_inputs, length, operations):
    """A program of random instructions, its value of highest degree at most 24, one output."""
    builder = Builder([f"x{k}" for k in range(n_inputs)])
    numbers = [builder.input(name) for name in builder.inputs]
    numbers += [builder.constant(c) for c in rng.sample(CONSTANTS, 3)]
    degree = dict.fromkeys(numbers, 1)
    truths = []
    for _ in range(length):
        op = rng.choice(operations)
        # Recent values are preferred, so that programs become deep.
        x, y = (rng.choice(numbers[-6:] if rng.random() < 0.6 else numbers) for _ in range(2))
        if op in {"less", "less_equal", "equal"}:
            truths.append(builder.apply(op, x, y))
            continue
        if op in {"and", "or", "not"}:
            if truths:
                args = [rng.choice(truths) for _ in range(1 if op == "not" else 2)]
                truths.append(builder.apply(op, *args))
            continue
        if op == "select":
            if not truths:
                continue
            value, size = builder.apply(op, rng.choice(truths), x, y), max(degree[x], degree[y])
        elif op == "pow":
            exponent = rng.choice([2, 2, 3, 4, 5, -1, -2, -3])
            value, size = builder.power(x, exponent), degree[x] * abs(exponent)
        elif op in ARITHMETIC:
            value, size = builder.apply(op, x, y), degree[x] + degree[y]
        else:
            value, size = builder.apply(op, x), degree[x] + 2
        if size <= 24:
            degree.setdefault(value, size)
            numbers.append(value)
    return builder.program([numbers[-1]])


def rounded(x):
    """The double nearest to a rational."""
    try:
        return float(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def fused(program, point):
    """Evaluate in doubles as a compiler may that contracts products into following sums."""
    values = []
    for op, args, literal in program.code:
        x = [values[a] for a in args]
        if op in {"add", "sub"} and all(map(math.isfinite, x)):
            sign = 1 if op == "add" else -1
            terms = [Fraction(v) for v in x]
            for k in (1, 0):
                step = program.code[args[k]]
                factors = [values[a] for a in step.args]
                if step.op == "mul" and all(map(math.isfinite, factors)):
                    terms[k] = Fraction(factors[0]) * Fraction(factors[1])
                    break
            values.append(rounded(terms[0] + sign * terms[1]))
        elif op == "input":
            values.append(point[literal])
        else:
            alone = Builder([f"v{k}" for k in range(len(args))])
            inner = [alone.input(name) for name in alone.inputs]
            if op == "const":
                values.append(rounded(literal))
                continue
            if op == "pow":
                result = alone.power(inner[0], literal)
            elif op in {"and", "or", "not"} or op == "select":
                truth = [alone.apply("less", alone.constant(0), v) for v in inner]
                if op == "select":
                    result = alone.apply(op, truth[0], inner[1], inner[2])
                else:
                    result = alone.apply(op, *truth)
            else:
                result = alone.apply(op, *inner)
            (value,) = doubles.evaluate(alone.program([result]), x)
            values.append(float(value))
    return values[program.outputs[0]]


def random_box(rng):
    scale = rng.choice([1.0, 1.0, 1.0, 1e-8, 1e8, 1e-150, 1e150, 1e-300, 1e300])
    low = rng.choice([0.0, -1.0, 1.0, rng.uniform(-2, 2)]) * scale
    width = rng.choice([0.0, 1.0, rng.random(), 1e-9 * rng.random()]) * scale
    return low, low + width


def random_points(rng, box, number=6):
    corners = [[rng.choice(side) for side in box] for _ in range(2)]
    inside = [
        [min(max(low + rng.random() * (high - low), low), high) for low, high in box]
        for _ in range(number - 2)
    ]
    return corners + inside


def check(program, box, points, exact_value):
    lows, highs = zip(*box, strict=True)
    (lo,), (hi,), (error,) = intervals.evaluate(program, lows, highs)
    assert lo.shape == hi.shape == error.shape == (1,)
    assert error[0] >= 0
    for point in points:
        exact = exact_value(program, point)
        if exact is None:
            assert error[0] == math.inf or "select" in {step.op for step in program.code}
            continue
        assert float(lo[0]) <= exact <= float(hi[0])
        if error[0] < math.inf:
            for computed in (float(doubles.evaluate(program, point)[0]), fused(program, point)):
                assert abs(Fraction(computed) - Fraction(exact)) <= Fraction(float(error[0]))
    return float(error[0])


def rational_value(program, point):
    try:
        return rationals.evaluate(program, [Fraction(x) for x in point])[0]
    except ZeroDivisionError:
        return None


@settings(deadline=None, max_examples=250)
@given(st.randoms(use_true_random=False))
def test_arithmetic_is_enclosed(rng):
    program = random_program(
        rng,
        rng.randint(1, 3),
        rng.randint(1, 20),
        ARITHMETIC[:3] * 2 + (*ARITHMETIC, "neg", "abs", "pow"),
    )
    box = [random_box(rng) for _ in program.inputs]
    check(program, box, random_points(rng, box), rational_value)


@settings(deadline=None, max_examples=250)
@given(st.randoms(use_true_random=False))
def test_decisions_are_enclosed(rng):
    program = random_program(
        rng,
        rng.randint(1, 3),
        rng.randint(4, 24),
        (
            *ARITHMETIC,
            "neg",
            "abs",
            "less",
            "less_equal",
            "equal",
            "and",
            "or",
            "not",
            "select",
            "select",
            "select",
        ),
    )
    box = [random_box(rng) for _ in program.inputs]
    check(program, box, random_points(rng, box), rational_value)


def real_value(program, point):
    """A value to 200 digits as a rational, or None."""
    with mpmath.workdps(200):
        values = []
        for op, args, literal in program.code:
            x = [values[a] for a in args]
            if op == "input":
                value = mpmath.mpf(point[literal])
            elif op == "const":
                value = mpmath.mpf(literal.numerator) / literal.denominator
            elif any(v is None for v in x):
                value = None
            elif op in {"sqrt", "log"}:
                defined = x[0] > 0 or (op == "sqrt" and x[0] == 0)
                value = getattr(mpmath, op)(x[0]) if defined else None
            elif op == "exp":
                value = mpmath.exp(x[0]) if abs(x[0]) < 1000 else None
            elif op == "div":
                value = x[0] / x[1] if x[1] else None
            elif op == "pow":
                value = x[0] ** literal if x[0] or literal > 0 else None
            else:
                value = {
                    "neg": lambda a: -a,
                    "abs": abs,
                    "min": min,
                    "max": max,
                    "add": lambda a, b: a + b,
                    "sub": lambda a, b: a - b,
                    "mul": lambda a, b: a * b,
                }[op](*x)
            values.append(value)
        value = values[program.outputs[0]]
        if value is None:
            return None
        sign, mantissa, exponent, _ = value._mpf_
        return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


@settings(deadline=None, max_examples=250)
@given(st.randoms(use_true_random=False))
def test_roots_exponentials_and_logarithms_are_enclosed(rng):
    program = random_program(
        rng,
        rng.randint(1, 3),
        rng.randint(2, 14),
        (*ARITHMETIC, "pow", "sqrt", "sqrt", "exp", "log"),
    )
    box = [
        (low, low + rng.choice([0.0, 1e-6, 1.0]))
        for low in (rng.choice([0.0, 0.5, 1.0, rng.uniform(-1, 4)]) for _ in program.inputs)
    ]

    # A value known to 200 digits only may lie on the wrong side of an end it equals.
    def value(program, point):
        exact = real_value(program, point)
        if exact is None or abs(exact) > Fraction(10) ** 300:
            return None if exact is None else exact
        nearest = Fraction(float(exact))
        return nearest if abs(exact - nearest) <= abs(exact) * Fraction(1, 10**150) else exact

    lows, highs = zip(*box, strict=True)
    (lo,), (hi,), (error,) = intervals.evaluate(program, lows, highs)
    for point in random_points(rng, box):
        exact = value(program, point)
        if exact is None:
            continue  # undefined, or beyond what is computed here
        assert float(lo[0]) <= exact <= float(hi[0])
        if error[0] < math.inf:
            computed = float(doubles.evaluate(program, point)[0])
            assert abs(Fraction(computed) - exact) <= Fraction(float(error[0]))


@pytest.mark.parametrize("op", ["div", "sqrt", "log"])
def test_undefined_somewhere_in_the_box_promises_nothing(op):
    b = Builder(["x"])
    x = b.input("x")
    value = b.div(b.constant(1), x) if op == "div" else b.apply(op, x)
    _, _, (error,) = intervals.evaluate(b.program([value]), [[-1.0, 1.0]], [[0.5, 2.0]])
    assert error[0] == math.inf
    assert error[1] < 1e-14


def test_cancellation_is_seen():
    b = Builder(["x"])
    big = b.constant(10**8)
    program = b.program([b.sub(b.add(b.input("x"), big), big), b.input("x")])
    _, _, (shifted, plain) = intervals.evaluate(program, [0.0], [1.0])
    assert plain[0] == 0
    assert 2.0**-28 < shifted[0] < 2.0**-25


@pytest.mark.parametrize("power", [0, -30, 40])
def test_error_scales_with_the_box(power):
    rng = random.Random(5)
    b = Builder([f"x{k}" for k in range(4)])
    x = [b.input(name) for name in b.inputs]
    program = b.program([b.sub(b.mul(x[0], x[1]), b.mul(x[2], x[3]))])
    lows = [rng.random() for _ in x]
    _, _, (unit,) = intervals.evaluate(program, lows, [v + 1 for v in lows])
    s = 2.0**power
    _, _, (scaled,) = intervals.evaluate(
        program, [v * s for v in lows], [(v + 1) * s for v in lows]
    )
    assert scaled[0] == pytest.approx(unit[0] * s * s, rel=1e-12)


def test_signs_are_certified_and_bounds_are_tight():
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    one = b.constant(1)
    program = b.program([b.sub(one, x), b.mul(x, x), b.mul(x, y), b.power(b.sub(x, y), 3)])
    lo, hi, error = intervals.evaluate(program, [[0.0, -1.0], [2.0, 0.0]], [[1.0, 2.0], [3.0, 1.0]])
    assert lo[0][0] == 0  # exact ends stay exact at zero
    assert lo[1].tolist() == [0.0, 0.0]
    assert lo[2][0] == 0
    assert hi[3][0] < 0
    assert hi[1][1] == pytest.approx(4.0, rel=1e-15)
    assert max(float(e.max()) for e in error[:3]) < 1e-15


def test_roots_of_what_doubles_cannot_make_negative():
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    roots = [b.sub(b.constant(1), x), b.mul(x, y), b.add(b.power(x, 2), b.power(y, 2))]
    program = b.program(
        [b.apply("sqrt", r) for r in roots] + [b.apply("sqrt", b.sub(b.mul(x, y), b.mul(y, y)))]
    )
    _, _, error = intervals.evaluate(program, [0.0, 0.0], [1.0, 1.0])
    assert all(e[0] < 1e-7 for e in error[:3])
    assert error[3][0] == math.inf


def test_a_switch_of_exact_numbers_is_decided_right():
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    sharp = b.apply("select", b.apply("less", x, y), b.sub(x, y), b.constant(5))
    third = b.div(x, b.constant(3))
    blurred = b.apply("select", b.apply("less", third, y), b.constant(0), b.constant(5))
    program = b.program([sharp, blurred])
    lo, hi, error = intervals.evaluate(program, [0.0, [0.0, 1.0]], [1.0, [1.0, 2.0]])
    assert error[0][0] < 1e-15
    assert lo[0][0] <= -1
    assert hi[0][0] == 5
    assert error[1][0] >= 5  # doubles may decide otherwise, but only between these branches
    assert error[1][0] == pytest.approx(5)
    assert (lo[1][1], hi[1][1], error[1][1]) == (0, 0, 0)


def test_overflow_promises_nothing():
    b = Builder(["x"])
    x = b.input("x")
    program = b.program(
        [b.mul(x, x), b.sub(b.mul(x, x), b.mul(x, b.add(x, b.constant(1)))), b.add(x, x)]
    )
    lo, hi, error = intervals.evaluate(program, [1e200], [1e200])
    assert error[0][0] == error[1][0] == math.inf
    assert float(lo[0][0]) <= Fraction(1e200) ** 2 <= float(hi[0][0])
    assert error[2][0] < math.inf


def test_unbounded_boxes():
    b = Builder(["x"])
    x = b.input("x")
    program = b.program([b.apply("max", x, b.constant(0)), b.mul(x, b.constant(0)), b.mul(x, x)])
    lo, hi, error = intervals.evaluate(program, [-math.inf], [math.inf])
    assert lo[0][0] == 0
    assert error[0][0] == 0
    assert lo[1][0] == hi[1][0] == 0
    assert error[2][0] == math.inf


def test_batch_equals_loop():
    rng = random.Random(2)
    program = random_program(rng, 3, 25, (*ARITHMETIC, "pow", "abs"))
    boxes = [[random_box(rng) for _ in range(3)] for _ in range(40)]
    lows, highs = np.array(boxes).transpose(2, 1, 0)
    batch = np.array(intervals.evaluate(program, list(lows), list(highs)))
    for k, box in enumerate(boxes):
        low, high = zip(*box, strict=True)
        np.testing.assert_array_equal(
            batch[:, :, k], np.array(intervals.evaluate(program, low, high))[:, :, 0]
        )


def test_point_boxes_bound_like_running_errors():
    rng = np.random.default_rng(0)
    b = Builder([f"x{k}" for k in range(6)])
    x = [b.input(name) for name in b.inputs]
    d = [b.sub(x[0], x[k]) for k in range(1, 5)]
    program = b.program([b.sub(b.mul(d[0], d[1]), b.mul(d[2], d[3])), b.add(x[4], x[5])])
    points = list(rng.random((6, 50)))
    _, _, over_box = intervals.evaluate(program, points, points)
    _, running = doubles.evaluate_with_error(program, points)
    for a, b in zip(over_box, running, strict=True):
        assert np.all(a <= 1.01 * b + 1e-300)


def test_programs_without_inputs():
    b = Builder([])
    program = b.program([b.constant(Fraction(1, 3)), b.constant(2), b.constant(10**400)])
    lo, hi, error = intervals.evaluate(program, [], [])
    assert float(lo[0][0]) < Fraction(1, 3) < float(hi[0][0])
    assert 0 < error[0][0] < 1e-16
    assert (lo[1][0], hi[1][0], error[1][0]) == (2, 2, 0)
    assert error[2][0] == math.inf


def test_bad_boxes_are_refused():
    b = Builder(["x"])
    program = b.program([b.input("x")])
    with pytest.raises(FormulaError, match="1 inputs"):
        intervals.evaluate(program, [], [])
    with pytest.raises(ParameterError, match="'x' has no points"):
        intervals.evaluate(program, [1.0], [0.0])
    with pytest.raises(ParameterError, match="'x' has no points"):
        intervals.evaluate(program, [math.nan], [0.0])
