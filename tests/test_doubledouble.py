"""Laws of double-double: the bound holds, and it is zero where nothing was rounded."""

import math
import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.errors import FormulaError
from hedging.program import doubledouble, rationals
from hedging.program.doubledouble import UNDECIDED
from hedging.program.graph import Builder

CONSTANTS = [
    Fraction(c) for c in ("0", "1", "-1", "2", "1/2", "1/3", "-7/10", "100000000", "1/1000000007")
]
ARITHMETIC = ("add", "sub", "mul", "div", "min", "max")
DECISIONS = ("less", "less_equal", "equal", "and", "or", "not", "select", "select", "select")
SCALES = [1.0, 1.0, 1.0, 1e-8, 1e8, 1e-100, 1e100, 1e-150, 1e150, 1e-300, 1e300]


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
        elif op in {"and", "or", "not"} and truths:
            args = [rng.choice(truths) for _ in range(1 if op == "not" else 2)]
            truths.append(builder.apply(op, *args))
        if op in DECISIONS and (op != "select" or not truths):
            continue
        if op == "select":
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


def random_inputs(rng, n_inputs, number):
    """Doubles of one scale, short dyadic numbers, small integers, and near copies of each other."""
    columns = []
    for _ in range(number):
        scale = rng.choice(SCALES)
        kind = rng.choice(["any", "short", "integer"])
        row = []
        for _ in range(n_inputs):
            if row and rng.random() < 0.3:
                row.append(row[0] * (1 + rng.choice([0, 1, -1]) * 2.0**-52))
            elif kind == "any":
                row.append(rng.uniform(-2, 2) * scale)
            elif kind == "short":
                row.append(rng.randint(-64, 64) / 16 * 2.0 ** round(math.log2(scale)))
            else:
                row.append(float(rng.randint(-9, 9)))
        columns.append(row)
    return [np.array(column) for column in zip(*columns, strict=True)]


def exact_value(program, point):
    try:
        return rationals.evaluate(program, [Fraction(float(x)) for x in point])[0]
    except ZeroDivisionError:
        return None


def total(hi, lo):
    return Fraction(float(hi)) + Fraction(float(lo))


def check(program, inputs, exact=exact_value):
    (hi,), (lo,), (error,) = doubledouble.evaluate(program, inputs)
    (sign,) = doubledouble.signs(program, inputs)
    lenient = "select" in {step.op for step in program.code}
    assert np.all(error >= 0)
    for k, point in enumerate(zip(*inputs, strict=True)):
        truth = exact(program, point)
        if truth is None:
            assert lenient or (error[k] == math.inf and sign[k] == UNDECIDED)
            continue
        if error[k] < math.inf:
            assert abs(total(hi[k], lo[k]) - truth) <= Fraction(float(error[k]))
        assert sign[k] in {UNDECIDED, rationals.sign(truth)}
    return sign


@settings(deadline=None, max_examples=300)
@given(st.randoms(use_true_random=False))
def test_arithmetic_is_within_its_bound(rng):
    operations = ARITHMETIC[:3] * 2 + (*ARITHMETIC, "neg", "abs", "pow")
    program = random_program(rng, 3, rng.randint(1, 20), operations)
    check(program, random_inputs(rng, 3, 12))


@settings(deadline=None, max_examples=300)
@given(st.randoms(use_true_random=False))
def test_decisions_are_within_their_bound(rng):
    operations = (*ARITHMETIC, "neg", "abs", *DECISIONS)
    program = random_program(rng, 3, rng.randint(4, 24), operations)
    check(program, random_inputs(rng, 3, 12))


