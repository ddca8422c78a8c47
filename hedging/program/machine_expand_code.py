"""Assembly of the kernel of :mod:`hedging.program.machine_expand`.

One loop over games, inside it one over the candidates that are set, inside that a jump to the
straight-line code of the candidate, which leaves all probabilities for the common part.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from hedging.program.graph import Program
from hedging.program.machine_calls import CodeLayout
from hedging.program.machine_emit import DOUBLE, INT, POINTER, Emitter
from hedging.program.machine_expand import Solution
from hedging.program.machine_signs import at, carrying_loop

__all__ = ["assembly"]


def assembly(
    program: Program, solutions: Sequence[Solution], shape: tuple[int, int], layout: CodeLayout
) -> str:
    """Assembly of the module with the functions ``count`` and ``expand``."""
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
    element = ir.IntType(layout.bits)
    words = []
    for w in range(layout.words):
        place = b.add(game, b.mul(stride, INT(w))) if w else game
        word = b.load(at(b, codes, place, element), typ=element)
        words.append(word if layout.bits == 64 else b.zext(word, INT))
    flagged = b.icmp_unsigned(">=", words[-1], INT(1 << (layout.bits - 2)))
    return [b.select(flagged, INT(0), word) for word in words]


def _emit_count(function: Any, layout: CodeLayout) -> None:
    number, codes, offsets, stride = function.args
    b = ir.IRBuilder(function.append_basic_block("entry"))
    with carrying_loop(b, number, INT(0), "game") as loop:
        for word in _candidates(b, layout, codes, stride, loop.index):
            loop.next = b.add(loop.next, b.ctpop(word))
        b.store(loop.next, at(b, offsets, b.add(loop.index, INT(1)), INT))
    b.ret_void()


def _emit_expand(
    function: Any,
    program: Program,
    solutions: Sequence[Solution],
    shape: tuple[int, int],
    layout: CodeLayout,
) -> None:
    m, n = shape
    row, column, number, codes, stride, probability, payoff, regret, which, index = function.args
    b = ir.IRBuilder(function.append_basic_block("entry"))
    emitter = Emitter(b, 0, contract=True)
    with carrying_loop(b, number, INT(0), "game") as loop:  # carries the number of equilibria
        game = loop.index
        start = b.mul(game, INT(m * n))
        payoffs = [at(b, row, start, DOUBLE), at(b, column, start, DOUBLE)]
        for w, word in enumerate(_candidates(b, layout, codes, stride, game)):
            first, last = layout.bits * w, min(layout.bits * (w + 1), layout.candidates)
            if first >= last:
                continue
            before = b.block
            head = function.append_basic_block("next")
            body = function.append_basic_block("candidate")
            common = function.append_basic_block("common")
            after = function.append_basic_block("done")
            b.branch(head)
            b.position_at_end(head)
            bits, e = b.phi(INT), b.phi(INT)  # candidates still to do, equilibria so far
            bits.add_incoming(word, before)
            e.add_incoming(loop.next, before)
            b.cbranch(b.icmp_unsigned("!=", bits, INT(0)), body, after)
            b.position_at_end(body)
            bit = b.cttz(bits, ir.IntType(1)(1))
            rest = b.and_(bits, b.sub(bits, INT(1)))
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
            _certificate(emitter, payoffs, mix, shape, e, probability, payoff, regret)
            short, byte = ir.IntType(16), ir.IntType(8)
            b.store(b.trunc(b.add(bit, INT(first)), short), at(b, which, e, short))
            positive = b.fcmp_ordered(">", turn, emitter.constant(0.0))
            b.store(b.select(positive, byte(1), byte(-1)), at(b, index, e, byte))
            bits.add_incoming(rest, b.block)
            e.add_incoming(b.add(e, INT(1)), b.block)
            b.branch(head)
            b.position_at_end(after)
            loop.next = e
    b.ret_void()


def _mixes(
    emitter: Any,
    program: Program,
    solution: Solution,
    shape: tuple[int, int],
    payoffs: Sequence[Any],
) -> tuple[list[Any], Any]:
    """All probabilities of a candidate, and a number with the sign of its index."""
    b = emitter.builder
    needed = {
        program.outputs[output]
        for weights in (solution.row, solution.column)
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
        if len(weights) == 1 and weights[0][2] is None:  # one action for certain
            action, sign, _ = weights[0]
            mix[action] = one
            if sign < 0:
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
