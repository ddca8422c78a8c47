r"""Following a curve of mixed strategies: the steps that logit and tracing share.

A profile of totally mixed strategies is written in log-odds
(:mod:`hedging.equilibria.log_odds`), so that probabilities can become as small as they like
without ever reaching 0.  A homotopy is a smooth system F(y, s) = 0 of one equation per log-odds, s
a scalar.  Its zeros through a known point form a curve, which is followed by arclength [1]_:

* *predict* along the tangent t, corrected by the curvature seen over the last step;
* *correct* by Newton's method on the bordered system :math:`[F'; t^T]`, one factorisation giving
  both the correction and the next tangent;
* *measure* lengths and angles with s in units of 1 + s, since what happens to the log-odds at a
  rationality of 1000 takes hundreds to happen;
* *accept* only if the corrections shrink, the tangent turns by less than 26 degrees and
  :math:`\operatorname{sign}\det [F'; t^T]` stays.

That sign is constant along a regular curve, also around folds (where s turns back), and
changes at simple branch points.  A change is therefore either a jump to another curve, which
smaller steps avoid, or, if it stays down to tiny steps, a *bifurcation*: it is counted and the
curve continued straight through.

References
----------
.. [1] Allgower and Georg, *Introduction to Numerical Continuation Methods*, SIAM 2003, chapters 6
   and 8; Turocy, "A dynamic homotopy interpretation of the logistic quantal response
   equilibrium correspondence", *Games and Economic Behavior* 51 (2005).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hedging.equilibria.log_odds import (
    interactions,
    interactions_with_top,
    mixtures,
    most_probable,
)

__all__ = [
    "BIFURCATIONS",
    "DIRECTION",
    "FOLDS",
    "LOGIT",
    "STEP",
    "TRACING",
    "advance",
    "begin",
    "nearest_equilibrium",
    "newton",
    "sign_at_limit",
]

Array = NDArray[Any]

LOGIT, TRACING = 0, 1
"""Which system is followed: that of :mod:`hedging.equilibria.logit` or of
:mod:`hedging.equilibria.tracing`."""

# Places in the state of a follower.
STEP, _SIGN, FOLDS, BIFURCATIONS, _LAST, DIRECTION = range(6)

_LONGEST = 2.0
_TINY = 1e-4
"""Arclength below which a change of orientation counts as a bifurcation."""


@njit(cache=True, nogil=True, error_model="numpy")
def _system(
    kind: int,
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    given: Array,
    eta: float,
    x: Array,
    A: Array,
    mix: Array,
    D: Array,
    d: Array,
) -> None:
    """Write F' and -F at x into the columns 0..K and K + 1 of the first K rows of A.

    LOGIT: F_a = y_a - s d_a.  TRACING, with 1 - t = exp(-s) and g_a what a gains over r in the
    mixture of the game and of the prior's game ``given``, F_a = g_a + eta (1 - t) (1/x_a - 1/x_r),
    times min(x_a, x_r) / (min(x_a, x_r) + eta (1 - t)), which keeps all rows of one size.  For r
    the most probable action is taken, and action 0 in the row of that action: were it always
    action 0, then when this is hardly used the rows of two tied actions would become equal but
    for rounding.  Exchanging r changes neither the sign of the determinant nor Newton's steps.
    """
    n = len(starts) - 1
    K = starts[n] - n
    s = x[K]
    mixtures(x, starts, mix)
    left = 0.0
    if kind == LOGIT:
        interactions(table, starts, others, counts, mix, D, d)
    else:
        interactions_with_top(table, starts, others, counts, mix, D, d)
        left = np.exp(-s)
    for i in range(n):
        top = most_probable(mix, starts[i], starts[i + 1])
        for a in range(starts[i] + 1, starts[i + 1]):
            r = a - i - 1
            row = A[r]
            if kind == LOGIT:
                weight = s
                ref = starts[i]
                row[K] = -d[a]
                row[K + 1] = s * d[a] - x[r]
                for b in range(starts[i] + 1, starts[i + 1]):
                    row[b - i - 1] = 0.0
                row[r] = 1.0
            else:
                ref = starts[i] if a == top else top
                gain, before = d[a] - d[ref], given[a] - given[ref]
                h = eta * left
                small = min(mix[a], mix[ref])
                # 1/x_a and 1/x_r times min(x_a, x_r): no small number is divided by.
                ra, rr = small / mix[a], small / mix[ref]
                h, small = h / (small + h), small / (small + h)
                weight = -(1.0 - left) * small
                row[K] = small * left * (gain - before) - h * (ra - rr)
                row[K + 1] = -(small * (left * before + (1.0 - left) * gain) + h * (ra - rr))
                for b in range(starts[i] + 1, starts[i + 1]):
                    row[b - i - 1] = h * mix[b] * (ra - rr)
                row[r] -= h * ra
                if ref > starts[i]:
                    row[ref - i - 1] += h * rr
            for j in range(n):
                if j != i:
                    for b in range(starts[j] + 1, starts[j + 1]):
                        slope = D[a, b] - D[ref, b] - (d[a] - d[ref])
                        row[b - j - 1] = -weight * mix[b] * slope


@njit(cache=True, nogil=True, error_model="numpy")
def _eliminate(A: Array, size: int, sides: int) -> float:
    """Solve in place by partial pivoting; the solutions replace the right-hand sides.

    Returns the sign of the determinant, 0 if a pivot vanishes.
    """
    sign = 1.0
    width = size + sides
    for c in range(size):
        p = c
        best = abs(A[c, c])
        for r in range(c + 1, size):
            if abs(A[r, c]) > best:
                best = abs(A[r, c])
                p = r
        if not best > 0.0:
            return 0.0
        if p != c:
            sign = -sign
            for k in range(c, width):
                A[c, k], A[p, k] = A[p, k], A[c, k]
        pivot = A[c, c]
        if pivot < 0.0:
            sign = -sign
        for r in range(c + 1, size):
            factor = A[r, c] / pivot
            if factor != 0.0:
                for k in range(c + 1, width):
                    A[r, k] -= factor * A[c, k]
    for k in range(size, width):
        for c in range(size - 1, -1, -1):
            total = A[c, k]
            for r in range(c + 1, size):
                total -= A[c, r] * A[r, k]
            A[c, k] = total / A[c, c]
    return sign


@njit(cache=True, nogil=True, error_model="numpy")
def newton(
    kind: int,
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    given: Array,
    eta: float,
    x: Array,
    A: Array,
    mix: Array,
    D: Array,
    d: Array,
) -> bool:
    """Newton's method at fixed s = x[K], in place; False if it does not converge."""
    K = len(x) - 1
    last = np.inf
    for _ in range(12):
        _system(kind, table, starts, others, counts, given, eta, x, A, mix, D, d)
        for r in range(K):
            A[r, K] = A[r, K + 1]
        if _eliminate(A, K, 1) == 0.0:
            return False
        size = 0.0
        reach = 1.0
        for r in range(K):
            size = max(size, abs(A[r, K]))
            reach = max(reach, abs(x[r]))
            x[r] += A[r, K]
        if not size < 1e300:
            return False
        # Quadratic convergence ends where rounding takes over.
        if size <= 1e-14 * reach or (size <= 1e-9 * reach and size >= 0.1 * last):
            return True
        if size > last and size > 1e-6 * reach:
            return False
        last = size
    return last <= 1e-9 * reach


