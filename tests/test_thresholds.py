"""Critical discount factors: closed forms, their order and their laws."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.errors import GameError, HedgingTypeError, ParameterError
from hedging.program import doubles, rationals
from hedging.repeated import kernels, payoff_set_exact, stage, thresholds, transfers
from hedging.repeated.automata import Automaton
from hedging.repeated.optimal_penal_code import critical_delta as exact_critical
from hedging.repeated.optimal_penal_code import sustainable
from hedging.repeated.reversion_program import nash_reversion_program, read_never

DILEMMA = np.array([[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]])
ABREU = [[10.0, 3, 0], [15, 7, -4], [7, 5, -15]]
COURNOT = np.array([ABREU, np.transpose(ABREU)])
AS = np.array([[[16.0, 3, 0], [21, 10, -1], [9, 5, -5]], [[9, 13, 3], [1, 4, 0], [0, -4, -15]]])


def grim(game, profile):
    return thresholds.overall(thresholds.nash_reversion(np.asarray(game)[None]))[(0, *profile)]


def random_games(seed, count, shape, integers=False):
    rng = np.random.default_rng(seed)
    size = (count, len(shape), *shape)
    return rng.integers(-2, 4, size).astype(float) if integers else rng.normal(size=size)


# ---- published and hand-computed values -----------------------------------------------


def test_dilemma_of_four_needs_a_third():
    assert grim(DILEMMA, (0, 0)) == 1 / 3


def test_axelrods_dilemma_needs_a_half():
    assert grim([[[3.0, 0], [5, 1]], [[3, 5], [0, 1]]], (0, 0)) == 0.5


def test_abreus_cournot_grim_and_transfers():
    # Abreu 1988; the repgame tutorial of Kranz gives 5/8 without and 1/3 with transfers.
    assert grim(COURNOT, (0, 0)) == 0.625
    assert transfers.critical_delta(COURNOT[None])[0, 0, 0] == pytest.approx(1 / 3, abs=1e-15)
    regimes = transfers.regimes(COURNOT)
    assert [r.delta for r in regimes] == pytest.approx([0, 0.25, 1 / 3])
    assert regimes[0].joint_payoff == 14
    assert regimes[0].profile == 4
    assert regimes[0].punishment_payoffs.tolist() == [7, 7]
    assert regimes[-1].joint_payoff == 20
    assert regimes[-1].profile == 0
    assert regimes[-1].punishment_payoffs.tolist() == [0, 0]


def test_public_good_with_transfers():
    # A contribution x in 0..10 costs 0.75 x, and each gets half of the sum; repgame tutorial.
    x = np.arange(11.0)
    own = 0.5 * (x[:, None] + x[None]) - 0.75 * x[:, None]
    game = np.array([own, own.T])
    assert transfers.critical_delta(game[None])[0, 10, 10] == pytest.approx(0.5, abs=1e-15)
    regime = transfers.regimes(game)[-1]
    assert (regime.need, regime.joint_payoff) == (5.0, 5.0)


@pytest.mark.parametrize(("n", "value"), [(2, 9 / 17), (3, 4 / 7), (5, 9 / 14)])
def test_linear_cournot_reverts_to_cournot(n, value):
    # P = 1 - Q; outputs: collusive, Cournot, best reply to collusion.
    joint, nash = Fraction(1, 2 * n), Fraction(1, n + 1)
    reply = (1 - (n - 1) * joint) / 2
    outputs = [joint, nash, reply]
    payoffs = np.empty((n, *[3] * n), dtype=object)
    for a in product(range(3), repeat=n):
        price = 1 - sum(outputs[k] for k in a)
        for i in range(n):
            payoffs[(i, *a)] = price * outputs[a[i]]
    each = thresholds.nash_reversion(payoffs[None], np.full((1, n), nash**2, dtype=object))
    found = each[(0, slice(None), *[0] * n)]
    assert set(found.tolist()) == {Fraction((n + 1) ** 2, (n + 1) ** 2 + 4 * n)}
    assert float(found[0]) == pytest.approx(value)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_bertrand(n):
    # Prices: cost, a shade below monopoly, monopoly; the lowest share a profit of 0, 1 or 1.
    payoffs = np.empty((n, *[3] * n), dtype=object)
    for a in product(range(3), repeat=n):
        low = min(a)
        for i in range(n):
            share = Fraction(int(low > 0), a.count(low))
            payoffs[(i, *a)] = share if a[i] == low else Fraction(0)
    value = thresholds.overall(thresholds.nash_reversion(payoffs[None]))[(0, *[2] * n)]
    assert value == 1 - Fraction(1, n)
    assert thresholds.overall(thresholds.minmax_bound(payoffs[None]))[(0, *[2] * n)] == value


def test_cournot_duopoly_stick_and_carrot():
    # P = 1 - Q without a floor: stick q = 5/12 with carrot 1/4 at 9/32.  Continuous
    # deviations, so gains are given by the best reply in closed form.
    def profit(q):
        return q * (1 - 2 * q)

    def gain(q):
        return ((1 - q) / 2) ** 2 - profit(q)

    q, carrot = Fraction(5, 12), Fraction(1, 4)
    assert max(gain(q), gain(carrot)) / (profit(carrot) - profit(q)) == Fraction(9, 32)
    outputs = [carrot, q, (1 - carrot) / 2, (1 - q) / 2]
    own = np.array([[x * (1 - x - y) for y in outputs] for x in outputs], dtype=object)
    value, sticks = thresholds.stick_and_carrot(np.array([[own, own.T]]), np.array([0]))
    assert value[0] == Fraction(9, 32)
    assert sticks[0].tolist() == [5, 5]


def test_cournot_duopoly_whose_price_does_not_fall_below_zero():
    # P = max(1 - Q, 0): stick q = 3/4 with carrot 1/4 at 1/8.  Outputs: carrot, stick and the
    # best replies to them, 3/8 and 1/8.
    outputs = [Fraction(1, 4), Fraction(3, 4), Fraction(3, 8), Fraction(1, 8)]
    own = np.array([[x * max(1 - x - y, Fraction(0)) for y in outputs] for x in outputs])
    game = np.array([own, own.T], dtype=object)
    need, fall = thresholds.stick_parts(game, 0, np.array([5, 5]))
    assert (need / fall).tolist() == [Fraction(1, 8), Fraction(1, 8)]
    value, _ = thresholds.stick_and_carrot(game[None], np.array([0]))
    assert value[0] == Fraction(1, 8)
    machine = Automaton.simple_penal_code((4, 4), (0, 0), [(1, 1), (1, 1)])
    assert machine.is_spe(game, 0.125)
    assert not machine.is_spe(game, 0.125 - 1e-9)


@pytest.mark.parametrize(("k", "value"), [(1, 0.5), (2, (3**0.5 - 1) / 2), (np.inf, 1 / 3)])
def test_finite_punishment_in_the_dilemma(k, value):
    found = thresholds.finite_punishment(DILEMMA[None], k)[0, :, 0, 0]
    assert found == pytest.approx([value, value], abs=1e-15)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 10])
def test_finite_punishment_agrees_with_its_automaton(k):
    delta = thresholds.finite_punishment(DILEMMA[None], k)[0, 0, 0, 0]
    machine = Automaton.k_period((2, 2), (0, 0), (1, 1), k)
    assert machine.is_spe(DILEMMA, delta)
    assert machine.is_spe(DILEMMA, delta + 1e-6)
    assert not machine.is_spe(DILEMMA, delta - 1e-6)


def test_finite_punishment_may_never_suffice():
    game = np.array([[[[2.0, -1], [9, 0]], [[2, 9], [-1, 0]]]])  # gain 7, loss 2 per period
    assert thresholds.finite_punishment(game, 3)[0, 0, 0, 0] == np.inf
    assert thresholds.finite_punishment(game, 4)[0, 0, 0, 0] < 1
    with pytest.raises(ParameterError, match="whole number of periods"):
        thresholds.finite_punishment(game, 0)


def test_abreu_sannikov_game():
    value = exact_critical(AS[None], 0)
    assert value.value[0] == pytest.approx(4 / 13, abs=1e-12)
    assert value.status[0] == 0
    assert grim(AS, (0, 0)) == pytest.approx(5 / 11)
    assert transfers.critical_delta(AS[None])[0, 0, 0] == pytest.approx(9 / 34)


def test_game_without_pure_equilibrium_has_a_jump_at_two_thirds():
    game = [[[[2.0, 4], [5, 1]], [[3, 1], [4, 5]]]]
    found = exact_critical(game, 2)
    assert found.value[0] == pytest.approx(2 / 3, abs=1e-9)
    assert grim(game[0], (1, 0)) == np.inf


def test_three_players_who_want_to_meet():
    # Payoff 1 if all do the same: at no patience can anybody be held below 1 by pure play.
    own = np.zeros((2, 2, 2))
    own[0, 0, 0] = own[1, 1, 1] = 1
    game = np.array([own, own, own])[None]
    reversion = thresholds.overall(thresholds.nash_reversion(game))
    assert reversion[0, 0, 0, 0] == 0
    assert np.isinf(np.delete(reversion.ravel(), [0, 7])).all()
    assert stage.pure_minmax(game).tolist() == [[0, 0, 0]]
    # If all toss coins each gets 1/4, the least that mixed punishments can bring about
    # (Fudenberg and Maskin 1986).
    worst, status = stage.worst_nash(game, mixed=True)
    assert worst == pytest.approx(np.full((1, 3), 0.25))
    assert status[0] == 0


def test_correlated_alternation_in_the_dilemma():
    # Alternate (C, D) and (D, C): each expects 1, the one who cooperates gains 1.
    weights = np.array([[0, 0.5], [0.5, 0]])
    found = thresholds.correlated_target(DILEMMA[None], weights)
    assert found.tolist() == [[0.5, 0.5]]
    with pytest.raises(ParameterError, match="sum to 1"):
        thresholds.correlated_target(DILEMMA[None], weights / 2)


# ---- laws ---------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (3, 3)])
@pytest.mark.parametrize("integers", [False, True])
def test_order_of_all_thresholds(shape, integers):
    games = random_games(1, 2000, shape, integers)
    target = games.sum(axis=1).reshape(len(games), -1).argmax(axis=1)
    rows = np.arange(len(games))

    def at(table):
        return table.reshape(len(games), -1)[rows, target]

    minmax = at(thresholds.overall(thresholds.minmax_bound(games)))
    nash = at(thresholds.overall(thresholds.nash_reversion(games)))
    sticks, _ = kernels.stick_and_carrot(games, target)
    pooled = at(transfers.critical_delta(games))
    found = exact_critical(games, target)
    sure = found.status == 0
    assert sure.mean() > 0.99
    value = found.value[sure]
    assert (minmax[sure] <= value + 1e-9).all()
    assert (pooled[sure] <= value + 1e-9).all()
    assert (value <= np.minimum(nash, sticks)[sure] + 1e-9).all()
    assert (found.lower <= found.upper).all()


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (4, 3)])
def test_compiled_and_array_forms_agree_to_the_last_bit(shape):
    games = random_games(2, 500, shape, integers=True) / 3
    target = np.random.default_rng(3).integers(0, shape[0] * shape[1], len(games))
    plain = thresholds.overall(thresholds.nash_reversion(games))
    assert np.array_equal(kernels.nash_reversion(games), plain)
    low, high = kernels.bracket(games, target)
    bound = thresholds.overall(thresholds.minmax_bound(games)).reshape(len(games), -1)
    rows = np.arange(len(games))
    assert np.array_equal(low, bound[rows, target])
    assert np.array_equal(high, plain.reshape(len(games), -1)[rows, target])
    some = slice(0, 60)
    sticks = thresholds.stick_and_carrot(games[some], target[some])[0]
    assert np.array_equal(kernels.stick_and_carrot(games[some], target[some])[0], sticks)


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 2, 2)])
def test_program_agrees_with_arrays_and_with_fractions(shape):
    games = random_games(4, 60, shape, integers=True)
    expected = thresholds.nash_reversion(games)
    program = nash_reversion_program(shape)
    flat = games.reshape(len(games), -1)
    outputs = np.array(doubles.evaluate(program, list(flat.T)))
    n = len(shape)
    got = read_never(outputs).reshape(*shape, n, len(games))
    assert np.array_equal(np.moveaxis(got, [-1, -2], [0, 1]), expected)
    exact = rationals.evaluate(program, [Fraction(x) for x in flat[0]])
    assert [float(x) for x in exact] == pytest.approx(outputs[:, 0].tolist())


def test_program_with_mixed_equilibrium():
    # Matching pennies with a bonus: only the mixed equilibrium can punish.
    game = np.array([[[3.0, 0], [0, 1]], [[0.0, 2], [2, 0]]])
    program = nash_reversion_program((2, 2), (0, 1), mixed=True)
    worst, status = stage.worst_nash(game[None], mixed=True)
    assert status[0] == 0
    assert worst[0] == pytest.approx([0.75, 1.0])
    got = read_never(np.array(doubles.evaluate(program, game.ravel().tolist())))
    assert got == pytest.approx(thresholds.nash_reversion(game[None], worst)[0, :, 0, 1])
    with pytest.raises(GameError, match="2x2"):
        nash_reversion_program((3, 2), mixed=True)
    with pytest.raises(GameError, match="none of a game"):
        nash_reversion_program((2, 2), (2, 0))


def test_mixed_equilibria_only_help():
    games = random_games(5, 60, (3, 3))
    pure = thresholds.overall(thresholds.nash_reversion(games))
    worst, _ = stage.worst_nash(games, mixed=True)
    assert (thresholds.overall(thresholds.nash_reversion(games, worst)) <= pure).all()
    assert np.isfinite(worst).all()


@given(
    st.lists(st.integers(-3, 3), min_size=8, max_size=8),
    st.sampled_from([1e-10, 1.0, 1024.0, 1e10]),
    st.integers(-1000, 1000),
)
@settings(max_examples=60, deadline=None)
def test_affine_rescaling_changes_nothing(entries, scale, shift):
    game = np.array(entries, dtype=float).reshape(1, 2, 2, 2)
    other = game.copy()
    other[:, 0] = other[:, 0] * scale
    other[:, 1] = other[:, 1] + shift
    for rule in (thresholds.nash_reversion, thresholds.minmax_bound):
        np.testing.assert_allclose(rule(other), rule(game), rtol=1e-12)


def test_swapping_players_and_permuting_and_duplicating_actions():
    games = random_games(6, 300, (3, 2), integers=True)
    for rule in (
        lambda g: thresholds.overall(thresholds.nash_reversion(g)),
        lambda g: thresholds.overall(thresholds.minmax_bound(g)),
        transfers.critical_delta,
    ):
        value = rule(games)
        swapped = np.swapaxes(games, 2, 3)[:, ::-1]
        np.testing.assert_allclose(np.swapaxes(rule(swapped), 1, 2), value, rtol=1e-14)
        np.testing.assert_allclose(rule(games[:, :, [2, 0, 1]]), value[:, [2, 0, 1]], rtol=1e-14)
        doubled = rule(games[:, :, [0, 1, 2, 2]])
        np.testing.assert_allclose(doubled, value[:, [0, 1, 2, 2]], rtol=1e-14)
    target = np.full(len(games), 0)
    value = exact_critical(games, target).value
    doubled = exact_critical(games[:, :, [0, 1, 2, 2]], target).value
    np.testing.assert_allclose(doubled, value, atol=3e-9)
    swapped = np.ascontiguousarray(np.swapaxes(games, 2, 3)[:, ::-1])
    np.testing.assert_allclose(exact_critical(swapped, target).value, value, atol=3e-9)


def test_batch_equals_loop():
    games = random_games(7, 20, (3, 3))
    target = np.arange(20) % 9
    whole = exact_critical(games, target)
    for g in range(20):
        one = exact_critical(games[g : g + 1], target[g])
        assert one.value[0] == whole.value[g]


# ---- on the threshold ----------------------------------------------------------------


def test_delta_on_a_threshold_has_margin_zero():
    games = random_games(8, 4000, (2, 2), integers=True) / 7
    u, d = games, stage.best_deviations(games)
    v = stage.worst_pure_nash(games).reshape(-1, 2, 1, 1)
    delta = thresholds.nash_reversion(games)
    on = np.isfinite(delta) & (delta > 0)
    delta = np.where(on, delta, 0.5)
    finite = np.where(np.isfinite(v), v, 0.0)
    margin = thresholds.incentive_margin(u, d, finite, delta)
    assert (margin[on] == 0).all()
    above = thresholds.incentive_margin(u, d, finite, delta + 1e-9)
    below = thresholds.incentive_margin(u, d, finite, delta - 1e-9)
    assert (above[on] > 0).all()
    assert (below[on] < 0).all()


def test_decisions_on_and_beside_thresholds():
    games = random_games(9, 3000, (2, 2), integers=True) / 7
    target = games.sum(axis=1).reshape(len(games), -1).argmax(axis=1)
    found = exact_critical(games, target)
    use = np.isfinite(found.value) & (found.value > 0) & (found.value < 0.999)
    games, target, value = games[use], target[use], found.value[use]
    assert sustainable(games, target, value).sustainable.all()
    assert sustainable(games, target, value + 1e-8).sustainable.all()
    assert not sustainable(games, target, value - 1e-7).sustainable.any()


def integer_games(seed, count):
    games = np.random.default_rng(seed).integers(0, 6, (count, 2, 3, 3)).astype(float)
    return games, games.sum(axis=1).reshape(count, -1).argmax(axis=1)


def test_thresholds_that_are_simple_fractions_are_hit():
    """Solved ones too: neither a trifle below by tolerance nor above by halving."""
    games, target = integer_games(2, 6000)
    found = exact_critical(games, target)
    assert (found.lower <= found.value).all()
    assert (found.value <= found.upper).all()
    solved = np.flatnonzero((found.solves > 1) & (found.status == 0) & (found.value < 1))
    fractions = [Fraction(float(x)).limit_denominator(60) for x in found.value[solved]]
    error = np.array([x - float(q) for x, q in zip(found.value[solved], fractions, strict=True)])
    near = np.abs(error) < 1e-6
    assert near.sum() > 50
    assert np.abs(error[near]).max() < 1e-15
    # On the threshold the answer is yes, and what is left of patience is nothing.
    yes = sustainable(games[solved], target[solved], found.value[solved])
    assert yes.sustainable.all()
    below = sustainable(games[solved], target[solved], found.lower[solved] - 1e-7)
    assert not below.sustainable.any()


def rational_audit(table, target, delta, rounds=40):
    """Whether a profile is sustainable, in fractions: True, False or None (undecided)."""
    floor = tuple(stage.pure_minmax(table[None])[0])
    d = stage.best_deviations(table[None])[0].reshape(2, -1)[:, target]
    u = table.reshape(2, -1)[:, target]
    solver = payoff_set_exact._Stage(table)
    region = payoff_set_exact.hull(solver.payoff)
    for _ in range(rounds):
        before = region, floor
        region, floor = payoff_set_exact._step(solver, region, floor, delta)
        if not region or any(delta * (d[i] - floor[i]) < d[i] - u[i] for i in (0, 1)):
            return False
        if (region, floor) == before:
            return True
        if max(x.denominator.bit_length() for x in (*floor, *sum(region, ()))) > 1500:
            return None
    return None


@pytest.mark.slow
def test_exact_thresholds_against_fractions():
    games, target = integer_games(3, 2000)
    found = exact_critical(games, target)
    solved = np.flatnonzero((found.solves > 1) & np.isfinite(found.value))
    agreed = 0
    for g in solved:
        table = np.asarray(np.frompyfunc(lambda x: Fraction(int(x)), 1, 1)(games[g]))
        value = Fraction(float(found.value[g])).limit_denominator(10**6)
        ends = Fraction(float(found.lower[g])), Fraction(float(found.upper[g]))
        assert rational_audit(table, int(target[g]), ends[0] - Fraction(1, 10**7)) is not True
        assert rational_audit(table, int(target[g]), ends[1] + Fraction(1, 10**10)) is not False
        if abs(value - Fraction(float(found.value[g]))) < Fraction(1, 10**15):
            assert rational_audit(table, int(target[g]), value) is not False
            below = rational_audit(table, int(target[g]), value - Fraction(1, 10**8))
            assert below is not True
            agreed += below is False
    assert agreed > 10


def test_bracket_stays_honest_where_sets_do_not_converge():
    # At 3/4 two fixed points merge: near it an iteration takes ever longer.
    game = integer_games(2, 20000)[0][14005]
    found = exact_critical(game[None], game.sum(axis=0).argmax())
    assert found.lower[0] <= 0.75 <= found.upper[0]
    assert found.upper[0] - found.lower[0] < 1e-4
    assert found.status[0] == (0 if found.upper[0] - found.lower[0] <= 1e-9 else 4)


@pytest.mark.parametrize("delta", [0.2, 0.5, 0.8])
def test_decisions_agree_with_thresholds(delta):
    games = random_games(10, 2000, (3, 3))
    target = games.sum(axis=1).reshape(len(games), -1).argmax(axis=1)
    value = exact_critical(games, target).value
    found = sustainable(games, target, delta)
    near = np.abs(value - delta) < 1e-8
    assert np.array_equal(found.sustainable[~near], (value <= delta)[~near])
    assert found.escalated < 0.15


def test_exact_numbers_stay_exact():
    game = np.array([[[2, -1], [3, 0]], [[2, 3], [-1, 0]]], dtype=object)[None]
    assert thresholds.nash_reversion(game)[0, 0, 0, 0] == Fraction(1, 3) or isinstance(
        thresholds.nash_reversion(game)[0, 0, 0, 0], float
    )
    fractions = np.asarray(np.frompyfunc(Fraction, 1, 1)(game), dtype=object)
    assert thresholds.nash_reversion(fractions)[0, 0, 0, 0] == Fraction(1, 3)
    assert transfers.critical_delta(fractions)[0, 0, 0] == Fraction(1, 3)
    margin = thresholds.incentive_margin(Fraction(2), Fraction(3), Fraction(0), Fraction(1, 3))
    assert margin[()] == 0


# ---- what is refused or marked ---------------------------------------------------------


def test_bad_input_is_refused_in_one_line():
    with pytest.raises(ParameterError, match=r"\[0, 1\)"):
        sustainable(DILEMMA[None], 0, 1.0)
    with pytest.raises(HedgingTypeError, match="one per player"):
        stage.check_delta("half")
    with pytest.raises(GameError, match="two players"):
        exact_critical(np.zeros((1, 3, 2, 2, 2)), 0)
    with pytest.raises(GameError, match="position 4"):
        exact_critical(DILEMMA[None], 4)
    with pytest.raises(GameError, match="float64"):
        kernels.nash_reversion(np.zeros((1, 3, 2, 2, 2)))
    with pytest.raises(GameError, match="make no games"):
        stage.as_games(np.zeros((4, 2, 2)))


def test_nonfinite_and_undecided_games_are_marked():
    games = np.stack([DILEMMA, DILEMMA, DILEMMA])
    games[0, 0, 0, 0] = np.nan
    games[1, 1, 1, 1] += 1e-13
    games[1, 1, 1, 0] = games[1, 1, 1, 1] + 1e-15
    errors = np.full((3, 2), 1e-14)
    _, status = stage.worst_nash(games, payoff_error=errors)
    assert status.tolist() == [3, 1, 0]
    assert exact_critical(games, 0).status.tolist()[0] == 3
    assert np.isnan(thresholds.nash_reversion(games)[0, 0, 0, 0])
    assert sustainable(games, 0, 0.5).status[0] == 3


def test_simplest_fractions():
    from hedging.repeated.delta_search import simplest_between

    assert simplest_between(0.3333, 0.3334, 1e4) == 1 / 3
    assert simplest_between(2 / 3 - 1e-10, 2 / 3 + 1e-10, 1e4) == 2 / 3
    assert simplest_between(0.5, 0.5, 1e4) == 0.5
    assert np.isnan(simplest_between(0.7071067811, 0.7071067812, 1e3))


# ---- discount factors of their own; sums that round ------------------------------------------


def test_sticks_are_chosen_for_the_discount_factors_given():
    rng = np.random.default_rng(41)
    yes = 0
    for k in range(48):
        shape = (2, 2, 2) if k % 12 == 0 else [(2, 2), (2, 3)][k % 2]
        game = rng.integers(0, 5, (len(shape), *shape)).astype(float)
        delta = rng.uniform(0.3, 0.95, len(shape)).round(3)
        best = np.unravel_index(game.sum(axis=0).argmax(), shape)
        target = tuple(int(x) for x in best)
        flat = int(np.ravel_multi_index(target, shape))
        found = thresholds.best_stick_margins(game, flat, delta)
        profiles = list(np.ndindex(*shape))
        slack = max(
            Automaton.simple_penal_code(shape, target, sticks).slack(game, delta).min()
            for sticks in product(profiles, repeat=len(shape))
        )
        if found is None:
            assert slack < 0
        elif abs(slack) > 1e-12:
            assert (found.min() >= 0) == (slack >= 0), (game.tolist(), delta, target)
            yes += slack >= 0
    assert yes > 5


def test_many_sticks_at_once_equal_the_definition():
    game = np.random.default_rng(42).random((3, 2, 3, 2))
    u = game.reshape(3, -1)
    h = stage.best_deviations(game[None])[0].reshape(3, -1) - u
    best = {}
    for t in range(12):
        for choice in product(range(12), repeat=3):
            need = np.maximum(h[:, t], h[:, list(choice)].max(axis=1))
            fall = u[:, t] - u[np.arange(3), list(choice)]
            worst = max(
                (n / f if f > 0 else np.inf) if n > 0 else 0
                for n, f in zip(need, fall, strict=True)
            )
            if worst < min(1, best.get(t, (np.inf,))[0]):
                best[t] = (worst, list(choice))
    value, sticks = thresholds.stick_and_carrot(np.repeat(game[None], 12, axis=0), np.arange(12))
    for t in range(12):
        assert value[t] == best.get(t, (np.inf,))[0]
        if t in best:
            assert sticks[t].tolist() == best[t][1]


def test_too_many_sticks_are_refused():
    with pytest.raises(ParameterError, match="type punishment='nash_reversion'"):
        thresholds.stick_and_carrot(np.zeros((1, 3, 7, 7, 7)), np.array([0]))


def test_rounding_makes_no_regime_of_its_own():
    # 0.1 + 0.2 is not 0.3: sums over the players differ by their rounding alone.
    rng = np.random.default_rng(43)
    for _ in range(200):
        whole = rng.integers(0, 6, (2, 3, 3))
        table = np.asarray(np.frompyfunc(lambda x: Fraction(int(x), 10), 1, 1)(whole))
        exact = transfers.regimes(table)
        found = transfers.regimes(whole * 0.1)
        assert len(found) == len(exact)
        assert [r.delta for r in found] == pytest.approx([float(r.delta) for r in exact])


@pytest.mark.parametrize("k", [0, -3, 1.5, True, "2", None])
def test_periods_are_whole_numbers(k):
    with pytest.raises(ParameterError, match="type a whole number of periods from 1"):
        thresholds.finite_punishment(DILEMMA[None], k)
