r"""Replicator dynamics: which actions spread in a population that meets itself.

In a large population whose members are paired at random to play a symmetric game with matrix A, let
action a be played by the share :math:`x_a` and spread at the rate of its advantage,

.. math:: \dot x_a = x_a \bigl((A x)_a - x^T A x\bigr)

(Taylor and Jonker, *Mathematical Biosciences* 40, 1978; Hofbauer and Sigmund, *Evolutionary Games
and Population Dynamics*, Cambridge 1998, chapter 7).  The simplex and each of its faces are
invariant.

*Rest points.*  In the relative interior of the face of the actions S those x with
:math:`(A x)_a` the same for all a in S: the solution of a bordered linear system, for each of the
:math:`2^m - 1` faces.  If that is singular and solvable the face holds a continuum of them.

*Stability* is that of the linearisation on the simplex.  Its eigenvalues are the advantages
:math:`(A x)_a - x^T A x` of the actions missing, and those of the face's own dynamics.  All real
parts negative: attracting (``stable``); one positive: ``unstable``; else the linearisation does
not tell (``neutral``), as at the centre of rock, paper, scissors.

*Evolutionary stability.*  x is an ESS (Maynard Smith and Price, *Nature* 246, 1973) if :math:`z^T A
z < 0` for all :math:`z = y - x \ne 0` with y a mixture of best replies to x (Haigh, *Advances in
Applied Probability* 7, 1975; Abakuks, *Journal of Applied Probability* 17, 1980): after
elimination of the actions in use, strict copositivity of a small matrix.  Every ESS is a
symmetric Nash equilibrium and attracting.

All these questions are signs of rational functions of the payoffs and are decided in rationals;
only eigenvalues themselves are rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.integers import as_fractions
from hedging.errors import ParameterError

__all__ = ["RestPoints", "Stability", "rest_points", "trajectory"]

Array = NDArray[Any]
Row = list[Fraction]
Matrix = list[Row]

_MOST = 10


class Stability(IntEnum):
    """What the linearisation says about a rest point."""

    STABLE = 0
    """All eigenvalues have negative real parts: nearby populations return."""
    UNSTABLE = 1
    """Some eigenvalue has a positive real part: some nearby populations leave."""
    NEUTRAL = 2
    """Neither: the linearisation does not decide."""


@dataclass(frozen=True, slots=True)
class RestPoints:
    """Rest points alone in the interior of their face, by support size, then action order.

    Attributes
    ----------
    probability : array, shape (R, m)
        Shares, as Fractions.
    eigenvalues : complex128 array, shape (R, m - 1)
        Of the linearisation on the simplex, largest real part first.
    stability : uint8 array, shape (R,)
        :class:`Stability`.
    nash, ess : bool arrays, shape (R,)
        Whether it is a symmetric Nash equilibrium, and evolutionarily stable.
    continua : tuple of tuple of int
        Faces, as tuples of actions, with a continuum of rest points in their interior.
    """

    probability: Array
    eigenvalues: NDArray[np.complex128]
    stability: NDArray[np.uint8]
    nash: NDArray[np.bool_]
    ess: NDArray[np.bool_]
    continua: tuple[tuple[int, ...], ...]


def rest_points(matrix: Array) -> RestPoints:
    """Rest points on all faces, and their stability.

    Parameters
    ----------
    matrix : array, shape (m, m)
        Payoff of the row action against the column action; finite floats, ints or Fractions.

    Returns
    -------
    RestPoints

    Raises
    ------
    ParameterError
        If the matrix is not square, not finite or has more than ten actions.

    Notes
    -----
    A linear system per face, in rationals: about a millisecond for three actions.

    Examples
    --------
    Hawk and dove: only the mixture is stable.

    >>> found = rest_points(np.array([[-1, 4], [0, 2]]))
    >>> found.probability.tolist()[-1], found.stability.tolist(), found.ess.tolist()
    ([Fraction(2, 3), Fraction(1, 3)], [1, 1, 0], [False, False, True])
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not 0 < len(matrix) <= _MOST:
        msg = f"matrix of shape {matrix.shape} given; give m by m payoffs, m from 1 to {_MOST}"
        raise ParameterError(msg)
    if matrix.dtype != object and not np.isfinite(matrix).all():
        msg = "a payoff is not finite; replicator dynamics need finite numbers"
        raise ParameterError(msg)
    A: Matrix = as_fractions(matrix).tolist()
    m = len(A)
    rows: list[Row] = []
    values: list[list[complex]] = []
    stability: list[int] = []
    nash: list[bool] = []
    ess: list[bool] = []
    continua: list[tuple[int, ...]] = []
    for size in range(1, m + 1):
        for face in combinations(range(m), size):
            solution = _interior(A, face)
            if solution is None:
                if _holds_continuum(A, face):
                    continua.append(face)
                continue
            x, mean = solution
            if min(x) <= 0:
                continue
            whole = [Fraction(0)] * m
            for a, share in zip(face, x, strict=True):
                whole[a] = share
            gain = [_dot(row, whole) - mean for row in A]
            outside = [gain[a] for a in range(m) if a not in face]
            inner = _linearised(A, face, x)
            numbers = _eigenvalues(inner)
            rows.append(whole)
            values.append(sorted([*map(complex, outside), *numbers], key=lambda z: -z.real))
            stability.append(_stability(outside, inner, numbers))
            nash.append(max(outside, default=Fraction(0)) <= 0)
            ess.append(nash[-1] and _is_ess(A, face, gain))
    points = np.empty((len(rows), m), dtype=object)
    for r, row in enumerate(rows):
        points[r] = row
    return RestPoints(
        points,
        np.array(values, dtype=np.complex128).reshape(len(rows), m - 1),
        np.array(stability, dtype=np.uint8),
        np.array(nash, dtype=np.bool_),
        np.array(ess, dtype=np.bool_),
        tuple(continua),
    )


