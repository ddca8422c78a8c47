r"""Boundaries between the regions of two parameters, as polynomials.

The sign program run on polynomials in x and y gives polynomials whose zero sets hold every
boundary of the region map.  Most of their factors separate nothing.  Which do is decided by exact
evaluation: along lines across the box the roots of all factors are isolated, the equilibria on
either side of each root are read off exact signs, and a factor that alone vanishes at a root where
the set of supports changes is a boundary, with that root as its witness.

A boundary reported is proved.  One that misses every line, because it separates regions only along
an arc shorter than the spacing of the lines, is not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from hedging.analysis.box_signs import Box
from hedging.analysis.payoff_functions import fixed_values, polynomial_program, range_of
from hedging.analysis.payoff_polynomials import payoff_polynomials, sign_over
from hedging.analysis.real_roots import RealRoot, irreducible_factors, roots_between
from hedging.analysis.sign_readings import Reader, reader_of
from hedging.analysis.univariate import Polynomial
from hedging.equilibria.regions_code import support_label, support_order
from hedging.model import Model

__all__ = ["Boundary", "BoundaryAtlas", "region_boundaries"]

_LINES = 48
"""Lines across the box in each direction."""

Supports = tuple[str, ...]


@dataclass(frozen=True)
class Boundary:
    """A curve that separates regions.

    Attributes
    ----------
    polynomial : sympy.Expr
        Irreducible; the boundary is part of its zero set.
    between : tuple of (tuple of str, tuple of str)
        The sets of equilibrium supports found on its two sides, where it was crossed: first with
        the polynomial negative, then with it positive.
    witness : tuple of (float, float)
        A point of the boundary for each of them.
    """

    polynomial: Any
    between: tuple[tuple[Supports, Supports], ...]
    witness: tuple[tuple[float, float], ...]

    def solved(self, name: str) -> Any:
        """The boundary as a function: the parameter in terms of the other, or None.

        Examples
        --------
        >>> x, y = sympy.symbols("x y")
        >>> Boundary(x * y + x - 1, (), ()).solved("y")
        (1 - x)/x
        """
        symbol = sympy.Symbol(name)
        polynomial = sympy.Poly(self.polynomial, symbol)
        if polynomial.degree() != 1:
            return None
        a, b = polynomial.all_coeffs()
        return sympy.factor_terms(sympy.cancel(-b / a))

    def __str__(self) -> str:
        return f"{self.polynomial} = 0".replace("**", "^")


@dataclass(frozen=True)
class _Plane:
    """What a reader needs to know of payoffs over two parameters."""

    model: Model
    polynomials: NDArray[Any]


class BoundaryAtlas:
    """The boundaries of the region map of two parameters.

    Made by :func:`hedging.atlas`.

    Attributes
    ----------
    model : Model
    over : pair of str
    low, high : pairs of Fraction
        The box.
    fixed : dict of str to Fraction
    boundaries : tuple of Boundary
        Those that separate regions, simplest first.
    """

    def __init__(
        self,
        model: Model,
        over: tuple[str, str],
        box: Box,
        fixed: dict[str, Fraction],
        reader: Reader,
    ) -> None:
        self.model, self.over, self.fixed = model, over, fixed
        self.low, self.high = (box[0][0], box[1][0]), (box[0][1], box[1][1])
        self._reader = reader
        self._factors, self._signs = _factored(reader.outputs, box)
        self._known: dict[tuple[int, ...], Supports] = {}

    def __iter__(self) -> Any:
        return iter(self.boundaries)

    def __len__(self) -> int:
        return len(self.boundaries)

    def __repr__(self) -> str:
        return (
            f"<BoundaryAtlas of {self.model.name} over {', '.join(self.over)}: "
            f"{len(self.boundaries)} boundaries>"
        )

    def __str__(self) -> str:
        x, y = self.over
        head = f"Region boundaries of {self.model.name} over {x} and {y}"
        lines = [head]
        for boundary in self.boundaries:
            lines += ["", str(boundary)]
            for name in (y, x):
                solved = boundary.solved(name)
                if solved is not None:
                    lines.append(f"  {name} = {solved}".replace("**", "^"))
                    break
            for below, above in boundary.between:
                sides = (", ".join(side) or "none found" for side in (below, above))
                lines.append("  between " + " and ".join(f"{{{side}}}" for side in sides))
        if not self.boundaries:
            lines.append("none: one region")
        return "\n".join(lines)

    def latex(self) -> str:
        """The boundaries as displayed equations.

        Returns
        -------
        str
            Needs the package amsmath.
        """
        names = {sympy.Symbol(p.name): p.latex for p in self.model.parameters.values()}
        rows = [f"{sympy.latex(b.polynomial, symbol_names=names)} &= 0" for b in self.boundaries]
        return "\\[\n\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}\n\\]\n"

    @cached_property
    def boundaries(self) -> tuple[Boundary, ...]:
        """Those factors that separate regions somewhere on the box."""
        seen: dict[int, dict[tuple[Supports, Supports], tuple[float, float]]] = {}
        for direction in (0, 1):
            for value in self._lines(1 - direction):
                self._cross(direction, value, seen)
        found = [
            Boundary(self._expression(f), tuple(pairs), tuple(pairs.values()))
            for f, pairs in seen.items()
        ]
        found.sort(key=lambda b: (sympy.count_ops(b.polynomial), str(b.polynomial)))
        return tuple(found)

    def _expression(self, factor: int) -> Any:
        return self._factors[factor].as_expr()

    def _lines(self, axis: int) -> list[Fraction]:
        """Values of one parameter, off the round numbers at which boundaries like to meet."""
        low, high = self.low[axis], self.high[axis]
        shares = (Fraction(2 * k + 1, 2 * _LINES) + Fraction(1, 997) for k in range(_LINES))
        return [low + (high - low) * share for share in shares]

    def _cross(self, direction: int, value: Fraction, seen: Any) -> None:
        """Walk along one line in a direction and note the boundaries that are crossed."""
        low, high = self.low[direction], self.high[direction]
        along = [_restricted(f, 1 - direction, value) for f in self._factors]
        roots: dict[RealRoot, list[int]] = {}
        for number, p in enumerate(along):
            for irreducible, _ in irreducible_factors(p.primitive()):
                for root in roots_between(irreducible, low, high):
                    roots.setdefault(root, []).append(number)
        points = sorted(roots)
        ends = [RealRoot.rational(low), RealRoot.rational(high)]
        stops = [p for p in ends[:1] if p not in roots] + points
        stops += [p for p in ends[1:] if p not in roots]
        sides = []
        for left, right in pairwise(stops):
            sample = left.gap(right)
            signs = tuple(p.sign_at(sample) for p in along)
            sides.append((signs, self._supports(signs)))
        for (before, here), (after, there), root in zip(sides, sides[1:], stops[1:], strict=False):
            numbers = roots.get(root, [])
            if here == there or len(numbers) != 1:
                continue
            (number,) = numbers
            pair = (here, there) if before[number] < after[number] else (there, here)
            at = float(root), float(value)
            seen.setdefault(number, {}).setdefault(pair, at if direction == 0 else at[::-1])

    def _supports(self, signs: tuple[int, ...]) -> Supports:
        """Supports of the equilibria where the factors have these signs."""
        if signs not in self._known:
            outputs = []
            for constant, powers in self._signs:
                sign = constant
                for number, power in powers:
                    sign *= signs[number] ** power
                outputs.append(sign)
            reading = self._reader.read(outputs, None)
            masks = set() if reading is None else {f.support for f in reading.found}
            actions = self.model.actions
            labels = (support_label(m, actions) for m in sorted(masks, key=support_order))
            self._known[signs] = tuple(labels)
        return self._known[signs]

    def separates(
        self, factor: int, one: NDArray[np.float64], other: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Whether regions differ between pairs of points that only one polynomial parts.

        Parameters
        ----------
        factor : int
            Position of the polynomial; see :meth:`number_of`.
        one, other : float64 arrays, shape (2, N)
            Points a little to one side of its zeros, and to the other side.

        Returns
        -------
        bool array, shape (N,)
            By signs in doubles; False where another polynomial changes sign too.
        """
        sides = []
        for points in (one, other):
            values = [self.value(k, *points) for k in range(len(self._factors))]
            sides.append(np.sign(np.array(values)).astype(np.int64))
        changed = sides[0] != sides[1]
        found = changed[factor] & (changed.sum(axis=0) == 1)
        for k in np.flatnonzero(found).tolist():
            before, after = (tuple(side[:, k].tolist()) for side in sides)
            found[k] = self._supports(before) != self._supports(after)
        return np.asarray(found, dtype=np.bool_)

    def value(
        self, factor: int, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Values of one of the polynomials."""
        total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)))
        for (i, j), c in self._factors[factor].terms():
            total = total + float(c) * x**i * y**j
        return np.asarray(total, dtype=np.float64)

    def number_of(self, boundary: Boundary) -> int:
        """Position of a boundary's polynomial, for :meth:`value`."""
        return next(
            k for k in range(len(self._factors)) if self._expression(k) == boundary.polynomial
        )


def region_boundaries(
    model: Model,
    over: tuple[str, ...],
    bounds: tuple[Any, ...],
    fixed: Mapping[str, Any],
    *,
    pure: bool = False,
) -> BoundaryAtlas:
    """Boundaries of the region map of a model over two parameters.

    Parameters
    ----------
    model : Model
    over : two str
    bounds : two of (low, high) or None
    fixed : mapping of str to number
    pure : bool

    Raises
    ------
    FormulaError, ParameterError, UnknownNameError
        As for :func:`hedging.atlas`.

    Notes
    -----
    The time goes into factoring the polynomials of the sign program, a few milliseconds each.

    Examples
    --------
    >>> from hedging.families import catalogue
    >>> found = region_boundaries(
    ...     catalogue["hedging_bimatrix"], ("rivalry", "immunity"), (None, None), {}
    ... )
    >>> len(found) > 0
    True
    """
    values = fixed_values(model, over, fixed)
    box = tuple(range_of(model, name, b) for name, b in zip(over, bounds, strict=True))
    program = polynomial_program(model, over, values)
    polynomials = payoff_polynomials(model, program, over, values, box)
    reader = reader_of(_Plane(model, polynomials), pure)
    return BoundaryAtlas(model, (over[0], over[1]), box, values, reader)


def _factored(outputs: list[Any], box: Box) -> tuple[list[Any], list[tuple[int, Any]]]:
    """Irreducible factors that may vanish on the box, and every output in terms of them."""
    factors: dict[Any, int] = {}
    constant: dict[Any, int] = {}
    rows: list[tuple[int, Any]] = []
    for output in outputs:
        if isinstance(output, Polynomial) or not output or output.is_ground:
            number = output if not isinstance(output, Polynomial) else output.at(Fraction(0))
            value = 0 if not number else int(np.sign(float(getattr(number, "LC", number))))
            rows.append((value, ()))
            continue
        coefficient, parts = output.factor_list()
        sign = 1 if coefficient > 0 else -1
        powers = []
        for part, power in parts:
            _, primitive = part.clear_denoms()[1].primitive()
            if primitive.LC < 0:
                primitive, sign = -primitive, sign * (-1) ** power
            if primitive not in constant:
                constant[primitive] = sign_over(primitive, box)
            if constant[primitive]:
                sign *= constant[primitive] ** power
            else:
                powers.append((factors.setdefault(primitive, len(factors)), power))
        rows.append((sign, tuple(powers)))
    return list(factors), rows


def _restricted(polynomial: Any, axis: int, value: Fraction) -> Polynomial:
    """A positive multiple of a polynomial in two variables on a line where one is fixed."""
    degree = max(e[axis] for e, _ in polynomial.terms())
    coefficients: dict[int, int] = {}
    p, q = value.numerator, value.denominator
    for exponents, c in polynomial.terms():
        scaled = int(c) * p ** exponents[axis] * q ** (degree - exponents[axis])
        coefficients[exponents[1 - axis]] = coefficients.get(exponents[1 - axis], 0) + scaled
    return Polynomial([coefficients.get(k, 0) for k in range(max(coefficients) + 1)])
