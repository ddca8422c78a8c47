"""Numbers of two doubles and their operations, each with the error it may have made.

A number is an unevaluated sum ``hi + lo`` of two doubles, ``hi`` being the sum rounded.  It is
built on two error-free transformations (T. J. Dekker, *A floating-point technique for extending
the available precision*, Numer. Math. 18, 1971; D. E. Knuth, *TAOCP* 2, section 4.2.2):

    a + b = s + t,   s = fl(a + b)        a * b = p + e,   p = fl(a * b).

Sums and products follow M. Joldes, J.-M. Muller and V. Popescu, *Tight and rigorous error bounds
for basic building blocks of double-word arithmetic*, ACM TOMS 44 (2017), with one change: what a
sum loses is not bounded but computed, by the first transformation again.  So the bound carried
along is exactly zero where every operation was exact.  Quotients and roots are bounded by what
they leave over.

Everything works on blocks of points at a time; warnings of numpy are the caller's to silence.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "STEPS",
    "UNDECIDED",
    "Pair",
    "Truth",
    "Value",
    "as_pair",
    "constant",
    "or_zero",
    "power",
    "settled",
    "sign",
]

UNDECIDED = 2
"""Sign of a number that may have any sign, or none."""

_UNIT = 2.0**-53
_INFLATE = 1.0 + 2.0**-40
_TINY = 2.0**-1070
_ELEMENTARY = 8.0 * _UNIT
"""Relative error of numpy's exp and log, as in `doubles`."""
_SMALL, _SLACK = 2.0**-900, 2.0**-1000
"""Below the first, parts of a product may underflow; together they lose less than the second."""

Array = NDArray[Any]


