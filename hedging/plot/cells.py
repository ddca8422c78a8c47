"""The cells of a map: one rectangle around every point of a grid.

Between neighbours the border lies half-way; the outermost cells end at the grid itself, so
that the picture ends where the sweep did.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cells", "edges", "fraction", "on_axes"]

Floats = NDArray[np.float64]


def edges(values: Floats) -> Floats:
    """Borders of the cells around sorted values, shape (n + 1,)."""
    if len(values) == 1:
        half = 0.5 * (abs(values[0]) or 1.0)
        return np.array([values[0] - half, values[0] + half])
    inner = 0.5 * (values[1:] + values[:-1])
    # The first and last cells end at the grid itself, so that the picture ends where it does.
    return np.concatenate([values[:1], inner, values[-1:]])


def fraction(borders: Floats) -> Floats:
    """Positions along an axis, 0 at its beginning and 1 at its end."""
    share: Floats = (borders - borders[0]) / (borders[-1] - borders[0])
    return share


def cells(ds: Any, dims: tuple[str, ...], values: NDArray[Any]) -> tuple[Floats, Floats, Any]:
    """Edges along x and y, and the values with y along the first axis."""
    x = np.asarray(ds[dims[0]].values, dtype=np.float64)
    if len(dims) == 1:
        order = np.argsort(x, kind="stable")
        return edges(x[order]), np.array([0.0, 1.0]), values[order][None, :]
    y = np.asarray(ds[dims[1]].values, dtype=np.float64)
    across, up = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    return edges(x[across]), edges(y[up]), values[np.ix_(across, up)].T


def on_axes(ds: Any, dims: tuple[str, ...], place: list[float]) -> list[float]:
    """Position as a fraction of the axes; 0.5 up in a strip."""
    found = []
    for dim, value in zip(dims, place, strict=True):
        borders = edges(np.sort(np.asarray(ds[dim].values, dtype=np.float64)))
        found.append(float((value - borders[0]) / (borders[-1] - borders[0])))
    return [*found, 0.5][:2]
