r"""When a support is played, from the signs that decide it.

A *group* is a set of numbers of one player that must share a sign: weights, which must not vanish,
and slacks, which may.  Each group is turned into alternatives, each a list of inequalities.  Two
players: the determinants of :mod:`hedging.equilibria.signs`.  A middle power between two powers:
the candidates of :mod:`hedging.equilibria.linear_signs`.

Where the weights of a group do not all vanish they are the only ones that make the actions of
the support equally good.  Where they do vanish there may still be such weights, in a continuum as a
rule.  For two actions and none outside the support every weight is one then, which is one more
alternative; otherwise the case is left out and the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from hedging.equilibria.determinants import LARGEST, sign_table
from hedging.equilibria.linear_signs import dependent_rows, linear_table
from hedging.errors import GameError, ParameterError
from hedging.model import Model
from hedging.program import rationals

__all__ = ["Alternatives", "Supports", "mixed_groups"]

Supports = tuple[tuple[int, ...], ...]
"""Numbers of the actions played, per player."""

Case = list[tuple[Any, bool]]
"""Numbers that must be positive (True) or not negative (False)."""


class Alternatives(NamedTuple):
    """What one group asks for.

    Attributes
    ----------
    cases : list of Case
        One of which must hold.
    weights : list
        Numbers that are left out of account where they all vanish; empty if nothing is left out.
    """

    cases: list[Case]
    weights: list[Any]


def mixed_groups(model: Model, supports: Supports, payoffs: NDArray[Any]) -> list[Alternatives]:
    """The groups of a support that is not pure; all must hold.

    Parameters
    ----------
    model : Model
    supports : Supports
    payoffs : object array, shape (n, m_1, ..., m_n)
        Ring elements, each player's scaled by something positive.

    Raises
    ------
    GameError
        If such a support is played at ties only.
    ParameterError
        If the game is too large or its supports are not linear.
    """
    if len(supports) == 2:
        return _two_players(model, supports, payoffs)
    return _middle_power(model, supports, payoffs)


def _alternatives(members: Sequence[tuple[int, Any, bool]], *, ties: bool) -> Alternatives:
    """Both common signs, and if asked the tie of all weights."""
    cases: list[Case] = [
        [(v if s == sign else -v, strict) for s, v, strict in members] for sign in (1, -1)
    ]
    weights = [v for _, v, strict in members if strict]
    if ties:
        cases.append([(e, False) for v in weights for e in (v, -v)])
        weights = []
    return Alternatives(cases, weights)


def _two_players(model: Model, supports: Supports, payoffs: NDArray[Any]) -> list[Alternatives]:
    if len(supports[0]) != len(supports[1]):
        label = "|".join(str(len(own)) for own in supports)
        msg = (
            f"supports of {label} actions given, which are played at ties only; give supports of "
            "one size, or leave one parameter free, over='...', where ties are covered"
        )
        raise GameError(msg)
    m, n = model.shape
    if min(m, n) > LARGEST:
        msg = f"a {m} x {n} game is too large; give a pure profile"
        raise ParameterError(msg)
    table = sign_table(m, n)
    outputs: list[Any] = rationals.evaluate(table.program, payoffs.ravel().tolist())
    place = table.supports.index((supports[0], supports[1]))
    size = len(supports[0])
    groups = []
    for group, own in zip(table.candidates[place], (m, n), strict=True):
        members = [(s, 1 if d is None else outputs[d], k < size) for k, (s, d) in enumerate(group)]
        groups.append(_alternatives(members, ties=own == size == 2))
    return groups


def _middle_power(model: Model, supports: Supports, payoffs: NDArray[Any]) -> list[Alternatives]:
    shape = model.shape
    found = None
    if len(shape) == 3:
        for first in range(3):
            order = (first, *(k for k in range(3) if k != first))
            turned = payoffs[list(order)].transpose((0, *(1 + k for k in order)))
            found = found or _linear(turned, order)
    if found is None:
        msg = (
            f"conditions for mixing are for two players, or for three of whom one has payoffs "
            f"additive in two others with two actions each; {model.name} is neither: give one "
            "action for each player, or type hg.sweep for equilibria in numbers"
        )
        raise ParameterError(msg)
    table, order, inputs = found
    starts = [sum(len(model.actions[j]) for j in order[:k]) for k in range(3)]
    mask = sum(
        1 << (start + a) for k, start in zip(order, starts, strict=True) for a in supports[k]
    )
    if mask not in table.supports:
        sizes = "|".join(str(len(own)) for own in supports)
        msg = (
            f"supports of {sizes} actions given; in {model.name} this one is played at ties only, "
            "where payoffs happen to be equal; type hg.atlas(model, over='...') to see which are"
        )
        raise GameError(msg)
    outputs: list[Any] = rationals.evaluate(table.program, inputs)
    place = table.supports.index(mask)
    weights = {output for own in table.weights[place] for _, _, output in own}
    return [
        _alternatives(
            [(s, 1 if d is None else outputs[d], d is None or d in weights) for s, d in group],
            ties=False,
        )
        for group in table.logic.candidates[place]
    ]


def _linear(payoffs: NDArray[Any], order: tuple[int, ...]) -> Any:
    """The table of linear supports with its inputs, if the payoffs have them."""
    m = payoffs.shape[1]
    if payoffs.shape[2:] != (2, 2) or not 2 <= m <= 4:
        return None
    program, kinds = dependent_rows(m)
    inputs = payoffs.ravel().tolist()
    values: list[Any] = rationals.evaluate(program, inputs)
    moving = [(k % m, kind) for k, kind in enumerate(kinds) if values[k]]
    of_a = {row for row, kind in moving if kind == "a"}
    of_b = {row for row, kind in moving if kind == "b"}
    if any(kind == "additive" for _, kind in moving) or of_a != of_b or len(of_a) > 1:
        return None
    return linear_table(m, next(iter(of_a), None)), order, inputs
