r"""The .efg text format of extensive-form games, read and written exactly.

A file names a title and the players, and then the nodes in prefix order, one record each:

* ``c "name" infoset "infoset name" { "label" probability ... } outcome`` for a chance move;
* ``p "name" player infoset "infoset name" { "action" ... } outcome`` for a player's move;
* ``t "name" outcome`` for an end,

where an outcome is 0, which pays nobody anything, or a number from 1 followed, at its first
appearance at least, by a name and the payoffs of all players in braces.  Payoffs at inner nodes
add to those of the ends below.  Numbers are kept as :class:`fractions.Fraction`.

Read are games of perfect information: every information set of a player has one node.

References
----------
McKelvey, McLennan and Turocy, *Gambit: The package for computation in game theory*,
"Game representation formats", gambit-project.org.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from hedging.errors import GameError
from hedging.labels import usable_labels
from hedging.program.numerals import NUMERAL, rational
from hedging.sequential.tree import DEEPEST, Chance, Move, Node

__all__ = ["TreeForm", "load", "read", "write"]

_TOKEN = re.compile(r'[\s,]*("(?:\\.|[^"\\])*"|[{}]|[^\s,{}"]+|"|\Z)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class TreeForm:
    """What an .efg file says: title, comment, players and the tree."""

    title: str
    comment: str
    players: tuple[str, ...]
    tree: Any


def load(path_or_text: str | Path) -> TreeForm:
    """Read an .efg file, given its path or its text.

    Parameters
    ----------
    path_or_text : str or Path
        A string that starts with ``EFG`` or has several lines is text, any other a path.

    Raises
    ------
    GameError
        If the file cannot be read, or the text is malformed.
    """
    text = str(path_or_text)
    starts = text.lstrip("\ufeff \t\r\n").startswith("EFG")
    if isinstance(path_or_text, str) and (starts or "\n" in text):
        return read(text)
    try:
        return read(Path(path_or_text).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text in UTF-8"
        msg = f"cannot read {text[:60]!r} ({reason}); give the path of an .efg file or its text"
        raise GameError(msg) from None


def read(text: str) -> TreeForm:
    """Read the text of an .efg file.

    Parameters
    ----------
    text : str
        The whole file, from ``EFG 2`` on.

    Raises
    ------
    GameError
        If the text is malformed, or a player has an information set of several nodes; the message
        names line and column.

    Notes
    -----
    Time and memory are linear in the length of the text.  At most 200 moves may follow each other.

    Examples
    --------
    >>> form = read('EFG 2 R "Alone" { "M" } p "" 1 1 "" { "go" } 0 t "" 1 "" { 1/2 }')
    >>> form.players, form.tree
    (('M',), Move(player='M', choices={'go': (Fraction(1, 2),)}))
    """
    return _Reader(text).form()


def write(
    root: Node, players: Sequence[str], exact: bool, *, title: str = "", comment: str = ""
) -> str:
    """The text of an .efg file, every move with an information set and every end an outcome.

    Parameters
    ----------
    root : Node
    players : sequence of str
    exact : bool
        Whether to write fractions; otherwise the shortest decimals that read back as the same
        doubles.  Of probabilities that then fail to add up to 1 the largest is corrected.
    title, comment : str, optional
    """
    sets = [0] * (len(players) + 1)
    ends = 0
    names = " ".join(map(_quoted, players))
    lines = [f"EFG 2 R {_quoted(title)} {{ {names} }}", _quoted(comment), ""]
    for node in root.walk():
        if node.is_end:
            ends += 1
            payoffs = ", ".join(_number(x, exact) for x in node.payoffs)
            lines.append(f't "" {ends} "" {{ {payoffs} }}')
            continue
        owner = -1 if node.player is None else node.player
        sets[owner] += 1
        if node.player is None:
            pairs = zip(node.labels, _chances(node.chances, exact), strict=True)
            inside = " ".join(f"{_quoted(a)} {p}" for a, p in pairs)
            lines.append(f'c "" {sets[-1]} "" {{ {inside} }} 0')
        else:
            inside = " ".join(map(_quoted, node.labels))
            lines.append(f'p "" {owner + 1} {sets[owner]} "" {{ {inside} }} 0')
    return "\n".join(lines) + "\n"


def _number(x: Fraction, exact: bool) -> str:
    if exact or float(x) != x:
        return str(x)
    # Gambit reads 1e16 but neither 1e+16 nor a sign of plus.
    return repr(float(x)).replace("e+", "e").removesuffix(".0")


def _chances(chances: Sequence[Fraction], exact: bool) -> list[str]:
    """Probabilities that add up to exactly 1 as they are written, as Gambit demands."""
    words = [_number(p, exact) for p in chances]
    excess = sum(map(Fraction, words)) - 1
    if excess:
        largest = max(range(len(words)), key=lambda k: chances[k])
        words[largest] = str(Fraction(words[largest]) - excess)
    return words


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Reader:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff")
        self._next = self._start = 0
        self._token = ""
        self._advance()
        self._players: tuple[str, ...] = ()
        self._outcomes: dict[int, tuple[Fraction, ...]] = {}
        self._seen: set[tuple[int, int]] = set()
        self._draws: dict[int, list[tuple[str, Fraction]]] = {}

    def form(self) -> TreeForm:
        for word in ("EFG", "2"):
            self._word((word,), f"an .efg file, which starts with EFG 2 (at {word!r})")
        self._word(("R", "D"), "R or D, the kind of numbers")
        title = self._label("the title in double quotes")
        self._word(("{",), "'{' before the player labels")
        names: list[str] = []
        while self._token != "}":
            names.append(self._label("player labels in double quotes, or '}'"))
        self._advance()
        self._players = usable_labels(names, "player")
        comment = self._label("") if self._is_label() else ""
        tree = self._node((Fraction(0),) * len(names), 0)
        if self._token:
            self._fail("the end of the file after the last node")
        if not isinstance(tree, Move | Chance):
            self._fail("a game with at least one move")
        return TreeForm(title, comment, self._players, tree)

    # -- tokens --------------------------------------------------------------------------

    def _advance(self) -> str:
        taken = self._token
        match = _TOKEN.match(self._text, self._next)
        assert match is not None  # the last alternatives are one stray quote and the end
        self._token, self._start, self._next = match[1], match.start(1), match.end()
        return taken

    def _where(self, start: int) -> str:
        before = self._text[:start]
        line, column = before.count("\n") + 1, start - before.rfind("\n")
        return f"line {line}, column {column} of the .efg text"

    def _fail(self, expected: str) -> NoReturn:
        found = {"": "the end of the file", '"': "a text whose closing quote is missing"}
        given = found.get(self._token, repr(self._token[:30]))
        msg = f"{self._where(self._start)}: found {given}, expected {expected}"
        raise GameError(msg)

    def _word(self, words: tuple[str, ...], expected: str) -> str:
        if self._token not in words:
            self._fail(expected)
        return self._advance()

    def _is_label(self) -> bool:
        return len(self._token) > 1 and self._token[0] == '"'

    def _label(self, expected: str) -> str:
        if not self._is_label():
            self._fail(expected)
        return re.sub(r'\\(["\\])', r"\1", self._advance()[1:-1])

    def _integer(self, expected: str) -> int:
        if not (self._token.isascii() and self._token.isdecimal() and len(self._token) < 10):
            self._fail(expected)
        return int(self._advance())

    def _number(self, expected: str) -> Fraction:
        if not NUMERAL.fullmatch(self._token):
            self._fail(expected)
        return rational(self._advance())

    # -- nodes ---------------------------------------------------------------------------

    def _node(self, before: tuple[Fraction, ...], depth: int) -> Any:
        if depth > DEEPEST:
            self._fail(f"a tree in which at most {DEEPEST} moves follow each other")
        kind = self._word(("c", "p", "t"), "c, p or t, the kind of a node")
        self._label("the node's name in double quotes")
        if kind == "t":
            return self._outcome(before)
        if kind == "c":
            pairs = self._chance()
            here = self._outcome(before)
            labels = usable_labels([label for label, _ in pairs], "action")
            return Chance(
                {
                    label: (p, self._node(here, depth + 1))
                    for label, (_, p) in zip(labels, pairs, strict=True)
                }
            )
        count = len(self._players)
        start = self._start
        number = self._integer(f"the number of the player who moves, from 1 to {count}")
        if not 1 <= number <= count:
            msg = f"{self._where(start)}: player {number} moves; there are {count} players"
            raise GameError(msg)
        start = self._start
        own = self._integer("the number of an information set")
        if (number, own) in self._seen:
            msg = (
                f"{self._where(start)}: information set {own} of player {number} has several "
                "nodes, and games of imperfect information are not read; give the game in "
                "strategic form, as a .nfg file"
            )
            raise GameError(msg)
        self._seen.add((number, own))
        self._label("the name of the information set in double quotes")
        self._word(("{",), "'{' before the actions")
        actions: list[str] = []
        while self._token != "}":
            actions.append(self._label("actions in double quotes, or '}'"))
        if not actions:
            self._fail("at least one action")
        self._advance()
        here = self._outcome(before)
        labels = usable_labels(actions, "action")
        return Move(
            self._players[number - 1], {label: self._node(here, depth + 1) for label in labels}
        )

    def _chance(self) -> list[tuple[str, Fraction]]:
        own = self._integer("the number of an information set of chance")
        if self._is_label():
            self._label("the name of the information set")
        if self._token != "{":
            if own not in self._draws:
                self._fail("'{' before the chances")
            return self._draws[own]  # as given where the set first appeared
        self._advance()
        pairs: list[tuple[str, Fraction]] = []
        while self._token != "}":
            label = self._label("a chance in double quotes, or '}'")
            pairs.append((label, self._number(f"the probability of {label!r}")))
        self._advance()
        self._draws[own] = pairs
        return pairs

    def _outcome(self, before: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        """Payoffs from here on added to those before."""
        own = self._integer("the number of an outcome, or 0")
        named = self._is_label()
        if named:
            self._label("the outcome's name")
        if self._token == "{":
            self._advance()
            n = len(self._players)
            self._outcomes[own] = tuple(
                self._number(f"payoff {k + 1} of {n} of the outcome") for k in range(n)
            )
            self._word(("}",), f"'}}' after the {n} payoffs of the outcome")
        elif own and own not in self._outcomes:
            self._fail(f"the payoffs of outcome {own} in braces")
        if not own:
            return before
        return tuple(a + b for a, b in zip(before, self._outcomes[own], strict=True))
