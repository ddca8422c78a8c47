r"""Polygons of fixed capacity and the operator that shrinks them to the equilibrium payoffs.

A convex polygon is k vertices ``x[:k], y[:k]``, counterclockwise; a point has one, a segment
two.  Payoffs are scaled to [0, 1] per player, which makes the tolerances relative.  What is
computed and why it converges is said in :mod:`hedging.repeated.payoff_set`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.repeated.compiled import compiled

__all__ = ["CONVERGED", "EMPTY", "LIMIT", "UNSUSTAINABLE", "capacity", "iterate", "prepare"]

CONVERGED, EMPTY, LIMIT, UNSUSTAINABLE = 0, 1, 2, 3
"""How an iteration ended."""

_FINE = 1e-9
"""Way left below which binding constraints count as binding, not as undecided."""
_SURE = 10.0
"""Room, in estimates of the way left, that a constraint must have to count as satisfied."""


@compiled
def capacity(size: int) -> int:
    """Length of a row of work space for a game of ``size`` profiles.

    Each profile gives at most four points, and a chain may hold one point more than the hull.
    """
    return 4 * size + 8


@compiled
def sort_points(x: Any, y: Any, count: int) -> None:
    """Sort by x, then y: insertion sort in strides, of which short lists need only the last."""
    stride = 1
    while stride * 9 < count:
        stride = 3 * stride + 1
    while stride > 0:
        for i in range(stride, count):
            a = x[i]
            b = y[i]
            j = i - stride
            while j >= 0 and (x[j] > a or (x[j] == a and y[j] > b)):
                x[j + stride] = x[j]
                y[j + stride] = y[j]
                j -= stride
            x[j + stride] = a
            y[j + stride] = b
        stride //= 3


@compiled
def convex_hull(x: Any, y: Any, count: int, hx: Any, hy: Any) -> int:
    """Andrew's monotone chain; sorts the points and returns the number of vertices.

    Only exact duplicates are dropped: merging near ones here can lose a long thin side.
    """
    sort_points(x, y, count)
    kept = 1
    for i in range(1, count):
        if x[i] != x[kept - 1] or y[i] != y[kept - 1]:
            x[kept] = x[i]
            y[kept] = y[i]
            kept += 1
    if kept <= 2:
        for i in range(kept):
            hx[i] = x[i]
            hy[i] = y[i]
        return kept
    k = 0
    for i in range(kept):
        while k >= 2 and _turn(hx, hy, k, x[i], y[i]) <= 0.0:
            k -= 1
        hx[k] = x[i]
        hy[k] = y[i]
        k += 1
    lower = k
    for i in range(kept - 2, -1, -1):
        while k > lower and _turn(hx, hy, k, x[i], y[i]) <= 0.0:
            k -= 1
        hx[k] = x[i]
        hy[k] = y[i]
        k += 1
    return k - 1


@compiled
def _turn(hx: Any, hy: Any, k: int, x: float, y: float) -> float:
    """Positive if the last two of k points and (x, y) turn left."""
    ox = hx[k - 2]
    oy = hy[k - 2]
    area: float = (hx[k - 1] - ox) * (y - oy) - (hy[k - 1] - oy) * (x - ox)
    return area


@compiled
def segment_distance2(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> float:
    """Squared distance of (x, y) from the segment between a and b."""
    dx = bx - ax
    dy = by - ay
    length2 = dx * dx + dy * dy
    t = 0.0
    if length2 > 0.0:
        t = min(max(((x - ax) * dx + (y - ay) * dy) / length2, 0.0), 1.0)
    ex = x - ax - t * dx
    ey = y - ay - t * dy
    square: float = ex * ex + ey * ey
    return square


@compiled
def simplify(x: Any, y: Any, k: int, width: float) -> int:
    """Drop vertices within ``width`` of the segment that joins their neighbours."""
    i = 0
    settled = 0
    while k > 1 and settled < k:
        if k == 2:
            if abs(x[0] - x[1]) <= width and abs(y[0] - y[1]) <= width:
                k = 1
            break
        before = i - 1 if i > 0 else k - 1
        after = i + 1 if i < k - 1 else 0
        away = segment_distance2(x[before], y[before], x[after], y[after], x[i], y[i])
        if away <= width * width:
            for j in range(i, k - 1):
                x[j] = x[j + 1]
                y[j] = y[j + 1]
            k -= 1
            settled = 0
            if i >= k:
                i = 0
        else:
            settled += 1
            i = i + 1 if i < k - 1 else 0
    return k


@compiled
def contains(px: Any, py: Any, k: int, x: float, y: float, width: float) -> bool:
    """Whether (x, y) is in the polygon or within about ``width`` of it."""
    if k <= 2:
        return segment_distance2(px[0], py[0], px[k - 1], py[k - 1], x, y) <= width * width
    for i in range(k):
        j = i + 1 if i < k - 1 else 0
        dx = px[j] - px[i]
        dy = py[j] - py[i]
        side = dx * (y - py[i]) - dy * (x - px[i])
        if side < 0.0 and side * side > width * width * (dx * dx + dy * dy):
            return False
    return True


@compiled
def excess(ox: Any, oy: Any, ko: int, px: Any, py: Any, k: int) -> float:
    """Largest distance of a vertex of the first polygon from the second."""
    worst = 0.0
    for i in range(ko):
        x = ox[i]
        y = oy[i]
        outside = k <= 2
        nearest = np.inf
        for a in range(k):
            b = a + 1 if a < k - 1 else 0
            if (px[b] - px[a]) * (y - py[a]) - (py[b] - py[a]) * (x - px[a]) < 0.0:
                outside = True
            nearest = min(nearest, segment_distance2(px[a], py[a], px[b], py[b], x, y))
        if outside:
            worst = max(worst, nearest)
    distance: float = np.sqrt(worst)
    return distance


@compiled
def section(x: Any, y: Any, k: int, at: float, width: float) -> Any:
    """Least and largest y where the polygon meets the line x = at; (inf, -inf) if it does not."""
    left = x[0]
    right = x[0]
    for i in range(1, k):
        left = min(left, x[i])
        right = max(right, x[i])
    low = np.inf
    high = -np.inf
    if at < left - width or at > right + width:
        return low, high
    at = min(max(at, left), right)
    for i in range(k):
        j = i + 1 if i < k - 1 else 0
        x0 = x[i]
        x1 = x[j]
        if (x0 <= at <= x1) or (x1 <= at <= x0):
            if x0 == x1:
                low = min(low, min(y[i], y[j]))
                high = max(high, max(y[i], y[j]))
            else:
                here = y[i] + (at - x0) / (x1 - x0) * (y[j] - y[i])
                low = min(low, here)
                high = max(high, here)
    return low, high


@compiled
def prepare(game: Any, work: Any, u: Any, scale: Any) -> float:
    """Scale one game of shape (2, m, n) to [0, 1]; return the geometric tolerance.

    Rows 0 and 1 of ``work`` receive the payoffs, rows 2 and 3 the gains, ``u`` the pure minmax
    payoffs and ``scale`` the least payoff and the range of each player.  The tolerance is
    1e-11, or what the rounding of the payoffs themselves leaves of it.  It is negative
    if a payoff is not finite.
    """
    _, m, n = game.shape
    width = 1e-11
    for p in range(2):
        low = np.inf
        high = -np.inf
        for i in range(m):
            for j in range(n):
                value = game[p, i, j]
                if not np.isfinite(value):
                    return -1.0
                low = min(low, value)
                high = max(high, value)
        # Half the range cannot overflow where the range could.
        span = 2.0 * (0.5 * high - 0.5 * low)
        if not np.isfinite(span):
            return -1.0
        if span == 0.0:
            span = 1.0
        scale[2 * p] = low
        scale[2 * p + 1] = span
        width = max(width, min(1e-6, 1e-15 * max(abs(low), abs(high)) / span))
        u[p] = np.inf
        for i in range(m):
            for j in range(n):
                work[p, i * n + j] = (game[p, i, j] - low) / span
    for j in range(n):
        best = work[0, j]
        for i in range(1, m):
            best = max(best, work[0, i * n + j])
        u[0] = min(u[0], best)
        for i in range(m):
            work[2, i * n + j] = best - work[0, i * n + j]
    for i in range(m):
        best = work[1, i * n]
        for j in range(1, n):
            best = max(best, work[1, i * n + j])
        u[1] = min(u[1], best)
        for j in range(n):
            work[3, i * n + j] = best - work[1, i * n + j]
    return width


@compiled
def _generate(work: Any, size: int, delta: float, k: int, u: Any, width: float, floor: Any) -> int:
    """Extreme points that the polygon in rows 4 and 5 generates, into rows 8 and 9.

    ``floor`` receives the best-reply floors of the punishment payoffs.
    """
    px = work[4]
    py = work[5]
    qx = work[8]
    qy = work[9]
    ratio = (1.0 - delta) / delta
    rest = 1.0 - delta
    count = 0
    floor[0] = np.inf
    floor[1] = np.inf
    for a in range(size):
        g1 = work[0, a]
        g2 = work[1, a]
        least1 = u[0] + ratio * work[2, a]
        least2 = u[1] + ratio * work[3, a]
        # The extent of Q(a), the continuation payoffs that enforce a.
        low1 = np.inf
        high1 = -np.inf
        low2 = np.inf
        for i in range(k):
            if py[i] >= least2 - width:
                low1 = min(low1, px[i])
                high1 = max(high1, px[i])
            if px[i] >= least1 - width:
                low2 = min(low2, py[i])
        left, right = section(py, px, k, least2, width)
        low1 = min(low1, left)
        high1 = max(high1, right)
        if high1 < least1 - width:
            continue
        bottom, top = section(px, py, k, least1, width)
        low2 = min(low2, bottom)
        # Whoever is punished by a gets at least the best reply to it.
        floor[0] = min(floor[0], max(g1 + work[2, a], rest * g1 + delta * max(low1, least1)))
        floor[1] = min(floor[1], max(g2 + work[3, a], rest * g2 + delta * max(low2, least2)))
        if g1 >= least1 - width and g2 >= least2 - width and contains(px, py, k, g1, g2, width):
            qx[count] = g1
            qy[count] = g2
            count += 1
            continue
        if top >= least2 - width:
            x = rest * g1 + delta * least1
            low = max(bottom, least2)
            qx[count] = x
            qy[count] = rest * g2 + delta * max(top, least2)
            count += 1
            if top - low > 1e-14:
                qx[count] = x
                qy[count] = rest * g2 + delta * low
                count += 1
        if right >= least1 - width:
            y = rest * g2 + delta * least2
            low = max(left, least1)
            qx[count] = rest * g1 + delta * max(right, least1)
            qy[count] = y
            count += 1
            if right - low > 1e-14:
                qx[count] = rest * g1 + delta * low
                qy[count] = y
                count += 1
    return count


@compiled
def _settled(work: Any, size: int, delta: float, k: int, u: Any, room: float) -> bool:
    """Whether it is clear, by ``room``, which profiles the limit can enforce or repeat for ever.

    A set that still has a profile by less than its distance from the limit may lose it yet, and
    with it everything: a start like that of a set that converges can end in nothing.
    """
    px = work[4]
    py = work[5]
    ratio = (1.0 - delta) / delta
    for a in range(size):
        if work[2, a] <= 0.0 and work[3, a] <= 0.0:
            continue  # a stage equilibrium can always
        least1 = u[0] + ratio * work[2, a]
        least2 = u[1] + ratio * work[3, a]
        # Can the profile be played for ever?
        if abs(min(work[0, a] - least1, work[1, a] - least2)) <= room:
            return False
        # The largest t with a point of the set that gives both players t more than they need.
        depth = -np.inf
        for i in range(k):
            j = i + 1 if i < k - 1 else 0
            x0 = px[i] - least1
            y0 = py[i] - least2
            depth = max(depth, min(x0, y0))
            x1 = px[j] - least1
            y1 = py[j] - least2
            if (x0 - y0) * (x1 - y1) < 0.0:
                t = (x0 - y0) / ((x0 - y0) - (x1 - y1))
                depth = max(depth, x0 + t * (x1 - x0))
        if abs(depth) <= room:
            return False
    return True


@compiled
def iterate(
    work: Any,
    size: int,
    delta: float,
    tol: float,
    limit: int,
    u: Any,
    width: float,
    k: int,
    target: int,
    gap: Any,
) -> Any:
    """Shrink the outer approximation until it stands still.

    Parameters
    ----------
    work : float64 array, shape (10, capacity(size))
        Rows 0 to 3 from :func:`prepare`; rows 4 and 5 the start polygon if ``k > 0`` (a set
        that holds V) and the result.
    u : float64 array, shape (2,)
        Lower bounds of the punishment payoffs, raised on the way.
    target : int
        Flat profile; stop as soon as it is certain that it cannot be played for ever.
        -1 for none.
    tol : float
        Way left at which to stop, provided that it decides which profiles can be enforced; where
        it does not, the iteration goes on, down to 1e-9 of the payoff range.
    gap : float64 array, shape (1,)
        Receives the estimated distance left.

    Returns
    -------
    (ending, vertices, iterations)
    """
    px = work[4]
    py = work[5]
    ox = work[6]
    oy = work[7]
    ratio = (1.0 - delta) / delta
    floor = np.empty(2)
    gap[0] = 0.0
    if k == 0:
        for a in range(size):
            work[8, a] = work[0, a]
            work[9, a] = work[1, a]
        k = convex_hull(work[8], work[9], size, px, py)
    last = np.inf
    rate = 0.0
    mark = np.inf
    mark_at = 0
    next_mark = 4
    for step in range(1, limit + 1):
        count = _generate(work, size, delta, k, u, width, floor)
        if count == 0:
            gap[0] = 0.0
            return EMPTY, 0, step
        before = k
        for i in range(k):
            ox[i] = px[i]
            oy[i] = py[i]
        k = convex_hull(work[8], work[9], count, px, py)
        least1 = px[0]
        least2 = py[0]
        for i in range(1, k):
            least1 = min(least1, px[i])
            least2 = min(least2, py[i])
        least1 = max(u[0], max(least1, floor[0]))
        least2 = max(u[1], max(least2, floor[1]))
        moved = max(least1 - u[0], least2 - u[1])
        u[0] = least1
        u[1] = least2
        if target >= 0 and (
            work[0, target] < u[0] + ratio * work[2, target] - width
            or work[1, target] < u[1] + ratio * work[3, target] - width
        ):
            return UNSUSTAINABLE, k, step
        shift = 0.0
        if k == before:
            for i in range(k):
                shift = max(shift, max(abs(px[i] - ox[i]), abs(py[i] - oy[i])))
        if k != before or shift > 0.05:
            shift = excess(ox, oy, before, px, py, k)
        moved = max(moved, shift)
        # How fast do the steps shrink?  A step is no error: near a double root of the
        # fixed-point equations steps shrink ever more slowly.  With steps falling by the
        # factor r the way left is moved * r / (1 - r); r is the worse of the last ratio and of
        # the mean since a mark, and is taken only where rounding does not spoil it.
        if moved > 1e-13:
            rate = moved / last if last > 0.0 else 1.0
            if mark < np.inf and step > mark_at + 1:
                rate = max(rate, (moved / mark) ** (1.0 / (step - mark_at)))
        if moved <= 2e-15:
            gap[0] = 1e-14 if rate >= 1.0 else moved / (1.0 - rate)
            return CONVERGED, k, step
        gap[0] = moved * rate / (1.0 - rate) if rate < 1.0 else np.inf
        if (
            moved <= tol
            and gap[0] <= tol
            and step > 1
            and (gap[0] <= _FINE or _settled(work, size, delta, k, u, _SURE * gap[0]))
        ):
            return CONVERGED, k, step
        last = moved
        if step == next_mark:
            mark = moved
            mark_at = step
            next_mark = 2 * step
    return LIMIT, k, limit
