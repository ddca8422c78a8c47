"""The least patience that sustains a profile, with names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import ParameterError, Status, UnknownNameError
from hedging.program.numerals import doubles
from hedging.repeated import stage, thresholds, transfers
from hedging.repeated.results import CriticalDelta
from hedging.repeated_games.labelled_stage import LabelledStage, Target, plain

__all__ = ["PUNISHMENTS", "check_punishment", "least_delta", "one_profile"]

Array = NDArray[Any]

_HIGHEST = 1 - 1e-6
"""Factors above are not searched."""

PUNISHMENTS = (
    "optimal_penal_code",
    "nash_reversion",
    "finite",
    "stick_carrot",
    "minmax_bound",
    "transfers",
)


def check_punishment(punishment: str, k: int | None, mixed: bool = False) -> None:
    """Refuse an unknown punishment, and options that do not belong to it."""
    if punishment not in PUNISHMENTS:
        msg = f"no punishment {punishment!r}; choose one of {', '.join(PUNISHMENTS)}"
        raise UnknownNameError(msg)
    if (punishment == "finite") != (k is not None):
        msg = f"punishment {punishment!r} with k={k}; give k, its periods, to 'finite' only"
        raise ParameterError(msg)
    if k is not None:
        stage.check_periods(k, "k")
    if mixed and punishment not in {"nash_reversion", "finite"}:
        msg = (
            f"mixed=True with punishment {punishment!r}, which knows no mixed actions; "
            "leave it out, or type punishment='nash_reversion'"
        )
        raise ParameterError(msg)


def one_profile(a: Target, punishment: str) -> tuple[int, ...]:
    """A target that is one profile.

    Raises
    ------
    ParameterError
        If it is a distribution.
    """
    if isinstance(a, tuple):
        return a
    msg = (
        f"punishment {punishment!r} is computed for one profile, and the target is a distribution; "
        "type punishment='nash_reversion'"
    )
    raise ParameterError(msg)


def least_delta(
    game: LabelledStage,
    a: Target,
    punishment: str,
    k: int | None,
    mixed: bool,
    tol: float,
) -> CriticalDelta:
    """Critical discount factor of a target under one kind of punishment."""
    n = game.game.n_players
    if punishment == "optimal_penal_code":
        if not isinstance(a, tuple):
            return _of_lottery(game, a, tol)
        return _searched(game, a, tol) if n == 2 else _bracket(game, a)
    status = Status.OK
    if punishment == "transfers":
        at = one_profile(a, punishment)
        value = plain(game.at(transfers.critical_delta(game.payoffs), at))
        return CriticalDelta(value, {}, None, value, value, status, 0, punishment)
    if punishment == "stick_carrot":
        flat = game.flat(one_profile(a, punishment))
        value, sticks = thresholds.stick_and_carrot(game.payoffs, flat)
        per_player = np.full(n, np.inf)
        if value[0] < 1:
            need, fall = thresholds.stick_parts(game.payoffs[0], int(flat[0]), sticks[0])
            per_player = need / np.where(need > 0, fall, 1)
        return _of_players(game, per_player, status, punishment)
    u, d = game.target(a, game.payoffs)
    if punishment == "minmax_bound":
        per_player = thresholds.reversion_threshold(u, d, stage.pure_minmax(game.payoffs)[0])
    else:
        worst, code = stage.worst_nash(game.payoffs, mixed=mixed)
        status = Status(int(code[0]))
        if punishment == "nash_reversion":
            per_player = thresholds.reversion_threshold(u, d, worst[0])
        else:
            per_player = thresholds.finite_threshold(u, d, worst[0], k or 1)
    return _of_players(game, per_player, status, punishment)


def _of_lottery(game: LabelledStage, a: Target, tol: float) -> CriticalDelta:
    """A correlated target under optimal penal codes: bounds, and for two players a search.

    Worst equilibrium payoffs do not rise with patience, so what sustains the target is an up-set.
    """
    low = least_delta(game, a, "minmax_bound", None, False, tol)
    high = least_delta(game, a, "nash_reversion", None, False, tol)
    name = "optimal_penal_code"
    if low.value == high.value:
        return replace(high, punishment=name)
    open_ = replace(
        high, lower=low.value, upper=high.value, status=Status.INCOMPLETE, punishment=name
    )
    if game.game.n_players != 2 or low.value == np.inf:
        return open_
    from hedging.repeated.payoff_set import payoff_sets

    games = doubles(game.payoffs)
    u, d = game.target(a, games)
    # Below this factor nothing sustains the target, from that one on something does.
    bottom, top = float(low.value), min(float(high.value), _HIGHEST)
    each, solves, sure = np.full(2, np.inf), 0, float(high.value) < np.inf
    trial = bottom
    while solves < 60:
        found = payoff_sets(games, trial, tol=min(tol, 1e-9))
        solves += 1
        if found.status[0] != Status.OK:
            return replace(open_, n_solves=solves, status=Status.NO_CONVERGENCE)
        own = np.full(2, np.inf)
        if found.count[0]:
            own = thresholds.reversion_threshold(u, d, found.punishment[0])
        if own.max() <= trial + 1e-11:
            top, each, sure = trial, own, True
            if trial <= bottom:
                break
            bottom = max(bottom, min(float(own.max()), top))
        elif trial >= top and not sure:
            return replace(open_, n_solves=solves, lower=top, status=Status.NO_CONVERGENCE)
        else:
            bottom = max(bottom, trial)
        if top - bottom <= tol:
            break
        trial = top if not sure else 0.5 * (bottom + top)
    if not np.isfinite(each).all():
        each = thresholds.reversion_threshold(u, d, stage.worst_pure_nash(games)[0])
    who = _binding(game, each)
    return CriticalDelta(top, game.by_player(each), who, bottom, top, Status.OK, solves, name)


def _of_players(
    game: LabelledStage, per_player: Array, status: Status, punishment: str
) -> CriticalDelta:
    value = plain(per_player.max())
    each, who = game.by_player(per_player), _binding(game, per_player)
    return CriticalDelta(value, each, who, value, value, status, 0, punishment)


def _binding(game: LabelledStage, per_player: Array) -> str | None:
    who = int(thresholds.binding_player(per_player[None])[0])
    return game.game.players[who] if who >= 0 else None


def _ends(game: LabelledStage, a: tuple[int, ...]) -> tuple[Array, Any, Array]:
    """Minmax bounds per player, the best lower bound, and Nash thresholds per player."""
    lower = game.at(thresholds.minmax_bound(game.payoffs), a)
    low = max(lower.max(), game.at(transfers.critical_delta(game.payoffs), a))
    return lower, low, game.at(thresholds.nash_reversion(game.payoffs), a)


def _bracket(game: LabelledStage, a: tuple[int, ...]) -> CriticalDelta:
    """Between bounds in closed form, for any number of players."""
    _, low, nash = _ends(game, a)
    high = nash.max()
    few = np.prod(game.game.shape) ** game.game.n_players <= 1_000_000
    if high > low and few:
        high = min(high, thresholds.stick_and_carrot(game.payoffs, game.flat(a))[0][0])
    # The two ends have different formulas: equal up to rounding is equal.
    status = Status.OK if high <= low * (1 + 1e-12) else Status.INCOMPLETE
    low = high if status == Status.OK else low
    per_player = game.by_player(nash) if high == nash.max() else {}
    who = _binding(game, nash) if per_player else None
    return CriticalDelta(
        plain(high), per_player, who, plain(low), plain(high), status, 0, "optimal_penal_code"
    )


def _searched(game: LabelledStage, a: tuple[int, ...], tol: float) -> CriticalDelta:
    """Two players: closed forms where they meet, the search between them where they do not."""
    lower, _, nash = _ends(game, a)
    if lower.max() == nash.max():
        return _bracket(game, a)
    from hedging.repeated.optimal_penal_code import critical_delta

    games = doubles(game.payoffs)
    found = critical_delta(games, game.flat(a), tol=tol)
    value = float(found.value[0])
    u, d = game.target(a, games)
    each = np.full(2, value)
    if np.isfinite(found.punishment[0]).all():
        each = thresholds.reversion_threshold(u, d, found.punishment[0])
    return CriticalDelta(
        value,
        game.by_player(each),
        _binding(game, each),
        float(found.lower[0]),
        float(found.upper[0]),
        Status(int(found.status[0])),
        int(found.solves[0]),
        "optimal_penal_code",
    )
