"""Boxes of mixed profiles that may hold equilibria: collected, and grouped by touching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Boxes", "no_boxes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(slots=True)
class Boxes:
    """Undecided cells as boxes of probabilities of all choices.

    ``point`` lies near the cell, ``good`` says that it is an equilibrium, and ``inner`` that it is
    one at which all choices of the support are played.
    """

    support: Ints
    low: Floats
    high: Floats
    point: Floats
    good: Bools
    inner: Bools

    def take(self, which: Any) -> Boxes:
        """Some of the boxes."""
        return Boxes(
            self.support[which],
            self.low[which],
            self.high[which],
            self.point[which],
            self.good[which],
            self.inner[which],
        )

    def join(self, other: Boxes) -> Boxes:
        """These boxes and others."""
        return Boxes(
            np.concatenate([self.support, other.support]),
            np.concatenate([self.low, other.low]),
            np.concatenate([self.high, other.high]),
            np.concatenate([self.point, other.point]),
            np.concatenate([self.good, other.good]),
            np.concatenate([self.inner, other.inner]),
        )

    def hold(self, point: Floats, margin: float) -> bool:
        """Whether the point lies in one of the boxes."""
        inside = (self.low - margin <= point) & (point <= self.high + margin)
        return bool(inside.all(axis=1).any())

    def connected(self, margin: float) -> list[Ints]:
        """Groups of boxes that are connected, two being joined if they come within the margin.

        Takes time quadratic in the number of boxes.
        """
        group = np.full(len(self.good), -1)
        for start in range(len(group)):
            if group[start] >= 0:
                continue
            group[start] = start
            front = [start]
            while front:
                k = front.pop()
                meets = (self.low <= self.high[k] + margin) & (self.high >= self.low[k] - margin)
                new = (group < 0) & meets.all(axis=1)
                group[new] = start
                front += np.flatnonzero(new).tolist()
        return [np.flatnonzero(group == start) for start in np.unique(group)]


def no_boxes(width: int) -> Boxes:
    """The empty collection, for games with ``width`` choices."""
    none, no = np.zeros((0, width)), np.zeros(0, np.bool_)
    return Boxes(np.zeros(0, np.int64), none, none, none, no, no)
