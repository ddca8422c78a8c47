r"""Repeated games in which players can also pay each other: exact thresholds for any number.

With transfers before and after each stage and perfect monitoring (Goldlücke and Kranz 2012,
Journal of Economic Theory 147:1191-1221) only sums over the players matter: the *liquidity need*
:math:`L(a) = \sum_i h_i(a)` and the joint payoff :math:`U(a)`.  A profile a can be played every
period iff there are punishment profiles :math:`a^1, \dots, a^n`, and a profile b to which play
returns after a punishment, such that with :math:`V = \sum_i d_i(a^i)`

.. math:: L(a) \le \frac{\delta}{1-\delta} (U(a) - V) , \qquad
          \max_{k \in \{b, a^1, \dots, a^n\}} L(k) \le \frac{\delta}{1-\delta} (U(b) - V) .

For a level :math:`\ell` of liquidity the best are :math:`V(\ell) = \sum_i \min \{d_i(c) : L(c) \le
\ell\}` and :math:`\bar U(\ell) = \max \{U(c) : L(c) \le \ell\}`, hence

.. math:: \delta^*(a) = \min_\ell \max \Bigl\{ \frac{L(a)}{L(a) + U(a) - V(\ell)} ,
          \frac{\ell}{\ell + \bar U(\ell) - V(\ell)} \Bigr\}

over the finitely many values :math:`\ell` of L.  If a has the largest joint payoff, b is a itself.
Whatever is sustainable without transfers is sustainable with them, so this is also a lower bound of
the threshold without, for any number of players.  (Without transfers let :math:`v_i` be the worst
equilibrium payoffs, :math:`V = \sum_i v_i`, and b the first profile of the equilibrium with the
largest joint payoff.  The worst equilibrium of i begins with some :math:`a^i` such that
:math:`d_i(a^i) \le v_i`, and adding up incentives gives the inequalities.)  Players need a common
discount factor; actions are pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.repeated.stage import best_deviations
from hedging.repeated.thresholds import incentive_margin

__all__ = [
    "TransferRegime",
    "critical_delta",
    "critical_delta_at",
    "margin",
    "margins",
    "regimes",
]

Array = NDArray[Any]

_EPS = float(np.finfo(np.float64).eps)


def _levels(payoffs: Array) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    """Needs L and joint payoffs U, shape (N, A), punishments d (N, n, A), and the order of L."""
    count, n = payoffs.shape[:2]
    flat = payoffs.reshape(count, n, -1)
    d = best_deviations(payoffs).reshape(flat.shape)
    # Each gain is exact where it is 0, so stage equilibria have exactly L = 0.
    need = (d - flat).sum(axis=1)
    return need, flat.sum(axis=1), d, np.argsort(need, axis=1, kind="stable")


def critical_delta(payoffs: Array) -> Array:
    """Critical discount factor of every profile when players can make transfers.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints or Fractions.

    Returns
    -------
    array, shape (N, m_1, ..., m_n)
        inf where no patience suffices.

    Notes
    -----
    Time O(A log A + n A) per game of A profiles.

    Examples
    --------
    >>> collude = [[10, 3, 0], [15, 7, -4], [7, 5, -15]]
    >>> game = np.array([[collude, np.transpose(collude)]], dtype=float)
    >>> critical_delta(game)[0, 0, 0]
    np.float64(0.3333333333333333)
    """
    need, joint, level, best, floor = _ordered(payoffs)
    backed = _ratio(level, best - floor)
    value = np.full(need.shape, np.inf, dtype=payoffs.dtype)
    for k in range(need.shape[1]):
        own = _ratio(need, joint - floor[:, k : k + 1])
        value = np.minimum(value, np.maximum(own, backed[:, k : k + 1]))
    if payoffs.dtype != object:
        value = np.where(np.isnan(need + joint), np.nan, value)
    return np.asarray(value.reshape(len(payoffs), *payoffs.shape[2:]))


@dataclass(frozen=True, slots=True)
class TransferRegime:
    """What is optimal for discount factors from ``delta`` up to the next regime's.

    Attributes
    ----------
    delta : number
        Critical discount factor from which the regime is available.
    joint_payoff : number
        Largest sum U of payoffs per period.
    punishment_payoffs : array, shape (n,)
    profile : int
        Flat position of the profile played on the path.
    punishments : int64 array, shape (n,)
        Flat position of the profile that punishes each player.
    need : number
        Liquidity level.
    """

    delta: Any
    joint_payoff: Any
    punishment_payoffs: Array
    profile: int
    punishments: NDArray[np.int64]
    need: Any


def regimes(payoffs: Array) -> list[TransferRegime]:
    """Optimal play with transfers for all discount factors of one game.

    Parameters
    ----------
    payoffs : array, shape (n, m_1, ..., m_n)

    Returns
    -------
    list of TransferRegime
        In ascending order of delta; empty if no level is ever sustainable.

    Examples
    --------
    >>> collude = [[10, 3, 0], [15, 7, -4], [7, 5, -15]]
    >>> game = np.array([collude, np.transpose(collude)], dtype=float)
    >>> for r in regimes(game):
    ...     print(round(float(r.delta), 3), r.joint_payoff, r.punishment_payoffs.tolist())
    0.0 14.0 [7.0, 7.0]
    0.25 18.0 [0.0, 0.0]
    0.333 20.0 [0.0, 0.0]
    """
    needs, joints, ds, _ = (part[0] for part in _levels(payoffs[None]))
    n = payoffs.shape[0]
    found: list[TransferRegime] = []
    earliest: Any = 1
    # Sums that differ by their rounding alone are one level, and make no regime.
    noise = 0 if payoffs.dtype == object else 16 * n * _EPS * float(np.abs(payoffs).max())
    ascending = sorted(set(needs.tolist()))
    levels = [
        x for x, up in zip(ascending, [*ascending[1:], np.inf], strict=True) if up - x > noise
    ]
    for level in reversed(levels):
        allowed = np.flatnonzero(np.asarray(needs <= level, dtype=bool))
        path = allowed[joints[allowed].argmax()]
        punishments = np.array([allowed[ds[i, allowed].argmin()] for i in range(n)])
        worst = np.array([ds[i, punishments[i]] for i in range(n)], dtype=payoffs.dtype)
        surplus = joints[path] - worst.sum()
        room: Any = 0
        if level <= noise:
            delta = level * 0
        elif surplus > 0:
            delta = level / (level + surplus)
            room = noise / (level + surplus)
        else:
            continue
        if delta < earliest - room:
            earliest = delta
            found.append(TransferRegime(delta, joints[path], worst, int(path), punishments, level))
    # A later level that changes neither payoff is no regime of its own.
    kept: list[TransferRegime] = []
    for regime in reversed(found):
        if (
            not kept
            or abs(regime.joint_payoff - kept[-1].joint_payoff) > noise
            or (abs(regime.punishment_payoffs - kept[-1].punishment_payoffs) > noise).any()
        ):
            kept.append(regime)
    return kept


def margin(payoffs: Array, profile: tuple[int, ...], delta: Any) -> Any:
    r"""Largest pooled slack :math:`\delta (U(a) - \sum_i d_i(a^i)) - (1-\delta) \ell` of a profile.

    Parameters
    ----------
    payoffs : array, shape (n, m_1, ..., m_n)
    profile : tuple of n int
    delta : number

    Returns
    -------
    number
        In units of joint payoff; exactly 0 on the threshold.
    """
    t = int(np.ravel_multi_index(profile, payoffs.shape[1:]))
    return margins(payoffs[None], t, np.array([delta], dtype=payoffs.dtype))[0]


def margins(payoffs: Array, profile: int, delta: Array) -> Array:
    """The same for N games and discount factors.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
    profile : int
        Flat position.
    delta : array, shape (N,)

    Returns
    -------
    array, shape (N,)
    """
    need, joint, level, best, floor = _ordered(payoffs)
    need, joint, factor = need[:, profile, None], joint[:, profile, None], delta[:, None]
    # Pooled players: one with the target's gain, one with the gain of whatever backs it.
    own = incentive_margin(joint, joint + need, floor, factor)
    backed = incentive_margin(best, best + level, floor, factor)
    each = np.where(np.asarray(level <= 0, dtype=bool), own, np.minimum(own, backed))
    settled = np.where(np.asarray(need <= 0, dtype=bool), need * 0, each)
    return np.asarray(settled.max(axis=1))


def critical_delta_at(payoffs: Array, profile: int) -> Array:
    """Entries of :func:`critical_delta` at one profile, for less work.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
    profile : int
        Flat position.

    Returns
    -------
    array, shape (N,)

    Examples
    --------
    >>> collude = [[10, 3, 0], [15, 7, -4], [7, 5, -15]]
    >>> critical_delta_at(np.array([[collude, np.transpose(collude)]], dtype=float), 0)
    array([0.33333333])
    """
    need, joint, level, best, floor = _ordered(payoffs)
    own = _ratio(need[:, profile, None], joint[:, profile, None] - floor)
    return np.asarray(np.maximum(own, _ratio(level, best - floor)).min(axis=1))


def _ordered(payoffs: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Need and joint payoff of each profile; ascending levels, and what each level backs.

    All of shape (N, A).  Entry k of the last three: the k + 1 profiles of least need, their largest
    joint payoff, and the sum of the harshest punishments among them.  Where levels tie, the last
    of them counts.
    """
    need, joint, d, order = _levels(payoffs)
    ordered = np.take_along_axis(d, order[:, None], axis=2)
    floor = np.minimum.accumulate(ordered, axis=2).sum(axis=1)
    best = np.maximum.accumulate(np.take_along_axis(joint, order, axis=1), axis=1)
    return need, joint, np.take_along_axis(need, order, axis=1), best, floor


def _ratio(need: Array, surplus: Array) -> Array:
    """Least factor at which a surplus ahead covers a need: 0 if there is none, inf if never."""
    need, surplus = np.broadcast_arrays(need, surplus)
    covered = np.asarray(surplus > 0, dtype=bool)
    value = np.where(covered, need / np.where(covered, need + surplus, 1), np.inf)
    # A stage equilibrium needs no surplus; rounding may leave it slightly negative.
    return np.where(np.asarray(need <= 0, dtype=bool), need * 0, value)
