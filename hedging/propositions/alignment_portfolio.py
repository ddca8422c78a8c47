r"""Propositions about the alignment portfolio.

Letters as in :mod:`hedging.families.alignment_portfolio`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families.alignment_portfolio import MODEL, PORTFOLIO, risk_aversion_band
from hedging.propositions.algebra import vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


def _share(p: dict[str, Floats]) -> Floats:
    """The best share, not yet kept within [0, 1]."""
    a, b = p["risk_a"], p["risk_b"]
    shared = p["correlation"] * a * b
    gap = (p["mean_return_a"] - p["mean_return_b"]) / p["risk_aversion"]
    return np.asarray((gap + b * b - shared) / (a * a + b * b - 2 * shared))


def _slope(subject: Any, p: dict[str, Floats], share: Floats) -> Floats:
    """Slope of a quadratic utility, from two of its values."""
    low, high = (subject.utility(share + e, **p) for e in (-0.25, 0.25))
    return np.asarray((high - low) / 0.5)


def _best_share(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    best = np.clip(_share(p), 0, 1)
    here = subject.utility(best, **p)
    wrong = np.abs(subject(**p) - best) > 1e-12
    for other in np.linspace(0, 1, 41):
        wrong |= subject.utility(np.full(draws, other), **p) > here + 1e-12
    for step in (-1e-3, 1e-3):
        wrong |= subject.utility(np.clip(best + step, 0, 1), **p) > here + 1e-12
    return draws, int(wrong.sum())


def _prove_best_share(subject: Any) -> bool:
    s = sympy.Symbol("s")
    m_a, m_b, a, b, r, gamma = (sympy.Symbol(name) for name in subject.parameters)
    slope = sympy.diff(subject.formula(s), s)
    spread = a**2 + b**2 - 2 * r * a * b
    best = ((m_a - m_b) / gamma + b**2 - r * a * b) / spread
    return vanish(
        slope - gamma * spread * (best - s),
        spread - (a - r * b) ** 2 - (1 - r**2) * b**2,
    )


def _interior(subject: Any, p: dict[str, Floats]) -> Bools:
    """Whether utility rises at no reliance on A and falls at full reliance on it."""
    ends = np.zeros_like(p["risk_a"]), np.ones_like(p["risk_a"])
    return np.asarray((_slope(subject, p, ends[0]) > 0) & (_slope(subject, p, ends[1]) < 0))


def _diversifies(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    a, b, gamma = p["risk_a"], p["risk_b"], p["risk_aversion"]
    shared = p["correlation"] * a * b
    gap = p["mean_return_a"] - p["mean_return_b"]
    claim = (gap < gamma * (a * a - shared)) & (-gap < gamma * (b * b - shared))
    return draws, int((claim != _interior(subject, p)).sum())


def _band(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    low, high = risk_aversion_band(**p)
    gamma = p["risk_aversion"]
    claim = (low < gamma) & (gamma < high)
    return draws, int((claim != _interior(subject, p)).sum())


def _nearest_level(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    levels = subject.shape[0]
    found = pure(subject(**p).payoffs)
    place = np.clip(_share(p), 0, 1) * (levels - 1)
    clear = np.abs(place - np.floor(place) - 0.5) > 1e-9
    claim = np.arange(levels) == np.round(place).astype(int)[:, None]
    return int(clear.sum()), int((clear & (claim != found).any(axis=1)).sum())


PROPOSITIONS = (
    Proposition(
        "best_share",
        "alignment_portfolio",
        "The best share of A is in closed form, kept between 0 and 1.",
        r"s^* = \frac{(m_a - m_b)/\gamma + \sigma_b^2 - r \sigma_a \sigma_b}"
        r"{\sigma_a^2 + \sigma_b^2 - 2 r \sigma_a \sigma_b}",
        _best_share,
        PORTFOLIO,
        _prove_best_share,
        "The derivative of the utility by s is gamma (variance of the difference) (s* - s), and "
        "that variance is (sigma_a - r sigma_b)^2 + (1 - r^2) sigma_b^2 > 0.",
    ),
    Proposition(
        "diversification",
        "alignment_portfolio",
        "M relies on both partners if and only if the return given up is below the risk removed, "
        "either way.",
        r"m_a - m_b < \gamma (\sigma_a^2 - r \sigma_a \sigma_b),\quad "
        r"m_b - m_a < \gamma (\sigma_b^2 - r \sigma_a \sigma_b)",
        _diversifies,
        PORTFOLIO,
    ),
    Proposition(
        "risk_aversion_band",
        "alignment_portfolio",
        "M relies on both partners if and only if its risk aversion is within a band, which has an "
        "upper end only if the better partner is much the riskier.",
        r"\frac{m_1 - m_2}{\sigma_1^2 - r \sigma_1 \sigma_2} < \gamma < "
        r"\frac{m_1 - m_2}{r \sigma_1 \sigma_2 - \sigma_2^2}",
        _band,
        PORTFOLIO,
    ),
    Proposition(
        "nearest_level",
        "alignment_portfolio",
        "Among evenly spaced levels of alignment M chooses the one nearest to the best share.",
        r"\arg\max_k u(k/4) = \arg\min_k |k/4 - s^*|",
        _nearest_level,
        MODEL,
    ),
)
