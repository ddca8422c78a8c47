"""Numbers with their doubt: a value and a bound on how far the true number may lie from it.

A :class:`Ball` stands for a whole batch of numbers.  In doubles each operation adds its own
rounding, at most ``u |result|`` with u = 2^-53, to what the operands bring along (Higham,
*Accuracy and Stability of Numerical Algorithms*, 2002, section 3.3); bounds are inflated a
little to cover the rounding of the bounds themselves.  With integers there is no doubt, and the
same code is exact.  So an algorithm written once on balls answers every question about a sign
with *certainly positive*, *certainly negative* or *open*, and in integers nothing is open but
a true zero.

:class:`Table` lays the payoffs of a batch of games out for such questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ball", "Table", "total"]

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Games = NDArray[np.int64] | slice

_U = 2.0**-53
_INFLATE = 1.0 + 2.0**-40
_TINY = 2.0**-1070
_SHARP = 2.0**-30


@dataclass(frozen=True, slots=True)
class Ball:
    """Values, and a bound on the distance of each from the true number.

    Attributes
    ----------
    value : array
        float64, or object holding ints.
    error : array or None
        None for ints, which are exact.
    """

    value: Array
    error: Array | None = None

    def __sub__(self, other: Ball) -> Ball:
        value = self.value - other.value
        if self.error is None or other.error is None:
            return Ball(value)
        return Ball(value, (self.error + other.error + _U * np.abs(value)) * _INFLATE)

    def __add__(self, other: Ball) -> Ball:
        value = self.value + other.value
        if self.error is None or other.error is None:
            return Ball(value)
        return Ball(value, (self.error + other.error + _U * np.abs(value)) * _INFLATE)

    def __mul__(self, other: Ball) -> Ball:
        value = self.value * other.value
        if self.error is None or other.error is None:
            return Ball(value)
        carried = (
            np.abs(self.value) * other.error + (np.abs(other.value) + other.error) * self.error
        )
        return Ball(value, (carried + _U * np.abs(value)) * _INFLATE + _TINY)

    def __neg__(self) -> Ball:
        return Ball(-self.value, self.error)

    def __getitem__(self, games: Games | Bools) -> Ball:
        return Ball(self.value[games], None if self.error is None else self.error[games])

    @property
    def positive(self) -> Bools:
        """Certainly positive."""
        return np.asarray(self.value > (0 if self.error is None else self.error), dtype=np.bool_)

    @property
    def negative(self) -> Bools:
        """Certainly negative."""
        return np.asarray(self.value < (0 if self.error is None else -self.error), dtype=np.bool_)

    @property
    def sharp(self) -> Bools:
        """Known to nine digits, so that ratios of such numbers may be shown."""
        if self.error is None:
            return np.ones(self.value.shape, dtype=np.bool_)
        return np.asarray(self.error <= _SHARP * np.abs(self.value), dtype=np.bool_)


def total(balls: Sequence[Ball]) -> Ball:
    """Sum of one or more balls, from left to right."""
    result = balls[0]
    for ball in balls[1:]:
        result = result + ball
    return result


class Table:
    """Payoffs of N games, laid out so that one profile of all games is one contiguous row.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints.
    payoff_error : float64 array, shape (N, n), optional
        Bound on the distance of each player's payoffs from the true ones; ignored for ints.
    """

    def __init__(self, payoffs: Array, payoff_error: Array | None = None) -> None:
        self.size: int = payoffs.shape[0]
        self.n: int = payoffs.shape[1]
        self.shape: tuple[int, ...] = payoffs.shape[2:]
        self.exact = payoffs.dtype == object
        self.plain = self.exact or payoff_error is None
        rows = np.moveaxis(payoffs, 0, -1)
        self._value = [np.ascontiguousarray(rows[k]) for k in range(self.n)]
        self._error: list[Array | None]
        if self.exact:
            self._error = [None] * self.n
        elif payoff_error is None:
            self._error = [np.zeros(self.size)] * self.n
        else:
            # A bound that is no number promises nothing.
            bound = np.where(np.isnan(payoff_error), np.inf, payoff_error)
            self._error = [np.ascontiguousarray(bound[:, k]) for k in range(self.n)]

    def payoff(self, player: int, profile: tuple[int, ...], games: Games) -> Ball:
        """One player's payoff at one profile, for the games asked for."""
        error = self._error[player]
        value = self._value[player][profile][games]
        return Ball(value, None if error is None else error[games])

    def difference(
        self, player: int, first: tuple[int, ...], second: tuple[int, ...], games: Games
    ) -> Ball:
        """What the player gains at profile ``first`` over profile ``second``."""
        return self.payoff(player, first, games) - self.payoff(player, second, games)

    def compare(self, player: int, first: int, second: int) -> tuple[Bools, Bools]:
        """Where the player's action ``first`` is certainly better, certainly worse than ``second``.

        Two arrays of shape (the other players' action counts..., N).
        """
        value = np.moveaxis(self._value[player], player, 0)
        a, b = value[first], value[second]
        if self.plain:
            # Comparing two doubles involves no rounding.
            return (a > b).astype(np.bool_), (a < b).astype(np.bool_)
        error = self._error[player]
        gain = Ball(a, error) - Ball(b, error)
        return gain.positive, gain.negative
