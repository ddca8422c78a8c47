"""Repeated games with labels; finite horizons; renegotiation."""

from fractions import Fraction

import numpy as np
import pytest

from hedging.errors import GameError, HedgingTypeError, ParameterError, Status, UnknownNameError
from hedging.families import sphere_division
from hedging.game import Game
from hedging.repeated.automata import Automaton, round_robin
from hedging.repeated.finite import FinitelyRepeatedGame, reward_critical_delta
from hedging.repeated.renegotiation import weakly_renegotiation_proof
from hedging.repeated_games import PUNISHMENTS, RepeatedGame
from hedging.repeated_games.tournament_table import tournament

LABELS = {"players": ("M", "X"), "actions": (("hedge", "align"), ("accommodate", "pressure"))}
PD = Game.from_bimatrix([[9, 1], [10, 3]], [[9, 10], [1, 3]], **LABELS)
FOUR = Game.from_bimatrix([[2, -1], [3, 0]], [[2, 3], [-1, 0]], **LABELS)
AS = Game.from_bimatrix(
    [[16, 3, 0], [21, 10, -1], [9, 5, -5]], [[9, 13, 3], [1, 4, 0], [0, -4, -15]]
)
JUMP = Game.from_bimatrix([[2, 4], [5, 1]], [[3, 1], [4, 5]])


def fractions(game):
    return Game(np.frompyfunc(Fraction, 1, 1)(game.payoffs), game.players, game.actions)


def test_profiles_by_label_position_and_mapping():
    r = RepeatedGame(FOUR, 0.5)
    by_label = r.critical_delta(("hedge", "accommodate"), "nash_reversion")
    assert by_label.value == 1 / 3
    assert by_label.per_player == {"M": 1 / 3, "X": 1 / 3}
    assert by_label.binding_player == "M"
    assert by_label == r.critical_delta({"X": "accommodate", "M": "hedge"}, "nash_reversion")
    assert by_label == r.critical_delta((0, 0), "nash_reversion")


@pytest.mark.parametrize(
    ("punishment", "k", "value"),
    [
        ("minmax_bound", None, 1 / 3),
        ("nash_reversion", None, 1 / 3),
        ("optimal_penal_code", None, 1 / 3),
        ("transfers", None, 1 / 3),
        ("stick_carrot", None, 1 / 3),
        ("finite", 1, 0.5),
        ("finite", 2, (3**0.5 - 1) / 2),
    ],
)
def test_every_punishment_in_the_dilemma(punishment, k, value):
    found = RepeatedGame(FOUR).critical_delta((0, 0), punishment, k=k)
    assert found.value == pytest.approx(value, abs=1e-15)
    assert found.status == Status.OK
    on = RepeatedGame(FOUR, found.value).is_sustainable((0, 0), punishment, k=k)
    assert on
    assert on.margin == 0
    assert not RepeatedGame(FOUR, value - 1e-9).is_sustainable((0, 0), punishment, k=k)
    assert RepeatedGame(FOUR, value + 1e-9).is_sustainable((0, 0), punishment, k=k).margin > 0


def test_order_of_thresholds_in_the_abreu_sannikov_game():
    r = RepeatedGame(AS)
    values = {p: r.critical_delta((0, 0), p).value for p in PUNISHMENTS if p != "finite"}
    assert values["transfers"] == pytest.approx(9 / 34)
    assert values["optimal_penal_code"] == pytest.approx(4 / 13)
    assert values["nash_reversion"] == pytest.approx(5 / 11)
    assert values["minmax_bound"] <= values["optimal_penal_code"] <= values["stick_carrot"]
    exact = r.critical_delta((0, 0))
    assert exact.lower <= exact.value <= exact.upper
    assert exact.n_solves >= 1


