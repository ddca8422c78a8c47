r"""All equilibria of small n-player games by certified subdivision.

An equilibrium with support S is a zero of the indifference functions of S, multi-affine polynomials
in the probabilities (:mod:`hedging.equilibria.multiaffine`).  Two stages:

1. Every balanced support (:mod:`hedging.equilibria.supports`) is searched by branch and prune
   (:mod:`hedging.equilibria.cells`).  If nothing is left in doubt, the list is proved to be
   complete: cells were discarded only where rounding cannot matter, each root carries a
   Newton-Kantorovich certificate (:mod:`hedging.equilibria.kantorovich`) and certainly positive
   probabilities and slacks, and by the theorem in :mod:`hedging.equilibria.supports` the other
   supports need no search.  The status is ``ok``; that the number is odd and the indices add up
   to +1 is then checked all the same.
2. At the first doubt - a probability or slack within rounding of zero, a singular Jacobian, a
   continuum - the game is handed on: with one or two players to
   :mod:`hedging.equilibria.bimatrix`, otherwise to :mod:`hedging.equilibria.two_mixers` for the
   exact list with at most two mixers and to :mod:`hedging.equilibria.continua` for the rest.

Payoffs are first reduced to scaled gains (:mod:`hedging.equilibria.gains`), so that nothing depends
on their units nor on what only others influence.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria import bimatrix, two_mixers
from hedging.equilibria.assembly import Rows
from hedging.equilibria.continua import Continuum, Point, Survey, survey
from hedging.equilibria.gains import scaled_gains
from hedging.equilibria.perturbation import Component, Survival, survival_of
from hedging.equilibria.result import Equilibria
from hedging.equilibria.support_search import REGULAR, solve_games
from hedging.equilibria.supports import supports_of
from hedging.errors import GameError, ParameterError, Status

__all__ = ["SubdivisionResult", "Witnesses", "solve_subdivision"]

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ExactPayoffs = Callable[[Ints], Array | None]

_U = 2.0**-53
_SMALLEST = 2.0**-26
_ROOM = 64
_CHUNK = 256
_MOST_FREE = 12
_MOST_PROFILES = 4096
_MOST_SUPPORTS = 50_000
_MOST_CHOICES = 64


class Witnesses(NamedTuple):
    """A point on each continuum of equilibria that reaches three or more mixing players.

    Attributes
    ----------
    game : int64 array, shape (W,)
    component : int32 array, shape (W,)
        As numbered in the equilibria of that game.
    probability : float64 array, shape (W, C)
        An equilibrium of the component, up to rounding.
    dimension : int64 array, shape (W,)
        Rank deficiency of the Jacobian of its support: the dimension where the rank is constant.
    """

    game: Ints
    component: NDArray[np.int32]
    probability: Floats
    dimension: Ints


class SubdivisionResult(NamedTuple):
    """Equilibria of N games with what proves them.

    Attributes
    ----------
    equilibria : Equilibria
    radius : float64 array, shape (E,)
        A true equilibrium is proved to exist within this distance in every probability; NaN where
        there is no proof (points of continua with three or more mixers, and roots at
        which a probability or a slack is zero within rounding).
    cells : int64 array, shape (N,)
        Boxes looked at.
    unresolved : int64 array, shape (N,)
        Boxes that could neither be discarded nor explained.
    witnesses : Witnesses
    witness : bool array, shape (E,)
        Which equilibria are such witnesses, standing for a continuum.
    dimension : int64 array, shape (E,)
        0 of an isolated equilibrium, otherwise what the witness says of its component, -1 if
        it has none: there at most two mix, and the component is spanned by its extreme points.
    survival : Survival or None
        With ``refine="perturb"``.
    """

    equilibria: Equilibria
    radius: Floats
    cells: Ints
    unresolved: Ints
    witnesses: Witnesses
    witness: Bools
    dimension: Ints
    survival: Survival | None


def solve_subdivision(
    payoffs: Array,
    *,
    max_cells: int = 200_000,
    payoff_error: Array | None = None,
    exact_payoffs: ExactPayoffs | None = None,
    refine: Literal["perturb"] | None = None,
    perturbations: int = 16,
    rng: Any = 0,
) -> SubdivisionResult:
    """All equilibria of a batch of small games with any number of players.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints or Fractions (the answer is in doubles all the same).
        At most 12 actions beyond each player's first, 4096 profiles and 50,000 supports.
    max_cells : int, default 200,000
        Boxes to look at per game and stage.
    payoff_error : float64 array, shape (N, n), optional
        Bound on the distance of each player's payoffs from the true ones.
    exact_payoffs : callable, optional
        From game numbers (K,) to true payoffs, object array (K, n, m_1, ..., m_n), or to None if
        they are irrational.  Asked only about games that stage 1 leaves undecided.
    refine : {None, "perturb"}
        "perturb" solves, for each degenerate game, games with payoffs moved at random by a
        millionth of their range and tells near which components equilibria remain.
    perturbations : int, default 16
        How many.
    rng : seed or numpy.random.Generator
        For the perturbations.

    Returns
    -------
    SubdivisionResult
        Status per game: OK (all equilibria, each regular and proved); DEGENERATE (all
        isolated equilibria found, the extreme points of components with at most two mixers and
        a witness for each component that has more); INCOMPLETE (budget used up); NO_CONVERGENCE (a
        box could not be decided, or the indices do not add up); NONFINITE.

    Raises
    ------
    GameError
        If the array is no batch of games, or they are too large.
    ParameterError
        If ``refine`` or a number is out of range.

    Notes
    -----
    Time grows exponentially with the number of free probabilities.  Measured per random game
    on one core: 2x2x2 0.01 ms, 3x2x2 0.03, 3x3x2 0.1, 2x2x2x2 0.1, 3x3x3 1 ms.  Degenerate games
    take 1 ms to some seconds.

    Examples
    --------
    Three players, each with a coin; the first wants to match the second, the second the third,
    and the third not to match the first (Jordan 1993):

    >>> game = np.zeros((1, 3, 2, 2, 2))
    >>> for a, b, c in np.ndindex(2, 2, 2):
    ...     game[0, :, a, b, c] = a == b, b == c, c != a
    >>> found = solve_subdivision(game)
    >>> found.equilibria.probability.tolist(), Status(found.equilibria.status[0]).name
    ([[0.5, 0.5, 0.5, 0.5, 0.5, 0.5]], 'OK')
    >>> bool(found.radius[0] < 1e-12)
    True
    """
    shape = _check(payoffs, max_cells, refine, perturbations)
    if payoffs.dtype == object:
        truth = payoffs
        payoffs = truth.astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            largest = np.abs(payoffs).reshape(*payoffs.shape[:2], -1).max(axis=2, initial=0.0)
        payoff_error = 2 * _U * largest
        exact_payoffs = lambda games: truth[games]  # noqa: E731
    payoffs = payoffs.astype(np.float64)
    error = None if payoff_error is None else np.asarray(payoff_error, dtype=np.float64)
    finite = np.isfinite(payoffs).all(axis=tuple(range(1, payoffs.ndim)))
    batch = _Batch(shape, len(payoffs), max_cells)
    batch.status[~finite] = Status.NONFINITE
    games = np.flatnonzero(finite)
    if len(shape) == 1:
        batch.two_players(games, payoffs, error, exact_payoffs)
    else:
        for start in range(0, len(games), _CHUNK):
            batch.search(games[start : start + _CHUNK], payoffs, error)
        flagged = np.flatnonzero(batch.flagged)
        if len(flagged) and len(shape) == 2:
            batch.two_players(flagged, payoffs, error, exact_payoffs)
        elif len(flagged):
            batch.many_players(flagged, payoffs, error, exact_payoffs)
    result = batch.finish()
    if refine is None:
        return result
    survival = survival_of(
        payoffs,
        result.equilibria,
        batch.components(result),
        lambda perturbed: solve_subdivision(perturbed, max_cells=max_cells).equilibria,
        perturbations,
        np.random.default_rng(rng),
    )
    return result._replace(survival=survival)


def _check(
    payoffs: Array, max_cells: int, refine: str | None, perturbations: int
) -> tuple[int, ...]:
    shape = payoffs.shape[2:]
    if payoffs.ndim < 3 or len(shape) != payoffs.shape[1] or 0 in shape:
        msg = f"payoffs of shape {payoffs.shape} given; give an array (N, n, m_1, ..., m_n)"
        raise GameError(msg)
    free = sum(shape) - len(shape)
    if (
        free > _MOST_FREE
        or math.prod(shape) > _MOST_PROFILES
        or math.prod(2**m - 1 for m in shape) > _MOST_SUPPORTS
        or sum(shape) > _MOST_CHOICES
    ):
        msg = (
            f"a {'x'.join(map(str, shape))} game given; subdivision takes at most {_MOST_FREE} "
            "actions beyond each player's first: leave out dominated ones (Game.undominated)"
        )
        raise GameError(msg)
    if refine not in (None, "perturb"):
        msg = f"refine={refine!r} given; choose None or 'perturb'"
        raise ParameterError(msg)
    if max_cells < 1 or perturbations < 1:
        msg = f"max_cells={max_cells}, perturbations={perturbations} given; give positive numbers"
        raise ParameterError(msg)
    return shape


class _Batch:
    """The games and what has been found so far."""

    def __init__(self, shape: tuple[int, ...], count: int, most: int) -> None:
        self.shape, self.count, self.most = shape, count, most
        self.width = sum(shape)
        self.rows = Rows(count, shape, exact=False)
        self.status = np.full(count, Status.OK, dtype=np.uint8)
        self.cells = np.zeros(count, dtype=np.int64)
        self.unresolved = np.zeros(count, dtype=np.int64)
        self.flagged = np.zeros(count, dtype=np.bool_)
        self.radius: list[Floats] = []
        self.witness: list[Bools] = []
        # Each with the game and the row number of a point of the component.
        self.continua: list[tuple[int, int, Continuum]] = []
        self.covers: list[tuple[int, int, Floats, Floats]] = []
        self.filled = 0

    def add(
        self, game: Array, probability: Floats, index: Array, isolated: Any, component: Any,
        radius: Floats, witness: Bools | None = None,
    ) -> None:  # fmt: skip
        self.rows.add(game, probability, index, isolated, component)
        self.radius.append(radius)
        self.witness.append(np.zeros(len(game), np.bool_) if witness is None else witness)
        self.filled += len(game)

    # -- 1. search -------------------------------------------------------------------------

    def search(self, games: Ints, payoffs: Floats, error: Floats | None) -> None:
        every = supports_of(self.shape)
        some = every.select(every.balanced)
        gains, noise = scaled_gains(payoffs[games], None if error is None else error[games])
        size = len(games)
        probability = np.zeros((size, _ROOM, self.width))
        radius = np.zeros((size, _ROOM))
        index = np.zeros((size, _ROOM), dtype=np.int64)
        count, cells, flag = (np.zeros(size, dtype=np.int64) for _ in range(3))
        solve_games(
            gains.reshape(*gains.shape[:2], -1), noise, some.starts, some.steps, some.order,
            some.dims, some.against, some.places, _SMALLEST, self.most,
            probability, radius, index, count, cells, flag,
        )  # fmt: skip
        used = np.arange(_ROOM) < count[:, None]
        # The law that every regular game obeys; it would reveal a lost equilibrium.
        sums = np.where(used, index, 0).sum(axis=1)
        doubt = (flag != REGULAR) | (count % 2 == 0) | (sums != 1)
        used &= ~doubt[:, None]
        at, slot = np.nonzero(used)
        self.add(
            games[at],
            probability[at, slot],
            index[at, slot].astype(np.int8),
            np.ones(len(at), dtype=np.bool_),
            np.full(len(at), -1),
            radius[at, slot],
        )
        self.cells[games] += cells
        self.flagged[games[doubt]] = True

    # -- 2. the exact and the degenerate ---------------------------------------------------------

    def _truth(
        self, games: Ints, payoffs: Floats, error: Floats | None, exact: ExactPayoffs | None
    ) -> tuple[Array, Bools]:
        """Payoffs to take as exact, and for which games that is more than is known."""
        doubt = np.zeros(len(games), dtype=np.bool_)
        if error is None:
            return payoffs[games], doubt
        known = None if exact is None else exact(games)
        if known is not None:
            return known, doubt
        return payoffs[games], ~(error[games] == 0).all(axis=1)

    def two_players(
        self, games: Ints, payoffs: Floats, error: Floats | None, exact: ExactPayoffs | None
    ) -> None:
        """Games of one or two players, as bimatrix games; one player faces an idle one."""
        truth, doubt = self._truth(games, payoffs, error, exact)
        if len(self.shape) == 1:
            row = truth[:, 0][:, :, None]
            col = np.zeros_like(row)
        else:
            row, col = truth[:, 0], truth[:, 1]
        found = bimatrix.solve(row, col, exact=True)
        self._take(games, found, np.arange(len(games)), doubt)

    def _take(self, games: Ints, found: Equilibria, which: Ints, doubt: Bools) -> None:
        """Accept the exact solution of some of the games as final."""
        keep = np.isin(found.game, which)
        part = found.component[keep].astype(np.int64)
        self.add(
            games[found.game[keep]],
            found.probability[keep, : self.width].astype(np.float64),
            found.index[keep],
            found.isolated[keep],
            part,
            np.full(int(keep.sum()), 4 * _U),
        )
        # Within the rounding of their payoffs doubtful games may have a tie.
        tied = doubt[which] & (found.status[which] == Status.OK)
        self.status[games[which]] = np.where(tied, Status.DEGENERATE, found.status[which])

    def many_players(
        self, games: Ints, payoffs: Floats, error: Floats | None, exact: ExactPayoffs | None
    ) -> None:
        truth, doubt = self._truth(games, payoffs, error, exact)
        found = two_mixers.solve(truth, exact=True)
        done = found.status != Status.INCOMPLETE
        self._take(games, found, np.flatnonzero(done), doubt)
        rounded = truth.astype(np.float64)
        bound = None if error is None else error[games]
        if truth.dtype == object:
            bound = _U * np.abs(rounded).reshape(*rounded.shape[:2], -1).max(axis=2)
        gains, noise = scaled_gains(rounded, bound)
        every = supports_of(self.shape)
        some = every.select(every.mixers > 2)
        for k in np.flatnonzero(~done).tolist():
            points = [
                Point(
                    found.probability[r].astype(np.float64),
                    int(found.index[r]),
                    4 * _U,
                    bool(found.isolated[r]),
                    int(found.component[r]),
                )
                for r in range(found.offsets[k], found.offsets[k + 1])
            ]
            seen = survey(gains[k], noise[k], some, points, self.most)
            self._survey(int(games[k]), seen, bool(doubt[k]))

    def _survey(self, game: int, seen: Survey, doubt: bool) -> None:
        points = seen.points
        self.cells[game] += seen.cells
        self.unresolved[game] = seen.unresolved
        index = np.array([p.index for p in points], dtype=np.int8)
        if seen.exhausted:
            status = Status.INCOMPLETE
        elif seen.unresolved or not points:
            status = Status.NO_CONVERGENCE
        elif doubt or not index.all():
            status = Status.DEGENERATE
        else:
            status = Status.OK if index.sum() == 1 else Status.NO_CONVERGENCE
        self.status[game] = status
        first = {p.component: self.filled + r for r, p in reversed(list(enumerate(points)))}
        self.continua += [(game, first[c.component], c) for c in seen.continua]
        self.covers += [(game, first[part], low, high) for part, low, high in seen.covers]
        self.add(
            np.full(len(points), game),
            np.array([p.probability for p in points]).reshape(len(points), self.width),
            index,
            np.array([p.isolated for p in points], dtype=np.bool_),
            np.array([p.component for p in points]),
            np.array([p.radius for p in points]),
            np.array([p.witness for p in points], dtype=np.bool_),
        )

    # -- 3. the answer ----------------------------------------------------------------------

    def finish(self) -> SubdivisionResult:
        found = self.rows.finish(self.status)
        game, probability, *_ = self.rows.columns()
        # Rows.finish sorts; equal games and probabilities tell where each row went.
        before = np.lexsort([*probability.T, game])
        after = np.lexsort([*found.probability.T, found.game])
        self.place = np.empty(len(game), dtype=np.int64)
        self.place[before] = after
        radius = np.empty(len(game))
        radius[self.place] = np.concatenate([*self.radius, np.zeros(0)])
        witness = np.zeros(len(game), dtype=np.bool_)
        witness[self.place] = np.concatenate([*self.witness, np.zeros(0, dtype=np.bool_)])
        rows = self.place[np.array([row for _, row, _ in self.continua], dtype=np.int64)]
        witnesses = Witnesses(
            np.array([game for game, _, _ in self.continua], dtype=np.int64),
            found.component[rows],
            np.array([c.probability for _, _, c in self.continua]).reshape(-1, self.width),
            np.array([c.dimension for _, _, c in self.continua], dtype=np.int64),
        )
        dimension = np.where(found.isolated, 0, -1).astype(np.int64)
        for g, part, size in zip(*witnesses[:2], witnesses.dimension, strict=True):
            own = np.arange(found.offsets[g], found.offsets[g + 1])
            own = own[found.component[own] == part]
            dimension[own] = np.maximum(dimension[own], size)
        return SubdivisionResult(
            found, radius, self.cells, self.unresolved, witnesses, witness, dimension, None
        )

    def components(self, result: SubdivisionResult) -> list[Component]:
        """Every component of each degenerate game, as points and boxes."""
        found = result.equilibria
        boxes: dict[tuple[int, int], list[tuple[Floats, Floats]]] = {}
        for game, row, low, high in self.covers:
            part = int(found.component[self.place[row]])
            boxes.setdefault((game, part), []).append((low, high))
        none = np.zeros((0, self.width))
        listed = []
        for g in np.flatnonzero(found.status == Status.DEGENERATE).tolist():
            rows = np.arange(found.offsets[g], found.offsets[g + 1])
            for part in np.unique(found.component[rows]).tolist():
                own = rows[found.component[rows] == part]
                cover = boxes.get((g, part), [(none, none)])
                low = np.concatenate([box[0] for box in cover])
                high = np.concatenate([box[1] for box in cover])
                listed.append(Component(g, own, found.probability[own], low, high))
        return listed
