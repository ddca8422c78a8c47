r"""Where the payoffs of a game come from: a model at known parameters.

A model's payoffs in doubles are rounded, so whether two of them tie cannot be told from the
doubles alone.  A game that a model made remembers the model and the parameters; solvers ask it
for a bound on the rounding error and, where that leaves a tie open, for the exact payoffs at
these parameters, each taken as exactly the double it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.games.batches import take

if TYPE_CHECKING:
    from hedging.model import Model

__all__ = ["Origin"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Origin:
    """The model and the parameters of a game or of a batch of games.

    Parameters
    ----------
    model : Model
    values : mapping of str to float64 array
        Every parameter of the model; the shapes broadcast to ``shape``.
    shape : tuple of int
        Shape of the batch that the values make.
    positions : int array, optional
        Flat positions in that batch of the games that are left of it; by default all.
    """

    __slots__ = ("_all", "_error", "_positions", "model", "shape", "values")

    def __init__(
        self,
        model: Model,
        values: Mapping[str, Floats],
        shape: tuple[int, ...],
        positions: Ints | None = None,
    ) -> None:
        self.model, self.values, self.shape = model, values, shape
        self._positions = positions
        self._all: Ints | None = None
        self._error: Floats | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # One game of a large batch takes its own values along, not those of the batch.
        if self._positions is None:
            return Origin, (self.model, self.values, self.shape)
        values = self._columns(self._positions)
        return Origin, (self.model, values, self._positions.shape)

    @property
    def positions(self) -> Ints:
        """Flat positions of the games in the batch that the values make."""
        if self._positions is not None:
            return self._positions
        if self._all is None:  # kept, for whoever takes the games one by one
            self._all = np.arange(np.prod(self.shape, dtype=np.int64)).reshape(self.shape)
        return self._all

    def take(self, keys: Sequence[Any]) -> Origin:
        """The origin of some of the games; see :func:`hedging.games.batches.take`."""
        left = np.asarray(take(self.positions, keys))
        return Origin(self.model, self.values, self.shape, left)

    def _columns(self, positions: Ints) -> dict[str, Floats]:
        at = np.unravel_index(positions, self.shape) if self.shape else ()
        return {
            name: value if value.ndim == 0 else np.broadcast_to(value, self.shape)[at]
            for name, value in self.values.items()
        }

    def payoff_error(self) -> Floats:
        """Bound on the distance of each player's payoffs from the true ones.

        Returns
        -------
        float64 array, shape (N, n)
            For the N games in C order of their batch.
        """
        if self._error is None:
            values, shape = self.values, self.shape
            if self._positions is not None:
                values, shape = self._columns(self._positions), self._positions.shape
            _, errors = self.model.evaluate(values, check_bounds=False)
            players = len(self.model.players)
            self._error = np.broadcast_to(errors, (*shape, players)).reshape(-1, players)
        return self._error

    def exact_payoffs(self, games: Ints) -> tuple[NDArray[Any], NDArray[np.bool_]] | None:
        """True payoffs of some games.

        Parameters
        ----------
        games : int array, shape (K,)
            Numbers of games in C order of their batch.

        Returns
        -------
        payoffs : object array of Fraction, shape (K, n, m_1, ..., m_n)
        undefined : bool array, shape (K,)
            True where there are none, because rounding hid a division by zero; 0 is put there.

        or None if the formulas are irrational.
        """
        if not self.model.program.is_rational:
            return None
        columns = self._columns(self.positions.reshape(-1)[games])
        payoffs = np.empty((len(games), len(self.model.players), *self.model.shape), dtype=object)
        undefined = np.zeros(len(games), dtype=np.bool_)
        for k in range(len(games)):
            point = {name: float(v if v.ndim == 0 else v[k]) for name, v in columns.items()}
            try:
                payoffs[k] = self.model.evaluate_exact(point)
            except ZeroDivisionError:
                payoffs[k] = 0
                undefined[k] = True
        return payoffs, undefined
