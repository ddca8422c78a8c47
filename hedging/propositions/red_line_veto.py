r"""Propositions about the red line.

Letters as in :mod:`hedging.families.red_line_veto`: :math:`\kappa = 1 - G/L` and
:math:`p_s = r_s / (D_s - C_s)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families import red_line_veto as red
from hedging.families.red_line_veto import MODEL, equilibria
from hedging.propositions.algebra import vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Floats, pure, same_equilibria, such_that, uniform
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


_P = sympy.symbols("p a b")
"""How often M crosses, A tolerates and B tolerates."""


def _expected(subject: Any) -> tuple[Any, Any, Any]:
    """What crossing gains M and punishing gains A and B, formed from the payoffs."""
    p, a, b = _P
    u, v, w = (subject.payoffs[who] for who in "MAB")
    often_m, often_a, often_b = (1 - p, p), (a, 1 - a), (b, 1 - b)
    pairs = list(np.ndindex(2, 2))
    return (
        sum(often_a[i] * often_b[j] * (u[1, i, j] - u[0, i, j]) for i, j in pairs),
        sum(often_m[c] * often_b[j] * (v[c, 1, j] - v[c, 0, j]) for c, j in pairs),
        sum(often_m[c] * often_a[i] * (w[c, i, 1] - w[c, i, 0]) for c, i in pairs),
    )


def _two_gains(subject: Any) -> tuple[Any, ...]:
    """These gains less their forms in p, a and b."""
    p, a, b = _P
    crosses, guards_a, guards_b = _expected(subject)
    return (
        crosses - (red.G - red.L * (1 - a * b)),
        guards_a - (p * (red.D_a * b - red.C_a) - red.r_a),
        guards_b - (p * (red.D_b * a - red.C_b) - red.r_b),
    )


def _prove_never_certain(subject: Any) -> bool:
    p, a, b = _P
    crosses, guards_a, guards_b = _expected(subject)
    return vanish(
        guards_a.subs(p, 0) + red.r_a,
        guards_b.subs(p, 0) + red.r_b,
        crosses.subs({a: 1, b: 1}) - red.G,
    )


def _prove_deter_less(subject: Any) -> bool:
    p, _, b = _P
    # With A indifferent at p and b, what it would gain at p as the only guardian.
    harm = (red.r_a / p + red.C_a) / b
    alone = p * (harm - red.C_a) - red.r_a
    return vanish(*_two_gains(subject), alone - p * harm * (1 - b))


def _beside(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    def both_mix() -> tuple[dict[str, Floats], Any]:
        p = _deterrable(rng, draws, subject)
        return p, equilibria(**p)["two_guardians"].exists

    p = such_that(both_mix, draws)
    found = nash(subject(**p), report=("probability", "count", "status"))["probability"].values
    wrong = np.zeros(len(p["harm_a"]), dtype=bool)
    slack = 1 - p["crossing_gain"] / p["punishment_loss"]
    for t, order in (("a", [0, 1, 2, 3]), ("b", [2, 3, 0, 1])):
        cross = p[f"readiness_cost_{t}"] / (p[f"harm_{t}"] - p[f"punishment_cost_{t}"])
        guards = np.stack([slack, 1 - slack, 1 + 0 * slack, 0 * slack], axis=1)
        claim = np.concatenate([np.stack([1 - cross, cross], 1), guards[:, order]], axis=1)
        with np.errstate(invalid="ignore"):
            wrong |= ~(np.abs(found - claim[:, None]).max(axis=2) < 1e-6).any(axis=1)
    return len(wrong), int(wrong.sum())


def _prove_beside(subject: Any) -> bool:
    p, a, b = _P
    alone = sympy.Symbol("alone")  # how often M crosses with one guardian
    gaps = list(_two_gains(subject))
    for ready, cost, own, other in ((red.r_b, red.C_b, a, b), (red.r_a, red.C_a, b, a)):
        # The other guardian rides free: it was indifferent at p with one in ``own`` tolerated.
        harm = (ready / p + cost) / own
        rides = alone * (harm * a * b - cost) - ready
        gaps.append(rides + ready * (1 - other * alone / p) + alone * cost * (1 - other))
    return vanish(*gaps)


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


def _prove_equal_guardians(subject: Any) -> bool:
    p, a, b = _P
    root, d, c, r = sympy.symbols("root D C r")
    cross, alone = r / (d * root - c), r / (d - c)
    # Equal guardians who are indifferent tolerate alike, and then M's gain leaves the root.
    difference = (p * (d * b - c) - r) - (p * (d * a - c) - r)
    return vanish(
        *_two_gains(subject),
        difference - p * d * (b - a),
        cross * (d * root - c) - r,
        alone * (d - c) - r,
        1 / alone - 1 / cross - d * (1 - root) / r,
    )


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
        _prove_never_certain,
        "From the payoffs: if M stays for sure, punishing gains a guardian -r_s whatever the other "
        "does, so nobody punishes, and then crossing gains M G > 0.",
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
        _prove_deter_less,
        "From the payoffs: punishing gains A p (D_A b - C_A) - r_A, with b how often B tolerates; "
        "so if A is indifferent beside B, it would gain p D_A (1 - b) > 0 as the only guardian, "
        "and M must cross less often to keep it indifferent then (likewise B).",
    ),
    Proposition(
        "two_guardians_are_not_alone",
        "red_line_veto",
        "Wherever both guardians mix with M there are two more equilibria, one for each guardian, "
        "in which that one alone guards, the other rides free and M crosses as if there were none.",
        r"p, a, b \in (0, 1) \text{ an equilibrium} \implies p_s (\kappa D_t - C_t) < r_t \quad "
        r"(s \ne t)",
        _beside,
        MODEL,
        _prove_beside,
        "From the payoffs: where both are indifferent at p, a, b, punishing gains the second "
        "guardian, beside one who guards alone, -r_t (1 - x p_s/p) - p_s C_t (1 - x), with x the "
        "chance that the second tolerates, below 0 as p_s < p.",
    ),
    Proposition(
        "equal_guardians",
        "red_line_veto",
        "Where two equal guardians mix with M, it crosses with a probability in closed form, more "
        "often than with one of them alone.",
        r"p = \frac{r}{D \sqrt{1 - G/L} - C} > \frac{r}{D - C}",
        _equal_guardians,
        MODEL,
        _prove_equal_guardians,
        "From the payoffs: punishing gains a guardian p (D b - C) - r and crossing gains M "
        "G - L (1 - a b), a and b being how often the guardians tolerate; so a = b is the root of "
        "1 - G/L, p = r/(D root - C), and 1/p_s - 1/p = D (1 - root)/r > 0.",
    ),
)
