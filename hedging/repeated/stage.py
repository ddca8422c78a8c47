r"""What a repeated game takes from its stage game.

At profile a player i has payoff :math:`u_i(a)`, best-deviation payoff
:math:`d_i(a) = \max_x u_i(x, a_{-i})` and gain :math:`h_i(a) = d_i(a) - u_i(a) \ge 0`; a is a stage
equilibrium iff all gains are 0.  The *minmax* payoff in pure actions,
:math:`m_i = \min_{a_{-i}} \max_{a_i} u_i`, is the worst the others can hold i to with pure actions;
:math:`n_i` is i's worst stage equilibrium payoff, a punishment that needs no further threat.

Everything here is comparisons and copies, hence exact for the payoffs as stored, and takes
float64 as well as object arrays of ints and Fractions.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.equilibria.pure import pure_equilibria, pure_undecided
from hedging.errors import GameError, HedgingTypeError, ParameterError, Status

__all__ = [
    "as_games",
    "best_deviations",
    "check_delta",
    "check_periods",
    "flat_profile",
    "mixed_minmax",
    "pure_minmax",
    "worst_nash",
    "worst_pure_nash",
]

Array = NDArray[Any]


def as_games(payoffs: ArrayLike | Any, players: int | None = None) -> Array:
    """Payoffs as an array of shape (N, n, m_1, ..., m_n).

    Takes one game or a batch along one axis, or anything with an attribute ``payoffs``.

    Raises
    ------
    GameError
        If the shape makes no game, or not one of as many ``players`` as asked for.
    """
    array = np.asarray(getattr(payoffs, "payoffs", payoffs))
    if array.dtype != object:
        array = np.asarray(array, dtype=np.float64)
    if array.ndim >= 2 and array.shape[0] == array.ndim - 1:
        array = array[None]
    n = array.ndim - 2
    if n < 1 or array.shape[1] != n or 0 in array.shape[2:] or players not in (None, n):
        wanted = "n" if players is None else players
        msg = (
            f"payoffs of shape {array.shape} make no games of {wanted} players; "
            f"give shape ({wanted}, m_1, ...) or (N, {wanted}, m_1, ...)"
        )
        raise GameError(msg)
    return array


def check_delta(delta: Any, what: str = "delta") -> Any:
    """A discount factor, or several, as given.

    Raises
    ------
    ParameterError
        If one is not in [0, 1).
    HedgingTypeError
        If one is no number.
    """
    values = np.asarray(delta)
    numeric = values.dtype.kind in "iuf" or (
        values.dtype == object
        and all(isinstance(x, numbers.Real) and not isinstance(x, bool) for x in values.flat)
    )
    if not numeric:
        msg = f"{what} is {delta!r}; give a number, or one per player, in [0, 1)"
        raise HedgingTypeError(msg)
    if not np.all((values >= 0) & (values < 1)):
        msg = f"{what} is {delta}; give a discount factor in [0, 1), where 0 is no patience"
        raise ParameterError(msg)
    return delta


def check_periods(value: Any, what: str = "k") -> int:
    """A number of periods: a whole number from 1.

    Raises
    ------
    ParameterError
        If it is anything else.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral) or value < 1:
        msg = f"{what} is {value!r}; type a whole number of periods from 1, as in {what}=3"
        raise ParameterError(msg)
    return int(value)


def flat_profile(profile: Any, shape: tuple[int, ...], count: int) -> NDArray[np.int64]:
    """Positions of one profile, or of one per game, in the flattened action axes; shape (N,)."""
    index = np.asarray(profile)
    good = index.dtype.kind in "iu" and index.ndim in (1, 2) and index.shape[-1] == len(shape)
    if not good or not np.all((index >= 0) & (index < np.asarray(shape))):
        msg = (
            f"profile {profile!r} is none of a game of shape {shape}; "
            "give one action position per player"
        )
        raise GameError(msg)
    flat = np.ravel_multi_index(tuple(np.moveaxis(index, -1, 0)), shape)
    return np.ascontiguousarray(np.broadcast_to(flat, (count,)), dtype=np.int64)


def best_deviations(payoffs: Array) -> Array:
    """Best-deviation payoff d_i(a) of every player at every profile; same shape as payoffs."""
    parts = [
        np.broadcast_to(payoffs[:, i].max(axis=i + 1, keepdims=True), payoffs[:, i].shape)
        for i in range(payoffs.shape[1])
    ]
    return np.stack(parts, axis=1)


