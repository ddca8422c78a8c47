r"""Propositions about uncertain intentions.

Letters as in :mod:`hedging.families.intentions_uncertainty`; all need :math:`\beta < h < v`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.families import intentions_uncertainty as intentions
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure, same_equilibria, uniform
from hedging.solving import nash

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]
Risks = tuple[Floats, Floats, Floats]


def _drawn(rng: np.random.Generator, draws: int, subject: Any) -> tuple[dict[str, Floats], Bools]:
    """Parameters, most of them in the order that the closed forms need, and where they are."""
    p = uniform(rng, draws, subject)
    limits = {name: (float(q.low), float(q.high)) for name, q in subject.parameters.items()}
    top = np.minimum(1.1 * p["trust_value"], limits["hedge_value"][1])
    low = limits["hedge_value"][0]
    p["hedge_value"] = low + (top - low) * rng.random(draws)
    top = np.minimum(1.1 * p["hedge_value"], limits["balance_value"][1])
    low = limits["balance_value"][0]
    p["balance_value"] = low + (top - low) * rng.random(draws)
    ordered = (p["balance_value"] < p["hedge_value"]) & (p["hedge_value"] < p["trust_value"])
    return p, ordered


def _risks(p: dict[str, Floats]) -> Risks:
    v, x, h, beta = (p[n] for n in ("trust_value", "abuse_loss", "hedge_value", "balance_value"))
    eta = p["hedge_exposure"]
    return (
        (v - h) / ((v - h) + (1 - eta) * x),
        (v - beta) / (v + x),
        (h - beta) / (h + eta * x),
    )


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p, ordered = _drawn(rng, draws, subject)
    pi_1, pi_a, pi_2 = _risks(p)
    belief = p["threat_belief"]
    claim = np.zeros((draws, 3, 2, 2), dtype=bool)
    claim[:, 2, 1, 0] = belief <= np.minimum(pi_1, pi_a)
    claim[:, 1, 1, 0] = (p["gain_hedger"] >= 0) & (pi_1 <= belief) & (belief <= pi_2)
    wrong = (pure(subject(**p).payoffs) != claim).any(axis=(1, 2, 3))
    return int(ordered.sum()), int((ordered & wrong).sum())


def _prove_pure_equilibria(subject: Any) -> bool:
    m = intentions
    u, r, n = (subject.payoffs[who] for who in ("M", "B_revisionist", "B_benign"))
    slopes = (m.v - m.h + (1 - m.eta) * m.x, m.v + m.x, m.h + m.eta * m.x)
    tops = (m.v - m.h, m.v - m.beta, m.h - m.beta)
    gaps = []
    for i, j in np.ndindex(2, 2):
        risk = m.pi * i + (1 - m.pi) * j
        for (new, old), top, slope in zip(((2, 1), (2, 0), (1, 0)), tops, slopes, strict=True):
            gaps.append(advantage(u, (new, i, j), (old, i, j)) - slope * (top / slope - risk))
    for policy, of_r, of_n in ((0, -m.c_R, -m.c_N), (1, m.y_R, m.y_N), (2, m.x_R, m.x_N)):
        for other in (0, 1):
            gaps.append(advantage(r, (policy, 1, other), (policy, 0, other)) - of_r)
            gaps.append(advantage(n, (policy, other, 1), (policy, other, 0)) - of_n)
    return vanish(*gaps)


def _room(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    """Hedging is best at some risk: at the one where bandwagon and balance tie, if at any."""
    p, ordered = _drawn(rng, draws, subject)
    pi_1, pi_a, pi_2 = _risks(p)
    u = subject(**p).payoffs[:, 0]
    # The risk is the belief where the revisionist alone exploits, so u is linear between r = 0
    # and r = belief; extrapolate to any risk.
    safe, risky = u[:, :, 0, 0], u[:, :, 1, 0]
    at = (pi_a / p["threat_belief"])[:, None]
    value = safe + at * (risky - safe)
    hedged = value[:, 1] > np.maximum(value[:, 0], value[:, 2])
    wrong = hedged != ((pi_1 < pi_a) & (pi_a < pi_2))
    return int(ordered.sum()), int((ordered & wrong).sum())


def _candidates(p: dict[str, Floats], risks: Risks) -> tuple[Floats, Bools]:
    """The five cases, typed, shape (N, 5, 7), and which one holds."""
    pi_1, pi_a, pi_2 = risks
    belief, x_r, y_r, c_r = (
        p[n] for n in ("threat_belief", "gain_bandwagoner", "gain_hedger", "loss_balancer")
    )
    room = pi_1 < pi_a
    nought = np.zeros_like(belief)
    one = nought + 1
    rows: list[tuple[Bools, Floats, Floats, Floats, Floats]] = [
        (belief < np.minimum(pi_1, pi_a), nought, nought, one, one),
        (
            room & (y_r < 0) & (belief > pi_1),
            nought,
            x_r / (x_r - y_r),
            -y_r / (x_r - y_r),
            pi_1 / belief,
        ),
        (room & (y_r > 0) & (pi_1 < belief) & (belief < pi_2), nought, one, nought, one),
        (
            room & (y_r > 0) & (belief > pi_2),
            y_r / (y_r + c_r),
            c_r / (y_r + c_r),
            nought,
            pi_2 / belief,
        ),
        (~room & (belief > pi_a), x_r / (x_r + c_r), nought, c_r / (x_r + c_r), pi_a / belief),
    ]
    whole = [
        np.stack([balance, hedge, bandwagon, 1 - exploits, exploits, one, nought], -1)
        for _, balance, hedge, bandwagon, exploits in rows
    ]
    return np.stack(whole, 1), np.stack([row[0] for row in rows], -1)


def _one_equilibrium(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p, ordered = _drawn(rng, draws, subject)
    p = {name: values[ordered] for name, values in p.items()}
    with np.errstate(divide="ignore", invalid="ignore"):
        candidates, accepted = _candidates(p, _risks(p))
    good = same_equilibria(subject(**p), candidates, accepted) & (accepted.sum(axis=1) == 1)
    # The closed form of the family says the same.
    policy, exploits = intentions.equilibrium(**p)
    stated = np.take_along_axis(candidates, accepted.argmax(axis=1)[:, None, None], axis=1)[:, 0]
    good &= np.isclose(policy, stated[:, :3], atol=1e-12).all(axis=1)
    good &= np.isclose(exploits, stated[:, 4], atol=1e-12)
    return len(good), int((~good).sum())


def _pinned_risk(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p, ordered = _drawn(rng, draws, subject)
    p["gain_hedger"] = -np.abs(p["gain_hedger"])
    pi_1, pi_a, _ = _risks(p)
    known = ordered & (pi_1 < pi_a) & (pi_1 < 0.98)
    p = {name: values[known] for name, values in p.items()}
    pi_1 = pi_1[known]
    p["threat_belief"] = np.clip(pi_1 + (0.99 - pi_1) * rng.random(len(pi_1)), 0.01, 0.99)
    found = nash(subject(**p), report=("probability", "count"))
    if not len(pi_1):
        return 0, 0
    choice = found["probability"].values[:, 0]
    risk = p["threat_belief"] * choice[:, 4] + (1 - p["threat_belief"]) * choice[:, 6]
    # Just above pi_1 everything is close to a tie, in any arithmetic.
    wrong = (found["count"].values != 1) | ~np.isclose(risk, pi_1, rtol=0, atol=1e-9)
    return len(pi_1), int(wrong.sum())


def _about(
    name: str,
    statement: str,
    latex: str,
    confirm: Any,
    prove: Any = None,
    proves: str = "",
    case: str = "",
) -> Proposition:
    subject = intentions.MODEL
    return Proposition(
        name, "intentions_uncertainty", statement, latex, confirm, subject, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "pure_equilibria",
        "M bandwagons in a pure equilibrium if and only if the prior is at most both thresholds, "
        "hedges in one if and only if hedging does not deter and the prior is in between, and "
        "balances in none.",
        r"\text{bandwagon} \iff \pi \le \min(\pi_1, \pi_A); \quad"
        r" \text{hedge} \iff y_R \ge 0, \; \pi_1 \le \pi \le \pi_2",
        _pure_equilibria,
        _prove_pure_equilibria,
        "From the payoffs: each gain of M is a positive multiple of pi_1, pi_A or pi_2 less the "
        "risk, and exploiting gains the types of B x_R, y_R, -c_R and x_N, y_N, -c_N; with the "
        "signs that the ranges give these, the benign type restrains and the statement is left.",
    ),
    _about(
        "room",
        "Hedging is best at some risk if and only if the three thresholds are in order.",
        r"\exists r: \text{hedge best at } r \iff \pi_1 < \pi_A < \pi_2",
        _room,
    ),
    _about(
        "one_equilibrium",
        "There is one equilibrium, given by one of five closed forms.",
        r"\Pr(\text{bandwagon}) = \frac{-y_R}{x_R - y_R}, \quad"
        r" \Pr(\text{exploit}) = \pi_1 / \pi \quad (y_R < 0, \; \pi > \pi_1); \; \ldots",
        _one_equilibrium,
    ),
    _about(
        "pinned_risk",
        "Where hedging has room and deters, the risk M faces is the same for every prior above "
        "the first threshold.",
        r"y_R < 0, \; \pi > \pi_1, \; \pi_1 < \pi_A \;\Rightarrow\; r = \pi_1",
        _pinned_risk,
    ),
)
