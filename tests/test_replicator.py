"""Populations: rest points, their stability, and the dynamics themselves."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import hedging as hg
from hedging.equilibria.dispatch import solve
from hedging.equilibria.replicator import Stability, rest_points, trajectory
from hedging.errors import GameError, HedgingTypeError, ParameterError
from hedging.population_dynamics import fictitious_play, moran, replicator

STABLE, UNSTABLE, NEUTRAL = Stability.STABLE, Stability.UNSTABLE, Stability.NEUTRAL


def population(theta, phi, chi, psi, eta):
    """Bloc A, hedgers and bloc B meeting each other."""
    return np.array([[theta, phi, -chi], [psi, eta, psi], [-chi, phi, theta]], dtype=object)


def velocity(A, x):
    gain = A @ x
    return x * (gain - x @ gain)


def by_support(found):
    return {tuple(np.flatnonzero(x).tolist()): k for k, x in enumerate(found.probability)}


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_rest_points_rest_and_eigenvalues_are_those_of_the_jacobian(m):
    rng = np.random.default_rng(m)
    for _ in range(15):
        A = rng.standard_normal((m, m))
        found = rest_points(A)
        for x, eigenvalues in zip(found.probability.astype(float), found.eigenvalues, strict=True):
            assert np.abs(velocity(A, x)).max() < 1e-14
            h = 1e-6
            steps = [np.eye(m)[a] - np.eye(m)[m - 1] for a in range(m - 1)]
            J = [(velocity(A, x + h * e) - velocity(A, x - h * e))[:-1] / (2 * h) for e in steps]
            if m > 1:
                expected = np.linalg.eigvals(np.array(J).T)
                for z in expected:
                    assert np.abs(eigenvalues - z).min() < 1e-7
        assert (found.eigenvalues.real.max(axis=1, initial=-1) < 0).tolist() == (
            found.stability == STABLE
        ).tolist()


def test_symmetric_equilibria_are_the_rest_points_nobody_can_invade():
    rng = np.random.default_rng(0)
    for _ in range(60):
        A = rng.standard_normal((3, 3))
        found = rest_points(A)
        listed = solve(np.stack([A, A.T])[None]).probability
        symmetric = listed[np.abs(listed[:, :3] - listed[:, 3:]).max(axis=1) < 1e-9, :3]
        nash = found.probability[found.nash].astype(float)
        assert len(nash) == len(symmetric)
        for x in nash:
            assert np.abs(symmetric - x).max(axis=1).min() < 1e-9


@pytest.mark.parametrize("m", [2, 3, 4])
def test_evolutionarily_stable_implies_nash_and_attracting(m):
    rng = np.random.default_rng(m)
    for _ in range(60):
        found = rest_points(rng.integers(-3, 4, (m, m)))
        assert (found.nash | ~found.ess).all()
        assert (found.stability[found.ess] != UNSTABLE).all()
        # Not unstable always; linearly stable wherever all payoffs that matter differ.
        stable = found.stability == STABLE
        assert (found.nash | ~stable).all()


def test_ess_against_the_definition_on_a_grid():
    rng = np.random.default_rng(5)
    grid = np.array([p for p in product(range(21), repeat=3) if sum(p) == 20]) / 20
    for _ in range(40):
        A = rng.integers(-2, 3, (3, 3)).astype(float)
        found = rest_points(A)
        for x, ess in zip(found.probability.astype(float), found.ess, strict=True):
            others = grid[np.abs(grid - x).max(axis=1) > 1e-9]
            # Mutants near x, in every direction there is.
            near = x + 1e-3 * (others - x)
            resists = np.einsum("yi,ij,yj->y", x - near, A, near)
            if ess:
                assert (resists > 0).all()
            elif resists.min() > 1e-9:
                raise AssertionError("some mutant should do as well")


def test_hawk_and_dove():
    found = rest_points(np.array([[-1, 4], [0, 2]]))
    assert found.probability.tolist() == [[1, 0], [0, 1], [Fraction(2, 3), Fraction(1, 3)]]
    assert found.stability.tolist() == [UNSTABLE, UNSTABLE, STABLE]
    assert found.ess.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("win", "verdict", "ess"),
    [(1, NEUTRAL, False), (2, STABLE, True), (Fraction(1, 2), UNSTABLE, False)],
)
def test_rock_paper_scissors(win, verdict, ess):
    found = rest_points(np.array([[0, -1, win], [win, 0, -1], [-1, win, 0]], dtype=object))
    centre = by_support(found)[0, 1, 2]
    assert found.probability[centre].tolist() == [Fraction(1, 3)] * 3
    assert found.stability[centre] == verdict
    assert bool(found.ess[centre]) == ess
    assert found.nash.sum() == 1


def test_stable_without_being_an_ess():
    # Zeeman 1980: attracting, though some mixture invades it.
    found = rest_points(np.array([[0, 6, -4], [-3, 0, 5], [-1, 3, 0]]))
    centre = by_support(found)[0, 1, 2]
    assert found.probability[centre].tolist() == [Fraction(1, 3)] * 3
    assert found.stability[centre] == STABLE
    assert not found.ess[centre]
    assert found.ess[by_support(found)[0,]]


def test_payoffs_against_each_type_can_be_shifted():
    rng = np.random.default_rng(6)
    for _ in range(20):
        A = rng.integers(-3, 4, (3, 3))
        a, b = rest_points(A), rest_points(A + rng.integers(-9, 9, 3))
        assert (a.probability == b.probability).all()
        for name in ("stability", "nash", "ess"):
            assert (getattr(a, name) == getattr(b, name)).all()
        np.testing.assert_allclose(a.eigenvalues, b.eigenvalues, atol=1e-6)


@pytest.mark.parametrize("factor", [1e-10, 1e10])
def test_scale_does_not_matter(factor):
    A = np.random.default_rng(7).standard_normal((3, 3))
    a, b = rest_points(A), rest_points(A * factor)
    assert (a.stability == b.stability).all()
    np.testing.assert_allclose(a.probability.astype(float), b.probability.astype(float), rtol=1e-12)


def test_continua_are_named():
    found = rest_points(np.zeros((3, 3), dtype=int))
    assert found.continua == ((0, 1), (0, 2), (1, 2), (0, 1, 2))
    assert found.stability.tolist() == [NEUTRAL] * 3
    assert not found.ess.any()
    # Actions 0 and 1 are copies: their edge rests, the face with 2 does not in a regular way.
    assert (0, 1) in rest_points(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]])).continua


def test_hedging_population():
    """Propositions on bloc A, hedgers and bloc B, with theta, chi > 0."""
    rng = np.random.default_rng(8)
    seen = {"edge": 0, "stable": 0, "interior": 0}
    for _ in range(120):
        theta, phi, chi, psi, eta = (Fraction(int(k), 7) for k in rng.integers(1, 15, 5))
        found = rest_points(population(theta, phi, chi, psi, eta))
        at = by_support(found)
        # A bloc is an equilibrium if and only if theta >= psi, hedging if and only if eta >= phi.
        assert found.nash[at[0,]] == found.nash[at[2,]] == (theta >= psi)
        assert found.nash[at[1,]] == (eta >= phi)
        # The mix of a bloc and hedgers.
        if (eta - phi) * (theta - psi) > 0:
            seen["edge"] += 1
            x = (eta - phi) / (theta - psi + eta - phi)
            k = at[0, 1]
            assert found.probability[k].tolist() == [x, 1 - x, 0]
            # The other bloc loses there, whatever the parameters.
            assert -(theta + chi) * x < 0
            stable = psi > theta and phi > eta
            seen["stable"] += stable
            assert found.stability[k] == (STABLE if stable else UNSTABLE)
            assert bool(found.ess[k]) == stable
        # Two blocs with hedgers never last.
        if (0, 1, 2) in at:
            seen["interior"] += 1
            k = at[0, 1, 2]
            y = found.probability[k][0]
            assert found.probability[k][2] == y
            assert found.stability[k] == UNSTABLE
            expected = float(y * (theta + chi))
            assert np.abs(found.eigenvalues[k] - expected).min() < 1e-9
    assert min(seen.values()) > 5


def test_trajectories_stay_in_the_simplex_and_reach_the_ess():
    A = population(1, 2, 1, 2, 1)
    x = trajectory(A, [0.6, 0.3, 0.1], np.linspace(0, 200, 50))
    assert (x >= 0).all()
    np.testing.assert_allclose(x.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(x[0], [0.6, 0.3, 0.1], atol=1e-12)
    np.testing.assert_allclose(x[-1], [0.5, 0.5, 0], atol=1e-8)
    edge = trajectory(A, [0.0, 0.5, 0.5], [0, 10, 20])
    assert (edge[:, 0] == 0).all()


def test_trajectories_of_rock_paper_scissors_circle():
    # x y z is conserved in the standard game.
    A = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    x = trajectory(A, [0.6, 0.3, 0.1], np.linspace(0, 30, 60))
    np.testing.assert_allclose(x.prod(axis=1), 0.018, rtol=1e-5)


def test_trajectories_match_the_logistic_solution():
    # With a constant advantage of one, log-odds grow by one per unit of time.
    x = trajectory(np.array([[1, 1], [0, 0]]), [0.1, 0.9], [0, 1, 3])
    odds = x[:, 0] / x[:, 1]
    np.testing.assert_allclose(odds, np.exp([0, 1, 3]) / 9, rtol=1e-7)


def test_errors():
    with pytest.raises(ParameterError, match="m by m"):
        rest_points(np.zeros((2, 3)))
    with pytest.raises(ParameterError, match="finite"):
        rest_points(np.array([[np.nan]]))
    with pytest.raises(ParameterError, match="2 shares"):
        trajectory(np.eye(2), [-1, 2], [0, 1])
    with pytest.raises(ParameterError, match="increase"):
        trajectory(np.eye(2), [0.5, 0.5], [1, 0])
    with pytest.raises(GameError, match="transposed"):
        replicator(hg.Game(np.arange(8.0).reshape(2, 2, 2)))
    with pytest.raises(GameError, match="two players"):
        replicator(hg.Game(np.zeros((2, 2, 3))))
    with pytest.raises(HedgingTypeError, match="not a game"):
        replicator(np.eye(2))


def test_dataset():
    A = np.array([[[-1.0, 4], [0, 2]], [[2, 0], [0, 1]]])
    game = hg.Game(np.stack([A, A.swapaxes(1, 2)], axis=1), batch_dims=["case"])
    answer = replicator(game, start=[[0.1, 0.9], [0.9, 0.1]], times=[0.0, 40.0])
    assert answer.share.dims == ("case", "rest_point", "action")
    assert answer["count"].values.tolist() == [3, 3]
    assert answer.ess.values.tolist() == [[False, False, True], [True, True, False]]
    assert answer.population.dims == ("case", "path", "time", "action")
    ends = answer.population.isel(time=-1, action=0).values
    np.testing.assert_allclose(ends, [[2 / 3, 2 / 3], [0, 1]], atol=1e-6)


def test_nashpy_moran_process():
    game = hg.Game([[[2, 1], [3, 1]], [[2, 3], [1, 1]]], actions=[("x", "y")] * 2)
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    a = moran(game, [2, 2], repetitions=20, rng=3)
    b = moran(game, [2, 2], repetitions=20, rng=3)
    assert a.identical(b)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    assert float(a.fixation.sum() + a.unfinished) == pytest.approx(1)
    with pytest.raises(ParameterError, match="numbers of individuals"):
        moran(game, [1.5, 2.5])


def test_nashpy_fictitious_play():
    pennies = hg.Game([[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]])
    answer = fictitious_play(pennies, 2000, rng=0)
    assert answer.frequency.dims == ("iteration", "choice")
    np.testing.assert_allclose(answer.frequency[-1], 0.5, atol=0.05)
    assert answer.identical(fictitious_play(pennies, 2000, rng=0))
