"""Memory of sweeps over more points than one likes to keep: 2**30, in fresh processes.

Run as a module with arguments, this file is the fresh process itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Theme

ABOUT = """\
Peak memory of a process that sweeps a 3 x 3 family over 2^30 points (2^24 where memory is short or
in a hurry) on all processors, over what it held before the sweep and, for *region*, over the
arrays it returns. *histogram*: `reduce="all"`, points of each region and no array of points.
Checked: the histogram adds up, and equals that of the array."""

_NEEDS_GIB = 6
"""Free memory without which the array of all regions is not asked for at full size."""


def run(quick: bool) -> Theme:
    """Both kinds of sweep."""
    theme = Theme("Memory of large sweeps", ABOUT)
    bits = 24 if quick else 30
    regions = bits if quick or _available_gib() > _NEEDS_GIB else 24
    if regions < bits:
        theme.notes.append("Too little free memory for 2^30 regions; 2^24 instead.")
    histogram, array = _child("histogram", bits), _child("region", regions)
    same = histogram if regions == bits else _child("histogram", regions)
    assert sum(histogram["points"]) == 1 << bits
    assert array["points"] == same["points"]
    for found, label, size in (
        (histogram, "histogram of regions: besides the process", bits),
        (array, "region: besides its output", regions),
    ):
        column = f"2^{size} points"
        theme.figures.append(Figure(label, column, found["megabytes"], "MB", 200, at_most=True))
        if found is histogram:
            whole = found["before"] + found["megabytes"]
            theme.figures.append(
                Figure("histogram: the process and its libraries", column, whole, "MB")
            )
        seconds = float(f"{found['seconds']:.3g}")
        rates = theme.rates.setdefault(column, {})
        rates[f"{label.partition(':')[0]}, seconds by the clock"] = seconds
        rates[f"{label.partition(':')[0]}, points per CPU second"] = found["rate"]
    return theme


def _available_gib() -> float:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(x.split()[1]) for x in lines if x.startswith("MemAvailable")) / 2**20
    except (OSError, StopIteration):
        return 0.0


def _child(kind: str, bits: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.memory", kind, str(bits)]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


# ----------------------------------------------------------------------------- the fresh process


def _peak() -> int:
    """Largest memory this process ever held, in bytes."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError):
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _main(kind: str, bits: int) -> None:
    import numpy as np

    import hedging as hg
    from benchmarks.families import family
    from benchmarks.fused import eight_axes

    model = family((3, 3))
    options: dict[str, Any] = {"report": "region", "progress": False}
    if kind == "histogram":
        options["reduce"] = "all"
    hg.sweep(model, eight_axes(18), **options)
    before, start, clock = _peak(), time.process_time(), time.perf_counter()
    ds = hg.sweep(model, eight_axes(bits), **options)
    seconds, cpu = time.perf_counter() - clock, time.process_time() - start
    used = _peak() - before
    if kind == "histogram":
        points = ds["points"].values
    else:
        used -= sum(v.nbytes for v in ds.data_vars.values())
        codes = ds["region"].values.reshape(-1)
        most = int(codes.max()) + 1
        parts = range(0, len(codes), 1 << 20)
        points = sum(np.bincount(codes[s : s + (1 << 20)], minlength=most) for s in parts)
    report = {
        "megabytes": max(0.0, used / 1e6),
        "before": before / 1e6,
        "seconds": seconds,
        "rate": float(f"{(1 << bits) / cpu:.3g}"),
        # Codes are numbered by what they stand for, so they can be compared.
        "points": np.trim_zeros(points, "b").tolist(),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
