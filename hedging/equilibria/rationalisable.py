r"""Iterated elimination of actions that some *mixture* strictly dominates.

Action a of player i is strictly dominated, given that the opponents use only actions in a set
:math:`S_{-i}`, if there is a mixture q of i's actions with

.. math:: \sum_b q_b\, u_i(b, s) > u_i(a, s) \quad\text{for every } s \in S_{-i}.

By linear-programming duality that is so exactly if a is a best reply to *no* belief about the
opponents' profiles (Pearce, *Econometrica* 52, 1984, lemma 3).  What is left when nothing
more can be deleted are the (correlated) rationalisable actions: all that common knowledge of
rationality says (Brandenburger and Dekel, *Econometrica* 55, 1987); for two players these are the
rationalisable actions of Bernheim and Pearce.  No Nash or correlated equilibrium uses any other,
and the order of deletion does not matter.

The answer is exact for the payoffs as stored.  An action that is a best reply to some pure profile
is undominated, which comparisons decide.  For the others the programme is solved in doubles; its
solution q proves dominance if it wins by more than rounding, its multipliers are a belief
that proves the contrary if a is its only best reply by more than rounding, and what both leave
open is solved in rationals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.expectation import UNIT_ROUNDOFF
from hedging.equilibria.integers import as_fractions
from hedging.equilibria.result import choice_offsets
from hedging.equilibria.simplex import OPTIMAL, maximise, maximise_exactly

__all__ = ["Elimination", "Rationalisable", "eliminate"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Elimination:
    """Why one action goes.

    Attributes
    ----------
    game, round : int
        Rounds count from 1.
    player, action : int
    mixture : tuple
        Probabilities of all actions of the player; floats, or Fractions if payoffs are exact.
    margin : float or Fraction
        How much more the mixture pays at least, in payoff units.
    """

    game: int
    round: int
    player: int
    action: int
    mixture: tuple[Any, ...]
    margin: Any


@dataclass(frozen=True, slots=True)
class Rationalisable:
    """What elimination leaves of N games with C choices.

    Attributes
    ----------
    round : int64 array, shape (N, C)
        Round in which each choice is deleted, 0 for those that stay.
    steps : list of Elimination
        By round, then by game, then by choice.  All dominated actions go in the same round.
    """

    round: NDArray[np.int64]
    steps: list[Elimination]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Choices that stay, shape (N, C)."""
        stays: NDArray[np.bool_] = self.round == 0
        return stays


