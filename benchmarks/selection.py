"""Races of logit limits and of correlated equilibria against the tools that have them.

    python benchmarks/selection.py [--rounds 5]

Each contestant gets the same random normal games, rebuilt from a seed, and every answer is checked:
logit limits against Gambit's on the same games, objectives against those of HiGHS.  One thread
each; rates are games per second of that thread's CPU time (``harness.py``).  Exits with 1 if an
answer is wrong or a ratio below its target.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

import numpy as np
from harness import Contestant, race, ratio

from hedging.equilibria import correlated
from hedging.equilibria.logit import branches
from hedging.equilibria.tracing import bicentric_prior, trace

SHAPES = ((2, 2, 2), (3, 2, 2), (3, 3, 3), (2, 2, 2, 2))
LOGIT_TARGET, CORRELATED_TARGET = 80.0, 100.0


def draw(shape: tuple[int, ...], size: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).standard_normal((size, len(shape), *shape))


def logit_race(shape: tuple[int, ...], rounds: int, ours: int = 300, theirs: int = 20) -> float:
    import pygambit as gambit

    payoffs = draw(shape, ours)
    games = [gambit.Game.from_arrays(*payoffs[g]) for g in range(theirs)]
    # Gambit counts rationality in payoffs, alike for all players.
    limit = branches(payoffs, unit="payoff").limit
    for g, game in enumerate(games):
        found = gambit.nash.logit_solve(game).equilibria[0]
        mix = [float(found[s]) for player in game.players for s in player.strategies]
        assert np.abs(limit[g] - mix).max() < 1e-3, (shape, g)
    left = Contestant("hedging", partial(branches, payoffs, unit="payoff"), ours)
    right = Contestant(
        "gambit logit_solve", lambda: [gambit.nash.logit_solve(game) for game in games], theirs
    )
    race([left, right], rounds, target=0.1)
    return report("logit limit", shape, left, right)


def correlated_race(
    shape: tuple[int, ...], rounds: int, ours: int = 1000, theirs: int = 20
) -> float:
    from scipy.optimize import linprog

    payoffs = draw(shape, ours)
    goal = payoffs.reshape(ours, len(shape), -1).sum(axis=1)
    rows = [correlated.constraints(payoffs[g]) for g in range(theirs)]
    ones, bound = np.ones((1, goal.shape[1])), np.zeros(len(rows[0]))

    def highs(g: int) -> float:
        return -linprog(-goal[g], A_ub=rows[g], b_ub=bound, A_eq=ones, b_eq=[1.0]).fun

    best = correlated.solve(payoffs, goal)
    for g in range(theirs):
        assert abs(best.value[g] - highs(g)) < 1e-8, (shape, g)
    left = Contestant("hedging", partial(correlated.solve, payoffs, goal), ours)
    right = Contestant("scipy HiGHS", lambda: [highs(g) for g in range(theirs)], theirs)
    race([left, right], rounds, target=0.1)
    return report("correlated", shape, left, right)


def report(what: str, shape: tuple[int, ...], left: Contestant, right: Contestant) -> float:
    factor = ratio(left, right)
    name = "x".join(map(str, shape))
    print(
        f"{what:<14}{name:<9}{1e6 / left.rate:8.1f} us   {right.name} {1e3 / right.rate:7.2f} ms"
        f"   ratio {factor:7.0f}"
    )
    return factor


def tracing_time(shape: tuple[int, ...], rounds: int, size: int = 500) -> None:
    payoffs = draw(shape, size)
    pure = np.concatenate([np.eye(m)[[0] * size] for m in shape], axis=1)
    other = np.concatenate([np.eye(m)[[m - 1] * size] for m in shape], axis=1)
    prior = bicentric_prior(payoffs, pure, other)
    alone = Contestant("hedging", partial(trace, payoffs, prior), size)
    race([alone], rounds)
    print(f"{'tracing':<14}{'x'.join(map(str, shape)):<9}{1e6 / alone.rate:8.1f} us")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    factors = {("logit limit", shape): logit_race(shape, rounds) for shape in SHAPES}
    factors |= {("correlated", shape): correlated_race(shape, rounds) for shape in SHAPES}
    for shape in ((2, 2), *SHAPES):
        tracing_time(shape, rounds)
    targets = {"logit limit": LOGIT_TARGET, "correlated": CORRELATED_TARGET}
    short = [key for key, factor in factors.items() if factor < targets[key[0]]]
    for what, shape in short:
        print(f"below target: {what} {shape}")
    return bool(short)


if __name__ == "__main__":
    sys.exit(main())
