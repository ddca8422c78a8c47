"""Games handed to Nashpy, Gambit and QuantEcon keep every payoff where it was."""

from fractions import Fraction

import numpy as np
import pytest

from hedging.errors import GameError, MissingDependencyError
from hedging.game import Game

SHAPES = [(2, 3), (3, 2), (1, 4), (2, 3, 2), (2, 2, 3, 2)]
VERBS = ["to_nfg", "to_nashpy", "to_gambit", "to_quantecon"]


def _game(shape, seed=0):
    rng = np.random.default_rng(seed)
    return Game(rng.normal(size=(len(shape), *shape)) * 10.0 ** rng.integers(-9, 9))


def _profile(game, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.ones(m)) for m in game.shape]


@pytest.mark.parametrize("shape", [s for s in SHAPES if len(s) == 2])
def test_nashpy_expects_the_same_payoffs(shape):
    game = _game(shape)
    row, col = _profile(game)
    theirs = game.to_nashpy()[row, col]
    np.testing.assert_allclose(theirs, game.expected_payoff((row, col)), rtol=1e-13)


def test_nashpy_knows_two_players():
    with pytest.raises(GameError, match=r"knows two players and this game has 3; use to_gambit"):
        _game((2, 2, 2)).to_nashpy()


def test_nashpy_rounds_fractions_and_owns_its_arrays():
    game = Game.from_bimatrix([["1/3", 0], [0, 1]], [[1, 0], [0, 1]])
    theirs = game.to_nashpy()
    matrix = theirs.payoff_matrices[0]
    assert matrix.tolist() == [[1 / 3, 0.0], [0.0, 1.0]]
    matrix[0, 0] = 7.0
    assert game.payoffs[0, 0, 0] == Fraction(1, 3)


@pytest.mark.parametrize("shape", [*SHAPES, (3,)])
def test_quantecon_agrees_on_every_profile(shape):
    pytest.importorskip("quantecon")
    game = _game(shape)
    theirs = game.to_quantecon()
    assert theirs.nums_actions == shape
    for profile in np.ndindex(shape):
        index = profile if len(shape) > 1 else profile[0]
        np.testing.assert_array_equal(np.ravel(theirs[index]), game.payoffs[(..., *profile)])


@pytest.mark.parametrize("shape", SHAPES)
def test_quantecon_finds_the_same_action_values(shape):
    """Its payoff vector of player i takes the opponents in cyclic order i+1, i+2, ..."""
    pytest.importorskip("quantecon")
    game = _game(shape)
    profile = _profile(game)
    players = game.to_quantecon().players
    for i, (player, ours) in enumerate(zip(players, game.action_values(profile), strict=True)):
        others = tuple(profile[i + 1 :] + profile[:i])
        theirs = player.payoff_vector(others if len(others) > 1 else others[0])
        scale = np.abs(game.payoffs[i]).max()
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-14 * scale)


@pytest.mark.parametrize("shape", [*SHAPES, (3,)])
def test_gambit_holds_the_same_numbers_and_labels(shape):
    pytest.importorskip("pygambit")
    # Labels that Gambit gives by default, but to others.
    players = [str(len(shape) - i) for i in range(len(shape))]
    actions = [[str(m - k) for k in range(m)] for m in shape]
    game = Game(_game(shape).payoffs, players, actions, title="Größe")
    theirs = game.to_gambit()
    arrays = np.array(theirs.to_arrays(), dtype=object)
    exact = np.vectorize(Fraction, otypes=[object])(game.payoffs)
    np.testing.assert_array_equal(arrays, exact)
    assert [p.label for p in theirs.players] == players
    assert [[s.label for s in p.strategies] for p in theirs.players] == actions
    assert theirs.title == "Gr??e"


def test_gambit_takes_fractions_and_solves():
    gambit = pytest.importorskip("pygambit")
    game = Game.from_bimatrix([["1/3", 0], [0, "2/3"]], [[0, 1], [1, 0]])
    found = gambit.nash.enummixed_solve(game.to_gambit(), rational=True).equilibria
    assert len(found) == 1
    mix = [Fraction(p) for _, strategy in found[0].mixed_strategies() for _, p in strategy]
    profile = [mix[:2], mix[2:]]
    assert game.regret(profile).tolist() == [0, 0]
    assert profile[1] == [Fraction(2, 3), Fraction(1, 3)]


def test_gambit_refuses_labels_outside_ascii():
    pytest.importorskip("pygambit")
    game = Game.from_bimatrix([[1]], [[1]], players=("Größe", "A"))
    with pytest.raises(GameError, match="Gambit refuses the label 'Größe'") as caught:
        game.to_gambit()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("verb", VERBS)
def test_batches_are_refused(verb):
    batch = Game(np.zeros((4, 5, 2, 2, 2)), batch_dims=["a", "b"])
    with pytest.raises(GameError, match=rf"pick one first, as in game\[0, 0\]\.{verb}\(\)"):
        getattr(batch, verb)()


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_not_finite_is_refused(verb):
    game = Game([[[1, np.inf]], [[0, 0]]], check_finite=False)
    with pytest.raises(GameError, match=f"is inf; {verb} takes finite numbers only"):
        getattr(game, verb)()


@pytest.mark.parametrize("verb", ["to_nashpy", "to_quantecon"])
def test_numbers_beyond_doubles_are_refused(verb):
    game = Game.from_bimatrix([[10**400]], [[1]])
    if verb == "to_quantecon":
        pytest.importorskip("quantecon")
    with pytest.raises(GameError, match="beyond the range of doubles"):
        getattr(game, verb)()


@pytest.mark.parametrize(
    ("verb", "package", "install"),
    [
        ("to_gambit", "pygambit", r"hedging\[bench\]"),
        ("to_quantecon", "quantecon", r"hedging\[bench\]"),
        ("to_nashpy", "nashpy", "nashpy"),
    ],
)
def test_a_missing_package_is_named(monkeypatch, verb, package, install):
    def refuse(module, *args, **kwargs):
        raise ImportError(module)

    monkeypatch.setattr("hedging.interop.import_module", refuse)
    with pytest.raises(MissingDependencyError, match=f"{package} is not .*pip install '{install}'"):
        getattr(_game((2, 2)), verb)()
