r"""Perfect Bayesian equilibria of signalling games with two types, exactly.

A sender of type t = 0, 1 sends a message m; receivers see it, hold the belief
:math:`\mu = \Pr(t = 0)` and reply.  Whatever they do is, at some belief, an equilibrium among
them: pure on a closed interval of beliefs, found from inequalities that are linear in
:math:`\mu`; or mixed, one receiver randomising between two actions at the belief that makes him
indifferent.

Let s messages be sent by both types and r by one only.  Every shared message at which somebody
mixes leaves one number free, and the two types must be indifferent between all the messages
they send, :math:`2 s + r - 2` equations.  So, unless payoffs happen to solve more equations
than there are unknowns, :math:`s + r \le 2`, and there are four kinds of equilibria:

* *pooling*, s = 1: both send m, belief is the prior;
* *separating*, r = 2: beliefs are 1 and 0;
* *semi-separating*, s = r = 1: one type sends m and the other mixes m with a message that gives it
  away.  At m the reply mixes so that this type is indifferent, and the mixing type does so
  with the probability that gives receivers the belief at which they are indifferent;
* *semi-separating*, s = 2: both types mix the same two messages, and replies mix at both.

A message that nobody sends is supported by a belief, with a reply that is optimal at this
belief and leaves neither type better off: a pure one on an interval of beliefs, or a mixed
one at a single belief.  All comparisons are made in rationals.

The refinement is the intuitive criterion (Cho and Kreps, *Quarterly Journal of Economics* 102,
1987): an equilibrium fails if some unsent message could only hurt one type, whatever the reply
that is optimal at some belief, while the other type gains by it for sure once receivers
believe that it is this type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Candidate", "OffPath", "Reply", "solve"]

Array = NDArray[Any]

ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Reply:
    """What receivers do after one message, in [low, high] of beliefs where that is optimal.

    Between ``first`` and ``second``, profiles of actions that differ in one receiver's action at
    most, the weight on ``first`` may be anything in [least, most].
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    low: Fraction
    high: Fraction
    least: Fraction = ONE
    most: Fraction = ONE

    @property
    def is_pure(self) -> bool:
        """Whether nobody mixes."""
        return self.first == self.second


@dataclass(frozen=True, slots=True)
class OffPath:
    """A reply to an unsent message that keeps both types from sending it, and its beliefs."""

    reply: Reply
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Candidate:
    """One equilibrium: what is sent, believed and replied.

    Attributes
    ----------
    kind : str
    strategy : two tuples of Fraction
        Probability of every message, for either type.
    replies : dict of message to (Reply, weight on its first profile)
        After the messages that are sent.
    beliefs : dict of message to Fraction
        Pr(type 0) after the messages that are sent.
    values : pair of Fraction
        What the types get.
    off_path : dict of message to tuple of OffPath
        What keeps the types from sending the other messages.
    intuitive : bool
    """

    kind: str
    strategy: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
    replies: dict[int, tuple[Reply, Fraction]]
    beliefs: dict[int, Fraction]
    values: tuple[Fraction, Fraction]
    off_path: dict[int, tuple[OffPath, ...]]
    intuitive: bool


def solve(payoffs: Array, prior: Fraction) -> list[Candidate]:
    """All perfect Bayesian equilibria of the kinds above.

    Parameters
    ----------
    payoffs : object array of Fraction, shape (n, 2, K, m_2, ..., m_n)
        Of the sender, then of n - 1 receivers, by type, message and receivers' actions.
    prior : Fraction
        Probability of type 0, strictly between 0 and 1.

    Returns
    -------
    list of Candidate
        Separating ones first, then pooling, then semi-separating.

    Notes
    -----
    Receivers who interact may have equilibria in which two of them mix at once; those
    are not looked for.  With K messages and R replies to each about
    :math:`K^2 R^2` combinations are tried.
    """
    return list(_Search(payoffs, prior).candidates())


