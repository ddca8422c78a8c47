"""Laws of expected payoff, regret, best replies and dominance; labels, batches and refusals."""

import copy
import pickle
from decimal import Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hedging.errors import GameError, HedgingError, HedgingTypeError, UnknownNameError
from hedging.game import Game

F = Fraction
UNIT = 2.0**-53

shapes = st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple)
integers = st.integers(-9, 9)
batches = st.lists(st.integers(0, 3), max_size=2).map(tuple)


@st.composite
def exact_games(draw, shape=shapes, elements=integers):
    m = draw(shape)
    return Game(
        draw(hnp.arrays(object, (len(m), *m), elements=elements)), [f"p{i}" for i in range(len(m))]
    )


@st.composite
def exact_profiles(draw, shape):
    def mix(m):
        weights = draw(st.lists(st.integers(0, 9), min_size=m, max_size=m))
        assume(sum(weights) > 0)
        return [Fraction(w, sum(weights)) for w in weights]

    return [mix(m) for m in shape]


@st.composite
def games_and_profiles(draw):
    game = draw(exact_games())
    return game, draw(exact_profiles(game.shape))


def as_floats(game):
    return Game(game.payoffs.astype(float), game.players, game.actions, batch_dims=game.batch_dims)


def by_definition(game, profile):
    """Expected payoffs as the sum over all pure profiles."""
    return [
        sum(
            (game.payoffs[(i, *a)] * np.prod([x[k] for x, k in zip(profile, a, strict=True)]))
            for a in product(*map(range, game.shape))
        )
        for i in range(game.n_players)
    ]


# -- expected payoff, regret, best replies -------------------------------------------------------


@given(games_and_profiles())
def test_expected_payoff_is_its_definition(drawn):
    game, profile = drawn
    assert game.expected_payoff(profile).tolist() == by_definition(game, profile)


@given(games_and_profiles())
def test_doubles_agree_with_rationals_within_rounding(drawn):
    game, profile = drawn
    floats = [np.array(x, dtype=float) for x in profile]
    scale = float(abs(game.payoffs).max())
    bound = 40 * UNIT * scale * game.n_players
    for method in ("expected_payoff", "regret"):
        exact = getattr(game, method)(profile)
        for twin in (game, as_floats(game)):
            assert np.abs(getattr(twin, method)(floats) - exact.astype(float)).max() <= bound


@given(st.data())
def test_expected_payoff_is_linear_in_each_strategy(data):
    game = data.draw(exact_games())
    first = data.draw(exact_profiles(game.shape))
    player = data.draw(st.integers(0, game.n_players - 1))
    second = list(first)
    second[player] = data.draw(exact_profiles((game.shape[player],)))[0]
    weight = data.draw(st.fractions(0, 1))
    mixed = list(first)
    mixed[player] = [
        weight * a + (1 - weight) * b for a, b in zip(first[player], second[player], strict=True)
    ]
    expected = weight * game.expected_payoff(first) + (1 - weight) * game.expected_payoff(second)
    assert game.expected_payoff(mixed).tolist() == expected.tolist()


@given(games_and_profiles())
def test_expected_payoff_is_the_mean_of_action_values(drawn):
    game, profile = drawn
    values = game.action_values(profile)
    means = [
        sum(p * v for p, v in zip(x, y, strict=True)) for x, y in zip(profile, values, strict=True)
    ]
    assert game.expected_payoff(profile).tolist() == means


@given(games_and_profiles())
def test_regret_is_the_best_deviation(drawn):
    game, profile = drawn
    gains = []
    for i, m in enumerate(game.shape):
        deviations = [
            game.expected_payoff([*profile[:i], k, *profile[i + 1 :]])[i] for k in range(m)
        ]
        gains.append(max(deviations) - game.expected_payoff(profile)[i])
    assert game.regret(profile).tolist() == gains
    assert min(gains) >= 0


