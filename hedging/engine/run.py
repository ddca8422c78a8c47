"""Solving the games at every point of a design.

The points are numbered; a *chunk* is a run of numbers, a *task* solves one chunk and
shares nothing with the others, so any :class:`concurrent.futures.Executor` will do.  At a
point the payoffs are evaluated in doubles together with a bound on their rounding error;
wherever that leaves the equilibria undecided, the formulas are evaluated again at that point
in rationals.  So what is returned at a point is a function of the point alone.

Two engines do this.  ``numpy`` solves any model by array operations.  ``machine`` compiles the
sign program of a two-player model (:mod:`hedging.engine.compiled`) and is some hundred times
faster; it gives the same answers.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import pickle
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.assembly import Assembly
from hedging.engine.axes import closest, is_positive_int
from hedging.engine.blocks import Layout
from hedging.engine.concepts import ConceptOptions, concept_values, read_concepts
from hedging.engine.design import Design, Grid, Sample
from hedging.engine.progress import Reporter, reporter
from hedging.engine.provenance import describe
from hedging.engine.report import (
    CONCEPTS,
    REPORTS,
    VALUES,
    Answer,
    answer,
    bytes_per_point,
    check_report,
    memory_text,
    needs_solver,
    pure_profiles,
)
from hedging.engine.tally import Tally, kept_dims
from hedging.equilibria.dispatch import solve
from hedging.equilibria.regions_code import encode
from hedging.equilibria.result import Equilibria
from hedging.errors import (
    HedgingError,
    HedgingTypeError,
    ParameterError,
    Status,
    UnknownNameError,
)
from hedging.model import Model
from hedging.profile import read_profile

if TYPE_CHECKING:
    from hedging.engine.compiled import SignSweep
    from hedging.engine.profiles import ProfileSweep

__all__ = ["Job", "solve_chunk", "sweep"]

_CHUNK = 8192
"""Points per task: large enough that array operations dominate, small enough to stay in cache."""

_COMPILED_CHUNK = 1 << 20
_SMALLEST_COMPILED = 1 << 16
"""Points per compiled task: each task spends a few milliseconds on the bounds of its errors."""

_CODED = frozenset({"region", "count", "status", "pure"})
"""Reports that follow from the supports alone."""

_RESERVED = frozenset({*REPORTS, "support", "equilibrium", "choice", "player", "profile", "point"})
"""Names of the result that no parameter axis may take."""

_OPTIONS = frozenset(
    {"model", "design", "report", "store", "executor", "progress"}
    | {"check_bounds", "engine", "chunk", "max_bytes"}
)
"""Arguments of sweep, which a parameter of the same name could not be told from."""


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

    @cached_property
    def layout(self) -> Layout:
        """Rows and lanes of the design."""
        return Layout(self.design, self.fixed, tuple(self.model.parameters))

    @cached_property
    def profiles(self) -> ProfileSweep:
        """The sweep of what needs no solver, made once per process."""
        from hedging.engine.profiles import ProfileSweep

        names = [n for n in self.report if n in VALUES or (n == "pure" and not self.solves)]
        return ProfileSweep(self.model, self.layout, names, self.profile, self.compiled)

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
        return _job, (self.model_text, self.design, self.fixed, *rest)


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
    return result


def _nash_chunk(job: Job, start: int, stop: int) -> Answer:
    if not job.solves:
        return job.profiles.answer(start, stop)
    if job.compiled and set(job.report) <= _CODED | {*VALUES, *CONCEPTS}:
        result = _code_chunk(job, start, stop)
    elif job.compiled and not (job.rules and len(job.model.shape) == 2):
        result = _full_chunk(job, start, stop)
    else:
        found, payoffs = solve_points(job, job.design.points(start, stop))
        result = answer(start, found, payoffs, job.report, job.rules)
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
    if coded.general:
        left = np.sort(np.concatenate(coded.general))
        found, _ = solve_points(job, job.kernel.values(start + left))
        codes, table = encode(found)
        coded.overwrite(left, codes, table, found.count, found.status)
    result = Answer(start, coded.status, coded.count)
    result.stages = dict(zip(STAGES, coded.stages.tolist(), strict=True))
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


def solve_points(job: Job, columns: Mapping[str, NDArray[Any]]) -> tuple[Equilibria, NDArray[Any]]:
    """Equilibria and payoffs at points given by the values of the varying parameters."""
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

    found = solve(payoffs, payoff_error=error, exact_payoffs=exact_payoffs)
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


def sweep(
    model: Model,
    design: Grid | Sample,
    *,
    report: str | Sequence[str] = ("region", "count"),
    profile: Any = None,
    rule: str | Sequence[str] = "risk_dominance",
    rationality: float = float("inf"),
    maximise: str = "welfare",
    reduce: str | Sequence[str] | None = None,
    store: Any = None,
    executor: Executor | None = None,
    progress: Any = None,
    check_bounds: bool = True,
    engine: str = "auto",
    chunk: int | None = None,
    max_bytes: int | None = None,
    **fixed: Any,
) -> Any:
    """Solve a model at every point of a design.

    Parameters
    ----------
    model : Model
    design : Grid or Sample
        From :func:`~hedging.engine.design.grid` or :func:`~hedging.engine.design.sample`.
    report : sequence of str
        Any of ``region`` (code of the set of equilibrium supports), ``count``, ``status``,
        ``pure`` (which action profiles are equilibria), ``probability``, ``payoff``, ``regret``
        (per equilibrium, with its ``support``), ``selected`` (the equilibrium each ``rule``
        chooses, with its probabilities and the verdict); ``logit`` (response at one
        ``rationality``), ``correlated`` (the correlated equilibrium that is best for
        ``maximise``, with its value), ``rationalisable`` (choices that survive iterated
        elimination); and at one ``profile``: ``margin``
        (not negative exactly where the profile is an equilibrium), ``profile_payoff``,
        ``critical_delta`` (the discount factor from which Nash reversion to the worst pure stage
        equilibrium sustains the profile, inf where none does, with ``binding_player``).
        ``status`` is always returned.  Reports of ``pure`` and of numbers at a profile alone
        solve no game, so they are fast for any number of players; their status says whether the
        payoffs exist.
    profile : sequence or mapping of players to actions, optional
        One action, by label or number, of each player.
    rule : str or sequence of str
        Rules of selection for ``selected``, side by side along the dimension ``rule``: see
        :mod:`hedging.equilibria.selection`.
    rationality : float
        Of ``logit``, in units of each player's payoff range; inf is the limit of the principal
        branch.
    maximise : str
        "welfare" or a player, whose expected payoff ``correlated`` maximises.
    reduce : str or sequence of str, optional
        Dimensions to sum over, or "all".  Instead of arrays of points the result then has
        ``points[..., region]``, the number of points of each region for every combination of the
        other dimensions, and ``status_points[..., flag]``; ``report`` must be ``("region",)``.
        Memory does not grow with the number of points.
    executor : concurrent.futures.Executor, optional
        Who runs the chunks; it is left open.  By default, one thread per processor.
    progress : None, bool or callable
        None: a bar or lines on stderr if the run takes more than a few seconds.  False: nothing.
        A callable is called as ``progress(done, total)``.
    check_bounds : bool
        False allows values outside the ranges the model declares.
    engine : {"auto", "machine", "numpy"}
        ``machine`` compiles the model, which it can for two players with up to five actions on
        one side and for three players with linear supports
        (:mod:`hedging.equilibria.linear_signs`); ``auto`` does so where it can.  The answers are
        the same.
    chunk : int, optional
        Points per task.  Changes the speed only.
    max_bytes : int, optional
        Memory the result may take; by default half of what is available.
    store : None
        Reserved: this version keeps results in memory only.
    **fixed : float
        Values of parameters that do not vary; the others stay at their defaults.

    Returns
    -------
    xarray.Dataset
        Dims are the design's parameters in order, or ``point``; then ``equilibrium``, ``choice``,
        ``player``, ``profile`` where a variable needs them.  Entries beyond ``count`` are NaN.
        ``attrs["hedging"]`` is JSON from which
        :func:`~hedging.engine.provenance.replay` runs the sweep again; with the compiled engine
        ``attrs["stages"]`` is JSON with the share of points settled by each arithmetic.
        After Ctrl-C the points not reached have status ``not_run``.

    Raises
    ------
    UnknownNameError
        If an axis, a fixed value or a report is not the name of anything.
    ParameterError
        If a value is out of range, given twice, or the result would not fit in memory.
    HedgingError
        If a store is asked for.

    Notes
    -----
    Time is proportional to the number of points; memory is given in the message that
    refuses a design too large.  Results depend neither on ``chunk`` nor on ``executor``.

    Examples
    --------
    >>> from hedging.engine.design import grid
    >>> from hedging.model import Parameter
    >>> pay = [["x", "0"], ["0", "1"]]
    >>> meeting = Model(
    ...     "meeting",
    ...     players=("A", "B"),
    ...     actions=(("here", "there"), ("here", "there")),
    ...     parameters=[Parameter("x", 1, -2, 2, meaning="what meeting here is worth")],
    ...     payoffs={"A": pay, "B": pay},
    ... )
    >>> ds = sweep(meeting, grid(x=[-1, 0, 1]))
    >>> ds["count"].values.tolist()
    [1, 2, 3]
    >>> [Status(code).meaning for code in ds["status"].values]
    ['ok', 'degenerate', 'ok']
    """
    names = check_report(report)
    _check_arguments(model, design, store, engine, chunk, max_bytes, executor)
    show = reporter(progress, design.size)
    _check_names(model, design, fixed)
    limit = _available_bytes() // 2 if max_bytes is None else int(max_bytes)
    keep = None if reduce is None else _check_reduce(design, report, reduce)
    if keep is None:
        _check_memory(design, names, model.shape, limit)
    values = model.check(fixed, check_bounds=check_bounds)
    for name, column in design.columns().items():  # one by one: they have different lengths
        model.check({name: column}, check_bounds=check_bounds)
    scalars = {name: float(values[name]) for name in values if name not in design.names}
    _ = model.program  # compiled here once, before several threads ask for it at the same time
    compiled = _use_machine(model, names, engine)
    asked = (report,) if isinstance(report, str) else tuple(report)
    solves = needs_solver(asked)
    at = _read_profile(model, names, profile)
    rules = _read_rules(names, rule)
    other = [name for name in names if name in CONCEPTS]
    concepts = read_concepts(other, model.players, rationality, maximise) if other else None
    job = Job(model, design, scalars, names, compiled, at, solves, rules, concepts)
    note = describe(
        model,
        design,
        report=[name for name in names if name in asked],
        fixed=scalars,
        check_bounds=check_bounds,
        engine="machine" if compiled else "numpy",
        options={
            "profile": None if at is None else list(at),
            "rule": list(rules) or None,
            # JSON has no infinity.
            "rationality": str(float(rationality)) if "logit" in names else None,
            "maximise": maximise if "correlated" in names else None,
            "reduce": None if keep is None else [d for d in design.dims if d not in keep],
        },
    )
    assembly: Assembly | Tally
    if keep is None:
        assembly = Assembly(design, model, names, limit, rules)
    else:
        assembly = Tally(design, model, keep, limit)
    try:
        complete = _run(job, assembly, executor, show, chunk)
    finally:
        show.close()
    result = assembly.dataset(model.parameters, note)
    if not complete:
        warnings.warn(
            f"sweep interrupted: {assembly.points} of {design.size} points are done, "
            "the others have status 'not_run'",
            RuntimeWarning,
            stacklevel=2,
        )
    return result


def _check_arguments(
    model: Any, design: Any, store: Any, engine: Any, chunk: Any, max_bytes: Any, executor: Any
) -> None:
    if not isinstance(model, Model):
        msg = (
            f"sweep over a {type(model).__name__}; give a model, "
            "such as hedging.catalogue['triadic_hedging']"
        )
        raise HedgingTypeError(msg)
    if not isinstance(design, (Grid, Sample)):
        msg = (
            f"design is a {type(design).__name__}; give grid(parameter=(low, high, number)) "
            "or sample(n, model)"
        )
        raise HedgingTypeError(msg)
    if store is not None:
        msg = (
            "stores are not available in this version; "
            "leave store out and write the result with .to_netcdf(path)"
        )
        raise HedgingError(msg)
    if engine not in ("auto", "machine", "numpy"):
        msg = f"engine is {engine!r}; type 'auto', 'machine' or 'numpy'"
        raise ParameterError(msg)
    if chunk is not None and not is_positive_int(chunk):
        msg = f"chunk is {chunk!r}; type a positive number of points, or None"
        raise ParameterError(msg)
    if max_bytes is not None and not is_positive_int(max_bytes):
        msg = f"max_bytes is {max_bytes!r}; type a positive int such as 4 * 2**30, or None"
        raise ParameterError(msg)
    if executor is not None and not callable(getattr(executor, "submit", None)):
        msg = (
            f"executor is a {type(executor).__name__}; "
            "give a concurrent.futures.Executor, or None for threads"
        )
        raise HedgingTypeError(msg)


def _read_profile(model: Model, report: Sequence[str], profile: Any) -> tuple[int, ...] | None:
    """The action numbers of the profile at which numbers are asked for."""
    wanted = [name for name in report if name in VALUES]
    pairs = zip(model.players, model.actions, strict=True)
    example = ", ".join(f"{player!r}: {own[0]!r}" for player, own in pairs)
    if profile is None:
        if wanted:
            msg = f"{wanted[0]!r} is asked for at no profile; type profile={{{example}}}"
            raise ParameterError(msg)
        return None
    strategies = read_profile(profile, model.players, model.actions)
    if any(s.ndim != 1 or s.max() != 1 for s in strategies):
        msg = f"profile {profile!r} mixes; give one action of each player, as in {{{example}}}"
        raise ParameterError(msg)
    return tuple(int(s.argmax()) for s in strategies)


def _read_rules(report: Sequence[str], rule: Any) -> tuple[str, ...]:
    """The rules of selection to apply, none if the report does not ask for them."""
    if "selected" not in report:
        return ()
    from hedging.equilibria.selection import RULES

    rules = (rule,) if isinstance(rule, str) else tuple(rule)
    for name in rules:
        if name not in RULES:
            msg = f"no rule of selection {name!r}; choose from {', '.join(RULES)}"
            raise UnknownNameError(msg)
    if not rules or len(set(rules)) < len(rules):
        msg = f"rules {list(rules)} given; name one or more, each once"
        raise ParameterError(msg)
    return rules


def _check_reduce(design: Design, report: Any, reduce: Any) -> tuple[str, ...]:
    if set([report] if isinstance(report, str) else report) - {"region", "count", "status"}:
        msg = f"reduce={reduce!r} with report={report!r}; a reduced sweep reports ('region',) only"
        raise ParameterError(msg)
    return kept_dims(design, reduce)


def _use_machine(model: Model, report: Sequence[str], engine: str) -> bool:
    from hedging.engine.compiled import can_compile

    if engine == "numpy":
        return False
    if not needs_solver([name for name in report if name != "status"]):
        return True
    able = can_compile(model)
    if engine == "machine" and not able:
        msg = (
            f"engine 'machine' cannot solve {model.name!r} of shape "
            f"{' x '.join(map(str, model.shape))}; type engine='numpy'"
        )
        raise ParameterError(msg)
    return able


def _check_names(model: Model, design: Design, fixed: dict[str, Any]) -> None:
    for kind, names in (("axis", design.names), ("fixed value", tuple(fixed))):
        for name in names:
            if name not in model.parameters:
                known = closest(name, model.parameters)
                msg = f"{kind} {name!r} is no parameter of {model.name!r}; {known}"
                raise UnknownNameError(msg)
    for name in design.names:
        if name in fixed:
            msg = f"{name!r} is both swept and fixed at {fixed[name]!r}; give one or the other"
            raise ParameterError(msg)
        if name in _RESERVED:
            msg = f"parameter {name!r} has the name of a result; rename it to sweep over it"
            raise ParameterError(msg)
    for name in model.parameters:
        if name in _OPTIONS:
            msg = f"parameter {name!r} has the name of an option of sweep; rename it in the model"
            raise ParameterError(msg)
    for name, value in fixed.items():
        if np.ndim(value) > 0:
            msg = f"{name!r} is fixed at several values; sweep it, as in grid({name}=[...])"
            raise ParameterError(msg)


def _available_bytes() -> int:
    """Memory that can be had without swapping, as far as the system tells."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):
        return 4 * 2**30


