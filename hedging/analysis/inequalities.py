r"""Polynomial inequalities over a box of parameters: simplified, and the redundant ones removed.

An inequality is a polynomial that must be positive, or not negative.  Factors whose sign over the
box is proved are divided out; an inequality proved to hold, or to fail, all over the box is
settled.  One inequality p >= 0 follows from others q_j >= 0 if

.. math:: p - \sum_j \lambda_j q_j \ge 0 \quad \text{on the box, for some } \lambda_j \ge 0.

Multipliers are guessed by a linear program over sampled points and the inequality then proved in
rationals; an inequality that some sampled point violates alone is needed.  What neither is shown
stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from hedging.analysis.box_signs import Box, proved_sign, terms_of

__all__ = ["Inequality", "impossible", "shortest", "simplified", "without_redundant"]

_SAMPLES = 4000
_FEW_TERMS, _MOST_TERMS = 6, 14
"""Terms of a sum whose groupings are all tried, and that is grouped at all."""
_DENOMINATORS = (1, 4, 60)


@dataclass(frozen=True)
class Inequality:
    """A condition ``expression >= 0``, ``> 0`` if strict, ``= 0`` if it can never be positive.

    Attributes
    ----------
    expression : sympy.Expr
        In the form to be shown.
    strict : bool
    polynomial : sympy.Poly or None
        The same in the parameters of the box, if it is one.
    tight : bool
        Whether the expression is proved never to be positive over the box.
    """

    expression: Any
    strict: bool
    polynomial: Any = None
    tight: bool = False

    @property
    def relation(self) -> Any:
        """As a sympy relation with positive terms on both sides."""
        left, right = sympy.S.Zero, sympy.S.Zero
        for term in sympy.Add.make_args(self.expression):
            if term.could_extract_minus_sign():
                right -= term
            else:
                left += term
        if self.tight:
            return sympy.Eq(*((left, right) if left != 0 else (right, left)))
        if left == 0:
            return right < 0 if self.strict else right <= 0
        return left > right if self.strict else left >= right


def simplified(expression: Any, strict: bool, names: Sequence[str], box: Box) -> Any:
    """The inequality ``expression >= 0`` (``> 0``) over a box: True, False, or in simple form.

    Parameters
    ----------
    expression : sympy.Expr
    strict : bool
    names : sequence of str
        Parameters of the box, in order.
    box : Box

    Returns
    -------
    bool or Inequality

    Examples
    --------
    >>> a, b = sympy.symbols("a b")
    >>> box = [(Fraction(0), Fraction(1), True), (Fraction(0), Fraction(1), False)]
    >>> simplified(a * b - a**2, False, ["a", "b"], box).relation
    b >= a
    >>> simplified(a + b, True, ["a", "b"], box)
    True
    """
    symbols = [sympy.Symbol(name) for name in names]
    top, bottom = sympy.fraction(sympy.together(expression))
    if not (top.is_polynomial(*symbols) and bottom.is_polynomial(*symbols)):
        return Inequality(expression, strict)
    try:
        polynomial = sympy.Poly(top, *symbols, domain=sympy.QQ)
        divisor = sympy.Poly(bottom, *symbols, domain=sympy.QQ)
    except sympy.PolynomialError:
        return Inequality(expression, strict)
    sign = proved_sign(terms_of(divisor), box)
    if not sign:
        return Inequality(expression, strict)
    if polynomial.is_zero:
        return not strict
    coefficient, factors = polynomial.factor_list()
    sign *= 1 if coefficient > 0 else -1
    rest = sympy.Poly(1, *symbols, domain=sympy.QQ)
    dropped = divisor.total_degree() > 0
    for factor, power in factors:
        own = proved_sign(terms_of(factor), box)
        if own:
            sign *= own**power
            dropped = True
        else:
            rest *= factor**power
    rest = rest.clear_denoms(convert=True)[1].set_domain(sympy.QQ) * sign
    if rest.total_degree() <= 0:
        return sign > 0
    terms = terms_of(rest)
    if proved_sign(terms, box, strict=strict) > 0:
        return True
    if proved_sign(terms, box) < 0:
        return False
    never = proved_sign(terms, box, strict=False) < 0
    if never and strict:
        return False
    rest = rest.quo_ground(abs(rest.content()))
    shown = shortest(rest.as_expr(), names, box, None if dropped else expression)
    return Inequality(shown, strict, rest, tight=never)


def shortest(expression: Any, names: Sequence[str], box: Box, original: Any = None) -> Any:
    """A polynomial in the form with the fewest operations: expanded, grouped, or as given.

    Shares s may enter as 1 - s, so that products such as (1 - a)(1 - b) are kept.

    Factors that are never positive over the box are turned round, so that ``1 - x`` is shown for a
    share x.
    """
    expanded = sympy.expand(expression)
    forms = [] if original is None else [original]
    inner, complements = _with_complements(expanded, names, box)
    # Of forms equally short the first is taken.
    for start, back in ((inner, complements), (expanded, {}))[0 if complements else 1 :]:
        own = [start, sympy.factor_terms(start)]
        if len(start.args) <= _MOST_TERMS:
            own.append(sympy.factor(start))
            for symbol in sorted(start.free_symbols, key=str):
                own.append(sympy.collect(start, symbol))
                if original is None or len(start.args) <= _FEW_TERMS:
                    own.append(sympy.collect(start, symbol, sympy.factor))
        forms += [form.xreplace(back) for form in own]
    turned, costs = [], []
    for form in dict.fromkeys(forms):
        parts = [_turned(term, names, box) for term in sympy.Add.make_args(form)]
        turned.append(sympy.Add(*(part for part, _ in parts)))
        # A sum of unknown sign hides on which side of the inequality it counts.
        costs.append(sympy.count_ops(turned[-1]) + 2 * sum(unknown for _, unknown in parts))
    return turned[costs.index(min(costs))]


def _with_complements(expanded: Any, names: Sequence[str], box: Box) -> tuple[Any, dict[Any, Any]]:
    """The sum in 1 - s instead of s for every share s where that leaves fewer terms.

    A product such as (1 - a)(1 - b)(1 - c) is one term then; the second answer puts shares back.
    """
    back: dict[Any, Any] = {}
    for name, (low, high, _) in zip(names, box, strict=True):
        symbol = sympy.Symbol(name)
        if not (low >= 0 and high <= 1) or symbol not in expanded.free_symbols:
            continue
        rest = sympy.Symbol(f"{name} rest")
        changed = sympy.expand(expanded.xreplace({symbol: 1 - rest}))
        if len(sympy.Add.make_args(changed)) < len(sympy.Add.make_args(expanded)):
            expanded = changed
            back[rest] = 1 - symbol
    return expanded, back


def _turned(term: Any, names: Sequence[str], box: Box) -> tuple[Any, int]:
    """A product whose sums are not negative over the box; and how many have no known sign."""
    symbols = [sympy.Symbol(name) for name in names]
    sign, unknown, factors = 1, 0, []
    for factor in sympy.Mul.make_args(term):
        base, power = factor.as_base_exp()
        if base.is_Add and power.is_Integer and power > 0:
            terms = terms_of(sympy.Poly(base, *symbols, domain=sympy.QQ))
            known = proved_sign(terms, box, strict=False)
            unknown += not known
            if known < 0:
                sign *= (-1) ** int(power)
                factor = (-base) ** power
        factors.append(factor)
    # The sign goes last: sympy would multiply it into a sum that stands alone.
    return sympy.Mul(*factors) * sign, unknown


def _points(names: Sequence[str], box: Box) -> NDArray[np.float64]:
    rng = np.random.default_rng(1)
    low = np.array([float(b[0]) for b in box])
    high = np.array([float(b[1]) for b in box])
    inside = rng.random((_SAMPLES, len(box)))
    # Half of the points on faces, where conditions tend to part.
    inside[::2] = np.where(rng.random(inside[::2].shape) < 0.3, np.rint(inside[::2]), inside[::2])
    points: NDArray[np.float64] = low + (high - low) * inside
    return points


def without_redundant(
    conditions: Sequence[Inequality], names: Sequence[str], box: Box
) -> list[Inequality]:
    """Those inequalities that do not follow from the others over the box.

    Examples
    --------
    >>> a, b = sympy.symbols("a b")
    >>> box = [(Fraction(0), Fraction(1), False)] * 2
    >>> given = [simplified(e, False, ["a", "b"], box) for e in (2 * a - b, a - b)]
    >>> [c.relation for c in without_redundant(given, ["a", "b"], box)]
    [a >= b]
    """
    distinct: dict[Any, Inequality] = {}
    for condition in conditions:
        key = condition.expression if condition.polynomial is None else condition.polynomial
        known = distinct.get(key)
        if known is None or (condition.strict and not known.strict):
            distinct[key] = condition
    left = list(distinct.values())
    usable = [c for c in left if c.polynomial is not None]
    if len(usable) < 2:
        return left
    points = _points(names, box)
    values = {id(c): _values(c.polynomial, points) for c in usable}
    for condition in sorted(usable, key=lambda c: -sympy.count_ops(c.expression)):
        others = [c for c in left if c is not condition and c.polynomial is not None]
        if others and _follows(condition, others, values, box):
            left = [c for c in left if c is not condition]
    return left


def impossible(conditions: Sequence[Inequality], names: Sequence[str], box: Box) -> bool:
    """Whether it is proved that no point of the box satisfies all the inequalities.

    Examples
    --------
    >>> a, b = sympy.symbols("a b")
    >>> box = [(Fraction(0), Fraction(1), False)] * 2
    >>> given = [simplified(e, True, ["a", "b"], box) for e in (a - b, 2 * b - 2 * a)]
    >>> impossible(given, ["a", "b"], box)
    True
    """
    usable = [c for c in conditions if c.polynomial is not None]
    if len(usable) < 2:
        return False
    points = _points(names, box)
    values = np.array([_values(c.polynomial, points) for c in usable])
    if (values > 0).all(axis=0).any():
        return False
    from scipy.optimize import linprog

    # Shares that make the weighted sum of the conditions as small as possible at its largest.
    many = len(usable)
    fitted = linprog(
        [0.0] * many + [1.0],
        A_ub=np.column_stack([values.T, -np.ones(len(points))]),
        b_ub=np.zeros(len(points)),
        A_eq=[[1.0] * many + [0.0]],
        b_eq=[1.0],
        bounds=[(0, None)] * many + [(None, None)],
    )
    if fitted.status != 0 or not fitted.x[:-1].max() > 0:
        return False
    weights = fitted.x[:-1] / fitted.x[:-1].max()
    for denominator in _DENOMINATORS:
        numbers = [Fraction(float(w)).limit_denominator(denominator) for w in weights]
        total = sum(
            (c.polynomial * _rational(n) for c, n in zip(usable, numbers, strict=True)),
            usable[0].polynomial * 0,
        )
        strictly = any(n and c.strict for n, c in zip(numbers, usable, strict=True))
        if total.is_zero:
            if strictly:
                return True
        elif proved_sign(terms_of(total), box, strict=not strictly) < 0:
            return True
    return False


def _rational(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator)


def _values(polynomial: Any, points: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros(len(points))
    for exponents, c in polynomial.terms():
        total += float(c) * np.prod(points ** np.array(exponents), axis=1)
    return total


def _follows(
    condition: Inequality, others: list[Inequality], values: Mapping[int, Any], box: Box
) -> bool:
    own = values[id(condition)]
    rest = np.array([values[id(c)] for c in others])
    size = np.abs(own).max()
    allowed = (rest > 0).all(axis=0)
    if (allowed & (own < -1e-9 * size)).any():
        return False  # a point that violates this one alone
    from scipy.optimize import linprog

    # own >= sum of multipliers times rest, at all sampled points, with as little as possible
    fitted = linprog(np.ones(len(others)), A_ub=rest.T, b_ub=own + 1e-12 * size)
    guesses = [np.eye(len(others))[k] for k in range(len(others))]
    if fitted.status == 0:
        guesses.append(fitted.x)
    for guess in guesses:
        for denominator in _DENOMINATORS:
            numbers = [Fraction(float(g)).limit_denominator(denominator) for g in guess]
            difference = condition.polynomial
            for number, other in zip(numbers, others, strict=True):
                if number:
                    difference -= other.polynomial * _rational(number)
            strictly = any(n and o.strict for n, o in zip(numbers, others, strict=True))
            want = condition.strict and not strictly
            if difference.is_zero:
                if not want:
                    return True
            elif proved_sign(terms_of(difference), box, strict=want) > 0:
                return True
    return False
