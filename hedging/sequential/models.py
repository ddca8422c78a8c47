"""A model of the catalogue with its moves spelt out."""

from __future__ import annotations

import numpy as np

from hedging.errors import GameError
from hedging.families import coercive_demand as demand
from hedging.sequential.extensive_game import ExtensiveGame
from hedging.sequential.tree import Chance, Move

__all__ = ["coercive_demand"]


def coercive_demand(**values: float) -> ExtensiveGame:
    r"""A great power P asks, M answers, and if M resists P fights or backs down.

    Backward induction leads to the status quo if :math:`pv - c_P < -b`; otherwise to
    concession if M's audience cost is below :math:`a^* = c_M - (1-p)v`, and above it to conflict if
    :math:`pv > c_P` and to the status quo if not; see :mod:`hedging.families.coercive_demand`.

    Parameters
    ----------
    **values : number
        Parameters of the model of that name; defaults for the rest.

    Returns
    -------
    ExtensiveGame
        Its reduced strategic form is the model of the catalogue.

    Raises
    ------
    ParameterError, UnknownNameError
        If a value is out of range, or no parameter.
    GameError
        If a value is an array; a tree is one game.

    Examples
    --------
    No demand is made of those who have pledged to resist.  Without an audience the threat to
    resist is not believed, though no demand and resistance remain a Nash equilibrium:

    >>> [coercive_demand(audience_cost=a).subgame_perfect()[0] for a in (0.2, 0.05)]
    [<SubgamePerfect: no_demand; P 0, M 0>, <SubgamePerfect: demand, concede; P 1, M -1.05>]
    >>> form = coercive_demand(audience_cost=0.05).normal_form()
    >>> form.regret(("no_demand", "resist")).tolist()
    [0.0, 0.0]
    """
    q = demand.MODEL.check(values)
    if any(np.ndim(x) for x in q.values()):
        msg = "coercive_demand was given an array; a tree is one game, so give numbers"
        raise GameError(msg)
    v, p, cost_p, cost_m, audience, bluff = (float(x) for x in q.values())
    war = Chance({"P wins": (p, (v - cost_p, -v - cost_m)), "P loses": (1 - p, (-cost_p, -cost_m))})
    refused = Move("P", {"escalate": war, "back_down": (-bluff, 0)})
    answer = Move("M", {"resist": refused, "concede": (v, -v - audience)})
    return ExtensiveGame(
        Move("P", {"no_demand": (0, 0), "demand": answer}), ("P", "M"), title="Coercive demand"
    )
