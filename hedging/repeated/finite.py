r"""Games repeated a known number of times.

With T periods left, the pure-strategy subgame-perfect payoffs of two players with public
lotteries are :math:`W_T`, the set generated from :math:`W_{T-1}` by one step of the operator of
:mod:`hedging.repeated.payoff_set`, :math:`W_0 = \{0\}`; there is nothing to converge (Benoit
and Krishna 1985, Econometrica 53:905-922).  Payoffs are sums :math:`\sum_t \delta^t u_t`, not
normalised, and :math:`\delta` may be 1.

If a stage game has a good and a bad equilibrium for player i, a profile can be played first and
followed by R good periods iff (as far as these two are used)
:math:`h_i(a) \le \sum_{t=1}^R \delta^t (\mathrm{good}_i - \mathrm{bad}_i)`.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError, HedgingTypeError, ParameterError
from hedging.program.numerals import rational
from hedging.repeated.payoff_set_exact import enforced, hull
from hedging.repeated.stage import as_games, best_deviations, check_periods
from hedging.repeated.thresholds import geometric_root

__all__ = ["FinitelyRepeatedGame", "reward_critical_delta"]


def reward_critical_delta(gain: ArrayLike, good: ArrayLike, bad: ArrayLike, rounds: int) -> Any:
    """Least discount factor at which the promise of good periods deters a first-period gain.

    Parameters
    ----------
    gain, good, bad : array_like
        h_i, and i's payoffs in the good and in the bad stage equilibrium.
    rounds : int
        R, the number of periods that follow.

    Returns
    -------
    float64 array
        In [0, 1], as the horizon is finite 1 is allowed; inf if no factor suffices.

    Examples
    --------
    >>> float(reward_critical_delta(1, 3, 1, 1))
    0.5
    """
    h = np.asarray(gain, dtype=np.float64)
    prize = np.asarray(good, dtype=np.float64) - np.asarray(bad, dtype=np.float64)
    rounds = check_periods(rounds, "rounds")
    ratio = np.where(prize > 0, h / np.where(prize > 0, prize, 1), np.inf)
    ratio = np.where(h <= 0, 0.0, ratio)
    return np.where(ratio == rounds, 1.0, geometric_root(ratio, rounds))


@dataclass(frozen=True, slots=True)
class FinitelyRepeatedGame:
    """A game played T times.

    Parameters
    ----------
    game : array_like, shape (2, m, n), or Game
        Stage game of two players.
    periods : int
        T >= 1.
    delta : number, default 1
        Discount factor in (0, 1]; text such as ``"1/2"`` is read exactly.

    Examples
    --------
    The prisoners' dilemma unravels:

    >>> dilemma = [[[2, -1], [3, 0]], [[2, 3], [-1, 0]]]
    >>> FinitelyRepeatedGame(dilemma, 10).spe_payoffs()
    [(Fraction(0, 1), Fraction(0, 1))]
    """

    game: Any
    periods: int
    delta: Any = 1

    def __post_init__(self) -> None:
        if len(as_games(self.game, 2)) != 1:
            msg = "give one stage game of two players, not a batch"
            raise GameError(msg)
        check_periods(self.periods, "periods")
        if isinstance(self.delta, str):
            try:
                object.__setattr__(self, "delta", rational(self.delta))
            except GameError as error:
                msg = f"delta is {self.delta!r}; give a discount factor in (0, 1], such as '1/2'"
                raise ParameterError(msg) from error
        number = isinstance(self.delta, numbers.Real) and not isinstance(self.delta, bool)
        if not number:
            msg = f"delta is {self.delta!r}; give a discount factor in (0, 1], such as '1/2'"
            raise HedgingTypeError(msg)
        if not 0 < self.delta <= 1:
            msg = f"delta is {self.delta}; give a discount factor in (0, 1]"
            raise ParameterError(msg)

    def _table(self) -> NDArray[Any]:
        return np.asarray(np.frompyfunc(Fraction, 1, 1)(as_games(self.game, 2)[0]), dtype=object)

    def spe_payoffs(self) -> list[tuple[Fraction, Fraction]]:
        """Vertices of the subgame-perfect payoffs, total and exact.

        Returns
        -------
        list of pairs of Fraction
            Counterclockwise; empty if some subgame has no equilibrium in pure actions.
        """
        table, delta = self._table(), Fraction(self.delta)
        region = [(Fraction(0), Fraction(0))]
        for _ in range(self.periods):
            floor = (min(p[0] for p in region), min(p[1] for p in region))
            points = []
            for u, part in enforced(table, region, floor, 1 / delta):
                points += [(u[0] + delta * w[0], u[1] + delta * w[1]) for w in part]
            region = hull(points)
            if not region:
                return []
        return region

    def first_profiles(self) -> list[tuple[int, int]]:
        """Profiles that some equilibrium plays in the first period."""
        table, delta = self._table(), Fraction(self.delta)
        region = [(Fraction(0), Fraction(0))]
        if self.periods > 1:
            region = FinitelyRepeatedGame(table, self.periods - 1, delta).spe_payoffs()
        if not region:
            return []
        floor = (min(p[0] for p in region), min(p[1] for p in region))
        parts = [part for _, part in enforced(table, region, floor, 1 / delta)]
        index = np.ndindex(*table.shape[1:])
        return [(int(a[0]), int(a[1])) for a, part in zip(index, parts, strict=True) if part]

    def gains(self) -> NDArray[Any]:
        """Gains h_i(a) of the stage game, shape (2, m, n)."""
        table = self._table()
        return np.asarray(best_deviations(table[None])[0] - table)
