"""Repeated games: thresholds, payoff sets and maps against QuantEcon, per core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import hedging as hg
from benchmarks.figures import Figure, Theme
from benchmarks.fused import Inline
from benchmarks.harness import Contestant, race, ratio
from hedging.repeated import kernels
from hedging.repeated.optimal_penal_code import critical_delta
from hedging.repeated.payoff_set import payoff_sets, sweep_payoff_sets

ABOUT = """\
Uniform random games, one thread each, rates per second of its CPU time. *Nash reversion*: the
thresholds of all profiles, against Python loops over QuantEcon's game objects. *V*: the set of
subgame-perfect payoffs, against QuantEcon's `equilibrium_payoffs` on games that it answers, and
answers correctly. *Exact yes/no map*: `hg.sweep(..., report="sustainable")` over all payoffs and
the discount factor. Checked: equal thresholds, equal sets to 1e-6, answers equal to thresholds."""


Points = list[list[float]]
"""Corners of a set of payoffs."""


def random_games(seed: int, count: int, m: int) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 2, m, m))


def quantecon_game(game: np.ndarray) -> Any:
    from quantecon.game_theory import NormalFormGame, Player

    return NormalFormGame((Player(game[0]), Player(np.ascontiguousarray(game[1].T))))


def reversion_by_loop(games: np.ndarray) -> np.ndarray:
    """Nash reversion as one writes it with QuantEcon: a game object and Python loops."""
    from quantecon.game_theory import pure_nash_brute

    out = np.empty((len(games), *games.shape[2:]))
    for g, game in enumerate(games):
        stage = quantecon_game(game)
        equilibria = pure_nash_brute(stage)
        worst = [min((game[i][a] for a in equilibria), default=np.inf) for i in (0, 1)]
        for a in np.ndindex(*game.shape[1:]):
            value = 0.0
            for i in (0, 1):
                u = game[i][a]
                d = stage.players[i].payoff_vector(a[1 - i]).max()
                if d > u:
                    value = max(value, (d - u) / (d - worst[i]) if u > worst[i] else np.inf)
            out[(g, *a)] = value
    return out


def reversion(theme: Theme, m: int, rounds: int, target: float) -> None:
    games, few = random_games(1, 100_000, m), random_games(1, 200, m)
    out = np.empty((len(games), m, m))
    assert np.array_equal(reversion_by_loop(few), kernels.nash_reversion(few))
    ours = Contestant("hedging", lambda: kernels.nash_reversion(games, out), len(games))
    loop = Contestant("QuantEcon loop", lambda: reversion_by_loop(few), len(few))
    race([ours, loop], rounds)
    _record(theme, f"{m}x{m}", "Nash reversion, all profiles", [ours, loop], target)


def _record(
    theme: Theme, column: str, row: str, runs: list[Contestant], target: float | None = None
) -> None:
    theme.figures.append(Figure(row, column, runs[0].rate, "/s", target, shown=True))
    theme.rates.setdefault(column, {}).update({f"{row}: {c.name}": c.rate for c in runs})


def quantecon_set(game: np.ndarray, delta: float) -> np.ndarray | None:
    from quantecon.game_theory import RepeatedGame

    try:
        hull = RepeatedGame(quantecon_game(game), delta).equilibrium_payoffs()
    except Exception:  # it raises for empty sets, points and segments
        return None
    corners: np.ndarray = np.asarray(hull.points[hull.vertices], dtype=np.float64)
    return corners


def directions(points: np.ndarray) -> np.ndarray:
    """Extent of a set in 32 directions."""
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    extent: np.ndarray = (points @ np.array([np.cos(angle), np.sin(angle)])).max(axis=0)
    return extent


def quantecon_sets(deltas: Sequence[float], m: int, count: int) -> list[list[Points | None]]:
    """QuantEcon's sets of the random games for each delta, found in a process of its own.

    QuantEcon 0.11.4 writes beyond a buffer on some games, which may end the process; with
    bounds checked those games raise and are left out.
    """
    code = (
        "import json; from benchmarks.repeated import quantecon_set, random_games\n"
        f"games = random_games(2, {count}, {m})\n"
        f"sets = [[quantecon_set(g, delta) for g in games] for delta in {list(deltas)}]\n"
        "print(json.dumps([[None if s is None else s.tolist() for s in own] for own in sets]))"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": folder}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[1],
            env=environment,
            capture_output=True,
            check=True,
        )
    sets: list[list[Points | None]] = json.loads(done.stdout)
    return sets


def all_payoff_sets(theme: Theme, rounds: int, m: int = 3) -> None:
    """The races of V, at one patience after the other."""
    games, targets = random_games(2, 200, m), {0.5: 200, 0.9: 700}
    found = quantecon_sets(list(targets), m, len(games))
    for (delta, target), theirs in zip(targets.items(), found, strict=True):
        payoff_set(theme, games, theirs, delta, rounds, target)


def payoff_set(
    theme: Theme,
    games: np.ndarray,
    sets: list[Points | None],
    delta: float,
    rounds: int,
    target: float,
) -> None:
    """Only games that QuantEcon answers, and answers correctly."""
    m = games.shape[-1]
    ours = payoff_sets(games, delta)
    chosen = []
    for g, theirs in enumerate(sets):
        if theirs is not None and ours.count[g] > 2:
            mine = ours.vertices[g, : ours.count[g]]
            if np.abs(directions(np.array(theirs)) - directions(mine)).max() < 1e-6:
                chosen.append(g)
    chosen = chosen[:40]
    assert len(chosen) >= 20
    some = np.ascontiguousarray(games[chosen])
    big = np.concatenate([some] * 20)
    first = Contestant("hedging", lambda: payoff_sets(big, delta), len(big))
    second = Contestant("QuantEcon", lambda: [quantecon_set(x, delta) for x in some], len(some))
    race([first, second], rounds)
    row, column = f"V at delta = {delta}: against QuantEcon", f"{m}x{m}"
    theme.figures.append(Figure(row, column, ratio(first, second), "x", target))
    rates = theme.rates.setdefault(column, {})
    rates.update({f"V at delta = {delta}: {c.name}": c.rate for c in (first, second)})


def sweep(theme: Theme, m: int, rounds: int, count: int = 1000) -> None:
    games, deltas = random_games(3, count, m), np.linspace(0.02, 0.98, 49)
    whole = partial(sweep_payoff_sets, games, deltas, tol=1e-8)
    runs = [
        Contestant(name, partial(whole, warm=warm), 49 * count)
        for name, warm in (("warm", True), ("cold", False))
    ]
    race(runs, rounds)
    _record(theme, f"{m}x{m}", "V on 49 discount factors, per factor", runs)


def exact_threshold(theme: Theme, m: int, rounds: int, target: float) -> None:
    games = random_games(4, 20_000, m)
    profile = games.sum(axis=1).reshape(len(games), -1).argmax(axis=1)
    found = critical_delta(games, profile)
    assert (found.lower <= found.value).all()
    ours = Contestant("hedging", lambda: critical_delta(games, profile), len(games))
    race([ours], rounds)
    _record(theme, f"{m}x{m}", "exact critical delta", [ours], target)


def any_game(m: int) -> hg.Model:
    """Every payoff a parameter."""
    players = ("row", "column")
    name = {(p, i, j): f"{p}_{i}_{j}" for p in players for i in range(m) for j in range(m)}
    return hg.Model(
        "any_game",
        players=players,
        actions=[[f"action_{k}" for k in range(m)]] * 2,
        parameters=[hg.Parameter(n, 0.75, 0, 1) for n in name.values()],
        payoffs={p: [[name[p, i, j] for j in range(m)] for i in range(m)] for p in players},
    )


def yes_no_map(theme: Theme, points: int, m: int = 3) -> None:
    """Quasi-random games and discount factors; what the profile is worth lies in [1/2, 1]."""
    model = any_game(m)
    bounds = {name: (0.5 if name.endswith("_0_0") else 0.0, 1.0) for name in model.parameters}
    design = hg.sample(points, {**bounds, "delta": (0.05, 0.95)}, rng=6)
    ask = {"report": "sustainable", "profile": (0, 0), "progress": False, "executor": Inline()}
    hg.sweep(model, hg.sample(64, {**bounds, "delta": (0.05, 0.95)}, rng=6), **ask)  # compiles
    places = design.columns()
    start = time.thread_time()
    ds = hg.sweep(model, design, **ask)
    seconds = (time.thread_time() - start) * 1e6 / points
    assert (ds["status"].values == 0).mean() > 0.999
    some = slice(0, 2000)
    games = np.stack([places[name][some] for name in model.parameters], axis=1)
    found = critical_delta(games.reshape(-1, 2, m, m), 0)
    far = np.abs(found.value - places["delta"][some]) > 1e-6
    holds = found.value <= places["delta"][some]
    assert np.array_equal(ds["sustainable"].values[some][far] == 1, holds[far])
    row = "exact yes/no map of a million points"
    theme.figures.append(Figure(row, f"{m}x{m}", seconds, "s", 10, at_most=True))
    escalated = ds["sustainable"].attrs["escalated"]
    theme.notes.append(f"Of the map's points {escalated:.1%} needed more than closed forms.")


def run(quick: bool) -> Theme:
    """All races."""
    theme, rounds = Theme("Repeated games", ABOUT), 2 if quick else 3
    reversion(theme, 2, rounds, 1e7)
    reversion(theme, 3, rounds, 4e6)
    all_payoff_sets(theme, rounds)
    for m, target in ((2, 2e5), (3, 1e4)):
        sweep(theme, m, rounds, 200 if quick else 1000)
        exact_threshold(theme, m, rounds, target)
    yes_no_map(theme, 100_000 if quick else 1_000_000)
    return theme
