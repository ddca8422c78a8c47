"""Games as people see them: a line of text, a table in a notebook."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hedging.game import Game

__all__ = ["table", "text"]


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
    """Payoff table of one two-player game, pure best replies underlined."""
    if game.n_players != 2 or game.batch_dims:
        return None
    best = game.payoffs == np.stack(
        [
            np.broadcast_to(table.max(axis=i, keepdims=True), game.shape)
            for i, table in enumerate(game.payoffs)
        ]
    )

    def cell(player: int, row: int, col: int) -> str:
        value = game.payoffs[player, row, col]
        text = str(value) if game.is_exact else f"{value:.6g}"
        return f"<u>{text}</u>" if best[player, row, col] else text

    rows, cols = ([html.escape(label) for label in labels] for labels in game.actions)
    corner = html.escape(f"{game.players[0]} \\ {game.players[1]}")
    head = "".join(f"<th>{label}</th>" for label in cols)
    body = "".join(
        f"<tr><th>{label}</th>"
        + "".join(f"<td>{cell(0, j, k)}, {cell(1, j, k)}</td>" for k in range(len(cols)))
        + "</tr>"
        for j, label in enumerate(rows)
    )
    return f"<table><tr><th>{corner}</th>{head}</tr>{body}</table>"
