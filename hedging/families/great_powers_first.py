r"""Triadic hedging when the great powers move first and the middle power replies.

The payoffs are those of :mod:`hedging.families.triadic_hedging`, letters too; but now A and B
choose their postures at once and in the open, and M answers.  If nobody presses and M hedges, a
power s that presses alone meets the reply M likes best among

.. math:: \text{hedge}: y - (1-\mu) R k_s, \qquad \text{align with } s: x_s - \rho_s, \qquad
          \text{align with its rival}: x_{-s} - R k_s

(:math:`x_a = x, x_b = w`), and is deterred if this reply leaves it no better off.  **The quiet
hedge is an outcome of a subgame-perfect equilibrium if and only if** :math:`y \ge \max(x, w)`
**and for both powers M has a best reply**

* to hedge, with :math:`(1-\mu) R d_s \le c_s + R \tau_s`, or
* to align with s, with :math:`g_s + \theta_s \rho_s - c_s \le b_s`, or
* to align with the rival, with :math:`R z_s - l_s - c_s \le b_s`.

M keeps hedging rather than capitulate to s if and only if
:math:`\mu \ge \mu_{cap} = 1 - (y - x_s + \rho_s)/(R k_s)`.  So usefulness :math:`b`, which changes
nothing when all move at once, matters here: a buffer that would capitulate to A is safe from it if
:math:`b_a \ge g_a + \theta_a \rho_a - c_a`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.families.triadic_hedging import MODEL

__all__ = ["deterred", "quiet_hedge"]

Bools = NDArray[np.bool_]


def quiet_hedge(**values: ArrayLike) -> Bools:
    """Whether nobody presses and M hedges in a subgame-perfect equilibrium.

    Parameters
    ----------
    **values : number or array_like
        Parameters of ``triadic_hedging``, which broadcast; defaults for the rest.

    Returns
    -------
    bool array

    Raises
    ------
    ParameterError, UnknownNameError
        If a value is out of range, or no parameter.

    Notes
    -----
    About a third of a second for a million points.

    Examples
    --------
    Usefulness shields a hedger with little immunity of its own:

    >>> quiet_hedge(immunity=0.15, usefulness_a=[0.3, 0.5]).tolist()
    [False, True]
    """
    q = MODEL.check(values)
    base = q["retention"] * (q["value_a"] + q["value_b"]) - q["hedging_cost"]
    best = np.maximum(q["value_a"], q["value_b"]) - q["autonomy_cost"]
    return np.asarray((base >= best) & deterred("a", **values) & deterred("b", **values))


def deterred(power: str, **values: ArrayLike) -> Bools:
    """Whether M has a reply to the lone pressure of one power that makes it not worth while.

    Parameters
    ----------
    power : {"a", "b"}
    **values : number or array_like
        As for :func:`quiet_hedge`.

    Returns
    -------
    bool array

    Examples
    --------
    >>> [deterred(power, immunity=[0.15, 0.35]).tolist() for power in "ab"]
    [[False, True], [True, True]]
    """
    q = MODEL.check(values)
    rival = {"a": "b", "b": "a"}[power]
    k, c, d, tau, rho, theta, z, g, b, loss, own, other = (
        q[f"{name}_{power}"] if name else q[f"value_{rival}"]
        for name in (
            "coercion",
            "pressure_cost",
            "concession",
            "drift_loss",
            "captive_loss",
            "capture_share",
            "spoiling",
            "alignment_value",
            "usefulness",
            "exclusion_loss",
            "value",
            "",
        )
    )
    R = q["rivalry"]
    exposure = (1 - q["immunity"]) * (1 - q["mediation"]) * (1 - q["offset"])
    hedge = q["retention"] * (own + other) - q["hedging_cost"] - exposure * R * k
    join = own - q["autonomy_cost"] - rho
    flee = other - q["autonomy_cost"] - R * k
    best = np.maximum(hedge, np.maximum(join, flee))
    return np.asarray(
        ((hedge == best) & (exposure * R * d <= c + R * tau))
        | ((join == best) & (g + theta * rho - c <= b))
        | ((flee == best) & (R * z - loss - c <= b))
    )
