"""What a sweep can report, what each variable costs, and what one run of points has to say.

A worker turns a run of points into an :class:`Answer`, which knows nothing of the other runs;
:mod:`hedging.engine.assembly` puts the answers together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.regions_code import encode
from hedging.equilibria.result import Equilibria, choice_offsets
from hedging.errors import HedgingTypeError, ParameterError, UnknownNameError, suggest

__all__ = [
    "CONCEPTS",
    "RAGGED",
    "REPORTS",
    "VALUES",
    "Answer",
    "Labels",
    "answer",
    "bytes_per_point",
    "check_report",
    "memory_text",
    "needs_solver",
    "pure_profiles",
]

VALUES = ("margin", "profile_payoff", "critical_delta", "sustainable")
"""Numbers, and one answer, at one named profile."""

CONCEPTS = ("logit", "correlated", "rationalisable", "evolution")
"""Solution concepts other than Nash equilibrium."""

REPORTS = (
    *("region", "count", "status", "pure", "probability", "payoff", "regret", "selected"),
    *CONCEPTS,
    *VALUES,
)
"""Variables a sweep can be asked for, in the order they appear in the result."""

RAGGED = ("probability", "payoff", "regret")
"""Variables with one entry per equilibrium."""


class Labels(Protocol):
    """The part of a model that names things."""

    @property
    def players(self) -> Sequence[str]:
        """Labels of the n players."""

    @property
    def actions(self) -> Sequence[Sequence[str]]:
        """Labels of each player's actions."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of actions of each player."""


def check_report(report: Any) -> tuple[str, ...]:
    """The report's names in the order of :data:`REPORTS`; ``status`` always among them.

    A number of equilibria is worth nothing without knowing whether it is *the* number.
    """
    names = [report] if isinstance(report, str) else report
    try:
        names = list(names)
    except TypeError:
        msg = f"report is {report!r}; type names such as ('region', 'count')"
        raise HedgingTypeError(msg) from None
    if not names:
        msg = f"report is empty; type at least one of {', '.join(REPORTS)}"
        raise ParameterError(msg)
    for name in names:
        if name not in REPORTS:
            msg = f"a sweep cannot report {name!r}; {suggest(name, REPORTS, most=len(REPORTS))}"
            raise UnknownNameError(msg)
    return tuple(name for name in REPORTS if name in names or name == "status")


def needs_solver(report: Any) -> bool:
    """Whether a report asks for more than pure equilibria and numbers at a profile.

    Beside those, status is about the payoffs; on its own it is about the equilibria.

    Examples
    --------
    >>> needs_solver("pure"), needs_solver(("pure", "status")), needs_solver(("pure", "count"))
    (False, False, True)
    """
    names = {report} if isinstance(report, str) else set(report)
    return not (names - {"status"} or names) <= {"pure", *CONCEPTS, *VALUES}


def _row_bytes(report: Sequence[str], shape: Sequence[int]) -> int:
    """Bytes per equilibrium, once in a chunk's answer and once in the padded result."""
    sizes = {"probability": 8 * sum(shape), "payoff": 8 * len(shape), "regret": 8}
    wanted = [sizes[name] for name in report if name in sizes]
    return 2 * (sum(wanted) + 8) if wanted else 0


def bytes_per_point(report: Sequence[str], shape: Sequence[int], equilibria: int = 1) -> int:
    """Memory one point takes while a sweep is assembled, if no point has more ``equilibria``."""
    # Region codes take two bytes unless there are hundreds of thousands of sets of supports.
    sizes = {"region": 2, "count": 1, "pure": math.prod(shape), "status": 1}
    # Supports and mixes chosen by one rule; a sweep with several is measured as it goes.
    sizes |= {"selected": 9 + 8 * sum(shape)}
    sizes |= {"logit": 8 * sum(shape), "correlated": 8 * math.prod(shape) + 8}
    sizes |= {"rationalisable": sum(shape), "evolution": 2 * (2 ** shape[0] - 1)}
    sizes |= {"margin": 8, "profile_payoff": 8 * len(shape), "critical_delta": 17}
    sizes |= {"sustainable": 1}
    return sum(sizes.get(name, 0) for name in report) + equilibria * _row_bytes(report, shape)


def memory_text(number: float) -> str:
    """Bytes in words: ``memory_text(3 * 2**30) == '3 GiB'``."""
    units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while number >= 1024 and len(units) > 1:
        number /= 1024
        del units[0]
    return f"{number:.3g} {units[0]}"


