"""Sweeps in machine code, exact at every point, of models that have a sign system.

A kernel evaluates payoffs and determinants of thousands of points at a time and reads off which
supports carry equilibria (:mod:`hedging.program.machine`).  Its tolerances come from the
error bound of the very program it runs, taken in interval arithmetic over the box of
parameters a block spans.  What a block leaves open goes through

1. the same program in doubles with the error bound of the point itself,
2. double-doubles, 3. rationals (:mod:`hedging.program.adaptive`),

and the exact signs give the equilibria (:mod:`hedging.equilibria.sign_systems`), of two players
however degenerate the point is.  Blocks in which a payoff may not exist (a
division by an interval that contains zero) are cut into smaller ones; what stays doubtful is
taken point by point through the same stages, and points whose payoffs do not exist, or whose
irrational payoffs leave a sign open, are left to the general solver.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.blocks import Block, Layout, Part
from hedging.engine.numbering import Numbering
from hedging.equilibria.regions_code import Regions
from hedging.equilibria.sign_systems import sign_system
from hedging.errors import Status
from hedging.model import Model
from hedging.program import intervals
from hedging.program.adaptive import OPEN, UNDEFINED, exact_signs
from hedging.program.arrange import arrange
from hedging.program.doubles import evaluate
from hedging.program.graph import Builder, Program
from hedging.program.logic import read_logic
from hedging.program.machine import FusedSigns, Target, fused_signs

__all__ = ["STAGES", "Coded", "SignSweep", "can_compile"]

STAGES = ("machine", "doubles", "double_doubles", "rationals", "general")
"""Who decided a point; `general` is the solver that knows about undefined payoffs."""

_BATCH = 1 << 13
"""Undecided points resolved at a time; their temporaries should stay in cache."""


def can_compile(model: Model) -> bool:
    """Whether a model has a sign system small enough to compile."""
    return sign_system(model.program, model.shape) is not None


@dataclass(slots=True)
class Coded:
    """Regions of a run of points.

    Attributes
    ----------
    region : unsigned integer array, shape (N,)
        0 for no answer, otherwise 1 + position in ``regions``.
    regions : list of tuple of int
        Support sets, in order of appearance in the whole sweep.
    count : uint8 array, shape (N,)
    status : uint8 array, shape (N,)
    stages : int64 array
        Number of points per entry of :data:`STAGES`.
    general : list of int64 arrays
        Positions within the run that the general solver has to do.
    """

    region: NDArray[Any]
    count: NDArray[Any]
    status: NDArray[np.uint8]
    regions: Regions = field(default_factory=list)
    stages: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(STAGES), np.int64))
    general: list[NDArray[np.int64]] = field(default_factory=list)

    def put(self, where: Any, numbers: NDArray[Any], count: NDArray[Any]) -> None:
        """Write numbers of regions, and counts, at some positions."""
        self.region = _wide_enough(self.region, int(numbers.max(initial=0)))
        self.region[where] = numbers
        self.count = _wide_enough(self.count, int(count.max(initial=0)))
        self.count[where] = count

    def overwrite(
        self,
        points: NDArray[np.int64],
        codes: NDArray[np.uint32],
        table: Regions,
        count: NDArray[np.int64],
        status: NDArray[np.uint8],
    ) -> None:
        """Put in the general solver's answers at some positions; ``codes`` are of ``table``."""
        places = {key: p for p, key in enumerate(self.regions, start=1)}
        for key in table:
            if key not in places:
                self.regions.append(key)
                places[key] = len(self.regions)
        lookup = np.array([0, *(places[key] for key in table)])
        self.put(points, lookup[codes], count)
        self.status[points] = status
        self.stages[STAGES.index("general")] += len(points)


def _wide_enough(array: NDArray[Any], largest: int) -> NDArray[Any]:
    return array.astype(np.promote_types(array.dtype, np.min_scalar_type(largest)), copy=False)


@lru_cache(maxsize=64)
def _arranged(signs: Program, payoffs: Program, lanes: tuple[str, ...]) -> tuple[Program, Program]:
    """The program the kernel runs, and the one whose errors are bounded: they must be the same.

    Kept, because maps of one model over the same axes are made again and again.
    """
    fast = arrange(signs, lanes)
    builder = Builder(fast.inputs)
    return fast, builder.program([*builder.append(fast), *builder.append(payoffs)])


