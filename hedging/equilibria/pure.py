"""Pure equilibria of games with any number of players.

A profile is a (weak) Nash equilibrium in pure actions if no player has a better reply:

    u_i(a) >= u_i(b, a_-i)   for every player i and action b.

Only comparisons are needed, and comparing two doubles is exact, so the answer is exact for
the payoffs as stored.  Large batches of doubles go through a kernel in machine code that reads the
signs of payoff differences (:mod:`hedging.equilibria.pure_program`), also exact; games in which it
meets a tie or a payoff that is not finite are compared again in numpy.  If the payoffs themselves
carry rounding errors, a comparison can be within them; :func:`pure_undecided` says where that
matters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.balls import Table
from hedging.equilibria.pure_program import number_of_differences, pure_table

if TYPE_CHECKING:
    from hedging.program.machine import StoredSigns

__all__ = ["pure_equilibria", "pure_undecided", "replies"]

Bools = NDArray[np.bool_]

_WORTH = ((40, 1 << 12), (100, 1 << 14), (350, 1 << 18))
"""Up to so many payoff differences, batches of so many games are worth making a kernel."""
_BLOCK = 1 << 14
"""Games taken at a time; their codes should stay in cache."""


def pure_equilibria(payoffs: NDArray[Any]) -> Bools:
    """Which profiles are pure equilibria, a whole batch at once.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints or Fractions.

    Returns
    -------
    bool array, shape (N, m_1, ..., m_n)

    Notes
    -----
    Time proportional to the number of payoffs: per 3 x 2 x 2 game about 0.7 microseconds, and 0.04
    in batches of thousands.  A profile at which some player compares NaN is no equilibrium.

    Examples
    --------
    The prisoners' dilemma has one, matching pennies none:

    >>> dilemma = [[[3, 0], [5, 1]], [[3, 5], [0, 1]]]
    >>> pennies = [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]]
    >>> pure_equilibria(np.array([dilemma, pennies])).tolist()
    [[[False, False], [False, True]], [[False, False], [False, False]]]
    """
    if payoffs.dtype == np.float64 and _worth(payoffs.shape[2:], len(payoffs)):
        return _by_machine(payoffs)
    return _by_numpy(payoffs)


def _worth(shape: tuple[int, ...], games: int) -> bool:
    """Whether a kernel pays for so many games."""
    if games < _WORTH[0][1]:
        return False
    size = number_of_differences(shape)
    return any(size <= most and games >= least for most, least in _WORTH) and size > 0


def _by_numpy(payoffs: NDArray[Any]) -> Bools:
    n = payoffs.shape[1]
    result = np.ones((payoffs.shape[0], *payoffs.shape[2:]), dtype=np.bool_)
    for k in range(n):
        own = payoffs[:, k]
        # Comparison with the maximum is False for NaN on both sides, as it should be.
        result &= (own >= own.max(axis=k + 1, keepdims=True)).astype(np.bool_)
    return result


def _by_machine(payoffs: NDArray[np.float64]) -> Bools:
    kernel = _kernel(payoffs.shape[2:])
    result = np.empty((len(payoffs), *payoffs.shape[2:]), dtype=np.bool_)
    rows = result.reshape(len(payoffs), -1)
    for start in range(0, len(payoffs), _BLOCK):
        block = payoffs[start : start + _BLOCK]
        found = kernel(block.reshape(len(block), -1))
        rows[start : start + _BLOCK] = kernel.layout.certain(found.codes).T
        if found.undecided:
            tied = np.flatnonzero(kernel.layout.undecided(found.codes))
            result[start + tied] = _by_numpy(block[tied])
    return result


@lru_cache(maxsize=16)
def _kernel(shape: tuple[int, ...]) -> StoredSigns:
    from hedging.program.machine import Scale, stored_signs

    table = pure_table(shape)
    # The difference of two doubles has the right sign: nothing to tolerate.
    exact = tuple((d, 1, 0.0) for d in range(len(table.program.outputs)))
    return stored_signs(table.program, table.logic, (Scale((0,), exact),))


def pure_undecided(payoffs: NDArray[Any], payoff_error: NDArray[Any] | None) -> Bools:
    """Which profiles might or might not be equilibria of the true payoffs.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
    payoff_error : float64 array, shape (N, n), or None
        Bound on the distance of each player's payoffs from the true ones; None means 0.

    Returns
    -------
    bool array, shape (N, m_1, ..., m_n)
        True where some comparison is within the error and no other one rules the profile out.
        Elsewhere :func:`pure_equilibria` is right about the true game.

    Examples
    --------
    >>> game = np.array([[[1.0, 1.0 + 1e-15]]])     # one player, two actions
    >>> pure_undecided(game[0][None], np.array([[1e-14]])).tolist()
    [[True, True]]
    """
    if payoff_error is None or payoffs.dtype == object:
        return np.zeros((payoffs.shape[0], *payoffs.shape[2:]), dtype=np.bool_)
    table = Table(payoffs, payoff_error)
    possible, strict = replies(table)
    open_ = np.logical_and.reduce(possible) & ~np.logical_and.reduce(strict)
    return np.moveaxis(open_, -1, 0)


def replies(table: Table) -> tuple[list[Bools], list[Bools]]:
    """Best replies of every player to every profile of the others.

    Returns
    -------
    possible, strict : lists of bool arrays, shape (m_1, ..., m_n, N), one per player
        ``possible``: no other action is certainly better.  ``strict``: the action is certainly
        better than every other one.
    """
    possible: list[Bools] = []
    strict: list[Bools] = []
    with np.errstate(all="ignore"):
        for k, m in enumerate(table.shape):
            others = table.shape[:k] + table.shape[k + 1 :]
            maybe = np.ones((m, *others, table.size), dtype=np.bool_)
            surely = np.ones_like(maybe)
            for a in range(m):
                for b in range(a):
                    better, worse = table.compare(k, a, b)
                    maybe[a] &= ~worse
                    maybe[b] &= ~better
                    surely[a] &= better
                    surely[b] &= worse
            possible.append(np.moveaxis(maybe, 0, k))
            strict.append(np.moveaxis(surely, 0, k))
    return possible, strict
