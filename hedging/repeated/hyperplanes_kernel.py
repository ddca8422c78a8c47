r"""Half-spaces that shrink to the equilibrium payoffs, and points that grow to them.

What is computed is said in :mod:`hedging.repeated.hyperplanes`; payoffs are scaled to [0, 1].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.repeated.compiled import compiled
from hedging.repeated.simplex import UNBOUNDED, minimise

__all__ = ["reach", "shrink"]

_DEAR = 1e4
"""Cost of an artificial variable: payoffs are at most 1."""


@compiled
def shrink(
    u: Any,
    gain: Any,
    ways: Any,
    level: Any,
    worst: Any,
    alive: Any,
    delta: float,
    margin: float,
    tol: float,
    limit: int,
    points: Any,
) -> Any:
    """Lower the half-spaces until they stand still.

    Parameters
    ----------
    u, gain : float64 arrays, shape (A, n)
        Scaled payoffs and gains of the profiles.
    ways : float64 array, shape (K, n)
        Directions; the first n are the unit vectors, the next n their negatives.
    level : float64 array, shape (K,)
        Supports of a set that holds V; lowered.
    worst : float64 array, shape (n,)
        Lower bounds of the punishment payoffs; raised.
    alive : bool array, shape (A,)
        Profiles that may still be enforced.
    margin : float
        By how much constraints are tightened; loosened if negative.
    points : float64 array, shape (K, n)
        Receives a generated payoff that attains each support.

    Returns
    -------
    (empty, iterations, left)
        ``left`` estimates the way still to go.
    """
    size, n = u.shape
    count = len(ways)
    ratio = (1.0 - delta) / delta
    width = 1e-11
    bound = np.empty(count)
    best = np.empty(count)
    least = np.empty(n)
    basis = np.empty(n, np.int64)
    y = np.empty(n)
    w = np.empty(n)
    work = np.empty((2, n, n))
    last = np.inf
    left = np.inf
    for step in range(1, limit + 1):
        for k in range(count):
            best[k] = -np.inf
        some = False
        for a in range(size):
            if not alive[a]:
                continue
            forever = True
            for k in range(count):
                bound[k] = level[k] + width
                value = 0.0
                for i in range(n):
                    value += ways[k, i] * u[a, i]
                forever = forever and value <= bound[k]
            for i in range(n):
                least[i] = worst[i] + ratio * gain[a, i] + (margin if gain[a, i] > 0.0 else 0.0)
                bound[n + i] = min(bound[n + i], width - least[i])
                forever = forever and u[a, i] >= least[i] - width
            tested = forever
            for k in range(count):
                value = 0.0
                top = 0
                for i in range(n):
                    value += ways[k, i] * u[a, i]
                    if abs(ways[k, i]) > abs(ways[k, top]):
                        top = i
                # What attains the support is worth no more than a itself.
                ceiling = min(value, (1.0 - delta) * value + delta * level[k])
                if n <= k < 2 * n:
                    # Whoever is punished by a gets at least the best reply to it.
                    ceiling = min(ceiling, -u[a, k - n] - gain[a, k - n])
                if ceiling <= best[k] and tested:
                    continue
                if forever:
                    best[k] = ceiling
                    for i in range(n):
                        points[k, i] = u[a, i]
                    continue
                for i in range(n):
                    basis[i] = k if i == top else i
                ending = minimise(bound, ways, ways[k], basis, y, w, width, work)
                if ending == UNBOUNDED:
                    alive[a] = False
                    break
                tested = True
                support = 0.0
                for i in range(n):
                    support += y[i] * bound[basis[i]]
                ceiling = min(ceiling, (1.0 - delta) * value + delta * support)
                if ceiling > best[k]:
                    best[k] = ceiling
                    for i in range(n):
                        points[k, i] = (1.0 - delta) * u[a, i] + delta * w[i]
            some = some or alive[a]
        if not some:
            return True, step, 0.0
        moved = 0.0
        for k in range(count):
            if best[k] < level[k]:
                moved = max(moved, level[k] - best[k])
                level[k] = best[k]
        for i in range(n):
            worst[i] = max(worst[i], -level[n + i])
            if worst[i] > level[i] + 1e-9:
                return True, step, 0.0
        left = 0.0
        if moved > 1e-13:
            left = moved * moved / (last - moved) if moved < last else np.inf
        if moved <= 1e-14 or (left <= tol and moved <= tol and step > 2):
            return False, step, left
        last = moved
    return False, limit, left


@compiled
def reach(
    u: Any,
    gain: Any,
    ways: Any,
    inner: Any,
    worst: Any,
    delta: float,
    margin: float,
    play: Any,
    weight: Any,
    points: Any,
) -> None:
    """Best payoffs in every direction that continuations within a hull of points generate.

    Parameters
    ----------
    inner : float64 array, shape (M, n)
        The points.
    worst : float64 array, shape (n,)
        Threats.
    play : int64 array, shape (K,)
        Receives the profile; -1 if nothing is generated.
    weight : float64 array, shape (K, M)
        Receives the lottery over the points; all 0 if the profile is played for ever.
    points : float64 array, shape (K, n)
    """
    size, n = u.shape
    count, many = len(ways), len(inner)
    ratio = (1.0 - delta) / delta
    width = 1e-11
    total = many + 2 * n
    columns = np.zeros((total, n + 1))
    for q in range(many):
        columns[q, 0] = 1.0
        for i in range(n):
            columns[q, 1 + i] = inner[q, i]
    for i in range(n):
        columns[many + i, 1 + i] = -1.0
        columns[many + n + i, 1 + i] = 1.0
    cost = np.zeros(total)
    for i in range(n):
        cost[many + n + i] = _DEAR
    rhs = np.ones(n + 1)
    basis = np.empty(n + 1, np.int64)
    y = np.empty(n + 1)
    prices = np.empty(n + 1)
    work = np.empty((2, n + 1, n + 1))
    for k in range(count):
        play[k] = -1
        best = -np.inf
        first = 0
        for q in range(many):
            cost[q] = 0.0
            for i in range(n):
                cost[q] -= ways[k, i] * inner[q, i]
            if cost[q] < cost[first]:
                first = q
        for a in range(size):
            value = 0.0
            forever = True
            for i in range(n):
                value += ways[k, i] * u[a, i]
                rhs[1 + i] = worst[i] + ratio * gain[a, i]
                rhs[1 + i] += margin - width if gain[a, i] > 0.0 else -width
                forever = forever and u[a, i] >= rhs[1 + i]
            if forever and value > best:
                best = value
                play[k] = a
                for q in range(many):
                    weight[k, q] = 0.0
                for i in range(n):
                    points[k, i] = u[a, i]
            if many == 0 or (1.0 - delta) * value - delta * cost[first] <= best + 1e-13:
                continue
            basis[0] = first
            for i in range(n):
                short = inner[first, i] < rhs[1 + i]
                basis[1 + i] = many + n + i if short else many + i
            minimise(cost, columns, rhs, basis, y, prices, 1e-13, work)
            reached = True
            support = 0.0
            for r in range(n + 1):
                if basis[r] >= many + n and y[r] > 1e-13:
                    reached = False
                if basis[r] < many:
                    support -= cost[basis[r]] * y[r]
            if not reached or (1.0 - delta) * value + delta * support <= best + 1e-13:
                continue
            best = (1.0 - delta) * value + delta * support
            play[k] = a
            for q in range(many):
                weight[k, q] = 0.0
            for r in range(n + 1):
                if basis[r] < many:
                    weight[k, basis[r]] = max(y[r], 0.0)
            for i in range(n):
                points[k, i] = (1.0 - delta) * u[a, i]
                for q in range(many):
                    points[k, i] += delta * weight[k, q] * inner[q, i]
