"""The search for the least patience that sustains a profile, one game at a time.

The idea and the meaning of what is found are in :mod:`hedging.repeated.optimal_penal_code`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.errors import Status
from hedging.repeated.compiled import compiled
from hedging.repeated.kernels import (
    best_sticks,
    fill_gains,
    punishments,
    target_deviation,
    threshold,
    transfers_bound,
)
from hedging.repeated.payoff_set_kernel import CONVERGED, LIMIT, iterate, prepare

__all__ = ["search", "simplest_between"]

_HIGHEST = 1.0 - 1e-6
_DOUBTS = 12
"""How many sets that do not converge are worth trying per game."""
_OK, _NO_CONVERGENCE, _NONFINITE = (
    int(Status.OK),
    int(Status.NO_CONVERGENCE),
    int(Status.NONFINITE),
)


@compiled
def _crossing(work: Any, t: int, u: Any) -> float:
    """F at the factor where u are the worst equilibrium payoffs; all scaled."""
    value = 0.0
    for p in range(2):
        gain = work[2 + p, t]
        if gain > 0.0:
            reach = work[p, t] + gain - u[p]
            value = max(value, gain / reach) if reach > 0.0 else np.inf
    return value


@compiled
def simplest_between(low: float, high: float, most: float) -> float:
    """Fraction of least denominator in [low, high], 0 < low <= high; nan above ``most``."""
    p, q, last_p, last_q = 1.0, 0.0, 0.0, 1.0
    while True:
        # The common start of the two continued fractions, then the smallest next term.
        whole = np.floor(low)
        done = whole == low or np.floor(high) > whole
        if done and whole != low:
            whole += 1.0
        p, last_p = whole * p + last_p, p
        q, last_q = whole * q + last_q, q
        if q > most:
            return np.nan
        if done:
            fraction: float = p / q
            return fraction
        low, high = 1.0 / (high - whole), 1.0 / (low - whole)


@compiled
def search(
    game: Any, t: int, tol: float, set_tol: float, limit: int, work: Any, out: Any, u: Any
) -> Any:
    """One game.  ``out`` receives value, lower, upper and the two punishment payoffs."""
    n = game.shape[2]
    size = game.shape[1] * n
    scale = np.empty(4)
    start = np.empty(2)
    gap = np.empty(1)
    for q in range(5):
        out[q] = np.nan
    width = prepare(game, work, start, scale)
    if width < 0.0:
        return 0, _NONFINITE
    values = np.empty((2, 2))
    d = np.empty(2)
    stick = np.empty(2, np.int64)
    i, j = t // n, t % n
    punishments(game, values)
    target_deviation(game, t, d)
    low = max(
        threshold(game[0, i, j], d[0], values[0, 0]), threshold(game[1, i, j], d[1], values[0, 1])
    )
    high = max(
        threshold(game[0, i, j], d[0], values[1, 0]), threshold(game[1, i, j], d[1], values[1, 1])
    )
    if low == 0.0 or low == np.inf or low == high:
        out[0] = out[1] = out[2] = low
        if 0.0 < low < np.inf:
            out[3] = values[1, 0]
            out[4] = values[1, 1]
        return 0, _OK
    flat = np.empty((2, size))
    gains = np.empty((2, size))
    fill_gains(game, flat, gains)
    high = min(high, best_sticks(flat, gains, t, stick))
    bound = transfers_bound(flat, gains, t)
    if bound == np.inf:
        out[0] = out[1] = out[2] = np.inf
        return 0, _OK
    # Where the two bounds coincide up to rounding, minmax has the shorter formula.
    if bound > low * (1.0 + 1e-12):
        low = bound
    low = min(low, high)
    top = high if high < _HIGHEST else np.inf
    solves = 0
    solved = 0
    solved_u = np.empty(2)
    # Factors at which the iteration did not converge: between them nothing is known.
    doubt_low = np.inf
    doubt_high = -np.inf
    doubts = 0
    # The last two sustainable factors, and where the diagonal is crossed from them.
    at = np.inf
    aim = np.inf
    before = np.inf
    before_aim = np.inf
    trial = low
    simple = False
    while solves < 200:
        # A set at a larger factor holds this one: start from it.
        for p in range(2):
            u[p] = start[p] if solved == 0 else solved_u[p]
            for q in range(solved):
                work[4 + p, q] = work[10 + p, q]
        ending, k, _ = iterate(work, size, trial, set_tol, limit, u, width, solved, t, gap)
        solves += 1
        fresh = False
        if ending == CONVERGED:
            top = trial
            solved = k
            for p in range(2):
                solved_u[p] = u[p]
                for q in range(k):
                    work[10 + p, q] = work[4 + p, q]
            before, before_aim = at, aim
            at, aim = trial, _crossing(work, t, u)
            fresh = min(aim, top) > low
            low = max(low, min(aim, top))
        elif ending == LIMIT:
            doubts += 1
            doubt_low = min(doubt_low, trial)
            doubt_high = max(doubt_high, trial)
        else:
            low = max(low, trial)
            if trial == top:
                break
        if doubt_low <= low:
            doubt_low = np.inf
        if doubt_high >= top:
            doubt_high = -np.inf
        # The lower end is worth a try when it is new, and cannot be improved on by halving.
        if fresh and top - low > tol:
            trial = low
        elif doubt_high > low and top - doubt_high > tol and doubts < _DOUBTS and top < np.inf:
            trial = 0.5 * (doubt_high + top)
        elif doubt_low < top and doubt_low - low > tol and doubts < _DOUBTS:
            trial = 0.5 * (low + doubt_low)
        elif doubt_high > low and top < np.inf:
            break
        elif top - low > tol and top < np.inf:
            trial = top if solved == 0 else 0.5 * (low + top)
        elif top == np.inf:
            if max(trial, low) >= _HIGHEST:
                break
            trial = _HIGHEST
        elif solved == 0:
            trial = top
        elif top - low > 1e-14 and not simple:
            # Thresholds of simple games are simple fractions; one in the bracket is as good a
            # guess as its ends, and may be the very threshold.
            simple = True
            trial = simplest_between(low, top, 1e4)
            if not trial < top:
                break
        else:
            break
    value = top
    if at == top and top + 1e-14 < aim < top + 1e-8 and before > at and before < np.inf:
        # Constraints are compared with a tolerance, which let a pass a trifle too early: cross
        # the diagonal on the line through the last two.  What is left is the accuracy of sets.
        value = at + (before - at) * (aim - at) / ((aim - at) - (before_aim - before))
        value = min(max(value, at), aim)
        plain = simplest_between(value - set_tol, value + set_tol, 1e3)
        value = plain if plain > 0.0 else value
        low, top = min(at, value), min(max(aim, value), high)
    out[0] = value
    out[1] = low
    out[2] = min(top, high)
    if solved > 0:
        for p in range(2):
            out[3 + p] = scale[2 * p] + scale[2 * p + 1] * solved_u[p]
    wide = 1e-8 if value != top else tol
    return solves, _OK if top - low <= max(tol, wide) else _NO_CONVERGENCE
