r"""Triadic hedging: a middle power between two great powers that accommodate or press.

Players are the middle power M (``align_a``, ``hedge``, ``align_b``), its security patron A and
its economic patron B (``accommodate``, ``pressure``).  With :math:`i, j = 1` if A, B press, and

.. math::

    x = v_a - \alpha, \quad w = v_b - \alpha, \quad y = \lambda(v_a + v_b) - h, \quad
    1 - \mu = (1 - \mathrm{immunity})(1 - \mathrm{mediation})(1 - \mathrm{offset}),

the payoffs at rivalry :math:`R` are

.. math::

    u_M(\text{align\_a}) &= x - i \rho_a - j R k_b \\
    u_M(\text{hedge})    &= y - (1 - \mu) R (i k_a + j k_b) \\
    u_M(\text{align\_b}) &= w - j \rho_b - i R k_a \\
    u_A(\text{align\_a}) &= g_a + i (\theta_a \rho_a - c_a) \\
    u_A(\text{hedge})    &= b_a + i [\kappa^j (1 - \mu) R d_a - c_a - (1 - j) R \tau_a]
                             + (1 - i) j R \omega_a \\
    u_A(\text{align\_b}) &= -l_a + i (R z_a - c_a)

and :math:`u_B` is the mirror image.  Rivalry scales every stake the great powers have in each
other and their coercion of M: :math:`d, \tau, \omega, z, k`.

What is known (all tested):

* **Quiet hedge.** (hedge, accommodate, accommodate) is an equilibrium if and only if
  :math:`y \ge \max(x, w)` and neither power gains by pressing alone,
  :math:`(1 - \mu) R d_s \le c_s + R \tau_s`.  Solved for :math:`\mu` this is the critical
  immunity :math:`\mu^*`, solved for :math:`R` the critical rivalry
  :math:`R^* = \min_s c_s / ((1 - \mu) d_s - \tau_s)`; where drift outweighs concession,
  :math:`\tau_s \ge (1 - \mu) d_s` for both, no rivalry breaks the hedge.
* **Capitulation.** Under the lone pressure of A, M keeps hedging rather than aligning with A if
  and only if :math:`\mu \ge \mu_{cap} = 1 - (y - x + \rho_a)/(R k_a)`.
* Equilibria do not depend on g, b, l; exchanging A and B exchanges their roles; M's payoff is
  additive in the two pressures, so every support pattern is a linear system.

The action set (align, hedge, align against accommodate, pressure) is this package's own
construction.  In the same spirit: M. Beim's triad of two patrons and a recipient (1964);
Efremova (2019) on buffers between great powers; Kuik (2008) on what hedging consists of.
"""

from __future__ import annotations

import numpy as np
import sympy
from sympy import Max

from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL"]

_OWN = "Own construction; illustrative default"
_KUIK = "After Kuik, Contemporary Southeast Asia 30(2) (2008); illustrative default"
_MORROW = "After Morrow, American Journal of Political Science 35(4) (1991); illustrative default"
_KOROLEV = "After Korolev, When Hedging Fails (Cambridge Element); illustrative default"
_CRAWFORD = "After Crawford, International Security 35(4) (2011); illustrative default"
_EFREMOVA = "After Efremova, CEJISS 13(1) (2019); illustrative default"
_JEHIEL = (
    "After Jehiel, Moldovanu and Stacchetti, American Economic Review (1996); illustrative default"
)
_DATA = (
    "Kazakhstan 2015-2019, 0.4 x relative arms share + 0.6 x relative trade share; "
    "from SIPRI and WITS, see hedging.cases"
)


def _pair(
    name: str,
    default_a: float,
    default_b: float,
    low: float,
    high: float,
    meaning: str,
    letter: str,
    source: str = _OWN,
    open_low: bool = False,
) -> list[Parameter]:
    """The parameter of A and that of B; ``{s}`` in the meaning is the power, ``{r}`` its rival."""
    return [
        Parameter(
            f"{name}_{side}",
            default,
            low,
            high,
            meaning=meaning.format(s=power, r=rival),
            symbol=f"{letter}_{side}",
            source=source,
            open_low=open_low,
        )
        for side, default, power, rival in (("a", default_a, "A", "B"), ("b", default_b, "B", "A"))
    ]


