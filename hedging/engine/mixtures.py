"""Sweeps of models with linear supports that report equilibria themselves.

The compiled sweep says which supports carry equilibria at a point.  With linear supports
(:mod:`hedging.equilibria.linear_signs`) the probabilities are weights divided by their sum, and the
weights are outputs of the sign program, so they are evaluated for just the points of each region
and just the supports it has: in doubles, and where rounding could show in a probability in
double-doubles or rationals.  Degenerate points go to the general solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hedging.engine.compiled import STAGES
from hedging.engine.job import Job, solve_points
from hedging.engine.report import Answer, answer
from hedging.equilibria.assembly import merge
from hedging.equilibria.dispatch import count_stages
from hedging.equilibria.linear_signs import Weights
from hedging.equilibria.result import Equilibria, choice_offsets
from hedging.equilibria.sign_systems import LinearPlayers, linear_players
from hedging.errors import Status
from hedging.program import doubledouble, rationals
from hedging.program.doubles import evaluate, evaluate_with_error
from hedging.program.graph import Builder, Program

__all__ = ["mixture_chunk"]

_ACCURATE = 2.0**-42
"""Largest error of a probability that is taken from doubles."""


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
    regular, fine = _regular(job, found, start + points, coded.region[points], coded.regions)
    parts = [(points[fine], regular)]
    listed[points[~fine]] = False
    points = points[fine]
    payoffs = np.empty((stop - start, len(shape), *shape))
    payoffs[points] = _payoffs(job, start + points)
    left = np.flatnonzero(~listed)
    stage = np.zeros(len(left), dtype=np.uint8)
    if len(left):
        general, own = solve_points(job, job.kernel.values(start + left), stage)
        parts.append((left, general))
        payoffs[left] = own
    whole = merge(stop - start, shape, parts, exact=False)
    result = answer(start, whole, payoffs, job.report, job.rules, job.unit)
    stages = coded.stages.copy()
    # Points the kernel left to the general solver are in none of its stages.
    stages[STAGES.index("general")] += stop - start - int(stages.sum())
    result.stages = dict(zip(STAGES, stages.tolist(), strict=True))
    result.fallback = count_stages(stage)["subdivision"]
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
) -> tuple[Equilibria, NDArray[np.bool_]]:
    """Equilibria of points without ties, from the supports of their regions.

    Returns
    -------
    Equilibria
        Of the points that are fine.
    fine : bool array, shape of points
        Not where the probabilities are irrational and doubles give them badly.
    """
    shape = job.model.shape
    system = job.kernel.system
    candidate_of = {mask: c for c, mask in enumerate(system.masks)}
    choices = choice_offsets(shape)
    count = np.array([0, *map(len, regions)])[region]
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    probability = np.zeros((int(offsets[-1]), choices[-1]))
    support = np.zeros(int(offsets[-1]), dtype=np.uint64)
    component = np.zeros(int(offsets[-1]), dtype=np.int32)
    fine = np.ones(len(points), dtype=np.bool_)
    for code in np.unique(region).tolist():
        here = np.flatnonzero(region == code)
        columns = job.layout.columns(points[here])
        for rank, mask in enumerate(regions[code - 1]):
            program, places = _weight_program(found, candidate_of[mask], shape)
            mix, good = _mix(program, places, choices, columns, len(here))
            row = offsets[here] + rank
            probability[row] = mix
            support[row] = mask
            component[row] = rank
            fine[here[~good]] = False
    kept = np.repeat(fine, count)
    count = count[fine]
    equilibria = Equilibria(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        probability[kept],
        support[kept],
        np.zeros(int(kept.sum()), dtype=np.int8),
        np.ones(int(kept.sum()), dtype=np.bool_),
        component[kept],
        np.zeros(len(count), dtype=np.uint8),
    )
    return equilibria, fine


def _mix(
    program: Program,
    places: Sequence[tuple[int, int, int | None]],
    choices: Sequence[int],
    columns: list[NDArray[np.float64]],
    size: int,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probabilities of one candidate at some points, and where they are accurate."""
    values, errors = evaluate_with_error(program, columns)
    mix, fine = _shares(values, errors, places, choices, size)
    left = np.flatnonzero(~fine)
    if len(left):
        values, _, errors = doubledouble.evaluate(program, [c[left] for c in columns])
        mix[left], fine[left] = _shares(values, errors, places, choices, len(left))
    for k in np.flatnonzero(~fine).tolist():
        try:
            exact = rationals.evaluate(program, [Fraction(float(c[k])) for c in columns])
        except (rationals.Irrational, ZeroDivisionError):
            continue
        for first, last in pairwise(choices):
            own = [(c, output) for c, _, output in places if first <= c < last]
            weights = [Fraction(1) if output is None else abs(exact[output]) for _, output in own]
            total = sum(weights)
            for (choice, _), weight in zip(own, weights, strict=True):
                mix[k, choice] = float(weight / total)
        fine[k] = True
    return mix, fine


def _shares(
    values: Sequence[NDArray[np.float64]],
    errors: Sequence[NDArray[np.float64]],
    places: Sequence[tuple[int, int, int | None]],
    choices: Sequence[int],
    size: int,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Weights divided by their sums, and where the errors of the weights let them be so."""
    mix, doubt = np.zeros((2, size, choices[-1]))
    fine = np.ones(size, dtype=np.bool_)
    for choice, _, output in places:
        if output is None:
            mix[:, choice] = 1.0
            continue
        mix[:, choice] = np.abs(values[output])
        doubt[:, choice] = errors[output]
        # The weight of an action that is played is not zero, and should not look so.
        fine &= mix[:, choice] > doubt[:, choice]
    with np.errstate(invalid="ignore", divide="ignore"):
        for first, last in pairwise(choices):
            total = mix[:, first:last].sum(axis=1, keepdims=True)
            fine &= (doubt[:, first:last] <= _ACCURATE * total).all(axis=1)
            mix[:, first:last] /= total
    return mix, fine
