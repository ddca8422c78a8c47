"""A model as people read it: LaTeX for papers, HTML for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import product
from typing import Any

import sympy

from hedging.modelling.parameter import Parameter

__all__ = [
    "escape",
    "parameter_table",
    "parameters_html",
    "payoff_matrices",
    "payoffs_html",
    "words",
]

Labels = Sequence[Sequence[str]]

_MOST_PROFILES = 64
"""Beyond this a table of formulas is not read."""

_SHORT = 9, 600
"""Profiles, and characters of LaTeX, up to which it is not folded either."""

_SET = "class='tex2jax_process mathjax_process'"
"""Asks a documentation's MathJax not to pass over a table."""


def words(text: str) -> str:
    r"""Plain words inside a formula.

    Examples
    --------
    >>> words("align_a")
    '\\text{align\\_a}'
    """
    long = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    escaped = "".join(long.get(c, rf"\{c}" if c in "_%&#${}" else c) for c in text)
    return rf"\text{{{escaped}}}"


def payoff_matrices(
    payoffs: Mapping[str, Any], actions: Labels, parameters: Mapping[str, Parameter]
) -> str:
    """One matrix per player and combination of actions of players 3, 4, ...

    Rows are the actions of player 1, columns those of player 2.
    """
    names = {sympy.Symbol(p.name): p.latex for p in parameters.values()}
    rows, *others = (range(len(a)) for a in actions)
    columns = others[0] if others else range(1)
    lines = []
    for player, table in payoffs.items():
        for rest in product(*others[1:]):
            given = [words(a[k]) for a, k in zip(actions[2:], rest, strict=True)]
            cells = [
                [
                    sympy.latex(table[(i, j, *rest) if others else (i,)], symbol_names=names)
                    for j in columns
                ]
                for i in rows
            ]
            matrix = r" \\ ".join(" & ".join(row) for row in cells)
            of = ", ".join([r"\cdot"] * min(len(actions), 2) + given)
            lines.append(
                rf"u_{{{words(player)}}}({of}) &= \begin{{pmatrix}} {matrix} \end{{pmatrix}}"
            )
    return "\\[\n\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}\n\\]\n"


def parameter_table(parameters: Mapping[str, Parameter]) -> str:
    """Symbol, default, range and meaning of every parameter, one line each."""
    lines = [
        rf"{p.latex} & {p.default} & {p.range} & {words(p.meaning)}" for p in parameters.values()
    ]
    return "\\[\n\\begin{array}{llll}\n" + " \\\\\n".join(lines) + "\n\\end{array}\n\\]\n"


def parameters_html(parameters: Mapping[str, Parameter]) -> str:
    """Name, symbol, default, range and meaning of every parameter as an HTML table."""
    rows = "".join(
        rf"<tr><td><code>{escape(p.name)}</code></td><td>\({escape(p.latex)}\)</td>"
        f"<td>{p.default}</td><td>{p.range}</td><td>{escape(p.meaning)}</td></tr>"
        for p in parameters.values()
    )
    head = "".join(f"<th>{h}</th>" for h in ("parameter", "symbol", "default", "range", "meaning"))
    return f"<table {_SET}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def payoffs_html(
    payoffs: Mapping[str, Any], actions: Labels, parameters: Mapping[str, Parameter]
) -> str:
    """Formula of every payoff as an HTML table with one row per profile; folded if it is long.

    Formulas are LaTeX, which notebooks and documentation set.
    """
    profiles = list(product(*(range(len(a)) for a in actions)))
    if len(profiles) > _MOST_PROFILES:
        return f"<p>{len(profiles)} action profiles: see <code>.payoffs</code></p>"
    names = {sympy.Symbol(p.name): p.latex for p in parameters.values()}
    rows, length = [], 0
    for profile in profiles:
        chosen = "".join(
            f"<td>{escape(own[k])}</td>" for own, k in zip(actions, profile, strict=True)
        )
        formulas = [sympy.latex(table[profile], symbol_names=names) for table in payoffs.values()]
        length += sum(map(len, formulas))
        cells = "".join(
            rf"<td style='text-align:left'>\({escape(text)}\)</td>" for text in formulas
        )
        rows.append(f"<tr>{chosen}{cells}</tr>")
    heads = "".join(f"<th>{escape(player)}</th>" for player in payoffs)
    heads += "".join(f"<th>payoff of {escape(player)}</th>" for player in payoffs)
    table = f"<table {_SET}><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    if len(profiles) <= _SHORT[0] and length <= _SHORT[1]:
        return table
    return f"<details><summary>payoffs of {len(profiles)} profiles</summary>{table}</details>"
