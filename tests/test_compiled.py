"""Compiled sweeps: the answers of the numpy engine and of rational arithmetic, point by point."""

import json
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import hedging
from hedging.engine.blocks import Layout
from hedging.engine.compiled import STAGES, SignSweep, can_compile
from hedging.engine.design import grid, sample
from hedging.engine.numbering import Numbering
from hedging.engine.run import sweep
from hedging.equilibria.dispatch import solve
from hedging.equilibria.regions_code import support_label
from hedging.errors import ParameterError, Status
from hedging.families import catalogue
from hedging.model import Model, Parameter
from hedging.program.machine import CodeLayout, Target
from hedging.program.machine_target import LEVELS

REPORT = ("region", "count", "status", "pure")
TWO_PLAYERS = ["hedging_bimatrix", "alliance_dilemma", "sphere_division"]


def model_of(row, column, names="xyz", low=-1e12, high=1e12):
    """Two players; tables of formulas or numbers."""
    return Model(
        "under test",
        players=("R", "C"),
        actions=(list("abcdefgh"[: len(row)]), list("stuvwxyz"[: len(row[0])])),
        parameters=[Parameter(name, 0.5, low, high) for name in names],
        payoffs={
            who: [[str(cell) for cell in line] for line in table]
            for who, table in (("R", row), ("C", column))
        },
    )


def both(model, design, **options):
    """The sweep by machine code and by numpy, which must not differ in anything."""
    chunk = options.pop("chunk", None)
    machine = sweep(model, design, report=REPORT, engine="machine", chunk=chunk, **options)
    plain = sweep(model, design, report=REPORT, engine="numpy", **options)
    assert_same(machine, plain)
    return machine


def assert_same(one, two):
    assert set(one.variables) == set(two.variables)
    for name in one.variables:
        np.testing.assert_array_equal(one[name].values, two[name].values, err_msg=name)
        assert one[name].dtype == two[name].dtype, name
        assert one[name].dims == two[name].dims
        assert str(one[name].attrs) == str(two[name].attrs)


def stages(ds):
    shares = json.loads(ds.attrs["stages"])
    assert tuple(shares) == STAGES
    assert sum(shares.values()) == pytest.approx(1.0)
    return shares


def assert_exact(ds, model, design, points, **fixed):
    """Compare with rational arithmetic at some points."""
    sets = {int(k): set(v) for k, v in json.loads(ds["region"].attrs["supports"]).items()}
    region, count, status = (ds[n].values.ravel() for n in ("region", "count", "status"))
    columns = design.points(0, design.size)
    payoffs, defined = [], []
    for point in points:
        values = {**fixed, **{n: float(c[point]) for n, c in columns.items()}}
        try:
            payoffs.append(model.evaluate_exact(values))
            defined.append(point)
        except ZeroDivisionError:
            assert (status[point], count[point], region[point]) == (Status.NONFINITE, 0, 0)
    if not payoffs:
        return
    found = solve(np.array(payoffs), exact=True)
    for k, point in enumerate(defined):
        masks = found.support[found.offsets[k] : found.offsets[k + 1]].tolist()
        assert sets[region[point]] == {support_label(m, model.actions) for m in masks}, point
        assert count[point] == found.count[k]
        assert status[point] == found.status[k]


def random_formula(rng, names, kind):
    def atom():
        u = rng.random()
        if u < 0.7:
            return str(rng.choice(list(names)))
        return str(rng.integers(1, 4)) if u < 0.9 else f"{rng.integers(1, 9)}/{rng.integers(2, 7)}"

    terms = []
    for _ in range(rng.integers(1, 4)):
        term, u = f"({atom()}*{atom()})" if rng.random() < 0.6 else atom(), rng.random()
        if kind == "rational" and u < 0.3:
            term = f"{term}/({atom()} + 7)"
        elif kind == "singular" and u < 0.3:
            term = f"1/({rng.choice(list(names))} - 1)"
        elif kind == "piecewise" and u < 0.5:
            forms = ["min({}, {})", "max({}, {})", "where({0} < {1}, {0}, 2)", "abs({} - {})"]
            term = str(rng.choice(forms)).format(term, atom())
        terms.append(term)
    return str(rng.choice([" + ", " - "])).join(terms)


def random_model(rng, m, n, kind="polynomial", repeat=0.4):
    """Formulas that repeat, so that ties by construction occur."""
    pool = []

    def cell():
        if not pool or rng.random() > repeat:
            pool.append(random_formula(rng, "xyz", kind))
            return pool[-1]
        return str(rng.choice(pool))

    tables = [[[cell() for _ in range(n)] for _ in range(m)] for _ in range(2)]
    return model_of(*tables, low=-100, high=100)


def box_of(model, rng, number):
    """A few parameters with ranges well inside their bounds, which may be open."""
    names = rng.permutation(list(model.parameters))[:number].tolist()
    ends = {n: (model.parameters[n].low, model.parameters[n].high) for n in names}
    return {
        n: (low + (high - low) / 64, high - (high - low) / 64) for n, (low, high) in ends.items()
    }


