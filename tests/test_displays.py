"""What notebooks and papers show of games, models and repeated games, and equilibria in words."""

import html
import re
from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pytest

import hedging as hg
from hedging.games.display import best_replies
from hedging.games.payoff_tabular import tex_number, tex_text
from hedging.words import in_words

VOID = {"br", "meta", "hr"}


class Balanced(HTMLParser):
    """Fails where a tag is closed that is not open."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check_html(page):
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    return page


def check_tabular(text):
    """Braces match, every line has as many columns as the head says; returns the body's lines."""
    assert text.count("{") == text.count("}")
    first, *lines, last = text.splitlines()
    assert last == r"\end{tabular}"
    columns = len(re.sub(r"@\{\\hspace\{2em\}\}", "", first[len(r"\begin{tabular}{") : -1]))
    for line in lines:
        if not line.endswith(r"\\"):
            assert line.startswith((r"\toprule", r"\midrule", r"\bottomrule", r"\cmidrule"))
            continue
        spans = [int(n) for n in re.findall(r"\\multicolumn\{(\d+)\}", line)]
        cells = len(re.split(r"(?<!\\)&", line))
        assert cells - len(spans) + sum(spans) == columns
    return [line for line in lines if line.endswith(r"\\")]


# -- games ----------------------------------------------------------------------------------


def names_of(model):
    return [label for own in model.actions for label in own]


@pytest.mark.parametrize("name", list(hg.catalogue))
def test_every_model_of_the_catalogue_has_its_tables(name):
    model = hg.catalogue[name]
    game = model()
    page = check_html(model._repr_html_())
    assert all(html.escape(p.name) in page for p in model.parameters.values())
    assert page.count(r"\(") == page.count(r"\)") > len(model.parameters)
    lines = check_tabular(game.to_latex())
    assert all(any(tex_text(label) in line for line in lines) for label in names_of(model))
    table = check_html(game._repr_html_())
    # Every player has a best reply to every choice of the others.
    others = sum(np.prod(game.shape) // m for m in game.shape)
    assert table.count("<u>") == game.to_latex().count(r"\underline") >= others
    check_html(hg.RepeatedGame(game, 0.5)._repr_html_())


def test_tables_of_a_third_player_stand_side_by_side_and_of_a_fourth_below():
    payoffs = np.arange(3 * 2 * 2 * 2).reshape(3, 2, 2, 2)
    text = hg.Game(payoffs, ("M", "A", "B"), (("h", "a"), ("x", "y"), ("p", "q"))).to_latex()
    assert r"& \multicolumn{2}{c}{B: p} & \multicolumn{2}{c}{B: q} \\" in text
    # Row h: (h, x, p), (h, y, p), then (h, x, q), (h, y, q).
    assert r"h & $0, 8, 16$ & $2, \underline{10}, 18$ & $1, 9, \underline{17}$ &" in text
    four = hg.Game(np.zeros((4, 2, 2, 2, 3)), actions=(("a", "b"),) * 3 + (("p", "q", "r"),))
    lines = check_tabular(four.to_latex())
    assert sum(r"\multicolumn{5}{l}" in line for line in lines) == 3


def test_one_player_has_a_column():
    game = hg.Game([["1/2", 3, 2]], ("M",), (("a", "b", "c"),))
    assert r"b & $\underline{3}$ \\" in game.to_latex()
    assert "<td><u>3</u></td>" in game._repr_html_()


def test_underlines_follow_exact_ties_not_rounded_ones():
    model = hg.Model(
        "tie",
        players=("M",),
        actions=(("square", "sum"),),
        parameters=[hg.Parameter("x", 0.1, 0, 1)],
        payoffs={"M": ["(x + 1)**2", "x**2 + 2*x + 1"]},
    )
    values = np.linspace(0.01, 1, 50)
    games = [model(x=x) for x in values]
    assert any(game.payoffs[0, 0] != game.payoffs[0, 1] for game in games)
    assert all(best_replies(game).all() for game in games)
    assert not all(best_replies(hg.Game(game.payoffs)).all() for game in games)


def test_batches_and_giants_have_no_latex_table():
    model = hg.catalogue["hedging_bimatrix"]
    with pytest.raises(hg.GameError, match=r"game\[0\]"):
        model(rivalry=[1, 2]).to_latex()
    with pytest.raises(hg.GameError, match="fits no page"):
        hg.Game(np.zeros((2, 61, 2))).to_latex()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 3), r"\frac{1}{3}"),
        (Fraction(10**15, 7 * 10**15 + 1), "0.1429"),
        (Fraction(4), "4"),
        (1e-10, r"1 \times 10^{-10}"),
        (-0.0, "0"),
        (-np.inf, r"-\infty"),
        (12345.6, r"1.235 \times 10^{4}"),
    ],
)
def test_numbers_in_latex(value, text):
    assert tex_number(value) == text


def test_labels_cannot_break_a_table():
    nasty = ("a_b & c%", "[3pt] $x$ \\ {y}~^*<")
    game = hg.Game(np.zeros((2, 2, 2)), ("M#", "A"), (nasty, ("p", "q")))
    lines = check_tabular(game.to_latex())
    assert all("$x$" not in line and not line.startswith(("[", "*")) for line in lines)
    check_html(game._repr_html_())


