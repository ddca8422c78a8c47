"""Compiled object files kept on disk between processes.

An object file is machine code that will be run, so a file is only believed if three things hold:
the directory belongs to this user and nobody else may write to it; so does the file; and the
SHA-256 written in its header, taken over the key it was asked for and over every byte of the
object, agrees.  Anything else (a truncated write, a foreign file, a flipped bit) counts as absent
and is written anew.  Files appear by rename, so a reader sees a whole file or none, and a process
killed while it writes leaves only a temporary file, swept away later.

The directory is ``HEDGING_CACHE_DIR``, else the platform's place for a user's caches.
``HEDGING_CACHE=0`` turns the cache off.  No failure here is ever an error: without a usable cache
everything is compiled.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["directory", "load", "store"]

_MAGIC = b"hedging object 1\n"
_SUFFIX = ".obj"
_TEMPORARY = ".tmp"
_STALE = 3600.0
"""Seconds after which a temporary file belongs to a process that died."""
_MOST_FILES = 1024
"""Above this many objects the older half goes; one object is some tens of kilobytes."""


def directory() -> Path | None:
    """Return the directory of the cache, made if need be; None if there is none to be trusted."""
    if os.environ.get("HEDGING_CACHE", "1").strip().lower() in {"0", "no", "off", "false"}:
        return None
    try:
        path = _place()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path if _is_private(path.stat(), directory=True) else None
    except (OSError, RuntimeError):  # RuntimeError: no home directory
        return None


def _place() -> Path:
    chosen = os.environ.get("HEDGING_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        base = Path(local) if local else Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        xdg = os.environ.get("XDG_CACHE_HOME")
        base = Path(xdg) if xdg else Path.home() / ".cache"
    return base / "hedging"


def _is_private(found: os.stat_result, *, directory: bool) -> bool:
    right_kind = stat.S_ISDIR(found.st_mode) if directory else stat.S_ISREG(found.st_mode)
    if not hasattr(os, "geteuid"):  # Windows: profile directories are private by their own rules
        return right_kind
    return right_kind and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _digest(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\n" + content).digest()


def load(key: str) -> bytes | None:
    """Return the object stored under a key, or None.

    Parameters
    ----------
    key : str
        Hexadecimal digest of everything the object depends on.
    """
    place = directory()
    if place is None:
        return None
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(place / (key + _SUFFIX), flags), "rb") as file:
            if not _is_private(os.fstat(file.fileno()), directory=False):
                return None
            raw = file.read()
    except OSError:
        return None
    head = len(_MAGIC) + 32
    content = raw[head:]
    if raw[:head] != _MAGIC + _digest(key, content):
        return None
    return content


def store(key: str, content: bytes) -> bool:
    """Keep an object under a key; False if it could not be kept."""
    place = directory()
    if place is None:
        return False
    name = ""
    try:
        # mkstemp makes the file readable and writable by this user only.
        handle, name = tempfile.mkstemp(suffix=_TEMPORARY, dir=place)
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + _digest(key, content) + content)
        Path(name).replace(place / (key + _SUFFIX))
    except OSError:
        if name:
            with contextlib.suppress(OSError):
                Path(name).unlink()
        return False
    _tidy(place)
    return True


def _tidy(place: Path) -> None:
    """Sweep what killed writers left, and the older half of a cache grown too large."""
    now = time.time()
    kept: list[tuple[float, Path]] = []
    try:
        for entry in os.scandir(place):
            path = Path(entry.path)
            if path.suffix == _TEMPORARY and now - entry.stat().st_mtime > _STALE:
                path.unlink()
            elif path.suffix == _SUFFIX:
                kept.append((entry.stat().st_mtime, path))
        if len(kept) > _MOST_FILES:
            for _, path in sorted(kept)[: len(kept) // 2]:
                path.unlink()
    except OSError:
        return  # another process tidies at the same time