GAME = [["x", "0"], ["0", "y"]]
"""Coordination: ties where x or y is zero."""

# ---- the same as numpy and as rationals ------------------------------------------------


KINDS = ["polynomial", "rational", "singular", "piecewise"]
OFTEN = [(2, 2), (3, 2), (3, 3)]
SELDOM = [(2, 3), (2, 4), (4, 2), (3, 4), (4, 3), (2, 5), (5, 2)]


@pytest.mark.parametrize(("m", "n", "kind"), [
    *((*shape, kind) for shape in OFTEN for kind in KINDS),
    *((*shape, KINDS[k % 4]) for k, shape in enumerate(SELDOM)),
    *(pytest.param(*shape, kind, marks=pytest.mark.slow) for shape in SELDOM for kind in KINDS),
])  # fmt: skip
def test_random_models(m, n, kind):
    rng = np.random.default_rng([m, n, len(kind)])
    model = random_model(rng, m, n, kind)
    designs = [
        grid(x=(-2, 2, 41), y=(-2, 2, 9)),
        grid(z=np.arange(-3.0, 4), x=np.arange(-3.0, 4), y=[-1.0, 0.0, 0.1, 2.0]),
        sample(301, {"x": (-2, 2), "y": (-2, 2), "z": (-2, 2)}, rng=3),
    ]
    for design in designs:
        ds = both(model, design, chunk=int(rng.choice([17, 100, 10**6])))
        assert_exact(ds, model, design, rng.integers(0, design.size, 8))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["polynomial", "rational"])
def test_random_models_4x4(kind):
    rng = np.random.default_rng(44)
    model = random_model(rng, 4, 4, kind)
    for design in (grid(x=(-2, 2, 41), y=(-2, 2, 9)), sample(500, {"x": (-2, 2), "z": (0, 1)})):
        ds = both(model, design)
        assert_exact(ds, model, design, rng.integers(0, design.size, 10))


@pytest.mark.parametrize("name", TWO_PLAYERS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_catalogue(name, number):
    model, rng = catalogue[name], np.random.default_rng(number)
    for _ in range(3):
        box = box_of(model, rng, number)
        points = int(2000 ** (1 / number))
        for design in (
            grid(**{n: (*ends, points) for n, ends in box.items()}),
            sample(513, box, rng=1),
        ):
            ds = both(model, design)
            assert_exact(ds, model, design, rng.integers(0, design.size, 20))


@pytest.mark.parametrize("name", TWO_PLAYERS)
def test_catalogue_over_all_parameters(name):
    model = catalogue[name]
    design = sample(1025, model, rng=5)
    ds = both(model, design)
    assert_exact(ds, model, design, range(0, 1025, 15))
    assert stages(ds)["machine"] > 0.99


def test_three_players_agree_wherever_the_general_solver_is_sure():
    model = catalogue["triadic_hedging"]
    machine, plain = assert_compatible(model, sample(1025, model, rng=5))
    assert stages(machine)["machine"] > 0.9
    assert (plain["status"] == Status.OK).mean() > 0.5


def test_the_plane_of_rivalry_and_immunity():
    model = catalogue["hedging_bimatrix"]
    design = grid(rivalry=(0, 5, 101), immunity=(0, 1, 101))
    ds = both(model, design)
    assert stages(ds)["general"] == 0
    assert_exact(ds, model, design, range(0, design.size, 101))


@pytest.mark.slow
@pytest.mark.parametrize("name", TWO_PLAYERS)
def test_catalogue_against_rationals_on_many_points(name):
    model, rng = catalogue[name], np.random.default_rng(2)
    points = 3400
    for design in (sample(points, model, rng=1), grid(**{
        n: (*ends, round(points ** 0.5)) for n, ends in box_of(model, rng, 2).items()
    })):  # fmt: skip
        ds = sweep(model, design, report=REPORT, engine="machine")
        assert_exact(ds, model, design, range(design.size))


@pytest.mark.slow
@pytest.mark.parametrize("name", TWO_PLAYERS)
def test_catalogue_against_numpy_on_a_million_points(name):
    model = catalogue[name]
    both(model, sample(350_001, model, rng=8))


def generic_model(rng, m, n):
    """Formulas without ties by construction."""

    def cell():
        a, b, c, d = rng.integers(-99, 100, 4) / 100
        return f"{a}*x + {b}*y*z + {c}*z*z + {d}"

    return model_of(*[[[cell() for _ in range(n)] for _ in range(m)] for _ in range(2)])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("m", "n", "points"),
    [(2, 2, 400_001), (2, 3, 200_001), (3, 3, 300_001), (2, 5, 150_001), (4, 4, 50_001)],
)
def test_generic_models_against_numpy_on_a_million_points(m, n, points):
    model = generic_model(np.random.default_rng([m, n]), m, n)
    ds = both(model, sample(points, {"x": (-2, 2), "y": (-2, 2), "z": (-2, 2)}, rng=6))
    assert stages(ds)["machine"] > 0.9999
    side = round(points**0.5)
    both(model, grid(x=(-2, 2, side), y=(-2, 2, 101)))


