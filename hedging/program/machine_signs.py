"""Three-valued sign logic on words of 512 bits, and its packing into integer codes.

A *plane* holds one truth value for each of a block's 512 points: 64 bytes, byte g for the g-th
group of eight points.  For every output whose sign matters there are two, "certainly positive" and
"certainly negative".  The logic of :class:`~hedging.program.logic.SignLogic` is then a few Boolean
operations on whole planes per candidate, and packing turns bit p of every plane into the code
of point p.

An output known to be zero (a constant, or one that vanishes identically) has no planes.
A candidate that asks for its sign can never be certain.  If all its other signs are certain
and agree, nothing about it is open: it is *degenerate*, which is a statement, not a doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from hedging.program.graph import Program
from hedging.program.logic import Group, SignLogic
from hedging.program.machine_emit import BYTE, INT, LANES, POINTER, Emitter

__all__ = [
    "BLOCK",
    "GROUPS",
    "SignPlanes",
    "at",
    "carrying_loop",
    "counted_loop",
    "finish_function",
    "room",
    "store_mask",
]

GROUPS = 64
"""Groups of eight points in a block; a plane has one byte for each."""
BLOCK = GROUPS * LANES

WORD = ir.VectorType(INT, 8)
_BYTES = ir.VectorType(BYTE, 64)


@dataclass(frozen=True)
class SignPlanes:
    """Which planes a block has.

    Attributes
    ----------
    known : dict of int to int
        Outputs whose sign (-1, 0 or 1) is known beforehand.
    slots : dict of int to int
        For each other output that matters, the number of its pair of planes.
    nodes : tuple of int
        Instruction of the program that fills each slot.
    """

    known: dict[int, int]
    slots: dict[int, int]
    nodes: tuple[int, ...]

    @classmethod
    def of(cls, program: Program, logic: SignLogic, zeros: Collection[int] = ()) -> SignPlanes:
        """Lay out the planes for the outputs that occur in the logic."""
        known: dict[int, int] = {}
        slots: dict[int, int] = {}
        nodes: dict[int, int] = {}
        for candidate in logic.candidates:
            for group in candidate:
                for _, output in group:
                    if output is None or output in slots or output in known:
                        continue
                    node = program.outputs[output]
                    step = program.code[node]
                    if output in zeros:
                        known[output] = 0
                    elif step.op == "const":
                        value = step.literal or 0
                        known[output] = (value > 0) - (value < 0)
                    else:
                        slots[output] = nodes.setdefault(node, len(nodes))
        return cls(known, slots, tuple(nodes))

    @property
    def finite(self) -> int:
        """Byte offset of the plane that says whether a point's inputs are finite."""
        return 128 * len(self.nodes)

    @property
    def valid(self) -> int:
        """Byte offset of the plane that says whether there is a point at all."""
        return self.finite + 64

    @property
    def size(self) -> int:
        """Bytes of all planes of a block."""
        return self.valid + 64

    def store(
        self, emitter: Emitter, values: Sequence[Any], tolerances: Sequence[Any], planes: Any
    ) -> None:
        """Compare each value with its tolerance and store one byte in each plane.

        ``tolerances`` has a pair (upper, lower) of vectors per slot; ``planes`` is the address of
        this group's byte in the first plane.
        """
        b = emitter.builder
        for slot, node in enumerate(self.nodes):
            upper, lower = tolerances[slot]
            for half, sign, bound in ((0, ">", upper), (64, "<", lower)):
                store_mask(b, b.fcmp_ordered(sign, values[node], bound), planes, 128 * slot + half)


def at(builder: Any, pointer: Any, offset: Any, element: Any = BYTE) -> Any:
    """Address of an element counted from a pointer."""
    index = INT(offset) if isinstance(offset, int) else offset
    return builder.gep(pointer, [index], source_etype=element)


def room(builder: Any, kind: Any) -> Any:
    """Address of room on the stack, aligned to a cache line."""
    found = builder.alloca(kind)
    found.align = 64
    found.type = POINTER  # llvmlite would remember the kind of what is pointed to
    return found


def store_mask(builder: Any, mask: Any, planes: Any, offset: int) -> None:
    """Store eight truth values as one byte."""
    builder.store(builder.bitcast(mask, BYTE), at(builder, planes, offset))


class Loop:
    """A loop being emitted, with one value that each turn hands to the next.

    Attributes
    ----------
    index : value
        Number of the turn, from 0.
    carried : value
        What the turn before left; assign to :attr:`next` to leave something else.  After the loop
        it is what the last turn left.
    """

    def __init__(self, index: Any, carried: Any) -> None:
        self.index = index
        self.carried = carried
        self.next = carried


