"""Commitment: published values, bounds, brute force."""

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest

import hedging as hg
from hedging.equilibria.leaders import first_mover_outcomes

RNG = np.random.default_rng


def leader_value(game, leader=0, **options):
    answer = hg.stackelberg(game, leader, **options)
    return answer.payoff.values[..., leader]


# -- published values ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "col", "commitment", "value"),
    [
        # Conitzer and Sandholm (2006), and the second game in the tests of OpenSpiel.
        ([[2, 4], [1, 3]], [[1, 0], [0, 1]], ["1/2", "1/2"], "7/2"),
        ([[2, 0, 0], [1, 0, 0]], [[0, 2, 5], [0, -1, -4]], ["1/3", "2/3"], "4/3"),
    ],
)
def test_published(row, col, commitment, value):
    answer = hg.stackelberg(hg.Game.from_bimatrix(row, col), exact=True)
    assert answer.probability.values[:2].tolist() == list(map(Fraction, commitment))
    assert answer.payoff.values[0] == Fraction(value)
    rounded = hg.stackelberg(hg.Game.from_bimatrix(row, col))
    np.testing.assert_allclose(rounded.payoff.values[0], float(Fraction(value)), rtol=1e-15)


def test_commitment_may_hurt_nobody_and_help_the_leader():
    """Prisoners' dilemma: nothing to gain.  Chicken: the leader drives straight on."""
    dilemma = hg.Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    assert leader_value(dilemma) == leader_value(dilemma, commitment="pure") == 1
    chicken = hg.Game.from_bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]])
    assert leader_value(chicken, commitment="pure") == 7
    assert str(hg.stackelberg(chicken, commitment="pure").support.values) == "action_2|action_1"


# -- laws ------------------------------------------------------------------------------------


def test_bounds():
    """Weak pure <= strong pure <= strong mixed, which is no less than any Nash payoff.

    von Stengel and Zamir, Games and Economic Behavior 69 (2010).
    """
    rng = RNG(0)
    for shape in ((2, 2), (3, 2), (2, 4), (3, 3)):
        game = hg.Game(rng.integers(0, 9, (12, 2, *shape)))
        for leader in (0, 1):
            weak, strong = (
                leader_value(game, leader, commitment="pure", follower=f)
                for f in ("weak", "strong")
            )
            mixed = leader_value(game, leader)
            assert (weak <= strong).all()
            assert (strong <= mixed + 1e-12).all()
            nash = hg.nash(game).payoff.values[..., leader]
            assert (np.nanmax(nash, axis=1) <= mixed + 1e-9).all()


def test_the_follower_replies_best_and_no_mixture_on_a_grid_does_better():
    rng = RNG(1)
    weights = np.array([w for w in product(range(13), repeat=3) if sum(w) == 12]) / 12
    for _ in range(15):
        game = hg.Game(rng.integers(0, 30, (2, 3, 3)))
        answer = hg.stackelberg(game)
        x, y = np.split(answer.probability.values, 2)
        assert game.regret([x, y])[1] < 1e-9
        leader, follower = weights @ game.payoffs[0], weights @ game.payoffs[1]
        best = follower >= follower.max(axis=1, keepdims=True) - 1e-12
        assert np.where(best, leader, -np.inf).max() <= answer.payoff.values[0] + 1e-9


def test_permuting_actions_and_players():
    rng = RNG(2)
    table = rng.integers(0, 99, (2, 3, 2)).astype(float)
    value = leader_value(hg.Game(table))
    for order in permutations(range(3)):
        assert leader_value(hg.Game(table[:, list(order)])) == pytest.approx(value)
    swapped = hg.Game(table[::-1].transpose(0, 2, 1))
    assert leader_value(swapped, 1) == pytest.approx(value)


@pytest.mark.parametrize("scale", [1e-10, 1e10])
def test_scales_and_shifts(scale):
    table = RNG(3).integers(0, 99, (2, 3, 3)).astype(float)
    moved = np.stack([scale * table[0] + 5 * scale, 3 * table[1] / scale])
    moved[1] += RNG(4).integers(0, 9, (3, 1)) / scale  # to the follower, by the leader's action
    one, two = hg.stackelberg(hg.Game(table)), hg.stackelberg(hg.Game(moved))
    assert str(one.support.values) == str(two.support.values)
    np.testing.assert_allclose(one.probability, two.probability, atol=1e-9)


def test_batch_equals_loop():
    batch = hg.Game(RNG(5).integers(0, 5, (2, 3, 3, 2, 2, 2)), players=("M", "A", "B"))
    for options in ({"commitment": "pure"}, {"commitment": "pure", "follower": "weak"}):
        whole = hg.stackelberg(batch, "A", **options)
        for place in np.ndindex(2, 3):
            alone = hg.stackelberg(batch[place], "A", **options)
            at = dict(zip(batch.batch_dims, place, strict=True))
            for name in ("probability", "payoff", "support", "status"):
                np.testing.assert_array_equal(whole.isel(at)[name], alone[name])
    whole = hg.leadership(batch, "A")
    for place in np.ndindex(2, 3):
        alone = hg.leadership(batch[place], "A")
        at = dict(zip(batch.batch_dims, place, strict=True))
        count = int(alone["count"])
        assert whole.isel(at).support.values[:count].tolist() == alone.support.values.tolist()
        assert int(whole.isel(at).status) == int(alone.status)


