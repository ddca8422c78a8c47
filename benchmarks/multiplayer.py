"""All equilibria of games with three and four players, against Gambit's solvers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure, Theme
from benchmarks.harness import Contestant, race, ratio
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.multiplayer import search
from hedging.equilibria.pure import pure_equilibria
from hedging.equilibria.pure_program import pure_table
from hedging.equilibria.result import Equilibria
from hedging.program.machine import Scale, stored_signs

TARGETS = {(2, 2, 2): 1500, (3, 2, 2): 500, (3, 3, 2): 400, (3, 3, 3): 400, (2, 2, 2, 2): 200}
_PURE_TARGET = 200

ABOUT = """\
Games per CPU second on one core, as ratios; independent normal payoffs, Gambit's game objects
built before. *all equilibria* against `enumpoly_solve`: a list with strategies and indices that
passes the parity and index checks. *pure, stored kernel*: payoffs in arrays to codes and counts;
*pure, function*: the same to a table of profiles; both against `enumpure_solve`. Checked: every
equilibrium that Gambit finds with regret below 1e-8 of the payoff range is in our list, every one
of ours has regret below 1e-12 of it, counts are odd, indices add up to one; the same pure
equilibria as Gambit."""

Floats = NDArray[np.float64]


def run(quick: bool) -> Theme:
    """All shapes."""
    theme = Theme("Three and four players, one core", ABOUT)
    games, rounds = (20, 2) if quick else (120, 3)
    for shape in TARGETS:
        _all_equilibria(theme, shape, games, rounds)
    _pure(theme, (3, 2, 2), 1 << (13 if quick else 16), rounds)
    return theme


def _draw(shape: tuple[int, ...], size: int, seed: int) -> Floats:
    rng = np.random.default_rng([seed, *shape])
    return rng.standard_normal((size, len(shape), *shape))


def _gambit_games(payoffs: Floats) -> list[Any]:
    import pygambit

    return [pygambit.Game.from_arrays(*tables) for tables in payoffs]


def _profiles(found: Any) -> list[Floats]:
    """Gambit's equilibria as flat probability vectors."""
    return [
        np.array([float(e[s]) for player in e.game.players for s in player.strategies])
        for e in found.equilibria
    ]


# ------------------------------------------------------------------------------- all equilibria


def _all_equilibria(theme: Theme, shape: tuple[int, ...], games: int, rounds: int) -> None:
    import pygambit

    payoffs = _draw(shape, games, seed=0)
    theirs = _gambit_games(payoffs)
    # Gambit's games and more of their kind: no processor learns thousands of games by heart.
    ours = np.concatenate([payoffs, _draw(shape, 39 * games, seed=1)])

    def gambit() -> list[Any]:
        return [pygambit.nash.enumpoly_solve(game) for game in theirs]

    found, _ = search(payoffs)
    missed = lacking(payoffs, found, [_profiles(answer) for answer in gambit()])
    name = "x".join(map(str, shape))
    runs = {
        "all equilibria": Contestant("all equilibria", lambda: search(ours), len(ours)),
        "pygambit": Contestant("pygambit enumpoly_solve", gambit, games),
    }
    race(list(runs.values()), rounds)
    theme.keep_rates(name, runs)
    value = ratio(runs["all equilibria"], runs["pygambit"])
    theme.figures += [
        Figure("all equilibria / pygambit enumpoly_solve", name, value, target=TARGETS[shape]),
        Figure("equilibria that pygambit lacks", name, 100 * missed / len(found.support), "%",
               shown=True),
    ]  # fmt: skip


