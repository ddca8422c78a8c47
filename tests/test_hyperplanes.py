"""Equilibrium payoffs between two sets, for any number of players."""

import numpy as np
import pytest
from scipy.optimize import linprog

from hedging.errors import GameError, ParameterError, Status, UnknownNameError
from hedging.game import Game
from hedging.repeated import stage, transfers
from hedging.repeated.hull_directions import facet_directions
from hedging.repeated.hyperplanes import enclose
from hedging.repeated.payoff_set import payoff_sets
from hedging.repeated_games import RepeatedGame

PD = np.array([[[9.0, 1], [10, 3]], [[9, 10], [1, 3]]])
AS = np.array([[[16.0, 3, 0], [21, 10, -1], [9, 5, -5]], [[9, 13, 3], [1, 4, 0], [0, -4, -15]]])


def public_good(n, factor):
    """Contribute (0) or not (1): a contribution costs 1 and is shared as ``factor``."""
    game = np.empty((n, *[2] * n))
    for a in np.ndindex(*[2] * n):
        given = 1 - np.array(a)
        game[(slice(None), *a)] = factor * given.sum() / n - given
    return game


def supports(found, points):
    return (found.directions @ np.asarray(points, dtype=float).T).max(axis=1)


def random_game(rng, k, shape):
    size = (len(shape), *shape)
    return rng.integers(0, 5, size).astype(float) if k % 4 == 0 else rng.random(size)


# ---- two players, where the set itself is known ---------------------------------------------


@pytest.mark.parametrize(
    ("game", "delta", "expected"),
    [
        (PD, 0.75, [(3, 3), (9.75, 3), (9, 9), (3, 9.75)]),
        (PD, 1 / 7, [(3, 3), (9, 9)]),
        (PD, 0.1, [(3, 3)]),
        (PD, 0.0, [(3, 3)]),
        (
            AS,
            0.3,
            [
                (7.33770472, 10.98262528),
                (1.12568240, 2.8),
                (7.33770472, 0),
                (7.86308964, 0),
                (19.7917977, 2.8),
                (15.5630896, 9.1),
            ],
        ),
        ([[[1, -0.5], [2, 0]], [[1, 2], [-0.5, 0]]], 0.3, [(0, 0), (1.5, 0), (0, 1.5)]),
    ],
)
def test_known_sets(game, delta, expected):
    found = enclose(game, delta)
    assert found.status == Status.OK
    assert found.gap <= 1e-6
    span = np.ptp(np.asarray(game, dtype=float))
    assert found.levels == pytest.approx(supports(found, expected), abs=2e-6 * span)
    assert supports(found, found.inner) == pytest.approx(supports(found, expected), abs=2e-6 * span)


def compare_with_exact_sets(seed, count):
    rng = np.random.default_rng(seed)
    closed = 0
    for k in range(count):
        game = random_game(rng, k, [(2, 2), (3, 2), (3, 3)][k % 3])
        delta = float(rng.choice([0.15, 0.3, 0.5, 0.65, 0.8, 0.95]))
        found = enclose(game, delta)
        sets = payoff_sets(game[None], delta, tol=1e-11)
        vertices = sets.vertices[0, : sets.count[0]]
        assert found.empty == (len(vertices) == 0)
        closed += found.status == Status.OK
        if len(vertices):
            exact = supports(found, vertices)
            assert (found.levels >= exact - 1e-8).all(), (k, game.tolist(), delta)
            assert (found.outer_punishment <= sets.punishment[0] + 1e-8).all()
        if len(found.inner):
            # Near a fold constraints loosened by 1e-11 matter by the root of that.
            assert (supports(found, found.inner) <= exact + 1e-5).all(), (k, game.tolist(), delta)
            assert (found.inner_punishment >= sets.punishment[0] - 1e-5).all()
    return closed


def test_exact_sets_lie_between():
    assert compare_with_exact_sets(1, 90) >= 85


@pytest.mark.slow
def test_many_exact_sets_lie_between():
    assert compare_with_exact_sets(2, 600) >= 580


# ---- three and more players -------------------------------------------------------------


