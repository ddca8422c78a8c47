r"""Propositions about ambiguity as a signal.

Letters as in :mod:`hedging.families.ambiguity_signalling`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.families import ambiguity_signalling as ambiguity
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Floats, is_equilibrium, pure, signs_as, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


def _worth(p: dict[str, Floats], a: int, b: int) -> Floats:
    """What ambiguity brings M if A and B court as given."""
    return p["courted_value_a"] * a + p["courted_value_b"] * b - p["ambiguity_cost"]


def _both(p: dict[str, Floats], a: int, b: int) -> Any:
    """Whether both types want to be ambiguous if A and B court as given."""
    most = np.maximum(p["revealed_value_a"], p["revealed_value_b"])
    return _worth(p, a, b) >= most


def _window(p: dict[str, Floats]) -> tuple[Floats, Floats]:
    return (
        p["courting_cost_a"] / p["courting_gain_a"],
        1 - p["courting_cost_b"] / p["courting_gain_b"],
    )


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    low, high = _window(p)
    belief = p["lean_probability"]
    gain_a, gain_b = (p[f"courting_gain_{t}"] - p[f"courting_cost_{t}"] for t in "ab")
    s_a, s_b = p["revealed_value_a"], p["revealed_value_b"]
    claim = np.zeros((draws, 2, 2, 2, 2), dtype=bool)
    for a, b in np.ndindex(2, 2):
        worth = _worth(p, a, b)
        claim[:, 0, 0, a, b] = (worth <= s_a) & (worth <= s_b)
        claim[:, 1, 1, a, b] = _both(p, a, b) & signs_as(belief - low, a)
        claim[:, 1, 1, a, b] &= signs_as(high - belief, b)
        if not b:
            claim[:, 1, 0, a, b] = (s_a <= worth) & (worth <= s_b) & signs_as(gain_a, a)
        if not a:
            claim[:, 0, 1, a, b] = (s_b <= worth) & (worth <= s_a) & signs_as(gain_b, b)
    wrong = (pure(subject(**p).payoffs) != claim).reshape(draws, -1).any(axis=1)
    return draws, int(wrong.sum())


def _prove_pure_equilibria(subject: Any) -> bool:
    m = ambiguity
    of_a, of_b, u, w = (subject.payoffs[who] for who in ("M_leans_a", "M_leans_b", "A", "B"))
    gaps = []
    for i, a, b in np.ndindex(2, 2, 2):
        worth = m.t_A * a + m.t_B * b - m.kappa
        gaps.append(advantage(of_a, (1, i, a, b), (0, i, a, b)) - (worth - m.s_a))
        gaps.append(advantage(of_b, (i, 1, a, b), (i, 0, a, b)) - (worth - m.s_b))
    for i, j, other in np.ndindex(2, 2, 2):
        mass = m.pi * i + (1 - m.pi) * j
        courts_a = advantage(u, (i, j, 1, other), (i, j, 0, other))
        courts_b = advantage(w, (i, j, other, 1), (i, j, other, 0))
        gaps.append(courts_a - (m.pi * i * m.gamma_A - m.c_A * mass))
        gaps.append(courts_b - ((1 - m.pi) * j * m.gamma_B - m.c_B * mass))
    return vanish(*gaps)


def _productive_ambiguity(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    low, high = _window(p)
    belief = p["lean_probability"]
    claim = (low <= belief) & (belief <= high) & _both(p, 1, 1)
    return draws, int((pure(subject(**p).payoffs)[:, 1, 1, 1, 1] != claim).sum())


def _courted_by_one(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    low, high = _window(p)
    belief = p["lean_probability"]
    found = pure(subject(**p).payoffs)[:, 1, 1]
    by_a = (belief >= low) & (belief >= high) & _both(p, 1, 0)
    by_b = (belief <= low) & (belief <= high) & _both(p, 0, 1)
    return draws, int(((found[:, 1, 0] != by_a) | (found[:, 0, 1] != by_b)).sum())


def _semi_separating(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    found = pure(subject(**p).payoffs)
    s_a, s_b = p["revealed_value_a"], p["revealed_value_b"]
    by_a, by_b = _worth(p, 1, 0), _worth(p, 0, 1)
    pays_a, pays_b = (p[f"courting_gain_{t}"] >= p[f"courting_cost_{t}"] for t in "ab")
    first = pays_b & (s_a >= by_b) & (by_b >= s_b)
    mirror = pays_a & (s_b >= by_a) & (by_a >= s_a)
    wrong = (found[:, 0, 1, 0, 1] != first) | (found[:, 1, 0, 1, 0] != mirror)
    return draws, int(wrong.sum())


def _empty_window(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    low, high = _window(p)
    # The best belief for both is between the bounds; the rest favours ambiguity.
    p["lean_probability"] = np.clip((low + high) / 2, 0.02, 0.98)
    p["ambiguity_cost"] = np.zeros(draws)
    p["revealed_value_a"], p["revealed_value_b"] = np.zeros(draws), np.zeros(draws)
    found = pure(subject(**p).payoffs)[:, 1, 1, 1, 1]
    clear = (low + high > 0.04) & (low + high < 1.96)  # not at the ends of the range of beliefs
    exists = low + 1 - high <= 1
    return int(clear.sum()), int((clear & (found != exists)).sum())


def _partial_pooling(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    # The share q that A must court is drawn a little beyond [0, 1]; s_a follows.
    q = 1.2 * rng.random(draws) - 0.1
    p["revealed_value_a"] = q * p["courted_value_a"] + p["courted_value_b"] - p["ambiguity_cost"]
    belief, cost_b = p["lean_probability"], p["courting_cost_b"]
    cost = p["courting_cost_a"]
    with np.errstate(divide="ignore"):
        m = cost * (1 - belief) / (belief * (p["courting_gain_a"] - cost))
    proper = (m > 0) & (m < 1) & (q > 0) & (q < 1)
    courts = (1 - belief) * p["courting_gain_b"] >= cost_b * (belief * m + 1 - belief)
    claim = proper & (p["revealed_value_a"] >= p["revealed_value_b"]) & courts
    at_m, at_q = np.where(proper, m, 0.5), np.where(proper, q, 0.5)
    nought = np.zeros(draws)
    mixes = [
        np.stack([1 - at_m, at_m], -1),
        np.stack([nought, nought + 1], -1),
        np.stack([1 - at_q, at_q], -1),
        np.stack([nought, nought + 1], -1),
    ]
    held = is_equilibrium(subject(check_bounds=False, **p).payoffs, mixes)
    wrong = proper & (held != claim)
    # The closed form of the family, where its parameters are in range.
    usable = (p["revealed_value_a"] >= 0) & (p["revealed_value_a"] <= 0.9)
    stated = ambiguity.partial_pooling(**{k: x[usable] for k, x in p.items()})
    wrong[usable] |= np.isfinite(stated[0]) != claim[usable]
    return int(proper.sum()), int(wrong.sum())


def _about(
    name: str,
    statement: str,
    latex: str,
    confirm: Any,
    prove: Any = None,
    proves: str = "",
    case: str = "",
) -> Proposition:
    subject = ambiguity.MODEL
    return Proposition(
        name, "ambiguity_signalling", statement, latex, confirm, subject, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "pure_equilibria",
        "In a pure equilibrium both types are ambiguous, one alone is and only the power it leans "
        "to may court it, or both reveal; each under inequalities in the payoffs.",
        r"(\text{ambiguous}, \text{ambiguous}, A, B), \; (\text{reveal}, \text{ambiguous}, 0, B),"
        r" \; (\text{ambiguous}, \text{reveal}, A, 0), \; (\text{reveal}, \text{reveal}, A, B)",
        _pure_equilibria,
        _prove_pure_equilibria,
        "From the payoffs, at all 16 profiles: ambiguity gains a type t_A a + t_B b - kappa less "
        "s_a or s_b, and courting gains a power what it wins of the type that leans to it less its "
        "cost on whoever is ambiguous, so it never courts the other type alone.",
    ),
    _about(
        "productive_ambiguity",
        "Both types are ambiguous and both powers court exactly for beliefs in a window and if "
        "two courtiers are worth more than any plain word.",
        r"c_A/\gamma_A \le \pi \le 1 - c_B/\gamma_B, \quad t_A + t_B - \kappa \ge \max(s_a, s_b)",
        _productive_ambiguity,
    ),
    _about(
        "courted_by_one",
        "Both types are ambiguous and one power alone courts if the belief suits it and not the "
        "other, and one courtier is worth enough.",
        r"\pi \ge c_A/\gamma_A, \; \pi \ge 1 - c_B/\gamma_B, \; t_A - \kappa \ge \max(s_a, s_b)",
        _courted_by_one,
    ),
    _about(
        "semi_separating",
        "One type reveals, the other is ambiguous and courted by the power it leans to.",
        r"\gamma_B \ge c_B, \quad s_a \ge t_B - \kappa \ge s_b",
        _semi_separating,
    ),
    _about(
        "empty_window",
        "There is a belief at which both court if and only if their cost ratios sum to one at "
        "most.",
        r"\exists \pi: c_A/\gamma_A \le \pi \le 1 - c_B/\gamma_B \iff"
        r" c_A/\gamma_A + c_B/\gamma_B \le 1",
        _empty_window,
    ),
    _about(
        "partial_pooling",
        "One type is ambiguous, the other sometimes; B courts, A sometimes.",
        r"m = \frac{c_A (1-\pi)}{\pi (\gamma_A - c_A)}, \quad q = \frac{s_a + \kappa - t_B}{t_A},"
        r" \quad s_a \ge s_b, \; (1-\pi) \gamma_B \ge c_B (\pi m + 1 - \pi)",
        _partial_pooling,
    ),
)