def _check_memory(design: Design, report: Sequence[str], shape: Sequence[int], limit: int) -> None:
    """Refuse what cannot be kept, before anything is allocated."""
    each = bytes_per_point(report, shape)
    need = design.size * each + design.nbytes
    if need <= limit:
        return
    points = max(1, limit // (each + 8 * len(design.names)))
    if isinstance(design, Grid):
        shorter = int(points ** (1 / len(design.shape)))
        advice = f"type at most about {shorter} points per axis, sample({min(points, 2**20)}, ...)"
    else:
        advice = f"type at most sample({points}, ...)"
    size = " x ".join(str(n) for n in design.shape)
    msg = (
        f"{size} = {design.size:.3g} points need {memory_text(need)} for {', '.join(report)} "
        f"where {memory_text(limit)} may be used; {advice}, or raise max_bytes"
    )
    raise ParameterError(msg)


def solve_and_keep(assembly: Assembly | Tally, job: Job, start: int, stop: int) -> None:
    """Solve a chunk and write its answer, all in the calling thread."""
    assembly.add(solve_chunk(job, start, stop))


def _starts(total: int, chunk: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + chunk, total)) for start in range(0, total, chunk))


def _run(
    job: Job,
    assembly: Assembly | Tally,
    executor: Executor | None,
    show: Reporter,
    chunk: int | None,
) -> bool:
    """Fill the assembly; False if the user stopped it before the end."""
    total = job.design.size
    workers = os.cpu_count() or 1
    own = ThreadPoolExecutor(workers, thread_name_prefix="hedging") if executor is None else None
    pool = own if own is not None else executor
    assert pool is not None
    workers = max(workers, int(getattr(pool, "_max_workers", workers)))
    if chunk is None:
        # Small designs are still shared out between the workers.
        largest = _COMPILED_CHUNK if job.compiled else _CHUNK
        smallest = _SMALLEST_COMPILED if job.compiled else 1
        chunk = max(smallest, min(largest, -(-total // (4 * workers))))
    # Compiled once, before the threads ask for it.
    if not job.solves or any(name in VALUES for name in job.report):
        _ = job.profiles
    if job.compiled and job.solves:
        _ = job.kernel
    ranges = _starts(total, int(chunk))
    # Answers wait in memory until they are collected, so only so many are asked for ahead.
    pending: set[Future[Any]] = set()
    try:
        while True:
            while len(pending) < 4 * workers and (task := next(ranges, None)) is not None:
                # Our own threads write their answers themselves; others hand them over.
                if own is None:
                    pending.add(pool.submit(solve_chunk, job, *task))
                else:
                    pending.add(pool.submit(solve_and_keep, assembly, job, *task))
            if not pending:
                return True
            for future in wait(pending, timeout=1.0, return_when=FIRST_COMPLETED).done:
                piece = future.result()
                if piece is not None:
                    assembly.add(piece)
                pending.discard(future)
            show.update(assembly.points)
    except KeyboardInterrupt:
        _salvage(pending, assembly)
        return assembly.points == total
    finally:
        for future in pending:
            future.cancel()
        if own is not None:
            own.shutdown(wait=True, cancel_futures=True)


def _salvage(pending: set[Future[Any]], assembly: Assembly | Tally) -> None:
    """After Ctrl-C, keep what is finished or under way; a second Ctrl-C stops waiting."""
    running = {future for future in pending if not future.cancel()}
    with suppress(KeyboardInterrupt):
        wait(running)
    for future in running:
        if future.done() and future.exception() is None and (piece := future.result()):
            assembly.add(piece)
