"""The command line: what it prints, what it writes, and how it refuses."""

import json
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import hedging as hg
from hedging.cli import boundary, files, main, mapping
from hedging.cli.request import Point


def run(capsys, *arguments):
    """Exit code, standard output and standard error of one command."""
    try:
        code = main(list(arguments))
    except SystemExit as stop:  # argparse leaves this way
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


SMALL = ("sweep", "triadic_hedging", "--over", "rivalry=0:5:26", "--over", "immunity=0:1:21")


def words(text):
    return " ".join(text.split())


# -- looking --------------------------------------------------------------------------------


def test_models_lists_the_catalogue(capsys):
    code, out, _ = run(capsys, "models")
    assert code == 0
    for name, model in hg.catalogue.items():
        assert name in out
        assert "x".join(map(str, model.shape)) in out


@pytest.mark.parametrize("name", list(hg.catalogue))
def test_one_model_shows_every_parameter(capsys, name):
    code, out, _ = run(capsys, "models", name)
    assert code == 0
    for parameter in hg.catalogue[name].parameters.values():
        assert parameter.name in out
        assert words(parameter.meaning) in words(out)
    for key in hg.catalogue[name].curves:
        assert key in out


def test_cases_lists_countries_and_admits_gaps(capsys):
    code, out, _ = run(capsys, "cases")
    assert code == 0
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    assert lines["KAZ"][-1] == "0.7567"
    assert lines["UZB"][-1] == "-"
    code, out, _ = run(capsys, "cases", "KAZ")
    assert "Kazakhstan (KAZ) between A = Russia and B = China" in out
    assert "Own calculations" in out


def test_solve_prints_the_game_and_its_equilibria(capsys):
    code, out, _ = run(capsys, "solve", "triadic_hedging", "--case", "KAZ", "--set", "rivalry=1")
    assert code == 0
    assert "Kazakhstan 2015-2019" in out
    assert "1 equilibrium; status ok" in out
    assert "1. M hedges, A and B accommodate" in out
    # 3 x 2 x 2 profiles, one of them marked
    assert sum(line.rstrip().endswith("equilibrium") for line in out.splitlines()) == 1
    assert sum(line.startswith(("align_a", "hedge", "align_b")) for line in out.splitlines()) == 12


def test_solve_exactly_answers_in_fractions(capsys):
    arguments = ("solve", "hedging_bimatrix", "--set", "rivalry=3", "--set", "immunity=7/20")
    code, out, _ = run(capsys, *arguments, "--exact")
    assert code == 0
    assert "align_a 7/10, hedge 3/10" in out
    assert "accommodate 487/630, pressure 143/630" in out
    assert "regret 0" in out
    code, out, _ = run(capsys, *arguments)
    assert "align_a 0.7, hedge 0.3" in out


def test_version(capsys):
    code, out, _ = run(capsys, "--version")
    assert (code, out) == (0, f"hedging {hg.__version__}\n")


# -- sweeps ---------------------------------------------------------------------------------


