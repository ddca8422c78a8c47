r"""Patient hedging: what keeps a state even-handed when tilting pays today.

M is ``even_handed`` or ``tilt``, the partner X ``accommodate`` or ``pressure``:

=============  ==================  ====================
M, X           accommodate         pressure
=============  ==================  ====================
even_handed    :math:`v,\; w`      :math:`-k,\; w + e`
tilt           :math:`v+g,\; -l`   :math:`0,\; 0`
=============  ==================  ====================

(tilt, pressure) is the only equilibrium of the stage.  Repeated with grim punishment, the good
profile holds iff :math:`\delta_M \ge g/(v+g)` and :math:`\delta_X \ge e/(w+e)`.

*Several conflicting partners, seen through noise.*  n partners are worth v each per period.  Each
mistakes an even-handed M for a tilting one with probability :math:`\varepsilon` and detects a
tilt with probability :math:`d > \varepsilon`; any accusation ends all ties.  With
:math:`\rho = (1-\varepsilon)^n` and :math:`\chi = (1-d)^n` M stays even-handed iff

.. math:: \delta \ge \delta^*(n) = \frac{g}{(\rho - \chi) n v + \rho g} .

More partners raise the stake, then noise wins: :math:`\delta^*` is U-shaped in n, and where it
exceeds 1 no patience suffices.  The trust of one party is hard to keep, that of several in conflict
nearly impossible (:func:`critical_delta_partners`).

*Waiting.*  M earns :math:`h_w` per period while uncommitted; with probability :math:`\lambda_w` per
period the winner becomes known.  Committing now is worth :math:`\bar v = \pi v_H + (1-\pi) v_L`,
committing afterwards :math:`v_H`.  Waiting is better iff

.. math:: \delta \ge \frac{\bar v - h_w}{\bar v - h_w + \lambda_w (v_H - \bar v)}

(:func:`critical_delta_waiting`).  The family is this package's own construction.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.errors import ParameterError
from hedging.model import Model, Parameter

__all__ = ["MODEL", "critical_delta_partners", "critical_delta_waiting", "critical_deltas"]


def _parameter(name: str, default: float, high: float, meaning: str, symbol: str) -> Parameter:
    low = 0.1 if symbol in {"v", "w"} else 0.0
    source = "Own construction; illustrative default"
    return Parameter(name, default, low, high, meaning, symbol=symbol, source=source)


PARAMETERS = [
    _parameter("tie_value", 1.0, 3.0, "value to M of an undisturbed tie", "v"),
    _parameter("tilt_gain", 0.8, 3.0, "gain to M from tilting once", "g"),
    _parameter("pressure_loss", 0.4, 2.0, "loss of an even-handed M under pressure", "k"),
    _parameter("partner_value", 1.0, 3.0, "value to X of an even-handed M", "w"),
    _parameter("pressure_gain", 0.6, 3.0, "gain to X from pressing once", "e"),
    _parameter("tilt_loss", 0.5, 2.0, "loss of an accommodating X from a tilt", "l"),
]

v, g, k, w, e, loss = (sympy.Symbol(p.name) for p in PARAMETERS)

MODEL = Model(
    "patient_hedging",
    title="Even-handedness sustained by patience",
    players=("M", "X"),
    actions=(("even_handed", "tilt"), ("accommodate", "pressure")),
    parameters=PARAMETERS,
    payoffs={
        "M": [[v, -k], [v + g, 0]],
        "X": [[w, w + e], [-loss, 0]],
    },
    source="Own construction",
    notes="A stage game, to be repeated.  Defaults are illustrative.",
)


def critical_deltas(**values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least discount factors of M and X at which grim punishment sustains even-handedness.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    delta_m, delta_x : float64 arrays

    Examples
    --------
    >>> [round(float(d), 3) for d in critical_deltas()]
    [0.444, 0.375]
    """
    p = MODEL.check(values)
    gain, press = p["tilt_gain"], p["pressure_gain"]
    return (
        np.asarray(gain / (p["tie_value"] + gain)),
        np.asarray(press / (p["partner_value"] + press)),
    )


