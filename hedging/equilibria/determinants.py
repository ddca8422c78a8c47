"""The determinants of payoff differences of a two-player game, as one straight-line program.

The determinants and what their signs mean are defined in :mod:`hedging.equilibria.signs`.  Here
they are only laid out: which there are, the recurrence that computes them, and which of them a
support pair asks for.  Expanding

    D[R, C] = sum over i = 1..k of  (-1)^(i + k) (A[r_i, c_k] - A[r_0, c_k]) D[R - r_i, C - c_k]

along the last column computes every determinant from those of one order less, without division or
pivoting, so all support pairs share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

from hedging.errors import GameError
from hedging.program.graph import Builder, Program
from hedging.program.logic import Candidate, Group, SignLogic

__all__ = ["LARGEST", "SignTable", "payoff_names", "program_size", "sign_table"]

LARGEST = 5
"""Largest min(m, n) for which the determinants are enumerated."""

Minor = tuple[tuple[int, ...], tuple[int, ...]]
Support = tuple[tuple[int, ...], tuple[int, ...]]


def program_size(m: int, n: int) -> int:
    """Number of determinants of both players of an m x n game.

    Examples
    --------
    >>> [program_size(k, k) for k in (2, 3, 4, 5)]
    [4, 24, 104, 410]
    """
    return sum(
        comb(a, k + 1) * comb(b, k)
        for a, b in ((m, n), (n, m))
        for k in range(1, min(a - 1, b) + 1)
    )


def payoff_names(m: int, n: int) -> tuple[str, ...]:
    """Input names of the sign program: row player's payoffs in C order, then column player's.

    Examples
    --------
    >>> payoff_names(1, 2)
    ('row[0,0]', 'row[0,1]', 'column[0,0]', 'column[0,1]')
    """
    return tuple(f"{who}[{i},{j}]" for who in ("row", "column") for i in range(m) for j in range(n))


@dataclass(frozen=True, slots=True)
class SignTable:
    """The sign program of m x n games and the logic that reads equilibria off it.

    Pure data, so that any arithmetic can compile it.  Made once per shape by :func:`sign_table`.

    Attributes
    ----------
    m, n : int
        Numbers of actions of the row and the column player.
    program : Program
        From the 2 m n payoffs (:func:`payoff_names`) to all determinants, the row player's first.
    orders : tuple of int
        Order of each determinant.
    owners : tuple of int
        0 where a determinant is made of the row player's payoffs, 1 of the column player's.
    supports : tuple of (rows, columns)
        Support pair of each candidate, ordered by size and then by action.
    logic : SignLogic
        Per candidate the row player's group and the column player's group: of a
        group's members the first k are the weights of the *opponent's* actions in the
        support, in action order, the rest the slacks of the own actions outside it.
    """

    m: int
    n: int
    program: Program
    orders: tuple[int, ...]
    owners: tuple[int, ...]
    supports: tuple[Support, ...]
    logic: SignLogic

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The candidates of :attr:`logic`."""
        return self.logic.candidates


def _minors(
    builder: Builder, own: int, other: int, names: dict[tuple[int, int], str]
) -> dict[Minor, int]:
    """Every D[R, C] of one player as a value of the builder, by order, then rows, then columns."""
    value: dict[Minor, int] = {}
    payoff = {key: builder.input(name) for key, name in names.items()}
    difference = {
        (a, b, c): builder.sub(payoff[b, c], payoff[a, c])
        for a, b in combinations(range(own), 2)
        for c in range(other)
    }
    for k in range(1, min(own - 1, other) + 1):
        for rows in combinations(range(own), k + 1):
            for columns in combinations(range(other), k):
                total = -1
                for i in range(1, k + 1):
                    step = difference[rows[0], rows[i], columns[-1]]
                    if k == 1:
                        total = step
                        break
                    term = builder.mul(step, value[rows[:i] + rows[i + 1 :], columns[:-1]])
                    negative = (i + k) % 2 == 1
                    if i == 1:
                        total = builder.neg(term) if negative else term
                    else:
                        total = (builder.sub if negative else builder.add)(total, term)
                value[rows, columns] = total
    return value


def _group(
    own: int, mine: tuple[int, ...], theirs: tuple[int, ...], place: dict[Minor, int]
) -> Group:
    """Signed determinants of one player that must share one strict sign at a support pair."""
    members: list[tuple[int, int | None]] = []
    for p, j in enumerate(theirs, start=1):
        rest = tuple(c for c in theirs if c != j)
        members.append(((-1) ** p, place[mine, rest] if rest else None))
    for r in range(own):
        if r not in mine:
            rows = tuple(sorted((*mine, r)))
            members.append((-((-1) ** rows.index(r)), place[rows, theirs]))
    return tuple(members)


@lru_cache(maxsize=64)
def sign_table(m: int, n: int) -> SignTable:
    """The sign table of m x n games.

    Parameters
    ----------
    m, n : int
        Numbers of actions; the smaller one at most :data:`LARGEST`.

    Raises
    ------
    GameError
        If both players have more than :data:`LARGEST` actions.

    Examples
    --------
    >>> table = sign_table(2, 2)
    >>> table.supports[-1], table.orders
    (((0, 1), (0, 1)), (1, 1, 1, 1))
    >>> table.candidates[-1]    # both players mix: two weights each
    (((-1, 1), (1, 0)), ((-1, 3), (1, 2)))
    """
    if min(m, n) > LARGEST:
        msg = (
            f"a {m} x {n} game has too many support pairs to list; type hg.nash(game, "
            'method="vertices") for all equilibria, or game.to_nashpy().lemke_howson(0) for one'
        )
        raise GameError(msg)
    names = payoff_names(m, n)
    builder = Builder(names)
    cells = [(i, j) for i in range(m) for j in range(n)]
    row = _minors(builder, m, n, dict(zip(cells, names[: m * n], strict=True)))
    column = _minors(
        builder, n, m, {(j, i): name for (i, j), name in zip(cells, names[m * n :], strict=True)}
    )
    row_place = {minor: position for position, minor in enumerate(row)}
    column_place = {minor: len(row) + position for position, minor in enumerate(column)}
    supports = tuple(
        (rows, columns)
        for k in range(1, min(m, n) + 1)
        for rows in combinations(range(m), k)
        for columns in combinations(range(n), k)
    )
    candidates = tuple(
        (_group(m, rows, columns, row_place), _group(n, columns, rows, column_place))
        for rows, columns in supports
    )
    minors = (*row, *column)
    return SignTable(
        m,
        n,
        builder.program([*row.values(), *column.values()]),
        tuple(len(columns) for _, columns in minors),
        (0,) * len(row) + (1,) * len(column),
        supports,
        SignLogic(len(minors), candidates),
    )
