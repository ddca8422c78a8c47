r"""Propositions about patient hedging.

Letters as in :mod:`hedging.families.patient_hedging`.  Critical discount factors are compared
with those of the repeated game, and those of M's decision problems with value iteration.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families import patient_hedging as patient
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure, uniform
from hedging.repeated.thresholds import finite_punishment, nash_reversion

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]
_MOST_PARTNERS = 400


def _unique_stage(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    found = pure(subject(**uniform(rng, draws, subject)).payoffs)
    return draws, int((found != [[False, False], [False, True]]).any(axis=(1, 2)).sum())


def _prove_unique_stage(subject: Any) -> bool:
    # Tilting and pressing gain g, k and e, l, all positive: both are dominant.
    u, x = subject.payoffs["M"], subject.payoffs["X"]
    return vanish(
        advantage(u, (1, 0), (0, 0)) - patient.g,
        advantage(u, (1, 1), (0, 1)) - patient.k,
        advantage(x, (0, 1), (0, 0)) - patient.e,
        advantage(x, (1, 1), (1, 0)) - patient.loss,
    )


def _grim_trigger(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    found = nash_reversion(subject(**p).payoffs)[:, :, 0, 0]
    m = p["tilt_gain"] / (p["tie_value"] + p["tilt_gain"])
    x = p["pressure_gain"] / (p["partner_value"] + p["pressure_gain"])
    wrong = np.abs(found - np.stack([m, x], -1)).max(axis=1) > 1e-9
    return draws, int(wrong.sum())


def _prove_grim_trigger(subject: Any) -> bool:
    u, x = subject.payoffs["M"], subject.payoffs["X"]
    delta = sympy.Symbol("delta")
    m, n = patient.v + patient.g, patient.w + patient.e
    return vanish(
        u[0, 0] - (1 - delta) * u[1, 0] - delta * u[1, 1] - m * (delta - patient.g / m),
        x[0, 0] - (1 - delta) * x[0, 1] - delta * x[1, 1] - n * (delta - patient.e / n),
    ) and _prove_unique_stage(subject)


def _limited_punishment(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    payoffs = subject(**p).payoffs
    ratios = np.stack(
        [p["tilt_gain"] / p["tie_value"], p["pressure_gain"] / p["partner_value"]], -1
    )
    exercised = failures = 0
    for periods in (1, 2, 3, 5, 8):
        found = finite_punishment(payoffs, periods)[:, :, 0, 0]
        finite = np.isfinite(found)
        delta = np.where(finite, found, 0.5)
        lost = delta * (1 - delta**periods) / (1 - delta)
        # At the threshold the inequality binds, and none exists where K periods are too few.
        wrong = np.where(finite, np.abs(lost - ratios) > 1e-6, ratios < periods)
        exercised, failures = exercised + finite.size, failures + int(wrong.sum())
    return exercised, failures


def _even_handed_pays(
    delta: Floats, n: Floats, v: Floats, g: Floats, quiet: Floats, unseen: Floats
) -> Bools:
    """Whether even-handedness is optimal while trusted, by value iteration."""
    value = np.zeros_like(delta)
    for _ in range(1500):  # 0.97**1500 is below 1e-19
        even, tilt = n * v + delta * quiet * value, n * v + g + delta * unseen * value
        value = np.maximum(even, tilt)
    return np.asarray(even >= tilt)


def _partners_threshold(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    # With one partner the stage gives v and v + g, so these are read from the subject's payoffs.
    p = uniform(rng, draws, subject, tie_value=0.1 + rng.random(draws))
    stage = subject(**p).payoffs[:, 0, :, 0]
    v, g = stage[:, 0], stage[:, 1] - stage[:, 0]
    n = rng.integers(1, 13, draws).astype(np.float64)
    wrong_report = 0.15 * rng.random(draws)
    detect = wrong_report + 0.05 + (0.95 - wrong_report) * rng.random(draws)
    quiet, unseen = (1 - wrong_report) ** n, (1 - detect) ** n
    # No report of a tilt among n independent ones; delta*(n) = g / [(rho - chi) n v + rho g].
    lasting = (quiet - unseen) * n * p["tie_value"] + quiet * p["tilt_gain"]
    star = p["tilt_gain"] / lasting
    formula = patient.critical_delta_partners(
        n,
        tie_value=p["tie_value"],
        tilt_gain=p["tilt_gain"],
        false_alarm=wrong_report,
        detection=detect,
    )
    exercised, failures = 0, int((np.abs(formula - star) > 1e-9 * star).sum())
    for delta in (star * 0.99, star * 1.01, 0.97 * rng.random(draws)):
        inside = (delta < 0.97) & (np.abs(delta - star) > 1e-6)
        found = _even_handed_pays(np.where(inside, delta, 0.5), n, v, g, quiet, unseen)
        exercised += int(inside.sum())
        failures += int((inside & (found != (delta >= star))).sum())
    return exercised, failures


def _by_recursion(subject: Any, rho: Any, chi: Any) -> tuple[Any, ...]:
    """The value of even-handedness with n partners, and M's gain from one tilt; less the forms."""
    n, delta = sympy.symbols("n delta", positive=True)
    u = subject.payoffs["M"]
    v, g = patient.v, patient.g
    even, tilt = n * u[0, 0], n * u[0, 0] + u[1, 0] - u[0, 0]
    value = n * v / (1 - delta * rho)
    bottom = (rho - chi) * n * v + rho * g
    once = tilt + delta * chi * value - value
    return (
        even + delta * rho * value - value,
        once - (g / bottom - delta) * bottom / (1 - delta * rho),
        u[1, 1],  # after an accusation there is nothing
    )


