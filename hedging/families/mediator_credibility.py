r"""Credibility of a mediator: whose word is believed by a party to a conflict.

The party's rival is resolved with probability p.  The mediator knows whether it is, and says
``R`` (resolved) or ``W`` (weak); the party then concedes (``C``, worth 0) or stands (``S``).
Standing against a resolved rival is war and costs :math:`w`; against a weak one it is war with
probability :math:`\varepsilon` and otherwise gains 1, so it is worth
:math:`S_t = 1 - \varepsilon - \varepsilon w`.  The mediator gets *bias* b times the party's payoff
less :math:`\kappa` times the probability of war.

The model is the normal form before the rival is known.  Strategy ``RW`` of the mediator is truthful
(``R`` of a resolved rival, ``W`` of a weak one), ``CS`` of the party trusting (concede after ``R``,
stand after ``W``); ``WR`` and ``SC`` are the same with the words exchanged.

* **Trust.** (``RW``, ``CS``) is an equilibrium, and (``WR``, ``SC``) too, iff

  .. math:: S_t \ge 0, \qquad b S_t \ge \kappa \varepsilon, \qquad \kappa + b w \ge 0

  (:func:`credible`): the mediator's bias towards the party must be at least
  :math:`\kappa \varepsilon / S_t`.  A neutral mediator that fears war is never believed.
* **Not both sides.** If :math:`\kappa \varepsilon > 0`, biases b and -b are never both credible:
  to be trusted by two sides a mediator needs a stake in *both*, not neutrality.
* **No word.** A party that learns nothing stands iff :math:`p \le S_t/(S_t + w)`
  (:func:`critical_prior`); (``WW``, ``SS``) and (``RR``, ``SS``) are then equilibria, and with the
  reverse inequality (``RR``, ``CC``) and (``WW``, ``CC``).

Words cost nothing, so equilibria in which they are not listened to form continua and the status is
``degenerate``: compare the strategies named here.

After Kydd, *Which side are you on? Bias, credibility, and mediation*, American Journal of
Political Science 47(4) (2003); the payoffs are this package's own.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "credible", "critical_prior"]


def _parameter(
    name: str, default: float, low: float, high: float, meaning: str, symbol: str
) -> Parameter:
    source = "After Kydd, American Journal of Political Science 47(4) (2003); illustrative default"
    return Parameter(name, default, low, high, meaning, symbol=symbol, source=source)


PARAMETERS = [
    _parameter("resolve_prior", 0.4, 0.05, 0.95, "probability that the rival is resolved", "p"),
    _parameter("war_cost", 0.8, 0.1, 2.0, "cost of war to the party", "w"),
    _parameter(
        "war_risk", 0.15, 0.0, 0.45, "probability of war against a weak rival", r"\varepsilon"
    ),
    _parameter("bias", 0.5, -1.0, 2.0, "weight of the party's payoff to the mediator", "b"),
    _parameter("war_aversion", 1.0, 0.0, 2.0, "cost of war to the mediator", r"\kappa"),
]

p, w, eps, b, kappa = (sympy.Symbol(q.name) for q in PARAMETERS)
stand = (1 - eps) - eps * w  # S_t

_WORDS = ["".join(s) for s in product("RW", repeat=2)]
_REPLIES = ["".join(s) for s in product("CS", repeat=2)]


def _payoffs() -> dict[str, Any]:
    u_m, u_p = (np.empty((4, 4), dtype=object) for _ in range(2))
    for place in np.ndindex(4, 4):
        words, replies = _WORDS[place[0]], _REPLIES[place[1]]
        reply = dict(zip("RW", replies, strict=True))
        resolved, weak = (int(reply[word] == "S") for word in words)
        u_m[place] = resolved * p * (-kappa - b * w) + weak * (1 - p) * (b * stand - kappa * eps)
        u_p[place] = -resolved * p * w + weak * (1 - p) * stand
    return {"mediator": u_m, "party": u_p}


MODEL = Model(
    "mediator_credibility",
    title="Whose word a party to a conflict believes",
    players=("mediator", "party"),
    actions=(_WORDS, _REPLIES),
    parameters=PARAMETERS,
    payoffs=_payoffs(),
    source=(
        "After Kydd, American Journal of Political Science 47(4) (2003); payoffs are this "
        "package's own"
    ),
    notes=(
        "Strategies of the mediator: word if the rival is resolved, word if it is weak.  Of the "
        "party: reply to R, reply to W (C concedes, S stands).  Defaults are illustrative."
    ),
    curves={
        "bias_trust": Curve(
            "bias",
            kappa * eps / stand,
            "above it the party believes the mediator",
            "b^*",
            stand > 0,
        ),
        "p_stand": Curve(
            "resolve_prior",
            stand / (stand + w),
            "below it a party that learns nothing stands",
            r"\hat p",
            stand > 0,
        ),
    },
)


def credible(**values: ArrayLike) -> NDArray[np.bool_]:
    """Whether truth and trust are an equilibrium.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    bool array

    Examples
    --------
    >>> credible(bias=[-0.5, 0, 0.2, 0.5]).tolist()
    [False, False, False, True]
    """
    q = MODEL.check(values)
    worth = (1 - q["war_risk"]) - q["war_risk"] * q["war_cost"]
    return np.asarray(
        (worth >= 0)
        & (q["bias"] * worth >= q["war_aversion"] * q["war_risk"])
        & (q["war_aversion"] + q["bias"] * q["war_cost"] >= 0)
    )


def critical_prior(**values: ArrayLike) -> NDArray[np.float64]:
    """Probability of a resolved rival up to which a party that learns nothing stands.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    float64 array
        0 where standing does not even pay against a weak rival.

    Examples
    --------
    >>> round(float(critical_prior()), 4)
    0.4771
    """
    q = MODEL.check(values)
    worth = np.maximum((1 - q["war_risk"]) - q["war_risk"] * q["war_cost"], 0.0)
    return np.asarray(worth / (worth + q["war_cost"]))
