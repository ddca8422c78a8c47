"""Solution concepts other than Nash equilibrium, at every point of a sweep.

Each needs the payoffs at a point and nothing else: the logit response at one rationality
(:mod:`hedging.equilibria.logit`), the correlated equilibrium that is best by a linear objective
(:mod:`hedging.equilibria.correlated`), the actions that survive iterated elimination
(:mod:`hedging.equilibria.rationalisable`), and, in symmetric games of two, which mixes of
actions are rest points of the replicator dynamics and how stable
(:mod:`hedging.equilibria.replicator`).  A rest point is named by its face, the actions in use:
each face has one at most, or a continuum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.axes import closest
from hedging.errors import ParameterError, Status, UnknownNameError
from hedging.program.graph import Program

__all__ = ["ConceptOptions", "check_symmetric", "concept_values", "faces", "read_concepts"]

_NO_REST_POINT = 255
_CONTINUUM = 254


@dataclass(frozen=True, slots=True)
class ConceptOptions:
    """What the concepts of a report need to know.

    Attributes
    ----------
    names : tuple of str
        Of :data:`hedging.engine.report.CONCEPTS`.
    rationality : float
        Of the logit response, in units of ``unit``.
    weights : tuple of float
        Weight of each player's payoff in the objective of the correlated equilibrium.
    unit : str
        Of :data:`hedging.equilibria.logit.UNITS`.
    coarse : bool
        Whether the correlated equilibria are coarse ones.
    """

    names: tuple[str, ...]
    rationality: float
    weights: tuple[float, ...]
    unit: str = "range"
    coarse: bool = False


def read_concepts(
    names: Sequence[str],
    players: Sequence[str],
    rationality: Any,
    maximise: Any,
    unit: str = "range",
    concept: str = "correlated",
) -> ConceptOptions:
    """Check the options of the concepts a report asks for.

    Raises
    ------
    ParameterError
        If the rationality is no finite number from 0, or the concept is unknown.
    UnknownNameError
        If ``maximise`` is neither "welfare" nor a player.
    """
    try:
        level = float(rationality)
    except (TypeError, ValueError):
        level = -1.0
    if not 0 <= level < np.inf:
        msg = (
            f"rationality is {rationality!r}; type a finite number from 0, or ask for the limit "
            "by report='selected', rule='logit'"
        )
        raise ParameterError(msg)
    if maximise != "welfare" and maximise not in players:
        msg = f"maximise is {maximise!r}; {closest(str(maximise), ['welfare', *players])}"
        raise UnknownNameError(msg)
    if concept not in ("correlated", "coarse"):
        msg = f"concept {concept!r} given; choose 'correlated' or 'coarse'"
        raise ParameterError(msg)
    weights = tuple(1.0 if maximise in ("welfare", player) else 0.0 for player in players)
    return ConceptOptions(tuple(names), level, weights, unit, concept == "coarse")


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
        (N, C), ``rest_stability`` and ``ess`` (N, 2^m - 1): those asked for; NaN, False or 255
        where there is no answer.
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

        read = branches(chosen, [options.rationality], unit=options.unit)
        values["logit"] = _spread(read.probability[:, 0], games, len(payoffs))
        missing = np.isnan(read.probability[:, 0]).any(axis=1)
        status[games[missing]] = Status.NO_CONVERGENCE
    if "correlated" in options.names:
        from hedging.equilibria.correlated import solve

        weighted = np.einsum("i,gi...->g...", np.array(options.weights), chosen)
        goal = weighted.reshape(len(chosen), prod(shape))
        best = solve(chosen, goal, coarse=options.coarse)
        values["correlated"] = _spread(best.probability, games, len(payoffs))
        values["correlated_value"] = _spread(best.value, games, len(payoffs))
        wrong = best.status != Status.OK
        status[games[wrong]] = best.status[wrong]
    if "rationalisable" in options.names:
        from hedging.equilibria.rationalisable import eliminate

        kept = np.zeros((len(payoffs), sum(shape)), dtype=np.bool_)
        kept[games] = eliminate(chosen).kept
        values["rationalisable"] = kept
    if "evolution" in options.names:
        values |= _evolution(chosen[:, 0], games, len(payoffs))
    return values, status


def faces(actions: Sequence[str]) -> list[str]:
    """Names of the faces of the simplex: by number of actions in use, then in action order.

    Examples
    --------
    >>> faces(["bloc", "hedge"])
    ['bloc', 'hedge', 'bloc+hedge']
    """
    sizes = range(1, len(actions) + 1)
    return ["+".join(some) for k in sizes for some in combinations(actions, k)]


def check_symmetric(program: Program, shape: Sequence[int]) -> None:
    """Refuse a model whose formulas do not make a symmetric game of two.

    Raises
    ------
    ParameterError
        If the players are not two, or their formulas differ after exchanging the players.
    """
    m = shape[0]
    same = len(shape) == 2 and m == shape[1]
    out = program.outputs
    same = same and all(
        out[i * m + j] == out[m * m + j * m + i] for i in range(m) for j in range(m)
    )
    if not same:
        msg = "'evolution' is asked of a model that is no symmetric game of two; leave it out"
        raise ParameterError(msg)


def _evolution(
    matrices: NDArray[np.float64], games: NDArray[np.int64], size: int
) -> dict[str, NDArray[Any]]:
    from hedging.equilibria.replicator import rest_points

    m = matrices.shape[-1] if matrices.ndim == 3 else 0
    place = {some: k for k, some in enumerate(_subsets(m))}
    stability = np.full((size, len(place)), _NO_REST_POINT, dtype=np.uint8)
    ess = np.zeros((size, len(place)), dtype=np.bool_)
    for game, matrix in zip(games.tolist(), matrices, strict=True):
        found = rest_points(matrix)
        for some in found.continua:
            stability[game, place[tuple(some)]] = _CONTINUUM
        for row, point in enumerate(found.probability):
            face = place[tuple(a for a in range(m) if point[a] > 0)]
            stability[game, face] = found.stability[row]
            ess[game, face] = found.ess[row]
    return {"rest_stability": stability, "ess": ess}


def _subsets(m: int) -> list[tuple[int, ...]]:
    return [some for k in range(1, m + 1) for some in combinations(range(m), k)]


def _spread(some: NDArray[Any], games: NDArray[np.int64], size: int) -> NDArray[Any]:
    whole = np.full((size, *some.shape[1:]), np.nan)
    whole[games] = some
    return whole