@pytest.mark.parametrize("delta", [0.3, 0.5, 0.9])
def test_a_bystander_changes_nothing(delta):
    # The third player's action 0 is strictly better for it and concerns nobody else.
    game = np.zeros((3, 3, 3, 2))
    game[:2] = AS[..., None]
    game[2, :, :, 0] = 1
    found = enclose(game, delta)
    pair = payoff_sets(AS[None], delta, tol=1e-11)
    vertices = pair.vertices[0, : pair.count[0]]
    exact = supports(found, np.column_stack([vertices, np.ones(len(vertices))]))
    assert found.status == Status.OK
    assert found.levels == pytest.approx(exact, abs=1e-4)
    assert supports(found, found.inner) == pytest.approx(exact, abs=1e-4)


def test_dilemma_of_three_at_its_threshold():
    # Everybody contributes: u = 1, best deviation 4/3, minmax 0; so 1/4 exactly.
    game = public_good(3, 2.0)
    everybody = (1.0, 1.0, 1.0)
    for delta, sustained in ((0.25, True), (0.25 - 1e-6, False), (0.25 + 1e-6, True)):
        r = RepeatedGame(Game(game), delta)
        bounds = r.spe_payoffs()
        assert bounds.contains(everybody) is sustained
        assert bounds.contains((0, 0, 0)) is True
        assert bool(r.is_sustainable((0, 0, 0))) is sustained
    assert RepeatedGame(Game(game), 0.25).is_sustainable((0, 0, 0)).margin == 0
    assert RepeatedGame(Game(game)).critical_delta((0, 0, 0)).value == pytest.approx(0.25)


@pytest.mark.parametrize("n", [3, 4])
def test_patient_dilemmas_fill_the_folk_set(n):
    game = public_good(n, 0.75 * n)
    found = enclose(game, 0.9, tol=1e-4)
    flat = game.reshape(n, -1)
    assert found.status == Status.OK
    for way, level in zip(found.directions, found.levels, strict=True):
        # Feasible payoffs of at least the minmax payoff 0.
        folk = linprog(
            -way @ flat, -flat, np.zeros(n), np.ones((1, flat.shape[1])), [1], method="highs"
        )
        assert level == pytest.approx(-folk.fun, abs=2e-3)
    assert found.outer_punishment == pytest.approx(np.zeros(n), abs=1e-9)
    assert found.inner_punishment == pytest.approx(np.zeros(n), abs=1e-9)


def test_meeting_of_three():
    # Fudenberg and Maskin 1986: nobody can be held below 1 by pure play at any patience.
    own = np.zeros((2, 2, 2))
    own[0, 0, 0] = own[1, 1, 1] = 1
    for delta in (0.0, 0.3, 0.9, 0.999):
        found = enclose([own, own, own], delta)
        assert found.inner.round(9).tolist() == [[1, 1, 1]]
        assert found.outer_punishment == pytest.approx(np.ones(3))
        assert found.status == Status.OK


@pytest.mark.slow
def test_laws_of_three_players():
    rng = np.random.default_rng(3)
    closed = 0
    for k in range(10):
        game = random_game(rng, k, (2, 2, 2))
        delta = float(rng.choice([0.2, 0.5, 0.8]))
        found = enclose(game, delta, tol=1e-4)
        closed += found.status == Status.OK
        minmax = stage.pure_minmax(game[None])[0]
        if found.empty:
            assert not len(found.inner)
            assert stage.worst_pure_nash(game[None])[0, 0] == np.inf
            continue
        assert (found.outer_punishment >= minmax - 1e-9).all()
        equilibria = (stage.best_deviations(game[None])[0] <= game).all(axis=0)
        for a in np.argwhere(equilibria):
            assert (found.directions @ game[(slice(None), *a)] <= found.levels + 1e-8).all()
        if not len(found.inner):
            continue
        assert (supports(found, found.inner) <= found.levels + 1e-8).all()
        assert (found.inner_punishment >= found.outer_punishment - 1e-8).all()
        # With side payments players reach at least as much together.
        pooled = [r.joint_payoff for r in transfers.regimes(game) if r.delta <= delta]
        assert found.inner.sum(axis=1).max() <= max(pooled) + 1e-8
        # More patience, more equilibria.
        later = enclose(game, 0.5 * (1 + delta), tol=1e-2, refinements=0)
        assert (supports(later, found.inner) <= later.levels + 1e-8).all()
        # Other names of the players, other units: both enclose the same set.
        turned = np.transpose(game, (0, 2, 3, 1))[[1, 2, 0]]
        other = enclose(10 + 1e6 * turned, delta, tol=1e-2, refinements=0)
        assert (supports(other, 10 + 1e6 * found.inner[:, [1, 2, 0]]) <= other.levels + 1e-2).all()
    assert closed >= 8


