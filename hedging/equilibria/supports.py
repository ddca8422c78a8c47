r"""All supports of a game, and which of them must be searched.

Let :math:`d_i + 1` be the number of actions player i plays.  A support is *balanced* if no
:math:`d_i` exceeds the sum of the others'.

*Theorem.*  If in every balanced support each zero of the indifference functions, edges of the
simplices included, either is a regular equilibrium (all probabilities of the support positive,
all actions outside worse, Jacobian nonsingular) or certainly is no equilibrium, then the game
has no other equilibria.

*Proof.*  Let x be an equilibrium whose support S is not balanced: :math:`d_i > D = \sum_{j \ne i}
d_j`.  Hold the others' mixes.  The mixes of player i on its support that keep the others
indifferent on theirs, and their other actions no better, form a polytope, cut out by D equations,
the sign of each probability, and one inequality per outside action.  At a vertex v of it, choose
among the inequalities that bind a minimal set T of outside actions that pins v down together
with the equations and the zero probabilities; then v plays at most, and with T minimal
exactly, 1 + D + |T| actions of player i, up to further zeros.  Add to each other player's support
its part of T, with probability zero.  That support is balanced: player i's count is the
sum of the others', and no other one's exceeds D + |T|, which is that of player i.  And v is an
equilibrium and a zero of its functions at which a probability is zero (if T is not empty) or an
action that S plays is not played but as good as those that are (if T is empty): neither regular nor
certainly no equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.result import choice_offsets

__all__ = ["Supports", "supports_of"]

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

_WORD = 64


@dataclass(frozen=True, slots=True)
class Supports:
    """What the search has to know about a shape.

    Attributes
    ----------
    starts, steps : int64 arrays, shapes (n + 1,), (n,)
        First choice of each player, stride of its action among profiles.
    order : int64 array, shape (S, C)
        Per support each player's actions: reference, rest of the support, others.
    dims : int64 array, shape (S, n)
        Number of actions played, less one.
    against : uint64 array, shape (S, n)
        Per player the opponents' profiles inside the support as bits; 0 if there are over 64.
    places : int64 array, shape (n, most profiles of opponents)
        Place of each opponents' profile among all profiles; -1 behind the last.
    balanced : bool array, shape (S,)
    mixers : int64 array, shape (S,)
        How many players mix.
    """

    starts: Ints
    steps: Ints
    order: Ints
    dims: Ints
    against: Words
    places: Ints
    balanced: NDArray[np.bool_]
    mixers: Ints

    def select(self, which: NDArray[Any]) -> Supports:
        """Some of the supports."""
        return Supports(
            self.starts,
            self.steps,
            self.order[which],
            self.dims[which],
            self.against[which],
            self.places,
            self.balanced[which],
            self.mixers[which],
        )


@lru_cache(maxsize=64)
def supports_of(shape: tuple[int, ...]) -> Supports:
    """All supports of games of a shape, the smallest first.

    Examples
    --------
    >>> all_of_them = supports_of((3, 2, 2))
    >>> len(all_of_them.dims), int(all_of_them.balanced.sum())
    (63, 31)
    """
    n = len(shape)
    steps = [int(np.prod(shape[j + 1 :], dtype=np.int64)) for j in range(n)]
    each = [[s for k in range(1, m + 1) for s in combinations(range(m), k)] for m in shape]
    every = sorted(product(*each), key=lambda s: sum(map(len, s)))
    dims = np.array([[len(part) - 1 for part in s] for s in every], dtype=np.int64)
    order = np.array(
        [
            [
                a
                for part, m in zip(s, shape, strict=True)
                for a in (*part, *(b for b in range(m) if b not in part))
            ]
            for s in every
        ],
        dtype=np.int64,
    )
    opponents = [
        list(product(*(range(m) if j != i else [0] for j, m in enumerate(shape)))) for i in range(n)
    ]
    places = np.full((n, max(map(len, opponents))), -1, dtype=np.int64)
    against = np.zeros((len(every), n), dtype=np.uint64)
    for i, profiles in enumerate(opponents):
        places[i, : len(profiles)] = np.array(profiles, dtype=np.int64) @ np.array(steps)
        if len(profiles) > _WORD:
            continue
        for number, s in enumerate(every):
            bits = 0
            for t, profile in enumerate(profiles):
                bits |= all(profile[j] in s[j] for j in range(n) if j != i) << t
            against[number, i] = bits
    return Supports(
        starts=np.array(choice_offsets(shape), dtype=np.int64),
        steps=np.array(steps, dtype=np.int64),
        order=order,
        dims=dims,
        against=against,
        places=places,
        balanced=(2 * dims <= dims.sum(axis=1, keepdims=True)).all(axis=1),
        mixers=(dims > 0).sum(axis=1),
    )
