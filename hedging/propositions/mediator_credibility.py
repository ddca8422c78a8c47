r"""Propositions about the credibility of a mediator.

Letters as in :mod:`hedging.families.mediator_credibility`: :math:`S_t = 1 - \varepsilon -
\varepsilon w`.  Equilibria in which words mean nothing form continua, so named profiles are
compared and never the whole set.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.families.mediator_credibility import MODEL, credible, critical_prior
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure, uniform
from hedging.propositions.ties import with_ties

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]
_RR, _RW, _WR, _WW = range(4)
_CC, _CS, _SC, _SS = range(4)


def _at(subject: Any, p: dict[str, Floats], words: int, replies: int) -> Bools:
    return np.asarray(pure(subject(**p).payoffs)[:, words, replies])


def _unclear(subject: Any, p: dict[str, Floats]) -> Bools:
    """Whether the formulas tie up to rounding, where doubles and algebra may part."""
    worth = (1 - p["war_risk"]) - p["war_risk"] * p["war_cost"]
    edges = np.stack(
        [
            worth,
            p["bias"] * worth - p["war_aversion"] * p["war_risk"],
            p["war_aversion"] + p["bias"] * p["war_cost"],
        ]
    )
    return np.asarray((np.abs(edges) < 1e-12).any(axis=0))


def _trust(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = with_ties(rng, draws, subject)
    clear = ~_unclear(subject, p)
    claim = credible(**p)
    wrong = _at(subject, p, _RW, _CS) != claim
    wrong |= _at(subject, p, _WR, _SC) != claim
    return int(clear.sum()), int((clear & wrong).sum())


def _neutral(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject, bias=0.0)
    trusted = _at(subject, p, _RW, _CS) | _at(subject, p, _WR, _SC)
    return draws, int(trusted.sum())


def _one_side(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    p["bias"] = 2 * rng.random(draws) - 1
    trusted = _at(subject, p, _RW, _CS)
    by_the_other = _at(subject, p | {"bias": -p["bias"]}, _RW, _CS)
    return draws, int((trusted & by_the_other).sum())


def _no_word(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    stands = p["resolve_prior"] <= critical_prior(**p)
    payoffs = subject(**p).payoffs
    found = pure(payoffs)
    wrong = np.zeros(draws, dtype=bool)
    for words in (_RR, _WW):
        wrong |= found[:, words, _SS] != stands
        wrong |= found[:, words, _CC] == stands
    return draws, int(wrong.sum())


PROPOSITIONS = (
    Proposition(
        "trust",
        "mediator_credibility",
        "Truth and trust are an equilibrium, in either language, if and only if standing pays "
        "against a weak rival and the mediator's bias is large enough for its fear of war.",
        r"S_t \ge 0,\ b S_t \ge \kappa \varepsilon,\ \kappa + b w \ge 0",
        _trust,
        MODEL,
    ),
    Proposition(
        "neutral_is_not_believed",
        "mediator_credibility",
        "A neutral mediator that fears war is never believed.",
        r"b = 0,\ \kappa \varepsilon > 0 \implies \text{no trust}",
        _neutral,
        MODEL,
    ),
    Proposition(
        "not_both_sides",
        "mediator_credibility",
        "Opposed biases are never both credible.",
        r"\kappa \varepsilon > 0 \implies \neg(\text{trust at } b \wedge \text{trust at } -b)",
        _one_side,
        MODEL,
    ),
    Proposition(
        "no_word",
        "mediator_credibility",
        "A party that learns nothing stands if and only if the rival is not too likely to be "
        "resolved; with a mediator that always says the same that is an equilibrium.",
        r"(\text{WW}, \text{SS}) \iff p \le \frac{S_t}{S_t + w}",
        _no_word,
        MODEL,
    ),
)
