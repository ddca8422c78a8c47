r"""What a profile of strategies pays, and what it would pay to change it.

All questions are read off the *action values* :math:`v_i(k) = u_i(k, x_{-i})`: the expected payoff
is :math:`\sum_k x_i(k) v_i(k)`, the best replies are the k of largest value, and the regret

.. math:: r_i(x) = \max_k v_i(k) - u_i(x) = \sum_k x_i(k) \bigl(\max_l v_i(l) - v_i(k)\bigr)

is what i would gain by a best reply; x is a Nash equilibrium if and only if no player has any.
The second form of the regret is the one computed: its terms are never negative, and a constant
added to the payoffs cancels before it is multiplied.

The functions here are the methods of :class:`hedging.game.Game` of the same names.
"""

from __future__ import annotations

from itertools import permutations
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria import expectation
from hedging.profile import read_profile

if TYPE_CHECKING:
    from hedging.game import Game

__all__ = ["action_values", "best_responses", "expected_payoff", "regret", "undominated"]


def action_values(game: Game, profile: Any) -> list[NDArray[Any]]:
    r"""Payoff of each action against the others' part of a profile.

    Parameters
    ----------
    profile : sequence of n strategies, or mapping from every player's label to a strategy
        A strategy is an action's label or position, a mapping from action labels to
        probabilities (0 where missing), or a vector of m_i probabilities, whose
        leading axes, if any, broadcast against the batch.

    Returns
    -------
    list of n arrays, shape (\*batch, m_i)
        Payoff units.  Fractions if both payoffs and profile are exact (integers, strings,
        Fractions, labels), float64 otherwise.

    Raises
    ------
    GameError
        If probabilities are negative or do not sum to 1, exactly if they are exact, else
        within the rounding of 64 operations per entry; or if a shape does not fit.
    UnknownNameError
        If no player or action bears a label.

    Notes
    -----
    Takes O(n m_1 ... m_n) operations per game.

    Examples
    --------
    >>> from hedging.game import Game
    >>> g = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    >>> [v.tolist() for v in g.action_values({"player_1": "action_1", "player_2": [0.5, 0.5]})]
    [[1.5, 3.0], [3.0, 5.0]]
    """
    return expectation.action_values(game.payoffs, _strategies(game, profile))


def expected_payoff(game: Game, profile: Any) -> NDArray[Any]:
    r"""Expected payoff of every player.

    Parameters
    ----------
    profile
        As for :meth:`hedging.Game.action_values`, which also lists the errors raised.

    Returns
    -------
    array, shape (\*batch, n)
        Payoff units.

    Examples
    --------
    >>> from hedging.game import Game
    >>> g = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    >>> g.expected_payoff([[0.5, 0.5], [0.5, 0.5]]).tolist()
    [2.25, 2.25]
    """
    strategies = _strategies(game, profile)
    values = expectation.action_values(game.payoffs, strategies)
    return _means(strategies, values)


def regret(game: Game, profile: Any) -> NDArray[Any]:
    r"""What every player would gain by changing alone to a best reply.

    Results of solvers state one regret per equilibrium, the largest over the players; here
    each player's is given.

    Parameters
    ----------
    profile
        As for :meth:`hedging.Game.action_values`, which also lists the errors raised.

    Returns
    -------
    array, shape (\*batch, n)
        Payoff units; never negative, and 0 exactly for a player whose pure action is best.

    Examples
    --------
    >>> from hedging.game import Game
    >>> g = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    >>> g.regret(("action_1", "action_2")).tolist()
    [1.0, 0.0]
    """
    strategies = _strategies(game, profile)
    values = expectation.action_values(game.payoffs, strategies)
    with np.errstate(invalid="ignore", over="ignore"):
        gaps = [v.max(axis=-1, keepdims=True) - v for v in values]
    return _means(strategies, gaps)


