"""Correlated equilibria: the polytope and the best points of it."""

import numpy as np
import pytest

import hedging as hg
from hedging.equilibria.correlated import constraints, solve
from hedging.equilibria.dispatch import solve as equilibria_of
from hedging.equilibria.simplex import maximise_exactly
from hedging.errors import GameError, ParameterError, Status, UnknownNameError
from hedging.solution_concepts import correlated

SHAPES = [(3,), (2, 2), (3, 2), (3, 3), (2, 2, 2), (3, 2, 2), (3, 3, 3), (2, 2, 2, 2)]


def draw(shape, size, kind):
    rng = np.random.default_rng(sum(shape))
    if kind == "integers":
        return rng.integers(-2, 3, (size, len(shape), *shape)).astype(float)
    return rng.standard_normal((size, len(shape), *shape))


def highs(G, goal):
    from scipy.optimize import linprog

    ones = np.ones((1, len(goal)))
    return -linprog(-goal, A_ub=G, b_ub=np.zeros(len(G)), A_eq=ones, b_eq=[1.0]).fun


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("kind", ["normal", "integers"])
@pytest.mark.parametrize("shape", SHAPES)
def test_objective_equals_highs(shape, kind, coarse):
    payoffs = draw(shape, 12, kind)
    goal = payoffs.reshape(12, len(shape), -1).sum(axis=1)
    best = solve(payoffs, goal, coarse=coarse)
    assert (best.status == Status.OK).all()
    for g in range(12):
        G = constraints(payoffs[g], coarse=coarse)
        assert best.value[g] == pytest.approx(highs(G, goal[g]), abs=1e-9)
        assert (G @ best.probability[g]).max() < 1e-11
    assert (best.probability >= 0).all()
    np.testing.assert_allclose(best.probability.sum(axis=1), 1, atol=1e-14)
    assert best.violation.max() < 1e-11


def test_constraints_are_the_definition():
    payoffs = draw((3, 2, 2), 1, "normal")[0]
    p = np.random.default_rng(0).dirichlet(np.ones(12)).reshape(3, 2, 2)
    gains, before = [], []
    for i in range(3):
        u, q = np.moveaxis(payoffs[i], i, 0), np.moveaxis(p, i, 0)
        for a in range(len(u)):
            gains += [(q[a] * (u[b] - u[a])).sum() for b in range(len(u)) if b != a]
        before += [(q.sum(axis=0) * u[b]).sum() - (q * u).sum() for b in range(len(u))]
    np.testing.assert_allclose(constraints(payoffs) @ p.ravel(), gains, atol=1e-14)
    np.testing.assert_allclose(constraints(payoffs, coarse=True) @ p.ravel(), before, atol=1e-14)


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (3, 2, 2)])
def test_every_nash_equilibrium_is_one(shape):
    payoffs = draw(shape, 40, "integers")
    found = equilibria_of(payoffs)
    parts = np.split(found.probability, np.cumsum(shape)[:-1], axis=1)
    joint = parts[0]
    for part in parts[1:]:
        joint = (joint[:, :, None] * part[:, None, :]).reshape(len(joint), -1)
    for row, g in zip(joint, found.game, strict=True):
        assert (constraints(payoffs[g]) @ row).max() < 1e-12
        assert (constraints(payoffs[g], coarse=True) @ row).max() < 1e-12
    # Hence the best is at least as good as the best of them.
    goal = payoffs.reshape(40, len(shape), -1).sum(axis=1)
    best = solve(payoffs, goal).value
    assert (best[found.game] >= (goal[found.game] * joint).sum(axis=1) - 1e-12).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_coarse_contains_the_others(shape):
    payoffs = draw(shape, 60, "normal")
    goal = np.random.default_rng(1).standard_normal((60, int(np.prod(shape))))
    assert (solve(payoffs, goal, coarse=True).value >= solve(payoffs, goal).value - 1e-11).all()


