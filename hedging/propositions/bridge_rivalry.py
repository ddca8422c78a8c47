r"""Propositions about the rivalry of two bridges.

Letters as in :mod:`hedging.families.bridge_rivalry`; :math:`t = f + k - \gamma` is the least hub
income that makes it worth joining the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families import bridge_rivalry as bridge
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import (
    Floats,
    is_equilibrium,
    pure,
    same_equilibria,
    such_that,
    uniform,
)

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


def _incomes(p: dict[str, Floats]) -> tuple[Floats, Floats, Floats, Floats]:
    """Hub incomes of M and R in coexistence, the least that pays, the gain of a lone hub."""
    hub, cost = p["hub_value"], p["investment_cost"]
    least = p["spillover"] + cost - p["complementarity"]
    return p["hub_share"] * hub, (1 - p["hub_share"]) * hub, least, hub - cost


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    m, r, least, alone = _incomes(p)
    claim = np.empty((draws, 2, 2), dtype=bool)
    claim[:, 0, 0] = (m >= least) & (r >= least)
    claim[:, 0, 1] = (alone >= 0) & (r <= least)
    claim[:, 1, 0] = (alone >= 0) & (m <= least)
    claim[:, 1, 1] = alone <= 0
    return draws, int((pure(subject(**p).payoffs) != claim).any(axis=(1, 2)).sum())


def _prove_pure_equilibria(subject: Any) -> bool:
    u, w = subject.payoffs["M"], subject.payoffs["R"]
    return vanish(
        advantage(u, (0, 0), (1, 0)) - (bridge.s * bridge.V - bridge.least),
        advantage(w, (0, 0), (0, 1)) - ((1 - bridge.s) * bridge.V - bridge.least),
        advantage(u, (0, 1), (1, 1)) - (bridge.V - bridge.k),
        advantage(w, (1, 0), (1, 1)) - (bridge.V - bridge.k),
    )


def _coexistence_band(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    least = (p["spillover"] + p["investment_cost"] - p["complementarity"]) / p["hub_value"]
    share = p["hub_share"]
    claim = (least <= share) & (share <= 1 - least)
    return draws, int((pure(subject(**p).payoffs)[:, 0, 0] != claim).sum())


def _sole_hub(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    m, r, least, alone = _incomes(p)
    one = (alone > 0) & ((m > least) != (r > least))
    claim = np.zeros((draws, 2, 2), dtype=bool)
    claim[:, 0, 1], claim[:, 1, 0] = m > r, m < r
    wrong = (pure(subject(**p).payoffs) != claim).any(axis=(1, 2))
    return int(one.sum()), int((one & wrong).sum())


def _all_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    m, r, least, alone = _incomes(p)
    with np.errstate(divide="ignore", invalid="ignore"):
        # V = m + r makes these (V - k)/(f + sV - gamma) and (V - k)/(f + (1 - s)V - gamma).
        mix_m, mix_r = alone / (alone + least - r), alone / (alone + least - m)
    mixed = ((alone > 0) & (m < least) & (r < least)) | ((alone < 0) & (m > least) & (r > least))
    mix_m, mix_r = np.where(mixed, mix_m, 0), np.where(mixed, mix_r, 0)
    candidates = np.empty((draws, 5, 4))
    candidates[:, :4] = [[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]]
    candidates[:, 4] = np.stack([mix_m, 1 - mix_m, mix_r, 1 - mix_r], -1)
    accepted = np.stack(
        [
            (m > least) & (r > least),
            (alone > 0) & (r < least),
            (alone > 0) & (m < least),
            alone < 0,
            mixed,
        ],
        -1,
    )
    return draws, int((~same_equilibria(subject(**p), candidates, accepted)).sum())


def _two_pure(rng: np.random.Generator, draws: int, subject: Any) -> dict[str, Floats]:
    """Parameters of chicken and of the stag hunt, in which there is a mix."""

    def batch() -> tuple[dict[str, Floats], Any]:
        p = uniform(rng, draws, subject)
        m, r, least, alone = _incomes(p)
        return p, (alone * (m - least) < 0) & (alone * (r - least) < 0)

    return such_that(batch, draws)


def _hub_mix(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    m, r, least, alone = _incomes(p)
    two = ((alone > 0) & (m < least) & (r < least)) | ((alone < 0) & (m > least) & (r > least))
    unnamed = two != np.isfinite(bridge.hub_mix(**p)).all(axis=0)
    p = _two_pure(rng, draws, subject)
    mixes = [np.stack([q, 1 - q], -1) for q in bridge.hub_mix(**p)]
    holds = is_equilibrium(subject(**p).payoffs, mixes)
    return len(holds), int(unnamed.sum() + (~holds).sum())


def _prove_hub_mix(subject: Any) -> bool:
    u, w = subject.payoffs["M"], subject.payoffs["R"]
    q = sympy.Symbol("q")
    lone = bridge.V - bridge.k
    bottom_m = bridge.f + bridge.s * bridge.V - bridge.gamma
    bottom_r = bridge.f + (1 - bridge.s) * bridge.V - bridge.gamma
    of_m = q * advantage(u, (0, 0), (1, 0)) + (1 - q) * advantage(u, (0, 1), (1, 1))
    of_r = q * advantage(w, (0, 0), (0, 1)) + (1 - q) * advantage(w, (1, 0), (1, 1))
    return vanish(
        of_m - bottom_r * (lone / bottom_r - q),
        of_r - bottom_m * (lone / bottom_m - q),
    )


def _larger_hub(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _two_pure(rng, draws, subject)
    payoffs = subject(**p).payoffs
    # Who is indifferent tells the other's mix: Pr = lone / (lone - what joining gains).
    gain_m, gain_r = (
        payoffs[:, 0, 0, 0] - payoffs[:, 0, 1, 0],
        payoffs[:, 1, 0, 0] - payoffs[:, 1, 0, 1],
    )
    lone = payoffs[:, 0, 0, 1] - payoffs[:, 0, 1, 1]
    two = (lone * gain_m < 0) & (lone * gain_r < 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        q_r, q_m = lone / (lone - gain_m), lone / (lone - gain_r)
    larger = np.where(p["hub_share"] > 0.5, q_m, q_r)
    smaller = np.where(p["hub_share"] > 0.5, q_r, q_m)
    chicken = p["hub_value"] > p["investment_cost"]
    wrong = np.where(chicken, larger > smaller, larger < smaller)
    return int(two.sum()), int((two & wrong).sum())


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
        name, "bridge_rivalry", statement, latex, confirm, bridge.MODEL, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "pure_equilibria",
        "Both invest if and only if each one's share of the hub covers the least income; one does "
        "if a lone hub pays and the other's share falls short; nobody if no lone hub pays.",
        r"(\text{invest}, \text{invest}) \iff sV, (1-s)V \ge t; \quad"
        r" (\text{invest}, \text{defer}) \iff V \ge k, (1-s)V \le t; \quad"
        r" (\text{defer}, \text{defer}) \iff V \le k",
        _pure_equilibria,
        _prove_pure_equilibria,
        "From the payoffs: investing gains M s V - t beside the other and V - k alone, and R "
        "(1-s) V - t and V - k; the signs of these four are the statement.",
    ),
    _about(
        "coexistence_band",
        "Two bridges coexist exactly for shares in a band around one half.",
        r"(\text{invest}, \text{invest}) \iff t/V \le s \le 1 - t/V",
        _coexistence_band,
    ),
    _about(
        "sole_hub",
        "Where a lone hub pays and exactly one share falls short, the other state is the hub.",
        r"V > k, \; (1-s)V < t < sV \;\Rightarrow\; (\text{invest}, \text{defer}) \text{ alone}",
        _sole_hub,
    ),
    _about(
        "all_equilibria",
        "Besides the pure equilibria there is a mixed one exactly where there are two of them: "
        "in chicken and in the stag hunt.",
        r"(V-k)(sV-t) < 0 \text{ and } (V-k)((1-s)V-t) < 0 \iff 3 \text{ equilibria, else } 1",
        _all_equilibria,
    ),
    _about(
        "hub_mix",
        "The mixed equilibrium in closed form.",
        r"\Pr(\text{M invests}) = \frac{V-k}{f+sV-\gamma}, \quad"
        r" \Pr(\text{R invests}) = \frac{V-k}{f+(1-s)V-\gamma}",
        _hub_mix,
        _prove_hub_mix,
        "From the payoffs: what investing gains either state is linear in the probability that the "
        "other invests, with its only root at the formula.",
    ),
    _about(
        "larger_hub",
        "In the mix of chicken the state with the larger share invests less often, in that of the "
        "stag hunt more often.",
        r"V > k, s > 1/2: \; \Pr(\text{M}) < \Pr(\text{R}); \quad"
        r" V < k, s > 1/2: \; \Pr(\text{M}) > \Pr(\text{R})",
        _larger_hub,
    ),
)
