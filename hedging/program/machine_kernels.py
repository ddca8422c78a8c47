"""The loops around a program: LLVM assembly of whole kernels.

Three shapes of loop, all over groups of eight points, 64 groups to a block:

*stored*  reads arrays of games, one game after the other in memory, and turns eight games into
vectors
          in registers (a 4 x 4 transposition inside each half of the vector: two loads and three
          shuffles per payoff, which AVX2 and narrower targets get for less);
*fused*   makes the points of a grid: each row has its own parameters, computed with once per row,
          the lane axis runs inside.  Rows follow each other inside a block, so short
          rows waste nothing;
*values*  either way in, but numbers out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from llvmlite import ir

from hedging.program.doubles import UNIT_ROUNDOFF
from hedging.program.graph import BOOLEAN, Program
from hedging.program.logic import SignLogic
from hedging.program.machine_emit import BYTE, DOUBLE, INT, LANES, POINTER, Emitter, dependence
from hedging.program.machine_signs import (
    BLOCK,
    GROUPS,
    WORD,
    SignPlanes,
    at,
    counted_loop,
    finish_function,
    room,
    store_mask,
)

__all__ = ["Layout", "fused", "fused_values", "stored", "stored_values"]

_TINY = 2.0**-1000
"""Added to a tolerance; far above what underflow can do to a determinant."""
_ROOM = 2.0**12
"""Makes the tolerance overflow before anything it is a tolerance for."""


class Layout(NamedTuple):
    """How codes are packed: ``words`` integers of ``bits`` bits for each point."""

    bits: int
    words: int


def _function(name: str, arguments: Sequence[Any]) -> tuple[Any, Any, list[Any]]:
    module = ir.Module(name)
    kind = ir.FunctionType(ir.VoidType(), arguments)
    function = ir.Function(module, kind, "kernel")
    function.attributes.add("nounwind")
    for argument in function.args:
        if argument.type == POINTER:
            argument.add_attribute("noalias")
    return module, ir.IRBuilder(function.append_basic_block("entry")), list(function.args)


def _inputs(program: Program) -> dict[int, int]:
    """Instruction that reads each input, by position of the input; unread ones are absent."""
    return {int(s.literal or 0): i for i, s in enumerate(program.code) if s.op == "input"}


# ---------------------------------------------------------------------- transposition


def _columns(b: Any, pointer: Any, group: Any, width: int) -> list[Any]:
    """Vectors of the ``width`` numbers of eight consecutive games, laid out game after game."""
    start = at(b, pointer, b.mul(group, INT(LANES * width)), DOUBLE)
    vector = ir.VectorType(DOUBLE, LANES)
    if width < 4:
        all_ = b.load(start, align=8, typ=ir.VectorType(DOUBLE, LANES * width))
        return [_shuffle(b, all_, all_, [g * width + k for g in range(8)]) for k in range(width)]
    columns: list[Any] = [None] * width
    if width == 4:  # whole vectors hold two games each: fewer loads
        held = [b.load(at(b, start, 8 * k, DOUBLE), align=8, typ=vector) for k in range(4)]
        even, odd = [0, 4, 8, 12, 2, 6, 10, 14], [1, 5, 9, 13, 3, 7, 11, 15]
        low, high = [0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]
        for k, mix in enumerate((even, odd)):
            first = _shuffle(b, held[0], held[1], mix)
            last = _shuffle(b, held[2], held[3], mix)
            columns[k] = _shuffle(b, first, last, low)
            columns[k + 2] = _shuffle(b, first, last, high)
        return columns
    for first in sorted({*range(0, width - 3, 4), width - 4}):
        quad = ir.VectorType(DOUBLE, 4)
        rows = [
            b.load(at(b, start, g * width + first, DOUBLE), align=8, typ=quad) for g in range(LANES)
        ]
        pairs = [_shuffle(b, rows[g], rows[g + 4], list(range(8))) for g in range(4)]
        low, high = [0, 8, 2, 10, 4, 12, 6, 14], [1, 9, 3, 11, 5, 13, 7, 15]
        left, right = [0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]
        for k, (mix, side) in enumerate(((low, left), (high, left), (low, right), (high, right))):
            if columns[first + k] is None:
                top = _shuffle(b, pairs[0], pairs[1], mix)
                bottom = _shuffle(b, pairs[2], pairs[3], mix)
                columns[first + k] = _shuffle(b, top, bottom, side)
                assert columns[first + k].type == vector
    return columns


def _shuffle(b: Any, left: Any, right: Any, index: Sequence[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(index)), list(index))
    return b.shuffle_vector(left, right, mask)


def _load_stored(
    b: Any, program: Program, pointers: Sequence[Any], split: Sequence[int], group: Any
) -> tuple[list[Any], list[Any]]:
    """All inputs of a group, and the program's value list with them filled in."""
    inputs: list[Any] = []
    for pointer, width in zip(pointers, split, strict=True):
        inputs.extend(_columns(b, pointer, group, width))
    values: list[Any] = [None] * len(program.code)
    for position, place in _inputs(program).items():
        values[place] = inputs[position]
    return inputs, values


