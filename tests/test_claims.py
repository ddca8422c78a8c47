"""The claims: each refers to what exists, each holds, and each verdict is what was found."""

import numpy as np
import pandas as pd
import pytest

import hedging as hg
from hedging.cli import main
from hedging.errors import UnknownNameError
from hedging.propositions import article, library
from hedging.propositions.article_rows import VERDICTS
from hedging.propositions.core import Finding

DRAWS = 200


@pytest.fixture(scope="module")
def checked():
    return hg.claims.check(1, draws=DRAWS)


def run(capsys, *arguments):
    try:
        code = main(list(arguments))
    except SystemExit as stop:  # argparse leaves this way
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


# -- the table -------------------------------------------------------------------------------


def test_there_are_34_numbered_from_one():
    assert [claim.number for claim in hg.claims.values()] == list(range(1, 35))
    assert all(hg.claims[claim.number] is claim for claim in hg.claims.values())
    assert all(hg.claims[key].key == key for key in hg.claims)
    assert len({claim.text for claim in hg.claims.values()}) == 34


@pytest.mark.parametrize("key", [0, 35, -1, 1.0, "nothing", True, None])
def test_other_keys_are_refused(key):
    with pytest.raises(UnknownNameError, match="numbered 1 to 34"):
        hg.claims[key]
    assert key not in hg.claims


@pytest.mark.parametrize("claim", hg.claims.values(), ids=lambda c: str(c.number))
def test_each_refers_to_models_and_propositions_that_exist(claim):
    assert set(claim.models) <= set(hg.catalogue)
    assert claim.names
    for name in claim.names:
        known = library.propositions(name)
        assert {p.model for p in known} == {name.partition(".")[0]}
    assert claim.verdict in VERDICTS
    assert claim.latex
    assert claim.text.endswith(".")
    assert claim.answer.endswith(".")


def test_every_family_answers_some_claim():
    named = {model for claim in hg.claims.values() for model in claim.models}
    families = list(hg.catalogue)[: list(hg.catalogue).index("alignment_ladder") + 1]
    # Uncertain intentions ask about a spectrum of policies that the claims do not name.
    assert set(families) - named == {"intentions_uncertainty"}


def test_what_speaks_against_a_claim_is_said():
    against = {claim.number for claim in hg.claims.values() if claim.against}
    unclear = {c.number for c in hg.claims.values() if c.verdict in ("qualified", "contradicted")}
    assert unclear <= against
    assert {10, 16, 25, 26, 31} <= against
    assert hg.claims[10].verdict == "contradicted"
    assert hg.claims[16].verdict == "qualified"


def test_table_and_text_forms():
    table = hg.claims.table()
    assert isinstance(table, pd.DataFrame)
    assert table.index.tolist() == list(range(1, 35))
    assert set(table.verdict) == set(VERDICTS)
    assert table.loc[10, "models"] == "red_line_veto"
    html = hg.claims._repr_html_()
    assert html.count("<tr>") == 35
    assert "Two guardians" in html
    assert "Against it: Two guardians" in str(hg.claims[10])


def test_table_takes_what_was_found(checked):
    table = hg.claims.table(checked)
    assert table.failures.sum() == 0
    assert (table.cases > 0).all()
    assert table.loc[5, "proved"] == "sphere_division.pure_equilibria, sphere_division.grim_respect"


# -- what is found ---------------------------------------------------------------------------


@pytest.mark.parametrize("claim", hg.claims.values(), ids=lambda c: str(c.number))
def test_holds(claim, checked):
    found = checked[claim.key]
    assert found.holds, found.failed
    assert found.failures == 0
    assert set(found.confirmed) == set(found.findings)
    # A verdict says "proved" exactly where algebra settles the main proposition.
    if claim.verdict in ("proved", "confirmed"):
        main_one = next(iter(found.findings))
        assert (claim.verdict == "proved") == (main_one in found.proved)


@pytest.mark.slow
def test_all_hold_on_many_draws():
    for key, found in hg.claims.check(2, draws=5000).items():
        assert found.holds, (key, found.failed)


