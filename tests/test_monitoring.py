"""Noisy signals, several partners, reputation; the family of patient hedging."""

import numpy as np
import pytest

from hedging.errors import GameError, ParameterError
from hedging.families import patient_hedging
from hedging.repeated import thresholds
from hedging.repeated.automata import Automaton
from hedging.repeated.monitoring import (
    PublicMonitoring,
    commitment_bound,
    deterrence_belief,
    linked_partners,
    noisy_critical_delta,
    noisy_payoff,
)

DILEMMA = np.array([[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]])
GOOD = np.array([[0.9, 0.5], [0.5, 0.2]])
WATCH = PublicMonitoring(DILEMMA, np.stack([1 - GOOD, GOOD], axis=-1))


def test_noisy_dilemma():
    assert noisy_critical_delta(1, 2, 0.1, 0.5) == pytest.approx(10 / 17)
    assert noisy_payoff(2, 1, 0, 0.1, 0.5, 0.6) == pytest.approx(1.75)
    assert noisy_payoff(2, 1, 0, 0.1, 0.5, 0.58) == 0
    assert WATCH.critical_delta_trigger((0, 0), bad=[0]) == pytest.approx([10 / 17] * 2)
    assert WATCH.critical_delta_trigger((0, 0)) == pytest.approx([10 / 17] * 2)


def test_without_noise_it_is_nash_reversion():
    rng = np.random.default_rng(1)
    h, s = rng.uniform(0, 2, 100), rng.uniform(-1, 2, 100)
    clear = noisy_critical_delta(h, s, 0, 1)
    assert clear == pytest.approx(thresholds.reversion_threshold(s, s + h, 0 * s))


def test_the_softest_sufficient_alarm_is_best():
    # Brute force over the probability of punishing a bad signal.
    u, h, p, q = 2.0, 1.0, 0.1, 0.5
    for delta in (0.55, 0.6, 0.8, 0.95):
        best = 0.0
        for phi in np.linspace(0, 1, 20_001):
            value = (1 - delta) * u / (1 - delta * (1 - p * phi))
            if delta * phi * (q - p) * value >= (1 - delta) * h:
                best = max(best, value)
        assert noisy_payoff(u, h, 0, p, q, delta) == pytest.approx(best, abs=2e-4)


def test_limit_score():
    assert WATCH.limit_score((1, 1)) == pytest.approx(3.5)
    # Negative axes: minus the minmax payoffs.
    assert WATCH.limit_score((-1, 0)) == pytest.approx(0, abs=1e-9)
    assert WATCH.limit_score((2, 2)) == pytest.approx(7)


def test_limit_payoffs_lie_between_nash_and_folk_sets():
    region = WATCH.limit_payoffs(32)
    assert region.min() >= -1e-6
    assert (region.sum(axis=1) <= 3.5 + 1e-6).all()
    assert region.sum(axis=1).max() == pytest.approx(3.5, abs=1e-6)
    perfect = PublicMonitoring(DILEMMA, np.eye(4).reshape(2, 2, 4))
    assert perfect.limit_score((1, 1)) == pytest.approx(4)
    assert perfect.rank((0, 0), 1) == 2
    assert PublicMonitoring(DILEMMA, np.ones((2, 2, 1))).rank((0, 0), 0) == 1


def test_blind_players_can_only_play_the_stage_equilibrium():
    blind = PublicMonitoring(DILEMMA, np.ones((2, 2, 1)))
    assert blind.limit_score((1, 1)) == pytest.approx(0, abs=1e-9)
    assert np.isinf(blind.critical_delta_trigger((0, 0))).all()
    assert blind.critical_delta_trigger((1, 1), bad=[]).tolist() == [0, 0]


def test_pooling_partners_never_hurts():
    rng = np.random.default_rng(2)
    h, s = rng.uniform(0, 1, (500, 4)), rng.uniform(0.01, 1, (500, 4))
    bilateral, pooled = linked_partners(h, s)
    assert (pooled <= bilateral + 1e-15).all()
    assert bilateral == pytest.approx((h / (h + s)).max(axis=1))
    same = linked_partners([1.0, 2.0], [1.0, 2.0])
    assert same[0] == same[1] == 0.5
    assert linked_partners([1.0, 0.1], [-1.0, 5.0])[0] == np.inf
    assert linked_partners([1.0, 0.1], [-1.0, 5.0])[1] < 1