def _prove_partners_threshold(subject: Any) -> bool:
    return vanish(*_by_recursion(subject, *sympy.symbols("rho chi", positive=True)))


def _by_partners(rng: np.random.Generator, draws: int, least_noise: float) -> Floats:
    """delta*(1), delta*(2), ... of random cases, shape (_MOST_PARTNERS, draws)."""
    v, g = rng.uniform(0.1, 1, draws), rng.uniform(0.1, 4, draws)
    noise = rng.uniform(least_noise, 0.15, draws)
    detect = noise + 0.05 + (0.95 - noise) * rng.random(draws)
    n = np.arange(1, _MOST_PARTNERS + 1)[:, None]
    return patient.critical_delta_partners(
        n, tie_value=v, tilt_gain=g, false_alarm=noise, detection=detect
    )


def _partners_u_shape(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    exercised = failures = 0
    for block in _blocks(draws):
        step = np.diff(_by_partners(rng, block, 0.0), axis=0)
        second_helps = step[0] < 0
        has_risen = np.cumsum(step > 0, axis=0) > 0
        falls_again = (has_risen & (step < 0)).any(axis=0)
        exercised += int(second_helps.sum())
        failures += int((second_helps & falls_again).sum())
    return exercised, failures


def _nearly_impossible(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    known = patient.critical_delta_partners([1, 2, 3, 5]).round(2).tolist()
    noisy = patient.critical_delta_partners(np.arange(1, 9), false_alarm=0.15) > 1
    failures = (known != [0.87, 0.70, 0.59, 0.46]) + (noisy.tolist() != [True, *[False] * 6, True])
    for block in _blocks(draws):
        # With false alarms of 3 % and more the chance of no report by 400 is below 0.00001.
        failures += int((_by_partners(rng, block, 0.03)[-1] <= 1).sum())
    return draws + 2, int(failures)


def _blocks(draws: int) -> list[int]:
    """Draws in blocks that keep a table by number of partners small."""
    return [min(1000, draws - start) for start in range(0, draws, 1000)]


def _prove_nearly_impossible(subject: Any) -> bool:
    # 1 / delta* is at most (n v + g) rho / g with rho = exp(-n decay), so it goes to nought.
    n = sympy.Symbol("n", positive=True)
    v, g, decay = sympy.symbols("v g decay", positive=True)
    bound = sympy.limit((n * v + g) * sympy.exp(-decay * n) / g, n, sympy.oo)
    return bool(_prove_partners_threshold(subject) and bound == 0)


def _waiting(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    low, high = np.sort(rng.uniform(0, 2, (2, draws)), axis=0)
    prior, reveal = rng.uniform(0.05, 0.95, draws), rng.uniform(0.02, 0.9, draws)
    now = prior * high + (1 - prior) * low
    flow = rng.random(draws) * now
    star = (now - flow) / (now - flow + reveal * (high - now))
    exercised = failures = 0
    for delta in (star * 0.98, star + 0.02 * (1 - star)):
        inside = (delta < 0.97) & (np.abs(delta - star) > 1e-6)
        factor = np.where(inside, delta, 0.5)
        commit, known = now / (1 - factor), high / (1 - factor)
        value = commit
        for _ in range(1500):
            wait = flow + factor * (reveal * known + (1 - reveal) * value)
            value = np.maximum(commit, wait)
        exercised += int(inside.sum())
        # Waiting once and committing is worth as much as waiting for ever only at the threshold.
        failures += int((inside & ((wait >= commit) != (delta >= star))).sum())
    return exercised, failures


def _prove_waiting(subject: Any) -> bool:
    del subject  # a decision of M alone, with values of its own
    flow, rate, now, high, delta = sympy.symbols("flow rate now high delta", positive=True)
    commit, known = now / (1 - delta), high / (1 - delta)
    ever = (flow + delta * rate * known) / (1 - delta * (1 - rate))
    once = flow + delta * (rate * known + (1 - rate) * commit)
    bottom = now - flow + rate * (high - now)
    scaled = bottom * (delta - (now - flow) / bottom) / (1 - delta)
    return vanish(
        # Waiting for ever solves its recursion; waiting once and for ever pay together.
        ever - flow - delta * (rate * known + (1 - rate) * ever),
        once - commit - scaled,
        (ever - commit) * (1 - delta * (1 - rate)) - scaled,
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
        name, "patient_hedging", statement, latex, confirm, patient.MODEL, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "unique_stage_equilibrium",
        "Played once, tilting and pressing are dominant.",
        r"g, k, e, l > 0 \implies NE = \{(\text{tilt}, \text{pressure})\}",
        _unique_stage,
        _prove_unique_stage,
        "From the payoffs: tilting gains M g and k, pressing gains X e and l, against either act "
        "of the other.",
    ),
    _about(
        "grim_trigger",
        "Under the threat of (tilt, pressure) for ever, even-handedness is kept by discount "
        "factors of at least the gain over gain and tie.",
        r"\delta_M^* = \frac{g}{v + g}, \quad \delta_X^* = \frac{e}{w + e}",
        _grim_trigger,
        _prove_grim_trigger,
        "From the payoffs: the good profile for ever less the best deviation now and (tilt, "
        "pressure) ever after is (v+g) (delta - g/(v+g)) per period for M and likewise for X, and "
        "the threat is the equilibrium of the stage.",
    ),
    _about(
        "limited_punishment",
        "K periods of punishment suffice if and only if what they take, discounted, is worth the "
        "gain; fewer than gain over tie never do.",
        r"\frac{\delta (1 - \delta^K)}{1 - \delta} \ge \frac{g}{v}, \quad K > \frac{g}{v}",
        _limited_punishment,
        case="points, each with both players and five lengths of punishment",
    ),
    _about(
        "partners_threshold",
        "With n partners in conflict who may misread it, M stays even-handed if and only if it is "
        "patient enough.",
        r"\delta \ge \delta^*(n) = \frac{g}{(\rho - \chi) n v + \rho g}",
        _partners_threshold,
        _prove_partners_threshold,
        "From the stage payoffs v and v + g of one partner: n v/(1 - delta rho) solves the "
        "recursion of the value of even-handedness, and one tilt gains M a positive multiple of "
        "delta*(n) - delta.",
        case="points, each with three discount factors",
    ),
    _about(
        "partners_u_shape",
        "If a second partner makes even-handedness easier, so does each further one up to some "
        "number, and beyond it each makes it harder.",
        r"\delta^*(2) < \delta^*(1) \implies \delta^* \text{ falls, then rises}",
        _partners_u_shape,
    ),
    _about(
        "nearly_impossible",
        "With any false alarms at all, beyond some number of partners no patience suffices.",
        r"\varepsilon > 0 \implies \lim_{n \to \infty} 1/\delta^*(n) = 0",
        _nearly_impossible,
        _prove_nearly_impossible,
        "From the same recursion 1/delta*(n) is at most (n v + g) rho/g, with rho = (1 - "
        "epsilon)^n, and this has the limit nought.",
        case="points, and two tables typed in",
    ),
    _about(
        "waiting_option",
        "Staying uncommitted until the winner is known pays if and only if M is patient enough.",
        r"\delta \ge \frac{\bar v - h_w}{\bar v - h_w + \lambda_w (v_H - \bar v)}",
        _waiting,
        _prove_waiting,
        "From the recursion of the value of waiting: waiting once and waiting for ever exceed "
        "committing now by positive multiples of delta less the threshold.",
        case="points, each with two discount factors",
    ),
)
