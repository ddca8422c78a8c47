r"""Influence contest: two great powers court by outlays against a middle power's neutrality.

A and B spend :math:`X, Y \ge 0`.  M's own effort to stay uncommitted, its neutrality mass h, takes
part in the lottery:

.. math::

    u_A = v_a \frac{X}{X + Y + h} - X, \qquad u_B = v_b \frac{Y}{X + Y + h} - Y

(and nobody gains where nobody spends).  The equilibrium is unique: at the total T, neutrality
included, each spends :math:`\max(T - T^2/v, 0)`, and the shares of all, that of M included, add
up to 1 at one T only, since each share falls in T.  It is (:func:`outlays`), for
:math:`v_a \ge v_b` and with :math:`w = 1/v_a + 1/v_b`,

* **both court** iff :math:`h < v_b^2 / v_a`, and then with
  :math:`T = (1 + \sqrt{1 + 4 h w}) / (2 w)`

  .. math:: X = T^2 / v_b - h, \qquad Y = T^2 / v_a - h;

* **only A courts** iff :math:`v_b^2/v_a \le h < v_a`, :math:`X = \sqrt{v_a h} - h`;
* **nobody courts** iff :math:`h \ge v_a`: undisturbed neutrality.

Equal powers spend :math:`X = (v - 4h + \sqrt{v^2 + 8 v h})/8` each.  While both court, the total
outlay :math:`T - h` falls as h grows: M trades autonomy against rents.  (While only A courts it
grows up to :math:`h = v_a/4`.)  Without neutrality, :math:`h = 0`, and with decisiveness
:math:`r \le 1`, where outlays count as :math:`X^r, Y^r`
(:func:`decisive_outlays`),

.. math:: X = \frac{r\, v_a^{r+1} v_b^r}{(v_a^r + v_b^r)^2}.

*All-pay limit.*  If the higher outlay wins for sure the equilibrium is mixed.  On a grid of K steps
from 0 to :math:`v_b \le v_a`, with ties split, let A spend each of the K positive outlays with
equal probability, and B nothing with probability :math:`1 - v_b/v_a`, else the same.  No
deviation gains more than

.. math:: \frac{v_b}{2K} \max\left(\frac{v_b}{v_a},\; 1 - K \frac{v_a - v_b}{v_b}\right)

(:meth:`InfluenceContest.all_pay`, :func:`hillman_riley`).  The expected total outlay is
:math:`(1 + 1/K)\, v_b (1 + v_b/v_a) / 2`.

The model in the catalogue has four outlays 0, s, 2s, 3s with s = ``outlay_step``;
:meth:`InfluenceContest.discretised` makes any number of them.  There one more step pays A iff
:math:`v_a (Y + h) > (X + Y + h)(X + s + Y + h)`, and nobody courts iff
:math:`h + s \ge \max(v_a, v_b)`.

The lottery is the contest success function known as Tullock's, from his *Efficient rent seeking*
(the year 1980 is from memory, unverified).  The all-pay auction is that of Hillman and Riley,
*Politically contestable rents and transfers* (1989); that its equilibrium has this form is from
memory, and is checked here.  The neutrality mass is this package's own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.errors import HedgingTypeError, ParameterError
from hedging.game import Game
from hedging.model import Curve, Model, Parameter
from hedging.modelling.closed_form import ClosedForm

__all__ = [
    "CONTEST",
    "MODEL",
    "InfluenceContest",
    "decisive_outlays",
    "hillman_riley",
    "outlays",
    "regime",
]

Floats = NDArray[np.float64]

_OWN = "Own construction; illustrative default"
_DATA = (
    "Kazakhstan 2015-2019, 0.4 x relative arms share + 0.6 x relative trade share; "
    "from SIPRI and WITS, see hedging.cases"
)
_LEVELS = 4
_MOST_LEVELS = 2000

PARAMETERS = [
    Parameter(
        f"value_{side}",
        default,
        0.0,
        3.0,
        f"worth to {power} of M's full alignment",
        symbol=f"v_{side}",
        source=_DATA,
        open_low=True,
    )
    for side, power, default in (("a", "A", 0.757), ("b", "B", 0.243))
]
PARAMETERS += [
    Parameter(
        "neutrality", 0.05, 0.0, 4.0, "M's own effort to stay uncommitted", symbol="h", source=_OWN
    ),
    Parameter(
        "outlay_step",
        0.05,
        0.0,
        0.25,
        "distance between outlays",
        symbol="s",
        source=_OWN,
        open_low=True,
    ),
]

v_a, v_b, h, step = (sympy.Symbol(p.name) for p in PARAMETERS)


def _payoffs() -> dict[str, Any]:
    u_a, u_b = (np.empty((_LEVELS, _LEVELS), dtype=object) for _ in range(2))
    for i, j in np.ndindex(_LEVELS, _LEVELS):
        total = (i + j) * step + h
        u_a[i, j] = v_a * i * step / total - i * step
        u_b[i, j] = v_b * j * step / total - j * step
    return {"A": u_a, "B": u_b}


_LABELS = tuple(f"outlay_{k}" for k in range(_LEVELS))
_SOURCE = "Own construction, with the contest success function known as Tullock's"
_TITLE = "Two great powers court a middle power by outlays"

MODEL = Model(
    "influence_contest",
    title=_TITLE,
    players=("A", "B"),
    actions=(_LABELS, _LABELS),
    parameters=PARAMETERS,
    payoffs=_payoffs(),
    source=_SOURCE,
    notes="outlay_k is k times outlay_step.  Defaults other than the values are illustrative.",
    curves={
        "h_quiet": Curve(
            "neutrality",
            sympy.Max(v_a, v_b) - step,
            "above it nobody courts M",
            "h_0",
        ),
    },
)


class InfluenceContest(ClosedForm):
    """The contest with continuous outlays.

    Examples
    --------
    >>> x, y = CONTEST(neutrality=0.0)
    >>> round(float(x), 4), round(float(y), 4)
    (0.1393, 0.0447)
    >>> CONTEST.discretised(40).shape
    (40, 40)
    """

    __slots__ = ()

    name = "influence_contest"
    title = _TITLE
    source = _SOURCE
    parameters = MappingProxyType({p.name: p for p in PARAMETERS})

    def __call__(self, **values: ArrayLike) -> tuple[Floats, Floats]:
        """Equilibrium outlays of A and B, as :func:`outlays`."""
        return outlays(**values)

    def payoffs(
        self, x: ArrayLike, y: ArrayLike, decisiveness: ArrayLike = 1.0, **values: ArrayLike
    ) -> tuple[Floats, Floats]:
        """What A and B get at outlays x and y, which broadcast against the parameters.

        With ``decisiveness`` r outlays count in the lottery as x**r, y**r.
        """
        p = self.check(values)
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        first, second = x**decisiveness, y**decisiveness
        total = self._total(first, second, p["neutrality"])
        part = 1 / np.where(total > 0, total, 1.0)
        return p["value_a"] * first * part - x, p["value_b"] * second * part - y

    def formulas(self, x: Any, y: Any) -> tuple[sympy.Expr, sympy.Expr]:
        """The same in symbols, with decisiveness 1, for outlays that are symbols or numbers.

        Examples
        --------
        >>> CONTEST.formulas(sympy.Symbol("x"), 0)[0]
        value_a*x/(neutrality + x) - x
        """
        total = self._total(x, y, h)
        return sympy.sympify(v_a * x / total - x), sympy.sympify(v_b * y / total - y)

    @staticmethod
    def _total(first: Any, second: Any, mass: Any) -> Any:
        return first + second + mass

    def discretised(
        self, levels: int, highest: ArrayLike | None = None, **values: ArrayLike
    ) -> Game:
        """Normal form on evenly spaced outlays.

        Parameters
        ----------
        levels : int
            Number of outlays, from 2 to 2000.
        highest : number or array_like, optional
            The largest one; by default a quarter of the larger value, which no best reply
            exceeds.
        **values : number or array_like
            Parameter values; defaults for the rest.

        Returns
        -------
        Game
            Of shape (levels, levels); arrays make batches.

        Raises
        ------
        HedgingTypeError, ParameterError
            If ``levels`` is no whole number or out of range, or a value is.
        """
        _check_number("levels", levels, 2)
        p = self.check(values)
        if highest is None:
            highest = np.maximum(p["value_a"], p["value_b"]) / 4
        top = np.asarray(highest, dtype=np.float64)[..., None, None]
        grid = np.arange(levels) / (levels - 1)
        wide = {name: v[..., None, None] for name, v in p.items()}
        both = self.payoffs(top * grid[:, None], top * grid, **wide)
        labels = tuple(f"outlay_{k}" for k in range(levels))
        return _game(np.stack(np.broadcast_arrays(*both), axis=-3), labels)

    def all_pay(self, steps: int, **values: ArrayLike) -> Game:
        """All-pay auction on a grid: the higher outlay wins for sure, ties are split.

        Parameters
        ----------
        steps : int
            K; outlays are 0, 1/K, ..., 1 times the smaller value.
        **values : number or array_like
            ``value_a`` and ``value_b``; defaults for the rest.

        Returns
        -------
        Game
            Of shape (K + 1, K + 1); arrays make batches.

        Raises
        ------
        HedgingTypeError, ParameterError
            If ``steps`` is no whole number from 1 to 2000.

        Examples
        --------
        >>> CONTEST.all_pay(4, value_a=1, value_b=1).payoffs[0].tolist()[1]
        [0.75, 0.25, -0.25, -0.25, -0.25]
        """
        _check_number("steps", steps, 1)
        p = {name: v[..., None, None] for name, v in self.check(values).items()}
        k = np.arange(steps + 1)
        wins = (np.sign(k[:, None] - k) + 1) / 2
        outlay = np.minimum(p["value_a"], p["value_b"]) * (k / steps)
        u_a = p["value_a"] * wins - np.swapaxes(outlay, -1, -2)
        u_b = p["value_b"] * (1 - wins) - outlay
        labels = tuple(f"outlay_{i}" for i in k)
        return _game(np.stack([u_a, u_b], axis=-3), labels)


CONTEST = InfluenceContest()


def _game(payoffs: Floats, labels: tuple[str, ...]) -> Game:
    dims = [f"batch_{k}" for k in range(payoffs.ndim - 3)]
    return Game(payoffs, ("A", "B"), (labels, labels), batch_dims=dims)


def _check_number(name: str, number: Any, least: int) -> None:
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
        msg = f"{name} is {number!r}; give a whole number such as 40"
        raise HedgingTypeError(msg)
    if not least <= number <= _MOST_LEVELS:
        msg = f"{name} is {number}; give a number from {least} to {_MOST_LEVELS}"
        raise ParameterError(msg)


def outlays(**values: ArrayLike) -> tuple[Floats, Floats]:
    """Equilibrium outlays of A and B, continuous.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.  ``outlay_step`` does not matter.

    Returns
    -------
    x, y : float64 arrays

    Examples
    --------
    >>> x, y = outlays(neutrality=[0.05, 0.1, 1.0])
    >>> x.round(4).tolist(), y.round(4).tolist()
    ([0.1581, 0.1751, 0.0], [0.0168, 0.0, 0.0])
    """
    p = CONTEST.check(values)
    values_of, mass = (p["value_a"], p["value_b"]), p["neutrality"]
    strong, weak = np.maximum(*values_of), np.minimum(*values_of)
    inverse = 1 / strong + 1 / weak
    total = (1 + np.sqrt(1 + 4 * mass * inverse)) / (2 * inverse)
    both = mass < weak * weak / strong
    first = np.where(both, total * total / weak - mass, np.sqrt(strong * mass) - mass)
    first = np.where(mass < strong, first, 0.0)
    second = np.where(both, np.maximum(total * total / strong - mass, 0.0), 0.0)
    leads = values_of[0] >= values_of[1]
    return np.where(leads, first, second), np.where(leads, second, first)


_REGIMES = ("both", "only_a", "only_b", "nobody")


def regime(**values: ArrayLike) -> NDArray[np.str_]:
    """Who courts.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    array of str
        ``both``, ``only_a``, ``only_b`` or ``nobody``.

    Examples
    --------
    >>> regime(neutrality=[0.05, 0.1, 1.0]).tolist()
    ['both', 'only_a', 'nobody']
    """
    p = CONTEST.check(values)
    strong = np.maximum(p["value_a"], p["value_b"])
    weak = np.minimum(p["value_a"], p["value_b"])
    both, quiet = p["neutrality"] < weak * weak / strong, p["neutrality"] >= strong
    code = np.select([both, quiet, p["value_a"] >= p["value_b"]], [0, 3, 1], 2)
    return np.asarray(np.array(_REGIMES)[code])


def decisive_outlays(decisiveness: ArrayLike, **values: ArrayLike) -> tuple[Floats, Floats]:
    """Equilibrium outlays of A and B without neutrality, where outlays count by their power r.

    Parameters
    ----------
    decisiveness : number or array_like
        r, in (0, 1].
    **values : number or array_like
        ``value_a`` and ``value_b``; defaults for the rest.

    Returns
    -------
    x, y : float64 arrays

    Raises
    ------
    ParameterError
        If r is not in (0, 1]: above 1 there may be no equilibrium in pure outlays.

    Examples
    --------
    >>> [round(float(x), 4) for x in decisive_outlays(0.5, value_a=1, value_b=0.25)]
    [0.1111, 0.0278]
    """
    r = np.asarray(decisiveness, dtype=np.float64)
    if not ((r > 0) & (r <= 1)).all():
        msg = f"decisiveness is {decisiveness!r}; give numbers in (0, 1]"
        raise ParameterError(msg)
    p = CONTEST.check(values)
    a, b = p["value_a"], p["value_b"]
    common = r * a**r * b**r / (a**r + b**r) ** 2
    return np.asarray(common * a), np.asarray(common * b)


def hillman_riley(steps: int, **values: ArrayLike) -> tuple[Floats, Floats]:
    """Mixed strategies of A and B in the all-pay auction on a grid.

    Parameters
    ----------
    steps : int
        K, as in :meth:`InfluenceContest.all_pay`.
    **values : number or array_like
        ``value_a`` and ``value_b``; defaults for the rest.

    Returns
    -------
    mix_a, mix_b : float64 arrays, shape (..., K + 1)
        An equilibrium up to a regret of order 1/K.

    Examples
    --------
    >>> [mix.tolist() for mix in hillman_riley(2, value_a=1, value_b=0.5)]
    [[0.0, 0.5, 0.5], [0.5, 0.25, 0.25]]
    """
    _check_number("steps", steps, 1)
    p = CONTEST.check(values)
    ratio = [
        np.minimum(p[own] / p[other], 1.0)[..., None]
        for own, other in (("value_a", "value_b"), ("value_b", "value_a"))
    ]
    mix_a, mix_b = (
        np.concatenate([1 - r, np.repeat(r / steps, steps, axis=-1)], axis=-1) for r in ratio
    )
    return mix_a, mix_b
