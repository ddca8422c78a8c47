"""The benchmarks' bookkeeping, and that what they time gives the right answers; never the time."""

import importlib
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import c_kernel, flagship, multiplayer, run, table
from benchmarks.families import family, tied_model
from benchmarks.figures import Figure, Theme
from benchmarks.fused import Inline, bimatrix_sweep, by_lambdify, eight_axes
from benchmarks.harness import Contestant, race, ratio
from benchmarks.machine_limits import operations
from hedging.cli import benchmarking, main
from hedging.equilibria.determinants import sign_table
from hedging.equilibria.multiplayer import search
from hedging.errors import Status
from hedging.program.doubles import evaluate
from hedging.program.graph import Builder


def report(*figures: Figure) -> dict:
    theme = Theme("A title", "What was run.", list(figures))
    machine = {
        "processor": "a processor",
        "llvm_name": "generic",
        "cores": 2,
        "system": "Linux x86_64",
        "python": "3.11",
        "c_compiler": None,
        "libraries": {"numpy": "2.0"},
    }
    whole = {"machine": machine, "quick": False, "themes": {"one": theme.to_dict()}}
    return json.loads(json.dumps(whole))


# -- figures and tables ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "target", "at_most", "met"),
    [
        (2, 1, False, True),
        (1, 1, False, True),
        (0.9, 1, False, False),
        (0.9, 1, True, True),
        (1.1, 1, True, False),
        (5, None, True, None),
    ],
)
def test_a_target_is_met_or_not(value, target, at_most, met):
    assert Figure("r", "c", value, target=target, at_most=at_most).met is met


def test_a_table_has_a_cell_for_each_figure_and_owns_up_to_what_is_missed():
    text = table.markdown(
        report(
            Figure("fast", "2x2", 12_410.0, target=5000),
            Figure("fast", "3x3", 0.5, target=0.9),
            Figure("aside", "3x3", 3.0, "MB"),
        )
    )
    assert "| A title | 2x2 | 3x3 |" in text
    assert "| fast | 12,400 (≥ 5,000) | **0.5** (≥ 0.9, missed) |" in text
    assert "| aside |  | 3 MB |" in text


def test_the_brief_table_holds_what_has_a_target():
    figures = [Figure("aimed", "x", 0.1, "s", 0.5, at_most=True), Figure("aside", "x", 3.0)]
    text = table.markdown(report(*figures), brief=True)
    assert "| aimed | 0.1 s (≤ 0.5 s) |" in text
    assert "aside" not in text


def test_a_page_gets_its_table_once():
    page = "# Page\n\ntext\n\n## How to cite\n\nend\n"
    once = table.put(page, "table\n")
    assert once.index("## How fast") < once.index("table") < once.index("## How to cite")
    assert table.put(once, "table\n") == once
    other = table.put(once, "other\n")
    assert "table" not in other
    assert other.replace("other", "table") == once


def test_ratios_are_taken_round_by_round():
    a, b = Contestant("a", int, 1), Contestant("b", int, 1)
    a.rates, b.rates = [10.0, 1.0, 4.0], [5.0, 0.5, 1.0]
    assert ratio(a, b) == 2.0
    calls = []
    runner = Contestant("c", lambda: calls.append(0), 3)
    race([runner], rounds=3, target=0.0)
    assert len(runner.rates) == 3
    assert runner.rate > 0


def test_operations_of_a_power():
    b = Builder(["t"])
    t = b.input("t")
    count = {k: operations(b.program([b.power(t, k)]), ("t",)) for k in (2, 3, 4, 7, -1, -2)}
    assert count == {2: 1, 3: 2, 4: 2, 7: 4, -1: 1, -2: 2}


# -- what is timed --------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [10, 13, 19])
def test_grids_have_the_size_asked_for(bits):
    assert eight_axes(bits).size == 1 << bits


@pytest.mark.parametrize("shape", [(2, 2), (3, 2, 2)], ids=str)
def test_lambdified_payoffs_equal_the_program(shape):
    model = family(shape)
    columns = list(np.random.default_rng(1).uniform(-0.9, 0.9, (8, 100)))
    ours = np.array(evaluate(model.program, columns)).reshape(len(shape), -1, 100)
    np.testing.assert_allclose(by_lambdify(model)(*columns), ours, rtol=1e-13, atol=1e-13)


