r"""All equilibria of three-player games with two or three actions each.

Every combination of supports is visited, in the order of the answer.  A combination is dead if
some action in use is clearly worse than another one against all pure profiles of the others'
supports (conditional dominance: Porter, Nudelman and Shoham, *Games and Economic Behavior* 63,
2008); with one bit per profile and pair of actions this is a handful of integer operations.
What survives is solved by the number of further actions each player mixes in:

=========  ====================================================================
(0, 0, 0)  a comparison
(1, 1, 0)  two linear equations in one unknown each
(2, 2, 0)  two cross products
(1, 1, 1)  a quadratic, :mod:`hedging.equilibria.binary_triples`
(2, 1, 1)  the quadratic :math:`\det[A_1 z, A_2 z]`; x from a cross product
(2, 2, 1)  the quartic :math:`X(z)^T C Y(z)`, X and Y cross products
(2, 2, 2)  two quartics on a triangle, :mod:`hedging.equilibria.triangle`
=========  ====================================================================

A player who mixes in more actions than the others together leaves a linear system with free
unknowns; its solutions, if any, end at a tie or at a zero probability of a support that is
visited, and are flagged there.  Where a cross product vanishes because its factors are
parallel, the equation of the third player takes the place of one of them.
"""

from __future__ import annotations

from typing import Any

from hedging.equilibria.compiled import compiled
from hedging.equilibria.flags import Flag
from hedging.equilibria.linear_supports import three_by_three, two_by_two
from hedging.equilibria.newton import CURSOR, FIRST, FLAGS, START, SUM, Bench, Rows
from hedging.equilibria.polynomial_supports import (
    three_binary,
    three_three_three,
    three_three_two,
    three_two_two,
)
from hedging.equilibria.scratch import Scratch
from hedging.equilibria.support_rows import KIND, alive, compare, load, pure

__all__ = ["solve_three"]

UNRESOLVED = int(Flag.UNRESOLVED)


@compiled
def solve_three(
    payoffs: Any,
    begin: int,
    most: int,
    source: Any,
    table: Any,
    m: Any,
    work: Bench,
    scratch: Scratch,
    rows: Rows,
    count: Any,
    flags: Any,
) -> int:
    """Solve games ``begin``, ``begin + 1``, ... until the rows are used up.

    Parameters
    ----------
    payoffs : float64 array, shape (N, 3 m_1 m_2 m_3)
    most : int
        Bound on the rows of one game.
    source, table, m
        See :mod:`hedging.equilibria.multiplayer`.
    count, flags : int64 and uint8 arrays, shape (N,)
        Filled in from ``begin`` on.

    Returns
    -------
    int
        First game not solved; N if all are.
    """
    state = work.state
    state[CURSOR] = 0
    for game in range(begin, payoffs.shape[0]):
        if state[CURSOR] + most > rows.sign.shape[0]:
            return game
        state[FLAGS], state[SUM], state[FIRST] = 0, 0, state[CURSOR]
        if load(payoffs[game], source, m, work.gains, state):
            compare(work.gains, m, scratch.weak)
            for e in range(table.shape[0]):
                row = table[e]
                if not alive(row, m, scratch.weak):
                    continue
                state[START] = state[CURSOR]
                kind = row[KIND]
                if kind == 0:
                    pure(row, m, work, rows)
                elif kind == 1:
                    two_by_two(row, m, work, rows)
                elif kind == 2:
                    three_by_three(row, m, work, rows)
                elif kind == 3:
                    three_binary(row, m, work, scratch, rows)
                elif kind == 4:
                    three_two_two(row, m, work, rows)
                elif kind == 5:
                    three_three_two(row, m, work, scratch, rows)
                else:
                    three_three_three(row, m, work, scratch, rows)
        count[game] = state[CURSOR] - state[FIRST]
        if state[FLAGS] == 0 and (count[game] % 2 == 0 or state[SUM] != 1):
            state[FLAGS] = UNRESOLVED
        flags[game] = state[FLAGS]
    return int(payoffs.shape[0])
