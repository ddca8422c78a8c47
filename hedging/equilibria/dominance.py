"""Strict dominance: what a player with common sense never does.

Action p of player i is *strictly dominated* by action b, given that the opponents use only
actions in a set S_-i, if u_i(b, s) > u_i(p, s) for every profile s in S_-i.  Two things follow.

*Iterated elimination.*  Deleting such actions, again and again, deletes no equilibrium, and the
order does not matter (Gilboa, Kalai and Zemel, *Operations Research Letters* 9, 1990).

*Conditional dominance.*  If p itself is in S_i, no equilibrium has exactly the supports S = (S_1,
..., S_n), because p earns strictly less than b against everything in S_-i (Porter, Nudelman and
Shoham, *Games and Economic Behavior* 63, 2008).  So if this strikes out every S in which three or
more players have two or more actions, every equilibrium has at most two mixing players. This
covers all that elimination could show: of the actions of S, the one eliminated first is dominated
given what was left then, which holds all of S.

For each pair of actions the opponents' profiles where b is certainly better are the bits of
a few words, so a test is one AND and one comparison for the whole batch.
"""

from __future__ import annotations

import math
from itertools import combinations, pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.balls import Table

__all__ = ["Comparisons", "at_most_two_mix", "undominated"]

Bools = NDArray[np.bool_]
Words = list[NDArray[np.uint64]]

_WORD = 64
_MANY_SUPPORTS = 50_000


def undominated(payoffs: NDArray[Any], payoff_error: NDArray[Any] | None = None) -> Bools:
    """Actions that survive iterated elimination of strictly dominated actions.

    Only dominance by a pure action counts, and only where it is certain; eliminating less
    than possible is always sound.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints or Fractions.
    payoff_error : float64 array, shape (N, n), optional
        Bound on the distance of each player's payoffs from the true ones; None means 0.

    Returns
    -------
    bool array, shape (N, C)
        One entry per choice, player 0's actions first; every player keeps at least one.

    Notes
    -----
    At most C - n rounds, each comparing every pair of actions of every player.

    Examples
    --------
    >>> dilemma = np.array([[[[3, 0], [5, 1]], [[3, 5], [0, 1]]]])
    >>> undominated(dilemma).tolist()
    [[False, True, False, True]]
    """
    return Comparisons(Table(payoffs, payoff_error)).survivors()


def at_most_two_mix(comparisons: Comparisons, kept: Bools) -> Bools:
    """In which games conditional dominance leaves no equilibrium with three or more mixers.

    Parameters
    ----------
    comparisons : Comparisons
    kept : bool array, shape (N, C)
        What :meth:`Comparisons.survivors` says.

    Returns
    -------
    bool array, shape (N,)
        True is a proof.  False proves nothing.

    Notes ----- Supports are tried from the largest down, and a game is left at the first one that
    stands; for most games that is the first of all.  With more than 50,000 supports only
    elimination is tried.
    """
    shape = comparisons.shape
    starts = np.cumsum([0, *shape])
    active = np.zeros(comparisons.size, dtype=np.int64)
    for a, b in pairwise(starts):
        active += kept[:, a:b].sum(axis=1) > 1
    proved = np.asarray(active <= 2)
    if math.prod(2**m - 1 for m in shape) > _MANY_SUPPORTS:
        return proved
    games = np.flatnonzero(~proved)
    for support in _supports_of_many_mixers(shape):
        if not games.size:
            break
        games = games[comparisons.struck_out(support, games)]
    proved[games] = True
    return proved


def _supports_of_many_mixers(shape: tuple[int, ...]) -> list[tuple[tuple[int, ...], ...]]:
    """Supports with at least three mixing players, the largest first."""
    each = [[s for k in range(1, m + 1) for s in combinations(range(m), k)] for m in shape]
    every = [s for s in product(*each) if sum(len(part) > 1 for part in s) > 2]
    return sorted(every, key=lambda s: -sum(map(len, s)))