class SignSweep:
    """The compiled sweep of one model over one layout.

    Parameters
    ----------
    model : Model
        See :func:`can_compile`.
    layout : Layout
    target : Target, optional
        Processor to compile for; the answers are the same.
    """

    def __init__(self, model: Model, layout: Layout, target: Target | None = None) -> None:
        self._layout = layout
        system = sign_system(model.program, model.shape)
        assert system is not None
        self._signs = self.system = system
        self._masks = list(system.masks)
        fast, self._bounded = _arranged(
            self._signs.program, model.program, tuple(layout.lane_names)
        )
        self._kernel: FusedSigns = fused_signs(
            fast,
            self._signs.logic,
            layout.row_names,
            layout.lane_names,
            self._signs.zeros,
            target,
        )
        self._numbering = Numbering(self._masks, self._kernel.layout)

    def codes(self, start: int, stop: int) -> Coded:
        """Regions, counts and status of the points numbered ``start`` to ``stop - 1``."""
        size = stop - start
        result = Coded(
            np.zeros(size, np.uint16), np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        )
        parts = []
        at = 0
        for block in self._layout.blocks(start, stop):
            parts.append(Part(block, at, block.last_lane - block.first_lane))
            at += block.size
        flagged = self._parts(parts, result)
        left = np.concatenate(flagged) if flagged else np.empty(0, dtype=np.int64)
        result.stages[0] = size - len(left) - sum(map(len, result.general))
        for first in range(0, len(left), _BATCH):
            self._resolve(start, left[first : first + _BATCH], result)
        result.regions = list(self._numbering.regions)
        return result

    def _parts(self, parts: list[Part], result: Coded) -> list[NDArray[np.int64]]:
        """Run the kernel wherever errors are bounded; the positions it leaves open."""
        tolerances = self._tolerances([part.block for part in parts])
        bounded: NDArray[np.bool_] = np.asarray(np.isfinite(tolerances).all(axis=0))
        scratch = self._room([part.block for part in parts])
        flagged = [
            self._part(part, tolerances[:, p], scratch, result)
            for p, part in enumerate(parts)
            if bounded[p]
        ]
        for p in np.flatnonzero(~bounded).tolist():
            # Some payoff may not exist, or nothing can be said about its error.
            pieces = parts[p].pieces()
            if pieces:
                flagged.extend(self._parts(pieces, result))
            else:
                # Point by point: the answer at one must not depend on its neighbours.
                flagged.append(parts[p].positions())
        return flagged

    def values(self, points: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        """Values of the varying parameters at some points given by number."""
        columns = dict(zip(self._layout.inputs, self._layout.columns(points), strict=True))
        return {name: columns[name] for name in self._layout.design.names}

    def _tolerances(self, blocks: list[Block]) -> NDArray[np.float64]:
        """Error bound of every determinant over every block; inf where a payoff may not exist."""
        lows, highs = self._layout.box(blocks)
        _, _, errors = intervals.evaluate(self._bounded, lows, highs)
        bound = np.array([np.broadcast_to(e, (len(blocks),)) for e in errors])
        number = len(self._signs.program.outputs)
        undefined = ~np.isfinite(bound[number:]).all(axis=0)
        bound[:number, undefined] = np.inf
        return bound[:number]

    def _room(self, blocks: list[Block]) -> Any:
        rows = max((b.last_row - b.first_row for b in blocks), default=1)
        lanes = max((b.last_lane - b.first_lane for b in blocks), default=1)
        return self._kernel.scratch(rows, lanes)

    def _part(
        self, part: Part, tolerance: NDArray[np.float64], scratch: Any, result: Coded
    ) -> NDArray[np.int64]:
        """Run the kernel on one part; the positions it leaves open, within the run."""
        block = part.block
        rows = self._layout.rows(block.first_row, block.last_row)
        lanes = self._layout.lanes[:, block.first_lane : block.last_lane]
        found = self._kernel(rows, lanes, tolerance, scratch=scratch)
        layout = self._kernel.layout
        # Codes of short rows are padded; flattening copies them together.
        codes = found.codes.reshape(*found.codes.shape[:-2], block.size)
        flagged = bool(found.undecided or found.degenerate)
        here = part.place()
        result.put(here, self._numbering(codes, flagged), found.counts.reshape(block.size))
        if not flagged:
            return np.empty(0, dtype=np.int64)
        open_points = np.flatnonzero(layout.undecided(codes) | layout.degenerate(codes))
        return part.positions()[open_points]

    def _resolve(self, start: int, left: NDArray[np.int64], result: Coded) -> None:
        """Settle points by exact signs."""
        columns = self._layout.columns(start + left)
        signs = exact_signs(self._signs.program, columns)
        sign = signs.sign
        # A payoff that exists only in part is not for exact signs.
        fine = ~(sign == UNDEFINED).any(axis=0)
        fine &= _all_finite(self._signs.payoffs, columns, len(left))
        unknown = (sign == OPEN).any(axis=0)
        # An irrational near tie need not matter.
        loose = np.flatnonzero(unknown & fine)
        if len(loose):
            up, down = sign[:, loose] == 1, sign[:, loose] == -1
            held, undecided = read_logic(self._signs.logic, up, down)
            fine[loose[undecided]] = False
            loose, held = loose[~undecided], held[:, ~undecided]
            which, game = np.nonzero(held)
            masks = np.array(self._masks, dtype=np.uint64)[which]
            numbers = self._numbering.of_supports(game, masks, len(loose))
            result.put(left[loose], numbers, held.sum(axis=0))
        known = np.flatnonzero(fine & ~unknown)
        found = self._signs.settle(sign[:, known])
        if found.unsure.any():
            fine[known[found.unsure]] = False
            # What is settled keeps its place in the list of the others.
            place = np.cumsum(~found.unsure) - 1
            known = known[~found.unsure]
            found = found._replace(game=place[found.game])
        if not fine.all():
            result.general.append(left[~fine])
        for k in (1, 2, 3):
            result.stages[k] += int((signs.stage[fine] == k).sum())
        irregular = np.zeros(len(known), dtype=bool)
        irregular[found.game[~found.regular]] = True
        numbers = self._numbering.of_supports(found.game, found.support, len(known))
        result.put(left[known], numbers, np.bincount(found.game, minlength=len(known)))
        result.status[left[known]] = np.where(irregular, Status.DEGENERATE, Status.OK)


def _all_finite(payoffs: Program, columns: list[Any], size: int) -> NDArray[np.bool_]:
    finite = np.ones(size, dtype=bool)
    for value in evaluate(payoffs, columns):
        finite &= np.isfinite(value)
    return finite
