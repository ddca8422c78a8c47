"""Equilibria with at most two mixers of one game with ties, exactly.

Ties make continua.  Within a block (two players i, j who may mix, the others pure; see
:mod:`hedging.equilibria.pairs`) let X and Y be the vertices of the two players' best-response
polyhedra.  For x in X the equilibria (x, y) of the block that the other players accept are a
polytope, the *slice* at x:

    y >= 0 on the best replies to x,  all of supp x are best replies to y,
    sum_pq x_p y_q (u_k(p,q,a_k) - u_k(p,q,b)) >= 0  for every other player k and action b.

Its vertices are listed, and so are those of the slices at y in Y.  A slice is convex, so
its points share a component, and if it has two vertices none of them is isolated.

Completeness.  The equilibria of the bimatrix game are a union of products S x T of polytopes with
vertices in X and Y.  Where S or T is a single point, the part that the others accept is a slice.
Where both have two vertices and every other player accepts all pairs of vertices, it accepts S x
T, because its condition is bilinear; slices then give all extreme points.  Otherwise the others
cut S x T along a curved surface, which has no vertices to list, and the answer says that it is
not complete.

Listed points that differ in one player's strategy are joined as well, whichever blocks they are of.

An equilibrium is regular if both supports have the same size, both vertices are pinned down by
them, and every player strictly prefers its support.  It is isolated if it is regular; or if
:mod:`hedging.equilibria.pinned` proves it; or if its slices are points, no curved cut was met,
and either no three players can mix anywhere or at most two have several best replies at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from math import gcd
from typing import Any

from numpy.typing import NDArray

from hedging.equilibria.cones import extreme_rays
from hedging.equilibria.pairs import Block
from hedging.equilibria.pinned import is_pinned, joined_pairs
from hedging.equilibria.result import choice_offsets
from hedging.equilibria.vertices import best_response_vertices

__all__ = ["Tied", "tied_equilibria"]

Vector = tuple[int, ...]
Key = Vector
Matrix = list[list[int]]


@dataclass(slots=True)
class Tied:
    """What was found in one game.

    Attributes
    ----------
    points : dict
        Weight of every choice, each player's in coprime integers -> index (+1, -1, or 0 if
        not regular).
    continuum : set
        Points that are vertices of a slice of positive dimension.
    crowded : set
        Points where three or more players have several best replies.
    pinned : set
        Points that are not regular but proved to be isolated (:mod:`hedging.equilibria.pinned`).
    complete : bool
        False if a curved cut was met.
    """

    points: dict[Key, int] = field(default_factory=dict)
    continuum: set[Key] = field(default_factory=set)
    crowded: set[Key] = field(default_factory=set)
    pinned: set[Key] = field(default_factory=set)
    complete: bool = True
    _parent: dict[Key, Key] = field(default_factory=dict)

    def add(self, point: Key, index: int) -> None:
        """Note a point; a point found twice keeps the index that is defined."""
        self.points[point] = self.points.get(point, 0) or index
        self._parent.setdefault(point, point)

    def root(self, point: Key) -> Key:
        """Representative of the point's component."""
        while self._parent[point] != point:
            self._parent[point] = self._parent[self._parent[point]]
            point = self._parent[point]
        return point

    def join(self, points: Sequence[Key]) -> None:
        """The points lie in one convex set of equilibria."""
        for point in points[1:]:
            self._parent[self.root(point)] = self.root(points[0])
        if len(points) > 1:
            self.continuum.update(points)

    def isolated(self, point: Key, *, only_two_mix: bool) -> bool:
        """Whether the point is known to be isolated."""
        if self.points[point] or point in self.pinned:
            return True
        if point in self.continuum or not self.complete:
            return False
        return only_two_mix or point not in self.crowded


