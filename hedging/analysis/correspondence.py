r"""The equilibrium correspondence over one parameter, cut where it changes.

The sign program gives polynomials in the parameter.  Their real roots cut the range into open
cells on which every sign is constant, so one reading per cell holds throughout it.  At a root the
polynomials that the root's irreducible polynomial divides are zero and all others keep the sign
they have next to it, so the signs there are exact too, whether or not the root is rational.  Across
it a sign turns if the multiplicity is odd.  Nothing is evaluated but the first cell.

Neighbours with the same equilibria, as functions of the parameter, are then joined: what is left
are the points at which the correspondence really changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np

from hedging.analysis.payoff_functions import PayoffFunctions
from hedging.analysis.rational_functions import Ratio
from hedging.analysis.real_roots import RealRoot, irreducible_factors, keeps_sign, roots_between
from hedging.analysis.sign_readings import (
    Found,
    PlayerWeights,
    Reader,
    Reading,
    reduced_weights,
    support_of,
)
from hedging.analysis.univariate import ONE, ZERO, Polynomial
from hedging.equilibria import dispatch
from hedging.equilibria.pinned import is_pinned, joined_pairs
from hedging.equilibria.pure import pure_equilibria
from hedging.errors import Status

__all__ = ["Stretch", "correspondence", "joined", "payoff_ratios"]


@dataclass(frozen=True)
class Stretch:
    """A point or an interval on which the equilibria are given by one reading.

    Attributes
    ----------
    functions : PayoffFunctions
    low, high : RealRoot
        The same number for a point.
    holds_low, holds_high : bool
        Whether the ends belong to it.
    reading : Reading
    sample : Fraction or None
        A rational number inside; None for a point.
    """

    functions: PayoffFunctions
    low: RealRoot
    high: RealRoot
    holds_low: bool
    holds_high: bool
    reading: Reading
    sample: Fraction | None

    @property
    def is_point(self) -> bool:
        """Whether it is a single value of the parameter."""
        return self.low is self.high


def correspondence(functions: PayoffFunctions, reader: Reader) -> list[Stretch]:
    """Equilibria over the range of some payoff functions, in order of the parameter.

    Parameters
    ----------
    functions : PayoffFunctions
    reader : Reader
        See :func:`hedging.analysis.sign_readings.reader_of`.

    Returns
    -------
    list of Stretch
        Disjoint, together the range; not joined yet (:func:`joined`).

    Notes
    -----
    The time goes into factoring the polynomials that change sign and reading the cells; both are
    proportional to their number, of the order of the number of determinants.
    """
    if functions.is_point:
        point = functions.low
        return [_at(functions, reader, point, [point.sign_of(p) for p in reader.outputs], [])]
    points, changes = _roots(functions, reader.outputs)
    cells: list[Stretch] = []
    beside: list[list[int]] = []  # signs next to each point, on its right where there is a right
    for low, high in pairwise(points):
        sample = low.gap(high)
        if not cells:
            signs = [p.sign_at(sample) for p in reader.outputs]
        else:
            signs = list(beside[-1])
            for output, multiplicity in changes[len(cells)].items():
                if multiplicity % 2:
                    signs[output] = -signs[output]
        beside.append(signs)
        reading = reader.read(signs, sample)
        assert reading is not None
        cells.append(Stretch(functions, low, high, False, False, reading, sample))
    beside.append(beside[-1])
    stretches: list[Stretch] = []
    for k, point in enumerate(points):
        held = (functions.holds_low or k) and (functions.holds_high or k < len(cells))
        if held:
            here = [0 if output in changes[k] else s for output, s in enumerate(beside[k])]
            near = cells[max(k - 1, 0) : k + 1]
            stretches.append(_at(functions, reader, point, here, near))
        stretches += cells[k : k + 1]
    return stretches


def _at(
    functions: PayoffFunctions,
    reader: Reader,
    point: RealRoot,
    signs: list[int],
    near: list[Stretch],
) -> Stretch:
    """The equilibria at one value, given the signs there and the cells beside it."""
    reading = reader.read(signs, None)
    reading = _tied(functions, point, near) if reading is None else _with_index(reading, near)
    return Stretch(functions, point, point, True, True, reading, None)


def _roots(
    functions: PayoffFunctions, outputs: list[Polynomial]
) -> tuple[list[RealRoot], list[dict[int, int]]]:
    """All points where a sign may change, ends included, with multiplicities per output."""
    low, high = functions.low, functions.high
    changes: dict[RealRoot, dict[int, int]] = {low: {}, high: {}}
    roots: dict[Polynomial, list[RealRoot]] = {}
    for output, p in enumerate(outputs):
        if p.degree < 1 or keeps_sign(p, low.low, high.high):
            continue
        for factor, multiplicity in irreducible_factors(p.primitive()):
            if factor not in roots:
                found = roots_between(factor, low.low, high.high)
                roots[factor] = [r for r in found if not (r < low or high < r)]
            for root in roots[factor]:
                changes.setdefault(root, {})[output] = multiplicity
    points = sorted(changes)
    return points, [changes[point] for point in points]


def _with_index(reading: Reading, near: list[Stretch]) -> Reading:
    """Indices that need a rational point, taken over from the neighbour."""
    known = {f.key: f.index for cell in near for f in cell.reading.found}
    found = tuple(
        replace(f, index=known.get(f.key, 0)) if not f.index and f.isolated else f
        for f in reading.found
    )
    return Reading(found, reading.status)


# -- ties of three players ------------------------------------------------------------------------


def _tied(functions: PayoffFunctions, point: RealRoot, near: list[Stretch]) -> Reading:
    """Equilibria of three players at a tie that signs do not settle.

    At a rational value they are solved for in rationals.  Everywhere, limits of the equilibria
    beside the point are equilibria, and pure ones are found exactly.
    """
    shape = functions.model.shape
    found: list[Found] = []
    status = Status.INCOMPLETE
    if point.is_rational:
        payoffs = np.empty((1, *functions.polynomials.shape), dtype=object)
        for place, p in np.ndenumerate(functions.polynomials):
            payoffs[(0, *place)] = p.at(point.low)
        solved = dispatch.solve(payoffs, exact=True)
        status = Status(int(solved.status[0]))
        for e, probabilities in enumerate(solved.probability.tolist()):
            weights = _constant_weights(probabilities, shape)
            found.append(
                Found(
                    int(solved.support[e]),
                    _value_key(weights, point),
                    _Given(weights),
                    int(solved.index[e]),
                    bool(solved.isolated[e]),
                    int(solved.component[e]),
                )
            )
        if status == Status.DEGENERATE:
            return Reading(tuple(found), status)
    listed = {f.key for f in found}
    candidates = [f.weights() for cell in near for f in cell.reading.found]
    candidates += _pure_weights(functions, point)
    for weights in candidates:
        key = _value_key(weights, point)
        if key not in listed:
            listed.add(key)
            support = support_of(weights, lambda w: not point.residue(w))
            number = max((f.component for f in found), default=-1) + 1
            found.append(Found(support, key, _Given(weights), 0, False, number))
    found.sort(key=lambda f: (f.support.bit_count(), _digits(f.support)))
    found = _with_components(functions, point, found)
    return Reading(tuple(found), Status.INCOMPLETE if status == Status.OK else status)


def _with_components(
    functions: PayoffFunctions, point: RealRoot, found: list[Found]
) -> list[Found]:
    """Equilibria that a segment joins get one component; others are isolated where provable."""
    ends = np.cumsum([0, *functions.model.shape]).tolist()
    profiles = [[f.key[a:b] for a, b in pairwise(ends)] for f in found]
    part = [f.component for f in found]
    joined_up: set[int] = set()
    for a, b in joined_pairs(profiles):
        old, joined_up = part[b], joined_up | {a, b}
        part = [part[a] if p == old else p for p in part]
    numbers = {p: k for k, p in enumerate(dict.fromkeys(part))}
    result = []
    for k, f in enumerate(found):
        alone = f.isolated or (
            k not in joined_up
            and part.count(part[k]) == 1
            and is_pinned(functions.polynomials, f.weights(), point.sign_of)
        )
        result.append(replace(f, isolated=alone, component=numbers[part[k]]))
    return result


def _digits(mask: int) -> list[int]:
    return [c for c in range(mask.bit_length()) if mask >> c & 1]


@dataclass(frozen=True)
class _Given:
    given: Any

    def __call__(self) -> Any:
        return self.given


def _constant_weights(probabilities: list[Fraction], shape: tuple[int, ...]) -> Any:
    start, weights = 0, []
    for size in shape:
        own = [Fraction(p) for p in probabilities[start : start + size]]
        scale = 1
        for p in own:
            scale *= p.denominator
        weights.append([Polynomial([int(p * scale)]) for p in own])
        start += size
    return reduced_weights(weights)


def _value_key(weights: Any, point: RealRoot) -> Any:
    """What identifies the probabilities at the point, by exact values."""
    values = []
    for own in weights:
        total = sum(own, Polynomial([]))
        values += [str(point.value_of(w, total)) for w in own]
    return tuple(values)


def _pure_weights(functions: PayoffFunctions, point: RealRoot) -> list[Any]:
    shape = functions.model.shape
    ranks = np.array(_ranks(functions.polynomials.ravel().tolist(), point))
    found = np.argwhere(pure_equilibria(ranks.reshape(1, *functions.polynomials.shape))[0])
    return [
        tuple(
            tuple(Polynomial([int(k == a)]) for k in range(m))
            for m, a in zip(shape, profile.tolist(), strict=True)
        )
        for profile in found
    ]


def _ranks(polynomials: list[Polynomial], point: RealRoot) -> list[int]:
    """Integers in the order of the values at the point, ties included."""
    values = [point.residue(p) for p in polynomials]
    distinct = list(dict.fromkeys(values))
    while True:
        # Exact zero differences are equal reductions; unequal ones part as the interval shrinks.
        bounds = [_bounds(v, point) for v in distinct]
        order = sorted(range(len(distinct)), key=lambda k: bounds[k][0])
        apart = all(bounds[a][1] < bounds[b][0] for a, b in pairwise(order))
        if apart or point.is_rational:
            break
        point.refine()
    place = {distinct[k]: r for r, k in enumerate(order)}
    return [place[v] for v in values]


def _bounds(value: tuple[Fraction, ...], point: RealRoot) -> tuple[Fraction, Fraction]:
    low = high = Fraction(0)
    for a in reversed(value):
        ends = [x * y for x in (low, high) for y in (point.low, point.high)]
        low, high = min(ends) + a, max(ends) + a
    return low, high


# -- joining --------------------------------------------------------------------------------------


def joined(stretches: list[Stretch]) -> list[Stretch]:
    """Neighbours with the same equilibria, as functions of the parameter, made one.

    Parameters
    ----------
    stretches : list of Stretch
        In order of the parameter.
    """
    result = [stretches[0]]
    for stretch in stretches[1:]:
        last = result[-1]
        if _same(last, stretch):
            # What is written for a point may hold only there.
            kept = stretch if last.is_point else last
            result[-1] = replace(
                kept,
                low=last.low,
                holds_low=last.holds_low,
                high=stretch.high,
                holds_high=stretch.holds_high,
            )
        else:
            result.append(stretch)
    return result


def _same(one: Stretch, other: Stretch) -> bool:
    a, b = one.reading, other.reading
    if a.status != b.status or len(a.found) != len(b.found):
        return False
    near = one.functions is other.functions
    return all(
        _same_function(f, g, keys=near) and (near or _same_payoffs(f, one, g, other))
        for f, g in zip(a.found, b.found, strict=True)
    )


def _same_function(f: Found, g: Found, keys: bool) -> bool:
    if (f.support, f.index, f.isolated, f.component) != (
        g.support,
        g.index,
        g.isolated,
        g.component,
    ):
        return False
    if keys and f.key == g.key:
        return True
    for own, other in zip(f.weights(), g.weights(), strict=True):
        first, second = sum(own, ZERO), sum(other, ZERO)
        if any(w * second != v * first for w, v in zip(own, other, strict=True)):
            return False
    return True


def _same_payoffs(f: Found, one: Stretch, g: Found, other: Stretch) -> bool:
    first = payoff_ratios(one.functions, f.weights())
    second = payoff_ratios(other.functions, g.weights())
    return all(r.top * s.bottom == s.top * r.bottom for r, s in zip(first, second, strict=True))


def payoff_ratios(functions: PayoffFunctions, weights: PlayerWeights) -> tuple[Ratio, ...]:
    """Expected payoffs as rational functions in lowest terms, per player."""
    played = [[a for a, w in enumerate(own) if w] for own in weights]
    bottom = ONE
    for own in weights:
        bottom = bottom * sum(own, ZERO)
    totals = [ZERO] * len(weights)
    for profile in product(*played):
        chance = ONE
        for own, a in zip(weights, profile, strict=True):
            chance = chance * own[a]
        for i in range(len(totals)):
            totals[i] = totals[i] + chance * functions.polynomials[(i, *profile)]
    return tuple(
        Ratio(total, bottom * multiplier).reduced()
        for total, multiplier in zip(totals, functions.multipliers, strict=True)
    )
