"""All extreme equilibria from the exact signs of the determinants.

No arithmetic beyond the signs is needed, however degenerate the game is.  In the notation of
:mod:`hedging.equilibria.signs`, a pair (I, J) of equal size whose weights are not all zero, and
in whose group no two members have opposite signs, is a basis of a vertex y of the row player's
best-response polyhedron: y has the weights as probabilities.  Its labels are the columns outside
J and those of J with weight zero (not played), the rows of I and those outside I with slack zero
(best replies).  Every vertex has such a basis: its support J, and |J| independent rows among the
best replies to it.  A vertex is determined by its labels, so equal label sets mean the same
vertex.

Fully labelled pairs of vertices are the extreme equilibria (:mod:`hedging.equilibria.components`).
Grids of parameters repeat few sign vectors, so the answer is remembered per sign vector.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from hedging.equilibria.components import ExtremeSet, arrange
from hedging.equilibria.determinants import sign_table
from hedging.program.logic import Group

__all__ = ["Pattern", "extreme_pattern"]


class Pattern(NamedTuple):
    """The extreme equilibria of all games that share a sign vector.

    Attributes
    ----------
    found : ExtremeSet
        Supports, indices, components, in order.
    row_basis, column_basis : tuple of int
        Per equilibrium the candidates whose weights are the row player's and the column player's
        probabilities; the row player's are in the *column* player's group, and the other way round.
    """

    found: ExtremeSet
    row_basis: tuple[int, ...]
    column_basis: tuple[int, ...]


class _Basis(NamedTuple):
    """One group as a candidate for a vertex: its labels, and per member sign, output, label."""

    size: int
    labels: int
    members: tuple[tuple[int, int | None, int], ...]


@lru_cache(maxsize=64)
def _bases(m: int, n: int) -> tuple[tuple[_Basis, ...], tuple[_Basis, ...]]:
    """Bases of the column player's vertices (row player's groups), and the other way round."""
    table = sign_table(m, n)

    def basis(
        group: Group, best: list[int], rest: list[int], mixed: list[int], idle: list[int]
    ) -> _Basis:
        bits = [1 << choice for choice in (*mixed, *rest)]
        members = tuple((s, d, bit) for (s, d), bit in zip(group, bits, strict=True))
        return _Basis(len(mixed), sum(1 << c for c in (*best, *idle)), members)

    column_vertices, row_vertices = [], []
    for (rows, columns), (row_group, column_group) in zip(
        table.supports, table.candidates, strict=True
    ):
        mine, others = list(rows), [r for r in range(m) if r not in rows]
        theirs, idle = [m + c for c in columns], [m + c for c in range(n) if c not in columns]
        column_vertices.append(basis(row_group, mine, others, theirs, idle))
        row_vertices.append(basis(column_group, theirs, idle, mine, others))
    return tuple(column_vertices), tuple(row_vertices)


def _vertices(bases: tuple[_Basis, ...], signs: bytes) -> dict[int, tuple[int, int]]:
    """Label set of each vertex -> (its first basis, the common sign of the group there)."""
    found: dict[int, tuple[int, int]] = {}
    for position, (size, labels, members) in enumerate(bases):
        common = 0
        nonzero_weights = 0
        for place, (sign, output, label) in enumerate(members):
            value = sign if output is None else sign * (signs[output] - 1)
            if value == 0:
                labels |= label
                continue
            if value == -common:
                break
            common = value
            nonzero_weights += place < size
        else:
            if nonzero_weights:
                found.setdefault(labels, (position, common))
    return found


@lru_cache(maxsize=1 << 15)
def extreme_pattern(m: int, n: int, signs: bytes) -> Pattern:
    """Extreme equilibria of the m x n games with given exact signs.

    Parameters
    ----------
    m, n : int
        Numbers of actions.
    signs : bytes
        For every determinant of ``sign_table(m, n)`` its sign plus one: 0, 1 or 2.

    Notes
    -----
    Time O(P m) for P support pairs, plus the product of the numbers of vertices.

    Examples
    --------
    A 2 x 2 game without strict preferences has four extreme equilibria in one component:

    >>> extreme_pattern(2, 2, bytes([1, 1, 1, 1])).found.component
    (0, 0, 0, 0)
    """
    table = sign_table(m, n)
    column_bases, row_bases = _bases(m, n)
    x, y = _vertices(row_bases, signs), _vertices(column_bases, signs)
    x_labels, y_labels = list(x), list(y)

    def index(row_vertex: int, column_vertex: int) -> int:
        # A regular equilibrium has one basis for both players, its supports.
        position, column_sign = x[x_labels[row_vertex]]
        _, row_sign = y[y_labels[column_vertex]]
        size = len(table.supports[position][0])
        return row_sign * column_sign * (1 if size % 2 else -1)

    found = arrange(x_labels, y_labels, (m, n), index)
    return Pattern(
        found,
        tuple(x[x_labels[a]][0] for a, _ in found.pairs),
        tuple(y[y_labels[b]][0] for _, b in found.pairs),
    )
