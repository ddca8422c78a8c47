"""Reduced sweeps count the points of the map and keep none of them."""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import combinations

import numpy as np
import pytest

from hedging.engine.design import grid, sample
from hedging.engine.run import sweep
from hedging.engine.tally import Tally, kept_dims
from hedging.errors import HedgingTypeError, ParameterError, Status, UnknownNameError
from hedging.families import catalogue
from hedging.model import Model, Parameter

FLAGSHIP = catalogue["triadic_hedging"]


def coordination():
    """Two players; ties at x = 0, nothing defined at z = 0."""
    return Model(
        "coordination",
        players=("R", "C"),
        actions=(("a", "b"), ("a", "b")),
        parameters=[Parameter(name, 0.5, -9, 9, meaning=f"what {name} is") for name in "xyz"],
        payoffs={"R": [["x", "0"], ["0", "y"]], "C": [["x", "1/z"], ["0", "y"]]},
    )


GRID = grid(x=(-1, 1, 13), y=(-1, 1, 5), z=[-1.0, 0.0, 2.0, 3.0])


def meanings(attrs):
    """Sets of supports by code."""
    return {int(k): frozenset(v) for k, v in json.loads(attrs["supports"]).items()}


def assert_counts(counted, full, reduced):
    """The histogram of the full map over the dimensions that are gone."""
    keep = [d for d in full["region"].dims if d not in reduced]
    assert counted["points"].dims == (*keep, "region")
    assert counted["status_points"].dims == (*keep, "flag")
    assert set(counted.data_vars) == {"points", "status_points"}
    flags = [s.meaning for s in Status]
    assert counted["flag"].values.tolist() == flags
    codes = meanings(full["region"].attrs)
    assert meanings(counted["region"].attrs) == codes
    np.testing.assert_array_equal(counted["region"].values, range(len(codes) + 1))
    for variable, name, number in (
        (full["region"], "points", len(codes) + 1),
        (full["status"], "status_points", len(flags)),
    ):
        moved = variable.transpose(*keep, *reduced).values
        cells = moved.reshape(*moved.shape[: len(keep)], -1)
        for code in range(number):
            expected = (cells == code).sum(axis=-1)
            np.testing.assert_array_equal(counted[name].values[..., code], expected)
    for name in keep:
        if name in full.coords:
            assert counted[name].identical(full[name])


def every_choice(dims):
    return [list(c) for k in range(len(dims) + 1) for c in combinations(dims, k)]


@pytest.mark.parametrize("engine", ["machine", "numpy"])
@pytest.mark.parametrize("reduced", every_choice("xyz"))
def test_every_choice_of_dimensions(engine, reduced):
    model = coordination()
    full = sweep(model, GRID, report=("region", "status"), engine=engine)
    for chunk in (None, 7, 100):
        counted = sweep(model, GRID, report="region", reduce=reduced, engine=engine, chunk=chunk)
        assert_counts(counted, full, reduced)


@pytest.mark.parametrize("order", ["xyz", "zyx", "yxz"])
@pytest.mark.parametrize("reduced", ["x", "y", ("z", "x"), "all"])
def test_order_of_the_axes(order, reduced):
    axes = {"x": (-1, 1, 7), "y": (-1, 1, 5), "z": [-1.0, 0.0, 2.0]}
    design = grid(**{name: axes[name] for name in order})
    model = coordination()
    full = sweep(model, design, report=("region", "status"))
    counted = sweep(model, design, report="region", reduce=reduced, chunk=11)
    assert_counts(counted, full, list(order) if reduced == "all" else list(reduced))


def test_one_name_many_names_and_the_order_they_are_named_in():
    model = coordination()
    one = sweep(model, GRID, reduce="x", report="region")
    assert one.identical(sweep(model, GRID, reduce=["x"], report="region"))
    several = [sweep(model, GRID, reduce=r, report="region") for r in (("x", "z"), ("z", "x"))]
    for name in ("points", "status_points"):
        np.testing.assert_array_equal(several[0][name].values, several[1][name].values)


@pytest.mark.parametrize("reduced", ["all", "point", ("point",)])
@pytest.mark.parametrize("chunk", [None, 1, 17])
def test_samples(reduced, chunk):
    model = coordination()
    design = sample(301, {"x": (-2, 2), "y": (-2, 2), "z": (-2, 2)}, rng=3)
    full = sweep(model, design, report=("region", "status"))
    counted = sweep(model, design, report="region", reduce=reduced, chunk=chunk)
    assert_counts(counted, full, ["point"])
    assert counted["points"].shape == (counted.sizes["region"],)
    assert counted["points"].sum() == 301


def test_the_points_of_a_sample_may_stay():
    model = coordination()
    design = sample(20, {"x": (-2, 2)}, rng=3)
    counted = sweep(model, design, report="region", reduce=())
    full = sweep(model, design, report=("region", "status"))
    np.testing.assert_array_equal(counted["points"].argmax("region"), full["region"])


def test_three_players():
    design = grid(rivalry=(0, 5, 21), immunity=(0, 1, 11), windfall_a=[0.0, 0.05])
    full = sweep(FLAGSHIP, design, report=("region", "status"))
    for reduced in (["rivalry"], ["immunity"], ["windfall_a", "rivalry"]):
        counted = sweep(FLAGSHIP, design, report="region", reduce=reduced, chunk=50)
        assert_counts(counted, full, reduced)


