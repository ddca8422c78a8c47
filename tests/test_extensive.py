"""Games in extensive form: backward induction, strategic forms, .efg files."""

import io
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import hedging as hg
from hedging.equilibria.pure import pure_equilibria
from hedging.families import coercive_demand as demand
from hedging.propositions.drawn import uniform
from hedging.sequential import efg
from hedging.sequential.models import coercive_demand

DRAWS = [pytest.param(150, id="few"), pytest.param(3000, id="many", marks=pytest.mark.slow)]


def random_tree(rng, depth, n=2, payoffs=3):
    """Few different payoffs, so that ties are common."""
    kind = rng.random()
    if depth == 0 or kind < 0.1:
        return tuple(int(x) for x in rng.integers(0, payoffs, n))
    children = [random_tree(rng, depth - 1, n, payoffs) for _ in range(2)]
    if kind < 0.25:
        return hg.Chance({"l": ("1/3", children[0]), "r": ("2/3", children[1])})
    return hg.Move(f"P{rng.integers(n) + 1}", dict(zip("lr", children, strict=True)))


def random_games(seed, count, depth=3, **options):
    rng = np.random.default_rng(seed)
    while count:
        tree = random_tree(rng, depth, **options)
        if isinstance(tree, hg.Move | hg.Chance):
            count -= 1
            yield hg.ExtensiveGame(tree, ("P1", "P2"))


def plans_of(game):
    """All profiles of full strategies."""
    nodes = [(k, node) for k in (0, 1) for node in game._nodes_of(k)]
    for actions in product(*(node.labels for _, node in nodes)):
        profile = {"P1": {}, "P2": {}}
        for (k, node), action in zip(nodes, actions, strict=True):
            profile[game.players[k]][node.history] = action
        yield profile


def test_equilibria_are_the_profiles_without_one_shot_deviations():
    for game in random_games(0, 60):
        found = [each.strategies for each in game.subgame_perfect()]
        assert found == [x for x in found if game.is_subgame_perfect(x)]
        brute = [x for x in plans_of(game) if game.is_subgame_perfect(x)]
        assert len(found) == len(brute) > 0
        assert all(x in found for x in brute)


def test_one_shot_deviations_are_enough():
    """Against deviations to any other strategy in every subgame."""
    for game in random_games(1, 25):
        full = game.normal_form(reduced=False)
        nash = {
            tuple(map(int, place)) for place in np.argwhere(pure_equilibria(full.payoffs[None])[0])
        }
        plans = [game._plans(k, reduced=False) for k in (0, 1)]
        for each in game.subgame_perfect():
            place = tuple(
                own.index(each.strategies[p]) for p, own in zip(game.players, plans, strict=True)
            )
            assert place in nash
            assert [full.payoffs[(k, *place)] for k in (0, 1)] == list(each.payoffs.values())


def test_reduced_form_has_the_same_payoffs():
    for game in random_games(2, 25):
        full, reduced = game.normal_form(reduced=False), game.normal_form()
        part = []
        for k in (0, 1):
            short = game._plans(k, reduced=True)
            part.append([[s.items() <= x.items() for s in short] for x in game._plans(k, False)])
        assert all(sum(row) == 1 for rows in part for row in rows)
        places = [np.argmax(rows, axis=1) for rows in part]
        np.testing.assert_array_equal(full.payoffs, reduced.payoffs[:, places[0]][:, :, places[1]])


def test_order_of_actions_and_constants_do_not_matter():
    tree = hg.Move("P", {"wait": (0, 3), "ask": hg.Move("M", {"resist": (-2, 1), "cede": (2, 2)})})
    other = hg.Move("P", {"ask": hg.Move("M", {"cede": (7, 4), "resist": (3, 2)}), "wait": (5, 6)})
    (one,), (two,) = (hg.ExtensiveGame(t).subgame_perfect() for t in (tree, other))
    assert one.strategies == two.strategies == {"P": {(): "ask"}, "M": {("ask",): "cede"}}


@pytest.mark.parametrize("scale", [1e-10, 1, 1e10])
def test_scales(scale):
    tree = hg.Move("A", {"x": (scale, 0), "y": hg.Move("B", {"u": (3 * scale, 1), "v": (0, 2)})})
    assert list(hg.ExtensiveGame(tree).subgame_perfect()[0].outcomes) == [("x",)]