@contextmanager
def carrying_loop(builder: Any, count: Any, start: Any, name: str) -> Iterator[Loop]:
    """Emit ``for index in range(count)`` around a carried value that begins as ``start``."""
    before = builder.block
    head = builder.append_basic_block(name)
    body = builder.append_basic_block(name + ".body")
    after = builder.append_basic_block(name + ".end")
    builder.branch(head)
    builder.position_at_end(head)
    index, carried = builder.phi(INT, name + ".i"), builder.phi(start.type)
    index.add_incoming(INT(0), before)
    carried.add_incoming(start, before)
    builder.cbranch(builder.icmp_unsigned("<", index, count), body, after)
    builder.position_at_end(body)
    loop = Loop(index, carried)
    yield loop
    index.add_incoming(builder.add(index, INT(1)), builder.block)
    carried.add_incoming(loop.next, builder.block)
    builder.branch(head)
    builder.position_at_end(after)


@contextmanager
def counted_loop(builder: Any, count: Any, name: str) -> Iterator[Any]:
    """Emit ``for i in range(count)``; yields the index, leaves the builder after the loop."""
    with carrying_loop(builder, count, INT(0), name) as loop:
        yield loop.index


class _Bits:
    """Boolean operations on planes with constants folded and equal operations shared."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self._known: dict[tuple[Any, ...], Any] = {}
        self.ones = ir.Constant(WORD, [-1] * 8)

    def negate(self, x: Any) -> Any:
        if isinstance(x, bool):
            return not x
        key = ("not", id(x))
        if key not in self._known:
            self._known[key] = self.builder.xor(x, self.ones)
        return self._known[key]

    def _fold(self, op: str, items: Sequence[Any], neutral: bool) -> Any:
        if any(x is (not neutral) for x in items):
            return not neutral
        left = list({id(x): x for x in items if x is not neutral}.values())
        if not left:
            return neutral
        while len(left) > 1:  # a balanced tree, so that the chain of dependent operations is short
            pairs = [left[i : i + 2] for i in range(0, len(left), 2)]
            left = [self._pair(op, *pair) if len(pair) == 2 else pair[0] for pair in pairs]
        return left[0]

    def _pair(self, op: str, a: Any, b: Any) -> Any:
        key = (op, *sorted((id(a), id(b))))
        if key not in self._known:
            self._known[key] = getattr(self.builder, op)(a, b)
        return self._known[key]

    def every(self, items: Sequence[Any]) -> Any:
        return self._fold("and_", items, True)

    def some(self, items: Sequence[Any]) -> Any:
        return self._fold("or_", items, False)


def _group(bits: _Bits, group: Group, signs: SignPlanes, planes: Any) -> tuple[Any, Any, bool]:
    """Planes of one group.

    The first holds where all its non-zero members agree strictly, the second where two
    disagree; the flag tells of a member known to be zero.
    """
    up, down, zero = [], [], False
    for sign, output in group:
        if output is not None and output in signs.slots:
            positive, negative = planes(signs.slots[output])
        else:
            known = 1 if output is None else signs.known[output]
            if known == 0:
                zero = True
                continue
            positive, negative = known > 0, known < 0
        if sign < 0:
            positive, negative = negative, positive
        up.append(positive)
        down.append(negative)
    agree = bits.some([bits.every(up), bits.every(down)])
    return agree, bits.every([bits.some(up), bits.some(down)]), zero


def finish_function(
    module: Any,
    logic: SignLogic,
    signs: SignPlanes,
    *,
    word_bits: int,
    words: int,
    masks: bool,
    finite: bool,
) -> Any:
    """Emit the function that turns a block's planes into codes, counts and tallies.

    Its arguments are the planes, the codes, the distance between code words, the counts, the number
    of the block's first point, and two running totals: undecided and degenerate points.  With
    ``finite`` the points outside the plane of that name are undecided.
    """
    kind = ir.FunctionType(ir.VoidType(), [POINTER, POINTER, INT, POINTER, INT, POINTER])
    function = ir.Function(module, kind, "finish")
    function.linkage = "internal"
    function.attributes.add("noinline")
    function.attributes.add("nounwind")
    source, codes, stride, counts, base, tally = function.args
    b = ir.IRBuilder(function.append_basic_block("entry"))
    n_planes = len(logic.candidates) + 2
    target = room(b, ir.ArrayType(BYTE, 64 * n_planes))
    bits = _Bits(b)
    loaded: dict[int, Any] = {}

    def plane(offset: int) -> Any:
        if offset not in loaded:
            loaded[offset] = b.load(at(b, source, offset), align=64, typ=WORD)
        return loaded[offset]

    def pair(slot: int) -> tuple[Any, Any]:
        return plane(128 * slot), plane(128 * slot + 64)

    present: list[int] = []

    def keep(index: int, value: Any) -> None:
        if value is False:
            return
        present.append(index)
        word = bits.ones if value is True else value
        b.store(word, at(b, target, 64 * index), align=64)

    undecided, degenerate = [], []
    for c, candidate in enumerate(logic.candidates):
        groups = [_group(bits, group, signs, pair) for group in candidate]
        agree = bits.every([g[0] for g in groups])
        impossible = bits.some([g[1] for g in groups])
        undecided.append(bits.negate(bits.some([agree, impossible])))
        if any(g[2] for g in groups):
            degenerate.append(agree)
        else:
            keep(c, agree)
    if finite:
        undecided.append(bits.negate(plane(signs.finite)))
    flags = [bits.some(degenerate), bits.some(undecided)]
    for index, flag in enumerate(flags):
        keep(n_planes - 2 + index, flag)
    for index, flag in enumerate(reversed(flags)):
        _tally(b, bits.every([flag, plane(signs.valid)]), at(b, tally, index, INT))
    with counted_loop(b, INT(8), "pack") as step:
        place = b.add(base, b.mul(step, INT(64)))
        offset = b.mul(step, INT(8))
        _pack(b, target, offset, present, n_planes, codes, stride, counts, place,
              word_bits=word_bits, words=words, masks=masks)  # fmt: skip
    b.ret_void()
    return function


def _intrinsic(builder: Any, name: str, result: Any, operand: Any) -> Any:
    module = builder.module
    function = module.globals.get(name)
    if function is None:
        function = ir.Function(module, ir.FunctionType(result, [operand.type]), name)
    return builder.call(function, [operand])


def _tally(b: Any, plane: Any, total: Any) -> None:
    if plane is False:
        return
    bits = _intrinsic(b, "llvm.ctpop.v8i64", WORD, plane)
    count = _intrinsic(b, "llvm.vector.reduce.add.v8i64", INT, bits)
    b.store(b.add(b.load(total, typ=INT), count), total)


def _pack(
    b: Any, planes: Any, offset: Any, present: Sequence[int], n_planes: int, codes: Any,
    stride: Any, counts: Any, place: Any, *, word_bits: int, words: int, masks: bool,
) -> None:  # fmt: skip
    """Codes and counts of 64 points, from bytes ``offset .. offset + 8`` of every plane."""
    total_bits = word_bits * words
    flags = {n_planes - 1: total_bits - 1, n_planes - 2: total_bits - 2}
    by_byte: dict[int, list[tuple[int, int]]] = {}
    for index in present:
        bit = flags.get(index, index)
        by_byte.setdefault(bit // 8, []).append((index, bit % 8))
    count: Any = None
    gathered: list[Any] = [None] * (total_bits // 8)
    for number, members in by_byte.items():
        value: Any = None
        for part in (
            [(i, bit) for i, bit in members if i not in flags],
            [(i, bit) for i, bit in members if i in flags],
        ):
            for index, bit in part:
                word = b.load(at(b, at(b, planes, 64 * index), offset), align=8, typ=INT)
                spread = _spread(b, word, 1 << bit, masks=masks)
                value = spread if value is None else b.or_(value, spread)
            if part and part[0][0] not in flags:
                ones = _intrinsic(b, "llvm.ctpop.v64i8", _BYTES, value)
                count = ones if count is None else b.add(count, ones)
        gathered[number] = value
    zero = ir.Constant(_BYTES, None)
    b.store(zero if count is None else count, at(b, counts, place), align=1)
    each = word_bits // 8
    for w in range(words):
        code = _join(b, gathered[w * each : (w + 1) * each], 8)
        element = ir.IntType(word_bits)
        if code is None:
            code = ir.Constant(ir.VectorType(element, 64), None)
        start = b.add(place, b.mul(stride, INT(w))) if w else place
        b.store(code, at(b, codes, start, element), align=1)


def _spread(b: Any, word: Any, value: int, *, masks: bool) -> Any:
    """Bit p of a 64-bit word as ``value`` or 0 in byte p."""
    byte = ir.Constant(_BYTES, [value - 256 if value > 127 else value] * 64)
    if masks:
        chosen = b.bitcast(word, ir.VectorType(ir.IntType(1), 64))
        return b.select(chosen, byte, ir.Constant(_BYTES, None))
    # Without mask registers: repeat each byte eight times and test a different bit in each copy.
    narrow = b.bitcast(word, ir.VectorType(BYTE, 8))
    index = ir.Constant(ir.VectorType(ir.IntType(32), 64), [p // 8 for p in range(64)])
    copies = b.shuffle_vector(narrow, ir.Constant(narrow.type, ir.Undefined), index)
    tests = [1 << (p % 8) for p in range(64)]
    test = ir.Constant(_BYTES, [t - 256 if t > 127 else t for t in tests])
    hit = b.sext(b.icmp_unsigned("==", b.and_(copies, test), test), _BYTES)
    return b.and_(hit, byte)


def _join(b: Any, parts: Sequence[Any], bits: int) -> Any:
    """One vector of integers from vectors of their pieces, the least significant first."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    low, high = _join(b, parts[:half], bits), _join(b, parts[half:], bits)
    wide = ir.VectorType(ir.IntType(bits * len(parts)), 64)
    if high is None:
        return None if low is None else b.zext(low, wide)
    shift = ir.Constant(wide, [bits * half] * 64)
    top = b.shl(b.zext(high, wide), shift)
    return top if low is None else b.or_(b.zext(low, wide), top)
