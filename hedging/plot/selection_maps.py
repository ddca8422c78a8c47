"""Map of the equilibrium that a rule of selection chooses; rules stand side by side.

Where several equilibria exist a region map shows the whole set; this one shows what is left of it
when a rule has chosen, and hatches the points where the rule does not decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.selection import Verdict
from hedging.errors import ParameterError
from hedging.plot.cells import map_variable
from hedging.plot.hatching import STATUS_HATCH, hatch_status, status_keys
from hedging.plot.layout import axis_label, label_axes, put_legend
from hedging.plot.marking import draw_mark, mark_place, write_numbers
from hedging.plot.painting import Entry, entry, handles, look, paint, room
from hedging.plot.panels import finish, map_height, panels
from hedging.plot.style import FILLS, OTHER, axes, pyplot
from hedging.words import in_words, percent

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["selected"]

Codes = NDArray[np.int64]

_MAP, _STRIP = 3.3, 0.7
"""Height in inches of a new figure before its legend is added."""

_OPEN = {
    Verdict.TIED: ("....", "several equilibria satisfy the rule equally"),
    Verdict.NONE: ("////", "no equilibrium satisfies the rule"),
    Verdict.UNDECIDED: ("xxxx", "the rule gives no clear answer"),
    Verdict.NO_EQUILIBRIUM: ("++++", "no equilibrium is listed"),
}


def selected(
    ds: xr.Dataset,
    ax: Any = None,
    *,
    mark: Mapping[str, Any] | None = None,
    max_regions: int = len(FILLS),
) -> Any:
    """Draw the equilibrium that a rule selects, over one or two parameters.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of :func:`hedging.sweep` over a grid with ``selected`` in its report, for one
        ``rule`` or several.
    ax : matplotlib Axes, or a sequence of one for each rule, optional
        Where to draw; a new figure is made if absent, one journal column wide for one rule, as
        wide as a page for several.
    mark : mapping, optional
        The case to mark: a value for each dimension, and optionally ``label``.
    max_regions : int
        Beyond this many different equilibria the smallest are gathered into one.

    Returns
    -------
    matplotlib.axes.Axes; for several rules an array of them, shape (number of rules,)
        An equilibrium is identified by its support, and has one number and one colour in all
        maps.  Shares in the legend are of the maps in their order.

    Raises
    ------
    HedgingTypeError
        If ``ds`` holds no selected equilibria.
    ParameterError
        If ``ds`` has more than two dimensions besides the rule, has none, or is a sample.
    UnknownNameError
        If ``mark`` lacks a dimension.
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> import hedging as hg
    >>> ds = hg.sweep(
    ...     hg.catalogue["bridge_rivalry"],
    ...     hg.grid(hub_value=(0.5, 2, 21), hub_share=(0.1, 0.9, 21)),
    ...     report=("region", "selected"),
    ...     rule=("risk_dominance", "welfare"),
    ...     progress=False,
    ... )
    >>> [ax.get_title() for ax in hg.plot.selected(ds)]
    ['risk dominance', 'welfare']
    >>> ax = hg.plot.selected(ds.sel(rule="welfare"))
    """
    pyplot()
    chosen = getattr(ds, "data_vars", {}).get("selected")
    several = chosen is not None and "rule" in chosen.dims
    maps = [ds.isel(rule=k) for k in range(ds.sizes["rule"])] if several else [ds]
    found = map_variable(maps[0], "selected", "no selected equilibria", "('region', 'selected')")
    dims = tuple(str(dim) for dim in found.dims)
    if max_regions < 1:
        msg = f"max_regions is {max_regions!r}; type a positive number"
        raise ParameterError(msg)
    place = mark_place(mark, dims)
    label = str((mark or {}).get("label", ""))
    codes, entries = _entries(ds, maps, max_regions)
    if len(maps) > 1:
        return _side_by_side(ds, maps, dims, codes, entries, ax, place, label)
    own = ax is None
    with axes(ax, _STRIP if len(dims) == 1 else _MAP) as ax:
        if own:
            ax.set_position((0.15, 0.15, 0.8, 0.75))
            ax.set_title(_title(maps[0]))
        paint(ax, maps[0], dims, codes[0], entries)
        keys = [*handles(entries), *hatch_status(ax, maps[0], dims, STATUS_HATCH)]
        label_axes(ax, ds, dims)
        if place is not None:
            keys += draw_mark(ax, ds, dims, place, label)
        write_numbers(ax, ds, dims, codes[0], _numbers(entries))
        put_legend(ax, keys, own)
    return ax


def _side_by_side(
    ds: Any,
    maps: list[Any],
    dims: tuple[str, ...],
    codes: list[Codes],
    entries: list[Entry],
    ax: Any,
    place: list[float] | None,
    label: str,
) -> NDArray[Any]:
    marks: list[Any] = []
    with panels(ax, len(maps)) as drawn:
        for one, values, each in zip(maps, codes, drawn, strict=True):
            paint(each, one, dims, values, entries)
            hatch_status(each, one, dims, STATUS_HATCH)
            if place is not None:
                marks = draw_mark(each, one, dims, place, label)
            each.set_title(_title(one))
            each.tick_params(direction="out", length=2.5)
            if len(dims) == 1:
                each.set_yticks([])
        finish(
            drawn,
            axis_label(ds, dims[0]),
            axis_label(ds, dims[1]) if len(dims) > 1 else "",
            [*handles(entries), *status_keys(maps[0], STATUS_HATCH), *marks],
            ax is None,
            height=_STRIP if len(dims) == 1 else map_height(len(maps)),
        )
        for one, values, each in zip(maps, codes, drawn, strict=True):
            write_numbers(each, one, dims, values, _numbers(entries))
    return np.array(drawn, dtype=object)


def _numbers(entries: list[Entry]) -> list[tuple[str, tuple[int, ...], str]]:
    return [(one.key, one.codes, one.fill) for one in entries if one.key]


def _title(one: Any) -> str:
    return str(one["rule"].values).replace("_", " ") if "rule" in one.coords else ""


def _entries(ds: Any, maps: list[Any], most: int) -> tuple[list[Codes], list[Entry]]:
    """A code for every point of every map, and the legend: the largest over all maps first."""
    from hedging.engine.provenance import read

    model = read(ds)["model"]
    labels, place = np.unique(
        np.stack([one["selected"].values for one in maps]).astype(str), return_inverse=True
    )
    codes = place.reshape(len(maps), *maps[0]["selected"].shape).astype(np.int64)
    undecided = {-1 - int(verdict): verdict for verdict in _OPEN}
    for layer, one in zip(codes, maps, strict=True):
        silent = one["selected"].values.astype(str) == ""
        layer[silent] = -1 - np.asarray(one["verdict"].values, dtype=np.int64)[silent]
    named = [k for k, text in enumerate(labels.tolist()) if text]
    total = {k: float((codes == k).mean()) for k in named}
    order = sorted((k for k in named if total[k]), key=lambda k: -total[k])
    single = room([total[k] for k in order], most)

    def share(*members: int) -> str:
        shares = [float(np.isin(layer, members).mean()) for layer in codes]
        each = [percent(x) if x else "0 %" for x in shares]
        return " / ".join([*(text.removesuffix(" %") for text in each[:-1]), each[-1]])

    entries = []
    for rank, k in enumerate(order[:single]):
        words = in_words(str(labels[k]), model["players"], model["actions"])
        entries.append(entry((k,), words, share(k), *look(rank), str(rank + 1)))
    rest = tuple(order[single:])
    if rest:
        words = f"{len(rest)} others, together" if len(rest) > 1 else "one other"
        entries.append(entry(rest, words, share(*rest), OTHER))
    for code, verdict in undecided.items():
        if (codes == code).any():
            hatch, words = _OPEN[verdict]
            entries.append(entry((code,), words, share(code), "#FFFFFF", hatch))
    return list(codes), entries
