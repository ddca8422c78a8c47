"""A program in double-double: some 106 bits, a batch of points at a time, with a rigorous bound.

A number is an unevaluated sum ``hi + lo`` of two doubles, ``hi`` being the sum rounded.  It is
built on two error-free transformations (T. J. Dekker, *A floating-point technique for extending
the available precision*, Numer. Math. 18, 1971; D. E. Knuth, *TAOCP* 2, section 4.2.2):

    a + b = s + t,   s = fl(a + b)        a * b = p + e,   p = fl(a * b).

Sums and products follow M. Joldes, J.-M. Muller and V. Popescu, *Tight and rigorous error bounds
for basic building blocks of double-word arithmetic*, ACM TOMS 44 (2017), with one change: what a
sum loses is not bounded but computed, by the first transformation again.  So the bound carried
along is exactly zero where every operation was exact, and a tie among integers or short binary
fractions is *known* to be a tie: ``hi == 0`` and ``error == 0``.

This is the second stage of an adaptive predicate (J. R. Shewchuk, *Discrete Comput. Geom.* 18,
1997): it settles nearly all signs that doubles leave open, and says which ones it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import FormulaError
from hedging.program.graph import Program

__all__ = ["UNDECIDED", "evaluate", "signs"]

UNDECIDED = 2
"""What `signs` says of a number that may have any sign, or none."""

_UNIT = 2.0**-53
_INFLATE = 1.0 + 2.0**-40
_TINY = 2.0**-1070
_ELEMENTARY = 8.0 * _UNIT
"""Relative error of numpy's exp and log, as in `doubles`."""
_SMALL, _SLACK = 2.0**-900, 2.0**-1000
"""Below the first, parts of a product may underflow; together they lose less than the second."""
_BLOCK = 4096
"""Points at a time: their intermediate values stay in the second-level cache."""

Array = NDArray[Any]


class _Pair:
    """``hi + lo`` within ``error`` of the exact value, at every point of a block.

    ``lo`` or ``error`` is None where it is known to be zero at all points.  Overflow and
    undefined operations leave ``hi`` or ``lo`` not finite; `_settled` makes the error inf there.
    """

    __slots__ = ("_halves", "error", "hi", "lo")

    def __init__(self, hi: Array, lo: Array | None = None, error: Array | None = None) -> None:
        self.hi, self.lo, self.error = hi, lo, error
        self._halves: tuple[Array, Array] | None = None

    def halves(self) -> tuple[Array, Array]:
        """``hi`` as a sum of two numbers of 26 bits, whose products are exact.

        Rounded on the bit pattern, which unlike Veltkamp's product cannot overflow.
        """
        if self._halves is None:
            bits = self.hi.view(np.int64) + (1 << 26)
            bits &= -(1 << 27)
            head = bits.view(np.float64)
            self._halves = head, self.hi - head
        return self._halves


class _Truth:
    """Truth values, and where they are not known (None: known at all points)."""

    __slots__ = ("open", "value")

    def __init__(self, value: Array, open: Array | None = None) -> None:
        self.value, self.open = value, open


_Value = _Pair | _Truth


def evaluate(
    program: Program, inputs: Sequence[ArrayLike]
) -> tuple[list[Array], list[Array], list[Array]]:
    """Value of every output in double-double, and a bound on its distance from the exact value.

    Parameters
    ----------
    program : Program
    inputs : sequence of array_like
        One per program input, in order, read as the doubles they are; they broadcast against
        each other.

    Returns
    -------
    hi, lo, error : lists of ndarray
        One of each per output, of the shape the inputs broadcast to.
        ``abs(hi[k] + lo[k] - exact[k]) <= error[k]``; 0 where every operation on the way was exact,
        inf where nothing can be promised: near a switching point, after exp or log of a wide
        bound, at division by what may be zero.  Where ``hi`` is nan the value does not exist or
        is out of range.  Truth values are 0 and 1.

    Raises
    ------
    FormulaError
        If the number of arrays is not the number of inputs.

    Notes
    -----
    About 35 floating-point operations for each sum and each product of two full pairs.

    Examples
    --------
    What doubles lose is here, and a tie is a tie:

    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x"])
    >>> x, big = b.input("x"), b.constant(10**8)
    >>> y = b.sub(b.add(x, big), big)
    >>> hi, lo, error = evaluate(b.program([y, b.sub(y, x)]), [0.1])
    >>> [float(h) for h in hi], [float(e) for e in error]
    ([0.1, 0.0], [0.0, 0.0])
    """
    given, shape = _inputs(program, inputs)
    number = int(np.prod(shape))
    results = np.empty((3, len(program.outputs), number))
    for block, values in _blocks(program, given, number):
        for k, value in enumerate(values):
            pair = _settled(_as_pair(value))
            results[0, k, block] = pair.hi
            results[1, k, block] = _or_zero(pair.lo)
            results[2, k, block] = _or_zero(pair.error)
    hi, lo, error = ([row.reshape(shape) for row in part] for part in results)
    return hi, lo, error