PARAMETERS = [
    Parameter(
        "rivalry",
        1.0,
        0.0,
        5.0,
        "intensity of great-power rivalry",
        symbol="R",
        source=_KOROLEV,
    ),
    Parameter(
        "immunity",
        0.35,
        0.0,
        1.0,
        "share of coercion and concession that a hedger escapes",
        symbol=r"\mu_0",
        source=_OWN,
    ),
    Parameter(
        "mediation",
        0.0,
        0.0,
        1.0,
        "immunity earned by being useful as a mediator",
        symbol=r"\mu_1",
        source=_OWN,
    ),
    Parameter(
        "offset",
        0.0,
        0.0,
        1.0,
        "immunity lent by ties to third powers",
        symbol=r"\mu_2",
        source=_KUIK,
    ),
    *_pair(
        "value",
        0.757,
        0.243,
        0.0,
        1.0,
        "value to M of {s}'s full patronage",
        "v",
        _DATA,
        open_low=True,
    ),
    Parameter(
        "autonomy_cost",
        0.05,
        0.0,
        0.4,
        "sovereignty cost to M of aligning",
        symbol=r"\alpha",
        source=_MORROW,
    ),
    Parameter(
        "retention",
        0.9,
        0.0,
        1.0,
        "share of both patronages that M keeps when hedging",
        symbol=r"\lambda",
        source=_KUIK,
        open_low=True,
    ),
    Parameter(
        "hedging_cost",
        0.05,
        0.0,
        0.3,
        "cost to M of keeping both ties",
        symbol="h",
        source=_KUIK,
    ),
    *_pair(
        "coercion",
        0.4,
        0.3,
        0.0,
        0.9,
        "damage to M by {s}'s pressure when not with {s}",
        "k",
        open_low=True,
    ),
    *_pair(
        "captive_loss", 0.15, 0.15, 0.0, 0.6, "damage to M by {s}'s pressure when with {s}", r"\rho"
    ),
    *_pair("capture_share", 0.5, 0.5, 0.0, 1.0, "part of that loss which {s} gains", r"\theta"),
    *_pair("pressure_cost", 0.12, 0.12, 0.0, 0.5, "cost to {s} of pressing", "c", open_low=True),
    *_pair(
        "concession", 0.3, 0.25, 0.0, 1.0, "gain of {s} by pressing a hedger with no immunity", "d"
    ),
    *_pair(
        "drift_loss",
        0.12,
        0.1,
        0.0,
        0.5,
        "loss of {s} as its lone pressure drives M to {r}",
        r"\tau",
        _CRAWFORD,
    ),
    *_pair(
        "windfall",
        0.05,
        0.05,
        0.0,
        0.3,
        "gain of {s} accommodating while {r} presses",
        r"\omega",
        _CRAWFORD,
    ),
    Parameter(
        "congestion",
        0.6,
        0.0,
        1.0,
        "share of the concession left when both press",
        symbol=r"\kappa",
        source=_OWN,
    ),
    *_pair("spoiling", 0.1, 0.1, 0.0, 0.6, "gain of {s} by pressing {r}'s client", "z"),
    *_pair("alignment_value", 0.5, 0.5, 0.0, 1.0, "worth to {s} of M aligned with it", "g"),
    *_pair("usefulness", 0.3, 0.3, 0.0, 1.0, "worth to {s} of a hedging M", "b", _EFREMOVA),
    *_pair(
        "exclusion_loss",
        0.3,
        0.3,
        0.0,
        1.0,
        "loss of {s} when M is aligned with {r}",
        "l",
        _JEHIEL,
    ),
]

(
    R, immunity, mediation, offset, v_a, v_b, alpha, lam, h, k_a, k_b, rho_a, rho_b,
    theta_a, theta_b, c_a, c_b, d_a, d_b, tau_a, tau_b, omega_a, omega_b, kappa,
    z_a, z_b, g_a, g_b, b_a, b_b, l_a, l_b,
) = (sympy.Symbol(p.name) for p in PARAMETERS)  # fmt: skip

x, w, y = v_a - alpha, v_b - alpha, lam * (v_a + v_b) - h
exposure = (1 - immunity) * (1 - mediation) * (1 - offset)  # 1 - mu


