"""Quantal response: laws of the principal branch and of its limit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedging as hg
from hedging.equilibria.dispatch import solve
from hedging.equilibria.expectation import action_values
from hedging.equilibria.logit import UNITS, branches, match
from hedging.errors import HedgingTypeError, ParameterError, Status
from hedging.solution_concepts import logit

SHAPES = [(4,), (2, 2), (3, 2), (3, 3), (2, 2, 2), (3, 2, 2), (3, 3, 3), (2, 2, 2, 2)]


def draw(shape, size, seed=0):
    return np.random.default_rng(seed).standard_normal((size, len(shape), *shape))


def even(shape):
    return np.concatenate([np.full(m, 1 / m) for m in shape])


def values(payoffs, mix):
    """Payoff of every choice against the others' parts of mix, shape (N, C)."""
    parts = np.split(mix, np.cumsum(payoffs.shape[2:])[:-1], axis=1)
    return action_values(payoffs, parts)


def response(payoffs, mix, rationality, unit):
    """The logit response to mix, straight from its definition."""
    out = []
    for i, v in enumerate(values(payoffs, mix)):
        z = rationality * v / unit[:, i, None]
        z = np.exp(z - z.max(axis=1, keepdims=True))
        out.append(z / z.sum(axis=1, keepdims=True))
    return np.concatenate(out, axis=1)


def ranges(payoffs):
    axes = tuple(range(2, payoffs.ndim))
    return payoffs.max(axis=axes) - payoffs.min(axis=axes)


@pytest.mark.parametrize("shape", SHAPES)
def test_requested_values_solve_the_fixed_point_equation(shape):
    payoffs = draw(shape, 200)
    at = [0.3, 1.0, 4.0, 20.0, 300.0]
    branch = branches(payoffs, at)
    assert (branch.status == Status.OK).all()
    for k, rationality in enumerate(at):
        mix = branch.probability[:, k]
        reply = response(payoffs, mix, rationality, ranges(payoffs))
        np.testing.assert_allclose(mix, reply, atol=1e-9)
        assert branch.residual[:, k].max() < 1e-10
    # The branch starts below and ends above, so it passes an odd number of times.
    assert (branch.crossings % 2 == 1).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_without_rationality_everybody_randomises_evenly(shape):
    branch = branches(draw(shape, 5), [0.0])
    assert (branch.probability[:, 0] == even(shape)).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_for_small_rationality_the_branch_is_the_limit_of_iterated_responses(shape):
    # The response map is a contraction there, so there is only one equilibrium to find.
    payoffs = draw(shape, 50, seed=1)
    mix = np.tile(even(shape), (50, 1))
    for _ in range(300):
        mix = response(payoffs, mix, 0.4, ranges(payoffs))
    np.testing.assert_allclose(branches(payoffs, [0.4]).probability[:, 0], mix, atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (3, 3), (4, 3)])
def test_limit_is_in_the_list(shape):
    payoffs = draw(shape, 1000, seed=2)
    branch = branches(payoffs)
    found = solve(payoffs)
    position = match(branch.limit, found)
    assert (branch.status == Status.OK).all()
    assert (position >= 0).all()
    # A regular branch ends in an equilibrium of index +1.
    assert (found.index[found.offsets[:-1] + position] == 1).all()


def indices_of_limits(payoffs, branch):
    """Index of the listed equilibrium that each branch ends in; every limit is listed."""
    found = solve(payoffs)
    position = match(branch.limit, found)
    assert (position >= 0).all()
    return found.index[found.offsets[:-1] + position]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2)])
def test_a_branch_passes_by_equilibria_of_index_minus_one(shape, unit):
    payoffs = draw(shape, 400, seed=3)
    branch = branches(payoffs, unit=unit)
    assert (branch.status == Status.OK).all()
    assert (indices_of_limits(payoffs, branch) == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2), (3, 3, 3), (2, 2, 2, 2)])
def test_no_branch_ends_at_index_minus_one(shape):
    payoffs = draw(shape, 5000, seed=3)
    branch = branches(payoffs, unit="payoff")
    assert (branch.status == Status.OK).all()
    assert (indices_of_limits(payoffs, branch) == 1).all()


