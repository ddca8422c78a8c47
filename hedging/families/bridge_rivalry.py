r"""Bridge rivalry: two states that could each be the bridge between the same great powers.

M and its rival R each ``invest`` in being the hub or ``defer``.  With hub value :math:`V`, M's
share :math:`s` of it where both invest, cost :math:`k`, complementarity :math:`\gamma` of two
corridors and spillover :math:`f` on the one who leaves the hub to the other:

=======  ============================================  ====================
M, R     invest                                        defer
=======  ============================================  ====================
invest   :math:`sV+\gamma-k,\; (1-s)V+\gamma-k`        :math:`V-k,\; f`
defer    :math:`f,\; V-k`                              :math:`0,\; 0`
=======  ============================================  ====================

Write :math:`t = f + k - \gamma`, the least hub income that makes it worth joining the other.

* **Coexistence.** (invest, invest) iff :math:`t/V \le s \le 1 - t/V`, a band of shares.
* **Sole hub.** (invest, defer) iff :math:`V \ge k` and :math:`(1-s)V \le t`; (defer, invest) iff
  :math:`V \ge k` and :math:`sV \le t`.
* **No hub.** (defer, defer) iff :math:`V \le k`.
* **Two pure equilibria.** Where :math:`V > k` and both shares fall short of t the game is chicken;
  where :math:`V < k` and both exceed t it is a stag hunt.  Then and only then there is a mixed
  equilibrium too (:func:`hub_mix`),

  .. math:: \Pr(\text{M invests}) = \frac{V-k}{f+sV-\gamma}, \qquad
            \Pr(\text{R invests}) = \frac{V-k}{f+(1-s)V-\gamma},

  in which of two chickens the *larger* hub invests less often, and of two stags more often.

The family is this package's own construction.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "hub_mix"]


def _parameter(
    name: str, default: float, low: float, high: float, meaning: str, symbol: str
) -> Parameter:
    source = "Own construction; illustrative default"
    return Parameter(name, default, low, high, meaning, symbol=symbol, source=source)


PARAMETERS = [
    _parameter("hub_value", 1.0, 0.3, 2.0, "income of the only hub", "V"),
    _parameter("hub_share", 0.65, 0.05, 0.95, "M's share of it where both invest", "s"),
    _parameter("investment_cost", 0.45, 0.05, 1.0, "cost of investing", "k"),
    _parameter("complementarity", 0.1, 0.0, 0.6, "gain to each from two corridors", r"\gamma"),
    _parameter("spillover", 0.05, 0.0, 0.5, "gain from the other's being the only hub", "f"),
]

V, s, k, gamma, f = (sympy.Symbol(p.name) for p in PARAMETERS)
least = f + k - gamma

# At either end of the band the other is content to invest too, or the lone hub pays.
_matters = sympy.Or(2 * least <= V, k <= V)

MODEL = Model(
    "bridge_rivalry",
    title="Two states that could each be the bridge",
    players=("M", "R"),
    actions=(("invest", "defer"), ("invest", "defer")),
    parameters=PARAMETERS,
    payoffs={
        "M": [[s * V + gamma - k, V - k], [f, 0]],
        "R": [[(1 - s) * V + gamma - k, f], [V - k, 0]],
    },
    source="Own construction",
    notes="Defaults are illustrative.",
    curves={
        "s_low": Curve(
            "hub_share", least / V, "below it M leaves the hub to R", r"\underline{s}", _matters
        ),
        "s_high": Curve(
            "hub_share", 1 - least / V, "above it R leaves the hub to M", r"\bar{s}", _matters
        ),
        "k_hub": Curve("investment_cost", V, "above it nobody is the only hub", r"k^*"),
    },
)


def hub_mix(**values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities with which M and R invest in the mixed equilibrium.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    m_invests, r_invests : float64 arrays
        nan where there is no equilibrium in which both mix.

    Examples
    --------
    >>> m, r = hub_mix(hub_share=[0.5, 0.6, 0.7], investment_cost=0.7)
    >>> m.round(3).tolist(), r.round(3).tolist()
    ([0.667, 0.545, nan], [0.667, 0.857, nan])
    """
    p = MODEL.check(values)
    hub, share, cost = p["hub_value"], p["hub_share"], p["investment_cost"]
    rest = p["spillover"] - p["complementarity"]
    alone = hub - cost
    with np.errstate(divide="ignore", invalid="ignore"):
        m, r = alone / (rest + share * hub), alone / (rest + (1 - share) * hub)
    inside = (m > 0) & (m < 1) & (r > 0) & (r < 1)
    return np.where(inside, m, np.nan), np.where(inside, r, np.nan)
