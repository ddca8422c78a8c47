r"""Bayesian games: players know their own type and have beliefs about the others'.

Types :math:`\theta = (\theta_1, \dots, \theta_n)` are drawn with probability
:math:`p(\theta)`; player i sees :math:`\theta_i` alone, acts, and gets
:math:`u_i(\theta, a_1, \dots, a_n)`.  A strategy gives every type of a player an action, and a
Bayes-Nash equilibrium is a profile of strategies such that no type gains by another action
(Harsanyi, *Management Science* 14, 1967-68).  Two games in strategic form have these equilibria:

* in the **agent normal form** every type is a player of its own, an agent, who gets

  .. math:: U_{i,t}(a) = \sum_{\theta:\, \theta_i = t} p(\theta)\, u_i(\theta, a_{1,\theta_1},
            \dots, a_{n,\theta_n}),

  its share of what player i expects before types are drawn: the probability of the type
  times the *interim* payoff, the expectation once the type is known;
* in the **ex-ante normal form** a player chooses an action for every type at once, and gets the sum
  of the shares of his agents.

Since an agent's action enters no other share of the same player, a profile is an equilibrium
of one form if and only if it is one of the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError, HedgingTypeError
from hedging.game import Game
from hedging.information import interim
from hedging.information.priors import read_prior
from hedging.labels import checked_labels, default_labels, position
from hedging.program.numerals import doubles, read_numbers

__all__ = ["MOST_PAYOFFS", "BayesianGame"]

Array = NDArray[Any]

MOST_PAYOFFS = 20_000_000
"""Beyond this a strategic form is not written down."""


class BayesianGame:
    r"""A game of incomplete information, or a batch with the same players, types and actions.

    Parameters
    ----------
    types : sequence of n sequences of str, or mapping of player to sequence of str
        Types of every player, t_1, ..., t_n of them; an empty sequence, or no entry in
        the mapping, for a player without private information.
    prior : array_like, shape (\*batch, t_1, ..., t_n), or mapping of player to probabilities
        Joint probability of types; the mapping gives marginal ones, shape (\*batch, t_i), of
        independent types, and may leave out players with one type.
    payoffs : array_like, shape (\*batch, n, t_1, ..., t_n, m_1, ..., m_n)
        Utility index.  The axis of a type that does not matter may have length 1.
    players : sequence of n str, optional
    actions : sequence of n sequences of str, optional
        The same for all types of a player.
    batch_dims : sequence of str, optional
        Names of the batch axes.

    Raises
    ------
    GameError
        If shapes or labels do not fit, or the prior is no probability distribution.
    HedgingTypeError
        If types are given by player without ``players=``.

    Notes
    -----
    Payoffs and prior of integers, Fractions and numerals such as ``"1/3"`` are kept exactly;
    otherwise both become doubles.

    Examples
    --------
    Bach or Stravinsky: she does not know whether he wants to meet her or to avoid her (Osborne, *An
    Introduction to Game Theory*, 2004, Example 273.1).

    >>> hers = [[2, 0], [0, 1]]
    >>> g = BayesianGame(
    ...     {"he": ("meets", "avoids")},
    ...     {"he": (0.5, 0.5)},
    ...     [[[hers, hers]], [[[[1, 0], [0, 2]], [[0, 2], [1, 0]]]]],
    ...     players=("she", "he"),
    ...     actions=(("Bach", "Stravinsky"), ("Bach", "Stravinsky")),
    ... )
    >>> g
    <BayesianGame 2x2: she (Bach, Stravinsky), he as meets or avoids (Bach, Stravinsky)>
    >>> g.interim_regret({"she": "Bach", "he": {"meets": "Bach", "avoids": "Stravinsky"}}).tolist()
    [0.0, 0.0, 0.0]
    >>> g.ex_ante_normal_form().actions[1][1]
    'Bach if meets, Stravinsky if avoids'
    """

    def __init__(
        self,
        types: Mapping[str, Sequence[str]] | Sequence[Sequence[str]],
        prior: Any,
        payoffs: ArrayLike,
        players: Sequence[str] | None = None,
        actions: Sequence[Sequence[str]] | None = None,
        *,
        batch_dims: Sequence[str] | None = None,
    ) -> None:
        if isinstance(types, Mapping):
            if players is None:
                msg = "types are given by player, but there are no players; pass players="
                raise HedgingTypeError(msg)
            for name in types:
                position(name, players, "player")
            types = [types.get(player, ()) for player in players]
        n = len(types)
        players = default_labels("player", n) if players is None else players
        self.players = checked_labels(players, "the players", n)
        self.types = tuple(
            checked_labels(own, f"the types of {player!r}", len(own))
            for player, own in zip(self.players, types, strict=True)
        )
        counts = self.type_counts
        table = read_numbers(payoffs, "payoffs", keep_integers=True)
        dims = table.ndim - 1 - 2 * n
        fits = dims >= 0 and table.shape[dims] == n
        if not fits or any(
            k not in (1, t) for k, t in zip(table.shape[dims + 1 :], counts, strict=False)
        ):
            msg = (
                f"payoffs of shape {table.shape} given; {n} players with {counts} types need "
                f"shape (*batch, {', '.join(map(str, (n, *counts)))}, m_1, ..., m_{n})"
            )
            raise GameError(msg)
        batch, shape = table.shape[:dims], table.shape[-n:]
        if actions is None:
            actions = [default_labels("action", m) for m in shape]
        if len(actions) != n:
            msg = f"actions of {len(actions)} players given; give those of {', '.join(players)}"
            raise GameError(msg)
        self.actions = tuple(
            checked_labels(own, f"the actions of {player!r}", m)
            for player, own, m in zip(self.players, actions, shape, strict=True)
        )
        chances = read_prior(prior, self.players, counts)
        if not (table.dtype == object and chances.dtype == object):
            table, chances = doubles(table), doubles(chances)
        try:
            batch = np.broadcast_shapes(batch, chances.shape[: chances.ndim - n])
        except ValueError:
            msg = f"a prior of shape {chances.shape} does not fit payoffs of shape {table.shape}"
            raise GameError(msg) from None
        self.batch_dims = tuple(batch_dims or (f"batch_{k}" for k in range(len(batch))))
        self.prior = np.broadcast_to(chances, (*batch, *counts))
        self.payoffs = np.broadcast_to(table, (*batch, n, *counts, *shape))

    @property
    def type_counts(self) -> tuple[int, ...]:
        """Number of types of every player, 1 where there is no private information."""
        return tuple(max(len(own), 1) for own in self.types)

    @property
    def agents(self) -> tuple[tuple[str, str], ...]:
        """Player and type of every agent, in order; the type is empty where there is one only."""
        return tuple(
            (player, own)
            for player, labels in zip(self.players, self.types, strict=True)
            for own in (labels or ("",))
        )

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Lengths of the batch axes; empty for one game."""
        return self.prior.shape[: self.prior.ndim - len(self.players)]

    def __repr__(self) -> str:
        who = []
        for player, own, labels in zip(self.players, self.types, self.actions, strict=True):
            types = f" as {' or '.join(own)}" if own else ""
            who.append(f"{player}{types} ({', '.join(labels)})")
        shape = "x".join(str(len(labels)) for labels in self.actions)
        batch = "".join(
            f"; {d}={k}" for d, k in zip(self.batch_dims, self.batch_shape, strict=True)
        )
        exact = "; exact" if self.payoffs.dtype == object else ""
        return f"<BayesianGame {shape}: {', '.join(who)}{exact}{batch}>"

    # -- the two normal forms ------------------------------------------------------------

    def agent_normal_form(self) -> Game:
        r"""The game among agents, one for every type of every player.

        Returns
        -------
        Game
            Players are called ``B_hostile``, or ``M`` where there is one type.  Payoffs are
            the agents' shares of ex-ante payoffs, the probability of the type times the
            interim payoff; an agent whose type has probability 0 is indifferent.

        Raises
        ------
        GameError
            If the game is too large to write down.

        Notes
        -----
        Has :math:`\prod_i m_i^{t_i}` profiles.

        Examples
        --------
        >>> g = BayesianGame([("x", "y"), ()], {"player_1": [0.5, 0.5]}, np.ones((2, 2, 1, 2, 2)))
        >>> g.agent_normal_form().players
        ('player_1_x', 'player_1_y', 'player_2')
        """
        return Game(
            self._shares,
            [f"{player}_{own}" if own else player for player, own in self.agents],
            [
                labels
                for labels, t in zip(self.actions, self.type_counts, strict=True)
                for _ in range(t)
            ],
            batch_dims=self.batch_dims,
        )

    def ex_ante_normal_form(self) -> Game:
        r"""The game in which players choose an action for each type before they know it.

        Returns
        -------
        Game
            Strategies are called ``trust`` where there is one type, ``respect if benign, exploit
            if hostile`` otherwise, in the order of the actions of the first type, then the
            second.  Payoffs are expected ones.

        Raises
        ------
        GameError
            If the game is too large to write down.

        Examples
        --------
        >>> g = BayesianGame([("x", "y"), ()], {"player_1": [0.5, 0.5]}, np.ones((2, 2, 1, 2, 2)))
        >>> g.ex_ante_normal_form().actions[0][1]
        'action_1 if x, action_2 if y'
        """
        shares, dims = self._shares, len(self.batch_shape)
        counts = self.type_counts
        ends = np.cumsum(counts)
        sums = [
            shares[(slice(None),) * dims + (slice(end - t, end),)].sum(axis=dims)
            for end, t in zip(ends, counts, strict=True)
        ]
        strategies = [
            labels
            if not own
            else tuple(
                ", ".join(f"{a} if {t}" for a, t in zip(plan, own, strict=True))
                for plan in product(labels, repeat=len(own))
            )
            for labels, own in zip(self.actions, self.types, strict=True)
        ]
        table = np.stack(sums, axis=dims)
        return Game(
            table.reshape(*self.batch_shape, len(self.players), *map(len, strategies)),
            self.players,
            strategies,
            batch_dims=self.batch_dims,
        )

    @property
    def _shares(self) -> Array:
        """Ex-ante payoffs of agents, shape (*batch, agents, actions of each agent)."""
        counts, n, dims = self.type_counts, len(self.players), len(self.batch_shape)
        starts = np.cumsum((0, *counts))[:-1]
        sizes = [len(own) for own, t in zip(self.actions, counts, strict=True) for _ in range(t)]
        if prod((*self.batch_shape, len(sizes), *sizes)) > MOST_PAYOFFS:
            msg = (
                f"{'x'.join(map(str, sizes))} actions of {len(sizes)} agents are too many to "
                "write down; merge types or leave out dominated actions"
            )
            raise GameError(msg)
        zero = 0 * self.payoffs.flat[0]
        shares = np.full((*self.batch_shape, len(sizes), *sizes), zero, self.payoffs.dtype)
        everywhere = (slice(None),) * n
        for theta in np.ndindex(*counts):
            agents = starts + theta
            axes = [1] * len(sizes)
            for agent in agents:
                axes[agent] = sizes[agent]
            chance = self.prior[(..., *theta)].reshape(*self.batch_shape, *(1,) * len(sizes))
            for i, agent in enumerate(agents):
                table = self.payoffs[(..., i, *theta, *everywhere)]
                part = shares[(slice(None),) * dims + (agent,)]
                part += chance * table.reshape(*self.batch_shape, *axes)
        return shares

    def type_probabilities(self) -> Array:
        r"""Probability of every agent's type, shape (\*batch, agents)."""
        n, dims = len(self.players), len(self.batch_shape)
        return np.concatenate(
            [self.prior.sum(axis=tuple(dims + j for j in range(n) if j != i)) for i in range(n)],
            axis=-1,
        )

    # -- what strategies are worth: see the module for the documentation -------------------

    interim_payoffs = interim.interim_payoffs
    interim_regret = interim.interim_regret
    equilibria = interim.equilibria
