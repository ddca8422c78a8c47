"""Bifurcation diagram: how the equilibria of a model move, meet and vanish with one parameter.

The probability of one action in every equilibrium is drawn over the parameter, a curve per
equilibrium, from the closed forms of an atlas.  Equilibria of index +1 are solid, those of
index -1 dashed: the latter cannot be stable under the usual learning rules, the former may or may
not be.  Where a continuum of equilibria exists, the range of the probability over it is a bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingTypeError
from hedging.labels import position
from hedging.plot.layout import put_legend
from hedging.plot.style import INK, LINES, OTHER, axes, pyplot, wrap
from hedging.words import in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hedging.analysis.closed_forms import Branch, Piece
    from hedging.analysis.equilibrium_atlas import Atlas

__all__ = ["bifurcation"]

Floats = NDArray[np.float64]

_HEIGHT = 2.6
_POINTS = 241
"""Points per curve and piece."""

_LINE = 1.5
"""Width of a line; those that others cover are as many times wider."""

_BAR = 4.0
_MARGIN = 0.03

_SAME = 1e-9
_MOST_VALUES = 8
"""Breakpoints beyond this number are marked but not spelled out."""


def bifurcation(
    atlas: Atlas,
    ax: Axes | None = None,
    *,
    player: str | None = None,
    action: str | None = None,
) -> Axes:
    """Draw the probability of an action in every equilibrium over the parameter of an atlas.

    Parameters
    ----------
    atlas : Atlas
        From :func:`hedging.atlas` over one parameter.
    ax : matplotlib Axes, optional
        Where to draw; a new figure, one journal column wide, is made if absent.
    player : str, optional
        Whose action; by default the first player who can hedge, or else the first player.
    action : str, optional
        Which action; by default ``hedge``, or else the player's first action.

    Returns
    -------
    matplotlib.axes.Axes
        Solid curves are equilibria of index +1, dashed ones of index -1; bars are continua;
        dotted vertical lines are the breakpoints, with their values on top.  Curves that
        coincide are drawn over each other, the later ones narrower.

    Raises
    ------
    HedgingTypeError
        If ``atlas`` is not an atlas over one parameter.
    UnknownNameError
        If no player or action bears the name.
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> import hedging as hg
    >>> found = hg.atlas(hg.catalogue["hedging_bimatrix"], over="rivalry")
    >>> ax = hg.plot.bifurcation(found)
    >>> ax.get_ylabel()
    'Pr(M plays hedge)'
    """
    pyplot()
    if not hasattr(atlas, "pieces") or not hasattr(atlas, "breakpoints"):
        msg = (
            f"bifurcation draws an atlas over one parameter, not {type(atlas).__name__}; "
            "type hg.atlas(model, over='...')"
        )
        raise HedgingTypeError(msg)
    who, what = _chosen(atlas, player, action)
    own = ax is None
    with axes(ax, _HEIGHT) as ax:
        if own:
            ax.set_position((0.15, 0.2, 0.8, 0.68))
        handles = _draw(ax, atlas, who, what)
        _mark_breakpoints(ax, atlas)
        _label(ax, atlas, who, what)
        put_legend(ax, handles, own)
    return ax


def _chosen(atlas: Atlas, player: str | None, action: str | None) -> tuple[int, int]:
    """Numbers of the player and the action to draw."""
    model = atlas.model
    wanted = "hedge" if action is None else action
    if player is None:
        has = [k for k, own in enumerate(model.actions) if wanted in own]
        who = has[0] if has else 0
    else:
        who = position(player, model.players, "player")
    if action is None and wanted not in model.actions[who]:
        return who, 0
    return who, position(wanted, model.actions[who], f"action of player {model.players[who]!r}")


def _values(piece: Piece, branch: Branch, who: int, what: int) -> tuple[Floats, Floats]:
    """Values of the parameter and of the probability along a branch, both ends included."""
    ratio = branch.probability_ratios[who][what]
    low, high = piece.ends
    # Denser towards the ends, where roots make curves steep.
    x = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(np.linspace(0, np.pi, _POINTS))
    top, bottom = (np.polynomial.Polynomial([float(a) for a in p.c] or [0.0]) for p in ratio)
    with np.errstate(all="ignore"):
        y = np.asarray(top(x) / bottom(x), dtype=np.float64)
    return x, np.clip(y, 0.0, 1.0)


def _draw(ax: Axes, atlas: Atlas, who: int, what: int) -> list[Any]:
    from matplotlib.lines import Line2D

    colours: dict[str, str] = {}
    handles: dict[tuple[str, str], Any] = {}

    def colour(support: str) -> str:
        return colours.setdefault(support, LINES[1:][len(colours) % (len(LINES) - 1)])

    for piece in atlas.pieces:
        bars = _continua(piece)
        for members in bars:
            _draw_continuum(ax, piece, members, who, what)
        if piece.is_point:
            continue
        single = [b for b in piece if not any(b in members for members in bars)]
        curves = [_values(piece, branch, who, what) for branch in single]
        for k, (branch, (x, y)) in enumerate(zip(single, curves, strict=True)):
            above = sum(bool(np.allclose(y, z, rtol=0, atol=_SAME)) for _, z in curves[k + 1 :])
            dashes = "-" if branch.index > 0 else (0, (4, 1.5)) if branch.index else (0, (1, 1))
            (line,) = ax.plot(
                x,
                y,
                color=colour(branch.support),
                linestyle=dashes,
                linewidth=_LINE * (1 + above),
                solid_capstyle="butt",
                clip_on=False,
                zorder=2 + 0.01 * k,
            )
            words = in_words(branch.support, atlas.model.players, atlas.model.actions)
            sign = f"{branch.index:+d}" if branch.index else "0"
            label = f"{words}; index\u00a0{sign}"
            handles.setdefault((branch.support, str(dashes)), (line, label))
    result = []
    for line, label in handles.values():
        key = Line2D(
            [],
            [],
            color=line.get_color(),
            linestyle=line.get_linestyle(),
            linewidth=_LINE,
            label=label.replace("$", r"\$"),
        )
        result.append(key)
    if any(_continua(piece) for piece in atlas.pieces):
        result.append(
            Line2D([], [], color=OTHER, linewidth=_BAR, label="continuum of equilibria (a tie)")
        )
    return result


def _continua(piece: Piece) -> list[list[Branch]]:
    """Branches that span a continuum, by component."""
    found: dict[int, list[Branch]] = {}
    for branch in piece:
        if not branch.isolated:
            found.setdefault(branch.component, []).append(branch)
    return [members for members in found.values() if len(members) > 1]


def _draw_continuum(ax: Axes, piece: Piece, members: Sequence[Branch], who: int, what: int) -> None:
    curves = [_values(piece, branch, who, what) for branch in members]
    x = curves[0][0]
    low = np.min([y for _, y in curves], axis=0)
    high = np.max([y for _, y in curves], axis=0)
    if piece.is_point:
        at, bottom, top = float(x[0]), float(low[0]), float(high[0])
        if top > bottom:
            ax.vlines(at, bottom, top, color=OTHER, linewidth=_BAR, zorder=1.5)
        else:
            ax.plot([at], [top], color=OTHER, marker="o", markersize=5, zorder=1.5)
        return
    if np.allclose(low, high, rtol=0, atol=_SAME):
        ax.plot(x, low, color=OTHER, linewidth=_BAR, zorder=1.5, clip_on=False)
    else:
        ax.fill_between(x, low, high, color=OTHER, linewidth=0, zorder=1.5)


def _mark_breakpoints(ax: Axes, atlas: Atlas) -> None:
    values = [float(value) for value in atlas.breakpoints]
    for value in values:
        ax.axvline(value, color=INK, linewidth=0.5, linestyle=(0, (1, 2)), zorder=1)
    if not 0 < len(values) <= _MOST_VALUES:
        return
    top = ax.secondary_xaxis("top")
    labels = [
        str(exact) if exact.is_Rational and len(str(exact)) <= 6 else f"{value:.4g}"
        for exact, value in zip(atlas.breakpoints, values, strict=True)
    ]
    top.set_xticks(values, labels, fontsize=6)
    low, high = atlas.pieces[0].ends[0], atlas.pieces[-1].ends[1]
    if len(values) > 1 and np.diff(values).min() < 0.12 * (high - low):
        top.tick_params(axis="x", rotation=90)
    top.tick_params(length=0, pad=1)
    top.spines["top"].set_visible(False)


def _label(ax: Axes, atlas: Atlas, who: int, what: int) -> None:
    model = atlas.model
    low, high = atlas.pieces[0].ends[0], atlas.pieces[-1].ends[1]
    ax.set(xlim=(low, high), ylim=(-_MARGIN, 1 + _MARGIN))
    parameter = model.parameters[atlas.over]
    name = atlas.over.replace("_", " ")
    text = f"{name}: {parameter.meaning}" if parameter.meaning else name
    if parameter.unit not in ("", "1"):
        text += f" ({parameter.unit})"
    frame, figure = ax.get_window_extent(), ax.get_figure(root=True)
    assert figure is not None
    size = float(ax.xaxis.label.get_fontsize())
    ax.set_xlabel(wrap(text, frame.width * 72 / figure.dpi, size))
    ax.set_ylabel(f"Pr({model.players[who]} plays {model.actions[who][what]})")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.tick_params(direction="out", length=2.5)
