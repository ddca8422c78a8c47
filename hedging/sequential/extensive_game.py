r"""Games in extensive form with perfect information: trees of moves and of chance.

Who moves has seen everything before.  A strategy chooses an action after every history at which
the player moves; a profile is *subgame perfect* if after every history, also those that it
rules out, nobody would rather do something else: threats that nobody would carry
out are not believed.  Trees in which somebody moves without knowing where are not for this class:
write their strategic form as a :class:`~hedging.Game`, or who knows what as a
:class:`~hedging.BayesianGame`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from hedging.errors import GameError, HedgingTypeError
from hedging.game import Game
from hedging.labels import checked_labels
from hedging.sequential import backward_induction, efg
from hedging.sequential.tree import Chance, Move, Node, is_inexact, read_tree

__all__ = ["ExtensiveGame", "SubgamePerfect"]

_MOST_PROFILES = 1_000_000


@dataclass(frozen=True)
class SubgamePerfect:
    """One subgame-perfect equilibrium in pure strategies.

    Attributes
    ----------
    strategies : dict of player to dict of history to action
        What every player does after every history at which he moves; a history is the tuple of
        labels that led there.
    outcomes : dict of history to number
        The ends that are reached, with their probabilities; one, unless chance moves.
    payoffs : dict of player to number
        Expected payoffs.
    """

    strategies: dict[str, dict[tuple[str, ...], str]]
    outcomes: dict[tuple[str, ...], Any]
    payoffs: dict[str, Any]

    def __repr__(self) -> str:
        paths = " or ".join(", ".join(history) for history in self.outcomes)
        pays = ", ".join(
            f"{p} {x if isinstance(x, Fraction) else format(x, '.6g')}"
            for p, x in self.payoffs.items()
        )
        return f"<SubgamePerfect: {paths}; {pays}>"


class ExtensiveGame:
    """A game in extensive form with perfect information.

    Parameters
    ----------
    tree : Move or Chance
        The first move, with all that may follow.
    players : sequence of n str, optional
        Default those who move, in order of appearance.
    title, comment : str, optional
        Free text that goes with the game into an .efg file.

    Raises
    ------
    GameError
        If labels, payoffs or probabilities are missing or wrong; the message says where.
    HedgingTypeError
        If something is no node.
    UnknownNameError
        If a move is by nobody of the players.

    Examples
    --------
    An entrant and an incumbent who threatens to fight (Selten 1978):

    >>> game = ExtensiveGame(
    ...     Move("entrant", {
    ...         "stay out": (1, 5),
    ...         "enter": Move("incumbent", {"share": (2, 2), "fight": (0, 0)}),
    ...     })
    ... )
    >>> game
    <ExtensiveGame: entrant, incumbent; 2 moves, 3 ends; exact>
    >>> game.subgame_perfect()
    [<SubgamePerfect: enter, share; entrant 2, incumbent 2>]

    Its strategic form has another equilibrium, which rests on the threat:

    >>> from hedging.equilibria.pure import pure_equilibria
    >>> form = game.normal_form()
    >>> pure_equilibria(form.payoffs[None])[0].tolist(), form.actions
    ([[False, True], [True, False]], (('stay out', 'enter'), ('share', 'fight')))
    """

    def __init__(
        self,
        tree: Any,
        players: Sequence[str] | None = None,
        *,
        title: str = "",
        comment: str = "",
    ) -> None:
        if not isinstance(tree, Move | Chance):
            msg = f"{tree!r} is no tree; give a Move or a Chance"
            raise HedgingTypeError(msg)
        if players is None:
            players = list(dict.fromkeys(_movers(tree)))
        self.players = checked_labels(players, "the players", len(players))
        self.root = read_tree(tree, self.players)
        self.is_exact = not is_inexact(tree)
        self.title, self.comment = title, comment

    @classmethod
    def from_efg(cls, path_or_text: str | Path) -> ExtensiveGame:
        """A game from an .efg file or from its text.

        Parameters
        ----------
        path_or_text : str or Path
            A string that starts with ``EFG`` is text, any other is a path.

        Raises
        ------
        GameError
            If the file cannot be read, the text is malformed (with line and column), or
            somebody does not know all that has happened when he moves.

        Notes
        -----
        Payoffs given at inner nodes are added to those of the ends after them.  Labels of actions
        that are empty or repeated at a node become ``action_1``, ``action_2`` and so on there.

        Examples
        --------
        >>> text = '''EFG 2 R "Threat" { "P" "M" } ""
        ... p "" 1 1 "" { "wait" "demand" } 0
        ... t "" 1 "" { 0 0 }
        ... p "" 2 1 "" { "resist" "concede" } 0
        ... t "" 2 "" { -1 -1 }
        ... t "" 3 "" { 1 -1/2 }'''
        >>> ExtensiveGame.from_efg(text).subgame_perfect()
        [<SubgamePerfect: demand, concede; P 1, M -1/2>]
        """
        form = efg.load(path_or_text)
        return cls(form.tree, form.players, title=form.title, comment=form.comment)

    def to_efg(self) -> str:
        """Text of an .efg file.

        Fractions are written as they are and doubles as the shortest decimals that read back as the
        same doubles.

        Examples
        --------
        >>> game = ExtensiveGame(Move("M", {"stay": (1,), "go": (0,)}), title="Alone")
        >>> print(game.to_efg(), end="")
        EFG 2 R "Alone" { "M" }
        ""
        <BLANKLINE>
        p "" 1 1 "" { "stay" "go" } 0
        t "" 1 "" { 1 }
        t "" 2 "" { 0 }
        """
        return efg.write(
            self.root, self.players, self.is_exact, title=self.title, comment=self.comment
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExtensiveGame):
            return NotImplemented
        return (self.players, self.root) == (other.players, other.root)

    def __hash__(self) -> int:
        return hash((self.players, self.root))

    def __repr__(self) -> str:
        nodes = list(self.root.walk())
        moves = sum(node.player not in (None, -1) for node in nodes)
        draws = sum(node.player is None for node in nodes)
        ends = sum(node.is_end for node in nodes)
        chance = f", {draws} of chance" if draws else ""
        exact = "; exact" if self.is_exact else ""
        return (
            f"<ExtensiveGame: {', '.join(self.players)}; {moves} moves{chance}, {ends} ends{exact}>"
        )

    # -- equilibria ----------------------------------------------------------------------

    def subgame_perfect(self, *, most: int = 1000) -> list[SubgamePerfect]:
        """All subgame-perfect equilibria in pure strategies, by backward induction.

        Parameters
        ----------
        most : int
            Refuse to list more, which only many ties can cause.

        Returns
        -------
        list of SubgamePerfect
            One unless somebody is indifferent somewhere.  There always is one.

        Raises
        ------
        ParameterError
            If there are more than ``most``.

        Notes
        -----
        Exact for the numbers given, a float being the binary fraction it is.  Time is
        proportional to the size of the tree times the number of equilibria.

        Examples
        --------
        Both ways of breaking a tie:

        >>> tied = Move("A", {"ask": Move("B", {"yes": (1, 0), "no": (-1, 0)}), "leave": (0, 0)})
        >>> for each in ExtensiveGame(tied).subgame_perfect():
        ...     print(each, each.strategies["B"])
        <SubgamePerfect: ask, yes; A 1, B 0> {('ask',): 'yes'}
        <SubgamePerfect: leave; A 0, B 0> {('ask',): 'no'}
        """
        return [
            SubgamePerfect(
                {
                    player: {node.history: plan[node.history] for node in self._nodes_of(k)}
                    for k, player in enumerate(self.players)
                },
                {h: self._number(p) for h, p in _reached(self.root, plan)},
                {p: self._number(x) for p, x in zip(self.players, value, strict=True)},
            )
            for plan, value in backward_induction.solve(self.root, most)
        ]

    def is_subgame_perfect(self, strategies: Mapping[str, Mapping[tuple[str, ...], str]]) -> bool:
        """Whether nobody would do something else after any history.

        Parameters
        ----------
        strategies : mapping of player to mapping of history to action
            As in :attr:`SubgamePerfect.strategies`, for all players who move.

        Raises
        ------
        GameError
            If an action is missing or there is none of this name.

        Notes
        -----
        Looks at one-shot deviations only, which suffices in a finite tree.

        Examples
        --------
        >>> game = ExtensiveGame(
        ...     Move("P", {"wait": (0, 0), "ask": Move("M", {"resist": (-2, -2), "cede": (1, -1)})})
        ... )
        >>> game.is_subgame_perfect({"P": {(): "wait"}, "M": {("ask",): "resist"}})
        False
        """
        plan: dict[tuple[str, ...], str] = {}
        for k, player in enumerate(self.players):
            for node in self._nodes_of(k):
                action = strategies.get(player, {}).get(node.history)
                if action not in node.labels:
                    msg = (
                        f"{action!r} given for {player!r} after {node.history}; choose one of "
                        f"{', '.join(node.labels)}"
                    )
                    raise GameError(msg)
                plan[node.history] = action
        return _values(self.root, plan) is not None

    def _nodes_of(self, k: int) -> list[Node]:
        return [node for node in self.root.walk() if node.player == k]

    def _number(self, value: Fraction) -> Any:
        return value if self.is_exact else float(value)

    # -- strategic form ------------------------------------------------------------------

    def normal_form(self, *, reduced: bool = True) -> Game:
        """The game in strategic form.

        Parameters
        ----------
        reduced : bool, default True
            Leave out of a strategy what the player would do after histories that this same
            strategy rules out.

        Returns
        -------
        Game
            A strategy of a player who moves once is called by the action; otherwise its actions are
            joined, each with the history at which it is taken where that is not the start, as in
            ``demand, escalate after demand/resist``.  Who never moves has one action, ``none``.

        Raises
        ------
        GameError
            If there are more than a million profiles.

        Examples
        --------
        >>> war = Move("P", {"escalate": (-1, -3), "back down": (-2, 0)})
        >>> answer = Move("M", {"resist": war, "cede": (1, -2)})
        >>> game = ExtensiveGame(Move("P", {"no demand": (0, 0), "demand": answer}))
        >>> for name in game.normal_form().actions[0]:
        ...     print(name)
        no demand
        demand, escalate after demand/resist
        demand, back down after demand/resist
        >>> game.normal_form(reduced=False).shape
        (4, 2)
        """
        plans = [self._plans(k, reduced) for k in range(len(self.players))]
        if prod(map(len, plans)) > _MOST_PROFILES:
            msg = (
                f"the strategic form has {'x'.join(str(len(p)) for p in plans)} profiles, too many "
                "to write down; subgame_perfect() works on the tree itself"
            )
            raise GameError(msg)
        shape = tuple(map(len, plans))
        table = np.empty((len(self.players), *shape), dtype=object)
        for place in np.ndindex(*shape):
            plan: dict[tuple[str, ...], str] = {}
            for own, p in zip(plans, place, strict=True):
                plan |= own[p]
            table[(slice(None), *place)] = _expected(self.root, plan)
        return Game(
            table if self.is_exact else table.astype(np.float64),
            self.players,
            [[_name(plan, len(self._nodes_of(k))) for plan in own] for k, own in enumerate(plans)],
            title=self.title,
            comment=self.comment,
        )

    def _plans(self, k: int, reduced: bool = True) -> list[dict[tuple[str, ...], str]]:
        """Strategies of one player."""
        if not reduced:
            nodes = self._nodes_of(k)
            choices = product(*(node.labels for node in nodes))
            return [
                {node.history: a for node, a in zip(nodes, choice, strict=True)}
                for choice in choices
            ]

        def after(node: Node) -> list[dict[tuple[str, ...], str]]:
            below = [after(child) for child in node.children]
            if node.player == k:
                return [
                    {node.history: a} | plan
                    for a, plans in zip(node.labels, below, strict=True)
                    for plan in plans
                ]
            joint: list[dict[tuple[str, ...], str]] = [{}]
            for plans in below:
                joint = [one | two for one in joint for two in plans]
            return joint

        return after(self.root)


def _movers(tree: Any) -> list[str]:
    if isinstance(tree, Move):
        return [tree.player] + [p for child in tree.choices.values() for p in _movers(child)]
    if isinstance(tree, Chance):
        return [p for _, child in tree.draws.values() for p in _movers(child)]
    return []


def _reached(node: Node, plan: Mapping[tuple[str, ...], str]) -> list[tuple[Any, Fraction]]:
    """Ends that a plan leads to, with their probabilities."""
    if node.is_end:
        return [(node.history, Fraction(1))]
    if node.player is None:
        return [
            (history, p * q)
            for p, child in zip(node.chances, node.children, strict=True)
            if p
            for history, q in _reached(child, plan)
        ]
    return _reached(node.children[node.labels.index(plan[node.history])], plan)


def _expected(node: Node, plan: Mapping[tuple[str, ...], str]) -> tuple[Fraction, ...]:
    if node.is_end:
        return node.payoffs
    if node.player is not None:
        return _expected(node.children[node.labels.index(plan[node.history])], plan)
    parts = [
        (p, _expected(child, plan)) for p, child in zip(node.chances, node.children, strict=True)
    ]
    return tuple(sum((p * v[i] for p, v in parts), Fraction(0)) for i in range(len(parts[0][1])))


def _values(node: Node, plan: Mapping[tuple[str, ...], str]) -> tuple[Fraction, ...] | None:
    """Payoffs of a plan from here on, or None if somebody would deviate somewhere."""
    if node.is_end:
        return node.payoffs
    below = [_values(child, plan) for child in node.children]
    if any(value is None for value in below):
        return None
    values = [value for value in below if value is not None]
    if node.player is None:
        pairs = list(zip(node.chances, values, strict=True))
        return tuple(sum((p * v[i] for p, v in pairs), Fraction(0)) for i in range(len(values[0])))
    chosen = values[node.labels.index(plan[node.history])]
    best = max(value[node.player] for value in values)
    return chosen if chosen[node.player] == best else None


def _name(plan: Mapping[tuple[str, ...], str], moves: int) -> str:
    if moves == 1:
        return next(iter(plan.values()), "none")
    words = (f"{a} after {'/'.join(h)}" if h else a for h, a in plan.items())
    return ", ".join(words) or "none"
