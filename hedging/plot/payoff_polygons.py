r"""Payoffs of a repeated game in the plane of its two players.

From the outside in: what the players can get at all (mixtures of the stage payoffs), the part that
gives each at least the minmax payoff, and the payoffs :math:`V(\delta)` of subgame-perfect
equilibria.  Each set may also be a segment, a point or empty, and is drawn as what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingTypeError
from hedging.plot.layout import put_legend
from hedging.plot.style import FILLS, INK, LINES, OTHER, axes, pyplot
from hedging.repeated.results import PayoffSet
from hedging.words import in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["payoff_set"]

Floats = NDArray[np.float64]

_HEIGHT = 3.0
_NUMBERED = 9
"""Profiles up to which each is numbered and named."""


def payoff_set(r: Any, ax: Axes | None = None) -> Axes:
    """Draw the payoffs of a repeated game of two players.

    Parameters
    ----------
    r : RepeatedGame or PayoffSet
        A repeated game, without discount factor for its feasible payoffs alone; or what
        :meth:`hedging.RepeatedGame.spe_payoffs` returned, which is drawn alone.
    ax : matplotlib Axes, optional
        Where to draw; a new figure, one journal column wide, is made if absent.

    Returns
    -------
    matplotlib.axes.Axes
        With the feasible payoffs, their individually rational part, the equilibrium payoffs, the
        minmax payoffs, the payoffs of the action profiles (stage equilibria filled) and the
        optimal penal payoffs, the least that equilibria leave to each player.

    Raises
    ------
    HedgingTypeError
        If ``r`` is something else.
    GameError
        If there are not two players.
    ParameterError
        If players differ in patience.
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> import hedging as hg
    >>> g = hg.catalogue["patient_hedging"]()
    >>> hg.plot.payoff_set(hg.RepeatedGame(g, 0.6)).get_xlabel()
    'payoff of M per period'
    """
    pyplot()
    if not isinstance(r, PayoffSet) and not hasattr(r, "feasible_payoffs"):
        msg = (
            f"{type(r).__name__} has no set of payoffs; give RepeatedGame(game, delta) "
            "or its .spe_payoffs()"
        )
        raise HedgingTypeError(msg)
    alone = isinstance(r, PayoffSet)
    found: PayoffSet | None = r if alone else None
    if not alone:
        feasible = _points(r.feasible_payoffs())  # refuses other than two players
        if r.deltas is not None:
            found = r.spe_payoffs()
    own = ax is None
    with axes(ax, _HEIGHT) as ax:
        if own:
            ax.set_position((0.15, 0.15, 0.8, 0.8))
        ax.margins(0.11)
        handles: list[Any] = []
        if alone:
            players = tuple(r.punishment_payoffs) or ("player 1", "player 2")
        else:
            players = r.game.players
            handles += _surroundings(ax, r, feasible)
        if found is not None:
            at = "" if alone else f", $\\delta$\u00a0=\u00a0{float(r.delta):.3g}"
            handles += _equilibria(ax, found, at)
        if not alone:
            handles += _profiles(ax, r, feasible)
        if found is not None and not len(found.vertices) and not ax.has_data():
            _say_none(ax)
        ax.set_xlabel(f"payoff of {players[0]} per period".replace("$", r"\$"))
        ax.set_ylabel(f"payoff of {players[1]} per period".replace("$", r"\$"))
        ax.tick_params(direction="out", length=2.5)
        put_legend(ax, handles, own)
    return ax


def _say_none(ax: Axes) -> None:
    """In place of an empty set, which has no place in the plane."""
    ax.text(
        0.5,
        0.5,
        "no subgame-perfect equilibrium\nin pure strategies",
        transform=ax.transAxes,
        ha="center",
        va="center",
        fontsize=8,
    )
    ax.set_xticks([])
    ax.set_yticks([])


def _points(vertices: Any) -> Floats:
    return np.asarray(vertices, dtype=np.float64).reshape(-1, 2)


def _draw(ax: Axes, points: Floats, label: str, fill: str, edge: str, level: float) -> Any:
    """A convex set by its vertices, as polygon, segment or point; returns its legend handle."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if not len(points):
        return Line2D([], [], linestyle="none", label=f"{label}: empty")
    if len(points) > 2:
        patches = ax.fill(*points.T, facecolor=fill, edgecolor=edge, linewidth=0.8, zorder=level)
        patches[0].set_label(label)
        return Patch(facecolor=fill, edgecolor=edge, linewidth=0.8, label=label)
    style = {"linewidth": 3.5, "linestyle": "-"} if len(points) == 2 else {"linestyle": "none"}
    kind = "a segment" if len(points) == 2 else "a point"
    (line,) = ax.plot(
        *points.T,
        color=fill if fill != OTHER else "#999999",
        marker="o" if len(points) == 1 else "",
        markersize=9,
        zorder=level,
        label=f"{label}: {kind}",
        clip_on=False,
        **style,
    )
    return line


