"""From vertices of the best-response polyhedra to equilibria, Nash subsets and components.

Give every choice a label.  A mixed action x of the row player has the labels of the rows it does
not play and of the columns that are best replies to it; a mixed action y of the column player
has the labels of the columns it does not play and of the rows that are best replies to it.  A
pair (x, y) is an equilibrium exactly if every label occurs.  The *extreme* equilibria are the
fully labelled pairs of vertices (Mangasarian 1964).

Join x and y by an edge if (x, y) is an extreme equilibrium.  The maximal complete bipartite
subgraphs S x T of that graph are the *maximal Nash subsets*: their convex hulls ``conv S x conv
T`` are the maximal convex sets of equilibria, and together they are all equilibria (Winkels
1979; Jansen 1981). Two of them intersect exactly if they share an edge, so the connected
components of the graph are the topological components of the set of equilibria (Avis, Rosenberg,
Savani and von Stengel 2010, "Enumeration of Nash equilibria for two-player games", Economic
Theory 42, section 5).

An extreme equilibrium is regular (isolated, quasi-strict, with an index of +1 or -1) exactly if
no label occurs twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

__all__ = ["ExtremeSet", "arrange", "connected", "maximal_nash_subsets"]

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ExtremeSet:
    """All extreme equilibria of one game, in the order that :func:`arrange` defines.

    Attributes
    ----------
    pairs : tuple of (int, int)
        Positions of the row player's and of the column player's vertex.
    supports : tuple of int
        Bit c is set if choice c is played.
    index : tuple of int
        +1 or -1 for regular equilibria, 0 for the others.
    isolated : tuple of bool
        True if the component is this single point.
    component : tuple of int
        Number of the component, from 0 in order of appearance.
    """

    pairs: tuple[Pair, ...]
    supports: tuple[int, ...]
    index: tuple[int, ...]
    isolated: tuple[bool, ...]
    component: tuple[int, ...]

    @property
    def regular(self) -> bool:
        """True if all equilibria are regular; then these are all equilibria of the game."""
        return all(self.index)


def connected(pairs: Sequence[tuple[Hashable, Hashable]]) -> list[int]:
    """Component of each pair, numbered in order of appearance.

    Examples
    --------
    >>> connected([("x", "y"), ("v", "w"), ("x", "z")])
    [0, 1, 0]
    """
    parent: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for left, right in pairs:
        parent[root((0, left))] = root((1, right))
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(root((0, left)), len(numbers)) for left, _ in pairs]


def maximal_nash_subsets(pairs: Sequence[Pair]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Maximal sets S, T with every (x, y) in S x T among the pairs.

    Parameters
    ----------
    pairs : sequence of (int, int)
        Extreme equilibria as pairs of vertex numbers.

    Returns
    -------
    list of (S, T)
        Sorted tuples of vertex numbers, in lexicographic order.

    Notes
    -----
    The right sides T are the non-empty intersections of neighbourhoods of left vertices.  Time is
    proportional to their number times the number of left vertices; there can be exponentially many.

    Examples
    --------
    >>> maximal_nash_subsets([(0, 0), (0, 1), (1, 1)])
    [((0,), (0, 1)), ((0, 1), (1,))]
    """
    near: dict[int, frozenset[int]] = {}
    for x, y in pairs:
        near[x] = near.get(x, frozenset()) | {y}
    closed: set[frozenset[int]] = set()
    for neighbours in near.values():
        closed |= {neighbours, *(neighbours & other for other in closed)} - {frozenset()}
    return sorted(
        (tuple(sorted(x for x in near if near[x] >= right)), tuple(sorted(right)))
        for right in closed
    )


def arrange(
    row_labels: Sequence[int],
    column_labels: Sequence[int],
    shape: tuple[int, int],
    index: Callable[[int, int], int],
) -> ExtremeSet:
    """Find the fully labelled pairs of vertices and put them in order.

    Parameters
    ----------
    row_labels, column_labels : sequence of int
        Label set of each vertex of the row player's and of the column player's mixed actions,
        one bit per choice, the row player's choices first.
    shape : (int, int)
        Numbers of actions m, n.
    index : callable
        Index of the regular equilibrium made of two vertices, given their positions.

    Returns
    -------
    ExtremeSet
        Ordered by support size, then by support (who plays the choice listed first comes first),
        then by component, then by label sets.

    Examples
    --------
    The four profiles of the 2 x 2 game whose payoffs are all zero:

    >>> found = arrange([0b1110, 0b1101], [0b1011, 0b0111], (2, 2), lambda x, y: 1)
    >>> [format(support, "04b") for support in found.supports], set(found.component)
    (['0101', '1001', '0110', '1010'], {0})
    """
    m, n = shape
    full = (1 << m + n) - 1
    rows = (1 << m) - 1
    found: list[tuple[tuple[int, int], int, Pair]] = []
    for x, at_x in enumerate(row_labels):
        missing = full & ~at_x
        for y, at_y in enumerate(column_labels):
            if missing & ~at_y == 0:
                support = (missing & rows) | (full & ~at_y & ~rows)
                size = support.bit_count()
                # Read with choice 0 as the highest digit, an earlier support is a larger number.
                digits = int(format(support, f"0{m + n}b")[::-1], 2)
                found.append(((size, -digits), support, (x, y)))
    # Components are numbered by first appearance in an order that does not depend on them.
    found.sort(key=lambda f: (f[0], row_labels[f[2][0]], column_labels[f[2][1]]))
    numbers = dict(zip((f[2] for f in found), connected([f[2] for f in found]), strict=True))
    found.sort(key=lambda f: (f[0], numbers[f[2]]))
    component = tuple(numbers[pair] for _, _, pair in found)
    members = Counter(component)
    return ExtremeSet(
        tuple(pair for _, _, pair in found),
        tuple(support for _, support, _ in found),
        tuple(0 if row_labels[x] & column_labels[y] else index(x, y) for _, _, (x, y) in found),
        tuple(members[c] == 1 for c in component),
        component,
    )
