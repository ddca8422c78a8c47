"""Which equilibrium to expect: laws of the rules and of the tracing procedure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedging as hg
from hedging.equilibria.dispatch import solve
from hedging.equilibria.logit import UNITS, branches, match
from hedging.equilibria.selection import RULES, Verdict, choose
from hedging.equilibria.tracing import bicentric_prior, trace
from hedging.errors import ParameterError, Status, UnknownNameError
from hedging.solution_concepts import select

CHOSEN, TIED, NONE = Verdict.CHOSEN, Verdict.TIED, Verdict.NONE


def coordination(a, b):
    """2 x 2: the players get a at the first and b at the second diagonal entry, else 0."""
    payoffs = np.zeros((1, 2, 2, 2))
    payoffs[0, :, 0, 0], payoffs[0, :, 1, 1] = a, b
    return payoffs


def unanimity(a, b):
    """All get a if all play their first action, b if all play their second, else 0."""
    n = len(a)
    payoffs = np.zeros((1, n, *[2] * n))
    payoffs[(0, slice(None), *[0] * n)], payoffs[(0, slice(None), *[1] * n)] = a, b
    return payoffs


positive = st.floats(0.05, 20)


@given(st.tuples(positive, positive), st.tuples(positive, positive))
@settings(max_examples=60, deadline=None)
def test_tracing_equals_the_nash_product(a, b):
    payoffs = coordination(a, b)
    first, second = np.prod(a), np.prod(b)
    if abs(np.log(first / second)) < 1e-3:
        return
    one, two = np.array([[1.0, 0, 1, 0]]), np.array([[0, 1.0, 0, 1]])
    prior = bicentric_prior(payoffs, one, two)
    for eta in (1e-3, 1e-4):
        end = trace(payoffs, prior, eta=eta)
        assert end.status[0] == Status.OK
        assert end.limit.tolist() == (one if first > second else two).tolist()
    chosen = choose(payoffs, solve(payoffs), "risk_dominance")
    assert chosen.chosen[0] == (0 if first > second else 1)


@given(
    st.lists(positive, min_size=3, max_size=3),
    st.lists(positive, min_size=3, max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_in_unanimity_games_the_larger_product_wins(a, b):
    # At the bicentric prior everybody's best reply is the first action exactly if
    # prod a > prod b, and a strict equilibrium that all reply with at once is never left.
    first, second = np.prod(a), np.prod(b)
    if abs(np.log(first / second)) < 0.05:
        return
    payoffs = unanimity(a, b)
    one, two = np.array([[1.0, 0] * 3]), np.array([[0, 1.0] * 3])
    end = trace(payoffs, bicentric_prior(payoffs, one, two), eta=1e-4)
    assert end.limit.tolist() == (one if first > second else two).tolist()


def test_bicentric_prior_is_the_measure_of_best_replies():
    rng = np.random.default_rng(0)
    payoffs = rng.standard_normal((40, 3, 3, 2, 2))
    pure = [np.eye(m)[rng.integers(m, size=40)] for m in (3, 2, 2)]
    other = [rng.dirichlet(np.ones(m), 40) for m in (3, 2, 2)]
    prior = bicentric_prior(payoffs, np.hstack(pure), np.hstack(other))
    z = (np.arange(4000) + 0.5) / 4000
    ones = np.einsum("gabc,gb,gc->ga", payoffs[:, 0], pure[1], pure[2])
    twos = np.einsum("gabc,gb,gc->ga", payoffs[:, 0], other[1], other[2])
    best = (z[:, None, None] * ones + (1 - z[:, None, None]) * twos).argmax(axis=2)
    share = np.stack([(best == a).mean(axis=0) for a in range(3)], axis=1)
    np.testing.assert_allclose(prior[:, :3], share, atol=1e-3)
    assert (prior >= 0).all()


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (4, 3)])
def test_tracing_ends_in_the_list(shape):
    rng = np.random.default_rng(1)
    payoffs = rng.standard_normal((400, 2, *shape))
    prior = np.hstack([rng.dirichlet(np.ones(m), 400) for m in shape])
    end = trace(payoffs, prior)
    assert (end.status == Status.OK).all()
    found = solve(payoffs)
    position = match(end.limit, found, within=1e-9)
    assert (position >= 0).all()
    assert (found.index[found.offsets[:-1] + position] == 1).all()


@pytest.mark.parametrize("shape", [(3, 2, 2), (3, 3, 3), (2, 2, 2, 2)])
def test_tracing_passes_by_equilibria_of_index_minus_one(shape):
    payoffs = np.random.default_rng(3).standard_normal((1500, len(shape), *shape))
    rng = np.random.default_rng(1)
    end = trace(payoffs, np.hstack([rng.dirichlet(np.ones(m), 1500) for m in shape]))
    assert (end.status == Status.OK).all()
    found = solve(payoffs)
    position = match(end.limit, found, within=1e-6)
    assert (position >= 0).all()
    assert (found.index[found.offsets[:-1] + position] == 1).all()


def test_tracing_from_an_equilibrium_that_is_strict_stays():
    payoffs = coordination((1.0, 1.0), (5.0, 5.0))
    assert trace(payoffs, np.array([[1.0, 0, 1, 0]])).limit.tolist() == [[1, 0, 1, 0]]


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (3, 2)])
@pytest.mark.parametrize("rule", RULES)
def test_rules_do_not_depend_on_names_or_scales(shape, rule):
    rng = np.random.default_rng(2)
    payoffs = rng.standard_normal((150, 2, *shape))
    found = solve(payoffs)
    before = choose(payoffs, found, rule)

    def mixes(found, selection):
        rows = np.where(selection.chosen >= 0, found.offsets[:-1] + selection.chosen, 0)
        return np.where(selection.chosen[:, None] >= 0, found.probability[rows], -1.0)

    reference = mixes(found, before)
    for factor in (1e-10, 1e10):
        scaled = payoffs * factor
        after = choose(scaled, solve(scaled), rule)
        assert (after.verdict == before.verdict).all()
        np.testing.assert_allclose(mixes(solve(scaled), after), reference, atol=1e-9)
    swapped = payoffs[:, ::-1].swapaxes(2, 3)
    after = choose(swapped, solve(swapped), rule)
    assert (after.verdict == before.verdict).all()
    turned = np.roll(mixes(solve(swapped), after), shape[0], axis=1)
    np.testing.assert_allclose(turned, reference, atol=1e-9)
    order = rng.permutation(shape[0])
    moved = payoffs[:, :, order]
    after = choose(moved, solve(moved), rule)
    assert (after.verdict == before.verdict).all()
    choice = np.concatenate([order, shape[0] + np.arange(shape[1])])
    np.testing.assert_allclose(mixes(solve(moved), after), reference[:, choice], atol=1e-9)


def chosen_mixes(found, selection):
    """Probabilities of what is chosen, -1 where nothing is."""
    rows = np.where(selection.chosen >= 0, found.offsets[:-1] + selection.chosen, 0)
    return np.where(selection.chosen[:, None] >= 0, found.probability[rows], -1.0)


def renamed(payoffs, orders, players):
    for i, order in enumerate(orders):
        payoffs = np.take(payoffs, order, axis=i + 2)
    return np.ascontiguousarray(
        payoffs[:, players].transpose([0, 1, *(np.asarray(players) + 2)]),
    )


def renamed_mixes(mix, orders, players):
    parts = np.split(mix, np.cumsum([len(order) for order in orders])[:-1], axis=1)
    return np.concatenate([parts[i][:, orders[i]] for i in players], axis=1)


def flagship(number, seed):
    """Random games of triadic hedging that have several equilibria."""
    rng, model = np.random.default_rng(seed), hg.catalogue["triadic_hedging"]
    draws = {
        k: rng.uniform(float(p.low), float(p.high), number) for k, p in model.parameters.items()
    }
    payoffs = model(**draws).payoffs
    return np.ascontiguousarray(payoffs[solve(payoffs).count > 1])


def games_of(kind, size):
    name, *shape = kind
    rng = np.random.default_rng(sum(shape))
    if name == "flagship":
        return flagship(40 * size, 0)
    if name == "normal":
        return rng.standard_normal((size, len(shape), *shape))
    return rng.integers(-3, 4, (size, len(shape), *shape)).astype(float)


KINDS = [
    *((name, *shape) for name in ("normal", "integer") for shape in ((2, 2, 2), (3, 2, 2), (3, 3))),
    ("flagship",),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [60, pytest.param(400, marks=pytest.mark.slow)])
def test_risk_dominance_is_not_decided_by_rounding(kind, size):
    payoffs = games_of(kind, size)
    rng, shape, n = np.random.default_rng(1), payoffs.shape[2:], payoffs.shape[1]
    found = solve(payoffs)
    before = choose(payoffs, found, "risk_dominance")
    reference = chosen_mixes(found, before)
    stay, everybody = [np.arange(m) for m in shape], np.arange(n)
    others = payoffs.copy()
    for i in range(n):
        control = [len(payoffs), *shape]
        control[i + 1] = 1
        others[:, i] += rng.integers(-3, 4, control)
    changed = [(payoffs * factor, stay, everybody) for factor in (3, 7, 1e-10, 1e10)]
    changed.append((others, stay, everybody))
    orders = [rng.permutation(m) for m in shape]
    players = rng.permutation(n)
    changed += [(payoffs, orders, everybody), (payoffs, stay, players), (payoffs, orders, players)]
    for games, orders, players in changed:
        moved = renamed(games, orders, players)
        again = solve(moved)
        after = choose(moved, again, "risk_dominance")
        # Multiplying may round ties away; then it is another game.
        same = (again.count == found.count) & (again.status == found.status)
        assert same.mean() > 0.98
        assert (after.verdict == before.verdict)[same].all()
        theirs = renamed_mixes(reference, orders, players)
        np.testing.assert_allclose(chosen_mixes(again, after)[same], theirs[same], atol=1e-6)


def test_actions_on_one_line_share_its_length():
    # Player 1 is indifferent between its first two actions wherever they are best.
    payoffs = np.zeros((1, 2, 3, 2))
    payoffs[0, 0] = [[3, 0], [3, 0], [0, 1]]
    one, two = np.array([[0.5, 0.5, 0, 1, 0]]), np.array([[0, 0, 1.0, 0, 1]])
    for factor in (1.0, 0.1, 1e10):
        prior = bicentric_prior(payoffs * factor, one, two)
        np.testing.assert_allclose(prior[0, :3], [3 / 8, 3 / 8, 1 / 4], atol=1e-14)


def test_mixtures_in_both_equilibria_have_even_priors():
    # Two equilibria in which the second and the third player mix.
    payoffs = np.array(
        [
            [[[0.353, 0.296], [-0.745, 0.738]], [[0.785, 0.173], [1.038, -0.287]]],
            [[[-0.113, 0.473], [-0.034, 0.794]], [[-1.253, 1.426], [-0.781, -0.165]]],
            [[[-1.378, 0.6], [1.274, 1.071]], [[0.833, -1.557], [-0.782, -0.463]]],
        ]
    )
    chosen = {str(select(hg.Game(f * payoffs)).support.values) for f in (1, 3, 5, 7, 1e-10, 1e10)}
    assert len(chosen) == 1


def test_what_stands_for_a_continuum_is_not_chosen():
    # Two play matching pennies, a third one watches and is indifferent.
    pennies = np.array([[1.0, -1.0], [-1.0, 1.0]])
    payoffs = np.zeros((1, 3, 2, 2, 2))
    payoffs[0, 0], payoffs[0, 1] = pennies[:, :, None], -pennies[:, :, None]
    found = solve(payoffs)
    assert found.count.tolist() == [3]
    for rule in RULES:
        selection = choose(payoffs, found, rule)
        assert selection.chosen[0] < 2
        assert selection.verdict[0] != CHOSEN


def test_unit_of_the_logit_rule():
    payoffs = np.random.default_rng(8).standard_normal((300, 2, 3, 3)) * [[[[1]], [[50]]]]
    found = solve(payoffs)
    for unit in UNITS:
        limit = match(branches(payoffs, unit=unit).limit, found)
        assert (choose(payoffs, found, "logit", unit=unit).chosen == limit).all()
    with pytest.raises(ParameterError, match="'stakes'"):
        choose(payoffs, found, "logit", unit="euro")


def test_rules_against_their_definitions():
    rng = np.random.default_rng(3)
    payoffs = rng.standard_normal((300, 2, 3, 3))
    found = solve(payoffs)
    rules = {rule: choose(payoffs, found, rule) for rule in RULES}
    for g in range(300):
        rows = found.probability[found.offsets[g] : found.offsets[g + 1]]
        x, y = rows[:, :3], rows[:, 3:]
        a, b = payoffs[g]
        pay = np.stack([np.einsum("ei,ij,ej->e", x, m, y) for m in (a, b)], axis=1)
        assert rules["welfare"].chosen[g] == pay.sum(axis=1).argmax()
        tops = [e for e in range(len(rows)) if (pay[e] >= pay - 1e-12).all()]
        expected = tops[0] if len(tops) == 1 else -1
        assert rules["payoff_dominance"].chosen[g] == expected
        loss = np.zeros((len(rows), len(rows), 2))
        for f in range(len(rows)):
            row, col = a @ y[f], x[f] @ b
            loss[:, f, 0] = (row.max() - x @ row) / np.ptp(a)
            loss[:, f, 1] = (col.max() - y @ col) / np.ptp(b)
        worst = np.sort(loss.max(axis=1), axis=1)[:, ::-1].round(12)
        least = min(map(tuple, worst))
        same = [e for e in range(len(rows)) if tuple(worst[e]) == least]
        assert rules["regret"].chosen[g] == (same[0] if len(same) == 1 else -1)


def test_weights_of_welfare():
    payoffs = coordination((5.0, 1.0), (2.0, 2.0))
    found = solve(payoffs)
    assert choose(payoffs, found, "welfare").chosen[0] == 0
    assert choose(payoffs, found, "welfare", weights=[0.0, 1.0]).chosen[0] == 1


def test_one_equilibrium_is_chosen_by_every_rule():
    dilemma = np.array([[[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]]])
    found = solve(dilemma)
    for rule in RULES:
        selection = choose(dilemma, found, rule)
        assert selection.chosen.tolist() == [0]
        assert selection.verdict.tolist() == [CHOSEN]


def test_ties_and_absence_are_said():
    even = coordination((1.0, 1.0), (1.0, 1.0))
    found = solve(even)
    assert choose(even, found, "risk_dominance").verdict.tolist() == [TIED]
    assert choose(even, found, "welfare").verdict.tolist() == [TIED]
    assert choose(even, found, "payoff_dominance").verdict.tolist() == [TIED]
    # The branch stays on the even mixture by symmetry alone, which predicts nothing.
    assert choose(even, found, "logit").verdict.tolist() == [Verdict.UNDECIDED]
    battle = coordination((2.0, 1.0), (1.0, 2.0))
    found = solve(battle)
    assert choose(battle, found, "payoff_dominance").verdict.tolist() == [NONE]
    assert choose(battle, found, "risk_dominance").verdict.tolist() == [TIED]
    nothing = np.full((1, 2, 2, 2), np.nan)
    verdicts = {int(choose(nothing, solve(nothing), rule).verdict[0]) for rule in RULES}
    assert verdicts == {Verdict.NO_EQUILIBRIUM}


@pytest.mark.parametrize("rule", RULES)
def test_degenerate_games_never_break_a_rule(rule):
    payoffs = np.random.default_rng(4).integers(-1, 2, (150, 2, 3, 3)).astype(float)
    payoffs[0] = 0.0
    found = solve(payoffs)
    selection = choose(payoffs, found, rule)
    assert (selection.chosen < found.count).all()
    assert ((selection.chosen >= 0) == (selection.verdict == CHOSEN)).all()


def test_risk_dominance_of_many_actions_extends_two():
    # A third action that is dominated changes neither best replies nor the choice.
    rng = np.random.default_rng(5)
    a = rng.uniform(0.1, 1, (100, 2, 2))
    small = np.zeros((100, 2, 2, 2))
    small[:, :, 0, 0], small[:, :, 1, 1] = a[:, 0], a[:, 1]
    large = np.full((100, 2, 3, 3), -1.0)
    large[:, :, :2, :2] = small
    # What a player gets if only the other plays the third action says nothing about its own.
    large[:, 0, :2, 2] = 0.0
    large[:, 1, 2, :2] = 0.0
    clear = np.abs(np.log(a[:, 0].prod(axis=1) / a[:, 1].prod(axis=1))) > 0.1
    two, three = solve(small), solve(large)
    left = choose(small, two, "risk_dominance").chosen
    right = choose(large, three, "risk_dominance").chosen
    assert (left[clear] == right[clear]).all()


def test_errors():
    payoffs = coordination((1.0, 2.0), (2.0, 1.0))
    found = solve(payoffs)
    with pytest.raises(ParameterError, match="'welfare'"):
        choose(payoffs, found, "best")
    with pytest.raises(ParameterError, match="one per player"):
        choose(payoffs, found, "welfare", weights=[1.0])
    with pytest.raises(UnknownNameError, match="no player"):
        select(hg.Game(payoffs[0]), "welfare", weights={"X": 1.0})
    with pytest.raises(ParameterError, match="add rule"):
        select(hg.Game(payoffs[0]), "regret", weights={"player_1": 1.0})


def test_dataset():
    rng = np.random.default_rng(6)
    game = hg.Game(rng.standard_normal((4, 2, 3, 2)), batch_dims=["draw"])
    listed = hg.nash(game)
    answer = select(game, RULES)
    assert answer.selected.dims == ("draw", "rule")
    assert answer.rule.values.tolist() == list(RULES)
    for g in range(4):
        for rule in RULES:
            one = answer.isel(draw=g).sel(rule=rule)
            at = int(one.selected)
            if at >= 0:
                same = listed.isel(draw=g, equilibrium=at)
                assert str(one.support.values) == str(same.support.values)
                np.testing.assert_allclose(one.probability, same.probability)
                np.testing.assert_allclose(one.payoff, same.payoff)
            else:
                assert str(one.support.values) == ""
                assert np.isnan(one.probability).all()
    single = select(game, "welfare")
    assert single.selected.dims == ("draw",)
    assert (single.selected == answer.selected.sel(rule="welfare")).all()
