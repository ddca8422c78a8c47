r"""Polynomials in one variable with integer coefficients, small and exact.

The determinants of a model in one parameter are such polynomials, of degree ten at most as a rule,
so that lists of Python integers beat any general system.  A polynomial has the operators that
:func:`hedging.program.rationals.evaluate` asks of a number: sign programs run on polynomials
unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd
from typing import Any

__all__ = ["ONE", "ZERO", "Polynomial", "as_sympy", "common_divisor", "quotient"]


class Polynomial:
    """``c[0] + c[1] x + c[2] x^2 + ...`` with integer coefficients.

    Parameters
    ----------
    coefficients : iterable of int
        From the constant term up.

    Examples
    --------
    >>> x = Polynomial([0, 1])
    >>> (x - 1) * (x + 1)
    Polynomial([-1, 0, 1])
    >>> ((x - 1) * (x + 1)).at(Fraction(1, 2))
    Fraction(-3, 4)
    """

    __slots__ = ("c",)

    def __init__(self, coefficients: Iterable[int]) -> None:
        c = list(coefficients)
        while c and not c[-1]:
            c.pop()
        self.c = tuple(c)

    @property
    def degree(self) -> int:
        """Degree, -1 for the zero polynomial."""
        return len(self.c) - 1

    def __bool__(self) -> bool:
        return bool(self.c)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self.c == other.c

    def __hash__(self) -> int:
        return hash(self.c)

    def __repr__(self) -> str:
        return f"Polynomial({list(self.c)})"

    def __neg__(self) -> Polynomial:
        return Polynomial([-a for a in self.c])

    def __add__(self, other: Polynomial | int) -> Polynomial:
        a, b = self.c, _coefficients(other)
        if len(a) < len(b):
            a, b = b, a
        return Polynomial([p + q for p, q in zip(a, b, strict=False)] + list(a[len(b) :]))

    __radd__ = __add__

    def __sub__(self, other: Polynomial | int) -> Polynomial:
        return self + (-other)

    def __rsub__(self, other: int) -> Polynomial:
        return -self + other

    def __mul__(self, other: Polynomial | int) -> Polynomial:
        if isinstance(other, int):
            return Polynomial([a * other for a in self.c])
        a, b = self.c, other.c
        if not a or not b:
            return ZERO
        result = [0] * (len(a) + len(b) - 1)
        for i, p in enumerate(a):
            if p:
                for j, q in enumerate(b):
                    result[i + j] += p * q
        return Polynomial(result)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Polynomial:
        result = ONE
        for _ in range(exponent):
            result = result * self
        return result

    def at(self, point: Fraction) -> Fraction:
        """Value at a rational point."""
        return Fraction(self.scaled_at(point), point.denominator ** max(self.degree, 0))

    def scaled_at(self, point: Fraction) -> int:
        """Value at p/q times q^degree: an integer of the same sign."""
        p, q = point.numerator, point.denominator
        total, power = 0, 1
        for a in reversed(self.c):
            total = total * p + a * power
            power *= q
        return total

    def sign_at(self, point: Fraction) -> int:
        """Sign of the value at a rational point."""
        value = self.scaled_at(point)
        return (value > 0) - (value < 0)

    def derivative(self) -> Polynomial:
        """The derivative."""
        return Polynomial([k * a for k, a in enumerate(self.c)][1:])

    def content(self) -> int:
        """Greatest common divisor of the coefficients, 0 for the zero polynomial."""
        return gcd(*self.c)

    def primitive(self) -> Polynomial:
        """The same without its content and with a positive leading coefficient."""
        divisor = self.content()
        if self.c and self.c[-1] < 0:
            divisor = -divisor
        return self if divisor in (0, 1) else Polynomial([a // divisor for a in self.c])

    def on_unit(self, low: Fraction, high: Fraction) -> Polynomial:
        """A positive multiple of the polynomial in t, where x = low + t (high - low)."""
        bottom = low.denominator * high.denominator
        start = low.numerator * high.denominator
        step = high.numerator * low.denominator - start
        total, power = ZERO, 1
        line = Polynomial([start, step])
        for a in reversed(self.c):
            total = total * line + a * power
            power *= bottom
        return total


def _coefficients(other: Polynomial | int) -> tuple[int, ...]:
    return other.c if isinstance(other, Polynomial) else ((other,) if other else ())


ZERO = Polynomial([])
ONE = Polynomial([1])


def _remainder(a: Polynomial, b: Polynomial) -> Polynomial:
    """A multiple of a reduced modulo b (pseudo-division), made primitive."""
    r, d, lead = list(a.c), b.degree, b.c[-1]
    while len(r) > d:
        top = r.pop()
        if top:
            r = [x * lead for x in r]
            for k, y in enumerate(b.c[:-1]):
                r[len(r) - d + k] -= top * y
    return Polynomial(r).primitive()


def common_divisor(a: Polynomial, b: Polynomial) -> Polynomial:
    """Greatest common divisor, contents included; its leading coefficient is positive.

    Examples
    --------
    >>> common_divisor(Polynomial([-2, 0, 2]), Polynomial([4, 4]))
    Polynomial([2, 2])
    """
    content = gcd(a.content(), b.content())
    a, b = a.primitive(), b.primitive()
    while b:
        a, b = (b, _remainder(a, b)) if b.degree else (ONE, ZERO)
    return a * content


def quotient(a: Polynomial, b: Polynomial) -> Polynomial:
    """Exact quotient; b must divide a over the integers.

    Examples
    --------
    >>> quotient(Polynomial([-1, 0, 1]), Polynomial([1, 1]))
    Polynomial([-1, 1])
    """
    r, d, lead = list(a.c), b.degree, b.c[-1]
    result = [0] * max(len(r) - d, 0)
    for k in reversed(range(len(result))):
        result[k], rest = divmod(r[k + d], lead)
        assert not rest, "inexact division"
        if result[k]:
            for j, y in enumerate(b.c):
                r[k + j] -= result[k] * y
    return Polynomial(result)


def as_sympy(p: Polynomial, symbol: Any, divisor: int = 1) -> Any:
    """The polynomial, divided by a number, as an expanded sympy expression."""
    import sympy

    return sympy.Add(*(sympy.Rational(a, divisor) * symbol**k for k, a in enumerate(p.c)))
