r"""Propositions about the red line.

Letters as in :mod:`hedging.families.red_line_veto`: :math:`\kappa = 1 - G/L` and
:math:`p_s = r_s / (D_s - C_s)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families.red_line_veto import MODEL, equilibria
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Floats, pure, same_equilibria, uniform
from hedging.propositions.ties import with_ties
from hedging.solving import nash

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


def _deterrable(rng: np.random.Generator, draws: int, subject: Any) -> dict[str, Floats]:
    """Parameters with a punishment above the gain from crossing, likely to be worth its cost."""
    p = uniform(rng, draws, subject)
    p["crossing_gain"] = 0.05 + (p["punishment_loss"] - 0.05) * rng.random(draws)
    p["crossing_gain"] = np.minimum(p["crossing_gain"], 1.0)
    half = rng.random(draws) < 0.5
    for side in "ab":
        cheap = p[f"punishment_cost_{side}"] * 0.3
        p[f"punishment_cost_{side}"] = np.where(half, cheap, p[f"punishment_cost_{side}"])
        p[f"readiness_cost_{side}"] = np.where(
            half, np.maximum(p[f"readiness_cost_{side}"] * 0.2, 0.001), p[f"readiness_cost_{side}"]
        )
    return p


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = with_ties(rng, draws, subject)
    found = pure(subject(**p).payoffs)
    a, b = (p[f"harm_{t}"] - p[f"punishment_cost_{t}"] - p[f"readiness_cost_{t}"] for t in "ab")
    undeterred = p["crossing_gain"] >= p["punishment_loss"]
    claim = np.zeros((draws, 2, 2, 2), dtype=bool)
    claim[:, 1, 0, 0] = (a <= 0) & (b <= 0)
    claim[:, 1, 1, 0] = undeterred & (a >= 0)
    claim[:, 1, 0, 1] = undeterred & (b >= 0)
    # These ties may be broken by rounding.
    unclear = (np.abs(a) < 1e-12) | (np.abs(b) < 1e-12)
    wrong = (claim != found).any(axis=(1, 2, 3)) & ~unclear
    return int((~unclear).sum()), int(wrong.sum())


def _never_certain(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    found = nash(subject(**p), report=("probability", "count", "status"))
    stays = found["probability"].values[..., 0]
    return draws, int((np.nan_to_num(stays) >= 1).any(axis=1).sum())


def _all_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _deterrable(rng, draws, subject)
    kinds = equilibria(**p)
    exists = np.stack([kind.exists for kind in kinds.values()], axis=1)
    mixed = [
        np.stack([1 - k.cross, k.cross, 1 - k.punish_a, k.punish_a, 1 - k.punish_b, k.punish_b], 1)
        for k in kinds.values()
    ]
    good = same_equilibria(subject(**p), np.stack(mixed, axis=1), exists)
    return draws, int((~good).sum())


def _deter_less(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _deterrable(rng, draws, subject)
    found = nash(subject(**p), report=("probability", "count", "status"))["probability"].values
    with np.errstate(invalid="ignore"):
        inside = (found > 0) & (found < 1)
        both = inside[..., 1] & inside[..., 3] & inside[..., 5]
    alone = [p[f"readiness_cost_{t}"] / (p[f"harm_{t}"] - p[f"punishment_cost_{t}"]) for t in "ab"]
    worst = np.maximum(*alone)[:, None]
    wrong = both & (found[..., 1] <= worst)
    return int(both.any(axis=1).sum()), int(wrong.any(axis=1).sum())


def _equal_guardians(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _deterrable(rng, draws, subject)
    for name in ("harm", "punishment_cost", "readiness_cost"):
        p[f"{name}_b"] = p[f"{name}_a"]
    harm, cost, ready = (p[f"{name}_a"] for name in ("harm", "punishment_cost", "readiness_cost"))
    root = np.sqrt(1 - p["crossing_gain"] / p["punishment_loss"])
    both = root * harm > cost + ready
    with np.errstate(divide="ignore", invalid="ignore"):
        cross = ready / (harm * root - cost)
        alone = ready / (harm - cost)
    found = nash(subject(**p), report=("probability", "count", "status"))["probability"].values
    claim = np.stack([1 - cross, cross, root, 1 - root, root, 1 - root], axis=1)
    with np.errstate(invalid="ignore"):
        listed = (np.abs(found - claim[:, None]).max(axis=2) < 1e-6).any(axis=1)
    return int(both.sum()), int((both & ~(listed & (cross > alone))).sum())


def _prove_equal_guardians() -> bool:
    """The formula solves the quadratic in 1/p."""
    r, c, d, root = sympy.symbols("r c d root", positive=True)
    m = (d * root - c) / r
    return bool(sympy.expand(r**2 * m**2 + 2 * r * c * m + c**2 - root**2 * d**2) == 0)


PROPOSITIONS = (
    Proposition(
        "pure_equilibria",
        "red_line_veto",
        "The pure equilibria are a crossing that nobody punishes, if no guardian would punish a "
        "sure crossing alone, and a crossing that one guardian punishes, if punishment does not "
        "outweigh its gain.",
        r"(\text{cross}, \text{tolerate}, \text{tolerate}) \iff "
        r"D_s \le C_s + r_s\ \forall s; \quad "
        r"(\text{cross}, \text{punish}, \text{tolerate}) \iff G \ge L,\ D_A \ge C_A + r_A",
        _pure_equilibria,
        MODEL,
    ),
    Proposition(
        "never_certain",
        "red_line_veto",
        "In no equilibrium, pure or mixed, does M stay for sure.",
        r"r_s > 0 \implies \Pr(\text{stay}) < 1",
        _never_certain,
        MODEL,
    ),
    Proposition(
        "all_equilibria",
        "red_line_veto",
        "If punishment outweighs the gain from crossing, all equilibria are of four kinds: no "
        "guardian, one guardian, two guardians who mix with M, two guardians overwhelmed by a sure "
        "crossing.",
        r"r_A r_B m^2 + (r_A C_B + r_B C_A) m + C_A C_B = \kappa D_A D_B, \quad p = 1/m",
        _all_equilibria,
        MODEL,
    ),
    Proposition(
        "two_guardians_deter_less",
        "red_line_veto",
        "Where both guardians mix with M, it crosses more often than it would with either guardian "
        "alone.",
        r"p > \max_s \frac{r_s}{D_s - C_s}",
        _deter_less,
        MODEL,
    ),
    Proposition(
        "equal_guardians",
        "red_line_veto",
        "With two equal guardians M crosses with a probability in closed form.",
        r"p = \frac{r}{D \sqrt{1 - G/L} - C} > \frac{r}{D - C}",
        _equal_guardians,
        MODEL,
        _prove_equal_guardians,
    ),
)
