r"""One support, one candidate: polish it, weigh it, write it down.

With gains :math:`g_i(k) = v_i(k) - v_i(0)` of player i's action k over its first one against
the others' mixes, an equilibrium with support S solves :math:`g_i(k) = g_i(r_i)` for all k in
:math:`S_i`, where :math:`r_i` is the first action of :math:`S_i`, in the unknowns
:math:`x_i(k), k \ne r_i`.  The equations are multilinear: with

.. math:: M_{ij}[k, h] = E\, [g_i(k) \mid j \text{ plays } h]

the Jacobian consists of second differences of M, and Newton's method is exact in the second
order.  The index of a regular equilibrium is :math:`\operatorname{sign} \det(-J)` (Ritzberger,
*International Journal of Game Theory* 23, 1994); a pure strict one has +1.

Layout shared by all kernels: ``gains`` is flat.  For three players entry
``27 p + 9 k + 3 j + h`` is player p's gain of action k over action 0 when player p + 1 plays j and
p + 2 plays h (players counted modulo 3, actions padded to 3); for four players with two actions
each, entry ``16 p + 8 k + 4 i + 2 j + h`` with the next three players in order.  Each player's
gains are divided by the largest of them, so that every threshold is relative.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.compiled import compiled
from hedging.equilibria.flags import LOOSE, MARGIN, Flag

__all__ = ["CURSOR", "FIRST", "FLAGS", "START", "SUM", "Bench", "Rows", "bench", "record", "settle"]

BOUNDARY, SINGULAR = int(Flag.BOUNDARY), int(Flag.SINGULAR)
UNRESOLVED, NEAR = int(Flag.UNRESOLVED), int(Flag.NEAR)

# Places in the integer state of a kernel: next free row, flags of the game, first row of the
# game, first row of the present support, sum of indices of the game.
CURSOR, FLAGS, FIRST, START, SUM = 0, 1, 2, 3, 4


class Rows(NamedTuple):
    """Where equilibria go, R rows at most; ``place[3 p + k]`` is the column of p's action k."""

    probability: NDArray[np.float64]
    support: NDArray[np.uint64]
    sign: NDArray[np.int8]
    place: NDArray[np.int64]


class Bench(NamedTuple):
    """Gains of one game, a candidate, and scratch; made once, used for every game."""

    gains: NDArray[np.float64]
    x: NDArray[np.float64]
    used: NDArray[np.int64]
    pair: NDArray[np.float64]
    value: NDArray[np.float64]
    system: NDArray[np.float64]
    unknown: NDArray[np.int64]
    state: NDArray[np.int64]


def bench() -> Bench:
    """An empty workbench."""
    return Bench(
        np.zeros(81),
        np.zeros((4, 3)),
        np.zeros(4, dtype=np.int64),
        np.zeros((4, 4, 3, 3)),
        np.zeros((4, 3)),
        np.zeros((6, 7)),
        np.zeros((6, 3), dtype=np.int64),
        np.zeros(5, dtype=np.int64),
    )


# Smallest ratio of pivots of a Jacobian that counts as regular: roots are then good to 1e-8.
_REGULAR = 1e-8
# Below this ratio a Newton step is noise.
_HOPELESS = 1e-12
# A candidate is accurate: a longer Newton step leads to some other root, or nowhere.
_ASTRAY = 1e-3
# Largest difference of values of actions in use that rounding explains.
_EXACT = 1e-11


@compiled
def pair_tables(n: int, m: Any, gains: Any, x: Any, pair: Any, value: Any) -> None:
    """Fill ``pair[p, d, k, h]``, the mean gain of k when player p + d plays h, and ``value``."""
    if n == 3:
        for p in range(3):
            q, s = (p + 1) % 3, (p + 2) % 3
            for k in range(1, m[p]):
                at = 27 * p + 9 * k
                for h in range(m[s]):
                    pair[p, 2, k, h] = 0.0
                total = 0.0
                for j in range(m[q]):
                    row = 0.0
                    for h in range(m[s]):
                        g = gains[at + 3 * j + h]
                        row += g * x[s, h]
                        pair[p, 2, k, h] += g * x[q, j]
                    pair[p, 1, k, j] = row
                    total += row * x[q, j]
                value[p, k] = total
    else:
        for p in range(4):
            a, b, c = (p + 1) % 4, (p + 2) % 4, (p + 3) % 4
            for h in range(2):
                pair[p, 2, 1, h] = 0.0
                pair[p, 3, 1, h] = 0.0
            total = 0.0
            for j in range(2):
                row = 0.0
                for h in range(2):
                    at = 16 * p + 8 + 4 * j + 2 * h
                    g0, g1 = gains[at], gains[at + 1]
                    mean = g0 * x[c, 0] + g1 * x[c, 1]
                    row += mean * x[b, h]
                    pair[p, 2, 1, h] += mean * x[a, j]
                    weight = x[a, j] * x[b, h]
                    pair[p, 3, 1, 0] += g0 * weight
                    pair[p, 3, 1, 1] += g1 * weight
                pair[p, 1, 1, j] = row
                total += row * x[a, j]
            value[p, 1] = total