@settings(deadline=None, max_examples=200)
@given(st.randoms(use_true_random=False))
def test_integers_and_short_fractions_are_exact(rng):
    operations = ("add", "sub", "mul", "min", "max", "neg", "abs", *DECISIONS)
    builder = Builder(["x", "y", "z"])
    numbers = [builder.input(name) for name in builder.inputs] + [builder.constant(Fraction(3, 4))]
    degree = dict.fromkeys(numbers, 1)
    for _ in range(12):
        op = rng.choice(operations)
        x, y = rng.choice(numbers), rng.choice(numbers)
        if op in DECISIONS:
            test = builder.apply("less_equal", x, y)
            value = builder.apply("select", test, rng.choice(numbers), rng.choice(numbers))
            size = 5
        elif op in {"neg", "abs"}:
            value, size = builder.apply(op, x), degree[x]
        else:
            value, size = builder.apply(op, x, y), degree[x] + degree[y]
        if size <= 5:
            degree[value] = max(size, degree.get(value, 0))
            numbers.append(value)
    program = builder.program([numbers[-1]])
    scale = rng.choice([1, 2.0**-60, 2.0**60])
    inputs = [np.array([rng.randint(-20, 20) * scale for _ in range(20)]) for _ in range(3)]
    if scale != 1:  # sums of different degrees would not be short
        inputs = [x / scale / 8 for x in inputs]
    _, _, (error,) = doubledouble.evaluate(program, inputs)
    assert np.all(error == 0)
    assert UNDECIDED not in check(program, inputs)


def determinants():
    """A 2 x 2 determinant of differences and a full 3 x 3 one, of nine payoffs."""
    b = Builder([f"a{i}{j}" for i in range(3) for j in range(3)])
    a = [[b.input(f"a{i}{j}") for j in range(3)] for i in range(3)]

    def minor(p, q, r, s):
        return b.sub(b.mul(p, s), b.mul(q, r))

    d = [[b.sub(a[i][j], a[0][j]) for j in range(2)] for i in (1, 2)]
    full = b.add(
        b.sub(
            b.mul(a[0][0], minor(a[1][1], a[1][2], a[2][1], a[2][2])),
            b.mul(a[0][1], minor(a[1][0], a[1][2], a[2][0], a[2][2])),
        ),
        b.mul(a[0][2], minor(a[1][0], a[1][1], a[2][0], a[2][1])),
    )
    return b.program([minor(d[0][0], d[0][1], d[1][0], d[1][1]), full])


@pytest.mark.parametrize("scale", [1.0, 1e-10, 1e10, 1e-60, 1e60])
def test_determinants_of_stored_doubles(scale):
    rng = np.random.default_rng(3)
    games = rng.random((9, 300)) * scale
    games[6:9, :100] = games[0:3, :100] * 3 - games[3:6, :100]  # singular but for rounding
    games[3:6, 100:150] = games[0:3, 100:150]  # two equal rows: singular
    program = determinants()
    signs = doubledouble.signs(program, games)
    exact = np.array(
        [
            [rationals.sign(v) for v in rationals.evaluate(program, [Fraction(x) for x in game])]
            for game in games.T
        ]
    ).T
    assert np.all((signs == exact) | (signs == UNDECIDED))
    assert np.all(signs[0, 100:150] == 0)
    # Ties among products of three numbers of 53 bits do not fit; all else is decided.
    assert np.mean(signs[1, 100:150] == UNDECIDED) > 0.9
    assert np.all(signs[exact != 0] != UNDECIDED)


@pytest.mark.parametrize("size", [2, 99])
def test_all_signs_of_integer_games_are_decided(size):
    games = np.random.default_rng(4).integers(-size, size + 1, (9, 3000)).astype(float)
    program = determinants()
    signs = doubledouble.signs(program, games)
    expected = [rationals.evaluate(program, [int(x) for x in game]) for game in games.T]
    np.testing.assert_array_equal(signs, np.sign(np.array(expected, dtype=np.int64)).T)
    assert size > 2 or np.mean(signs == 0) > 0.05


def test_cancellation_is_undone():
    b = Builder(["x"])
    x, big = b.input("x"), b.constant(10**8)
    program = b.program([b.sub(b.add(x, big), big), b.sub(b.sub(b.add(x, big), big), x)])
    x = np.random.default_rng(0).standard_normal(1000) * 1e-3
    hi, lo, error = doubledouble.evaluate(program, [x])
    np.testing.assert_array_equal(hi[0], x)
    assert not np.any(lo[0])
    assert not np.any(error)
    assert not np.any(doubledouble.signs(program, [x])[1])


