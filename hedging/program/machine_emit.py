r"""Emit a straight-line program as LLVM instructions on vectors of doubles.

Every value of the program is one vector of :data:`LANES` doubles (or one double); LLVM cuts vectors
to the registers the target has.  The operations are those of :mod:`hedging.program.doubles` one for
one (what has no value is nan: a division by zero, a ``select`` whose condition compares nan), so
results agree to the last bit, with two exceptions.

*Contraction* (optional).  ``a b + c`` with a product used nowhere else becomes one fused
multiply-add where the target has it.  It rounds once instead of twice, so every running error bound
of the two-step form holds for it.

*exp and log* are evaluated by polynomials, without a library call.  Their error stays below 2 units
in the last place (tests find less than 1 on all targets); running error analysis assumes 4.

exp.  With ``k = round(x / log 2)`` and ``r = x - k log 2`` (log 2 in two parts, the first with
so few bits that ``k`` times it is exact; Cody and Waite 1980), ``|r| <= 0.3466`` and

    exp x = 2^k (1 + r + r^2/2! + ... + r^13/13!),    remainder below 5e-18.

``2^k`` is applied in two halves, which gets overflow to infinity and gradual underflow right.

log.  With ``x = 2^k (1 + f)``, ``sqrt(1/2) <= 1 + f < sqrt(2)``, and ``s = f / (2 + f)``,

    log(1 + f) = 2 atanh s = f - (f^2/2 - s (f^2/2 + R)),    R = 2 s^2 / 3 + 2 s^4 / 5 + ...,

an identity that keeps the large term f free of rounding; eleven terms leave below 1e-18.
Special values are IEEE's: ``exp(-inf) = 0``, ``log 0 = -inf``, ``log`` of a negative number is nan.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from llvmlite import ir

from hedging.program.graph import BOOLEAN, Program

__all__ = ["LANES", "Emitter", "as_double", "dependence"]

LANES = 8
"""Doubles per vector: one AVX-512 register, two of AVX2, four of SSE2 or NEON."""

BYTE, INT, DOUBLE, POINTER = ir.IntType(8), ir.IntType(64), ir.DoubleType(), ir.PointerType()

_LOG2_HIGH = struct.unpack("<d", struct.pack("<Q", 0x3FE62E42FEE00000))[0]
"""The first 32 bits of log 2."""
_LOG2_LOW = 1.90821492927058770002e-10
_SHIFT = 1.5 * 2.0**52
"""Adding it rounds a double of moderate size to an integer, left in the low bits."""


def as_double(value: Fraction | int | None) -> float:
    """Return the nearest double; infinite beyond the range."""
    try:
        return float(value if value is not None else 0)
    except OverflowError:
        return math.inf if value is not None and value > 0 else -math.inf


def dependence(program: Program, inputs: Iterable[int]) -> list[bool]:
    """Tell for each instruction whether it depends on any of the inputs, given by position."""
    chosen = set(inputs)
    depends: list[bool] = []
    for op, args, literal in program.code:
        depends.append(literal in chosen if op == "input" else any(depends[a] for a in args))
    return depends


class Emitter:
    """Arithmetic on vectors of doubles, or on single doubles, in one LLVM function.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where instructions go.
    lanes : int
        Doubles per value; 0 for plain scalars.
    contract : bool
        Fuse products into sums.
    """

    def __init__(self, builder: Any, lanes: int = LANES, *, contract: bool = False) -> None:
        self.builder = builder
        self.contract = contract
        self.lanes = lanes
        self.type = self._shaped(DOUBLE)
        self.int_type = self._shaped(INT)
        self._constants: dict[tuple[str, Any], Any] = {}
        # What each truth value compares, found by the identity of its instruction.
        self._compared: dict[int, list[tuple[Any, Any]]] = {}

    def _shaped(self, element: Any) -> Any:
        return ir.VectorType(element, self.lanes) if self.lanes else element

    def constant(self, value: float) -> Any:
        """The same double in every lane."""
        return self._constant("double", float(value).hex(), self.type, value)

    def integer(self, value: int) -> Any:
        """The same 64-bit integer in every lane."""
        return self._constant("int", value, self.int_type, value)

    def _constant(self, kind: str, key: Any, type_: Any, value: float) -> Any:
        found = self._constants.get((kind, key))
        if found is None:
            found = ir.Constant(type_, [value] * self.lanes if self.lanes else value)
            self._constants[kind, key] = found
        return found

    def splat(self, scalar: Any) -> Any:
        """One double of the program's surroundings in every lane."""
        if not self.lanes:
            return scalar
        b = self.builder
        first = b.insert_element(ir.Constant(self.type, ir.Undefined), scalar, ir.IntType(32)(0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return b.shuffle_vector(first, ir.Constant(self.type, ir.Undefined), mask)

    def call(self, name: str, *operands: Any) -> Any:
        """An LLVM intrinsic from values to a value, such as ``sqrt``."""
        suffix = f"v{self.lanes}f64" if self.lanes else "f64"
        full = f"llvm.{name}.{suffix}"
        module = self.builder.module
        function = module.globals.get(full)
        if function is None:
            kind = ir.FunctionType(self.type, [self.type] * len(operands))
            function = ir.Function(module, kind, full)
        return self.builder.call(function, operands)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """``a b + c``, fused where the target can."""
        return self.call("fmuladd", a, b, c)

    def absolute(self, a: Any) -> Any:
        """``abs(a)``."""
        return self.call("fabs", a)

    # ------------------------------------------------------------------ programs

    def run(
        self, program: Program, values: list[Any], positions: Iterable[int] | None = None
    ) -> None:
        """Emit instructions of a program.

        Parameters
        ----------
        program : Program
        values : list
            One slot per instruction; inputs filled in beforehand, the rest as they are emitted.
        positions : iterable of int, optional
            Which instructions to emit now, in order; default all.  A product is contracted
            only into a sum of the same portion.
        """
        chosen = range(len(program.code)) if positions is None else list(positions)
        absorbed = self._absorbed(program, set(chosen)) if self.contract else set()
        for position in chosen:
            op, args, literal = program.code[position]
            if values[position] is not None or position in absorbed:
                continue
            if op == "input":
                continue
            if op == "const":
                values[position] = self.constant(as_double(literal))
            elif op == "pow":
                values[position] = self.power(values[args[0]], int(literal or 0))
            elif any(a in absorbed for a in args):
                values[position] = self._contracted(program, values, position, absorbed)
            else:
                values[position] = self._apply(op, [values[a] for a in args])

    def _absorbed(self, program: Program, chosen: set[int]) -> set[int]:
        """Products, and negated products, that live on only inside one sum."""
        uses = [0] * len(program.code)
        for step in program.code:
            for a in step.args:
                uses[a] += 1
        for o in program.outputs:
            uses[o] += 2
        absorbed: set[int] = set()
        for position in chosen:
            step = program.code[position]
            if step.op not in {"add", "sub"}:
                continue
            for a in reversed(step.args):
                inner = program.code[a]
                through = inner.args[0] if inner.op == "neg" else a
                parts = {a, through}
                if (
                    program.code[through].op == "mul"
                    and parts <= chosen
                    and all(uses[p] == 1 for p in parts)
                    # one operand is absorbed, the other is the addend
                ):
                    absorbed |= parts
                    break
        return absorbed

    def _contracted(
        self, program: Program, values: Sequence[Any], position: int, absorbed: set[int]
    ) -> Any:
        op, (left, right), _ = program.code[position]
        product, other = (right, left) if right in absorbed else (left, right)
        minus_product = op == "sub" and product == right
        addend = values[other]
        if op == "sub" and product == left:
            addend = self.builder.fneg(addend)
        if program.code[product].op == "neg":
            minus_product = not minus_product
            product = program.code[product].args[0]
        a, b = (values[x] for x in program.code[product].args)
        return self.multiply_add(self.builder.fneg(a) if minus_product else a, b, addend)

    def _apply(self, op: str, v: list[Any]) -> Any:
        b = self.builder
        if op in {"add", "sub", "mul"}:
            return getattr(b, "f" + op)(*v)
        if op in BOOLEAN:
            return self._truth(op, v)
        if op in {"min", "max"}:
            chosen = b.select(b.fcmp_ordered("<" if op == "min" else ">", *v), *v)
            # Where either is nan the comparison chose v[1]; a nan in v[0] must show too.
            return b.select(b.fcmp_unordered("uno", v[0], v[0]), v[0], chosen)
        simple = {
            "neg": b.fneg,
            "abs": self.absolute,
            "div": self.divide,
            "select": self._select,
            "sqrt": lambda x: self.call("sqrt", x),
            "exp": self.exp,
            "log": self.log,
        }
        return simple[op](*v)

    def _truth(self, op: str, v: list[Any]) -> Any:
        b = self.builder
        if op in {"and", "or", "not"}:
            result = b.not_(*v) if op == "not" else (b.and_ if op == "and" else b.or_)(*v)
            self._compared[id(result)] = self._pairs(*v)
            return result
        sign = {"less": "<", "less_equal": "<=", "equal": "=="}[op]
        result = b.fcmp_ordered(sign, *v)
        self._compared[id(result)] = [(v[0], v[1])]
        return result

    def _pairs(self, *truths: Any) -> list[tuple[Any, Any]]:
        return [pair for x in truths for pair in self._compared.get(id(x), [])]

    def _select(self, condition: Any, yes: Any, no: Any) -> Any:
        """Choose; nan where the condition rests on a comparison with nan."""
        b = self.builder
        result = b.select(condition, yes, no)
        if result.type != self.type:  # of two truth values
            self._compared[id(result)] = self._pairs(condition, yes, no)
            return result
        for left, right in self._pairs(condition):
            difference = b.fsub(left, right)
            none = b.fcmp_unordered("uno", difference, difference)
            result = b.select(none, self.constant(math.nan), result)
        return result

    def divide(self, a: Any, c: Any) -> Any:
        """``a / c``; nan where c is zero."""
        b = self.builder
        result = b.fdiv(a, c)
        if isinstance(c, ir.Constant) and self._constants.get(("double", (0.0).hex())) is not c:
            return result
        none = b.fcmp_ordered("==", c, self.constant(0.0))
        return b.select(none, self.constant(math.nan), result)

    def power(self, base: Any, exponent: int) -> Any:
        """Integer power by repeated squaring, the same products as in numpy arithmetic."""
        result: Any = None
        n = abs(exponent)
        while n:
            if n & 1:
                result = base if result is None else self.builder.fmul(result, base)
            n >>= 1
            if n:
                base = self.builder.fmul(base, base)
        if result is None:
            return self.constant(1.0)
        return self.divide(self.constant(1.0), result) if exponent < 0 else result

    # ------------------------------------------------------------------ exp and log

    def _polynomial(self, x: Any, coefficients: Sequence[float]) -> Any:
        """Horner's rule; the constant coefficient first."""
        result = self.constant(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            result = self.multiply_add(result, x, self.constant(c))
        return result

    def _bits(self, x: Any) -> Any:
        return self.builder.bitcast(x, self.int_type)

    def _double(self, x: Any) -> Any:
        return self.builder.bitcast(x, self.type)

    def exp(self, x: Any) -> Any:
        """``exp(x)``; see the module's text."""
        b = self.builder
        # Beyond these the result is inf or 0 anyway; comparisons leave nan as it is.
        high, low = self.constant(710.0), self.constant(-746.0)
        x = b.select(b.fcmp_ordered(">", x, high), high, x)
        x = b.select(b.fcmp_ordered("<", x, low), low, x)
        shifted = self.multiply_add(x, self.constant(1.0 / math.log(2.0)), self.constant(_SHIFT))
        k = b.fsub(shifted, self.constant(_SHIFT))
        r = self.multiply_add(k, self.constant(-_LOG2_HIGH), x)
        r = self.multiply_add(k, self.constant(-_LOG2_LOW), r)
        tail = self._polynomial(r, [1.0 / math.factorial(j) for j in range(2, 14)])
        y = b.fadd(self.multiply_add(b.fmul(r, r), tail, r), self.constant(1.0))
        # k as an integer, shifted up by 2048 to be halved without a sign.
        base = int.from_bytes(struct.pack("<d", _SHIFT), "little") - 2048
        whole = b.sub(self._bits(shifted), self.integer(base))
        half = b.lshr(whole, self.integer(1))
        rest = b.sub(whole, half)
        for part in (half, rest):
            # 1024 of the 2048 went to each half; the exponent's own bias is 1023.
            exponent = b.sub(part, self.integer(1))
            y = b.fmul(y, self._double(b.shl(exponent, self.integer(52))))
        return y

    def log(self, x: Any) -> Any:
        """``log(x)``; see the module's text."""
        b = self.builder
        small = b.fcmp_ordered("<", x, self.constant(2.0**-1022))
        normal = b.select(small, b.fmul(x, self.constant(2.0**54)), x)
        root = int.from_bytes(struct.pack("<d", math.sqrt(0.5)), "little")
        bits = self._bits(normal)
        # The exponent of x / sqrt(1/2), biased to be positive throughout.
        up = b.add(b.sub(bits, self.integer(root)), self.integer(1023 << 52))
        biased = b.lshr(up, self.integer(52))
        k = b.fsub(
            self._double(b.or_(biased, self.integer(0x433 << 52))),
            b.select(small, self.constant(2.0**52 + 1077), self.constant(2.0**52 + 1023)),
        )
        scale = b.shl(b.sub(biased, self.integer(1023)), self.integer(52))
        f = b.fsub(self._double(b.sub(bits, scale)), self.constant(1.0))
        s = b.fdiv(f, b.fadd(f, self.constant(2.0)))
        z = b.fmul(s, s)
        series = self._polynomial(z, [2.0 / (2 * j + 3) for j in range(11)])
        half = b.fmul(b.fmul(f, f), self.constant(0.5))
        inner = self.multiply_add(z, series, half)
        low = self.multiply_add(s, inner, b.fmul(k, self.constant(_LOG2_LOW)))
        rest = b.fsub(b.fsub(half, low), f)
        y = self.multiply_add(k, self.constant(_LOG2_HIGH), b.fneg(rest))
        y = b.select(b.fcmp_ordered("==", x, self.constant(math.inf)), x, y)
        y = b.select(b.fcmp_ordered("==", x, self.constant(0.0)), self.constant(-math.inf), y)
        wrong = b.fcmp_unordered("<", x, self.constant(0.0))  # negative or nan
        return b.select(wrong, self.constant(math.nan), y)
