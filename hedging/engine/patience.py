"""Sweeps over repeated games: critical discount factors, and what is sustainable at one.

The payoffs of a run of points go to :mod:`hedging.repeated.one_profile`.  A threshold jumps where
payoffs that it compares tie, so a point where doubles compare two of them wrongly is answered from
its payoffs in rationals.  Nash reversion, the default, has a program of its own, which
:mod:`hedging.engine.profiles` evaluates.

The discount factor of ``sustainable`` is the parameter ``delta``.  A model that has none gets one,
on which its payoffs do not depend, so that patience can be an axis like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.blocks import Block, Layout
from hedging.engine.comparisons import (
    batches,
    closest_payoffs,
    compared_payoffs,
    payoff_differences,
    payoff_error,
)
from hedging.engine.design import Design
from hedging.errors import ParameterError, Status, UnknownNameError, suggest
from hedging.model import Model, Parameter
from hedging.program import doubles, rationals
from hedging.program.adaptive import OPEN, UNDEFINED, exact_signs
from hedging.program.graph import Builder
from hedging.repeated.one_profile import (
    ENOUGH_STICKS,
    PUNISHMENTS,
    UNDECIDED,
    critical,
    decide,
)
from hedging.repeated.stage import check_delta, check_periods

__all__ = ["DELTA", "PatienceOptions", "PatienceSweep", "read_patience", "with_delta"]

Floats = NDArray[np.float64]

DELTA = "delta"
"""Name of the discount factor among the parameters."""

_PATIENCE = ("critical_delta", "sustainable")
_PART = 1 << 15
"""Points whose payoffs are in memory at the same time."""

_SUSTAINED_BY = {
    "optimal_penal_code": "some credible punishment",
    "nash_reversion": "Nash reversion",
    "stick_carrot": "one period of the best sticks",
    "minmax_bound": "pure minmax punishment (a bound)",
    "transfers": "reversion with side payments",
}


@dataclass(frozen=True, slots=True)
class PatienceOptions:
    """What is asked about patience.

    Attributes
    ----------
    names : tuple of str
        Reports to compute here, of ``critical_delta`` and ``sustainable``.
    profile : tuple of int
    punishment : str
    periods : int or None
        Length of the finite punishment.
    """

    names: tuple[str, ...]
    profile: tuple[int, ...]
    punishment: str
    periods: int | None

    def beyond_programs(self) -> PatienceOptions | None:
        """The same without what :mod:`hedging.engine.profiles` computes; None if that is all."""
        if self.punishment != "nash_reversion":
            return self
        names = tuple(name for name in self.names if name != "critical_delta")
        return replace(self, names=names) if names else None

    def meanings(self) -> dict[str, str]:
        """What the variables mean, in words."""
        if self.punishment == "finite":
            what = f"a punishment of {self.periods} period{'s' if self.periods != 1 else ''}"
        else:
            what = _SUSTAINED_BY[self.punishment]
        return {
            "critical_delta": f"discount factor from which {what} sustains the profile",
            "critical_delta_lower": "lower bound of the critical discount factor",
            "sustainable": f"whether {what} sustains the profile",
        }


def read_patience(
    report: Sequence[str],
    profile: tuple[int, ...] | None,
    shape: Sequence[int],
    punishment: str | None,
    periods: int | None,
) -> PatienceOptions | None:
    """Check what is asked about patience; None if nothing is.

    Raises
    ------
    UnknownNameError
        If there is no such punishment.
    ParameterError
        If ``periods`` is missing, is no number of periods or belongs to another punishment, or
        there are too many sticks to choose from.
    """
    names = tuple(name for name in _PATIENCE if name in report)
    if punishment is not None and punishment not in PUNISHMENTS:
        msg = f"no punishment {punishment!r}; {suggest(punishment, PUNISHMENTS)}"
        raise UnknownNameError(msg)
    if (punishment == "finite") != (periods is not None):
        msg = (
            f"punishment is {punishment!r} and periods {periods!r}; "
            "type punishment='finite', periods=3, or give no periods"
        )
        raise ParameterError(msg)
    if periods is not None:
        periods = check_periods(periods, "periods")
    if not names:
        return None
    assert profile is not None
    if punishment is None:
        # One punishment for both, so that they agree.
        punishment = "optimal_penal_code" if "sustainable" in names else "nash_reversion"
    choices = prod(shape) ** len(shape)
    if punishment == "stick_carrot" and len(shape) > 2 and choices > ENOUGH_STICKS:
        msg = (
            f"sticks of {len(shape)} players with {prod(shape)} profiles can be chosen in "
            f"{choices} ways, beyond {ENOUGH_STICKS}; type punishment='nash_reversion'"
        )
        raise ParameterError(msg)
    return PatienceOptions(names, profile, punishment, periods)


def with_delta(
    model: Model, report: Sequence[str], design: Design, fixed: Mapping[str, Any]
) -> Model:
    """The model, with a parameter ``delta`` if ``sustainable`` is asked of one that has none.

    Raises
    ------
    ParameterError
        If no discount factor is given, or one is not in [0, 1).
    """
    if "sustainable" not in report:
        return model
    given = design.columns()[DELTA] if DELTA in design.names else fixed.get(DELTA)
    if given is None and DELTA not in model.parameters:
        msg = (
            "'sustainable' is asked for at no discount factor; type delta=0.9, "
            "or make it an axis, as in grid(delta=(0, 0.99, 100))"
        )
        raise ParameterError(msg)
    for value in [] if given is None else [np.min(given), np.max(given)]:
        check_delta(value)
    return model if DELTA in model.parameters else _extended(model)


@lru_cache(maxsize=8)
def _extended(model: Model) -> Model:
    most = float(np.nextafter(1.0, 0.0))
    return Model(
        model.name,
        players=model.players,
        actions=model.actions,
        parameters=[
            *model.parameters.values(),
            Parameter(DELTA, 0.9, 0, most, "discount factor of the players", symbol=r"\delta"),
        ],
        payoffs={player: table.tolist() for player, table in model.payoffs.items()},
        source=model.source,
        title=model.title,
        notes=model.notes,
        curves=model.curves,
    )


class PatienceSweep:
    """Thresholds and answers of one model over one layout.

    Parameters
    ----------
    model : Model
    layout : Layout
    options : PatienceOptions
    machine : bool
        Compile the payoffs; they are the same without.
    """

    def __init__(
        self, model: Model, layout: Layout, options: PatienceOptions, machine: bool
    ) -> None:
        self._layout, self._options = layout, options
        self._shape = (len(model.shape), *model.shape)
        self._payoffs = model.program
        builder = Builder(model.program.inputs)
        payoffs = builder.append(model.program)
        pairs = compared_payoffs(model.shape, options.profile)
        # The same value twice is a tie that no arithmetic gets wrong.
        self._pairs = [(x, y) for x, y in pairs if payoffs[x] != payoffs[y]]
        self._comparisons = payoff_differences(model.program, self._pairs)
        closest = closest_payoffs(builder, payoffs, self._pairs)
        self._values = builder.program([*payoffs, closest])
        self._kernel: Any = None
        if machine:
            from hedging.program.machine import fused_values

            self._kernel = fused_values(self._values, layout.row_names, layout.lane_names)

    def answer(
        self, start: int, stop: int
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.uint8], dict[str, int]]:
        """What the points numbered ``start`` to ``stop - 1`` have to say.

        Returns
        -------
        values : dict of str to array, shape (N,)
            ``critical_delta``, its lower end, ``binding_player`` and ``sustainable`` as asked.
        status : uint8 array, shape (N,)
        methods : dict of str to int
            How many points each method decided, for optimal penal codes.
        """
        cuts = [*range(start, stop, _PART), stop]
        parts = [self._answer(a, b) for a, b in pairwise(cuts)]
        methods: dict[str, int] = {}
        for _, _, decided in parts:
            for name, points in decided.items():
                methods[name] = methods.get(name, 0) + points
        values = {name: np.concatenate([part[0][name] for part in parts]) for name in parts[0][0]}
        return values, np.concatenate([part[1] for part in parts]), methods

    def _answer(
        self, start: int, stop: int
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.uint8], dict[str, int]]:
        from hedging.repeated.optimal_penal_code import METHODS

        payoffs, status, exact = self._table(start, stop)
        ordinary = status != Status.NONFINITE
        ordinary[list(exact)] = False
        groups = [(np.flatnonzero(ordinary), payoffs[ordinary])]
        groups += [(np.array([point]), game[None]) for point, game in exact.items()]
        size, asked = len(status), self._options
        how = (asked.punishment, asked.periods)
        values: dict[str, NDArray[Any]] = {}
        if "critical_delta" in asked.names:
            values["critical_delta"] = np.full(size, np.nan)
            values["binding_player"] = np.full(size, -1, dtype=np.int8)
            lower = np.full(size, np.nan)
            if asked.punishment == "optimal_penal_code":
                values["critical_delta_lower"] = lower
            for where, games in groups:
                if len(where):
                    found = critical(games, asked.profile, *how)
                    values["critical_delta"][where] = found.value
                    values["binding_player"][where] = found.binding
                    lower[where] = found.lower
                    _worsen(status, where, found.status)
        counts = np.zeros(len(METHODS), dtype=np.int64)
        if "sustainable" in asked.names:
            delta = self._delta(start, stop)
            values["sustainable"] = np.full(size, UNDECIDED, dtype=np.uint8)
            for where, games in groups:
                if len(where):
                    answers = decide(games, asked.profile, delta[where], *how)
                    values["sustainable"][where] = answers.flag
                    counts += np.bincount(answers.method, minlength=len(METHODS))
                    _worsen(status, where, answers.status)
        if "sustainable" in asked.names and asked.punishment == "optimal_penal_code":
            # Three and more players have no last resort.
            names = METHODS if len(asked.profile) == 2 else (*METHODS[:-1], "undecided")
            return values, status, dict(zip(names, counts.tolist(), strict=True))
        return values, status, {}

    def _delta(self, start: int, stop: int) -> Floats:
        design, size = self._layout.design, stop - start
        if DELTA in design.names:
            return design.points(start, stop)[DELTA]
        return np.full(size, self._layout.fixed[DELTA])

    def _table(
        self, start: int, stop: int
    ) -> tuple[Floats, NDArray[np.uint8], dict[int, NDArray[Any]]]:
        """Payoffs, shape (N, n, m_1, ..., m_n), what they are worth, and exact ones of some."""
        blocks = list(self._layout.blocks(start, stop))
        values = np.empty((len(self._values.outputs), stop - start))
        at = 0
        for block in blocks:
            values[:, at : at + block.size] = self._evaluate(start + at, block)
            at += block.size
        payoffs, closest = np.ascontiguousarray(values[:-1].T), values[-1]
        status = np.zeros(stop - start, dtype=np.uint8)
        finite: NDArray[np.bool_] = np.asarray(np.isfinite(payoffs).all(axis=1))
        error = payoff_error(self._payoffs, self._layout, blocks)
        # Rounding may hide a division by zero.
        for points in batches(np.flatnonzero(finite & ~np.isfinite(error))):
            undefined = exact_signs(self._payoffs, self._layout.columns(start + points)).sign
            finite[points[(undefined == UNDEFINED).any(axis=0)]] = False
        status[~finite] = Status.NONFINITE
        exact: dict[int, NDArray[Any]] = {}
        if self._pairs:
            for points in batches(np.flatnonzero(finite & (closest <= 2 * error) & (error > 0))):
                exact |= self._compare(payoffs, status, start, points)
        return payoffs.reshape(-1, *self._shape), status, exact

    def _compare(
        self, payoffs: Floats, status: NDArray[np.uint8], start: int, points: NDArray[np.int64]
    ) -> dict[int, NDArray[Any]]:
        """Exact payoffs at those of some points where doubles compare them wrongly."""
        columns = self._layout.columns(start + points)
        signs = exact_signs(self._comparisons, columns).sign
        left, right = np.array(self._pairs).T
        some = payoffs[points]
        wrong = signs != np.sign(some[:, left] - some[:, right]).T
        open_ = (signs == OPEN).any(axis=0)
        found = {}
        for k in np.flatnonzero(wrong.any(axis=0) & ~open_).tolist():
            try:
                exact = rationals.evaluate(self._payoffs, [Fraction(float(c[k])) for c in columns])
            except (rationals.Irrational, ZeroDivisionError):
                open_[k] = True
            else:
                game = np.array([Fraction(value) for value in exact], dtype=object)
                found[int(points[k])] = game.reshape(self._shape)
        status[points[open_]] = Status.DEGENERATE
        return found

    def _evaluate(self, first: int, block: Block) -> Floats:
        if self._kernel is None:
            columns = self._layout.columns(np.arange(first, first + block.size))
            found = doubles.evaluate(self._values, columns)
            return np.array([np.broadcast_to(v, (block.size,)) for v in found])
        rows = self._layout.rows(block.first_row, block.last_row)
        lanes = self._layout.lanes[:, block.first_lane : block.last_lane]
        result: Floats = self._kernel(rows, lanes).reshape(-1, block.size)
        return result


def _worsen(status: NDArray[np.uint8], points: NDArray[np.int64], found: NDArray[np.uint8]) -> None:
    """Note what was found at some points, unless they are worth less already."""
    status[points] = np.where(status[points] == Status.OK, found, status[points])
