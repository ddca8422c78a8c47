"""Numbers from a compiled program: payoffs, margins, critical discount factors.

The counterpart of the sign kernels of :mod:`hedging.program.machine` for outputs that are wanted
themselves.  Nothing is contracted, so they equal those of :mod:`hedging.program.doubles` to the
last bit on every processor, except after exp and log.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from hedging.errors import ParameterError
from hedging.program.graph import Program
from hedging.program.machine_calls import (
    INTEGER,
    LANES,
    POINTER,
    Doubles,
    GridKernel,
    Kernel,
    address,
    games_of,
    output_array,
    padded_games,
    roles,
)
from hedging.program.machine_target import Target

__all__ = ["FusedValues", "StoredValues", "fused_values", "stored_values"]


class StoredValues(Kernel):
    """Value kernel over arrays of games; made by :func:`stored_values`."""

    def __init__(self, program: Program, split: Sequence[int], target: Target) -> None:
        from hedging.program import machine_kernels

        self.split = tuple(split)
        self.outputs = len(program.outputs)
        text = machine_kernels.stored_values(program, self.split)
        super().__init__(text, target, *[POINTER] * len(self.split), INTEGER, POINTER, INTEGER)

    def __call__(self, *arrays: ArrayLike, out: Doubles | None = None) -> Doubles:
        """Value of every output for N games, shape (outputs, N); truth values are 0 and 1."""
        games, number = games_of(arrays, self.split)
        out = output_array(out, (self.outputs, number), np.dtype(np.float64))
        whole = number - number % LANES
        if whole:
            self._call(*map(address, games), whole // LANES, address(out), number)
        if whole < number:
            tails = padded_games(games, whole)
            last = np.empty((self.outputs, LANES))
            self._call(*map(address, tails), 1, address(last), LANES)
            out[:, whole:] = last[:, : number - whole]
        return out


@functools.lru_cache(maxsize=64)
def stored_values(
    program: Program, split: tuple[int, ...] | None = None, target: Target | None = None
) -> StoredValues:
    """Kernel that computes a program's outputs for games stored in arrays.

    Parameters
    ----------
    program, split, target
        As for :func:`stored_signs`.

    Examples
    --------
    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x", "y"])
    >>> program = b.program([b.apply("max", b.input("x"), b.input("y"))])
    >>> stored_values(program)([[1.0, 2.0], [4.0, 3.0]])
    array([[2., 4.]])
    """
    split = (len(program.inputs),) if split is None else split
    if sum(split) != len(program.inputs):
        msg = f"arrays of {split} numbers given for {len(program.inputs)} inputs; they must add up"
        raise ParameterError(msg)
    return StoredValues(program, split, target or Target.host())


class FusedValues(GridKernel):
    """Value kernel that makes its own points; made by :func:`fused_values`."""

    def __init__(
        self, program: Program, rows: Sequence[str], lanes: Sequence[str], target: Target
    ) -> None:
        from hedging.program import machine_kernels

        self.outputs = len(program.outputs)
        self.row_inputs, self.lane_inputs = roles(program, rows, lanes)
        text = machine_kernels.fused_values(program, self.row_inputs, self.lane_inputs)
        super().__init__(
            text, target, POINTER, INTEGER, POINTER, INTEGER, INTEGER, POINTER, INTEGER
        )

    def __call__(self, rows: ArrayLike, lanes: ArrayLike) -> Doubles:
        """Value of every output at every point, shape (outputs, R, L); truth values are 0 and 1."""
        row_table, lane_table, n_rows, n_lanes = self._tables(rows, lanes)
        groups = -(-n_lanes // LANES)
        out = np.empty((self.outputs, n_rows, groups * LANES))
        if out.size:
            self._call(address(row_table), n_rows, address(lane_table),
                       lane_table.strides[0] // 8, groups, address(out),
                       n_rows * groups * LANES)  # fmt: skip
        return out[:, :, :n_lanes]


@functools.lru_cache(maxsize=64)
def fused_values(
    program: Program, rows: tuple[str, ...], lanes: tuple[str, ...], target: Target | None = None
) -> FusedValues:
    """Kernel that computes a program's outputs over a grid or over columns of samples.

    Parameters
    ----------
    program, rows, lanes, target
        As for :func:`fused_signs`.

    Examples
    --------
    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x", "y"])
    >>> program = b.program([b.mul(b.input("x"), b.input("y"))])
    >>> fused_values(program, ("x",), ("y",))([[2.0], [3.0]], [[1.0, 10.0]])
    array([[[ 2., 20.],
            [ 3., 30.]]])
    """
    return FusedValues(program, rows, lanes, target or Target.host())