# ---------------------------------------------------------------------- sign kernels


def stored(
    program: Program,
    logic: SignLogic,
    scales: Sequence[tuple[tuple[int, ...], tuple[tuple[int, int, float], ...]]],
    split: Sequence[int],
    layout: Layout,
    *,
    masks: bool,
) -> str:
    """Assembly of a sign kernel over arrays of games.

    Its arguments are one address per array, the number of games, codes, distance between code
    words, counts, tally.  It reads whole groups of eight games and writes whole blocks of 512
    codes.
    """
    kinds = [POINTER] * len(split) + [INT, POINTER, INT, POINTER, POINTER]
    module, b, arguments = _function("stored", kinds)
    *pointers, number, codes, stride, counts, tally = arguments
    signs = SignPlanes.of(program, logic)
    finish = finish_function(
        module, logic, signs, word_bits=layout.bits, words=layout.words, masks=masks, finite=True
    )
    planes = _planes(b, signs)
    emitter = Emitter(b, contract=True)
    groups = b.udiv(b.add(number, INT(LANES - 1)), INT(LANES))
    blocks = b.udiv(b.add(groups, INT(GROUPS - 1)), INT(GROUPS))
    with counted_loop(b, blocks, "block") as block:
        first = b.mul(block, INT(GROUPS))
        here = b.sub(number, b.mul(block, INT(BLOCK)))
        b.store(_first_points(b, here), at(b, planes, signs.valid), align=64)
        left = b.sub(groups, first)
        here = b.select(b.icmp_unsigned("<", left, INT(GROUPS)), left, INT(GROUPS))
        with counted_loop(b, here, "group") as step:
            group = b.add(first, step)
            place = at(b, planes, step)
            inputs, values = _load_stored(b, program, pointers, split, group)
            emitter.run(program, values)
            measures = _measures(emitter, program, values, scales)
            finite = _finite(emitter, program, inputs, scales, measures)
            store_mask(b, finite, place, signs.finite)
            signs.store(
                emitter, values, _tolerances(emitter, program, signs, scales, measures), place
            )
        b.call(finish, [planes, codes, stride, counts, b.mul(block, INT(BLOCK)), tally])
    b.ret_void()
    return str(module)


def _planes(b: Any, signs: SignPlanes) -> Any:
    return room(b, ir.ArrayType(BYTE, signs.size))


def _first_points(b: Any, number: Any) -> Any:
    """Plane of a block's first ``number`` points; all of them from 512 on."""
    full = ir.Constant(WORD, [64] * 8)
    one = ir.Constant(WORD, [1] * 8)
    count = b.insert_element(ir.Constant(WORD, ir.Undefined), number, ir.IntType(32)(0))
    count = _shuffle(b, count, count, [0] * 8)
    left = b.sub(count, ir.Constant(WORD, [64 * k for k in range(8)]))
    left = b.select(
        b.icmp_signed("<", left, ir.Constant(WORD, None)), ir.Constant(WORD, None), left
    )
    whole = b.icmp_signed(">=", left, full)
    some = b.sub(b.shl(one, b.select(whole, one, left)), one)
    return b.select(whole, ir.Constant(WORD, [-1] * 8), some)


def _measures(
    emitter: Emitter, program: Program, values: Sequence[Any], scales: Sequence[Any]
) -> list[Any]:
    """``s`` of each scale: the sum of sizes of its measuring outputs."""
    found = []
    for measure, _ in scales:
        total = emitter.constant(0.0)
        for k, output in enumerate(measure):
            size = emitter.absolute(values[program.outputs[output]])
            total = size if k == 0 else emitter.builder.fadd(total, size)
        found.append(total)
    return found


def _finite(
    emitter: Emitter,
    program: Program,
    inputs: Sequence[Any],
    scales: Sequence[Any],
    measures: Sequence[Any],
) -> Any:
    """Mask of points all of whose inputs are finite and whose measures do not overflow.

    A difference of two inputs is nan or infinite if either of them is, so the measures speak for
    the inputs they are made of; the others are added here.
    """
    b = emitter.builder
    covered: set[int] = set()
    for measure, _ in scales:
        for output in measure:
            step = program.code[program.outputs[output]]
            if step.op == "sub":
                reads = [program.code[a] for a in step.args]
                covered |= {int(r.literal or 0) for r in reads if r.op == "input"}
    rest = [emitter.absolute(x) for k, x in enumerate(inputs) if k not in covered]
    total: Any = None
    for term in (*measures, *rest):
        total = term if total is None else b.fadd(total, term)
    return b.fcmp_ordered("<", total, emitter.constant(float("inf")))


