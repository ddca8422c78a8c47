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

__all__ = ["Block", "Layout", "Part"]

_ENOUGH_LANES = 512
_MOST_LANES = 1 << 21
"""Several axes together never make more, since their product is held in memory."""
_BLOCK_POINTS = 1 << 16

_PIECES = 16
_SHORTEST = 16
_WORTH_CUTTING = 1 << 11
"""How parts are cut further; to call a kernel takes as long as to solve fifty points without."""

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


class Part(NamedTuple):
    """A block, or a rectangle cut out of one, and where its points are within the run."""

    block: Block
    at: int
    """Position of its first point."""
    stride: int
    """Positions from one row to the next."""

    def positions(self) -> NDArray[np.int64]:
        """Position of every point, row by row."""
        rows = self.block.last_row - self.block.first_row
        lanes = self.block.last_lane - self.block.first_lane
        inside = np.arange(rows)[:, None] * self.stride + np.arange(lanes)
        return self.at + inside.ravel()

    def place(self) -> Any:
        """The same as an index."""
        rows = self.block.last_row - self.block.first_row
        if rows == 1 or self.stride == self.block.last_lane - self.block.first_lane:
            return slice(self.at, self.at + self.block.size)
        return self.positions()

    def pieces(self) -> list[Part]:
        """Cut in about 16; none if that is not worth while."""
        block = self.block
        if block.size < _WORTH_CUTTING:
            return []
        # Square pieces, since a payoff may be undefined along a line or a curve, but not so
        # short along the lanes that vectors stay empty.
        height, width = block.last_row - block.first_row, block.last_lane - block.first_lane
        across = min(_PIECES // min(height, 4), max(1, width // _SHORTEST))
        rows = _cuts(block.first_row, block.last_row, _PIECES // across)
        lanes = _cuts(block.first_lane, block.last_lane, across)
        return [
            Part(
                Block(*own_rows, *own_lanes),
                self.at
                + (own_rows[0] - block.first_row) * self.stride
                + (own_lanes[0] - block.first_lane),
                self.stride,
            )
            for own_rows in rows
            for own_lanes in lanes
        ]


def _cuts(first: int, last: int, number: int) -> list[tuple[int, int]]:
    step = -(-(last - first) // number)
    return [(k, min(k + step, last)) for k in range(first, last, step)]


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
            if axes and (length >= _ENOUGH_LANES or length * n > _MOST_LANES):
                break
            length *= n
            axes += 1
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
