r"""All equilibria of a middle power between two powers, from the signs of polynomials.

Player M has m actions, A and B have two each, ``accommodate`` (0) and ``press`` (1); p and q are
the probabilities that A and B press.  Suppose that M's payoff is *additive* in the two,

    u_M(r; p, q) = f_r + p L_r + q K_r,

and that at most one row h of M makes a power's gain from pressing depend on the *other* power:
A gains ``a_r`` at row r, except ``a_h0 (1 - q) + a_h1 q`` at h, and B gains ``b_r``, except
``b_h0 (1 - p) + b_h1 p`` at h.  Then every support leads to linear equations, one after the
other, and an equilibrium exists at a support exactly if certain polynomials in the payoffs have
the right signs.  Candidates (for m = 3 there are 28):

======  ==========================  ==================================================
number  who mixes                   solved for
======  ==========================  ==================================================
4 m     nobody                      (all given)
1       A and B at row h            q from A's indifference, p from B's
m(m-1)  two rows, and A (2x2 pure   p from M's indifference, the rows from A's
twice   actions of the other) or B
m - 1   h and a row c, A and B      the rows from M's indifference, then q, then p
C(m,3)  three rows, A and B         p and q from M's indifference, the rows from both
======  ==========================  ==================================================

Theorem
-------
*If every possible candidate is certain (:mod:`hedging.program.logic`), the certain candidates are
all equilibria, each isolated and strict outside its support.*

Proof.  Let (x, p, q) be an equilibrium; all rows in supp x are best replies at (p, q).  We show
that some candidate is possible, and is certain only if it is this equilibrium.

(1) A and B pure, at i, j.  The point ``sum x_r v_r``, with ``v_r`` the gains of A and B at row r
from what they do, lies in the closed positive quadrant.  If some ``v_r``, r in supp x, does, the
pure candidate (r, i, j) is possible.  Otherwise an edge of the hull of the v_r meets the quadrant
(the hull is bounded, the quadrant is not), so two rows r, s have a mixture at which one power is
indifferent and the other content.  If A is indifferent, the candidate (r, s; A mixes, B at j) is
possible with its p at the end i of [0, 1], hence not certain.

(2) A mixes, B pure at j.  Among the x on the best replies that make A indifferent those that
content B are a face-cut of a polytope whose vertices have one or two rows; one vertex contents B.
With two rows, that candidate is possible.  With one row r, ``a_r = 0``; p can be moved in the
direction in which B stays content, up to an end of [0, 1], where the pure candidate is possible
and not certain, or to where a row t ties with r, where (r, t; A mixes, B at j) is.

(3) Both mix.  The x on the best replies that make A and B indifferent form a polytope whose
vertices have at most three rows.  Three rows: that candidate is possible.  The row h alone, or h
and another row: that candidate is possible.  One or two rows other than h: the gains do not
depend on (p, q), so (p, q) can be moved within the set where these rows are best replies, a
polygon or a segment, to one of its ends: on the edge of the square this is (1) or (2), where a
weight or a slack is zero; inside, a further row ties and the candidate of three rows is possible,
with a zero weight.

If the determinant of a linear system is zero, all its numerators are, and the group is possible
and not certain.  A candidate that is certain has no best reply outside its support and a unique
solution on it, so in (1)-(3) it is (x, p, q) itself.  QED

The candidates named in the proof have solutions at which some weight may be zero, but all actions
of the support are best replies.  So a possible candidate that has none, because one action of its
support is better than another against everything the others can mix, may be struck out first.

In a group the members must share one strict sign: for an unknown ``p = N / D`` that is N and ``D
- N``; a slack computed with denominator D has the sign of D.  Where a sign must equal a product
of signs, the member is multiplied by something of known relative sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

from hedging.equilibria.pure_program import payoff_inputs
from hedging.program.graph import Builder, Program
from hedging.program.logic import Candidate, Group, SignLogic

__all__ = ["LinearTable", "Weights", "dependent_rows", "linear_table"]

Weights = tuple[tuple[int, int, int | None], ...]
"""``(action, sign, output)`` of every action played: its probability is proportional to sign
times the output, None standing for 1."""


@dataclass(frozen=True, slots=True)
class LinearTable:
    """The sign program of m x 2 x 2 games with linear supports.

    Attributes
    ----------
    m : int
        Actions of M, who is player 0.
    program : Program
        From the payoffs (:func:`hedging.equilibria.pure_program.payoff_inputs`) to the
        polynomials.
    logic : SignLogic
    supports : tuple of int
        Mask of choices of each candidate.
    contests : tuple of tuple of Group
        Per candidate and pair of actions that it mixes, the differences between the two at every
        pure profile that the others' supports allow.  If all members of one group have one
        strict sign, one of the two actions is better whatever the others do within the candidate,
        which is then no equilibrium although its own groups may all be zero.
    weights : tuple of (Weights, Weights, Weights)
        Strategies of each candidate.
    """

    m: int
    program: Program
    logic: SignLogic
    supports: tuple[int, ...]
    contests: tuple[tuple[Group, ...], ...]
    weights: tuple[tuple[Weights, ...], ...]


def dependent_rows(m: int) -> tuple[Program, tuple[str, ...]]:
    """Which numbers must vanish for supports to be linear.

    Returns
    -------
    program : Program
        From the payoffs to: for each row, how far M's payoff is from additive; how A's gain from
        pressing changes when B presses too; how B's changes when A does.
    kinds : tuple of str
        ``additive``, ``a`` or ``b`` per output, m of each.
    """
    b = Builder(payoff_inputs((m, 2, 2)))
    u = _Payoffs(b, m)
    additive = [
        b.sub(
            b.sub(u(0, r, 1, 1), u(0, r, 0, 1)),
            b.sub(u(0, r, 1, 0), u(0, r, 0, 0)),
        )
        for r in range(m)
    ]
    of_a = [b.sub(u.gain_a(r, 1), u.gain_a(r, 0)) for r in range(m)]
    of_b = [b.sub(u.gain_b(r, 1), u.gain_b(r, 0)) for r in range(m)]
    kinds = ("additive",) * m + ("a",) * m + ("b",) * m
    return b.program([*additive, *of_a, *of_b]), kinds


class _Payoffs:
    """Payoffs and gains as values of a builder."""

    def __init__(self, builder: Builder, m: int) -> None:
        self._b, self._m = builder, m

    def __call__(self, player: int, r: int, i: int, j: int) -> int:
        return self._b.input(f"u{player}[{r},{i},{j}]")

    def gain_a(self, r: int, j: int) -> int:
        """What A gains by pressing at row r while B does j."""
        return self._b.sub(self(1, r, 1, j), self(1, r, 0, j))

    def gain_b(self, r: int, i: int) -> int:
        """What B gains by pressing at row r while A does i."""
        return self._b.sub(self(2, r, i, 1), self(2, r, i, 0))


class _Side:
    """One power as seen from M: A and B are treated alike, each with the other as rival.

    Attributes
    ----------
    slope : list of int
        Change of M's payoff at each row when this power presses.
    gain : list of (int, int)
        Gain from pressing at each row while the rival accommodates, and while it presses.
    """

    def __init__(self, slope: list[int], gain: list[tuple[int, int]]) -> None:
        self.slope, self.gain = slope, gain


class _Maker:
    """Collects outputs and candidates."""

    def __init__(self, m: int, h: int | None) -> None:
        self.m, self.h = m, h
        b = self.b = Builder(payoff_inputs((m, 2, 2)))
        u = _Payoffs(b, m)
        self.base = [u(0, r, 0, 0) for r in range(m)]
        rows = range(m)

        def pair(gain: list[tuple[int, int]]) -> list[tuple[int, int]]:
            # Away from h both numbers are the same by assumption; use one of them.
            return [g if r == h else (g[0], g[0]) for r, g in enumerate(gain)]

        self.sides = (
            _Side(
                [b.sub(u(0, r, 1, 0), u(0, r, 0, 0)) for r in rows],
                pair([(u.gain_a(r, 0), u.gain_a(r, 1)) for r in rows]),
            ),
            _Side(
                [b.sub(u(0, r, 0, 1), u(0, r, 0, 0)) for r in rows],
                pair([(u.gain_b(r, 0), u.gain_b(r, 1)) for r in rows]),
            ),
        )
        self.outputs: list[int] = []
        self._place: dict[int, int] = {}
        self.candidates: list[Candidate] = []
        self.supports: list[int] = []
        self.contests: list[tuple[Group, ...]] = []
        self.weights: list[tuple[Weights, ...]] = []

    # -- small arithmetic ---------------------------------------------------------------

    def dot(self, *terms: tuple[int, ...]) -> int:
        """Sum of products of values."""
        total: int | None = None
        for factors in terms:
            value = factors[0]
            for factor in factors[1:]:
                value = self.b.mul(value, factor)
            total = value if total is None else self.b.add(total, value)
        assert total is not None
        return total

    def out(self, value: int, sign: int = 1) -> tuple[int, int]:
        """A group member: the value as an output, each value once."""
        if value not in self._place:
            self._place[value] = len(self.outputs)
            self.outputs.append(value)
        return sign, self._place[value]

    def add(
        self,
        groups: Sequence[Sequence[tuple[int, int | None]]],
        row: Weights,
        powers: Sequence[Weights],
    ) -> None:
        """Add a candidate with the given strategies."""
        candidate: tuple[Group, ...] = tuple(tuple(group) for group in groups)
        self.candidates.append(candidate)
        mask = sum(1 << action for action, _, _ in row)
        for k, power in enumerate(powers):
            mask |= sum(1 << (self.m + 2 * k + action) for action, _, _ in power)
        self.supports.append(mask)
        self.contests.append(
            self.contest([r for r, _, _ in row], [[a for a, _, _ in p] for p in powers])
        )
        self.weights.append((row, *powers))

    def contest(self, rows: list[int], does: list[list[int]]) -> tuple[Group, ...]:
        """What decides between the actions a candidate mixes."""
        groups: list[Group] = []
        for k, side in enumerate(self.sides):
            if len(does[k]) == 2:
                profiles = product(rows, does[1 - k])
                groups.append(tuple(self.out(side.gain[r][rival]) for r, rival in profiles))
        for r, s in combinations(rows, 2):
            at = product(*does)
            groups.append(tuple(self.out(self.b.sub(self.at(r, ij), self.at(s, ij))) for ij in at))
        return tuple(groups)

    # -- candidates ---------------------------------------------------------------------

    def at(self, r: int, pressing: Sequence[int]) -> int:
        """M's payoff at row r while the powers do what is given."""
        value = self.base[r]
        for side, does in zip(self.sides, pressing, strict=True):
            if does:
                value = self.b.add(value, side.slope[r])
        return value

    def pure(self, r: int, i: int, j: int) -> None:
        b = self.b
        members: list[tuple[int, int | None]] = [(1, None)]
        here = self.at(r, (i, j))
        others = [self.at(t, (i, j)) for t in range(self.m) if t != r]
        members += [self.out(b.sub(here, other)) for other in others]
        for side, does, rival in zip(self.sides, (i, j), (j, i), strict=True):
            members.append(self.out(side.gain[r][rival], 1 if does else -1))
        self.add([members], ((r, 1, None),), (((i, 1, None),), ((j, 1, None),)))

    def row_and_both(self) -> None:
        """Row h, both powers mix: each makes the other indifferent."""
        h, b = self.h, self.b
        assert h is not None
        first, second = self.sides
        (a0, a1), (b0, b1) = first.gain[h], second.gain[h]
        # q / (1 - q) = a0 / -a1 and p / (1 - p) = b0 / -b1.
        q_total, p_total = b.sub(a0, a1), b.sub(b0, b1)
        q_group = [self.out(a0), self.out(a1, -1)]
        p_group = [self.out(b0), self.out(b1, -1)]
        for t in range(self.m):
            if t == h:
                continue
            slack = self.dot(
                (b.sub(self.base[h], self.base[t]), q_total, p_total),
                (b.sub(first.slope[h], first.slope[t]), b0, q_total),
                (b.sub(second.slope[h], second.slope[t]), a0, p_total),
            )
            # The slack has the sign of q_total p_total; a0 has that of q_total.
            p_group.append(self.out(b.mul(slack, a0)))
        a_mix = _two(self.out(b1, -1), self.out(b0))
        b_mix = _two(self.out(a1, -1), self.out(a0))
        self.add([q_group, p_group], ((h, 1, None),), (a_mix, b_mix))

    def two_rows_and_one(self, r: int, s: int, k: int, does: int) -> None:
        """Rows r and s and power k mix, the other power is pure."""
        b = self.b
        mixer, other = self.sides[k], self.sides[1 - k]
        pressing = (0, does) if k == 0 else (does, 0)
        at = [self.at(t, pressing) for t in range(self.m)]
        top = b.sub(at[s], at[r])
        bottom = b.sub(mixer.slope[r], mixer.slope[s])
        remainder = b.sub(bottom, top)
        mix_group = [self.out(top), self.out(remainder)]
        for t in range(self.m):
            if t not in (r, s):
                slack = self.dot(
                    (b.sub(at[r], at[t]), bottom),
                    (top, b.sub(mixer.slope[r], mixer.slope[t])),
                )
                mix_group.append(self.out(slack))
        gain_r, gain_s = mixer.gain[r][does], mixer.gain[s][does]
        row_group = [self.out(gain_s), self.out(gain_r, -1)]
        if self.h in (r, s):

            def scaled(t: int) -> int:
                quiet, pressed = other.gain[t]
                return self.dot((quiet, remainder), (pressed, top))

            content = b.sub(b.mul(gain_s, scaled(r)), b.mul(gain_r, scaled(s)))
            content = b.mul(content, top)
        else:
            content = b.sub(b.mul(gain_s, other.gain[r][0]), b.mul(gain_r, other.gain[s][0]))
        row_group.append(self.out(content, 1 if does else -1))
        mixes = _two(self.out(remainder), self.out(top))
        still: Weights = ((does, 1, None),)
        rows: Weights = ((r, *self.out(gain_s)), (s, *self.out(gain_r, -1)))
        self.add([mix_group, row_group], rows, (mixes, still) if k == 0 else (still, mixes))

    def two_rows_and_both(self, c: int) -> None:
        """Rows h and c and both powers mix."""
        h, b = self.h, self.b
        assert h is not None
        first, second = self.sides
        (a0, a1), (b0, b1) = first.gain[h], second.gain[h]
        at_c, bt_c = first.gain[c][0], second.gain[c][0]
        q_total, p_total = b.sub(a0, a1), b.sub(b0, b1)

        def differences(t: int) -> tuple[int, int, int]:
            return (
                b.sub(self.base[h], self.base[t]),
                b.sub(first.slope[h], first.slope[t]),
                b.sub(second.slope[h], second.slope[t]),
            )

        d_base, d_first, d_second = differences(c)
        # x_c / x_h = top / bottom
        top = b.neg(
            self.dot((d_base, q_total, p_total), (d_first, q_total, b0), (d_second, p_total, a0))
        )
        bottom = self.dot((d_first, q_total, bt_c), (d_second, p_total, at_c))
        q_press = self.dot((a0, bottom), (top, at_c))
        q_rest = b.neg(self.dot((a1, bottom), (top, at_c)))
        p_press = self.dot((b0, bottom), (top, bt_c))
        p_rest = b.neg(self.dot((b1, bottom), (top, bt_c)))
        p_group = [self.out(p_press), self.out(p_rest)]
        for t in range(self.m):
            if t in (h, c):
                continue
            e_base, e_first, e_second = differences(t)
            slack = self.dot(
                (e_base, q_total, p_total, bottom),
                (e_first, q_total, p_press),
                (e_second, p_total, q_press),
            )
            # Its sign is that of q_total p_total bottom; q_press has that of q_total bottom.
            p_group.append(self.out(self.dot((slack, q_press, bottom))))
        groups = [
            [self.out(top), self.out(bottom)],
            [self.out(q_press), self.out(q_rest)],
            p_group,
        ]
        rows: Weights = tuple(sorted(((h, *self.out(bottom)), (c, *self.out(top)))))
        powers = (
            _two(self.out(p_rest), self.out(p_press)),
            _two(self.out(q_rest), self.out(q_press)),
        )
        self.add(groups, rows, powers)

    def three_rows(self, rows: tuple[int, int, int]) -> None:
        """Three rows and both powers mix."""
        b = self.b
        first, second = self.sides
        r, s, t = rows

        def differences(o: int) -> tuple[int, int, int]:
            return (
                b.sub(self.base[r], self.base[o]),
                b.sub(first.slope[r], first.slope[o]),
                b.sub(second.slope[r], second.slope[o]),
            )

        (e1, l1, k1), (e2, l2, k2) = differences(s), differences(t)
        whole = b.sub(b.mul(l1, k2), b.mul(l2, k1))
        p_press = b.sub(b.mul(k1, e2), b.mul(k2, e1))
        q_press = b.sub(b.mul(l2, e1), b.mul(l1, e2))
        p_rest, q_rest = b.sub(whole, p_press), b.sub(whole, q_press)
        group = [self.out(v) for v in (p_press, p_rest, q_press, q_rest)]
        for o in range(self.m):
            if o not in rows:
                e, slope, other = differences(o)
                group.append(self.out(self.dot((e, whole), (slope, p_press), (other, q_press))))

        def gains(side: _Side, rest: int, press: int) -> list[int]:
            return [
                self.dot((side.gain[o][0], rest), (side.gain[o][1], press))
                if o == self.h
                else b.mul(side.gain[o][0], whole)
                for o in rows
            ]

        alpha, beta = gains(first, q_rest, q_press), gains(second, p_rest, p_press)
        crossed = [
            b.sub(b.mul(alpha[y], beta[z]), b.mul(alpha[z], beta[y]))
            for y, z in ((1, 2), (2, 0), (0, 1))
        ]
        row_group = [self.out(v) for v in crossed]
        mix: Weights = tuple((o, *self.out(v)) for o, v in zip(rows, crossed, strict=True))
        powers = (
            _two(self.out(p_rest), self.out(p_press)),
            _two(self.out(q_rest), self.out(q_press)),
        )
        self.add([group, row_group], mix, powers)