@pytest.mark.slow
def test_an_open_bracket_is_decided_at_a_given_patience():
    rng = np.random.default_rng(8)
    decided = asked = 0
    for k in range(12):
        game = Game(random_game(rng, k, (2, 2, 2)))
        best = tuple(int(x) for x in np.unravel_index(game.payoffs.sum(axis=0).argmax(), (2, 2, 2)))
        bracket = RepeatedGame(game).critical_delta(best)
        if bracket.status == Status.INCOMPLETE and bracket.lower < 0.9:
            delta = 0.5 * (bracket.lower + min(bracket.upper, 0.95))
            found = RepeatedGame(game, delta).is_sustainable(best)
            asked += 1
            decided += found.status == Status.OK
    assert asked > 0
    assert decided >= 0.7 * asked


# ---- degenerate input and what is refused --------------------------------------------------


@pytest.mark.parametrize("scale", [1e-10, 1e10])
def test_scale(scale):
    found = enclose(PD * scale, 0.5)
    folk = np.array([(3, 3), (9.75, 3), (9, 9), (3, 9.75)])
    assert found.levels / scale == pytest.approx(supports(found, folk), abs=1e-6)


def test_constant_and_empty_games():
    flat = enclose(np.full((3, 2, 2, 2), 7.0), 0.6)
    assert flat.inner.tolist() == [[7, 7, 7]]
    assert flat.status == Status.OK
    pennies = np.zeros((3, 2, 2, 2))
    pennies[0, ...] = np.array([[1, -1], [-1, 1]])[..., None]
    pennies[1] = -pennies[0]
    nothing = RepeatedGame(Game(pennies), 0.9).spe_payoffs()
    assert (nothing.kind, nothing.gap, nothing.status) == ("empty", 0, Status.OK)
    assert nothing.contains((0, 0, 0)) is False
    assert nothing.punishment_payoffs == {}
    assert enclose(pennies, 0.0).empty
    lost = enclose(np.full((2, 2, 2), np.nan), 0.5)
    assert (lost.status, lost.gap) == (Status.NONFINITE, np.inf)


def test_an_early_stop_is_still_an_enclosure():
    found = enclose(AS, 0.3, max_iter=2, refinements=0)
    assert found.status == Status.INCOMPLETE
    assert found.gap > 1e-3
    exact = payoff_sets(AS[None], 0.3)
    assert (found.levels >= supports(found, exact.vertices[0, : exact.count[0]]) - 1e-8).all()


def test_front_end():
    r = RepeatedGame(Game.from_bimatrix(*PD), 0.75)
    bounds = r.spe_payoffs(method="hyperplanes")
    assert bounds.kind == "polytope"
    assert bounds.punishment_payoffs["player_1"] == pytest.approx((3, 3))
    assert bounds.contains((5, 5)) is True
    assert bounds.contains((2.9, 5)) is False
    with pytest.raises(UnknownNameError, match="no method 'jyc'"):
        r.spe_payoffs(method="jyc")
    with pytest.raises(GameError, match="doubles"):
        r.spe_payoffs(method="hyperplanes", exact=True)
    with pytest.raises(GameError, match="2 numbers"):
        bounds.contains((1, 2, 3))


def test_bad_input_is_refused():
    with pytest.raises(GameError, match="one game"):
        enclose(np.zeros((5, 3, 2, 2, 2)), 0.5)
    with pytest.raises(ParameterError, match="discount factor"):
        enclose(PD, 1.0)
    with pytest.raises(ParameterError, match="tol"):
        enclose(PD, 0.5, tol=0)


def test_directions_of_thin_hulls():
    point = facet_directions(np.array([[1.0, 2, 3]]))
    segment = facet_directions(np.array([[0.0, 0, 0], [1, 0, 0]]))
    square = facet_directions(np.array([[0.0, 0, 5], [1, 0, 5], [0, 1, 5], [1, 1, 5]]))
    solid = facet_directions(np.vstack([np.zeros(3), np.eye(3)]))
    assert [len(x) for x in (point, segment, square, solid)] == [6, 6, 6, 4]
    for ways in (point, segment, square, solid):
        assert np.linalg.norm(ways, axis=1) == pytest.approx(np.ones(len(ways)))
        assert ways.sum(axis=0) @ ways.sum(axis=0) < 1e-18 or len(ways) == 4