# -- models and repeated games ----------------------------------------------------------------


def test_short_payoffs_are_shown_and_long_ones_folded():
    short = hg.catalogue["patient_hedging"]._repr_html_()
    assert "<details>" not in short
    assert r"<td>even_handed</td><td>pressure</td>" in short
    assert r"\(w + e\)" in short
    long = hg.catalogue["triadic_hedging"]._repr_html_()
    assert "<details><summary>payoffs of 12 profiles" in long


def test_formulas_do_not_break_html():
    model = hg.Model(
        "less",
        players=("M",),
        actions=(("a", "b"),),
        parameters=[hg.Parameter("x", 0, -1, 1, symbol="x_{<}")],
        payoffs={"M": ["x", "1"]},
    )
    assert "x_{&lt;}" in check_html(model._repr_html_())


def test_a_repeated_game_shows_stage_patience_and_what_is_feasible():
    stage = hg.catalogue["patient_hedging"](exact=True)
    page = hg.RepeatedGame(stage, "3/5")._repr_html_()
    assert "&delta; = 3/5" in page
    assert stage._repr_html_() in page
    # By the model's formulas: M gets v + g = 9/5 at most and -k = -2/5 at least, and can be held to
    # 0, which is also the only stage equilibrium; v + w = 2 is the largest sum.
    assert "<th>M</th><td>0</td><td>0</td><td>-2/5 to 9/5</td>" in page
    assert "Largest joint payoff: 2, at (even_handed, accommodate)." in page
    pennies = hg.RepeatedGame(hg.catalogue["matching_pennies"]())._repr_html_()
    assert "no discount factor" in pennies
    assert "<td>none</td>" in pennies  # no pure stage equilibrium
    assert (
        "&delta;(A) = 0.5, &delta;(B) = 0.25"
        in hg.RepeatedGame(hg.catalogue["chicken"](), [0.5, 0.25])._repr_html_()
    )


# -- tables of equilibria and regions -------------------------------------------------------


def test_datasets_of_many_games_say_what_to_type():
    model = hg.catalogue["hedging_bimatrix"]
    with pytest.raises(hg.ParameterError, match=r"ds\.isel\(batch_0=\.\.\.\)"):
        hg.table(hg.nash(model(rivalry=[1.0, 2.0])))
    ds = hg.sweep(model, hg.grid(rivalry=(0, 5, 3)), progress=False)
    with pytest.raises(hg.HedgingTypeError, match=r"hg\.regions\(ds\)"):
        hg.table(ds)


def test_equilibria_and_regions_can_go_into_a_paper():
    model = hg.catalogue["battle_of_the_sexes"]
    found = hg.table(hg.nash(model(exact=True), exact=True))
    lines = check_tabular(found.to_latex())
    assert len(lines) == 1 + len(found)
    assert r"$\frac{6}{5}$" in lines[-1]
    assert "multicolumn" not in found.to_latex()
    assert list(found.to_pandas()["equilibrium"]) == found.words()
    pytest.importorskip("jinja2")
    model = hg.catalogue["hedging_bimatrix"]
    ds = hg.sweep(model, hg.grid(rivalry=(0, 5, 5), immunity=(0, 1, 5)), progress=False)
    text = hg.regions(ds, words=True)[["words", "share"]].to_latex(index=False, escape=True)
    assert "M hedges, A accommodates" in text
    assert "words" not in hg.regions(ds)


def test_a_tie_is_said_in_every_form():
    model = hg.catalogue["hedging_bimatrix"]
    found = hg.table(hg.nash(model(exact=True, rivalry="1.6"), exact=True))
    latex, page = found.to_latex(), found._repr_html_()
    assert latex.count("$^{a}$") == len(found) + 1
    assert r"$^{a}$ end point of continuum 1} \\" in latex
    assert page.count("end point of continuum 1") == len(found)
    assert found.verdict in latex
    assert found.verdict in page
    assert ">0</td></tr>" in page  # an index of nothing has no sign
    assert "+0" not in page


# -- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(hg.catalogue))
def test_every_action_of_the_catalogue_has_a_verb(name):
    model = hg.catalogue[name]
    for player, labels in zip(model.players, model.actions, strict=True):
        for label in labels:
            words = in_words(label, [player])
            assert words.startswith(f"{player} ")
            assert not words.startswith(f"{player} plays "), words
            assert "_" not in words.removeprefix(player)
        assert "_" not in in_words("+".join(labels), [player]).removeprefix(player)


@pytest.mark.parametrize(
    ("support", "players", "words"),
    [
        ("bid_2|bid_0", "AB", "A bids at level 2, B bids at level 0"),
        ("outlay_1|outlay_1", "AB", "A and B spend at level 1"),
        ("RW|CS", ["mediator", "party"], "mediator tells the truth, party concedes after R alone"),
        ("RW|CS", "AB", "A plays RW, B plays CS"),
        ("even", "M", "M relies on both evenly"),
        ("even|odd", "AB", "A plays even, B plays odd"),
        ("heads+tails|heads+tails", "AB", "A and B mix showing heads and showing tails"),
        ("bid_x|outlay_", "AB", "A plays bid_x, B plays outlay_"),
    ],
)
def test_verbs_are_not_guessed(support, players, words):
    assert in_words(support, list(players)) == words
