r"""Uncertain intentions: how far to trust a power that may exploit trust.

M may ``balance`` against B, ``hedge`` or ``bandwagon``.  B is revisionist with probability
:math:`\pi`, else benign, and each type would ``restrain`` or ``exploit``.  In the agent-normal
form the two types are two players.  If the risk of exploitation is r,

.. math::

    u_M(\text{balance}) = \beta, \qquad
    u_M(\text{hedge}) = h - r (h + \eta x), \qquad
    u_M(\text{bandwagon}) = v - r (v + x),

with value v of trust that is kept, loss x where it is abused, value h of hedging and its exposure
:math:`\eta`.  By exploiting, the revisionist gains :math:`x_R > 0` from a bandwagoner, :math:`y_R`
from a hedger and :math:`-c_R < 0` from a balancer; the benign type would lose in every case, so
:math:`r = \pi \Pr(\text{revisionist exploits})`.  Let :math:`\beta < h < v` and

.. math::

    \pi_1 = \frac{v-h}{v-h+(1-\eta)x}, \qquad \pi_A = \frac{v-\beta}{v+x}, \qquad
    \pi_2 = \frac{h-\beta}{h+\eta x} .

M is indifferent between bandwagon and hedge at risk :math:`\pi_1`, bandwagon and balance at
:math:`\pi_A`, hedge and balance at :math:`\pi_2`.  **Hedging has room** (is best at some risk) iff
:math:`\pi_1 < \pi_A < \pi_2`.  There is generically one equilibrium (:func:`equilibrium`):

* :math:`\pi < \min(\pi_1, \pi_A)`: bandwagon, and the revisionist exploits;
* room, and hedging deters (:math:`y_R < 0`), :math:`\pi > \pi_1`: M bandwagons with probability
  :math:`-y_R/(x_R-y_R)` and hedges otherwise, and the revisionist exploits with probability
  :math:`\pi_1/\pi`.  **The risk is pinned at** :math:`\pi_1` **whatever the prior**;
* room, and hedging does not deter (:math:`y_R > 0`): hedge for
  :math:`\pi_1 < \pi < \pi_2`; above, M hedges with probability :math:`c_R/(y_R+c_R)` and
  balances otherwise, at risk :math:`\pi_2`;
* no room, :math:`\pi > \pi_A`: M bandwagons with probability :math:`c_R/(x_R+c_R)` and balances
  otherwise, at risk :math:`\pi_A`.

That hedging belongs where intentions are a risk and not a known threat is argued in Ciorciari and
Haacke, International Relations of the Asia-Pacific (2019); the spectrum of policies is
Kuik's, Contemporary Southeast Asia 30(2) (2008).  The game is this package's own.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "equilibrium", "indifferent_risks"]

_OWN = "Own construction; illustrative default"
_RISK = (
    "After Ciorciari and Haacke, International Relations of the Asia-Pacific (2019); "
    "illustrative default"
)
_KUIK = "After Kuik, Contemporary Southeast Asia 30(2) (2008); illustrative default"


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
    _parameter(
        "threat_belief", 0.4, 0.01, 0.99, "probability that B is revisionist", r"\pi", _RISK
    ),
    _parameter("trust_value", 1.0, 0.6, 1.5, "value to M of trust that B keeps", "v"),
    _parameter("abuse_loss", 0.8, 0.2, 2.0, "loss to a bandwagoning M where B exploits", "x"),
    _parameter("hedge_value", 0.7, 0.3, 1.0, "value to M of hedging where B restrains", "h", _KUIK),
    _parameter(
        "hedge_exposure", 0.3, 0.0, 0.9, "share of that loss which a hedger bears", r"\eta", _KUIK
    ),
    _parameter("balance_value", 0.3, -0.2, 0.8, "value to M of balancing", r"\beta", _KUIK),
    _parameter(
        "gain_bandwagoner", 0.6, 0.05, 1.0, "gain of a revisionist over a bandwagoner", "x_R"
    ),
    _parameter("gain_hedger", -0.2, -0.6, 0.6, "gain of a revisionist over a hedger", "y_R"),
    _parameter("loss_balancer", 0.2, 0.05, 0.6, "loss of a revisionist against a balancer", "c_R"),
    _parameter(
        "benign_bandwagoner", -0.3, -0.6, -0.05, "gain of a benign type over a bandwagoner", "x_N"
    ),
    _parameter("benign_hedger", -0.3, -0.6, -0.05, "gain of a benign type over a hedger", "y_N"),
    _parameter(
        "benign_balancer", 0.3, 0.05, 0.6, "loss of a benign type against a balancer", "c_N"
    ),
]

pi, v, x, h, eta, beta, x_R, y_R, c_R, x_N, y_N, c_N = (sympy.Symbol(p.name) for p in PARAMETERS)

_pi_1 = (v - h) / ((v - h) + (1 - eta) * x)
_pi_A = (v - beta) / (v + x)
_pi_2 = (h - beta) / (h + eta * x)
_order = sympy.And(v > h, h > beta)


def _payoffs() -> dict[str, np.ndarray]:
    u_m, u_r, u_n = (np.empty((3, 2, 2), dtype=object) for _ in range(3))
    for i, j in np.ndindex(2, 2):  # 1 where the revisionist, the benign type exploits
        risk = pi * i + (1 - pi) * j
        u_m[:, i, j] = beta, h - risk * (h + eta * x), v - risk * (v + x)
        u_r[:, i, j] = -i * c_R, i * y_R, i * x_R
        u_n[:, i, j] = -j * c_N, j * y_N, j * x_N
    return {"M": u_m, "B_revisionist": u_r, "B_benign": u_n}


MODEL = Model(
    "intentions_uncertainty",
    title="Balancing, hedging and bandwagoning under uncertain intentions",
    players=("M", "B_revisionist", "B_benign"),
    actions=(
        ("balance", "hedge", "bandwagon"),
        ("restrain", "exploit"),
        ("restrain", "exploit"),
    ),
    parameters=PARAMETERS,
    payoffs=_payoffs(),
    source=(
        "After Ciorciari and Haacke (2019) and Kuik, Contemporary Southeast Asia 30(2) (2008); "
        "payoffs are this package's own"
    ),
    notes=(
        "Agent-normal form of a Bayesian game: a type's payoff is not weighted by its probability. "
        " The closed forms need balance_value < hedge_value < trust_value.  Defaults are "
        "illustrative."
    ),
    curves={
        "pi_1": Curve(
            "threat_belief",
            _pi_1,
            "above it M no longer only bandwagons",
            r"\pi_1",
            sympy.And(_order, _pi_1 <= _pi_A),
        ),
        "pi_A": Curve(
            "threat_belief",
            _pi_A,
            "above it M mixes bandwagoning and balancing",
            r"\pi_A",
            sympy.And(_order, _pi_A < _pi_1),
        ),
        "pi_2": Curve(
            "threat_belief",
            _pi_2,
            "above it M no longer only hedges",
            r"\pi_2",
            sympy.And(_order, _pi_1 < _pi_A, y_R > 0),
        ),
    },
)


def indifferent_risks(
    **values: ArrayLike,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    r"""The risks :math:`\pi_1, \pi_A, \pi_2` at which M is indifferent between two policies.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    pi_1, pi_a, pi_2 : float64 arrays
        Bandwagon or hedge, bandwagon or balance, hedge or balance; nan unless
        ``balance_value < hedge_value < trust_value``.

    Examples
    --------
    >>> [round(float(risk), 4) for risk in indifferent_risks()]
    [0.3488, 0.3889, 0.4255]
    """
    p = MODEL.check(values)
    trust, loss, hedge = p["trust_value"], p["abuse_loss"], p["hedge_value"]
    exposure, balance = p["hedge_exposure"], p["balance_value"]
    ordered = (balance < hedge) & (hedge < trust)
    with np.errstate(divide="ignore", invalid="ignore"):
        risks = (
            (trust - hedge) / ((trust - hedge) + (1 - exposure) * loss),
            (trust - balance) / (trust + loss),
            (hedge - balance) / (hedge + exposure * loss),
        )
    first, second, third = (np.asarray(np.where(ordered, risk, np.nan)) for risk in risks)
    return first, second, third


def equilibrium(**values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""The one equilibrium, in closed form.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    policy : float64 array, shape (\*batch, 3)
        Probabilities that M balances, hedges, bandwagons.
    exploits : float64 array, shape (\*batch,)
        Probability that the revisionist type exploits; the benign one never does.  Both are nan
        unless ``balance_value < hedge_value < trust_value``, and on the boundaries between
        cases one of several equilibria.

    Examples
    --------
    >>> policy, exploits = equilibrium(threat_belief=[0.2, 0.4, 0.8])
    >>> policy.round(3).tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.75, 0.25], [0.0, 0.75, 0.25]]
    >>> exploits.round(4).tolist()  # the risk stays at pi_1
    [1.0, 0.8721, 0.436]
    """
    p = MODEL.check(values)
    used = ("threat_belief", "gain_hedger", "loss_balancer", "gain_bandwagoner")
    belief, gain, loss, most, first, middle, last = np.broadcast_arrays(
        *(p[name] for name in used), *indifferent_risks(**values)
    )
    room = first < middle
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where, Pr(hedge), Pr(bandwagon), risk; the first case that applies.
        cases = (
            (belief <= np.where(room, first, middle), 0 * belief, 1 + 0 * belief, belief),
            (~room, 0 * belief, loss / (most + loss), middle),
            (gain < 0, most / (most - gain), -gain / (most - gain), first),
            (belief <= last, 1 + 0 * belief, 0 * belief, belief),
            (np.isfinite(last), loss / (gain + loss), 0 * belief, last),
        )
        tests = [test & np.isfinite(first) for test, *_ in cases]
        hedge, bandwagon, risk = (
            np.select(tests, [case[k] for case in cases], np.nan) for k in (1, 2, 3)
        )
        exploits = np.asarray(risk / belief)
    return np.stack([1 - hedge - bandwagon, hedge, bandwagon], axis=-1), exploits
