"""Compilation of loops to machine code: one game per lane of work, the interpreter lock released.

Compiled code is kept on disk.  Numba notices a change of the file a loop is in, not of other files
it calls into; after editing those, delete the ``*.nbi`` and ``*.nbc`` files beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

__all__ = ["compiled"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function of numbers and arrays on its first call; division by zero gives inf."""
    decorate: Any = njit(cache=True, nogil=True, error_model="numpy")
    result: F = decorate(function)
    return result
