r"""Games in strategic form: a labelled array of payoffs.

A game of n players gives player i the payoff :math:`u_i(a_1, \dots, a_n)`, a utility index, at
every pure profile of actions, and the expectation

.. math:: u_i(x) = \sum_{a} u_i(a) \prod_j x_j(a_j)

at a profile x of probabilities, which is linear in each :math:`x_j` alone.  All questions
answered here are read off the *action values* :math:`v_i(k) = u_i(k, x_{-i})`: the expected
payoff is :math:`\sum_k x_i(k) v_i(k)`, the best replies are the k of largest value, and the regret

.. math:: r_i(x) = \max_k v_i(k) - u_i(x) = \sum_k x_i(k) \bigl(\max_l v_i(l) - v_i(k)\bigr)

is what i would gain by a best reply; x is a Nash equilibrium if and only if no player has any.
The second form of the regret is the one computed: its terms are never negative, and a constant
added to the payoffs cancels before it is multiplied.
"""

from __future__ import annotations

import html
import numbers
from collections.abc import Iterator, Sequence
from itertools import permutations
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging import nfg
from hedging.equilibria.expectation import action_values, value_errors
from hedging.errors import GameError, HedgingTypeError
from hedging.labels import (
    DIMS,
    VARIABLES,
    checked_labels,
    default_labels,
    player_count,
    usable_labels,
)
from hedging.profile import read_profile
from hedging.program.numerals import doubles, read_numbers

__all__ = ["Game"]


