"""``hedging sweep``: run a sweep, write it down, and say what it found."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hedging.cli.boundary import say_boundary
from hedging.cli.files import check_destination, draw, rename_into, size_text, store
from hedging.cli.request import Point, model_named, once, point_of
from hedging.cli.text import say, say_table
from hedging.errors import ParameterError, Status

if TYPE_CHECKING:
    from hedging.model import Model

__all__ = ["show_map"]

_ROWS, _SMALL = 12, 0.001
"""Regions listed one by one: at most so many, and none with a smaller share."""


def show_map(options: argparse.Namespace) -> None:
    """Sweep, store, draw and summarise."""
    from hedging.engine.design import grid
    from hedging.engine.run import sweep

    model = model_named(options.model)
    start = point_of(options, model)
    point = start.values
    axes = once(options.over, "--over")
    both = [name for name, _ in options.set if name in axes]
    if both:
        msg = f"{both[0]} is in --set and in --over; keep one of them"
        raise ParameterError(msg)
    if options.plot is not None and len(axes) > 2:
        msg = f"--plot draws one or two axes, not {len(axes)}; drop it, or fix the rest by --set"
        raise ParameterError(msg)
    for path, kind in ((options.out, "--out"), (options.plot, "--plot")):
        if path is not None:
            check_destination(path, kind)
    report = [name.strip() for name in options.report.split(",") if name.strip()]
    if "region" not in report:
        report.append("region")
    fixed: dict[str, Any] = {
        name: float(value) for name, value in point.items() if name not in axes
    }
    started = time.perf_counter()
    ds = sweep(model, grid(**axes), report=report, **fixed)
    seconds = time.perf_counter() - started

    written = []
    if options.out is not None:
        with rename_into(options.out) as draft:
            store(ds, draft)
        written.append(("data", options.out))
    if options.plot is not None:
        with rename_into(options.plot) as draft:
            at = {name: float(point[name]) for name in axes}
            draw(ds, model, at, _whereabouts(start, list(axes)), draft)
        written.append(("picture", options.plot))

    say(model.title + (f": {start.case}" if start.case else ""))
    changed = {n: v for n, v in fixed.items() if v != float(model.parameters[n].default)}
    if changed:
        say("with " + ", ".join(f"{n} = {v:g}" for n, v in changed.items()))
    spans = " x ".join(f"{n} {a[0]:g} to {a[1]:g} ({a[2]} values)" for n, a in axes.items())
    say(f"over {spans}: {ds['region'].size:,} games in {seconds:.1f} s")
    print()
    _say_regions(ds, model)
    _say_status(ds)
    say_boundary(ds, model, point)
    if written:
        print()
        rows = [[what, str(path), size_text(path.stat().st_size)] for what, path in written]
        say_table(["written", "", ""], rows)


def _whereabouts(point: Point, axes: Sequence[str]) -> str:
    """What the marked point is: which of its values are data, and which coordinates are not."""
    if not point.case:
        return "default values"
    assumed = [name.replace("_", " ") for name in axes if name not in point.data]
    if not assumed:
        return point.case
    noun = "default" if len(assumed) == 1 else "defaults"
    known = "values from data; " if point.data else ""
    return f"{point.case} ({known}{', '.join(assumed)}: {noun})"


def _say_regions(ds: Any, model: Model) -> None:
    from hedging.engine.summary import regions
    from hedging.words import percent, region_in_words

    say("map: number in the picture; code: number in the data, good for this run only")
    table = regions(ds)
    shown = table[table["share"] >= _SMALL].head(_ROWS)
    rows = []
    for rank, row in enumerate(shown.itertuples(), start=1):
        words = (
            "no answer"
            if row.equilibria is None
            else region_in_words(row.equilibria, model.players, model.actions)
        )
        rows.append([str(rank), str(row.code), percent(row.share), words])
    rest = table.iloc[len(shown) :]
    if len(rest):
        words = f"{len(rest)} smaller region" + ("s" if len(rest) > 1 else "")
        rows.append(["", "", percent(float(rest["share"].sum())), words])
    say_table(["map", "code", "share", "equilibria"], rows, right=(0, 1, 2))


def _say_status(ds: Any) -> None:
    import numpy as np

    from hedging.words import percent

    codes, points = np.unique(ds["status"].values, return_counts=True)
    shares = dict(zip(codes.tolist(), (points / ds["status"].size).tolist(), strict=True))
    print()
    text = ", ".join(
        f"{Status(c).meaning.replace('_', ' ')} {percent(s)}" for c, s in shares.items()
    )
    say(f"status: {text}")
    for code in shares:
        if code != Status.OK:
            say(f"  {Status(code).meaning.replace('_', ' ')}: {Status(code).advice}", indent=4)
