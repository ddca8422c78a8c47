"""The search of every support in a batch of games, or of one support of one game.

A support is passed over if one of its actions is strictly dominated by any action of the same
player, given the others' supports (Porter, Nudelman and Shoham, *Games and Economic Behavior* 63,
2008).  The others are searched by branch and prune (:mod:`hedging.equilibria.cells`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.cells import BUDGET, LEANING, STRICT, search
from hedging.equilibria.kantorovich import REACH
from hedging.equilibria.kernels import kernel
from hedging.equilibria.multiaffine import arrange, expand, row_errors

__all__ = ["FLAGGED", "REGULAR", "examine", "solve_games"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

REGULAR, FLAGGED = 0, 1

_U = 2.0**-53
_STACK = 1024
_WORD = 64


@kernel
def _compare(
    gains: Floats, noise: Floats, starts: Ints, steps: Ints, places: Ints, better: Words
) -> None:
    """Bits of the opponents' profiles at which action b is certainly better than a, [i, a, b]."""
    n = noise.size
    for i in range(n):
        m = starts[i + 1] - starts[i]
        count = 0
        while count < places.shape[1] and places[i, count] >= 0:
            count += 1
        for a in range(m):
            for b in range(m):
                bits = np.uint64(0)
                if a != b and count <= _WORD:
                    for t in range(count):
                        at = places[i, t]
                        gain = gains[i, at + b * steps[i]] - gains[i, at + a * steps[i]]
                        if gain > noise[i] + 4.0 * _U:
                            bits |= np.uint64(1) << np.uint64(t)
                better[i, a, b] = bits


@kernel
def _struck_out(starts: Ints, order: Ints, dims: Ints, against: Words, better: Words) -> bool:
    """Whether some action of the support is strictly dominated given the others' supports."""
    for i in range(dims.size):
        mask = against[i]
        if mask == np.uint64(0):
            continue
        for q in range(dims[i] + 1):
            a = order[starts[i] + q]
            for b in range(starts[i + 1] - starts[i]):
                if b != a and better[i, a, b] & mask == mask:
                    return True
    return False


@kernel
def _pure(gains: Floats, noise: Floats, starts: Ints, steps: Ints, order: Ints) -> int:
    """0 if the profile is no equilibrium, STRICT or LEANING."""
    n = noise.size
    place = 0
    for j in range(n):
        place += order[starts[j]] * steps[j]
    verdict = STRICT
    for i in range(n):
        bound = noise[i] + 4.0 * _U
        for q in range(1, starts[i + 1] - starts[i]):
            change = (order[starts[i] + q] - order[starts[i]]) * steps[i]
            gain = gains[i, place + change] - gains[i, place]
            if gain > bound:
                return 0
            if not gain < -bound:
                verdict = LEANING
    return verdict


