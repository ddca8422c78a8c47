"""The exact sign of every output, by stages: doubles, double-doubles, rationals.

Almost every sign is settled by the first and cheapest arithmetic; each further stage sees
only the points at which some sign is still open.

1. Doubles with a running error bound (:mod:`hedging.program.doubles`).
2. Double-doubles, about 32 digits, whose error bound is exactly zero when nothing was rounded
   (:mod:`hedging.program.doubledouble`): settles near ties, and true ties of short numbers.
3. Rationals (:mod:`hedging.program.rationals`): settle everything that is rational.

This is the scheme of adaptive predicates in computational geometry (Shewchuk 1997, *Discrete &
Computational Geometry* 18), applied to a whole program at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.program import doubledouble, rationals
from hedging.program.doubles import evaluate_with_error
from hedging.program.graph import Builder, Program

__all__ = ["OPEN", "UNDEFINED", "Signs", "exact_signs"]

OPEN = 2
"""Code of a sign that no stage could settle: the value is irrational and near zero."""

UNDEFINED = 3
"""Code of a sign that does not exist: the value is not a finite number at this point."""


class Signs(NamedTuple):
    """Signs of D outputs at N points.

    Attributes
    ----------
    sign : int8 array, shape (D, N)
        -1, 0, +1, or :data:`OPEN` or :data:`UNDEFINED`.
    stage : uint8 array, shape (N,)
        The last stage a point needed: 1 doubles, 2 double-doubles, 3 rationals.
    """

    sign: NDArray[np.int8]
    stage: NDArray[np.uint8]


def exact_signs(program: Program, inputs: Sequence[ArrayLike]) -> Signs:
    """Sign of every output at every point, taking the double inputs as exact.

    Parameters
    ----------
    program : Program
    inputs : sequence of array_like, shape (N,) each
        One per program input; scalars broadcast.

    Returns
    -------
    Signs

    Notes
    -----
    Cost per point: a few, then a few dozen numpy operations per instruction; the rational stage
    takes tens of microseconds per point and is reached by true ties of long numbers only.

    Examples
    --------
    One tenth as a double is not one tenth; the program sees the difference:

    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x"])
    >>> ten = b.mul(b.input("x"), b.constant(10))
    >>> exact_signs(b.program([b.sub(ten, b.constant(1))]), [[0.1, 0.125, 0.05]]).sign
    array([[ 1,  1, -1]], dtype=int8)
    """
    columns = [np.asarray(x, dtype=np.float64) for x in inputs]
    (count,) = np.broadcast_shapes((1,), *(c.shape for c in columns))
    columns = [np.broadcast_to(c, (count,)) for c in columns]
    sign = np.empty((len(program.outputs), count), dtype=np.int8)
    values, errors = evaluate_with_error(program, columns)
    for d, (value, error) in enumerate(zip(values, errors, strict=True)):
        settled = (np.abs(value) > error) | (error == 0)
        sign[d] = np.where(settled & np.isfinite(value), np.sign(value), OPEN)
    stage = np.ones(count, dtype=np.uint8)

    left = np.flatnonzero((sign == OPEN).any(axis=0))
    if len(left):
        finer = doubledouble.signs(program, [c[left] for c in columns])
        # A sign settled in doubles stays: their bound may be the tighter one (exp, log).
        sign[:, left] = np.where(sign[:, left] == OPEN, finer, sign[:, left])
        stage[left] = 2
        left = left[(sign[:, left] == OPEN).any(axis=0)]
    for point in left.tolist():
        stage[point] = 3
        _settle(program, [Fraction(float(c[point])) for c in columns], sign[:, point])
    return Signs(sign, stage)


def _settle(program: Program, inputs: Sequence[Fraction], sign: NDArray[np.int8]) -> None:
    """Fill in the open signs of one point from rational arithmetic."""
    waiting = np.flatnonzero(sign == OPEN).tolist()
    try:
        exact = rationals.evaluate(program, inputs)
    except (ZeroDivisionError, rationals.Irrational):
        for d in waiting:
            sign[d] = _alone(program, d, inputs)
    else:
        sign[waiting] = [rationals.sign(exact[d]) for d in waiting]


def _alone(program: Program, output: int, inputs: Sequence[Fraction]) -> int:
    """Sign of one output, whatever becomes of the others."""
    builder = Builder(program.inputs)
    part = builder.program([builder.append(program)[output]])
    try:
        return rationals.sign(rationals.evaluate(part, inputs)[0])
    except ZeroDivisionError:
        return UNDEFINED
    except rationals.Irrational:
        return OPEN
