r"""Propositions about the ladder of alignment.

Letters as in :mod:`hedging.families.alignment_ladder` and :mod:`hedging.families.triadic_hedging`.
"""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import sympy

from hedging.families import alignment_ladder as rungs
from hedging.families import triadic_hedging as triad
from hedging.propositions.algebra import vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Floats, pure, signs_as, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]

_LEVELS = np.array([float(s) for s in rungs.LEVELS])
_TRIAD: Any = triad.MODEL
_COARSE = (0, 2, 4)
"""Places of the levels 1, 1/2, 0 among the five."""


def _power(share: Floats, base: Floats) -> Floats:
    """The share to the power -log2(base), with 0^0 = 0, shape (N, m)."""
    with np.errstate(divide="ignore"):
        values = share ** -np.log2(base)[:, None]
    return np.where(share > 0, values, 0.0)


def _of_m(p: dict[str, Floats]) -> Floats:
    """M's payoff at every level and pressure, typed, shape (N, m, 2, 2)."""
    s = _LEVELS
    exposure = (1 - p["immunity"]) * (1 - p["mediation"]) * (1 - p["offset"])
    lean = 2 * s - 1

    def col(name: str) -> Floats:
        return p[name][:, None]

    base = (
        _power(s, p["retention"]) * col("value_a")
        + _power(1 - s, p["retention"]) * col("value_b")
        - col("hedging_cost")
        - (col("autonomy_cost") - col("hedging_cost")) * np.abs(lean)
    )
    rivalry = col("rivalry")
    loss_a = rivalry * col("coercion_a") * _power(1 - s, exposure)
    loss_a = loss_a + col("captive_loss_a") * np.maximum(0, lean)
    loss_b = rivalry * col("coercion_b") * _power(s, exposure)
    loss_b = loss_b + col("captive_loss_b") * np.maximum(0, -lean)
    acts = np.array([0.0, 1.0])
    return np.asarray(
        base[:, :, None, None]
        - acts[:, None] * loss_a[:, :, None, None]
        - acts * loss_b[:, :, None, None]
    )


def _gains(p: dict[str, Floats]) -> dict[str, Floats]:
    """What pressing gains A and B at every level and act of the other, shape (N, m, 2)."""
    exposure = (1 - p["immunity"]) * (1 - p["mediation"]) * (1 - p["offset"])
    rivalry = p["rivalry"]
    gains = {}
    for t, towards in (("a", _LEVELS), ("b", 1 - _LEVELS)):
        cost = p[f"pressure_cost_{t}"]
        taken = exposure * rivalry * p[f"concession_{t}"]
        own = p[f"capture_share_{t}"] * p[f"captive_loss_{t}"] - cost
        rival = rivalry * p[f"spoiling_{t}"] - cost
        hedged = np.stack(
            [
                taken - cost - rivalry * p[f"drift_loss_{t}"],
                p["congestion"] * taken - cost - rivalry * p[f"windfall_{t}"],
            ],
            -1,
        )
        up = np.maximum(0, 2 * towards - 1)[None, :, None]
        down = np.maximum(0, 1 - 2 * towards)[None, :, None]
        gains[t] = (
            up * own[:, None, None]
            + down * rival[:, None, None]
            + (1 - up - down) * hedged[:, None, :]
        )
    return gains


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    u, gains = _of_m(p), _gains(p)
    claim = u >= u.max(axis=1, keepdims=True)
    for i, j in product((0, 1), (0, 1)):
        claim[:, :, i, j] &= signs_as(gains["a"][:, :, j], i) & signs_as(gains["b"][:, :, i], j)
    wrong = (pure(subject(**p).payoffs) != claim).any(axis=(1, 2, 3))
    return draws, int(wrong.sum())


