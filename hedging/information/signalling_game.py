r"""Signalling games: who knows speaks first.

Nature draws the sender's type t, the sender sends a message m, receivers see the message but not
the type, and reply at once, each with an action.  In a *perfect Bayesian equilibrium* every type
of the sender maximises given the replies; receivers reply in equilibrium to each other at the
belief they hold after each message; and beliefs follow from Bayes' rule after every message that is
sent (Fudenberg and Tirole, *Game Theory*, 1991, chapter 8).  The algorithm is in
:mod:`hedging.information.perfect_bayesian`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError, UnknownNameError, suggest
from hedging.information.bayesian_game import MOST_PAYOFFS, BayesianGame
from hedging.information.perfect_bayesian import Candidate, OffPath, Reply, solve
from hedging.information.priors import check_chances
from hedging.labels import checked_labels, default_labels
from hedging.program.numerals import doubles, fraction, read_numbers

__all__ = ["PerfectBayesian", "SignallingGame"]

Array = NDArray[Any]


@dataclass(frozen=True)
class PerfectBayesian:
    """One perfect Bayesian equilibrium of a signalling game.

    Attributes
    ----------
    kind : str
        ``separating``, ``pooling`` or ``semi-separating``.
    strategy : dict of type to dict of message to number
        Probability of the messages each type sends.
    replies : dict of message to dict of receiver to dict of action to number
        What follows the messages that are sent; empty for a message after which no action
        matters.
    beliefs : dict of message to number
        Probability of the first type after each message that is sent.
    off_path : dict of message to dict of reply to (low, high)
        For every message that is not sent, the replies that keep both types from sending it,
        each with the closed interval of probabilities of the first type at which it is optimal.
        Several receivers' actions are written ``ignore & court``, mixed ones ``fight+leave``;
        where no action matters the reply is empty.
    payoffs : dict of type to number
        What the sender's types get.
    intuitive : bool
        Whether the equilibrium passes the intuitive criterion.
    """

    kind: str
    strategy: dict[str, dict[str, Any]]
    replies: dict[str, dict[str, dict[str, Any]]]
    beliefs: dict[str, Any]
    off_path: dict[str, dict[str, tuple[Any, Any]]]
    payoffs: dict[str, Any]
    intuitive: bool

    def supporting_beliefs(self, message: str) -> list[tuple[Any, Any]]:
        """Beliefs after an unsent message that support the equilibrium.

        Parameters
        ----------
        message : str
            One that nobody sends.

        Returns
        -------
        list of (low, high)
            Disjoint closed intervals of the probability of the first type.

        Raises
        ------
        UnknownNameError
            If there is no such message, or it is sent.
        """
        if message not in self.off_path:
            msg = f"{message!r} is sent, or no message; {suggest(message, self.off_path)}"
            raise UnknownNameError(msg)
        merged: list[tuple[Any, Any]] = []
        for low, high in sorted(self.off_path[message].values()):
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return merged

    def __repr__(self) -> str:
        first = next(iter(self.strategy))
        says = ", ".join(f"{t} {_mix(own)}" for t, own in self.strategy.items())
        answers = [
            f"{m}: {' & '.join(_mix(x) for x in reply.values())}"
            for m, reply in self.replies.items()
            if reply
        ]
        for m in self.off_path:
            if "" in self.off_path[m]:
                continue
            spans = " or ".join(
                f"[{_short(low)}, {_short(high)}]" for low, high in self.supporting_beliefs(m)
            )
            answers.append(f"{m} unsent: {' or '.join(self.off_path[m])}, Pr({first}) in {spans}")
        notes = "" if self.intuitive else "; not intuitive"
        return f"<{self.kind}: {says}; {'; '.join(answers)}{notes}>"


class SignallingGame:
    r"""A sender with two types, a few messages, one or more receivers; or a batch of these.

    Parameters
    ----------
    payoffs : array_like, shape (\*batch, n, 2, K, m_2, ..., m_n)
        Utility index of the sender and of n - 1 receivers, by the sender's type, message and the
        receivers' actions.
    prior : array_like, shape (\*batch, 2), or mapping of type to probability
        Strictly between 0 and 1 for :meth:`perfect_bayesian`.
    types, messages : sequence of str, optional
        2 and K labels.
    players : sequence of n str, optional
        Default ``sender``, ``receiver`` (``receiver_1``, ... if there are several).
    actions : sequence of n - 1 sequences of str, optional
        Of the receivers.

    Raises
    ------
    GameError
        If shapes or labels do not fit, or the prior is no probability distribution.
    HedgingTypeError
        If payoffs are no numbers or labels no strings.

    Examples
    --------
    Beer and quiche (Cho and Kreps 1987): a receiver would fight a wimp.  Both equilibria are
    pooling, and only one is intuitive:

    >>> quiche_beer = [[[1, 3], [0, 2]], [[0, 2], [1, 3]]]
    >>> duel = [[[1, 0], [1, 0]], [[0, 1], [0, 1]]]
    >>> game = SignallingGame(
    ...     [quiche_beer, duel],
    ...     {"wimp": "0.1", "surly": "0.9"},
    ...     messages=("quiche", "beer"),
    ...     actions=[("fight", "leave")],
    ... )
    >>> game
    <SignallingGame: sender as wimp or surly (quiche, beer), receiver (fight, leave); exact>
    >>> on_quiche, on_beer = game.perfect_bayesian()
    >>> on_beer
    <pooling: wimp beer, surly beer; beer: leave; quiche unsent: fight, Pr(wimp) in [1/2, 1]>
    >>> on_quiche.intuitive, on_beer.intuitive
    (False, True)
    """

    def __init__(
        self,
        payoffs: ArrayLike,
        prior: Any,
        *,
        types: Sequence[str] | None = None,
        messages: Sequence[str] | None = None,
        players: Sequence[str] | None = None,
        actions: Sequence[Sequence[str]] | None = None,
    ) -> None:
        if isinstance(prior, Mapping):
            types = tuple(prior) if types is None else types
            prior = [prior.get(t) for t in types]
        chances = read_numbers(prior, "prior probabilities", keep_integers=True)
        if chances.ndim == 0 or chances.shape[-1] != 2:
            msg = (
                f"a prior of shape {chances.shape} given; here a sender has two types, and a "
                "BayesianGame may have more"
            )
            raise GameError(msg)
        table = read_numbers(payoffs, "payoffs", keep_integers=True)
        n = _player_count(table.shape, players, actions)
        if not (table.dtype == object and chances.dtype == object):
            table, chances = doubles(table), doubles(chances)
        dims = table.ndim - n - 2
        shape = table.shape[dims + 3 :]
        self.types = checked_labels(types or default_labels("type", 2), "the types", 2)
        count = table.shape[dims + 2]
        self.messages = checked_labels(
            messages or default_labels("message", count), "the messages", count
        )
        others = ("receiver",) if n == 2 else default_labels("receiver", n - 1)
        self.players = checked_labels(players or ("sender", *others), "the players", n)
        if actions is None:
            actions = [default_labels("action", m) for m in shape]
        self.actions = tuple(
            checked_labels(own, f"the actions of {player!r}", m)
            for player, own, m in zip(self.players[1:], actions, shape, strict=True)
        )
        check_chances(chances, 1, "prior")
        try:
            batch = np.broadcast_shapes(table.shape[:dims], chances.shape[:-1])
        except ValueError:
            msg = f"a prior of shape {chances.shape} does not fit payoffs of shape {table.shape}"
            raise GameError(msg) from None
        self.payoffs = np.broadcast_to(table, (*batch, *table.shape[dims:]))
        self.prior = np.broadcast_to(chances, (*batch, 2))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Lengths of the batch axes; empty for one game."""
        return self.prior.shape[:-1]

    def __getitem__(self, index: Any) -> SignallingGame:
        """Some games of a batch, by the rules of numpy on the batch axes."""
        return SignallingGame(
            np.array(self.payoffs[index]),
            np.array(self.prior[index]),
            types=self.types,
            messages=self.messages,
            players=self.players,
            actions=self.actions,
        )

    def __repr__(self) -> str:
        who = [f"{self.players[0]} as {' or '.join(self.types)} ({', '.join(self.messages)})"]
        who += [
            f"{p} ({', '.join(a)})" for p, a in zip(self.players[1:], self.actions, strict=True)
        ]
        exact = "; exact" if self.payoffs.dtype == object else ""
        batch = f"; batch {self.batch_shape}" if self.batch_shape else ""
        return f"<SignallingGame: {', '.join(who)}{exact}{batch}>"

    def bayesian(self) -> BayesianGame:
        """The same game with receivers who plan ahead, one reply for every message.

        Returns
        -------
        BayesianGame
            Its Bayes-Nash equilibria need not be credible after messages that are not sent.
            Receivers' plans are called ``fight after quiche, leave after beer``; messages after
            which nobody's action matters are left out.

        Raises
        ------
        GameError
            If there are too many plans to write down.

        Examples
        --------
        >>> game = SignallingGame(np.ones((2, 2, 2, 2)), [0.5, 0.5])
        >>> game.bayesian().ex_ante_normal_form().shape
        (4, 1)
        """
        dims, n = len(self.batch_shape), len(self.players)
        matters = self._matters()
        heard = [k for k, yes in enumerate(matters) if yes]
        size = prod(len(own) ** len(heard) for own in self.actions)
        if size * self.payoffs[..., 0].size > MOST_PAYOFFS:
            msg = f"receivers have {size} plans for {len(heard)} messages, too many to write down"
            raise GameError(msg)
        plans = [list(product(range(len(own)), repeat=len(heard))) for own in self.actions]
        K = len(self.messages)
        table = np.empty(
            (*self.batch_shape, n, 2, *(1,) * (n - 1), K, *map(len, plans)), self.payoffs.dtype
        )
        for places in np.ndindex(*map(len, plans)):
            chosen = [plan[p] for plan, p in zip(plans, places, strict=True)]
            for m in range(K):
                replies = (
                    tuple(plan[heard.index(m)] for plan in chosen) if m in heard else (0,) * (n - 1)
                )
                at = (slice(None),) * (dims + 2) + (0,) * (n - 1) + (m, *places)
                table[at] = self.payoffs[(slice(None),) * (dims + 2) + (m, *replies)]

        def label(own: Sequence[str], plan: Sequence[int]) -> str:
            if len(heard) == 1:
                return own[plan[0]]
            words = (f"{own[a]} after {self.messages[m]}" for a, m in zip(plan, heard, strict=True))
            return ", ".join(words) or "listen"

        names = [
            [label(own, p) for p in plan] for own, plan in zip(self.actions, plans, strict=True)
        ]
        return BayesianGame(
            [self.types, *((),) * (n - 1)],
            self.prior.reshape(*self.batch_shape, 2, *(1,) * (n - 1)),
            table,
            self.players,
            [self.messages, *names],
        )

    def _matters(self) -> list[bool]:
        """Whether anybody's action matters after each message, in some game of the batch."""
        dims = len(self.batch_shape)
        table = np.moveaxis(self.payoffs, dims + 2, 0)
        flat = table.reshape(len(self.messages), *self.batch_shape, len(self.players), 2, -1)
        return [bool(np.any(own != own[..., :1])) for own in flat]

    def perfect_bayesian(self) -> list[PerfectBayesian]:
        """Separating, pooling and semi-separating perfect Bayesian equilibria.

        Returns
        -------
        list of PerfectBayesian
            Pooling equilibria with all beliefs after unsent messages that support them.

        Raises
        ------
        GameError
            For a batch, or if a type has probability 0.

        Notes
        -----
        All comparisons are exact for the numbers given.  For payoffs without
        coincidences the list is complete if there is one receiver, or if receivers' payoffs do not
        depend on each other's actions; where they do, equilibria in which several receivers mix
        after the same message are left out.  Where a type is indifferent by coincidence, as
        between messages that cost nothing and are answered alike, there are continua of which
        only pure members are listed.
        """
        if self.batch_shape:
            msg = (
                f"perfect_bayesian takes one game and this is a batch of shape {self.batch_shape}; "
                f"pick one first, as in game[{', '.join('0' * len(self.batch_shape))}]"
            )
            raise GameError(msg)
        prior = [fraction(x) for x in self.prior.tolist()]
        if not all(prior):
            msg = (
                f"the prior is {tuple(self.prior.tolist())}; give both types a positive probability"
            )
            raise GameError(msg)
        table = np.frompyfunc(fraction, 1, 1)(self.payoffs)
        found = solve(table, prior[0] / sum(prior))
        return [self._labelled(each) for each in found]

    def _labelled(self, found: Candidate) -> PerfectBayesian:
        number = (lambda x: x) if self.payoffs.dtype == object else float
        matters = self._matters()

        def reply(answer: Reply, weight: Fraction) -> dict[str, dict[str, Any]]:
            words: dict[str, dict[str, Any]] = {}
            pairs = zip(answer.first, answer.second, strict=True)
            for receiver, own, (a, b) in zip(self.players[1:], self.actions, pairs, strict=True):
                if a == b:
                    words[receiver] = {own[a]: number(Fraction(1))}
                else:
                    words[receiver] = {own[a]: number(weight), own[b]: number(1 - weight)}
            return words

        def name(m: int, off: OffPath) -> str:
            if not matters[m]:
                return ""
            words = reply(off.reply, off.weight).values()
            return " & ".join("+".join(own) for own in words)

        return PerfectBayesian(
            found.kind,
            {
                t: {m: number(x) for m, x in zip(self.messages, own, strict=True) if x}
                for t, own in zip(self.types, found.strategy, strict=True)
            },
            {
                self.messages[m]: reply(*answer) if matters[m] else {}
                for m, answer in sorted(found.replies.items())
            },
            {self.messages[m]: number(x) for m, x in sorted(found.beliefs.items())},
            {
                self.messages[m]: {
                    name(m, off): (number(off.reply.low), number(off.reply.high)) for off in ways
                }
                for m, ways in found.off_path.items()
            },
            dict(zip(self.types, map(number, found.values), strict=True)),
            found.intuitive,
        )


