"""All extreme equilibria of many games, in order, with their components and indices.

:mod:`hedging.equilibria.extreme_batch` finds the extreme equilibria as pairs of vertices; here they
get what :func:`hedging.equilibria.components.arrange` gives to those of one game, by the same rules
in array operations:

* *order*: by size of the support, then by support in action order;
* *component*: pairs that share a vertex are joined.  Every pair starts with its own number; the
  smallest number at a vertex is handed to all pairs there, until nothing changes;
* *index*: from the signs of the first weights of both players, where the equilibrium is regular.

Where two extreme equilibria of a game share their support the order depends on their labels too.
Such games, and batches too small for array operations to pay, go through
:func:`~hedging.equilibria.extreme.extreme_pattern`, one sign vector at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.determinants import SignTable, sign_table
from hedging.equilibria.extreme import extreme_pattern
from hedging.equilibria.extreme_batch import extreme_pairs
from hedging.equilibria.result import support_mask

__all__ = [
    "Extremes",
    "SupportSets",
    "canonical",
    "extremes",
    "mixes",
    "spell",
    "support_sets",
    "words_of_candidates",
]

Ints = NDArray[np.int64]

_PAIRS_PER_GAME = 80
"""Pairs of candidates that array operations try in the time that one sign vector takes alone."""


_BITS = 62
"""Supports per word of a set of supports."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """Extreme equilibria of K games, game after game, in the order in which they are listed.

    Attributes
    ----------
    game : int64 array, shape (E,)
    support : uint64 array, shape (E,)
    index : int8 array, shape (E,)
        0 where the equilibrium is not regular.
    isolated : bool array, shape (E,)
    component : int32 array, shape (E,)
    row_basis, column_basis : int64 arrays, shape (E,)
        Candidates whose weights are the row player's and the column player's probabilities.
    """

    game: Ints
    support: NDArray[np.uint64]
    index: NDArray[np.int8]
    isolated: NDArray[np.bool_]
    component: NDArray[np.int32]
    row_basis: Ints
    column_basis: Ints


class _Layout(NamedTuple):
    """Per candidate, and for pairs of candidates, what array operations look up.

    Attributes
    ----------
    outputs, signs : int arrays, shape (2, P, larger of m and n)
        Determinant that weighs each action of the row and of the column player, and its sign; the
        numbers D and D + 1 stand for the constants 1 and 0.
    first : int array, shape (2, P)
        Action whose weight comes first.
    size : int array, shape (P,)
    rank : int array, shape (P, P)
        Place of the joint support of two candidates in the order of listing.
    support : uint64 array, shape (places,)
    """

    outputs: Ints
    signs: Ints
    first: Ints
    size: Ints
    rank: Ints
    support: NDArray[np.uint64]


@lru_cache(maxsize=64)
def _layout(m: int, n: int) -> _Layout:
    table = sign_table(m, n)
    number, none = len(table.supports), len(table.orders)
    outputs = np.full((2, number, max(m, n)), none + 1)
    signs = np.zeros_like(outputs)
    first = np.zeros((2, number), dtype=np.int64)
    played = np.zeros((2, number, m + n), dtype=bool)
    for c, (pair, groups) in enumerate(zip(table.supports, table.candidates, strict=True)):
        for player, start in enumerate((0, m)):
            # The weights of a player's actions stand in the other player's group.
            for action, (s, d) in zip(pair[player], groups[1 - player], strict=False):
                outputs[player, c, action] = none if d is None else d
                signs[player, c, action] = s
            first[player, c] = pair[player][0]
            played[player, c, [start + action for action in pair[player]]] = True
    joint = played[0][:, None] | played[1][None]
    mask, turned = support_mask(joint), support_mask(joint[..., ::-1])
    size = joint.sum(axis=2).astype(np.uint64)
    # Read with choice 0 as the highest digit, an earlier support is a larger number.
    order = np.lexsort([~turned.ravel(), size.ravel()])
    changes = np.append(False, np.diff(mask.ravel()[order]) != 0)
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.cumsum(changes)
    support = np.empty(int(rank.max()) + 1, dtype=np.uint64)
    support[rank] = mask.ravel()
    sizes = np.array([len(rows) for rows, _ in table.supports])
    return _Layout(outputs, signs, first, sizes, rank.reshape(number, number), support)


def _is_small(m: int, n: int, games: int) -> bool:
    """Whether so few games are faster done one by one."""
    return games * _PAIRS_PER_GAME < len(sign_table(m, n).supports) ** 2


def extremes(m: int, n: int, sign: NDArray[np.int8]) -> Extremes:
    """All extreme equilibria of K games with given exact signs.

    Parameters
    ----------
    m, n : int
        Numbers of actions; m + n at most 32.
    sign : int8 array, shape (D, K)
        Sign -1, 0 or +1 of every determinant of ``sign_table(m, n)``.

    Returns
    -------
    Extremes

    Notes
    -----
    Time O(K P (m + P)) for P support pairs, plus O(E log E) for E equilibria.

    Examples
    --------
    The 2 x 2 game whose payoffs are all equal has four extreme equilibria in one component:

    >>> found = extremes(2, 2, np.zeros((4, 100), dtype=np.int8))
    >>> found.support[:4].tolist(), found.component[:4].tolist(), bool(found.isolated.any())
    ([5, 9, 6, 10], [0, 0, 0, 0], False)
    """
    count = sign.shape[1]
    if _is_small(m, n, count):
        return _one_by_one(m, n, sign, np.arange(count))
    layout = _layout(m, n)
    pairs = extreme_pairs(m, n, sign)
    places = len(layout.support)
    key = pairs.game * places + layout.rank[pairs.row_basis, pairs.column_basis]
    order = np.argsort(key)
    key = key[order]
    twice = np.zeros(count, dtype=bool)
    twice[key[1:][key[1:] == key[:-1]] // places] = True
    if twice.any():
        order = order[~twice[key // places]]
    game, p, q = pairs.game[order], pairs.row_basis[order], pairs.column_basis[order]
    component, isolated = _components(game, p, q, count, len(layout.size))
    index = np.zeros(len(game), dtype=np.int8)
    here = np.flatnonzero(pairs.regular[order])
    index[here] = _index(layout, sign, game[here], p[here])
    found = Extremes(game, pairs.support[order], index, isolated, component, p, q)
    if not twice.any():
        return found
    rest = _one_by_one(m, n, sign, np.flatnonzero(twice))
    both = [[getattr(x, field.name) for x in (found, rest)] for field in fields(Extremes)]
    joined = [np.concatenate(column) for column in both]
    order = np.argsort(joined[0], kind="stable")
    return Extremes(*(column[order] for column in joined))


def _one_by_one(m: int, n: int, sign: NDArray[np.int8], games: Ints) -> Extremes:
    columns: list[list[int]] = [[] for _ in fields(Extremes)]
    signs = np.ascontiguousarray(sign[:, games].T + 1).astype(np.uint8)
    for game, own in zip(games.tolist(), signs, strict=True):
        pattern = extreme_pattern(m, n, own.tobytes())
        found = pattern.found
        rows = (
            [game] * len(found.pairs),
            found.supports,
            found.index,
            found.isolated,
            found.component,
            pattern.row_basis,
            pattern.column_basis,
        )
        for column, new in zip(columns, rows, strict=True):
            column.extend(new)
    kinds = (np.int64, np.uint64, np.int8, np.bool_, np.int32, np.int64, np.int64)
    return Extremes(*(np.array(c, dtype=k) for c, k in zip(columns, kinds, strict=True)))


def _components(
    game: Ints, p: Ints, q: Ints, games: int, candidates: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Component of every pair of vertices, numbered by first appearance, and whether it is alone.

    The pairs must come game after game.
    """
    number = len(game)
    own: Ints = np.arange(number)
    smallest = own.copy()
    vertices = (game * candidates + p, game * candidates + q)
    while True:
        before = smallest
        for vertex in vertices:
            least = np.full(games * candidates, number)
            np.minimum.at(least, vertex, smallest)
            smallest = least[vertex]
        if np.array_equal(before, smallest):
            break
    so_far = np.cumsum(smallest == own)
    starts = np.searchsorted(game, np.arange(games))
    component = (so_far[smallest] - so_far[starts[game]]).astype(np.int32)
    return component, np.bincount(smallest, minlength=number)[smallest] == 1


