r"""Propositions about common agency.

Letters as in :mod:`hedging.families.common_agency`.  Values of coalitions are written out from the
parameters here; transfers and deviations are worked out from what the subject says that actions
are worth.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hedging.families.common_agency import AGENCY, MODEL
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]
_NEAR = 1e-9
_MENUS = 12


class _Values(NamedTuple):
    """Joint surplus (N, 3), its maximum W and those of M with A, with B and alone."""

    joint: Floats
    whole: Floats
    with_a: Floats
    with_b: Floats
    alone: Floats


def _values(p: dict[str, Floats]) -> _Values:
    m_a, m_h, m_b = (p[f"worth_{name}"] for name in ("align_a", "hedge", "align_b"))
    g_a, g_b = p["alignment_value_a"], p["alignment_value_b"]
    b_a, b_b = p["usefulness_a"], p["usefulness_b"]
    l_a, l_b = p["exclusion_loss_a"], p["exclusion_loss_b"]
    joint = np.stack([m_a + g_a - l_b, m_h + b_a + b_b, m_b + g_b - l_a], axis=1)
    return _Values(
        joint,
        joint.max(axis=1),
        np.max([m_a + g_a, m_h + b_a, m_b - l_a], axis=0),
        np.max([m_a - l_b, m_h + b_b, m_b + g_b], axis=0),
        np.max([m_a, m_h, m_b], axis=0),
    )


def _stable(
    rng: np.random.Generator,
    worths: tuple[Floats, Floats, Floats],
    keeps: tuple[Floats, Floats],
    v: _Values,
) -> tuple[Bools, Floats]:
    """Whether truthful menus that keep so much are an equilibrium at the joint optimum.

    Returns that, and M's payoff.
    """
    own, *power = worths
    offers = [np.maximum(w - k[:, None], 0) for w, k in zip(power, keeps, strict=True)]
    games = np.arange(len(own))
    star = v.joint.argmax(axis=1)
    total = own + offers[0] + offers[1]
    rent = total.max(axis=1)
    good = np.abs(total[games, star] - rent) < _NEAR
    for s in (0, 1):
        kept = power[s][games, star] - offers[s][games, star]
        good &= np.abs(kept - keeps[s]) < _NEAR
        # Whatever s offers, M can take the rest without it.
        base = own + offers[1 - s]
        good &= (power[s] + base).max(axis=1) - base.max(axis=1) <= keeps[s] + _NEAR
        # And some menus at random, M taking what is best for it.
        menus = rng.uniform(0, 1, (len(own), _MENUS, 3)) * rng.integers(0, 2, (_MENUS, 3))
        taken = (base[:, None] + menus).argmax(axis=2)
        left = power[s][:, None] - menus
        left = np.take_along_axis(left, taken[:, :, None], axis=2)[:, :, 0]
        good &= (left <= keeps[s][:, None] + _NEAR).all(axis=1)
    return good, rent


def _truthful(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    v = _values(p)
    settled = v.with_a + v.with_b - v.whole >= v.alone
    keeps = v.whole - v.with_b, v.whole - v.with_a
    good, rent = _stable(rng, subject.worths(**p), keeps, v)
    good &= np.abs(rent - (v.with_a + v.with_b - v.whole)) < _NEAR
    return int(settled.sum()), int((settled & ~good).sum())


def _open_division(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    v = _values(p)
    unsettled = v.with_a + v.with_b - v.whole < v.alone
    most_a, most_b, pie = v.whole - v.with_b, v.whole - v.with_a, v.whole - v.alone
    low = pie - most_b
    kept = low + (most_a - low) * rng.random(draws)
    good, rent = _stable(rng, subject.worths(**p), (kept, pie - kept), v)
    good &= np.abs(rent - v.alone) < _NEAR
    return int(unsettled.sum()), int((unsettled & ~good).sum())


def _solution(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    """What the model returns, and the menus that go with it."""
    p = uniform(rng, draws, subject)
    v = _values(p)
    found = subject(**p)
    hedges = v.joint[:, 1] >= v.joint[:, [0, 2]].max(axis=1)
    wrong = (found.action == "hedge") != hedges
    wrong |= np.abs(found.rent - np.maximum(v.alone, v.with_a + v.with_b - v.whole)) > _NEAR
    own = subject.worths(**p)[0]
    t_a, t_b = subject.menus(rng.random(draws), **p)
    offered = own + t_a + t_b
    best = np.array(["align_a", "hedge", "align_b"])[(offered + _NEAR * v.joint).argmax(axis=1)]
    wrong |= best != found.action
    wrong |= np.abs(offered.max(axis=1) - found.rent) > _NEAR
    return draws, int(wrong.sum())


def _asks(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    v = _values(p)
    step, levels = p["ask_step"], subject.shape[0]
    payoffs, games = subject(**p).payoffs, np.arange(draws)
    exercised = v.with_a + v.with_b - v.whole >= v.alone
    places = []
    for keep in (v.whole - v.with_b, v.whole - v.with_a):
        place = np.floor(keep / step)
        exercised &= (place >= 0) & (place < levels)
        places.append(np.clip(place, 0, levels - 1).astype(int))
    i, j = places
    gain_a = payoffs[games, 0, :, j].max(axis=1) - payoffs[games, 0, i, j]
    gain_b = payoffs[games, 1, i, :].max(axis=1) - payoffs[games, 1, i, j]
    wrong = np.maximum(gain_a, gain_b) > step
    return int(exercised.sum()), int((exercised & wrong).sum())


def _asks_are_menus(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    """Pure equilibria of the asks, from menus and M's choice among them worked out one by one."""
    p = uniform(rng, draws, subject)
    own, of_a, of_b = AGENCY.worths(**{name: p[name] for name in AGENCY.parameters})
    asks = np.arange(subject.shape[0]) * p["ask_step"][:, None]
    offers = [np.maximum(w[:, None] - asks[:, :, None], 0) for w in (of_a, of_b)]
    total = own[:, None, None] + offers[0][:, :, None] + offers[1][:, None]
    # At ties hedging, then A.
    order = [1, 0, 2]
    taken = np.array(order)[total[..., order].argmax(axis=3)]
    kept = [(w[:, None] - offer) for w, offer in zip((of_a, of_b), offers, strict=True)]
    games, i, j = np.ogrid[:draws, : subject.shape[0], : subject.shape[1]]
    claim = np.stack([kept[0][games, i, taken], kept[1][games, j, taken]], axis=1)
    # Rounding tells apart what ties here, so what counts is who could gain more than it.
    found = [_gains(payoffs) for payoffs in (claim, subject(**p).payoffs)]
    return draws, int((np.abs(found[0] - found[1]) > _NEAR).any(axis=(1, 2, 3)).sum())


