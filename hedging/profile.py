"""Strategy profiles as people write them, turned into probability vectors.

A profile names one strategy per player, in order or by label.  A strategy is an action, a
mapping from actions to probabilities, or a vector of probabilities.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.expectation import probability_slack
from hedging.errors import GameError, HedgingTypeError
from hedging.labels import position
from hedging.program.numerals import doubles, read_numbers

__all__ = ["read_profile", "read_strategy"]


def read_profile(
    profile: Any,
    players: Sequence[str],
    actions: Sequence[Sequence[str]],
    *,
    batch_shape: tuple[int, ...] = (),
    exact: bool = False,
) -> list[NDArray[Any]]:
    r"""One probability vector per player.

    Parameters
    ----------
    profile : sequence of n strategies, or mapping from every player's label to a strategy
        Strategies as for :func:`read_strategy`.
    players : sequence of n str
    actions : sequence of n sequences of str
    batch_shape : tuple of int
        Against which leading axes of vectors must broadcast.
    exact : bool
        Whether exact vectors are wanted where all are exact; otherwise all become doubles.

    Returns
    -------
    list of n arrays, shape (\*batch, m_i) or (m_i,)
        All float64, or all of Fractions.

    Raises
    ------
    GameError
        If there are too few or too many strategies, or one is no probability vector.
    HedgingTypeError
        If the profile is no sequence or mapping.
    UnknownNameError
        If no player or action bears a label.

    Examples
    --------
    >>> labels = (("hedge", "align"), ("accommodate", "pressure"))
    >>> given = {"A": {"accommodate": 0.25, "pressure": 0.75}, "M": "align"}
    >>> [x.tolist() for x in read_profile(given, ("M", "A"), labels)]
    [[0.0, 1.0], [0.25, 0.75]]
    """
    if isinstance(profile, str) or not isinstance(profile, Mapping | Sequence | np.ndarray):
        example = ", ".join(repr(labels[0]) for labels in actions)
        msg = f"{profile!r} is no profile; give one strategy per player, as in [{example}]"
        raise HedgingTypeError(msg)
    if isinstance(profile, Mapping):
        for name in profile:
            if name not in players:
                position(str(name), players, "player")
        missing = [player for player in players if player not in profile]
        if missing:
            msg = f"no strategy given for {', '.join(missing)}; give one for every player"
            raise GameError(msg)
        profile = [profile[player] for player in players]
    if len(profile) != len(players):
        msg = (
            f"{len(profile)} strategies given for {len(players)} players; give one for each of "
            f"{', '.join(players)}"
        )
        raise GameError(msg)
    strategies = [
        read_strategy(strategy, player, labels)
        for strategy, player, labels in zip(profile, players, actions, strict=True)
    ]
    if not (exact and all(x.dtype == object for x in strategies)):
        strategies = [doubles(x) for x in strategies]
    try:
        np.broadcast_shapes(batch_shape, *(x.shape[:-1] for x in strategies))
    except ValueError:
        shapes = ", ".join(str(x.shape) for x in strategies)
        msg = (
            f"probability vectors of shapes {shapes} do not broadcast against the batch "
            f"{batch_shape}; give each the shape (*batch, m_i) or (m_i,)"
        )
        raise GameError(msg) from None
    return strategies


def read_strategy(strategy: Any, player: str, labels: Sequence[str]) -> NDArray[Any]:
    r"""The probability vector of one player's strategy.

    Parameters
    ----------
    strategy : str, int, mapping or array_like
        An action's label or position, a mapping from actions to probabilities (0 where
        missing), or a vector of m probabilities, possibly with leading axes.
    player : str
    labels : sequence of m str
        The player's actions.

    Returns
    -------
    array, shape (\*batch, m)
        Fractions if the strategy is an action or made of integers, Fractions or numerals, else
        float64.  Exact probabilities must sum to 1 exactly, doubles within
        :func:`hedging.equilibria.expectation.probability_slack`; negative doubles within it are
        read as 0.

    Raises
    ------
    GameError
        If the shape is wrong or the numbers are no probabilities.
    UnknownNameError
        If an action is unknown.

    Examples
    --------
    >>> read_strategy("align", "M", ("hedge", "align"))
    array([Fraction(0, 1), Fraction(1, 1)], dtype=object)
    """
    if isinstance(strategy, str | numbers.Integral):
        strategy = {strategy: 1}
    if isinstance(strategy, Mapping):
        weights: list[Any] = [0] * len(labels)
        for action, weight in strategy.items():
            weights[position(action, labels, f"action of player {player!r}")] = weight
        strategy = weights
    vector = read_numbers(strategy, f"probabilities of {player!r}", keep_integers=True)
    if vector.ndim == 0 or vector.shape[-1] != len(labels):
        msg = (
            f"probabilities of {player!r} have shape {vector.shape}; give one for each of "
            f"{', '.join(labels)}, or one action's label"
        )
        raise GameError(msg)
    exact = vector.dtype == object
    slack = 0 if exact else probability_slack(len(labels))
    total = vector.sum(axis=-1)
    fine = np.asarray((vector >= -slack).all(axis=-1) & (abs(total - 1) <= slack))
    if not fine.all():
        first = tuple(int(k[0]) for k in np.nonzero(~fine)) if fine.ndim else ()
        numbers_given = ", ".join(str(x) for x in vector[first].tolist())
        msg = (
            f"probabilities of {player!r} are ({numbers_given}){f' at {first}' if first else ''}; "
            f"give numbers that are not negative and sum to 1{' exactly' * exact}"
        )
        raise GameError(msg)
    return vector if exact else np.maximum(vector, 0.0)