def test_exact_payoffs_give_exact_thresholds():
    r = RepeatedGame(fractions(FOUR), "1/3")
    found = r.critical_delta((0, 0), "nash_reversion")
    assert found.value == Fraction(1, 3)
    assert isinstance(found.value, Fraction)
    assert r.critical_delta((0, 0)).value == Fraction(1, 3)
    margin = r.is_sustainable((0, 0), "nash_reversion").margin
    assert margin == 0
    assert isinstance(margin, Fraction)
    below = RepeatedGame(fractions(FOUR), Fraction(1, 3) - Fraction(1, 10**30))
    assert not below.is_sustainable((0, 0), "nash_reversion")


def test_players_of_different_patience():
    r = RepeatedGame(FOUR, (0.5, 0.3))
    found = r.is_sustainable((0, 0), "nash_reversion")
    assert not found
    assert found.per_player["M"] > 0 > found.per_player["X"]
    assert RepeatedGame(FOUR, (0.5, 1 / 3)).is_sustainable((0, 0), "nash_reversion")
    with pytest.raises(ParameterError, match="common factor"):
        r.spe_payoffs()


def test_payoff_set_with_its_ways():
    payoffs = RepeatedGame(PD, 0.75).spe_payoffs()
    assert payoffs.kind == "polygon"
    assert payoffs.vertices.round(9).tolist() == [[3, 3], [9.75, 3], [9, 9], [3, 9.75]]
    assert payoffs.punishment_payoffs == {"M": 3, "X": 3}
    assert payoffs.generators[0][0] == ("align", "pressure")
    assert payoffs.generators[2][0] == ("hedge", "accommodate")
    for vertex, (profile, continuation) in zip(payoffs.vertices, payoffs.generators, strict=True):
        stage_payoff = PD.expected_payoff(profile)
        assert 0.25 * stage_payoff + 0.75 * continuation == pytest.approx(vertex)


@pytest.mark.parametrize(
    ("game", "delta", "kind"),
    [(PD, 0.1, "point"), (PD, 1 / 7, "segment"), (PD, 0.5, "polygon"), (JUMP, 0.6, "empty")],
)
def test_every_kind(game, delta, kind):
    payoffs = RepeatedGame(game, delta).spe_payoffs()
    assert payoffs.kind == kind
    assert payoffs.status == Status.OK
    assert len(payoffs.generators) == len(payoffs.vertices)
    assert bool(payoffs.punishment_payoffs) == (kind != "empty")


def test_exact_mode():
    found = RepeatedGame(JUMP, "2/3").spe_payoffs(exact=True)
    assert found.vertices.tolist() == [[Fraction(14, 3), 3], [5, 4]]
    assert (found.kind, found.gap, found.status) == ("segment", 0, Status.OK)
    assert RepeatedGame(JUMP, "0.6666666").spe_payoffs(exact=True).kind == "empty"


def test_jump_is_sustainable_at_its_threshold():
    found = RepeatedGame(JUMP, 2 / 3).is_sustainable((1, 0))
    assert found
    assert not RepeatedGame(JUMP, 0.666).is_sustainable((1, 0))
    assert RepeatedGame(JUMP, 0.6).is_sustainable((1, 0)).margin == -np.inf


def test_optimal_penal_code_holds_together():
    r = RepeatedGame(AS, 0.5)
    codes = r.optimal_penal_code()
    assert codes["player_1"].payoff == pytest.approx(0, abs=1e-9)
    for code in codes.values():
        assert sum(p for _, p in code.lottery) == pytest.approx(1)
        mean = sum(p * v for v, p in code.lottery)
        assert mean == pytest.approx(code.continuation, abs=1e-6)
        played = 0.5 * AS.expected_payoff(code.profile) + 0.5 * code.continuation
        assert played.min() >= -1e-9
    assert RepeatedGame(JUMP, 0.5).optimal_penal_code() == {}


def test_minmax_and_feasible_payoffs():
    r = RepeatedGame(PD)
    assert r.minmax() == {"M": 3, "X": 3}
    assert r.feasible_payoffs().tolist() == [[1, 10], [3, 3], [10, 1], [9, 9]]
    pennies = RepeatedGame(Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]]))
    assert pennies.minmax(pure=False) == pytest.approx({"player_1": 0, "player_2": 0})
    assert pennies.feasible_payoffs(individually_rational=True).tolist() == []


