"""The ``hedging`` command: models, cases, single games, sweeps and benchmarks from a terminal.

Everything it prints can be had from Python as well; the command adds words.  A mistake in what
was typed is answered by one line on standard error and exit code 2.  Files are written beside
their destination and then renamed, so none is ever seen half-written.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from hedging.cli.article import claim_arguments, show_claims
from hedging.cli.benchmarking import run_benchmarks
from hedging.cli.looking import show_cases, show_game, show_models
from hedging.cli.mapping import show_map
from hedging.cli.reporting import (
    explore_arguments,
    open_explorer,
    report_arguments,
    write_report,
)
from hedging.cli.request import in_options, read_assignment, read_axis
from hedging.errors import HedgingError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments, by default those the process was started with.

    Returns
    -------
    int
        0, or 2 if something was asked that cannot be done, or 130 if interrupted.
    """
    try:
        # Parsing is inside, because a HedgingError may come from the value of an option.
        options = _parser().parse_args(argv)
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (HedgingError, OSError) as error:
        print(f"hedging: {in_options(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("hedging: interrupted", file=sys.stderr)
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    """argparse, but a wrong argument costs one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    from hedging import __version__

    parser = _Parser(
        prog="hedging",
        description="When is hedging between great powers an equilibrium, and what breaks it?",
    )
    parser.add_argument("--version", action="version", version=f"hedging {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    models = commands.add_parser("models", help="the models, or one model's parameters")
    models.add_argument("name", nargs="?", metavar="NAME", help="for example triadic_hedging")
    models.set_defaults(run=show_models)

    cases = commands.add_parser("cases", help="the calibrated cases")
    cases.add_argument("country", nargs="?", metavar="COUNTRY", help="for example KAZ")
    cases.set_defaults(run=show_cases)

    claims = commands.add_parser("claims", help="what the models say to 34 claims, checked anew")
    claim_arguments(claims)
    claims.set_defaults(run=show_claims)

    solve = commands.add_parser("solve", help="one game and its equilibria")
    _model_arguments(solve)
    solve.add_argument("--exact", action="store_true", help="compute and answer in fractions")
    solve.set_defaults(run=show_game)

    sweep = commands.add_parser("sweep", help="the equilibria over a grid of parameters")
    _model_arguments(sweep)
    sweep.add_argument(
        "--over",
        action="append",
        required=True,
        type=read_axis,
        metavar="NAME=LOW:HIGH:NUMBER",
        help="vary a parameter; give it once per axis",
    )
    sweep.add_argument(
        "--report",
        default="region,count,status",
        metavar="NAMES",
        help="what to compute, separated by commas (default: %(default)s)",
    )
    sweep.add_argument("--out", type=Path, metavar="FILE.nc", help="write the data (netCDF)")
    sweep.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the map (png, pdf, svg)")
    sweep.set_defaults(run=show_map)

    report = commands.add_parser("report", help="one page about a country, to read or to send")
    report_arguments(report)
    report.set_defaults(run=write_report)

    explore = commands.add_parser("explore", help="sliders and a live map in the browser")
    explore_arguments(explore)
    explore.set_defaults(run=open_explorer)

    bench = commands.add_parser("bench", help="how fast it is here, against other solvers")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures, and a .md")
    bench.add_argument(
        "--only", action="append", metavar="THEME", help="one theme; give it once for each"
    )
    bench.add_argument("--quick", action="store_true", help="a smoke test with rough figures")
    bench.set_defaults(run=run_benchmarks)
    return parser


def _model_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a name that `hedging models` lists")
    parser.add_argument("--case", metavar="COUNTRY", help="start from a calibrated case, as in KAZ")
    parser.add_argument("--window", metavar="YEARS", help="years of the case, as in 2015-2019")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=read_assignment,
        metavar="NAME=VALUE",
        help="fix a parameter at a number, or at a fraction such as 1/3",
    )
