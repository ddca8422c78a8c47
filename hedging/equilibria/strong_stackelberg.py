r"""The best mixed action to commit to in a bimatrix game, in rationals.

If the leader commits to x, the follower sees the probabilities and takes a best reply; among best
replies he takes the one the leader likes best, which the leader can make strict by an arbitrarily
small change of x in all but degenerate games.  For every reply j the best x that makes j a best
reply solves the linear programme

.. math:: \max_x \sum_i x_i A_{ij} \quad\text{subject to}\quad
          \sum_i x_i (B_{ik} - B_{ij}) \le 0 \;\text{for all } k,\quad \sum_i x_i = 1,\; x \ge 0,

and the best of these is the *strong Stackelberg equilibrium* (Conitzer and Sandholm,
"Computing the optimal strategy to commit to", EC 2006; von Stengel and Zamir, *Games and Economic
Behavior* 69, 2010).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from numpy.typing import NDArray

from hedging.equilibria.simplex import maximise_exactly

__all__ = ["commit"]

Array = NDArray[Any]


def commit(leader: Array, follower: Array) -> tuple[Fraction, list[Fraction], int]:
    """The leader's best value, an action that gives it, and the reply.

    Parameters
    ----------
    leader, follower : object arrays of Fraction, shape (m, k)
        Payoffs, the leader's action first.

    Returns
    -------
    value : Fraction
    x : list of m Fractions
        A vertex: with the reply fixed no mixture does better.
    reply : int
        The first of the replies that are as good.

    Notes
    -----
    One linear programme for each of the follower's actions.

    Examples
    --------
    >>> import numpy as np
    >>> A = np.array([[Fraction(2), Fraction(4)], [Fraction(1), Fraction(3)]])
    >>> B = np.array([[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]])
    >>> commit(A, B)
    (Fraction(7, 2), [Fraction(1, 2), Fraction(1, 2)], 1)
    """
    m, replies = leader.shape
    best: tuple[Fraction, list[Fraction], int] | None = None
    for j in range(replies):
        rows = [list(follower[:, k] - follower[:, j]) for k in range(replies) if k != j]
        answer = maximise_exactly(rows, [Fraction(1)] * m, list(leader[:, j]))
        if answer is not None and (best is None or answer[0] > best[0]):
            best = (*answer, j)
    assert best is not None  # against any x some reply is best
    return best
