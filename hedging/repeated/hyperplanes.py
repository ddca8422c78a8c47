r"""Subgame-perfect payoffs of any number of players, enclosed from outside and from inside.

Pure strategies, public lotteries, perfect monitoring, after Judd, Yeltekin and Conklin (2003,
Econometrica 71:1239-1254): sets are kept as supports in K directions :math:`\lambda_k`.

*Outside.*  The half-spaces :math:`\lambda_k \cdot v \le c_k` start at the feasible payoffs.
In each round c falls to the best payoff in direction k that any profile generates with
continuations inside, one linear program per profile and direction, and v, the worst
punishments, rise.  Every program is solved by its dual, from the basis that says
:math:`c_k` itself: each bound follows from weak duality and is never above the last.  Two remarks
spare the slow approach at rate :math:`\delta`: where the support s of V is attained by a profile a
with continuation w, :math:`s = (1-\delta) \lambda \cdot u(a) + \delta \lambda \cdot w` and
:math:`\lambda \cdot w \le s`, hence :math:`s \le \lambda \cdot u(a)`; and a worst punishment that
plays a is worth at least the best reply to a.

*Inside.*  The attained points, with the threats of the outside, are made into a plan: each is some
profile now and a lottery over such points next.  The exact payoffs of the plan solve a linear
system, and if nobody gains by one deviation from any of them, with the plan's own least payoffs as
threats, they are equilibrium payoffs (self-generation).  Points that fail are dropped.  If
constraints bind too sharply the plan is made for slightly tightened ones.  What was found grows as
long as it generates payoffs beyond itself.

The truth is between the two.  The facets of the inside become further directions of the
outside, until the two are close in every direction or work is spent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError, ParameterError, Status
from hedging.repeated.hull_directions import distinct, facet_directions, plain_corners
from hedging.repeated.hyperplanes_kernel import reach, shrink
from hedging.repeated.stage import as_games, best_deviations, check_delta, pure_minmax

__all__ = ["Enclosure", "enclose", "robust_plans"]

Floats = NDArray[np.float64]

_MARGINS = (0.0, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2)
"""How much constraints are tightened for the plan, as a share of the payoff ranges."""
_ROOMS = (1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4)
_MOST_DIRECTIONS = 600


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Two sets with the equilibrium payoffs between them.

    Attributes
    ----------
    directions : float64 array, shape (K, n)
    levels : float64 array, shape (K,)
        The outer set is ``{v : directions @ v <= levels}``.
    inner : float64 array, shape (M, n)
        Equilibrium payoffs; all their mixtures are too.  Empty if none was found.
    outer_punishment, inner_punishment : float64 array, shape (n,)
        Bounds of the worst equilibrium payoffs from below and from above; nan, if there is no
        equilibrium, inf where none was found.
    empty : bool
        The outer set is empty: there is no equilibrium in pure actions.
    gap : float
        Largest difference of the two supports over the directions searched, as a share of the
        payoff ranges; 0 if empty, inf if only the outer set is known.
    scale : float
        Largest range of a player's stage payoffs.
    iterations : int
    status : Status
        ``ok`` if the gap is within the tolerance, ``incomplete`` if it is not, ``nonfinite``.
    """

    directions: Floats
    levels: Floats
    inner: Floats
    outer_punishment: Floats
    inner_punishment: Floats
    empty: bool
    gap: float
    scale: float
    iterations: int
    status: Status


def enclose(
    payoffs: ArrayLike,
    delta: float,
    *,
    tol: float = 1e-6,
    max_iter: int = 2_000,
    refinements: int = 8,
) -> Enclosure:
    """Outer and inner approximation of the subgame-perfect payoffs of one game.

    Parameters
    ----------
    payoffs : array_like, shape (n, m_1, ..., m_n)
        n >= 2 players.
    delta : float
        Common discount factor in [0, 1).
    tol : float
        Gap at which to stop, as a share of the payoff ranges.
    max_iter : int
        Limit of each run of the outer approximation.
    refinements : int
        How often facets of the inner set become directions of the outer one.

    Returns
    -------
    Enclosure

    Raises
    ------
    GameError, ParameterError
        If arguments do not fit.

    Notes
    -----
    A round takes A K small programs of n rows and K columns for A profiles; K is 3**n - 1 at first.
    Constraints are compared with a tolerance of 1e-11 of the payoff ranges, as for two players.

    Examples
    --------
    >>> own = np.zeros((2, 2, 2))
    >>> own[0, 0, 0] = own[1, 1, 1] = 1
    >>> found = enclose([own, own, own], 0.9)
    >>> found.inner.tolist(), found.gap < 1e-6
    ([[1.0, 1.0, 1.0]], True)
    """
    games = as_games(payoffs).astype(np.float64)
    n = games.shape[1]
    if len(games) != 1 or n < 2:
        msg = f"{len(games)} games of {n} players; give one game of at least two, (n, m_1, ...)"
        raise GameError(msg)
    check_delta(delta)
    if not 0 < tol <= 0.1 or max_iter < 1 or refinements < 0:
        msg = f"tol {tol}, max_iter {max_iter}, refinements {refinements}; give 0 < tol <= 0.1, "
        raise ParameterError(msg + "at least 1 and at least 0")
    flat = games[0].reshape(n, -1)
    if not np.isfinite(flat).all():
        return _lost(n)
    scaled, low, span = _scaled(games)
    search = _Search(scaled, float(delta), tol, max_iter)
    search.run(refinements)
    return search.result(low, span)


