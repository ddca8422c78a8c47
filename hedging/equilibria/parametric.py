"""The sign program of a whole family of games: from parameters straight to determinants.

A model maps parameters to payoffs and the sign program maps payoffs to determinants; composed
they are one straight-line program from parameters to the numbers whose signs decide the
equilibria.  Some of those numbers may vanish identically in the parameters, because a player is
indifferent by construction.  They are found here once, from the symbols, and put into the
program as the constant 0, so that no arithmetic ever has to wonder about their sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hedging.equilibria.determinants import SignTable, sign_table
from hedging.program.doubles import evaluate_with_error
from hedging.program.graph import Builder, Program

__all__ = ["ParametricSigns", "parametric_signs", "vanishing_outputs"]

_PROBES = 5
_LARGEST_PROOF = 400
"""Instructions of an output whose vanishing is still proved in symbols."""


@dataclass(frozen=True, slots=True)
class ParametricSigns:
    """The sign program of a two-player model.

    Attributes
    ----------
    table : SignTable
        Shape, candidates and their logic.
    program : Program
        From the parameters to the determinants, those that vanish identically as constants.
    payoffs : Program
        From the parameters to the 2 m n payoffs.
    zeros : frozenset of int
        Determinants that vanish identically.
    """

    table: SignTable
    program: Program
    payoffs: Program
    zeros: frozenset[int]


def vanishing_outputs(program: Program) -> frozenset[int]:
    """Outputs that are zero for all inputs, as proved by expanding them in symbols.

    Notes
    -----
    Candidates are the outputs that are zero up to their rounding error at a few points; only
    those are expanded.  One that cannot be expanded to zero is left out, which is safe.

    Examples
    --------
    >>> b = Builder(["x", "y"])
    >>> x, y = b.input("x"), b.input("y")
    >>> crossed = b.sub(b.mul(x, b.add(y, y)), b.mul(b.add(x, x), y))
    >>> vanishing_outputs(b.program([crossed, b.sub(x, y)]))
    frozenset({0})
    """
    rng = np.random.default_rng(20)
    points = rng.uniform(0.1, 0.9, (len(program.inputs), _PROBES))
    suspects = []
    values, errors = evaluate_with_error(program, list(points))
    for d, (value, error) in enumerate(zip(values, errors, strict=True)):
        if bool(np.all((np.abs(value) <= error) & np.isfinite(value))):
            suspects.append(d)
    return frozenset(d for d in suspects if _vanishes(program, d))


def _vanishes(program: Program, output: int) -> bool:
    builder = Builder(program.inputs)
    part = builder.program([builder.append(program)[output]])
    if len(part.code) == 1 and part.code[0].op == "const":
        return part.code[0].literal == 0
    if len(part.code) > _LARGEST_PROOF:
        return False
    import sympy

    from hedging.program.symbols import to_sympy

    (expression,) = to_sympy(part)
    if expression.is_rational_function() and not expression.is_polynomial():
        # Over a polynomial ring: expanding sums of quotients may take many times longer.
        return bool(sympy.cancel(expression) == 0)
    return bool(sympy.expand(expression) == 0)


@lru_cache(maxsize=32)
def parametric_signs(payoffs: Program, m: int, n: int) -> ParametricSigns:
    """Compose the sign program of m x n games with the payoffs of a model.

    Parameters
    ----------
    payoffs : Program
        From parameters to the row player's m n payoffs in C order, then the column player's.
    m, n : int

    Examples
    --------
    Two players who are paid the same whatever they do:

    >>> b = Builder(["x"])
    >>> constant = b.program([b.input("x")] * 8)
    >>> sorted(parametric_signs(constant, 2, 2).zeros)
    [0, 1, 2, 3]
    """
    table = sign_table(m, n)
    composed = table.program.compose(payoffs)
    zeros = vanishing_outputs(composed)
    builder = Builder(payoffs.inputs)
    values = builder.append(composed)
    kept = [builder.constant(0) if d in zeros else v for d, v in enumerate(values)]
    program = builder.program(kept)
    return ParametricSigns(table, program, payoffs, zeros)
