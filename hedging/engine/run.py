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

import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

from hedging.engine.arguments import (
    available_bytes,
    check_arguments,
    check_memory,
    check_names,
    check_reduce,
    read_profile_at,
    read_rules,
    read_unit,
    use_machine,
)
from hedging.engine.assembly import Assembly
from hedging.engine.concepts import check_symmetric, read_concepts
from hedging.engine.design import Grid, Sample
from hedging.engine.job import Job, solve_chunk
from hedging.engine.patience import read_patience, with_delta
from hedging.engine.progress import Reporter, reporter
from hedging.engine.provenance import describe
from hedging.engine.report import (
    CONCEPTS,
    VALUES,
    check_report,
    needs_solver,
)
from hedging.engine.tally import Tally
from hedging.model import Model

__all__ = ["Job", "solve_chunk", "sweep"]

_CHUNK = 8192
"""Points per task: large enough that array operations dominate, small enough to stay in cache."""

_COMPILED_CHUNK = 1 << 20
_SMALLEST_COMPILED = 1 << 16
"""Points per compiled task: each task spends a few milliseconds on the bounds of its errors."""


def sweep(
    model: Model,
    design: Grid | Sample,
    *,
    report: str | Sequence[str] = ("region", "count"),
    profile: Any = None,
    rule: str | Sequence[str] = "risk_dominance",
    rationality: float = 1.0,
    unit: str = "range",
    maximise: str = "welfare",
    concept: str = "correlated",
    punishment: str | None = None,
    periods: int | None = None,
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
        elimination), ``evolution`` (in symmetric games of two: ``rest_stability`` and ``ess`` of
        the replicator dynamics' rest point on every face); and at one ``profile``: ``margin``
        (not negative exactly where the profile is an equilibrium), ``profile_payoff``,
        ``critical_delta`` (the discount factor from which a ``punishment`` sustains the profile
        in the repeated game, inf where none does, with ``binding_player``), ``sustainable`` (yes,
        no or undecided: whether it does so at the discount factor ``delta``).
        ``status`` is always returned.  Reports of ``pure`` and of numbers at a profile alone
        solve no game, so they are fast for any number of players; their status says whether the
        payoffs exist.
    profile : sequence or mapping of players to actions, optional
        One action, by label or number, of each player.
    rule : str or sequence of str
        Rules of selection for ``selected``, side by side along the dimension ``rule``: see
        :mod:`hedging.equilibria.selection`.
    rationality : float
        Of ``logit``.  The limit of the principal branch is what ``selected`` with
        ``rule="logit"`` reports.
    unit : {"range", "stakes", "payoff"}
        In which rationality counts, for both, as in :func:`hedging.logit`.
    maximise : str
        "welfare" or a player, whose expected payoff ``correlated`` maximises.
    concept : {"correlated", "coarse"}
        Which kind of equilibria ``correlated`` is about, as in :func:`hedging.correlated`.
    punishment : str, optional
        What deters deviations in the repeated game, as for
        :meth:`hedging.RepeatedGame.critical_delta`: ``optimal_penal_code`` (any credible one, the
        default with ``sustainable``; exact for two players, bounds for more), ``nash_reversion``
        (the worst pure stage equilibrium for ever, otherwise the default), ``finite``,
        ``stick_carrot``, ``minmax_bound`` or ``transfers``.
    periods : int, optional
        Length of the ``finite`` punishment.
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
        Values of parameters that do not vary; the others stay at their defaults.  The discount
        factor ``delta`` is one of them, here or as an axis, where ``sustainable`` is asked for.

    Returns
    -------
    xarray.Dataset
        Dims are the design's parameters in order, or ``point``; then ``equilibrium``, ``choice``,
        ``player``, ``profile`` where a variable needs them.  Entries beyond ``count`` are NaN.
        ``attrs["hedging"]`` is JSON from which
        :func:`~hedging.engine.provenance.replay` runs the sweep again; with the compiled engine
        ``attrs["stages"]`` is JSON with the share of points settled by each arithmetic, and
        without it, for three and more players, by each solver, as in :func:`hedging.nash`;
        ``attrs["fallback"]`` is the share that went to the slowest of them, subdivision.  With
        optimal penal codes, ``attrs`` of ``sustainable`` say what decided the points
        (``decided_by``) and, for two players, what share was ``escalated`` beyond closed forms;
        ``critical_delta_lower`` is the lower end of the bracket: less than ``critical_delta`` where
        ``status`` is ``incomplete`` (three or more players) or ``no_convergence``.
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
    >>> from hedging.errors import Status
    >>> from hedging.model import Model, Parameter
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
    check_arguments(model, design, store, engine, chunk, max_bytes, executor)
    model = with_delta(model, names, design, fixed)
    show = reporter(progress, design.size)
    check_names(model, design, fixed)
    limit = available_bytes() // 2 if max_bytes is None else int(max_bytes)
    keep = None if reduce is None else check_reduce(design, report, reduce)
    if keep is None:
        check_memory(design, names, model.shape, limit)
    values = model.check(fixed, check_bounds=check_bounds)
    for name, column in design.columns().items():  # one by one: they have different lengths
        model.check({name: column}, check_bounds=check_bounds)
    scalars = {name: float(values[name]) for name in values if name not in design.names}
    _ = model.program  # compiled here once, before several threads ask for it at the same time
    compiled = use_machine(model, names, engine)
    asked = (report,) if isinstance(report, str) else tuple(report)
    solves = needs_solver(asked)
    at = read_profile_at(model, names, profile)
    rules = read_rules(names, rule)
    read_unit(unit)
    other = [name for name in names if name in CONCEPTS]
    if "evolution" in other:
        check_symmetric(model.program, model.shape)
    concepts = (
        read_concepts(other, model.players, rationality, maximise, unit, concept) if other else None
    )
    patience = read_patience(names, at, model.shape, punishment, periods)
    own = patience if patience is None else patience.beyond_programs()
    job = Job(model, design, scalars, names, compiled, at, solves, rules, concepts, own, unit)
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
            "rationality": float(rationality) if "logit" in names else None,
            "unit": unit if "logit" in names or "logit" in rules else None,
            "maximise": maximise if "correlated" in names else None,
            "concept": concept if "correlated" in names else None,
            "punishment": None if patience is None else patience.punishment,
            "periods": None if patience is None else patience.periods,
            "reduce": None if keep is None else [d for d in design.dims if d not in keep],
        },
    )
    assembly: Assembly | Tally
    if keep is None:
        meanings = {} if patience is None else patience.meanings()
        assembly = Assembly(design, model, names, limit, rules, meanings)
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
    if job.patience is not None:
        _ = job.repeated
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
