"""Small multiples: panels of one figure that share axes, colours and one legend.

A figure is as wide as a page and as high as its panels, its words and its legend need; all text is
measured, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from hedging.errors import ParameterError
from hedging.plot.layout import legend_options, put_legend, wrap_handles
from hedging.plot.style import COLUMN, STYLE, pyplot, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PAGE", "finish", "map_height", "panels"]

PAGE = 7.2
"""Width in inches of a figure over both columns of a journal page."""

_PAD, _GAP, _BETWEEN = 0.04, 0.08, 0.14
"""Inches around the figure, between its parts, and between panels."""

_COLUMNS = 3


def map_height(number: int) -> float:
    """Height in inches of each of a number of maps, near to their width."""
    return {1: 3.0, 2: 2.6, 4: 2.6}.get(number, 2.0)


@contextmanager
def panels(given: Any, number: int, columns: int | None = None) -> Iterator[list[Axes]]:
    """The axes given, as they are; or those of a new figure, as wide as the page.

    A panel that is alone gets a figure one column wide.

    Parameters
    ----------
    given : None, or sequence of ``number`` Axes
    number : int
    columns : int, optional
        Panels per row; by default at most three, and two of four.
    """
    plt = pyplot()
    if given is not None:
        taken = list(np.atleast_1d(np.asarray(given, dtype=object)).flat)
        if len(taken) != number:
            msg = f"{len(taken)} axes given for {number} panels; give {number}, or none"
            raise ParameterError(msg)
        yield taken
        return
    columns = min(number, columns or (2 if number == 4 else _COLUMNS))
    rows = -(-number // columns)
    # Made outside rc_context, for the reason given in hedging.plot.style.
    wide = PAGE if columns > 1 else COLUMN
    figure = plt.figure(figsize=(wide, 2.0 * rows), dpi=150)
    try:
        with plt.rc_context(STYLE):
            made: list[Axes] = []
            for k in range(number):
                first = made[0] if made else None
                ax = figure.add_subplot(rows, columns, k + 1, sharex=first, sharey=first)
                # The last panel of a column bears the numbers of its axis.
                ax.tick_params(labelleft=k % columns == 0, labelbottom=k + columns >= number)
                made.append(ax)
            yield made
    except BaseException:
        plt.close(figure)
        raise


def finish(
    axes: Sequence[Axes],
    across: str,
    up: str,
    handles: list[Any],
    own: bool,
    *,
    height: float,
    note: str = "",
) -> None:
    """Name the axes once, put one legend under all panels, and give everything its place.

    Parameters
    ----------
    across, up : str
        Names of the axes; ``up`` may be empty.
    own : bool
        Whether the figure is ours; in others' the outer panels have the names, and the first the
        legend.
    height : float
        Of a panel, in inches.
    note : str, optional
        Small print under the legend.
    """
    if not own:
        for ax in axes:
            frame, dots = ax.get_window_extent(), _figure(ax).dpi / 72
            spec = ax.get_subplotspec()
            if spec is None or spec.is_last_row():
                size = float(ax.xaxis.label.get_fontsize())
                ax.set_xlabel(wrap(across, frame.width / dots, size))
            if spec is None or spec.is_first_col():
                size = float(ax.yaxis.label.get_fontsize())
                ax.set_ylabel(wrap(up, frame.height / dots, size))
        put_legend(axes[0], handles, own=False)
        return
    _arrange(axes, across, up, handles, height, note)


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def _arrange(
    axes: Sequence[Axes], across: str, up: str, handles: list[Any], height: float, note: str
) -> None:
    from matplotlib import rcParams

    figure = _figure(axes[0])
    inch = figure.dpi
    spec = axes[0].get_subplotspec()
    assert spec is not None
    rows, columns = spec.get_gridspec().get_geometry()
    label, small = float(axes[0].xaxis.label.get_fontsize()), float(rcParams["legend.fontsize"])
    # Words first: their sizes decide the rest.
    page = float(figure.get_size_inches()[0])
    width = page - 2 * _PAD
    below = figure.text(0.5, 0, wrap(across, 72 * width * 0.8, label), fontsize=label)
    below.set(ha="center", va="bottom")
    tall = rows * height + (rows - 1) * _BETWEEN
    beside = figure.text(0, 0.5, wrap(up, 72 * tall, label) if up else "", fontsize=label)
    beside.set(ha="left", va="center", rotation=90)
    abreast = 2 if len(handles) > 3 and columns > 1 else 1
    wrap_handles(handles, 72 * width / abreast - 2 * small * (abreast - 1), small)
    legend: Any = None
    if handles:
        legend = figure.legend(
            handles=handles, loc="lower left", ncols=abreast, columnspacing=2, **legend_options()
        )
        # Columns begin at one height, whatever their lengths.
        legend.get_children()[0].get_children()[1].align = "top"
    print_ = figure.text(0, 0, wrap(note, 72 * width, small) if note else "", fontsize=small)
    print_.set(ha="left", va="bottom")
    figure.draw_without_rendering()

    def size(artist: Any) -> tuple[float, float]:
        if artist is None or (hasattr(artist, "get_text") and not artist.get_text()):
            return 0.0, 0.0
        box = artist.get_window_extent()
        return box.width / inch, box.height / inch

    over: dict[str, list[float]] = {side: [0.0] for side in ("left", "below", "right", "above")}
    rim: dict[str, list[float]] = {side: [0.0] for side in over}
    for k, ax in enumerate(axes):
        box, frame = ax.get_tightbbox(), ax.get_window_extent()
        assert box is not None
        each = {
            "left": (frame.x0 - box.x0) / inch,
            "below": (frame.y0 - box.y0) / inch,
            "right": (box.x1 - frame.x1) / inch,
            "above": (box.y1 - frame.y1) / inch,
        }
        outside = {
            "left": k % columns == 0,
            "below": k + columns >= len(axes),
            "right": k % columns == columns - 1,
            "above": k < columns,
        }
        for side, wide in each.items():
            (rim if outside[side] else over)[side].append(max(0.0, wide))
    aside = size(beside)[0]
    left = _PAD + aside + (_GAP if aside else 0) + max(rim["left"])
    gap_x = max(over["left"]) + max(over["right"]) + _BETWEEN
    gap_y = max(over["above"]) + max(over["below"]) + _BETWEEN
    wide = (page - left - _PAD - max(*rim["right"], 0.1) - (columns - 1) * gap_x) / columns
    # From the bottom: small print, legend, name of the axis, panels.
    at_print = _PAD
    at_legend = at_print + size(print_)[1] + (_GAP if note else 0)
    at_name = at_legend + size(legend)[1] + (_GAP if handles else 0)
    bottom = at_name + size(below)[1] + _GAP / 2 + max(rim["below"])
    total = bottom + rows * height + (rows - 1) * gap_y + max(rim["above"]) + _PAD
    figure.set_size_inches(page, total)
    for k, ax in enumerate(axes):
        row, column = divmod(k, columns)
        x = left + column * (wide + gap_x)
        y = bottom + (rows - 1 - row) * (height + gap_y)
        ax.set_position((x / page, y / total, wide / page, height / total))
    middle = left + 0.5 * (columns * wide + (columns - 1) * gap_x)
    below.set_position((middle / page, at_name / total))
    beside.set_position(
        (_PAD / page, (bottom + 0.5 * (rows * height + (rows - 1) * gap_y)) / total)
    )
    print_.set_position((_PAD / page, at_print / total))
    if legend is not None:
        legend.set_bbox_to_anchor((_PAD / page, at_legend / total), transform=figure.transFigure)
