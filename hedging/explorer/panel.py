"""The widgets of the explorer and what happens when one of them moves.

While a slider moves, every value that arrives is answered by a frame: a sweep and its pixels, on
a grid coarse enough to be back in time.  When it rests, the map is drawn once more in full
resolution, with the boundaries known in closed form and the countries, and the game at the
chosen point is solved.
"""

from __future__ import annotations

import asyncio
import html
import math
import time
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from hedging.calibration import cases
from hedging.engine.design import grid
from hedging.engine.run import sweep
from hedging.errors import HedgingError
from hedging.explorer import point
from hedging.explorer.frame import Entry, Frame, Palette, read
from hedging.explorer.live_map import LiveMap, Place
from hedging.explorer.view import ALL, View, span
from hedging.families import catalogue
from hedging.modelling.parameter import Parameter
from hedging.plot.critical import drawable

__all__ = ["Panel"]

_REST = 0.4
"""Seconds without a change after which the map is finished."""

_BUDGET = 0.06
"""Seconds a sweep may take while a slider moves."""

_PATIENCE = 2.0
"""Seconds a sweep may take when everything rests."""

_PROBE, _COARSEST = 24, 40
_RULES = (ALL, "payoff_dominance", "risk_dominance", "logit", "regret", "welfare")
_NO_CASE = "no case"

_MOST_ENTRIES = 10
"""Of the legend; the rest is gathered."""


@dataclass(frozen=True)
class _Case:
    """A country, its years, and what its data say about the model's parameters."""

    country: str
    window: str
    values: dict[str, float]


