r"""All pure-strategy subgame-perfect payoffs of a repeated game of two players.

With perfect monitoring and a public lottery before every stage, the set V of payoffs of
subgame-perfect equilibria in pure strategies is the largest bounded fixed point of the
operator of Abreu, Pearce and Stacchetti (1990)

.. math:: B(W) = \operatorname{co} \bigcup_a \{(1-\delta) u(a) + \delta w : w \in Q(a, W)\},
   \quad Q(a, W) = \{w \in W : (1-\delta) h_i(a) \le \delta (w_i - v_i),\ i = 1, 2\},

with :math:`v_i` the least payoff of i in W.  Abreu and Sannikov (2014, Theoretical Economics
9:313-338) show that at the fixed point only few points of :math:`Q(a, W)` matter: u(a) itself if
it lies there, and otherwise the points of W on the two lines where a constraint binds.
Iterating that smaller operator R on a polygon of at most four points per profile converges to V
from outside.  Four changes make it fast and hold in every degenerate case:

1. The lower bounds u of the punishment payoffs start at the pure minmax payoffs, below which
   nothing is ever enforced, rather than at the least payoff.
2. A punishment of i that plays a is worth at least :math:`d_i(a)`, since i may always take
   the best reply and is then punished no worse.  So after each step

   .. math:: u_i \leftarrow \max\Bigl(u_i, \min_{a : Q(a) \neq \emptyset}
             \max\{d_i(a), (1-\delta) u_i(a) + \delta \min_{w \in Q(a)} w_i\}\Bigr).

   The convergence proof needs only that u rises and stays at most v.
3. W is a polygon, a segment, a point or empty, all ordinary results: most small games at small
   :math:`\delta` have no pure equilibrium, or only one payoff.
4. Payoffs are scaled to [0, 1] per player, so tolerances are relative.

The iteration stops when the *way left*, estimated from how fast its steps shrink, is below ``tol``
(and reports it as ``gap``), and no profile hangs by less than that; at a limit of iterations it
says so.  As :math:`\delta` falls V
shrinks, so a sweep starts each factor from the set of the next larger one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError, ParameterError, Status
from hedging.repeated.compiled import compiled
from hedging.repeated.payoff_set_kernel import (
    CONVERGED,
    EMPTY,
    LIMIT,
    capacity,
    convex_hull,
    iterate,
    prepare,
    simplify,
)
from hedging.repeated.stage import check_delta

__all__ = ["KINDS", "PayoffSets", "payoff_sets", "sweep_payoff_sets"]

Floats = NDArray[np.float64]

KINDS = ("empty", "point", "segment", "polygon")
"""What a set can be, by its number of vertices (three and more are a polygon)."""

_MERGE = 1e-9
_OK, _NO_CONVERGENCE, _NONFINITE = (
    int(Status.OK),
    int(Status.NO_CONVERGENCE),
    int(Status.NONFINITE),
)


@dataclass(frozen=True, slots=True)
class PayoffSets:
    """Payoff sets of N games.

    Attributes
    ----------
    vertices : float64 array, shape (N, K, 2)
        Counterclockwise; nan beyond ``count``.
    count : int64 array, shape (N,)
        Number of vertices: 0 empty, 1 a point, 2 a segment.
    punishment : float64 array, shape (N, 2)
        Least equilibrium payoff of each player; nan if there is no equilibrium.
    status : uint8 array, shape (N,)
        ``ok``, ``no_convergence`` (the set is an outer approximation) or ``nonfinite``.
    iterations : int64 array, shape (N,)
    gap : float64 array, shape (N,)
        Estimated distance from the true set, as a share of the players' payoff ranges.
    """

    vertices: Floats
    count: NDArray[np.int64]
    punishment: Floats
    status: NDArray[np.uint8]
    iterations: NDArray[np.int64]
    gap: Floats


@compiled
def _one(
    game: Any, delta: float, tol: float, limit: int, work: Any, u: Any, scale: Any, gap: Any
) -> Any:
    """Solve one game into ``work``; the polygon is still scaled."""
    size = game.shape[1] * game.shape[2]
    width = prepare(game, work, u, scale)
    if width < 0.0:
        gap[0] = np.nan
        return -1, 0, 0
    if delta == 0.0:
        return _stage_equilibria(work, size, u, gap)
    return iterate(work, size, delta, tol, limit, u, width, 0, -1, gap)


@compiled
def _stage_equilibria(work: Any, size: int, u: Any, gap: Any) -> Any:
    """Without patience V is the hull of the pure stage equilibria."""
    x = work[8]
    y = work[9]
    count = 0
    gap[0] = 0.0
    u[0] = np.inf
    u[1] = np.inf
    for a in range(size):
        if work[2, a] <= 0.0 and work[3, a] <= 0.0:
            x[count] = work[0, a]
            y[count] = work[1, a]
            u[0] = min(u[0], work[0, a])
            u[1] = min(u[1], work[1, a])
            count += 1
    if count == 0:
        return EMPTY, 0, 0
    return CONVERGED, convex_hull(x, y, count, work[4], work[5]), 0


@compiled
def _store(work: Any, k: int, u: Any, scale: Any, vertices: Any, punishment: Any) -> int:
    """Unscaled polygon and punishment payoffs; near-collinear vertices are dropped."""
    k = simplify(work[4], work[5], k, _MERGE)
    for i in range(len(vertices)):
        for p in range(2):
            vertices[i, p] = scale[2 * p] + scale[2 * p + 1] * work[4 + p, i] if i < k else np.nan
    for p in range(2):
        punishment[p] = scale[2 * p] + scale[2 * p + 1] * u[p] if k > 0 else np.nan
    return k


@compiled
def _status(ending: int) -> int:
    if ending < 0:
        return _NONFINITE
    return _NO_CONVERGENCE if ending == LIMIT else _OK


@compiled
def _batch(
    games: Any,
    delta: Any,
    tol: float,
    limit: int,
    vertices: Any,
    count: Any,
    punishment: Any,
    status: Any,
    iterations: Any,
    gap: Any,
) -> None:
    size = games.shape[2] * games.shape[3]
    work = np.empty((10, capacity(size)))
    u = np.empty(2)
    scale = np.empty(4)
    for g in range(len(games)):
        ending, k, steps = _one(games[g], delta[g], tol, limit, work, u, scale, gap[g])
        if ending == EMPTY or ending < 0:
            k = 0
        count[g] = _store(work, k, u, scale, vertices[g], punishment[g])
        status[g] = _status(ending)
        iterations[g] = steps


@compiled
def _sweep(
    games: Any,
    delta: Any,
    tol: float,
    limit: int,
    warm: bool,
    vertices: Any,
    count: Any,
    punishment: Any,
    status: Any,
    iterations: Any,
    gap: Any,
) -> None:
    """Factors in descending order; ``vertices`` may have no room (length 0 along axis 2)."""
    size = games.shape[2] * games.shape[3]
    work = np.empty((10, capacity(size)))
    u = np.empty(2)
    start = np.empty(2)
    scale = np.empty(4)
    spare = np.empty((capacity(size), 2))
    keep = vertices.shape[2] > 0
    for g in range(len(games)):
        width = prepare(games[g], work, start, scale)
        k = 0
        for p in range(2):
            u[p] = start[p]
        empty = False
        for q in range(len(delta)):
            ending = CONVERGED
            steps = 0
            gap[g, q, 0] = 0.0
            if width < 0.0:
                ending = -1
                k = 0
                gap[g, q, 0] = np.nan
            elif empty:
                k = 0
            elif delta[q] == 0.0:
                ending, k, steps = _stage_equilibria(work, size, u, gap[g, q])
            else:
                if not warm:
                    k = 0
                    for p in range(2):
                        u[p] = start[p]
                ending, k, steps = iterate(
                    work, size, delta[q], tol, limit, u, width, k, -1, gap[g, q]
                )
            if ending == EMPTY:
                # V grows with delta: empty here is empty for all smaller factors.
                empty = True
                k = 0
            status[g, q] = _status(ending)
            iterations[g, q] = steps
            if keep:
                for i in range(k):
                    spare[i, 0] = work[4, i]
                    spare[i, 1] = work[5, i]
                count[g, q] = _store(work, k, u, scale, vertices[g, q], punishment[g, q])
                for i in range(k):
                    work[4, i] = spare[i, 0]
                    work[5, i] = spare[i, 1]
            else:
                count[g, q] = k
                for p in range(2):
                    value = scale[2 * p] + scale[2 * p + 1] * u[p]
                    punishment[g, q, p] = value if k > 0 else np.nan


def _checked(payoffs: ArrayLike, tol: float, max_iter: int) -> Floats:
    games = np.ascontiguousarray(payoffs, dtype=np.float64)
    if games.ndim != 4 or games.shape[1] != 2 or 0 in games.shape[2:]:
        msg = f"payoffs have shape {games.shape}; give (N, 2, m, n), games of two players"
        raise GameError(msg)
    if not 0 < tol <= 1e-2 or max_iter < 1:
        msg = f"tol is {tol} and max_iter {max_iter}; give 0 < tol <= 0.01 and at least 1"
        raise ParameterError(msg)
    return games


def payoff_sets(
    payoffs: ArrayLike, delta: ArrayLike, *, tol: float = 1e-9, max_iter: int = 10_000
) -> PayoffSets:
    """Set of subgame-perfect payoffs of every game of a batch.

    Parameters
    ----------
    payoffs : array_like, shape (N, 2, m, n)
        Stage payoffs in doubles.
    delta : float or array_like, shape (N,)
        Common discount factor of both players, in [0, 1).
    tol : float
        Wanted distance to the true set, relative to the players' payoff ranges.  Where a
        coarse one leaves open which profiles can be enforced, and so perhaps whether there is any
        equilibrium, the set is computed to 1e-9 all the same.
    max_iter : int
        Limit per game.

    Returns
    -------
    PayoffSets

    Raises
    ------
    GameError, ParameterError
        If shapes or options do not fit or a factor is not in [0, 1).

    Notes
    -----
    An iteration takes O(A (V + log A)) operations for A profiles and V vertices, V <= 3 A.
    Comparisons are made with a geometric tolerance of 1e-11 of the payoff range, so that
    exactly binding constraints bind.

    Examples
    --------
    >>> dilemma = [[[[9.0, 1], [10, 3]], [[9, 10], [1, 3]]]]
    >>> sets = payoff_sets(dilemma, 0.75)
    >>> sets.vertices[0, : sets.count[0]].round(9).tolist()
    [[3.0, 3.0], [9.75, 3.0], [9.0, 9.0], [3.0, 9.75]]
    """
    games = _checked(payoffs, tol, max_iter)
    check_delta(delta)
    factors = np.ascontiguousarray(np.broadcast_to(np.asarray(delta, np.float64), len(games)))
    room = 4 * games.shape[2] * games.shape[3] + 4
    out = _allocate((len(games),), room)
    _batch(games, factors, tol, max_iter, *out)
    return _trimmed(out)


def sweep_payoff_sets(
    payoffs: ArrayLike,
    deltas: ArrayLike,
    *,
    tol: float = 1e-9,
    max_iter: int = 10_000,
    warm: bool = True,
    vertices: bool = False,
) -> PayoffSets:
    """Sets of every game at several discount factors, each started from the next larger one's.

    Parameters
    ----------
    payoffs : array_like, shape (N, 2, m, n)
    deltas : array_like, shape (D,)
        In any order.
    tol, max_iter
        As for :func:`payoff_sets`.
    warm : bool
        False starts every factor anew; the answers are the same.
    vertices : bool
        Keep the polygons; without them only counts and punishment payoffs are returned,
        and ``count`` includes vertices that are nearly collinear.

    Returns
    -------
    PayoffSets
        With an axis of length D after the first of every array.

    Examples
    --------
    >>> dilemma = [[[[9.0, 1], [10, 3]], [[9, 10], [1, 3]]]]
    >>> sweep_payoff_sets(dilemma, [0.1, 0.5], vertices=True).count.tolist()
    [[1, 4]]
    """
    games = _checked(payoffs, tol, max_iter)
    factors = np.atleast_1d(np.asarray(check_delta(deltas), np.float64))
    if factors.ndim != 1:
        msg = f"deltas have shape {factors.shape}; give them along one axis"
        raise ParameterError(msg)
    order = np.argsort(-factors, kind="stable")
    room = 4 * games.shape[2] * games.shape[3] + 4 if vertices else 0
    out = _allocate((len(games), len(factors)), room)
    _sweep(games, factors[order], tol, max_iter, warm, *out)
    back = np.argsort(order, kind="stable")
    return _trimmed(tuple(a[:, back] for a in out))


def _allocate(batch: tuple[int, ...], room: int) -> tuple[NDArray[Any], ...]:
    return (
        np.empty((*batch, room, 2)),
        np.empty(batch, np.int64),
        np.empty((*batch, 2)),
        np.empty(batch, np.uint8),
        np.empty(batch, np.int64),
        np.empty((*batch, 1)),
    )


def _trimmed(out: tuple[NDArray[Any], ...]) -> PayoffSets:
    vertices, count, punishment, status, iterations, gap = out
    most = min(int(count.max(initial=0)), vertices.shape[-2])
    return PayoffSets(vertices[..., :most, :], count, punishment, status, iterations, gap[..., 0])
