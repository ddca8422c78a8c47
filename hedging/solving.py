"""From a game to its equilibria as a labelled dataset: :func:`nash`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from math import comb
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from hedging import __version__
from hedging.equilibria import stored
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.dispatch import Evidence, count_stages, solve
from hedging.equilibria.regions_code import Regions, encode, flag_meanings, support_label
from hedging.equilibria.result import Equilibria
from hedging.errors import HedgingTypeError, ParameterError, Status, UnknownNameError, suggest
from hedging.game import Game

__all__ = ["labelled", "most_vertices", "nash", "solve_game"]

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
_LABELLED = (*_VARIABLES, "region")
_EVIDENCE = ("dimension", "witness", "radius")
_REPORTS = (*_LABELLED, *_EVIDENCE)

_MOST_VERTICES = 30_000
"""Some ten seconds of exact vertex enumeration at the most."""
_LARGEST_SQUARE = 12
_SAME = 1e-6
"""Equilibria nearer than this are one, found in two ways."""


def nash(
    game: Game,
    method: str = "auto",
    exact: bool = False,
    report: Sequence[str] | str | None = None,
    *,
    refine: str | None = None,
    rng: Any = 0,
) -> xr.Dataset:
    r"""Nash equilibria of a game, or of each game of a batch.

    All of them, for any number of players as far as the methods go; where they form continua
    all extreme ones, with ``isolated=False``.  ``status`` says what the list is worth.

    Parameters
    ----------
    game : Game
        With n players, C choices (player and action) in all and any batch axes.
    method : {"auto", "signs", "vertices", "two_mixers", "subdivision"}, default "auto"
        For two players "signs" reads the signs of polynomials in the payoffs; "vertices"
        enumerates vertices of best-response polyhedra in integers; "auto" takes the faster.  The
        answers are the same.  For three and more players "two_mixers" looks for equilibria in
        which at most two mix, exactly, and says ``incomplete`` unless it is certain that there
        are no others; "subdivision" is complete with certificates; "auto" goes as far as it
        takes.  With two players the number of equilibria, and the time, may grow exponentially
        with the actions: games much beyond 12 x 12 are solved only if "vertices" is asked for by
        name, and may then take very long.
    exact : bool, default False
        Work in rationals from end to end and return Fractions.  A payoff given as a float is then
        the binary fraction that it is: write ``"0.1"`` for one tenth.  The payoffs of a game
        made by a model are those of its formulas at the parameters as doubles; for parameters
        that are decimals as written, ``nash(model(exact=True, ...), exact=True)``.
    report : sequence of str, optional
        Names of the variables wanted, to save time and memory.  By default all of the below
        but ``region``, and the three last only if some game went to the subdivision.
    refine : {None, "perturb"}
        "perturb" solves, for each degenerate game, 16 games with payoffs moved at random by up to a
        millionth of each player's range, and reports as ``survives`` near which equilibria and
        continua some equilibrium remains.  That is evidence on which of them are essential, no
        proof.  For games small enough for "subdivision"; some milliseconds to seconds a game.
    rng : seed or numpy.random.Generator, default 0
        For these perturbations.

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
        ``survives``    ..., equilibrium          share of perturbed games with an equilibrium near
                                                  its component: 1 if ``status`` is ``ok``, NaN
                                                  if not known (only with ``refine``)
        ``dimension``   ..., equilibrium          of the component: 0 if isolated; where three or
                                                  more mix the rank deficiency of its equations;
                                                  -1 if not computed
        ``witness``     ..., equilibrium          True for a point that stands for a continuum in
                                                  which three or more mix
        ``radius``      ..., equilibrium          an equilibrium is proved to exist within this
                                                  distance in every probability; NaN without proof
        =============== ========================= ==============================================

        Beyond ``count`` there is NaN, the empty string, 0, False or -1 (``component``,
        ``dimension``).  For three
        and more players ``attrs["stages"]`` is JSON with the share of games by the last solver
        they went to: "two_mixers" (exact), "elimination" or "subdivision"; ``attrs["fallback"]`` is
        the share of the last.

    Raises
    ------
    HedgingTypeError
        If ``game`` is not a Game.
    ParameterError
        If the method or ``refine`` is unknown or ``report`` is empty; if the game has so many
        actions that listing all equilibria may take very long; or if ``exact`` meets a model whose
        formulas are irrational.
    UnknownNameError
        If ``report`` names no variable.
    GameError
        If the game has more than 64 choices, or a degenerate one is too large for ``refine``.

    See Also
    --------
    hedging.sweep : the same over a parameter space, with codes for millions of points.

    Notes
    -----
    In doubles every sign is compared with a bound on its rounding error, and games that this
    leaves undecided are solved in integers, so supports and numbers of equilibria are
    exact for the payoffs as stored [1]_.  In a game made by a model they are exact for its formulas
    at the parameters as doubles, as in a sweep: a tie that rounding made or broke in the stored
    payoffs does not count.  Probabilities are rounded; ``regret`` shows by how much it matters.

    Large batches of two-player games go through compiled kernels, at well under a microsecond a
    game if codes are all that is asked for and a few microseconds otherwise; smaller ones take
    about ten microseconds a game, games that a model made up to a hundred (sweep over the model
    where there are many), and games with ties up to a millisecond.

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
    wanted = _check_report(report, refine)
    payoffs = game.payoffs.reshape(-1, len(game.players), *game.shape)
    attrs: dict[str, Any] = {"method": method, "version": __version__}
    _check_work(game, method)
    if _suits_machine(game, payoffs, method, bool(exact)):
        pieces = _by_machine(game, payoffs, wanted)
    else:
        stage = np.zeros(len(payoffs), dtype=np.uint8)
        known: list[Evidence] = []
        found, payoffs = solve_game(
            game, method=method, exact=bool(exact), stage=stage, evidence=known
        )
        pieces = _Pieces(game, found)
        pieces.known = known
        went = count_stages(stage)
        if report is None and known:
            wanted = (*wanted, *_EVIDENCE)
        if game.n_players > 2 and (total := sum(went.values())):
            attrs["stages"] = json.dumps({k: v / total for k, v in went.items()})
            attrs["fallback"] = went["subdivision"] / total
        if {"payoff", "regret"} & set(wanted):
            pieces.payoff, pieces.regret = payoffs_and_regret(payoffs, found)
    if refine is not None:
        pieces.survives = _survives(game, pieces.found, rng)
        attrs["refine"] = (
            "survives: share of 16 games, their payoffs moved at random by up to a millionth of "
            "the range, that have an equilibrium near the component; evidence, no proof"
        )
    return xr.Dataset(
        {name: getattr(pieces, f"make_{name}")() for name in wanted},
        coords=pieces.coords(wanted),
        attrs=attrs,
    )