@given(games_and_profiles())
def test_no_regret_exactly_where_only_best_replies_are_played(drawn):
    game, profile = drawn
    best = game.best_responses(profile)
    for x, mask, regret in zip(profile, best, game.regret(profile), strict=True):
        assert mask.any()
        assert (regret == 0) == all(b for p, b in zip(x, mask, strict=True) if p > 0)


@given(games_and_profiles())
def test_rounding_never_hides_a_best_reply(drawn):
    game, profile = drawn
    floats = [np.array(x, dtype=float) for x in profile]
    for shift in (0, Fraction(1, 3), 10**6):
        moved = as_floats(Game(game.payoffs + shift))
        for exact, found in zip(
            game.best_responses(profile), moved.best_responses(floats), strict=True
        ):
            assert (found | ~exact).all()


def test_best_replies_to_pure_actions_are_compared_exactly():
    one = 1.0 + 2.0**-52
    game = Game.from_bimatrix([[1.0, 5.0], [one, 7.0]], [[0, 0], [0, 0]])
    assert game.best_responses(([0.5, 0.5], [1.0, 0.0]))[0].tolist() == [False, True]
    assert game.best_responses(([0.5, 0.5], "action_1"))[0].tolist() == [False, True]


def test_a_mixed_equilibrium_in_doubles_has_all_best_replies():
    """Rock, paper, scissors with thirds that no double is."""
    row = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) * 1e-7 + 3.0
    game = Game.from_bimatrix(row, -row)
    thirds = [1 / 3] * 3
    assert all(mask.all() for mask in game.best_responses((thirds, thirds)))
    assert game.regret((thirds, thirds)).max() <= 1e-15


@given(st.data(), st.sampled_from([1e-10, 1.0, 1e10]))
def test_regret_scales_and_ignores_what_the_others_add(data, scale):
    game = data.draw(exact_games())
    profile = data.draw(exact_profiles(game.shape))
    factor = Fraction(scale)
    moved = game.payoffs * factor
    for i in range(game.n_players):
        others = (*game.shape[:i], 1, *game.shape[i + 1 :])
        added = data.draw(hnp.arrays(object, others, elements=integers))
        moved[i] = moved[i] + added
    other = Game(moved)
    assert other.regret(profile).tolist() == (game.regret(profile) * factor).tolist()
    for one, two in zip(game.best_responses(profile), other.best_responses(profile), strict=True):
        assert one.tolist() == two.tolist()
    assert [m.tolist() for m in other.undominated()] == [m.tolist() for m in game.undominated()]


@given(st.data())
def test_permuting_actions_permutes_answers(data):
    game = data.draw(exact_games())
    profile = data.draw(exact_profiles(game.shape))
    orders = [data.draw(st.permutations(range(m))) for m in game.shape]
    other = Game(game.payoffs[np.ix_(range(game.n_players), *orders)])
    moved = [[x[k] for k in order] for x, order in zip(profile, orders, strict=True)]
    assert other.regret(moved).tolist() == game.regret(profile).tolist()
    for before, after in (
        (game.action_values(profile), other.action_values(moved)),
        (game.best_responses(profile), other.best_responses(moved)),
        (game.undominated(), other.undominated()),
    ):
        for a, b, order in zip(before, after, orders, strict=True):
            assert a[order].tolist() == b.tolist()


@given(st.data())
def test_renaming_players_renames_answers(data):
    game = data.draw(exact_games())
    profile = data.draw(exact_profiles(game.shape))
    order = data.draw(st.permutations(range(game.n_players)))
    other = Game(game.payoffs[list(order)].transpose(0, *(i + 1 for i in order)))
    moved = [profile[i] for i in order]
    assert other.expected_payoff(moved).tolist() == game.expected_payoff(profile)[order].tolist()
    assert other.regret(moved).tolist() == game.regret(profile)[order].tolist()
    for i, mask in zip(order, other.undominated(iterate=True), strict=True):
        assert mask.tolist() == game.undominated(iterate=True)[i].tolist()


