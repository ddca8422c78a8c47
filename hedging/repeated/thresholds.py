r"""Critical discount factors in closed form: how patient must players be to sustain a profile?

Payoffs are normalised, :math:`(1-\delta) \sum_t \delta^t u_t`.  If a is played every period and a
deviation of i is answered by a continuation worth :math:`v_i`, nobody deviates iff

.. math:: (1-\delta) h_i(a) \le \delta (u_i(a) - v_i)
   \iff \delta \ge \delta_i^* = \frac{h_i(a)}{d_i(a) - v_i},

with the gain :math:`h_i = d_i - u_i`, provided :math:`u_i(a) > v_i`.  A player without gain needs
no patience (0); where :math:`u_i(a) \le v_i` no patience suffices (inf).  The set of
sustaining factors is :math:`[\delta_i^*, 1)` and holds the threshold itself.  What differs is v:

========================  =====================================================================
Nash reversion            :math:`v_i = n_i`, the worst stage equilibrium (Friedman 1971)
minmax bound              :math:`v_i = m_i`: below it no punishment in pure actions suffices
finite punishment         k periods of :math:`n_i`, then a again
stick and carrot          one period of a stick :math:`s^i`, then a again (after Abreu 1986)
correlated target         a is drawn in public from a distribution each period
========================  =====================================================================

For a stick the deviation may also be from the stick: with one stick per deviator, each deviation
started again by the deviator's own,

.. math:: \delta \ge \max_j
   \frac{\max\{h_j(a), h_j(s^1), \dots, h_j(s^n)\}}{u_j(a) - u_j(s^j)} .

Strategies are pure, monitoring is perfect.  Players may differ in patience: test each
:math:`\delta_i \ge \delta_i^*` (for sticks, :func:`stick_and_carrot` minimises the largest, and
:func:`best_stick_margins` chooses them for the factors given).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import ParameterError
from hedging.repeated.stage import (
    best_deviations,
    check_periods,
    pure_minmax,
    worst_pure_nash,
)

__all__ = [
    "best_stick_margins",
    "binding_player",
    "correlated_target",
    "finite_punishment",
    "finite_threshold",
    "geometric_root",
    "incentive_margin",
    "minmax_bound",
    "nash_reversion",
    "overall",
    "reversion_threshold",
    "stick_and_carrot",
    "stick_parts",
]

Array = NDArray[Any]

_MOST_CHOICES = 20_000_000
"""Choices of sticks, one per player, that are compared at once."""


def reversion_threshold(payoff: Any, deviation: Any, punishment: Any) -> Array:
    """Least discount factor at which a gain does not pay for the punishment, elementwise.

    Parameters
    ----------
    payoff, deviation, punishment : arrays that broadcast
        u, d and v in payoff units; float64, or objects (ints, Fractions).

    Returns
    -------
    array
        (d - u) / (d - v); 0 where d <= u; inf where d > u and u <= v.

    Examples
    --------
    >>> reversion_threshold(2.0, 3.0, [0.0, 2.0]).tolist()
    [0.3333333333333333, inf]
    """
    u, d, v = np.broadcast_arrays(payoff, deviation, punishment)
    with np.errstate(invalid="ignore", over="ignore"):
        never = ~np.asarray(u > v, dtype=bool)
        needless = np.asarray(d <= u, dtype=bool)
        bottom = np.where(never | needless, 1, d - np.where(never, 0, v))
        value = np.where(never, np.inf, (d - u) / bottom)
        value = np.where(needless, _zero(u), value)
        lost = np.asarray((u != u) | (d != d) | (v != v), dtype=bool)
    return np.where(lost, np.nan, value) if lost.any() else value


def _zero(like: Array) -> Any:
    return 0 if like.dtype == object else 0.0


def overall(per_player: Array) -> Array:
    """Largest threshold over the players (axis 1)."""
    return np.asarray(per_player.max(axis=1))


def binding_player(per_player: Array) -> NDArray[np.int64]:
    """The player who needs most patience (axis 1), the first of equals; -1 where nobody gains."""
    top = per_player.max(axis=1)
    return np.where(np.asarray(top > 0, dtype=bool), per_player.argmax(axis=1), -1)


def nash_reversion(payoffs: Array, worst: Array | None = None) -> Array:
    """Threshold of every player at every profile, punished by the worst stage equilibrium for ever.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
    worst : array, shape (N, n), optional
        Punishment payoffs, such as from :func:`hedging.repeated.stage.worst_nash`; default the
        worst pure stage equilibrium of each player.

    Returns
    -------
    array, shape (N, n, m_1, ..., m_n)

    Notes
    -----
    Time proportional to the number of payoffs.  Source: Friedman 1971, Review of Economic
    Studies 38:1-12.

    Examples
    --------
    >>> dilemma = np.array([[[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]]])
    >>> overall(nash_reversion(dilemma))[0, 0, 0]    # cooperate, cooperate
    np.float64(0.3333333333333333)
    """
    worst = worst_pure_nash(payoffs) if worst is None else worst
    return _against(payoffs, worst)


def minmax_bound(payoffs: Array) -> Array:
    """Lower bound of every critical discount factor in pure strategies; shapes as above."""
    return _against(payoffs, pure_minmax(payoffs))


def _against(payoffs: Array, punishment: Array) -> Array:
    n = payoffs.shape[1]
    v = punishment.reshape(*punishment.shape, *([1] * n))
    return reversion_threshold(payoffs, best_deviations(payoffs), v)


def finite_punishment(payoffs: Array, k: int | float, worst: Array | None = None) -> Array:
    r"""Threshold of every player at every profile when a deviator is forgiven after k periods.

    It solves :math:`\sum_{t=1}^k \delta^t = r` with :math:`r = h_i/(u_i - n_i)`; there is none if
    :math:`r \ge k`.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
    k : int >= 1, or inf
        Length of the punishment; inf is :func:`nash_reversion`.
    worst : array, shape (N, n), optional
        Stage equilibrium payoffs of the punishment; default the worst pure ones.

    Returns
    -------
    float64 array, shape (N, n, m_1, ..., m_n)
        Rounded to doubles also for exact payoffs, because the root is irrational in general.

    Raises
    ------
    ParameterError
        If k is not a whole number of periods.
    """
    if not (isinstance(k, float) and k == np.inf):
        k = check_periods(k)
    n = payoffs.shape[1]
    worst = worst_pure_nash(payoffs) if worst is None else worst
    v = worst.reshape(*worst.shape, *([1] * n))
    return finite_threshold(payoffs, best_deviations(payoffs), v, k)


def finite_threshold(payoff: Any, deviation: Any, punishment: Any, k: int | float) -> Array:
    """Least discount factor at which k periods of punishment deter a gain, elementwise.

    Parameters
    ----------
    payoff, deviation, punishment : arrays that broadcast
        u, d and v in payoff units.
    k : int >= 1, or inf
        Not checked.

    Returns
    -------
    float64 array
        0 where d <= u; inf where (d - u) / (u - v) is k or more.
    """
    if k == np.inf:
        return np.asarray(reversion_threshold(payoff, deviation, punishment), dtype=np.float64)
    u, d, v = np.broadcast_arrays(payoff, deviation, punishment)
    punishable = np.asarray(u > v, dtype=bool)
    loss = np.where(punishable, u - np.where(punishable, v, u), 1)
    ratio = np.where(punishable, (d - u) / loss, np.inf)
    ratio = np.where(np.asarray(d <= u, dtype=bool), 0, ratio).astype(np.float64)
    return geometric_root(ratio, int(k))


def geometric_root(r: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Root in [0, 1) of x + x**2 + ... + x**k = r, inf where r >= k, by bisection."""
    none = ~(r < k)
    r = np.where(none, 0.0, r)
    # The sum lies between x and x / (1 - x).
    low, high = r / (1.0 + r), np.minimum(r, 1.0)
    if k == 1:
        return np.where(none, np.inf, r)
    for _ in range(64):
        middle = 0.5 * (low + high)
        with np.errstate(divide="ignore", invalid="ignore"):
            partial = middle * -np.expm1(k * np.log(middle)) / (1.0 - middle)
        enough = partial >= r
        high = np.where(enough, middle, high)
        low = np.where(enough, low, middle)
    return np.where(none, np.inf, high)


