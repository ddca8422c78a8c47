r"""All equilibria of 2 x 2 x 2 games in closed form.

With two actions each, every player has four gains from its second over its first action, one per
pure profile of the others, and the signs of the twelve gains settle nearly everything: which
profiles are equilibria, which pairs of players can make each other indifferent, what the third
player replies if all its gains agree, and whether all three can mix.  A table of :math:`2^{12}`
entries holds these answers; what remains is a ratio for each pair and one quadratic for all three
(:mod:`hedging.equilibria.binary_triples`).

The kernel takes only what is clear.  A game with a gain near zero, a nearly double root or a
nearly singular Jacobian is searched as in :mod:`hedging.equilibria.three_players`, with polishing
and flags.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.compiled import compiled, inlined
from hedging.equilibria.flags import MARGIN, Flag
from hedging.equilibria.linear_supports import two_by_two
from hedging.equilibria.newton import CURSOR, FIRST, FLAGS, START, SUM, Bench, Rows
from hedging.equilibria.polynomial_supports import three_binary
from hedging.equilibria.scratch import Scratch
from hedging.equilibria.support_rows import KIND, alive, compare, load, pure

__all__ = ["sign_table", "solve_cube"]

UNRESOLVED = int(Flag.UNRESOLVED)

# Quantities this close to a change of sign, in units of the largest gain, are left to the search.
_CLOSE = 1e-5
# Closed form and no Newton step: leave it if rounding could reach this regret.
_RESIDUAL = 2e-13

# Places in an entry of the table: pure profiles, pairs that may be equilibria, pairs whose third
# player certainly agrees, whether all three may mix.
_MAYBE, _SURE, _ALL = 8, 14, 20


def sign_table() -> NDArray[np.int32]:
    """What the signs of the gains say, shape (4096,).

    Bit 2 j + h of the number of an entry says that the first player gains where the others play
    j and h, bit 4 + 2 i + h that the second one does, bit 8 + 2 i + j that the third one does.
    Pairs are numbered by the pure player, the last one first, and its action.
    """
    key = np.arange(4096)
    bits = [[(key >> (4 * p + o)) & 1 for o in range(4)] for p in range(3)]
    a, b, c = (np.array(x).reshape(2, 2, -1) for x in bits)
    table = np.zeros(4096, dtype=np.int64)
    for i, j, h in np.ndindex(2, 2, 2):
        table |= ((a[j, h] == i) & (b[i, h] == j) & (c[i, j] == h)) << (4 * i + 2 * j + h)
    for pair in range(6):
        w = pair % 2
        # Gains of the two mixers against each other's actions, and of the third player.
        first, second, third = (
            (a[:, w], b[:, w], c),
            (a[w, :], c[:, w], b),
            (b[w, :], c[w, :], a),
        )[pair // 2]
        mixed = (first[0] != first[1]) & (second[0] != second[1])
        agrees = third == w
        table |= (mixed & agrees.any(axis=(0, 1))) << (_MAYBE + pair)
        table |= (mixed & agrees.all(axis=(0, 1))) << (_SURE + pair)
    split = [x.any(axis=(0, 1)) & ~x.all(axis=(0, 1)) for x in (a, b, c)]
    table |= (split[0] & split[1] & split[2]) << _ALL
    return table.astype(np.int32)


@inlined
def _put(rows: Rows, e: int, x: float, y: float, z: float, bits: int, sign: int) -> None:
    """Write a row from the probabilities of second actions."""
    row = rows.probability[e]
    row[0], row[1], row[2], row[3], row[4], row[5] = 1.0 - x, x, 1.0 - y, y, 1.0 - z, z
    rows.support[e] = bits
    rows.sign[e] = sign


@compiled
def _cube(u: Any, table: Any, rows: Rows, start: int) -> int:
    """Rows of one game from ``start`` on; returns their end, or -1 if the game is not clear."""
    a00, a01, a10, a11 = u[4] - u[0], u[5] - u[1], u[6] - u[2], u[7] - u[3]
    b00, b01, b10, b11 = u[10] - u[8], u[11] - u[9], u[14] - u[12], u[15] - u[13]
    c00, c01, c10, c11 = u[17] - u[16], u[19] - u[18], u[21] - u[20], u[23] - u[22]
    size_a = max(max(abs(a00), abs(a01)), max(abs(a10), abs(a11)))
    size_b = max(max(abs(b00), abs(b01)), max(abs(b10), abs(b11)))
    size_c = max(max(abs(c00), abs(c01)), max(abs(c10), abs(c11)))
    if not (min(size_a, size_b, size_c) > 1e-90 and max(size_a, size_b, size_c) < 1e90):
        return -1
    least_a = min(min(abs(a00), abs(a01)), min(abs(a10), abs(a11)))
    least_b = min(min(abs(b00), abs(b01)), min(abs(b10), abs(b11)))
    least_c = min(min(abs(c00), abs(c01)), min(abs(c10), abs(c11)))
    if least_a < MARGIN * size_a or least_b < MARGIN * size_b or least_c < MARGIN * size_c:
        return -1
    key = (a00 > 0) | (a01 > 0) << 1 | (a10 > 0) << 2 | (a11 > 0) << 3
    key |= (b00 > 0) << 4 | (b01 > 0) << 5 | (b10 > 0) << 6 | (b11 > 0) << 7
    key |= (c00 > 0) << 8 | (c01 > 0) << 9 | (c10 > 0) << 10 | (c11 > 0) << 11
    entry = table[key]
    e, total = start, 0
    pure = entry & 255
    profile = 0
    while pure:
        if pure & 1:
            i, j, h = profile >> 2, (profile >> 1) & 1, profile & 1
            _put(rows, e, float(i), float(j), float(h), (1 << i) | (4 << j) | (16 << h), 1)
            e += 1
            total += 1
        pure >>= 1
        profile += 1
    maybe, sure = (entry >> _MAYBE) & 63, (entry >> _SURE) & 63
    pair = 0
    while maybe:
        if maybe & 1:
            w = pair & 1
            if pair < 2:
                p0, p1, q0, q1 = (a01, a11, b01, b11) if w else (a00, a10, b00, b10)
                g00, g01, g10, g11, size = c00, c01, c10, c11, size_c
            elif pair < 4:
                p0, p1, q0, q1 = (a10, a11, c01, c11) if w else (a00, a01, c00, c10)
                g00, g01, g10, g11, size = b00, b01, b10, b11, size_b
            else:
                p0, p1, q0, q1 = (b10, b11, c10, c11) if w else (b00, b01, c00, c01)
                g00, g01, g10, g11, size = a00, a01, a10, a11, size_a
            # Probabilities of the second actions of the second and the first mixer.
            v, t = p0 / (p0 - p1), q0 / (q0 - q1)
            good = True
            if not sure & 1:
                gain = (1.0 - t) * ((1.0 - v) * g00 + v * g01) + t * ((1.0 - v) * g10 + v * g11)
                if abs(gain) < MARGIN * size:
                    return -1
                good = (gain > 0) == (w == 1)
            if good:
                sign = -1 if (p1 > 0) == (q1 > 0) else 1
                if pair < 2:
                    _put(rows, e, t, v, float(w), 15 | (16 << w), sign)
                elif pair < 4:
                    _put(rows, e, t, float(w), v, 51 | (4 << w), sign)
                else:
                    _put(rows, e, float(w), t, v, 60 | (1 << w), sign)
                e += 1
                total += sign
        maybe >>= 1
        sure >>= 1
        pair += 1
    if (entry >> _ALL) & 1:
        f = 1.0 / size_a
        a00, a01, a10, a11 = a00 * f, a01 * f, a10 * f, a11 * f
        f = 1.0 / size_b
        b00, b01, b10, b11 = b00 * f, b01 * f, b10 * f, b11 * f
        f = 1.0 / size_c
        c00, c01, c10, c11 = c00 * f, c01 * f, c10 * f, c11 * f
        p0, p1 = c00 * a10 - c01 * a00, c10 * a10 - c11 * a00
        q0, q1 = c00 * a11 - c01 * a01, c10 * a11 - c11 * a01
        f0, f2 = b10 * p0 - b00 * p1, b11 * q0 - b01 * q1
        f1 = 0.5 * (b10 * q0 - b00 * q1 + b11 * p0 - b01 * p1)
        if abs(f0) < _CLOSE or abs(f2) < _CLOSE:
            return -1
        discriminant = f1 * f1 - f0 * f2
        ends_differ = (f0 > 0) != (f2 > 0)
        if ends_differ or (discriminant > -1e-9 and (f1 > 0) != (f0 > 0)):
            if discriminant < 1e-9:
                return -1
            root = discriminant**0.5
            q = -(f1 + root) if f1 >= 0.0 else root - f1
            last = -1.0
            for t in range(2):
                # Zeros (1 - z : z) = (f2 : q) and (q : f0).
                if t == 0:
                    z = q / (f2 + q) if (q > 0) == (f2 > 0) else -1.0
                else:
                    z = f0 / (q + f0) if (q > 0) == (f0 > 0) else -1.0
                if z < 0.0:
                    continue
                rest = 1.0 - z
                u0, u1 = a00 * rest + a01 * z, a10 * rest + a11 * z
                v0, v1 = b00 * rest + b01 * z, b10 * rest + b11 * z
                if min(min(abs(u0), abs(u1)), min(abs(v0), abs(v1))) < _CLOSE:
                    return -1
                if (u0 > 0) == (u1 > 0) or (v0 > 0) == (v1 > 0):
                    continue
                # Slopes of the gains: of the first player in y, of the second in x, and so on.
                a_y, b_x = u1 - u0, v1 - v0
                y, x = -u0 / a_y, -v0 / b_x
                c0, c1 = (1.0 - y) * c00 + y * c01, (1.0 - y) * c10 + y * c11
                if abs((1.0 - x) * c0 + x * c1) > _RESIDUAL:
                    return -1
                a_z = (1.0 - y) * (a01 - a00) + y * (a11 - a10)
                b_z = (1.0 - x) * (b01 - b00) + x * (b11 - b10)
                c_x, c_y = c1 - c0, (1.0 - x) * (c01 - c00) + x * (c11 - c10)
                determinant = a_y * b_z * c_x + a_z * b_x * c_y
                if abs(determinant) < _CLOSE:
                    return -1
                sign = -1 if determinant > 0.0 else 1
                _put(rows, e, x, y, z, 63, sign)
                if x < last:
                    # Within a support, the larger first probability comes first.
                    for k in range(6):
                        keep = rows.probability[e, k]
                        rows.probability[e, k] = rows.probability[e - 1, k]
                        rows.probability[e - 1, k] = keep
                    rows.sign[e] = rows.sign[e - 1]
                    rows.sign[e - 1] = sign
                last = x
                e += 1
                total += sign
    if total != 1 or (e - start) % 2 == 0:
        return -1
    return e


@compiled
def solve_cube(
    payoffs: Any,
    begin: int,
    most: int,
    source: Any,
    table: Any,
    m: Any,
    work: Bench,
    scratch: Scratch,
    rows: Rows,
    count: Any,
    flags: Any,
    signs: Any,
) -> int:
    """Solve games ``begin``, ``begin + 1``, ... until the rows are used up.

    Parameters and result as of :func:`hedging.equilibria.three_players.solve_three`, and
    ``signs``, the :func:`sign_table`.
    """
    state = work.state
    cursor = 0
    state[CURSOR] = 0
    for game in range(begin, payoffs.shape[0]):
        if cursor + most > rows.sign.shape[0]:
            state[CURSOR] = cursor
            return game
        end = _cube(payoffs[game], signs, rows, cursor)
        if end >= 0:
            count[game] = end - cursor
            flags[game] = 0
            cursor = end
            continue
        state[CURSOR], state[FIRST], state[FLAGS], state[SUM] = cursor, cursor, 0, 0
        if load(payoffs[game], source, m, work.gains, state):
            compare(work.gains, m, scratch.weak)
            for e in range(table.shape[0]):
                row = table[e]
                if alive(row, m, scratch.weak):
                    state[START] = state[CURSOR]
                    if row[KIND] == 0:
                        pure(row, m, work, rows)
                    elif row[KIND] == 1:
                        two_by_two(row, m, work, rows)
                    else:
                        three_binary(row, m, work, scratch, rows)
        count[game] = state[CURSOR] - cursor
        if state[FLAGS] == 0 and (count[game] % 2 == 0 or state[SUM] != 1):
            state[FLAGS] = UNRESOLVED
        flags[game] = state[FLAGS]
        cursor = state[CURSOR]
    state[CURSOR] = cursor
    return int(payoffs.shape[0])
