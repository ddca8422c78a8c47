r"""The alliance dilemma: fear of abandonment against fear of entrapment.

Client and patron each ``commit`` or ``distance``.  With value :math:`V_i` of the alliance, cost
:math:`E_i` of being entrapped in the other's conflicts, abandonment risks :math:`p_1` (from
one's own distance) and :math:`p_2` (from the other's), solidarity :math:`\sigma`, entrapment
risk :math:`e_0` and what an emboldened ally adds, :math:`e_1`,

.. math::

    u_i = V_i [1 - p_1 [\text{i distances}] - p_2 [\text{other distances}]
          + \sigma [\text{both commit}]]
          - E_i [\text{i commits}] (e_0 + e_1 [\text{other commits}]).

One ratio :math:`T_i = V_i / E_i` orders five classic games.  With

.. math::

    T_C = \frac{e_0 + e_1}{p_1 + \sigma}, \quad T_D = \frac{e_0}{p_1}, \quad
    T_P = \frac{e_0 + e_1}{\sigma + p_1 + p_2}

commit is the best reply to commit iff :math:`T_i > T_C` and to distance iff :math:`T_i > T_D`,
hence **harmony** above both, **stag hunt** for :math:`T_C < T < T_D` (which exists iff
:math:`p_1 e_1 < \sigma e_0`), **chicken** for :math:`T_D < T < T_C`, **prisoners' dilemma**
below both and above :math:`T_P`, **deadlock** below.  In stag hunt and chicken with equal
players the mixed equilibrium is :math:`\Pr(commit) = G_D/(G_D - G_C)`, where
:math:`G_C, G_D` are the gains of commit over distance against commit and against distance.

The dilemma is Snyder's: *The security dilemma in alliance politics*, World Politics (1984).  The
payoffs are this package's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.errors import UnknownNameError
from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "regime"]

_OWN = "Own construction; illustrative default"
_SNYDER = "After Snyder, World Politics (1984); illustrative default"


def _parameter(
    name: str, default: float, high: float, meaning: str, symbol: str, source: str = _SNYDER
) -> Parameter:
    low = 0.2 if high > 1 else 0.0
    return Parameter(name, default, low, high, meaning, symbol=symbol, source=source)


PARAMETERS = [
    _parameter("value_client", 1.0, 2.0, "value of the alliance to the client", "V_1", _OWN),
    _parameter("value_patron", 0.8, 2.0, "value of the alliance to the patron", "V_2", _OWN),
    _parameter("entrapment_cost_client", 1.0, 2.0, "cost to the client of entrapment", "E_1"),
    _parameter("entrapment_cost_patron", 0.6, 2.0, "cost to the patron of entrapment", "E_2"),
    _parameter("abandonment_risk", 0.3, 0.6, "risk of abandonment by one's own distance", "p_1"),
    _parameter("partner_risk", 0.2, 0.6, "risk of abandonment by the other's distance", "p_2"),
    _parameter("solidarity", 0.25, 0.6, "gain in value when both commit", r"\sigma", _OWN),
    _parameter("entrapment_risk", 0.25, 0.6, "risk of entrapment once committed", "e_0"),
    _parameter("emboldening", 0.2, 0.6, "added risk when the ally is committed too", "e_1"),
]

V_1, V_2, E_1, E_2, p_1, p_2, sigma, e_0, e_1 = (sympy.Symbol(p.name) for p in PARAMETERS)


def _payoffs() -> dict[str, Any]:
    tables = {}
    for player, (value, cost) in enumerate(((V_1, E_1), (V_2, E_2))):
        table = np.empty((2, 2), dtype=object)
        for profile in np.ndindex(2, 2):  # 0 commit, 1 distance
            own, other = profile[player], profile[1 - player]
            both = (1 - own) * (1 - other)
            table[profile] = value * (1 - own * p_1 - other * p_2 + both * sigma) - cost * (
                1 - own
            ) * (e_0 + (1 - other) * e_1)
        tables[("client", "patron")[player]] = table
    return tables


def _curves() -> dict[str, Curve]:
    """Values at which one ally's best reply flips, where that changes the pure equilibria."""
    curves = {}
    for who, cost, other_value, other_cost in (
        ("client", E_1, V_2, E_2),
        ("patron", E_2, V_1, E_1),
    ):
        # The other commits against commit, and against distance.
        meets = other_value * (p_1 + sigma) > other_cost * (e_0 + e_1)
        leads = other_value * p_1 > other_cost * e_0
        curves[f"T_C_{who}"] = Curve(
            f"value_{who}",
            cost * (e_0 + e_1) / (p_1 + sigma),
            f"above it the {who} answers commitment by commitment",
            rf"V_C^{{{who}}}",
            sympy.Or(meets, leads),
        )
        curves[f"T_D_{who}"] = Curve(
            f"value_{who}",
            cost * e_0 / p_1,
            f"above it the {who} commits to an ally that keeps its distance",
            rf"V_D^{{{who}}}",
            sympy.Or(sympy.Not(meets), sympy.Not(leads)),
        )
    return curves


MODEL = Model(
    "alliance_dilemma",
    title="Abandonment against entrapment in an alliance",
    players=("client", "patron"),
    actions=(("commit", "distance"), ("commit", "distance")),
    parameters=PARAMETERS,
    payoffs=_payoffs(),
    source="After Snyder, World Politics (1984); payoffs are this package's own",
    notes="Defaults are illustrative.",
    curves=_curves(),
)

_REGIMES = ("harmony", "stag_hunt", "chicken", "prisoners_dilemma", "deadlock")


def regime(player: str = "client", **values: ArrayLike) -> NDArray[np.str_]:
    """Which of the five classic games the payoffs of one player order.

    Parameters
    ----------
    player : {"client", "patron"}
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    array of str
        ``harmony``, ``stag_hunt``, ``chicken``, ``prisoners_dilemma`` or ``deadlock``.

    Examples
    --------
    >>> regime("client", value_client=[2.0, 0.825, 0.6]).tolist()
    ['harmony', 'stag_hunt', 'deadlock']
    """
    if player not in MODEL.players:
        msg = f"no player {player!r}; use 'client' or 'patron'"
        raise UnknownNameError(msg)
    p = MODEL.check(values)
    value, cost = p[f"value_{player}"], p[f"entrapment_cost_{player}"]
    worst = p["entrapment_risk"] + p["emboldening"]
    together = p["abandonment_risk"] + p["solidarity"]
    meets = value * together > cost * worst
    leads = value * p["abandonment_risk"] > cost * p["entrapment_risk"]
    regrets = value * (together + p["partner_risk"]) > cost * worst
    code = np.select(
        [meets & leads, meets & ~leads, ~meets & leads, ~meets & ~leads & regrets], range(4), 4
    )
    return np.asarray(np.array(_REGIMES)[code])
