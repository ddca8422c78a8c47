"""A program in double-double: some 106 bits, a batch of points at a time, with a rigorous bound.

The arithmetic is that of :mod:`hedging.program.pairs`.  Its bound is exactly zero where every
operation was exact, so a tie among integers or short binary fractions is *known* to be a tie:
``hi == 0`` and ``error == 0``.

This is the second stage of an adaptive predicate (J. R. Shewchuk, *Discrete Comput. Geom.* 18,
1997): it settles nearly all signs that doubles leave open, and says which ones it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import FormulaError
from hedging.program import pairs
from hedging.program.graph import Program
from hedging.program.pairs import UNDECIDED

__all__ = ["UNDECIDED", "evaluate", "signs"]

_BLOCK = 4096
"""Points at a time: their intermediate values stay in the second-level cache."""

Array = NDArray[Any]


def evaluate(
    program: Program, inputs: Sequence[ArrayLike]
) -> tuple[list[Array], list[Array], list[Array]]:
    """Value of every output in double-double, and a bound on its distance from the exact value.

    Parameters
    ----------
    program : Program
    inputs : sequence of array_like
        One per program input, in order, read as the doubles they are; they broadcast against
        each other.

    Returns
    -------
    hi, lo, error : lists of ndarray
        One of each per output, of the shape the inputs broadcast to.
        ``abs(hi[k] + lo[k] - exact[k]) <= error[k]``; 0 where every operation on the way was exact,
        inf where nothing can be promised: near a switching point, after exp or log of a wide
        bound, at division by what may be zero.  Where ``hi`` is nan the value does not exist or
        is out of range.  Truth values are 0 and 1.

    Raises
    ------
    FormulaError
        If the number of arrays is not the number of inputs.

    Notes
    -----
    About 35 floating-point operations for each sum and each product of two full pairs.

    Examples
    --------
    What doubles lose is here, and a tie is a tie:

    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x"])
    >>> x, big = b.input("x"), b.constant(10**8)
    >>> y = b.sub(b.add(x, big), big)
    >>> hi, lo, error = evaluate(b.program([y, b.sub(y, x)]), [0.1])
    >>> [float(h) for h in hi], [float(e) for e in error]
    ([0.1, 0.0], [0.0, 0.0])
    """
    given, shape = _inputs(program, inputs)
    number = int(np.prod(shape))
    results = np.empty((3, len(program.outputs), number))
    for block, values in _blocks(program, given, number):
        for k, value in enumerate(values):
            pair = pairs.settled(pairs.as_pair(value))
            results[0, k, block] = pair.hi
            results[1, k, block] = pairs.or_zero(pair.lo)
            results[2, k, block] = pairs.or_zero(pair.error)
    hi, lo, error = ([row.reshape(shape) for row in part] for part in results)
    return hi, lo, error


def signs(program: Program, inputs: Sequence[ArrayLike]) -> NDArray[np.int8]:
    """Certified sign of every output at every point.

    Parameters
    ----------
    program : Program
    inputs : sequence of array_like
        As for `evaluate`; N is the size of the shape they broadcast to.

    Returns
    -------
    int8 array of shape (n_outputs, N)
        +1, 0 or -1 where that is certainly the sign of the exact value; `UNDECIDED` (2) elsewhere,
        also where the value does not exist.

    Examples
    --------
    >>> from hedging.program.graph import Builder
    >>> b = Builder(["x", "y"])
    >>> x, y = b.input("x"), b.input("y")
    >>> program = b.program([b.sub(b.mul(x, x), b.mul(y, y)), b.div(x, y)])
    >>> signs(program, [[1 + 2.0**-52, 1.0, -2.0], [1.0, -1.0, 0.0]]).tolist()
    [[1, 0, 1], [1, -1, 2]]
    """
    given, shape = _inputs(program, inputs)
    number = int(np.prod(shape))
    result = np.empty((len(program.outputs), number), dtype=np.int8)
    for block, values in _blocks(program, given, number):
        for k, value in enumerate(values):
            result[k, block] = pairs.sign(pairs.as_pair(value))
    return result


def _inputs(program: Program, inputs: Sequence[ArrayLike]) -> tuple[list[Array], tuple[int, ...]]:
    if len(inputs) != len(program.inputs):
        msg = (
            f"{len(inputs)} arrays given for a program of {len(program.inputs)} inputs; "
            f"give one for each of {', '.join(program.inputs)}"
        )
        raise FormulaError(msg)
    arrays = [np.asarray(x, dtype=np.float64) for x in inputs]
    shape = np.broadcast_shapes(*(x.shape for x in arrays))
    # Single numbers stay single: what depends on them alone is computed once.
    return [x.ravel() if x.size == 1 else np.broadcast_to(x, shape).ravel() for x in arrays], shape


def _blocks(
    program: Program, given: list[Array], number: int
) -> Iterator[tuple[slice, list[pairs.Value]]]:
    """Outputs for one block of points after the other."""
    constants = [
        pairs.constant(literal) if op == "const" else None for op, _, literal in program.code
    ]
    last = {a: i for i, step in enumerate(program.code) for a in step.args}
    last.update((o, len(program.code)) for o in program.outputs)
    for start in range(0, number, _BLOCK):
        block = slice(start, min(start + _BLOCK, number))
        values: list[Any] = []
        with np.errstate(all="ignore"):
            for position, (op, args, literal) in enumerate(program.code):
                x = [values[a] for a in args]
                if op == "input":
                    whole = given[int(literal or 0)]
                    values.append(pairs.Pair(whole if whole.size == 1 else whole[block]))
                elif op == "const":
                    values.append(constants[position])
                elif op == "pow":
                    values.append(pairs.power(x[0], int(literal or 0)))
                else:
                    values.append(pairs.STEPS[op](*x))
                for a in args:  # give the memory of what is done with to what comes next
                    if last[a] == position:
                        values[a] = None
            yield block, [values[o] for o in program.outputs]
