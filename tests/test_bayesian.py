"""Bayesian games: two strategic forms that say the same, textbook equilibria, models of hedging."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

import hedging as hg
from hedging.equilibria.pure import pure_equilibria
from hedging.families import ambiguity_signalling as ambiguity
from hedging.families import intentions_uncertainty as intentions
from hedging.families import mediator_credibility as mediator
from hedging.information import models
from hedging.propositions.drawn import uniform

BOTH = ("Bach", "Stravinsky")
HERS = [[2, 0], [0, 1]]
MEETS, AVOIDS = [[1, 0], [0, 2]], [[0, 2], [1, 0]]


def bach_or_stravinsky(prior=("1/2", "1/2")):
    return hg.BayesianGame(
        {"he": ("meets", "avoids")},
        {"he": prior},
        [[[HERS, HERS]], [[MEETS, AVOIDS]]],
        players=("she", "he"),
        actions=(BOTH, BOTH),
    )


def random_game(rng, types=(2, 2), shape=(2, 2), high=5, **options):
    prior = rng.integers(1, 6, types)
    payoffs = rng.integers(0, high, (len(types), *types, *shape))
    return hg.BayesianGame(
        [tuple(f"t{k}" for k in range(t)) if t > 1 else () for t in types],
        np.vectorize(Fraction)(prior) / int(prior.sum()),
        payoffs,
        **options,
    )


# -- laws ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("types", "shape"),
    [((2, 2), (2, 2)), ((1, 3), (3, 2)), ((2, 1, 2), (2, 2, 2)), ((1, 1), (3, 3))],
)
def test_both_forms_have_the_same_pure_equilibria(types, shape):
    """Few different payoffs, so that ties abound; a type that never occurs now and then."""
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(40):
        game = random_game(rng, types, shape, high=3)
        agents, ex_ante = game.agent_normal_form(), game.ex_ante_normal_form()
        there = pure_equilibria(agents.payoffs[None])[0]
        np.testing.assert_array_equal(
            there, pure_equilibria(ex_ante.payoffs[None])[0].reshape(agents.shape)
        )
        seen += there.sum()
    assert seen > 20


def behaviour(game, plan_probabilities):
    """Strategy of each type that a mixture of plans comes to."""
    rows = []
    start = 0
    for t, labels in zip(game.type_counts, game.actions, strict=True):
        m = len(labels)
        mix = plan_probabilities[start : start + m**t].reshape((m,) * t)
        rows += [mix.sum(axis=tuple(j for j in range(t) if j != k)) for k in range(t)]
        start += m**t
    return np.concatenate(rows)


def test_both_forms_have_the_same_isolated_equilibria():
    rng = np.random.default_rng(1)
    compared = 0
    for _ in range(60):
        game = random_game(rng, (1, 2), (2, 2), high=30)
        found = game.equilibria()
        ex_ante = hg.nash(game.ex_ante_normal_form())
        if int(found.status) or int(ex_ante.status):
            continue
        ours = sorted(map(tuple, found.probability.values.round(9)))
        theirs = sorted({tuple(behaviour(game, x).round(9)) for x in ex_ante.probability.values})
        np.testing.assert_allclose(ours, theirs, atol=1e-8)
        compared += 1
    assert compared > 40


def test_payoffs_of_agents_add_up_to_those_of_players():
    rng = np.random.default_rng(2)
    game = random_game(rng, (2, 2), (2, 3), high=20)
    found = game.equilibria(exact=True)
    assert (found.regret.values == 0).all()
    weights = game.type_probabilities()
    for e in range(int(found["count"])):
        interim, total = found.interim_payoff.values[e], found.payoff.values[e]
        assert [weights[:2] @ interim[:2], weights[2:] @ interim[2:]] == list(total)


def test_batch_equals_loop():
    chances = np.linspace(0, 1, 5)
    batch = bach_or_stravinsky(np.stack([chances, 1 - chances], axis=-1))
    found = batch.equilibria()
    assert found.probability.dims == ("batch_0", "equilibrium", "choice")
    for k, p in enumerate(chances):
        single = bach_or_stravinsky((p, 1 - p)).equilibria()
        for name in ("probability", "payoff", "interim_payoff", "regret", "support"):
            ours = found[name].values[k, : int(single["count"])]
            np.testing.assert_array_equal(ours, single[name].values)


def test_a_type_that_never_occurs_has_no_interim_payoff():
    game = bach_or_stravinsky((1.0, 0.0))
    assert np.isnan(game.interim_payoffs(["Bach", "Bach"])[2])
    found = game.equilibria()
    assert (found.regret.values < 1e-12).all()
    assert np.isnan(found.interim_payoff.values[:, 2]).all()


def test_without_private_information_it_is_the_game_itself():
    table = np.random.default_rng(3).integers(0, 9, (2, 3, 2))
    game = hg.BayesianGame([(), ()], [[1]], table[:, None, None])
    assert game.agent_normal_form() == game.ex_ante_normal_form() == hg.Game(table)


def test_types_and_their_order_are_labels():
    rng = np.random.default_rng(4)
    prior = np.array([0.2, 0.3, 0.5])
    payoffs = rng.integers(0, 50, (2, 1, 3, 2, 2)).astype(float)
    names = ("x", "y", "z")
    whole = None
    for order in permutations(range(3)):
        own = list(order)
        game = hg.BayesianGame([(), tuple(names[k] for k in own)], [prior[own]], payoffs[:, :, own])
        found = game.equilibria()
        table = {
            frozenset(zip(found.type_of.values, found.action.values, row.round(9), strict=True))
            for row in found.probability.values
        }
        whole = whole or table
        assert table == whole


@pytest.mark.parametrize("scale", [1e-10, 1e10])
def test_scales_and_what_the_other_does_do_not_matter(scale):
    rng = np.random.default_rng(5)
    payoffs = rng.integers(0, 50, (2, 2, 2, 2, 2)).astype(float)
    prior = [[0.125, 0.25], [0.5, 0.125]]
    moved = payoffs * scale
    moved[0] += scale * rng.integers(-9, 9, (2, 2, 1, 2))
    moved[1] += scale * rng.integers(-9, 9, (2, 2, 2, 1))
    one, two = (
        hg.BayesianGame([("x", "y"), ("u", "v")], prior, p).equilibria() for p in (payoffs, moved)
    )
    np.testing.assert_array_equal(one.support, two.support)
    np.testing.assert_allclose(one.probability, two.probability, atol=1e-9)


def test_independent_types_are_a_product():
    table = np.random.default_rng(6).integers(0, 9, (2, 2, 2, 2, 2))
    types = [("x", "y"), ("u", "v")]
    given = {"player_1": ("1/3", "2/3"), "player_2": ("1/4", "3/4")}
    joint = [["1/12", "1/4"], ["1/6", "1/2"]]
    one, two = (hg.BayesianGame(types, prior, table) for prior in (given, joint))
    assert one.agent_normal_form() == two.agent_normal_form()


# -- textbooks -------------------------------------------------------------------------------


def test_bach_or_stravinsky():
    """Osborne, An Introduction to Game Theory (2004), Example 273.1; the mixes worked by hand."""
    found = bach_or_stravinsky().equilibria(exact=True)
    two_thirds, third = Fraction(2, 3), Fraction(1, 3)
    assert found.probability.values.tolist() == [
        [1, 0, 1, 0, 0, 1],
        [two_thirds, third, two_thirds, third, 0, 1],
        [third, two_thirds, 0, 1, two_thirds, third],
    ]
    assert found.payoff.sel(player="she").values.tolist() == [1, two_thirds, two_thirds]
    assert found.type_of.values.tolist() == ["", "", "meets", "meets", "avoids", "avoids"]
    assert (found.regret.values == 0).all()


def test_interim_regret_names_who_would_deviate():
    game = bach_or_stravinsky()
    assert game.agents == (("she", ""), ("he", "meets"), ("he", "avoids"))
    assert game.interim_regret({"she": "Bach", "he": "Bach"}).tolist() == [0, 0, 2]
    mixed = {"she": ["2/3", "1/3"], "he": {"meets": ["2/3", "1/3"], "avoids": "Stravinsky"}}
    assert game.interim_regret(mixed).tolist() == [0, 0, 0]
    assert game.interim_regret([[0.5, 0.5], "Bach"]).tolist() == [1, 0.5, 0.5]


def test_cournot_with_unknown_cost():
    """Gibbons, Game Theory for Applied Economists (1992), section 3.1.A, on a grid.

    Price a - q1 - q2, cost c of firm 1, of firm 2 high with probability t: q1 = (a - 2c + E c2)/3,
    q2(high) = (a - 2 high + c)/3 + (1 - t)(high - low)/6, q2(low) = (a - 2 low + c)/3
    - t (high - low)/6.  With the numbers below 3, 2 and 7/2.
    """
    a, c, high, low, t = map(Fraction, (11, 2, 4, 1, "1/3"))
    expected = (
        (a - 2 * c + t * high + (1 - t) * low) / 3,
        (a - 2 * high + c) / 3 + (1 - t) * (high - low) / 6,
        (a - 2 * low + c) / 3 - t * (high - low) / 6,
    )
    assert expected == (3, 2, Fraction(7, 2))
    grid = [Fraction(k, 2) for k in range(3, 10)]
    q1, q2 = np.meshgrid(np.array(grid), np.array(grid), indexing="ij")
    price = a - q1 - q2
    first = (price - c) * q1
    payoffs = [[[first, first]], [[(price - high) * q2, (price - low) * q2]]]
    names = [str(q) for q in grid]
    game = hg.BayesianGame([(), ("high", "low")], [[t, 1 - t]], payoffs, actions=(names, names))
    profile = ["3", {"high": "2", "low": "7/2"}]
    assert game.interim_regret(profile).tolist() == [0, 0, 0]
    form = game.ex_ante_normal_form()
    assert not form.regret(["3", "2 if high, 7/2 if low"]).any()


# -- models of hedging -----------------------------------------------------------------------


def test_normal_forms_are_those_of_the_catalogue():
    rng = np.random.default_rng(7)
    values = uniform(rng, 50, mediator.MODEL)
    ours = models.mediator_credibility(**values).bayesian().ex_ante_normal_form()
    np.testing.assert_allclose(ours.payoffs, mediator.MODEL(**values).payoffs, atol=1e-14)
    values = uniform(rng, 50, ambiguity.MODEL)
    ours = models.ambiguity_signalling(**values).bayesian().agent_normal_form()
    theirs = ambiguity.MODEL(**values)
    assert (ours.players, ours.actions) == (theirs.players, theirs.actions)
    pi = values["lean_probability"]
    weights = np.stack([pi, 1 - pi, pi**0, pi**0], axis=-1)[..., None, None, None, None]
    np.testing.assert_allclose(ours.payoffs, weights * theirs.payoffs, atol=1e-14)
    values = uniform(rng, 50, intentions.MODEL)
    ours = models.intentions_uncertainty(**values).agent_normal_form()
    theirs = intentions.MODEL(**values)
    assert (ours.players, ours.actions) == (theirs.players, theirs.actions)
    pi = values["threat_belief"]
    weights = np.stack([pi**0, pi, 1 - pi], axis=-1)[..., None, None, None]
    np.testing.assert_allclose(ours.payoffs, weights * theirs.payoffs, atol=1e-14)


def test_defaults_of_uncertain_intentions():
    """An independent implementation of the same formulas gives these numbers."""
    found = models.intentions_uncertainty().equilibria()
    expected = [[0, 0.75, 0.25, 0.127907, 0.872093, 1, 0]]
    np.testing.assert_allclose(found.probability, expected, atol=1e-6)


@pytest.mark.parametrize(
    "draws", [500, pytest.param(20_000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_risk_is_pinned_whatever_the_prior(draws):
    """Where hedging deters and pi > pi_1, the revisionist exploits with probability pi_1 / pi."""
    p = uniform(np.random.default_rng(8), draws, intentions.MODEL)
    p["hedge_value"] = np.minimum(p["hedge_value"], 0.95 * p["trust_value"])
    p["balance_value"] = np.minimum(p["balance_value"], 0.9 * p["hedge_value"])
    pi, v, x, h, eta, beta = (p[n] for n in list(p)[:6])
    gain, over = p["gain_hedger"], p["gain_bandwagoner"]
    pi_1 = (v - h) / ((v - h) + (1 - eta) * x)
    pi_a, pi_2 = (v - beta) / (v + x), (h - beta) / (h + eta * x)
    room = (pi_1 < pi_a) & (pi_a < pi_2)
    pinned = room & (gain < 0) & (pi > pi_1)
    assert pinned.sum() > draws / 50
    game = models.intentions_uncertainty(**{n: values[pinned] for n, values in p.items()})
    wagon = (-gain / (over - gain))[pinned]
    exploit = (pi_1 / pi)[pinned]
    profile = {
        "M": np.stack([0 * wagon, 1 - wagon, wagon], axis=-1),
        "B": {"revisionist": np.stack([1 - exploit, exploit], axis=-1), "benign": "restrain"},
    }
    assert (game.interim_regret(profile) < 1e-12).all()
    trusting = pi <= np.minimum(pi_1, pi_a)
    pure = models.intentions_uncertainty(**p).interim_regret(
        {"M": "bandwagon", "B": {"revisionist": "exploit", "benign": "restrain"}}
    )
    np.testing.assert_array_equal((pure <= 1e-12).all(axis=-1), trusting)


# -- what is refused -------------------------------------------------------------------------


ONES, TYPES, HALF = np.ones((2, 2, 1, 2, 2)), [("x", "y"), ()], [[0.5], [0.5]]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (({"A": ("x", "y")}, HALF, ONES), hg.HedgingTypeError, "players="),
        ((TYPES, [[0.5], [0.6]], ONES), hg.GameError, "add up to 1.1"),
        ((TYPES, [[1.5], [-0.5]], ONES), hg.GameError, "negative"),
        ((TYPES, [0.5, 0.5], ONES), hg.GameError, "prior of shape"),
        ((TYPES, HALF, np.ones((2, 3, 1, 2, 2))), hg.GameError, "payoffs of shape"),
        (([("x", "x"), ()], HALF, ONES), hg.GameError, "given twice"),
        ((TYPES, {}, ONES), hg.GameError, "no probabilities of the 2"),
        ((TYPES, {"player_1": [0.5, 0.5], "C": [1]}, ONES), hg.UnknownNameError, "'C'"),
    ],
)
def test_what_is_no_bayesian_game(arguments, error, words):
    with pytest.raises(error, match=words):
        hg.BayesianGame(*arguments)


@pytest.mark.parametrize(
    ("profile", "error", "words"),
    [
        ("Bach", hg.HedgingTypeError, "no profile"),
        (["Bach"], hg.GameError, "missing"),
        ({"she": "Bach", "he": {"meets": "Bach"}}, hg.GameError, "as avoids"),
        ({"she": "Bach", "they": "Bach"}, hg.UnknownNameError, "they"),
        (["Bach", "Brahms"], hg.UnknownNameError, "Brahms"),
        (["Bach", [0.4, 0.4]], hg.GameError, "sum to 1"),
    ],
)
def test_what_is_no_profile(profile, error, words):
    with pytest.raises(error, match=words):
        bach_or_stravinsky().interim_regret(profile)


def test_large_games_are_refused():
    types = [tuple("abcdefghij"), ()]
    game = hg.BayesianGame(types, {"player_1": np.full(10, 0.1)}, np.ones((2, 1, 1, 8, 2)))
    with pytest.raises(hg.GameError, match="too many"):
        game.agent_normal_form()
