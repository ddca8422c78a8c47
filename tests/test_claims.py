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
    assert hg.claims[10].verdict == "qualified"
    assert hg.claims[16].verdict == "qualified"


def test_table_and_text_forms():
    table = hg.claims.table()
    assert isinstance(table, pd.DataFrame)
    assert table.index.tolist() == list(range(1, 35))
    assert set(table.verdict) == set(VERDICTS) - {"contradicted"}
    assert table.loc[10, "models"] == "red_line_veto"
    html = hg.claims._repr_html_()
    assert html.count("<tr>") == 35
    assert "Where both guard" in html
    assert "Against it: Where both guard" in str(hg.claims[10])


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
    for name, one in found.findings.items():
        assert bool(one.proves) == bool(one.proved), name
    # "Proved" is said only where algebra settles all that the answer rests on.
    if claim.verdict in ("proved", "proved in part", "confirmed"):
        settled = len(found.proved)
        assert claim.verdict == (
            "proved"
            if settled == len(found.findings)
            else "proved in part"
            if settled
            else "confirmed"
        )


def test_hypotheses_are_met_often(checked):
    """No row rests on a handful of cases, and only other things than points outnumber draws."""
    seen = {name: one for found in checked.values() for name, one in found.findings.items()}
    for name, one in seen.items():
        (p,) = library.propositions(name)
        assert one.exercised >= 30, name
        assert p.case or one.exercised <= DRAWS, name


@pytest.mark.slow
def test_all_hold_on_many_draws():
    for key, found in hg.claims.check(2, draws=5000).items():
        assert found.holds, (key, found.failed)


def test_the_shared_red_line_at_the_defaults():
    """Three equilibria: either guards alone, or both do and M crosses more often."""
    found = hg.nash(hg.catalogue["red_line_veto"]())
    crossing = np.sort(found.probability.values[:, 1])
    np.testing.assert_allclose(crossing, [0.044, 0.057, 0.084], atol=5e-4)
    for number in (".084", ".044", ".057"):
        assert number in hg.claims[10].against


def test_claims_of_a_model():
    assert [c.number for c in hg.claims.of("red_line_veto")] == [10]
    assert hg.claims.of(hg.catalogue["red_line_veto"]) == hg.claims.of("red_line_veto")
    assert hg.claims.of("harmony") == ()
    for name in hg.catalogue:
        answered = [c for c in hg.claims.values() if name in c.models]
        assert list(hg.claims.of(name)) == answered
    with pytest.raises(UnknownNameError, match="did you mean 'red_line_veto'"):
        hg.claims.of("red_line_vet")


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
    assert "the line is crossed more often than with either alone" in text
    assert "confirmed on 50 random parameter points each (seed 0)" in text
    assert "0 failures." in text
    assert "Contradicted: none." in text
    assert "Qualified: 10, 16, 18, 26, 30, 31." in text
    assert "limited_punishment (500: points, each with both players and five lengths" in text


def test_command_shows_one_in_full(capsys):
    code, out, _ = run(capsys, "claims", "--row", "25", "--latex", "--draws", "50", "--seed", "7")
    assert code == 0
    assert "triadic_hedging.critical_rivalry: proved, 50 cases, 0 failures" in out
    assert "settled by algebra: From the payoffs: lone pressure on a hedger gains a power" in out
    assert "counted as cases: points, and five values typed in" in out
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
    code, out, err = run(capsys, "claims", "--row", "5", "--draws", "1")
    assert (code, err) == (0, "")
    assert "give more --draws" in out
