r"""Payoffs of actions against mixed opponents, with a bound on their rounding.

.. math:: v_i(k) = \sum_{a_{-i}} u_i(k, a_{-i}) \prod_{j \ne i} x_j(a_j)

is summed out one opponent at a time, the last first, in :math:`O(m_1 \cdots m_n)` operations.

*Error.*  Let u = 2^-53.  Suppose that the table w summed over player j's :math:`m_j` actions bears
errors of at most e, and each probability a relative error of at most 64 u, as from 64 rounded
operations.  To first order the sum :math:`\sum_k x_k w_k` then errs by at most
:math:`\sum_k x_k e_k + (m_j + 64) u \sum_k x_k |w_k|`: one rounding per product and
:math:`m_j - 1` per sum (Higham, *Accuracy and Stability of Numerical Algorithms*, 2002,
section 3.1).  If all :math:`x_k` are 0 or 1 nothing rounds and the second term is dropped,
so that payoffs of pure profiles are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.program.numerals import doubles

__all__ = ["ROUNDINGS", "UNIT_ROUNDOFF", "action_values", "probability_slack", "value_errors"]

UNIT_ROUNDOFF = 2.0**-53

ROUNDINGS = 64
"""Rounded operations a given probability may have behind it; solvers measured stay below 10."""


def probability_slack(count: int) -> float:
    """How far the sum of ``count`` probabilities in doubles may be from 1.

    Each bears at most 64 roundings, and so does not exceed the truth by more than 64 u; the
    sum adds at most ``count - 1`` more.
    """
    return count * (ROUNDINGS + 1) * UNIT_ROUNDOFF


def action_values(payoffs: NDArray[Any], strategies: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    r"""Payoff of every action against the opponents' strategies.

    Parameters
    ----------
    payoffs : float64 or object array, shape (\*batch, n, m_1, ..., m_n)
    strategies : sequence of n arrays, shape (\*batch, m_i) or broadcastable to it
        All object arrays (then payoffs must be, too, and everything is exact) or all float64.

    Returns
    -------
    list of n arrays, shape (\*batch, m_i)

    Raises
    ------
    GameError
        If exact payoffs met by strategies in doubles lie beyond the range of doubles.

    Examples
    --------
    >>> pennies = np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
    >>> [v.tolist() for v in action_values(pennies, [np.array([1.0, 0.0]), np.array([0.5, 0.5])])]
    [[0.0, 0.0], [-1.0, 1.0]]
    """
    values = []
    with np.errstate(invalid="ignore", over="ignore"):
        for i, table in enumerate(_tables(payoffs, strategies)):
            value = table
            for axis, x, _ in _opponents(strategies, i):
                value = _mean(value, x, axis)
            values.append(value)
    return values


def value_errors(
    payoffs: NDArray[Any], strategies: Sequence[NDArray[Any]]
) -> list[NDArray[np.float64]]:
    r"""Bounds on the rounding errors of :func:`action_values`, by the rule of this module.

    Parameters
    ----------
    payoffs, strategies
        As for :func:`action_values`, in doubles.

    Returns
    -------
    list of n float64 arrays, shape (\*batch, m_i)

    Examples
    --------
    >>> pennies = np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
    >>> errors = value_errors(pennies, [np.array([1.0, 0.0]), np.array([0.5, 0.5])])
    >>> bool(0 < errors[0][0] < 1e-14), errors[1].tolist()
    (True, [0.0, 0.0])
    """
    bounds = []
    with np.errstate(invalid="ignore", over="ignore"):
        for i, table in enumerate(_tables(payoffs, strategies)):
            size = np.abs(table)
            error = np.zeros_like(size)
            for axis, x, count in _opponents(strategies, i):
                size, error = _mean(size, x, axis), _mean(error, x, axis)
                mixed = ((x != 0) & (x != 1)).any(axis=-1)
                error += mixed * ((count + ROUNDINGS) * UNIT_ROUNDOFF) * size
            bounds.append(error)
    return bounds


def _tables(payoffs: NDArray[Any], strategies: Sequence[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """Payoffs of each player in turn, spread over the common batch of payoffs and strategies."""
    n = len(strategies)
    dims = payoffs.ndim - n - 1
    batch = np.broadcast_shapes(payoffs.shape[:dims], *(x.shape[:-1] for x in strategies))
    for i in range(n):
        table = payoffs[(slice(None),) * dims + (i,)]
        if strategies[0].dtype != object:
            table = doubles(table)
        yield np.broadcast_to(table, (*batch, *payoffs.shape[dims + 1 :]))


def _opponents(
    strategies: Sequence[NDArray[Any]], player: int
) -> Iterator[tuple[int, NDArray[Any], int]]:
    """Opponents, the last first: axis to sum out, strategy shaped to match, number of actions."""
    for j in reversed(range(len(strategies))):
        if j == player:
            continue
        # Left at this point are the axes of players 0..j, and behind them the player's own if j
        # comes before it.  The batch axes of the strategy must stay in front of all but j's own.
        axis, held = (-2, j + 1) if player > j else (-1, j)
        x = strategies[j]
        yield axis, x.reshape(*x.shape[:-1], *(1,) * held, x.shape[-1]), x.shape[-1]


def _mean(table: NDArray[Any], weights: NDArray[Any], axis: int) -> NDArray[Any]:
    mean: NDArray[Any] = np.einsum("...k,...k->...", np.moveaxis(table, axis, -1), weights)
    return mean
