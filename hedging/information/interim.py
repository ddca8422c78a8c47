r"""What strategies are worth to those who know their type, and which are equilibria.

The *interim payoff* of a type is what it expects once it knows itself,

.. math:: U_i(a_i, t) = \sum_{\theta:\, \theta_i = t} \frac{p(\theta)}{p_i(t)}
          u_i(\theta, a_i, \sigma_{-i}(\theta_{-i})),

and its *interim regret* what it would gain by its best action.  Strategies are a Bayes-Nash
equilibrium if and only if no type of positive probability has any.

The functions here are the methods of :class:`hedging.BayesianGame` of the same names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from hedging.equilibria.expectation import action_values
from hedging.errors import GameError, HedgingTypeError
from hedging.labelled import says
from hedging.labels import position
from hedging.profile import read_strategy
from hedging.program.numerals import doubles, read_numbers
from hedging.solving import nash

if TYPE_CHECKING:
    from hedging.information.bayesian_game import BayesianGame

__all__ = ["equilibria", "interim_payoffs", "interim_regret"]

Array = NDArray[Any]


def interim_payoffs(game: BayesianGame, profile: Any) -> Array:
    r"""Expected payoff of every agent once it knows its type.

    Parameters
    ----------
    profile : sequence of n strategies, or mapping from every player's label to a strategy
        A strategy is a mapping from type labels to mixed or pure actions, or one mixed or pure
        action for all types; see :meth:`hedging.Game.regret` for what these may be.

    Returns
    -------
    array, shape (\*batch, agents)
        Payoff units, agents in the order of :attr:`agents`; NaN for types of probability 0.

    Raises
    ------
    GameError, UnknownNameError
        If a strategy is missing or is none.

    Examples
    --------
    >>> from hedging.information.bayesian_game import BayesianGame
    >>> game = BayesianGame([("x", "y"), ()], [[0.5], [0.5]], np.ones((2, 2, 1, 2, 2)))
    >>> game.interim_payoffs([{"x": "action_1", "y": "action_2"}, "action_1"]).tolist()
    [1.0, 1.0, 1.0]
    """
    form, strategies = game.agent_normal_form(), _read_profile(game, profile)
    shares = form.expected_payoff(strategies)
    return _ratio(shares, game.type_probabilities())


def interim_regret(game: BayesianGame, profile: Any) -> Array:
    r"""What every agent would gain by another action once it knows its type.

    A profile is a Bayes-Nash equilibrium if and only if nobody with a type of positive
    probability would gain.

    Parameters
    ----------
    profile
        As for :meth:`interim_payoffs`, which also lists the errors raised.

    Returns
    -------
    array, shape (\*batch, agents)
        Payoff units; NaN for types of probability 0.

    Examples
    --------
    >>> from hedging.information.bayesian_game import BayesianGame
    >>> game = BayesianGame([("x", "y"), ()], [[0.5], [0.5]], np.ones((2, 2, 1, 2, 2)))
    >>> game.interim_regret(["action_2", "action_1"]).tolist()
    [0.0, 0.0, 0.0]
    """
    form, strategies = game.agent_normal_form(), _read_profile(game, profile)
    return _ratio(form.regret(strategies), game.type_probabilities())


def _read_profile(game: BayesianGame, profile: Any) -> list[Array]:
    if isinstance(profile, str) or not isinstance(profile, Mapping | Sequence):
        msg = f"{profile!r} is no profile; give one strategy for each of {game.players}"
        raise HedgingTypeError(msg)
    if isinstance(profile, Mapping):
        for name in profile:
            position(name, game.players, "player")
        profile = [profile.get(player) for player in game.players]
    if len(profile) != len(game.players) or any(own is None for own in profile):
        msg = f"a strategy is missing or too many; give one for each of {game.players}"
        raise GameError(msg)
    vectors = []
    for player, own, labels, strategy in zip(
        game.players, game.types, game.actions, profile, strict=True
    ):
        by_type = isinstance(strategy, Mapping) and own and set(strategy) <= set(own)
        if by_type and len(strategy) < len(own):
            missing = ", ".join(t for t in own if t not in strategy)
            msg = f"no action given for {player!r} as {missing}; give one for every type"
            raise GameError(msg)
        vectors += [
            read_strategy(strategy[t] if by_type else strategy, player, labels)
            for t in own or ("",)
        ]
    if game.payoffs.dtype != object or any(x.dtype != object for x in vectors):
        vectors = [doubles(x) for x in vectors]
    return vectors


def equilibria(game: BayesianGame, method: str = "auto", exact: bool = False) -> xr.Dataset:
    r"""Bayes-Nash equilibria, with the strategy of every type.

    Parameters
    ----------
    method, exact
        As for :func:`hedging.nash`, which solves the agent normal form.

    Returns
    -------
    xarray.Dataset
        As :func:`hedging.nash` gives it, with these differences: ``choice`` has the coordinate
        ``type_of`` besides ``player_of`` and ``action``; ``payoff`` is each player's
        expectation before types are drawn; ``interim_payoff`` (..., equilibrium, agent)
        that of every type, and ``regret`` the largest interim regret of any type.

    Raises
    ------
    GameError
        If there are more than 64 choices, counted over all agents.
    ParameterError
        If the method is unknown.

    Examples
    --------
    >>> pays = [[[[[2, 0], [0, 1]], [[2, 0], [0, 1]]]], [[[[1, 0], [0, 2]], [[0, 2], [1, 0]]]]]
    >>> from hedging.information.bayesian_game import BayesianGame
    >>> g = BayesianGame([(), ("meets", "avoids")], [["1/2", "1/2"]], pays)
    >>> answer = g.equilibria(exact=True)
    >>> answer.support.values[:1].tolist()
    ['action_1|action_1|action_2']
    >>> answer.interim_payoff[0].values.tolist()
    [Fraction(1, 1), Fraction(1, 1), Fraction(2, 1)]
    """
    form = game.agent_normal_form()
    found = nash(form, method, exact)
    agents = game.agents
    weights = game.type_probabilities()
    payoffs, weights = (
        read_numbers(x.astype(object), "payoffs") if exact else doubles(x)
        for x in (form.payoffs, weights)
    )
    shares = found["payoff"].values
    sizes = list(map(len, form.actions))
    pieces = np.split(found["probability"].values, np.cumsum(sizes)[:-1], axis=-1)
    regrets = []
    for e in range(found.sizes["equilibrium"]):
        strategies = [np.asarray(piece[..., e, :]) for piece in pieces]
        values = action_values(payoffs, strategies)
        gaps = [
            (x * (v.max(axis=-1, keepdims=True) - v)).sum(axis=-1)
            for x, v in zip(strategies, values, strict=True)
        ]
        regrets.append(_worst(_ratio(np.stack(gaps, axis=-1), weights)))
    ends = np.cumsum(game.type_counts)
    totals = [
        shares[..., end - t : end].sum(axis=-1)
        for end, t in zip(ends, game.type_counts, strict=True)
    ]
    lead = (*game.batch_dims, "equilibrium")
    flat_types = [t for (_, t), m in zip(agents, sizes, strict=True) for _ in range(m)]
    flat_players = [p for (p, _), m in zip(agents, sizes, strict=True) for _ in range(m)]
    result = found.drop_vars(["payoff", "regret", "player"]).assign(
        payoff=((*lead, "player"), np.stack(totals, axis=-1), says("expected payoff, ex ante")),
        interim_payoff=(
            (*lead, "agent"),
            _ratio(shares, weights[..., None, :]),
            says("expected payoff of a type"),
        ),
        regret=(
            lead,
            np.stack(regrets, axis=-1) if regrets else np.zeros(shares.shape[:-1]),
            says("largest gain of any type from deviating"),
        ),
    )
    return result.assign_coords(
        player=("player", list(game.players)),
        agent=("agent", list(form.players)),
        player_of=("choice", flat_players, {"long_name": "player who chooses"}),
        type_of=("choice", flat_types, {"long_name": "type at which he chooses so"}),
    )


def _ratio(values: Array, weights: Array) -> Array:
    """Values per unit of weight, NaN where that is 0."""
    if not (values.dtype == object and weights.dtype == object):
        values, weights = doubles(values), doubles(weights)
    values, weights = np.broadcast_arrays(values, weights)
    result = np.full(values.shape, np.nan, dtype=values.dtype)
    np.divide(values, weights, out=result, where=np.asarray(weights != 0, dtype=bool))
    return result


def _worst(regrets: Array) -> Array:
    """Largest over the agents, leaving out types that never occur; NaN if there is no answer."""
    nobody = np.asarray(regrets != regrets, dtype=bool)
    worst = np.where(nobody, 0, regrets).max(axis=-1)
    return np.asarray(np.where(nobody.all(axis=-1), np.nan, worst))
