"""Iterated elimination by mixtures: exactness, laws and a story."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedging as hg
from hedging.equilibria.dispatch import solve
from hedging.equilibria.dominance import undominated
from hedging.equilibria.rationalisable import eliminate
from hedging.solution_concepts import correlated, dominance

# Gambit, contrib/games/mixdom.nfg: "Two person 4x4 game needing mixed domination", zero-sum.
MIXDOM = np.array([[6, 2, 1, 4], [7, 1, 2, 5], [5, 4, 6, 7], [1, 3, 7, 2]])


def exact(payoffs):
    return np.vectorize(Fraction, otypes=[object])(payoffs)


def draw(shape, size, kind, seed=0):
    rng = np.random.default_rng(seed)
    if kind == "integers":
        return rng.integers(-2, 3, (size, len(shape), *shape)).astype(float)
    return rng.standard_normal((size, len(shape), *shape))


def test_gambit_mixdom():
    payoffs = np.stack([MIXDOM, -MIXDOM])[None]
    pure = eliminate(payoffs, mixed=False)
    assert pure.kept.all()
    found = eliminate(payoffs)
    assert found.round.any()
    first = found.steps[0]
    table = MIXDOM if first.player == 0 else -MIXDOM.T
    assert sum(q > 0 for q in first.mixture) >= 2
    gains = np.array(first.mixture) @ table - table[first.action]
    assert gains.min() == pytest.approx(first.margin)
    assert gains.min() > 0


def test_a_mixture_then_two_pure_actions():
    row = [[3, 0], [1, 1], [0, 3]]
    col = [[1, 0], [0, 5], [1, 0]]
    found = eliminate(exact(np.array([[row, col]])))
    assert found.round.tolist() == [[0, 1, 3, 0, 2]]
    assert found.steps[0].margin >= Fraction(1, 2)
    assert all(isinstance(q, Fraction) for q in found.steps[0].mixture)


def test_a_mixture_that_only_ties_does_not_dominate():
    # The even mix of top and bottom pays exactly as much as middle.
    tie = [[2, 0], [1, 1], [0, 2]]
    zero = [[0, 0]] * 3
    for payoffs in (np.array([[tie, zero]], dtype=float), exact(np.array([[tie, zero]]))):
        assert eliminate(payoffs).kept.all()
    less = np.array([[tie, zero]], dtype=float)
    less[0, 0, 1, 0] = np.nextafter(1, 0)
    less[0, 0, 1, 1] = np.nextafter(1, 0)
    assert eliminate(less).round.tolist() == [[0, 1, 0, 0, 0]]


@pytest.mark.parametrize("kind", ["normal", "integers"])
@pytest.mark.parametrize("shape", [(4,), (3, 3), (4, 3), (3, 2, 2), (3, 3, 3)])
def test_doubles_equal_rationals(shape, kind):
    payoffs = draw(shape, 60, kind)
    a, b = eliminate(payoffs), eliminate(exact(payoffs))
    assert (a.round == b.round).all()
    assert [(s.game, s.player, s.action) for s in a.steps] == [
        (s.game, s.player, s.action) for s in b.steps
    ]


@pytest.mark.parametrize("shape", [(3, 3), (4, 4), (3, 2, 2)])
def test_every_step_is_what_it_says(shape):
    payoffs = draw(shape, 100, "integers")
    found = eliminate(exact(payoffs))
    starts = np.cumsum([0, *shape])
    for step in found.steps:
        kept = (found.round[step.game] == 0) | (found.round[step.game] >= step.round)
        own = np.moveaxis(exact(payoffs[step.game, step.player]), step.player, 0)
        for j in reversed(range(len(shape))):
            if j != step.player:
                axis = j if j > step.player else j + 1
                own = np.compress(kept[starts[j] : starts[j + 1]], own, axis=axis)
        gains = np.tensordot(np.array(step.mixture), own, axes=1) - own[step.action]
        assert sum(step.mixture) == 1
        assert gains.min() == step.margin > 0
        assert all(kept[starts[step.player] + b] for b, q in enumerate(step.mixture) if q > 0)


@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 2, 2)])
def test_no_equilibrium_uses_what_is_deleted(shape):
    payoffs = draw(shape, 200, "integers", seed=1)
    kept = eliminate(payoffs).kept
    found = solve(payoffs)
    assert not found.probability[~kept[found.game]].any()
    game = hg.Game(payoffs[:20])
    p = correlated(game).probability.values.reshape(20, *shape)
    start = 0
    for i, m in enumerate(shape):
        marginal = np.moveaxis(p, i + 1, 1).reshape(20, m, -1).sum(axis=2)
        assert marginal[~kept[:20, start : start + m]].max(initial=0) < 1e-10
        start += m


@pytest.mark.parametrize("shape", [(3, 3), (3, 2, 2)])
def test_pure_dominance_is_the_weaker_criterion(shape):
    payoffs = draw(shape, 300, "normal", seed=2)
    pure = eliminate(payoffs, mixed=False)
    assert (pure.kept == undominated(payoffs)).all()
    assert (eliminate(payoffs).kept <= pure.kept).all()


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_permuting_actions_permutes_the_answer(seed):
    rng = np.random.default_rng(seed)
    payoffs = rng.integers(-3, 4, (1, 2, 4, 3)).astype(float)
    rows, cols = rng.permutation(4), rng.permutation(3)
    moved = payoffs[:, :, rows][:, :, :, cols]
    order = np.concatenate([rows, 4 + cols])
    assert (eliminate(moved).round[0] == eliminate(payoffs).round[0, order]).all()


@pytest.mark.parametrize("factor", [1e-10, 1e10, 1e300, 2.0**-1000])
def test_scale_and_shift_do_not_matter(factor):
    payoffs = draw((4, 3), 60, "integers", seed=3)
    before = eliminate(payoffs).round
    assert (eliminate(payoffs * factor).round == before).all()
    payoffs[:, 0] += np.arange(3) * 1024.0
    assert (eliminate(payoffs).round == before).all()


def test_not_finite_games_keep_everything():
    payoffs = draw((3, 2), 2, "normal")
    payoffs[0, 0, 0, 0] = np.nan
    assert eliminate(payoffs).kept[0].all()
    assert eliminate(np.zeros((0, 2, 2, 2))).kept.shape == (0, 4)


def test_the_story_of_one_game():
    game = hg.Game(
        [[[3, 0], [1, 1], [0, 3]], [[1, 0], [0, 5], [1, 0]]],
        players=("M", "A"),
        actions=(("top", "middle", "bottom"), ("left", "right")),
    )
    found = dominance(game)
    assert found["round"].values.tolist() == [0, 1, 3, 0, 2]
    assert found.attrs["steps"] == [
        "round 1: M does not play middle; 0.5 top + 0.5 bottom pays at least 0.5 more",
        "round 2: A does not play right; left pays at least 1 more",
        "round 3: M does not play bottom; top pays at least 3 more",
    ]
    batch = hg.Game(np.stack([game.payoffs] * 3), batch_dims=["copy"])
    assert (dominance(batch).survives == found.survives).all()
    assert "steps" not in dominance(batch).attrs
