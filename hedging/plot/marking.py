"""What is written on a map: the marked case, and a number in every region that has room.

A region's number stands at the centre of the largest disc that fits into it, found by the
distance transform of its cells, clear of the curves and of the mark; it is set smaller where the
disc is small, and left out where not even that fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import ParameterError, UnknownNameError
from hedging.plot.cells import cells, fraction, on_axes
from hedging.plot.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_mark", "mark_place", "write_numbers"]

_SIZES = (8.0, 6.5, 5.5, 5.0)
"""Font sizes tried for a number, in points."""

_ROUND = 0.48
"""Radius of the disc that holds a bold figure, in font sizes; each further figure adds 0.3."""

_MARK = "mark"
"""Name by which the mark is told from the curves."""

_CLEAR = 4.0
"""Points kept free around the centre of the mark."""


def mark_place(mark: Mapping[str, Any] | None, dims: tuple[str, ...]) -> list[float] | None:
    """Where the mark is in every dimension, None if there is none to make.

    Raises
    ------
    UnknownNameError
        If a dimension has no value.
    ParameterError
        If a value is not finite.
    """
    if mark is None:
        return None
    missing = [dim for dim in dims if dim not in mark]
    if missing:
        msg = (
            f"mark gives no value for {', '.join(missing)}; type "
            f"mark=dict({', '.join(f'{dim}=...' for dim in dims)}, label='...')"
        )
        raise UnknownNameError(msg)
    place = [float(mark[dim]) for dim in dims]
    if not np.isfinite(place).all():
        msg = f"mark is at {dict(zip(dims, place, strict=True))}; give finite numbers"
        raise ParameterError(msg)
    return place


def draw_mark(
    ax: Axes, ds: Any, dims: tuple[str, ...], place: list[float], label: str
) -> list[Any]:
    """Mark a point if it lies on the map; returns its legend handle if it has a label."""
    u, v = on_axes(ds, dims, place)
    if not (0 <= u <= 1 and 0 <= v <= 1):
        return []
    (point,) = ax.plot(
        [u],
        [v],
        transform=ax.transAxes,
        marker="D",
        markersize=5,
        markerfacecolor=INK,
        markeredgecolor="white",
        markeredgewidth=1,
        linestyle="none",
        zorder=6,
        clip_on=False,
        label=label.replace("$", r"\$"),
        gid=_MARK,
    )
    return [point] if label else []


def write_numbers(
    ax: Axes,
    ds: Any,
    dims: tuple[str, ...],
    values: NDArray[Any],
    numbers: Iterable[tuple[str, tuple[int, ...], str]],
) -> None:
    """Write each region's number where it has most room, if it has any.

    Parameters
    ----------
    values : array
        Code of every point, over ``dims``.
    numbers : iterable of (number, codes, fill)
    """
    from matplotlib.patheffects import Normal, Stroke
    from scipy.ndimage import distance_transform_edt

    x, y, codes = cells(ds, dims, values)
    u, v = fraction(x), fraction(y)
    centre_u, centre_v = 0.5 * (u[1:] + u[:-1]), 0.5 * (v[1:] + v[:-1])
    wide, tall = _points(ax)
    # Cells of an uneven grid differ in size; the average does for finding room.
    step = (tall / codes.shape[0], wide / codes.shape[1])
    drawn = _drawn(ax, u, v)
    for number, members, fill in numbers:
        free = np.isin(codes, members) & ~drawn
        room = distance_transform_edt(np.pad(free, 1), sampling=step)[1:-1, 1:-1]
        row, column = np.unravel_index(int(room.argmax()), room.shape)
        round_ = _ROUND + 0.3 * (len(number) - 1)
        size = next((s for s in _SIZES if s * round_ <= room[row, column]), None)
        if size is None:
            continue
        ax.text(
            centre_u[column],
            centre_v[row],
            number,
            transform=ax.transAxes,
            ha="center",
            va="center_baseline",
            fontsize=size,
            fontweight="bold",
            path_effects=[Stroke(linewidth=size / 4, foreground=fill), Normal()],
        )


def _points(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes in points."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    frame = ax.get_window_extent()
    return frame.width * 72 / figure.dpi, frame.height * 72 / figure.dpi


def _drawn(ax: Axes, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Cells on which a curve or the mark lies, shape (rows, columns)."""
    wide, tall = _points(ax)
    taken = np.zeros((len(v) - 1, len(u) - 1), dtype=bool)
    for line in ax.lines:
        path = np.asarray(line.get_xydata(), dtype=np.float64)
        if line.get_gid() == _MARK:
            at = path[0]
            near_u = (u[1:] > at[0] - _CLEAR / wide) & (u[:-1] < at[0] + _CLEAR / wide)
            near_v = (v[1:] > at[1] - _CLEAR / tall) & (v[:-1] < at[1] + _CLEAR / tall)
            taken |= near_v[:, None] & near_u[None, :]
            continue
        share = ax.transAxes.inverted().transform(line.get_transform().transform(path))
        inside = share[((share >= 0) & (share <= 1)).all(axis=1)]
        columns = np.clip(np.searchsorted(u, inside[:, 0], side="right") - 1, 0, len(u) - 2)
        rows = np.clip(np.searchsorted(v, inside[:, 1], side="right") - 1, 0, len(v) - 2)
        taken[rows, columns] = True
    return taken
