"""What a sweep may be asked, and what it may not: every argument checked before work starts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hedging.engine.axes import closest, is_positive_int
from hedging.engine.design import Design, Grid, Sample
from hedging.engine.report import (
    REPORTS,
    VALUES,
    bytes_per_point,
    memory_text,
    needs_solver,
)
from hedging.engine.tally import kept_dims
from hedging.errors import (
    HedgingError,
    HedgingTypeError,
    ParameterError,
    UnknownNameError,
)
from hedging.model import Model
from hedging.profile import read_profile

__all__ = [
    "available_bytes",
    "check_arguments",
    "check_memory",
    "check_names",
    "check_reduce",
    "read_profile_at",
    "read_rules",
    "read_unit",
    "use_machine",
]


_RESERVED = frozenset({*REPORTS, "support", "equilibrium", "choice", "player", "profile", "point"})
"""Names of the result that no parameter axis may take."""

_OPTIONS = frozenset(
    {"model", "design", "report", "store", "executor", "progress"}
    | {"check_bounds", "engine", "chunk", "max_bytes"}
    | {"profile", "rule", "rationality", "unit", "maximise", "concept", "reduce"}
    | {"punishment", "periods"}
)
"""Arguments of sweep, which a parameter of the same name could not be told from."""


def check_arguments(
    model: Any, design: Any, store: Any, engine: Any, chunk: Any, max_bytes: Any, executor: Any
) -> None:
    """Refuse arguments of the wrong kind."""
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


def read_profile_at(model: Model, report: Sequence[str], profile: Any) -> tuple[int, ...] | None:
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


def read_rules(report: Sequence[str], rule: Any) -> tuple[str, ...]:
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


def read_unit(unit: Any) -> None:
    """Refuse what is no unit of payoffs."""
    units = ("range", "stakes", "payoff")
    if unit not in units:
        msg = f"unit {unit!r} given; choose one of {', '.join(map(repr, units))}"
        raise ParameterError(msg)


def check_reduce(design: Design, report: Any, reduce: Any) -> tuple[str, ...]:
    """The dimensions that stay in a reduced sweep."""
    if set([report] if isinstance(report, str) else report) - {"region", "count", "status"}:
        msg = f"reduce={reduce!r} with report={report!r}; a reduced sweep reports ('region',) only"
        raise ParameterError(msg)
    return kept_dims(design, reduce)


def use_machine(model: Model, report: Sequence[str], engine: str) -> bool:
    """Whether to compile."""
    from hedging.engine.compiled import can_compile

    if engine == "numpy":
        return False
    if not needs_solver(report):
        return True
    able = can_compile(model)
    if engine == "machine" and not able:
        msg = (
            f"engine 'machine' cannot solve {model.name!r} of shape "
            f"{' x '.join(map(str, model.shape))}; type engine='numpy'"
        )
        raise ParameterError(msg)
    return able


def check_names(model: Model, design: Design, fixed: dict[str, Any]) -> None:
    """Refuse axes and fixed values that are no parameters, or names that mean something else."""
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


def available_bytes() -> int:
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


def check_memory(design: Design, report: Sequence[str], shape: Sequence[int], limit: int) -> None:
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
