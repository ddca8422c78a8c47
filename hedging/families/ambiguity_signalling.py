r"""Ambiguity as a signal: a middle power that does not say which way it leans.

M leans towards a with probability :math:`\pi`, else towards b, and its two types are two players,
each of which may ``reveal`` its leaning or stay ``ambiguous``.  A and B see whether M is ambiguous
and ``court`` it or ``ignore`` it.  With :math:`A, B = 1` if they court,

.. math::

    u_M(\text{reveal}) = s_{type}, \qquad
    u_M(\text{ambiguous}) = t_A A + t_B B - \kappa,

and with :math:`\alpha, \beta = 1` if the types are ambiguous, so that the ambiguous have mass
:math:`\mu = \pi \alpha + (1-\pi) \beta`,

.. math::

    u_A = A (\pi \alpha \gamma_A - c_A \mu), \qquad
    u_B = B ((1-\pi) \beta \gamma_B - c_B \mu) .

* **Productive ambiguity.** Both types ambiguous and both powers courting iff
  :math:`c_A/\gamma_A \le \pi \le 1 - c_B/\gamma_B` and
  :math:`t_A + t_B - \kappa \ge \max(s_a, s_b)`.  The window of beliefs is empty where
  :math:`c_A/\gamma_A + c_B/\gamma_B > 1`.
* **Courted by one.** Both ambiguous, A courting, B not, iff :math:`\pi \ge c_A/\gamma_A`,
  :math:`\pi \ge 1 - c_B/\gamma_B` and :math:`t_A - \kappa \ge \max(s_a, s_b)`; B alone likewise.
* **Semi-separating.** The type that leans to a reveals, the other is ambiguous and courted by B
  alone, iff :math:`\gamma_B \ge c_B` and :math:`s_a \ge t_B - \kappa \ge s_b`; the mirror likewise.
* **Partial pooling.** The type that leans to b is ambiguous, the other with probability
  :math:`m = c_A (1-\pi)/(\pi(\gamma_A - c_A))`; B courts, A with probability
  :math:`q = (s_a + \kappa - t_B)/t_A`.  An equilibrium iff m and q are probabilities,
  :math:`s_a \ge s_b` and :math:`(1-\pi)\gamma_B \ge c_B (\pi m + 1 - \pi)`
  (:func:`partial_pooling`).
* **Plain speaking.** Where nobody is ambiguous, nobody's courting is ever seen: both reveal is an
  equilibrium with any courting that would not draw a type out, a continuum.

Hedging as signals that create ambiguity is the subject of Lim and Cooper, Security Studies 24(4)
(2015); the game is this package's own.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "partial_pooling"]

_OWN = "Own construction; illustrative default"
_LIM = "After Lim and Cooper, Security Studies 24(4) (2015); illustrative default"


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
    _parameter("lean_probability", 0.55, 0.02, 0.98, "probability that M leans to a", r"\pi", _LIM),
    _parameter(
        "courting_gain_a", 1.0, 0.2, 1.5, "gain of A courting an M that leans to a", r"\gamma_A"
    ),
    _parameter(
        "courting_gain_b", 0.9, 0.2, 1.5, "gain of B courting an M that leans to b", r"\gamma_B"
    ),
    _parameter("courting_cost_a", 0.3, 0.02, 0.9, "cost to A of courting", "c_A"),
    _parameter("courting_cost_b", 0.3, 0.02, 0.9, "cost to B of courting", "c_B"),
    _parameter("courted_value_a", 0.3, 0.0, 0.8, "value to M of being courted by A", "t_A"),
    _parameter("courted_value_b", 0.25, 0.0, 0.8, "value to M of being courted by B", "t_B"),
    _parameter("ambiguity_cost", 0.1, 0.0, 0.4, "cost to M of ambiguity", r"\kappa", _LIM),
    _parameter("revealed_value_a", 0.3, 0.0, 0.9, "value to M of being known to lean to a", "s_a"),
    _parameter("revealed_value_b", 0.2, 0.0, 0.9, "value to M of being known to lean to b", "s_b"),
]

pi, gamma_A, gamma_B, c_A, c_B, t_A, t_B, kappa, s_a, s_b = (
    sympy.Symbol(p.name) for p in PARAMETERS
)


def _payoffs() -> dict[str, np.ndarray]:
    tables = [np.empty((2, 2, 2, 2), dtype=object) for _ in range(4)]
    for alpha, beta, a, b in np.ndindex(2, 2, 2, 2):
        at = alpha, beta, a, b
        ambiguous = t_A * a + t_B * b - kappa
        mass = pi * alpha + (1 - pi) * beta
        tables[0][at] = ambiguous if alpha else s_a
        tables[1][at] = ambiguous if beta else s_b
        tables[2][at] = a * (pi * alpha * gamma_A - c_A * mass)
        tables[3][at] = b * ((1 - pi) * beta * gamma_B - c_B * mass)
    return dict(zip(("M_leans_a", "M_leans_b", "A", "B"), tables, strict=True))


_worth = sympy.Max(s_a, s_b) + kappa  # what courting must bring for both types to be ambiguous
_low, _high = c_A / gamma_A, 1 - c_B / gamma_B

MODEL = Model(
    "ambiguity_signalling",
    title="Ambiguity that is courted from both sides",
    players=("M_leans_a", "M_leans_b", "A", "B"),
    actions=(
        ("reveal", "ambiguous"),
        ("reveal", "ambiguous"),
        ("ignore", "court"),
        ("ignore", "court"),
    ),
    parameters=PARAMETERS,
    payoffs=_payoffs(),
    source="After Lim and Cooper, Security Studies 24(4) (2015); payoffs are this package's own",
    notes=(
        "Agent-normal form: a type's payoff is not weighted by its probability.  Equilibria in "
        "which nobody is ambiguous form continua.  Defaults are illustrative."
    ),
    curves={
        "pi_low": Curve(
            "lean_probability",
            _low,
            "below it A does not court an ambiguous M",
            r"\underline{\pi}",
            sympy.Or(sympy.And(_low <= _high, t_A + t_B >= _worth), t_A >= _worth),
        ),
        "pi_high": Curve(
            "lean_probability",
            _high,
            "above it B does not court an ambiguous M",
            r"\bar{\pi}",
            sympy.Or(sympy.And(_low <= _high, t_A + t_B >= _worth), t_B >= _worth),
        ),
    },
)


def partial_pooling(**values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mixing of the type that leans to a and of A, where B courts and the other type is ambiguous.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    ambiguous, courts : float64 arrays
        How often the type that leans to a is ambiguous and how often A courts; nan where this
        is no equilibrium.

    Examples
    --------
    >>> [round(float(q), 4) for q in partial_pooling()]
    [0.3506, 0.5]
    """
    p = MODEL.check(values)
    belief, cost = p["lean_probability"], p["courting_cost_a"]
    reveal = p["revealed_value_a"]
    with np.errstate(divide="ignore", invalid="ignore"):
        m = cost * (1 - belief) / (belief * (p["courting_gain_a"] - cost))
        q = (reveal + p["ambiguity_cost"] - p["courted_value_b"]) / p["courted_value_a"]
    courts = (1 - belief) * p["courting_gain_b"] >= p["courting_cost_b"] * (belief * m + 1 - belief)
    holds = (m >= 0) & (m <= 1) & (q >= 0) & (q <= 1) & (reveal >= p["revealed_value_b"]) & courts
    return np.where(holds, m, np.nan), np.where(holds, q, np.nan)
