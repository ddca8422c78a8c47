r"""What each equilibrium pays and what anyone could still gain: the certificate.

With the value of action k of player i against the others' mixes,

.. math:: v_i(k) = \sum_{a_{-i}} u_i(k, a_{-i}) \prod_{j \ne i} x_j(a_j),

the payoff is :math:`\sum_k x_i(k) v_i(k)` and the regret :math:`\sum_k x_i(k) (\max_l v_i(l) -
v_i(k))`.  Both are computed from the payoffs given, in their units, whatever found the
equilibrium.  Terms of the regret are never negative and vanish exactly at pure equilibria.  Sums
run in a fixed order, so that results do not depend on what else is in the batch.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.result import Equilibria, choice_offsets

__all__ = ["payoffs_and_regret"]

Array = NDArray[Any]

# Payoff numbers gathered at a time.
_LARGE = 2.0**1000
_BUFFER = 1 << 22


def payoffs_and_regret(payoffs: Array, found: Equilibria) -> tuple[Array, Array]:
    """Expected payoffs and largest regret of every equilibrium.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints or Fractions.
    found : Equilibria
        Of these N games.

    Returns
    -------
    payoff : array, shape (E, n)
        In the payoffs' units; float64, or object holding exact numbers if both the payoffs and the
        probabilities are exact.
    regret : array, shape (E,)
        The most any player could gain by deviating, in the same units; exactly 0 if exact.

    Notes
    -----
    Time proportional to E n m_1 ... m_n; memory is bounded.

    Examples
    --------
    >>> from hedging.equilibria.dispatch import solve
    >>> dilemma = np.array([[[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]]])
    >>> payoff, regret = payoffs_and_regret(dilemma, solve(dilemma))
    >>> payoff.tolist(), regret.tolist()
    ([[1.0, 1.0]], [0.0])
    """
    exact = payoffs.dtype == object and found.probability.dtype == object
    probability = found.probability if exact else found.probability.astype(np.float64)
    if not exact and payoffs.dtype == object:
        payoffs = payoffs.astype(np.float64)
    shape = payoffs.shape[2:]
    n, rows = len(shape), len(found.support)
    starts = choice_offsets(shape)
    kind = object if exact else np.float64
    payoff, regret = np.empty((rows, n), dtype=kind), np.empty(rows, dtype=kind)
    game = found.game
    scale = None
    if not exact and payoffs.size and np.abs(payoffs).max(initial=0.0) > _LARGE:
        # Differences of such payoffs overflow; a power of two loses nothing that matters here.
        scale, payoffs = _LARGE, payoffs / _LARGE
    step = max(1, _BUFFER // max(1, payoffs[0].size if len(payoffs) else 1))
    for begin in range(0, rows, step):
        part = slice(begin, begin + step)
        mix = [probability[part, a:b] for a, b in pairwise(starts)]
        table = payoffs[game[part]]
        worst: Array | None = None
        for i in range(n):
            value = _values(table[:, i], mix, i)
            gaps = value.max(axis=1, keepdims=True) - value
            payoff[part, i] = _mean(value, mix[i])
            lost = _mean(gaps, mix[i])
            worst = lost if worst is None else np.maximum(worst, lost)
        regret[part] = worst
    return (payoff, regret) if scale is None else (payoff * scale, regret * scale)


def _values(table: Array, mix: list[Array], player: int) -> Array:
    """Values of the player's actions, shape (E, m_i), from its payoffs (E, m_1, ..., m_n)."""
    for j in reversed(range(len(mix))):
        if j != player:
            # The axes of players after j are gone already, but for the player's own.
            table = _mean(np.moveaxis(table, j + 1, 1), mix[j])
    return table


def _mean(values: Array, weights: Array) -> Array:
    """Weighted sum over axis 1 from left to right, leaving the axes behind it."""
    tail = (1,) * (values.ndim - 2)
    total = values[:, 0] * weights[:, 0].reshape(-1, *tail)
    for k in range(1, weights.shape[1]):
        total = total + values[:, k] * weights[:, k].reshape(-1, *tail)
    return total
