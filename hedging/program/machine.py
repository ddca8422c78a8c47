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

A sign kernel computes every output ``D`` of its program, calls its sign certain where
``|D| > tolerance``, and reads a :class:`~hedging.program.logic.SignLogic` off the certain
signs.  What it calls certain is certain if the tolerances bound the rounding errors; a sign that stays open
where it matters marks the point *undecided*, to be decided by slower arithmetic.  So
codes of different processors can differ only at points they mark as undecided.

*Stored* kernels derive the tolerance from each game,

    tolerance = factor u s^degree + 2^-1000,     s = sum of |D| over the measuring outputs,

with u = 2^-53; factor 0 says that the sign of the computed difference is exact.  ``2^-1000`` covers
underflow: products of k numbers of size s lose at most some 2^-1074 each time they
underflow, and where that is not far below ``u s^degree`` it is far below 2^-1000.  Overflow makes the
tolerance infinite (before anything else overflows, as long as no intermediate exceeds 4096 s^degree).
Games with an infinite or nan payoff are undecided.

*Fused* kernels are given the tolerance of each output, valid for every point of the call.  An infinite or nan
tolerance leaves the sign open.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import FormulaError, ParameterError
from hedging.program.graph import Program
from hedging.program.logic import SignLogic
from hedging.program.machine_target import Library, Target, build

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

