"""Which payoffs a threshold compares, and how close two of them come.

A critical discount factor jumps where payoffs tie, since a punishment comes or goes there.  Where
payoffs that are compared come closer to each other than their rounding errors, doubles may have
compared wrongly, and only there are exact signs worth their cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from hedging.engine.blocks import Block, Layout
from hedging.program import intervals
from hedging.program.graph import Builder, Program

__all__ = [
    "BATCH",
    "batches",
    "closest_payoffs",
    "compared_payoffs",
    "payoff_differences",
    "payoff_error",
]

BATCH = 1 << 13
"""Points whose signs are made exact at a time."""


def batches(points: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Some points in pieces of at most :data:`BATCH`."""
    return (points[first : first + BATCH] for first in range(0, len(points), BATCH))


def compared_payoffs(shape: tuple[int, ...], profile: tuple[int, ...]) -> list[tuple[int, int]]:
    """Payoffs whose order a threshold depends on, as flat positions.

    Two payoffs of a player against the same actions of the others decide what is an equilibrium;
    what the player gets at the profile is compared with what it gets anywhere as a punishment.
    """
    place = np.arange(len(shape) * int(np.prod(shape))).reshape(len(shape), *shape)
    pairs = {}
    for i, m in enumerate(shape):
        for column in np.moveaxis(place[i], i, -1).reshape(-1, m).tolist():
            pairs.update(dict.fromkeys(combinations(column, 2)))
        at = int(place[(i, *profile)])
        for other in place[i].ravel().tolist():
            if other != at:
                pairs[min(at, other), max(at, other)] = None
    return list(pairs)


def payoff_differences(payoffs: Program, pairs: Sequence[tuple[int, int]]) -> Program:
    """The program of the differences of some payoffs."""
    builder = Builder(payoffs.inputs)
    value = builder.append(payoffs)
    return builder.program([builder.sub(value[x], value[y]) for x, y in pairs])


def closest_payoffs(
    builder: Builder, payoffs: Sequence[int], pairs: Sequence[tuple[int, int]]
) -> int:
    """Distance of the two compared payoffs that are closest to each other."""
    if not pairs:
        return builder.constant(1)
    sizes = []
    for x, y in pairs:
        difference = builder.sub(payoffs[x], payoffs[y])
        sizes.append(builder.apply("max", difference, builder.neg(difference)))
    return reduce(lambda x, y: builder.apply("min", x, y), sizes)


def payoff_error(payoffs: Program, layout: Layout, blocks: list[Block]) -> NDArray[np.float64]:
    """Bound on the errors of all payoffs, per point."""
    _, _, errors = intervals.evaluate(payoffs, *layout.box(blocks))
    worst = np.max([np.broadcast_to(e, (len(blocks),)) for e in errors], axis=0)
    # A little more than twice this is what a difference can be off.
    return np.repeat(worst * (1 + 2.0**-40), [block.size for block in blocks])
