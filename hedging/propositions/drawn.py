"""Random parameters, and brute force over whole batches of games.

What a proposition claims is compared with answers that know nothing of it: payoffs compared one
by one for pure equilibria, expected payoffs for mixed ones, the solver for complete sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.game import Game
from hedging.solving import nash

__all__ = ["is_equilibrium", "pure", "same_equilibria", "signs_as", "such_that", "uniform"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_TIED = 1e-9
"""Regret of a mix that is computed to be indifferent; payoffs here are of order one."""


def uniform(
    rng: np.random.Generator, draws: int, subject: Any, **fixed: float | Floats
) -> dict[str, Floats]:
    """Parameters drawn evenly over their ranges, shape (draws,) each; some may be fixed.

    Examples
    --------
    >>> from hedging.families import catalogue
    >>> drawn = uniform(np.random.default_rng(0), 3, catalogue["sphere_division"], friction=0.1)
    >>> drawn["friction"].tolist(), drawn["capture_share_a"].shape
    ([0.1, 0.1, 0.1], (3,))
    """
    values: dict[str, Floats] = {}
    for name, p in subject.parameters.items():
        # Both ends have probability nought, and an open end is never drawn.
        drawn = float(p.high) - (float(p.high) - float(p.low)) * rng.random(draws)
        values[name] = (
            np.broadcast_to(np.asarray(fixed[name]), (draws,)) if name in fixed else drawn
        )
    return values


_MOST_BATCHES = 60


def such_that(draw: Callable[[], tuple[dict[str, Floats], Bools]], draws: int) -> dict[str, Floats]:
    """Draws that meet a hypothesis, as many as asked for unless it is very rare.

    Parameters
    ----------
    draw : callable
        Gives a batch of parameters and which of its draws meet the hypothesis.
    draws : int

    Returns
    -------
    dict of str to float64 array, shape (K,), K at most ``draws``

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> def even():
    ...     x = rng.integers(0, 9, 4).astype(float)
    ...     return {"x": x}, x % 2 == 0
    >>> such_that(even, 3)["x"] % 2
    array([0., 0., 0.])
    """
    kept: list[dict[str, Floats]] = []
    number = 0
    for _ in range(_MOST_BATCHES):
        values, meets = draw()
        kept.append({name: v[meets] for name, v in values.items()})
        number += int(meets.sum())
        if number >= draws:
            break
    return {name: np.concatenate([part[name] for part in kept])[:draws] for name in kept[0]}


def pure(payoffs: Floats) -> Bools:
    """Which profiles are equilibria: no player has a better reply.

    Parameters
    ----------
    payoffs : float array, shape (N, n, m_1, ..., m_n)

    Returns
    -------
    bool array, shape (N, m_1, ..., m_n)

    Examples
    --------
    >>> pure(np.array([[[[3, 0], [5, 1]], [[3, 5], [0, 1]]]])).tolist()
    [[[False, False], [False, True]]]
    """
    found = np.ones((payoffs.shape[0], *payoffs.shape[2:]), dtype=bool)
    for player in range(payoffs.shape[1]):
        u = payoffs[:, player]
        found &= u >= u.max(axis=1 + player, keepdims=True)
    return found


def is_equilibrium(payoffs: Floats, mixes: Sequence[Floats]) -> Bools:
    """Whether no player gains by deviating from mixed strategies, game by game.

    Parameters
    ----------
    payoffs : float array, shape (N, n, m_1, ..., m_n)
    mixes : sequence of float arrays, shapes (N, m_i)

    Returns
    -------
    bool array, shape (N,)

    Examples
    --------
    >>> pennies = np.array([[[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]]])
    >>> half = np.array([[0.5, 0.5]])
    >>> is_equilibrium(pennies, [half, half]).tolist()
    [True]
    """
    n = len(mixes)
    axes = ascii_lowercase[:n]
    good = np.ones(len(payoffs), dtype=bool)
    for player in range(n):
        others = [k for k in range(n) if k != player]
        left = ",".join(["z" + axes] + ["z" + axes[k] for k in others])
        values = np.einsum(
            f"{left}->z{axes[player]}", payoffs[:, player], *(mixes[k] for k in others)
        )
        gain = values.max(axis=1) - (values * mixes[player]).sum(axis=1)
        good &= gain <= _TIED
    return good


def same_equilibria(game: Game, candidates: Floats, accepted: Bools) -> Bools:
    """Whether the accepted candidates are all the equilibria of each game and no others.

    Parameters
    ----------
    game : Game
        With batch shape (N,) and C choices.
    candidates : float array, shape (N, K, C)
        Probabilities of every choice; anything where not accepted.
    accepted : bool array, shape (N, K)

    Returns
    -------
    bool array, shape (N,)
        False too where the solver does not vouch for its list.
    """
    found = nash(game, report=("probability", "count", "status"))
    theirs, count = found["probability"].values, found["count"].values
    good = (found["status"].values == 0) & (count == accepted.sum(axis=1))
    for k in np.flatnonzero(accepted.any(axis=0)):
        with np.errstate(invalid="ignore"):
            distance = np.abs(theirs - candidates[:, k : k + 1]).max(axis=2)
        near = (np.where(np.isnan(distance), np.inf, distance) < 1e-6).any(axis=1)
        good &= near | ~accepted[:, k]
    return np.asarray(good)


def signs_as(gain: Floats, acts: Any) -> Bools:
    """Whether someone who acts does not lose by it, and who does not act would not gain.

    Examples
    --------
    >>> signs_as(np.array([0.2, 0.2, -0.1]), np.array([1, 0, 0])).tolist()
    [True, False, True]
    """
    return np.asarray(np.where(np.asarray(acts, dtype=bool), gain >= 0, gain <= 0))
