"""Games as people see them: a line of text, a table in a notebook."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hedging.game import Game

__all__ = ["best_replies", "table", "text"]

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
    table for every combination of the others' actions.  A single player has one column.
    """
    first = game.shape[:2]
    several = math.prod(game.shape[2:])
    if game.batch_dims or max(first) > _MOST_ROWS or several > _MOST_TABLES:
        return None
    best = best_replies(game)
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


def best_replies(game: Game) -> NDArray[np.bool_]:
    """Whether each player's action is a best reply, shape (n, m_1, ..., m_n), for one game.

    Ties that rounding blurs are settled by the exact payoffs, if a model made the game.
    """
    payoffs = game.payoffs
    origin = None if game.is_exact else game._origin
    if origin is not None and np.isfinite(payoffs).all():
        error = origin.payoff_error()[0]
        for player, own in enumerate(payoffs):
            behind = own.max(axis=player, keepdims=True) - own
            # Twice for the two payoffs compared, and a little for their difference.
            if ((behind <= 4 * error[player]).sum(axis=player) > 1).any():
                exact = origin.exact_payoffs(np.array([0]))
                if exact is not None and not exact[1].any():
                    payoffs = exact[0][0]
                break
    return np.stack(
        [own == own.max(axis=player, keepdims=True) for player, own in enumerate(payoffs)]
    )


def _slice(game: Game, best: Any, others: tuple[int, ...], caption: str) -> str:
    """One table: rows and columns of the first two players, the others' actions given."""

    def cell(row: int, col: int) -> str:
        each = []
        for player in range(game.n_players):
            at = (player, row, col, *others)[: game.n_players + 1]
            value = game.payoffs[at]
            text = str(value) if game.is_exact else f"{value:.6g}"
            each.append(f"<u>{text}</u>" if best[at] else text)
        return f"<td>{', '.join(each)}</td>"

    rows, *others_labels = ([html.escape(label) for label in a] for a in game.actions[:2])
    cols = others_labels[0] if others_labels else ["payoff"]
    corner = html.escape(" \\ ".join(game.players[:2]))
    head = "".join(f"<th>{label}</th>" for label in cols)
    body = "".join(
        f"<tr><th>{label}</th>{''.join(cell(j, k) for k in range(len(cols)))}</tr>"
        for j, label in enumerate(rows)
    )
    return f"<table>{caption}<tr><th>{corner}</th>{head}</tr>{body}</table>"
