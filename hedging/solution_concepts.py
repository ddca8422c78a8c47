"""What else may be expected of a game than its Nash equilibria.

One function per question, each taking a :class:`~hedging.Game` or a batch of games and returning a
labelled :class:`xarray.Dataset`, as :func:`hedging.nash` does:

* :func:`logit`: what players do who err, the less the more is at stake;
* :func:`correlated`: the best they can do who share a signal;
* :func:`select`: which equilibrium a rule of selection chooses;
* :func:`dominance`: what is left when nobody does what he could regret in any case.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from hedging import __version__
from hedging.equilibria import correlated as polytope
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.logit import branches, match, stopped_early
from hedging.equilibria.rationalisable import Elimination, eliminate
from hedging.equilibria.selection import RULES, Verdict, choose
from hedging.errors import ParameterError, Status, UnknownNameError
from hedging.game import Game
from hedging.labelled import (
    choice_coords,
    double_payoffs,
    flags,
    flat_payoffs,
    labels_of,
    says,
    supports,
)
from hedging.solving import solve_game

__all__ = ["correlated", "dominance", "logit", "select"]

Array = NDArray[Any]
Variable = tuple[tuple[str, ...], Any, dict[str, Any]]


def logit(game: Game, rationality: ArrayLike | None = None, *, unit: str = "range") -> xr.Dataset:
    r"""Logit quantal response: the principal branch at given rationalities, and its limit.

    Every player chooses action a with probability proportional to
    :math:`\exp(\lambda v(a) / r)`, v(a) being what a pays against the others' choices and r the
    unit of the player's payoffs.  The branch of such equilibria that starts from even
    randomisation at :math:`\lambda = 0` is followed to its limit, a Nash equilibrium.

    Parameters
    ----------
    game : Game
        With n players, C choices and any batch axes.
    rationality : float or sequence of floats, optional
        :math:`\lambda`, from 0 to infinity, where the branch is read; by default only the limit is.
    unit : {"range", "stakes", "payoff"}, default "range"
        r: the range of the player's payoffs; the most its own action can change, which is not
        affected by what only others control; or 1 for all.

    Returns
    -------
    xarray.Dataset
        Dimensions: the batch's, ``rationality`` (if a sequence was given) and ``choice``.

        ======================== ============================================================
        ``probability``          of each choice at each rationality, at the first passage of the
                                 branch if it folds back; NaN where it was not reached
        ``residual``             largest distance from the logit response
        ``crossings``            how often the branch passes that rationality
        ``limit``                probability of each choice in the limiting equilibrium
        ``limit_position``       its position in the list of :func:`hedging.nash`, -1 if it is
                                 not listed, as inside a continuum
        ``limit_support``        its support as a label
        ``folds``                how often the branch turns back
        ``bifurcations``         branch points passed, where symmetry alone kept the course
        ``status``               ``ok``, ``degenerate`` (a branch point or a limit that is not a
                                 regular equilibrium), ``no_convergence``, ``nonfinite``
        ======================== ============================================================

    Raises
    ------
    ParameterError
        If a rationality is negative or NaN, or the unit is unknown.
    HedgingTypeError
        If ``game`` is no Game.

    Notes
    -----
    The algorithm and what is certain about the limit are in :mod:`hedging.equilibria.logit`.  Takes
    about a tenth of a millisecond for a 3 x 3 x 3 game, besides finding its equilibria.

    References
    ----------
    McKelvey and Palfrey, "Quantal response equilibria for normal form games", *Games and Economic
    Behavior* 10 (1995), 6-38.

    Examples
    --------
    >>> hunt = Game([[[4, 0], [3, 3]], [[4, 3], [0, 3]]], actions=[("stag", "hare")] * 2)
    >>> answer = logit(hunt, [0, 4])
    >>> answer.probability.values.round(3).tolist()
    [[0.5, 0.5, 0.5, 0.5], [0.059, 0.941, 0.059, 0.941]]
    >>> str(answer.limit_support.values)
    'hare|hare'
    """
    table = double_payoffs(game, "logit", "rationality")
    given = np.asarray([] if rationality is None else rationality, dtype=np.float64)
    if given.ndim > 1:
        msg = f"rationality of {given.ndim} dimensions given; give a number or a list of numbers"
        raise ParameterError(msg)
    branch = branches(table, given.reshape(-1), unit=unit)
    found = solve_game(game)[0]
    position = match(branch.limit, found)
    early = stopped_early(position, branch.bifurcations, found)
    branch.limit[early] = np.nan
    branch.status[early] = Status.NO_CONVERGENCE
    position[early] = -1
    labels = labels_of(game, supports(branch.limit))
    shape, dims = game.batch_shape, tuple(game.batch_dims)
    coords, choices = choice_coords(game), sum(game.shape)
    variables: dict[str, Variable] = {}
    if rationality is not None:
        tail: tuple[str, ...] = ()
        lengths: tuple[int, ...] = ()
        meaning = {"long_name": "rationality", "units": f"per {unit}"}
        if given.ndim:
            tail, lengths = ("rationality",), (len(given),)
            coords["rationality"] = ("rationality", given, meaning)
        else:
            coords["rationality"] = ((), float(given), meaning)
        variables["probability"] = (
            (*dims, *tail, "choice"),
            branch.probability.reshape(*shape, *lengths, choices),
            says("probability of the choice"),
        )
        variables["residual"] = (
            (*dims, *tail),
            branch.residual.reshape((*shape, *lengths)),
            says("largest distance from the logit response"),
        )
        variables["crossings"] = (
            (*dims, *tail),
            branch.crossings.reshape((*shape, *lengths)),
            says("how often the branch passes this rationality"),
        )
    variables["limit"] = (
        (*dims, "choice"),
        branch.limit.reshape(*shape, choices),
        says("probability of the choice in the limiting equilibrium"),
    )
    for name, values, text in (
        ("limit_position", position, "position of the limit among the Nash equilibria, -1: none"),
        ("limit_support", labels, "actions played in the limit, players separated by |"),
        ("folds", branch.folds, "how often the branch turns back"),
        ("bifurcations", branch.bifurcations, "branch points passed"),
    ):
        variables[name] = (dims, values.reshape(shape), says(text))
    variables["status"] = (dims, branch.status.reshape(shape), flags("status", Status))
    return xr.Dataset(variables, coords=coords, attrs={"unit": unit, "version": __version__})


def correlated(
    game: Game,
    maximise: str | Mapping[str, float] | ArrayLike = "welfare",
    *,
    concept: str = "correlated",
) -> xr.Dataset:
    """The correlated equilibrium that is best under a linear objective.

    Parameters
    ----------
    game : Game
        With n players, F profiles of pure actions and any batch axes.
    maximise : str, mapping or array_like
        "welfare", the sum of all payoffs; a player's label; weights by player, negative
        ones to minimise; or a number for every profile, shape (m_1, ..., m_n), batch axes in front
        if they differ.
    concept : {"correlated", "coarse"}
        Coarse correlated equilibria need only beat actions chosen before the draw.

    Returns
    -------
    xarray.Dataset
        Dimensions: the batch's, ``profile`` (labelled like ``hedge|accommodate``) and ``player``.
        Variables ``probability`` of each profile, expected ``payoff`` of each player, the
        objective's ``value``, ``violation`` (largest gain from disobeying that rounding leaves,
        over the player's payoff range) and ``status``.

    Raises
    ------
    ParameterError
        If the concept is unknown or the objective has the wrong shape.
    UnknownNameError
        If the objective names no player.

    Notes
    -----
    The set is a polytope; a vertex of it is returned, and others may be as good.  A linear
    programme per game, some microseconds for small ones (:mod:`hedging.equilibria.correlated`).

    References
    ----------
    Aumann, "Subjectivity and correlation in randomized strategies", *Journal of Mathematical
    Economics* 1 (1974); Moulin and Vial, *International Journal of Game Theory* 7 (1978).

    Examples
    --------
    >>> chicken = Game([[[6, 2], [7, 0]], [[6, 7], [2, 0]]], actions=[("swerve", "go")] * 2)
    >>> best = correlated(chicken)
    >>> best.probability.values.round(6).tolist(), float(best.value.round(6))
    ([0.5, 0.25, 0.25, 0.0], 10.5)
    """
    table = double_payoffs(game, "correlated", "profile")
    if concept not in ("correlated", "coarse"):
        msg = f"concept {concept!r} given; choose 'correlated' or 'coarse'"
        raise ParameterError(msg)
    n, shape, dims = game.n_players, game.batch_shape, tuple(game.batch_dims)
    flat = table.reshape(len(table), n, math.prod(game.shape))
    goal = _objective(game, flat, maximise)
    best = polytope.solve(table, goal, coarse=concept == "coarse")
    with np.errstate(all="ignore"):
        payoff = np.einsum("gif,gf->gi", flat, best.probability)
    names = ["|".join(labels) for labels in product(*game.actions)]
    return xr.Dataset(
        {
            "probability": (
                (*dims, "profile"),
                best.probability.reshape(*shape, flat.shape[2]),
                says("probability of the profile"),
            ),
            "payoff": (
                (*dims, "player"),
                payoff.reshape(*shape, n),
                says("expected payoff (utility index)"),
            ),
            "value": (dims, best.value.reshape(shape), says("value of the objective")),
            "violation": (
                dims,
                best.violation.reshape(shape),
                says("largest gain from disobeying, over the payoff range"),
            ),
            "status": (dims, best.status.reshape(shape), flags("status", Status)),
        },
        coords={"profile": names, "player": list(game.players)},
        attrs={"concept": concept, "version": __version__},
    )


def select(
    game: Game,
    rule: str | Sequence[str] = "risk_dominance",
    *,
    weights: Mapping[str, float] | None = None,
    unit: str = "range",
) -> xr.Dataset:
    """The Nash equilibrium that a rule of selection chooses.

    Parameters
    ----------
    game : Game
    rule : str or sequence of str, default "risk_dominance"
        "payoff_dominance", "risk_dominance", "logit", "regret" or "welfare"; what each means,
        exactly, is said in :mod:`hedging.equilibria.selection`.
    weights : mapping from player to float, optional
        Weights of the players in "welfare"; those left out count 1.
    unit : {"range", "stakes", "payoff"}
        In which the rationality of "logit" counts, as in :func:`logit`.

    Returns
    -------
    xarray.Dataset
        Dimensions: the batch's, ``rule`` (if a sequence was given), ``choice`` and ``player``.

        =============== ====================================================================
        ``selected``    position in the list of :func:`hedging.nash`, -1 if none is chosen
        ``verdict``     ``chosen``, ``tied``, ``none``, ``undecided`` or ``no_equilibrium``
        ``support``     label of its support, empty if none is chosen
        ``probability`` of each choice in it
        ``payoff``      of each player in it
        ``count``       number of equilibria that were compared
        ``status``      what that list is worth, as in :func:`hedging.nash`
        =============== ====================================================================

    Raises
    ------
    ParameterError
        If a rule or the unit is unknown, or weights are given without "welfare".
    UnknownNameError
        If ``weights`` names no player.

    References
    ----------
    Harsanyi and Selten, *A General Theory of Equilibrium Selection in Games*, MIT Press 1988.

    Examples
    --------
    >>> hunt = Game([[[4, 0], [3, 3]], [[4, 3], [0, 3]]], actions=[("stag", "hare")] * 2)
    >>> select(hunt, ["payoff_dominance", "risk_dominance"]).support.values.tolist()
    ['stag|stag', 'hare|hare']
    """
    table = double_payoffs(game, "select", "rule")
    rules = [rule] if isinstance(rule, str) else list(rule)
    if not rules:
        msg = f"no rule given; choose from {', '.join(map(repr, RULES))}"
        raise ParameterError(msg)
    share = None
    if weights is not None:
        share = _weights(game, weights, 1.0).tolist()
        if "welfare" not in rules:
            msg = "weights given, but not the rule they are for; add rule='welfare'"
            raise ParameterError(msg)
    found = solve_game(game)[0]
    payoff, _ = payoffs_and_regret(table, found)
    parts = [
        choose(table, found, r, weights=share if r == "welfare" else None, unit=unit) for r in rules
    ]
    chosen = np.stack([part.chosen for part in parts], axis=1)
    verdict = np.stack([part.verdict for part in parts], axis=1)
    rows = np.where(chosen >= 0, found.offsets[:-1, None] + chosen, -1)
    probability = _rows(found.probability.astype(np.float64), rows)
    support = np.where(rows >= 0, _rows(found.support[:, None], rows, 0)[..., 0], 0)
    single = isinstance(rule, str)
    dims, shape = tuple(game.batch_dims), game.batch_shape
    coords = choice_coords(game) | {"player": list(game.players)}
    if single:
        coords["rule"] = ((), rules[0])
    else:
        dims, shape = (*dims, "rule"), (*shape, len(rules))
        coords["rule"] = ("rule", rules)
    batch, lengths = tuple(game.batch_dims), game.batch_shape
    return xr.Dataset(
        {
            "selected": (dims, chosen.reshape(shape), says("position of the equilibrium chosen")),
            "verdict": (dims, verdict.reshape(shape), flags("what the rule says", Verdict)),
            "support": (
                dims,
                labels_of(game, support.reshape(-1).astype(np.uint64)).reshape(shape),
                says("actions played, players separated by |"),
            ),
            "probability": (
                (*dims, "choice"),
                probability.reshape(*shape, sum(game.shape)),
                says("probability of the choice"),
            ),
            "payoff": (
                (*dims, "player"),
                _rows(payoff, rows).reshape(*shape, game.n_players),
                says("expected payoff (utility index)"),
            ),
            "count": (batch, found.count.reshape(lengths), says("number of equilibria listed")),
            "status": (batch, found.status.reshape(lengths), flags("status", Status)),
        },
        coords=coords,
        attrs={"version": __version__},
    )


def dominance(game: Game, *, mixed: bool = True) -> xr.Dataset:
    """Iterated elimination of strictly dominated actions, step by step.

    Parameters
    ----------
    game : Game
    mixed : bool, default True
        Count actions that only a mixture dominates; what is left are then the (correlated)
        rationalisable actions.  With False only pure actions dominate, as in
        :meth:`hedging.Game.undominated`.

    Returns
    -------
    xarray.Dataset
        Dimensions: the batch's and ``choice``.  Variables ``survives``, and ``round``, in which
        the choice is deleted, 0 if it stays.  For one game without batch axes
        ``attrs["steps"]`` tells the story, a sentence for each deletion.

    Notes
    -----
    Exact for the payoffs as stored (:mod:`hedging.equilibria.rationalisable`).  The order of
    deletion does not change what is left.

    References
    ----------
    Pearce, "Rationalizable strategic behavior and the problem of perfection", *Econometrica* 52
    (1984), lemma 3.

    Examples
    --------
    >>> game = Game(
    ...     [[[3, 0], [1, 1], [0, 3]], [[1, 0], [0, 5], [1, 0]]],
    ...     players=("M", "A"),
    ...     actions=(("top", "middle", "bottom"), ("left", "right")),
    ... )
    >>> found = dominance(game)
    >>> found.survives.values.tolist()
    [True, False, False, True, False]
    >>> found.attrs["steps"][0]
    'round 1: M does not play middle; 0.5 top + 0.5 bottom pays at least 0.5 more'
    """
    double_payoffs(game, "dominance", "choice")
    found = eliminate(flat_payoffs(game), mixed=mixed)
    dims, shape = tuple(game.batch_dims), game.batch_shape
    attrs: dict[str, Any] = {"mixed": int(mixed), "version": __version__}
    if not dims:
        attrs["steps"] = [_sentence(game, step) for step in found.steps]
    return xr.Dataset(
        {
            "survives": (
                (*dims, "choice"),
                found.kept.reshape(*shape, sum(game.shape)),
                says("survives iterated strict dominance"),
            ),
            "round": (
                (*dims, "choice"),
                found.round.reshape(*shape, sum(game.shape)),
                says("round in which the choice is deleted, 0 if never"),
            ),
        },
        coords=choice_coords(game),
        attrs=attrs,
    )


def _sentence(game: Game, step: Elimination) -> str:
    labels = game.actions[step.player]
    parts = [(q, a) for q, a in zip(step.mixture, labels, strict=True) if q]
    mixture = " + ".join(a if len(parts) == 1 else f"{_number(q)} {a}" for q, a in parts)
    return (
        f"round {step.round}: {game.players[step.player]} does not play {labels[step.action]}; "
        f"{mixture} pays at least {_number(step.margin)} more"
    )


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _objective(game: Game, flat: Array, maximise: Any) -> Array:
    if isinstance(maximise, str):
        share = np.ones(game.n_players)
        if maximise != "welfare" or "welfare" in game.players:
            share = _weights(game, {maximise: 1.0}, 0.0)
    elif isinstance(maximise, Mapping):
        share = _weights(game, maximise, 0.0)
    else:
        goal = np.asarray(maximise, dtype=np.float64)
        wanted = (*game.batch_shape, *game.shape)
        if goal.shape not in (game.shape, wanted):
            msg = f"an objective of shape {goal.shape} given; give shape {game.shape} or {wanted}"
            raise ParameterError(msg)
        return np.broadcast_to(goal, wanted).reshape(len(flat), flat.shape[2])
    with np.errstate(all="ignore"):
        return np.asarray(np.einsum("i,gif->gf", share, flat))


def _weights(game: Game, weights: Mapping[str, float], rest: float) -> Array:
    share = np.full(game.n_players, rest)
    for name, value in weights.items():
        if name not in game.players:
            msg = f"{name!r} is no player here; choose from {', '.join(map(repr, game.players))}"
            raise UnknownNameError(msg)
        share[game.players.index(name)] = value
    if not np.isfinite(share).all():
        msg = f"weights {dict(weights)!r} given; give finite numbers"
        raise ParameterError(msg)
    return share


def _rows(values: Array, rows: Array, fill: Any = np.nan) -> Array:
    """Rows of an array of equilibria, ``fill`` where the row is -1."""
    out = np.full((*rows.shape, values.shape[1]), fill, dtype=values.dtype)
    out[rows >= 0] = values[rows[rows >= 0]]
    return out
