"""Whether a linear system has a solution with positive weights, over a real number field.

A support is played in equilibrium if and only if each player has weights on its own actions, all
positive, against which the other player's actions in the support are equally good and none is
better.  That is a cone cut by equations and inequalities.  The sum of its extreme rays lies in its
relative interior, so positive weights exist if and only if the rays together reach every action.
No rank is assumed: ties are treated like everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import gcd, lcm
from typing import Any

from numpy.typing import NDArray

from hedging.analysis.real_roots import RealRoot
from hedging.analysis.univariate import ONE, ZERO, Polynomial

__all__ = ["has_support", "positive_solution"]

Vector = list[Polynomial]


def has_support(
    row: NDArray[Any],
    column: NDArray[Any],
    rows: Sequence[int],
    columns: Sequence[int],
    point: RealRoot,
) -> bool:
    """Whether a two-player game has an equilibrium with exactly these supports.

    Parameters
    ----------
    row, column : object array of Polynomial, shape (m, n)
        Payoffs in a parameter.
    rows, columns : sequence of int
        The actions played.
    point : RealRoot
        The value of the parameter.

    Examples
    --------
    >>> import numpy as np
    >>> from fractions import Fraction
    >>> x = Polynomial([0, 1])
    >>> game = np.array([[x, ZERO], [ZERO, x]])
    >>> has_support(game, game, (0, 1), (0, 1), RealRoot.rational(Fraction(0)))
    True
    """
    return _accepts(row, rows, columns, point) and _accepts(column.T, columns, rows, point)


def _accepts(table: NDArray[Any], mine: Sequence[int], theirs: Sequence[int], at: RealRoot) -> bool:
    """Whether some positive mix over ``theirs`` makes exactly ``mine`` equally good and best."""
    first = mine[0]
    equal = [[table[first, c] - table[r, c] for c in theirs] for r in mine[1:]]
    better = [
        [table[first, c] - table[r, c] for c in theirs] for r in range(len(table)) if r not in mine
    ]
    return positive_solution(len(theirs), equal, better, at)


def positive_solution(
    size: int, equal: Sequence[Vector], at_least: Sequence[Vector], point: RealRoot
) -> bool:
    """Whether some y > 0 has c . y = 0 for all c in ``equal`` and c . y >= 0 in ``at_least``.

    Parameters
    ----------
    size : int
        Length of y.
    equal, at_least : sequence of vectors of Polynomial
    point : RealRoot
        Where the polynomials are evaluated.

    Notes
    -----
    Double description (:mod:`hedging.equilibria.cones`) in the number field of the point.
    """
    rays: list[tuple[Vector, int]] = [
        ([ONE if k == c else ZERO for k in range(size)], ((1 << size) - 1) ^ (1 << c))
        for c in range(size)
    ]
    rows = [(c, True) for c in equal] + [(c, False) for c in at_least]
    for number, (row, tie) in enumerate(rows):
        bit = 1 << (size + number)
        slack = [sum((a * b for a, b in zip(row, y, strict=True)), ZERO) for y, _ in rays]
        signs = [point.sign_of(s) for s in slack]
        kept = [
            (y, tight if s else tight | bit)
            for (y, tight), s in zip(rays, signs, strict=True)
            if s == 0 or (s > 0 and not tie)
        ]
        for g, b in product(range(len(rays)), repeat=2):
            if signs[g] <= 0 or signs[b] >= 0:
                continue
            common = rays[g][1] & rays[b][1]
            if sum(tight & common == common for _, tight in rays) == 2:
                pairs = zip(rays[g][0], rays[b][0], strict=True)
                mixed = [slack[g] * y - slack[b] * z for z, y in pairs]
                kept.append((_shortened(mixed, point), common | bit))
        rays = kept
    return all(any(point.sign_of(y[k]) > 0 for y, _ in rays) for k in range(size))


def _shortened(vector: Vector, point: RealRoot) -> Vector:
    """The same direction at the point, of low degree and without common whole numbers."""
    values = [point.residue(p) for p in vector]
    bottom = lcm(*(a.denominator for v in values for a in v))
    divisor = gcd(*(int(a * bottom) for v in values for a in v)) or 1
    return [Polynomial(int(a * bottom) // divisor for a in v) for v in values]
