r"""Mediation and immunity: services to a great power as protection from its pressure.

M can ``mediate`` or ``abstain``; the power P can ``refrain`` from pressing M or ``pressure`` it:

=========  ===========================  ===================================
M, P       refrain                      pressure
=========  ===========================  ===================================
mediate    :math:`m-k,\; \beta`         :math:`-k-(1-\mu)T,\; (1-\mu)d-c`
abstain    :math:`0,\; 0`               :math:`-T,\; d-c`
=========  ===========================  ===================================

with standing m and cost k of mediating, harm T of pressure, immunity :math:`\mu` of a mediator,
value :math:`\beta` of its channel to P, concession d and cost c of pressing.

* (mediate, refrain) iff :math:`m \ge k` and :math:`\beta \ge (1-\mu)d - c`, that is
  :math:`\mu \ge 1 - (\beta + c)/d`; (mediate, pressure) iff :math:`\mu T \ge k` and
  :math:`\beta \le (1-\mu)d - c`; (abstain, pressure) iff :math:`\mu T \le k` and :math:`d \ge c`;
  (abstain, refrain) iff :math:`m \le k` and :math:`d \le c`.
* If :math:`m < k < \mu T`, :math:`d > c` and :math:`\beta > (1-\mu)d - c` there is no pure
  equilibrium, and in the mixed one (:func:`mix`)

  .. math:: \Pr(\text{pressure}) = \frac{k-m}{\mu T-m}, \qquad
            \Pr(\text{mediate}) = \frac{d-c}{\beta+\mu d}:

  more immunity makes pressure rarer *and* mediation rarer.

The family is this package's own construction.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "mix"]


def _parameter(
    name: str, default: float, low: float, high: float, meaning: str, symbol: str
) -> Parameter:
    source = "Own construction; illustrative default"
    return Parameter(name, default, low, high, meaning, symbol=symbol, source=source)


PARAMETERS = [
    _parameter("standing", 0.05, 0.0, 0.5, "standing that M gains by mediating in peace", "m"),
    _parameter("mediation_cost", 0.12, 0.01, 0.5, "cost to M of mediating", "k"),
    _parameter("pressure_harm", 0.5, 0.05, 1.0, "harm to M of pressure", "T"),
    _parameter("immunity", 0.5, 0.0, 1.0, "share of pressure that a mediator escapes", r"\mu"),
    _parameter("channel_value", 0.1, 0.0, 0.6, "value to P of M's channel", r"\beta"),
    _parameter("concession", 0.4, 0.05, 1.0, "gain to P from pressing with no immunity", "d"),
    _parameter("pressure_cost", 0.15, 0.01, 0.6, "cost to P of pressing", "c"),
]

m, k, T, mu, beta, d, c = (sympy.Symbol(p.name) for p in PARAMETERS)

MODEL = Model(
    "mediation_immunity",
    title="Mediation as protection from pressure",
    players=("M", "P"),
    actions=(("mediate", "abstain"), ("refrain", "pressure")),
    parameters=PARAMETERS,
    payoffs={
        "M": [[m - k, -k - (1 - mu) * T], [0, -T]],
        "P": [[beta, (1 - mu) * d - c], [0, d - c]],
    },
    source="Own construction",
    notes="Defaults are illustrative.",
    curves={
        "mu_refrain": Curve(
            "immunity",
            1 - (beta + c) / d,
            "above it P does not press a mediator",
            r"\mu_\beta",
            sympy.Or(m >= k, (d - beta - c) * T >= k * d),
        ),
        "mu_shelter": Curve(
            "immunity",
            k / T,
            "above it mediating is worth its cost under pressure",
            r"\mu_k",
            d >= c,
        ),
    },
)


def mix(**values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mixed equilibrium where there is no pure one.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    mediate, pressure : float64 arrays
        Probabilities; nan where there is a pure equilibrium.

    Examples
    --------
    >>> [round(float(q), 3) for q in mix()]
    [0.833, 0.35]
    """
    p = MODEL.check(values)
    worth, cost = p["standing"], p["mediation_cost"]
    shelter = p["immunity"] * p["pressure_harm"]
    gain, price = p["concession"], p["pressure_cost"]
    kept = p["channel_value"] + p["immunity"] * gain
    mixed = (worth < cost) & (cost < shelter) & (gain > price) & (kept > gain - price)
    with np.errstate(divide="ignore", invalid="ignore"):
        mediate, pressure = (gain - price) / kept, (cost - worth) / (shelter - worth)
    return np.where(mixed, mediate, np.nan), np.where(mixed, pressure, np.nan)
