"""Sweeps over parameters: our kernel against numpy, a C compiler and quantecon; ties everywhere."""

from __future__ import annotations

import tempfile
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import c_kernel
from benchmarks.families import family, tied_model
from benchmarks.figures import Figure, Theme
from benchmarks.fused import FusedSweep, Inline, bimatrix_sweep, by_lambdify, eight_axes
from benchmarks.harness import Contestant, race, ratio
from hedging.engine.design import grid
from hedging.engine.run import sweep
from hedging.equilibria import bimatrix, signs
from hedging.equilibria.determinants import sign_table
from hedging.equilibria.pure import pure_equilibria
from hedging.equilibria.pure_program import pure_table
from hedging.equilibria.stored_kernels import sign_kernel
from hedging.errors import Status
from hedging.program.doubles import evaluate

ABOUT = """\
Points per CPU second on one core. *fused* is our kernel with the payoffs inside. *lambdify* makes
payoffs by `sympy.lambdify` and numpy, and hands them to the same logic in numpy or to our stored
kernel: all points at once, or in blocks of 32768 cut by hand so that nothing leaves the cache. The
C kernel is written with AVX-512 intrinsics for the same program and compiled by the machine's
compiler with -O3 -march=native. Checked: codes equal to the C kernel's, to those of lambdified
payoffs and to numpy's pure equilibria; ties against the exact solver for single games."""

_IN_CACHE = 1 << 15
"""Points of which numpy's intermediate arrays stay in cache: its best case."""
_C_SHAPES = [(2, 2), (3, 3), (3, 4), (4, 4)]


def run(quick: bool) -> Theme:
    """All comparisons."""
    theme = Theme("Sweeps over parameters, one core", ABOUT)
    for shape in [(2, 2), (3, 3), (4, 4)]:
        _against_lambdify(theme, shape, quick)
    if c_kernel.available() is None:
        theme.notes.append("No C kernel: it needs a C compiler and a processor with AVX-512.")
    else:
        for shape in _C_SHAPES:
            _against_c(theme, shape, quick)
    _pure(theme, quick)
    _whole(theme, quick)
    _ties(theme, quick)
    return theme


def _rounds(quick: bool) -> int:
    return 3 if quick else 9


def _race(
    theme: Theme, column: str, quick: bool, *runs: tuple[str, Any, int]
) -> dict[str, Contestant]:
    contestants = {name: Contestant(name, call, units) for name, call, units in runs}
    race(list(contestants.values()), rounds=_rounds(quick))
    theme.keep_rates(column, contestants)
    return contestants


# ---------------------------------------------------------------------------------- two players


