"""Populations and learners: what spreads, and what players learn.

:func:`replicator` is this package's own; :func:`moran` and :func:`fictitious_play` hand the
game to Nashpy, which has both, and label what comes back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from hedging import __version__
from hedging.equilibria.expectation import UNIT_ROUNDOFF
from hedging.equilibria.replicator import RestPoints, Stability, rest_points, trajectory
from hedging.errors import GameError, HedgingTypeError, ParameterError
from hedging.game import Game
from hedging.labelled import choice_coords, flags, says
from hedging.program.numerals import doubles

__all__ = ["fictitious_play", "moran", "replicator"]

Array = NDArray[Any]


def replicator(
    game: Game, start: ArrayLike | None = None, times: ArrayLike | None = None
) -> xr.Dataset:
    r"""Rest points of the replicator dynamics of a symmetric game, and paths to them.

    The share :math:`x_a` of a population that plays action a grows at the rate of its advantage,
    :math:`\dot x_a = x_a ((A x)_a - x^T A x)`.

    Parameters
    ----------
    game : Game
        Of two players with m actions each, symmetric: each player's payoffs are the other's
        transposed, up to 64 roundings.  Any batch axes.
    start : array_like, shape (m,) or (K, m), optional
        Populations from which to follow the dynamics.
    times : array_like, shape (T,), optional
        When to report them; default 201 times from 0 to 50.

    Returns
    -------
    xarray.Dataset
        Dimensions: the batch's, ``rest_point``, ``action`` and ``mode``; with ``start`` also
        ``time`` and, for several, ``path``.

        ================= ===================================================================
        ``share``         of each action at each rest point; points by support size, then
                          action order, NaN beyond ``count``
        ``eigenvalue``    of the linearisation on the simplex, complex, largest real part first
        ``stability``     ``stable``, ``unstable`` or ``neutral``, where it does not tell
        ``nash``, ``ess`` symmetric Nash equilibrium; evolutionarily stable
        ``count``         number of rest points listed
        ``continua``      number of faces that hold a continuum of rest points instead
        ``population``    with ``start``: shares in time
        ================= ===================================================================

    Raises
    ------
    GameError
        If the game is not symmetric or a payoff is not finite.
    ParameterError
        If start or times make no sense.

    Notes
    -----
    Signs are decided in rationals (:mod:`hedging.equilibria.replicator`); about two milliseconds a
    game of three actions.

    References
    ----------
    Hofbauer and Sigmund, *Evolutionary Games and Population Dynamics*, Cambridge 1998.

    Examples
    --------
    >>> doves = Game([[[-1, 4], [0, 2]], [[-1, 0], [4, 2]]], actions=[("hawk", "dove")] * 2)
    >>> found = replicator(doves)
    >>> found.share.values[-1].round(6).tolist(), found.ess.values.tolist()
    ([0.666667, 0.333333], [False, False, True])
    """
    tables = _symmetric(game, "replicator")
    shape, dims, m = game.batch_shape, tuple(game.batch_dims), game.shape[0]
    found = [rest_points(table) for table in tables]
    width = max((len(one.nash) for one in found), default=0)
    variables: dict[str, Any] = {
        "share": (
            (*dims, "rest_point", "action"),
            _padded(found, width, "probability", np.nan, m).reshape(*shape, width, m),
            says("share of the population"),
        ),
        "eigenvalue": (
            (*dims, "rest_point", "mode"),
            _padded(found, width, "eigenvalues", complex(np.nan, np.nan), m - 1).reshape(
                *shape, width, m - 1
            ),
            says("eigenvalue of the linearisation"),
        ),
        "stability": (
            (*dims, "rest_point"),
            _padded(found, width, "stability", np.uint8(255)).reshape(*shape, width),
            flags("what the linearisation says; 255 beyond count", Stability),
        ),
    }
    for name, text in (("nash", "symmetric Nash equilibrium"), ("ess", "evolutionarily stable")):
        variables[name] = (
            (*dims, "rest_point"),
            _padded(found, width, name, False).reshape(*shape, width),
            says(text),
        )
    counts = np.array([len(one.nash) for one in found], dtype=np.int64).reshape(shape)
    continua = np.array([len(one.continua) for one in found], dtype=np.int64).reshape(shape)
    variables["count"] = (dims, counts, says("number of rest points listed"))
    variables["continua"] = (
        dims,
        continua,
        says("number of faces with a continuum of rest points"),
    )
    coords: dict[str, Any] = {"rest_point": np.arange(width), "action": list(game.actions[0])}
    if start is not None:
        when = np.linspace(0.0, 50.0, 201) if times is None else np.asarray(times, dtype=np.float64)
        begin = np.asarray(start, dtype=np.float64)
        if begin.ndim not in (1, 2) or begin.shape[-1] != m:
            msg = f"start of shape {begin.shape} given; give shape ({m},) or (K, {m})"
            raise ParameterError(msg)
        paths = np.array(
            [
                [trajectory(doubles(table), one, when) for one in begin.reshape(-1, m)]
                for table in tables
            ]
        )
        several = ("path",) if begin.ndim == 2 else ()
        lengths = begin.shape[:-1]
        variables["population"] = (
            (*dims, *several, "time", "action"),
            paths.reshape(*shape, *lengths, len(when), m),
            says("share of the population"),
        )
        coords["time"] = ("time", when, {"long_name": "time", "units": "1 / payoff"})
    elif times is not None:
        msg = "times given without start; add start=, the shares to begin with"
        raise ParameterError(msg)
    return xr.Dataset(variables, coords=coords, attrs={"version": __version__})


def moran(
    game: Game,
    population: ArrayLike,
    *,
    repetitions: int = 100,
    most: int = 100_000,
    rng: Any = None,
) -> xr.Dataset:
    """Which action takes over a small population, by Nashpy's Moran process.

    At every step an individual chosen in proportion to its payoff is copied in the place of one
    chosen at random, until all play the same (Moran, "Random processes in genetics", 1958).

    Parameters
    ----------
    game : Game
        One symmetric game of two players; payoffs must be positive where anyone meets.
    population : array_like, shape (m,)
        How many individuals play each action at first.
    repetitions : int
        Runs.
    most : int
        Steps after which a run is given up.
    rng : seed or numpy.random.Generator, optional

    Returns
    -------
    xarray.Dataset
        ``fixation`` along ``action``: share of runs that ended with everybody playing it;
        ``unfinished``: share of runs given up; ``steps`` along ``repetition``.

    Raises
    ------
    GameError
        If the game is a batch or not symmetric.
    ParameterError
        If the population is not of whole numbers, or a payoff is negative.

    Examples
    --------
    >>> prisoners = Game([[[3, 1], [4, 2]], [[3, 4], [1, 2]]], actions=[("c", "d")] * 2)
    >>> float(moran(prisoners, [0, 5], repetitions=2, rng=1).fixation.sel(action="d"))
    1.0
    """
    tables = _symmetric(game, "moran")
    _one(game, "moran")
    counts = np.asarray(population)
    m = game.shape[0]
    if counts.shape != (m,) or counts.dtype.kind not in "iu" or (counts < 0).any():
        msg = f"population {counts.tolist()} given; give {m} numbers of individuals"
        raise ParameterError(msg)
    if counts.sum() < 2:
        msg = f"a population of {counts.sum()} given; at least two are needed to meet"
        raise ParameterError(msg)
    if (doubles(tables[0]) < 0).any():
        msg = "a payoff is negative and cannot be a fitness; add a constant to the payoffs"
        raise ParameterError(msg)
    individuals = np.repeat(np.arange(m), counts)
    process = game.to_nashpy().moran_process
    ends = np.zeros(m)
    steps = np.zeros(repetitions, dtype=np.int64)
    with _GlobalSeed(rng):
        for k in range(repetitions):
            last = individuals
            for last in process(initial_population=individuals.copy()):  # noqa: B007
                steps[k] += 1
                if steps[k] >= most:
                    break
            if len(np.unique(last)) == 1:
                ends[last[0]] += 1
    share = ends / max(repetitions, 1)
    return xr.Dataset(
        {
            "fixation": ("action", share, says("share of runs won")),
            "unfinished": ((), 1.0 - share.sum(), says("share of runs given up")),
            "steps": ("repetition", steps, says("steps of the run")),
        },
        coords={"action": list(game.actions[0])},
        attrs={"version": __version__},
    )


def fictitious_play(game: Game, iterations: int = 1000, *, rng: Any = None) -> xr.Dataset:
    """Best replies to the other's past, by Nashpy's fictitious play.

    Parameters
    ----------
    game : Game
        One game of two players.
    iterations : int
        Rounds of play.
    rng : seed or numpy.random.Generator, optional
        Decides between best replies that tie.

    Returns
    -------
    xarray.Dataset
        ``frequency`` along ``iteration`` (from 1) and ``choice``: how often each action has been
        played so far, as a share.

    Raises
    ------
    GameError
        If the game is a batch or has not two players.
    ParameterError
        If the number of iterations is not positive.

    References
    ----------
    Brown, "Iterative solution of games by fictitious play", in Koopmans (ed.), *Activity Analysis
    of Production and Allocation*, 1951.

    Examples
    --------
    >>> dilemma = Game([[[3, 0], [5, 1]], [[3, 5], [0, 1]]])
    >>> fictitious_play(dilemma, 20, rng=0).frequency.values[-1].tolist()[1] > 0.9
    True
    """
    _check(game, "fictitious_play")
    _one(game, "fictitious_play")
    if iterations < 1:
        msg = f"{iterations} iterations given; give 1 or more"
        raise ParameterError(msg)
    sizes = game.shape
    out = np.empty((iterations, sum(sizes)))
    with _GlobalSeed(rng):
        for k, played in enumerate(game.to_nashpy().fictitious_play(iterations=iterations)):
            if k:
                out[k - 1] = np.concatenate(played) / k
    return xr.Dataset(
        {
            "frequency": (
                ("iteration", "choice"),
                out,
                says("share of the rounds so far"),
            )
        },
        coords={"iteration": np.arange(1, iterations + 1), **choice_coords(game)},
        attrs={"version": __version__},
    )


class _GlobalSeed:
    """Seeds numpy's global generator, which Nashpy draws from, and restores its state."""

    def __init__(self, rng: Any) -> None:
        self.seed = int(np.random.default_rng(rng).integers(2**32))

    def __enter__(self) -> None:
        self.state = np.random.get_state()  # noqa: NPY002
        np.random.seed(self.seed)  # noqa: NPY002

    def __exit__(self, *_: object) -> None:
        np.random.set_state(self.state)  # noqa: NPY002