def test_chain_store_stage():
    """Selten, Theory and Decision 9 (1978): a threat that is an equilibrium, but not perfect."""
    game = hg.ExtensiveGame(
        hg.Move(
            "entrant", {"out": (1, 5), "in": hg.Move("store", {"share": (2, 2), "fight": (0, 0)})}
        )
    )
    assert pure_equilibria(game.normal_form().payoffs[None])[0].tolist() == [
        [False, True],
        [True, False],
    ]
    (only,) = game.subgame_perfect()
    assert only.outcomes == {("in", "share"): 1}
    assert not game.is_subgame_perfect({"entrant": {(): "out"}, "store": {("in",): "fight"}})


def test_three_equilibria_one_of_them_perfect():
    """Shoham and Leyton-Brown, Multiagent Systems (2008), figure 5.2."""
    last = hg.Move("1", {"G": (2, 10), "H": (1, 0)})
    game = hg.ExtensiveGame(
        hg.Move(
            "1",
            {
                "A": hg.Move("2", {"C": (3, 8), "D": (8, 3)}),
                "B": hg.Move("2", {"E": (5, 5), "F": last}),
            },
        )
    )
    form = game.normal_form(reduced=False)
    names = [["AG", "AH", "BG", "BH"], ["CE", "CF", "DE", "DF"]]
    nash = {
        tuple(own[k] for own, k in zip(names, place, strict=True))
        for place in np.argwhere(pure_equilibria(form.payoffs[None])[0])
    }
    assert nash == {("AG", "CF"), ("AH", "CF"), ("BH", "CE")}
    (only,) = game.subgame_perfect()
    assert ["".join(own.values()) for own in only.strategies.values()] == ["AG", "CF"]


def test_centipede():
    """Rosenthal (1981): the first mover stops at once although both would gain by going on."""
    tree = (6, 4)
    for k in range(5, -1, -1):
        stop = (k + 1, k) if k % 2 == 0 else (k - 1, k + 2)
        tree = hg.Move("12"[k % 2], {"stop": stop, "go on": tree})
    (only,) = hg.ExtensiveGame(tree, ("1", "2")).subgame_perfect()
    assert only.outcomes == {("stop",): 1}
    assert {a for own in only.strategies.values() for a in own.values()} == {"stop"}


def test_chance_is_averaged_exactly():
    fair = hg.Chance({"heads": ("1/3", (3, 0)), "tails": ("2/3", ("3/2", 0))})
    game = hg.ExtensiveGame(hg.Move("A", {"sure": (2, 1), "bet": fair}), ("A", "B"))
    assert [each.payoffs["A"] for each in game.subgame_perfect()] == [2, 2]
    assert game.subgame_perfect()[1].outcomes == {
        ("bet", "heads"): Fraction(1, 3),
        ("bet", "tails"): Fraction(2, 3),
    }


def test_many_ties_are_refused():
    tree = (0, 0)
    for k in range(12):
        tree = hg.Move("AB"[k % 2], {"x": tree, "y": (0, 0)})
    with pytest.raises(hg.ParameterError, match=r"more than 1000 .* most="):
        hg.ExtensiveGame(tree).subgame_perfect()


@pytest.mark.parametrize(
    ("tree", "error", "words"),
    [
        ((0, 1), hg.HedgingTypeError, "no tree"),
        (hg.Move("A", {"x": (0, 0), "y": 3}), hg.HedgingTypeError, "after y is no node"),
        (hg.Move("A", {"x": (0, 0), "y": (1,)}), hg.GameError, "1 payoffs after y"),
        (hg.Move("A", {"x": (0, 0), "y": {"A": 1, "C": 2}}), hg.UnknownNameError, "'C'"),
        (hg.Move("C", {"x": (0, 0)}), hg.UnknownNameError, "'C'"),
        (hg.Move("A", {}), hg.GameError, "no action at the start"),
        (hg.Chance({"l": (0.5, (0, 0)), "r": (0.6, (0, 0))}), hg.GameError, "add up to 1"),
        (hg.Chance({"l": (0, 0)}), hg.GameError, "add up to 1"),
        (hg.Move("A", {"x+y": (0, 0)}), hg.GameError, "contains"),
    ],
)
def test_what_is_no_tree(tree, error, words):
    with pytest.raises(error, match=words):
        hg.ExtensiveGame(tree, ("A", "B"))


