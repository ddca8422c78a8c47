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
    with pytest.raises(ParameterError, match="whole number of periods"):
        Automaton.k_period((2, 2), (0, 0), (1, 1), 0)


# ---- other games, other numbers of players -------------------------------------------------


def test_tit_for_tat_with_three_actions():
    machine = Automaton.tit_for_tat((0, 2), actions=3)
    assert machine.outputs[machine.initial].tolist() == [0, 2]
    for s in range(9):
        for a in np.ndindex(3, 3):
            assert machine.outputs[machine.transitions[(s, *a)]].tolist() == [a[1], a[0]]


def test_win_stay_lose_shift_of_three_players():
    # A public good: 1 to give, worth 2/3 to each; u = 1, best deviation 4/3, nobody gives: 0.
    game = np.empty((3, 2, 2, 2))
    for a in np.ndindex(2, 2, 2):
        given = 1 - np.array(a)
        game[(slice(None), *a)] = 2 * given.sum() / 3 - given
    pavlov = Automaton.win_stay_lose_shift((2, 2, 2))
    # A deviation gains 1/3 now and costs 1 in the next period, then all is as before.
    assert pavlov.is_spe(game, 1 / 3)
    assert not pavlov.is_spe(game, 1 / 3 - 1e-9)
    own = Automaton.win_stay_lose_shift((3, 3), target=(1, 1), punishment=(2, 0))
    assert own.outputs.tolist() == [[1, 1], [2, 0]]
    assert own.transitions[1, 2, 0] == 0
    assert own.transitions[0, 0, 0] == 1


def test_each_deviator_its_own_stage_equilibrium_for_ever():
    # Two equilibria, each bad for another player, hold up (0, 0).
    game = np.array([[[3.0, 0, 0], [4, 1, 0], [0, 0, 2]], [[3, 4, 0], [0, 2, 0], [0, 0, 1]]])
    code = Automaton.simple_penal_code((3, 3), (0, 0), [(1, 1), (2, 2)], k=None)
    # Both gain 1 now and lose 2 from then on: 1/3.
    assert code.is_spe(game, 1 / 3)
    assert not code.is_spe(game, 1 / 3 - 1e-9)
    assert code.slack(game, 0.5).shape == (3, 2)


def test_penal_code_of_three_players_equals_the_formula():
    rng = np.random.default_rng(2)
    from hedging.repeated.thresholds import stick_and_carrot

    seen = 0
    for _ in range(40):
        game = rng.random((3, 2, 2, 2))
        value, sticks = stick_and_carrot(game[None], np.array([0]))
        if not 0 < value[0] < 0.95:
            continue
        seen += 1
        places = [tuple(int(x) for x in np.unravel_index(s, (2, 2, 2))) for s in sticks[0]]
        code = Automaton.simple_penal_code((2, 2, 2), (0, 0, 0), places)
        assert code.is_spe(game, value[0] + 1e-9)
        assert not code.is_spe(game, value[0] - 1e-9)
    assert seen > 5


def test_players_of_different_patience():
    grim = Automaton.grim_trigger((2, 2), (0, 0), (1, 1))
    assert grim.is_spe(DILEMMA, (1 / 3, 0.9))
    assert not grim.is_spe(DILEMMA, (0.3, 0.9))
    assert grim.slack(DILEMMA, (0.3, 0.9))[0].tolist() == pytest.approx([-0.1, 1.7])
    for i, delta in enumerate((0.3, 0.9)):
        both = grim.payoffs(DILEMMA, (0.3, 0.9), tremble=0.1)
        assert both[:, i] == pytest.approx(grim.payoffs(DILEMMA, delta, tremble=0.1)[:, i])
    with pytest.raises(ParameterError, match="one discount factor, or 2"):
        grim.payoffs(DILEMMA, (0.1, 0.2, 0.3))