@compiled
def eliminate(a: Any, d: int) -> tuple[float, int]:
    """Solve the d equations ``a[:, :d] s = a[:, d]`` in place, the solution in column d.

    Returns the ratio of the smallest to the largest pivot and the sign of the determinant.
    """
    low, high, sign = 1e300, 0.0, 1
    for c in range(d):
        pivot, best = c, abs(a[c, c])
        for r in range(c + 1, d):
            if abs(a[r, c]) > best:
                pivot, best = r, abs(a[r, c])
        low, high = min(low, best), max(high, best)
        if best <= _HOPELESS * high:
            return 0.0, 0
        if pivot != c:
            sign = -sign
            for k in range(c, d + 1):
                a[c, k], a[pivot, k] = a[pivot, k], a[c, k]
        if a[c, c] < 0.0:
            sign = -sign
        for r in range(c + 1, d):
            factor = a[r, c] / a[c, c]
            if factor != 0.0:
                for k in range(c + 1, d + 1):
                    a[r, k] -= factor * a[c, k]
    for c in range(d - 1, -1, -1):
        total = a[c, d]
        for k in range(c + 1, d):
            total -= a[c, k] * a[k, d]
        a[c, d] = total / a[c, c]
    return low / high, sign


@compiled
def record(n: int, m: Any, x: Any, sign: int, state: Any, rows: Rows) -> None:
    """Write a row, in its place among those of the same support; drop it if it is there already.

    Index 0 marks a row that is not a regular equilibrium.
    """
    probability, support, index, place = rows
    new = state[CURSOR]
    columns = probability.shape[1]
    bits = 0
    for p in range(n):
        for k in range(m[p]):
            c = place[3 * p + k]
            probability[new, c] = x[p, k]
            if x[p, k] > 0.0:
                bits |= 1 << c
    for e in range(state[START], new):
        far = 0.0
        for c in range(columns):
            far = max(far, abs(probability[e, c] - probability[new, c]))
        if far < 1e-8:
            return
    support[new] = bits
    index[new] = sign
    state[CURSOR] = new + 1
    state[SUM] += sign
    # Roots of one support: by probability of the first choice, then the second, decreasing.
    e = new
    while e > state[START]:
        c = 0
        while c < columns - 1 and probability[e, c] == probability[e - 1, c]:
            c += 1
        if probability[e, c] <= probability[e - 1, c]:
            break
        for c in range(columns):
            probability[e, c], probability[e - 1, c] = probability[e - 1, c], probability[e, c]
        support[e], support[e - 1] = support[e - 1], support[e]
        index[e], index[e - 1] = index[e - 1], index[e]
        e -= 1


@compiled
def settle(n: int, m: Any, work: Bench, rows: Rows) -> None:
    """Decide about the candidate ``work.x`` with support ``work.used`` (a bit mask per player).

    It is polished by Newton's method, and either dropped, flagged, or recorded.
    """
    gains, x, used, pair, value, system, unknown, state = work
    d = 0
    for p in range(n):
        reference = -1
        for k in range(m[p]):
            if (used[p] >> k) & 1:
                if reference < 0:
                    reference = k
                else:
                    unknown[d, 0], unknown[d, 1], unknown[d, 2] = p, k, reference
                    d += 1
    ratio, sign, lost = 1.0, 1, True
    for turn in range(12):
        pair_tables(n, m, gains, x, pair, value)
        if turn == 0 and _outside_gain(n, m, used, value) > LOOSE:
            return
        for a in range(d):
            p, k, r = unknown[a, 0], unknown[a, 1], unknown[a, 2]
            for b in range(d):
                q, h, t = unknown[b, 0], unknown[b, 1], unknown[b, 2]
                if p == q:
                    system[a, b] = 0.0
                else:
                    e = (q - p) % n
                    system[a, b] = (pair[p, e, k, h] - pair[p, e, r, h]) - (
                        pair[p, e, k, t] - pair[p, e, r, t]
                    )
            system[a, d] = value[p, r] - value[p, k]
        ratio, sign = eliminate(system, d)
        if sign == 0:
            # As it stands the candidate may be a point of a continuum.
            lost = False
            break
        size = 0.0
        for a in range(d):
            size = max(size, abs(system[a, d]))
        if not size < _ASTRAY:
            break
        for a in range(d):
            p = unknown[a, 0]
            x[p, unknown[a, 1]] += system[a, d]
            x[p, unknown[a, 2]] -= system[a, d]
        if size < 1e-11:
            lost = False
            break
    if d % 2 == 1:
        sign = -sign
    pair_tables(n, m, gains, x, pair, value)
    spread, least = 0.0, 1.0
    for p in range(n):
        low, high = 1e300, -1e300
        for k in range(m[p]):
            if (used[p] >> k) & 1:
                low, high = min(low, value[p, k]), max(high, value[p, k])
                least = min(least, x[p, k])
        spread = max(spread, high - low)
    outside = _outside_gain(n, m, used, value)
    if least < -MARGIN and not lost and sign != 0:
        return
    if outside > MARGIN and not lost and sign != 0:
        return
    if ratio < _REGULAR or sign == 0:
        state[FLAGS] |= SINGULAR
    if lost or spread > _EXACT:
        state[FLAGS] |= UNRESOLVED
        return
    if least < MARGIN or outside > -MARGIN:
        state[FLAGS] |= BOUNDARY
        if least < -1e-13 or outside > 1e-13:
            state[FLAGS] |= NEAR
            return
        for p in range(n):
            for k in range(m[p]):
                x[p, k] = max(x[p, k], 0.0)
        sign = 0
    if ratio < _REGULAR:
        sign = 0
    record(n, m, x, sign, state, rows)


@compiled
def _outside_gain(n: int, m: Any, used: Any, value: Any) -> float:
    """The most anyone gains by an action not in use, against the worst action in use."""
    worst = -1e300
    for p in range(n):
        low, high = 1e300, -1e300
        for k in range(m[p]):
            if (used[p] >> k) & 1:
                low = min(low, value[p, k])
            else:
                high = max(high, value[p, k])
        worst = max(worst, high - low)
    return worst
