r"""A program in machine code: doubles in vector registers, signs in words of 512 bits.

The third arithmetic beside numpy doubles and rationals.  A kernel is generated for one program and
compiled for the processor at hand (:mod:`hedging.program.machine_target`), without a C
compiler.  There are four kinds:

============================  ============================================================
:func:`stored_signs`          games in arrays -> which sign conditions hold, as integer codes
:func:`fused_signs`           parameters of a grid -> the same; payoffs never touch memory
:func:`stored_values`,        the numbers themselves, equal to numpy's to the last bit
:func:`fused_values`          (exp and log: to 4 units in the last place)
============================  ============================================================

Full equilibria from codes are in :mod:`hedging.program.machine_expand`.

A sign kernel computes every output ``D`` of its program, calls its sign certain where ``|D| >
tolerance``, and reads a :class:`~hedging.program.logic.SignLogic` off the certain signs.  What it
calls certain is certain if the tolerances bound the rounding errors; a sign that stays open where
it matters marks the point *undecided*, to be decided by slower arithmetic.  So codes of different
processors can differ only at points they mark as undecided.

*Stored* kernels derive the tolerance from each game,

    tolerance = factor u s^degree + 2^-1000,     s = sum of |D| over the measuring outputs,

with u = 2^-53; factor 0 says that the sign of the computed difference is exact.  ``2^-1000`` covers
underflow: products of k numbers of size s lose at most some 2^-1074 each time they underflow, and
where that is not far below ``u s^degree`` it is far below 2^-1000.  Overflow makes the tolerance
infinite (before anything else overflows, as long as no intermediate exceeds 4096 s^degree). Games
with an infinite or nan payoff are undecided.

*Fused* kernels are given the tolerance of each output, valid for every point of the call.  An
infinite or nan tolerance leaves the sign open.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import ParameterError
from hedging.program.graph import Program
from hedging.program.logic import SignLogic
from hedging.program.machine_calls import (
    BLOCK,
    INTEGER,
    LANES,
    POINTER,
    CodeLayout,
    Codes,
    GridKernel,
    Kernel,
    Scale,
    address,
    games_of,
    output_array,
    padded_games,
    roles,
)
from hedging.program.machine_target import Target
from hedging.program.machine_values import FusedValues, StoredValues, fused_values, stored_values

__all__ = [
    "CodeLayout",
    "Codes",
    "FusedSigns",
    "FusedValues",
    "Scale",
    "StoredSigns",
    "StoredValues",
    "Target",
    "fused_signs",
    "fused_values",
    "stored_signs",
    "stored_values",
]


class StoredSigns(Kernel):
    """Sign kernel over arrays of games; made by :func:`stored_signs`.

    Attributes
    ----------
    layout : CodeLayout
    target : Target
    """

    def __init__(
        self,
        program: Program,
        logic: SignLogic,
        scales: Sequence[Scale],
        split: Sequence[int],
        target: Target,
    ) -> None:
        from hedging.program import machine_kernels

        self.layout = CodeLayout.of(logic)
        self.split = tuple(split)
        _check_scales(program, logic, scales)
        text = machine_kernels.stored(
            program,
            logic,
            scales,
            self.split,
            machine_kernels.Layout(self.layout.bits, self.layout.words),
            masks=target.has_mask_registers,
        )
        super().__init__(
            text, target, *[POINTER] * len(self.split), INTEGER, POINTER, INTEGER, POINTER, POINTER
        )

    def __call__(
        self,
        *arrays: ArrayLike,
        codes: NDArray[Any] | None = None,
        counts: NDArray[np.uint8] | None = None,
    ) -> Codes:
        """Classify N games.

        Parameters
        ----------
        *arrays : array_like, shape (N, ...)
            Numbers of each game in the order of the program's inputs; C-contiguous float64 arrays
            are read in place.
        codes, counts : ndarray, optional
            Where to write: contiguous, of shapes ``layout.shape(N)`` and (N,).

        Returns
        -------
        Codes

        Notes
        -----
        Python's global lock is not held while it runs.
        """
        games, number = games_of(arrays, self.split)
        shape = self.layout.shape(number)
        codes = output_array(codes, shape, self.layout.dtype)
        counts = output_array(counts, (number,), np.dtype(np.uint8))
        tally = np.zeros(2, dtype=np.int64)
        whole = number - number % BLOCK
        if whole:
            self._call(*map(address, games), whole, address(codes), number,
                       address(counts), address(tally))  # fmt: skip
        if whole < number:
            rest = number - whole
            block = np.empty(self.layout.shape(BLOCK), dtype=self.layout.dtype)
            few = np.empty(BLOCK, dtype=np.uint8)
            tails = padded_games(games, whole)
            self._call(*map(address, tails), rest, address(block), BLOCK,
                       address(few), address(tally))  # fmt: skip
            codes[..., whole:] = block[..., :rest]
            counts[whole:] = few[:rest]
        return Codes(codes, counts, int(tally[0]), int(tally[1]))


def _check_scales(program: Program, logic: SignLogic, scales: Sequence[Scale]) -> None:
    def is_difference(output: int) -> bool:
        step = program.code[program.outputs[output]]
        parts = [program.code[a].op for a in step.args]
        return step.op == "input" or (step.op == "sub" and parts == ["input", "input"])

    bounded = [output for scale in scales for output, _, _ in scale.bounds]
    asked = {o for c in logic.candidates for g in c for _, o in g if o is not None}
    missing = sorted(asked - set(bounded))
    if missing or len(set(bounded)) != len(bounded):
        msg = f"outputs {missing} have no tolerance or some have two; bound each in one scale"
        raise ParameterError(msg)
    exact = [o for s in scales for o in s.measure]
    exact += [o for s in scales for o, _, factor in s.bounds if factor == 0]
    wrong = sorted({o for o in exact if not is_difference(o)})
    if wrong:
        msg = f"outputs {wrong} are no differences of two inputs; only such measure or are exact"
        raise ParameterError(msg)


@functools.lru_cache(maxsize=64)
def stored_signs(
    program: Program,
    logic: SignLogic,
    scales: tuple[Scale, ...],
    split: tuple[int, ...] | None = None,
    target: Target | None = None,
) -> StoredSigns:
    """Kernel that classifies games stored in arrays.

    Parameters
    ----------
    program : Program
        From the numbers of a game to the outputs whose signs matter.
    logic : SignLogic
        What to read off the signs.
    scales : tuple of Scale
        Tolerance of every output that occurs in the logic.
    split : tuple of int, optional
        Numbers of a game in each array; default all in one array.
    target : Target, optional
        Default: the processor this process runs on.

    Returns
    -------
    StoredSigns
        Call it with the arrays.

    Raises
    ------
    ParameterError
        If an output has no tolerance, or the parts of ``split`` do not add up to the inputs.

    Examples
    --------
    Which of two numbers is larger?

    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x", "y"])
    >>> program = b.program([b.sub(b.input("x"), b.input("y"))])
    >>> logic = SignLogic(1, ((((1, 0), (1, None)),), (((-1, 0), (1, None)),)))
    >>> kernel = stored_signs(program, logic, (Scale((0,), ((0, 1, 0.0),)),))
    >>> found = kernel([[2.0, 1.0], [1.0, 2.0], [1.0, 1.0]])
    >>> kernel.layout.certain(found.codes).tolist(), kernel.layout.undecided(found.codes).tolist()
    ([[True, False, False], [False, True, False]], [False, False, True])
    """
    split = (len(program.inputs),) if split is None else split
    if sum(split) != len(program.inputs):
        msg = f"arrays of {split} numbers given for {len(program.inputs)} inputs; they must add up"
        raise ParameterError(msg)
    return StoredSigns(program, logic, scales, split, target or Target.host())


class FusedSigns(GridKernel):
    """Sign kernel that makes its own points; made by :func:`fused_signs`.

    Attributes
    ----------
    layout : CodeLayout
    outputs : int
        Number of tolerances it takes.
    target : Target
    """

    def __init__(
        self,
        program: Program,
        logic: SignLogic,
        rows: Sequence[str],
        lanes: Sequence[str],
        zeros: Collection[int],
        target: Target,
    ) -> None:
        from hedging.program import machine_kernels
        from hedging.program.machine_signs import SignPlanes

        self.layout = CodeLayout.of(logic)
        self.outputs = len(program.outputs)
        self.row_inputs, self.lane_inputs = roles(program, rows, lanes)
        slots = SignPlanes.of(program, logic, zeros).slots
        self._slot_outputs = np.array(list(slots.keys()), dtype=np.intp)
        self._slots = np.array(list(slots.values()), dtype=np.intp)
        text = machine_kernels.fused(
            program,
            logic,
            self.row_inputs,
            self.lane_inputs,
            zeros,
            machine_kernels.Layout(self.layout.bits, self.layout.words),
            masks=target.has_mask_registers,
        )
        super().__init__(
            text,
            target,
            POINTER,
            INTEGER,
            POINTER,
            INTEGER,
            INTEGER,
            POINTER,
            POINTER,
            INTEGER,
            POINTER,
            POINTER,
        )

    def scratch(self, rows: int, lanes: int) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Room for the codes and counts of a call, to be used again and again."""
        size = -(-rows * (-(-lanes // LANES)) // (BLOCK // LANES)) * BLOCK
        codes = np.empty(self.layout.shape(size), dtype=self.layout.dtype)
        return codes, np.empty(size, dtype=np.uint8)

    def __call__(
        self,
        rows: ArrayLike,
        lanes: ArrayLike,
        tolerances: ArrayLike,
        *,
        scratch: tuple[NDArray[Any], NDArray[np.uint8]] | None = None,
    ) -> Codes:
        """Classify every point (r, l).

        Parameters
        ----------
        rows : array_like, shape (R, row parameters)
        lanes : array_like, shape (lane parameters, L)
            Read in place if float64 with adjacent lanes and L a multiple of eight.
        tolerances : array_like, shape (outputs,)
            Bound on the rounding error of each output over all points; inf leaves its sign open.
        scratch : pair of arrays, optional
            From :meth:`scratch` with at least as many rows and lanes.

        Returns
        -------
        Codes
            ``codes`` of shape ``layout.shape(R, L)`` and ``counts`` (R, L) are views of the
            scratch; copy what you keep before the next call.

        Notes
        -----
        Python's global lock is not held while it runs.
        """
        row_table, lane_table, n_rows, n_lanes = self._tables(rows, lanes)
        bound = np.asarray(tolerances, dtype=np.float64)
        if bound.shape != (self.outputs,) or bool(np.any(bound < 0)):
            msg = f"tolerances of shape {bound.shape} given; give {self.outputs}, none negative"
            raise ParameterError(msg)
        bound = np.where(np.isnan(bound), np.inf, bound)
        n_slots = int(self._slots.max()) + 1 if len(self._slots) else 0
        upper = np.zeros(n_slots)
        np.maximum.at(upper, self._slots, bound[self._slot_outputs])
        both = np.concatenate([upper, -upper])
        codes, counts = self.scratch(n_rows, n_lanes) if scratch is None else scratch
        padded = -(-n_lanes // LANES) * LANES
        size = n_rows * padded
        room = codes.shape[-1]
        if room < -(-size // BLOCK) * BLOCK or len(counts) < room:
            msg = f"scratch for {room} points given; make it with scratch({n_rows}, {n_lanes})"
            raise ParameterError(msg)
        tally = np.zeros(2, dtype=np.int64)
        if size:
            self._call(address(row_table), n_rows, address(lane_table),
                       lane_table.strides[0] // 8, n_lanes, address(both), address(codes),
                       room, address(counts), address(tally))  # fmt: skip
        shape = (n_rows, padded)
        view = codes[..., :size].reshape(self.layout.shape(*shape))[..., :n_lanes]
        return Codes(view, counts[:size].reshape(shape)[:, :n_lanes], int(tally[0]), int(tally[1]))


@functools.lru_cache(maxsize=64)
def fused_signs(
    program: Program,
    logic: SignLogic,
    rows: tuple[str, ...],
    lanes: tuple[str, ...],
    zeros: frozenset[int] = frozenset(),
    target: Target | None = None,
) -> FusedSigns:
    """Kernel that classifies the points of a grid or of columns of samples.

    Parameters
    ----------
    program : Program
        From parameters to the outputs whose signs matter: the sign program composed with the
        payoffs.
    logic : SignLogic
    rows : tuple of str
        Inputs that are constant along a row; what depends on them alone is computed once per row.
    lanes : tuple of str
        Inputs that vary along a row (at least one).
    zeros : frozenset of int
        Outputs known to vanish identically.  Outputs that are constants are recognised by
        themselves.
    target : Target, optional
        Default: the processor this process runs on.

    Returns
    -------
    FusedSigns
        Call it with tables of the parameters and the tolerances.

    Examples
    --------
    Where is ``x + y`` positive?

    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x", "y"])
    >>> program = b.program([b.add(b.input("x"), b.input("y"))])
    >>> logic = SignLogic(1, ((((1, 0), (1, None)),),))
    >>> kernel = fused_signs(program, logic, ("x",), ("y",))
    >>> found = kernel([[0.0], [1.0]], [[-2.0, -0.5, 0.5]], [1e-12])
    >>> kernel.layout.certain(found.codes)[0].tolist()
    [[False, False, True], [False, True, True]]
    """
    return FusedSigns(program, logic, rows, lanes, zeros, target or Target.host())
