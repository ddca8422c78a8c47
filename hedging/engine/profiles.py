"""Sweeps that read payoffs without solving games: pure equilibria, and numbers at one profile.

Whether profiles are pure equilibria is decided by the signs of payoff differences, exactly and
for any number of players; the margin of a profile, its payoffs and the discount factor from which
Nash reversion sustains it are straight-line programs over the payoffs.  All are composed with the
model's formulas and compiled like the sign program of :mod:`hedging.engine.compiled`.

The margin has its exact sign.  The discount factor jumps where payoffs tie, since a punishment
comes or goes there; wherever payoffs that are compared come closer to each other than their
rounding errors, the comparisons are made exactly, and the program is evaluated in rationals if
doubles had compared wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.blocks import Block, Layout
from hedging.engine.comparisons import (
    BATCH,
    batches,
    closest_payoffs,
    compared_payoffs,
    payoff_differences,
    payoff_error,
)
from hedging.engine.compiled import STAGES
from hedging.engine.report import VALUES, Answer
from hedging.engine.runs import run_starts
from hedging.equilibria.parametric import vanishing_outputs
from hedging.equilibria.pure_program import (
    margin_program,
    number_of_differences,
    profile_program,
    pure_table,
)
from hedging.errors import Status
from hedging.model import Model
from hedging.program import doubles, intervals, rationals
from hedging.program.adaptive import OPEN, UNDEFINED, exact_signs
from hedging.program.arrange import arrange
from hedging.program.graph import Builder, Program

__all__ = ["ProfileSweep"]

_PART = 1 << 17
"""Points whose payoffs are in memory at the same time."""
_SMALLEST = 2.0**-1074
_LARGEST = 2000
"""Differences of pure strategies that are still worth a kernel."""


class ProfileSweep:
    """The sweep of one model over one layout, for reports that need no solver.

    Parameters
    ----------
    model : Model
    layout : Layout
    report : sequence of str
        ``pure`` and names of :data:`~hedging.engine.report.VALUES`.
    profile : tuple of int, or None
        Action of each player, where the report asks for numbers at a profile.
    machine : bool
        Compile; the answers are the same without.
    """

    def __init__(
        self,
        model: Model,
        layout: Layout,
        report: Sequence[str],
        profile: tuple[int, ...] | None,
        machine: bool,
    ) -> None:
        self._layout = layout
        self._pure = _PureKernel(model, layout, machine) if "pure" in report else None
        programs = _value_programs(model.shape, profile, report)
        self._outputs = {name: len(program.outputs) for name, program in programs.items()}
        builder = Builder(model.program.inputs)
        payoffs = builder.append(model.program)
        values = [v for program in programs.values() for v in builder.append(program, payoffs)]
        self._pairs: list[tuple[int, int]] = []
        if "critical_delta" in programs:
            assert profile is not None
            # The same value twice is a tie that no arithmetic gets wrong.
            pairs = compared_payoffs(model.shape, profile)
            self._pairs = [(x, y) for x, y in pairs if payoffs[x] != payoffs[y]]
        self._comparisons = payoff_differences(model.program, self._pairs)
        values.append(closest_payoffs(builder, payoffs, self._pairs))
        self._values = builder.program([*values, *payoffs])
        self._payoffs = model.program
        self._threshold = programs["critical_delta"].compose(model.program) if self._pairs else None
        self._margin = programs["margin"].compose(model.program) if "margin" in programs else None
        self._kernel: Any = None
        if machine and programs:
            from hedging.program.machine import fused_values

            self._kernel = fused_values(self._values, layout.row_names, layout.lane_names)

    def answer(self, start: int, stop: int) -> Answer:
        """What the points numbered ``start`` to ``stop - 1`` have to say."""
        cuts = [*range(start, stop, _PART), stop]
        parts = [self._answer(a, b) for a, b in pairwise(cuts)]
        if len(parts) == 1:
            return parts[0]
        result = Answer(
            start,
            np.concatenate([part.status for part in parts]),
            np.concatenate([part.count for part in parts]),
        )
        if self._pure is not None:
            result.pure = np.concatenate([part.pure for part in parts if part.pure is not None])
        for name in parts[0].values:
            result.values[name] = np.concatenate([part.values[name] for part in parts])
        for part in parts:
            for stage, points in part.stages.items():
                result.stages[stage] = result.stages.get(stage, 0) + points
        return result

    def _answer(self, start: int, stop: int) -> Answer:
        size = stop - start
        blocks = list(self._layout.blocks(start, stop))
        status = np.zeros(size, dtype=np.uint8)
        result = Answer(start, status, np.zeros(size, dtype=np.uint8))
        if self._pure is not None:
            result.pure, undecided, undefined, result.stages = self._pure(start, blocks)
            status[undecided] = Status.DEGENERATE
            status[undefined] = Status.NONFINITE
            result.pure[undefined] = False
        if self._outputs:
            self._add_values(result, blocks)
        return result

    def _add_values(self, result: Answer, blocks: list[Block]) -> None:
        """Numbers at the profile; nan where a payoff does not exist."""
        values = np.empty((len(self._values.outputs), result.size))
        at = 0
        for block in blocks:
            values[:, at : at + block.size] = self._evaluate(result.start + at, block)
            at += block.size
        number = sum(self._outputs.values())
        closest, payoffs = values[number], values[number + 1 :]
        error = payoff_error(self._payoffs, self._layout, blocks)
        finite: NDArray[np.bool_] = np.asarray(np.isfinite(payoffs).all(axis=0))
        # Rounding may hide a division by zero.
        doubt = np.flatnonzero(finite & ~np.isfinite(error))
        for points in batches(doubt):
            columns = self._layout.columns(result.start + points)
            undefined = exact_signs(self._payoffs, columns).sign == UNDEFINED
            finite[points[undefined.any(axis=0)]] = False
        result.status[~finite] = Status.NONFINITE
        first = 0
        for name, number in self._outputs.items():
            rows = np.where(finite, values[first : first + number], np.nan)
            first += number
            if name == "margin":
                self._fix_sign(rows[0], result, blocks)
            elif name == "critical_delta" and self._pairs:
                near = np.flatnonzero(finite & (closest <= 2 * error) & (error > 0))
                for points in batches(near):
                    self._compare(rows, payoffs, points, result)
            result.values |= _named(name, rows)

    def _compare(
        self,
        rows: NDArray[np.float64],
        payoffs: NDArray[np.float64],
        points: NDArray[np.int64],
        result: Answer,
    ) -> None:
        """Put right the thresholds at some points where doubles may have compared wrongly."""
        columns = self._layout.columns(result.start + points)
        signs = exact_signs(self._comparisons, columns).sign
        open_ = (signs == OPEN).any(axis=0)
        seen = np.array([np.sign(payoffs[x, points] - payoffs[y, points]) for x, y in self._pairs])
        assert self._threshold is not None
        for k in np.flatnonzero((seen != signs).any(axis=0) & ~open_).tolist():
            try:
                exact = rationals.evaluate(
                    self._threshold, [Fraction(float(c[k])) for c in columns]
                )
            except (rationals.Irrational, ZeroDivisionError):
                open_[k] = True
            else:
                rows[:, points[k]] = [float(value) for value in exact]
        result.status[points[open_]] = Status.DEGENERATE

    def _fix_sign(self, margin: NDArray[np.float64], result: Answer, blocks: list[Block]) -> None:
        """Give a margin near zero its exact sign, which says whether there is an equilibrium."""
        assert self._margin is not None
        lows, highs = self._layout.box(blocks)
        _, _, errors = intervals.evaluate(self._margin, lows, highs)
        bound = np.repeat(np.broadcast_to(errors[0], (len(blocks),)), [b.size for b in blocks])
        for points in batches(np.flatnonzero(np.abs(margin) <= bound)):
            sign = exact_signs(self._margin, self._layout.columns(result.start + points)).sign[0]
            # An open sign is a tie for all that doubles can tell, as it is for pure equilibria.
            result.status[points[sign == OPEN]] = Status.DEGENERATE
            sign = np.where(sign == OPEN, 0, sign)
            size = np.maximum(np.abs(margin[points]), _SMALLEST)
            settled = np.where(sign == 0, 0.0, np.copysign(size, sign))
            margin[points] = np.where(np.abs(sign) <= 1, settled, margin[points])

    def _evaluate(self, first: int, block: Block) -> NDArray[np.float64]:
        if self._kernel is None:
            columns = self._layout.columns(np.arange(first, first + block.size))
            found = doubles.evaluate(self._values, columns)
            return np.array([np.broadcast_to(v, (block.size,)) for v in found])
        rows = self._layout.rows(block.first_row, block.last_row)
        lanes = self._layout.lanes[:, block.first_lane : block.last_lane]
        result: NDArray[np.float64] = self._kernel(rows, lanes).reshape(-1, block.size)
        return result


def _value_programs(
    shape: tuple[int, ...], profile: tuple[int, ...] | None, report: Sequence[str]
) -> dict[str, Program]:
    wanted = [name for name in VALUES if name in report]
    if not wanted:
        return {}
    from hedging.repeated.reversion_program import nash_reversion_program

    assert profile is not None
    make = {
        "margin": margin_program,
        "profile_payoff": profile_program,
        "critical_delta": nash_reversion_program,
    }
    return {name: make[name](shape, profile) for name in wanted}


def _named(name: str, rows: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Variables of one report, points first."""
    if name == "margin":
        return {name: rows[0]}
    if name == "profile_payoff":
        return {name: np.ascontiguousarray(rows.T)}
    from hedging.repeated.reversion_program import read_never

    defined = ~np.isnan(rows).any(axis=0)
    threshold = read_never(rows.max(axis=0))
    # Nobody binds where no player gains by deviating.
    binding = np.where(defined & (threshold > 0), np.nan_to_num(rows).argmax(axis=0), -1)
    return {name: threshold, "binding_player": binding.astype(np.int8)}


