"""How kernels are compiled: to machine code that is cached and releases the interpreter.

Division by zero gives an infinity instead of an exception, which would cost a branch at every
division; kernels compare before they divide.  There are no threads inside a kernel, so that chunks
can be solved by any executor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

__all__ = ["compiled", "inlined"]

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Compile on first call, per combination of argument types."""
    decorator: Any = njit(cache=True, nogil=True, error_model="numpy")
    result: _F = decorator(function)
    return result


def inlined(function: _F) -> _F:
    """Paste into callers before they are compiled.

    A constant argument makes a new version of a compiled function, so this is for small ones that
    are called with many constants.
    """
    decorator: Any = njit(inline="always", cache=True, nogil=True, error_model="numpy")
    result: _F = decorator(function)
    return result