class _Search:
    def __init__(self, payoffs: Array, prior: Fraction) -> None:
        self.payoffs, self.prior = payoffs, prior
        self.messages = range(payoffs.shape[2])
        self.replies = [list(_replies(payoffs[1:, :, m])) for m in self.messages]

    def pays(self, t: int, m: int, reply: Reply, weight: Fraction = ONE) -> Fraction:
        """What type t gets by message m."""
        table = self.payoffs[0, t, m]
        first: Fraction = table[reply.first]
        return first if reply.is_pure else weight * first + (1 - weight) * table[reply.second]

    def at(self, m: int, belief: Fraction) -> Iterator[Reply]:
        """Pure replies that are optimal at a belief."""
        return (r for r in self.replies[m] if r.is_pure and r.low <= belief <= r.high)

    def candidates(self) -> Iterator[Candidate]:
        for m0, m1 in product(self.messages, repeat=2):
            if m0 != m1:
                yield from self.separating(m0, m1)
        for m in self.messages:
            yield from self.pooling(m)
        for t, m, own in product((0, 1), self.messages, self.messages):
            if m != own:
                yield from self.one_mixes(t, m, own)
        for pair in combinations(self.messages, 2):
            yield from self.both_mix(*pair)

    def separating(self, m0: int, m1: int) -> Iterator[Candidate]:
        for r0, r1 in product(self.at(m0, ONE), self.at(m1, ZERO)):
            yield from self.finish(
                "separating",
                ({m0: ONE}, {m1: ONE}),
                {m0: (r0, ONE), m1: (r1, ONE)},
                {m0: ONE, m1: ZERO},
            )

    def pooling(self, m: int) -> Iterator[Candidate]:
        for reply in self.at(m, self.prior):
            strategy: dict[int, Fraction] = {m: ONE}
            yield from self.finish(
                "pooling", (strategy, strategy), {m: (reply, ONE)}, {m: self.prior}
            )

    def one_mixes(self, t: int, m: int, own: int) -> Iterator[Candidate]:
        """Type t mixes m, which the other type sends, with its own message."""
        sure = ONE if t == 0 else ZERO
        chance = self.prior if t == 0 else 1 - self.prior
        for reply, answer in product(self.replies[m], self.at(own, sure)):
            believed = reply.low if t == 0 else 1 - reply.low
            if reply.is_pure or not 0 < believed < chance:
                continue
            aim = self.pays(t, own, answer)
            top, bottom = (self.pays(t, m, reply, w) for w in (ONE, ZERO))
            if top == bottom:
                continue
            weight = (aim - bottom) / (top - bottom)
            # Of this type as much sends m as makes it the share `believed` among those who do.
            share = believed * (1 - chance) / ((1 - believed) * chance)
            mixed, pure = {m: share, own: 1 - share}, {m: ONE}
            yield from self.finish(
                "semi-separating",
                (mixed, pure) if t == 0 else (pure, mixed),
                {m: (reply, weight), own: (answer, ONE)},
                {m: reply.low, own: sure},
            )

    def both_mix(self, m: int, k: int) -> Iterator[Candidate]:
        for one, two in product(self.replies[m], self.replies[k]):
            if one.is_pure or two.is_pure or not 0 < one.low < 1 or not 0 < two.low < 1:
                continue
            if not min(one.low, two.low) < self.prior < max(one.low, two.low):
                continue
            weights = self._indifferent(m, one, k, two)
            if weights is None:
                continue
            # The two posteriors average to the prior.
            mass = (self.prior - two.low) / (one.low - two.low)
            zero = mass * one.low / self.prior
            other = mass * (1 - one.low) / (1 - self.prior)
            yield from self.finish(
                "semi-separating",
                ({m: zero, k: 1 - zero}, {m: other, k: 1 - other}),
                {m: (one, weights[0]), k: (two, weights[1])},
                {m: one.low, k: two.low},
            )

    def _indifferent(
        self, m: int, one: Reply, k: int, two: Reply
    ) -> tuple[Fraction, Fraction] | None:
        """Weights of the replies at which both types are indifferent between the messages."""
        rows = []
        for t in (0, 1):
            a, b = self.pays(t, m, one, ONE), self.pays(t, m, one, ZERO)
            c, d = self.pays(t, k, two, ONE), self.pays(t, k, two, ZERO)
            rows.append((a - b, d - c, d - b))
        (p, q, x), (r, s, y) = rows
        det = p * s - q * r
        return None if det == 0 else ((x * s - q * y) / det, (p * y - x * r) / det)

    def finish(
        self,
        kind: str,
        strategy: tuple[dict[int, Fraction], dict[int, Fraction]],
        replies: dict[int, tuple[Reply, Fraction]],
        beliefs: dict[int, Fraction],
    ) -> Iterator[Candidate]:
        """The equilibrium, if the weights are possible and neither type would deviate."""
        for reply, weight in replies.values():
            inside = reply.least <= weight <= reply.most and (reply.is_pure or 0 < weight < 1)
            if not inside:
                return
        got = [{m: self.pays(t, m, *answer) for m, answer in replies.items()} for t in (0, 1)]
        values = (max(got[0].values()), max(got[1].values()))
        if any(got[t][m] < values[t] for t in (0, 1) for m in strategy[t]):
            return
        off_path = {}
        for m in self.messages:
            if m not in replies:
                off_path[m] = tuple(self._deterring(m, values))
                if not off_path[m]:
                    return
        mix0, mix1 = (tuple(own.get(m, ZERO) for m in self.messages) for own in strategy)
        yield Candidate(
            kind,
            (mix0, mix1),
            replies,
            beliefs,
            values,
            off_path,
            all(self._intuitive(m, values) for m in off_path),
        )

    def _deterring(self, m: int, values: Sequence[Fraction]) -> Iterator[OffPath]:
        """Replies to an unsent message that leave neither type better off.

        Mixed ones are left out where a pure one does the same at their belief.
        """
        covered: list[Reply] = []
        for reply in self.replies[m]:  # pure ones come first
            if not reply.is_pure and any(r.low <= reply.low <= r.high for r in covered):
                continue
            low, high = reply.least, reply.most
            for t in (0, 1):
                slope = self.pays(t, m, reply, ONE) - self.pays(t, m, reply, ZERO)
                room = values[t] - self.pays(t, m, reply, ZERO)
                if slope > 0:
                    high = min(high, room / slope)
                elif slope < 0:
                    low = max(low, room / slope)
                elif room < 0:
                    low, high = ONE, ZERO
            if low <= high and (reply.is_pure or (low < 1 and high > 0)):
                if reply.is_pure:
                    covered.append(reply)
                yield OffPath(reply, (low + high) / 2)

    def _intuitive(self, m: int, values: Sequence[Fraction]) -> bool:
        """Whether the criterion leaves the equilibrium alone for this unsent message."""
        best = [
            max(self.pays(t, m, r, w) for r in self.replies[m] for w in (r.least, r.most))
            for t in (0, 1)
        ]
        for t, sure in ((0, ONE), (1, ZERO)):
            surely = [self.pays(t, m, reply) for reply in self.at(m, sure)]
            if best[1 - t] < values[1 - t] and surely and min(surely) > values[t]:
                return False
        return True


