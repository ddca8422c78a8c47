r"""Rearrange a program for a loop in which only some inputs vary.

In the inner loop of a sweep most parameters stand still.  Every value is therefore kept, as long as
it can be, as

    value = R + B_1 L_1 + B_2 L_2,

where R and the B's depend on the standing inputs and on constants alone, so that they are computed
once per row, and only the L's vary.  Sums, differences and multiples of such forms are again such
forms: a difference of two payoffs ``a + b t`` costs the inner loop one fused multiply-add, however
long the formulas a and b are.  A quotient by something that stands still becomes a product with its
reciprocal, which is many times faster; in particular nothing that varies is divided by a constant.

The program means the same in the rationals wherever both are defined, and what is undefined stays
so: no term is ever dropped, not even ``0 L``.  Its roundings are others, so error bounds must be
computed for the program that is run.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import NamedTuple

from hedging.program.graph import Builder, Program

__all__ = ["arrange"]

_MOST_TERMS = 2
"""Forms with more varying terms than this are summed up and become one."""


class _Form(NamedTuple):
    """``standing + sum of coefficient * varying``; a ``standing`` of None is no term at all."""

    standing: int | None
    terms: tuple[tuple[int, int], ...] = ()  # (varying, coefficient), sorted


def arrange(program: Program, varying: Collection[str]) -> Program:
    """Return an equal program that does as little as possible with the varying inputs.

    Parameters
    ----------
    program : Program
    varying : collection of str
        Names of the inputs that vary in the inner loop.

    Returns
    -------
    Program
        Equal to the given one in the rationals wherever that is defined, and undefined elsewhere.

    Examples
    --------
    >>> b = Builder(["a", "t"])
    >>> a, t = b.input("a"), b.input("t")
    >>> first = b.add(b.mul(a, t), a)
    >>> second = b.sub(b.div(t, b.constant(100)), b.mul(a, a))
    >>> program = arrange(b.program([b.sub(first, second)]), ["t"])
    >>> [step.op for step in program.code[-2:]]    # a coefficient times t, plus the rest
    ['mul', 'add']
    """
    work = _Arrangement(program, frozenset(varying))
    return work.builder.program([work.whole(o) for o in program.outputs])


class _Arrangement:
    def __init__(self, program: Program, varying: frozenset[str]) -> None:
        self.builder = Builder(program.inputs)
        self.one = self.builder.constant(1)
        self.forms: list[_Form] = []
        for step in program.code:
            if step.op == "input":
                name = program.inputs[int(step.literal or 0)]
                value = self.builder.input(name)
                self.forms.append(self._alone(value) if name in varying else _Form(value))
            elif step.op == "const":
                self.forms.append(_Form(self.builder.constant(Fraction(step.literal or 0))))
            else:
                self.forms.append(self._step(step.op, step.args, int(step.literal or 0)))

    def _alone(self, value: int) -> _Form:
        return _Form(None, ((value, self.one),))

    def whole(self, value: int) -> int:
        """Sum of a form, as a value of the new program."""
        return self._sum(self.forms[value])

    def _sum(self, form: _Form) -> int:
        b = self.builder
        total = form.standing
        for varying, coefficient in form.terms:
            factor = b._constant_value(coefficient)
            if factor is not None and factor < 0 and total is not None:
                total = b.sub(total, b.mul(varying, b.constant(-factor)))
            else:
                term = b.mul(varying, coefficient)
                total = term if total is None else b.add(term, total)
        return b.constant(0) if total is None else total

    def _step(self, op: str, args: tuple[int, ...], literal: int) -> _Form:
        forms = [self.forms[a] for a in args]
        if any(form.terms for form in forms):
            form = None
            if op in {"add", "sub"}:
                form = self._add(forms[0], forms[1], minus=op == "sub")
            elif op == "neg":
                form = self._times(forms[0], self.builder.constant(-1))
            elif op == "mul":
                form = self._multiply(*forms)
            elif op == "div":
                form = self._divide(*forms)
            elif op == "pow":
                form = self._power(forms[0], literal)
            if form is not None:
                return form
        parts = [self.whole(a) for a in args]
        b = self.builder
        value = b.power(parts[0], literal) if op == "pow" else b.apply(op, *parts)
        return self._alone(value) if any(form.terms for form in forms) else _Form(value)

    def _add(self, left: _Form, right: _Form, *, minus: bool) -> _Form | None:
        b = self.builder
        terms = dict(left.terms)
        for varying, coefficient in right.terms:
            old = terms.get(varying)
            if old is None:
                terms[varying] = b.neg(coefficient) if minus else coefficient
            else:
                terms[varying] = (b.sub if minus else b.add)(old, coefficient)
        if len(terms) > _MOST_TERMS:
            return None
        standing = left.standing
        if right.standing is not None:
            if standing is None:
                standing = b.neg(right.standing) if minus else right.standing
            else:
                standing = (b.sub if minus else b.add)(standing, right.standing)
        return _Form(standing, tuple(sorted(terms.items())))

    def _times(self, form: _Form, factor: int) -> _Form:
        """A form times a value that stands still."""
        b = self.builder
        standing = None if form.standing is None else b.mul(form.standing, factor)
        return _Form(standing, tuple((v, b.mul(c, factor)) for v, c in form.terms))

    def _multiply(self, left: _Form, right: _Form) -> _Form | None:
        for form, factor in ((left, right), (right, left)):
            if not factor.terms and factor.standing is not None:
                one_term = len(form.terms) == 1
                literal = self.builder._constant_value(factor.standing) is not None
                return self._times(form, factor.standing) if one_term or literal else None
        if self._is_multiple(left) and self._is_multiple(right):
            (x, c), (y, d) = left.terms[0], right.terms[0]
            return _Form(None, ((self.builder.mul(x, y), self.builder.mul(c, d)),))
        return None

    def _divide(self, above: _Form, below: _Form) -> _Form | None:
        b = self.builder
        if not below.terms and below.standing is not None:
            return self._times(above, b.div(self.one, below.standing))
        if self._is_multiple(above):
            (x, c), y = above.terms[0], self._sum(below)
            return _Form(None, ((b.div(x, y), c),))
        return None

    def _power(self, form: _Form, exponent: int) -> _Form | None:
        if not self._is_multiple(form):
            return None
        b = self.builder
        x, c = form.terms[0]
        return _Form(None, ((b.power(x, exponent), b.power(c, exponent)),))

    @staticmethod
    def _is_multiple(form: _Form) -> bool:
        return form.standing is None and len(form.terms) == 1
