"""Beliefs before the game: probabilities of types, as people write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.expectation import probability_slack
from hedging.errors import GameError
from hedging.labels import position
from hedging.program.numerals import doubles, read_numbers

__all__ = ["check_chances", "read_prior"]

Array = NDArray[Any]


def read_prior(prior: Any, players: Sequence[str], counts: tuple[int, ...]) -> Array:
    r"""Joint probabilities of types.

    Parameters
    ----------
    prior : array_like, shape (\*batch, t_1, ..., t_n), or mapping of player to probabilities
        The mapping gives marginal probabilities of independent types, shape (\*batch, t_i); players
        with one type may be left out.
    players : sequence of n str
    counts : tuple of n int
        Numbers of types.

    Returns
    -------
    array, shape (\*batch, t_1, ..., t_n)
        Fractions or doubles.

    Raises
    ------
    GameError
        If shapes do not fit, or probabilities are negative or do not add up to 1.
    UnknownNameError
        If the mapping names somebody else.

    Examples
    --------
    >>> read_prior({"B": (0.25, 0.75)}, ("A", "B"), (1, 2)).tolist()
    [[0.25, 0.75]]
    """
    n = len(counts)
    if isinstance(prior, Mapping):
        parts: list[Array] = []
        for i, (player, t) in enumerate(zip(players, counts, strict=True)):
            if player not in prior and t > 1:
                msg = f"the prior gives no probabilities of the {t} types of {player!r}"
                raise GameError(msg)
            part = read_numbers(prior.get(player, [1]), "probabilities", keep_integers=True)
            if part.ndim == 0 or part.shape[-1] != t:
                msg = f"the prior of {player!r} has shape {part.shape}; it has {t} types"
                raise GameError(msg)
            check_chances(part, 1, f"prior of {player!r}")
            one = (1,) * n
            parts.append(part.reshape(*part.shape[:-1], *one[:i], t, *one[i + 1 :]))
        for name in prior:
            position(name, players, "player")
        if any(part.dtype != object for part in parts):
            parts = [doubles(part) for part in parts]
        joint = parts[0]
        try:
            for part in parts[1:]:
                joint = joint * part
        except ValueError:
            shapes = ", ".join(str(part.shape) for part in parts)
            msg = f"priors of the players, of shapes {shapes}, do not broadcast"
            raise GameError(msg) from None
        return joint
    joint = read_numbers(prior, "prior probabilities", keep_integers=True)
    if joint.shape[-n:] != counts:
        msg = (
            f"a prior of shape {joint.shape} given; types of {', '.join(players)} need "
            f"shape (*batch, {', '.join(map(str, counts))})"
        )
        raise GameError(msg)
    check_chances(joint, n, "prior")
    return joint


def check_chances(chances: Array, axes: int, what: str) -> None:
    """Raise a GameError unless numbers are probabilities that add up to 1 over the last axes.

    Parameters
    ----------
    chances : array
        Fractions must add up exactly, doubles within rounding.
    axes : int
    what : str
        What they are probabilities of, for the message.

    Examples
    --------
    >>> check_chances(np.array([0.5, 0.75]), 1, "prior")
    Traceback (most recent call last):
        ...
    hedging.errors.GameError: probabilities of the prior add up to 1.25; make them add up to 1
    """
    if chances.size == 0 or bool((chances < 0).any()):
        msg = f"the {what} has a negative probability or none; give numbers from 0 to 1"
        raise GameError(msg)
    last = tuple(range(-axes, 0))
    total = chances.sum(axis=last)
    slack = 0 if chances.dtype == object else probability_slack(chances.size)
    if not bool(np.all(abs(total - 1) <= slack)):
        given = np.asarray(total).flat[int(np.argmax(np.asarray(abs(total - 1))))]
        msg = f"probabilities of the {what} add up to {given}; make them add up to 1"
        raise GameError(msg)
