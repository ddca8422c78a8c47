r"""Supports of three players in which all mix: polynomials in one player's mix.

The one whose mix z is kept makes the gains of the other two depend on each other's mixes
alone, linearly, so that these follow from z.  Its own indifference, and what the others'
equations require beyond, are polynomials in z:

* one further action each: a quadratic (:mod:`hedging.equilibria.binary_triples`);
* two, one and one: player p's two rows of gains :math:`A_1 z, A_2 z` must be parallel, a quadratic
  :math:`\det[A_1 z, A_2 z]`, and x is orthogonal to the gains of the two others;
* two, two and one: :math:`X(z)^T C Y(z)`, a quartic, X and Y the cross products of rows of gains;
* two each: two such quartics (:mod:`hedging.equilibria.triangle`).

Where a cross product vanishes because its factors are parallel, the quartics vanish with it.  There
the equations of the player who is left take the place of one factor.
"""

from __future__ import annotations

from typing import Any

from hedging.equilibria.binary_triples import balance, binary_triples
from hedging.equilibria.compiled import compiled, inlined
from hedging.equilibria.flags import LOOSE, MARGIN, Flag
from hedging.equilibria.newton import FLAGS, Bench, Rows, settle
from hedging.equilibria.polynomials import quadratic_roots, quartic_roots
from hedging.equilibria.scratch import Scratch
from hedging.equilibria.support_rows import ENDS, SPECIAL, clear, cross, gain, mix, plausible
from hedging.equilibria.triangle import forms, opposed, triangle_roots

__all__ = ["three_binary", "three_three_three", "three_three_two", "three_two_two"]

OVERFLOW, SINGULAR = int(Flag.OVERFLOW), int(Flag.SINGULAR)

# Cross products of rows of gains smaller than this are zero.
_PARALLEL = 1e-7
# Polynomials smaller than this, relative to what they are made of, vanish.
_VANISHES = 1e-10


@compiled
def three_binary(row: Any, m: Any, work: Bench, scratch: Scratch, rows: Rows) -> None:
    """All three mix over two actions each."""
    gains, x = work.gains, work.x
    a0, b0, a1, b1 = row[ENDS], row[ENDS + 1], row[ENDS + 2], row[ENDS + 3]
    a2, b2 = row[ENDS + 4], row[ENDS + 5]
    count, flags = binary_triples(
        gain(gains, row, 0, a1, a2),
        gain(gains, row, 0, a1, b2),
        gain(gains, row, 0, b1, a2),
        gain(gains, row, 0, b1, b2),
        gain(gains, row, 1, a2, a0),
        gain(gains, row, 1, b2, a0),
        gain(gains, row, 1, a2, b0),
        gain(gains, row, 1, b2, b0),
        gain(gains, row, 2, a0, a1),
        gain(gains, row, 2, a0, b1),
        gain(gains, row, 2, b0, a1),
        gain(gains, row, 2, b0, b1),
        scratch.found,
    )
    work.state[FLAGS] |= flags
    for t in range(count):
        clear(row, work)
        for p in range(3):
            second = scratch.found[t, p]
            x[p, row[ENDS + 2 * p]], x[p, row[ENDS + 2 * p + 1]] = 1.0 - second, second
        if plausible(m, work):
            settle(3, m, work, rows)