_LANES = 8
_BLOCK = 512

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CodeLayout:
    """How the truth values of a point are packed into unsigned integers.

    Bit c is set if candidate c is certain.  The highest bit says *undecided*: a sign that matters is open.
    The second highest says *degenerate*: some candidate asks for the sign of an output
    that is known to be zero, and all its other signs are certain and agree.

    Attributes
    ----------
    candidates : int
    bits : int
        Width of a word: 8, 16, 32 or 64.
    words : int
        Words per point; more than one only if candidates and flags need more than 64 bits.
    """

    candidates: int
    bits: int
    words: int

    @staticmethod
    def of(logic: SignLogic) -> CodeLayout:
        """Return the narrowest layout for a logic.

        Examples
        --------
        >>> CodeLayout.of(SignLogic(0, ((),) * 19))
        CodeLayout(candidates=19, bits=32, words=1)
        """
        need = len(logic.candidates) + 2
        bits = next((b for b in (8, 16, 32, 64) if need <= b), 64)
        return CodeLayout(len(logic.candidates), bits, -(-need // bits))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of one word."""
        return np.dtype(f"u{self.bits // 8}")

    def shape(self, *points: int) -> tuple[int, ...]:
        """Shape of the codes of an array of points: word first if there are several."""
        return points if self.words == 1 else (self.words, *points)

    def _top(self, codes: NDArray[Any]) -> NDArray[Any]:
        return codes if self.words == 1 else codes[-1]

    def undecided(self, codes: NDArray[Any]) -> NDArray[np.bool_]:
        """Where the sign of an output that matters is open."""
        return self._top(codes) >= self.dtype.type(1 << (self.bits - 1))

    def degenerate(self, codes: NDArray[Any]) -> NDArray[np.bool_]:
        """Where an output known to be zero makes a candidate degenerate."""
        return (self._top(codes) & self.dtype.type(1 << (self.bits - 2))) != 0

    def certain(self, codes: NDArray[Any]) -> NDArray[np.bool_]:
        """Truth value of each candidate, shape (candidates, \\*points)."""
        words = codes[None] if self.words == 1 else codes
        return np.stack(
            [
                (words[c // self.bits] >> self.dtype.type(c % self.bits) & self.dtype.type(1)) != 0
                for c in range(self.candidates)
            ]
        )


class Codes(NamedTuple):
    """What a sign kernel found.

    Attributes
    ----------
    codes : unsigned integer array
        One code per point, in the kernel's :class:`CodeLayout`.
    counts : uint8 array
        Number of certain candidates of each point.
    undecided, degenerate : int
        Number of points with the flag of that name; both 0 means that every code is final.
    """

    codes: NDArray[Any]
    counts: NDArray[np.uint8]
    undecided: int
    degenerate: int


class Scale(NamedTuple):
    """Outputs whose rounding errors grow with one and the same size ``s``.

    Attributes
    ----------
    measure : tuple of int
        Outputs, each a difference of two inputs or an input, whose absolute values add up to s.
    bounds : tuple of (output, degree, factor)
        The tolerance of an output is ``factor u s^degree``; exactly 0 if the factor is 0, which asks
        for an output that is a difference of two inputs, or an input.
    """

    measure: tuple[int, ...]
    bounds: tuple[tuple[int, int, float], ...]


def _address(array: NDArray[Any]) -> int:
    # Four times as fast as ``array.ctypes.data``, which a single game would notice.
    if array.flags.writeable and array.flags.c_contiguous and array.size:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))
    return int(array.ctypes.data)


def _games(arrays: Sequence[ArrayLike], split: Sequence[int]) -> tuple[list[Doubles], int]:
    """Flatten each array to (games, width), checked."""
    if len(arrays) != len(split):
        msg = f"{len(arrays)} arrays given to a kernel of {len(split)}; give one for each"
        raise ParameterError(msg)
    found: list[Doubles] = []
    for array, width in zip(arrays, split, strict=True):
        flat = np.ascontiguousarray(array, dtype=np.float64)
        if flat.ndim < 1 or flat.size != len(flat) * width:
            msg = f"array of shape {flat.shape} given; expected (games, ...) with {width} numbers a game"
            raise ParameterError(msg)
        found.append(flat.reshape(len(flat), width))
    lengths = {len(a) for a in found}
    if len(lengths) != 1:
        msg = f"arrays of {sorted(lengths)} games given; give the same games in each"
        raise ParameterError(msg)
    return found, lengths.pop()


def _padded_games(arrays: Sequence[Doubles], start: int) -> list[Doubles]:
    """Games from ``start`` on, with games of zeros up to a multiple of eight."""
    tails = []
    for array in arrays:
        rest = array[start:]
        tail = np.zeros((-(-len(rest) // _LANES) * _LANES, array.shape[1]))
        tail[: len(rest)] = rest
        tails.append(tail)
    return tails


class _Kernel:
    """A compiled function."""

    def __init__(self, assembly: str, target: Target, *arguments: Any) -> None:
        self.target = target
        library: Library = build(assembly, target)
        self._call: Callable[..., None] = library.function("kernel", None, *arguments)


_P, _I = ctypes.c_void_p, ctypes.c_int64


class StoredSigns(_Kernel):
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
        super().__init__(text, target, *[_P] * len(self.split), _I, _P, _I, _P, _P)

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
            Numbers of each game in the order of the program's inputs; C-contiguous float64 arrays are
            read in place.
        codes, counts : ndarray, optional
            Where to write: contiguous, of shapes ``layout.shape(N)`` and (N,).

        Returns
        -------
        Codes

        Notes
        -----
        Python's global lock is not held while it runs.
        """
        games, number = _games(arrays, self.split)
        shape = self.layout.shape(number)
        codes = _output(codes, shape, self.layout.dtype)
        counts = _output(counts, (number,), np.dtype(np.uint8))
        tally = np.zeros(2, dtype=np.int64)
        whole = number - number % _BLOCK
        if whole:
            self._call(*map(_address, games), whole, _address(codes), number,
                       _address(counts), _address(tally))  # fmt: skip
        if whole < number:
            rest = number - whole
            block = np.empty(self.layout.shape(_BLOCK), dtype=self.layout.dtype)
            few = np.empty(_BLOCK, dtype=np.uint8)
            tails = _padded_games(games, whole)
            self._call(*map(_address, tails), rest, _address(block), _BLOCK,
                       _address(few), _address(tally))  # fmt: skip
            codes[..., whole:] = block[..., :rest]
            counts[whole:] = few[:rest]
        return Codes(codes, counts, int(tally[0]), int(tally[1]))


def _output(given: NDArray[Any] | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    if given is None:
        return np.empty(shape, dtype=dtype)
    if given.shape != shape or given.dtype != dtype or not given.flags.c_contiguous:
        msg = (
            f"output of shape {given.shape} and type {given.dtype} given; "
            f"give a contiguous array of shape {shape} and type {dtype}"
        )
        raise ParameterError(msg)
    return given


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


class _Grid(_Kernel):
    """What kernels that make their own points have in common."""

    row_inputs: tuple[int, ...]
    lane_inputs: tuple[int, ...]

    def _tables(self, rows: ArrayLike, lanes: ArrayLike) -> tuple[Doubles, Doubles, int, int]:
        """Row table, lane table padded to whole vectors, number of rows, number of lanes."""
        row_table = np.ascontiguousarray(rows, dtype=np.float64)
        lane_table = np.asarray(lanes, dtype=np.float64)
        wrong = (
            row_table.ndim != 2
            or row_table.shape[1] != len(self.row_inputs)
            or lane_table.ndim != 2
            or lane_table.shape[0] != len(self.lane_inputs)
        )
        if wrong:
            msg = (
                f"tables of shapes {row_table.shape} and {lane_table.shape} given; expected (rows, "
                f"{len(self.row_inputs)}) and ({len(self.lane_inputs)}, lanes)"
            )
            raise ParameterError(msg)
        length = lane_table.shape[1]
        in_place = length % _LANES == 0 and lane_table.strides[1] == 8
        if not in_place or lane_table.strides[0] % 8:
            padded = np.empty((lane_table.shape[0], -(-length // _LANES) * _LANES))
            padded[:, :length] = lane_table
            if length:
                # A repeated point rather than zeros: no division by zero out there.
                padded[:, length:] = lane_table[:, -1:]
            lane_table = padded
        return row_table, lane_table, len(row_table), length


def _roles(program: Program, rows: Sequence[str], lanes: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    place = {name: k for k, name in enumerate(program.inputs)}
    if sorted((*rows, *lanes)) != sorted(program.inputs) or not lanes:
        msg = (
            f"row parameters {list(rows)} and lane parameters {list(lanes)} given; together they "
            f"must be {', '.join(program.inputs)}, each once, with at least one along the lanes"
        )
        raise ParameterError(msg)
    return tuple(place[n] for n in rows), tuple(place[n] for n in lanes)


class FusedSigns(_Grid):
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
        self.row_inputs, self.lane_inputs = _roles(program, rows, lanes)
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
        super().__init__(text, target, _P, _I, _P, _I, _I, _P, _P, _I, _P, _P)

    def scratch(self, rows: int, lanes: int) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Room for the codes and counts of a call, to be used again and again."""
        size = -(-rows * (-(-lanes // _LANES)) // (_BLOCK // _LANES)) * _BLOCK
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
            ``codes`` of shape ``layout.shape(R, L)`` and ``counts`` (R, L) are views of the scratch; copy
            what you keep before the next call.

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
        padded = -(-n_lanes // _LANES) * _LANES
        size = n_rows * padded
        room = codes.shape[-1]
        if room < -(-size // _BLOCK) * _BLOCK or len(counts) < room:
            msg = f"scratch for {room} points given; make it with scratch({n_rows}, {n_lanes})"
            raise ParameterError(msg)
        tally = np.zeros(2, dtype=np.int64)
        if size:
            self._call(_address(row_table), n_rows, _address(lane_table),
                       lane_table.strides[0] // 8, n_lanes, _address(both), _address(codes),
                       room, _address(counts), _address(tally))  # fmt: skip
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
        From parameters to the outputs whose signs matter: the sign program composed with the payoffs.
    logic : SignLogic
    rows : tuple of str
        Inputs that are constant along a row; what depends on them alone is computed once per row.
    lanes : tuple of str
        Inputs that vary along a row (at least one).
    zeros : frozenset of int
        Outputs known to vanish identically.  Outputs that are constants are recognised by themselves.
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


class StoredValues(_Kernel):
    """Value kernel over arrays of games; made by :func:`stored_values`."""

    def __init__(self, program: Program, split: Sequence[int], target: Target) -> None:
        from hedging.program import machine_kernels

        self.split = tuple(split)
        self.outputs = len(program.outputs)
        text = machine_kernels.stored_values(program, self.split)
        super().__init__(text, target, *[_P] * len(self.split), _I, _P, _I)

    def __call__(self, *arrays: ArrayLike, out: Doubles | None = None) -> Doubles:
        """Value of every output for N games, shape (outputs, N); truth values are 0 and 1."""
        games, number = _games(arrays, self.split)
        out = _output(out, (self.outputs, number), np.dtype(np.float64))
        whole = number - number % _LANES
        if whole:
            self._call(*map(_address, games), whole // _LANES, _address(out), number)
        if whole < number:
            tails = _padded_games(games, whole)
            last = np.empty((self.outputs, _LANES))
            self._call(*map(_address, tails), 1, _address(last), _LANES)
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
        raise FormulaError(msg)
    return StoredValues(program, split, target or Target.host())


class FusedValues(_Grid):
    """Value kernel that makes its own points; made by :func:`fused_values`."""

    def __init__(
        self, program: Program, rows: Sequence[str], lanes: Sequence[str], target: Target
    ) -> None:
        from hedging.program import machine_kernels

        self.outputs = len(program.outputs)
        self.row_inputs, self.lane_inputs = _roles(program, rows, lanes)
        text = machine_kernels.fused_values(program, self.row_inputs, self.lane_inputs)
        super().__init__(text, target, _P, _I, _P, _I, _I, _P, _I)

    def __call__(self, rows: ArrayLike, lanes: ArrayLike) -> Doubles:
        """Value of every output at every point, shape (outputs, R, L); truth values are 0 and 1."""
        row_table, lane_table, n_rows, n_lanes = self._tables(rows, lanes)
        groups = -(-n_lanes // _LANES)
        out = np.empty((self.outputs, n_rows, groups * _LANES))
        if out.size:
            self._call(_address(row_table), n_rows, _address(lane_table),
                       lane_table.strides[0] // 8, groups, _address(out),
                       n_rows * groups * _LANES)  # fmt: skip
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
