"""The .nfg format: published games as text, both bodies, hostile and broken files."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hedging import nfg
from hedging.errors import GameError
from hedging.game import Game

# Each entry: text as its source writes it, and per player the payoffs with axes (m_1, ..., m_n),
# every number as text so that it is read exactly.
GAMES = {
    # McKelvey and McLennan, "The maximal number of regular totally mixed Nash equilibria" (1997)
    "2x2x2, outcome body": (
        """NFG 1 R "Three players, nine equilibria" { "Player 1" "Player 2" "Player 3" }

{ { "1" "2" }
{ "1" "2" }
{ "1" "2" }
}
""

{
{ "" 9, 8, 12 }
{ "" 0, 0, 0 }
{ "" 0, 0, 0 }
{ "" 9, 8, 2 }
{ "" 0, 0, 0 }
{ "" 3, 4, 6 }
{ "" 3, 4, 6 }
{ "" 0, 0, 0 }
}
1 2 3 4 5 6 7 8
""",
        [
            [[["9", "0"], ["0", "3"]], [["0", "3"], ["9", "0"]]],
            [[["8", "0"], ["0", "4"]], [["0", "4"], ["8", "0"]]],
            [[["12", "0"], ["0", "6"]], [["0", "6"], ["2", "0"]]],
        ],
    ),
    # Nau, Gomez Canovas and Hansen, Int. J. Game Theory 32 (2004), section 4
    "2x2x2, labels": (
        """NFG 1 R "Irrational equilibrium" { "Player 1" "Player 2" "Player 3" }
{ { "Top" "Bottom" } { "Left" "Right" } { "1" "2" } }
"A unique equilibrium, in irrational strategies"
{ { "" 3, 0, 2 } { "" 0, 1, 0 } { "" 0, 2, 0 } { "" 1, 0, 0 }
  { "" 1, 0, 0 } { "" 0, 3, 0 } { "" 0, 1, 0 } { "" 2, 0, 3 } }
1 2 3 4 5 6 7 8""",
        [
            [[["3", "1"], ["0", "0"]], [["0", "0"], ["1", "2"]]],
            [[["0", "0"], ["2", "1"]], [["1", "3"], ["0", "0"]]],
            [[["2", "0"], ["0", "0"]], [["0", "0"], ["0", "3"]]],
        ],
    ),
    # Kreps and Wilson, Econometrica 50 (1982), in Gambit's contributed games (e04)
    "3x2, payoff body, decimals": (
        """NFG 1 D "Kreps and Wilson, normal form" { "Player 1" "Player 2" } { 3 2 }

0.000000 0.000000 -1.000000 2.000000 -2.000000 -2.000000 """
        "0.000000 0.000000 -1.000000 0.000000 3.000000 -1.000000\n",
        [[["0", "0"], ["-1", "-1"], ["-2", "3"]], [["0", "0"], ["2", "0"], ["-2", "-1"]]],
    ),
    # The lrsnash manual page
    "3x2, empty comment": (
        'NFG 1 R "lrsnash" { "Player 1" "Player 2" } { 3 2 }\n""\n\n0 1 2 0 3 4 6 0 5 2 3 3\n',
        [[["0", "6"], ["2", "5"], ["3", "3"]], [["1", "0"], ["0", "2"], ["4", "3"]]],
    ),
    # Gambit, a coordination game that names two outcomes
    "4x4, shared outcomes": (
        """NFG 1 R "Coordination"
{ "Player 1" "Player 2" }

{
{ "1-1" "1-2" "1-3" "1-4" }
{ "2-1" "2-2" "2-3" "2-4" }
}

{
{ "Coord" 1, 1 }
{ "Miscoord" 0, 0 }
}
1 2 2 2 2 1 2 2 2 2 1 2 2 2 2 1
""",
        [[["1" if j == k else "0" for k in range(4)] for j in range(4)]] * 2,
    ),
    # Turocy's example of a backward-bending logit branch, from Gambit's contributed games
    "2x2, comment of several lines": (
        """NFG 1 R "Backward-bending branch" { "Player 1" "Player 2" }

{ { "1" "2" }
{ "1" "2" }
}
"First line.
Second line.
"

