"""The picture of the explorer: one figure that is kept, and whose pixels change.

Making axes, ticks and words takes longer than solving 90,000 games, so they are made once per
pair of axes; a frame replaces the pixels and nothing else.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke

from hedging.explorer.frame import Frame
from hedging.explorer.view import View, span
from hedging.plot.critical import Line
from hedging.plot.style import INK, LINES, STYLE, wrap

__all__ = ["LiveMap", "Place"]

_INCHES, _DPI = (5.6, 4.6), 100
_LABEL = 9
"""Font size of the axis labels."""


@dataclass(frozen=True)
class Place:
    """A country on the map: what to write, where, how to mark it, and whether it is the one."""

    label: str
    x: float
    y: float
    marker: str
    chosen: bool


class LiveMap:
    """A map whose pixels change.

    Parameters
    ----------
    on_click : callable
        Called with the coordinates of a click, where the browser can tell us of one.
    """

    def __init__(self, on_click: Callable[[float, float], None]) -> None:
        self.figure = Figure(figsize=_INCHES, dpi=_DPI)
        self.frames = 0
        self._on_click = on_click
        self._extra: list[Any] = []
        style: Any = STYLE
        with rc_context(style):
            self.ax = self.figure.add_axes((0.14, 0.14, 0.83, 0.83))
        self._image = self.ax.imshow(
            np.zeros((2, 2, 3), np.uint8), origin="lower", aspect="auto", interpolation="nearest"
        )
        halo = [Stroke(linewidth=3, foreground="white"), Normal()]
        self._cross = [
            line(0.5, color=INK, linewidth=0.5, linestyle=":", zorder=4)
            for line in (self.ax.axvline, self.ax.axhline)
        ]
        (self._point,) = self.ax.plot(
            [0.5], [0.5], "D", markersize=7, color=INK, zorder=6, clip_on=False, path_effects=halo
        )
        self.widget = self._canvas()

    def _canvas(self) -> Any:
        """The canvas of ipympl, which reports clicks; a plain picture without it."""
        try:
            from ipympl.backend_nbagg import Canvas, FigureManager
        except ImportError:
            FigureCanvasAgg(self.figure)
            self._live = None
            width, height = self.figure.canvas.get_width_height()
            return widgets.Image(format="png", width=width, height=height)
        canvas = Canvas(self.figure)
        FigureManager(canvas, 0)
        canvas.toolbar_visible = canvas.header_visible = canvas.footer_visible = False
        canvas.resizable = False
        # The size and a first picture for a browser that connects later; from then on only
        # differences travel.
        canvas.syncing_data_url = False
        canvas._size = tuple(np.round(self.figure.bbox.size).tolist())
        canvas._data_url = f"data:image/png;base64,{b64encode(self.png()).decode()}"
        canvas.mpl_connect("button_press_event", self._clicked)
        self._live = canvas
        return canvas

    def _clicked(self, event: Any) -> None:
        if event.inaxes is self.ax:
            self._on_click(float(event.xdata), float(event.ydata))

    def turn(self, view: View) -> None:
        """Put other parameters on the axes."""
        limits = [span(view.model.parameters[name]) for name in (view.x, view.y)]
        self._image.set_extent((*limits[0], *limits[1]))
        self.ax.set(xlim=limits[0], ylim=limits[1])
        frame = self.ax.get_window_extent()
        for name, label, pixels in (
            (view.x, self.ax.set_xlabel, frame.width),
            (view.y, self.ax.set_ylabel, frame.height),
        ):
            parameter = view.model.parameters[name]
            meaning = parameter.meaning.split(";")[0]
            words = name.replace("_", " ")
            text = f"{words}: {meaning}" if meaning else words
            text = text if parameter.unit == "1" else f"{text} ({parameter.unit})"
            label(wrap(text, pixels * 72 / _DPI, _LABEL), fontsize=_LABEL)

    def show(self, view: View, frame: Frame) -> None:
        """Draw a frame; what belongs to an earlier one is taken away."""
        for artist in self._extra:
            artist.remove()
        self._extra = []
        self._image.set_data(frame.pixels)
        self.mark(view)

    def mark(self, view: View) -> None:
        """Move the diamond to the chosen point."""
        x, y = view.values[view.x], view.values[view.y]
        self._point.set_data([x], [y])
        self._cross[0].set_xdata([x, x])
        self._cross[1].set_ydata([y, y])
        self.draw()

    def add(self, lines: Sequence[Line], places: Sequence[Place]) -> None:
        """Lay closed-form boundaries and countries over the frame."""
        halo = [Stroke(linewidth=2.8, foreground="white"), Normal()]
        for number, line in enumerate(lines):
            style = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))[number % 4]
            self._extra += self.ax.plot(
                line.x,
                line.y,
                color=LINES[0],
                linestyle=style,
                linewidth=1.4,
                path_effects=halo,
                scalex=False,
                scaley=False,
            )
        left, right = self.ax.get_xlim()
        for number, place in enumerate(sorted(places, key=lambda p: p.x)):
            if not place.chosen:  # that one has the diamond
                self._extra += self.ax.plot(
                    [place.x], [place.y], place.marker, markersize=4, color=INK, path_effects=halo
                )
            # Labels alternate above and below, and never run off the map.
            inwards = place.x > left + 0.8 * (right - left)
            above = place.chosen or number % 2 == 0
            self._extra.append(
                self.ax.annotate(
                    place.label,
                    (place.x, place.y),
                    (-7 if inwards else 7, 7 if above else -7),
                    textcoords="offset points",
                    ha="right" if inwards else "left",
                    va="bottom" if above else "top",
                    fontsize=8 if place.chosen else 7,
                    fontweight="bold" if place.chosen else "normal",
                    path_effects=halo,
                )
            )
        self.draw()

    def draw(self) -> None:
        """Render the figure and send it to whoever looks on."""
        self.frames += 1
        if self._live is not None:
            self._live.draw()  # and sends what changed
        else:
            self.widget.value = self.png()

    def png(self) -> bytes:
        """The picture as it stands."""
        buffer = io.BytesIO()
        # Hardly compressed: the browser is near, and compression takes longer than drawing.
        canvas: Any = self.figure.canvas
        canvas.print_png(buffer, pil_kwargs={"compress_level": 1})
        return buffer.getvalue()
