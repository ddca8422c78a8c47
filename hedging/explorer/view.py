"""What the explorer shows, as a value: model, axes, the other parameters, rule, chosen point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.design import Grid, grid
from hedging.engine.run import sweep
from hedging.errors import ParameterError
from hedging.model import Model
from hedging.modelling.parameter import Parameter

__all__ = ["ALL", "View", "span"]

ALL = "all equilibria"
"""Instead of a rule of selection: the set of all equilibria."""

_OPEN = 1e-3
"""Share of the range by which an excluded lower end is kept away from."""


def span(parameter: Parameter) -> tuple[float, float]:
    """Range of an axis or a slider: a lower end that is excluded is left out."""
    low, high = float(parameter.low), float(parameter.high)
    return (low + _OPEN * (high - low) if parameter.open_low else low), high


@dataclass(frozen=True)
class View:
    """One state of the explorer.

    Attributes
    ----------
    model : Model
    x, y : str
        Parameters on the axes.
    values : mapping of str to float
        Every parameter; those of the axes give the chosen point.
    rule : str
        A rule of selection, or :data:`ALL`.
    """

    model: Model
    x: str
    y: str
    values: Mapping[str, float]
    rule: str = ALL

    @classmethod
    def start(cls, model: Model, x: str | None, y: str | None, values: Mapping[str, float]) -> View:
        """Begin at the defaults, on the axes that the model's own boundaries speak of."""
        names = list(model.parameters)
        if len(names) < 2:
            msg = f"{model.name} has {len(names)} parameter; a map needs two"
            raise ParameterError(msg)
        spoken = sorted({curve.parameter for curve in model.curves.values()}, key=names.index)
        wanted = [n for n in dict.fromkeys([x, y, *spoken, *names]) if n is not None]
        first = x if x is not None else next(n for n in wanted if n != y)
        second = y if y is not None else next(n for n in wanted if n != first)
        if first == second:
            msg = f"both axes are {first!r}; choose two different parameters"
            raise ParameterError(msg)
        model.check(dict(values))
        every = {n: float(values.get(n, p.default)) for n, p in model.parameters.items()}
        return cls(model, first, second, every)

    def at(self, **values: float) -> View:
        """The same view with other values of parameters."""
        return replace(self, values={**self.values, **values})

    def turned(self, x: str, y: str) -> View:
        """The same view on other axes; asking for the other axis' parameter swaps the two."""
        if x == y:
            x, y = (self.y, y) if x == self.x else (x, self.x)
        return replace(self, x=x, y=y)

    @property
    def fixed(self) -> dict[str, Any]:
        """Values of the parameters that have a slider."""
        return {n: v for n, v in self.values.items() if n not in (self.x, self.y)}

    def axis(self, name: str, points: int) -> tuple[float, float, int]:
        """Centres of ``points`` equal cells, as a grid takes them.

        The borders of a map, where many things tie, are spared.
        """
        low, high = span(self.model.parameters[name])
        half = 0.5 * (high - low) / points
        return float(f"{low + half:.10g}"), float(f"{high - half:.10g}"), points

    def design(self, points: int) -> Grid:
        """The grid of the map."""
        axes: dict[str, Any] = {name: self.axis(name, points) for name in (self.x, self.y)}
        return grid(**axes)

    def solve(self, points: int) -> Any:
        """The sweep behind the map."""
        return self._sweep(self.design(points), self.fixed)

    def along(self, name: str, values: NDArray[np.float64]) -> Any:
        """The sweep through the chosen point in one direction."""
        fixed: dict[str, Any] = {n: v for n, v in self.values.items() if n != name}
        return self._sweep(grid(**{name: values}), fixed)

    def _sweep(self, design: Grid, fixed: Mapping[str, Any]) -> Any:
        if self.rule == ALL:
            return sweep(self.model, design, progress=False, **fixed)
        return sweep(
            self.model, design, report=("selected",), rule=self.rule, progress=False, **fixed
        )

    def code(self, in_catalogue: bool, points: int, label: str = "") -> str:
        """Lines of Python that reproduce the map.

        Parameters
        ----------
        in_catalogue : bool
            Whether the model is the catalogue's.
        points : int
            Along each axis.
        label : str
            What to call the chosen point.
        """
        changed = {
            n: v for n, v in self.fixed.items() if v != float(self.model.parameters[n].default)
        }
        axes = ", ".join(f"{n}={self.axis(n, points)}" for n in (self.x, self.y))
        name = repr(self.model.name)
        model = f"hg.catalogue[{name}]" if in_catalogue else f"...  # your own model {name}"
        lines = ["import hedging as hg", "", f"model = {model}"]
        lines += ["ds = hg.sweep(", "    model,", f"    hg.grid({axes}),  # centres of cells"]
        if self.rule != ALL:
            lines += ["    report=('region', 'selected'),", f"    rule={self.rule!r},"]
        lines += [f"    {n}={v!r}," for n, v in changed.items()]
        point = ", ".join(f"{n}={self.values[n]!r}" for n in (self.x, self.y))
        draw = "regions" if self.rule == ALL else "selected"
        named = f", label={label!r}" if label else ""
        lines += [")", f"ax = hg.plot.{draw}(ds, mark=dict({point}{named}))"]
        every = ", ".join(f"{n}={v!r}" for n, v in changed.items())
        lines += [f"game = model({', '.join(filter(None, [point, every]))})"]
        lines += ["hg.table(hg.nash(game))"]
        return "\n".join(lines)
