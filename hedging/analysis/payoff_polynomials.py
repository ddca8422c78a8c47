"""Payoffs of a model as polynomials in several parameters.

Where a payoff divides, the divisor must be proved to keep its sign over the box of parameters
(:mod:`hedging.analysis.box_signs`); each player's payoffs are then multiplied by one polynomial
that is positive there, which changes no equilibrium.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from hedging.analysis.box_signs import Box, proved_sign
from hedging.errors import ParameterError
from hedging.model import Model
from hedging.program.graph import Program

__all__ = ["payoff_polynomials", "sign_over"]


def payoff_polynomials(
    model: Model,
    program: Program,
    over: tuple[str, ...],
    values: Mapping[str, Fraction],
    box: Box,
) -> NDArray[Any]:
    """Payoffs in the ring of polynomials, each player's times something positive on the box.

    Parameters
    ----------
    model : Model
    program : Program
        From :func:`hedging.analysis.payoff_functions.polynomial_program`.
    over : tuple of str
        The parameters that vary.
    values : mapping of str to Fraction
        The others.
    box : Box
        Of those that vary.

    Returns
    -------
    object array of sympy polynomials, shape (n, m_1, ..., m_n)

    Raises
    ------
    ParameterError
        If a divisor is not shown to keep its sign.
    """
    from sympy.polys.fields import field
    from sympy.polys.rings import PolyElement

    whole, *symbols = field(",".join(over), sympy.QQ)
    known = dict(zip(over, symbols, strict=True))
    steps: list[Any] = []
    for op, args, literal in program.code:
        v = [steps[a] for a in args]
        if op == "input":
            name = program.inputs[int(literal or 0)]
            given = known.get(name)
            steps.append(whole(_rational(values[name])) if given is None else given)
        elif op == "const":
            steps.append(whole(_rational(Fraction(literal or 0))))
        elif op == "neg":
            steps.append(-v[0])
        elif op == "pow":
            steps.append(v[0] ** int(literal or 0))
        else:
            if op == "div":
                _require_sign(v[1], box, model)
            steps.append(_FIELD[op](*v))
    outputs = [steps[o] for o in program.outputs]
    size = len(outputs) // len(model.players)
    result = np.empty((len(model.players), size), dtype=object)
    for i in range(len(model.players)):
        own = outputs[i * size : (i + 1) * size]
        bottom: PolyElement = whole.ring.one
        for ratio in own:
            bottom = bottom.lcm(ratio.denom)
        sign = sign_over(bottom, box)
        for k, ratio in enumerate(own):
            result[i, k] = ratio.numer * bottom.quo(ratio.denom) * sign
    return result.reshape(len(model.players), *model.shape)


_FIELD: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}


def _rational(value: Fraction) -> Any:
    return sympy.QQ(value.numerator, value.denominator)


def sign_over(polynomial: Any, box: Box) -> int:
    """Strict sign of a polynomial of a sympy ring over a box, 0 if there is none or no proof."""
    terms = {e: Fraction(int(c.numerator), int(c.denominator)) for e, c in polynomial.terms()}
    return proved_sign(terms, box)


def _require_sign(divisor: Any, box: Box, model: Model) -> None:
    if divisor == 0 or not (sign_over(divisor.numer, box) and sign_over(divisor.denom, box)):
        msg = (
            f"a payoff of {model.name} divides by {divisor.as_expr()}, which is not shown to keep "
            "its sign on the box; give smaller ranges, as in over={'x': (low, high), ...}"
        )
        raise ParameterError(msg)
