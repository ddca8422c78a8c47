"""Families of games whose equilibria are decided by signs, all seen in the same way.

Two kinds of model have a *sign system*: two players (:mod:`hedging.equilibria.determinants`), and
a middle power between two powers with linear supports
(:mod:`hedging.equilibria.linear_signs`).  Either way there is a program from parameters to
numbers, a logic that reads the equilibria off their signs, and a way to settle a point from its
exact signs when floating point could not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.determinants import LARGEST, program_size
from hedging.equilibria.extreme_batch import extreme_pairs
from hedging.equilibria.linear_signs import LinearTable, dependent_rows, linear_table
from hedging.equilibria.parametric import parametric_signs, vanishing_outputs
from hedging.program.graph import Builder, Program
from hedging.program.logic import SignLogic, read_logic

__all__ = ["LinearPlayers", "Settled", "SignSystem", "linear_players", "sign_system"]

_MOST_DETERMINANTS = 500
"""Beyond, compiling takes longer than most sweeps."""

_MOST_ROWS = 4


class Settled(NamedTuple):
    """Equilibria of K games read off their exact signs.

    Attributes
    ----------
    game : int64 array, shape (E,)
    support : uint64 array, shape (E,)
    regular : bool array, shape (E,)
    unsure : bool array, shape (K,)
        Degenerate in a way that signs do not settle; nothing is listed for these games.
    """

    game: NDArray[np.int64]
    support: NDArray[np.uint64]
    regular: NDArray[np.bool_]
    unsure: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SignSystem:
    """What a compiled sweep needs to know of a model.

    Attributes
    ----------
    program : Program
        From the parameters to the numbers whose signs matter; those that vanish identically are
        the constant 0.
    payoffs : Program
        From the parameters to the payoffs.
    logic : SignLogic
    masks : tuple of int
        Support of each candidate, a bit per choice.
    zeros : frozenset of int
        Outputs that vanish identically.
    settle : callable
        From exact signs, int8 of shape (D, K), to :class:`Settled`.
    """

    program: Program
    payoffs: Program
    logic: SignLogic
    masks: tuple[int, ...]
    zeros: frozenset[int]
    settle: Callable[[NDArray[np.int8]], Settled]


class LinearPlayers(NamedTuple):
    """A model with linear supports, its players in the order the table wants.

    Attributes
    ----------
    table : LinearTable
    order : tuple of int
        ``order[0]`` is the player who is M, then the two powers.
    payoffs : Program
        From the parameters to the payoffs in that order.
    """

    table: LinearTable
    order: tuple[int, ...]
    payoffs: Program


def _really_unsure(
    table: LinearTable, up: NDArray[np.bool_], down: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Games with a candidate that is possible, not certain, and not struck out by a contest."""
    unsure = np.zeros(up.shape[1], dtype=np.bool_)
    for candidate, contests in zip(table.logic.candidates, table.contests, strict=True):
        alone = SignLogic(table.logic.n_signs, (candidate,))
        _, possible = read_logic(alone, up, down)
        for group in contests:
            won, lost = np.ones_like(possible), np.ones_like(possible)
            for sign, d in group:
                assert d is not None
                won &= up[d] if sign > 0 else down[d]
                lost &= down[d] if sign > 0 else up[d]
            possible &= ~(won | lost)
        unsure |= possible
    return unsure