def test_batch_equals_loop():
    payoffs = draw((3, 3), 15, "integers")
    goal = payoffs[:, 0].reshape(15, 9)
    whole = solve(payoffs, goal)
    for g in range(15):
        assert (solve(payoffs[g : g + 1], goal[g]).probability[0] == whole.probability[g]).all()


@pytest.mark.parametrize("factor", [1e-300, 1e-10, 1e10, 1e300])
def test_scale_and_shift_do_not_matter(factor):
    payoffs = draw((3, 2, 2), 20, "normal")
    goal = payoffs[:, 0].reshape(20, 12)
    before = solve(payoffs, goal)
    after = solve(payoffs * factor, goal)
    np.testing.assert_allclose(after.value, before.value, atol=1e-9)
    moved = payoffs.copy()
    moved[:, 0] += np.random.default_rng(2).standard_normal((20, 1, 2, 2))
    np.testing.assert_allclose(solve(moved, goal).value, before.value, atol=1e-9)


def test_large_games_go_to_highs():
    payoffs = draw((13, 12), 2, "normal")
    goal = payoffs.reshape(2, 2, -1).sum(axis=1)
    best = solve(payoffs, goal)
    for g in range(2):
        G = constraints(payoffs[g])
        assert G.size > 20_000
        assert best.value[g] == pytest.approx(highs(G, goal[g]), abs=1e-7)
        assert (G @ best.probability[g]).max() < 1e-6


def test_when_everybody_is_indifferent_the_best_profile_is_played():
    best = solve(np.zeros((1, 2, 2, 3)), np.arange(6.0))
    assert best.probability.tolist() == [[0, 0, 0, 0, 0, 1]]
    assert best.value.tolist() == [5]


def test_not_finite_and_empty():
    payoffs = draw((2, 2), 2, "normal")
    payoffs[0, 1, 0, 0] = np.inf
    best = solve(payoffs, np.ones(4))
    assert best.status.tolist() == [Status.NONFINITE, Status.OK]
    assert np.isnan(best.probability[0]).all()
    assert np.isnan(best.value[0])
    assert solve(np.zeros((0, 2, 2, 2)), np.ones(4)).value.shape == (0,)


def test_exact_simplex():
    from fractions import Fraction

    one = Fraction(1)
    # max x with x <= 2 y, x + y = 1.
    assert maximise_exactly([[one, -2 * one]], [one, one], [one, 0 * one])[0] == Fraction(2, 3)
    assert maximise_exactly([[one, one]], [one, one], [one, one]) is None


def test_errors():
    game = hg.Game(draw((2, 2), 1, "normal")[0])
    with pytest.raises(GameError, match="one number for each of 4"):
        solve(game.payoffs[None], np.ones(3))
    with pytest.raises(ParameterError, match="'coarse'"):
        correlated(game, concept="fine")
    with pytest.raises(UnknownNameError, match="no player"):
        correlated(game, "nobody")
    with pytest.raises(ParameterError, match="objective of shape"):
        correlated(game, np.ones(3))


def test_dataset():
    # Aumann's game of chicken.
    chicken = hg.Game([[[6, 2], [7, 0]], [[6, 7], [2, 0]]], actions=[("swerve", "go")] * 2)
    best = correlated(chicken)
    assert best.probability.sel(profile="swerve|swerve") == pytest.approx(0.5)
    assert best.payoff.sel(player="player_1") == pytest.approx(5.25)
    assert correlated(chicken, "player_1").value == pytest.approx(7)
    assert correlated(chicken, {"player_1": -1}).value == pytest.approx(-2)
    # Told to swerve: 2 b >= a; told to go: b >= 2 c; a + 2 b + c = 1.
    assert correlated(chicken, np.eye(2)).value == pytest.approx(5 / 9)
    batch = hg.Game(draw((3, 2), 6, "normal").reshape(2, 3, 2, 3, 2), batch_dims=["x", "y"])
    answer = correlated(batch, concept="coarse")
    assert answer.probability.dims == ("x", "y", "profile")
    assert answer.payoff.dims == ("x", "y", "player")
    np.testing.assert_allclose(answer.payoff.sum("player"), answer.value)
