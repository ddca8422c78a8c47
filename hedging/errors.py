"""What can go wrong, in words.

Two vocabularies live here.  *Exceptions* are for one bad input: each is a
:class:`HedgingError` and also the built-in error numpy users expect, and its message
says in one line what was given, what was expected and what to type instead.
*Status codes* are for failure in bulk: a sweep over a million points never raises for one
of them, it writes a :class:`Status` beside it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
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
    "suggest",
]


class HedgingError(Exception):
    """Base of every error this package raises on purpose.

    Catch it to catch them all; every child is one of Python's own errors too.

    Examples
    --------
    >>> issubclass(UnknownNameError, HedgingError), issubclass(UnknownNameError, KeyError)
    (True, True)
    """


class GameError(HedgingError, ValueError):
    """A payoff array, a label or a profile does not make a game.

    Examples
    --------
    >>> import hedging as hg
    >>> hg.Game([[[1, 0], [0, 1]], [[1, 0], [0, 1]]], players=("M", "M"))
    Traceback (most recent call last):
        ...
    hedging.errors.GameError: ...
    """


class ParameterError(HedgingError, ValueError):
    """A parameter value, an axis or an option is out of its range.

    Examples
    --------
    >>> import hedging as hg
    >>> hg.catalogue["hedging_bimatrix"](immunity=2)
    Traceback (most recent call last):
        ...
    hedging.errors.ParameterError: immunity is 2, outside its range [0, 1]; ...
    """


class FormulaError(HedgingError, ValueError):
    """A formula or a model file says something outside the small language it may use.

    Examples
    --------
    >>> from hedging.formula import parse
    >>> parse("gain % 2", ["gain"])
    Traceback (most recent call last):
        ...
    hedging.errors.FormulaError: formula "gain % 2" uses the operator %; ...
    """


class HedgingTypeError(HedgingError, TypeError):
    """An argument is of a kind the function cannot use.

    Examples
    --------
    >>> import hedging as hg
    >>> hg.nash([[1, 0], [0, 1]])
    Traceback (most recent call last):
        ...
    hedging.errors.HedgingTypeError: nash was given list, not a game; ...
    """


class UnknownNameError(HedgingError, KeyError):
    """A name that nothing here bears: a model, a parameter, a player, an action, a case.

    Examples
    --------
    >>> import hedging as hg
    >>> hg.catalogue["hedging_bimatrix"](imunity=0.5)
    Traceback (most recent call last):
        ...
    hedging.errors.UnknownNameError: ... no parameter 'imunity'; did you mean 'immunity'?
    """

    def __str__(self) -> str:
        # KeyError shows the repr of its argument; a sentence should read as a sentence.
        return str(self.args[0]) if self.args else ""


class MissingDependencyError(HedgingError, ImportError):
    """An optional dependency is not installed; the message says what to type to get it.

    Raised, for example, by :meth:`hedging.Game.to_gambit` where there is no pygambit.
    """


class Status(IntEnum):
    """What a number of equilibria is worth, one code per game.

    Only ``ok`` may be called *the* number of equilibria.  Results hold the number of the code;
    :attr:`meaning` is its word and :attr:`advice` what to do about it.

    Attributes
    ----------
    OK
        All equilibria are listed and all are regular.
    DEGENERATE
        A tie matters: all extreme equilibria are listed, or rounding leaves a tie open.
    INCOMPLETE
        What is listed is right; there may be more.
    NONFINITE
        A payoff is not a finite number; nothing is listed.
    NO_CONVERGENCE
        An iterative method stopped at its limit.
    NOT_RUN
        The point was not reached.

    Examples
    --------
    >>> [status.meaning for status in Status]
    ['ok', 'degenerate', 'incomplete', 'nonfinite', 'no_convergence', 'not_run']
    >>> import hedging as hg
    >>> ds = hg.nash(hg.Game([[[0, 0], [0, 0]], [[0, 0], [0, 0]]]))
    >>> Status(int(ds.status)).name
    'DEGENERATE'
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
        "What is listed is correct, but more may exist: equilibria in which three or more "
        "players mix were not looked for, or could not be told apart from near misses."
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


def suggest(name: object, known: Iterable[object], *, see: str = "", most: int = 6) -> str:
    """End of a message about an unknown name: the closest known names, or the first few.

    Parameters
    ----------
    name : object
        What was given.
    known : iterable of str
        What could have been given.
    see : str, optional
        Where all known names are, in words such as "model.parameters"; for a list cut short.
    most : int, default 6
        Names to list.

    Examples
    --------
    >>> suggest("imunity", ["immunity", "rivalry"])
    "did you mean 'immunity'?"
    >>> suggest("tariff", "abcdefgh", see="model.parameters")
    'use one of a, b, c, d, e, f, ...; see model.parameters'
    """
    names = [str(each) for each in known]
    near = difflib.get_close_matches(str(name), names, n=2)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    listed = ", ".join(names[:most]) or "(none)"
    if len(names) <= most:
        return f"use one of {listed}"
    return f"use one of {listed}, ..." + (f"; see {see}" if see else "")