def _tolerances(
    emitter: Emitter,
    program: Program,
    signs: SignPlanes,
    scales: Sequence[Any],
    measures: Sequence[Any],
) -> list[tuple[Any, Any]]:
    """Upper and lower bound of each slot: ``factor u s^degree``, or 0 where the factor is 0."""
    b = emitter.builder
    zero = emitter.constant(0.0)
    by_slot: list[Any] = [None] * len(signs.nodes)
    for (_, bounds), size in zip(scales, measures, strict=True):
        powers = [b.fmul(size, emitter.constant(_ROOM))] if bounds else []
        made: dict[tuple[int, float], tuple[Any, Any]] = {}
        for output, degree, factor in bounds:
            slot = signs.slots.get(output)
            if slot is None:
                continue
            key = (degree, float(factor))
            if factor == 0:
                made[key] = (zero, zero)
            elif key not in made:
                while len(powers) < degree:
                    powers.append(b.fmul(powers[-1], size))
                small = emitter.constant(factor * UNIT_ROUNDOFF / _ROOM)
                upper = emitter.multiply_add(powers[degree - 1], small, emitter.constant(_TINY))
                made[key] = (upper, b.fneg(upper))
            by_slot[slot] = made[key]
    return by_slot


def fused(
    program: Program,
    logic: SignLogic,
    row_inputs: Sequence[int],
    lane_inputs: Sequence[int],
    zeros: Collection[int],
    layout: Layout,
    *,
    masks: bool,
) -> str:
    """Assembly of a sign kernel that makes its own points.

    Its arguments are the row table, number of rows, lane table, distance between lane arrays,
    number of lanes, tolerances (upper ones of all slots, then lower ones), codes, distance between
    code words, counts, tally.  Point (r, l) is number ``r * padded + l`` where ``padded`` is the
    number of lanes rounded up to a multiple of eight.
    """
    kinds = [POINTER, INT, POINTER, INT, INT, POINTER, POINTER, INT, POINTER, POINTER]
    module, b, arguments = _function("fused", kinds)
    rows, n_rows, lanes, lane_stride, n_lanes, bounds, codes, stride, counts, tally = arguments
    signs = SignPlanes.of(program, logic, zeros)
    finish = finish_function(
        module, logic, signs, word_bits=layout.bits, words=layout.words, masks=masks, finite=False
    )
    planes = _planes(b, signs)
    used, base, lane = (room(b, INT) for _ in range(3))
    b.store(INT(0), used)
    b.store(INT(0), base)
    valid = at(b, planes, signs.valid)
    everywhere = ir.Constant(WORD, [-1] * 8)
    b.store(everywhere, valid, align=64)
    emitter = Emitter(b, contract=True)
    groups = b.udiv(b.add(n_lanes, INT(LANES - 1)), INT(LANES))
    # The points that exist in the last group of a row.
    spare = b.sub(b.mul(groups, INT(LANES)), n_lanes)
    row_end = b.trunc(b.lshr(INT(255), spare), BYTE)
    function = b.function

    def flush() -> None:
        start = b.load(base, typ=INT)
        b.call(finish, [planes, codes, stride, counts, start, tally])
        b.store(b.add(start, INT(BLOCK)), base)
        b.store(INT(0), used)
        b.store(everywhere, valid, align=64)

    with counted_loop(b, n_rows, "row") as row:
        values = _row_values(emitter, program, rows, row, row_inputs, lane_inputs)
        b.store(INT(0), lane)
        # A segment is as much of the row as still fits into the block.
        segment = function.append_basic_block("segment")
        after = function.append_basic_block("row.done")
        b.branch(segment)
        b.position_at_end(segment)
        done, filled = b.load(lane, typ=INT), b.load(used, typ=INT)
        left, space = b.sub(groups, done), b.sub(INT(GROUPS), filled)
        length = b.select(b.icmp_unsigned("<", left, space), left, space)
        with counted_loop(b, length, "group") as step:
            group = b.add(done, step)
            place = at(b, planes, b.add(filled, step))
            own = list(values)
            _lane_values(emitter, program, lanes, lane_stride, group, lane_inputs, own)
            tolerances = [
                (
                    emitter.splat(b.load(at(b, bounds, k, DOUBLE), typ=DOUBLE)),
                    emitter.splat(b.load(at(b, bounds, len(signs.nodes) + k, DOUBLE), typ=DOUBLE)),
                )
                for k in range(len(signs.nodes))
            ]
            signs.store(emitter, own, tolerances, place)
        done, filled = b.add(done, length), b.add(filled, length)
        b.store(done, lane)
        b.store(filled, used)
        with b.if_then(b.icmp_unsigned("==", done, groups)):
            b.store(row_end, at(b, valid, b.sub(filled, INT(1))))
        with b.if_then(b.icmp_unsigned("==", filled, INT(GROUPS))):
            flush()
        b.cbranch(b.icmp_unsigned("<", done, groups), segment, after)
        b.position_at_end(after)
    filled = b.load(used, typ=INT)
    with b.if_then(b.icmp_unsigned(">", filled, INT(0))):
        points = _first_points(b, b.mul(filled, INT(LANES)))
        b.store(b.and_(points, b.load(valid, align=64, typ=WORD)), valid, align=64)
        flush()
    b.ret_void()
    return str(module)


