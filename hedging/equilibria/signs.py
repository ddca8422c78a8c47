r"""All equilibria of a two-player game from the signs of determinants of payoff differences.

Notation.  The row player has payoffs ``A`` (m x n), the column player ``B`` (m x n).  For the
row player, rows R and columns C with ``|R| = |C| + 1 = k + 1`` define

    D[R, C] = det [ 1 | A[R, C] ],

a determinant of order k in the payoff differences ``A[r, c] - A[r0, c]``.  Take a support pair
``(I, J)`` with ``|I| = |J| = k``.  The vectors ``(y, v)`` on J that make all rows of I worth v
are the kernel of the k x (k+1) matrix ``K = [A[I, J] | -1]``.  By Cramer's rule its maximal
minors give an element of that kernel: with ``j_p`` the p-th column of J, p = 1..k,

    weight of column j_p             w_p = (-1)^p D[I, J - j_p],
    value minus payoff of row r      t_r = -(-1)^q D[I + r, J],    r in place q of I + r, from 0,

both for the same positive or negative multiple of ``(y, v)``.  The column player's are the same
with ``B`` transposed.  The *group* of a player at (I, J) is the set of its k weights and its
``m - k`` slacks ``t_r``.

**One strict sign in both groups** says: (I, J) carries exactly one pair (x, y) that makes I and
J indifferent, all its probabilities are positive and every other action is strictly worse.  That
is a regular (isolated, quasi-strict) equilibrium.  Such a candidate is *certain*.  A group is
*possible* if no two members have opposite strict signs; a candidate is possible if both groups
are.

Theorem
-------
*If every possible candidate of a game is certain, the certain candidates are all its equilibria.
They are finite in number, regular, their indices add up to +1, and their number is odd.*

Proof.  (1) Let (x, y) be an extreme equilibrium: x and y are vertices of the best-response
polyhedra.  Write ``I0 = supp x``, ``I1`` for the best replies to y, ``J0 = supp y``, ``J1`` for
the best replies to x; then ``I0 <= I1`` and ``J0 <= J1``.  That y is a vertex means that
``A[I1, J0] y = v, sum y = 1`` determine (y, v), so ``[A[I1, J0] | -1]`` has rank |J0| and hence
``|I1| >= |J0|``.  Likewise ``|J1| >= |I0|``.

(2) With ``k = max(|I0|, |J0|)`` there are therefore I and J of size k, ``I0 <= I <= I1``,
``J0 <= J <= J1`` (if ``|J0| = k`` take J = J0 and enlarge I0 within I1; otherwise the other way
round).  No assumption on m = n, on dominated actions or on ties is used.

(3) (I, J) is possible.  Extended by zeros, (y, v) is a non-zero element of the kernel of ``K``.
If K has rank k, the kernel is a line, so ``(w, t) = c (y, v - A_r y)`` with ``c != 0``; y is
non-negative and so are the slacks, so no two members of the group differ in sign.  If K has a
smaller rank, all its maximal minors vanish, so all weights are zero; and ``D[I + r, J]``,
expanded along row r, is a combination of the maximal minors of ``[1 | A[I, J]]``, which are
those same numbers, so all slacks are zero too: the group is possible.  The column player's group
is treated in the same way.

(4) By hypothesis (I, J) is then certain.  So K has rank k, all weights are non-zero, hence J =
J0, and all slacks are non-zero, hence I1 = I; likewise I = I0 and J1 = J.  So each extreme
equilibrium is the one that its certain candidate carries.

(5) The equilibria are the union of finitely many products S x T of polytopes whose vertices are
extreme equilibria (Winkels 1979; Jansen 1981).  If one of them had two vertices, say (x, y) and
(x', y), both would satisfy the equations of the certain pair of (x, y), which have one solution.
So every equilibrium is extreme.  Regular equilibria have index +1 or -1 and the indices of all
equilibria add up to +1 (Shapley 1974; Ritzberger 1994), so their number is odd.  QED

The index at a certain candidate of size k is
``(-1)^(k+1) sign(w of row player) sign(w of column player)``.

Rounding
--------
In floating point a sign is *open* unless ``|computed D| > tolerance``.  An open sign makes a
group possible where its exact sign would, and never makes it certain.  So computed-possible
includes exactly-possible, computed-certain is included in exactly-certain, and the theorem holds
for computed signs as well.  A game with a candidate that is possible and not certain is
*flagged*: nothing is claimed, exact arithmetic decides.

The tolerance of a determinant of order k of a player is

    tol_1 = 2 E,        tol_k = c_k s^(k-1) (u s + 2 E),    c_k = 2^(k+1) k k!,    k >= 2,

with u = 2^-53, E a bound on ``|payoff - true payoff|`` of that player in that game (0 if the
doubles are meant), and s the largest computed difference of two payoffs within one column of the
player's matrix (one action of the opponent).  Only such differences enter, so the tolerance does
not change if one adds to the payoffs something the opponent does.  If formulas with q roundings
made the payoffs, E <= q u max|payoff| is the rule "multiply by (1 + q)".

Bound.  A computed difference d' of two doubles differs from the true one by at most
``eta = u |d'| + 2 E <= u s + 2 E``, its sign is that of the exact difference of the doubles, and
``|d'| <= s`` because rounding is monotone.  This settles k = 1.  The recurrence (expansion along
the last column) computes a sum of k! products of k computed differences; each product picks up
at most ``r = 2 + 3 + ... + k = (k^2 + k - 2) / 2`` factors ``1 + delta``, ``|delta| <= u`` (at
each order one product and at most order - 1 additions).  Hence

    |computed - true| <= k! [ s^k r u / (1 - r u) + (s + eta)^k - s^k ].

If ``eta >= s / (4 k)`` then ``tol_k >= 2^(k-1) k! s^k`` exceeds every computed value, so the
sign is open and there is nothing to prove.  Otherwise
``(s + eta)^k - s^k <= k eta s^(k-1) e^(1/4)`` and the bound is at most
``k! s^(k-1) eta (1.01 r + 1.29 k)``, less than a third of ``tol_k`` for every k >= 2; the rest
covers the rounding of the tolerance itself and underflow. Each player's payoffs are first
multiplied by the power of two that brings s into [1, 2): exact, except that numbers below
2^-1074 s may become zero, which opens signs but never turns one.  A game where this overflows is
flagged.  QED
"""

