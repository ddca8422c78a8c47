r"""Games repeated without end: what patience sustains, with labels.

The same stage game is played in periods 0, 1, 2, ... by players who discount by factors
:math:`\delta_i \in [0, 1)`, see all past actions and, where payoff sets are concerned, a public
lottery before every stage.  Payoffs are normalised, :math:`(1-\delta)\sum_t \delta^t u_t`, and
strategies are pure.  :class:`RepeatedGame` gives names to what :mod:`hedging.repeated` computes.
"""

from hedging.repeated.automata import Automaton
from hedging.repeated.finite import FinitelyRepeatedGame
from hedging.repeated.monitoring import (
    PublicMonitoring,
    commitment_bound,
    deterrence_belief,
    linked_partners,
    noisy_critical_delta,
    noisy_payoff,
)
from hedging.repeated.results import (
    CriticalDelta,
    PayoffBounds,
    PayoffSet,
    PenalCode,
    Sustainability,
)
from hedging.repeated_games.infinite import RepeatedGame
from hedging.repeated_games.patience import PUNISHMENTS

__all__ = [
    "PUNISHMENTS",
    "Automaton",
    "CriticalDelta",
    "FinitelyRepeatedGame",
    "PayoffBounds",
    "PayoffSet",
    "PenalCode",
    "PublicMonitoring",
    "RepeatedGame",
    "Sustainability",
    "commitment_bound",
    "deterrence_belief",
    "linked_partners",
    "noisy_critical_delta",
    "noisy_payoff",
]
