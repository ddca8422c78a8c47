"""All extreme equilibria of one two-player game of any size, by exact vertex enumeration.

The row player's best-response polyhedron is the cone

    { (y, v) :  y >= 0,  v >= (A y)_i for every row i },

cut by sum y = 1.  Its extreme rays other than (0, 1) are the vertices y, each with the value v.
The *double description method* (Motzkin, Raiffa, Thompson and Thrall 1953; Fukuda and Prodon
1996) finds them: start from the simplicial cone of the first row and add the other rows one at a
time.  A new inequality ``h >= 0`` keeps the rays with h >= 0 and adds, for each pair of
*adjacent* rays with h of opposite signs, the ray where their plane meets h = 0.  Two rays are
adjacent exactly if no third one satisfies all the equations that both satisfy.  The column
player's polyhedron is the same with B transposed.

Everything is done in integers, so degenerate games need no care: the tight constraints of a ray are
known exactly, and they are the labels of :mod:`hedging.equilibria.components`.  Unlike the
enumeration of support pairs, the work grows with the number of vertices that exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.components import ExtremeSet, arrange
from hedging.program.rationals import integer_rows, sign

__all__ = ["VertexSolution", "best_response_vertices", "extreme_equilibria"]

Rational = int | Fraction
Matrix = list[list[int]]


class VertexSolution(NamedTuple):
    """Extreme equilibria with their exact probabilities.

    Attributes
    ----------
    found : ExtremeSet
    probabilities : list of (list of Fraction)
        Per equilibrium the m + n probabilities, the row player's first.
    """

    found: ExtremeSet
    probabilities: list[list[Fraction]]


class _Ray(NamedTuple):
    """A ray (y_1 .. y_n, v) in coprime integers, and the constraints it satisfies with equality."""

    point: tuple[int, ...]
    tight: int


def best_response_vertices(payoffs: Matrix) -> list[tuple[tuple[int, ...], int]]:
    """Vertices of the best-response polyhedron of a player with integer payoffs.

    Parameters
    ----------
    payoffs : list of m lists of n ints
        Own payoffs, own action first.

    Returns
    -------
    list of (y, labels)
        The opponent's mixed action y, unnormalised, in integers; bit i of ``labels`` is set if
        row i is a best reply (i < m), bit m + j if y_j = 0.

    Examples
    --------
    >>> best_response_vertices([[1, 0], [0, 1]])
    [((1, 0), 9), ((0, 1), 6), ((1, 1), 3)]
    """
    m, n = len(payoffs), len(payoffs[0])
    idle = [1 << m + j for j in range(n)]
    none_played = sum(idle)
    rays = [_Ray((*(0,) * n, 1), none_played)]
    for j in range(n):
        unit = [0] * (n + 1)
        unit[j], unit[n] = 1, payoffs[0][j]
        rays.append(_Ray(tuple(unit), none_played - idle[j] + 1))
    for i in range(1, m):
        rays = _add_row(rays, payoffs[i], 1 << i)
    return [(ray.point[:-1], ray.tight) for ray in rays if any(ray.point[:-1])]


def _add_row(rays: list[_Ray], row: list[int], bit: int) -> list[_Ray]:
    """Rays of the cone cut by v >= row . y, which sets ``bit`` where it holds with equality."""
    slack = [
        ray.point[-1] - sum(a * y for a, y in zip(row, ray.point, strict=False)) for ray in rays
    ]
    kept = [
        ray if h else ray._replace(tight=ray.tight | bit)
        for ray, h in zip(rays, slack, strict=True)
        if h >= 0
    ]
    above = [k for k, h in enumerate(slack) if h > 0]
    below = [k for k, h in enumerate(slack) if h < 0]
    for p, q in _adjacent(rays, above, below):
        alpha, beta = slack[p], -slack[q]
        point = [beta * s + alpha * t for s, t in zip(rays[p].point, rays[q].point, strict=True)]
        divisor = gcd(*point)
        kept.append(_Ray(tuple(c // divisor for c in point), (rays[p].tight & rays[q].tight) | bit))
    return kept


def _adjacent(rays: list[_Ray], above: list[int], below: list[int]) -> list[tuple[int, int]]:
    """Pairs (p, q) from above x below that span a two-dimensional face of the cone."""
    if not above or not below:
        return []
    tight = np.array([ray.tight for ray in rays], dtype=np.uint64)
    enough = len(rays[0].point) - 2  # a face of dimension 2 has this many independent equations
    pairs = []
    for q in below:
        common: NDArray[np.uint64] = tight[above] & tight[q]
        for at in np.flatnonzero(np.bitwise_count(common) >= enough):
            # Only the two rays themselves may satisfy all the equations they share.
            if np.count_nonzero(tight & common[at] == common[at]) == 2:
                pairs.append((above[at], q))  # noqa: PERF401
    return pairs


def _bordered_sign(matrix: Matrix) -> int:
    """Sign of det [[M, -1], [1, 0]], by fraction-free elimination (Bareiss 1968)."""
    size = len(matrix) + 1
    work = [[*row, -1] for row in matrix] + [[1] * (size - 1) + [0]]
    previous, swaps = 1, 0
    for k in range(size - 1):
        pivot = next((i for i in range(k, size) if work[i][k]), None)
        if pivot is None:
            return 0
        if pivot != k:
            work[k], work[pivot] = work[pivot], work[k]
            swaps += 1
        for i in range(k + 1, size):
            for j in range(k + 1, size):
                work[i][j] = (work[i][j] * work[k][k] - work[i][k] * work[k][j]) // previous
        previous = work[k][k]
    return sign(work[-1][-1]) * (-1 if swaps % 2 else 1)


def extreme_equilibria(
    row: Sequence[Sequence[Rational | float]], col: Sequence[Sequence[Rational | float]]
) -> VertexSolution:
    """All extreme equilibria of one m x n game, exactly.

    Parameters
    ----------
    row, col : m sequences of n finite numbers
        Payoffs; floats are read as the binary fractions they are.

    Returns
    -------
    VertexSolution

    Notes
    -----
    With V intermediate vertices the time is O(V^3) in the worst case and much less in practice,
    since few pairs share enough equations to be tested.  Source of the algorithm for equilibria:
    Avis, Rosenberg, Savani and von Stengel (2010), Economic Theory 42, 9-37.

    Examples
    --------
    >>> solution = extreme_equilibria([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    >>> [[str(p) for p in point] for point in solution.probabilities]
    [['1', '0', '1', '0'], ['0', '1', '0', '1'], ['3/5', '2/5', '2/5', '3/5']]
    """
    m, n = len(row), len(row[0])
    a = _matrix(integer_rows([x for line in row for x in line]), n)
    flat = integer_rows([x for line in col for x in line])
    b = [[flat[i * n + j] for i in range(m)] for j in range(n)]
    ys = best_response_vertices(a)
    xs = best_response_vertices(b)
    # The column player's labels come with own actions (columns) first; put the rows first.
    x_labels = [(labels >> n) | ((labels & (1 << n) - 1) << m) for _, labels in xs]
    y_labels = [labels for _, labels in ys]

    def index(x: int, y: int) -> int:
        rows = [i for i, p in enumerate(xs[x][0]) if p]
        columns = [j for j, p in enumerate(ys[y][0]) if p]
        at_row = _bordered_sign([[a[i][j] for j in columns] for i in rows])
        at_column = _bordered_sign([[b[j][i] for i in rows] for j in columns])
        return at_row * at_column * (1 if len(rows) % 2 else -1)

    found = arrange(x_labels, y_labels, (m, n), index)
    probabilities = [_normalised(xs[x][0]) + _normalised(ys[y][0]) for x, y in found.pairs]
    return VertexSolution(found, probabilities)


def _matrix(flat: list[int], width: int) -> Matrix:
    return [flat[k : k + width] for k in range(0, len(flat), width)]


def _normalised(weights: tuple[int, ...]) -> list[Fraction]:
    total = sum(weights)
    return [Fraction(w, total) for w in weights]
