"""The documentation: its examples run, it names everything, and it builds."""

import doctest
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hedging as hg

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if "_build" not in p.parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_examples_run(page):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.testfile(str(page), module_relative=False, optionflags=flags)
    assert not failed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


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
    for name in hg.__all__:
        home = f"hedging.plot.{hg.plot.__all__[0]}" if name == "plot" else f"hedging.{name}"
        assert f'id="{home}"' in text, name
