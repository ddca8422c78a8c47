r"""Payoff tables for papers: a LaTeX ``tabular`` with best replies underlined.

The first player chooses the row and the second the column, as in every textbook.  With a third
player the tables of its actions stand side by side; with more, those rows of tables are stacked,
one for every combination of the others' actions.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from hedging.errors import GameError
from hedging.games.display import best_replies

if TYPE_CHECKING:
    from hedging.game import Game

__all__ = ["tabular", "tex_number", "tex_text"]

_MOST_ROWS = 60
"""Lines beyond which no page holds the table."""

_LONGEST = 12
"""Characters up to which a fraction is shown whole; longer ones are hard to compare."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "[": "{[}",  # after a line break it would begin its options
    "*": "{*}",
} | {char: f"\\{char}" for char in "_%&#${}"}


def tex_text(text: str) -> str:
    r"""Plain words as LaTeX.

    Examples
    --------
    >>> print(tex_text("align_a & hedge"))
    align\_a \& hedge
    """
    return "".join(_SPECIAL.get(char, char) for char in text)


def tex_number(value: Any, digits: int = 4) -> str:
    r"""A number for math mode: short fractions whole, the rest to some digits.

    Examples
    --------
    >>> print(tex_number(Fraction(-1, 3)), tex_number(-2.5e-7), tex_number(-0.0))
    -\frac{1}{3} -2.5 \times 10^{-7} 0
    """
    if isinstance(value, Fraction) and value.denominator != 1 and len(str(value)) <= _LONGEST:
        sign = "-" if value < 0 else ""
        return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    if isinstance(value, Fraction) and value.denominator == 1 and len(str(value)) <= _LONGEST:
        return str(value)
    number = float(value) + 0.0  # no negative zero
    if math.isnan(number):
        return r"\mathrm{nan}"
    if math.isinf(number):
        return r"-\infty" if number < 0 else r"\infty"
    mantissa, _, power = f"{number:.{digits}g}".partition("e")
    return rf"{mantissa} \times 10^{{{int(power)}}}" if power else mantissa


def tabular(game: Game) -> str:
    """Write the payoff table of one game; see :meth:`hedging.Game.to_latex`."""
    if game.batch_dims:
        msg = (
            f"a payoff table shows one game and this is a batch of shape {game.batch_shape}; "
            f"pick one, as in game[{', '.join('0' * len(game.batch_dims))}]"
        )
        raise GameError(msg)
    stacks = list(np.ndindex(*game.shape[3:]))
    if len(stacks) * game.shape[0] > _MOST_ROWS:
        msg = (
            f"a payoff table of {len(stacks) * game.shape[0]} rows fits no page "
            f"(at most {_MOST_ROWS}); fix the actions of some players first"
        )
        raise GameError(msg)
    best = best_replies(game)
    columns = game.shape[1] if game.n_players > 1 else 1
    blocks = game.shape[2] if game.n_players > 2 else 1
    gap = "@{\\hspace{2em}}"
    lines = [rf"\begin{{tabular}}{{l{gap.join(['c' * columns] * blocks)}}}", r"\toprule"]
    lines += _heads(game, columns, blocks)
    for rest in stacks:
        if game.n_players > 3:
            given = _given(game, 3, rest)
            lines += [r"\midrule", rf"\multicolumn{{{1 + columns * blocks}}}{{l}}{{{given}}} \\"]
        lines.append(r"\midrule")
        lines += [_row(game, best, row, rest) for row in range(game.shape[0])]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def _given(game: Game, first: int, chosen: tuple[int, ...]) -> str:
    """Words for what the players from the number ``first`` on do."""
    return ", ".join(
        f"{tex_text(game.players[k])}: {tex_text(game.actions[k][action])}"
        for k, action in enumerate(chosen, start=first)
    )


def _heads(game: Game, columns: int, blocks: int) -> list[str]:
    """Lines over the payoffs: what player 3 does, who chooses the column, and the columns."""
    if game.n_players == 1:
        return [f"{tex_text(game.players[0])} & payoff" + r" \\"]
    lines = []
    if game.n_players > 2:
        words = [_given(game, 2, (k,)) for k in range(blocks)]
        lines.append(_spanning(words, columns))
    lines.append(_spanning([tex_text(game.players[1])] * blocks, columns))
    lines.append(
        "".join(
            rf"\cmidrule(lr){{{2 + columns * k}-{1 + columns * (k + 1)}}}" for k in range(blocks)
        )
    )
    labels = [tex_text(label) for label in game.actions[1]] * blocks
    return [*lines, " & ".join([tex_text(game.players[0]), *labels]) + r" \\"]


def _spanning(words: list[str], columns: int) -> str:
    cells = [rf"\multicolumn{{{columns}}}{{c}}{{{text}}}" for text in words]
    return " & ".join(["", *cells]) + r" \\"


def _row(game: Game, best: Any, row: int, rest: tuple[int, ...]) -> str:
    inner = np.ndindex(*reversed(game.shape[1:3]))  # blocks outside, columns inside
    cells = [_cell(game, best, (row, *reversed(place), *rest)) for place in inner]
    return " & ".join([tex_text(game.actions[0][row]), *cells]) + r" \\"


def _cell(game: Game, best: Any, profile: tuple[int, ...]) -> str:
    shown = []
    for own, mark in zip(game.payoffs, best, strict=True):
        text = tex_number(own[profile], 6)
        shown.append(rf"\underline{{{text}}}" if mark[profile] else text)
    return f"${', '.join(shown)}$"