def payoff_arrays() -> dict[str, np.ndarray]:
    """Payoffs of M, A and B, each an object array of shape (3, 2, 2)."""
    u_m, u_a, u_b = (np.empty((3, 2, 2), dtype=object) for _ in range(3))
    for i, j in np.ndindex(2, 2):
        u_m[:, i, j] = (
            x - i * rho_a - j * R * k_b,
            y - exposure * R * (i * k_a + j * k_b),
            w - j * rho_b - i * R * k_a,
        )
        u_a[:, i, j] = (
            g_a + i * (theta_a * rho_a - c_a),
            b_a
            + i * (kappa**j * exposure * R * d_a - c_a - (1 - j) * R * tau_a)
            + (1 - i) * j * R * omega_a,
            -l_a + i * (R * z_a - c_a),
        )
        u_b[:, i, j] = (
            -l_b + j * (R * z_b - c_b),
            b_b
            + j * (kappa**i * exposure * R * d_b - c_b - (1 - i) * R * tau_b)
            + (1 - j) * i * R * omega_b,
            g_b + j * (theta_b * rho_b - c_b),
        )
    return {"M": u_m, "A": u_a, "B": u_b}


def quiet_hedge_curves(*powers: tuple[sympy.Expr, ...]) -> dict[str, Curve]:
    """Critical immunity and rivalry of the quiet hedge against powers with (c, d, tau)."""
    other = (1 - mediation) * (1 - offset)
    prefers = sympy.And(y >= x, y >= w)
    # The largest exposure R d / (c + R tau) and temptation ((1 - mu) d - tau) / c decide.
    exposed = Max(*(R * d / (c + R * tau) for c, d, tau in powers))
    tempted = Max(*((exposure * d - tau) / c for c, d, tau in powers))
    return {
        "mu_star": Curve(
            "immunity",
            1 - 1 / (exposed * other),
            "below it a great power presses the quiet hedger",
            r"\mu^*",
            sympy.And(prefers, exposed > 0),
        ),
        "R_star": Curve(
            "rivalry",
            1 / tempted,
            "above it a great power presses the quiet hedger",
            "R^*",
            sympy.And(prefers, tempted > 0),
        ),
    }


def _capitulation_curves() -> dict[str, Curve]:
    """Immunity at which M stops hedging under the lone pressure of one power."""
    other = (1 - mediation) * (1 - offset)
    curves = {}
    for side, free, rho, k, c, d, tau, rival_free, c2, d2, omega2 in (
        ("a", x, rho_a, k_a, c_a, d_a, tau_a, w, c_b, d_b, omega_b),
        ("b", w, rho_b, k_b, c_b, d_b, tau_b, x, c_a, d_a, omega_a),
    ):
        s = (y - free + rho) / (R * k)  # the exposure at which M is indifferent
        curves[f"mu_cap_{side}"] = Curve(
            "immunity",
            1 - s / other,
            f"below it a hedger pressed by {side.upper()} alone aligns with {side.upper()}",
            rf"\mu_{{cap,{side}}}",
            # It bounds a region only where the power does press alone and M would not flee.
            sympy.And(
                R > 0,
                s >= 0,
                R * d * s >= c + R * tau,
                kappa * R * d2 * s <= c2 + R * omega2,
                y - rival_free >= -(1 - s) * R * k,
            ),
        )
    return curves


MODEL = Model(
    "triadic_hedging",
    title="A middle power between two great powers",
    players=("M", "A", "B"),
    actions=(
        ("align_a", "hedge", "align_b"),
        ("accommodate", "pressure"),
        ("accommodate", "pressure"),
    ),
    parameters=PARAMETERS,
    payoffs=payoff_arrays(),
    source=(
        "Own construction, in the spirit of Beim (1964), Kuik, Contemporary Southeast Asia 30(2) "
        "(2008), and Efremova, CEJISS 13(1) (2019)"
    ),
    notes=(
        "Total immunity is 1 - (1 - immunity)(1 - mediation)(1 - offset).  Rivalry scales "
        "concession, drift_loss, windfall, spoiling and coercion.  Defaults other than the "
        "values of patronage are illustrative."
    ),
    curves=quiet_hedge_curves((c_a, d_a, tau_a), (c_b, d_b, tau_b)) | _capitulation_curves(),
)
