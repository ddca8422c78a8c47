"""Pieces of an equilibrium correspondence and the closed forms of their equilibria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy

from hedging.analysis.correspondence import Stretch, payoff_ratios
from hedging.analysis.rational_functions import Ratio
from hedging.analysis.real_roots import irreducible_factors
from hedging.analysis.sign_readings import Found, PlayerWeights
from hedging.analysis.univariate import ZERO, as_sympy
from hedging.equilibria.regions_code import support_label
from hedging.errors import Status

__all__ = ["Branch", "Piece"]

Table = Mapping[str, Mapping[str, Any]]


class Branch:
    """One equilibrium on one piece, as functions of the parameter.

    Attributes
    ----------
    support : str
        Label such as ``hedge+align_b|pressure``.
    index : int
        +1 or -1 if regular, else 0.
    isolated : bool
        False where it belongs to a continuum of equilibria.
    component : int
        Number of the connected component on its piece.
    """

    def __init__(self, stretch: Stretch, found: Found) -> None:
        self._functions, self._stretch, self._found = stretch.functions, stretch, found
        self.support = support_label(found.support, stretch.functions.model.actions)
        self.index, self.isolated, self.component = found.index, found.isolated, found.component

    def __repr__(self) -> str:
        return f"<Branch {self.support}, index {self.index:+d}>"

    @property
    def mask(self) -> int:
        """The support, a bit per choice."""
        return self._found.support

    @cached_property
    def weights(self) -> PlayerWeights:
        """Polynomials that the probabilities are proportional to."""
        return self._found.weights()

    @cached_property
    def probability_ratios(self) -> tuple[tuple[Ratio, ...], ...]:
        """Probabilities as rational functions in lowest terms, per player and action."""
        rows = []
        for own in self.weights:
            total = sum(own, ZERO)
            rows.append(tuple(Ratio(w, total).reduced() for w in own))
        return tuple(rows)

    @cached_property
    def payoff_ratios(self) -> tuple[Ratio, ...]:
        """Expected payoffs as rational functions in lowest terms, per player."""
        return payoff_ratios(self._functions, self.weights)

    def _value(self, ratio: Ratio) -> Any:
        inside = self._stretch.sample
        if inside is None:
            return self._stretch.low.value_of(ratio.top, ratio.bottom)
        return _expression(ratio, sympy.Symbol(self._functions.over), inside)

    def _table(self, rows: tuple[tuple[Ratio, ...], ...]) -> Table:
        model = self._functions.model
        return {
            player: {a: self._value(r) for a, r in zip(actions, own, strict=True)}
            for player, actions, own in zip(model.players, model.actions, rows, strict=True)
        }

    @cached_property
    def probability(self) -> Table:
        """Probability of every action: sympy expressions by player and action."""
        return self._table(self.probability_ratios)

    @cached_property
    def payoff(self) -> Mapping[str, Any]:
        """Expected payoff of every player: sympy expressions."""
        players = self._functions.model.players
        return {p: self._value(r) for p, r in zip(players, self.payoff_ratios, strict=True)}

    @cached_property
    def probability_derivative(self) -> Table | None:
        """Derivative of every probability in the parameter; None at a single point."""
        if self._stretch.is_point:
            return None
        return self._table(
            tuple(tuple(r.derivative() for r in own) for own in self.probability_ratios)
        )

    @cached_property
    def payoff_derivative(self) -> Mapping[str, Any] | None:
        """Derivative of every payoff in the parameter; None at a single point."""
        if self._stretch.is_point:
            return None
        players = self._functions.model.players
        ratios = (r.derivative() for r in self.payoff_ratios)
        return {p: self._value(r) for p, r in zip(players, ratios, strict=True)}

    def at(self, value: Fraction) -> list[Fraction]:
        """All probabilities at a value of the parameter on the piece, exactly."""
        result = []
        for own in self.weights:
            numbers = [w.at(value) if w else Fraction(0) for w in own]
            total = sum(numbers)
            if not total:  # a common factor of the weights is left only where none was removed
                return [r.at(value) for row in self.probability_ratios for r in row]
            result += [x / total for x in numbers]
        return result


def _expression(ratio: Ratio, symbol: Any, inside: Fraction) -> Any:
    """Top over a product of factors that are positive on the piece."""
    top, number = ratio.top, abs(ratio.bottom.content())
    bottom = sympy.S.One
    for factor, power in irreducible_factors(ratio.bottom):
        if factor.sign_at(inside) < 0:
            factor = -factor
        bottom *= as_sympy(factor, symbol) ** power
    if ratio.bottom.sign_at(inside) < 0:
        top = -top
    if bottom == 1:
        return as_sympy(top, symbol, number)
    return as_sympy(top, symbol) / (number * bottom)


class Piece:
    """A range of the parameter, or a single value, on which the equilibria keep their form.

    Attributes
    ----------
    low, high : sympy number
        Ends, equal for a single value.
    holds_low, holds_high : bool
        Whether the ends belong to the piece.
    branches : tuple of Branch
        The equilibria, ordered as :func:`hedging.nash` orders them.
    status : Status
        What the list is worth.
    """

    def __init__(self, stretch: Stretch) -> None:
        self._stretch, self.over = stretch, stretch.functions.over
        self.holds_low, self.holds_high = stretch.holds_low, stretch.holds_high
        self.status = Status(stretch.reading.status)
        self.branches = tuple(Branch(stretch, f) for f in stretch.reading.found)

    def __iter__(self) -> Iterator[Branch]:
        return iter(self.branches)

    def __len__(self) -> int:
        return len(self.branches)

    def __repr__(self) -> str:
        return f"<Piece {self}: {', '.join(b.support for b in self.branches)}>"

    def __str__(self) -> str:
        if self.is_point:
            return f"{self.over} = {self.low}"
        left, right = ("<=" if held else "<" for held in (self.holds_low, self.holds_high))
        return f"{self.low} {left} {self.over} {right} {self.high}"

    @property
    def is_point(self) -> bool:
        """Whether the piece is a single value."""
        return self._stretch.is_point

    @cached_property
    def low(self) -> Any:
        """Lower end, a sympy number."""
        return self._stretch.low.symbolic()

    @cached_property
    def high(self) -> Any:
        """Upper end, a sympy number."""
        return self._stretch.high.symbolic()

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends as floats."""
        return float(self._stretch.low), float(self._stretch.high)

    @property
    def condition(self) -> Any:
        """The piece as a sympy condition on the parameter."""
        symbol = sympy.Symbol(self.over)
        if self.is_point:
            return sympy.Eq(symbol, self.low)
        left = self.low <= symbol if self.holds_low else self.low < symbol
        right = symbol <= self.high if self.holds_high else symbol < self.high
        return sympy.And(left, right)

    def holds(self, value: Fraction) -> bool:
        """Whether a value of the parameter lies on the piece, exactly."""
        below, above = self._stretch.low.side(value), self._stretch.high.side(value)
        return (below > 0 or (below == 0 and self.holds_low)) and (
            above < 0 or (above == 0 and self.holds_high)
        )
