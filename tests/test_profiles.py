"""Sweeps of pure equilibria and of numbers at a profile: machine code, numpy, rationals."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from hedging.engine.design import grid, sample
from hedging.engine.run import sweep
from hedging.equilibria.pure import pure_equilibria
from hedging.errors import HedgingError, ParameterError, Status
from hedging.families import catalogue
from hedging.model import Model, Parameter
from hedging.program import rationals
from hedging.repeated import thresholds
from hedging.repeated.reversion_program import nash_reversion_program

VALUES = ("margin", "profile_payoff", "critical_delta")
ALL = ("pure", *VALUES)
FLAGSHIP, DIVISION = catalogue["triadic_hedging"], catalogue["sphere_division"]
QUIET = {"M": "hedge", "A": "accommodate", "B": "accommodate"}
NAMES = "xyz"


def model_of(shape, tables, names=NAMES):
    """Players P0, P1, ...; actions a0, a1, ...; formulas or numbers."""
    players = [f"P{k}" for k in range(len(shape))]
    return Model(
        "under test",
        players=players,
        actions=[[f"a{k}" for k in range(m)] for m in shape],
        parameters=[Parameter(name, 0.5, -100, 100) for name in names],
        payoffs={
            p: np.array(t, dtype=object).tolist() for p, t in zip(players, tables, strict=True)
        },
    )


def random_model(rng, shape):
    """Payoffs among few formulas, so that ties occur identically, on lines and at points."""
    formulas = ["x", "y", "z", "0", "1", "x + y", "x*y - z", "x*(y + 1)", "x*y + x", "y/2", "-x"]
    return model_of(shape, rng.choice(formulas, (len(shape), *shape)))


def both(model, design, profile, report=ALL, chunk=None, **fixed):
    """Machine code and numpy must agree bit for bit."""
    machine, plain = (
        sweep(model, design, report=report, profile=profile, engine=engine, chunk=c, **fixed)
        for engine, c in (("machine", chunk), ("numpy", None))
    )
    assert set(machine.variables) == set(plain.variables)
    for name in machine.variables:
        np.testing.assert_array_equal(machine[name].values, plain[name].values, err_msg=name)
        assert machine[name].dtype == plain[name].dtype
        assert machine[name].dims == plain[name].dims
        assert str(machine[name].attrs) == str(plain[name].attrs)
    return machine


def exact_games(model, design):
    """Payoffs in rationals, None where they do not exist."""
    columns = design.points(0, design.size)
    for point in range(design.size):
        try:
            yield model.evaluate_exact({n: float(c[point]) for n, c in columns.items()})
        except ZeroDivisionError:
            yield None


def assert_exact(ds, model, design, profile):
    """Pure equilibria, the sign of the margin and the threshold in rational arithmetic."""
    program = nash_reversion_program(model.shape, profile)
    at = np.ravel_multi_index(profile, model.shape)
    names = (*ALL, "binding_player", "status")
    flat = {n: ds[n].values.reshape(design.size, *ds[n].shape[len(design.shape) :]) for n in names}
    for point, game in enumerate(exact_games(model, design)):
        if game is None:
            assert flat["status"][point] == Status.NONFINITE
            assert not flat["pure"][point].any()
            assert np.isnan(flat["margin"][point])
            assert np.isnan(flat["critical_delta"][point])
            assert np.isnan(flat["profile_payoff"][point]).all()
            assert flat["binding_player"][point] == -1
            continue
        assert flat["status"][point] == Status.OK
        pure = pure_equilibria(game[None])[0].ravel()
        np.testing.assert_array_equal(flat["pure"][point], pure)
        assert (flat["margin"][point] >= 0) == pure[at]
        needed = [float(v) for v in rationals.evaluate(program, game.ravel().tolist())]
        value = max(needed)
        found = flat["critical_delta"][point]
        assert found == (np.inf if value >= 2 else pytest.approx(value, rel=1e-9, abs=1e-12))
        if value == 0:
            assert flat["binding_player"][point] == -1
        else:
            assert needed[flat["binding_player"][point]] == pytest.approx(value, rel=1e-9)


SHAPES = [(2, 2), (3, 2), (1, 3), (2, 2, 2), (3, 2, 2), (2, 1, 3), (2, 2, 2, 2)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(2))
def test_random_models_with_ties(shape, seed):
    rng = np.random.default_rng([seed, *shape])
    model = random_model(rng, shape)
    profile = tuple(int(rng.integers(m)) for m in shape)
    designs = [
        grid(x=np.arange(-2.0, 3), y=np.arange(-1.0, 2), z=[-1.0, 0.0, 0.1, 2.0]),
        grid(y=(-1, 1, 9), x=np.arange(-3, 4) * 0.1),
        sample(63, {"x": (-2, 2), "z": (-2, 2)}, rng=seed),
    ]
    for design in designs:
        ds = both(model, design, profile, chunk=int(rng.choice([5, 50, 10**6])))
        assert_exact(ds, model, design, profile)


@pytest.mark.parametrize("profile", [(1, 0, 0), (1, 1, 0), (0, 1, 1), (2, 0, 1)])
def test_the_flagship(profile):
    design = grid(rivalry=(0, 4, 9), immunity=(0, 1, 11))
    ds = both(FLAGSHIP, design, profile)
    assert_exact(ds, FLAGSHIP, design, profile)
    design = sample(200, FLAGSHIP, rng=1)
    assert_exact(both(FLAGSHIP, design, profile), FLAGSHIP, design, profile)


def test_the_same_on_many_points():
    design = grid(rivalry=(0, 5, 101), immunity=(0, 1, 201))
    ds = both(FLAGSHIP, design, QUIET, chunk=999)
    at = ds["pure"].sel(profile="hedge|accommodate|accommodate")
    np.testing.assert_array_equal(ds["margin"] >= 0, at)
    np.testing.assert_array_equal(ds["critical_delta"] == 0, at)


def test_boundary_of_the_quiet_hedge():
    """At the defaults the quiet hedge holds up to rivalry 0.12 / (0.65 * 0.3 - 0.12) = 1.6."""
    ds = both(FLAGSHIP, grid(rivalry=[1.0, 1.59, 1.61, 2.0]), QUIET)
    assert (ds["margin"].values >= 0).tolist() == [True, True, False, False]


# ---- pure equilibria alone -------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES[:-1])
def test_pure_alone_is_pure_with_the_solver(shape):
    model = random_model(np.random.default_rng([5, *shape]), shape)
    design = grid(x=np.arange(-2.0, 3), y=np.arange(-1.0, 2))
    alone = sweep(model, design, report="pure")
    full = sweep(model, design, report=("pure", "count"), engine="numpy")
    np.testing.assert_array_equal(alone["pure"].values, full["pure"].values)
    assert alone["profile"].identical(full["profile"])
    assert set(alone.data_vars) == {"pure", "status"}


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_chunks_change_nothing(chunk):
    model = random_model(np.random.default_rng(1), (3, 2, 2))
    design = grid(x=np.arange(-4, 5) * 0.1, y=(-1, 1, 11))
    whole = sweep(model, design, report=ALL, profile=(0, 0, 0))
    cut = sweep(model, design, report=ALL, profile=(0, 0, 0), chunk=chunk)
    for ds in (whole, cut):
        ds.attrs.pop("stages")  # how far a point had to go depends on its neighbours
    assert whole.identical(cut)


def test_processes_change_nothing():
    design = grid(rivalry=(0, 4, 9), immunity=(0, 1, 11))
    whole = sweep(FLAGSHIP, design, report=ALL, profile=QUIET)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        cut = sweep(FLAGSHIP, design, report=ALL, profile=QUIET, executor=pool, chunk=30)
    for ds in (whole, cut):
        ds.attrs.pop("stages")  # how far a point had to go depends on its neighbours
    assert whole.identical(cut)


def test_together_with_solved_games():
    design = grid(rivalry=[0.5, 1.5, 2.5])
    ds = sweep(FLAGSHIP, design, report=("count", "probability", "margin"), profile=QUIET)
    alone = sweep(FLAGSHIP, design, report="margin", profile=QUIET)
    np.testing.assert_array_equal(ds["margin"].values, alone["margin"].values)
    assert ds["probability"].dims == ("rivalry", "equilibrium", "choice")


# ---- where it is hard ------------------------------------------------------------------


@pytest.mark.parametrize("formula", ["1/(x - 0.5)", "log(x)", "sqrt(x)", "1/x - 1/x"])
def test_points_without_payoffs(formula):
    model = model_of((2, 2), [[[formula, "0"], ["0", "y"]], [["x", "y"], ["0", "1"]]])
    values = [-1.0, 0.0, 0.25, 0.5, 2.0]
    ds = both(model, grid(x=values, y=[-1.0, 1.0]), (0, 0))
    undefined = {
        "1/(x - 0.5)": [0.5],
        "log(x)": [-1.0, 0.0],
        "sqrt(x)": [-1.0],
        "1/x - 1/x": [] if str(model.payoffs["P0"][0, 0]) == "0" else [0.0],
    }[formula]
    bad = np.isin(values, undefined)
    np.testing.assert_array_equal((ds["status"] == Status.NONFINITE).values.all(axis=1), bad)
    np.testing.assert_array_equal((ds["status"] == Status.NONFINITE).values.any(axis=1), bad)
    for name in VALUES:
        own = ds[name].values.reshape(len(values), 2, -1)
        np.testing.assert_array_equal(np.isnan(own).all(axis=(1, 2)), bad)
        np.testing.assert_array_equal(np.isnan(own).any(axis=(1, 2)), bad)
    assert not ds["pure"].values[bad].any()
    assert (ds["binding_player"].values[bad] == -1).all()


def test_a_division_by_zero_hidden_by_rounding():
    hidden = "1/((x + y)*(x - y) - x**2 + y**2)"
    model = model_of((2, 2), [[[hidden, "0"], ["0", "1"]], [["1", "0"], ["0", "x"]]])
    x = np.random.default_rng(0).uniform(0.1, 9, 40)
    for profile in ((0, 0), (1, 1)):
        for report in VALUES:
            ds = both(model, grid(x=x), profile, report=(report,), chunk=7, y=0.3)
            assert (ds["status"] == Status.NONFINITE).all()
            assert np.isnan(ds[report].values).all()


def test_ties_that_doubles_get_wrong():
    """A third times three is one in doubles, and less than one in fact."""
    cell = "(x*y - z) + 2**40 - 2**40"
    model = model_of((2, 2), [[[cell, "0"], ["0", "1"]], [["1", "0"], ["0", "1"]]])
    near = [np.nextafter(1, 0), 1.0, np.nextafter(1, 2)]
    design = grid(x=[1 / 3], y=[3.0], z=near)
    ds = both(model, design, (0, 0))
    assert_exact(ds, model, design, (0, 0))
    assert np.sign(ds["margin"].values.ravel()).tolist() == [1, -1, -1]


def test_a_punishment_that_comes_and_goes_with_a_tie():
    """(a1, a1) is the only punishment, an equilibrium where ``x*(y + 1) >= x*y + x``: always."""
    model = model_of(
        (2, 2),
        [[["2", "-1"], ["3", "x*(y + 1) - z"]], [["2", "3"], ["-1", "x*y + x - z"]]],
    )
    tied = [["x*y + x - z - 1 + 1", "x*y + x - z"], ["3 + x*y", "x*(y + 1) - z"]]
    other = model_of((2, 2), [tied, [["2", "3"], ["-1", "x*y + x - z"]]])
    rng = np.random.default_rng(0)
    design = grid(x=rng.uniform(0, 1, 12), y=rng.uniform(0, 1, 12), z=[0.3, 0.7])
    for m in (model, other):
        for profile in ((0, 0), (1, 1), (0, 1)):
            assert_exact(both(m, design, profile), m, design, profile)


def test_irrational_ties_are_never_called_ok():
    """sqrt(x)**2 against x: equal for all that can be told; a tie counts as an equilibrium."""
    model = model_of(
        (2, 2),
        [[["sqrt(x)*sqrt(y)", "0"], ["sqrt(x*y)", "1"]], [["1", "0"], ["0", "1"]]],
    )
    ds = both(model, grid(x=[0.3, 0.7, 2.1], y=[0.9, 1.3]), (0, 0))
    open_ = (ds["status"] == Status.DEGENERATE).values
    assert open_.any()
    assert (ds["margin"].values[open_] >= 0).all()
    assert ds["pure"].values[..., 0][open_].all()
    for report in VALUES:
        alone = sweep(model, grid(x=[0.3, 0.7, 2.1], y=[0.9, 1.3]), report=report, profile=(0, 0))
        wrong = (alone["status"] == Status.OK).values & open_
        assert not wrong.any() or report == "profile_payoff"


# ---- profiles --------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [
    QUIET,
    ("hedge", "accommodate", "accommodate"),
    ["hedge", "accommodate", "accommodate"],
    (1, 0, 0),
    np.array([1, 0, 0]),
    {"B": "accommodate", "A": "accommodate", "M": "hedge"},
    ([0, 1, 0], [1, 0], [1, 0]),
])  # fmt: skip
def test_spellings_of_a_profile(profile):
    design = grid(rivalry=[0.5, 2.0])
    one = sweep(FLAGSHIP, design, report=VALUES, profile=profile)
    assert one.identical(sweep(FLAGSHIP, design, report=VALUES, profile=(1, 0, 0)))


@pytest.mark.parametrize(("profile", "says"), [
    (None, "asked for at no profile.*profile=.'M': 'align_a'"),
    (([0, 0.5, 0.5], [1, 0], [1, 0]), "mixes"),
    (("hedge", "accommodate"), "2"),
    (("hedge", "accommodate", "retreat"), "retreat"),
    ((3, 0, 0), "3"),
    ((1, 0, -1), "-1"),
    ({"M": "hedge", "A": "accommodate"}, "B"),
    ({"M": "hedge", "A": "accommodate", "C": "accommodate"}, "C"),
    (7, "7"),
])  # fmt: skip
@pytest.mark.parametrize("report", VALUES)
def test_profiles_that_are_refused(profile, says, report):
    with pytest.raises(HedgingError, match=says) as caught:
        sweep(FLAGSHIP, grid(rivalry=[1.0]), report=report, profile=profile)
    assert "\n" not in str(caught.value)


def test_pure_needs_no_profile():
    assert sweep(FLAGSHIP, grid(rivalry=[1.0]), report="pure")["pure"].shape == (1, 12)


# ---- the discount factor ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["triadic_hedging", "sphere_division", "alliance_dilemma"])
def test_thresholds_of_the_repeated_game(name):
    model = catalogue[name]
    design = sample(300, model, rng=6)
    payoffs, _ = model.evaluate(design.points(0, design.size))
    for profile in [tuple(0 for _ in model.shape), tuple(m - 1 for m in model.shape)]:
        ds = both(model, design, profile, report=("critical_delta",))
        each = thresholds.nash_reversion(payoffs)[(slice(None), slice(None), *profile)]
        expected = thresholds.overall(each)
        np.testing.assert_allclose(ds["critical_delta"].values, expected, rtol=1e-12)
        binding = thresholds.binding_player(each)
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(ds["binding_player"].values[finite], binding[finite])


def test_erosion_of_the_division_of_spheres():
    """As B gains access to security, A becomes easier to restrain and B has to be restrained."""
    shares = [0.015, 0.05, 0.10, 0.144, 0.18]
    ds = both(DIVISION, grid(capture_share_b=shares), ("respect", "respect"))
    # A is deterred by y + 0.06, B by 0.26; entering is worth 0.05 to A and y - 0.10 to B.
    entering = [0.05 / (y + 0.06) for y in shares]
    answering = [max(0.0, (y - 0.10) / 0.26) for y in shares]
    # Grim reversion needs encroachment by both to be an equilibrium: entry worth f = 0.06 or more.
    payoffs, _ = DIVISION.evaluate({"capture_share_b": np.array(shares)})
    expected = thresholds.overall(thresholds.nash_reversion(payoffs))[:, 0, 0]
    np.testing.assert_allclose(ds["critical_delta"].values, expected, rtol=1e-12)
    assert [round(v, 2) for v in entering] == [0.67, 0.45, 0.31, 0.25, 0.21]
    assert [round(v, 2) for v in answering] == [0.0, 0.0, 0.0, 0.17, 0.31]


def test_attributes():
    ds = sweep(FLAGSHIP, grid(rivalry=[1.0, 2.0]), report=VALUES, profile=QUIET)
    assert ds["profile_payoff"].dims == ("rivalry", "player")
    assert ds["player"].values.tolist() == ["M", "A", "B"]
    assert ds["binding_player"].attrs["flag_meanings"].split() == ["nobody", "M", "A", "B"]
    assert ds["binding_player"].attrs["flag_values"].tolist() == [-1, 0, 1, 2]
    game = FLAGSHIP(rivalry=2.0)
    np.testing.assert_array_equal(ds["profile_payoff"].values[1], game.payoffs[:, 1, 0, 0])
    for name in VALUES:
        assert ds[name].attrs["units"] == "1"


def test_engines_that_do_not_exist():
    with pytest.raises(ParameterError, match="engine is"):
        sweep(FLAGSHIP, grid(rivalry=[1.0]), report="pure", engine="vector")
