"""Exact region boundaries drawn as curves, over a region map or alone.

The zero set of a boundary's polynomial is traced on a fine grid and only those arcs are kept that
do separate: a little to one side of the arc the equilibria have other supports than a little to the
other side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingTypeError, ParameterError
from hedging.plot.style import LINES, axes, pyplot, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hedging.analysis.region_boundaries import BoundaryAtlas

__all__ = ["boundaries"]

Floats = NDArray[np.float64]

_GRID = 401
_STEP, _BESIDE, _SHORT = 1e-4, 1e-6, 1e-5
"""Shares of the box: how far a chord may be from its arc, how far beside the arc its two sides are
looked at, and the length below which a chord has no direction."""

_HEIGHT = 3.3


def boundaries(atlas: BoundaryAtlas, ax: Axes | None = None) -> Axes:
    """Draw the boundaries between the regions of two parameters.

    Parameters
    ----------
    atlas : BoundaryAtlas
        From :func:`hedging.atlas` over two parameters.
    ax : matplotlib Axes, optional
        Where to draw, such as what :func:`hedging.plot.regions` returned for a sweep over the same
        two parameters, the first one horizontal; a new figure is made if absent.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    HedgingTypeError
        If ``atlas`` is not an atlas over two parameters.
    ParameterError
        If the axes show other parameters.
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> import hedging as hg
    >>> model = hg.catalogue["hedging_bimatrix"]
    >>> found = hg.atlas(model, over=("rivalry", "immunity"))
    >>> ax = hg.plot.boundaries(found)
    >>> ax.get_xlabel()
    'rivalry: intensity of great-power rivalry'
    """
    pyplot()
    if not hasattr(atlas, "boundaries"):
        msg = (
            f"boundaries draws an atlas over two parameters, not {type(atlas).__name__}; "
            "type hg.atlas(model, over=('...', '...'))"
        )
        raise HedgingTypeError(msg)
    own = ax is None
    if ax is not None:
        _check_axes(ax, atlas)
    with axes(ax, _HEIGHT, "constrained") as ax:
        for x, y in _arcs(atlas):
            _draw(ax, x, y)
        if own:
            _label(ax, atlas)
    return ax


def _check_axes(ax: Axes, atlas: BoundaryAtlas) -> None:
    """Refuse axes that say they show something else."""
    shown = [" ".join(ax.get_xlabel().split()), " ".join(ax.get_ylabel().split())]
    for text, name, where in zip(shown, atlas.over, ("horizontal", "vertical"), strict=True):
        if text and not text.startswith(name.replace("_", " ")):
            msg = (
                f"the {where} axis shows {text.split(':')[0]!r}, the atlas has {name!r} there; "
                "give over= the parameters in the order of the map"
            )
            raise ParameterError(msg)


def _arcs(atlas: BoundaryAtlas) -> list[tuple[Floats, Floats]]:
    """Separating arcs of all boundaries, in the units of the parameters."""
    from contourpy import contour_generator

    (left, bottom), (right, top) = ((float(a), float(b)) for a, b in (atlas.low, atlas.high))
    x, y = np.linspace(left, right, _GRID), np.linspace(bottom, top, _GRID)
    found: list[tuple[Floats, Floats]] = []
    for boundary in atlas.boundaries:
        number = atlas.number_of(boundary)
        z = atlas.value(number, x[None, :], y[:, None])
        lines: Any = contour_generator(x, y, z).lines(0.0)
        for line in lines:
            found += _separating(atlas, number, np.asarray(line), right - left, top - bottom)
    return found


def _separating(
    atlas: BoundaryAtlas, number: int, line: Floats, wide: float, tall: float
) -> list[tuple[Floats, Floats]]:
    """The runs of a traced line that have different regions on their two sides."""
    scale = np.array([wide, tall])
    moved = np.hypot(*(np.diff(line, axis=0) / scale).T) > _SHORT
    line = line[np.concatenate([[True], moved])]
    middle = 0.5 * (line[1:] + line[:-1])
    along = np.diff(line, axis=0) / scale
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None] * scale
    # From the chord onto the curve, by one secant step along the normal.
    ahead, behind = (atlas.value(number, *(middle + s * _STEP * normal).T) for s in (1, -1))
    with np.errstate(all="ignore"):
        shift = -atlas.value(number, *middle.T) * 2 * _STEP / (ahead - behind)
    shift = np.where(abs(shift) <= _STEP, shift, 0.0)
    middle = middle + shift[:, None] * normal
    one, other = ((middle + side * _BESIDE * normal).T for side in (1, -1))
    keep = atlas.separates(number, one, other)
    # Where another curve crosses, a chord cannot be judged; its neighbours can.
    keep[1:-1] |= keep[:-2] & keep[2:]
    runs = []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], keep, [False]]).astype(int)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        part = line[start : end + 1]
        runs.append((part[:, 0], part[:, 1]))
    return runs


def _draw(ax: Axes, x: Floats, y: Floats) -> None:
    # All halos under all curves, so that none is cut where they meet.
    for colour, width, level in (("white", 2.2, 2.4), (LINES[0], 1.0, 2.5)):
        ax.plot(x, y, color=colour, linewidth=width, zorder=level, scalex=False, scaley=False)


def _label(ax: Axes, atlas: BoundaryAtlas) -> None:
    (left, bottom), (right, top) = atlas.low, atlas.high
    ax.set(xlim=(float(left), float(right)), ylim=(float(bottom), float(top)))
    texts = []
    for name in atlas.over:
        meaning = atlas.model.parameters[name].meaning
        text = name.replace("_", " ")
        texts.append(f"{text}: {meaning}" if meaning else text)
    ax.set_xlabel(wrap(texts[0], 180, float(ax.xaxis.label.get_fontsize())))
    ax.set_ylabel(wrap(texts[1], 180, float(ax.yaxis.label.get_fontsize())))
    ax.tick_params(direction="out", length=2.5)