def critical_delta_partners(
    n: ArrayLike,
    *,
    tie_value: ArrayLike = 0.25,
    tilt_gain: ArrayLike = 0.8,
    false_alarm: ArrayLike = 0.03,
    detection: ArrayLike = 0.6,
) -> NDArray[np.float64]:
    r"""Critical discount factor of an even-handed M with n partners and noisy accusations.

    Parameters
    ----------
    n : array_like of int
        Number of partners, at least 1.
    tie_value, tilt_gain : array_like
        v per partner, and g.
    false_alarm, detection : array_like
        Probabilities :math:`\varepsilon` and d that one partner reports a tilt.

    Returns
    -------
    float64 array
        By the formula, so values of 1 and more say *impossible*; inf where a tilt is no more
        often reported than even-handedness.

    Raises
    ------
    ParameterError
        If a probability is not in [0, 1] or n is below 1.

    Examples
    --------
    >>> critical_delta_partners([1, 2, 3, 5]).round(2).tolist()
    [0.87, 0.7, 0.59, 0.46]
    >>> bool(critical_delta_partners(8, false_alarm=0.15) > 1)
    True
    """
    count = np.asarray(n, dtype=np.float64)
    wrong, right = (np.asarray(x, dtype=np.float64) for x in (false_alarm, detection))
    inside = np.all((wrong >= 0) & (wrong <= 1)) and np.all((right >= 0) & (right <= 1))
    if not inside or not np.all(count >= 1):
        msg = (
            f"n is {n!r}, false_alarm {false_alarm!r}, detection {detection!r}; give at least one "
            "partner and probabilities in [0, 1]"
        )
        raise ParameterError(msg)
    gain = np.asarray(tilt_gain, dtype=np.float64)
    quiet, unseen = (1 - wrong) ** count, (1 - right) ** count
    bottom = (quiet - unseen) * count * np.asarray(tie_value) + quiet * gain
    informative = (quiet > unseen) & (bottom > 0)
    ratio = np.where(informative, gain / np.where(informative, bottom, 1), np.inf)
    return np.asarray(np.where(gain <= 0, 0.0, ratio))


def critical_delta_waiting(
    waiting_flow: ArrayLike,
    reveal: ArrayLike,
    prior: ArrayLike,
    high: ArrayLike,
    low: ArrayLike,
) -> NDArray[np.float64]:
    r"""Least discount factor at which it pays to stay uncommitted until the winner is known.

    Parameters
    ----------
    waiting_flow : array_like
        :math:`h_w`, per period while uncommitted.
    reveal : array_like
        :math:`\lambda_w`, probability per period that the winner is revealed.
    prior, high, low : array_like
        :math:`\pi, v_H, v_L`: chance of picking the winner now, and the two values per period.

    Returns
    -------
    float64 array
        0 where waiting pays at any patience, inf where it never does.

    Examples
    --------
    >>> round(float(critical_delta_waiting(0.3, 0.2, 0.5, 1.0, 0.0)), 3)
    0.667
    """
    h, rate, chance, best, worst = (
        np.asarray(x, dtype=np.float64) for x in (waiting_flow, reveal, prior, high, low)
    )
    if not (np.all((rate >= 0) & (rate <= 1)) and np.all((chance >= 0) & (chance <= 1))):
        msg = f"reveal is {reveal!r} and prior {prior!r}; give probabilities in [0, 1]"
        raise ParameterError(msg)
    now = chance * best + (1 - chance) * worst
    cost, worth = now - h, rate * (best - now)
    useful = (cost > 0) & (worth > 0)
    ratio = np.where(useful, cost / np.where(useful, cost + worth, 1), np.inf)
    return np.asarray(np.where(cost <= 0, 0.0, ratio))