@given(st.data(), st.booleans())
def test_batch_equals_loop(data, exact):
    m, batch = data.draw(shapes), data.draw(batches)
    shape = (*batch, len(m), *m)
    payoffs = data.draw(hnp.arrays(object, shape, elements=integers))
    players = [f"p{i}" for i in range(len(m))]
    games = Game(payoffs if exact else payoffs.astype(float), players)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    # Some strategies for the whole batch, some for every game its own.
    profile = []
    for k in m:
        weights = rng.integers(1, 9, size=(*batch, k) if data.draw(st.booleans()) else k)
        total = weights.sum(axis=-1, keepdims=True)
        profile.append(weights.astype(object) * Fraction(1) / total if exact else weights / total)

    def close(one, two):
        gap = np.asarray(one - two, dtype=float)
        assert np.abs(gap).max() <= (0 if exact else 1e-13)

    payoff, regret = games.expected_payoff(profile), games.regret(profile)
    values, best = games.action_values(profile), games.best_responses(profile)
    alive, left = games.undominated(), games.undominated(iterate=True)
    assert payoff.shape == regret.shape == (*batch, len(m))
    for i, k in enumerate(m):
        for arrays in (values, best, alive, left):
            assert arrays[i].shape == (*batch, k)
    for index in np.ndindex(batch):
        one = games[index] if batch else games
        own = [x[index] if x.ndim > 1 else x for x in profile]
        close(payoff[index], one.expected_payoff(own))
        close(regret[index], one.regret(own))
        for i in range(len(m)):
            close(values[i][index], one.action_values(own)[i])
            assert best[i][index].tolist() == one.best_responses(own)[i].tolist()
            assert alive[i][index].tolist() == one.undominated()[i].tolist()
            assert left[i][index].tolist() == one.undominated(iterate=True)[i].tolist()


def test_one_game_with_many_profiles():
    game = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    share = np.linspace(0, 1, 11)
    mixes = np.stack([share, 1 - share], axis=-1)
    assert game.regret((mixes, "action_1")).shape == (11, 2)
    np.testing.assert_allclose(game.regret((mixes, "action_1"))[:, 0], 2 * share)
    assert game.expected_payoff((mixes[:, None], mixes)).shape == (11, 11, 2)


# -- dominance -----------------------------------------------------------------------------------


def _dominated(game, player, action, alive):
    others = [alive[j] for j in range(game.n_players) if j != player]
    for rival in alive[player]:
        rows = []
        for profile in product(*others):
            a = list(profile)
            pair = [(player, *a[:player], k, *a[player:]) for k in (rival, action)]
            rows.append(game.payoffs[pair[0]] > game.payoffs[pair[1]])
        if rival != action and all(rows):
            return True
    return False


@given(exact_games(elements=st.integers(0, 3)))
def test_undominated_is_its_definition(game):
    alive = [list(range(m)) for m in game.shape]
    first = True
    while True:
        left = [
            [k for k in alive[i] if not _dominated(game, i, k, alive)]
            for i in range(game.n_players)
        ]
        if first:
            found = [np.flatnonzero(mask).tolist() for mask in game.undominated()]
            assert found == left
            first = False
        if left == alive:
            break
        alive = left
    for twin in (game, as_floats(game)):
        found = [np.flatnonzero(mask).tolist() for mask in twin.undominated(iterate=True)]
        assert found == left


@given(exact_games())
def test_no_regret_at_dominant_actions(game):
    masks = game.undominated()
    assume(all(mask.sum() == 1 for mask in masks))
    dominant = [int(np.argmax(mask)) for mask in masks]
    assert game.regret(dominant).tolist() == [0] * game.n_players


def test_only_pure_dominance_counts():
    """The third row is dominated by half the first and half the second, by no pure row."""
    game = Game.from_bimatrix([[4, 0], [0, 4], [1, 1]], np.zeros((3, 2)))
    assert game.undominated()[0].tolist() == [True, True, True]