# -- coercive demand -------------------------------------------------------------------------


def test_reduced_form_is_the_model_of_the_catalogue():
    rng = np.random.default_rng(3)
    values = uniform(rng, 20, demand.MODEL)
    for k in range(20):
        at = {name: float(x[k]) for name, x in values.items()}
        form = coercive_demand(**at).normal_form()
        np.testing.assert_allclose(form.payoffs, demand.MODEL(**at).payoffs, atol=1e-12)
        assert form.players == demand.MODEL.players
        assert form.shape == demand.MODEL.shape


@pytest.mark.parametrize("draws", DRAWS)
def test_backward_induction_is_the_proposition(draws):
    """Status quo if pv - c_P < -b; else concession if a < a* = c_M - (1-p)v; else by pv - c_P."""
    values = uniform(np.random.default_rng(4), draws, demand.MODEL)
    seen = set()
    for k in range(draws):
        q = {name: float(x[k]) for name, x in values.items()}
        v, p, cost_p, cost_m, a, b = q.values()
        war, threshold = p * v - cost_p, cost_m - (1 - p) * v
        if war < -b:
            expected = {("no_demand",)}
        elif a < threshold:
            expected = {("demand", "concede")}
        elif war > 0:
            fight = ("demand", "resist", "escalate")
            expected = {(*fight, "P wins"), (*fight, "P loses")}
        else:
            expected = {("no_demand",)}
        (only,) = coercive_demand(**q).subgame_perfect()
        assert set(only.outcomes) == expected
        seen.add(frozenset(expected))
    assert len(seen) == 3


@pytest.mark.parametrize("draws", DRAWS)
def test_a_pledge_nobody_would_keep_is_nash_but_not_perfect(draws):
    """For -b < pv - c_P < 0 and a < a*: (no_demand, resist) is an equilibrium, but not perfect."""
    values = uniform(np.random.default_rng(5), 4 * draws, demand.MODEL)
    v, p, cost_p, cost_m, a, b = values.values()
    war = p * v - cost_p
    domestic = np.flatnonzero((-b < war) & (war < 0))
    assert len(domestic) > draws / 5
    for k in domestic[:draws]:
        game = coercive_demand(**{name: float(x[k]) for name, x in values.items()})
        form = game.normal_form()
        assert not form.regret(("no_demand", "resist")).any()
        perfect = [
            each.strategies["P"][()] == "no_demand"
            and each.strategies["M"][("demand",)] == "resist"
            for each in game.subgame_perfect()
        ]
        assert any(perfect) == bool(a[k] >= cost_m[k] - (1 - p[k]) * v[k])


def test_a_tree_is_one_game():
    with pytest.raises(hg.GameError, match="array"):
        coercive_demand(audience_cost=[0.1, 0.2])


# -- .efg files ------------------------------------------------------------------------------


def test_what_was_written_reads_back():
    for game in random_games(6, 30):
        assert hg.ExtensiveGame.from_efg(game.to_efg()) == game
    game = hg.ExtensiveGame(
        hg.Move('say "A"', {"a \\ b": ("1/3", "-2"), "c": (0, 1e-20)}), ('say "A"', "B")
    )
    back = hg.ExtensiveGame.from_efg(game.to_efg())
    assert back.players == game.players
    assert back.root.labels == game.root.labels
    assert [float(x) for x in back.root.children[1].payoffs] == [0, 1e-20]


def test_file(tmp_path):
    game = coercive_demand()
    path = tmp_path / "demand.efg"
    path.write_text(game.to_efg(), encoding="utf-8")
    assert hg.ExtensiveGame.from_efg(path).title == "Coercive demand"
    with pytest.raises(hg.GameError, match="cannot read"):
        hg.ExtensiveGame.from_efg(tmp_path / "missing.efg")


