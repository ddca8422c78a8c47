r"""Games in strategic form: a labelled array of payoffs.

A game of n players gives player i the payoff :math:`u_i(a_1, \dots, a_n)`, a utility index, at
every pure profile of actions, and the expectation

.. math:: u_i(x) = \sum_{a} u_i(a) \prod_j x_j(a_j)

at a profile x of probabilities, which is linear in each :math:`x_j` alone.  What a profile pays,
and whether it is an equilibrium, is computed in :mod:`hedging.games.profiles`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging import nfg
from hedging.errors import GameError, HedgingTypeError
from hedging.games import display, exchange, payoff_tabular, profiles
from hedging.games.batches import read_keys, take
from hedging.labels import (
    DIMS,
    VARIABLES,
    checked_labels,
    default_labels,
    player_count,
    usable_labels,
)
from hedging.program.numerals import doubles, read_numbers

if TYPE_CHECKING:
    from hedging.games.origin import Origin

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

    __slots__ = (
        "_actions",
        "_batch_dims",
        "_comment",
        "_origin",
        "_payoffs",
        "_players",
        "_title",
    )

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
            self.require_finite("give finite numbers, or check_finite=False to keep it")

    def _hold(
        self,
        payoffs: NDArray[Any],
        players: Sequence[str],
        actions: Sequence[Sequence[str]],
        batch_dims: Sequence[str],
        title: str,
        comment: str,
        origin: Origin | None = None,
    ) -> Game:
        """Fill in what has been checked."""
        payoffs.flags.writeable = False
        self._payoffs = payoffs
        self._players = tuple(players)
        self._actions = tuple(map(tuple, actions))
        self._batch_dims = tuple(batch_dims)
        self._title, self._comment = title, comment
        self._origin = origin
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
            self._origin,
        )

    def __repr__(self) -> str:
        return display.text(self)

    def _repr_html_(self) -> str | None:
        return display.table(self)

    def to_latex(self) -> str:
        r"""Payoff table of one game as a LaTeX ``tabular``, best replies underlined.

        The first player chooses the row, the second the column; the tables of a third player's
        actions stand side by side, those of further players' below each other.

        Returns
        -------
        str
            Needs the package booktabs.  Payoffs to six digits, short fractions whole.

        Raises
        ------
        GameError
            For a batch, or if the table has more rows than a page.

        Examples
        --------
        >>> g = Game.from_bimatrix([["1/2", 0], [1, 2]], [[3, 0], [1, 2]], ("M", "A"))
        >>> print(g.to_latex())
        \begin{tabular}{lcc}
        \toprule
         & \multicolumn{2}{c}{A} \\
        \cmidrule(lr){2-3}
        M & action\_1 & action\_2 \\
        \midrule
        action\_1 & $\frac{1}{2}, \underline{3}$ & $0, 0$ \\
        action\_2 & $\underline{1}, 1$ & $\underline{2}, \underline{2}$ \\
        \bottomrule
        \end{tabular}
        """
        return payoff_tabular.tabular(self)

    # -- batches -------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Game:
        """Some games of a batch: integers, slices, ``...`` and one-dimensional arrays per axis.

        An integer drops its batch axis; arrays of integers or booleans act each on its own
        axis, as in ``xarray.DataArray.isel``.
        """
        if not self._batch_dims:
            raise HedgingTypeError(self._is_single("indexed"))
        keys, kept = read_keys(index, self._batch_dims)
        origin = None if self._origin is None else self._origin.take(keys)
        return _restore(
            take(self._payoffs, keys),
            self._players,
            self._actions,
            kept,
            self._title,
            self._comment,
            origin,
        )

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

    # -- what it says, and other programs: see the modules for the documentation ----------

    action_values = profiles.action_values
    expected_payoff = profiles.expected_payoff
    regret = profiles.regret
    best_responses = profiles.best_responses
    undominated = profiles.undominated

    to_nfg = exchange.to_nfg
    to_nashpy = exchange.to_nashpy
    to_gambit = exchange.to_gambit
    to_quantecon = exchange.to_quantecon

    # -- inner workings ------------------------------------------------------------------

    def _is_single(self, verb: str) -> str:
        return f"one game without batch axes cannot be {verb}; use game.payoffs for its numbers"

    def require_finite(self, advice: str) -> None:
        """Raise a GameError that ends with the advice, if a payoff is not finite."""
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


def _restore(
    payoffs: NDArray[Any],
    players: Sequence[str],
    actions: Sequence[Sequence[str]],
    batch_dims: Sequence[str],
    title: str,
    comment: str,
    origin: Origin | None = None,
) -> Game:
    """A game of parts that another one held."""
    game = Game.__new__(Game)
    return game._hold(payoffs, players, actions, batch_dims, title, comment, origin)
