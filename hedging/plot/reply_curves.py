"""Best replies of a two-player game, drawn where equilibria can be seen.

**2 x 2.**  Let p and q be the probabilities with which the row and the column player use their
*second* actions.  What the row player gains by the second action,

    d(q) = (1 - q) d_0 + q d_1,        d_j = u(2, j) - u(1, j),

is linear in q, so the best reply is p = 1 where d > 0, p = 0 where d < 0 and any p where
d = 0.  Each reply is a path of straight pieces through the unit square; the equilibria are the
points the two paths share.

**m x 2.**  One player has two actions and mixes with probability q on the second.  The
expected payoffs of the other player's m actions are m straight lines in q; the upper envelope
is what best replies earn, and every equilibrium lies on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError, HedgingTypeError
from hedging.plot.style import FILLS, INK, LINES, OTHER, axes, pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hedging.game import Game

__all__ = ["best_responses"]

Floats = NDArray[np.float64]


def best_responses(game: Game, ax: Axes | None = None) -> Axes:
    """Draw the best replies of a two-player game and mark its equilibria.

    For a 2 x 2 game: both best-reply correspondences in the unit square.  For an m x 2 or 2 x m
    game: the expected payoff of each of the m actions against the other player's mix, their upper
    envelope, and the equilibria on it.

    Parameters
    ----------
    game : Game
        One game (no batch axes), two players, at least one of them with exactly two actions.
    ax : matplotlib Axes, optional
        Where to draw; a new figure is made if absent.

    Returns
    -------
    matplotlib.axes.Axes
        Equilibria that belong to a continuum are drawn open, isolated ones filled.

    Raises
    ------
    GameError
        For a batch, for other than two players, if nobody has exactly two actions, or if a
        payoff is not finite.
    MissingDependencyError
        Without matplotlib.

    Notes
    -----
    Costs one call of :func:`hedging.nash`.  Textbook treatment: Osborne and Rubinstein, *A Course
    in Game Theory* (1994), section 3.2.

    Examples
    --------
    >>> import hedging as hg
    >>> pennies = hg.Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> ax = hg.plot.best_responses(pennies)
    >>> ax.get_xlabel()
    'Pr(player_2 plays action_2)'
    """
    pyplot()  # without matplotlib there is nothing to check either
    payoffs = _checked(game)
    square = tuple(game.shape) == (2, 2)
    with axes(ax, 3.7 if square else 3.3, "constrained") as ax:
        draw = _unit_square if square else _envelope
        draw(game, payoffs, ax)
    return ax


def _checked(game: Game) -> Floats:
    """Payoffs of one drawable game as doubles, shape (2, m_1, m_2)."""
    shape = getattr(game, "shape", None)
    if shape is None:
        msg = f"best_responses draws a Game, not {type(game).__name__}; type model() to get one"
        raise HedgingTypeError(msg)
    if tuple(game.batch_shape):
        msg = (
            f"best_responses draws one game, this is a batch of shape {tuple(game.batch_shape)}; "
            "index it first"
        )
        raise GameError(msg)
    if len(shape) != 2 or 2 not in tuple(shape):
        msg = (
            f"best_responses draws two players of whom one has two actions, not shape "
            f"{tuple(shape)}; fix or drop actions first"
        )
        raise GameError(msg)
    payoffs = np.asarray(game.payoffs, dtype=np.float64)
    if not np.isfinite(payoffs).all():
        msg = "best_responses needs finite payoffs, and one of these is nan or infinite"
        raise GameError(msg)
    return payoffs


def _equilibria(game: Game) -> tuple[list[Floats], Floats, NDArray[np.bool_]]:
    """Mixed actions per player (E, m_i), payoffs (E, 2) and isolation (E,) of the equilibria."""
    from hedging.solving import nash

    found = nash(game)
    count = int(found["count"])
    cut = np.cumsum(game.shape)[:-1]
    probability = np.asarray(found["probability"].values[:count], dtype=np.float64)
    payoff = np.asarray(found["payoff"].values[:count], dtype=np.float64)
    isolated = np.asarray(found["isolated"].values[:count], dtype=bool)
    return list(np.split(probability, cut, axis=1)), payoff, isolated


def _reply_path(first: float, last: float) -> Floats | None:
    """Corners (opponent's mix, own mix) of the best reply to a gain from first to last.

    ``None`` if the player is indifferent everywhere and the reply is the whole square.
    """
    if first == 0 and last == 0:
        return None
    start, end = float(first > 0), float(last > 0)
    if first == 0:
        return np.array([[0.0, 1.0 - end], [0.0, end], [1.0, end]])
    if last == 0:
        return np.array([[0.0, start], [1.0, start], [1.0, 1.0 - start]])
    if start == end:
        return np.array([[0.0, start], [1.0, start]])
    flip = first / (first - last)
    return np.array([[0.0, start], [flip, start], [flip, end], [1.0, end]])


def _unit_square(game: Game, payoffs: Floats, ax: Axes) -> None:
    row, column = game.players
    # Scaled per player, because the difference of two huge payoffs may overflow.
    largest = np.abs(payoffs).max(axis=(1, 2), keepdims=True)
    scaled = payoffs / np.where(largest > 0, largest, 1.0)
    gain_row = scaled[0, 1] - scaled[0, 0]
    gain_column = scaled[1, :, 1] - scaled[1, :, 0]
    paths = (_reply_path(*gain_column), _reply_path(*gain_row))
    # The column player's reply is a graph over p, so it is drawn with its axes exchanged.
    for path, who, colour, dashes, swap in (
        (paths[1], row, LINES[1], "-", False),
        (paths[0], column, LINES[2], (0, (4, 1.5)), True),
    ):
        label = f"best reply of {who}"
        if path is None:
            ax.fill(
                [0, 1, 1, 0],
                [0, 0, 1, 1],
                color=colour,
                alpha=0.15,
                label=f"{label}: indifferent throughout",
            )
            continue
        x, y = path.T[::-1] if swap else path.T
        ax.plot(x, y, color=colour, linestyle=dashes, linewidth=2, label=label, clip_on=False)
    mixes, _, isolated = _equilibria(game)
    _mark(ax, mixes[1][:, 1], mixes[0][:, 1], isolated)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set_xlabel(f"Pr({column} plays {game.actions[1][1]})")
    ax.set_ylabel(f"Pr({row} plays {game.actions[0][1]})")
    _finish(ax)


def _envelope(game: Game, payoffs: Floats, ax: Axes) -> None:
    mixer = 1 if game.shape[1] == 2 else 0
    other = 1 - mixer
    lines = payoffs[other] if mixer == 1 else payoffs[other].T  # (m actions, 2 ends)
    for action, ends in enumerate(lines):
        ax.plot(
            [0, 1],
            ends,
            color=LINES[1 + action % (len(LINES) - 1)],
            linestyle=("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))[action % 4],
            linewidth=1.1,
            label=str(game.actions[other][action]),
        )
    q, best = _upper_envelope(lines)
    ax.plot(q, best, color=OTHER, linewidth=5, zorder=0.5, label="best reply", clip_on=False)
    mixes, payoff, isolated = _equilibria(game)
    _mark(ax, mixes[mixer][:, 1], payoff[:, other], isolated)
    ax.set_xlim(0, 1)
    ax.margins(y=0.08)
    ax.set_xlabel(f"Pr({game.players[mixer]} plays {game.actions[mixer][1]})")
    ax.set_ylabel(f"expected payoff of {game.players[other]}")
    _finish(ax)


def _upper_envelope(lines: Floats) -> tuple[Floats, Floats]:
    """Corners (q, value) of the maximum over lines given by their ends, shape (m, 2)."""
    slope = lines[:, 1] - lines[:, 0]
    difference = slope[:, None] - slope[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (lines[None, :, 0] - lines[:, None, 0]) / difference
    inside = crossing[(crossing > 0) & (crossing < 1)]
    q = np.unique(np.concatenate([[0.0, 1.0], inside]))
    return q, np.max(lines[:, :1] * (1 - q) + lines[:, 1:] * q, axis=0)


def _mark(ax: Axes, x: Floats, y: Floats, isolated: NDArray[np.bool_]) -> None:
    common: dict[str, Any] = {"s": 34, "edgecolors": INK, "linewidths": 1.1, "zorder": 5}
    for chosen, face, label in (
        (isolated, FILLS[2], "equilibrium"),
        (~isolated, "white", "end of a continuum of equilibria"),
    ):
        if chosen.any():
            ax.scatter(x[chosen], y[chosen], c=face, label=label, clip_on=False, **common)


def _finish(ax: Axes) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.02), ncols=2, borderaxespad=0, frameon=False)
