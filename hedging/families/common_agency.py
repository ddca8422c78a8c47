r"""Common agency: two great powers offer schedules of transfers, and the middle power chooses.

Before M chooses an action a among ``align_a``, ``hedge``, ``align_b``, each power s promises it a
menu: a transfer :math:`t_s(a) \ge 0` for every action.  M gets :math:`m(a) + t_a(a) + t_b(a)`,
power s gets :math:`V_s(a) - t_s(a)`, where (align_a, hedge, align_b) is worth

.. math:: V_a = (g_a,\; b_a,\; -l_a), \qquad V_b = (-l_b,\; b_b,\; g_b).

In a *truthful* equilibrium s keeps :math:`n_s` and offers the rest of what the action is
worth to it, :math:`t_s(a) = \max(V_s(a) - n_s, 0)`.  With

.. math::

    W = \max_a (m + V_a + V_b), \quad W_s = \max_a (m + V_s), \quad W_0 = \max_a m,

* M takes the action of largest joint surplus: it **hedges** iff
  :math:`m(\text{hedge}) + b_a + b_b` is at least the joint surplus of either alignment;
* if :math:`W_a + W_b - W \ge W_0`, M's payoff is its rent :math:`W_a + W_b - W`, and
  :math:`n_a = W - W_b`, :math:`n_b = W - W_a` are what each power adds;
* otherwise M gets no more than it has alone, :math:`W_0`, and every division of
  :math:`W - W_0` that gives neither power more than it adds is an equilibrium.

Unlike in an exclusive race (:mod:`hedging.families.courtship_race`), usefulness counts: two
powers that both value a hedging M pay for the same thing.

:data:`AGENCY` is the model with menus.  The model in the catalogue is a normal form made from it:
each power asks to keep 0, 1 or 2 times ``ask_step``, promises the rest, and M takes what is best
for it (at ties hedging, then A).  Where M has its rent and the asks reach :math:`n_a, n_b`,
neither power gains more than one step by leaving the asks next below them.

Truthful menus are those of Bernheim and Whinston (1986); M's rent as in Laussel and Le Breton
(2001).  The payoffs are this package's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray
from sympy import Max, Min

from hedging.errors import ParameterError
from hedging.model import Model, Parameter
from hedging.modelling.closed_form import ClosedForm

__all__ = ["ACTIONS", "AGENCY", "MODEL", "Agreement", "CommonAgency"]

Floats = NDArray[np.float64]

ACTIONS = ("align_a", "hedge", "align_b")
"""What M may do."""

_BERNHEIM = "After Bernheim and Whinston (1986); illustrative default"
_OWN = "Own construction; illustrative default"
_JEHIEL = (
    "After Jehiel, Moldovanu and Stacchetti, American Economic Review (1996); illustrative default"
)
_LEVELS = 3


def _pair(name: str, default: float, meaning: str, letter: str, source: str) -> list[Parameter]:
    return [
        Parameter(
            f"{name}_{side}",
            default,
            0.0,
            1.0,
            meaning.format(s=power, r=rival),
            symbol=f"{letter}_{side}",
            source=source,
        )
        for side, power, rival in (("a", "A", "B"), ("b", "B", "A"))
    ]


_SHARED = [
    *(
        Parameter(f"worth_{action}", default, -0.5, 1.0, meaning, symbol=symbol, source=_OWN)
        for action, default, meaning, symbol in (
            ("align_a", 0.707, "worth to M of A's camp alone", "m_a"),
            ("hedge", 0.85, "worth to M of hedging alone", "m_h"),
            ("align_b", 0.193, "worth to M of B's camp alone", "m_b"),
        )
    ),
    *_pair("alignment_value", 0.5, "worth to {s} of M aligned with it", "g", _BERNHEIM),
    *_pair("usefulness", 0.3, "worth to {s} of a hedging M", "b", _BERNHEIM),
    *_pair("exclusion_loss", 0.3, "loss of {s} when M is aligned with {r}", "l", _JEHIEL),
]
PARAMETERS = [
    *_SHARED,
    Parameter(
        "ask_step",
        0.12,
        0.0,
        0.5,
        "distance between what a power may ask to keep",
        symbol=r"\Delta",
        source=_OWN,
        open_low=True,
    ),
]

m_a, m_h, m_b, g_a, g_b, b_a, b_b, l_a, l_b, step = (sympy.Symbol(q.name) for q in PARAMETERS)

_SOURCE = "After Bernheim and Whinston (1986); payoffs are this package's own"
_TITLE = "Two great powers offer a middle power menus of transfers"


def _payoffs() -> dict[str, Any]:
    """Each power keeps what it asks, or all that the action is worth to it if that is less."""
    u_a, u_b = (np.empty((_LEVELS, _LEVELS), dtype=object) for _ in range(2))
    for i, j in np.ndindex(_LEVELS, _LEVELS):
        offer_a = [Max(v - i * step, 0) for v in (g_a, b_a, -l_a)]
        offer_b = [Max(v - j * step, 0) for v in (-l_b, b_b, g_b)]
        first, hedging, second = (
            own + x + y for own, x, y in zip((m_a, m_h, m_b), offer_a, offer_b, strict=True)
        )
        best = (hedging >= Max(first, second), first >= second)
        u_a[i, j], u_b[i, j] = (
            sympy.Piecewise((kept[1], best[0]), (kept[0], best[1]), (kept[2], True))
            for kept in (
                [Min(v, i * step) for v in (g_a, b_a, -l_a)],
                [Min(v, j * step) for v in (-l_b, b_b, g_b)],
            )
        )
    return {"A": u_a, "B": u_b}


_LABELS = tuple(f"ask_{k}" for k in range(_LEVELS))

MODEL = Model(
    "common_agency",
    title=_TITLE,
    players=("A", "B"),
    actions=(_LABELS, _LABELS),
    parameters=PARAMETERS,
    payoffs=_payoffs(),
    source=_SOURCE,
    notes=(
        "ask_k keeps k times ask_step and offers M the rest of what each action is worth; M "
        "then takes the best action.  Defaults are illustrative."
    ),
)


@dataclass(frozen=True, eq=False)
class Agreement:
    """A truthful equilibrium, for every parameter point.

    Attributes
    ----------
    action : array of str
        What M does; at ties hedging, then A.
    rent : float64 array
        M's payoff.
    kept_a, kept_b : float64 arrays
        Payoffs of A and B; the most each can have where the division is open.
    settled : bool array
        Whether the division between A and B is determined.
    """

    action: NDArray[np.str_]
    rent: Floats
    kept_a: Floats
    kept_b: Floats
    settled: NDArray[np.bool_]


class CommonAgency(ClosedForm):
    """The game with menus.

    Examples
    --------
    >>> found = AGENCY(usefulness_b=[0.0, 0.3])
    >>> found.action.tolist(), found.rent.round(3).tolist(), found.settled.tolist()
    (['hedge', 'hedge'], [0.907, 0.907], [True, True])
    """

    __slots__ = ()

    name = "common_agency"
    title = _TITLE
    source = _SOURCE
    parameters = MappingProxyType({q.name: q for q in _SHARED})

    def worths(self, **values: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """What each action is worth to M, A and B; shapes (..., 3)."""
        q = self.check(values)
        own = [q[f"worth_{action}"] for action in ACTIONS]
        of_a = [q["alignment_value_a"], q["usefulness_a"], -q["exclusion_loss_a"]]
        of_b = [-q["exclusion_loss_b"], q["usefulness_b"], q["alignment_value_b"]]
        return np.stack(own, axis=-1), np.stack(of_a, axis=-1), np.stack(of_b, axis=-1)

    def __call__(self, **values: ArrayLike) -> Agreement:
        """Truthful equilibrium.

        Parameters
        ----------
        **values : number or array_like
            Parameter values; defaults for the rest.

        Returns
        -------
        Agreement
        """
        own, of_a, of_b = self.worths(**values)
        joint = own + of_a + of_b
        whole, alone = joint.max(axis=-1), own.max(axis=-1)
        with_a, with_b = (own + of_a).max(axis=-1), (own + of_b).max(axis=-1)
        rent = with_a + with_b - whole
        hedges = joint[..., 1] >= whole
        code = np.where(hedges, 1, np.where(joint[..., 0] >= whole, 0, 2))
        settled = rent >= alone
        return Agreement(
            np.asarray(np.array(ACTIONS)[code]),
            np.maximum(rent, alone),
            whole - with_b,
            whole - with_a,
            np.asarray(settled),
        )

    def menus(self, split: ArrayLike = 0.5, **values: ArrayLike) -> tuple[Floats, Floats]:
        """Transfers that A and B promise in truthful equilibrium.

        Parameters
        ----------
        split : number or array_like, default 0.5
            Where the division is open: 0 leaves A the least it may have, 1 the most.
        **values : number or array_like
            Parameter values; defaults for the rest.

        Returns
        -------
        t_a, t_b : float64 arrays, shape (..., 3)
            One transfer per action of M.

        Raises
        ------
        ParameterError
            If ``split`` is not in [0, 1].

        Examples
        --------
        >>> t_a, t_b = AGENCY.menus()
        >>> t_a.round(3).tolist(), t_b.round(3).tolist()
        ([0.2, 0.0, 0.0], [0.0, 0.057, 0.257])
        """
        tilt = np.asarray(split, dtype=np.float64)
        if not ((tilt >= 0) & (tilt <= 1)).all():
            msg = f"split is {split!r}; give numbers in [0, 1]"
            raise ParameterError(msg)
        own, of_a, of_b = self.worths(**values)
        whole, alone = (own + of_a + of_b).max(axis=-1), own.max(axis=-1)
        most_a, most_b = whole - (own + of_b).max(axis=-1), whole - (own + of_a).max(axis=-1)
        disputed = np.maximum(most_a + most_b - (whole - alone), 0.0)
        kept_a = most_a - (1 - tilt) * disputed
        kept_b = most_b - tilt * disputed
        return (
            np.maximum(of_a - kept_a[..., None], 0.0),
            np.maximum(of_b - kept_b[..., None], 0.0),
        )


AGENCY = CommonAgency()