def test_a_branch_that_lingers_near_an_equilibrium_goes_on():
    # At rationality 30 this one is within 0.03 of an equilibrium of index -1.
    payoffs = draw((2, 2, 2), 28, seed=3)[27:]
    found = solve(payoffs)
    wrong = found.probability[found.index == -1]
    at = np.geomspace(1, 1e4, 60)
    branch = branches(payoffs, at, unit="payoff")
    far = np.abs(branch.probability[0][:, None] - wrong[None]).max(axis=2)
    assert far.min() < 0.1 < far[-1].min()
    assert np.abs(branch.probability[0, -1] - branch.limit[0]).max() < 1e-3


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2), (3, 3)])
@pytest.mark.parametrize("high", [1, 3])
def test_limits_called_ok_are_regular(shape, high):
    payoffs = np.random.default_rng(high).integers(-high, high + 1, (300, len(shape), *shape))
    payoffs = payoffs.astype(float)
    branch = branches(payoffs)
    good = np.flatnonzero(branch.status == Status.OK)
    assert good.size > 50
    payoffs, limit = payoffs[good], branch.limit[good]
    parts = np.split(limit, np.cumsum(shape)[:-1], axis=1)
    for x, v in zip(parts, values(payoffs, limit), strict=True):
        gap = v.max(axis=1, keepdims=True) - v
        assert ((x > 0) == (gap < 1e-9)).all()
    found = solve(payoffs)
    position = match(limit, found)
    assert (position >= 0).all()
    assert (found.index[found.offsets[:-1] + position] == 1).all()


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2), (3, 3, 3), (2, 2, 2, 2)])
def test_limit_is_an_equilibrium(shape):
    payoffs = draw(shape, 300, seed=3)
    limit = branches(payoffs).limit
    parts = np.split(limit, np.cumsum(shape)[:-1], axis=1)
    for x, v in zip(parts, values(payoffs, limit), strict=True):
        assert (x >= 0).all()
        np.testing.assert_allclose(x.sum(axis=1), 1, atol=1e-14)
        assert (x * (v.max(axis=1, keepdims=True) - v)).sum(axis=1).max() < 1e-12


def test_large_rationality_is_near_the_limit():
    payoffs = draw((3, 2, 2), 200, seed=4)
    branch = branches(payoffs, [1e5, np.inf])
    assert (branch.probability[:, 1] == branch.limit).all()
    assert np.abs(branch.probability[:, 0] - branch.limit).max() < 0.01


@pytest.mark.parametrize("shape", [(3, 3), (3, 2, 2)])
def test_batch_equals_loop(shape):
    payoffs = draw(shape, 20, seed=5)
    whole = branches(payoffs, [0.5, 7.0])
    for g in range(20):
        one = branches(payoffs[g : g + 1], [0.5, 7.0])
        assert (one.probability[0] == whole.probability[g]).all()
        assert (one.limit[0] == whole.limit[g]).all()


def test_order_and_repetition_of_requests_do_not_matter():
    payoffs = draw((3, 2, 2), 20, seed=6)
    mixed = branches(payoffs, [5.0, 0.0, 1.0, 5.0])
    for k, at in enumerate([5.0, 0.0, 1.0, 5.0]):
        one = branches(payoffs, [at]).probability[:, 0]
        np.testing.assert_allclose(mixed.probability[:, k], one, atol=1e-12)


@given(st.integers(0, 10**6), st.sampled_from([(3, 2), (2, 2, 2), (3, 2, 2)]))
@settings(max_examples=30, deadline=None)
def test_permuting_actions_and_players_permutes_the_branch(seed, shape):
    rng = np.random.default_rng(seed)
    n = len(shape)
    payoffs = rng.standard_normal((1, n, *shape))
    order = [rng.permutation(m) for m in shape]
    moved = payoffs
    for i, p in enumerate(order):
        moved = np.take(moved, p, axis=i + 2)
    players = rng.permutation(n)
    moved = moved[:, players].transpose([0, 1, *(players + 2)])
    a, b = branches(payoffs, [1.0, 6.0]), branches(moved, [1.0, 6.0])

    def permuted(mix):
        parts = np.split(mix, np.cumsum(shape)[:-1], axis=-1)
        return np.concatenate([parts[i][..., order[i]] for i in players], axis=-1)

    np.testing.assert_allclose(b.probability, permuted(a.probability), atol=1e-9)
    np.testing.assert_allclose(b.limit, permuted(a.limit), atol=1e-9)
    assert (a.folds == b.folds).all()
    assert (a.crossings == b.crossings).all()


@pytest.mark.parametrize("factor", [1e-10, 1e10, 1e300, 3.0])
def test_scale_of_payoffs_does_not_matter(factor):
    payoffs = draw((3, 2, 2), 50, seed=7)
    a = branches(payoffs, [1.0, 10.0])
    b = branches(payoffs * factor, [1.0, 10.0])
    np.testing.assert_allclose(a.probability, b.probability, atol=1e-9)
    np.testing.assert_allclose(a.limit, b.limit, atol=1e-9)


def test_affine_payoffs_of_one_player_do_not_matter():
    payoffs = draw((3, 2, 2), 50, seed=8)
    moved = payoffs.copy()
    moved[:, 1] = 1e-10 * moved[:, 1] + 3e-10
    moved[:, 2] = 1e10 * moved[:, 2] - 5e9
    a, b = branches(payoffs, [2.0]), branches(moved, [2.0])
    np.testing.assert_allclose(a.probability, b.probability, atol=1e-9)
    np.testing.assert_allclose(a.limit, b.limit, atol=1e-9)