def test_one_claim_alone_finds_the_same(checked):
    for number in (5, 12, 34):
        claim = hg.claims[number]
        assert claim.check(1, draws=DRAWS).findings == checked[claim.key].findings


def test_a_generator_may_be_given():
    rng = np.random.default_rng(3)
    assert hg.claims[5].check(rng, draws=20).holds
    assert hg.claims[5].check(rng, draws=20).holds


def test_failures_are_seen():
    good, bad, empty = Finding(True, 9, 0, 9), Finding(None, 9, 2, 9), Finding(None, 9, 0, 0)
    found = article.ClaimFinding({"a.good": good, "a.bad": bad, "a.empty": empty})
    assert not found.holds
    assert found.failed == ("a.bad",)
    assert found.unmet == ("a.empty",)
    assert found.confirmed == ("a.good",)
    assert (found.exercised, found.failures) == (18, 2)


def test_what_does_not_exist_is_said_at_check():
    claim = article.Claim(1, "k", "t", ("nothing.at_all",), "proved", "a")
    with pytest.raises(UnknownNameError, match="no propositions about 'nothing'"):
        claim.check(1)
    with pytest.raises(UnknownNameError, match="did you mean 'regimes'"):
        library.propositions("alliance_dilemma.regime")
    for odd in ("", ".", "core", "../x", "library.x"):
        with pytest.raises(UnknownNameError, match="no propositions about"):
            library.propositions(odd)


def test_propositions_are_well_written():
    every = [p for model in hg.catalogue for p in library.propositions(model)]
    names = [f"{p.model}.{p.name}" for p in every]
    assert len(names) == len(set(names))
    for p in every:
        assert p.statement.endswith("."), p.name
        assert p.latex, p.name
        assert p.latex.count("{") == p.latex.count("}"), p.name


# -- the command -----------------------------------------------------------------------------


def test_command_lists_all(capsys):
    code, out, err = run(capsys, "claims", "--draws", "50")
    assert (code, err) == (0, "")
    for claim in hg.claims.values():
        assert f"{claim.number:>2}  {claim.text[:40]}" in out
    text = " ".join(out.split())
    for claim in hg.claims.values():
        assert f"{claim.verdict.upper()}: {' '.join(claim.answer.split())}" in text
    assert "Two guardians deter less than one" in text
    assert "confirmed on 50 random parameter points each (seed 0)" in text
    assert "0 failures." in text
    assert "Contradicted: 10." in text


def test_command_shows_one_in_full(capsys):
    code, out, _ = run(capsys, "claims", "--row", "25", "--latex", "--draws", "50", "--seed", "7")
    assert code == 0
    assert "triadic_hedging.critical_rivalry: proved, 50 cases, 0 failures" in out
    assert r"R \le R^* = \min_s" in out
    assert "(seed 7)" in out
    _, by_key, _ = run(
        capsys, "claims", "--row", hg.claims[25].key, "--latex", "--draws", "50", "--seed", "7"
    )
    assert by_key == out
    _, plain, _ = run(capsys, "claims", "--row", "25", "--draws", "50")
    assert r"\min_s" not in plain


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--row", "99"), "numbered 1 to 34"),
        (("--row", "hedge"), "numbered 1 to 34"),
        (("--draws", "0"), "from 1 up"),
        (("--draws", "many"), "from 1 up"),
        (("--seed", "-1"), "from 0 up"),
    ],
)
def test_command_refuses_in_one_line(capsys, arguments, words):
    code, out, err = run(capsys, "claims", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_command_says_what_failed(capsys, monkeypatch):
    monkeypatch.setattr(
        library, "check_all", lambda names, rng, draws: {n: Finding(None, 1, 1, 1) for n in names}
    )
    monkeypatch.setattr(article, "check_all", library.check_all)
    code, out, err = run(capsys, "claims", "--row", "5")
    assert code == 2
    assert "1 failure" in out
    assert "2 propositions did not hold: sphere_division.grim_respect" in err


def test_command_says_what_the_draws_did_not_reach(capsys):
    code, out, err = run(capsys, "claims", "--row", "16", "--draws", "1")
    assert (code, err) == (0, "")
    assert "give more --draws" in out
