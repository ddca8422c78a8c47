"""``hedging bench``: run the benchmarks of a clone of the repository.

Benchmarks are no part of the installed package: they need other solvers, to compare with, and a
quiet machine.  They run in a process of their own, so that nothing here has warmed anything up.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from hedging.errors import HedgingError, MissingDependencyError, ParameterError

__all__ = ["run_benchmarks"]

_SOLVERS = ("nashpy", "pygambit", "quantecon")
_SCRIPT = Path("benchmarks") / "run.py"


def run_benchmarks(options: argparse.Namespace) -> None:
    """Find the clone, check what is needed, and run."""
    root = _clone()
    absent = [name for name in _SOLVERS if find_spec(name) is None]
    if absent:
        msg = f"bench needs {', '.join(absent)}, not installed; type: pip install 'hedging[bench]'"
        raise MissingDependencyError(msg)
    themes = sorted(path.stem for path in (root / "benchmarks").glob("*.py") if _is_theme(path))
    command = [sys.executable, "-m", "benchmarks.run"]
    if options.json is not None:
        if options.json.is_dir():
            msg = f"--json {options.json} is a directory; name a file in it"
            raise ParameterError(msg)
        command += ["--json", str(options.json.resolve())]
    for name in options.only or ():
        if name not in themes:
            msg = f"no benchmark theme {name!r}; choose from {', '.join(themes)}"
            raise ParameterError(msg)
        command += ["--only", name]
    if options.quick:
        command.append("--quick")
    done = subprocess.run(command, cwd=root, check=False)
    if done.returncode:
        msg = f"the benchmarks stopped with exit code {done.returncode}; see above"
        raise HedgingError(msg)


def _is_theme(path: Path) -> bool:
    return "\ndef run(quick: bool)" in path.read_text(encoding="utf-8")


def _clone() -> Path:
    """Root of the clone around the current directory, else of the one the package runs from."""
    here = Path.cwd()
    for root in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (root / _SCRIPT).is_file() and (root / "hedging" / "__init__.py").is_file():
            return root
    msg = f"no {_SCRIPT.as_posix()} here; type hedging bench in a clone of the repository"
    raise HedgingError(msg)
