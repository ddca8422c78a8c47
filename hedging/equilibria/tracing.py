r"""The logarithmic tracing procedure: where expectations settle that start from a prior.

Let every player i at first expect the others to play a *prior* p.  At time t it gives the game
weight t and the prior weight 1 - t, and a small reward :math:`\eta (1 - t)` for keeping all
actions alive:

.. math:: \max_{x_i}\; (1 - t)\, u_i(x_i, p_{-i}) + t\, u_i(x_i, x_{-i})
          + \eta\, (1 - t) \sum_a \log x_i(a).

At t = 0 the solution is unique; generically it starts a single curve that runs to t = 1, where it
ends in a Nash equilibrium of the game (Harsanyi, *International Journal of Game Theory* 4, 1975;
Harsanyi and Selten, *A General Theory of Equilibrium Selection in Games*, MIT Press 1988, chapter
4; Herings and Peeters, *Economic Theory* 18, 2001).  The procedure proper is the limit
of small :math:`\eta`; a finite one can select differently, so callers compare two.

In the parameter :math:`s = -\log(1 - t)` the log-odds of what is dropped fall linearly, so that the
end, s at infinity, is approached in a few long steps of :mod:`hedging.equilibria.continuation`.

The *bicentric prior* of two equilibria e and f is what a player i should expect of whom it is
only known that the others play e with probability z and f with 1 - z, z being uniform on
[0, 1] (Harsanyi and Selten 1988, section 5.3): action a has for prior the length of the z for which
it is i's best reply.  Its payoffs :math:`z v_i(a; e) + (1 - z) v_i(a; f)` are straight
lines in z, so these lengths are read off their upper envelope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hedging.equilibria.continuation import (
    BIFURCATIONS,
    FOLDS,
    TRACING,
    advance,
    begin,
    nearest_equilibrium,
    newton,
    sign_at_limit,
)
from hedging.equilibria.log_odds import differences, interactions, layout, mixtures
from hedging.errors import Status

__all__ = ["Tracing", "bicentric_prior", "trace"]

Array = NDArray[Any]

_MOST_STEPS = 3000
_END = 34.0  # 1 - t = 2e-15


@dataclass(frozen=True, slots=True)
class Tracing:
    """Outcomes of P tracings.

    Attributes
    ----------
    limit : float64 array, shape (P, C)
        The equilibrium reached; NaN where none was.
    folds, bifurcations : int64 arrays, shape (P,)
    status : uint8 array, shape (P,)
        OK; DEGENERATE: a branch point was passed or the limit is not regular;
        NO_CONVERGENCE: no limit.
    """

    limit: Array
    folds: NDArray[np.int64]
    bifurcations: NDArray[np.int64]
    status: NDArray[np.uint8]


def trace(
    payoffs: Array, prior: Array, *, game: NDArray[np.int64] | None = None, eta: float = 1e-3
) -> Tracing:
    """Trace from P priors.

    Parameters
    ----------
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)
        Finite.
    prior : float64 array, shape (P, C)
        Probability of every choice.
    game : int64 array, shape (P,), optional
        The game each prior belongs to; by default P = N and they correspond.
    eta : float
        Weight of the logarithm, in units of each player's payoff range.

    Returns
    -------
    Tracing

    Examples
    --------
    A stag hunt, from even expectations:

    >>> hunt = np.array([[[[4.0, 0.0], [3.0, 3.0]], [[4.0, 3.0], [0.0, 3.0]]]])
    >>> trace(hunt, np.full((1, 4), 0.5)).limit.tolist()
    [[0.0, 1.0, 0.0, 1.0]]
    """
    place = layout(payoffs.shape[2:])
    C = int(place.starts[-1])
    which = np.arange(len(prior)) if game is None else np.asarray(game, dtype=np.int64)
    axes = tuple(range(2, payoffs.ndim))
    half = payoffs / 2
    spread = half.max(axis=axes) - half.min(axis=axes)
    table = differences(half, spread)
    limit = np.full((len(prior), C), np.nan)
    facts = np.zeros((len(prior), 3))
    prior = np.ascontiguousarray(prior, dtype=np.float64)
    _trace_all(table, *place, which, prior, float(eta), limit, facts)
    lost = np.isnan(limit).any(axis=1)
    odd = (facts[:, 1] > 0) | (facts[:, 2] > 0)
    status = np.where(lost, Status.NO_CONVERGENCE, np.where(odd, Status.DEGENERATE, Status.OK))
    return Tracing(
        limit, facts[:, 0].astype(np.int64), facts[:, 1].astype(np.int64), status.astype(np.uint8)
    )


def bicentric_prior(
    payoffs: Array, first: Array, second: Array, *, game: NDArray[np.int64] | None = None
) -> Array:
    """Bicentric priors of pairs of equilibria.

    Parameters
    ----------
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)
    first, second : float64 array, shape (P, C)
        Probabilities of all choices.
    game : int64 array, shape (P,), optional
        As in :func:`trace`.

    Returns
    -------
    float64 array, shape (P, C)

    Examples
    --------
    >>> hunt = np.array([[[[4.0, 0.0], [3.0, 3.0]], [[4.0, 3.0], [0.0, 3.0]]]])
    >>> bicentric_prior(hunt, np.array([[1.0, 0, 1, 0]]), np.array([[0, 1.0, 0, 1]])).tolist()
    [[0.25, 0.75, 0.25, 0.75]]
    """
    place = layout(payoffs.shape[2:])
    which = np.arange(len(first)) if game is None else np.asarray(game, dtype=np.int64)
    axes = tuple(range(2, payoffs.ndim))
    half = payoffs / 2
    table = differences(half, half.max(axis=axes) - half.min(axis=axes))
    out = np.zeros(first.shape)
    _bicentric_all(
        table,
        *place,
        which,
        np.ascontiguousarray(first, dtype=np.float64),
        np.ascontiguousarray(second, dtype=np.float64),
        out,
    )
    return out


@njit(cache=True, nogil=True)
def _bicentric_all(
    tables: Array,
    starts: Array,
    others: Array,
    counts: Array,
    game: Array,
    first: Array,
    second: Array,
    out: Array,
) -> None:
    n = len(starts) - 1
    C = starts[n]
    D, d0, d1 = np.empty((C, C)), np.empty(C), np.empty(C)
    for p in range(len(game)):
        table = tables[game[p]]
        interactions(table, starts, others, counts, second[p], D, d0)
        interactions(table, starts, others, counts, first[p], D, d1)
        for i in range(n):
            total = 0.0
            for a in range(starts[i], starts[i + 1]):
                # Action a is best where it beats each other action, an interval of z.
                low, high = 0.0, 1.0
                for b in range(starts[i], starts[i + 1]):
                    if a == b:
                        continue
                    at0 = d0[a] - d0[b]
                    at1 = d1[a] - d1[b]
                    if at0 < 0.0 and at1 < 0.0:
                        high = -1.0
                    elif at0 < 0.0:
                        low = max(low, at0 / (at0 - at1))
                    elif at1 < 0.0:
                        high = min(high, at0 / (at0 - at1))
                out[p, a] = max(high - low, 0.0)
                total += out[p, a]
            # Actions that tie on an interval share it; without ties the total is 1 already.
            for a in range(starts[i], starts[i + 1]):
                out[p, a] /= total


@njit(cache=True, nogil=True)
def _trace_all(
    tables: Array,
    starts: Array,
    others: Array,
    counts: Array,
    game: Array,
    prior: Array,
    eta: float,
    limit: Array,
    facts: Array,
) -> None:
    n = len(starts) - 1
    C = starts[n]
    K = C - n
    x, t, before, u = np.empty(K + 1), np.empty(K + 1), np.empty(K + 1), np.empty(K + 1)
    A = np.empty((max(K, C) + 1, max(K, C) + 3))
    mix, d, D = np.empty(C), np.empty(C), np.empty((C, C))
    given, state = np.zeros(C), np.empty(6)
    used, point, kept = np.empty(C, dtype=np.bool_), np.empty(C), np.empty(C)
    for p in range(len(game)):
        table = tables[game[p]]
        interactions(table, starts, others, counts, prior[p], D, given)
        _start(starts, given, eta, x)
        x[K] = 0.0
        if not newton(
            TRACING, table, starts, others, counts, given, eta, x, A, mix, D, d
        ) or not begin(
            TRACING, table, starts, others, counts, given, eta, x, t, before, state, A, mix, D, d
        ):
            continue
        seen = False
        distance = 0.0
        again = 3.0
        for _ in range(_MOST_STEPS):
            if not advance(
                TRACING, table, starts, others, counts, given, eta,
                x, t, before, state, u, A, mix, D, d,
            ):  # fmt: skip
                break
            if not x[K] >= 0.0 or x[K] > _END:
                break
            if t[K] <= 0.0 or x[K] < again:
                continue
            free = _end(starts, others, counts, table, eta, x, t, mix, used, point, A, D, d)
            mixtures(x, starts, mix)
            gap = np.abs(point - mix).max()
            same = 1e-8 if free == 0.0 else 1e-6
            if free < 0.0 or gap > 0.1:
                seen = False
                again = x[K] + 0.2
            elif (
                free == 0.0
                and state[BIFURCATIONS] == 0.0
                and sign_at_limit(starts, used, point, A, D, d) < 0.0
            ):
                # The curve only passes by.
                seen = False
                again = x[K] + 0.2
            elif seen and np.abs(point - kept).max() < same and gap <= max(0.9 * distance, 1e-12):
                limit[p] = point
                facts[p, 2] = free
                break
            else:
                seen = True
                kept[:] = point
                distance = gap
                again = x[K] + 0.5
        facts[p, 0] = state[FOLDS]
        facts[p, 1] = state[BIFURCATIONS]


@njit(cache=True, nogil=True)
def _start(starts: Array, given: Array, eta: float, x: Array) -> None:
    """Solution at t = 0: x_a = eta / (mu - v_a), with mu so that they add up to 1."""
    for i in range(len(starts) - 1):
        m = starts[i + 1] - starts[i]
        top = given[starts[i] : starts[i + 1]].max()
        low, high = top + eta, top + eta * m
        for _ in range(60):
            mu = 0.5 * (low + high)
            total = 0.0
            for a in range(starts[i], starts[i + 1]):
                total += eta / (mu - given[a])
            if total > 1.0:
                low = mu
            else:
                high = mu
        for a in range(starts[i] + 1, starts[i + 1]):
            x[a - i - 1] = np.log((high - given[starts[i]]) / (high - given[a]))


@njit(cache=True, nogil=True)
def _end(
    starts: Array,
    others: Array,
    counts: Array,
    table: Array,
    eta: float,
    x: Array,
    t: Array,
    mix: Array,
    used: Array,
    point: Array,
    A: Array,
    D: Array,
    d: Array,
) -> float:
    """Solve for the equilibrium that the curve seems to end in; as ``nearest_equilibrium``."""
    n = len(starts) - 1
    K = len(x) - 1
    mixtures(x, starts, mix)
    for i in range(n):
        low, high = starts[i], starts[i + 1]
        best = low
        mean = 0.0
        for c in range(low, high):
            if mix[c] > mix[best]:
                best = c
            if c > low:
                mean += mix[c] * t[c - i - 1]
        total = 0.0
        for c in range(low, high):
            slope = ((t[c - i - 1] if c > low else 0.0) - mean) / t[K]
            # d log x / ds tends to 0 for actions in use, to -1 for those a strict gap keeps
            # out and to something in between, such as -1/2, at a tie.
            used[c] = c == best or slope > -0.25
            point[c] = mix[c] if used[c] else 0.0
            total += point[c]
        for c in range(low, high):
            point[c] /= total
    return nearest_equilibrium(table, starts, others, counts, used, point, A, D, d)
