"""Solution concepts other than Nash equilibrium, at every point of a sweep.

Each needs the payoffs at a point and nothing else: the logit response at one rationality
(:mod:`hedging.equilibria.logit`), the correlated equilibrium that is best by a linear objective
(:mod:`hedging.equilibria.correlated`), the actions that survive iterated elimination
(:mod:`hedging.equilibria.rationalisable`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.axes import closest
from hedging.errors import ParameterError, Status, UnknownNameError

__all__ = ["ConceptOptions", "concept_values", "read_concepts"]


@dataclass(frozen=True, slots=True)
class ConceptOptions:
    """What the concepts of a report need to know.

    Attributes
    ----------
    names : tuple of str
        Of :data:`hedging.engine.report.CONCEPTS`.
    rationality : float
        Of the logit response, in payoff ranges of each player; inf is the limit.
    weights : tuple of float
        Weight of each player's payoff in the objective of the correlated equilibrium.
    """

    names: tuple[str, ...]
    rationality: float
    weights: tuple[float, ...]


def read_concepts(
    names: Sequence[str], players: Sequence[str], rationality: Any, maximise: Any
) -> ConceptOptions:
    """Check the options of the concepts a report asks for.

    Raises
    ------
    ParameterError
        If the rationality is no number from 0 to inf.
    UnknownNameError
        If ``maximise`` is neither "welfare" nor a player.
    """
    try:
        level = float(rationality)
    except (TypeError, ValueError):
        level = -1.0
    if not level >= 0:
        msg = f"rationality is {rationality!r}; type one number from 0 to inf"
        raise ParameterError(msg)
    if maximise != "welfare" and maximise not in players:
        msg = f"maximise is {maximise!r}; {closest(str(maximise), ['welfare', *players])}"
        raise UnknownNameError(msg)
    weights = tuple(1.0 if maximise in ("welfare", player) else 0.0 for player in players)
    return ConceptOptions(tuple(names), level, weights)


def concept_values(
    payoffs: NDArray[np.float64], options: ConceptOptions
) -> tuple[dict[str, NDArray[Any]], NDArray[np.uint8]]:
    """Values of the concepts for N games, and their status.

    Parameters
    ----------
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)
    options : ConceptOptions

    Returns
    -------
    values : dict
        ``logit`` (N, C), ``correlated`` (N, F) and ``correlated_value`` (N,), ``rationalisable``
        (N, C): those asked for; NaN or False where there is no answer.
    status : uint8 array, shape (N,)
        The worst status of any of them.
    """
    finite = np.isfinite(payoffs).all(axis=tuple(range(1, payoffs.ndim)))
    status = np.where(finite, Status.OK, Status.NONFINITE).astype(np.uint8)
    games = np.flatnonzero(finite)
    chosen = payoffs[games]
    shape = payoffs.shape[2:]
    values: dict[str, NDArray[Any]] = {}
    if "logit" in options.names:
        from hedging.equilibria.logit import branches

        read = branches(chosen, [options.rationality])
        values["logit"] = _spread(read.probability[:, 0], games, len(payoffs))
        missing = np.isnan(read.probability[:, 0]).any(axis=1)
        status[games[missing]] = Status.NO_CONVERGENCE
    if "correlated" in options.names:
        from hedging.equilibria.correlated import solve

        weighted = np.einsum("i,gi...->g...", np.array(options.weights), chosen)
        best = solve(chosen, weighted.reshape(len(chosen), prod(shape)))
        values["correlated"] = _spread(best.probability, games, len(payoffs))
        values["correlated_value"] = _spread(best.value, games, len(payoffs))
        wrong = best.status != Status.OK
        status[games[wrong]] = best.status[wrong]
    if "rationalisable" in options.names:
        from hedging.equilibria.rationalisable import eliminate

        kept = np.zeros((len(payoffs), sum(shape)), dtype=np.bool_)
        kept[games] = eliminate(chosen).kept
        values["rationalisable"] = kept
    return values, status


def _spread(some: NDArray[Any], games: NDArray[np.int64], size: int) -> NDArray[Any]:
    whole = np.full((size, *some.shape[1:]), np.nan)
    whole[games] = some
    return whole
