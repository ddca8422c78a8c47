"""From stored two-player games to the exact signs of their determinants, by stages.

The sign kernel settles nearly all games.  What it leaves open goes through

1. the kernel again, where payoffs far from 1 made products underflow or overflow: the game is
   multiplied by powers of two, one for each player, which changes no sign;
2. doubles, where the payoffs are integers (times a power of two) so small that no determinant is
   rounded;
3. double-doubles, whose error is known;
4. integers of any size.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.determinants import SignTable
from hedging.equilibria.signs import payoff_scale
from hedging.equilibria.weights import (
    as_integers,
    integer_values,
    is_finite,
    quotients,
    support_weights,
)
from hedging.program import doubledouble, doubles
from hedging.program.machine import StoredSigns

__all__ = ["Classified", "classify", "exact_determinants", "in_integers"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FAR = 64
"""Powers of two by which payoffs may be off before a game is scaled."""
_CERTAIN = 1.0 - 2.0**-50
_SHARP = 2.0**-50


class Classified(NamedTuple):
    """A chunk of games after the sign kernel.

    Attributes
    ----------
    row, col : float64 arrays, shape (K, m, n)
        Payoffs, those of ``moved`` games multiplied by powers of two.
    codes : unsigned integer array
        Of the kernel; flagged for games that are in ``left`` or ``bad``.
    number : uint8 array, shape (K,)
        Certain candidates.
    moved, left, bad : int64 arrays
        Games that were scaled, that exact signs have to decide, and that are not finite.
    """

    row: Floats
    col: Floats
    codes: NDArray[Any]
    number: NDArray[np.uint8]
    moved: Ints
    left: Ints
    bad: Ints


def classify(kernel: StoredSigns, row: Floats, col: Floats) -> Classified:
    """Run the sign kernel on K games, and once more on those that it pays to scale."""
    found = kernel(row, col)
    codes, number = found.codes, found.counts
    none = np.empty(0, dtype=np.int64)
    if not found.undecided:
        return Classified(row, col, codes, number, none, none, none)
    left = np.flatnonzero(kernel.layout.undecided(codes))
    finite = is_finite(row[left]) & is_finite(col[left])
    bad, left = left[~finite], left[finite]
    number[bad] = 0
    # Out of the reach of underflow and overflow the kernel may see more.
    scaled, far, exact = _scaled(row[left], col[left])
    again = far & exact
    moved = left[again]
    if len(moved):
        row, col = row.copy(), col.copy()
        row[moved], col[moved] = scaled[0][again], scaled[1][again]
        second = kernel(row[moved], col[moved])
        codes[..., moved], number[moved] = second.codes, second.counts
        left = left[kernel.layout.undecided(codes[..., left])]
    return Classified(row, col, codes, number, moved, left, bad)


def _scaled(
    row: Floats, col: Floats
) -> tuple[tuple[Floats, Floats], NDArray[np.bool_], NDArray[np.bool_]]:
    """Payoffs with differences around 1, which of them were far from it, where that is exact."""
    far, exact = np.zeros(len(row), dtype=bool), np.ones(len(row), dtype=bool)
    scaled = []
    with np.errstate(all="ignore"):
        for own, payoffs in ((1, row), (2, col)):
            shift, spread = payoff_scale(payoffs, own)
            here = np.ldexp(payoffs, shift[:, None, None])
            far |= np.abs(shift) > _FAR
            exact &= np.isfinite(spread) & np.isfinite(here).all(axis=(1, 2))
            exact &= (np.ldexp(here, -shift[:, None, None]) == payoffs).all(axis=(1, 2))
            scaled.append(here)
    return (scaled[0], scaled[1]), far, exact


def exact_determinants(
    table: SignTable, row: Floats, col: Floats, *, values: bool = True
) -> tuple[NDArray[np.int8], Floats]:
    """Exact signs of all determinants of K finite games, and the determinants.

    Determinants that are not accurate to some 50 bits are nan; ``values=False`` leaves them out.
    """
    count, cells = len(row), table.m * table.n
    sign = np.empty((len(table.orders), count), dtype=np.int8)
    size = np.full((len(table.orders), count if values else 0), np.nan)
    whole = [as_integers(row, min(table.m - 1, table.n), own=1),
             as_integers(col, min(table.n - 1, table.m), own=2)]  # fmt: skip
    fits = whole[0][1] & whole[1][1]
    here = np.flatnonzero(fits)
    if len(here):
        inputs = [column for p, _ in whole for column in p[here].reshape(-1, cells).T]
        inputs = [np.ascontiguousarray(column) for column in inputs]
        for d, value in enumerate(doubles.evaluate(table.program, inputs)):
            sign[d, here] = np.sign(value)
            if values:
                size[d, here] = value
    here = np.flatnonzero(~fits)
    if len(here):
        settled = _finer(table, row[here], col[here], here, sign, size)
        for k in here[~settled].tolist():
            sign[:, k] = [(v > 0) - (v < 0) for v in integer_values(table, row[k], col[k])]
    return sign, size


def _finer(
    table: SignTable,
    row: Floats,
    col: Floats,
    here: Ints,
    sign: NDArray[np.int8],
    size: Floats,
) -> NDArray[np.bool_]:
    """Enter what double-doubles know into columns ``here``; which of these are then complete."""
    scaled, _, settled = _scaled(row, col)
    cells = table.m * table.n
    inputs = [np.ascontiguousarray(c) for p in scaled for c in p.reshape(len(row), cells).T]
    with np.errstate(all="ignore"):
        found = zip(*doubledouble.evaluate(table.program, inputs), strict=True)
        for d, (hi, lo, error) in enumerate(found):
            strict = np.abs(hi) * _CERTAIN > error
            settled &= strict | ((hi == 0) & (lo == 0) & (error == 0))
            sign[d, here] = np.where(strict, np.sign(hi), 0)
            if size.shape[1]:
                size[d, here] = np.where(error <= _SHARP * np.abs(hi), hi, np.nan)
    if size.shape[1]:
        size[:, here[~settled]] = np.nan
    return settled


def in_integers(
    table: SignTable, row: Floats, col: Floats, game: Ints, bases: tuple[Ints, Ints]
) -> Floats:
    """Probabilities of pairs of vertices of some of the games, each rounded once."""
    found = np.empty((len(game), table.m + table.n))
    known: dict[int, list[int]] = {}
    for e, (g, p, q) in enumerate(zip(game.tolist(), *(b.tolist() for b in bases), strict=True)):
        if g not in known:
            known[g] = integer_values(table, row[g], col[g])
        weights = support_weights(table, p, q, known[g])
        found[e] = [share for w in weights for share in quotients(w, False)]
    return found
