r"""Patience at one profile of many games: thresholds, and yes or no at given discount factors.

The formulas are those of :mod:`hedging.repeated.thresholds`, :mod:`hedging.repeated.transfers` and
:mod:`hedging.repeated.optimal_penal_code`, for N games and one profile a at a time:

====================  ============================================================================
nash_reversion        the worst pure stage equilibrium of the deviator for ever
finite                the same for k periods, then a again
stick_carrot          one period of the best sticks, then a again
minmax_bound          no punishment in pure actions is harsher: a lower bound
transfers             players can pay each other; a lower bound without payments
optimal_penal_code    any credible punishment, with public lotteries; exact for two players
====================  ============================================================================

For three and more players the last is enclosed: minmax and transfers from below, Nash
reversion and sticks from above.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import Status
from hedging.program.numerals import doubles
from hedging.repeated import thresholds, transfers
from hedging.repeated.stage import pure_minmax, worst_pure_nash

__all__ = [
    "ENOUGH_STICKS",
    "NO",
    "PUNISHMENTS",
    "UNDECIDED",
    "YES",
    "Answers",
    "Thresholds",
    "critical",
    "decide",
]

Array = NDArray[Any]
Floats = NDArray[np.float64]

PUNISHMENTS = (
    "optimal_penal_code",
    "nash_reversion",
    "finite",
    "stick_carrot",
    "minmax_bound",
    "transfers",
)

NO, YES, UNDECIDED = 0, 1, 2
"""Answers, in the order of their flags."""

ENOUGH_STICKS = 10_000
"""Choices of sticks, one per player, that are tried for three and more players."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Critical discount factors of one profile in N games.

    Attributes
    ----------
    value, lower : float64 arrays, shape (N,)
        The threshold, and what it is at least: less only where ``status`` is not ``ok``.
    binding : int8 array, shape (N,)
        Who needs most patience; -1 if nobody gains or players are pooled.
    status : uint8 array, shape (N,)
        ``incomplete`` where only the bracket is known, ``no_convergence`` where a search
        stopped early.
    """

    value: Floats
    lower: Floats
    binding: NDArray[np.int8]
    status: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Answers:
    """Whether one profile is sustainable in N games.

    Attributes
    ----------
    flag : uint8 array, shape (N,)
        :data:`NO`, :data:`YES` or :data:`UNDECIDED`.
    method : uint8 array, shape (N,)
        What decided, as a position in :data:`hedging.repeated.optimal_penal_code.METHODS`; the
        last one where no closed form did.  All 0 for other punishments than optimal penal codes.
    status : uint8 array, shape (N,)
    """

    flag: NDArray[np.uint8]
    method: NDArray[np.uint8]
    status: NDArray[np.uint8]


def critical(
    payoffs: Floats, profile: tuple[int, ...], punishment: str, k: int | None = None
) -> Thresholds:
    """Least discount factor at which a profile can be played for ever, one per game.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        Finite; float64, or object holding Fractions.
    profile : tuple of n int
    punishment : str
        One of :data:`PUNISHMENTS`.
    k : int, optional
        Periods of the ``finite`` punishment.

    Returns
    -------
    Thresholds
        The thresholds of Fractions are exact but for one rounding.  Where an optimal penal code has
        to be searched for, rounded payoffs serve: rounding moves them by less than the tolerance
        of the search.

    Notes
    -----
    Time per game of A profiles: O(n A) for minmax and stage equilibria, O(A log A) with transfers,
    O(A**n) for sticks; for optimal penal codes see
    :mod:`hedging.repeated.optimal_penal_code`.

    Examples
    --------
    >>> dilemma = np.array([[[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]]])
    >>> critical(dilemma, (0, 0), "finite", 1).value
    array([0.5])
    """
    count, n = payoffs.shape[:2]
    if punishment == "optimal_penal_code":
        if payoffs.dtype == object and n == 2:
            return _searched_between(payoffs, profile)
        return _searched(payoffs, profile) if n == 2 else _enclosed(payoffs, profile)
    if punishment == "transfers":
        value = transfers.critical_delta_at(payoffs, _flat(payoffs, profile))
        return _settled(value, np.full(count, -1))
    if punishment == "stick_carrot":
        value, need, fall = _sticks(payoffs, profile)
        serve = np.asarray(value < 1, dtype=bool)[:, None]
        share = need / np.where(serve & np.asarray(need > 0, dtype=bool), fall, 1)
        each = np.where(serve, share, np.inf)
    else:
        u, d = _target(payoffs, profile)
        if punishment == "finite":
            each = thresholds.finite_threshold(u, d, worst_pure_nash(payoffs), k or 1)
        else:
            worst = pure_minmax if punishment == "minmax_bound" else worst_pure_nash
            each = thresholds.reversion_threshold(u, d, worst(payoffs))
    return _settled(each.max(axis=1), thresholds.binding_player(each))


def decide(
    payoffs: Floats,
    profile: tuple[int, ...],
    delta: Floats,
    punishment: str,
    k: int | None = None,
) -> Answers:
    """Whether a profile can be played for ever, one answer per game and discount factor.

    Parameters
    ----------
    payoffs, profile, punishment, k
        As for :func:`critical`.
    delta : float64 array, shape (N,)
        In [0, 1).

    Returns
    -------
    Answers
        A factor on the threshold, up to rounding, is a yes.

    Examples
    --------
    >>> dilemma = np.array([[[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]]] * 2)
    >>> decide(dilemma, (0, 0), np.array([0.3, 1 / 3]), "nash_reversion").flag.tolist()
    [0, 1]
    """
    count, n = payoffs.shape[:2]
    if payoffs.dtype == object:
        return _compared(critical(payoffs, profile, punishment, k), delta)
    if punishment != "optimal_penal_code":
        yes = _margin(payoffs, profile, delta, punishment, k) >= 0
        nothing = np.zeros(count, dtype=np.uint8)
        return Answers(np.where(yes, YES, NO).astype(np.uint8), nothing, nothing)
    if n == 2:
        from hedging.repeated.optimal_penal_code import sustainable

        found = sustainable(payoffs, _flat(payoffs, profile), delta)
        flag = np.where(found.sustainable, YES, NO).astype(np.uint8)
        flag[found.status != Status.OK] = UNDECIDED
        return Answers(flag, found.method, found.status)
    return _bounded(payoffs, profile, delta)


def _settled(value: Array, binding: Array) -> Thresholds:
    value = np.asarray(value, dtype=np.float64)
    status = np.full(len(value), Status.OK, dtype=np.uint8)
    return Thresholds(value, value, binding.astype(np.int8), status)


def _flat(payoffs: Array, profile: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(profile, payoffs.shape[2:]))


def _target(payoffs: Array, profile: tuple[int, ...]) -> tuple[Array, Array]:
    """Payoff u and best-deviation payoff d of every player at the profile, shape (N, n) each."""
    own = []
    for i in range(payoffs.shape[1]):
        place: list[Any] = [slice(None), i, *profile]
        place[2 + i] = slice(None)
        own.append(payoffs[tuple(place)].max(axis=1))
    at: tuple[Any, ...] = (slice(None), slice(None), *profile)
    return payoffs[at], np.stack(own, axis=1)


def _sticks(payoffs: Floats, profile: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Threshold of the best sticks (N,), what each player must bear and its stick takes (N, n)."""
    count, n = payoffs.shape[:2]
    at = np.full(count, _flat(payoffs, profile))
    if n == 2 and payoffs.dtype != object:
        from hedging.repeated.kernels import stick_and_carrot

        value, sticks = stick_and_carrot(payoffs, at)
    else:
        value, sticks = thresholds.stick_and_carrot(payoffs, at)
    need, fall = thresholds.stick_parts(payoffs, int(at[0]) if count else 0, sticks)
    return value, need, fall


