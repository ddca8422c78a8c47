"""From games to arrays and from arrays to labelled variables: what the front ends share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.regions_code import support_label
from hedging.errors import HedgingTypeError, ParameterError
from hedging.game import Game
from hedging.program.numerals import doubles

__all__ = [
    "choice_coords",
    "double_payoffs",
    "flags",
    "flat_payoffs",
    "labels_of",
    "says",
    "supports",
]

Array = NDArray[Any]


def flat_payoffs(game: Game) -> Array:
    """Payoffs with the batch in one axis, shape (N, n, m_1, ..., m_n)."""
    return game.payoffs.reshape(-1, game.n_players, *game.shape)


def double_payoffs(game: Any, name: str, dim: str) -> Array:
    """Payoffs in doubles, shape (N, n, m_1, ..., m_n), after a look at what was given."""
    if not isinstance(game, Game):
        kind = type(game).__name__
        msg = f"{name} was given {kind}, not a game; type {name}(hg.Game(payoffs))"
        if callable(game):
            msg = f"{name} was given {kind}, not a game; call it first, as in {name}(model())"
        raise HedgingTypeError(msg)
    if dim in game.batch_dims:
        msg = f"a batch dimension is called {dim!r}, as one of the result is; rename it"
        raise ParameterError(msg)
    return np.array(doubles(flat_payoffs(game)), dtype=np.float64)


def supports(probability: Array) -> NDArray[np.uint64]:
    """Masks of the choices with positive probability; 0 for NaN."""
    weights = np.left_shift(np.uint64(1), np.arange(probability.shape[1], dtype=np.uint64))
    masks: NDArray[np.uint64] = ((probability > 0).astype(np.uint64) * weights).sum(
        axis=1, dtype=np.uint64
    )
    return masks


def labels_of(game: Game, masks: NDArray[np.uint64]) -> Array:
    """Labels of supports given as masks; empty for 0."""
    different, place = np.unique(masks, return_inverse=True)
    words = [support_label(m, game.actions) if m else "" for m in different.tolist()]
    return np.array(words, dtype=str)[place.reshape(-1)] if words else np.array([], dtype=str)


def choice_coords(game: Game) -> dict[str, Any]:
    """Coordinates of the dimension ``choice``."""
    owner = [p for p, own in zip(game.players, game.actions, strict=True) for _ in own]
    flat = [a for own in game.actions for a in own]
    return {
        "choice": np.arange(len(owner)),
        "player_of": ("choice", owner, {"long_name": "player who chooses"}),
        "action": ("choice", flat, {"long_name": "action chosen"}),
    }


def says(text: str) -> dict[str, Any]:
    """Attributes of a variable without unit."""
    return {"long_name": text, "units": "1"}


def flags(text: str, codes: Iterable[Any]) -> dict[str, Any]:
    """Attributes of a variable that holds the codes of an enumeration."""
    members = list(codes)
    return {
        **says(text),
        "flag_values": np.array([c.value for c in members], dtype=np.uint8),
        "flag_meanings": " ".join(c.name.lower() for c in members),
    }
