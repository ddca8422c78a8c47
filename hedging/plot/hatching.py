"""Hatching of parts of a map: what holds there, beside the colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import Status
from hedging.plot.cells import cells
from hedging.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "HATCHED",
    "OUTLINE",
    "STATUS_HATCH",
    "hatch_key",
    "hatch_status",
    "hatched",
    "status_keys",
]

Floats = NDArray[np.float64]

HATCHED = "#555555"
"""Colour of a hatch that means something."""

OUTLINE = 0.5
"""Points of line around a hatched area: hatching alone leaves open where it ends."""

STATUS_HATCH = {
    Status.DEGENERATE: ("....", "payoffs tie, equilibria may form a continuum"),
    Status.INCOMPLETE: ("////", "more equilibria may exist"),
    Status.NO_CONVERGENCE: ("xxxx", "the solver did not converge"),
    Status.NONFINITE: ("++++", "payoffs are not finite"),
    Status.NOT_RUN: ("----", "not computed"),
}
"""How points are hatched whose equilibria may not be all there are."""


def hatched(
    ax: Axes, x: Floats, y: Floats, where: Any, hatch: str, colour: str, outline: float = 0
) -> None:
    """Hatch the cells where a condition holds, without touching their colour."""
    # Contours live on points: every cell's centre, and the border so that the hatch reaches it.
    fill = ax.contourf(
        np.concatenate([x[:1], 0.5 * (x[1:] + x[:-1]), x[-1:]]),
        np.concatenate([y[:1], 0.5 * (y[1:] + y[:-1]), y[-1:]]),
        np.pad(where.astype(np.float64), 1, mode="edge"),
        levels=[0.5, 1.5],
        colors="none",
        hatches=[hatch],
    )
    fill.set_edgecolor(colour)
    fill.set_linewidth(outline)


def hatch_key(hatch: str, label: str, fill: str = "none") -> Any:
    """Legend handle of a hatched area."""
    from matplotlib.patches import Patch

    return Patch(facecolor=fill, edgecolor=HATCHED, hatch=hatch, linewidth=OUTLINE, label=label)


def hatch_status(
    ax: Axes, ds: Any, dims: tuple[str, ...], meanings: Mapping[Status, tuple[str, str]]
) -> list[Any]:
    """Hatch every point whose status is not ok; returns the legend handles.

    Parameters
    ----------
    meanings : mapping of Status to (hatch, words)
        Those to show.
    """
    if "status" not in ds:
        return []
    handles = []
    x, y, status = cells(ds, dims, np.asarray(ds["status"].values, dtype=np.uint8))
    for code, (hatch, meaning) in meanings.items():
        where = status == code
        if where.any():
            hatched(ax, x, y, where, hatch, HATCHED, OUTLINE)
            handles.append(_status_key(code, hatch, meaning, float(where.mean())))
    return handles


def status_keys(ds: Any, meanings: Mapping[Status, tuple[str, str]]) -> list[Any]:
    """Legend handles of what :func:`hatch_status` hatches, for several maps together."""
    if "status" not in ds:
        return []
    status = np.asarray(ds["status"].values)
    return [
        _status_key(code, hatch, meaning, float((status == code).mean()))
        for code, (hatch, meaning) in meanings.items()
        if (status == code).any()
    ]


def _status_key(code: Status, hatch: str, meaning: str, share: float) -> Any:
    return hatch_key(hatch, f"{code.meaning.replace('_', ' ')}: {meaning} ({percent(share)})")