def _margin(
    payoffs: Floats, profile: tuple[int, ...], delta: Floats, punishment: str, k: int | None = None
) -> Array:
    """Least slack of the incentive constraints, shape (N,); 0 where rounding may have made it."""
    if punishment == "transfers":
        return transfers.margins(payoffs, _flat(payoffs, profile), delta)
    factor = delta[:, None]
    if punishment == "stick_carrot":
        value, need, fall = _sticks(payoffs, profile)
        each = thresholds.incentive_margin(0 * need, need, need - fall, factor)
        return np.where(value < 1, each.min(axis=1), -np.inf)
    u, d = _target(payoffs, profile)
    v = pure_minmax(payoffs) if punishment == "minmax_bound" else worst_pure_nash(payoffs)
    if punishment == "finite":
        # After k periods the old payoff returns: v is a mean of both.
        share = factor ** (k or 1)
        v = np.where(v == np.inf, v, (1 - share) * np.where(v == np.inf, 0, v) + share * u)
    return np.asarray(thresholds.incentive_margin(u, d, v, factor).min(axis=1))


def _searched(payoffs: Floats, profile: tuple[int, ...]) -> Thresholds:
    from hedging.repeated.optimal_penal_code import critical_delta

    found = critical_delta(payoffs, _flat(payoffs, profile))
    u, d = _target(payoffs, profile)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(found.punishment).all(axis=1))
    # Where no punishment suffices, stage equilibria say who cannot be deterred.
    v = np.where(known[:, None], found.punishment, worst_pure_nash(payoffs))
    each = thresholds.reversion_threshold(u, d, v)
    binding = np.where(found.value > 0, thresholds.binding_player(each), -1)
    return Thresholds(found.value, found.lower, binding.astype(np.int8), found.status)