def test_three_players_get_a_bracket():
    own = np.zeros((2, 2, 2))
    own[0, 0, 0] = own[1, 1, 1] = 1
    r = RepeatedGame(Game([own, own, own]), 0.9)
    assert r.critical_delta((0, 0, 0)).value == 0
    assert r.critical_delta((0, 0, 1)).value == np.inf
    rng = np.random.default_rng(3)
    for _ in range(20):
        game = Game(rng.integers(0, 6, (3, 2, 2, 2)).astype(float))
        best = np.unravel_index(game.payoffs.sum(axis=0).argmax(), (2, 2, 2))
        found = RepeatedGame(game).critical_delta(tuple(int(x) for x in best))
        assert found.lower <= found.upper
        assert found.value == found.upper
        assert found.status in (Status.OK, Status.INCOMPLETE)
        assert (found.status == Status.OK) == (found.lower == found.upper)
    with pytest.raises(GameError, match="two players"):
        r.spe_payoffs(method="abreu_sannikov")
    with pytest.raises(GameError, match="two players"):
        r.optimal_penal_code()


def test_transfers_by_regime():
    own = [[10, 3, 0], [15, 7, -4], [7, 5, -15]]
    r = RepeatedGame(Game.from_bimatrix(own, np.transpose(own)))
    table = r.payoffs_with_transfers()
    assert [row["joint_payoff"] for row in table] == [14, 18, 20]
    assert table[0]["profile"] == ("action_2", "action_2")
    assert table[-1]["delta"] == pytest.approx(1 / 3)
    assert table[-1]["punishment_payoffs"] == {"player_1": 0, "player_2": 0}


def test_spheres_along_the_erosion_path():
    share = np.array([0.015, 0.05, 0.10, 0.144, 0.18])
    delta_a, delta_b = sphere_division.critical_deltas(capture_share_b=share)
    assert delta_a == pytest.approx([0.67, 0.46, 0.31, 0.25, 0.21], abs=6e-3)
    assert delta_b == pytest.approx([0, 0, 0, 0.17, 0.31], abs=6e-3)
    for y, d_a, d_b in zip(share[3:], delta_a[3:], delta_b[3:], strict=True):
        # In the region where mutual entry is the only stage equilibrium both readings agree.
        game = sphere_division.MODEL(capture_share_b=y, entry_cost_b=0.02, entry_cost_a=0.05)
        own = sphere_division.critical_deltas(
            capture_share_b=y, entry_cost_b=0.02, entry_cost_a=0.05
        )
        found = RepeatedGame(game).critical_delta(("respect", "respect"), "nash_reversion")
        assert list(found.per_player.values()) == pytest.approx([float(x) for x in own])
        assert d_a > 0
        assert d_b > 0


@pytest.mark.parametrize("delta", [1, 1.5, -0.1, np.nan, (0.5, 1.0), (0.5, 0.5, 0.5)])
def test_bad_discount_factors_are_refused(delta):
    with pytest.raises(ParameterError, match="discount factor"):
        RepeatedGame(PD, delta)


def test_bad_arguments_are_refused():
    r = RepeatedGame(PD)
    with pytest.raises(ParameterError, match="no discount factor given"):
        r.spe_payoffs()
    with pytest.raises(ParameterError, match="no discount factor given"):
        r.is_sustainable((0, 0))
    with pytest.raises(UnknownNameError, match="no punishment 'grim'"):
        r.critical_delta((0, 0), "grim")
    with pytest.raises(ParameterError, match="give k"):
        r.critical_delta((0, 0), "finite")
    with pytest.raises(UnknownNameError, match="no action of M is 'flee'"):
        r.critical_delta(("flee", "pressure"))
    with pytest.raises(GameError, match="one action for each"):
        r.critical_delta((0,))
    with pytest.raises(GameError, match="batch"):
        RepeatedGame(Game(np.zeros((4, 2, 2, 2))))
    with pytest.raises(HedgingTypeError, match="Game"):
        RepeatedGame([[1, 2], [3, 4]])
    with pytest.raises(HedgingTypeError, match="number"):
        RepeatedGame(PD, [None, 0.5])