def _replies(tables: Array) -> Iterator[Reply]:
    """Equilibria among receivers after one message, with the beliefs at which they are.

    ``tables`` has the shape (receivers, 2, m_2, ..., m_n).  If no receiver cares what happens
    here, the message ends the game and the first profile stands for all.
    """
    shape = tables.shape[2:]
    flat = tables.reshape(len(shape), 2, -1)
    if len(shape) == 0 or bool((flat == flat[:, :, :1]).all()):
        first = (0,) * len(shape)
        yield Reply(first, first, ZERO, ONE)
        return
    for profile in np.ndindex(*shape):
        gains = [
            (
                tables[(k, 0, *profile)] - tables[(k, 0, *other)],
                tables[(k, 1, *profile)] - tables[(k, 1, *other)],
            )
            for k, m in enumerate(shape)
            for other in _others(profile, k, m)
        ]
        low, high = _where(gains)
        if low <= high:
            yield Reply(profile, profile, low, high)
    for k, m in enumerate(shape):
        rest = [range(size) if j != k else range(1) for j, size in enumerate(shape)]
        for base in product(*rest):
            for a, b in combinations(range(m), 2):
                found = _mixed(tables, base, k, a, b)
                if found is not None:
                    yield found


def _mixed(tables: Array, base: tuple[int, ...], k: int, a: int, b: int) -> Reply | None:
    """Receiver k mixes actions a and b while the others play as in ``base``."""
    shape = tables.shape[2:]
    one, two = ((*base[:k], x, *base[k + 1 :]) for x in (a, b))
    zero, other = (tables[(k, t, *one)] - tables[(k, t, *two)] for t in (0, 1))
    if zero == other:
        return None  # indifferent at every belief or at none
    belief = other / (other - zero)
    if not 0 <= belief <= 1:
        return None

    def expected(j: int, profile: tuple[int, ...]) -> Fraction:
        value: Fraction = (
            belief * tables[(j, 0, *profile)] + (1 - belief) * tables[(j, 1, *profile)]
        )
        return value

    if any(expected(k, profile) > expected(k, one) for profile in _others(one, k, shape[k])):
        return None
    least, most = ZERO, ONE
    for j, m in enumerate(shape):
        if j == k:
            continue
        pairs = zip(_others(one, j, m), _others(two, j, m), strict=True)
        gains = [
            (expected(j, one) - expected(j, x), expected(j, two) - expected(j, y)) for x, y in pairs
        ]
        low, high = _where(gains)
        least, most = max(least, low), min(most, high)
    return Reply(one, two, belief, belief, least, most) if least <= most else None


def _others(profile: tuple[int, ...], k: int, m: int) -> Iterator[tuple[int, ...]]:
    """Profiles in which receiver k does something else."""
    return ((*profile[:k], x, *profile[k + 1 :]) for x in range(m) if x != profile[k])


def _where(gains: Sequence[tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction]:
    """Interval of x in [0, 1] with x g + (1 - x) h >= 0 for all (g, h); empty if low > high."""
    low, high = ZERO, ONE
    for g, h in gains:
        slope = g - h
        if slope > 0:
            low = max(low, -h / slope)
        elif slope < 0:
            high = min(high, -h / slope)
        elif h < 0:
            return ONE, ZERO
    return low, high
