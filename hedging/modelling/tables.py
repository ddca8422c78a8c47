"""Reading what a model is given: labels, parameters, payoff tables and values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from hedging import formula
from hedging.errors import FormulaError, GameError, HedgingTypeError, ParameterError
from hedging.game import Game
from hedging.modelling.parameter import Parameter

__all__ = ["as_floats", "check_values", "entries", "read_labels", "read_parameters"]


def read_parameters(parameters: Sequence[Any]) -> Mapping[str, Parameter]:
    """Parameters by name, in order; refuses repeated names."""
    found: dict[str, Parameter] = {}
    for p in parameters:
        if not isinstance(p, Parameter):
            msg = f"parameters hold {p!r}; give hedging.Parameter(name, default, low, high)"
            raise HedgingTypeError(msg)
        if p.name in found:
            msg = f"parameter {p.name!r} is given twice; give each name once"
            raise ParameterError(msg)
        found[p.name] = p
    return MappingProxyType(found)


def read_labels(
    players: Sequence[str], actions: Sequence[Sequence[str]] | Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Labels as tuples; a game of zeros judges them, so that the rules live in one place."""
    for what, labels in (("players", players), ("actions", actions)):
        if isinstance(labels, str) or _length(labels) < 1:
            msg = f"{what} is {labels!r}; give a list with one entry per player"
            raise HedgingTypeError(msg)
    if isinstance(actions, Mapping):
        if set(actions) != set(players):
            msg = f"actions are given for {', '.join(actions)}; expected {', '.join(players)}"
            raise GameError(msg)
        actions = [actions[p] for p in players]
    for labels in actions:
        if isinstance(labels, str) or _length(labels) < 1:
            msg = f"actions hold {labels!r}; give one list of labels per player"
            raise HedgingTypeError(msg)
    shape = tuple(len(a) for a in actions)
    if math.prod(shape) * len(shape) > 1_000_000:
        msg = f"a payoff table of shape {shape} is too large to write as formulas; use a Game"
        raise GameError(msg)
    if len(shape) != len(players):
        msg = f"{len(players)} players but {len(shape)} lists of actions; give one list per player"
        raise GameError(msg)
    game = Game(np.zeros((len(shape), *shape)), players, actions, batch_dims=())
    return tuple(game.players), tuple(tuple(a) for a in game.actions)


def _length(value: Any) -> int:
    """Entries of one level; -1 where there is no such level."""
    if isinstance(value, sympy.NDimArray):
        return int(value.shape[0]) if value.shape else -1  # its own length counts all entries
    try:
        return len(value)
    except TypeError:
        return -1


def as_floats(name: str, value: Any) -> NDArray[np.float64]:
    """Parameter values as doubles, of whatever shape; numbers may be text or fractions."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "OU":
            array = np.asarray(np.frompyfunc(formula.exact_number, 1, 1)(array), dtype=object)
        elif array.dtype.kind not in "iuf":
            raise TypeError
        return array.astype(np.float64)
    except FormulaError as error:
        msg = f"{name}: {error}"
        raise ParameterError(msg) from None
    except (TypeError, ValueError, OverflowError):
        shown = " ".join(repr(value).split())[:40]
        msg = f"{name} is {shown}; give a number or an array of numbers"
        raise HedgingTypeError(msg) from None


def check_values(p: Parameter, value: NDArray[np.float64], check_bounds: bool) -> None:
    """Refuse values that are not finite or, on request, outside the range."""
    if not np.isfinite(value).all():
        worst = value[~np.isfinite(value)].flat[0]
        msg = f"{p.name} is {worst}; give finite numbers in {p.range}"
        raise ParameterError(msg)
    low = float(p.low)
    outside = (value <= low if p.open_low else value < low) | (value > float(p.high))
    if check_bounds and outside.any():
        msg = (
            f"{p.name} is {value[outside].flat[0]:g}, outside its range {p.range}; "
            "give a value inside, or check_bounds=False"
        )
        raise ParameterError(msg)


def entries(
    table: Any, shape: tuple[int, ...], player: str
) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Positions and entries of a nested payoff table in C order, every level measured."""
    for position in product(*(range(m) for m in shape)):
        entry = table
        for depth, k in enumerate(position):
            size = -1 if isinstance(entry, str) else _length(entry)
            if size != shape[depth]:
                found = "no list" if size < 0 else f"{size} entries"
                msg = (
                    f"payoffs of {player} have {found} at level {depth + 1}; "
                    f"give nested lists of shape {shape}, one level per player"
                )
                raise GameError(msg)
            entry = entry[k]
        yield position, entry
