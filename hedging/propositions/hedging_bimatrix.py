r"""Propositions about the hedging bimatrix: triadic hedging with B accommodating throughout.

With :math:`base_r`, :math:`loss_r` and the gains :math:`P_r` of
:mod:`hedging.families.hedging_bimatrix` the complete set of equilibria is in closed form.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import sympy

from hedging.families import hedging_bimatrix as bimatrix
from hedging.families import triadic_hedging as triad
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import (
    Bools,
    Floats,
    is_equilibrium,
    pure,
    same_equilibria,
    signs_as,
    uniform,
)
from hedging.solving import nash

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


def _rows(p: dict[str, Floats]) -> tuple[Floats, Floats, Floats]:
    """base, loss and P, one column per row of M; shape (N, 3)."""
    s = (1 - p["immunity"]) * (1 - p["mediation"]) * (1 - p["offset"])
    r, c = p["rivalry"], p["pressure_cost_a"]
    kept = p["retention"] * (p["value_a"] + p["value_b"]) - p["hedging_cost"]
    base = [p["value_a"] - p["autonomy_cost"], kept, p["value_b"] - p["autonomy_cost"]]
    loss = [p["captive_loss_a"], s * r * p["coercion_a"], r * p["coercion_a"]]
    gain = [
        p["capture_share_a"] * p["captive_loss_a"] - c,
        s * r * p["concession_a"] - c - r * p["drift_loss_a"],
        r * p["spoiling_a"] - c,
    ]
    return np.stack(base, -1), np.stack(loss, -1), np.stack(gain, -1)


def _complete_set(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    base, loss, gain = _rows(p)
    found: list[Floats] = []
    accepted: list[Bools] = []
    for r in range(3):
        for i in (0, 1):
            payoff = base - i * loss
            found.append(np.broadcast_to(np.r_[np.eye(3)[r], np.eye(2)[i]], (draws, 5)))
            accepted.append((payoff[:, r] >= payoff.max(axis=1)) & signs_as(gain[:, r], i))
    for r, t in combinations(range(3), 2):
        with np.errstate(divide="ignore", invalid="ignore"):
            q = (base[:, r] - base[:, t]) / (loss[:, r] - loss[:, t])
            share = -gain[:, t] / (gain[:, r] - gain[:, t])
        payoff = base - q[:, None] * loss
        m = share[:, None] * np.eye(3)[r] + (1 - share)[:, None] * np.eye(3)[t]
        found.append(np.concatenate([m, np.stack([1 - q, q], -1)], -1))
        inner = (q > 0) & (q < 1) & (gain[:, r] * gain[:, t] < 0)
        accepted.append(inner & (payoff[:, 3 - r - t] <= payoff[:, r]))
    same = same_equilibria(subject(**p), np.stack(found, 1), np.stack(accepted, 1))
    return draws, int((~same).sum())


def _one_or_three(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    count = nash(subject(**uniform(rng, draws, subject)), report="count")["count"].values
    return draws, int((~np.isin(count, (1, 3))).sum())


def _critical_immunity(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    r = p["rivalry"]
    s = (1 - p["immunity"]) * (1 - p["mediation"]) * (1 - p["offset"])
    star = 1 - (p["pressure_cost_a"] + r * p["drift_loss_a"]) / (r * p["concession_a"])
    base, _, _ = _rows(p)
    claim = (base[:, 1] >= base.max(axis=1)) & (1 - s >= star)
    return draws, int((pure(subject(**p).payoffs)[:, 1, 0] != claim).sum())


def _prove_critical_immunity(subject: Any) -> bool:
    t, u, w = triad, subject.payoffs["M"], subject.payoffs["A"]
    star = 1 - (t.c_a + t.R * t.tau_a) / (t.R * t.d_a)
    return vanish(
        advantage(w, (1, 1), (1, 0)) - t.R * t.d_a * (star - 1 + t.exposure),
        advantage(u, (1, 0), (0, 0)) - (t.y - t.x),
        advantage(u, (1, 0), (2, 0)) - (t.y - t.w),
    )


def _deterred_defection(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    # The mix needs M drawn to B, so B's patronage is worth more than M keeps.
    p = uniform(rng, draws, subject, mediation=0.0, offset=0.0)
    p["value_b"] = 0.6 + 0.4 * p["value_b"]
    r, c = p["rivalry"], p["pressure_cost_a"]
    kept = p["retention"] * (p["value_a"] + p["value_b"]) - p["hedging_cost"]
    mu, z = p["immunity"], p["spoiling_a"]
    d = (1 - mu) * p["concession_a"]
    with np.errstate(divide="ignore", invalid="ignore"):
        q = (p["value_b"] - p["autonomy_cost"] - kept) / (mu * r * p["coercion_a"])
        hedge = (r * z - c) / (r * (z - d + p["drift_loss_a"]))
    inner = (q > 0) & (q < 1) & (hedge > 0) & (hedge < 1)
    q, hedge = np.where(inner, q, 0), np.where(inner, hedge, 0)
    base, loss, _ = _rows(p)
    payoff = base - q[:, None] * loss
    mixes = [np.stack([0 * hedge, hedge, 1 - hedge], -1), np.stack([1 - q, q], -1)]
    claim = payoff[:, 0] <= payoff[:, 1]
    wrong = inner & (is_equilibrium(subject(**p).payoffs, mixes) != claim)
    return int(inner.sum()), int(wrong.sum())


def _prove_deterred_defection(subject: Any) -> bool:
    u_m, u_a = subject.payoffs["M"], subject.payoffs["A"]
    s, r, c = triad.exposure, triad.R, triad.c_a
    press, hedge = sympy.symbols("press hedge")
    q = (triad.w - triad.y) / ((1 - s) * r * triad.k_a)
    leaves = (1 - press) * advantage(u_m, (2, 0), (1, 0)) + press * advantage(u_m, (2, 1), (1, 1))
    bottom = r * (triad.z_a - s * triad.d_a + triad.tau_a)
    presses = hedge * advantage(u_a, (1, 1), (1, 0)) + (1 - hedge) * advantage(u_a, (2, 1), (2, 0))
    return vanish(
        leaves - (1 - s) * r * triad.k_a * (q - press),
        presses - bottom * ((r * triad.z_a - c) / bottom - hedge),
    )


def _reduction(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    whole: dict[str, Any] = {**uniform(rng, draws, triad.MODEL)}
    slices = triad.MODEL(**whole).payoffs[:, :2, :, :, 0]
    part = subject(**{name: whole[name] for name in subject.parameters}).payoffs
    return draws, int((np.abs(part - slices).max(axis=(1, 2, 3)) > 1e-12).sum())


def _prove_reduction(subject: Any) -> bool:
    ours, full = subject.payoffs, triad.MODEL.payoffs
    return vanish(
        *(
            ours[player][r, i] - full[player][r, i, 0]
            for player in ("M", "A")
            for r in range(3)
            for i in (0, 1)
        )
    )


def _about(
    name: str,
    statement: str,
    latex: str,
    confirm: Any,
    prove: Any = None,
    proves: str = "",
    case: str = "",
) -> Proposition:
    return Proposition(
        name, "hedging_bimatrix", statement, latex, confirm, bimatrix.MODEL, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "complete_set",
        "Six pure profiles and three mixes of two rows, each under its own inequalities, are all "
        "the equilibria.",
        r"\Pr(\text{pressure}) = \frac{base_r - base_s}{loss_r - loss_s}, \quad"
        r" \Pr(r) = \frac{-P_s}{P_r - P_s} \quad (P_r P_s < 0)",
        _complete_set,
    ),
    _about(
        "one_or_three",
        "There are one or three equilibria, ties apart.",
        r"\#NE \in \{1, 3\}",
        _one_or_three,
    ),
    _about(
        "critical_immunity",
        "Selective accommodation pays A against a hedger if and only if M's immunity, or its own "
        "fear of drift, is large enough.",
        r"\mu \ge \mu^* = 1 - \frac{c_a + R \tau_a}{R d_a}, \quad y \ge \max(x, w)",
        _critical_immunity,
        _prove_critical_immunity,
        "From the payoffs: pressing a hedger gains A R d_a (mu* - mu), and hedging gains M y - x "
        "and y - w over the two camps while A accommodates.",
    ),
    _about(
        "deterred_defection",
        "Drawn to B but afraid of A, M leans to B as often as keeps A indifferent, and A presses "
        "as often as keeps M indifferent.",
        r"q = \frac{w - y}{\mu R k_a}, \quad"
        r" \Pr(\text{hedge}) = \frac{R z_a - c_a}{R [z_a - (1-\mu) d_a + \tau_a]}",
        _deterred_defection,
        _prove_deterred_defection,
        "From the payoffs: what B's camp gains M over hedging is linear in how often A presses, "
        "and what pressing gains A is linear in how often M hedges; the formulas are their roots.",
    ),
    _about(
        "reduction",
        "It is triadic hedging with B accommodating.",
        r"u_i^{bimatrix}(r, i) = u_i^{triad}(r, i, 0)",
        _reduction,
        _prove_reduction,
        "The twelve payoffs are those of triadic hedging with B accommodating, entry by entry.",
    ),
)
