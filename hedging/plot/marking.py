"""Where to write on a map: the marked case, and a number in every region.

A label is tried in several places around its point and stays where it covers fewest regions.  A
region's number stands at the centre of the largest disc that fits into it, found by the
distance transform of its cells; regions too thin for a figure get none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from hedging.errors import ParameterError, UnknownNameError
from hedging.plot.cells import cells, fraction, on_axes
from hedging.plot.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NOWHERE", "Box", "draw_mark", "mark_place", "write_numbers"]

Box = tuple[float, float, float, float]
"""Left, right, low and high end as fractions of the axes."""

NOWHERE: Box = (2.0, 2.0, 2.0, 2.0)

# Where a label may stand beside its point: offset in points, and which of its sides is there.
_BESIDE = (
    ((7, 0), "left", "center"),
    ((-7, 0), "right", "center"),
    ((0, 6), "center", "bottom"),
    ((0, -6), "center", "top"),
    ((4, 5), "left", "bottom"),
    ((4, -5), "left", "top"),
    ((-4, 5), "right", "bottom"),
    ((-4, -5), "right", "top"),
)

_ROOM = 0.022
"""Radius a number needs, as a fraction of the axes."""


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


def draw_mark(ax: Axes, ds: Any, dims: tuple[str, ...], place: list[float], label: str) -> Box:
    """Mark a point, its label where it crosses fewest borders; returns the box they take."""
    from matplotlib.patheffects import Normal, Stroke

    u, v = on_axes(ds, dims, place)
    if not (0 <= u <= 1 and 0 <= v <= 1):
        return NOWHERE
    ax.plot(
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
    )
    x, y, codes = cells(ds, dims, ds["region"].values)
    best: tuple[float, Any, Box] | None = None
    # A long label may also stand in two lines.
    middle = min(
        (k for k, c in enumerate(label) if c == " "),
        key=lambda k: abs(k - len(label) / 2),
        default=None,
    )
    shapes = [label] if middle is None else [label, label[:middle] + "\n" + label[middle + 1 :]]
    for words, (shift, across, up) in product(shapes, _BESIDE):
        text = ax.annotate(
            words,
            (u, v),
            xycoords="axes fraction",
            xytext=shift,
            textcoords="offset points",
            ha=across,
            va=up,
            multialignment="left" if across == "left" else across,
            linespacing=1.05,
            zorder=6,
            path_effects=[Stroke(linewidth=2, foreground="white"), Normal()],
        )
        corners = ax.transAxes.inverted().transform(text.get_window_extent().get_points())
        (left, low), (right, high) = corners
        columns = (fraction(x)[1:] > left) & (fraction(x)[:-1] < right)
        rows = (fraction(y)[1:] > low) & (fraction(y)[:-1] < high)
        outside = max(-left, right - 1, -low, high - 1, 0.0)
        cost = len(np.unique(codes[np.ix_(rows, columns)])) + 1e3 * outside
        if best is None or cost < best[0]:
            if best is not None:
                best[1].remove()
            best = (cost, text, (left, right, low, high))
        else:
            text.remove()
    assert best is not None
    left, right, low, high = best[2]
    return min(left, u), max(right, u), min(low, v), max(high, v)


def write_numbers(
    ax: Axes,
    ds: Any,
    dims: tuple[str, ...],
    numbers: Iterable[tuple[str, tuple[int, ...], str]],
    taken: Box,
) -> None:
    """Write each region's number where it has most room, if it has any.

    Parameters
    ----------
    numbers : iterable of (number, codes, fill)
    taken : Box
        Where the mark and its label already are.
    """
    from matplotlib.patheffects import Normal, Stroke
    from scipy.ndimage import distance_transform_edt

    x, y, codes = cells(ds, dims, ds["region"].values)
    u, v = fraction(x), fraction(y)
    centre_u, centre_v = 0.5 * (u[1:] + u[:-1]), 0.5 * (v[1:] + v[:-1])
    step = (1 / codes.shape[0], 1 / codes.shape[1])
    left, right, low, high = taken
    across = (u[1:] > left) & (u[:-1] < right)
    blocked = ((v[1:] > low) & (v[:-1] < high))[:, None] & across[None, :]
    for number, members, fill in numbers:
        free = np.isin(codes, members) & ~blocked
        room = distance_transform_edt(np.pad(free, 1), sampling=step)[1:-1, 1:-1]
        row, column = np.unravel_index(int(room.argmax()), room.shape)
        if room[row, column] < _ROOM:
            continue
        ax.text(
            centre_u[column],
            centre_v[row],
            number,
            transform=ax.transAxes,
            ha="center",
            va="center",
            fontweight="bold",
            path_effects=[Stroke(linewidth=2, foreground=fill), Normal()],
        )
