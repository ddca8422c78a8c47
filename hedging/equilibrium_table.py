"""Equilibria of one game as a table to read, to print and to paste.

:func:`table` takes the Dataset that :func:`hedging.nash` returns and shows what a reader looks
for first: every equilibrium in words, who plays what how often, what each player gets, and
whether the list is the whole answer.
"""

from __future__ import annotations

import html
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hedging.errors import HedgingTypeError, ParameterError, Status
from hedging.games.payoff_tabular import tex_number, tex_text
from hedging.words import in_words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EquilibriumTable", "table"]

_NEEDED = ("probability", "payoff", "support", "count", "status")

_LONGEST = 12
"""Characters up to which a fraction is shown whole; longer ones are hard to compare."""

_CELL = "padding:0.2em 0.8em"
"""Said in every cell, because some pages that show the table have no style sheet."""

_VERDICT = {
    Status.OK: "These are all equilibria.",
    Status.DEGENERATE: "Payoffs tie: all extreme equilibria are listed, continua are marked.",
    Status.INCOMPLETE: "What is listed is right, but more equilibria may exist.",
    Status.NONFINITE: "Some payoffs are not finite: there is no answer.",
    Status.NO_CONVERGENCE: "The solver did not converge: equilibria may be missing.",
    Status.NOT_RUN: "This game has not been solved.",
}


def table(ds: Any) -> EquilibriumTable:
    """Table of the equilibria of one game.

    Parameters
    ----------
    ds : xarray.Dataset
        From :func:`hedging.nash`, for one game; of a batch select one first, as in
        ``ds.sel(rivalry=2)`` or ``ds.isel(batch_0=7)``.

    Returns
    -------
    EquilibriumTable
        Shows itself as text and in a notebook; has ``to_pandas()`` and ``to_latex()``.

    Raises
    ------
    HedgingTypeError
        If ``ds`` lacks what the table shows.
    ParameterError
        If ``ds`` has batch dimensions left.

    Examples
    --------
    >>> import hedging as hg
    >>> chicken = hg.Game.from_bimatrix(
    ...     [["0", "-1"], ["1", "-4"]], [["0", "1"], ["-1", "-4"]],
    ...     players=("A", "B"), actions=(("accommodate", "pressure"),) * 2,
    ... )
    >>> hg.table(hg.nash(chicken, exact=True))
    1. A accommodates, B presses
       payoffs: A -1, B 1
    2. A presses, B accommodates
       payoffs: A 1, B -1
    3. A and B mix accommodating and pressing
       A: accommodate 3/4 (0.75), pressure 1/4 (0.25)
       B: accommodate 3/4 (0.75), pressure 1/4 (0.25)
       payoffs: A -1/4 (-0.25), B -1/4 (-0.25)
    These are all equilibria.
    """
    have = getattr(ds, "data_vars", {})
    missing = [name for name in _NEEDED if name not in have]
    if missing and "hedging" in getattr(ds, "attrs", {}):
        msg = (
            "this is the Dataset of a sweep over many games; type hg.regions(ds) for a table of "
            "its regions, or hg.table(hg.nash(model(...))) for one point"
        )
        raise HedgingTypeError(msg)
    if missing:
        msg = f"the Dataset has no {', '.join(missing)}; give that of nash(game), unreduced"
        raise HedgingTypeError(msg)
    if ds["count"].ndim:
        dims = ", ".join(f"{dim}=..." for dim in ds["count"].dims)
        msg = f"a table shows one game; select it first: ds.isel({dims})"
        raise ParameterError(msg)
    return EquilibriumTable(ds)


