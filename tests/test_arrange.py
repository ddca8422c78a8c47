"""A rearranged program means the same, and spares the varying inputs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.program import doubles, rationals
from hedging.program.arrange import arrange
from hedging.program.graph import Builder, Program

OPERATIONS = ["add", "sub", "mul", "div", "neg", "pow", "min", "abs", "add", "mul"]


@st.composite
def programs(draw: st.DrawFn) -> Program:
    b = Builder(["a", "c", "t", "s"])
    values = [b.input(name) for name in b.inputs]
    values += [b.constant(Fraction(draw(st.integers(-3, 3)), draw(st.integers(1, 4))))]
    for _ in range(draw(st.integers(1, 14))):
        op = draw(st.sampled_from(OPERATIONS))
        x, y = (values[draw(st.integers(0, len(values) - 1))] for _ in range(2))
        if op == "pow":
            values.append(b.power(x, draw(st.sampled_from([-2, -1, 2, 3]))))
        else:
            values.append(b.apply(op, x) if op in {"neg", "abs"} else b.apply(op, x, y))
    return b.program(values[-3:])


def exact(program: Program, point: list[Fraction]) -> list[object]:
    """Each output, or None where it is undefined."""
    found: list[object] = []
    for output in program.outputs:
        alone = Program(program.inputs, program.code, (output,))
        b = Builder(program.inputs)
        pruned = b.program(b.append(alone))
        try:
            found.append(rationals.evaluate(pruned, point)[0])
        except ZeroDivisionError:
            found.append(None)
    return found


points = st.lists(st.fractions(-2, 2, max_denominator=4), min_size=4, max_size=4)


@settings(max_examples=300, deadline=None)
@given(programs(), points, st.sets(st.sampled_from("acts")))
def test_the_same_in_rationals(program: Program, point: list[Fraction], varying: set[str]) -> None:
    arranged = arrange(program, varying)
    assert arranged.inputs == program.inputs
    for before, after in zip(exact(program, point), exact(arranged, point), strict=True):
        assert before == after


def test_nothing_that_varies_is_divided_by_what_stands_still() -> None:
    b = Builder(["a", "t"])
    a, t = b.input("a"), b.input("t")
    quotient = b.div(b.mul(b.constant(93), t), b.constant(100))
    other = b.div(b.add(t, a), b.add(a, b.constant(2)))
    program = arrange(b.program([b.add(quotient, other), b.mul(quotient, b.neg(other))]), ["t"])
    varies = [False] * len(program.code)
    for k, step in enumerate(program.code):
        varies[k] = (step.op == "input" and step.literal == 1) or any(varies[x] for x in step.args)
        assert not (step.op == "div" and varies[k])


def test_differences_of_affine_payoffs_take_one_product() -> None:
    b = Builder(["a", "c", "t"])
    a, c, t = (b.input(n) for n in b.inputs)
    first = b.add(b.mul(b.mul(a, a), t), b.sub(c, b.div(t, c)))
    second = b.sub(b.mul(t, b.constant(Fraction(1, 3))), b.power(c, 3))
    program = arrange(b.program([b.sub(first, second)]), ["t"])
    position = program.code.index(("input", (), 2))
    assert [step.op for step in program.code if position in step.args] == ["mul"]


def test_what_has_no_value_keeps_none() -> None:
    """The same pole in both payoffs does not cancel."""
    b = Builder(["a", "t"])
    a, pole = b.input("a"), b.div(b.constant(1), b.input("t"))
    program = b.program([b.sub(b.add(a, pole), pole), b.mul(b.constant(0), pole)])
    values = doubles.evaluate(arrange(program, ["t"]), [1.0, np.array([0.0, 2.0])])
    for value, finite in zip(values, (1.0, 0.0), strict=True):
        assert np.isnan(value[0])
        assert value[1] == finite
