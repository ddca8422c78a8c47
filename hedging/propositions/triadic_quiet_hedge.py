r"""Propositions about the quiet hedge: M hedges and both great powers accommodate.

Letters as in :mod:`hedging.propositions.triadic_hedging`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.calibration import cases
from hedging.families import triadic_hedging as triad
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure, uniform
from hedging.propositions.triadic_supports import letters

__all__ = ["QUIET_HEDGE"]

Counts = tuple[int, int]
_U = triad.MODEL.payoffs
_S = triad.exposure


def _zero(*expressions: sympy.Expr) -> bool:
    return all(sympy.simplify(e) == 0 for e in expressions)


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


def _prove_critical_immunity() -> bool:
    gains = []
    for u, lone, c, d, tau in (
        (_U["A"], (1, 0), triad.c_a, triad.d_a, triad.tau_a),
        (_U["B"], (0, 1), triad.c_b, triad.d_b, triad.tau_b),
    ):
        star = 1 - (c + triad.R * tau) / (triad.R * d)
        gains.append(u[1, *lone] - u[1, 0, 0] - triad.R * d * (star - (1 - _S)))
    u = _U["M"]
    prefers = (u[1, 0, 0] - u[0, 0, 0] - (triad.y - triad.x), u[1, 0, 0] - u[2, 0, 0])
    return _zero(*gains, prefers[0], prefers[1] - (triad.y - triad.w))


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


def _prove_critical_rivalry() -> bool:
    gains = []
    for u, lone, c, d, tau in (
        (_U["A"], (1, 0), triad.c_a, triad.d_a, triad.tau_a),
        (_U["B"], (0, 1), triad.c_b, triad.d_b, triad.tau_b),
    ):
        star = c / (_S * d - tau)
        gains.append(u[1, *lone] - u[1, 0, 0] - c * (triad.R / star - 1))
    return _zero(*gains)


def _drift_protects(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    p["drift_loss_a"], p["drift_loss_b"] = (p[f"drift_loss_{t}"] + 0.1 for t in "ab")
    p["rivalry"] = p["rivalry"] * 20  # far beyond its range: no rivalry is too much
    safe = _prefers(p) & (_slope(p, "a") <= 0) & (_slope(p, "b") <= 0)
    quiet = pure(subject(check_bounds=False, **p).payoffs)[:, 1, 0, 0]
    return _counts(safe, ~quiet)


def _prove_drift_protects() -> bool:
    # With the bracket at most 0 the gain is at most -c, whatever the rivalry.
    return _zero(
        _U["A"][1, 1, 0] - _U["A"][1, 0, 0] - triad.R * (_S * triad.d_a - triad.tau_a) + triad.c_a,
        _U["B"][1, 0, 1] - _U["B"][1, 0, 0] - triad.R * (_S * triad.d_b - triad.tau_b) + triad.c_b,
    )


def _own_policy(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    step = {n: rng.random(draws) for n in ("immunity", "mediation", "offset", "retention")}
    better = p | {n: p[n] + t * (1 - p[n]) for n, t in step.items()}
    better["hedging_cost"] = p["hedging_cost"] * rng.random(draws)
    before, after = _quiet(subject, p), _quiet(subject, better)
    return _counts(before, ~after)


def _three_sources(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    total = 1 - letters(p).exposure
    one = p | {"immunity": total, "mediation": total * 0, "offset": total * 0}
    gap = np.abs(subject(**p).payoffs - subject(**one).payoffs).max(axis=(1, 2, 3, 4))
    return draws, int((gap > 1e-12).sum())


def _prove_three_sources() -> bool:
    names = sympy.symbols("immunity mediation offset")
    at = {names[0]: 1 - _S, names[1]: 0, names[2]: 0}
    return _zero(
        *(u - u.subs(at, simultaneous=True) for t in _U.values() for u in sympy.flatten(t))
    )


def _calibrated_cases(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    table = cases.table()["value_a"].stack(case=("country", "window")).dropna("case")
    value = table.values
    quiet = _quiet(subject, {"value_a": value, "value_b": 1 - value})
    # y >= max(x, w) at the defaults: 0.9 - 0.05 >= max(v_a, v_b) - 0.05.
    wrong = quiet != (np.maximum(value, 1 - value) <= 0.9)
    aligned = set(table["country"].values[~quiet & (table["window"].values == "2015-2019")])
    return len(value), int(wrong.sum()) + (aligned != {"BLR"})


def _about(name: str, statement: str, latex: str, confirm: Any, prove: Any = None) -> Proposition:
    return Proposition(name, "triadic_hedging", statement, latex, confirm, triad.MODEL, prove)


QUIET_HEDGE = (
    _about(
        "critical_immunity",
        "The quiet hedge is an equilibrium if and only if what M keeps is at least the best single "
        "patron and its immunity is at least critical.",
        r"y \ge \max(x, w), \quad \mu \ge \mu^* = \max_s \left[1 - \frac{c_s + R \tau_s}{R d_s}"
        r"\right]",
        _critical_immunity,
        _prove_critical_immunity,
    ),
    _about(
        "critical_rivalry",
        "If M prefers hedging, the quiet hedge survives up to a critical rivalry and no further.",
        r"R \le R^* = \min_s \frac{c_s}{(1-\mu) d_s - \tau_s}",
        _critical_rivalry,
        _prove_critical_rivalry,
    ),
    _about(
        "drift_protects",
        "Where each power loses more from M's drift to the rival than pressure would win, no "
        "rivalry breaks the quiet hedge.",
        r"\tau_s \ge (1-\mu) d_s \; (s = a, b) \implies R^* = \infty",
        _drift_protects,
        _prove_drift_protects,
    ),
    _about(
        "own_policy",
        "More immunity, mediation, offset or retention and a lower cost of hedging never end a "
        "quiet hedge.",
        r"\partial [y - \max(x, w)] / \partial (\lambda, -h) \ge 0, \quad"
        r" \partial e_{s0} / \partial \mu \le 0",
        _own_policy,
    ),
    _about(
        "immunity_has_three_sources",
        "Immunity of one's own, mediation and the offset of third powers matter through their "
        "total only.",
        r"1 - \mu = (1 - \mu_0)(1 - \mu_1)(1 - \mu_2)",
        _three_sources,
        _prove_three_sources,
    ),
    _about(
        "calibrated_cases",
        "At the defaults, a calibrated case hedges quietly if and only if neither patron is worth "
        "more than 0.90 to it; in 2015-2019 only Belarus does not.",
        r"\max(v_a, v_b) \le \lambda - h + \alpha = 0.90",
        _calibrated_cases,
    ),
)
