"""Functions compiled with numba: no Python objects, no interpreter lock, IEEE arithmetic.

Compiled code is kept on disk.  Numba takes it up again if the file of the function is unchanged,
but a kernel contains the kernels that it calls, which may stand in other files.  So the stamp by
which numba knows the file is replaced by a digest of all files with kernels that call each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])

_FILES = ("cells.py", "kantorovich.py", "levenberg.py", "multiaffine.py", "support_search.py")


@lru_cache(maxsize=1)
def _digest() -> str:
    digest = hashlib.sha256()
    for name in (*_FILES, Path(__file__).name):
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


def kernel(function: Function) -> Function:
    """Compile a function on its first call with each combination of argument types."""
    compiled: Any = njit(nogil=True, error_model="numpy")(function)
    try:
        compiled.enable_caching()
        store = compiled._cache._cache_file
        store._source_stamp = (store._source_stamp, _digest())
    except (AttributeError, OSError, RuntimeError):
        # No writable directory, no source files, or a numba that keeps its cache another way:
        # compiling anew is slow but never stale.
        compiled = njit(nogil=True, error_model="numpy")(function)
    return cast(Function, compiled)
