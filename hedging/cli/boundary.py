"""Where along each axis of a sweep an equilibrium begins and ceases to exist.

For one support s the set of grid points at which an equilibrium with support s exists has, on the
line through the chosen point along one axis, finitely many switches: neighbouring grid values
u < v of which one has s and the other has not.  A closed form p* of the model is shown beside
them only if it explains one, that is if u <= p* <= v up to rounding; the model may know
many more boundaries, but they bound other things.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.cli.text import say, say_table

if TYPE_CHECKING:
    from hedging.model import Model

__all__ = ["say_boundary"]

_QUIET = ("hedge", "accommodate", "respect")
"""What players do when nothing is contested; the first of these that a player has counts."""


def say_boundary(ds: Any, model: Model, point: Mapping[str, Any]) -> None:
    """Say where one equilibrium exists along each axis through a point, and the closed forms."""
    from hedging.words import in_words

    support = _tracked(ds, model, point)
    print()
    if support is None:
        say("No equilibrium is known at the starting point, so there is no boundary to follow.")
        return
    dims = [str(dim) for dim in ds["region"].dims]
    near = _nearest(ds, point)
    rows = []
    for dim in dims:
        others = ", ".join(f"{d} = {near[d]:.6g}" for d in dims if d != dim)
        values, holds = _along(ds, dim, point, support)
        bounds = _closed_forms(model, dim, {**point, **near}, values, holds)
        if bounds:
            closed = ", ".join(f"{key} = {value:.6g}" for key, value in bounds.items())
        else:
            closed = "" if holds.all() or not holds.any() else "none known"
        rows += [
            [dim, others, closed, text] if k == 0 else ["", "", "", text]
            for k, text in enumerate(_switches(values, holds))
        ]
    say(f'Where "{in_words(support, model.players)}" is an equilibrium:')
    say_table(["along", "at", "closed form", "on the grid"], rows)


def _tracked(ds: Any, model: Model, point: Mapping[str, Any]) -> str | None:
    """Support whose boundary is worth knowing, None if there is none.

    The quiet one if it exists on some line through the point, and otherwise that equilibrium at
    the point itself which covers most of the map.
    """
    quiet = [next((a for a in _QUIET if a in actions), "") for actions in model.actions]
    support = "|".join(quiet)
    if all(quiet) and any(_along(ds, str(d), point, support)[1].any() for d in ds["region"].dims):
        return support
    here = int(ds["region"].sel(_nearest(ds, point)))
    return max(_supports(ds).get(here, []), key=lambda s: _holds(ds, s).sum(), default=None)


def _supports(ds: Any) -> dict[int, list[str]]:
    table: dict[str, list[str]] = json.loads(ds["region"].attrs["supports"])
    return {int(code): supports for code, supports in table.items()}


def _holds(ds: Any, support: str, codes: Any = None) -> Any:
    """Where a support is among the equilibria."""
    having = [code for code, supports in _supports(ds).items() if support in supports]
    return np.isin(ds["region"].values if codes is None else codes, having)


def _nearest(ds: Any, point: Mapping[str, Any]) -> dict[str, float]:
    """Coordinates of the grid point nearest to a point."""
    found = {}
    for dim in map(str, ds["region"].dims):
        values = np.asarray(ds[dim].values, dtype=np.float64)
        found[dim] = float(values[np.abs(values - float(point[dim])).argmin()])
    return found


def _along(
    ds: Any, dim: str, point: Mapping[str, Any], support: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Grid values along an axis through the point, in order, and whether the support is there."""
    others = {d: value for d, value in _nearest(ds, point).items() if d != dim}
    line = ds["region"].sel(others)
    values = np.asarray(line[dim].values, dtype=np.float64)
    order = np.argsort(values)
    return values[order], _holds(ds, support, line.values[order])


def _changes(holds: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Positions k such that k and k + 1 differ."""
    return np.flatnonzero(holds[1:] != holds[:-1])


def _switches(values: NDArray[np.float64], holds: NDArray[np.bool_]) -> list[str]:
    """Where along an axis the equilibrium holds, read off the grid, in words."""
    if holds.all() or not holds.any():
        return ["holds throughout" if holds.all() else "holds nowhere"]
    return [
        f"holds up to {values[k]:.6g}, not at {values[k + 1]:.6g}"
        if holds[k]
        else f"not at {values[k]:.6g}, holds from {values[k + 1]:.6g}"
        for k in _changes(holds)
    ]


def _closed_forms(
    model: Model,
    dim: str,
    line: Mapping[str, Any],
    values: NDArray[np.float64],
    holds: NDArray[np.bool_],
) -> dict[str, float]:
    """Closed forms of ``dim`` that lie where the swept boundary is."""
    found = {}
    for key, curve in model.curves.items():
        if curve.parameter != dim:
            continue
        value = float(model.critical(key, **{n: v for n, v in line.items() if n != dim}))
        for k in _changes(holds):
            low, high = values[k], values[k + 1]
            # Rounding may put a boundary that is a grid value itself on either side of it.
            slack = 1e-6 * (high - low)
            if low - slack <= value <= high + slack:
                found[key] = value
    return found
