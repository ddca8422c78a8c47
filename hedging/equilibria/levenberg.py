r"""A zero of a polynomial system whose Jacobian may be singular.

Levenberg-Marquardt steps :math:`(J^T J + \lambda I) s = -J^T F` with :math:`\lambda` of the order
of :math:`|F|^2` converge quadratically to some zero wherever the rank of J is constant nearby, so
on smooth continua of zeros too (Yamashita and Fukushima, *Computing Supplementa* 15, 2001), and
linearly to most isolated singular ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.kernels import kernel
from hedging.equilibria.multiaffine import shift

__all__ = ["descend"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Largest |F| of a zero; largest violation of a sign.  Gains are at most 1.
_ZERO = 2.0**-42
_SLOPPY = 2.0**-30
_STEPS = 60


@kernel
def descend(
    table: Floats,
    rows: int,
    owner: Ints,
    dims: Ints,
    linear: Ints,
    size: int,
    count: int,
    x: Floats,
    unit: Floats,
    local: Floats,
    work: Floats,
) -> bool:
    """Move x to a nearby zero by Levenberg-Marquardt steps, whatever the rank of the Jacobian.

    Returns
    -------
    bool
        Whether x is now an equilibrium up to rounding.
    """
    jacobian, normal, right = work[0], work[1], work[2]
    for step in range(_STEPS):
        shift(table, count, owner, dims, size, x, unit, local)
        worst = 0.0
        for p in range(count):
            worst = max(worst, abs(local[p, 0]))
            for k in range(size):
                if linear[k] >= 0:
                    jacobian[p, linear[k]] = local[p, k]
        if worst < 2.0**-52 or step == _STEPS - 1:
            break
        damp = max(1e-14, 1e-3 * worst * worst)
        for p in range(count):
            right[0, p] = 0.0
            for r in range(count):
                right[0, p] -= jacobian[r, p] * local[r, 0]
            for q in range(count):
                normal[p, q] = damp if p == q else 0.0
                for r in range(count):
                    normal[p, q] += jacobian[r, p] * jacobian[r, q]
        # Symmetric positive definite: elimination needs no pivoting.
        for c in range(count):
            for p in range(c + 1, count):
                factor = normal[p, c] / normal[c, c]
                for q in range(c, count):
                    normal[p, q] -= factor * normal[c, q]
                right[0, p] -= factor * right[0, c]
        moved = 0.0
        for c in range(count - 1, -1, -1):
            change = right[0, c]
            for q in range(c + 1, count):
                change -= normal[c, q] * right[0, q]
            right[0, c] = change / normal[c, c]
            x[c] += right[0, c]
            moved = max(moved, abs(right[0, c]))
        if not moved < 2.0:
            return False
    shift(table, rows, owner, dims, size, x, unit, local)
    for p in range(count):
        if not abs(local[p, 0]) < _ZERO:
            return False
    for row in range(count, rows):
        if local[row, 0] > _SLOPPY:
            return False
    first = 0
    for j in range(dims.size):
        total = 0.0
        for q in range(first, first + dims[j]):
            if not x[q] > -_SLOPPY:
                return False
            total += x[q]
        if total > 1.0 + _SLOPPY:
            return False
        first += dims[j]
    return True
