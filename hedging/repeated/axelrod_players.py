"""Automata to and from the Axelrod library, for games of two players and two actions.

Its finite-state players (Knight et al., https://axelrod.readthedocs.io) see the other's last
action only, C or D, here the actions 0 and 1; an automaton may also react to its own.  Without
noise both do the same.
"""

from __future__ import annotations

from typing import Any

from hedging.errors import GameError, HedgingTypeError, MissingDependencyError, UnknownNameError
from hedging.repeated.automata import Automaton

__all__ = ["from_axelrod", "to_axelrod"]

# (state, the other's last action) -> (state, own action)
Machine = dict[tuple[Any, int], tuple[Any, int]]


def _library() -> Any:
    try:
        import axelrod
    except ImportError as error:
        msg = "axelrod is not installed; type: pip install 'hedging[interop]'"
        raise MissingDependencyError(msg) from error
    return axelrod


def to_axelrod(automaton: Automaton, player: int = 0) -> Any:
    """One player's part of an automaton as an ``axelrod.FSMPlayer``.

    Parameters
    ----------
    automaton : Automaton
        For a game of shape (2, 2); action 0 becomes C and action 1 D.
    player : int
        0 or 1.

    Returns
    -------
    axelrod.FSMPlayer

    Raises
    ------
    GameError
        If the game has another shape.
    MissingDependencyError
        If the library is not installed.

    Notes
    -----
    What the automaton would do after its own mistakes is lost: in a noisy match the
    library's player does not see its own action.
    """
    if automaton.shape != (2, 2):
        msg = f"an automaton of shape {automaton.shape}; Axelrod plays games of shape (2, 2)"
        raise GameError(msg)
    if player not in (0, 1):
        msg = f"no player {player}; give 0 or 1"
        raise UnknownNameError(msg)
    library = _library()
    moves = (library.Action.C, library.Action.D)
    own = automaton.outputs[:, player].tolist()
    table = []
    for s, mine in enumerate(own):
        for other in (0, 1):
            seen = (mine, other) if player == 0 else (other, mine)
            after = int(automaton.transitions[(s, *seen)])
            table.append((s, moves[other], after, moves[own[after]]))
    start = automaton.initial
    return library.FSMPlayer(tuple(table), start, moves[own[start]])


def from_axelrod(first: Any, second: Any = None) -> Automaton:
    """A match of two players of the Axelrod library as one automaton.

    Parameters
    ----------
    first, second : axelrod.Player
        Finite-state players, or deterministic ones that remember one round at most; a second one
        like the first by default.

    Returns
    -------
    Automaton
        For games of shape (2, 2), action 0 for C and 1 for D.

    Raises
    ------
    HedgingTypeError
        If a player is none of these.
    """
    library = _library()
    parts = [_machine(library, p) for p in (first, first if second is None else second)]
    (table_1, start_1), (table_2, start_2) = parts
    # A state is where both machines are and what both do now.
    states = [(start_1, start_2)]
    rows: list[list[int]] = []
    for x, y in states:
        row = []
        for a in (0, 1):
            for b in (0, 1):
                after = (_next(table_1, x, a, b), _next(table_2, y, b, a))
                if after not in states:
                    states.append(after)
                row.append(states.index(after))
        rows.append(row)
    outputs = [(x[1], y[1]) for x, y in states]
    return Automaton.from_rule((2, 2), outputs, lambda s, a: rows[s][2 * a[0] + a[1]])


def _next(table: Any, here: tuple[Any, int], own: int, other: int) -> tuple[Any, int]:
    after: tuple[Any, int] = table(here[0], own, other)
    return after


def _machine(library: Any, player: Any) -> tuple[Any, tuple[Any, int]]:
    """Next (state, action) after (state, own action, other's action), and the first of them."""
    moves = {library.Action.C: 0, library.Action.D: 1}
    if isinstance(player, library.FSMPlayer):
        rules: Machine = {
            (s, moves[seen]): (after, moves[act])
            for (s, seen), (after, act) in player.fsm.state_transitions.items()
        }
        start = (player.initial_state, moves[player.initial_action])
        return lambda s, own, other: rules[s, other], start
    if not isinstance(player, library.Player):
        msg = f"{player!r} is no player of Axelrod; give an instance such as axelrod.TitForTat()"
        raise HedgingTypeError(msg)
    known = library.Classifiers
    if known["stochastic"](player) or not known["memory_depth"](player) <= 1:
        msg = f"{player} is random or remembers more than one round; give a finite-state player"
        raise HedgingTypeError(msg)
    replies = {}
    for own in moves:
        for other in moves:
            here, there = player.clone(), library.Cooperator()
            here.history.append(own, other)
            there.history.append(other, own)
            replies[moves[own], moves[other]] = moves[here.strategy(there)]
    opening = moves[player.clone().strategy(library.Cooperator())]
    return lambda _, own, other: (None, replies[own, other]), (None, opening)
