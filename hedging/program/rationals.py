"""A program in exact rationals, one point at a time.

Integers stay integers as long as nothing divides, which keeps the determinants of integer
games fast.  Nothing is ever rounded: an operation that leaves the rationals (the root of 2,
``exp(1)``) raises :class:`Irrational`, one that has no value raises ``ZeroDivisionError``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd, isqrt
from typing import Any, NamedTuple

from hedging.errors import FormulaError, HedgingError
from hedging.program.graph import Program

__all__ = ["Irrational", "evaluate", "integer_rows", "sign"]

Rational = Fraction | int


class Irrational(HedgingError, ArithmeticError):
    """The value exists but is not a rational number."""


def _sqrt(x: Rational) -> Rational:
    if x < 0:
        msg = f"sqrt of the negative number {x}; check the parameter values"
        raise ZeroDivisionError(msg)
    x = Fraction(x)
    top, bottom = isqrt(x.numerator), isqrt(x.denominator)
    if top * top != x.numerator or bottom * bottom != x.denominator:
        msg = f"sqrt({x}) is irrational; use doubles (exact=False)"
        raise Irrational(msg)
    return Fraction(top, bottom)


def _exp(x: Rational) -> Rational:
    if x == 0:
        return 1
    msg = f"exp({x}) is irrational; use doubles (exact=False)"
    raise Irrational(msg)


def _log(x: Rational) -> Rational:
    if x <= 0:
        msg = f"log of the non-positive number {x}; check the parameter values"
        raise ZeroDivisionError(msg)
    if x == 1:
        return 0
    msg = f"log({x}) is irrational; use doubles (exact=False)"
    raise Irrational(msg)


def _div(a: Rational, b: Rational) -> Rational:
    return Fraction(a) / b


_PLAIN: dict[str, Callable[..., Any]] = {
    "neg": operator.neg,
    "abs": abs,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": _div,
    "min": min,
    "max": max,
    "sqrt": _sqrt,
    "exp": _exp,
    "log": _log,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": operator.not_,
}


def evaluate(program: Program, inputs: Sequence[Rational]) -> list[Any]:
    """Exact value of every output.

    Parameters
    ----------
    program : Program
    inputs : sequence of int or Fraction
        One per program input, in order.

    Returns
    -------
    list of int, Fraction or bool

    Raises
    ------
    ZeroDivisionError
        If a value that the outputs need does not exist.
    Irrational
        If a value is not rational.

    Examples
    --------
    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x"])
    >>> third = b.program([b.div(b.input("x"), b.constant(3))])
    >>> evaluate(third, [2])
    [Fraction(2, 3)]
    """
    if len(inputs) != len(program.inputs):
        msg = (
            f"{len(inputs)} numbers given for a program of {len(program.inputs)} inputs; "
            f"give one for each of {', '.join(program.inputs)}"
        )
        raise FormulaError(msg)
    values: list[Any] = []
    step = _lenient if any(i.op == "select" for i in program.code) else _strict
    for op, args, literal in program.code:
        if op == "input":
            values.append(inputs[int(literal or 0)])
        elif op == "const":
            exact = Fraction(literal or 0)
            values.append(exact.numerator if exact.denominator == 1 else exact)
        else:
            values.append(step(op, [values[a] for a in args], int(literal or 0)))
    for o in program.outputs:
        if isinstance(values[o], _Missing):
            raise values[o].reason
    return [values[o] for o in program.outputs]


class _Missing(NamedTuple):
    """Stands for a value that does not exist; harmless in the branch that is not taken."""

    reason: ArithmeticError


def _strict(op: str, v: list[Any], literal: int) -> Any:
    if op == "pow":
        return v[0] ** literal if literal >= 0 else Fraction(1) / Fraction(v[0]) ** -literal
    return _PLAIN[op](*v)


def _lenient(op: str, v: list[Any], literal: int) -> Any:
    """Like `_strict`, but an error waits until its value is needed."""
    if op == "select":
        return v[0] if isinstance(v[0], _Missing) else v[1] if v[0] else v[2]
    for x in v:
        if isinstance(x, _Missing):
            return x
    try:
        return _strict(op, v, literal)
    except (Irrational, ZeroDivisionError) as error:
        return _Missing(error)


def sign(x: Rational) -> int:
    """-1, 0 or +1."""
    return (x > 0) - (x < 0)


def integer_rows(numbers: Sequence[Rational | float]) -> list[int]:
    """The same numbers times their least common denominator: signs of differences survive.

    Floats are read as the binary fractions they are.

    Examples
    --------
    >>> integer_rows([Fraction(1, 2), Fraction(1, 3), 2])
    [3, 2, 12]
    """
    exact = [x if isinstance(x, (int, Fraction)) else Fraction(x) for x in numbers]
    scale = 1
    for x in exact:
        bottom = x.denominator
        if scale % bottom:
            scale = scale * bottom // gcd(scale, bottom)
    return [x.numerator * (scale // x.denominator) for x in exact]