def pure_minmax(payoffs: Array) -> Array:
    """Minmax payoff of every player in pure actions, shape (N, n)."""
    n = payoffs.shape[1]
    parts = [payoffs[:, i].max(axis=i + 1).reshape(len(payoffs), -1).min(axis=1) for i in range(n)]
    return np.stack(parts, axis=1)


def mixed_minmax(payoffs: Array) -> NDArray[np.float64]:
    """Minmax payoff of both players when the punisher may mix, shape (N, 2).

    By von Neumann's theorem it is the value of the zero-sum game over the player's payoffs.

    Raises
    ------
    GameError
        For other than two players, where independent punishers make the problem non-convex.
    """
    from hedging.equilibria.dispatch import solve

    if payoffs.shape[1] != 2:
        msg = (
            f"mixed minmax of {payoffs.shape[1]} players is not computed; "
            "use pure=True, which bounds it from above"
        )
        raise GameError(msg)
    result = np.empty((len(payoffs), 2))
    for i in range(2):
        own = payoffs[:, i].astype(np.float64)
        zero_sum = solve(np.stack([own, -own] if i == 0 else [-own, own], axis=1))
        first = zero_sum.offsets[:-1]
        cut = payoffs.shape[2]
        probability = zero_sum.probability[first].astype(np.float64)
        result[:, i] = np.einsum("gi,gij,gj->g", probability[:, :cut], own, probability[:, cut:])
    return result


def worst_pure_nash(payoffs: Array) -> Array:
    """Worst pure stage equilibrium payoff of every player, shape (N, n); inf where there is none.

    Examples
    --------
    >>> dilemma = np.array([[[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]]])
    >>> worst_pure_nash(dilemma).tolist()
    [[0.0, 0.0]]
    """
    equilibrium = pure_equilibria(payoffs)[:, None]
    kept = np.where(equilibrium, payoffs, np.inf)
    return np.asarray(kept.reshape(*payoffs.shape[:2], -1).min(axis=2))


def worst_nash(
    payoffs: Array, *, mixed: bool = False, payoff_error: NDArray[np.float64] | None = None
) -> tuple[Array, NDArray[np.uint8]]:
    """Worst stage equilibrium payoff of every player, and what that is worth.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
    mixed : bool
        Also look at equilibria in mixed actions.  Payoffs are bilinear on a component of
        equilibria of two players, so its extreme points suffice.
    payoff_error : float64 array, shape (N, n), optional
        Bound on the rounding errors of the payoffs.

    Returns
    -------
    worst : array, shape (N, n)
        inf where there is no such equilibrium.
    status : uint8 array, shape (N,)
        ``degenerate`` where rounding decides whether a profile is an equilibrium,
        ``incomplete`` where equilibria may have been missed (a punishment may be worse),
        ``nonfinite`` where payoffs are not finite.
    """
    status = np.full(len(payoffs), Status.OK, dtype=np.uint8)
    if payoff_error is not None:
        undecided = pure_undecided(payoffs, payoff_error)
        status[undecided.reshape(len(payoffs), -1).any(axis=1)] = Status.DEGENERATE
    if mixed:
        worst, solved = _worst_mixed(payoffs, payoff_error)
        status = np.where(solved == Status.INCOMPLETE, np.uint8(Status.INCOMPLETE), status)
    else:
        worst = worst_pure_nash(payoffs)
    if payoffs.dtype != object:
        bad = ~np.isfinite(payoffs).reshape(len(payoffs), -1).all(axis=1)
        status[bad] = Status.NONFINITE
    return worst, status


def _worst_mixed(
    payoffs: Array, payoff_error: NDArray[np.float64] | None
) -> tuple[Array, NDArray[np.uint8]]:
    from hedging.equilibria.dispatch import solve

    exact = payoffs.dtype == object
    found = solve(payoffs, exact=exact, payoff_error=payoff_error)
    n, shape = payoffs.shape[1], payoffs.shape[2:]
    cuts = np.cumsum([0, *shape])
    worst = worst_pure_nash(payoffs)
    game = found.game
    value = payoffs[game]
    for i in reversed(range(n)):
        weights = found.probability[:, cuts[i] : cuts[i + 1]]
        weights = weights.reshape(len(game), *([1] * (value.ndim - 2)), -1)
        value = (value * weights).sum(axis=-1)
    for g in np.unique(game):
        rows = slice(found.offsets[g], found.offsets[g + 1])
        worst[g] = np.minimum(worst[g], value[rows].min(axis=0))
    return worst, found.status
