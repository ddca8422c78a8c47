"""An inequality that is linear in a parameter, solved for it, by cases of its coefficient's sign.

For ``a x + b >= 0`` with x between l and h: where a > 0 it says x >= -b/a, where a < 0 it says
x <= b/(-a), where a = 0 it says b >= 0.  Cases that cannot occur are left out, and where a bound is
idle, because the inequality holds all along for that sign of a, only the sign is stated.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import sympy

from hedging.analysis.box_signs import Box, proved_sign, terms_of
from hedging.analysis.inequalities import Inequality, shortest, simplified

__all__ = ["solved"]


def solved(condition: Inequality, name: str, free: tuple[str, ...], box: Box) -> Any:
    """The inequality solved for a parameter, as it is if it is not linear in it.

    Parameters
    ----------
    condition : Inequality
    name : str
        The parameter to solve for.
    free : tuple of str
        The parameters of the box.
    box : Box

    Examples
    --------
    >>> a, b, x = sympy.symbols("a b x")
    >>> box = [(Fraction(0), Fraction(1), False)] * 3
    >>> given = simplified(a - (b - a) * x, False, ("a", "b", "x"), box)
    >>> solved(given, "x", ("a", "b", "x"), box)
    (a >= b) | (x <= -a/(a - b))
    """
    symbol = sympy.Symbol(name)
    polynomial = condition.polynomial
    if polynomial is None or condition.tight or polynomial.degree(symbol) != 1:
        return condition
    a, b = sympy.Poly(polynomial.as_expr(), symbol).all_coeffs()
    low, high, _ = box[free.index(name)]
    strict = condition.strict

    def sign(*, strictly: bool) -> int:
        return proved_sign(
            terms_of(sympy.Poly(a, *polynomial.gens, domain=sympy.QQ)), box, strict=strictly
        )

    def bound(direction: int) -> Any:
        value = _quotient(-b, a, free, box)
        if direction > 0:
            return symbol > value if strict else symbol >= value
        return symbol < value if strict else symbol <= value

    known, weak = sign(strictly=True), sign(strictly=False)
    if known:
        return bound(known)
    cases: list[int] = []
    idle: list[int] = []
    for direction, worst in ((1, low), (-1, high)):
        if weak == -direction:
            continue
        # With this sign of a the left side is smallest at the worst end of x.
        at_worst = simplified(a * _rational(worst) + b, strict, free, box)
        if at_worst is True or _implied(at_worst, a * direction, free, box):
            idle.append(direction)
        else:
            cases.append(direction)
    # Where a vanishes the inequality is b >= 0, and b is then its value at either end of x.
    zero = simplified(b, strict, free, box)
    holds_at_zero = zero is True or bool(idle)
    for end in (low, high):
        at_end = simplified(a * _rational(end) + b, strict, free, box)
        holds_at_zero = holds_at_zero or at_end is True
    if idle:
        # Where the sign of a makes the bound false, the inequality holds anyway.
        parts = [bound(direction) for direction in cases]
        return sympy.Or(*parts, _relation(simplified(a * idle[0], False, free, box)))
    if weak and holds_at_zero:
        return sympy.Or(bound(weak), _relation(simplified(-weak * a, False, free, box)))
    parts = [
        sympy.And(_relation(simplified(a * direction, True, free, box)), bound(direction))
        for direction in cases
    ]
    equal = sympy.Eq(shortest(a, free, box), 0)
    parts.append(equal if holds_at_zero else sympy.And(equal, _relation(zero)))
    return sympy.Or(*parts)


def _implied(at_worst: Any, sign: Any, free: tuple[str, ...], box: Box) -> bool:
    """Whether an inequality follows from ``sign >= 0``."""
    if not isinstance(at_worst, Inequality) or at_worst.polynomial is None or at_worst.strict:
        return False
    given = simplified(sign, False, free, box)
    if not isinstance(given, Inequality) or given.polynomial is None:
        return False
    rest = at_worst.polynomial - given.polynomial
    return rest.is_zero or proved_sign(terms_of(rest), box, strict=False) > 0


def _relation(found: Any) -> Any:
    return found.relation if isinstance(found, Inequality) else sympy.sympify(found)


def _rational(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator)


def _quotient(top: Any, bottom: Any, free: tuple[str, ...], box: Box) -> Any:
    """A quotient as a number plus a proper fraction, if that is shorter."""
    if not bottom.free_symbols:
        return shortest(top / bottom, free, box)
    top, bottom = sympy.fraction(sympy.cancel(top / bottom))
    (number,), rest = sympy.reduced(top, [bottom])
    forms = []
    for (whole, above), sign in product(((sympy.S.Zero, top), (number, rest)), (1, -1)):
        below = shortest(sign * bottom, free, box)
        if below.could_extract_minus_sign():
            continue
        above = sympy.expand(sign * above)
        forms.append(whole + shortest(above, free, box) / below)
        if above.could_extract_minus_sign():
            forms.append(whole - shortest(-above, free, box) / below)
    return min(forms, key=sympy.count_ops, default=top / bottom)
