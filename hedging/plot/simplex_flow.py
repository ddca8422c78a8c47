r"""Replicator dynamics of three actions, drawn in the triangle of populations.

The population :math:`x = (x_1, x_2, x_3)` is the point with these weights on the corners: action 1
at the left, 2 on top, 3 at the right.  Curves follow :math:`\dot x_a = x_a ((A x)_a - x^T A x)`,
which leaves the triangle and each of its sides invariant; arrow heads show the direction.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.equilibria.replicator import Stability, rest_points, trajectory
from hedging.errors import GameError, HedgingTypeError, ParameterError
from hedging.plot.layout import put_legend
from hedging.plot.style import INK, LINES, OTHER, axes, pyplot
from hedging.population_dynamics import replicator
from hedging.program.numerals import doubles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hedging.game import Game

__all__ = ["simplex"]

Floats = NDArray[np.float64]

_CORNERS = np.array([[0.0, 0.0], [0.5, np.sqrt(0.75)], [1.0, 0.0]])
_HEIGHT = 3.0
_GRID = 121
_DENSITY = 0.75
_FLOW = "#7F9FBF"
"""Colour of the flow: lighter than what stands on it."""

_SMALL = 1e-9
"""Share of the largest payoff difference below which a speed or an eigenvalue is none."""

_KINDS = {
    "stable": (INK, "o", "stable rest point"),
    "saddle": ("#999999", "o", "saddle"),
    "unstable": ("white", "o", "unstable rest point"),
    "neutral": ("white", "D", "rest point that the linearisation does not classify"),
}


def simplex(game: Game, ax: Axes | None = None, *, start: ArrayLike | None = None) -> Axes:
    """Draw the replicator flow of a symmetric game with three actions.

    Parameters
    ----------
    game : Game
        One symmetric game of two players with three actions each, as for
        :func:`hedging.replicator`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure, one journal column wide, is made if absent.
    start : array_like, shape (3,) or (K, 3), optional
        Populations whose paths are drawn too.

    Returns
    -------
    matplotlib.axes.Axes
        Rest points are filled where they attract, grey where they are saddles, open where they
        repel; thick lines are continua of rest points.  Corners bear the actions.

    Raises
    ------
    HedgingTypeError
        If ``game`` is no game.
    GameError
        If there are not three actions, for a batch, if the game is not symmetric, or if a payoff
        is not finite.
    ParameterError
        If ``start`` has not three shares.
    MissingDependencyError
        Without matplotlib.

    References
    ----------
    Hofbauer and Sigmund, *Evolutionary Games and Population Dynamics*, Cambridge 1998.

    Examples
    --------
    >>> import hedging as hg
    >>> ax = hg.plot.simplex(hg.catalogue["hedging_population"]())
    >>> [text.get_text() for text in ax.texts]
    ['bloc_a', 'hedge', 'bloc_b']
    """
    pyplot()
    _check(game)
    found = replicator(game)
    A = doubles(game.payoffs[0])
    # Only differences within a column count; in these units the flow does not depend on scale.
    A = _scaled(A)
    A = _scaled(A - A.mean(axis=0))
    faces = rest_points(np.asarray(game.payoffs[0])).continua
    paths = [] if start is None else _paths(A, start)
    own = ax is None
    with axes(ax, _HEIGHT) as ax:
        if own:
            ax.set_position((0.05, 0.06, 0.9, 0.88))
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 0.89), aspect="equal")
        ax.set_axis_off()
        _flow(ax, A)
        keys = _continua(ax, A, faces)
        _sides(ax, A)
        for path in paths:
            ax.plot(*(path @ _CORNERS).T, color=LINES[2], linewidth=1.4, zorder=3)
            ax.plot(*(path[0] @ _CORNERS), "s", color=LINES[2], markersize=3, zorder=3)
        keys += _rest_points(ax, found)
        if paths:
            keys.append(_path_key())
        _name_corners(ax, game.actions[0])
        put_legend(ax, keys, own)
    return ax


def _check(game: Any) -> None:
    shape = getattr(game, "shape", None)
    if shape is None or not hasattr(game, "batch_shape"):
        msg = f"simplex draws a Game, not {type(game).__name__}; type model() to get one"
        raise HedgingTypeError(msg)
    if tuple(game.batch_shape):
        msg = (
            f"simplex draws one game, this is a batch of shape {tuple(game.batch_shape)}; "
            "index it first"
        )
        raise GameError(msg)
    if tuple(shape) != (3, 3):
        msg = (
            f"simplex draws two players with three actions each, not shape {tuple(shape)}; "
            "hg.replicator(game) gives the rest points of any number"
        )
        raise GameError(msg)


def _scaled(A: Floats) -> Floats:
    size = np.abs(A).max()
    return A / size if size else A


def _velocity(A: Floats, x: Floats) -> Floats:
    """Replicator velocity of populations x, shape (..., 3)."""
    gain = x @ A.T
    return np.asarray(x * (gain - (x * gain).sum(axis=-1, keepdims=True)))


def _paths(A: Floats, start: ArrayLike) -> list[Floats]:
    begin = np.asarray(start, dtype=np.float64)
    if begin.ndim not in (1, 2) or begin.shape[-1] != 3:
        msg = f"start of shape {begin.shape} given; give shape (3,) or (K, 3)"
        raise ParameterError(msg)
    times = np.linspace(0.0, 200.0, 2001)
    return [np.asarray(trajectory(A, one, times)) for one in begin.reshape(-1, 3)]


def _flow(ax: Axes, A: Floats) -> None:
    """Curves along the flow, evenly spaced, cut off at the triangle."""
    from matplotlib.patches import FancyArrowPatch, Polygon

    x, y = np.linspace(0, 1, _GRID), np.linspace(0, _CORNERS[1, 1], _GRID)
    right, up = np.meshgrid(x, y)
    top = up / _CORNERS[1, 1]
    last = right - 0.5 * top
    population = np.stack([1 - top - last, top, last], axis=-1)
    velocity = _velocity(A, population) @ _CORNERS
    speed = np.hypot(velocity[..., 0], velocity[..., 1])
    if speed.max() <= _SMALL:
        return
    inside = population.min(axis=-1) > 0
    velocity[(population.min(axis=-1) < -0.05) | (speed <= _SMALL * speed[inside].max())] = np.nan
    stream = ax.streamplot(
        x,
        y,
        velocity[..., 0],
        velocity[..., 1],
        density=_DENSITY,
        color=_FLOW,
        linewidth=0.6,
        arrowsize=0.6,
        zorder=1,
    )
    edge = Polygon(_CORNERS, closed=True, transform=ax.transData)
    stream.lines.set_clip_path(edge)
    for patch in ax.patches:
        if isinstance(patch, FancyArrowPatch):
            patch.set_clip_path(edge)


def _sides(ax: Axes, A: Floats) -> None:
    """The three sides, with an arrow head between every two rest points on them."""
    for a, b in ((0, 1), (1, 2), (0, 2)):
        ax.plot(*_CORNERS[[a, b]].T, color=INK, linewidth=0.9, zorder=2, clip_on=False)
        # On the side from a to b the share t of b grows at the rate t (1 - t) (g_0 (1 - t) + g_1 t)
        start, end = A[b, a] - A[a, a], A[b, b] - A[a, b]
        stops = [0.0, 1.0]
        if start * end < 0:
            stops.insert(1, start / (start - end))
        for low, high in pairwise(stops):
            middle = 0.5 * (low + high)
            gain = start * (1 - middle) + end * middle
            if abs(gain) > _SMALL and high - low > 0.04:
                _arrow(ax, _CORNERS[a], _CORNERS[b], middle, gain)


def _arrow(ax: Axes, start: Floats, end: Floats, middle: float, gain: float) -> None:
    from matplotlib.patches import FancyArrowPatch

    along = (end - start) * np.sign(gain)
    at = start + middle * (end - start)
    ax.add_patch(
        FancyArrowPatch(
            tuple(at - 0.02 * along),
            tuple(at + 0.02 * along),
            arrowstyle="-|>",
            color=INK,
            linewidth=0.9,
            mutation_scale=8,
            shrinkA=0,
            shrinkB=0,
            zorder=2,
        )
    )


def _continua(ax: Axes, A: Floats, faces: Any) -> list[Any]:
    """Thick lines, or a filled triangle, where rest points are not isolated."""
    from matplotlib.lines import Line2D

    label = "continuum of rest points"
    for face in faces:
        ends = _rest_segment(A, tuple(face))
        if len(ends) > 2:
            ax.fill(*(ends @ _CORNERS).T, color=OTHER, zorder=1.5)
        else:
            ax.plot(*(ends @ _CORNERS).T, color=LINES[6], linewidth=4, zorder=2.5, clip_on=False)
    if not len(faces):
        return []
    whole = any(len(_rest_segment(A, tuple(face))) > 2 for face in faces)
    return [Line2D([], [], color=OTHER if whole else LINES[6], linewidth=4, label=label)]


def _rest_segment(A: Floats, face: tuple[int, ...]) -> Floats:
    """Ends of the continuum of rest points in a face, shape (2, 3); the face if it is all of it."""
    corners = np.eye(3)[list(face)]
    B = A[np.ix_(face, face)]
    rows = np.vstack([B[1:] - B[0], np.ones(len(face))])
    _, size, basis = np.linalg.svd(rows)
    rank = int((size > _SMALL).sum())
    if len(face) - rank > 1 or len(face) == 2:
        return corners
    point = np.linalg.lstsq(rows, np.append(np.zeros(len(face) - 1), 1.0), rcond=_SMALL)[0]
    along = basis[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = -point / along
    low = max(reach[along > _SMALL], default=0.0)
    high = min(reach[along < -_SMALL], default=0.0)
    return np.asarray(np.array([point + low * along, point + high * along]) @ corners)


def _rest_points(ax: Axes, found: Any) -> list[Any]:
    from matplotlib.lines import Line2D

    count = int(found["count"])
    keys = []
    shares = found["share"].values[:count]
    kinds = [
        _kind(int(stability), values)
        for stability, values in zip(
            found["stability"].values[:count], found["eigenvalue"].values[:count], strict=True
        )
    ]
    for name, (fill, marker, label) in _KINDS.items():
        these = np.array([kind == name for kind in kinds], dtype=bool)
        if not these.any():
            continue
        style: dict[str, Any] = {
            "marker": marker,
            "markersize": 6,
            "markerfacecolor": fill,
            "markeredgecolor": INK,
            "markeredgewidth": 1,
            "linestyle": "none",
            "label": label,
        }
        ax.plot(*(shares[these] @ _CORNERS).T, zorder=5, clip_on=False, **style)
        keys.append(Line2D([], [], **style))
    return keys


def _kind(stability: int, eigenvalues: NDArray[np.complex128]) -> str:
    if stability == Stability.STABLE:
        return "stable"
    if stability == Stability.NEUTRAL:
        return "neutral"
    real = eigenvalues.real
    return "saddle" if real.min() < -_SMALL * np.abs(eigenvalues).max() else "unstable"


def _path_key() -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], color=LINES[2], linewidth=1.4, marker="s", markersize=3, label="path from a start"
    )


def _name_corners(ax: Axes, actions: tuple[str, ...]) -> None:
    for place, name, shift, across, up in zip(
        _CORNERS,
        actions,
        ((0, -7), (0, 6), (0, -7)),
        ("left", "center", "right"),
        ("top", "bottom", "top"),
        strict=True,
    ):
        ax.annotate(
            name.replace("$", r"\$"),
            place,
            shift,
            textcoords="offset points",
            ha=across,
            va=up,
            fontsize=8,
            annotation_clip=False,
        )
