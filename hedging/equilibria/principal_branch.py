"""Kernels that follow principal branches, one game after another.

The mathematics is in :mod:`hedging.equilibria.logit`, the steps are those of
:mod:`hedging.equilibria.continuation`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hedging.equilibria.branch_ends import candidate, proved_mixed, proved_strict
from hedging.equilibria.continuation import (
    BIFURCATIONS,
    DIRECTION,
    FOLDS,
    LOGIT,
    STEP,
    advance,
    begin,
    newton,
)
from hedging.equilibria.log_odds import interactions, mixtures

__all__ = ["DEGENERATE", "LOST", "MIXED", "STRICT", "follow_all"]

Array = NDArray[Any]

STRICT, MIXED, DEGENERATE, LOST = range(4)
"""How a branch ended: in a strict equilibrium or another regular one, both proved; in one that is
not regular; or without a limit."""

_MOST_STEPS = 5000
_FARTHEST = 1e10
_PROOFS = 1e6
"""Beyond this rationality what no proof has succeeded for counts as not regular."""


@njit(cache=True, nogil=True, error_model="numpy")
def follow_all(
    tables: Array,
    starts: Array,
    others: Array,
    counts: Array,
    per_unit: Array,
    grid: Array,
    finite: Array,
    values: Array,
    residual: Array,
    crossings: Array,
    limit: Array,
    facts: Array,
    last: Array,
    code: Array,
) -> None:
    """Follow every branch; the arrays from ``values`` on are filled in."""
    n = len(starts) - 1
    C = starts[n]
    K = C - n
    x, t, before, u = np.empty(K + 1), np.empty(K + 1), np.empty(K + 1), np.empty(K + 1)
    A = np.empty((max(K, C) + 1, max(K, C) + 3))
    mix, d, D = np.empty(C), np.empty(C), np.empty((C, C))
    given, state = np.zeros(C), np.empty(6)
    saved = np.empty((4, max(K + 1, 6)))
    used, point, kept = np.empty(C, dtype=np.bool_), np.empty(C), np.empty(C)
    for g in range(len(tables)):
        if not finite[g]:
            code[g] = LOST
            continue
        code[g] = _follow(
            tables[g], starts, others, counts, grid * per_unit[g], values[g], residual[g],
            crossings[g], limit[g], facts[g], x, t, before, u, A, mix, d, D, given, state,
            saved, used, point, kept,
        )  # fmt: skip
        mixtures(x, starts, last[g])


@njit(cache=True, nogil=True, error_model="numpy")
def _follow(
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    grid: Array,
    values: Array,
    residual: Array,
    crossings: Array,
    limit: Array,
    facts: Array,
    x: Array,
    t: Array,
    before: Array,
    u: Array,
    A: Array,
    mix: Array,
    d: Array,
    D: Array,
    given: Array,
    state: Array,
    saved: Array,
    used: Array,
    point: Array,
    kept: Array,
) -> int:
    """Follow one branch.  Fills the results and returns how it ended."""
    n = len(starts) - 1
    C = starts[n]
    K = C - n
    x[:] = 0.0
    if not begin(
        LOGIT, table, starts, others, counts, given, 0.0, x, t, before, state, A, mix, D, d
    ):
        return LOST
    asked = 0  # values of the grid passed for the first time
    below = 0  # values of the grid below the present point
    end = LOST
    seen = False  # whether a candidate that allows no proof is waiting to be confirmed
    distance, before_drift = 0.0, np.inf  # of it from the branch, and its way before
    again = 0.0
    for _ in range(_MOST_STEPS):
        saved[0, : K + 1] = x
        saved[1, : K + 1] = t
        saved[2, : K + 1] = before
        saved[3, :6] = state
        if not advance(
            LOGIT, table, starts, others, counts, given, 0.0, x, t, before, state, u, A, mix, D, d
        ):
            break
        fine = True
        old = saved[0, K]
        # A fold inside the step could hide that the next value is passed.
        if asked < len(grid) and saved[3, DIRECTION] > 0.0 and state[DIRECTION] < 0.0:
            top = max(old, x[K])
            fine = grid[asked] <= top or grid[asked] > top + saved[3, STEP]
        while fine and asked < len(grid) and grid[asked] <= x[K]:
            fine = _read(
                table, starts, others, counts, given, saved, x, t, grid[asked], u, A, mix, D, d
            )
            if fine:
                mixtures(u, starts, mix)
                values[asked] = mix
                residual[asked] = _defect(
                    table, starts, others, counts, mix, grid[asked], D, d, point
                )
                asked += 1
        if not fine and saved[3, STEP] > 1e-7:
            x[:] = saved[0, : K + 1]
            t[:] = saved[1, : K + 1]
            before[:] = saved[2, : K + 1]
            state[:] = saved[3, :6]
            state[STEP] = 0.25 * min(saved[3, STEP], 1.0)
            continue
        while below < len(grid) and grid[below] <= x[K]:
            crossings[below] += 1
            below += 1
        while below > 0 and grid[below - 1] > x[K]:
            below -= 1
            crossings[below] += 1
        if not x[K] > 0.0:
            break
        if end == LOST and t[K] > 0.0 and x[K] >= again:
            mixtures(x, starts, mix)
            if proved_strict(table, starts, others, counts, x[K], mix, used, point):
                limit[:] = point
                end = STRICT
            elif x[K] > 4.0:
                free = candidate(table, starts, others, counts, x, t, mix, used, point, A, D, d)
                gap = np.abs(point - mix).max()
                need = np.inf
                if free == 0.0 and gap <= 0.1:
                    need = proved_mixed(table, starts, counts, x[K], mix, used, point, D, d)
                if free < 0.0 or gap > 0.1:
                    again = 1.5 * x[K]
                elif need == 0.0:
                    limit[:] = point
                    end = MIXED
                elif need < np.inf and x[K] < _PROOFS:
                    again = min(max(need, 1.1), 4.0) * x[K]
                else:
                    # No proof is possible: see whether the branch closes in while s grows tenfold.
                    # Along a continuum of equilibria the candidate itself creeps to the limit;
                    # its ways over two decades tell how far it has to go.
                    drift = np.abs(point - kept).max() if seen else np.inf
                    rate = max(drift / before_drift, 0.1) if before_drift < np.inf else 1.0
                    left = drift * rate / (1.0 - rate) if rate < 1.0 else np.inf
                    near = drift < 1e-5 or left < 5e-5
                    if seen and near and gap <= max(0.7 * distance, 1e-12):
                        limit[:] = point
                        end = DEGENERATE
                    before_drift = drift
                    seen = True
                    kept[:] = point
                    distance = gap
                    again = 10.0 * x[K]
        if end != LOST and asked == len(grid):
            break
        if x[K] > _FARTHEST and asked == len(grid):
            break
    facts[0] = state[FOLDS]
    facts[1] = state[BIFURCATIONS]
    facts[2] = x[K]
    return end


@njit(cache=True, nogil=True, error_model="numpy")
def _read(
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    given: Array,
    saved: Array,
    x: Array,
    t: Array,
    at: float,
    u: Array,
    A: Array,
    mix: Array,
    D: Array,
    d: Array,
) -> bool:
    """Put into u the point of the branch at rationality ``at``, between two points of it."""
    K = len(x) - 1
    rise = x[K] - saved[0, K]
    if not rise > 0.0:
        return False
    w = (at - saved[0, K]) / rise
    # Cubic Hermite in s; the slopes are those of the tangents where these are steep enough.
    far = 0.0
    spread = 0.0
    for k in range(K):
        chord = (x[k] - saved[0, k]) / rise
        left = saved[1, k] / saved[1, K] if saved[1, K] > 1e-3 else chord
        right = t[k] / t[K] if t[K] > 1e-3 else chord
        h00 = (1.0 + 2.0 * w) * (1.0 - w) ** 2
        h10 = w * (1.0 - w) ** 2
        h11 = w * w * (w - 1.0)
        u[k] = h00 * saved[0, k] + (1.0 - h00) * x[k] + rise * (h10 * left + h11 * right)
        spread = max(spread, abs(x[k] - saved[0, k]))
        A[K, k] = u[k]
    u[K] = at
    guess = A[K, :K].copy()
    if not newton(LOGIT, table, starts, others, counts, given, 0.0, u, A, mix, D, d):
        return False
    for k in range(K):
        far = max(far, abs(u[k] - guess[k]))
    # Newton may not leave the neighbourhood of the piece of curve that it started on.
    return bool(far <= 0.2 * spread + 1e-3 * w * rise + 1e-9)


@njit(cache=True, nogil=True, error_model="numpy")
def _defect(
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    mix: Array,
    at: float,
    D: Array,
    d: Array,
    reply: Array,
) -> float:
    """Largest difference between mix and the logit response to it."""
    interactions(table, starts, others, counts, mix, D, d)
    worst = 0.0
    for i in range(len(starts) - 1):
        top = d[starts[i] : starts[i + 1]].max()
        total = 0.0
        for c in range(starts[i], starts[i + 1]):
            reply[c] = np.exp(at * (d[c] - top))
            total += reply[c]
        for c in range(starts[i], starts[i + 1]):
            worst = max(worst, abs(reply[c] / total - mix[c]))
    return worst