def test_stakes_ignore_what_only_others_control():
    payoffs = draw((3, 2, 2), 50, seed=9)
    moved = payoffs.copy()
    moved[:, 0] += np.random.default_rng(1).standard_normal((50, 1, 2, 2)) * 10
    a, b = branches(payoffs, [3.0], unit="stakes"), branches(moved, [3.0], unit="stakes")
    np.testing.assert_allclose(a.probability, b.probability, atol=1e-9)


def test_unit_payoff_counts_rationality_in_payoffs():
    payoffs = draw((3, 2, 2), 50, seed=10) * 7
    branch = branches(payoffs, [0.2], unit="payoff")
    reply = response(payoffs, branch.probability[:, 0], 0.2, np.ones((50, 3)))
    np.testing.assert_allclose(branch.probability[:, 0], reply, atol=1e-12)


def test_pitchfork_of_a_symmetric_game_is_reported():
    # The even mixture loses its hold at rationality 2, and is kept by symmetry alone.
    branch = branches(np.array([[np.eye(2), np.eye(2)]]), [1.0, 10.0])
    assert branch.bifurcations.tolist() == [1]
    assert branch.status.tolist() == [Status.DEGENERATE]
    assert (branch.probability == 0.5).all()
    assert branch.limit.tolist() == [[0.5] * 4]
    slightly = np.array([[np.diag([1.0, 1.001]), np.eye(2)]])
    branch = branches(slightly)
    assert branch.bifurcations.tolist() == [0]
    assert branch.limit.tolist() == [[0, 1, 0, 1]]


@pytest.mark.parametrize("m", [3, 4])
def test_branch_points_of_even_order_are_reported(m):
    # Two or more directions open at once, so that the orientation may stay as it is.
    branch = branches(np.array([[np.eye(m), np.eye(m)]]))
    assert branch.bifurcations[0] >= 1
    assert branch.status.tolist() == [Status.DEGENERATE]


def symmetric_three(size, seed):
    """Random integer games that treat three players with two actions alike."""
    own = np.random.default_rng(seed).integers(-20, 21, (size, 2, 2, 2)).astype(float)
    own[:, :, 0, 1] = own[:, :, 1, 0]
    return np.stack([own, own.transpose(0, 2, 1, 3), own.transpose(0, 2, 3, 1)], axis=1)


def test_two_symmetric_directions_that_open_at_once_are_reported():
    own = np.array([[[-18.0, -11], [-11, -2]], [[4, -4], [-4, -12]]])
    payoffs = np.stack([own, own.transpose(1, 0, 2), own.transpose(2, 1, 0)])
    for order in ([0, 1], [1, 0]):
        branch = branches(payoffs[None][:, :, order])
        assert branch.bifurcations.tolist() == [1]
        assert branch.status.tolist() == [Status.DEGENERATE]
    assert int(logit(hg.Game(payoffs)).status) == Status.DEGENERATE
    assert str(hg.select(hg.Game(payoffs), "logit").support.values) == ""


@pytest.mark.parametrize("size", [150, pytest.param(2000, marks=pytest.mark.slow)])
def test_symmetric_branches_pass_branch_points(size):
    # Three alike, each with slope k of its gain in what one other does: eigenvalues 2k, -k, -k.
    # A branch that ends where all mix alike has k < 0, and so passes a double branch point.
    payoffs = symmetric_three(size, seed=15)
    branch = branches(payoffs)
    limit = branch.limit
    mixed = (limit[:, 0] > 1e-6) & (limit[:, 0] < 1 - 1e-6)
    mixed &= (np.abs(limit[:, ::2] - limit[:, :1]) < 1e-9).all(axis=1)
    # At equal probabilities the slopes themselves can vanish.
    regular = mixed & (np.abs(limit[:, 0] - 0.5) > 1e-9)
    assert regular.sum() > size / 4
    assert (branch.bifurcations[regular] >= 1).all()
    assert (branch.status[mixed] == Status.DEGENERATE).all()
    rng = np.random.default_rng(16)
    for _ in range(2):
        moved = payoffs
        for i in range(3):
            moved = np.take(moved, rng.permutation(2), axis=i + 2)
        again = branches(np.ascontiguousarray(moved))
        assert (again.status == branch.status).all()
        assert (again.bifurcations == branch.bifurcations).all()


def test_three_in_the_minority():
    payoffs = np.zeros((1, 3, 2, 2, 2))
    for a in np.ndindex(2, 2, 2):
        for i in range(3):
            payoffs[(0, i, *a)] = a.count(a[i]) == 1
    branch = branches(payoffs, [1.0, 20.0])
    assert branch.bifurcations[0] >= 1
    assert branch.status.tolist() == [Status.DEGENERATE]


