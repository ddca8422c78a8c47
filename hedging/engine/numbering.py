"""Numbers for the sets of supports a compiled sweep meets.

A kernel answers each point with a code, a bit per candidate; exact signs answer with a list of
supports.  Both are turned into the number of the set of supports they mean, in order of appearance
in the whole sweep, so that all its tasks speak of the same set by the same number.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.runs import run_starts
from hedging.equilibria.regions_code import Regions, support_order
from hedging.program.machine import CodeLayout

__all__ = ["Numbering"]

_LUT_BITS = 20
"""Codes of at most so many candidates are looked up in a table."""


class Numbering:
    """Numbers for support sets and for the codes that mean them, in order of appearance.

    One numbering serves all threads of a sweep, so that equal numbers mean equal sets.

    Parameters
    ----------
    masks : list of int
        Support of each candidate, choice c in bit c.
    layout : CodeLayout
        Of the kernel's codes.

    Attributes
    ----------
    regions : list of tuple of int
        Number k means the set ``regions[k - 1]``.  Only ever grows.
    """

    def __init__(self, masks: list[int], layout: CodeLayout) -> None:
        self._masks = masks
        self._layout = layout
        self._lock = Lock()
        self._of_code: dict[int, int] = {}
        self._of_set: dict[tuple[int, ...], int] = {}
        self.regions: Regions = []
        small = len(masks) <= _LUT_BITS and layout.words == 1
        self._table = np.zeros(1 << len(masks), dtype=np.uint16) if small else None
        self._clear = (1 << len(masks)) - 1

    def of_set(self, masks: tuple[int, ...]) -> int:
        """Number of a set of supports in canonical order."""
        with self._lock:
            number = self._of_set.get(masks)
            if number is None:
                self.regions.append(masks)
                number = self._of_set[masks] = len(self.regions)
        return number

    def _of(self, code: int) -> int:
        number = self._of_code.get(code)
        if number is None:
            held = {mask for c, mask in enumerate(self._masks) if code >> c & 1}
            number = self._of_code[code] = self.of_set(tuple(sorted(held, key=support_order)))
        return number

    def __call__(self, codes: NDArray[Any], flagged: bool) -> NDArray[Any]:
        """Number of the set of each point; 0 where the code is ``flagged`` as not final.

        Parameters
        ----------
        codes : unsigned integer array, shape ``layout.shape(N)``
        flagged : bool
            Whether any point is.
        """
        starts = run_starts(codes)
        size = codes.shape[-1]
        if 4 * len(starts) > size:
            return self._each(codes, flagged)
        numbers = self._each(np.ascontiguousarray(codes[..., starts]), flagged)
        return np.repeat(numbers, np.diff(np.append(starts, size)))

    def _each(self, codes: NDArray[Any], flagged: bool) -> NDArray[Any]:
        numbers = self._look_up(codes)
        if flagged:
            open_points = self._layout.undecided(codes) | self._layout.degenerate(codes)
            numbers = np.where(open_points, numbers.dtype.type(0), numbers)
        return numbers

    def _look_up(self, codes: NDArray[Any]) -> NDArray[Any]:
        numbers: NDArray[Any]
        if self._table is None:
            return self._sorted_look_up(codes)
        place = codes & codes.dtype.type(self._clear)
        numbers = self._table[place]
        if not numbers.all():
            fresh = np.unique(codes[numbers == 0])
            final = fresh[~(self._layout.undecided(fresh) | self._layout.degenerate(fresh))]
            numbers = self._enter(final.tolist())[place]
        return numbers

    def _enter(self, codes: list[int]) -> NDArray[Any]:
        """The table, once it has the numbers of some codes."""
        entries = [(code, self._of(code)) for code in codes]
        largest = max((number for _, number in entries), default=0)
        with self._lock:
            table = self._table
            assert table is not None
            if largest > np.iinfo(table.dtype).max:
                # Seldom: integer games without structure.  Small numbers stay longer in cache.
                table = self._table = table.astype(np.uint32)
            for code, number in entries:
                table[code] = number
        return table

    def _sorted_look_up(self, codes: NDArray[Any]) -> NDArray[Any]:
        """The same for codes too wide for a table."""
        rows = codes[None] if codes.ndim == 1 else codes
        if len(rows) == 1:
            heads, place = np.unique(rows[0], return_inverse=True)
            heads = heads[:, None]
        else:
            heads, place = np.unique(rows.T, axis=0, return_inverse=True)
        width = 8 * codes.dtype.itemsize
        columns = np.ascontiguousarray(heads.T)
        whole = columns if len(columns) > 1 else columns[0]
        final = ~(self._layout.undecided(whole) | self._layout.degenerate(whole))
        numbers = np.zeros(len(heads), dtype=np.uint32)
        for k in np.flatnonzero(final).tolist():
            numbers[k] = self._of(sum(int(w) << (width * i) for i, w in enumerate(heads[k])))
        return numbers[place.reshape(-1)]

    def of_supports(
        self, game: NDArray[np.int64], support: NDArray[np.uint64], games: int
    ) -> NDArray[np.uint32]:
        """Number of the set of supports of each game, from a list of (game, support)."""
        different, place = np.unique(support, return_inverse=True)
        # One bit per support that occurs here, in words of 62 bits.
        words = -(-max(1, len(different)) // 62)
        held = np.zeros((games, words), dtype=np.int64)
        place = place.reshape(-1)
        np.bitwise_or.at(held, (game, place // 62), np.int64(1) << (place % 62))
        rows, inverse = np.unique(held, axis=0, return_inverse=True)
        masks = different.tolist()
        numbers = []
        for row in rows.tolist():
            own = [mask for k, mask in enumerate(masks) if row[k // 62] >> (k % 62) & 1]
            numbers.append(self.of_set(tuple(sorted(own, key=support_order))))
        return np.array(numbers, dtype=np.uint32)[inverse.reshape(-1)]
