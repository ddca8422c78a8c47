"""Payoffs as integers: doubles and fractions are rational, and scaling changes no equilibrium.

A finite double is an integer times a power of two.  Multiplying all payoffs of one player in one
game by the same positive number changes no best reply, so exact work can be done in integers
from end to end, which is several times faster than in fractions.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.program.rationals import integer_rows

__all__ = ["as_fractions", "as_integers"]


def as_fractions(payoffs: NDArray[Any]) -> NDArray[Any]:
    """The same numbers as an object array of Fractions; doubles as the binary fractions they are.

    Examples
    --------
    >>> as_fractions(np.array([0.5, 3.0])).tolist()
    [Fraction(1, 2), Fraction(3, 1)]
    """
    result = np.empty(payoffs.shape, dtype=object)
    result.reshape(-1)[:] = [Fraction(x) for x in payoffs.reshape(-1).tolist()]
    return result


def as_integers(payoffs: NDArray[Any]) -> NDArray[Any]:
    """Each player's payoffs in each game times one positive number that makes them integers.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        Finite float64, or object holding ints, Fractions or finite floats.

    Returns
    -------
    object array of ints, same shape

    Examples
    --------
    >>> as_integers(np.array([[[0.5, 0.75, 0.0]]])).tolist()
    [[[2, 3, 0]]]
    >>> as_integers(np.array([[[Fraction(1, 2), Fraction(1, 3)]]])).tolist()
    [[[3, 2]]]
    """
    rows = payoffs.reshape(payoffs.shape[0] * payoffs.shape[1], -1)
    result = np.empty(rows.shape, dtype=object)
    if payoffs.dtype == object:
        for k, row in enumerate(rows.tolist()):
            plain = all(type(x) is int for x in row)
            result[k] = row if plain else integer_rows(row)
        return result.reshape(payoffs.shape)
    fraction, exponent = np.frexp(rows.astype(np.float64))
    mantissa = (fraction * 2.0**53).astype(np.int64)
    # Strip trailing zero bits, so that small numbers stay small integers.
    lowest = np.where(mantissa == 0, 1, mantissa & -mantissa)
    zeros = np.frexp(lowest.astype(np.float64))[1] - 1
    mantissa >>= zeros
    exponent = np.where(mantissa == 0, np.iinfo(np.int32).max, exponent - 53 + zeros)
    least = exponent.min(axis=1, keepdims=True, initial=np.iinfo(np.int32).max)
    shift = np.where(mantissa == 0, 0, exponent - least)
    result[:] = mantissa.astype(object) << shift.astype(object)
    return result.reshape(payoffs.shape)