def stick_and_carrot(payoffs: Array, profile: NDArray[np.int64]) -> tuple[Array, Array]:
    """Least discount factor of one-period sticks, the best ones chosen.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
    profile : int array, shape (N,)
        Position of the target in the flattened action axes.

    Returns
    -------
    value : array, shape (N,)
        inf if no sticks serve below 1.
    sticks : int64 array, shape (N, n)
        Flat position of each deviator's stick.

    Notes
    -----
    Takes time and memory of (m_1 ... m_n)**n per game.  For float64 payoffs of two players use
    :func:`hedging.repeated.kernels.stick_and_carrot`, which is compiled.
    """
    count, n = payoffs.shape[:2]
    u = payoffs.reshape(count, n, -1)
    h = best_deviations(payoffs).reshape(u.shape) - u
    best = np.full(count, np.inf, dtype=payoffs.dtype)
    sticks = np.zeros((count, n), dtype=np.int64)
    for g, t in enumerate(profile.tolist()):
        value = _stick_table(u[g], h[g], t, _need_over_fall, np.maximum)
        place = int(np.argmin(value))
        if value.ravel()[place] < 1:
            best[g] = value.ravel()[place]
            sticks[g] = np.unravel_index(place, value.shape)
    return best, sticks


def _stick_table(
    u: Array, h: Array, t: int, worth: Callable[[Array, Array], Array], join: Any
) -> Array:
    """Worth of every choice of sticks, shape (A,) * n for A profiles: one player after another."""
    n, size = u.shape
    if size**n > _MOST_CHOICES:
        msg = (
            f"sticks of {n} players with {size} profiles can be chosen in {size**n} ways, beyond "
            f"{_MOST_CHOICES}; type punishment='nash_reversion'"
        )
        raise ParameterError(msg)
    axes = [tuple(size if k == j else 1 for k in range(n)) for j in range(n)]
    table: Array | None = None
    for j in range(n):
        need = h[j, t]
        for i in range(n):
            need = np.maximum(need, h[j].reshape(axes[i]))
        each = worth(need, (u[j, t] - u[j]).reshape(axes[j]))
        table = each if table is None else join(table, each)
    assert table is not None
    return table