def test_payoffs_on_the_way_and_outcomes_named_again():
    text = """EFG 2 D "Tolls" { "A" "B" } "with a comment"
    p "" 1 7 "" { "go" "stop" } 1 "toll" { -1 0 }
      c "" 1 "dice" { "up" 1/2 "down" .5 } 0
        t "" 2 "good" { 4, 2 }
        p "" 2 1 "" { "x" "x" } 2
          c "" 1 0 t "" 0 t "" 1
          t "" 0
      t "" 0
    """
    game = hg.ExtensiveGame.from_efg(text)
    ends = {node.history: node.payoffs for node in game.root.walk() if node.is_end}
    assert ends == {
        ("go", "up"): (3, 2),
        ("go", "down", "action_1", "up"): (3, 2),
        ("go", "down", "action_1", "down"): (2, 2),
        ("go", "down", "action_2"): (3, 2),
        ("stop",): (-1, 0),
    }


IMPERFECT = """EFG 2 R "Pennies" { "A" "B" } ""
p "" 1 1 "" { "h" "t" } 0
p "" 2 1 "" { "h" "t" } 0
t "" 1 "" { 1 -1 }
t "" 2 "" { -1 1 }
p "" 2 1 "" { "h" "t" } 0
t "" 2
t "" 1
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (IMPERFECT, "line 6, column 8 .* imperfect information .* strategic form"),
        ("NFG 1 R\n", "an .efg file"),
        ('EFG 2 R "x" { "A" } t "" 0', "at least one move"),
        ('EFG 2 R "x" { "A" } p "" 1 1 "" { "a" } 0', "end of the file, expected c, p or t"),
        ('EFG 2 R "x" { "A" } p "" 2 1 "" { "a" } 0 t "" 0', "player 2 moves; there are 1 players"),
        ('EFG 2 R "x" { "A" } p "" 1 1 "" { } 0 t "" 0', "at least one action"),
        ('EFG 2 R "x" { "A" } p "" 1 1 "" { "a" } 0 t "" 3', "the payoffs of outcome 3"),
        ('EFG 2 R "x" { "A" } p "" 1 1 "" { "a" } 0 t "" 1 "" { 1 2 }', "'}' after the 1 payoffs"),
        ('EFG 2 R "x" { "A" } p "" 1 1 "" { "a" } 0 t "" 0 t "" 0', "the end of the file after"),
        ('EFG 2 R "x" { "A" } c "" 1 "" { "a" 1/3 } 0 t "" 0', "add up to 1"),
        ('EFG 2 R "x { "A" }', "closing quote|player labels|R or D|'{'"),
        ('EFG 2 R "x" { "A" } ' + 'p "" 1 1 "" { "a" } 0 ' * 2, "imperfect"),
    ],
)
def test_what_is_refused(text, words):
    with pytest.raises(hg.GameError, match=words):
        hg.ExtensiveGame.from_efg(text)


def test_a_deep_file_is_refused_in_words():
    chain = "".join(f'p "" 1 {k} "" {{ "a" }} 0 ' for k in range(1, 5000))
    with pytest.raises(hg.GameError, match="at most"):
        efg.read('EFG 2 R "x" { "A" } ' + chain + 't "" 0')


def test_gambit_reads_what_we_write():
    gambit = pytest.importorskip("pygambit")
    rng = np.random.default_rng(7)
    games = [
        *random_games(8, 20),
        *(coercive_demand(win_probability=p) for p in rng.uniform(0.05, 0.95, 20)),
    ]
    for game in games:
        if not all(game._nodes_of(k) for k in (0, 1)):
            continue
        theirs = gambit.read_efg(io.BytesIO(game.to_efg().encode()))
        assert [p.label for p in theirs.players] == list(game.players)
        form = game.normal_form()
        assert tuple(len(p.strategies) for p in theirs.players) == form.shape
        for k, table in enumerate(theirs.to_arrays(dtype=float)):
            ours, given = (np.sort(np.ravel(t).astype(float)) for t in (form.payoffs[k], table))
            np.testing.assert_allclose(ours, given, rtol=0, atol=1e-12)


def test_we_read_what_gambit_writes():
    gambit = pytest.importorskip("pygambit")
    game = coercive_demand()
    theirs = gambit.read_efg(io.BytesIO(game.to_efg().encode()))
    back = hg.ExtensiveGame.from_efg(theirs.to_efg())
    assert list(back.subgame_perfect()[0].outcomes) == list(game.subgame_perfect()[0].outcomes)
    assert back.normal_form().shape == game.normal_form().shape