def _player_count(
    shape: tuple[int, ...], players: Sequence[str] | None, actions: Sequence[Any] | None
) -> int:
    """Number of players n of payoffs of shape (*batch, n, 2, K, m_2, ..., m_n)."""
    said = len(players) if players is not None else None
    if actions is not None:
        if said not in (None, len(actions) + 1):
            msg = f"{said} players and actions of {len(actions)} receivers given; leave one out"
            raise GameError(msg)
        said = len(actions) + 1
    fits = [
        n
        for n in range(2, len(shape) - 1)
        if len(shape) >= n + 2 and shape[-n - 2] == n and shape[-n - 1] == 2
    ]
    wanted = said if said is not None else fits[0] if len(fits) == 1 else None
    if wanted not in fits:
        msg = (
            f"payoffs of shape {shape} given; a sender with 2 types and n - 1 receivers need "
            "shape (*batch, n, 2, K, m_2, ..., m_n); pass players= if it is not clear"
        )
        raise GameError(msg)
    return wanted


def _short(x: Any) -> str:
    return str(x) if isinstance(x, Fraction) else format(x, ".4g")


def _mix(weights: Mapping[str, Any]) -> str:
    if len(weights) == 1:
        return next(iter(weights))
    return "+".join(f"{_short(x)} {name}" for name, x in weights.items())
