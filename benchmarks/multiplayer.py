"""All equilibria of three- and four-player games, against Gambit's ``enumpoly_solve``.

Random games with independent normal payoffs, one thread, contestants in turns.  Every
equilibrium that Gambit finds and whose regret is below 1e-8 of the payoff range has to be in our
list, every one of ours has to be an equilibrium to 1e-12 of the range, and the lists have to pass
the parity and index checks.  The games are drawn afresh from the seed given.

Run as ``python benchmarks/multiplayer.py [--games N] [--rounds R] [--seed S]``.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pygambit
from harness import Contestant, race, ratio

from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.multiplayer import search
from hedging.equilibria.result import Equilibria

TARGETS = {(2, 2, 2): 1500, (3, 2, 2): 500, (3, 3, 2): 400, (3, 3, 3): 400, (2, 2, 2, 2): 200}


def gambit(games: list[Any]) -> list[list[np.ndarray]]:
    """Equilibria found by ``enumpoly_solve``, as flat probability vectors."""
    return [
        [
            np.array([float(profile[s]) for p in game.players for s in p.strategies])
            for profile in pygambit.nash.enumpoly_solve(game).equilibria
        ]
        for game in games
    ]


def check(payoffs: np.ndarray, ours: Equilibria, theirs: list[list[np.ndarray]]) -> int:
    """Assert on the results; how many of our equilibria Gambit lacks."""
    n = payoffs.shape[1]
    spread = np.ptp(payoffs.reshape(*payoffs.shape[:2], -1), axis=2)
    _, regret = payoffs_and_regret(payoffs, ours)
    assert (regret <= 1e-12 * spread.min(axis=1)[ours.game]).all()
    assert (ours.count % 2 == 1).all()
    assert (np.bincount(ours.game, weights=ours.index, minlength=len(payoffs)) == 1).all()
    missed = 0
    for g, found in enumerate(theirs):
        mine = ours.probability[ours.offsets[g] : ours.offsets[g + 1]]
        matched = set()
        for profile in found:
            one = Equilibria(
                offsets=np.array([0, 1]),
                probability=profile[None],
                support=np.zeros(1, dtype=np.uint64),
                index=np.zeros(1, dtype=np.int8),
                isolated=np.ones(1, dtype=np.bool_),
                component=np.zeros(1, dtype=np.int32),
                status=np.zeros(1, dtype=np.uint8),
            )
            if payoffs_and_regret(payoffs[g : g + 1], one)[1][0] < 1e-8 * spread[g].max() / n:
                far = np.abs(mine - profile).max(axis=1)
                assert far.min() < 1e-4, (g, profile)
                matched.add(int(far.argmin()))
        missed += len(mine) - len(matched)
    return missed


def main() -> None:
    """Race and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=int, default=150, help="games that Gambit solves per shape")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    for shape, target in TARGETS.items():
        payoffs = rng.standard_normal((options.games, len(shape), *shape))
        theirs_games = [pygambit.Game.from_arrays(*tables) for tables in payoffs]
        # Gambit's games and more of their kind: no processor learns thousands of games by heart.
        more = rng.standard_normal((39 * options.games, len(shape), *shape))
        ours_games = np.concatenate([payoffs, more])
        ours, flags = search(payoffs)
        missed = check(payoffs, ours, gambit(theirs_games))
        us = Contestant("hedging", lambda g=ours_games: search(g), len(ours_games))
        them = Contestant(
            "gambit",
            lambda g=theirs_games: [pygambit.nash.enumpoly_solve(x) for x in g],
            len(theirs_games),
        )
        race([us, them], rounds=options.rounds)
        name = "x".join(map(str, shape))
        print(
            f"{name:8} hedging {1e6 / us.rate:8.3f} us  gambit {1e3 / them.rate:7.3f} ms  "
            f"ratio {ratio(us, them):7.0f}  target {target}  flagged {int((flags != 0).sum())}  "
            f"equilibria {len(ours.support)}, of which gambit lacks {missed}",
            flush=True,
        )


if __name__ == "__main__":
    main()
