"""Parameters of a model and critical values of them."""

from __future__ import annotations

import keyword
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from hedging import formula
from hedging.errors import HedgingError, HedgingTypeError, ParameterError

__all__ = ["Curve", "Number", "Parameter"]

Number = int | float | Fraction

_RESULTS = """equilibrium choice player player_of action point region count status pure
probability payoff payoffs regret margin critical_delta selected support index isolated component"""
_OPTIONS = """exact check_bounds report store executor progress rng method model over n label chunk
chunks workers maximise rule rationality unit concept seed at
fixed"""
_RESERVED = frozenset(f"{_RESULTS} {_OPTIONS}".split())
"""Names of result variables, and of options of functions that take parameter values too."""


@dataclass(frozen=True)
class Parameter:
    r"""One parameter of a model: its name, range and meaning.

    Parameters
    ----------
    name : str
        A Python name; not one that results use, such as ``count`` or ``equilibrium``.
    default, low, high : number
        ``low <= default <= high``, all finite.  Exact work reads floats by their shortest decimal
        (0.757 is 757/1000); text such as ``"1/3"`` is a fraction.
    meaning : str
        What it measures, in words; labels axes.
    unit : str, default "1"
        The unit, ``"1"`` for a pure number or a utility index.
    symbol : str, optional
        LaTeX, such as ``r"\mu"``.
    source : str, optional
        Where the parameter and its default come from: a work, data, or plainly "illustrative
        default".
    open_low : bool, default False
        Whether ``low`` itself is excluded, for what must be positive: the range is then
        ``(low, high]``.

    Raises
    ------
    ParameterError
        If the name is taken or no Python name, or the default is not in the range.
    HedgingTypeError
        If a number is no number or a text no string.

    Examples
    --------
    >>> Parameter("immunity", 0.35, 0, 1, meaning="share of coercion escaped", symbol=r"\mu")
    Parameter('immunity', 0.35, 0, 1)
    >>> print(Parameter("cost", 0.1, 0, 0.5, open_low=True))
    cost = 0.1 in (0, 0.5]
    """

    name: str
    default: Number
    low: Number
    high: Number
    meaning: str = ""
    unit: str = "1"
    symbol: str | None = None
    source: str | None = None
    open_low: bool = False

    def __post_init__(self) -> None:
        _check_parameter_name(self.name)
        for field in ("meaning", "unit", "symbol", "source"):
            text = getattr(self, field)
            if not (isinstance(text, str) or (text is None and field in {"symbol", "source"})):
                msg = f"parameter {self.name!r}: {field} is {text!r}; give a string"
                raise HedgingTypeError(msg)
        for field in ("default", "low", "high"):
            object.__setattr__(self, field, self._number(field, getattr(self, field)))
        open_low: Any = self.open_low
        if not isinstance(open_low, bool):
            msg = f"parameter {self.name!r}: open_low is {open_low!r}; give True or False"
            raise HedgingTypeError(msg)
        if not self.low <= self.default <= self.high or (
            self.open_low and self.default == self.low
        ):
            order = "low < default <= high" if self.open_low else "low <= default <= high"
            msg = (
                f"parameter {self.name!r}: default {self.default} is not in the range "
                f"{self.range}; give {order}"
            )
            raise ParameterError(msg)

    def _number(self, field: str, value: Any) -> Number:
        try:
            exact = formula.exact_number(value)
        except HedgingError as error:
            msg = f"parameter {self.name!r}: {field}: {error}"
            kind = HedgingTypeError if isinstance(error, HedgingTypeError) else ParameterError
            raise kind(msg) from None
        if isinstance(value, (str, Fraction, sympy.Rational)):
            return exact
        return int(value) if isinstance(value, (int, np.integer)) else float(value)

    def __repr__(self) -> str:
        end = ", open_low=True" if self.open_low else ""
        return f"Parameter({self.name!r}, {self.default}, {self.low}, {self.high}{end})"

    def __str__(self) -> str:
        return f"{self.name} = {self.default} in {self.range}"

    @property
    def range(self) -> str:
        """The range as text: ``[0, 1]``, or ``(0, 1]`` where ``low`` is excluded."""
        low, high = (str(end).removesuffix(".0") for end in (self.low, self.high))
        return f"{'(' if self.open_low else '['}{low}, {high}]"

    @property
    def latex(self) -> str:
        """The symbol, or one made from the name."""
        return self.symbol or str(sympy.latex(sympy.Symbol(self.name)))


def _check_parameter_name(name: object) -> None:
    if not isinstance(name, str):
        msg = f"parameter name {name!r} is no string; give one such as 'immunity'"
        raise HedgingTypeError(msg)
    plain = name.isidentifier() and not keyword.iskeyword(name) and name[0] != "_"
    if not plain or unicodedata.normalize("NFKC", name) != name:
        msg = f"{name!r} is no parameter name; give a Python name such as 'immunity'"
        raise ParameterError(msg)
    if name in formula.FUNCTIONS or name in _RESERVED or name.startswith("batch_"):
        msg = f"parameter name {name!r} is used by hedging itself; give another, such as '{name}_'"
        raise ParameterError(msg)


@dataclass(frozen=True)
class Curve:
    r"""A critical value of one parameter in closed form: where the equilibria change.

    Attributes
    ----------
    parameter : str
        The parameter that has the critical value.
    value : sympy.Expr or str
        Its value in terms of the other parameters.
    meaning : str
        What changes there, in words.
    label : str
        LaTeX for legends, such as ``r"\mu^*"``.
    condition : sympy Boolean or str, optional
        Where the curve is a boundary at all; None is everywhere.

    See Also
    --------
    hedging.Model.critical : the value of a model's curve at given parameters.

    Examples
    --------
    >>> Curve("gain", "2*cost", "above it pressing pays", r"g^*", "cost > 0").parameter
    'gain'
    """

    parameter: str
    value: Any
    meaning: str = ""
    label: str = ""
    condition: Any = None