def test_an_indifferent_player_randomises_evenly():
    payoffs = draw((3, 2, 2), 30, seed=11)
    payoffs[:, 1] = 4.0
    branch = branches(payoffs, [1.0, 50.0])
    assert (branch.probability[..., 3:5] == 0.5).all()
    np.testing.assert_allclose(branch.limit[:, 3:5], 0.5, atol=1e-4)
    assert (branch.status == Status.DEGENERATE).all()
    everybody = branches(np.zeros((1, 3, 2, 2, 2)), [3.0])
    assert (everybody.probability == 0.5).all()


@pytest.mark.parametrize("shape", [(3, 3), (3, 2, 2)])
def test_ties_are_survived_and_marked(shape):
    payoffs = np.random.default_rng(12).integers(-2, 3, (400, len(shape), *shape)).astype(float)
    branch = branches(payoffs, [5.0])
    assert (branch.status != Status.NO_CONVERGENCE).mean() > 0.99
    good = branch.status != Status.NO_CONVERGENCE
    parts = np.split(branch.limit, np.cumsum(shape)[:-1], axis=1)
    for x, v in zip(parts, values(payoffs, branch.limit), strict=True):
        regret = (x * (v.max(axis=1, keepdims=True) - v)).sum(axis=1)
        assert regret[good].max() < 1e-11
    regular = branch.status == Status.OK
    if len(shape) == 2:
        assert (match(branch.limit, solve(payoffs))[regular] >= 0).all()


def test_folds_pass_a_rationality_three_times():
    payoffs = draw((3, 3, 3), 400, seed=13)
    at = np.geomspace(0.5, 60, 40)
    branch = branches(payoffs, at)
    folded = branch.folds > 0
    assert folded.any()
    assert (branch.crossings[folded] >= 3).any()
    assert (branch.crossings[~folded] == 1).all()
    assert (branch.crossings % 2 == 1).all()
    assert (branch.folds % 2 == 0).all()


def test_payoffs_that_are_not_finite_are_marked():
    payoffs = draw((2, 2), 3)
    payoffs[1, 0, 0, 0] = np.nan
    branch = branches(payoffs, [0.0, 1.0, np.inf])
    assert branch.status.tolist() == [Status.OK, Status.NONFINITE, Status.OK]
    assert np.isnan(branch.probability[1]).all()
    assert np.isnan(branch.limit[1]).all()


def test_empty_batch():
    branch = branches(np.zeros((0, 2, 2, 2)), [1.0])
    assert branch.probability.shape == (0, 1, 4)


@pytest.mark.parametrize("wrong", [[-1.0], [np.nan]])
def test_wrong_rationality(wrong):
    with pytest.raises(ParameterError, match="from 0 to inf"):
        branches(draw((2, 2), 1), wrong)


def test_wrong_unit_and_wrong_game():
    with pytest.raises(ParameterError, match="'stakes'"):
        branches(draw((2, 2), 1), unit="euro")
    with pytest.raises(HedgingTypeError, match="not a game"):
        logit(np.zeros((2, 2, 2)))


def test_gambit_finds_the_same_limit():
    gambit = pytest.importorskip("pygambit")
    payoffs = draw((3, 2, 2), 15, seed=14)
    limit = branches(payoffs, unit="payoff").limit
    for g in range(15):
        game = gambit.Game.from_arrays(*payoffs[g])
        theirs = gambit.nash.logit_solve(game).equilibria[0]
        mix = [float(theirs[s]) for player in game.players for s in player.strategies]
        np.testing.assert_allclose(limit[g], mix, atol=1e-3)


def test_dataset():
    game = hg.Game(draw((3, 2), 6).reshape(2, 3, 2, 3, 2), batch_dims=["x", "y"])
    answer = logit(game, [0.0, 2.0, np.inf])
    assert answer.probability.dims == ("x", "y", "rationality", "choice")
    assert answer.residual.dims == ("x", "y", "rationality")
    assert answer.limit_position.dims == ("x", "y")
    listed = hg.nash(game)
    for x in range(2):
        for y in range(3):
            at = int(answer.limit_position[x, y])
            same = listed.probability[x, y, at].values
            np.testing.assert_allclose(answer.limit[x, y].values, same, atol=1e-9)
            assert str(answer.limit_support[x, y].values) == str(listed.support[x, y, at].values)
    scalar = logit(game, 2.0)
    assert scalar.probability.dims == ("x", "y", "choice")
    np.testing.assert_allclose(scalar.probability, answer.probability.sel(rationality=2.0))
    assert "probability" not in logit(game)
