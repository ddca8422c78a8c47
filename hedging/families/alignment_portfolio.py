r"""Alignment portfolio: how much to rely on each of two risky partners.  A benchmark, no contest.

M relies on A with share s and on B with :math:`1-s`.  With mean returns :math:`m_a, m_b`, risks
(standard deviations) :math:`\sigma_a, \sigma_b`, correlation r and risk aversion :math:`\gamma`, a
share is worth

.. math::

    u(s) = s m_a + (1-s) m_b - \tfrac{\gamma}{2} \left( s^2 \sigma_a^2 + (1-s)^2 \sigma_b^2
           + 2 s (1-s) r \sigma_a \sigma_b \right),

and the best share is, kept within [0, 1],

.. math::

    s^* = \frac{(m_a - m_b)/\gamma + \sigma_b^2 - r \sigma_a \sigma_b}
               {\sigma_a^2 + \sigma_b^2 - 2 r \sigma_a \sigma_b}.

M **diversifies**, :math:`0 < s^* < 1`, iff :math:`m_a - m_b < \gamma (\sigma_a^2 - r \sigma_a
\sigma_b)` and :math:`m_b - m_a < \gamma (\sigma_b^2 - r \sigma_a \sigma_b)`: the return given up
must be below the risk that it removes.  As a condition on risk aversion this is a band
(:func:`risk_aversion_band`).  It has an upper end if the better partner is so much riskier that
:math:`r \sigma_a > \sigma_b`; otherwise enough risk aversion always leads to several partners.

The model in the catalogue is a game of one player with five levels of alignment, s = 0, 1/4, 1/2,
3/4, 1.  Its equilibrium is the level nearest to :math:`s^*`.

On portfolios of allies against unreliable partners see Narang and LeVeck, Journal of Peace
Research (2019); the formulas are those of mean-variance choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Curve, Model, Parameter
from hedging.modelling.closed_form import ClosedForm

__all__ = ["LEVELS", "MODEL", "PORTFOLIO", "AlignmentPortfolio", "risk_aversion_band"]

Floats = NDArray[np.float64]

_SOURCE = "Mean-variance choice; illustrative default"


def _parameter(
    name: str, default: float, low: float, high: float, meaning: str, symbol: str
) -> Parameter:
    return Parameter(name, default, low, high, meaning, symbol=symbol, source=_SOURCE)


PARAMETERS = [
    _parameter("mean_return_a", 0.6, 0.0, 1.0, "mean return of relying on A", "m_a"),
    _parameter("mean_return_b", 0.4, 0.0, 1.0, "mean return of relying on B", "m_b"),
    _parameter("risk_a", 0.5, 0.05, 1.0, "standard deviation of A's return", r"\sigma_a"),
    _parameter("risk_b", 0.3, 0.05, 1.0, "standard deviation of B's return", r"\sigma_b"),
    _parameter("correlation", -0.2, -0.9, 0.9, "correlation of the two returns", "r"),
    _parameter("risk_aversion", 2.0, 0.1, 10.0, "risk aversion of M", r"\gamma"),
]

mean_a, mean_b, sd_a, sd_b, corr, gamma = (sympy.Symbol(p.name) for p in PARAMETERS)

LEVELS = (sympy.S.Zero, sympy.Rational(1, 4), sympy.S.Half, sympy.Rational(3, 4), sympy.S.One)
"""Shares of A that the game offers."""


def _worth(share: Any, p: Mapping[str, Any]) -> Any:
    """What a share is worth, for numbers and for symbols."""
    a, b = share * p["risk_a"], (1 - share) * p["risk_b"]
    variance = a * a + b * b + 2 * p["correlation"] * a * b
    mean = share * p["mean_return_a"] + (1 - share) * p["mean_return_b"]
    return mean - p["risk_aversion"] / 2 * variance


_LETTERS = {p.name: sympy.Symbol(p.name) for p in PARAMETERS}

_TITLE = "A middle power's portfolio of alignments"

MODEL = Model(
    "alignment_portfolio",
    title=_TITLE,
    players=("M",),
    actions=(("all_b", "mostly_b", "even", "mostly_a", "all_a"),),
    parameters=PARAMETERS,
    payoffs={"M": [_worth(s, _LETTERS) for s in LEVELS]},
    source="Mean-variance choice; after Narang and LeVeck, Journal of Peace Research (2019)",
    notes="One player: the equilibrium is its best choice.  Defaults are illustrative.",
    curves={
        f"return_{name}": Curve(
            "mean_return_a",
            mean_b
            + gamma
            * ((sd_a**2 + sd_b**2 - 2 * corr * sd_a * sd_b) * s - sd_b**2 + corr * sd_a * sd_b),
            f"above it M takes the level {after}",
            f"m_{{{number}}}",
        )
        for number, (name, after, s) in enumerate(
            (
                ("leave_b", "mostly_b", sympy.Rational(1, 8)),
                ("even_from_b", "even", sympy.Rational(3, 8)),
                ("mostly_a", "mostly_a", sympy.Rational(5, 8)),
                ("all_a", "all_a", sympy.Rational(7, 8)),
            ),
            start=1,
        )
    },
)


class AlignmentPortfolio(ClosedForm):
    """The choice among all shares between 0 and 1.

    Examples
    --------
    >>> PORTFOLIO(risk_aversion=[0.5, 2.0, 10.0]).round(4).tolist()
    [1.0, 0.55, 0.35]
    """

    __slots__ = ()

    name = "alignment_portfolio"
    title = _TITLE
    source = _SOURCE
    parameters = MappingProxyType({p.name: p for p in PARAMETERS})

    def __call__(self, **values: ArrayLike) -> Floats:
        """Best share of A.

        Parameters
        ----------
        **values : number or array_like
            Parameter values; defaults for the rest.

        Returns
        -------
        float64 array
        """
        p = self.check(values)
        a, b = p["risk_a"], p["risk_b"]
        shared = p["correlation"] * a * b
        gap = (p["mean_return_a"] - p["mean_return_b"]) / p["risk_aversion"]
        return np.clip((gap + b * b - shared) / (a * a + b * b - 2 * shared), 0.0, 1.0)

    def utility(self, share: ArrayLike, **values: ArrayLike) -> Floats:
        """What a share of A is worth to M; shares broadcast against the parameters."""
        return np.asarray(self._worth(np.asarray(share, dtype=np.float64), self.check(values)))

    def formula(self, share: Any) -> sympy.Expr:
        """The same in symbols, for a share that is a symbol or a number.

        Examples
        --------
        >>> PORTFOLIO.formula(1)
        mean_return_a - risk_a**2*risk_aversion/2
        """
        return sympy.sympify(self._worth(share, _LETTERS))

    def _worth(self, share: Any, p: Mapping[str, Any]) -> Any:
        return _worth(share, p)


PORTFOLIO = AlignmentPortfolio()


def risk_aversion_band(**values: ArrayLike) -> tuple[Floats, Floats]:
    """Between which degrees of risk aversion M diversifies.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.  ``risk_aversion`` does not matter.

    Returns
    -------
    low, high : float64 arrays
        M relies on both partners iff its risk aversion is strictly between them; inf for an end
        that there is not, and low >= high where M never diversifies.

    Examples
    --------
    >>> low, high = risk_aversion_band(correlation=[-0.2, 0.9])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.7143, 1.7391], [inf, 4.4444])
    """
    p = PORTFOLIO.check(values)
    shared = p["correlation"] * p["risk_a"] * p["risk_b"]
    gap = p["mean_return_a"] - p["mean_return_b"]
    own, other = p["risk_a"] ** 2 - shared, p["risk_b"] ** 2 - shared
    # The partner with the higher return first.
    own, other = np.where(gap >= 0, own, other), np.where(gap >= 0, other, own)
    gap = np.abs(gap)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(own > 0, gap / own, np.inf)
        high = np.where(other < 0, gap / -other, np.inf)
    return low, np.where((other == 0) & (gap == 0), 0.0, high)
