"""A program over boxes of inputs: what its outputs can be, and how far doubles can stray.

Two things are carried through every operation for a whole box of inputs at once.

*Range.*  An interval that holds the exact value at every point of the box, after R. E. Moore,
*Interval Analysis* (1966).  An output with ``lo > 0`` is positive on the whole box: a certificate.

*Error.*  A bound on ``|computed - exact|`` that holds at every point of the box: Higham's
running error analysis (*Accuracy and Stability of Numerical Algorithms*, 2nd ed., 2002, section
3.3) with magnitudes taken over the box.  It holds for every evaluation of the instructions in
IEEE doubles, rounding to nearest: numpy's, vector code's, and that of a compiler which contracts
a product and a following sum into one fused operation, since the bound on a product bounds the
unrounded product too.  So one evaluation over the box replaces running errors at its points.

Intervals are stored as ``(-lo, hi)``: both ends are then rounded upwards, and a sum of
intervals is a sum of arrays.  A bound computed in doubles is inflated to cover its own rounding.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import FormulaError, ParameterError
from hedging.program.graph import Program

__all__ = ["evaluate"]

_UNIT = 2.0**-53
_INFLATE = 1.0 + 2.0**-40
_TINY = 2.0**-1070
_ELEMENTARY = 8.0 * _UNIT
"""Relative error of exp and log in any arithmetic of doubles, as in `doubles`."""
_LARGE = 2.0**1023
"""Nothing below this overflows, whichever way it is rounded."""

Array = NDArray[Any]


class _Range(NamedTuple):
    """Exact ranges of K values over each of B boxes, and the errors of doubles there.

    Truth values are 0 and 1.  Their error is 0 if doubles decide as exact arithmetic does
    everywhere in the box, 1 if they may decide otherwise, inf if there may be nothing to decide.
    """

    ends: Array
    """``(-lo, hi)``, shape (2, K, B)."""
    size: Array
    """Largest absolute value in the range, shape (K, B)."""
    error: Array
    """Shape (K, B); finite only if the value exists at every point of the box."""


def evaluate(
    program: Program, lows: Sequence[ArrayLike], highs: Sequence[ArrayLike]
) -> tuple[list[Array], list[Array], list[Array]]:
    """Range and rounding error of every output over B boxes of inputs.

    Parameters
    ----------
    program : Program
    lows, highs : sequence of array_like
        One pair per program input, in order, each of shape (B,) or (): the points of box b are
        all doubles (and all reals) from ``lows[k][b]`` to ``highs[k][b]``, ends included.

    Returns
    -------
    lo, hi, error : lists of ndarray of shape (B,)
        At every point of box b where the exact value of output k exists, it lies in
        ``[lo[k][b], hi[k][b]]``.  Where ``error[k][b]`` is finite it exists at every point of the
        box, and any evaluation in doubles differs from it by at most ``error[k][b]``; inf
        promises nothing.  Truth values are 0 and 1.

    Raises
    ------
    FormulaError
        If the numbers of bounds and of inputs differ.
    ParameterError
        If a low is above its high, or either is nan.

    Notes
    -----
    A few dozen numpy calls for each level of depth and each operation on it, whatever B.  Where
    an input occurs several times the range is wider than the truth, the more so the wider
    the box.

    Examples
    --------
    Over the box [0, 1] x [2, 3] the difference is certainly negative:

    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x", "y"])
    >>> program = b.program([b.sub(b.input("x"), b.input("y"))])
    >>> lo, hi, error = evaluate(program, [0.0, 2.0], [1.0, 3.0])
    >>> bool(hi[0] < 0), bool(lo[0] <= -3.0), bool(error[0] < 1e-15)
    (True, True, True)
    """
    boxes = _boxes(program, lows, highs)
    table = _Range(
        np.empty((2, len(program.code), boxes.shape[-1])),
        np.empty((len(program.code), boxes.shape[-1])),
        np.empty((len(program.code), boxes.shape[-1])),
    )
    with np.errstate(all="ignore"):
        for group in _schedule(program):
            value = _carry_out(program, group, table, boxes)
            table.ends[:, group.here] = value.ends
            table.size[group.here] = value.size
            table.error[group.here] = value.error
    outputs = program.outputs
    # Adding zero turns -0.0, born of storing minus the lower ends, into 0.0.
    return (
        [0.0 - table.ends[0, o] for o in outputs],
        [table.ends[1, o] + 0.0 for o in outputs],
        [table.error[o].copy() for o in outputs],
    )


class _Group(NamedTuple):
    """Instructions that are carried out together, as one array operation."""

    op: str
    literal: Any
    here: list[int]
    args: list[Array]


@functools.lru_cache(maxsize=32)
def _schedule(program: Program) -> list[_Group]:
    """Instructions in groups of one operation, none needing another of its group.

    A determinant has many instructions but little depth, and in numpy it is the call that costs.
    """
    depth: list[int] = []
    groups: dict[tuple[int, str, int | None], list[int]] = {}
    for position, (op, args, literal) in enumerate(program.code):
        depth.append(1 + max((depth[a] for a in args), default=0))
        name = f"{op}_self" if op in {"mul", "sub"} and args[0] == args[1] else op
        key = (depth[-1], name, int(literal or 0) if op == "pow" else None)
        groups.setdefault(key, []).append(position)
    schedule = []
    for (_, op, exponent), here in sorted(groups.items(), key=lambda item: item[0][0]):
        given: Any = exponent
        if op == "input":
            given = [program.code[i].literal for i in here]
        elif op == "const":
            given = _constants([Fraction(program.code[i].literal or 0) for i in here])
        columns = zip(*(program.code[i].args for i in here), strict=True)
        schedule.append(_Group(op, given, here, [np.array(column) for column in columns]))
    return schedule


def _carry_out(program: Program, group: _Group, table: _Range, boxes: Array) -> _Range:
    op, literal, _, args = group
    x = [_Range(*(part.take(a, axis=-2) for part in table)) for a in args]
    if op == "input":
        return _exact(boxes[:, literal])
    if op == "const":
        constants: _Range = literal
        return constants
    if op == "pow":
        return _power(x[0], literal)
    if op == "mul_self":
        return _power(x[0], 2)
    if op == "sub_self":  # a fused product may leave its own rounding here
        return _rounded(np.zeros_like(x[0].ends), 2.0 * x[0].error)
    if op == "sqrt":
        low = -x[0].ends[0]
        sure: Array = low >= x[0].error
        if not np.all(sure | (low < 0)):
            sure = _never_negative(program, table, args[0])
        return _sqrt(x[0], sure)
    return _STEPS[op](*x)


def _boxes(program: Program, lows: Sequence[ArrayLike], highs: Sequence[ArrayLike]) -> Array:
    """``(-lo, hi)`` of every input in every box, shape (2, n_inputs, B)."""
    if not len(lows) == len(highs) == len(program.inputs):
        msg = (
            f"{len(lows)} lows and {len(highs)} highs given for a program of "
            f"{len(program.inputs)} inputs; give one of each for {', '.join(program.inputs)}"
        )
        raise FormulaError(msg)
    bounds = np.broadcast_arrays(np.zeros(1), *(np.asarray(x, float) for x in (*lows, *highs)))
    rows = np.array(bounds[1:]).reshape(2, len(program.inputs), bounds[0].size)
    for name, low, high in zip(program.inputs, *rows, strict=True):
        if not np.all(low <= high):
            msg = f"a box of {name!r} has no points; give lows that are numbers not above the highs"
            raise ParameterError(msg)
    return rows * [[[-1.0]], [[1.0]]]


# ---------------------------------------------------------------------------- ends and errors


def _up(ends: Array) -> Array:
    """Ends rounded upwards, and inf for nan.  Zero stays: callers see to it that it is exact."""
    # |v| 2**-52 is between one and two spacings of doubles at v; far faster than nextafter.
    raised = np.abs(ends) * 2.0**-52 + ends
    low = raised == ends
    if low.any():  # near underflow, and where nothing needs to be done
        raised[low] = np.where(ends[low] == 0, 0.0, ends[low] + 2.0**-1074)
    raised[np.isnan(raised)] = np.inf
    return raised


def _exact(ends: Array) -> _Range:
    return _Range(ends, np.maximum(ends[0], ends[1]), np.zeros(1))


def _rounded(ends: Array, raw: Array) -> _Range:
    """A range, and the error of one rounding on top of an error ``raw``.

    Nothing is added where ``raw`` and the range are zero: then the operands were exact, and
    so is a sum of exact numbers that vanishes.  Products and the like never pass a zero ``raw``.
    """
    size = np.maximum(ends[0], ends[1])
    error = raw + _UNIT * size
    error = np.where(error == 0, 0.0, error * _INFLATE + _TINY)
    # Written so that nan, born of inf - inf or 0 * inf, ends as inf.
    return _Range(ends, size, np.where(size + error <= _LARGE, error, np.inf))


def _corners(p: Array, x: Array, y: Array) -> Array:
    """Upward ends from the four products (quotients) ``p[i, j]`` of ``x[i]`` and ``y[j]``.

    Since ``x`` and ``y`` hold minus their lower ends, ``p[0, 1]`` and ``p[1, 0]`` have the wrong
    sign.  Here 0 * inf, which is nan, must count for nothing: the range is of finite numbers.
    """
    if not p.all():  # a product that underflows is not an exact zero
        signs = np.sign(x)[:, None] * np.sign(y)[None]
        p = np.where((p == 0) & (signs != 0), signs * 2.0**-1074, p)
    high = np.fmax(np.fmax(p[0, 0], p[1, 1]), -np.fmin(p[0, 1], p[1, 0]))
    low = np.fmax(np.fmax(p[0, 1], p[1, 0]), -np.fmin(p[0, 0], p[1, 1]))
    ends = np.array([low, high])
    ends[np.isnan(ends)] = 0.0
    return _up(ends)


def _distance_from_zero(ends: Array) -> Array:
    """Smallest absolute value in the range, or a number <= 0 if it holds zero."""
    near: Array = -np.minimum(ends[0], ends[1])
    return near


# -------------------------------------------------------------------------------- operations


def _constants(literals: list[Fraction]) -> _Range:
    """Literals between doubles, with the error of rounding each to the nearest, in shape (K, 1)."""
    ends = np.array([_enclosure(exact) for exact in literals]).T[:, :, None]
    rounded = _rounded(ends, np.full(1, _TINY))
    exact = ends[0] == -ends[1]
    return rounded._replace(error=np.where(exact, 0.0, rounded.error))


def _enclosure(exact: Fraction) -> tuple[float, float]:
    try:
        near = float(exact)
    except OverflowError:
        return math.inf, math.inf
    read = Fraction(near)
    low = near if read <= exact else math.nextafter(near, -math.inf)
    return -low, near if read >= exact else math.nextafter(near, math.inf)


def _negative(x: _Range) -> _Range:
    return x._replace(ends=x.ends[::-1])


def _absolute(x: _Range) -> _Range:
    return x._replace(ends=np.array([np.minimum(np.minimum(*x.ends), 0.0), x.size]))


def _sum(x: _Range, y: _Range) -> _Range:
    # A floating-point sum is zero only if the exact sum is, so `_up` may leave zeros alone.
    return _rounded(_up(x.ends + y.ends), x.error + y.error)


def _difference(x: _Range, y: _Range) -> _Range:
    return _rounded(_up(x.ends + y.ends[::-1]), x.error + y.error)


def _product(x: _Range, y: _Range, ends: Array | None = None) -> _Range:
    if ends is None:
        ends = _corners(x.ends[:, None] * y.ends[None], x.ends, y.ends)
    raw = x.size * y.error + y.size * x.error + x.error * y.error
    return _rounded(ends, raw + _TINY)


def _quotient(x: _Range, y: _Range) -> _Range:
    # |x'/y' - x/y| = |(x' - x) y - x (y' - y)| / |y y'| <= (e_x + |x/y| e_y) / (|y| - e_y)
    near = _distance_from_zero(y.ends)
    ends = _corners(x.ends[:, None] / y.ends[None], x.ends, y.ends)
    ends = np.where(near > 0, ends, np.inf)
    room = near - y.error
    raw = x.error / room + np.maximum(ends[0], ends[1]) * (y.error / room)
    return _rounded(ends, np.where(room > 0, raw, np.inf) + _TINY)


def _power(x: _Range, exponent: int) -> _Range:
    """Errors of the repeated squaring every arithmetic uses, over the exact range of powers."""
    if exponent == 0:
        return _constants([Fraction(1)])
    result: _Range | None = None
    square, reached, power, n = x, 0, 1, abs(exponent)
    while n:
        if n & 1:
            reached += power
            ends = _power_ends(x, reached)
            result = square if result is None else _product(result, square, ends)
        n >>= 1
        if n:
            power *= 2
            square = _product(square, square, _power_ends(x, power))
    assert result is not None
    return result if exponent > 0 else _quotient(_power(x, 0), result)


def _power_ends(x: _Range, n: int) -> Array:
    base = x.ends  # -(lo ** n) is (-lo) ** n for odd n
    if n % 2 == 0:
        base = np.array([-np.maximum(_distance_from_zero(base), 0.0), x.size])
    goal = np.where(base > 0, np.inf, 0.0)  # magnitudes grow above zero and shrink below
    result: Array | None = None
    square, k = np.abs(base), n
    while k:
        if k & 1:
            result = square if result is None else np.nextafter(result * square, goal)
        k >>= 1
        if k:
            square = np.nextafter(square * square, goal)
    assert result is not None
    powers: Array = np.copysign(result, base)
    return powers


def _sqrt(x: _Range, sure: Array) -> _Range:
    """Square root; ``sure`` says where doubles cannot make the argument negative."""
    # |sqrt(x') - sqrt(x)| <= e / (sqrt(x') + sqrt(x)), and <= sqrt(e) down to x = 0.
    low, error = -x.ends[0], x.error
    floor = np.sqrt(np.maximum(low, 0.0))
    ends = _up(np.array([-floor, np.sqrt(x.ends[1])]))
    roots = floor + np.sqrt(np.maximum(low - error, 0.0))
    raw = np.where(error > 0, np.fmin(error / roots, np.sqrt(error)), 0.0)
    return _rounded(ends, np.where(sure & (low >= 0), raw, np.inf))


def _never_negative(program: Program, table: _Range, wanted: Array) -> Array:
    """Boxes on which doubles cannot take a value below zero, though its error bound might.

    Rounding is monotone: what is computed in one step from exact operands has the sign of the
    exact result or is zero, and sums, products and quotients of such numbers are not negative
    either.
    """
    needed: set[int] = set()
    stack = [int(position) for position in wanted]
    while stack:
        position = stack.pop()
        if position not in needed:
            needed.add(position)
            stack.extend(program.code[position].args)
    sure: dict[int, Array] = {}
    for position in sorted(needed):
        op, args, literal = program.code[position]
        low = -table.ends[0, position]
        here: Array = low >= table.error[position]
        if op in {"add", "sub", "mul", "div"}:
            here = here | ((table.error[list(args)].sum(axis=0) == 0) & (low >= 0))
        if op in {"abs", "sqrt", "exp"} or (op == "mul" and args[0] == args[1]):
            here = here | True
        elif op == "pow":
            here = here | (int(literal or 0) % 2 == 0) | sure[args[0]]
        elif op in {"add", "mul", "div", "min"}:
            here = here | (sure[args[0]] & sure[args[1]])
        elif op == "max":
            here = here | sure[args[0]] | sure[args[1]]
        elif op == "select":
            here = here | (sure[args[1]] & sure[args[2]])
        sure[position] = here
    return np.array([sure[int(position)] for position in wanted])


def _exp(x: _Range) -> _Range:
    low, high = np.exp(-x.ends[0]), np.exp(x.ends[1])
    ends = np.array([-low * (1 - 2 * _ELEMENTARY), high * (1 + 2 * _ELEMENTARY) + _TINY])
    ends[0] = np.clip(ends[0] + _TINY, -_LARGE, 0.0)  # no overflow at the lower end
    grown = np.expm1(x.error) + _ELEMENTARY * np.exp(x.error)
    return _rounded(ends, ends[1] * grown + _TINY)


def _log(x: _Range) -> _Range:
    low = -x.ends[0]
    ends = np.array([-np.log(low), np.log(x.ends[1])])
    ends += 2 * _ELEMENTARY * np.abs(ends) + _TINY
    ends[np.isnan(ends)] = np.inf
    # The quotient is rounded upwards: the logarithm is steep where it comes near 1.
    raw = np.where(x.error < low, -np.log1p(-x.error / low * _INFLATE), np.inf)
    return _rounded(ends, raw + _ELEMENTARY * (np.maximum(ends[0], ends[1]) + raw) + _TINY)


def _minimum(x: _Range, y: _Range) -> _Range:
    ends = np.array([np.maximum(x.ends[0], y.ends[0]), np.minimum(x.ends[1], y.ends[1])])
    return _Range(ends, np.maximum(ends[0], ends[1]), np.maximum(x.error, y.error))


def _maximum(x: _Range, y: _Range) -> _Range:
    return _negative(_minimum(_negative(x), _negative(y)))


def _truth(true: Array, false: Array, error: Array) -> _Range:
    ends = np.array(np.broadcast_arrays(-1.0 * true, 1.0 - false))
    return _Range(ends, ends[1], error)


def _comparison_error(x: _Range, y: _Range) -> Array:
    """Zero where errors can change no decision: exact operands, or ranges wide apart."""
    error = x.error + y.error
    apart = -np.minimum(*(x.ends + y.ends[::-1]))
    sure = (error == 0) | (apart > error * _INFLATE + _TINY)
    return np.where(sure, 0.0, np.where(error < np.inf, 1.0, np.inf))


def _less(x: _Range, y: _Range) -> _Range:
    true, false = x.ends[1] < -y.ends[0], -x.ends[0] >= y.ends[1]
    return _truth(true, false, _comparison_error(x, y))


def _less_equal(x: _Range, y: _Range) -> _Range:
    true, false = x.ends[1] <= -y.ends[0], -x.ends[0] > y.ends[1]
    return _truth(true, false, _comparison_error(x, y))


def _equal(x: _Range, y: _Range) -> _Range:
    apart = (x.ends[1] < -y.ends[0]) | (y.ends[1] < -x.ends[0])
    point = (x.ends[0] == -x.ends[1]) & (y.ends[0] == -y.ends[1]) & ~apart
    return _truth(point, apart, _comparison_error(x, y))


def _both(x: _Range, y: _Range) -> _Range:
    false = ((x.ends[1] == 0) & (x.error == 0)) | ((y.ends[1] == 0) & (y.error == 0))
    both = _minimum(x, y)
    return both._replace(error=np.where(false, 0.0, both.error))


def _complement(x: _Range) -> _Range:
    ends = np.array([x.ends[1] - 1.0, x.ends[0] + 1.0])
    return _Range(ends, ends[1], x.error)


def _either(x: _Range, y: _Range) -> _Range:
    return _complement(_both(_complement(x), _complement(y)))


def _select(test: _Range, x: _Range, y: _Range) -> _Range:
    true, false = test.ends[0] == -1.0, test.ends[1] == 0.0
    ends = np.where(true, x.ends, np.where(false, y.ends, np.maximum(x.ends, y.ends)))
    # Doubles that decide rightly err as the branch does.  Otherwise exact and computed value
    # may come from different branches, and are as far apart as the two ranges reach.
    either = np.maximum(x.error, y.error)
    error = np.where(true, x.error, np.where(false, y.error, either))
    hull = np.maximum(x.ends, y.ends)
    strayed = (hull[0] + hull[1] + either) * _INFLATE + _TINY
    error = np.where(test.error == 0, error, np.where(test.error < np.inf, strayed, np.inf))
    return _Range(ends, np.maximum(ends[0], ends[1]), error)


_STEPS: dict[str, Callable[..., _Range]] = {
    "neg": _negative,
    "abs": _absolute,
    "add": _sum,
    "sub": _difference,
    "mul": _product,
    "div": _quotient,
    "min": _minimum,
    "max": _maximum,
    "exp": _exp,
    "log": _log,
    "less": _less,
    "less_equal": _less_equal,
    "equal": _equal,
    "and": _both,
    "or": _either,
    "not": _complement,
    "select": _select,
}
