"""One number per set of equilibrium supports: the codes of region maps.

Two games get the same code exactly if their equilibria have the same supports.  Code 0 is kept for
games without an answer; the codes 1, 2, ... are the places in a *table* of support sets in
canonical order:

* a support comes before another if it has fewer choices, or as many and, where they first differ,
  the earlier choice;
* a set is the sorted tuple of its different supports; smaller sets come first, then sets are
  compared support by support.

The order depends on the sets alone, so codes do not depend on how a batch was cut: tables
of parts are merged into one and the parts' codes looked up in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.result import Equilibria
from hedging.errors import Status

__all__ = ["Regions", "encode", "flag_meanings", "merge", "support_label", "support_order"]

Regions = list[tuple[int, ...]]
"""Support sets in canonical order; code c stands for entry c - 1."""


@lru_cache(maxsize=1 << 16)
def support_order(mask: int) -> tuple[int, tuple[int, ...]]:
    """Sort key of a support given as a mask of choices.

    Examples
    --------
    >>> sorted([0b1010, 0b0111, 0b0101, 0b1001], key=support_order) == [5, 9, 10, 7]
    True
    """
    return mask.bit_count(), tuple(c for c in range(mask.bit_length()) if mask >> c & 1)


def support_label(mask: int, actions: Sequence[Sequence[str]]) -> str:
    """A support in words: players joined by ``|``, actions of one player by ``+``.

    Examples
    --------
    >>> support_label(0b01110, [["align_a", "hedge", "align_b"], ["accommodate", "pressure"]])
    'hedge+align_b|accommodate'
    """
    words, start = [], 0
    for own in actions:
        words.append("+".join(a for k, a in enumerate(own) if mask >> (start + k) & 1))
        start += len(own)
    return "|".join(words)


def flag_meanings(table: Regions, actions: Sequence[Sequence[str]]) -> str:
    """The CF attribute for codes 0, 1, ...: one word each, supports joined by ``&``.

    Code 0 is ``no_answer`` and the empty set ``none_found``; spaces in labels become underscores.

    Examples
    --------
    >>> flag_meanings([(), (0b01, 0b10)], [["go on", "stop"]])
    'no_answer none_found go_on&stop'
    """
    sets = ["&".join(support_label(m, actions) for m in masks) or "none_found" for masks in table]
    return " ".join("_".join(word.split()) for word in ["no_answer", *sets])


def _set_order(masks: tuple[int, ...]) -> tuple[int, list[tuple[int, tuple[int, ...]]]]:
    return len(masks), [support_order(mask) for mask in masks]


def encode(found: Equilibria) -> tuple[NDArray[np.uint32], Regions]:
    """Code of every game, and what the codes mean.

    Parameters
    ----------
    found : Equilibria
        Of N games.

    Returns
    -------
    codes : uint32 array, shape (N,)
        0 for games whose payoffs are not finite, that were not run, or that have no answer
        because a method did not converge.  A game in which nothing was found, although something
        may exist, has a code, that of the empty set.
    table : list of tuple of int
        Code c means the supports ``table[c - 1]``, masks with choice k in bit k.

    Notes
    -----
    One sort of the batch; Python touches each *different* row of supports once.

    Examples
    --------
    >>> from hedging.equilibria.dispatch import solve
    >>> dilemma = [[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]]
    >>> pennies = [[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]]
    >>> codes, table = encode(solve(np.array([pennies, dilemma, pennies])))
    >>> codes.tolist(), table == [(0b1010,), (0b1111,)]
    ([2, 1, 2], True)
    """
    count = found.count
    silent = np.isin(found.status, [Status.NONFINITE, Status.NOT_RUN])
    silent |= (found.status == Status.NO_CONVERGENCE) & (count == 0)
    supports, place = np.unique(found.support, return_inverse=True)
    # Fold a game's supports into one small number, one position at a time.
    code = np.zeros(len(count), dtype=np.int64)
    representative: NDArray[np.int64] = np.arange(len(count))
    for position in range(int(count.max(initial=0))):
        here = np.flatnonzero(count > position)
        step = np.zeros(len(count), dtype=np.int64)
        step[here] = place.reshape(-1)[found.offsets[here] + position] + 1
        code = code * (len(supports) + 1) + step
        _, code = np.unique(code, return_inverse=True)
        code = code.reshape(-1)
    code = np.where(silent, -1, code)
    values, representative, inverse = np.unique(code, return_index=True, return_inverse=True)
    sets: list[tuple[int, ...] | None] = []
    for value, game in zip(values.tolist(), representative.tolist(), strict=True):
        masks = set(found.support[found.offsets[game] : found.offsets[game + 1]].tolist())
        sets.append(None if value < 0 else tuple(sorted(masks, key=support_order)))
    table = sorted({s for s in sets if s is not None}, key=_set_order)
    number = {s: c for c, s in enumerate(table, start=1)}
    lookup = np.array([0 if s is None else number[s] for s in sets], dtype=np.uint32)
    return lookup[inverse.reshape(-1)], table


def merge(tables: Sequence[Regions]) -> tuple[Regions, list[NDArray[np.uint32]]]:
    """One table for several, and how to translate their codes.

    Parameters
    ----------
    tables : sequence of tables from :func:`encode`

    Returns
    -------
    table : list of tuple of int
        The union in canonical order.
    lookups : list of uint32 arrays
        ``lookups[k][codes]`` translates codes of ``tables[k]``; 0 stays 0.

    Examples
    --------
    >>> table, lookups = merge([[(0b0101,)], [(0b1001,), (0b1111,)], [(0b0101,), (0b1111,)]])
    >>> table == [(0b0101,), (0b1001,), (0b1111,)], [x.tolist() for x in lookups]
    (True, [[0, 1], [0, 2, 3], [0, 1, 3]])
    """
    table = sorted({s for part in tables for s in part}, key=_set_order)
    number = {s: c for c, s in enumerate(table, start=1)}
    return table, [np.array([0, *(number[s] for s in part)], dtype=np.uint32) for part in tables]
