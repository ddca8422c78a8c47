"""What a sweep can report, what each variable costs, and how chunks become one Dataset.

A worker turns a run of points into an :class:`Answer`, which knows nothing of the other
runs; an :class:`Assembly` receives answers in any order and writes each where it belongs.
Nothing in the result depends on how the points were cut up or who solved them: the
codes of ``region`` are numbered only when all answers are in.

See :mod:`hedging.equilibria.regions_code` for what the codes mean.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hedging.engine.axes import closest
from hedging.engine.design import Design
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.regions_code import encode, flag_meanings, merge, support_label
from hedging.equilibria.result import Equilibria, choice_offsets
from hedging.errors import HedgingTypeError, ParameterError, Status, UnknownNameError

__all__ = [
    "REPORTS",
    "Answer",
    "Assembly",
    "Labels",
    "answer",
    "bytes_per_point",
    "check_report",
    "memory_text",
    "pure_profiles",
]

REPORTS = ("region", "count", "status", "pure", "probability", "payoff", "regret")
"""Variables a sweep can be asked for, in the order they appear in the result."""

_RELABEL = 1 << 20
"""Codes renumbered at a time."""

_RAGGED = ("probability", "payoff", "regret")
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
            msg = f"a sweep cannot report {name!r}; {closest(name, REPORTS)}"
            raise UnknownNameError(msg)
    return tuple(name for name in REPORTS if name in names or name == "status")


def _row_bytes(report: Sequence[str], shape: Sequence[int]) -> int:
    """Bytes per equilibrium, once in a chunk's answer and once in the padded result."""
    sizes = {"probability": 8 * sum(shape), "payoff": 8 * len(shape), "regret": 8}
    wanted = [sizes[name] for name in report if name in sizes]
    return 2 * (sum(wanted) + 8) if wanted else 0


def bytes_per_point(report: Sequence[str], shape: Sequence[int], equilibria: int = 1) -> int:
    """Memory one point takes while a sweep is assembled, if no point has more ``equilibria``."""
    # Region codes take two bytes unless there are hundreds of thousands of sets of supports.
    sizes = {"region": 2, "pure": math.prod(shape), "status": 1}
    return 1 + sum(sizes.get(name, 0) for name in report) + equilibria * _row_bytes(report, shape)


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

    ``region`` holds codes of this answer's own table ``regions``; an entry of the table that is
    None is not used.  ``stages`` counts the points by the arithmetic that settled them.
    """

    start: int
    status: NDArray[np.uint8]
    count: NDArray[Any]
    region: NDArray[Any] | None = None
    regions: Sequence[tuple[int, ...] | None] = field(default_factory=list)
    stages: dict[str, int] = field(default_factory=dict)
    pure: NDArray[np.bool_] | None = None
    support: NDArray[np.uint64] | None = None
    ragged: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of points."""
        return len(self.status)


