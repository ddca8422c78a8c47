r"""Small linear programmes of one kind, by the simplex method, in doubles and in rationals.

.. math:: \max\; c \cdot x \quad\text{subject to}\quad G x \le 0,\; w \cdot x = 1,\; x \ge 0.

Obedience constraints of correlated equilibria and the comparisons behind dominance both have this
form.  All right-hand sides but one are 0, so almost every vertex is degenerate and the plain
method would stall.  In doubles the zeros are replaced by different small numbers to choose the
basis, and the solution is then computed from that basis for the right-hand sides as they are. In
rationals Bland's rule excludes cycles (Bland, *Mathematics of Operations Research* 2, 1977).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["FAILED", "INFEASIBLE", "OPTIMAL", "UNBOUNDED", "maximise", "maximise_exactly"]

Array = NDArray[Any]

OPTIMAL, INFEASIBLE, UNBOUNDED, FAILED = range(4)

_SMALL = 1e-10


@njit(cache=True, nogil=True)
def maximise(G: Array, w: Array, c: Array, x: Array, y: Array, T: Array, basis: Array) -> int:
    """Solve one programme in doubles.

    Parameters
    ----------
    G : float64 array, shape (R, F)
        Scaled so that its largest entries are about 1; w and c likewise.
    w, c : float64 arrays, shape (F,)
    x : float64 array, shape (F,)
        Receives the solution.
    y : float64 array, shape (R,)
        Receives the multipliers of the rows.
    T : float64 array, shape (R + 3, F + R + 1)
        Working space.
    basis : int64 array, shape (R + 1,)
        Working space.

    Returns
    -------
    int
        OPTIMAL, INFEASIBLE, UNBOUNDED, or FAILED if rounding spoils every attempt.
    """
    code = FAILED
    for size in (1e-7, 1e-5, 1e-9):
        code = _attempt(G, w, c, x, y, T, basis, size)
        if code != FAILED:
            break
    return code


@njit(cache=True, nogil=True)
def _attempt(
    G: Array, w: Array, c: Array, x: Array, y: Array, T: Array, basis: Array, size: float
) -> int:
    R, F = G.shape
    last = F + R
    # Rows: the constraints, the equation, the two objectives.
    for r in range(R):
        for j in range(F):
            T[r, j] = G[r, j]
        for j in range(F, last):
            T[r, j] = 0.0
        T[r, F + r] = 1.0
        # The golden ratio spreads the perturbations evenly.
        T[r, last] = size * (1.0 + (r * 0.6180339887498949) % 1.0)
        basis[r] = F + r
    for j in range(last + 1):
        T[R, j] = w[j] if j < F else 0.0
        T[R + 1, j] = c[j] if j < F else 0.0
    T[R, last] = 1.0
    T[R + 1, last] = 0.0
    basis[R] = -1
    for _ in range(50 * (R + F + 10)):
        # While the equation is not met, improve on it; then on the objective.
        objective = R if basis[R] < 0 else R + 1
        e = -1
        best = _SMALL
        for j in range(last):
            if T[objective, j] > best:
                best = T[objective, j]
                e = j
        if e < 0:
            if basis[R] < 0:
                return INFEASIBLE
            return _finish(G, w, x, y, T, basis)
        out = -1
        ratio = np.inf
        for r in range(R + 1):
            if T[r, e] > 1e-9:
                q = T[r, last] / T[r, e]
                if q < ratio or (q == ratio and T[r, e] > T[out, e]):
                    ratio = q
                    out = r
        if out < 0:
            return UNBOUNDED
        pivot = T[out, e]
        for j in range(last + 1):
            T[out, j] /= pivot
        for r in range(R + 2):
            factor = T[r, e]
            if r != out and factor != 0.0:
                for j in range(last + 1):
                    T[r, j] -= factor * T[out, j]
        basis[out] = e
    return FAILED


@njit(cache=True, nogil=True)
def _finish(G: Array, w: Array, x: Array, y: Array, T: Array, basis: Array) -> int:
    """Multipliers of the final basis, and its solution afresh from the data, if feasible."""
    R, F = G.shape
    size = R + 1
    # What the objective gains per unit of slack, with a minus, stands over the slacks.
    for r in range(R):
        y[r] = max(-T[R + 1, F + r], 0.0)
    z = np.zeros(size)
    z[R] = 1.0
    for k in range(size):
        b = basis[k]
        for r in range(size):
            if b >= F:
                T[r, k] = 1.0 if b - F == r else 0.0
            elif r < R:
                T[r, k] = G[r, b]
            else:
                T[r, k] = w[b]
    if not _solve(T, z, size):
        return FAILED
    for j in range(F):
        x[j] = 0.0
    total = 0.0
    for k in range(size):
        if z[k] < -1e-11:
            return FAILED
        if basis[k] < F:
            x[basis[k]] = max(z[k], 0.0)
            total += w[basis[k]] * x[basis[k]]
    for j in range(F):
        x[j] /= total
    return OPTIMAL


@njit(cache=True, nogil=True)
def _solve(M: Array, b: Array, size: int) -> bool:
    """Solve M b = b in place by partial pivoting."""
    for k in range(size):
        p = k
        for r in range(k + 1, size):
            if abs(M[r, k]) > abs(M[p, k]):
                p = r
        if not abs(M[p, k]) > 1e-13:
            return False
        if p != k:
            for j in range(k, size):
                M[k, j], M[p, j] = M[p, j], M[k, j]
            b[k], b[p] = b[p], b[k]
        for r in range(k + 1, size):
            factor = M[r, k] / M[k, k]
            if factor != 0.0:
                for j in range(k + 1, size):
                    M[r, j] -= factor * M[k, j]
                b[r] -= factor * b[k]
    for k in range(size - 1, -1, -1):
        for j in range(k + 1, size):
            b[k] -= M[k, j] * b[j]
        b[k] /= M[k, k]
    return True


def maximise_exactly(
    G: list[list[Fraction]], w: list[Fraction], c: list[Fraction]
) -> tuple[Fraction, list[Fraction]] | None:
    """Solve one bounded programme in rationals.

    Parameters
    ----------
    G : R rows of F Fractions
    w, c : F Fractions

    Returns
    -------
    (value, x) or None
        None if no x is feasible.

    Examples
    --------
    >>> one = Fraction(1)
    >>> maximise_exactly([[one, -one]], [one, one], [one, Fraction(0)])
    (Fraction(1, 2), [Fraction(1, 2), Fraction(1, 2)])
    """
    R, F = len(G), len(w)
    zero, one = Fraction(0), Fraction(1)
    rows = [
        [*map(Fraction, row), *(one if k == r else zero for k in range(R)), zero]
        for r, row in enumerate(G)
    ]
    rows.append([*map(Fraction, w), *([zero] * R), one])
    target = [*map(Fraction, c), *([zero] * (R + 1))]
    basis = [*range(F, F + R), -1]
    while True:
        gains = rows[R] if basis[R] < 0 else target
        e = next((j for j in range(F + R) if gains[j] > 0), None)
        if e is None:
            break
        limits = [(row[-1] / row[e], basis[r], r) for r, row in enumerate(rows) if row[e] > 0]
        if not limits:
            return None
        out = min(limits)[2]
        pivot = rows[out][e]
        rows[out] = [value / pivot for value in rows[out]]
        for row in (*(rows[r] for r in range(R + 1) if r != out), target):
            factor = row[e]
            if factor:
                row[:] = [a - factor * b for a, b in zip(row, rows[out], strict=True)]
        basis[out] = e
    if basis[R] < 0:
        return None
    x = [zero] * F
    for r, b in enumerate(basis):
        if b < F:
            x[b] = rows[r][-1]
    return -target[-1], x
