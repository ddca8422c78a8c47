"""Putting the answers of a sweep together: one array per variable, one Dataset in the end.

Answers may come in any order and from any thread; each is written where its points belong.
Nothing in the result depends on how the points were cut up or who solved them: the
codes of ``region`` are numbered only when all answers are in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.concepts import faces
from hedging.engine.design import Design
from hedging.engine.region_table import RegionTable, room_for
from hedging.engine.report import RAGGED, Answer, Labels, bytes_per_point, memory_text
from hedging.equilibria.regions_code import support_label
from hedging.errors import ParameterError, Status

__all__ = ["Assembly"]

_TAILS = {
    "profile_payoff": ("player",),
    "logit": ("choice",),
    "rationalisable": ("choice",),
    "correlated": ("profile",),
    "rest_stability": ("face",),
    "ess": ("face",),
}
"""Further dimensions of variables that are no plain numbers."""

_MEANING = {
    "logit": "probability of the choice in the logit response",
    "rationalisable": "the choice survives iterated elimination of strictly dominated actions",
    "correlated": "probability of the profile in the best correlated equilibrium",
    "rest_stability": "stability of the rest point of the replicator dynamics on the face",
    "ess": "the rest point on the face is evolutionarily stable",
    "correlated_value": "value of the best correlated equilibrium (utility index)",
    "margin": "least loss of a deviation from the profile, over players (utility index)",
    "profile_payoff": "payoff at the profile (utility index)",
    "binding_player": "player whose incentive sets the critical discount factor",
}

_UNKNOWN = {"rest_stability": 255, "sustainable": 2}
"""Flags of points that were not reached; elsewhere nan, -1 and 0."""

_RELABEL = 1 << 20
"""Codes renumbered at a time."""


class Assembly:
    """Collects answers in any order and makes the Dataset.

    Parameters
    ----------
    design : Design
    labels : Labels
        The model's players, actions and shape.
    report : sequence of str
    rules : sequence of str
        Rules of selection, where ``selected`` is reported.
    max_bytes : int
        Limit for the padded arrays, whose size is known only once the games are solved.
    meanings : mapping of str to str, optional
        What variables mean in this sweep.
    """

    def __init__(
        self,
        design: Design,
        labels: Labels,
        report: Sequence[str],
        max_bytes: int,
        rules: Sequence[str] = (),
        meanings: Mapping[str, str] | None = None,
    ) -> None:
        self._meanings = {**_MEANING, **(meanings or {})}
        self.methods: dict[str, int] = {}
        size = design.size
        self._rules = tuple(rules)
        self._design, self._labels, self._report = design, labels, tuple(report)
        self._max_bytes = max_bytes
        self._lock = Lock()
        self.done: set[int] = set()
        self.points = 0
        self.stages: dict[str, int] = {}
        self.fallback: int | None = None
        self._status = np.full(size, Status.NOT_RUN, dtype=np.uint8)
        # Small types first; the few sweeps that outgrow them are copied once.
        counted = "count" in report
        self._count: NDArray[Any] = np.zeros(size if counted else 0, dtype=np.uint8)
        self._region: NDArray[Any] = np.zeros(size if "region" in report else 0, dtype=np.uint8)
        self._table = RegionTable()
        profiles = math.prod(labels.shape) if "pure" in report else 0
        self._pure = np.zeros((size, profiles), dtype=np.bool_)
        self._values: dict[str, NDArray[Any]] = {}
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
        region = None if piece.region is None else self._table.codes(piece)
        most = int(piece.count.max(initial=0))
        with self._lock:
            if piece.start in self.done:
                return
            if region is not None:
                self._region = room_for(self._region, region.dtype)
                self._region[where] = region
            if piece.pure is not None:
                self._pure[where] = piece.pure
            if len(self._count):
                self._count = room_for(self._count, np.min_scalar_type(most))
                self._count[where] = piece.count
            self._status[where] = piece.status
            for name, values in piece.values.items():
                if name not in self._values:
                    blank = {"f": np.nan, "i": -1}.get(values.dtype.kind, _UNKNOWN.get(name, 0))
                    shape = (self._design.size, *values.shape[1:])
                    self._values[name] = np.full(shape, blank, dtype=values.dtype)
                self._values[name][where] = values
            if piece.support is not None:
                self._pieces.append(piece)
                self._widen(max(1, most))
            for stage, points in piece.stages.items():
                self.stages[stage] = self.stages.get(stage, 0) + points
            if piece.fallback is not None:
                self.fallback = (self.fallback or 0) + piece.fallback
            for method, points in piece.methods.items():
                self.methods[method] = self.methods.get(method, 0) + points
            self.done.add(piece.start)
            self.points += piece.size

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
        if any(name in self._report for name in RAGGED):
            variables |= self._ragged_variables()
        variables |= self._selected_variables(coords)
        for name, values in self._values.items():
            more = _TAILS.get(name, ())
            variables[name] = (
                (*dims, *more),
                values.reshape(*shape, *values.shape[1:]),
                {"long_name": self._meanings[name], "units": "1"},
            )
        if "rest_stability" in self._values:
            variables["rest_stability"][2].update(
                flag_values=np.array([0, 1, 2, 254, 255], dtype=np.uint8),
                flag_meanings="stable unstable neutral continuum none",
            )
        if "binding_player" in self._values:
            variables["binding_player"][2].update(
                flag_values=np.arange(-1, len(self._labels.players), dtype=np.int8),
                flag_meanings=" ".join(["nobody", *self._labels.players]),
            )
        if "sustainable" in self._values:
            variables["sustainable"][2].update(self._sustainable_attrs())
        attrs: dict[str, Any] = {"hedging": provenance}
        if total := sum(self.stages.values()):
            attrs["stages"] = json.dumps({k: v / total for k, v in self.stages.items()})
        if self.fallback is not None and self.points:
            attrs["fallback"] = self.fallback / self.points
        return xr.Dataset(variables, coords=coords, attrs=attrs)

    def _sustainable_attrs(self) -> dict[str, Any]:
        """Flags, and by what they were found."""
        attrs: dict[str, Any] = {
            "flag_values": np.array([0, 1, 2], dtype=np.uint8),
            "flag_meanings": "no yes undecided",
        }
        total = sum(self.methods.values())
        if total:
            shares = {name: points / total for name, points in self.methods.items()}
            attrs["decided_by"] = json.dumps(shares)
            if "optimal_penal_code" in shares:
                attrs["escalated"] = shares["optimal_penal_code"]
        return attrs

    def _selected_variables(self, coords: dict[str, Any]) -> dict[str, Any]:
        """What each rule chooses, with supports in words."""
        if "selected" not in self._values:
            return {}
        from hedging.equilibria.selection import Verdict

        support, probability, verdict = (
            self._values.pop(name) for name in ("selected", "selected_probability", "verdict")
        )
        dims, shape = self._design.dims, self._design.shape
        actions = self._labels.actions
        masks, place = np.unique(support, return_inverse=True)
        spelt = np.array([support_label(m, actions) if m else "" for m in masks.tolist()], object)
        coords["rule"] = (("rule",), list(self._rules), {"long_name": "rule of selection"})
        coords |= self._choice_coords()
        return {
            "selected": (
                (*dims, "rule"),
                spelt[place].reshape(*shape, -1),
                {"long_name": "support of the equilibrium the rule chooses", "units": "1"},
            ),
            "selected_probability": (
                (*dims, "rule", "choice"),
                probability.reshape(*shape, *probability.shape[1:]),
                {"long_name": "probability of the choice in that equilibrium", "units": "1"},
            ),
            "verdict": (
                (*dims, "rule"),
                verdict.reshape(*shape, -1),
                {
                    "long_name": "what became of the rule",
                    "units": "1",
                    "flag_values": np.array([v.value for v in Verdict], dtype=np.int8),
                    "flag_meanings": " ".join(v.name.lower() for v in Verdict),
                },
            ),
        }

    def _choice_coords(self) -> dict[str, Any]:
        players, actions = self._labels.players, self._labels.actions
        owner = [p for p, mine in zip(players, actions, strict=True) for _ in mine]
        flat = [action for mine in actions for action in mine]
        return {
            "choice": (("choice",), np.arange(len(flat))),
            "player_of": (("choice",), np.array(owner), {"long_name": "player who chooses"}),
            "action": (("choice",), np.array(flat), {"long_name": "action chosen"}),
        }

    def _coords(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        coords: dict[str, Any] = {}
        for name, values in self._design.columns().items():
            dim = name if name in self._design.dims else self._design.dims[0]
            parameter = parameters[name]
            attrs = {"long_name": parameter.meaning or name, "units": parameter.unit or "1"}
            coords[name] = ((dim,), np.array(values), attrs)
        players, actions = self._labels.players, self._labels.actions
        if "pure" in self._report or "correlated" in self._report:
            coords["profile"] = (("profile",), np.array(_profiles(actions)))
        if {"probability", "logit", "rationalisable"} & set(self._report):
            coords |= self._choice_coords()
        if "evolution" in self._report:
            coords["face"] = (("face",), faces(actions[0]), {"long_name": "actions in use"})
        if any(name in self._report for name in RAGGED):
            coords["equilibrium"] = (("equilibrium",), np.arange(self._widest))
        if "payoff" in self._report or "profile_payoff" in self._report:
            coords["player"] = (("player",), np.array(list(players)))
        return coords

    def _region_variable(self) -> Any:
        """Codes in the order of the finished table, in the smallest type that holds them."""
        _, final = self._table.final()
        region = room_for(self._region, final.dtype)
        for start in range(0, len(region), _RELABEL):
            # In place: a second array might not fit.
            piece = region[start : start + _RELABEL]
            piece[:] = final[piece]
        attrs = self._table.attributes(self._labels.actions)
        return (self._design.dims, region.reshape(self._design.shape), attrs)

    def _ragged_variables(self) -> dict[str, Any]:
        size, widest = self._design.size, self._widest
        dims, shape = self._design.dims, self._design.shape
        tails = {
            "probability": (("choice",), (sum(self._labels.shape),)),
            "payoff": (("player",), (len(self._labels.shape),)),
            "regret": ((), ()),
        }
        names = [name for name in RAGGED if name in self._report]
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


def _profiles(actions: Sequence[Sequence[str]]) -> list[str]:
    names = [""]
    for k, mine in enumerate(actions):
        names = [f"{before}|{action}" if k else action for before in names for action in mine]
    return names