def _need_over_fall(need: Array, fall: Array) -> Array:
    need, fall = np.broadcast_arrays(need, fall)
    worth = np.asarray(fall > 0, dtype=bool)
    each = np.where(worth, need / np.where(worth, fall, 1), np.inf)
    return np.where(np.asarray(need <= 0, dtype=bool), need * 0, each)


def best_stick_margins(payoffs: Array, target: int, delta: Array) -> Array | None:
    r"""Slack of every player under the one-period sticks with the largest least slack.

    With discount factors of their own, players may need other sticks than those that
    :func:`stick_and_carrot` chooses for a common one.

    Parameters
    ----------
    payoffs : array, shape (n, m_1, ..., m_n)
    target : int
        Flat position.
    delta : array, shape (n,)

    Returns
    -------
    array, shape (n,), or None
        :math:`(1-\delta_j) [\delta_j (u_j(a) - u_j(s^j)) - \max\{h_j(a), h_j(s^1), \dots\}]`, in
        payoff units per period; None if no sticks serve at any discount factors.

    Examples
    --------
    >>> game = np.array([[[3.0, 0], [4, 0]], [[4, 3], [1, 0]]])
    >>> best_stick_margins(game, 0, np.array([0.5511, 0.2941])).round(4).tolist()
    [0.2933, 0.1245]
    """
    n = len(payoffs)
    u = payoffs.reshape(n, -1)
    h = best_deviations(payoffs[None])[0].reshape(u.shape) - u
    if not _stick_table(u, h, target, _need_over_fall, np.maximum).min() < 1:
        return None
    factors = iter(delta.tolist())

    def slack(need: Array, fall: Array) -> Array:
        factor = next(factors)
        return np.asarray((1 - factor) * incentive_margin(0 * need, need, need - fall, factor))

    table = _stick_table(u, h, target, slack, np.minimum)
    sticks = np.array(np.unravel_index(int(np.argmax(table)), table.shape))
    need, fall = stick_parts(payoffs, target, sticks)
    return np.asarray((1 - delta) * incentive_margin(0 * need, need, need - fall, delta))