def _row_values(
    emitter: Emitter,
    program: Program,
    rows: Any,
    row: Any,
    row_inputs: Sequence[int],
    lane_inputs: Sequence[int],
) -> list[Any]:
    """Everything that does not depend on the lane axis, computed once per row."""
    b = emitter.builder
    values: list[Any] = [None] * len(program.code)
    start = at(b, rows, b.mul(row, INT(len(row_inputs))), DOUBLE)
    places = _inputs(program)
    for k, position in enumerate(row_inputs):
        if position in places:
            scalar = b.load(at(b, start, k, DOUBLE), typ=DOUBLE)
            values[places[position]] = emitter.splat(scalar)
    inner = dependence(program, lane_inputs)
    emitter.run(program, values, [i for i, depends in enumerate(inner) if not depends])
    return values


def _lane_values(
    emitter: Emitter,
    program: Program,
    lanes: Any,
    lane_stride: Any,
    group: Any,
    lane_inputs: Sequence[int],
    values: list[Any],
) -> None:
    """The rest, for eight points of the lane axis."""
    b = emitter.builder
    places = _inputs(program)
    offset = b.mul(group, INT(LANES))
    for k, position in enumerate(lane_inputs):
        if position in places:
            start = b.add(b.mul(lane_stride, INT(k)), offset) if k else offset
            values[places[position]] = b.load(
                at(b, lanes, start, DOUBLE), align=8, typ=emitter.type
            )
    inner = dependence(program, lane_inputs)
    emitter.run(program, values, [i for i, depends in enumerate(inner) if depends])


# ---------------------------------------------------------------------- value kernels


def _write_values(
    emitter: Emitter, program: Program, values: Sequence[Any], out: Any, stride: Any, place: Any
) -> None:
    b = emitter.builder
    for k, node in enumerate(program.outputs):
        value = values[node]
        if program.code[node].op in BOOLEAN or value.type != emitter.type:
            value = b.select(value, emitter.constant(1.0), emitter.constant(0.0))
        start = b.add(b.mul(stride, INT(k)), place) if k else place
        b.store(value, at(b, out, start, DOUBLE), align=8)


def stored_values(program: Program, split: Sequence[int]) -> str:
    """Assembly: arrays of games in, one array of doubles per output.

    Its arguments are one address per array, the number of groups of eight games, the address of the
    outputs and the distance between them.
    """
    kinds = [POINTER] * len(split) + [INT, POINTER, INT]
    module, b, arguments = _function("stored_values", kinds)
    *pointers, groups, out, stride = arguments
    emitter = Emitter(b)
    with counted_loop(b, groups, "group") as group:
        _, values = _load_stored(b, program, pointers, split, group)
        emitter.run(program, values)
        _write_values(emitter, program, values, out, stride, b.mul(group, INT(LANES)))
    b.ret_void()
    return str(module)


def fused_values(program: Program, row_inputs: Sequence[int], lane_inputs: Sequence[int]) -> str:
    """Assembly: parameters in, one array of doubles per output.

    Its arguments are the row table, number of rows, lane table, distance between lane arrays,
    number of groups in a row, the address of the outputs and the distance between them.
    """
    kinds = [POINTER, INT, POINTER, INT, INT, POINTER, INT]
    module, b, arguments = _function("fused_values", kinds)
    rows, n_rows, lanes, lane_stride, groups, out, stride = arguments
    emitter = Emitter(b)
    with counted_loop(b, n_rows, "row") as row:
        values = _row_values(emitter, program, rows, row, row_inputs, lane_inputs)
        first = b.mul(row, groups)
        with counted_loop(b, groups, "group") as group:
            own = list(values)
            _lane_values(emitter, program, lanes, lane_stride, group, lane_inputs, own)
            place = b.mul(b.add(first, group), INT(LANES))
            _write_values(emitter, program, own, out, stride, place)
    b.ret_void()
    return str(module)
