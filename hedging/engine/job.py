"""One task of a sweep: a run of points, solved by whatever solver its model allows.

A :class:`Job` holds what every task needs and can be sent to another process, where its
kernels are compiled once.  :func:`solve_chunk` solves a run of points and shares nothing with
other runs.
"""

from __future__ import annotations

import hashlib
import json
import math
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.blocks import Layout
from hedging.engine.concepts import ConceptOptions, concept_values
from hedging.engine.design import Design
from hedging.engine.report import (
    CONCEPTS,
    VALUES,
    Answer,
    answer,
    pure_profiles,
)
from hedging.equilibria.dispatch import count_stages, solve
from hedging.equilibria.regions_code import encode
from hedging.equilibria.result import Equilibria
from hedging.errors import (
    Status,
)
from hedging.model import Model

if TYPE_CHECKING:
    from hedging.engine.compiled import SignSweep
    from hedging.engine.patience import PatienceOptions, PatienceSweep
    from hedging.engine.profiles import ProfileSweep

__all__ = ["CODED", "Job", "solve_chunk", "solve_points"]

CODED = frozenset({"region", "count", "status", "pure"})
"""Reports that follow from the supports alone."""


@dataclass(frozen=True, eq=False)
class Job:
    """What every task of a sweep needs; picklable, so that other processes can have it."""

    model: Model
    design: Design
    fixed: dict[str, float]
    report: tuple[str, ...]
    compiled: bool = False
    profile: tuple[int, ...] | None = None
    solves: bool = True
    rules: tuple[str, ...] = ()
    concepts: ConceptOptions | None = None
    patience: PatienceOptions | None = None
    unit: str = "range"

    @cached_property
    def layout(self) -> Layout:
        """Rows and lanes of the design."""
        return Layout(self.design, self.fixed, tuple(self.model.parameters))

    @cached_property
    def profiles(self) -> ProfileSweep:
        """The sweep of what needs no solver, made once per process."""
        from hedging.engine.profiles import ProfileSweep

        elsewhere = () if self.patience is None else self.patience.names
        names = [n for n in self.report if n in VALUES or (n == "pure" and not self.solves)]
        names = [n for n in names if n not in elsewhere]
        return ProfileSweep(self.model, self.layout, names, self.profile, self.compiled)

    @cached_property
    def repeated(self) -> PatienceSweep:
        """The sweep of the repeated games, made once per process."""
        from hedging.engine.patience import PatienceSweep

        assert self.patience is not None
        return PatienceSweep(self.model, self.layout, self.patience, self.compiled)

    @cached_property
    def kernel(self) -> SignSweep:
        """The compiled sweep, made once per process."""
        from hedging.engine.compiled import SignSweep

        return SignSweep(self.model, self.layout)

    @cached_property
    def model_text(self) -> str:
        """The model as JSON."""
        return json.dumps(self.model.to_dict())

    def __reduce__(self) -> tuple[Any, ...]:
        # A model travels as text, so that a process that has compiled it once knows it again.
        rest = (self.report, self.compiled, self.profile, self.solves, self.rules, self.concepts)
        return _job, (self.model_text, self.design, self.fixed, *rest, self.patience, self.unit)


@lru_cache(maxsize=8)
def _compiled(model_text: str) -> Model:
    return Model.from_dict(json.loads(model_text))


_received: dict[bytes, Job] = {}
_MOST_RECEIVED = 4


def _job(model_text: str, *rest: Any) -> Job:
    """A job sent by another process; the same job is compiled once, not once per task."""
    key = hashlib.sha256(pickle.dumps((model_text, rest))).digest()
    if key not in _received:
        while len(_received) >= _MOST_RECEIVED:
            _received.pop(next(iter(_received)))
        _received[key] = Job(_compiled(model_text), *rest)
    return _received[key]


def solve_chunk(job: Job, start: int, stop: int) -> Answer:
    """Solve the points numbered ``start`` to ``stop - 1``."""
    result = _nash_chunk(job, start, stop)
    if job.concepts is not None:
        payoffs, _ = _evaluate(job, job.design.points(start, stop))
        values, status = concept_values(payoffs, job.concepts)
        result.values |= values
        if not job.solves:
            result.status = np.where(result.status == Status.OK, status, result.status)
    if job.patience is not None:
        values, status, result.methods = job.repeated.answer(start, stop)
        result.values |= values
        if not job.solves:
            result.status = np.where(result.status == Status.OK, status, result.status)
    return result