class EquilibriumTable:
    """What :func:`table` returns."""

    def __init__(self, ds: Any) -> None:
        self._ds = ds
        self._players = [str(player) for player in ds["player"].values]
        owner = [str(player) for player in ds["player_of"].values]
        labels = [str(action) for action in ds["action"].values]
        self._choices = list(zip(owner, labels, strict=True))

    def __len__(self) -> int:
        return int(self._ds["count"])

    @property
    def status(self) -> Status:
        """What the list is worth."""
        return Status(int(self._ds["status"]))

    @property
    def verdict(self) -> str:
        """The same in one sentence."""
        return _VERDICT[self.status]

    def words(self) -> list[str]:
        """Every equilibrium in words."""
        supports = self._ds["support"].values[: len(self)]
        return [in_words(str(support), self._players) for support in supports]

    def _played(self, k: int) -> dict[str, list[tuple[str, Any]]]:
        """Actions that equilibrium ``k`` gives weight, with their probabilities, by player."""
        found: dict[str, list[tuple[str, Any]]] = {player: [] for player in self._players}
        weights = self._ds["probability"].values[k]
        for (player, action), weight in zip(self._choices, weights, strict=True):
            if weight:
                found[player].append((action, weight))
        return found

    def _notes(self, k: int) -> list[str]:
        notes = []
        if "isolated" in self._ds and not bool(self._ds["isolated"].values[k]):
            component = ""
            if "component" in self._ds:
                component = f" {int(self._ds['component'].values[k]) + 1}"
            inner = "witness" in self._ds and bool(self._ds["witness"].values[k])
            notes.append(f"{'inner' if inner else 'end'} point of continuum{component}")
        return notes

    def to_pandas(self) -> pd.DataFrame:
        """One row per equilibrium: words, a column per choice and per payoff, index, isolated.

        Examples
        --------
        >>> import hedging as hg
        >>> frame = hg.table(hg.nash(hg.catalogue["hedging_bimatrix"]())).to_pandas()
        >>> list(frame.columns)[:3]
        ['equilibrium', 'M: align_a', 'M: hedge']
        """
        import pandas as pd

        number = len(self)
        columns: dict[str, Any] = {"equilibrium": self.words()}
        for j, (player, action) in enumerate(self._choices):
            columns[f"{player}: {action}"] = self._ds["probability"].values[:number, j]
        for j, player in enumerate(self._players):
            columns[f"payoff {player}"] = self._ds["payoff"].values[:number, j]
        for name in ("regret", "index", "isolated", "component"):
            if name in self._ds:
                columns[name] = self._ds[name].values[:number]
        return pd.DataFrame(columns)

    def to_latex(self) -> str:
        r"""A ``tabular`` with one row per equilibrium; needs the package booktabs.

        Below the rule stand what is said of single rows, under letters, and the verdict if the
        list is not simply all equilibria.

        Examples
        --------
        >>> import hedging as hg
        >>> print(hg.table(hg.nash(hg.catalogue["hedging_bimatrix"]())).to_latex())
        \begin{tabular}{rlllrr}
        \toprule
         & Equilibrium & M & A & $u_{\mathrm{M}}$ & $u_{\mathrm{A}}$ \\
        \midrule
        1 & M hedges, A accommodates & hedge & accommodate & $0.85$ & $0.3$ \\
        \bottomrule
        \end{tabular}
        """
        players = [tex_text(player) for player in self._players]
        heads = ["", "Equilibrium", *players, *(rf"$u_{{\mathrm{{{p}}}}}$" for p in players)]
        rows = []
        letters: dict[str, str] = {}
        for k, words in enumerate(self.words()):
            marks = [letters.setdefault(x, _letter(len(letters))) for x in self._notes(k)]
            mark = f"$^{{{','.join(marks)}}}$" if marks else ""
            played = [_tex_strategy(actions) for actions in self._played(k).values()]
            payoffs = [f"${tex_number(x)}$" for x in self._ds["payoff"].values[k]]
            rows.append([str(k + 1), tex_text(words) + mark, *played, *payoffs])
        n = len(players)
        body = "\n".join(" & ".join(row) + r" \\" for row in rows)
        head = " & ".join(heads) + r" \\"
        below = [f"$^{{{letter}}}$ {tex_text(note)}" for note, letter in letters.items()]
        if self.status is not Status.OK:
            below.append(tex_text(self.verdict))
        return "\n".join(
            [
                rf"\begin{{tabular}}{{rl{'l' * n}{'r' * n}}}",
                r"\toprule",
                head,
                r"\midrule",
                *([body] if body else []),
                r"\bottomrule",
                *(rf"\multicolumn{{{2 + 2 * n}}}{{l}}{{\footnotesize {x}}} \\" for x in below),
                r"\end{tabular}",
            ]
        )

    def __repr__(self) -> str:
        lines = []
        for k, words in enumerate(self.words()):
            pad = " " * (len(str(k + 1)) + 2)
            lines.append(f"{k + 1}. {words}" + "".join(f" ({note})" for note in self._notes(k)))
            for player, actions in self._played(k).items():
                if len(actions) > 1:
                    each = ", ".join(f"{action} {_number(x)}" for action, x in actions)
                    lines.append(f"{pad}{player}: {each}")
            payoffs = (
                f"{player} {_number(x)}"
                for player, x in zip(self._players, self._ds["payoff"].values[k], strict=True)
            )
            lines.append(f"{pad}payoffs: {', '.join(payoffs)}")
        return "\n".join([*lines, self.verdict])

    def _repr_html_(self) -> str:
        with_index = "index" in self._ds
        names = ["", "equilibrium", *self._players, *(f"payoff {p}" for p in self._players)]
        if with_index:
            names.append("index")
        heads = "".join(f"<th style='{_CELL}'>{html.escape(name)}</th>" for name in names)
        rows = []
        for k, words in enumerate(self.words()):
            notes = "".join(f"<br><i>{note}</i>" for note in self._notes(k))
            cells = [_html_strategy(actions) for actions in self._played(k).values()]
            cells += [_number(x) for x in self._ds["payoff"].values[k]]
            if with_index:
                index = int(self._ds["index"].values[k])
                cells.append(f"{index:+d}" if index else "0")
            rest = "".join(f"<td style='{_CELL}'>{cell}</td>" for cell in cells)
            rows.append(
                f"<tr><td style='{_CELL}'>{k + 1}</td>"
                f"<td style='{_CELL};text-align:left'>{html.escape(words)}{notes}</td>{rest}</tr>"
            )
        return f"<table><tr>{heads}</tr>{''.join(rows)}</table><p>{self.verdict}</p>"


def _number(value: Any) -> str:
    """Four digits; a short fraction whole, with its value."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return str(value)
        whole = str(value)
        if len(whole) <= _LONGEST:
            return f"{whole} ({float(value):.4g})"
    return f"{float(value):.4g}"


def _letter(k: int) -> str:
    """a, b, ..., z, aa, ab, ... for 0, 1, ..."""
    first, last = divmod(k, 26)
    return (_letter(first - 1) if first else "") + chr(ord("a") + last)


def _html_strategy(actions: list[tuple[str, Any]]) -> str:
    if len(actions) == 1:
        return html.escape(actions[0][0])
    return "<br>".join(f"{html.escape(action)} {_number(x)}" for action, x in actions)


def _tex_strategy(actions: list[tuple[str, Any]]) -> str:
    if len(actions) == 1:
        return tex_text(actions[0][0])
    return ", ".join(f"{tex_text(action)} ${tex_number(x)}$" for action, x in actions)