def test_iterated_elimination_solves_what_one_round_does_not():
    """Osborne and Rubinstein (1994), figure 60.2 in spirit: rows fall, then columns, then rows."""
    row = [[3, 0], [2, 2], [1, 1]]
    col = [[2, 1], [2, 1], [0, 3]]
    game = Game.from_bimatrix(row, col)
    assert [m.tolist() for m in game.undominated()] == [[True, True, False], [True, True]]
    assert [m.tolist() for m in game.undominated(iterate=True)] == [
        [True, False, False],
        [True, False],
    ]


# -- profiles ------------------------------------------------------------------------------------

TRIAD = Game(
    np.arange(36.0).reshape(3, 3, 2, 2),
    players=("M", "A", "B"),
    actions=(("left", "hedge", "right"), ("soft", "hard"), ("soft", "hard")),
)


@pytest.mark.parametrize(
    "profile",
    [
        ("hedge", "soft", "hard"),
        ["hedge", 0, 1],
        (1, "soft", np.int64(1)),
        {"B": "hard", "M": "hedge", "A": "soft"},
        {"B": {"hard": 1}, "M": {"hedge": 1.0}, "A": {0: 1}},
        ([0, 1, 0], [1, 0], [0, 1]),
        ([0.0, 1.0, 0.0], np.array([1, 0]), ("0", "1")),
        (np.array([0.0, 1.0, 0.0]), "soft", [Fraction(0), Fraction(1)]),
    ],
)
def test_every_way_to_write_a_profile(profile):
    assert TRIAD.expected_payoff(profile).tolist() == TRIAD.payoffs[:, 1, 0, 1].tolist()


def test_a_matrix_is_a_profile():
    game = Game.from_bimatrix([[1, 2], [3, 4]], [[5, 6], [7, 8]])
    assert game.expected_payoff(np.eye(2)).tolist() == [2.0, 6.0]


@pytest.mark.parametrize(
    ("profile", "error", "says"),
    [
        ("hedge", HedgingTypeError, r"'hedge' is no profile; give .* \['left', 'soft', 'soft'\]"),
        (3, HedgingTypeError, "3 is no profile"),
        (("hedge", "soft"), GameError, "2 strategies given for 3 players; .* M, A, B"),
        ({"M": "hedge", "A": "soft"}, GameError, "no strategy given for B"),
        ({"M": 0, "A": 0, "C": 0}, UnknownNameError, "no player is 'C'; choose one of M, A, B"),
        (("hegde", 0, 0), UnknownNameError, "no action of player 'M' is 'hegde'; .* hedge, right"),
        ((3, 0, 0), UnknownNameError, "no action of player 'M' is 3"),
        ((-1, 0, 0), UnknownNameError, "is -1"),
        (({"hegde": 1}, 0, 0), UnknownNameError, "is 'hegde'"),
        (([0.5, 0.5], 0, 0), GameError, r"'M' have shape \(2,\); give one for each of left"),
        ((0.5, 0, 0), GameError, r"'M' have shape \(\)"),
        ((0, [0.5, 0.4], 0), GameError, r"'A' are \(0.5, 0.4\); give .* sum to 1$"),
        ((0, [1.5, -0.5], 0), GameError, "not negative"),
        ((0, [np.nan, 1.0], 0), GameError, "not negative and sum to 1"),
        ((0, ["0.3", "0.6999999999999999999"], 0), GameError, "sum to 1 exactly"),
        ((0, {"soft": "1/2"}, 0), GameError, r"'A' are \(1/2, 0\)"),
        ((0, [[1, 0], [1, 1]], 0), GameError, r"are \(1, 1\) at \(1,\)"),
        ((0, [[1.0, 0.0], [0.5, 0.6]], 0), GameError, r"are \(0.5, 0.6\) at \(1,\)"),
        ((0, ["half", 0], 0), GameError, "'half' is no number"),
        ((0, [object(), 0], 0), HedgingTypeError, "is no rational number"),
        ((0, [1j, 0], 0), HedgingTypeError, "type complex128; give real numbers"),
        ((0, [[1, 0]] * 3, [[1, 0]] * 2), GameError, "do not broadcast"),
    ],
)
def test_what_is_no_profile(profile, error, says):
    with pytest.raises(error, match=says) as caught:
        TRIAD.regret(profile)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, HedgingError)


