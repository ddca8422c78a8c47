r"""Propositions about the alliance dilemma.

Letters as in :mod:`hedging.families.alliance_dilemma`: :math:`T = V/E` with the thresholds
:math:`T_C, T_D, T_P`, and :math:`G_C, G_D` the gains of commit over distance against an ally
that commits and one that keeps its distance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families import alliance_dilemma as alliance
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Floats, is_equilibrium, pure, same_equilibria, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]
_SIDES = ("client", "patron")


def _ratios(p: dict[str, Floats], who: str) -> tuple[Floats, Floats, Floats, Floats]:
    """T of one ally, and T_C, T_D and T_P."""
    t = p[f"value_{who}"] / p[f"entrapment_cost_{who}"]
    worst = p["entrapment_risk"] + p["emboldening"]
    together = p["abandonment_risk"] + p["solidarity"]
    t_d = p["entrapment_risk"] / p["abandonment_risk"]
    return t, worst / together, t_d, worst / (together + p["partner_risk"])


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    t_1, c, d, _ = _ratios(p, "client")
    t_2 = _ratios(p, "patron")[0]
    claim = np.empty((draws, 2, 2), dtype=bool)
    claim[:, 0, 0] = (t_1 >= c) & (t_2 >= c)
    claim[:, 0, 1] = (t_1 >= d) & (t_2 <= c)
    claim[:, 1, 0] = (t_1 <= c) & (t_2 >= d)
    claim[:, 1, 1] = (t_1 <= d) & (t_2 <= d)
    return draws, int((pure(subject(**p).payoffs) != claim).any(axis=(1, 2)).sum())


def _gains_by_threshold(subject: Any) -> tuple[Any, ...]:
    """Gains from commitment in the payoffs, less their forms with the thresholds."""
    a = alliance
    t_c, t_d = (a.e_0 + a.e_1) / (a.p_1 + a.sigma), a.e_0 / a.p_1
    u, v = (subject.payoffs[who] for who in _SIDES)
    return (
        advantage(u, (0, 0), (1, 0)) - a.E_1 * (a.p_1 + a.sigma) * (a.V_1 / a.E_1 - t_c),
        advantage(u, (0, 1), (1, 1)) - a.E_1 * a.p_1 * (a.V_1 / a.E_1 - t_d),
        advantage(v, (0, 0), (0, 1)) - a.E_2 * (a.p_1 + a.sigma) * (a.V_2 / a.E_2 - t_c),
        advantage(v, (1, 0), (1, 1)) - a.E_2 * a.p_1 * (a.V_2 / a.E_2 - t_d),
    )


def _prove_pure_equilibria(subject: Any) -> bool:
    return vanish(*_gains_by_threshold(subject))


def _regimes(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    payoffs = subject(**p).payoffs
    wrong = np.zeros(draws, dtype=bool)
    for player, who in enumerate(_SIDES):
        u = payoffs[:, player] if player == 0 else payoffs[:, player].transpose(0, 2, 1)
        together, exposed, free, apart = u[:, 0, 0], u[:, 0, 1], u[:, 1, 0], u[:, 1, 1]
        t, c, d, both = _ratios(p, who)
        classic = [
            ((together > free) & (exposed > apart), (t > c) & (t > d)),
            ((together > free) & (exposed < apart), (t > c) & (t < d)),
            ((together < free) & (exposed > apart), (t < c) & (t > d)),
            (
                (together < free) & (exposed < apart) & (together > apart),
                (t < c) & (t < d) & (t > both),
            ),
            ((together < apart) & (exposed < apart), (t < both) & (t < d)),
        ]
        for truth, claim in classic:
            wrong |= truth != claim
        named = alliance.regime(who, **p)
        names = ("harmony", "stag_hunt", "chicken", "prisoners_dilemma", "deadlock")
        for name, (truth, _) in zip(names, classic, strict=True):
            wrong |= (named == name) != truth
    return draws, int(wrong.sum())


def _stag_hunt_band(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    _, c, d, _ = _ratios(p, "client")
    claim = p["abandonment_risk"] * p["emboldening"] < p["solidarity"] * p["entrapment_risk"]
    # With the ratio halfway between T_C and T_D the game is a stag hunt or else chicken.
    middle = (c + d) / 2
    for who in _SIDES:
        p[f"value_{who}"], p[f"entrapment_cost_{who}"] = middle, np.ones(draws)
    found = pure(subject(check_bounds=False, **p).payoffs)
    hunt = found[:, 0, 0] & found[:, 1, 1]
    chicken = found[:, 0, 1] & found[:, 1, 0]
    return draws, int(((hunt != claim) | (chicken == claim)).sum())


def _prove_stag_hunt_band(subject: Any) -> bool:
    a = alliance
    band = a.e_0 / a.p_1 - (a.e_0 + a.e_1) / (a.p_1 + a.sigma)
    formula = (a.sigma * a.e_0 - a.p_1 * a.e_1) / (a.p_1 * (a.p_1 + a.sigma))
    return vanish(*_gains_by_threshold(subject), band - formula)


def _gains(p: dict[str, Floats], who: str) -> tuple[Floats, Floats, Floats]:
    """G_C and G_D of one ally, and how often the other must commit to keep it indifferent."""
    value, cost = p[f"value_{who}"], p[f"entrapment_cost_{who}"]
    worst = p["entrapment_risk"] + p["emboldening"]
    g_c = value * (p["abandonment_risk"] + p["solidarity"]) - cost * worst
    g_d = value * p["abandonment_risk"] - cost * p["entrapment_risk"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return g_c, g_d, g_d / (g_d - g_c)


def _mixed_equilibrium(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    # Both allies between the thresholds, where there is a mix.
    _, c, d, _ = _ratios(p, "client")
    for who in _SIDES:
        p[f"value_{who}"] = p[f"entrapment_cost_{who}"] * (c + (d - c) * rng.random(draws))
    mixes = []
    for who in ("patron", "client"):  # the client's mix keeps the patron indifferent
        q = _gains(p, who)[2]
        mixes.append(np.stack([q, 1 - q], -1))
    held = is_equilibrium(subject(check_bounds=False, **p).payoffs, mixes)
    return draws, int((~held).sum())


def _complete_set(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    c_1, d_1, of_patron = _gains(p, "client")
    c_2, d_2, of_client = _gains(p, "patron")
    corner = np.eye(2)
    candidates = [
        np.broadcast_to(np.r_[corner[i], corner[j]], (draws, 4)) for i in (0, 1) for j in (0, 1)
    ]
    candidates.append(np.stack([of_client, 1 - of_client, of_patron, 1 - of_patron], -1))
    accepted = [
        (c_1 >= 0) & (c_2 >= 0),
        (d_1 >= 0) & (c_2 <= 0),
        (c_1 <= 0) & (d_2 >= 0),
        (d_1 <= 0) & (d_2 <= 0),
        (c_1 * d_1 < 0) & (c_2 * d_2 < 0),
    ]
    same = same_equilibria(subject(**p), np.stack(candidates, 1), np.stack(accepted, 1))
    return draws, int((~same).sum())


def _prove_mix(subject: Any) -> bool:
    a, q = alliance, sympy.Symbol("q")
    worst, together = a.e_0 + a.e_1, a.p_1 + a.sigma
    u, v = (subject.payoffs[who] for who in _SIDES)
    gaps = []
    for value, cost, close, far in (
        (a.V_1, a.E_1, advantage(u, (0, 0), (1, 0)), advantage(u, (0, 1), (1, 1))),
        (a.V_2, a.E_2, advantage(v, (0, 0), (0, 1)), advantage(v, (1, 0), (1, 1))),
    ):
        g_c, g_d = value * together - cost * worst, value * a.p_1 - cost * a.e_0
        gaps.append(q * close + (1 - q) * far - (g_d - g_c) * (g_d / (g_d - g_c) - q))
    return vanish(*gaps)


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
        name, "alliance_dilemma", statement, latex, confirm, alliance.MODEL, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "pure_equilibria",
        "Commitment answers commitment if and only if the value of the alliance relative to the "
        "cost of entrapment is above T_C, and distance if and only if it is above T_D.",
        r"T_C = \frac{e_0 + e_1}{p_1 + \sigma}, \quad T_D = \frac{e_0}{p_1}",
        _pure_equilibria,
        _prove_pure_equilibria,
        "From the payoffs: what commitment gains an ally is a positive multiple of V/E - T_C "
        "against commitment and of V/E - T_D against distance.",
    ),
    _about(
        "regimes",
        "One ratio orders five classic games: harmony, stag hunt, chicken, prisoners' dilemma and "
        "deadlock.",
        r"T_C < T < T_D: \text{stag hunt}; \quad T_D < T < T_C: \text{chicken}; \quad"
        r" T_P = \frac{e_0 + e_1}{\sigma + p_1 + p_2} < T < T_C, T_D: \text{dilemma}",
        _regimes,
    ),
    _about(
        "stag_hunt_band",
        "Between the two thresholds lies a stag hunt if and only if solidarity outweighs "
        "emboldening, otherwise chicken.",
        r"T_C < T_D \iff p_1 e_1 < \sigma e_0",
        _stag_hunt_band,
        _prove_stag_hunt_band,
        "From the payoffs: the gains from commitment have the signs of V/E - T_C and V/E - T_D, "
        "and T_D - T_C is a positive multiple of sigma e_0 - p_1 e_1.",
    ),
    _about(
        "mixed_equilibrium",
        "Where both allies are between the thresholds there is a mix in which each keeps the other "
        "indifferent.",
        r"\Pr(\text{commit}) = \frac{G_D}{G_D - G_C}",
        _mixed_equilibrium,
        _prove_mix,
        "From the payoffs: what commitment gains either ally, if the other commits with "
        "probability q, is (G_D - G_C) (G_D/(G_D - G_C) - q).",
    ),
    _about(
        "complete_set",
        "The pure equilibria and that mix are all the equilibria.",
        r"NE = \{\text{pure}\} \cup \{\text{mix}: G_C G_D < 0 \text{ for both}\}",
        _complete_set,
    ),
)
