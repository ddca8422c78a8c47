"""The game at the chosen point, for reading: equilibria, payoff table, nearest boundaries."""

from __future__ import annotations

import html
from typing import Any

from hedging.equilibrium_table import table
from hedging.explorer.nearest import Boundary, boundaries
from hedging.explorer.view import View
from hedging.solving import nash

__all__ = ["describe"]

_MOST = 4


def describe(view: View) -> str:
    """HTML of the game at the chosen point."""
    values: dict[str, Any] = dict(view.values)
    game = view.model(**values)
    place = ", ".join(f"{_words(n)} = {view.values[n]:.4g}" for n in (view.x, view.y))
    equilibria = table(nash(game))
    payoffs = game._repr_html_() or f"<code>{html.escape(repr(game))}</code>"
    near = "".join(f"<li>{_sentence(b)}</li>" for b in boundaries(view)[:_MOST])
    edge = near or "<li>along neither axis does the answer change</li>"
    return (
        f"<h4>At {place}</h4>{equilibria._repr_html_()}"
        f"<b>Nearest boundaries</b><ul>{edge}</ul>"
        f"<b>Payoffs</b> ({', '.join(map(html.escape, game.players))}; best replies underlined)"
        f"{payoffs}"
    )


def _words(name: str) -> str:
    return html.escape(name.replace("_", " "))


def _sentence(boundary: Boundary) -> str:
    return (
        f"{_words(boundary.parameter)} {'up' if boundary.distance > 0 else 'down'} to "
        f"<b>{boundary.value:.4g}</b> ({boundary.distance:+.4g}): {html.escape(boundary.beyond)}"
    )
