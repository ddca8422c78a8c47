"""Games as people see them: a line of text, a table in a notebook."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hedging.game import Game

__all__ = ["table", "text"]

_MOST_ROWS, _MOST_TABLES = 24, 16
"""Beyond this a table is not read but scrolled; the line of text says what there is."""


def text(game: Game) -> str:
    """One line: shape, labels, batch axes."""
    each = (
        f"{player} ({', '.join(labels) if len(labels) <= 6 else f'{len(labels)} actions'})"
        for player, labels in zip(game.players, game.actions, strict=True)
    )
    batch = " x ".join(
        f"{dim}={size}" for dim, size in zip(game.batch_dims, game.batch_shape, strict=True)
    )
    notes = "".join(f"; {note}" for note in ("exact" * game.is_exact, batch) if note)
    return f"<Game {'x'.join(map(str, game.shape))}: {', '.join(each)}{notes}>"


def table(game: Game) -> str | None:
    """Payoff table of one game, pure best replies underlined; None if it would not be read.

    The first player chooses the row, the second the column; for more players there is one such
    table for every combination of the others' actions.
    """
    first = game.shape[:2]
    several = math.prod(game.shape[2:])
    if game.n_players < 2 or game.batch_dims or max(first) > _MOST_ROWS or several > _MOST_TABLES:
        return None
    best = np.stack(
        [own == own.max(axis=player, keepdims=True) for player, own in enumerate(game.payoffs)]
    )
    tables = []
    for others in np.ndindex(*game.shape[2:]):
        chosen = (
            f"{player} plays <b>{html.escape(game.actions[k][action])}</b>"
            for k, (player, action) in enumerate(
                zip(map(html.escape, game.players[2:]), others, strict=True), start=2
            )
        )
        caption = f"<caption>{', '.join(chosen)}</caption>" if others else ""
        tables.append(_slice(game, best, others, caption))
    return "".join(tables)


def _slice(game: Game, best: Any, others: tuple[int, ...], caption: str) -> str:
    """One table: rows and columns of the first two players, the others' actions given."""

    def cell(row: int, col: int) -> str:
        each = []
        for player in range(game.n_players):
            value = game.payoffs[(player, row, col, *others)]
            text = str(value) if game.is_exact else f"{value:.6g}"
            each.append(f"<u>{text}</u>" if best[(player, row, col, *others)] else text)
        return f"<td>{', '.join(each)}</td>"

    rows, cols = ([html.escape(label) for label in labels] for labels in game.actions[:2])
    corner = html.escape(f"{game.players[0]} \\ {game.players[1]}")
    head = "".join(f"<th>{label}</th>" for label in cols)
    body = "".join(
        f"<tr><th>{label}</th>{''.join(cell(j, k) for k in range(len(cols)))}</tr>"
        for j, label in enumerate(rows)
    )
    return f"<table>{caption}<tr><th>{corner}</th>{head}</tr>{body}</table>"
