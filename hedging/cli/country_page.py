"""A country's report: one HTML page that needs nothing else, no network and no style sheet.

The page answers, for one country and one window: what the data say, which equilibria the
flagship has there, where its hedging would end along every parameter, what the map around
it looks like, and how all this was over time.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hedging.calibration import cases
from hedging.engine.design import grid
from hedging.engine.run import sweep
from hedging.equilibrium_table import table
from hedging.errors import HedgingError
from hedging.families import catalogue
from hedging.solving import nash
from hedging.words import in_words

if TYPE_CHECKING:
    from hedging.model import Model

__all__ = ["page"]

_FLAGSHIP = "triadic_hedging"
_MAPS = (("rivalry", "immunity"), ("retention", "autonomy_cost"))
_POINTS = 301
_LINE = 1001
_QUIET = "hedge|accommodate|accommodate"
_TIES = ("value_a", "value_b")
"""Shares of one whole in the calibration: a country cannot move one alone."""

_STYLE = """
body { font: 16px/1.5 Georgia, serif; max-width: 46em; margin: 2em auto; padding: 0 1em;
  color: #222 }
h1, h2 { font-weight: normal; line-height: 1.2 }
table { border-collapse: collapse; margin: 1em 0; font-size: 0.88em }
th, td { padding: 0.2em 0.7em; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child, .words td:last-child, .words th:last-child { text-align: left }
th { border-bottom: 1px solid #222; font-weight: normal }
caption { text-align: left; padding: 0.3em 0 }
img { max-width: 100%; display: block; margin: 1em 0 }
.note { color: #555; font-size: 0.88em }
code, pre { font-size: 0.85em; background: #f5f5f5 }
pre { padding: 0.8em; overflow-x: auto }
"""


def page(country: str, window: str) -> str:
    """HTML of the report.

    Parameters
    ----------
    country : str
        ISO 3166 code, a key of ``hg.cases.countries``.
    window : str
        One of ``hg.cases.windows``.

    Raises
    ------
    UnknownNameError, ParameterError
        If there is no such case, or its figures are missing.
    """
    model = catalogue[_FLAGSHIP]
    values: dict[str, Any] = dict(cases.parameters(country, window, model=model))
    name = cases.countries[country]
    a, b = cases.powers(country)
    title = f"{name} between {a} and {b}, {window}"
    parts = [
        f"<h1>{_text(title)}</h1>",
        _lead(model, values, name, a, b),
        "<h2>What the data say</h2>",
        _data(country, a, b),
        "<h2>Equilibria</h2>",
        _equilibria(model, values, a, b),
        "<h2>What would end its hedging</h2>",
        _thresholds(model, values),
        "<h2>Maps</h2>",
        *(_map(model, values, axes, f"{name} {window}") for axes in _MAPS),
        "<h2>Over time</h2>",
        _windows(model, country),
        "<h2>Sources, and how to reproduce this page</h2>",
        _sources(model, country, window),
    ]
    body = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head>\n<body>\n{body}\n"
        "</body></html>\n"
    )


def _text(words: object) -> str:
    return html.escape(str(words))


def _rows(head: Sequence[str], rows: Sequence[Sequence[object]], kind: str = "words") -> str:
    first = "".join(f"<th>{_text(cell)}</th>" for cell in head)
    rest = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table class='{kind}'><tr>{first}</tr>{rest}</table>"


def _lead(model: Model, values: Mapping[str, Any], name: str, a: str, b: str) -> str:
    found = nash(model(**values))
    words = [
        in_words(str(s), model.players) for s in found["support"].values[: int(found["count"])]
    ]
    answer = "; or ".join(words)
    return (
        f"<p>In the model, M is {_text(name)}, A is {_text(a)} and B is {_text(b)}. With the "
        f"values of alignment that the data suggest and every other parameter at its default, "
        f"<b>{_text(answer)}</b>.</p>"
        "<p class='note'>The model is stylised. Only the values of alignment come from data, all "
        "other parameters are illustrative: the page shows how an answer depends on them, "
        "not what will happen.</p>"
    )


def _data(country: str, a: str, b: str) -> str:
    figures = cases.table().sel(country=country)
    wanted = {
        "arms_share_a": f"arms from {a}, %",
        "arms_share_b": f"arms from {b}, %",
        "trade_share_a": f"trade with {a}, %",
        "trade_share_b": f"trade with {b}, %",
        "value_a": f"value of {a}",
        "value_b": f"value of {b}",
    }
    rows = [
        [words, *(_number(float(figures[key].sel(window=w))) for w in cases.windows)]
        for key, words in wanted.items()
    ]
    return _rows(["", *cases.windows], rows, kind="numbers")


def _number(value: float) -> str:
    return "no figure" if value != value else f"{value:.3g}"


def _equilibria(model: Model, values: Mapping[str, Any], a: str, b: str) -> str:
    game = model(**values)
    payoffs = game._repr_html_() or ""
    return (
        f"{table(nash(game))._repr_html_()}<p>Payoffs of M, A and B; best replies underlined.</p>"
        f"{payoffs}"
    )


def _thresholds(model: Model, values: Mapping[str, Any]) -> str:
    """Where along each parameter, the others as they are, the quiet hedge begins or ends."""
    now = {n: float(values.get(n, p.default)) for n, p in model.parameters.items()}
    said = _said(*_shares(model, now))
    meaning = f"{model.parameters[_TIES[0]].meaning}; the two values add up to 1"
    rows = []
    if said:
        rows.append(["value of A (that of B falls as much)", f"{now[_TIES[0]]:.4g}", said, meaning])
    for name, parameter in model.parameters.items():
        if name in _TIES:
            continue
        low, high = float(parameter.low), float(parameter.high)
        if parameter.open_low:
            low += 1e-6 * (high - low)
        fixed: dict[str, Any] = {n: v for n, v in now.items() if n != name}
        try:
            ds = sweep(
                model, grid(**{name: (low, high, _LINE)}), report="pure", progress=False, **fixed
            )
        except HedgingError:
            continue  # a parameter tied to others by the model
        said = _said(ds[name].values, ds["pure"].sel(profile=_QUIET).values)
        if said:
            rows.append([name.replace("_", " "), f"{now[name]:.4g}", said, parameter.meaning])
    if not rows:
        return "<p>Along no single parameter does the quiet hedge begin or end.</p>"
    return (
        "<p>The quiet hedge (M hedges, A and B accommodate) is an equilibrium in these ranges, "
        "one parameter varied at a time, but the two values together; parameters not listed do "
        "not matter on their own.</p>"
        + _rows(["parameter", "now", "an equilibrium", "meaning"], rows)
    )


def _shares(model: Model, now: Mapping[str, float]) -> tuple[Any, Any]:
    """Values of A with that of B the rest, and whether the quiet hedge is an equilibrium there."""
    line = np.linspace(0, 1, _LINE)[1:-1]
    fixed: dict[str, Any] = {n: v for n, v in now.items() if n not in _TIES}
    games = model(value_a=line, value_b=1 - line, **fixed)
    profile = dict(zip(model.players, _QUIET.split("|"), strict=True))
    return line, np.all(games.regret(profile) <= 0, axis=-1)


def _said(line: Any, holds: Any) -> str:
    """Where along a line something begins and ceases to hold, in words; empty if nowhere."""
    return ", ".join(
        f"{'up to' if holds[k] else 'from'} about {0.5 * (line[k] + line[k + 1]):.3g}"
        for k in range(len(line) - 1)
        if holds[k] != holds[k + 1]
    )


def _map(model: Model, values: Mapping[str, Any], axes: tuple[str, str], label: str) -> str:
    from hedging.plot.region_map import regions
    from hedging.plot.style import pyplot

    plt = pyplot()
    plt.switch_backend("agg")  # a picture is wanted, not a window
    ends = {n: (float(model.parameters[n].low), float(model.parameters[n].high)) for n in axes}
    span: dict[str, Any] = {
        n: (low + 1e-3 * (high - low) if model.parameters[n].open_low else low, high, _POINTS)
        for n, (low, high) in ends.items()
    }
    ds = sweep(model, grid(**span), progress=False, **values)
    at = {n: float(model.parameters[n].default) for n in axes}
    ax = regions(ds, model=model, mark={**at, "label": f"{label} (axes: defaults)"})
    figure = ax.get_figure(root=True)
    assert figure is not None
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=200)
    plt.close(figure)
    picture = base64.b64encode(buffer.getvalue()).decode()
    what = " and ".join(n.replace("_", " ") for n in axes)
    return f'<img alt="Equilibria over {_text(what)}" src="data:image/png;base64,{picture}">'


def _windows(model: Model, country: str) -> str:
    rows = []
    for window in cases.windows:
        try:
            values: dict[str, Any] = dict(cases.parameters(country, window, model=model))
        except HedgingError:
            rows.append([window, "no figure", "", ""])
            continue
        found = nash(model(**values))
        words = "; or ".join(
            in_words(str(s), model.players) for s in found["support"].values[: int(found["count"])]
        )
        rows.append([window, f"{values['value_a']:.3f}", f"{values['value_b']:.3f}", words])
    return _rows(["window", "value of A", "value of B", "equilibria"], rows)


def _sources(model: Model, country: str, window: str) -> str:
    from hedging import __version__

    code = (
        "import hedging as hg\n\n"
        f'case = hg.cases.parameters("{country}", "{window}")\n'
        f'model = hg.catalogue["{_FLAGSHIP}"]\n'
        "hg.table(hg.nash(model(**case)))\n"
        "ds = hg.sweep(model, hg.grid(rivalry=(0, 5, 301), immunity=(0, 1, 301)), **case)\n"
        "hg.plot.regions(ds)"
    )
    return (
        f"<p>Data: {_text(cases.table().attrs['source'])}. Model: {_text(model.source or '')}. "
        f"{_text(model.notes or '')}</p><pre>{_text(code)}</pre>"
        f"<p class='note'>Made with hedging {_text(__version__)}.</p>"
    )
