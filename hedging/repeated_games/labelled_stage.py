"""A stage game between labels and positions."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError, ParameterError
from hedging.game import Game
from hedging.labels import position
from hedging.program.numerals import doubles
from hedging.repeated import stage

__all__ = ["LabelledStage", "Target", "plain"]

Array = NDArray[Any]

Target = tuple[int, ...] | NDArray[Any]
"""What is to be sustained: a profile by positions, or probabilities of all profiles."""


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

    def read_target(self, target: Any) -> Target:
        """A profile, or a distribution over profiles: a mapping or an array of its probabilities.

        Raises
        ------
        ParameterError
            If probabilities are negative or do not sum to 1.
        GameError, UnknownNameError
            If it is neither, or a profile or a label does not exist.
        """
        shape = self.game.shape
        if isinstance(target, dict) and target and all(isinstance(a, tuple) for a in target):
            weights = np.zeros(shape, dtype=object)
            for profile, p in target.items():
                weights[self.profile(profile)] += _probability(p)
        elif not isinstance(target, dict | str) and len(shape) > 1 and np.shape(target) == shape:
            weights = np.asarray(np.frompyfunc(_probability, 1, 1)(np.asarray(target)))
        else:
            return self.profile(target)
        if (weights < 0).any() or not abs(weights.sum() - 1) <= 2.0**-40:
            msg = (
                f"probabilities of profiles sum to {plain(weights.sum())} or are negative; "
                "give a distribution, as in {(0, 1): 0.5, (1, 0): 0.5}"
            )
            raise ParameterError(msg)
        return weights if self.game.is_exact else np.asarray(weights, dtype=np.float64)

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

    def target(self, a: Target, payoffs: Array) -> tuple[Array, Array]:
        """Payoffs and best-deviation payoffs at a target, shape (n,) each.

        Under a distribution the payoff is its mean, and the deviation adds the largest gain at
        any profile drawn: whoever sees the draw deviates where it pays most.
        """
        best = stage.best_deviations(payoffs)
        if isinstance(a, tuple):
            return self.at(payoffs, a), self.at(best, a)
        n = self.game.n_players
        weights = a.ravel() if payoffs.dtype == object else doubles(a).ravel()
        drawn = np.asarray(weights > 0, dtype=bool)
        u = payoffs.reshape(n, -1)[:, drawn]
        mean = (u * weights[drawn]).sum(axis=1)
        return mean, mean + (best.reshape(n, -1)[:, drawn] - u).max(axis=1)


def _probability(value: Any) -> Any:
    from hedging.formula import exact_number

    if isinstance(value, str):
        return exact_number(value)
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        msg = f"a profile has probability {value!r}; give a number in [0, 1]"
        raise ParameterError(msg)
    return value


def plain(value: Any) -> Any:
    """A Python number."""
    return value.item() if isinstance(value, np.generic | np.ndarray) else value
