"""Sweeps of models with linear supports that report equilibria themselves.

The compiled sweep says which supports carry equilibria at a point.  With linear supports
(:mod:`hedging.equilibria.linear_signs`) the probabilities are weights divided by their sum, and the
weights are outputs of the sign program, so they are evaluated for just the points of each region
and just the supports it has.  Degenerate points go to the general solver.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hedging.engine.compiled import STAGES
from hedging.engine.report import Answer, answer
from hedging.engine.run import Job, solve_points
from hedging.equilibria.assembly import merge
from hedging.equilibria.linear_signs import Weights
from hedging.equilibria.result import Equilibria, choice_offsets
from hedging.equilibria.sign_systems import LinearPlayers, linear_players
from hedging.errors import Status
from hedging.program.doubles import evaluate
from hedging.program.graph import Builder, Program

__all__ = ["mixture_chunk"]


def mixture_chunk(job: Job, start: int, stop: int) -> Answer:
    """Solve the points numbered ``start`` to ``stop - 1`` of a compiled job, in full."""
    shape = job.model.shape
    found = linear_players(job.model.program, shape)
    assert found is not None
    coded = job.kernel.codes(start, stop)
    listed = coded.status == Status.OK
    for some in coded.general:
        listed[some] = False
    points = np.flatnonzero(listed)
    parts = [(points, _regular(job, found, start + points, coded.region[points], coded.regions))]
    payoffs = np.empty((stop - start, len(shape), *shape))
    payoffs[points] = _payoffs(job, start + points)
    left = np.flatnonzero(~listed)
    if len(left):
        general, own = solve_points(job, job.kernel.values(start + left))
        parts.append((left, general))
        payoffs[left] = own
    result = answer(start, merge(stop - start, shape, parts, exact=False), payoffs, job.report)
    stages = coded.stages.copy()
    stages[STAGES.index("general")] += len(left)
    result.stages = dict(zip(STAGES, stages.tolist(), strict=True))
    return result


def _payoffs(job: Job, points: NDArray[np.int64]) -> NDArray[np.float64]:
    columns = job.layout.columns(points)
    values = evaluate(job.model.program, columns)
    flat = np.array([np.broadcast_to(v, (len(points),)) for v in values])
    shape = job.model.shape
    return np.ascontiguousarray(flat.T).reshape(len(points), len(shape), *shape)


@lru_cache(maxsize=256)
def _weight_program(
    found: LinearPlayers, candidate: int, shape: tuple[int, ...]
) -> tuple[Program, tuple[tuple[int, int, int | None], ...]]:
    """Program for the weights of one candidate, and per choice its sign and output."""
    starts = choice_offsets(shape)
    builder = Builder(found.payoffs.inputs)
    values = builder.append(found.table.program, builder.append(found.payoffs))
    outputs: list[int] = []
    places: list[tuple[int, int, int | None]] = []
    strategies: tuple[Weights, ...] = found.table.weights[candidate]
    for player, strategy in zip(found.order, strategies, strict=True):
        for action, sign, output in strategy:
            place = None
            if output is not None:
                place = len(outputs)
                outputs.append(values[output])
            places.append((starts[player] + action, sign, place))
    return builder.program(outputs), tuple(places)


def _regular(
    job: Job,
    found: LinearPlayers,
    points: NDArray[np.int64],
    region: NDArray[np.uint32],
    regions: list[tuple[int, ...]],
) -> Equilibria:
    """Equilibria of points without ties, from the supports of their regions."""
    shape = job.model.shape
    system = job.kernel.system
    candidate_of = {mask: c for c, mask in enumerate(system.masks)}
    choices = choice_offsets(shape)
    count = np.array([0, *map(len, regions)])[region]
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    probability = np.zeros((int(offsets[-1]), choices[-1]))
    support = np.zeros(int(offsets[-1]), dtype=np.uint64)
    component = np.zeros(int(offsets[-1]), dtype=np.int32)
    for code in np.unique(region).tolist():
        here = np.flatnonzero(region == code)
        columns = job.layout.columns(points[here])
        for rank, mask in enumerate(regions[code - 1]):
            program, places = _weight_program(found, candidate_of[mask], shape)
            values = [np.broadcast_to(v, (len(here),)) for v in evaluate(program, columns)]
            row = offsets[here] + rank
            for choice, _, output in places:
                probability[row, choice] = 1.0 if output is None else np.abs(values[output])
            support[row] = mask
            component[row] = rank
    for first, last in pairwise(choices):
        probability[:, first:last] /= probability[:, first:last].sum(axis=1, keepdims=True)
    return Equilibria(
        offsets,
        probability,
        support,
        np.zeros(len(support), dtype=np.int8),
        np.ones(len(support), dtype=np.bool_),
        component,
        np.zeros(len(points), dtype=np.uint8),
    )
