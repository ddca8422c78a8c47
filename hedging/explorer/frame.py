"""One picture of the live map: a colour for every point, and what the colours mean.

A region keeps its colour for as long as the explorer lives, so that a colour that spreads
while a slider moves is one region growing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.summary import regions
from hedging.errors import Status
from hedging.explorer.view import ALL, View
from hedging.plot.style import FILLS, OTHER
from hedging.words import in_words, region_in_words

__all__ = ["Entry", "Frame", "Palette", "answers", "read"]

_SHADES = ((1.0, 0.0), (0.62, 0.0), (1.0, 0.55), (0.4, 0.0))
"""Once all colours are taken they return darker, then paler (the share of white), then darkest."""

_DOT = 0.62
"""Shade of every second pixel where the answer carries a warning."""


@dataclass(frozen=True)
class Entry:
    """One colour: its region in words and the share of the map it covers."""

    colour: str
    words: str
    share: float


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes
    ----------
    pixels : uint8 array, shape (points_y, points_x, 3)
    entries : list of Entry
        The largest first.
    warned : float
        Share of the points whose list of equilibria carries a warning; these are dotted.
    """

    pixels: NDArray[np.uint8]
    entries: list[Entry]
    warned: float


class Palette:
    """Hands out colours, one per region, for good."""

    def __init__(self) -> None:
        self._given: dict[Any, str] = {}

    def colour(self, region: Any) -> str:
        """Colour of a region, new or known."""
        if region not in self._given:
            number = len(self._given)
            shade, white = _SHADES[number // len(FILLS) % len(_SHADES)]
            channels = (1 - white) * shade * _rgb(FILLS[number % len(FILLS)]) + 255 * white
            self._given[region] = "#" + "".join(f"{int(c):02X}" for c in channels)
        return self._given[region]


def _rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], dtype=np.float64)


def read(view: View, ds: Any, palette: Palette) -> Frame:
    """Turn a sweep into a picture."""
    codes, meaning = _coded(view, ds)
    number, counts = np.unique(codes, return_counts=True)
    table = np.zeros((int(codes.max(initial=0)) + 1, 3), dtype=np.uint8)
    entries = []
    for code in number[np.argsort(-counts, kind="stable")].tolist():
        key, words = meaning[code]
        colour = OTHER if key is None else palette.colour(key)
        table[code] = _rgb(colour)
        share = float(counts[np.searchsorted(number, code)] / codes.size)
        entries.append(Entry(colour, words, share))
    pixels = table[codes.T]
    warned = np.asarray(ds["status"].values != Status.OK).T
    row, column = np.ogrid[: warned.shape[0], : warned.shape[1]]
    dots = warned & ((row + column) % 2 == 0)
    pixels[dots] = (pixels[dots] * _DOT).astype(np.uint8)
    return Frame(pixels, entries, float(warned.mean()))


def answers(view: View, ds: Any) -> list[str]:
    """The answer at every point of a sweep along one line, in words."""
    codes, meaning = _coded(view, ds)
    return [meaning[code][1] for code in codes.tolist()]


def _coded(view: View, ds: Any) -> tuple[NDArray[Any], dict[int, tuple[Any, str]]]:
    """A code for every point; for each code what identifies the answer, and its words."""
    return _by_region(view, ds) if view.rule == ALL else _by_selection(view, ds)


def _by_region(view: View, ds: Any) -> tuple[NDArray[Any], dict[int, tuple[Any, str]]]:
    model = view.model
    meaning: dict[int, tuple[Any, str]] = {}
    rows = regions(ds)
    for code, supports in zip(rows["code"], rows["equilibria"], strict=True):
        if supports is None:
            meaning[int(code)] = (None, "no answer")
        else:
            words = region_in_words(supports, model.players, model.actions)
            meaning[int(code)] = (tuple(supports), words)
    return ds["region"].values, meaning


def _by_selection(view: View, ds: Any) -> tuple[NDArray[Any], dict[int, tuple[Any, str]]]:
    model = view.model
    chosen = ds["selected"]
    if "rule" in chosen.dims:
        chosen = chosen.isel(rule=0)
    labels, codes = np.unique(chosen.values.astype(str), return_inverse=True)
    meaning: dict[int, tuple[Any, str]] = {}
    for code, label in enumerate(labels.tolist()):
        if label:
            # The colour of the region in which this is the only equilibrium.
            meaning[code] = ((label,), in_words(label, model.players, model.actions))
        else:
            meaning[code] = (None, "the rule does not decide")
    return codes.reshape(chosen.shape), meaning
