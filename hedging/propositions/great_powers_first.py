r"""Propositions about triadic hedging when the great powers move first.

Letters as in :mod:`hedging.families.great_powers_first`.  Brute force is backward induction over
the payoff array: M's best replies after each pair of postures, ties in every way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.leaders import first_mover_outcomes
from hedging.families import triadic_hedging as triad
from hedging.families.great_powers_first import deterred, quiet_hedge
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure, such_that, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


def _led(subject: Any, p: dict[str, Floats]) -> Bools:
    """Whether the quiet hedge is an outcome, by backward induction."""
    return np.asarray(first_mover_outcomes(subject(**p).payoffs, (1, 2))[0][:, 1, 0, 0])


def _drawn(rng: np.random.Generator, draws: int, subject: Any) -> dict[str, Floats]:
    """Parameters at which M likes to hedge and is often pressed; even draws seldom are such."""
    p = uniform(rng, draws, subject, mediation=0.0, offset=0.0)
    p["retention"] = 0.7 + 0.3 * p["retention"]
    p["drift_loss_a"], p["drift_loss_b"] = p["drift_loss_a"] / 2, p["drift_loss_b"] / 2
    return p


def _reply(p: dict[str, Floats], power: str) -> NDArray[np.intp]:
    """M's reply to lone pressure: 0 to join the power, 1 to hedge, 2 to join its rival."""
    own, other = (p[f"value_{t}"] - p["autonomy_cost"] for t in (power, "ab".replace(power, "")))
    force = p["rivalry"] * p[f"coercion_{power}"]
    exposure = (1 - p["immunity"]) * (1 - p["mediation"]) * (1 - p["offset"])
    hedge = p["retention"] * (p["value_a"] + p["value_b"]) - p["hedging_cost"]
    choices = (own - p[f"captive_loss_{power}"], hedge - exposure * force, other - force)
    return np.asarray(np.argmax(choices, axis=0))


def _prefers(p: dict[str, Floats]) -> Bools:
    hedge = p["retention"] * (p["value_a"] + p["value_b"]) - p["hedging_cost"]
    return np.asarray(hedge >= np.maximum(p["value_a"], p["value_b"]) - p["autonomy_cost"])


def _sequential(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    wrong = 0
    for p in (uniform(rng, draws // 2, subject), _drawn(rng, draws - draws // 2, subject)):
        wrong += int((_led(subject, p) != quiet_hedge(**p)).sum())
    return draws, wrong


def _prove_sequential(subject: Any) -> bool:
    t = triad
    u_m = subject.payoffs["M"]
    gaps = [u_m[row, 0, 0] - base for row, base in enumerate((t.x, t.y, t.w))]
    for u, at, g, b, c, d, tau, rho, theta, z, loss, k, own, other, rows in (
        (subject.payoffs["A"], (1, 0), t.g_a, t.b_a, t.c_a, t.d_a, t.tau_a, t.rho_a, t.theta_a,
         t.z_a, t.l_a, t.k_a, t.x, t.w, (0, 1, 2)),
        (subject.payoffs["B"], (0, 1), t.g_b, t.b_b, t.c_b, t.d_b, t.tau_b, t.rho_b, t.theta_b,
         t.z_b, t.l_b, t.k_b, t.w, t.x, (2, 1, 0)),
    ):  # fmt: skip
        join, hedge, flee = (advantage(u, (row, *at), (1, 0, 0)) for row in rows)
        gaps += [
            u[1, 0, 0] - b,
            join - (g + theta * rho - c - b),
            hedge - (t.exposure * t.R * d - c - t.R * tau),
            flee - (t.R * z - loss - c - b),
        ]
        after = (own - rho, t.y - t.exposure * t.R * k, other - t.R * k)
        gaps += [u_m[row, *at] - worth for row, worth in zip(rows, after, strict=True)]
    return vanish(*gaps)


def _useful_buffer(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    def yielding() -> tuple[dict[str, Floats], Bools]:
        p = _drawn(rng, draws, subject)
        return p, _prefers(p) & (_reply(p, "a") == 0) & deterred("b", **p)

    p = such_that(yielding, draws)
    margin = p["alignment_value_a"] + p["capture_share_a"] * p["captive_loss_a"]
    claim = p["usefulness_a"] >= margin - p["pressure_cost_a"]
    return len(claim), int((_led(subject, p) != claim).sum())


def _usefulness_helps(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    def more(p: dict[str, Floats]) -> dict[str, Floats]:
        step = {t: rng.random(len(p["rivalry"])) for t in "ab"}
        return p | {
            f"usefulness_{t}": p[f"usefulness_{t}"] + (1 - p[f"usefulness_{t}"]) * step[t]
            for t in "ab"
        }

    def hedging() -> tuple[dict[str, Floats], Bools]:
        p = _drawn(rng, draws, subject)
        # Where M would join a power that presses, usefulness decides; elsewhere it cannot matter.
        torn = (_reply(p, "a") == 0) | (_reply(p, "b") == 0)
        return p, torn & _prefers(p) & _led(subject, p)

    p = such_that(hedging, draws)
    return len(p["rivalry"]), int((~_led(subject, more(p))).sum())


def _steadfast(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _drawn(rng, draws, subject)
    steady = (_reply(p, "a") == 1) & (_reply(p, "b") == 1)
    at_once = pure(subject(**p).payoffs)[:, 1, 0, 0]
    return int(steady.sum()), int((steady & (_led(subject, p) != at_once)).sum())


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
        "quiet_hedge_led",
        "If the powers move first, the quiet hedge is subgame-perfect exactly when M prefers it "
        "and has a best reply to each power's lone pressure that makes pressing not worth while.",
        r"y \ge \max(x, w), \; \forall s \; \exists r \in BR_M(s \text{ presses}): "
        r"u_s(r; s \text{ presses}) \le b_s",
        _sequential,
        _prove_sequential,
        "From the payoffs: M's three payoffs after quiet and after either lone pressure, and what "
        "pressing gains a power if M then joins it, hedges or flees, are those of the closed form; "
        "backward induction compares nothing else.",
    ),
    _about(
        "useful_buffer",
        "Where M would capitulate to A alone, and B is deterred, the quiet hedge survives if and "
        "only if the buffer is worth more to A than a captive, less the cost of pressing.",
        r"b_a \ge g_a + \theta_a \rho_a - c_a",
        _useful_buffer,
    ),
    _about(
        "usefulness_helps",
        "More usefulness to either power never ends a quiet hedge when the powers move first.",
        r"\partial [b_s - u_s(r; s \text{ presses})] / \partial b_s \ge 0",
        _usefulness_helps,
    ),
    _about(
        "order_of_moves",
        "If M would hedge on under the lone pressure of either power, the quiet hedge survives "
        "with the powers moving first exactly when it does with all moving at once.",
        r"\mu \ge \mu_{cap,s} \; (s = a, b) \implies \text{SPE} \Leftrightarrow \text{NE}",
        _steadfast,
    ),
)
