r"""Propositions about mediation and immunity.

Letters as in :mod:`hedging.families.mediation_immunity`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families import mediation_immunity as mediation
from hedging.families.mediation_immunity import MODEL, mix
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Floats, pure, same_equilibria, uniform
from hedging.propositions.ties import with_ties
from hedging.solving import nash

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


def _letters(p: dict[str, Floats]) -> tuple[Floats, ...]:
    """m, k, mu T, what P has from pressing a mediator beyond its channel, and d - c."""
    pressed = (1 - p["immunity"]) * p["concession"] - p["pressure_cost"]
    return (
        p["standing"],
        p["mediation_cost"],
        p["immunity"] * p["pressure_harm"],
        pressed - p["channel_value"],
        p["concession"] - p["pressure_cost"],
    )


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = with_ties(rng, draws, subject)
    m, k, shelter, tempted, gain = _letters(p)
    claim = np.zeros((draws, 2, 2), dtype=bool)
    claim[:, 0, 0] = (m >= k) & (tempted <= 0)
    claim[:, 0, 1] = (shelter >= k) & (tempted >= 0)
    claim[:, 1, 0] = (m <= k) & (gain <= 0)
    claim[:, 1, 1] = (shelter <= k) & (gain >= 0)
    return draws, int((claim != pure(subject(**p).payoffs)).any(axis=(1, 2)).sum())


def _no_pure(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = with_ties(rng, draws, subject)
    m, k, shelter, tempted, gain = _letters(p)
    # One of two cycles: the other would need P to press mediators and spare who abstains.
    claim = (m < k) & (k < shelter) & (gain > 0) & (tempted < 0)
    found = ~pure(subject(**p).payoffs).any(axis=(1, 2))
    return draws, int((claim != found).sum())


def _cycling(rng: np.random.Generator, draws: int, subject: Any) -> dict[str, Floats]:
    """Parameters without a pure equilibrium in most draws."""
    p = uniform(rng, draws, subject)
    shelter = p["immunity"] * p["pressure_harm"]
    p["mediation_cost"] = np.clip(
        p["standing"] + (shelter - p["standing"]) * rng.random(draws), 0.01, 0.5
    )
    p["pressure_cost"] = np.clip(p["concession"] * rng.random(draws), 0.01, 0.6)
    return p


def _mix(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _cycling(rng, draws, subject)
    mediate, pressure = mix(**p)
    mixed = np.isfinite(mediate)
    profile = np.stack([mediate, 1 - mediate, 1 - pressure, pressure], axis=1)
    at = {name: v[mixed] for name, v in p.items()}
    good = same_equilibria(
        subject(**at), profile[mixed][:, None], np.ones((int(mixed.sum()), 1), dtype=bool)
    )
    return int(mixed.sum()), int((~good).sum())


def _rarer(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _cycling(rng, draws, subject)
    more = p | {"immunity": p["immunity"] + (1 - p["immunity"]) * rng.random(draws)}
    mixed = np.isfinite(mix(**p)[0]) & np.isfinite(mix(**more)[0])
    found = []
    for values in (p, more):
        at = {name: v[mixed] for name, v in values.items()}
        answer = nash(subject(**at), report=("probability", "count", "status"))
        found.append(answer["probability"].values[:, 0])
    less_mediation = found[1][:, 0] < found[0][:, 0]
    less_pressure = found[1][:, 3] < found[0][:, 3]
    return int(mixed.sum()), int((~(less_mediation & less_pressure)).sum())


def _prove_rarer(subject: Any) -> bool:
    """Slopes in mu are minus a square times what is positive in the cycle."""
    t = mediation
    u, w = subject.payoffs["M"], subject.payoffs["P"]
    q, x = sympy.symbols("q x")  # P presses, M mediates
    pressure = (t.k - t.m) / (t.mu * t.T - t.m)
    mediate = (t.d - t.c) / (t.beta + t.mu * t.d)
    mediates = (1 - q) * advantage(u, (0, 0), (1, 0)) + q * advantage(u, (0, 1), (1, 1))
    presses = x * advantage(w, (0, 1), (0, 0)) + (1 - x) * advantage(w, (1, 1), (1, 0))
    return vanish(
        mediates - (t.mu * t.T - t.m) * (q - pressure),
        presses - (t.beta + t.mu * t.d) * (mediate - x),
        sympy.diff(pressure, t.mu) + (t.k - t.m) * t.T / (t.mu * t.T - t.m) ** 2,
        sympy.diff(mediate, t.mu) + (t.d - t.c) * t.d / (t.beta + t.mu * t.d) ** 2,
    )


PROPOSITIONS = (
    Proposition(
        "pure_equilibria",
        "mediation_immunity",
        "Each of the four profiles is an equilibrium under two inequalities.",
        r"(\text{mediate}, \text{refrain}) \iff m \ge k,\ \mu \ge 1 - (\beta + c)/d; \quad "
        r"(\text{mediate}, \text{pressure}) \iff \mu T \ge k,\ \beta \le (1-\mu) d - c; \quad "
        r"(\text{abstain}, \text{pressure}) \iff \mu T \le k,\ d \ge c; \quad "
        r"(\text{abstain}, \text{refrain}) \iff m \le k,\ d \le c",
        _pure_equilibria,
        MODEL,
    ),
    Proposition(
        "no_pure_equilibrium",
        "mediation_immunity",
        "There is no pure equilibrium if and only if mediating pays under pressure but not in "
        "peace, and pressing pays against those who abstain but not against a mediator.",
        r"m < k < \mu T,\ d > c,\ \beta > (1 - \mu) d - c",
        _no_pure,
        MODEL,
    ),
    Proposition(
        "mixed_equilibrium",
        "mediation_immunity",
        "Where there is no pure equilibrium, the only one is mixed, in closed form.",
        r"\Pr(\text{pressure}) = \frac{k - m}{\mu T - m}, \quad "
        r"\Pr(\text{mediate}) = \frac{d - c}{\beta + \mu d}",
        _mix,
        MODEL,
    ),
    Proposition(
        "immunity_makes_both_rarer",
        "mediation_immunity",
        "Where there is no pure equilibrium, more immunity makes pressure rarer and mediation "
        "rarer in the mixed one.",
        r"\frac{d \Pr(\text{pressure})}{d\mu} < 0, \quad \frac{d \Pr(\text{mediate})}{d\mu} < 0",
        _rarer,
        MODEL,
        _prove_rarer,
        "From the payoffs: both probabilities are the only roots of the other player's gain, and "
        "their derivatives by mu are -(k-m) T and -(d-c) d over squares.",
    ),
)