def lacking(payoffs: Floats, ours: Equilibria, theirs: list[list[Floats]]) -> int:
    """Assert on the results; how many of our equilibria Gambit lacks."""
    spread = np.ptp(payoffs.reshape(*payoffs.shape[:2], -1), axis=2).min(axis=1)
    _, regret = payoffs_and_regret(payoffs, ours)
    assert (regret <= 1e-12 * spread[ours.game]).all()
    assert (ours.count % 2 == 1).all()
    assert (np.bincount(ours.game, weights=ours.index, minlength=len(payoffs)) == 1).all()
    number = 0
    for g, found in enumerate(theirs):
        mine = ours.probability[ours.offsets[g] : ours.offsets[g + 1]]
        matched = set()
        for profile in found:
            alone = _single(profile)
            if payoffs_and_regret(payoffs[g : g + 1], alone)[1][0] < 1e-8 * spread[g]:
                far = np.abs(mine - profile).max(axis=1)
                assert far.min() < 1e-4, (g, profile)
                matched.add(int(far.argmin()))
        number += len(mine) - len(matched)
    return number


def _single(profile: Floats) -> Equilibria:
    """One profile of one game in the form the certificate takes."""
    return Equilibria(
        offsets=np.array([0, 1]),
        probability=profile[None],
        support=np.zeros(1, dtype=np.uint64),
        index=np.zeros(1, dtype=np.int8),
        isolated=np.ones(1, dtype=np.bool_),
        component=np.zeros(1, dtype=np.int32),
        status=np.zeros(1, dtype=np.uint8),
    )


# ------------------------------------------------------------------------------ pure equilibria


def _pure(theme: Theme, shape: tuple[int, ...], size: int, rounds: int) -> None:
    import pygambit

    payoffs, few, block = _draw(shape, size, seed=2), 200, 1 << 13
    flat = payoffs.reshape(size, -1)
    theirs = _gambit_games(payoffs[:few])
    table = pure_table(shape)
    # The difference of two doubles has the right sign: nothing to tolerate.
    bounds = tuple((d, 1, 0.0) for d in range(len(table.program.outputs)))
    kernel = stored_signs(table.program, table.logic, (Scale((0,), bounds),))

    def gambit() -> list[Any]:
        return [pygambit.nash.enumpure_solve(game) for game in theirs]

    # Few games at a time, which are compared in numpy.
    parts = [pure_equilibria(part) for part in np.split(payoffs, size >> 10)]
    found, oracle = kernel(flat), np.concatenate(parts).reshape(size, -1)
    assert not found.undecided
    np.testing.assert_array_equal(pure_equilibria(payoffs).reshape(size, -1), oracle)
    np.testing.assert_array_equal(kernel.layout.certain(found.codes).T, oracle)
    cells = list(product(*map(range, shape)))
    for g, answer in enumerate(gambit()):
        theirs_here = {tuple(np.flatnonzero(p)) for p in _profiles(answer)}
        starts = np.cumsum([0, *shape[:-1]])
        assert theirs_here == {tuple(starts + cells[k]) for k in np.flatnonzero(oracle[g])}

    runs = {
        "pure, stored kernel": (lambda: kernel(flat, codes=found.codes, counts=found.counts), size),
        "pure, function": (lambda: pure_equilibria(payoffs[:block]), block),
        "pygambit enumpure_solve": (gambit, few),
        "pygambit enumpure_solve, game built within": (
            lambda: [pygambit.nash.enumpure_solve(g) for g in _gambit_games(payoffs[:few])],
            few,
        ),
    }
    by = {name: Contestant(name, call, units) for name, (call, units) in runs.items()}
    race(list(by.values()), rounds)
    column = "x".join(map(str, shape))
    theme.keep_rates(column, by)
    kernel_run, function, built, within = by.values()
    theme.figures += [
        Figure(f"{kernel_run.name} / {built.name}", column, ratio(kernel_run, built),
               target=_PURE_TARGET),
        Figure(f"{kernel_run.name} / {within.name}", column, ratio(kernel_run, within)),
        Figure(f"{function.name} / {built.name}", column, ratio(function, built),
               target=_PURE_TARGET),
        Figure(f"{function.name} / {within.name}", column, ratio(function, within), shown=True),
    ]  # fmt: skip
