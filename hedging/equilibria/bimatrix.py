"""All equilibria of a batch of two-player games.

Three ways to the answer, from fast to exact; each hands on what it cannot decide.

1. *Signs in doubles* (:mod:`hedging.equilibria.signs`).  A game that is not flagged has exactly the
   equilibria of its certain candidates.  Their probabilities are the weights divided by their
   sum; the weights share one sign, so nothing cancels there.  Where the weights themselves
   suffered from cancellation, they are computed again in integers.
2. *Exact signs* (:mod:`hedging.equilibria.extreme`) for flagged games: all extreme equilibria,
their
   components and indices.  If all are regular the game is ``OK`` after all, otherwise it is
   ``DEGENERATE``.  Payoffs that are small integers times a power of two need no big integers for
   this, since the doubles themselves hold every determinant.
3. *Vertex enumeration* (:mod:`hedging.equilibria.vertices`), exact too, for games with so many
support
   pairs that listing them does not pay.

A payoff that came out of a formula is known up to its rounding error.  Where that leaves a game
undecided, the exact payoffs are asked for; if there are none (the formula is irrational), the
game as rounded is solved and the status is ``DEGENERATE``, because a tie cannot be excluded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.equilibria.determinants import LARGEST, SignTable, program_size, sign_table
from hedging.equilibria.extreme import Pattern, extreme_pattern
from hedging.equilibria.result import Equilibria
from hedging.equilibria.signs import classify
from hedging.equilibria.stored_kernels import suits
from hedging.equilibria.vertices import extreme_equilibria
from hedging.equilibria.weights import (
    as_integers,
    integer_values,
    is_finite,
    is_rough,
    quotients,
    read_payoffs,
    support_weights,
)
from hedging.errors import GameError, ParameterError, Status
from hedging.program import doubles

__all__ = ["ExactPayoffs", "solve"]

Indices = NDArray[np.int64]
Objects = NDArray[np.object_]
Floats = NDArray[np.float64]
ExactPayoffs = Callable[[Indices], tuple[Objects, Objects] | None]

_CHUNK = 1 << 13
_MOST_CHOICES = 64  # supports are masks of 64 bits
_MOST_DETERMINANTS = 3000  # beyond, one vertex enumeration is faster than building the table


def solve(
    row: ArrayLike,
    col: ArrayLike,
    *,
    exact: bool = False,
    payoff_error: ArrayLike | None = None,
    exact_payoffs: ExactPayoffs | None = None,
    method: Literal["auto", "signs", "vertices"] = "auto",
    engine: Literal["auto", "machine", "numpy"] = "auto",
) -> Equilibria:
    """All equilibria of N two-player games; all extreme ones where they form continua.

    Parameters
    ----------
    row, col : array_like, shape (N, m, n)
        Payoffs of the row and of the column player, row player's action first.
    exact : bool
        Read payoffs as exact numbers (int, Fraction; a float means the binary fraction it is)
        and return probabilities as Fractions.
    payoff_error : array_like, shape (N, 2), optional
        Bound on ``|payoff - true payoff|`` for the row and the column player; default 0.  Not for
        ``exact=True``.
    exact_payoffs : callable, optional
        Given indices of games, returns their true payoffs as two object arrays of Fractions, or
        None if they are irrational.  Asked only about games that their doubles leave undecided.
    method : {"auto", "signs", "vertices"}
        "signs" reads determinants (min(m, n) <= 5), "vertices" enumerates vertices exactly;
        "auto" takes signs where their number is small.
    engine : {"auto", "machine", "numpy"}
        "machine" solves float64 games without ``payoff_error`` by compiled kernels
        (:mod:`hedging.equilibria.stored`); "auto" does so where the batch is large enough to be
        worth them.  The answers are the same, probabilities up to rounding.

    Returns
    -------
    Equilibria
        Status per game: OK (these are all equilibria, all regular), DEGENERATE (these are all
        extreme equilibria; or payoffs too uncertain to say more) or NONFINITE (none listed).

    Raises
    ------
    GameError
        If shapes do not match or there are more than 64 choices.
    ParameterError
        If the method or the engine is unknown, or the compiled kernels do not suit.
    HedgingTypeError
        If an exact payoff is not a rational number.

    Notes
    -----
    Time per unflagged game O(D + P m) for D determinants and P support pairs (3 x 3: 24 and 19),
    all vectorised; a flagged game takes some tens of microseconds to milliseconds.

    Examples
    --------
    The battle of the sexes:

    >>> result = solve([[[3, 0], [0, 2]]], [[[2, 0], [0, 3]]])
    >>> result.probability.round(3).tolist()
    [[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0], [0.6, 0.4, 0.4, 0.6]]
    >>> result.index.tolist(), Status(result.status[0]).meaning
    ([1, 1, -1], 'ok')

    A tie: the column player is indifferent when the row player plays the first action, and the
    equilibria there form a segment, of which both ends are listed.

    >>> result = solve([[[1, 1], [0, 2]]], [[[0, 0], [1, 0]]], exact=True)
    >>> [" ".join(map(str, point)) for point in result.probability]
    ['1 0 1 0', '1 0 1/2 1/2']
    >>> result.isolated.tolist(), Status(result.status[0]).meaning
    ([False, False], 'degenerate')
    """
    a, b = read_payoffs(row, exact), read_payoffs(col, exact)
    if a.ndim != 3 or a.shape != b.shape or 0 in a.shape[1:]:
        msg = f"payoffs of shapes {a.shape} and {b.shape} given; give two of one shape (N, m, n)"
        raise GameError(msg)
    if method not in {"auto", "signs", "vertices"}:
        msg = f"method {method!r} given; choose 'auto', 'signs' or 'vertices'"
        raise ParameterError(msg)
    count, m, n = a.shape
    if m + n > _MOST_CHOICES:
        msg = f"a {m} x {n} game given; at most {_MOST_CHOICES} actions of both players together"
        raise GameError(msg)
    error = None if payoff_error is None or exact else _errors(payoff_error, count)
    stored = not exact and error is None and method != "vertices" and suits(m, n)
    if _use_machine(engine, stored, stored and suits(m, n, count)):
        from hedging.equilibria import stored as machine

        return machine.solve(a, b)
    batch = _Batch(a, b, error, exact, exact_payoffs)
    few = min(m, n) <= LARGEST and program_size(m, n) <= _MOST_DETERMINANTS
    if method == "vertices" or (method == "auto" and not few):
        batch.by_vertices(np.flatnonzero(batch.finite))
    else:
        table = sign_table(m, n)
        if exact:
            batch.by_integers(np.flatnonzero(batch.finite), table)
        else:
            for start in range(0, count, _CHUNK):
                here = np.arange(start, min(start + _CHUNK, count))
                batch.by_signs(here[batch.finite[here]], table)
    return batch.collect()


def _use_machine(engine: str, able: bool, worthwhile: bool) -> bool:
    if engine not in {"auto", "machine", "numpy"}:
        msg = f"engine {engine!r} given; choose 'auto', 'machine' or 'numpy'"
        raise ParameterError(msg)
    if engine == "machine" and not able:
        msg = (
            "engine 'machine' takes float64 games of few actions without payoff_error; "
            "type engine='auto'"
        )
        raise ParameterError(msg)
    return worthwhile if engine == "auto" else engine == "machine"


def _errors(given: ArrayLike, count: int) -> NDArray[np.float64]:
    error = np.asarray(given, dtype=np.float64)
    if error.shape != (count, 2):
        msg = (
            f"payoff_error of shape {error.shape} given; give one bound per game and player, "
            f"shape ({count}, 2)"
        )
        raise GameError(msg)
    return error


class _Batch:
    """The games, what is known about their payoffs, and the equilibria found so far."""

    def __init__(
        self,
        row: NDArray[Any],
        col: NDArray[Any],
        error: NDArray[np.float64] | None,
        exact: bool,
        exact_payoffs: ExactPayoffs | None,
    ) -> None:
        self.row, self.col, self.error = row, col, error
        self.exact, self.exact_payoffs = exact, exact_payoffs
        self.count, self.m, self.n = row.shape
        self.finite = is_finite(row) & is_finite(col)
        self.status = np.where(self.finite, Status.OK, Status.NONFINITE).astype(np.uint8)
        # Rows of any games: (game, probability, support, index, isolated, component).  Rows of one
        # game are put in the order in which they are to be listed.
        self.blocks: list[tuple[NDArray[Any], ...]] = []

    def put(self, games: Indices, probability: NDArray[Any], *others: Any) -> None:
        """Add one equilibrium for each of ``games``; the rest may be one value for all."""
        kinds = (np.uint64, np.int8, np.bool_, np.int32)
        columns: list[NDArray[Any]] = [
            np.broadcast_to(np.asarray(values, dtype=kind), len(games))
            for values, kind in zip(others, kinds, strict=True)
        ]
        self.blocks.append((games, probability, *columns))

    def collect(self) -> Equilibria:
        kind = np.object_ if self.exact else np.float64
        self.put(np.empty(0, dtype=np.int64), np.empty((0, self.m + self.n), kind), 0, 0, False, 0)
        game, *columns = (np.concatenate(parts) for parts in zip(*self.blocks, strict=True))
        order = np.argsort(game, kind="stable")
        offsets = np.zeros(self.count + 1, dtype=np.int64)
        np.cumsum(np.bincount(game, minlength=self.count), out=offsets[1:])
        probability, support, index, isolated, component = (c[order] for c in columns)
        return Equilibria(offsets, probability, support, index, isolated, component, self.status)

    # -- 1. signs in doubles ---------------------------------------------------------------

    def by_signs(self, games: Indices, table: SignTable) -> None:
        """Solve the unflagged games of a chunk from their determinants, hand on the others."""
        row, col = self.row[games], self.col[games]
        error = None if self.error is None else self.error[games]
        certain, flag, values = classify(row, col, error, determinants=True)
        certain &= ~flag[:, None]
        component = np.zeros(len(games), dtype=np.int32)
        for c in np.flatnonzero(certain.any(axis=0)).tolist():
            here = np.flatnonzero(certain[:, c])
            rows, columns = table.supports[c]
            weights = support_weights(table, c, c, values[:, here])
            probability = self._point(weights, len(here))
            # The common sign of a group is that of its first weight.
            first, second = weights[0][rows[0]], weights[1][columns[0]]
            index = np.sign(first) * np.sign(second) * (1 if len(rows) % 2 else -1)
            if len(rows) > 2:  # smaller supports have single differences as weights
                rough = is_rough(row[here], rows, columns, weights[1])
                rough |= is_rough(col[here].transpose(0, 2, 1), columns, rows, weights[0])
                for at in np.flatnonzero(rough):
                    exactly = integer_values(table, row[here[at]], col[here[at]])
                    probability[at] = self._point(support_weights(table, c, c, exactly), 1)
            support = sum(1 << i for i in rows) + sum(1 << self.m + j for j in columns)
            self.put(games[here], probability, support, index, True, component[here])
            component[here] += 1
        self.by_exact_doubles(games[flag], table)

    # -- 2. exact signs --------------------------------------------------------------------

    def by_exact_doubles(self, games: Indices, table: SignTable) -> None:
        """Solve games whose determinants doubles hold exactly, hand on the others."""
        if not len(games):
            return
        row, row_fits = as_integers(self.row[games], min(self.m - 1, self.n), own=1)
        col, col_fits = as_integers(self.col[games], min(self.n - 1, self.m), own=2)
        fits = row_fits & col_fits & ~self._uncertain(games)
        self.by_integers(games[~fits], table)
        games = games[fits]
        payoffs = np.concatenate(
            [p[fits].reshape(len(games), self.m * self.n).T for p in (row, col)]
        )
        values = np.empty((len(table.orders), len(games)))
        for d, value in enumerate(doubles.evaluate(table.program, list(payoffs))):
            values[d] = value
        signs = (np.sign(values) + 1.0).astype(np.uint8).T
        distinct, which = np.unique(signs, axis=0, return_inverse=True)
        order = np.argsort(which.reshape(-1), kind="stable")
        ends = np.cumsum(np.bincount(which.reshape(-1), minlength=len(distinct)))
        for key, here in zip(distinct, np.split(order, ends[:-1]), strict=False):
            pattern = extreme_pattern(self.m, self.n, key.tobytes())
            self._put_pattern(games[here], pattern, table, values[:, here])

    def by_integers(self, games: Indices, table: SignTable) -> None:
        """Solve games one by one in integers of any size."""
        row, col, undecided = self._truth(games)
        for k in range(len(games)):
            values = integer_values(table, row[k], col[k])
            signs = bytes((v > 0) - (v < 0) + 1 for v in values)
            pattern = extreme_pattern(self.m, self.n, signs)
            self._put_pattern(games[k : k + 1], pattern, table, values)
        self.status[games[undecided]] = Status.DEGENERATE

    def _put_pattern(
        self,
        games: Indices,
        pattern: Pattern,
        table: SignTable,
        values: Sequence[int] | NDArray[np.float64],
    ) -> None:
        found = pattern.found
        if not found.regular:
            self.status[games] = Status.DEGENERATE
        for e, bases in enumerate(zip(pattern.row_basis, pattern.column_basis, strict=True)):
            probability = self._point(support_weights(table, *bases, values), len(games))
            self.put(
                games,
                probability,
                found.supports[e],
                found.index[e],
                found.isolated[e],
                found.component[e],
            )

    def _point(self, weights: tuple[list[Any], list[Any]], count: int) -> NDArray[Any]:
        """Probabilities of ``count`` games, shape (count, m + n), from the players' weights."""
        probability = np.empty((count, self.m + self.n), dtype=object if self.exact else float)
        for c, share in enumerate(q for w in weights for q in quotients(w, self.exact)):
            probability[:, c] = share
        return probability

    # -- 3. vertex enumeration -------------------------------------------------------------

    def by_vertices(self, games: Indices) -> None:
        """Solve games one by one by double description."""
        row, col, undecided = self._truth(games)
        for k, game in enumerate(games):
            found, points = extreme_equilibria(row[k].tolist(), col[k].tolist())
            self.put(
                np.full(len(points), game),
                np.array(points, dtype=object if self.exact else float),
                found.supports,
                found.index,
                found.isolated,
                found.component,
            )
            if not found.regular:
                self.status[game] = Status.DEGENERATE
        self.status[games[undecided]] = Status.DEGENERATE

    # -- payoffs ---------------------------------------------------------------------------

    def _uncertain(self, games: Indices) -> NDArray[np.bool_]:
        """Whether the payoffs of each game may differ from the doubles given."""
        if self.error is None:
            return np.zeros(len(games), dtype=bool)
        uncertain: NDArray[np.bool_] = (self.error[games] != 0).any(axis=1)
        return uncertain

    def _truth(self, games: Indices) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
        """Payoffs to take as exact, and for which games that is more than is known."""
        row, col = self.row[games].astype(object), self.col[games].astype(object)
        undecided = self._uncertain(games)
        asked = np.flatnonzero(undecided)
        if len(asked) and self.exact_payoffs is not None:
            truth = self.exact_payoffs(games[asked])
            if truth is not None:
                row[asked], col[asked] = (read_payoffs(p, True) for p in truth)
                undecided = np.zeros_like(undecided)
        return row, col, undecided