class Comparisons:
    """For every player and pair of actions, where one is better, as words of bits.

    Bit t stands for the t-th profile of the opponents, in C order.

    Parameters
    ----------
    table : Table
    hopeful : bool
        Count comparisons that are open as if they were strict, to learn whether deciding
        them could change anything.
    """

    def __init__(self, table: Table, *, hopeful: bool = False) -> None:
        self.shape, self.size, self.n = table.shape, table.size, table.n
        self._better: list[dict[tuple[int, int], Words]] = []
        with np.errstate(all="ignore"):
            for k, m in enumerate(self.shape):
                pairs: dict[tuple[int, int], Words] = {}
                for a, b in combinations(range(m), 2):
                    better, worse = table.compare(k, a, b)
                    if hopeful and not table.plain:
                        better, worse = ~worse, ~better
                    pairs[a, b] = _pack(better)
                    pairs[b, a] = _pack(worse)
                self._better.append(pairs)
        self._uses = [
            [self._profiles(k, {j: (a,)}) for j in range(self.n) for a in range(self.shape[j])]
            for k in range(self.n)
        ]

    def _profiles(self, player: int, support: dict[int, tuple[int, ...]]) -> list[int]:
        """Opponents' profiles within the supports given for some of them, as words."""
        others = [range(m) for j, m in enumerate(self.shape) if j != player]
        names = [j for j in range(self.n) if j != player]
        bits = 0
        for t, profile in enumerate(product(*others)):
            inside = all(
                a in support[j] for j, a in zip(names, profile, strict=True) if j in support
            )
            bits |= inside << t
        count = max(1, -(-math.prod(map(len, others)) // _WORD))
        return [(bits >> (_WORD * w)) & (2**_WORD - 1) for w in range(count)]

    def struck_out(self, support: tuple[tuple[int, ...], ...], games: NDArray[np.int64]) -> Bools:
        """Whether some action of the support is strictly dominated given the others' supports."""
        gone = np.zeros(len(games), dtype=np.bool_)
        for k, own in enumerate(support):
            against = self._profiles(k, {j: s for j, s in enumerate(support) if j != k})
            for (_, p), words in self._better[k].items():
                if p in own:
                    here = np.ones(len(games), dtype=np.bool_)
                    for word, mask in zip(words, against, strict=True):
                        here &= (word[games] & np.uint64(mask)) == np.uint64(mask)
                    gone |= here
        return gone

    def survivors(self) -> Bools:
        """Actions left by iterated elimination, shape (N, C)."""
        starts = [0, *np.cumsum(self.shape).tolist()]
        kept = np.ones((starts[-1], self.size), dtype=np.bool_)
        changed = True
        while changed:
            changed = False
            for k in range(self.n):
                alive = self._alive(k, kept, starts)
                for (b, p), words in self._better[k].items():
                    struck = kept[starts[k] + b] & kept[starts[k] + p]
                    for word, left in zip(words, alive, strict=True):
                        struck &= (left & ~word) == 0
                    if struck.any():
                        kept[starts[k] + p] &= ~struck
                        changed = True
        return kept.T.copy()

    def _alive(self, player: int, kept: Bools, starts: list[int]) -> Words:
        """Profiles of the player's opponents that are still in play."""
        alive = [np.full(self.size, word, dtype=np.uint64) for word in self._profiles(player, {})]
        for j in range(self.n):
            if j == player:
                continue
            for w in range(len(alive)):
                used = np.zeros(self.size, dtype=np.uint64)
                for c in range(starts[j], starts[j + 1]):
                    bits = np.uint64(self._uses[player][c][w])
                    used |= np.where(kept[c], bits, np.uint64(0))
                alive[w] &= used
        return alive


def _pack(where: Bools) -> Words:
    """Booleans of shape (..., N) as words of shape (N,), first axis entries in low bits."""
    flat = where.reshape(-1, where.shape[-1])
    words = []
    for start in range(0, max(1, len(flat)), _WORD):
        word = np.zeros(where.shape[-1], dtype=np.uint64)
        for bit, row in enumerate(flat[start : start + _WORD]):
            word |= row.astype(np.uint64) << np.uint64(bit)
        words.append(word)
    return words