def _rises_with_value(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    q_a, q_b = rng.random((2, draws, 1))
    wrong = np.zeros(draws, dtype=bool)
    for side, turn in (("a", 1), ("b", -1)):
        name = f"value_{side}"
        more = p | {name: p[name] + rng.random(draws) * (1 - p[name])}
        best = []
        for at in (p, more):
            u = subject(**at).payoffs[:, 0]
            against = (1 - q_b) * u[:, :, 0, 0] + q_b * u[:, :, 0, 1]
            pressed = (1 - q_b) * u[:, :, 1, 0] + q_b * u[:, :, 1, 1]
            best.append(_LEVELS[((1 - q_a) * against + q_a * pressed).argmax(axis=1)])
        wrong |= turn * (best[1] - best[0]) < 0
    return draws, int(wrong.sum())


def _prove_rises_with_value(subject: Any) -> bool:
    """M's payoff rises in v_a at the rate lam**k, with k falling as the level rises."""
    u, lam = subject.payoffs["M"], triad.lam
    powers = [0, sympy.log(sympy.Rational(4, 3)) / sympy.log(2), 1, 2]
    rates = [lam**k for k in powers] + [sympy.Integer(0)]
    falling = all(bool(k < more) for k, more in pairwise(powers))  # and lam is 1 at most
    return falling and all(
        sympy.simplify(sympy.diff(u[place, i, j], value) - rate) == 0
        for value, order in ((triad.v_a, rates), (triad.v_b, rates[::-1]))
        for place, rate in enumerate(order)
        for i, j in product((0, 1), (0, 1))
    )


def _finer_is_more_demanding(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    fine = pure(subject(**p).payoffs)[:, _COARSE]
    coarse = pure(_TRIAD(**p).payoffs)
    exercised = fine.any(axis=(1, 2, 3))
    return int(exercised.sum()), int((fine & ~coarse).any(axis=(1, 2, 3)).sum())


def _three_levels_are_the_triad(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    ours, theirs = subject(**p).payoffs[:, :, _COARSE], _TRIAD(**p).payoffs
    wrong = ~np.isclose(ours, theirs, rtol=0, atol=1e-12).reshape(draws, -1).all(axis=1)
    return draws, int(wrong.sum())


def _prove_three_levels_are_the_triad(subject: Any) -> bool:
    ours, theirs = subject.payoffs, triad.MODEL.payoffs
    return vanish(
        *(
            ours[player][_COARSE[row], i, j] - theirs[player][row, i, j]
            for player in "MAB"
            for row, i, j in np.ndindex(3, 2, 2)
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
        name, "alignment_ladder", statement, latex, confirm, rungs.MODEL, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "three_levels_are_the_triad",
        "The levels of A's camp, the hedge and B's camp have the payoffs of triadic hedging.",
        r"u(1, i, j), \; u(1/2, i, j), \; u(0, i, j) \text{ as in triadic hedging}",
        _three_levels_are_the_triad,
        _prove_three_levels_are_the_triad,
        "The 36 payoffs at these three of the five levels are those of triadic hedging, entry by "
        "entry.",
    ),
    _about(
        "pure_equilibria",
        "A level and two postures are an equilibrium if and only if the level is best and the "
        "gains from pressing, linear between camp, hedge and camp, have the sign of the postures.",
        r"u_M(s, i, j) = \max_t u_M(t, i, j), \quad"
        r" e_a(s, j) \gtrless 0, \; e_b(s, i) \gtrless 0 \text{ as } i, j = 1, 0",
        _pure_equilibria,
    ),
    _about(
        "rises_with_value",
        "M's best level does not fall as A's patronage gains value nor rise as B's does, whatever "
        "the pressures.",
        r"\partial^2 u_M / \partial s \, \partial v_a \ge 0 \;\Rightarrow\; s^*(v_a) \text{ rises}",
        _rises_with_value,
        _prove_rises_with_value,
        "From the payoffs: the derivative of M's payoff by v_a is lam^k at every pressure, with k "
        "falling from level to level towards A and lam at most 1, and by v_b the mirror image; "
        "increasing differences do the rest.",
    ),
    _about(
        "finer_is_more_demanding",
        "A pure equilibrium at one of the three levels is one of triadic hedging too.",
        r"\mathrm{NE}(\text{ladder}) \cap \{1, 1/2, 0\} \subseteq \mathrm{NE}(\text{triad})",
        _finer_is_more_demanding,
    ),
)