def trajectory(matrix: Array, start: Array, times: Array) -> Array:
    """Follow the dynamics from one population.

    Parameters
    ----------
    matrix : array, shape (m, m)
    start : array, shape (m,)
        Shares; scaled to add up to 1.
    times : array, shape (T,)
        Increasing, from 0 or later; in units of one over a payoff.

    Returns
    -------
    float64 array, shape (T, m)

    Raises
    ------
    ParameterError
        If shares are negative or add up to 0, times do not increase, or the integration fails.

    Notes
    -----
    Log-shares are integrated by an implicit Runge-Kutta method to nine digits (scipy's Radau), so
    that no share leaves the simplex and none that starts at 0 ever appears.

    Examples
    --------
    >>> path = trajectory(np.array([[-1, 4], [0, 2]]), [0.1, 0.9], [0, 100])
    >>> path.round(6).tolist()
    [[0.1, 0.9], [0.666667, 0.333333]]
    """
    from scipy.integrate import solve_ivp

    A = np.asarray(matrix, dtype=np.float64)
    x = np.asarray(start, dtype=np.float64)
    t = np.asarray(times, dtype=np.float64)
    if x.shape != (len(A),) or not (x >= 0).all() or not 0 < x.sum() < np.inf:
        msg = f"start {np.asarray(start).tolist()} given; give {len(A)} shares, none negative"
        raise ParameterError(msg)
    if t.ndim != 1 or not len(t) or t[0] < 0 or not (np.diff(t) > 0).all():
        msg = "times must increase from 0 or later; give for example numpy.linspace(0, 50, 201)"
        raise ParameterError(msg)
    alive = np.flatnonzero(x > 0)
    A = A[np.ix_(alive, alive)]
    out = np.zeros((len(t), len(x)))

    def shares(y: Array) -> Array:
        z: Array = np.exp(y - y.max(axis=0))
        z /= z.sum(axis=0)
        return z

    def velocity(_: float, y: Array) -> Array:
        gain = A @ shares(y)
        return np.asarray(gain - gain[0])

    answer = solve_ivp(
        velocity,
        (0.0, max(float(t[-1]), 1e-300)),
        np.log(x[alive] / x[alive[0]]),
        method="Radau",
        t_eval=t,
        rtol=1e-9,
        atol=1e-10,
    )
    if not answer.success:
        msg = f"the integration failed ({answer.message}); give a shorter time"
        raise ParameterError(msg)
    out[:, alive] = shares(answer.y).T
    return out