def answer(
    start: int, found: Equilibria, payoffs: NDArray[np.float64], report: Sequence[str]
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
    """
    result = Answer(start, found.status, found.count)
    if "region" in report:
        result.region, result.regions = encode(found)
    if "pure" in report:
        result.pure = _pure(found, payoffs.shape[2:])
    if any(name in report for name in _RAGGED):
        result.support = found.support
        probability = found.probability.astype(np.float64)
        payoff, regret = payoffs_and_regret(payoffs, found)
        values = {"probability": probability, "payoff": payoff, "regret": regret}
        result.ragged = {name: values[name] for name in _RAGGED if name in report}
    return result


def _pure(found: Equilibria, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which action profiles are equilibria, shape (N, number of profiles) in C order."""
    # Every pure equilibrium is an extreme one, so the list of equilibria holds them all.
    starts = choice_offsets(shape)
    positive = found.probability > 0
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


class Assembly:
    """Collects answers in any order and makes the Dataset.

    Parameters
    ----------
    design : Design
    labels : Labels
        The model's players, actions and shape.
    report : sequence of str
    max_bytes : int
        Limit for the padded arrays, whose size is known only once the games are solved.
    """

    def __init__(
        self, design: Design, labels: Labels, report: Sequence[str], max_bytes: int
    ) -> None:
        size = design.size
        self._design, self._labels, self._report = design, labels, tuple(report)
        self._max_bytes = max_bytes
        self._lock = Lock()
        self.done: set[int] = set()
        self.points = 0
        self.stages: dict[str, int] = {}
        self._status = np.full(size, Status.NOT_RUN, dtype=np.uint8)
        # Small types first; the few sweeps that outgrow them are copied once.
        self._count: NDArray[Any] = np.zeros(size, dtype=np.uint8)
        self._region: NDArray[Any] = np.zeros(size if "region" in report else 0, dtype=np.uint8)
        self._codes: dict[tuple[int, ...], int] = {}
        profiles = math.prod(labels.shape) if "pure" in report else 0
        self._pure = np.zeros((size, profiles), dtype=np.bool_)
        self._pieces: list[Answer] = []
        self._widest = 1

    def add(self, piece: Answer) -> None:
        """Write an answer in its place; a second time does nothing.  Any thread may call it.

        Raises
        ------
        ParameterError
            If the answers so far show that the result would not fit in ``max_bytes``.
        """
        where = slice(piece.start, piece.start + piece.size)
        region = None if piece.region is None else self._known(piece)
        most = int(piece.count.max(initial=0))
        with self._lock:
            if piece.start in self.done:
                return
            if region is not None:
                self._region = _room_for(self._region, region.dtype)
                self._region[where] = region
            if piece.pure is not None:
                self._pure[where] = piece.pure
            self._count = _room_for(self._count, np.min_scalar_type(most))
            self._count[where] = piece.count
            self._status[where] = piece.status
            if piece.support is not None:
                self._pieces.append(piece)
                self._widen(max(1, most))
            for stage, points in piece.stages.items():
                self.stages[stage] = self.stages.get(stage, 0) + points
            self.done.add(piece.start)
            self.points += piece.size

    def _known(self, piece: Answer) -> NDArray[Any]:
        """The piece's regions in the codes of this run."""
        with self._lock:
            codes = [
                0 if key is None else self._codes.setdefault(key, len(self._codes) + 1)
                for key in piece.regions
            ]
            dtype = np.min_scalar_type(len(self._codes))
        return np.array([0, *codes], dtype=dtype)[piece.region]

    def _widen(self, equilibria: int) -> None:
        if equilibria <= self._widest:
            return
        self._widest = equilibria
        need = self._design.size * bytes_per_point(self._report, self._labels.shape, equilibria)
        if need > self._max_bytes:
            msg = (
                f"some points have {equilibria} equilibria, so all of them take "
                f"{memory_text(need)} where {memory_text(self._max_bytes)} may be used; "
                "ask for fewer points, report=('region', 'count') only, or raise max_bytes"
            )
            raise ParameterError(msg)

    def dataset(self, parameters: Mapping[str, Any], provenance: str) -> Any:
        """The finished Dataset.

        Parameters
        ----------
        parameters : mapping of str to Parameter
            For the units and meanings of the axes.
        provenance : str
            The JSON that reproduces the run.
        """
        import xarray as xr

        variables: dict[str, Any] = {}
        dims, shape = self._design.dims, self._design.shape
        coords = self._coords(parameters)
        if "region" in self._report:
            variables["region"] = self._region_variable()
        if "count" in self._report:
            variables["count"] = (
                dims,
                self._count.reshape(shape),
                {"long_name": "number of equilibria listed", "units": "1"},
            )
        codes = np.array([s.value for s in Status], dtype=np.uint8)
        variables["status"] = (
            dims,
            self._status.reshape(shape),
            {
                "long_name": "what the number of equilibria is worth",
                "units": "1",
                "flag_values": codes,
                "flag_meanings": " ".join(s.meaning for s in Status),
            },
        )
        if "pure" in self._report:
            variables["pure"] = (
                (*dims, "profile"),
                self._pure.reshape(*shape, -1),
                {"long_name": "the action profile is an equilibrium", "units": "1"},
            )
        if any(name in self._report for name in _RAGGED):
            variables |= self._ragged_variables()
        attrs = {"hedging": provenance}
        if self.stages:
            total = sum(self.stages.values())
            attrs["stages"] = json.dumps({k: v / total for k, v in self.stages.items()})
        return xr.Dataset(variables, coords=coords, attrs=attrs)

    def _coords(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        coords: dict[str, Any] = {}
        for name, values in self._design.columns().items():
            dim = name if name in self._design.dims else self._design.dims[0]
            parameter = parameters[name]
            attrs = {"long_name": parameter.meaning or name, "units": parameter.unit or "1"}
            coords[name] = ((dim,), np.array(values), attrs)
        players, actions = self._labels.players, self._labels.actions
        if "pure" in self._report:
            coords["profile"] = (("profile",), np.array(_profiles(actions)))
        if "probability" in self._report:
            owner = [p for p, mine in zip(players, actions, strict=True) for _ in mine]
            flat = [action for mine in actions for action in mine]
            coords["choice"] = (("choice",), np.arange(len(flat)))
            coords["player_of"] = (
                ("choice",),
                np.array(owner),
                {"long_name": "player who chooses"},
            )
            coords["action"] = (("choice",), np.array(flat), {"long_name": "action chosen"})
        if any(name in self._report for name in _RAGGED):
            coords["equilibrium"] = (("equilibrium",), np.arange(self._widest))
        if "payoff" in self._report:
            coords["player"] = (("player",), np.array(list(players)))
        return coords

    def _region_variable(self) -> Any:
        """Codes in the order of the finished table, in the smallest type that holds them."""
        keys, (lookup,) = merge([list(self._codes)])
        final = lookup.astype(np.min_scalar_type(len(keys)))
        region = _room_for(self._region, final.dtype)
        for start in range(0, len(region), _RELABEL):
            # In place: a second array might not fit.
            piece = region[start : start + _RELABEL]
            piece[:] = final[piece]
        actions = self._labels.actions
        sets = {c: [support_label(m, actions) for m in key] for c, key in enumerate(keys, start=1)}
        attrs = {
            "long_name": "set of equilibrium supports",
            "units": "1",
            "flag_values": np.arange(len(keys) + 1, dtype=final.dtype),
            "flag_meanings": flag_meanings(keys, actions),
            # The same with labels spelt as the model spells them.
            "supports": json.dumps(sets),
        }
        return (self._design.dims, region.reshape(self._design.shape), attrs)

    def _ragged_variables(self) -> dict[str, Any]:
        size, widest = self._design.size, self._widest
        dims, shape = self._design.dims, self._design.shape
        tails = {
            "probability": (("choice",), (sum(self._labels.shape),)),
            "payoff": (("player",), (len(self._labels.shape),)),
            "regret": ((), ()),
        }
        names = [name for name in _RAGGED if name in self._report]
        full = {name: np.full((size, widest, *tails[name][1]), np.nan) for name in names}
        support = np.full((size, widest), "", dtype=object)
        spelt: dict[int, str] = {}
        while self._pieces:
            piece = self._pieces.pop()
            ends = np.cumsum(piece.count)
            assert piece.support is not None
            point = np.repeat(np.arange(piece.size), piece.count)
            rank = np.arange(len(point)) - np.repeat(ends - piece.count, piece.count)
            for name in names:
                full[name][piece.start + point, rank] = piece.ragged[name]
            masks, inverse = np.unique(piece.support, return_inverse=True)
            for mask in masks.tolist():
                spelt.setdefault(mask, support_label(mask, self._labels.actions))
            words = np.array([spelt[mask] for mask in masks.tolist()], dtype=object)
            support[piece.start + point, rank] = words[inverse]
        attrs = {
            "probability": {"long_name": "probability of the choice", "units": "1"},
            "payoff": {"long_name": "expected payoff (utility index)", "units": "1"},
            "regret": {
                "long_name": "largest gain of any player from deviating (utility index)",
                "units": "1",
            },
        }
        variables: dict[str, Any] = {
            name: (
                (*dims, "equilibrium", *tails[name][0]),
                full[name].reshape(*shape, widest, *tails[name][1]),
                attrs[name],
            )
            for name in names
        }
        variables["support"] = (
            (*dims, "equilibrium"),
            support.reshape(*shape, widest),
            {"long_name": "actions played, players separated by |", "units": "1"},
        )
        return variables


def _room_for(array: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """The same numbers in a type that holds ``dtype`` too."""
    wider = np.promote_types(array.dtype, dtype)
    return array if wider == array.dtype else array.astype(wider)


def _profiles(actions: Sequence[Sequence[str]]) -> list[str]:
    names = [""]
    for k, mine in enumerate(actions):
        names = [f"{before}|{action}" if k else action for before in names for action in mine]
    return names
