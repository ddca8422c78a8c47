"""Region maps of a sweep over three parameters, one for each value of the third."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingTypeError, ParameterError, UnknownNameError, suggest
from hedging.plot.critical import drawable
from hedging.plot.hatching import STATUS_HATCH, hatch_status, status_keys
from hedging.plot.layout import axis_label
from hedging.plot.marking import draw_mark, mark_place, write_numbers
from hedging.plot.painting import handles, paint
from hedging.plot.panels import finish, map_height, panels
from hedging.plot.region_map import draw_curves, region_entries
from hedging.plot.style import FILLS, pyplot

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from hedging.model import Model

__all__ = ["region_slices"]

_MOST = 6
"""Slices that are drawn if none are named."""


def region_slices(
    ds: xr.Dataset,
    over: str | None = None,
    ax: Sequence[Axes] | None = None,
    *,
    values: Sequence[float] | None = None,
    mark: Mapping[str, Any] | None = None,
    curves: bool = True,
    model: Model | None = None,
    max_regions: int = len(FILLS),
    labels: Mapping[int, str] | None = None,
) -> NDArray[Any]:
    """Draw the region maps of a sweep over three parameters side by side.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of :func:`hedging.sweep` over a grid of three parameters with ``region`` in its
        report.
    over : str, optional
        The parameter that changes from map to map; by default the last.  Of the other two the
        first is horizontal.
    ax : sequence of matplotlib Axes, optional
        Where to draw, one for each value; a new figure, as wide as a page, is made if absent.
    values : sequence of float, optional
        Its values, each taken at the nearest grid point; by default all of up to six, or six
        spread evenly.
    mark, curves, model, max_regions, labels
        As for :func:`hedging.plot.regions`; a value of ``over`` in ``mark`` marks that slice alone.

    Returns
    -------
    array of matplotlib Axes, shape (number of values,)
        Regions have one number and one colour in all maps; shares are of all maps together.

    Raises
    ------
    HedgingTypeError
        If ``ds`` holds no region codes.
    ParameterError
        If ``ds`` does not have three dimensions, or a value lies outside the grid.
    UnknownNameError
        If ``over`` is none of them.
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> import hedging as hg
    >>> model = hg.catalogue["hedging_bimatrix"]
    >>> grid = hg.grid(rivalry=(0, 5, 11), immunity=(0, 1, 11), retention=[0.7, 0.8, 0.9])
    >>> ds = hg.sweep(model, grid, progress=False)
    >>> [ax.get_title() for ax in hg.plot.region_slices(ds)]
    ['retention = 0.7', 'retention = 0.8', 'retention = 0.9']
    """
    pyplot()
    dims = _dims(ds)
    over = dims[-1] if over is None else over
    if over not in dims:
        msg = f"the sweep has no dimension {over!r}; {suggest(over, list(dims))}"
        raise UnknownNameError(msg)
    plane = tuple(dim for dim in dims if dim != over)
    chosen = ds.isel({over: _positions(ds[over], values)}).transpose(*plane, over, ...)
    place = mark_place(mark, plane)
    only = None if mark is None or over not in mark else float(mark[over])
    at = chosen[over].values
    nearest = None if only is None else float(at[np.argmin(abs(at - only))])
    entries = region_entries(chosen, max_regions, labels or {})
    slices = [chosen.isel({over: k}) for k in range(chosen.sizes[over])]
    borders: dict[str, Any] = {}
    marks: list[Any] = []
    styles: dict[str, Any] = {}
    with panels(ax, len(slices)) as drawn:
        for one, axes in zip(slices, drawn, strict=True):
            paint(axes, one, plane, one["region"].values, entries)
            hatch_status(axes, one, plane, STATUS_HATCH)
            lines = drawable(one, plane, model) if curves else []
            for line in draw_curves(axes, lines, styles):
                borders.setdefault(line.get_label(), line)
            here = only is None or float(one[over]) == nearest
            if place is not None and here:
                label = str((mark or {}).get("label", ""))
                marks = draw_mark(axes, one, plane, place, label) or marks
            axes.set_title(_title(one, over))
            axes.tick_params(direction="out", length=2.5)
        every = [*handles(entries), *status_keys(chosen, STATUS_HATCH), *borders.values(), *marks]
        finish(
            drawn,
            axis_label(ds, plane[0]),
            axis_label(ds, plane[1]),
            every,
            ax is None,
            height=map_height(len(slices)),
        )
        numbers = [(e.key, e.codes, e.fill) for e in entries if e.key]
        for one, axes in zip(slices, drawn, strict=True):
            write_numbers(axes, one, plane, one["region"].values, numbers)
    return np.array(drawn, dtype=object)


def _dims(ds: Any) -> tuple[str, ...]:
    region = getattr(ds, "data_vars", {}).get("region")
    if region is None:
        msg = "no region codes here; give the Dataset of sweep(..., report=('region', 'count'))"
        raise HedgingTypeError(msg)
    if region.ndim != 3 or any(dim not in ds.coords for dim in region.dims):
        msg = (
            f"slices are of a sweep over a grid of three parameters, this one has "
            f"({', '.join(map(str, region.dims))}); hg.plot.regions(ds) draws one or two"
        )
        raise ParameterError(msg)
    return tuple(str(dim) for dim in region.dims)


def _positions(axis: Any, values: Sequence[float] | None) -> list[int]:
    """Grid points of the slices."""
    have = np.asarray(axis.values, dtype=np.float64)
    if values is None:
        spread = np.linspace(0, len(have) - 1, min(_MOST, len(have)))
        return [int(k) for k in np.round(spread)]
    found = []
    for value in values:
        if not have.min() <= value <= have.max():
            msg = f"{axis.name} = {value} is off the grid, {have.min():.4g} to {have.max():.4g}"
            raise ParameterError(msg)
        found.append(int(np.argmin(abs(have - value))))
    if not found:
        msg = f"values names no slice; give some values of {axis.name}, or leave it out"
        raise ParameterError(msg)
    return found


def _title(one: Any, over: str) -> str:
    unit = str(one[over].attrs.get("units", "1"))
    after = "" if unit in ("", "1") else f" {unit}"
    return f"{over.replace('_', ' ')} = {float(one[over]):.4g}{after}".replace("$", r"\$")
