r"""How equilibrium payoffs are generated: profile now, continuation next.

A vertex x of V is extreme, hence the value of a play without lottery: some profile a is played and
continued with :math:`w = (x - (1-\delta) u(a)) / \delta`, a point of V that gives every player at
least :math:`v_i + \frac{1-\delta}{\delta} h_i(a)`.  The vertex where player i gets least starts
i's *optimal penal code* (Abreu 1988); its continuation is a public lottery over at most three
vertices, and any deviation starts the deviator's own code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.repeated.stage import best_deviations

__all__ = ["Generator", "generators", "lottery"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Generator:
    """How one payoff is generated.

    Attributes
    ----------
    payoff : float64 array, shape (2,)
    profile : int
        Flat position of the profile played first.
    continuation : float64 array, shape (2,)
        Payoffs from the next period on if nobody deviates.
    slack : float
        Least slack of the incentive constraints and of membership in V, as a share of the payoff
        ranges; 0 up to rounding where one binds.
    """

    payoff: Array
    profile: int
    continuation: Array
    slack: float


def generators(payoffs: Array, delta: float, vertices: Array, punishment: Array) -> list[Generator]:
    """One way to generate every vertex of a payoff set.

    Parameters
    ----------
    payoffs : float64 array, shape (2, m, n)
    delta : float
    vertices : float64 array, shape (K, 2)
        Counterclockwise.
    punishment : float64 array, shape (2,)

    Returns
    -------
    list of K Generator

    Examples
    --------
    >>> dilemma = np.array([[[9.0, 1], [10, 3]], [[9, 10], [1, 3]]])
    >>> corners = np.array([[3.0, 3], [9.75, 3], [9, 9], [3, 9.75]])
    >>> [g.profile for g in generators(dilemma, 0.75, corners, np.array([3.0, 3]))]
    [3, 2, 0, 1]
    """
    u = payoffs.reshape(2, -1).T
    h = best_deviations(payoffs[None])[0].reshape(2, -1).T - u
    span = np.ptp(u, axis=0)
    span = np.where(span > 0, span, 1.0)
    if delta == 0:
        found = [int(np.abs((u - x) / span + 1e3 * (h > 0)).sum(axis=1).argmin()) for x in vertices]
        return [Generator(x, a, x, 0.0) for x, a in zip(vertices, found, strict=True)]
    result = []
    for x in vertices:
        w = (x - (1 - delta) * u) / delta
        enough = ((w - punishment - (1 - delta) / delta * h) / span).min(axis=1)
        slack = np.minimum(enough, _depth(vertices / span, w / span))
        # Of several ways take the simplest: the payoff of the profile itself.
        best = int((slack + 1e-7 * (np.abs((u - x) / span).max(axis=1) < 1e-9)).argmax())
        result.append(Generator(x, best, w[best], float(slack[best])))
    return result


def _depth(vertices: Array, points: Array) -> Array:
    """Signed distance to the nearest edge line, negative outside; 0 inside thin sets."""
    # Vertices that differ as fractions may be the same as doubles, and bound no edge.
    apart = (vertices != np.roll(vertices, 1, axis=0)).any(axis=1)
    vertices = vertices[apart] if apart.any() else vertices[:1]
    if len(vertices) <= 2:
        a, b = vertices[0], vertices[-1]
        d = b - a
        length = d @ d
        t = np.clip((points - a) @ d / length, 0, 1) if length > 0 else np.zeros(len(points))
        away = points - a - t[:, None] * d
        return np.asarray(-np.hypot(away[:, 0], away[:, 1]))
    edge = np.roll(vertices, -1, axis=0) - vertices
    rel = points[:, None] - vertices
    cross = edge[:, 0] * rel[..., 1] - edge[:, 1] * rel[..., 0]
    return np.asarray((cross / np.hypot(edge[:, 0], edge[:, 1])).min(axis=1))


def lottery(vertices: Array, point: Array) -> list[tuple[int, float]]:
    """Probabilities of at most three vertices whose mean is a point of the polygon.

    Examples
    --------
    >>> lottery(np.array([[0.0, 0], [2, 0], [0, 2]]), np.array([0.5, 0.0]))
    [(0, 0.75), (1, 0.25)]
    """
    span = np.ptp(vertices, axis=0)
    span = np.where(span > 0, span, 1.0)
    v, p = vertices / span, point / span
    best: tuple[float, list[tuple[int, float]]] = (np.inf, [])
    # Triangles of the fan at vertex 0 cover the polygon.
    for k in range(1, max(2, len(v) - 1)):
        index = sorted({0, min(k, len(v) - 1), min(k + 1, len(v) - 1)})
        corners = np.vstack([v[index].T, np.ones(len(index))])
        weights = np.linalg.lstsq(corners, np.append(p, 1.0), rcond=None)[0]
        miss = float(np.abs(corners @ weights - np.append(p, 1.0)).max() - min(0.0, weights.min()))
        if miss < best[0]:
            best = (miss, [(i, float(x)) for i, x in zip(index, weights, strict=True) if x > 1e-9])
    total = sum(x for _, x in best[1])
    return [(i, x / total) for i, x in best[1]]
