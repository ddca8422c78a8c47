r"""The classic two-player games, with the parameters everyone uses.

Five are symmetric games of two actions with a temptation T, a reward R, a penalty P and a
sucker's payoff S,

==========  ==========  ==========
A, B        first       second
==========  ==========  ==========
first       R, R        S, T
second      T, S        P, P
==========  ==========  ==========

and are told apart by the order of the four: ``prisoners_dilemma`` T > R > P > S, ``stag_hunt``
R > T >= P > S, ``chicken`` T > R > S > P, ``deadlock`` T > P > R > S and ``harmony`` R > T,
S > P.  The ranges of their parameters keep the order, so the game stays what its name says;
:func:`regime` names the game of any four payoffs, and calls deadlock
whatever has a dominant second action and P > R.  In stag hunt and chicken, and only there,
there is a mixed equilibrium besides two pure ones; its probability of the first action is

.. math:: q = \frac{P - S}{(P - S) + (R - T)} .

* ``battle_of_the_sexes``: each meets at its favourite place (F), at the other's (O) or not at
  all (D), F > O > D: two pure equilibria, and a mixed one in which each goes to its own
  favourite with probability (F - D)/(F + O - 2D).
* ``matching_pennies``: zero-sum; A wins h or t if both show heads or tails, B wins l
  otherwise.  The only equilibrium has both show heads with probability (t + l)/(h + t + 2l),
  and A expects (h t - l^2)/(h + t + 2l).
* ``optional_prisoners_dilemma``: the dilemma with a third action ``abstain`` that leaves both
  with L, P < L < R.  Every equilibrium gives both players L: one abstains, the other defects at
  least so often that meeting it is not worth while,
  :math:`\Pr(\text{cooperate}) (T-L) \le \Pr(\text{defect}) (L-P)`.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging.model import Model, Parameter

__all__ = ["MODELS", "mixed_first", "regime"]

_SOURCE = "Textbook game; illustrative default"

_OSBORNE = "Osborne, An Introduction to Game Theory, section {}"
_TEXTBOOK = {
    "prisoners_dilemma": _OSBORNE.format("2.2"),
    "battle_of_the_sexes": _OSBORNE.format("2.3, as Bach or Stravinsky"),
    "matching_pennies": _OSBORNE.format("2.4"),
    "stag_hunt": _OSBORNE.format("2.5"),
}
"""Where a textbook introduces the game; the others are as common."""

_PAYOFFS = {
    "temptation": ("payoff of the second action against the first", "T"),
    "reward": ("payoff of both where both choose the first action", "R"),
    "penalty": ("payoff of both where both choose the second action", "P"),
    "sucker": ("payoff of the first action against the second", "S"),
}

# Default and range of T, R, P and S; no two ranges that must be apart meet.
_SYMMETRIC = {
    "prisoners_dilemma": (
        "The prisoners' dilemma",
        ("cooperate", "defect"),
        ((5, 4, 8), (3, 2, 3.75), (1, 0.75, 1.75), (0, -3, 0.5)),
    ),
    "stag_hunt": (
        "The stag hunt",
        ("stag", "hare"),
        ((3, 2.25, 3.5), (4, 3.75, 8), (2, 0.75, 2), (0, -3, 0.5)),
    ),
    "chicken": (
        "Chicken",
        ("swerve", "straight"),
        ((3, 2.5, 8), (2, 1.5, 2.25), (-2, -8, 0.25), (1, 0.5, 1.25)),
    ),
    "deadlock": (
        "Deadlock",
        ("cooperate", "defect"),
        ((3, 2.5, 8), (1, 0.5, 1.25), (2, 1.5, 2.25), (0, -3, 0.25)),
    ),
    "harmony": (
        "Harmony",
        ("cooperate", "defect"),
        ((2, 1.5, 2.25), (3, 2.5, 8), (0, -3, 0.25), (1, 0.5, 1.25)),
    ),
}

T, R, P, S, L = sympy.symbols("temptation reward penalty sucker abstention")


def _four(values: tuple[tuple[float, float, float], ...]) -> list[Parameter]:
    return [
        Parameter(name, *numbers, meaning=meaning, symbol=symbol, source=_SOURCE)
        for (name, (meaning, symbol)), numbers in zip(_PAYOFFS.items(), values, strict=True)
    ]


def _symmetric(name: str) -> Model:
    title, actions, values = _SYMMETRIC[name]
    return Model(
        name,
        title=title,
        players=("A", "B"),
        actions=(actions, actions),
        parameters=_four(values),
        payoffs={"A": [[R, S], [T, P]], "B": [[R, T], [S, P]]},
        source=_TEXTBOOK.get(name, "Textbook game"),
        notes="The ranges keep the order of the payoffs that makes the game.",
    )


def _battle_of_the_sexes() -> Model:
    favourite, other, apart = sympy.symbols("favourite other apart")
    return Model(
        "battle_of_the_sexes",
        title="The battle of the sexes",
        players=("A", "B"),
        actions=(("opera", "football"),) * 2,
        parameters=[
            Parameter(
                "favourite", 3, 2.5, 8, "payoff of meeting at one's favourite place", source=_SOURCE
            ),
            Parameter(
                "other", 2, 1, 2.25, "payoff of meeting at the other's place", source=_SOURCE
            ),
            Parameter("apart", 0, -3, 0.75, "payoff of not meeting", source=_SOURCE),
        ],
        payoffs={
            "A": [[favourite, apart], [apart, other]],
            "B": [[other, apart], [apart, favourite]],
        },
        source=_TEXTBOOK["battle_of_the_sexes"],
        notes="A prefers the opera, B football.",
    )


def _matching_pennies() -> Model:
    heads, tails, lost = sympy.symbols("win_heads win_tails loss")
    own = [[heads, -lost], [-lost, tails]]
    return Model(
        "matching_pennies",
        title="Matching pennies",
        players=("A", "B"),
        actions=(("heads", "tails"),) * 2,
        parameters=[
            Parameter("win_heads", 1, 0.1, 5, "what A wins if both show heads", source=_SOURCE),
            Parameter("win_tails", 1, 0.1, 5, "what A wins if both show tails", source=_SOURCE),
            Parameter("loss", 1, 0.1, 5, "what A loses if they differ", source=_SOURCE),
        ],
        payoffs={"A": own, "B": [[-u for u in row] for row in own]},
        source=_TEXTBOOK["matching_pennies"],
        notes="Zero-sum.",
    )


def _optional() -> Model:
    own = [[R, S, L], [T, P, L], [L, L, L]]
    return Model(
        "optional_prisoners_dilemma",
        title="A prisoners' dilemma that one may leave",
        players=("A", "B"),
        actions=(("cooperate", "defect", "abstain"),) * 2,
        parameters=[
            *_four(((5, 4, 8), (3, 2.5, 3.75), (1, 0.75, 1.25), (0, -3, 0.5))),
            Parameter(
                "abstention",
                2,
                1.5,
                2.25,
                "payoff of both where anyone abstains",
                symbol="L",
                source=_SOURCE,
            ),
        ],
        payoffs={"A": own, "B": sympy.Matrix(own).T.tolist()},
        source="Textbook game",
        notes="All equilibria give L to both and form continua.",
    )


MODELS = {name: _symmetric(name) for name in _SYMMETRIC} | {
    model.name: model for model in (_battle_of_the_sexes(), _matching_pennies(), _optional())
}
"""The models by name."""


def regime(
    temptation: ArrayLike, reward: ArrayLike, penalty: ArrayLike, sucker: ArrayLike
) -> NDArray[np.str_]:
    """Which classic game four payoffs make.

    Parameters
    ----------
    temptation, reward, penalty, sucker : number or array_like
        Payoffs T, R, P, S, of any size.

    Returns
    -------
    array of str
        ``prisoners_dilemma``, ``stag_hunt``, ``chicken``, ``deadlock``, ``harmony``; ``tie`` where
        equal payoffs leave it open, that is where T = R, P = S, or T > R = P > S.

    Examples
    --------
    >>> regime(temptation=[5, 3, 3], reward=[3, 4, 2], penalty=[1, 2, 0], sucker=[0, 0, 1])
    array(['prisoners_dilemma', 'stag_hunt', 'chicken'], dtype='<U17')
    """
    t, r, p, s = (np.asarray(x, dtype=np.float64) for x in (temptation, reward, penalty, sucker))
    names = ("harmony", "stag_hunt", "chicken", "prisoners_dilemma", "deadlock")
    meets, leaves = r > t, r < t
    leads, follows = s > p, s < p
    cases = (
        meets & leads,
        meets & follows,
        leaves & leads,
        leaves & follows & (r > p),
        leaves & follows & (r < p),
    )
    return np.asarray(np.select(cases, names, "tie"))


def mixed_first(
    temptation: ArrayLike, reward: ArrayLike, penalty: ArrayLike, sucker: ArrayLike
) -> NDArray[np.float64]:
    """Probability of the first action in the symmetric mixed equilibrium of T, R, P, S.

    Returns
    -------
    float64 array
        nan where there is none: outside stag hunt and chicken.

    Examples
    --------
    >>> mixed_first([3, 3, 5], [4, 2, 3], [2, -2, 1], [0, 1, 0]).round(3).tolist()
    [0.667, 0.75, nan]
    """
    t, r, p, s = (np.asarray(x, dtype=np.float64) for x in (temptation, reward, penalty, sucker))
    with np.errstate(divide="ignore", invalid="ignore"):
        q = (p - s) / ((p - s) + (r - t))
    return np.asarray(np.where((p - s) * (r - t) > 0, q, np.nan))