@compiled
def three_two_two(row: Any, m: Any, work: Bench, rows: Rows) -> None:
    """One mixes over three actions, the others over two each."""
    gains, x, state = work.gains, work.x, work.state
    p = row[SPECIAL]
    q, s = (p + 1) % 3, (p + 2) % 3
    aq, bq, az, bz = (
        row[ENDS + 2 * q],
        row[ENDS + 2 * q + 1],
        row[ENDS + 2 * s],
        row[ENDS + 2 * s + 1],
    )
    u, v = 27 * p + 9, 27 * p + 18
    u00, u01 = gains[u + 3 * aq + az], gains[u + 3 * aq + bz]
    u10, u11 = gains[u + 3 * bq + az], gains[u + 3 * bq + bz]
    v00, v01 = gains[v + 3 * aq + az], gains[v + 3 * aq + bz]
    v10, v11 = gains[v + 3 * bq + az], gains[v + 3 * bq + bz]
    size_u = max(abs(u00), abs(u01), abs(u10), abs(u11))
    size_v = max(abs(v00), abs(v01), abs(v10), abs(v11))
    f0, f2 = u00 * v10 - u10 * v00, u01 * v11 - u11 * v01
    f1 = 0.5 * (u00 * v11 + u01 * v10 - u10 * v01 - u11 * v00)
    size = max(abs(f0), abs(f1), abs(f2))
    if min(size_u, size_v) < MARGIN or size < _VANISHES * size_u * size_v:
        state[FLAGS] |= SINGULAR
        return
    if min(f0, f1, f2) > MARGIN * size or max(f0, f1, f2) < -MARGIN * size:
        return
    roots, first, second = quadratic_roots(f0, f1, f2)
    for t in range(roots):
        z = first if t == 0 else second
        if z < -LOOSE or z > 1.0 + LOOSE:
            continue
        w = 1.0 - z
        g0, g1 = u00 * w + u01 * z, u10 * w + u11 * z
        h0, h1 = v00 * w + v01 * z, v10 * w + v11 * z
        if max(abs(h0), abs(h1)) * size_u > max(abs(g0), abs(g1)) * size_v:
            g0, g1 = h0, h1
        if max(abs(g0), abs(g1)) < MARGIN:
            state[FLAGS] |= SINGULAR
            continue
        y = balance(g0, g1)
        if y < -LOOSE or y > 1.0 + LOOSE:
            continue
        r0 = gain(gains, row, q, az, 0) * w + gain(gains, row, q, bz, 0) * z
        r1 = gain(gains, row, q, az, 1) * w + gain(gains, row, q, bz, 1) * z
        r2 = gain(gains, row, q, az, 2) * w + gain(gains, row, q, bz, 2) * z
        o0 = gain(gains, row, s, 0, aq) * (1.0 - y) + gain(gains, row, s, 0, bq) * y
        o1 = gain(gains, row, s, 1, aq) * (1.0 - y) + gain(gains, row, s, 1, bq) * y
        o2 = gain(gains, row, s, 2, aq) * (1.0 - y) + gain(gains, row, s, 2, bq) * y
        x0, x1, x2 = cross(r0, r1, r2, o0, o1, o2)
        if max(abs(x0), abs(x1), abs(x2)) < _PARALLEL:
            if _crosses_zero(r0, r1, r2) and _crosses_zero(o0, o1, o2):
                state[FLAGS] |= SINGULAR
            continue
        good, x0, x1, x2 = mix(x0, x1, x2)
        if not good:
            continue
        clear(row, work)
        x[p, 0], x[p, 1], x[p, 2] = x0, x1, x2
        x[q, aq], x[q, bq] = 1.0 - y, y
        x[s, az], x[s, bz] = w, z
        if plausible(m, work):
            settle(3, m, work, rows)


@inlined
def _crosses_zero(a: float, b: float, c: float) -> bool:
    """Whether some mix of three gains is zero, within the margin."""
    return min(a, b, c) < MARGIN and max(a, b, c) > -MARGIN


