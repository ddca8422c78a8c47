"""Frames per second of the explorer: a slider moves, the map is solved and drawn again."""

from __future__ import annotations

import statistics
import time
import warnings

import numpy as np

from benchmarks.figures import Figure, Theme
from hedging.engine.run import sweep
from hedging.explorer.frame import Palette, read
from hedging.explorer.panel import Panel
from hedging.explorer.view import View
from hedging.families import catalogue

ABOUT = """\
One frame is what the kernel does when a slider moves: a sweep of 300 x 300 games by `hg.sweep`, its
pixels and legend, the figure drawn and encoded for the browser. CPU time of all threads together,
the median of many moves of one slider. Checked: the pixels of every frame against those of a
sweep of its own."""

_POINTS = 300
_MOVED = {"triadic_hedging": "retention", "hedging_bimatrix": "pressure_cost_a"}


def run(quick: bool) -> Theme:
    """Frames of two models over rivalry and immunity."""
    theme = Theme("Explorer, frames per second", ABOUT)
    for name, parameter in _MOVED.items():
        rate = _rate(name, parameter, 5 if quick else 40)
        theme.figures.append(
            Figure("300 x 300 games, solved and drawn", name, rate, "/s", 10, shown=True)
        )
    return theme


def _rate(name: str, parameter: str, frames: int) -> float:
    model = catalogue[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # widgets without a notebook around them
        panel = Panel(View.start(model, "rivalry", "immunity", {}), _POINTS)
    p = model.parameters[parameter]
    # Not round numbers: those may tie all over the map.
    values = np.linspace(0.4117, 0.9231, frames) * float(p.high)
    seconds = []
    for value in values.tolist():
        panel.view = panel.view.at(**{parameter: value})
        begin = time.process_time()
        # A generous budget: the point is what the full map costs.
        frame = panel.redraw(budget=1.0)
        seconds.append(time.process_time() - begin)
        assert frame.pixels.shape == (_POINTS, _POINTS, 3)
        ds = sweep(model, panel.view.design(_POINTS), progress=False, **panel.view.fixed)
        again = read(panel.view, ds, Palette())
        assert [(e.words, e.share) for e in again.entries] == [
            (e.words, e.share) for e in frame.entries
        ]
    return 1 / statistics.median(seconds)
