"""Region map of a sweep: which equilibria exist where.

A sweep gives every point x of a grid the code of the set S(x) of supports its equilibria
have.  The map paints the level sets of S, the *regions*, says in words what each code
means, and lays over them the boundaries that are known in closed form, the calibrated case,
and a hatch wherever the listed equilibria may not be all there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hedging.errors import ParameterError, UnknownNameError
from hedging.plot.cells import map_variable
from hedging.plot.critical import Line, drawable
from hedging.plot.hatching import STATUS_HATCH, hatch_status
from hedging.plot.layout import label_axes, put_legend
from hedging.plot.marking import draw_mark, mark_place, write_numbers
from hedging.plot.painting import Entry, entry, handles, look, paint, room
from hedging.plot.style import FILLS, LINES, OTHER, axes, pyplot
from hedging.words import percent, region_in_words

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from hedging.model import Model

__all__ = ["draw_curves", "region_entries", "regions"]

_MAP, _STRIP = 3.3, 0.7
"""Height in inches of a new figure before its legend is added."""

_DASHES: Any = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))


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
        If ``ds`` has more than two dimensions (:func:`hedging.plot.region_slices` draws three),
        has none, or is a sample.
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
    _refuse_slices(ds)
    region = map_variable(ds, "region", "no region codes", "('region', 'count')")
    dims = tuple(str(dim) for dim in region.dims)
    place = mark_place(mark, dims)
    entries = region_entries(ds, max_regions, labels or {})
    wanted = drawable(ds, dims, model) if curves else []
    own = ax is None
    with axes(ax, _STRIP if len(dims) == 1 else _MAP) as ax:
        if own:
            ax.set_position((0.15, 0.15, 0.8, 0.8))
        paint(ax, ds, dims, region.values, entries)
        keys = handles(entries)
        keys += hatch_status(ax, ds, dims, STATUS_HATCH)
        keys += draw_curves(ax, wanted)
        label_axes(ax, ds, dims)
        if place is not None:
            keys += draw_mark(ax, ds, dims, place, str((mark or {}).get("label", "")))
        numbers = [(e.key, e.codes, e.fill) for e in entries if e.key]
        write_numbers(ax, ds, dims, region.values, numbers)
        put_legend(ax, keys, own)
    return ax


def _refuse_slices(ds: Any) -> None:
    region = getattr(ds, "data_vars", {}).get("region")
    if region is not None and region.ndim == 3:
        over = region.dims[2]
        msg = (
            f"a map has one or two dimensions, this sweep has 3 "
            f"({', '.join(map(str, region.dims))}); draw one slice, "
            f"ds.sel({over}=..., method='nearest'), or several: "
            f"hg.plot.region_slices(ds, {str(over)!r})"
        )
        raise ParameterError(msg)


# -- reading the Dataset ------------------------------------------------------------------


def region_entries(ds: Any, max_regions: int, labels: Mapping[int, str]) -> list[Entry]:
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
    single = room(rows["share"].tolist(), max_regions)
    entries = []
    for rank, row in enumerate(rows.head(single).itertuples()):
        code = int(row.code)
        if row.equilibria is None:
            words, fill, hatch = "no answer", "#FFFFFF", ""
        else:
            words = region_in_words(row.equilibria, players, actions)
            fill, hatch = look(rank)
        words = labels.get(code, words)
        entries.append(entry((code,), words, percent(float(row.share)), fill, hatch, str(rank + 1)))
    if single < len(rows):
        rest = rows.iloc[single:]
        words = f"{len(rest)} smaller regions, together" if len(rest) > 1 else "the smallest region"
        gathered = tuple(int(code) for code in rest["code"])
        entries.append(entry(gathered, words, percent(float(rest["share"].sum())), OTHER))
    return entries


# -- drawing ------------------------------------------------------------------------------


def draw_curves(ax: Axes, lines: list[Line], styles: dict[str, Any] | None = None) -> list[Any]:
    """Lay closed-form boundaries over a map; returns their legend handles.

    Parameters
    ----------
    styles : dict, optional
        Line styles by label, to which new labels are added: maps that share it agree.
    """
    from matplotlib.patheffects import Normal, Stroke

    styles = {} if styles is None else styles
    drawn = []
    halo = [Stroke(linewidth=2.6, foreground="white"), Normal()]
    for one in lines:
        style = styles.setdefault(one.label, _DASHES[len(styles) % len(_DASHES)])
        (line,) = ax.plot(
            one.x,
            one.y,
            color=LINES[0],
            linestyle=style,
            linewidth=1.3,
            path_effects=halo,
            label=one.label,
            scalex=False,
            scaley=False,
        )
        drawn.append(line)
    return drawn
