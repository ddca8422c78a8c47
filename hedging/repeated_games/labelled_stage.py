"""A stage game between labels and positions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError
from hedging.game import Game
from hedging.labels import position
from hedging.repeated import stage

__all__ = ["LabelledStage", "plain"]

Array = NDArray[Any]


class LabelledStage:
    """One stage game as a batch of one, and its names.

    Attributes
    ----------
    game : Game
    payoffs : array, shape (1, n, m_1, ..., m_n)
    """

    def __init__(self, game: Game) -> None:
        self.game = game
        self.payoffs: Array = game.payoffs[None]

    def profile(self, profile: Any) -> tuple[int, ...]:
        """Positions of a profile given by labels, positions or a mapping."""
        game = self.game
        if isinstance(profile, dict):
            for name in profile:
                position(name, game.players, "player")
            missing = [p for p in game.players if p not in profile]
            if missing:
                msg = f"the profile gives no action of {', '.join(missing)}; give every player one"
                raise GameError(msg)
            profile = [profile[p] for p in game.players]
        if isinstance(profile, str) or np.ndim(profile) != 1 or len(profile) != game.n_players:
            msg = (
                f"profile {profile!r} is not one action for each of {', '.join(game.players)}; "
                "give labels or positions in order"
            )
            raise GameError(msg)
        pairs = zip(profile, game.players, game.actions, strict=True)
        return tuple(position(x, labels, f"action of {p}") for x, p, labels in pairs)

    def flat(self, a: tuple[int, ...]) -> NDArray[np.int64]:
        """Flat position of a profile, shape (1,)."""
        return np.array([np.ravel_multi_index(a, self.game.shape)])

    def labels(self, flat: int) -> tuple[str, ...]:
        """Action labels at a flat position."""
        index = np.unravel_index(flat, self.game.shape)
        return tuple(labels[int(k)] for labels, k in zip(self.game.actions, index, strict=True))

    def by_player(self, values: Array) -> dict[str, Any]:
        """Values of shape (n,) by the players' names."""
        return {p: plain(x) for p, x in zip(self.game.players, values, strict=True)}

    def at(self, table: Array, a: tuple[int, ...]) -> Array:
        """Entries of an array of shape (1, ..., m_1, ..., m_n) at a profile."""
        flat = int(np.ravel_multi_index(a, self.game.shape))
        lead = table.shape[1 : table.ndim - self.game.n_players]
        return np.asarray(table.reshape(*lead, -1)[..., flat])

    def target(self, a: tuple[int, ...], payoffs: Array) -> tuple[Array, Array]:
        """Payoffs and best-deviation payoffs at a profile, shape (n,) each."""
        return self.at(payoffs, a), self.at(stage.best_deviations(payoffs), a)


def plain(value: Any) -> Any:
    """A Python number."""
    return value.item() if isinstance(value, np.generic | np.ndarray) else value