{
{ "11" 6, 7 }
{ "12" 6, 7 }
{ "21" 7.32, 6 }
{ "22" 1, 4 }
}
1 3 2 4
""",
        [[["6", "6"], ["183/25", "1"]], [["7", "7"], ["6", "4"]]],
    ),
    # McKelvey and Palfrey's centipede, from Gambit's contributed games (cent2)
    "3x3, outcomes without commas": (
        """NFG 1 R "Centipede" { "Player 1" "Player 2" }

{ { "1*11" "2111" "2211" }
{ "1*11" "2111" "2211" }
}

{
{ "" 0.811000 0.274000 }
{ "" 0.868000 0.502000 }
{ "" 1.400000 0.350000 }
{ "" 0.564000 1.566000 }
{ "" 3.148000 1.072000 }
{ "" 3.680000 0.920000 }
{ "" 1.020000 1.680000 }
{ "" 2.160000 6.240000 }
{ "" 12.800000 3.200000 }
}
1 4 7 2 5 8 3 6 9
""",
        [
            [["0.811", "0.868", "1.4"], ["0.564", "3.148", "3.68"], ["1.02", "2.16", "12.8"]],
            [["0.274", "0.502", "0.35"], ["1.566", "1.072", "0.92"], ["1.68", "6.24", "3.2"]],
        ],
    ),
    # Gambit's contributed games (perfect3): the third player has one strategy
    "3x3x1": (
        """NFG 1 R "Three person version of perfect2" { "Player 1" "Player 2" "Player 3" }

{ { "1" "2" "3" }
{ "1" "2" "3" }
{ "1" }
}
""

{
{ "111" 4, 0, 1 }
{ "121" 0, 0, 1 }
{ "131" 0, 4, 1 }
{ "211" 2, 1, 1 }
{ "221" 3, 3, 1 }
{ "231" 2, 1, 1 }
{ "311" 0, 4, 1 }
{ "321" 0, 0, 1 }
{ "331" 4, 0, 1 }
}
1 4 7 2 5 8 3 6 9
""",
        [
            [[["4"], ["0"], ["0"]], [["2"], ["3"], ["2"]], [["0"], ["0"], ["4"]]],
            [[["0"], ["0"], ["4"]], [["1"], ["3"], ["1"]], [["4"], ["0"], ["0"]]],
            [[["1"]] * 3] * 3,
        ],
    ),
    # Gambit's contributed games (wink3)
    "3x3, tight braces": (
        """NFG 1 R "Simple example" { "1" "2" }

{ { "1" "2" "3"}
{ "1" "2" "3"}
}

1 3 1 2 0 4
3 4 3 1 2 3
4 2 2 1 3 3
""",
        [
            [["1", "3", "4"], ["1", "3", "2"], ["0", "2", "3"]],
            [["3", "4", "2"], ["2", "1", "1"], ["4", "3", "3"]],
        ],
    ),
    # Conitzer and Sandholm, EC 2006
    "2x2, comment but no strategy labels": (
        """NFG 1 R "Commitment" { "Player 1" "Player 2" } { 2 2 }
"leader commits (1/2,1/2), leader value 3.5"

