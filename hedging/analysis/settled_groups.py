"""Alternatives of inequalities, simplified over the ranges of the parameters and put together.

What every alternative asks for is stated once, before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import sympy

from hedging.analysis.box_signs import Box
from hedging.analysis.inequalities import Inequality, impossible, simplified, without_redundant
from hedging.analysis.solved_inequalities import solved
from hedging.analysis.support_cases import Alternatives, Case
from hedging.errors import ParameterError

__all__ = ["SettledGroups"]


class SettledGroups:
    """Groups of alternatives over a box, of each of which one must hold.

    Parameters
    ----------
    groups : sequence of Alternatives
    names : sequence of str
        Parameters of the box.
    box : Box

    Attributes
    ----------
    complete : bool
        Whether nothing was left out of account.
    """

    def __init__(self, groups: Sequence[Alternatives], names: Sequence[str], box: Box) -> None:
        self._names, self._box = tuple(names), box
        self._known: dict[Any, Any] = {}
        self.complete = not any(g.weights and self._may_all_vanish(g.weights) for g in groups)
        left = [own for g in groups if (own := self._settle(g.cases)) is not None]
        self._alternatives: list[list[Any]] = []
        if all(left):
            for choice in product(*left):
                found = self._together([c for case in choice for c in case])
                if found is not None:
                    self._alternatives.append(found)

    def _simplified(self, value: Any, strict: bool) -> Any:
        key = value, strict
        if key not in self._known:
            self._known[key] = simplified(_sympy(value), strict, self._names, self._box)
        return self._known[key]

    def _may_all_vanish(self, weights: Sequence[Any]) -> bool:
        if any(self._simplified(s * w, True) is True for w in weights for s in (1, -1)):
            return False
        zero: Case = [(s * w, False) for w in weights for s in (1, -1)]
        return self._one(zero) is not None

    def _one(self, case: Case) -> list[Inequality] | None:
        """One case: the inequalities that are left of it, None if it cannot hold."""
        left: list[Inequality] = []
        for value, strict in case:
            found = self._simplified(value, strict)
            if found is False:
                return None
            if found is not True:
                left.append(found)
        return _with_equations(left)

    def _settle(self, cases: Sequence[Case]) -> list[list[Inequality]] | None:
        """The cases that may hold; None if one of them always does."""
        left = [found for case in cases if (found := self._one(case)) is not None]
        if any(not case for case in left) or _cover(left):
            return None
        return left

    def _together(self, conditions: list[Inequality]) -> list[Any] | None:
        if impossible(conditions, self._names, self._box):
            return None
        return without_redundant(conditions, self._names, self._box)

    def solve(self, name: str) -> None:
        """Solve what is linear in a parameter for it.

        Raises
        ------
        ParameterError
            If nothing is.
        """
        every = [c for own in self._alternatives for c in own]
        symbol = sympy.Symbol(name)
        inside = [c for c in every if symbol in c.expression.free_symbols]
        self._alternatives = [
            [solved(c, name, self._names, self._box) for c in own] for own in self._alternatives
        ]
        after = [c for own in self._alternatives for c in own]
        if inside and not any(c is not d for c, d in zip(every, after, strict=True)):
            how = "polynomials of a higher degree in"
            if any(c.polynomial is None for c in inside):
                how = "no polynomials of"
            msg = (
                f"the conditions are {how} {name}, so they cannot be solved for it here; leave it "
                f"alone free, as in over={name!r}, for the exact set of its values"
            )
            raise ParameterError(msg)

    def combined(self) -> tuple[Any, tuple[Any, ...]]:
        """The conditions as one expression, and the parts of its conjunction."""
        if not self._alternatives:
            return sympy.false, ()
        rows = [
            [c.relation if isinstance(c, Inequality) else c for c in own]
            for own in self._alternatives
        ]
        common = [r for r in rows[0] if all(r in own for own in rows[1:])]
        rest = [sympy.And(*(r for r in own if r not in common)) for own in rows]
        parts = [*common]
        last = sympy.Or(*rest)
        if last != sympy.true:
            parts += _left(last, rows, common)
        whole = sympy.And(*parts)
        return whole, () if whole in (sympy.true, sympy.false) else tuple(parts)


def _left(last: Any, rows: list[list[Any]], common: list[Any]) -> list[Any]:
    """What is not common: of a single alternative its own relations, in their order."""
    return [r for r in rows[0] if r not in common] if len(rows) == 1 else [last]


def _sympy(value: Any) -> Any:
    return value.as_expr() if hasattr(value, "as_expr") else sympy.sympify(value)


def _with_equations(conditions: list[Inequality]) -> list[Inequality]:
    """Each condition once, and pairs p >= 0 and -p >= 0 as one equation."""
    left: list[Inequality] = []
    for condition in conditions:
        p = condition.polynomial
        if p is None or condition.strict:
            if condition not in left:
                left.append(condition)
            continue
        same = [c for c in left if c.polynomial is not None and c.polynomial == p]
        opposite = [c for c in left if c.polynomial is not None and c.polynomial == -p]
        if same or any(c.tight for c in opposite):
            continue
        if opposite and not opposite[0].strict:
            equation = Inequality(opposite[0].expression, False, opposite[0].polynomial, tight=True)
            left[left.index(opposite[0])] = equation
        else:
            left.append(condition)
    return left


def _cover(alternatives: list[list[Inequality]]) -> bool:
    """Whether p > 0, p < 0 and p = 0 are all among the alternatives."""
    single = [own[0] for own in alternatives if len(own) == 1 and own[0].polynomial is not None]
    for c in single:
        above = [d for d in single if d.polynomial == c.polynomial and not d.tight]
        below = [d for d in single if d.polynomial == -c.polynomial and not d.tight]
        zero = any(d.tight and d.polynomial in (c.polynomial, -c.polynomial) for d in single)
        if above and below and (zero or not all(d.strict for d in (*above, *below))):
            return True
    return False
