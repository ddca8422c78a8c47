"""Automata and the players of the Axelrod library do the same."""

import sys

import numpy as np
import pytest

from hedging.errors import GameError, HedgingTypeError, MissingDependencyError, UnknownNameError
from hedging.repeated.automata import Automaton

AXELROD = np.array([[[3.0, 0], [5, 1]], [[3, 5], [0, 1]]])


def played(automaton, rounds):
    state, seen = automaton.initial, []
    for _ in range(rounds):
        profile = tuple(int(x) for x in automaton.outputs[state])
        seen.append(profile)
        state = automaton.transitions[(state, *profile)]
    return seen


def test_without_the_library_the_message_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "axelrod", None)
    with pytest.raises(MissingDependencyError, match=r"hedging\[interop\]"):
        Automaton.tit_for_tat().to_axelrod()
    with pytest.raises(GameError, match=r"shape \(2, 2\)"):
        Automaton.tit_for_tat(actions=3).to_axelrod()
    with pytest.raises(UnknownNameError, match="no player 2"):
        Automaton.tit_for_tat().to_axelrod(2)


def test_matches_of_library_players():
    axl = pytest.importorskip("axelrod")
    moves = {axl.Action.C: 0, axl.Action.D: 1}
    players = [
        axl.TitForTat,
        axl.Cooperator,
        axl.Defector,
        axl.WinStayLoseShift,
        axl.SuspiciousTitForTat,
        axl.Fortress3,
        axl.Fortress4,
        axl.Predator,
        axl.Pun1,
        axl.Ripoff,
        axl.SolutionB1,
        axl.Thumper,
    ]
    for first in players:
        for second in players:
            match = axl.Match((first(), second()), turns=40).play()
            automaton = Automaton.from_axelrod(first(), second())
            assert played(automaton, 40) == [(moves[a], moves[b]) for a, b in match]


def test_tit_for_tat_and_back():
    axl = pytest.importorskip("axelrod")
    machine = Automaton.from_axelrod(axl.TitForTat())
    assert len(machine.outputs) == 4
    for delta in (0.3, 0.7):
        plain = Automaton.tit_for_tat()
        assert machine.payoffs(AXELROD, delta)[0] == pytest.approx(plain.payoffs(AXELROD, delta)[0])
    with pytest.raises(HedgingTypeError, match="random or remembers"):
        Automaton.from_axelrod(axl.Random())
    with pytest.raises(HedgingTypeError, match="no player of Axelrod"):
        Automaton.from_axelrod("tit for tat")


def test_automata_play_in_the_library():
    axl = pytest.importorskip("axelrod")
    moves = {axl.Action.C: 0, axl.Action.D: 1}
    field = [
        Automaton.grim_trigger((2, 2), (0, 0), (1, 1)),
        Automaton.k_period((2, 2), (0, 0), (1, 1), 2),
        Automaton.win_stay_lose_shift(),
        Automaton.tit_for_tat((1, 0)),
        Automaton.simple_penal_code((2, 2), (0, 0), [(0, 1), (1, 0)]),
    ]
    for first in field:
        for second in field:
            match = axl.Match((first.to_axelrod(), second.to_axelrod(1)), turns=30).play()
            own = played(Automaton.pair(first, second), 30)
            assert own == [(moves[a], moves[b]) for a, b in match]
            back = Automaton.from_axelrod(first.to_axelrod(), second.to_axelrod(1))
            assert played(back, 30) == own
