"""Shares of the parameter space and what they depend on."""

import numpy as np
import pytest
import sympy

import hedging as hg

TRIAD = hg.catalogue["triadic_hedging"]
QUIET = {"M": "hedge", "A": "accommodate", "B": "accommodate"}


def game(row, column, **ranges):
    """Two players with the actions up and down, and parameters with these ranges."""
    return hg.Model(
        "toy",
        players=("A", "B"),
        actions=(("up", "down"),) * 2,
        parameters=[hg.Parameter(k, high, low, high) for k, (low, high) in ranges.items()],
        payoffs={"A": row, "B": column},
    )


# Up is worth x - 1/2 to A and y - 1/4 to B, whatever the other does; z is worth nothing.
APART = game([["x - 1/2 + z"] * 2, ["z"] * 2], [["y - 1/4", "0"]] * 2, x=(0, 1), y=(0, 1), z=(0, 1))
MEETING = game([["x", "0"], ["0", "1"]], [["x", "0"], ["0", "1"]], x=(-2, 2))


def test_share_and_indices_known_exactly():
    """f = 1{x > 1/2} 1{y > 1/4}: V = 15/64, of which x alone explains 9/64, and y alone 3/64."""
    found = hg.room(APART, ["up", "up"], rng=7)
    assert found.interval[0] <= 3 / 8 <= found.interval[1]
    assert found.interval[1] - found.interval[0] < 0.01
    table = found.sobol.loc[["x", "y", "z"]]
    assert np.abs(table["first"] - [0.6, 0.2, 0]).max() < 0.02
    assert np.abs(table["total"] - [0.8, 0.4, 0]).max() < 0.02
    assert table.total["z"] == table.total_error["z"] == 0
    assert list(found.sobol.index) == ["x", "y", "z"]
    assert found.points == 4096 * 5
    assert found.status == {"ok": 1.0}


def test_interval_covers():
    """Nineteen times in twenty, give or take."""
    drawn = [hg.room(APART, ["up", "up"], n=64, rng=seed).interval for seed in range(40)]
    assert sum(low <= 3 / 8 <= high for low, high in drawn) >= 35


def test_one_parameter_explains_all():
    found = hg.room(APART, {"A": "up"}, parameters="x", rng=0)
    assert found.share == 0.5
    assert found.sobol.to_numpy() == pytest.approx(np.array([[1, 0, 1, 0]]), abs=0.03)


def test_critical_immunity_of_the_triad():
    """At the defaults the quiet hedge is an equilibrium from immunity 1/5 on."""
    for seed in range(3):
        found = hg.room(TRIAD, QUIET, parameters=["immunity"], n=1024, rng=seed)
        assert found.interval[0] <= 0.8 <= found.interval[1]


def test_some_and_all():
    share = {
        (action, where): hg.room(MEETING, {"A": action}, where=where, n=64, rng=1).share
        for action in ("up", "down", "up+down")
        for where in ("some", "all")
    }
    assert share == {
        ("up", "some"): 0.5,
        ("up", "all"): 0.0,
        ("down", "some"): 1.0,
        ("down", "all"): 0.5,
        ("up+down", "some"): 0.5,
        ("up+down", "all"): 0.0,
    }


def test_laws_on_the_triad():
    def share(profile, **options):
        found = hg.room(TRIAD, profile, n=64, rng=3, **options)
        assert 0 <= found.interval[0] <= found.share <= found.interval[1] <= 1
        return found.share

    assert share({"M": "hedge"}, where="all") <= share({"M": "hedge"})
    assert share(QUIET) <= share({"M": "hedge", "A": "accommodate"}) <= share({"M": "hedge"})
    assert share(QUIET) == share("hedge|accommodate|accommodate") == share([1, 0, 0])
    # Without rivalry pressing costs and gains nothing.
    assert share(QUIET, rivalry=0) >= share(QUIET, rivalry=5)


def test_whole_profiles_agree_with_the_solver():
    """Signs of payoffs without a solver, and the lists of the solver."""
    ds = hg.sweep(TRIAD, hg.sample(512, TRIAD, rng=5), report=("region", "margin"), profile=QUIET)
    table = hg.regions(ds).set_index("code").equilibria
    listed = ["hedge|accommodate|accommodate" in table[code] for code in ds.region.values]
    assert np.array_equal(ds.margin.values >= 0, listed)


def test_renaming_players_and_the_seed():
    swapped = game(
        sympy.transpose(sympy.Matrix(APART.payoffs["B"].tolist())).tolist(),
        sympy.transpose(sympy.Matrix(APART.payoffs["A"].tolist())).tolist(),
        x=(0, 1),
        y=(0, 1),
        z=(0, 1),
    )
    one, other = (hg.room(m, {p: "up"}, n=64, rng=2) for m, p in ((APART, "A"), (swapped, "B")))
    assert one.share == other.share
    assert one.interval == other.interval
    assert one.sobol.equals(other.sobol)
    again = hg.room(APART, {"A": "up"}, n=64, rng=2)
    assert again.sobol.equals(one.sobol)


@pytest.mark.parametrize("profile", [{"A": "up"}, ["up", "up"]])
def test_points_without_an_answer_are_reported(profile):
    torn = game([["log(x)", "log(x)"], ["-9", "-9"]], [["1", "0"]] * 2, x=(-1, 1))
    found = hg.room(torn, profile, n=64, rng=0)
    assert found.undecided == found.status["nonfinite"] == 0.5
    assert found.share == 0.5
    assert found.interval[1] == 1
    assert "undecided 50.00%" in repr(found)
    assert "nonfinite" in found._repr_html_()


def test_never_and_always():
    never = hg.room(MEETING, "up|down", n=64, rng=0)
    assert never.share == 0
    assert 0.02 < never.interval[1] < 0.04  # 3.84 / (3.84 + 128)
    assert never.sobol.isna().all(axis=None)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((MEETING, {"A": "left"}), {}, hg.UnknownNameError, "no action of player 'A' is 'left'"),
        ((MEETING, {"C": "up"}), {}, hg.UnknownNameError, "no player is 'C'"),
        ((MEETING, {}), {}, hg.HedgingTypeError, "give the actions of some players"),
        ((MEETING, ["up"]), {}, hg.GameError, "1 strategies for A, B"),
        ((MEETING, {"A": 0.5}), {}, hg.HedgingTypeError, "give an action, or a support"),
        ((None, {"A": "up"}), {}, hg.HedgingTypeError, "model is a NoneType"),
        ((MEETING, {"A": "up"}), {"where": "most"}, hg.ParameterError, "'some' or 'all'"),
        ((MEETING, {"A": "up"}), {"n": 100}, hg.ParameterError, "a power of two"),
        ((MEETING, {"A": "up"}), {"x": 1}, hg.ParameterError, "no parameter varies"),
        ((MEETING, {"A": "up"}), {"x": 7}, hg.ParameterError, "outside its range"),
        ((APART, {"A": "up"}), {"x": 1, "parameters": "x"}, hg.ParameterError, "both varied"),
        ((APART, {"A": "up"}), {"parameters": 5}, hg.HedgingTypeError, "a list of names"),
        ((APART, {"A": "up"}), {"parameters": "w"}, hg.UnknownNameError, "no parameter 'w'"),
    ],
)
def test_errors_in_one_line(arguments, options, error, words):
    with pytest.raises(error, match=words) as caught:
        hg.room(*arguments, **options)
    assert "\n" not in str(caught.value)
