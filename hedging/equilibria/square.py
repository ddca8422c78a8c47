r"""Four players mixing over two actions each: two polynomials on a square.

Let :math:`A_{jrs}, B_{irs}, C_{ijs}, D_{ijr}` be the gains of the four players from their second
over their first action. The mixes of the third and the fourth player, a point (r, s) of the square,
determine those of the first two by the first two players' indifference,

.. math:: y \propto (A(r, s))^\perp, \qquad x \propto (B(r, s))^\perp,

bilinear in (r, s), and leave the third player's gain :math:`G(r, s)`, of degree (2, 3), and the
fourth's :math:`H(r, s)`, of degree (3, 2): at most nine solutions (McKelvey and McLennan, *Journal
of Economic Theory* 72, 1997). Rectangles are dropped, closed and halved as the triangles of
:mod:`hedging.equilibria.triangle`, with tensor Bernstein coefficients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.equilibria.compiled import compiled
from hedging.equilibria.flags import Flag

__all__ = ["bilinear_forms", "contrary", "square_roots"]

SINGULAR, UNRESOLVED, OVERFLOW = int(Flag.SINGULAR), int(Flag.UNRESOLVED), int(Flag.OVERFLOW)

# Most rectangles per game, and most halvings of one: generic games need about sixty rectangles.
_CELLS, _DEPTH = 3000, 44
# Coefficients smaller than this, relative to the largest one on the whole square, have no sign.
_NOISE = 1e-14

_W2 = np.array([1.0, 2.0, 1.0])
_W3 = np.array([1.0, 3.0, 3.0, 1.0])


@compiled
def bilinear_forms(gains: Any, turn: int, out: Any) -> None:
    """Mixes of players ``turn`` and ``turn + 1`` in terms of the next two, shape (4, 4).

    Rows: the two weights of ``turn + 1``, then those of ``turn``; columns: 2 r + s.
    """
    p, q = turn % 4, (turn + 1) % 4
    for r in range(2):
        for s in range(2):
            e = 2 * r + s
            out[0, e] = gains[16 * p + 8 + 4 + 2 * r + s]
            out[1, e] = -gains[16 * p + 8 + 2 * r + s]
            out[2, e] = gains[16 * q + 8 + 4 * r + 2 * s + 1]
            out[3, e] = -gains[16 * q + 8 + 4 * r + 2 * s]


@compiled
def contrary(form: Any, noise_y: float, noise_x: float) -> bool:
    """Whether the two weights of a mix have opposite definite signs."""
    for half in range(2):
        noise = noise_y if half == 0 else noise_x
        a, b = 2 * half, 2 * half + 1
        low0, high0 = (
            min(form[a, 0], form[a, 1], form[a, 2], form[a, 3]),
            max(form[a, 0], form[a, 1], form[a, 2], form[a, 3]),
        )
        low1, high1 = (
            min(form[b, 0], form[b, 1], form[b, 2], form[b, 3]),
            max(form[b, 0], form[b, 1], form[b, 2], form[b, 3]),
        )
        if (low0 > noise and high1 < -noise) or (high0 < -noise and low1 > noise):
            return True
    return False


@compiled
def _polynomials(gains: Any, turn: int, form: Any, g: Any, h: Any) -> None:
    """Tensor Bernstein coefficients: ``g[4 i + j]`` of degree (2, 3), ``h[3 i + j]`` of (3, 2)."""
    third, fourth = (turn + 2) % 4, (turn + 3) % 4
    for k in range(12):
        g[k] = 0.0
        h[k] = 0.0
    for e in range(4):
        for f in range(4):
            r, s = (e >> 1) + (f >> 1), (e & 1) + (f & 1)
            for t in range(2):
                # The third player's gain depends on the fourth, the first and the second.
                c = 16 * third + 8 + 4 * t
                d = 16 * fourth + 8 + t
                of_g = of_h = 0.0
                for i in range(2):
                    for j in range(2):
                        weight = form[2 + i, e] * form[j, f]
                        of_g += weight * gains[c + 2 * i + j]
                        of_h += weight * gains[d + 4 * i + 2 * j]
                g[4 * r + s + t] += of_g / (_W2[r] * _W3[s + t])
                h[3 * (r + t) + s] += of_h / (_W3[r + t] * _W2[s])


@compiled
def _halve(
    c: Any, degree: int, step: int, lines: int, next_line: int, left: Any, right: Any
) -> None:
    """De Casteljau at 1/2 along one axis of a tensor of coefficients."""
    for o in range(lines):
        a = o * next_line
        b, d, e = a + step, a + 2 * step, a + 3 * step
        c0, c1 = c[a], c[b]
        if degree == 1:
            m = 0.5 * (c0 + c1)
            left[a], left[b], right[a], right[b] = c0, m, m, c1
        elif degree == 2:
            c2 = c[d]
            p, q = 0.5 * (c0 + c1), 0.5 * (c1 + c2)
            m = 0.5 * (p + q)
            left[a], left[b], left[d] = c0, p, m
            right[a], right[b], right[d] = m, q, c2
        else:
            c2, c3 = c[d], c[e]
            p, q, r = 0.5 * (c0 + c1), 0.5 * (c1 + c2), 0.5 * (c2 + c3)
            u, v = 0.5 * (p + q), 0.5 * (q + r)
            m = 0.5 * (u + v)
            left[a], left[b], left[d], left[e] = c0, p, u, m
            right[a], right[b], right[d], right[e] = m, v, r, c3


@compiled
def _at(c: Any, columns: int, r: float, s: float) -> tuple[float, float, float]:
    """Value and both derivatives of a tensor of 12 coefficients with so many columns."""
    value = slope_r = slope_s = 0.0
    p, q = 1.0 - r, 1.0 - s
    rows = 12 // columns
    for i in range(rows):
        if columns == 4:
            a, b, d = c[4 * i], c[4 * i + 1], c[4 * i + 2]
            a, b, d = q * a + s * b, q * b + s * d, q * d + s * c[4 * i + 3]
            a, b = q * a + s * b, q * b + s * d
            here, along = q * a + s * b, 3.0 * (b - a)
            weight = p * p if i == 0 else (2.0 * p * r if i == 1 else r * r)
            slope = -2.0 * p if i == 0 else (2.0 * (p - r) if i == 1 else 2.0 * r)
        else:
            a, b = q * c[3 * i] + s * c[3 * i + 1], q * c[3 * i + 1] + s * c[3 * i + 2]
            here, along = q * a + s * b, 2.0 * (b - a)
            if i == 0:
                weight, slope = p * p * p, -3.0 * p * p
            elif i == 1:
                weight, slope = 3.0 * p * p * r, 3.0 * p * (p - 2.0 * r)
            elif i == 2:
                weight, slope = 3.0 * p * r * r, 3.0 * r * (2.0 * p - r)
            else:
                weight, slope = r * r * r, 3.0 * r * r
        value += weight * here
        slope_r += slope * here
        slope_s += weight * along
    return value, slope_r, slope_s


@compiled
def _examine(g: Any, h: Any, scale_g: float, scale_h: float, at: Any) -> int:
    """What a rectangle holds: 0 nothing, 1 the one root ``at``, 2 not known yet."""
    low, high, low1, high1 = g[0], g[0], h[0], h[0]
    for e in range(1, 12):
        low, high = min(low, g[e]), max(high, g[e])
        low1, high1 = min(low1, h[e]), max(high1, h[e])
    if low > _NOISE * scale_g or high < -_NOISE * scale_g:
        return 0
    if low1 > _NOISE * scale_h or high1 < -_NOISE * scale_h:
        return 0
    # Ranges of the four partial derivatives from differences of coefficients.
    gr0 = gs0 = hr0 = hs0 = 1e300
    gr1 = gs1 = hr1 = hs1 = -1e300
    gr = gs = hr = hs = 0.0
    for i in range(2):
        for j in range(4):
            v = 2.0 * (g[4 * i + 4 + j] - g[4 * i + j])
            gr += 0.125 * v
            gr0, gr1 = min(gr0, v), max(gr1, v)
    for i in range(3):
        for j in range(3):
            v = 3.0 * (g[4 * i + j + 1] - g[4 * i + j])
            gs += v / 9.0
            gs0, gs1 = min(gs0, v), max(gs1, v)
            v = 3.0 * (h[3 * i + 3 + j] - h[3 * i + j])
            hr += v / 9.0
            hr0, hr1 = min(hr0, v), max(hr1, v)
    for i in range(4):
        for j in range(2):
            v = 2.0 * (h[3 * i + j + 1] - h[3 * i + j])
            hs += 0.125 * v
            hs0, hs1 = min(hs0, v), max(hs1, v)
    det = gr * hs - gs * hr
    if abs(det) <= 1e-10 * (abs(gr) + abs(gs)) * (abs(hr) + abs(hs)):
        return 2
    y00, y01, y10, y11 = hs / det, -gs / det, -hr / det, gr / det
    wide_g = max(gr1 - gr, gr - gr0) + max(gs1 - gs, gs - gs0)
    wide_h = max(hr1 - hr, hr - hr0) + max(hs1 - hs, hs - hs0)
    k0 = abs(y00) * wide_g + abs(y01) * wide_h
    k1 = abs(y10) * wide_g + abs(y11) * wide_h
    value_g, _, _ = _at(g, 4, 0.5, 0.5)
    value_h, _, _ = _at(h, 3, 0.5, 0.5)
    # On the rectangle the preconditioned map moves by at most (1 + k)/2 from its centre.
    if abs(y00 * value_g + y01 * value_h) > 0.5 * (1.0 + k0) + 1e-9:
        return 0
    if abs(y10 * value_g + y11 * value_h) > 0.5 * (1.0 + k1) + 1e-9:
        return 0
    if k0 >= 1.0 or k1 >= 1.0:
        return 2
    r = s = 0.5
    for turn in range(30):
        value_g, a, b = _at(g, 4, r, s)
        value_h, c, d = _at(h, 3, r, s)
        det = a * d - b * c
        if det == 0.0:
            return 2
        dr, ds = (value_g * d - value_h * b) / det, (value_h * a - value_g * c) / det
        r -= dr
        s -= ds
        size = abs(dr) + abs(ds)
        if not size < 3.0 or abs(r) > 3.0 or abs(s) > 3.0:
            return 2
        if size < 1e-13 or (turn > 12 and size < 1e-10):
            at[0], at[1] = r, s
            inside = r > -1e-7 and r < 1.0 + 1e-7 and s > -1e-7 and s < 1.0 + 1e-7
            return 1 if inside else 2
    return 2


@compiled
def square_roots(
    gains: Any, turn: int, form: Any, g: Any, h: Any, box: Any, depth: Any, at: Any, roots: Any
) -> tuple[int, int]:
    """Candidate (r, s), probabilities of second actions, into ``roots`` (16, 2).

    Returns their number and flags.

    Parameters
    ----------
    form, g, h, box : float64 arrays, shape (D, 4, 4), (D, 12), (D, 12), (D, 4)
        Stacks of rectangles; ``form[0]`` is :func:`bilinear_forms` of ``turn``.
    depth : int64 array, shape (D,)
    at : float64 array, shape (2,)
        Scratch.
    """
    _polynomials(gains, turn, form[0], g[0], h[0])
    scale_g = scale_h = size_y = size_x = 0.0
    for e in range(12):
        scale_g, scale_h = max(scale_g, abs(g[0, e])), max(scale_h, abs(h[0, e]))
    for e in range(4):
        size_y = max(size_y, abs(form[0, 0, e]), abs(form[0, 1, e]))
        size_x = max(size_x, abs(form[0, 2, e]), abs(form[0, 3, e]))
    if min(size_y, size_x) < 1e-7 or min(scale_g, scale_h) < 1e-10 * size_y * size_x:
        return 0, SINGULAR
    # Coefficients are rounded relative to their terms, which may cancel.
    scale_g, scale_h = max(scale_g, size_y * size_x), max(scale_h, size_y * size_x)
    noise_y, noise_x = _NOISE * size_y, _NOISE * size_x
    top = depth.shape[0] - 1
    box[0, 0], box[0, 1], box[0, 2], box[0, 3] = 0.0, 1.0, 0.0, 1.0
    depth[0] = 0
    stack, cells, count, flags = 1, 0, 0, 0
    while stack > 0:
        stack -= 1
        cells += 1
        here = box[stack]
        kind = _examine(g[stack], h[stack], scale_g, scale_h, at)
        if kind == 0:
            continue
        if kind == 2 and (depth[stack] >= _DEPTH or stack + 2 >= top or cells > _CELLS):
            flags |= UNRESOLVED
            if cells > _CELLS:
                return count, flags
            at[0] = at[1] = 0.5
            kind = 1
        if kind == 1:
            again = False
            r = here[0] + at[0] * (here[1] - here[0])
            s = here[2] + at[1] * (here[3] - here[2])
            for e in range(count):
                again |= abs(roots[e, 0] - r) + abs(roots[e, 1] - s) < 1e-8
            if not again:
                if count >= roots.shape[0]:
                    return count, flags | OVERFLOW
                roots[count, 0], roots[count, 1] = r, s
                count += 1
            continue
        # The parent moves to the last slot, its halves to its own and the next one.
        along_r = depth[stack] % 2 == 0
        degree_lines = 2 if along_r else 1
        for k in range(4):
            for e in range(4):
                form[top, k, e] = form[stack, k, e]
            _halve(
                form[top, k],
                1,
                degree_lines,
                2,
                3 - degree_lines,
                form[stack, k],
                form[stack + 1, k],
            )
        keep_left = not contrary(form[stack], noise_y, noise_x)
        keep_right = not contrary(form[stack + 1], noise_y, noise_x)
        if not (keep_left or keep_right):
            continue
        for e in range(12):
            g[top, e], h[top, e] = g[stack, e], h[stack, e]
        for e in range(4):
            box[stack + 1, e] = here[e]
        if along_r:
            _halve(g[top], 2, 4, 4, 1, g[stack], g[stack + 1])
            _halve(h[top], 3, 3, 3, 1, h[stack], h[stack + 1])
            middle = 0.5 * (here[0] + here[1])
            here[1] = box[stack + 1, 0] = middle
        else:
            _halve(g[top], 3, 1, 3, 4, g[stack], g[stack + 1])
            _halve(h[top], 2, 1, 4, 3, h[stack], h[stack + 1])
            middle = 0.5 * (here[2] + here[3])
            here[3] = box[stack + 1, 2] = middle
        depth[stack] = depth[stack + 1] = depth[stack] + 1
        if keep_left and keep_right:
            stack += 2
        elif keep_left:
            stack += 1
        else:
            for k in range(4):
                here[k] = box[stack + 1, k]
                for e in range(4):
                    form[stack, k, e] = form[stack + 1, k, e]
            for e in range(12):
                g[stack, e], h[stack, e] = g[stack + 1, e], h[stack + 1, e]
            stack += 1
    return count, flags
