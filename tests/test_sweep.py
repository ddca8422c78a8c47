"""Sweeps: the same whoever runs them and however they are cut, complete or marked as not."""

import io
import json
import threading
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import xarray as xr

from hedging.engine import run
from hedging.engine.design import grid, sample
from hedging.engine.progress import reporter
from hedging.engine.provenance import read, replay
from hedging.engine.report import REPORTS, bytes_per_point, memory_text
from hedging.engine.run import sweep
from hedging.engine.summary import regions
from hedging.equilibria.dispatch import solve
from hedging.errors import (
    HedgingError,
    HedgingTypeError,
    ParameterError,
    Status,
    UnknownNameError,
)
from hedging.families import catalogue
from hedging.model import Model, Parameter
from hedging.solving import nash

ALL = ("region", "count", "status", "pure", "probability", "payoff", "regret")


def coordination():
    """Both get x for playing u|l and y for playing d|r, nothing otherwise.

    x, y > 0: two pure equilibria and the mixed one with P(u) = P(l) = y / (x + y);
    x > 0 > y: only u|l; x < 0 < y: only d|r; x, y < 0: u|r, d|l and the mixed one.
    """
    table = [["x", "0"], ["0", "y"]]
    return Model(
        "coordination",
        players=("row", "column"),
        actions=(("u", "d"), ("l", "r")),
        parameters=[
            Parameter("x", 1.0, -2.0, 2.0, meaning="reward of the first way", unit="utility"),
            Parameter("y", 0.5, -2.0, 2.0, meaning="reward of the second way"),
        ],
        payoffs={"row": table, "column": table},
    )


def three_powers():
    """3 x 2 x 2: the first player is paid for hedging, the others for answering its choice."""
    first = [[["t", "t"], ["t", "t"]], [["1", "0"], ["0", "-1"]], [["s", "0"], ["s", "0"]]]
    second = [[["1", "1"], ["0", "0"]], [["1", "1"], ["0", "0"]], [["0", "0"], ["s", "s"]]]
    third = [[["0", "1"], ["0", "1"]], [["1", "0"], ["1", "0"]], [["1", "t"], ["1", "t"]]]
    return Model(
        "three powers",
        players=("M", "A", "B"),
        actions=(("a", "hedge", "b"), ("soft", "hard"), ("soft", "hard")),
        parameters=[Parameter("s", 0.5, -2.0, 2.0), Parameter("t", 0.25, -2.0, 2.0)],
        payoffs={"M": first, "A": second, "B": third},
    )


PLANE = grid(x=(-1.9, 1.9, 8), y=(-1.7, 1.9, 7))  # no zero on either axis


def same(one, two):
    xr.testing.assert_identical(one, two)
    for name in one.variables:
        assert one[name].dtype == two[name].dtype, name


# ---- laws ------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 3, 56, 1000])
@pytest.mark.parametrize("make", [coordination, three_powers])
def test_chunks_change_nothing(make, chunk):
    model = make()
    names = list(model.parameters)
    design = grid(**{names[0]: (-1.9, 1.9, 8), names[1]: (-2, 2, 5)})
    whole = sweep(model, design, report=ALL, progress=False)
    same(sweep(model, design, report=ALL, chunk=chunk, progress=False), whole)


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_change_nothing(workers):
    whole = sweep(coordination(), PLANE, report=ALL, progress=False)
    with ThreadPoolExecutor(workers) as pool:
        same(sweep(coordination(), PLANE, report=ALL, executor=pool, chunk=5), whole)
        assert pool.submit(int).result() == 0  # left open


def test_processes_change_nothing():
    import multiprocessing

    whole = sweep(coordination(), PLANE, report=ALL, progress=False)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        same(sweep(coordination(), PLANE, report=ALL, executor=pool, chunk=20), whole)