def test_rounding_is_forgiven_and_typing_errors_are_not():
    game = Game.from_bimatrix(np.eye(10), np.eye(10))
    game.regret(([0.1] * 10, [0.1] * 10))
    game.regret(([1.0 + 1e-15, -1e-17, *[0.0] * 8], 0))
    for wrong in ([0.1] * 9 + [0.1 + 1e-12], [0.333] * 3 + [0.0] * 7):
        with pytest.raises(GameError, match="sum to 1"):
            game.regret((wrong, 0))


def test_exact_answers_for_exact_questions_only():
    game = Game.from_bimatrix([["1/3", 0], [0, 1]], [[0, 1], [1, 0]])
    assert game.is_exact
    assert game.expected_payoff(("action_1", ["1/2", "1/2"])).tolist() == [F(1, 6), F(1, 2)]
    assert game.expected_payoff(("action_1", [0.5, 0.5])).dtype == np.float64
    assert as_floats(game).expected_payoff(("action_1", ["1/2", "1/2"])).dtype == np.float64


# -- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ("0.1", F(1, 10)),
        ("-7/12", F(-7, 12)),
        ("1.5e-3", F(3, 2000)),
        (F(1, 3), F(1, 3)),
        (sympy.Rational(2, 7), F(2, 7)),
        (sympy.Integer(4), F(4)),
        (Decimal("0.1"), F(1, 10)),
        (2**53 + 1, F(2**53 + 1)),
        (-(2**62) - 1, F(-(2**62) - 1)),
        (2**64 - 1, F(2**64 - 1)),
        (10**30, F(10**30)),
    ],
)
def test_what_says_more_than_a_double_stays_exact(given_, meant):
    game = Game([[given_, 0]])
    assert game.is_exact
    assert game.payoffs.tolist() == [[meant, 0]]
    assert all(type(x) is Fraction for x in game.payoffs.ravel())


def test_large_integers_beside_others_stay_exact():
    assert Game([[2**64 - 1, -1]]).payoffs.tolist() == [[2**64 - 1, -1]]
    assert Game([[2**53 + 1, 0.5]]).payoffs.tolist() == [[2**53 + 1, F(1, 2)]]
    assert not Game([[1e300, 0.5]]).is_exact


def test_a_double_among_exact_numbers_is_the_binary_fraction_it_is():
    assert Game([["0.1", 0.1]]).payoffs.tolist() == [[F(1, 10), F(0.1)]]
    assert Game(np.array([[0.5, 1]], dtype=object)).is_exact


@pytest.mark.parametrize("dtype", [float, np.float32, int, np.uint8, bool])
def test_machine_numbers_become_doubles(dtype):
    game = Game(np.ones((1, 2), dtype=dtype))
    assert game.payoffs.dtype == np.float64
    assert not game.is_exact


@pytest.mark.parametrize(
    ("payoffs", "error", "says"),
    [
        ([[1, 2], [3]], GameError, "ragged"),
        ([[[1, 2], [3, 4]], [[1, 2], [3]]], GameError, "ragged"),
        ([[F(1), 2], [F(3)]], GameError, "ragged"),
        ([["one", 2]], GameError, "'one' is no number"),
        ([[None, 2]], HedgingTypeError, "None of type NoneType is no rational"),
        ([[sympy.Symbol("x"), 2]], HedgingTypeError, "x of type Symbol is no rational"),
        ([[sympy.sqrt(2), 2]], HedgingTypeError, "is no rational"),
        ([[1j, 2]], HedgingTypeError, "complex128; give real numbers"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), HedgingTypeError, "datetime64"),
        ([[b"1", b"2"]], HedgingTypeError, "is no rational number"),
        ([[F(1), np.nan]], GameError, "nan among exact numbers"),
        ([[F(1), Decimal("Infinity")]], GameError, "Infinity among exact numbers"),
        ([[Decimal("1e999999"), 1]], GameError, "too long a number"),
        ([["1/0", 1]], GameError, "divides by zero"),
    ],
)
def test_what_is_no_payoff(payoffs, error, says):
    with pytest.raises(error, match=says) as caught:
        Game(payoffs)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named_with_its_place(value):
    payoffs = np.zeros((4, 2, 3, 2))
    payoffs[2, 1, 2, 0] = value
    actions = (("left", "hedge", "right"), ("soft", "hard"))
    with pytest.raises(GameError, match=r"'A' at \(right, soft\) of game \(2,\) is -?(nan|inf);"):
        Game(payoffs, ("M", "A"), actions)
    with pytest.raises(GameError, match=r"'player_2' at \(action_3, action_1\) is"):
        Game(payoffs[2])
    kept = Game(payoffs, check_finite=False)
    assert np.isfinite(kept.regret((0, 0))[[0, 1, 3]]).all()
    assert not np.isfinite(kept.expected_payoff(([0.5, 0, 0.5], 0))[2, 1])
    assert kept[0] == kept[1]
    assert kept == kept[:]


