r"""Some players move first, in the open: outcomes of subgame-perfect equilibria in pure actions.

The leaders L act at once, everybody sees what they did, and the others, the followers, act at once.
What followers may do after the leaders' part :math:`l` is a pure equilibrium among
themselves, :math:`f \in E(l)`.  A profile :math:`(l, f)` is the outcome of a subgame-perfect
equilibrium if and only if E is nowhere empty, :math:`f \in E(l)`, and for every leader k

.. math:: u_k(l, f) \ge \max_{l'_k} \min_{f' \in E(l'_k, l_{-k})} u_k(l'_k, l_{-k}, f'):

followers who are indifferent can answer each deviation by what the deviator likes least, and
deviations of different leaders, or to different actions, lead to different subgames, so
all these answers fit into one plan.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["first_mover_outcomes", "followers_equilibria"]

Array = NDArray[Any]
Bools = NDArray[np.bool_]


def followers_equilibria(payoffs: Array, leaders: Collection[int]) -> Bools:
    """Profiles in which the followers are in equilibrium among themselves.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints or Fractions.
    leaders : collection of int

    Returns
    -------
    bool array, shape (N, m_1, ..., m_n)

    Examples
    --------
    >>> game = np.array([[[[2.0, 4.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]]])
    >>> followers_equilibria(game, {0}).tolist()
    [[[True, False], [False, True]]]
    """
    result = np.ones((payoffs.shape[0], *payoffs.shape[2:]), dtype=np.bool_)
    for k in range(payoffs.shape[1]):
        if k not in leaders:
            own = payoffs[:, k]
            result &= (own >= own.max(axis=k + 1, keepdims=True)).astype(np.bool_)
    return result


def first_mover_outcomes(payoffs: Array, leaders: Collection[int]) -> tuple[Bools, Bools]:
    """Outcomes of all pure subgame-perfect equilibria, a whole batch at once.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints or Fractions; compared as they are.
    leaders : collection of int
        Who moves first; all others move second.

    Returns
    -------
    outcome : bool array, shape (N, m_1, ..., m_n)
    complete : bool array, shape (N,)
        False where followers have no pure equilibrium after some action of the leaders, so that
        no subgame-perfect equilibrium is pure; ``outcome`` is False there.

    Notes
    -----
    Time is proportional to the number of payoffs.

    Examples
    --------
    >>> game = np.array([[[[2.0, 4.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]]])
    >>> first_mover_outcomes(game, {0})[0].tolist()
    [[[False, False], [False, True]]]
    """
    n = payoffs.shape[1]
    credible = followers_equilibria(payoffs, leaders)
    second = tuple(k + 1 for k in range(n) if k not in leaders)
    served = np.asarray(credible.any(axis=second)).reshape(len(payoffs), -1)
    complete: Bools = np.asarray(served.all(axis=1))
    outcome = credible & complete.reshape(-1, *(1,) * n)
    for k in leaders:
        own = payoffs[:, k]
        worst = np.where(credible, own, np.inf).min(axis=second, keepdims=True)
        outcome &= (own >= worst.max(axis=k + 1, keepdims=True)).astype(np.bool_)
    return outcome, complete
