r"""Quantal response: equilibria of players who err, the less the more there is to lose.

In a logit quantal response equilibrium of rationality :math:`\lambda` every player i chooses

.. math:: x_i(a) \propto \exp\bigl(\lambda\, v_i(a) / r_i\bigr)

with :math:`v_i(a)` the expected payoff of action a against the others' x and :math:`r_i` the unit
of its payoffs, by default their range (McKelvey and Palfrey, *Games and Economic Behavior* 10,
1995).  At :math:`\lambda = 0` everybody randomises evenly.  The curve of equilibria
that starts there is the *principal branch*; generically it runs to :math:`\lambda = \infty`
and ends in one Nash equilibrium, the *limiting logit equilibrium*.

The branch is followed in log-odds (:mod:`hedging.equilibria.continuation`), where the system is
:math:`y_a = \lambda d_a`.

*Requested rationalities* are bracketed by two points of the branch and solved by Newton's method at
that very :math:`\lambda`.  Where the branch folds back a rationality is passed more than once; the
value given is the first, and the number of passages is reported.

*The limit.*  On a branch that has entered a strict equilibrium so far that

* every gap stays above :math:`1 / \lambda` while the others err half as much again, and
* the response map sends that neighbourhood into itself and contracts it,

the same holds for every larger :math:`\lambda`, so that the branch ends there.

Elsewhere actions whose log-probability falls in proportion to :math:`\lambda` are taken for
unused, and the equilibrium x* with that support is solved for.  Let z hold the probabilities of
the actions in use besides one reference action r of each player, and

.. math:: G_a(z, \varepsilon) = v_a(z) - v_r(z) - \varepsilon \log(z_a / z_r), \quad
          \varepsilon = 1 / \lambda,

so that G(x*, 0) = 0 and the equilibria of rationality :math:`\lambda` are zeros of G, but for
unused actions, of probability :math:`z_r \exp(\lambda (v_c - v_r))`.  By Krawczyk's test a box
around x* holds exactly one zero for every :math:`\varepsilon` from 0 to the present one: with P the
inverse of the Jacobian of G at x*, r the radii of the box and V a bound on how much the
Jacobian varies in the box and for all those :math:`\varepsilon`, that is so if

.. math:: |P\, G(x^*, \varepsilon)| + |P|\, V r < r,

unused actions included in V by the largest probability they can have in the box.  These
zeros form one curve that leads to x*; if the present point is in the box, it is on that curve, and
the branch ends in x*.  A branch that only passes by an equilibrium fails the test and is followed
on.  As the orientation of the curve is kept, an x* that passes has index +1, unless a bifurcation
came before.  Rounding is not accounted for.

No such test can succeed where x* is not regular, as in a continuum of equilibria or where an
unused action is as good as those in use.  Then the branch is left when it is seen to have closed
in on an equilibrium over a tenfold growth of :math:`\lambda`; that is no proof, and the status
is DEGENERATE.

*Symmetric games.*  At a branch point, as where a coordination game's even mixture loses its hold,
there is no principal branch in the generic sense.  The curve is followed straight on, so
symmetry is kept, and the passage is counted in ``bifurcations``: then the limit depends on
symmetry that no real game has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hedging.equilibria.log_odds import Layout, differences, interactions, layout, stakes
from hedging.equilibria.principal_branch import DEGENERATE, LOST, STRICT, follow_all
from hedging.equilibria.result import Equilibria
from hedging.errors import ParameterError, Status

__all__ = ["UNITS", "LogitBranch", "branches", "match"]

Array = NDArray[Any]

UNITS = ("range", "stakes", "payoff")
"""What a unit of payoff may be: see :func:`branches`."""

_SCAN = 60


@dataclass(frozen=True, slots=True)
class LogitBranch:
    """Principal branches of N games, read at L rationalities.

    Attributes
    ----------
    rationality : float64 array, shape (L,)
        As requested; may hold 0 and infinity.
    probability : float64 array, shape (N, L, C)
        Of every choice at the first passage; NaN where it was not reached.
    residual : float64 array, shape (N, L)
        Largest difference between a probability and the logit response to the others'.
    crossings : int64 array, shape (N, L)
        How often the branch passes this rationality.
    limit : float64 array, shape (N, C)
        Limiting equilibrium; NaN where it was not found.  In a continuum of equilibria it is
        known to about four digits.
    folds, bifurcations : int64 arrays, shape (N,)
        How often the branch turns back, and how many branch points it passes.
    reached : float64 array, shape (N,)
        Rationality at which the branch was left.
    status : uint8 array, shape (N,)
        OK: generic branch and limit.  DEGENERATE: a bifurcation was passed, or the limit belongs to
        no regular equilibrium.  NO_CONVERGENCE: no limit, or a requested value is missing.
        NONFINITE: a payoff is not finite.
    """

    rationality: Array
    probability: Array
    residual: Array
    crossings: NDArray[np.int64]
    limit: Array
    folds: NDArray[np.int64]
    bifurcations: NDArray[np.int64]
    reached: Array
    status: NDArray[np.uint8]


def branches(
    payoffs: Array, rationality: Sequence[float] | Array = (), *, unit: str = "range"
) -> LogitBranch:
    """Follow the principal branch of every game of a batch.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        Rounded to float64.
    rationality : sequence of L floats, optional
        Where to read the branch, each 0 or more; infinity means the limit.
    unit : {"range", "stakes", "payoff"}
        Unit of payoff in which rationality counts, for each player: the range of its payoffs;
        the largest difference its own action can make, which does not change if something
        that only the others control is added; or 1, for all players alike.

    Returns
    -------
    LogitBranch

    Raises
    ------
    ParameterError
        If a rationality is negative or NaN, or there is no such unit.

    Notes
    -----
    Some tens of steps a game; a step solves a system of C - n + 1 equations twice or thrice.

    Examples
    --------
    >>> chicken = np.array([[[[0.0, 7.0], [2.0, 6.0]], [[0.0, 2.0], [7.0, 6.0]]]])
    >>> read = branches(chicken, [0.0, 2.0])
    >>> read.probability[0].round(3).tolist()
    [[0.5, 0.5, 0.5, 0.5], [0.471, 0.529, 0.471, 0.529]]
    """
    wanted = np.asarray(rationality, dtype=np.float64).reshape(-1)
    if not (wanted >= 0).all():
        msg = f"rationality {wanted[~(wanted >= 0)][0]:g} given; give numbers from 0 to inf"
        raise ParameterError(msg)
    if unit not in UNITS:
        msg = f"unit {unit!r} given; choose one of {', '.join(map(repr, UNITS))}"
        raise ParameterError(msg)
    payoffs = np.asarray(payoffs, dtype=np.float64)
    shape = payoffs.shape[2:]
    size, place = len(payoffs), layout(shape)
    finite = np.asarray(np.isfinite(payoffs).all(axis=tuple(range(1, payoffs.ndim))))
    payoffs = np.where(finite.reshape(-1, *[1] * (payoffs.ndim - 1)), payoffs, 0.0)
    table, per_unit = _normalised(payoffs, unit)
    grid = np.unique(wanted[np.isfinite(wanted) & (wanted > 0)])
    C = int(place.starts[-1])
    values = np.full((size, len(grid), C), np.nan)
    residual = np.full((size, len(grid)), np.nan)
    crossings = np.zeros((size, len(grid)), dtype=np.int64)
    limit = np.full((size, C), np.nan)
    facts, last = np.zeros((size, 3)), np.zeros((size, C))
    code = np.zeros(size, dtype=np.int64)
    follow_all(
        table, *place, per_unit, grid, finite,
        values, residual, crossings, limit, facts, last, code,
    )  # fmt: skip
    status = np.where(facts[:, 1] > 0, Status.DEGENERATE, Status.OK)
    status[code == DEGENERATE] = Status.DEGENERATE
    hidden = _even_branch_points(table, place, facts, last, code)
    bifurcations = facts[:, 1].astype(np.int64) + hidden
    status[hidden > 0] = Status.DEGENERATE
    lost = (code == LOST) | np.isnan(values).any(axis=(1, 2))
    status[lost] = Status.NO_CONVERGENCE
    status[~finite] = Status.NONFINITE
    # Back to the order and the special values that were asked for.
    full = np.empty((size, len(wanted), C))
    rest = np.zeros((size, len(wanted)))
    passed = np.ones((size, len(wanted)), dtype=np.int64)
    where = np.searchsorted(grid, wanted)
    for k, (at, value) in enumerate(zip(where, wanted, strict=True)):
        if value == 0:
            full[:, k] = np.concatenate([np.full(m, 1.0 / m) for m in shape])
        elif np.isinf(value):
            full[:, k] = limit
            rest[:, k] = np.where(np.isnan(limit[:, 0]), np.nan, 0.0)
        else:
            full[:, k], rest[:, k], passed[:, k] = values[:, at], residual[:, at], crossings[:, at]
    full[~finite], rest[~finite], passed[~finite] = np.nan, np.nan, 0
    return LogitBranch(
        wanted,
        full,
        rest,
        passed,
        limit,
        facts[:, 0].astype(np.int64),
        bifurcations,
        facts[:, 2] / per_unit,
        status.astype(np.uint8),
    )


def match(limit: Array, found: Equilibria, *, within: float = 1e-4) -> NDArray[np.int64]:
    """Position of each game's limit among its listed equilibria, -1 if it is none of them.

    Parameters
    ----------
    limit : float64 array, shape (N, C)
    found : Equilibria
        Of the same N games.
    within : float
        Largest difference of probabilities that may be.
    """
    position = np.full(len(limit), -1, dtype=np.int64)
    if not len(found.support):
        return position
    game = found.game
    gap = np.abs(found.probability.astype(np.float64) - limit[game]).max(axis=1)
    gap[np.isnan(gap)] = np.inf
    order = np.lexsort((gap, game))
    first = order[np.unique(game[order], return_index=True)[1]]
    near = first[gap[first] <= within]
    position[game[near]] = near - found.offsets[game[near]]
    return position


def stopped_early(
    position: NDArray[np.int64], bifurcations: NDArray[np.int64], found: Equilibria
) -> NDArray[np.bool_]:
    """Games whose branch was left beside an equilibrium in which it cannot end.

    A principal branch that passes no bifurcation ends in an equilibrium of index +1.

    Parameters
    ----------
    position : int64 array, shape (N,)
        From :func:`match`.
    bifurcations : int64 array, shape (N,)
        Of the branches.
    found : Equilibria
        Of the same N games.
    """
    known = np.flatnonzero((position >= 0) & (bifurcations == 0))
    wrong = np.zeros(len(position), dtype=np.bool_)
    wrong[known] = found.index[found.offsets[known] + position[known]] == -1
    return wrong


def _normalised(payoffs: Array, unit: str) -> tuple[Array, Array]:
    """Differences scaled to at most about 1, and how many units each game's scale holds."""
    shape = payoffs.shape[2:]
    n, axes = len(shape), tuple(range(2, payoffs.ndim))
    # Halves, so that the range of numbers near the largest double is finite.
    spread = payoffs.max(axis=axes) / 2 - payoffs.min(axis=axes) / 2
    if unit == "stakes":
        spread = stakes(payoffs / 2)
    if unit == "payoff":
        common = np.repeat(spread.max(axis=1, keepdims=True), n, axis=1)
        per_unit = np.where(common[:, 0] > 0, 2 * common[:, 0], 1.0)
        return differences(payoffs / 2, common), per_unit
    return differences(payoffs / 2, spread), np.ones(len(payoffs))


