r"""The exact critical discount factor of a profile, two players, any punishment allowed.

The worst punishment of i is the least payoff :math:`v_i(\delta)` of i in the set V of all
subgame-perfect payoffs (Abreu 1988, Econometrica 56:383-396: an optimal penal code).  With

.. math:: F(\delta) = \max_i \frac{h_i(a)}{d_i(a) - v_i(\delta)}

the profile a can be played for ever iff :math:`F(\delta) \le \delta`.  Public lotteries make V
grow with :math:`\delta`, so F does not increase, and the critical factor :math:`\delta^*` is where
it crosses the diagonal.  Hence, at every factor where a is sustainable,
:math:`F(\delta) \le \delta^* \le \delta`.

The search starts between closed forms: minmax bound and transfers from below, Nash reversion
and sticks from above.  It first tries the lower end, which is the answer in most games, and after
each success the new lower end :math:`F(\delta)`, which is the answer wherever v is locally
constant.  Only where V jumps is there anything to bisect, and there a failure shows after few
steps, because punishment payoffs rise monotonically until they contradict a.

Constraints are compared with a tolerance of 1e-11, so a set may be found a trifle below the
threshold; there F is above the diagonal, and the line through the last two values of F leads
back to it.  A jump is halved down to ``tol``; then the simplest fraction left is tried, which in
games with plain numbers is the threshold itself.  Where two fixed points of the operator merge it
converges ever more slowly, and at some factors not within the limit: those count neither for
nor against a, the bracket stays open around them, and the status says so.

Yes-or-no maps take the same short cuts: :func:`sustainable` solves only what they leave open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError, ParameterError, Status
from hedging.repeated.compiled import compiled
from hedging.repeated.delta_search import search
from hedging.repeated.kernels import (
    best_sticks,
    fill_gains,
    punishments,
    target_deviation,
    transfers_bound,
)
from hedging.repeated.payoff_set_kernel import (
    CONVERGED,
    LIMIT,
    capacity,
    iterate,
    prepare,
)
from hedging.repeated.stage import check_delta

__all__ = ["METHODS", "Decisions", "ExactThresholds", "critical_delta", "sustainable"]

Floats = NDArray[np.float64]

METHODS = ("minmax_bound", "transfers", "nash_reversion", "stick_carrot", "optimal_penal_code")
"""What decided a point: two reasons for no, two for yes, or a solution."""

_ON_THRESHOLD = 1e-9
"""A factor that is short of the threshold by less is on it: no search tells them apart."""
_OK, _NO_CONVERGENCE, _NONFINITE = (
    int(Status.OK),
    int(Status.NO_CONVERGENCE),
    int(Status.NONFINITE),
)


@dataclass(frozen=True, slots=True)
class ExactThresholds:
    """Exact critical discount factors of N games.

    Attributes
    ----------
    value : float64 array, shape (N,)
        inf if no patience suffices.
    lower, upper : float64 arrays, shape (N,)
        Bracket of the true value: certainly too little, and enough.
    punishment : float64 array, shape (N, 2)
        Worst equilibrium payoffs at ``value``, in payoff units; nan where it is 0 or inf.
    solves : int64 array, shape (N,)
        How many payoff sets were computed.
    status : uint8 array, shape (N,)
        ``no_convergence`` where the bracket could not be closed.
    """

    value: Floats
    lower: Floats
    upper: Floats
    punishment: Floats
    solves: NDArray[np.int64]
    status: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Whether profiles are sustainable at given discount factors.

    Attributes
    ----------
    sustainable : bool array, shape (N,)
    method : uint8 array, shape (N,)
        Position in :data:`METHODS` of what decided.
    status : uint8 array, shape (N,)
        ``no_convergence`` where the answer may be wrong.
    """

    sustainable: NDArray[np.bool_]
    method: NDArray[np.uint8]
    status: NDArray[np.uint8]

    @property
    def escalated(self) -> float:
        """Share of the points that no closed form decided."""
        return float(np.mean(self.method == len(METHODS) - 1)) if len(self.method) else 0.0


@compiled
def _critical(
    games: Any, target: Any, tol: float, set_tol: float, limit: int, out: Any, code: Any
) -> None:
    work = np.empty((12, capacity(games.shape[2] * games.shape[3])))
    u = np.empty(2)
    for g in range(len(games)):
        code[g, 0], code[g, 1] = search(games[g], target[g], tol, set_tol, limit, work, out[g], u)


@compiled
def _holds(game: Any, i: int, j: int, d: Any, v: Any, delta: float) -> bool:
    """Whether punishments worth v sustain a profile; rounding does not decide ties."""
    for p in range(2):
        gain = d[p] - game[p, i, j]
        if gain > 0.0:
            if v[p] == np.inf:
                return False
            margin = delta * (d[p] - v[p]) - gain
            size = abs(d[p]) + abs(game[p, i, j]) + delta * (abs(d[p]) + abs(v[p]))
            if margin < -8.9e-16 * size:
                return False
    return True


