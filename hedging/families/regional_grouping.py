r"""Regional grouping: neighbours that meet without the great powers, if enough of them bother.

Each of n states ``contribute`` at cost c or ``abstain``; everyone gains b if at least k
contribute.  What matters to a state is to be pivotal: that exactly :math:`k - 1` of the other
:math:`n - 1` contribute.

* **Pure equilibria.** Nobody contributes (if :math:`k \ge 2` or :math:`b \le c`), or exactly k
  do (if :math:`b \ge c`), in any of :math:`\binom{n}{k}` ways.
* **Symmetric mixtures.** Everyone contributes with probability q where

  .. math:: \binom{n-1}{k-1} q^{k-1} (1-q)^{n-k} = c/b .

  The left side, the chance of being pivotal, has its peak at :math:`\hat q = (k-1)/(n-1)`.  So
  for :math:`1 < k < n` there are two such mixtures while c/b is below the peak and none above
  it; for k = 1 (the volunteer's dilemma) and for k = n there is one while :math:`c < b`.
  :func:`peak` is the peak, :func:`symmetric_mixtures` gives the roots.
* **Others.** Some may contribute for sure, some abstain for sure and the rest mix alike by the
  same kind of equation; for some c/b above the peak two groups of states mix at different rates.
  At the defaults there are 83 equilibria in all.

At the defaults n = 5, k = 3 the peak is 3/8.  :func:`grouping` builds other sizes.  The game is a
threshold public good, for k = 1 the volunteer's dilemma; its reading as a grouping without the
great powers is this package's own.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import comb

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.errors import HedgingTypeError, ParameterError
from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "grouping", "peak", "symmetric_mixtures"]

_SOURCE = "Own construction; illustrative default"
_MOST_PLAYERS = 10
_STEPS = 60

PARAMETERS = [
    Parameter(
        "benefit",
        1.0,
        0.0,
        2.0,
        "gain of every state if enough contribute, goodwill for an arbiter included",
        symbol="b",
        source=_SOURCE,
        open_low=True,
    ),
    Parameter(
        "cost", 0.2, 0.0, 2.0, "cost of contributing", symbol="c", source=_SOURCE, open_low=True
    ),
]

b, c = (sympy.Symbol(p.name) for p in PARAMETERS)


def _check_size(players: int, threshold: int) -> None:
    for what, number in (("players", players), ("threshold", threshold)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer):
            msg = f"{what} is {number!r}; give a whole number such as 5"
            raise HedgingTypeError(msg)
    if not 2 <= players <= _MOST_PLAYERS:
        msg = f"{players} players given; give 2 to {_MOST_PLAYERS}"
        raise ParameterError(msg)
    if not 1 <= threshold <= players:
        msg = f"threshold {threshold} given for {players} players; give 1 to {players}"
        raise ParameterError(msg)


def peak(players: int = 5, threshold: int = 3) -> Fraction:
    """Largest c/b at which a symmetric mixture exists: the best chance of being pivotal.

    Examples
    --------
    >>> peak(), peak(players=4, threshold=2), peak(players=3, threshold=1)
    (Fraction(3, 8), Fraction(4, 9), Fraction(1, 1))
    """
    _check_size(players, threshold)
    n, k = int(players), int(threshold)
    q = Fraction(k - 1, n - 1)
    return comb(n - 1, k - 1) * q ** (k - 1) * (1 - q) ** (n - k)


def grouping(players: int = 5, threshold: int = 3) -> Model:
    """The model with a given number of states and least number of contributors.

    Parameters
    ----------
    players : int
        From 2 to 10; M and its neighbours N1, N2, ...
    threshold : int
        From 1 to ``players``.

    Returns
    -------
    Model

    Raises
    ------
    ParameterError, HedgingTypeError
        If the numbers make no sense.

    Examples
    --------
    >>> grouping(players=3, threshold=2)().payoffs[0, 0].tolist()  # M contributes
    [[0.8, 0.8], [0.8, -0.2]]
    """
    _check_size(players, threshold)
    return _grouping(int(players), int(threshold))


@lru_cache
def _grouping(n: int, k: int) -> Model:
    names = ("M", *(f"N{i}" for i in range(1, n)))
    tables = {}
    for i, name in enumerate(names):
        table = np.empty((2,) * n, dtype=object)
        for profile in np.ndindex(table.shape):  # 0 contribute, 1 abstain
            enough = n - sum(profile) >= k
            table[profile] = b * int(enough) - c * (1 - profile[i])
        tables[name] = table
    curves = {
        "c_pure": Curve("cost", b, "above it nobody contributes for certain", "b"),
    }
    if 1 < k < n:
        top = peak(n, k)
        curves["c_peak"] = Curve(
            "cost",
            b * sympy.Rational(top.numerator, top.denominator),
            "above it no symmetric mixture is an equilibrium",
            r"c_{peak}",
        )
    return Model(
        "regional_grouping" if (n, k) == (5, 3) else f"regional_grouping_{n}_{k}",
        title=f"A grouping of {n} states that needs {k}",
        players=names,
        actions=(("contribute", "abstain"),) * n,
        parameters=PARAMETERS,
        payoffs=tables,
        source="Own construction; a threshold public good",
        notes="Defaults are illustrative.  regional_grouping.grouping builds other sizes.",
        curves=curves,
    )


MODEL = grouping()


def symmetric_mixtures(
    players: int = 5, threshold: int = 3, **values: ArrayLike
) -> NDArray[np.float64]:
    r"""Probabilities of contributing in the equilibria where all mix alike.

    Parameters
    ----------
    players, threshold : int
        As for :func:`grouping`.
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    float64 array, shape (\*batch, 2)
        The root below and the root above :math:`\hat q = (k-1)/(n-1)`; nan where there is none.
        At the peak itself both are :math:`\hat q`.

    Notes
    -----
    By bisection, to within 1e-18.

    Examples
    --------
    At n = 5, k = 3 the equation is q (1 - q) = sqrt(c / 6b):

    >>> symmetric_mixtures(cost=[0.2, 0.375, 0.4]).round(4).tolist()
    [[0.2403, 0.7597], [0.5, 0.5], [nan, nan]]
    """
    p = grouping(players, threshold).check(values)
    n, k = int(players), int(threshold)
    ratio = np.asarray(p["cost"] / p["benefit"])
    top = float(peak(n, k))
    middle = (k - 1) / (n - 1)
    found = np.full((*ratio.shape, 2), np.nan)
    for side, end in ((0, 0.0), (1, 1.0)):
        if middle == end:
            continue  # the chance of being pivotal is monotone in q
        outer, inner = np.full(ratio.shape, end), np.full(ratio.shape, middle)
        for _ in range(_STEPS):
            half = (outer + inner) / 2
            enough = comb(n - 1, k - 1) * half ** (k - 1) * (1 - half) ** (n - k) >= ratio
            outer, inner = np.where(enough, outer, half), np.where(enough, half, inner)
        inner = np.where(ratio == top, middle, inner)
        mixes = (ratio <= top) if 1 < k < n else (ratio < top)
        found[..., side] = np.where(mixes, inner, np.nan)
    return found