@lru_cache(maxsize=32)
def linear_players(payoffs: Program, shape: tuple[int, ...]) -> LinearPlayers | None:
    """The linear supports of a three-player model, if its formulas have them.

    Parameters
    ----------
    payoffs : Program
        From the parameters to the payoffs, flattened from shape (3, m_1, m_2, m_3).
    shape : tuple of int

    Returns
    -------
    LinearPlayers or None
        None unless some player's payoffs are additive in the other two, who have two actions
        each and whose gains depend on each other at one row or at none: proved from the
        formulas, not measured.
    """
    if len(shape) != 3:
        return None
    for first in range(3):
        others = [k for k in range(3) if k != first]
        m = shape[first]
        if any(shape[k] != 2 for k in others) or not 2 <= m <= _MOST_ROWS:
            continue
        order = (first, *others)
        ordered = _reordered(payoffs, shape, order)
        program, kinds = dependent_rows(m)
        zeros = vanishing_outputs(program.compose(ordered))
        moving = [(k % m, kind) for k, kind in enumerate(kinds) if k not in zeros]
        if any(kind == "additive" for _, kind in moving):
            continue
        of_a = {row for row, kind in moving if kind == "a"}
        of_b = {row for row, kind in moving if kind == "b"}
        if of_a == of_b and len(of_a) <= 1:
            return LinearPlayers(linear_table(m, next(iter(of_a), None)), order, ordered)
    return None


def _reordered(payoffs: Program, shape: tuple[int, ...], order: tuple[int, ...]) -> Program:
    """The same payoffs with the players in another order."""
    places = np.arange(3 * prod(shape)).reshape(3, *shape)
    axes = (0, *(1 + k for k in order))
    wanted = places[list(order)].transpose(axes).ravel().tolist()
    builder = Builder(payoffs.inputs)
    values = builder.append(payoffs)
    return builder.program([values[k] for k in wanted])


def _original_mask(mask: int, shape: tuple[int, ...], order: tuple[int, ...]) -> int:
    """A support in the players' own order."""
    starts = np.concatenate([[0], np.cumsum(shape)])
    result, at = 0, 0
    for k in order:
        own = mask >> at & ((1 << shape[k]) - 1)
        result |= own << int(starts[k])
        at += shape[k]
    return result


@lru_cache(maxsize=32)
def sign_system(payoffs: Program, shape: tuple[int, ...]) -> SignSystem | None:
    """The sign system of a model, or None if it has none that is small enough.

    Parameters
    ----------
    payoffs : Program
        From the parameters to the payoffs, flattened from shape (n, m_1, ..., m_n).
    shape : tuple of int
    """
    if len(shape) == 2:
        small = 1 < min(shape) <= LARGEST and program_size(*shape) <= _MOST_DETERMINANTS
        return _of_two(payoffs, shape) if small else None
    found = linear_players(payoffs, shape)
    return None if found is None else _of_linear(found, shape)


def _of_two(payoffs: Program, shape: tuple[int, ...]) -> SignSystem:
    m, n = shape
    signs = parametric_signs(payoffs, m, n)
    masks = tuple(
        sum(1 << i for i in rows) | sum(1 << (m + j) for j in columns)
        for rows, columns in signs.table.supports
    )

    def settle(sign: NDArray[np.int8]) -> Settled:
        found = extreme_pairs(m, n, sign)
        unsure = np.zeros(sign.shape[1], dtype=np.bool_)
        return Settled(found.game, found.support, found.regular, unsure)

    return SignSystem(signs.program, payoffs, signs.table.logic, masks, signs.zeros, settle)


def _of_linear(found: LinearPlayers, shape: tuple[int, ...]) -> SignSystem:
    table = found.table
    composed = table.program.compose(found.payoffs)
    zeros = vanishing_outputs(composed)
    builder = Builder(composed.inputs)
    values = builder.append(composed)
    program = builder.program(
        [builder.constant(0) if d in zeros else v for d, v in enumerate(values)]
    )
    masks = tuple(_original_mask(mask, shape, found.order) for mask in table.supports)
    bits = np.array(masks, dtype=np.uint64)

    def settle(sign: NDArray[np.int8]) -> Settled:
        up, down = sign > 0, sign < 0
        certain, unsure = read_logic(table.logic, up, down)
        some = np.flatnonzero(unsure)
        if len(some):
            unsure[some] = _really_unsure(table, up[:, some], down[:, some])
        candidate, game = np.nonzero(certain & ~unsure)
        regular = np.ones(len(game), dtype=np.bool_)
        return Settled(game.astype(np.int64), bits[candidate], regular, unsure)

    return SignSystem(program, found.payoffs, table.logic, masks, zeros, settle)
