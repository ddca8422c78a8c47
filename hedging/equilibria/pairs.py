r"""Regular equilibria with at most two mixing players, for a whole batch at once.

Fix two players i < j and a pure profile of the others; what i and j play is a bimatrix game
(the *block*) in which row p and column q pay A[p, q] and B[p, q].  For supports I, J
of equal size k, player i is indifferent over I only if j's mix y on J is proportional to

    y_q = (-1)^q det(D without column q),   D[r, q] = A[I_r, J_q] - A[I_0, J_q],  r = 1..k-1,

(Cramer's rule) and likewise for x.  So (I, J) carries an equilibrium of the n-player game if and
only if

* the k numbers y_q share one strict sign, and so do the x_p;
* no row outside I does better against y, no column outside J does better against x;
* no other player k wants to leave its action a_k:  sum_pq x_p y_q (u_k(p,q,a_k) - u_k(p,q,b)) >= 0.

All of these are signs of polynomials in the payoffs.  For pure profiles (k = 1) they are
comparisons of payoffs.

Claim.  A block is *tied* if any of these holds and conditional dominance (below) does not rule
out the equilibria in question: a player has two possible best replies to a pure profile of all
others; the numbers of one side of some (I, J) satisfy their conditions weakly but not strictly,
with some outside action possibly as good (or with the other side possible too); both sides hold
strictly and some other player is possibly indifferent.  In a block that is not tied every
equilibrium is on the list, isolated and regular.

Proof.  Let (x, y) be an equilibrium of the block that the other players accept, with supports I,
L.  If both have size 1 it is a profile, strict or tied.  If only |I| = 1, then all of L are best
replies to a pure profile: tied.  If |I| = |L| >= 2, then x satisfies the equations of (I, L). If
their minors do not all vanish, x is the normalised vector of minors and all conditions hold
weakly; if they do all vanish, no sign contradicts another.  Either way (I, L) is strict, hence on
the list, or tied.  If 2 <= |I| < |L|, take any J in L with |J| = |I|.  As before the x-side of
(I, J) holds weakly, and the columns L - J have slack zero: tied.  The case |I| > |L| >= 2 is the
mirror image.

Conditional dominance strikes out the equilibria in question if, against every action that could
be in the support of the player who may have ties, one action of a support is certainly better
than another of the same support, or another player certainly wants to leave.

The index of an equilibrium with k actions on each side is (-1)^(k-1) sign(sum x_p) sign(sum y_q):
the sum of the minors is the determinant of the bordered payoff differences, and the payoffs of
strict outsiders do not enter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.assembly import Rows
from hedging.equilibria.balls import Ball, Table, total
from hedging.equilibria.pure import replies
from hedging.equilibria.result import choice_offsets

__all__ = ["Block", "blocks", "regular"]

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """Two players who may mix and what the others play.

    Attributes
    ----------
    first, second : int
        The players i < j.
    profile : tuple of int
        An action for every player; those of i and j are placeholders.
    """

    first: int
    second: int
    profile: tuple[int, ...]

    def at(self, p: int, q: int, other: int = -1, action: int = 0) -> tuple[int, ...]:
        """The profile with i at p, j at q and, if asked, another player elsewhere."""
        here = list(self.profile)
        here[self.first], here[self.second] = p, q
        if other >= 0:
            here[other] = action
        return tuple(here)

    def outsiders(self, shape: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Every way out: (another player, an action it does not play here)."""
        for k, m in enumerate(shape):
            if k not in (self.first, self.second):
                yield from ((k, b) for b in range(m) if b != self.profile[k])


def blocks(shape: Sequence[int]) -> list[Block]:
    """All blocks of a shape: pairs of players in order, then profiles of the others in order."""
    found = []
    for i, j in combinations(range(len(shape)), 2):
        free = [range(1) if k in (i, j) else range(m) for k, m in enumerate(shape)]
        found += [Block(i, j, profile) for profile in product(*free)]
    return found


