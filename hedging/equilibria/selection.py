r"""Which equilibrium to expect: rules that choose one from the list.

Let E be the equilibria listed for a game, :math:`u_i(e)` their payoffs and :math:`v_i(a; e)` the
payoff of action a against the others' part of e.

``payoff_dominance``
    The e with :math:`u_i(e) \ge u_i(f)` for every player i and every other f in E, with more
    for somebody.  Often there is none (Harsanyi and Selten, *A General Theory of
    Equilibrium Selection in Games*, MIT Press 1988, section 3.6).
``risk_dominance``
    In 2 x 2 games with two strict equilibria e and f the one of larger *Nash product*
    :math:`\prod_i (v_i(e_i; e) - v_i(f_i; e))` of losses from deviating (ibid., section 3.9).
    Otherwise e risk-dominates f if the logarithmic tracing procedure leads from the bicentric prior
    of e and f to e (ibid., section 5.3; :mod:`hedging.equilibria.tracing`), and the rule chooses
    the e that risk-dominates every other equilibrium; those of index -1, in which no
    tracing ends, are left out.  Tracing takes place in the whole game, not in the smallest
    formation that holds both.  Every comparison is made with two weights of the logarithm.
``logit``
    The limit of the principal logit branch (:mod:`hedging.equilibria.logit`), in units of payoff
    ranges, or others that ``unit`` names.
``regret``
    The e that minimises
    :math:`R(e) = \max_{f \in E} \max_i [\max_b v_i(b; f) - v_i(e_i; f)] / r_i`, the most that
    any player can lose, as a share of its payoff range :math:`r_i`, by playing its part of e
    where the others play theirs of another listed equilibrium: minimax regret (Savage,
    *Journal of the American Statistical Association* 46, 1951) about which equilibrium the
    others are in.  If the player who loses most plays the same in two equilibria, what the next
    one can lose decides, and so on.  All listed equilibria count, those of index -1 too.
``welfare``
    The e that maximises :math:`\sum_i w_i u_i(e)`, weights 1 by default.  It compares
    payoffs of different players, which no other rule here does.

Points that stand for a continuum in which three or more players mix are not compared: which point
of it is listed means nothing.  If nothing else is listed of a component, no rule decides.

A rule may choose none, and ties are ties: the :class:`Verdict` says which it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.expectation import UNIT_ROUNDOFF, action_values
from hedging.equilibria.logit import UNITS, branches, match, stopped_early
from hedging.equilibria.result import Equilibria, choice_offsets
from hedging.equilibria.tracing import bicentric_prior, trace
from hedging.errors import ParameterError, Status

__all__ = ["RULES", "Selection", "Verdict", "choose"]

Array = NDArray[Any]
Ints = NDArray[np.int64]

RULES = ("payoff_dominance", "risk_dominance", "logit", "regret", "welfare")
"""Names :func:`choose` takes."""

_ETAS = (1e-3, 1e-4)
_ROUNDINGS = 256


class Verdict(IntEnum):
    """What became of a rule in one game."""

    CHOSEN = 0
    """One equilibrium satisfies the rule."""
    TIED = 1
    """Several satisfy it equally well."""
    NONE = 2
    """No equilibrium satisfies it."""
    UNDECIDED = 3
    """The computation gives no clear answer, as when two weights of the logarithm disagree."""
    NO_EQUILIBRIUM = 4
    """No equilibrium is listed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a rule chose in N games.

    Attributes
    ----------
    chosen : int64 array, shape (N,)
        Position of the equilibrium within the game's list, -1 if none was chosen.
    verdict : uint8 array, shape (N,)
        :class:`Verdict` of each game.
    """

    chosen: Ints
    verdict: NDArray[np.uint8]


def choose(
    payoffs: Array,
    found: Equilibria,
    rule: str = "risk_dominance",
    *,
    weights: Sequence[float] | None = None,
    unit: str = "range",
) -> Selection:
    """Apply a rule to every game of a batch.

    Parameters
    ----------
    payoffs : array, shape (N, n, m_1, ..., m_n)
        Compared in float64.
    found : Equilibria
        Of these games.  The answer is about the equilibria listed: whether these are all, the
        status of ``found`` says.
    rule : {"payoff_dominance", "risk_dominance", "logit", "regret", "welfare"}
        See the module for what they mean.
    weights : sequence of n floats, optional
        Of the players in "welfare".
    unit : {"range", "stakes", "payoff"}
        Of payoffs in "logit", as in :func:`hedging.equilibria.logit.branches`.

    Returns
    -------
    Selection

    Raises
    ------
    ParameterError
        If there is no such rule or unit, or weights are given for another rule or a wrong number of
        them.

    Notes
    -----
    Payoffs that agree to 256 roundings of the player's largest payoff count as equal.

    Examples
    --------
    >>> from hedging.equilibria.dispatch import solve
    >>> hunt = np.array([[[[4.0, 0.0], [3.0, 3.0]], [[4.0, 3.0], [0.0, 3.0]]]])
    >>> found = solve(hunt)
    >>> rules = ("payoff_dominance", "risk_dominance")
    >>> [int(choose(hunt, found, rule).chosen[0]) for rule in rules]
    [0, 1]
    """
    if rule not in RULES:
        msg = f"rule {rule!r} given; choose one of {', '.join(map(repr, RULES))}"
        raise ParameterError(msg)
    if unit not in UNITS:
        msg = f"unit {unit!r} given; choose one of {', '.join(map(repr, UNITS))}"
        raise ParameterError(msg)
    n = payoffs.shape[1]
    if weights is not None and (rule != "welfare" or len(weights) != n):
        msg = f"weights {weights!r} given; give {n} numbers, one per player, to rule 'welfare'"
        raise ParameterError(msg)
    table = payoffs.astype(np.float64)
    axes = tuple(range(1, table.ndim))
    table = np.where(np.isfinite(table).all(axis=axes, keepdims=True), table, 0.0)
    everything, rows = found, _comparable(found, table.shape[2:])
    found = _some(found, rows)
    count = found.count
    chosen = np.full(len(count), -1, dtype=np.int64)
    verdict = np.full(len(count), Verdict.NONE, dtype=np.uint8)
    if rule == "payoff_dominance":
        _payoff_dominance(table, found, chosen, verdict)
    elif rule == "risk_dominance":
        _risk_dominance(table, found, chosen, verdict)
    elif rule == "logit":
        _logit(table, found, chosen, verdict, unit)
    else:
        score, slack = (
            _regret(table, found) if rule == "regret" else _welfare(table, found, weights)
        )
        _least(score, slack, found, chosen, verdict)
    chosen[count == 0], verdict[count == 0] = -1, Verdict.NO_EQUILIBRIUM
    chosen[count == 1], verdict[count == 1] = 0, Verdict.CHOSEN
    if not rows.all():
        blind = _unseen(everything, rows)
        chosen[blind], verdict[blind] = -1, Verdict.UNDECIDED
    # Back to positions in the whole list.
    here = np.flatnonzero(chosen >= 0)
    listed = np.flatnonzero(rows)[found.offsets[here] + chosen[here]]
    chosen[here] = listed - everything.offsets[here]
    return Selection(chosen, verdict)


def _comparable(found: Equilibria, shape: Sequence[int]) -> NDArray[np.bool_]:
    """Equilibria other than those that stand for a continuum in which three or more mix."""
    starts = choice_offsets(shape)
    mixers = np.zeros(len(found.support), dtype=np.int64)
    for a, b in pairwise(starts):
        mixers += (found.probability[:, a:b] > 0).sum(axis=1) > 1
    return np.asarray(found.isolated | (mixers < 3))


def _unseen(found: Equilibria, rows: NDArray[np.bool_]) -> Ints:
    """Games with a component of equilibria none of which is compared."""
    labels = np.stack([found.game, found.component], axis=1)
    every, here = np.unique(labels, axis=0, return_inverse=True)
    seen = np.bincount(here.reshape(-1), weights=rows, minlength=len(every)) > 0
    return np.unique(every[~seen, 0]).astype(np.int64)


def _some(found: Equilibria, keep: NDArray[np.bool_]) -> Equilibria:
    """The list without some of its equilibria."""
    if keep.all():
        return found
    count = np.bincount(found.game[keep], minlength=len(found.status))
    return Equilibria(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        found.probability[keep],
        found.support[keep],
        found.index[keep],
        found.isolated[keep],
        found.component[keep],
        found.status,
    )


def _rounding(table: Array) -> Array:
    """Differences of expected payoffs that rounding may make, shape (N, n)."""
    axes = tuple(range(2, table.ndim))
    return np.asarray(_ROUNDINGS * UNIT_ROUNDOFF * np.abs(table).max(axis=axes, initial=0.0))


def _pairs(found: Equilibria) -> tuple[Ints, Ints]:
    """Rows of all ordered pairs of equilibria of one game, each with itself too."""
    count = found.count
    first = np.repeat(np.arange(len(found.support)), count[found.game])
    start = np.repeat(found.offsets[found.game], count[found.game])
    ends = np.cumsum(count[found.game])
    inner = np.arange(len(first)) - np.repeat(ends - count[found.game], count[found.game])
    return first, start + inner


def _least(
    scores: Array, slack: Array, found: Equilibria, chosen: Ints, verdict: NDArray[np.uint8]
) -> None:
    """Choose the equilibrium of each game whose scores (E, L) are first in lexicographic order.

    Scores within ``slack`` (N,) of the least one tie.
    """
    game = found.game
    left = np.ones(len(game), dtype=np.bool_)
    for score in scores.T:
        least = np.full(len(chosen), np.inf)
        np.minimum.at(least, game[left], score[left])
        left &= score <= least[game] + slack[game]
    _only(left, found, chosen, verdict)


def _only(
    left: NDArray[np.bool_], found: Equilibria, chosen: Ints, verdict: NDArray[np.uint8]
) -> None:
    """Choose what is left (E,) where that is one equilibrium."""
    game = found.game
    number = np.bincount(game, weights=left, minlength=len(chosen))
    rank = np.arange(len(left)) - found.offsets[game]
    alone = left & (number[game] == 1)
    chosen[game[alone]] = rank[alone]
    verdict[number == 1] = Verdict.CHOSEN
    verdict[number > 1] = Verdict.TIED


def _payoff_dominance(
    table: Array, found: Equilibria, chosen: Ints, verdict: NDArray[np.uint8]
) -> None:
    payoff, _ = payoffs_and_regret(table, found)
    first, second = _pairs(found)
    slack = _rounding(table)[found.game[first]]
    gain = payoff[first] - payoff[second]
    beaten = np.zeros(len(found.support), dtype=np.bool_)
    np.logical_or.at(beaten, first, (gain < -slack).any(axis=1))
    _only(~beaten, found, chosen, verdict)


def _welfare(
    table: Array, found: Equilibria, weights: Sequence[float] | None
) -> tuple[Array, Array]:
    share = np.ones(table.shape[1]) if weights is None else np.asarray(weights, dtype=np.float64)
    payoff, _ = payoffs_and_regret(table, found)
    return -(payoff @ share)[:, None], _rounding(table) @ np.abs(share)


def _regret(table: Array, found: Equilibria) -> tuple[Array, Array]:
    first, second = _pairs(found)
    mix = found.probability.astype(np.float64)
    starts = choice_offsets(table.shape[2:])
    axes = tuple(range(2, table.ndim))
    spread = table.max(axis=axes) - table.min(axis=axes)
    unit = np.where(spread > 0, spread, np.inf)
    worst = np.zeros((len(found.support), table.shape[1]))
    parts = [mix[:, a:b] for a, b in pairwise(starts)]
    values = action_values(table[found.game], parts)
    for i, value in enumerate(values):
        gaps = value.max(axis=1, keepdims=True) - value
        loss = np.einsum("pk,pk->p", parts[i][first], gaps[second]) / unit[found.game[first], i]
        np.maximum.at(worst[:, i], first, loss)
    return -np.sort(-worst, axis=1), (_rounding(table) / unit).max(axis=1)


def _logit(
    table: Array, found: Equilibria, chosen: Ints, verdict: NDArray[np.uint8], unit: str
) -> None:
    many = np.flatnonzero(found.count > 1)
    branch = branches(table[many], unit=unit)
    limit = np.full((len(chosen), branch.limit.shape[1]), np.nan)
    limit[many] = branch.limit
    chosen[:] = match(limit, found)
    # A limit outside the list lies within a continuum, or the branch was lost.
    verdict[:] = np.where(chosen >= 0, Verdict.CHOSEN, Verdict.NONE)
    lost = (branch.status == Status.NO_CONVERGENCE) | (branch.bifurcations > 0)
    bifurcations = np.zeros(len(chosen), dtype=np.int64)
    bifurcations[many] = branch.bifurcations
    lost |= stopped_early(chosen, bifurcations, found)[many]
    chosen[many[lost]], verdict[many[lost]] = -1, Verdict.UNDECIDED


def _risk_dominance(
    table: Array, found: Equilibria, chosen: Ints, verdict: NDArray[np.uint8]
) -> None:
    left = found.count > 1
    if table.shape[2:] == (2, 2):
        left &= ~_nash_products(table, found, chosen, verdict)
    # Candidates: what tracing can end in.
    hope = (found.index >= 0) & left[found.game]
    number = np.bincount(found.game, weights=hope, minlength=len(chosen)).astype(np.int64)
    rank = np.arange(len(hope)) - found.offsets[found.game]
    alone = hope & (number[found.game] == 1)
    chosen[found.game[alone]] = rank[alone]
    verdict[found.game[alone]] = Verdict.CHOSEN
    first, second = _pairs(found)
    keep = (first < second) & hope[first] & hope[second]
    first, second = first[keep], second[keep]
    if not len(first):
        return
    game, mix = found.game[first], found.probability.astype(np.float64)
    prior = bicentric_prior(table, mix[first], mix[second], game=game)
    winners = []
    for eta in _ETAS:
        end = trace(table, prior, game=game, eta=eta)
        to_first = np.abs(end.limit - mix[first]).max(axis=1) < 1e-4
        to_second = np.abs(end.limit - mix[second]).max(axis=1) < 1e-4
        winner = np.where(to_first, first, np.where(to_second, second, -1))
        # -2: no answer; going straight on at a branch point is none.
        lost = (end.status == Status.NO_CONVERGENCE) | (end.bifurcations > 0)
        winners.append(np.where(lost, -2, winner))
    agreed = (winners[0] == winners[1]) & (winners[0] != -2)
    wins, doubts = np.zeros(len(hope), dtype=np.int64), np.zeros(len(hope), dtype=np.int64)
    np.add.at(wins, winners[0][agreed & (winners[0] >= 0)], 1)
    for side in (first, second):
        np.add.at(doubts, side[~agreed], 1)
    needed = number[found.game] - 1
    best = hope & (needed > 0) & (wins == needed)
    possible = hope & (needed > 0) & (wins + doubts >= needed) & (doubts > 0)
    verdict[found.game[possible]] = Verdict.UNDECIDED
    chosen[found.game[best]] = rank[best]
    verdict[found.game[best]] = Verdict.CHOSEN


def _nash_products(
    table: Array, found: Equilibria, chosen: Ints, verdict: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Decide the 2 x 2 games with two strict equilibria; returns which these are."""
    row = table[:, 0, 0] - table[:, 0, 1]  # gain of the first action, by the other's action
    col = table[:, 1, :, 0] - table[:, 1, :, 1]
    # Products of shares neither overflow nor vanish.
    largest = np.abs(row).max(axis=1), np.abs(col).max(axis=1)
    row, col = (
        x / np.where(top > 0, top, 1.0)[:, None] for x, top in zip((row, col), largest, strict=True)
    )
    decided = np.zeros(len(table), dtype=np.bool_)
    for k, sign in ((0, 1), (1, -1)):
        # The strict equilibria (0, k) and (1, 1 - k); pure ones head the list in this order.
        here = (row[:, k] > 0) & (row[:, 1 - k] < 0) & (sign * col[:, 0] > 0)
        here &= sign * col[:, 1] < 0
        upper = np.abs(row[:, k] * col[:, 0])
        lower = np.abs(row[:, 1 - k] * col[:, 1])
        tie = np.abs(upper - lower) <= 16 * UNIT_ROUNDOFF * np.maximum(upper, lower)
        chosen[here] = np.where(tie, -1, np.where(upper > lower, 0, 1))[here]
        verdict[here] = np.where(tie, Verdict.TIED, Verdict.CHOSEN)[here]
        decided |= here
    return decided