def eliminate(payoffs: Array, *, mixed: bool = True) -> Rationalisable:
    """Delete strictly dominated actions until none is left.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        float64, or object holding ints or Fractions.  Games with payoffs that are not finite
        keep all their actions.
    mixed : bool
        Consider mixtures; with False only pure actions dominate.

    Returns
    -------
    Rationalisable

    Notes
    -----
    At most C - n rounds.  Comparisons cover the batch at once; an action that is a best
    reply to nothing pure costs a linear programme of its m actions and its opponents' profiles,
    some tens of microseconds.

    Examples
    --------
    The middle row loses to an even mix of the others, then right to left, then bottom to top:

    >>> row = [[3.0, 0.0], [1.0, 1.0], [0.0, 3.0]]
    >>> col = [[1.0, 0.0], [0.0, 5.0], [1.0, 0.0]]
    >>> found = eliminate(np.array([[row, col]]))
    >>> found.round.tolist(), found.steps[0].margin
    ([[0, 1, 3, 0, 2]], 0.5)
    """
    shape = payoffs.shape[2:]
    n, size, starts = len(shape), len(payoffs), choice_offsets(payoffs.shape[2:])
    rounds = np.zeros((size, starts[-1]), dtype=np.int64)
    steps: list[Elimination] = []
    # Own action first, the opponents' profiles in one axis.
    tables = [
        np.moveaxis(payoffs[:, i], i + 1, 1).reshape(size, m, math.prod(shape) // m)
        for i, m in enumerate(shape)
    ]
    usable = np.ones(size, dtype=np.bool_)
    if payoffs.dtype != object:
        usable = np.asarray(np.isfinite(payoffs).all(axis=tuple(range(1, payoffs.ndim))))
    games = np.flatnonzero(usable)
    number = 0
    while games.size:
        number += 1
        kept = rounds[games] == 0
        gone: list[Elimination] = []
        for i in range(n):
            own = kept[:, starts[i] : starts[i + 1]]
            if own.shape[1] == 1:
                continue
            against = _profiles(kept, shape, starts, i)
            table = tables[i][games]
            for k, a in zip(*np.nonzero(own & ~_best_somewhere(table, own, against)), strict=True):
                rivals = np.flatnonzero(own[k])
                found = _dominator(table[k][:, against[k]], int(a), rivals, mixed)
                if found is not None:
                    gone.append(Elimination(int(games[k]), number, i, int(a), *found))
        for step in gone:
            rounds[step.game, starts[step.player] + step.action] = number
        steps += sorted(gone, key=lambda step: (step.game, step.player, step.action))
        games = np.unique([step.game for step in gone]).astype(np.int64)
    return Rationalisable(rounds, steps)


def _profiles(
    kept: NDArray[np.bool_], shape: tuple[int, ...], starts: list[int], player: int
) -> NDArray[np.bool_]:
    """Opponents' profiles still in play, shape (K, S)."""
    alive = np.ones((len(kept), 1), dtype=np.bool_)
    for j in range(len(shape)):
        if j != player:
            own = kept[:, starts[j] : starts[j + 1]]
            pairs = alive[:, :, None] & own[:, None, :]
            alive = pairs.reshape(len(kept), pairs.shape[1] * pairs.shape[2])
    return alive


def _best_somewhere(
    table: Array, own: NDArray[np.bool_], against: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which actions are best replies to a pure profile in play, shape (K, m)."""
    best = np.zeros(own.shape, dtype=np.bool_)
    for a in range(own.shape[1]):
        here = against.copy()
        for b in range(own.shape[1]):
            if b != a:
                beaten = (table[:, b] > table[:, a]).astype(np.bool_)
                here &= ~(beaten & own[:, b][:, None])
        best[:, a] = here.any(axis=1)
    return best


def _dominator(
    table: Array, action: int, rivals: NDArray[np.int64], mixed: bool
) -> tuple[tuple[Any, ...], Any] | None:
    """A mixture of ``rivals`` that dominates ``action`` in its payoffs (m, S), and by how much."""
    exact = table.dtype == object
    whole: list[Any] = [Fraction(0) if exact else 0.0] * len(table)
    for b in rivals:
        if b != action and (table[b] > table[action]).all():
            whole[b] = Fraction(1) if exact else 1.0
            margin = (table[b] - table[action]).min()
            return tuple(whole), margin if exact else float(margin)
    if not mixed:
        return None
    others = rivals[rivals != action]
    if len(others) < 2:
        return None
    if not exact:
        decided, mixture = _in_doubles(table, action, others)
        if decided:
            if mixture is None:
                return None
            for b, q in zip(others, mixture.tolist(), strict=True):
                whole[b] = q
            return tuple(whole), float((mixture @ (table[others] - table[action])).min())
    gains = as_fractions(table[others]) - as_fractions(table[action])
    zero, one = Fraction(0), Fraction(1)
    # The action itself, gaining nothing, makes every margin from 0 up feasible.
    G = [[*(-g for g in column), zero, one] for column in gains.T.tolist()]
    answer = maximise_exactly(
        G, [one] * (len(others) + 1) + [zero], [zero] * (len(others) + 1) + [one]
    )
    if answer is None or answer[0] <= 0:
        return None
    margin, x = answer
    share = sum(x[: len(others)], zero)
    for b, q in zip(others, x, strict=False):
        whole[b] = q / share if exact else float(q / share)
    margin = min(sum((q * g for q, g in zip(x, c, strict=False)), zero) for c in gains.T.tolist())
    margin /= share
    return tuple(whole), margin if exact else float(margin)


def _in_doubles(
    table: Array, action: int, others: NDArray[np.int64]
) -> tuple[bool, NDArray[np.float64] | None]:
    """Whether doubles decide, and a dominating mixture of ``others`` if there is one."""
    # Halves: gains between numbers near the largest double stay finite.
    gains = table[others] / 2 - table[action] / 2
    size = np.abs(gains).max()
    if not size > 0 or size < np.finfo(float).tiny * 1e20:
        return False, None
    gains = gains / size
    S, k = gains.shape[1], len(others)
    # Maximise the least gain of a mixture, raised by 2 so that it is positive.
    G = np.empty((S, k + 1))
    G[:, :k] = -(gains.T + 2.0)
    G[:, k] = 1.0
    w, c = np.ones(k + 1), np.zeros(k + 1)
    w[k], c[k] = 0.0, 1.0
    x, belief = np.empty(k + 1), np.empty(S)
    T, basis = np.empty((S + 3, k + S + 2)), np.empty(S + 1, dtype=np.int64)
    if maximise(G, w, c, x, belief, T, basis) != OPTIMAL:
        return False, None
    # Each gain bears three roundings, the sums one more a term.
    slack = (k + S + 8) * 2 * UNIT_ROUNDOFF * max(1.0, np.abs(table).max() / size)
    mixture = x[:k] / x[:k].sum()
    if (mixture @ gains).min() > slack:
        return True, mixture
    if belief.sum() > 0 and (gains @ (belief / belief.sum())).max() < -slack:
        return True, None
    return False, None
