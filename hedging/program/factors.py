"""Gather constant factors, so that nothing is divided by a constant.

A formula such as ``0.93 x y - z / 3`` is read exactly: as ``93 x y / 100 - z / 3``.  A division costs a
processor five times a product, so before a program is compiled every value is written as

    value = c * core,     c a rational constant,

the constants of products, quotients and negations are multiplied together exactly, and ``core`` is scaled
by the rounded ``c`` only where it enters a sum or another operation: ``(93/100) (x y) - (1/3) z``.
The program means the same in the rationals.  Its roundings are others, so error bounds
must be computed for the program that is run.
"""

from __future__ import annotations

from fractions import Fraction

from hedging.program.graph import Builder, Program

__all__ = ["gather_factors"]


def gather_factors(program: Program) -> Program:
    """Return an equal program without divisions by constants.

    Parameters
    ----------
    program : Program

    Returns
    -------
    Program
        Equal to the given one in the rationals wherever that is defined.

    Notes
    -----
    Factors 0 stay where they are, so that an infinite value still shows.

    Examples
    --------
    >>> b = Builder(["x", "y"])
    >>> xy = b.mul(b.mul(b.constant(93), b.input("x")), b.input("y"))
    >>> program = gather_factors(b.program([b.div(xy, b.constant(100))]))
    >>> [step.op for step in program.code], program.code[3].literal
    (['input', 'input', 'mul', 'const', 'mul'], Fraction(93, 100))
    """
    builder = Builder(program.inputs)
    one = Fraction(1)
    # Each value as (factor, core); the core of a constant is None.
    forms: list[tuple[Fraction, int | None]] = []

    def whole(value: int) -> int:
        factor, core = forms[value]
        if core is None:
            return builder.constant(factor)
        return builder.mul(core, builder.constant(factor))

    for op, args, literal in program.code:
        if op == "input":
            forms.append((one, builder.input(program.inputs[int(literal or 0)])))
            continue
        if op == "const":
            forms.append((Fraction(literal or 0), None))
            continue
        if op in {"neg", "mul", "div"}:
            form = _scaled(builder, op, [forms[a] for a in args])
            if form is not None:
                forms.append(form)
                continue
        parts = [whole(a) for a in args]
        if op == "pow":
            forms.append((one, builder.power(parts[0], int(literal or 0))))
        else:
            forms.append((one, builder.apply(op, *parts)))
    return builder.program([whole(o) for o in program.outputs])


def _scaled(
    builder: Builder, op: str, parts: list[tuple[Fraction, int | None]]
) -> tuple[Fraction, int | None] | None:
    """Form of a product, quotient or negation of forms; None if a factor of 0 is in it."""
    if any(factor == 0 for factor, _ in parts):
        return None
    if op == "neg":
        return -parts[0][0], parts[0][1]
    (c, x), (d, y) = parts
    if op == "mul":
        if x is None or y is None:
            return c * d, y if x is None else x
        return c * d, builder.mul(x, y)
    if y is None:
        return c / d, x
    return (c / d, builder.div(x, y)) if x is not None else (c / d, builder.div(builder.constant(1), y))
