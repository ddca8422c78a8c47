"""Straight-line programs: the one object behind sweep, certificate, exact answer and theorem.

A :class:`Program` is a finite list of instructions, each of which names an operation and
the earlier values it acts on.  It has no loops and no branches, so the same program can
be read in different arithmetics: machine doubles (:mod:`hedging.program.doubles`),
rationals (:mod:`hedging.program.rationals`) and symbols (:mod:`hedging.program.symbols`).

Programs are built by a :class:`Builder`, which *hash-conses*: asking twice for the same
operation on the same values gives the same value back, so a subexpression shared by many
payoffs is computed once.  The only rewriting is exact in the rationals: constants are folded,
and ``x + 0``, ``x * 1``, ``x - 0``, ``x / 1``, ``x ** 1`` and double negations disappear.
``0 * x`` is kept, because ``x`` may be infinite and that must show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from hedging.errors import FormulaError

__all__ = ["ARITY", "BOOLEAN", "COMMUTATIVE", "ROUNDED", "Builder", "Instruction", "Program"]

ARITY = {
    "input": 0,
    "const": 0,
    "neg": 1,
    "abs": 1,
    "add": 2,
    "sub": 2,
    "mul": 2,
    "div": 2,
    "min": 2,
    "max": 2,
    "pow": 1,
    "sqrt": 1,
    "exp": 1,
    "log": 1,
    "less": 2,
    "less_equal": 2,
    "equal": 2,
    "and": 2,
    "or": 2,
    "not": 1,
    "select": 3,
}
"""Operations and how many earlier values each takes."""

BOOLEAN = frozenset({"less", "less_equal", "equal", "and", "or", "not"})
"""Operations whose value is a truth value; ``select`` takes one as its first argument."""

COMMUTATIVE = frozenset({"add", "mul", "min", "max", "equal", "and", "or"})

ROUNDED = frozenset({"add", "sub", "mul", "div", "pow", "sqrt", "exp", "log"})
"""Operations that round in floating point; the others are exact."""


_MAX_FOLDED_BITS = 10_000
"""Powers of constants longer than this are left to the arithmetic that evaluates them."""


class Instruction(NamedTuple):
    """One step: an operation, the positions it reads, and its literal if it has one.

    ``literal`` is the input's position for ``input``, a Fraction for ``const``, the integer
    exponent for ``pow`` and None otherwise.
    """

    op: str
    args: tuple[int, ...] = ()
    literal: Fraction | int | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """An immutable straight-line program.

    Attributes
    ----------
    inputs : tuple of str
        Names of the inputs; instruction ``("input", (), k)`` reads the k-th.
    code : tuple of Instruction
        Instruction i computes value i from values before it.
    outputs : tuple of int
        Positions of the results, in the order asked for.

    Examples
    --------
    >>> b = Builder(["x", "y"])
    >>> x, y = b.input("x"), b.input("y")
    >>> program = b.program([b.mul(b.add(x, y), b.add(y, x))])
    >>> len(program.code)    # two inputs, one shared sum, one product
    4
    """

    inputs: tuple[str, ...]
    code: tuple[Instruction, ...]
    outputs: tuple[int, ...]

    def roundings(self) -> int:
        """Largest number of rounded operations on which any one output depends.

        Constants that are not dyadic rationals of 53 bits count once each.
        """
        depends: list[frozenset[int]] = []
        for position, (op, args, literal) in enumerate(self.code):
            here = frozenset().union(*(depends[a] for a in args))
            if op in ROUNDED or (op == "const" and not _is_double(literal)):
                here |= {position}
            depends.append(here)
        return max((len(depends[o]) for o in self.outputs), default=0)

    @property
    def is_rational(self) -> bool:
        """True if every operation maps rationals to rationals (no sqrt, exp or log)."""
        return not any(step.op in {"sqrt", "exp", "log"} for step in self.code)

    def compose(self, inner: Program) -> Program:
        """Feed the outputs of ``inner`` to the inputs of this program, in order.

        Raises
        ------
        FormulaError
            If ``inner`` does not have exactly as many outputs as this program has inputs.
        """
        if len(inner.outputs) != len(self.inputs):
            msg = (
                f"a program with {len(self.inputs)} inputs was given one with "
                f"{len(inner.outputs)} outputs; give it exactly {len(self.inputs)}"
            )
            raise FormulaError(msg)
        builder = Builder(inner.inputs)
        fed = builder.append(inner)
        return builder.program(builder.append(self, fed))


def _is_double(value: Fraction | int | None) -> bool:
    try:
        return value is not None and Fraction(float(value)) == value
    except OverflowError:
        return False


class Builder:
    """Grows a program, sharing equal subexpressions.

    Parameters
    ----------
    inputs : sequence of str
        Names of the inputs, in order.
    """

    def __init__(self, inputs: Sequence[str]) -> None:
        self.inputs = tuple(inputs)
        self._code: list[Instruction] = []
        self._known: dict[Instruction, int] = {}
        self._position = {name: k for k, name in enumerate(self.inputs)}

    def _add(
        self, op: str, args: tuple[int, ...] = (), literal: Fraction | int | None = None
    ) -> int:
        if op in COMMUTATIVE:
            args = tuple(sorted(args))
        step = Instruction(op, args, literal)
        known = self._known.get(step)
        if known is None:
            known = self._known[step] = len(self._code)
            self._code.append(step)
        return known

    def _constant_value(self, value: int) -> Fraction | None:
        step = self._code[value]
        return Fraction(step.literal) if step.op == "const" and step.literal is not None else None

    def input(self, name: str) -> int:
        """Value of the named input."""
        return self._add("input", (), self._position[name])

    def constant(self, value: Fraction | int | float | str) -> int:
        """A literal, kept as an exact rational (a float means the double it is)."""
        return self._add("const", (), Fraction(value))

    def add(self, a: int, b: int) -> int:
        """``a + b``."""
        x, y = self._constant_value(a), self._constant_value(b)
        if x is not None and y is not None:
            return self.constant(x + y)
        if x == 0:
            return b
        return a if y == 0 else self._add("add", (a, b))

    def sub(self, a: int, b: int) -> int:
        """``a - b``."""
        x, y = self._constant_value(a), self._constant_value(b)
        if x is not None and y is not None:
            return self.constant(x - y)
        if x == 0:
            return self.neg(b)
        return a if y == 0 else self._add("sub", (a, b))

    def mul(self, a: int, b: int) -> int:
        """``a * b``."""
        x, y = self._constant_value(a), self._constant_value(b)
        if x is not None and y is not None:
            return self.constant(x * y)
        if x == 1:
            return b
        if y == 1:
            return a
        if x == -1:
            return self.neg(b)
        return self.neg(a) if y == -1 else self._add("mul", (a, b))

    def div(self, a: int, b: int) -> int:
        """``a / b``."""
        x, y = self._constant_value(a), self._constant_value(b)
        if x is not None and y is not None and y != 0:
            return self.constant(x / y)
        return a if y == 1 else self._add("div", (a, b))

    def neg(self, a: int) -> int:
        """``-a``."""
        x = self._constant_value(a)
        if x is not None:
            return self.constant(-x)
        step = self._code[a]
        return step.args[0] if step.op == "neg" else self._add("neg", (a,))

    def power(self, a: int, exponent: int) -> int:
        """``a ** exponent`` for a literal integer exponent."""
        x = self._constant_value(a)
        if exponent == 0:
            return self.constant(1)
        if exponent == 1:
            return a
        if x is not None and (x != 0 or exponent > 0):
            bits = max(x.numerator.bit_length(), x.denominator.bit_length())
            if bits * abs(exponent) <= _MAX_FOLDED_BITS:
                return self.constant(x**exponent)
        return self._add("pow", (a,), exponent)

    def apply(self, op: str, *args: int) -> int:
        """Any other operation of :data:`ARITY` by name."""
        if op in {"add", "sub", "mul", "div", "neg"}:
            return int(getattr(self, op)(*args))
        if op not in ARITY or ARITY[op] != len(args) or op in {"input", "const", "pow"}:
            msg = f"no operation {op!r} on {len(args)} values; expected one of {', '.join(ARITY)}"
            raise FormulaError(msg)
        if op in {"min", "max"}:
            if args[0] == args[1]:
                return args[0]
            x, y = self._constant_value(args[0]), self._constant_value(args[1])
            if x is not None and y is not None:
                return self.constant(min(x, y) if op == "min" else max(x, y))
        return self._add(op, args)

    def append(self, program: Program, inputs: Sequence[int] | None = None) -> list[int]:
        """Copy a program in and return its outputs as values here.

        ``inputs`` are the values fed to the program's inputs; by default the inputs of the
        same name.
        """
        values: list[int] = []
        for op, args, literal in program.code:
            mapped = tuple(values[a] for a in args)
            if op == "input":
                k = int(literal or 0)
                values.append(self.input(program.inputs[k]) if inputs is None else inputs[k])
            elif op == "const":
                values.append(self.constant(Fraction(literal or 0)))
            elif op == "pow":
                values.append(self.power(mapped[0], int(literal or 0)))
            else:
                values.append(self.apply(op, *mapped))
        return [values[o] for o in program.outputs]

    def program(self, outputs: Iterable[int]) -> Program:
        """Freeze: keep only what the outputs need, in order."""
        wanted = tuple(outputs)
        needed: set[int] = set()
        stack = list(wanted)
        while stack:
            value = stack.pop()
            if value not in needed:
                needed.add(value)
                stack.extend(self._code[value].args)
        renumber = {old: new for new, old in enumerate(sorted(needed))}
        code = tuple(
            self._code[old]._replace(args=tuple(renumber[a] for a in self._code[old].args))
            for old in sorted(needed)
        )
        return Program(self.inputs, code, tuple(renumber[o] for o in wanted))