def test_what_cannot_be_held_is_not_called_exact():
    b = Builder(["x"])
    x = b.input("x")
    bump = b.constant(Fraction(1, 2**200))
    program = b.program([b.sub(b.add(b.add(x, b.mul(x, b.constant(Fraction(1, 2**70)))), bump), x)])
    tie = b.program([b.sub(b.add(b.add(x, bump), b.constant(Fraction(1, 2**60))), x)])
    check(program, [np.array([1.0, 1.5])])
    _, _, (error,) = doubledouble.evaluate(tie, [1.0])
    assert 0 < error < 2.0**-190
    assert doubledouble.signs(tie, [1.0]).tolist() == [[1]]


def test_constants_are_read_to_the_last_bit_that_fits():
    b = Builder(["x"])
    x = b.input("x")
    third, tenth = b.constant(Fraction(1, 3)), b.constant(Fraction(1, 10))
    both = b.constant(1 + Fraction(1, 2**80))
    program = b.program([b.sub(b.mul(third, x), b.constant(1)), b.sub(both, x), b.sub(tenth, x)])
    inputs = [np.array([3.0, 1.0, 0.1])]
    signs = doubledouble.signs(program, inputs)
    assert signs.tolist() == [[UNDECIDED, -1, -1], [-1, 1, 1], [-1, -1, -1]]
    _, _, error = doubledouble.evaluate(program, inputs)
    assert 0 < error[0][0] < 1e-30
    assert not np.any(error[1])


def test_division_by_zero_and_by_what_may_be_zero():
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    blurred = b.sub(b.mul(x, b.constant(Fraction(1, 3))), b.constant(Fraction(1, 3)))
    program = b.program([b.div(x, y), b.div(y, blurred), b.power(y, -2)])
    hi, _, error = doubledouble.evaluate(program, [[1.0, 6.0, 0.0], [0.0, 3.0, 0.0]])
    assert np.isnan(hi[0][[0, 2]]).all()
    assert np.isinf(error[0][[0, 2]]).all()
    assert (hi[0][1], error[0][1]) == (2.0, 0.0)
    assert np.isfinite(hi[1][0])
    assert error[1][0] == math.inf
    assert np.isnan(hi[2][[0, 2]]).all()
    signs = doubledouble.signs(program, [[1.0, 6.0, 0.0], [0.0, 3.0, 0.0]])
    assert signs[0].tolist() == [UNDECIDED, 1, UNDECIDED]
    assert signs[1].tolist() == [UNDECIDED, 1, 0]


def test_comparisons_within_their_bound_are_undecided():
    b = Builder(["x"])
    x, third = b.input("x"), b.constant(Fraction(1, 3))
    near = b.apply("less", b.mul(x, third), third)
    value = b.apply("select", near, b.constant(1), b.constant(-1))
    certain = b.apply("select", b.apply("or", near, b.apply("less", x, b.constant(5))), x, value)
    program = b.program([value, certain, near])
    signs = doubledouble.signs(program, [[0.5, 1.0, 2.0]])
    assert signs.tolist() == [[1, UNDECIDED, -1], [1, 1, 1], [1, UNDECIDED, 0]]


def test_scales_to_the_ends_of_the_range():
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    program = b.program([b.mul(x, y), b.sub(b.mul(x, y), b.mul(y, x)), b.sub(x, y), b.add(x, y)])
    x = np.array([1e-300, 1e300, 1e300, 5e-324, 0.0, 1e-310, 1.7e308])
    y = np.array([1e300, 1e-300, 1e300, 1e-300, 1e300, 1.0, 1.7e308])
    signs = doubledouble.signs(program, [x, y])
    assert signs[0].tolist() == [1, 1, UNDECIDED, UNDECIDED, 0, UNDECIDED, UNDECIDED]
    assert signs[1].tolist() == [0, 0, UNDECIDED, UNDECIDED, 0, UNDECIDED, UNDECIDED]
    assert signs[2].tolist() == [-1, 1, 0, -1, -1, -1, 0]
    assert signs[3].tolist() == [1, 1, 1, 1, 1, 1, UNDECIDED]
    hi, _, error = doubledouble.evaluate(program, [x, y])
    assert np.isnan(hi[0][[2, 6]]).all()
    assert np.isinf(error[0][[2, 6]]).all()


