r"""Nash reversion as a straight-line program over the payoffs.

The threshold :math:`h_i/(d_i - n_i)` is built of comparisons, differences and one division per
player and profile, so a sweep can compile it together with the payoff formulas, an interval
arithmetic can certify it and rationals can state it exactly.

A program has no infinity that all arithmetics share; *never* is therefore :data:`NEVER`, a number
no discount factor reaches, and :func:`read_never` turns it into inf.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import product
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError
from hedging.program.graph import Builder, Program

__all__ = ["NEVER", "nash_reversion_program", "read_never"]

NEVER = 2
"""Output where no patience suffices; every other output is at most 1."""


def nash_reversion_program(
    shape: Sequence[int], profile: Sequence[int] | None = None, *, mixed: bool = False
) -> Program:
    """Program from payoffs to the critical discount factors of Nash reversion.

    Parameters
    ----------
    shape : sequence of n int
        Action counts.
    profile : sequence of n int, optional
        Target profile; by default all of them, in C order.
    mixed : bool
        Count the completely mixed stage equilibrium of a 2x2 game among the punishments.

    Returns
    -------
    Program
        Inputs ``u[i][a_1,...,a_n]``: payoffs flattened in C order of an array
        (n, m_1, ..., m_n).  Outputs: for every target profile the n thresholds of the
        players; the largest is the critical one.

    Raises
    ------
    GameError
        If the profile is none of the game, or ``mixed`` is asked for another shape than 2x2.

    Notes
    -----
    The worst stage equilibrium of a player is found by one fold: a profile that is no
    equilibrium counts as the player's best payoff, which as a punishment deters nothing.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from hedging.program import rationals
    >>> program = nash_reversion_program((2, 2), (0, 0))
    >>> rationals.evaluate(program, [2, -1, 3, 0, 2, 3, -1, 0])
    [Fraction(1, 3), Fraction(1, 3)]
    """
    n, places = len(shape), list(product(*map(range, shape)))
    if profile is not None and tuple(profile) not in places:
        msg = f"profile {tuple(profile)} is none of a game of shape {tuple(shape)}"
        raise GameError(msg)
    if mixed and tuple(shape) != (2, 2):
        msg = f"mixed stage equilibria as a program exist for 2x2 games, not {tuple(shape)}"
        raise GameError(msg)
    names = [f"u[{i}][{','.join(map(str, a))}]" for i in range(n) for a in places]
    b = Builder(names)
    size = prod(shape)
    u = [{a: b.input(names[i * size + k]) for k, a in enumerate(places)} for i in range(n)]
    d = [_deviations(b, u[i], i, shape) for i in range(n)]
    stable = {
        a: reduce(
            lambda x, y: b.apply("and", x, y),
            [b.apply("less_equal", d[i][a], u[i][a]) for i in range(n)],
        )
        for a in places
    }
    outputs = []
    worst = []
    for i in range(n):
        top = reduce(lambda x, y: b.apply("max", x, y), u[i].values())
        candidates = [b.apply("select", stable[a], u[i][a], top) for a in places]
        if mixed:
            candidates.append(_interior(b, u, i, top))
        worst.append(reduce(lambda x, y: b.apply("min", x, y), candidates))
    zero, never = b.constant(0), b.constant(NEVER)
    for a in places if profile is None else [tuple(profile)]:
        for i in range(n):
            ratio = b.div(b.sub(d[i][a], u[i][a]), b.sub(d[i][a], worst[i]))
            deterred = b.apply("less", worst[i], u[i][a])
            needless = b.apply("less_equal", d[i][a], u[i][a])
            value = b.apply("select", deterred, ratio, never)
            outputs.append(b.apply("select", needless, zero, value))
    return b.program(outputs)


def _deviations(
    b: Builder, own: dict[tuple[int, ...], int], i: int, shape: Sequence[int]
) -> dict[tuple[int, ...], int]:
    def best(a: tuple[int, ...]) -> int:
        replies = [own[(*a[:i], k, *a[i + 1 :])] for k in range(shape[i])]
        return reduce(lambda x, y: b.apply("max", x, y), replies)

    return {a: best(a) for a in own}


def _interior(b: Builder, u: list[dict[tuple[int, ...], int]], i: int, top: int) -> int:
    """Payoff of i in the completely mixed equilibrium of a 2x2 game, ``top`` if there is none.

    It exists iff for each player the two comparisons of rows (columns) have strictly opposite
    signs; i then gets the value (u00 u11 - u01 u10) / (u00 - u01 - u10 + u11) of i's own table.
    """
    zero = b.constant(0)
    opposite = []
    for k in range(2):
        first = b.sub(u[k][0, 0], u[k][1, 0] if k == 0 else u[k][0, 1])
        second = b.sub(u[k][0, 1] if k == 0 else u[k][1, 0], u[k][1, 1])
        opposite.append(b.apply("less", b.mul(first, second), zero))
    own = u[i]
    numerator = b.sub(b.mul(own[0, 0], own[1, 1]), b.mul(own[0, 1], own[1, 0]))
    denominator = b.add(b.sub(own[0, 0], own[0, 1]), b.sub(own[1, 1], own[1, 0]))
    there = b.apply("and", *opposite)
    return b.apply("select", there, b.div(numerator, denominator), top)


def read_never(values: ArrayLike) -> NDArray[np.float64]:
    """Thresholds as the rest of the package writes them: inf where no patience suffices.

    Examples
    --------
    >>> read_never([0.0, 0.5, 2.0]).tolist()
    [0.0, 0.5, inf]
    """
    array = np.asarray(values, dtype=np.float64)
    return np.where(array >= NEVER, np.inf, array)
