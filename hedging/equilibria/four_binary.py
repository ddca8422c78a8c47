r"""All equilibria of four-player games with two actions each.

As :mod:`hedging.equilibria.three_players`: every combination of supports that conditional
dominance leaves is solved, two mixers by two linear equations, three by a quadratic
(:mod:`hedging.equilibria.binary_triples`, the fourth player being pure), four on a square
(:mod:`hedging.equilibria.square`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.binary_triples import balance, binary_triples
from hedging.equilibria.compiled import compiled, inlined
from hedging.equilibria.flags import LOOSE, MARGIN, Flag
from hedging.equilibria.newton import CURSOR, FIRST, FLAGS, START, SUM, Bench, Rows, record, settle
from hedging.equilibria.square import bilinear_forms, contrary, square_roots

__all__ = ["SquareScratch", "solve_four", "workspace"]

TIE, SINGULAR, NEAR = int(Flag.TIE), int(Flag.SINGULAR), int(Flag.NEAR)
UNRESOLVED = int(Flag.UNRESOLVED)

# Columns of a row of the table of supports: number of mixers, supports, profiles of the others.
KIND, USED, OTHERS = 0, 1, 5

# A pair of gains smaller than this is zero.
_VANISHES = 1e-7


class SquareScratch(NamedTuple):
    """Scratch of the larger supports."""

    profile: NDArray[np.int64]
    found: NDArray[np.float64]
    form: NDArray[np.float64]
    g: NDArray[np.float64]
    h: NDArray[np.float64]
    box: NDArray[np.float64]
    depth: NDArray[np.int64]
    at: NDArray[np.float64]
    points: NDArray[np.float64]


def workspace() -> SquareScratch:
    """Empty scratch."""
    return SquareScratch(
        np.zeros(4, dtype=np.int64),
        np.zeros((2, 3)),
        np.zeros((64, 4, 4)),
        np.zeros((64, 12)),
        np.zeros((64, 12)),
        np.zeros((64, 4)),
        np.zeros(64, dtype=np.int64),
        np.zeros(2),
        np.zeros((16, 2)),
    )


@compiled
def _load(payoffs: Any, source: Any, gains: Any, state: Any) -> bool:
    """Gains of one game from its flat payoffs, each player's scaled by the largest."""
    good = True
    for p in range(4):
        largest = 0.0
        for o in range(8):
            at = 16 * p + o
            gain = payoffs[source[at + 8]] - payoffs[source[at]]
            gains[at], gains[at + 8] = 0.0, gain
            largest = max(largest, abs(gain))
        if not 1e-290 < largest < 1e290:
            state[FLAGS] |= TIE if largest == 0.0 else UNRESOLVED
            good = False
            continue
        factor = 1.0 / largest
        for o in range(8):
            gains[16 * p + 8 + o] *= factor
    return good


@inlined
def _gain(gains: Any, p: int, profile: Any) -> float:
    """Player p's gain from its second over its first action against pure others."""
    i, j, h = profile[(p + 1) % 4], profile[(p + 2) % 4], profile[(p + 3) % 4]
    return float(gains[16 * p + 8 + 4 * i + 2 * j + h])


@compiled
def _start(row: Any, work: Bench, profile: Any) -> None:
    """Everybody at the first action in use."""
    for p in range(4):
        used = row[USED + p]
        work.used[p] = used
        profile[p] = 1 if used == 2 else 0
        work.x[p, 0], work.x[p, 1] = (0.0, 1.0) if used == 2 else (1.0, 0.0)


@compiled
def _pure(row: Any, m: Any, work: Bench, profile: Any, rows: Rows) -> None:
    state = work.state
    _start(row, work, profile)
    worst = -1.0
    for p in range(4):
        gain = _gain(work.gains, p, profile)
        worst = max(worst, -gain if profile[p] == 1 else gain)
    if worst > 0.0:
        state[FLAGS] |= NEAR
        return
    sign = 1
    if worst > -MARGIN:
        state[FLAGS] |= TIE
        sign = 0
    record(4, m, work.x, sign, state, rows)


