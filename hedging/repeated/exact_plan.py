"""A plan of play in fractions: equilibrium payoffs that are proved, not estimated."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.repeated.hyperplanes import robust_plans
from hedging.repeated.stage import best_deviations

__all__ = ["proved_payoffs"]

_SHORT = 10**13
"""Largest denominator of a probability."""


def proved_payoffs(payoffs: NDArray[Any], delta: Fraction) -> list[list[Fraction]]:
    """Payoffs of the states of a plan from which no deviation pays, as fractions.

    Parameters
    ----------
    payoffs : object array of Fraction, shape (n, m_1, ..., m_n)
    delta : Fraction
        In (0, 1).

    Returns
    -------
    list of S lists of n Fraction
        Empty if no plan was found.

    Notes
    -----
    The plan is found in doubles with room to spare, its probabilities are rounded to fractions, and
    its payoffs and all incentive constraints are then computed exactly.
    """
    n = len(payoffs)
    u = payoffs.reshape(n, -1)
    gain = best_deviations(payoffs[None])[0].reshape(n, -1) - u
    ratio = (1 - delta) / delta
    for play, chain in robust_plans(payoffs.astype(np.float64), float(delta)):
        lottery = [_probabilities(row) for row in chain.tolist()]
        values = _values(lottery, [u[:, a].tolist() for a in play], delta)
        worst = [min(v[i] for v in values) for i in range(n)]
        obeyed = all(
            sum(p * v[i] for p, v in zip(row, values, strict=True)) >= worst[i] + ratio * gain[i, a]
            for row, a in zip(lottery, play, strict=True)
            for i in range(n)
        )
        if obeyed:
            return values
    return []


def _probabilities(row: list[float]) -> list[Fraction]:
    short = [Fraction(p).limit_denominator(_SHORT) for p in row]
    total = sum(short)
    return [p / total for p in short]


def _values(
    lottery: list[list[Fraction]], stage: list[list[Fraction]], delta: Fraction
) -> list[list[Fraction]]:
    """Solution V of V = (1 - delta) u + delta P V, by elimination."""
    size = len(stage)
    rows = [
        [Fraction(int(s == t)) - delta * p for t, p in enumerate(line)]
        + [(1 - delta) * x for x in stage[s]]
        for s, line in enumerate(lottery)
    ]
    # The diagonal dominates: no pivots are needed.
    for k in range(size):
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for s in range(size):
            factor = rows[s][k]
            if s != k and factor:
                rows[s] = [x - factor * y for x, y in zip(rows[s], rows[k], strict=True)]
    return [row[size:] for row in rows]