def tied_equilibria(
    payoffs: NDArray[Any], tied: Iterable[Block], strict: Iterable[tuple[Key, int]]
) -> Tied:
    """Extreme equilibria of one game, at most two players mixing.

    Parameters
    ----------
    payoffs : object array of ints, shape (n, m_1, ..., m_n)
    tied : iterable of Block
        Blocks to enumerate.
    strict : iterable of (weights, index)
        The equilibria of all other blocks, which are known to be regular.

    Returns
    -------
    Tied

    Notes
    -----
    Per block, two vertex enumerations and one small cone per vertex.
    """
    found = Tied()
    for point, index in strict:
        found.add(point, index)
    for block in tied:
        _BlockGame(payoffs, block).enumerate(found)
    # Blocks of different pairs of players meet in the strategies of a third.
    points = list(found.points)
    starts = choice_offsets(payoffs.shape[1:])
    profiles = [[p[a:b] for a, b in pairwise(starts)] for p in points]
    for one, other in joined_pairs(profiles):
        found.join([points[one], points[other]])
    for point, profile in zip(points, profiles, strict=True):
        loose = not found.points[point] and point not in found.continuum
        doubt = loose and (point in found.crowded or not found.complete)
        if doubt and is_pinned(payoffs, profile, _sign):
            found.pinned.add(point)
    return found


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


