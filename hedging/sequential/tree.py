"""Nodes of a game tree, as people write them and as the package holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from hedging.equilibria.expectation import probability_slack
from hedging.errors import GameError, HedgingTypeError
from hedging.labels import checked_labels, position
from hedging.program.numerals import fraction

__all__ = ["DEEPEST", "Chance", "Move", "Node", "is_inexact", "read_tree"]

DEEPEST = 200
"""Moves that may follow each other; Python's stack allows few more."""


@dataclass(frozen=True)
class Move:
    """A player chooses, seeing all that has happened.

    Parameters
    ----------
    player : str
    choices : mapping of action to what follows
        A :class:`Move`, a :class:`Chance`, or the payoffs of all players where the game ends, in
        order or by player.

    Examples
    --------
    >>> Move("M", {"resist": (0, 0), "concede": {"P": 1, "M": -1}}).player
    'M'
    """

    player: str
    choices: Mapping[str, Any]


@dataclass(frozen=True)
class Chance:
    """Nature draws what follows.

    Parameters
    ----------
    draws : mapping of outcome to (probability, what follows)
        What follows is as for :class:`Move`.

    Examples
    --------
    >>> list(Chance({"win": ("2/3", (1, 0)), "lose": ("1/3", (0, 1))}).draws)
    ['win', 'lose']
    """

    draws: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its history, who moves (None for chance, -1 at an end), and what follows."""

    history: tuple[str, ...]
    player: int | None
    labels: tuple[str, ...]
    children: tuple[Node, ...]
    chances: tuple[Fraction, ...]
    payoffs: tuple[Fraction, ...]

    @property
    def is_end(self) -> bool:
        """Whether the game ends here."""
        return self.player == -1

    def walk(self) -> Iterator[Node]:
        """The node and all after it, each before what follows it."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_tree(tree: Any, players: Sequence[str], history: tuple[str, ...] = ()) -> Node:
    """A tree with checked labels and rational numbers.

    Parameters
    ----------
    tree : Move, Chance or payoffs
    players : sequence of n str
    history : tuple of str
        What has happened before.

    Returns
    -------
    Node

    Raises
    ------
    GameError
        If labels, payoffs or probabilities are missing or wrong; the message says where.  Or if the
        tree is too deep.
    HedgingTypeError
        If something is no node.
    UnknownNameError
        If a move is by nobody of the players.

    Examples
    --------
    >>> root = read_tree(Move("M", {"resist": (0, 0), "concede": (1, -1)}), ("P", "M"))
    >>> [node.history for node in root.walk()]
    [(), ('resist',), ('concede',)]
    """
    where = f"after {', '.join(history)}" if history else "at the start"
    if len(history) > DEEPEST:
        msg = f"more than {DEEPEST} moves follow each other; give a shorter game"
        raise GameError(msg)
    if isinstance(tree, Move):
        labels = checked_labels(tuple(tree.choices), f"actions {where}", len(tree.choices))
        if not labels:
            msg = f"{tree.player!r} has no action {where}; give at least one"
            raise GameError(msg)
        owner = position(tree.player, players, "player")
        children = tuple(read_tree(tree.choices[a], players, (*history, a)) for a in labels)
        return Node(history, owner, labels, children, (), ())
    if isinstance(tree, Chance):
        labels = checked_labels(tuple(tree.draws), f"chance {where}", len(tree.draws))
        pairs = list(tree.draws.values())
        if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
            msg = f"chance {where} needs a pair (probability, what follows) for every outcome"
            raise HedgingTypeError(msg)
        chances = tuple(fraction(p) for p, _ in pairs)
        exact = not any(isinstance(p, float | np.floating) for p, _ in pairs)
        slack = Fraction(0) if exact else Fraction(probability_slack(len(chances)))
        if any(p < 0 for p in chances) or abs(sum(chances, Fraction(0)) - 1) > slack:
            given = ", ".join(str(p) for p, _ in pairs)
            msg = f"probabilities of chance {where} are ({given}); make them add up to 1"
            raise GameError(msg)
        children = tuple(
            read_tree(child, players, (*history, label))
            for label, (_, child) in zip(labels, pairs, strict=True)
        )
        return Node(history, None, labels, children, chances, ())
    return Node(history, -1, (), (), (), _read_payoffs(tree, players, where))


def _read_payoffs(payoffs: Any, players: Sequence[str], where: str) -> tuple[Fraction, ...]:
    if isinstance(payoffs, Mapping):
        for name in payoffs:
            position(name, players, "player")
        payoffs = [payoffs[player] for player in players if player in payoffs]
    if isinstance(payoffs, str) or not isinstance(payoffs, Sequence | np.ndarray):
        msg = f"{payoffs!r} {where} is no node; give a Move, a Chance or the payoffs of all players"
        raise HedgingTypeError(msg)
    if len(payoffs) != len(players):
        msg = f"{len(payoffs)} payoffs {where}; give one for each of {', '.join(players)}"
        raise GameError(msg)
    return tuple(fraction(x) for x in payoffs)


def is_inexact(tree: Any) -> bool:
    """Whether any number of a tree is a float."""
    if isinstance(tree, Move):
        return any(is_inexact(child) for child in tree.choices.values())
    if isinstance(tree, Chance):
        return any(
            isinstance(p, float | np.floating) or is_inexact(child)
            for p, child in tree.draws.values()
        )
    values = tree.values() if isinstance(tree, Mapping) else tree
    return any(isinstance(x, float | np.floating) for x in values)