class Backwards(Executor):
    """Finishes tasks in the opposite of the order they were handed in."""

    def __init__(self):
        self._queue = []
        self._lock = threading.Lock()

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self._queue.append((future, fn, args, kwargs))
        threading.Timer(0.02, self._work).start()
        return future

    def _work(self):
        with self._lock:
            while self._queue:
                future, fn, args, kwargs = self._queue.pop()
                if future.set_running_or_notify_cancel():
                    future.set_result(fn(*args, **kwargs))


def test_order_of_completion_changes_nothing():
    whole = sweep(coordination(), PLANE, report=ALL, progress=False)
    same(sweep(coordination(), PLANE, report=ALL, executor=Backwards(), chunk=4), whole)


def test_a_point_of_a_sweep_is_a_sweep_of_a_point():
    whole = sweep(coordination(), PLANE, report=ALL, progress=False)
    for x in PLANE.columns()["x"][::3]:
        for y in PLANE.columns()["y"][::3]:
            alone = sweep(coordination(), grid(x=[x]), y=y, report=ALL, progress=False)
            there = whole.sel(x=[x], y=y)
            for name in ("count", "status", "pure"):
                np.testing.assert_array_equal(alone[name], there[name])
            k = int(alone["count"].item())
            for name in ("probability", "payoff", "regret", "support"):
                np.testing.assert_array_equal(
                    alone[name].isel(equilibrium=slice(k)), there[name].isel(equilibrium=slice(k))
                )


@pytest.mark.parametrize("make", [coordination, three_powers])
def test_a_sweep_is_nash_of_the_games_of_the_model(make):
    model = make()
    names = list(model.parameters)
    design = grid(**{names[0]: (-2, 2, 6), names[1]: (-2, 2, 5)})
    ds = sweep(model, design, report=ALL, progress=False)
    mesh = np.meshgrid(*design.columns().values(), indexing="ij")
    report = [name for name in ALL if name != "pure"]
    games = nash(model(**dict(zip(names, mesh, strict=True))), report=[*report, "support"])
    games = games.rename(dict(zip(games["count"].dims, names, strict=True)))
    for name in (*report, "support"):
        # The engines agree on what is decided; numbers may differ in the last bits.
        close = name in ("probability", "payoff", "regret")
        check = partial(xr.testing.assert_allclose, rtol=1e-13, atol=1e-14)
        (check if close else xr.testing.assert_equal)(ds[name].drop_vars(names), games[name])
        assert ds[name].attrs.keys() == games[name].attrs.keys()
        assert str(ds[name].attrs) == str(games[name].attrs)


@pytest.mark.parametrize("make", [coordination, three_powers])
def test_doubles_agree_with_rationals(make):
    model = make()
    names = list(model.parameters)
    # Ties on purpose: 0 and equal values are on the axes.
    design = grid(**{names[0]: (-2, 2, 5), names[1]: [-1.0, 0.0, 0.3, 1.0]})
    ds = sweep(model, design, report=ALL, chunk=7)
    points = design.points(0, design.size)
    for i, values in enumerate(zip(*points.values(), strict=True)):
        exact = model.evaluate_exact(dict(zip(names, values, strict=True)))
        found = solve(exact[None], exact=True)
        if found.status[0] == Status.INCOMPLETE:
            continue  # exact arithmetic stops where three mix, which may be irrational
        there = {name: ds[name].values.reshape(design.size, -1)[i] for name in ("count", "status")}
        assert there["count"] == found.count[0]
        assert there["status"] == found.status[0]
        k = int(found.count[0])
        np.testing.assert_allclose(
            ds["probability"].values.reshape(design.size, -1, sum(model.shape))[i, :k],
            found.probability.astype(float),
            atol=1e-12,
        )


def test_axes_in_the_other_order_give_the_transpose():
    axes = dict(PLANE.columns())
    one = sweep(coordination(), grid(x=axes["x"], y=axes["y"]), report=ALL)
    two = sweep(coordination(), grid(y=axes["y"], x=axes["x"]), report=ALL)
    assert two["count"].dims == ("y", "x")
    for name in one.data_vars:
        xr.testing.assert_equal(one[name], two[name].transpose(*one[name].dims))