# ---- layouts ---------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [
    (1,), (7,), (8,), (9,), (511,), (513,), (1000,),
    (9, 7), (7, 513), (513, 7), (1000, 1), (1, 1000), (3, 511), (511, 3),
    (3, 5, 7), (2, 7, 65), (65, 1, 9), (2, 3, 5, 7), (7, 1, 1, 9),
])  # fmt: skip
def test_axes_of_any_length(lengths):
    model = model_of(
        [["x + w", "y*z"], ["y - w", "x*x - z/3"]],
        [["z", "x - y"], ["w", "y*y - w*z"]],
        names="wxyz",
    )
    ends = [(-1.0, 2.0), (-0.7, 1.0), (-2.0, 2.0), (-1.0, 1.5)]
    axes = {n: (*e, k) if k > 1 else [e[0]] for n, e, k in zip("yzwx", ends, lengths, strict=False)}
    both(model, grid(**axes))
    both(model, grid(**axes), chunk=1000)


@pytest.mark.parametrize("number", [1, 7, 8, 9, 511, 513, 1001])
def test_samples_of_any_size(number):
    model = model_of(GAME, [["y", "z"], ["x", "0"]])
    both(model, sample(number, {"x": (-1, 1), "z": (-1, 1)}, rng=0))


@pytest.mark.parametrize("chunk", [1, 17, 1000, None])
@pytest.mark.parametrize("make", [
    lambda: grid(x=(-1, 1, 23), y=(-1, 1, 9)),
    lambda: grid(y=(-1, 1, 2), x=(-1, 1, 101)),
    lambda: sample(207, {"x": (-1, 1), "y": (-1, 1)}, rng=0),
])  # fmt: skip
def test_chunks_change_nothing(make, chunk):
    model = model_of([["x", "0"], ["0", "1/y"]], [["x + y", "0"], ["0", "y*y - x"]])
    both(model, make(), chunk=chunk)


def test_axes_in_the_other_order_give_the_transpose():
    model = model_of([["x - y", "z"], ["x*y", "0.1"]], [["y", "x"], ["z", "x*z"]])
    x, y = np.linspace(-1, 1, 41), np.linspace(-1, 1, 21)
    one = sweep(model, grid(x=x, y=y), report=REPORT, engine="machine")
    two = sweep(model, grid(y=y, x=x), report=REPORT, engine="machine")
    for name in ("region", "count", "status"):
        np.testing.assert_array_equal(one[name].values, two[name].values.T)


def test_processes_change_nothing():
    import multiprocessing

    model = model_of(GAME, [["x + z", "1/(y - 1)"], ["z", "y"]])
    design = grid(x=(-1, 1, 41), y=(-1, 1, 41))
    whole = both(model, design)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert_same(
            sweep(model, design, report=REPORT, engine="machine", executor=pool, chunk=300), whole
        )


def test_a_reduced_sweep_counts_the_points_of_the_map():
    model = model_of(GAME, [["x", "1/z"], ["0", "y"]])
    design = grid(x=(-1, 1, 41), y=(-1, 1, 21), z=[-1.0, 0.0, 2.0])
    ds = both(model, design)
    counted = sweep(model, design, report="region", reduce=("x", "y"), engine="machine", chunk=500)
    for k in range(3):
        codes, number = np.unique(ds["region"].values[..., k], return_counts=True)
        row = counted["points"].values[k]
        assert row.sum() == 41 * 21
        np.testing.assert_array_equal(row[codes], number)


# ---- points that are not finite --------------------------------------------------------


def test_a_pole_on_the_grid_spoils_its_own_points_only():
    model = model_of([["1/(x - 0.5)", "0"], ["0", "y"]], GAME)
    for design in (
        grid(y=(-1, 2, 31), x=(0, 1, 1001)),
        grid(x=(0, 1, 1001), y=(-1, 2, 31)),
        grid(x=(0, 1, 101)),
    ):
        for chunk in (17, None):
            if chunk and design.size > 1000:
                continue
            ds = both(model, design, chunk=chunk)
            bad = (ds["x"] == 0.5).broadcast_like(ds["count"]).transpose(*ds["count"].dims)
            assert bad.any()
            np.testing.assert_array_equal(ds["status"] == Status.NONFINITE, bad)
            assert (ds["region"].values[bad.values] == 0).all()
            assert (ds["count"].values[bad.values] == 0).all()


def test_most_points_around_a_pole_stay_with_the_machine():
    model = model_of([["1/(x - 0.5)", "0"], ["0", "y"]], GAME)
    ds = sweep(model, grid(y=(0.1, 2, 255), x=(0, 1, 1001)), engine="machine")
    assert stages(ds)["machine"] > 0.9
    diagonal = model_of([["1/(x - y)", "0"], ["0", "y"]], GAME)
    ds = both(diagonal, grid(y=(0, 1, 101), x=(0, 1, 601)))
    assert stages(ds)["machine"] > 0.5
    np.testing.assert_array_equal(ds["status"] == Status.NONFINITE, ds["y"] == ds["x"])


