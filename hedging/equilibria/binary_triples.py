r"""Three players mixing over two actions each: one quadratic.

Let :math:`A_{jl}`, :math:`B_{il}`, :math:`C_{ij}` be the gains of the three players from their
second over their first action, and x, y, z their mixes as 2-vectors. Indifference reads

.. math:: y^T A z = 0, \qquad x^T B z = 0, \qquad x^T C y = 0.

The first two give :math:`y \propto (Az)^\perp` and :math:`x \propto (Bz)^\perp`, and the third
becomes a quadratic form in z (McKelvey and McLennan, *Journal of Economic Theory* 72, 1997: at most
two solutions). Where :math:`Az = 0`, the first player is indifferent whatever the second one does;
the quadratic vanishes there too, and y comes from the third equation instead. Likewise for
:math:`Bz = 0`. If both vanish, there is a continuum.
"""

from __future__ import annotations

from typing import Any

from hedging.equilibria.compiled import compiled, inlined
from hedging.equilibria.flags import LOOSE, MARGIN, Flag
from hedging.equilibria.polynomials import quadratic_roots

__all__ = ["balance", "binary_triples"]

SINGULAR = int(Flag.SINGULAR)

# A quadratic this small, relative to the gains it is made of, vanishes.
_VANISHES = 1e-10


@inlined
def balance(g0: float, g1: float) -> float:
    """Probability t of the second column at which ``(1 - t) g0 + t g1 = 0``; -1 if far outside."""
    total = g0 - g1
    if abs(total) < 0.5 * max(abs(g0), abs(g1)) or total == 0.0:
        return -1.0
    return g0 / total


@compiled
def binary_triples(
    a00: float,
    a01: float,
    a10: float,
    a11: float,
    b00: float,
    b01: float,
    b10: float,
    b11: float,
    c00: float,
    c01: float,
    c10: float,
    c11: float,
    found: Any,
) -> tuple[int, int]:
    """Candidates (x, y, z), as probabilities of second actions, into ``found`` (2, 3).

    Returns their number and flags.
    """
    a = max(abs(a00), abs(a01), abs(a10), abs(a11))
    b = max(abs(b00), abs(b01), abs(b10), abs(b11))
    c = max(abs(c00), abs(c01), abs(c10), abs(c11))
    if min(a, b, c) < MARGIN:
        return 0, SINGULAR
    p0, p1 = c00 * a10 - c01 * a00, c10 * a10 - c11 * a00
    q0, q1 = c00 * a11 - c01 * a01, c10 * a11 - c11 * a01
    f0 = b10 * p0 - b00 * p1
    f2 = b11 * q0 - b01 * q1
    f1 = 0.5 * (b10 * q0 - b00 * q1 + b11 * p0 - b01 * p1)
    size = max(abs(f0), abs(f1), abs(f2))
    if size < _VANISHES * a * b * c:
        return 0, SINGULAR
    # No change of sign among the Bernstein coefficients, no zero.
    if min(f0, f1, f2) > MARGIN * size or max(f0, f1, f2) < -MARGIN * size:
        return 0, 0
    roots, first, second = quadratic_roots(f0, f1, f2)
    count, flags = 0, 0
    for t in range(roots):
        z = first if t == 0 else second
        if z < -LOOSE or z > 1.0 + LOOSE:
            continue
        w = 1.0 - z
        u0, u1 = a00 * w + a01 * z, a10 * w + a11 * z
        v0, v1 = b00 * w + b01 * z, b10 * w + b11 * z
        no_y = max(abs(u0), abs(u1)) < MARGIN * a
        no_x = max(abs(v0), abs(v1)) < MARGIN * b
        if no_x and no_y:
            flags |= SINGULAR
            continue
        if no_y:
            x = balance(v0, v1)
            w = 1.0 - x
            u0, u1 = c00 * w + c10 * x, c01 * w + c11 * x
            y = balance(u0, u1)
            if x > -LOOSE and x < 1.0 + LOOSE and max(abs(u0), abs(u1)) < MARGIN * c:
                flags |= SINGULAR
                continue
        elif no_x:
            y = balance(u0, u1)
            w = 1.0 - y
            v0, v1 = c00 * w + c01 * y, c10 * w + c11 * y
            x = balance(v0, v1)
            if y > -LOOSE and y < 1.0 + LOOSE and max(abs(v0), abs(v1)) < MARGIN * c:
                flags |= SINGULAR
                continue
        else:
            x, y = balance(v0, v1), balance(u0, u1)
        if x < -LOOSE or x > 1.0 + LOOSE or y < -LOOSE or y > 1.0 + LOOSE:
            continue
        found[count, 0], found[count, 1], found[count, 2] = x, y, z
        count += 1
    return count, flags