@dataclass(slots=True)
class _Side:
    """One player's mix on the first support, made to keep the other player indifferent.

    ``slack`` of each of the other player's outside actions is certainly zero nowhere; where it may
    be zero the action is in ``open``.  Arrays are over the games at hand.
    """

    weights: list[Ball]
    sign: NDArray[np.int8]
    impossible: Bools
    strict: Bools
    open: dict[int, Bools] = field(default_factory=dict)

    @property
    def any_open(self) -> Bools:
        result = np.zeros_like(self.strict)
        for where in self.open.values():
            result |= where
        return result


def regular(table: Table) -> tuple[Rows, Bools]:
    """All strict equilibria with at most two mixers, and the blocks that need a closer look.

    Parameters
    ----------
    table : Table

    Returns
    -------
    rows : Rows
        The equilibria, in no particular order.  Probabilities are float64, or object holding
        Fractions if the table is exact.
    tied : bool array, shape (N, number of blocks)
        In a block that is not tied the list is complete.  In exact arithmetic a tied block
        has a true tie.

    Notes
    -----
    Work per game is proportional to the number of pairs of supports of equal size in all
    blocks, each with 2 k minors of order k - 1.
    """
    every = blocks(table.shape)
    tied = np.zeros((table.size, len(every)), dtype=np.bool_)
    rows = Rows(table.size, table.shape, exact=table.exact)
    with np.errstate(all="ignore"):
        possible, strict = replies(table)
        _pure(rows, np.logical_and.reduce(strict))
        _lone_mixers(table, every, possible, tied)
        for number, block in enumerate(every):
            _pair(table, block, rows, tied[:, number])
    return rows, tied


def _pure(rows: Rows, strict: Bools) -> None:
    starts = choice_offsets(strict.shape[:-1])
    for profile in np.ndindex(strict.shape[:-1]):
        games = np.flatnonzero(strict[profile])
        if games.size:
            row = rows.blank(len(games))
            for k, a in enumerate(profile):
                row[:, starts[k] + a] = Fraction(1) if rows.exact else 1.0
            rows.add(games, row, np.ones(len(games), dtype=np.int8))


def _lone_mixers(table: Table, every: list[Block], possible: list[Bools], tied: Bools) -> None:
    """Mark the blocks where a player has several best replies to a profile of all others."""
    shape = table.shape
    number = {(b.first, b.second, b.profile): t for t, b in enumerate(every)}
    for j, m in enumerate(shape):
        if m == 1:
            continue
        best = np.moveaxis(possible[j], j, 0)
        for others in np.ndindex(best.shape[1:-1]):
            top = best[(slice(None), *others)]
            games = np.flatnonzero(top.sum(axis=0) > 1)
            if not games.size:
                continue
            profile = (*others[:j], 0, *others[j:])
            games = games[~_someone_leaves(table, j, profile, top[:, games], games)]
            for i in range(len(shape)):
                if i != j:
                    first, second = sorted((i, j))
                    key = tuple(0 if k in (i, j) else a for k, a in enumerate(profile))
                    tied[games, number[first, second, key]] = True


def _someone_leaves(
    table: Table, mixer: int, profile: tuple[int, ...], among: Bools, games: Ints
) -> Bools:
    """Some other player prefers one and the same action whatever of ``among`` is played."""
    gone = np.zeros(len(games), dtype=np.bool_)
    for k, m in enumerate(table.shape):
        for b in range(m):
            if k == mixer or b == profile[k]:
                continue
            worse = np.ones(len(games), dtype=np.bool_)
            for q in range(table.shape[mixer]):
                here = (*profile[:mixer], q, *profile[mixer + 1 :])
                there = (*here[:k], b, *here[k + 1 :])
                worse &= ~among[q] | table.difference(k, here, there, games).negative
            gone |= worse
    return gone


def _pair(table: Table, block: Block, rows: Rows, tied: Bools) -> None:
    """Equilibria of one block in which both players mix over equally many actions."""
    m, n = table.shape[block.first], table.shape[block.second]
    games = np.flatnonzero(~tied)
    whole = [(p, q) for p in range(m) for q in range(n)]
    games = games[~_outsider_leaves(table, block, whole, [], games)]
    for k in range(2, min(m, n) + 1):
        for rows_in, columns_in in product(combinations(range(m), k), combinations(range(n), k)):
            if not games.size:
                return
            _candidate(table, block, rows_in, columns_in, rows, tied, games)


