"""What goes into a compiled kernel and what comes out: arrays, checked and padded.

Kernels read whole groups of eight points and write whole blocks of 512, so the last few points of a
call go through a small padded copy.  Everything else is read and written in place.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import ParameterError
from hedging.program.graph import Program
from hedging.program.logic import SignLogic
from hedging.program.machine_target import Library, Target, build

__all__ = [
    "BLOCK",
    "INTEGER",
    "LANES",
    "POINTER",
    "CodeLayout",
    "Codes",
    "Doubles",
    "GridKernel",
    "Kernel",
    "Scale",
    "address",
    "games_of",
    "output_array",
    "padded_games",
    "roles",
]

LANES = 8
"""Points in a group."""
BLOCK = 512
"""Points in a block."""

Doubles = NDArray[np.float64]
POINTER, INTEGER = ctypes.c_void_p, ctypes.c_int64


@dataclass(frozen=True, slots=True)
class CodeLayout:
    """How the truth values of a point are packed into unsigned integers.

    Bit c is set if candidate c is certain.  The highest bit says *undecided*: a sign that matters
    is open. The second highest says *degenerate*: some candidate asks for the sign of an output
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
        found: NDArray[np.bool_] = self._top(codes) >= self.dtype.type(1 << (self.bits - 1))
        return found

    def degenerate(self, codes: NDArray[Any]) -> NDArray[np.bool_]:
        """Where an output known to be zero makes a candidate degenerate."""
        bit = self.dtype.type(1 << (self.bits - 2))
        found: NDArray[np.bool_] = (self._top(codes) & bit) != 0
        return found

    def certain(self, codes: NDArray[Any]) -> NDArray[np.bool_]:
        """Truth value of each candidate, shape (candidates, points)."""
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
        The tolerance of an output is ``factor u s^degree``; exactly 0 if the factor is 0, which
        asks for an output that is a difference of two inputs, or an input.
    """

    measure: tuple[int, ...]
    bounds: tuple[tuple[int, int, float], ...]


def address(array: NDArray[Any]) -> int:
    """Address of an array's first element."""
    # Four times as fast as ``array.ctypes.data``, which a single game would notice.
    if array.flags.writeable and array.flags.c_contiguous and array.size:
        return ctypes.addressof(ctypes.c_char.from_buffer(array.data))
    return int(array.ctypes.data)


def games_of(arrays: Sequence[ArrayLike], split: Sequence[int]) -> tuple[list[Doubles], int]:
    """Flatten each array to (games, width), checked."""
    if len(arrays) != len(split):
        msg = f"{len(arrays)} arrays given to a kernel of {len(split)}; give one for each"
        raise ParameterError(msg)
    found: list[Doubles] = []
    for array, width in zip(arrays, split, strict=True):
        flat = np.ascontiguousarray(array, dtype=np.float64)
        if flat.ndim < 1 or flat.size != len(flat) * width:
            msg = (
                f"array of shape {flat.shape} given; "
                f"expected (games, ...) with {width} numbers a game"
            )
            raise ParameterError(msg)
        found.append(flat.reshape(len(flat), width))
    lengths = {len(a) for a in found}
    if len(lengths) != 1:
        msg = f"arrays of {sorted(lengths)} games given; give the same games in each"
        raise ParameterError(msg)
    return found, lengths.pop()


def padded_games(arrays: Sequence[Doubles], start: int) -> list[Doubles]:
    """Games from ``start`` on, with games of zeros up to a multiple of eight."""
    tails = []
    for array in arrays:
        rest = array[start:]
        tail = np.zeros((-(-len(rest) // LANES) * LANES, array.shape[1]))
        tail[: len(rest)] = rest
        tails.append(tail)
    return tails


class Kernel:
    """A compiled function."""

    def __init__(self, assembly: str, target: Target, *arguments: Any) -> None:
        self.target = target
        library: Library = build(assembly, target)
        self._call: Callable[..., None] = library.function("kernel", None, *arguments)


def output_array(
    given: NDArray[Any] | None, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return the array given, checked, or a new one."""
    if given is None:
        return np.empty(shape, dtype=dtype)
    if given.shape != shape or given.dtype != dtype or not given.flags.c_contiguous:
        msg = (
            f"output of shape {given.shape} and type {given.dtype} given; "
            f"give a contiguous array of shape {shape} and type {dtype}"
        )
        raise ParameterError(msg)
    return given


class GridKernel(Kernel):
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
        in_place = length % LANES == 0 and lane_table.strides[1] == 8
        if not in_place or lane_table.strides[0] % 8:
            padded = np.empty((lane_table.shape[0], -(-length // LANES) * LANES))
            padded[:, :length] = lane_table
            if length:
                # A repeated point rather than zeros: no division by zero out there.
                padded[:, length:] = lane_table[:, -1:]
            lane_table = padded
        return row_table, lane_table, len(row_table), length


def roles(
    program: Program, rows: Sequence[str], lanes: Sequence[str]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Positions of the row parameters and of the lane parameters among the inputs."""
    place = {name: k for k, name in enumerate(program.inputs)}
    if sorted((*rows, *lanes)) != sorted(program.inputs) or not lanes:
        msg = (
            f"row parameters {list(rows)} and lane parameters {list(lanes)} given; together they "
            f"must be {', '.join(program.inputs)}, each once, with at least one along the lanes"
        )
        raise ParameterError(msg)
    return tuple(place[n] for n in rows), tuple(place[n] for n in lanes)