@njit(cache=True, nogil=True, error_model="numpy")
def begin(
    kind: int,
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    given: Array,
    eta: float,
    x: Array,
    t: Array,
    before: Array,
    state: Array,
    A: Array,
    mix: Array,
    D: Array,
    d: Array,
) -> bool:
    """Tangent and orientation at a first point x on the curve, s increasing."""
    K = len(x) - 1
    for k in range(6):
        state[k] = 0.0
    state[STEP] = 0.1
    state[DIRECTION] = 1.0
    _system(kind, table, starts, others, counts, given, eta, x, A, mix, D, d)
    for k in range(K):
        A[K, k] = 0.0
        A[k, K + 1] = 0.0
    A[K, K] = 1.0
    A[K, K + 1] = 1.0
    state[_SIGN] = _eliminate(A, K + 1, 1)
    norm = 0.0
    for k in range(K + 1):
        norm += A[k, K + 1] ** 2
    for k in range(K + 1):
        t[k] = A[k, K + 1] / np.sqrt(norm)
        before[k] = t[k]
    return state[_SIGN] != 0.0 and norm < 1e300


@njit(cache=True, nogil=True, error_model="numpy")
def advance(
    kind: int,
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    given: Array,
    eta: float,
    x: Array,
    t: Array,
    before: Array,
    state: Array,
    u: Array,
    A: Array,
    mix: Array,
    D: Array,
    d: Array,
) -> bool:
    """One step of the curve: new point x, tangent t, tangent before; False if steps collapse."""
    K = len(x) - 1
    metric = 1.0 / (1.0 + abs(x[K])) ** 2
    while True:
        h = state[STEP]
        # Straight stretches would let s leap over whatever happens in between.
        longest = 0.5 * (1.0 + abs(x[K]))
        if kind == TRACING:
            # What decides at a tie drowns in rounding at 1 - t = 1e-10 or so.
            longest = min(longest, _LONGEST)
        if abs(h * t[K]) > longest:
            h = longest / abs(t[K])
        bend = 0.5 * h * h / state[_LAST] if state[_LAST] > 0.0 else 0.0
        for k in range(K + 1):
            u[k] = x[k] + h * t[k] + bend * (t[k] - before[k])
        good = False
        first = 0.0
        cosine = 1.0
        last = np.inf
        sign = 0.0
        for turn in range(6):
            _system(kind, table, starts, others, counts, given, eta, u, A, mix, D, d)
            for k in range(K + 1):
                A[K, k] = t[k]
                A[k, K + 2] = 0.0
            A[K, K] *= metric
            A[K, K + 1] = 0.0
            A[K, K + 2] = 1.0
            sign = _eliminate(A, K + 1, 2)
            if sign == 0.0:
                break
            size = 0.0
            for k in range(K + 1):
                size += A[k, K + 1] ** 2 if k < K else metric * A[k, K + 1] ** 2
                u[k] += A[k, K + 1]
            size = np.sqrt(size)
            if turn == 0:
                first = size
                if not size <= min(0.5, 0.5 * h + 1e-12):
                    break
            elif not size <= 0.5 * last:
                # Corrections may also stall because only rounding is left of them.
                good = size <= 1e-9 * (1.0 + abs(u[K]))
                break
            last = size
            # Convergence is quadratic; near sharp folds, where steps are short, more is needed.
            if size <= min(1e-4, 1e-2 * h):
                good = True
                break
        if good:
            norm = metric * A[K, K + 2] ** 2
            for k in range(K):
                norm += A[k, K + 2] ** 2
            # t is a unit vector and t . solution = 1.
            cosine = 1.0 / np.sqrt(norm)
            good = cosine > 0.9 and (sign == state[_SIGN] or h <= _TINY)
        if good:
            break
        state[STEP] = 0.5 * h
        if state[STEP] < 1e-10:
            return False
    if sign != state[_SIGN]:
        state[BIFURCATIONS] += 1.0
        state[_SIGN] = sign
    norm = (A[K, K + 2] / (1.0 + abs(u[K]))) ** 2
    for k in range(K):
        norm += A[k, K + 2] ** 2
    for k in range(K + 1):
        x[k] = u[k]
        before[k] = t[k]
        t[k] = A[k, K + 2] / np.sqrt(norm)
    if t[K] * state[DIRECTION] < 0.0:
        state[FOLDS] += 1.0
        state[DIRECTION] = -state[DIRECTION]
    state[_LAST] = h
    # The error of the prediction grows with the cube of the step.
    grow = (0.04 / max(first, 1e-6)) ** (1.0 / 3.0)
    if cosine < 0.97:
        grow = min(grow, 0.8)
    state[STEP] = h * min(max(grow, 0.5), 3.0)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def nearest_equilibrium(
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    used: Array,
    point: Array,
    A: Array,
    D: Array,
    d: Array,
) -> float:
    """Newton's method for the equilibrium with the support ``used``, from ``point``, in place.

    Full pivoting; where the equations leave a direction open the point does not move in it.

    Returns
    -------
    float
        Number of such directions, or -1 if the result is no equilibrium.
    """
    n = len(starts) - 1
    C = starts[n]
    column = np.empty(C, dtype=np.int64)
    size = 0
    for c in range(C):
        if used[c]:
            column[size] = c
            size += 1
        else:
            point[c] = 0.0
    free = 0
    for turn in range(12):
        interactions(table, starts, others, counts, point, D, d)
        row = 0
        for i in range(n):
            ref = -1
            for a in range(starts[i], starts[i + 1]):
                if not used[a]:
                    continue
                if ref < 0:
                    ref = a
                    total = 1.0
                    for c in range(starts[i], starts[i + 1]):
                        total -= point[c]
                    for k in range(size):
                        own = starts[i] <= column[k] < starts[i + 1]
                        A[row, k] = 1.0 if own else 0.0
                    A[row, size] = total
                else:
                    for k in range(size):
                        A[row, k] = D[a, column[k]] - D[ref, column[k]]
                    A[row, size] = d[ref] - d[a]
                row += 1
        free = 0
        order = np.arange(size)
        for c in range(size):
            p, q, best = c, c, 0.0
            for r in range(c, size):
                for k in range(c, size):
                    if abs(A[r, k]) > best:
                        best = abs(A[r, k])
                        p, q = r, k
            if best < 1e-9:
                free = size - c
                break
            for k in range(size + 1):
                A[c, k], A[p, k] = A[p, k], A[c, k]
            for r in range(size):
                A[r, c], A[r, q] = A[r, q], A[r, c]
            order[c], order[q] = order[q], order[c]
            for r in range(c + 1, size):
                factor = A[r, c] / A[c, c]
                for k in range(c + 1, size + 1):
                    A[r, k] -= factor * A[c, k]
        moved = 0.0
        for c in range(size - free - 1, -1, -1):
            for r in range(c + 1, size - free):
                A[c, size] -= A[c, r] * A[r, size]
            A[c, size] /= A[c, c]
            point[column[order[c]]] += A[c, size]
            moved = max(moved, abs(A[c, size]))
        # The point should be near already.
        if not moved < 0.3 or (turn > 0 and moved > 0.1):
            return -1.0
        if moved < 1e-8:
            # One correction more would be beyond the last digit.
            break
    interactions(table, starts, others, counts, point, D, d)
    for i in range(n):
        best = -np.inf
        total = 0.0
        for a in range(starts[i], starts[i + 1]):
            if point[a] < 0.0 or (used[a] and point[a] <= 0.0):
                return -1.0
            best = max(best, d[a])
            total += point[a]
        if abs(total - 1.0) > 1e-12:
            return -1.0
        for a in range(starts[i], starts[i + 1]):
            if point[a] > 0.0 and best - d[a] > 1e-12:
                return -1.0
    return float(free)


@njit(cache=True, nogil=True, error_model="numpy")
def sign_at_limit(starts: Array, used: Array, point: Array, A: Array, D: Array, d: Array) -> float:
    """Index of the equilibrium ``point`` of which ``nearest_equilibrium`` left D and d; 0 at ties.

    A curve that passes no bifurcation ends in no equilibrium of index -1.
    """
    n = len(starts) - 1
    size = 0
    for i in range(n):
        ref = starts[i] + np.argmax(point[starts[i] : starts[i + 1]])
        for a in range(starts[i], starts[i + 1]):
            if not used[a] and d[ref] - d[a] < 1e-9:
                return 0.0
            if not used[a] or a == ref:
                continue
            column = 0
            for j in range(n):
                base = starts[j] + np.argmax(point[starts[j] : starts[j + 1]])
                for b in range(starts[j], starts[j + 1]):
                    if used[b] and b != base:
                        # Minus the derivative of the gain of a by the probability of b.
                        A[size, column] = D[a, base] - D[a, b] - D[ref, base] + D[ref, b]
                        column += 1
            size += 1
    return _eliminate(A, size, 0)
