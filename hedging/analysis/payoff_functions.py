"""Payoffs of a model as rational functions of one parameter, the others fixed exactly.

Numbers are read as ``model(exact=True)`` reads them: 0.757 is 757/1000.  Every divisor met on the
way is collected, and must be shown to have no zero in the range of the parameter; then all
payoffs of a player can be multiplied by one positive polynomial, which changes no equilibrium and
leaves polynomials with integer coefficients.

Cases, minima, maxima and absolute values are settled on each interval on which no comparison
changes its outcome, and separately at the values between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging import formula
from hedging.analysis.rational_functions import (
    FIELD,
    PIECEWISE,
    Ratio,
    Values,
    constant,
    evaluate,
    rational_program,
    sign_at,
)
from hedging.analysis.real_roots import RealRoot, irreducible_factors, roots_between
from hedging.analysis.univariate import ONE, Polynomial, common_divisor, quotient
from hedging.errors import HedgingError, ParameterError, UnknownNameError, suggest
from hedging.model import Model
from hedging.program.graph import Program

__all__ = [
    "PayoffFunctions",
    "Ratio",
    "fixed_values",
    "payoff_functions",
    "polynomial_program",
    "range_of",
]


@dataclass(frozen=True)
class PayoffFunctions:
    """Payoffs over one parameter, on a range where they are rational functions.

    Attributes
    ----------
    model : Model
    over : str
        The parameter that varies.
    low, high : RealRoot
        The same object for a single value.
    holds_low, holds_high : bool
        Whether the ends belong to the range.
    fixed : dict of str to Fraction
        Every other parameter.
    ratios : object array of Ratio, shape (n, m_1, ..., m_n)
    polynomials : object array of Polynomial, same shape
        Each player's payoffs times one polynomial that is positive on the range.
    multipliers : tuple of n Polynomial
        That polynomial of each player.
    """

    model: Model
    over: str
    low: RealRoot
    high: RealRoot
    holds_low: bool
    holds_high: bool
    fixed: dict[str, Fraction]
    ratios: NDArray[Any]
    polynomials: NDArray[Any]
    multipliers: tuple[Polynomial, ...]

    @property
    def is_point(self) -> bool:
        """Whether the range is a single value."""
        return self.low is self.high


def fixed_values(
    model: Model, free: tuple[str, ...], fixed: Mapping[str, Any]
) -> dict[str, Fraction]:
    """Exact values of all parameters but the free ones, defaults where none are given.

    Raises
    ------
    UnknownNameError, ParameterError, HedgingTypeError
        For names and values the model would refuse, and for a free parameter that is also fixed.
    """
    for name in free:
        if name not in model.parameters:
            hint = suggest(name, model.parameters, see="model.parameters")
            msg = f"{model.name} has no parameter {name!r}; {hint}"
            raise UnknownNameError(msg)
        if name in fixed:
            msg = f"{name} is both varied and fixed at {fixed[name]!r}; leave one of them out"
            raise ParameterError(msg)
    checked = model.check(fixed)
    for name in fixed:
        if checked[name].ndim:
            msg = f"{name} has {checked[name].size} values; fix it at one number"
            raise ParameterError(msg)
    return {
        name: formula.exact_number(fixed.get(name, p.default))
        for name, p in model.parameters.items()
        if name not in free
    }


def range_of(model: Model, name: str, bounds: Any = None) -> tuple[Fraction, Fraction, bool]:
    """Ends of a parameter's range, the model's or the given part of it; and whether low is out."""
    parameter = model.parameters[name]
    low, high = formula.exact_number(parameter.low), formula.exact_number(parameter.high)
    if bounds is None:
        return low, high, parameter.open_low
    try:
        start, end = (formula.exact_number(b) for b in bounds)
    except (TypeError, ValueError, HedgingError):
        msg = f"range of {name} is {bounds!r}; give two numbers, as in {{'{name}': (0, 1)}}"
        raise ParameterError(msg) from None
    if not low <= start < end <= high:
        msg = f"range ({start}, {end}) of {name} given; give low < high within {parameter.range}"
        raise ParameterError(msg)
    return start, end, parameter.open_low and start == low


def payoff_functions(
    model: Model, over: str, fixed: Mapping[str, Any], bounds: Any = None
) -> list[PayoffFunctions]:
    """Payoffs of a model as exact functions of one parameter.

    Returns
    -------
    list of PayoffFunctions
        One for the whole range; more where cases, minima, maxima or absolute values cut it,
        intervals and the values between them in turn.

    Raises
    ------
    FormulaError
        If a payoff is not made of rational functions of the parameter.
    ParameterError
        If a payoff has a pole in the range.

    Examples
    --------
    >>> from hedging.families import catalogue
    >>> (found,) = payoff_functions(catalogue["sphere_division"], "entry_cost_a", {})
    >>> found.ratios[0, 1, 0], float(found.low), float(found.high)
    (Ratio(top=Polynomial([6, -5]), bottom=Polynomial([5])), 0.0, 0.6)
    """
    values = fixed_values(model, (over,), fixed)
    low, high, open_low = range_of(model, over, bounds)
    program = rational_program(model, (over,), values, PIECEWISE)
    inputs = {name: constant(value) for name, value in values.items()}
    inputs[over] = Ratio(Polynomial([0, 1]), ONE)
    run = _Run(model, over, program, inputs, values)
    ends = RealRoot.rational(low), RealRoot.rational(high)
    if not run.branches:
        return [run.on(*ends, not open_low, True)]
    points = [ends[0], *run.cuts(*ends), ends[1]]
    cells = [run.on(left, right, False, False) for left, right in pairwise(points)]
    parts: list[PayoffFunctions] = []
    for k, point in enumerate(points):
        after = cells[k : k + 1]
        if k or not open_low:
            here = run.at(point)
            # Where payoffs are continuous the value belongs to the interval beside it.
            if parts and _same_value(parts[-1], here, point):
                parts[-1] = replace(parts[-1], holds_high=True)
            elif after and _same_value(after[0], here, point):
                after = [replace(after[0], holds_low=True)]
            else:
                parts.append(here)
        parts += after
    return parts


def _same_value(beside: PayoffFunctions, here: PayoffFunctions, point: RealRoot) -> bool:
    """Whether payoffs given beside a value have their limits there as values."""
    return all(
        point.sign_of(a.bottom) and not point.sign_of(a.top * b.bottom - b.top * a.bottom)
        for a, b in zip(beside.ratios.flat, here.ratios.flat, strict=True)
    )


def polynomial_program(
    model: Model, over: tuple[str, ...], values: Mapping[str, Fraction]
) -> Program:
    """From all parameters, or from those that vary, to the payoffs, in + - * / and powers.

    Raises
    ------
    FormulaError
        If a payoff is no rational function of what varies.
    """
    return rational_program(model, over, values, FIELD)


class _Run:
    """One model's payoffs, evaluated on intervals and at values of the parameter."""

    def __init__(
        self,
        model: Model,
        over: str,
        program: Program,
        inputs: Mapping[str, Ratio],
        fixed: dict[str, Fraction],
    ) -> None:
        self.model, self.over, self.program, self.inputs = model, over, program, inputs
        self.fixed = fixed
        self.branches = any(step.op not in FIELD for step in program.code)

    def cuts(self, low: RealRoot, high: RealRoot) -> list[RealRoot]:
        """Values strictly inside at which a comparison in some payoff changes its outcome."""
        found: list[RealRoot] = []
        work = [(low, high)]
        while work:
            left, right = work.pop()
            compared = self._values(left.gap(right)).compared
            roots = {
                root
                for p in compared
                for factor, _ in irreducible_factors(p)
                for root in roots_between(factor, left.low, right.high)
                if left < root < right
            }
            # Beside a cut other comparisons may be made than at the value first looked at.
            ordered = [left, *sorted(roots), right]
            found += ordered[1:-1]
            if roots:
                work += list(pairwise(ordered))
        return sorted(found)

    def on(
        self, low: RealRoot, high: RealRoot, holds_low: bool, holds_high: bool
    ) -> PayoffFunctions:
        """Payoffs on an interval without cuts."""
        inside = low.gap(high)
        found = self._values(inside)
        for divisor in found.divisors:
            for factor, _ in irreducible_factors(divisor):
                for root in roots_between(factor, low.low, high.high):
                    at_low, at_high = root == low, root == high
                    if low < root < high or (at_low and holds_low) or (at_high and holds_high):
                        self._refuse_pole(root)
        return self._functions(found.outputs, (low, high, holds_low, holds_high), inside)

    def at(self, point: RealRoot) -> PayoffFunctions:
        """Payoffs at one value, as functions that hold there."""
        found = self._values(point)
        if any(not point.sign_of(divisor) for divisor in found.divisors):
            self._refuse_pole(point)
        return self._functions(found.outputs, (point, point, True, True), point)

    def _refuse_pole(self, root: RealRoot) -> None:
        msg = (
            f"a payoff of {self.model.name} divides by zero at {self.over} = {root.symbolic()}; "
            f"give a range without it, as in over={{{self.over!r}: (low, high)}}"
        )
        raise ParameterError(msg)

    def _functions(
        self,
        outputs: list[Ratio],
        where: tuple[RealRoot, RealRoot, bool, bool],
        probe: Fraction | RealRoot,
    ) -> PayoffFunctions:
        ratios = np.empty(len(outputs), dtype=object)
        for k, ratio in enumerate(outputs):
            ratios[k] = ratio
        ratios = ratios.reshape(len(self.model.players), *self.model.shape)
        polynomials, multipliers = np.empty_like(ratios), []
        for own, scaled in zip(ratios, polynomials, strict=True):
            multiplier = _common_bottom(own.ravel().tolist())
            if sign_at(multiplier, probe) < 0:
                multiplier = -multiplier
            for place, ratio in np.ndenumerate(own):
                scaled[place] = ratio.top * quotient(multiplier, ratio.bottom)
            multipliers.append(multiplier)
        return PayoffFunctions(
            self.model, self.over, *where, self.fixed, ratios, polynomials, tuple(multipliers)
        )

    def _values(self, probe: Fraction | RealRoot) -> Values:
        return evaluate(self.program, self.inputs, probe, self.model.name)


def _common_bottom(ratios: list[Ratio]) -> Polynomial:
    """A common multiple of all bottoms."""
    bottom = ONE
    for each in {ratio.bottom for ratio in ratios}:
        bottom = quotient(bottom * each, common_divisor(bottom, each))
    return bottom
