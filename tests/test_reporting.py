"""``hedging report`` and ``hedging explore``: pages for those who do not type Python."""

import re

import pytest

from hedging.calibration import cases
from hedging.cli import main
from hedging.cli.reporting import _notebook

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "new" / "kaz.html"
    assert main(["report", "--case", "KAZ", "--out", str(path)]) == 0
    return path.read_text(encoding="utf-8")


def test_the_page_needs_nothing_else(written):
    assert written.startswith("<!DOCTYPE html>")
    sources = re.findall(r'(?:src|href)="([^"]{0,40})', written)
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "http" not in re.sub(r'src="[^"]*"', "", written)


def test_the_page_says_what_the_model_says(written):
    assert "Kazakhstan between Russia and China, 2015-2019" in written
    assert "M hedges, A and B accommodate" in written
    # R* = 8/5 and mu* = 1/5 at the defaults, as read off a line of 1,001 points.
    assert re.search(r"<td>rivalry</td><td>1</td><td>up to about 1.6</td>", written)
    assert re.search(r"<td>immunity</td><td>0.35</td><td>from about 0.2</td>", written)
    # Nobody can gain a share that the other keeps: v_A + v_B = 1, both from 0.1 to 0.9.
    assert "<td>value a</td>" not in written
    row = re.search(r"<td>value of A \(that of B falls as much\)</td>.*?</tr>", written)
    ends = [float(x) for x in re.findall(r"about ([\d.]+)", row[0])]
    assert ends == pytest.approx([0.1, 0.9], abs=0.0011)
    assert "90.8" in written  # arms from Russia, per cent
    assert "SIPRI" in written
    assert written.count("<img") == 2


@pytest.mark.slow
@pytest.mark.parametrize("country", cases.countries)
def test_every_country_has_a_page_or_a_reason(country, tmp_path, capsys):
    path = tmp_path / "page.html"
    code = main(["report", "--case", country, "--out", str(path)])
    if code:
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
        assert not list(tmp_path.iterdir())
    else:
        assert cases.countries[country] in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--case", "KAZ", "--out", "page.pdf"], "page.html"),
        (["--case", "KAZ", "--out", "."], "suffix"),
        (["--case", "KAY", "--out", "page.html"], "KAZ"),
        (["--case", "KAZ", "--window", "1999", "--out", "page.html"], "2015-2019"),
    ],
)
def test_a_mistake_costs_one_line_and_no_file(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["report", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_explorers_notebook_is_one():
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.from_dict(_notebook("alliance_dilemma"))
    nbformat.validate(notebook)
    assert "hg.explore('alliance_dilemma')" in notebook.cells[0].source[1]


def test_exploring_asks_for_a_known_model(capsys):
    assert main(["explore", "alliance_dilema"]) == 2
    assert "alliance_dilemma" in capsys.readouterr().err
