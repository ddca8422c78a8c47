"""``hedging report`` and ``hedging explore``: for people who would rather not type Python."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from hedging.cli.files import rename_into, size_text
from hedging.cli.text import say
from hedging.errors import MissingDependencyError, ParameterError

__all__ = ["explore_arguments", "open_explorer", "report_arguments", "write_report"]


def report_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``hedging report``."""
    parser.add_argument("--case", required=True, metavar="COUNTRY", help="for example KAZ")
    parser.add_argument("--window", metavar="YEARS", help="years of the case; the last by default")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.html", help="where to write the page"
    )


def write_report(options: argparse.Namespace) -> None:
    """Write one self-contained HTML page about a country."""
    from hedging.calibration import cases
    from hedging.plot.style import pyplot

    if options.out.suffix.lower() not in (".html", ".htm"):
        msg = f"--out {options.out} has suffix {options.out.suffix!r}; type {options.out.stem}.html"
        raise ParameterError(msg)
    if options.out.is_dir():
        msg = f"--out {options.out} is a directory; name a file in it"
        raise ParameterError(msg)
    pyplot()
    from hedging.cli.country_page import page

    window = options.window or cases.windows[-1]
    text = page(options.case, window)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with rename_into(options.out) as draft:
        draft.write_text(text, encoding="utf-8")
    say(f"{cases.countries[options.case]} {window}: {options.out}, {size_text(len(text.encode()))}")


def explore_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``hedging explore``."""
    parser.add_argument(
        "model",
        nargs="?",
        default="triadic_hedging",
        metavar="MODEL",
        help="a name that `hedging models` lists (default: %(default)s)",
    )
    parser.add_argument("--port", type=int, metavar="N", help="of the page; a free one by default")
    parser.add_argument("--no-browser", action="store_true", help="only say where the page is")


def open_explorer(options: argparse.Namespace) -> None:
    """Serve the explorer of one model as a page, until interrupted."""
    from hedging.cli.request import model_named

    model = model_named(options.model)
    for needed in ("voila", "ipywidgets", "matplotlib"):
        if find_spec(needed) is None:
            msg = f"explore needs {needed}, not installed; type: pip install 'hedging[notebook]'"
            raise MissingDependencyError(msg)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{model.name}.ipynb"
        path.write_text(json.dumps(_notebook(model.name)), encoding="utf-8")
        command = [sys.executable, "-m", "voila", str(path), "--Voila.ip=127.0.0.1"]
        if options.port is not None:
            command.append(f"--port={options.port}")
        if options.no_browser:
            command.append("--no-browser")
        say(f"Opening {model.title} in the browser; Ctrl-C ends it.")
        sys.stdout.flush()
        subprocess.run(command, check=False)


def _notebook(name: str) -> dict[str, object]:
    """A notebook of one cell, as its file says it."""
    cell: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "explorer",
        "metadata": {},
        "outputs": [],
        "source": ["import hedging as hg\n", f"hg.explore({name!r})"],
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": [cell],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