def _surroundings(ax: Axes, r: Any, feasible: Floats) -> list[Any]:
    """Feasible and individually rational payoffs, and the minmax payoffs that bound the latter."""
    rational = _points(r.feasible_payoffs(individually_rational=True))
    handles = [
        _draw(ax, feasible, "feasible payoffs", OTHER, "#999999", 1),
        _draw(ax, rational, "individually rational payoffs", "#D6E4F2", FILLS[0], 1.1),
    ]
    least = [float(value) for value in r.minmax().values()]
    ax.axvline(least[0], color=LINES[1], linewidth=0.7, linestyle=(0, (4, 2)), zorder=1.5)
    ax.axhline(least[1], color=LINES[1], linewidth=0.7, linestyle=(0, (4, 2)), zorder=1.5)
    (point,) = ax.plot(
        [least[0]],
        [least[1]],
        color=LINES[1],
        marker="+",
        markersize=8,
        markeredgewidth=1.2,
        linestyle="none",
        zorder=4,
        label="minmax payoffs in pure actions",
    )
    return [*handles, point]


def _equilibria(ax: Axes, found: PayoffSet, at: str) -> list[Any]:
    """The equilibrium payoffs and the worst of them for each player."""
    vertices = _points(found.vertices)
    label = f"equilibrium payoffs $V(\\delta)${at}"
    handles = [_draw(ax, vertices, label, FILLS[3], "#117755", 2)]
    if len(vertices):
        worst = [float(value) for value in found.punishment_payoffs.values()]
        texts = [f"{p} {v:.3g}" for p, v in zip(found.punishment_payoffs, worst, strict=True)]
        (point,) = ax.plot(
            [worst[0]],
            [worst[1]],
            color=LINES[2],
            marker="s",
            markersize=6.5,
            markerfacecolor="none",
            markeredgewidth=1.1,
            linestyle="none",
            zorder=4.1,
            label=f"optimal penal payoffs, the least in equilibrium: {', '.join(texts)}".replace(
                "$", r"\$"
            ),
        )
        handles.append(point)
    return handles


def _profiles(ax: Axes, r: Any, feasible: Floats) -> list[Any]:
    """Payoffs of the action profiles, numbered where they are few; stage equilibria are filled."""
    from hedging.equilibria.pure import pure_equilibria

    table = np.asarray(r.game.payoffs)
    points = _points(np.moveaxis(table, 0, -1).reshape(-1, 2))
    stable = pure_equilibria(table[None])[0].ravel()
    names = [
        in_words(
            "|".join(own[k] for own, k in zip(r.game.actions, place, strict=True)), r.game.players
        )
        for place in np.ndindex(*r.game.shape)
    ]
    numbered = len(points) <= _NUMBERED
    handles = []
    for chosen, face, words in (
        (~stable, "white", "stage payoffs"),
        (stable, INK, "stage equilibrium" if stable.sum() == 1 else "stage equilibria"),
    ):
        if not chosen.any():
            continue
        if numbered:
            listed = [f"{k + 1}\u00a0{names[k]}" for k in np.flatnonzero(chosen)]
            words = f"{words}: {'; '.join(listed)}".replace("$", r"\$")
        (dots,) = ax.plot(
            *points[chosen].T,
            color=INK,
            marker="o",
            markersize=4,
            markerfacecolor=face,
            markeredgewidth=0.8,
            linestyle="none",
            zorder=5,
            clip_on=False,
            label=words,
        )
        handles.append(dots)
    if numbered:
        _write_numbers(ax, points, feasible.mean(axis=0))
    return handles


def _write_numbers(ax: Axes, points: Floats, centre: Floats) -> None:
    """Each profile's number beside its point, on the side away from the centre of the set."""
    together: dict[tuple[float, float], list[str]] = {}
    for k, point in enumerate(points.tolist()):
        together.setdefault((point[0], point[1]), []).append(str(k + 1))
    span = np.where(np.ptp(points, axis=0) > 0, np.ptp(points, axis=0), 1.0)
    for place, numbers in together.items():
        away = (np.array(place) - centre) / span
        length = float(np.hypot(*away))
        away = away / length if length > 1e-9 else np.array([1.0, 1.0]) / np.sqrt(2)
        ax.annotate(
            ", ".join(numbers),
            place,
            xytext=(8 * away[0], 8 * away[1]),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=7,
            zorder=6,
        )