def test_sweep_prints_regions_boundary_and_files(capsys, tmp_path):
    data, picture = tmp_path / "new" / "map.nc", tmp_path / "other" / "map.png"
    code, out, err = run(
        capsys, *SMALL, "--case", "KAZ", "--out", str(data), "--plot", str(picture)
    )
    assert (code, err) == (0, "")
    assert "546 games" in out
    assert "M hedges, A and B accommodate" in out
    # R* = 1.6 and mu* = 0.2 in closed form, beside what a grid with steps 0.2 and 0.05 shows.
    assert "R_star = 1.6 " in out
    assert "holds up to 1.6, not at 1.8" in out
    assert "mu_star = 0.2 " in out
    assert "not at 0.15, holds from 0.2" in out
    assert str(data) in out
    assert str(picture) in out
    assert sorted(p.name for p in tmp_path.rglob("*.*")) == ["map.nc", "map.png"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    with xr.open_dataset(data, engine="h5netcdf") as ds:
        assert ds.region.shape == (26, 21)
        assert json.loads(ds.attrs["hedging"])["fixed"]["value_a"] == 0.7567


def test_written_data_are_those_of_the_library(capsys, tmp_path):
    path = tmp_path / "map.nc"
    assert run(capsys, *SMALL, "--set", "value_a=0.6", "--out", str(path))[0] == 0
    grid = hg.grid(rivalry=(0, 5, 26), immunity=(0, 1, 21))
    direct = hg.sweep(
        hg.catalogue["triadic_hedging"],
        grid,
        report=("region", "count", "status"),
        progress=False,
        value_a=0.6,
    )
    with xr.open_dataset(path, engine="h5netcdf") as stored:
        xr.testing.assert_equal(stored.load(), direct)
        assert hg.regions(stored).equals(hg.regions(direct))


def test_shares_are_those_of_the_library(capsys):
    _, out, _ = run(capsys, *SMALL)
    table = hg.regions(
        hg.sweep(
            hg.catalogue["triadic_hedging"],
            hg.grid(rivalry=(0, 5, 26), immunity=(0, 1, 21)),
            progress=False,
        )
    )
    first = next(line for line in out.splitlines() if line.startswith("  1"))
    assert first.split()[1:4] == [str(table.code[0]), f"{100 * table.share[0]:.0f}", "%"]


@pytest.mark.parametrize(
    ("model", "axis"),
    [
        ("hedging_bimatrix", "rivalry=0:5:11"),
        ("alliance_dilemma", None),
        ("sphere_division", None),
    ],
)
def test_every_model_can_be_swept_and_drawn(capsys, tmp_path, model, axis):
    if axis is None:
        parameter = next(iter(hg.catalogue[model].parameters.values()))
        axis = f"{parameter.name}={float(parameter.low)}:{float(parameter.high)}:11"
    path = tmp_path / "strip.svg"
    code, out, err = run(capsys, "sweep", model, "--over", axis, "--plot", str(path))
    assert (code, err) == (0, "")
    assert "11 games" in out
    assert path.exists()


def strip(holds, values=None):
    """A sweep along x in which code 1 has the equilibrium and code 2 has not."""
    table = {"1": ["hedge|accommodate"], "2": ["align_a|accommodate"]}
    codes = np.where(holds, 1, 2).astype(np.uint8)
    values = np.arange(len(codes), dtype=float) if values is None else values
    region = ("x", codes, {"supports": json.dumps(table)})
    return xr.Dataset({"region": region}, coords={"x": values})


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ([1, 1, 1], ["holds throughout"]),
        ([0, 0, 0], ["holds nowhere"]),
        ([1, 1, 0], ["holds up to 1, not at 2"]),
        ([0, 1, 1], ["not at 0, holds from 1"]),
        ([0, 1, 0], ["not at 0, holds from 1", "holds up to 1, not at 2"]),
    ],
)
def test_where_an_equilibrium_holds(holds, said):
    ds = strip(np.array(holds, bool))
    assert boundary._switches(*boundary._along(ds, "x", {"x": 1.0}, "hedge|accommodate")) == said


def test_where_an_equilibrium_holds_in_any_order_of_the_axis():
    ds = strip(np.array([0, 1, 1], bool), np.array([2.0, 0.0, 1.0]))
    values, there = boundary._along(ds, "x", {"x": 1.0}, "hedge|accommodate")
    assert boundary._switches(values, there) == ["holds up to 1, not at 2"]


def boundary_rows(out):
    """Lines of the last table, and what it is about."""
    lines = out.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("Where "))
    return lines[start], [line for line in lines[start + 2 :] if line.strip()]


def test_only_curves_that_bound_the_equilibrium_are_shown(capsys):
    # At the defaults a = xE - c_A = 0.05 < f = 0.06 and b = yS - c_B = 0.08 > f: B enters alone.
    # That ends at x = (c_A + f)/E = 0.21 and y = c_B/S = 0.1; y_clash and x_entry bound others.
    axes = ("--over", "capture_share_a=0:0.6:61", "--over", "capture_share_b=0:0.6:61")
    code, out, _ = run(capsys, "sweep", "sphere_division", *axes)
    assert code == 0
    about, rows = boundary_rows(out)
    assert "A respects, B encroaches" in about
    assert "x_clash = 0.21 " in rows[0]
    assert "y_entry = 0.1 " in rows[1]
    assert len(rows) == 2
    for absent in ("y_clash", "x_entry", "nowhere"):
        assert absent not in out