def labelled(game: Game, found: Equilibria, payoff: Array, regret: Array) -> xr.Dataset:
    """Equilibria found by other means, as the dataset that :func:`nash` gives.

    Parameters
    ----------
    game : Game
        A batch of N games.
    found : Equilibria
        Of these N games in C order.
    payoff : array, shape (E, n)
    regret : array, shape (E,)
    """
    pieces = _Pieces(game, found)
    pieces.payoff, pieces.regret = payoff, regret
    return xr.Dataset(
        {name: getattr(pieces, f"make_{name}")() for name in _LABELLED},
        coords=pieces.coords(_LABELLED),
    )


def _check_game(game: Any) -> None:
    if not isinstance(game, Game):
        kind = type(game).__name__
        msg = f"nash was given {kind}, not a game; type nash(hg.Game(payoffs))"
        if callable(game):
            msg = f"nash was given {kind}, not a game; call it first, as in nash(model())"
        raise HedgingTypeError(msg)


def _check_report(report: Any, refine: Any) -> tuple[str, ...]:
    if refine not in (None, "perturb"):
        msg = f"refine={refine!r} given; choose None or 'perturb'"
        raise ParameterError(msg)
    more = () if refine is None else ("survives",)
    if report is None:
        return (*_VARIABLES, *more)
    if not isinstance(report, Iterable):
        msg = f"report is {report!r}; give names such as ('region', 'count')"
        raise HedgingTypeError(msg)
    names = (report,) if isinstance(report, str) else tuple(report)
    if not names:
        msg = f"report is empty; give at least one of {', '.join(_REPORTS)}"
        raise ParameterError(msg)
    for name in names:
        if name == "survives" and refine is None:
            msg = "survives reported only with refine; type nash(game, refine='perturb')"
            raise ParameterError(msg)
        if name not in (*_REPORTS, *more):
            msg = f"nash cannot report {name!r}; {suggest(name, _REPORTS, most=len(_REPORTS))}"
            raise UnknownNameError(msg)
    return tuple(dict.fromkeys((*names, *more)))


