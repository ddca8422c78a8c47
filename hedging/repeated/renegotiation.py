r"""Would players renegotiate away a punishment?

A payoff v is *weakly renegotiation-proof* for patient players if no equilibrium it relies on
pays both more than another.  For two players it suffices that for each i there is a profile
:math:`a^i` with

.. math:: d_i(a^i) < v_i, \qquad u_j(a^i) \ge v_j \quad (j \ne i):

i is punished, and j, whose consent a fresh start would need, does not want one.  The
same with a weak inequality is necessary (Farrell and Maskin 1989, Games and Economic Behavior
1:327-360, theorem 1; van Damme 1989, Journal of Economic Theory 47:206-217).  Profiles are pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedging.errors import GameError
from hedging.repeated.stage import as_games, best_deviations

__all__ = ["Renegotiation", "weakly_renegotiation_proof"]


@dataclass(frozen=True, slots=True)
class Renegotiation:
    """Whether a payoff survives renegotiation for discount factors near 1.

    Attributes
    ----------
    sufficient : bool
        The strict conditions hold: it does.
    necessary : bool
        The weak conditions hold; if not, it does not.
    punishments : tuple of (tuple of int) or None
        For each player the profile that leaves it least, None if none serves.
    """

    sufficient: bool
    necessary: bool
    punishments: tuple[tuple[int, ...] | None, ...]


def weakly_renegotiation_proof(game: ArrayLike | Any, payoff: ArrayLike) -> Renegotiation:
    """Check the conditions of Farrell and Maskin for two players.

    Parameters
    ----------
    game : array_like, shape (2, m, n), or Game
    payoff : array_like, shape (2,)
        v, a payoff of the infinitely repeated game.

    Returns
    -------
    Renegotiation

    Examples
    --------
    In the prisoners' dilemma a cheat repents by cooperating while the other defects:

    >>> dilemma = [[[2, -1], [3, 0]], [[2, 3], [-1, 0]]]
    >>> weakly_renegotiation_proof(dilemma, (2, 2)).punishments
    ((0, 1), (1, 0))
    """
    games = as_games(game, 2)
    v = np.asarray(payoff)
    if len(games) != 1 or v.shape != (2,):
        msg = f"{len(games)} games and a payoff of shape {v.shape}; give one game and two numbers"
        raise GameError(msg)
    u, d = games[0], best_deviations(games)[0]
    strict, weak = [], []
    found: list[tuple[int, ...] | None] = []
    for i in range(2):
        content = np.asarray(u[1 - i] >= v[1 - i], dtype=bool)
        weak.append(bool(np.any(content & np.asarray(d[i] <= v[i], dtype=bool))))
        strict.append(bool(np.any(content & np.asarray(d[i] < v[i], dtype=bool))))
        least = np.where(content, d[i], np.inf).argmin()
        where = tuple(int(k) for k in np.unravel_index(least, d[i].shape))
        found.append(where if weak[-1] else None)
    return Renegotiation(all(strict), all(weak), tuple(found))