class Pair:
    """``hi + lo`` within ``error`` of the exact value, at every point of a block.

    ``lo`` or ``error`` is None where it is known to be zero at all points.  Overflow and
    undefined operations leave ``hi`` or ``lo`` not finite; `settled` makes the error inf there.
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


class Truth:
    """Truth values, and where they are not known (None: known at all points)."""

    __slots__ = ("open", "value")

    def __init__(self, value: Array, open: Array | None = None) -> None:
        self.value, self.open = value, open


Value = Pair | Truth
"""What an instruction leaves behind."""


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


def _two_product(x: Pair, y: Pair) -> tuple[Array, Array]:
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


def constant(literal: Fraction | int | None) -> Pair:
    """The pair nearest to a rational."""
    exact = Fraction(literal or 0)
    try:
        hi = float(exact)
    except OverflowError:
        return Pair(np.array([np.inf]))
    rest = exact - Fraction(hi)
    if rest == 0:
        return Pair(np.array([hi]))
    lo = float(rest)
    rest -= Fraction(lo)
    error = None if rest == 0 else np.array([abs(float(rest)) * _INFLATE + _TINY])
    return Pair(np.array([hi]), np.array([lo]), error)


def _negative(x: Pair) -> Pair:
    return Pair(-x.hi, None if x.lo is None else -x.lo, x.error)


def _absolute(x: Pair) -> Pair:
    turn = np.where(x.hi < 0, -1.0, 1.0)
    return Pair(x.hi * turn, None if x.lo is None else x.lo * turn, x.error)


def _sum(x: Pair, y: Pair) -> Pair:
    # Additions of doubles never underflow, so residuals are residuals at any scale.
    hi, rest = _two_sum(x.hi, y.hi)
    if x.lo is None and y.lo is None:
        return Pair(hi, rest, _inflated(_total(x.error, y.error)))
    if x.lo is None or y.lo is None:
        low, lost = _two_sum(rest, or_zero(y.lo if x.lo is None else x.lo))
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
    return Pair(hi, lo, _inflated(_total(lost, x.error, y.error)))


def _inflated(error: Array | None) -> Array | None:
    return None if error is None else error * _INFLATE


def _difference(x: Pair, y: Pair) -> Pair:
    return _sum(x, _negative(y))


def _product(x: Pair, y: Pair) -> Pair:
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
    return Pair(hi, lo, _inflated(error))


def _cross(x: Pair, y: Pair) -> tuple[Array, Array]:
    """Products of high with low parts, and where a low part is not zero."""
    if x.lo is None or y.lo is None:
        exact, other = (x, y) if x.lo is None else (y, x)
        low = or_zero(other.lo)
        return exact.hi * low, low != 0
    cross = x.hi * y.lo
    cross += x.lo * y.hi
    return cross, (x.lo != 0) | (y.lo != 0)


def _carried(x: Pair, y: Pair) -> Array:
    """Error of a product due to errors of its factors; none where a factor is exactly zero."""
    if x.error is None or y.error is None:
        exact, other = (x, y) if x.error is None else (y, x)
        error = or_zero(other.error)
        live = (error > 0) & (exact.hi != 0)
        carried = np.abs(exact.hi) * error
    else:
        x_blurred, y_blurred = x.error > 0, y.error > 0
        live = (x_blurred & (y_blurred | (y.hi != 0))) | (y_blurred & (x.hi != 0))
        carried = np.abs(x.hi) * y.error + np.abs(y.hi) * x.error + x.error * y.error
    bound: Array = carried + live * _TINY
    return bound


def _quotient(x: Pair, y: Pair) -> Pair:
    x, y = settled(x), settled(y)
    first = x.hi / y.hi
    rest = _difference(_bare(x), _product(Pair(first), _bare(y)))
    hi, lo = _two_sum(first, rest.hi / y.hi)
    # Whatever hi + lo is, its distance from the quotient of the pairs is |x - (hi + lo) y| / |y|.
    rest = settled(_difference(_bare(x), _product(Pair(hi, lo), _bare(y))))
    size = np.abs(y.hi) / _INFLATE
    residue = _magnitude(rest)
    local = np.where(residue > 0, residue / size * _INFLATE + _TINY, 0.0)
    if x.error is not None or y.error is not None:
        above, below = or_zero(x.error), or_zero(y.error)
        room = size - below
        carried = above / room + (np.abs(hi) * _INFLATE + local) * (below / room)
        live = (above > 0) | ((below > 0) & (x.hi != 0))
        local = np.where(room > 0, local + carried + live * _TINY, np.inf)
    zero = y.hi == 0
    hi = np.where(zero, np.where(or_zero(y.error) == 0, np.nan, 0.0), hi)
    return Pair(hi, np.where(zero, 0.0, lo), np.where(zero, np.inf, local * _INFLATE))


def power(x: Pair, exponent: int) -> Pair:
    """Integer power by repeated squaring: the same multiplications in every arithmetic."""
    result: Pair | None = None
    square, n = x, abs(exponent)
    while n:
        if n & 1:
            result = square if result is None else _product(result, square)
        n >>= 1
        if n:
            square = _product(square, square)
    one = Pair(np.ones(1))
    if result is None:
        return one
    return _quotient(one, result) if exponent < 0 else result


# --------------------------------------------------------------------------- everything else


def or_zero(x: Array | None) -> Array:
    """The array, or a zero that broadcasts where None stands for zero."""
    return np.zeros(1) if x is None else x


def _bare(x: Pair) -> Pair:
    """The pair as an exact number."""
    return Pair(x.hi, x.lo)


def _magnitude(x: Pair) -> Array:
    """Bound on the absolute value of what the pair stands for."""
    size: Array = (np.abs(x.hi) + np.abs(or_zero(x.lo)) + or_zero(x.error)) * _INFLATE
    return size


def settled(x: Pair) -> Pair:
    """The same, with an error of inf and ``hi`` nan wherever anything is not finite.

    Sums, products and signs pass nan and inf on; before any other operation they must be caught.
    """
    error = or_zero(x.error)
    finite = np.isfinite(x.hi) & np.isfinite(or_zero(x.lo))
    if finite.all() and not np.isnan(error).any():
        return x
    return Pair(
        np.where(finite, x.hi, np.nan),
        None if x.lo is None else np.where(finite, x.lo, 0.0),
        np.where(finite & ~np.isnan(error), error, np.inf),
    )


def _sqrt(x: Pair) -> Pair:
    x = settled(x)
    first = np.sqrt(x.hi)
    root = Pair(first)
    rest = _difference(_bare(x), _product(root, root))
    hi, lo = _two_sum(first, np.where(first > 0, rest.hi / (2.0 * first), 0.0))
    root = Pair(hi, lo)
    # |r - sqrt(x)| = |x - r r| / (r + sqrt(x)), so a residue bounds the distance from the root.
    residue = _magnitude(settled(_difference(_bare(x), _product(root, root))))
    error = or_zero(x.error)
    lost = residue + error
    lost = np.where(lost > 0, lost / hi * _INFLATE + _TINY, 0.0)
    # An argument that may be negative may have no root.
    lost = np.where((x.hi > error * _INFLATE) | ((x.hi == 0) & (error == 0)), lost, np.inf)
    none = x.hi < -error * _INFLATE
    hi = np.where(none, np.nan, np.where(x.hi > 0, hi, 0.0))
    return Pair(hi, np.where(x.hi > 0, lo, 0.0), lost)


def _exp(x: Pair) -> Pair:
    x = settled(x)
    spread = np.abs(or_zero(x.lo)) + or_zero(x.error)
    hi = np.exp(x.hi)
    grown = np.expm1(spread) + 2.0 * _ELEMENTARY * np.exp(spread)
    error = (hi + _TINY) * grown * _INFLATE + _TINY  # hi may have underflowed
    return Pair(hi, None, np.where((x.hi == 0) & (spread == 0), 0.0, error))


def _log(x: Pair) -> Pair:
    x = settled(x)
    error = or_zero(x.error)
    spread = (np.abs(or_zero(x.lo)) + error) * _INFLATE
    hi = np.log(np.where(x.hi > 0, x.hi, np.nan))
    lost = (-np.log1p(-spread / x.hi * _INFLATE) + _ELEMENTARY * np.abs(hi)) * _INFLATE + _TINY
    lost = np.where(spread < x.hi, lost, np.inf)
    lost = np.where((x.hi == 1) & (spread == 0), 0.0, lost)
    possible = (x.hi <= 0) & (x.hi >= -error * _INFLATE) & (error > 0)
    return Pair(np.where(possible, 0.0, hi), None, lost)


def _choose(test: Array, x: Pair, y: Pair) -> Pair:
    lo = error = None
    if x.lo is not None or y.lo is not None:
        lo = np.where(test, or_zero(x.lo), or_zero(y.lo))
    if x.error is not None or y.error is not None:
        error = np.where(test, or_zero(x.error), or_zero(y.error))
    return Pair(np.where(test, x.hi, y.hi), lo, error)


def _minimum(x: Pair, y: Pair) -> Pair:
    x, y = settled(x), settled(y)
    lower = (x.hi < y.hi) | ((x.hi == y.hi) & (or_zero(x.lo) < or_zero(y.lo)))
    chosen = _choose(lower, x, y)
    if chosen.error is None:
        return chosen
    # Numbers certainly apart: the error is that of the smaller.  Else at most the larger error.
    apart = sign(_difference(x, y)) != UNDECIDED
    worst = np.maximum(or_zero(x.error), or_zero(y.error))
    return Pair(chosen.hi, chosen.lo, np.where(apart, chosen.error, worst))


def _maximum(x: Pair, y: Pair) -> Pair:
    return _negative(_minimum(_negative(x), _negative(y)))


def sign(x: Pair) -> NDArray[np.int8]:
    """Certified sign of each number: +1, 0, -1, or `UNDECIDED`."""
    x = settled(x)
    error = or_zero(x.error)
    with np.errstate(over="ignore"):
        error = error * _INFLATE  # covers |lo| <= u |hi| too
    above, below = x.hi > error, x.hi < -error
    zero = (x.hi == 0) & (error == 0)
    signs = above.astype(np.int8) - below.astype(np.int8)
    signs[~(above | below | zero)] = UNDECIDED
    return signs


def _compare(holds: Callable[[NDArray[np.int8]], Array]) -> Callable[[Pair, Pair], Truth]:
    def compare(x: Pair, y: Pair) -> Truth:
        signs = sign(_difference(x, y))
        undecided = signs == UNDECIDED
        return Truth(holds(signs), undecided if undecided.any() else None)

    return compare


def _both(x: Truth, y: Truth) -> Truth:
    value = x.value & y.value
    if x.open is None and y.open is None:
        return Truth(value)
    x_open, y_open = (np.zeros(1, bool) if t.open is None else t.open for t in (x, y))
    false = (~x_open & ~x.value) | (~y_open & ~y.value)
    return Truth(value, (x_open | y_open) & ~false)


def _complement(x: Truth) -> Truth:
    return Truth(~x.value, x.open)


def _either(x: Truth, y: Truth) -> Truth:
    return _complement(_both(_complement(x), _complement(y)))


def _select(test: Truth, x: Value, y: Value) -> Value:
    if isinstance(x, Truth) and isinstance(y, Truth):
        return _either(_both(test, x), _both(_complement(test), y))
    chosen = _choose(test.value, as_pair(x), as_pair(y))
    if test.open is None:
        return chosen
    return Pair(chosen.hi, chosen.lo, np.where(test.open, np.inf, or_zero(chosen.error)))


def as_pair(x: Value) -> Pair:
    """Truth values as the numbers 0 and 1."""
    if isinstance(x, Pair):
        return x
    return Pair(x.value * 1.0, None, None if x.open is None else np.where(x.open, np.inf, 0.0))


STEPS: dict[str, Callable[..., Value]] = {
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
    "less": _compare(lambda signs: signs == -1),
    "less_equal": _compare(lambda signs: (signs == -1) | (signs == 0)),
    "equal": _compare(lambda signs: signs == 0),
    "and": _both,
    "or": _either,
    "not": _complement,
    "select": _select,
}
