"""What is said about a repeated game, with the names of players and actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError, Status

__all__ = ["CriticalDelta", "PayoffBounds", "PayoffSet", "PenalCode", "Sustainability"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class CriticalDelta:
    """Least patience that sustains a profile.

    Attributes
    ----------
    value : number
        Least common discount factor, itself sufficient; 0 for a stage equilibrium, inf if none
        suffices.
    per_player : dict of str to number
        Each player's own threshold given the punishments credible at ``value``; all may be less
        than it where those punishments are credible from ``value`` on only.  Empty for
        ``transfers``, which pool the players.
    binding_player : str or None
        Who needs most patience; None if nobody gains, or for ``transfers``.
    lower, upper : number
        Bracket of the value; both equal to it unless it comes from a search or from bounds.
    status : Status
        ``ok``; ``incomplete`` where only the bracket is known (``value`` is its sufficient end);
        ``no_convergence`` where a search stopped early.
    n_solves : int
        How many payoff sets were computed.
    punishment : str
    """

    value: Any
    per_player: dict[str, Any]
    binding_player: str | None
    lower: Any
    upper: Any
    status: Status
    n_solves: int
    punishment: str

    def __repr__(self) -> str:
        each = ", ".join(f"{player!r}: {_short(x)}" for player, x in self.per_player.items())
        return (
            f"CriticalDelta(value={_short(self.value)}, per_player={{{each}}}, "
            f"binding_player={self.binding_player!r}, lower={_short(self.lower)}, "
            f"upper={_short(self.upper)}, status={self.status.name}, "
            f"n_solves={self.n_solves}, punishment={self.punishment!r})"
        )


def _short(value: Any) -> str:
    """Six digits to read; the attribute has them all."""
    return f"{float(value):.6g}"


@dataclass(frozen=True, slots=True)
class Sustainability:
    """Whether a profile is sustainable, and by how much; true if ``margin`` is not negative.

    Attributes
    ----------
    margin : number
        Least slack of the incentive constraints, in payoff units per period; -inf if there is
        nothing to punish with.  On a threshold it is 0, or more where a harsher punishment
        becomes credible there.
    per_player : dict of str to number
        Each player's slack; empty for ``transfers``.
    status : Status
        ``ok`` if the answer is sure.  ``incomplete`` or ``no_convergence`` if it is open; the
        margin is then the one known to be assured, negative, and no proof that a is not
        sustainable.
    """

    margin: Any
    per_player: dict[str, Any]
    status: Status

    def __bool__(self) -> bool:
        return bool(self.margin >= 0)

    def __float__(self) -> float:
        return float(self.margin)


@dataclass(frozen=True, slots=True)
class PayoffSet:
    """Pure-strategy subgame-perfect payoffs of two players.

    Attributes
    ----------
    vertices : array, shape (K, 2)
        Counterclockwise; Fractions if computed exactly.
    kind : str
        ``empty``, ``point``, ``segment`` or ``polygon``.
    punishment_payoffs : dict of str to number
        Least equilibrium payoff of each player; empty if there is no equilibrium.
    generators : list of (profile, continuation)
        For every vertex the action labels played first and the payoffs promised from then on.
    status : Status
        ``no_convergence`` if the set only contains the true one.
    iterations : int
    gap : number
        Distance left to the true set: an estimate, as a share of the payoff ranges, or, if
        exact, a proven bound in payoff units.
    """

    vertices: Array
    kind: str
    punishment_payoffs: dict[str, Any]
    generators: list[tuple[tuple[str, ...], Array]]
    status: Status
    iterations: int
    gap: Any


@dataclass(frozen=True, slots=True)
class PayoffBounds:
    """Two sets that enclose the pure-strategy subgame-perfect payoffs of any number of players.

    Attributes
    ----------
    directions : float64 array, shape (K, n)
    levels : float64 array, shape (K,)
        No equilibrium pays outside ``{v : directions @ v <= levels}``.
    inner : float64 array, shape (M, n)
        Equilibrium payoffs; all their mixtures are equilibrium payoffs too.
    kind : str
        ``empty`` if there is no equilibrium; ``unknown`` if none was found; else what ``inner`` is:
        ``point``, ``segment`` or ``polytope``.
    punishment_payoffs : dict of str to (number, number)
        Bounds of the least equilibrium payoff of each player; empty if there is no equilibrium.
    status : Status
        ``ok`` if the gap is within the tolerance, ``incomplete`` if not.
    iterations : int
    gap : float
        Largest difference of the two sets over all directions searched, as a share of the
        payoff ranges; inf if no inner set was found.
    scale : float
        Largest range of a player's stage payoffs.
    """

    directions: NDArray[np.float64]
    levels: NDArray[np.float64]
    inner: NDArray[np.float64]
    kind: str
    punishment_payoffs: dict[str, tuple[float, float]]
    status: Status
    iterations: int
    gap: float
    scale: float

    def contains(self, payoff: ArrayLike, tol: float = 1e-9) -> bool | None:
        """Whether a payoff is an equilibrium payoff; None if the enclosure cannot tell.

        Parameters
        ----------
        payoff : array_like, shape (n,)
        tol : float
            Distance that counts as none, as a share of ``scale``.
        """
        v = np.asarray(payoff, dtype=np.float64)
        if v.shape != (self.directions.shape[1],):
            msg = f"a payoff of shape {v.shape}; give {self.directions.shape[1]} numbers"
            raise GameError(msg)
        if self.kind == "empty" or (self.directions @ v > self.levels + tol * self.scale).any():
            return False
        if not len(self.inner):
            return None
        from scipy.optimize import nnls

        # Weights of the points whose mean is v; the last row makes them sum to 1.
        rows = np.vstack([(self.inner - v).T / self.scale, np.ones(len(self.inner))])
        aim = np.append(np.zeros(len(v)), 1.0)
        return True if nnls(rows, aim)[1] <= tol else None


@dataclass(frozen=True, slots=True)
class PenalCode:
    """The worst credible punishment of a player.

    Attributes
    ----------
    payoff : float
        What is left to the punished player.
    profile : tuple of str
        Actions played first.
    continuation : float64 array, shape (2,)
        Payoffs from the next period on.
    lottery : list of (payoffs, probability)
        Vertices of the payoff set between which the public lottery then chooses.
    """

    payoff: float
    profile: tuple[str, ...]
    continuation: Array
    lottery: list[tuple[Array, float]]
