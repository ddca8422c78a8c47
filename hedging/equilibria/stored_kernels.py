"""The kernels that stored two-player games are solved with, one set per shape.

Three of them: signs, equilibria from signs, and a test for weights that cancellation may have
spoiled.

When is a weight spoiled?
-------------------------
A weight is a determinant D of order k, computed as a sum of k! signed products of k differences
of payoffs.  Let P be the sum of the absolute values of these products.  A difference has one
rounding, and each product picks up at most ``r = (k^2 + k - 2) / 2`` more, so

    |computed D - D| <= 1.01 (r + k) u P,        u = 2^-53.

The error of a probability ``w_i / sum(w)`` is at most the sum of the bounds of all weights plus
that of the sum, over the sum: twice the sum of the P, times ``1.01 (r + k) u / |sum(w)|``, and a
few roundings.  Where that exceeds 2^-39, and where a sum of probabilities is not 1 because of
underflow or overflow, a weight counts as spoiled.  Weights of order 1 have one rounding.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.determinants import LARGEST, SignTable, program_size, sign_table
from hedging.equilibria.signs import tolerance_factor
from hedging.program.doubles import UNIT_ROUNDOFF
from hedging.program.graph import Builder, Program
from hedging.program.logic import Group
from hedging.program.machine import (
    Scale,
    StoredSigns,
    StoredValues,
    stored_signs,
    stored_values,
)
from hedging.program.machine_expand import Expand, Solution, expand

__all__ = ["Kernels", "kernels", "sign_kernel", "solutions", "suits", "support_masks"]

_MOST_DETERMINANTS = 500
_WORTH = ((60, 1 << 11), (104, 1 << 14), (_MOST_DETERMINANTS, 1 << 17))
"""Up to so many determinants, batches of so many games are worth making or loading kernels."""
_ACCURACY = 2.0**-39


def suits(m: int, n: int, games: int | None = None) -> bool:
    """Whether m x n games can be solved here, and whether that pays for so many games.

    Examples
    --------
    >>> suits(3, 3), suits(3, 3, 10), suits(3, 3, 10_000), suits(9, 9)
    (True, False, True, False)
    """
    if min(m, n) > LARGEST or program_size(m, n) > _MOST_DETERMINANTS or max(m, n) > 12:
        return False
    if games is None:
        return True
    return games >= next(least for most, least in _WORTH if program_size(m, n) <= most)


class Kernels(NamedTuple):
    """What games of one shape are solved with.

    Attributes
    ----------
    rough : StoredValues or None
        Per candidate of size 3 and more: whether its weights may be spoiled.
    rough_slot : int64 array, shape (P,)
        Which output of ``rough`` a candidate has; -1 for none.
    masks : uint64 array, shape (P,)
        Support of each candidate.
    """

    table: SignTable
    signs: StoredSigns
    expand: Expand
    rough: StoredValues | None
    rough_slot: NDArray[np.int64]
    masks: NDArray[np.uint64]


@lru_cache(maxsize=32)
def kernels(m: int, n: int) -> Kernels:
    """The kernels for m x n games, made or loaded once per process."""
    table = sign_table(m, n)
    split = (m * n, m * n)
    signs = sign_kernel(m, n)
    large = np.array([len(rows) > 2 for rows, _ in table.supports])
    rough = stored_values(_roughness(table), split) if large.any() else None
    return Kernels(
        table,
        signs,
        expand(table.program, solutions(table), (m, n), signs.layout),
        rough,
        np.where(large, np.cumsum(large) - 1, -1),
        np.array(support_masks(m, n), dtype=np.uint64),
    )


@lru_cache(maxsize=32)
def sign_kernel(m: int, n: int) -> StoredSigns:
    """The sign kernel alone, with the tolerances of :mod:`hedging.equilibria.signs`."""
    table = sign_table(m, n)
    scales = []
    for player, (own, other) in enumerate(((m, n), (n, m))):
        mine = [d for d, owner in enumerate(table.owners) if owner == player]
        bounds = tuple((d, table.orders[d], float(tolerance_factor(table.orders[d]))) for d in mine)
        # The first determinants are the differences to the player's first action; the sum of
        # their sizes is no less than any difference within a column.
        scales.append(Scale(tuple(mine[: (own - 1) * other]), bounds))
    return stored_signs(table.program, table.logic, tuple(scales), (m * n, m * n))


def solutions(table: SignTable) -> tuple[Solution, ...]:
    """What each candidate of a sign table means.

    Examples
    --------
    >>> solutions(sign_table(2, 2))[-1]
    Solution(row=((0, -1, 3), (1, 1, 2)), column=((0, -1, 1), (1, 1, 0)), orientation=-1)
    """
    found = []
    for (rows, columns), groups in zip(table.supports, table.candidates, strict=True):
        # A player's group starts with the weights of the opponent's actions.
        row = tuple((i, s, d) for i, (s, d) in zip(rows, groups[1], strict=False))
        column = tuple((j, s, d) for j, (s, d) in zip(columns, groups[0], strict=False))
        found.append(Solution(row, column, (-1) ** (len(rows) + 1)))
    return tuple(found)


def _roughness(table: SignTable) -> Program:
    """For each candidate of size 3 and more, whether cancellation may have spoiled its weights."""
    builder = Builder(table.program.inputs)
    values = builder.append(table.program)
    m, n = table.m, table.n
    cells = {(i, j): builder.input(table.program.inputs[i * n + j])
             for i in range(m) for j in range(n)}  # fmt: skip
    turned = {(j, i): builder.input(table.program.inputs[m * n + i * n + j])
              for i in range(m) for j in range(n)}  # fmt: skip
    sizes: dict[tuple[int, tuple[int, ...], tuple[int, ...]], int] = {}

    def size(player: int, rows: tuple[int, ...], columns: tuple[int, ...]) -> int:
        """Sum of the absolute values of the products that make up D[rows, columns]."""
        key = (player, rows, columns)
        if key not in sizes:
            payoff = turned if player else cells
            total: int | None = None
            for i in range(1, len(rows)):
                step = builder.sub(payoff[rows[i], columns[-1]], payoff[rows[0], columns[-1]])
                term = builder.apply("abs", step)
                if len(columns) > 1:
                    rest = size(player, rows[:i] + rows[i + 1 :], columns[:-1])
                    term = builder.mul(term, rest)
                total = term if total is None else builder.add(total, term)
            assert total is not None
            sizes[key] = total
        return sizes[key]

    def is_rough(player: int, own: tuple[int, ...], other: tuple[int, ...], group: Group) -> int:
        order = len(own) - 1
        total, bound = builder.constant(0), builder.constant(0)
        for j, (sign, d) in zip(other, group, strict=False):
            assert d is not None
            total = (builder.add if sign > 0 else builder.sub)(total, values[d])
            rest = tuple(c for c in other if c != j)
            bound = builder.add(bound, size(player, own, rest))
        roundings = (order * order + order - 2) / 2 + order
        factor = builder.constant(2.1 * roundings * UNIT_ROUNDOFF / _ACCURACY)
        return builder.apply("less", builder.apply("abs", total), builder.mul(factor, bound))

    outputs = []
    for (rows, columns), (row_group, column_group) in zip(
        table.supports, table.candidates, strict=True
    ):
        if len(rows) > 2:
            by_row = is_rough(0, rows, columns, row_group)
            by_column = is_rough(1, columns, rows, column_group)
            outputs.append(builder.apply("or", by_row, by_column))
    return builder.program(outputs)


@lru_cache(maxsize=32)
def support_masks(m: int, n: int) -> tuple[int, ...]:
    """Support of each candidate, as a mask of choices.

    Examples
    --------
    >>> [format(mask, "04b") for mask in support_masks(2, 2)]
    ['0101', '1001', '0110', '1010', '1111']
    """
    return tuple(
        sum(1 << i for i in a) | sum(1 << (m + j) for j in b) for a, b in sign_table(m, n).supports
    )
