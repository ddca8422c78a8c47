"""Corners and facets of hulls of any dimension, thin ones too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["distinct", "facet_directions", "plain_corners"]

Floats = NDArray[np.float64]


def distinct(points: Floats) -> Floats:
    """Extreme points without duplicates."""
    return _corners(points[np.unique(points.round(13), axis=0, return_index=True)[1]])[0]


def plain_corners(points: Floats) -> tuple[Floats, Floats]:
    """Corners that stand out; without those that rounding puts beside an edge or a corner."""
    while True:
        points, ways = _corners(points)
        if len(points) < 3:
            return points, ways
        height = ways @ points.T
        own = height.diagonal().copy()
        np.fill_diagonal(height, -np.inf)
        excess = (own - height.max(axis=1)) / np.linalg.norm(ways, axis=1)
        spurious = int((excess <= 1e-8).sum())
        if not spurious:
            return points, ways
        # Not all at once: of two that coincide one is to stay.
        points = np.delete(points, excess.argsort()[: (spurious + 3) // 4], axis=0)


def _corners(points: Floats) -> tuple[Floats, Floats]:
    """Extreme points, and directions in which each is the only best."""
    center, rank, axes = _frame(points)
    if rank == 0:
        return points[:1], np.eye(1, points.shape[1])
    flat = (points - center) @ axes[:rank].T
    if rank == 1:
        ends = [int(flat[:, 0].argmin()), int(flat[:, 0].argmax())]
        return points[ends], np.vstack([-axes[0], axes[0]])
    from scipy.spatial import ConvexHull, QhullError

    try:
        hull = ConvexHull(flat)
    except QhullError:
        return points, points - center
    ways = np.zeros_like(flat)
    for facet, normal in zip(hull.simplices, hull.equations[:, :rank], strict=True):
        ways[facet] += normal
    ends = np.sort(hull.vertices).tolist()
    return points[ends], ways[ends] @ axes[:rank]


def _frame(points: Floats) -> tuple[Floats, int, Floats]:
    """Mean of points, dimension of their hull, and orthonormal axes, those of the hull first."""
    n = points.shape[1]
    center = points.mean(axis=0)
    # A triangular factor keeps the small singular values and is small itself.
    factor = np.linalg.qr(np.vstack([points - center, np.zeros((n, n))]), mode="r")
    _, size, axes = np.linalg.svd(factor)
    return center, int((size > 1e-9).sum()), axes


def facet_directions(points: Floats) -> Floats:
    """Outer normals of the facets of a hull, with both normals of the space it does not fill.

    Parameters
    ----------
    points : float64 array, shape (M, n)

    Returns
    -------
    float64 array, shape (K, n)
        Unit vectors.

    Examples
    --------
    >>> facet_directions(np.array([[0.0, 0.0], [1.0, 0.0]])).tolist()
    [[0.0, 1.0], [-0.0, -1.0], [1.0, 0.0], [-1.0, -0.0]]
    """
    from scipy.spatial import ConvexHull, QhullError

    n = points.shape[1]
    _, rank, axes = _frame(points)
    flat = axes[rank:]
    ways = [flat, -flat]
    if rank == 1:
        ways += [axes[:1], -axes[:1]]
    elif rank > 1:
        try:
            normals = ConvexHull(points @ axes[:rank].T).equations[:, :rank]
            ways.append(np.unique(normals.round(12), axis=0) @ axes[:rank])
        except QhullError:  # nearly flat: the given directions must do
            pass
    found = np.vstack(ways)
    return found.reshape(-1, n)
