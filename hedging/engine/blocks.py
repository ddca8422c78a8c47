"""How the points of a design are laid out for a kernel: rows times lanes.

A kernel takes a table of *rows*, each with the parameters that are constant along it, and
*lanes*, the values of the parameters that vary along every row in the same way.  Point ``r L +
l`` in C order is lane l of row r.  For a grid the lanes are the last axis, or as many of the last
axes as it takes to fill vector registers; for a sample there is one row and every parameter is a
lane.  Parameters that do not vary at all belong to the rows.

A run of points ``start .. stop`` then falls into at most three *blocks*, each some rows times some
lanes, and blocks are cut further so that rounding errors can be bounded over a small box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.engine.design import Design, Grid

__all__ = ["Block", "Layout"]

_ENOUGH_LANES = 512
_BLOCK_POINTS = 1 << 16

Floats = NDArray[np.float64]


class Block(NamedTuple):
    """Rows ``first_row .. last_row - 1`` times lanes ``first_lane .. last_lane - 1``."""

    first_row: int
    last_row: int
    first_lane: int
    last_lane: int

    @property
    def size(self) -> int:
        """Number of points."""
        return (self.last_row - self.first_row) * (self.last_lane - self.first_lane)


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows and lanes of a design.

    Attributes
    ----------
    design : Design
    fixed : mapping of str to float
        Value of every parameter that does not vary.
    inputs : tuple of str
        All parameters, in the order of the model.
    """

    design: Design
    fixed: Mapping[str, float]
    inputs: tuple[str, ...]

    @cached_property
    def _lane_axes(self) -> int:
        """How many of the last axes are lanes."""
        shape = self.design.shape
        length, axes = 1, 0
        for n in reversed(shape):
            length *= n
            axes += 1
            if length >= _ENOUGH_LANES:
                break
        return axes

    @cached_property
    def lane_names(self) -> tuple[str, ...]:
        """Parameters that vary along a row."""
        if not isinstance(self.design, Grid):
            return self.design.names
        return self.design.names[len(self.design.shape) - self._lane_axes :]

    @cached_property
    def row_names(self) -> tuple[str, ...]:
        """The other parameters, in the order of the model."""
        return tuple(name for name in self.inputs if name not in self.lane_names)

    @cached_property
    def lanes(self) -> Floats:
        """Values along a row, shape (lane parameters, L)."""
        if not isinstance(self.design, Grid):
            columns = self.design.columns()
            return np.ascontiguousarray([columns[name] for name in self.lane_names])
        axes = [a.values for a in self.design.axes[-self._lane_axes :]]
        if len(axes) == 1:
            return np.ascontiguousarray(axes[0][None, :])
        mesh = np.meshgrid(*axes, indexing="ij")
        return np.ascontiguousarray([m.ravel() for m in mesh])

    @cached_property
    def length(self) -> int:
        """Number of lanes L."""
        return int(self.lanes.shape[1])

    def rows(self, first: int, last: int) -> Floats:
        """Table of the row parameters, shape (last - first, row parameters)."""
        table = np.empty((last - first, len(self.row_names)))
        varying: dict[str, Any] = {}
        if isinstance(self.design, Grid) and len(self.design.shape) > self._lane_axes:
            outer = self.design.axes[: -self._lane_axes]
            places = np.unravel_index(np.arange(first, last), [a.number for a in outer])
            varying = {a.name: a.values[p] for a, p in zip(outer, places, strict=True)}
        for k, name in enumerate(self.row_names):
            table[:, k] = varying[name] if name in varying else self.fixed[name]
        return table

    def blocks(self, start: int, stop: int) -> Iterator[Block]:
        """Cut a run of points into blocks, in order."""
        length = self.length
        while start < stop:
            row, lane = divmod(start, length)
            if lane or stop - start < length or length > _BLOCK_POINTS:
                last = min(length, lane + stop - start, lane + _BLOCK_POINTS)
                block = Block(row, row + 1, lane, last)
            else:
                whole = min((stop - start) // length, max(1, _BLOCK_POINTS // length))
                block = Block(row, row + whole, 0, length)
            yield block
            start += block.size

    def box(self, blocks: list[Block]) -> tuple[list[Floats], list[Floats]]:
        """Smallest and largest value of every input over each block, in the order of inputs."""
        lows = np.empty((len(self.inputs), len(blocks)))
        highs = np.empty_like(lows)
        row_place = [self.inputs.index(name) for name in self.row_names]
        lane_place = [self.inputs.index(name) for name in self.lane_names]
        spans: dict[tuple[int, int], tuple[Floats, Floats]] = {}
        for b, block in enumerate(blocks):
            table = self.rows(block.first_row, block.last_row)
            lows[row_place, b], highs[row_place, b] = table.min(axis=0), table.max(axis=0)
            span = (block.first_lane, block.last_lane)
            if span not in spans:
                part = self.lanes[:, slice(*span)]
                spans[span] = part.min(axis=1), part.max(axis=1)
            lows[lane_place, b], highs[lane_place, b] = spans[span]
        return list(lows), list(highs)

    def columns(self, points: NDArray[np.int64]) -> list[Floats]:
        """Value of every input at some points given by number, in the order of inputs."""
        row, lane = np.divmod(points, self.length)
        first = int(row.min()) if len(row) else 0
        table = self.rows(first, int(row.max(initial=first)) + 1)[row - first]
        of_row = dict(zip(self.row_names, table.T, strict=True))
        of_lane = {name: self.lanes[k, lane] for k, name in enumerate(self.lane_names)}
        return [of_row[name] if name in of_row else of_lane[name] for name in self.inputs]
