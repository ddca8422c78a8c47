"""Some games of a batch."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError, HedgingTypeError

__all__ = ["read_keys", "take"]


def read_keys(index: Any, dims: Sequence[str]) -> tuple[list[Any], list[str]]:
    """One key per leading batch axis, and the names of the axes that are left.

    A key is an integer, which drops its axis, a slice, or a one-dimensional array of integers
    or booleans.
    """
    keys = list(index) if isinstance(index, tuple) else [index]
    for k, key in enumerate(keys):
        if key is Ellipsis:
            keys[k : k + 1] = [slice(None)] * (len(dims) - len(keys) + 1)
            break
    if len(keys) > len(dims):
        msg = f"{len(keys)} indices for the batch axes {tuple(dims)}; give one per axis"
        raise GameError(msg)
    kept = list(dims)
    for axis in reversed(range(len(keys))):
        if isinstance(keys[axis], numbers.Integral):
            del kept[axis]
        elif not isinstance(keys[axis], slice):
            array = np.asarray(keys[axis])
            if array.ndim != 1 or array.dtype.kind not in "iub":
                msg = (
                    f"index {keys[axis]!r} fits no batch axis; give an integer, a slice or "
                    "a one-dimensional array of integers or booleans"
                )
                raise HedgingTypeError(msg)
            keys[axis] = array
    return keys, kept


def take(array: NDArray[Any], keys: Sequence[Any]) -> NDArray[Any]:
    """Each key applied to its own leading axis."""
    for axis in reversed(range(len(keys))):
        array = array[(slice(None),) * axis + (keys[axis],)]
    return array
