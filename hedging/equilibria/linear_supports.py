r"""Supports of three players in which two mix: linear equations.

Against the third player's action the two are in a bimatrix game, and each one's mix makes the
other indifferent.  Over two actions each it is a ratio; over three, the vector orthogonal to
two rows of gains.
"""

from __future__ import annotations

from typing import Any

from hedging.equilibria.binary_triples import balance
from hedging.equilibria.compiled import compiled
from hedging.equilibria.flags import LOOSE, MARGIN, Flag
from hedging.equilibria.newton import FLAGS, Bench, Rows, record, settle
from hedging.equilibria.support_rows import ENDS, SPECIAL, clear, cross, mix

__all__ = ["three_by_three", "two_by_two"]

SINGULAR = int(Flag.SINGULAR)

# Cross products of rows of gains smaller than this are zero.
_PARALLEL = 1e-7


@compiled
def two_by_two(row: Any, m: Any, work: Bench, rows: Rows) -> None:
    """Two players mix over two actions each, each making the other indifferent."""
    gains, x = work.gains, work.x
    s = row[SPECIAL]
    p, q = (s + 1) % 3, (s + 2) % 3
    c, ap, bp = row[ENDS + 2 * s], row[ENDS + 2 * p], row[ENDS + 2 * p + 1]
    aq, bq = row[ENDS + 2 * q], row[ENDS + 2 * q + 1]
    low, high = 27 * p + 9 * ap + c, 27 * p + 9 * bp + c
    d0, d1 = gains[high + 3 * aq] - gains[low + 3 * aq], gains[high + 3 * bq] - gains[low + 3 * bq]
    low, high = 27 * q + 9 * aq + 3 * c, 27 * q + 9 * bq + 3 * c
    e0, e1 = gains[high + ap] - gains[low + ap], gains[high + bp] - gains[low + bp]
    if max(abs(d0), abs(d1)) < MARGIN or max(abs(e0), abs(e1)) < MARGIN:
        work.state[FLAGS] |= SINGULAR
        return
    y, z = balance(d0, d1), balance(e0, e1)
    if min(y, z) < -LOOSE or max(y, z) > 1.0 + LOOSE:
        return
    worst = -1.0
    for k in range(m[p]):
        if k != ap and k != bp:
            low, high = 27 * p + 9 * ap + c, 27 * p + 9 * k + c
            worst = max(
                worst,
                (1.0 - y) * (gains[high + 3 * aq] - gains[low + 3 * aq])
                + y * (gains[high + 3 * bq] - gains[low + 3 * bq]),
            )
    for k in range(m[q]):
        if k != aq and k != bq:
            low, high = 27 * q + 9 * aq + 3 * c, 27 * q + 9 * k + 3 * c
            worst = max(
                worst,
                (1.0 - z) * (gains[high + ap] - gains[low + ap])
                + z * (gains[high + bp] - gains[low + bp]),
            )
    if worst > LOOSE:
        return
    for k in range(m[s]):
        if k != c:
            low, high = 27 * s + 9 * c, 27 * s + 9 * k
            o, u = 3 * ap + aq, 3 * ap + bq
            first = (1.0 - y) * (gains[high + o] - gains[low + o])
            first += y * (gains[high + u] - gains[low + u])
            o, u = 3 * bp + aq, 3 * bp + bq
            second = (1.0 - y) * (gains[high + o] - gains[low + o])
            second += y * (gains[high + u] - gains[low + u])
            worst = max(worst, (1.0 - z) * first + z * second)
    if worst > LOOSE:
        return
    clear(row, work)
    x[s, c] = 1.0
    x[q, aq], x[q, bq] = 1.0 - y, y
    x[p, ap], x[p, bp] = 1.0 - z, z
    if worst < -LOOSE and min(y, z) > LOOSE and max(y, z) < 1.0 - LOOSE:
        # Nothing is close: the two ratios are as good as Newton's method could make them.
        record(3, m, x, -1 if (d1 > d0) == (e1 > e0) else 1, work.state, rows)
    else:
        settle(3, m, work, rows)


@compiled
def three_by_three(row: Any, m: Any, work: Bench, rows: Rows) -> None:
    """Two players mix over three actions each."""
    gains, x = work.gains, work.x
    s = row[SPECIAL]
    p, q = (s + 1) % 3, (s + 2) % 3
    c = row[ENDS + 2 * s]
    a, b = 27 * p + 9 + c, 27 * p + 18 + c
    y0, y1, y2 = cross(gains[a], gains[a + 3], gains[a + 6], gains[b], gains[b + 3], gains[b + 6])
    a, b = 27 * q + 9 + 3 * c, 27 * q + 18 + 3 * c
    x0, x1, x2 = cross(gains[a], gains[a + 1], gains[a + 2], gains[b], gains[b + 1], gains[b + 2])
    no_y = max(abs(y0), abs(y1), abs(y2)) < _PARALLEL
    no_x = max(abs(x0), abs(x1), abs(x2)) < _PARALLEL
    good_y, y0, y1, y2 = mix(y0, y1, y2)
    good_x, x0, x1, x2 = mix(x0, x1, x2)
    if no_y or no_x:
        # Singular, unless the other player's mix settles that there is nothing here.
        if (no_y or good_y) and (no_x or good_x):
            work.state[FLAGS] |= SINGULAR
        return
    if not (good_x and good_y):
        return
    clear(row, work)
    x[s, c] = 1.0
    x[p, 0], x[p, 1], x[p, 2] = x0, x1, x2
    x[q, 0], x[q, 1], x[q, 2] = y0, y1, y2
    settle(3, m, work, rows)
