"""The documentation: its examples run, it names everything, and it builds."""

import doctest
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hedging as hg
from benchmarks import table
from hedging.propositions.library import propositions

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
MADE = {"_build", "models", "notebooks"}
PAGES = sorted(p for p in DOCS.rglob("*.md") if not MADE & set(p.relative_to(DOCS).parts))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_examples_run(page):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.testfile(str(page), module_relative=False, optionflags=flags)
    assert not failed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(page):
    words = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", words):
        # The pages of models are made at every build, which follows links to them.
        if target.startswith("http") or "models/" in target:
            continue
        # Notebooks are copied into the documentation when it is built.
        folder = DOCS.parent if target.startswith("notebooks/") else page.parent
        assert (folder / target).exists(), target


def test_the_table_of_solvers_names_tests_that_exist():
    text = (DOCS / "explanation" / "solvers.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("|")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[-2])} - {"method"}
    assert len(named) > 30
    assert {name for name in named if not (TESTS / f"test_{name}.py").exists()} == set()


def test_the_performance_page_shows_its_figures():
    page = (DOCS / "performance.md").read_text(encoding="utf-8")
    figures = DOCS / "bench.json"
    if figures.exists():
        report = json.loads(figures.read_text(encoding="utf-8"))
        assert table.put(page, table.markdown(report, headings=True)) == page
    else:  # the page is then the README's summary, under headings
        readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
        shown = readme.partition(table.BEGIN)[2].partition(table.END)[0]
        assert [line for line in shown.splitlines() if line and line not in page] == []


def test_a_model_page_has_its_parameters_payoffs_propositions_and_claims(tmp_path):
    spec = importlib.util.spec_from_file_location("model_pages", DOCS / "model_pages.py")
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    pages.write_pages(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {*hg.catalogue, "index", "claims"}
    for name, model in hg.catalogue.items():
        page = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
        assert all(f"| `{parameter}` |" in page for parameter in model.parameters)
        assert page.count(" gets**") >= 1
        assert all(f"({name}-{p.name})=" in page and p.latex in page for p in propositions(name))
    claims = (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert all(f"(claim-{claim.number})=" in claims for claim in hg.claims.values())


@pytest.mark.parametrize("name", hg.__all__)
def test_every_public_name_says_what_it_is(name):
    assert inspect.getdoc(getattr(hg, name))


@pytest.mark.slow
def test_builds_without_a_warning_and_lists_every_public_name(tmp_path):
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_nb")
    pytest.importorskip("numpydoc")
    pytest.importorskip("pydata_sphinx_theme")
    command = [sys.executable, "-m", "sphinx", "-E", "-q", "-W", "--keep-going", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", str(tmp_path / "trees"), str(DOCS), str(tmp_path / "html")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stderr
    pages = (tmp_path / "html" / "reference").glob("*.html")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    names = [name for name in hg.__all__ if name != "plot"]
    for name in [*names, *(f"plot.{drawn}" for drawn in hg.plot.__all__)]:
        assert f'id="hedging.{name}"' in text, name
