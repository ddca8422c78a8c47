"""An atlas as people read it: text, LaTeX, a dataset of formulas.

Numbers that are no fractions and no square roots get names, ``x_1``, ``x_2`` for a parameter x, and
are listed with their polynomial and their decimal value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from hedging.analysis.closed_forms import Branch, Piece
from hedging.errors import Status
from hedging.formula import exact_number
from hedging.modelling.typeset import words

if TYPE_CHECKING:
    import xarray as xr

    from hedging.analysis.equilibrium_atlas import Atlas

__all__ = ["as_dataset", "as_latex", "as_text", "plain"]

_DIGITS = 6


def plain(expression: Any) -> str:
    """A formula in one line.

    Examples
    --------
    >>> plain(sympy.Symbol("x") ** 2 / 3)
    'x^2/3'
    """
    return str(expression).replace("**", "^")


def _named(atlas: Atlas) -> dict[Any, Any]:
    """A symbol for every breakpoint that has no closed form in roots."""
    roots = [b for b in atlas.breakpoints if isinstance(b, sympy.CRootOf)]
    return {root: sympy.Symbol(f"{atlas.over}_{k}") for k, root in enumerate(roots, start=1)}


def _mixes(branch: Branch) -> list[tuple[str, str, Any, Any]]:
    """(player, action, probability, derivative) of what is played neither always nor never."""
    slopes = branch.probability_derivative
    return [
        (player, action, value, None if slopes is None else slopes[player][action])
        for player, own in branch.probability.items()
        for action, value in own.items()
        if value not in (0, 1)
    ]


def _kind(branch: Branch, piece: Piece) -> str:
    if branch.index:
        return f"index {branch.index:+d}"
    if branch.isolated:
        return "tie, isolated"
    if sum(b.component == branch.component for b in piece) == 1:
        return "tie; whether isolated is not settled"
    loose = list(dict.fromkeys(b.component for b in piece if not b.isolated))
    return f"end of continuum {loose.index(branch.component) + 1}"


def _note(atlas: Atlas, piece: Piece) -> str:
    if piece.status == Status.DEGENERATE:
        return "; payoffs tie"
    if piece.status == Status.INCOMPLETE and atlas.complete:
        return "; payoffs tie, there may be more"
    return ""


def _heading(atlas: Atlas) -> str:
    model, first, last = atlas.model, atlas.pieces[0], atlas.pieces[-1]
    what = "Equilibria" if atlas.complete else "Pure equilibria"
    left = "[" if first.holds_low else "("
    head = f"{what} of {model.name} over {atlas.over} in {left}{first.low}, {last.high}]"
    changed = [
        f"{name} = {value}"
        for name, value in atlas.fixed.items()
        if value != exact_number(model.parameters[name].default)
    ]
    if changed:
        head += f", with {', '.join(changed)}"
    if len(changed) < len(atlas.fixed):
        head += "; other parameters at their defaults"
    if not atlas.complete:
        head += "; mixed equilibria are not looked for"
    return head


def _breakpoints(atlas: Atlas, names: Mapping[Any, Any]) -> str:
    if not atlas.breakpoints:
        return "no breakpoints: the equilibria keep their form"
    listed = []
    for value in atlas.breakpoints:
        if value in names:
            polynomial = value.poly.as_expr().subs(value.poly.gen, sympy.Symbol(atlas.over))
            text = f"{names[value]} = {value.evalf(_DIGITS)}, a root of {plain(polynomial)}"
        elif value.is_Rational:
            text = str(value)
        else:
            text = f"{plain(value)} = {value.evalf(_DIGITS)}"
        listed.append(text)
    return f"breakpoints: {'; '.join(listed)}"


def as_text(atlas: Atlas) -> str:
    """Table for the terminal: a block per piece, a line per equilibrium and formula."""
    names = _named(atlas)

    def text(expression: Any) -> str:
        return plain(sympy.sympify(expression).xreplace(names))

    def slope(value: Any) -> str:
        return "" if value is None or value == 0 else f"    [derivative {text(value)}]"

    lines = [_heading(atlas), _breakpoints(atlas, names)]
    for piece in atlas.pieces:
        where = f"{piece.over} = {text(piece.low)}"
        if not piece.is_point:
            left, right = ("<=" if held else "<" for held in (piece.holds_low, piece.holds_high))
            where = f"{text(piece.low)} {left} {piece.over} {right} {text(piece.high)}"
        noun = "equilibrium" if len(piece) == 1 else "equilibria"
        kind = "" if atlas.complete else "pure "
        lines += ["", f"{where}: {len(piece) or 'no'} {kind}{noun}{_note(atlas, piece)}"]
        for branch in piece:
            lines.append(f"  {branch.support}  ({_kind(branch, piece)})")
            lines += [
                f"    Pr({player} {action}) = {text(p)}{slope(change)}"
                for player, action, p, change in _mixes(branch)
            ]
            changes = branch.payoff_derivative or {}
            lines += [
                f"    payoff of {player} = {text(value)}{slope(changes.get(player))}"
                for player, value in branch.payoff.items()
            ]
    return "\n".join(lines)


# -- LaTeX ----------------------------------------------------------------------------------------


def as_latex(atlas: Atlas) -> str:
    """One array: a row per equilibrium, pieces separated by rules; then the named numbers."""
    names = {sympy.Symbol(p.name): p.latex for p in atlas.model.parameters.values()}
    symbol = names[sympy.Symbol(atlas.over)]
    roots = _named(atlas)
    names |= {root: f"{symbol}_{{({k})}}" for k, root in enumerate(roots.values(), start=1)}

    def tex(expression: Any) -> str:
        return str(sympy.latex(sympy.sympify(expression).xreplace(roots), symbol_names=names))

    rows = [
        rf"{symbol} & \text{{equilibrium}} & \text{{index}} & \text{{probabilities}} & "
        r"\text{payoffs} & \text{derivatives} \\ \hline"
    ]
    for piece in atlas.pieces:
        where = f"{symbol} = {tex(piece.low)}"
        if not piece.is_point:
            ends = (r"\le" if held else "<" for held in (piece.holds_low, piece.holds_high))
            left, right = ends
            where = f"{tex(piece.low)} {left} {symbol} {right} {tex(piece.high)}"
        for k, branch in enumerate(piece):
            rows.append(rf"{'' if k else where} & {_row(branch, symbol, tex)} \\")
        if not len(piece):
            none = "none" if atlas.complete else "no pure one"
            rows.append(rf"{where} & \text{{{none}}} & & & & \\")
        rows[-1] += r" \hline"
    array = "\\[\n\\begin{array}{llclll}\n" + "\n".join(rows) + "\n\\end{array}\n\\]\n"
    return array + "".join(
        rf"\[ {names[short]} \approx {root.evalf(_DIGITS)}, \quad "
        rf"{tex(root.poly.as_expr().subs(root.poly.gen, short))} = 0 \]" + "\n"
        for root, short in roots.items()
    )


def _row(branch: Branch, symbol: str, tex: Callable[[Any], str]) -> str:
    index = f"{branch.index:+d}" if branch.index else r"\text{tie}"
    mixes = _mixes(branch)
    chances = [
        rf"\Pr({words(player)}\ {words(action)}) = {tex(p)}" for player, action, p, _ in mixes
    ]
    payoffs = [rf"u_{{{words(p)}}} = {tex(v)}" for p, v in branch.payoff.items()]
    slopes = [
        rf"\tfrac{{d}}{{d {symbol}}} \Pr({words(player)}\ {words(action)}) = {tex(slope)}"
        for player, action, _, slope in mixes
        if slope is not None
    ]
    slopes += [
        rf"\tfrac{{d}}{{d {symbol}}} u_{{{words(p)}}} = {tex(v)}"
        for p, v in (branch.payoff_derivative or {}).items()
    ]
    cells = [words(branch.support), index, *(_stack(c) for c in (chances, payoffs, slopes))]
    return " & ".join(cells)


def _stack(formulas: list[str]) -> str:
    if len(formulas) < 2:
        return "".join(formulas)
    return r"\begin{aligned} & " + r" \\ & ".join(formulas) + r" \end{aligned}"


# -- dataset --------------------------------------------------------------------------------------


def as_dataset(atlas: Atlas) -> xr.Dataset:
    """Pieces and closed forms; see :meth:`Atlas.to_dataset`."""
    import xarray as xr

    model, pieces = atlas.model, atlas.pieces
    width = max((len(piece) for piece in pieces), default=0)
    many, n = sum(model.shape), len(model.players)

    def table(make: Callable[[Branch], Any], fill: Any, kind: Any, *tail: int) -> Any:
        whole = np.full((len(pieces), width, *tail), fill, dtype=kind)
        for i, piece in enumerate(pieces):
            for j, branch in enumerate(piece):
                whole[i, j] = make(branch)
        return whole

    def choices(given: Mapping[str, Mapping[str, Any]] | None) -> list[str]:
        if given is None:
            return [""] * many
        return [str(v) for own in given.values() for v in own.values()]

    def players(given: Mapping[str, Any] | None) -> list[str]:
        return [""] * n if given is None else [str(v) for v in given.values()]

    place = ("piece", "equilibrium")
    of_choice, of_player = (*place, "choice"), (*place, "player")
    chance_slopes = table(lambda b: choices(b.probability_derivative), "", object, many)
    payoff_slopes = table(lambda b: players(b.payoff_derivative), "", object, n)
    data: dict[str, Any] = {
        "range": ("piece", [str(p) for p in pieces], {"long_name": "values of the parameter"}),
        "low": ("piece", [p.ends[0] for p in pieces], {"long_name": "lower end"}),
        "high": ("piece", [p.ends[1] for p in pieces], {"long_name": "upper end"}),
        "count": ("piece", [len(p) for p in pieces], {"long_name": "number of equilibria"}),
        "status": (
            "piece",
            np.array([p.status for p in pieces], dtype=np.uint8),
            {
                "long_name": "what the number of equilibria is worth",
                "flag_values": np.array([s.value for s in Status], dtype=np.uint8),
                "flag_meanings": " ".join(s.meaning for s in Status),
            },
        ),
        "support": (place, table(lambda b: b.support, "", object)),
        "index": (place, table(lambda b: b.index, 0, np.int8)),
        "isolated": (place, table(lambda b: b.isolated, False, np.bool_)),
        "component": (place, table(lambda b: b.component, -1, np.int32)),
        "probability": (of_choice, table(lambda b: choices(b.probability), "", object, many)),
        "probability_derivative": (of_choice, chance_slopes),
        "payoff": (of_player, table(lambda b: players(b.payoff), "", object, n)),
        "payoff_derivative": (of_player, payoff_slopes),
    }
    owner = [p for p, own in zip(model.players, model.actions, strict=True) for _ in own]
    coords = {
        "player_of": ("choice", owner),
        "action": ("choice", [a for own in model.actions for a in own]),
        "player": ("player", list(model.players)),
    }
    return xr.Dataset(data, coords=coords, attrs={"over": atlas.over, "model": model.name})
