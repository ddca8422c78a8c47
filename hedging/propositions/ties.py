"""Random parameters among which ties are frequent and exact.

Evenly drawn numbers never tie, so weak inequalities would go untested at equality.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.propositions.drawn import Floats, uniform

__all__ = ["with_ties"]


def with_ties(
    rng: np.random.Generator, draws: int, subject: Any, unit: float = 1 / 16
) -> dict[str, Floats]:
    """Parameters over their ranges; in every other draw, multiples of ``unit``.

    Parameters
    ----------
    rng : Generator
    draws : int
    subject : object with parameters
    unit : float
        A power of two, so that sums and products of few multiples are exact in doubles.

    Returns
    -------
    dict of str to float64 array, shape (draws,)

    Examples
    --------
    >>> from hedging.families import catalogue
    >>> drawn = with_ties(np.random.default_rng(0), 4, catalogue["mediation_immunity"], 1 / 4)
    >>> drawn["immunity"][::2].tolist()
    [0.25, 0.25]
    """
    values = uniform(rng, draws, subject)
    for name, p in subject.parameters.items():
        low, high = np.ceil(float(p.low) / unit), np.floor(float(p.high) / unit)
        if p.open_low and low * unit == float(p.low):
            low += 1
        even = values[name].copy()
        even[::2] = np.clip(np.round(even[::2] / unit), low, high) * unit
        values[name] = even
    return values
