"""A page for every model of the catalogue, and one for the claims: written anew at every build.

Everything on these pages comes from the package: parameters, payoffs, closed forms, propositions
and claims.  So they cannot say anything that the code does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import sympy

import hedging as hg
from hedging.propositions.library import propositions

_MOST_TABLES = 6
"""With more tables of payoffs than this they are folded away."""

_PROPER = {"american", "asian", "china", "chinese", "geneva", "russia", "western"}
_OWN = "Own construction; illustrative default"
_LETTERS = "Letters that are not in the table of parameters are defined in the module named above."


def write_pages(folder: Path) -> None:
    """Write one page per model, one of all claims, and an index of the models."""
    folder.mkdir(exist_ok=True)
    pages = {f"{name}.md": model_page(model) for name, model in hg.catalogue.items()}
    pages |= {"index.md": index_page(), "claims.md": claims_page()}
    for stale in {path.name for path in folder.glob("*.md")} - set(pages):
        (folder / stale).unlink()
    for name, text in pages.items():
        path = folder / name
        # An untouched file keeps its date, and Sphinx need not read it again.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def index_page() -> str:
    """All models in one table."""
    rows = []
    for name, model in hg.catalogue.items():
        known = propositions(name)
        proved = sum(p.prove is not None for p in known)
        size = " x ".join(map(str, model.shape))
        rows.append((f"[`{name}`]({name}.md)", model.title, size, len(known), proved))
    head = ("model", "about", "size", "propositions", "proved")
    names = "\n".join(hg.catalogue)
    return (
        "# The models\n\n"
        "Size is the number of actions of each player. A proposition is a statement about a model "
        "that the package can check: see [what is proved](../explanation/proofs.md).\n\n"
        f"{_table(head, rows)}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    )


def model_page(model: Any) -> str:
    """One model: who plays, what parameters and payoffs mean, and what is known of it."""
    parts = [
        f"# {model.name}\n\n{model.title}.",
        _about(model),
        f"## Parameters\n\n{_parameters(model)}",
        f"## Payoffs\n\n{_payoffs(model)}",
    ]
    if model.curves:
        parts.append(f"## Critical values\n\n{_curves(model)}")
    known = "\n\n".join(map(_proposition, propositions(model.name)))
    parts.append(f"## Propositions\n\n{_LETTERS}\n\n{known}")
    answered = [claim for claim in hg.claims.values() if model.name in claim.models]
    if answered:
        rows = [f"- [Claim {c.number}](#claim-{c.number}): {_plain(c.text)}" for c in answered]
        parts.append("## Claims that it answers\n\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


def claims_page() -> str:
    """What the models say to every claim, and what speaks against it."""
    intro = (
        "# Claims about Kazakhstan\n\n"
        f"{len(hg.claims)} claims of an essay on Kazakhstan's policy between Russia, China and the "
        "West, in our words, and what the models say to them. What is proved or confirmed is the "
        "models' *answer*, under the conditions that it states; that these conditions are met "
        "in the world is a matter for data. `hedging claims` checks all of it anew, `hg.claims` "
        "is the same in Python."
    )
    return "\n\n".join([intro, *(_claim(claim) for claim in hg.claims.values())]) + "\n"


def _claim(claim: Any) -> str:
    against = f"\n\nAgainst it: {_plain(claim.against)}" if claim.against else ""
    links = []
    for name in claim.names:
        model, _, proposition = name.partition(".")
        # A name without a proposition stands for all about that model.
        target = f"#{model}-{proposition}" if proposition else f"{model}.md"
        links.append(f"[`{name}`]({target})")
    return (
        f"(claim-{claim.number})=\n## {claim.number}. {_headline(claim.key)}\n\n"
        f"> {_plain(claim.text)}\n\n**{claim.verdict.capitalize()}.** {_plain(claim.answer)}"
        f"{against}\n\nRests on {', '.join(links)}."
    )


def _headline(key: str) -> str:
    words = [w.capitalize() if w in _PROPER else w for w in key.split("_")]
    return " ".join([words[0].capitalize(), *words[1:]])


def _proposition(p: Any) -> str:
    return (
        f"({p.model}-{p.name})=\n### {p.name}\n\n{_plain(p.statement)}\n\n"
        f"$$\n{p.latex}\n$$\n\n{_worth(p)}"
    )


def _worth(p: Any) -> str:
    """What the proposition rests on."""
    if p.prove is None:
        return "*Compared with the solver on random draws.*"
    return (
        "*Proved for all parameters, and compared with the solver on random draws.* "
        f"Algebra settles: {_plain(p.proves)}"
    )


def _about(model: Any) -> str:
    rows = [
        (player, ", ".join(f"`{a}`" for a in actions))
        for player, actions in zip(model.players, model.actions, strict=True)
    ]
    lines = [_table(("player", "actions"), rows)]
    if model.source:
        lines.append(f"Source: {_plain(model.source).rstrip('.')}.")
    if model.notes:
        lines.append(_plain(model.notes))
    alone = (Path(hg.__file__).parent / "families" / f"{model.name}.py").exists()
    home = model.name if alone else "classic_games"
    lines.append(
        f'In Python `hg.catalogue["{model.name}"]`; {{py:mod}}`hedging.families.{home}` has the '
        "formulas of its payoffs and its closed forms as functions."
    )
    return "\n\n".join(lines)


def _parameters(model: Any) -> str:
    rows = [
        (
            f"`{p.name}`",
            f"${p.latex}$",
            p.default,
            p.range.replace(" ", "\N{NO-BREAK SPACE}"),
            _plain(p.meaning),
            _plain((p.source or "").replace(_OWN, "illustrative")),
        )
        for p in model.parameters.values()
    ]
    return _table(("name", "symbol", "default", "range", "meaning", "default from"), rows)


def _payoffs(model: Any) -> str:
    tables = list(_payoff_tables(model))
    text = "\n\n".join(tables)
    about = "Rows are the first player's actions" + (
        ", columns the second's." if len(model.players) > 1 else "."
    )
    if _alike(model):
        about += " The players are in the same position, so only the first one's payoffs are shown."
    if len(tables) <= _MOST_TABLES:
        return f"{about}\n\n{text}"
    return f"{about}\n\n<details><summary>{len(tables)} tables</summary>\n\n{text}\n\n</details>"


def _payoff_tables(model: Any) -> Iterator[str]:
    names = _letters(model)
    shown = model.players[:1] if _alike(model) else model.players
    columns = model.actions[1] if len(model.players) > 1 else ("payoff",)
    others = list(zip(model.players[2:], model.actions[2:], strict=True))
    for player in shown:
        table = _array(model, player).reshape(len(model.actions[0]), len(columns), *model.shape[2:])
        for rest in product(*(range(len(own)) for _, own in others)):
            given = [f"{who} `{own[k]}`" for (who, own), k in zip(others, rest, strict=True)]
            title = f"**{player} gets**" + (f", with {', '.join(given)}" if given else "")
            body = [
                (f"`{row}`", *(_formula(table[(i, j, *rest)], names) for j in range(len(columns))))
                for i, row in enumerate(model.actions[0])
            ]
            head = ("", *(f"`{c}`" if len(model.players) > 1 else c for c in columns))
            yield f"{title}\n\n{_table(head, body)}"


def _array(model: Any, player: str) -> Any:
    return np.array(model.payoffs[player].tolist(), dtype=object)


def _alike(model: Any) -> bool:
    """Whether three or more players are in the same position, the order of the others apart."""
    if len(model.players) < 3 or len(set(model.actions)) > 1:
        return False
    first = _array(model, model.players[0])
    return all(
        np.array_equal(np.moveaxis(_array(model, player), k, 0), first)
        for k, player in enumerate(model.players)
    )


def _formula(expression: Any, names: Mapping[Any, str]) -> str:
    return f"${sympy.latex(sympy.sympify(expression), symbol_names=names)}$"


def _curves(model: Any) -> str:
    names = _letters(model)
    lines = ["Where equilibria change, in closed form: `model.critical(NAME, ...)` evaluates them."]
    for name, curve in model.curves.items():
        value = sympy.latex(sympy.sympify(curve.value), symbol_names=names)
        lines.append(f"`{name}`, a value of `{curve.parameter}`: {_plain(curve.meaning)}.")
        lines.append(f"$$\n{curve.label or _letter(model, curve.parameter)} = {value}\n$$")
        if curve.condition is not None:
            condition = sympy.latex(sympy.sympify(curve.condition), symbol_names=names)
            lines.append(f"where\n\n$$\n{condition}\n$$")
    return "\n\n".join(lines)


def _letters(model: Any) -> dict[Any, str]:
    return {sympy.Symbol(p.name): p.latex for p in model.parameters.values()}


def _letter(model: Any, name: str) -> str:
    return model.parameters[name].latex


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(map(str, head)), *(list(map(str, row)) for row in rows)]
    text = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([text[0], "|---" * len(lines[0]) + "|", *text[1:]])


def _plain(text: str) -> str:
    """Text of the package as Markdown: what is no markup must not look like it."""
    return re.sub(r"([*_|<>$\[\]])", r"\\\1", " ".join(text.split()))
