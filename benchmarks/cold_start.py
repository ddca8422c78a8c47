"""How long the first answer takes: fresh processes, with and without compiled kernels on disk.

Run as a module with arguments, this file is the fresh process itself.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Theme

ABOUT = """\
CPU seconds of all threads of a fresh process, medians. *first sweep*: from formulas as text to the
Dataset, on 128 x 128 points of a model the machine has never seen, beyond imports; *from the
cache*: the same in another process that finds the compiled kernel on disk. *imports*: of
everything that sweep needs. Checked: both give the same answer as `engine="numpy"`."""

_TARGETS = {("3x3", "cold"): 0.5, ("3x3", "warm"): 0.1, ("4x4", "cold"): 2.0}
_POINTS = 128


def run(quick: bool) -> Theme:
    """Cold and warm starts of two shapes, and imports."""
    theme = Theme("Cold start", ABOUT)
    repeats = 1 if quick else 3
    for name in ("3x3", "4x4"):
        found: dict[str, list[dict[str, Any]]] = {"cold": [], "warm": []}
        with tempfile.TemporaryDirectory() as folder:
            # Not counted: writes bytecode, and tells what is imported and what comes out.
            first = _child(Path(folder), "sweep", name, "numpy", "")
            modules = Path(folder) / "modules.json"
            modules.write_text(json.dumps(first["modules"]), encoding="utf-8")
            for k in range(repeats):
                for kind in ("cold", "warm"):
                    cache = Path(folder) / f"cache {k}"
                    answer = _child(cache, "sweep", name, "auto", str(modules))
                    assert answer["digest"] == first["digest"], "the engines disagree"
                    found[kind].append(answer)
        for kind, label in (("cold", "first sweep"), ("warm", "first sweep, from the cache")):
            figure = _median(found[kind], "cpu")
            target = _TARGETS.get((name, kind))
            theme.figures.append(Figure(label, name, figure, "s", target, at_most=True))
            theme.rates.setdefault(name, {})[f"{label}, seconds by the clock"] = _median(
                found[kind], "wall"
            )
        imports = _median(found["warm"], "imports")
        theme.figures.append(Figure("imports for a sweep", name, imports, "s"))
    with tempfile.TemporaryDirectory() as folder:
        alone = [_child(Path(folder), "import") for _ in range(repeats + 1)][1:]
    figure = _median(alone, "cpu")
    theme.figures.append(Figure("import hedging", "alone", figure, "s", 0.3, at_most=True))
    return theme


def _median(runs: list[dict[str, Any]], key: str) -> float:
    return float(f"{statistics.median(r[key] for r in runs):.3g}")


def _child(cache: Path, *arguments: str) -> dict[str, Any]:
    """What a fresh process with this cache directory reports."""
    environment = {**os.environ, "HEDGING_CACHE_DIR": str(cache), "HEDGING_CACHE": "1"}
    # Bytecode is kept, as it is wherever packages are installed.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "benchmarks.cold_start", *arguments]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True, check=True
    )
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


# ----------------------------------------------------------------------------- the fresh process


def _import_alone() -> dict[str, Any]:
    start = time.process_time()
    import hedging

    return {"cpu": time.process_time() - start, "version": hedging.__version__}


def _first_sweep(shape_text: str, engine: str, modules: str) -> dict[str, Any]:
    start = time.process_time()
    if modules:
        for name in json.loads(Path(modules).read_text(encoding="utf-8")):
            importlib.import_module(name)
    import hedging as hg
    from benchmarks.families import HIGH, LOW, PARAMETERS, family

    imports = time.process_time() - start
    axes = dict.fromkeys(PARAMETERS[:2], (LOW, HIGH, _POINTS))
    start, clock = time.process_time(), time.perf_counter()
    model = family(tuple(map(int, shape_text.split("x"))))
    ds = hg.sweep(model, hg.grid(**axes), engine=engine, progress=False)
    report: dict[str, Any] = {
        "cpu": time.process_time() - start,
        "wall": time.perf_counter() - clock,
        "imports": imports,
        "digest": _digest(ds),
    }
    if not modules:
        hg.sweep(model, hg.grid(**axes), progress=False)
        report["modules"] = _importable()
    return report


def _digest(ds: Any) -> str:
    import hashlib

    content = b"".join(ds[n].values.astype("u4").tobytes() for n in ("region", "count", "status"))
    return hashlib.sha256(content).hexdigest()


def _importable() -> list[str]:
    """Modules loaded by now that another process can import by name."""
    found = []
    for name, module in sys.modules.items():
        spec = getattr(module, "__spec__", None)
        if spec is not None and spec.name == name and name != "benchmarks.cold_start":
            found.append(name)
    return found


def _main(arguments: list[str]) -> None:
    report = _import_alone() if arguments[0] == "import" else _first_sweep(*arguments[1:])
    print(json.dumps(report))


if __name__ == "__main__":
    _main(sys.argv[1:])
