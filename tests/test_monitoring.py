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


# ---- one alarm for all -----------------------------------------------------------------------

TWO_NASH = np.array([[[3.0, 0, 0], [4, 1, 0], [0, 0, 2]], [[3, 4, 0], [0, 2, 0], [0, 0, 1]]])


def two_signals(bad):
    bad = np.asarray(bad)
    return np.stack([bad, 1 - bad], axis=-1)


def test_an_alarm_that_names_nobody_punishes_all_alike():
    alarm = np.full((3, 3), 0.5)
    alarm[0, 0] = 0.05
    watch = PublicMonitoring(TWO_NASH, two_signals(alarm))
    # Each its own worst equilibrium would give 20/37; one for both 5/7; a fair lottery 8/13.
    for bad in ([0], None):
        assert watch.critical_delta_trigger((0, 0), bad) == pytest.approx([8 / 13] * 2)
    only = TWO_NASH.copy()
    only[:, 2, 2] = -1, 1  # the second equilibrium is none any more
    one = PublicMonitoring(only, two_signals(alarm)).critical_delta_trigger((0, 0))
    # Gain 1; player 2 loses 1: 1 / (0.95 + 0.45).
    assert one.max() == pytest.approx(1 / (0.95 + 0.45))


def test_who_dodges_the_alarm_for_nothing_does():
    # The third row pays what the first does and is never flagged.
    game = np.array([[[2.0, -1], [3, 0], [2, -1]], [[2, 3], [-1, 0], [2, 3]]])
    good = np.array([[0.9, 0.5], [0.5, 0.2], [1, 0.5]])
    found = PublicMonitoring(game, two_signals(1 - good)).critical_delta_trigger((0, 0), bad=[0])
    assert found.max() == np.inf
    # By itself a deviation without gain needs no alarm.
    assert noisy_critical_delta(0, 2, 0.5, 0.1) == 0
    # If dodging costs enough, the alarm need only be soft enough.
    game[0, 2] -= 1
    found = PublicMonitoring(game, two_signals(1 - good)).critical_delta_trigger((0, 0), bad=[0])
    assert found == pytest.approx([10 / 17] * 2)


def test_triggers_equal_brute_force():
    """Against values of the two-state plan, over lotteries, softness and discount factors."""
    rng = np.random.default_rng(6)
    seen = np.zeros(2, dtype=int)
    for _ in range(400):
        game = rng.integers(0, 7, (2, 2, 3)).astype(float)
        alarm = rng.uniform(0, 1, (2, 3)).round(2)
        game[:, 0, 0], alarm[0, 0] = 5, alarm[0, 0] / 10
        watch = PublicMonitoring(game, two_signals(alarm))
        star = watch.critical_delta_trigger((0, 0), bad=[0]).max()
        stable = [
            game[:, i, j]
            for i, j in np.ndindex(2, 3)
            if game[0, i, j] == game[0, :, j].max() and game[1, i, j] == game[1, i].max()
        ]
        if not 0 < len(stable) < 3 or star == 0 or (star == np.inf and seen[1] > 8):
            continue
        worth = np.array([t * stable[0] + (1 - t) * stable[-1] for t in np.linspace(0, 1, 201)])
        p = alarm[0, 0]

        def holds(delta, worth=worth, game=game, alarm=alarm, p=p):
            phi = np.linspace(0, 1, 401)[1:, None, None]
            u = game[:, 0, 0]
            value = ((1 - delta) * u + delta * phi * p * worth) / (1 - delta * (1 - phi * p))
            fine = np.ones(value.shape[:2], dtype=bool)
            for i, other in ((0, (1, 0)), (1, (0, 1)), (1, (0, 2))):
                q = alarm[other]
                ahead = phi[..., 0] * q * worth[:, i] + (1 - phi[..., 0] * q) * value[..., i]
                fine &= value[..., i] >= (1 - delta) * game[(i, *other)] + delta * ahead - 1e-12
            return fine.any()

        if star < 0.97:
            assert holds(min(star + 0.02, 0.99)), (game.tolist(), alarm.tolist())
            assert not holds(star - 1e-6), (game.tolist(), alarm.tolist())
            seen[0] += 1
        elif star == np.inf:
            assert not any(holds(x) for x in (0.3, 0.6, 0.9, 0.99))
            seen[1] += 1
    assert (seen > 4).all(), seen


@pytest.mark.parametrize("scale", [1e-10, 1e10])
def test_units_of_payoffs_do_not_matter(scale):
    unit = np.array([scale, 1.0]).reshape(2, 1, 1)
    other = PublicMonitoring(DILEMMA * unit, WATCH.signals)
    region = WATCH.limit_payoffs(32)
    np.testing.assert_allclose(other.limit_payoffs(32) / unit[:, 0, 0], region, atol=1e-8)
    assert region.min() >= 0  # the minmax payoffs
    gaps = np.abs(region[:, None] - region).max(axis=2) + np.eye(len(region))
    assert gaps.min() > 1e-3  # every vertex once
    assert other.limit_score((1 / scale, 1)) == pytest.approx(3.5)
    assert other.critical_delta_trigger((0, 0)) == pytest.approx([10 / 17] * 2)


def test_sets_without_area_are_points_and_segments():
    assert PublicMonitoring(DILEMMA, np.ones((2, 2, 1))).limit_payoffs().tolist() == [[0, 0]]
    assert PublicMonitoring(DILEMMA, np.ones((2, 2, 1))).critical_delta_trigger((1, 1)).max() == 0
    with pytest.raises(GameError, match="list signals"):
        WATCH.critical_delta_trigger((0, 0), bad=[2])
    with pytest.raises(GameError, match="action position"):
        WATCH.critical_delta_trigger((0, 2))


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