class Panel(widgets.VBox):  # type: ignore[misc]
    """What :func:`hedging.explore` returns.

    Parameters
    ----------
    view : View
    points : int
        Along each axis, at rest.
    """

    def __init__(self, view: View, points: int = 300) -> None:
        self.view = view
        self._points = points
        self._palette = Palette()
        self._quiet = False
        self._drawn = points
        self._timer: asyncio.TimerHandle | None = None
        self._map = LiveMap(self._clicked)
        self._legend = widgets.HTML(layout=widgets.Layout(width="100%"))
        self._note = widgets.HTML()
        self._game = widgets.HTML()
        self._code = widgets.Textarea(
            layout=widgets.Layout(width="100%", height="230px", display="none")
        )
        self._make_choosers()
        self._make_sliders()
        super().__init__(children=self._arranged())
        self._map.turn(view)
        self._refresh(finish=True)

    # -- widgets -------------------------------------------------------------------------

    def _make_choosers(self) -> None:
        view = self.view
        names = [(n.replace("_", " "), n) for n in view.model.parameters]
        short = widgets.Layout(width="250px")
        self._x = widgets.Dropdown(
            options=names,
            value=view.x,
            description="across",
            tooltip="the parameter along the horizontal axis",
            layout=short,
        )
        self._y = widgets.Dropdown(
            options=names,
            value=view.y,
            description="up",
            tooltip="the parameter along the vertical axis",
            layout=short,
        )
        rules = [(r.replace("_", " "), r) for r in _RULES]
        self._rule = widgets.Dropdown(
            options=rules,
            value=view.rule,
            description="show",
            tooltip="all equilibria, or the one that a rule of selection chooses",
            layout=short,
        )
        self._calibrated = self._cases()
        self._case = widgets.Dropdown(
            options=[_NO_CASE, *self._calibrated],
            description="case",
            tooltip="a country and years: moves the sliders that its data speak of",
            layout=widgets.Layout(width="310px"),
        )
        self._who = widgets.HTML()
        self._reset = widgets.Button(description="Defaults", tooltip="every slider to its default")
        self._show_code = widgets.ToggleButton(
            description="Copy as code", tooltip="the lines of Python that reproduce this map"
        )
        self._x.observe(self._turned, "value")
        self._y.observe(self._turned, "value")
        self._rule.observe(self._ruled, "value")
        self._case.observe(self._cased, "value")
        self._reset.on_click(self._to_defaults)
        self._show_code.observe(self._toggle_code, "value")

    def _make_sliders(self) -> None:
        self._sliders: dict[str, widgets.FloatSlider] = {}
        for name, parameter in self.view.model.parameters.items():
            slider = _slider(parameter, self.view.values[name])
            slider.observe(self._moved, "value")
            self._sliders[name] = slider
        self._beside = widgets.VBox(
            layout=widgets.Layout(max_height="480px", overflow="hidden scroll")
        )
        self._under = widgets.VBox()
        self._place_sliders()

    def _place_sliders(self) -> None:
        fixed = self.view.fixed
        self._beside.children = [self._sliders[n] for n in fixed]
        self._under.children = [self._sliders[n] for n in (self.view.x, self.view.y)]

    def _arranged(self) -> list[Any]:
        title = html.escape(self.view.model.title or self.view.model.name)
        choosers = widgets.HBox(
            [self._x, self._y, self._rule, self._case],
            layout=widgets.Layout(flex_flow="row wrap"),
        )
        left = widgets.VBox([self._map.widget, self._under, self._who, self._note])
        right = widgets.VBox(
            [self._beside, widgets.HBox([self._reset, self._show_code])],
            layout=widgets.Layout(width="400px"),
        )
        return [
            widgets.HTML(f"<h3>{title}</h3>"),
            choosers,
            widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap")),
            self._legend,
            self._code,
            self._game,
        ]

    # -- what a user does ----------------------------------------------------------------

    def _moved(self, change: Any) -> None:
        if self._quiet:
            return
        name = next(n for n, s in self._sliders.items() if s is change["owner"])
        # The browser counts in steps, which leaves noise in the last digits.
        self.view = self.view.at(**{name: float(f"{change['new']:.10g}")})
        self._check_case()
        if name in (self.view.x, self.view.y):
            self._map.mark(self.view)
            self._later()
        else:
            self._refresh()

    def _clicked(self, x: float, y: float) -> None:
        self.set(**{self.view.x: float(f"{x:.4g}"), self.view.y: float(f"{y:.4g}")})

    def set(self, **values: float) -> None:
        """Move sliders from code, and finish the map.

        Raises
        ------
        ParameterError, UnknownNameError
            As the model does; nothing moves then.
        """
        self.view.model.check(values)
        self._put(values)
        self._check_case()
        if set(values) <= {self.view.x, self.view.y}:
            self._map.mark(self.view)
            self._finish(None)
        else:
            self._refresh(finish=True)

    def _put(self, values: dict[str, float]) -> None:
        """Move sliders without a frame for each."""
        self._quiet = True
        try:
            for name, value in values.items():
                self._sliders[name].value = value
        finally:
            self._quiet = False
        self.view = self.view.at(**values)

    def _turned(self, change: Any) -> None:
        if self._quiet:
            return
        self.view = self.view.turned(self._x.value, self._y.value)
        self._quiet = True
        try:
            self._x.value, self._y.value = self.view.x, self.view.y
        finally:
            self._quiet = False
        self._place_sliders()
        self._map.turn(self.view)
        self._refresh(finish=True)

    def _ruled(self, change: Any) -> None:
        self.view = View(self.view.model, self.view.x, self.view.y, self.view.values, change["new"])
        self._refresh(finish=True)

    def _cased(self, change: Any) -> None:
        if self._quiet:
            return
        if change["new"] != _NO_CASE:
            self._put(self._calibrated[change["new"]].values)
        self._refresh(finish=True)

    def _check_case(self) -> None:
        """Let go of the case once a slider has left what its data say."""
        if self._case.value != _NO_CASE and not self._fits(self._calibrated[self._case.value]):
            self._quiet = True
            try:
                self._case.value = _NO_CASE
            finally:
                self._quiet = False

    def _to_defaults(self, _: Any) -> None:
        self._put({n: float(p.default) for n, p in self.view.model.parameters.items()})
        self._check_case()
        self._refresh(finish=True)

    def _toggle_code(self, change: Any) -> None:
        self._code.layout.display = "" if change["new"] else "none"

    def code(self) -> str:
        """Lines of Python that reproduce what is shown."""
        model = self.view.model
        known = model.name in catalogue and catalogue[model.name] == model
        label = "" if self._case.value == _NO_CASE else self._case.value
        return self.view.code(known, self._drawn, label)

    # -- what is shown -------------------------------------------------------------------

    def redraw(self, budget: float = _BUDGET) -> Frame:
        """Solve the map again and draw it: what happens while a slider moves."""
        points, frame, seconds = self._frame(budget)
        self._drawn = points
        begin = time.perf_counter()
        self._map.show(self.view, frame)
        drawn = time.perf_counter() - begin
        self._legend.value = _legend(frame)
        self._note.value = (
            f"<small>{points} x {points} games solved in {1000 * seconds:.0f} ms, "
            f"drawn in {1000 * drawn:.0f} ms; picture {self._map.frames}</small>"
        )
        return frame

    def _refresh(self, finish: bool = False) -> None:
        """Draw a frame at once; the rest when nothing moves any more, or at once."""
        frame = self.redraw(_PATIENCE if finish else _BUDGET)
        if finish:
            self._finish(frame)
        else:
            self._later(frame)

    def _frame(self, budget: float) -> tuple[int, Frame, float]:
        """Solve on the finest grid that is back in time; points, frame, seconds."""
        # A probe is mostly overhead unless its points are hard: ties all over the map.  The first
        # one may have to compile, so a slow one is repeated.
        probe = self._seconds(_PROBE)
        if probe > budget / 2:
            probe = min(probe, self._seconds(_PROBE))
        finest = int(_PROBE * (budget / probe) ** 0.5) if probe > budget / 2 else self._points
        points = max(_COARSEST, min(self._points, finest))
        while True:
            begin = time.perf_counter()
            frame = read(self.view, self.view.solve(points), self._palette)
            seconds = time.perf_counter() - begin
            # Back far too early: the probe was unlucky.
            finer = int(points * min(4.0, (budget / seconds) ** 0.5))
            if points >= self._points or finer < 2 * points:
                return points, frame, seconds
            points = min(self._points, finer)

    def _seconds(self, points: int) -> float:
        begin = time.perf_counter()
        self.view.solve(points)
        return time.perf_counter() - begin

    def _later(self, frame: Frame | None = None) -> None:
        """Finish once nothing has moved for a while; at once where no event loop runs."""
        if self._timer is not None:
            self._timer.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._finish(frame)
            return
        again = frame is not None
        self._timer = loop.call_later(_REST, lambda: self._rest(again))

    def _rest(self, again: bool) -> None:
        self._timer = None
        if again:
            self._refresh(finish=True)
        else:
            self._finish(None)

    def _finish(self, frame: Frame | None) -> None:
        if frame is not None:
            self._map.add(self._lines(), self._countries())
        self._code.value = self.code()
        self._who.value = self._roles()
        try:
            self._game.value = point.describe(self.view)
        except HedgingError as error:
            self._game.value = f"<p>{html.escape(str(error))}</p>"

    def _lines(self) -> Any:
        """Boundaries in closed form; they are about all equilibria, not about a rule."""
        if self.view.rule != ALL:
            return []
        # Closed forms need the corners of the map and what is fixed, no more.
        limits = {n: span(self.view.model.parameters[n]) for n in (self.view.x, self.view.y)}
        corners = grid(**{n: list(ends) for n, ends in limits.items()})
        ds = sweep(self.view.model, corners, report=("pure",), progress=False, **self.view.fixed)
        return drawable(ds, (self.view.x, self.view.y), self.view.model)

    def _cases(self) -> dict[str, _Case]:
        """Every country and window the model can be calibrated to."""
        found = {}
        for code, country in cases.countries.items():
            for window in cases.windows:
                try:
                    values = cases.parameters(code, window, model=self.view.model.name)
                    self.view.model.check(values)
                except HedgingError:
                    continue
                found[f"{country} {window}"] = _Case(code, window, values)
        return found

    def _fits(self, case: _Case, but: tuple[str, ...] = ()) -> bool:
        """Whether the sliders stand where the data of a case put them."""
        now = self.view.values
        return all(abs(now[n] - v) < 1e-9 for n, v in case.values.items() if n not in but)

    def _roles(self) -> str:
        if self._case.value == _NO_CASE:
            return ""
        case = self._calibrated[self._case.value]
        a, b = cases.powers(case.country)
        who = f"M is {cases.countries[case.country]}, A is {a}, B is {b}"
        others = "" if len(self._countries()) < 2 else "; squares: A is the United States"
        return f"<small>{html.escape(who + others)}</small>"

    def _countries(self) -> list[Place]:
        """Countries of the chosen case's window that are on this map.

        One is on the map if everything its data say is either an axis or where the sliders stand:
        elsewhere its point would be painted with another country's answer.
        """
        if self._case.value == _NO_CASE:
            return []
        chosen = self._calibrated[self._case.value]
        axes = (self.view.x, self.view.y)
        places = []
        for case in self._calibrated.values():
            if case.window == chosen.window and self._fits(case, axes):
                here = {**self.view.values, **case.values}
                label = cases.countries[case.country] if case == chosen else case.country
                marker = "o" if cases.powers(case.country)[0] == "Russia" else "s"
                x, y = (here[name] for name in axes)
                places.append(Place(label, x, y, marker, case == chosen))
        return places