def test_overflow_never_comes_back_as_a_number():
    b = Builder(["x"])
    x = b.input("x")
    square = b.mul(x, x)
    one = b.constant(1)
    program = b.program(
        [
            b.div(one, square),
            b.apply("min", square, one),
            b.apply("exp", b.neg(square)),
            b.apply("select", b.apply("less", square, one), one, one),
            b.div(square, square),
        ]
    )
    _, _, error = doubledouble.evaluate(program, [1e200])
    assert np.all(np.isinf(error))
    assert np.all(doubledouble.signs(program, [1e200]) == UNDECIDED)


def test_inputs_that_are_no_numbers_are_undecided():
    b = Builder(["x"])
    program = b.program([b.input("x"), b.add(b.input("x"), b.constant(1))])
    signs = doubledouble.signs(program, [[math.nan, math.inf, -math.inf, 1.0]])
    assert signs.tolist() == [[UNDECIDED] * 3 + [1]] * 2


def test_roots_exponentials_and_logarithms():
    b = Builder(["x"])
    x = b.input("x")
    program = b.program([b.apply(op, x) for op in ("sqrt", "exp", "log")])
    values = np.concatenate([np.random.default_rng(1).random(200) * 30, [0.0, 1.0, 4.0, 1e-300]])
    hi, lo, error = doubledouble.evaluate(program, [values])
    with mpmath.workdps(60):
        for k, v in enumerate(values):
            for row, op in enumerate(("sqrt", "exp", "log")):
                if op == "log" and v == 0:
                    assert np.isnan(hi[row][k])
                    continue
                exact = getattr(mpmath, op)(mpmath.mpf(v))
                distance = abs(mpmath.mpf(hi[row][k]) + mpmath.mpf(lo[row][k]) - exact)
                assert distance <= error[row][k]
    assert np.all(error[0][:200] < 1e-29)
    assert not np.any(error[0][[200, 201, 202]])
    assert (error[1][200], error[2][201]) == (0, 0)
    assert doubledouble.signs(program, [-1.0])[:, 0].tolist() == [UNDECIDED, 1, UNDECIDED]


def test_a_root_of_what_may_be_negative_is_undecided():
    b = Builder(["x"])
    third = b.constant(Fraction(1, 3))
    blurred = b.sub(b.mul(b.input("x"), third), third)
    program = b.program([b.apply("sqrt", blurred), b.apply("log", blurred)])
    hi, _, error = doubledouble.evaluate(program, [[1.0, 2.0, 0.5]])
    assert np.isinf(error[0]).tolist() == np.isinf(error[1]).tolist() == [True, False, True]
    assert np.isnan(hi[0]).tolist() == np.isnan(hi[1]).tolist() == [False, False, True]


def test_blocks_do_not_matter(monkeypatch):
    program = random_program(random.Random(1), 3, 24, (*ARITHMETIC, "pow", "abs", *DECISIONS))
    inputs = random_inputs(random.Random(2), 3, 500)
    inputs[1] = inputs[1][:1]  # one number for all points
    whole = np.array(doubledouble.evaluate(program, inputs))
    monkeypatch.setattr(doubledouble, "_BLOCK", 7)
    np.testing.assert_array_equal(whole, np.array(doubledouble.evaluate(program, inputs)))


def test_shapes():
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    program = b.program([b.add(x, y), b.constant(2), x])
    hi, lo, error = doubledouble.evaluate(program, [np.ones((4, 1)), np.zeros(3)])
    assert {a.shape for a in (*hi, *lo, *error)} == {(4, 3)}
    assert doubledouble.signs(program, [np.ones((4, 1)), np.zeros(3)]).shape == (3, 12)
    hi, _, _ = doubledouble.evaluate(program, [1, 2])
    assert [a.shape for a in hi] == [()] * 3
    assert doubledouble.signs(program, [[], []]).shape == (3, 0)
    strided = np.arange(12.0).reshape(6, 2).T
    np.testing.assert_array_equal(doubledouble.evaluate(program, [strided, 1.0])[0][0], strided + 1)
    with pytest.raises(FormulaError, match="2 inputs"):
        doubledouble.signs(program, [1.0])
