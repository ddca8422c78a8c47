r"""All equilibria of a model as exact functions of one parameter: :func:`atlas`.

The fourth arithmetic of the sign program.  Doubles answer at a million points, intervals over
boxes, rationals at a knife edge; here the polynomials themselves are read, so that the answer is a
list of formulas and of the exact values at which they change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging import __version__, formula
from hedging.analysis.closed_forms import Branch, Piece
from hedging.analysis.correspondence import correspondence, joined
from hedging.analysis.payoff_functions import PayoffFunctions, payoff_functions
from hedging.analysis.sign_readings import reader_of
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.result import Equilibria
from hedging.errors import HedgingTypeError, ParameterError
from hedging.game import Game
from hedging.model import Model

if TYPE_CHECKING:
    import xarray as xr

    from hedging.analysis.region_boundaries import BoundaryAtlas

__all__ = ["Atlas", "atlas"]


def atlas(
    model: Model,
    over: str | Sequence[str] | Mapping[str, Any],
    *,
    pure: bool = False,
    **fixed: Any,
) -> Atlas | BoundaryAtlas:
    r"""Equilibria of a model as exact functions of a parameter, or region boundaries of two.

    Parameters
    ----------
    model : Model
        Two players with at most 5 actions for one of them; three players of whom one has payoffs
        additive in two binary others (:mod:`hedging.equilibria.linear_signs`); of any other
        game the pure equilibria.  What varies may enter payoffs by + - * / and whole powers; one
        parameter also in min, max, abs and conditions.
    over : str, pair of str, or mapping of str to (low, high)
        The parameter that varies, over its whole range or the part given; two of them for the
        boundaries between regions.
    pure : bool
        Look for pure equilibria only.
    **fixed : number
        Values of other parameters; defaults for the rest.  All are read as ``model(exact=True)``
        reads them: 0.757 is 757/1000.

    Returns
    -------
    Atlas
        For one parameter: pieces of its range, on each all equilibria in closed form.
    BoundaryAtlas
        For two: the polynomials whose zeros are the boundaries.

    Raises
    ------
    FormulaError
        If a payoff is no rational function of what varies.
    ParameterError
        If a payoff has a pole in the range, or the game is too large.
    UnknownNameError
        If a name is no parameter.

    See Also
    --------
    hedging.conditions : when one profile is an equilibrium, in several parameters.
    hedging.plot.bifurcation, hedging.plot.boundaries : pictures of the two kinds of atlas.

    Notes
    -----
    Everything is exact: real roots are isolated with rational ends, signs at irrational values come
    from divisibility.  A 3 x 3 game with quadratic payoffs takes some ten milliseconds, a
    4 x 4 game some hundred; time grows with the number of determinants (24 and 104) and
    their degree.

    At ties of three players that signs do not settle, the equilibria of games with a rational
    parameter are solved for in rationals, and limits of those beside the tie are added; the
    status then says that there may be more.

    Examples
    --------
    >>> from hedging.families import catalogue
    >>> found = atlas(catalogue["sphere_division"], over="entry_cost_a")
    >>> found.breakpoints
    (7/50,)
    >>> [branch.support for branch in found.piece(0.1)]
    ['encroach|encroach']
    >>> print(found.piece(0.1).branches[0].payoff["A"])
    24/25 - entry_cost_a
    """
    names, bounds = _read_over(over)
    if len(names) == 2:
        from hedging.analysis.region_boundaries import region_boundaries

        return region_boundaries(model, names, bounds, fixed, pure=pure)
    return Atlas(payoff_functions(model, names[0], fixed, bounds[0]), pure=pure)


def _read_over(over: Any) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    if isinstance(over, str):
        return (over,), (None,)
    if isinstance(over, Mapping):
        names, bounds = tuple(over), tuple(over.values())
    elif isinstance(over, Sequence):
        names, bounds = tuple(over), (None,) * len(over)
    else:
        names, bounds = (), ()
    if len(names) not in (1, 2) or not all(isinstance(n, str) for n in names):
        msg = f"over is {over!r}; give one parameter such as 'immunity', or two different ones"
        raise HedgingTypeError(msg)
    if len(set(names)) < len(names):
        msg = f"over names {names[0]!r} twice; give two different parameters"
        raise ParameterError(msg)
    return names, bounds


class Atlas:
    """The equilibrium correspondence of a model over one parameter.

    Made by :func:`hedging.atlas`; prints as a table.

    Attributes
    ----------
    model : Model
    over : str
        The parameter that varies.
    fixed : dict of str to Fraction
        All other parameters.
    pieces : tuple of Piece
        Disjoint, in order, together the whole range.
    complete : bool
        False if only pure equilibria were looked for although others may exist.
    """

    def __init__(self, parts: list[PayoffFunctions], *, pure: bool = False) -> None:
        self.model, self.over, self.fixed = parts[0].model, parts[0].over, parts[0].fixed
        readers = [reader_of(functions, pure) for functions in parts]
        stretches = [
            stretch
            for functions, reader in zip(parts, readers, strict=True)
            for stretch in correspondence(functions, reader)
        ]
        self.pieces = tuple(Piece(stretch) for stretch in joined(stretches))
        self.complete = not any(reader.pure_only for reader in readers)

    def __iter__(self) -> Iterator[Piece]:
        return iter(self.pieces)

    def __len__(self) -> int:
        return len(self.pieces)

    def __repr__(self) -> str:
        count = len(self.breakpoints)
        return f"<Atlas of {self.model.name} over {self.over}: {count} breakpoints>"

    def __str__(self) -> str:
        from hedging.analysis.atlas_text import as_text

        return as_text(self)

    def latex(self) -> str:
        """The table in LaTeX: ranges, probabilities, payoffs and their derivatives.

        Returns
        -------
        str
            Needs the package amsmath.
        """
        from hedging.analysis.atlas_text import as_latex

        return as_latex(self)

    def _repr_latex_(self) -> str:
        return self.latex()

    @cached_property
    def breakpoints(self) -> tuple[Any, ...]:
        """Values strictly inside the range at which the equilibria change, as sympy numbers."""
        found: dict[Any, None] = {}
        for left, right in pairwise(self.pieces):
            at_start = left.is_point and left is self.pieces[0]
            at_end = right.is_point and right is self.pieces[-1]
            if not at_start and not at_end:
                found[right.low] = None
        return tuple(found)

    def piece(self, value: Any) -> Piece:
        """The piece on which a value of the parameter lies.

        Raises
        ------
        ParameterError
            If the value is outside the range.
        """
        exact = formula.exact_number(value)
        for piece in self.pieces:
            if piece.holds(exact):
                return piece
        low, high = self.pieces[0].low, self.pieces[-1].high
        msg = f"{self.over} = {value} is outside the atlas; give a value in [{low}, {high}]"
        raise ParameterError(msg)

    def evaluate(self, values: ArrayLike) -> xr.Dataset:
        """Equilibria at given values of the parameter, from the closed forms.

        Parameters
        ----------
        values : array_like, shape (N,)
            Floats are read as decimals: 0.2 is one fifth, and a breakpoint if 1/5 is one.

        Returns
        -------
        xarray.Dataset
            As :func:`hedging.nash` gives for ``model(over=values)``, along the parameter.

        Raises
        ------
        ParameterError
            If a value is outside the range.

        Notes
        -----
        Regret is computed afresh from the payoffs at the same values, in doubles.
        """
        from hedging.solving import labelled

        given = np.atleast_1d(np.asarray(values, dtype=object))
        if given.ndim != 1:
            msg = f"values have shape {given.shape}; give a list of numbers"
            raise ParameterError(msg)
        exact = [formula.exact_number(v) for v in given.tolist()]
        floats = np.array([float(v) for v in exact])
        pieces = [self.piece(v) for v in exact]
        rows: list[tuple[Branch, list[float]]] = []
        for value, piece in zip(exact, pieces, strict=True):
            rows += [(branch, [float(p) for p in branch.at(value)]) for branch in piece]
        offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
        found = Equilibria(
            offsets.astype(np.int64),
            np.array([p for _, p in rows]).reshape(len(rows), sum(self.model.shape)),
            _column(rows, "mask", np.uint64),
            _column(rows, "index", np.int8),
            _column(rows, "isolated", np.bool_),
            _column(rows, "component", np.int32),
            np.array([piece.status for piece in pieces], dtype=np.uint8),
        )
        point: dict[str, Any] = {name: float(v) for name, v in self.fixed.items()}
        point[self.over] = floats
        payoffs = self.model(**point).payoffs
        game = Game(
            payoffs,
            self.model.players,
            self.model.actions,
            batch_dims=[self.over],
            check_finite=False,
        )
        ds = labelled(game, found, *payoffs_and_regret(game.payoffs, found))
        parameter = self.model.parameters[self.over]
        attrs = {"long_name": parameter.meaning or self.over, "units": parameter.unit}
        ds = ds.assign_coords({self.over: (self.over, floats, attrs)})
        return ds.assign_attrs(method="atlas", version=__version__)

    def to_dataset(self) -> xr.Dataset:
        """Pieces and closed forms as a table of text and numbers.

        Returns
        -------
        xarray.Dataset
            Dimensions ``piece``, ``equilibrium``, ``choice``, ``player``; ``low`` and ``high`` as
            doubles, with the exact ends in ``range``; ``probability``, ``payoff`` and their
            derivatives as formulas (empty beyond ``count``); ``support``, ``index``, ``isolated``,
            ``component``, ``count`` and ``status`` as in :func:`hedging.nash`.
        """
        from hedging.analysis.atlas_text import as_dataset

        return as_dataset(self)


def _column(rows: list[tuple[Branch, list[float]]], name: str, kind: Any) -> NDArray[Any]:
    return np.array([getattr(branch, name) for branch, _ in rows], dtype=kind)
