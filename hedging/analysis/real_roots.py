r"""Real roots of polynomials as exact numbers: isolation, order, closed form.

A real algebraic number is an irreducible integer polynomial f and a rational interval that holds
exactly one of its roots.  Roots are isolated by Descartes' rule of signs and bisection (Vincent,
Collins and Akritas): on (0, 1) the number of sign variations of ``(1 + t)^n f(1 / (1 + t))``
bounds the number of roots of f and has its parity, so that none means no root and one means one;
anything else is halved.  An irreducible f of degree above one has no rational root, hence bisection
never meets one, and different irreducible polynomials share none.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

from hedging.analysis.univariate import ONE, Polynomial

__all__ = ["RealRoot", "irreducible_factors", "keeps_sign", "roots_between"]


class RealRoot:
    """A real algebraic number.

    Parameters
    ----------
    polynomial : Polynomial
        Irreducible over the rationals, primitive.
    low, high : Fraction
        An interval with exactly one root of it inside; both the number itself if it is rational.

    Examples
    --------
    >>> (root,) = roots_between(Polynomial([-2, 0, 1]), Fraction(0), Fraction(2))
    >>> root.symbolic(), root < RealRoot.rational(Fraction(3, 2)), round(float(root), 6)
    (sqrt(2), True, 1.414214)
    """

    __slots__ = ("_sign", "high", "low", "polynomial")

    def __init__(self, polynomial: Polynomial, low: Fraction, high: Fraction) -> None:
        self.polynomial, self.low, self.high = polynomial, low, high
        self._sign = polynomial.sign_at(low)

    @classmethod
    def rational(cls, value: Fraction) -> RealRoot:
        """A rational number."""
        return cls(Polynomial([-value.numerator, value.denominator]), value, value)

    @property
    def is_rational(self) -> bool:
        """Whether the number is rational."""
        return self.low == self.high

    def refine(self) -> None:
        """Halve the interval."""
        if self.low == self.high:
            return
        middle = (self.low + self.high) / 2
        if self.polynomial.sign_at(middle) == self._sign:
            self.low = middle
        else:
            self.high = middle

    def side(self, point: Fraction) -> int:
        """Sign of ``point`` minus this number."""
        while not self.is_rational and self.low < point < self.high:
            self.refine()
        if self.is_rational:
            return (point > self.low) - (point < self.low)
        return 1 if point >= self.high else -1

    def __lt__(self, other: RealRoot) -> bool:
        if self == other:
            return False
        while not (self.high < other.low or other.high < self.low):
            if self.is_rational:
                return other.side(self.low) < 0
            if other.is_rational:
                return self.side(other.low) > 0
            self.refine()
            other.refine()
        return self.high < other.low

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RealRoot) or self.polynomial != other.polynomial:
            return False
        if self.is_rational:
            return True
        # Each interval holds one root only: it is the same if the intersection holds one.
        low, high = max(self.low, other.low), min(self.high, other.high)
        f = self.polynomial
        return low < high and f.sign_at(low) != f.sign_at(high)

    def __hash__(self) -> int:
        return hash(self.polynomial)

    def __float__(self) -> float:
        while self.high - self.low > abs(self.low + self.high) / 2**60:
            self.refine()
        return float((self.low + self.high) / 2)

    def __repr__(self) -> str:
        return f"RealRoot({self.symbolic()})"

    def gap(self, other: RealRoot) -> Fraction:
        """A rational number strictly between this number and a larger one."""
        while not self.high < other.low:
            self.refine()
            other.refine()
        return _simplest(self.high, other.low)

    def sign_of(self, p: Polynomial) -> int:
        """Exact sign of a polynomial at this number.

        Examples
        --------
        >>> (root,) = roots_between(Polynomial([-2, 0, 1]), Fraction(0), Fraction(2))
        >>> root.sign_of(Polynomial([-3, 2])), root.sign_of(Polynomial([4, 0, 0, 0, -1]))
        (-1, 0)
        """
        if self.is_rational or p.degree < 1:
            return p.sign_at(self.low)
        factors = [factor for factor, _ in irreducible_factors(p.primitive())]
        if self.polynomial in factors:
            return 0
        # No root in common: shrink the interval until p has none in it.
        while any(not keeps_sign(factor, self.low, self.high) for factor in factors):
            self.refine()
        return p.sign_at(self.low)

    def residue(self, p: Polynomial) -> tuple[Fraction, ...]:
        """Value of p at this number as a polynomial in it of a degree below its own.

        Coefficients from the constant term up, none if the value is zero.

        Examples
        --------
        >>> (root,) = roots_between(Polynomial([-2, 0, 1]), Fraction(0), Fraction(2))
        >>> root.residue(Polynomial([0, 1, 0, 3])) == (0, 7)
        True
        """
        rest = [Fraction(a) for a in p.c]
        f = self.polynomial
        while len(rest) > f.degree:
            top = rest.pop() / f.c[-1]
            for k, a in enumerate(f.c[:-1]):
                rest[len(rest) - f.degree + k] -= top * a
        while rest and not rest[-1]:
            rest.pop()
        return tuple(rest)

    def symbolic(self) -> Any:
        """The number in sympy: a fraction, a + b sqrt(d), or a CRootOf."""
        import sympy

        if self.is_rational:
            return sympy.Rational(self.low.numerator, self.low.denominator)
        if self.polynomial.degree == 2:
            c, b, a = self.polynomial.c
            middle = sympy.Rational(-b, 2 * a)
            offset = sympy.sqrt(b * b - 4 * a * c) / (2 * abs(a))
            return middle + (offset if self.side(Fraction(-b, 2 * a)) < 0 else -offset)
        x = sympy.Symbol("x")
        f = sympy.Poly.from_list(list(reversed(self.polynomial.c)), x)
        whole = roots_between(self.polynomial, *_all_roots(self.polynomial))
        return sympy.rootof(f, whole.index(self))

    def value_of(self, top: Polynomial, bottom: Polynomial = ONE) -> Any:
        """``top/bottom`` at this number, in sympy: a fraction, a + b sqrt(d), or in the root.

        Computed in the number field, so that the answer is a polynomial in the number of a
        degree below that of its own.
        """
        import sympy

        if self.is_rational:
            value = top.at(self.low) / bottom.at(self.low)
            return sympy.Rational(value.numerator, value.denominator)
        x = sympy.Symbol("x")
        f, above, below = (
            sympy.Poly.from_list(list(reversed(p.c)) or [0], x, domain=sympy.QQ)
            for p in (self.polynomial, top, bottom)
        )
        reduced = (above * sympy.invert(below.rem(f), f)).rem(f)
        return sympy.expand(reduced.as_expr().subs(x, self.symbolic()))


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator strictly between two."""
    floor = low.numerator // low.denominator
    if floor + 1 < high:
        return Fraction(floor + 1)
    low, high = low - floor, high - floor  # 0 <= low < high <= 1
    if low == 0:
        return floor + Fraction(1, high.denominator // high.numerator + 1)
    return floor + 1 / _simplest(1 / high, 1 / low)


def _variations(p: Polynomial) -> int:
    """Descartes' bound on the number of roots in (0, 1)."""
    c = list(p.c)  # coefficients of (1 + t)^n p(1 / (1 + t)), lowest last
    for k in range(len(c) - 1):
        for j in range(1, len(c) - k):
            c[j] += c[j - 1]
    signs = [a > 0 for a in c if a]
    return sum(s != t for s, t in pairwise(signs))


def keeps_sign(p: Polynomial, low: Fraction, high: Fraction) -> bool:
    """Whether Descartes' rule shows at once that p has no root in [low, high].

    Examples
    --------
    >>> keeps_sign(Polynomial([1, 1]), Fraction(0), Fraction(1))
    True
    """
    if not p:
        return False
    ends = p.sign_at(low) * p.sign_at(high)
    return ends > 0 and _variations(p.on_unit(low, high)) == 0


@lru_cache(maxsize=1 << 12)
def irreducible_factors(p: Polynomial) -> tuple[tuple[Polynomial, int], ...]:
    """Irreducible factors over the rationals with multiplicities, constants left out.

    Examples
    --------
    >>> irreducible_factors(Polynomial([0, -4, 0, 1]))
    ((Polynomial([0, 1]), 1), (Polynomial([-2, 1]), 1), (Polynomial([2, 1]), 1))
    """
    if p.degree < 1:
        return ()
    if p.degree == 1:
        return ((p.primitive(), 1),)
    from sympy import Poly, Symbol

    _, factors = Poly.from_list(list(reversed(p.c)), Symbol("x")).factor_list()
    found = [
        (Polynomial(int(a) for a in reversed(f.all_coeffs())).primitive(), k) for f, k in factors
    ]
    return tuple(sorted(found, key=lambda f: (f[0].degree, [abs(a) for a in f[0].c], f[0].c)))


def roots_between(p: Polynomial, low: Fraction, high: Fraction) -> list[RealRoot]:
    """Roots of an irreducible polynomial in [low, high], in increasing order.

    Examples
    --------
    >>> cubic = Polynomial([1, -3, 0, 1])
    >>> [round(float(root), 3) for root in roots_between(cubic, Fraction(-3), Fraction(3))]
    [-1.879, 0.347, 1.532]
    """
    if p.degree == 1:
        root = Fraction(-p.c[0], p.c[1])
        return [RealRoot.rational(root)] if low <= root <= high else []
    if p.degree < 1 or low >= high:
        return []
    found: list[RealRoot] = []
    work = [(low, high)]
    while work:
        a, b = work.pop()
        changes = _variations(p.on_unit(a, b))
        if changes == 1:
            found.append(RealRoot(p, a, b))
        elif changes > 1:
            middle = (a + b) / 2
            work += [(middle, b), (a, middle)]
    return found


def _all_roots(p: Polynomial) -> tuple[Fraction, Fraction]:
    """An interval that holds all real roots (Cauchy's bound)."""
    bound = Fraction(1 + max(abs(a) for a in p.c[:-1]) // abs(p.c[-1]) + 1)
    return -bound, bound