@pytest.mark.skipif(c_kernel.available() is None, reason="no C compiler or no AVX-512")
@pytest.mark.parametrize("shape", [(2, 2), (3, 3)], ids=str)
def test_the_c_kernel_gives_the_same_codes(shape, tmp_path):
    fused = bimatrix_sweep(family(shape), eight_axes(12))
    lane = fused.fast.inputs.index(fused.layout.lane_names[0])
    kernel = c_kernel.FusedKernel(fused.fast, sign_table(*shape).logic, lane, tmp_path)
    codes, counts = kernel.room(fused.size)
    kernel(fused.rows[0], np.ascontiguousarray(fused.lanes[0]), fused.tolerances[0], codes, counts)
    ours, our_counts = fused.answers()
    np.testing.assert_array_equal(codes, ours)
    np.testing.assert_array_equal(counts, our_counts)


def test_tied_games_are_degenerate_everywhere():
    from hedging.engine.design import grid
    from hedging.engine.run import sweep

    model = tied_model()
    design = grid(**{key: [-1, 0, 1] for key in list(model.parameters)[3:9]})
    ds = sweep(model, design, executor=Inline(), progress=False)
    assert (ds["status"].values == Status.DEGENERATE).all()


def test_the_flagship_kernel_agrees_with_the_general_solver():
    # What is fixed stays at its default, and outputs that vanish identically are allowed for.
    theme = Theme("A title", "What was run.")
    flagship.rates(theme, flagship.FLAGSHIP, quick=True)
    assert [f.row.partition(",")[0] for f in theme.figures if f.target is not None] == ["fused"]


def test_equilibria_are_counted_that_the_other_solver_lacks():
    payoffs = np.random.default_rng(3).standard_normal((20, 3, 2, 2, 2))
    found, _ = search(payoffs)
    ends = list(zip(found.offsets[:-1], found.offsets[1:], strict=True))
    theirs = [list(found.probability[a:b]) for a, b in ends]
    assert multiplayer.lacking(payoffs, found, theirs) == 0
    several = int(np.argmax(found.count))
    theirs[several].pop()
    assert multiplayer.lacking(payoffs, found, theirs) == 1
    # What is no equilibrium does not count, one that we lack is an error.
    theirs[several].append(np.full(6, 0.5))
    assert multiplayer.lacking(payoffs, found, theirs) == 1
    with pytest.raises(AssertionError):
        multiplayer.lacking(payoffs[::-1], found, theirs)


# -- the command ----------------------------------------------------------------------------


def refused(capsys, *arguments) -> str:
    assert main(["bench", *arguments]) == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    return text


@pytest.fixture
def solvers_present(monkeypatch):
    monkeypatch.setattr(benchmarking, "find_spec", lambda name: object())


def test_without_a_clone_there_is_no_bench(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(benchmarking, "__file__", str(tmp_path / "hedging" / "cli" / "x.py"))
    assert "clone" in refused(capsys)


def test_without_other_solvers_there_is_no_bench(capsys, monkeypatch):
    monkeypatch.setattr(benchmarking, "find_spec", lambda name: None)
    assert "pip install 'hedging[bench]'" in refused(capsys)


def test_every_theme_is_on_the_list():
    sources = Path(run.__file__).parent.glob("*.py")
    assert sorted(run.THEMES) == sorted(p.stem for p in sources if benchmarking._is_theme(p))
    for name in run.THEMES:
        assert callable(importlib.import_module(f"benchmarks.{name}").run)


@pytest.mark.usefixtures("solvers_present")
def test_bench_knows_its_themes(capsys, tmp_path):
    assert "cold_start" in refused(capsys, "--only", "nonsense")
    assert "directory" in refused(capsys, "--json", str(tmp_path))


@pytest.mark.usefixtures("solvers_present")
def test_bench_runs_in_a_process_of_its_own(capsys, monkeypatch, tmp_path):
    asked = []

    def run(command, cwd, check):
        asked.append((command[1:], cwd))
        return SimpleNamespace(returncode=len(asked) - 1)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.chdir(tmp_path)
    options = ["--json", "b.json", "--only", "sweeps", "--only", "memory", "--quick"]
    assert main(["bench", *options]) == 0
    command, root = asked[0]
    assert command[:2] == ["-m", "benchmarks.run"]
    assert command[2:] == ["--json", str(tmp_path / "b.json"), *options[2:]]
    assert (root / "benchmarks" / "run.py").is_file()
    assert "exit code 1" in refused(capsys)
