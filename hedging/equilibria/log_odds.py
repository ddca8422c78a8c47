r"""Mixed strategies as log-odds, and what actions gain against them.

A totally mixed strategy is written :math:`y_a = \log(x_a / x_0)` against the player's first action.
With :math:`D_{ab}` the payoff of a less that of action 0, given that player j plays b and the
others mix, and :math:`d_a = \sum_b x_b D_{ab}`, which is the same for any j,

.. math:: \partial d_a / \partial y_b = x_b (D_{ab} - d_a),

since payoffs are linear in each player's strategy.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "Layout",
    "differences",
    "interactions",
    "interactions_with_top",
    "layout",
    "mixtures",
    "most_probable",
    "stakes",
]

Array = NDArray[Any]


class Layout(NamedTuple):
    """Where things are for games of one shape with n players and C choices.

    Attributes
    ----------
    starts : int64 array, shape (n + 1,)
        Each player's first choice.
    others : int64 array, shape (n, S, n - 1)
        Choices that make up each pure profile of a player's opponents.
    counts : int64 array, shape (n,)
        Number of those profiles, at most S.
    """

    starts: NDArray[np.int64]
    others: NDArray[np.int64]
    counts: NDArray[np.int64]


@lru_cache(maxsize=32)
def layout(shape: tuple[int, ...]) -> Layout:
    """The layout of games with these action counts."""
    n = len(shape)
    starts = np.concatenate([[0], np.cumsum(shape)]).astype(np.int64)
    lists = []
    for i in range(n):
        choices = [range(starts[j], starts[j + 1]) for j in range(n) if j != i]
        lists.append(list(product(*choices)))
    counts = np.array([len(one) for one in lists], dtype=np.int64)
    others = np.zeros((n, int(counts.max()), n - 1), dtype=np.int64)
    for i, one in enumerate(lists):
        if n > 1:
            others[i, : len(one)] = one
    return Layout(starts, others, counts)


def differences(payoffs: Array, scale: Array) -> Array:
    """Payoff differences to the first action, over a scale per player.

    Parameters
    ----------
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)
    scale : float64 array, shape (N, n)
        Unit of each player's payoffs; where it is 0 the player counts as indifferent.

    Returns
    -------
    float64 array, shape (N, C, S)
        ``[g, a, s]``: what choice a gains over its player's first action if the opponents
        play their s-th profile.
    """
    shape = payoffs.shape[2:]
    place = layout(shape)
    size = len(payoffs)
    table = np.zeros((size, int(place.starts[-1]), place.others.shape[1]))
    for i, m in enumerate(shape):
        own = np.moveaxis(payoffs[:, i], i + 1, 1).reshape(size, m, place.counts[i])
        unit = np.where(scale[:, i] > 0, scale[:, i], np.inf)[:, None, None]
        # Dividing first keeps differences of numbers near the end of the range finite.
        own = own / unit
        table[:, place.starts[i] : place.starts[i + 1], : place.counts[i]] = own - own[:, :1]
    return table


def stakes(payoffs: Array) -> Array:
    """The most that each player's own action can change its payoff.

    Unlike the range it stays the same if something that only the others control is added.

    Parameters
    ----------
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)

    Returns
    -------
    float64 array, shape (N, n)
    """
    out = np.zeros(payoffs.shape[:2])
    for i in range(payoffs.shape[1]):
        own = payoffs[:, i]
        gap = own.max(axis=i + 1) - own.min(axis=i + 1)
        out[:, i] = gap.max(axis=tuple(range(1, gap.ndim)), initial=0.0)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def mixtures(x: Array, starts: Array, mix: Array) -> None:
    """Probabilities from log-odds, without overflow."""
    for i in range(len(starts) - 1):
        first = starts[i] - i
        top = 0.0
        for a in range(starts[i + 1] - starts[i] - 1):
            top = max(top, x[first + a])
        mix[starts[i]] = np.exp(-top)
        total = mix[starts[i]]
        for a in range(1, starts[i + 1] - starts[i]):
            mix[starts[i] + a] = np.exp(x[first + a - 1] - top)
            total += mix[starts[i] + a]
        for c in range(starts[i], starts[i + 1]):
            mix[c] /= total


@njit(cache=True, nogil=True, error_model="numpy")
def most_probable(mix: Array, low: int, high: int) -> int:
    """The choice from low to high - 1 with the largest probability."""
    top = low
    for a in range(low + 1, high):
        if mix[a] > mix[top]:
            top = a
    return top


@njit(cache=True, nogil=True, error_model="numpy")
def interactions_with_top(
    table: Array, starts: Array, others: Array, counts: Array, mix: Array, D: Array, d: Array
) -> None:
    """As ``interactions``, but over each player's most probable action instead of the first.

    Where that action ties with another against what the others mostly do, the small
    difference that is left keeps all its digits.
    """
    n = len(starts) - 1
    for i in range(n):
        low, high = starts[i], starts[i + 1]
        top = most_probable(mix, low, high)
        for a in range(low, high):
            d[a] = 0.0
            for b in range(starts[n]):
                D[a, b] = 0.0
        for s in range(counts[i]):
            for t in range(n - 1):
                w = 1.0
                for u in range(n - 1):
                    if u != t:
                        w *= mix[others[i, s, u]]
                b = others[i, s, t]
                for a in range(low, high):
                    D[a, b] += (table[a, s] - table[top, s]) * w
        if n == 1:
            for a in range(low, high):
                d[a] = table[a, 0] - table[top, 0]
        else:
            j = 1 if i == 0 else 0
            for a in range(low, high):
                for b in range(starts[j], starts[j + 1]):
                    d[a] += mix[b] * D[a, b]


@njit(cache=True, nogil=True, error_model="numpy")
def interactions(
    table: Array, starts: Array, others: Array, counts: Array, mix: Array, D: Array, d: Array
) -> None:
    """Fill D[a, b] and d[a] of the module docstring, for all choices a and b."""
    n = len(starts) - 1
    for i in range(n):
        low, high = starts[i], starts[i + 1]
        for a in range(low, high):
            d[a] = 0.0
            for b in range(starts[n]):
                D[a, b] = 0.0
        for s in range(counts[i]):
            for t in range(n - 1):
                w = 1.0
                for u in range(n - 1):
                    if u != t:
                        w *= mix[others[i, s, u]]
                b = others[i, s, t]
                for a in range(low + 1, high):
                    D[a, b] += table[a, s] * w
        if n == 1:
            for a in range(low, high):
                d[a] = table[a, 0]
        else:
            j = 1 if i == 0 else 0
            for a in range(low + 1, high):
                for b in range(starts[j], starts[j + 1]):
                    d[a] += mix[b] * D[a, b]
