"""Where a sweep looks: grids and quasi-random samples of a parameter box.

A *design* is a finite sequence of points of a parameter space together with its shape.

* A :class:`Grid` is a product of axes ``X_1 x ... x X_d``; its points are numbered in C order, the
  last axis fastest, so point ``i`` has coordinates ``divmod`` by the axis lengths.
* A :class:`Sample` is a scrambled Sobol sequence ``u_0, ..., u_{n-1}`` in the unit cube, each
  column scaled to its parameter's range: ``low + u (high - low)``, where ``u`` is never 0.

Neither knows a model nor who runs it.  Both describe themselves without holding their points, so a
design far too large to compute can still be named, measured and refused.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hedging.engine.axes import Axis, closest, finite, is_positive_int, listed, spaced
from hedging.errors import HedgingTypeError, ParameterError, UnknownNameError

__all__ = ["Design", "Grid", "Sample", "grid", "sample"]

Floats = NDArray[np.float64]

_SOBOL_BITS = 30
"""A Sobol sequence of b bits has 2**b points; 30 is what scipy uses by default."""


class Design(Protocol):
    """What the runner asks of a design."""

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that vary."""

    @property
    def dims(self) -> tuple[str, ...]:
        """Dimensions of the result."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""

    @property
    def size(self) -> int:
        """Number of points, an exact Python int however large."""

    @property
    def nbytes(self) -> int:
        """Memory its values take once computed."""

    def columns(self) -> dict[str, Floats]:
        """Values of each varying parameter along its own dimension."""

    def points(self, start: int, stop: int) -> dict[str, Floats]:
        """Parameter values of the points numbered ``start`` to ``stop - 1``."""

    def to_dict(self) -> dict[str, Any]:
        """Description from which the design can be rebuilt, ready for JSON."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Every combination of the values of some axes.  Made by :func:`grid`."""

    axes: tuple[Axis, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that vary, in the order given."""
        return tuple(axis.name for axis in self.axes)

    @property
    def dims(self) -> tuple[str, ...]:
        """The same as :attr:`names`: each parameter has its own dimension."""
        return self.names

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(axis.number for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Memory the axes take."""
        return 8 * sum(self.shape)

    def columns(self) -> dict[str, Floats]:
        """Values along each axis."""
        return {axis.name: axis.values for axis in self.axes}

    def points(self, start: int, stop: int) -> dict[str, Floats]:
        """Parameter values of points ``start`` to ``stop - 1`` in C order."""
        positions = np.unravel_index(np.arange(start, stop), self.shape)
        return {a.name: a.values[p] for a, p in zip(self.axes, positions, strict=True)}

    def to_dict(self) -> dict[str, Any]:
        """Description for provenance: ends and number, or the values themselves."""

        def describe(axis: Axis) -> dict[str, Any]:
            if axis.explicit is not None:
                return {"name": axis.name, "values": axis.explicit.tolist()}
            return {"name": axis.name, "low": axis.low, "high": axis.high, "number": axis.number}

        return {"kind": "grid", "axes": [describe(axis) for axis in self.axes]}

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> Grid:
        """Inverse of :meth:`to_dict`."""
        specs: dict[str, Any] = {
            a["name"]: a["values"] if "values" in a else (a["low"], a["high"], a["number"])
            for a in description["axes"]
        }
        return grid(**specs)

    def __repr__(self) -> str:
        inner = ", ".join(
            f"{a.name}=({a.low:g}, {a.high:g}, {a.number})"
            if a.explicit is None
            else f"{a.name}=<{a.number} values>"
            for a in self.axes
        )
        return f"grid({inner})"


def grid(**axes: Any) -> Grid:
    """A rectangular grid of parameter values.

    Parameters
    ----------
    **axes
        One per parameter, in the order the result's dimensions should have: a tuple
        ``(low, high, number)`` of evenly spaced values, both ends included (``number`` 1 means
        ``low`` alone, as in :func:`numpy.linspace`), or a list or 1-D array of distinct values in
        any order.

    Returns
    -------
    Grid
        Holds no points yet: a grid too large to run costs nothing to describe.

    Raises
    ------
    ParameterError
        If there is no axis, or an axis is empty, not numeric, not finite, upside down, repeats a
        value, or has a number of points that is no positive int.

    Examples
    --------
    >>> grid(rivalry=(0, 5, 401), immunity=(0, 1, 401))
    grid(rivalry=(0, 5, 401), immunity=(0, 1, 401))
    >>> grid(rivalry=(0, 5, 3), immunity=[0.5, 0.25]).points(1, 4)
    {'rivalry': array([0. , 2.5, 2.5]), 'immunity': array([0.25, 0.5 , 0.25])}
    """
    if not axes:
        msg = "a grid needs at least one axis; type grid(parameter=(low, high, number))"
        raise ParameterError(msg)
    made = (
        spaced(name, spec) if isinstance(spec, tuple) else listed(name, spec)
        for name, spec in axes.items()
    )
    return Grid(tuple(made))


@dataclass(frozen=True, eq=False)
class Sample:
    """Scrambled Sobol points in a box, along one dimension ``point``.  Made by :func:`sample`.

    Attributes
    ----------
    size : int
        Number of points.
    bounds : mapping of str to (float, float)
        Range of each sampled parameter, in order.
    entropy : tuple of int
        What seeds the scrambling; the same entropy gives the same points.
    """

    size: int
    bounds: Mapping[str, tuple[float, float]]
    entropy: tuple[int, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that vary, in the order of the bounds."""
        return tuple(self.bounds)

    @property
    def dims(self) -> tuple[str, ...]:
        """One dimension, ``point``."""
        return ("point",)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of points, as a tuple."""
        return (self.size,)

    @property
    def nbytes(self) -> int:
        """Memory the points take, twice while they are made."""
        return 16 * self.size * len(self.bounds)

    @cached_property
    def values(self) -> Floats:
        """All points, shape (size, number of parameters), computed on first use."""
        from scipy.stats import qmc

        # scipy renamed the argument from `seed` to `rng` in 1.15.
        takes_rng = "rng" in inspect.signature(qmc.Sobol).parameters
        rng = np.random.default_rng(list(self.entropy))
        options: dict[str, Any] = {"rng": rng} if takes_rng else {"seed": rng}
        sequence = qmc.Sobol(len(self.bounds), scramble=True, bits=_SOBOL_BITS, **options)
        # The first n of the next power of two: the same points scipy would give for n, without
        # its warning that n is unbalanced, which `sample` says in its own documentation.
        unit = sequence.random_base2((self.size - 1).bit_length())[: self.size]
        # A range may exclude its low end: the one coordinate 0 moves to the middle of its cell.
        unit = np.maximum(unit, 0.5 ** (_SOBOL_BITS + 1))
        low, high = np.array(list(self.bounds.values())).T
        values: Floats = np.clip(low + unit * (high - low), low, high)
        values.setflags(write=False)
        return values

    def columns(self) -> dict[str, Floats]:
        """Values of each parameter along ``point``."""
        return {name: self.values[:, k] for k, name in enumerate(self.names)}

    def points(self, start: int, stop: int) -> dict[str, Floats]:
        """Parameter values of points ``start`` to ``stop - 1``."""
        return {name: column[start:stop] for name, column in self.columns().items()}

    def to_dict(self) -> dict[str, Any]:
        """Description for provenance; the points follow from the entropy."""
        bounds = [{"name": n, "low": low, "high": high} for n, (low, high) in self.bounds.items()]
        return {
            "kind": "sample",
            "number": self.size,
            "bounds": bounds,
            "entropy": list(self.entropy),
        }

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> Sample:
        """Inverse of :meth:`to_dict`."""
        bounds = {b["name"]: (float(b["low"]), float(b["high"])) for b in description["bounds"]}
        return cls(int(description["number"]), bounds, tuple(map(int, description["entropy"])))

    def __repr__(self) -> str:
        return f"<sample of {self.size} points over {', '.join(self.names)}>"


def _bounds_of(model_or_bounds: Any) -> dict[str, tuple[Any, Any]]:
    parameters = getattr(model_or_bounds, "parameters", None)
    if parameters is not None:
        return {name: (p.low, p.high) for name, p in parameters.items()}
    if not isinstance(model_or_bounds, Mapping):
        msg = (
            f"sample over a {type(model_or_bounds).__name__}; give a model, "
            "or bounds such as {'rivalry': (0, 5)}"
        )
        raise HedgingTypeError(msg)
    bounds: dict[str, tuple[Any, Any]] = {}
    for name, pair in model_or_bounds.items():
        try:
            low, high = pair
        except (TypeError, ValueError):
            msg = f"bounds of {name!r} are {pair!r}; type a pair (low, high)"
            raise ParameterError(msg) from None
        bounds[str(name)] = (low, high)
    return bounds


def sample(
    n: int,
    model_or_bounds: Any,
    *,
    over: str | Sequence[str] | None = None,
    rng: Any = None,
) -> Sample:
    """Scrambled Sobol points that fill a parameter box evenly.

    Parameters
    ----------
    n : int
        Number of points.  Powers of two are best: only then does every dyadic slice of the box
        hold its exact share.  Any other n takes the first n points of the sequence.
    model_or_bounds : Model or mapping of str to (low, high)
        A model's parameters are sampled over the bounds it declares.
    over : str or sequence of str, optional
        Sample these parameters only; the others stay fixed at sweep time.
    rng : optional, keyword only
        Anything :func:`numpy.random.default_rng` takes.  The same seed gives the same points.

    Returns
    -------
    Sample
        Its points lie along one dimension ``point``.

    Raises
    ------
    ParameterError
        If n is no positive int or above 2**30, or a bound is missing, not finite or upside down.
    UnknownNameError
        If ``over`` names something that is not there.

    References
    ----------
    A. B. Owen, "Scrambling Sobol' and Niederreiter-Xing points", J. Complexity 14 (1998) 466-489.

    Examples
    --------
    >>> box = sample(256, {"rivalry": (0, 5), "immunity": (0, 1)}, rng=1)
    >>> box.values.shape
    (256, 2)
    >>> int((box.values[:, 0] < 2.5).sum())    # exactly half of the points in half of the box
    128
    """
    if not is_positive_int(n):
        msg = f"a sample of {n!r} points; type a positive int, best a power of two such as 1024"
        raise ParameterError(msg)
    if n > 2**_SOBOL_BITS:
        msg = f"a sample of {n} points; a Sobol sequence here has at most 2**{_SOBOL_BITS}"
        raise ParameterError(msg)
    bounds = _bounds_of(model_or_bounds)
    if over is not None:
        wanted = [over] if isinstance(over, str) else list(over)
        for name in wanted:
            if name not in bounds:
                msg = f"over names {name!r}, which is no parameter; {closest(name, bounds)}"
                raise UnknownNameError(msg)
        bounds = {name: bounds[name] for name in dict.fromkeys(wanted)}
    if not bounds:
        msg = "a sample over no parameter; give at least one, as in {'rivalry': (0, 5)}"
        raise ParameterError(msg)
    checked: dict[str, tuple[float, float]] = {}
    for name, (low, high) in bounds.items():
        ends = finite(name, "low bound", low), finite(name, "high bound", high)
        if ends[0] > ends[1]:
            msg = f"bounds of {name!r} are {ends}; type the lower one first, {ends[::-1]}"
            raise ParameterError(msg)
        checked[name] = ends
    # Four words drawn from whatever was given: a generator passed in advances as users
    # expect, and these words alone are enough to draw the same points again.
    words = np.random.default_rng(rng).integers(0, 2**32, size=4, dtype=np.uint64)
    return Sample(int(n), checked, tuple(int(w) for w in words))
