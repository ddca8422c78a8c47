"""What the benchmarks ran on, in words that say nothing about when or where."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from hedging.program.machine_target import Target

_LIBRARIES = (
    "hedging", "llvmlite", "nashpy", "numba", "numpy", "pygambit", "quantecon", "scipy", "sympy",
    "xarray",
)  # fmt: skip


def describe() -> dict[str, Any]:
    """Processor, cores, Python, compiler and library versions."""
    return {
        "processor": _processor(),
        "llvm_name": Target.host().cpu,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "c_compiler": _compiler(),
        "libraries": {name: v for name in _LIBRARIES if (v := _version(name)) is not None},
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _compiler() -> str | None:
    path = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if path is None:
        return None
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return said.splitlines()[0].strip() if said else None


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