def best_responses(game: Game, profile: Any) -> list[NDArray[np.bool_]]:
    r"""Which actions are best replies to the others' part of a profile.

    Parameters
    ----------
    profile
        As for :meth:`hedging.Game.action_values`, which also lists the errors raised.

    Returns
    -------
    list of n bool arrays, shape (\*batch, m_i)
        With exact numbers, or where the others play pure actions, the comparison is exact.
        Otherwise an action counts as best if rounding may hide that it is: the given
        probabilities may have 64 rounded operations behind them, and the bound is
        relative to the player's own payoffs.

    Examples
    --------
    >>> from hedging.game import Game
    >>> pennies = Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> [b.tolist() for b in pennies.best_responses([[0.5, 0.5], [1, 0]])]
    [[True, False], [True, True]]
    """
    strategies = _strategies(game, profile)
    values = expectation.action_values(game.payoffs, strategies)
    if strategies[0].dtype == object:
        return [np.asarray(v == v.max(axis=-1, keepdims=True)) for v in values]
    errors = expectation.value_errors(game.payoffs, strategies)
    with np.errstate(invalid="ignore", over="ignore"):
        return [
            v + e >= (v - e).max(axis=-1, keepdims=True)
            for v, e in zip(values, errors, strict=True)
        ]


def undominated(game: Game, *, iterate: bool = False) -> list[NDArray[np.bool_]]:
    r"""Which actions no other *pure* action strictly dominates.

    Action k is strictly dominated by action l if l pays more whatever the others do.  An
    action that only a mixture dominates is not found.

    Parameters
    ----------
    iterate : bool, default False
        Delete dominated actions and look again until none is left; the order of deletion
        does not matter (Gilboa, Kalai and Zemel 1990, Operations Research Letters 9:85-89).

    Returns
    -------
    list of n bool arrays, shape (\*batch, m_i)
        True for the actions that remain.  Payoffs are compared as they are, without rounding.

    Notes
    -----
    One round takes O(m_1 ... m_n (m_1 + ... + m_n)) comparisons per game.

    Examples
    --------
    >>> from hedging.game import Game
    >>> g = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    >>> [mask.tolist() for mask in g.undominated()]
    [[False, True], [False, True]]
    """
    if iterate and game.n_players > 1 and game.payoffs.size:
        return _iteratively_undominated(game)
    dims = len(game.batch_dims)
    masks = []
    for i, m in enumerate(game.shape):
        # Own action first, then the batch, then the others' profiles in one axis.
        table = np.moveaxis(np.take(game.payoffs, i, axis=dims), dims + i, 0)
        table = table.reshape(m, *game.batch_shape, prod(game.shape) // m)
        left = np.ones((*game.batch_shape, m), dtype=np.bool_)
        for k, rival in permutations(range(m), 2):
            left[..., k] &= ~(table[rival] > table[k]).all(axis=-1)
        masks.append(left)
    return masks


def _iteratively_undominated(game: Game) -> list[NDArray[np.bool_]]:
    from hedging.equilibria.dominance import undominated as remaining

    flat = game.payoffs.reshape(-1, *game.payoffs.shape[len(game.batch_dims) :])
    parts = np.split(remaining(flat), np.cumsum(game.shape)[:-1], axis=1)
    return [part.reshape(*game.batch_shape, part.shape[-1]) for part in parts]


def _means(strategies: list[NDArray[Any]], values: list[NDArray[Any]]) -> NDArray[Any]:
    r"""Expected value per player, shape (\*batch, n)."""
    with np.errstate(invalid="ignore", over="ignore"):
        means = [
            np.asarray(np.einsum("...k,...k->...", x, v))
            for x, v in zip(strategies, values, strict=True)
        ]
    return np.stack(means, axis=-1)


def _strategies(game: Game, profile: Any) -> list[NDArray[Any]]:
    return read_profile(
        profile, game.players, game.actions, batch_shape=game.batch_shape, exact=game.is_exact
    )