@pytest.mark.parametrize(
    ("formula", "bad"),
    [
        ("log(x - 0.3)", lambda x: x <= 0.3),
        ("sqrt(x - 0.5)", lambda x: x < 0.5),
        ("1/(x*(x - 1))", lambda x: (x == 0) | (x == 1)),
        ("x*4e307*x*10*x", lambda x: np.abs(x) >= np.cbrt(1.7976931348623157e308 / 4e308)),
        ("1e308*(x + 1) + 1e308", lambda x: x > 0.5),
        ("where(x > 0.5, 1/(x - 0.75), 1)", lambda x: x == 0.75),
    ],
)
def test_what_has_no_finite_value(formula, bad):
    model = model_of([[formula, "0"], ["0", "y"]], GAME)
    ds = both(model, grid(x=(0, 1, 801), y=[-1.0, 0.25, 2.0]))
    flagged = (ds["status"] == Status.NONFINITE).values
    assert (flagged == flagged[:, :1]).all()
    if "308" not in formula and "307" not in formula:
        np.testing.assert_array_equal(flagged[:, 0], bad(ds["x"].values))
    else:
        assert flagged.any()


def test_an_undefined_payoff_that_cannot_matter_still_spoils_the_game():
    """The determinants do not contain it: the row player has the same payoff in both rows."""
    model = model_of([["1/x", "0"], ["1/x", "y"]], [["1", "2"], ["3", "y"]])
    ds = both(model, grid(x=[-1.0, 0.0, 1.0], y=(-1, 1, 9)))
    np.testing.assert_array_equal(ds["status"].values[1], Status.NONFINITE)
    assert (ds["status"].values[[0, 2]] != Status.NONFINITE).all()


# ---- ties ------------------------------------------------------------------------------


def test_decimal_grids_hit_ties_exactly_and_nearly():
    """0.1 + 0.2 is not 0.3 in doubles, and the answer is that of the doubles."""
    model = model_of([["x + y", "0.3"], ["z", "y"]], [["x + y", "3/10"], ["10*x", "1"]])
    tenths = [k / 10 for k in range(-5, 6)]
    design = grid(x=tenths, y=tenths, z=[0.1, 0.3])
    ds = both(model, design)
    assert_exact(ds, model, design, range(design.size))
    assert 0 < (ds["status"] == Status.DEGENERATE).mean() < 1


def test_integer_grids_where_ties_are_everywhere():
    model = random_model(np.random.default_rng(9), 3, 3)
    design = grid(x=np.arange(-3, 4), y=np.arange(-3, 4), z=np.arange(-3, 4))
    ds = both(model, design)
    assert_exact(ds, model, design, range(design.size))


@pytest.mark.parametrize(("m", "n"), [(2, 2), (3, 3), (2, 4)])
def test_integer_games_with_a_parameter_per_payoff(m, n):
    """Payoffs are drawn from 0, 1, 2, so most games are degenerate."""
    names = [f"p{k}" for k in range(2 * m * n)]
    row, column = np.array(names).reshape(2, m, n).tolist()
    model = model_of(row, column, names=names)
    values = np.random.default_rng(1).integers(0, 3, len(names))
    some = grid(**{name: [0.0, 1.0, 2.0] for name in names[-7:]})
    fixed = {n: int(v) for n, v in zip(names[:-7], values[:-7], strict=True)}
    ds = both(model, some, **fixed)
    assert_exact(ds, model, some, range(0, some.size, 37), **fixed)
    assert (ds["status"] == Status.DEGENERATE).mean() > 0.5


def test_cancellation_in_a_formula():
    model = model_of([["(x + 1e8) - 1e8", "0"], ["0", "y"]], [["x", "0"], ["0", "y"]])
    design = grid(x=(-1e-7, 1e-7, 2001), y=[-1.0, 1.0])
    ds = both(model, design)
    assert_exact(ds, model, design, range(990 * 2, 1012 * 2))
    np.testing.assert_array_equal(ds["status"] == Status.DEGENERATE, ds["x"] == 0 & (ds["y"] > 9))


def test_cancellation_hidden_from_simplification():
    """(x + y)(x - y) - x^2 + y^2 vanishes, but its parts are different payoffs."""
    model = model_of(
        [["(x + y)*(x - y)", "z"], ["x**2 - y**2", "1"]], [["1", "z"], ["z", "y"]], low=-9, high=9
    )
    rng = np.random.default_rng(0)
    ds = both(model, grid(x=rng.uniform(0.1, 9, 40), y=rng.uniform(0.1, 9, 30)), z=0.3)
    assert (ds["status"] == Status.DEGENERATE).all()
    assert stages(ds)["rationals"] == 0  # known from the symbols


# ---- structural zeros ------------------------------------------------------------------


