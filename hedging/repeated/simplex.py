r"""Small linear programs by the hundred thousand: revised simplex with a basis of few rows.

A program :math:`\min\{c \cdot y : \sum_j y_j A_j = r,\ y \ge 0\}` in n equations and m variables is
solved from a feasible basis.  At every pivot the basis matrix, which has n rows for n players, is
inverted anew, so errors do not add up.  Whatever the basis, y is feasible: an early stop leaves
a bound, not a wrong answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.repeated.compiled import compiled

__all__ = ["OPTIMAL", "STOPPED", "UNBOUNDED", "minimise"]

OPTIMAL, UNBOUNDED, STOPPED = 0, 1, 2
"""How a program ended; without bound means that the dual has no point."""


@compiled
def _invert(matrix: Any, inverse: Any) -> bool:
    """Gauss-Jordan with row pivots; ``matrix`` is used up.  False if it is singular."""
    n = len(matrix)
    for i in range(n):
        for j in range(n):
            inverse[i, j] = 1.0 if i == j else 0.0
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(matrix[i, k]) > abs(matrix[best, k]):
                best = i
        if abs(matrix[best, k]) < 1e-13:
            return False
        if best != k:
            for j in range(n):
                matrix[k, j], matrix[best, j] = matrix[best, j], matrix[k, j]
                inverse[k, j], inverse[best, j] = inverse[best, j], inverse[k, j]
        pivot = matrix[k, k]
        for j in range(n):
            matrix[k, j] /= pivot
            inverse[k, j] /= pivot
        for i in range(n):
            factor = matrix[i, k]
            if i != k and factor != 0.0:
                for j in range(n):
                    matrix[i, j] -= factor * matrix[k, j]
                    inverse[i, j] -= factor * inverse[k, j]
    return True


@compiled
def minimise(
    cost: Any, columns: Any, rhs: Any, basis: Any, y: Any, prices: Any, width: float, work: Any
) -> int:
    """Solve one program from a feasible basis.

    Parameters
    ----------
    cost : float64 array, shape (m,)
    columns : float64 array, shape (m, n)
        Row j is the column of variable j.
    rhs : float64 array, shape (n,)
    basis : int64 array, shape (n,)
        A feasible basis; receives the last one.
    y, prices : float64 arrays, shape (n,)
        Receive the basic variables and the dual solution.
    width : float
        Reduced costs above -width count as none.
    work : float64 array, shape (2, n, n)

    Returns
    -------
    int
        :data:`OPTIMAL`, :data:`UNBOUNDED` or :data:`STOPPED`.
    """
    m, n = columns.shape
    matrix = work[0]
    inverse = work[1]
    limit = 50 * (n + 1) + m
    for pivot in range(limit):
        for r in range(n):
            for i in range(n):
                matrix[i, r] = columns[basis[r], i]
        if not _invert(matrix, inverse):
            return STOPPED
        for r in range(n):
            y[r] = 0.0
            prices[r] = 0.0
            for i in range(n):
                y[r] += inverse[r, i] * rhs[i]
        for i in range(n):
            for r in range(n):
                prices[i] += cost[basis[r]] * inverse[r, i]
        entering = -1
        least = -width
        for j in range(m):
            reduced = cost[j]
            for i in range(n):
                reduced -= prices[i] * columns[j, i]
            if reduced < least:
                entering = j
                # The steepest price first; in case of cycling the first one (Bland's rule).
                if 2 * pivot > limit:
                    break
                least = reduced
        if entering < 0:
            return OPTIMAL
        leaving = -1
        shortest = np.inf
        for r in range(n):
            slope = 0.0
            for i in range(n):
                slope += inverse[r, i] * columns[entering, i]
            if slope > 1e-10:
                step = max(y[r], 0.0) / slope
                if step < shortest or (step == shortest and basis[r] < basis[leaving]):
                    shortest = step
                    leaving = r
        if leaving < 0:
            return UNBOUNDED
        basis[leaving] = entering
    return STOPPED