def solve_game(
    game: Game,
    *,
    method: str = "auto",
    exact: bool = False,
    stage: NDArray[np.uint8] | None = None,
    evidence: list[Evidence] | None = None,
) -> tuple[Equilibria, Array]:
    """Equilibria of the games of a batch in C order, and the payoffs they are of.

    Where a model made the game, ties are decided by the exact payoffs at its parameters.

    Parameters
    ----------
    game : Game
    method, exact
        As for :func:`nash`.
    stage, evidence
        As for :func:`hedging.equilibria.dispatch.solve`.

    Returns
    -------
    found : Equilibria
    payoffs : array, shape (N, n, m_1, ..., m_n)
        Those the game holds; with ``exact`` those of its model, as Fractions.

    Raises
    ------
    ParameterError
        With ``exact``, if the formulas of the game's model are irrational.
    """
    payoffs = game.payoffs.reshape(-1, len(game.players), *game.shape)
    origin = game._origin
    if origin is None:
        found = solve(payoffs, method=method, exact=exact, stage=stage, evidence=evidence)
        return found, payoffs
    undefined: list[Array] = []

    def exact_payoffs(games: Array) -> Array | None:
        known = origin.exact_payoffs(games)
        if known is None:
            return None
        undefined.append(games[known[1]])
        return known[0]

    if exact:
        true = exact_payoffs(np.arange(len(payoffs)))
        if true is None:
            msg = (
                f"payoffs of {origin.model.name!r} are irrational (sqrt, exp or log); leave exact "
                "out, or solve the doubles as they are by nash(Game(game.payoffs), exact=True)"
            )
            raise ParameterError(msg)
        payoffs = true
        found = solve(payoffs, method=method, exact=True, stage=stage, evidence=evidence)
    else:
        error = origin.payoff_error()
        found = solve(
            payoffs,
            method=method,
            payoff_error=error,
            exact_payoffs=exact_payoffs,
            stage=stage,
            evidence=evidence,
        )
    struck = np.unique(np.concatenate([*undefined, np.empty(0, dtype=np.int64)]))
    return (_strike(found, struck) if struck.size else found), payoffs


def _survives(game: Game, found: Equilibria, rng: Any) -> Array:
    """Share of perturbed games in which the component of each listed equilibrium survives."""
    from hedging.equilibria.subdivision import solve_subdivision

    share = np.where(found.status[found.game] == Status.OK, 1.0, np.nan)
    games = np.flatnonzero(found.status == Status.DEGENERATE)
    if not games.size:
        return share
    payoffs = game.payoffs.reshape(-1, len(game.players), *game.shape)[games]
    if game._origin is not None:
        known = game._origin.exact_payoffs(games)
        payoffs = payoffs if known is None else known[0]
    again = solve_subdivision(payoffs, refine="perturb", rng=rng)
    assert again.survival is not None
    near, count = again.equilibria, found.count
    for k, g in enumerate(games.tolist()):
        theirs = slice(near.offsets[k], near.offsets[k + 1])
        if not near.count[k]:
            continue
        for row in range(found.offsets[g], found.offsets[g] + count[g]):
            mix = found.probability[row].astype(np.float64)
            gap = np.abs(near.probability[theirs] - mix).max(axis=1)
            if gap.min() < _SAME:
                share[row] = again.survival.share[theirs][gap.argmin()]
    return share


def _strike(found: Equilibria, games: Array) -> Equilibria:
    """Mark games as having no payoffs, and drop what was listed for them."""
    status, count = found.status.copy(), found.count.copy()
    status[games], count[games] = Status.NONFINITE, 0
    keep = ~np.isin(found.game, games)
    return Equilibria(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        found.probability[keep],
        found.support[keep],
        found.index[keep],
        found.isolated[keep],
        found.component[keep],
        status,
    )


