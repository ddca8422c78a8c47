"""Random two-player games in arrays, and how other packages solve them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Games = tuple[NDArray[np.float64], NDArray[np.float64]]
Mixes = NDArray[np.float64]
"""Equilibria of one game, one per row: the row player's mix, then the column player's."""

_SAME = 1e-6
"""Largest difference between probabilities of one equilibrium from two packages."""


def random_games(number: int, m: int, n: int, seed: int = 1) -> Games:
    """Payoffs uniform in (-1, 1): nondegenerate with probability one."""
    row, column = np.random.default_rng([seed, m, n]).uniform(-1, 1, (2, number, m, n))
    return row, column


# ------------------------------------------------------------------------------- other packages


def quantecon_game(row: NDArray[Any], column: NDArray[Any]) -> Any:
    """A game object; the column player's payoffs have its own action first."""
    from quantecon.game_theory import NormalFormGame, Player

    return NormalFormGame([Player(row), Player(np.ascontiguousarray(column.T))])


def quantecon_solve(game: Any) -> Any:
    """All equilibria of a nondegenerate game."""
    from quantecon.game_theory import support_enumeration

    return support_enumeration(game)


def gambit_game(row: NDArray[Any], column: NDArray[Any]) -> Any:
    """A game object."""
    import pygambit

    return pygambit.Game.from_arrays(row, column)


def gambit_solve(game: Any) -> Any:
    """All extreme equilibria, in doubles."""
    import pygambit

    return pygambit.nash.enummixed_solve(game, rational=False).equilibria


def nashpy_solve(row: NDArray[Any], column: NDArray[Any]) -> Any:
    """Equilibria by support enumeration, equal sizes only, which is nashpy's fastest way."""
    import nashpy

    return list(nashpy.Game(row, column).support_enumeration(non_degenerate=True))


def plain(equilibria: Any, m: int, n: int) -> Mixes:
    """Equilibria of any of the packages as numbers."""
    found = []
    for e in equilibria:
        if hasattr(e, "game"):  # a profile of gambit
            flat = [float(e[s]) for player in e.game.players for s in player.strategies]
        else:
            flat = [float(p) for mix in e for p in mix]
        found.append(flat)
    return np.array(found).reshape(-1, m + n)


def missing(here: Mixes, there: Mixes) -> int:
    """How many rows of ``there`` are not among the rows of ``here``."""
    if not len(there):
        return 0
    if not len(here):
        return len(there)
    distance = np.abs(there[:, None] - here[None]).max(axis=2).min(axis=1)
    return int((distance > _SAME).sum())
