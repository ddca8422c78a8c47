"""Games for other programs: .nfg text, Nashpy, Gambit, QuantEcon.

The functions here are the methods of :class:`hedging.game.Game` of the same names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from hedging import interop, nfg
from hedging.errors import GameError

if TYPE_CHECKING:
    from hedging.game import Game

__all__ = ["to_gambit", "to_nashpy", "to_nfg", "to_quantecon"]


def to_nfg(game: Game) -> str:
    """Text of a .nfg file, with title and comment; doubles and fractions read back the same.

    Raises
    ------
    GameError
        For a batch, or if a payoff is not finite.

    Examples
    --------
    >>> from hedging.game import Game
    >>> g = Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> Game.from_nfg(g.to_nfg()) == g
    True
    """
    return nfg.write(
        _one(game, "to_nfg"),
        game.players,
        game.actions,
        title=game.title,
        comment=game.comment,
    )


def to_nashpy(game: Game) -> Any:
    """The ``nashpy.Game`` of a game of two players, in doubles.

    Returns
    -------
    nashpy.Game

    Raises
    ------
    GameError
        For a batch or another number of players, or if a payoff is not finite.

    Notes
    -----
    Nashpy finds one equilibrium of games far too large to list all equilibria of, and simulates
    learning.  Its support enumeration may miss equilibria; see :func:`hedging.interop.to_nashpy`.

    Examples
    --------
    >>> from hedging.game import Game
    >>> g = Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> [x.tolist() for x in g.to_nashpy().lemke_howson(0)]
    [[0.5, 0.5], [0.5, 0.5]]
    """
    return interop.to_nashpy(_one(game, "to_nashpy"))


def to_gambit(game: Game) -> Any:
    """The ``pygambit.Game``, with the same labels and exactly the same payoffs.

    Returns
    -------
    pygambit.Game

    Raises
    ------
    GameError
        For a batch, if a payoff is not finite, or if Gambit refuses a label.
    MissingDependencyError
        If pygambit is not installed.

    Examples
    --------
    >>> from hedging.game import Game
    >>> g = Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> import pygambit  # doctest: +SKIP
    >>> pygambit.nash.enummixed_solve(g.to_gambit()).equilibria  # doctest: +SKIP
    [[[Rational(1, 2), Rational(1, 2)], [Rational(1, 2), Rational(1, 2)]]]
    """
    payoffs = _one(game, "to_gambit")
    return interop.to_gambit(payoffs, game.players, game.actions, title=game.title)


def to_quantecon(game: Game) -> Any:
    """The ``quantecon.game_theory.NormalFormGame``, in doubles.

    Returns
    -------
    quantecon.game_theory.NormalFormGame
        Indexed by pure profiles as here, whatever the rotation inside its players.

    Raises
    ------
    GameError
        For a batch, or if a payoff is not finite.
    MissingDependencyError
        If quantecon is not installed.

    Examples
    --------
    >>> from hedging.game import Game
    >>> g = Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> g.to_quantecon()[0, 1]  # doctest: +SKIP
    array([-1.,  1.])
    """
    return interop.to_quantecon(_one(game, "to_quantecon"))


def _one(game: Game, verb: str) -> NDArray[Any]:
    """The payoffs, if they are of one game and finite."""
    if game.batch_dims:
        index = ", ".join("0" * len(game.batch_dims))
        msg = (
            f"{verb} takes one game and this is a batch of shape {game.batch_shape}; "
            f"pick one first, as in game[{index}].{verb}()"
        )
        raise GameError(msg)
    game.require_finite(f"{verb} takes finite numbers only")
    return game.payoffs
