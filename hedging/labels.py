"""Names of players, actions and dimensions, and what the shape of an array says about them.

Labels end up as coordinates of results, joined by ``+`` within a support and by ``|`` between
players, beside dimensions and variables with names of their own.  So a label contains
neither sign, is no such name, and is given once.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from hedging.errors import GameError, HedgingTypeError, UnknownNameError

__all__ = [
    "DIMS",
    "VARIABLES",
    "checked_labels",
    "default_labels",
    "player_count",
    "position",
    "usable_labels",
]

DIMS = frozenset({"equilibrium", "choice", "player", "action"})
"""Dimensions of results, which no label may share."""

VARIABLES = frozenset(
    {
        "component",
        "count",
        "index",
        "isolated",
        "payoff",
        "player_of",
        "probability",
        "regret",
        "status",
        "support",
    }
)
"""Variables of results, which no batch dimension may share."""


def checked_labels(
    labels: Sequence[str], what: str, count: int, taken: frozenset[str] = DIMS
) -> tuple[str, ...]:
    """The labels as a tuple, if there are as many as needed and each may stand.

    Parameters
    ----------
    labels : sequence of str
    what : str
        What they are labels of, for the message.
    count : int
        How many are expected.
    taken : frozenset of str
        Names that are in use already.

    Raises
    ------
    HedgingTypeError
        If ``labels`` is a string itself or holds anything else than strings.
    GameError
        If there are too few or too many, or one is repeated, blank, taken or contains
        ``|`` or ``+``.

    Examples
    --------
    >>> checked_labels(["hedge", "align"], "action", 2)
    ('hedge', 'align')
    """
    given: Sequence[Any] = labels
    wrong = [labels] if isinstance(labels, str) else [x for x in given if not isinstance(x, str)]
    if wrong:
        msg = f"{wrong[0]!r} given for {what}; give a sequence of {count} strings"
        raise HedgingTypeError(msg)
    if len(labels) != count:
        msg = f"{len(labels)} labels {tuple(labels)} given for {what}; the payoffs have {count}"
        raise GameError(msg)
    for k, label in enumerate(labels):
        if label in labels[:k]:
            fault = "given twice; make the labels distinct"
        elif not label.strip():
            fault = "is empty; give each a name"
        elif "|" in label or "+" in label:
            fault = "contains | or +, which separate labels; use another sign"
        elif label in taken:
            fault = "is a name that results use themselves; choose another"
        else:
            continue
        msg = f"label {label!r} of {what} {fault}"
        raise GameError(msg)
    return tuple(map(str, labels))


def default_labels(stem: str, count: int) -> tuple[str, ...]:
    """Labels such as ``action_1``, ``action_2``."""
    return tuple(f"{stem}_{k + 1}" for k in range(count))


def usable_labels(labels: Sequence[str], stem: str) -> tuple[str, ...]:
    """The labels where all of them may stand, default labels otherwise."""
    try:
        return checked_labels(labels, stem, len(labels))
    except GameError:
        return default_labels(stem, len(labels))


def position(name: Any, labels: Sequence[str], what: str) -> int:
    """Where a label stands; a position from 0 is taken as it is.

    Raises
    ------
    UnknownNameError
        If there is no such label or position.

    Examples
    --------
    >>> position("align", ("hedge", "align"), "action")
    1
    """
    if isinstance(name, numbers.Integral):
        place = int(name)
        if 0 <= place < len(labels):
            return place
    elif name in labels:
        return labels.index(name)
    msg = f"no {what} is {name!r}; choose one of {', '.join(labels)}"
    raise UnknownNameError(msg)


def player_count(
    shape: tuple[int, ...],
    players: Sequence[Any] | None = None,
    actions: Sequence[Any] | None = None,
    batch_dims: Sequence[Any] | None = None,
) -> int:
    r"""Number of players n of payoffs of shape (\*batch, n, m_1, ..., m_n).

    Where no labels say it, an array that can be one whole game is one; otherwise the one number
    of players above 1 that fits; otherwise 1.

    Raises
    ------
    GameError
        If nothing fits, if the labels disagree, if a player has no action, or if several numbers
        of players fit and nothing says which.

    Examples
    --------
    >>> player_count((3, 2, 2, 2)), player_count((3, 2, 2, 2), players=("M", "A"))
    (3, 2)
    """
    said = {
        "players": None if players is None else len(players),
        "lists of actions": None if actions is None else len(actions),
        "axes left for actions": None if batch_dims is None else len(shape) - len(batch_dims) - 1,
    }
    given = {what: n for what, n in said.items() if n is not None}
    if len(set(given.values())) > 1:
        counts = ", ".join(f"{n} {what}" for what, n in given.items())
        msg = f"payoffs of shape {shape} were given with {counts}; make these numbers the same"
        raise GameError(msg)
    fits = [n for n in range(len(shape) - 1, 0, -1) if shape[-n - 1] == n]
    wanted = next(iter(given.values()), None)
    if wanted is None:
        likely = [n for n in fits if n > 1] or fits
        if len(likely) > 1 and likely[0] != len(shape) - 1:
            ways = " or ".join(f"a batch {shape[: -n - 1]} of {n}-player games" for n in likely)
            msg = f"payoffs of shape {shape} may be {ways}; pass players= or batch_dims= to say"
            raise GameError(msg)
        wanted = likely[0] if likely else None
    if wanted not in fits:
        raise GameError(_misfit(shape, wanted))
    if 0 in shape[-wanted:]:
        msg = f"payoffs of shape {shape} leave a player without actions; give everyone at least one"
        raise GameError(msg)
    return wanted


def _misfit(shape: tuple[int, ...], wanted: int | None) -> str:
    n = wanted if wanted is not None and wanted > 0 else 2
    ending = ", ".join(["*batch", str(n), *(f"m_{i + 1}" for i in range(n))])
    who = f"{wanted} players" if wanted is not None else "any number of players"
    advice = "; for two matrices type Game.from_bimatrix(row, col)" if n == 2 else ""
    return (
        f"payoffs of shape {shape} make no game of {who}; give shape ({ending}) for {n} players: "
        f"the player axis, then one axis of actions per player{advice}"
    )