def test_user_defined_automaton():
    # Two tits for a tat, for both: after any defection of the other defect twice.
    def rule(s, a):
        left = [max(x - 1, 0) for x in divmod(s, 3)]
        for i in (0, 1):
            left[i] = 2 if a[1 - i] == 1 else left[i]
        return 3 * left[0] + left[1]

    outputs = [(int(s // 3 > 0), int(s % 3 > 0)) for s in range(9)]
    machine = Automaton.from_rule((2, 2), outputs, rule)
    assert machine.payoffs(DILEMMA, 0.5)[0] == pytest.approx([2, 2])
    # Follow the play after one deviation of the first player.
    state, profile, total = 0, (1, 0), 0.0
    for t in range(60):
        total += 0.5 * 0.5**t * DILEMMA[(0, *profile)]
        state = machine.transitions[(state, *profile)]
        profile = tuple(machine.outputs[state])
    assert machine.slack(DILEMMA, 0.5)[0] == pytest.approx([2 - total, 2 - total])


# ---- histories, labels, periods --------------------------------------------------------------


def test_a_pair_has_only_states_that_histories_lead_to():
    grim = Automaton.grim_trigger((2, 2), (0, 0), (1, 1))
    both = Automaton.pair(grim, grim)
    assert len(both.outputs) == 2
    for delta in (0.2, 1 / 3, 0.5, 0.9):
        assert both.is_spe(DILEMMA, delta) == grim.is_spe(DILEMMA, delta)
    # Against a strategy that forgives, deviations lead to states that play itself never reaches.
    mixed = Automaton.pair(grim, Automaton.tit_for_tat())
    assert mixed.histories().all()
    # Tit for tat keeps one state for each profile seen, four; grim has triggered in all but one.
    assert len(mixed.outputs) == 5
    assert sorted(set(map(tuple, mixed.outputs.tolist()))) == [(0, 0), (1, 0), (1, 1)]


def test_states_that_no_history_reaches_are_not_tested():
    grim = Automaton.grim_trigger((2, 2), (0, 0), (1, 1))
    # A third state, in which the first player is a fool.
    more = Automaton(
        [*grim.outputs.tolist(), [0, 1]], [*grim.transitions.tolist(), [[2, 2], [2, 2]]]
    )
    assert more.histories().tolist() == [True, True, False]
    assert more.slack(DILEMMA, 0.5)[2].min() < 0
    assert more.is_spe(DILEMMA, 0.5)
    assert not Automaton(more.outputs, more.transitions, initial=2).is_spe(DILEMMA, 0.5)


def test_pairs_play_as_their_parts_do():
    rng = np.random.default_rng(5)
    for _ in range(20):
        parts = [
            Automaton(rng.integers(0, 2, (3, 2)), rng.integers(0, 3, (3, 2, 2)), 1) for _ in "ab"
        ]
        joint = Automaton.pair(*parts)
        here, at = [1, 1], joint.initial
        for _ in range(40):
            want = [int(p.outputs[s, i]) for i, (p, s) in enumerate(zip(parts, here, strict=True))]
            assert joint.outputs[at].tolist() == want
            seen = tuple(rng.integers(0, 2, 2).tolist())  # what is played in fact
            here = [int(p.transitions[(s, *seen)]) for p, s in zip(parts, here, strict=True)]
            at = int(joint.transitions[(at, *seen)])


def test_labels_and_odd_periods_are_refused_in_a_sentence():
    with pytest.raises(GameError, match="one action position per player"):
        Automaton.grim_trigger((2, 2), ("hedge", "hedge"), (1, 1))
    with pytest.raises(GameError, match="one action position per player"):
        Automaton.simple_penal_code((2, 2), (0, 0), [(1, 1), (2, 1)])
    with pytest.raises(GameError, match="numbers of actions"):
        Automaton.grim_trigger("ab", (0, 0), (1, 1))
    for k in (0, -1, 1.5, True, "2"):
        with pytest.raises(ParameterError, match="whole number of periods"):
            Automaton.k_period((2, 2), (0, 0), (1, 1), k)
