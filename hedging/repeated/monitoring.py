r"""Repeated games in which actions are seen only through noisy public signals.

*Binary signal.*  With :math:`p = P(\text{bad} \mid a)` and :math:`q = P(\text{bad} \mid
\text{deviation}) > p`, and stage equilibrium for ever after a bad signal (with a probability
:math:`\varphi \le 1` that keeps the constraint binding), a is sustainable iff for every deviation

.. math:: (q - p)(u - n) > p h, \qquad
   \delta \ge \frac{h}{(1-p) h + (q-p)(u-n)},

and the best payoff is :math:`u - h/(q/p - 1)` whatever :math:`\delta` is: the loss by false alarms
depends on the likelihood ratio alone (Abreu, Milgrom and Pearce 1991, Econometrica 59:1713-1733).
Without noise, p = 0 and q = 1, this is Nash reversion.  With more signals the alarm is
a set of them, and with more deviations one alarm must do for all (:mod:`hedging.repeated.alarms`).

*Patient players.*  The limit of the equilibrium payoffs as :math:`\delta \to 1` is the set
:math:`\{v : \lambda \cdot v \le k^*(\lambda)\ \forall \lambda\}` (Fudenberg and Levine 1994,
Journal of Economic Theory 62:103-135) with the *score* :math:`k^*(\lambda)`, the largest
:math:`\lambda \cdot v` over profiles a, payoffs v and transfers x such that

.. math:: v = u(a) + \sum_y P(y \mid a) x(y), \quad
          v_i \ge u_i(b, a_{-i}) + \sum_y P(y \mid b, a_{-i}) x_i(y), \quad
          \lambda \cdot x(y) \le 0.

*Several partners.*  If a state owes each partner k the same restraint, with gain :math:`h_k` and
surplus :math:`s_k = u_k - n_k`, partners who punish one by one need
:math:`\max_k h_k/(h_k + s_k)`, partners who punish together :math:`\sum h_k / \sum (h_k + s_k)`,
a weighted mean of the same ratios and hence never more (after Bernheim and Whinston 1990, RAND
Journal of Economics 21:1-26).  Stage payoffs must separate across partners.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError, HedgingError, ParameterError, UnknownNameError
from hedging.repeated.stage import as_games, check_delta, flat_profile

__all__ = [
    "PublicMonitoring",
    "commitment_bound",
    "deterrence_belief",
    "linked_partners",
    "noisy_critical_delta",
    "noisy_payoff",
]

Floats = NDArray[np.float64]

_ROOM = 1e-9
"""Allowance for the errors of linear programs, as a share of the payoff ranges."""


def _probability(name: str, value: ArrayLike) -> Floats:
    array = np.asarray(value, dtype=np.float64)
    if not np.all((array >= 0) & (array <= 1)):
        msg = f"{name} is {value!r}; give a probability in [0, 1]"
        raise ParameterError(msg)
    return array


def noisy_critical_delta(
    gain: ArrayLike, surplus: ArrayLike, false_alarm: ArrayLike, detection: ArrayLike
) -> Floats:
    """Least discount factor of trigger strategies under a binary public signal.

    Parameters
    ----------
    gain, surplus : array_like
        h = d - u and u - n in payoff units.
    false_alarm, detection : array_like
        p and q, the probabilities of a bad signal after obedience and after deviation.

    Returns
    -------
    float64 array
        0 without gain, inf where no patience suffices.

    Notes
    -----
    Each entry is one deviation by itself.  One that gains nothing needs no alarm, hence 0 also
    where q < p; whether it would dodge the alarm that deters *another* deviation is a joint
    question, which :meth:`PublicMonitoring.critical_delta_trigger` answers.

    Examples
    --------
    >>> round(float(noisy_critical_delta(1, 2, 0.1, 0.5)), 9)    # 10/17
    0.588235294
    """
    p, q = _probability("false_alarm", false_alarm), _probability("detection", detection)
    h, s = np.asarray(gain, dtype=np.float64), np.asarray(surplus, dtype=np.float64)
    enough = (q - p) * s > p * h
    bottom = np.where(enough & (h > 0), (1 - p) * h + (q - p) * s, 1.0)
    return np.asarray(np.where(h <= 0, 0.0, np.where(enough, h / bottom, np.inf)))


def noisy_payoff(
    payoff: ArrayLike,
    gain: ArrayLike,
    punishment: ArrayLike,
    false_alarm: ArrayLike,
    detection: ArrayLike,
    delta: ArrayLike,
) -> Floats:
    """Best payoff of trigger strategies under a binary signal: u - h/(q/p - 1), or n.

    Parameters
    ----------
    payoff, gain, punishment : array_like
        u, h and n in payoff units.
    false_alarm, detection, delta : array_like

    Returns
    -------
    float64 array
        The stage equilibrium payoff n where delta is too small.

    Examples
    --------
    >>> float(noisy_payoff(2, 1, 0, 0.1, 0.5, 0.9))
    1.75
    """
    u, h, n = (np.asarray(x, dtype=np.float64) for x in (payoff, gain, punishment))
    p, q = _probability("false_alarm", false_alarm), _probability("detection", detection)
    enough = np.asarray(delta) >= noisy_critical_delta(h, u - n, p, q)
    rise = np.where(q > p, q - p, 1.0)
    return np.asarray(np.where(enough, u - np.where(h > 0, p * h / rise, 0.0), n))


def linked_partners(gains: ArrayLike, surpluses: ArrayLike) -> tuple[Floats, Floats]:
    """Critical discount factors of one player toward several partners.

    Parameters
    ----------
    gains, surpluses : array_like, shape (..., K)
        Per partner h_k and s_k = u_k - n_k.

    Returns
    -------
    bilateral, pooled : float64 arrays, shape (...)
        Each partner punishes its own grievance; all punish any.

    Examples
    --------
    >>> [x.round(4).item() for x in linked_partners([1.0, 0.2], [1.0, 2.0])]
    [0.5, 0.2857]
    """
    h = np.maximum(np.asarray(gains, dtype=np.float64), 0.0)
    s = np.asarray(surpluses, dtype=np.float64)

    def ratio(h: Floats, s: Floats) -> Floats:
        bottom = np.where((s > 0) & (h > 0), h + s, 1.0)
        return np.where(h <= 0, 0.0, np.where(s > 0, h / bottom, np.inf))

    return np.asarray(ratio(h, s).max(axis=-1)), np.asarray(ratio(h.sum(axis=-1), s.sum(axis=-1)))


def commitment_bound(
    prior: float, doubt: float, commitment: float, least: float, delta: float
) -> float:
    r"""Lower bound of a patient player's payoff who might be committed (Fudenberg, Levine 1989).

    Each time a short-lived partner fails to best respond, it must have believed in the
    commitment with at most probability ``doubt``, and seeing the committed action raises the
    belief by at least that factor; so it happens at most
    :math:`K = \lceil \ln \mu / \ln \bar\pi \rceil` times, and the payoff is at least
    :math:`(1-\delta^K) \min u + \delta^K u^*`.

    Parameters
    ----------
    prior, doubt : float
        mu and pi-bar, in (0, 1).
    commitment, least : float
        Payoff u* of the commitment against best replies, and the least stage payoff.
    delta : float

    Examples
    --------
    >>> round(commitment_bound(0.1, 0.5, 1.0, 0.0, 0.95), 4)    # K = 4
    0.8145
    """
    if not (0 < prior < 1 and 0 < doubt < 1):
        msg = f"prior is {prior} and doubt {doubt}; give probabilities strictly between 0 and 1"
        raise ParameterError(msg)
    check_delta(delta)
    ratio = np.log(prior) / np.log(doubt)
    # ln(1/8)/ln(1/2) is 3, not 3 and a rounding error.
    k = np.ceil(ratio * (1 - 4 * np.finfo(np.float64).eps))
    share = float(delta) ** float(k)
    return float((1 - share) * least + share * commitment)


def deterrence_belief(threshold: ArrayLike, rounds: ArrayLike) -> Floats:
    """Prior of toughness above which entry is deterred with so many rounds left: b**n.

    Source: Kreps and Wilson 1982, Journal of Economic Theory 27:253-279 (chain store).

    Examples
    --------
    >>> deterrence_belief(0.5, [1, 2, 10]).tolist()
    [0.5, 0.25, 0.0009765625]
    """
    return np.asarray(_probability("threshold", threshold) ** np.asarray(rounds))


class PublicMonitoring:
    """A stage game whose actions are seen through a public signal.

    Parameters
    ----------
    game : array_like, shape (n, m_1, ..., m_n), or Game
        Expected stage payoffs.
    signals : array_like, shape (m_1, ..., m_n, Y)
        Probability of every signal given the profile.

    Raises
    ------
    GameError
        If shapes do not fit or probabilities do not sum to 1.

    Examples
    --------
    >>> dilemma = [[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]]
    >>> good = np.array([[0.9, 0.5], [0.5, 0.2]])
    >>> watch = PublicMonitoring(dilemma, np.stack([1 - good, good], axis=-1))
    >>> round(float(watch.critical_delta_trigger((0, 0), bad=[0])[0]), 4)
    0.5882
    >>> round(watch.limit_score((1, 1)), 6)
    3.5
    """

    def __init__(self, game: ArrayLike | Any, signals: ArrayLike) -> None:
        games = as_games(game).astype(np.float64)
        self.payoffs: Floats = games[0]
        self.signals = np.asarray(signals, dtype=np.float64)
        if len(games) != 1 or self.signals.shape[:-1] != games.shape[2:]:
            msg = (
                f"signals of shape {self.signals.shape} for a game of shape {games.shape[2:]}; "
                "give the action axes and one axis of signals"
            )
            raise GameError(msg)
        total = self.signals.sum(axis=-1)
        if not (np.all(self.signals >= 0) and np.all(abs(total - 1) <= 2.0**-40)):
            msg = "signal probabilities are negative or do not sum to 1 at some profile"
            raise GameError(msg)

    def critical_delta_trigger(
        self, profile: tuple[int, ...], bad: Sequence[Any] | None = None
    ) -> Floats:
        """Threshold per player when a bad signal brings a stage equilibrium for ever.

        A signal does not name a deviator, so all are punished alike: by one pure stage equilibrium
        or one public lottery over several, the one with the least common threshold.  Deviations
        that gain nothing count too: who pays nothing for dodging the alarm will dodge it.

        Parameters
        ----------
        profile : tuple of n int
        bad : sequence of int, optional
            Signals that count as bad.  By default the best set of them: of all sets for at
            most six signals, else of those that are least favourable to obedience by likelihood
            ratio against some deviation.

        Returns
        -------
        float64 array, shape (n,)
            The largest is the least common discount factor; 0 for a stage equilibrium, inf for
            whom no patience makes obey.

        Raises
        ------
        GameError
            If there is no such profile or signal.

        Notes
        -----
        The condition is in :mod:`hedging.repeated.alarms`; one small linear program per alarm.

        Examples
        --------
        Two stage equilibria, each bad for one player, are best drawn by lot:

        >>> row, col = [[3.0, 0, 0], [4, 1, 0], [0, 0, 2]], [[3.0, 4, 0], [0, 2, 0], [0, 0, 1]]
        >>> alarm = np.full((3, 3), 0.5)
        >>> alarm[0, 0] = 0.05
        >>> watch = PublicMonitoring([row, col], np.stack([alarm, 1 - alarm], axis=-1))
        >>> watch.critical_delta_trigger((0, 0), bad=[0]).round(3).tolist()
        [0.615, 0.615]
        """
        from hedging.repeated.alarms import alarms, trigger_thresholds

        place = int(flat_profile(profile, self.payoffs.shape[1:], 1)[0])
        at = tuple(int(x) for x in np.unravel_index(place, self.payoffs.shape[1:]))
        count = self.signals.shape[-1]
        if bad is not None and not all(
            isinstance(y, int | np.integer) and 0 <= y < count for y in bad
        ):
            msg = f"bad is {bad!r}; list signals by position, 0 to {count - 1}"
            raise GameError(msg)
        tried = alarms(self.payoffs, self.signals, at) if bad is None else [sorted(set(bad))]
        found = [trigger_thresholds(self.payoffs, self.signals, at, alarm) for alarm in tried]
        return min(found, key=lambda each: (float(each.max()), int(np.isinf(each).sum())))

    def limit_score(self, direction: ArrayLike) -> float:
        """Score k* of a direction: how far patient players get in it.

        Parameters
        ----------
        direction : array_like, shape (n,)
            Not all 0.

        Returns
        -------
        float
            Largest over the pure profiles.

        Raises
        ------
        HedgingError
            If a linear program is not solved.

        Notes
        -----
        One linear program of n (1 + Y) variables per profile.
        """
        weights = np.asarray(direction, dtype=np.float64)
        n = len(self.payoffs)
        if weights.shape != (n,) or not np.any(weights) or not np.all(np.isfinite(weights)):
            msg = f"direction is {direction!r}; give {n} finite numbers, not all 0"
            raise ParameterError(msg)
        low, span = self._ranges()
        return float(weights @ low) + self._scaled_score(weights * span)

    def _ranges(self) -> tuple[Floats, Floats]:
        """Least payoff and payoff range of every player; a range of 0 counts as 1."""
        own = self.payoffs.reshape(len(self.payoffs), -1)
        span = np.ptp(own, axis=1)
        return own.min(axis=1), np.where(span > 0, span, 1.0)

    def _scaled_score(self, weights: Floats) -> float:
        """The score where every player's payoffs are brought to [0, 1].

        Solvers compare with absolute tolerances: neither payoffs nor weights may be tiny or huge.
        """
        low, span = self._ranges()
        one = (-1, *(1,) * len(span))
        payoffs = (self.payoffs - low.reshape(one)) / span.reshape(one)
        size = float(np.abs(weights).max())
        places = product(*map(range, payoffs.shape[1:]))
        return size * max(self._score(payoffs, weights / size, a) for a in places)

    def _score(self, payoffs: Floats, weights: Floats, profile: tuple[int, ...]) -> float:
        from scipy.optimize import linprog

        n, signals = len(payoffs), self.signals.shape[-1]
        size = n * (1 + signals)  # v_1..v_n, then x_i(y)

        def place(i: int) -> slice:
            return slice(n + i * signals, n + (i + 1) * signals)

        equal, level, above, limit = [], [], [], []
        for i in range(n):
            row = np.zeros(size)
            row[i], row[place(i)] = 1, -self.signals[profile]
            equal.append(row)
            level.append(payoffs[(i, *profile)])
            for x in range(payoffs.shape[1 + i]):
                other = (*profile[:i], x, *profile[i + 1 :])
                if x != profile[i]:
                    row = np.zeros(size)
                    row[i], row[place(i)] = -1, self.signals[other]
                    above.append(row)
                    limit.append(-payoffs[(i, *other)])
        for y in range(signals):
            row = np.zeros(size)
            for i in range(n):
                row[n + i * signals + y] = weights[i]
            above.append(row)
            limit.append(0.0)
        aim = np.zeros(size)
        aim[:n] = -weights
        done = linprog(aim, above, limit, equal, level, bounds=(None, None), method="highs")
        if done.status == 2:
            return -np.inf
        if done.status != 0:
            msg = f"the score of profile {profile} was not found: {done.message}"
            raise HedgingError(msg)
        return -float(done.fun)

    def limit_payoffs(self, directions: int = 64) -> Floats:
        """Outer polygon of the payoffs that patient players can reach, for two players.

        Parameters
        ----------
        directions : int
            Number of directions of the scores, evenly spread where every player's payoffs are
            brought to [0, 1], and including the axes; multiples of 4 do.

        Returns
        -------
        float64 array, shape (K, 2)
            Vertices, counterclockwise, one for a point and two for a segment; empty if no payoff
            satisfies all scores.  The limit set lies within, and equals the interior of its own
            polygon of all directions where that has one.
        """
        if len(self.payoffs) != 2:
            msg = f"the limit set is drawn for two players, not {len(self.payoffs)}"
            raise GameError(msg)
        if directions < 4:
            msg = f"directions is {directions}; give at least 4"
            raise ParameterError(msg)
        polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
        least, most = np.zeros(2), np.ones(2)
        for k in range(directions):
            angle = 2 * np.pi * k / directions
            way = np.round(np.array([np.cos(angle), np.sin(angle)]), 15)
            score = self._scaled_score(way)
            # A little room, so that thin sets do not vanish by rounding.
            polygon = _below(polygon, way, score + _ROOM)
            if np.count_nonzero(way) == 1:
                axis = int(np.flatnonzero(way)[0])
                if way[axis] < 0:
                    least[axis] = -score
                else:
                    most[axis] = score
        low, span = self._ranges()
        # Undo the room along the axes, where minmax payoffs are known.
        points = np.clip(np.array(polygon).reshape(-1, 2), least, np.maximum(least, most))
        return low + span * _apart(points)

    def rank(self, profile: tuple[int, ...], player: int) -> int:
        """Rank of a player's deviations in signals: full if it is the number of actions.

        Individual full rank at all pure profiles is the first condition of the folk theorem of
        Fudenberg, Levine and Maskin (1994, Econometrica 62:997-1039).
        """
        if not 0 <= player < len(self.payoffs):
            msg = f"no player {player}; there are 0 to {len(self.payoffs) - 1}"
            raise UnknownNameError(msg)
        own = np.moveaxis(self.signals, player, -2)
        others = (*profile[:player], *profile[player + 1 :])
        return int(np.linalg.matrix_rank(own[others]))


def _apart(points: Floats) -> Floats:
    """Vertices of a polygon with payoffs in [0, 1], one of each cluster."""
    kept: list[Floats] = []
    for point in points:
        if all(np.abs(point - other).max() > 100 * _ROOM for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, 2)


def _below(polygon: list[list[float]], way: Floats, bound: float) -> list[list[float]]:
    """Part of a convex polygon in a half-plane."""
    kept: list[list[float]] = []
    for p, q in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        a, b = bound - float(way @ p), bound - float(way @ q)
        if a >= 0:
            kept.append(p)
        if (a > 0 > b) or (a < 0 < b):
            t = a / (a - b)
            kept.append([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])])
    return kept
