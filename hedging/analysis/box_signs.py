r"""Signs of polynomials over a box of parameters, proved in rationals.

On the unit box a polynomial of degree :math:`d_v` in variable v is a convex combination of its
Bernstein coefficients

.. math:: b_i = \sum_{j \le i} \prod_v \binom{i_v}{j_v} \Big/ \binom{d_v}{j_v} \; a_j,

so that its values lie between the smallest and the largest of them; those at the corners are
values.  For polynomials of degree one in every variable the bounds are exact: the extremes are
at corners.  Where they are too wide the box is halved (Garloff 1993 and the sources there).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, product
from math import comb, lcm, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "Terms", "proved_sign", "terms_of"]

Terms = Mapping[tuple[int, ...], Fraction]
"""Coefficients by exponents, one exponent per variable."""

Box = Sequence[tuple[Fraction, Fraction, bool]]
"""Per variable low, high, and whether low itself is excluded."""

_LARGEST = 1 << 13
"""Bernstein coefficients of one polynomial at the most."""

_CUTS = 24
_WORK = 1 << 12
"""Halvings of one box at the most, and coefficients in all of them."""


def terms_of(polynomial: Any) -> dict[tuple[int, ...], Fraction]:
    """Coefficients of a sympy ``Poly`` over the rationals."""
    return {
        monomial: Fraction(int(c.p), int(c.q))
        for monomial, c in polynomial.terms()
        if c.is_Rational and c
    }


def proved_sign(terms: Terms, box: Box, *, strict: bool = True) -> int:
    """+1 or -1 if a polynomial is proved to have that sign all over a box, else 0.

    Parameters
    ----------
    terms : Terms
    box : Box
    strict : bool
        Whether it must not vanish anywhere.

    Examples
    --------
    >>> unit = [(Fraction(0), Fraction(1), False)]
    >>> square = {(2,): Fraction(1), (1,): Fraction(-1), (0,): Fraction(1)}    # x^2 - x + 1
    >>> proved_sign(square, unit), proved_sign({(1,): Fraction(1)}, unit)
    (1, 0)
    >>> proved_sign({(1,): Fraction(1)}, [(Fraction(0), Fraction(1), True)])
    1
    """
    first = _bernstein(terms, box)
    if first is None:
        return 0
    if strict and any(open_low for _, _, open_low in box):
        sign = _sign_off_faces(first, terms, [open_low for _, _, open_low in box])
        if sign:
            return sign
    corners = [first[corner] for corner in product(*((0, -1) for _ in first.shape))]
    up = all(c > 0 or (c == 0 and not strict) for c in corners)
    down = all(c < 0 or (c == 0 and not strict) for c in corners)
    if up and down:  # zero at all corners
        up, down = max(first.flat) >= -min(first.flat), max(first.flat) < -min(first.flat)
    if not up and not down:
        return 0
    sign = 1 if up else -1
    work, cuts = [first], 0
    while work:
        part = work.pop()
        lowest = min(sign * c for c in part.flat)
        if lowest > 0 or (lowest == 0 and not strict):
            continue
        corner = min(sign * part[c] for c in product(*((0, -1) for _ in part.shape)))
        if corner < 0 or (corner == 0 and strict):
            return 0
        if cuts == _CUTS or cuts * first.size > _WORK:
            return 0
        cuts += 1
        work += _halves(part, cuts)
    return sign


def _sign_off_faces(first: NDArray[Any], terms: Terms, open_low: Sequence[bool]) -> int:
    """Strict sign where excluded faces may hold zeros, if the coefficients show it.

    Off the low face of an open variable its last basis polynomial is positive.  So it is enough
    that no coefficient is negative and that all those are positive that stand last in every open
    variable.
    """
    used = [v for v in range(len(open_low)) if any(e[v] for e in terms)]
    last = tuple(-1 if open_low[v] else slice(None) for v in used)
    for sign in (1, -1):
        if min(sign * c for c in first.flat) >= 0:
            return sign if min(sign * c for c in np.array(first[last]).flat) > 0 else 0
    return 0


def _bernstein(terms: Terms, box: Box) -> NDArray[Any] | None:
    """A positive multiple of the Bernstein coefficients, in integers, an axis per variable used."""
    used = [v for v in range(len(box)) if any(e[v] for e in terms)]
    degrees = [max(e[v] for e in terms) for v in used]
    if prod(d + 1 for d in degrees) > _LARGEST:
        return None
    a = np.full([d + 1 for d in degrees], 0, dtype=object)
    scale = lcm(*(c.denominator for c in terms.values()))
    for exponents, c in terms.items():
        a[tuple(exponents[v] for v in used)] = int(c * scale)
    for axis, (v, d) in enumerate(zip(used, degrees, strict=True)):
        rows = np.moveaxis(a, axis, 0)
        change = _change(*box[v][:2], d)
        mixed = [sum((c * r for c, r in zip(line, rows, strict=True) if c), 0) for line in change]
        a = np.moveaxis(np.array([m + 0 * rows[0] for m in mixed], dtype=object), 0, axis)
    return a


@lru_cache(maxsize=1024)
def _change(low: Fraction, high: Fraction, degree: int) -> tuple[tuple[int, ...], ...]:
    """From powers of x to Bernstein coefficients on (low, high), times a positive integer."""
    step = high - low
    change = [[Fraction(0)] * (degree + 1) for _ in range(degree + 1)]
    for j in range(degree + 1):  # x^j = (low + step t)^j
        for k in range(j + 1):
            power = comb(j, k) * low ** (j - k) * step**k
            for i in range(k, degree + 1):  # t^k in Bernstein form
                change[i][j] += power * Fraction(comb(i, k), comb(degree, k))
    scale = lcm(*(c.denominator for row in change for c in row))
    return tuple(tuple(int(c * scale) for c in row) for row in change)


def _halves(part: NDArray[Any], turn: int) -> list[NDArray[Any]]:
    """The two halves along one axis, by de Casteljau's algorithm."""
    curved = [axis for axis, size in enumerate(part.shape) if size > 1]
    axis = curved[turn % len(curved)]
    rows = list(np.moveaxis(part, axis, 0))
    left, right = [rows[0]], [rows[-1]]
    while len(rows) > 1:
        # Twice the means; all coefficients stay integers and share one scale.
        rows = [p + q for p, q in pairwise(rows)]
        left = [2 * r for r in left] + [rows[0]]
        right = [2 * r for r in right] + [rows[-1]]
    return [np.moveaxis(np.array(half), 0, axis) for half in (left, right[::-1])]
