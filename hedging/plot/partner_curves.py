r"""Patience with several conflicting partners under noise.

The critical discount factor :math:`\delta^*(n)` of :mod:`hedging.families.patient_hedging` falls
with the number n of partners as the stake grows, then rises as one of them misreads an even-handed
state ever more surely; beyond 1 no patience suffices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from hedging.errors import ParameterError
from hedging.families.patient_hedging import critical_delta_partners
from hedging.plot.hatching import HATCHED, hatch_key
from hedging.plot.layout import put_legend
from hedging.plot.style import LINES, axes, pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["partners"]

_HEIGHT = 2.6
_TOP = 1.25
"""Upper end of the vertical axis: a line that leaves it has long been impossible."""

_MARKERS = "osD^v<>"


def partners(
    n: int | Sequence[int] = 12,
    ax: Axes | None = None,
    *,
    false_alarm: float | Sequence[float] = (0.0, 0.05, 0.15),
    **values: ArrayLike,
) -> Axes:
    """Draw the patience that even-handedness takes with n partners in conflict.

    Parameters
    ----------
    n : int or sequence of int
        Largest number of partners, or the numbers to draw.
    ax : matplotlib Axes, optional
        Where to draw; a new figure, one journal column wide, is made if absent.
    false_alarm : float or sequence of float
        Probabilities that one partner takes even-handedness for a tilt: one line each.
    **values : float
        ``tie_value``, ``tilt_gain`` and ``detection``, as for
        :func:`hedging.families.patient_hedging.critical_delta_partners`.

    Returns
    -------
    matplotlib.axes.Axes
        The least patience on each line is marked by a filled symbol, unless the line still falls at
        its end; hatched is what no patience sustains.

    Raises
    ------
    ParameterError
        If a probability is not in [0, 1], or a number of partners is not a whole one from 1.
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> import hedging as hg
    >>> ax = hg.plot.partners(10, false_alarm=[0, 0.05])
    >>> ax.get_xlabel()
    'number n of partners in conflict'
    """
    pyplot()
    counts = np.arange(1, n + 1) if isinstance(n, (int, np.integer)) else np.unique(np.asarray(n))
    if not counts.size or counts[0] < 1 or np.any(counts != np.round(counts)):
        msg = f"n is {n!r}; give the largest number of partners, or whole numbers from 1"
        raise ParameterError(msg)
    levels = [float(level) for level in np.atleast_1d(np.asarray(false_alarm, dtype=float))]
    if not levels:
        msg = "false_alarm is empty; give a probability, or several"
        raise ParameterError(msg)
    own = ax is None
    found = [critical_delta_partners(counts, false_alarm=p, **values) for p in levels]
    with axes(ax, _HEIGHT) as ax:
        if own:
            ax.set_position((0.15, 0.15, 0.8, 0.8))
        ax.set(xlim=(counts[0] - 0.5, counts[-1] + 0.5), ylim=(0, _TOP))
        ax.axhspan(1, _TOP, facecolor="none", edgecolor=HATCHED, hatch="xxxx", linewidth=0)
        ax.axhline(1, color=HATCHED, linewidth=0.8)
        handles: list[Any] = []
        for k, (level, delta) in enumerate(zip(levels, found, strict=True)):
            handles.append(_line(ax, counts, delta, level, k))
        handles.append(hatch_key("xxxx", r"$\delta^* > 1$: no patience suffices"))
        step = max(1, -(-len(counts) // 12))
        ax.set_xticks(counts[::step])
        ax.set_xlabel("number n of partners in conflict")
        ax.set_ylabel(r"critical discount factor $\delta^*(n)$")
        ax.tick_params(direction="out", length=2.5)
        put_legend(ax, handles, own)
    return ax


def _line(ax: Axes, counts: Any, delta: Any, level: float, number: int) -> Any:
    """One noise level, its minimum filled; returns the legend handle."""
    colour = LINES[1 + number % (len(LINES) - 1)]
    marker = _MARKERS[number % len(_MARKERS)]
    noise = "no false alarms" if level == 0 else f"false alarms {100 * level:g} % per partner"
    at = int(np.argmin(delta))
    best = float(delta[at])
    inside = best < 1 and at < len(counts) - 1
    if inside:
        words = f"{noise}: least patience at n = {int(counts[at])}, $\\delta^*$ = {best:.2f}"
    elif best < 1:
        words = f"{noise}: still falling at n = {int(counts[at])}, $\\delta^*$ = {best:.2f}"
    else:
        words = f"{noise}: impossible at any n here"
    words = words.replace(" %", "\u00a0%").replace(" = ", "\u00a0=\u00a0")
    (line,) = ax.plot(
        counts,
        np.where(np.isfinite(delta), delta, np.nan),
        color=colour,
        marker=marker,
        markersize=3.5,
        markerfacecolor="white",
        markeredgewidth=0.9,
        linewidth=1.2,
        label=words,
    )
    if inside:
        ax.plot(
            [counts[at]],
            [best],
            marker=marker,
            markersize=6,
            color=colour,
            linestyle="none",
            zorder=5,
            gid="least",
        )
    return line