@kernel
def solve_games(
    gains: Floats,
    noise: Floats,
    starts: Ints,
    steps: Ints,
    order: Ints,
    dims: Ints,
    against: Words,
    places: Ints,
    smallest: float,
    most: int,
    probability: Floats,
    radius: Floats,
    index: Ints,
    count: Ints,
    cells: Ints,
    flag: Ints,
) -> None:
    """Search the given supports of each of a batch of games, up to the first doubt.

    Parameters
    ----------
    gains : float64 array, shape (N, n, profiles)
        Payoffs up to a function of the others' actions, own differences at most 1.
    noise : float64 array, shape (N, n)
        Bound on the error of a difference of two gains.
    starts, steps, order, dims, against, places
        See :class:`hedging.equilibria.supports.Supports`.
    smallest, most
        Width below which a cell is given up; number of cells a game may take.
    probability, radius, index : arrays, shapes (N, R, C), (N, R), (N, R), written
        Equilibria, certified radii, indices.
    count, cells, flag : int64 arrays, shape (N,), written
        Number of equilibria; cells looked at; FLAGGED if anything is undecided or does not fit.
    """
    n = steps.size
    choices = starts[n]
    free = choices - n
    terms = gains.shape[2]
    room = probability.shape[1]
    digits = np.zeros((terms, n), dtype=np.int64)
    degree = np.zeros(terms, dtype=np.int64)
    linear = np.zeros(terms, dtype=np.int64)
    owner = np.zeros(free + 1, dtype=np.int64)
    table = np.zeros((free + 1, terms))
    local = np.zeros((free + 1, terms))
    mixed = np.zeros((free + 1, terms))
    bounds = np.zeros((3, free + 1))
    low = np.zeros((_STACK, free + 1))
    high = np.zeros((_STACK, free + 1))
    work = np.zeros((3, free + 1, free + 1))
    vectors = np.zeros((4, max(free + 1, room)))
    unit = np.ones(free + 1)
    roots = np.zeros((room, free + 1))
    radii = np.zeros(room)
    kinds = np.zeros(room, dtype=np.int64)
    signs = np.zeros(room, dtype=np.int64)
    spill = np.zeros((1, free + 1))
    no_spill = np.zeros(0, dtype=np.int64)
    tally = np.zeros(2, dtype=np.int64)
    widest = 1
    for i in range(n):
        widest = max(widest, starts[i + 1] - starts[i])
    better = np.zeros((n, widest, widest), dtype=np.uint64)
    for g in range(gains.shape[0]):
        count[g] = 0
        cells[g] = 0
        flag[g] = REGULAR
        _compare(gains[g], noise[g], starts, steps, places, better)
        for s in range(dims.shape[0]):
            if _struck_out(starts, order[s], dims[s], against[s], better):
                continue
            d = 0
            for i in range(n):
                d += dims[s, i]
            found = 0
            if d == 0:
                verdict = _pure(gains[g], noise[g], starts, steps, order[s])
                if verdict == LEANING:
                    flag[g] = FLAGGED
                    break
                if verdict == STRICT:
                    found = 1
                    radii[0] = 0.0
                    signs[0] = 1
            else:
                size = arrange(dims[s], digits, degree, linear)
                rows = expand(
                    gains[g], starts, steps, order[s], dims[s], digits, size, table, owner
                )
                row_errors(noise[g], owner, rows, dims[s], 1.0 + 2.0**-20, bounds[0])
                row_errors(noise[g], owner, rows, dims[s], REACH, bounds[1])
                row_errors(noise[g], owner, rows, dims[s], REACH + 1.0, bounds[2])
                for q in range(d):
                    low[0, q] = 0.0
                    high[0, q] = 1.0
                found = search(
                    table, rows, owner, dims[s], degree, linear, size, d,
                    bounds[0], bounds[1], bounds[2], low, high, 1, smallest, most - cells[g], True,
                    roots, radii, kinds, signs, spill, spill, spill, no_spill, tally,
                    unit, local, mixed, work, vectors,
                )  # fmt: skip
                cells[g] += tally[0]
                if found == BUDGET or tally[1] > 0:
                    flag[g] = FLAGGED
                    break
                for e in range(found):
                    if kinds[e] == LEANING:
                        flag[g] = FLAGGED
                if flag[g] == FLAGGED:
                    break
            if count[g] + found > room:
                flag[g] = FLAGGED
                break
            for e in range(found):
                at = count[g] + e
                for c in range(choices):
                    probability[g, at, c] = 0.0
                p = 0
                for i in range(n):
                    left = 1.0
                    for q in range(1, dims[s, i] + 1):
                        probability[g, at, starts[i] + order[s, starts[i] + q]] = roots[e, p]
                        left -= roots[e, p]
                        p += 1
                    probability[g, at, starts[i] + order[s, starts[i]]] = left
                radius[g, at] = radii[e]
                index[g, at] = signs[e] if d % 2 == 0 else -signs[e]
            count[g] += found


@kernel
def examine(
    gains: Floats,
    noise: Floats,
    starts: Ints,
    steps: Ints,
    order: Ints,
    dims: Ints,
    against: Words,
    places: Ints,
    begin_low: Floats,
    begin_high: Floats,
    smallest: float,
    most: int,
    roots: Floats,
    radii: Floats,
    kinds: Ints,
    signs: Ints,
    spill_low: Floats,
    spill_high: Floats,
    spill_point: Floats,
    spill_good: Ints,
    tally: Ints,
) -> int:
    """Search one support of one game to the end; see :func:`hedging.equilibria.cells.search`.

    ``begin_low`` and ``begin_high`` are the cells to start from.
    """
    n = steps.size
    free = starts[n] - n
    terms = gains.shape[1]
    widest = 1
    d = 0
    for i in range(n):
        widest = max(widest, starts[i + 1] - starts[i])
        d += dims[i]
    better = np.zeros((n, widest, widest), dtype=np.uint64)
    _compare(gains, noise, starts, steps, places, better)
    tally[0] = 0
    tally[1] = 0
    if _struck_out(starts, order, dims, against, better):
        return 0
    digits = np.zeros((terms, n), dtype=np.int64)
    degree = np.zeros(terms, dtype=np.int64)
    linear = np.zeros(terms, dtype=np.int64)
    owner = np.zeros(free + 1, dtype=np.int64)
    table = np.zeros((free + 1, terms))
    bounds = np.zeros((3, free + 1))
    size = arrange(dims, digits, degree, linear)
    rows = expand(gains, starts, steps, order, dims, digits, size, table, owner)
    row_errors(noise, owner, rows, dims, 1.0 + 2.0**-20, bounds[0])
    row_errors(noise, owner, rows, dims, REACH, bounds[1])
    row_errors(noise, owner, rows, dims, REACH + 1.0, bounds[2])
    top = begin_low.shape[0]
    low = np.zeros((_STACK + top, free + 1))
    high = np.zeros((_STACK + top, free + 1))
    for t in range(top):
        for q in range(d):
            low[t, q] = begin_low[t, q]
            high[t, q] = begin_high[t, q]
    return search(
        table, rows, owner, dims, degree, linear, size, d, bounds[0], bounds[1], bounds[2],
        low, high, top, smallest, most, False, roots, radii, kinds, signs,
        spill_low, spill_high, spill_point, spill_good, tally, np.ones(free + 1),
        np.zeros((free + 1, terms)), np.zeros((free + 1, terms)),
        np.zeros((3, free + 1, free + 1)), np.zeros((4, max(free + 1, roots.shape[0]))),
    )  # fmt: skip
