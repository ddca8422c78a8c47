"""The exact set of values of one parameter at which a statement about signs holds.

The roots of the polynomials whose signs decide cut the range into points and open cells, on each of
which the statement is true or false throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy

from hedging.analysis.real_roots import RealRoot, irreducible_factors, roots_between
from hedging.analysis.univariate import Polynomial

__all__ = ["Part", "solution_set"]


@dataclass(frozen=True)
class Part:
    """A stretch of the range with a statement about it.

    Attributes
    ----------
    low, high : RealRoot
        The same number for a single value.
    holds_low, holds_high : bool
        Whether the ends belong to the stretch.
    polynomials : sequence of Polynomial
        While none of them changes its sign the statement keeps its truth.
    holds : callable
        Whether it is true at a number.
    """

    low: RealRoot
    high: RealRoot
    holds_low: bool
    holds_high: bool
    polynomials: Sequence[Polynomial]
    holds: Callable[[RealRoot], bool]

    def cells(self) -> Iterator[tuple[RealRoot, RealRoot, bool]]:
        """Points and open cells in order, with the truth on each."""
        if self.low == self.high:
            yield self.low, self.low, self.holds(self.low)
            return
        points = {self.low, self.high}
        for factor in {f for p in self.polynomials for f, _ in irreducible_factors(p.primitive())}:
            found = roots_between(factor, self.low.low, self.high.high)
            points.update(r for r in found if self.low < r < self.high)
        ordered = sorted(points)
        if self.holds_low:
            yield self.low, self.low, self.holds(self.low)
        for left, right in pairwise(ordered):
            inside = RealRoot.rational(left.gap(right))
            yield left, right, self.holds(inside)
            if right != self.high or self.holds_high:
                yield right, right, self.holds(right)


def solution_set(name: str, parts: Sequence[Part]) -> tuple[Any, tuple[Any, ...]]:
    """Values of a parameter at which a statement holds.

    Parameters
    ----------
    name : str
        The parameter.
    parts : sequence of Part
        In order, disjoint, together the range.

    Returns
    -------
    expression : sympy.Boolean
        Ends of the range itself are not mentioned.
    relations : tuple of sympy.Boolean
        Its parts, empty where it always or never holds.

    Examples
    --------
    >>> from fractions import Fraction
    >>> ends = RealRoot.rational(Fraction(0)), RealRoot.rational(Fraction(5))
    >>> square = Polynomial([-2, 0, 1])
    >>> part = Part(*ends, True, True, [square], lambda at: at.sign_of(square) >= 0)
    >>> solution_set("x", [part])[0]
    x >= sqrt(2)
    """
    # Runs of neighbouring points and cells: left end, whether it belongs, right end, likewise.
    runs: list[list[Any]] = []
    going = False
    for part in parts:
        for left, right, true in part.cells():
            point = left == right
            if true and going:
                runs[-1][2:] = [right, point]
            elif true:
                runs.append([left, point, right, point])
            going = true
    first, last = parts[0], parts[-1]
    relations = [_run(run, sympy.Symbol(name), first, last) for run in runs]
    expression = sympy.Or(*relations)
    if expression in (sympy.true, sympy.false):
        return expression, ()
    if isinstance(expression, sympy.And):
        return expression, tuple(expression.args)
    return expression, (expression,)


def _run(run: list[Any], symbol: Any, first: Part, last: Part) -> Any:
    """One run as a condition."""
    left, holds_left, right, holds_right = run
    if left == right:
        return sympy.Eq(symbol, left.symbolic())
    parts = []
    if left != first.low or holds_left != first.holds_low:
        value = left.symbolic()
        parts.append(symbol >= value if holds_left else symbol > value)
    if right != last.high or holds_right != last.holds_high:
        value = right.symbolic()
        parts.append(symbol <= value if holds_right else symbol < value)
    return sympy.And(*parts)