from __future__ import annotations

from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.equilibria.determinants import SignTable, sign_table
from hedging.errors import GameError
from hedging.program.doubles import UNIT_ROUNDOFF, evaluate
from hedging.program.logic import read_logic

__all__ = [
    "Classification",
    "SignTable",
    "classify",
    "payoff_scale",
    "sign_table",
    "tolerance_factor",
]

_CHUNK = 1 << 13
# Guards the last bits of a tolerance that is compared with an exactly computed sign.
_INFLATE = 1.0 + 2.0**-40
_TINY = 2.0**-1070


def tolerance_factor(order: int) -> int:
    """``c_k = 2^(k+1) k k!`` for k >= 2; 0 for k = 1, where a computed sign is the exact one.

    Examples
    --------
    >>> [tolerance_factor(k) for k in range(1, 5)]
    [0, 32, 288, 3072]
    """
    return 2 ** (order + 1) * order * factorial(order) if order > 1 else 0


class Classification(NamedTuple):
    """What the computed signs of N games say.

    Attributes
    ----------
    certain : bool array, shape (N, P)
        Candidate p carries a regular equilibrium of the game.
    flag : bool array, shape (N,)
        Some candidate is possible and not certain, so the certain ones may not be all.
    determinants : float64 array, shape (D, N)
        Every determinant, of payoffs scaled by one power of two per player and game; empty unless
        asked for.
    """

    certain: NDArray[np.bool_]
    flag: NDArray[np.bool_]
    determinants: NDArray[np.float64]


