"""What the pictures share: sizes, colours, and how matplotlib is reached.

Figures are drawn at the width of one journal column with text that survives it.  The fills
are Paul Tol's *light* scheme, chosen to be told apart by colour-blind readers and to carry
black text; when it runs out the same colours return with a hatch.  Lines use the Okabe-Ito
palette.

References
----------
Paul Tol, *Colour schemes*, SRON/EPS/TN/09-002, issue 3.2 (2021), section 2.
Masataka Okabe and Kei Ito, *Color universal design* (2008).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hedging.errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLUMN", "FILLS", "HATCHES", "INK", "LINES", "OTHER", "STYLE", "axes", "pyplot", "wrap"]

COLUMN = 3.5
"""Width of one journal column in inches."""

FILLS = (
    "#77AADD",  # light blue
    "#EE8866",  # orange
    "#EEDD88",  # light yellow
    "#44BB99",  # mint
    "#FFAABB",  # pink
    "#99DDFF",  # light cyan
    "#BBCC33",  # pear
    "#AAAA00",  # olive
)
OTHER = "#DDDDDD"
HATCHES = ("", "....", "xxxx", "oooo")
INK = "#222222"
LINES = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")

_HINTED = 0.94
"""Outlines are measured; on screen, hinting makes the same text up to a twentieth wider."""

STYLE: dict[str, Any] = {
    "axes.prop_cycle": f"cycler('color', {list(LINES[1:] + LINES[:1])})",
    "figure.dpi": 150,
    "figure.figsize": (COLUMN, 2.6),
    "lines.linewidth": 1.2,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.titlesize": 8,
    "font.size": 8,
    "hatch.linewidth": 0.4,
    "legend.fontsize": 6,
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.color": INK,
    "ytick.labelsize": 7,
    "ytick.major.width": 0.6,
}
"""Settings of matplotlib for own figures that shall look like ours:
``plt.rcParams.update(hg.plot.STYLE)``, or ``with plt.rc_context(hg.plot.STYLE):`` for one."""


def pyplot() -> Any:
    """Module ``matplotlib.pyplot``, or one line that says how to get it."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        msg = "drawing needs matplotlib, which is not installed; type: pip install 'hedging[plot]'"
        raise MissingDependencyError(msg) from error
    return plt


@contextmanager
def axes(ax: Axes | None, height: float, layout: str | None = None) -> Iterator[Axes]:
    """The axes given, as they are; or those of a new figure, one column wide, in our style.

    Parameters
    ----------
    ax : Axes or None
    height : float
        Height of a new figure in inches.
    layout : str, optional
        Layout engine of a new figure.
    """
    plt = pyplot()
    if ax is not None:
        yield ax
        return
    # The first figure loads the backend, which in a notebook switches on interactive mode;
    # inside rc_context that would be undone on leaving, and no further figure be shown.
    figure = plt.figure(figsize=(COLUMN, height), layout=layout, dpi=150)
    try:
        with plt.rc_context(STYLE):
            yield figure.add_subplot()
    except BaseException:
        plt.close(figure)
        raise


def wrap(text: str, width: float, size: float, indent: str = "") -> str:
    """Break a text into lines no wider than ``width`` points at font size ``size``.

    Widths are measured in the font the text will be set in; only ordinary spaces break.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size)

    def wide(line: str) -> float:
        is_math = line.count("$") > 1 and line.count("$") % 2 == 0
        return float(text_to_path.get_text_width_height_descent(line, font, ismath=is_math)[0])

    width *= _HINTED
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line.strip() and wide(longer) > width:
            lines.append(line)
            longer = indent + word
        line = longer
    return "\n".join([*lines, line])
