"""Region map of a sweep: which equilibria exist where.

A sweep gives every point x of a grid the code of the set S(x) of supports its equilibria
have.  The map paints the level sets of S, the *regions*, says in words what each code
means, and lays over them the boundaries that are known in closed form, the calibrated case,
and a hatch wherever the listed equilibria may not be all there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingTypeError, ParameterError, Status, UnknownNameError
from hedging.plot.cells import cells
from hedging.plot.critical import drawable
from hedging.plot.layout import label_axes, put_legend
from hedging.plot.marking import draw_mark, mark_place, write_numbers
from hedging.plot.style import FILLS, HATCHES, LINES, OTHER, axes, pyplot
from hedging.words import percent, region_in_words

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from hedging.model import Model

__all__ = ["regions"]

Floats = NDArray[np.float64]

_MAP, _STRIP = 3.3, 0.7
"""Height in inches of a new figure before its legend is added."""

_SPECK = 0.001
"""Regions with a smaller share of the points cannot be seen; two or more of them are gathered."""

_OUTLINE = 0.5
"""Points of line around a hatched area: hatching alone leaves open where it ends."""

_STATUS_HATCH = {
    Status.DEGENERATE: ("....", "payoffs tie, equilibria may form a continuum"),
    Status.INCOMPLETE: ("////", "more equilibria may exist"),
    Status.NO_CONVERGENCE: ("xxxx", "the solver did not converge"),
    Status.NONFINITE: ("++++", "payoffs are not finite"),
    Status.NOT_RUN: ("----", "not computed"),
}


@dataclass(frozen=True)
class _Region:
    """One entry of the legend; several codes if it gathers small regions."""

    codes: tuple[int, ...]
    share: float
    words: str
    fill: str
    hatch: str
    key: str


def regions(
    ds: xr.Dataset,
    ax: Axes | None = None,
    *,
    mark: Mapping[str, Any] | None = None,
    curves: bool = True,
    model: Model | None = None,
    max_regions: int = len(FILLS),
    labels: Mapping[int, str] | None = None,
) -> Axes:
    """Draw the region map of a sweep over one or two parameters.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of :func:`hedging.sweep` over a grid with ``region`` in its report.  The first
        dimension goes on the horizontal axis, the second on the vertical; with one
        dimension the map is a strip.
    ax : matplotlib Axes, optional
        Where to draw; a new figure, one journal column wide, is made if absent.
    mark : mapping, optional
        The case to mark: a value for each dimension, and optionally ``label``, the words that
        explain the mark in the legend, as in
        ``dict(rivalry=1, immunity=0.35, label="Kazakhstan 2015-2019")``.
    curves : bool
        Draw the model's critical values that are known in closed form.
    model : Model, optional
        Where the closed forms come from; by default the model named in ``ds.attrs["hedging"]``.
    max_regions : int
        Beyond this many regions, by default as many as there are colours, the smallest are gathered
        into one.
    labels : mapping of int to str, optional
        Words of your own for some region codes; :func:`hedging.regions` lists the codes.  A code
        has its meaning in this Dataset only: another sweep may give it to another region.

    Returns
    -------
    matplotlib.axes.Axes
        Regions are numbered from the largest (these are ranks, not codes); the legend under the
        axes says what they mean and what share of the grid points they hold.  A region too thin
        for its number goes without.

    Raises
    ------
    HedgingTypeError
        If ``ds`` holds no region codes.
    ParameterError
        If ``ds`` has more than two dimensions, has none, or is a sample.
    UnknownNameError
        If ``mark`` or ``labels`` names something that is not there.
    MissingDependencyError
        Without matplotlib.

    Notes
    -----
    Time and memory are proportional to the number of grid points.  Fills are embedded as
    an image, everything else stays vector graphics in PDF and SVG.

    Examples
    --------
    >>> import hedging as hg
    >>> model = hg.catalogue["hedging_bimatrix"]
    >>> ds = hg.sweep(model, hg.grid(rivalry=(0, 5, 26), immunity=(0, 1, 21)), progress=False)
    >>> ax = hg.plot.regions(ds, mark=dict(rivalry=1, immunity=0.35, label="Kazakhstan"))
    >>> ax.get_xlabel()
    'rivalry: intensity of great-power rivalry'
    """
    pyplot()  # without matplotlib there is nothing to check either
    region = _checked(ds)
    dims = tuple(str(dim) for dim in region.dims)
    place = mark_place(mark, dims)
    entries = _entries(ds, max_regions, labels or {})
    wanted = drawable(ds, dims, model) if curves else []
    own = ax is None
    with axes(ax, _STRIP if len(dims) == 1 else _MAP) as ax:
        if own:
            ax.set_position((0.15, 0.15, 0.8, 0.8))
        handles = _paint(ax, ds, dims, entries)
        handles += _hatch(ax, ds, dims)
        handles += _draw_curves(ax, ds, dims, wanted)
        label_axes(ax, ds, dims)
        if place is not None:
            handles += draw_mark(ax, ds, dims, place, str((mark or {}).get("label", "")))
        numbers = [(e.key, e.codes, e.fill) for e in entries if e.key]
        write_numbers(ax, ds, dims, numbers)
        put_legend(ax, handles, own)
    return ax


# -- reading the Dataset ------------------------------------------------------------------


def _checked(ds: Any) -> Any:
    """Return the region codes, or say why no map can be made of them."""
    region = getattr(ds, "data_vars", {}).get("region")
    if region is None:
        msg = "no region codes here; give the Dataset of sweep(..., report=('region', 'count'))"
        raise HedgingTypeError(msg)
    if region.ndim > 2:
        extra = ", ".join(f"{dim}=..." for dim in region.dims[2:])
        msg = (
            f"a map has one or two dimensions, this sweep has {region.ndim} "
            f"({', '.join(map(str, region.dims))}); select a slice first: ds.sel({extra}, "
            "method='nearest')"
        )
        raise ParameterError(msg)
    if region.ndim == 0 or region.size == 0:
        msg = "a map needs at least one dimension with points; this selection leaves none"
        raise ParameterError(msg)
    for dim in region.dims:
        if dim not in ds.coords:
            msg = (
                f"dimension {dim!r} has no values to draw along, as in a sample; "
                "sweep over grid(...) to get a map"
            )
            raise ParameterError(msg)
    return region


def _status(ds: Any) -> NDArray[np.uint8]:
    if "status" in ds:
        return np.asarray(ds["status"].values, dtype=np.uint8)
    return np.zeros(ds["region"].shape, dtype=np.uint8)


def _entries(ds: Any, max_regions: int, labels: Mapping[int, str]) -> list[_Region]:
    """Legend entries, the largest region first."""
    from hedging.engine.provenance import read
    from hedging.engine.summary import regions as table

    if max_regions < 1:
        msg = f"max_regions is {max_regions!r}; type a positive number"
        raise ParameterError(msg)
    rows = table(ds)
    codes = [int(code) for code in rows["code"]]
    for code in labels:
        if code not in codes:
            msg = f"labels names region {code!r}; the codes here are {', '.join(map(str, codes))}"
            raise UnknownNameError(msg)
    model = read(ds)["model"]
    players, actions = model["players"], model["actions"]
    room = int((rows["share"] >= _SPECK).sum())
    if len(rows) > max_regions or len(rows) - room > 1:
        room = min(room, max_regions - 1)
    else:
        room = len(rows)
    entries = []
    for rank, row in enumerate(rows.itertuples()):
        if rank >= room:
            break
        code = int(row.code)
        if row.equilibria is None:
            words, fill, hatch = "no answer", "#FFFFFF", ""
        else:
            words = region_in_words(row.equilibria, players, actions)
            fill, hatch = FILLS[rank % len(FILLS)], HATCHES[rank // len(FILLS) % len(HATCHES)]
        words = labels.get(code, words)
        entries.append(_entry((code,), float(row.share), words, fill, hatch, str(rank + 1)))
    if room < len(rows):
        rest = rows.iloc[room:]
        words = f"{len(rest)} smaller regions, together" if len(rest) > 1 else "the smallest region"
        gathered = tuple(int(code) for code in rest["code"])
        entries.append(_entry(gathered, float(rest["share"].sum()), words, OTHER, "", ""))
    return entries


def _entry(
    codes: tuple[int, ...], share: float, words: str, fill: str, hatch: str, key: str
) -> _Region:
    # No-break spaces, lest a share or the name of a player be torn from what it belongs to.
    text = re.sub(r"\b([A-Z]) ", "\\1\u00a0", words.replace("$", r"\$"))
    text = f"{key}  {text}" if key else text
    text += f" ({percent(share)})".replace(" ", "\u00a0")
    return _Region(codes, share, text, fill, hatch, key)


# -- drawing ------------------------------------------------------------------------------


def _paint(ax: Axes, ds: Any, dims: tuple[str, ...], entries: list[_Region]) -> list[Any]:
    """Fill the regions; returns their legend handles."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    x, y, codes = cells(ds, dims, ds["region"].values)
    painted = np.zeros(codes.shape, dtype=np.int64)
    for position, entry in enumerate(entries):
        painted[np.isin(codes, entry.codes)] = position
    ax.pcolormesh(
        x,
        y,
        painted,
        cmap=ListedColormap([entry.fill for entry in entries]),
        vmin=-0.5,
        vmax=len(entries) - 0.5,
        shading="flat",
        rasterized=True,
    )
    for position, entry in enumerate(entries):
        if entry.hatch:
            _hatched(ax, x, y, painted == position, entry.hatch, "#777777")
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    return [
        Patch(facecolor=e.fill, edgecolor="#777777", hatch=e.hatch, linewidth=0.5, label=e.words)
        for e in entries
    ]


