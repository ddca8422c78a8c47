"""Kernels that follow principal branches, one game after another.

The mathematics is in :mod:`hedging.equilibria.logit`, the steps are those of
:mod:`hedging.equilibria.continuation`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hedging.equilibria.continuation import (
    BIFURCATIONS,
    DIRECTION,
    FOLDS,
    LOGIT,
    STEP,
    advance,
    begin,
    nearest_equilibrium,
    newton,
)
from hedging.equilibria.log_odds import interactions, mixtures

__all__ = ["DEGENERATE", "LOST", "MIXED", "STRICT", "follow_all"]

Array = NDArray[Any]

STRICT, MIXED, DEGENERATE, LOST = range(4)
"""How a branch ended: in a proved strict equilibrium, in another regular one, in one that is not
regular, or without a limit."""

_MOST_STEPS = 5000
_FARTHEST = 1e10
_LONG = 1e3


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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
    seen = False  # whether a candidate for the limit is waiting to be confirmed
    distance = 0.0
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
            interactions(table, starts, others, counts, mix, D, d)
            if _proved(table, starts, others, counts, x[K], mix, used, point):
                limit[:] = point
                end = STRICT
            elif x[K] > 4.0:
                free = _candidate(table, starts, others, counts, x, t, mix, used, point, A, D, d)
                mixtures(x, starts, mix)
                gap = np.abs(point - mix).max()
                # Along a continuum of equilibria the candidate itself creeps to the limit.
                same = 1e-8 if free == 0.0 else 1e-5
                if free < 0.0 or gap > 0.1:
                    seen = False
                    again = 1.25 * x[K]
                elif (
                    seen
                    and np.abs(point - kept).max() < same
                    and gap <= max(0.95 * distance, 1e-12)
                ):
                    limit[:] = point
                    end = MIXED if free == 0.0 else DEGENERATE
                else:
                    seen = True
                    kept[:] = point
                    distance = gap
                    again = 4.0 * x[K] / 3.0
        if end != LOST and asked == len(grid):
            break
        if x[K] > _FARTHEST and asked == len(grid):
            break
    facts[0] = state[FOLDS]
    facts[1] = state[BIFURCATIONS]
    facts[2] = x[K]
    return end


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _proved(
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    s: float,
    mix: Array,
    used: Array,
    point: Array,
) -> bool:
    """Whether the branch provably ends in the strict equilibrium next to mix, put into point."""
    n = len(starts) - 1
    for i in range(n):
        best = starts[i]
        for c in range(starts[i] + 1, starts[i + 1]):
            if mix[c] > mix[best]:
                best = c
        if mix[best] < 0.75:
            return False
        for c in range(starts[i], starts[i + 1]):
            point[c] = 1.0 if c == best else 0.0
            used[c] = c == best
    for i in range(n):
        # Profile of the others' best actions, and how far they may stray from it.
        stray = 0.0
        for j in range(n):
            if j != i:
                for c in range(starts[j], starts[j + 1]):
                    if not used[c]:
                        stray += 1.5 * mix[c]
        at = -1
        for p in range(counts[i]):
            inside = True
            for k in range(n - 1):
                inside = inside and used[others[i, p, k]]
            if inside:
                at = p
        low = np.inf
        high = -np.inf
        best = starts[i]
        for c in range(starts[i], starts[i + 1]):
            if used[c]:
                best = c
            for p in range(counts[i]):
                low = min(low, table[c, p])
                high = max(high, table[c, p])
        reach = high - low
        own = 0.0
        response = 0.0
        for c in range(starts[i], starts[i + 1]):
            if c != best:
                gap = table[best, at] - table[c, at]
                gap -= (reach + gap) * stray
                if not gap * s > 1.0:
                    return False
                response += np.exp(-s * gap)
                own += mix[c]
        if response > 1.5 * own and own > 1e-300:
            return False
        if not s * 2.0 * reach * (n - 1) * 1.5 * own < 0.5:
            return False
    return True


@njit(cache=True, nogil=True)
def _candidate(
    table: Array,
    starts: Array,
    others: Array,
    counts: Array,
    x: Array,
    t: Array,
    mix: Array,
    used: Array,
    point: Array,
    A: Array,
    D: Array,
    d: Array,
) -> float:
    """Solve for the equilibrium the branch seems to approach; as ``nearest_equilibrium``."""
    n = len(starts) - 1
    K = len(x) - 1
    mixed = False
    for i in range(n):
        low, high = starts[i], starts[i + 1]
        best = low
        mean = 0.0
        for c in range(low, high):
            if mix[c] > mix[best]:
                best = c
            if c > low:
                mean += mix[c] * t[c - i - 1]
        total = 0.0
        for c in range(low, high):
            slope = (t[c - i - 1] if c > low else 0.0) - mean
            # d log x / d log s tends to log x for unused actions, to -k where x falls like a power
            # of s because of a tie, and to 0 for actions in use.
            fall = x[K] * slope / t[K]
            used[c] = c == best or fall > max(0.5 * np.log(max(mix[c], 1e-300)), -0.5)
            mixed = mixed or (used[c] and c != best)
            point[c] = mix[c] if used[c] else 0.0
            total += point[c]
        for c in range(low, high):
            point[c] /= total
    # Pure profiles are left to the proof, unless that has failed for long because of a tie.
    if not mixed and x[K] < _LONG:
        return -1.0
    return nearest_equilibrium(table, starts, others, counts, used, point, A, D, d)