class _PureKernel:
    """Which profiles are pure equilibria, exactly."""

    def __init__(self, model: Model, layout: Layout, machine: bool) -> None:
        table = pure_table(model.shape)
        self._layout = layout
        self._profiles = len(table.logic.candidates)
        self._logic = table.logic
        self._payoffs = model.program
        composed = table.program.compose(model.program)
        self._zeros = vanishing_outputs(composed)
        builder = Builder(composed.inputs)
        values = builder.append(composed)
        self._program = builder.program(
            [builder.constant(0) if d in self._zeros else v for d, v in enumerate(values)]
        )
        self._kernel: Any = None
        if machine and number_of_differences(model.shape) <= _LARGEST:
            from hedging.program.machine import fused_signs

            fast = arrange(self._program, layout.lane_names)
            joined = Builder(fast.inputs)
            self._bounded = joined.program([*joined.append(fast), *joined.append(model.program)])
            self._kernel = fused_signs(
                fast, table.logic, layout.row_names, layout.lane_names, self._zeros
            )

    def __call__(
        self, start: int, blocks: list[Block]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], dict[str, int]]:
        """Equilibria (N, profiles), points with a sign left open, without payoffs, and stages."""
        size = sum(block.size for block in blocks)
        pure = np.zeros((size, self._profiles), dtype=np.bool_)
        left = np.arange(size)
        if self._kernel is not None:
            left = self._run(blocks, pure)
        stages = dict.fromkeys(STAGES, 0)
        stages["machine"] = size - len(left)
        undecided = np.zeros(size, dtype=np.bool_)
        undefined = np.zeros(size, dtype=np.bool_)
        for first in range(0, len(left), BATCH):
            points = left[first : first + BATCH]
            signs, stage = exact_signs(self._program, self._layout.columns(start + points))
            for k in (1, 2, 3):
                stages[STAGES[k]] += int((stage == k).sum())
            payoffs = doubles.evaluate(self._payoffs, self._layout.columns(start + points))
            undefined[points] = (signs == UNDEFINED).any(axis=0)
            for payoff in payoffs:
                undefined[points] |= ~np.isfinite(payoff)
            undecided[points] = (signs == OPEN).any(axis=0)
            for p, (group,) in enumerate(self._logic.candidates):
                holds = np.ones(len(points), dtype=np.bool_)
                for s, d in group:
                    if d is not None:
                        # An open sign is a tie for all that doubles can tell.
                        holds &= (signs[d] == 0) | (signs[d] == s) | (signs[d] == OPEN)
                pure[points, p] = holds
        return pure, undecided, undefined, stages

    def _certain(self, codes: NDArray[Any]) -> NDArray[np.bool_]:
        """Truth values of all candidates, points first, decoded once per run of equal codes."""
        starts = run_starts(codes)
        heads = np.ascontiguousarray(codes[..., starts])
        table = np.ascontiguousarray(self._kernel.layout.certain(heads).T)
        lengths = np.diff(np.append(starts, codes.shape[-1]))
        result: NDArray[np.bool_] = np.repeat(table, lengths, axis=0)
        return result

    def _run(self, blocks: list[Block], pure: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Fill in what the kernel decides; the positions of the others."""
        lows, highs = self._layout.box(blocks)
        _, _, errors = intervals.evaluate(self._bounded, lows, highs)
        bound = np.array([np.broadcast_to(e, (len(blocks),)) for e in errors])
        number = len(self._program.outputs)
        sure = np.isfinite(bound).all(axis=0)
        left: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        at = 0
        for b, block in enumerate(blocks):
            here = slice(at, at + block.size)
            at += block.size
            if not sure[b]:
                left.append(np.arange(here.start, here.stop))
                continue
            rows = self._layout.rows(block.first_row, block.last_row)
            lanes = self._layout.lanes[:, block.first_lane : block.last_lane]
            found = self._kernel(rows, lanes, bound[:number, b])
            layout = self._kernel.layout
            codes = found.codes.reshape(*found.codes.shape[:-2], block.size)
            pure[here] = self._certain(codes)
            if found.undecided or found.degenerate:
                flags = layout.undecided(codes) | layout.degenerate(codes)
                left.append(here.start + np.flatnonzero(flags))
        return np.concatenate(left)
