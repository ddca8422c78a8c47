"""Telling the user how far a long computation is, without getting in its way.

The runner calls ``update(done)`` whenever something finished and at least about once a
second; what that shows depends on what the user asked for.  Nothing is shown for runs
that are over within two seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol, TextIO

from hedging.errors import HedgingTypeError

__all__ = ["Reporter", "reporter"]

_PATIENCE = 2.0
"""Seconds before the first sign of progress."""
_EVERY = 5.0
"""Seconds between lines when there is no progress bar."""


class Reporter(Protocol):
    """Something that is told how many of the points are done."""

    def update(self, done: int) -> None:
        """``done`` points are finished."""

    def close(self) -> None:
        """No more updates will come."""


class _Silent:
    def update(self, done: int) -> None:
        pass

    def close(self) -> None:
        pass


class _Calls:
    """Hands (done, total) to a function of the user's, once per change."""

    def __init__(self, function: Callable[[int, int], object], total: int) -> None:
        self._function, self._total, self._last = function, total, -1

    def update(self, done: int) -> None:
        if done != self._last:
            self._last = done
            self._function(done, self._total)

    def close(self) -> None:
        pass


class _Bar:
    """A tqdm bar that appears only once the run has proved long."""

    def __init__(self, bar: Callable[..., Any], total: int, clock: Callable[[], float]) -> None:
        self._make, self._total, self._clock = bar, total, clock
        self._start = clock()
        self._bar: Any = None

    def update(self, done: int) -> None:
        if self._bar is None and self._clock() - self._start > _PATIENCE:
            self._bar = self._make(total=self._total, unit="point", unit_scale=True)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Lines:
    """One line on a stream every few seconds."""

    def __init__(self, total: int, stream: TextIO, clock: Callable[[], float]) -> None:
        self._total, self._stream, self._clock = total, stream, clock
        self._start = self._last = clock()

    def update(self, done: int) -> None:
        now = self._clock()
        if now - self._last < _EVERY:
            return
        self._last = now
        spent = now - self._start
        left = f", about {spent * (self._total - done) / done:.0f} s left" if done else ""
        share = 100 * done / self._total
        print(
            f"sweep: {done} of {self._total} points ({share:.0f} %) in {spent:.0f} s{left}",
            file=self._stream,
            flush=True,
        )

    def close(self) -> None:
        pass


def reporter(
    progress: Any,
    total: int,
    *,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Reporter:
    """Choose how progress is shown.

    Parameters
    ----------
    progress : None, bool or callable
        None or True: a tqdm bar where tqdm is importable, otherwise a line each 5 s on stderr.
        False: nothing.  A callable is called as ``progress(done, total)``.
    total : int
        Number of points to do.

    Raises
    ------
    HedgingTypeError
        If ``progress`` is anything else.
    """
    if progress is False:
        return _Silent()
    if callable(progress):
        return _Calls(progress, total)
    if progress is not None and progress is not True:
        msg = f"progress is {progress!r}; type None, True, False or a function of (done, total)"
        raise HedgingTypeError(msg)
    if stream is None:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            pass
        else:
            return _Bar(tqdm, total, clock)
    return _Lines(total, stream if stream is not None else sys.stderr, clock)
