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

_CHECKED = 2000


def run(quick: bool) -> Theme:
    """Rates and maps."""
    theme = Theme("Triadic hedging, all equilibria, one core", ABOUT)
    model = catalogue["triadic_hedging"]
    _rates(theme, model, quick)
    _maps(theme, model, quick)
    return theme


def _away(model: Model, rivalry: int, immunity: int) -> Grid:
    """A grid whose points are no round numbers, at which payoffs may tie."""
    low, high = (model.parameters["rivalry"].low, model.parameters["rivalry"].high)
    return grid(
        rivalry=(low + 0.0131, high - 0.0127, rivalry), immunity=(0.00713, 0.99291, immunity)
    )


def _general(model: Model, design: Grid, points: Any) -> tuple[list[set[int]], list[Any]]:
    """Supports and probabilities at some points by the solver that knows no sign systems."""
    values = {name: np.full(len(points), p.default) for name, p in model.parameters.items()}
    columns = design.points(0, design.size)
    values |= {name: columns[name][points] for name in design.names}
    flat = evaluate(model.program, [values[name] for name in model.parameters])
    payoffs = np.stack([np.broadcast_to(v, len(points)) for v in flat], axis=1)
    found, flags = search(payoffs.reshape(len(points), len(model.shape), *model.shape))
    assert not flags.any()
    ends = list(zip(found.offsets[:-1], found.offsets[1:], strict=True))
    supports = [set(found.support[a:b].tolist()) for a, b in ends]
    return supports, [found.probability[a:b] for a, b in ends]


# ----------------------------------------------------------------------------------------- rates


def _rates(theme: Theme, model: Model, quick: bool) -> None:
    system = sign_system(model.program, model.shape)
    assert system is not None
    design = _away(model, 1 << (7 if quick else 10), LANES)
    fused = FusedSweep(model, design, system.program, system.logic, zeros=system.zeros)
    # One sweep for the kernel's answers and one for the library's.
    whole = partial(sweep, model, design, executor=Inline(), progress=False)
    _check_rates(model, design, system, fused, whole())
    runs = {
        "fused": Contestant("fused", fused.run, fused.size),
        "fused and its error bounds": Contestant("fused", fused.run_with_bounds, fused.size),
        "hg.sweep": Contestant("hg.sweep", whole, design.size),
    }
    race(list(runs.values()), rounds=3 if quick else 7)
    theme.keep_rates("3x2x2", runs)
    for name, runner in runs.items():
        target = 1e7 if name == "fused" else None
        row = f"{name}, points per second"
        theme.figures.append(Figure(row, "3x2x2", runner.rate, "/s", target, shown=True))


def _check_rates(
    model: Model, design: Grid, system: SignSystem, fused: FusedSweep, ds: Any
) -> None:
    codes, counts = fused.answers()
    layout = fused.kernel.layout
    rng = np.random.default_rng(1)
    points = np.sort(rng.choice(design.size, _CHECKED, replace=False))
    picked = np.ascontiguousarray(codes[..., points])
    decided = np.flatnonzero(~layout.undecided(picked))
    assert len(decided) > 0.97 * _CHECKED
    certain = layout.certain(picked)[:, decided]
    supports, _ = _general(model, design, points[decided])
    masks = np.array(system.masks, dtype=np.uint64)
    for k, expected in enumerate(supports):
        assert set(masks[certain[:, k]].tolist()) == expected
    number = certain.sum(axis=0)
    here = points[decided]
    np.testing.assert_array_equal(counts[here], number)
    np.testing.assert_array_equal(ds["count"].values.reshape(-1)[here], number)


# ------------------------------------------------------------------------------------------ maps


def _maps(theme: Theme, model: Model, quick: bool) -> None:
    side = 101 if quick else 401
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
    race(list(runs.values()), rounds=3)
    theme.keep_rates("3x2x2", runs)
    for name, runner in runs.items():
        seconds = (401 / side) ** 2 / runner.rate
        theme.figures.append(Figure(name, "3x2x2", seconds, "s", 2, at_most=True))


def _check_map(model: Model, design: Grid, ds: Any) -> None:
    rows, columns = design.shape
    rng = np.random.default_rng(2)
    # The general solver does not decide ties: not on the borders.
    place = rng.integers(1, rows - 1, _CHECKED), rng.integers(1, columns - 1, _CHECKED)
    points = np.ravel_multi_index(place, design.shape)
    _, mixes = _general(model, design, points)
    probability = ds["probability"].values.reshape(design.size, -1, sum(model.shape))[points]
    for mine, theirs in zip(probability, mixes, strict=True):
        np.testing.assert_allclose(mine[: len(theirs)], theirs, rtol=0, atol=1e-9)
        assert np.isnan(mine[len(theirs) :]).all()
