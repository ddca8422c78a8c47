"""Logit limits, correlated equilibria and the tracing procedure, against tools that have them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure, Theme
from benchmarks.harness import Contestant, race, ratio
from hedging.equilibria import correlated
from hedging.equilibria.logit import branches
from hedging.equilibria.tracing import bicentric_prior, trace

SHAPES: tuple[tuple[int, ...], ...] = (
    (2, 2, 2),
    (3, 2, 2),
    (3, 3, 2),
    (3, 3, 3),
    (2, 2, 2, 2),
)
LOGIT_TARGET, CORRELATED_TARGET = 80.0, 100.0

ABOUT = """\
Games per CPU second on one core; the same random normal games for both. *logit limit*: the
principal branch of quantal response equilibria, followed to its end, against `logit_solve`.
*correlated*: the correlated equilibrium with the largest sum of payoffs, against HiGHS through
`scipy.optimize.linprog`, its matrices made before. *tracing*: logarithmic, from a bicentric prior.
*unlike*: limits that differ from Gambit's by more than 1e-3, about where it stops. Checked: the
same objectives to 1e-8."""

Floats = NDArray[np.float64]


def run(quick: bool) -> Theme:
    """All shapes."""
    theme, rounds = Theme("Which equilibrium, one core", ABOUT), 2 if quick else 3
    for shape in SHAPES:
        _logit(theme, shape, rounds)
        _correlated(theme, shape, rounds)
    for shape in ((2, 2), *SHAPES):
        _tracing(theme, shape, rounds)
    return theme


def _draw(shape: tuple[int, ...], size: int) -> Floats:
    return np.random.default_rng(len(shape)).standard_normal((size, len(shape), *shape))


def _logit(
    theme: Theme, shape: tuple[int, ...], rounds: int, ours: int = 300, theirs: int = 60
) -> None:
    import pygambit

    payoffs = _draw(shape, ours)
    games = [pygambit.Game.from_arrays(*tables) for tables in payoffs[:theirs]]

    def gambit() -> list[Any]:
        return [pygambit.nash.logit_solve(game).equilibria[0] for game in games]

    # Gambit counts rationality in payoffs, alike for all players.
    limit = branches(payoffs, unit="payoff").limit
    answers = [[float(e[s]) for p in e.game.players for s in p.strategies] for e in gambit()]
    unlike = (np.abs(limit[:theirs] - np.array(answers)).max(axis=1) > 1e-3).sum()
    row, name = "logit limits unlike pygambit's", "x".join(map(str, shape))
    theme.figures.append(Figure(row, name, 100 * int(unlike) / theirs, "%", 0, at_most=True))
    _record(
        theme,
        shape,
        rounds,
        LOGIT_TARGET,
        Contestant("logit limit", partial(branches, payoffs, unit="payoff"), ours),
        Contestant("pygambit logit_solve", gambit, theirs),
    )


def _correlated(
    theme: Theme, shape: tuple[int, ...], rounds: int, ours: int = 1000, theirs: int = 20
) -> None:
    from scipy.optimize import linprog

    payoffs = _draw(shape, ours)
    goal = payoffs.reshape(ours, len(shape), -1).sum(axis=1)
    rows = [correlated.constraints(payoffs[g]) for g in range(theirs)]
    ones, bound = np.ones((1, goal.shape[1])), np.zeros(len(rows[0]))

    def highs() -> list[float]:
        return [
            -linprog(-c, A_ub=a, b_ub=bound, A_eq=ones, b_eq=[1.0]).fun
            for a, c in zip(rows, goal, strict=False)
        ]

    best = correlated.solve(payoffs, goal)
    np.testing.assert_allclose(best.value[:theirs], highs(), rtol=0, atol=1e-8)
    _record(
        theme,
        shape,
        rounds,
        CORRELATED_TARGET,
        Contestant("correlated", partial(correlated.solve, payoffs, goal), ours),
        Contestant("HiGHS", highs, theirs),
    )


def _tracing(theme: Theme, shape: tuple[int, ...], rounds: int, size: int = 500) -> None:
    payoffs = _draw(shape, size)
    first = np.concatenate([np.eye(m)[[0] * size] for m in shape], axis=1)
    last = np.concatenate([np.eye(m)[[m - 1] * size] for m in shape], axis=1)
    prior = bicentric_prior(payoffs, first, last)
    alone = Contestant("tracing", partial(trace, payoffs, prior), size)
    race([alone], rounds)
    name = "x".join(map(str, shape))
    theme.keep_rates(name, {alone.name: alone})
    theme.figures.append(Figure("tracing, games per second", name, alone.rate, "/s", shown=True))


def _record(
    theme: Theme,
    shape: tuple[int, ...],
    rounds: int,
    target: float,
    ours: Contestant,
    theirs: Contestant,
) -> None:
    race([ours, theirs], rounds, target=0.1)
    name = "x".join(map(str, shape))
    theme.keep_rates(name, {c.name: c for c in (ours, theirs)})
    row = f"{ours.name} / {theirs.name}"
    theme.figures.append(Figure(row, name, ratio(ours, theirs), target=target))
