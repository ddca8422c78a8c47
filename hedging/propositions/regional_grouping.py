r"""Propositions about regional groupings, at the default size and at four others.

Letters as in :mod:`hedging.families.regional_grouping`: n states, of whom k must contribute,
benefit b, cost c.
"""

from __future__ import annotations

from functools import partial
from math import comb
from typing import Any

import numpy as np

from hedging.families import regional_grouping as region
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Floats, is_equilibrium, pure, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


def _pure_equilibria(
    rng: np.random.Generator, draws: int, subject: Any, *, players: int, threshold: int
) -> Counts:
    p = uniform(rng, draws, subject)
    b, c = p["benefit"], p["cost"]
    claim = np.zeros((draws, *(2,) * players), dtype=bool)
    for profile in np.ndindex(*(2,) * players):
        at = (slice(None), *profile)
        contributors = players - sum(profile)
        if contributors == threshold:
            claim[at] = b >= c
        elif contributors == 0:
            claim[at] = (threshold >= 2) | (b <= c)
    wrong = (pure(subject(**p).payoffs) != claim).reshape(draws, -1).any(axis=1)
    return draws, int(wrong.sum())


def _gain(payoffs: Floats, q: Floats) -> Floats:
    """What M gains by contributing if each of the others does with probability q, (N,) each."""
    value = payoffs[:, 0, 0] - payoffs[:, 0, 1]
    while value.ndim > 1:
        weight = q.reshape(-1, *(1,) * (value.ndim - 2))
        value = weight * value[:, 0] + (1 - weight) * value[:, 1]
    return np.asarray(value)


def _ratios(rng: np.random.Generator, draws: int, subject: Any, top: float) -> dict[str, Floats]:
    """Parameters with c/b spread over (0, 1.25 peak), so that both cases are met."""
    p = uniform(rng, draws, subject)
    low, high = (float(getattr(subject.parameters["cost"], end)) for end in ("low", "high"))
    cost = p["benefit"] * top * 1.25 * (1 - rng.random(draws))
    return p | {"cost": np.clip(cost, low + 1e-6, high)}


def _symmetric_mixtures(
    rng: np.random.Generator, draws: int, subject: Any, *, players: int, threshold: int
) -> Counts:
    n, k = players, threshold
    middle = (k - 1) / (n - 1)
    # The peak, typed: the chance that k - 1 of n - 1 contribute if each does so at this rate.
    top = comb(n - 1, k - 1) * middle ** (k - 1) * (1 - middle) ** (n - k)
    p = _ratios(rng, draws, subject, top)
    exists = p["cost"] / p["benefit"] < top
    payoffs = subject(**p).payoffs
    roots = region.symmetric_mixtures(n, k, **p)
    wrong = np.zeros(draws, dtype=bool)
    for side, monotone in ((0, k == 1), (1, k == n)):
        q = roots[:, side]
        if monotone:
            wrong |= np.isfinite(q)
            continue
        wrong |= np.isfinite(q) != exists
        at = np.nan_to_num(q)
        mix = np.stack([at, 1 - at], -1)
        wrong |= exists & ~is_equilibrium(payoffs, [mix] * n)
        wrong |= exists & ((at < middle) != (side == 0))
    # The gain from contributing is positive at the peak exactly where roots are claimed.
    wrong |= (_gain(payoffs, np.full(draws, middle)) > 0) != exists
    return draws, int(wrong.sum())


def _no_third_root(
    rng: np.random.Generator, draws: int, subject: Any, *, players: int, threshold: int
) -> Counts:
    """Between and beyond the roots the gain keeps its sign, wherever one looks."""
    n, k = players, threshold
    p = _ratios(rng, draws, subject, float(region.peak(n, k)))
    payoffs = subject(**p).payoffs
    low, high = region.symmetric_mixtures(n, k, **p).T
    low = np.where(np.isnan(low), 0.0 if k == 1 else 2.0, low)
    high = np.where(np.isnan(high), 1.0 if k == n else -1.0, high)
    wrong = np.zeros(draws, dtype=bool)
    for _ in range(8):
        q = rng.random(draws)
        clear = (np.abs(q - low) > 1e-6) & (np.abs(q - high) > 1e-6)
        pays = (low < q) & (q < high) & (p["cost"] < p["benefit"])
        wrong |= clear & ((_gain(payoffs, q) > 0) != pays)
    return draws, int(wrong.sum())


def _about_size(players: int, threshold: int) -> tuple[Proposition, ...]:
    size = {"players": players, "threshold": threshold}
    subject = region.grouping(**size)
    tail = "" if subject is region.MODEL else f"_{players}_{threshold}"
    where = f"With {players} states of whom {threshold} must contribute,"

    def about(name: str, statement: str, latex: str, confirm: Any) -> Proposition:
        return Proposition(
            name + tail,
            "regional_grouping",
            f"{where} {statement}",
            latex,
            partial(confirm, **size),
            subject,
        )

    return (
        about(
            "pure_equilibria",
            "either nobody contributes or exactly as many as are needed.",
            r"0 \text{ contributors} \iff k \ge 2 \text{ or } b \le c; \quad"
            r" k \text{ contributors} \iff b \ge c",
            _pure_equilibria,
        ),
        about(
            "symmetric_mixtures",
            "all mix alike where the chance of being pivotal is cost over benefit, which has a "
            "root on each open side of the peak exactly while cost over benefit is below it.",
            r"\binom{n-1}{k-1} q^{k-1} (1-q)^{n-k} = c/b",
            _symmetric_mixtures,
        ),
        about(
            "no_third_root",
            "contributing pays between the two roots and nowhere else.",
            r"u(\text{contribute}) > u(\text{abstain}) \iff q_1 < q < q_2",
            _no_third_root,
        ),
    )


PROPOSITIONS = tuple(
    proposition
    for players, threshold in ((5, 3), (4, 2), (3, 1), (3, 3), (4, 3))
    for proposition in _about_size(players, threshold)
)