def _dot(a: Row, b: Row) -> Fraction:
    return sum((p * q for p, q in zip(a, b, strict=True)), Fraction(0))


def _solve(M: Matrix, b: Row) -> tuple[Row | None, bool]:
    """Solution of M z = b, None if M is singular, and whether a solution exists."""
    size = len(M)
    rows = [[*row, value] for row, value in zip(M, b, strict=True)]
    rank = 0
    for c in range(size):
        p = next((r for r in range(rank, size) if rows[r][c]), None)
        if p is None:
            continue
        rows[rank], rows[p] = rows[p], rows[rank]
        pivot = rows[rank][c]
        rows[rank] = [value / pivot for value in rows[rank]]
        for r in range(size):
            factor = rows[r][c]
            if r != rank and factor:
                rows[r] = [u - factor * v for u, v in zip(rows[r], rows[rank], strict=True)]
        rank += 1
    if rank < size:
        return None, not any(row[-1] for row in rows[rank:])
    return [row[-1] for row in rows], True


def _bordered(A: Matrix, face: tuple[int, ...]) -> tuple[Matrix, Row]:
    """The system A x = mean, sum x = 1 on a face."""
    one = Fraction(1)
    M = [[*(A[a][b] for b in face), -one] for a in face]
    M.append([*([one] * len(face)), Fraction(0)])
    return M, [*([Fraction(0)] * len(face)), one]


def _interior(A: Matrix, face: tuple[int, ...]) -> tuple[Row, Fraction] | None:
    """Point of the face's affine hull where its actions earn the same, and how much."""
    z, _ = _solve(*_bordered(A, face))
    return None if z is None else (z[:-1], z[-1])


def _holds_continuum(A: Matrix, face: tuple[int, ...]) -> bool:
    """Whether a face whose system is singular has rest points in its interior."""
    _, solvable = _solve(*_bordered(A, face))
    if not solvable:
        return False
    # The most that the smallest share can be: maximise e with x >= e, equal payoffs, sum x = 1.
    from hedging.equilibria.simplex import maximise_exactly

    k, zero, one = len(face), Fraction(0), Fraction(1)
    G: Matrix = []
    for a in range(k):
        G.append([*(-one if b == a else zero for b in range(k)), one])
        if a:
            gap = [A[face[a]][b] - A[face[0]][b] for b in face]
            G += [[*gap, zero], [*(-g for g in gap), zero]]
    answer = maximise_exactly(G, [*([one] * k), zero], [*([zero] * k), one])
    return answer is not None and answer[0] > 0


def _linearised(A: Matrix, face: tuple[int, ...], x: Row) -> Matrix:
    """Jacobian of the face's dynamics at x, in the coordinates of all its actions but the last."""
    k = len(face)
    B = [[A[a][b] for b in face] for a in face]
    # Rows of x_a (B_ab - (x^T B)_b) less its mean payoff, which drops out on the simplex.
    weighted = [_dot(x, [B[a][b] for a in range(k)]) for b in range(k)]
    J = [[x[a] * (B[a][b] - weighted[b]) for b in range(k)] for a in range(k)]
    return [[J[a][b] - J[a][k - 1] for b in range(k - 1)] for a in range(k - 1)]


def _eigenvalues(J: Matrix) -> list[complex]:
    if not J:
        return []
    return [complex(z) for z in np.linalg.eigvals(np.array(J, dtype=object).astype(np.float64))]


