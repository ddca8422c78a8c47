"""Where principal branches end: candidates for the limit, and proofs that a branch ends there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hedging.equilibria.continuation import nearest_equilibrium

__all__ = ["candidate", "proved_mixed", "proved_strict"]

Array = NDArray[Any]

_TIE = 1e-9
"""Payoff differences (of at most about 1) that count as ties at a limit."""

_LONG = 1e3


@njit(cache=True, nogil=True, error_model="numpy")
def proved_strict(
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
    slopes = 0.0
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
        # Player i's reply moves by at most c = 2 s reach response if the others do by 1; with all
        # other entries of a row equal to c the largest eigenvalue is below 1 where
        # sum c / (1 + c) is.
        slope = 2.0 * s * reach * response
        slopes += slope / (1.0 + slope)
    return slopes < 0.7


@njit(cache=True, nogil=True, error_model="numpy")
def candidate(
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


@njit(cache=True, nogil=True, error_model="numpy")
def proved_mixed(
    table: Array,
    starts: Array,
    counts: Array,
    s: float,
    mix: Array,
    used: Array,
    point: Array,
    D: Array,
    d: Array,
) -> float:
    """Whether the branch, at mix for rationality s, provably ends in the equilibrium ``point``.

    The argument is in the docstring of :mod:`hedging.equilibria.logit`; D and d belong to the
    point.

    Returns
    -------
    float
        0 if proved; otherwise a guess at the factor by which s should grow, infinity if an action
        out of use is as good as those in use, so that no s is large enough.
    """
    n = len(starts) - 1
    C = starts[n]
    e = 1.0 / s
    player, choice, ref = np.empty(C, np.int64), np.empty(C, np.int64), np.empty(n, np.int64)
    least = 1.0
    size = 0
    for i in range(n):
        ref[i] = starts[i]
        for c in range(starts[i], starts[i + 1]):
            if point[c] > point[ref[i]]:
                ref[i] = c
        least = min(least, point[ref[i]])
        for c in range(starts[i], starts[i + 1]):
            player[c] = i
            if not used[c] and d[ref[i]] - d[c] < _TIE:
                return np.inf
            if used[c] and c != ref[i]:
                choice[size] = c
                size += 1
    P = np.zeros((size, 2 * size))
    if not _inverse(player, choice, ref, point, D, 0.5 * e, P):
        return 2.0
    # How far the branch is from the point, to first order, and a box that should hold it.
    first, radius, bound = np.zeros(size), np.empty(size), np.empty(size)
    for r in range(size):
        bound[r] = e * np.log(point[choice[r]] / point[ref[player[choice[r]]]])
    for b in range(size):
        width = 0.0
        for r in range(size):
            first[b] += P[b, size + r] * bound[r]
            width += abs(P[b, size + r])
        first[b] = abs(first[b])
        radius[b] = 1.2 * first[b] + 0.02 * e * width
    moved, vary = np.empty(n), np.empty(size)
    reach = np.empty(C)
    need, stray, present = np.inf, 0.0, 0.0
    for turn in range(6):
        moved[:] = 0.0
        need = 0.0
        for b in range(size):
            moved[player[choice[b]]] += radius[b]
        for b in range(size):
            a = choice[b]
            need = max(need, radius[b] / point[a], moved[player[a]] / point[ref[player[a]]])
        if need > 0.8:
            return 2.0 * need
        if turn == 0:
            for c in range(C):
                reach[c] = _reach(table, counts, c, ref[player[c]], player[c])
        total = moved.sum()
        # Probability of actions out of use in the box, with room for how much it may vary there.
        stray, present = 0.0, 0.0
        for c in range(C):
            if not used[c]:
                i = player[c]
                low = d[ref[i]] - d[c] - reach[c] * (total - moved[i]) ** 2
                for j in range(n):
                    if j != i:
                        low += reach[c] * moved[j] ** 2
                for r in range(size):
                    b = choice[r]
                    j = ref[player[b]]
                    if player[b] != i:
                        low -= abs(D[ref[i], b] - D[c, b] - D[ref[i], j] + D[c, j]) * radius[r]
                if not s * low > 1.0:
                    return 1.3
                z = point[ref[i]]
                room = 1.5 + s * reach[c] * total + moved[i] / (z - moved[i])
                stray += 1.01 * (z + moved[i]) * np.exp(0.5 - s * low) * room
                present += mix[c]
        if stray > 0.1 * least:
            return 1.3
        # How much the Jacobian may vary in the box and for larger s, times the radii.
        for r in range(size):
            a = choice[r]
            i = player[a]
            z = point[ref[i]]
            left = z - moved[i] - stray
            vary[r] = e * (1.0 / left - 0.5 / z) * moved[i]
            vary[r] += (reach[a] * (1.0 + 2.0 * total) + e / left) * stray
            z = point[a]
            vary[r] += e * (1.0 / (z - radius[r]) - 0.5 / z) * radius[r]
            for j in range(n):
                if j != i:
                    vary[r] += 2.0 * reach[a] * moved[j] * (total - moved[i] - moved[j])
        need = 0.0
        for b in range(size):
            bound[b] = first[b]
            for r in range(size):
                bound[b] += abs(P[b, size + r]) * vary[r]
            need = max(need, bound[b] / radius[b])
        if need < 1.0:
            break
        radius[:] = 1.1 * bound
    if not need < 1.0:
        return 1.5
    # What exp(0.5 - ...) above takes for granted, and that the branch is in the box.
    fine = present <= stray
    for c in range(C):
        fine = fine and (used[c] or 4.0 * s * reach[c] * stray <= 1.0)
    for b in range(size):
        fine = fine and abs(mix[choice[b]] - point[choice[b]]) <= radius[b]
    return 0.0 if fine else 1.3


@njit(cache=True, nogil=True, error_model="numpy")
def _inverse(
    player: Array, choice: Array, ref: Array, point: Array, D: Array, e: float, P: Array
) -> bool:
    """Put the inverse of the Jacobian of g - e log(x / x_ref) into the right half of P."""
    size = len(P)
    for r in range(size):
        a = choice[r]
        i = player[a]
        for k in range(size):
            b = choice[k]
            j = ref[player[b]]
            if player[b] == i:
                P[r, k] = -e / point[ref[i]]
            else:
                P[r, k] = D[a, b] - D[ref[i], b] - (D[a, j] - D[ref[i], j])
        P[r, r] -= e / point[a]
        P[r, size + r] = 1.0
    for c in range(size):
        p = c
        for r in range(c + 1, size):
            if abs(P[r, c]) > abs(P[p, c]):
                p = r
        if not abs(P[p, c]) > 0.0:
            return False
        for k in range(2 * size):
            P[c, k], P[p, k] = P[p, k], P[c, k]
        for k in range(c + 1, 2 * size):
            P[c, k] /= P[c, c]
        for r in range(size):
            if r != c:
                for k in range(c + 1, 2 * size):
                    P[r, k] -= P[r, c] * P[c, k]
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _reach(table: Array, counts: Array, a: int, b: int, i: int) -> float:
    """How much the others can change the difference of payoffs between actions a and b of i."""
    low = np.inf
    high = -np.inf
    for p in range(counts[i]):
        gap = table[a, p] - table[b, p]
        low = min(low, gap)
        high = max(high, gap)
    return high - low
