r"""Indifference functions as multi-affine polynomials, and their local form on a box.

Fix a support: player j plays :math:`1 + d_j` actions, the first of them, its *reference*, with the
probability that the others leave.  Let :math:`x_{jq}` be the probability of its q-th other
action.  What player i gains by action b over its reference,

.. math:: F_{ib}(x) = v_i(b; x_{-i}) - v_i(r_i; x_{-i}),

is a polynomial in which every term is a product of at most one variable of each player other than
i.  Such a term is a number in mixed radix, digit j being 0 (no variable of player j) or q, so a
function is one row of :math:`M = \prod_j (1 + d_j)` coefficients.  On the box of centre c and half
widths h the substitution x = c + h t, with t in [-1, 1]^d, is done one player at a time, in O(M)
operations each; afterwards

* the first coefficient is the value at the centre, and the range over the box is within the sum
  of the absolute values of the others of it;
* the coefficients of degree one are the gradient times h;
* the derivative by t_q deviates from its value at the centre by at most the sum of the absolute
  values of the coefficients of degree two and more that hold t_q.

*Rounding.*  With payoffs scaled so that own actions never differ by more than 1, the coefficient of
a term of degree k is a sum of 2^k payoff differences.  Summed over terms with |c| + h <= w per
variable, absolute values amount to at most :math:`\prod_{j \ne i} (1 + 2 w d_j)`, and no number has
more than :math:`K = 8 + 3 \sum_j (d_j + 2)` rounded operations behind it.  So K u times that
product, u = 2^-53, bounds the sum of the errors of all coefficients of a row (Higham,
*Accuracy and Stability of Numerical Algorithms*, 2002, section 3.1), and with it the error of the
value anywhere in the box.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.kernels import kernel

__all__ = ["arrange", "expand", "invert", "row_errors", "shift"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_U = 2.0**-53


@kernel
def arrange(dims: Ints, digits: Ints, degree: Ints, linear: Ints) -> int:
    """Digits, degree and (for degree one) variable of every term; returns how many there are.

    Parameters
    ----------
    dims : int64 array, shape (n,)
    digits : int64 array, shape (M or more, n), written
    degree, linear : int64 arrays, shape (M or more,), written
        ``linear`` is the number of the variable, or -1 if the degree is not one.
    """
    n = dims.size
    size = 1
    for j in range(n):
        size *= dims[j] + 1
    for k in range(size):
        rest = k
        degree[k] = 0
        variable = 0
        for j in range(n - 1, -1, -1):
            digits[k, j] = rest % (dims[j] + 1)
            rest //= dims[j] + 1
            if digits[k, j] > 0:
                degree[k] += 1
                variable = digits[k, j] - 1
                for i in range(j):
                    variable += dims[i]
        linear[k] = variable if degree[k] == 1 else -1
    return size


@kernel
def expand(
    gains: Floats,
    starts: Ints,
    steps: Ints,
    order: Ints,
    dims: Ints,
    digits: Ints,
    size: int,
    table: Floats,
    owner: Ints,
) -> int:
    """Coefficients of all functions of one support.

    The functions of the support's own actions come first, one per variable and in their order,
    then those of the actions outside.

    Parameters
    ----------
    gains : float64 array, shape (n, profiles)
        Payoffs up to a function of the others' actions.
    starts, steps : int64 arrays
        First choice of each player; stride of each player's action among profiles.
    order : int64 array, shape (C,)
        Each player's actions: reference, rest of the support, others.
    dims, digits, size
        See :func:`arrange`.
    table : float64 array, shape (C - n or more, M or more), written
    owner : int64 array, shape (C - n or more,), written
        Whose function each row is.

    Returns
    -------
    int
        Number of rows, C - n.
    """
    n = dims.size
    inside = 0
    outside = 0
    for i in range(n):
        outside += dims[i]
    for i in range(n):
        for q in range(1, starts[i + 1] - starts[i]):
            if q <= dims[i]:
                row = inside
                inside += 1
            else:
                row = outside
                outside += 1
            owner[row] = i
            reference = order[starts[i]] * steps[i]
            other = order[starts[i] + q] * steps[i]
            for k in range(size):
                if digits[k, i] != 0:
                    table[row, k] = 0.0
                    continue
                place = 0
                for j in range(n):
                    if j != i:
                        place += order[starts[j] + digits[k, j]] * steps[j]
                table[row, k] = gains[i, place + other] - gains[i, place + reference]
            stride = 1
            for j in range(n - 1, -1, -1):
                if j != i and dims[j] > 0:
                    for k in range(size):
                        if digits[k, j] != 0:
                            table[row, k] -= table[row, k - digits[k, j] * stride]
                stride *= dims[j] + 1
    return outside


@kernel
def shift(
    table: Floats,
    rows: int,
    owner: Ints,
    dims: Ints,
    size: int,
    centre: Floats,
    half: Floats,
    local: Floats,
) -> None:
    """Coefficients in t of the first ``rows`` functions at x = centre + half t, into ``local``."""
    n = dims.size
    for row in range(rows):
        for k in range(size):
            local[row, k] = table[row, k]
        stride = 1
        first = 0
        for j in range(n):
            first += dims[j]
        for j in range(n - 1, -1, -1):
            first -= dims[j]
            block = stride * (dims[j] + 1)
            if j != owner[row] and dims[j] > 0:
                for base in range(0, size, block):
                    for q in range(dims[j]):
                        c = centre[first + q]
                        h = half[first + q]
                        at = base + (q + 1) * stride
                        for k in range(stride):
                            local[row, base + k] += c * local[row, at + k]
                            local[row, at + k] *= h
            stride = block


@kernel
def row_errors(
    noise: Floats, owner: Ints, rows: int, dims: Ints, reach: float, out: Floats
) -> None:
    """Bound on the summed errors of each row's local coefficients, by the rule of this module.

    Parameters
    ----------
    noise : float64 array, shape (n,)
        Bound on the error of each player's payoff differences, in scaled units.
    owner, rows, dims
        See :func:`expand`.
    reach : float
        Bound w on |c| + h.
    out : float64 array, written
    """
    n = dims.size
    roundings = 8.0
    for j in range(n):
        roundings += 3.0 * (dims[j] + 2)
    for row in range(rows):
        spread = 1.0
        for j in range(n):
            if j != owner[row]:
                spread *= 1.0 + 2.0 * reach * dims[j]
        out[row] = (roundings * _U + noise[owner[row]]) * spread


@kernel
def invert(matrix: Floats, size: int, work: Floats, inverse: Floats) -> float:
    """Inverse by Gauss-Jordan elimination with row pivoting; destroys nothing but ``work``.

    Returns
    -------
    float
        Sign of the determinant times the smallest ratio of a pivot to the largest entry of its
        column; 0 if the matrix is singular to working precision, and then there is no inverse.
    """
    sign = 1.0
    worst = 1.0
    for p in range(size):
        for q in range(size):
            work[p, q] = matrix[p, q]
            inverse[p, q] = 1.0 if p == q else 0.0
    for c in range(size):
        scale = 0.0
        for p in range(size):
            scale = max(scale, abs(matrix[p, c]))
        best = c
        for p in range(c + 1, size):
            if abs(work[p, c]) > abs(work[best, c]):
                best = p
        pivot = work[best, c]
        if not abs(pivot) > 1e-13 * scale:
            return 0.0
        worst = min(worst, abs(pivot) / scale)
        if best != c:
            sign = -sign
            for q in range(size):
                work[c, q], work[best, q] = work[best, q], work[c, q]
                inverse[c, q], inverse[best, q] = inverse[best, q], inverse[c, q]
        if pivot < 0:
            sign = -sign
        for q in range(size):
            work[c, q] /= pivot
            inverse[c, q] /= pivot
        for p in range(size):
            factor = work[p, c]
            if p != c and factor != 0.0:
                for q in range(size):
                    work[p, q] -= factor * work[c, q]
                    inverse[p, q] -= factor * inverse[c, q]
    return sign * worst