def _index(
    layout: _Layout, sign: NDArray[np.int8], game: Ints, candidate: Ints
) -> NDArray[np.int8]:
    """Index of regular equilibria, whose candidate is the basis of both vertices."""
    turn = np.where(layout.size[candidate] % 2 == 1, 1, -1)
    for player in (0, 1):
        action = layout.first[player, candidate]
        output = layout.outputs[player, candidate, action]
        constant = output == len(sign)
        value = np.where(constant, 1, sign[np.where(constant, 0, output), game])
        turn = turn * value * layout.signs[player, candidate, action]
    return turn.astype(np.int8)


def mixes(
    table: SignTable,
    sign: NDArray[np.int8],
    values: NDArray[np.float64],
    game: Ints,
    row_basis: Ints,
    column_basis: Ints,
) -> NDArray[np.float64]:
    """Probabilities of E pairs of vertices from the determinants of K games.

    Parameters
    ----------
    table : SignTable
    sign : int8 array, shape (D, K)
        Exact signs.
    values : float64 array, shape (D, K)
        Determinants, up to a relative error that is that of the result; nan for unknown.
    game, row_basis, column_basis : int64 arrays, shape (E,)

    Returns
    -------
    float64 array, shape (E, m + n)
        Rows that need an unknown determinant, or one whose sign is not that of ``sign``, are nan.
    """
    layout = _layout(table.m, table.n)
    found = np.empty((len(game), table.m + table.n))
    known = np.zeros((len(values) + 2, values.shape[1]))
    known[:-2] = np.where(np.sign(values) == sign, np.abs(values), np.nan)
    known[:-2][sign == 0] = 0.0
    known[-2] = 1.0
    for player, (basis, actions) in enumerate(
        ((row_basis, slice(0, table.m)), (column_basis, slice(table.m, None)))
    ):
        own = found[:, actions]
        outputs = layout.outputs[player]
        for action in range(own.shape[1]):
            own[:, action] = known[outputs[basis, action], game]
        total = own[:, 0].copy()
        for action in range(1, own.shape[1]):
            total += own[:, action]
        with np.errstate(all="ignore"):
            own /= total[:, None]
    found[np.isnan(found).any(axis=1)] = np.nan
    return found


