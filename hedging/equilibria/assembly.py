"""Loose equilibria put in order: from rows in any order to compressed rows per game."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.result import Equilibria, support_mask

__all__ = ["Rows", "merge"]

Array = NDArray[Any]


class Rows:
    """A growing list of equilibria of N games of one shape.

    Parameters
    ----------
    size : int
        Number of games N.
    shape : sequence of int
        Action counts; C is their sum.
    exact : bool
        Probabilities are Fractions rather than doubles.
    """

    def __init__(self, size: int, shape: Sequence[int], *, exact: bool) -> None:
        self.size, self.shape, self.exact = size, tuple(shape), exact
        self._parts: list[tuple[Array, Array, Array, Array, Array]] = []

    def blank(self, count: int) -> Array:
        """Rows of zero probabilities to fill in, shape (count, C)."""
        width = sum(self.shape)
        if not self.exact:
            return np.zeros((count, width))
        return np.full((count, width), Fraction(0), dtype=object)

    def add(
        self,
        game: Array,
        probability: Array,
        index: Array,
        isolated: Array | bool = True,
        component: Array | None = None,
    ) -> None:
        """Append K equilibria.

        Parameters
        ----------
        game : int array, shape (K,)
        probability : array, shape (K, C)
        index : int8 array, shape (K,)
        isolated : bool array, shape (K,), or bool
        component : int array, shape (K,), optional
            Negative or omitted: a component of its own.
        """
        count = len(game)
        if count:
            kind = np.broadcast_to(np.asarray(isolated, dtype=np.bool_), (count,))
            part = np.full(count, -1) if component is None else np.asarray(component)
            self._parts.append((np.asarray(game), probability, index, kind, part))

    def columns(self) -> tuple[Array, Array, Array, Array, Array]:
        """Everything added so far: game, probability, index, isolated, component."""
        if not self._parts:
            none = np.zeros(0, dtype=np.int64)
            return (
                none,
                self.blank(0),
                none.astype(np.int8),
                none.astype(np.bool_),
                none,
            )
        game, probability, index, isolated, component = zip(*self._parts, strict=True)
        return (
            np.concatenate(game).astype(np.int64),
            np.concatenate(probability),
            np.concatenate(index).astype(np.int8),
            np.concatenate(isolated).astype(np.bool_),
            np.concatenate(component).astype(np.int64),
        )

    def select(self, games: NDArray[np.int64]) -> Rows:
        """The equilibria of some games, given in increasing order and numbered anew."""
        game, probability, index, isolated, component = self.columns()
        place = np.full(self.size, -1)
        place[games] = np.arange(len(games))
        keep = place[game] >= 0
        chosen = Rows(len(games), self.shape, exact=self.exact)
        chosen.add(
            place[game[keep]], probability[keep], index[keep], isolated[keep], component[keep]
        )
        return chosen

    def finish(self, status: NDArray[np.uint8]) -> Equilibria:
        """Sort and number; see :class:`hedging.equilibria.result.Equilibria` for the order."""
        game, probability, index, isolated, component = self.columns()
        width = sum(self.shape)
        positive = (probability > 0).astype(np.bool_).reshape(-1, width)
        support = support_mask(positive)
        # Where two supports first differ, the one that holds the earlier choice comes first.
        first = ~support_mask(positive[:, ::-1])
        ties = [-probability[:, c].astype(np.float64) for c in range(width - 1, -1, -1)]
        alone = component < 0
        order = np.lexsort([*ties, component, alone, first, positive.sum(axis=1), game])
        game, component, alone = game[order], component[order], alone[order]
        offsets = np.searchsorted(game, np.arange(self.size + 1))
        return Equilibria(
            offsets=offsets.astype(np.int64),
            probability=probability[order],
            support=support[order],
            index=index[order],
            isolated=isolated[order],
            component=_renumber(game, component, alone, offsets),
            status=status.astype(np.uint8),
        )


def _renumber(game: Array, component: Array, alone: Array, offsets: Array) -> NDArray[np.int32]:
    """Components by first appearance within each game, from 0."""
    if alone.all():
        return (np.arange(len(game)) - offsets[game]).astype(np.int32)
    result = np.zeros(len(game), dtype=np.int32)
    for g in np.unique(game[~alone]):
        rows = slice(offsets[g], offsets[g + 1])
        known: dict[int, int] = {}
        for r, (part, single) in enumerate(
            zip(component[rows].tolist(), alone[rows].tolist(), strict=True)
        ):
            key = -1 - r if single else part
            result[offsets[g] + r] = known.setdefault(key, len(known))
    plain = ~np.isin(game, game[~alone])
    result[plain] = (np.arange(len(game)) - offsets[game])[plain]
    return result


def merge(
    size: int,
    shape: Sequence[int],
    parts: Sequence[tuple[NDArray[np.int64], Equilibria]],
    *,
    exact: bool,
) -> Equilibria:
    """One batch from solutions of disjoint parts of it.

    Parameters
    ----------
    size : int
        Number of games N of the batch.
    shape : sequence of int
    parts : sequence of (games, Equilibria)
        Where each part's games belong; together every game exactly once.
    exact : bool
        Whether probabilities are Fractions.

    Returns
    -------
    Equilibria
        Rows keep their order within each game.
    """
    status = np.zeros(size, dtype=np.uint8)
    count = np.zeros(size, dtype=np.int64)
    for games, part in parts:
        status[games] = part.status
        count[games] = part.count
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    rows = int(offsets[-1])
    result = Equilibria(
        offsets=offsets,
        probability=np.zeros((rows, sum(shape)), dtype=object if exact else np.float64),
        support=np.zeros(rows, dtype=np.uint64),
        index=np.zeros(rows, dtype=np.int8),
        isolated=np.zeros(rows, dtype=np.bool_),
        component=np.zeros(rows, dtype=np.int32),
        status=status,
    )
    for games, part in parts:
        rank = np.arange(len(part.support)) - part.offsets[part.game]
        where = offsets[games[part.game]] + rank
        for name in ("probability", "support", "index", "isolated", "component"):
            getattr(result, name)[where] = getattr(part, name)
    return result
