r"""Red line veto: two guardians deter a middle power from crossing a line, and free-ride.

M ``stay``\ s or ``cross``\ es; each guardian A, B will ``tolerate`` or ``punish``.  A guardian's
posture costs :math:`r_s` even where it is not used.  With gain G and punishment L for M, harm
:math:`D_s` to a guardian if nobody punishes and cost :math:`C_s` of carrying the punishment out,

.. math::

    u_M &= [\text{cross}] (G - L [\text{someone punishes}]) \\
    u_s &= -r_s [\text{s punishes}] - [\text{cross}] (C_s [\text{s punishes}]
           + D_s [\text{nobody punishes}]).

Let :math:`\kappa = 1 - G/L` and :math:`p_s = r_s / (D_s - C_s)`.  For :math:`0 < G < L`, and apart
from ties, the equilibria are exactly (:func:`equilibria`)

* **no guardian**: (cross, tolerate, tolerate) iff :math:`D_s \le C_s + r_s` for both;
* **one guardian** s: it punishes with probability :math:`G/L` and M crosses with :math:`p_s`, iff
  :math:`D_s > C_s + r_s` and the other, t, rides free: :math:`p_s (\kappa D_t - C_t) \le r_t`;
* **two guardians**: M crosses with probability :math:`p = 1/m` where m is the positive root of

  .. math:: r_A r_B m^2 + (r_A C_B + r_B C_A) m + C_A C_B - \kappa D_A D_B = 0,

  and B tolerates with probability :math:`(r_A m + C_A)/D_A`, A with :math:`(r_B m + C_B)/D_B`,
  iff these and p are below 1;
* **overwhelmed guardians**: M crosses for sure, B tolerates with probability
  :math:`(r_A + C_A)/D_A`, A with :math:`(r_B + C_B)/D_B`, iff both are below 1 and their product
  exceeds :math:`\kappa`.

``stay`` is never certain: nobody pays for a posture against what never happens.  With two guardians
:math:`p > \max(p_A, p_B)`: they deter *less* than either would alone.  For equal guardians
:math:`p = r / (D \sqrt{\kappa} - C)` against :math:`r / (D - C)`.  For :math:`G > L` nothing deters
and the guardians play the volunteer's dilemma.

The family is this package's own construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.errors import UnknownNameError
from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "Guarded", "crossing", "equilibria"]

_OWN = "Own construction; illustrative default"


def _parameter(
    name: str, default: float, low: float, high: float, meaning: str, symbol: str
) -> Parameter:
    return Parameter(name, default, low, high, meaning, symbol=symbol, source=_OWN)


def _pair(
    name: str, defaults: tuple[float, float], low: float, high: float, meaning: str, letter: str
) -> list[Parameter]:
    return [
        _parameter(
            f"{name}_{side}", default, low, high, meaning.format(s=power), f"{letter}_{side}"
        )
        for side, power, default in (("a", "A", defaults[0]), ("b", "B", defaults[1]))
    ]


PARAMETERS = [
    _parameter("crossing_gain", 0.3, 0.05, 1.0, "gain of M from crossing the line", "G"),
    _parameter("punishment_loss", 0.6, 0.05, 1.2, "loss of M when punished", "L"),
    *_pair("harm", (0.6, 0.5), 0.05, 1.0, "harm to {s} if nobody punishes a crossing", "D"),
    *_pair("punishment_cost", (0.15, 0.15), 0.0, 0.5, "cost to {s} of punishing a crossing", "C"),
    *_pair("readiness_cost", (0.02, 0.02), 0.001, 0.2, "cost to {s} of standing ready", "r"),
]

G, L, D_a, D_b, C_a, C_b, r_a, r_b = (sympy.Symbol(p.name) for p in PARAMETERS)


def _payoffs() -> dict[str, Any]:
    u_m, u_a, u_b = (np.empty((2, 2, 2), dtype=object) for _ in range(3))
    for cross, i, j in np.ndindex(2, 2, 2):  # 1 crosses, punishes
        nobody = (1 - i) * (1 - j)
        u_m[cross, i, j] = cross * (G - L * (1 - nobody))
        u_a[cross, i, j] = -r_a * i - cross * (C_a * i + D_a * nobody)
        u_b[cross, i, j] = -r_b * j - cross * (C_b * j + D_b * nobody)
    return {"M": u_m, "A": u_a, "B": u_b}


def _curves() -> dict[str, Curve]:
    willing = {"a": D_a > C_a + r_a, "b": D_b > C_b + r_b}
    curves = {
        "G_veto": Curve(
            "crossing_gain",
            L,
            "above it no threat of punishment deters M",
            "L",
            sympy.Or(D_a >= C_a + r_a, D_b >= C_b + r_b),
        ),
        "G_overwhelmed": Curve(
            "crossing_gain",
            L * (1 - (C_a + r_a) * (C_b + r_b) / (D_a * D_b)),
            "above it M crosses for sure where both guardians mix",
            "G_1",
            sympy.And(*willing.values()),
        ),
    }
    for s, t, (D, C, r), (D_t, C_t, r_t) in (
        ("a", "b", (D_a, C_a, r_a), (D_b, C_b, r_b)),
        ("b", "a", (D_b, C_b, r_b), (D_a, C_a, r_a)),
    ):
        curves[f"G_free_{t}"] = Curve(
            "crossing_gain",
            L * (1 - (C_t + r_t * (D - C) / r) / D_t),
            f"above it {t.upper()} rides free on {s.upper()}",
            f"G_{t}",
            willing[s],
        )
        curves[f"D_{s}_guard"] = Curve(
            f"harm_{s}",
            C + r,
            f"above it {s.upper()} would punish a sure crossing alone",
            f"D^*_{s}",
            (L - G) * D_t <= L * (C_t + r_t),  # the other leaves room to act
        )
    return curves


MODEL = Model(
    "red_line_veto",
    title="A red line with two guardians",
    players=("M", "A", "B"),
    actions=(("stay", "cross"), ("tolerate", "punish"), ("tolerate", "punish")),
    parameters=PARAMETERS,
    payoffs=_payoffs(),
    source="Own construction",
    notes="Defaults are illustrative.",
    curves=_curves(),
)


@dataclass(frozen=True, eq=False)
class Guarded:
    """One kind of equilibrium, for every parameter point.

    Attributes
    ----------
    exists : bool array
    cross, punish_a, punish_b : float64 arrays
        Probabilities; nan where it does not exist.
    """

    exists: NDArray[np.bool_]
    cross: NDArray[np.float64]
    punish_a: NDArray[np.float64]
    punish_b: NDArray[np.float64]


def _kind(exists: Any, *probabilities: Any) -> Guarded:
    there, *parts = np.broadcast_arrays(exists, *probabilities)
    return Guarded(np.asarray(there), *(np.where(there, part, np.nan) for part in parts))


def equilibria(**values: ArrayLike) -> dict[str, Guarded]:
    """All equilibria where punishment outweighs the gain of crossing, by kind.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    dict of str to Guarded
        With the keys ``no_guardian``, ``guardian_a``, ``guardian_b``, ``two_guardians`` and
        ``overwhelmed``.  At ties (equality in one of the conditions) there may be others.  Where
        crossing gains as much as punishment takes, ``exists`` is False throughout.

    Examples
    --------
    Three coexist at the defaults:

    >>> for kind, found in equilibria().items():
    ...     if found.exists:
    ...         print(kind, round(float(found.cross), 3))
    guardian_a 0.044
    guardian_b 0.057
    two_guardians 0.084
    """
    p = MODEL.check(values)
    gain, loss = p["crossing_gain"], p["punishment_loss"]
    harm, cost, ready = (
        [p[f"{name}_{side}"] for side in "ab"]
        for name in ("harm", "punishment_cost", "readiness_cost")
    )
    deterrable = gain < loss
    slack = 1 - gain / loss  # probability that nobody may punish, kappa
    willing = [harm[s] > cost[s] + ready[s] for s in (0, 1)]
    found = {
        "no_guardian": _kind(
            deterrable & (harm[0] <= cost[0] + ready[0]) & (harm[1] <= cost[1] + ready[1]),
            1.0,
            0.0,
            0.0,
        )
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        for s, other, name in ((0, 1, "guardian_a"), (1, 0, "guardian_b")):
            cross = ready[s] / (harm[s] - cost[s])
            rides = cross * (slack * harm[other] - cost[other]) <= ready[other]
            punish = [1 - slack, 0.0] if s == 0 else [0.0, 1 - slack]
            found[name] = _kind(deterrable & willing[s] & rides, cross, *punish)
        inverse = _positive_root(
            ready[0] * ready[1],
            ready[0] * cost[1] + ready[1] * cost[0],
            cost[0] * cost[1] - slack * harm[0] * harm[1],
        )
        # What one guardian tolerates leaves the other indifferent.
        tolerate = [(ready[s] * inverse + cost[s]) / harm[s] for s in (1, 0)]
        found["two_guardians"] = _kind(
            deterrable & (inverse > 1) & (tolerate[0] < 1) & (tolerate[1] < 1),
            1 / inverse,
            1 - tolerate[0],
            1 - tolerate[1],
        )
        tolerate = [(ready[s] + cost[s]) / harm[s] for s in (1, 0)]
    found["overwhelmed"] = _kind(
        deterrable & willing[0] & willing[1] & (tolerate[0] * tolerate[1] > slack),
        1.0,
        1 - tolerate[0],
        1 - tolerate[1],
    )
    return found


def _positive_root(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Positive root of a m^2 + b m + c with a > 0, b >= 0; nan unless c < 0."""
    # In this form nothing cancels.
    with np.errstate(divide="ignore", invalid="ignore"):
        root = -2 * c / (b + np.sqrt(b * b - 4 * a * c))
    return np.asarray(np.where(c < 0, root, np.nan))


def crossing(guardians: str = "both", **values: ArrayLike) -> NDArray[np.float64]:
    """Probability that M crosses where the guardians named mix.

    Parameters
    ----------
    guardians : {"both", "a", "b"}
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    float64 array
        nan where that is no equilibrium.

    Raises
    ------
    UnknownNameError
        If ``guardians`` is none of the three.

    Examples
    --------
    >>> [round(float(crossing(g)), 3) for g in ("a", "b", "both")]
    [0.044, 0.057, 0.084]
    """
    kinds = {"both": "two_guardians", "a": "guardian_a", "b": "guardian_b"}
    if guardians not in kinds:
        msg = f"no guardians {guardians!r}; use 'both', 'a' or 'b'"
        raise UnknownNameError(msg)
    return equilibria(**values)[kinds[guardians]].cross