@dataclass(slots=True)
class Answer:
    """What one run of points has to say, in plain arrays; N points, E equilibria.

    ``region`` holds codes of this answer's own table ``regions``.  ``stages`` counts the points by
    the arithmetic or the solver that settled them, ``methods`` those of ``sustainable`` by what
    decided them, and ``fallback`` those that went to the subdivision (three and more players).
    """

    start: int
    status: NDArray[np.uint8]
    count: NDArray[Any]
    region: NDArray[Any] | None = None
    regions: Sequence[tuple[int, ...]] = field(default_factory=list)
    stages: dict[str, int] = field(default_factory=dict)
    methods: dict[str, int] = field(default_factory=dict)
    fallback: int | None = None
    values: dict[str, NDArray[Any]] = field(default_factory=dict)
    pure: NDArray[np.bool_] | None = None
    support: NDArray[np.uint64] | None = None
    ragged: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of points."""
        return len(self.status)


def answer(
    start: int,
    found: Equilibria,
    payoffs: NDArray[np.float64],
    report: Sequence[str],
    rules: Sequence[str] = (),
    unit: str = "range",
) -> Answer:
    """Reduce the equilibria of a run of games to what was asked for.

    Parameters
    ----------
    start : int
        Number of the first point.
    found : Equilibria
        Of N games.
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)
    report : sequence of str
    rules : sequence of str
        Rules of selection, where the report asks for ``selected``.
    unit : str
        Of payoffs in the rule "logit".
    """
    result = Answer(start, found.status, found.count)
    if "region" in report:
        result.region, result.regions = encode(found)
    if "pure" in report:
        result.pure = _pure(found, payoffs.shape[2:])
    if any(name in report for name in RAGGED):
        result.support = found.support
        probability = found.probability.astype(np.float64)
        payoff, regret = payoffs_and_regret(payoffs, found)
        values = {"probability": probability, "payoff": payoff, "regret": regret}
        result.ragged = {name: values[name] for name in RAGGED if name in report}
    if "selected" in report:
        result.values |= _selected(found, payoffs, rules, unit)
    return result


def _selected(
    found: Equilibria, payoffs: NDArray[np.float64], rules: Sequence[str], unit: str
) -> dict[str, NDArray[Any]]:
    """The equilibrium each rule chooses: its support (0 if none), its mixes, the verdict."""
    from hedging.equilibria.selection import choose

    size, choices = len(found.status), found.probability.shape[1]
    support = np.zeros((size, len(rules)), dtype=np.uint64)
    probability = np.full((size, len(rules), choices), np.nan)
    verdict = np.zeros((size, len(rules)), dtype=np.int8)
    for k, rule in enumerate(rules):
        selection = choose(payoffs, found, rule, unit=unit)
        verdict[:, k] = selection.verdict
        games = np.flatnonzero(selection.chosen >= 0)
        rows = found.offsets[games] + selection.chosen[games]
        support[games, k] = found.support[rows]
        probability[games, k] = found.probability[rows]
    return {"selected": support, "selected_probability": probability, "verdict": verdict}


def _pure(found: Equilibria, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which action profiles are equilibria, shape (N, number of profiles) in C order."""
    # Every pure equilibrium is an extreme one, so the list of equilibria holds them all.
    starts = choice_offsets(shape)
    # Supports, not probabilities: those of a mix may underflow.
    bits = np.arange(starts[-1], dtype=np.uint64)
    positive = (found.support[:, None] >> bits & np.uint64(1)).astype(np.bool_)
    pure = positive.sum(axis=1) == len(shape)
    played = tuple(positive[pure, a:b].argmax(axis=1) for a, b in pairwise(starts))
    result = np.zeros((len(found.status), math.prod(shape)), dtype=np.bool_)
    result[found.game[pure], np.ravel_multi_index(played, shape)] = True
    return result


def pure_profiles(masks: Sequence[int], shape: Sequence[int]) -> NDArray[np.bool_]:
    """Which action profiles are equilibria, read off the supports of all equilibria.

    Examples
    --------
    >>> pure_profiles((0b0101, 0b1111), (2, 2)).tolist()
    [True, False, False, False]
    """
    starts = choice_offsets(shape)
    result = np.zeros(math.prod(shape), dtype=np.bool_)
    for mask in masks:
        if mask.bit_count() == len(shape):
            bits = [mask >> a & ((1 << (b - a)) - 1) for a, b in pairwise(starts)]
            place = tuple(bit.bit_length() - 1 for bit in bits)
            result[np.ravel_multi_index(place, tuple(shape))] = True
    return result
