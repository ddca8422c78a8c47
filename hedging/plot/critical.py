"""Critical values in closed form, as lines on a map.

A model may know in closed form the value p* of a parameter p at which its equilibria change,
as a function of the other parameters.  On a map over (x, y) with the rest fixed this is a
line: (x, p*(x)) if p is the vertical axis, (p*(y), y) if it is the horizontal one.  A
boundary solved once for either axis gives the same line twice; it is drawn once and bears both
names, and the words of the vertical one, so that "below" means below in the picture too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingError

if TYPE_CHECKING:
    from hedging.model import Model

__all__ = ["Line", "drawable", "fixed_values", "model_of"]

Floats = NDArray[np.float64]

_POINTS = 1001
"""Points per line, some three per printed dot."""

_SHORT = 0.15
"""A line that covers less than this share of both axes is too short to be told from dirt."""

_SAME = 1e-6
"""Lines closer than this share of the axis, everywhere, are one line."""


@dataclass(frozen=True)
class Line:
    """One line in data coordinates, nan where it is interrupted.

    Attributes
    ----------
    x, y : float64 arrays, shape (points,)
    names : tuple of str
        Its critical values, symbols as matplotlib sets them.
    parameters : tuple of str
        What they are critical values of.
    meaning : str
        What changes there.
    """

    x: Floats
    y: Floats
    names: tuple[str, ...]
    parameters: tuple[str, ...]
    meaning: str

    @property
    def label(self) -> str:
        """Symbols and meaning for the legend, as in "$R^*$: above it ..."."""
        names = self.names[0]
        if len(self.names) > 1:
            # No-break spaces keep a word and its symbol on one line.
            each = (
                f"{parameter.replace('_', ' ')}\u00a0{name}"
                for parameter, name in zip(self.parameters, self.names, strict=True)
            )
            names = f"critical {' and critical '.join(each)} are this one curve"
        return f"{names}: {self.meaning}" if self.meaning else names

    def merged(self, other: Line, meaning: str) -> Line:
        """One line for two that coincide."""
        names, parameters = self.names + other.names, self.parameters + other.parameters
        return replace(self, names=names, parameters=parameters, meaning=meaning)


def model_of(ds: Any) -> Model:
    """Return the model a sweep was made from, as its note describes it."""
    from hedging.engine.provenance import read
    from hedging.model import Model

    return Model.from_dict(read(ds)["model"])


def fixed_values(ds: Any) -> dict[str, float]:
    """Values of the parameters that do not vary, slices taken with ``ds.sel`` included."""
    from hedging.engine.provenance import read

    values = {name: float(value) for name, value in read(ds)["fixed"].items()}
    note = read(ds)["design"]
    varied = [axis["name"] for axis in note.get("axes", note.get("bounds", []))]
    for name in varied:
        if name in ds.coords and ds[name].ndim == 0:
            values[name] = float(ds[name])
    return values


def drawable(ds: Any, dims: tuple[str, ...], model: Model | None) -> list[Line]:
    """Lines of the model's closed forms on the map of ``ds`` over ``dims``.

    Parameters
    ----------
    ds : xarray.Dataset
    dims : tuple of one or two str
    model : Model or None
        None is the model of ``ds``.

    Returns
    -------
    list of Line
        Only those that cross the map; a strip has vertical lines.
    """
    model = model_of(ds) if model is None else model
    fixed = fixed_values(ds)
    span = {dim: (float(ds[dim].min()), float(ds[dim].max())) for dim in dims}
    lines: list[Line] = []
    for key, curve in model.curves.items():
        if curve.parameter not in dims:
            continue
        line = _line(model, key, dims, fixed, span)
        if line is None:
            continue
        twin = next((k for k, old in enumerate(lines) if _coincide(old, line, dims, span)), None)
        if twin is None:
            lines.append(line)
        else:
            upright = curve.parameter == dims[-1] != lines[twin].parameters[0]
            meaning = line.meaning if upright else lines[twin].meaning
            lines[twin] = lines[twin].merged(line, meaning)
    return lines


def _line(
    model: Model,
    key: str,
    dims: tuple[str, ...],
    fixed: dict[str, float],
    span: dict[str, tuple[float, float]],
) -> Line | None:
    curve = model.curves[key]
    own = dims.index(curve.parameter)
    low, high = span[curve.parameter]
    others = {dim: np.linspace(*span[dim], _POINTS) for dim in dims if dim != curve.parameter}
    given = {n: v for n, v in fixed.items() if n != curve.parameter and n in model.parameters}
    try:
        critical = model.critical(key, **given, **others)
    except HedgingError:
        return None  # values beyond the model's bounds have no closed form to trust
    across = next(iter(others.values()), np.array([0.0, 1.0]))
    critical = np.broadcast_to(np.asarray(critical, dtype=np.float64), across.shape).copy()
    # A pole would otherwise be joined across the map by a line that is no boundary.
    far = ~(np.abs(critical - low) <= 2 * (high - low))
    critical[far] = np.nan
    inside = critical[(critical >= low) & (critical <= high)]
    if not len(inside):
        return None
    if others and len(inside) < _SHORT * _POINTS and np.ptp(inside) < _SHORT * (high - low):
        return None
    x, y = (critical, across) if own == 0 else (across, critical)
    return Line(x, y, (_symbol(curve.label or key),), (curve.parameter,), curve.meaning)


def _symbol(label: str) -> str:
    """LaTeX between dollars if matplotlib can set it, and as it is if not."""
    from matplotlib.mathtext import MathTextParser

    text = label if "$" in label else f"${label}$"
    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return label.replace("$", "")
    return text


def _coincide(
    old: Line, new: Line, dims: tuple[str, ...], span: dict[str, tuple[float, float]]
) -> bool:
    """Whether every point of each line inside the map lies on the other."""
    if len(dims) == 1:
        return bool(np.isclose(old.x[0], new.x[0], rtol=_SAME, atol=0))
    (left, right), (bottom, top) = span[dims[0]], span[dims[1]]
    wide, tall = right - left or 1.0, top - bottom or 1.0

    def scaled(line: Line) -> Floats:
        points = np.column_stack([(line.x - left) / wide, (line.y - bottom) / tall])
        points = points[((points >= 0) & (points <= 1)).all(axis=1)]
        return points

    def distance(points: Floats, line: Line) -> float:
        """Largest distance of the points from the line, itself a chain of segments."""
        chain = np.column_stack([(line.x - left) / wide, (line.y - bottom) / tall])
        start, step = chain[:-1], np.diff(chain, axis=0)
        length = (step**2).sum(axis=1)
        worst = 0.0
        for point in points[:: max(1, len(points) // 50)]:
            with np.errstate(invalid="ignore", divide="ignore"):
                along = np.clip(((point - start) * step).sum(axis=1) / length, 0, 1)
            gap = np.linalg.norm(start + along[:, None] * step - point, axis=1)
            if np.isnan(gap).all():
                return np.inf
            worst = max(worst, float(np.nanmin(gap)))
        return worst

    return max(distance(scaled(old), new), distance(scaled(new), old)) < 1e3 * _SAME
