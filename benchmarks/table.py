"""The figures of a run as Markdown, printed or put into a page between two markers.

python benchmarks/table.py out/bench.json                            # print everything
python benchmarks/table.py out/bench.json --into README.md           # what has a target
python benchmarks/table.py out/bench.json --page docs/performance.md # everything, under headings
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
_HEADING, _BEFORE = "## How fast", "## How to cite"


def number(value: float) -> str:
    """Three digits, as a person would write them.

    Examples
    --------
    >>> [number(v) for v in (12410.3, 2.5e9, 61.069, 0.8821, 0.00093, 0)]
    ['12,400', '2.50e9', '61.1', '0.882', '0.00093', '0']
    """
    if abs(value) >= 1e8:
        mantissa, _, power = f"{value:.2e}".partition("e")
        return f"{mantissa}e{int(power)}"
    if abs(value) >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def cell(figure: dict[str, Any]) -> str:
    """A figure beside its target; bold if it misses it."""
    unit = {"x": "", "/s": ""}.get(figure["unit"], f" {figure['unit']}").rstrip()
    text = number(figure["value"]) + unit
    if figure["target"] is None:
        return text
    sign = "≤" if figure["at_most"] else "≥"
    goal = f"{sign} {number(figure['target'])}{unit}"
    return f"{text} ({goal})" if figure["met"] else f"**{text}** ({goal}, missed)"


def theme_table(theme: dict[str, Any], brief: bool) -> list[str]:
    """One theme as lines of Markdown; ``brief`` keeps rows with a target or marked as shown."""
    figures = theme["figures"]
    aimed = {f["row"] for f in figures if f["target"] is not None or f["shown"]}
    if brief:
        figures = [f for f in figures if f["row"] in aimed]
    if not figures:
        return []
    columns = sorted({f["column"] for f in figures}, key=lambda name: (len(name), name))
    rows = list(dict.fromkeys(f["row"] for f in figures))
    at = {(f["row"], f["column"]): cell(f) for f in figures}
    lines = [f"| {theme['title']} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {row} | {' | '.join(at.get((row, c), '') for c in columns)} |" for row in rows]
    about = " ".join(theme["about"].split())
    return [about, "", *lines, *(f"\n{note}" for note in theme["notes"]), ""]


def head(report: dict[str, Any]) -> str:
    """Where and how the figures were measured."""
    machine = report["machine"]
    libraries = ", ".join(f"{name} {v}" for name, v in machine["libraries"].items())
    text = (
        f"{machine['processor']} ({machine['llvm_name']}, {machine['cores']} cores), "
        f"{machine['system']}, Python {machine['python']}, "
        f"{machine['c_compiler'] or 'no C compiler'}; {libraries}. CPU time, rounds interleaved, "
        "medians; in brackets what was aimed at."
    )
    return text + (" **A quick run: figures are rough.**" if report["quick"] else "")


def markdown(report: dict[str, Any], brief: bool = False, headings: bool = False) -> str:
    """The whole report; with ``headings`` one section per theme."""
    lines = [head(report), ""]
    for theme in report["themes"].values():
        table = theme_table(theme, brief)
        if table and headings:
            lines += [f"## {theme['title']}", ""]
        lines += table
    return "\n".join(lines).rstrip() + "\n"


def put(page: str, text: str) -> str:
    """The page with ``text`` between the markers, in a section of its own if it has none.

    Examples
    --------
    >>> put("a\\n<!-- bench -->\\nold\\n<!-- /bench -->\\nb\\n", "new\\n")
    'a\\n<!-- bench -->\\nnew\\n<!-- /bench -->\\nb\\n'
    """
    block = f"{BEGIN}\n{text}{END}"
    if BEGIN in page and END in page:
        before, _, rest = page.partition(BEGIN)
        return before + block + rest.partition(END)[2]
    section = f"{_HEADING}\n\n{block}\n\n"
    if _BEFORE not in page:
        return f"{page.rstrip()}\n\n{section}".rstrip() + "\n"
    return page.replace(_BEFORE, section + _BEFORE, 1)


def main(arguments: list[str] | None = None) -> None:
    """Print, or update a page."""
    parser = argparse.ArgumentParser(description="Benchmark figures as Markdown.")
    parser.add_argument("file", type=Path, help="JSON written by `hedging bench`")
    parser.add_argument("--into", type=Path, metavar="PAGE", help="what has a target, into PAGE")
    parser.add_argument(
        "--page",
        type=Path,
        metavar="PAGE",
        help="all figures into PAGE, under headings, with the JSON kept beside it",
    )
    options = parser.parse_args(arguments)
    raw = options.file.read_text(encoding="utf-8")
    report = json.loads(raw)
    if options.into is None and options.page is None:
        sys.stdout.write(markdown(report))
    if options.into is not None:
        _update(options.into, markdown(report, brief=True))
    if options.page is not None:
        _update(options.page, markdown(report, headings=True))
        options.page.with_name("bench.json").write_text(raw, encoding="utf-8")


def _update(page: Path, text: str) -> None:
    page.write_text(put(page.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