def _against_lambdify(theme: Theme, shape: tuple[int, int], quick: bool) -> None:
    model, (m, n) = family(shape), shape
    fused = bimatrix_sweep(model, eight_axes(17 if quick else 20))
    kernel, payoffs = sign_kernel(m, n), by_lambdify(model)
    block = fused.layout.columns(np.arange(_IN_CACHE))

    def games(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        values = np.ascontiguousarray(payoffs(*columns).transpose(0, 2, 1))
        return values.reshape(2, len(columns[0]), m, n)

    codes, counts = fused.answers()
    stored, numpy = kernel(*games(block)), signs.classify(*games(block))
    mine = np.ascontiguousarray(codes[..., :_IN_CACHE])
    layout = kernel.layout
    decided = ~(layout.undecided(mine) | layout.undecided(stored.codes) | numpy.flag)
    assert decided.sum() >= _IN_CACHE - 20
    np.testing.assert_array_equal(mine[..., decided], stored.codes[..., decided])
    np.testing.assert_array_equal(layout.certain(mine)[:, decided], numpy.certain.T[:, decided])
    np.testing.assert_array_equal(counts[:_IN_CACHE][decided], stored.counts[decided])

    name = f"{m}x{n}"
    runs: list[tuple[str, Any, int]] = [
        ("fused", fused.run, fused.size),
        ("lambdify, numpy logic", lambda: signs.classify(*games(block)), _IN_CACHE),
        ("lambdify in blocks, stored kernel", lambda: kernel(*games(block)), _IN_CACHE),
    ]
    if shape == (3, 3):
        whole = fused.layout.columns(np.arange(fused.size))
        runs.append(("lambdify, stored kernel", lambda: kernel(*games(whole)), fused.size))
    by = _race(theme, name, quick, *runs)
    for other in list(by)[1:]:
        target = 50 if shape == (3, 3) and "blocks" not in other else None
        value = ratio(by["fused"], by[other])
        theme.figures.append(Figure(f"fused / {other}", name, value, target=target, shown=True))


def _against_c(theme: Theme, shape: tuple[int, int], quick: bool) -> None:
    model = family(shape)
    # One call for all points, so that kernels are compared and not the ways to call them.
    fused = bimatrix_sweep(model, eight_axes(17 if quick else 20), step=1 << 10)
    logic = sign_table(*shape).logic
    lane = fused.fast.inputs.index(fused.layout.lane_names[0])
    lanes = np.ascontiguousarray(fused.lanes[0])
    with tempfile.TemporaryDirectory() as folder:
        kernel = c_kernel.FusedKernel(fused.fast, logic, lane, Path(folder))
        codes, counts = kernel.room(fused.scratch[0].shape[-1])

        def in_c(kept: list[Any] | None = None) -> None:
            for rows, tolerance in zip(fused.rows, fused.tolerances, strict=True):
                kernel(rows, lanes, tolerance, codes, counts)
                if kept is not None:
                    kept.append((codes.copy(), counts.copy()))

        found: list[Any] = []
        in_c(found)
        ours, our_counts = fused.answers()
        theirs = np.concatenate([c for c, _ in found], axis=-1)
        np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(our_counts, np.concatenate([c for _, c in found]))
        name = f"{shape[0]}x{shape[1]}"
        by = _race(
            theme, name, quick, ("fused", fused.run, fused.size), ("C kernel", in_c, fused.size)
        )
    value = ratio(by["fused"], by["C kernel"])
    theme.figures.append(Figure("fused / C kernel", name, value, target=0.9))


# -------------------------------------------------------------------------------- three players


def _pure(theme: Theme, quick: bool) -> None:
    """Pure equilibria of 3 x 2 x 2 games."""
    from quantecon.game_theory import NormalFormGame, Player, pure_nash_brute

    model = family((3, 2, 2))
    table = pure_table(model.shape)
    program = table.program.compose(model.program)
    design = eight_axes(17 if quick else 20)
    fused = FusedSweep(model, design, program, table.logic)
    payoffs = by_lambdify(model)
    few, some = 1 << 15, 200
    rng = np.random.default_rng(6)
    points = np.sort(rng.choice(fused.size, few, replace=False))
    columns = fused.layout.columns(points)
    values = payoffs(*columns).transpose(2, 0, 1).reshape(few, 3, *model.shape)
    oracle = pure_equilibria(values).reshape(few, -1)
    codes, counts = fused.answers()
    picked = codes[points]
    decided = ~fused.kernel.layout.undecided(picked)
    assert decided.sum() >= few - 20
    certain = fused.kernel.layout.certain(picked).T
    np.testing.assert_array_equal(certain[decided], oracle[decided])
    np.testing.assert_array_equal(counts[points][decided], oracle[decided].sum(axis=1))
    # quantecon wants each player's own action first, then those of the others in turn.
    turned = [
        [np.ascontiguousarray(g[i].transpose([(i + k) % 3 for k in range(3)])) for i in range(3)]
        for g in values[:some]
    ]

    def quantecon() -> list[Any]:
        return [pure_nash_brute(NormalFormGame([Player(p) for p in game])) for game in turned]

    profiles = list(product(*map(range, model.shape)))
    for k, answer in enumerate(quantecon()):
        if decided[k]:
            assert {tuple(a) for a in answer} == {profiles[p] for p in np.flatnonzero(oracle[k])}

    def in_numpy() -> Any:
        found = payoffs(*columns).transpose(2, 0, 1).reshape(few, 3, *model.shape)
        best = [found[:, k] >= found[:, k].max(axis=k + 1, keepdims=True) for k in range(3)]
        return best[0] & best[1] & best[2]

    whole = partial(sweep, model, design, report="pure", executor=Inline(), progress=False)
    pure = whole()["pure"].values.reshape(design.size, -1)[points]
    np.testing.assert_array_equal(pure[decided], oracle[decided])
    by = _race(
        theme,
        "3x2x2",
        quick,
        ("pure, fused", fused.run, fused.size),
        ("pure, hg.sweep", whole, design.size),
        ("pure, numpy", in_numpy, few),
        ("pure, quantecon", quantecon, some),
    )
    value = ratio(by["pure, fused"], by["pure, quantecon"])
    theme.figures += [
        Figure("pure, fused / quantecon pure_nash_brute", "3x2x2", value, target=25_000),
        Figure("pure, fused / lambdify, numpy", "3x2x2",
               ratio(by["pure, fused"], by["pure, numpy"])),
        Figure("pure, hg.sweep / quantecon pure_nash_brute", "3x2x2",
               ratio(by["pure, hg.sweep"], by["pure, quantecon"]), shown=True),
    ]  # fmt: skip


# ---------------------------------------------------------------------------------- whole sweeps


def _whole(theme: Theme, quick: bool) -> None:
    for shape in [(2, 2), (3, 3), (4, 4)]:
        model, design = family(shape), eight_axes(18 if quick else 22)
        call = partial(sweep, model, design, executor=Inline(), progress=False)
        name = f"{shape[0]}x{shape[1]}"
        runner = Contestant("hg.sweep", call, design.size)
        race([runner], rounds=3)
        theme.keep_rates(name, {"hg.sweep": runner})
        theme.figures.append(
            Figure("hg.sweep, points per second", name, runner.rate, "/s", shown=True)
        )


def _ties(theme: Theme, quick: bool) -> None:
    """Payoffs of -1, 0 and 1 in games that are degenerate at every point."""
    model = tied_model()
    names = list(model.parameters)
    design = grid(**{name: [-1, 0, 1] for name in names[: 10 if quick else 12]})
    call = partial(sweep, model, design, executor=Inline(), progress=False)
    ds = call()
    assert (ds["status"].values == Status.DEGENERATE).all()
    rng = np.random.default_rng(5)
    points = rng.choice(design.size, 500, replace=False)
    columns = [np.full(500, float(p.default)) for p in model.parameters.values()]
    for k, place in enumerate(np.unravel_index(points, design.shape)):
        columns[k] = place - 1.0
    flat = np.stack([np.broadcast_to(v, 500) for v in evaluate(model.program, columns)], axis=1)
    row, column = flat.reshape(500, 2, 3, 3).transpose(1, 0, 2, 3)
    counts = bimatrix.solve(row, column, exact=True).count
    np.testing.assert_array_equal(ds["count"].values.reshape(-1)[points], counts)
    runner = Contestant("hg.sweep, every point degenerate", call, design.size)
    race([runner], rounds=3)
    theme.keep_rates("3x3", {"ties": runner})
    figure = Figure(f"{runner.name}, points per second", "3x3", runner.rate, "/s", target=2e5)
    theme.figures.append(figure)
