"""Equilibria of games with three or more players in which at most two players mix.

1. Iterated elimination of strictly dominated actions (:mod:`hedging.equilibria.dominance`).  If
   at most two players keep a choice, the game is a bimatrix game, and
   :mod:`hedging.equilibria.bimatrix` gives all its equilibria, degenerate ones included.
2. Otherwise the regular equilibria with at most two mixers come from the signs of
   polynomials (:mod:`hedging.equilibria.pairs`), for all games at once.
3. Games with a sign within its rounding bound go through 1 and 2 again in integers, and games with
   true ties through :mod:`hedging.equilibria.tied`.  So the list is exact for the payoffs as
   stored, or for the exact ones where they are given.

What the list is worth.  If conditional dominance leaves no equilibrium in which three or more
players mix, nothing is missing: the status is ``ok`` if every equilibrium is regular, and then
their indices add up to +1, and ``degenerate`` if not.  In all other cases it is ``incomplete``:
what is listed is correct, and more may exist. In a degenerate and incomplete game ``isolated`` is
True only where it is certain, and two components might be joined through equilibria that are not
listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria import bimatrix
from hedging.equilibria.assembly import Rows, merge
from hedging.equilibria.balls import Table
from hedging.equilibria.dominance import Comparisons, at_most_two_mix
from hedging.equilibria.integers import as_integers
from hedging.equilibria.pairs import blocks, regular
from hedging.equilibria.result import Equilibria, choice_offsets, support_mask
from hedging.equilibria.tied import tied_equilibria
from hedging.errors import Status
from hedging.program.rationals import integer_rows

__all__ = ["solve"]

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Method = Literal["auto", "signs", "vertices"]
ExactPayoffs = Callable[[Ints], Array | None]

# Games per chunk: temporaries of this length stay in the cache.
_CHUNK = 1 << 14


def solve(
    payoffs: Array,
    *,
    exact: bool = False,
    payoff_error: Array | None = None,
    exact_payoffs: ExactPayoffs | None = None,
    method: Method = "auto",
) -> Equilibria:
    """All equilibria with at most two mixing players, for a batch of games.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        Finite float64, or object holding ints or Fractions; n >= 2.
    exact : bool
        Return probabilities as Fractions.
    payoff_error : float64 array, shape (N, n), optional
        Bound on the distance of each player's payoffs from the true ones.
    exact_payoffs : callable, optional
        From game numbers (K,) to the true payoffs, object array (K, n, m_1, ..., m_n), or to
        None if they are not rational.  Asked only about games that their doubles leave undecided.
    method : {"auto", "signs", "vertices"}
        "vertices" enumerates vertices of every game in integers; the others do so only for games
        with ties.

    Returns
    -------
    Equilibria
        Where ``payoff_error`` leaves a game undecided and there are no exact payoffs, the
        game as rounded is solved and its status is never ``OK``.

    Notes
    -----
    Time per game is proportional to the number of support pairs of equal size of all pairs of
    players times the number of profiles of the others.

    Examples
    --------
    Three players who each want to be in the minority: two settle on different actions
    and the third does not care.

    >>> import numpy as np
    >>> alone = np.zeros((1, 3, 2, 2, 2))
    >>> for a in np.ndindex(2, 2, 2):
    ...     for k in range(3):
    ...         alone[0, k][a] = a.count(a[k]) == 1
    >>> found = solve(alone)
    >>> int(found.count[0]), bool(found.isolated.any()), Status(found.status[0]).name
    (6, False, 'INCOMPLETE')
    """
    size = payoffs.shape[0]
    if method == "vertices" and not exact:
        return _exactly(payoffs, np.arange(size), payoff_error, exact_payoffs, method)
    parts = []
    for start in range(0, size, _CHUNK):
        games = np.arange(start, min(start + _CHUNK, size))
        callback = None if exact_payoffs is None else _shifted(exact_payoffs, games)
        error = None if payoff_error is None else payoff_error[games]
        part = as_integers(payoffs[games]) if exact else payoffs[games]
        parts.append((games, _solve_chunk(part, exact, error, callback, method)))
    return merge(size, payoffs.shape[2:], parts, exact=exact)


def _shifted(exact_payoffs: ExactPayoffs, games: Ints) -> ExactPayoffs:
    return lambda chosen: exact_payoffs(games[chosen])


def _solve_chunk(
    payoffs: Array,
    exact: bool,
    error: Array | None,
    callback: ExactPayoffs | None,
    method: Method,
) -> Equilibria:
    shape = payoffs.shape[2:]
    with np.errstate(all="ignore"):
        table = Table(payoffs, error)
        comparisons = Comparisons(table)
        kept = comparisons.survivors()
        complete = at_most_two_mix(comparisons, kept)
        maybe = complete
        if not table.plain:
            hopeful = Comparisons(table, hopeful=True)
            maybe = complete | at_most_two_mix(hopeful, hopeful.survivors())
    starts = choice_offsets(shape)
    active = np.zeros(table.size, dtype=np.int64)
    for a, b in pairwise(starts):
        active += kept[:, a:b].sum(axis=1) > 1
    parts = _reduced(payoffs, kept, np.flatnonzero(active <= 2), exact, error, callback, method)
    rest = np.flatnonzero(active > 2)
    if rest.size:
        more = _general(
            payoffs[rest],
            complete[rest],
            maybe[rest],
            exact,
            None if error is None else error[rest],
            None if callback is None else _shifted(callback, rest),
            method,
        )
        parts += [(rest[games], found) for games, found in more]
    return merge(table.size, shape, parts, exact=exact)


def _reduced(
    payoffs: Array,
    kept: Bools,
    games: Ints,
    exact: bool,
    error: Array | None,
    callback: ExactPayoffs | None,
    method: Method,
) -> list[tuple[Ints, Equilibria]]:
    """Games in which at most two players keep a choice, as bimatrix games."""
    shape = payoffs.shape[2:]
    starts = choice_offsets(shape)
    masks = support_mask(kept[games])
    parts = []
    for mask in np.unique(masks):
        here = games[masks == mask]
        left = [np.flatnonzero(kept[here[0], a:b]) for a, b in pairwise(starts)]
        # The two who choose; if fewer do, anyone fills the place with the one action left.
        order = sorted(range(len(shape)), key=lambda k: (len(left[k]) < 2, k))
        i, j = sorted(order[:2])

        def two(
            block: Array, i: int = i, j: int = j, left: list[Any] = left
        ) -> tuple[Array, Array]:
            # Every axis other than i's and j's has length one.
            inner = block[np.ix_(range(len(block)), range(len(shape)), *left)]
            pair = inner.reshape(*inner.shape[:2], len(left[i]), len(left[j]))
            return pair[:, i], pair[:, j]

        def truth(chosen: Ints, here: Ints = here, two: Any = two) -> Any:
            block = None if callback is None else callback(here[chosen])
            return None if block is None else two(block)

        row, col = two(payoffs[here])
        found = bimatrix.solve(
            row,
            col,
            exact=exact,
            payoff_error=None if error is None else error[here][:, [i, j]],
            exact_payoffs=None if callback is None else truth,
            method=method,
        )
        parts.append((here, _embedded(found, shape, left, i, j)))
    return parts


def _embedded(
    found: Equilibria, shape: tuple[int, ...], left: list[Array], i: int, j: int
) -> Equilibria:
    """Equilibria of the bimatrix game of players i and j as equilibria of the whole game."""
    starts = choice_offsets(shape)
    exact = found.probability.dtype == object
    whole = np.zeros((len(found.support), starts[-1]), dtype=found.probability.dtype)
    if exact:
        whole[:] = Fraction(0)
    for k, actions in enumerate(left):
        if k not in (i, j):
            whole[:, starts[k] + actions[0]] = Fraction(1) if exact else 1.0
    whole[:, starts[i] + left[i]] = found.probability[:, : len(left[i])]
    whole[:, starts[j] + left[j]] = found.probability[:, len(left[i]) :]
    support = support_mask((whole > 0).astype(np.bool_))
    return replace(found, probability=whole, support=support)


def _general(
    payoffs: Array,
    complete: Bools,
    maybe: Bools,
    exact: bool,
    error: Array | None,
    callback: ExactPayoffs | None,
    method: Method,
) -> list[tuple[Ints, Equilibria]]:
    """Games in which three or more players keep a choice."""
    table = Table(payoffs, error)
    rows, tied = regular(table)
    game, _, index, _, _ = rows.columns()
    consistent = np.bincount(game, weights=index, minlength=table.size) == 1
    status = np.where(complete & consistent, Status.OK, Status.INCOMPLETE).astype(np.uint8)
    if method == "vertices":
        tied[:] = True
    again = tied.any(axis=1)
    if not exact:
        again |= (maybe & ~complete) | (complete & ~consistent)
    plain, special = np.flatnonzero(~again), np.flatnonzero(again)
    parts = [(plain, rows.select(plain).finish(status[plain]))]
    if not special.size:
        return parts
    if exact:
        found = _with_ties(payoffs, rows, tied, special, complete)
    else:
        found = _exactly(payoffs, special, error, callback, method)
    return [*parts, (special, found)]


def _exactly(
    payoffs: Array, games: Ints, error: Array | None, callback: ExactPayoffs | None, method: Method
) -> Equilibria:
    """Solve in integers and round the probabilities."""
    truth = payoffs[games]
    doubt = np.zeros(len(games), dtype=np.bool_)
    if error is not None:
        doubt = ~(error[games] == 0).all(axis=1)
        asked = np.flatnonzero(doubt)
        known = callback(games[asked]) if callback is not None and asked.size else None
        if known is not None:
            truth = truth.astype(object)
            truth[asked] = known
            doubt[:] = False
    found = solve(truth, exact=True, method=method)
    status = found.status.copy()
    # Within the rounding of their payoffs these games may have a tie.
    status[doubt & (status == Status.OK)] = Status.DEGENERATE
    return replace(found, probability=found.probability.astype(np.float64), status=status)


def _with_ties(payoffs: Array, rows: Rows, tied: Bools, games: Ints, complete: Bools) -> Equilibria:
    """Enumerate the tied blocks of each game; payoffs are ints."""
    shape = payoffs.shape[2:]
    every = blocks(shape)
    game, probability, index, _, _ = rows.select(games).columns()
    starts = choice_offsets(shape)
    players = list(pairwise(starts))
    strict: list[list[tuple[tuple[int, ...], int]]] = [[] for _ in games]
    for g, p, sign in zip(game, probability.tolist(), index.tolist(), strict=True):
        # Coprime, because fractions are in lowest terms.
        weights = [w for a, b in players for w in integer_rows(p[a:b])]
        strict[g].append((tuple(weights), sign))
    result = Rows(len(games), shape, exact=True)
    status = np.zeros(len(games), dtype=np.uint8)
    for g, number in enumerate(games):
        found = tied_equilibria(
            payoffs[number], [every[b] for b in np.flatnonzero(tied[number])], strict[g]
        )
        points = list(found.points)
        sure = bool(complete[number])
        known = sure and found.complete
        row = result.blank(len(points))
        for r, point in enumerate(points):
            for a, b in players:
                whole = sum(point[a:b])
                row[r, a:b] = [Fraction(w, whole) for w in point[a:b]]
        roots: dict[tuple[int, ...], int] = {}
        component = [roots.setdefault(found.root(point), len(roots)) for point in points]
        signs = np.array([found.points[point] for point in points], dtype=np.int8)
        result.add(
            np.full(len(points), g),
            row,
            signs,
            np.array([found.isolated(point, only_two_mix=sure) for point in points]),
            np.array(component),
        )
        if not known:
            status[g] = Status.INCOMPLETE
        elif signs.all():
            # Ties that concern no equilibrium are no degeneracy.
            status[g] = Status.OK if signs.sum() == 1 else Status.INCOMPLETE
        else:
            status[g] = Status.DEGENERATE
    return result.finish(status)
