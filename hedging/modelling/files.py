"""Model files: TOML in, TOML out, nothing executed.

A model file holds the name of a model, its players and their actions, a table for each
parameter, and every payoff as a formula in the language of :mod:`hedging.formula`:

.. code-block:: toml

    name = "chicken"
    players = ["A", "B"]
    actions = [["yield", "press"], ["yield", "press"]]

    [[parameters]]
    name = "stake"
    default = 1.0
    low = 0.0
    high = 2.0

    [payoffs]
    A = [["0", "-stake"], ["stake", "-1"]]
    B = [["0", "stake"], ["-stake", "-1"]]

A file is read in two steps, text to dictionaries and dictionaries to the arguments of a model,
and each refuses what does not fit in one line.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

from hedging import formula
from hedging.errors import FormulaError, suggest
from hedging.modelling.parameter import Curve, Parameter

__all__ = ["arguments", "document", "dumps", "loads", "read_text"]

MAX_BYTES = 4_000_000


def read_text(source: str | os.PathLike[str]) -> tuple[str, str]:
    """Text of a model file, and the name to call it by in errors.

    A string with a line break is taken as the text itself, anything else as a path.
    """
    if isinstance(source, str) and "\n" in source:
        return source, "model text"
    path = Path(source)
    try:
        if path.stat().st_size > MAX_BYTES:
            msg = f"{path} is larger than {MAX_BYTES} bytes; a model file is far smaller"
            raise FormulaError(msg)
        return path.read_text(encoding="utf-8"), str(path)
    except UnicodeDecodeError:
        msg = f"{path} is not UTF-8 text; give a TOML model file"
        raise FormulaError(msg) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"{str(path)[:80]!r} cannot be read ({reason}); give a path or TOML text"
        raise FormulaError(msg) from None


def loads(text: str, where: str) -> dict[str, Any]:
    """Parse TOML; ``where`` names the source in errors."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{where} is not complete TOML: {error}"
        raise FormulaError(msg) from None
    except RecursionError:
        msg = f"{where} is nested too deeply; a payoff table has one level per player"
        raise FormulaError(msg) from None


def dumps(document: Mapping[str, Any]) -> str:
    """Write a model's dictionary as TOML, payoff tables last."""
    lines = [
        f"{key} = {_value(value)}"
        for key, value in document.items()
        if not isinstance(value, Mapping) and not _is_tables(value)
    ]
    for key, value in document.items():
        if _is_tables(value):
            for table in value:
                lines += ["", f"[[{key}]]", *(f"{k} = {_value(v)}" for k, v in table.items())]
    for key, value in document.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{key}]", *(f"{_string(k)} = {_value(v)}" for k, v in value.items())]
    return "\n".join(lines) + "\n"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _value(value: Any, indent: int = 0) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        if not any(isinstance(v, list) for v in value):
            return f"[{', '.join(_value(v) for v in value)}]"
        pad = "  " * (indent + 1)
        rows = "".join(f"{pad}{_value(v, indent + 1)},\n" for v in value)
        return f"[\n{rows}{'  ' * indent}]"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _string(text: str) -> str:
    # JSON's strings are TOML's basic strings, but for the one control character it lets pass.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def document(
    head: Mapping[str, str | None],
    players: Sequence[str],
    actions: Sequence[Sequence[str]],
    parameters: Mapping[str, Parameter],
    payoffs: Mapping[str, Any],
    curves: Mapping[str, Curve],
) -> dict[str, Any]:
    """Return a model as dictionaries, lists, text and numbers, fit for JSON and TOML."""
    result: dict[str, Any] = {k: v for k, v in head.items() if v is not None}
    result["players"] = list(players)
    result["actions"] = [list(a) for a in actions]
    result["parameters"] = [
        {
            f.name: str(v) if isinstance(v, Fraction) else v
            for f in fields(Parameter)
            if (v := getattr(p, f.name)) is not None and v is not False
        }
        for p in parameters.values()
    ]
    if curves:
        result["curves"] = [{"name": name, **_curve(c)} for name, c in curves.items()]
    result["payoffs"] = {player: _texts(table.tolist()) for player, table in payoffs.items()}
    return result


def _texts(nested: Any) -> Any:
    return [_texts(x) for x in nested] if isinstance(nested, list) else formula.to_text(nested)


def _curve(curve: Curve) -> dict[str, str]:
    table = {"parameter": curve.parameter, "value": formula.to_text(curve.value)}
    table |= {k: v for k in ("meaning", "label") if (v := getattr(curve, k))}
    if curve.condition is not None:
        table["condition"] = formula.to_text(curve.condition)
    return table


_OPTIONAL = {"title", "source", "notes", "curves"}
_REQUIRED = {"name", "players", "actions", "parameters", "payoffs"}


def arguments(model: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of :class:`hedging.model.Model` from :func:`document`."""
    _check_keys("a model", model, _REQUIRED | _OPTIONAL, _REQUIRED)
    result = dict(model)
    result["parameters"] = []
    for table in _tables(model, "parameters"):
        names = {f.name for f in fields(Parameter)}
        _check_keys("a parameter", table, names, {"name", "default", "low", "high"})
        result["parameters"].append(Parameter(**table))
    result["curves"] = {}
    for table in _tables(model, "curves"):
        names = {f.name for f in fields(Curve)}
        _check_keys("a curve", table, names | {"name"}, {"name", "parameter", "value"})
        for key, text in table.items():
            if not isinstance(text, str):
                msg = f"a curve has {key} = {text!r}; give a string"
                raise FormulaError(msg)
        curve = {k: v for k, v in table.items() if k != "name"}
        result["curves"][table["name"]] = Curve(**curve)
    return result


def _check_keys(what: str, table: Any, known: set[str], required: set[str]) -> None:
    if not isinstance(table, Mapping):
        msg = f"{what} is {type(table).__name__}; give a table"
        raise FormulaError(msg)
    for key in table:
        if key not in known:
            msg = f"{what} has an entry {key!r}; {suggest(key, sorted(known))}"
            raise FormulaError(msg)
    for key in sorted(required):
        if key not in table:
            msg = f"{what} has no {key!r}; give {', '.join(sorted(required))}"
            raise FormulaError(msg)


def _tables(document: Mapping[str, Any], key: str) -> list[Any]:
    tables = document.get(key, [])
    if not isinstance(tables, list):
        msg = f"{key} is {type(tables).__name__}; give a list of tables, written [[{key}]]"
        raise FormulaError(msg)
    return tables