@compiled
def _two(row: Any, m: Any, work: Bench, profile: Any, rows: Rows) -> None:
    gains, x = work.gains, work.x
    p = q = -1
    for k in range(4):
        if row[USED + k] == 3:
            if p < 0:
                p = k
            else:
                q = k
    _start(row, work, profile)
    d0, e0 = _gain(gains, p, profile), _gain(gains, q, profile)
    profile[q] = 1
    d1 = _gain(gains, p, profile)
    profile[q], profile[p] = 0, 1
    e1 = _gain(gains, q, profile)
    if max(abs(d0), abs(d1)) < MARGIN or max(abs(e0), abs(e1)) < MARGIN:
        work.state[FLAGS] |= SINGULAR
        return
    y, z = balance(d0, d1), balance(e0, e1)
    if min(y, z) < -LOOSE or max(y, z) > 1.0 + LOOSE:
        return
    x[q, 0], x[q, 1] = 1.0 - y, y
    x[p, 0], x[p, 1] = 1.0 - z, z
    settle(4, m, work, rows)


@compiled
def _three(row: Any, m: Any, work: Bench, scratch: SquareScratch, rows: Rows) -> None:
    gains, x = work.gains, work.x
    o = 0
    while row[USED + o] == 3:
        o += 1
    c = 1 if row[USED + o] == 2 else 0
    p, q, s = (o + 1) % 4, (o + 2) % 4, (o + 3) % 4
    a, b, d = 16 * p + 8 + c, 16 * q + 8 + 2 * c, 16 * s + 8 + 4 * c
    count, flags = binary_triples(
        gains[a],
        gains[a + 2],
        gains[a + 4],
        gains[a + 6],
        gains[b],
        gains[b + 4],
        gains[b + 1],
        gains[b + 5],
        gains[d],
        gains[d + 1],
        gains[d + 2],
        gains[d + 3],
        scratch.found,
    )
    work.state[FLAGS] |= flags
    for t in range(count):
        _start(row, work, scratch.profile)
        for k in range(3):
            second = scratch.found[t, k]
            mixer = (o + 1 + k) % 4
            x[mixer, 0], x[mixer, 1] = 1.0 - second, second
        settle(4, m, work, rows)


@compiled
def _four(row: Any, m: Any, work: Bench, scratch: SquareScratch, rows: Rows) -> None:
    gains, x, state = work.gains, work.x, work.state
    form, points = scratch.form, scratch.points
    # Eliminating any two neighbours may show at once that there is nothing to find.
    for turn in range(3, -1, -1):
        bilinear_forms(gains, turn, form[0])
        if contrary(form[0], 1e-12, 1e-12):
            return
    count, flags = square_roots(
        gains, 0, form, scratch.g, scratch.h, scratch.box, scratch.depth, scratch.at, points
    )
    state[FLAGS] |= flags
    for t in range(count):
        r, s = points[t, 0], points[t, 1]
        w00, w01, w10, w11 = (1.0 - r) * (1.0 - s), (1.0 - r) * s, r * (1.0 - s), r * s
        u0 = gains[8] * w00 + gains[9] * w01 + gains[10] * w10 + gains[11] * w11
        u1 = gains[12] * w00 + gains[13] * w01 + gains[14] * w10 + gains[15] * w11
        v0 = gains[24] * w00 + gains[26] * w01 + gains[28] * w10 + gains[30] * w11
        v1 = gains[25] * w00 + gains[27] * w01 + gains[29] * w10 + gains[31] * w11
        no_y, no_x = max(abs(u0), abs(u1)) < _VANISHES, max(abs(v0), abs(v1)) < _VANISHES
        if no_x and no_y:
            state[FLAGS] |= SINGULAR
            continue
        x1, y1 = balance(v0, v1), balance(u0, u1)
        if not no_x and (x1 < -LOOSE or x1 > 1.0 + LOOSE):
            continue
        if not no_y and (y1 < -LOOSE or y1 > 1.0 + LOOSE):
            continue
        if no_x or no_y:
            # The free mix has to solve the equations of players 2 and 3 alone: in general
            # position two homogeneous equations in two weights have no solution.
            known = x1 if no_y else y1
            step2, step3 = (2, 4) if no_y else (1, 2)
            other2, other3 = (1, 2) if no_y else (2, 4)
            g0 = _against(gains, 40, 4, step2, s, known)
            g1 = _against(gains, 40 + other2, 4, step2, s, known)
            h0 = _against(gains, 56, 1, step3, r, known)
            h1 = _against(gains, 56 + other3, 1, step3, r, known)
            size = max(abs(g0), abs(g1)) * max(abs(h0), abs(h1))
            if abs(g0 * h1 - g1 * h0) <= 1e-5 * size:
                state[FLAGS] |= SINGULAR
            continue
        _start(row, work, scratch.profile)
        x[0, 0], x[0, 1], x[1, 0], x[1, 1] = 1.0 - x1, x1, 1.0 - y1, y1
        x[2, 0], x[2, 1], x[3, 0], x[3, 1] = 1.0 - r, r, 1.0 - s, s
        settle(4, m, work, rows)


