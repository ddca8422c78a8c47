r"""Correlated equilibria: what players can do who share a signal.

A distribution p over pure profiles is a *correlated equilibrium* (Aumann, *Journal of
Mathematical Economics* 1, 1974) if nobody who is told his own part of the profile drawn gains by
doing something else:

.. math:: \sum_{s_{-i}} p(a, s_{-i})\, [u_i(b, s_{-i}) - u_i(a, s_{-i})] \le 0
          \quad\text{for every player } i \text{ and actions } a \ne b,

and a *coarse correlated equilibrium* (Moulin and Vial, *International Journal of Game Theory* 7,
1978) if nobody gains by deciding on an action b before the draw,
:math:`\sum_s p(s) [u_i(b, s_{-i}) - u_i(s)] \le 0`.  Both sets are polytopes, the first within the
second, and both hold every Nash equilibrium.  The best one under a linear objective is a linear
programme: a dense simplex method in bulk for small games (:mod:`hedging.equilibria.simplex`),
HiGHS through scipy for large ones and for the rare game the former cannot finish.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hedging.equilibria.log_odds import layout
from hedging.equilibria.simplex import OPTIMAL, maximise
from hedging.errors import GameError, Status

__all__ = ["Correlated", "constraints", "solve"]

Array = NDArray[Any]

_LARGEST = 20_000
"""Entries of the constraint matrix up to which the dense method is the faster."""


@dataclass(frozen=True, slots=True)
class Correlated:
    """Best (coarse) correlated equilibria of N games with F profiles.

    Attributes
    ----------
    probability : float64 array, shape (N, F)
        Of every pure profile, in C order.
    value : float64 array, shape (N,)
        Value of the objective.
    violation : float64 array, shape (N,)
        Largest gain from disobeying that rounding leaves, in payoff ranges of the player.
    status : uint8 array, shape (N,)
        OK, NO_CONVERGENCE or NONFINITE; then the others hold NaN.
    """

    probability: Array
    value: Array
    violation: Array
    status: NDArray[np.uint8]


def solve(payoffs: Array, objective: Array, *, coarse: bool = False) -> Correlated:
    """Maximise a linear objective over the (coarse) correlated equilibria of every game.

    Parameters
    ----------
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)
    objective : float64 array, shape (N, F) or (F,)
        Worth of every pure profile, in C order.
    coarse : bool
        Maximise over the coarse correlated equilibria.

    Returns
    -------
    Correlated
        A vertex of the polytope; other points of it may be as good.

    Raises
    ------
    GameError
        If the objective is of another shape.

    Examples
    --------
    Chicken (Aumann 1974): the fairest of the best correlated equilibria pays more than any mix of
    its Nash equilibria.

    >>> chicken = np.array([[[[6.0, 2.0], [7.0, 0.0]], [[6.0, 7.0], [2.0, 0.0]]]])
    >>> best = solve(chicken, chicken.sum(axis=1).reshape(1, 4))
    >>> best.probability.round(6).tolist(), best.value.round(6).tolist()
    ([[0.5, 0.25, 0.25, 0.0]], [10.5])
    """
    shape = payoffs.shape[2:]
    size, n = payoffs.shape[:2]
    F = int(np.prod(shape))
    objective = np.asarray(objective, dtype=np.float64)
    if objective.shape not in {(F,), (size, F)}:
        msg = (
            f"objective of shape {objective.shape} given; give one number for each of {F} profiles"
        )
        raise GameError(msg)
    objective = np.broadcast_to(objective, (size, F))
    table = payoffs.reshape(size, n, F)
    finite = np.asarray(np.isfinite(table).all(axis=(1, 2)) & np.isfinite(objective).all(axis=1))
    half = np.where(finite[:, None, None], table, 0.0) / 2
    spread = half.max(axis=2, keepdims=True) - half.min(axis=2, keepdims=True)
    scaled = (half - half.min(axis=2, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    goal = np.where(finite[:, None], objective, 0.0)
    goal = goal / np.maximum(np.abs(goal).max(axis=1, keepdims=True), np.finfo(float).tiny)
    goal = goal - goal.mean(axis=1, keepdims=True)
    starts = layout(shape).starts
    actions = np.indices(shape).reshape(n, F).T.copy()
    rows = int(sum(m if coarse else m * (m - 1) for m in shape))
    p = np.full((size, F), np.nan)
    violation, code = np.full(size, np.nan), np.full(size, OPTIMAL + 1, dtype=np.int64)
    if rows * F <= _LARGEST:
        _solve_all(scaled, actions, starts, goal, coarse, rows, finite, p, violation, code)
    for g in np.flatnonzero(finite & (code != OPTIMAL)):
        _with_highs(scaled[g], actions, starts, goal[g], coarse, rows, p[g], violation[g : g + 1])
    lost = np.isnan(violation)
    p[lost] = np.nan
    status = np.where(lost, Status.NO_CONVERGENCE, Status.OK)
    status[~finite] = Status.NONFINITE
    value = np.full(size, np.nan)
    value[~lost] = np.einsum("gf,gf->g", p[~lost], objective[~lost])
    return Correlated(p, value, violation, status.astype(np.uint8))


def constraints(payoffs: Array, *, coarse: bool = False) -> Array:
    """Constraint rows of one game.

    Parameters
    ----------
    payoffs : float64 array, shape (n, m_1, ..., m_n)
    coarse : bool

    Returns
    -------
    float64 array, shape (R, F)
        p is an equilibrium if no entry of ``rows @ p`` is positive; in payoff units.
    """
    shape = payoffs.shape[1:]
    n, F = len(shape), int(np.prod(shape))
    rows = int(sum(m if coarse else m * (m - 1) for m in shape))
    G = np.zeros((rows, F))
    actions = np.indices(shape).reshape(n, F).T.copy()
    table = np.ascontiguousarray(payoffs.reshape(n, F), dtype=np.float64)
    _fill(table, actions, layout(shape).starts, coarse, G)
    return G


@njit(cache=True, nogil=True)
def _fill(table: Array, actions: Array, starts: Array, coarse: bool, G: Array) -> None:
    """Constraint rows of one game from its payoffs (n, F)."""
    n = len(starts) - 1
    F = len(actions)
    r = 0
    stride = F
    for i in range(n):
        m = starts[i + 1] - starts[i]
        stride //= m
        for a in range(1 if coarse else m):
            for b in range(m):
                if a == b and not coarse:
                    continue
                for f in range(F):
                    own = actions[f, i]
                    if coarse or own == a:
                        G[r, f] = table[i, f + (b - own) * stride] - table[i, f]
                    else:
                        G[r, f] = 0.0
                r += 1


@njit(cache=True, nogil=True)
def _solve_all(
    tables: Array,
    actions: Array,
    starts: Array,
    goal: Array,
    coarse: bool,
    rows: int,
    finite: Array,
    p: Array,
    violation: Array,
    code: Array,
) -> None:
    F = len(actions)
    G, T = np.empty((rows, F)), np.empty((rows + 3, F + rows + 1))
    w, y, basis = np.ones(F), np.empty(rows), np.empty(rows + 1, dtype=np.int64)
    for g in range(len(tables)):
        if not finite[g]:
            continue
        _fill(tables[g], actions, starts, coarse, G)
        code[g] = maximise(G, w, goal[g], p[g], y, T, basis)
        if code[g] == OPTIMAL:
            worst = 0.0
            for r in range(rows):
                gain = 0.0
                for f in range(F):
                    gain += G[r, f] * p[g, f]
                worst = max(worst, gain)
            violation[g] = worst
            if worst > 1e-11:
                code[g] = OPTIMAL + 1
                violation[g] = np.nan


def _with_highs(
    table: Array,
    actions: Array,
    starts: Array,
    goal: Array,
    coarse: bool,
    rows: int,
    p: Array,
    violation: Array,
) -> None:
    from scipy.optimize import linprog

    F = len(actions)
    G = np.zeros((rows, F))
    _fill(table, actions, starts, coarse, G)
    answer = linprog(
        -goal, A_ub=G, b_ub=np.zeros(rows), A_eq=np.ones((1, F)), b_eq=[1.0], method="highs"
    )
    if answer.status == 0:
        p[:] = np.maximum(answer.x, 0.0)
        p /= p.sum()
        violation[0] = max(0.0, float((G @ p).max(initial=0.0)))