# -- shapes and labels ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "players", "batch"),
    [
        ((1, 3), 1, ()),
        ((2, 3, 4), 2, ()),
        ((7, 2, 3, 4), 2, (7,)),
        ((3, 2, 2, 2), 3, ()),
        ((5, 3, 2, 2, 2), None, None),
        ((6, 7, 2, 1, 3), 2, (6, 7)),
        ((5, 6, 1, 3), 1, (5, 6)),
        ((0, 2, 2, 2), 2, (0,)),
    ],
)
def test_the_shape_says_how_many_play(shape, players, batch):
    payoffs = np.zeros(shape)
    if players is None:
        says = r"may be a batch \(5,\) of 3-player games or a batch \(5, 3\) of 2-player games"
        with pytest.raises(GameError, match=says):
            Game(payoffs)
        return
    game = Game(payoffs)
    assert game.n_players == players
    assert game.batch_shape == batch
    assert game.shape == shape[len(batch) + 1 :]
    assert game.batch_dims == tuple(f"batch_{k}" for k in range(len(batch)))


def test_labels_decide_between_readings():
    payoffs = np.zeros((3, 2, 2, 2))
    assert Game(payoffs).batch_shape == ()
    assert Game(payoffs, players=("M", "A")).batch_shape == (3,)
    assert Game(payoffs, actions=(("x", "y"), ("p", "q"))).batch_shape == (3,)
    assert Game(payoffs, batch_dims=["draw"]).batch_dims == ("draw",)
    assert Game(payoffs, batch_dims=[]).n_players == 3