class Game:
    r"""A game in strategic form, or a batch of games with the same players and actions.

    Games are never changed: every array is read-only.

    Parameters
    ----------
    payoffs : array_like, shape (\*batch, n, m_1, ..., m_n)
        Utility index; the axis of length n is the player, the last n axes are the actions of
        players 1, ..., n.  Floats and integers become float64.  Fractions, sympy
        rationals, Decimals, strings such as ``"0.1"`` or ``"1/3"``, integers beyond 2**53 and any
        array of dtype object become exact: an object array of :class:`fractions.Fraction`,
        in which a float is the binary fraction it is.
    players : sequence of n str, optional
        Default ``player_1``, ``player_2``, ...
    actions : sequence of n sequences of str, optional
        Default ``action_1``, ``action_2``, ... for every player.
    batch_dims : sequence of str, optional
        Names of the batch axes.  Default ``batch_0``, ``batch_1``, ...
    check_finite : bool, default True
        Refuse payoffs that are not finite.  With False they are kept, and solving marks
        their games as nonfinite.
    title, comment : str, optional
        Free text that goes with the game into a .nfg file.

    Raises
    ------
    GameError
        If the payoffs are ragged, of a wrong shape or not finite, or if labels are repeated,
        empty, too few or too many, contain ``|`` or ``+``, or are names of dimensions.
    HedgingTypeError
        If payoffs are no numbers or labels are no strings.

    Notes
    -----
    Where neither ``players``, ``actions`` nor ``batch_dims`` say how many players there are, an
    array that is one whole game is read as one: shape (3, 2, 2, 2) is one game of three
    players, not three games of two.  With several batched readings the array is refused.

    Two games are equal if labels, batch dimensions and the values of all payoffs are.

    Examples
    --------
    One game, labelled:

    >>> g = Game(
    ...     [[[3, 0], [5, 1]], [[3, 5], [0, 1]]],
    ...     players=("M", "A"),
    ...     actions=(("hedge", "align"), ("accommodate", "pressure")),
    ... )
    >>> g
    <Game 2x2: M (hedge, align), A (accommodate, pressure)>
    >>> g.regret(("hedge", "accommodate")).tolist()
    [2.0, 2.0]

    Exact numbers:

    >>> Game([[["1/3", 0], [0, 1]], [[1, 0], [0, 1]]]).expected_payoff([["1/2", "1/2"], [1, 0]])
    array([Fraction(1, 6), Fraction(1, 2)], dtype=object)

    A batch of a hundred games:

    >>> batch = Game(np.zeros((100, 2, 3, 2)), batch_dims=["draw"])
    >>> len(batch), batch[7].batch_shape, batch[:10].batch_shape
    (100, (), (10,))
    """

    __slots__ = ("_actions", "_batch_dims", "_comment", "_payoffs", "_players", "_title")

    def __init__(
        self,
        payoffs: ArrayLike,
        players: Sequence[str] | None = None,
        actions: Sequence[Sequence[str]] | None = None,
        *,
        batch_dims: Sequence[str] | None = None,
        check_finite: bool = True,
        title: str = "",
        comment: str = "",
    ) -> None:
        array = read_numbers(payoffs, "payoffs")
        n = player_count(array.shape, players, actions, batch_dims)
        dims = array.ndim - n - 1
        if batch_dims is None:
            batch_dims = [f"batch_{k}" for k in range(dims)]
        batch_dims = checked_labels(batch_dims, "the batch dimensions", dims, DIMS | VARIABLES)
        taken = DIMS.union(batch_dims)
        if players is None:
            players = default_labels("player", n)
        players = checked_labels(players, "the players", n, taken)
        shape = array.shape[dims + 1 :]
        if actions is None:
            actions = [default_labels("action", m) for m in shape]
        actions = [
            checked_labels(labels, f"the actions of {player!r}", m, taken)
            for player, labels, m in zip(players, actions, shape, strict=True)
        ]
        self._hold(array, players, actions, batch_dims, title, comment)
        if check_finite:
            self._check_finite("give finite numbers, or check_finite=False to keep it")

    def _hold(
        self,
        payoffs: NDArray[Any],
        players: Sequence[str],
        actions: Sequence[Sequence[str]],
        batch_dims: Sequence[str],
        title: str,
        comment: str,
    ) -> Game:
        """Fill in what has been checked."""
        payoffs.flags.writeable = False
        self._payoffs = payoffs
        self._players = tuple(players)
        self._actions = tuple(map(tuple, actions))
        self._batch_dims = tuple(batch_dims)
        self._title, self._comment = title, comment
        return self

    @classmethod
    def from_bimatrix(
        cls,
        row: ArrayLike,
        col: ArrayLike,
        players: Sequence[str] | None = None,
        actions: Sequence[Sequence[str]] | None = None,
        *,
        batch_dims: Sequence[str] | None = None,
        check_finite: bool = True,
    ) -> Game:
        r"""A two-player game from one matrix per player.

        Parameters
        ----------
        row, col : array_like, shape (\*batch, m, n)
            Payoffs of the row and of the column player, both with the row player's action first.
        players, actions, batch_dims, check_finite
            As for :class:`Game`.

        Raises
        ------
        GameError
            If the two shapes differ or have fewer than two axes.

        Examples
        --------
        >>> Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]]).n_players
        2
        """
        tables = [read_numbers(row, "row payoffs"), read_numbers(col, "column payoffs")]
        if tables[0].shape != tables[1].shape or tables[0].ndim < 2:
            msg = (
                f"row payoffs of shape {tables[0].shape} and column payoffs of shape "
                f"{tables[1].shape} make no bimatrix; give both the same shape (*batch, m, n), "
                "row player's action first"
            )
            raise GameError(msg)
        return cls(
            np.stack(tables, axis=-3),
            default_labels("player", 2) if players is None else players,
            actions,
            batch_dims=batch_dims,
            check_finite=check_finite,
        )

    @classmethod
    def from_nfg(cls, path_or_text: str | Path, *, exact: bool = True) -> Game:
        """A game from a .nfg file or from its text.

        Parameters
        ----------
        path_or_text : str or Path
            A string that starts with ``NFG`` is text, any other is a path.
        exact : bool, default True
            Keep numbers as the rationals they are; with False round them to doubles.

        Raises
        ------
        GameError
            If the file cannot be read, or the text is malformed (with line and column).

        Notes
        -----
        A list of labels which a :class:`Game` refuses, because some are empty, repeated, names of
        dimensions or contain ``|`` or ``+``, is replaced as a whole by the default labels.

        Examples
        --------
        >>> Game.from_nfg('NFG 1 R "Pennies" { "Even" "Odd" } { 2 2 } 1 -1 -1 1 -1 1 1 -1')
        <Game 2x2: Even (action_1, action_2), Odd (action_1, action_2); exact>
        """
        form = nfg.load(path_or_text)
        return cls(
            form.payoffs if exact else doubles(form.payoffs),
            usable_labels(form.players, "player"),
            [usable_labels(labels, "action") for labels in form.actions],
            title=form.title,
            comment=form.comment,
        )

    # -- what it is ----------------------------------------------------------------------

    @property
    def payoffs(self) -> NDArray[Any]:
        r"""Payoffs, read-only, shape (\*batch, n, m_1, ..., m_n); float64, or Fractions."""
        return self._payoffs

    @property
    def players(self) -> tuple[str, ...]:
        """Labels of the n players."""
        return self._players

    @property
    def actions(self) -> tuple[tuple[str, ...], ...]:
        """Labels of every player's actions."""
        return self._actions

    @property
    def n_players(self) -> int:
        """Number of players, n."""
        return len(self._players)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of actions of every player, (m_1, ..., m_n)."""
        return tuple(map(len, self._actions))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Lengths of the batch axes; empty for one game."""
        return self._payoffs.shape[: len(self._batch_dims)]

    @property
    def batch_dims(self) -> tuple[str, ...]:
        """Names of the batch axes."""
        return self._batch_dims

    @property
    def is_exact(self) -> bool:
        """True if the payoffs are Fractions, False if they are doubles."""
        return self._payoffs.dtype == object

    @property
    def title(self) -> str:
        """Title, empty if there is none."""
        return self._title

    @property
    def comment(self) -> str:
        """Comment, empty if there is none."""
        return self._comment

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Game):
            return NotImplemented
        mine, yours = self._payoffs, other._payoffs
        return (
            (self._players, self._actions, self._batch_dims)
            == (other._players, other._actions, other._batch_dims)
            and mine.shape == yours.shape
            and bool(np.all((mine == yours) | ((mine != mine) & (yours != yours))))
        )

    def __hash__(self) -> int:
        return hash((self._players, self._actions, self._batch_dims, self._payoffs.shape))

    def __reduce__(self) -> tuple[Any, ...]:
        # Arrays forget on their way that they are read-only; what is held was checked before.
        return _restore, (
            self._payoffs,
            self._players,
            self._actions,
            self._batch_dims,
            self._title,
            self._comment,
        )

    def __repr__(self) -> str:
        each = (
            f"{player} ({', '.join(labels) if len(labels) <= 6 else f'{len(labels)} actions'})"
            for player, labels in zip(self._players, self._actions, strict=True)
        )
        batch = " x ".join(
            f"{dim}={size}" for dim, size in zip(self._batch_dims, self.batch_shape, strict=True)
        )
        notes = "".join(f"; {note}" for note in ("exact" * self.is_exact, batch) if note)
        return f"<Game {'x'.join(map(str, self.shape))}: {', '.join(each)}{notes}>"

    def _repr_html_(self) -> str | None:
        """Payoff table of one two-player game, pure best replies underlined."""
        if self.n_players != 2 or self._batch_dims:
            return None
        best = self._payoffs == np.stack(
            [
                np.broadcast_to(table.max(axis=i, keepdims=True), self.shape)
                for i, table in enumerate(self._payoffs)
            ]
        )

        def cell(player: int, row: int, col: int) -> str:
            value = self._payoffs[player, row, col]
            text = str(value) if self.is_exact else f"{value:.6g}"
            return f"<u>{text}</u>" if best[player, row, col] else text

        rows, cols = ([html.escape(label) for label in labels] for labels in self._actions)
        corner = html.escape(f"{self._players[0]} \\ {self._players[1]}")
        head = "".join(f"<th>{label}</th>" for label in cols)
        body = "".join(
            f"<tr><th>{label}</th>"
            + "".join(f"<td>{cell(0, j, k)}, {cell(1, j, k)}</td>" for k in range(len(cols)))
            + "</tr>"
            for j, label in enumerate(rows)
        )
        return f"<table><tr><th>{corner}</th>{head}</tr>{body}</table>"

    # -- batches -------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Game:
        """Some games of a batch: integers, slices, ``...`` and one-dimensional arrays per axis.

        An integer drops its batch axis; arrays of integers or booleans act each on its own
        axis, as in ``xarray.DataArray.isel``.
        """
        if not self._batch_dims:
            raise HedgingTypeError(self._is_single("indexed"))
        keys = list(index) if isinstance(index, tuple) else [index]
        dims = len(self._batch_dims)
        for k, key in enumerate(keys):
            if key is Ellipsis:
                keys[k : k + 1] = [slice(None)] * (dims - len(keys) + 1)
                break
        if len(keys) > dims:
            msg = f"{len(keys)} indices for the batch axes {self._batch_dims}; give one per axis"
            raise GameError(msg)
        payoffs, kept = self._payoffs, list(self._batch_dims)
        for axis in reversed(range(len(keys))):
            key = keys[axis]
            if isinstance(key, numbers.Integral):
                del kept[axis]
            elif not isinstance(key, slice):
                key = np.asarray(key)
                if key.ndim != 1 or key.dtype.kind not in "iub":
                    msg = (
                        f"index {keys[axis]!r} fits no batch axis; give an integer, a slice or "
                        "a one-dimensional array of integers or booleans"
                    )
                    raise HedgingTypeError(msg)
            payoffs = payoffs[(slice(None),) * axis + (key,)]
        return _restore(payoffs, self._players, self._actions, kept, self._title, self._comment)

    def __len__(self) -> int:
        if not self._batch_dims:
            raise HedgingTypeError(self._is_single("counted"))
        return self.batch_shape[0]

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Game]:
        if not self._batch_dims:
            raise HedgingTypeError(self._is_single("iterated over"))
        return (self[k] for k in range(len(self)))

    # -- what it says --------------------------------------------------------------------

    def action_values(self, profile: Any) -> list[NDArray[Any]]:
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
        >>> g = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
        >>> [v.tolist() for v in g.action_values({"player_1": "action_1", "player_2": [0.5, 0.5]})]
        [[1.5, 3.0], [3.0, 5.0]]
        """
        return action_values(self._payoffs, self._strategies(profile))

    def expected_payoff(self, profile: Any) -> NDArray[Any]:
        r"""Expected payoff of every player.

        Parameters
        ----------
        profile
            As for :meth:`action_values`, which also lists the errors raised.

        Returns
        -------
        array, shape (\*batch, n)
            Payoff units.

        Examples
        --------
        >>> g = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
        >>> g.expected_payoff([[0.5, 0.5], [0.5, 0.5]]).tolist()
        [2.25, 2.25]
        """
        strategies = self._strategies(profile)
        values = action_values(self._payoffs, strategies)
        return _means(strategies, values)

    def regret(self, profile: Any) -> NDArray[Any]:
        r"""What every player would gain by changing alone to a best reply.

        Results of solvers state one regret per equilibrium, the largest over the players; here
        each player's is given.

        Parameters
        ----------
        profile
            As for :meth:`action_values`, which also lists the errors raised.

        Returns
        -------
        array, shape (\*batch, n)
            Payoff units; never negative, and 0 exactly for a player whose pure action is best.

        Examples
        --------
        >>> g = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
        >>> g.regret(("action_1", "action_2")).tolist()
        [1.0, 0.0]
        """
        strategies = self._strategies(profile)
        values = action_values(self._payoffs, strategies)
        with np.errstate(invalid="ignore", over="ignore"):
            gaps = [v.max(axis=-1, keepdims=True) - v for v in values]
        return _means(strategies, gaps)

    def best_responses(self, profile: Any) -> list[NDArray[np.bool_]]:
        r"""Which actions are best replies to the others' part of a profile.

        Parameters
        ----------
        profile
            As for :meth:`action_values`, which also lists the errors raised.

        Returns
        -------
        list of n bool arrays, shape (\*batch, m_i)
            With exact numbers, or where the others play pure actions, the comparison is exact.
            Otherwise an action counts as best if rounding may hide that it is: the given
            probabilities may have 64 rounded operations behind them, and the bound is
            relative to the player's own payoffs.

        Examples
        --------
        >>> pennies = Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
        >>> [b.tolist() for b in pennies.best_responses([[0.5, 0.5], [1, 0]])]
        [[True, False], [True, True]]
        """
        strategies = self._strategies(profile)
        values = action_values(self._payoffs, strategies)
        if strategies[0].dtype == object:
            return [np.asarray(v == v.max(axis=-1, keepdims=True)) for v in values]
        errors = value_errors(self._payoffs, strategies)
        with np.errstate(invalid="ignore", over="ignore"):
            return [
                v + e >= (v - e).max(axis=-1, keepdims=True)
                for v, e in zip(values, errors, strict=True)
            ]

    def undominated(self, *, iterate: bool = False) -> list[NDArray[np.bool_]]:
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
        >>> g = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
        >>> [mask.tolist() for mask in g.undominated()]
        [[False, True], [False, True]]
        """
        if iterate and self.n_players > 1 and self._payoffs.size:
            return self._iteratively_undominated()
        dims = len(self._batch_dims)
        masks = []
        for i, m in enumerate(self.shape):
            # Own action first, then the batch, then the others' profiles in one axis.
            table = np.moveaxis(np.take(self._payoffs, i, axis=dims), dims + i, 0)
            table = table.reshape(m, *self.batch_shape, prod(self.shape) // m)
            left = np.ones((*self.batch_shape, m), dtype=np.bool_)
            for k, rival in permutations(range(m), 2):
                left[..., k] &= ~(table[rival] > table[k]).all(axis=-1)
            masks.append(left)
        return masks

    def _iteratively_undominated(self) -> list[NDArray[np.bool_]]:
        from hedging.equilibria.dominance import undominated

        flat = self._payoffs.reshape(-1, *self._payoffs.shape[len(self._batch_dims) :])
        parts = np.split(undominated(flat), np.cumsum(self.shape)[:-1], axis=1)
        return [part.reshape(*self.batch_shape, part.shape[-1]) for part in parts]

    # -- other programs ------------------------------------------------------------------

    def to_nfg(self) -> str:
        """Text of a .nfg file, with title and comment; doubles and fractions read back the same.

        Raises
        ------
        GameError
            For a batch, or if a payoff is not finite.

        Examples
        --------
        >>> g = Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
        >>> Game.from_nfg(g.to_nfg()) == g
        True
        """
        return nfg.write(
            self._one("to_nfg"),
            self._players,
            self._actions,
            title=self._title,
            comment=self._comment,
        )

    def to_nashpy(self) -> Any:
        """The ``nashpy.Game``, in doubles; see :func:`hedging.interop.to_nashpy`."""
        from hedging import interop

        return interop.to_nashpy(self._one("to_nashpy"))

    def to_gambit(self) -> Any:
        """The ``pygambit.Game``, exact and labelled; see :func:`hedging.interop.to_gambit`."""
        from hedging import interop

        payoffs = self._one("to_gambit")
        return interop.to_gambit(payoffs, self._players, self._actions, title=self._title)

    def to_quantecon(self) -> Any:
        """The QuantEcon game, in doubles; see :func:`hedging.interop.to_quantecon`."""
        from hedging import interop

        return interop.to_quantecon(self._one("to_quantecon"))

    # -- inner workings ------------------------------------------------------------------

    def _one(self, verb: str) -> NDArray[Any]:
        if self._batch_dims:
            index = ", ".join("0" * len(self._batch_dims))
            msg = (
                f"{verb} takes one game and this is a batch of shape {self.batch_shape}; "
                f"pick one first, as in game[{index}].{verb}()"
            )
            raise GameError(msg)
        self._check_finite(f"{verb} takes finite numbers only")
        return self._payoffs

    def _is_single(self, verb: str) -> str:
        return f"one game without batch axes cannot be {verb}; use game.payoffs for its numbers"

    def _check_finite(self, advice: str) -> None:
        if self.is_exact or np.isfinite(self._payoffs).all():
            return
        where = np.unravel_index(np.argmin(np.isfinite(self._payoffs)), self._payoffs.shape)
        dims = len(self._batch_dims)
        profile = [labels[k] for labels, k in zip(self._actions, where[dims + 1 :], strict=True)]
        batch = f" of game {tuple(map(int, where[:dims]))}" if dims else ""
        msg = (
            f"the payoff of {self._players[where[dims]]!r} at ({', '.join(profile)}){batch} is "
            f"{self._payoffs[where]}; {advice}"
        )
        raise GameError(msg)

    def _strategies(self, profile: Any) -> list[NDArray[Any]]:
        return read_profile(
            profile,
            self._players,
            self._actions,
            batch_shape=self.batch_shape,
            exact=self.is_exact,
        )


def _restore(
    payoffs: NDArray[Any],
    players: Sequence[str],
    actions: Sequence[Sequence[str]],
    batch_dims: Sequence[str],
    title: str,
    comment: str,
) -> Game:
    """A game of parts that another one held."""
    return Game.__new__(Game)._hold(payoffs, players, actions, batch_dims, title, comment)


def _means(strategies: list[NDArray[Any]], values: list[NDArray[Any]]) -> NDArray[Any]:
    r"""Expected value per player, shape (\*batch, n)."""
    with np.errstate(invalid="ignore", over="ignore"):
        means = [
            np.asarray(np.einsum("...k,...k->...", x, v))
            for x, v in zip(strategies, values, strict=True)
        ]
    return np.stack(means, axis=-1)
