"""Sweeps over repeated games against the repeated game at every point."""

import json
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction

import numpy as np
import pytest

import hedging as hg
from hedging.errors import Status
from hedging.repeated.one_profile import NO, UNDECIDED, YES, critical, decide
from hedging.repeated.payoff_set import payoff_sets
from hedging.repeated.stage import best_deviations

DIVISION, PATIENT = hg.catalogue["sphere_division"], hg.catalogue["patient_hedging"]
ALLIANCE, TRIAD = hg.catalogue["alliance_dilemma"], hg.catalogue["triadic_hedging"]
BIMATRIX = hg.catalogue["hedging_bimatrix"]
QUIET = ("respect", "respect")
PUNISHMENTS = {
    "nash_reversion": None,
    "minmax_bound": None,
    "finite": 3,
    "stick_carrot": None,
    "transfers": None,
    "optimal_penal_code": None,
}
CLOSED = [name for name in PUNISHMENTS if name != "optimal_penal_code"]
BOTH = ("critical_delta", "sustainable")


def swept(model, design, profile, report=BOTH, **options):
    return hg.sweep(model, design, report=report, profile=profile, progress=False, **options)


def points_of(design):
    columns = design.points(0, design.size)
    return [{n: float(c[i]) for n, c in columns.items()} for i in range(design.size)]


def name_of(model, code):
    return None if code < 0 else model.players[code]


def any_game(m, n=2):
    """Every payoff a parameter."""
    players = [f"P{k}" for k in range(n)]
    place = np.arange(n * m**n).reshape(n, *[m] * n)
    names = np.array([f"u{k}" for k in range(place.size)], dtype=object)
    return hg.Model(
        "any_game",
        players=players,
        actions=[[f"a{k}" for k in range(m)]] * n,
        parameters=[hg.Parameter(name, 0, -1e12, 1e12) for name in names],
        payoffs={p: names[place[i]].tolist() for i, p in enumerate(players)},
    )


def fixed(games):
    """Values of the parameters of ``any_game`` along one dimension."""
    flat = np.asarray(games, dtype=float).reshape(len(games), -1)
    return {f"u{k}": column for k, column in enumerate(flat.T)}


# -- thresholds -----------------------------------------------------------------------------


@pytest.mark.parametrize("punishment", PUNISHMENTS)
@pytest.mark.parametrize(
    ("model", "profile"),
    [
        (DIVISION, QUIET),
        (PATIENT, ("even_handed", "accommodate")),
        (ALLIANCE, ("commit", "commit")),
        (ALLIANCE, ("distance", "commit")),
        (BIMATRIX, (1, 0)),
    ],
)
def test_thresholds_equal_the_game_at_every_point(model, profile, punishment):
    k = PUNISHMENTS[punishment]
    design = hg.sample(60, model, rng=3)
    ds = swept(model, design, profile, "critical_delta", punishment=punishment, periods=k)
    for i, point in enumerate(points_of(design)):
        r = hg.RepeatedGame(model(check_bounds=False, **point))
        expected = r.critical_delta(profile, punishment, k=k)
        assert ds["critical_delta"][i] == pytest.approx(expected.value, rel=1e-14)
        assert ds["status"][i] == expected.status
        if np.isfinite(expected.value):
            assert name_of(model, int(ds["binding_player"][i])) == expected.binding_player
        if punishment == "optimal_penal_code":
            assert ds["critical_delta_lower"][i] == pytest.approx(expected.lower, rel=1e-14)


@pytest.mark.parametrize("profile", [(1, 0, 0), (0, 1, 0)])
@pytest.mark.parametrize("punishment", CLOSED)
def test_three_players(profile, punishment):
    k = PUNISHMENTS[punishment]
    design = hg.sample(12, TRIAD, rng=4)
    ds = swept(TRIAD, design, profile, "critical_delta", punishment=punishment, periods=k)
    for i, point in enumerate(points_of(design)):
        expected = hg.RepeatedGame(TRIAD(**point)).critical_delta(profile, punishment, k=k)
        assert ds["critical_delta"][i] == pytest.approx(expected.value, rel=1e-14)
        assert ds["status"][i] == expected.status


