"""The catalogue of models.

Each family of games has a file of its own, with its formulas, its parameters and what is known
about its equilibria in closed form.  :data:`catalogue` maps names to models and reads a file
when its model is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from hedging.errors import UnknownNameError, suggest

if TYPE_CHECKING:
    from hedging.model import Model

__all__ = ["Catalogue", "catalogue"]

_CLASSIC = (
    "prisoners_dilemma",
    "stag_hunt",
    "chicken",
    "battle_of_the_sexes",
    "matching_pennies",
    "deadlock",
    "harmony",
    "optional_prisoners_dilemma",
)
"""Those that share the file :mod:`hedging.families.classic_games`."""

_NAMES = (
    "triadic_hedging",
    "hedging_bimatrix",
    "alliance_dilemma",
    "sphere_division",
    "courtship_race",
    "common_agency",
    "influence_contest",
    "red_line_veto",
    "mediation_immunity",
    "mediator_credibility",
    "bridge_rivalry",
    "regional_grouping",
    "coercive_demand",
    "patient_hedging",
    "intentions_uncertainty",
    "ambiguity_signalling",
    "hedging_population",
    "alignment_portfolio",
    "alignment_ladder",
    *_CLASSIC,
)


class Catalogue(Mapping[str, "Model"]):
    """Read-only mapping of names to models, in the order of the documentation.

    Raises
    ------
    UnknownNameError
        If no model bears the name; the message gives the closest ones.

    Examples
    --------
    >>> list(catalogue)[:3]
    ['triadic_hedging', 'hedging_bimatrix', 'alliance_dilemma']
    >>> catalogue["hedging_bimatrix"].shape
    (3, 2)
    >>> catalogue["triadic_hegding"]  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    hedging.errors.UnknownNameError: no model 'triadic_hegding'; did you mean ...
    """

    def __getitem__(self, name: str) -> Model:
        if name not in _NAMES:
            msg = f"no model {name!r}; {suggest(name, _NAMES)}"
            raise UnknownNameError(msg)
        if name in _CLASSIC:
            classic: Model = import_module("hedging.families.classic_games").MODELS[name]
            return classic
        model: Model = import_module(f"hedging.families.{name}").MODEL
        return model

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)

    def __repr__(self) -> str:
        return f"<Catalogue of {len(self)} models: {', '.join(self)}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td><code>{name}</code></td><td>{'x'.join(map(str, m.shape))}</td>"
            f"<td>{m.title}</td></tr>"
            for name, m in self.items()
        )
        return f"<table><tr><th>model</th><th>actions</th><th></th></tr>{rows}</table>"


catalogue = Catalogue()