@compiled
def three_three_two(row: Any, m: Any, work: Bench, scratch: Scratch, rows: Rows) -> None:
    """One mixes over two actions, the others over three each."""
    gains, x, state, curve = work.gains, work.x, work.state, scratch.curve
    s = row[SPECIAL]
    p, q = (s + 1) % 3, (s + 2) % 3
    c0, c1 = row[ENDS + 2 * s], row[ENDS + 2 * s + 1]
    # Y and X as quadratic curves in the second probability t of player s, in Bernstein form.
    for half in range(2):
        at = 27 * (p if half == 0 else q) + 9
        across = 3 if half == 0 else 1
        l0, l1 = (c0, c1) if half == 0 else (3 * c0, 3 * c1)
        positive, negative = False, False
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            a, b = at + across * j, at + across * k
            u, v = a + 9, b + 9
            e0 = gains[a + l0] * gains[v + l0] - gains[b + l0] * gains[u + l0]
            e2 = gains[a + l1] * gains[v + l1] - gains[b + l1] * gains[u + l1]
            e1 = 0.5 * (
                (gains[a + l0] * gains[v + l1] - gains[b + l0] * gains[u + l1])
                + (gains[a + l1] * gains[v + l0] - gains[b + l1] * gains[u + l0])
            )
            r = 3 * half + i
            curve[r, 0], curve[r, 1], curve[r, 2] = e0, e1, e2
            positive |= min(e0, e1, e2) > 1e-12
            negative |= max(e0, e1, e2) < -1e-12
        if positive and negative:
            return
    b = scratch.line
    for e in range(5):
        b[e] = 0.0
    size = 0.0
    for e in range(3):
        for f in range(3):
            total = 0.0
            for i in range(3):
                for j in range(3):
                    total += gain(gains, row, s, i, j) * curve[3 + i, e] * curve[j, f]
            size = max(size, abs(total))
            # Products of Bernstein polynomials: 2 choose e times 2 choose f over 4 choose e + f.
            b[e + f] += (1 + (e == 1)) * (1 + (f == 1)) * total
    b[1], b[2], b[3] = b[1] / 4.0, b[2] / 6.0, b[3] / 4.0
    size_y = size_x = 0.0
    for e in range(3):
        for i in range(3):
            size_y, size_x = max(size_y, abs(curve[i, e])), max(size_x, abs(curve[3 + i, e]))
    top = max(abs(b[0]), abs(b[1]), abs(b[2]), abs(b[3]), abs(b[4]))
    if min(size_y, size_x) < _PARALLEL or top < _VANISHES * size_y * size_x:
        state[FLAGS] |= SINGULAR
        return
    count = quartic_roots(b, 1e-14 * max(top, size_y * size_x), scratch.roots, scratch.stack)
    if count < 0:
        state[FLAGS] |= OVERFLOW
        return
    for e in range(count):
        t = scratch.roots[e]
        w0, w1, w2 = (1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t
        y0 = curve[0, 0] * w0 + curve[0, 1] * w1 + curve[0, 2] * w2
        y1 = curve[1, 0] * w0 + curve[1, 1] * w1 + curve[1, 2] * w2
        y2 = curve[2, 0] * w0 + curve[2, 1] * w1 + curve[2, 2] * w2
        x0 = curve[3, 0] * w0 + curve[3, 1] * w1 + curve[3, 2] * w2
        x1 = curve[4, 0] * w0 + curve[4, 1] * w1 + curve[4, 2] * w2
        x2 = curve[5, 0] * w0 + curve[5, 1] * w1 + curve[5, 2] * w2
        no_y = max(abs(y0), abs(y1), abs(y2)) < _PARALLEL
        no_x = max(abs(x0), abs(x1), abs(x2)) < _PARALLEL
        if no_x and no_y:
            state[FLAGS] |= SINGULAR
            continue
        if no_y:
            good, x0, x1, x2 = mix(x0, x1, x2)
            if not good:
                continue
            kept, y0, y1, y2 = _third(gains, row, s, 27 * p + 9, 3, c0, c1, t, True, x0, x1, x2)
        elif no_x:
            good, y0, y1, y2 = mix(y0, y1, y2)
            if not good:
                continue
            kept, x0, x1, x2 = _third(
                gains, row, s, 27 * q + 9, 1, 3 * c0, 3 * c1, t, False, y0, y1, y2
            )
        else:
            kept = True
        if not kept:
            state[FLAGS] |= SINGULAR
            continue
        good, x0, x1, x2 = mix(x0, x1, x2)
        if not good:
            continue
        good, y0, y1, y2 = mix(y0, y1, y2)
        if not good:
            continue
        clear(row, work)
        x[p, 0], x[p, 1], x[p, 2] = x0, x1, x2
        x[q, 0], x[q, 1], x[q, 2] = y0, y1, y2
        x[s, c0], x[s, c1] = 1.0 - t, t
        if plausible(m, work):
            settle(3, m, work, rows)


@compiled
def _third(
    gains: Any,
    row: Any,
    s: int,
    at: int,
    across: int,
    l0: int,
    l1: int,
    t: float,
    rows_given: bool,
    a: float,
    b: float,
    c: float,
) -> tuple[bool, float, float, float]:
    """Mix orthogonal to a player's parallel rows of gains at t and to player s's gains.

    ``a, b, c`` is the other mix.  The first result is False if all of these are parallel.
    """
    u0, u1, u2 = (
        _blend(gains, at, across, l0, l1, t, 0),
        _blend(gains, at, across, l0, l1, t, 1),
        _blend(gains, at, across, l0, l1, t, 2),
    )
    at += 9
    v0, v1, v2 = (
        _blend(gains, at, across, l0, l1, t, 0),
        _blend(gains, at, across, l0, l1, t, 1),
        _blend(gains, at, across, l0, l1, t, 2),
    )
    if max(abs(v0), abs(v1), abs(v2)) > max(abs(u0), abs(u1), abs(u2)):
        u0, u1, u2 = v0, v1, v2
    if rows_given:
        g0 = a * gain(gains, row, s, 0, 0) + b * gain(gains, row, s, 1, 0)
        g1 = a * gain(gains, row, s, 0, 1) + b * gain(gains, row, s, 1, 1)
        g2 = a * gain(gains, row, s, 0, 2) + b * gain(gains, row, s, 1, 2)
        g0 += c * gain(gains, row, s, 2, 0)
        g1 += c * gain(gains, row, s, 2, 1)
        g2 += c * gain(gains, row, s, 2, 2)
    else:
        g0 = a * gain(gains, row, s, 0, 0) + b * gain(gains, row, s, 0, 1)
        g1 = a * gain(gains, row, s, 1, 0) + b * gain(gains, row, s, 1, 1)
        g2 = a * gain(gains, row, s, 2, 0) + b * gain(gains, row, s, 2, 1)
        g0 += c * gain(gains, row, s, 0, 2)
        g1 += c * gain(gains, row, s, 1, 2)
        g2 += c * gain(gains, row, s, 2, 2)
    o0, o1, o2 = cross(u0, u1, u2, g0, g1, g2)
    return max(abs(o0), abs(o1), abs(o2)) > _PARALLEL, o0, o1, o2


@inlined
def _blend(gains: Any, at: int, across: int, along0: int, along1: int, t: float, j: int) -> float:
    first, second = gains[at + across * j + along0], gains[at + across * j + along1]
    return float((1.0 - t) * first + t * second)


@compiled
def three_three_three(row: Any, m: Any, work: Bench, scratch: Scratch, rows: Rows) -> None:
    """All three mix over three actions each."""
    gains, x, state = work.gains, work.x, work.state
    form = scratch.form
    # Eliminating any two of the players may show at once that there is nothing to find.
    for s in range(2, -1, -1):
        forms(gains, s, form[0])
        if opposed(form[0], 1e-12, 1e-12):
            return
    points = scratch.points
    count, flags = triangle_roots(
        gains,
        0,
        form,
        scratch.quartic,
        scratch.corner,
        scratch.depth,
        scratch.slopes,
        scratch.line,
        points,
    )
    state[FLAGS] |= flags
    for t in range(count):
        z0, z1, z2 = points[t, 0], points[t, 1], points[t, 2]
        a0, a1, a2 = _row(gains, 36, 3, 1, z0, z1, z2)
        b0, b1, b2 = _row(gains, 45, 3, 1, z0, z1, z2)
        y0, y1, y2 = cross(a0, a1, a2, b0, b1, b2)
        c0, c1, c2 = _row(gains, 63, 1, 3, z0, z1, z2)
        d0, d1, d2 = _row(gains, 72, 1, 3, z0, z1, z2)
        x0, x1, x2 = cross(c0, c1, c2, d0, d1, d2)
        no_y = max(abs(y0), abs(y1), abs(y2)) < _PARALLEL
        no_x = max(abs(x0), abs(x1), abs(x2)) < _PARALLEL
        if no_x and no_y:
            state[FLAGS] |= SINGULAR
            continue
        if no_x or no_y:
            # One mix is held by a single equation of its own and the two of player 0; in
            # general position three homogeneous equations have no solution.
            if no_y:
                good, x0, x1, x2 = mix(x0, x1, x2)
                if max(abs(b0), abs(b1), abs(b2)) > max(abs(a0), abs(a1), abs(a2)):
                    a0, a1, a2 = b0, b1, b2
                g0, g1, g2 = _row(gains, 9, 1, 3, x0, x1, x2)
                h0, h1, h2 = _row(gains, 18, 1, 3, x0, x1, x2)
            else:
                good, y0, y1, y2 = mix(y0, y1, y2)
                a0, a1, a2 = c0, c1, c2
                if max(abs(d0), abs(d1), abs(d2)) > max(abs(a0), abs(a1), abs(a2)):
                    a0, a1, a2 = d0, d1, d2
                g0, g1, g2 = _row(gains, 9, 3, 1, y0, y1, y2)
                h0, h1, h2 = _row(gains, 18, 3, 1, y0, y1, y2)
            o0, o1, o2 = cross(g0, g1, g2, h0, h1, h2)
            size = max(abs(g0), abs(g1), abs(g2)) * max(abs(h0), abs(h1), abs(h2))
            size *= max(abs(a0), abs(a1), abs(a2))
            if good and abs(o0 * a0 + o1 * a1 + o2 * a2) <= 1e-5 * size:
                state[FLAGS] |= SINGULAR
            continue
        good, x0, x1, x2 = mix(x0, x1, x2)
        if not good:
            continue
        good, y0, y1, y2 = mix(y0, y1, y2)
        if not good:
            continue
        clear(row, work)
        x[0, 0], x[0, 1], x[0, 2] = z0, z1, z2
        x[1, 0], x[1, 1], x[1, 2] = x0, x1, x2
        x[2, 0], x[2, 1], x[2, 2] = y0, y1, y2
        if plausible(m, work):
            settle(3, m, work, rows)


@inlined
def _row(
    gains: Any, at: int, across: int, along: int, a: float, b: float, c: float
) -> tuple[float, float, float]:
    """Three mean gains, against the mix a, b, c."""
    o, u, v = at, at + across, at + 2 * across
    return (
        gains[o] * a + gains[o + along] * b + gains[o + 2 * along] * c,
        gains[u] * a + gains[u + along] * b + gains[u + 2 * along] * c,
        gains[v] * a + gains[v + along] * b + gains[v + 2 * along] * c,
    )