def test_reputation_bounds():
    assert commitment_bound(1 / 8, 0.5, 1, 0, 0.9) == pytest.approx(0.9**3)
    assert commitment_bound(0.1, 0.5, 1, 0, 0.999999) == pytest.approx(1, abs=1e-5)
    assert deterrence_belief(0.5, 3) == 0.125
    with pytest.raises(ParameterError, match="strictly between"):
        commitment_bound(0, 0.5, 1, 0, 0.9)


def test_bad_input_is_refused():
    with pytest.raises(GameError, match="sum to 1"):
        PublicMonitoring(DILEMMA, np.ones((2, 2, 2)))
    with pytest.raises(GameError, match="one axis of signals"):
        PublicMonitoring(DILEMMA, np.ones((2, 3, 1)))
    with pytest.raises(ParameterError, match="probability"):
        noisy_critical_delta(1, 1, -0.1, 0.5)
    with pytest.raises(ParameterError, match="not all 0"):
        WATCH.limit_score((0, 0))
    with pytest.raises(ParameterError, match="at least 4"):
        WATCH.limit_payoffs(2)


# ---- patient hedging -----------------------------------------------------------------


def test_stage_game_of_patient_hedging():
    game = patient_hedging.MODEL()
    table = thresholds.nash_reversion(game.payoffs[None])[0, :, 0, 0]
    assert table == pytest.approx([0.8 / 1.8, 0.6 / 1.6], abs=1e-15)
    assert np.array(patient_hedging.critical_deltas()) == pytest.approx(table)
    grim = Automaton.grim_trigger((2, 2), (0, 0), (1, 1))
    delta = max(table)
    assert grim.is_spe(game, delta)
    assert not grim.is_spe(game, delta - 1e-6)


def test_critical_delta_by_number_of_partners():
    n = np.arange(1, 141)
    delta = patient_hedging.critical_delta_partners(n)
    assert delta[[0, 1, 2, 4]].round(2).tolist() == [0.87, 0.70, 0.59, 0.46]
    least = int(delta.argmin())
    assert abs(n[least] - 30) <= 3
    assert delta[least] == pytest.approx(0.24, abs=5e-3)
    assert delta[119] > 1
    # U-shaped: falls, then rises.
    assert (np.diff(delta)[:least] < 0).all()
    assert (np.diff(delta)[least:] > 0).all()
    noisy = patient_hedging.critical_delta_partners(n, false_alarm=0.15)
    assert int(n[noisy.argmin()]) == 4
    assert noisy.min() == pytest.approx(0.875, abs=5e-4)
    assert noisy[0].round(2) == 1.01
    assert (noisy[1:7] < 1).all()
    assert (noisy[7:] > 1).all()
    three = patient_hedging.critical_delta_partners(3, false_alarm=[0.19, 0.2, 0.25])
    assert (three >= 1).tolist()[1:] == [True, True]


def test_partners_formula_is_the_two_state_decision():
    # Value of staying even-handed while ties last, against tilting once and for all values.
    for n, eps in ((1, 0.03), (3, 0.1), (5, 0.03)):
        v, g, d = 0.25, 0.8, 0.6
        rho, chi = (1 - eps) ** n, (1 - d) ** n
        star = float(patient_hedging.critical_delta_partners(n, false_alarm=eps))
        for delta, keep in ((star + 1e-6, True), (star - 1e-6, False)):
            value = n * v / (1 - delta * rho)
            tilt = n * v + g + delta * chi * value
            assert (value >= tilt) == keep


def test_waiting_threshold_is_the_indifference_point():
    h, rate, chance, high, low = 0.3, 0.2, 0.5, 1.0, 0.0
    delta = float(patient_hedging.critical_delta_waiting(h, rate, chance, high, low))
    now = chance * high + (1 - chance) * low
    # Normalised value of waiting: W = (1-d) h + d (rate high + (1-rate) W).
    wait = ((1 - delta) * h + delta * rate * high) / (1 - delta * (1 - rate))
    assert wait == pytest.approx(now)
    assert patient_hedging.critical_delta_waiting(0.6, rate, chance, high, low) == 0
    assert patient_hedging.critical_delta_waiting(h, 0.0, chance, high, low) == np.inf


def test_family_input_is_refused():
    with pytest.raises(ParameterError, match="at least one"):
        patient_hedging.critical_delta_partners(0)
    with pytest.raises(ParameterError, match="probabilities"):
        patient_hedging.critical_delta_waiting(0.1, 2.0, 0.5, 1, 0)
