"""Sets of equilibrium payoffs with names."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError, Status
from hedging.program.numerals import doubles
from hedging.repeated.penal_codes import generators, lottery
from hedging.repeated.results import PayoffBounds, PayoffSet, PenalCode
from hedging.repeated_games.labelled_stage import LabelledStage

__all__ = ["bounds", "exact_set", "feasible_set", "float_set", "penal_codes"]

Array = NDArray[Any]


def float_set(game: LabelledStage, delta: Any, tol: float, max_iter: int) -> PayoffSet:
    """Payoff set of two players in doubles."""
    from hedging.repeated.payoff_set import KINDS, payoff_sets

    games = doubles(game.payoffs)
    delta = float(delta)
    sets = payoff_sets(games, delta, tol=tol, max_iter=max_iter)
    count = int(sets.count[0])
    vertices = sets.vertices[0, :count]
    found = generators(games[0], delta, vertices, sets.punishment[0]) if count else []
    return PayoffSet(
        vertices,
        KINDS[min(count, 3)],
        game.by_player(sets.punishment[0]) if count else {},
        [(game.labels(g.profile), g.continuation) for g in found],
        Status(int(sets.status[0])),
        int(sets.iterations[0]),
        float(sets.gap[0]),
    )


def exact_set(game: LabelledStage, delta: Any, tol: float, max_iter: int) -> PayoffSet:
    """Payoff set of two players in fractions, proved."""
    from hedging.formula import exact_number
    from hedging.repeated.payoff_set import KINDS
    from hedging.repeated.payoff_set_exact import exact_payoff_set

    table = np.frompyfunc(Fraction, 1, 1)(game.payoffs[0])
    delta = exact_number(delta)
    found = exact_payoff_set(table, delta, tol=tol, max_iter=min(max_iter, 300))
    count = len(found.vertices)
    vertices = np.empty((count, 2), dtype=object)
    for k, point in enumerate(found.vertices):
        vertices[k] = point
    near = doubles(vertices)
    ways = generators(doubles(table), float(delta), near, near.min(axis=0)) if count else []
    return PayoffSet(
        vertices,
        KINDS[min(count, 3)],
        dict(zip(game.game.players, found.punishment, strict=False)),
        [(game.labels(g.profile), g.continuation) for g in ways],
        found.status,
        found.iterations,
        found.gap,
    )


def bounds(game: LabelledStage, delta: Any, tol: float, max_iter: int) -> PayoffBounds:
    """Sets that enclose the equilibrium payoffs of any number of players."""
    from hedging.repeated.hyperplanes import enclose

    found = enclose(doubles(game.payoffs[0]), float(delta), tol=tol, max_iter=max_iter)
    kind = (
        "empty"
        if found.empty
        else ("unknown", "point", "segment", "polytope")[min(len(found.inner), 3)]
    )
    pairs = zip(found.outer_punishment.tolist(), found.inner_punishment.tolist(), strict=True)
    return PayoffBounds(
        found.directions,
        found.levels,
        found.inner,
        kind,
        {} if found.empty else dict(zip(game.game.players, pairs, strict=True)),
        found.status,
        found.iterations,
        found.gap,
        found.scale,
    )


def penal_codes(game: LabelledStage, payoffs: PayoffSet) -> dict[str, PenalCode]:
    """Worst credible punishment of either player, read off a payoff set."""
    codes = {}
    for i, player in enumerate(game.game.players):
        if payoffs.kind == "empty":
            break
        worst = int(payoffs.vertices[:, i].argmin())
        profile, continuation = payoffs.generators[worst]
        draws = [(payoffs.vertices[k], p) for k, p in lottery(payoffs.vertices, continuation)]
        least = float(payoffs.vertices[worst, i])
        codes[player] = PenalCode(least, profile, continuation, draws)
    return codes


def feasible_set(game: LabelledStage, individually_rational: bool) -> Array:
    """Vertices of the feasible payoffs of two players."""
    from hedging.repeated.payoff_set_exact import feasible

    if game.game.n_players != 2:
        msg = f"the set is drawn for two players, and this game has {game.game.n_players}"
        raise GameError(msg)
    table = np.asarray(np.frompyfunc(Fraction, 1, 1)(game.payoffs[0]), dtype=object)
    points = feasible(table, individually_rational)
    result = np.array(points, dtype=object).reshape(-1, 2)
    return result if game.game.is_exact else doubles(result)
