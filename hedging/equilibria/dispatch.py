"""One door to all equilibria: which algorithm solves a game of which shape.

One player takes the best actions; two players make a bimatrix game
(:mod:`hedging.equilibria.bimatrix`).  With three or more players, equilibria in which at most two
mix come first (:mod:`hedging.equilibria.two_mixers`): exact, and often proved to be all.  Where
others may exist, the complete solvers take over: elimination for the common small shapes
(:mod:`hedging.equilibria.multiplayer`), certified subdivision for the other shapes and for what
elimination leaves open (:mod:`hedging.equilibria.subdivision`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria import bimatrix, two_mixers
from hedging.equilibria.assembly import Rows, merge
from hedging.equilibria.balls import Table
from hedging.equilibria.integers import as_fractions
from hedging.equilibria.pure import pure_equilibria, replies
from hedging.equilibria.result import Equilibria
from hedging.errors import GameError, HedgingTypeError, ParameterError, Status

__all__ = ["METHODS", "STAGES", "Evidence", "count_stages", "solve"]

Array = NDArray[Any]
Ints = NDArray[np.int64]
Method = Literal["auto", "signs", "vertices", "two_mixers", "subdivision"]
ExactPayoffs = Callable[[Ints], Array | None]

METHODS: tuple[str, ...] = get_args(Method)
"""Names :func:`solve` takes for ``method``."""

STAGES = ("two_mixers", "elimination", "subdivision")
"""Who solves games of three and more players, in the order in which they are asked."""
_ELIMINATION, _SUBDIVISION, _NOBODY = 1, 2, 255

_MOST_CHOICES = 64
_MOST_FREE, _MOST_PROFILES, _MOST_SUPPORTS = 12, 4096, 50_000
"""Limits of the subdivision: free probabilities, pure profiles, supports."""


class Evidence(NamedTuple):
    """What the subdivision knows of its K games beyond their equilibria.

    The equilibria of the k-th game, in order, are rows ``offsets[k]:offsets[k + 1]``.

    Attributes
    ----------
    games : int64 array, shape (K,)
    offsets : int64 array, shape (K + 1,)
    radius, witness, dimension : arrays, shape (E,)
        As in :class:`hedging.equilibria.subdivision.SubdivisionResult`.
    """

    games: Ints
    offsets: Ints
    radius: NDArray[np.float64]
    witness: NDArray[np.bool_]
    dimension: Ints


def solve(
    payoffs: Array,
    *,
    method: str = "auto",
    exact: bool = False,
    payoff_error: Array | None = None,
    exact_payoffs: ExactPayoffs | None = None,
    stage: NDArray[np.uint8] | None = None,
    evidence: list[Evidence] | None = None,
) -> Equilibria:
    """All equilibria of a batch of games, in input order.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints, Fractions or floats, which are solved as the exact
        numbers they are.
    method : {"auto", "signs", "vertices", "two_mixers", "subdivision"}
        For two players "signs" reads signs of polynomials in the payoffs, "vertices" enumerates
        vertices of best-response polyhedra in integers, "auto" chooses the faster; the answers
        are the same.  For three and more "two_mixers" stops where three or more may mix,
        "subdivision" sends every game to the certified solver, "auto" goes as far as it takes.
    exact : bool
        Read payoffs as exact numbers (a double is the binary fraction it is) and return
        probabilities as Fractions.
    payoff_error : float64 array, shape (N, n), optional
        Bound on the distance of each player's payoffs from the true ones; default 0.  Not used with
        ``exact``.
    exact_payoffs : callable, optional
        From game numbers (K,) to their true payoffs, object array (K, n, m_1, ..., m_n) of
        Fractions, or to None if these are irrational.  Asked only about games that their doubles
        leave undecided.
    stage : uint8 array, shape (N,), optional
        Filled, for three and more players, with the last of ``STAGES`` that each game went to (its
        place); 255 for games that are not finite.
    evidence : list, optional
        What the subdivision knows of the games it solved is appended.

    Returns
    -------
    Equilibria
        Games with a payoff that is not finite have status NONFINITE and no equilibria.

    Raises
    ------
    ParameterError
        If there is no such method.
    GameError
        If the array has no room for players and their actions, or more than 64 choices.
    HedgingTypeError
        If an exact payoff is no rational number.

    Notes
    -----
    See the modules named above for the cost.  Chunking is internal and changes no result.
    The complete solvers for three and more players are compiled on first use, which takes up to
    a minute once per installation.  With ``exact=True`` they are not used, since equilibria in
    which three mix are irrational.

    Examples
    --------
    >>> pennies = np.array([[[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]]])
    >>> solve(pennies).probability.tolist()
    [[0.5, 0.5, 0.5, 0.5]]

    A third player who is better off with its first action whatever the others do:

    >>> third = np.stack([np.repeat(pennies[:, k, ..., None], 2, axis=-1) for k in (0, 1)], axis=1)
    >>> third = np.concatenate([third, np.broadcast_to([1.0, 0.0], (1, 1, 2, 2, 2))], axis=1)
    >>> found = solve(third)
    >>> found.probability.tolist(), Status(found.status[0]).name
    ([[0.5, 0.5, 0.5, 0.5, 1.0, 0.0]], 'OK')
    """
    if method not in METHODS:
        msg = f"method {method!r} given; choose one of {', '.join(map(repr, METHODS))}"
        raise ParameterError(msg)
    shape = payoffs.shape[2:]
    if payoffs.ndim < 3 or len(shape) != payoffs.shape[1] or 0 in shape:
        msg = f"payoffs of shape {payoffs.shape} given; give an array (N, n, m_1, ..., m_n)"
        raise GameError(msg)
    if sum(shape) > _MOST_CHOICES:
        msg = (
            f"a game with {sum(shape)} actions of all players together given; at most "
            f"{_MOST_CHOICES} are possible, so leave out dominated ones (Game.undominated)"
        )
        raise GameError(msg)
    if payoffs.dtype == object and not exact:
        # Rounding the payoffs first could make or break a tie.
        stage = np.zeros(len(payoffs), dtype=np.uint8) if stage is None else stage
        found = solve(payoffs, method=method, exact=True, stage=stage)
        found = replace(found, probability=found.probability.astype(np.float64))
        return _completed_objects(payoffs, method, found, stage, evidence)
    payoffs, finite = _read(payoffs, exact)
    if payoff_error is not None:
        payoff_error = None if exact else np.asarray(payoff_error, dtype=np.float64)
    games = np.flatnonzero(finite)
    went = np.zeros(len(games), dtype=np.uint8)
    known: list[Evidence] = []
    found = _finite(payoffs, games, method, exact, payoff_error, exact_payoffs, went, known)
    if evidence is not None:
        evidence += [each._replace(games=games[each.games]) for each in known]
    if stage is not None:
        stage[:] = _NOBODY
        stage[games] = went
    parts = [(games, found)]
    if games.size < finite.size:
        bad = np.flatnonzero(~finite)
        none = Rows(len(bad), shape, exact=exact)
        parts.append((bad, none.finish(np.full(len(bad), Status.NONFINITE, dtype=np.uint8))))
    return merge(len(payoffs), shape, parts, exact=exact)


def count_stages(stage: NDArray[np.uint8]) -> dict[str, int]:
    """How many games went how far, from what :func:`solve` put into ``stage``.

    Examples
    --------
    >>> count_stages(np.array([0, 0, 2, 255], dtype=np.uint8))
    {'two_mixers': 2, 'elimination': 0, 'subdivision': 1}
    """
    return {name: int((stage == k).sum()) for k, name in enumerate(STAGES)}


def _read(payoffs: Array, exact: bool) -> tuple[Array, NDArray[np.bool_]]:
    """The numbers to work with, and which games are finite."""
    axes = tuple(range(1, payoffs.ndim))
    if payoffs.dtype == object:
        try:
            finite = np.isfinite(payoffs.astype(np.float64))
        except OverflowError:
            finite = np.vectorize(lambda x: not isinstance(x, float) or np.isfinite(x))(payoffs)
        except (TypeError, ValueError):
            finite = np.ones(payoffs.shape, dtype=np.bool_)
    else:
        payoffs = payoffs.astype(np.float64)
        finite = np.isfinite(payoffs)
    good = np.asarray(finite.all(axis=axes), dtype=np.bool_)
    if not exact:
        return payoffs, good
    chosen = payoffs[good]
    whole = np.empty(payoffs.shape, dtype=object)
    if payoffs.dtype == object:
        for x in chosen.reshape(-1):
            if not isinstance(x, int | float | Fraction | np.integer | np.floating):
                msg = f"payoff {x!r} is no rational number; give ints or Fractions, or exact=False"
                raise HedgingTypeError(msg)
    whole[good] = as_fractions(chosen)
    return whole, good


def _finite(
    payoffs: Array,
    games: Ints,
    method: Any,
    exact: bool,
    error: Array | None,
    callback: ExactPayoffs | None,
    stage: NDArray[np.uint8],
    evidence: list[Evidence],
) -> Equilibria:
    chosen = payoffs[games]
    bound = None if error is None else error[games]

    def truth(some: Ints) -> Array | None:
        return None if callback is None else callback(games[some])

    if chosen.shape[1] == 2:

        def two(some: Ints) -> tuple[Array, Array] | None:
            block = truth(some)
            return None if block is None else (block[:, 0], block[:, 1])

        return bimatrix.solve(
            chosen[:, 0],
            chosen[:, 1],
            exact=exact,
            payoff_error=bound,
            exact_payoffs=None if callback is None else two,
            method="auto" if method in ("two_mixers", "subdivision") else method,
        )
    if chosen.shape[1] == 1:
        return _one_player(chosen, exact, bound, truth)
    ask = None if callback is None else truth
    if method == "subdivision" and not exact:
        stage[:] = _SUBDIVISION
        found, known = _subdivided(chosen, bound, ask, np.arange(len(chosen)))
        evidence.append(known)
        return found
    inner: Any = "auto" if method in ("two_mixers", "subdivision") else method
    found = two_mixers.solve(
        chosen, exact=exact, payoff_error=bound, exact_payoffs=ask, method=inner
    )
    left = np.flatnonzero(found.status == Status.INCOMPLETE)
    if exact or method == "two_mixers" or not left.size:
        return found
    return _completed(chosen, bound, ask, found, left, stage, evidence)


def _completed(
    payoffs: Array,
    error: Array | None,
    truth: ExactPayoffs | None,
    found: Equilibria,
    left: Ints,
    stage: NDArray[np.uint8],
    evidence: list[Evidence] | None,
) -> Equilibria:
    """Replace the answers of some games by those of the complete solvers."""
    from hedging.equilibria import multiplayer

    shape = payoffs.shape[2:]
    parts: list[tuple[Ints, Equilibria]] = []
    if multiplayer.supports(shape):
        bound = None if error is None else error[left]
        stage[left] = _ELIMINATION
        fast = multiplayer.solve(payoffs[left], payoff_error=bound)
        open_ones = fast.status != Status.OK
        parts.append((left[~open_ones], _some(fast, ~open_ones)))
        left = left[open_ones]
    if left.size and _can_subdivide(shape):
        bound = None if error is None else error[left]
        ask = None if truth is None else _of_some(truth, left)
        stage[left] = _SUBDIVISION
        slow, known = _subdivided(payoffs[left], bound, ask, left)
        # An answer that did not converge says less than the exact one already found.
        good = slow.status != Status.NO_CONVERGENCE
        parts.append((left[good], _some(slow, good)))
        if evidence is not None:
            evidence.append(_known_of(known, good))
    replaced = np.zeros(len(payoffs), dtype=np.bool_)
    for games, _ in parts:
        replaced[games] = True
    parts.append((np.flatnonzero(~replaced), _some(found, ~replaced)))
    return merge(len(payoffs), shape, parts, exact=False)


def _completed_objects(
    payoffs: Array,
    method: str,
    found: Equilibria,
    stage: NDArray[np.uint8],
    evidence: list[Evidence] | None,
) -> Equilibria:
    """The same beyond what exact arithmetic can do, for exact payoffs of three and more players."""
    left = np.flatnonzero(found.status == Status.INCOMPLETE)
    if not left.size or payoffs.shape[1] < 3 or method == "two_mixers":
        return found
    doubles = np.zeros(payoffs.shape)
    doubles[left] = payoffs[left].astype(np.float64)
    size = np.abs(doubles).reshape(*doubles.shape[:2], -1).max(axis=2)
    truth: ExactPayoffs = lambda some: payoffs[some]  # noqa: E731
    return _completed(doubles, size * 2.0**-52, truth, found, left, stage, evidence)


def _of_some(truth: ExactPayoffs, games: Ints) -> ExactPayoffs:
    def ask(some: Ints) -> Array | None:
        return truth(games[some])

    return ask


def _can_subdivide(shape: tuple[int, ...]) -> bool:
    """Whether the shape is within the limits of the subdivision."""
    free = sum(shape) - len(shape)
    supports = prod((1 << m) - 1 for m in shape)
    return free <= _MOST_FREE and prod(shape) <= _MOST_PROFILES and supports <= _MOST_SUPPORTS


def _subdivided(
    payoffs: Array, error: Array | None, truth: ExactPayoffs | None, games: Ints
) -> tuple[Equilibria, Evidence]:
    from hedging.equilibria.subdivision import solve_subdivision

    result = solve_subdivision(payoffs, payoff_error=error, exact_payoffs=truth)
    found = result.equilibria
    known = Evidence(games, found.offsets, result.radius, result.witness, result.dimension)
    return found, known


def _known_of(known: Evidence, keep: NDArray[np.bool_]) -> Evidence:
    """The same of some of the games."""
    count = np.diff(known.offsets)
    rows = np.repeat(keep, count)
    offsets = np.concatenate([[0], np.cumsum(count[keep])]).astype(np.int64)
    return Evidence(
        known.games[keep],
        offsets,
        known.radius[rows],
        known.witness[rows],
        known.dimension[rows],
    )


def _some(found: Equilibria, keep: NDArray[np.bool_]) -> Equilibria:
    """The equilibria of some of the games."""
    rows = keep[found.game]
    return Equilibria(
        np.concatenate([[0], np.cumsum(found.count[keep])]).astype(np.int64),
        found.probability[rows],
        found.support[rows],
        found.index[rows],
        found.isolated[rows],
        found.component[rows],
        found.status[keep],
    )


def _one_player(
    payoffs: Array, exact: bool, error: Array | None, truth: ExactPayoffs
) -> Equilibria:
    """The best actions; if there are several, every mix of them is as good."""
    doubt = np.zeros(len(payoffs), dtype=np.bool_)
    if error is not None:
        with np.errstate(all="ignore"):
            possible, _ = replies(Table(payoffs, error))
        doubt = (possible[0].sum(axis=0) > 1) & ~(error[:, 0] == 0)
        asked = np.flatnonzero(doubt)
        known = truth(asked) if asked.size else None
        if known is not None:
            payoffs = payoffs.astype(object)
            payoffs[asked] = known
            doubt[:] = False
    best = pure_equilibria(payoffs)
    several = best.sum(axis=1) > 1
    game, action = np.nonzero(best)
    rows = Rows(len(payoffs), payoffs.shape[2:], exact=exact)
    point = rows.blank(len(game))
    point[np.arange(len(game)), action] = Fraction(1) if exact else 1.0
    rows.add(
        game,
        point,
        np.where(several[game], 0, 1).astype(np.int8),
        ~several[game],
        np.zeros(len(game), dtype=np.int64),
    )
    return rows.finish(np.where(several | doubt, Status.DEGENERATE, Status.OK).astype(np.uint8))
