"""Runs of equal neighbours: on a grid most points have the same answer as the one before.

What is done once per run instead of once per point is nearly free.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["histogram", "run_starts"]


def run_starts(values: NDArray[Any]) -> NDArray[np.int64]:
    """Where a value differs from the one before; the first point always counts.

    Parameters
    ----------
    values : array, shape (N,) or (words, N)

    Examples
    --------
    >>> run_starts(np.array([3, 3, 5, 5, 5, 3])).tolist()
    [0, 2, 5]
    """
    change = values[..., 1:] != values[..., :-1]
    if change.ndim == 2:
        change = change.any(axis=0)
    if not values.shape[-1]:
        return np.empty(0, dtype=np.int64)
    return np.concatenate([[0], np.flatnonzero(change) + 1])


def histogram(
    codes: NDArray[Any], wide: int, breaks: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """How often each code below ``wide`` occurs, in one cell or in consecutive ones.

    Parameters
    ----------
    codes : unsigned integer array, shape (N,)
    wide : int
    breaks : int64 array, optional
        Where each of K cells starts; the first is 0.

    Returns
    -------
    int64 array, shape (wide, K)

    Examples
    --------
    >>> histogram(np.array([1, 1, 0, 1], dtype=np.uint8), 2, np.array([0, 2])).tolist()
    [[0, 1], [2, 1]]
    """
    starts = run_starts(codes)
    cells = 1
    if breaks is not None:
        cells = len(breaks)
        starts = np.union1d(starts, breaks)
    lengths = np.diff(np.append(starts, len(codes)))
    place = codes[starts].astype(np.int64) * cells
    if breaks is not None:
        place += np.searchsorted(breaks, starts, side="right") - 1
    flat = np.zeros(wide * cells, dtype=np.int64)
    np.add.at(flat, place, lengths)
    return flat.reshape(wide, cells)
