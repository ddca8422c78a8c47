"""All equilibria of many stored two-player games, in machine code.

The three steps of :mod:`hedging.equilibria.bimatrix`, each for a whole batch:

1. The sign kernel (:mod:`hedging.program.machine`) classifies all games; the equilibria of a game
   without open signs are its certain candidates, which a second kernel turns into probabilities,
   payoffs and regrets (:mod:`hedging.program.machine_expand`).
2. Games with an open sign are solved from exact signs, whatever they are like
   (:mod:`hedging.equilibria.extreme_order`).  The signs come from doubles if the payoffs are
   integers so small that no determinant is rounded, else from double-doubles, else from integers
   of any size.
3. Probabilities that cancellation may have spoiled are computed again, by the same stages.

The payoffs as stored are the truth.  Every game is multiplied by powers of two, one for each
player, where underflow or overflow would get in the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria import extreme_order
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.determinants import SignTable, sign_table
from hedging.equilibria.regions_code import Regions
from hedging.equilibria.result import Equilibria
from hedging.equilibria.stored_kernels import Kernels, kernels, sign_kernel, suits
from hedging.equilibria.stored_signs import Classified, classify, exact_determinants, in_integers
from hedging.errors import Status
from hedging.program.machine import CodeLayout

__all__ = [
    "Answers",
    "Listing",
    "StoredRegions",
    "regions",
    "regular",
    "solve",
    "solve_fully",
    "suits",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CHUNK = 1 << 16
"""Games at a time: what one kernel leaves to the next should stay in cache."""
_BATCH = 1 << 13
"""Games at a time by array operations."""
_FEW = 64
"""Games that are faster done in integers than by array operations."""
_TABLE_BITS = 20
"""Candidates up to which every code has its place in a table."""
_SUM_TO_ONE = 2.0**-45


class Answers(NamedTuple):
    """Equilibria with what they pay.

    Attributes
    ----------
    equilibria : Equilibria
    payoff : float64 array, shape (E, 2)
    regret : float64 array, shape (E,)
        Largest gain of a player from a deviation, computed from the payoffs.
    """

    equilibria: Equilibria
    payoff: Floats
    regret: Floats


class StoredRegions(NamedTuple):
    """What :func:`regions` returns.

    Attributes
    ----------
    codes : uint32 array, shape (N,)
    table : list of tuple of int
        Code c means the supports ``table[c - 1]``; see :mod:`hedging.equilibria.regions_code`.
    number : int64 array, shape (N,)
        Number of equilibria listed.
    status : uint8 array, shape (N,)
    """

    codes: NDArray[np.uint32]
    table: Regions
    number: Ints
    status: NDArray[np.uint8]


def regions(row: Floats, col: Floats) -> StoredRegions:
    """Which supports the equilibria of N games have, without the probabilities.

    Parameters
    ----------
    row, col : float64 array, shape (N, m, n)
        Payoffs of games of a shape that :func:`suits`.

    Returns
    -------
    StoredRegions
        The codes of :func:`hedging.equilibria.regions_code.encode`, without solving for
        probabilities.

    Notes
    -----
    Some 20 nanoseconds for a 3 x 3 game without ties, a few microseconds for one with ties.

    Examples
    --------
    >>> pennies = np.array([[[1.0, -1.0], [-1.0, 1.0]]])
    >>> found = regions(pennies, -pennies)
    >>> found.codes, found.table, found.number, found.status
    (array([1], dtype=uint32), [(15,)], array([1]), array([0], dtype=uint8))
    """
    count, m, n = row.shape
    table = sign_table(m, n)
    kernel = sign_kernel(m, n)
    codes = np.empty(kernel.layout.shape(count), dtype=kernel.layout.dtype)
    number = np.empty(count, dtype=np.int64)
    status = np.zeros(count, dtype=np.uint8)
    held: list[NDArray[np.int64]] = []
    solved: list[Ints] = []
    for start in range(0, count, _CHUNK):
        here = slice(start, min(start + _CHUNK, count))
        part = classify(kernel, *_chunk(row, col, here))
        codes[..., here], number[here] = part.codes, part.number
        status[here][part.bad] = Status.NONFINITE
        for begin in range(0, len(part.left), _BATCH):
            left = part.left[begin : begin + _BATCH]
            sign, _ = exact_determinants(table, part.row[left], part.col[left], values=False)
            found = extreme_order.support_sets(m, n, sign)
            held.append(found.words)
            solved.append(start + left)
            number[start + left] = found.number
            status[start + left[~found.regular]] = Status.DEGENERATE
    clean = status != Status.NONFINITE
    where = np.concatenate([*solved, np.empty(0, dtype=np.int64)])
    clean[where] = False
    certain, own = _of_codes(kernel.layout, codes if clean.all() else codes[..., clean])
    words = np.concatenate([extreme_order.words_of_candidates(m, n, certain), *held])
    distinct, place = extreme_order.canonical(words)
    region = np.zeros(count, dtype=np.uint32)
    region[clean] = place[: certain.shape[1]][own] + 1
    region[where] = place[certain.shape[1] :] + 1
    return StoredRegions(region, extreme_order.spell(m, n, distinct), number, status)


def _chunk(row: Floats, col: Floats, here: slice) -> tuple[Floats, Floats]:
    """Some games in one piece of memory, so that no kernel has to copy them."""
    return np.ascontiguousarray(row[here]), np.ascontiguousarray(col[here])


def _of_codes(layout: CodeLayout, codes: NDArray[Any]) -> tuple[NDArray[np.bool_], Ints]:
    """The candidates that distinct codes hold, shape (P, S), and the place of each code in them."""
    if layout.candidates <= _TABLE_BITS:
        seen = np.zeros(1 << layout.candidates, dtype=bool)
        seen[codes] = True
        distinct = np.flatnonzero(seen)
        place = np.zeros(len(seen), dtype=np.int64)
        place[distinct] = np.arange(len(distinct))
        return layout.certain(distinct.astype(layout.dtype)), place[codes]
    key = codes
    if layout.words > 1:
        # One sort of a mixture is faster than one sort per word; a collision is noticed.
        key = codes[0].copy()
        for word in codes[1:]:
            key = key * np.uint64(0x9E3779B97F4A7C15) + word
    _, examples, number = np.unique(key, return_index=True, return_inverse=True)
    number = number.reshape(-1)
    if layout.words > 1 and not np.array_equal(codes[:, examples][:, number], codes):
        _, examples, number = np.unique(codes, axis=1, return_index=True, return_inverse=True)
        number = number.reshape(-1)
    return layout.certain(np.ascontiguousarray(codes[..., examples])), number


def solve(row: Floats, col: Floats) -> Equilibria:
    """All equilibria of N two-player games; all extreme ones where they form continua.

    Parameters and result are those of :func:`hedging.equilibria.bimatrix.solve`, for float64
    payoffs of a shape that :func:`suits`.

    Examples
    --------
    >>> pennies = np.array([[[1.0, -1.0], [-1.0, 1.0]]])
    >>> solve(pennies, -pennies).probability.tolist()
    [[0.5, 0.5, 0.5, 0.5]]
    """
    return solve_fully(row, col).equilibria


def solve_fully(row: Floats, col: Floats) -> Answers:
    """All equilibria of N two-player games with their payoffs and regrets.

    Parameters
    ----------
    row, col : float64 array, shape (N, m, n)

    Returns
    -------
    Answers

    Notes
    -----
    Some 100 nanoseconds for a 3 x 3 game without ties, some 10 microseconds for one with ties.

    Examples
    --------
    >>> pennies = np.array([[[1.0, -1.0], [-1.0, 1.0]]])
    >>> found = solve_fully(pennies, -pennies)
    >>> found.payoff, found.regret
    (array([[0., 0.]]), array([0.]))
    """
    count, m, n = row.shape
    number = np.zeros(count, dtype=np.int64)
    status = np.zeros(count, dtype=np.uint8)
    lists = []
    for start in range(0, max(1, count), _CHUNK):
        here = slice(start, min(start + _CHUNK, count))
        own = _chunk(row, col, here)
        part = classify(sign_kernel(m, n), *own)
        status[here][part.bad] = Status.NONFINITE
        found = regular(kernels(m, n), part, *own)
        if len(part.left):
            others = [found]
            for begin in range(0, len(part.left), _BATCH):
                left = part.left[begin : begin + _BATCH]
                others.append(_irregular(sign_table(m, n), *own, left))
            found = Listing.merged(others)
            status[here][found.game[found.index == 0]] = Status.DEGENERATE
        number[here] = np.bincount(found.game, minlength=len(part.number))
        lists.append(found)
    whole = lists[0] if len(lists) == 1 else Listing.joined(lists)
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(number, out=offsets[1:])
    equilibria = Equilibria(
        offsets,
        whole.probability,
        whole.support,
        whole.index,
        whole.isolated,
        whole.component,
        status,
    )
    return Answers(equilibria, whole.payoff, whole.regret)


@dataclass(frozen=True, slots=True)
class Listing:
    """Equilibria of some games, game after game, in the order in which they are listed."""

    game: Ints
    probability: Floats
    support: NDArray[np.uint64]
    index: NDArray[np.int8]
    isolated: NDArray[np.bool_]
    component: NDArray[np.int32]
    payoff: Floats
    regret: Floats

    @staticmethod
    def joined(lists: Sequence[Listing]) -> Listing:
        """One list after the other."""
        names = [field.name for field in fields(Listing)]
        return Listing(*(np.concatenate([getattr(x, name) for x in lists]) for name in names))

    @staticmethod
    def merged(lists: Sequence[Listing]) -> Listing:
        """One list for several of different games."""
        whole = Listing.joined(lists)
        order = np.argsort(whole.game, kind="stable")
        return Listing(*(getattr(whole, field.name)[order] for field in fields(Listing)))


def _certificate(row: Floats, col: Floats, found: Listing, rows: Ints) -> None:
    """Compute payoff and regret of some rows, in increasing order, from the payoffs."""
    games, place = np.unique(found.game[rows], return_inverse=True)
    offsets = np.searchsorted(place.reshape(-1), np.arange(len(games) + 1))
    part = Equilibria(
        offsets.astype(np.int64),
        found.probability[rows],
        found.support[rows],
        found.index[rows],
        found.isolated[rows],
        found.component[rows],
        np.zeros(len(games), dtype=np.uint8),
    )
    payoffs = np.stack([row[games], col[games]], axis=1)
    found.payoff[rows], found.regret[rows] = payoffs_and_regret(payoffs, part)


def regular(kernel: Kernels, part: Classified, row: Floats, col: Floats) -> Listing:
    """Equilibria of the games whose codes are final, none of the others.

    Parameters
    ----------
    kernel : Kernels
    part : Classified
    row, col : float64 arrays, shape (K, m, n)
        The payoffs before any of them were scaled.
    """
    table, m = kernel.table, kernel.table.m
    found = kernel.expand(part.row, part.col, part.codes)
    game = np.repeat(np.arange(len(row)), np.diff(found.offsets))
    candidate = found.candidate.astype(np.int64)
    size = len(game)
    # A sum that is not 1 has met an underflow or an overflow.
    spoiled = np.zeros(size, dtype=bool)
    with np.errstate(invalid="ignore"):
        for own in (found.probability[:, :m], found.probability[:, m:]):
            total = own[:, 0].copy()
            for action in range(1, own.shape[1]):
                total += own[:, action]
            spoiled |= ~(np.abs(total - 1.0) <= _SUM_TO_ONE)
    if kernel.rough is not None:
        slot = kernel.rough_slot[candidate]
        large = np.flatnonzero(slot >= 0)
        rough = kernel.rough(part.row, part.col)
        spoiled[large] |= rough[slot[large], game[large]] != 0
    rows = np.flatnonzero(spoiled)
    if len(rows):
        found.probability[rows] = _again(table, row, col, game[rows], candidate[rows])
    result = Listing(
        game,
        found.probability,
        kernel.masks[candidate],
        found.index,
        np.ones(size, dtype=bool),
        (np.arange(size) - found.offsets[game]).astype(np.int32),
        found.payoff,
        found.regret,
    )
    if len(part.moved):
        spoiled |= np.isin(game, part.moved)
        rows = np.flatnonzero(spoiled)
    if len(rows):
        _certificate(row, col, result, rows)
    return result


def _again(table: SignTable, row: Floats, col: Floats, game: Ints, candidate: Ints) -> Floats:
    """Accurate probabilities of regular equilibria."""
    if len(game) < _FEW:
        return in_integers(table, row, col, game, (candidate, candidate))
    games, place = np.unique(game, return_inverse=True)
    row, col, place = row[games], col[games], place.reshape(-1)
    sign, values = exact_determinants(table, row, col)
    return _probabilities(table, row, col, sign, values, place, (candidate, candidate))


def _probabilities(
    table: SignTable,
    row: Floats,
    col: Floats,
    sign: NDArray[np.int8],
    values: Floats,
    game: Ints,
    bases: tuple[Ints, Ints],
) -> Floats:
    """Probabilities of pairs of vertices, in integers where the determinants are not known."""
    probability = extreme_order.mixes(table, sign, values, game, *bases)
    rows = np.flatnonzero(np.isnan(probability[:, 0]))
    if len(rows):
        few = bases[0][rows], bases[1][rows]
        probability[rows] = in_integers(table, row, col, game[rows], few)
    return probability


def _irregular(table: SignTable, row: Floats, col: Floats, left: Ints) -> Listing:
    """Extreme equilibria of the games ``left`` from exact signs."""
    row, col = row[left], col[left]
    sign, values = exact_determinants(table, row, col)
    found = extreme_order.extremes(table.m, table.n, sign)
    bases = found.row_basis, found.column_basis
    probability = _probabilities(table, row, col, sign, values, found.game, bases)
    size = len(found.game)
    result = Listing(
        found.game,
        probability,
        found.support,
        found.index,
        found.isolated,
        found.component,
        np.empty((size, 2)),
        np.empty(size),
    )
    _certificate(row, col, result, np.arange(size))
    return replace(result, game=left[found.game])
