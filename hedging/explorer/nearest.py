"""How far the chosen point is from another answer, along each axis.

The map's own sweep along one line finds the neighbours between which the answer changes; a
second sweep between these two narrows the place down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedging.explorer.frame import answers
from hedging.explorer.view import View, span

__all__ = ["Boundary", "boundaries"]

_COARSE, _FINE = 2001, 201


@dataclass(frozen=True)
class Boundary:
    """A value at which the answer changes.

    Attributes
    ----------
    parameter : str
    value : float
        Within the range of the parameter over 400,000.
    distance : float
        From the chosen point, in units of the parameter.
    share : float
        The same as a share of the parameter's range.
    beyond : str
        What holds on the other side, in words.
    """

    parameter: str
    value: float
    distance: float
    share: float
    beyond: str


def boundaries(view: View) -> list[Boundary]:
    """The nearest change in each direction of either axis, the nearest (by share) first."""
    found = []
    for name in (view.x, view.y):
        low, high = span(view.model.parameters[name])
        here = view.values[name]
        for end in (low, high):
            if end == here:
                continue
            place = _first_change(view, name, here, end)
            if place is not None:
                value, beyond = place
                distance = value - here
                found.append(Boundary(name, value, distance, abs(distance) / (high - low), beyond))
    return sorted(found, key=lambda b: b.share)


def _first_change(view: View, name: str, here: float, end: float) -> tuple[float, str] | None:
    """Where the answer first changes on the way from ``here`` to ``end``, and to what."""
    inside, beyond, words = here, end, None
    for number in (_COARSE, _FINE):
        values = np.linspace(inside, beyond, number)
        order = np.argsort(values)
        ds = view.along(name, values[order])
        sorted_answers = answers(view, ds)
        on_the_way = [sorted_answers[k] for k in np.argsort(order)]
        change = next((k for k, answer in enumerate(on_the_way) if answer != on_the_way[0]), None)
        if change is None:
            return None if words is None else (0.5 * (inside + beyond), words)
        words = on_the_way[change]
        inside, beyond = float(values[change - 1]), float(values[change])
    return 0.5 * (inside + beyond), str(words)
