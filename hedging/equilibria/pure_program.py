"""Pure equilibria of n players, and numbers at a named profile, as straight-line programs.

A profile ``a`` is a pure equilibrium exactly if no difference

    u_i(a) - u_i(b, a_-i),      b an action of player i other than a_i,

is negative.  Differences of two actions against the same actions of the others serve two
profiles, with opposite signs, so each is computed once.  *Strictly* positive differences make the
profile certain; one that is zero leaves it to exact signs, which accept it.

The *margin* of a profile is the smallest of its differences: what the most tempted player loses
by the best deviation.  The profile is an equilibrium exactly if the margin is not negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations, product
from math import prod

import numpy as np

from hedging.errors import GameError
from hedging.program.graph import Builder, Program
from hedging.program.logic import Candidate, SignLogic

__all__ = [
    "PureTable",
    "margin_program",
    "number_of_differences",
    "payoff_inputs",
    "profile_program",
    "pure_table",
]


@dataclass(frozen=True, slots=True)
class PureTable:
    """The sign program of the pure equilibria of games of one shape.

    Attributes
    ----------
    program : Program
        From the payoffs (:func:`payoff_inputs`) to the differences.
    logic : SignLogic
        Candidate p is profile p in C order: all its differences are strictly positive.
    """

    program: Program
    logic: SignLogic


def payoff_inputs(shape: Sequence[int]) -> tuple[str, ...]:
    """Input names: the payoffs of player 0 in C order of profiles, then those of player 1, ...

    Examples
    --------
    >>> payoff_inputs((1, 2))
    ('u0[0,0]', 'u0[0,1]', 'u1[0,0]', 'u1[0,1]')
    """
    cells = list(product(*(range(m) for m in shape)))
    return tuple(f"u{i}[{','.join(map(str, a))}]" for i in range(len(shape)) for a in cells)


def _payoffs(builder: Builder, shape: Sequence[int]) -> np.ndarray:
    """Values of all payoffs, shape (n, m_1, ..., m_n)."""
    values = [builder.input(name) for name in builder.inputs]
    return np.array(values, dtype=np.int64).reshape(len(shape), *shape)


@lru_cache(maxsize=64)
def pure_table(shape: tuple[int, ...]) -> PureTable:
    """The table for games with the given numbers of actions.

    Parameters
    ----------
    shape : tuple of int
        Actions of each of n players.

    Examples
    --------
    >>> table = pure_table((2, 2))
    >>> len(table.program.outputs), table.logic.candidates[0]
    (4, (((1, None), (1, 0), (1, 2)),))
    """
    builder = Builder(payoff_inputs(shape))
    value = _payoffs(builder, shape)
    outputs: list[int] = []
    members: dict[tuple[int, ...], list[tuple[int, int | None]]] = {
        a: [(1, None)] for a in product(*(range(m) for m in shape))
    }
    for i, m in enumerate(shape):
        others = [range(k) if j != i else range(1) for j, k in enumerate(shape)]
        for rest in product(*others):
            for b, c in combinations(range(m), 2):
                first = (*rest[:i], b, *rest[i + 1 :])
                second = (*rest[:i], c, *rest[i + 1 :])
                members[first].append((1, len(outputs)))
                members[second].append((-1, len(outputs)))
                outputs.append(builder.sub(int(value[(i, *first)]), int(value[(i, *second)])))
    candidates: tuple[Candidate, ...] = tuple((tuple(group),) for group in members.values())
    return PureTable(builder.program(outputs), SignLogic(len(outputs), candidates))


def _checked(shape: Sequence[int], profile: Sequence[int]) -> tuple[int, ...]:
    if len(profile) != len(shape) or any(
        not 0 <= a < m for a, m in zip(profile, shape, strict=True)
    ):
        msg = f"profile {tuple(profile)} given for shape {tuple(shape)}; give one action each"
        raise GameError(msg)
    return tuple(profile)


def profile_program(shape: Sequence[int], profile: Sequence[int]) -> Program:
    """From the payoffs to each player's payoff at a profile of action numbers.

    Examples
    --------
    >>> profile_program((1, 2), (0, 1)).outputs
    (0, 1)
    """
    builder = Builder(payoff_inputs(shape))
    at = _checked(shape, profile)
    value = _payoffs(builder, shape)
    return builder.program([int(value[(i, *at)]) for i in range(len(shape))])


def margin_program(shape: Sequence[int], profile: Sequence[int]) -> Program:
    """From the payoffs to the margin of a profile of action numbers.

    A game in which nobody can deviate has the margin 0.

    Examples
    --------
    Confessing in a prisoner's dilemma:

    >>> from hedging.program.doubles import evaluate
    >>> dilemma = [3.0, 0.0, 5.0, 1.0, 3.0, 5.0, 0.0, 1.0]
    >>> evaluate(margin_program((2, 2), (1, 1)), dilemma)
    [array(1.)]
    """
    builder = Builder(payoff_inputs(shape))
    at = _checked(shape, profile)
    value = _payoffs(builder, shape)
    losses = [
        builder.sub(int(value[(i, *at)]), int(value[(i, *at[:i], b, *at[i + 1 :])]))
        for i, m in enumerate(shape)
        for b in range(m)
        if b != at[i]
    ]
    if not losses:
        return builder.program([builder.constant(0)])
    return builder.program([reduce(lambda x, y: builder.apply("min", x, y), losses)])


def number_of_differences(shape: Sequence[int]) -> int:
    """How many differences the table of a shape has; the cost of compiling it.

    Examples
    --------
    >>> number_of_differences((3, 2, 2))
    24
    """
    return sum(prod(shape) // m * (m * (m - 1) // 2) for m in shape)
