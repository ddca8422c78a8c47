"""Payoffs reduced to what matters: what each action gains, in units of the largest gain.

A player's best replies do not change if a function of the others' actions is subtracted from its
payoffs, nor if they are scaled.  Subtracting the payoff of the first action rounds each difference
once; scaling by a power of two does not round at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["scaled_gains"]

Floats = NDArray[np.float64]

_U = 2.0**-53


def scaled_gains(payoffs: Floats, error: Floats | None = None) -> tuple[Floats, Floats]:
    """What each action gains over the player's first one, in units in which gains are at most 1.

    Parameters
    ----------
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)
        Finite.
    error : float64 array, shape (N, n), optional
        Bound on the error of each player's payoffs.

    Returns
    -------
    gains : float64 array, shape (N, n, m_1, ..., m_n)
        The largest difference of two actions of one player is in [1/2, 1], or 0.
    noise : float64 array, shape (N, n)
        Bound on the error of such a difference before rounding.

    Examples
    --------
    >>> game = np.array([[[[5.0, 8.0], [8.0, 8.0]], [[0.0, 2.0], [0.0, 0.0]]]])
    >>> scaled_gains(game)[0][0].tolist()
    [[[0.0, 0.0], [0.75, 0.0]], [[0.0, 0.5], [0.0, 0.0]]]
    """
    count, n = payoffs.shape[:2]
    # Two scalings, so that a difference of two huge payoffs does not overflow.
    first = np.frexp(np.abs(payoffs).reshape(count, n, -1).max(axis=2))[1] + 1
    wide = (slice(None),) * 2 + (None,) * n
    small = np.ldexp(payoffs, -first[wide])
    gains = np.empty(payoffs.shape)
    spread = np.empty((count, n))
    for i in range(n):
        own = small[:, i]
        gains[:, i] = own - np.take(own, [0], axis=i + 1)
        spread[:, i] = np.ptp(own, axis=i + 1).reshape(count, -1).max(axis=1)
    second = np.frexp(spread)[1]
    noise = np.full((count, n), _U)
    if error is not None:
        with np.errstate(over="ignore"):
            noise += 2 * np.ldexp(np.where(np.isnan(error), np.inf, error), -(first + second))
    return np.ldexp(gains, -second[wide]), noise