@pytest.mark.parametrize("workers", [1, 4])
def test_threads_change_nothing(workers):
    model = coordination()
    whole = sweep(model, GRID, report="region", reduce="y")
    with ThreadPoolExecutor(workers) as pool:
        cut = sweep(model, GRID, report="region", reduce="y", executor=pool, chunk=13)
    for name in whole.variables:
        np.testing.assert_array_equal(whole[name].values, cut[name].values)
    assert str(whole["region"].attrs) == str(cut["region"].attrs)


def test_processes_change_nothing():
    model = coordination()
    full = sweep(model, GRID, report=("region", "status"))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        counted = sweep(model, GRID, report="region", reduce=("x", "z"), executor=pool, chunk=40)
    assert_counts(counted, full, ["x", "z"])


def test_attributes():
    model = coordination()
    counted = sweep(model, GRID, report="region", reduce="x")
    assert counted["points"].attrs == {
        "long_name": "number of points in the region",
        "units": "1",
    }
    assert counted["status_points"].attrs["units"] == "1"
    assert counted["flag"].attrs["long_name"] == "status"
    assert counted["y"].attrs == {"long_name": "what y is", "units": "1"}
    note = json.loads(counted.attrs["hedging"])
    assert note["model"]["name"] == "coordination"
    assert "region" in note["report"]
    assert sum(json.loads(counted.attrs["stages"]).values()) == pytest.approx(1)
    attrs = counted["region"].attrs
    assert len(attrs["flag_values"]) == counted.sizes["region"]
    assert len(attrs["flag_meanings"].split()) == counted.sizes["region"]


def test_an_interrupted_run_says_what_it_has_not_counted():
    model = coordination()

    def stop(done, total):
        if done:
            raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match="interrupted"):
        counted = sweep(model, GRID, report="region", reduce="x", chunk=13, progress=stop)
    flags = counted["status_points"]
    assert (flags.sum("flag") == 13).all()
    left = int(flags.sel(flag=Status.NOT_RUN.meaning).sum())
    assert counted["points"].sum() == GRID.size - left
    assert 0 <= left < GRID.size


@pytest.mark.parametrize(("options", "error", "says"), [
    ({"reduce": "w"}, UnknownNameError, "reduce names 'w'.*'all' or some of x, y, z"),
    ({"reduce": ("x", "point")}, UnknownNameError, "'point'"),
    ({"reduce": 3}, HedgingTypeError, "reduce is 3"),
    ({"reduce": "x", "report": "pure"}, ParameterError, "reports \\('region',\\) only"),
    ({"reduce": "x", "report": ("region", "probability")}, ParameterError, "only"),
    ({"reduce": "all", "report": ("region", "margin")}, ParameterError, "only"),
    ({"reduce": (), "max_bytes": 1000}, ParameterError, "reduce over more dimensions"),
])  # fmt: skip
def test_what_is_refused(options, error, says):
    with pytest.raises(error, match=says):
        sweep(coordination(), GRID, **{"report": "region", **options})


def test_histograms_that_outgrow_the_memory_are_refused():
    with pytest.raises(ParameterError, match="regions in 65 blocks"):
        sweep(coordination(), GRID, report="region", reduce="z", max_bytes=65 * 8 * 8)


def test_blocks_without_end_are_refused_before_anything_is_allocated():
    axes = dict.fromkeys("xy", (0, 1, 10**6))
    with pytest.raises(ParameterError, match="may be used"):
        sweep(coordination(), grid(**axes), report="region", reduce=())


def test_counting_twice_does_nothing():
    from hedging.engine.report import Answer

    model = coordination()
    tally = Tally(GRID, model, kept_dims(GRID, "all"), 10**6)
    piece = Answer(0, np.zeros(5, np.uint8), np.ones(5, np.uint8))
    piece.region, piece.regions = np.array([1, 1, 2, 2, 0], np.uint8), [(5,), (6,)]
    piece.stages = {"machine": 5}
    tally.add(piece)
    tally.add(piece)
    assert tally.points == 5
    assert tally.stages == {"machine": 5}
    result = tally.dataset(model.parameters, "{}")
    assert result["points"].values.tolist() == [1, 2, 2]
    assert result["status_points"].sel(flag="not_run") == GRID.size - 5


def test_codes_are_numbered_alike_whoever_comes_first():
    from hedging.engine.report import Answer

    model, keep = coordination(), kept_dims(GRID, "all")
    results = []
    for order in ((0, 1), (1, 0)):
        tally = Tally(GRID, model, keep, 10**6)
        pieces = []
        for start, regions in ((0, [(5,), (10,)]), (4, [(10,), (5, 10, 15)])):
            piece = Answer(start, np.zeros(4, np.uint8), np.ones(4, np.uint8))
            piece.region, piece.regions = np.array([1, 2, 2, 2], np.uint8), regions
            pieces.append(piece)
        for k in order:
            tally.add(pieces[k])
        results.append(tally.dataset(model.parameters, "{}"))
    assert results[0].identical(results[1])
    assert results[0]["points"].values.tolist() == [0, 1, 4, 3]


def test_memory_is_that_of_the_histograms():
    """A design whose points would not fit is counted all the same."""
    design = grid(x=(-1, 1, 400), y=(-1, 1, 500), z=[1.0, 2.0])
    counted = sweep(coordination(), design, report="region", reduce=("x", "y"), max_bytes=2000)
    assert counted["points"].sum("region").values.tolist() == [200_000] * 2
