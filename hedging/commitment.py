"""Who moves first, and what it is worth: :func:`stackelberg` and :func:`leadership`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from hedging import __version__
from hedging.equilibria.leaders import first_mover_outcomes, followers_equilibria
from hedging.equilibria.regions_code import support_label
from hedging.equilibria.strong_stackelberg import commit
from hedging.errors import GameError, HedgingTypeError, ParameterError, Status
from hedging.game import Game
from hedging.labelled import choice_coords, flags, flat_payoffs, says
from hedging.labels import position
from hedging.program.numerals import doubles, fraction

__all__ = ["leadership", "stackelberg"]

Array = NDArray[Any]


def stackelberg(
    game: Game,
    leader: str | int = 0,
    *,
    commitment: str = "mixed",
    follower: str = "strong",
    exact: bool = False,
) -> xr.Dataset:
    r"""The best a player can do who commits himself before the others choose.

    Parameters
    ----------
    game : Game
        Of two players, or of any number if the commitment is pure.  With any batch axes.
    leader : str or int
        Label or position of the player who commits.
    commitment : {"mixed", "pure"}
        Whether he can commit to probabilities, or to an action only.
    follower : {"strong", "weak"}
        What followers do who are indifferent: the best for the leader (strong, optimistic) or
        the worst (weak, pessimistic).  With a mixed commitment only "strong": the weak best need
        not exist, and where it does it is the same but for degenerate games.
    exact : bool, default False
        Return Fractions; a payoff given as a float is then the binary fraction that it is.

    Returns
    -------
    xarray.Dataset
        ``probability`` (..., choice): the commitment and the reply to it; ``payoff`` (..., player);
        ``support``, a label such as ``hedge+align_b|pressure``; ``status``: ``ok``, ``nonfinite``,
        or ``incomplete`` if several followers have no pure equilibrium after some action.  Of
        commitments that are as good the first in action order is given.

    Raises
    ------
    GameError
        If the commitment is mixed and there are not two players.
    ParameterError
        If an option is unknown, or a mixed commitment meets a weak follower.
    UnknownNameError
        If no player is called so.
    HedgingTypeError
        If ``game`` is no Game.

    Notes
    -----
    Comparisons are exact for the payoffs as stored.  A mixed commitment takes one linear
    programme in rationals per action of the follower, two milliseconds or so for a 3 x 3 game;
    a pure one time proportional to the number of payoffs.

    References
    ----------
    Conitzer and Sandholm, "Computing the optimal strategy to commit to", *EC* 2006.

    Examples
    --------
    >>> g = Game.from_bimatrix([[2, 4], [1, 3]], [[1, 0], [0, 1]], ("leader", "follower"))
    >>> answer = stackelberg(g)
    >>> answer.probability.values.tolist(), float(answer.payoff.sel(player="leader"))
    ([0.5, 0.5, 0.0, 1.0], 3.5)
    >>> float(stackelberg(g, commitment="pure").payoff.sel(player="leader"))
    3.0
    """
    _check_game(game, "stackelberg")
    k = position(leader, game.players, "player")
    for name, value, known in (
        ("commitment", commitment, ("mixed", "pure")),
        ("follower", follower, ("strong", "weak")),
    ):
        if value not in known:
            msg = f"{name} is {value!r}; use {' or '.join(map(repr, known))}"
            raise ParameterError(msg)
    if commitment == "mixed" and follower == "weak":
        msg = "a weak follower may leave no best mixed commitment; type commitment='pure'"
        raise ParameterError(msg)
    if commitment == "mixed" and game.n_players != 2:
        msg = (
            f"a mixed commitment is for games of two players and this has {game.n_players}; "
            "type commitment='pure'"
        )
        raise GameError(msg)
    payoffs = flat_payoffs(game)
    finite = _finite(payoffs)
    status = np.where(finite, Status.OK, Status.NONFINITE).astype(np.uint8)
    kind = object if exact else np.float64
    probability = np.full((len(payoffs), sum(game.shape)), np.nan, dtype=kind)
    worth = np.full(payoffs.shape[:2], np.nan, dtype=kind)
    rational = np.frompyfunc(fraction, 1, 1)
    chosen: list[tuple[Any, Any] | None]
    if commitment == "mixed":
        chosen = [
            _mixed(rational(payoffs[g]), k) if finite[g] else None for g in range(len(payoffs))
        ]
    else:
        places, there = _pure(payoffs, k, follower)
        status[finite & ~there] = Status.INCOMPLETE
        chosen = [
            _at(rational(payoffs[g]) if exact else payoffs[g], places[g])
            if finite[g] and there[g]
            else None
            for g in range(len(payoffs))
        ]
    for g, found in enumerate(chosen):
        if found is not None:
            probability[g], worth[g] = found
    return _dataset(game, probability, worth, status, {"leader": game.players[k]})


def leadership(game: Game, leaders: Sequence[str | int] | str) -> xr.Dataset:
    r"""Outcomes when some players act first, in the open, and the others then reply.

    Leaders choose at once, then the followers do, who have seen it.  Listed are the outcomes of all
    subgame-perfect equilibria in pure actions, whatever indifferent followers do.

    Parameters
    ----------
    game : Game
        With any number of players and any batch axes.
    leaders : sequence of str or int, or str
        Who moves first; at least one player, and not all.

    Returns
    -------
    xarray.Dataset
        As :func:`hedging.nash` gives it: ``probability`` (..., equilibrium, choice), ``payoff``
        (..., equilibrium, player), ``support``, ``count`` and ``status``, which is ``incomplete``
        where several followers have no pure equilibrium after some actions of the leaders.

    Raises
    ------
    ParameterError
        If nobody follows or leads.
    UnknownNameError
        If no player is called so.
    HedgingTypeError
        If ``game`` is no Game.

    See Also
    --------
    stackelberg : one leader, who may commit to probabilities.
    hedging.equilibria.leaders.first_mover_outcomes : the same for millions of payoff arrays.

    Notes
    -----
    Payoffs are compared as they are stored, without rounding.  No equilibrium is
    listed where leaders would have to mix.

    Examples
    --------
    The middle power waits to see what the great powers do:

    >>> from hedging.families import catalogue
    >>> game = catalogue["triadic_hedging"]()
    >>> leadership(game, leaders=("A", "B")).support.values.tolist()
    ['hedge|accommodate|accommodate']
    """
    _check_game(game, "leadership")
    if isinstance(leaders, str | int):
        leaders = [leaders]
    first = sorted({position(each, game.players, "player") for each in leaders})
    if not 0 < len(first) < game.n_players:
        msg = (
            f"{len(first)} of {game.n_players} players move first; name at least one of "
            f"{', '.join(game.players)}, and leave at least one to follow"
        )
        raise ParameterError(msg)
    payoffs = flat_payoffs(game)
    finite = _finite(payoffs)
    outcome, complete = first_mover_outcomes(payoffs, first)
    outcome &= finite.reshape(-1, *(1,) * game.n_players)
    status = np.where(complete, Status.OK, Status.INCOMPLETE)
    status = np.where(finite, status, Status.NONFINITE).astype(np.uint8)
    flat = outcome.reshape(len(payoffs), -1)
    count = flat.sum(axis=1)
    width = int(count.max(initial=0))
    # Outcomes first, in action order, each game's beyond its count left out.
    order = np.argsort(~flat, axis=1, kind="stable")[:, :width]
    there = np.arange(width) < count[:, None]
    probability = np.full((len(payoffs), width, sum(game.shape)), np.nan)
    starts = np.cumsum((0, *game.shape[:-1]))
    actions = np.stack(np.unravel_index(order, game.shape), axis=-1)
    chosen = np.zeros_like(probability)
    np.put_along_axis(chosen, actions + starts, 1.0, axis=2)
    probability[there] = chosen[there]
    table = payoffs.reshape(*payoffs.shape[:2], -1)
    value = np.take_along_axis(table, order[:, None, :], axis=2).swapaxes(1, 2)
    value = np.where(there[..., None], value, np.nan)
    names = {"leader": ", ".join(game.players[k] for k in first)}
    result = _dataset(game, probability, value, status, names, "equilibrium")
    attrs = says("number of equilibrium outcomes")
    return result.assign(count=(game.batch_dims, count.reshape(game.batch_shape), attrs))


def _check_game(game: Any, name: str) -> None:
    if not isinstance(game, Game):
        kind = type(game).__name__
        msg = f"{name} was given {kind}, not a game; type {name}(hg.Game(payoffs), ...)"
        if callable(game):
            msg = f"{name} was given {kind}, not a game; call it first, as in {name}(model(), ...)"
        raise HedgingTypeError(msg)


def _finite(payoffs: Array) -> NDArray[np.bool_]:
    if payoffs.dtype == object:
        return np.ones(len(payoffs), dtype=np.bool_)
    return np.asarray(np.isfinite(payoffs).reshape(len(payoffs), -1).all(axis=1))


def _mixed(payoffs: Array, k: int) -> tuple[list[Fraction], list[Fraction]]:
    """Probabilities of all choices and payoffs at the strong Stackelberg equilibrium."""
    tables = payoffs if k == 0 else payoffs.swapaxes(1, 2)
    value, x, reply = commit(tables[k], tables[1 - k])
    other: Fraction = sum(
        (p * u for p, u in zip(x, tables[1 - k][:, reply], strict=True)), Fraction(0)
    )
    answer = [Fraction(j == reply) for j in range(tables.shape[2])]
    return (x + answer, [value, other]) if k == 0 else (answer + x, [other, value])


def _pure(payoffs: Array, k: int, follower: str) -> tuple[Array, NDArray[np.bool_]]:
    """Flat positions of the best pure commitments with their replies, and whether there are any."""
    n = payoffs.shape[1]
    credible = followers_equilibria(payoffs, {k})
    others = tuple(j + 1 for j in range(n) if j != k)
    there = np.asarray(np.asarray(credible.any(axis=others)).all(axis=1))
    own = payoffs[:, k]
    bound = -np.inf if follower == "strong" else np.inf
    # What the leader gets by each action if followers resolve ties for or against him.
    told = np.where(credible, own, bound)
    told = (told.max if follower == "strong" else told.min)(axis=others, keepdims=True)
    best = credible & (own == told) & (told == told.max(axis=k + 1, keepdims=True))
    return np.asarray(best.reshape(len(payoffs), -1).argmax(axis=1)), there


def _at(payoffs: Array, place: int) -> tuple[list[Any], Array]:
    """Probabilities and payoffs of one pure profile."""
    one, zero = (Fraction(1), Fraction(0)) if payoffs.dtype == object else (1.0, 0.0)
    index = np.unravel_index(place, payoffs.shape[1:])
    words = [
        one if j == a else zero
        for a, m in zip(index, payoffs.shape[1:], strict=True)
        for j in range(m)
    ]
    return words, payoffs.reshape(len(payoffs), -1)[:, place]


def _dataset(
    game: Game,
    probability: Array,
    value: Array,
    status: Array,
    attrs: dict[str, Any],
    *dims: str,
) -> xr.Dataset:
    size = game.batch_shape
    lead = (*game.batch_dims, *dims)
    played = np.asarray(doubles(probability) > 0).reshape(-1, probability.shape[-1])
    weights = 1 << np.arange(played.shape[1], dtype=object)
    masks = [int(sum(weights[row])) for row in played]
    known = {m: support_label(m, game.actions) if m else "" for m in set(masks)}
    words = np.array([known[m] for m in masks], dtype=str if masks else "<U1")
    extra = probability.shape[1:-1]
    return xr.Dataset(
        {
            "probability": (
                (*lead, "choice"),
                probability.reshape(*size, *probability.shape[1:]),
                says("probability of the choice"),
            ),
            "payoff": (
                (*lead, "player"),
                value.reshape(*size, *value.shape[1:]),
                says("expected payoff (utility index)"),
            ),
            "support": (
                lead,
                words.reshape((*size, *extra)),
                says("actions played, players separated by |"),
            ),
            "status": (game.batch_dims, status.reshape(size), flags("worth of the answer", Status)),
        },
        coords={**choice_coords(game), "player": list(game.players)},
        attrs={**attrs, "version": __version__},
    )
