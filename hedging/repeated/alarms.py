r"""Trigger strategies under a public signal: what an alarm must deter, and what it must not reward.

A profile a is played until a *bad* signal, and then with probability :math:`\varphi` for ever a
stage equilibrium.  The signal does not name a deviator, so everybody gets the same equilibrium, or
the same public lottery over several, worth :math:`n_i`.  With :math:`p = P(\text{bad} \mid a)`,
:math:`q = P(\text{bad} \mid \text{deviation})` and

.. math:: \beta = \frac{\delta \varphi}{1 - \delta + \delta \varphi p} \in [0, 1/p)

no deviation of any player i pays iff for all of them, those without gain included,

.. math:: h \le \beta (q - p) (u_i - n_i) .

A deviation that gains nothing but sets off the alarm less often bounds :math:`\beta` from above: if
it costs nothing, nothing can be sustained by that alarm.  The constraints are linear in
:math:`\beta` and, for a lottery with weights w, in :math:`\beta w`, so the least :math:`\beta` is a
linear program in as many variables as there are pure stage equilibria.  The least discount
factor has :math:`\varphi = 1`, hence :math:`\delta = \beta / (1 + \beta (1 - p))`, and larger
factors keep :math:`\beta` by a softer :math:`\varphi`.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.pure import pure_equilibria
from hedging.errors import HedgingError

__all__ = ["alarms", "trigger_thresholds"]

Floats = NDArray[np.float64]

_ALL = 6
"""Signals up to which every set of them is tried as an alarm."""
_EPS = 16 * float(np.finfo(np.float64).eps)
_SLACK = 1e-9
"""Relative error of the weights of a lottery."""


def alarms(payoffs: Floats, signals: Floats, profile: tuple[int, ...]) -> list[list[int]]:
    """Sets of signals worth trying as an alarm.

    All of them for at most six signals; beyond, for every deviation those that the likelihood
    ratio puts first.  The empty set, no alarm, is the first.
    """
    count = signals.shape[-1]
    if count <= _ALL:
        return [list(x) for k in range(count) for x in combinations(range(count), k)]
    here = signals[profile]
    found: set[tuple[int, ...]] = set()
    for _, _, there in _deviations(payoffs, signals, profile):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(here > 0, there / np.where(here > 0, here, 1), np.inf)
        order = np.argsort(-ratio, kind="stable").tolist()
        found |= {tuple(sorted(order[:k])) for k in range(1, count)}
    return [[], *map(list, sorted(found))]


def trigger_thresholds(
    payoffs: Floats, signals: Floats, profile: tuple[int, ...], bad: list[int]
) -> Floats:
    """Threshold of every player with the best common punishment of one alarm.

    Parameters
    ----------
    payoffs : float64 array, shape (n, m_1, ..., m_n)
    signals : float64 array, shape (m_1, ..., m_n, Y)
    profile : tuple of n int
    bad : list of int
        Signals that make the alarm.

    Returns
    -------
    float64 array, shape (n,)
        The largest is the least common discount factor.  inf for a player whom this alarm cannot
        deter, or who would rather dodge it.
    """
    n = len(payoffs)
    alarm = signals[..., bad].sum(axis=-1)
    p = float(min(alarm[profile], 1.0))
    largest = np.abs(payoffs).reshape(n, -1).max(axis=1)
    who, gain, rise = [], [], []
    for i, other, _ in _deviations(payoffs, signals, profile):
        more = float(payoffs[(i, *other)] - payoffs[(i, *profile)])
        q = float(min(alarm[other], 1.0))
        who.append(i)
        gain.append(0.0 if abs(more) <= _EPS * largest[i] else more)
        rise.append(0.0 if abs(q - p) <= _EPS else q - p)
    own, h, r = np.array(who, dtype=np.int64), np.array(gain), np.array(rise)
    if h.max(initial=0.0) <= 0:
        return np.zeros(n)
    stable = pure_equilibria(payoffs[None])[0].ravel()
    if not stable.any():
        return np.where(np.isin(np.arange(n), own[h > 0]), np.inf, 0.0)
    # What each stage equilibrium takes from each player; a row for every deviation.
    flat = payoffs.reshape(n, -1)
    here = flat[:, [int(np.ravel_multi_index(profile, payoffs.shape[1:]))]]
    loss = (here - flat[:, stable])[own]
    best = np.full(n, np.inf)
    for weights in _lotteries(h, r, loss, largest[own]):
        each = _thresholds(n, own, h, r * (loss @ weights), p)
        if each.max() < best.max() or not np.isfinite(best).any():
            best = each
    return best


def _deviations(payoffs: Floats, signals: Floats, profile: tuple[int, ...]) -> list[Any]:
    """Player, profile after a deviation of his, and signal probabilities there."""
    found = []
    for i, m in enumerate(payoffs.shape[1:]):
        for x in range(m):
            if x != profile[i]:
                other = (*profile[:i], x, *profile[i + 1 :])
                found.append((i, other, signals[other]))
    return found


def _lotteries(h: Floats, r: Floats, loss: Floats, scale: Floats) -> list[Floats]:
    """Each stage equilibrium for sure, then the best lottery over them."""
    count = loss.shape[1]
    found = list(np.eye(count))
    if count == 1:
        return found
    from scipy.optimize import linprog

    # Every row in units of its player's payoffs: solvers compare with absolute tolerances.
    unit = np.where(scale > 0, scale, 1.0)
    rows, level = -(r[:, None] * loss) / unit[:, None], -h / unit
    size = np.abs(rows).max(axis=1)
    size = np.where(size > 0, size, 1.0)
    done = linprog(np.ones(count), rows / size[:, None], level / size, method="highs")
    if done.status not in (0, 2):
        msg = f"the best lottery over {count} stage equilibria was not found: {done.message}"
        raise HedgingError(msg)
    if done.status == 0 and done.x.sum() > 0:
        found.append(np.maximum(done.x, 0) / np.maximum(done.x, 0).sum())
    return found


def _thresholds(n: int, own: NDArray[np.int64], h: Floats, c: Floats, p: float) -> Floats:
    """Thresholds per player where the alarm takes c from a deviation that gains h."""
    low, high = np.zeros(n), np.full(n, np.inf)
    for i, gain, cost in zip(own.tolist(), h.tolist(), c.tolist(), strict=True):
        if gain > 0:
            low[i] = max(low[i], gain / cost if cost > 0 else np.inf)
        elif cost < 0:
            high[i] = min(high[i], gain / cost)
    need = low.max()
    # One alarm for all: who gains by dodging it at the strength that others need, does.
    dodged = need > high * (1 + _SLACK)
    with np.errstate(invalid="ignore"):
        never = dodged | np.isinf(low) | ~(low * p < 1)
        value = np.where(never, np.inf, low / (1 + low * (1 - p)))
    return np.asarray(value)
