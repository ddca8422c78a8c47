"""Programs from sympy expressions and back: the arithmetic in which theorems are stated.

Every number in an expression is read exactly.  A ``Float`` is read by its shortest decimal
form, so ``0.1`` typed in a formula means one tenth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy

from hedging.errors import FormulaError
from hedging.program.graph import Builder, Program

__all__ = ["from_sympy", "to_sympy"]

_RELATIONS = {
    sympy.StrictLessThan: ("less", False),
    sympy.StrictGreaterThan: ("less", True),
    sympy.LessThan: ("less_equal", False),
    sympy.GreaterThan: ("less_equal", True),
    sympy.Equality: ("equal", False),
}


def from_sympy(expressions: Sequence[Any], names: Sequence[str]) -> Program:
    """Compile expressions to one straight-line program.

    Parameters
    ----------
    expressions : sequence of sympy.Expr or number
        Built from + - * /, integer and half-integer powers, Min, Max, Abs, sqrt, exp, log and
        Piecewise with comparisons.
    names : sequence of str
        Input names in order; every free symbol must bear one of them.

    Returns
    -------
    Program
        One output per expression.

    Raises
    ------
    FormulaError
        If an expression holds a symbol that is not an input or an operation outside the list.

    Examples
    --------
    >>> x, y = sympy.symbols("x y")
    >>> program = from_sympy([x**2 - y / 3], ["x", "y"])
    >>> [step.op for step in program.code]
    ['input', 'pow', 'input', 'const', 'div', 'sub']
    """
    builder = Builder(names)
    known: dict[Any, int] = {}
    outputs = [_value(builder, sympy.sympify(e), known) for e in expressions]
    return builder.program(outputs)


def _rational(number: Any) -> Fraction:
    if number.is_Float:
        # str() shows 15 digits of a double; its shortest decimal may need 17.
        double = float(number)
        return Fraction(repr(double) if sympy.Float(double) == number else str(number))
    return Fraction(int(number.p), int(number.q))


def _value(builder: Builder, expression: Any, known: dict[Any, int]) -> int:
    found = known.get(expression)
    if found is None:
        found = known[expression] = _compile(builder, expression, known)
    return found


def _compile(builder: Builder, e: Any, known: dict[Any, int]) -> int:
    def value(x: Any) -> int:
        return _value(builder, x, known)

    if e.is_Symbol:
        if e.name not in builder.inputs:
            msg = (
                f"formula uses {e.name!r}, which is no parameter; "
                f"use one of {', '.join(builder.inputs) or 'none'}"
            )
            raise FormulaError(msg)
        return builder.input(e.name)
    if e.is_Rational or e.is_Float:
        return builder.constant(_rational(e))
    if e is sympy.true or e is sympy.false:
        one, zero = builder.constant(1), builder.constant(0)
        return builder.apply("equal", one, one if e is sympy.true else zero)
    if e.is_Add:
        return _sum(builder, e, value)
    if e.is_Mul:
        return _product(builder, e, value)
    if e.is_Pow:
        return _power(builder, e, value)
    if isinstance(e, (sympy.Min, sympy.Max)):
        op = "min" if isinstance(e, sympy.Min) else "max"
        # Sorted, so that equal formulas give equal programs whatever order sympy keeps them in.
        parts = sorted(e.args, key=sympy.default_sort_key)
        return _chain(builder, op, [value(a) for a in parts])
    for kind, op in ((sympy.Abs, "abs"), (sympy.exp, "exp"), (sympy.log, "log")):
        if isinstance(e, kind) and len(e.args) == 1:
            return builder.apply(op, value(e.args[0]))
    if isinstance(e, sympy.Piecewise):
        return _piecewise(builder, e, value)
    for relation, (op, swapped) in _RELATIONS.items():
        if isinstance(e, relation):
            left, right = value(e.lhs), value(e.rhs)
            return builder.apply(op, *((right, left) if swapped else (left, right)))
    if isinstance(e, sympy.Unequality):
        return builder.apply("not", builder.apply("equal", value(e.lhs), value(e.rhs)))
    if isinstance(e, sympy.Not):
        return builder.apply("not", value(e.args[0]))
    if isinstance(e, (sympy.And, sympy.Or)):
        op = "and" if isinstance(e, sympy.And) else "or"
        parts = sorted(e.args, key=sympy.default_sort_key)
        return _chain(builder, op, [value(a) for a in parts])
    if isinstance(e, sympy.ITE):  # sympy's own form of a comparison between piecewise values
        test, yes, no = (value(a) for a in e.args)
        first = builder.apply("and", test, yes)
        return builder.apply("or", first, builder.apply("and", builder.apply("not", test), no))
    if e == sympy.E:
        return builder.apply("exp", builder.constant(1))
    msg = (
        f"formula uses {type(e).__name__} in {e}; "
        "use + - * / **, min, max, abs, sqrt, exp, log and piecewise comparisons"
    )
    raise FormulaError(msg)


def _chain(builder: Builder, op: str, values: list[int]) -> int:
    result = values[0]
    for value in values[1:]:
        result = builder.apply(op, result, value)
    return result


def _sum(builder: Builder, e: Any, value: Callable[[Any], int]) -> int:
    positive, negative = [], []
    for term in sorted(e.args, key=sympy.default_sort_key):
        coefficient, rest = term.as_coeff_Mul()
        if coefficient.is_negative:
            negative.append(value(-coefficient * rest))
        else:
            positive.append(value(term))
    if not positive:
        return builder.neg(reduce(builder.add, negative))
    return reduce(builder.sub, negative, reduce(builder.add, positive))


def _product(builder: Builder, e: Any, value: Callable[[Any], int]) -> int:
    coefficient, rest = e.as_coeff_Mul()
    above, below = [], []
    for factor in sorted(sympy.Mul.make_args(rest), key=sympy.default_sort_key):
        base, exponent = factor.as_base_exp()
        if exponent.is_number and exponent.is_negative and base != sympy.E:
            below.append(value(base ** (-exponent)))
        else:
            above.append(value(factor))
    number = _rational(coefficient)
    if abs(number.numerator) != 1 or not above:
        above.insert(0, builder.constant(number.numerator))
    elif number < 0:
        above[0] = builder.neg(above[0])
    if number.denominator != 1:
        below.append(builder.constant(number.denominator))
    top = reduce(builder.mul, above)
    return builder.div(top, reduce(builder.mul, below)) if below else top


def _power(builder: Builder, e: Any, value: Callable[[Any], int]) -> int:
    base, exponent = e.as_base_exp()
    if base == sympy.E:
        return builder.apply("exp", value(exponent))
    if exponent.is_Float:
        exact = _rational(exponent)
        exponent = sympy.Rational(exact.numerator, exact.denominator)
    if exponent.is_Integer:
        return builder.power(value(base), int(exponent))
    if exponent.is_Rational and exponent.q == 2:
        return builder.power(builder.apply("sqrt", value(base)), int(exponent.p))
    # a ** b = exp(b log a), defined for a > 0 only, which is all a payoff formula needs.
    log = builder.apply("log", value(base))
    return builder.apply("exp", builder.mul(value(exponent), log))


def _piecewise(builder: Builder, e: Any, value: Callable[[Any], int]) -> int:
    *cases, (last, condition) = e.args
    if condition is not sympy.true:
        msg = f"piecewise formula {e} leaves a case open; end it with a value for 'otherwise'"
        raise FormulaError(msg)
    result = value(last)
    for branch, test in reversed(cases):
        result = builder.apply("select", value(test), value(branch), result)
    return result


def to_sympy(program: Program) -> list[Any]:
    """Outputs of a program as sympy expressions in symbols named after its inputs.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> to_sympy(from_sympy([(x + 1) / 2], ["x"]))
    [x/2 + 1/2]
    """
    symbols = [sympy.Symbol(name) for name in program.inputs]
    make = {
        "neg": lambda a: -a,
        "abs": sympy.Abs,
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "min": sympy.Min,
        "max": sympy.Max,
        "sqrt": sympy.sqrt,
        "exp": sympy.exp,
        "log": sympy.log,
        "less": sympy.StrictLessThan,
        "less_equal": sympy.LessThan,
        "equal": sympy.Eq,
        "and": sympy.And,
        "or": sympy.Or,
        "not": sympy.Not,
        "select": lambda test, a, b: sympy.Piecewise((a, test), (b, True)),
    }
    values: list[Any] = []
    for op, args, literal in program.code:
        if op == "input":
            values.append(symbols[int(literal or 0)])
        elif op == "const":
            exact = Fraction(literal or 0)
            values.append(sympy.Rational(exact.numerator, exact.denominator))
        elif op == "pow":
            values.append(values[args[0]] ** int(literal or 0))
        else:
            values.append(make[op](*(values[a] for a in args)))
    return [values[o] for o in program.outputs]