@pytest.mark.parametrize("k", [0, True, 1.5, -3, "2"])
def test_periods_of_a_finite_punishment_are_whole_numbers(k):
    r = RepeatedGame(FOUR, 0.5)
    for ask in (r.critical_delta, r.is_sustainable):
        with pytest.raises(ParameterError, match=r"^k is .*; type a whole number of periods"):
            ask((0, 0), "finite", k=k)


def test_options_that_do_nothing_are_refused():
    r = RepeatedGame(FOUR, 0.5)
    for punishment in ("optimal_penal_code", "stick_carrot", "minmax_bound", "transfers"):
        with pytest.raises(ParameterError, match="knows no mixed actions"):
            r.critical_delta((0, 0), punishment, mixed=True)
        with pytest.raises(ParameterError, match="knows no mixed actions"):
            r.is_sustainable((0, 0), punishment, mixed=True)


# ---- yes only if yes -------------------------------------------------------------------------


def test_a_coarse_tolerance_does_not_say_yes():
    game = Game.from_bimatrix([[0, 1, 3], [5, 1, 0], [4, 1, 5]], [[1, 0, 4], [1, 3, 5], [2, 1, 1]])
    star = RepeatedGame(game).critical_delta((0, 2)).value
    assert star == pytest.approx(0.5425728, abs=1e-6)
    for tol in (1e-2, 1e-3, 1e-5, 1e-7, 1e-9):
        for short in (5.5e-3, 1e-3, 1e-5, 1e-7):
            assert not RepeatedGame(game, star - short).is_sustainable((0, 2), tol=tol)
        assert RepeatedGame(game, star + 1e-6).is_sustainable((0, 2), tol=tol)


def test_what_does_not_converge_is_no_yes():
    # On the fold of this dilemma two fixed points merge, and steps shrink ever more slowly.
    game = Game.from_bimatrix([[1, -4], [2, 0]], [[1, 2], [-4, 0]])
    low, high = 0.79, 0.80
    for _ in range(60):
        delta = (low + high) / 2
        root = (2 + (1 - delta)) ** 2 - 24 * (1 - delta)
        low, high = (delta, high) if root < 0 else (low, delta)
    assert RepeatedGame(game, high).spe_payoffs().status == Status.NO_CONVERGENCE
    for profile in ((0, 1), (1, 0)):
        assert not RepeatedGame(game, high).is_sustainable(profile)
    assert RepeatedGame(game, high).is_sustainable((0, 0))  # by grim trigger, whatever V is


def test_margins_jump_where_punishments_do():
    on = RepeatedGame(JUMP, "2/3").is_sustainable((1, 0), exact=True)
    assert (on.margin, on.status) == (Fraction(2, 9), Status.OK)
    found = RepeatedGame(JUMP).critical_delta((1, 0))
    assert found.value == pytest.approx(2 / 3)
    assert max(found.per_player.values()) < found.value - 0.01


def test_exact_answers():
    tiny = Fraction(1, 10**30)
    for game in (fractions(FOUR), FOUR):
        exact = None if game.is_exact else True
        on = RepeatedGame(game, "1/3").is_sustainable((0, 0), exact=exact)
        assert on
        assert on.margin == 0
        assert isinstance(on.margin, Fraction)
        below = RepeatedGame(game, Fraction(1, 3) - tiny).is_sustainable((0, 0), exact=exact)
        assert not below
        assert below.margin == -3 * tiny
    # Thresholds 4/13 that stage equilibria (5/11) and minmax payoffs do not give.
    for game in (fractions(AS), AS):
        exact = None if game.is_exact else True
        assert RepeatedGame(game, "4/13").is_sustainable((0, 0), exact=exact).status == Status.OK
        assert RepeatedGame(game, "4/13").is_sustainable((0, 0), exact=exact)
        short = Fraction(4, 13) - Fraction(1, 10**15)
        assert not RepeatedGame(game, short).is_sustainable((0, 0), exact=exact)
    assert not RepeatedGame(JUMP, Fraction(2, 3) - tiny).is_sustainable((1, 0), exact=True)
    assert RepeatedGame(FOUR, "1/3").is_sustainable((0, 0), "transfers", exact=True).margin == 0
    three = RepeatedGame(Game(np.random.default_rng(0).random((3, 2, 2, 2))), 0.5)
    with pytest.raises(GameError, match="two players"):
        three.is_sustainable((0, 0, 0), exact=True)