def _candidate(
    table: Table,
    block: Block,
    support: tuple[int, ...],
    against: tuple[int, ...],
    rows: Rows,
    tied: Bools,
    games: Ints,
) -> None:
    """Test one pair of supports; add where it holds strictly, mark where it may be tied."""
    i, j = block.first, block.second
    x = _mix(table, block, j, support, against, games)
    y = _mix(table, block, i, against, support, games)
    both = ~x.impossible & ~y.impossible
    strict = x.strict & y.strict
    cells = list(product(support, against))
    # A tie of one side: its own support stays, the other player's may grow by what is open.
    for side, own in ((x, True), (y, False)):
        loose = np.flatnonzero(~side.impossible & ~side.strict & side.any_open)
        if loose.size:
            grown = [
                ((p, c) if own else (c, q), where[loose])
                for c, where in side.open.items()
                for p, q in cells
                if (q == against[0] if own else p == support[0])
            ]
            out = _outsider_leaves(table, block, cells, grown, games[loose])
            out |= _never_indifferent(table, block, own, support, against, side, loose, games)
            tied[games[loose[~out]]] = True
    loose = np.flatnonzero(both & ~strict)
    if loose.size:
        out = _outsider_leaves(table, block, cells, [], games[loose])
        tied[games[loose[~out]]] = True

    here = np.flatnonzero(strict)
    if not here.size:
        return
    sign = x.sign[here] * y.sign[here]
    xs, ys = [w[here] for w in x.weights], [w[here] for w in y.weights]
    accepted = np.ones(len(here), dtype=np.bool_)
    refused = np.zeros(len(here), dtype=np.bool_)
    for k, b in block.outsiders(table.shape):
        gain = total(
            [
                wx * wy * table.difference(k, block.at(p, q), block.at(p, q, k, b), games[here])
                for p, wx in zip(support, xs, strict=True)
                for q, wy in zip(against, ys, strict=True)
            ]
        )
        good, bad = gain.positive, gain.negative
        accepted &= np.where(sign > 0, good, bad)
        refused |= np.where(sign > 0, bad, good)
    tied[games[here[~accepted & ~refused]]] = True

    yes = np.flatnonzero(accepted)
    starts = choice_offsets(table.shape)
    row = rows.blank(len(yes))
    for player, actions, weights in ((i, support, xs), (j, against, ys)):
        whole = total(weights).value[yes]
        for a, w in zip(actions, weights, strict=True):
            row[:, starts[player] + a] = _ratio(w.value[yes], whole)
    for k, a in enumerate(block.profile):
        if k not in (i, j):
            row[:, starts[k] + a] = Fraction(1) if rows.exact else 1.0
    parity = -1 if len(support) % 2 == 0 else 1
    rows.add(games[here[yes]], row, (parity * sign[yes]).astype(np.int8))


def _ratio(top: NDArray[Any], bottom: NDArray[Any]) -> NDArray[Any]:
    if top.dtype != object:
        return np.asarray(top / bottom)
    ratios = [Fraction(a, b) for a, b in zip(top, bottom, strict=True)]
    result = np.empty(len(ratios), dtype=object)
    result[:] = ratios
    return result


