r"""Propositions about triadic hedging.

Letters as in :mod:`hedging.families.triadic_hedging`; :math:`e_{s0}` and :math:`e_{s1}` are what
power s gains by pressing a hedger while its rival accommodates and presses, and
:math:`\mu = 1 - (1 - \mathrm{immunity})(1 - \mathrm{mediation})(1 - \mathrm{offset})`.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import sympy

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
from hedging.propositions.triadic_quiet_hedge import QUIET_HEDGE
from hedging.propositions.triadic_supports import letters, supports
from hedging.solving import nash

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]
_S = triad.exposure
_OTHER = {"a": "b", "b": "a"}
_PAIRED = [n for n in triad.MODEL.parameters if n.endswith(("_a", "_b"))]
_STANDING = ("alignment_value", "usefulness", "exclusion_loss")


def _counts(exercised: Bools, wrong: Bools) -> Counts:
    return int(exercised.sum()), int((exercised & wrong).sum())


# ---- pure equilibria -----------------------------------------------------------------------


def _pure_claim(p: dict[str, Floats]) -> Bools:
    c = letters(p)
    s, mu = c.exposure, 1 - c.exposure
    x, y, w = c.base.T
    k_a, k_b = (p["rivalry"] * p[f"coercion_{t}"] for t in "ab")
    rho_a, rho_b = p["captive_loss_a"], p["captive_loss_b"]
    claim = np.zeros((len(x), 3, 2, 2), dtype=bool)
    for i, j in product((0, 1), (0, 1)):
        from_a = i * (s * k_a - rho_a) - j * mu * k_b
        from_b = j * (s * k_b - rho_b) - i * mu * k_a
        rather_a = x - i * rho_a - j * k_b >= w - j * rho_b - i * k_a
        claim[:, 0, i, j] = (y - x <= from_a) & rather_a
        claim[:, 1, i, j] = (y - x >= from_a) & (y - w >= from_b)
        claim[:, 2, i, j] = (y - w <= from_b) & ~rather_a
        for r in range(3):
            hedged = r == 1
            claim[:, r, i, j] &= signs_as(c.gain_a[:, r] + hedged * j * c.more_a, i)
            claim[:, r, i, j] &= signs_as(c.gain_b[:, r] + hedged * i * c.more_b, j)
    return claim


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    found = pure(subject(**p).payoffs)
    return draws, int((found != _pure_claim(p)).any(axis=(1, 2, 3)).sum())


def _few_pure(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    found = pure(subject(**uniform(rng, draws, subject)).payoffs).sum(axis=(2, 3))
    return draws, int((found > [1, 2, 1]).any(axis=1).sum())


# ---- capitulation --------------------------------------------------------------------------


def _capitulation_threshold(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    c = letters(p)
    u = subject(**p).payoffs[:, 0]
    wrong = np.zeros(draws, dtype=bool)
    for t, row, pressed in (("a", 0, u[:, :, 1, 0]), ("b", 2, u[:, :, 0, 1])):
        given_up = c.base[:, 1] - c.base[:, row] + p[f"captive_loss_{t}"]
        cap = 1 - given_up / (p["rivalry"] * p[f"coercion_{t}"])
        wrong |= (pressed[:, 1] >= pressed[:, row]) != (1 - c.exposure >= cap)
    return draws, int(wrong.sum())


def _prove_capitulation_threshold(subject: Any) -> bool:
    u, r = subject.payoffs["M"], triad.R
    cap_a = 1 - (triad.y - triad.x + triad.rho_a) / (r * triad.k_a)
    cap_b = 1 - (triad.y - triad.w + triad.rho_b) / (r * triad.k_b)
    mu = 1 - _S
    return vanish(
        advantage(u, (1, 1, 0), (0, 1, 0)) - r * triad.k_a * (mu - cap_a),
        advantage(u, (1, 0, 1), (2, 0, 1)) - r * triad.k_b * (mu - cap_b),
    )


def _capitulation_mix(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject, mediation=0.0, offset=0.0)  # exposed enough to be pressed
    c = letters(p)
    mu, k_b = 1 - c.exposure, p["rivalry"] * p["coercion_b"]
    payoffs = subject(**p).payoffs
    exercised = failures = 0
    for j in (0, 1):
        hedged = c.gain_a[:, 1] + j * c.more_a
        with np.errstate(divide="ignore", invalid="ignore"):
            q = (c.base[:, 1] - c.base[:, 0] + j * mu * k_b) / (c.loss_a[:, 1] - c.loss_a[:, 0])
            m = -hedged / (c.gain_a[:, 0] - hedged)
        inner = (q > 0) & (q < 1) & (c.gain_a[:, 0] * hedged < 0)
        q, m = np.where(inner, q, 0), np.where(inner, m, 0)
        gain_b = m * c.gain_b[:, 0] + (1 - m) * (c.gain_b[:, 1] + q * c.more_b)
        u = c.base - q[:, None] * c.loss_a - j * c.loss_b
        claim = signs_as(gain_b, j) & (u[:, 2] <= u[:, 1])
        mixes = [
            np.stack([m, 1 - m, 0 * m], -1),
            np.stack([1 - q, q], -1),
            np.broadcast_to(np.eye(2)[j], (draws, 2)),
        ]
        counts = _counts(inner, is_equilibrium(payoffs, mixes) != claim)
        exercised, failures = exercised + counts[0], failures + counts[1]
    return exercised, failures


def _prove_capitulation_mix(subject: Any) -> bool:
    t = triad
    u_m, u_a, u_b = (subject.payoffs[who] for who in "MAB")
    q, m = sympy.symbols("q m")  # A presses, M joins A
    gaps = []
    for j in (0, 1):
        # M's gain from hedging over A's camp, and from B's camp over hedging.
        stays, leaves = (
            (1 - q) * advantage(u_m, (new, 0, j), (old, 0, j))
            + q * advantage(u_m, (new, 1, j), (old, 1, j))
            for new, old in ((1, 0), (2, 1))
        )
        slope = _S * t.R * t.k_a - t.rho_a
        gaps.append(stays - slope * ((t.y - t.x + j * (1 - _S) * t.R * t.k_b) / slope - q))
        hurt = q * (1 - _S) * t.R * t.k_a + j * (t.rho_b - _S * t.R * t.k_b)
        gaps.append(leaves - (t.w - t.y - hurt))
        captive = t.theta_a * t.rho_a - t.c_a
        share = (t.omega_a, t.kappa) if j else (t.tau_a, 1)
        hedged = share[1] * _S * t.R * t.d_a - t.c_a - t.R * share[0]
        presses = m * advantage(u_a, (0, 1, j), (0, 0, j)) + (1 - m) * advantage(
            u_a, (1, 1, j), (1, 0, j)
        )
        gaps.append(presses - (captive - hedged) * (m + hedged / (captive - hedged)))
    spoils = t.R * t.z_b - t.c_b
    lone = _S * t.R * t.d_b - t.c_b - t.R * t.tau_b
    joint = t.kappa * _S * t.R * t.d_b - t.c_b - t.R * t.omega_b
    against = [
        (1 - q) * advantage(u_b, (row, 0, 1), (row, 0, 0))
        + q * advantage(u_b, (row, 1, 1), (row, 1, 0))
        for row in (0, 1)
    ]
    gaps += [against[0] - spoils, against[1] - (1 - q) * lone - q * joint]
    return vanish(*gaps)


# ---- mixed equilibria ----------------------------------------------------------------------


def _mixed_pressure(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject, mediation=0.0, offset=0.0)
    for t in "ab":  # two torn powers are rare among even draws
        p[f"concession_{t}"] = 0.5 + 0.5 * p[f"concession_{t}"]
        p[f"drift_loss_{t}"] = 0.5 * p[f"drift_loss_{t}"]
    c = letters(p)
    with np.errstate(divide="ignore", invalid="ignore"):
        q_b = c.gain_a[:, 1] / -c.more_a  # e_a0 / (e_a0 - e_a1)
        q_a = c.gain_b[:, 1] / -c.more_b
    inner = (q_a > 0) & (q_a < 1) & (q_b > 0) & (q_b < 1)
    q_a, q_b = np.where(inner, q_a, 0), np.where(inner, q_b, 0)
    u = c.base - q_a[:, None] * c.loss_a - q_b[:, None] * c.loss_b
    mixes = [
        np.broadcast_to(np.eye(3)[1], (draws, 3)),
        np.stack([1 - q_a, q_a], -1),
        np.stack([1 - q_b, q_b], -1),
    ]
    claim = u[:, 1] >= u.max(axis=1)
    return _counts(inner, is_equilibrium(subject(**p).payoffs, mixes) != claim)


def _prove_mixed_pressure(subject: Any) -> bool:
    u_a, u_b = subject.payoffs["A"], subject.payoffs["B"]
    # What pressing gains each power while its rival accommodates, and while it presses.
    of_a = [advantage(u_a, (1, 1, j), (1, 0, j)) for j in (0, 1)]
    of_b = [advantage(u_b, (1, i, 1), (1, i, 0)) for i in (0, 1)]
    q = sympy.Symbol("q")
    gaps = []
    for (lone, both), d, c, tau, omega in (
        (of_a, triad.d_a, triad.c_a, triad.tau_a, triad.omega_a),
        (of_b, triad.d_b, triad.c_b, triad.tau_b, triad.omega_b),
    ):
        e_0 = _S * triad.R * d - c - triad.R * tau
        e_1 = triad.kappa * _S * triad.R * d - c - triad.R * omega
        gaps.append((1 - q) * lone + q * both - (e_0 - e_1) * (e_0 / (e_0 - e_1) - q))
    return vanish(*gaps)


def _complete_solution(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    candidates, accepted = supports(p)
    same = same_equilibria(subject(**p), candidates, accepted)
    return draws, int((~same | ~accepted.any(axis=1)).sum())


def _odd_number(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    found = nash(subject(**uniform(rng, draws, subject)), report=("count", "index", "status"))
    index = np.where(np.isfinite(found["index"].values), found["index"].values, 0).sum(axis=-1)
    wrong = (found["count"].values % 2 == 0) | (found["status"].values != 0) | (index != 1)
    return draws, int(wrong.sum())


def _additive(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    u = subject(**uniform(rng, draws, subject)).payoffs[:, 0]
    gap = u[:, :, 1, 1] - u[:, :, 1, 0] - u[:, :, 0, 1] + u[:, :, 0, 0]
    return draws, int((np.abs(gap).max(axis=1) > 1e-12).sum())


def _prove_additive(subject: Any) -> bool:
    u = subject.payoffs["M"]
    return vanish(*(u[r, 1, 1] - u[r, 1, 0] - u[r, 0, 1] + u[r, 0, 0] for r in range(3)))


def _rivalry_path(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    rivalry = np.concatenate([[1.5, 1.7, 2.0, 2.5, 4.0], rng.uniform(0, 5, draws)])
    known = np.array([1, 0.857143, 0.762712, 0.486486, 0.233161])
    found = nash(subject(rivalry=rivalry), report=("probability", "count"))
    hedge, alone, both = found["probability"].values[:, 0, [1, 5, 6]].T
    with np.errstate(divide="ignore"):
        falls = [
            (rivalry <= 1.6, 1),
            ((rivalry > 1.6) & (alone == 1), 0.6 / (rivalry - 1)),
            (both == 1, 0.045 / (0.067 * rivalry - 0.075)),
        ]
    wrong = found["count"].values != 1
    for where, value in falls:
        wrong |= where & (np.abs(hedge - value) > 1e-9)
    wrong |= (rivalry > 1.6) & (hedge >= 1)
    wrong[: len(known)] |= np.abs(hedge[: len(known)] - known) > 1e-6
    return len(rivalry), int(wrong.sum())


# ---- invariances ---------------------------------------------------------------------------


def _standing_stakes(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    moved = p | {f"{n}_{t}": rng.uniform(0, 5, draws) for n in _STANDING for t in "ab"}
    before, after = (
        nash(subject(check_bounds=False, **at), report=("probability", "count"))
        for at in (p, moved)
    )
    gap = np.abs(before["probability"].values - after["probability"].values)
    apart = np.nan_to_num(gap).max(axis=(1, 2)) > 1e-6
    return draws, int((apart | (before["count"].values != after["count"].values)).sum())


def _prove_standing_stakes(subject: Any) -> bool:
    standing = {sympy.Symbol(f"{n}_{t}") for n in _STANDING for t in "ab"}
    u_m, u_a, u_b = (subject.payoffs[who] for who in "MAB")
    gains = [
        one
        for r, other in product(range(3), (0, 1))
        for one in (
            advantage(u_a, (r, 1, other), (r, 0, other)),
            advantage(u_b, (r, other, 1), (r, other, 0)),
        )
    ]
    return not any(sympy.expand(e).free_symbols & standing for e in [*gains, *sympy.flatten(u_m)])


def _exchange(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    swapped = p | {n[:-1] + _OTHER[n[-1]]: p[n] for n in _PAIRED}
    mirror = subject(**swapped).payoffs[:, [0, 2, 1]][:, :, ::-1].transpose(0, 1, 2, 4, 3)
    gap = np.abs(mirror - subject(**p).payoffs).max(axis=(1, 2, 3, 4))
    return draws, int((gap > 1e-12).sum())


def _prove_exchange(subject: Any) -> bool:
    u = subject.payoffs
    swap = {sympy.Symbol(n): sympy.Symbol(n[:-1] + _OTHER[n[-1]]) for n in _PAIRED}
    profiles = list(product(range(3), range(2), range(2)))
    pairs = [("A", "B"), ("B", "A"), ("M", "M")]
    return vanish(
        *(
            u[one][r, i, j] - u[two][2 - r, j, i].xreplace(swap)
            for one, two in pairs
            for r, i, j in profiles
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
        name, "triadic_hedging", statement, latex, confirm, triad.MODEL, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "pure_equilibria",
        "Each of the 12 pure profiles is an equilibrium exactly under its own inequalities.",
        r"(\text{hedge}, i, j): y - x \ge i[(1-\mu) R k_a - \rho_a] - j \mu R k_b, \;"
        r" y - w \ge j[(1-\mu) R k_b - \rho_b] - i \mu R k_a, \;"
        r" \operatorname{sgn} e_{aj} = i, \operatorname{sgn} e_{bi} = j",
        _pure_equilibria,
    ),
    _about(
        "few_pure_equilibria",
        "At most one pure equilibrium has M in each camp and at most two have M hedging.",
        r"\#(\text{align}_s) \le 1, \quad \#(\text{hedge}) \le 2",
        _few_pure,
    ),
    *QUIET_HEDGE,
    _about(
        "capitulation_threshold",
        "Pressed by one power alone, M keeps hedging rather than join it if and only if its "
        "immunity is at least the threshold of capitulation.",
        r"\mu \ge \mu_{cap} = 1 - \frac{y - x + \rho_a}{R k_a}",
        _capitulation_threshold,
        _prove_capitulation_threshold,
        "From the payoffs: hedging on gains M R k_s (mu - mu_cap) over joining the power s that "
        "presses alone.",
    ),
    _about(
        "mixed_pressure",
        "On a sure hedger both powers are indifferent at one pair of probabilities, which is an "
        "equilibrium if and only if hedging is then a best reply.",
        r"q_b = \frac{e_{a0}}{e_{a0} - e_{a1}}, \quad q_a = \frac{e_{b0}}{e_{b0} - e_{b1}}",
        _mixed_pressure,
        _prove_mixed_pressure,
        "From the payoffs: what pressing a sure hedger gains a power, if its rival presses with "
        "probability q, is (e_0 - e_1) (e_0/(e_0 - e_1) - q); whoever is indifferent replies best, "
        "so only M's reply is left.",
    ),
    _about(
        "capitulation_mix",
        "Where M mixes hedging with joining A, A mixes and B is pure, M and A are indifferent at "
        "the probabilities given, and it is an equilibrium exactly when neither B nor the way to "
        "B's camp upsets that.",
        r"q_a = \frac{y - x + j \mu R k_b}{(1-\mu) R k_a - \rho_a}, \quad"
        r" \Pr(\text{align}_a) = \frac{-e_{aj}}{\theta_a \rho_a - c_a - e_{aj}}",
        _capitulation_mix,
        _prove_capitulation_mix,
        "From the payoffs, for B's act j: M's gain from hedging over joining A is linear in q_a "
        "and A's gain from pressing is linear in Pr(align_a), with the formulas as roots; the "
        "conditions left are the two inequalities on M's gain from B's camp and on B's gain, also "
        "formed from the payoffs.",
        case="points, each with both acts of B",
    ),
    _about(
        "additive_pressure",
        "M's payoff is additive in the two pressures.",
        r"u_M(r; i, j) = base_r - i L_r - j K_r",
        _additive,
        _prove_additive,
        "From the payoffs: u(r;1,1) - u(r;1,0) - u(r;0,1) + u(r;0,0) = 0 for the three rows.",
    ),
    _about(
        "complete_solution",
        "The 28 candidates that are linear systems are all the equilibria, and there always is "
        "one.",
        r"NE = \{28 \text{ candidates within their simplices, with no better reply}\} \ne"
        r" \emptyset",
        _complete_solution,
    ),
    _about(
        "odd_number",
        "The number of equilibria is odd and their indices add up to one, ties apart.",
        r"\#NE \equiv 1 \pmod 2, \quad \sum \operatorname{ind} = 1",
        _odd_number,
    ),
    _about(
        "rivalry_path",
        "At the default parameters the equilibrium is unique at every rivalry; M hedges for sure "
        "up to 1.6, then less, though not steadily: while B begins to press too, hedging recovers "
        "slightly.",
        r"\Pr(\text{hedge}) = 1 \;(R \le 1.6), \quad \frac{0.6}{R - 1} \;(\text{B accommodates}),"
        r" \quad \frac{0.045}{0.067 R - 0.075} \;(\text{B presses})",
        _rivalry_path,
        case="points, and five values typed in",
    ),
    _about(
        "standing_stakes",
        "When all move at once, what the powers enjoy whatever they do (the worth of alignment, "
        "usefulness and exclusion) changes no equilibrium.",
        r"\partial (u_s(\text{press}) - u_s(\text{accommodate})) / \partial (g, b, l) = 0",
        _standing_stakes,
        _prove_standing_stakes,
        "Neither M's payoffs nor what pressing gains a power, in any row and against either act "
        "of its rival, contain these six letters; equilibria depend on nothing else.",
    ),
    _about(
        "exchange_of_powers",
        "Exchanging the parameters of A and B exchanges their roles and M's camps.",
        r"u_A(r, i, j; \theta) = u_B(2 - r, j, i; \sigma \theta), \quad"
        r" u_M(r, i, j; \theta) = u_M(2 - r, j, i; \sigma \theta)",
        _exchange,
        _prove_exchange,
        "All 36 payoffs, entry by entry, go over into one another.",
    ),
)