@pytest.mark.parametrize(
    ("shape", "options", "says"),
    [
        ((), {}, r"shape \(\) make no game of any number of players"),
        ((3,), {}, r"shape \(3,\) make no game"),
        ((3, 3), {}, r"give shape \(\*batch, 2, m_1, m_2\) .* type Game.from_bimatrix\(row, col\)"),
        ((3, 2, 2), {"players": ("M", "A")}, r"shape \(3, 2, 2\) make no game of 2 players"),
        ((2, 2, 2), {"players": ("M", "A", "B")}, r"\(\*batch, 3, m_1, m_2, m_3\) for 3 players"),
        ((2, 2, 2), {"players": ()}, "make no game of 0 players"),
        ((2, 2, 2), {"batch_dims": ("x", "y", "z")}, "make no game of -1 players"),
        ((2, 0, 2), {}, "leave a player without actions"),
        (
            (2, 2, 2),
            {"players": ("M", "A"), "actions": (("x", "y"),)},
            "2 players, 1 lists of actions; make these numbers the same",
        ),
        ((2, 2, 2), {"actions": (("x", "y"), ("p",))}, "1 labels .* the actions of 'player_2'"),
        ((2, 2, 2), {"actions": (("x", "x"), ("p", "q"))}, "'x' .* given twice"),
        ((2, 2, 2), {"players": ("M", "M")}, "label 'M' of the players given twice"),
        ((2, 2, 2), {"players": ("M", " ")}, "is empty; give each a name"),
        ((2, 2, 2), {"players": ("M", "A|B")}, r"'A\|B' .* contains \| or \+"),
        ((2, 2, 2), {"actions": (("x+y", "y"), ("p", "q"))}, "contains"),
        ((2, 2, 2), {"players": ("M", "player")}, "'player' .* name that results use"),
        ((2, 2, 2), {"actions": (("x", "y"), ("choice", "q"))}, "'choice' .* results use"),
        (
            (5, 2, 2, 2),
            {"players": ("M", "d"), "batch_dims": ["d"]},
            "'d' of the players is a name",
        ),
        ((5, 2, 2, 2), {"batch_dims": ["regret"]}, "'regret' of the batch dimensions"),
        ((5, 2, 2, 2), {"batch_dims": ["equilibrium"]}, "'equilibrium' of the batch"),
        ((5, 6, 2, 2, 2), {"batch_dims": ["x", "x"]}, "given twice"),
        (
            (5, 6, 2, 2, 2),
            {"players": ("M", "A"), "batch_dims": ["x"]},
            "2 players, 3 axes left for actions",
        ),
    ],
)
def test_what_is_no_game(shape, options, says):
    with pytest.raises(GameError, match=says) as caught:
        Game(np.zeros(shape), **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"players": "MA"}, {"players": (1, 2)}, {"actions": ("xy", ("p", "q"))}]
)
def test_labels_are_strings_in_sequences(options):
    with pytest.raises(HedgingTypeError, match="give a sequence of 2 strings"):
        Game(np.zeros((2, 2, 2)), **options)


def test_from_bimatrix_is_the_stack():
    rng = np.random.default_rng(0)
    row, col = rng.normal(size=(2, 4, 5, 3, 2))
    game = Game.from_bimatrix(row, col, ("M", "A"), batch_dims=("x", "y"))
    assert game == Game(np.stack([row, col], axis=2), ("M", "A"), batch_dims=("x", "y"))
    # Three games of two players, whatever the shape may look like.
    assert Game.from_bimatrix(row[:3, 0, :2], col[:3, 0, :2]).batch_shape == (3,)
    with pytest.raises(GameError, match=r"shape \(3,\) .* give both the same shape"):
        Game.from_bimatrix([1, 2, 3], [1, 2, 3])
    with pytest.raises(GameError, match=r"\(2, 1\) and column payoffs of shape \(1, 2\)"):
        Game.from_bimatrix([[1], [2]], [[1, 2]])


def test_one_exact_matrix_makes_the_game_exact():
    game = Game.from_bimatrix([["1/3", 0]], [[0.5, 0.25]])
    assert game.is_exact
    assert game.payoffs[1].tolist() == [[F(1, 2), F(1, 4)]]


# -- the object ----------------------------------------------------------------------------------


def test_a_game_does_not_change():
    payoffs = np.zeros((2, 2, 2))
    game = Game(payoffs)
    payoffs[0, 0, 0] = 1.0
    assert game.payoffs[0, 0, 0] == 0.0
    for twin in (game, pickle.loads(pickle.dumps(game)), copy.deepcopy(game)):
        assert twin == game
        assert hash(twin) == hash(game)
        with pytest.raises(ValueError, match="read-only"):
            twin.payoffs[0, 0, 0] = 1.0
        with pytest.raises(AttributeError):
            twin.payoffs = payoffs
    batch = Game(np.zeros((3, 2, 2, 2)), ("M", "A"))
    for part in (batch[0], batch[[0, 2]], *batch):
        assert not part.payoffs.flags.writeable


def test_equality_is_of_labels_and_values():
    game = Game.from_bimatrix([[1, 2]], [[3, 4]], ("M", "A"))
    assert game == Game.from_bimatrix([["1", "2"]], [["3", "4"]], ("M", "A"))
    assert hash(game) == hash(Game.from_bimatrix([["1", "2"]], [["3", "4"]], ("M", "A")))
    assert game != Game.from_bimatrix([[1, 2]], [[3, 4]])
    assert game != Game.from_bimatrix([[1, 2]], [[3, 5]], ("M", "A"))
    assert game != Game.from_bimatrix([[1], [2]], [[3], [4]], ("M", "A"))
    assert game != "a game"
    assert Game([["0.1", 0]]) != Game([[0.1, 0]])
    assert Game([[np.nan, 0]], check_finite=False) == Game([[np.nan, 0]], check_finite=False)