def test_three_players_are_enclosed():
    """Punish the deviator by what suits the other two; the bounds leave some points open."""
    rng = np.random.default_rng(5)
    games = rng.integers(0, 9, (400, 3, 2, 2, 2)).astype(float)
    found = critical(games, (0, 0, 0), "optimal_penal_code")
    open_ = found.status == Status.INCOMPLETE
    assert 0 < open_.mean() < 0.5
    np.testing.assert_array_equal(open_, found.lower < found.value)
    for name in ("nash_reversion", "stick_carrot"):
        assert (found.value <= critical(games, (0, 0, 0), name).value).all()
    for name in ("minmax_bound", "transfers"):
        assert (found.lower >= critical(games, (0, 0, 0), name).value - 1e-12).all()
    delta = rng.random(400)
    answers = decide(games, (0, 0, 0), delta, "optimal_penal_code")
    expected = np.where(found.value <= delta, YES, np.where(found.lower > delta, NO, UNDECIDED))
    np.testing.assert_array_equal(answers.flag, expected)
    np.testing.assert_array_equal(answers.status == Status.INCOMPLETE, expected == UNDECIDED)


@pytest.mark.parametrize("punishment", PUNISHMENTS)
@pytest.mark.parametrize("m", [2, 3])
def test_scaling_shifting_and_naming_change_nothing(m, punishment):
    k = PUNISHMENTS[punishment]
    rng = np.random.default_rng([6, m])
    games = rng.integers(0, 6, (300, 2, m, m)).astype(float)
    found = critical(games, (0, 1), punishment, k)
    for scale in (2.0**-33, 2.0**33):
        scaled = critical(scale * games, (0, 1), punishment, k)
        np.testing.assert_allclose(scaled.value, found.value, rtol=1e-8)
    swapped = critical(
        np.stack([games[:, 1], games[:, 0]], 1).swapaxes(2, 3), (1, 0), punishment, k
    )
    np.testing.assert_allclose(swapped.value, found.value, rtol=1e-8)
    order = rng.permutation(m)
    at = (int(np.flatnonzero(order == 0)[0]), 1)
    permuted = critical(games[:, :, order], at, punishment, k)
    np.testing.assert_allclose(permuted.value, found.value, rtol=1e-8)
    if punishment != "transfers":  # they add payoffs of different players
        own = games * np.array([3.0, 0.5])[:, None, None] + np.array([7.0, -2.0])[:, None, None]
        np.testing.assert_allclose(
            critical(own, (0, 1), punishment, k).value, found.value, rtol=1e-8
        )