def classify(
    row: ArrayLike,
    col: ArrayLike,
    payoff_error: ArrayLike | None = None,
    *,
    determinants: bool = False,
) -> Classification:
    """Which candidates carry equilibria, and whether that is certain to be all.

    Parameters
    ----------
    row, col : array_like, shape (N, m, n)
        Payoffs of the row and of the column player.
    payoff_error : array_like, shape (N, 2), optional
        Bound on the distance of the payoffs given from the payoffs meant, per player; default 0.
    determinants : bool
        Return the determinants too.

    Returns
    -------
    Classification
        Unflagged games have exactly the equilibria of their certain candidates.  Games with a
        payoff that is not finite are flagged.

    Raises
    ------
    GameError
        If min(m, n) is above :data:`LARGEST` or the shapes differ.

    Notes
    -----
    Time O(N (D + P m)), with D determinants and P candidates; 3 x 3: D = 24, P = 19.

    Examples
    --------
    Matching pennies has one equilibrium, in which both mix:

    >>> pennies = [[[1, -1], [-1, 1]]]
    >>> result = classify(pennies, np.negative(pennies))
    >>> sign_table(2, 2).supports[int(result.certain[0].argmax())], bool(result.flag[0])
    (((0, 1), (0, 1)), False)
    """
    a = np.asarray(row, dtype=np.float64)
    b = np.asarray(col, dtype=np.float64)
    if a.ndim != 3 or a.shape != b.shape:
        msg = f"payoffs of shapes {a.shape} and {b.shape} given; give two of one shape (N, m, n)"
        raise GameError(msg)
    count, m, n = a.shape
    table = sign_table(m, n)
    error = np.zeros((count, 2)) if payoff_error is None else np.asarray(payoff_error, dtype=float)
    certain = np.empty((len(table.supports), count), dtype=bool)
    flag = np.empty(count, dtype=bool)
    values = np.empty((len(table.orders), count if determinants else 0))
    for start in range(0, count, _CHUNK):
        here = slice(start, start + _CHUNK)
        found = _classify_chunk(table, a[here], b[here], error[here])
        certain[:, here], flag[here] = found.certain.T, found.flag
        if determinants:
            values[:, here] = found.determinants
    return Classification(certain.T, flag, values)


def _classify_chunk(
    table: SignTable,
    row: NDArray[np.float64],
    col: NDArray[np.float64],
    error: NDArray[np.float64],
) -> Classification:
    count = len(row)
    inputs: list[NDArray[np.float64]] = []
    spreads, bounds = [], []
    flag = np.zeros(count, dtype=bool)
    with np.errstate(all="ignore"):
        for player, payoffs in enumerate((row, col)):
            shift, spread = payoff_scale(payoffs, 1 + player)
            scaled = np.ldexp(payoffs, shift[:, None, None])
            flag |= ~(np.isfinite(scaled).all(axis=(1, 2)) & np.isfinite(spread))
            inputs.extend(np.ascontiguousarray(scaled.reshape(count, table.m * table.n).T))
            spreads.append(np.ldexp(spread, shift))
            bounds.append(np.ldexp(error[:, player], shift))
        values = np.empty((len(table.orders), count))
        for position, value in enumerate(evaluate(table.program, inputs)):
            values[position] = value
        tolerances = {
            (player, order): _tolerance(order, spreads[player], bounds[player])
            for player, order in set(zip(table.owners, table.orders, strict=True))
        }
        positive = np.empty(values.shape, dtype=bool)
        negative = np.empty(values.shape, dtype=bool)
        for d, key in enumerate(zip(table.owners, table.orders, strict=True)):
            positive[d] = values[d] > tolerances[key]
            negative[d] = values[d] < -tolerances[key]
    certain, undecided = read_logic(table.logic, positive, negative)
    return Classification(certain.T, flag | undecided, values)


def payoff_scale(
    payoffs: NDArray[np.float64], own: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Exponent of the power of two that brings a player's differences s into [1, 2), and s.

    Parameters
    ----------
    payoffs : float64 array, shape (N, m, n)
    own : int
        Axis of the player's own actions.
    """
    spread = (payoffs.max(axis=own) - payoffs.min(axis=own)).max(axis=1)
    return 1 - np.frexp(spread)[1], spread


def _tolerance(
    order: int, spread: NDArray[np.float64], error: NDArray[np.float64]
) -> NDArray[np.float64]:
    if order == 1:
        return 2.0 * error * _INFLATE + np.where(error == 0.0, 0.0, _TINY)
    size = spread ** (order - 1)
    bound: NDArray[np.float64] = size * (UNIT_ROUNDOFF * spread + 2.0 * error)
    return tolerance_factor(order) * bound
