r"""Propositions about the courtship race.

Letters as in :mod:`hedging.families.courtship_race`: stakes :math:`V_s = g_s + l_s`, premiums
:math:`N_s = g_s - b_s`, step :math:`\Delta` and the least bid :math:`r^\circ` that reaches the
reserve.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hedging.families.courtship_race import MODEL, pure_equilibria, race
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure
from hedging.propositions.ties import with_ties

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]


class _Drawn:
    """Random races, their pure equilibria by brute force, and the letters of the statements."""

    def __init__(self, rng: np.random.Generator, draws: int, subject: Any) -> None:
        # In whole numbers every second inequality ties now and then.
        self.p = p = with_ties(rng, draws, subject, unit=1.0)
        self.bids = subject.shape[0]
        self.found = pure(subject(**p).payoffs)
        self.stakes = [p[f"alignment_value_{t}"] + p[f"exclusion_loss_{t}"] for t in "ab"]
        self.premiums = [p[f"alignment_value_{t}"] - p[f"usefulness_{t}"] for t in "ab"]
        self.step = p["bid_step"]
        self.prices: Floats = np.arange(self.bids) * self.step[:, None]
        enough: Bools = np.asarray(self.prices >= p["reserve"][:, None])
        self.reached: Bools = np.asarray(enough.any(axis=1))
        self.least: Floats = np.where(enough, self.prices, np.inf).min(axis=1)
        # Both bid at least the reserve.
        self.racing: Bools = np.logical_and(enough[:, :, None], enough[:, None, :])


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    d = _Drawn(rng, draws, subject)
    claim = pure_equilibria(d.bids, **d.p)
    return draws, int((claim != d.found).any(axis=(1, 2)).sum())


def _both(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    d = _Drawn(rng, draws, subject)
    band = d.reached & (np.maximum(*d.premiums) <= d.least) & (d.least <= np.minimum(*d.stakes))
    quiet = d.found[:, 0, 0]
    war = (d.found & d.racing).any(axis=(1, 2))
    return int(band.sum()), int((band & ~(quiet & war)).sum())


def _price(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    d = _Drawn(rng, draws, subject)
    bid_a, bid_b = d.prices[:, :, None], d.prices[:, None, :]
    stake_a, stake_b = (v[:, None, None] for v in d.stakes)
    price = np.maximum(bid_a, bid_b)
    race_on = d.found & d.racing & (bid_a <= stake_a) & (bid_b <= stake_b)
    race_on &= price < d.prices[:, -1][:, None, None]
    far = np.abs(price - np.minimum(stake_a, stake_b)) > d.step[:, None, None] * (1 + 1e-12)
    exercised = race_on.any(axis=(1, 2))
    return int(exercised.sum()), int((race_on & far).any(axis=(1, 2)).sum())


PROPOSITIONS = (
    Proposition(
        "pure_equilibria",
        "courtship_race",
        "The pure equilibria are the quiet hedge, an unopposed bid at the reserve, equal bids "
        "that A wins and bids one step apart that B wins, each under inequalities on stakes and "
        "premiums.",
        r"\text{both below } r \iff N_a, N_b \le r^\circ; \quad "
        r"(r^\circ, \text{below}) \iff N_a \ge r^\circ \ge V_b - \Delta; \quad "
        r"(\text{below}, r^\circ) \iff N_b \ge r^\circ \ge V_a; \quad "
        r"(t, t) \iff \max(r^\circ, V_b - \Delta) \le t \le V_a; \quad "
        r"(t - \Delta, t) \iff t - \Delta \ge r^\circ,\ V_a \le t \le V_b",
        _pure_equilibria,
        MODEL,
    ),
    Proposition(
        "quiet_hedge_and_race",
        "courtship_race",
        "If the reserve is between both premiums and both stakes, a quiet hedge and a race are "
        "equilibria of the same game.",
        r"\max(N_a, N_b) \le r^\circ \le \min(V_a, V_b)",
        _both,
        MODEL,
    ),
    Proposition(
        "price_of_alignment",
        "courtship_race",
        "In a race in which nobody bids above its stake, and more could be bid, the price is "
        "within one step of the smaller stake.",
        r"|t - \min(V_a, V_b)| \le \Delta",
        _price,
        race(9),
    ),
)