def _searched_between(payoffs: Array, profile: tuple[int, ...]) -> Thresholds:
    """The same from Fractions: exact where the bracket closes, a search within it elsewhere."""
    found = _enclosed(payoffs, profile)
    left = np.flatnonzero(found.status != Status.OK)
    if len(left):
        near = _searched(doubles(payoffs[left]), profile)
        low, high = found.lower[left], found.value[left]
        found.value[left] = np.clip(near.value, low, high)
        found.lower[left] = np.clip(near.lower, low, high)
        found.binding[left] = near.binding
        found.status[left] = near.status
    return found


def _compared(found: Thresholds, delta: Floats) -> Answers:
    """Answers from thresholds; a factor that rounding may have taken below one is on it."""
    from hedging.repeated.optimal_penal_code import METHODS

    factor = delta * (1 + 2.0**-50)
    flag = np.full(len(delta), UNDECIDED, dtype=np.uint8)
    flag[found.lower > factor] = NO
    flag[found.value <= factor] = YES
    flag[(found.status == Status.OK) & (flag == UNDECIDED)] = NO
    method = np.where(flag == YES, METHODS.index("nash_reversion"), METHODS.index("minmax_bound"))
    method[found.status != Status.OK] = len(METHODS) - 1
    return Answers(flag, method.astype(np.uint8), found.status)


def _enclosed(payoffs: Floats, profile: tuple[int, ...]) -> Thresholds:
    """The bracket of three and more players; its upper end is the value."""
    nash = critical(payoffs, profile, "nash_reversion")
    low = critical(payoffs, profile, "minmax_bound").value
    low = np.maximum(low, critical(payoffs, profile, "transfers").value)
    high, binding = nash.value.copy(), nash.binding.copy()
    left = np.flatnonzero(high > low)
    if len(left) and _few(payoffs):
        better = critical(payoffs[left], profile, "stick_carrot")
        found = better.value < high[left]
        high[left[found]], binding[left[found]] = better.value[found], better.binding[found]
    # The two ends have different formulas: equal up to rounding is equal.
    closed = high <= low * (1 + 1e-12)
    status = np.where(closed, np.uint8(Status.OK), np.uint8(Status.INCOMPLETE))
    return Thresholds(high, np.where(closed, high, low), binding, status)


def _few(payoffs: Array) -> bool:
    return bool(prod(payoffs.shape[2:]) ** payoffs.shape[1] <= ENOUGH_STICKS)


def _bounded(payoffs: Floats, profile: tuple[int, ...], delta: Floats) -> Answers:
    """Answers for three and more players, from the bounds alone."""
    from hedging.repeated.optimal_penal_code import METHODS

    flag = np.full(len(payoffs), UNDECIDED, dtype=np.uint8)
    method = np.full(len(payoffs), len(METHODS) - 1, dtype=np.uint8)
    left = np.arange(len(payoffs))
    # Cheap ones first.
    for name in ("minmax_bound", "nash_reversion", "transfers", "stick_carrot"):
        if not len(left) or (name == "stick_carrot" and not _few(payoffs)):
            break
        holds = _margin(payoffs[left], profile, delta[left], name) >= 0
        sufficient = name in ("nash_reversion", "stick_carrot")
        decided = left[holds == sufficient]
        flag[decided] = YES if sufficient else NO
        method[decided] = METHODS.index(name)
        left = left[holds != sufficient]
    status = np.where(flag == UNDECIDED, np.uint8(Status.INCOMPLETE), np.uint8(Status.OK))
    return Answers(flag, method, status)
