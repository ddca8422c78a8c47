"""A program in machine doubles, a whole batch at a time, with a rigorous error bound.

The bound is Higham's running error analysis (*Accuracy and Stability of Numerical
Algorithms*, 2nd ed., 2002, section 3.3): beside each computed value ``v`` a bound ``e`` on
``|v - exact|`` is carried through every operation, where *exact* is what the program
means in real arithmetic at the same double inputs.  The bounds themselves are computed in
doubles, so each step is inflated a little; the inflation covers their own rounding.  Square
roots are correctly rounded by IEEE 754; for ``exp`` and ``log`` of numpy 4 units in the last
place are assumed (numpy's own test limit).

Comparisons are decided on the computed values.  Where a ``select`` sits so near its
switching point that rounding could take the other branch, the bound there is infinite.
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

_PLAIN: dict[str, Callable[..., Any]] = {
    "neg": np.negative,
    "abs": np.abs,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
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
    "select": np.where,
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
        Divisions by zero and the like give inf or nan, without a warning.

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
    with np.errstate(all="ignore"):
        for op, args, literal in program.code:
            if op == "input":
                values.append(given[int(literal or 0)])
            elif op == "const":
                values.append(np.asarray(_as_double(literal)))
            elif op == "pow":
                values.append(_power(values[args[0]], int(literal or 0)))
            else:
                values.append(np.asarray(_PLAIN[op](*(values[a] for a in args))))
    return [values[o] for o in program.outputs]


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
    return np.divide(1.0, result) if exponent < 0 else result


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
        ``abs(values[k] - exact[k]) <= errors[k]``; inf where nothing can be promised.
        Where the exact value is undefined the computed value is not finite.

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
    zero = np.asarray(0.0)
    with np.errstate(all="ignore"):
        for op, args, literal in program.code:
            v = [values[a] for a in args]
            e = [errors[a] for a in args]
            error: Array = zero
            if op == "input":
                value = given[int(literal or 0)]
            elif op == "const":
                value = np.asarray(_as_double(literal))
                if np.isfinite(value) and Fraction(float(value)) != literal:
                    error = np.asarray(abs(float(value)) * UNIT_ROUNDOFF * _INFLATE + _TINY)
            elif op == "pow":
                value = _power(v[0], int(literal or 0))
                error = _power_error(v[0], e[0], value, int(literal or 0))
            else:
                value = np.asarray(_PLAIN[op](*v))
                error = zero if op in BOOLEAN else _step_error(op, v, e, value)
            if op in {"less", "less_equal", "equal"}:
                # A comparison within its error is undecided; the mark is used by `select`.
                error = np.where(np.abs(v[0] - v[1]) > e[0] + e[1], 0.0, np.inf)
                error = np.where((e[0] == 0) & (e[1] == 0), 0.0, error)
            elif op in {"and", "or", "not"}:
                error = np.asarray(sum(e, start=zero))
            values.append(value)
            errors.append(np.asarray(error))
    return [values[o] for o in program.outputs], [errors[o] for o in program.outputs]


def _step_error(op: str, v: list[Array], e: list[Array], value: Array) -> Array:
    u = UNIT_ROUNDOFF
    if op == "neg" or op == "abs":
        return e[0]
    if op in {"min", "max"}:
        return np.maximum(e[0], e[1])
    if op == "select":
        chosen = np.where(v[0], e[1], e[2])
        return np.where(e[0] > 0, np.inf, chosen)
    size = np.abs(value)
    if op in {"add", "sub"}:
        raw = e[0] + e[1] + u * size
    elif op == "mul":
        raw = np.abs(v[0]) * e[1] + np.abs(v[1]) * e[0] + e[0] * e[1] + u * size + _TINY
    elif op == "div":
        room = np.abs(v[1]) - e[1]
        raw = np.where(room > 0, (e[0] + size * e[1]) / room, np.inf) * (1 + u) + u * size + _TINY
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
    exact = np.all([x == 0 for x in np.broadcast_arrays(*e)], axis=0) & (size == 0)
    if op in {"add", "sub"}:  # a sum of exact numbers that comes out zero is exactly zero
        raw = np.where(exact, 0.0, raw)
    return np.where(np.isnan(raw), np.inf, raw * _INFLATE)


def _power_error(base: Array, error: Array, value: Array, exponent: int) -> Array:
    n = abs(exponent)
    if n == 0:
        return np.zeros_like(value)
    size = np.abs(base)
    # |(|b|+e)^n - |b|^n| for the input error, n+1 roundings for the products (and the division).
    spread = n * (size + error) ** (n - 1) * error
    if exponent < 0:
        low = (size - error) ** n
        spread = np.where(size > error, spread / (low * np.maximum(size**n, low)), np.inf)
        spread = np.where(error == 0, 0.0, spread)
    raw = spread + (2 * n + 2) * UNIT_ROUNDOFF * np.abs(value) * 1.01 + _TINY
    return np.where(np.isnan(raw), np.inf, raw * _INFLATE)
