"""Payoffs and critical curves as the sympy expressions that models keep.

Whatever a formula was built from, a model keeps plain symbols named after its parameters and
exact rational numbers, so that equal formulas are equal objects.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import sympy

from hedging import formula
from hedging.errors import FormulaError, HedgingError, HedgingTypeError, suggest
from hedging.modelling.parameter import Curve
from hedging.program.symbols import from_sympy

__all__ = ["read_curve", "read_expression"]


def read_expression(entry: Any, names: Collection[str], where: str) -> Any:
    """Formula text, a sympy expression or a number, as a sympy expression in ``names``.

    Raises
    ------
    FormulaError, HedgingTypeError
        Starting with ``where``.
    """
    try:
        if isinstance(entry, str):
            return formula.parse(entry, names)
        if isinstance(entry, sympy.Basic):
            return _normal(entry, names)
        exact = formula.exact_number(entry)
        return sympy.Rational(exact.numerator, exact.denominator)
    except HedgingError as error:
        kind = HedgingTypeError if isinstance(error, HedgingTypeError) else FormulaError
        msg = f"{where}: {error}"
        raise kind(msg) from None


def _normal(expression: Any, names: Collection[str]) -> Any:
    changes = {
        s: sympy.Symbol(s.name) for s in expression.free_symbols if s != sympy.Symbol(s.name)
    }
    for number in expression.atoms(sympy.Float):
        exact = formula.exact_number(number)
        changes[number] = sympy.Rational(exact.numerator, exact.denominator)
    result = expression.xreplace(changes) if changes else expression
    for unknown in sorted({s.name for s in result.free_symbols} - set(names)):
        hint = suggest(unknown, names, see="model.parameters")
        msg = f"formula uses {unknown!r}, which is no parameter; {hint}"
        raise FormulaError(msg)
    from_sympy([result], list(names))  # refuses what no arithmetic can evaluate
    return result


def read_curve(label: str, curve: object, names: Collection[str]) -> Curve:
    """Return the curve with its value and condition as sympy objects in ``names``."""
    if not isinstance(curve, Curve):
        msg = f"curve {label!r} is {type(curve).__name__}; give a hedging.Curve"
        raise HedgingTypeError(msg)
    if curve.parameter not in names:
        hint = suggest(curve.parameter, names, see="model.parameters")
        msg = f"curve {label!r} is of {curve.parameter!r}, which is no parameter; {hint}"
        raise FormulaError(msg)
    value = read_expression(curve.value, names, f"curve {label}")
    condition = curve.condition
    if isinstance(condition, str):
        condition = formula.parse_condition(condition, names)
    elif condition is not None:
        condition = _normal(sympy.sympify(condition, strict=True), names)
    symbols = value.free_symbols | (condition.free_symbols if condition is not None else set())
    if sympy.Symbol(curve.parameter) in symbols:
        msg = f"curve {label!r} gives {curve.parameter!r} in terms of itself; solve for it"
        raise FormulaError(msg)
    return replace(curve, value=value, condition=condition)
