"""Whether given discount factors sustain a profile, and by what margin, with names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import Status
from hedging.program.numerals import doubles
from hedging.repeated import stage, thresholds
from hedging.repeated.results import PayoffBounds, PayoffSet, Sustainability
from hedging.repeated_games.labelled_stage import LabelledStage, Target, plain

__all__ = [
    "FINE",
    "enclosed_margin",
    "exact_margin",
    "reversion_margin",
    "set_margin",
    "stick_margin",
]

Array = NDArray[Any]

FINE = 1e-9
"""Accuracy of a payoff set that decides: what is nearer to 0 than ten times this is 0."""


def reversion_margin(
    game: LabelledStage,
    a: Target,
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
    """Margin under the best one-period sticks for these very discount factors."""
    each = thresholds.best_stick_margins(game.payoffs[0], int(game.flat(a)[0]), factors)
    if each is None:
        return _nothing_to_punish_with(game, Status.OK)
    return Sustainability(plain(each.min()), game.by_player(each), Status.OK)


def set_margin(
    game: LabelledStage, a: Target, factors: Array, payoffs: PayoffSet, tol: float
) -> Sustainability | None:
    """Margin under the worst punishments of a payoff set of two players.

    None where the set is too coarse to tell; a set that is still too large at its limit of
    iterations can only refute, and what it cannot refute rests on stage equilibria alone.
    """
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
    if payoffs.status != Status.OK:
        refuted = each.min() < 0
        each = each if refuted else lowest
        status = Status.OK if refuted or lowest.min() >= 0 else payoffs.status
        return Sustainability(plain(each.min()), game.by_player(each), status)
    # Between them the margin is as accurate as the set: to the way left of the payoff range.
    span = np.ptp(games[0].reshape(2, -1), axis=1)
    open_ = (lowest < 0) & (highest > 0) & (payoffs.gap > 0)
    near = open_ & (np.abs(each) <= 10 * min(tol, FINE) * span)
    if (open_ & ~near & (np.abs(each) <= 10 * payoffs.gap * span)).any():
        return None
    each = np.where(near, 0.0, each)
    return Sustainability(plain(each.min()), game.by_player(each), payoffs.status)


def exact_margin(game: LabelledStage, a: Target, delta: Any, tol: float) -> Sustainability:
    """Margin in fractions, two players: proved, or ``incomplete`` with what is sure."""
    from hedging.repeated.payoff_set_exact import exact_payoff_set

    u, d = game.target(a, game.payoffs)
    factors = np.array([delta, delta], dtype=object)
    harsh = stage.pure_minmax(game.payoffs)[0]
    mild = stage.worst_pure_nash(game.payoffs)[0]
    if not np.array_equal(harsh, mild):
        found = exact_payoff_set(game.payoffs[0], delta, tol=tol)
        if not found.vertices:
            return _nothing_to_punish_with(game, Status.OK)
        harsh = np.maximum(harsh, np.array(found.punishment, dtype=object))
        if found.inner:
            least = np.array([min(p[i] for p in found.inner) for i in (0, 1)], dtype=object)
            mild = np.minimum(mild, least)
    sure = thresholds.incentive_margin(u, d, mild, factors)
    possible = thresholds.incentive_margin(u, d, harsh, factors)
    if sure.min() < 0 and possible.min() < 0:
        return Sustainability(plain(possible.min()), game.by_player(possible), Status.OK)
    status = Status.OK if sure.min() >= 0 else Status.INCOMPLETE
    return Sustainability(plain(sure.min()), game.by_player(sure), status)


def enclosed_margin(
    game: LabelledStage, a: Target, factors: Array, payoffs: PayoffBounds
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
