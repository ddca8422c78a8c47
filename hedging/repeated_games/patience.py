"""The least patience that sustains a profile, with names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import ParameterError, Status, UnknownNameError
from hedging.program.numerals import doubles
from hedging.repeated import stage, thresholds, transfers
from hedging.repeated.results import CriticalDelta
from hedging.repeated_games.labelled_stage import LabelledStage, plain

__all__ = ["PUNISHMENTS", "check_punishment", "least_delta"]

Array = NDArray[Any]

PUNISHMENTS = (
    "optimal_penal_code",
    "nash_reversion",
    "finite",
    "stick_carrot",
    "minmax_bound",
    "transfers",
)


def check_punishment(punishment: str, k: int | None) -> None:
    """Refuse an unknown punishment, and a length for any but the finite one."""
    if punishment not in PUNISHMENTS:
        msg = f"no punishment {punishment!r}; choose one of {', '.join(PUNISHMENTS)}"
        raise UnknownNameError(msg)
    if (punishment == "finite") != (k is not None):
        msg = f"punishment {punishment!r} with k={k}; give k, its periods, to 'finite' only"
        raise ParameterError(msg)


def least_delta(
    game: LabelledStage,
    a: tuple[int, ...],
    punishment: str,
    k: int | None,
    mixed: bool,
    tol: float,
) -> CriticalDelta:
    """Critical discount factor of a profile under one kind of punishment."""
    n = game.game.n_players
    flat = game.flat(a)
    if punishment == "optimal_penal_code":
        return _searched(game, a, tol) if n == 2 else _bracket(game, a)
    status = Status.OK
    if punishment == "transfers":
        value = plain(game.at(transfers.critical_delta(game.payoffs), a))
        return CriticalDelta(value, {}, None, value, value, status, 0, punishment)
    if punishment == "stick_carrot":
        value, sticks = thresholds.stick_and_carrot(game.payoffs, flat)
        per_player = np.full(n, np.inf)
        if value[0] < 1:
            need, fall = thresholds.stick_parts(game.payoffs[0], int(flat[0]), sticks[0])
            per_player = need / np.where(need > 0, fall, 1)
    elif punishment == "minmax_bound":
        per_player = game.at(thresholds.minmax_bound(game.payoffs), a)
    else:
        worst, code = stage.worst_nash(game.payoffs, mixed=mixed)
        status = Status(int(code[0]))
        if punishment == "nash_reversion":
            table = thresholds.nash_reversion(game.payoffs, worst)
        else:
            table = thresholds.finite_punishment(game.payoffs, k or 1, worst)
        per_player = game.at(table, a)
    return _of_players(game, per_player, status, punishment)


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