class SupportSets(NamedTuple):
    """What the extreme equilibria of K games look like, without their probabilities.

    Attributes
    ----------
    words : int64 array, shape (K, W)
        The supports that occur in each game, one bit each; :func:`spell` reads them.
    number : int64 array, shape (K,)
        Number of extreme equilibria.
    regular : bool array, shape (K,)
        All of them are regular.
    """

    words: Ints
    number: Ints
    regular: NDArray[np.bool_]


def support_sets(m: int, n: int, sign: NDArray[np.int8]) -> SupportSets:
    """Sets of supports of the extreme equilibria of K games with given exact signs.

    Parameters and time are those of :func:`extremes`, without the sorting.

    Examples
    --------
    >>> found = support_sets(2, 2, np.zeros((4, 100), dtype=np.int8))
    >>> spell(2, 2, found.words[:1]), int(found.number[0]), bool(found.regular[0])
    ([(5, 9, 6, 10)], 4, False)
    """
    games = sign.shape[1]
    layout = _layout(m, n)
    if _is_small(m, n, games):
        listed = _one_by_one(m, n, sign, np.arange(games))
        game, p, q, regular = listed.game, listed.row_basis, listed.column_basis, listed.index != 0
    else:
        game, _, regular, p, q = extreme_pairs(m, n, sign)
    place = layout.rank[p, q]
    words = _words(m, n)
    held = np.zeros(games * words, dtype=np.int64)
    np.bitwise_or.at(held, game * words + place // _BITS, _bit(place))
    every = np.ones(games, dtype=bool)
    every[game[~regular]] = False
    return SupportSets(held.reshape(games, words), np.bincount(game, minlength=games), every)


def _words(m: int, n: int) -> int:
    return -(-len(_layout(m, n).support) // _BITS)


def _bit(place: Ints) -> Ints:
    """Bit of a support within its word, the first support highest."""
    bit: Ints = np.int64(1) << (_BITS - 1 - place % _BITS)
    return bit


def words_of_candidates(m: int, n: int, held: NDArray[np.bool_]) -> Ints:
    """Words of :func:`support_sets` for games with the equilibria of some candidates.

    Parameters
    ----------
    held : bool array, shape (P, K)
        Whether a game has the equilibrium of a candidate.

    Examples
    --------
    >>> spell(2, 2, words_of_candidates(2, 2, np.eye(5, dtype=bool)[:, :2]))
    [(5,), (9,)]
    """
    own = _layout(m, n).rank.diagonal()
    words = np.zeros((held.shape[1], _words(m, n)), dtype=np.int64)
    for place, here in zip(own, held, strict=True):
        words[:, place // _BITS] |= np.where(here, _bit(place), 0)
    return words


def canonical(words: Ints) -> tuple[Ints, Ints]:
    """Number sets of supports in the order of :mod:`hedging.equilibria.regions_code`.

    Parameters
    ----------
    words : int64 array, shape (K, W)
        Of :func:`support_sets`.

    Returns
    -------
    distinct : int64 array, shape (S, W)
        The different sets: small ones first, then those with earlier supports.
    number : int64 array, shape (K,)
        Which of them each row is.

    Examples
    --------
    >>> canonical(np.array([[3], [4], [1], [4]]))
    (array([[4],
           [1],
           [3]]), array([2, 0, 1, 0]))
    """
    number = np.zeros(len(words), dtype=np.int64)
    for word in words.T:
        values, here = np.unique(word, return_inverse=True)
        if len(values) > 1:
            joint = number * len(values) + here.reshape(-1)
            number = np.unique(joint, return_inverse=True)[1].reshape(-1)
    _, examples = np.unique(number, return_index=True)
    distinct = words[examples]
    size = np.bitwise_count(distinct).sum(axis=1)
    order = np.lexsort([*(-word for word in distinct.T[::-1]), size])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return distinct[order], place[number]


def spell(m: int, n: int, words: Ints) -> list[tuple[int, ...]]:
    """The sets of supports that some words of :func:`support_sets` stand for, each in order."""
    support = _layout(m, n).support
    bits = (words[:, :, None] >> np.arange(_BITS - 1, -1, -1)) & 1
    row, place = np.nonzero(bits.reshape(len(words), words.shape[1] * _BITS))
    masks = support[place].tolist()
    ends = np.cumsum(np.bincount(row, minlength=len(words))).tolist()
    return [tuple(masks[a:b]) for a, b in zip([0, *ends], ends, strict=False)]
