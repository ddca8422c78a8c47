r"""Propositions about the influence contest.

Letters as in :mod:`hedging.families.influence_contest`.  That outlays are an equilibrium is
checked by trying others: a grid over everything a power could sensibly spend, and a fine one
around what it does spend.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families.influence_contest import (
    CONTEST,
    MODEL,
    decisive_outlays,
    hillman_riley,
    outlays,
    regime,
)
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]
_NEAR = 1e-12
_NOTABLE = 1e-3
"""Moving an outlay by this part of its value is noticed in the payoffs, doubles being doubles."""
_GRIDS = (1, 2, 5, 20)


def _drawn(rng: np.random.Generator, draws: int, subject: Any) -> dict[str, Floats]:
    """Values over their ranges, neutrality up to a third above what keeps everybody away."""
    p = uniform(rng, draws, subject)
    return p | {"neutrality": 1.3 * np.maximum(p["value_a"], p["value_b"]) * rng.random(draws)}


def _no_better(
    subject: Any, p: dict[str, Floats], x: Floats, y: Floats, decisiveness: Floats | float = 1.0
) -> Bools:
    """Whether x and y are best replies to each other among many outlays."""
    names = ("value_a", "value_b", "neutrality")
    wide = {name: p[name][:, None] for name in names}
    power = np.asarray(decisiveness)[..., None]
    scale = np.maximum(p["value_a"], p["value_b"])
    good = (x >= 0) & (y >= 0)
    for own in (0, 1):
        spent = (x, y)[own][:, None]
        others = np.concatenate(
            [
                scale[:, None] * np.linspace(0, 1, 41),
                spent * (1 + np.array([-0.1, -0.01, -_NOTABLE, _NOTABLE, 0.01, 0.1])),
                scale[:, None] * np.array([1e-6, 1e-4]),
            ],
            axis=1,
        )
        pair = (spent, y[:, None]) if own == 0 else (x[:, None], spent)
        trial = (others, y[:, None]) if own == 0 else (x[:, None], others)
        now = subject.payoffs(*pair, decisiveness=power, **wide)[own]
        then = subject.payoffs(*trial, decisiveness=power, **wide)[own]
        good &= (then <= now + _NEAR * scale[:, None]).all(axis=1)
    return np.asarray(good)


def _regimes(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _drawn(rng, draws, subject)
    x, y = outlays(**p)
    good = _no_better(subject, p, x, y)
    who = np.where(x > 0, np.where(y > 0, "both", "only_a"), np.where(y > 0, "only_b", "nobody"))
    return draws, int((~good | (who != regime(**p))).sum())


def _equal(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _drawn(rng, draws, subject)
    v = p["value_b"] = p["value_a"]
    h = p["neutrality"] = v * rng.random(draws)
    x = np.maximum((v - 4 * h + np.sqrt(v * v + 8 * v * h)) / 8, 0)
    return draws, int((~_no_better(subject, p, x, x)).sum())


def _conditions(subject: Any) -> tuple[Any, ...]:
    """The first-order conditions of the payoffs, less (X+Y+h)^2 = v_a (Y+h) = v_b (X+h)."""
    x, y, v_a, v_b, h = sympy.symbols("x y value_a value_b neutrality")
    u_a, u_b = subject.formulas(x, y)
    total = x + y + h
    return (
        sympy.diff(u_a, x) * total**2 - (v_a * (y + h) - total**2),
        sympy.diff(u_b, y) * total**2 - (v_b * (x + h) - total**2),
    )


def _prove_equal(subject: Any) -> bool:
    v, h = sympy.symbols("v h", positive=True)
    root = sympy.sqrt(v**2 + 8 * v * h)
    x = (v - 4 * h + root) / 8
    # Positive below v: the root is larger than 4 h - v.
    above = sympy.expand(root**2 - (4 * h - v) ** 2 - 16 * h * (v - h))
    return bool(
        vanish(*_conditions(subject))
        and sympy.expand(v * (x + h) - (2 * x + h) ** 2) == 0
        and above == 0
    )


def _total_falls(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _drawn(rng, draws, subject)
    strong = np.maximum(p["value_a"], p["value_b"])
    limit = np.minimum(p["value_a"], p["value_b"]) ** 2 / strong
    more = limit * rng.random(draws)
    less = more * rng.random(draws)
    wrong = np.zeros(draws, dtype=bool)
    totals = []
    for h in (less, more):
        x, y = outlays(**(p | {"neutrality": h}))
        wrong |= ~_no_better(subject, p | {"neutrality": h}, x, y)
        totals.append(x + y)
    return draws, int((wrong | (totals[0] <= totals[1])).sum())


def _prove_total_falls(subject: Any) -> bool:
    """The total outlay is T - h, and its slope 1/sqrt(1 + 4 h w) - 1."""
    v_a, v_b, h = sympy.symbols("v_a v_b h", positive=True)
    w = 1 / v_a + 1 / v_b
    total = (1 + sympy.sqrt(1 + 4 * h * w)) / (2 * w)
    # With Y + h = T^2/v_a and X + h = T^2/v_b, that they add up to T + h asks for this T.
    slope = sympy.diff(total, h) - 1 / sympy.sqrt(1 + 4 * h * w)
    return bool(
        vanish(*_conditions(subject))
        and sympy.simplify(w * total**2 - total - h) == 0
        and sympy.simplify(slope) == 0
    )


def _decisive(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _drawn(rng, draws, subject) | {"neutrality": np.zeros(draws)}
    # Where one is worth next to nothing to one power it spends less than doubles resolve.
    p["value_b"] = p["value_a"] * (0.05 + 3 * rng.random(draws))
    p["value_b"] = np.minimum(p["value_b"], 3.0)
    r = 0.2 + 0.8 * rng.random(draws)
    x, y = decisive_outlays(r, value_a=p["value_a"], value_b=p["value_b"])
    return draws, int((~_no_better(subject, p, x, y, r)).sum())


def _all_pay(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    failures = exercised = 0
    for steps in _GRIDS:
        p = uniform(rng, draws // len(_GRIDS), subject)
        values = {name: p[name] for name in ("value_a", "value_b")}
        strong, weak = np.maximum(*values.values()), np.minimum(*values.values())
        mixes = hillman_riley(steps, **values)
        payoffs = subject.all_pay(steps, **values).payoffs
        against_b = np.einsum("zij,zj->zi", payoffs[:, 0], mixes[1])
        against_a = np.einsum("zij,zi->zj", payoffs[:, 1], mixes[0])
        regret = np.maximum(
            against_b.max(axis=1) - (against_b * mixes[0]).sum(axis=1),
            against_a.max(axis=1) - (against_a * mixes[1]).sum(axis=1),
        )
        claim = weak / (2 * steps) * np.maximum(weak / strong, 1 - steps * (strong - weak) / weak)
        grid = np.arange(steps + 1) / steps
        total = weak * ((mixes[0] + mixes[1]) @ grid)
        expected = (1 + 1 / steps) * weak * (1 + weak / strong) / 2
        wrong = (np.abs(regret - claim) > _NEAR) | (np.abs(total - expected) > _NEAR)
        exercised, failures = exercised + len(wrong), failures + int(wrong.sum())
    return exercised, failures


def _quiet(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _drawn(rng, draws, subject)
    found = pure(subject(**p).payoffs)[:, 0, 0]
    claim = p["neutrality"] + p["outlay_step"] >= np.maximum(p["value_a"], p["value_b"])
    return draws, int((found != claim).sum())


def _replies(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = _drawn(rng, draws, subject)
    p["neutrality"] = p["neutrality"] * rng.random(draws) ** 2
    payoffs = subject(**p).payoffs
    levels = payoffs.shape[2]
    h, s = p["neutrality"][:, None, None], p["outlay_step"][:, None, None]
    other = s * np.arange(levels) + h
    own = s * np.arange(levels)[:, None]
    total = own + other
    wrong = np.zeros(draws, dtype=bool)
    for player, table in (("a", payoffs[:, 0]), ("b", payoffs[:, 1].swapaxes(1, 2))):
        more = p[f"value_{player}"][:, None, None] * other > total * (total + s)
        # Returns fall, so the steps that pay are the first ones.
        claim = more[:, :-1].sum(axis=1)
        wrong |= (claim != table.argmax(axis=1)).any(axis=1)
    return draws, int(wrong.sum())


def _prove_replies(subject: Any) -> bool:
    v_a, v_b, h, s = sympy.symbols("value_a value_b neutrality outlay_step")
    u_a, u_b = subject.payoffs["A"], subject.payoffs["B"]
    gaps = []
    for own, other in np.ndindex(subject.shape[0] - 1, subject.shape[1]):
        rival = other * s + h
        total = own * s + rival
        for value, more in (
            (v_a, advantage(u_a, (own + 1, other), (own, other))),
            (v_b, advantage(u_b, (other, own + 1), (other, own))),
        ):
            gaps.append(more - s * (value * rival - total * (total + s)) / (total * (total + s)))
    return vanish(*gaps)


PROPOSITIONS = (
    Proposition(
        "regimes",
        "influence_contest",
        "Both powers court if neutrality is below v_b^2/v_a, only the stronger one up to v_a, and "
        "nobody beyond; outlays are in closed form.",
        r"X = T^2/v_b - h,\ Y = T^2/v_a - h \text{ if } h < v_b^2/v_a; \quad "
        r"X = \sqrt{v_a h} - h,\ Y = 0 \text{ if } v_b^2/v_a \le h < v_a; \quad "
        r"X = Y = 0 \text{ if } h \ge v_a",
        _regimes,
        CONTEST,
    ),
    Proposition(
        "equal_powers",
        "influence_contest",
        "Equal powers spend the same where neutrality is below the value, in closed form.",
        r"h < v: \quad X = Y = \frac{v - 4h + \sqrt{v^2 + 8 v h}}{8}",
        _equal,
        CONTEST,
        _prove_equal,
        "The first-order conditions of the payoffs, which fall in one's own outlay, are "
        "(X+Y+h)^2 = v_a (Y+h) = v_b (X+h), and X, positive below v, solves them.",
    ),
    Proposition(
        "neutrality_lowers_rents",
        "influence_contest",
        "While both court, the total outlay falls as neutrality grows.",
        r"X + Y = T - h, \quad \frac{d(X + Y)}{dh} = \frac{1}{\sqrt{1 + 4hw}} - 1 < 0",
        _total_falls,
        CONTEST,
        _prove_total_falls,
        "The first-order conditions of the payoffs are (X+Y+h)^2 = v_a (Y+h) = v_b (X+h), so the "
        "total T solves w T^2 = T + h, and d(T - h)/dh = 1/sqrt(1+4hw) - 1.",
    ),
    Proposition(
        "decisiveness",
        "influence_contest",
        "Without neutrality, where outlays count by their power r up to 1, outlays are in closed "
        "form.",
        r"h = 0,\ r \le 1 \implies X = \frac{r v_a^{r+1} v_b^r}{(v_a^r + v_b^r)^2}",
        _decisive,
        CONTEST,
    ),
    Proposition(
        "all_pay_limit",
        "influence_contest",
        "On a grid of K steps the Hillman-Riley strategies of the all-pay auction are an "
        "equilibrium up to a known regret of order 1/K, with a known total outlay.",
        r"\text{regret} = \frac{v_b}{2K} \max\left(\frac{v_b}{v_a}, 1 - K\frac{v_a - v_b}{v_b}"
        r"\right), \quad \text{outlay} = \left(1 + \frac1K\right) v_b \frac{1 + v_b/v_a}{2}",
        _all_pay,
        CONTEST,
    ),
    Proposition(
        "undisturbed_neutrality",
        "influence_contest",
        "On a grid of outlays nobody courts if and only if neutrality and one step together reach "
        "the larger value.",
        r"(0, 0) \iff h + s \ge \max(v_a, v_b)",
        _quiet,
        MODEL,
    ),
    Proposition(
        "replies_on_a_grid",
        "influence_contest",
        "On a grid of outlays one more step pays if and only if the value, times neutrality and "
        "the rival's outlay, exceeds the product of the totals before and after.",
        r"v_a (Y + h) > (X + Y + h)(X + s + Y + h)",
        _replies,
        MODEL,
        _prove_replies,
        "From the payoffs at all outlays of the grid: one more step gains a power a positive "
        "multiple of v (rival + h) less the product of the two totals.",
    ),
)
