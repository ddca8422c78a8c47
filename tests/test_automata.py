"""Strategies as automata: values, subgame perfection, trembles, tournaments."""

import numpy as np
import pytest

from hedging.errors import GameError, ParameterError
from hedging.repeated.automata import Automaton, round_robin

DILEMMA = np.array([[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]])
AXELROD = np.array([[[3.0, 0], [5, 1]], [[3, 5], [0, 1]]])


def test_grim_trigger_at_its_threshold():
    grim = Automaton.grim_trigger((2, 2), (0, 0), (1, 1))
    assert grim.is_spe(DILEMMA, 1 / 3)
    assert not grim.is_spe(DILEMMA, 1 / 3 - 1e-9)
    assert grim.slack(DILEMMA, 1 / 3).min() == 0
    assert grim.is_spe(AXELROD, 0.5)
    assert not grim.is_spe(AXELROD, 0.5 - 1e-9)


def test_tit_for_tat_is_perfect_at_one_factor_only():
    tit = Automaton.tit_for_tat()
    assert tit.is_spe(DILEMMA, 1 / 3)
    assert not tit.is_spe(DILEMMA, 1 / 3 + 1e-9)
    assert not tit.is_spe(DILEMMA, 1 / 3 - 1e-9)


def test_tit_for_tat_is_nash_from_two_thirds_on():
    # Axelrod 1984: the best deviations are to defect for ever and to alternate.
    tit = Automaton.tit_for_tat()
    defect = Automaton.grim_trigger((2, 2), (1, 1), (1, 1))
    alternate = Automaton([[1, 0], [0, 1]], [[[1, 1], [1, 1]], [[0, 0], [0, 0]]])

    def best_reply(delta):
        rivals = [Automaton.pair(x, tit).payoffs(AXELROD, delta)[0, 0] for x in (defect, alternate)]
        return max(rivals) <= tit.payoffs(AXELROD, delta)[0, 0] + 1e-12

    assert best_reply(2 / 3)
    assert best_reply(0.9)
    assert not best_reply(2 / 3 - 1e-6)


def test_win_stay_lose_shift_from_a_half_on():
    pavlov = Automaton.win_stay_lose_shift()
    assert pavlov.is_spe(DILEMMA, 0.5)
    assert pavlov.is_spe(DILEMMA, 0.9)
    assert not pavlov.is_spe(DILEMMA, 0.5 - 1e-9)


def test_values_are_discounted_sums():
    rng = np.random.default_rng(1)
    game = rng.normal(size=(2, 3, 2))
    machine = Automaton(rng.integers(0, 2, (4, 2)), rng.integers(0, 4, (4, 3, 2)), initial=2)
    delta, state = 0.6, 2
    total = np.zeros(2)
    for t in range(120):
        a = tuple(machine.outputs[state])
        total += (1 - delta) * delta**t * game[(slice(None), *a)]
        state = machine.transitions[(state, *a)]
    assert machine.payoffs(game, delta)[0] == pytest.approx(total, abs=1e-12)


def test_trembles_are_those_of_a_simulated_chain():
    tit = Automaton.tit_for_tat()
    # With every action a coin toss, values are the mean payoff.
    assert tit.payoffs(DILEMMA, 0.9, tremble=0.5)[0] == pytest.approx([1, 1])
    steady = tit.payoffs(DILEMMA, 0.9, tremble=1e-12)[0]
    assert steady == pytest.approx([2, 2], abs=1e-9)
    # Tit for tat forgets cooperation when patience grows, win-stay-lose-shift does not.
    pavlov = Automaton.win_stay_lose_shift()
    assert tit.payoffs(DILEMMA, 0.9999, tremble=0.01)[0, 0] < 1.1
    assert pavlov.payoffs(DILEMMA, 0.9999, tremble=0.01)[0, 0] > 1.8


def test_simple_penal_code_with_sticks():
    # Abreu's Cournot: stick (H, H) one period, deviations restart it.
    own = np.array([[10.0, 3, 0], [15, 7, -4], [7, 5, -15]])
    game = np.array([own, own.T])
    code = Automaton.simple_penal_code((3, 3), (0, 0), [(2, 2), (2, 2)])
    # Gain 15 in the stick, fall 25: 0.6 by the formula max h / fall.
    assert code.is_spe(game, 0.6)
    assert not code.is_spe(game, 0.6 - 1e-9)


def test_three_players():
    own = np.zeros((2, 2, 2))
    own[0, 0, 0] = 1
    game = np.array([own] * 3)
    grim = Automaton.grim_trigger((2, 2, 2), (0, 0, 0), (1, 1, 1))
    assert grim.payoffs(game, 0.4)[0].tolist() == [1, 1, 1]
    assert grim.is_spe(game, 0.4)


def test_round_robin_reports_progress():
    seen = []
    field = [
        Automaton.tit_for_tat(),
        Automaton.win_stay_lose_shift(),
        Automaton.grim_trigger((2, 2), (0, 0), (1, 1)),
    ]
    table = round_robin(
        field, AXELROD, 0.9, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (9, 9)
    assert table == pytest.approx(np.full((3, 3, 2), 3.0))
    assert np.allclose(table[..., 0], table[..., 1].T)


def test_bad_automata_are_refused():
    with pytest.raises(GameError, match="make no automaton"):
        Automaton([[0, 0]], [[0, 0]])
    with pytest.raises(GameError, match="not in 0"):
        Automaton([[0, 0]], np.ones((1, 2, 2), dtype=int))
    with pytest.raises(GameError, match="same actions"):
        Automaton.tit_for_tat().payoffs(np.zeros((2, 3, 3)), 0.5)
    with pytest.raises(ParameterError, match="discount factor"):
        Automaton.tit_for_tat().payoffs(DILEMMA, 1.0)
    with pytest.raises(ParameterError, match="probability"):
        Automaton.tit_for_tat().payoffs(DILEMMA, 0.5, tremble=2)
    with pytest.raises(ParameterError, match="at least one period"):
        Automaton.k_period((2, 2), (0, 0), (1, 1), 0)