def _check(game: Any, name: str) -> None:
    if not isinstance(game, Game):
        kind = type(game).__name__
        msg = f"{name} was given {kind}, not a game; type {name}(hg.Game(payoffs))"
        raise HedgingTypeError(msg)


def _one(game: Game, name: str) -> None:
    if game.batch_dims:
        msg = f"{name} takes one game and this is a batch of shape {game.batch_shape}; pick one"
        raise GameError(msg)


def _symmetric(game: Any, name: str) -> Array:
    """Matrices of a batch of symmetric games, shape (N, m, m)."""
    _check(game, name)
    if game.n_players != 2 or game.shape[0] != game.shape[1]:
        words = "x".join(map(str, game.shape))
        msg = f"{name} needs a symmetric game of two players and this one is {words}"
        raise GameError(msg)
    row = game.payoffs[(slice(None),) * len(game.batch_dims) + (0,)]
    col = np.swapaxes(game.payoffs[(slice(None),) * len(game.batch_dims) + (1,)], -1, -2)
    m = game.shape[0]
    row, col = row.reshape(-1, m, m), col.reshape(-1, m, m)
    a, b = doubles(row), doubles(col)
    if not np.isfinite(a).all() or not np.isfinite(b).all():
        msg = f"a payoff is not finite; {name} needs finite numbers"
        raise GameError(msg)
    size = np.abs(a).max(axis=(1, 2), initial=0.0)[:, None, None]
    if not (np.abs(a - b) <= 64 * UNIT_ROUNDOFF * size).all():
        msg = (
            f"{name} needs a symmetric game: the second player's payoffs must be the first's "
            "transposed, as in Game.from_bimatrix(A, A.T)"
        )
        raise GameError(msg)
    return np.asarray(row)


def _padded(
    found: list[RestPoints], width: int, name: str, fill: Any, length: int | None = None
) -> Array:
    kind = np.result_type(type(fill)) if not isinstance(fill, np.generic) else fill.dtype
    tail = () if length is None else (length,)
    out = np.full((len(found), width, *tail), fill, dtype=kind)
    for k, one in enumerate(found):
        values = getattr(one, name)
        out[k, : len(values)] = values
    return out
