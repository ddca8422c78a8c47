"""A program in machine doubles, a whole batch at a time, with a rigorous error bound.

The bound is Higham's running error analysis (*Accuracy and Stability of Numerical
Algorithms*, 2nd ed., 2002, section 3.3): beside each computed value ``v`` a bound ``e`` on
``|v - exact|`` is carried through every operation, where *exact* is what the program
means in real arithmetic at the same double inputs.  The bounds themselves are computed in
doubles, so each step is inflated a little; the inflation covers their own rounding.  Square
roots are correctly rounded by IEEE 754; for ``exp`` and ``log`` of numpy 4 units in the last
place are assumed (numpy's own test limit).

Comparisons are decided on the computed values.  Where a ``select`` sits so near its
switching point that rounding could take the other branch, the bound covers both branches.

What has no value is nan, and stays nan: a division by zero (which has no sign, so inf would
let ``min``, ``exp`` or a comparison turn it back into an ordinary number) and a ``select``
whose condition compares nan.  Infinity means overflow or the logarithm of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import FormulaError
from hedging.program.graph import BOOLEAN, Program

__all__ = ["UNIT_ROUNDOFF", "evaluate", "evaluate_with_error"]

UNIT_ROUNDOFF = 2.0**-53
"""Half the spacing of doubles at 1."""

_INFLATE = 1.0 + 2.0**-40
_TINY = 2.0**-1070
_ELEMENTARY = 8.0 * UNIT_ROUNDOFF

Array = NDArray[Any]


def _divide(a: Array, b: Array) -> Array:
    return np.where(b == 0, np.nan, np.divide(a, b))


_PLAIN: dict[str, Callable[..., Any]] = {
    "neg": np.negative,
    "abs": np.abs,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": _divide,
    "min": np.minimum,
    "max": np.maximum,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "less": np.less,
    "less_equal": np.less_equal,
    "equal": np.equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
}


def _as_double(value: Fraction | int | None) -> float:
    try:
        return float(value if value is not None else 0)
    except OverflowError:
        return float("inf") if value is not None and value > 0 else float("-inf")


def _inputs(program: Program, inputs: Sequence[ArrayLike]) -> list[Array]:
    if len(inputs) != len(program.inputs):
        msg = (
            f"{len(inputs)} arrays given for a program of {len(program.inputs)} inputs; "
            f"give one for each of {', '.join(program.inputs)}"
        )
        raise FormulaError(msg)
    return [np.asarray(x, dtype=np.float64) for x in inputs]


def evaluate(program: Program, inputs: Sequence[ArrayLike]) -> list[Array]:
    """Value of every output, in doubles.

    Parameters
    ----------
    program : Program
    inputs : sequence of array_like
        One per program input, in order; they broadcast against each other.

    Returns
    -------
    list of ndarray
        One array per output.  An output that no input reaches has shape ``()``.
        What has no value is nan, what is too large is inf, without a warning.

    Notes
    -----
    Time and temporary memory are proportional to ``len(program.code)`` times the batch.

    Examples
    --------
    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x"])
    >>> square = b.program([b.power(b.input("x"), 2)])
    >>> evaluate(square, [[1.0, 3.0]])
    [array([1., 9.])]
    """
    given = _inputs(program, inputs)
    values: list[Array] = []
    lost: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        for position, (op, args, literal) in enumerate(program.code):
            if op == "input":
                values.append(given[int(literal or 0)])
            elif op == "const":
                values.append(np.asarray(_as_double(literal)))
            else:
                v = [values[a] for a in args]
                values.append(_value(op, v, args, int(literal or 0), lost))
                _note_lost(op, v, args, position, lost)
    return [values[o] for o in program.outputs]


def _value(
    op: str, v: list[Array], args: tuple[int, ...], literal: int, lost: dict[int, Array]
) -> Array:
    if op == "pow":
        return _power(v[0], literal)
    if op == "select":
        chosen = np.where(v[0], v[1], v[2])
        return np.where(lost[args[0]], np.nan, chosen) if args[0] in lost else chosen
    return np.asarray(_PLAIN[op](*v))


def _note_lost(
    op: str, v: list[Array], args: tuple[int, ...], position: int, lost: dict[int, Array]
) -> None:
    """Keep where a truth value rests on a comparison with nan, and so is none."""
    if op in {"less", "less_equal", "equal"}:
        none = np.isnan(v[0] - v[1])
        if none.any():
            lost[position] = none
    elif op in {"and", "or", "not"}:
        marks = [lost[a] for a in args if a in lost]
        if marks:
            lost[position] = np.asarray(sum(marks[1:], start=marks[0]))


def _power(base: Array, exponent: int) -> Array:
    """Integer power by repeated squaring: the same multiplications in every arithmetic."""
    result: Array | None = None
    square = base
    n = abs(exponent)
    while n:
        if n & 1:
            result = square if result is None else np.multiply(result, square)
        n >>= 1
        if n:
            square = np.multiply(square, square)
    if result is None:
        return np.ones_like(base)
    return _divide(np.asarray(1.0), result) if exponent < 0 else result


def evaluate_with_error(
    program: Program, inputs: Sequence[ArrayLike]
) -> tuple[list[Array], list[Array]]:
    """Value of every output in doubles, and a bound on its distance from the exact value.

    Parameters
    ----------
    program : Program
    inputs : sequence of array_like
        One per program input, taken as exact.

    Returns
    -------
    values, errors : lists of ndarray
        ``abs(values[k] - exact[k]) <= errors[k]``; inf where nothing can be promised, which
        includes every place where the exact value is undefined or the computed one not finite.

    Examples
    --------
    Cancellation is seen, not assumed away:

    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x"])
    >>> big = b.constant(10**8)
    >>> program = b.program([b.sub(b.add(b.input("x"), big), big)])
    >>> values, errors = evaluate_with_error(program, [0.1])
    >>> float(abs(values[0] - 0.1)) <= float(errors[0]) < 1e-7
    True
    """
    given = _inputs(program, inputs)
    values: list[Array] = []
    errors: list[Array] = []
    lost: dict[int, Array] = {}
    zero = np.asarray(0.0)
    with np.errstate(all="ignore"):
        for position, (op, args, literal) in enumerate(program.code):
            v = [values[a] for a in args]
            e = [errors[a] for a in args]
            error: Array = zero
            if op == "input":
                value = given[int(literal or 0)]
            elif op == "const":
                value = np.asarray(_as_double(literal))
                if not np.isfinite(value):
                    error = np.asarray(np.inf)
                elif Fraction(float(value)) != literal:
                    error = np.asarray(abs(float(value)) * UNIT_ROUNDOFF * _INFLATE + _TINY)
            else:
                value = _value(op, v, args, int(literal or 0), lost)
                _note_lost(op, v, args, position, lost)
                if op == "pow":
                    error = _power_error(v[0], e[0], value, int(literal or 0))
                elif op in BOOLEAN:
                    error = _undecided(op, v, e)
                else:
                    error = _step_error(op, v, e, value)
            values.append(value)
            errors.append(np.asarray(error))
    return [values[o] for o in program.outputs], [errors[o] for o in program.outputs]


def _undecided(op: str, v: list[Array], e: list[Array]) -> Array:
    """The 'error' of a truth value: 0 where it is certain, inf where rounding may flip it."""
    if op in {"and", "or", "not"}:
        return np.asarray(sum(e[1:], start=e[0]))
    apart = np.abs(v[0] - v[1]) > (e[0] + e[1]) * _INFLATE
    return np.where(apart | ((e[0] == 0) & (e[1] == 0)), 0.0, np.inf)


def _step_error(op: str, v: list[Array], e: list[Array], value: Array) -> Array:
    u = UNIT_ROUNDOFF
    if op == "neg" or op == "abs":
        return e[0]
    if op in {"min", "max"}:
        return np.maximum(e[0], e[1])
    if op == "select":
        chosen = np.where(v[0], e[1], e[2])
        either = (np.maximum(e[1], e[2]) + np.abs(v[1] - v[2])) * _INFLATE
        raw = np.where(e[0] > 0, either, chosen)
        return np.where(np.isnan(raw) | np.isnan(value), np.inf, raw)
    size = np.abs(value)
    if op in {"add", "sub"}:
        raw = e[0] + e[1] + u * size
    elif op == "mul":
        raw = np.abs(v[0]) * e[1] + np.abs(v[1]) * e[0] + e[0] * e[1] + u * size + _TINY
        nothing = (v[0] == 0) & (e[0] == 0) & (e[1] < np.inf)
        nothing = nothing | ((v[1] == 0) & (e[1] == 0) & (e[0] < np.inf))
        raw = np.where(nothing & (size == 0), 0.0, raw)
    elif op == "div":
        room = np.abs(v[1]) - e[1]
        # e / room first: the products before it may underflow.
        spread = e[0] / room + size * (e[1] / room)
        raw = np.where(room > 0, spread, np.inf) * (1 + u) + u * size + _TINY
        raw = np.where((v[0] == 0) & (e[0] == 0) & (room > 0), 0.0, raw)
    elif op == "sqrt":
        low = np.sqrt(np.maximum(v[0] - e[0], 0.0))
        raw = e[0] / (low + value) + u * size
        raw = np.where(e[0] > 0, raw, u * size)
        raw = np.where((v[0] < 0) | (v[0] > e[0]) | (e[0] == 0), raw, np.inf)
    elif op == "exp":
        raw = value * np.expm1(e[0]) + _ELEMENTARY * size * np.exp(e[0]) + _TINY
    elif op == "log":
        raw = -np.log1p(-e[0] / v[0]) + _ELEMENTARY * size + _TINY
        raw = np.where(v[0] > e[0], raw, np.inf)
    else:  # pragma: no cover - the table of operations is closed
        msg = f"no error rule for operation {op!r}"
        raise FormulaError(msg)
    return np.where(np.isnan(raw), np.inf, raw * _INFLATE)


def _power_error(base: Array, error: Array, value: Array, exponent: int) -> Array:
    if exponent < 0:
        below = _power(base, -exponent)
        bounds = [np.zeros_like(below), _power_error(base, error, below, -exponent)]
        return _step_error("div", [np.ones_like(below), below], bounds, value)
    n = exponent
    if n == 0:
        return np.zeros_like(value)
    # |(|b|+e)^n - |b|^n| for the input error, at most n - 1 roundings for the products.
    spread = n * _power(np.abs(base) + error, n - 1) * error * (1 + 2 * n * UNIT_ROUNDOFF)
    if n * UNIT_ROUNDOFF > 0.01:
        return np.full_like(value, np.inf)
    raw = spread + 1.02 * n * UNIT_ROUNDOFF * np.abs(value) + n * _TINY
    return np.where(np.isnan(raw), np.inf, raw * _INFLATE)
