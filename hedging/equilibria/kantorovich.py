r"""Proof that a polynomial system has exactly one root near an approximate one.

Let F be multi-affine, x an approximate root, Y an approximate inverse of J(x) and G = Y F.  Write

.. math::
    \beta = \|G(x)\|, \qquad \delta = \|I - Y J(x)\|, \qquad
    L = \max_p \sum_{|m| \ge 2} |m| |g_{pm}|,

in the maximum norm, where :math:`g_{pm}` are the coefficients of G expanded at x.  On the ball of
radius r <= 1 around x the Jacobian of G differs from that at x by at most L r, and the simplified
Newton map T(y) = y - G(y) satisfies

.. math:: \|T(y) - x\| \le \beta + \delta r + L r^2 / 2, \qquad \|T'(y)\| \le \delta + L r.

*Theorem* (Newton-Kantorovich; Kantorovich 1948, in the form of Ortega and Rheinboldt, *Iterative
Solution of Nonlinear Equations*, 1970, section 12.6).  If :math:`2 \beta L < (1 - \delta)^2`, F
has a root within

.. math:: r_- = \frac{2 \beta}{1 - \delta + \sqrt{(1 - \delta)^2 - 2 \beta L}}

of x, provided that is at most 1, and no other one within min(1, :math:`r_+`), :math:`r_+ = (1 -
\delta + \sqrt{\cdot}) / L`.  Its Jacobian is nonsingular there, with the sign of det Y.

*Proof.*  The bound on T shows that T maps the ball of radius :math:`r_-` into itself; for
:math:`r_- \le r < r_+` the standard majorant :math:`\beta - (1 - \delta) r + L r^2 / 2` is
negative, so that iterates from anywhere in it converge to the same fixed point.  Y is nonsingular
since :math:`\delta < 1`.

The bounds computed here include the rounding of all coefficients
(:mod:`hedging.equilibria.multiaffine`), so the conclusion holds for the system as given, not just
as computed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.kernels import kernel
from hedging.equilibria.multiaffine import invert, shift

__all__ = ["REACH", "certify", "majorant"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Rounding of the bounds themselves.
_INFLATE = 1.0 + 2.0**-30
# Newton's steps: as many as mostly do, and up to that many more while they are not small.
_POLISH, _MOST_POLISH = 4, 12
_SETTLED = 1e-12

REACH = 1.25
"""Largest coordinate of a root that can be certified; the unit box and a little more."""


@kernel
def majorant(beta: float, delta: float, lipschitz: float) -> tuple[float, float]:
    """Radii of existence and of uniqueness; (-1, -1) if nothing is proved.

    Examples
    --------
    >>> majorant(0.0, 0.0, 1.0)
    (0.0, 1.0)
    >>> majorant(1.0, 0.0, 2.0)
    (-1.0, -1.0)
    """
    room = 1.0 - delta
    if not room > 0.0:
        return -1.0, -1.0
    inside = room * room - 2.0 * beta * lipschitz
    if not inside > 0.0:
        return -1.0, -1.0
    root = np.sqrt(inside)
    near = 2.0 * beta / (room + root) * _INFLATE
    far = 1.0
    if lipschitz > 0.0:
        far = min(1.0, (room + root) / lipschitz / _INFLATE)
    if not near <= far:
        return -1.0, -1.0
    return near, far


@kernel
def certify(
    table: Floats,
    owner: Ints,
    dims: Ints,
    degree: Ints,
    linear: Ints,
    size: int,
    count: int,
    errors: Floats,
    slopes: Floats,
    x: Floats,
    unit: Floats,
    local: Floats,
    work: Floats,
) -> tuple[float, float, float]:
    """Polish a root of the first ``count`` functions by Newton's method, then prove it.

    Parameters
    ----------
    table, owner, dims, degree, linear, size
        See :mod:`hedging.equilibria.multiaffine`.
    count : int
        Number d of functions and variables.
    errors, slopes : float64 arrays, shape (d or more,)
        Bounds on the error of a row's value at x and on the summed errors of its coefficients.
    x : float64 array, shape (d,)
        Start; the polished root on return.
    unit : float64 array, shape (d or more,)
        Ones.
    local, work : float64 arrays, shape (d or more, M or more) and (3, d or more, d or more)
        Scratch.

    Returns
    -------
    radius, uniqueness : float
        The true root is within ``radius`` of x in every coordinate, and is the only one within
        ``uniqueness``; -1 if there is no proof.
    sign : float
        Sign of the determinant of the Jacobian at the root.
    """
    jacobian, scratch, inverse = work[0], work[1], work[2]
    sign = 0.0
    moved = 1.0
    for step in range(_MOST_POLISH):
        shift(table, count, owner, dims, size, x, unit, local)
        for k in range(size):
            if linear[k] >= 0:
                for p in range(count):
                    jacobian[p, linear[k]] = local[p, k]
        sign = invert(jacobian, count, scratch, inverse)
        if sign == 0.0:
            return -1.0, -1.0, 0.0
        if step == _MOST_POLISH - 1 or (step >= _POLISH - 1 and moved <= _SETTLED):
            break
        moved = 0.0
        for p in range(count):
            change = 0.0
            for r in range(count):
                change += inverse[p, r] * local[r, 0]
            x[p] -= change
            moved = max(moved, abs(change))
        if not moved < 4.0:
            return -1.0, -1.0, 0.0
    for p in range(count):
        # Further out, where the bounds on rounding do not reach, no root is wanted.
        if not abs(x[p]) <= REACH:
            return -1.0, -1.0, 0.0
    beta = 0.0
    delta = 0.0
    lipschitz = 0.0
    for p in range(count):
        blur = 0.0
        value_error = 0.0
        for r in range(count):
            blur += abs(inverse[p, r]) * slopes[r]
            value_error += abs(inverse[p, r]) * errors[r]
        off = 0.0
        curved = 0.0
        value = 0.0
        for k in range(size):
            g = 0.0
            for r in range(count):
                g += inverse[p, r] * local[r, k]
            if degree[k] == 0:
                value = abs(g)
            elif degree[k] == 1:
                off += abs(g - 1.0) if linear[k] == p else abs(g)
            else:
                curved += degree[k] * abs(g)
        beta = max(beta, value + value_error)
        delta = max(delta, off + blur)
        lipschitz = max(lipschitz, curved + dims.size * blur)
    near, far = majorant(beta, delta, lipschitz)
    return near, far, np.sign(sign)