def test_region_is_shared_exactly_by_points_with_the_same_supports():
    ds = sweep(coordination(), PLANE, report=ALL, progress=False)
    codes = ds["region"].values.ravel()
    sets = [frozenset(s) - {""} for s in ds["support"].values.reshape(codes.size, -1)]
    table = regions(ds).set_index("code")["equilibria"]
    for code, names in zip(codes, sets, strict=True):
        assert set(table[code]) == names
    assert len(set(codes.tolist())) == len(set(sets)) == 4


def test_pure_agrees_with_the_supports():
    ds = sweep(three_powers(), grid(s=(-1.9, 1.9, 6), t=(-1.8, 1.9, 5)), report=ALL)
    support = ds["support"].values
    for k, profile in enumerate(ds["profile"].values):
        np.testing.assert_array_equal(ds["pure"].values[..., k], (support == profile).any(-1))


# ---- what comes back -------------------------------------------------------------------


def test_coordination_has_the_equilibria_of_its_closed_form():
    ds = sweep(coordination(), PLANE, report=ALL, progress=False)
    x, y = ds["x"], ds["y"]
    alike = ((x > 0) == (y > 0)).broadcast_like(ds["count"])
    np.testing.assert_array_equal(ds["count"], np.where(alike, 3, 1))
    assert (ds["status"] == Status.OK).all()
    at = ds.sel(x=PLANE.columns()["x"][-1], y=PLANE.columns()["y"][-1])
    assert at["support"].values.tolist() == ["u|l", "d|r", "u+d|l+r"]
    p = float(at["y"] / (at["x"] + at["y"]))
    np.testing.assert_allclose(at["probability"][2], [p, 1 - p, p, 1 - p], rtol=1e-14)
    value = float(at["x"] * at["y"] / (at["x"] + at["y"]))
    np.testing.assert_allclose(at["payoff"][2], [value, value], rtol=1e-14)
    assert float(at["regret"].max()) < 1e-15
    assert ds["pure"].sel(profile="u|l").values[-1, -1]


def test_dims_coordinates_and_attributes():
    ds = sweep(coordination(), PLANE, report=ALL, progress=False)
    assert ds["region"].dims == ("x", "y")
    assert ds["probability"].dims == ("x", "y", "equilibrium", "choice")
    assert ds["payoff"].dims == ("x", "y", "equilibrium", "player")
    assert ds["regret"].dims == ds["support"].dims == ("x", "y", "equilibrium")
    assert ds["pure"].dims == ("x", "y", "profile")
    assert ds["pure"].dtype == bool
    assert ds["profile"].values.tolist() == ["u|l", "u|r", "d|l", "d|r"]
    assert ds["player_of"].values.tolist() == ["row", "row", "column", "column"]
    assert ds["action"].values.tolist() == ["u", "d", "l", "r"]
    assert ds["player"].values.tolist() == ["row", "column"]
    assert ds["x"].attrs == {"long_name": "reward of the first way", "units": "utility"}
    assert ds["region"].dtype == ds["status"].dtype == np.uint8
    assert ds["status"].attrs["flag_meanings"].split()[ds["status"].values[0, 0]] == "ok"
    codes, words = ds["region"].attrs["flag_values"], ds["region"].attrs["flag_meanings"].split()
    assert len(codes) == len(words) == 5
    assert words[0] == "no_answer"


def test_default_report_says_what_the_count_is_worth():
    assert set(sweep(coordination(), PLANE).data_vars) == {"region", "count", "status"}
    assert set(sweep(coordination(), PLANE, report="count").data_vars) == {"count", "status"}


def test_sample_runs_along_one_dim_with_its_values_as_coordinates():
    model = coordination()
    points = sample(37, model, rng=4)
    ds = sweep(model, points, report=ALL, progress=False)
    assert ds["region"].dims == ("point",)
    for name in ("x", "y"):
        assert ds[name].dims == ("point",)
        assert ds[name].attrs["units"]
        np.testing.assert_array_equal(ds[name], points.columns()[name])
    same(sweep(model, sample(37, model, rng=4), report=ALL, chunk=5), ds)
    partial = sweep(model, sample(8, model, over="x", rng=4), y=-1.0)
    np.testing.assert_array_equal(partial["count"], np.where(partial["x"] > 0, 1, 3))


