r"""Isolated equilibria at ties, and equilibria that a segment joins: two exact arguments.

*Isolated.*  Let x be an equilibrium with support S, and R its best replies.  Equilibria near x
have supports T with S <= T <= R and make T indifferent, as x does.  If for every such T the
Jacobian of T's indifference equations at x is regular, x is the only solution nearby for each T,
hence isolated.

*Joined.*  If two equilibria differ in one player's strategy only, all mixtures of them are
equilibria: that player faces the same others, and the others' gains from leaving are linear in
what it does, hence not positive in between.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import chain, combinations, product
from math import prod
from typing import Any

from numpy.typing import NDArray

__all__ = ["is_pinned", "joined_pairs"]

_MOST_SUPPORTS = 64
_LARGEST = 6
"""Supports between S and R that are tried, and unknowns of one of them."""


def is_pinned(
    payoffs: NDArray[Any],
    weights: Sequence[Sequence[Any]],
    sign: Callable[[Any], int],
) -> bool:
    """Whether an equilibrium is proved to be isolated.

    Parameters
    ----------
    payoffs : object array, shape (n, m_1, ..., m_n)
        Numbers of a ring, such as ints or polynomials in a parameter.
    weights : per player a sequence of ring elements
        Probabilities are proportional to them.
    sign : callable
        Sign of a ring element.

    Returns
    -------
    bool
        False means that this argument does not show it.

    Notes
    -----
    One determinant per support between the actions played and the best replies.

    Examples
    --------
    >>> import numpy as np
    >>> pennies = np.array([[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]], dtype=object)
    >>> is_pinned(pennies, [[1, 1], [1, 1]], lambda v: (v > 0) - (v < 0))
    True
    >>> is_pinned(0 * pennies, [[1, 0], [1, 0]], lambda v: (v > 0) - (v < 0))
    False
    """
    played = [[a for a, w in enumerate(own) if sign(w)] for own in weights]
    ties: list[list[int]] = []
    for i, own in enumerate(played):
        worth = [_mean(payoffs, weights, played, {i: a}) for a in range(payoffs.shape[1 + i])]
        best = worth[own[0]]
        ties.append([a for a, v in enumerate(worth) if a not in own and not sign(v - best)])
    if prod(1 << len(own) for own in ties) > _MOST_SUPPORTS:
        return False
    larger = [
        [tuple(extra) for extra in chain(*(combinations(own, k) for k in range(len(own) + 1)))]
        for own in ties
    ]
    known: dict[tuple[int, int, int, int], Any] = {}

    def slope(i: int, a: int, j: int, b: int) -> Any:
        """How i's gain from a over its first action changes as j moves from its first to b."""
        if i == j:
            return 0
        if (i, a, j, b) not in known:
            r, s = played[i][0], played[j][0]
            ends = [_mean(payoffs, weights, played, {i: x, j: y}) for x in (a, r) for y in (b, s)]
            known[i, a, j, b] = ends[0] - ends[1] - ends[2] + ends[3]
        return known[i, a, j, b]

    for extra in product(*larger):
        unknowns = [(i, a) for i, own in enumerate(played) for a in (*own[1:], *extra[i])]
        if len(unknowns) > _LARGEST:
            return False
        if not unknowns:
            continue
        matrix = [[slope(i, a, j, b) for j, b in unknowns] for i, a in unknowns]
        value = _determinant(matrix)
        if value == 0 or not sign(value):
            return False
    return True


def joined_pairs(profiles: Sequence[Sequence[Hashable]]) -> Iterator[tuple[int, int]]:
    """Numbers of equilibria that differ in one player's strategy only, enough to link them all.

    Parameters
    ----------
    profiles : sequence of profiles
        A strategy per player each.

    Examples
    --------
    >>> list(joined_pairs([((1, 0), (1, 1)), ((0, 1), (1, 1)), ((0, 1), (1, 0))]))
    [(0, 1), (1, 2)]
    """
    for k in range(len(profiles[0]) if profiles else 0):
        first: dict[Any, int] = {}
        for number, profile in enumerate(profiles):
            others = (*profile[:k], *profile[k + 1 :])
            start = first.setdefault(others, number)
            if start != number:
                yield start, number


def _mean(
    payoffs: NDArray[Any],
    weights: Sequence[Sequence[Any]],
    played: Sequence[Sequence[int]],
    held: dict[int, int],
) -> Any:
    """Payoff of the first player held, those held at actions, times the others' total weights."""
    who = next(iter(held))
    total: Any = 0
    for profile in product(*([held[k]] if k in held else own for k, own in enumerate(played))):
        term = payoffs[(who, *profile)]
        for k, a in enumerate(profile):
            if k not in held:
                term = term * weights[k][a]
        total = term + total
    return total


def _determinant(matrix: list[list[Any]]) -> Any:
    """By expansion along the first row; entries are ring elements or 0."""
    if not matrix:
        return 1
    total: Any = 0
    for c, head in enumerate(matrix[0]):
        if head == 0:
            continue
        rest = _determinant([[*row[:c], *row[c + 1 :]] for row in matrix[1:]])
        term = rest * head if not isinstance(rest, int) else head * rest
        total = term + total if c % 2 == 0 else -term + total
    return total
