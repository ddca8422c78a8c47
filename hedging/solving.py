"""From a game to its equilibria as a labelled dataset: :func:`nash`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from hedging import __version__
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.dispatch import solve
from hedging.equilibria.regions_code import encode, flag_meanings, support_label
from hedging.equilibria.result import Equilibria
from hedging.errors import HedgingTypeError, ParameterError, Status, UnknownNameError
from hedging.game import Game

__all__ = ["nash"]

Array = NDArray[Any]

_VARIABLES = (
    "probability",
    "payoff",
    "regret",
    "support",
    "index",
    "isolated",
    "component",
    "count",
    "status",
)
_REPORTS = (*_VARIABLES, "region")


def nash(
    game: Game,
    method: str = "auto",
    exact: bool = False,
    report: Sequence[str] | str | None = None,
) -> xr.Dataset:
    r"""Nash equilibria of a game, or of each game of a batch.

    For one and two players all equilibria; where they form continua all extreme ones, with
    ``isolated=False``.  For three and more players all in which at most two players mix;
    ``status`` is ``incomplete`` unless it is certain that there are no others.

    Parameters
    ----------
    game : Game
        With n players, C choices (player and action) in all and any batch axes.
    method : {"auto", "signs", "vertices"}, default "auto"
        "signs" reads the signs of polynomials in the payoffs; "vertices" enumerates vertices of
        best-response polyhedra in integers; "auto" takes the faster.  The answers are the same.
    exact : bool, default False
        Work in rationals from end to end and return Fractions.  A payoff given as a float is then
        the binary fraction that it is: write ``"0.1"`` for one tenth.
    report : sequence of str, optional
        Names of the variables wanted, to save time and memory.  By default all of the below
        but ``region``.

    Returns
    -------
    xarray.Dataset
        Dimensions: those of the batch, ``equilibrium``, ``choice`` (with coordinates ``player_of``
        and ``action``) and ``player``.  Equilibria are listed by support size, then by support in
        action order.

        =============== ========================= ==============================================
        variable        dimensions                meaning
        =============== ========================= ==============================================
        ``probability`` ..., equilibrium, choice  probability of each choice
        ``payoff``      ..., equilibrium, player  expected payoff, in the units of the payoffs
        ``regret``      ..., equilibrium          most that a player could gain by deviating
        ``support``     ..., equilibrium          label such as ``hedge+align_b|pressure``
        ``index``       ..., equilibrium          +1 or -1 if regular, else 0
        ``isolated``    ..., equilibrium          False for points of a continuum
        ``component``   ..., equilibrium          number of the connected component, from 0
        ``count``       ...                       number of equilibria listed
        ``status``      ...                       what that number is worth
        ``region``      ...                       code of the set of supports, 0 for no answer
        =============== ========================= ==============================================

        Beyond ``count`` there is NaN, the empty string, 0, False or -1 (``component``).

    Raises
    ------
    HedgingTypeError
        If ``game`` is not a Game.
    ParameterError
        If the method is unknown or ``report`` is empty.
    UnknownNameError
        If ``report`` names no variable.
    GameError
        If the game has more than 64 choices.

    See Also
    --------
    hedging.sweep : the same over a parameter space, with codes for millions of points.

    Notes
    -----
    In doubles every sign is compared with a bound on its rounding error, and games that this
    leaves undecided are solved in integers, so supports and numbers of equilibria are
    exact for the payoffs as stored [1]_.  Probabilities are rounded; ``regret`` shows by how
    much it matters.  Batches take about a microsecond per 3 x 2 x 2 game, games with ties about a
    millisecond each.

    References
    ----------
    .. [1] The theorems are in :mod:`hedging.equilibria.signs` and :mod:`hedging.equilibria.pairs`.

    Examples
    --------
    >>> pennies = Game([[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]], actions=[("h", "t"), ("h", "t")])
    >>> answer = nash(pennies)
    >>> answer.support.values.tolist(), answer.probability.values.tolist()
    (['h+t|h+t'], [[0.5, 0.5, 0.5, 0.5]])
    >>> Status(int(answer.status)).meaning
    'ok'

    A batch, codes only:

    >>> stakes = np.linspace(0, 2, 5)
    >>> payoffs = [[[[1, 0], [0, s]], [[1, 0], [0, 1]]] for s in stakes]
    >>> coordination = Game(payoffs, batch_dims=["stake"])
    >>> nash(coordination, report=("region", "count")).region.values.tolist()
    [1, 2, 2, 2, 2]

    Exactly:

    >>> thirds = Game([[["1/3", 0], [0, 1]], [[1, 0], [0, 1]]])
    >>> nash(thirds, exact=True).probability.values[-1].tolist()
    [Fraction(1, 2), Fraction(1, 2), Fraction(3, 4), Fraction(1, 4)]
    """
    _check_game(game)
    wanted = _check_report(report)
    n = len(game.players)
    payoffs = game.payoffs.reshape(-1, n, *game.shape)
    found = solve(payoffs, method=method, exact=bool(exact))
    attrs = {"method": method, "version": __version__}
    pieces = _Pieces(game, found, exact=bool(exact))
    if {"payoff", "regret"} & set(wanted):
        pieces.payoff, pieces.regret = payoffs_and_regret(payoffs, found)
    return xr.Dataset(
        {name: getattr(pieces, f"make_{name}")() for name in wanted},
        coords=pieces.coords(wanted),
        attrs=attrs,
    )


def _check_game(game: Any) -> None:
    if not isinstance(game, Game):
        kind = type(game).__name__
        msg = f"nash was given {kind}, not a game; type nash(hg.Game(payoffs))"
        if callable(game):
            msg = f"nash was given {kind}, not a game; call it first, as in nash(model())"
        raise HedgingTypeError(msg)


def _check_report(report: Any) -> tuple[str, ...]:
    if report is None:
        return _VARIABLES
    if not isinstance(report, Iterable):
        msg = f"report is {report!r}; give names such as ('region', 'count')"
        raise HedgingTypeError(msg)
    names = (report,) if isinstance(report, str) else tuple(report)
    if not names:
        msg = f"report is empty; give at least one of {', '.join(_REPORTS)}"
        raise ParameterError(msg)
    for name in names:
        if name not in _REPORTS:
            near = get_close_matches(str(name), _REPORTS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(_REPORTS)}"
            msg = f"nash cannot report {name!r}; {hint}"
            raise UnknownNameError(msg)
    return tuple(dict.fromkeys(names))


class _Pieces:
    """The variables of the dataset, made on demand, each as (dims, values, attrs)."""

    def __init__(self, game: Game, found: Equilibria, *, exact: bool) -> None:
        self.game, self.found, self.exact = game, found, exact
        self.dims, self.shape = tuple(game.batch_dims), tuple(game.batch_shape)
        self.width = int(found.count.max(initial=0))
        self.row = found.game
        self.rank = np.arange(len(found.support)) - found.offsets[self.row]
        self.payoff: Array | None = None
        self.regret: Array | None = None

    def coords(self, wanted: Sequence[str]) -> dict[str, Any]:
        """Labels of the dimensions in use."""
        actions = self.game.actions
        coords: dict[str, Any] = {}
        if set(wanted) - {"count", "status", "region"}:
            coords["equilibrium"] = np.arange(self.width)
        if "probability" in wanted:
            owner = [p for p, own in zip(self.game.players, actions, strict=True) for _ in own]
            coords["choice"] = np.arange(len(owner))
            coords["player_of"] = ("choice", owner, {"long_name": "player who chooses"})
            flat = [a for own in actions for a in own]
            coords["action"] = ("choice", flat, {"long_name": "action chosen"})
        if "payoff" in wanted:
            coords["player"] = list(self.game.players)
        return coords

    def _padded(self, values: Array, fill: Any, *tail: str, **attrs: Any) -> tuple[Any, ...]:
        """One value (or row) per equilibrium, filled up to the same number in every game."""
        whole = np.full((len(self.found.status), self.width, *values.shape[1:]), fill, values.dtype)
        whole[self.row, self.rank] = values
        whole = whole.reshape(*self.shape, self.width, *values.shape[1:])
        return (*self.dims, "equilibrium", *tail), whole, attrs

    def make_probability(self) -> tuple[Any, ...]:
        name = "probability of the choice"
        values = self.found.probability
        return self._padded(values, np.nan, "choice", long_name=name, units="1")

    def make_payoff(self) -> tuple[Any, ...]:
        assert self.payoff is not None
        name = "expected payoff (utility index)"
        return self._padded(self.payoff, np.nan, "player", long_name=name, units="1")

    def make_regret(self) -> tuple[Any, ...]:
        assert self.regret is not None
        name = "largest gain of any player from deviating (utility index)"
        return self._padded(self.regret, np.nan, long_name=name, units="1")

    def make_support(self) -> tuple[Any, ...]:
        masks, place = np.unique(self.found.support, return_inverse=True)
        labels = [support_label(m, self.game.actions) for m in masks.tolist()]
        words = np.array(labels, dtype=str)[place.reshape(-1)]
        name = "actions played, players separated by |"
        return self._padded(words, "", long_name=name, units="1")

    def make_index(self) -> tuple[Any, ...]:
        name = "index as a fixed point, 0 where not regular"
        return self._padded(self.found.index, 0, long_name=name, units="1")

    def make_isolated(self) -> tuple[Any, ...]:
        name = "belongs to no continuum of equilibria"
        return self._padded(self.found.isolated, False, long_name=name, units="1")

    def make_component(self) -> tuple[Any, ...]:
        name = "number of the connected component of equilibria"
        return self._padded(self.found.component, -1, long_name=name, units="1")

    def make_count(self) -> tuple[Any, ...]:
        attrs = {"long_name": "number of equilibria listed", "units": "1"}
        return self.dims, self.found.count.reshape(self.shape), attrs

    def make_status(self) -> tuple[Any, ...]:
        attrs = {
            "long_name": "what the number of equilibria is worth",
            "units": "1",
            "flag_values": np.array([s.value for s in Status], dtype=np.uint8),
            "flag_meanings": " ".join(s.meaning for s in Status),
        }
        return self.dims, self.found.status.reshape(self.shape), attrs

    def make_region(self) -> tuple[Any, ...]:
        codes, table = encode(self.found)
        kind = np.min_scalar_type(len(table))
        actions = self.game.actions
        sets = {c: [support_label(m, actions) for m in s] for c, s in enumerate(table, start=1)}
        attrs = {
            "long_name": "set of equilibrium supports",
            "units": "1",
            "flag_values": np.arange(len(table) + 1, dtype=kind),
            "flag_meanings": flag_meanings(table, actions),
            # The same with labels spelt as the game spells them.
            "supports": json.dumps(sets),
        }
        return self.dims, codes.astype(kind).reshape(self.shape), attrs
