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
    "even_handed": ("stays even-handed", "stay even-handed", "staying even-handed"),
    "exploit": ("exploits", "exploit", "exploiting"),
    "football": ("goes to the football", "go to the football", "going to the football"),
    "hare": ("hunts hare", "hunt hare", "hunting hare"),
    "heads": ("shows heads", "show heads", "showing heads"),
    "hedge": ("hedges", "hedge", "hedging"),
    "ignore": ("ignores", "ignore", "ignoring"),
    "invest": ("invests", "invest", "investing"),
    "lean_a": ("leans to A", "lean to A", "leaning to A"),
    "lean_b": ("leans to B", "lean to B", "leaning to B"),
    "mediate": ("mediates", "mediate", "mediating"),
    "no_demand": ("makes no demand", "make no demand", "making no demand"),
    "opera": ("goes to the opera", "go to the opera", "going to the opera"),
    "press": ("presses", "press", "pressing"),
    "pressure": ("presses", "press", "pressing"),
    "punish": ("punishes", "punish", "punishing"),
    "refrain": ("refrains", "refrain", "refraining"),
    "resist": ("resists", "resist", "resisting"),
    "respect": ("respects", "respect", "respecting"),
    "restrain": ("holds back", "hold back", "holding back"),
    "reveal": ("reveals its leaning", "reveal their leaning", "revealing"),
    "stag": ("hunts stag", "hunt stag", "hunting stag"),
    "stand": ("stands firm", "stand firm", "standing firm"),
    "stay": ("stays", "stay", "staying"),
    "straight": ("drives straight", "drive straight", "driving straight"),
    "support": ("supports", "support", "supporting"),
    "swerve": ("swerves", "swerve", "swerving"),
    "tails": ("shows tails", "show tails", "showing tails"),
    "tilt": ("tilts", "tilt", "tilting"),
    "tolerate": ("tolerates", "tolerate", "tolerating"),
    "withhold": ("withholds", "withhold", "withholding"),
}

# Codes and plain words that mean this only where these players have them.
_VERBS_OF = {
    "M": {
        "all_a": ("relies on A alone", "rely on A alone", "relying on A alone"),
        "all_b": ("relies on B alone", "rely on B alone", "relying on B alone"),
        "even": ("relies on both evenly", "rely on both evenly", "relying on both evenly"),
        "mostly_a": ("relies mostly on A", "rely mostly on A", "relying mostly on A"),
        "mostly_b": ("relies mostly on B", "rely mostly on B", "relying mostly on B"),
    },
    "mediator": {
        "RR": ("always says R", "always say R", "always saying R"),
        "RW": ("tells the truth", "tell the truth", "telling the truth"),
        "WR": ("says the opposite", "say the opposite", "saying the opposite"),
        "WW": ("always says W", "always say W", "always saying W"),
    },
    "party": {
        "CC": ("always concedes", "always concede", "always conceding"),
        "CS": ("concedes after R alone", "concede after R alone", "conceding after R alone"),
        "SC": ("concedes after W alone", "concede after W alone", "conceding after W alone"),
        "SS": ("always stands firm", "always stand firm", "always standing firm"),
    },
}

_GRADES = {
    "ask": ("asks at level {}", "ask at level {}", "asking at level {}"),
    "bid": ("bids at level {}", "bid at level {}", "bidding at level {}"),
    "outlay": ("spends at level {}", "spend at level {}", "spending at level {}"),
}
"""Verbs of actions that are numbered, as ``bid_2``."""

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
    several = len(who) > 1
    subject = _listed(who)
    if part == _EVERYTHING:
        return f"{subject} {'mix' if several else 'mixes'}"
    actions = part.split("+")
    verbs = [_verb(action, who) for action in actions]
    if len(actions) > 1:
        activities = [a if v is None else v[2] for a, v in zip(actions, verbs, strict=True)]
        return f"{subject} {'mix' if several else 'mixes'} {_listed(activities)}"
    if verbs[0] is None:
        return f"{subject} {'play' if several else 'plays'} {part}"
    return f"{subject} {verbs[0][1 if several else 0]}"


def _verb(action: str, who: Sequence[str]) -> tuple[str, str, str] | None:
    """What these players do who take an action, None if that is not known."""
    if action in _VERBS:
        return _VERBS[action]
    name, _, level = action.rpartition("_")
    if name in _GRADES and level.isdecimal():
        one, many, doing = (verb.format(level) for verb in _GRADES[name])
        return one, many, doing
    meant = {_VERBS_OF.get(player, {}).get(action) for player in who}
    return meant.pop() if len(meant) == 1 else None


def _listed(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
