r"""Roots of the univariate polynomials that supports with few mixers lead to.

Quadratics are homogeneous in the two probabilities of one player.  Quartics are isolated in
Bernstein form: with coefficients :math:`b_0, \ldots, b_4` on an interval, the number of sign
changes bounds the number of roots inside and has its parity (Descartes; Farouki, *Computer Aided
Geometric Design* 29, 2012), so that no change means no root and one change one root; anything
else is halved by de Casteljau's algorithm.  The list is complete up to rounding.
"""

from __future__ import annotations

from typing import Any

from hedging.equilibria.compiled import compiled

__all__ = ["quadratic_roots", "quartic_roots"]

# An interval this short with two or more sign changes holds a multiple root, or nearly so.
_SHORT = 1e-6


@compiled
def quadratic_roots(f0: float, f1: float, f2: float) -> tuple[int, float, float]:
    """Non-negative zeros (a : b) of ``f0 a^2 + 2 f1 a b + f2 b^2``, scaled to a + b = 1.

    Returns their number and the values of b; some may lie outside [0, 1] by a factor.  A
    discriminant that is zero within rounding counts as a double root.
    """
    size = max(abs(f0), abs(f1), abs(f2))
    discriminant = f1 * f1 - f0 * f2
    if discriminant < -1e-12 * size * size:
        return 0, 0.0, 0.0
    root = max(discriminant, 0.0) ** 0.5
    q = -(f1 + root) if f1 >= 0.0 else root - f1
    # The zeros are (f2 : q) and (q : f0): no difference of nearly equal numbers in either.
    count, first, second = 0, 0.0, 0.0
    total = f2 + q
    if abs(total) >= 0.5 * max(abs(f2), abs(q)) and total != 0.0:
        first = q / total
        count = 1
    total = q + f0
    if abs(total) >= 0.5 * max(abs(f0), abs(q)) and total != 0.0:
        if count == 1:
            second = f0 / total
        else:
            first = f0 / total
        count += 1
    return count, first, second


@compiled
def _quartic(b: Any, t: float) -> tuple[float, float]:
    """Value and derivative at t, by de Casteljau."""
    s = 1.0 - t
    b0, b1 = s * b[0] + t * b[1], s * b[1] + t * b[2]
    b2, b3 = s * b[2] + t * b[3], s * b[3] + t * b[4]
    b0, b1, b2 = s * b0 + t * b1, s * b1 + t * b2, s * b2 + t * b3
    b0, b1 = s * b0 + t * b1, s * b1 + t * b2
    return s * b0 + t * b1, 4.0 * (b1 - b0)


@compiled
def _bracketed(b: Any, low: float, high: float, rising: bool) -> float:
    """The one root between low and high: Newton's method kept inside a shrinking bracket."""
    t = 0.5 * (low + high)
    for _ in range(80):
        f, slope = _quartic(b, t)
        if (f > 0.0) == rising:
            high = t
        else:
            low = t
        new = t - f / slope if slope != 0.0 else low
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - t) < 1e-15:
            return new
        t = new
    return t


@compiled
def quartic_roots(b: Any, noise: float, roots: Any, stack: Any) -> int:
    """Roots in [0, 1] of the quartic with Bernstein coefficients ``b``; returns how many.

    Parameters
    ----------
    b : float64 array, shape (5,)
    noise : float
        Coefficients smaller than this have no certain sign.
    roots : float64 array, shape (16,)
        Filled in.
    stack : float64 array, shape (64, 7)
        Scratch.

    Returns
    -------
    int
        -1 if there are more candidates than a quartic has roots.
    """
    for k in range(5):
        stack[0, k] = b[k]
    stack[0, 5], stack[0, 6] = 0.0, 1.0
    depth, count = 1, 0
    while depth > 0:
        depth -= 1
        cell = stack[depth]
        low, high = cell[5], cell[6]
        changes, first, last = 0, 0, 0
        for k in range(5):
            s = 1 if cell[k] > noise else (-1 if cell[k] < -noise else 0)
            if s != 0:
                if last != 0 and s != last:
                    changes += 1
                if last == 0:
                    first = s
                last = s
        # A zero at an end is a root there; the interval on its left reports it.
        if abs(cell[0]) <= noise and low == 0.0:
            roots[count] = low
            count += 1
        if abs(cell[4]) <= noise:
            roots[count] = high
            count += 1
        if count > 12:
            return -1
        if changes == 0:
            continue
        if changes == 1:
            roots[count] = _bracketed(b, low, high, first < 0)
            count += 1
            continue
        if high - low < _SHORT:
            roots[count] = 0.5 * (low + high)
            count += 1
            continue
        if depth > 60:
            return -1
        c0, c1, c2, c3, c4 = cell[0], cell[1], cell[2], cell[3], cell[4]
        middle = 0.5 * (low + high)
        p1, p2, p3, r3 = 0.5 * (c0 + c1), 0.5 * (c1 + c2), 0.5 * (c2 + c3), 0.5 * (c3 + c4)
        q1, q2, r2 = 0.5 * (p1 + p2), 0.5 * (p2 + p3), 0.5 * (p3 + r3)
        l3, r1 = 0.5 * (q1 + q2), 0.5 * (q2 + r2)
        c = 0.5 * (l3 + r1)
        right = stack[depth + 1]
        cell[1], cell[2], cell[3], cell[4], cell[6] = p1, q1, l3, c, middle
        right[0], right[1], right[2], right[3], right[4] = c, r1, r2, r3, c4
        right[5], right[6] = middle, high
        depth += 2
    return count
