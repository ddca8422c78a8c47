"""The cells of a map: one rectangle around every point of a grid.

Between neighbours the border lies half-way; the outermost cells end at the grid itself, so
that the picture ends where the sweep did.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingTypeError, ParameterError

__all__ = ["cells", "edges", "fraction", "map_variable", "on_axes"]

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


def map_variable(ds: Any, name: str, missing: str, report: str) -> Any:
    """A variable over one or two dimensions, or an error that says why no map can be made of it.

    Parameters
    ----------
    ds : xarray.Dataset
    name : str
    missing, report : str
        What is not there, and the report that would have it, for the message.
    """
    values = getattr(ds, "data_vars", {}).get(name)
    if values is None:
        msg = f"{missing} here; give the Dataset of sweep(..., report={report})"
        raise HedgingTypeError(msg)
    if values.ndim > 2:
        extra = ", ".join(f"{dim}=..." for dim in values.dims[2:])
        msg = (
            f"a map has one or two dimensions, this sweep has {values.ndim} "
            f"({', '.join(map(str, values.dims))}); select a slice first: ds.sel({extra}, "
            "method='nearest')"
        )
        raise ParameterError(msg)
    if values.ndim == 0 or values.size == 0:
        msg = "a map needs at least one dimension with points; this selection leaves none"
        raise ParameterError(msg)
    for dim in values.dims:
        if dim not in ds.coords:
            msg = (
                f"dimension {dim!r} has no values to draw along, as in a sample; "
                "sweep over grid(...) to get a map"
            )
            raise ParameterError(msg)
    return values
