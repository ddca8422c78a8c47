"""Axis labels, and a legend that never covers the data.

The legend stands under the axes.  Text is measured rather than guessed: a new figure keeps
the size of its map and grows by what the words need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hedging.plot.style import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axis_label", "label_axes", "legend_options", "put_legend", "wrap_handles"]

_KEY = 1.4
"""Length of a legend key in font sizes."""

_PAD, _GAP = 0.04, 0.08
"""Inches around the figure, and between the axis label and the legend."""


def label_axes(ax: Axes, ds: Any, dims: tuple[str, ...]) -> None:
    """Name the axes by parameter, meaning and unit, in as many lines as that takes."""
    frame = ax.get_window_extent()
    figure = ax.get_figure(root=True)
    assert figure is not None
    points = 72 / figure.dpi
    ax.set_xlabel(
        wrap(axis_label(ds, dims[0]), frame.width * points, float(ax.xaxis.label.get_fontsize()))
    )
    if len(dims) == 1:
        ax.set_yticks([])
    else:
        size = float(ax.yaxis.label.get_fontsize())
        ax.set_ylabel(wrap(axis_label(ds, dims[1]), frame.height * points, size))
    ax.tick_params(direction="out", length=2.5)


def axis_label(ds: Any, dim: str) -> str:
    """Name of the parameter, what it means, and its unit if it has one."""
    attrs = ds[dim].attrs
    meaning = str(attrs.get("long_name", "")).split(";")[0].strip()
    text = dim.replace("_", " ")
    if meaning and meaning != dim:
        text = f"{text}: {meaning}"
    unit = str(attrs.get("units", "1"))
    return text if unit in ("", "1") else f"{text} ({unit})"


def put_legend(ax: Axes, handles: list[Any], own: bool) -> None:
    """Put the legend under everything; an own figure then grows to hold it.

    The layout is measured rather than guessed: words of unknown length have to fit.
    """
    import matplotlib
    from matplotlib.font_manager import FontProperties
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    inch = figure.dpi
    box, frame = ax.get_tightbbox(), ax.get_window_extent()
    assert box is not None
    left, below = (frame.x0 - box.x0) / inch, (frame.y0 - box.y0) / inch
    right, above = (box.x1 - frame.x1) / inch, (box.y1 - frame.y1) / inch
    shift = ScaledTranslation(-left if own else 0, -below - _GAP, figure.dpi_scale_trans)
    # What stands beside a key: the page, or the axes, less the key and the space after it.
    size = FontProperties(size=matplotlib.rcParams["legend.fontsize"]).get_size_in_points()
    page = (figure.bbox.width / inch - 2 * _PAD if own else frame.width / inch) * 72
    wrap_handles(handles, page, size)
    legend = ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + shift,
        **legend_options(),
    )
    if not own:
        return
    high = legend.get_window_extent().height / inch
    wide, tall = figure.get_size_inches()[0], frame.height / inch
    total = _PAD + above + tall + below + _GAP + high + _PAD
    figure.set_size_inches(wide, total)
    bottom = _PAD + high + _GAP + below
    ax.set_position(
        (
            (_PAD + left) / wide,
            bottom / total,
            (wide - 2 * _PAD - left - right) / wide,
            tall / total,
        )
    )


def wrap_handles(handles: list[Any], page: float, size: float) -> None:
    """Break the words of legend handles for a column ``page`` points wide."""
    for handle in handles:
        label = handle.get_label()
        indent = (
            " " * (len(label) - len(label.lstrip("0123456789")) + 3) if label[0].isdigit() else ""
        )
        handle.set_label(wrap(label, page - (_KEY + 0.8) * size, size, indent))


def legend_options() -> dict[str, Any]:
    """How every legend is set."""
    return {
        "borderaxespad": 0,
        "borderpad": 0,
        "handlelength": _KEY,
        "handletextpad": 0.6,
        "labelspacing": 0.25,
        "frameon": False,
    }
