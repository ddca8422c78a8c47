r"""A population of states: do hedgers spread among the members of two blocs?

States meet in pairs.  With actions ``bloc_a``, ``hedge``, ``bloc_b`` the row state receives

.. math::

    \begin{pmatrix} \theta & \varphi & -\chi \\ \psi & \eta & \psi \\
    -\chi & \varphi & \theta \end{pmatrix}

where :math:`\theta` is the value of meeting a member of one's own bloc, :math:`\chi` the cost of
meeting one of the other, :math:`\varphi` the value to a bloc of a hedger, :math:`\psi` the hedger's
premium from either bloc and :math:`\eta` what two hedgers make of each other.

* **Pure.** (bloc, same bloc) is a symmetric equilibrium iff :math:`\theta \ge \psi`, (hedge,
  hedge) iff :math:`\eta \ge \varphi`; strict inequality makes it evolutionarily stable.
* **Bloc and hedgers.** Where :math:`\theta - \psi` and :math:`\eta - \varphi` have one sign there
  is a rest point with share

  .. math:: x = \frac{\eta-\varphi}{\theta-\psi+\eta-\varphi}

  in the bloc (:func:`bloc_share`).  It is evolutionarily stable iff :math:`\psi > \theta` and
  :math:`\varphi > \eta`: hedgers live on the blocs' quarrel and are diluted by their own
  number.  The other bloc never invades it, for it falls short by :math:`(\theta+\chi)x`.
* **Two even blocs.** Half in each bloc is at rest, an equilibrium iff
  :math:`\psi \le (\theta-\chi)/2`, and never stable: the smallest lead of one bloc grows at the
  rate :math:`(\theta+\chi)/2`.
* **Two blocs and hedgers.** A rest point with all three has shares :math:`(y, 1-2y, y)`,

  .. math:: y = \frac{\eta-\varphi}{\theta-\chi-2\psi+2(\eta-\varphi)} ,

  and the direction (1, 0, -1) has eigenvalue :math:`y(\theta+\chi) > 0`: it is never stable.

As a game of two players it is degenerate where a hedger answers a mixture of the blocs.

Balancing and bandwagoning as strategies in evolution are in Güner, J. Game Theory 6(2) (2017); the
matrix is this package's own.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "bloc_share", "mixed_share"]


def _parameter(
    name: str, default: float, meaning: str, symbol: str, open_low: bool = False
) -> Parameter:
    source = "After Güner, J. Game Theory 6(2) (2017); own matrix, illustrative default"
    return Parameter(
        name, default, 0.0, 1.5, meaning, symbol=symbol, source=source, open_low=open_low
    )


PARAMETERS = [
    _parameter("bloc_value", 0.6, "value of meeting a member of one's own bloc", r"\theta", True),
    _parameter("conflict_cost", 0.4, "cost of meeting a member of the other bloc", r"\chi"),
    _parameter("hedger_value", 0.5, "value to a bloc member of meeting a hedger", r"\varphi"),
    _parameter("hedging_premium", 0.8, "value to a hedger of meeting a bloc member", r"\psi"),
    _parameter("hedger_peace", 0.2, "value to a hedger of meeting a hedger", r"\eta"),
]

theta, chi, phi, psi, eta = (sympy.Symbol(p.name) for p in PARAMETERS)

_matrix = sympy.Matrix([[theta, phi, -chi], [psi, eta, psi], [-chi, phi, theta]])

MODEL = Model(
    "hedging_population",
    title="Hedgers in a population of two blocs",
    players=("state", "partner"),
    actions=(("bloc_a", "hedge", "bloc_b"),) * 2,
    parameters=PARAMETERS,
    payoffs={"state": _matrix.tolist(), "partner": _matrix.T.tolist()},
    source="After Güner, J. Game Theory 6(2) (2017); the matrix is this package's own",
    notes="Symmetric, so hedging.replicator takes it too.  Defaults are illustrative.",
    curves={
        "psi_even": Curve(
            "hedging_premium",
            (theta - chi) / 2,
            "above it hedgers invade two even blocs",
            r"\psi_{1/2}",
        ),
        "psi_bloc": Curve("hedging_premium", theta, "above it hedgers invade a bloc", r"\psi^*"),
        "eta_peace": Curve("hedger_peace", phi, "above it hedgers resist invasion", r"\eta^*"),
    },
)


def bloc_share(**values: ArrayLike) -> NDArray[np.float64]:
    """Share of one bloc where it and hedgers are the whole population and at rest.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    float64 array
        nan where there is no such mixture.

    Examples
    --------
    >>> bloc_share(hedging_premium=[0.5, 0.8, 1.1]).round(4).tolist()
    [nan, 0.6, 0.375]
    """
    p = MODEL.check(values)
    bloc = p["bloc_value"] - p["hedging_premium"]
    hedge = p["hedger_peace"] - p["hedger_value"]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hedge / (bloc + hedge)
    return np.asarray(np.where(bloc * hedge > 0, share, np.nan))


def mixed_share(**values: ArrayLike) -> NDArray[np.float64]:
    """Share of each bloc in the rest point where both blocs and hedgers are present.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    float64 array
        nan where there is none; hedgers have the rest, 1 - 2y.

    Examples
    --------
    >>> round(float(mixed_share()), 4), round(float(mixed_share(hedging_premium=0.05)), 4)
    (0.15, nan)
    """
    p = MODEL.check(values)
    hedge = p["hedger_peace"] - p["hedger_value"]
    blocs = p["bloc_value"] - p["conflict_cost"] - 2 * p["hedging_premium"]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hedge / (blocs + 2 * hedge)
    return np.asarray(np.where((share > 0) & (share < 0.5), share, np.nan))
