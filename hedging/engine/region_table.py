"""The codes of one run: a number for every set of equilibrium supports that occurs in it.

While a run goes on, sets are numbered as they turn up.  When it is over they are put in canonical
order (:mod:`hedging.equilibria.regions_code`), so the codes do not depend on who was first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.report import Answer
from hedging.equilibria.regions_code import flag_meanings, merge, support_label

__all__ = ["RegionTable", "room_for"]


class RegionTable:
    """Provisional codes 1, 2, ... of sets of supports; 0 is no answer.  Any thread may use it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._codes: dict[tuple[int, ...], int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def codes(self, piece: Answer) -> NDArray[Any]:
        """The regions of an answer in the provisional codes of this run."""
        with self._lock:
            codes = [self._codes.setdefault(key, len(self._codes) + 1) for key in piece.regions]
            dtype = np.min_scalar_type(len(self._codes))
        assert piece.region is not None
        if codes == list(range(1, len(codes) + 1)):
            # Numbered by someone who numbers all pieces alike.
            return piece.region.astype(dtype, copy=False)
        result: NDArray[Any] = np.array([0, *codes], dtype=dtype)[piece.region]
        return result

    def final(self) -> tuple[list[tuple[int, ...]], NDArray[Any]]:
        """The sets in canonical order, and the final code of each provisional one."""
        keys, (lookup,) = merge([list(self._codes)])
        return keys, lookup.astype(np.min_scalar_type(len(keys)))

    def attributes(self, actions: Sequence[Sequence[str]]) -> dict[str, Any]:
        """Attributes of a variable of final codes: what each of them means."""
        keys, final = self.final()
        sets = {c: [support_label(m, actions) for m in key] for c, key in enumerate(keys, start=1)}
        return {
            "long_name": "set of equilibrium supports",
            "units": "1",
            "flag_values": np.arange(len(keys) + 1, dtype=final.dtype),
            "flag_meanings": flag_meanings(keys, actions),
            # The same with labels spelt as the model spells them.
            "supports": json.dumps(sets),
        }


def room_for(array: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """The same numbers in a type that holds ``dtype`` too."""
    wider = np.promote_types(array.dtype, dtype)
    return array if wider == array.dtype else array.astype(wider)