def signs(program: Program, inputs: Sequence[ArrayLike]) -> NDArray[np.int8]:
    """Certified sign of every output at every point.

    Parameters
    ----------
    program : Program
    inputs : sequence of array_like
        As for `evaluate`; N is the size of the shape they broadcast to.

    Returns
    -------
    int8 array of shape (n_outputs, N)
        +1, 0 or -1 where that is certainly the sign of the exact value; `UNDECIDED` (2) elsewhere,
        also where the value does not exist.

    Examples
    --------
    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x", "y"])
    >>> x, y = b.input("x"), b.input("y")
    >>> program = b.program([b.sub(b.mul(x, x), b.mul(y, y)), b.div(x, y)])
    >>> signs(program, [[1 + 2.0**-52, 1.0, -2.0], [1.0, -1.0, 0.0]]).tolist()
    [[1, 0, 1], [1, -1, 2]]
    """
    given, shape = _inputs(program, inputs)
    number = int(np.prod(shape))
    result = np.empty((len(program.outputs), number), dtype=np.int8)
    for block, values in _blocks(program, given, number):
        for k, value in enumerate(values):
            result[k, block] = _sign(_as_pair(value))
    return result


def _inputs(program: Program, inputs: Sequence[ArrayLike]) -> tuple[list[Array], tuple[int, ...]]:
    if len(inputs) != len(program.inputs):
        msg = (
            f"{len(inputs)} arrays given for a program of {len(program.inputs)} inputs; "
            f"give one for each of {', '.join(program.inputs)}"
        )
        raise FormulaError(msg)
    arrays = [np.asarray(x, dtype=np.float64) for x in inputs]
    shape = np.broadcast_shapes(*(x.shape for x in arrays))
    # Single numbers stay single: what depends on them alone is computed once.
    return [x.ravel() if x.size == 1 else np.broadcast_to(x, shape).ravel() for x in arrays], shape


def _blocks(
    program: Program, given: list[Array], number: int
) -> Iterator[tuple[slice, list[_Value]]]:
    """Outputs for one block of points after the other."""
    constants = [_constant(literal) if op == "const" else None for op, _, literal in program.code]
    last = {a: i for i, step in enumerate(program.code) for a in step.args}
    last.update((o, len(program.code)) for o in program.outputs)
    for start in range(0, number, _BLOCK):
        block = slice(start, min(start + _BLOCK, number))
        values: list[Any] = []
        with np.errstate(all="ignore"):
            for position, (op, args, literal) in enumerate(program.code):
                x = [values[a] for a in args]
                if op == "input":
                    whole = given[int(literal or 0)]
                    values.append(_Pair(whole if whole.size == 1 else whole[block]))
                elif op == "const":
                    values.append(constants[position])
                elif op == "pow":
                    values.append(_power(x[0], int(literal or 0)))
                else:
                    values.append(_STEPS[op](*x))
                for a in args:  # give the memory of what is done with to what comes next
                    if last[a] == position:
                        values[a] = None
            yield block, [values[o] for o in program.outputs]


# ------------------------------------------------------------------ error-free transformations


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """``fl(a + b)`` and what it lacks, without any condition (Knuth)."""
    total = a + b
    from_b = total - a
    lack = total - from_b
    np.subtract(a, lack, out=lack)
    np.subtract(b, from_b, out=from_b)
    lack += from_b
    return total, lack


