r"""Maps of patience: how much sustains a profile, and where a given amount does.

Both read a sweep over one or two parameters.  On the first map colour is the critical discount
factor, with lines at round values; hatched are the points where none is needed, because the
profile is a stage equilibrium, and where none suffices.  The second says yes, no or undecided
at one discount factor, or along an axis of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import Status
from hedging.plot.cells import cells, map_variable
from hedging.plot.hatching import HATCHED, OUTLINE, hatch_key, hatch_status, hatched
from hedging.plot.layout import label_axes, put_legend
from hedging.plot.marking import draw_mark, mark_place
from hedging.plot.style import FILLS, INK, LINES, OTHER, axes, pyplot
from hedging.words import in_words, percent

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["critical_delta", "sustainable"]

Floats = NDArray[np.float64]

_MAP, _STRIP, _CURVE = 3.3, 0.7, 2.4
"""Height in inches of a new figure before its legend is added."""

_COLOURS = "YlGnBu"
_NONE_NEEDED, _NEVER = "....", "xxxx"

_STATUS = {
    Status.DEGENERATE: ("----", "payoffs tie, and rounding leaves open how"),
    Status.INCOMPLETE: ("////", "only bounds are known, and the upper one is shown"),
    Status.NO_CONVERGENCE: ("++++", "the search did not converge"),
    Status.NONFINITE: ("oooo", "payoffs are not finite"),
    Status.NOT_RUN: ("||||", "not computed"),
}

_NO_ANSWER = {
    status: _STATUS[status] for status in (Status.NO_CONVERGENCE, Status.NONFINITE, Status.NOT_RUN)
}
"""Why a point is undecided, if it is not for want of better bounds."""

_PUNISHMENT = {
    "optimal_penal_code": "any credible punishment",
    "nash_reversion": "Nash reversion",
    "stick_carrot": "one period of the best sticks",
    "minmax_bound": "minmax punishment, a bound",
    "transfers": "punishment with side payments",
}


def critical_delta(
    ds: xr.Dataset,
    ax: Axes | None = None,
    *,
    mark: Mapping[str, Any] | None = None,
) -> Axes:
    """Draw the critical discount factor of a profile over one or two parameters.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of :func:`hedging.sweep` over a grid with ``critical_delta`` in its report.  The
        first dimension goes on the horizontal axis, the second on the vertical; with one
        dimension the factor is a curve.
    ax : matplotlib Axes, optional
        Where to draw; a new figure, one journal column wide, is made if absent.
    mark : mapping, optional
        The case to mark on a map: a value for each dimension, and optionally ``label``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    HedgingTypeError
        If ``ds`` holds no critical discount factors.
    ParameterError
        If ``ds`` has more than two dimensions, has none, or is a sample.
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> import hedging as hg
    >>> design = hg.grid(friction=(0, 0.2, 21), capture_share_b=(0.1, 0.5, 21))
    >>> ds = hg.sweep(
    ...     hg.catalogue["sphere_division"],
    ...     design,
    ...     report="critical_delta",
    ...     profile={"A": "respect", "B": "respect"},
    ...     progress=False,
    ... )
    >>> hg.plot.critical_delta(ds).get_xlabel()
    'friction: cost to each when both encroach'
    """
    pyplot()
    found = map_variable(ds, "critical_delta", "no critical discount factors", "'critical_delta'")
    dims = tuple(str(dim) for dim in found.dims)
    place = mark_place(mark, dims)
    own = ax is None
    with axes(ax, _CURVE if len(dims) == 1 else _MAP) as ax:
        if own:
            ax.set_position((0.15, 0.15, 0.72 if len(dims) == 2 else 0.8, 0.8))
        draw = _curve if len(dims) == 1 else _map
        handles = draw(ax, ds, dims)
        handles += hatch_status(ax, ds, dims, _STATUS)
        label_axes(ax, ds, dims)
        if len(dims) == 1:
            ax.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
            ax.set_ylabel(r"critical discount factor $\delta^*$")
        elif place is not None:
            handles += draw_mark(ax, ds, dims, place, str((mark or {}).get("label", "")))
        put_legend(ax, handles, own)
    return ax


def sustainable(
    ds: xr.Dataset,
    ax: Axes | None = None,
    *,
    mark: Mapping[str, Any] | None = None,
) -> Axes:
    """Draw where a profile is sustainable in the repeated game.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of :func:`hedging.sweep` over a grid with ``sustainable`` in its report; one of
        the dimensions may be ``delta``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure, one journal column wide, is made if absent.
    mark : mapping, optional
        The case to mark: a value for each dimension, and optionally ``label``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    HedgingTypeError
        If ``ds`` holds no such answers.
    ParameterError
        If ``ds`` has more than two dimensions, has none, or is a sample.
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> import hedging as hg
    >>> design = hg.grid(capture_share_b=(0, 0.5, 21), delta=(0, 0.95, 20))
    >>> ds = hg.sweep(
    ...     hg.catalogue["sphere_division"],
    ...     design,
    ...     report="sustainable",
    ...     profile={"A": "respect", "B": "respect"},
    ...     progress=False,
    ... )
    >>> ax = hg.plot.sustainable(ds)
    >>> ax.get_ylabel()
    'delta: discount factor of the players'
    """
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    pyplot()
    found = map_variable(ds, "sustainable", "no answers about patience", "'sustainable'")
    dims = tuple(str(dim) for dim in found.dims)
    place = mark_place(mark, dims)
    fills = (OTHER, FILLS[3], FILLS[2])
    own = ax is None
    with axes(ax, _STRIP if len(dims) == 1 else _MAP) as ax:
        if own:
            ax.set_position((0.15, 0.15, 0.8, 0.8))
        x, y, flags = cells(ds, dims, np.asarray(found.values))
        ax.pcolormesh(x, y, flags, cmap=ListedColormap(fills), vmin=-0.5, vmax=2.5, rasterized=True)
        ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
        handles: list[Any] = []
        at = "" if "delta" in dims else _at_delta(ds)
        what = f"{_profile(ds)} in every period{at}, by {_punishment(ds)}"
        for flag, words in ((1, f"sustainable: {what}"), (0, "not sustainable"), (2, "undecided")):
            share = float(np.mean(flags == flag))
            if share:
                text = f"{words} ({percent(share)})".replace(" %", "\u00a0%")
                fill = fills[flag]
                handles.append(
                    Patch(facecolor=fill, edgecolor="#777777", linewidth=0.5, label=text)
                )
        handles += hatch_status(ax, ds, dims, _NO_ANSWER)
        label_axes(ax, ds, dims)
        if place is not None:
            handles += draw_mark(ax, ds, dims, place, str((mark or {}).get("label", "")))
        put_legend(ax, handles, own)
    return ax


# -- what the sweep was asked ---------------------------------------------------------------


def _note(ds: Any) -> dict[str, Any]:
    from hedging.engine.provenance import read

    return read(ds)


def _profile(ds: Any) -> str:
    """The profile in words."""
    note = _note(ds)
    model, at = note["model"], note["options"]["profile"]
    labels = [own[k] for own, k in zip(model["actions"], at, strict=True)]
    return in_words("|".join(labels), model["players"]).replace("$", r"\$")


def _punishment(ds: Any) -> str:
    options = _note(ds)["options"]
    punishment = options.get("punishment", "nash_reversion")
    if punishment == "finite":
        return f"a punishment of {options['periods']} periods"
    return _PUNISHMENT[punishment]


def _at_delta(ds: Any) -> str:
    if "delta" in ds.coords:  # one slice of an axis
        return f" at $\\delta$\u00a0=\u00a0{float(ds['delta']):.3g}"
    fixed = _note(ds)["fixed"]
    return f" at $\\delta$\u00a0=\u00a0{fixed['delta']:.3g}" if "delta" in fixed else ""


# -- drawing ------------------------------------------------------------------------------


def _meaning(ds: Any) -> str:
    return f"{_profile(ds)} in every period if deviations meet {_punishment(ds)}"


def _map(ax: Axes, ds: Any, dims: tuple[str, ...]) -> list[Any]:
    """Colour by threshold, lines at round values; returns the legend handles."""
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import Normal, Stroke

    x, y, values = cells(ds, dims, np.asarray(ds["critical_delta"].values, dtype=np.float64))
    between = (values > 0) & (values <= 1)
    shown = np.ma.masked_where(~between, values)
    mesh = ax.pcolormesh(x, y, shown, cmap=_COLOURS, vmin=0, vmax=1, rasterized=True)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    handles: list[Any] = []
    lines = _contours(ax, x, y, values)
    if lines is not None:
        lines.set_path_effects([Stroke(linewidth=1.8, foreground="white"), Normal()])
        handles.append(Line2D([], [], color=INK, linewidth=0.8, label=_line_label(ds)))
    handles += _hatch_ends(ax, x, y, values)
    bar = ax.inset_axes((1.03, 0, 0.045, 1))
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.colorbar(mesh, cax=bar)
    bar.set_ylabel(r"critical discount factor $\delta^*$", fontsize=ax.xaxis.label.get_fontsize())
    bar.tick_params(labelsize=ax.xaxis.get_ticklabels()[0].get_fontsize(), length=2.5)
    return handles


def _line_label(ds: Any) -> str:
    return f"from this $\\delta$ on, {_meaning(ds)}"


def _contours(ax: Axes, x: Floats, y: Floats, values: Floats) -> Any:
    """Lines at round values where there is something to join; None if nowhere."""
    from matplotlib.patheffects import Normal, Stroke

    if min(values.shape) < 2:
        return None
    # From an equilibrium of the stage the threshold may jump, and a jump is no slope.
    inside = np.ma.masked_where(~(np.isfinite(values) & (values > 0)), values)
    if np.ma.count(inside) == 0:
        return None
    levels = [v for v in (0.2, 0.4, 0.6, 0.8) if inside.min() < v < inside.max()]
    if not levels:
        return None
    centres = 0.5 * (x[1:] + x[:-1]), 0.5 * (y[1:] + y[:-1])
    lines = ax.contour(*centres, inside, levels=levels, colors=INK, linewidths=0.8)
    if not any(np.size(path.vertices) for path in lines.get_paths()):
        return None
    for text in ax.clabel(lines, fmt="%g", fontsize=6, inline_spacing=2):
        text.set_path_effects([Stroke(linewidth=1.5, foreground="white"), Normal()])
    return lines


def _hatch_ends(ax: Axes, x: Floats, y: Floats, values: Floats) -> list[Any]:
    """Hatch where no patience is needed and where none suffices."""
    handles = []
    for where, hatch, words in (
        (values == 0, _NONE_NEEDED, "no patience needed: an equilibrium of the stage game"),
        (np.isinf(values), _NEVER, "no patience suffices"),
    ):
        if where.any():
            hatched(ax, x, y, where, hatch, HATCHED, OUTLINE)
            handles.append(hatch_key(hatch, f"{words} ({percent(float(where.mean()))})"))
    return handles


def _curve(ax: Axes, ds: Any, dims: tuple[str, ...]) -> list[Any]:
    """The threshold along one parameter; returns the legend handles."""
    order = np.argsort(ds[dims[0]].values, kind="stable")
    x = np.asarray(ds[dims[0]].values, dtype=np.float64)[order]
    values = np.asarray(ds["critical_delta"].values, dtype=np.float64)[order]
    borders, _, _ = cells(ds, dims, values)
    ax.set(xlim=(borders[0], borders[-1]), ylim=(0, 1))
    finite = np.where(np.isfinite(values), values, np.nan)
    # A single point between points without patience enough would be no line at all.
    alone = np.isfinite(finite) & np.isnan(np.append(np.nan, finite[:-1]))
    alone &= np.isnan(np.append(finite[1:], np.nan))
    (line,) = ax.plot(
        x, finite, color=LINES[1], linewidth=1.4, clip_on=False, label=_line_label(ds)
    )
    line.set_label(rf"$\delta^*$: {_line_label(ds)}")
    if alone.any():
        ax.plot(x[alone], finite[alone], ".", color=LINES[1], markersize=4, clip_on=False)
    handles: list[Any] = [line]
    if "critical_delta_lower" in ds:
        lower = np.asarray(ds["critical_delta_lower"].values, dtype=np.float64)[order]
        open_ = lower < values
        if open_.any():
            band = ax.fill_between(
                x, lower, np.minimum(values, 1), where=open_, color=FILLS[0], alpha=0.5,
                linewidth=0, label="between the bounds that are known",
            )  # fmt: skip
            handles.append(band)
    strip = np.array([0.0, 1.0])
    for where, hatch, words in ((np.isinf(values), _NEVER, "no patience suffices"),):
        if where.any():
            hatched(ax, borders, strip, where[None, :], hatch, HATCHED, OUTLINE)
            handles.append(hatch_key(hatch, f"{words} ({percent(float(where.mean()))})"))
    return handles
