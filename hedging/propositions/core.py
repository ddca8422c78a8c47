"""What a proposition about a model is, and what checking it finds.

A :class:`Proposition` says something about one model, in words and in LaTeX.  Two things can
be done with it.  It is *proved* where it is an identity or an equivalence of expressions that
symbolic algebra settles for all parameters at once.  It is *confirmed* by drawing parameters at
random, solving the games, and counting the draws on which the solver says otherwise.
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
        Parameter draws on which the proposition was compared with the solver.
    failures : int
        Draws on which the two disagree.
    exercised : int
        Draws that satisfy the hypothesis of the proposition, so that it says something there.
    """

    proved: bool | None
    draws: int
    failures: int
    exercised: int

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
        ``prove()`` returns whether the symbolic identity holds.

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
    prove: Callable[[], bool] | None = None

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
        generator = np.random.default_rng(rng)
        exercised, failures = self.confirm(
            generator, draws, self.subject if subject is None else subject
        )
        proved = None if self.prove is None else self.prove()
        return Finding(proved, draws, int(failures), int(exercised))