def test_an_indifferent_player_does_not_flag_what_does_not_depend_on_it():
    """The row player does not care against column t, which is never played."""
    model = model_of(
        [["x", "x*(y + y)"], ["z", "(x + x)*y"]], [["1", "0"], ["2 + y*y", "0"]], low=-9, high=9
    )
    ds = both(model, grid(x=(-1.01, 1, 50), y=(-1, 1, 49)), z=0.123)
    assert stages(ds)["machine"] == 1
    assert (ds["status"] == Status.OK).all()


def test_a_player_without_preferences_is_degenerate_everywhere():
    model = model_of(
        [["x*(y + y)", "z"], ["(x + x)*y", "z"]], [["x", "y"], ["y", "x + z"]], low=-9, high=9
    )
    design = grid(x=(-1.01, 1, 50), y=(-1, 1, 49))
    ds = both(model, design, z=0.123)
    assert (ds["status"] == Status.DEGENERATE).all()
    shares = stages(ds)
    assert shares["general"] == 0
    assert shares["rationals"] == 0
    assert_exact(ds, model, design, range(0, design.size, 91), z=0.123)


def test_all_payoffs_alike():
    model = model_of([["x", "x"], ["x", "x"]], [["y", "y"], ["y", "y"]])
    ds = both(model, grid(x=(-1, 1, 9), y=(-1, 1, 9)))
    assert (ds["count"] == 4).all()
    assert (ds["status"] == Status.DEGENERATE).all()


# ---- scale and shift -------------------------------------------------------------------


def transformed(row, column, scale="1", shift_row=("0", "0", "0"), shift_column=("0", "0", "0")):
    """Payoffs times a positive number, plus what only the opponent decides."""
    left = [[f"{scale}*({c}) + {s}" for c, s in zip(r, shift_row, strict=False)] for r in row]
    right = [[f"{scale}*({c}) + {s}" for c in r] for r, s in zip(column, shift_column, strict=True)]
    return model_of(left, right, low=-1e12, high=1e12)


LINES = (
    [["x", "y*z", "0.3"], ["z", "x*x", "y"], ["1 - x", "y", "x*z"]],
    [["y", "x", "z*z"], ["0.1", "z*y", "x"], ["x - y", "0.5", "z"]],
)


@pytest.mark.parametrize("scale", ["1e-10", "1e10", "1/3"])
def test_flag_rate_does_not_change_with_scale(scale):
    design = sample(20001, {"x": (-1, 1), "y": (-1, 1), "z": (-1, 1)}, rng=7)
    before = sweep(model_of(*LINES), design, report=REPORT, engine="machine")
    after = sweep(transformed(*LINES, scale), design, report=REPORT, engine="machine")
    assert_same(after, before)
    assert stages(before)["machine"] > 0.9999
    assert stages(after)["machine"] > 0.9999
    grids = grid(x=(-1, 1, 41), y=(-1, 1, 41), z=(-1, 1, 9))
    before = sweep(model_of(*LINES), grids, report=REPORT, engine="machine")
    after = sweep(transformed(*LINES, scale), grids, report=REPORT, engine="machine")
    assert_same(after, before)
    assert stages(after)["machine"] == pytest.approx(stages(before)["machine"], abs=2e-3)


def test_flag_rate_does_not_change_with_what_the_opponent_decides():
    shift = ("1000*x", "-70*y*z", "x*y")
    moved = transformed(*LINES, shift_row=shift, shift_column=shift)
    for design in (
        sample(20001, {"x": (-1, 1), "y": (-1, 1), "z": (-1, 1)}, rng=7),
        grid(x=(-1, 1, 41), y=(-1, 1, 41), z=(-1, 1, 9)),
    ):
        before = sweep(model_of(*LINES), design, report=REPORT, engine="machine")
        after = both(moved, design)
        assert_same(after, before)
        assert stages(after)["machine"] == pytest.approx(stages(before)["machine"], abs=2e-3)


@pytest.mark.parametrize("power", [-40, 40])
def test_a_unit_of_a_power_of_two_changes_nothing_at_all(power):
    design = grid(x=(-1, 1, 41), y=(-1, 1, 41), z=(-1, 1, 9))
    before = sweep(model_of(*LINES), design, report=REPORT, engine="machine")
    after = sweep(transformed(*LINES, str(2.0**power)), design, report=REPORT, engine="machine")
    assert_same(after, before)


# ---- formulas outside the rationals ----------------------------------------------------


def assert_compatible(model, design):
    """Where numpy is sure, so is the machine, and they agree; the machine may know more."""
    machine = sweep(model, design, report=REPORT, engine="machine")
    plain = sweep(model, design, report=REPORT, engine="numpy")
    sure = (plain["status"] == Status.OK).values
    bad = (plain["status"] == Status.NONFINITE).values
    np.testing.assert_array_equal((machine["status"] == Status.NONFINITE).values, bad)
    assert (machine["status"].values[sure] == Status.OK).all()
    for name in ("count", "pure"):
        np.testing.assert_array_equal(machine[name].values[sure], plain[name].values[sure])
    for ds in (machine, plain):
        ds["words"] = (ds["region"].dims, _words(ds))
    assert (machine["words"].values[sure] == plain["words"].values[sure]).all()
    return machine, plain


