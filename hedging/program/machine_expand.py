r"""From codes to equilibria: mixed strategies, payoffs and certificates, in machine code.

A code says which candidates of a two-player game are equilibria.  Each candidate comes with *weights*: for some
actions of a player a signed output of the sign program, proportional to the probabilities of these
actions,

    x_i = w_i / sum(w).

For each set bit the kernel branches to that candidate's own straight-line code, which computes just the outputs
its weights need, and then to a common part that finds ``u = A y``, ``v = B' x``, the payoffs ``x u`` and ``y
v``, and the largest regret ``max(max u - x u, max v - y v)``: a certificate from the payoffs themselves, which does
not believe the signs.

The result is one list for all games, with the place where each game's equilibria start.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import ParameterError
from hedging.program.graph import Program
from hedging.program.machine import CodeLayout, Doubles, _address, _games
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


class Expansion(NamedTuple):
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
        text = _assembly(program, solutions, shape, layout)
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
            From :meth:`scratch`.  If it is large enough the result is a view of it, to be copied before
            the next call; fresh memory costs more than small games do.

        Returns
        -------
        Expansion
        """
        m, n = self.shape
        games, number = _games([row, column], (m * n, m * n))
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
            self._count(number, _address(codes), _address(offsets), number)
        size = int(offsets[-1])
        if scratch is None or len(scratch.regret) < size:
            scratch = self.scratch(0, size)
        found = Expansion(offsets, *(part[:size] for part in scratch[1:]))
        if size:
            self._expand(*map(_address, games), number, _address(codes), number,
                         *map(_address, found[1:]))  # fmt: skip
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
    >>> kernel = expand(program, (Solution(((0, 1, None),), ((0, 1, None),)),), (1, 2), CodeLayout(1, 8, 1))
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


def _assembly(
    program: Program, solutions: Sequence[Solution], shape: tuple[int, int], layout: CodeLayout
) -> str:
    """Assembly of the module with the functions ``count`` and ``expand``."""
    from llvmlite import ir

    from hedging.program.machine_emit import INT, POINTER

    module = ir.Module("expand")
    void = ir.VoidType()
    count = ir.Function(module, ir.FunctionType(void, [INT, POINTER, POINTER, INT]), "count")
    _emit_count(count, layout)
    kinds = [POINTER] * 2 + [INT, POINTER, INT] + [POINTER] * 5
    main = ir.Function(module, ir.FunctionType(void, kinds), "expand")
    for function in (count, main):
        function.attributes.add("nounwind")
        for argument in function.args:
            if argument.type == POINTER:
                argument.add_attribute("noalias")
    _emit_expand(main, program, solutions, shape, layout)
    return str(module)


def _candidates(b: Any, layout: CodeLayout, codes: Any, stride: Any, game: Any) -> list[Any]:
    """Candidate bits of a game as 64-bit words, all zero if a flag is set."""
    from llvmlite import ir

    from hedging.program.machine_emit import INT
    from hedging.program.machine_signs import at

    element = ir.IntType(layout.bits)
    words = []
    for w in range(layout.words):
        place = b.add(game, b.mul(stride, INT(w))) if w else game
        word = b.load(at(b, codes, place, element), typ=element)
        words.append(word if layout.bits == 64 else b.zext(word, INT))
    flagged = b.icmp_unsigned(">=", words[-1], INT(1 << (layout.bits - 2)))
    return [b.select(flagged, INT(0), word) for word in words]


def _emit_count(function: Any, layout: CodeLayout) -> None:
    from llvmlite import ir

    from hedging.program.machine_emit import INT
    from hedging.program.machine_signs import at, counted_loop

    number, codes, offsets, stride = function.args
    b = ir.IRBuilder(function.append_basic_block("entry"))
    total = b.alloca(INT)
    b.store(INT(0), total)
    with counted_loop(b, number, "game") as game:
        here = b.load(total, typ=INT)
        for word in _candidates(b, layout, codes, stride, game):
            here = b.add(here, b.ctpop(word))
        b.store(here, total)
        b.store(here, at(b, offsets, b.add(game, INT(1)), INT))
    b.ret_void()


