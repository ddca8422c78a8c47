"""Whether given discount factors sustain a profile, and by what margin, with names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import Status
from hedging.program.numerals import doubles
from hedging.repeated import stage, thresholds
from hedging.repeated.results import PayoffBounds, PayoffSet, Sustainability
from hedging.repeated_games.labelled_stage import LabelledStage, plain

__all__ = ["enclosed_margin", "reversion_margin", "set_margin", "stick_margin"]

Array = NDArray[Any]


def reversion_margin(
    game: LabelledStage,
    a: tuple[int, ...],
    factors: Array,
    punishment: str,
    k: int | None,
    mixed: bool,
) -> Sustainability:
    """Margin under a punishment whose worth is known in closed form."""
    u, d = game.target(a, game.payoffs)
    status = Status.OK
    if punishment == "minmax_bound":
        v = stage.pure_minmax(game.payoffs)[0]
    else:
        worst, code = stage.worst_nash(game.payoffs, mixed=mixed)
        v, status = worst[0], Status(int(code[0]))
        if punishment == "finite":
            # After k periods the old payoff returns: v is a mean of both.
            share = factors ** (k or 1)
            v = np.where(v == np.inf, v, (1 - share) * np.where(v == np.inf, 0, v) + share * u)
    each = thresholds.incentive_margin(u, d, v, factors)
    return Sustainability(plain(each.min()), game.by_player(each), status)


def stick_margin(game: LabelledStage, a: tuple[int, ...], factors: Array) -> Sustainability:
    """Margin under the best one-period sticks."""
    value, sticks = thresholds.stick_and_carrot(game.payoffs, game.flat(a))
    if not value[0] < 1:
        return _nothing_to_punish_with(game, Status.OK)
    need, fall = thresholds.stick_parts(game.payoffs[0], int(game.flat(a)[0]), sticks[0])
    each = (1 - factors) * thresholds.incentive_margin(0 * need, need, need - fall, factors)
    return Sustainability(plain(each.min()), game.by_player(each), Status.OK)


def set_margin(
    game: LabelledStage, a: tuple[int, ...], factors: Array, payoffs: PayoffSet, tol: float
) -> Sustainability:
    """Margin under the worst punishments of a payoff set of two players."""
    if not payoffs.punishment_payoffs:
        return _nothing_to_punish_with(game, payoffs.status)
    games = doubles(game.payoffs)
    u, d = game.target(a, games)
    factors = doubles(factors)
    v = np.array([float(payoffs.punishment_payoffs[p]) for p in game.game.players])
    each = thresholds.incentive_margin(u, d, v, factors)
    # Minmax and stage equilibria enclose v, whatever the accuracy of the set.
    highest = thresholds.incentive_margin(u, d, stage.pure_minmax(games)[0], factors)
    lowest = thresholds.incentive_margin(u, d, stage.worst_pure_nash(games)[0], factors)
    each = np.clip(each, lowest, highest)
    # Between them the margin is as accurate as the set: to tol of the payoff range.
    span = np.ptp(games[0].reshape(2, -1), axis=1)
    near = (np.abs(each) <= 10 * tol * span) & (lowest < 0) & (highest > 0)
    each = np.where(near & (payoffs.gap > 0), 0.0, each)
    return Sustainability(plain(each.min()), game.by_player(each), payoffs.status)


def enclosed_margin(
    game: LabelledStage, a: tuple[int, ...], factors: Array, payoffs: PayoffBounds
) -> Sustainability:
    """Margin under punishments known to lie between two values, any number of players.

    Status ``incomplete`` says that one end of the punishments sustains a and the other does not.
    """
    if payoffs.kind == "empty":
        return _nothing_to_punish_with(game, payoffs.status)
    games = doubles(game.payoffs)
    u, d = game.target(a, games)
    ends = np.array([payoffs.punishment_payoffs[p] for p in game.game.players])
    # Stage equilibria are punishments too, exactly known ones.
    mild = np.minimum(ends[:, 1], stage.worst_pure_nash(games)[0])
    harsh = np.minimum(ends[:, 0], mild)
    sure = thresholds.incentive_margin(u, d, mild, doubles(factors))
    possible = thresholds.incentive_margin(u, d, harsh, doubles(factors))
    if sure.min() < 0 and possible.min() < 0:
        return Sustainability(plain(possible.min()), game.by_player(possible), Status.OK)
    status = Status.OK if sure.min() >= 0 else Status.INCOMPLETE
    return Sustainability(plain(sure.min()), game.by_player(sure), status)


def _nothing_to_punish_with(game: LabelledStage, status: Status) -> Sustainability:
    return Sustainability(-np.inf, dict.fromkeys(game.game.players, -np.inf), status)
