r"""Propositions about coercive demands.

Letters as in :mod:`hedging.families.coercive_demand`: :math:`w = pv - c_P` is what war is worth to
P, :math:`a^* = c_M - (1-p)v` the audience cost at which M would as soon fight as concede.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from hedging.families import coercive_demand as demand
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, is_equilibrium, pure, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]
Ints = NDArray[np.intp]

_STATUS_QUO, _CONFLICT, _CONCESSION = 0, 1, 2


def _letters(p: dict[str, Floats]) -> tuple[Floats, Bools]:
    """What war is worth to P, and whether M would rather fight than concede."""
    war = p["win_probability"] * p["stake"] - p["conflict_cost_p"]
    pledge = p["conflict_cost_m"] - (1 - p["win_probability"]) * p["stake"]
    return war, p["audience_cost"] >= pledge


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    war, fights = _letters(p)
    claim = np.zeros((draws, 3, 2), dtype=bool)
    claim[:, 0, 0] = war <= 0
    claim[:, 1, 0] = (war >= 0) & fights
    claim[:, 1, 1] = ~fights
    return draws, int((pure(subject(**p).payoffs) != claim).any(axis=(1, 2)).sum())


def _backwards(payoffs: Floats) -> Ints:
    """Outcome by backward induction, read off the entries of the normal form."""
    u, w = payoffs[:, 0], payoffs[:, 1]
    escalates = u[:, 1, 0] >= u[:, 2, 0]
    if_refused_p = np.where(escalates, u[:, 1, 0], u[:, 2, 0])
    if_refused_m = np.where(escalates, w[:, 1, 0], w[:, 2, 0])
    resists = if_refused_m >= w[:, 1, 1]
    demanded = np.where(resists, if_refused_p, u[:, 1, 1])
    answer = np.where(resists, _CONFLICT, _CONCESSION)
    return np.asarray(np.where(demanded > u[:, 0, 0], answer, _STATUS_QUO))


def _named(p: dict[str, Floats]) -> Ints:
    names = np.array(["status_quo", "conflict", "concession"])
    return np.asarray((demand.outcome(**p)[:, None] == names).argmax(axis=1))


def _backward_induction(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    war, fights = _letters(p)
    claim = np.where(
        war < -p["bluff_cost"],
        _STATUS_QUO,
        np.where(~fights, _CONCESSION, np.where(war > 0, _CONFLICT, _STATUS_QUO)),
    )
    found = _backwards(subject(**p).payoffs)
    return draws, int(((found != claim) | (found != _named(p))).sum())


def _voice(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    war, _ = _letters(p)
    silent, loud = (
        p | {"audience_cost": np.zeros(draws)},
        p | {"audience_cost": np.full(draws, 9.0)},
    )
    before, after = (_backwards(subject(check_bounds=False, **at).payoffs) for at in (silent, loud))
    # Only where M would concede without an audience can one make a difference.
    room = ~_letters(silent)[1]
    saved = (before == _CONCESSION) & (after == _STATUS_QUO)
    claim = room & (-p["bluff_cost"] < war) & (war < 0)
    return int(room.sum()), int((saved != claim).sum())


def _empty_threat(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    worth = -1.25 * p["bluff_cost"] * rng.random(draws)
    p["conflict_cost_p"] = p["win_probability"] * p["stake"] - worth
    war, fights = _letters(p)
    inside = (-p["bluff_cost"] < war) & (war < 0) & ~fights
    payoffs = subject(check_bounds=False, **p).payoffs
    found = pure(payoffs)
    held = found[:, 0, 0] & found[:, 1, 1] & (_backwards(payoffs) == _CONCESSION)
    return int(inside.sum()), int((inside & ~held).sum())


def _continua(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    war, fights = _letters(p)
    payoffs = subject(**p).payoffs
    v, b = p["stake"], p["bluff_cost"]
    y = np.minimum(-war / (v - war), b / (v + b))
    z = (v + p["audience_cost"]) / (p["win_probability"] * v + p["conflict_cost_m"])
    nought = np.zeros(draws)
    wrong = np.zeros(draws, dtype=bool)
    for inside, there, end, outward, of_m in (
        (rng.random(draws), war < 0, y, 1.0, True),
        (rng.random(draws), ~fights, z, -1.0, False),
    ):
        within = end * inside if of_m else end + (1 - end) * inside
        beyond = end + outward * 1e-4
        for at, holds in ((end, True), (within, True), (beyond, False)):
            use = there & (at >= 0) & (at <= 1)
            q = np.where(use, at, 0.0)
            none = np.stack([nought + 1, nought, nought], -1)
            mixes = (
                [none, np.stack([1 - q, q], -1)]
                if of_m
                else [np.stack([nought, q, 1 - q], -1), np.stack([nought, nought + 1], -1)]
            )
            wrong |= use & (is_equilibrium(payoffs, mixes) != holds)
    stated = demand.continua(**p)
    for stated_end, there, end in ((stated[0], war <= 0, y), (stated[1], ~fights, z)):
        wrong |= np.isfinite(stated_end) != there
        wrong |= there & ~np.isclose(stated_end, end, rtol=1e-12)
    return int(((war < 0) | ~fights).sum()), int(wrong.sum())


def _prove_thresholds(subject: Any) -> bool:
    m = demand
    u, w = subject.payoffs["P"], subject.payoffs["M"]
    y, z = sympy.symbols("y z")  # M concedes, P escalates
    war = m.p * m.v - m.c_P
    escalates, bluffs = (
        (1 - y) * advantage(u, (row, 0), (0, 0)) + y * advantage(u, (row, 1), (0, 1))
        for row in (1, 2)
    )
    resists = z * advantage(w, (1, 0), (1, 1)) + (1 - z) * advantage(w, (2, 0), (2, 1))
    least = (m.v + m.a) / (m.p * m.v + m.c_M)
    return vanish(
        advantage(w, (0, 0), (0, 1)),
        escalates - (m.v - war) * (y + war / (m.v - war)),
        bluffs - (m.v + m.b) * (y - m.b / (m.v + m.b)),
        advantage(u, (1, 1), (2, 1)),
        advantage(u, (1, 1), (0, 1)) - m.v,
        resists - (m.p * m.v + m.c_M) * (least - z),
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
        name, "coercive_demand", statement, latex, confirm, demand.MODEL, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "pure_equilibria",
        "No demand and resistance if war does not pay; war if it pays and the pledge binds; "
        "a demand that is conceded if the pledge does not bind; no other pure equilibria.",
        r"(\text{no demand}, \text{resist}) \iff w \le 0; \quad"
        r" (\text{escalate}, \text{resist}) \iff w \ge 0, a \ge a^*; \quad"
        r" (\text{escalate}, \text{concede}) \iff a \le a^*",
        _pure_equilibria,
    ),
    _about(
        "backward_induction",
        "Backward induction gives the status quo where escalation is not credible; otherwise "
        "concession where the pledge does not bind, conflict where it does and war pays, and the "
        "status quo where it does and war does not pay.",
        r"w < -b: \text{status quo}; \quad a < a^*: \text{concession}; \quad"
        r" a > a^*, w > 0: \text{conflict}; \quad \text{else status quo}",
        _backward_induction,
    ),
    _about(
        "voice",
        "A domestic audience turns concession into the status quo exactly where escalation is "
        "credible although war does not pay.",
        r"\text{concession} \to \text{status quo} \iff -b < w < 0",
        _voice,
    ),
    _about(
        "empty_threat",
        "There, without an audience, resistance to a demand that is never made is a Nash "
        "equilibrium but not the outcome of backward induction.",
        r"-b < w < 0, a < a^*: \; (\text{no demand}, \text{resist}) \text{ is Nash, not perfect}",
        _empty_threat,
    ),
    _about(
        "continua",
        "Where P makes no demand M may concede up to a bound, and where M concedes P may escalate "
        "in place of bluffing down to a bound.",
        r"y \le \min\left(\frac{-w}{v-w}, \frac{b}{v+b}\right), \quad"
        r" z \ge \frac{v+a}{pv+c_M}",
        _continua,
        _prove_thresholds,
        "From the payoffs: without a demand M is indifferent, and escalating and bluffing gain P "
        "positive multiples of y + w/(v-w) and y - b/(v+b); if M concedes P is indifferent between "
        "them and gains v by either, and resisting gains M a positive multiple of "
        "(v+a)/(pv+c_M) - z.",
    ),
)