def _slider(parameter: Parameter, value: float) -> widgets.FloatSlider:
    low, high = span(parameter)
    unit = "" if parameter.unit == "1" else f" ({parameter.unit})"
    return widgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=_step(high - low),
        description=parameter.name.replace("_", " "),
        tooltip=f"{parameter.meaning}{unit}; {low:.4g} to {high:.4g}, default {parameter.default}",
        readout_format=".4g",
        style={"description_width": "150px"},
        layout=widgets.Layout(width="380px"),
    )


def _step(width: float) -> float:
    """A power of ten: a coarser slider would move calibrated values, which have four digits."""
    return 10.0 ** (math.floor(math.log10(width)) - 4) if width < 10 else 1e-3


def _legend(frame: Frame) -> str:
    shown, rest = frame.entries[:_MOST_ENTRIES], frame.entries[_MOST_ENTRIES:]
    if len(rest) > 1:
        words = f"{len(rest)} smaller regions, together"
        rest = [Entry("#FFFFFF", words, sum(entry.share for entry in rest))]
    box = "display:inline-block;width:1.2em;height:0.9em;border:1px solid #777"
    rows = "".join(
        f"<div style='line-height:1.4'><span style='{box};background:{e.colour}'></span> "
        f"{html.escape(e.words)} ({100 * e.share:.1f} %)</div>"
        for e in [*shown, *rest]
    )
    if frame.warned:
        rows += (
            f"<div><small>dotted ({100 * frame.warned:.1f} %): payoffs tie, so there may be "
            "continua or more equilibria than are listed</small></div>"
        )
    return rows
