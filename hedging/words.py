"""Equilibria in words: from a support label to a phrase a reader can use.

A support label lists, player by player, the actions played with positive probability:
``hedge|accommodate|accommodate``, or ``align_a+hedge|pressure`` where the first player mixes.
The phrase says the same with verbs, and says once what several players do alike:
"M hedges, A and B accommodate".  Actions whose verb is not known here are quoted as they
are, "M plays up", so that nothing is ever guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["in_words", "percent", "region_in_words"]

# label: (one player, several players, the activity)
_VERBS = {
    "abandon": ("abandons", "abandon", "abandoning"),
    "abstain": ("abstains", "abstain", "abstaining"),
    "accommodate": ("accommodates", "accommodate", "accommodating"),
    "align": ("aligns", "align", "aligning"),
    "align_a": ("aligns with A", "align with A", "aligning with A"),
    "align_b": ("aligns with B", "align with B", "aligning with B"),
    "ambiguous": ("stays ambiguous", "stay ambiguous", "staying ambiguous"),
    "balance": ("balances", "balance", "balancing"),
    "bandwagon": ("bandwagons", "bandwagon", "bandwagoning"),
    "bloc_a": ("joins bloc A", "join bloc A", "joining bloc A"),
    "bloc_b": ("joins bloc B", "join bloc B", "joining bloc B"),
    "commit": ("commits", "commit", "committing"),
    "concede": ("concedes", "concede", "conceding"),
    "contest": ("contests", "contest", "contesting"),
    "contribute": ("contributes", "contribute", "contributing"),
    "cooperate": ("cooperates", "cooperate", "cooperating"),
    "court": ("courts", "court", "courting"),
    "cross": ("crosses", "cross", "crossing"),
    "defect": ("defects", "defect", "defecting"),
    "defer": ("defers", "defer", "deferring"),
    "demand_bluff": ("demands as a bluff", "demand as a bluff", "demanding as a bluff"),
    "demand_escalate": ("demands in earnest", "demand in earnest", "demanding in earnest"),
    "distance": ("keeps its distance", "keep their distance", "keeping distance"),
    "encroach": ("encroaches", "encroach", "encroaching"),
    "exploit": ("exploits", "exploit", "exploiting"),
    "hedge": ("hedges", "hedge", "hedging"),
    "ignore": ("ignores", "ignore", "ignoring"),
    "invest": ("invests", "invest", "investing"),
    "lean_a": ("leans to A", "lean to A", "leaning to A"),
    "lean_b": ("leans to B", "lean to B", "leaning to B"),
    "mediate": ("mediates", "mediate", "mediating"),
    "no_demand": ("makes no demand", "make no demand", "making no demand"),
    "press": ("presses", "press", "pressing"),
    "pressure": ("presses", "press", "pressing"),
    "punish": ("punishes", "punish", "punishing"),
    "refrain": ("refrains", "refrain", "refraining"),
    "resist": ("resists", "resist", "resisting"),
    "respect": ("respects", "respect", "respecting"),
    "restrain": ("holds back", "hold back", "holding back"),
    "reveal": ("reveals its leaning", "reveal their leaning", "revealing"),
    "stay": ("stays", "stay", "staying"),
    "support": ("supports", "support", "supporting"),
    "swerve": ("swerves", "swerve", "swerving"),
    "tolerate": ("tolerates", "tolerate", "tolerating"),
    "withhold": ("withholds", "withhold", "withholding"),
}

_EVERYTHING = "+"
"""Stands for the part of a player who mixes all actions; no label can be that."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def in_words(
    support: str, players: Sequence[str], actions: Sequence[Sequence[str]] | None = None
) -> str:
    """Say one equilibrium in words.

    Parameters
    ----------
    support : str
        Label with one part per player, parts joined by ``|``, mixed actions by ``+``.
    players : sequence of str
        Labels of the players, in the order of the parts.
    actions : sequence of sequences of str, optional
        Each player's actions.  If given, a player who mixes everything just "mixes".

    Examples
    --------
    >>> in_words("hedge|accommodate|accommodate", ["M", "A", "B"])
    'M hedges, A and B accommodate'
    >>> in_words("align_a+hedge|pressure|accommodate", ["M", "A", "B"])
    'M mixes aligning with A and hedging, A presses, B accommodates'
    >>> both = ("accommodate", "pressure")
    >>> in_words("hedge|accommodate+pressure|pressure", "MAB", [("hedge", "align_a"), both, both])
    'M hedges, A mixes, B presses'
    >>> in_words("up+down|left", ["row", "column"])
    'row mixes up and down, column plays left'
    """
    parts = support.split("|")
    if len(parts) != len(players):
        return support  # a label of another kind: show it, do not guess
    together: dict[str, list[str]] = {}
    for k, (part, player) in enumerate(zip(parts, players, strict=True)):
        whole = actions is not None and len(actions[k]) > 1 and part == "+".join(actions[k])
        together.setdefault(_EVERYTHING if whole else part, []).append(player)
    return ", ".join(_clause(part, who) for part, who in together.items())


def region_in_words(
    supports: Sequence[str],
    players: Sequence[str],
    actions: Sequence[Sequence[str]] | None = None,
) -> str:
    """Say a set of equilibria in words; several are counted and joined by "or".

    Examples
    --------
    >>> region_in_words(["hedge|accommodate", "align_a|accommodate"], ["M", "A"])
    'two equilibria: M hedges, A accommodates; or M aligns with A, A accommodates'
    >>> region_in_words([], ["M", "A"])
    'none found, though one must exist'
    """
    if not supports:
        # Nash's theorem: a finite game has one, so an empty list is never the whole answer.
        return "none found, though one must exist"
    phrases = [in_words(support, players, actions) for support in supports]
    if len(phrases) == 1:
        return phrases[0]
    distinct = list(dict.fromkeys(phrases))
    number = _NUMBERS[len(phrases)] if len(phrases) < len(_NUMBERS) else str(len(phrases))
    return f"{number} equilibria: {'; or '.join(distinct)}"


def percent(share: float) -> str:
    """Share as a percentage without pretending to precision: '62 %', '0.4 %', '< 0.1 %'."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.99 <= share < 1 or share < 0.1:
        return f"{100 * share:.1f} %"
    return f"{100 * share:.0f} %"


def _clause(part: str, who: Sequence[str]) -> str:
    if part == _EVERYTHING:
        return f"{_listed(who)} {'mix' if len(who) > 1 else 'mixes'}"
    actions = part.split("+")
    several = len(who) > 1
    subject = _listed(who)
    if len(actions) > 1:
        activities = [_VERBS[a][2] if a in _VERBS else a for a in actions]
        return f"{subject} {'mix' if several else 'mixes'} {_listed(activities)}"
    action = actions[0]
    if action in _VERBS:
        return f"{subject} {_VERBS[action][1 if several else 0]}"
    return f"{subject} {'play' if several else 'plays'} {action}"


def _listed(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
