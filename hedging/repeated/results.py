"""What is said about a repeated game, with the names of players and actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from hedging.errors import Status

__all__ = ["CriticalDelta", "PayoffSet", "PenalCode", "Sustainability"]

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
        Each player's own threshold; empty for ``transfers``, which pool the players.
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


@dataclass(frozen=True, slots=True)
class Sustainability:
    """Whether a profile is sustainable, and by how much; true if ``margin`` is not negative.

    Attributes
    ----------
    margin : number
        Least slack of the incentive constraints, in payoff units per period; 0 on the threshold,
        -inf if there is nothing to punish with.
    per_player : dict of str to number
        Each player's slack; empty for ``transfers``.
    status : Status
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