def test_the_quiet_equilibrium_is_followed_wherever_it_exists(capsys):
    # Entry pays neither for x <= 0.15 nor for y <= 0.1; the line through (0.14, 0.05) sees both.
    start = ("--set", "entry_cost_a=0.25", "--set", "entry_cost_b=0.3")
    _, out, _ = run(
        capsys, "sweep", "sphere_division", *start, "--over", "capture_share_a=0:0.6:61"
    )
    about, rows = boundary_rows(out)
    assert "A and B respect" in about
    assert "x_entry = 0.25 " in rows[0]


def test_the_line_looked_at_is_the_one_named(capsys):
    # 0.35 is no grid value: the nearest, 0.5, is what the sweep and the closed form are taken at.
    axes = ("--over", "rivalry=0:5:501", "--over", "immunity=0:1:3")
    _, out, _ = run(capsys, "sweep", "hedging_bimatrix", *axes)
    _, rows = boundary_rows(out)
    r_star = float(hg.catalogue["hedging_bimatrix"].critical("R_star", immunity=0.5))
    assert "immunity = 0.5 " in rows[0]
    assert f"R_star = {r_star:.6g} " in rows[0]


def test_no_equilibrium_at_the_start_is_said(capsys):
    ds = strip(np.array([0, 0, 0], bool))
    ds["region"][:] = 0
    boundary.say_boundary(ds, hg.catalogue["hedging_bimatrix"], {"x": 1.0})
    assert "No equilibrium is known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("point", "axes", "said"),
    [
        (Point({}, "", ()), ["rivalry"], "default values"),
        (Point({}, "Mongolia", ("value_a",)), ["value_a"], "Mongolia"),
        (
            Point({}, "Mongolia", ("value_a", "value_b")),
            ["rivalry", "drift_loss_a"],
            "Mongolia (values from data; rivalry, drift loss a: defaults)",
        ),
        (
            Point({}, "Mongolia", ("value_a",)),
            ["rivalry", "value_a"],
            "Mongolia (values from data; rivalry: default)",
        ),
    ],
)
def test_the_mark_says_what_is_data_and_what_is_not(point, axes, said):
    assert mapping._whereabouts(point, axes) == said


def test_codes_are_said_to_be_of_this_run(capsys):
    _, out, _ = run(capsys, *SMALL)
    assert "code: number in the data, good for this run only" in out


# -- refusals -------------------------------------------------------------------------------

