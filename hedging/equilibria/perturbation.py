r"""Which components of equilibria survive small changes of the payoffs.

A component is *essential* if every game near enough has an equilibrium near it (Wu and Jiang 1962;
Kohlberg and Mertens, *Econometrica* 54, 1986).  It is, if its index - the sum of the indices of the
equilibria near it in any regular game near by - is not zero (Ritzberger, *Games and Economic
Behavior* 6, 1994).  Here k games are drawn whose payoffs differ by up to a millionth of each
player's range, all their equilibria are found, and each is given to the nearest component.

This is evidence, not proof: k games are not all games, and a millionth is not arbitrarily small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.result import Equilibria
from hedging.errors import Status

__all__ = ["Component", "Survival", "survival_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SIZE = 1e-6
_FAR = 0.05


class Component(NamedTuple):
    """One component of one game.

    Attributes
    ----------
    game : int
    rows : int64 array
        Its equilibria.
    points : float64 array, shape (K, C)
        Their probabilities.
    low, high : float64 arrays, shape (B, C)
        Boxes that cover the rest of it.
    """

    game: int
    rows: Ints
    points: Floats
    low: Floats
    high: Floats


class Survival(NamedTuple):
    """What is left of components after seeded perturbations of size 1e-6 of the payoff range.

    Attributes
    ----------
    share : float64 array, shape (E,)
        Share of the perturbed games that have an equilibrium near the component of each
        equilibrium; 1 for games with status OK, NaN for those that were not perturbed.
    total_index : float64 array, shape (E,)
        Sum of the indices of these, if it is the same for all perturbed games that came out
        regular, else NaN.  Not zero means essential.
    """

    share: Floats
    total_index: Floats


def survival_of(
    payoffs: Floats,
    found: Equilibria,
    components: Sequence[Component],
    solve: Callable[[Floats], Equilibria],
    perturbations: int,
    rng: np.random.Generator,
) -> Survival:
    """Perturb the games to which the components belong.

    Parameters
    ----------
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)
    found : Equilibria
        Of these games.
    components : sequence of Component
        All components of the games to perturb.
    solve : callable
        From payoffs of a batch of games to their equilibria.
    perturbations : int
        Games drawn per game.
    rng : numpy.random.Generator
    """
    share = np.where(found.status[found.game] == Status.OK, 1.0, np.nan)
    total_index = np.where(found.status[found.game] == Status.OK, found.index, np.nan)
    for game in sorted({c.game for c in components}):
        own = [c for c in components if c.game == game]
        n = payoffs.shape[1]
        span = np.ptp(payoffs[game].reshape(n, -1), axis=1)
        # A player who never cares has no range; any unit serves to break its ties.
        size = _SIZE * np.where(span > 0, span, 1.0)
        noise = rng.uniform(-1.0, 1.0, (perturbations, *payoffs.shape[1:]))
        near = solve(payoffs[game] + noise * size[(slice(None),) + (None,) * n])
        nearest = np.empty(len(near.support), dtype=np.int64)
        for r, point in enumerate(near.probability):
            gaps = [_distance(point, c) for c in own]
            nearest[r] = np.argmin(gaps) if min(gaps) < _FAR else -1
        for number, c in enumerate(own):
            count = np.bincount(near.game[nearest == number], minlength=perturbations)
            total = np.bincount(
                near.game, weights=near.index * (nearest == number), minlength=perturbations
            )[near.status == Status.OK]
            share[c.rows] = np.mean(count > 0)
            total_index[c.rows] = total[0] if total.size and (total == total[0]).all() else np.nan
    return Survival(share, total_index)


def _distance(point: Floats, component: Component) -> float:
    """Distance in the maximum norm to the hull of the component's points or to its boxes."""
    best = _to_hull(point, component.points)
    if len(component.low):
        outside = np.maximum(component.low - point, point - component.high)
        best = min(best, float(np.maximum(outside, 0.0).max(axis=1).min()))
    return best


def _to_hull(point: Floats, corners: Floats) -> float:
    """Distance to the mix of corners that is nearest in the Euclidean sense."""
    if len(corners) == 1:
        return float(np.abs(point - corners[0]).max())
    from scipy.optimize import nnls

    # A heavy last row makes the weights add up to one.
    matrix = np.vstack([corners.T, np.full(len(corners), 1e3)])
    weights, _ = nnls(matrix, np.append(point, 1e3))
    return float(np.abs(corners.T @ weights - point).max())
