"""What a benchmark reports: figures with a place in a table, and a target where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.harness import Contestant


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes
    ----------
    row, column : str
        Place in the theme's table.
    value : float
    unit : str
        ``x`` for ratios.
    target : float, optional
    at_most : bool
        The target is an upper bound.
    shown : bool
        Belongs into a short table even without a target.
    """

    row: str
    column: str
    value: float
    unit: str = "x"
    target: float | None = None
    at_most: bool = False
    shown: bool = False

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary for JSON; the value to four digits, ``met`` from the full one."""
        return {**asdict(self), "value": float(f"{self.value:.4g}"), "met": self.met}


@dataclass
class Theme:
    """A table of figures.

    Attributes
    ----------
    title : str
    about : str
        What was run and what was checked, for the reader of the table.
    figures : list of Figure
    rates : dict
        Median units per CPU second of everything that was timed, by table column and name.
    notes : list of str
        What was left out and why.
    """

    title: str
    about: str
    figures: list[Figure] = field(default_factory=list)
    rates: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def keep_rates(self, column: str, contestants: Mapping[str, Contestant]) -> None:
        """Remember the rates of a race."""
        mine = self.rates.setdefault(column, {})
        mine.update({c.name: float(f"{c.rate:.4g}") for c in contestants.values()})

    def to_dict(self) -> dict[str, Any]:
        """Return dictionaries and lists for JSON."""
        return {
            "title": self.title,
            "about": self.about,
            "figures": [f.to_dict() for f in self.figures],
            "rates": self.rates,
            "notes": self.notes,
        }


Benchmark = Callable[[bool], Theme]
"""Takes whether to be quick (a smoke test: fewer rounds, smaller designs)."""
