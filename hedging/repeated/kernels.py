"""The closed forms of two players as compiled loops, for millions of games.

The same formulas as :mod:`hedging.repeated.thresholds`, evaluated in the same order, so that the
numbers agree to the last bit; here one pass over each game keeps it in cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError
from hedging.repeated.compiled import compiled

__all__ = [
    "best_sticks",
    "bracket",
    "fill_gains",
    "nash_reversion",
    "punishments",
    "stick_and_carrot",
    "target_deviation",
    "threshold",
    "transfers_bound",
]

Floats = NDArray[np.float64]


@compiled
def threshold(u: float, d: float, v: float) -> float:
    """Least discount factor that deters the gain d - u when the punishment is worth v."""
    if d <= u:
        return 0.0
    if u > v:
        return (d - u) / (d - v)
    return np.inf


@compiled
def _reversion(payoffs: Any, out: Any) -> None:
    count, _, m, n = payoffs.shape
    d_row = np.empty(n)
    d_col = np.empty(m)
    for g in range(count):
        row, col, here = payoffs[g, 0], payoffs[g, 1], out[g]
        for j in range(n):
            best = row[0, j]
            for i in range(1, m):
                best = max(best, row[i, j])
            d_row[j] = best
        worst_row = np.inf
        worst_col = np.inf
        for i in range(m):
            best = col[i, 0]
            for j in range(1, n):
                best = max(best, col[i, j])
            d_col[i] = best
            for j in range(n):
                if row[i, j] >= d_row[j] and col[i, j] >= best:
                    worst_row = min(worst_row, row[i, j])
                    worst_col = min(worst_col, col[i, j])
        for i in range(m):
            for j in range(n):
                here[i, j] = max(
                    threshold(row[i, j], d_row[j], worst_row),
                    threshold(col[i, j], d_col[i], worst_col),
                )


@compiled
def fill_gains(game: Any, u: Any, h: Any) -> None:
    """Flat payoffs and gains of one game, shape (2, m n) each."""
    _, m, n = game.shape
    for j in range(n):
        best = game[0, 0, j]
        for i in range(1, m):
            best = max(best, game[0, i, j])
        for i in range(m):
            u[0, i * n + j] = game[0, i, j]
            h[0, i * n + j] = best - game[0, i, j]
    for i in range(m):
        best = game[1, i, 0]
        for j in range(1, n):
            best = max(best, game[1, i, j])
        for j in range(n):
            u[1, i * n + j] = game[1, i, j]
            h[1, i * n + j] = best - game[1, i, j]


@compiled
def best_sticks(u: Any, h: Any, t: int, stick: Any) -> float:
    """Least discount factor of one-period sticks for target t; the sticks go to ``stick``."""
    size = u.shape[1]
    value = np.inf
    stick[0] = 0
    stick[1] = 0
    for s in range(size):
        fall = u[0, t] - u[0, s]
        # Whatever the other stick is, player 0 must want to bear this one.
        least = max(h[0, t], h[0, s])
        if least > 0.0 and not (fall > 0.0 and least / fall < value):
            continue
        for r in range(size):
            need = max(least, h[0, r])
            d = 0.0
            if need > 0.0:
                d = need / fall if fall > 0.0 else np.inf
            if d < value:
                need = max(h[1, t], max(h[1, s], h[1, r]))
                drop = u[1, t] - u[1, r]
                if need > 0.0:
                    d = max(d, need / drop) if drop > 0.0 else np.inf
                if d < value and d < 1.0:
                    value = d
                    stick[0] = s
                    stick[1] = r
    return value


@compiled
def transfers_bound(u: Any, h: Any, t: int) -> float:
    """Critical discount factor of target t with transfers, a lower bound without them."""
    size = u.shape[1]
    need = h[0, t] + h[1, t]
    if need <= 0.0:
        return 0.0
    joint = u[0, t] + u[1, t]
    value = np.inf
    for k in range(size):
        level = h[0, k] + h[1, k]
        harsh_row = np.inf
        harsh_col = np.inf
        best = -np.inf
        for b in range(size):
            if h[0, b] + h[1, b] <= level:
                harsh_row = min(harsh_row, u[0, b] + h[0, b])
                harsh_col = min(harsh_col, u[1, b] + h[1, b])
                best = max(best, u[0, b] + u[1, b])
        surplus = joint - (harsh_row + harsh_col)
        if surplus > 0.0:
            least = need / (need + surplus)
            if least < value and level > 0.0:
                backing = best - (harsh_row + harsh_col)
                least = max(least, level / (level + backing)) if backing > 0.0 else np.inf
            value = min(value, least)
    return value


@compiled
def _sticks(payoffs: Any, profile: Any, value: Any, sticks: Any) -> None:
    size = payoffs.shape[2] * payoffs.shape[3]
    u = np.empty((2, size))
    h = np.empty((2, size))
    for g in range(len(payoffs)):
        fill_gains(payoffs[g], u, h)
        value[g] = best_sticks(u, h, profile[g], sticks[g])


@compiled
def punishments(game: Any, values: Any) -> None:
    """Pure minmax and worst pure stage equilibrium payoffs of one game.

    ``values`` of shape (2, 2) receives minmax in row 0 and equilibrium in row 1 (inf if none).
    """
    _, m, n = game.shape
    row, col = game[0], game[1]
    for p in range(2):
        values[p, 0] = values[p, 1] = np.inf
    for j in range(n):
        best = row[0, j]
        for i in range(1, m):
            best = max(best, row[i, j])
        values[0, 0] = min(values[0, 0], best)
    for i in range(m):
        best = col[i, 0]
        for j in range(1, n):
            best = max(best, col[i, j])
        values[0, 1] = min(values[0, 1], best)
        for j in range(n):
            if col[i, j] < best or (row[i, j] >= values[1, 0] and col[i, j] >= values[1, 1]):
                continue
            stable = True
            for k in range(m):
                if row[k, j] > row[i, j]:
                    stable = False
                    break
            if stable:
                values[1, 0] = min(values[1, 0], row[i, j])
                values[1, 1] = min(values[1, 1], col[i, j])


@compiled
def target_deviation(game: Any, target: int, d: Any) -> None:
    """Best-deviation payoffs of both players at one profile."""
    _, m, n = game.shape
    i, j = target // n, target % n
    d[0] = game[0, 0, j]
    for k in range(1, m):
        d[0] = max(d[0], game[0, k, j])
    d[1] = game[1, i, 0]
    for k in range(1, n):
        d[1] = max(d[1], game[1, i, k])


@compiled
def _bracket(payoffs: Any, profile: Any, lower: Any, upper: Any) -> None:
    n = payoffs.shape[3]
    values = np.empty((2, 2))
    d = np.empty(2)
    for g in range(len(payoffs)):
        game = payoffs[g]
        punishments(game, values)
        target_deviation(game, profile[g], d)
        i, j = profile[g] // n, profile[g] % n
        lower[g] = max(
            threshold(game[0, i, j], d[0], values[0, 0]),
            threshold(game[1, i, j], d[1], values[0, 1]),
        )
        upper[g] = max(
            threshold(game[0, i, j], d[0], values[1, 0]),
            threshold(game[1, i, j], d[1], values[1, 1]),
        )


def _two_player(payoffs: Floats) -> Floats:
    if payoffs.ndim != 4 or payoffs.shape[1] != 2 or payoffs.dtype != np.float64:
        msg = (
            f"payoffs of shape {payoffs.shape} and type {payoffs.dtype}; "
            "give float64 of shape (N, 2, m, n)"
        )
        raise GameError(msg)
    return np.ascontiguousarray(payoffs)


def nash_reversion(payoffs: Floats, out: Floats | None = None) -> Floats:
    """Critical discount factor of Nash reversion at every profile, the larger of the players'.

    Parameters
    ----------
    payoffs : float64 array, shape (N, 2, m, n)
        Finite.
    out : float64 array, shape (N, m, n), optional
        Written to and returned.

    Returns
    -------
    float64 array, shape (N, m, n)

    Examples
    --------
    >>> nash_reversion(np.array([[[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]]]))[0].tolist()
    [[0.3333333333333333, inf], [inf, 0.0]]
    """
    payoffs = _two_player(payoffs)
    if out is None:
        out = np.empty((len(payoffs), *payoffs.shape[2:]))
    _reversion(payoffs, out)
    return out


def stick_and_carrot(
    payoffs: Floats, profile: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64]]:
    """Compiled :func:`hedging.repeated.thresholds.stick_and_carrot`, for two players."""
    payoffs = _two_player(payoffs)
    value, sticks = np.empty(len(payoffs)), np.empty((len(payoffs), 2), dtype=np.int64)
    _sticks(payoffs, profile, value, sticks)
    return value, sticks


def bracket(payoffs: Floats, profile: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Minmax bound and Nash-reversion threshold of one profile per game, shape (N,) each.

    The exact critical discount factor lies between them, ends included.
    """
    payoffs = _two_player(payoffs)
    lower, upper = np.empty(len(payoffs)), np.empty(len(payoffs))
    _bracket(payoffs, profile, lower, upper)
    return lower, upper
