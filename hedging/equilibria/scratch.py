"""Scratch of the three-player kernels, made once and used for every game of a batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scratch", "workspace"]


class Scratch(NamedTuple):
    """Scratch of the larger supports."""

    weak: NDArray[np.int64]
    found: NDArray[np.float64]
    curve: NDArray[np.float64]
    roots: NDArray[np.float64]
    stack: NDArray[np.float64]
    form: NDArray[np.float64]
    quartic: NDArray[np.float64]
    corner: NDArray[np.float64]
    depth: NDArray[np.int64]
    slopes: NDArray[np.float64]
    line: NDArray[np.float64]
    points: NDArray[np.float64]


def workspace() -> Scratch:
    """Empty scratch."""
    return Scratch(
        np.zeros(27, dtype=np.int64),
        np.zeros((2, 3)),
        np.zeros((6, 3)),
        np.zeros(16),
        np.zeros((64, 7)),
        np.zeros((64, 6, 6)),
        np.zeros((64, 2, 15)),
        np.zeros((64, 3, 3)),
        np.zeros(64, dtype=np.int64),
        np.zeros((2, 2, 10)),
        np.zeros(8),
        np.zeros((16, 3)),
    )