def test_parameters_not_swept_are_fixed_or_stay_at_their_defaults():
    assert sweep(coordination(), grid(x=[1.0]))["count"].item() == 3
    assert sweep(coordination(), grid(x=[1.0]), y=-1)["count"].item() == 1
    # Nothing that varies enters these payoffs:
    idle = Model(
        "idle",
        players=("row", "column"),
        actions=(("u", "d"), ("l", "r")),
        parameters=[Parameter("x", 0.0, 0.0, 1.0)],
        payoffs={"row": [["1", "1"], ["0", "0"]], "column": [["1", "0"], ["1", "0"]]},
    )
    ds = sweep(idle, grid(x=(0, 1, 3)), report=ALL)
    assert ds["support"].values.ravel().tolist() == ["u|l"] * 3


# ---- hard points -----------------------------------------------------------------------


def one_formula(formula, low=-10.0, high=10.0):
    return Model(
        "one formula",
        players=("row", "column"),
        actions=(("u", "d"), ("l", "r")),
        parameters=[Parameter("x", 0.5, low, high), Parameter("y", 0.25, low, high)],
        payoffs={
            "row": [[formula, "1"], ["0", "0"]],
            "column": [["1", "0"], ["1", "0"]],
        },
    )


def test_nonfinite_payoffs_are_marked_at_their_points_only():
    ds = sweep(one_formula("1/x"), grid(x=[-1.0, 0.0, 1.0]), report=ALL)
    assert ds["status"].values.tolist()[1] == Status.NONFINITE
    assert (ds["status"].values[[0, 2]] == Status.OK).all()
    assert ds["region"].values[1] == 0
    assert ds["count"].values.tolist() == [1, 0, 1]
    assert not ds["pure"].values[1].any()
    assert np.isnan(ds["probability"].values[1]).all()
    assert ds["support"].values[1, 0] == ""
    table = regions(ds)
    assert table.loc[table["code"] == 0, "equilibria"].item() is None