def _check_work(game: Game, method: str) -> None:
    """Refuse what would take very long, unless it is asked for by name."""
    if game.n_players != 2 or method != "auto":
        return
    m, n = game.shape
    if most_vertices(m, n) > _MOST_VERTICES:
        lemke = "game.to_nashpy().lemke_howson(0)"
        msg = (
            f"listing all equilibria of a {m} x {n} game may take minutes to years (up to "
            f"{_LARGEST_SQUARE} x {_LARGEST_SQUARE} is quick); type {lemke} for one of them, "
            "game.undominated() for what can be left out, or method='vertices' to wait"
        )
        raise ParameterError(msg)


def most_vertices(m: int, n: int) -> int:
    """Most vertices that a best-response polyhedron of an m x n game can have.

    With m + n facets in m or n dimensions this is the upper bound theorem (McMullen 1970,
    Mathematika 17:179-184).  The time of exact enumeration grows with about its square.

    Examples
    --------
    >>> most_vertices(2, 2), most_vertices(12, 12), most_vertices(25, 25)
    (4, 24752, 3704965992)
    """
    facets = m + n
    return max(
        comb(facets - (d + 1) // 2, facets - d) + comb(facets - d // 2 - 1, facets - d)
        for d in (m, n)
    )


def _suits_machine(game: Game, payoffs: Array, method: str, exact: bool) -> bool:
    """Whether a batch is one of many two-player games that compiled kernels solve."""
    if exact or payoffs.dtype == object or method not in {"auto", "signs"}:
        return False
    count, players, *shape = payoffs.shape
    if players != 2 or not stored.suits(shape[0], shape[1], count):
        return False
    # The kernels take the payoffs as stored for the true ones.
    return game._origin is None or not game._origin.payoff_error().any()


def _by_machine(game: Game, payoffs: Array, wanted: Sequence[str]) -> _Pieces:
    """The same answers from compiled kernels; no probabilities where only codes are wanted."""
    row, col = (np.asarray(payoffs[:, k], dtype=np.float64) for k in (0, 1))
    codes = None
    if "region" in wanted or set(wanted) <= {"count", "status"}:
        codes = stored.regions(row, col)
    if codes is not None and set(wanted) <= {"region", "count", "status"}:
        pieces = _Pieces(game, _uncounted(codes.number, codes.status))
    else:
        answers = stored.solve_fully(row, col)
        pieces = _Pieces(game, answers.equilibria)
        pieces.payoff, pieces.regret = answers.payoff, answers.regret
    if codes is not None:
        pieces.regions = codes.codes, codes.table
    return pieces


def _uncounted(number: Array, status: Array) -> Equilibria:
    """Numbers of equilibria without the equilibria themselves."""
    none = np.empty(0)
    return Equilibria(
        np.concatenate([[0], np.cumsum(number)]),
        none.reshape(0, 0),
        none.astype(np.uint64),
        none.astype(np.int8),
        none.astype(np.bool_),
        none.astype(np.int32),
        status,
    )


class _Pieces:
    """The variables of the dataset, made on demand, each as (dims, values, attrs)."""

    def __init__(self, game: Game, found: Equilibria) -> None:
        self.game, self.found = game, found
        self.dims, self.shape = tuple(game.batch_dims), tuple(game.batch_shape)
        self.width = int(found.count.max(initial=0))
        self.payoff: Array | None = None
        self.regret: Array | None = None
        self.survives: Array | None = None
        self.known: list[Evidence] = []
        self.regions: tuple[Array, Regions] | None = None

    @cached_property
    def place(self) -> Array:
        """Where each equilibrium goes in an array (games, width), flat."""
        starts = np.arange(len(self.found.status)) * self.width - self.found.offsets[:-1]
        places: Array = np.arange(len(self.found.support)) + np.repeat(starts, self.found.count)
        return places

    def coords(self, wanted: Sequence[str]) -> dict[str, Any]:
        """Labels of the dimensions in use."""
        actions = self.game.actions
        coords: dict[str, Any] = {}
        if set(wanted) - {"count", "status", "region"}:
            name = {"long_name": "place in the list of equilibria"}
            coords["equilibrium"] = ("equilibrium", np.arange(self.width), name)
        if "probability" in wanted:
            owner = [p for p, own in zip(self.game.players, actions, strict=True) for _ in own]
            name = {"long_name": "player and action, players in order"}
            coords["choice"] = ("choice", np.arange(len(owner)), name)
            coords["player_of"] = ("choice", owner, {"long_name": "player who chooses"})
            flat = [a for own in actions for a in own]
            coords["action"] = ("choice", flat, {"long_name": "action chosen"})
        if "payoff" in wanted:
            coords["player"] = ("player", list(self.game.players), {"long_name": "player"})
        return coords

    def _padded(self, values: Array, fill: Any, *tail: str, **attrs: Any) -> tuple[Any, ...]:
        """One value (or row) per equilibrium, filled up to the same number in every game."""
        size = len(self.found.status) * self.width
        whole = np.full((size, *values.shape[1:]), fill, values.dtype)
        whole[self.place] = values
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
        masks, place = _distinct(self.found.support, sum(self.game.shape))
        labels = [support_label(m, self.game.actions) for m in masks.tolist()]
        # In a batch equal labels share their memory.
        words = np.array(labels, dtype=object if self.shape else str)[place]
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

    def _evidence(self, name: str, values: Array) -> Array:
        """Fill in what the subdivision says of the games it solved."""
        offsets = self.found.offsets
        for known in self.known:
            column = getattr(known, name)
            for k, g in enumerate(known.games.tolist()):
                # Games struck out since then have no rows any more.
                if offsets[g + 1] > offsets[g]:
                    own = column[known.offsets[k] : known.offsets[k + 1]]
                    values[offsets[g] : offsets[g + 1]] = own
        return values

    def make_dimension(self) -> tuple[Any, ...]:
        name = "dimension of the component of equilibria, -1 if not computed"
        values = self._evidence("dimension", np.where(self.found.isolated, 0, -1))
        return self._padded(values.astype(np.int8), -1, long_name=name, units="1")

    def make_witness(self) -> tuple[Any, ...]:
        name = "stands for a continuum in which three or more mix"
        values = self._evidence("witness", np.zeros(len(self.found.support), dtype=np.bool_))
        return self._padded(values, False, long_name=name, units="1")

    def make_radius(self) -> tuple[Any, ...]:
        name = "an equilibrium is proved to exist within this distance in every probability"
        values = self._evidence("radius", np.full(len(self.found.support), np.nan))
        return self._padded(values, np.nan, long_name=name, units="1")

    def make_survives(self) -> tuple[Any, ...]:
        assert self.survives is not None
        name = "share of perturbed games with an equilibrium near the component"
        return self._padded(self.survives, np.nan, long_name=name, units="1")

    def make_count(self) -> tuple[Any, ...]:
        attrs = {"long_name": "number of equilibria listed", "units": "1"}
        # The smallest unsigned kind that holds it, as in a sweep.
        count = self.found.count.astype(np.min_scalar_type(self.width))
        return self.dims, count.reshape(self.shape), attrs

    def make_status(self) -> tuple[Any, ...]:
        attrs = {
            "long_name": "what the number of equilibria is worth",
            "units": "1",
            "flag_values": np.array([s.value for s in Status], dtype=np.uint8),
            "flag_meanings": " ".join(s.meaning for s in Status),
        }
        return self.dims, self.found.status.reshape(self.shape), attrs

    def make_region(self) -> tuple[Any, ...]:
        codes, table = encode(self.found) if self.regions is None else self.regions
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


def _distinct(masks: Array, choices: int) -> tuple[Array, Array]:
    """The different masks in increasing order, and the place of each mask among them."""
    if choices > 16:
        distinct, place = np.unique(masks, return_inverse=True)
        return distinct, place.reshape(-1)
    places = np.zeros(1 << choices, dtype=np.intp)
    places[masks] = 1
    distinct = np.flatnonzero(places)
    places[distinct] = np.arange(len(distinct))
    return distinct, places[masks]
