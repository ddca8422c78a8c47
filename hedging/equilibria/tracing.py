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
lines in z, so these lengths are read off their upper envelope.  Actions of one and the same line
share its length evenly, as those tied for a best reply do in the theory (ibid.).  All actions that
i uses in both e and f have the same line.  Lines count as the same whose differences at both ends
are within rounding of 0, of the payoffs and of the probabilities, for which those between actions
in use are the measure.
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
from hedging.equilibria.expectation import UNIT_ROUNDOFF
from hedging.equilibria.log_odds import differences, interactions, layout, mixtures, stakes
from hedging.errors import Status

__all__ = ["Tracing", "bicentric_prior", "trace"]

Array = NDArray[Any]

_MOST_STEPS = 3000
_END = 34.0  # 1 - t = 2e-15
_ROUNDINGS, _RESIDUALS, _LARGEST_RESIDUAL = 256, 16, 1e-6


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
        Weight of the logarithm, in units of the most that the player's own action can change.

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
    half = payoffs / 2
    table = differences(half, stakes(half))
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
    stake = stakes(half)
    table = differences(half, stake)
    largest = np.abs(half).max(axis=axes) / np.where(stake > 0, stake, np.inf)
    out = np.zeros(first.shape)
    _bicentric_all(
        table,
        *place,
        which,
        np.ascontiguousarray(first, dtype=np.float64),
        np.ascontiguousarray(second, dtype=np.float64),
        _ROUNDINGS * UNIT_ROUNDOFF * (1.0 + largest),
        out,
    )
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _bicentric_all(
    tables: Array,
    starts: Array,
    others: Array,
    counts: Array,
    game: Array,
    first: Array,
    second: Array,
    noise: Array,
    out: Array,
) -> None:
    n = len(starts) - 1
    C = starts[n]
    D, d0, d1 = np.empty((C, C)), np.empty(C), np.empty(C)
    for p in range(len(game)):
        table = tables[game[p]]
        interactions(table, starts, others, counts, second[p], D, d0)
        interactions(table, starts, others, counts, first[p], D, d1)
        blur = max(_residual(starts, first[p], d1), _residual(starts, second[p], d0))
        # More than rounding makes: these profiles are no equilibria.
        blur = _RESIDUALS * blur if blur < _LARGEST_RESIDUAL else 0.0
        for i in range(n):
            total = 0.0
            least = noise[game[p], i] + blur
            for a in range(starts[i], starts[i + 1]):
                # Action a is best where it beats each other action, an interval of z.
                low, high = 0.0, 1.0
                tied = 1
                for b in range(starts[i], starts[i + 1]):
                    if a == b:
                        continue
                    at0 = d0[a] - d0[b]
                    at1 = d1[a] - d1[b]
                    if abs(at0) <= least and abs(at1) <= least:
                        # The same line: signs of the differences would be signs of rounding.
                        tied += 1
                    elif at0 < 0.0 and at1 < 0.0:
                        high = -1.0
                    elif at0 < 0.0:
                        low = max(low, at0 / (at0 - at1))
                    elif at1 < 0.0:
                        high = min(high, at0 / (at0 - at1))
                out[p, a] = max(high - low, 0.0) / tied
                total += out[p, a]
            for a in range(starts[i], starts[i + 1]):
                out[p, a] /= total


@njit(cache=True, nogil=True, error_model="numpy")
def _residual(starts: Array, mix: Array, d: Array) -> float:
    """Largest difference between payoffs of actions in use: 0 but for rounding."""
    worst = 0.0
    for i in range(len(starts) - 1):
        low, high = np.inf, -np.inf
        for a in range(starts[i], starts[i + 1]):
            if mix[a] > 0.0:
                low, high = min(low, d[a]), max(high, d[a])
        worst = max(worst, high - low)
    return worst


@njit(cache=True, nogil=True, error_model="numpy")
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
            sign = sign_at_limit(starts, used, point, A, D, d) if free == 0.0 else 0.0
            same = 1e-8 if free == 0.0 else 1e-5
            if free < 0.0 or gap > 0.1:
                seen = False
                again = x[K] + 0.2
            elif sign < 0.0 and state[BIFURCATIONS] == 0.0:
                # The curve only passes by.
                seen = False
                again = x[K] + 0.2
            elif free == 0.0 and sign == 0.0 and gap > 1e-5:
                # At a tie it may drift off along a continuum.
                seen = False
                again = x[K] + 0.5
            elif seen and np.abs(point - kept).max() < same and gap <= max(0.9 * distance, 1e-12):
                limit[p] = point
                facts[p, 2] = 1.0 if sign == 0.0 else 0.0
                break
            else:
                seen = True
                kept[:] = point
                distance = gap
                again = x[K] + 0.5
        facts[p, 0] = state[FOLDS]
        facts[p, 1] = state[BIFURCATIONS]


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
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
