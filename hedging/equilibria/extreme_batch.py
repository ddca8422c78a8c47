"""Extreme equilibria of many games at once, from the exact signs of their determinants.

The same criterion as in :mod:`hedging.equilibria.extreme`, turned inside out: there one sign
vector is taken through all bases, here every basis is taken through all games, as a handful of
array operations.  That pays where sign vectors hardly repeat, as in integer games without
structure.

A basis (I, J) is accepted for the row player's polyhedron only if *all* its weights are
non-zero, so that J is the support of the vertex: every vertex has such a basis.  Two accepted
bases are the same vertex exactly if they have the same J and the same labels; the first one
stands for it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.determinants import sign_table
from hedging.program.logic import Group

__all__ = ["ExtremePairs", "extreme_pairs"]


class ExtremePairs(NamedTuple):
    """Extreme equilibria of K games, in no particular order.

    Attributes
    ----------
    game : int64 array, shape (E,)
    support : uint64 array, shape (E,)
        Bit c is set if choice c is played, the row player's choices first.
    regular : bool array, shape (E,)
        No choice is both unplayed and a best reply: isolated, quasi-strict, of index +1 or -1.
    row_basis, column_basis : int64 arrays, shape (E,)
        Candidates whose weights are the row player's and the column player's probabilities.
    """

    game: NDArray[np.int64]
    support: NDArray[np.uint64]
    regular: NDArray[np.bool_]
    row_basis: NDArray[np.int64]
    column_basis: NDArray[np.int64]


class _Basis(NamedTuple):
    support: int
    labels: int
    weights: tuple[tuple[int, int], ...]
    slacks: tuple[tuple[int, int, int], ...]
    constant: int


@lru_cache(maxsize=64)
def _bases(m: int, n: int) -> tuple[tuple[_Basis, ...], tuple[_Basis, ...]]:
    """Bases of the row player's vertices (from the column player's groups), and the others."""
    table = sign_table(m, n)

    def basis(group: Group, mixed: list[int], best: list[int], rest: list[int], own: int) -> _Basis:
        k = len(mixed)
        weights = tuple((s, d) for s, d in group[:k] if d is not None)
        slacks = tuple(
            (s, d, 1 << c) for (s, d), c in zip(group[k:], rest, strict=True) if d is not None
        )
        constant = next((s for s, d in group if d is None), 0)
        support = sum(1 << c for c in mixed)
        return _Basis(
            support, (own & ~support) | sum(1 << c for c in best), weights, slacks, constant
        )

    all_rows, all_columns = (1 << m) - 1, ((1 << n) - 1) << m
    for_rows, for_columns = [], []
    for (rows, columns), (row_group, column_group) in zip(
        table.supports, table.candidates, strict=True
    ):
        r, c = list(rows), [m + j for j in columns]
        other_rows = [i for i in range(m) if i not in rows]
        other_columns = [m + j for j in range(n) if j not in columns]
        for_rows.append(basis(column_group, r, c, other_columns, all_rows))
        for_columns.append(basis(row_group, c, r, other_rows, all_columns))
    return tuple(for_rows), tuple(for_columns)


def _vertices(
    bases: tuple[_Basis, ...], sign: NDArray[np.int8], dtype: type
) -> list[tuple[int, NDArray[np.bool_], NDArray[Any]]]:
    """Per basis that is a vertex of some game: its number, where it is one, its labels there."""
    count = sign.shape[1]
    found: list[tuple[int, NDArray[np.bool_], NDArray[Any]]] = []
    by_support: dict[int, list[int]] = {}
    for number, basis in enumerate(bases):
        up = np.full(count, basis.constant >= 0)
        down = np.full(count, basis.constant <= 0)
        for s, d in basis.weights:
            up &= sign[d] == s
            down &= sign[d] == -s
        for s, d, _ in basis.slacks:
            up &= sign[d] != -s
            down &= sign[d] != s
        valid = up | down
        if not valid.any():
            continue
        labels: NDArray[Any] = np.full(count, basis.labels, dtype=dtype)
        for _, d, bit in basis.slacks:
            labels |= np.where(sign[d] == 0, dtype(bit), dtype(0))
        earlier = by_support.setdefault(basis.support, [])
        for e in earlier:
            valid &= ~(found[e][1] & (found[e][2] == labels))
        if valid.any():
            earlier.append(len(found))
            found.append((number, valid, labels))
    return found


def extreme_pairs(m: int, n: int, sign: NDArray[np.int8]) -> ExtremePairs:
    """All extreme equilibria of K games with given exact signs.

    Parameters
    ----------
    m, n : int
        Numbers of actions; m + n at most 32.
    sign : int8 array, shape (D, K)
        Sign -1, 0 or +1 of every determinant of ``sign_table(m, n)``.

    Returns
    -------
    ExtremePairs

    Notes
    -----
    About P (m + P) array operations of length K for P support pairs; 3 x 3: P = 19.

    Examples
    --------
    The 2 x 2 game whose payoffs are all equal has four extreme equilibria, none regular:

    >>> found = extreme_pairs(2, 2, np.zeros((4, 1), dtype=np.int8))
    >>> sorted(found.support.tolist()), found.regular.any()
    ([5, 6, 9, 10], np.False_)
    """
    row_bases, column_bases = _bases(m, n)
    dtype = np.uint16 if m + n <= 16 else np.uint32
    full = dtype((1 << m + n) - 1)
    x, y = _vertices(row_bases, sign, dtype), _vertices(column_bases, sign, dtype)
    pieces: list[tuple[NDArray[np.int64], int, NDArray[np.bool_], int, int]] = []
    for p, valid, labels in x:
        missing = full & ~labels
        for q, other_valid, other_labels in y:
            hit = valid & other_valid
            hit &= (missing & ~other_labels) == 0
            games = np.flatnonzero(hit)
            if len(games):
                regular = (labels[games] & other_labels[games]) == 0
                support = row_bases[p].support | column_bases[q].support
                pieces.append((games, support, regular, p, q))
    lengths = [len(piece[0]) for piece in pieces]
    none = np.empty(0, dtype=np.int64)
    return ExtremePairs(
        np.concatenate([none, *(piece[0] for piece in pieces)]),
        np.repeat(np.array([piece[1] for piece in pieces], dtype=np.uint64), lengths),
        np.concatenate([none.astype(bool), *(piece[2] for piece in pieces)]),
        np.repeat(np.array([piece[3] for piece in pieces], dtype=np.int64), lengths),
        np.repeat(np.array([piece[4] for piece in pieces], dtype=np.int64), lengths),
    )
