"""What a proposition about a model is, and what checking it finds.

A :class:`Proposition` says something about one model, in words and in LaTeX.  Two things can
be done with it.  It is *proved* where it follows from identities that symbolic algebra settles for
all parameters at once; they are formed from the payoffs of the model at hand, so a wrong payoff
makes the proof fail, and ``proves`` says what they are.  It is *confirmed* by drawing parameters at
random, solving the games, and counting the cases in which the solver says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Finding", "Proposition"]


@dataclass(frozen=True)
class Finding:
    """What checking one proposition found.

    Attributes
    ----------
    proved : bool or None
        Whether symbolic algebra settles it; None where nothing symbolic is claimed.
    draws : int
        Parameter points that were drawn to compare the proposition with the solver.
    failures : int
        Cases in which the two disagree.
    exercised : int
        Cases in which the hypothesis of the proposition holds, so that it says something.  A case
        is a parameter point unless ``Proposition.case`` says what else.
    proves : str
        What the algebra settles, in a sentence; empty where nothing was proved.
    """

    proved: bool | None
    draws: int
    failures: int
    exercised: int
    proves: str = ""

    @property
    def holds(self) -> bool:
        """No failure, no failed proof, and at least something was looked at."""
        looked = self.exercised > 0 or self.proved is True
        return looked and self.failures == 0 and self.proved is not False


@dataclass(frozen=True)
class Proposition:
    """A statement about one model that can be checked.

    Parameters
    ----------
    name : str
        Identifier within the model, in snake_case.
    model : str
        Name in the catalogue of the model it is about.
    statement : str
        One plain sentence.
    latex : str
        The same as mathematics.
    confirm : callable
        ``confirm(rng, draws, subject)`` compares with the solver on ``draws`` random parameter
        points of ``subject`` and returns ``(exercised, failures)``.
    subject : object
        What the proposition is about: a model, or a class with the same face.  A test can hand
        in another one, which is how the checks themselves are checked.
    prove : callable, optional
        ``prove(subject)`` returns whether the symbolic identities hold for its payoffs.
    proves : str
        One sentence: what these identities are, and why the statement follows from them.  Given
        if and only if ``prove`` is.
    case : str
        What is counted where it is not parameter points, as in "points, each with 5 lengths of
        punishment".

    Notes
    -----
    The hypothesis is part of the statement; draws that do not satisfy it are not exercised.
    """

    name: str
    model: str
    statement: str
    latex: str
    confirm: Callable[[np.random.Generator, int, Any], tuple[int, int]]
    subject: Any
    prove: Callable[[Any], bool] | None = None
    proves: str = ""
    case: str = ""

    def check(
        self, rng: np.random.Generator | int | None = None, *, draws: int = 500, subject: Any = None
    ) -> Finding:
        """Prove what is symbolic, confirm the rest on random draws.

        Parameters
        ----------
        rng : Generator or int, optional
        draws : int
        subject : optional
            Another subject, to see the check fail.

        Returns
        -------
        Finding
        """
        about = self.subject if subject is None else subject
        exercised, failures = self.confirm(np.random.default_rng(rng), draws, about)
        proved = None if self.prove is None else self.prove(about)
        settled = self.proves if proved else ""
        return Finding(proved, draws, int(failures), int(exercised), settled)
