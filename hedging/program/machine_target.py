"""From LLVM assembly to callable machine code, on the processor at hand or a named one.

A kernel is compiled once per process, kept on disk by :mod:`hedging.program.machine_cache`, and
called through ctypes, which lets go of Python's global lock.  One lock guards LLVM; it is also held
over a fork, so that a child never inherits a compiler in mid-sentence.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hedging.errors import MissingDependencyError, UnknownNameError
from hedging.program import machine_cache

__all__ = ["LEVELS", "Library", "Target", "build"]

_GENERATOR = 1
"""Version of the way objects are made from assembly; the assembly itself is part of the key."""

LEVELS = ("x86-64", "x86-64-v3", "x86-64-v4")
"""Named x86-64 levels: SSE2 (128 bits), AVX2 with FMA (256), AVX-512 (512)."""

_LOCK = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release
    )


@functools.cache
def _llvm() -> Any:
    """Llvmlite's binding, with the host's code generator registered."""
    try:
        import llvmlite.binding as llvm
    except ImportError as error:
        msg = "compiled kernels need llvmlite; install it with `pip install llvmlite`"
        raise MissingDependencyError(msg) from error
    for start in (
        llvm.initialize,
        llvm.initialize_native_target,
        llvm.initialize_native_asmprinter,
    ):
        try:
            start()
        except RuntimeError:  # newer LLVM bindings start themselves and say so
            continue
    return llvm


@dataclass(frozen=True, slots=True)
class Target:
    """A processor to compile for.

    Attributes
    ----------
    cpu : str
        LLVM's name of the processor.
    features : str
        LLVM's list of features beyond what the name implies, such as ``"+avx2,-fma"``.

    Examples
    --------
    >>> Target.level("x86-64-v3")
    Target(cpu='x86-64-v3', features='')
    """

    cpu: str
    features: str = ""

    @staticmethod
    def host() -> Target:
        """Return the processor this process runs on."""
        return _host()

    @staticmethod
    def level(name: str) -> Target:
        """Return one of the named levels of x86-64 (:data:`LEVELS`).

        Raises
        ------
        UnknownNameError
            For any other name.
        """
        if name not in LEVELS:
            msg = f"no processor level {name!r}; use one of {', '.join(LEVELS)}"
            raise UnknownNameError(msg)
        return Target(name)

    @property
    def has_mask_registers(self) -> bool:
        """True if comparisons can leave their result in mask registers (AVX-512 with bytes)."""
        return self.cpu == "x86-64-v4" or "+avx512bw" in self.features.split(",")

    def runs_here(self) -> bool:
        """Return True if this process may execute what is compiled for the target."""
        if self == _host():
            return True
        needs = {
            "x86-64": ("sse2",),
            "x86-64-v3": ("avx2", "fma", "bmi2", "f16c"),
            "x86-64-v4": ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
        }.get(self.cpu)
        have = _host().features.split(",")
        return needs is not None and not self.features and all(f"+{n}" in have for n in needs)


@functools.cache
def _host() -> Target:
    llvm = _llvm()
    with _LOCK:
        return Target(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())


class Library:
    """Compiled functions; keeps the code alive as long as any of them is held.

    Parameters
    ----------
    engine : llvmlite.binding.ExecutionEngine
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def function(self, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
        """Return the named function as a ctypes callable with the given types."""
        with _LOCK:
            address = self._engine.get_function_address(name)
        found = ctypes.CFUNCTYPE(result, *arguments)(address)
        found.library = self  # type: ignore[attr-defined]  # the code must outlive the callable
        return found


# Weak, so that code nobody holds any more is freed.
_built: weakref.WeakValueDictionary[str, Library] = weakref.WeakValueDictionary()


def build(assembly: str, target: Target) -> Library:
    """Compile LLVM assembly, or find it compiled in this process or on disk.

    Parameters
    ----------
    assembly : str
        Text of one LLVM module.
    target : Target

    Returns
    -------
    Library

    Notes
    -----
    LLVM's mid-level optimiser is not run: the generators emit straight-line code with common
    subexpressions already shared, and measurements show no gain from it for twice the time.
    """
    llvm = _llvm()
    parts = (assembly, target.cpu, target.features, str(llvm.llvm_version_info), str(_GENERATOR))
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    with _LOCK:
        library = _built.get(key)
        if library is None:
            machine = _target_machine(target)
            content = machine_cache.load(key)
            if content is None:
                content = _compile(assembly, machine)
                machine_cache.store(key, content)
            library = _built[key] = Library(_link(content, machine))
    return library


def _target_machine(target: Target) -> Any:
    return (
        _llvm()
        .Target.from_default_triple()
        .create_target_machine(
            cpu=target.cpu, features=target.features, opt=3, reloc="pic", codemodel="jitdefault"
        )
    )


def _compile(assembly: str, machine: Any) -> bytes:
    llvm = _llvm()
    # A context of our own: nothing is shared with other users of LLVM in the process.
    module = llvm.parse_assembly(assembly, llvm.create_context())
    module.verify()
    return bytes(machine.emit_object(module))


def _link(content: bytes, machine: Any) -> Any:
    llvm = _llvm()
    empty = llvm.parse_assembly("", llvm.create_context())
    engine = llvm.create_mcjit_compiler(empty, machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(content))
    engine.finalize_object()
    return engine