def test_what_has_no_answer_says_so():
    table = np.zeros((2, 2, 2, 2))
    table[1, 0, 1, 1] = np.nan
    batch = hg.Game(table, check_finite=False)
    for answer in (hg.stackelberg(batch), hg.stackelberg(batch, commitment="pure")):
        assert answer.status.values.tolist() == [0, 3]
        assert np.isnan(answer.payoff.values[1]).all()
    pennies = [[1, -1], [-1, 1]]
    row = np.zeros((3, 1, 2, 2))
    row[1, 0], row[2, 0] = pennies, np.negative(pennies)
    for answer in (
        hg.stackelberg(hg.Game(row), commitment="pure"),
        hg.leadership(hg.Game(row), [0]),
    ):
        assert hg.Status(int(answer.status)) is hg.Status.INCOMPLETE


# -- several leaders, several followers ------------------------------------------------------


def outcomes_by_plans(payoffs, leaders):
    """Every plan of the only follower, and the equilibria of the leaders against it."""
    n, shape = len(payoffs), payoffs.shape[1:]
    (follower,) = set(range(n)) - set(leaders)
    sizes = [shape[k] for k in leaders]
    nodes = list(np.ndindex(*sizes))

    def profile(actions, reply):
        whole = [0] * n
        for k, a in zip(leaders, actions, strict=True):
            whole[k] = a
        whole[follower] = reply
        return tuple(whole)

    found = set()
    for plan in product(range(shape[follower]), repeat=len(nodes)):
        reply = dict(zip(nodes, plan, strict=True))
        if any(
            payoffs[(follower, *profile(node, reply[node]))]
            < max(payoffs[(follower, *profile(node, r))] for r in range(shape[follower]))
            for node in nodes
        ):
            continue
        for node in nodes:
            here = profile(node, reply[node])
            stays = True
            for place, k in enumerate(leaders):
                for a in range(shape[k]):
                    other = (*node[:place], a, *node[place + 1 :])
                    stays &= payoffs[(k, *here)] >= payoffs[(k, *profile(other, reply[other]))]
            if stays:
                found.add(here)
    return found


@pytest.mark.parametrize("leaders", [(1, 2), (0,), (0, 1), (2,)])
def test_outcomes_are_those_of_all_plans(leaders):
    """Few different payoffs, so that followers are often indifferent."""
    rng = RNG(6)
    ties = 0
    for _ in range(30):
        shape = (3, 2, 2) if len(leaders) == 2 else (2, 2)
        members = leaders if len(leaders) == 2 else (leaders[0] % 2,)
        payoffs = rng.integers(0, 3, (len(shape), *shape))
        outcome, complete = first_mover_outcomes(payoffs[None], members)
        assert complete.all()
        found = {tuple(map(int, place)) for place in np.argwhere(outcome[0])}
        assert found == outcomes_by_plans(payoffs, members)
        ties += len(found) > 1
    assert ties > 3


def test_pure_commitment_is_the_best_and_the_worst_of_leadership():
    batch = hg.Game(RNG(7).integers(0, 4, (40, 2, 3, 3)))
    listed = hg.leadership(batch, [0]).payoff.values[..., 0]
    strong = leader_value(batch, commitment="pure")
    weak = leader_value(batch, commitment="pure", follower="weak")
    np.testing.assert_array_equal(np.nanmax(listed, axis=1), strong)
    np.testing.assert_array_equal(np.nanmin(listed, axis=1), weak)


def test_great_powers_first_at_the_defaults():
    """M would capitulate to A below an immunity of .2675, and A then presses."""
    model = hg.catalogue["triadic_hedging"]
    found = hg.leadership(model(immunity=[0.35, 0.27, 0.26]), ("A", "B"))
    quiet = "hedge|accommodate|accommodate"
    assert [quiet in row for row in found.support.values.tolist()] == [True, True, False]
    useful = hg.leadership(model(immunity=0.26, usefulness_a=0.5), ("A", "B"))
    assert quiet in useful.support.values.tolist()


def test_exact_payoffs_stay_exact():
    game = hg.Game([[["1/3", 0], [0, 1]], [[1, 0], [0, "1/7"]]])
    assert hg.stackelberg(game, exact=True, commitment="pure").payoff.values.tolist() == [
        1,
        Fraction(1, 7),
    ]
    assert hg.leadership(game, 0).payoff.values[0].tolist() == [1, Fraction(1, 7)]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda g: hg.stackelberg(g, "C"), hg.UnknownNameError, "'C'"),
        (lambda g: hg.stackelberg(g, follower="weak"), hg.ParameterError, "commitment='pure'"),
        (lambda g: hg.stackelberg(g, commitment="both"), hg.ParameterError, "'mixed' or 'pure'"),
        (lambda g: hg.stackelberg(g.payoffs), hg.HedgingTypeError, "not a game"),
        (lambda g: hg.stackelberg(hg.catalogue["chicken"]), hg.HedgingTypeError, "call it first"),
        (lambda g: hg.stackelberg(hg.Game(np.ones((3, 2, 2, 2)))), hg.GameError, "two players"),
        (lambda g: hg.leadership(g, []), hg.ParameterError, "at least one"),
        (lambda g: hg.leadership(g, [0, 1]), hg.ParameterError, "2 of 2 players move first"),
    ],
)
def test_what_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(hg.Game(np.ones((2, 2, 2))))
