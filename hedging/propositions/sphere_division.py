r"""Propositions about the division of spheres.

Letters as in :mod:`hedging.families.sphere_division`: :math:`a = xE - c_A` and
:math:`b = yS - c_B` are the net gains of entry and :math:`f` the friction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families import sphere_division as spheres
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Floats, is_equilibrium, pure, uniform
from hedging.repeated.thresholds import minmax_bound, nash_reversion

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


def _gains(p: dict[str, Floats]) -> tuple[Floats, Floats, Floats]:
    a = p["capture_share_a"] * p["economic_rent"] - p["entry_cost_a"]
    b = p["capture_share_b"] * p["security_rent"] - p["entry_cost_b"]
    return a, b, p["friction"]


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    a, b, f = _gains(p)
    claim = np.empty((draws, 2, 2), dtype=bool)
    claim[:, 0, 0] = (a <= 0) & (b <= 0)
    claim[:, 1, 1] = (a >= f) & (b >= f)
    claim[:, 0, 1] = (a <= f) & (b >= 0)
    claim[:, 1, 0] = (a >= 0) & (b <= f)
    return draws, int((pure(subject(**p).payoffs) != claim).any(axis=(1, 2)).sum())


def _prove_pure_equilibria(subject: Any) -> bool:
    u, v = subject.payoffs["A"], subject.payoffs["B"]
    a, b, f = spheres.a, spheres.b, spheres.f
    return vanish(
        advantage(u, (1, 0), (0, 0)) - a,
        advantage(u, (1, 1), (0, 1)) - (a - f),
        advantage(v, (0, 1), (0, 0)) - b,
        advantage(v, (1, 1), (1, 0)) - (b - f),
    )


def _chicken_mix(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    # Entry that pays alone but not against entry: a and b are drawn inside (0, f).
    for s, rent, t in (("a", "economic", 0), ("b", "security", 1)):
        gain = p["friction"] * rng.random(draws) * (1 + 0.2 * t)
        p[f"entry_cost_{s}"] = p[f"capture_share_{s}"] * p[f"{rent}_rent"] - gain
    a, b, f = _gains(p)
    chicken = (a > 0) & (a < f) & (b > 0) & (b < f)
    enters_b, enters_a = np.where(chicken, a / f, 0), np.where(chicken, b / f, 0)
    mixes = [np.stack([1 - q, q], -1) for q in (enters_a, enters_b)]
    held = is_equilibrium(subject(check_bounds=False, **p).payoffs, mixes)
    return int(chicken.sum()), int((chicken & ~held).sum())


def _prove_chicken_mix(subject: Any) -> bool:
    u, v = subject.payoffs["A"], subject.payoffs["B"]
    q = sympy.Symbol("q")
    of_a = (1 - q) * advantage(u, (1, 0), (0, 0)) + q * advantage(u, (1, 1), (0, 1))
    of_b = (1 - q) * advantage(v, (0, 1), (0, 0)) + q * advantage(v, (1, 1), (1, 0))
    return vanish(
        of_a - spheres.f * (spheres.a / spheres.f - q),
        of_b - spheres.f * (spheres.b / spheres.f - q),
    )


def _grim_respect(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    # Half of each entry cost, so that many draws have a prisoners' dilemma or a deadlock.
    p["entry_cost_a"], p["entry_cost_b"] = p["entry_cost_a"] / 2, p["entry_cost_b"] / 2
    a, b, f = _gains(p)
    entry = (a > f) & (b > f)
    thresholds = nash_reversion(subject(**p).payoffs)[:, :, 0, 0]
    bites_a = p["capture_share_b"] * p["security_rent"] + f
    bites_b = p["capture_share_a"] * p["economic_rent"] + f
    wrong = np.zeros(draws, dtype=bool)
    for player, (gain, bite) in enumerate(((a, bites_a), (b, bites_b))):
        claim = np.where(gain < bite, gain / bite, np.inf)
        wrong |= ~np.isclose(thresholds[:, player], claim, rtol=0, atol=1e-9)
    return int(entry.sum()), int((entry & wrong).sum())


def _restraint(subject: Any) -> tuple[Any, Any, Any]:
    """What respect for ever is worth beyond entry now and a clash ever after, per period."""
    u, v = subject.payoffs["A"], subject.payoffs["B"]
    delta = sympy.Symbol("delta")
    of_a = u[0, 0] - (1 - delta) * u[1, 0] - delta * u[1, 1]
    of_b = v[0, 0] - (1 - delta) * v[0, 1] - delta * v[1, 1]
    return delta, of_a, of_b


def _prove_grim_respect(subject: Any) -> bool:
    delta, of_a, of_b = _restraint(subject)
    s = spheres
    bite_a, bite_b = s.y * s.S + s.f, s.x * s.E + s.f
    return vanish(
        of_a - bite_a * (delta - s.a / bite_a), of_b - bite_b * (delta - s.b / bite_b)
    ) and _prove_pure_equilibria(subject)


def _streams(payoffs: Floats) -> tuple[Floats, Floats]:
    """Patience at which respect for ever equals entry now and mutual entry ever after."""
    u, v = payoffs[:, 0], payoffs[:, 1]
    out = []
    for respect, entry, clash in (
        (u[:, 0, 0], u[:, 1, 0], u[:, 1, 1]),
        (v[:, 0, 0], v[:, 0, 1], v[:, 1, 1]),
    ):
        out.append(np.maximum(entry - respect, 0) / (entry - clash))
    return out[0], out[1]


def _erosion_path(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    known_a, known_b = [5 / 7.5, 5 / 11, 5 / 16, 5 / 20.4, 5 / 24], [0, 0, 0, 44 / 260, 80 / 260]
    delta_a, delta_b = _streams(subject(capture_share_b=[0.015, 0.05, 0.1, 0.144, 0.18]).payoffs)
    wrong = (np.abs(delta_a - known_a) > 1e-9) | (np.abs(delta_b - known_b) > 1e-9)
    # And anywhere: a larger share of B never asks more patience of A, nor less of B.
    p = uniform(rng, draws, subject)
    more = p | {
        "capture_share_b": p["capture_share_b"] + rng.random(draws) * (0.6 - p["capture_share_b"])
    }
    before, after = (_streams(subject(**at).payoffs) for at in (p, more))
    turned = (after[0] > before[0] + 1e-12) | (after[1] < before[1] - 1e-12)
    return draws + len(known_a), int(wrong.sum() + turned.sum())


def _prove_erosion_path(subject: Any) -> bool:
    delta, of_a, of_b = _restraint(subject)
    s = spheres
    # Both are linear in delta.
    star_a, star_b = (
        -e.subs(delta, 0) / sympy.diff(e, delta) for e in map(sympy.expand, (of_a, of_b))
    )
    easier = sympy.diff(star_a, s.y) + s.a * s.S / (s.y * s.S + s.f) ** 2
    harder = sympy.diff(star_b, s.y) - s.S / (s.x * s.E + s.f)
    return vanish(easier, harder)


def _least_patience(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    a, b, f = _gains(p)
    bound = minmax_bound(subject(**p).payoffs)[:, :, 0, 0]
    wrong = np.zeros(draws, dtype=bool)
    for player, (gain, taken) in enumerate(
        (
            (a, p["capture_share_b"] * p["security_rent"]),
            (b, p["capture_share_a"] * p["economic_rent"]),
        )
    ):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = gain / (taken + np.minimum(gain, f))
        claim = np.where(gain <= 0, 0, np.where(ratio < 1, ratio, np.inf))
        wrong |= ~np.isclose(bound[:, player], claim, rtol=0, atol=1e-9)
    return draws, int(wrong.sum())


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
        name, "sphere_division", statement, latex, confirm, spheres.MODEL, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "pure_equilibria",
        "Spheres are respected if and only if entry pays neither power alone; both enter if and "
        "only if it pays both even against entry; one enters alone in between.",
        r"(\text{respect}, \text{respect}) \iff a, b \le 0; \quad"
        r" (\text{encroach}, \text{encroach}) \iff a, b \ge f; \quad"
        r" (\text{respect}, \text{encroach}) \iff a \le f, b \ge 0",
        _pure_equilibria,
        _prove_pure_equilibria,
        "From the payoffs: entry gains A a against respect and a - f against entry, and B likewise "
        "b and b - f; the signs of these four are the statement.",
    ),
    _about(
        "chicken_mix",
        "Where entry pays alone but not against entry, the game is chicken, with a mix in which "
        "each enters as often as the other's gain is to friction.",
        r"0 < a, b < f: \quad \Pr(\text{B encroaches}) = a / f, \quad"
        r" \Pr(\text{A encroaches}) = b / f",
        _chicken_mix,
        _prove_chicken_mix,
        "From the payoffs: what entry gains a power, if the other enters with probability q, is "
        "f (a/f - q) for A and f (b/f - q) for B.",
    ),
    _about(
        "grim_respect",
        "Where both would enter, patience sustains respect: each power needs a discount factor of "
        "at least its gain over what retaliation takes.",
        r"\delta_A \ge \frac{a}{y S + f}, \quad \delta_B \ge \frac{b}{x E + f}",
        _grim_respect,
        _prove_grim_respect,
        "From the payoffs: respect for ever less entry now and a clash ever after is "
        "(y S + f) (delta - a/(y S + f)) per period for A and likewise for B, and a clash is an "
        "equilibrium where a, b >= f.",
    ),
    _about(
        "erosion_path",
        "Against mutual entry for ever, a growing share of B in security makes B harder and A "
        "easier to restrain.",
        r"\partial \delta_A^* / \partial y = -\frac{a S}{(y S + f)^2} \le 0, \quad"
        r" \partial \delta_B^* / \partial y = \frac{S}{x E + f} > 0",
        _erosion_path,
        _prove_erosion_path,
        "From the payoffs: the derivatives by y of the discount factors at which respect for ever "
        "equals entry now and a clash ever after are the two given, of opposite sign if a > 0.",
        case="points, and five shares typed in",
    ),
    _about(
        "least_patience",
        "No punishment sustains respect at lower discount factors than the worst that the other "
        "can do, whether it is met by entry or by respect.",
        r"\delta_A \ge \frac{a}{y S + \min(a, f)}, \quad \delta_B \ge \frac{b}{x E + \min(b, f)}",
        _least_patience,
    ),
)