def _hatched(
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


def _hatch(ax: Axes, ds: Any, dims: tuple[str, ...]) -> list[Any]:
    """Hatch every point whose status is not ok; returns the legend handles."""
    from matplotlib.patches import Patch

    handles = []
    x, y, status = cells(ds, dims, _status(ds))
    for code, (hatch, meaning) in _STATUS_HATCH.items():
        where = status == code
        if where.any():
            _hatched(ax, x, y, where, hatch, "#555555", _OUTLINE)
            label = f"{code.meaning.replace('_', ' ')}: {meaning} ({percent(float(where.mean()))})"
            handles.append(
                Patch(
                    facecolor="none",
                    edgecolor="#555555",
                    hatch=hatch,
                    linewidth=_OUTLINE,
                    label=label,
                )
            )
    return handles


def _draw_curves(ax: Axes, ds: Any, dims: tuple[str, ...], wanted: list[Any]) -> list[Any]:
    from matplotlib.patheffects import Normal, Stroke

    handles = []
    halo = [Stroke(linewidth=2.6, foreground="white"), Normal()]
    for number, curve in enumerate(wanted):
        style = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))[number % 4]
        (line,) = ax.plot(
            curve.x,
            curve.y,
            color=LINES[0],
            linestyle=style,
            linewidth=1.3,
            path_effects=halo,
            label=curve.label,
            scalex=False,
            scaley=False,
        )
        handles.append(line)
    return handles
