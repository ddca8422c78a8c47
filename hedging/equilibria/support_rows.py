r"""What all supports of three players have in common: gains, comparisons, small vectors.

The combinations of supports to visit are rows of a table of integers, made in
:mod:`hedging.equilibria.multiplayer`.
"""

from __future__ import annotations

from typing import Any

from hedging.equilibria.compiled import compiled, inlined
from hedging.equilibria.flags import LOOSE, MARGIN, Flag
from hedging.equilibria.newton import FLAGS, Bench, Rows, record

__all__ = [
    "ENDS",
    "KIND",
    "OTHERS",
    "SPECIAL",
    "USED",
    "alive",
    "clear",
    "compare",
    "cross",
    "gain",
    "load",
    "mix",
    "plausible",
    "pure",
]

TIE, NEAR, UNRESOLVED = int(Flag.TIE), int(Flag.NEAR), int(Flag.UNRESOLVED)

# Columns of a row of the table of supports of three players: which case it is, the player unlike
# the others, the supports as bit masks, the profiles of the others' supports as bit masks, and each
# player's first and last action in use.
KIND, SPECIAL, USED, OTHERS, ENDS = 0, 1, 2, 5, 8


@compiled
def clear(row: Any, work: Bench) -> None:
    """Start a candidate: its supports, and no probabilities yet."""
    for p in range(3):
        work.used[p] = row[USED + p]
        for k in range(3):
            work.x[p, k] = 0.0


@compiled
def mix(a: float, b: float, c: float) -> tuple[bool, float, float, float]:
    """Weights scaled to sum 1, and whether none is clearly negative."""
    total = a + b + c
    if abs(total) < 0.5 * max(abs(a), abs(b), abs(c)) or total == 0.0:
        return False, a, b, c
    a, b, c = a / total, b / total, c / total
    return min(a, b, c) > -LOOSE, a, b, c


@inlined
def cross(
    a0: float, a1: float, a2: float, b0: float, b1: float, b2: float
) -> tuple[float, float, float]:
    """Vector product."""
    return a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0


@inlined
def gain(gains: Any, row: Any, p: int, j: int, h: int) -> float:
    """Player p's gain from its second over its first action in use."""
    at = 27 * p + 3 * j + h
    return float(gains[at + 9 * row[ENDS + 2 * p + 1]] - gains[at + 9 * row[ENDS + 2 * p]])


@compiled
def plausible(m: Any, work: Bench) -> bool:
    """Whether no action outside the supports beats the first one inside by more than LOOSE."""
    gains, x = work.gains, work.x
    for p in range(3):
        q, s = (p + 1) % 3, (p + 2) % 3
        used = work.used[p]
        if used == (1 << m[p]) - 1:
            continue
        inside, outside, first = 0.0, -1e300, True
        for k in range(m[p]):
            if (used >> k) & 1 and not first:
                continue
            value = 0.0
            for j in range(m[q]):
                if x[q, j] == 0.0:
                    continue
                at = 27 * p + 9 * k + 3 * j
                row = 0.0
                for h in range(m[s]):
                    row += gains[at + h] * x[s, h]
                value += row * x[q, j]
            if (used >> k) & 1:
                inside, first = value, False
            else:
                outside = max(outside, value)
        if outside > inside + LOOSE:
            return False
    return True


@compiled
def load(payoffs: Any, source: Any, m: Any, gains: Any, state: Any) -> bool:
    """Gains of one game from its flat payoffs, each player's scaled by the largest.

    Returns whether every player has something to gain and all gains are finite.
    """
    good = True
    for p in range(3):
        q, s = (p + 1) % 3, (p + 2) % 3
        largest = 0.0
        for j in range(m[q]):
            for h in range(m[s]):
                at = 27 * p + 3 * j + h
                base = payoffs[source[at]]
                gains[at] = low = high = 0.0
                for k in range(1, m[p]):
                    gain = payoffs[source[at + 9 * k]] - base
                    gains[at + 9 * k] = gain
                    low, high = min(low, gain), max(high, gain)
                largest = max(largest, high - low)
        if not 1e-290 < largest < 1e290:
            state[FLAGS] |= TIE if largest == 0.0 else UNRESOLVED
            good = False
            continue
        factor = 1.0 / largest
        for at in range(27 * p + 9, 27 * p + 9 * m[p]):
            gains[at] *= factor
    return good


@compiled
def compare(gains: Any, m: Any, weak: Any) -> None:
    """Bit 3 j + h of ``weak[9 p + 3 b + a]``: p's action b is not clearly better than a there."""
    for p in range(3):
        q, s = (p + 1) % 3, (p + 2) % 3
        for a in range(m[p]):
            for b in range(a):
                at, to = 27 * p + 9 * a, 27 * p + 9 * b
                not_a, not_b = 0, 0
                for j in range(m[q]):
                    for h in range(m[s]):
                        o = 3 * j + h
                        gain = gains[at + o] - gains[to + o]
                        not_a |= (gain <= MARGIN) << o
                        not_b |= (gain >= -MARGIN) << o
                weak[9 * p + 3 * a + b] = not_a
                weak[9 * p + 3 * b + a] = not_b


@compiled
def alive(row: Any, m: Any, weak: Any) -> bool:
    """Whether no action in use is conditionally dominated."""
    for p in range(3):
        used, others = row[USED + p], row[OTHERS + p]
        for a in range(m[p]):
            if (used >> a) & 1:
                for b in range(m[p]):
                    if b != a and not weak[9 * p + 3 * b + a] & others:
                        return False
    return True


@compiled
def pure(row: Any, m: Any, work: Bench, rows: Rows) -> None:
    """Compare every player's action with its others."""
    gains, state = work.gains, work.state
    worst = -1.0
    for p in range(3):
        q, s = (p + 1) % 3, (p + 2) % 3
        a = row[ENDS + 2 * p]
        at = 27 * p + 3 * row[ENDS + 2 * q] + row[ENDS + 2 * s]
        for b in range(m[p]):
            if b != a:
                worst = max(worst, gains[at + 9 * b] - gains[at + 9 * a])
    if worst > 0.0:
        state[FLAGS] |= NEAR
        return
    sign = 1
    if worst > -MARGIN:
        state[FLAGS] |= TIE
        sign = 0
    clear(row, work)
    for p in range(3):
        work.x[p, row[ENDS + 2 * p]] = 1.0
    record(3, m, work.x, sign, state, rows)
