"""A model's program run on rational functions of one parameter.

The program that gives payoffs in doubles and rationals is read once more, with a rational function
in place of every number.  Comparisons are decided at a probe, a value of the parameter: the
result holds where all comparisons come out as they do there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import gcd
from typing import Any, NamedTuple

import sympy

from hedging.analysis.real_roots import RealRoot
from hedging.analysis.univariate import ONE, ZERO, Polynomial, common_divisor, quotient
from hedging.errors import FormulaError, ParameterError
from hedging.model import Model
from hedging.program.graph import BOOLEAN, Program
from hedging.program.symbols import from_sympy

__all__ = [
    "FIELD",
    "PIECEWISE",
    "Ratio",
    "Values",
    "constant",
    "evaluate",
    "rational_program",
    "sign_at",
]


FIELD = frozenset({"input", "const", "neg", "add", "sub", "mul", "div", "pow"})
PIECEWISE = FIELD | {"abs", "min", "max", "select"} | BOOLEAN
"""Operations of rational functions, and with cases."""


class Ratio(NamedTuple):
    """A rational function ``top / bottom`` with integer coefficients."""

    top: Polynomial
    bottom: Polynomial

    def reduced(self) -> Ratio:
        """In lowest terms, the bottom with a positive leading coefficient."""
        if not self.top:
            return Ratio(ZERO, ONE)
        divisor = common_divisor(self.top, self.bottom)
        if self.bottom.c[-1] < 0:
            divisor = -divisor
        return Ratio(quotient(self.top, divisor), quotient(self.bottom, divisor))

    def derivative(self) -> Ratio:
        """The derivative, in lowest terms."""
        a, b = self.top, self.bottom
        return Ratio(a.derivative() * b - a * b.derivative(), b * b).reduced()

    def at(self, point: Fraction) -> Fraction:
        """Value at a rational point."""
        return self.top.at(point) / self.bottom.at(point)


def rational_program(
    model: Model, over: tuple[str, ...], values: Mapping[str, Fraction], allowed: frozenset[str]
) -> Program:
    """From all parameters, or from those that vary, to the payoffs, in the allowed operations.

    Raises
    ------
    FormulaError
        If another operation is left once the fixed values are put in.
    """
    if all(step.op in allowed for step in model.program.code):
        return model.program
    # With numbers in place, sympy settles roots, extremes and cases of what does not vary.
    known = {sympy.Symbol(n): sympy.Rational(v.numerator, v.denominator) for n, v in values.items()}
    flat = [e for player in model.players for e in sympy.flatten(model.payoffs[player])]
    program = from_sympy([e.subs(known) for e in flat], list(over))
    for step in program.code:
        if step.op not in allowed:
            raise FormulaError(_refusal(model, over, values, flat, step.op))
    return program


def _refusal(
    model: Model,
    over: tuple[str, ...],
    values: Mapping[str, Fraction],
    formulas: list[Any],
    op: str,
) -> str:
    """Why a payoff is no rational function of what varies, and what to type instead."""
    names = " and ".join(over) if len(over) < 4 else "all its parameters"
    symbols = {
        sympy.Symbol(n): sympy.Rational(v.numerator, v.denominator) for n, v in values.items()
    }
    functions = {
        part
        for e in formulas
        for part in e.atoms(sympy.Pow, sympy.Function)
        if part.free_symbols
        and not (part.is_Pow and part.exp.is_Integer)
        and not isinstance(part, sympy.Piecewise | sympy.Min | sympy.Max | sympy.Abs)
    }
    ways = (
        f"give other values of what is fixed, or type hg.sweep(model, hg.grid({over[0]}=...)) for "
        "the answer in numbers"
    )
    varying = {str(s) for part in functions for s in part.subs(symbols).free_symbols}
    if not functions or varying:
        which = f", not {' or '.join(sorted(varying))}" if varying else ""
        return (
            f"a payoff of {model.name} is no rational function of {names} ({op} is left in it); "
            f"this needs + - * / and whole powers of what varies, so vary another parameter"
            f"{which}, or {ways}"
        )
    irrational = [f for f in functions if not f.subs(symbols).is_rational]
    helpful = _rational_choices(model, symbols, irrational)
    if helpful:
        ways = (
            f"fix {' and '.join(helpful)}, where they are rational, or type "
            f"hg.sweep(model, hg.grid({over[0]}=...)) for the answer in numbers"
        )
    first = min(irrational, key=sympy.default_sort_key, default=None)
    shown = "" if first is None else f", such as {str(first.subs(symbols)).replace('**', '^')}"
    return (
        f"payoffs of {model.name} hold irrational numbers at the values of the fixed parameters"
        f"{shown}, whichever parameter varies; {ways}"
    )


def _rational_choices(model: Model, values: Mapping[Any, Any], parts: list[Any]) -> list[str]:
    """Settings such as ``retention=1``, one per parameter, that make all the parts rational."""
    left, chosen = list(parts), []
    for symbol in sorted({s for f in parts for s in f.free_symbols}, key=str):
        parameter = model.parameters[symbol.name]
        for value in (1, 0):
            inside = parameter.low <= value <= parameter.high
            if not inside or (value == parameter.low and parameter.open_low):
                continue
            at = {**values, symbol: sympy.Integer(value)}
            rest = [f for f in left if not f.subs(at).is_rational]
            if len(rest) < len(left):
                chosen.append(f"{symbol}={value}")
                values, left = at, rest
                break
    return [] if left else chosen


def constant(value: Fraction) -> Ratio:
    """A number as a rational function."""
    return Ratio(Polynomial([value.numerator]), Polynomial([value.denominator]))


def _simplified(top: Polynomial, bottom: Polynomial) -> Ratio:
    """The same without a common whole number, which would otherwise grow."""
    divisor = gcd(top.content(), bottom.content())
    if divisor > 1:
        top = Polynomial([a // divisor for a in top.c])
        bottom = Polynomial([a // divisor for a in bottom.c])
    return Ratio(top, bottom)


def _sum(a: Ratio, b: Ratio) -> Ratio:
    if a.bottom == b.bottom:
        return _simplified(a.top + b.top, a.bottom)
    return _simplified(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom)


class Values(NamedTuple):
    """Outputs, and the polynomials that were compared with 0 or divided by on the way."""

    outputs: list[Ratio]
    compared: set[Polynomial]
    divisors: set[Polynomial]


def sign_at(p: Polynomial, at: Fraction | RealRoot) -> int:
    """Exact sign of a polynomial at a rational or a real algebraic number."""
    return p.sign_at(at) if isinstance(at, Fraction) else at.sign_of(p)


def _negative(a: Ratio) -> Ratio:
    return Ratio(-a.top, a.bottom)


_PLAIN: dict[str, Callable[..., Ratio]] = {
    "neg": _negative,
    "add": _sum,
    "sub": lambda a, b: _sum(a, _negative(b)),
    "mul": lambda a, b: _simplified(a.top * b.top, a.bottom * b.bottom),
}


def evaluate(
    program: Program, inputs: Mapping[str, Ratio], probe: Fraction | RealRoot, name: str
) -> Values:
    """Outputs of a program as rational functions that hold at a value of the parameter.

    Parameters
    ----------
    program : Program
    inputs : mapping of str to Ratio
        A function for each input.
    probe : Fraction or RealRoot
        Where comparisons are decided; branches that are not taken there are not evaluated.
    name : str
        The model, for messages.

    Raises
    ------
    ParameterError
        If a divisor vanishes everywhere.
    """
    compared: set[Polynomial] = set()
    divisors: set[Polynomial] = set()
    code = program.code
    known: dict[int, Any] = {}

    def divide(a: Ratio, b: Ratio) -> Ratio:
        if not b.top:
            msg = f"{name}: a payoff divides by zero; check the values given"
            raise ParameterError(msg)
        if b.top.degree > 0:
            divisors.add(b.top.primitive())
        return _simplified(a.top * b.bottom, a.bottom * b.top)

    def sign(a: Ratio) -> int:
        if a.top.degree > 0:
            compared.add(a.top.primitive())
        return sign_at(a.top, probe) * sign_at(a.bottom, probe)

    def value(k: int) -> Any:
        if k not in known:
            known[k] = step(*code[k])
        return known[k]

    def step(op: str, args: tuple[int, ...], literal: Any) -> Any:
        if op == "input":
            return inputs[program.inputs[int(literal or 0)]]
        if op == "const":
            return constant(Fraction(literal or 0))
        if op == "select":
            return value(args[1] if value(args[0]) else args[2])
        if op in {"and", "or"}:
            first = value(args[0])
            return value(args[1]) if first == (op == "and") else first
        v = [value(a) for a in args]
        if op == "div":
            return divide(v[0], v[1])
        if op == "pow":
            power = Ratio(v[0].top ** abs(literal), v[0].bottom ** abs(literal))
            return power if literal >= 0 else divide(Ratio(ONE, ONE), power)
        if op in _PLAIN:
            return _PLAIN[op](*v)
        if op == "not":
            return not v[0]
        if op == "abs":
            return v[0] if sign(v[0]) >= 0 else _negative(v[0])
        order = sign(_sum(v[0], _negative(v[1])))
        if op in {"min", "max"}:
            return v[0] if (order > 0) == (op == "max") else v[1]
        return order == 0 if op == "equal" else order < (op == "less_equal")

    return Values([value(o) for o in program.outputs], compared, divisors)