def _even_branch_points(
    table: Array, place: Layout, facts: Array, last: Array, code: Array
) -> NDArray[np.int64]:
    """Branch points that leave the orientation as it is, because two directions open at once.

    The system's matrix is I - s M(x), singular where s M has the eigenvalue 1.  Two eigenvalues
    that pass it together, as symmetry among three players or actions can make them do, show in
    the number of eigenvalues beyond it at the end.  Only branches without folds that end in no
    proved strict equilibrium are looked at, and only games with repeated payoff differences, as
    symmetry implies.
    """
    hidden = np.zeros(len(table), dtype=np.int64)
    if not len(table):
        return hidden
    open_ = np.flatnonzero((code != STRICT) & (facts[:, :2] == 0).all(axis=1) & (facts[:, 2] > 0))
    sizes = np.sort(np.abs(table[open_]).reshape(len(open_), table[0].size), axis=1)
    close = np.diff(sizes, axis=1) <= 1e-9 * sizes[:, 1:]
    open_ = open_[(close & (sizes[:, 1:] > 0)).any(axis=1)]
    if not open_.size:
        return hidden
    starts = place.starts
    keep = np.setdiff1d(np.arange(starts[-1]), starts[:-1])

    def beyond(games: Any, s: Array, mix: Array) -> tuple[Array, Array]:
        matrix = np.zeros((len(games), starts[-1], starts[-1]))
        _responses(table[games], *place, mix, matrix)
        values = np.linalg.eigvals(matrix[:, keep][:, :, keep]) * s[:, None]
        real = np.abs(values.imag) <= 1e-6
        return (values.real > 1).sum(axis=1), ((values.real > 1) & real).sum(axis=1)

    number, _ = beyond(open_, facts[open_, 2], last[open_])
    for g in open_[number >= 2]:
        scan = np.geomspace(0.1, max(float(facts[g, 2]), 0.2), _SCAN)
        mix = _at(table[g], place, scan)
        scan, mix = scan[~np.isnan(mix[:, 0])], mix[~np.isnan(mix[:, 0])]
        numbers, _ = beyond(np.full(len(scan), g), scan, mix)
        for k in np.flatnonzero(np.abs(np.diff(numbers, prepend=0)) >= 2).tolist():
            low, seen = (scan[k - 1], int(numbers[k - 1])) if k else (0.0, 0)
            hidden[g] += _real_crossing(table[g], place, beyond, g, low, scan[k], seen)
    return hidden


