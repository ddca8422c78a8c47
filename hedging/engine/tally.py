"""Sweeps without a map: how many points there are of each kind, and no array of points.

A reduced sweep keeps, for every combination of the dimensions that stay, a histogram of
regions and of status.  Its memory is that of the histograms, however many points there are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.design import Design
from hedging.engine.region_table import RegionTable
from hedging.engine.report import Answer, Labels, memory_text
from hedging.engine.runs import histogram
from hedging.errors import HedgingTypeError, ParameterError, Status, UnknownNameError

__all__ = ["Tally", "kept_dims"]


def kept_dims(design: Design, reduce: Any) -> tuple[str, ...]:
    """The dimensions that stay when those named by ``reduce`` are summed over.

    Parameters
    ----------
    design : Design
    reduce : str or sequence of str
        Dimensions, or "all".

    Raises
    ------
    UnknownNameError, HedgingTypeError
        If it names something else, or is no name at all.
    """
    if isinstance(reduce, str):
        names = design.dims if reduce == "all" else (reduce,)
    else:
        try:
            names = tuple(reduce)
        except TypeError:
            msg = f"reduce is {reduce!r}; type 'all' or some of {', '.join(design.dims)}"
            raise HedgingTypeError(msg) from None
    unknown = [name for name in names if name not in design.dims]
    if unknown:
        msg = (
            f"reduce names {unknown[0]!r}, which is no dimension of the sweep; "
            f"type 'all' or some of {', '.join(design.dims)}"
        )
        raise UnknownNameError(msg)
    return tuple(name for name in design.dims if name not in names)


class Tally:
    """Histograms of regions and status over the points of each block that stays.

    Parameters
    ----------
    design : Design
    labels : Labels
    keep : tuple of str
        Dimensions that stay, from :func:`kept_dims`.
    max_bytes : int
        Limit for the histograms.
    """

    def __init__(self, design: Design, labels: Labels, keep: Sequence[str], max_bytes: int) -> None:
        self._design, self._labels, self._max_bytes = design, labels, max_bytes
        self._keep = tuple(keep)
        self._axes = [design.dims.index(name) for name in self._keep]
        self._shape = tuple(design.shape[k] for k in self._axes)
        self._cells = math.prod(self._shape)
        self._check_size(1)
        self._table = RegionTable()
        self._lock = Lock()
        self._points = np.zeros((1, self._cells), dtype=np.int64)
        self._status = np.zeros((len(Status), self._cells), dtype=np.int64)
        self.done: set[int] = set()
        self.points = 0
        self.stages: dict[str, int] = {}
        self.fallback: int | None = None

    def add(self, piece: Answer) -> None:
        """Count an answer; a second time does nothing.  Any thread may call it.

        Raises
        ------
        ParameterError
            If the histograms outgrow ``max_bytes``.
        """
        codes = self._table.codes(piece)
        wide = int(codes.max(initial=0)) + 1
        first, points, status = self._count(piece, codes, wide)
        span = slice(first, first + points.shape[1])
        with self._lock:
            if piece.start in self.done:
                return
            if wide > len(self._points):
                self._check_size(wide)
                more = np.zeros((wide - len(self._points), self._cells), dtype=np.int64)
                self._points = np.concatenate([self._points, more])
            self._points[:wide, span] += points
            self._status[:, span] += status
            for stage, number in piece.stages.items():
                self.stages[stage] = self.stages.get(stage, 0) + number
            if piece.fallback is not None:
                self.fallback = (self.fallback or 0) + piece.fallback
            self.done.add(piece.start)
            self.points += piece.size

    def _check_size(self, regions: int) -> None:
        need = 8 * self._cells * (regions + len(Status))
        if need > self._max_bytes:
            plural = "s" * (regions > 1)
            msg = (
                f"{regions} region{plural} in {self._cells} blocks take {memory_text(need)} where "
                f"{memory_text(self._max_bytes)} may be used; reduce over more dimensions, "
                "or raise max_bytes"
            )
            raise ParameterError(msg)

    def _count(
        self, piece: Answer, codes: NDArray[Any], wide: int
    ) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
        """First block a piece reaches, and its histograms from there on."""
        start, size = piece.start, piece.size
        if self._axes == list(range(len(self._axes))):
            # Blocks of consecutive points; all of them are one block if no dimension stays.
            inner = math.prod(self._design.shape[len(self._axes) :])
            first, last = start // inner, (start + size - 1) // inner
            breaks = np.maximum(np.arange(first, last + 1) * inner - start, 0)
            points = histogram(codes, wide, breaks)
            return first, points, histogram(piece.status, len(Status), breaks)
        places = np.unravel_index(np.arange(start, start + size), self._design.shape)
        kept = tuple(places[k] for k in self._axes)
        cell = np.ravel_multi_index(kept, self._shape)
        first = int(cell.min())
        points = _scattered(cell - first, codes, wide)
        return first, points, _scattered(cell - first, piece.status, len(Status))

    def dataset(self, parameters: Mapping[str, Any], provenance: str) -> Any:
        """The finished Dataset: ``points[..., region]`` and ``status_points[..., flag]``."""
        import xarray as xr

        columns = self._design.columns()
        coords: dict[str, Any] = {}
        for name in self._keep:
            if name in columns:
                parameter = parameters[name]
                attrs = {"long_name": parameter.meaning or name, "units": parameter.unit or "1"}
                coords[name] = ((name,), np.array(columns[name]), attrs)
        _, final = self._table.final()
        counts = np.zeros((len(final), self._cells), dtype=np.int64)
        counts[final[: len(self._points)]] = self._points
        coords["region"] = (
            ("region",),
            np.arange(len(final)),
            self._table.attributes(self._labels.actions),
        )
        coords["flag"] = (("flag",), [s.meaning for s in Status], {"long_name": "status"})
        shape = (*self._shape, -1)
        status = self._status.copy()
        # Points of an interrupted run that nobody has counted.
        status[Status.NOT_RUN] += self._design.size // self._cells - status.sum(axis=0)
        variables = {
            "points": (
                (*self._keep, "region"),
                counts.T.reshape(shape),
                {"long_name": "number of points in the region", "units": "1"},
            ),
            "status_points": (
                (*self._keep, "flag"),
                status.T.reshape(shape),
                {"long_name": "number of points with the status", "units": "1"},
            ),
        }
        attrs = {"hedging": provenance}
        if total := sum(self.stages.values()):
            attrs["stages"] = json.dumps({k: v / total for k, v in self.stages.items()})
        if self.fallback is not None and self.points:
            attrs["fallback"] = self.fallback / self.points
        return xr.Dataset(variables, coords=coords, attrs=attrs)


def _scattered(cell: NDArray[Any], codes: NDArray[Any], wide: int) -> NDArray[np.int64]:
    """How often each code occurs in each cell, shape (wide, cells)."""
    cells = int(cell.max()) + 1
    flat = np.bincount(codes.astype(np.int64) * cells + cell, minlength=wide * cells)
    return flat.reshape(wide, cells)