def _nash_chunk(job: Job, start: int, stop: int) -> Answer:
    if not job.solves:
        return job.profiles.answer(start, stop)
    if job.compiled and set(job.report) <= CODED | {*VALUES, *CONCEPTS}:
        result = _code_chunk(job, start, stop)
    elif job.compiled and not (job.rules and len(job.model.shape) == 2):
        result = _full_chunk(job, start, stop)
    else:
        stage = np.zeros(stop - start, dtype=np.uint8)
        found, payoffs = solve_points(job, job.design.points(start, stop), stage)
        result = answer(start, found, payoffs, job.report, job.rules, job.unit)
        if len(job.model.shape) > 2:
            result.stages = count_stages(stage)
            result.fallback = result.stages["subdivision"]
    if any(name in VALUES for name in job.report):
        result.values |= job.profiles.answer(start, stop).values
    return result


def _full_chunk(job: Job, start: int, stop: int) -> Answer:
    """Equilibria themselves, through the compiled kernel."""
    if len(job.model.shape) == 2:
        from hedging.engine.full import full_chunk

        return full_chunk(job, start, stop)
    from hedging.engine.mixtures import mixture_chunk

    return mixture_chunk(job, start, stop)


def _code_chunk(job: Job, start: int, stop: int) -> Answer:
    """The same through the compiled kernel, for reports that follow from the supports."""
    from hedging.engine.compiled import STAGES

    coded = job.kernel.codes(start, stop)
    fallback = 0
    if coded.general:
        left = np.sort(np.concatenate(coded.general))
        stage = np.zeros(len(left), dtype=np.uint8)
        found, _ = solve_points(job, job.kernel.values(start + left), stage)
        fallback = count_stages(stage)["subdivision"]
        codes, table = encode(found)
        coded.overwrite(left, codes, table, found.count, found.status)
    result = Answer(start, coded.status, coded.count)
    result.stages = dict(zip(STAGES, coded.stages.tolist(), strict=True))
    if len(job.model.shape) > 2:
        result.fallback = fallback
    if "region" in job.report:
        result.region, result.regions = coded.region, coded.regions
    if "pure" in job.report:
        shape = job.model.shape
        profiles = [pure_profiles(key, shape) for key in coded.regions]
        none = np.zeros(math.prod(shape), dtype=np.bool_)
        result.pure = np.array([none, *profiles])[coded.region]
    return result


def _evaluate(
    job: Job, columns: Mapping[str, NDArray[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Payoffs in doubles and their error bounds."""
    # Bounds were checked, or lifted, once for the whole design.
    return job.model.evaluate({**job.fixed, **columns}, check_bounds=False)


def solve_points(
    job: Job, columns: Mapping[str, NDArray[Any]], stage: NDArray[np.uint8] | None = None
) -> tuple[Equilibria, NDArray[Any]]:
    """Equilibria and payoffs at points given by the values of the varying parameters.

    ``stage`` is filled as by :func:`hedging.equilibria.dispatch.solve`.
    """
    payoffs, error = _evaluate(job, columns)
    undefined: set[int] = set()

    def exact_payoffs(indices: NDArray[Any]) -> NDArray[Any] | None:
        if not job.model.program.is_rational:
            return None
        exact = np.empty((len(indices), *payoffs.shape[1:]), dtype=object)
        for row, index in enumerate(indices.tolist()):
            values = {**job.fixed, **{name: float(c[index]) for name, c in columns.items()}}
            try:
                exact[row] = job.model.evaluate_exact(values)
            except ZeroDivisionError:
                # Rounding hid a division by zero: there is no game here.  A placeholder
                # keeps the batch whole; its answer is struck out below.
                exact[row] = 0
                undefined.add(index)
        return exact

    found = solve(payoffs, payoff_error=error, exact_payoffs=exact_payoffs, stage=stage)
    if undefined:
        found = _strike(found, np.array(sorted(undefined)))
    return found, payoffs


def _strike(found: Equilibria, games: NDArray[Any]) -> Equilibria:
    """Mark games as having no payoffs, and drop what was listed for them."""
    status = found.status.copy()
    status[games] = Status.NONFINITE
    keep = ~np.isin(found.game, games)
    count = found.count.copy()
    count[games] = 0
    return replace(
        found,
        offsets=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        probability=found.probability[keep],
        support=found.support[keep],
        index=found.index[keep],
        isolated=found.isolated[keep],
        component=found.component[keep],
        status=status,
    )
