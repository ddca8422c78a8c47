"""Conditions for an equilibrium as people read and use them: sentence, LaTeX, sympy, truth."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy

from hedging import formula
from hedging.analysis.atlas_text import plain
from hedging.analysis.support_cases import Supports
from hedging.errors import ParameterError
from hedging.model import Model
from hedging.modelling.typeset import words
from hedging.program import rationals
from hedging.program.graph import Program
from hedging.program.symbols import from_sympy

__all__ = ["Conditions"]


class Conditions:
    """When a profile is an equilibrium; made by :func:`hedging.conditions`.

    Attributes
    ----------
    model : Model
    profile : dict of str to tuple of str
        The actions played, per player.
    free : tuple of str
        The parameters the conditions are about.
    fixed : dict of str to Fraction
        The others.
    expression : sympy.Boolean
        The conditions; also what ``sympy.sympify`` makes of this object.
    relations : tuple of sympy.Boolean
        The parts of the conjunction, empty if the profile always or never is an equilibrium.
    complete : bool
        False if the conditions are those of an equilibrium whose probabilities are fixed by the
        indifference of the players alone.  At ties of payoffs, where indifference fixes nothing,
        there may be others with the same support, in a continuum as a rule.
    """

    def __init__(
        self,
        model: Model,
        supports: Supports,
        free: tuple[str, ...],
        fixed: Mapping[str, Fraction],
        expression: Any,
        relations: tuple[Any, ...],
        plain_form: Any = None,
        *,
        solved_for: str | None = None,
        complete: bool = True,
    ) -> None:
        self.model, self.free, self.fixed = model, free, dict(fixed)
        self.profile = {
            player: tuple(actions[a] for a in own)
            for player, actions, own in zip(model.players, model.actions, supports, strict=True)
        }
        self.expression, self.relations = expression, relations
        self.complete, self._solved_for = complete, solved_for
        # A solved condition may divide by zero at a point; this form does not.
        self._plain_form = expression if plain_form is None else plain_form

    def _sympy_(self) -> Any:
        return self.expression

    @property
    def free_symbols(self) -> set[Any]:
        """Symbols of the conditions."""
        return set(self.expression.free_symbols)

    def subs(self, *given: Any, **options: Any) -> Any:
        """The sympy expression with values put in."""
        return self.expression.subs(*given, **options)

    def holds(self, **values: Any) -> bool:
        """Whether the conditions hold at a point, exactly.

        Parameters
        ----------
        **values : number
            Values of free parameters, defaults for the rest; 0.1 means one tenth.

        Raises
        ------
        ParameterError
            If a value is given for a parameter that was fixed.
        """
        for name in values:
            if name in self.fixed:
                msg = f"{name} is fixed at {self.fixed[name]} here; give values of free parameters"
                raise ParameterError(msg)
        self.model.check(values)
        point = [
            formula.exact_number(values.get(name, self.model.parameters[name].default))
            for name in self.free
        ]
        try:
            (found,) = rationals.evaluate(self._program, point)
        except rationals.Irrational:
            numbers = zip(self.free, map(_rational, point), strict=True)
            found = self._plain_form.subs({sympy.Symbol(name): v for name, v in numbers})
        return bool(found)

    @cached_property
    def _program(self) -> Program:
        return from_sympy([self._plain_form], list(self.free))

    @cached_property
    def label(self) -> str:
        """The profile as results spell it, such as ``hedge|accommodate``."""
        return "|".join("+".join(own) for own in self.profile.values())

    @property
    def bounds(self) -> tuple[Any, ...]:
        """What the conditions say of the parameter they are solved for, as sympy relations.

        Each has the parameter alone on the left, so that ``.rhs`` is the critical value in symbols;
        empty where they are not solved for one.

        Examples
        --------
        >>> import hedging as hg
        >>> quiet = "hedge|accommodate|accommodate"
        >>> triad = hg.catalogue["triadic_hedging"]
        >>> hg.conditions(triad, quiet, over="immunity").bounds[0].rhs
        1/5
        """
        symbol = sympy.Symbol(self._solved_for or "")
        found = [a for r in self.relations for a in sympy.preorder_traversal(r)]
        return tuple(
            dict.fromkeys(
                a
                for a in found
                if isinstance(a, sympy.core.relational.Relational)
                and a.lhs == symbol
                and symbol not in a.rhs.free_symbols
            )
        )

    @property
    def sentence(self) -> str:
        """The conditions in one plain sentence."""
        head = f"{self.label} is an equilibrium of {self.model.name}"
        tail = ""
        if not self.complete:
            head += ", with probabilities that indifference alone fixes,"
            tail = " (where payoffs tie and it fixes none, others may exist)"
        if self.expression == sympy.true:
            return f"{head} for all parameters in their ranges"
        if self.expression == sympy.false:
            return f"{head} for no parameters in their ranges{tail}"
        parts = [
            f"({_in_words(p)})"
            if isinstance(p, sympy.Or) and len(self.relations) > 1
            else _in_words(p)
            for p in self.relations
        ]
        return f"{head} if and only if {' and '.join(parts)}{tail}"

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        what = "" if self.complete else ", fixed by indifference"
        return f"<Conditions for {self.label}{what}: {self.expression}>"

    def latex(self) -> str:
        """The conditions as a displayed formula.

        Returns
        -------
        str
            Needs the package amsmath.
        """
        names = {sympy.Symbol(p.name): p.latex for p in self.model.parameters.values()}
        profile = ", ".join(
            words(f"{player} {'+'.join(own)}") for player, own in self.profile.items()
        )
        parts = self.relations or (self.expression,)
        rows = [sympy.latex(part, symbol_names=names) for part in parts]
        body = " \\\\\n& ".join(rows)
        if not self.complete:
            body += r" \\ & \text{(where indifference fixes the probabilities)}"
        return f"\\[\n\\begin{{aligned}}\n({profile}) \\iff {{}} & {body}\n\\end{{aligned}}\n\\]\n"

    def _repr_latex_(self) -> str:
        return self.latex()


def _in_words(expression: Any) -> str:
    if isinstance(expression, sympy.And):
        parts = sorted(expression.args, key=sympy.default_sort_key)
        return " and ".join(
            f"({_in_words(p)})" if isinstance(p, sympy.Or) else _in_words(p) for p in parts
        )
    if isinstance(expression, sympy.Or):
        parts = sorted(expression.args, key=sympy.default_sort_key)
        return " or ".join(
            f"({_in_words(p)})" if isinstance(p, sympy.And) else _in_words(p) for p in parts
        )
    if isinstance(expression, sympy.Eq):
        return f"{plain(expression.lhs)} = {plain(expression.rhs)}"
    return plain(expression)


def _rational(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator)
