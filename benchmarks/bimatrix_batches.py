"""All equilibria of many two-player games: our paths against other packages and numpy.

The games are random, so nondegenerate; every game object of the other packages is built within
their time, as in any program that has payoffs in arrays, and once more outside it.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from benchmarks import batches
from benchmarks.families import family
from benchmarks.figures import Figure, Theme
from benchmarks.fused import FusedSweep, Inline, bimatrix_sweep, eight_axes
from benchmarks.harness import Contestant, race, ratio
from hedging.engine.run import sweep
from hedging.equilibria import bimatrix, signs, stored
from hedging.equilibria.determinants import sign_table
from hedging.equilibria.stored_kernels import kernels
from hedging.model import Model
from hedging.program.doubles import evaluate

SHAPES = [(2, 2), (2, 3), (3, 3), (3, 4), (4, 4)]

TARGETS: dict[tuple[str, str], dict[tuple[int, int], float]] = {
    ("stored kernel", "quantecon"): {
        (2, 2): 5000, (2, 3): 2000, (3, 3): 1500, (3, 4): 900, (4, 4): 700,
    },
    ("stored kernel", "pygambit"): {
        (2, 2): 40_000, (2, 3): 30_000, (3, 3): 25_000, (3, 4): 15_000, (4, 4): 12_000,
    },
    ("fused kernel", "quantecon"): {(2, 2): 20_000, (3, 3): 4000, (4, 4): 1500},
    ("full kernels", "quantecon"): {(2, 2): 800, (3, 3): 300, (4, 4): 100},
}  # fmt: skip

PAIRS = [
    ("stored kernel", "quantecon"),
    ("stored kernel", "pygambit"),
    ("stored kernel", "nashpy"),
    ("stored kernel", "quantecon, game built before"),
    ("stored kernel", "pygambit, game built before"),
    ("stored kernel", "numpy"),
    ("fused kernel", "quantecon"),
    ("fused kernel and its error bounds", "quantecon"),
    ("hg.sweep", "quantecon"),
    ("full kernels", "quantecon"),
    ("full kernels, new arrays", "quantecon"),
    ("regions of a batch", "quantecon"),
    ("full answers of a batch", "quantecon"),
    ("numpy", "quantecon"),
    ("full in numpy", "quantecon"),
]

_LIBRARY = ("hg.sweep", "regions of a batch", "full answers of a batch")
"""What a user calls, with all that is around a kernel."""

ABOUT = """\
Games per CPU second on one core, as ratios. *stored kernel*: payoffs in arrays to codes and
counts; *fused kernel*: the same for payoffs computed from eight parameters within the kernel;
*full kernels*: stored, then strategies, payoffs, largest regret and index of every equilibrium.
*regions of a batch*, *full answers of a batch* and `hg.sweep` are the library's own functions
around them, with everything they return. Against quantecon `support_enumeration`, pygambit
`enummixed_solve` in doubles and nashpy `support_enumeration(non_degenerate=True)`, game objects
built from arrays unless said otherwise. Checked: the same equilibria as quantecon and pygambit in
200 random games, codes equal to numpy's."""


def run(quick: bool) -> Theme:
    """All shapes."""
    theme = Theme("Two-player games, one core", ABOUT)
    for shape in SHAPES:
        _shape(theme, shape, quick)
    return theme


def _shape(theme: Theme, shape: tuple[int, int], quick: bool) -> None:
    m, n = shape
    bits = 16 if quick else 18
    row, column = batches.random_games(1 << bits, m, n)
    kernel, expand = kernels(m, n).signs, kernels(m, n).expand
    found = kernel(row, column)
    room = expand.scratch(len(row), 3 * len(row))
    model, design = family(shape), eight_axes(17 if quick else 20)
    fused = bimatrix_sweep(model, design)
    peers = {"quantecon": 200, "pygambit": 60, "nashpy": 30}
    some = {name: list(zip(row[:k], column[:k], strict=True)) for name, k in peers.items()}
    built = {
        "quantecon": [batches.quantecon_game(*g) for g in some["quantecon"]],
        "pygambit": [batches.gambit_game(*g) for g in some["pygambit"]],
    }
    few = 1 << 14

    def full() -> None:
        codes = kernel(row, column, codes=found.codes, counts=found.counts).codes
        expand(row, column, codes, scratch=room)

    def quantecon() -> None:
        for game in some["quantecon"]:
            batches.quantecon_solve(batches.quantecon_game(*game))

    def pygambit() -> None:
        for game in some["pygambit"]:
            batches.gambit_solve(batches.gambit_game(*game))

    runs: list[tuple[str, Any, int]] = [
        (
            "stored kernel",
            lambda: kernel(row, column, codes=found.codes, counts=found.counts),
            len(row),
        ),
        ("full kernels", full, len(row)),
        (
            "full kernels, new arrays",
            lambda: expand(row, column, kernel(row, column).codes),
            len(row),
        ),
        ("fused kernel", fused.run, fused.size),
        ("fused kernel and its error bounds", fused.run_with_bounds, fused.size),
        (
            "hg.sweep",
            lambda: sweep(model, design, executor=Inline(), progress=False),
            design.size,
        ),
        ("numpy", lambda: signs.classify(row[:few], column[:few]), few),
        ("full in numpy", lambda: bimatrix.solve(row[:few], column[:few], engine="numpy"), few),
        ("regions of a batch", lambda: stored.regions(row, column), len(row)),
        ("full answers of a batch", lambda: stored.solve_fully(row, column), len(row)),
        ("quantecon", quantecon, peers["quantecon"]),
        (
            "quantecon, game built before",
            lambda: [batches.quantecon_solve(g) for g in built["quantecon"]],
            peers["quantecon"],
        ),
        ("pygambit", pygambit, peers["pygambit"]),
        (
            "pygambit, game built before",
            lambda: [batches.gambit_solve(g) for g in built["pygambit"]],
            peers["pygambit"],
        ),
        ("nashpy", lambda: [batches.nashpy_solve(*g) for g in some["nashpy"]], peers["nashpy"]),
    ]
    contestants = {name: Contestant(name, call, units) for name, call, units in runs}
    with warnings.catch_warnings():
        # nashpy suspects degenerate games where it loses equilibria.
        warnings.simplefilter("ignore", RuntimeWarning)
        lost = _check_stored(shape, row, column, kernel, expand)
        _check_fused(model, fused, sweep(model, design, progress=False))
        race(list(contestants.values()), rounds=3 if quick else 7)
    name = f"{m}x{n}"
    for a, b in PAIRS:
        value = ratio(contestants[a], contestants[b])
        target = TARGETS.get((a, b), {}).get(shape)
        shown = b == "nashpy" or a in _LIBRARY
        theme.figures.append(Figure(f"{a} / {b}", name, value, target=target, shown=shown))
    theme.figures.append(Figure("equilibria nashpy loses in 200 games", name, lost, ""))
    theme.keep_rates(name, contestants)


