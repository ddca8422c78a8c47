r"""Propositions about the classic games.

Letters as in :mod:`hedging.families.classic_games`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy

from hedging.families.classic_games import MODELS, mixed_first, regime
from hedging.propositions.algebra import advantage, vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Bools, Floats, pure, same_equilibria, uniform
from hedging.repeated.thresholds import nash_reversion
from hedging.solving import nash

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]

_FOUR = ("temptation", "reward", "penalty", "sucker")
_PURE = np.array([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]], dtype=np.float64)
"""The pure profiles of a 2 x 2 game, as probabilities of the choices."""

# Which of these are equilibria, and whether there is a mixed one.
_SYMMETRIC: dict[str, tuple[tuple[bool, bool, bool, bool], bool]] = {
    "prisoners_dilemma": ((False, False, False, True), False),
    "stag_hunt": ((True, False, False, True), True),
    "chicken": ((False, True, True, False), True),
    "deadlock": ((False, False, False, True), False),
    "harmony": ((True, False, False, False), False),
}


def _complete(
    game: Any, pures: tuple[bool, bool, bool, bool], first: Floats, second: Floats, mixed: bool
) -> Bools:
    """Whether these pure equilibria and one mixture are all there is."""
    draws = len(first)
    candidates = np.empty((draws, 5, 4))
    candidates[:, :4] = _PURE
    candidates[:, 4] = np.stack([first, 1 - first, second, 1 - second], -1)
    accepted = np.broadcast_to([*pures, mixed], (draws, 5))
    return same_equilibria(game, candidates, accepted)


def _all_equilibria(rng: np.random.Generator, draws: int, subject: Any, *, name: str) -> Counts:
    p = uniform(rng, draws, subject)
    pures, mixed = _SYMMETRIC[name]
    t, r, low, s = (p[letter] for letter in _FOUR)
    with np.errstate(divide="ignore", invalid="ignore"):
        q = (low - s) / ((low - s) + (r - t))
    stated = mixed_first(t, r, low, s)
    wrong = np.isfinite(stated) != mixed
    if mixed:
        wrong |= ~np.isclose(stated, q, rtol=1e-12)
    q = q if mixed else np.zeros(draws)
    wrong |= ~_complete(subject(**p), pures, q, q, mixed)
    return draws, int(wrong.sum())


def _keeps_its_name(rng: np.random.Generator, draws: int, subject: Any, *, name: str) -> Counts:
    u = subject(**uniform(rng, draws, subject)).payoffs
    wrong = np.zeros(draws, dtype=bool)
    for own in (u[:, 0], np.swapaxes(u[:, 1], 1, 2)):
        wrong |= regime(own[:, 1, 0], own[:, 0, 0], own[:, 1, 1], own[:, 0, 1]) != name
    return draws, int(wrong.sum())


def _grim_cooperation(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    claim = (p["temptation"] - p["reward"]) / (p["temptation"] - p["penalty"])
    found = nash_reversion(subject(**p).payoffs)[:, :, 0, 0]
    wrong = ~np.isclose(found, claim[:, None], rtol=0, atol=1e-9).all(axis=1)
    return draws, int(wrong.sum())


def _prove_grim_cooperation(subject: Any) -> bool:
    u, w = subject.payoffs["A"], subject.payoffs["B"]
    t, r, low, s = (sympy.Symbol(letter) for letter in _FOUR)
    delta = sympy.Symbol("delta")
    kept = (t - low) * (delta - (t - r) / (t - low))
    return vanish(
        u[0, 0] - (1 - delta) * u[1, 0] - delta * u[1, 1] - kept,
        w[0, 0] - (1 - delta) * w[0, 1] - delta * w[1, 1] - kept,
        # The threat is an equilibrium.
        advantage(u, (1, 1), (0, 1)) - (low - s),
        advantage(w, (1, 1), (1, 0)) - (low - s),
    )


def _battle(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    favourite, other, apart = (p[name] for name in ("favourite", "other", "apart"))
    own = (favourite - apart) / (favourite + other - 2 * apart)
    good = _complete(subject(**p), (True, False, False, True), own, 1 - own, True)
    return draws, int((~good).sum())


def _pennies(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    h, t, lost = (p[name] for name in ("win_heads", "win_tails", "loss"))
    total = h + t + 2 * lost
    q = (t + lost) / total
    game = subject(**p)
    good = _complete(game, (False,) * 4, q, q, True)
    mix = np.stack([q, 1 - q], -1)
    value = (h * t - lost**2) / total
    earned = game.expected_payoff([mix, mix])
    good &= np.isclose(earned, np.stack([value, -value], -1), rtol=0, atol=1e-9).all(axis=1)
    return draws, int((~good).sum())


def _prove_pennies(subject: Any) -> bool:
    u, w = subject.payoffs["A"], subject.payoffs["B"]
    h, t, lost = sympy.symbols("win_heads win_tails loss")
    total = h + t + 2 * lost
    q, value = (t + lost) / total, (h * t - lost**2) / total
    x = sympy.Symbol("x")
    heads = x * advantage(u, (0, 0), (1, 0)) + (1 - x) * advantage(u, (0, 1), (1, 1))
    copies = x * advantage(w, (0, 0), (0, 1)) + (1 - x) * advantage(w, (1, 0), (1, 1))
    return vanish(
        heads - total * (x - q),
        copies + total * (x - q),
        q * u[0, 0] + (1 - q) * u[0, 1] - value,
        q * w[0, 0] + (1 - q) * w[1, 0] + value,
    )


def _optional(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    game = subject(**p)
    claim = np.zeros((3, 3), dtype=bool)
    claim[1, 2] = claim[2, 1] = claim[2, 2] = True
    wrong = (pure(game.payoffs) != claim).any(axis=(1, 2))
    found = nash(game, report=("probability", "payoff", "count"))
    count, payoff = found["count"].values, found["payoff"].values
    listed = np.arange(payoff.shape[1]) < count[:, None]
    off = np.abs(payoff - p["abstention"][:, None, None]).max(axis=2) > 1e-9
    wrong |= (listed & off).any(axis=1) | (count == 0)
    # One abstains; the other cooperates at most so often as keeps it away.
    x = found["probability"].values
    for stays, leaves in ((x[..., :3], x[..., 3:]), (x[..., 3:], x[..., :3])):
        out = listed & (leaves[..., 2] == 1)
        draw = stays[..., 0] * (p["temptation"] - p["abstention"])[:, None]
        bar = stays[..., 1] * (p["abstention"] - p["penalty"])[:, None]
        wrong |= (out & (draw > bar + 1e-9)).any(axis=1)
    abstains = (x[..., 2] == 1) | (x[..., 5] == 1)
    wrong |= (listed & ~abstains).any(axis=1)
    return draws, int(wrong.sum())


def _about(
    model: str,
    name: str,
    statement: str,
    latex: str,
    confirm: Any,
    prove: Any = None,
    proves: str = "",
    case: str = "",
) -> Proposition:
    return Proposition(name, model, statement, latex, confirm, MODELS[model], prove, proves, case)


_WORDS = {
    "prisoners_dilemma": ("Mutual defection is the only equilibrium.", r"T > R > P > S"),
    "stag_hunt": (
        "Both all-stag and all-hare are equilibria, with a mixture between them.",
        r"R > T \ge P > S, \quad q = \frac{P-S}{(P-S)+(R-T)}",
    ),
    "chicken": (
        "One goes straight and the other swerves, or both mix.",
        r"T > R > S > P, \quad q = \frac{P-S}{(P-S)+(R-T)}",
    ),
    "deadlock": ("Mutual defection is the only equilibrium, and best.", r"T > P > R > S"),
    "harmony": ("Mutual cooperation is the only equilibrium.", r"R > T, \; S > P"),
}

PROPOSITIONS = (
    *(
        _about(name, "all_equilibria", *_WORDS[name], partial(_all_equilibria, name=name))
        for name in _SYMMETRIC
    ),
    *(
        _about(
            name,
            "keeps_its_name",
            "Everywhere in the ranges of the parameters the payoffs order as the name says.",
            _WORDS[name][1],
            partial(_keeps_its_name, name=name),
        )
        for name in _SYMMETRIC
    ),
    _about(
        "prisoners_dilemma",
        "grim_cooperation",
        "Repeated, cooperation is sustained by grim punishment from one discount factor on.",
        r"\delta \ge \frac{T-R}{T-P}",
        _grim_cooperation,
        _prove_grim_cooperation,
        "From the payoffs: cooperation for ever less defection now and punishment ever after is "
        "(T - P) (delta - (T-R)/(T-P)) per period, and mutual defection is an equilibrium.",
    ),
    _about(
        "battle_of_the_sexes",
        "all_equilibria",
        "Meeting at either place is an equilibrium; in the mixed one each goes to its own "
        "favourite more often than not.",
        r"\Pr(\text{own favourite}) = \frac{F-D}{F+O-2D}",
        _battle,
    ),
    _about(
        "matching_pennies",
        "all_equilibria",
        "The only equilibrium is mixed, the same for both, and gives the value of the game.",
        r"\Pr(\text{heads}) = \frac{t+l}{h+t+2l}, \quad v = \frac{ht-l^2}{h+t+2l}",
        _pennies,
        _prove_pennies,
        "From the payoffs: if the other shows heads with probability x, heads gains A a positive "
        "multiple of x - q and B the same multiple of q - x, so only q leaves both content; A "
        "expects v there and B -v.",
    ),
    _about(
        "optional_prisoners_dilemma",
        "exit_floor",
        "In every equilibrium one abstains and both get what abstention is worth.",
        r"u = L, \quad \Pr(\text{cooperate}) (T-L) \le \Pr(\text{defect}) (L-P)",
        _optional,
    ),
)
