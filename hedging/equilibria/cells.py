r"""Branch and prune: all equilibria with one support, or a cell that could not be decided.

A cell is a box of probabilities of a support's non-reference actions.  With the local form of all
functions on it (:mod:`hedging.equilibria.multiaffine`) it is, in this order,

1. cut to where the references' probabilities are not negative;
2. discarded if a function of the support has no zero on it, or an action outside is strictly
   better all over it;
3. cut by the Krawczyk operator: with Y the inverse of the Jacobian at the centre, row p of Y F is
   :math:`g_p + t_p + (\text{rest})`, so every zero has :math:`|t_p + g_p| \le |\text{rest}|`;
   discarded if nothing is left (Krawczyk 1969; Neumaier, *Interval Methods for Systems of
   Equations*, 1990, section 5.1);
4. settled if :math:`\|I - Y J\|_\infty < 1` on the whole cell blown up by a tenth - then F is
   injective there - and the root that Newton's method finds is certified
   (:mod:`hedging.equilibria.kantorovich`) and lies in that larger cell;
5. bisected along the variable whose change moves the functions most (the *smear* rule), or laid
   aside if it is too small for that, or if the functions vanish on all of it.

Blowing up makes sure that a root on the common face of two cells is found from one of them.  Every
test keeps clear of rounding by the bound of its row, so nothing is discarded wrongly.

A certified root is *strict* if all its probabilities are certainly positive and all actions outside
certainly worse; it is dropped if one certainly fails; else it is *leaning*: within rounding it
has a probability or a slack of zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.kantorovich import certify
from hedging.equilibria.kernels import kernel
from hedging.equilibria.levenberg import descend
from hedging.equilibria.multiaffine import invert, shift

__all__ = ["BUDGET", "DROPPED", "LEANING", "STRICT", "judge", "search"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DROPPED, STRICT, LEANING = 0, 1, 2

BUDGET = -1
"""What :func:`search` returns if it ran out of cells, stack or room."""

_TINY = 2.0**-50
_BLOW = 1.1
_THIN = 2.0**-20
_AWAY = 2.0**-18


@kernel
def judge(
    table: Floats,
    rows: int,
    owner: Ints,
    dims: Ints,
    size: int,
    count: int,
    slopes: Floats,
    x: Floats,
    radius: float,
    unit: Floats,
    local: Floats,
) -> int:
    """DROPPED, STRICT or LEANING: what the root within ``radius`` of x is worth."""
    verdict = STRICT
    first = 0
    for j in range(dims.size):
        total = 0.0
        for q in range(first, first + dims[j]):
            if x[q] + radius < 0.0:
                return DROPPED
            if not x[q] - radius > _TINY:
                verdict = LEANING
            total += x[q]
        room = dims[j] * radius + _TINY
        if dims[j] > 0 and total - room > 1.0:
            return DROPPED
        if dims[j] > 0 and not total + room < 1.0:
            verdict = LEANING
        first += dims[j]
    if rows > count:
        shift(table, rows, owner, dims, size, x, unit, local)
    for row in range(count, rows):
        swing = slopes[row]
        for k in range(1, size):
            swing += radius * abs(local[row, k])
        if local[row, 0] > swing:
            return DROPPED
        if not local[row, 0] < -swing:
            verdict = LEANING
    return verdict


@kernel
def _cut_to_simplex(low: Floats, high: Floats, dims: Ints) -> bool:
    """Cut a cell to where references' probabilities can be >= 0; False if nothing is left."""
    first = 0
    for j in range(dims.size):
        least = 0.0
        for q in range(first, first + dims[j]):
            least += low[q]
        if least > 1.0 + _TINY:
            return False
        for q in range(first, first + dims[j]):
            high[q] = min(high[q], 1.0 - (least - low[q]) + _TINY)
        first += dims[j]
    return True


@kernel
def _inner_point(low: Floats, high: Floats, dims: Ints, x: Floats) -> None:
    """The centre of a cell, drawn in to where references' probabilities are positive."""
    first = 0
    for j in range(dims.size):
        least = 0.0
        wide = 0.0
        for q in range(first, first + dims[j]):
            least += low[q]
            wide += high[q] - low[q]
        share = 0.5
        if share * wide > 0.75 * (1.0 - least):
            share = 0.75 * max(0.0, 1.0 - least) / wide
        for q in range(first, first + dims[j]):
            x[q] = low[q] + share * (high[q] - low[q])
        first += dims[j]