2 1 1 0 4 0 3 1
""",
        [[["2", "4"], ["1", "3"]], [["1", "0"], ["0", "1"]]],
    ),
    "2x2, fractions and powers of ten": (
        'NFG 1 R "Mixed numerals" { "A" "B" } { 2 2 } ""\n'
        "-45049/20000, 1e3, .5, 2., -1.5E-2, 0/7, 3, -3",
        [[["-45049/20000", "-3/200"], ["1/2", "3"]], [["1000", "0"], ["2", "-3"]]],
    ),
    "2x3, null outcome and a mixed order": (
        """NFG 1 R "Null" { "A" "B" } { { "x" "y" } { "p" "q" "r" } } ""
{ { "one" 1/3, -2 } { "two" 5, 0.25 } }
0 2 1 0 0 2""",
        [[["0", "1/3", "0"], ["5", "0", "5"]], [["0", "-2", "0"], ["1/4", "0", "1/4"]]],
    ),
    # Gambit's contributed games (2x2x2x2), four players
    "2x2x2x2": (
        'NFG 1 R "Four person game with 3 equilibria" { "1" "2" "3" "4" } { 2 2 2 2 }\n'
        "1.131 1.210 2.426 2.429  4.225 5.277 4.837 5.645\n"
        "4.452 4.549 1.655 1.347  7.566 4.655 7.076 4.423\n"
        "1.223 1.358 2.234 2.238  4.483 5.764 4.995 5.754\n"
        "4.564 4.326 1.762 1.576  7.247 4.943 7.362 4.382\n"
        "2.326 2.422 3.222 3.024  1.478 2.544 1.973 7.486\n"
        "2.747 2.243 3.518 3.062  1.759 2.705 1.735 4.043\n"
        "5.255 5.334 2.643 2.873  4.383 1.436 4.864 5.267\n"
        "5.634 5.675 2.455 6.523  4.642 1.897 4.042 3.830\n",
        # In C order: the last player's index runs fastest.
        np.array(
            [
                *("1.131", "2.326", "1.223", "5.255", "4.452", "2.747", "4.564", "5.634"),
                *("4.225", "1.478", "4.483", "4.383", "7.566", "1.759", "7.247", "4.642"),
                *("1.210", "2.422", "1.358", "5.334", "4.549", "2.243", "4.326", "5.675"),
                *("5.277", "2.544", "5.764", "1.436", "4.655", "2.705", "4.943", "1.897"),
                *("2.426", "3.222", "2.234", "2.643", "1.655", "3.518", "1.762", "2.455"),
                *("4.837", "1.973", "4.995", "4.864", "7.076", "1.735", "7.362", "4.042"),
                *("2.429", "3.024", "2.238", "2.873", "1.347", "3.062", "1.576", "6.523"),
                *("5.645", "7.486", "5.754", "5.267", "4.423", "4.043", "4.382", "3.830"),
            ]
        ).reshape(4, 2, 2, 2, 2),
    ),
}


@pytest.mark.parametrize("name", GAMES)
def test_payoffs_are_read_exactly(name):
    text, payoffs = GAMES[name]
    game = Game.from_nfg(text)
    assert game.is_exact
    assert game == Game(payoffs, game.players, game.actions)


@pytest.mark.parametrize("name", GAMES)
def test_published_games_round_trip(name):
    form = nfg.read(GAMES[name][0])
    written = nfg.write(
        form.payoffs, form.players, form.actions, title=form.title, comment=form.comment
    )
    again = nfg.read(written)
    assert (again.title, again.comment) == (form.title, form.comment)
    assert (again.players, again.actions) == (form.players, form.actions)
    np.testing.assert_array_equal(again.payoffs, form.payoffs)
    game = Game.from_nfg(GAMES[name][0])
    assert Game.from_nfg(game.to_nfg()) == game


@pytest.mark.parametrize("name", GAMES)
def test_gambit_reads_the_same_numbers(name):
    """Both ways: the source as Gambit reads it, and what we write as Gambit reads it."""
    gambit = pytest.importorskip("pygambit")
    game = Game.from_nfg(GAMES[name][0])
    texts = [game.to_nfg()]
    if "null outcome" not in name:  # Gambit reads it but has no payoffs to give for it
        texts.append(GAMES[name][0].replace(",", " "))
    for text in texts:
        theirs = gambit.read_nfg(io.StringIO(text)).to_arrays()
        np.testing.assert_array_equal(np.array(theirs, dtype=object), game.payoffs)


shapes = st.lists(st.integers(1, 3), min_size=1, max_size=4).map(lambda m: (len(m), *m))
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=8
)


@given(st.data())
def test_random_exact_games_round_trip(data):
    payoffs = data.draw(hnp.arrays(object, shapes, elements=st.fractions()))
    labels = st.lists(texts, min_size=0, max_size=3)
    players = data.draw(st.lists(texts, min_size=len(payoffs), max_size=len(payoffs)))
    actions = [data.draw(st.lists(texts, min_size=m, max_size=m)) for m in payoffs.shape[1:]]
    title, comment = data.draw(texts), data.draw(labels.map("\n".join))
    form = nfg.read(nfg.write(payoffs, players, actions, title=title, comment=comment))
    np.testing.assert_array_equal(form.payoffs, payoffs)
    assert form.players == tuple(players)
    assert form.actions == tuple(map(tuple, actions))
    assert (form.title, form.comment) == (title, comment)


@given(hnp.arrays(np.float64, shapes, elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_doubles_read_back_as_the_same_doubles(payoffs):
    again = Game.from_nfg(Game(payoffs).to_nfg(), exact=False)
    np.testing.assert_array_equal(again.payoffs, payoffs)


def test_player_one_runs_fastest():
    form = nfg.read('NFG 1 R "" { "A" "B" } { 2 3 } 11 0 21 0 12 0 22 0 13 0 23 0')
    assert form.payoffs[0].astype(int).tolist() == [[11, 12, 13], [21, 22, 23]]


def test_title_comment_and_quotes_survive():
    text = r'NFG 1 R "He said \"no\"" { "A" } { { "back\\slash" "b\c" } } "Why \"not\"?" 1 2'
    game = Game.from_nfg(text)
    assert game.title == 'He said "no"'
    assert game.comment == 'Why "not"?'
    assert game.actions == (("back\\slash", "b\\c"),)
    again = Game.from_nfg(game.to_nfg())
    assert (again, again.title, again.comment) == (game, game.title, game.comment)


@pytest.mark.parametrize(
    ("head", "players", "actions"),
    [
        ('{ "A" "A" } { { "x" "y" } { "p" } }', ("player_1", "player_2"), (("x", "y"), ("p",))),
        ('{ "A" "" } { { "x" "y" } { "p" } }', ("player_1", "player_2"), (("x", "y"), ("p",))),
        ('{ "A" "B" } { { "x" "x" } { "p" } }', ("A", "B"), (("action_1", "action_2"), ("p",))),
        (
            '{ "A" "B" } { { "x" "" } { "" } }',
            ("A", "B"),
            (("action_1", "action_2"), ("action_1",)),
        ),
        ('{ "A" "player" } { { "x" "y+z" } { "p" } }', ("player_1", "player_2"), None),
        ('{ "A" "B" } { 2 1 }', ("A", "B"), (("action_1", "action_2"), ("action_1",))),
    ],
)
def test_unusable_labels_give_way_to_default_labels(head, players, actions):
    game = Game.from_nfg(f'NFG 1 R "kept" {head} "also kept" 1 2 3 4')
    assert game.players == players
    assert game.actions == (actions or (("action_1", "action_2"), ("p",)))
    assert (game.title, game.comment) == ("kept", "also kept")


HEAD = 'NFG 1 R "t" { "A" "B" } '


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("EFG 2 R", "line 1, column 1 .* found 'EFG', expected a .nfg file"),
        ("NFG 2 R", "line 1, column 5 .* found '2'"),
        ("NFG", "found the end of the file"),
        ('NFG 1 X "t"', "found 'X', expected R or D"),
        ("NFG 1 R { }", "found '{', expected the title"),
        ('NFG 1 R "t" { }', "at least one of the player labels"),
        ('NFG 1 R "t', "closing quote is missing"),
        ('NFG 1 R "t" { "A" "B', "closing quote is missing"),
        ('NFG 1 R "t" { A B }', "found 'A', expected player labels in double quotes"),
        ('NFG 1 R "t" { "A" "B" ', "found the end of the file, expected player labels"),
        (HEAD, "'{' before the strategies"),
        (HEAD + "{ 2 }", "strategies for 2 players, one entry each; there are 1"),
        (HEAD + "{ 2 2 2 } 1", "there are 3"),
        (HEAD + "{ 2 0 } 1", "found '0', expected at least one strategy"),
        (HEAD + "{ 2 -2 } 1", "found '-2', expected a number of strategies"),
        (HEAD + '{ { "x" } { } } 1 2', "at least one of the strategy labels"),
        (HEAD + "{ 2 2", "found the end of the file"),
        (HEAD + "{ 2 2 }\n1 2 3 4 5 6 7", "line 2, column 14 .*expected payoff 8 of 8"),
        (HEAD + "{ 2 2 }\n1 2 3 4 five 6 7 8", "line 2, column 9 .* found 'five'"),
        (HEAD + "{ 2 2 }\n1 2 3 4 5 6 7 8 9", "line 2, column 17 .*expected the end of the file"),
        (HEAD + "{ 2 1 } 1 2 3 1/0", "column 39 .*divides by zero"),
        (HEAD + "{ 2 1 } 1 2 3 1.5/2", "found '1.5/2'"),
        (HEAD + "{ 2 1 } 1 2 3 nan", "found 'nan'"),
        (HEAD + "{ 2 1 } 1 2 3 inf", "found 'inf'"),
        (HEAD + "{ 2 1 } 1 2 3 1_0", "found '1_0'"),
        (HEAD + "{ 2 1 } 1 2 3 1e999999999", "too long a number"),
        (HEAD + "{ 2 1 } 1 2 3 " + "9" * 5000, "too long a number"),
        (HEAD + "{ 999999999 999999999 } 1", "999999998000000001 profiles cannot follow"),
        (HEAD + "{ 2 1 } { } 1 1", "found '1', expected an outcome number from 0 to 0"),
        (HEAD + '{ 2 1 } { { "a" 1 2 } } 1 2', "found '2', expected an outcome number from 0 to 1"),
        (HEAD + '{ 2 1 } { { "a" 1 2 } } 1', "expected outcome number 2 of 2"),
        (HEAD + '{ 2 1 } { { "a" 1 2 } } 1 -1', "found '-1', expected outcome number 2 of 2"),
        (HEAD + '{ 2 1 } { { "a" 1 2 3 } } 1 1', "found '3', expected '}' after the 2 payoffs"),
        (HEAD + '{ 2 1 } { { "a" 1 } } 1 1', "expected payoff 2 of 2 of the outcome"),
        (HEAD + "{ 2 1 } { { 1 2 } } 1 1", "expected the outcome's label"),
        (HEAD + '{ 2 1 } { { "a" 1 2 }', "'{' before an outcome"),
    ],
)
def test_broken_text_is_one_line_with_its_place(text, says):
    with pytest.raises(GameError, match=says) as caught:
        nfg.read(text)
    assert "\n" not in str(caught.value)
    assert "of the .nfg text" in str(caught.value)


@given(st.sampled_from(sorted(GAMES)), st.data())
def test_every_truncation_is_refused_or_says_less(name, data):
    """Cut anywhere, a file is refused unless only the tail of the last number is gone."""
    text = GAMES[name][0].rstrip()
    cut = data.draw(st.integers(0, len(text) - 1))
    form, refusal = _read_or_refuse(text[:cut])
    if form is None:
        assert "\n" not in refusal
    else:
        assert cut > max(text.rfind(sign) for sign in " \n,") + 1
        assert form.players == nfg.read(text).players


@given(st.text('NFG 1RD"{}/.,\\e-+ \n', max_size=40))
def test_any_text_is_read_or_refused(tail):
    for text in (tail, HEAD + tail, HEAD + "{ 2 1 }" + tail):
        assert "\n" not in _read_or_refuse(text)[1]


def _read_or_refuse(text):
    try:
        return nfg.read(text), ""
    except GameError as error:
        return None, str(error)


def test_files(tmp_path):
    path = tmp_path / "game.nfg"
    text = 'NFG 1 R "Größe" { "A" } { { "x" "y" } } 1 2'
    path.write_text("\ufeff" + text, encoding="utf-8")
    for given_ in (path, str(path), text, "\n " + text):
        game = Game.from_nfg(given_)
        assert game.title == "Größe"
        assert game.payoffs.tolist() == [[1, 2]]
    path.write_bytes(b"NFG 1 R \xff")
    with pytest.raises(GameError, match="not text in UTF-8"):
        Game.from_nfg(path)
    with pytest.raises(GameError, match="No such file"):
        Game.from_nfg("missing.nfg")
    with pytest.raises(GameError, match="cannot read"):
        Game.from_nfg(tmp_path)
    with pytest.raises(GameError, match=r"expected a \.nfg file"):
        Game.from_nfg("some\ntext")


def test_numbers_beyond_doubles_stay_exact_or_are_refused():
    text = 'NFG 1 R "" { "A" } { 2 } 1e400 1'
    assert Game.from_nfg(text).payoffs[0, 0] == 10**400
    with pytest.raises(GameError, match="beyond the range of doubles"):
        Game.from_nfg(text, exact=False)


def test_what_is_not_finite_is_not_written():
    with pytest.raises(GameError, match=r"nan, which \.nfg cannot say"):
        nfg.write(np.array([[np.nan, 1.0]]), ["A"], [["x", "y"]])
