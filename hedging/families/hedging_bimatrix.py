r"""Hedging against one great power: triadic hedging with B fixed at ``accommodate``.

M chooses ``align_a``, ``hedge`` or ``align_b``; A chooses ``accommodate`` or ``pressure``.  In the
letters of :mod:`hedging.families.triadic_hedging`, row r gives M the payoff
:math:`base_r - i \, loss_r` and A the gain :math:`P_r` by pressing, with

.. math::

    base &= (x, y, w), \qquad loss = (\rho_a, (1 - \mu) R k_a, R k_a), \\
    P    &= (\theta_a \rho_a - c_a, \; (1 - \mu) R d_a - c_a - R \tau_a, \; R z_a - c_a).

So the complete set of equilibria is in closed form (:func:`equilibria`):

* (r, accommodate) if and only if :math:`base_r` is largest and :math:`P_r \le 0`;
* (r, pressure) if and only if :math:`base_r - loss_r` is largest and :math:`P_r \ge 0`;
* for rows r, s with :math:`P_r P_s < 0` and
  :math:`q = (base_r - base_s)/(loss_r - loss_s) \in (0, 1)` and the third row no better, A presses
  with probability q and M plays r with probability :math:`-P_s/(P_r - P_s)`.

The mix of ``hedge`` and ``align_b`` is a deterred defection: M leans to the rival as often as
keeps A indifferent.  Selective accommodation as a wedge between opponents is the subject of
Crawford, International Security 35(4) (2011).
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.families import triadic_hedging as triad
from hedging.model import Model

__all__ = ["MODEL", "equilibria"]

_PAYOFFS = {player: table[:, :, 0] for player, table in triad.payoff_arrays().items()}
_USED = {s.name for player in ("M", "A") for u in _PAYOFFS[player].flat for s in u.free_symbols}

MODEL = Model(
    "hedging_bimatrix",
    title="A middle power and one great power that may press",
    players=("M", "A"),
    actions=(("align_a", "hedge", "align_b"), ("accommodate", "pressure")),
    parameters=[p for p in triad.PARAMETERS if p.name in _USED],
    payoffs={player: _PAYOFFS[player] for player in ("M", "A")},
    source="Reduction of triadic_hedging; wedge reading after Crawford (2011)",
    notes="The economic patron B accommodates throughout.",
    curves=triad.quiet_hedge_curves((triad.c_a, triad.d_a, triad.tau_a)),
)


def equilibria(**values: float) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """All equilibria at one point, in closed form; generically 1 or 3.

    Parameters
    ----------
    **values : float
        Parameter values; defaults for the rest.

    Returns
    -------
    list of (probabilities of M, shape (3,); probabilities of A, shape (2,))

    Examples
    --------
    >>> [(m.tolist(), a.tolist()) for m, a in equilibria()]
    [([0.0, 1.0, 0.0], [1.0, 0.0])]
    """
    p: dict[str, Any] = {k: float(v) for k, v in MODEL.check(values).items()}
    exposure = (1 - p["immunity"]) * (1 - p["mediation"]) * (1 - p["offset"])
    rivalry, cost = p["rivalry"], p["pressure_cost_a"]
    kept = p["retention"] * (p["value_a"] + p["value_b"]) - p["hedging_cost"]
    base = np.array([p["value_a"] - p["autonomy_cost"], kept, p["value_b"] - p["autonomy_cost"]])
    harm = rivalry * p["coercion_a"]
    loss = np.array([p["captive_loss_a"], exposure * harm, harm])
    gain = np.array(
        [
            p["capture_share_a"] * p["captive_loss_a"] - cost,
            exposure * rivalry * p["concession_a"] - cost - rivalry * p["drift_loss_a"],
            rivalry * p["spoiling_a"] - cost,
        ]
    )
    rows, columns = np.eye(3), np.eye(2)
    found = []
    for r in range(3):
        for i in (0, 1):
            payoff = base - i * loss
            if payoff[r] >= payoff.max() and (gain[r] >= 0 if i else gain[r] <= 0):
                found.append((rows[r], columns[i]))
    for r, s in combinations(range(3), 2):
        if gain[r] * gain[s] < 0 and loss[r] != loss[s]:
            q = (base[r] - base[s]) / (loss[r] - loss[s])
            payoff = base - q * loss
            if 0 < q < 1 and payoff[3 - r - s] <= payoff[r]:
                share = -gain[s] / (gain[r] - gain[s])
                found.append((share * rows[r] + (1 - share) * rows[s], np.array([1 - q, q])))
    return found