def test_exact_answers_equal_those_in_doubles():
    rng = np.random.default_rng(8)
    decided = 0
    for _ in range(25):
        game = Game(rng.integers(0, 6, (2, 2, 3)).astype(float))
        r = RepeatedGame(game, float(rng.integers(1, 10)) / 10)
        profile = tuple(int(x) for x in np.unravel_index(rng.integers(6), (2, 3)))
        near, exact = r.is_sustainable(profile), r.is_sustainable(profile, exact=True)
        if exact.status == Status.OK:
            decided += 1
            assert bool(near) == bool(exact)
            assert near.margin == pytest.approx(float(exact.margin), abs=1e-7)
    assert decided > 20


# ---- a profile drawn in public ---------------------------------------------------------------


def test_a_sure_draw_is_its_profile():
    rng = np.random.default_rng(9)
    for shape in ((2, 2), (2, 3), (2, 2, 2)):
        game = Game(rng.integers(0, 5, (len(shape), *shape)).astype(float))
        r = RepeatedGame(game, 0.7)
        for place in np.ndindex(*shape):
            for punishment in ("nash_reversion", "minmax_bound"):
                sure = r.critical_delta({place: 1}, punishment)
                assert sure == r.critical_delta(place, punishment)
            assert r.critical_delta({place: 1.0}, "finite", k=2).value == pytest.approx(
                r.critical_delta(place, "finite", k=2).value
            )
            one, two = r.critical_delta({place: 1}), r.critical_delta(place)
            if len(shape) == 2:
                assert one.value == pytest.approx(two.value, abs=2e-9)
                assert bool(r.is_sustainable({place: 1})) == bool(r.is_sustainable(place))


def test_taking_turns_by_lot():
    # Chicken: (hedge, pressure) or (align, accommodate) by a fair public lottery.
    game = Game.from_bimatrix([[0, -1], [3, 0]], [[0, 3], [-1, 0]], **LABELS)
    r = RepeatedGame(game, 0.6)
    half = {("hedge", "pressure"): "1/2", ("align", "accommodate"): "1/2"}
    found = r.critical_delta(half, "nash_reversion")
    # Mean 1, who gives way would gain 1, and the equilibrium pays 0: 1 / (1 + 1).
    assert (found.value, found.per_player) == (0.5, {"M": 0.5, "X": 0.5})
    assert (found.binding_player, found.status) == ("M", Status.OK)
    assert found == r.critical_delta([[0, 0.5], [0.5, 0]], "nash_reversion")
    on = RepeatedGame(game, 0.5).is_sustainable(half, "nash_reversion")
    assert on.margin == 0
    assert r.is_sustainable(half).margin == pytest.approx(0.2)
    exact = RepeatedGame(fractions(game), "1/2").is_sustainable(half)
    assert (exact.margin, type(exact.margin)) == (0, Fraction)
    # The value sustains the mean payoff, so equilibria pay it there.
    hull = RepeatedGame(game, 0.5).spe_payoffs()
    assert hull.vertices.sum(axis=1).max() == pytest.approx(2)