def _at(table: Array, place: Layout, grid: Array) -> Array:
    """The principal branch of one game without folds, read at increasing rationalities."""
    C, L = int(place.starts[-1]), len(grid)
    values = np.full((1, L, C), np.nan)
    follow_all(
        table[None], *place, np.ones(1), grid, np.ones(1, dtype=np.bool_), values,
        np.empty((1, L)), np.zeros((1, L), dtype=np.int64), np.empty((1, C)), np.empty((1, 3)),
        np.empty((1, C)), np.empty(1, dtype=np.int64),
    )  # fmt: skip
    return np.asarray(values[0])


def _real_crossing(
    table: Array, place: Layout, beyond: Any, game: int, low: float, high: float, seen: int
) -> int:
    """1 if the eigenvalues that pass 1 in between are real there, 0 if they are complex."""
    beyond_high = 0
    # Nearer to the point rounding, which enters a double eigenvalue by its root, would split it.
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        mix = _at(table, place, np.array([middle]))
        if np.isnan(mix).any():
            # So near a branch point that Newton's method fails: that is the answer.
            return 1
        count, real = beyond([game], np.array([middle]), mix)
        if abs(count[0] - seen) == 1:
            # One alone is real.
            return 1
        if count[0] == seen:
            low = middle
        else:
            high, beyond_high = middle, int(real[0])
    return int(beyond_high >= seen + 2)


@njit(cache=True, nogil=True, error_model="numpy")
def _responses(
    tables: Array, starts: Array, others: Array, counts: Array, mixes: Array, out: Array
) -> None:
    """Derivatives of the payoffs d_a by log-odds: out[g, a, b] = x_b (D_ab - d_a)."""
    n = len(starts) - 1
    d = np.empty(starts[n])
    for g in range(len(tables)):
        interactions(tables[g], starts, others, counts, mixes[g], out[g], d)
        for i in range(n):
            for a in range(starts[i], starts[i + 1]):
                for b in range(starts[n]):
                    own = starts[i] <= b < starts[i + 1]
                    out[g, a, b] = 0.0 if own else mixes[g, b] * (out[g, a, b] - d[a])
