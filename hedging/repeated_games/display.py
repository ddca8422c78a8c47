"""A repeated game as a notebook shows it: the stage game, patience, and what is feasible."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np

from hedging.repeated import stage
from hedging.repeated_games.labelled_stage import plain

if TYPE_CHECKING:
    from hedging.repeated_games.infinite import RepeatedGame

__all__ = ["page"]


def page(game: RepeatedGame) -> str:
    """HTML of a repeated game; nothing in it takes a search."""
    table = game.game._repr_html_() or f"<p><code>{html.escape(repr(game.game))}</code></p>"
    return f"<b>Repeated game</b>, {_patience(game)}{table}{_facts(game)}"


def _patience(game: RepeatedGame) -> str:
    if game.deltas is None:
        return "no discount factor given"
    shown = [_number(x) for x in game.deltas]
    if len(set(shown)) == 1:
        return f"discount factor &delta; = {shown[0]}"
    each = zip(map(html.escape, game.game.players), shown, strict=True)
    return f"discount factors {', '.join(f'&delta;({p}) = {x}' for p, x in each)}"


def _facts(game: RepeatedGame) -> str:
    """What each player can get, be held to, and is left with by stage equilibria."""
    payoffs = game.game.payoffs
    if not game.game.is_exact and not np.isfinite(payoffs).all():
        return "<p>Some payoffs are not finite.</p>"
    own = payoffs.reshape(len(payoffs), -1)
    columns: dict[str, Any] = {
        "minmax payoff": stage.pure_minmax(payoffs[None])[0],
        "worst pure stage equilibrium": stage.worst_pure_nash(payoffs[None])[0],
        "feasible payoffs": [f"{_number(x.min())} to {_number(x.max())}" for x in own],
    }
    heads = "".join(f"<th>{name}</th>" for name in columns)
    rows = ""
    for k, player in enumerate(game.game.players):
        cells = "".join(f"<td>{_number(values[k])}</td>" for values in columns.values())
        rows += f"<tr><th>{html.escape(player)}</th>{cells}</tr>"
    total = own.sum(axis=0)
    best = int(np.argmax(total))
    at = ", ".join(map(html.escape, game._stage.labels(best)))
    joint = f"Largest joint payoff: {_number(total[best])}, at ({at})."
    return f"<table><tr><th></th>{heads}</tr>{rows}</table><p>{joint}</p>"


def _number(value: Any) -> str:
    if isinstance(value, str):
        return value
    value = plain(value)
    if isinstance(value, float):
        return f"{value:.6g}" if np.isfinite(value) else "none"
    return str(value)
