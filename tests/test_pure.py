"""Pure equilibria and dominance: comparisons only, so everything is exact."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hedging.equilibria.balls import Table
from hedging.equilibria.dominance import Comparisons, at_most_two_mix, undominated
from hedging.equilibria.pure import _worth, pure_equilibria, pure_undecided

SHAPES = [(1,), (3,), (2, 2), (1, 4), (3, 2), (2, 2, 2), (3, 2, 2), (2, 1, 3), (2, 2, 2, 2)]


@st.composite
def integer_games(draw, shapes=SHAPES, high=2):
    shape = draw(st.sampled_from(shapes))
    size = draw(st.integers(1, 4))
    return draw(
        hnp.arrays(np.int64, (size, len(shape), *shape), elements=st.integers(-high, high))
    ).astype(np.float64)


def _by_definition(game):
    """One game, by the definition, profile by profile."""
    shape = game.shape[1:]
    found = np.zeros(shape, dtype=bool)
    for profile in product(*map(range, shape)):
        found[profile] = all(
            game[(k, *profile)] >= game[(k, *profile[:k], b, *profile[k + 1 :])]
            for k in range(len(shape))
            for b in range(shape[k])
        )
    return found


@given(integer_games())
@settings(max_examples=60, deadline=None)
def test_equals_the_definition_one_game_at_a_time(payoffs):
    found = pure_equilibria(payoffs)
    for game, mask in zip(payoffs, found, strict=True):
        assert (mask == _by_definition(game)).all()


@given(integer_games())
@settings(max_examples=40, deadline=None)
def test_fractions_give_the_same(payoffs):
    thirds = np.vectorize(lambda x: Fraction(int(x), 3), otypes=[object])(payoffs)
    assert (pure_equilibria(thirds) == pure_equilibria(payoffs)).all()


@given(integer_games(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_permuting_players_and_actions_permutes(payoffs, random):
    n = payoffs.shape[1]
    players = random.sample(range(n), n)
    orders = [random.sample(range(m), m) for m in payoffs.shape[2:]]
    moved = payoffs
    for k, order in enumerate(orders):
        moved = np.take(moved, order, axis=k + 2)
    moved = moved[:, players].transpose(0, 1, *(2 + p for p in players))
    expected = pure_equilibria(payoffs)
    for k, order in enumerate(orders):
        expected = np.take(expected, order, axis=k + 1)
    assert (pure_equilibria(moved) == expected.transpose(0, *(1 + p for p in players))).all()


def test_a_last_bit_decides():
    up = np.nextafter(1.0, 2.0)
    assert pure_equilibria(np.array([[[1.0, up]]])).tolist() == [[False, True]]
    assert pure_equilibria(np.array([[[1.0, 1.0]]])).tolist() == [[True, True]]


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 2), (3, 2, 2), (2, 2, 2, 2), (3, 3, 2), (1, 3)])
@pytest.mark.parametrize("kind", ["normal", "ties", "tiny", "huge", "odd"])
def test_large_batches_give_the_same(shape, kind):
    """Thousands of games go through a kernel, a few do not."""
    rng = np.random.default_rng(0)
    size = (1 << 14) + 37
    whole = (size, len(shape), *shape)
    payoffs = rng.standard_normal(whole)
    if kind == "ties":
        payoffs = rng.integers(-3, 4, whole).astype(float)
    if kind == "tiny":
        # Differences of the smallest numbers that there are.
        payoffs = rng.integers(-3, 4, whole) * 5e-324
    if kind == "huge":
        payoffs = np.sign(payoffs) * 1.7e308 * rng.choice([1.0, 1.0 - 2.0**-53], whole)
    if kind == "odd":
        payoffs[rng.random(whole) < 0.05] = np.nan
        payoffs[rng.random(whole) < 0.05] = np.inf
        payoffs[rng.random(whole) < 0.05] = -np.inf
    assert _worth(shape, size)
    found = pure_equilibria(payoffs)
    few = [pure_equilibria(part) for part in np.array_split(payoffs, 10)]
    assert (found == np.concatenate(few)).all()
    assert found.any()
    spread = pure_equilibria(np.asfortranarray(payoffs))
    assert (spread == found).all()


def test_not_a_number_is_no_equilibrium():
    assert not pure_equilibria(np.array([[[np.nan, 1.0]]])).any()


@given(integer_games(), st.floats(0, 1e-9))
@settings(max_examples=40, deadline=None)
def test_undecided_covers_every_small_perturbation(payoffs, size):
    error = np.full(payoffs.shape[:2], size)
    rng = np.random.default_rng(0)
    moved = payoffs + size * rng.uniform(-0.9, 0.9, payoffs.shape)
    differ = pure_equilibria(moved) != pure_equilibria(payoffs)
    assert not (differ & ~pure_undecided(payoffs, error)).any()


def test_no_error_leaves_nothing_undecided():
    payoffs = np.zeros((1, 2, 2, 2))
    assert not pure_undecided(payoffs, None).any()
    assert pure_undecided(payoffs, np.full((1, 2), 1e-16)).all()
    assert pure_undecided(payoffs, np.full((1, 2), np.nan)).all()


# -- dominance ---------------------------------------------------------------------------


def _eliminate(game):
    """Iterated elimination by the definition, one action at a time."""
    shape = game.shape[1:]
    kept = [list(range(m)) for m in shape]
    again = True
    while again:
        again = False
        for k in range(len(shape)):
            part = game[k][np.ix_(*kept)]
            rows = np.moveaxis(part, k, 0).reshape(len(kept[k]), -1)
            for p in range(len(rows)):
                if any((rows[b] > rows[p]).all() for b in range(len(rows))):
                    del kept[k][p]
                    again = True
                    break
    return [a in own for own, m in zip(kept, shape, strict=True) for a in range(m)]


@given(integer_games(high=4))
@settings(max_examples=80, deadline=None)
def test_elimination_equals_the_definition(payoffs):
    found = undominated(payoffs)
    assert found.tolist() == [_eliminate(game) for game in payoffs]
    assert undominated(payoffs.astype(object)).tolist() == found.tolist()


@given(integer_games(high=4))
@settings(max_examples=40, deadline=None)
def test_pure_equilibria_use_undominated_actions(payoffs):
    kept = undominated(payoffs)
    starts = np.cumsum([0, *payoffs.shape[2:]])
    for game, *profile in np.argwhere(pure_equilibria(payoffs)):
        assert all(kept[game, starts[k] + a] for k, a in enumerate(profile))


def test_many_opponents_profiles_span_words():
    """With 4 x 4 x 5 = 80 profiles of the opponents one word of 64 bits is not enough."""
    payoffs = np.zeros((1, 4, 2, 4, 4, 5))
    payoffs[0, 0, 1] = 1.0
    assert undominated(payoffs)[0, :2].tolist() == [False, True]
    payoffs[0, 0, 1, 3, 3, 4] = 0.0
    assert undominated(payoffs)[0, :2].tolist() == [True, True]


def test_dominance_within_the_error_is_not_certain():
    payoffs = np.array([[[0.0, 1e-12]]])
    assert undominated(payoffs).tolist() == [[False, True]]
    assert undominated(payoffs, np.array([[1e-12]])).tolist() == [[True, True]]


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2), (2, 2, 2, 2)])
def test_elimination_to_two_choosers_proves_that_two_mix(shape):
    rng = np.random.default_rng(1)
    payoffs = rng.integers(-9, 10, (400, len(shape), *shape)).astype(float)
    comparisons = Comparisons(Table(payoffs))
    kept = comparisons.survivors()
    starts = np.cumsum([0, *shape])
    active = sum((kept[:, a:b].sum(axis=1) > 1).astype(int) for a, b in pairwise(starts))
    proved = at_most_two_mix(comparisons, kept)
    assert proved[active <= 2].all()
    assert not proved.all()
    # Conditional dominance alone says so too, as the module's docstring argues.
    again = at_most_two_mix(comparisons, np.ones_like(kept))
    assert (again == proved).all()
