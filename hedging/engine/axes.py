"""One axis of a grid: evenly spaced numbers, or numbers given one by one.

An axis of ``number`` values from ``low`` to ``high`` is ``low + k (high - low) / (number - 1)``.
It is kept as these three numbers until its values are needed, so that describing an axis costs
nothing however long it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import ParameterError, suggest

__all__ = ["Axis", "closest", "finite", "is_positive_int", "listed", "spaced"]

Floats = NDArray[np.float64]


def closest(name: str, known: Iterable[str]) -> str:
    """End of a message about an unknown name of a parameter or of a report."""
    return suggest(name, known, see="model.parameters")


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis of a grid: ``number`` evenly spaced values, or the values given.

    Attributes
    ----------
    name : str
    number : int
    low, high : float
        Smallest and largest value.
    explicit : ndarray or None
        The values, if they were given one by one.
    """

    name: str
    number: int
    low: float
    high: float
    explicit: Floats | None = None

    @cached_property
    def values(self) -> Floats:
        """The values, shape (number,), computed on first use."""
        if self.explicit is not None:
            return self.explicit
        values = np.linspace(self.low, self.high, self.number)
        if self.number > 1 and not np.all(np.diff(values) > 0):
            msg = (
                f"axis {self.name!r} asks for {self.number} numbers between {self.low!r} and "
                f"{self.high!r}, more than doubles can tell apart; ask for fewer"
            )
            raise ParameterError(msg)
        values.setflags(write=False)
        return values


def is_positive_int(number: Any) -> bool:
    """True for an int of Python or numpy above 0; False for True."""
    if isinstance(number, (bool, np.bool_)) or not isinstance(number, (int, np.integer)):
        return False
    return int(number) >= 1


def _count(name: str, number: Any) -> int:
    if not is_positive_int(number):
        msg = f"axis {name!r} has number {number!r}; type a positive int, as in {name}=(0, 1, 101)"
        raise ParameterError(msg)
    return int(number)


def finite(name: str, what: str, value: Any) -> float:
    """The value as a float, or an error that says what of which parameter it was."""
    bad = isinstance(value, (bool, np.bool_, str, bytes, complex))
    try:
        number = math.nan if bad else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        msg = f"{what} of {name!r} is {value!r}; type a finite number"
        raise ParameterError(msg)
    return number


def spaced(name: str, spec: tuple[Any, ...]) -> Axis:
    """Axis from (low, high, number), refused if it is no such thing."""
    if len(spec) != 3:
        msg = (
            f"axis {name!r} is a tuple of {len(spec)}; type (low, high, number), "
            "or a list for values one by one"
        )
        raise ParameterError(msg)
    low, high = finite(name, "low end", spec[0]), finite(name, "high end", spec[1])
    number = _count(name, spec[2])
    if low > high:
        msg = (
            f"axis {name!r} runs from {low!r} down to {high!r}; type ({high!r}, {low!r}, {number})"
        )
        raise ParameterError(msg)
    if low == high and number > 1:
        msg = (
            f"axis {name!r} has {number} points but both ends are {low!r}; "
            f"type [{low!r}], or leave the axis out and fix {name}={low!r}"
        )
        raise ParameterError(msg)
    return Axis(name, number, low, high if number > 1 else low)


def listed(name: str, spec: Any) -> Axis:
    """Axis from values in any order, refused if they are not distinct finite numbers."""
    try:
        array = np.asarray(spec)
    except ValueError:  # ragged nested lists
        array = np.asarray(None)
    if array.ndim == 1 and array.size == 0:
        msg = f"axis {name!r} is empty; type (low, high, number) or at least one value"
        raise ParameterError(msg)
    if array.ndim != 1:
        msg = (
            f"axis {name!r} has {array.ndim} dimensions; type (low, high, number) or a 1-D array"
            + (f", or fix it with sweep(..., {name}=value)" if array.ndim == 0 else "")
        )
        raise ParameterError(msg)
    if array.dtype.kind not in "iuf":
        msg = f"axis {name!r} holds {array.dtype} values; type numbers"
        raise ParameterError(msg)
    values = array.astype(np.float64)  # always a copy: the design must not change under us
    if not np.isfinite(values).all():
        where = int(np.flatnonzero(~np.isfinite(values))[0])
        msg = f"axis {name!r} holds {values[where]!s} at position {where}; type finite numbers"
        raise ParameterError(msg)
    unique, counts = np.unique(values, return_counts=True)
    if unique.size < values.size:
        msg = (
            f"axis {name!r} holds {float(unique[counts > 1][0])!r} more than once; "
            f"type each value once, as in numpy.unique(...)"
        )
        raise ParameterError(msg)
    values.setflags(write=False)
    return Axis(name, values.size, float(unique[0]), float(unique[-1]), values)
