r"""The .nfg text format of strategic-form games, read and written exactly.

A file names a title, the players, the strategies of each, and then one payoff vector
:math:`u(s) \in \mathbb{Q}^n` per pure profile :math:`s`, *with the index of player 1
running fastest*: the vectors come in the order of a C array with axes
:math:`(s_n, \dots, s_1)`, which is the transpose of ours.  Two bodies exist: the payoff
vectors themselves, or a list of outcomes followed by one outcome number per profile
(0 is the null outcome, which pays nobody anything).

Numbers are integers, decimals or fractions and are kept as :class:`fractions.Fraction`:
``0.1`` in a file is one tenth.  Commas and the comment are optional, and ``{ 2 3 }`` may
stand for the lists of strategy labels.

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
from math import prod
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError
from hedging.program.numerals import NUMERAL, rational

__all__ = ["StrategicForm", "load", "read", "write"]

_TOKEN = re.compile(r'[\s,]*(?P<token>"(?:\\.|[^"\\])*"|[{}]|[^\s,{}"]+|"|\Z)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class StrategicForm:
    """What a .nfg file says, word for word.

    Attributes
    ----------
    title, comment : str
        The comment is empty where the file has none.
    players : tuple of str
        Player labels as they stand in the file, possibly empty or repeated.
    actions : tuple of (tuple of str)
        Strategy labels per player; all empty where the file gives only their numbers.
    payoffs : object array of Fraction, shape (n, m_1, ..., m_n)
    """

    title: str
    comment: str
    players: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    payoffs: NDArray[Any]


def read(text: str) -> StrategicForm:
    """Read the text of a .nfg file.

    Parameters
    ----------
    text : str
        The whole file, from ``NFG 1`` on.

    Returns
    -------
    StrategicForm

    Raises
    ------
    GameError
        If the text is malformed or truncated; the message names line and column.

    Notes
    -----
    Time and memory are linear in the length of the text.

    Examples
    --------
    >>> form = read('NFG 1 R "Matching pennies" { "Even" "Odd" } { 2 2 } 1 -1 -1 1 -1 1 1 -1')
    >>> form.players, form.payoffs[0].astype(int).tolist()
    (('Even', 'Odd'), [[1, -1], [-1, 1]])
    """
    return _Reader(text).form()


def load(path_or_text: str | Path) -> StrategicForm:
    """Read a .nfg file, given its path or its text.

    Parameters
    ----------
    path_or_text : str or Path
        A string that starts with ``NFG`` or has several lines is text, any other a path.

    Returns
    -------
    StrategicForm

    Raises
    ------
    GameError
        If the file cannot be read as text, or the text is malformed.
    """
    text = str(path_or_text)
    starts = text.lstrip("\ufeff \t\r\n").startswith("NFG")
    if isinstance(path_or_text, str) and (starts or "\n" in text):
        return read(text)
    try:
        return read(Path(path_or_text).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text in UTF-8"
        msg = f"cannot read {_shown(text)} ({reason}); give the path of a .nfg file or its text"
        raise GameError(msg) from None


def write(
    payoffs: NDArray[Any],
    players: Sequence[str],
    actions: Sequence[Sequence[str]],
    *,
    title: str = "",
    comment: str = "",
) -> str:
    """The text of a .nfg file with a payoff body.

    Parameters
    ----------
    payoffs : float64 array or object array of int/Fraction, shape (n, m_1, ..., m_n)
        A double is written as the shortest decimal that reads back as the same double, a
        rational as a fraction.
    players : sequence of n str
    actions : sequence of n sequences of str
    title, comment : str, optional

    Returns
    -------
    str
        One line of payoff vectors per combination of the other players' strategies.

    Raises
    ------
    GameError
        If a payoff is not finite; the format has no word for it.

    Examples
    --------
    >>> print(write(np.array([[0.5, 2.0]]), ["M"], [["stay", "go"]], title="Alone"), end="")
    NFG 1 R "Alone" { "M" }
    <BLANKLINE>
    { { "stay" "go" } }
    ""
    <BLANKLINE>
    0.5  2
    """
    strategies = "\n  ".join("{ " + " ".join(map(_quoted, labels)) + " }" for labels in actions)
    head = f"NFG 1 R {_quoted(title)} {{ {' '.join(map(_quoted, players))} }}"
    vectors = payoffs.transpose().reshape(-1, len(players))
    words = [" ".join(_number(x) for x in vector) for vector in vectors.tolist()]
    width = len(actions[0])
    lines = ["  ".join(words[k : k + width]) for k in range(0, len(words), width)]
    return "\n".join([head, "", f"{{ {strategies} }}", _quoted(comment), "", *lines]) + "\n"


def _number(value: float | int | Fraction) -> str:
    if not isinstance(value, float):
        return str(value)
    if not np.isfinite(value):
        msg = f"a payoff is {value}, which .nfg cannot say; remove it or choose other parameters"
        raise GameError(msg)
    # Gambit reads 1e16 but neither 1e+16 nor a sign of plus.
    return repr(value).replace("e+", "e").removesuffix(".0")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shown(text: str) -> str:
    return repr(text if len(text) <= 30 else text[:27] + "...")


class _Token(NamedTuple):
    text: str
    start: int

    @property
    def is_label(self) -> bool:
        return len(self.text) > 1 and self.text[0] == '"'

    @property
    def label(self) -> str:
        # Other backslashes stand for themselves, as in Gambit.
        return re.sub(r'\\(["\\])', r"\1", self.text[1:-1])


class _Reader:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff")
        self._next = 0
        self._token = self._scan()

    def form(self) -> StrategicForm:
        for word in ("NFG", "1"):
            self._word((word,), f"a .nfg file, which starts with NFG 1 (at {word!r})")
        self._word(("R", "D"), "R or D, the kind of numbers")
        title = self._label("the title in double quotes")
        players = self._labels("player labels")
        counts, actions = self._strategies(len(players))
        comment = self._take().label if self._token.is_label else ""
        vectors = (
            self._outcome_body(counts) if self._token.text == "{" else self._payoff_body(counts)
        )
        if self._token.text:
            self._fail(f"the end of the file after the {prod(counts)} profiles of the game")
        table = np.empty(len(vectors), dtype=object)
        table[:] = vectors
        payoffs = table.reshape(*reversed(counts), len(players)).transpose()
        return StrategicForm(title, comment, players, actions, np.ascontiguousarray(payoffs))

    # -- tokens --------------------------------------------------------------------------

    def _scan(self) -> _Token:
        match = _TOKEN.match(self._text, self._next)
        # Every text matches: the last alternatives are one stray quote and the end.
        assert match is not None
        self._next = match.end()
        return _Token(match["token"], match.start("token"))

    def _take(self) -> _Token:
        taken, self._token = self._token, self._scan()
        return taken

    def _where(self, token: _Token) -> str:
        before = self._text[: token.start]
        return f"line {before.count(chr(10)) + 1}, column {token.start - before.rfind(chr(10))}"

    def _fail(self, expected: str, token: _Token | None = None) -> NoReturn:
        token = token or self._token
        found = {"": "the end of the file", '"': "a text whose closing quote is missing"}
        given = found.get(token.text, _shown(token.text))
        msg = f"{self._where(token)} of the .nfg text: found {given}, expected {expected}"
        raise GameError(msg)

    def _word(self, words: tuple[str, ...], expected: str) -> None:
        if self._token.text not in words:
            self._fail(expected)
        self._take()

    def _label(self, expected: str) -> str:
        if not self._token.is_label:
            self._fail(expected)
        return self._take().label

    def _labels(self, what: str) -> tuple[str, ...]:
        self._word(("{",), f"'{{' before the {what}")
        labels = []
        while self._token.text != "}":
            labels.append(self._label(f"{what} in double quotes, or '}}'"))
        if not labels:
            self._fail(f"at least one of the {what}")
        self._take()
        return tuple(labels)

    def _integer(self, expected: str) -> int:
        text = self._token.text
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            self._fail(expected)
        return int(self._take().text)

    def _payoff(self, expected: str) -> Fraction:
        token = self._token
        if not NUMERAL.fullmatch(token.text):
            self._fail(expected)
        try:
            value = rational(token.text)
        except GameError as error:
            msg = f"{self._where(token)} of the .nfg text: {error}"
            raise GameError(msg) from None
        self._take()
        return value

    # -- parts ---------------------------------------------------------------------------

    def _strategies(self, n: int) -> tuple[tuple[int, ...], tuple[tuple[str, ...], ...]]:
        start = self._token
        self._word(("{",), "'{' before the strategies")
        lists: list[tuple[str, ...]] = []
        if self._token.text == "{":
            while self._token.text != "}":
                lists.append(self._labels("strategy labels"))
            counts = tuple(map(len, lists))
        else:
            numbers = []
            while self._token.text != "}":
                token = self._token
                numbers.append(self._integer("a number of strategies, or '}'"))
                if numbers[-1] == 0:
                    self._fail("at least one strategy for every player", token)
            counts = tuple(numbers)
        if len(counts) != n:
            self._fail(
                f"strategies for {n} players, one entry each; there are {len(counts)}", start
            )
        self._take()
        if prod(counts) > len(self._text):
            # Every profile takes a character at least; checked before anything is allocated.
            self._fail(f"a shorter list: {prod(counts)} profiles cannot follow in this text", start)
        return counts, tuple(lists) or tuple(("",) * count for count in counts)

    def _payoff_body(self, counts: tuple[int, ...]) -> list[Fraction]:
        n = len(counts)
        total = prod(counts) * n
        return [
            self._payoff(f"payoff {k + 1} of {total}: {prod(counts)} profiles of {n} players")
            for k in range(total)
        ]

    def _outcome_body(self, counts: tuple[int, ...]) -> list[Fraction]:
        n = len(counts)
        self._take()
        outcomes = [[Fraction(0)] * n]
        while self._token.text != "}":
            self._word(("{",), "'{' before an outcome, or '}' after the last")
            self._label("the outcome's label in double quotes")
            outcomes.append(
                [self._payoff(f"payoff {k + 1} of {n} of the outcome") for k in range(n)]
            )
            self._word(("}",), f"'}}' after the {n} payoffs of the outcome")
        self._take()
        vectors: list[Fraction] = []
        for k in range(prod(counts)):
            token = self._token
            number = self._integer(f"outcome number {k + 1} of {prod(counts)}")
            if number >= len(outcomes):
                self._fail(f"an outcome number from 0 to {len(outcomes) - 1}", token)
            vectors += outcomes[number]
        return vectors