@compiled
def _decide(
    games: Any, target: Any, delta: Any, set_tol: float, limit: int, yes: Any, how: Any, status: Any
) -> None:
    n = games.shape[3]
    size = games.shape[2] * n
    work = np.empty((12, capacity(size)))
    u = np.empty(2)
    d = np.empty(2)
    scale = np.empty(4)
    gap = np.empty(1)
    values = np.empty((2, 2))
    flat = np.empty((2, size))
    gains = np.empty((2, size))
    stick = np.empty(2, np.int64)
    for g in range(len(games)):
        game = games[g]
        t = target[g]
        i, j = t // n, t % n
        factor = delta[g]
        yes[g] = False
        status[g] = _OK
        how[g] = 0
        finite = True
        for p in range(2):
            for a in range(size):
                finite = finite and np.isfinite(game[p, a // n, a % n])
        if not finite:
            status[g] = _NONFINITE
            continue
        punishments(game, values)
        target_deviation(game, t, d)
        if not _holds(game, i, j, d, values[0], factor):
            continue
        if _holds(game, i, j, d, values[1], factor):
            yes[g] = True
            how[g] = 2
            continue
        fill_gains(game, flat, gains)
        if transfers_bound(flat, gains, t) > factor * (1.0 + 1e-12):
            how[g] = 1
            continue
        if best_sticks(flat, gains, t, stick) <= factor:
            yes[g] = True
            how[g] = 3
            continue
        how[g] = 4
        if factor == 0.0:
            continue
        width = prepare(game, work, u, scale)
        if width < 0.0:
            status[g] = _NONFINITE
            continue
        ending, _, _ = iterate(work, size, factor, set_tol, limit, u, width, 0, t, gap)
        yes[g] = ending in (CONVERGED, LIMIT)
        if ending == LIMIT:
            status[g] = _NO_CONVERGENCE


def _checked(payoffs: ArrayLike, profile: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    games = np.ascontiguousarray(payoffs, dtype=np.float64)
    if games.ndim != 4 or games.shape[1] != 2 or 0 in games.shape[2:]:
        msg = (
            f"payoffs have shape {games.shape}; exact critical discount factors are computed "
            "for two players, shape (N, 2, m, n)"
        )
        raise GameError(msg)
    flat = np.ascontiguousarray(np.broadcast_to(profile, len(games)), dtype=np.int64)
    if flat.size and not (flat.min() >= 0 and flat.max() < games.shape[2] * games.shape[3]):
        msg = f"profiles go to position {flat.max()} of {games.shape[2] * games.shape[3]}"
        raise GameError(msg)
    return games, flat


def critical_delta(
    payoffs: ArrayLike,
    profile: ArrayLike,
    *,
    tol: float = 1e-9,
    max_iter: int = 10_000,
) -> ExactThresholds:
    """Least discount factor at which a profile can be played for ever, one per game.

    Parameters
    ----------
    payoffs : array_like, shape (N, 2, m, n)
    profile : int or array_like of int, shape (N,)
        Flat position of the target.
    tol : float
        Accuracy of the factor where the payoff set jumps; elsewhere it is a closed form.
    max_iter : int
        Limit of iterations per payoff set.

    Returns
    -------
    ExactThresholds

    Raises
    ------
    GameError, ParameterError
        If arguments do not fit.

    Notes
    -----
    Pure strategies with public lotteries.  Factors above 1 - 1e-6 are not searched: where only
    those are left, ``value`` is inf and ``status`` says so.

    Examples
    --------
    >>> row = [[16, 3, 0], [21, 10, -1], [9, 5, -5]]
    >>> col = [[9, 13, 3], [1, 4, 0], [0, -4, -15]]
    >>> critical_delta([[row, col]], 0).value      # 4/13
    array([0.30769231])
    """
    games, flat = _checked(payoffs, profile)
    if not 1e-13 <= tol <= 0.1 or max_iter < 1:
        msg = f"tol is {tol} and max_iter {max_iter}; give 1e-13 <= tol <= 0.1 and at least 1"
        raise ParameterError(msg)
    out = np.empty((len(games), 5))
    code = np.empty((len(games), 2), dtype=np.int64)
    _critical(games, flat, tol, max(1e-12, 0.01 * tol), max_iter, out, code)
    return ExactThresholds(
        out[:, 0], out[:, 1], out[:, 2], out[:, 3:], code[:, 0], code[:, 1].astype(np.uint8)
    )


def sustainable(
    payoffs: ArrayLike, profile: ArrayLike, delta: ArrayLike, *, max_iter: int = 10_000
) -> Decisions:
    """Whether a profile can be played for ever, one answer per game and discount factor.

    Closed forms decide most points; only the others are solved.

    Parameters
    ----------
    payoffs : array_like, shape (N, 2, m, n)
    profile : int or array_like of int, shape (N,)
    delta : float or array_like, shape (N,)
    max_iter : int
        Limit of iterations per payoff set.

    Returns
    -------
    Decisions
        A factor that is short of the threshold by no more than rounding, or by 1e-9 where the
        threshold has to be searched for, is on it, which is a yes.

    Examples
    --------
    >>> dilemma = [[[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]]] * 2
    >>> sustainable(dilemma, 0, [0.3, 1 / 3]).sustainable.tolist()
    [False, True]
    """
    games, flat = _checked(payoffs, profile)
    factors = np.ascontiguousarray(
        np.broadcast_to(np.asarray(check_delta(delta), np.float64), len(games))
    )
    yes = np.empty(len(games), dtype=np.bool_)
    how, status = np.empty(len(games), np.uint8), np.empty(len(games), np.uint8)
    _decide(games, flat, factors, 1e-11, max_iter, yes, how, status)
    # On the threshold itself rounding may tip a solution over.
    left = np.flatnonzero(~yes & (how == len(METHODS) - 1) & (status == _OK))
    if len(left):
        above = np.minimum(factors[left] + _ON_THRESHOLD, np.nextafter(1.0, 0.0))
        again = np.empty(len(left), dtype=np.bool_)
        code = np.empty((2, len(left)), np.uint8)
        _decide(games[left], flat[left], above, 1e-11, max_iter, again, code[0], code[1])
        yes[left] = again & (code[1] == _OK)
    return Decisions(yes, how, status)