def stick_parts(payoffs: Array, target: int, sticks: NDArray[np.int64]) -> tuple[Array, Array]:
    """What each player must be ready to bear, and what its stick takes from it.

    Parameters
    ----------
    payoffs : array, shape (n, m_1, ..., m_n) or (N, n, m_1, ..., m_n)
    target : int
        Flat position of the target.
    sticks : int64 array, shape (n,) or (N, n)
        Flat position of each deviator's stick.

    Returns
    -------
    need, fall : arrays of the shape of ``sticks``
    """
    if sticks.ndim == 1:
        need, fall = stick_parts(payoffs[None], target, sticks[None])
        return need[0], fall[0]
    u = payoffs.reshape(*payoffs.shape[:2], -1)
    h = best_deviations(payoffs).reshape(u.shape) - u
    borne = np.take_along_axis(h, sticks[:, None, :], axis=2).max(axis=2)
    own = np.take_along_axis(u, sticks[:, :, None], axis=2)[:, :, 0]
    return np.maximum(h[:, :, target], borne), u[:, :, target] - own


def correlated_target(payoffs: Array, weights: Array, worst: Array | None = None) -> Array:
    r"""Threshold of every player for a profile drawn in public each period.

    With :math:`w_i = \sum_a \alpha(a) u_i(a)` ahead, the draw a is obeyed iff
    :math:`(1-\delta) h_i(a) \le \delta (w_i - n_i)`, hence
    :math:`\delta_i^* = \max_{a \in \mathrm{supp}\,\alpha} h_i(a) / (h_i(a) + w_i - n_i)`.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
    weights : array, shape (m_1, ..., m_n) or (N, m_1, ..., m_n)
        Probabilities of the profiles.
    worst : array, shape (N, n), optional
        Punishment payoffs; default the worst pure stage equilibria.

    Returns
    -------
    array, shape (N, n)
    """
    count, n = payoffs.shape[:2]
    weights = np.broadcast_to(weights, (count, *payoffs.shape[2:])).reshape(count, 1, -1)
    total = weights.sum(axis=2)
    if np.any(weights < 0) or not np.all(abs(total - 1) <= 2.0**-40):
        msg = "weights are negative or do not sum to 1; give one probability per profile"
        raise ParameterError(msg)
    worst = worst_pure_nash(payoffs) if worst is None else worst
    u = payoffs.reshape(count, n, -1)
    gain = best_deviations(payoffs).reshape(u.shape) - u
    used = np.asarray(weights > 0, dtype=bool)
    largest = np.where(used, gain, 0).max(axis=2)
    ahead = (weights * u).sum(axis=2)
    return reversion_threshold(ahead, ahead + largest, worst)


def incentive_margin(payoff: Any, deviation: Any, punishment: Any, delta: Any) -> Array:
    r"""What obedience is worth: :math:`\delta (d - v) - (d - u)`, elementwise, in payoff units.

    It is the slack :math:`\delta (u - v) - (1-\delta)(d - u)` of the incentive constraint: positive
    above the threshold, negative below.  In doubles, a value that rounding could have made
    of 0 is 0: the last bit of a payoff or of the factor cannot toss a coin.

    Parameters
    ----------
    payoff, deviation, punishment, delta : arrays that broadcast
        u, d, v in payoff units, and the discount factor.

    Returns
    -------
    array
        inf where v is -inf; exact if all four are.

    Examples
    --------
    >>> incentive_margin(2.0, 3.0, 0.0, [0.25, 1 / 3, 0.5]).tolist()
    [-0.25, 0.0, 0.5]
    """
    u, d, v, factor = np.broadcast_arrays(payoff, deviation, punishment, delta)
    if any(z.dtype == object for z in (u, d, v, factor)):
        absent = np.asarray(v == np.inf, dtype=bool)
        exact = factor * (d - np.where(absent, 0, v)) - (d - u)
        return _unpunished(np.where(absent, -np.inf, exact), u, d)
    with np.errstate(invalid="ignore"):
        margin = np.asarray(factor * (d - v) - (d - u))
        # Half a unit in the last place of each payoff and of the factor, and of four operations.
        noise = 4 * np.finfo(np.float64).eps * (abs(d) + abs(u) + factor * (abs(d) + abs(v)))
        margin = np.where(abs(margin) <= noise, 0.0, margin)
    # An empty or absent punishment (v = inf) cannot deter a gain.
    return _unpunished(np.where(v == np.inf, -np.inf, margin), u, d)


def _unpunished(margin: Array, u: Array, d: Array) -> Array:
    """Who gains nothing need not be deterred, and is not rewarded for what would cost nothing."""
    needless = np.asarray((d <= u) & (margin < 0), dtype=bool)
    return np.where(needless, margin.dtype.type(0) if margin.dtype != object else 0, margin)
