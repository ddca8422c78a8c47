r"""Division of spheres: A guards security, B the economy, and each may enter the other's field.

A and B each ``respect`` or ``encroach``.  With rents :math:`S` (security, held by A) and :math:`E`
(economy, held by B), capture shares :math:`x` (of A in the economy) and :math:`y` (of B in
security), entry costs :math:`c_A, c_B` and friction :math:`f` when both encroach, and
:math:`i, j = 1` if A, B encroach,

.. math::

    u_A &= S (1 - y j) + i (x E - c_A) - i j f \\
    u_B &= E (1 - x i) + j (y S - c_B) - i j f.

With the net gains :math:`a = x E - c_A` and :math:`b = y S - c_B` of entry:

* (respect, respect) iff :math:`a, b \le 0`; (encroach, encroach) iff :math:`a, b \ge f`; (respect,
  encroach) iff :math:`a \le f, b \ge 0`; (encroach, respect) iff :math:`a \ge 0, b \le f`;
* for :math:`0 < a, b < f` the game is chicken, and in its mixed equilibrium B encroaches with
  probability :math:`a/f` and A with :math:`b/f`;
* repeated with grim punishment, mutual respect holds iff the discount factors satisfy
  :math:`\delta_A \ge a/(y S + f)` and :math:`\delta_B \ge b/(x E + f)`
  (:func:`critical_deltas`).  As :math:`y` grows B can retaliate in security, so A becomes
  *easier* to restrain.

The family is this package's own construction.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "critical_deltas"]

_OWN = "Own construction; illustrative default"
_ARMS = (
    "Own construction; default is China's share of arms sent to Central Asia, 2015-2020, in "
    "Jardine and Lemon, Kennan Cable 52 (2020)"
)


def _parameter(
    name: str,
    default: float,
    low: float,
    high: float,
    meaning: str,
    symbol: str,
    source: str = _OWN,
    open_low: bool = False,
) -> Parameter:
    return Parameter(
        name, default, low, high, meaning, symbol=symbol, source=source, open_low=open_low
    )


PARAMETERS = [
    _parameter("security_rent", 1.0, 0.5, 2.0, "rent of the security sphere, held by A", "S"),
    _parameter("economic_rent", 1.0, 0.5, 2.0, "rent of the economic sphere, held by B", "E"),
    _parameter("capture_share_a", 0.2, 0.0, 0.6, "share of the economy A captures by entry", "x"),
    _parameter(
        "capture_share_b", 0.18, 0.0, 0.6, "share of security B captures by entry", "y", _ARMS
    ),
    _parameter(
        "entry_cost_a", 0.15, 0.0, 0.6, "cost to A of entering the economy", "c_A", open_low=True
    ),
    _parameter(
        "entry_cost_b", 0.1, 0.0, 0.6, "cost to B of entering security", "c_B", open_low=True
    ),
    _parameter("friction", 0.06, 0.0, 0.5, "cost to each when both encroach", "f"),
]

S, E, x, y, c_A, c_B, f = (sympy.Symbol(p.name) for p in PARAMETERS)
a, b = x * E - c_A, y * S - c_B

MODEL = Model(
    "sphere_division",
    title="Division of labour between two great powers, and its erosion",
    players=("A", "B"),
    actions=(("respect", "encroach"), ("respect", "encroach")),
    parameters=PARAMETERS,
    payoffs={
        "A": [[S * (1 - y * j) + i * a - i * j * f for j in (0, 1)] for i in (0, 1)],
        "B": [[E * (1 - x * i) + j * b - i * j * f for j in (0, 1)] for i in (0, 1)],
    },
    source="Own construction",
    notes="Defaults are illustrative.",
    curves={
        "y_entry": Curve("capture_share_b", c_B / S, "above it B enters alone", "y_0", a <= f),
        "y_clash": Curve(
            "capture_share_b", (c_B + f) / S, "above it B enters against entry", "y_f", a >= 0
        ),
        "x_entry": Curve("capture_share_a", c_A / E, "above it A enters alone", "x_0", b <= f),
        "x_clash": Curve(
            "capture_share_a", (c_A + f) / E, "above it A enters against entry", "x_f", b >= 0
        ),
    },
)


def critical_deltas(**values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Least discount factors of A and B at which grim punishment sustains mutual respect.

    Punishment is (encroach, encroach) for ever, credible where :math:`a, b \ge f`; elsewhere the
    numbers compare the two payoff streams only.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    delta_a, delta_b : float64 arrays
        0 where entry does not pay even once; above 1 where no patience suffices; nan where
        entry pays and punishment costs nothing.

    Examples
    --------
    >>> [round(float(d), 2) for d in critical_deltas(capture_share_b=0.144)]
    [0.25, 0.17]
    """
    p = MODEL.check(values)
    taken_a = p["capture_share_a"] * p["economic_rent"]
    taken_b = p["capture_share_b"] * p["security_rent"]
    return (
        _least_delta(taken_a - p["entry_cost_a"], taken_b + p["friction"]),
        _least_delta(taken_b - p["entry_cost_b"], taken_a + p["friction"]),
    )


def _least_delta(gain: NDArray[np.float64], punishment: NDArray[np.float64]) -> NDArray[np.float64]:
    # Respect is worth it iff (1 - delta) gain <= delta (punishment - gain).
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = np.where(punishment > 0, gain / punishment, np.nan)
    return np.asarray(np.where(gain <= 0, 0.0, delta))