def test_ties_hidden_by_rounding_are_found_exactly():
    """(x + y)(x - y) - x^2 + y^2 is zero, though doubles seldom say so."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 9, 40)
    model = one_formula("(x + y)*(x - y) - x**2 + y**2")
    values, _ = model.evaluate({"x": x, "y": np.full(40, 0.3)})
    assert (values[:, 0, 0, 0] != 0).any()
    ds = sweep(model, grid(x=x), y=0.3, report=("status", "count"), chunk=7)
    assert (ds["status"] == Status.DEGENERATE).all()


def test_division_by_zero_hidden_by_rounding_is_not_a_game():
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 9, 40)
    model = one_formula("1/((x + y)*(x - y) - x**2 + y**2)")
    for chunk in (1, 40):
        ds = sweep(model, grid(x=x), y=0.3, report=ALL, chunk=chunk)
        assert (ds["status"] == Status.NONFINITE).all()
        assert (ds["region"] == 0).all()
        assert (ds["count"] == 0).all()


def test_undecided_irrational_points_are_never_called_ok():
    model = one_formula("sqrt(x)*sqrt(y) - sqrt(x*y)", low=0.1)
    ds = sweep(model, grid(x=(0.1, 9, 30)), y=0.3, report=("status",))
    assert (ds["status"] != Status.OK).all()


# ---- interruption ----------------------------------------------------------------------


def test_interrupted_from_the_progress_callback_keeps_what_is_done():
    whole = sweep(coordination(), PLANE, report=ALL, progress=False)

    def stop(done, total):
        assert total == PLANE.size
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match=r"interrupted: \d+ of 56 points"):
        part = sweep(coordination(), PLANE, report=ALL, chunk=2, progress=stop)
    done = (part["status"] != Status.NOT_RUN).values
    assert 10 <= done.sum() < PLANE.size
    assert (part["region"].values[~done] == 0).all()
    assert (part["count"].values[~done] == 0).all()
    for name in ("count", "status", "pure"):
        np.testing.assert_array_equal(part[name].values[done], whole[name].values[done])
    k = part.sizes["equilibrium"]
    np.testing.assert_array_equal(
        part["probability"].values[done], whole["probability"].values[done][:, :k]
    )


def test_interrupted_in_a_task_keeps_what_is_done(monkeypatch):
    solve_chunk = run.solve_chunk

    def broken(job, start, stop):
        if start == 24:
            raise KeyboardInterrupt
        return solve_chunk(job, start, stop)

    monkeypatch.setattr(run, "solve_chunk", broken)
    with ThreadPoolExecutor(1) as pool, pytest.warns(RuntimeWarning, match="not_run"):
        ds = sweep(coordination(), PLANE, chunk=8, executor=pool, progress=False)
    status = ds["status"].values.ravel()
    assert (status[:24] == Status.OK).all()
    assert (status[24:32] == Status.NOT_RUN).all()


def test_interrupted_at_once_is_still_a_dataset():
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match="interrupted"):
        ds = sweep(coordination(), grid(x=(-2, 2, 400)), report=ALL, chunk=1, progress=stop)
    assert (ds["status"] == Status.NOT_RUN).any()


def test_an_error_in_a_task_is_raised(monkeypatch):
    def broken(job, start, stop):
        raise ZeroDivisionError

    monkeypatch.setattr(run, "solve_chunk", broken)
    with pytest.raises(ZeroDivisionError):
        sweep(coordination(), PLANE)


# ---- progress --------------------------------------------------------------------------


def test_callback_hears_of_every_point_in_order():
    heard = []
    sweep(coordination(), PLANE, chunk=10, progress=lambda *a: heard.append(a))
    assert heard[-1] == (56, 56)
    assert heard == sorted(set(heard))


def test_short_runs_say_nothing(capsys):
    sweep(coordination(), PLANE)
    sweep(coordination(), PLANE, progress=False)
    assert capsys.readouterr() == ("", "")


def test_lines_come_every_five_seconds():
    now = [0.0]
    stream = io.StringIO()
    show = reporter(None, 200, stream=stream, clock=lambda: now[0])
    for second in range(12):
        now[0] = float(second)
        show.update(10 * second)
    show.close()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "sweep: 50 of 200 points (25 %) in 5 s, about 15 s left"
    assert len(lines) == 2


def test_progress_of_another_kind_is_refused():
    with pytest.raises(HedgingTypeError, match="None, True, False or a function"):
        sweep(coordination(), PLANE, progress="yes")


# ---- provenance and files --------------------------------------------------------------


@pytest.mark.parametrize("design", [PLANE, grid(x=[0.3, -1.5]), "sample"])
def test_a_sweep_can_be_run_again_from_what_it_says(design):
    model = coordination()
    design = sample(9, model, rng=11) if design == "sample" else design
    fixed = {} if "y" in design.names else {"y": 0.1}
    ds = sweep(model, design, report=ALL, **fixed)
    same(replay(ds), ds)
    same(replay(ds.attrs["hedging"], chunk=4, progress=False), ds)


def test_the_note_names_everything_that_matters():
    note = json.loads(sweep(coordination(), grid(x=[0.3]), y=0.1).attrs["hedging"])
    assert note["fixed"] == {"y": 0.1}
    assert note["report"] == ["region", "count"]
    assert note["rng"] is None
    assert {"hedging", "python", "numpy"} <= set(note["versions"])
    assert note["tolerances"]["unit_roundoff"] == 2.0**-53
    points = sample(4, coordination(), rng=1)
    assert read(sweep(coordination(), points))["rng"] == list(points.entropy)


def test_bounds_lifted_stay_lifted_when_run_again():
    ds = sweep(coordination(), grid(x=[5.0]), check_bounds=False)
    same(replay(ds), ds)


@pytest.mark.parametrize(
    ("source", "error", "says"),
    [
        (3, HedgingTypeError, "carries no attrs"),
        ("not json", ParameterError, "is not JSON"),
        ("[]", ParameterError, "format None"),
        ('{"format": 99}', ParameterError, "format 99"),
    ],
)
def test_replay_refuses(source, error, says):
    with pytest.raises(error, match=says):
        replay(source)


def test_replay_does_not_change_the_question():
    with pytest.raises(ParameterError, match="cannot change 'report'"):
        replay(sweep(coordination(), PLANE), report="pure")


@pytest.mark.parametrize("kind", ["grid", "sample", "long", "broken"])
def test_netcdf_round_trip_keeps_everything(tmp_path, kind):
    pytest.importorskip("h5netcdf")
    model = coordination()
    design = {
        "grid": PLANE,
        "sample": sample(9, model, rng=11),
        # A note beyond 64 KiB, which is more than an HDF5 object header holds.
        "long": grid(x=np.random.default_rng(0).uniform(-2, 2, 5000)),
        "broken": grid(x=[0.0]),
    }[kind]
    if kind == "broken":
        ds = sweep(one_formula("1/x"), design, report=ALL)
    else:
        ds = sweep(model, design, report=("count",) if kind == "long" else ALL)
    path = tmp_path / "sweep.nc"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ds.to_netcdf(path, engine="h5netcdf")
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            back = opened.load()
    xr.testing.assert_equal(back, ds)
    assert back.attrs == ds.attrs
    for name in ds.variables:
        assert back[name].dtype.kind in {ds[name].dtype.kind, "O", "U", "T"}, name
        assert set(back[name].attrs) == set(ds[name].attrs)
        for key, value in ds[name].attrs.items():
            np.testing.assert_array_equal(back[name].attrs[key], value)
    if "region" in ds:
        assert back["region"].dtype == ds["region"].dtype
        assert regions(back).equals(regions(ds))
    again = replay(back)
    xr.testing.assert_identical(again, ds)


# ---- the table of regions --------------------------------------------------------------


def test_regions_table():
    table = regions(sweep(coordination(), PLANE))
    assert table.columns.tolist() == ["code", "equilibria", "count", "points", "share"]
    assert table["points"].sum() == PLANE.size
    assert table["share"].sum() == pytest.approx(1)
    assert table["share"].is_monotonic_decreasing
    assert set(table["equilibria"]) == {
        ("u|l",),
        ("d|r",),
        ("u|l", "d|r", "u+d|l+r"),
        ("u|r", "d|l", "u+d|l+r"),
    }
    np.testing.assert_array_equal(table["count"], table["equilibria"].map(len))


def test_codes_go_from_few_equilibria_to_many():
    table = regions(sweep(coordination(), PLANE)).sort_values("code")
    assert table["code"].tolist() == [1, 2, 3, 4]
    assert table["equilibria"].tolist()[:2] == [("u|l",), ("d|r",)]
    assert table["count"].tolist() == [1, 1, 3, 3]


def test_regions_needs_codes():
    with pytest.raises(HedgingTypeError, match="no region codes"):
        regions(sweep(coordination(), PLANE, report="count"))


# ---- refusals --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        ({"design": grid(z=(0, 1, 3))}, UnknownNameError, "axis 'z' is no parameter"),
        ({"w": 1.0}, UnknownNameError, "fixed value 'w' is no parameter"),
        ({"x": 1.0}, ParameterError, "both swept and fixed"),
        ({"design": grid(x=[0.5]), "y": [1, 2]}, ParameterError, "sweep it"),
        ({"report": "regions"}, UnknownNameError, "did you mean 'region'"),
        ({"report": ()}, ParameterError, "report is empty"),
        ({"report": 5}, HedgingTypeError, "type names"),
        ({"store": "here.zarr"}, HedgingError, "not available in this version"),
        ({"engine": "gpu"}, ParameterError, "type 'auto', 'machine' or 'numpy'"),
        ({"chunk": 0}, ParameterError, "positive number of points"),
        ({"chunk": 2.5}, ParameterError, "positive number of points"),
        ({"max_bytes": 1e9}, ParameterError, "positive int"),
        ({"executor": 4}, HedgingTypeError, "concurrent.futures.Executor"),
        ({"design": {"x": (0, 1, 3)}}, HedgingTypeError, "give grid"),
        ({"model": "coordination"}, HedgingTypeError, "give a model"),
    ],
)
def test_sweep_refuses(call, error, says):
    arguments = {"model": coordination(), "design": PLANE} | call
    with pytest.raises(error) as caught:
        sweep(**arguments)
    assert isinstance(caught.value, HedgingError)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_report_lists_all():
    with pytest.raises(UnknownNameError) as caught:
        sweep(coordination(), PLANE, report=("region", "colour"))
    assert all(name in str(caught.value) for name in REPORTS)


@pytest.mark.parametrize("where", ["axis", "fixed"])
def test_out_of_range_names_parameter_value_and_range(where):
    design, fixed = (grid(x=(0, 7, 2)), {}) if where == "axis" else (grid(y=[1.0]), {"x": 7.0})
    with pytest.raises(ParameterError) as caught:
        sweep(coordination(), design, **fixed)
    message = str(caught.value)
    assert "x" in message
    assert "7" in message
    assert "-2" in message
    assert "2" in message
    assert "\n" not in message
    assert sweep(coordination(), design, check_bounds=False, **fixed)["count"].size


@pytest.mark.parametrize(
    "design",
    [
        grid(x=(0, 1, 10**6), y=(0, 1, 10**6)),
        grid(x=(0, 1, 10**12)),
    ],
)
@pytest.mark.parametrize("report", ["count", ALL])
def test_a_grid_of_a_trillion_points_is_refused_before_anything_is_allocated(design, report):
    with pytest.raises(ParameterError) as caught:
        sweep(coordination(), design, report=report)
    message = str(caught.value)
    assert "1e+12 points need" in message
    assert "TiB" in message
    assert "max_bytes" in message
    assert "per axis" in message
    assert "\n" not in message


def test_max_bytes_is_the_limit():
    size = PLANE.size * bytes_per_point(("region", "count", "status"), (2, 2)) + PLANE.nbytes
    assert sweep(coordination(), PLANE, max_bytes=size)["count"].size == PLANE.size
    with pytest.raises(ParameterError, match="may be used"):
        sweep(coordination(), PLANE, max_bytes=size - 1)


def test_more_equilibria_than_foreseen_are_counted_against_the_limit():
    report = ("status", "probability")
    size = PLANE.size * bytes_per_point(report, (2, 2)) + PLANE.nbytes
    with pytest.raises(ParameterError, match="some points have 3 equilibria"):
        sweep(coordination(), PLANE, report=report, max_bytes=size)


def test_memory_in_words():
    assert memory_text(100) == "100 B"
    assert memory_text(3 * 2**30) == "3 GiB"
    assert memory_text(2.0**55) == "32 PiB"


@pytest.mark.parametrize("name", ["profile", "engine", "max_bytes"])
def test_parameters_that_would_hide_something_are_refused(name):
    model = Model(
        "clash",
        players=("row", "column"),
        actions=(("u", "d"), ("l", "r")),
        parameters=[Parameter(name, 0.5, 0.0, 1.0)],
        payoffs={"row": [[name, "0"], ["0", "1"]], "column": [["1", "0"], ["0", "1"]]},
    )
    with pytest.raises(ParameterError, match="rename"):
        sweep(model, grid(**{name: (0, 1, 3)}))


@pytest.mark.parametrize("name", ["alignment_ladder", "patient_hedging"])
@pytest.mark.parametrize("report", [("status",), ("pure", "status"), "pure"])
def test_status_may_be_asked_for(name, report):
    model = catalogue[name]
    first = next(iter(model.parameters.values()))
    ds = sweep(model, grid(**{first.name: [first.default, first.high]}), report=report)
    assert ds["status"].values.tolist() == [Status.OK] * 2