def _emit_expand(
    function: Any,
    program: Program,
    solutions: Sequence[Solution],
    shape: tuple[int, int],
    layout: CodeLayout,
) -> None:
    from llvmlite import ir

    from hedging.program.machine_emit import DOUBLE, INT, Emitter
    from hedging.program.machine_signs import at, counted_loop

    m, n = shape
    row, column, number, codes, stride, probability, payoff, regret, which, index = function.args
    b = ir.IRBuilder(function.append_basic_block("entry"))
    emitter = Emitter(b, 0, contract=True)
    slot = b.alloca(INT)  # number of equilibria so far
    left = b.alloca(INT)  # candidates of this game still to do
    b.store(INT(0), slot)
    with counted_loop(b, number, "game") as game:
        start = b.mul(game, INT(m * n))
        payoffs = [at(b, row, start, DOUBLE), at(b, column, start, DOUBLE)]
        for w, word in enumerate(_candidates(b, layout, codes, stride, game)):
            first, last = layout.bits * w, min(layout.bits * (w + 1), layout.candidates)
            if first >= last:
                continue
            b.store(word, left)
            head = function.append_basic_block("next")
            body = function.append_basic_block("candidate")
            common = function.append_basic_block("common")
            after = function.append_basic_block("done")
            b.branch(head)
            b.position_at_end(head)
            bits = b.load(left, typ=INT)
            b.cbranch(b.icmp_unsigned("!=", bits, INT(0)), body, after)
            b.position_at_end(body)
            bit = b.cttz(bits, ir.IntType(1)(1))
            b.store(b.and_(bits, b.sub(bits, INT(1))), left)
            # Every bit set is a candidate's, so the last case serves as the default.
            choice: Any = None
            found: list[tuple[Any, list[Any], Any]] = []
            for c in reversed(range(first, last)):
                case = function.append_basic_block(f"case{c}")
                if choice is None:
                    choice = b.switch(bit, case)
                else:
                    choice.add_case(INT(c - first), case)
                b.position_at_end(case)
                mixes, turn = _mixes(emitter, program, solutions[c], shape, payoffs)
                found.append((b.block, mixes, turn))
                b.branch(common)
            b.position_at_end(common)
            mix = [b.phi(DOUBLE) for _ in range(m + n)]
            turn = b.phi(DOUBLE)
            for block, mixes, value in found:
                turn.add_incoming(value, block)
                for phi, x in zip(mix, mixes, strict=True):
                    phi.add_incoming(x, block)
            e = b.load(slot, typ=INT)
            b.store(b.add(e, INT(1)), slot)
            _certificate(emitter, payoffs, mix, shape, e, probability, payoff, regret)
            short, byte = ir.IntType(16), ir.IntType(8)
            b.store(b.trunc(b.add(bit, INT(first)), short), at(b, which, e, short))
            positive = b.fcmp_ordered(">", turn, emitter.constant(0.0))
            b.store(b.select(positive, byte(1), byte(-1)), at(b, index, e, byte))
            b.branch(head)
            b.position_at_end(after)
    b.ret_void()


def _mixes(
    emitter: Any,
    program: Program,
    solution: Solution,
    shape: tuple[int, int],
    payoffs: Sequence[Any],
) -> tuple[list[Any], Any]:
    """All probabilities of a candidate, and a number with the sign of its index."""
    from hedging.program.machine_emit import DOUBLE
    from hedging.program.machine_signs import at

    b = emitter.builder
    needed = {
        program.outputs[output]
        for weights in (solution.row, solution.column)
        if len(weights) > 1
        for _, _, output in weights
        if output is not None
    }
    values: list[Any] = [None] * len(program.code)
    for node in reversed(range(len(program.code))):
        if node in needed:
            needed.update(program.code[node].args)
    size = shape[0] * shape[1]
    for node in sorted(needed):
        step = program.code[node]
        if step.op == "input":
            k = int(step.literal or 0)
            values[node] = b.load(at(b, payoffs[k // size], k % size, DOUBLE), typ=DOUBLE)
    emitter.run(program, values, sorted(needed))
    zero, one = emitter.constant(0.0), emitter.constant(1.0)
    mixes: list[Any] = []
    turn = emitter.constant(float(solution.orientation))
    for weights, actions in ((solution.row, shape[0]), (solution.column, shape[1])):
        mix = [zero] * actions
        if len(weights) == 1:
            mix[weights[0][0]] = one
            action_, sign, output = weights[0]
            if output is None and sign < 0:
                turn = b.fneg(turn)
        else:
            raw = {}
            for action, sign, output in weights:
                x = one if output is None else values[program.outputs[output]]
                raw[action] = x if sign > 0 else b.fneg(x)
            total = functools.reduce(b.fadd, raw.values())
            turn = b.fmul(turn, _sign(emitter, total))
            scale = b.fdiv(one, total)
            for action, x in raw.items():
                mix[action] = b.fmul(x, scale)
        mixes += mix
    return mixes, turn


def _sign(emitter: Any, value: Any) -> Any:
    b = emitter.builder
    positive = b.fcmp_ordered(">", value, emitter.constant(0.0))
    return b.select(positive, emitter.constant(1.0), emitter.constant(-1.0))


def _certificate(
    emitter: Any,
    payoffs: Sequence[Any],
    mix: Sequence[Any],
    shape: tuple[int, int],
    e: Any,
    probability: Any,
    payoff: Any,
    regret: Any,
) -> None:
    """Payoffs and largest regret of a profile; store them and the profile."""
    from hedging.program.machine_emit import DOUBLE, INT
    from hedging.program.machine_signs import at

    m, n = shape
    b = emitter.builder

    def dot(pairs: Sequence[tuple[Any, Any]]) -> Any:
        total = b.fmul(*pairs[0])
        for x, y in pairs[1:]:
            total = emitter.multiply_add(x, y, total)
        return total

    def largest(values: Sequence[Any]) -> Any:
        return functools.reduce(lambda a, c: b.select(b.fcmp_ordered(">", a, c), a, c), values)

    start = b.mul(e, INT(m + n))
    for k, x in enumerate(mix):
        b.store(x, at(b, probability, b.add(start, INT(k)), DOUBLE))
    gains = [emitter.constant(0.0)]
    for player, (own, other) in enumerate(((mix[:m], mix[m:]), (mix[m:], mix[:m]))):
        worth = []
        for i in range(len(own)):
            cells = [i * n + j if player == 0 else j * n + i for j in range(len(other))]
            entries = [b.load(at(b, payoffs[player], k, DOUBLE), typ=DOUBLE) for k in cells]
            worth.append(dot(list(zip(entries, other, strict=True))))
        value = dot(list(zip(own, worth, strict=True)))
        b.store(value, at(b, payoff, b.add(b.mul(e, INT(2)), INT(player)), DOUBLE))
        gains.append(b.fsub(largest(worth), value))
    b.store(largest(gains), at(b, regret, e, DOUBLE))
