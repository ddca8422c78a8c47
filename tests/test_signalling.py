"""Signalling games: perfect Bayesian equilibria against other methods, textbooks and theorems."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import hedging as hg
from hedging.families import ambiguity_signalling as ambiguity
from hedging.families import mediator_credibility as mediator
from hedging.information import models
from hedging.propositions.drawn import uniform

DRAWS = [pytest.param(150, id="few"), pytest.param(2000, id="many", marks=pytest.mark.slow)]


def random_game(rng, messages=2, shape=(2,), high=1000):
    payoffs = rng.integers(0, high, (len(shape) + 1, 2, messages, *shape))
    p = Fraction(int(rng.integers(1, 8)), 8)
    return hg.SignallingGame(payoffs, [p, 1 - p], players=["s", *"rqp"[: len(shape)]])


def whole(game, equilibrium):
    """Strategies of the Bayesian game, with the first reply that supports each unsent message."""
    replies = dict(equilibrium.replies)
    for m, ways in equilibrium.off_path.items():
        first = next(iter(ways)).split(" & ")
        if "+" not in "".join(first):
            replies[m] = {r: {a: 1} for r, a in zip(game.players[1:], first, strict=True)}
    if len(replies) < len(game.messages):
        return None
    form = game.bayesian()
    profile = {game.players[0]: {t: dict(own) for t, own in equilibrium.strategy.items()}}
    for receiver, plans, actions in zip(
        game.players[1:], form.actions[1:], game.actions, strict=True
    ):
        weights = []
        for plan in product(actions, repeat=len(game.messages)):
            weight = Fraction(1)
            for m, a in zip(game.messages, plan, strict=True):
                weight *= replies[m][receiver].get(a, 0)
            weights.append(weight)
        assert len(weights) == len(plans)
        profile[receiver] = weights
    return profile


# -- laws ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("messages", "shape"), [(2, (2,)), (3, (2,)), (2, (3,)), (2, (2, 2))])
def test_all_are_equilibria_in_which_nobody_errs(messages, shape):
    """Exactly no regret in the Bayesian game; replies are optimal at the beliefs that are given."""
    rng = np.random.default_rng(0)
    kinds = []
    for _ in range(40):
        game = random_game(rng, messages, shape)
        for each in game.perfect_bayesian():
            kinds.append(each.kind)
            profile = whole(game, each)
            if profile is not None:
                assert not any(game.bayesian().interim_regret(profile))
            for m, ways in each.off_path.items():
                for reply, (low, high) in ways.items():
                    check_reply(game, m, reply, low, each)
                    check_reply(game, m, reply, high, each)
    assert {"separating", "pooling", "semi-separating"} == set(kinds)


def check_reply(game, m, reply, belief, equilibrium):
    """Nobody gains at this belief, and no type by sending this message."""
    k = game.messages.index(m)
    places = [
        [own.index(a) for a in part.split("+")]
        for own, part in zip(game.actions, reply.split(" & "), strict=True)
    ]
    if any(len(p) > 1 for p in places):
        return  # mixed replies are checked with the kinds of equilibria below
    at = tuple(p[0] for p in places)
    mean = belief * game.payoffs[1:, 0, k] + (1 - belief) * game.payoffs[1:, 1, k]
    for j in range(len(at)):
        line = mean[(j, *at[:j], slice(None), *at[j + 1 :])]
        assert line[at[j]] == line.max()
    for t, name in enumerate(game.types):
        assert game.payoffs[(0, t, k, *at)] <= equilibrium.payoffs[name]


def test_where_all_messages_are_sent_they_are_the_nash_equilibria():
    """Nothing is off the path then; the Nash equilibria of the agent form are solved elsewhere."""
    rng = np.random.default_rng(1)
    seen = []
    for _ in range(40):
        game = random_game(rng)
        ours = {
            tuple(
                round(float(own.get(m, 0)), 7)
                for own in each.strategy.values()
                for m in game.messages
            )
            for each in game.perfect_bayesian()
            if not each.off_path
        }
        seen += [each.kind for each in game.perfect_bayesian() if not each.off_path]
        found = hg.nash(game.bayesian().agent_normal_form())
        theirs = {
            tuple(row[:4].round(7))
            for row in found.probability.values
            if (row[0] + row[2] > 1e-9) and (row[1] + row[3] > 1e-9)
        }
        assert ours == theirs
    assert seen.count("semi-separating") > 5
    assert seen.count("separating") > 5


def can_be_deterred(game, m, values):
    """Whether some reply, optimal at some belief, leaves no type better off; two replies only."""
    gain = game.payoffs[1, :, m, 0] - game.payoffs[1, :, m, 1]  # of the first reply, by type
    u = game.payoffs[0, :, m]
    mixes = [Fraction(1)] * bool((gain >= 0).any()) + [Fraction(0)] * bool((gain <= 0).any())
    if gain.min() <= 0 <= gain.max():
        mixes += [
            (values[t] - u[t, 1]) / Fraction(u[t, 0] - u[t, 1])
            for t in (0, 1)
            if u[t, 0] != u[t, 1]
        ]
    return any(
        0 <= q <= 1 and all(q * u[t, 0] + (1 - q) * u[t, 1] <= values[t] for t in (0, 1))
        for q in mixes
    )


def test_pooling_by_brute_force():
    rng = np.random.default_rng(2)
    seen = 0
    for _ in range(300):
        game = random_game(rng, messages=3)
        ours = {
            next(iter(each.strategy[game.types[0]]))
            for each in game.perfect_bayesian()
            if each.kind == "pooling"
        }
        brute = set()
        for m, name in enumerate(game.messages):
            mean = game.prior @ game.payoffs[1, :, m]
            values = game.payoffs[0, :, m, int(np.argmax(mean))]
            others = [k for k in range(3) if k != m]
            if all(can_be_deterred(game, k, values) for k in others):
                brute.add(name)
        assert ours == brute
        seen += len(ours)
    assert seen > 50


def test_scale_and_standing_stakes_do_not_matter():
    rng = np.random.default_rng(3)
    for _ in range(20):
        game = random_game(rng)
        moved = game.payoffs * Fraction(1, 10**10) + rng.integers(0, 9, (2, 2, 1, 1))
        moved[1] += rng.integers(0, 9, (2, 2, 1))  # to the receiver, whatever the reply
        other = hg.SignallingGame(moved, game.prior)
        for one, two in zip(game.perfect_bayesian(), other.perfect_bayesian(), strict=True):
            assert (one.kind, one.off_path, one.intuitive) == (
                two.kind,
                two.off_path,
                two.intuitive,
            )
            assert one.strategy == two.strategy


def test_exchanging_types_mirrors_beliefs():
    rng = np.random.default_rng(4)
    for _ in range(20):
        game = random_game(rng)
        other = hg.SignallingGame(game.payoffs[:, ::-1], game.prior[::-1], types=game.types[::-1])
        ours = sorted(
            (each.kind, sorted((m, 1 - x) for m, x in each.beliefs.items()))
            for each in game.perfect_bayesian()
        )
        theirs = sorted(
            (each.kind, sorted(each.beliefs.items())) for each in other.perfect_bayesian()
        )
        assert ours == theirs


# -- textbooks -------------------------------------------------------------------------------


def beer_quiche(wimp):
    breakfast = [[[1, 3], [0, 2]], [[0, 2], [1, 3]]]
    duel = [[[1, 0], [1, 0]], [[0, 1], [0, 1]]]
    return hg.SignallingGame(
        [breakfast, duel],
        {"wimp": wimp, "surly": 1 - wimp},
        messages=("quiche", "beer"),
        actions=[("fight", "leave")],
    )


def test_beer_and_quiche_with_few_wimps():
    """Cho and Kreps, Quarterly Journal of Economics 102 (1987): one tenth are wimps."""
    on_quiche, on_beer = beer_quiche(Fraction(1, 10)).perfect_bayesian()
    for each, sent, unsent in ((on_quiche, "quiche", "beer"), (on_beer, "beer", "quiche")):
        assert each.kind == "pooling"
        assert each.strategy == {"wimp": {sent: 1}, "surly": {sent: 1}}
        assert each.replies == {sent: {"receiver": {"leave": 1}}}
        assert each.supporting_beliefs(unsent) == [(Fraction(1, 2), 1)]
    assert (on_quiche.intuitive, on_beer.intuitive) == (False, True)
    assert on_beer.payoffs == {"wimp": 2, "surly": 3}


def test_beer_and_quiche_with_many_wimps():
    """With more wimps than not there is no pooling: wimps mix until the duel is an even bet."""
    (only,) = beer_quiche(Fraction(3, 4)).perfect_bayesian()
    third, half = Fraction(1, 3), Fraction(1, 2)
    assert only.kind == "semi-separating"
    assert only.strategy == {"wimp": {"quiche": 1 - third, "beer": third}, "surly": {"beer": 1}}
    assert only.replies["beer"] == {"receiver": {"fight": half, "leave": half}}
    assert only.beliefs == {"quiche": 1, "beer": half}


def spence(years):
    """Productivity 1 or 2, cost of schooling its length or half of it, wage 1, 3/2 or 2."""
    wages = [Fraction(1), Fraction(3, 2), Fraction(2)]
    worker = [[[w - e / ability for w in wages] for e in (0, years)] for ability in (1, 2)]
    firm = [[[-((w - ability) ** 2) for w in wages] for _ in (0, years)] for ability in (1, 2)]
    return hg.SignallingGame(
        [worker, firm],
        ["1/2", "1/2"],
        types=("able once", "able twice"),
        messages=("none", "school"),
        actions=[tuple(map(str, wages))],
    )


@pytest.mark.parametrize("years", ["1/2", "9/10", "1", "3/2", "2", "21/10"])
def test_schooling_separates_between_one_and_two_years(years):
    """Spence, Quarterly Journal of Economics 87 (1973): for 1 < y < 2."""
    length = Fraction(years)
    found = [e for e in spence(length).perfect_bayesian() if e.kind == "separating"]
    assert len(found) == (1 <= length <= 2)
    for each in found:
        assert each.strategy == {"able once": {"none": 1}, "able twice": {"school": 1}}
        assert each.payoffs == {"able once": 1, "able twice": 2 - length / 2}


def test_no_schooling_needs_doubt_about_those_who_study():
    """School costs the able 2/5; from the common wage 3/2 they would study if that earned 2."""
    found = spence(Fraction(4, 5)).perfect_bayesian()
    (unschooled,) = [
        e for e in found if e.kind == "pooling" and e.strategy["able once"] == {"none": 1}
    ]
    assert unschooled.supporting_beliefs("school") == [(Fraction(1, 4), 1)]
    with pytest.raises(hg.UnknownNameError, match="'none' is sent, or no message"):
        unschooled.supporting_beliefs("none")


# -- models of hedging -----------------------------------------------------------------------


@pytest.mark.parametrize("draws", DRAWS)
def test_mediator_is_believed_as_the_proposition_says(draws):
    """S_t >= 0, bias S_t >= kappa eps and kappa + bias w >= 0."""
    p = uniform(np.random.default_rng(5), draws, mediator.MODEL)
    worth = (1 - p["war_risk"]) - p["war_risk"] * p["war_cost"]
    claim = (
        (worth >= 0)
        & (p["bias"] * worth >= p["war_aversion"] * p["war_risk"])
        & (p["war_aversion"] + p["bias"] * p["war_cost"] >= 0)
    )
    games = models.mediator_credibility(**p)
    for k in range(draws):
        informative = [
            each
            for each in games[k].perfect_bayesian()
            if each.kind == "separating" and each.replies["R"] != each.replies["W"]
        ]
        assert len(informative) == 2 * claim[k]  # with either word for either truth
    assert 0 < claim.sum() < draws


def test_neutral_and_opposed_mediators():
    def informative(bias):
        found = models.mediator_credibility(bias=bias).perfect_bayesian()
        return any(e.kind == "separating" and e.replies["R"] != e.replies["W"] for e in found)

    assert not informative(0.0)
    assert informative(0.5)
    assert not informative(-0.5)


@pytest.mark.parametrize("draws", DRAWS)
def test_ambiguity_is_productive_in_the_window(draws):
    """Both courting iff c_A/gamma_A <= pi <= 1 - c_B/gamma_B and t_A + t_B - kappa >= max s."""
    p = uniform(np.random.default_rng(6), draws, ambiguity.MODEL)
    low = p["courting_cost_a"] / p["courting_gain_a"]
    high = 1 - p["courting_cost_b"] / p["courting_gain_b"]
    pi = p["lean_probability"]
    best = np.maximum(p["revealed_value_a"], p["revealed_value_b"]) + p["ambiguity_cost"]
    courted = p["courted_value_a"] + p["courted_value_b"] >= best
    claim = (low <= pi) & (pi <= high) & courted
    by_a = (pi >= low) & (pi >= high) & (p["courted_value_a"] >= best)
    mixes, courts = ambiguity.partial_pooling(**p)
    games = models.ambiguity_signalling(**p)
    partial = 0
    for k in range(draws):
        found = games[k].perfect_bayesian()
        replies = [
            tuple(next(iter(own)) for own in each.replies["ambiguous"].values())
            for each in found
            if each.kind == "pooling" and "ambiguous" in each.replies
        ]
        assert (("court", "court") in replies) == claim[k]
        assert (("court", "ignore") in replies) == by_a[k]
        mixed = [
            (each.strategy["leans_a"]["ambiguous"], each.replies["ambiguous"]["A"].get("court"))
            for each in found
            if each.kind == "semi-separating"
            and len(each.strategy["leans_a"]) == 2
            and each.replies["ambiguous"]["B"] == {"court": 1}
        ]
        if np.isnan(mixes[k]):
            assert not mixed
        else:
            partial += 1
            np.testing.assert_allclose(mixed, [(mixes[k], courts[k])], atol=1e-9)
    assert claim.any()
    assert partial > 2


def test_ambiguity_at_the_defaults():
    """An independent implementation of the same formulas gives these numbers."""
    plain, ambiguous, mixed = models.ambiguity_signalling().perfect_bayesian()
    assert list(plain.strategy["leans_a"]) == ["reveal"]
    assert ambiguous.replies["ambiguous"] == {"A": {"court": 1}, "B": {"court": 1}}
    assert mixed.strategy["leans_a"]["reveal"] == pytest.approx(0.649351, abs=1e-6)
    assert mixed.replies["ambiguous"]["A"]["court"] == pytest.approx(0.5)
    assert plain.replies["reveal"] == {}
    # Plain speaking lasts while an ambiguous M would be courted by one power at most.
    spans = plain.supporting_beliefs("ambiguous")
    np.testing.assert_allclose(spans, [(0, 0.3), (2 / 3, 1)], atol=1e-12)


# -- what is refused, and what is said -------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((np.ones((2, 2, 2, 2)), [0.2, 0.2, 0.6]), "two types"),
        ((np.ones((2, 3, 2, 2)), [0.5, 0.5]), "payoffs of shape"),
        ((np.ones((2, 2, 2, 2)), [0.5, 0.6]), "add up to 1.1"),
        ((np.ones((2, 2, 2)), [0.5, 0.5]), "payoffs of shape"),
    ],
)
def test_what_is_no_signalling_game(arguments, words):
    with pytest.raises(hg.GameError, match=words):
        hg.SignallingGame(*arguments)


def test_batches_and_sure_types_are_refused():
    with pytest.raises(hg.GameError, match=r"as in game\[0\]"):
        models.mediator_credibility(bias=[0.1, 0.2]).perfect_bayesian()
    with pytest.raises(hg.GameError, match="positive probability"):
        hg.SignallingGame(np.ones((2, 2, 2, 2)), [0, 1]).perfect_bayesian()


def test_many_plans_are_not_written_down():
    game = hg.SignallingGame(np.ones((2, 2, 20, 4)) * np.arange(4), [0.5, 0.5])
    with pytest.raises(hg.GameError, match="1099511627776 plans for 20 messages"):
        game.bayesian()
    assert {each.kind for each in game.perfect_bayesian()} == {"pooling", "separating"}


def test_words():
    game = beer_quiche(Fraction(3, 4))
    assert repr(game) == (
        "<SignallingGame: sender as wimp or surly (quiche, beer), receiver (fight, leave); exact>"
    )
    assert repr(game.perfect_bayesian()[0]) == (
        "<semi-separating: wimp 2/3 quiche+1/3 beer, surly beer; quiche: fight; "
        "beer: 1/2 fight+1/2 leave>"
    )
    plans = game.bayesian().actions[1]
    assert plans[1] == "fight after quiche, leave after beer"
