"""All equilibria of triadic hedging, mixed ones included: the fused kernel, sweeps and maps."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.figures import Figure, Theme
from benchmarks.fused import LANES, FusedSweep, Inline
from benchmarks.harness import Contestant, race
from hedging.engine.design import Grid, grid
from hedging.engine.run import sweep
from hedging.equilibria.multiplayer import search
from hedging.equilibria.sign_systems import SignSystem, sign_system
from hedging.families import catalogue
from hedging.model import Model
from hedging.program.doubles import evaluate

ABOUT = """\
The complete equilibrium structure of the family `triadic_hedging` (three players, 3 x 2 x 2), mixed
equilibria included, over rivalry and immunity. *fused*: codes and counts of all points, the games
made within the kernel; `hg.sweep` reports region, count and status of the same points. *map*:
401 x 401 games with the probabilities of all equilibria, over the whole ranges, whose borders are
full of ties, and away from them. Checked: supports, counts and probabilities against the general
solver at 2000 random points of each grid."""

FLAGSHIP = catalogue["triadic_hedging"]
_CHECKED = 2000


def run(quick: bool) -> Theme:
    """Rates and maps."""
    theme = Theme("Triadic hedging, all equilibria, one core", ABOUT)
    rates(theme, FLAGSHIP, quick)
    _maps(theme, FLAGSHIP, quick)
    return theme


def _away(model: Model, rivalry: int, immunity: int) -> Grid:
    """A grid whose points are no round numbers, at which payoffs may tie."""
    high = model.parameters["rivalry"].high
    return grid(rivalry=(0.0131, high - 0.0127, rivalry), immunity=(0.00713, 0.99291, immunity))


def _general(model: Model, design: Grid, points: Any) -> list[tuple[set[int], Any] | None]:
    """Supports and probabilities at some points by the solver that knows no sign systems.

    None where there is a tie, which that solver does not decide.
    """
    values = {name: np.full(len(points), p.default) for name, p in model.parameters.items()}
    columns = design.points(0, design.size)
    values |= {name: columns[name][points] for name in design.names}
    flat = evaluate(model.program, [values[name] for name in model.parameters])
    payoffs = np.stack([np.broadcast_to(v, len(points)) for v in flat], axis=1)
    found, flags = search(payoffs.reshape(len(points), len(model.shape), *model.shape))
    return [
        None if flag else (set(found.support[a:b].tolist()), found.probability[a:b])
        for a, b, flag in zip(found.offsets[:-1], found.offsets[1:], flags, strict=True)
    ]


# ----------------------------------------------------------------------------------------- rates


def rates(theme: Theme, model: Model, quick: bool) -> None:
    """The kernel alone, with its error bounds, and within a sweep."""
    system = sign_system(model.program, model.shape)
    assert system is not None
    design = _away(model, 1 << (7 if quick else 10), LANES)
    fused = FusedSweep(model, design, system.program, system.logic, zeros=system.zeros)
    whole = partial(sweep, model, design, executor=Inline(), progress=False)
    _check(model, design, system, fused, whole())
    runs = {
        "fused": Contestant("fused", fused.run, fused.size),
        "fused and its error bounds": Contestant("with bounds", fused.run_with_bounds, fused.size),
        "hg.sweep": Contestant("hg.sweep", whole, design.size),
    }
    race(list(runs.values()), rounds=3 if quick else 7)
    theme.keep_rates("3x2x2", runs)
    for name, runner in runs.items():
        target = 1e7 if name == "fused" else None
        row = f"{name}, points per second"
        theme.figures.append(Figure(row, "3x2x2", runner.rate, "/s", target, shown=True))


def _check(model: Model, design: Grid, system: SignSystem, fused: FusedSweep, ds: Any) -> None:
    codes, counts = fused.answers()
    layout = fused.kernel.layout
    rng = np.random.default_rng(1)
    points = np.sort(rng.choice(design.size, _CHECKED, replace=False))
    picked = np.ascontiguousarray(codes[..., points])
    decided = np.flatnonzero(~layout.undecided(picked))
    assert len(decided) > 0.97 * _CHECKED
    certain = layout.certain(picked)[:, decided]
    masks = np.array(system.masks, dtype=np.uint64)
    for k, expected in enumerate(_general(model, design, points[decided])):
        assert expected is not None
        assert set(masks[certain[:, k]].tolist()) == expected[0]
    number = certain.sum(axis=0)
    here = points[decided]
    np.testing.assert_array_equal(counts[here], number)
    np.testing.assert_array_equal(ds["count"].values.reshape(-1)[here], number)


# ------------------------------------------------------------------------------------------ maps


def _maps(theme: Theme, model: Model, quick: bool) -> None:
    side = 401
    ranges = {n: model.parameters[n] for n in ("rivalry", "immunity")}
    designs = {
        "map with probabilities": grid(**{n: (p.low, p.high, side) for n, p in ranges.items()}),
        "map with probabilities, away from ties": _away(model, side, side),
    }
    report = ("region", "count", "status", "probability")
    runs = {}
    for name, design in designs.items():
        call = partial(sweep, model, design, report=report, executor=Inline(), progress=False)
        _check_map(model, design, call())
        runs[name] = Contestant(name, call, 1)
    race(list(runs.values()), rounds=1 if quick else 3)
    theme.keep_rates("3x2x2", runs)
    for name, runner in runs.items():
        theme.figures.append(Figure(name, "3x2x2", 1 / runner.rate, "s", 2, at_most=True))


def _check_map(model: Model, design: Grid, ds: Any) -> None:
    rng = np.random.default_rng(2)
    points = np.sort(rng.choice(design.size, _CHECKED, replace=False))
    expected = _general(model, design, points)
    assert sum(e is None for e in expected) < 0.02 * _CHECKED
    probability = ds["probability"].values.reshape(design.size, -1, sum(model.shape))[points]
    for mine, theirs in zip(probability, expected, strict=True):
        if theirs is not None:
            np.testing.assert_allclose(mine[: len(theirs[1])], theirs[1], rtol=0, atol=1e-9)
            assert np.isnan(mine[len(theirs[1]) :]).all()
