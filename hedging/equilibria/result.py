"""All equilibria of a batch of games, stored flat.

Games have different numbers of equilibria, so a batch is kept in compressed rows: the
equilibria of game g are rows ``offsets[g]:offsets[g + 1]`` of every other array.  Nothing is
padded; labels and xarray come later, at the edge of the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Equilibria", "choice_offsets", "support_mask"]


@dataclass(frozen=True, slots=True)
class Equilibria:
    """Equilibria of N games with C choices, a choice being one (player, action) pair.

    Within a game the equilibria are ordered by total support size, then by the support in
    action order (player by player, the action listed first comes first), then by component.

    Attributes
    ----------
    offsets : int64 array, shape (N + 1,)
    probability : float64 (or object, of Fractions) array, shape (E, C)
        Probability of every choice; the choices of player 0 first, in action order.
    support : uint64 array, shape (E,)
        Bit c is set if choice c has positive probability.
    index : int8 array, shape (E,)
        Index of the equilibrium as a fixed point, +1 or -1; 0 where it is not defined (degenerate).
    isolated : bool array, shape (E,)
        False for a point that belongs to a continuum of equilibria.
    component : int32 array, shape (E,)
        Number of the connected component within its game, from 0.
    status : uint8 array, shape (N,)
        :class:`hedging.errors.Status` of each game.
    """

    offsets: NDArray[np.int64]
    probability: NDArray[Any]
    support: NDArray[np.uint64]
    index: NDArray[np.int8]
    isolated: NDArray[np.bool_]
    component: NDArray[np.int32]
    status: NDArray[np.uint8]

    @property
    def count(self) -> NDArray[np.int64]:
        """Number of listed equilibria per game, shape (N,)."""
        return np.diff(self.offsets)

    @property
    def game(self) -> NDArray[np.int64]:
        """Which game each row belongs to, shape (E,)."""
        return np.repeat(np.arange(len(self.status)), self.count)


def choice_offsets(shape: Sequence[int]) -> list[int]:
    """Position of each player's first choice, and the total, for action counts ``shape``."""
    return [0, *np.cumsum(shape).tolist()]


def support_mask(positive: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Pack booleans of shape (..., C), C <= 64, into one uint64 each, choice 0 in bit 0."""
    weights = np.left_shift(np.uint64(1), np.arange(positive.shape[-1], dtype=np.uint64))
    packed: NDArray[np.uint64] = (positive * weights).sum(axis=-1, dtype=np.uint64)
    return packed