def _stability(outside: Row, inner: Matrix, numbers: list[complex]) -> Stability:
    if any(gain > 0 for gain in outside):
        return Stability.UNSTABLE
    sign = _hurwitz(inner)
    if sign is None:
        largest = max(abs(z) for z in numbers)
        sign = 1 if max(z.real for z in numbers) > 1e-9 * largest else 0
    if sign > 0:
        return Stability.UNSTABLE
    return Stability.NEUTRAL if sign == 0 or any(g == 0 for g in outside) else Stability.STABLE


def _hurwitz(J: Matrix) -> int | None:
    """-1 if all eigenvalues have negative real parts, 1 if some is positive, 0 if neither.

    None where rationals do not say: three eigenvalues or more that are not all negative.
    """
    size = len(J)
    if size == 0:
        return -1
    if size == 1:
        return (J[0][0] > 0) - (J[0][0] < 0)
    if size == 2:
        trace, det = J[0][0] + J[1][1], J[0][0] * J[1][1] - J[0][1] * J[1][0]
        if trace > 0 or det < 0:
            return 1
        return -1 if trace < 0 and det > 0 else 0
    coefficients = _characteristic(J)
    table = [
        [
            coefficients[2 * c - r + 1] if 0 <= 2 * c - r + 1 <= size else Fraction(0)
            for c in range(size)
        ]
        for r in range(size)
    ]
    # Hurwitz: all leading minors positive, if and only if all eigenvalues lie to the left.
    minors = (_determinant([row[:k] for row in table[:k]]) for k in range(1, size + 1))
    return -1 if all(minor > 0 for minor in minors) else None


def _characteristic(J: Matrix) -> Row:
    """Coefficients of det(z - J), highest power first (Faddeev and Le Verrier)."""
    size = len(J)
    coefficients = [Fraction(1)]
    M = [[Fraction(0)] * size for _ in range(size)]
    for k in range(1, size + 1):
        M = [
            [
                sum((J[a][c] * M[c][b] for c in range(size)), Fraction(0))
                + (coefficients[-1] if a == b else 0)
                for b in range(size)
            ]
            for a in range(size)
        ]
        trace = sum((_dot(J[a], [M[c][a] for c in range(size)]) for a in range(size)), Fraction(0))
        coefficients.append(-trace / k)
    return coefficients


def _determinant(M: Matrix) -> Fraction:
    M = [row[:] for row in M]
    result = Fraction(1)
    for c in range(len(M)):
        p = next((r for r in range(c, len(M)) if M[r][c]), None)
        if p is None:
            return Fraction(0)
        if p != c:
            M[c], M[p], result = M[p], M[c], -result
        result *= M[c][c]
        for r in range(c + 1, len(M)):
            factor = M[r][c] / M[c][c]
            M[r] = [u - factor * v for u, v in zip(M[r], M[c], strict=True)]
    return result


def _is_ess(A: Matrix, face: tuple[int, ...], gain: Row) -> bool:
    """Whether the Nash equilibrium with support ``face`` is evolutionarily stable."""
    k, *free = face
    tied = [a for a, g in enumerate(gain) if g == 0 and a not in face]
    order = [*free, *tied]
    # -z^T A z with z_k eliminated; symmetric.
    C = [
        [-(A[a][b] + A[b][a] - A[k][a] - A[a][k] - A[k][b] - A[b][k] + 2 * A[k][k]) for b in order]
        for a in order
    ]
    for f in range(len(free)):
        if C[f][f] <= 0:
            return False
        for r in range(f + 1, len(order)):
            factor = C[r][f] / C[f][f]
            C[r] = [u - factor * v for u, v in zip(C[r], C[f], strict=True)]
    rest = [row[len(free) :] for row in C[len(free) :]]
    # Strictly copositive: the least value on the simplex is positive; it lies at a stationary point
    # of some face, on a smaller one if those of a face are not isolated.
    for size in range(1, len(rest) + 1):
        for part in combinations(range(len(rest)), size):
            solution = _interior(rest, part)
            if solution is not None and min(solution[0]) > 0 and solution[1] <= 0:
                return False
    return True