SWEEP = ("sweep", "triadic_hedging")
AXIS = ("--over", "rivalry=0:5:3")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "COMMAND"),
        (("dance",), "dance"),
        (("models", "triadic_hegding"), "triadic_hedging"),
        (("cases", "XXX"), "XXX"),
        (("solve", "nothing_such"), "nothing_such"),
        (("solve", "triadic_hedging", "--set", "rivalri=1"), "rivalry"),
        (("solve", "triadic_hedging", "--set", "rivalry=9"), "rivalry"),
        (("solve", "triadic_hedging", "--set", "rivalry=nan"), "NAME=VALUE"),
        (("solve", "triadic_hedging", "--set", "rivalry"), "NAME=VALUE"),
        (("solve", "triadic_hedging", "--set", "rivalry=1/0"), "NAME=VALUE"),
        (
            ("solve", "triadic_hedging", "--set", "rivalry=1", "--set", "rivalry=2"),
            "rivalry twice",
        ),
        (("solve", "triadic_hedging", "--case", "KAZ", "--window", "1815-1848"), "1815-1848"),
        (("solve", "triadic_hedging", "--window", "2015-2019"), "--case"),
        (("solve", "triadic_hedging", "--case", "UZB"), "UZB"),
        (("solve", "sphere_division", "--case", "KAZ"), "sphere_division"),
        (SWEEP, "--over"),
        ((*SWEEP, "--over", "rivalry=0:5"), "LOW:HIGH:NUMBER"),
        ((*SWEEP, "--over", "rivalry=0:five:3"), "LOW:HIGH:NUMBER"),
        ((*SWEEP, "--over", "rivalry=5:0:3"), "type --over rivalry=0:5:3;"),
        ((*SWEEP, "--over", "rivalry=0:5:0"), "type --over rivalry=0:5:101;"),
        ((*SWEEP, "--over", "rivalry=0:5:-7"), "type --over rivalry=0:5:101;"),
        ((*SWEEP, "--over", "rivalry=0:nan:3"), "type --over rivalry=0:1:3;"),
        ((*SWEEP, "--over", "rivalry=2:2:3"), "type --set rivalry=2;"),
        ((*SWEEP, "--over", "rivalry=0:5:3:4"), "LOW:HIGH:NUMBER"),
        ((*SWEEP, *AXIS, "--report", "margin"), "in Python, type sweep(..., profile="),
        ((*SWEEP, "--over", "nobody=0:5:3"), "nobody"),
        ((*SWEEP, "--over", "rivalry=0:50:3"), "rivalry"),
        ((*SWEEP, *AXIS, *AXIS), "rivalry twice"),
        ((*SWEEP, *AXIS, "--set", "rivalry=1"), "--over"),
        ((*SWEEP, *AXIS, "--report", "region,beauty"), "beauty"),
        (
            (*SWEEP, "--over", "rivalry=0:5:1000000", "--over", "immunity=0:1:1000000"),
            "give fewer points in --over",
        ),
        ((*SWEEP, *AXIS, "--out", "map.csv"), "map.nc"),
        ((*SWEEP, *AXIS, "--plot", "map.docx"), ".png"),
    ],
)
def test_a_mistake_costs_one_line(capsys, arguments, said):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("hedging")
    assert err.count("\n") == 1
    assert said in err
    for python in ("max_bytes", "check_bounds", "=(", "sample("):
        assert python not in err


@pytest.mark.parametrize("option", ["--out", "--plot"])
def test_directories_are_not_overwritten(capsys, tmp_path, option):
    where = tmp_path / ("map.nc" if option == "--out" else "map.png")
    where.mkdir()
    code, _, err = run(capsys, *SWEEP, *AXIS, option, str(where))
    assert code == 2
    assert "is a directory" in err
    assert where.is_dir()


def test_three_axes_can_be_stored_but_not_drawn(capsys, tmp_path):
    three = (*SWEEP, *AXIS, "--over", "immunity=0:1:3", "--over", "offset=0:1:3")
    data, picture = tmp_path / "cube.nc", tmp_path / "cube.png"
    assert run(capsys, *three, "--out", str(data))[0] == 0
    code, out, err = run(capsys, *three, "--plot", str(picture))
    assert (code, out) == (2, "")
    assert "two" in err
    assert not picture.exists()


def test_a_failed_write_leaves_nothing_and_spares_what_was_there(tmp_path):
    path = tmp_path / "map.nc"
    path.write_text("precious")

    def fail():
        with files.rename_into(path) as draft:
            draft.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["map.nc"]
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("module", "option", "extra"),
    [("h5netcdf", "--out", "storage"), ("matplotlib", "--plot", "plot")],
)
def test_a_missing_extra_is_named_before_the_work(
    monkeypatch, capsys, tmp_path, module, option, extra
):
    monkeypatch.setitem(sys.modules, module, None)
    suffix = "nc" if option == "--out" else "png"
    code, out, err = run(capsys, *SWEEP, *AXIS, option, str(tmp_path / f"map.{suffix}"))
    assert (code, out) == (2, "")
    assert f"pip install 'hedging[{extra}]'" in err


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -c 'from hedging.cli import main; raise SystemExit(main())'"
    done = subprocess.run(
        f"{command} models triadic_hedging | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