def _mix(
    table: Table,
    block: Block,
    judge: int,
    support: tuple[int, ...],
    among: tuple[int, ...],
    games: Ints,
) -> _Side:
    """The mix on ``support`` that makes player ``judge`` indifferent over ``among``."""

    def gain(better: int, worse: int, own: int, where: Ints) -> Ball:
        if judge == block.second:
            first, second = block.at(own, better), block.at(own, worse)
        else:
            first, second = block.at(better, own), block.at(worse, own)
        return table.difference(judge, first, second, where)

    base = among[0]
    differences = [[gain(c, base, p, games) for p in support] for c in among[1:]]
    weights = _null_vector(differences)
    plus, minus = [w.positive for w in weights], [w.negative for w in weights]
    some_plus, some_minus = np.logical_or.reduce(plus), np.logical_or.reduce(minus)
    sharp = np.logical_and.reduce([w.sharp for w in weights])
    side = _Side(
        weights,
        some_plus.astype(np.int8) - some_minus.astype(np.int8),
        some_plus & some_minus,
        (np.logical_and.reduce(plus) | np.logical_and.reduce(minus)) & sharp,
    )
    here = np.flatnonzero(~side.impossible)
    for c in range(table.shape[judge]):
        if c in among:
            continue
        side.open[c] = np.zeros(len(games), dtype=np.bool_)
        if not here.size:
            continue
        slack = total(
            [w[here] * gain(base, c, p, games[here]) for p, w in zip(support, weights, strict=True)]
        )
        sign = side.sign[here]
        good = np.where(sign > 0, slack.positive, slack.negative) & (sign != 0)
        bad = np.where(sign > 0, slack.negative, slack.positive) & (sign != 0)
        side.impossible[here] |= bad
        side.strict[here] &= good
        side.open[c][here] = ~good & ~bad
    side.strict &= ~side.impossible
    return side


def _null_vector(matrix: list[list[Ball]]) -> list[Ball]:
    """Signed maximal minors of a (k-1) x k matrix: a vector that it maps to zero.

    Laplace expansion row by row, sharing the minors of the rows so far (at most 2^k of them).
    """
    k = len(matrix) + 1
    minors: dict[tuple[int, ...], Ball] = {(c,): matrix[0][c] for c in range(k)}
    for r in range(1, k - 1):
        minors = {
            columns: total(
                [
                    _signed(r + t, matrix[r][c] * minors[columns[:t] + columns[t + 1 :]])
                    for t, c in enumerate(columns)
                ]
            )
            for columns in combinations(range(k), r + 1)
        }
    return [_signed(c, minors[tuple(other for other in range(k) if other != c)]) for c in range(k)]


def _signed(power: int, ball: Ball) -> Ball:
    return -ball if power % 2 else ball


def _outsider_leaves(
    table: Table,
    block: Block,
    cells: list[tuple[int, int]],
    sometimes: list[tuple[tuple[int, int], Bools]],
    games: Ints,
) -> Bools:
    """Some player outside the block gains by one and the same action on all cells.

    ``sometimes`` lists further cells with the games for which they count.
    """
    gone = np.zeros(len(games), dtype=np.bool_)
    for k, b in block.outsiders(table.shape):
        worse = np.ones(len(games), dtype=np.bool_)
        for p, q in cells:
            worse &= table.difference(k, block.at(p, q), block.at(p, q, k, b), games).negative
        for (p, q), counts in sometimes:
            gain = table.difference(k, block.at(p, q), block.at(p, q, k, b), games)
            worse &= ~counts | gain.negative
        gone |= worse
    return gone


def _never_indifferent(
    table: Table,
    block: Block,
    own_is_first: bool,
    support: tuple[int, ...],
    against: tuple[int, ...],
    side: _Side,
    here: Ints,
    games: Ints,
) -> Bools:
    """The side's own player certainly prefers one action of its support to another.

    Its opponent plays within the other support and the open actions.
    """
    owner = block.first if own_is_first else block.second
    own, other = (support, against) if own_is_first else (against, support)
    gone = np.zeros(len(here), dtype=np.bool_)
    always = np.ones(len(here), dtype=np.bool_)
    counted = [(c, always) for c in other] + [(c, w[here]) for c, w in side.open.items()]
    for a, b in combinations(own, 2):
        better, worse = always.copy(), always.copy()
        for c, counts in counted:
            first = block.at(a, c) if own_is_first else block.at(c, a)
            second = block.at(b, c) if own_is_first else block.at(c, b)
            gain = table.difference(owner, first, second, games[here])
            better &= ~counts | gain.positive
            worse &= ~counts | gain.negative
        gone |= better | worse
    return gone