def test_draws_under_optimal_penal_codes_lie_between_their_bounds():
    rng = np.random.default_rng(10)
    searched = 0
    for _ in range(300):
        game = Game(rng.integers(0, 6, (2, 3, 3)).astype(float))
        r = RepeatedGame(game)
        weights = np.zeros(9)
        weights[np.argsort(game.payoffs.sum(axis=0).ravel())[-2:]] = 0.5
        weights = weights.reshape(3, 3)
        low = r.critical_delta(weights, "minmax_bound").value
        found = r.critical_delta(weights)
        high = r.critical_delta(weights, "nash_reversion").value
        assert low <= found.value <= high
        assert found.lower <= found.value == found.upper
        if found.n_solves > 1 and found.value < 1:
            searched += 1
            assert RepeatedGame(game, found.value + 1e-7).is_sustainable(weights)
            assert not RepeatedGame(game, found.value - 1e-7).is_sustainable(weights)
    assert searched > 5


def test_bad_draws_are_refused():
    r = RepeatedGame(FOUR, 0.5)
    for bad in ({(0, 0): 0.5}, {(0, 0): 1.5, (1, 1): -0.5}, np.full((2, 2), 0.3)):
        with pytest.raises(ParameterError, match="give a distribution"):
            r.critical_delta(bad)
    with pytest.raises(ParameterError, match="give a number in"):
        r.critical_delta({(0, 0): None})
    with pytest.raises(UnknownNameError, match="no action of M is 'flee'"):
        r.critical_delta({("flee", "pressure"): 1})
    for punishment in ("stick_carrot", "transfers"):
        for ask in (r.critical_delta, r.is_sustainable):
            with pytest.raises(ParameterError, match="computed for one profile"):
                ask({(0, 1): 0.5, (1, 0): 0.5}, punishment)


# ---- many players, many profiles -------------------------------------------------------------


def test_enclosures_hold_what_is_inside():
    rng = np.random.default_rng(11)
    for k in range(12):
        game = Game(rng.integers(0, 4, (3, 2, 2, 2)).astype(float))
        found = RepeatedGame(game, (0.4, 0.7, 0.9)[k % 3]).spe_payoffs()
        for least, most in found.punishment_payoffs.values():
            assert least <= most
        if len(found.inner):
            assert (found.inner @ found.directions.T).max(axis=0) == pytest.approx(
                np.minimum((found.inner @ found.directions.T).max(axis=0), found.levels), abs=1e-14
            )


def test_large_games_are_left_open_rather_than_searched_for_long():
    rng = np.random.default_rng(0)
    for _ in range(40):
        game = Game(rng.random((3, 4, 4, 4)))
        best = tuple(int(x) for x in np.unravel_index(game.payoffs.sum(0).argmax(), (4, 4, 4)))
        bracket = RepeatedGame(game).critical_delta(best)
        if bracket.status == Status.INCOMPLETE and bracket.lower < 0.98:
            delta = (bracket.lower + min(bracket.upper, 0.99)) / 2
            found = RepeatedGame(game, delta).is_sustainable(best)
            assert not found
            assert found.status == Status.INCOMPLETE
            break
    else:
        pytest.fail("no open question")


# ---- tournaments -----------------------------------------------------------------------------


