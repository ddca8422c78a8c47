"""What the proofs share: identities of expressions, formed from the payoffs of a model."""

from __future__ import annotations

from typing import Any

import sympy

__all__ = ["advantage", "vanish"]


def vanish(*expressions: Any) -> bool:
    """Whether all are zero as rational functions of their letters.

    Examples
    --------
    >>> a, b = sympy.symbols("a b")
    >>> vanish((a**2 - b**2) / (a - b) - a - b), vanish(a - b)
    (True, False)
    """
    return all(sympy.cancel(sympy.sympify(e)) == 0 for e in expressions)


def advantage(table: Any, new: tuple[int, ...], old: tuple[int, ...]) -> sympy.Expr:
    """What a player with this payoff table has at the profile ``new`` beyond ``old``.

    Examples
    --------
    >>> advantage(sympy.Array([[1, 0], [5, 3]]), (1, 0), (0, 0))
    4
    """
    return sympy.sympify(table[new]) - sympy.sympify(table[old])
