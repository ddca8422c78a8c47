r"""The set of subgame-perfect payoffs in rational numbers, with a certificate.

The operator of :mod:`hedging.repeated.payoff_set` is iterated in fractions, so a constraint that
binds exactly binds, and every iterate W *contains* V.  Three things can happen.

* W reaches a fixed point after finitely many steps.  It is V, exactly.
* W becomes empty.  There is no equilibrium.
* W only converges.  Then a set P inside W is extrapolated from the last two iterates and tested for
  *self-generation*, :math:`P \subseteq B(P)`, which proves :math:`P \subseteq V` (Abreu, Pearce and
  Stacchetti 1990, Econometrica 58:1041-1063, theorem 1).  V lies between P and W, and their
  distance is the ``gap``.  If no such guess holds, P is a plan of play with all its incentive
  constraints checked in fractions (:mod:`hedging.repeated.exact_plan`).

Fractions grow from step to step.  When they are longer than a limit, W is enlarged to
corners of a fine grid: it still contains V.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError, Status
from hedging.repeated.stage import best_deviations, check_delta, pure_minmax

__all__ = ["ExactPayoffSet", "enforced", "exact_payoff_set", "feasible", "generated", "hull"]

Point = tuple[Fraction, Fraction]

_LONGEST = 600
"""Bits of a denominator above which an iterate is put on a grid."""
_GRID = 200
"""Bits of that grid."""


@dataclass(frozen=True, slots=True)
class ExactPayoffSet:
    """Payoff set of one game in fractions.

    Attributes
    ----------
    vertices : tuple of pairs of Fraction
        Counterclockwise; V itself if ``gap`` is 0, else a set that contains it.
    inner : tuple of pairs of Fraction
        A set within V, proved by self-generation; empty if none was found.
    punishment : tuple of Fraction
        Least payoff of each player in ``vertices``; empty if there is no equilibrium.
    gap : Fraction or float
        Largest distance of a vertex from ``inner``, in payoff units; inf without a proof.
    status : Status
        ``ok`` if the gap is at most the tolerance asked for.
    iterations : int
    """

    vertices: tuple[Point, ...]
    inner: tuple[Point, ...]
    punishment: tuple[Fraction, ...]
    gap: Fraction | float
    status: Status
    iterations: int


def _turn(o: Point, a: Point, b: Point) -> Fraction:
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])


def hull(points: list[Point]) -> list[Point]:
    """Convex hull, counterclockwise from the lexicographic least; exact."""
    ordered = sorted(set(points))
    if len(ordered) <= 2:
        return ordered
    halves = []
    for half in (ordered, ordered[::-1]):
        chain: list[Point] = []
        for p in half:
            while len(chain) >= 2 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        halves.append(chain[:-1])
    return halves[0] + halves[1]


def _cut(polygon: list[Point], axis: int, bound: Fraction) -> list[Point]:
    """Part of a polygon whose coordinate is at least ``bound``."""
    kept: list[Point] = []
    for p, q in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if p[axis] >= bound:
            kept.append(p)
        if (p[axis] - bound) * (q[axis] - bound) < 0:
            t = (bound - p[axis]) / (q[axis] - p[axis])
            other = p[1 - axis] + t * (q[1 - axis] - p[1 - axis])
            kept.append((bound, other) if axis == 0 else (other, bound))
    return kept


def _holds(polygon: list[Point], p: Point) -> bool:
    """Whether a convex polygon, segment or point contains p."""
    if len(polygon) == 1:
        return p == polygon[0]
    if len(polygon) == 2:
        a, b = polygon
        return _turn(a, b, p) == 0 and min(a, b) <= p <= max(a, b)
    return all(_turn(a, b, p) >= 0 for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True))


class _Stage:
    """Profiles of a stage game: payoffs, gains and best-deviation payoffs as pairs."""

    def __init__(self, payoffs: NDArray[Any]) -> None:
        d = best_deviations(payoffs[None])[0]
        self.payoff = _pairs(payoffs)
        self.best = _pairs(d)
        self.gain = _pairs(d - payoffs)
        low, high = pure_minmax(payoffs[None])[0]
        self.minmax: Point = (low, high)


def _pairs(table: NDArray[Any]) -> list[Point]:
    return list(zip(table[0].ravel().tolist(), table[1].ravel().tolist(), strict=True))


def _enforcing(
    polygon: list[Point], gain: Point, floor: Point, ratio: Fraction
) -> tuple[list[Point], Point]:
    """Continuation payoffs that enforce a profile, and the least each player must be given."""
    least = (floor[0] + ratio * gain[0], floor[1] + ratio * gain[1])
    part = _cut(polygon, 0, least[0])
    return (_cut(part, 1, least[1]) if part else part), least


def enforced(
    payoffs: NDArray[Any], polygon: list[Point], floor: Point, ratio: Fraction
) -> Iterator[tuple[Point, list[Point]]]:
    """Every profile's payoffs, and the continuation payoffs that enforce it.

    A continuation payoff w enforces a if ``w_i >= floor_i + ratio * h_i(a)`` for both players.
    """
    stage = _Stage(payoffs)
    for u, h in zip(stage.payoff, stage.gain, strict=True):
        yield u, _enforcing(polygon, h, floor, ratio)[0]


def generated(payoffs: NDArray[Any], polygon: list[Point], delta: Fraction) -> list[Point]:
    """Hull of all payoffs that a set of continuation payoffs generates: B(W), exactly.

    Parameters
    ----------
    payoffs : object array of Fraction, shape (2, m, n)
    polygon : list of points
        Hull of W, not empty.
    delta : Fraction
    """
    floor = (min(p[0] for p in polygon), min(p[1] for p in polygon))
    points = []
    for u, part in enforced(payoffs, polygon, floor, (1 - delta) / delta):
        points += [_mean(u, w, delta) for w in part]
    return hull(points)


def _mean(u: Point, w: Point, delta: Fraction) -> Point:
    return ((1 - delta) * u[0] + delta * w[0], (1 - delta) * u[1] + delta * w[1])


def _step(
    stage: _Stage, polygon: list[Point], floor: Point, delta: Fraction
) -> tuple[list[Point], Point]:
    ratio = (1 - delta) / delta
    points: list[Point] = []
    replies: list[Point] = []
    for u, h, d in zip(stage.payoff, stage.gain, stage.best, strict=True):
        part, least = _enforcing(polygon, h, floor, ratio)
        if not part:
            continue
        worst = _mean(u, (min(w[0] for w in part), min(w[1] for w in part)), delta)
        replies.append((max(d[0], worst[0]), max(d[1], worst[1])))
        if u[0] >= least[0] and u[1] >= least[1] and _holds(polygon, u):
            points.append(u)
        else:
            binding = [w for w in part if w[0] == least[0] or w[1] == least[1]]
            points += [_mean(u, w, delta) for w in binding]
    if not points:
        return [], floor
    result = hull(points)
    raised = [max(floor[i], min(p[i] for p in result), min(r[i] for r in replies)) for i in (0, 1)]
    return result, (raised[0], raised[1])


def _on_grid(polygon: list[Point], spans: Point) -> list[Point]:
    """A slightly larger polygon with short coordinates."""
    corners: list[Point] = []
    for p in polygon:
        if max(x.denominator.bit_length() for x in p) <= _LONGEST:
            corners.append(p)
            continue
        unit = [span / 2**_GRID for span in spans]
        cells = [(p[i] // unit[i]) * unit[i] for i in (0, 1)]
        corners += [
            (cells[0] + i * unit[0], cells[1] + j * unit[1]) for i in (0, 1) for j in (0, 1)
        ]
    return hull(corners)


def _inner(
    payoffs: NDArray[Any], last: list[Point], polygon: list[Point], delta: Fraction
) -> list[Point]:
    """A self-generating set near the limit of the iterates, empty if none was found."""
    for candidate in _candidates(last, polygon):
        if all(_holds(polygon, p) for p in candidate):
            image = generated(payoffs, candidate, delta)
            if image and all(_holds(image, p) for p in candidate):
                return candidate
    return []


def _candidates(last: list[Point], polygon: list[Point]) -> Iterator[list[Point]]:
    """Guesses at the limit: short fractions nearby, then steps beyond the last iterate."""
    for digits in (3, 6, 12, 24):
        yield hull([(_short(p[0], digits), _short(p[1], digits)) for p in polygon])
    last, polygon = _apart(last), _apart(polygon)
    if len(last) != len(polygon):
        return
    for far in (Fraction(1, 8), 1, 8, 64, 512):
        ahead = [
            tuple((q[i] + far * (q[i] - p[i])).limit_denominator(2**_GRID) for i in (0, 1))
            if p != q
            else q
            for p, q in zip(last, polygon, strict=True)
        ]
        yield hull([(p[0], p[1]) for p in ahead])


def _apart(polygon: list[Point]) -> list[Point]:
    """One vertex of each cluster that the grid has made of one."""
    largest = max(max(abs(p[0]), abs(p[1])) for p in polygon)
    near = max(largest, Fraction(1)) / 2 ** (_GRID - 40)
    kept: list[Point] = []
    for p in polygon:
        if all(max(abs(p[0] - q[0]), abs(p[1] - q[1])) > near for q in kept):
            kept.append(p)
    return kept


def _short(x: Fraction, digits: int) -> Fraction:
    """The nearest fraction of so few digits if it is striking, else x itself."""
    near = x.limit_denominator(10**digits)
    return near if abs(near - x) * 10 ** (2 * digits + 4) < 1 else x


def feasible(payoffs: NDArray[Any], individually_rational: bool = False) -> list[Point]:
    """Hull of the stage payoffs, or its part above the pure minmax payoffs; exact.

    Parameters
    ----------
    payoffs : object array of Fraction, shape (2, m, n)
    individually_rational : bool
    """
    stage = _Stage(payoffs)
    region = hull(stage.payoff)
    if individually_rational:
        for axis in (0, 1):
            region = _cut(region, axis, stage.minmax[axis]) if region else region
    return hull(region)


def exact_payoff_set(
    payoffs: NDArray[Any], delta: Fraction, *, tol: float = 1e-9, max_iter: int = 300
) -> ExactPayoffSet:
    """Subgame-perfect payoffs of one game, in fractions.

    Parameters
    ----------
    payoffs : object array of int or Fraction, shape (2, m, n)
    delta : Fraction
        Common discount factor in [0, 1).
    tol : float
        Gap at which to stop, relative to the larger payoff range.
    max_iter : int

    Returns
    -------
    ExactPayoffSet

    Raises
    ------
    GameError
        For other than two players.
    ParameterError
        If delta is not in [0, 1).

    Examples
    --------
    >>> game = np.array([[[2, 4], [5, 1]], [[3, 1], [4, 5]]], dtype=object)
    >>> for x, y in exact_payoff_set(game, Fraction(2, 3)).vertices:
    ...     print(x, y)
    14/3 3
    5 4
    >>> exact_payoff_set(game, Fraction(2, 3) - Fraction(1, 10**30)).vertices
    ()
    """
    if payoffs.ndim != 3 or payoffs.shape[0] != 2:
        msg = f"payoffs of shape {payoffs.shape}; give one game of two players, (2, m, n)"
        raise GameError(msg)
    check_delta(delta)
    delta = Fraction(delta)
    payoffs = np.asarray(np.frompyfunc(Fraction, 1, 1)(payoffs), dtype=object)
    stage = _Stage(payoffs)
    if delta == 0:
        stable = [u for u, h in zip(stage.payoff, stage.gain, strict=True) if not any(h)]
        return _finished(hull(stable), 0)
    spans = tuple(max(x) - min(x) or Fraction(1) for x in zip(*stage.payoff, strict=True))
    enough = Fraction(tol) * max(spans)
    polygon, floor = hull(stage.payoff), stage.minmax
    gap: Fraction | float = float("inf")
    inner: list[Point] = []
    for iteration in range(1, max_iter + 1):
        last, last_floor = polygon, floor
        exact, floor = _step(stage, polygon, floor, delta)
        if not exact:
            return _finished([], iteration)
        if exact == last and floor == last_floor:
            return _finished(exact, iteration)
        polygon = _on_grid(exact, (spans[0], spans[1]))
        if floor[0].denominator.bit_length() + floor[1].denominator.bit_length() > 2 * _LONGEST:
            units = [span / 2**_GRID for span in spans]
            floor = ((floor[0] // units[0]) * units[0], (floor[1] // units[1]) * units[1])
        if iteration % 10 == 0 or iteration == max_iter:
            inner = _inner(payoffs, last, polygon, delta) or inner
            if inner:
                gap = _distance(polygon, inner)
                if gap <= enough:
                    break
    if gap > enough:
        from hedging.repeated.exact_plan import proved_payoffs

        proved = hull([(v[0], v[1]) for v in proved_payoffs(payoffs, delta)])
        if proved and (away := _distance(polygon, proved)) < gap:
            inner, gap = proved, away
    status = Status.OK if gap <= enough else Status.NO_CONVERGENCE
    least = (min(p[0] for p in polygon), min(p[1] for p in polygon))
    return ExactPayoffSet(tuple(polygon), tuple(inner), least, gap, status, iteration)


def _distance(outer: list[Point], inner: list[Point]) -> float:
    """Largest Euclidean distance of an outer vertex from the inner polygon, rounded up."""
    worst = Fraction(0)
    for p in outer:
        if not _holds(inner, p):
            edges = zip(inner, inner[1:] + inner[:1], strict=True)
            worst = max(worst, min(_square_distance(a, b, p) for a, b in edges))
    return math.sqrt(worst) * (1 + 1e-12)


def _square_distance(a: Point, b: Point, p: Point) -> Fraction:
    """Squared distance of p from the segment between a and b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    t = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length if length else Fraction(0)
    t = min(max(t, Fraction(0)), Fraction(1))
    return (p[0] - a[0] - t * dx) ** 2 + (p[1] - a[1] - t * dy) ** 2


def _finished(polygon: list[Point], iterations: int) -> ExactPayoffSet:
    least = (min(p[0] for p in polygon), min(p[1] for p in polygon)) if polygon else ()
    whole = tuple(polygon)
    return ExactPayoffSet(whole, whole, least, Fraction(0), Status.OK, iterations)