def test_tournament_has_names_means_and_ranks():
    game = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]], **LABELS)
    field = {
        "tit for tat": Automaton.tit_for_tat(),
        "grim": Automaton.grim_trigger((2, 2), (0, 0), (1, 1)),
        "defect": Automaton.grim_trigger((2, 2), (1, 1), (1, 1)),
    }
    seen = []
    found = tournament(field, game, 0.9, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (9, 9)
    assert found.payoff.dims == ("strategy", "opponent", "player")
    assert found.payoff.sel(strategy="tit for tat", opponent="defect", player="M") == (
        pytest.approx(0.9)
    )
    mean = (3 + 3 + 0.9) / 3
    assert found.mean_payoff.sel(player="M").values == pytest.approx([mean, mean, 3.8 / 3])
    assert found["rank"].values.tolist() == [[1, 1], [1, 1], [3, 3]]
    np.testing.assert_allclose(
        found.payoff.values, round_robin(list(field.values()), game.payoffs, 0.9)
    )
    unnamed = tournament(list(field.values()), game, 0.9, tremble=0.01)
    assert unnamed.strategy.values.tolist() == ["strategy_1", "strategy_2", "strategy_3"]


def test_bad_tournaments_are_refused():
    with pytest.raises(HedgingTypeError, match="is no Automaton"):
        tournament({"tit for tat": "TFT"}, FOUR, 0.9)
    with pytest.raises(HedgingTypeError, match="takes a Game"):
        tournament([Automaton.tit_for_tat()], FOUR.payoffs, 0.9)
    with pytest.raises(HedgingTypeError, match="progress"):
        tournament([Automaton.tit_for_tat()], FOUR, 0.9, progress=True)
    with pytest.raises(GameError, match="no strategy"):
        tournament([], FOUR, 0.9)
    with pytest.raises(GameError, match="two players"):
        tournament([Automaton.tit_for_tat()], Game(np.zeros((3, 2, 2, 2))), 0.9)


# ---- finite horizons -------------------------------------------------------------------


def test_two_equilibria_reward_the_first_period():
    # Gibbons 1992, section 2.3.A, with discounting: (M, M) first iff delta >= 1/2.
    own = [[1, 5, 0], [0, 4, 0], [0, 0, 3]]
    game = np.array([own, np.transpose(own)])
    assert (1, 1) in FinitelyRepeatedGame(game, 2, Fraction(1, 2)).first_profiles()
    just_below = Fraction(1, 2) - Fraction(1, 10**9)
    assert (1, 1) not in FinitelyRepeatedGame(game, 2, just_below).first_profiles()
    assert reward_critical_delta(1, 3, 1, 1) == 0.5
    assert reward_critical_delta(2, 3, 1, 1) == 1
    assert reward_critical_delta(3, 3, 1, 1) == np.inf
    assert (6, 6) not in FinitelyRepeatedGame(game, 2, 1).spe_payoffs()
    assert (7, 7) in FinitelyRepeatedGame(game, 2, 1).spe_payoffs()


def test_finite_horizons_without_equilibrium():
    pennies = [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]]
    assert FinitelyRepeatedGame(pennies, 3).spe_payoffs() == []
    assert FinitelyRepeatedGame(pennies, 3).first_profiles() == []
    for bad in ({"periods": 0}, {"periods": 2, "delta": 0}, {"periods": 2, "delta": 1.1}):
        with pytest.raises(ParameterError):
            FinitelyRepeatedGame(pennies, **bad)
    for bad in ({"periods": 1.5}, {"periods": True}, {"periods": 2, "delta": "half"}):
        with pytest.raises(ParameterError, match=r"whole number|discount factor"):
            FinitelyRepeatedGame(pennies, **bad)
    with pytest.raises(HedgingTypeError, match="discount factor"):
        FinitelyRepeatedGame(pennies, 2, None)
    assert FinitelyRepeatedGame(pennies, 2, "1/2").delta == Fraction(1, 2)


def test_long_finite_horizons_approach_the_infinite_one():
    own = [[1, 5, 0], [0, 4, 0], [0, 0, 3]]
    game = np.array([own, np.transpose(own)])
    delta = Fraction(3, 4)
    total = FinitelyRepeatedGame(game, 25, delta).spe_payoffs()
    scale = float((1 - delta) / (1 - delta**25))
    infinite = RepeatedGame(Game(game.astype(float)), 0.75).spe_payoffs()
    best = max(float(p[0] + p[1]) * scale for p in total)
    assert best == pytest.approx(infinite.vertices.sum(axis=1).max(), abs=0.02)


# ---- renegotiation -----------------------------------------------------------------------


def test_renegotiation_in_the_dilemma():
    found = RepeatedGame(FOUR).renegotiation_proof((2, 2))
    assert found.sufficient
    assert found.punishments == ((0, 1), (1, 0))


def test_renegotiation_needs_a_willing_punisher():
    # The only way to hurt one player hurts the other as much.
    game = [[[2, 0], [3, 0]], [[2, 0], [1, 0]]]
    found = weakly_renegotiation_proof(np.array(game), (2, 2))
    assert not found.necessary
    assert None in found.punishments
    with pytest.raises(GameError, match="two numbers"):
        weakly_renegotiation_proof(np.array(game), (2, 2, 2))
