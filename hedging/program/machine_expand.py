r"""From codes to equilibria: mixed strategies, payoffs and certificates, in machine code.

A code says which candidates of a two-player game are equilibria.  Each candidate comes with
*weights*: for some actions of a player a signed output of the sign program, proportional to the
probabilities of these actions,

    x_i = w_i / sum(w).

For each set bit the kernel branches to that candidate's own straight-line code, which computes just
the outputs its weights need, and then to a common part that finds ``u = A y``, ``v = B' x``, the
payoffs ``x u`` and ``y v``, and the largest regret ``max(max u - x u, max v - y v)``: a certificate
from the payoffs themselves, which does not believe the signs.

The result is one list for all games, with the place where each game's equilibria start.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import ParameterError
from hedging.program.graph import Program
from hedging.program.machine_calls import CodeLayout, Doubles, address, games_of
from hedging.program.machine_target import Target, build

__all__ = ["Expand", "Expansion", "Solution", "Weights", "expand"]

Weights = tuple[tuple[int, int, int | None], ...]
"""``(action, sign, output)`` for each action with a positive probability, which is proportional to
sign times the output's value; an output of None means the number 1."""


class Solution(NamedTuple):
    """What a candidate means.

    Attributes
    ----------
    row, column : Weights
        Of the row player's and of the column player's actions.
    orientation : int
        The index is this times the signs of both sums of weights.
    """

    row: Weights
    column: Weights
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class Expansion:
    """E equilibria of N games of m x n.

    Attributes
    ----------
    offsets : int64 array, shape (N + 1,)
        Equilibria ``offsets[g]`` up to ``offsets[g + 1]`` are those of game g, by candidate.
    probability : float64 array, shape (E, m + n)
        The row player's mix, then the column player's.
    payoff : float64 array, shape (E, 2)
    regret : float64 array, shape (E,)
        Largest gain of a player from a deviation, in payoff units; 0 up to rounding.
    candidate : uint16 array, shape (E,)
    index : int8 array, shape (E,)
    """

    offsets: NDArray[np.int64]
    probability: Doubles
    payoff: Doubles
    regret: Doubles
    candidate: NDArray[np.uint16]
    index: NDArray[np.int8]


class Expand:
    """Kernel from codes to equilibria; made by :func:`expand`."""

    def __init__(
        self,
        program: Program,
        solutions: Sequence[Solution],
        shape: tuple[int, int],
        layout: CodeLayout,
        target: Target,
    ) -> None:
        self.shape = shape
        self.layout = layout
        from hedging.program import machine_expand_code

        text = machine_expand_code.assembly(program, solutions, shape, layout)
        library = build(text, target)
        pointer, integer = ctypes.c_void_p, ctypes.c_int64
        self._count = library.function("count", None, integer, *[pointer] * 2, integer)
        self._expand = library.function(
            "expand", None, *[pointer] * 2, integer, pointer, integer, *[pointer] * 5
        )

    def scratch(self, games: int, equilibria: int) -> Expansion:
        """Room for the results of a call, to be used again and again."""
        m, n = self.shape
        return Expansion(
            np.zeros(games + 1, dtype=np.int64),
            np.empty((equilibria, m + n)),
            np.empty((equilibria, 2)),
            np.empty(equilibria),
            np.empty(equilibria, dtype=np.uint16),
            np.empty(equilibria, dtype=np.int8),
        )

    def __call__(
        self,
        row: ArrayLike,
        column: ArrayLike,
        codes: NDArray[Any],
        *,
        scratch: Expansion | None = None,
    ) -> Expansion:
        """List the equilibria of N games.

        Parameters
        ----------
        row, column : array_like, shape (N, m, n)
            Payoffs.
        codes : ndarray, shape ``layout.shape(N)``
            From the sign kernel of the same program.  Games with a flag set get no equilibria.
        scratch : Expansion, optional
            From :meth:`scratch`.  If it is large enough the result is a view of it, to be copied
            before the next call; fresh memory costs more than small games do.

        Returns
        -------
        Expansion
        """
        m, n = self.shape
        games, number = games_of([row, column], (m * n, m * n))
        if codes.shape != self.layout.shape(number) or codes.dtype != self.layout.dtype:
            msg = (
                f"codes of shape {codes.shape} and type {codes.dtype} given for {number} games; "
                f"give shape {self.layout.shape(number)} and type {self.layout.dtype}"
            )
            raise ParameterError(msg)
        codes = np.ascontiguousarray(codes)
        offsets = np.zeros(number + 1, dtype=np.int64)
        if scratch is not None and len(scratch.offsets) > number:
            offsets = scratch.offsets[: number + 1]
        if number:
            self._count(number, address(codes), address(offsets), number)
        size = int(offsets[-1])
        room = scratch
        if room is None or len(room.regret) < size:
            room = self.scratch(0, size)
        found = Expansion(
            offsets,
            room.probability[:size],
            room.payoff[:size],
            room.regret[:size],
            room.candidate[:size],
            room.index[:size],
        )
        if size:
            self._expand(
                *(address(a) for a in games),
                number,
                address(codes),
                number,
                address(found.probability),
                address(found.payoff),
                address(found.regret),
                address(found.candidate),
                address(found.index),
            )
        return found


@functools.lru_cache(maxsize=64)
def expand(
    program: Program,
    solutions: tuple[Solution, ...],
    shape: tuple[int, int],
    layout: CodeLayout,
    target: Target | None = None,
) -> Expand:
    """Kernel that turns codes into equilibria.

    Parameters
    ----------
    program : Program
        From the 2 m n payoffs (row player's in C order, then column player's) to the outputs.
    solutions : tuple of Solution
        One per candidate.
    shape : (int, int)
        Numbers of actions m, n.
    layout : CodeLayout
        Of the sign kernel that makes the codes.
    target : Target, optional
        Default: the processor this process runs on.

    Raises
    ------
    ParameterError
        If there is not one solution for each candidate or the program does not fit the shape.

    Examples
    --------
    A game with one candidate, the first row against the first column:

    >>> from hedging.program.graph import Builder
    >>> names = [f"p{k}" for k in range(4)]
    >>> b = Builder(names)
    >>> program = b.program([b.input("p0")])
    >>> first = Solution(((0, 1, None),), ((0, 1, None),))
    >>> kernel = expand(program, (first,), (1, 2), CodeLayout(1, 8, 1))
    >>> found = kernel([[[5.0, 1.0]]], [[[3.0, 2.0]]], np.array([1], dtype=np.uint8))
    >>> found.probability, found.payoff, found.regret
    (array([[1., 1., 0.]]), array([[5., 3.]]), array([0.]))
    """
    if len(solutions) != layout.candidates or len(program.inputs) != 2 * shape[0] * shape[1]:
        msg = (
            f"{len(solutions)} solutions and {len(program.inputs)} inputs given; "
            f"expected {layout.candidates} and {2 * shape[0] * shape[1]}"
        )
        raise ParameterError(msg)
    return Expand(program, solutions, shape, layout, target or Target.host())
