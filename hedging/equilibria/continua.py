r"""Equilibria of one degenerate game with three or more players.

Where at most two players mix, :mod:`hedging.equilibria.two_mixers` lists all extreme equilibria
exactly.  The supports in which three or more mix are searched (:mod:`hedging.equilibria.cells`)
down to cells of a moderate width.  That leaves

* *strict* roots, regular equilibria with a proof;
* *leaning* roots, equilibria at which within rounding a probability or a slack is zero.  If it is a
  probability, the root belongs to a smaller support; it is listed only if nothing is found there;
* *cells* that could not be decided, because the equilibria in them form a continuum, or one
  of them is singular.

The continua are the connected components of the graph whose nodes are the cells and the
equilibria that are not regular, joined where they touch.  So two components nearer to each other
than the width of a cell count as one.  Listed of a component are its equilibria with at most two
mixers and a *witness*, a point that a cell's centre descends to by Levenberg-Marquardt steps, which
stands for all those where more mix.  The rank deficiency of the Jacobian of the support at the
witness bounds the component's dimension there, and equals it where the rank is constant.

A group of cells without a witness and without a listed point is searched again down to a tiny
width: mostly it was just a near miss and vanishes; if not, the game remains undecided.  A small
group with at most one listed point is searched again, too: if it shrinks to a point, that is an
isolated singular equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.boxes import Boxes, no_boxes
from hedging.equilibria.cells import BUDGET, LEANING
from hedging.equilibria.support_search import examine
from hedging.equilibria.supports import Supports

__all__ = ["Continuum", "Point", "Survey", "survey"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Widths to try, by number of free probabilities; from _COARSE on an isolated equilibrium may hide.
_WIDTHS = {3: (2.0**-6, 2.0**-5, 2.0**-3), 4: (2.0**-5, 2.0**-4, 2.0**-2)}
_WIDE = (2.0**-4, 2.0**-2, 2.0**-1)
_COARSE = 2.0**-3
_DEEP = 2.0**-22
_FAIRLY_DEEP = 2.0**-11
_POINT = 2.0**-14
_ROOTS = 256
_CELLS = 1024
_SMALL = 64
_NEAR = 2.0**-26
_RANK = 1e-6
_INNER = 1e-6


@dataclass(slots=True)
class Point:
    """One equilibrium of the game."""

    probability: Floats
    index: int
    radius: float
    isolated: bool
    component: int
    witness: bool = False


class Continuum(NamedTuple):
    """A component that reaches supports with three or more mixers.

    Attributes
    ----------
    component : int
    probability : float64 array, shape (C,)
        A point of it where three or more mix.
    dimension : int
        Rank deficiency of the support's Jacobian there.
    """

    component: int
    probability: Floats
    dimension: int


@dataclass(slots=True)
class Survey:
    """What :func:`survey` found.

    Attributes
    ----------
    points : list of Point
    continua : list of Continuum
    covers : list of (component, low, high)
        Boxes of probabilities, shape (K, C), that hold what no list of points can of a component.
    cells, unresolved : int
        Cells looked at; cells that could neither be decided nor explained.
    exhausted : bool
        Whether the budget ran out.
    """

    points: list[Point]
    continua: list[Continuum] = field(default_factory=list)
    covers: list[tuple[int, Floats, Floats]] = field(default_factory=list)
    cells: int = 0
    unresolved: int = 0
    exhausted: bool = False


def survey(
    gains: Floats, noise: Floats, supports: Supports, points: list[Point], most: int
) -> Survey:
    """Complete the list of equilibria of one game beyond two mixers.

    Parameters
    ----------
    gains : float64 array, shape (n, m_1, ..., m_n)
        Payoffs up to a function of the others' actions, own differences at most 1.
    noise : float64 array, shape (n,)
        Bound on their error.
    supports : Supports
        Those with three or more mixers.
    points : list of Point
        All extreme equilibria with at most two mixers.
    most : int
        Number of cells to look at.
    """
    return _Surveyor(gains, noise, supports, points, most).run()


class _Surveyor:
    def __init__(
        self, gains: Floats, noise: Floats, supports: Supports, points: list[Point], most: int
    ) -> None:
        self.gains, self.noise, self.supports = gains, noise, supports
        self.flat = np.ascontiguousarray(gains.reshape(len(gains), -1))
        self.most = most
        self.result = Survey(points)
        self.width = int(supports.starts[-1])
        self.leaning: list[tuple[Floats, float]] = []

    def run(self) -> Survey:
        cells = no_boxes(self.width)
        for s in range(len(self.supports.dims)):
            count = int(self.supports.dims[s].sum())
            whole = np.zeros((1, count)), np.ones((1, count))
            for smallest in _WIDTHS.get(count, _WIDE):
                left = self._examine(s, *whole, smallest)
                if left is not None:
                    cells = cells.join(left)
                    self.result.exhausted |= len(left.good) > 0 and smallest >= _COARSE
                    break
            else:
                self.result.exhausted = True
        self._place_leaning()
        self._explain(cells)
        return self.result

    def _examine(self, s: int, low: Floats, high: Floats, smallest: float) -> Boxes | None:
        """Search one support; None if that is too much work."""
        some = self.supports
        d = low.shape[1]
        roots, radii = np.zeros((_ROOTS, d)), np.zeros(_ROOTS)
        kinds, signs = np.zeros(_ROOTS, np.int64), np.zeros(_ROOTS, np.int64)
        spill = np.zeros((3, _CELLS, d))
        good, tally = np.zeros(_CELLS, np.int64), np.zeros(2, np.int64)
        found = examine(
            self.flat, self.noise, some.starts, some.steps, some.order[s], some.dims[s],
            some.against[s], some.places, low, high, smallest,
            max(0, self.most - self.result.cells), roots, radii, kinds, signs,
            spill[0], spill[1], spill[2], good, tally,
        )  # fmt: skip
        self.result.cells += int(tally[0])
        if found == BUDGET:
            return None
        for e in range(found):
            probability = self._lift(s, roots[e : e + 1])[0]
            if kinds[e] == LEANING:
                self.leaning.append((probability, float(radii[e])))
            elif all(
                p.index == 0 or self._apart(p, probability, radii[e]) for p in self.result.points
            ):
                sign = int(signs[e]) * (-1) ** d
                self.result.points.append(Point(probability, sign, float(radii[e]), True, -1))
        k = int(tally[1])
        low, high = self._boxes(s, spill[0, :k], spill[1, :k])
        point, sure = self._lift(s, spill[2, :k]), good[:k] != 0
        inner = sure & (point[:, self._choices(s)] > _INNER).all(axis=1)
        return Boxes(np.full(k, s), low, high, point, sure, inner)

    def _lift(self, s: int, x: Floats) -> Floats:
        """Probabilities of all choices from those of the non-reference ones."""
        return self._boxes(s, x, x)[0]

    def _boxes(self, s: int, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        some = self.supports
        wide = np.zeros((2, len(low), self.width))
        first = 0
        for i, d in enumerate(some.dims[s].tolist()):
            a = int(some.starts[i])
            own = a + some.order[s, a : a + d + 1]
            part = slice(first, first + d)
            wide[0][:, own[1:]], wide[1][:, own[1:]] = low[:, part], high[:, part]
            wide[0][:, own[0]] = np.maximum(0.0, 1.0 - high[:, part].sum(axis=1))
            wide[1][:, own[0]] = 1.0 - low[:, part].sum(axis=1)
            first += d
        return wide[0], wide[1]

    def _apart(self, point: Point, probability: Floats, radius: float) -> bool:
        gap = float(np.abs(point.probability - probability).max())
        return gap > _NEAR + 4 * (radius + float(np.nan_to_num(point.radius)))

    def _place_leaning(self) -> None:
        """List leaning roots unless they belong to a smaller support and are listed there."""
        self.leaning.sort(key=lambda found: int((found[0] > _NEAR + found[1]).sum()))
        for probability, radius in self.leaning:
            played = probability > _NEAR + radius
            snapped = np.where(played, probability, 0.0)
            for a, b in pairwise(self.supports.starts.tolist()):
                snapped[a:b] /= snapped[a:b].sum()
            if all(self._apart(p, snapped, radius) for p in self.result.points):
                # Whether it is isolated is for the cells around it to say.
                self.result.points.append(Point(snapped, 0, np.nan, False, -1))
        self.leaning = []

    # -- components ----------------------------------------------------------------------------

    def _explain(self, cells: Boxes) -> None:
        """Group undecided cells, look closer where needed, and list a witness per continuum."""
        self._number()
        settled = no_boxes(self.width)
        shrunk: list[Boxes] = []
        for members, near in self._groups(cells):
            group = cells.take(members)
            if group.inner.any() and (len(near) > 1 or len(group.good) > _SMALL):
                settled = settled.join(group)
                continue
            deep = self._deeper(group, _DEEP)
            if deep is None:
                deep = self._deeper(group, _FAIRLY_DEEP)
            if deep is None:
                # Without a witness nor a listed point it is counted as unresolved below.
                settled = settled.join(group)
                continue
            for part, _ in self._groups(deep):
                piece = deep.take(part)
                if float((piece.high.max(axis=0) - piece.low.min(axis=0)).max()) <= _POINT:
                    shrunk.append(piece)
                else:
                    settled = settled.join(piece)
        self._place_leaning()
        self._number()
        for members, near in self._groups(settled):
            group = settled.take(members)
            if not near and not group.good.any():
                self.result.unresolved += len(group.good)
                continue
            self._component(group, near)
        for group in shrunk:
            if self._touching(group):
                continue
            if group.good.any():
                point = np.clip(group.point[np.argmax(group.good)], 0.0, 1.0)
                self.result.points.append(Point(point, 0, np.nan, True, -1))
            else:
                self.result.unresolved += len(group.good)
        self._number()
        # What no undecided cell touches and nothing is joined to stands alone.
        touched = {component for component, _, _ in self.result.covers}
        parts = [p.component for p in self.result.points]
        for p in self.result.points:
            p.isolated = p.component not in touched and parts.count(p.component) == 1

    def _number(self) -> None:
        """Give every point a component, keeping those already given."""
        top = max((p.component for p in self.result.points), default=-1) + 1
        for p in self.result.points:
            if p.component < 0:
                p.component = top
                top += 1

    def _deeper(self, group: Boxes, smallest: float) -> Boxes | None:
        """The same cells searched down to a smaller width."""
        left = no_boxes(self.width)
        for s in np.unique(group.support):
            here = group.take(group.support == s)
            own = np.concatenate(
                [
                    a + self.supports.order[s, a + 1 : a + d + 1]
                    for a, d in zip(self.supports.starts, self.supports.dims[s], strict=False)
                ]
            )
            low = np.ascontiguousarray(here.low[:, own])
            part = self._examine(int(s), low, np.ascontiguousarray(here.high[:, own]), smallest)
            if part is None:
                return None
            left = left.join(part)
        return left

    def _touching(self, cells: Boxes) -> list[int]:
        """Points that are not regular and lie in one of the cells."""
        return [
            number
            for number, p in enumerate(self.result.points)
            if p.index == 0 and cells.hold(p.probability, _NEAR)
        ]

    def _groups(self, cells: Boxes) -> list[tuple[Ints, list[int]]]:
        """Connected groups of cells, each with the points that touch it.

        Groups that touch points of one component are one group.
        """
        groups = [
            (members, self._touching(cells.take(members))) for members in cells.connected(_NEAR)
        ]
        merged: list[tuple[Ints, list[int]]] = []
        for members, near in groups:
            parts = {self.result.points[p].component for p in near}
            rest = []
            for other, others in merged:
                if parts & {self.result.points[p].component for p in others}:
                    members, near = np.concatenate([other, members]), others + near
                    parts |= {self.result.points[p].component for p in others}
                else:
                    rest.append((other, others))
            merged = [*rest, (members, near)]
        return merged

    def _component(self, group: Boxes, near: list[int]) -> None:
        """Note one continuum; its points get one number, and it gets a witness."""
        points = self.result.points
        inner = np.flatnonzero(group.inner)
        candidates, supports = group.point[inner], group.support[inner]
        if near:
            component = points[near[0]].component
            joined = {points[p].component for p in near}
            for p in points:
                if p.component in joined:
                    p.component = component
        else:
            component = max((p.component for p in points), default=-1) + 1
        self.result.covers.append((component, group.low, group.high))
        if not inner.size:
            # Three or more mix nowhere for certain: at the edge of a support lie listed points.
            if not near:
                point = np.clip(group.point[np.argmax(group.good)], 0.0, 1.0)
                points.append(Point(point, 0, np.nan, False, component, witness=True))
            return
        # Of the largest supports the points farthest from the edges: there the rank is generic.
        mixed = self.supports.dims[supports].sum(axis=1)
        room = [
            np.min(row[self._choices(s)])
            for row, s in zip(candidates, supports.tolist(), strict=True)
        ]
        best = np.lexsort([-np.array(room), -mixed])[: min(8, int((mixed == mixed.max()).sum()))]
        ranks = [self._deficiency(candidates[b], int(supports[b])) for b in best]
        chosen = best[int(np.argmin(ranks))]
        witness = np.clip(candidates[chosen], 0.0, 1.0)
        points.append(Point(witness, 0, np.nan, False, component, witness=True))
        self.result.continua.append(Continuum(component, witness, min(ranks)))

    def _choices(self, s: int) -> Ints:
        """Choices played in a support."""
        some = self.supports
        return np.concatenate(
            [
                a + some.order[s, a : a + d + 1]
                for a, d in zip(some.starts.tolist(), some.dims[s].tolist(), strict=False)
            ]
        )

    def _deficiency(self, probability: Floats, s: int) -> int:
        """Rank deficiency of the Jacobian of a support's indifference functions at a point."""
        some = self.supports
        starts, dims = some.starts.tolist(), some.dims[s].tolist()
        mixes = [probability[a:b] for a, b in pairwise(starts)]
        columns = []
        for j, d in enumerate(dims):
            played = some.order[s, starts[j] : starts[j] + d + 1]
            for q in range(1, d + 1):
                step = np.zeros(starts[j + 1] - starts[j])
                step[played[q]], step[played[0]] = 1.0, -1.0
                moved = [step if k == j else mix for k, mix in enumerate(mixes)]
                column: list[float] = []
                for i, own in enumerate(dims):
                    mine = some.order[s, starts[i] : starts[i] + own + 1]
                    if i == j:
                        column += [0.0] * own
                        continue
                    value = self.gains[i]
                    for k in range(len(dims) - 1, -1, -1):
                        if k != i:
                            value = np.tensordot(value, moved[k], axes=(k, 0))
                    column += (value[mine[1:]] - value[mine[0]]).tolist()
                columns.append(column)
        jacobian = np.array(columns).T
        return int(jacobian.shape[0] - (np.linalg.svd(jacobian, compute_uv=False) > _RANK).sum())
