"""Run the benchmarks and write down what they find.

    python -m benchmarks.run --json out/bench.json

writes the figures as JSON and, beside it, as Markdown, and prints them as they come.  ``hedging
bench`` does the same.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

THEMES = (
    *("bimatrix_batches", "multiplayer", "flagship", "selection", "repeated"),
    *("sweeps", "explorer", "machine_limits", "cold_start", "memory"),
)
"""Each is a module here with a function ``run(quick) -> Theme``."""

_PEERS = ("nashpy", "quantecon", "pygambit")


def main(arguments: list[str] | None = None) -> int:
    """Run the themes asked for; the exit code is 0 even if targets are missed."""
    parser = argparse.ArgumentParser(prog="hedging bench", description="Run the benchmarks.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument("--only", choices=THEMES, action="append", metavar="THEME")
    parser.add_argument("--quick", action="store_true", help="a smoke test: rough figures")
    options = parser.parse_args(arguments)
    absent = [name for name in _PEERS if importlib.util.find_spec(name) is None]
    if absent:
        print(
            f"hedging bench: {', '.join(absent)} not installed; type: pip install 'hedging[bench]'",
            file=sys.stderr,
        )
        return 2
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
    report = collect([t for t in THEMES if t in (options.only or THEMES)], options.quick)
    if options.json is not None:
        from benchmarks.table import markdown

        _write(options.json, json.dumps(report, indent=1) + "\n")
        _write(options.json.with_suffix(".md"), markdown(report))
    return 0


def collect(themes: list[str], quick: bool) -> dict[str, Any]:
    """Run themes and return their figures, ready for JSON."""
    from benchmarks.machine import describe

    report: dict[str, Any] = {"machine": describe(), "quick": quick, "themes": {}}
    started = time.perf_counter()
    for name in themes:
        clock = time.perf_counter()
        theme = importlib.import_module(f"benchmarks.{name}").run(quick)
        seconds = time.perf_counter() - clock
        print(f"\n{theme.title} ({name}, {seconds:.0f} s)", flush=True)
        for figure in theme.figures:
            print(f"  {_line(figure)}", flush=True)
        for note in theme.notes:
            print(f"  {note}", flush=True)
        report["themes"][name] = {**theme.to_dict(), "seconds": round(seconds, 1)}
    figures = [f for theme in report["themes"].values() for f in theme["figures"]]
    report["met"] = sum(f["met"] is True for f in figures)
    report["missed"] = sum(f["met"] is False for f in figures)
    report["seconds"] = round(time.perf_counter() - started, 1)
    print(
        f"\n{report['met']} targets met, {report['missed']} missed; {report['seconds']:.0f} s",
        flush=True,
    )
    return report


def _line(figure: Any) -> str:
    from benchmarks.table import number

    text = f"{figure.row:<46} {figure.column:<12} {number(figure.value):>10} {figure.unit:<7}"
    if figure.target is None:
        return text.rstrip()
    sign = "<=" if figure.at_most else ">="
    return f"{text} {sign} {number(figure.target):<8} {'met' if figure.met else 'MISSED'}"


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
