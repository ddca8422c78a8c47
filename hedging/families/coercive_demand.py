r"""Coercive demand: a great power asks, and a public pledge makes it costly to give way.

P makes ``no_demand``, or demands and would ``escalate`` (``demand_escalate``) or back down
(``demand_bluff``) if refused; M would ``resist`` or ``concede``.  With stake :math:`v`, P's
chance :math:`p` of winning it by force, costs :math:`c_P, c_M` of conflict, M's audience cost
:math:`a` of conceding after a public pledge and P's cost :math:`b` of backing down:

================  ================================  ====================
P, M              resist                            concede
================  ================================  ====================
no_demand         :math:`0,\; 0`                    :math:`0,\; 0`
demand_escalate   :math:`pv-c_P,\; -pv-c_M`         :math:`v,\; -v-a`
demand_bluff      :math:`-b,\; 0`                   :math:`v,\; -v-a`
================  ================================  ====================

Let :math:`w = pv - c_P` be what war is worth to P and :math:`a^* = c_M - (1-p)v` the audience cost
at which M would as soon fight as concede.

* **Pure equilibria.** (no_demand, resist) iff :math:`w \le 0`; (demand_escalate, resist) iff
  :math:`w \ge 0` and :math:`a \ge a^*`; (demand_escalate, concede) iff :math:`a \le a^*`; no
  others.
* **Continua.** (no_demand, M concedes with probability y) is an equilibrium iff
  :math:`y \le \bar y = \min(-w/(v-w), b/(v+b))`; (P escalates with probability z and bluffs
  otherwise, concede) iff :math:`z \ge \underline z = (v+a)/(pv+c_M)`.  So with :math:`w < 0` or
  :math:`a < a^*` the game is degenerate (:func:`continua`).
* **Backward induction.** In the game in which P demands, M answers and P then fights or backs
  down, the outcome is the status quo where :math:`w < -b`; otherwise concession where
  :math:`a < a^*`, conflict where :math:`a > a^*` and :math:`w > 0`, and the status quo where
  :math:`a > a^*` and :math:`w < 0` (:func:`outcome`).  So a domestic audience changes the outcome
  from concession to the status quo exactly where :math:`-b < w < 0`.  There (no_demand, resist)
  is a Nash equilibrium for :math:`a < a^*` too, but rests on a threat that M would not carry out.

Audience costs are those of Fearon, *Domestic political audiences and the escalation of
international disputes*, American Political Science Review 88(3) (1994), whose game is a war of
attrition; this short form is the package's own.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "continua", "outcome"]

_OWN = "Own construction; illustrative default"
_FEARON = "After Fearon, American Political Science Review 88(3) (1994); illustrative default"


def _parameter(
    name: str,
    default: float,
    low: float,
    high: float,
    meaning: str,
    symbol: str,
    source: str = _OWN,
) -> Parameter:
    return Parameter(name, default, low, high, meaning, symbol=symbol, source=source)


PARAMETERS = [
    _parameter("stake", 1.0, 0.3, 2.0, "value of what P demands", "v"),
    _parameter("win_probability", 0.6, 0.05, 0.95, "chance that P wins a conflict", "p"),
    _parameter("conflict_cost_p", 0.65, 0.01, 1.5, "cost of conflict to P", "c_P"),
    _parameter("conflict_cost_m", 0.5, 0.01, 1.5, "cost of conflict to M", "c_M"),
    _parameter(
        "audience_cost", 0.2, 0.0, 1.2, "cost to M of conceding after a public pledge", "a", _FEARON
    ),
    _parameter("bluff_cost", 0.1, 0.01, 0.8, "cost to P of backing down", "b", _FEARON),
]

v, p, c_P, c_M, a, b = (sympy.Symbol(q.name) for q in PARAMETERS)

MODEL = Model(
    "coercive_demand",
    title="A demand, and an audience that hears the answer",
    players=("P", "M"),
    actions=(("no_demand", "demand_escalate", "demand_bluff"), ("resist", "concede")),
    parameters=PARAMETERS,
    payoffs={
        "P": [[0, 0], [p * v - c_P, v], [-b, v]],
        "M": [[0, 0], [-p * v - c_M, -v - a], [0, -v - a]],
    },
    source="After Fearon, American Political Science Review 88(3) (1994); own short form",
    notes=(
        "Reduced normal form of a demand, an answer and a last move; equilibria in which P makes "
        "no demand form a continuum.  Defaults are illustrative."
    ),
    curves={
        "a_star": Curve(
            "audience_cost",
            c_M - (1 - p) * v,
            "above it M would rather fight than concede",
            "a^*",
        ),
        "c_war": Curve("conflict_cost_p", p * v, "below it war pays for P", "c_P^*"),
    },
)

_OUTCOMES = ("status_quo", "conflict", "concession")


def _war_and_pledge(
    values: dict[str, ArrayLike],
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64], NDArray[np.float64]]:
    q = MODEL.check(values)
    war = q["win_probability"] * q["stake"] - q["conflict_cost_p"]
    pledge = q["conflict_cost_m"] - (1 - q["win_probability"]) * q["stake"]
    return q, np.asarray(war), np.asarray(pledge)


def outcome(**values: ArrayLike) -> NDArray[np.str_]:
    """What backward induction leads to.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    array of str
        ``status_quo``, ``conflict`` or ``concession``.  On a boundary whoever is indifferent
        resists and escalates, and P makes no demand.

    Examples
    --------
    >>> outcome(audience_cost=[0.05, 0.2]).tolist()
    ['concession', 'status_quo']
    >>> outcome(conflict_cost_p=[0.5, 0.65, 0.8], audience_cost=0.2).tolist()
    ['conflict', 'status_quo', 'status_quo']
    """
    q, war, pledge = _war_and_pledge(values)
    credible, resists = war >= -q["bluff_cost"], q["audience_cost"] >= pledge
    code = np.select([credible & ~resists, credible & resists & (war > 0)], [2, 1], 0)
    return np.asarray(np.array(_OUTCOMES)[code])


def continua(**values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Ends of the two continua of equilibria.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    most_concession : float64 array
        :math:`\bar y`: how often M may concede where P makes no demand; nan where P does.
    least_escalation : float64 array
        :math:`\underline z`: how often a demanding P must escalate where M concedes; nan where
        M does not.

    Examples
    --------
    >>> [end.round(4).tolist() for end in continua(audience_cost=[0.05, 0.2])]
    [0.0476, [0.9545, nan]]
    """
    q, war, pledge = _war_and_pledge(values)
    stake, bluff = q["stake"], q["bluff_cost"]
    y = np.minimum(-war / (stake - war), bluff / (stake + bluff))
    full = stake + q["audience_cost"]
    z = full / (q["win_probability"] * stake + q["conflict_cost_m"])
    return (
        np.asarray(np.where(war <= 0, y, np.nan)),
        np.asarray(np.where(q["audience_cost"] <= pledge, z, np.nan)),
    )