def _two(rest: tuple[int, int], press: tuple[int, int]) -> Weights:
    """A power that mixes, with the given weights of accommodating and pressing."""
    return ((0, *rest), (1, *press))


@lru_cache(maxsize=16)
def linear_table(m: int, h: int | None) -> LinearTable:
    """The table of m x 2 x 2 games whose supports are linear.

    Parameters
    ----------
    m : int
        Actions of M, the first player.
    h : int or None
        The row at which the powers' gains depend on each other, if there is one.

    Returns
    -------
    LinearTable

    Examples
    --------
    >>> table = linear_table(3, 1)
    >>> len(table.supports), table.logic.n_signs == len(table.program.outputs)
    (28, True)
    """
    maker = _Maker(m, h)
    for r, i, j in product(range(m), (0, 1), (0, 1)):
        maker.pure(r, i, j)
    for r, s in combinations(range(m), 2):
        for k, does in product((0, 1), (0, 1)):
            maker.two_rows_and_one(r, s, k, does)
    if h is not None:
        maker.row_and_both()
        for c in range(m):
            if c != h:
                maker.two_rows_and_both(c)
    for r, s, t in combinations(range(m), 3):
        maker.three_rows((r, s, t))
    logic = SignLogic(len(maker.outputs), tuple(maker.candidates))
    program = maker.b.program(maker.outputs)
    return LinearTable(
        m,
        program,
        logic,
        tuple(maker.supports),
        tuple(maker.contests),
        tuple(maker.weights),
    )
