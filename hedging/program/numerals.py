"""Numbers as people give them, read without rounding.

There are two kinds of number in this package: doubles, and rationals, which are
:class:`fractions.Fraction` in arrays of dtype object.  An input is read as doubles only if
it is made of machine numbers that doubles hold; whatever says more than a double can (a
fraction, a decimal string, a large integer) becomes a rational.
"""

from __future__ import annotations

import numbers
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError, HedgingTypeError

__all__ = ["NUMERAL", "doubles", "fraction", "rational", "read_numbers"]

NUMERAL = re.compile(
    r"[+-]?(?:\d+/\d+|(?:\d+\.?\d*|\.\d+)(?:[eE](?P<exponent>[+-]?\d+))?)", re.ASCII
)
"""An integer, a decimal or a fraction."""

_LONGEST = 4000
"""Most digits, and largest power of ten, read: a few characters must not fill the memory."""

_LARGEST_INTEGER = 2**53
"""Up to here every integer is a double."""


def rational(text: str) -> Fraction:
    """The exact value of an integer, a decimal or a fraction.

    Parameters
    ----------
    text : str
        Such as ``-3``, ``0.25``, ``1.5e-3`` or ``7/12``, with at most 4000 digits.

    Returns
    -------
    Fraction

    Raises
    ------
    GameError
        If the text is anything else.

    Examples
    --------
    >>> rational("0.1"), rational("-7/12")
    (Fraction(1, 10), Fraction(-7, 12))
    """
    match = NUMERAL.fullmatch(text.strip())
    shown = repr(text if len(text) <= 30 else text[:27] + "...")
    if match is None:
        msg = f"{shown} is no number; write an integer, a decimal or a fraction such as 7/12"
        raise GameError(msg)
    exponent = match["exponent"] or "0"
    if len(text) > _LONGEST or len(exponent) > 6 or abs(int(exponent)) > _LONGEST:
        msg = f"{shown} is too long a number; use at most {_LONGEST} digits"
        raise GameError(msg)
    try:
        return Fraction(match[0])
    except ZeroDivisionError:
        msg = f"{shown} divides by zero; give a denominator that is not 0"
        raise GameError(msg) from None


def fraction(value: Any) -> Fraction:
    """The rational that a number or a numeral is.

    Parameters
    ----------
    value : int, Fraction, float, Decimal, str, numpy number or sympy Rational
        A float is the binary fraction it is.

    Returns
    -------
    Fraction

    Raises
    ------
    GameError
        If the value is not finite or a string is no numeral.
    HedgingTypeError
        If the value is of any other kind.

    Examples
    --------
    >>> fraction("0.1"), fraction(0.5)
    (Fraction(1, 10), Fraction(1, 2))
    """
    if isinstance(value, str):
        return rational(value)
    if isinstance(value, numbers.Rational):  # also numpy integers, sympy integers and rationals
        return Fraction(int(value.numerator), int(value.denominator))
    try:
        if isinstance(value, Decimal):
            # A Decimal can hold a power of ten that fills the memory; its text is checked.
            return rational(str(value)) if value.is_finite() else Fraction(value)
        if isinstance(value, numbers.Real):
            return Fraction(float(value))
    except (ValueError, OverflowError) as error:
        if isinstance(error, GameError):
            raise
        msg = f"{value} among exact numbers; give finite numbers, or an array of floats"
        raise GameError(msg) from None
    msg = (
        f"{value!r} of type {type(value).__name__} is no rational number; give int, Fraction, "
        "float, a string such as '1/3' or a sympy Rational, in rows of equal length"
    )
    raise HedgingTypeError(msg)


def read_numbers(values: Any, what: str, *, keep_integers: bool = False) -> NDArray[Any]:
    """A fresh array in C order: float64, or object holding Fractions.

    Parameters
    ----------
    values : array_like
        Floats, booleans and integers up to 2**53 become doubles; anything of dtype object,
        strings and larger integers become Fractions.
    what : str
        What the numbers are, a plural to start an error message with.
    keep_integers : bool, default False
        Make Fractions of all integers.

    Raises
    ------
    GameError
        If rows have different lengths or an exact number is not finite.
    HedgingTypeError
        If something is no real number.

    Examples
    --------
    >>> read_numbers([1, 2], "payoffs")
    array([1., 2.])
    >>> read_numbers(["0.1", 2], "payoffs")
    array([Fraction(1, 10), Fraction(2, 1)], dtype=object)
    """
    try:
        array = _faithful(values)
    except ValueError:
        msg = f"{what} are ragged: rows of different lengths; give every row the same length"
        raise GameError(msg) from None
    kind = array.dtype.kind
    if kind in "iu" and not keep_integers:
        keep_integers = bool(((array > _LARGEST_INTEGER) | (array < -_LARGEST_INTEGER)).any())
    if kind in "OU" or (kind in "iu" and keep_integers):
        exact = np.empty(array.shape, dtype=object)
        for index, value in np.ndenumerate(array):
            exact[index] = fraction(value)
        return exact
    if kind in "fiub":
        return np.array(array, dtype=np.float64, order="C")
    msg = f"{what} are of type {array.dtype}; give real numbers"
    raise HedgingTypeError(msg)


def _faithful(values: Any) -> NDArray[Any]:
    """The array numpy makes of this, without the changes it makes to numbers on the way.

    In a nested sequence it turns numbers among strings into decimals, and large integers beside
    negative ones or floats into doubles.
    """
    array = np.asarray(values)
    if isinstance(values, np.ndarray):
        return array
    if array.dtype.kind in "US":
        return np.array(values, dtype=object)
    if array.dtype.kind == "f" and (np.abs(array) >= _LARGEST_INTEGER).any():
        given = np.array(values, dtype=object)
        if any(
            isinstance(x, numbers.Integral) and abs(int(x)) > _LARGEST_INTEGER for x in given.flat
        ):
            return given
    return array


def doubles(array: NDArray[Any]) -> NDArray[np.float64]:
    """The nearest double of every number of an array.

    Raises
    ------
    GameError
        If a rational lies beyond the range of doubles.

    Examples
    --------
    >>> doubles(np.array([Fraction(1, 3)]))
    array([0.33333333])
    """
    try:
        return array.astype(np.float64, copy=False)
    except OverflowError:
        msg = "a number lies beyond the range of doubles; rescale the payoffs it belongs to"
        raise GameError(msg) from None
