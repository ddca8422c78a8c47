"""Sweeps of two-player models in machine code, exact at every point.

A kernel evaluates payoffs and determinants of thousands of points at a time and reads off which
support pairs carry equilibria (:mod:`hedging.program.machine`).  Its tolerances come from the
error bound of the very program it runs, taken in interval arithmetic over the box of
parameters a block spans.  What a block leaves open goes through

1. the same program in doubles with the error bound of the point itself,
2. double-doubles, 3. rationals (:mod:`hedging.program.adaptive`),

and the exact signs give the equilibria however degenerate the point is
(:mod:`hedging.equilibria.extreme_batch`).  Blocks in which a payoff may not exist (a
division by an interval that contains zero) are left to the general solver.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.blocks import Block, Layout
from hedging.engine.runs import run_starts
from hedging.equilibria.extreme_batch import extreme_pairs
from hedging.equilibria.parametric import parametric_signs
from hedging.equilibria.regions_code import Regions, support_order
from hedging.errors import Status
from hedging.model import Model
from hedging.program import intervals
from hedging.program.adaptive import OPEN, UNDEFINED, exact_signs
from hedging.program.arrange import arrange
from hedging.program.doubles import evaluate
from hedging.program.graph import Builder, Program
from hedging.program.machine import CodeLayout, FusedSigns, fused_signs

__all__ = ["STAGES", "Coded", "SignSweep", "can_compile"]

STAGES = ("machine", "doubles", "double_doubles", "rationals", "general")
"""Who decided a point; `general` is the solver that knows about undefined payoffs."""

_LUT_BITS = 20
_BATCH = 1 << 13
"""Undecided points resolved at a time; their temporaries should stay in cache."""


def can_compile(model: Model) -> bool:
    """Whether a model is one of two players small enough for the sign program."""
    from hedging.equilibria.determinants import LARGEST, program_size

    if len(model.shape) != 2 or min(model.shape) > LARGEST:
        return False
    # Beyond some thousand determinants compiling takes longer than most sweeps.
    return program_size(*model.shape) <= 500 and min(model.shape) > 1


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
        self.region = _wide_enough(self.region, len(self.regions))
        self.region[points] = lookup[codes]
        self.count = _wide_enough(self.count, int(count.max(initial=0)))
        self.count[points] = count
        self.status[points] = status
        self.stages[STAGES.index("general")] += len(points)


def _wide_enough(array: NDArray[Any], largest: int) -> NDArray[Any]:
    return array.astype(np.promote_types(array.dtype, np.min_scalar_type(largest)), copy=False)


class _Numbering:
    """Numbers for support sets and for the codes that mean them, in order of appearance.

    One numbering serves all threads of a sweep, so that equal numbers mean equal sets.
    """

    def __init__(self, masks: list[int], layout: CodeLayout) -> None:
        self._masks = masks
        self._layout = layout
        self._lock = Lock()
        self._of_code: dict[int, int] = {}
        self._of_set: dict[tuple[int, ...], int] = {}
        self.regions: Regions = []
        small = len(masks) <= _LUT_BITS and layout.words == 1
        self._table = np.zeros(1 << len(masks), dtype=np.uint16) if small else None
        self._clear = (1 << len(masks)) - 1

    def of_set(self, masks: tuple[int, ...]) -> int:
        """Number of a set of supports in canonical order."""
        with self._lock:
            number = self._of_set.get(masks)
            if number is None:
                self.regions.append(masks)
                number = self._of_set[masks] = len(self.regions)
        return number

    def _of(self, code: int) -> int:
        number = self._of_code.get(code)
        if number is None:
            held = [mask for c, mask in enumerate(self._masks) if code >> c & 1]
            number = self._of_code[code] = self.of_set(tuple(sorted(held, key=support_order)))
        return number

    def __call__(self, codes: NDArray[Any], flagged: bool) -> NDArray[Any]:
        """Number of the set of each point; 0 where the code is ``flagged`` as not final.

        Parameters
        ----------
        codes : unsigned integer array, shape ``layout.shape(N)``
        flagged : bool
            Whether any point is.
        """
        starts = run_starts(codes)
        size = codes.shape[-1]
        if 4 * len(starts) > size:
            return self._each(codes, flagged)
        numbers = self._each(np.ascontiguousarray(codes[..., starts]), flagged)
        return np.repeat(numbers, np.diff(np.append(starts, size)))

    def _each(self, codes: NDArray[Any], flagged: bool) -> NDArray[Any]:
        numbers = self._look_up(codes)
        if flagged:
            open_points = self._layout.undecided(codes) | self._layout.degenerate(codes)
            numbers = np.where(open_points, numbers.dtype.type(0), numbers)
        return numbers

    def _look_up(self, codes: NDArray[Any]) -> NDArray[Any]:
        numbers: NDArray[Any]
        if self._table is None:
            return self._sorted_look_up(codes)
        place = codes & codes.dtype.type(self._clear)
        numbers = self._table[place]
        if not numbers.all():
            fresh = np.unique(codes[numbers == 0])
            final = fresh[~(self._layout.undecided(fresh) | self._layout.degenerate(fresh))]
            for code in final.tolist():
                self._table[code] = self._of(code)
            numbers = self._table[place]
        return numbers

    def _sorted_look_up(self, codes: NDArray[Any]) -> NDArray[Any]:
        """The same for codes too wide for a table."""
        rows = codes[None] if codes.ndim == 1 else codes
        if len(rows) == 1:
            heads, place = np.unique(rows[0], return_inverse=True)
            heads = heads[:, None]
        else:
            heads, place = np.unique(rows.T, axis=0, return_inverse=True)
        width = 8 * codes.dtype.itemsize
        columns = np.ascontiguousarray(heads.T)
        whole = columns if len(columns) > 1 else columns[0]
        final = ~(self._layout.undecided(whole) | self._layout.degenerate(whole))
        numbers = np.zeros(len(heads), dtype=np.uint32)
        for k in np.flatnonzero(final).tolist():
            numbers[k] = self._of(sum(int(w) << (width * i) for i, w in enumerate(heads[k])))
        return numbers[place.reshape(-1)]


class SignSweep:
    """The compiled sweep of one model over one layout.

    Parameters
    ----------
    model : Model
        Of two players, see :func:`can_compile`.
    layout : Layout
    """

    def __init__(self, model: Model, layout: Layout) -> None:
        m, n = model.shape
        self._layout = layout
        self._signs = parametric_signs(model.program, m, n)
        table = self._signs.table
        self._masks = [
            sum(1 << i for i in rows) | sum(1 << (m + j) for j in columns)
            for rows, columns in table.supports
        ]
        # What the kernel runs and what its errors are bounded for must be the same program.
        fast = arrange(self._signs.program, layout.lane_names)
        builder = Builder(fast.inputs)
        self._bounded = builder.program([*builder.append(fast), *builder.append(model.program)])
        self._kernel: FusedSigns = fused_signs(
            fast,
            table.logic,
            layout.row_names,
            layout.lane_names,
            self._signs.zeros,
        )
        self._numbering = _Numbering(self._masks, self._kernel.layout)

    def codes(self, start: int, stop: int) -> Coded:
        """Regions, counts and status of the points numbered ``start`` to ``stop - 1``."""
        size = stop - start
        numbering = self._numbering
        wide = len(self._masks) > _LUT_BITS
        region = np.empty(size, dtype=np.uint32 if wide else np.uint16)
        result = Coded(region, np.empty(size, np.uint8), np.zeros(size, np.uint8))
        blocks = list(self._layout.blocks(start, stop))
        tolerances = self._tolerances(blocks)
        scratch = self._room(blocks)
        at = 0
        flagged: list[NDArray[np.int64]] = []
        for b, block in enumerate(blocks):
            here = slice(at, at + block.size)
            if not np.isfinite(tolerances[:, b]).all():
                # Some payoff may not exist, or nothing can be said about its error.
                result.general.append(np.arange(at, at + block.size))
                at += block.size
                continue
            flagged.extend(self._block(block, tolerances[:, b], scratch, numbering, result, here))
            at += block.size
        left = np.concatenate(flagged) if flagged else np.empty(0, dtype=np.int64)
        result.stages[0] = size - len(left) - sum(map(len, result.general))
        for first in range(0, len(left), _BATCH):
            self._resolve(start, left[first : first + _BATCH], numbering, result)
        result.regions = list(numbering.regions)
        return result

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

    def _block(
        self,
        block: Block,
        tolerance: NDArray[np.float64],
        scratch: Any,
        numbering: _Numbering,
        result: Coded,
        here: slice,
    ) -> list[NDArray[np.int64]]:
        """Run the kernel on a block; the positions it leaves open, within the run."""
        rows = self._layout.rows(block.first_row, block.last_row)
        lanes = self._layout.lanes[:, block.first_lane : block.last_lane]
        found = self._kernel(rows, lanes, tolerance, scratch=scratch)
        layout = self._kernel.layout
        # Codes of short rows are padded; flattening copies them together.
        codes = found.codes.reshape(*found.codes.shape[:-2], block.size)
        flagged = bool(found.undecided or found.degenerate)
        result.region[here] = numbering(codes, flagged)
        result.count[here] = found.counts.reshape(block.size)
        if not flagged:
            return []
        open_points = layout.undecided(codes) | layout.degenerate(codes)
        return [here.start + np.flatnonzero(open_points)]

    def _resolve(
        self, start: int, left: NDArray[np.int64], numbering: _Numbering, result: Coded
    ) -> None:
        """Settle points by exact signs."""
        table = self._signs.table
        columns = self._layout.columns(start + left)
        signs = exact_signs(self._signs.program, columns)
        # An irrational near tie, or a payoff that exists only in part: not for exact signs.
        odd = (signs.sign == OPEN).any(axis=0) | (signs.sign == UNDEFINED).any(axis=0)
        odd |= ~_all_finite(self._signs.payoffs, columns, len(left))
        if odd.any():
            result.general.append(left[odd])
        fine = np.flatnonzero(~odd)
        for k in (1, 2, 3):
            result.stages[k] += int((signs.stage[fine] == k).sum())
        found = extreme_pairs(table.m, table.n, signs.sign[:, fine])
        points = left[fine]
        count = np.bincount(found.game, minlength=len(fine))
        irregular = np.zeros(len(fine), dtype=bool)
        irregular[found.game[~found.regular]] = True
        result.count[points] = count
        result.status[points] = np.where(irregular, Status.DEGENERATE, Status.OK)
        result.region[points] = _number_sets(found.game, found.support, len(fine), numbering)


def _all_finite(payoffs: Program, columns: list[Any], size: int) -> NDArray[np.bool_]:
    finite = np.ones(size, dtype=bool)
    for value in evaluate(payoffs, columns):
        finite &= np.isfinite(value)
    return finite


def _number_sets(
    game: NDArray[np.int64], support: NDArray[np.uint64], games: int, numbering: _Numbering
) -> NDArray[Any]:
    """Number of the set of supports of each game."""
    different, place = np.unique(support, return_inverse=True)
    # One bit per support that occurs here, in words of 62 bits.
    words = -(-max(1, len(different)) // 62)
    held = np.zeros((games, words), dtype=np.int64)
    place = place.reshape(-1)
    np.bitwise_or.at(held, (game, place // 62), np.int64(1) << (place % 62))
    rows, inverse = np.unique(held, axis=0, return_inverse=True)
    masks = different.tolist()
    numbers = []
    for row in rows.tolist():
        own = [mask for k, mask in enumerate(masks) if row[k // 62] >> (k % 62) & 1]
        numbers.append(numbering.of_set(tuple(sorted(own, key=support_order))))
    return np.array(numbers, dtype=np.uint32)[inverse.reshape(-1)]