def _fast_two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The same where ``abs(a) >= abs(b)``, or ``a`` is zero (Dekker)."""
    total = a + b
    lack = total - a
    np.subtract(b, lack, out=lack)
    return total, lack


def _two_product(x: _Pair, y: _Pair) -> tuple[Array, Array]:
    """``fl(x.hi * y.hi)`` and what it lacks, unless that underflows (Dekker)."""
    x_head, x_tail = x.halves()
    y_head, y_tail = y.halves()
    product = x.hi * y.hi
    lack = x_head * y_head
    lack -= product
    lack += x_head * y_tail
    lack += x_tail * y_head
    lack += x_tail * y_tail
    return product, lack


# ------------------------------------------------------------------------- rational operations


def _total(*errors: Array | None) -> Array | None:
    """Sum of bounds, None standing for zero."""
    total: Array | None = None
    for error in errors:
        if error is not None:
            total = error if total is None else total + error
    return total


def _constant(literal: Fraction | int | None) -> _Pair:
    exact = Fraction(literal or 0)
    try:
        hi = float(exact)
    except OverflowError:
        return _Pair(np.array([np.inf]))
    rest = exact - Fraction(hi)
    if rest == 0:
        return _Pair(np.array([hi]))
    lo = float(rest)
    rest -= Fraction(lo)
    error = None if rest == 0 else np.array([abs(float(rest)) * _INFLATE + _TINY])
    return _Pair(np.array([hi]), np.array([lo]), error)


def _negative(x: _Pair) -> _Pair:
    return _Pair(-x.hi, None if x.lo is None else -x.lo, x.error)


def _absolute(x: _Pair) -> _Pair:
    sign = np.where(x.hi < 0, -1.0, 1.0)
    return _Pair(x.hi * sign, None if x.lo is None else x.lo * sign, x.error)


def _sum(x: _Pair, y: _Pair) -> _Pair:
    # Additions of doubles never underflow, so residuals are residuals at any scale.
    hi, rest = _two_sum(x.hi, y.hi)
    if x.lo is None and y.lo is None:
        return _Pair(hi, rest, _inflated(_total(x.error, y.error)))
    if x.lo is None or y.lo is None:
        low, lost = _two_sum(rest, _or_zero(y.lo if x.lo is None else x.lo))
        hi, lo = _fast_two_sum(hi, low)
        np.abs(lost, out=lost)
    else:
        low, low_rest = _two_sum(x.lo, y.lo)
        low, lost = _two_sum(rest, low)
        hi, low = _fast_two_sum(hi, low)
        low, more = _two_sum(low_rest, low)
        hi, lo = _fast_two_sum(hi, low)
        np.abs(lost, out=lost)
        lost += np.abs(more, out=more)
    return _Pair(hi, lo, _inflated(_total(lost, x.error, y.error)))


def _inflated(error: Array | None) -> Array | None:
    return None if error is None else error * _INFLATE


def _difference(x: _Pair, y: _Pair) -> _Pair:
    return _sum(x, _negative(y))


def _product(x: _Pair, y: _Pair) -> _Pair:
    hi, lo = _two_product(x, y)
    size = np.abs(hi)
    error: Array | None = None
    if x.lo is not None or y.lo is not None:
        cross, inexact = _cross(x, y)
        lo += cross
        hi, lo = _fast_two_sum(hi, lo)
        # Joldes et al.: at most 8 u**2 relative to the product, and nothing without low parts.
        error = size * (9.0 * _UNIT * _UNIT)
        error *= inexact
    if not np.min(size, initial=np.inf) >= _SMALL:
        # Parts may have underflowed; a product with an exact zero is exact all the same.
        slack = ((size < _SMALL) & (x.hi != 0) & (y.hi != 0)) * _SLACK
        if error is not None or slack.any():
            error = _total(error, slack)
    if x.error is not None or y.error is not None:
        error = _total(error, _carried(x, y))
    return _Pair(hi, lo, _inflated(error))


def _cross(x: _Pair, y: _Pair) -> tuple[Array, Array]:
    """Products of high with low parts, and where a low part is not zero."""
    if x.lo is None or y.lo is None:
        exact, other = (x, y) if x.lo is None else (y, x)
        low = _or_zero(other.lo)
        return exact.hi * low, low != 0
    cross = x.hi * y.lo
    cross += x.lo * y.hi
    return cross, (x.lo != 0) | (y.lo != 0)


def _carried(x: _Pair, y: _Pair) -> Array:
    """Error of a product due to errors of its factors; none where a factor is exactly zero."""
    if x.error is None or y.error is None:
        exact, other = (x, y) if x.error is None else (y, x)
        error = _or_zero(other.error)
        live = (error > 0) & (exact.hi != 0)
        carried = np.abs(exact.hi) * error
    else:
        x_blurred, y_blurred = x.error > 0, y.error > 0
        live = (x_blurred & (y_blurred | (y.hi != 0))) | (y_blurred & (x.hi != 0))
        carried = np.abs(x.hi) * y.error + np.abs(y.hi) * x.error + x.error * y.error
    bound: Array = carried + live * _TINY
    return bound


def _quotient(x: _Pair, y: _Pair) -> _Pair:
    x, y = _settled(x), _settled(y)
    first = x.hi / y.hi
    rest = _difference(_bare(x), _product(_Pair(first), _bare(y)))
    hi, lo = _two_sum(first, rest.hi / y.hi)
    # Whatever hi + lo is, its distance from the quotient of the pairs is |x - (hi + lo) y| / |y|.
    rest = _settled(_difference(_bare(x), _product(_Pair(hi, lo), _bare(y))))
    size = np.abs(y.hi) / _INFLATE
    residue = _magnitude(rest)
    local = np.where(residue > 0, residue / size * _INFLATE + _TINY, 0.0)
    if x.error is not None or y.error is not None:
        above, below = _or_zero(x.error), _or_zero(y.error)
        room = size - below
        carried = above / room + (np.abs(hi) * _INFLATE + local) * (below / room)
        live = (above > 0) | ((below > 0) & (x.hi != 0))
        local = np.where(room > 0, local + carried + live * _TINY, np.inf)
    zero = y.hi == 0
    hi = np.where(zero, np.where(_or_zero(y.error) == 0, np.nan, 0.0), hi)
    return _Pair(hi, np.where(zero, 0.0, lo), np.where(zero, np.inf, local * _INFLATE))


def _power(x: _Pair, exponent: int) -> _Pair:
    """Integer power by repeated squaring: the same multiplications in every arithmetic."""
    result: _Pair | None = None
    square, n = x, abs(exponent)
    while n:
        if n & 1:
            result = square if result is None else _product(result, square)
        n >>= 1
        if n:
            square = _product(square, square)
    one = _Pair(np.ones(1))
    if result is None:
        return one
    return _quotient(one, result) if exponent < 0 else result


# --------------------------------------------------------------------------- everything else


def _or_zero(x: Array | None) -> Array:
    return np.zeros(1) if x is None else x


def _bare(x: _Pair) -> _Pair:
    """The pair as an exact number."""
    return _Pair(x.hi, x.lo)


def _magnitude(x: _Pair) -> Array:
    """Bound on the absolute value of what the pair stands for."""
    size: Array = (np.abs(x.hi) + np.abs(_or_zero(x.lo)) + _or_zero(x.error)) * _INFLATE
    return size


def _settled(x: _Pair) -> _Pair:
    """The same, with an error of inf and ``hi`` nan wherever anything is not finite.

    Sums, products and signs pass nan and inf on; before any other operation they must be caught.
    """
    error = _or_zero(x.error)
    finite = np.isfinite(x.hi) & np.isfinite(_or_zero(x.lo))
    if finite.all() and not np.isnan(error).any():
        return x
    return _Pair(
        np.where(finite, x.hi, np.nan),
        None if x.lo is None else np.where(finite, x.lo, 0.0),
        np.where(finite & ~np.isnan(error), error, np.inf),
    )


def _sqrt(x: _Pair) -> _Pair:
    x = _settled(x)
    first = np.sqrt(x.hi)
    root = _Pair(first)
    rest = _difference(_bare(x), _product(root, root))
    hi, lo = _two_sum(first, np.where(first > 0, rest.hi / (2.0 * first), 0.0))
    root = _Pair(hi, lo)
    # |r - sqrt(x)| = |x - r r| / (r + sqrt(x)), so a residue bounds the distance from the root.
    residue = _magnitude(_settled(_difference(_bare(x), _product(root, root))))
    error = _or_zero(x.error)
    lost = residue + error
    lost = np.where(lost > 0, lost / hi * _INFLATE + _TINY, 0.0)
    # An argument that may be negative may have no root.
    lost = np.where((x.hi > error * _INFLATE) | ((x.hi == 0) & (error == 0)), lost, np.inf)
    none = x.hi < -error * _INFLATE
    hi = np.where(none, np.nan, np.where(x.hi > 0, hi, 0.0))
    return _Pair(hi, np.where(x.hi > 0, lo, 0.0), lost)


def _exp(x: _Pair) -> _Pair:
    x = _settled(x)
    spread = np.abs(_or_zero(x.lo)) + _or_zero(x.error)
    hi = np.exp(x.hi)
    grown = np.expm1(spread) + 2.0 * _ELEMENTARY * np.exp(spread)
    error = (hi + _TINY) * grown * _INFLATE + _TINY  # hi may have underflowed
    return _Pair(hi, None, np.where((x.hi == 0) & (spread == 0), 0.0, error))


def _log(x: _Pair) -> _Pair:
    x = _settled(x)
    error = _or_zero(x.error)
    spread = (np.abs(_or_zero(x.lo)) + error) * _INFLATE
    hi = np.log(np.where(x.hi > 0, x.hi, np.nan))
    lost = (-np.log1p(-spread / x.hi * _INFLATE) + _ELEMENTARY * np.abs(hi)) * _INFLATE + _TINY
    lost = np.where(spread < x.hi, lost, np.inf)
    lost = np.where((x.hi == 1) & (spread == 0), 0.0, lost)
    possible = (x.hi <= 0) & (x.hi >= -error * _INFLATE) & (error > 0)
    return _Pair(np.where(possible, 0.0, hi), None, lost)


def _choose(test: Array, x: _Pair, y: _Pair) -> _Pair:
    lo = error = None
    if x.lo is not None or y.lo is not None:
        lo = np.where(test, _or_zero(x.lo), _or_zero(y.lo))
    if x.error is not None or y.error is not None:
        error = np.where(test, _or_zero(x.error), _or_zero(y.error))
    return _Pair(np.where(test, x.hi, y.hi), lo, error)


def _minimum(x: _Pair, y: _Pair) -> _Pair:
    x, y = _settled(x), _settled(y)
    lower = (x.hi < y.hi) | ((x.hi == y.hi) & (_or_zero(x.lo) < _or_zero(y.lo)))
    chosen = _choose(lower, x, y)
    if chosen.error is None:
        return chosen
    # Numbers certainly apart: the error is that of the smaller.  Else at most the larger error.
    apart = _sign(_difference(x, y)) != UNDECIDED
    worst = np.maximum(_or_zero(x.error), _or_zero(y.error))
    return _Pair(chosen.hi, chosen.lo, np.where(apart, chosen.error, worst))


def _maximum(x: _Pair, y: _Pair) -> _Pair:
    return _negative(_minimum(_negative(x), _negative(y)))


def _sign(x: _Pair) -> NDArray[np.int8]:
    x = _settled(x)
    error = _or_zero(x.error)
    with np.errstate(over="ignore"):
        error = error * _INFLATE  # covers |lo| <= u |hi| too
    above, below = x.hi > error, x.hi < -error
    zero = (x.hi == 0) & (error == 0)
    sign = above.astype(np.int8) - below.astype(np.int8)
    sign[~(above | below | zero)] = UNDECIDED
    return sign


def _compare(holds: Callable[[NDArray[np.int8]], Array]) -> Callable[[_Pair, _Pair], _Truth]:
    def compare(x: _Pair, y: _Pair) -> _Truth:
        sign = _sign(_difference(x, y))
        open_ = sign == UNDECIDED
        return _Truth(holds(sign), open_ if open_.any() else None)

    return compare


def _both(x: _Truth, y: _Truth) -> _Truth:
    value = x.value & y.value
    if x.open is None and y.open is None:
        return _Truth(value)
    x_open, y_open = (np.zeros(1, bool) if t.open is None else t.open for t in (x, y))
    false = (~x_open & ~x.value) | (~y_open & ~y.value)
    return _Truth(value, (x_open | y_open) & ~false)


def _complement(x: _Truth) -> _Truth:
    return _Truth(~x.value, x.open)


def _either(x: _Truth, y: _Truth) -> _Truth:
    return _complement(_both(_complement(x), _complement(y)))


def _select(test: _Truth, x: _Value, y: _Value) -> _Value:
    if isinstance(x, _Truth) and isinstance(y, _Truth):
        return _either(_both(test, x), _both(_complement(test), y))
    chosen = _choose(test.value, _as_pair(x), _as_pair(y))
    if test.open is None:
        return chosen
    return _Pair(chosen.hi, chosen.lo, np.where(test.open, np.inf, _or_zero(chosen.error)))


def _as_pair(x: _Value) -> _Pair:
    if isinstance(x, _Pair):
        return x
    return _Pair(x.value * 1.0, None, None if x.open is None else np.where(x.open, np.inf, 0.0))


_STEPS: dict[str, Callable[..., _Value]] = {
    "neg": _negative,
    "abs": _absolute,
    "add": _sum,
    "sub": _difference,
    "mul": _product,
    "div": _quotient,
    "min": _minimum,
    "max": _maximum,
    "sqrt": _sqrt,
    "exp": _exp,
    "log": _log,
    "less": _compare(lambda sign: sign == -1),
    "less_equal": _compare(lambda sign: (sign == -1) | (sign == 0)),
    "equal": _compare(lambda sign: sign == 0),
    "and": _both,
    "or": _either,
    "not": _complement,
    "select": _select,
}
