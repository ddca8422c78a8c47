r"""Three players mixing over three actions each: two quartics on a triangle.

Let :math:`A_k, B_k, C_k` (k = 1, 2) be the 3 x 3 gains of the three players over their first
actions and x, y, z their mixes.  Indifference reads

.. math:: y^T A_k z = 0, \qquad x^T B_k z = 0, \qquad x^T C_k y = 0.

Hence :math:`y \propto Y(z) = A_1 z \times A_2 z` and :math:`x \propto X(z) = B_1 z \times B_2 z`,
quadratic in z, and two quartics :math:`F_k(z) = X(z)^T C_k Y(z)` remain (at most ten solutions:
McKelvey and McLennan, *Journal of Economic Theory* 72, 1997). All are kept in Bernstein form on
triangles, halved by newest-vertex bisection. A triangle is dropped if

* two components of Y, or of X, have opposite definite signs, so that no mix is proportional to it,
* some :math:`F_k`, or a component of :math:`H F` with H the inverse of the mean Jacobian, has a
  definite sign,

and closed when :math:`\lVert I - H F' \rVert_\infty < 1` on all of it, so that it holds at most one
root, and Newton's method has found it.  Definite means: all Bernstein coefficients have that sign.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.compiled import compiled
from hedging.equilibria.flags import Flag

__all__ = ["forms", "opposed", "triangle_roots"]

SINGULAR, UNRESOLVED, OVERFLOW = int(Flag.SINGULAR), int(Flag.UNRESOLVED), int(Flag.OVERFLOW)

# Most triangles per game, and most halvings of one: generic games need about forty triangles.
_CELLS, _DEPTH = 3000, 40
# Coefficients smaller than this, relative to the largest one on the whole triangle, have no sign.
_NOISE = 1e-14

# Coefficients of degree d are stored by rows: the power of the third vertex, then of the second.
_ROW4 = np.array([0, 5, 9, 12, 14])
_ROW3 = np.array([0, 4, 7, 9])


def _powers(degree: int) -> NDArray[np.int64]:
    rows = [(degree - k - s, s, k) for k in range(degree + 1) for s in range(degree - k + 1)]
    return np.array(rows, dtype=np.int64)


def _multinomials(degree: int) -> NDArray[np.float64]:
    factorial = np.cumprod([1, 1, 2, 3, 4])
    ways: NDArray[np.float64] = factorial[degree] / factorial[_powers(degree)].prod(axis=1)
    return ways


_P2, _P3, _P4 = _powers(2), _powers(3), _powers(4)
_W2, _W3, _W4 = _multinomials(2), _multinomials(3), _multinomials(4)


@compiled
def _cross_form(gains: Any, at1: int, at2: int, across: int, along: int, out: Any) -> None:
    """Bernstein coefficients of ``(A_1 z) x (A_2 z)``, shape (3, 6).

    ``A_k[i, h]`` is ``gains[at_k + across i + along h]``.
    """
    for e in range(6):
        p = 0 if _P2[e, 0] > 0 else (1 if _P2[e, 1] > 0 else 2)
        q = 2 if _P2[e, 2] > 0 else (1 if _P2[e, 1] > 0 else 0)
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            first = (
                gains[at1 + across * j + along * p] * gains[at2 + across * k + along * q]
                - gains[at1 + across * k + along * p] * gains[at2 + across * j + along * q]
            )
            second = (
                gains[at1 + across * j + along * q] * gains[at2 + across * k + along * p]
                - gains[at1 + across * k + along * q] * gains[at2 + across * j + along * p]
            )
            out[i, e] = 0.5 * (first + second)


@compiled
def forms(gains: Any, s: int, out: Any) -> None:
    """Mixes of the other two players in terms of player s's: Y of s + 1's equations, X of s + 2's.

    ``out`` has shape (6, 6): Y, the mix of s + 2, then X, the mix of s + 1.
    """
    p, q = (s + 1) % 3, (s + 2) % 3
    _cross_form(gains, 27 * p + 9, 27 * p + 18, 3, 1, out[:3])
    _cross_form(gains, 27 * q + 9, 27 * q + 18, 1, 3, out[3:])


@compiled
def opposed(form: Any, noise_y: float, noise_x: float) -> bool:
    """Whether two components of Y or of X have opposite definite signs."""
    for half in range(2):
        noise = noise_y if half == 0 else noise_x
        positive, negative = False, False
        for r in range(3 * half, 3 * half + 3):
            low = high = form[r, 0]
            for e in range(1, 6):
                low, high = min(low, form[r, e]), max(high, form[r, e])
            positive |= low > noise
            negative |= high < -noise
        if positive and negative:
            return True
    return False


@compiled
def _halve2(c: Any, left: Any, right: Any) -> None:
    """Quadratic on the halves (v0, v2, m) and (v2, v1, m), m the midpoint of v0 and v1."""
    c0, c1, c2, c3, c4, c5 = c[0], c[1], c[2], c[3], c[4], c[5]
    m1, m2, r = 0.5 * (c0 + c1), 0.5 * (c1 + c2), 0.5 * (c3 + c4)
    m = 0.5 * (m1 + m2)
    left[0], left[1], left[2], left[3], left[4], left[5] = c0, c3, c5, m1, r, m
    right[0], right[1], right[2], right[3], right[4], right[5] = c5, c4, c2, r, m2, m


@compiled
def _halve4(c: Any, left: Any, right: Any, line: Any) -> None:
    """As ``_halve2``, for a quartic."""
    for k in range(5):
        length = 4 - k
        for s in range(length + 1):
            line[s] = c[_ROW4[k] + s]
        left[k] = line[0]
        right[length] = line[length]
        for level in range(1, length + 1):
            for s in range(length - level + 1):
                line[s] = 0.5 * (line[s] + line[s + 1])
            left[_ROW4[level] + k] = line[0]
            right[_ROW4[level] + length - level] = line[length - level]


@compiled
def _quartics(gains: Any, s: int, form: Any, out: Any) -> None:
    """Bernstein coefficients of ``F_k = X^T C_k Y``, shape (2, 15)."""
    for k in range(2):
        at = 27 * s + 9 * (k + 1)
        for e in range(15):
            out[k, e] = 0.0
        for e in range(6):
            c0 = c1 = c2 = 0.0
            for i in range(3):
                x = form[3 + i, e]
                c0 += gains[at + 3 * i] * x
                c1 += gains[at + 3 * i + 1] * x
                c2 += gains[at + 3 * i + 2] * x
            for f in range(6):
                value = c0 * form[0, f] + c1 * form[1, f] + c2 * form[2, f]
                o = _ROW4[_P2[e, 2] + _P2[f, 2]] + _P2[e, 1] + _P2[f, 1]
                out[k, o] += _W2[e] * _W2[f] / _W4[o] * value


@compiled
def _newton(f: Any, slopes: Any, at: Any) -> bool:
    """Root in coordinates (s, t) of the triangle, from its centre; whether it converged."""
    s = t = 1.0 / 3.0
    for turn in range(30):
        r = 1.0 - s - t
        f0 = f1 = 0.0
        for e in range(15):
            weight = _W4[e] * r ** _P4[e, 0] * s ** _P4[e, 1] * t ** _P4[e, 2]
            f0 += weight * f[0, e]
            f1 += weight * f[1, e]
        g00 = g01 = g10 = g11 = 0.0
        for e in range(10):
            weight = _W3[e] * r ** _P3[e, 0] * s ** _P3[e, 1] * t ** _P3[e, 2]
            g00 += weight * slopes[0, 0, e]
            g01 += weight * slopes[0, 1, e]
            g10 += weight * slopes[1, 0, e]
            g11 += weight * slopes[1, 1, e]
        det = g00 * g11 - g01 * g10
        if det == 0.0:
            return False
        ds, dt = (f0 * g11 - f1 * g01) / det, (f1 * g00 - f0 * g10) / det
        s -= ds
        t -= dt
        size = abs(ds) + abs(dt)
        if not size < 3.0 or abs(s) > 3.0 or abs(t) > 3.0:
            return False
        if size < 1e-13 or (turn > 12 and size < 1e-10):
            at[0], at[1] = s, t
            return True
    return False


@compiled
def _examine(f: Any, scale0: float, scale1: float, slopes: Any, at: Any) -> int:
    """What a triangle holds: 0 nothing, 1 the one root ``at``, 2 not known yet."""
    for k in range(2):
        noise = _NOISE * (scale0 if k == 0 else scale1)
        low = high = f[k, 0]
        for e in range(1, 15):
            low, high = min(low, f[k, e]), max(high, f[k, e])
        if low > noise or high < -noise:
            return 0
    g00 = g01 = g10 = g11 = 0.0
    for k in range(2):
        for b in range(4):
            for a in range(4 - b):
                here = f[k, _ROW4[b] + a]
                slopes[k, 0, _ROW3[b] + a] = 4.0 * (f[k, _ROW4[b] + a + 1] - here)
                slopes[k, 1, _ROW3[b] + a] = 4.0 * (f[k, _ROW4[b + 1] + a] - here)
    for e in range(10):
        g00 += slopes[0, 0, e]
        g01 += slopes[0, 1, e]
        g10 += slopes[1, 0, e]
        g11 += slopes[1, 1, e]
    det = g00 * g11 - g01 * g10
    if abs(det) <= 1e-10 * (abs(g00) + abs(g01)) * (abs(g10) + abs(g11)):
        return 2
    factor = 10.0 / det
    h00, h01, h10, h11 = factor * g11, -factor * g01, -factor * g10, factor * g00
    noise0 = _NOISE * (abs(h00) * scale0 + abs(h01) * scale1)
    noise1 = _NOISE * (abs(h10) * scale0 + abs(h11) * scale1)
    low0 = low1 = 1e300
    high0 = high1 = -1e300
    for e in range(15):
        v0 = h00 * f[0, e] + h01 * f[1, e]
        v1 = h10 * f[0, e] + h11 * f[1, e]
        low0, high0 = min(low0, v0), max(high0, v0)
        low1, high1 = min(low1, v1), max(high1, v1)
    if low0 > noise0 or high0 < -noise0 or low1 > noise1 or high1 < -noise1:
        return 0
    d00 = d01 = d10 = d11 = 0.0
    for e in range(10):
        a0, a1, b0, b1 = slopes[0, 0, e], slopes[0, 1, e], slopes[1, 0, e], slopes[1, 1, e]
        d00 = max(d00, abs(1.0 - (h00 * a0 + h01 * b0)))
        d01 = max(d01, abs(h00 * a1 + h01 * b1))
        d10 = max(d10, abs(h10 * a0 + h11 * b0))
        d11 = max(d11, abs(1.0 - (h10 * a1 + h11 * b1)))
    if d00 + d01 >= 1.0 or d10 + d11 >= 1.0:
        return 2
    if not _newton(f, slopes, at):
        return 2
    s, t = at[0], at[1]
    return 1 if s > -1e-7 and t > -1e-7 and s + t < 1.0 + 1e-7 else 2


@compiled
def triangle_roots(
    gains: Any,
    s: int,
    form: Any,
    quartic: Any,
    corner: Any,
    depth: Any,
    slopes: Any,
    line: Any,
    roots: Any,
) -> tuple[int, int]:
    """Candidate mixes of player s into ``roots`` (16, 3); returns their number and flags.

    Parameters
    ----------
    form, quartic, corner : float64 arrays, shape (D, 6, 6), (D, 2, 15), (D, 3, 3)
        Stacks of triangles; ``form[0]`` is :func:`forms` of s.
    depth : int64 array, shape (D,)
    slopes, line : float64 arrays, shape (2, 2, 10) and (8,)
        Scratch.
    """
    _quartics(gains, s, form[0], quartic[0])
    scale0 = scale1 = size_y = size_x = 0.0
    for e in range(15):
        scale0, scale1 = max(scale0, abs(quartic[0, 0, e])), max(scale1, abs(quartic[0, 1, e]))
    for e in range(6):
        for r in range(3):
            size_y, size_x = max(size_y, abs(form[0, r, e])), max(size_x, abs(form[0, 3 + r, e]))
    if min(size_y, size_x) < 1e-10 or min(scale0, scale1) < 1e-10 * size_y * size_x:
        return 0, SINGULAR
    # Coefficients are rounded relative to their terms, which may cancel.
    scale0, scale1 = max(scale0, size_y * size_x), max(scale1, size_y * size_x)
    noise_y, noise_x = _NOISE * size_y, _NOISE * size_x
    top = depth.shape[0] - 1
    at = line[5:]
    for a in range(3):
        for b in range(3):
            corner[0, a, b] = 1.0 if a == b else 0.0
    depth[0] = 0
    stack, cells, count, flags = 1, 0, 0, 0
    while stack > 0:
        stack -= 1
        cells += 1
        here = corner[stack]
        kind = _examine(quartic[stack], scale0, scale1, slopes, at)
        if kind == 0:
            continue
        if kind == 2 and (depth[stack] >= _DEPTH or stack + 2 >= top or cells > _CELLS):
            flags |= UNRESOLVED
            if cells > _CELLS:
                return count, flags
            at[0] = at[1] = 1.0 / 3.0
            kind = 1
        if kind == 1:
            again = False
            for h in range(3):
                step = at[0] * (here[1, h] - here[0, h]) + at[1] * (here[2, h] - here[0, h])
                roots[count, h] = here[0, h] + step
            for e in range(count):
                again |= (
                    abs(roots[e, 0] - roots[count, 0]) + abs(roots[e, 1] - roots[count, 1]) < 1e-8
                )
            if not again:
                count += 1
                if count >= roots.shape[0]:
                    return count - 1, flags | OVERFLOW
            continue
        # The parent moves to the last slot, its halves to its own and the next one.
        for r in range(6):
            for e in range(6):
                form[top, r, e] = form[stack, r, e]
            _halve2(form[top, r], form[stack, r], form[stack + 1, r])
        keep_left = not opposed(form[stack], noise_y, noise_x)
        keep_right = not opposed(form[stack + 1], noise_y, noise_x)
        if not (keep_left or keep_right):
            continue
        for k in range(2):
            for e in range(15):
                quartic[top, k, e] = quartic[stack, k, e]
            _halve4(quartic[top, k], quartic[stack, k], quartic[stack + 1, k], line)
        level = depth[stack] + 1
        for b in range(3):
            v0, v1, v2 = here[0, b], here[1, b], here[2, b]
            middle = 0.5 * (v0 + v1)
            here[1, b], here[2, b] = v2, middle
            corner[stack + 1, 0, b] = v2
            corner[stack + 1, 1, b] = v1
            corner[stack + 1, 2, b] = middle
        depth[stack] = depth[stack + 1] = level
        if keep_left and keep_right:
            stack += 2
        elif keep_left:
            stack += 1
        else:
            for r in range(6):
                for e in range(6):
                    form[stack, r, e] = form[stack + 1, r, e]
            for k in range(2):
                for e in range(15):
                    quartic[stack, k, e] = quartic[stack + 1, k, e]
            for a in range(3):
                for b in range(3):
                    here[a, b] = corner[stack + 1, a, b]
            stack += 1
    return count, flags