@inlined
def _against(gains: Any, at: int, step_a: int, step_b: int, a: float, b: float) -> float:
    """Mean of four gains over two mixes with second probabilities a and b."""
    first = (1.0 - b) * gains[at] + b * gains[at + step_b]
    second = (1.0 - b) * gains[at + step_a] + b * gains[at + step_a + step_b]
    return float((1.0 - a) * first + a * second)


@compiled
def _search(table: Any, m: Any, work: Bench, scratch: SquareScratch, rows: Rows) -> None:
    gains = work.gains
    # Bit 2 p: profiles of the others at which the second action is not clearly better; then
    # those at which the first one is not.
    weak = np.uint64(0)
    for p in range(4):
        for o in range(8):
            gain = gains[16 * p + 8 + o]
            if gain <= MARGIN:
                weak |= np.uint64(1) << np.uint64(16 * p + o)
            if gain >= -MARGIN:
                weak |= np.uint64(1) << np.uint64(16 * p + 8 + o)
    for e in range(table.shape[0]):
        row = table[e]
        alive = True
        for p in range(4):
            others = row[OTHERS + p]
            masks = np.int64((weak >> np.uint64(16 * p)) & np.uint64(0xFFFF))
            used = row[USED + p]
            if used & 1 and not masks & others:
                alive = False
                break
            if used & 2 and not (masks >> 8) & others:
                alive = False
                break
        if not alive:
            continue
        work.state[START] = work.state[CURSOR]
        kind = row[KIND]
        if kind == 0:
            _pure(row, m, work, scratch.profile, rows)
        elif kind == 2:
            _two(row, m, work, scratch.profile, rows)
        elif kind == 3:
            _three(row, m, work, scratch, rows)
        else:
            _four(row, m, work, scratch, rows)


@compiled
def solve_four(
    payoffs: Any,
    begin: int,
    most: int,
    source: Any,
    table: Any,
    m: Any,
    work: Bench,
    scratch: SquareScratch,
    rows: Rows,
    count: Any,
    flags: Any,
) -> int:
    """Solve games ``begin``, ``begin + 1``, ... until the rows are used up.

    Parameters and result as of :func:`hedging.equilibria.three_players.solve_three`.
    """
    state = work.state
    state[CURSOR] = 0
    for game in range(begin, payoffs.shape[0]):
        if state[CURSOR] + most > rows.sign.shape[0]:
            return game
        state[FLAGS], state[SUM], state[FIRST] = 0, 0, state[CURSOR]
        if _load(payoffs[game], source, work.gains, state):
            _search(table, m, work, scratch, rows)
        count[game] = state[CURSOR] - state[FIRST]
        if state[FLAGS] == 0 and (count[game] % 2 == 0 or state[SUM] != 1):
            state[FLAGS] = UNRESOLVED
        flags[game] = state[FLAGS]
    return int(payoffs.shape[0])
