"""What can go wrong, in words.

Two vocabularies live here.  *Exceptions* are for one bad input: each is a
:class:`HedgingError` and also the built-in error numpy users expect, and its message
says in one line what was given, what was expected and what to type instead.
*Status codes* are for failure in bulk: a sweep over a million points never raises for one
of them, it writes a :class:`Status` beside it.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = [
    "FormulaError",
    "GameError",
    "HedgingError",
    "HedgingTypeError",
    "MissingDependencyError",
    "ParameterError",
    "Status",
    "UnknownNameError",
]


class HedgingError(Exception):
    """Base of every error this package raises on purpose."""


class GameError(HedgingError, ValueError):
    """A payoff array, a label or a profile does not make a game."""


class ParameterError(HedgingError, ValueError):
    """A parameter value, an axis or an option is out of its range."""


class FormulaError(HedgingError, ValueError):
    """A formula or a model file says something outside the small language it may use."""


class HedgingTypeError(HedgingError, TypeError):
    """An argument is of a kind the function cannot use."""


class UnknownNameError(HedgingError, KeyError):
    """A name that nothing here bears: a model, a parameter, a player, an action, a case."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument; a sentence should read as a sentence.
        return str(self.args[0]) if self.args else ""


class MissingDependencyError(HedgingError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""


class Status(IntEnum):
    """What a number of equilibria is worth, one code per game.

    Only ``ok`` may be called *the* number of equilibria.
    """

    OK = 0
    DEGENERATE = 1
    INCOMPLETE = 2
    NONFINITE = 3
    NO_CONVERGENCE = 4
    NOT_RUN = 5

    @property
    def meaning(self) -> str:
        """The lower-case word used in ``flag_meanings`` attributes."""
        return self.name.lower()

    @property
    def advice(self) -> str:
        """One paragraph: what happened and what to do about it."""
        return _ADVICE[self]


_ADVICE = {
    Status.OK: (
        "Every equilibrium of the game is listed, each isolated and regular; their number is "
        "odd and their indices add up to +1."
    ),
    Status.DEGENERATE: (
        "The payoffs sit on a tie that matters for equilibrium.  All extreme equilibria are "
        "listed; those that belong to a continuum have isolated=False and share a component "
        "number.  Perturb a parameter to see the regular games on either side."
    ),
    Status.INCOMPLETE: (
        "What is listed is correct, but equilibria in which three or more players mix were "
        "not looked for, so more may exist."
    ),
    Status.NONFINITE: (
        "A payoff is not a finite number here: look for a division by zero, a logarithm of a "
        "non-positive number or an overflow in the formulas at these parameter values."
    ),
    Status.NO_CONVERGENCE: (
        "An iterative method stopped at its limit without a certificate.  Raise the limit or "
        "move the parameters off the knife edge."
    ),
    Status.NOT_RUN: (
        "The point was not reached because the run was interrupted.  Run the sweep again to "
        "fill it."
    ),
}