def _words(ds):
    sets = json.loads(ds["region"].attrs["supports"])
    known = np.array(["", *("&".join(sets[str(k)]) for k in range(1, len(sets) + 1))], dtype=object)
    return known[ds["region"].values]


@pytest.mark.parametrize("formula", ["sqrt(x*x + 1)", "exp(x)", "log(x + 2)", "exp(sqrt(x + 2))"])
def test_roots_and_exponentials_agree(formula):
    model = model_of([[formula, "y"], ["x", f"2 - {formula}*y"]], [["y", "x"], [formula, "1"]])
    design = sample(1001, {"x": (-1, 1), "y": (-1, 3)}, rng=1)
    machine, plain = assert_compatible(model, design)
    assert_same(machine, plain)
    assert stages(machine)["machine"] > 0.999
    assert_compatible(model, grid(x=(-1, 1, 41), y=(-1, 3, 41)))


def test_irrational_ties_are_never_called_ok():
    model = model_of([["sqrt(x)*sqrt(y)", "0"], ["sqrt(x*y)", "0"]], GAME, low=0.1, high=10)
    design = grid(x=[2.0, 3.0, 5.0, 7.0], y=[1.1, 1.3, 3.0])
    machine, plain = assert_compatible(model, design)
    assert (machine["status"] == Status.DEGENERATE).all()
    for name in REPORT:
        np.testing.assert_array_equal(machine[name], plain[name])


def test_irrational_ties_that_do_not_matter_are_ok_however_it_is_cut():
    """Column t, where the row player's tie is, is never played."""
    model = model_of(
        [["x", "sqrt(x)*sqrt(y)"], ["x + 1", "sqrt(x*y)"]], [["1", "0"], ["y", "0"]], low=0.1
    )
    design = grid(x=[2.0, 3.0, 5.0, 7.0], y=[1.1, 1.3, 3.0, 1e-3])
    for chunk in (1, 3, None):
        ds = sweep(model, design, report=REPORT, engine="machine", chunk=chunk, check_bounds=False)
        assert (ds["status"] == Status.OK).all()
        assert (ds["count"] == 1).all()


# ---- what can be compiled, and codes ---------------------------------------------------


def test_what_can_be_compiled():
    assert all(can_compile(catalogue[name]) for name in TWO_PLAYERS)
    large = model_of([["x"] * 6] * 6, [["x"] * 6] * 6)
    assert not can_compile(large)
    single = model_of([["x", "y"]], [["x", "y"]])
    assert not can_compile(single)
    with pytest.raises(ParameterError, match="machine"):
        sweep(single, grid(x=[1.0]), engine="machine")


def test_a_run_of_points_by_itself():
    """Positions are within the run, also of points that are left to others."""
    model = model_of([["1/(x - 0.5)", "0"], ["0", "y"]], GAME)
    design = grid(y=(-1, 2, 31), x=(0, 1, 1001))
    kernel = SignSweep(model, Layout(design, {"z": 0.0}, ("x", "y", "z")))
    whole = kernel.codes(0, design.size)
    part = kernel.codes(5000, 9000)
    general = np.concatenate(whole.general)
    assert (np.unique(general) == np.sort(general)).all()
    inside = np.concatenate(part.general)
    assert set(inside.tolist()) >= {
        int(k) for k in np.flatnonzero(design.points(5000, 9000)["x"] == 0.5)
    }
    settled = np.setdiff1d(np.arange(5000, 9000), [*general, *(5000 + inside)])
    for name in ("region", "count", "status"):
        one, two = getattr(whole, name), getattr(part, name)
        np.testing.assert_array_equal(one[settled], two[settled - 5000])
    assert part.stages.sum() + len(inside) == 4000


def test_numbers_of_sets_outgrow_sixteen_bits():
    """A 3 x 3 sweep can meet more sets of supports than that; none may be mixed up."""
    masks = [1 << k for k in range(18)]
    layout = CodeLayout(18, 32, 1)
    numbering = Numbering(masks, layout)
    codes = np.arange(1 << 17, dtype=np.uint32)
    numbers = numbering(codes, False)
    assert len(np.unique(numbers)) == len(codes)
    np.testing.assert_array_equal(numbering(codes[::-1], False), numbers[::-1])
    for code in (0, 1, 65535, 65536, 131071):
        wanted = {m for k, m in enumerate(masks) if code >> k & 1}
        assert set(numbering.regions[numbers[code] - 1]) == wanted