@pytest.mark.parametrize("m", [2, 3])
def test_transfers_by_enumeration(m):
    """All choices of punishments and of what play returns to afterwards."""
    for game in np.random.default_rng([9, m]).integers(0, 6, (12, 2, m, m)).astype(float):
        u, d = game.reshape(2, -1), best_deviations(game[None])[0].reshape(2, -1)
        need, joint = (d - u).sum(axis=0), u.sum(axis=0)
        p, q, b = np.indices([m * m] * 3).reshape(3, -1)
        worst = d[0, p] + d[1, q]
        level = np.maximum(np.maximum(need[p], need[q]), need[b])
        backed = least(level, joint[b] - worst)
        for a in range(m * m):
            expected = np.maximum(least(need[a], joint[a] - worst), backed).min()
            profile = (a // m, a % m)
            assert critical(game[None], profile, "transfers").value[0] == pytest.approx(expected)
            if 0 < expected < 1:
                answers = decide(
                    np.stack([game, game]),
                    profile,
                    np.array([expected, expected * (1 - 1e-9)]),
                    "transfers",
                )
                assert answers.flag.tolist() == [YES, NO]


def least(need, surplus):
    covered = np.where(surplus > 0, need / np.where(surplus > 0, need + surplus, 1), np.inf)
    return np.where(need <= 0, 0.0, covered)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("m", [2, 3])
def test_exact_answers_equal_those_of_the_payoff_sets(m, whole):
    """Targets of any kind, also where another profile is jointly better, in any units."""
    rng = np.random.default_rng([10, m, whole])
    size = (3000, 2, m, m)
    games = rng.integers(0, 6, size).astype(float) if whole else rng.random(size)
    games *= rng.choice([0.25, 1.0, 4.0], (3000, 2, 1, 1))
    delta = rng.uniform(0.05, 0.95, 3000)
    profile = (0, m - 1)
    found = critical(games, profile, "optimal_penal_code")
    sets = payoff_sets(games, delta)
    u, d = games[:, :, 0, m - 1], best_deviations(games)[:, :, 0, m - 1]
    slack = delta[:, None] * (d - sets.punishment) - (d - u)
    expected = ((slack >= -1e-9) | (d <= u)).all(axis=1) & ((sets.count > 0) | (d <= u).all(axis=1))
    clear = np.abs(found.value - delta) > 1e-5
    np.testing.assert_array_equal((found.value <= delta)[clear], expected[clear])
    answers = decide(games, profile, delta, "optimal_penal_code")
    np.testing.assert_array_equal((answers.flag == YES)[clear], expected[clear])
    assert 0.05 < expected.mean() < 0.95


@pytest.mark.parametrize("punishment", PUNISHMENTS)
@pytest.mark.parametrize("n", [2, 3])
def test_yes_from_the_threshold_on(n, punishment):
    k = PUNISHMENTS[punishment]
    games = np.random.default_rng([11, n]).integers(0, 6, (500, n, *[2] * n)).astype(float)
    found = critical(games, (0,) * n, punishment, k)
    for shift, flag in ((1 - 1e-6, NO), (1, YES), (1 + 1e-6, YES)):
        some = (found.status == Status.OK) & (found.value > 0) & (found.value * shift < 1)
        answers = decide(games[some], (0,) * n, found.value[some] * shift, punishment, k)
        assert (answers.flag == flag).all()
    idle = found.value == 0
    assert idle.any()
    assert (decide(games[idle], (0,) * n, np.zeros(idle.sum()), punishment, k).flag == YES).all()


def test_the_order_of_the_thresholds():
    design = hg.grid(capture_share_b=(0, 0.6, 31), capture_share_a=(0, 0.6, 31))
    found = {
        name: swept(DIVISION, design, QUIET, "critical_delta", punishment=name, periods=k)[
            "critical_delta"
        ].values
        for name, k in PUNISHMENTS.items()
    }
    exact = found["optimal_penal_code"]
    for name in ("minmax_bound", "transfers"):
        assert (found[name] <= exact * (1 + 1e-9)).all()
    for name in ("nash_reversion", "stick_carrot", "finite"):
        assert (found[name] >= exact * (1 - 1e-9)).all()
    assert (found["finite"] >= found["nash_reversion"]).all()
    # Everyone is at peace where entry does not pay, and no patience helps where it always does.
    assert (exact[0] == 0).any()
    assert np.isinf(exact).any()


@pytest.mark.parametrize("punishment", CLOSED)
def test_ties_are_decided_exactly(punishment):
    """On multiples of 0.01 entry often pays exactly nothing, or a rounding error."""
    k = PUNISHMENTS[punishment]
    design = hg.grid(
        capture_share_b=np.arange(5, 21) / 100, capture_share_a=np.arange(13, 23) / 100
    )
    ds = swept(DIVISION, design, QUIET, BOTH, punishment=punishment, periods=k, delta=0.5)
    values = ds["critical_delta"].values.ravel()
    for i, point in enumerate(points_of(design)):
        exact = DIVISION.evaluate_exact({n: Fraction(v) for n, v in point.items()})
        game = hg.Game(exact, DIVISION.players, DIVISION.actions)
        expected = float(hg.RepeatedGame(game).critical_delta(QUIET, punishment, k=k).value)
        assert values[i] == pytest.approx(expected, rel=1e-9, abs=1e-15)
    # One double of a payoff may lie between a threshold of exactly 1/2 and the factor.
    clear = np.abs(values - 0.5) > 1e-9
    yes = ds["sustainable"].values.ravel() == YES
    np.testing.assert_array_equal(yes[clear], values[clear] <= 0.5)


# -- yes or no ------------------------------------------------------------------------------


@pytest.mark.parametrize("punishment", PUNISHMENTS)
def test_answers_equal_the_game_at_every_point(punishment):
    k = PUNISHMENTS[punishment]
    bounds = {"capture_share_b": (0, 0.6), "capture_share_a": (0, 0.6), "delta": (0, 0.99)}
    design = hg.sample(80, bounds, rng=7)
    ds = swept(DIVISION, design, QUIET, "sustainable", punishment=punishment, periods=k)
    found = ds["sustainable"].values
    assert set(found) == {NO, YES}
    for flag, point in zip(found, points_of(design), strict=True):
        delta = point.pop("delta")
        r = hg.RepeatedGame(DIVISION(**point), delta)
        assert bool(r.is_sustainable(QUIET, punishment, k=k)) == (flag == YES)


@pytest.mark.parametrize("punishment", PUNISHMENTS)
def test_a_factor_on_the_threshold_is_a_yes_with_margin_zero(punishment):
    k = PUNISHMENTS[punishment]
    for y in (0.11, 0.144, 0.17, 0.2):
        at = {"capture_share_b": y}
        r = hg.RepeatedGame(DIVISION(**at))
        value = r.critical_delta(QUIET, punishment, k=k).value
        if not 0 < value < 1:
            continue
        design = hg.grid(delta=[value, value - 1e-7, value + 1e-7])
        ds = swept(DIVISION, design, QUIET, "sustainable", punishment=punishment, periods=k, **at)
        assert ds["sustainable"].values.tolist() == [YES, NO, YES]
        on = hg.RepeatedGame(r.game, value).is_sustainable(QUIET, punishment, k=k)
        assert on.margin == 0


@pytest.mark.parametrize("m", [2, 3])
def test_searched_thresholds_are_a_yes_too(m):
    games = np.random.default_rng([8, m]).random((4000, 2, m, m))
    found = critical(games, (0, 0), "optimal_penal_code")
    some = np.isfinite(found.value) & (found.value > 0) & (found.status == Status.OK)
    answers = decide(games[some], (0, 0), found.value[some], "optimal_penal_code")
    assert (answers.flag == YES).all()
    assert set(answers.method) == {2, 3, 4}
    below = decide(games[some], (0, 0), found.value[some] * (1 - 1e-5), "optimal_penal_code")
    assert (below.flag == NO).all()


def test_a_jump_of_the_payoff_set():
    """Without equilibrium below 2/3 nothing can be promised; at 2/3 there is one (by hand)."""
    model = any_game(2)
    value = fixed([[[[2, 4], [5, 1]], [[3, 1], [4, 5]]]])
    point = {name: column[0] for name, column in value.items()}
    design = hg.grid(delta=[0.6, 2 / 3 - 1e-6, 2 / 3 + 1e-6, 0.9])
    for profile in [(a, b) for a in range(2) for b in range(2)]:
        ds = swept(model, design, profile, **point)
        expected = hg.RepeatedGame(model(**point)).critical_delta(profile).value
        assert ds["critical_delta"].values == pytest.approx(expected)
        np.testing.assert_array_equal(
            ds["sustainable"].values == YES, design.axes[0].values >= expected
        )


def test_what_decided_is_told():
    design = hg.grid(capture_share_b=(0, 0.6, 61), delta=(0, 0.98, 50))
    ds = swept(DIVISION, design, QUIET, "sustainable")
    attrs = ds["sustainable"].attrs
    shares = json.loads(attrs["decided_by"])
    assert sum(shares.values()) == pytest.approx(1)
    assert attrs["escalated"] == shares["optimal_penal_code"]
    assert 0 < attrs["escalated"] < 0.2
    assert attrs["flag_meanings"].split() == ["no", "yes", "undecided"]
    assert (np.diff(ds["sustainable"].values.astype(int), axis=1) >= 0).all()  # an up-set
    assert ds["delta"].attrs["long_name"] == "discount factor of the players"
    other = swept(DIVISION, design, QUIET, "sustainable", punishment="transfers")
    assert "escalated" not in other["sustainable"].attrs
    three = swept(TRIAD, hg.grid(rivalry=(1, 5, 9)), (1, 0, 0), "sustainable", delta=0.3)
    told = json.loads(three["sustainable"].attrs["decided_by"])
    assert told["undecided"] == float((three["sustainable"] == UNDECIDED).mean())


# -- running --------------------------------------------------------------------------------


@pytest.mark.parametrize("punishment", PUNISHMENTS)
def test_engine_chunks_and_processes_change_nothing(punishment):
    k = PUNISHMENTS[punishment]
    design = hg.grid(capture_share_b=np.arange(0, 61, 3) / 100, delta=(0, 0.95, 20))
    options = {"punishment": punishment, "periods": k}
    ds = swept(DIVISION, design, QUIET, **options)
    cut = swept(DIVISION, design, QUIET, chunk=17, **options)
    assert ds.identical(cut)
    plain = swept(DIVISION, design, QUIET, engine="numpy", **options)
    for name in ds.data_vars:
        np.testing.assert_array_equal(ds[name].values, plain[name].values)
    assert hg.replay(ds).identical(ds)


@pytest.mark.slow
def test_other_processes_answer_the_same():
    design = hg.grid(capture_share_b=(0, 0.6, 11), delta=(0, 0.95, 7))
    with ProcessPoolExecutor(1) as pool:
        ds = swept(DIVISION, design, QUIET, executor=pool, chunk=40)
    assert ds.identical(swept(DIVISION, design, QUIET))


def test_beside_a_map_of_equilibria():
    design = hg.grid(capture_share_b=(0, 0.6, 13), capture_share_a=(0, 0.6, 13))
    report = ("region", "status", "margin", *BOTH)
    ds = swept(DIVISION, design, QUIET, report, delta=0.4)
    alone = swept(DIVISION, design, QUIET, delta=0.4)
    for name in BOTH:
        np.testing.assert_array_equal(ds[name], alone[name])
    np.testing.assert_array_equal(ds["margin"] >= 0, ds["critical_delta"] == 0)
    region = hg.sweep(DIVISION, design, progress=False)
    np.testing.assert_array_equal(ds["region"], region["region"])
    np.testing.assert_array_equal(ds["status"], region["status"])


def test_payoffs_that_do_not_exist():
    model = hg.Model(
        "under test",
        players=("A", "B"),
        actions=(("c", "d"), ("c", "d")),
        parameters=[hg.Parameter("x", 1, -1, 1)],
        payoffs={"A": [["2/x", "-1"], ["3", "0"]], "B": [["2", "3"], ["-1", "0"]]},
    )
    for name, k in PUNISHMENTS.items():
        options = {"punishment": name, "periods": k, "delta": 0.9}
        ds = swept(model, hg.grid(x=[0.0, 1.0]), (0, 0), **options)
        assert ds["status"].values.tolist() == [Status.NONFINITE, Status.OK]
        assert ds["sustainable"].values.tolist() == [UNDECIDED, YES]
        assert np.isnan(ds["critical_delta"].values).tolist() == [True, False]
        none = swept(model, hg.grid(x=[0.0]), (0, 0), **options)
        assert none["sustainable"].values.tolist() == [UNDECIDED]


def test_a_model_with_a_discount_factor_of_its_own():
    model = hg.Model(
        "under test",
        players=("A", "B"),
        actions=(("c", "d"), ("c", "d")),
        parameters=[hg.Parameter("delta", 0.2, 0, 0.9), hg.Parameter("x", 2, 0, 3)],
        payoffs={"A": [["x", "-1"], ["3", "0"]], "B": [["x", "3"], ["-1", "0"]]},
    )
    assert swept(model, hg.grid(x=[2.0]), (0, 0))["sustainable"].values.tolist() == [NO]
    ds = swept(model, hg.grid(delta=[0.3, 0.4]), (0, 0))
    assert ds["sustainable"].values.tolist() == [NO, YES]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delta": 1}, "delta"),
        ({"delta": 1, "check_bounds": False}, "delta"),
        ({}, "at no discount factor; type delta=0.9"),
        ({"delta": 0.5, "punishment": "finite"}, "type punishment='finite', periods=3"),
        ({"delta": 0.5, "periods": 2}, "type punishment='finite', periods=3"),
        ({"delta": 0.5, "punishment": "finite", "periods": "2"}, "type a whole number of periods"),
        ({"delta": 0.5, "punishment": "finite", "periods": True}, "type a whole number of periods"),
        ({"delta": 0.5, "punishment": "finite", "periods": 0}, "number of periods from 1"),
        ({"delta": 0.5, "punishment": "grim"}, "no punishment 'grim'"),
        ({"delta": 0.5, "profile": None}, "at no profile"),
    ],
)
def test_arguments_that_make_no_sense(options, message):
    options = {"profile": QUIET, **options}
    with pytest.raises(hg.HedgingError, match=message):
        hg.sweep(DIVISION, hg.grid(friction=[0.1]), report="sustainable", **options)


def test_too_many_sticks():
    model = any_game(3, 3)
    with pytest.raises(hg.ParameterError, match="sticks of 3 players"):
        swept(model, hg.grid(u0=[0.0]), (0, 0, 0), "critical_delta", punishment="stick_carrot")