@kernel
def search(
    table: Floats,
    rows: int,
    owner: Ints,
    dims: Ints,
    degree: Ints,
    linear: Ints,
    size: int,
    count: int,
    errors: Floats,
    values: Floats,
    slopes: Floats,
    low: Floats,
    high: Floats,
    top: int,
    smallest: float,
    most: int,
    eager: bool,
    roots: Floats,
    radii: Floats,
    kinds: Ints,
    signs: Ints,
    spill_low: Floats,
    spill_high: Floats,
    spill_point: Floats,
    spill_good: Ints,
    tally: Ints,
    unit: Floats,
    local: Floats,
    mixed: Floats,
    work: Floats,
    vectors: Floats,
) -> int:
    """Find all equilibria of one support in the given cells.

    Parameters
    ----------
    table, rows, owner, dims, degree, linear, size
        The functions; see :mod:`hedging.equilibria.multiaffine`.  The first ``count`` must vanish,
        the others must not be positive.
    errors, values, slopes : float64 arrays, shape (rows or more,)
        Bounds on rounding on cells, at points, and of all coefficients around a point.
    low, high : float64 arrays, shape (stack, d or more)
        The first ``top`` cells are the work to do.
    smallest : float
        Cells no wider than this are laid aside.
    most : int
        Number of cells to look at.
    eager : bool
        Stop at the first leaning root or undecided cell.
    roots, radii, kinds, signs : arrays with one row per root, written
        Non-reference probabilities, certified radius, STRICT or LEANING, sign of det J.
    spill_low, spill_high, spill_point, spill_good : arrays with one row per cell, written
        Cells laid aside, a point near each, and whether that point is an equilibrium.
    tally : int64 array, shape (2,), written
        Cells looked at; cells laid aside.
    unit, local, mixed, work, vectors
        Ones, and scratch.

    Returns
    -------
    int
        Number of roots, or BUDGET if the search is not complete.
    """
    jacobian, scratch, inverse = work[0], work[1], work[2]
    centre, half, x, uniqueness = vectors[0], vectors[1], vectors[2], vectors[3]
    found = 0
    tally[0] = 0
    tally[1] = 0
    while top > 0:
        top -= 1
        lo, hi = low[top], high[top]
        while True:  # as long as the cell shrinks well
            tally[0] += 1
            if tally[0] > most:
                return BUDGET
            if not _cut_to_simplex(lo, hi, dims):
                break
            widest = 0.0
            for q in range(count):
                centre[q] = 0.5 * (lo[q] + hi[q])
                half[q] = max(0.5 * (hi[q] - lo[q]), _TINY)
                widest = max(widest, 2.0 * half[q])
            shift(table, rows, owner, dims, size, centre, half, local)
            alive = True
            for row in range(rows):
                swing = errors[row]
                for k in range(1, size):
                    swing += abs(local[row, k])
                if local[row, 0] > swing or (row < count and local[row, 0] < -swing):
                    alive = False
                    break
            if not alive:
                break
            for k in range(size):
                if linear[k] >= 0:
                    for p in range(count):
                        jacobian[p, linear[k]] = local[p, k]
            sign = invert(jacobian, count, scratch, inverse)
            shrink = 1.0
            solid = False
            if sign == 0.0:
                solid = True
                for row in range(rows):
                    swing = 0.0
                    for k in range(1, size):
                        swing += abs(local[row, k])
                    if row < count and (local[row, 0] != 0.0 or swing != 0.0):
                        solid = False
                    if row >= count and local[row, 0] + swing > 0.0:
                        solid = False
            else:
                injective = True
                for p in range(count):
                    blur = 0.0
                    for k in range(size):
                        mixed[p, k] = 0.0
                    for r in range(count):
                        y = inverse[p, r]
                        blur += abs(y) * errors[r]
                        for k in range(size):
                            mixed[p, k] += y * local[r, k]
                    rest = blur
                    slope = blur * dims.size
                    for k in range(1, size):
                        g = mixed[p, k]
                        if linear[k] == p:
                            g -= 1.0
                        g = abs(g)
                        rest += g
                        if degree[k] == 1:
                            slope += g
                        else:
                            slope += g * degree[k] * _BLOW ** (degree[k] - 1)
                    if not slope < 1.0:
                        injective = False
                    left = max(-1.0, -mixed[p, 0] - rest - _TINY)
                    right = min(1.0, -mixed[p, 0] + rest + _TINY)
                    if left > right:
                        alive = False
                        break
                    # The cell is cut at once: later rows refer to the old centre and half width.
                    # It never becomes so thin that the ball of a certificate would not fit in.
                    if half[p] > _THIN:
                        middle = centre[p] + 0.5 * (left + right) * half[p]
                        reach = max(0.5 * (right - left) * half[p] + _TINY, 0.5 * _THIN)
                        if reach < half[p]:
                            lo[p] = middle - reach
                            hi[p] = middle + reach
                            shrink = min(shrink, reach / half[p])
                if not alive:
                    break
                if injective:
                    for p in range(count):
                        x[p] = centre[p] - half[p] * mixed[p, 0]
                    near, far, turn = certify(
                        table, owner, dims, degree, linear, size, count, values, slopes,
                        x, unit, local, work,
                    )  # fmt: skip
                    inside = near >= 0.0
                    for p in range(count):
                        if not abs(x[p] - centre[p]) + near <= _BLOW * half[p]:
                            inside = False
                    if inside:
                        verdict = judge(
                            table, rows, owner, dims, size, count, slopes, x, near, unit, local
                        )
                        for e in range(found):
                            gap = 0.0
                            for p in range(count):
                                gap = max(gap, abs(roots[e, p] - x[p]))
                            if gap + radii[e] <= far or gap <= uniqueness[e]:
                                verdict = DROPPED
                        if verdict != DROPPED:
                            if found == min(roots.shape[0], uniqueness.size):
                                return BUDGET
                            for p in range(count):
                                roots[found, p] = x[p]
                            radii[found] = near
                            uniqueness[found] = far - near
                            kinds[found] = verdict
                            signs[found] = np.int64(turn)
                            found += 1
                            if eager and verdict == LEANING:
                                return found
                        break
                    # certify used the matrices: this cell needs its Jacobian again below.
                    shift(table, count, owner, dims, size, centre, half, local)
                    for k in range(size):
                        if linear[k] >= 0:
                            for p in range(count):
                                jacobian[p, linear[k]] = local[p, k]
            if shrink < 0.7:
                continue
            if solid or widest <= smallest:
                if tally[1] < spill_good.size:
                    for p in range(count):
                        spill_low[tally[1], p] = lo[p]
                        spill_high[tally[1], p] = hi[p]
                    _inner_point(lo, hi, dims, x)
                    good = descend(
                        table, rows, owner, dims, linear, size, count, x, unit, local, work
                    )
                    for p in range(count):
                        spill_point[tally[1], p] = x[p]
                        # A point far off says nothing about this cell.
                        if abs(2.0 * x[p] - lo[p] - hi[p]) > 2.0 * (hi[p] - lo[p]) + _AWAY:
                            good = False
                    spill_good[tally[1]] = 1 if good else 0
                tally[1] += 1
                if eager:
                    return found
                if tally[1] > spill_good.size:
                    return BUDGET
                break
            if top + 2 > low.shape[0]:
                return BUDGET
            cut = 0
            best = -1.0
            for q in range(count):
                if hi[q] - lo[q] > 0.05 * widest:
                    smear = 0.0
                    for p in range(count):
                        smear = max(smear, abs(jacobian[p, q]))
                    if smear > best:
                        best = smear
                        cut = q
            middle = 0.5 * (lo[cut] + hi[cut])
            for q in range(count):
                low[top + 1, q] = lo[q]
                high[top + 1, q] = hi[q]
            low[top + 1, cut] = middle
            high[top, cut] = middle
            top += 2
            break
    return found
