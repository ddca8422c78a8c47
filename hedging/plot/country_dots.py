r"""Calibrated countries against the patronage that hedging bears: a row of dots for each.

In the triadic model M prefers the quiet hedge to aligning with either power iff
:math:`\lambda (v_a + v_b) - h \ge \max(v_a, v_b) - \alpha`.  The calibration has
:math:`v_a + v_b = 1`, so the larger value must not exceed :math:`\lambda - h + \alpha`, 0.90 at the
defaults: a band around one half for :math:`v_a`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.calibration import cases
from hedging.errors import ParameterError, UnknownNameError, suggest
from hedging.families import catalogue
from hedging.plot.panels import finish, panels
from hedging.plot.style import INK, LINES, OTHER, pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["countries"]

_MODEL = "triadic_hedging"
_ROW = 0.17
"""Inches per country."""

_LOOKS = ((LINES[1], "o"), (LINES[2], "s"))
"""Colour and marker of each pair of powers."""

_NOTE = (
    "Values are shares, no estimates of motive: 0.4 x A's part of arms deliveries + 0.6 x A's part "
    "of trade, both among A and B alone; the weights are a modelling choice. The source of trade "
    "lists the five largest partners only: a share of others is a lower bound. No dot: no figure. "
    "Own calculations from SIPRI Arms Transfers Database and World Bank WITS."
)


def countries(
    windows: str | Sequence[str] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
    **values: float,
) -> NDArray[Any]:
    """Draw the calibrated countries and the band in which a middle power prefers to hedge.

    Parameters
    ----------
    windows : str or sequence of str, optional
        Periods of :data:`hedging.cases`, one panel each; by default all of them.
    ax : matplotlib Axes, or a sequence of one for each window, optional
        Where to draw; a new figure, as wide as a page, is made if absent.
    **values : float
        ``retention``, ``hedging_cost`` and ``autonomy_cost`` of the model ``triadic_hedging`` where
        they differ from the defaults.

    Returns
    -------
    array of matplotlib Axes, shape (number of windows,)
        Countries from the smallest to the largest latest value, by pair of powers.  A shaded
        country prefers to align with the power on whose side it stands, with its pressure absent.

    Raises
    ------
    UnknownNameError
        If there is no such window, or a value has another name.
    ParameterError
        If a value is out of range, or the number of axes is not that of windows.
    MissingDependencyError
        Without matplotlib.

    Examples
    --------
    >>> import hedging as hg
    >>> axes = hg.plot.countries()
    >>> [ax.get_title() for ax in axes]
    ['2000-2004', '2005-2009', '2010-2014', '2015-2019']
    """
    pyplot()
    table = cases.table()
    shown = _windows(windows)
    most = _threshold(values)
    names, pairs, order = _order(table)
    with panels(ax, len(shown), columns=4) as drawn:
        for window, axes in zip(shown, drawn, strict=True):
            _panel(axes, table.sel(window=window).isel(country=order), pairs, most)
            axes.set_yticks(range(len(order)), [names[k] for k in order])
            axes.set_title(window)
        finish(
            drawn,
            r"$v_a$: value to M of A's full patronage ($v_b=1-v_a$ is that of B's)",
            "",
            _keys(pairs, most, table),
            ax is None,
            height=_ROW * len(order),
            note=_NOTE,
        )
    return np.array(drawn, dtype=object)


def _windows(windows: str | Sequence[str] | None) -> list[str]:
    have = list(cases.windows)
    wanted = have if windows is None else [windows] if isinstance(windows, str) else list(windows)
    for window in wanted:
        if window not in have:
            msg = f"no window {window!r}; {suggest(str(window), have)}"
            raise UnknownNameError(msg)
    if not wanted:
        msg = f"no windows given; give some of {', '.join(have)}"
        raise ParameterError(msg)
    return wanted


def _threshold(values: dict[str, float]) -> float:
    """Largest value of a patron with which M still prefers to hedge."""
    terms = {"retention": 1.0, "hedging_cost": -1.0, "autonomy_cost": 1.0}
    for name in values:
        if name not in terms:
            msg = f"the band does not depend on {name!r}; {suggest(name, list(terms))}"
            raise UnknownNameError(msg)
    point = catalogue[_MODEL].check(values)
    return float(sum(sign * float(point[name]) for name, sign in terms.items()))


def _order(table: Any) -> tuple[list[str], list[tuple[str, str]], list[int]]:
    """Names, pairs of powers, and positions of the countries from the bottom row to the top."""
    names = [str(name) for name in table["name"].values]
    powers = list(
        zip(table["power_a"].values.tolist(), table["power_b"].values.tolist(), strict=True)
    )
    pairs = list(dict.fromkeys(powers))
    value = table["value_a"].values
    latest = [row[~np.isnan(row)][-1] if (~np.isnan(row)).any() else -1.0 for row in value]
    order = sorted(range(len(names)), key=lambda k: (-pairs.index(powers[k]), latest[k]))
    return names, pairs, order


def _panel(ax: Axes, rows: Any, pairs: list[tuple[str, str]], most: float) -> None:
    height = np.arange(rows.sizes["country"])
    for edge, far in ((most, 1.04), (1 - most, -0.04)):
        # Outside the scale nothing is left to shade.
        if -0.04 < edge < 1.04:
            ax.axvspan(edge, far, color=OTHER, linewidth=0, zorder=0)
            ax.axvline(edge, color=INK, linewidth=0.8, linestyle=(0, (4, 1.5)), zorder=1)
    ax.hlines(height, -0.04, 1.04, color="#CCCCCC", linewidth=0.4, zorder=0.5)
    censored = (rows["trade_censored_a"].values > 0) | (rows["trade_censored_b"].values > 0)
    for k, pair in enumerate(pairs):
        colour, marker = _LOOKS[k % len(_LOOKS)]
        of_pair = (rows["power_a"].values == pair[0]) & (rows["power_b"].values == pair[1])
        for part, face in ((of_pair & ~censored, colour), (of_pair & censored, "white")):
            ax.scatter(
                rows["value_a"].values[part],
                height[part],
                s=16,
                marker=marker,
                facecolors=face,
                edgecolors=colour,
                linewidths=1,
                zorder=3,
            )
    ax.set(xlim=(-0.04, 1.04), ylim=(-0.6, len(height) - 0.4))
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", direction="out", length=2.5)


def _keys(pairs: list[tuple[str, str]], most: float, table: Any) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    spelt = {
        (str(a), str(b)): cases.powers(str(country))
        for a, b, country in zip(
            table["power_a"].values,
            table["power_b"].values,
            table["country"].values,
            strict=True,
        )
    }
    keys: list[Any] = []
    style: dict[str, Any] = {"linestyle": "none", "markersize": 4}
    for k, pair in enumerate(pairs):
        colour, marker = _LOOKS[k % len(_LOOKS)]
        label = "A is {}, B is {}".format(*spelt[pair]).replace("is United", "is the United")
        keys.append(Line2D([], [], marker=marker, color=colour, label=label, **style))
    label = "some trade with A or B is not reported"
    keys.append(
        Line2D([], [], marker="o", color=INK, markerfacecolor="white", label=label, **style)
    )
    formula = r"$\max(v_a, v_b) = \lambda - h + \alpha$"
    label = f"{formula} = {most:.2f}: hedging threshold"
    keys.append(Line2D([], [], color=INK, linewidth=0.8, linestyle=(0, (4, 1.5)), label=label))
    words = "aligning with the closer power pays M more than a quiet hedge"
    keys.append(Patch(facecolor=OTHER, linewidth=0, label=words))
    return keys