class _BlockGame:
    """One block of one game in integers."""

    def __init__(self, payoffs: NDArray[Any], block: Block) -> None:
        self.shape = payoffs.shape[1:]
        self.block = block
        i, j = block.first, block.second
        self.m, self.n = self.shape[i], self.shape[j]
        self.pure = [
            tuple(int(b == a) for b in range(m))
            for a, m in zip(block.profile, self.shape, strict=True)
        ]
        self.row, self.column = self._table(payoffs, i), self._table(payoffs, j)
        # What each other player loses by each action it does not play, per (p, q).
        self.outsiders: list[Matrix] = []
        for k, b in block.outsiders(self.shape):
            stay, leave = self._table(payoffs, k), self._table(payoffs, k, b)
            self.outsiders.append(
                [
                    [u - v for u, v in zip(here, there, strict=True)]
                    for here, there in zip(stay, leave, strict=True)
                ]
            )

    def _table(self, payoffs: NDArray[Any], player: int, action: int | None = None) -> Matrix:
        where: list[Any] = list(self.block.profile)
        if action is not None:
            where[player] = action
        where[self.block.first] = where[self.block.second] = slice(None)
        table: Matrix = payoffs[(player, *where)].tolist()
        return table

    def enumerate(self, found: Tied) -> None:
        if any(all(g < 0 for line in loss for g in line) for loss in self.outsiders):
            return
        transposed = [list(column) for column in zip(*self.column, strict=True)]
        xs = _vertices(transposed)
        ys = _vertices(self.row)
        for x, columns in xs:
            self._slice(found, x, columns, self.row, self.outsiders, ys, swap=False)
        mirrored = [[list(c) for c in zip(*loss, strict=True)] for loss in self.outsiders]
        for y, rows in ys:
            self._slice(found, y, rows, transposed, mirrored, xs, swap=True)
        if self._cut_is_curved(xs, ys):
            found.complete = False

    def _slice(
        self,
        found: Tied,
        held: Vector,
        replies: int,
        payoffs: Matrix,
        outsiders: list[Matrix],
        vertices: list[tuple[Vector, int]],
        *,
        swap: bool,
    ) -> None:
        """The other player's mixes that make an equilibrium with the mix ``held``.

        ``payoffs`` are those of the player who holds, own action first.
        """
        free = [c for c in range(len(payoffs[0])) if replies >> c & 1]
        support = [p for p, weight in enumerate(held) if weight]
        rows = [
            [payoffs[p][c] - payoffs[r][c] for c in free]
            for p in support
            for r in range(len(payoffs))
            if r != p
        ]
        rows += [[sum(held[p] * loss[p][c] for p in support) for c in free] for loss in outsiders]
        points = []
        known = dict(vertices)
        for ray in extreme_rays(len(free), rows):
            other = [0] * len(payoffs[0])
            for c, weight in zip(free, ray, strict=True):
                other[c] = weight
            mix = tuple(other)
            x, y = (mix, held) if swap else (held, mix)
            point = self._key(x, y)
            answers = known.get(mix, 0)
            regular = answers == sum(1 << p for p in support) and replies == sum(
                1 << c for c, weight in enumerate(mix) if weight
            )
            leaning = self._outsider_ties(x, y)
            found.add(point, self._index(x, y) if regular and not leaning else 0)
            if len(leaning) + self._mixing(x, y) > 2:
                found.crowded.add(point)
            points.append(point)
        found.join(points)

    def _key(self, x: Vector, y: Vector) -> Key:
        parts = list(self.pure)
        parts[self.block.first], parts[self.block.second] = x, y
        return tuple(w for part in parts for w in part)

    def _outsider_ties(self, x: Vector, y: Vector) -> set[int]:
        """Players outside the block who have another best reply."""
        names = [k for k, _ in self.block.outsiders(self.shape)]
        return {
            k for k, loss in zip(names, self.outsiders, strict=True) if _bilinear(loss, x, y) == 0
        }

    def _mixing(self, x: Vector, y: Vector) -> int:
        """How many of the two players have several best replies."""
        row = [sum(u * w for u, w in zip(line, y, strict=True)) for line in self.row]
        column = [
            sum(line[c] * w for line, w in zip(self.column, x, strict=True)) for c in range(self.n)
        ]
        return sum(values.count(max(values)) > 1 for values in (row, column))

    def _index(self, x: Vector, y: Vector) -> int:
        rows = [p for p, weight in enumerate(x) if weight]
        columns = [q for q, weight in enumerate(y) if weight]
        sign = 1 if len(rows) % 2 else -1
        for table in (self.row, self.column):
            base = table[rows[0]]
            value = _determinant(
                [
                    [
                        table[p][q] - base[q] - table[p][columns[0]] + base[columns[0]]
                        for q in columns[1:]
                    ]
                    for p in rows[1:]
                ]
            )
            sign *= (value > 0) - (value < 0)
        return sign

    def _cut_is_curved(self, xs: list[tuple[Vector, int]], ys: list[tuple[Vector, int]]) -> bool:
        """Whether others cut a product of two mixes that both vary."""
        if not self.outsiders:
            return False
        pairs = {
            (a, b)
            for a, (x, columns) in enumerate(xs)
            for b, (y, rows) in enumerate(ys)
            if all(columns >> q & 1 for q, w in enumerate(y) if w)
            and all(rows >> p & 1 for p, w in enumerate(x) if w)
        }
        for a, c in combinations(range(len(xs)), 2):
            shared = [b for b in range(len(ys)) if (a, b) in pairs and (c, b) in pairs]
            if len(shared) > 1 and any(
                _bilinear(loss, xs[e][0], ys[b][0]) < 0
                for loss, e, b in product(self.outsiders, (a, c), shared)
            ):
                return True
        return False


def _vertices(payoffs: Matrix) -> list[tuple[Vector, int]]:
    """Vertices of a best-response polyhedron with the bits of the best replies only."""
    replies = (1 << len(payoffs)) - 1
    return [
        (tuple(w // gcd(*mix) for w in mix), labels & replies)
        for mix, labels in best_response_vertices(payoffs)
    ]


def _bilinear(table: Matrix, x: Vector, y: Vector) -> int:
    return sum(
        a * sum(u * b for u, b in zip(line, y, strict=True))
        for a, line in zip(x, table, strict=True)
        if a
    )


def _determinant(matrix: Matrix) -> int:
    """Determinant by Laplace expansion; the matrices here have a few rows."""
    if not matrix:
        return 1
    return sum(
        (-1) ** c * head * _determinant([[*row[:c], *row[c + 1 :]] for row in matrix[1:]])
        for c, head in enumerate(matrix[0])
        if head
    )
