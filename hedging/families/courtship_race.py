r"""Courtship race: two great powers bid for the alignment of a middle power.

A and B bid 0, :math:`\Delta, 2\Delta, \ldots` at the same time.  M aligns with the highest bid if
that reaches its reserve r, what it would lose by giving up hedging; ties go to A.  Otherwise M
hedges.  The winner pays its bid.  A power s gets

.. math::

    g_s - \text{bid} \text{ if it wins}, \qquad -l_s \text{ if the rival wins}, \qquad
    b_s \text{ if M hedges},

so that losing costs the loser: an auction with externalities.  With the stake
:math:`V_s = g_s + l_s`, the premium :math:`N_s = g_s - b_s` and the least bid that reaches the
reserve, :math:`r^\circ = \Delta \lceil r / \Delta \rceil`, the pure equilibria are exactly
(:func:`pure_equilibria`)

* **quiet hedge**: both bid below r, iff :math:`N_a, N_b \le r^\circ`;
* **unopposed**: A bids :math:`r^\circ` and B below r, iff
  :math:`N_a \ge r^\circ \ge V_b - \Delta`; B bids :math:`r^\circ` and A below r, iff
  :math:`N_b \ge r^\circ \ge V_a`;
* **race**: both bid t, iff :math:`\max(r^\circ, V_b - \Delta) \le t \le V_a`; B bids t and A bids
  :math:`t - \Delta \ge r^\circ`, iff :math:`V_a \le t \le V_b`.

(Where the bids end, those that would need a higher bid cannot overbid.)  In a race in which nobody
bids above its stake the price is within one step of the *smaller* stake.  If
:math:`N_s \le r^\circ \le V_s` for both, quiet hedge and race are equilibria of the same game, and
M earns the price less r more in the race: this is what playing both sides is worth.

Bids that lose pay the same, so equilibria form continua and the status is mostly ``degenerate``:
compare pure equilibria.  :func:`race` builds the game for any number of bids.

The externality is that of Jehiel, Moldovanu and Stacchetti, *How (not) to sell nuclear weapons*,
American Economic Review (1996); the payoffs are this package's own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.errors import HedgingTypeError, ParameterError
from hedging.model import Curve, Model, Parameter

__all__ = ["MODEL", "price", "pure_equilibria", "race", "regime"]

_OWN = "Own construction; illustrative default"
_JEHIEL = (
    "After Jehiel, Moldovanu and Stacchetti, American Economic Review (1996); illustrative default"
)
_BIDS = 4
_MOST_BIDS = 32


def _pair(
    name: str, default_a: float, default_b: float, high: float, meaning: str, letter: str
) -> list[Parameter]:
    return [
        Parameter(
            f"{name}_{side}",
            default,
            0.0,
            high,
            meaning=meaning.format(s=power, r=rival),
            symbol=f"{letter}_{side}",
            source=_JEHIEL if letter == "l" else _OWN,
        )
        for side, default, power, rival in (("a", default_a, "A", "B"), ("b", default_b, "B", "A"))
    ]


PARAMETERS = [
    *_pair("alignment_value", 8.0, 6.0, 12.0, "worth to {s} of M aligned with it", "g"),
    *_pair("usefulness", 4.0, 4.0, 8.0, "worth to {s} of a hedging M", "b"),
    *_pair("exclusion_loss", 3.0, 4.0, 8.0, "loss of {s} when M is aligned with {r}", "l"),
    Parameter(
        "reserve",
        6.0,
        0.0,
        12.0,
        "what M would lose by giving up hedging",
        symbol="r",
        source=_OWN,
        open_low=True,
    ),
    Parameter(
        "bid_step",
        3.0,
        0.0,
        6.0,
        "distance between bids",
        symbol=r"\Delta",
        source=_OWN,
        open_low=True,
    ),
]

g_a, g_b, b_a, b_b, l_a, l_b, reserve, step = (sympy.Symbol(p.name) for p in PARAMETERS)


def _payoffs(bids: int) -> dict[str, Any]:
    u_a, u_b = (np.empty((bids, bids), dtype=object) for _ in range(2))
    for i, j in np.ndindex(bids, bids):
        hedges = max(i, j) * step < reserve
        wins = i >= j  # ties go to A
        u_a[i, j], u_b[i, j] = (
            sympy.Piecewise((quiet, hedges), (raced, True)) if i or j else quiet
            for quiet, raced in (
                (b_a, g_a - i * step if wins else -l_a),
                (b_b, -l_b if wins else g_b - j * step),
            )
        )
    return {"A": u_a, "B": u_b}


def _curves() -> dict[str, Curve]:
    curves = {}
    for side, g, other in (("a", g_a, g_b - b_b), ("b", g_b, g_a - b_a)):
        curves[f"quiet_{side}"] = Curve(
            f"usefulness_{side}",
            g - step * _least_number(),
            f"above it {side.upper()} leaves a hedging M alone",
            f"b^*_{side}",
            # With four bids the reserve may be out of reach.
            sympy.And(other <= step * _least_number(), reserve <= (_BIDS - 1) * step),
        )
    return curves


def _least_number() -> Any:
    """Number of steps of the least bid that reaches the reserve, with four bids."""
    cases = [(k, reserve <= k * step) for k in range(1, _BIDS - 1)]
    return sympy.Piecewise(*cases, (_BIDS - 1, True))


@lru_cache(maxsize=8)
def race(bids: int = _BIDS) -> Model:
    """Courtship race with a given number of bids, from 0 in steps.

    Parameters
    ----------
    bids : int, default 4
        From 2 to 32.

    Returns
    -------
    Model
        Of shape (bids, bids), with the same parameters.

    Raises
    ------
    HedgingTypeError, ParameterError
        If ``bids`` is no whole number or out of range.

    Notes
    -----
    Listing all equilibria of more than twelve bids takes long; their pure equilibria are a
    matter of comparisons (``hg.sweep(..., report="pure")``).

    Examples
    --------
    >>> race(13).shape
    (13, 13)
    """
    if isinstance(bids, bool) or not isinstance(bids, (int, np.integer)):
        msg = f"bids is {bids!r}; give a whole number such as 13"
        raise HedgingTypeError(msg)
    if not 2 <= bids <= _MOST_BIDS:
        msg = f"bids is {bids}; give a number from 2 to {_MOST_BIDS}"
        raise ParameterError(msg)
    number = int(bids)
    labels = tuple(f"bid_{k}" for k in range(number))
    return Model(
        "courtship_race" if number == _BIDS else f"courtship_race_{number}",
        title="Two great powers bid for the alignment of a middle power",
        players=("A", "B"),
        actions=(labels, labels),
        parameters=PARAMETERS,
        payoffs=_payoffs(number),
        source=(
            "After Jehiel, Moldovanu and Stacchetti, American Economic Review (1996); payoffs "
            "are this package's own"
        ),
        notes="bid_k is the bid k times bid_step.  Defaults are illustrative.",
        curves=_curves() if number == _BIDS else None,
    )


MODEL = race()


def _scale(p: dict[str, NDArray[np.float64]]) -> tuple[NDArray[np.float64], ...]:
    """Stakes and premiums of A and B."""
    g, b, loss = (
        [p[f"{name}_{side}"] for side in "ab"]
        for name in ("alignment_value", "usefulness", "exclusion_loss")
    )
    return g[0] + loss[0], g[1] + loss[1], g[0] - b[0], g[1] - b[1]


def pure_equilibria(bids: int = _BIDS, **values: ArrayLike) -> NDArray[np.bool_]:
    """All pure equilibria of the race, by the inequalities on stakes and premiums.

    Parameters
    ----------
    bids : int, default 4
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    bool array, shape (..., bids, bids)
        Bids of A and B.

    Examples
    --------
    At the defaults the quiet hedge and a race at price 9 are both equilibria:

    >>> [(3 * int(a), 3 * int(b)) for a, b in np.argwhere(pure_equilibria())]
    [(0, 0), (0, 3), (3, 0), (3, 3), (9, 9)]
    """
    p = {name: np.asarray(v)[..., None, None] for name, v in MODEL.check(values).items()}
    v_a, v_b, n_a, n_b = _scale(p)
    s, r = p["bid_step"], p["reserve"]
    i, j = np.arange(bids)[:, None], np.arange(bids)[None, :]
    least = _least_winning(r, s, bids)  # number of steps, or ``bids`` if the reserve is too high
    floor = least * s
    out_of_reach = least == bids
    # The last bid cannot be overbid.
    stays_b = (v_b - s <= i * s) | (i == bids - 1)
    quiet = (i < least) & (j < least)
    found = quiet & (out_of_reach | ((n_a <= floor) & (n_b <= floor)))
    found |= (i == least) & (j < least) & (n_a >= floor) & stays_b
    found |= (j == least) & (i < least) & (n_b >= floor) & (v_a <= floor)
    found |= (i == j) & (i >= least) & (i * s <= v_a) & stays_b
    return np.asarray(found | ((j == i + 1) & (i >= least) & (v_a <= j * s) & (j * s <= v_b)))


def _least_winning(r: NDArray[np.float64], s: NDArray[np.float64], bids: int) -> NDArray[np.intp]:
    """Number of the least bid that reaches the reserve; ``bids`` if none does."""
    reached = np.stack([k * s >= r for k in range(bids)])
    return np.asarray(np.where(reached.any(axis=0), reached.argmax(axis=0), bids))


def price(**values: ArrayLike) -> NDArray[np.float64]:
    """Price of alignment in a race: the smaller of the two stakes.

    Parameters
    ----------
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    float64 array
        Up to one step of the bids.

    Examples
    --------
    >>> float(price())
    10.0
    """
    v_a, v_b, _, _ = _scale(MODEL.check(values))
    return np.asarray(np.minimum(v_a, v_b))


_REGIMES = ("quiet_hedge", "both", "race", "none")


def regime(bids: int = _BIDS, **values: ArrayLike) -> NDArray[np.str_]:
    """Which kinds of pure equilibria there are.

    Parameters
    ----------
    bids : int, default 4
    **values : number or array_like
        Parameter values; defaults for the rest.

    Returns
    -------
    array of str
        ``quiet_hedge`` (M is left to hedge, and in no equilibrium is it won), ``race`` (M is
        won in every one), ``both``, or ``none``.

    Examples
    --------
    >>> regime(reserve=[3, 6, 12]).tolist()
    ['race', 'both', 'quiet_hedge']
    """
    found = pure_equilibria(bids, **values)
    p = MODEL.check(values)
    s, r = p["bid_step"], p["reserve"]
    highest = np.maximum(np.arange(bids)[:, None], np.arange(bids))
    hedges = highest * s[..., None, None] < r[..., None, None]
    quiet = (found & hedges).any(axis=(-2, -1))
    won = (found & ~hedges).any(axis=(-2, -1))
    code = np.select([quiet & ~won, quiet & won, won], [0, 1, 2], 3)
    return np.asarray(np.array(_REGIMES)[code])
