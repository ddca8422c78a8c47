"""``hedging sweep``: run a sweep, write it down, and say what it found."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hedging.cli.files import check_destination, draw, rename_into, size_text, store
from hedging.cli.request import model_named, once, point_of
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
    point, case = point_of(options, model)
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
            draw(ds, model, {name: float(point[name]) for name in axes}, case, draft)
        written.append(("picture", options.plot))

    say(model.title + (f": {case}" if case else ""))
    changed = {n: v for n, v in fixed.items() if v != float(model.parameters[n].default)}
    if changed:
        say("with " + ", ".join(f"{n} = {v:g}" for n, v in changed.items()))
    spans = " x ".join(f"{n} {a[0]:g} to {a[1]:g} ({a[2]} values)" for n, a in axes.items())
    say(f"over {spans}: {ds['region'].size:,} games in {seconds:.1f} s")
    print()
    _say_regions(ds, model)
    _say_status(ds)
    _say_critical(ds, model, point)
    if written:
        print()
        rows = [[what, str(path), size_text(path.stat().st_size)] for what, path in written]
        say_table(["written", "", ""], rows)


def _say_regions(ds: Any, model: Model) -> None:
    from hedging.engine.summary import regions
    from hedging.plot.words import percent, region_in_words

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

    from hedging.plot.words import percent

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


def _tracked(ds: Any, model: Model, point: Mapping[str, Any]) -> str | None:
    """Support whose boundary is worth knowing: the quiet one if the model has it.

    Otherwise the first equilibrium at the point itself; None if there is none.
    """
    quiet = [
        next((a for a in ("hedge", "accommodate", "respect") if a in actions), "")
        for actions in model.actions
    ]
    if all(quiet):
        return "|".join(quiet)
    here = ds["region"].sel({dim: float(point[dim]) for dim in ds["region"].dims}, method="nearest")
    supports = _supports(ds).get(int(here), [])
    return supports[0] if supports else None


def _supports(ds: Any) -> dict[int, list[str]]:
    table: dict[str, list[str]] = json.loads(ds["region"].attrs["supports"])
    return {int(code): supports for code, supports in table.items()}


def _switches(ds: Any, dim: str, point: Mapping[str, Any], support: str) -> list[str]:
    """Where along one axis an equilibrium holds, read off the grid, in words.

    The other axes stand at the grid values nearest to the point.
    """
    import numpy as np

    region = ds["region"]
    others = {d: float(point[d]) for d in region.dims if d != dim}
    line = region.sel(others, method="nearest") if others else region
    values = np.asarray(line[dim].values, dtype=np.float64)
    order = np.argsort(values)
    values = values[order]
    codes = [code for code, supports in _supports(ds).items() if support in supports]
    holds = np.isin(line.values[order], codes)
    if holds.all() or not holds.any():
        return ["holds throughout" if holds.all() else "holds nowhere"]
    return [
        f"holds up to {values[k]:.6g}, not at {values[k + 1]:.6g}"
        if holds[k]
        else f"not at {values[k]:.6g}, holds from {values[k + 1]:.6g}"
        for k in np.flatnonzero(holds[1:] != holds[:-1])
    ]


def _say_critical(ds: Any, model: Model, point: Mapping[str, Any]) -> None:
    import numpy as np

    from hedging.plot.words import in_words

    support = _tracked(ds, model, point)
    if support is None:
        return
    dims = [str(dim) for dim in ds["region"].dims]
    rows = []
    for dim in dims:
        others = ", ".join(f"{d} = {float(point[d]):g}" for d in dims if d != dim)
        closed = []
        for key, curve in model.curves.items():
            if curve.parameter == dim:
                value = float(model.critical(key, **{n: v for n, v in point.items() if n != dim}))
                if np.isfinite(value):
                    closed.append(f"{key} = {value:.6g}")
        for k, switch in enumerate(_switches(ds, dim, point, support)):
            first = k == 0
            rows.append(
                [
                    dim if first else "",
                    others if first else "",
                    (", ".join(closed) or "none") if first else "",
                    switch,
                ]
            )
    print()
    say(f'Where "{in_words(support, model.players)}" is an equilibrium:')
    say_table(["along", "at", "closed form", "on the grid"], rows)
