"""Probabilities from determinants, in doubles where they are good enough and in integers elsewhere.

The probabilities of a basis (I, J) are its weights divided by their sum
(:mod:`hedging.equilibria.signs`). The weights have no opposite signs, so the sum and the
quotients lose nothing: the relative error of a probability is at most the sum of two relative
errors of weights plus a few roundings.  A weight for a support of size k is a determinant of
order k - 1.  For k = 2 it is one difference and accurate to the last bit; from k = 3 on
cancellation inside the determinant may spoil it, which the bound of
:mod:`hedging.equilibria.signs`, taken over the support only, detects.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import factorial, isfinite
from numbers import Integral, Rational
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.equilibria.determinants import SignTable
from hedging.equilibria.signs import payoff_scale
from hedging.errors import HedgingTypeError
from hedging.program import rationals
from hedging.program.doubles import UNIT_ROUNDOFF

__all__ = [
    "as_integers",
    "integer_values",
    "is_finite",
    "is_rough",
    "quotients",
    "read_payoffs",
    "support_weights",
]

_ACCURACY = 2.0**-39  # largest error allowed to probabilities from doubles (a crude bound)
_EXACT_LIMIT = 2.0**53  # integers up to here are doubles


def read_payoffs(given: ArrayLike, exact: bool) -> NDArray[Any]:
    """Payoffs as float64, or as an object array of int, float and Fraction.

    Raises
    ------
    HedgingTypeError
        If an exact payoff is not a rational number.

    Examples
    --------
    >>> read_payoffs(np.array([1, 2]), True)
    array([1, 2], dtype=object)
    """
    if not exact:
        return np.asarray(given, dtype=np.float64)
    array = np.asarray(given, dtype=object)
    numbers = np.empty(array.size, dtype=object)
    numbers[:] = [_exact_number(x) for x in array.ravel()]
    return numbers.reshape(array.shape)


def _exact_number(x: Any) -> int | float | Fraction:
    """A Python number: numpy's integers would overflow in the determinants."""
    if isinstance(x, Integral):
        return int(x)
    if isinstance(x, Rational):
        return Fraction(int(x.numerator), int(x.denominator))
    if isinstance(x, (float, np.floating)):
        return float(x)
    msg = f"payoff {x!r} of type {type(x).__name__} given; exact=True takes int, Fraction or float"
    raise HedgingTypeError(msg)


def is_finite(payoffs: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether all payoffs of each game are finite, shape (N,)."""
    if payoffs.dtype != object:
        finite: NDArray[np.bool_] = np.isfinite(payoffs).all(axis=(1, 2))
        return finite
    return np.array(
        [all(not isinstance(x, float) or isfinite(x) for x in game.flat) for game in payoffs],
        dtype=bool,
    )


def integer_values(table: SignTable, row: NDArray[Any], col: NDArray[Any]) -> list[int]:
    """All determinants of one game, exactly, each player's payoffs scaled to integers."""
    scaled = [rationals.integer_rows(p.ravel().tolist()) for p in (row, col)]
    return rationals.evaluate(table.program, scaled[0] + scaled[1])


def support_weights(
    table: SignTable,
    row_basis: int,
    column_basis: int,
    values: Sequence[int] | NDArray[np.float64],
) -> tuple[list[Any], list[Any]]:
    """Unnormalised probabilities of all actions of the row and of the column player.

    Parameters
    ----------
    table : SignTable
    row_basis, column_basis : int
        Candidates that carry the row player's and the column player's mixed action.
    values : sequence of int, or float64 array of shape (D, K)
        Determinants of one game, or of K games.
    """
    row: list[Any] = [0] * table.m
    column: list[Any] = [0] * table.n
    rows, columns = table.supports[row_basis][0], table.supports[column_basis][1]
    row_group, column_group = table.candidates[column_basis][0], table.candidates[row_basis][1]
    # The weights of a player's actions stand in the other player's group.
    for i, (sign, d) in zip(rows, column_group, strict=False):
        row[i] = sign if d is None else sign * values[d]
    for j, (sign, d) in zip(columns, row_group, strict=False):
        column[j] = sign if d is None else sign * values[d]
    return row, column


def quotients(weights: list[Any], exact: bool) -> list[Any]:
    """Weights without opposite signs, divided by their sum.

    Examples
    --------
    >>> quotients([0, -1, -3], exact=True)
    [Fraction(0, 1), Fraction(1, 4), Fraction(3, 4)]
    """
    positive = [abs(w) for w in weights]
    total = sum(positive)
    return [Fraction(w, total) if exact else w / total for w in positive]


def is_rough(
    payoffs: NDArray[np.float64],
    own: tuple[int, ...],
    other: tuple[int, ...],
    weights: list[Any],
) -> NDArray[np.bool_]:
    """Whether weights computed in doubles may be too inaccurate.

    Parameters
    ----------
    payoffs : float64 array, shape (K, a, b)
        Payoffs of one player, own action first.
    own, other : tuple of int
        Support pair, of size at least 3.
    weights : list of b arrays of shape (K,)
        The opponent's unnormalised probabilities, from ``classify``, which scales payoffs.
    """
    order = len(own) - 1
    shift, _ = payoff_scale(payoffs, 1)
    inside = np.ldexp(payoffs[:, own][:, :, other], shift[:, None, None])
    spread = (inside.max(axis=1) - inside.min(axis=1)).max(axis=1)
    roundings = (order * order + order - 2) / 2
    error = factorial(order) * 1.3 * (roundings + order) * UNIT_ROUNDOFF * spread**order
    rough: NDArray[np.bool_] = (len(own) + 1) * error > _ACCURACY * np.abs(sum(weights))
    return rough


def as_integers(
    payoffs: NDArray[np.float64], order: int, own: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scale each game by a power of two to integers, and tell where doubles then make no error.

    Parameters
    ----------
    payoffs : float64 array, shape (N, m, n)
        Finite payoffs of one player.
    order : int
        Largest order of this player's determinants.
    own : int
        Axis of the player's own actions.

    Returns
    -------
    scaled : float64 array, shape (N, m, n)
    fits : bool array, shape (N,)
        All determinants up to that order, and all their partial sums, are integers below 2^53.

    Examples
    --------
    >>> scaled, fits = as_integers(np.array([[[0.5, 0.75]], [[0.1, 1.0]]]), 1, 1)
    >>> scaled[0].tolist(), fits.tolist()
    ([[2.0, 3.0]], [True, False])
    """
    mantissa, exponent = np.frexp(payoffs)
    digits = np.abs(mantissa * _EXACT_LIMIT).astype(np.int64)
    trailing = np.frexp((digits & -digits).astype(np.float64))[1] - 1
    lowest = np.where(digits == 0, 2000, exponent - 53 + trailing).min(axis=(1, 2))
    lowest = np.where(lowest == 2000, 0, lowest)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.ldexp(payoffs, -lowest[:, None, None])
        spread = (scaled.max(axis=own) - scaled.min(axis=own)).max(axis=1)
        fits = np.abs(scaled).max(axis=(1, 2)) <= _EXACT_LIMIT
        for k in range(1, order + 1):
            fits &= factorial(k) * spread**k <= _EXACT_LIMIT
    return scaled, fits
