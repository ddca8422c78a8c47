r"""Subgame-perfect equilibria in pure actions, by backward induction.

From the ends to the start, whoever moves takes an action of the largest value; the value of a
chance node is the expectation.  A plan that is optimal after every history is a subgame-perfect
equilibrium (Selten, *International Journal of Game Theory* 4, 1975), and every pure one is
found if each way of resolving a tie is followed.  What a mover gets by an action depends
on how ties after it are resolved, so ties multiply.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from hedging.errors import ParameterError
from hedging.sequential.tree import Node

__all__ = ["Plan", "solve"]

Plan = dict[tuple[str, ...], str]
Solution = tuple[Plan, tuple[Fraction, ...]]


def solve(root: Node, most: int) -> list[Solution]:
    """All plans that are optimal after every history, with the payoffs they lead to.

    Parameters
    ----------
    root : Node
    most : int
        Refuse to list more.

    Returns
    -------
    list of (plan, payoffs)
        A plan maps the history of every move to the action taken there.  In the order of actions,
        earlier moves first.

    Raises
    ------
    ParameterError
        If there are more, which takes many ties.

    Examples
    --------
    >>> from hedging.sequential.tree import Move, read_tree
    >>> root = read_tree(Move("M", {"resist": (0, 0), "concede": (1, -1)}), ("P", "M"))
    >>> solve(root, 10)[0][0]
    {(): 'resist'}
    """
    if root.is_end:
        return [({}, root.payoffs)]
    options = [solve(child, most) for child in root.children]
    found: list[Solution] = []
    for solution in _joined(root, options):
        if len(found) == most:
            msg = (
                f"there are more than {most} subgame-perfect equilibria, for many payoffs are "
                "tied; raise most=, or break ties by changing payoffs slightly"
            )
            raise ParameterError(msg)
        found.append(solution)
    if root.player is not None:
        places = {a: k for k, a in enumerate(root.labels)}
        found.sort(key=lambda each: places[each[0][root.history]])
    return found


def _joined(node: Node, options: list[list[Solution]]) -> Iterator[Solution]:
    for parts in product(*options):
        plan: Plan = {}
        for later, _ in parts:
            plan |= later
        values = [value for _, value in parts]
        if node.player is None:
            pairs = list(zip(node.chances, values, strict=True))
            n = len(values[0])
            yield plan, tuple(sum((p * v[i] for p, v in pairs), Fraction(0)) for i in range(n))
            continue
        own = [value[node.player] for value in values]
        for action, value in zip(node.labels, values, strict=True):
            if value[node.player] == max(own):
                yield {node.history: action, **plan}, value