def test_indexing_a_batch():
    payoffs = np.random.default_rng(0).normal(size=(4, 5, 2, 3, 2))
    batch = Game(payoffs, ("M", "A"), batch_dims=("x", "y"), title="kept")
    cases = [
        (0, payoffs[0], ("y",)),
        (-1, payoffs[-1], ("y",)),
        (np.int64(2), payoffs[2], ("y",)),
        ((1, 2), payoffs[1, 2], ()),
        ((slice(1, 3), 2), payoffs[1:3, 2], ("x",)),
        (slice(None, None, 2), payoffs[::2], ("x", "y")),
        (..., payoffs, ("x", "y")),
        ((..., 3), payoffs[:, 3], ("x",)),
        ((3, ...), payoffs[3], ("y",)),
        ((1, 2, ...), payoffs[1, 2], ()),
        ([0, 3], payoffs[[0, 3]], ("x", "y")),
        (([0, 3], [1, 2, 4]), payoffs[np.ix_([0, 3], [1, 2, 4])], ("x", "y")),
        (np.array([True, False, True, False]), payoffs[[0, 2]], ("x", "y")),
        ((1, [0, 0]), payoffs[1, [0, 0]], ("y",)),
    ]
    for index, expected, dims in cases:
        part = batch[index]
        np.testing.assert_array_equal(part.payoffs, expected)
        assert part.batch_dims == dims
        assert (part.players, part.actions, part.title) == (batch.players, batch.actions, "kept")
    assert len(batch) == 4
    assert [g == batch[k] for k, g in enumerate(batch)] == [True] * 4
    with pytest.raises(GameError, match=r"3 indices for the batch axes \('x', 'y'\)"):
        batch[0, 0, 0]
    for wrong in (None, "x", 1.5, [[0]], [0.5]):
        with pytest.raises(HedgingTypeError, match="fits no batch axis"):
            batch[wrong]
    with pytest.raises(IndexError):
        batch[4]


def test_one_game_is_no_batch():
    for use in (len, list, lambda g: g[0], lambda g: g[...]):
        with pytest.raises(HedgingTypeError, match="one game without batch axes cannot be"):
            use(TRIAD)
    assert TRIAD


def test_repr_is_one_short_line():
    assert repr(TRIAD) == "<Game 3x2x2: M (left, hedge, right), A (soft, hard), B (soft, hard)>"
    batch = Game(np.zeros((4, 5, 2, 9, 1)), ("M", "A"), batch_dims=("x", "y"))
    assert repr(batch) == "<Game 9x1: M (9 actions), A (action_1); x=4 x y=5>"
    assert repr(Game([["1/2", 1]])) == "<Game 2: player_1 (action_1, action_2); exact>"


def test_html_table_marks_best_replies_and_escapes():
    game = Game.from_bimatrix(
        [["1/3", 0], [1, 0]], [[2, 1], [0, 3]], ("M<b>", "A"), (("x&y", "z"), ("p", "q"))
    )
    assert game._repr_html_() == (
        "<table><tr><th>M&lt;b&gt; \\ A</th><th>p</th><th>q</th></tr>"
        "<tr><th>x&amp;y</th><td>1/3, <u>2</u></td><td><u>0</u>, 1</td></tr>"
        "<tr><th>z</th><td><u>1</u>, 0</td><td><u>0</u>, <u>3</u></td></tr></table>"
    )
    assert "<td>0.333333, <u>2</u></td>" in as_floats(game)._repr_html_()
    assert TRIAD._repr_html_().count("<table>") == TRIAD.shape[2]
    assert Game(np.zeros((3, 2, 2, 2)), ("M", "A"))._repr_html_() is None
