"""A family swept by our kernel, with the parts of the work apart, so that each can be timed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from benchmarks.families import HIGH, LOW, PARAMETERS
from hedging.engine.blocks import Block, Layout
from hedging.engine.design import Grid, grid
from hedging.equilibria.parametric import parametric_signs
from hedging.model import Model
from hedging.program import intervals
from hedging.program.arrange import arrange
from hedging.program.graph import Program
from hedging.program.logic import SignLogic
from hedging.program.machine import fused_signs

LANES = 1024
"""Length of the last axis."""


def eight_axes(bits: int) -> Grid:
    """A grid of ``2 ** bits`` points over all eight parameters, 1024 along the last."""
    rows = bits - 10
    numbers = [2 ** (rows // 7 + (k < rows % 7)) for k in range(7)]
    ends = [(LOW, HIGH, n) for n in (*numbers, LANES)]
    return grid(**dict(zip(PARAMETERS, ends, strict=True)))


class FusedSweep:
    """The kernel of a family over a grid, and all it is called with.

    Parameters
    ----------
    model : Model
    design : Grid
        With 1024 points along its last axis, as from :func:`eight_axes`.  What it does not vary
        is at its default.
    program, logic : Program, SignLogic
        From parameters to the outputs whose signs matter, and what is read off them.
    step : int
        Rows to a call; what a call costs in Python should be small beside what it does.
    zeros : frozenset of int
        Outputs that vanish identically.
    """

    def __init__(
        self,
        model: Model,
        design: Grid,
        program: Program,
        logic: SignLogic,
        step: int = 256,
        zeros: frozenset[int] = frozenset(),
    ) -> None:
        fixed = {n: float(p.default) for n, p in model.parameters.items() if n not in design.names}
        self.layout = Layout(design, fixed, tuple(model.parameters))
        assert self.layout.length == LANES
        self.size = design.size
        self.fast = arrange(program, self.layout.lane_names)
        names = self.layout.row_names, self.layout.lane_names
        self.kernel = fused_signs(self.fast, logic, *names, zeros)
        self.lanes = self.layout.lanes
        table = self.layout.rows(0, self.size // LANES)
        self.starts = range(0, len(table), step)
        self.rows = [table[start : start + step] for start in self.starts]
        self.scratch = self.kernel.scratch(len(self.rows[0]), LANES)
        self.tolerances = self.bounds()

    def bounds(self) -> NDArray[np.float64]:
        """Rounding error of every output over all points of each call, shape (calls, outputs)."""
        ends = zip(self.starts, self.rows, strict=True)
        blocks = [Block(start, start + len(rows), 0, LANES) for start, rows in ends]
        _, _, errors = intervals.evaluate(self.fast, *self.layout.box(blocks))
        return np.array([np.broadcast_to(e, len(blocks)) for e in errors]).T

    def run(self) -> None:
        """Codes and counts of all points, call after call into the same memory."""
        for rows, tolerance in zip(self.rows, self.tolerances, strict=True):
            self.kernel(rows, self.lanes, tolerance, scratch=self.scratch)

    def run_with_bounds(self) -> None:
        """The same, the error bounds worked out as well."""
        self.tolerances = self.bounds()
        self.run()

    def answers(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Codes and counts of all points in order, kept."""
        codes, counts = [], []
        for rows, tolerance in zip(self.rows, self.tolerances, strict=True):
            found = self.kernel(rows, self.lanes, tolerance, scratch=self.scratch)
            codes.append(found.codes.reshape(*found.codes.shape[:-2], -1).copy())
            counts.append(found.counts.reshape(-1).copy())
        return np.concatenate(codes, axis=-1), np.concatenate(counts)


def bimatrix_sweep(model: Model, design: Grid, step: int = 256) -> FusedSweep:
    """Sweep of a two-player family: determinants and the logic that reads equilibria off them."""
    signs = parametric_signs(model.program, *model.shape)
    assert not signs.zeros
    return FusedSweep(model, design, signs.program, signs.table.logic, step)


def by_lambdify(model: Model) -> Callable[..., NDArray[np.float64]]:
    """Payoffs the usual way: ``sympy.lambdify`` to numpy; shape (players, payoffs, points)."""
    flat = [e for table in model.payoffs.values() for e in sympy.flatten(table)]
    call = sympy.lambdify(list(map(sympy.Symbol, model.parameters)), flat, "numpy", cse=True)
    players = len(model.shape)

    def payoffs(*columns: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.stack([np.broadcast_to(v, columns[0].shape) for v in call(*columns)])
        return values.reshape(players, -1, len(columns[0]))

    return payoffs


class Inline(Executor):
    """Runs every task in the thread that submits it: one core, and its time can be measured."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it now."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future