@pytest.mark.parametrize(("candidates", "bits", "words"), [(5, 8, 1), (53, 64, 1), (103, 64, 2)])
def test_numbers_are_shared_by_codes_and_lists_of_supports(candidates, bits, words):
    rng = np.random.default_rng(candidates)
    masks = [int(v) for v in rng.permutation(1000)[:candidates] + 1]
    layout = CodeLayout(candidates, bits, words)
    held = rng.random((candidates, 200)) < 3 / candidates
    whole = [sum(1 << c for c in np.flatnonzero(held[:, k]).tolist()) for k in range(200)]
    codes = np.array(
        [[code >> (bits * w) & (2**bits - 1) for code in whole] for w in range(words)],
        dtype=layout.dtype,
    )
    codes = codes[0] if words == 1 else codes
    numbering = Numbering(masks, layout)
    by_code = numbering(codes, False)
    game, which = np.nonzero(held.T)
    by_list = numbering.of_supports(game, np.array(masks, dtype=np.uint64)[which], 200)
    np.testing.assert_array_equal(by_code, by_list)
    flagged = codes.copy()
    flagged[..., ::3] |= layout.dtype.type(1 << (bits - 1))
    again = numbering(flagged, True) if words == 1 else None
    if again is not None:
        np.testing.assert_array_equal(again[::3], 0)
        np.testing.assert_array_equal(again[1::3], by_code[1::3])
    assert len(numbering.regions) == len(set(whole))


# ---- threads, forks, caches ------------------------------------------------------------

PRELUDE = """
import os, sys
import numpy as np
from hedging.engine.design import grid
from hedging.engine.run import sweep
from hedging.model import Model, Parameter

def make(k):
    pay = [["x + %d/7" % k, "y"], ["z*%d" % (k + 1), "x*y"]]
    return Model("m%d" % k, players=("R", "C"), actions=(("a", "b"), ("c", "d")),
                 parameters=[Parameter(n, 0.5, -9, 9) for n in "xyz"],
                 payoffs={"R": pay, "C": pay[::-1]})

def run(k, engine="machine"):
    ds = sweep(make(k), grid(x=(-1, 1, 31), y=(-1, 1, 33)), engine=engine, progress=False)
    return [ds[n].values.tolist() for n in ("region", "count", "status")]
"""


def script(text, cache, **environment):
    """Run a script in a new process with a cache of its own; its output."""
    env = {**os.environ, "HEDGING_CACHE_DIR": str(cache), "PYTHONWARNINGS": "error", **environment}
    env.pop("HEDGING_CACHE", None)
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=300,
        env=env,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_four_threads_sweep_new_models_at_once(tmp_path):
    text = """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(run, range(8)))
    print(all(found[k] == run(k, "numpy") for k in range(8)))
    """
    assert script(text, tmp_path) == ["True"]


def test_threads_share_one_numbering():
    model = random_model(np.random.default_rng(21), 3, 3)
    design = grid(x=(-2, 2, 101), y=(-2, 2, 101))
    whole = both(model, design)
    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:
            assert_same(
                sweep(model, design, report=REPORT, engine="machine", executor=pool, chunk=500),
                whole,
            )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_after_use(tmp_path):
    text = """
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)  # of fork in a process with threads
    before = [run(0), run(1)]
    children = []
    for k in (0, 1, 2):
        child = os.fork()
        if child == 0:
            good = run(k) == run(k, "numpy")
            os._exit(0 if good else 7)
        children.append(child)
    ends = [os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children]
    print(ends == [0, 0, 0], [run(0), run(1)] == before)
    """
    assert script(text, tmp_path, PYTHONWARNINGS="default") == ["True", "True"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs permissions of POSIX")
def test_a_cache_that_cannot_be_written(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o500)
    try:
        assert script("print(run(0) == run(0, 'numpy'))", cache) == ["True"]
        if os.geteuid() != 0:
            assert not list(cache.iterdir())
    finally:
        cache.chmod(0o700)
    file = tmp_path / "file"
    file.write_text("not a directory")
    assert script("print(run(0) == run(0, 'numpy'))", file) == ["True"]


def test_a_damaged_cache_is_built_anew(tmp_path):
    cache = tmp_path / "cache"
    assert script("print(run(0) == run(0, 'numpy'))", cache) == ["True"]
    objects = sorted(cache.glob("*.obj"))
    assert objects
    whole = [path.read_bytes() for path in objects]
    for damage in (lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:-9] + b"\0" * 9):
        for path, content in zip(objects, whole, strict=True):
            path.write_bytes(damage(content))
        assert script("print(run(0) == run(0, 'numpy'))", cache) == ["True"]
        assert [path.read_bytes() for path in objects] == whole


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs signals of POSIX")
def test_a_process_killed_while_it_writes_the_cache(tmp_path):
    killed = """
    import signal
    from hedging.program import machine_cache
    plain = os.fdopen
    class Dying:
        def __init__(self, handle, mode): self.file = plain(handle, mode)
        def __enter__(self): return self
        def __exit__(self, *_): self.file.close()
        def write(self, content):
            self.file.write(content[: len(content) // 2])
            self.file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        def read(self): return self.file.read()
    machine_cache.os.fdopen = Dying
    run(0)
    """
    cache = tmp_path / "cache"
    with pytest.raises(AssertionError):
        script(killed, cache)
    assert [path.suffix for path in cache.iterdir()] == [".tmp"]
    assert script("print(run(0) == run(0, 'numpy'))", cache) == ["True"]
    assert {path.suffix for path in cache.iterdir()} == {".tmp", ".obj"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="units of ru_maxrss differ")