def robust_plans(payoffs: Floats, delta: float) -> Iterator[tuple[NDArray[np.int64], Floats]]:
    """Plans from which nobody deviates, with room for rounding, the tightest first.

    Parameters
    ----------
    payoffs : float64 array, shape (n, m_1, ..., m_n)
    delta : float

    Yields
    ------
    play : int64 array, shape (S,)
        Flat profile played in each state.
    chain : float64 array, shape (S, S)
        Public lottery over the next states if nobody deviates; who does is led to the state
        that is worst for it.
    """
    search = _Search(_scaled(payoffs[None])[0], delta, 1e-9, 2_000)
    search.run(8)
    if not search.empty and delta > 0:
        yield from search.plans()


def _scaled(games: Floats) -> tuple[Floats, Floats, Floats]:
    """Payoffs brought to [0, 1] per player, with least payoffs and ranges."""
    n = games.shape[1]
    flat = games[0].reshape(n, -1)
    low, span = flat.min(axis=1), np.ptp(flat, axis=1)
    span = np.where(span > 0, span, 1.0)
    sides = (1, n, *[1] * n)
    return (games - low.reshape(sides)) / span.reshape(sides), low, span


class _Search:
    """The two approximations of one scaled game."""

    def __init__(self, games: Floats, delta: float, tol: float, limit: int) -> None:
        n = games.shape[1]
        self.delta, self.tol, self.limit = delta, tol, limit
        self.u = np.ascontiguousarray(games[0].reshape(n, -1).T)
        best = best_deviations(games)[0].reshape(n, -1).T
        self.gain = np.ascontiguousarray(best - self.u)
        self.minmax = pure_minmax(games)[0]
        self.inner = np.empty((0, n))
        self.alive = np.ones(len(self.u), dtype=np.bool_)
        self.ways = np.empty((0, n))
        self.level = np.empty(0)
        self.worst = self.minmax.copy()
        self.iterations = 0
        self.empty = False
        self.plan = np.empty(0, dtype=np.int64), np.empty((0, 0))
        axes = np.vstack([np.eye(n), -np.eye(n)])
        grid = np.array([x for x in product((-1, 0, 1), repeat=n) if np.abs(x).sum() > 1])
        self._add(np.vstack([axes, grid.astype(float), facet_directions(self.u)]))

    def _add(self, ways: Floats) -> bool:
        """Take up new directions, the supports of the feasible payoffs first."""
        ways = ways / np.linalg.norm(ways, axis=1, keepdims=True)
        kept = []
        known = self.ways
        for way in ways:
            if len(known) < _MOST_DIRECTIONS and not (known @ way > 1 - 1e-14).any():
                known = np.vstack([known, way])
                kept.append(way)
        if kept:
            self.ways = np.ascontiguousarray(known)
            self.level = np.append(self.level, (self.u @ np.array(kept).T).max(axis=0))
        return bool(kept)

    def run(self, refinements: int) -> None:
        if self.delta == 0:
            stable = (self.gain <= 0).all(axis=1)
            self.empty = not stable.any()
            if not self.empty:
                self.inner = distinct(self.u[stable])
                self._add(facet_directions(self.inner))
                self.level = (self.inner @ self.ways.T).max(axis=0)
                self.worst = self.inner.min(axis=0)
            return
        for turn in range(refinements + 1):
            points = np.empty_like(self.ways)
            args = (self.delta, 0.0, 0.1 * self.tol, self.limit, points)
            self.empty, steps, _ = shrink(
                self.u, self.gain, self.ways, self.level, self.worst, self.alive, *args
            )
            self.iterations += steps
            if self.empty:
                return
            self._plan(points)
            self._grow()
            if self.gap() <= self.tol or turn == refinements:
                return
            more = [facet_directions(x) for x in (self.inner, points) if len(x)]
            if not self._add(np.vstack(more)):
                return

    def _plan(self, points: Floats) -> None:
        """Look for equilibrium payoffs close to the outer set."""
        for margin in _MARGINS:
            if margin:
                tightened = self.tightened(margin)
                if tightened is None:
                    return
                points = tightened
            found = self._self_generating(points, margin)
            if len(found):
                self.inner = distinct(np.vstack([self.inner, found]))
                if self.gap() <= max(self.tol, margin):
                    return

    def tightened(self, margin: float) -> Floats | None:
        """Attained points if all constraints are tighter by a margin; None if there are none."""
        points = np.empty_like(self.ways)
        args = (self.delta, margin, 0.1 * self.tol, self.limit, points)
        level, worst, alive = self.level.copy(), self.worst.copy(), self.alive.copy()
        empty, steps, _ = shrink(self.u, self.gain, self.ways, level, worst, alive, *args)
        self.iterations += steps
        return None if empty else points

    def plans(self) -> Iterator[tuple[NDArray[np.int64], Floats]]:
        """Plans that hold with room to spare, the tightest first."""
        for margin in _ROOMS:
            points = self.tightened(margin)
            if points is None:
                return
            if len(self._self_generating(points, margin)):
                yield self.plan

    def _self_generating(self, points: Floats, margin: float) -> Floats:
        """Payoffs of a plan near these points from which nobody deviates; may be none."""
        ratio = (1 - self.delta) / self.delta
        threat: Floats = self.worst
        for turn in range(40):
            points, ways = plain_corners(points)
            play, weight, _ = self._reach(ways, points, threat, margin)
            ok = play >= 0
            while (lost := ok & (weight[:, ~ok].sum(axis=1) > 0)).any():
                ok &= ~lost
            if not ok.any():
                break
            play, weight, eye = play[ok], weight[np.ix_(ok, ok)], np.eye(int(ok.sum()))
            chain = np.where(weight.sum(axis=1, keepdims=True) > 0, weight, eye)
            chain /= chain.sum(axis=1, keepdims=True)
            stage = (1 - self.delta) * self.u[play]
            value: Floats = np.asarray(np.linalg.solve(eye - self.delta * chain, stage))
            threat = np.asarray(value.min(axis=0))
            wrong = (threat + ratio * self.gain[play] - chain @ value > 2e-11).any(axis=1)
            if not wrong.any():
                self.plan = play, chain
                return value
            # A plan is improved first; what still fails then is dropped.
            points = value[~wrong] if turn >= 20 else value
            if not len(points):
                break
        return np.empty((0, self.u.shape[1]))

    def _reach(
        self, ways: Floats, inner: Floats, worst: Floats, margin: float
    ) -> tuple[NDArray[np.int64], Floats, Floats]:
        play = np.empty(len(ways), dtype=np.int64)
        weight = np.zeros((len(ways), len(inner)))
        points = np.zeros_like(ways)
        inner = np.ascontiguousarray(inner)
        reach(self.u, self.gain, ways, inner, worst, self.delta, margin, play, weight, points)
        return play, weight, points

    def _grow(self) -> None:
        for _ in range(30):
            if not len(self.inner):
                return
            threat = self.inner.min(axis=0)
            play, _, points = self._reach(self.ways, self.inner, threat, 0.0)
            support = (self.ways @ self.inner.T).max(axis=1)
            beyond = (play >= 0) & ((self.ways * points).sum(axis=1) > support + 0.01 * self.tol)
            if not beyond.any():
                return
            self.inner = distinct(np.vstack([self.inner, points[beyond]]))

    def gap(self) -> float:
        if self.empty:
            return 0.0
        if not len(self.inner):
            return float("inf")
        support = (self.ways @ self.inner.T).max(axis=1)
        return max(0.0, float((self.level - support).max()))

    def result(self, low: Floats, span: Floats) -> Enclosure:
        n = self.u.shape[1]
        # Way . (v - low) / span <= level, in payoff units and of length 1 again.
        ways = self.ways / span
        level = self.level + ways @ low
        length = np.linalg.norm(ways, axis=1)
        gap = self.gap()
        # What is inside is an equilibrium payoff: rounding must not put it outside.
        if len(self.inner) and not self.empty:
            support = (low + span * self.inner) @ ways.T
            level = np.maximum(level, support.max(axis=0))
            self.worst = np.minimum(self.worst, self.inner.min(axis=0))
        inner = low + span * self.inner
        nothing = np.full(n, np.nan)
        return Enclosure(
            ways / length[:, None],
            level / length,
            inner,
            nothing if self.empty else low + span * self.worst,
            nothing if self.empty else inner.min(axis=0, initial=np.inf),
            self.empty,
            gap,
            float(span.max()),
            self.iterations,
            Status.OK if gap <= self.tol else Status.INCOMPLETE,
        )


def _lost(n: int) -> Enclosure:
    none, nothing = np.empty((0, n)), np.full(n, np.nan)
    return Enclosure(
        none, np.empty(0), none, nothing, nothing, False, float("inf"), 1.0, 0, Status.NONFINITE
    )
