"""The exact set of values of one parameter at which given inequalities hold."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import sympy

from hedging.analysis.real_roots import RealRoot, irreducible_factors, roots_between
from hedging.analysis.univariate import Polynomial

__all__ = ["Case", "solution_set"]

Case = list[tuple[Any, bool]]
"""Expressions that must be positive (True) or not negative (False)."""


def solution_set(
    cases: Sequence[Case], name: str, bounds: tuple[Fraction, Fraction, bool]
) -> tuple[Any, tuple[Any, ...]] | None:
    """Values of a parameter at which one of several conjunctions of inequalities holds.

    Parameters
    ----------
    cases : sequence of list of (expression, strict)
        Alternatives; in each all expressions must be positive, or not negative.
    name : str
        The only symbol in them.
    bounds : (low, high, open_low)
        Range of the parameter.

    Returns
    -------
    expression : sympy.Boolean
    relations : tuple of sympy.Boolean
        Its parts, empty where it always or never holds.

    or None if an expression is no rational function.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> solution_set([[(x**2 - 2, False)]], "x", (Fraction(0), Fraction(5), False))[0]
    x >= sqrt(2)
    """
    low, high, open_low = bounds
    symbol = sympy.Symbol(name)
    read = [
        [(p, strict) for e, strict in case if (p := _univariate(e, symbol)) is not None]
        for case in cases
    ]
    if any(len(case) < len(given) for case, given in zip(read, cases, strict=True)):
        return None
    points = {RealRoot.rational(low), RealRoot.rational(high)}
    for case in read:
        parts = [p for both, _ in case for p in both]
        for factor in {f for p in parts for f, _ in irreducible_factors(p.primitive())}:
            points.update(roots_between(factor, low, high))
    ordered = sorted(points)
    inside = [left.gap(right) for left, right in pairwise(ordered)]

    def holds(signs: Any) -> bool:
        return any(
            all(s > 0 or (s == 0 and not strict) for s, strict in zip(row, strictness, strict=True))
            for row, strictness in signs
        )

    def at(point: Any) -> bool:
        rows = []
        for case in read:
            row = [_sign_of(top, point) * _sign_of(bottom, point) for (top, bottom), _ in case]
            if any(not _sign_of(bottom, point) for (_, bottom), _ in case):
                return False
            rows.append((row, [strict for _, strict in case]))
        return holds(rows)

    # Runs of points and cells on which the conditions hold.
    runs: list[list[Any]] = []
    open_run = False
    for k, point in enumerate(ordered):
        here = (k > 0 or not open_low) and at(point)
        if here and not open_run:
            runs.append([point, True, point, True])
        elif here:
            runs[-1][2:] = [point, True]
        open_run = here
        if k < len(inside):
            if at(inside[k]):
                if not open_run:
                    runs.append([point, False, ordered[k + 1], False])
                else:
                    runs[-1][2:] = [ordered[k + 1], False]
                open_run = True
            else:
                open_run = False
    expression = sympy.Or(*(_run(run, symbol, low, high, open_low) for run in runs))
    if expression == sympy.false:
        return sympy.false, ()
    if expression == sympy.true:
        return sympy.true, ()
    return expression, tuple(expression.args) if isinstance(expression, sympy.And) else (
        expression,
    )


def _univariate(expression: Any, symbol: Any) -> tuple[Polynomial, Polynomial] | None:
    top, bottom = sympy.fraction(sympy.together(sympy.sympify(expression)))
    if not (top.is_polynomial(symbol) and bottom.is_polynomial(symbol)):
        return None
    try:
        _, first = sympy.Poly(top, symbol, domain=sympy.QQ).clear_denoms(convert=True)
        _, second = sympy.Poly(bottom, symbol, domain=sympy.QQ).clear_denoms(convert=True)
    except sympy.PolynomialError:
        return None
    a, b = (Polynomial(int(c) for c in reversed(p.all_coeffs())) for p in (first, second))
    return a, b


def _sign_of(p: Polynomial, point: RealRoot | Fraction) -> int:
    """Exact sign at a rational or a real algebraic number."""
    return p.sign_at(point) if isinstance(point, Fraction) else point.sign_of(p)


def _run(run: list[Any], symbol: Any, low: Fraction, high: Fraction, open_low: bool) -> Any:
    """One run as a condition; ends of the range itself need no mention."""
    left, holds_left, right, holds_right = run
    if left == right:
        return sympy.Eq(symbol, left.symbolic())
    parts = []
    if left.side(low) != 0 or (not holds_left and not open_low):
        value = left.symbolic()
        parts.append(symbol >= value if holds_left else symbol > value)
    if right.side(high) != 0 or not holds_right:
        value = right.symbolic()
        parts.append(symbol <= value if holds_right else symbol < value)
    return sympy.And(*parts)