def test_memory_of_a_long_sweep_is_that_of_its_result(tmp_path):
    text = """
    import resource
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    model = make(3)
    def go(n):
        return sweep(model, grid(z=(-1, 1, n), x=(-1, 1, 100), y=(-1, 1, 500)), progress=False)
    go(20)
    before = peak()
    ds = go(400)
    size = sum(v.nbytes for v in ds.data_vars.values()) / 2**20
    print(int(peak() - before), int(size))
    """
    grown, size = map(int, script(text, tmp_path))
    assert size >= 50
    assert grown < 2 * size + 100


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="units of ru_maxrss differ")
def test_memory_of_a_long_reduced_sweep_is_flat(tmp_path):
    text = """
    import resource
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    model = make(3)
    def go(n):
        design = grid(z=(-1, 1, n), x=(-1, 1, 100), y=(-1, 1, 511))
        return sweep(model, design, report="region", reduce="all", progress=False)
    go(20)
    before = peak()
    ds = go(1000)
    print(int(peak() - before), int(ds["points"].sum()) == 1000 * 100 * 511)
    """
    grown, right = script(text, tmp_path)
    assert right == "True"
    assert int(grown) < 100


def test_the_package_is_the_one_under_test():
    assert hedging.sweep is sweep


# -- every processor ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hedging_bimatrix", "triadic_hedging", "sphere_division"])
def test_final_answers_are_the_same_on_every_level(name):
    """Codes may differ where they are undecided; regions, counts and status may not."""
    model = catalogue[name]
    flat = name == "sphere_division"
    first, second = list(model.parameters)[:2] if flat else ("rivalry", "immunity")
    lows = {n: (model.parameters[n].low + 0.01, model.parameters[n].high) for n in (first, second)}
    design = grid(**{n: (low, high, 97) for n, (low, high) in lows.items()})
    fixed = {n: float(p.default) for n, p in model.parameters.items() if n not in lows}
    layout = Layout(design, fixed, tuple(model.parameters))
    answers = []
    for level in LEVELS:
        try:
            target = Target.level(level)
        except hedging.HedgingError:
            pytest.skip("these are levels of x86-64")
        if not target.runs_here():
            pytest.skip(f"this processor has no {level}")
        coded = SignSweep(model, layout, target).codes(0, design.size)
        sets = np.array([0, *range(1, len(coded.regions) + 1)])[coded.region]
        keys = [(), *coded.regions]
        answers.append(([keys[s] for s in sets], coded.count.tolist(), coded.status.tolist()))
    assert answers[0] == answers[1] == answers[2]


# -- many points ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3), (3, 4), (4, 4)])
def test_a_million_points_of_every_shape(shape):
    """A random quadratic model of each shape: the compiled sweep equals the array engine."""
    rng = np.random.default_rng(sum(shape))
    names = [f"p{k}" for k in range(4)]

    def payoff():
        a, b, c = rng.integers(-50, 51, 3)
        x, y, z = rng.choice(names, 3)
        return f"{a}/50*{x}*{y} + {b}/50*{z} + {c}/50"

    model = Model(
        "random",
        players=("A", "B"),
        actions=[[f"{who}{k}" for k in range(m)] for who, m in zip("ab", shape, strict=True)],
        parameters=[Parameter(n, 0.5, 0, 1) for n in names],
        payoffs={
            who: [[payoff() for _ in range(shape[1])] for _ in range(shape[0])] for who in "AB"
        },
    )
    design = sample(10**6 + 3, model, rng=1)
    fast, slow = (sweep(model, design, engine=e, progress=False) for e in ("machine", "numpy"))
    for variable in ("region", "count", "status"):
        np.testing.assert_array_equal(fast[variable], slow[variable])
    assert fast.region.attrs["supports"] == slow.region.attrs["supports"]


# Generic games of shapes that compile; degenerate ones take the solver up to a millisecond each.
MILLIONS = (
    "triadic_hedging",
    "hedging_bimatrix",
    "alliance_dilemma",
    "sphere_division",
    "patient_hedging",
    "mediation_immunity",
    "bridge_rivalry",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", MILLIONS)
def test_a_million_points_of_catalogue_models(name):
    """Regions are compared by what they mean, so that a rare tie cannot shift the codes."""
    model = catalogue[name]
    design = sample(10**6 + 1, model, rng=3)
    fast, slow = (sweep(model, design, engine=e, progress=False) for e in ("machine", "numpy"))
    meanings = [np.array(ds.region.attrs["flag_meanings"].split()) for ds in (fast, slow)]
    np.testing.assert_array_equal(meanings[0][fast.region], meanings[1][slow.region])
    for variable in ("count", "status"):
        np.testing.assert_array_equal(fast[variable], slow[variable])
