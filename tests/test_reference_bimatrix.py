"""Two-player games from the literature and from other programs' tests, with exact answers.

``data/bimatrix_games.json`` holds payoffs and all extreme equilibria, as fractions, and the number
of extreme equilibria in each component; the sets were computed with lrsnash 0.71b and with Gambit
16.7 (``enummixed_solve(rational=True)``), which agree.
"""

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hedging.equilibria.bimatrix import solve
from hedging.errors import Status

GAMES = json.loads((Path(__file__).parent / "data" / "bimatrix_games.json").read_text("utf-8"))


def payoffs(lines):
    rows = [[Fraction(x) for x in line.split()] for line in lines]
    return np.array(rows, dtype=object)[None]


def points(result):
    found = {tuple(p) for p in result.probability.tolist()}
    assert len(found) == len(result.probability)
    return found


@pytest.mark.parametrize("method", ["signs", "vertices"])
@pytest.mark.parametrize("game", GAMES, ids=lambda g: g["name"])
def test_exact_equilibria_and_components(game, method):
    result = solve(payoffs(game["row"]), payoffs(game["col"]), exact=True, method=method)
    want = {tuple(Fraction(p) for p in f"{x} {y}".split()) for x, y in game["extreme"]}
    assert points(result) == want
    sizes = sorted(Counter(result.component.tolist()).values())
    assert sizes == game["component_sizes"]
    assert result.isolated.sum() == sizes.count(1)


@pytest.mark.parametrize("game", GAMES, ids=lambda g: g["name"])
def test_doubles_agree_or_say_degenerate(game):
    row, col = payoffs(game["row"]).astype(float), payoffs(game["col"]).astype(float)
    result = solve(row, col)
    want = sorted(tuple(float(Fraction(p)) for p in f"{x} {y}".split()) for x, y in game["extreme"])
    got = sorted(map(tuple, result.probability.tolist()))
    same = len(got) == len(want) and np.allclose(got, want, rtol=0, atol=1e-9)
    assert same or result.status[0] == Status.DEGENERATE
    m = row.shape[1]
    x, y = result.probability[:, :m], result.probability[:, m:]
    first, second = y @ row[0].T, x @ col[0]
    regret = max(
        (first.max(axis=1) - (first * x).sum(axis=1)).max(),
        (second.max(axis=1) - (second * y).sum(axis=1)).max(),
    )
    assert regret <= 1e-13 * max(np.abs(row).max(), np.abs(col).max())


def compare_with_gambit(count, shape, integers, seed):
    """Solve ``count`` random games both ways; Gambit's duplicates are dropped."""
    gambit = pytest.importorskip("pygambit")
    rng = np.random.default_rng(seed)
    m, n = shape
    if integers:
        row, col = rng.integers(-integers, integers + 1, (2, count, m, n)).astype(float)
    else:
        row, col = np.round(rng.normal(size=(2, count, m, n)), 3)
    result = solve(row, col)
    for g in range(count):
        a, b = ([[Fraction(x) for x in line] for line in p[g].tolist()] for p in (row, col))
        game = gambit.Game.from_arrays(a, b)
        want = set()
        for profile in gambit.nash.enummixed_solve(game, rational=True).equilibria:
            want.add(
                tuple(
                    Fraction(str(profile[s])) for player in game.players for s in player.strategies
                )
            )
        got = result.probability[result.offsets[g] : result.offsets[g + 1]]
        assert len(got) == len(want), (a, b)
        expected = np.array(sorted(tuple(map(float, w)) for w in want))
        np.testing.assert_allclose(sorted(got.tolist()), expected, rtol=0, atol=1e-9)
        if result.status[g] == Status.OK:
            assert len(got) % 2 == 1


KINDS = [
    (shape, integers)
    for shape in [(2, 2), (2, 3), (3, 3), (4, 3), (4, 4)]
    for integers in (None, 2, 9)
]


@pytest.mark.parametrize(("shape", "integers"), KINDS)
def test_random_games_agree_with_gambit(shape, integers):
    compare_with_gambit(20, shape, integers, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "integers"), KINDS)
def test_ten_thousand_random_games_agree_with_gambit(shape, integers):
    compare_with_gambit(667, shape, integers, seed=2)
