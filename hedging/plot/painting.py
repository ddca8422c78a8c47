"""Painting a map: a fill for every code, and the legend that says what each fill means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hedging.plot.cells import cells
from hedging.plot.hatching import hatched
from hedging.plot.style import FILLS, HATCHES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Entry", "entry", "handles", "look", "paint", "room"]

_SPECK = 0.001
"""Fills with a smaller share of the points cannot be seen; two or more of them are gathered."""

_EDGE = "#777777"


@dataclass(frozen=True)
class Entry:
    """One entry of the legend; several codes if it gathers what is small."""

    codes: tuple[int, ...]
    words: str
    fill: str
    hatch: str
    key: str


def entry(
    codes: tuple[int, ...], words: str, share: str, fill: str, hatch: str = "", key: str = ""
) -> Entry:
    """Make an entry of words and a share, its key in front."""
    # No-break spaces, lest a share or the name of a player be torn from what it belongs to.
    text = re.sub(r"\b([A-Z]) ", "\\1\u00a0", words.replace("$", r"\$"))
    text = f"{key}  {text}" if key else text
    return Entry(codes, text + f" ({share})".replace(" ", "\u00a0"), fill, hatch, key)


def look(rank: int) -> tuple[str, str]:
    """Fill and hatch of the entry of a rank, 0 the largest."""
    return FILLS[rank % len(FILLS)], HATCHES[rank // len(FILLS) % len(HATCHES)]


def room(shares: Sequence[float], most: int) -> int:
    """How many of the entries, the largest first, stand for themselves."""
    large = sum(share >= _SPECK for share in shares)
    if len(shares) > most or len(shares) - large > 1:
        return min(large, most - 1)
    return len(shares)


def paint(ax: Axes, ds: Any, dims: tuple[str, ...], values: Any, entries: list[Entry]) -> None:
    """Fill the cells of a map by the codes ``values`` of its points."""
    from matplotlib.colors import ListedColormap

    x, y, codes = cells(ds, dims, values)
    painted = np.zeros(codes.shape, dtype=np.int64)
    for position, one in enumerate(entries):
        painted[np.isin(codes, one.codes)] = position
    ax.pcolormesh(
        x,
        y,
        painted,
        cmap=ListedColormap([one.fill for one in entries]),
        vmin=-0.5,
        vmax=len(entries) - 0.5,
        shading="flat",
        rasterized=True,
    )
    for position, one in enumerate(entries):
        if one.hatch and (painted == position).any():
            hatched(ax, x, y, painted == position, one.hatch, _EDGE)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))


def handles(entries: list[Entry]) -> list[Any]:
    """Legend handles of the fills."""
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=e.fill, edgecolor=_EDGE, hatch=e.hatch, linewidth=0.5, label=e.words)
        for e in entries
    ]
