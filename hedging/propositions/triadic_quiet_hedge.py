r"""Propositions about the quiet hedge: M hedges and both great powers accommodate.

Letters as in :mod:`hedging.propositions.triadic_hedging`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.calibration import cases
from hedging.families import triadic_hedging as triad
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure, such_that, uniform
from hedging.propositions.triadic_supports import letters

__all__ = ["QUIET_HEDGE"]

Counts = tuple[int, int]
_S = triad.exposure
_POWERS = (
    ("A", (1, 1, 0), triad.c_a, triad.d_a, triad.tau_a),
    ("B", (1, 0, 1), triad.c_b, triad.d_b, triad.tau_b),
)
"""Each power, the profile where it presses a hedger alone, and its c, d and tau."""
_QUIET = (1, 0, 0)


def _lone(subject: Any) -> list[tuple[Any, Any, Any, Any]]:
    """What lone pressure on a hedger gains each power, and its c, d and tau."""
    return [
        (advantage(subject.payoffs[who], at, _QUIET), c, d, tau) for who, at, c, d, tau in _POWERS
    ]


def _preference(subject: Any) -> tuple[Any, Any]:
    """What hedging gains M over the camps while nobody presses, less y - x and y - w."""
    u, t = subject.payoffs["M"], triad
    return (
        advantage(u, _QUIET, (0, 0, 0)) - (t.y - t.x),
        advantage(u, _QUIET, (2, 0, 0)) - (t.y - t.w),
    )


def _counts(exercised: Bools, wrong: Bools) -> Counts:
    return int(exercised.sum()), int((exercised & wrong).sum())


def _quiet(subject: Any, p: dict[str, Floats]) -> Bools:
    return np.asarray(pure(subject(**p).payoffs)[:, 1, 0, 0])


def _prefers(p: dict[str, Floats]) -> Bools:
    base = letters(p).base
    return np.asarray(base[:, 1] >= base.max(axis=1))


def _critical_immunity(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    r = p["rivalry"]
    star = np.max(
        [
            1 - (p[f"pressure_cost_{t}"] + r * p[f"drift_loss_{t}"]) / (r * p[f"concession_{t}"])
            for t in "ab"
        ],
        axis=0,
    )
    claim = _prefers(p) & (1 - letters(p).exposure >= star)
    return draws, int((_quiet(subject, p) != claim).sum())


def _prove_critical_immunity(subject: Any) -> bool:
    gaps = [
        press - triad.R * d * (1 - (c + triad.R * tau) / (triad.R * d) - (1 - _S))
        for press, c, d, tau in _lone(subject)
    ]
    return vanish(*gaps, *_preference(subject))


def _slope(p: dict[str, Floats], t: str) -> Floats:
    """What one more unit of rivalry adds to the gain of lone pressure on a hedger."""
    return np.asarray(letters(p).exposure * p[f"concession_{t}"] - p[f"drift_loss_{t}"])


def _critical_rivalry(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    star = np.full(draws, np.inf)
    for t in "ab":
        slope = _slope(p, t)
        rises = slope > 0
        limit = p[f"pressure_cost_{t}"] / np.where(rises, slope, 1)
        star = np.minimum(star, np.where(rises, limit, np.inf))
    claim = _prefers(p) & (p["rivalry"] <= star)
    return draws, int((_quiet(subject, p) != claim).sum())


def _prove_critical_rivalry(subject: Any) -> bool:
    gaps = [press - c * (triad.R * (_S * d - tau) / c - 1) for press, c, d, tau in _lone(subject)]
    return vanish(*gaps, *_preference(subject))


def _drift_protects(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    p["drift_loss_a"], p["drift_loss_b"] = (p[f"drift_loss_{t}"] + 0.1 for t in "ab")
    p["rivalry"] = p["rivalry"] * 20  # far beyond its range: no rivalry is too much
    safe = _prefers(p) & (_slope(p, "a") <= 0) & (_slope(p, "b") <= 0)
    quiet = pure(subject(check_bounds=False, **p).payoffs)[:, 1, 0, 0]
    return _counts(safe, ~quiet)


def _prove_drift_protects(subject: Any) -> bool:
    # With the bracket at most 0 the gain is at most -c, whatever the rivalry.
    gaps = [press - triad.R * (_S * d - tau) + c for press, c, d, tau in _lone(subject)]
    return vanish(*gaps, *_preference(subject))


def _own_policy(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    step = {n: rng.random(draws) for n in ("immunity", "mediation", "offset", "retention")}
    better = p | {n: p[n] + t * (1 - p[n]) for n, t in step.items()}
    better["hedging_cost"] = p["hedging_cost"] * rng.random(draws)
    before, after = _quiet(subject, p), _quiet(subject, better)
    return _counts(before, ~after)


def _prove_own_policy(subject: Any) -> bool:
    """The quiet hedge needs y >= x, w and no gain from lone pressure; how these move is typed."""
    t = triad
    policy = (t.immunity, t.mediation, t.offset, t.lam, t.h)
    u = subject.payoffs["M"]
    gaps = []
    for camp in ((0, 0, 0), (2, 0, 0)):
        prefers = advantage(u, _QUIET, camp)
        for letter, slope in zip(policy, (0, 0, 0, t.v_a + t.v_b, -1), strict=True):
            gaps.append(sympy.diff(prefers, letter) - slope)
    for press, _, d, _ in _lone(subject):
        slopes = [-_S / (1 - e) * t.R * d for e in policy[:3]] + [0, 0]
        for letter, slope in zip(policy, slopes, strict=True):
            gaps.append(sympy.diff(press, letter) - slope)
    return vanish(*gaps)


def _enough_offset(p: dict[str, Floats]) -> Floats:
    """The least offset at which neither power presses a hedger alone."""
    exposed = (1 - p["immunity"]) * (1 - p["mediation"])
    r = p["rivalry"]
    return np.asarray(
        np.max(
            [
                1
                - (p[f"pressure_cost_{t}"] + r * p[f"drift_loss_{t}"])
                / (exposed * r * p[f"concession_{t}"])
                for t in "ab"
            ],
            axis=0,
        )
    )


def _offset_begins(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    def pressed() -> tuple[dict[str, Floats], Bools]:
        p = uniform(rng, draws, subject, offset=0.0)
        return p, _prefers(p) & ~_quiet(subject, p)

    p = such_that(pressed, draws)
    enough = _enough_offset(p)
    found = [
        pure(subject(check_bounds=False, **(p | {"offset": at})).payoffs)[:, 1, 0, 0]
        for at in (enough * (1 - 1e-9), enough + (1 - enough) * 1e-9, np.ones_like(enough))
    ]
    wrong = found[0] | ~found[1] | ~found[2]
    return len(wrong), int(wrong.sum())


def _prove_offset_begins(subject: Any) -> bool:
    t = triad
    gaps = []
    for press, c, d, tau in _lone(subject):
        scale = (1 - t.immunity) * (1 - t.mediation) * t.R * d
        gaps.append(press - scale * (1 - (c + t.R * tau) / scale - t.offset))
    return vanish(*gaps, *_preference(subject))


def _three_sources(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    total = 1 - letters(p).exposure
    one = p | {"immunity": total, "mediation": total * 0, "offset": total * 0}
    gap = np.abs(subject(**p).payoffs - subject(**one).payoffs).max(axis=(1, 2, 3, 4))
    return draws, int((gap > 1e-12).sum())


def _prove_three_sources(subject: Any) -> bool:
    names = sympy.symbols("immunity mediation offset")
    at = {names[0]: 1 - _S, names[1]: 0, names[2]: 0}
    every = [u for table in subject.payoffs.values() for u in sympy.flatten(table)]
    return vanish(*(u - u.subs(at, simultaneous=True) for u in every))


def _calibrated_cases(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    table = cases.table()["value_a"].stack(case=("country", "window")).dropna("case")
    value = table.values
    quiet = _quiet(subject, {"value_a": value, "value_b": 1 - value})
    # y >= max(x, w) at the defaults: 0.9 - 0.05 >= max(v_a, v_b) - 0.05.
    wrong = quiet != (np.maximum(value, 1 - value) <= 0.9)
    aligned = set(table["country"].values[~quiet & (table["window"].values == "2015-2019")])
    return len(value), int(wrong.sum()) + (aligned != {"BLR"})


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


QUIET_HEDGE = (
    _about(
        "critical_immunity",
        "The quiet hedge is an equilibrium if and only if what M keeps is at least the best single "
        "patron and its immunity is at least critical.",
        r"y \ge \max(x, w), \quad \mu \ge \mu^* = \max_s \left[1 - \frac{c_s + R \tau_s}{R d_s}"
        r"\right]",
        _critical_immunity,
        _prove_critical_immunity,
        "From the payoffs: lone pressure on a hedger gains a power R d_s (mu*_s - mu), and hedging "
        "gains M y - x and y - w over the two camps while nobody presses.",
    ),
    _about(
        "critical_rivalry",
        "If M prefers hedging, the quiet hedge survives up to a critical rivalry and no further.",
        r"R \le R^* = \min_s \frac{c_s}{(1-\mu) d_s - \tau_s}",
        _critical_rivalry,
        _prove_critical_rivalry,
        "From the payoffs: lone pressure on a hedger gains a power c_s (R/R*_s - 1), where 1/R*_s "
        "= ((1-mu) d_s - tau_s)/c_s may be negative, and M's preference does not depend on R.",
    ),
    _about(
        "drift_protects",
        "Where each power loses more from M's drift to the rival than pressure would win, no "
        "rivalry breaks the quiet hedge.",
        r"\tau_s \ge (1-\mu) d_s \; (s = a, b) \implies R^* = \infty",
        _drift_protects,
        _prove_drift_protects,
        "From the payoffs: lone pressure on a hedger gains a power R ((1-mu) d_s - tau_s) - c_s, "
        "which is -c_s at most, and M's preference does not depend on R.",
    ),
    _about(
        "own_policy",
        "More immunity, mediation, offset or retention and a lower cost of hedging never end a "
        "quiet hedge.",
        r"\partial [y - \max(x, w)] / \partial (\lambda, -h) \ge 0, \quad"
        r" \partial e_{s0} / \partial \mu \le 0",
        _own_policy,
        _prove_own_policy,
        "From the payoffs: the derivatives, by each of the five, of what hedging gains M while "
        "nobody presses are none negative (for the cost: none positive), and those of what lone "
        "pressure gains a power are none positive.",
    ),
    _about(
        "offset_begins",
        "Where M prefers hedging but is pressed out of it, enough offset from third powers begins "
        "a quiet hedge, and less does not.",
        r"o \ge o^* = \max_s \left[1 - \frac{c_s + R \tau_s}{(1-\mu_0)(1-\mu_1) R d_s}\right]"
        r" \le 1",
        _offset_begins,
        _prove_offset_begins,
        "From the payoffs: lone pressure on a hedger gains a power a positive multiple of o*_s - "
        "o, where o*_s is 1 at most, and M's preference does not depend on the offset.",
    ),
    _about(
        "immunity_has_three_sources",
        "Immunity of one's own, mediation and the offset of third powers matter through their "
        "total only.",
        r"1 - \mu = (1 - \mu_0)(1 - \mu_1)(1 - \mu_2)",
        _three_sources,
        _prove_three_sources,
        "All 36 payoffs stay what they are if the total takes the place of immunity and the other "
        "two are nought.",
    ),
    _about(
        "calibrated_cases",
        "At the defaults, a calibrated case hedges quietly if and only if neither patron is worth "
        "more than 0.90 to it; in 2015-2019 only Belarus does not.",
        r"\max(v_a, v_b) \le \lambda - h + \alpha = 0.90",
        _calibrated_cases,
        case="countries and windows of the calibration table",
    ),
)
