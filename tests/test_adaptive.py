"""Signs by stages: always those of exact arithmetic, at whatever stage they are settled."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.program import rationals
from hedging.program.adaptive import OPEN, UNDEFINED, exact_signs
from hedging.program.graph import Builder
from hedging.program.logic import SignLogic, read_logic

# Numbers that tie, nearly tie, cancel and lose digits.
AWKWARD = st.sampled_from(
    [0.0, 1.0, -1.0, 0.1, 0.2, 0.3, 0.1 + 0.2, 1 / 3, 1e8, -1e8, 2.0**-60, 1 + 2.0**-52, 3.0, 0.5]
)


@st.composite
def programs(draw, operations=("add", "sub", "mul", "div", "min", "max")):
    """A straight-line program over x, y, z with a few outputs."""
    b = Builder(["x", "y", "z"])
    values = [b.input(name) for name in b.inputs]
    literals = st.sampled_from([1, 2, Fraction(1, 10), Fraction(1, 3), 10**8])
    values.extend(b.constant(draw(literals)) for _ in range(2))
    for _ in range(draw(st.integers(1, 12))):
        pick = st.sampled_from(values)
        kind = draw(st.sampled_from([*operations, "power", "select"]))
        if kind == "power":
            values.append(b.power(draw(pick), draw(st.integers(2, 3))))
        elif kind == "select":
            test = b.apply("less", draw(pick), draw(pick))
            values.append(b.apply("select", test, draw(pick), draw(pick)))
        else:
            values.append(b.apply(kind, draw(pick), draw(pick)))
    return b.program(values[-4:])


def true_signs(program, point):
    """Sign of each output by itself, in rationals."""
    found = []
    for k in range(len(program.outputs)):
        b = Builder(program.inputs)
        alone = b.program([b.append(program)[k]])
        try:
            (value,) = rationals.evaluate(alone, [Fraction(v) for v in point])
            found.append(rationals.sign(value))
        except ZeroDivisionError:
            found.append(UNDEFINED)
    return found


# ---- laws ------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(programs(), st.lists(st.tuples(AWKWARD, AWKWARD, AWKWARD), min_size=1, max_size=8))
def test_signs_are_those_of_exact_arithmetic(program, points):
    found = exact_signs(program, list(np.array(points).T))
    assert found.sign.shape == (len(program.outputs), len(points))
    for k, point in enumerate(points):
        assert found.sign[:, k].tolist() == true_signs(program, point)


@settings(max_examples=50, deadline=None)
@given(programs(), st.lists(st.tuples(AWKWARD, AWKWARD, AWKWARD), min_size=2, max_size=8))
def test_a_point_does_not_know_its_neighbours(program, points):
    columns = np.array(points).T
    whole = exact_signs(program, list(columns))
    for k in range(len(points)):
        alone = exact_signs(program, list(columns[:, k : k + 1]))
        np.testing.assert_array_equal(alone.sign[:, 0], whole.sign[:, k])
        assert alone.stage[0] == whole.stage[k]


@settings(max_examples=60, deadline=None)
@given(st.tuples(AWKWARD, AWKWARD, AWKWARD), st.integers(-40, 40))
def test_homogeneous_programs_do_not_know_the_unit(point, power):
    """Scaling by powers of two changes nothing, not even the stage."""
    program = difference_of_products()
    one = exact_signs(program, [[v] for v in point])
    two = exact_signs(program, [[v * 2.0**power] for v in point])
    np.testing.assert_array_equal(one.sign, two.sign)
    np.testing.assert_array_equal(one.stage, two.stage)


# ---- stages ----------------------------------------------------------------------------


def difference_of_products():
    b = Builder(["x", "y", "z"])
    x, y, z = (b.input(n) for n in b.inputs)
    return b.program([b.sub(b.mul(x, y), b.mul(z, z))])


def test_each_stage_gets_what_the_one_before_left():
    e = 2.0**-30
    points = np.array(
        [
            (2.0, 3.0, 1.0),  # far from a tie
            (1 + e, 1 - e, 1.0),  # -e^2, below the rounding of doubles
            (4.0, 9.0, 6.0),  # a true tie of short numbers
        ]
    )
    found = exact_signs(difference_of_products(), list(points.T))
    assert found.sign.tolist() == [[1, -1, 0]]
    assert found.stage[0] == 1
    assert (found.stage[1:] == 2).all()


def test_true_ties_of_long_numbers_take_rationals():
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    third = b.div(x, y)
    zero = b.sub(b.mul(b.mul(third, third), b.mul(y, y)), b.mul(x, x))
    found = exact_signs(b.program([zero, x]), [[0.1, 0.3], [0.7, 0.9]])
    assert found.sign.tolist() == [[0, 0], [1, 1]]
    assert found.stage.tolist() == [3, 3]


def test_cancellation_is_seen_through():
    b = Builder(["x"])
    big = b.constant(10**8)
    program = b.program([b.sub(b.add(b.input("x"), big), big)])
    assert exact_signs(program, [[1e-9, -1e-9, 0.0]]).sign.tolist() == [[1, -1, 0]]


def test_a_constant_output_and_a_single_number():
    b = Builder(["x", "y"])
    program = b.program([b.constant(0), b.constant(-3), b.sub(b.input("x"), b.input("y"))])
    found = exact_signs(program, [0.1, [0.1, 0.2]])
    assert found.sign.tolist() == [[0, 0], [-1, -1], [0, -1]]
    assert found.stage.tolist() == [1, 1]
    assert exact_signs(program, [[], []]).sign.shape == (3, 0)


# ---- what has no sign ------------------------------------------------------------------


def test_undefined_outputs_do_not_spoil_the_others():
    b = Builder(["x"])
    x = b.input("x")
    program = b.program([b.div(b.constant(1), x), b.apply("log", x), b.sub(x, b.constant(1))])
    found = exact_signs(program, [[0.0, 2.0, -1.0]])
    assert found.sign[:, 0].tolist() == [UNDEFINED, UNDEFINED, -1]
    assert found.sign[:, 1].tolist() == [1, 1, 1]
    assert found.sign[:, 2].tolist() == [-1, UNDEFINED, -1]


def test_division_by_a_hidden_zero_is_undefined():
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    square = b.mul(b.add(x, y), b.sub(x, y))
    zero = b.sub(b.sub(square, b.mul(x, x)), b.neg(b.mul(y, y)))
    found = exact_signs(b.program([b.div(x, zero), zero]), [[0.1, 0.7], [0.3, 0.1]])
    assert found.sign.tolist() == [[UNDEFINED, UNDEFINED], [0, 0]]


def test_irrational_ties_stay_open_and_rational_roots_do_not():
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    tie = b.sub(b.mul(b.apply("sqrt", x), b.apply("sqrt", y)), b.apply("sqrt", b.mul(x, y)))
    found = exact_signs(b.program([tie, x]), [[2.0, 4.0, 0.0], [3.0, 9.0, 3.0]])
    assert found.sign.tolist() == [[OPEN, 0, 0], [1, 1, 0]]
    near = b.program([b.sub(b.apply("exp", x), b.constant(1)), b.apply("log", b.add(x, y))])
    found = exact_signs(near, [[0.0, 1e-3], [1.0, 1.0]])
    assert found.sign.tolist() == [[0, 1], [0, 1]]


# ---- logic over signs ------------------------------------------------------------------


def by_definition(logic, sign):
    certain, undecided = [], False
    for candidate in logic.candidates:
        holds = possible = True
        for group in candidate:
            signed = [s * (1 if d is None else sign[d]) for s, d in group]
            known = [v for v in signed if abs(v) == 1]
            alike = len(set(known)) <= 1
            holds &= len(known) == len(signed) and alike
            possible &= alike
        certain.append(holds)
        undecided |= possible and not holds
    return certain, undecided


@pytest.mark.parametrize(
    "candidates",
    [
        ((((1, 0), (-1, 1)),), (((1, 2), (1, None)), ((-1, 1), (-1, None)))),
        ((((1, 0),),), (((1, 0), (1, 1), (-1, 2)), ((1, 1), (-1, 2)))),
    ],
)
def test_logic_is_what_its_definition_says(candidates):
    logic = SignLogic(3, candidates)
    sign = np.array(list(product([-1, 0, 1, OPEN], repeat=3)), dtype=np.int8)
    certain, undecided = read_logic(logic, sign.T == 1, sign.T == -1)
    for k, point in enumerate(sign.tolist()):
        assert (certain[:, k].tolist(), undecided[k]) == by_definition(logic, point)
