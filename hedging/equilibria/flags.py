"""Why the list of equilibria of one game may not be the whole truth.

Equilibria with three or more mixing players are found by elimination, in doubles.  The
algorithms are complete up to rounding on games in general position, so every quantity that
decides something is compared with a margin, in units of the player's largest gain from
changing its action.  What falls within the margin raises a flag; a game without flags whose
equilibria are odd in number with indices summing to +1 may be called solved.
"""

from __future__ import annotations

from enum import IntFlag

__all__ = ["LOOSE", "MARGIN", "Flag"]

MARGIN = 1e-7
"""Distance from a tie, in units of the player's largest gain, below which a game is flagged."""

LOOSE = 1e-5
"""Distance by which a candidate may miss feasibility before it has been polished."""


class Flag(IntFlag):
    """Reasons to distrust a list; a bit mask per game, 0 if there are none."""

    TIE = 1
    """A pure equilibrium has a second best reply, or a player never cares."""

    BOUNDARY = 2
    """A probability in use, or the loss from an action not in use, is zero within the margin."""

    SINGULAR = 4
    """An indifference system is singular within rounding: a continuum or a multiple root."""

    UNRESOLVED = 8
    """A search for roots stopped before it could tell, or the self-check failed."""

    OVERFLOW = 16
    """A support has more roots than there can be isolated ones."""

    NEAR = 32
    """A candidate missed by less than the margin."""