def _gains(payoffs: Floats) -> Floats:
    """What each power could gain at each pair of asks, shape (N, 2, levels, levels)."""
    best = [payoffs[:, s].max(axis=1 + s, keepdims=True) - payoffs[:, s] for s in (0, 1)]
    return np.stack(best, axis=1)


PROPOSITIONS = (
    Proposition(
        "truthful_equilibrium",
        "common_agency",
        "If M's rent is at least what it has alone, the truthful menus that keep what each power "
        "adds are an equilibrium, M takes the action of largest joint surplus and is paid its "
        "rent.",
        r"W_a + W_b - W \ge W_0 \implies n_a = W - W_b,\ n_b = W - W_a,\ "
        r"u_M = W_a + W_b - W",
        _truthful,
        AGENCY,
    ),
    Proposition(
        "open_division",
        "common_agency",
        "Otherwise M gets what it has alone, and every division of the rest that gives neither "
        "power more than it adds is an equilibrium.",
        r"W_a + W_b - W < W_0 \implies u_M = W_0,\ n_a + n_b = W - W_0,\ "
        r"n_a \le W - W_b,\ n_b \le W - W_a",
        _open_division,
        AGENCY,
    ),
    Proposition(
        "hedging_is_implemented",
        "common_agency",
        "M hedges if and only if hedging has at least the joint surplus of either alignment, and "
        "has the larger of its rent and what it has alone.",
        r"m_h + b_a + b_b \ge \max(m_a + g_a - l_b,\ m_b + g_b - l_a)",
        _solution,
        AGENCY,
    ),
    Proposition(
        "asks_below",
        "common_agency",
        "In the game of asks, if M has its rent, neither power gains more than one step by leaving "
        "the asks next below what each adds.",
        r"(\Delta \lfloor n_a / \Delta \rfloor,\ \Delta \lfloor n_b / \Delta \rfloor) "
        r"\text{ has regret at most } \Delta",
        _asks,
        MODEL,
    ),
    Proposition(
        "asks_are_menus",
        "common_agency",
        "In the game of asks each power could gain at every pair of asks what it could gain by "
        "another menu of the same kind, M taking what is best for it.",
        r"u_s = \min(V_s(a^*), \text{ask}_s), \quad a^* = \arg\max_a (m + t_a + t_b)(a)",
        _asks_are_menus,
        MODEL,
    ),
)
