"""Propositions by name: ``model.proposition``, or ``model`` for all about one model."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from hedging.errors import UnknownNameError, suggest
from hedging.propositions.core import Finding, Proposition

__all__ = ["check_all", "propositions"]

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
_FILES = {
    "triadic_hedging": ("triadic_hedging", "great_powers_first"),
    **dict.fromkeys(_CLASSIC, ("classic_games",)),
}
"""Where the propositions about a model are, if not in the file of its name alone."""


def propositions(name: str) -> tuple[Proposition, ...]:
    """The propositions that a name stands for.

    Parameters
    ----------
    name : str
        ``model.proposition``, or ``model`` for all about it.

    Returns
    -------
    tuple of Proposition

    Raises
    ------
    UnknownNameError
        If there are no propositions about the model, or none of that name.

    Examples
    --------
    >>> [p.name for p in propositions("sphere_division.chicken_mix")]
    ['chicken_mix']
    >>> propositions("sphere_division.chiken_mix")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    hedging.errors.UnknownNameError: sphere_division has no proposition 'chiken_mix'; did you ...
    """
    model, _, wanted = name.partition(".")
    homes = [f"hedging.propositions.{file}" for file in _FILES.get(model, (model,))]
    known = [
        p
        for home in homes
        if model.isidentifier() and find_spec(home)
        for p in getattr(import_module(home), "PROPOSITIONS", ())
        if p.model == model
    ]
    if not known:
        msg = f"there are no propositions about {model!r}; use the name of a model in hg.catalogue"
        raise UnknownNameError(msg)
    if not wanted:
        return tuple(known)
    found = tuple(p for p in known if p.name == wanted)
    if not found:
        msg = f"{model} has no proposition {wanted!r}; {suggest(wanted, [p.name for p in known])}"
        raise UnknownNameError(msg)
    return found


def check_all(
    names: Iterable[str], rng: np.random.Generator | int | None = None, *, draws: int = 200
) -> dict[str, Finding]:
    """Check propositions, each once, and name what was found ``model.proposition``.

    The random numbers of a proposition depend on ``rng`` and on its name, not on what else is
    checked.

    Examples
    --------
    >>> found = check_all(["alliance_dilemma.regimes"], 1, draws=50)
    >>> found["alliance_dilemma.regimes"].failures
    0
    """
    entropy = int(np.random.default_rng(rng).integers(2**63))
    found: dict[str, Finding] = {}
    for name in names:
        for p in propositions(name):
            full = f"{p.model}.{p.name}"
            if full not in found:
                own = np.random.default_rng([entropy, *full.encode()])
                found[full] = p.check(own, draws=draws)
    return found