def _check_stored(
    shape: tuple[int, int], row: Any, column: Any, kernel: Any, expand: Any, number: int = 200
) -> int:
    """Compare with numpy and with the other packages; the number of equilibria nashpy loses."""
    found = kernel(row, column)
    some = slice(0, 1 << 15)
    oracle = signs.classify(row[some], column[some])
    assert found.undecided == 0
    assert not oracle.flag.any()
    codes = np.ascontiguousarray(found.codes[..., some])
    np.testing.assert_array_equal(kernel.layout.certain(codes), oracle.certain.T)
    np.testing.assert_array_equal(found.counts[some], oracle.certain.sum(axis=1))
    equilibria = expand(row, column, found.codes)
    assert len(equilibria.regret) == found.counts.sum()
    assert equilibria.regret.max() < 1e-12
    lost = 0
    for g in range(number):
        game = row[g], column[g]
        span = slice(equilibria.offsets[g], equilibria.offsets[g + 1])
        ours = equilibria.probability[span]
        theirs = {
            "quantecon": batches.quantecon_solve(batches.quantecon_game(*game)),
            "pygambit": batches.gambit_solve(batches.gambit_game(*game)),
            "nashpy": batches.nashpy_solve(*game),
        }
        for package, answer in theirs.items():
            points = batches.plain(answer, *shape)
            assert batches.missing(ours, points) == 0, (package, g)
            if package == "nashpy":
                lost += batches.missing(points, ours)
            else:
                assert batches.missing(points, ours) == 0, (package, g)
    return lost


def _check_fused(model: Model, fused: FusedSweep, ds: Any, number: int = 20_000) -> None:
    """Compare codes with numpy's at random points, and the sweep's Dataset with both."""
    shape = model.shape
    codes, counts = fused.answers()
    rng = np.random.default_rng(4)
    points = np.sort(rng.choice(fused.size, number, replace=False))
    values = np.array(evaluate(model.program, fused.layout.columns(points)))
    row, column = values.T.reshape(number, 2, *shape).transpose(1, 0, 2, 3)
    oracle = signs.classify(row, column)
    layout = fused.kernel.layout
    picked = np.ascontiguousarray(codes[..., points])
    decided = ~oracle.flag & ~layout.undecided(picked)
    assert decided.sum() >= number - 20
    ours = layout.certain(picked)
    np.testing.assert_array_equal(ours[:, decided], oracle.certain.T[:, decided])
    here = points[decided]
    np.testing.assert_array_equal(counts[here], oracle.certain.sum(axis=1)[decided])
    np.testing.assert_array_equal(ds["count"].values.reshape(-1)[here], counts[here])
    # Two points share a region exactly if they share a code.
    region = ds["region"].values.reshape(-1)[here]
    keys = np.unique(ours[:, decided], axis=1, return_inverse=True)[1].reshape(-1)
    pairs = np.unique(np.stack([region, keys]), axis=1)
    assert len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]
    table = sign_table(*shape)
    for p in np.flatnonzero(decided)[:100]:
        answer = batches.quantecon_solve(batches.quantecon_game(row[p], column[p]))
        points_there = batches.plain(answer, *shape) > 0
        expected = {tuple(np.flatnonzero(e)) for e in points_there}
        held = {
            (*rows, *(shape[0] + j for j in columns))
            for c, (rows, columns) in enumerate(table.supports)
            if ours[c, p]
        }
        assert held == expected
