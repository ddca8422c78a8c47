"""Interleaved timing by thread CPU time.

The machine may be shared, so wall time would measure the neighbours.  Contestants take turns:
every round runs each of them once, long enough to be measured, and the figure of a
contestant is the median of its rounds.  Ratios are medians of per-round ratios, so a drift of the
machine's speed during the run cancels.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Contestant:
    """Something to time: ``run()`` does ``units`` units of work on the calling thread."""

    name: str
    run: Callable[[], object]
    units: int
    repeats: int = 1
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Median units per CPU second."""
        return statistics.median(self.rates)


def race(contestants: list[Contestant], rounds: int = 9, target: float = 0.02) -> None:
    """Fill in the rates of all contestants, turn by turn.

    Parameters
    ----------
    contestants : list of Contestant
    rounds : int
        Counted rounds, after one that is not counted.
    target : float
        CPU seconds each turn should last; short work is repeated within a turn.
    """
    for c in contestants:
        c.run()
        start = time.thread_time()
        c.run()
        once = max(time.thread_time() - start, 1e-7)
        c.repeats = max(1, round(target / once))
        c.rates.clear()
    for _ in range(rounds):
        for c in contestants:
            start = time.thread_time()
            for _ in range(c.repeats):
                c.run()
            elapsed = max(time.thread_time() - start, 1e-9)
            c.rates.append(c.units * c.repeats / elapsed)


def ratio(a: Contestant, b: Contestant) -> float:
    """Median over rounds of a's rate divided by b's."""
    return statistics.median(x / y for x, y in zip(a.rates, b.rates, strict=True))
