r"""Games for other programs: Nashpy, Gambit and QuantEcon.

All three hold the payoffs :math:`u_i(a_1, \dots, a_n)` of one game.  Nashpy takes two matrices
:math:`A_{jk} = u_1(j, k)`, :math:`B_{jk} = u_2(j, k)` in doubles; Gambit takes a table of
rationals with labels; QuantEcon takes one array per player in doubles, *rotated* so that the
player's own action comes first and the others follow cyclically:
:math:`U_i[a_i, a_{i+1}, \dots, a_n, a_1, \dots, a_{i-1}] = u_i(a)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError, MissingDependencyError
from hedging.program.numerals import doubles

__all__ = ["to_gambit", "to_nashpy", "to_quantecon"]


def to_nashpy(payoffs: NDArray[Any]) -> Any:
    """A ``nashpy.Game`` with the same payoffs, rounded to doubles if they are exact.

    Parameters
    ----------
    payoffs : float64 array or object array of int/Fraction, shape (2, m, n)

    Returns
    -------
    nashpy.Game

    Raises
    ------
    GameError
        If there are not two players or a rational lies beyond the range of doubles.

    Notes
    -----
    Nashpy's support enumeration misses equilibria of ordinary games, because it tests
    computed probabilities against an exact zero; do not take its list for complete.

    Examples
    --------
    >>> game = to_nashpy(np.array([[[3, 0], [5, 1]], [[3, 5], [0, 1]]]))
    >>> [p.tolist() for p in next(game.support_enumeration())]
    [[0.0, 1.0], [0.0, 1.0]]
    """
    if len(payoffs) != 2:
        msg = f"Nashpy knows two players and this game has {len(payoffs)}; use to_gambit()"
        raise GameError(msg)
    row, col = doubles(payoffs).copy()
    return _load("nashpy").Game(row, col)


def to_gambit(
    payoffs: NDArray[Any],
    players: Sequence[str],
    actions: Sequence[Sequence[str]],
    *,
    title: str = "",
) -> Any:
    """A ``pygambit.Game`` with the same payoffs, exactly, and the same labels.

    Parameters
    ----------
    payoffs : float64 array or object array of int/Fraction, shape (n, m_1, ..., m_n)
        A double becomes the binary fraction it is.
    players : sequence of n str
    actions : sequence of n sequences of str
    title : str, optional
        Characters outside ASCII are replaced by question marks, which is all Gambit takes.

    Returns
    -------
    pygambit.Game

    Raises
    ------
    GameError
        If Gambit refuses a label.
    MissingDependencyError
        If pygambit is not installed.
    """
    gambit = _load("pygambit", "bench")
    exact = np.frompyfunc(lambda x: gambit.Rational(Fraction(x)), 1, 1)(payoffs)
    title = title.encode("ascii", "replace").decode()
    game = gambit.Game.from_arrays(*exact, title=title)
    for player, labels in zip(game.players, actions, strict=True):
        _name(player.strategies, labels)
    _name(game.players, players)
    return game


def to_quantecon(payoffs: NDArray[Any]) -> Any:
    """A ``quantecon.game_theory.NormalFormGame``, rounded to doubles if payoffs are exact.

    Parameters
    ----------
    payoffs : float64 array or object array of int/Fraction, shape (n, m_1, ..., m_n)

    Returns
    -------
    quantecon.game_theory.NormalFormGame
        Its ``game[a]`` for a pure profile ``a`` is ``payoffs[:, *a]``, whatever the rotation
        inside its players.

    Raises
    ------
    GameError
        If a rational lies beyond the range of doubles.
    MissingDependencyError
        If quantecon is not installed.
    """
    theory = _load("quantecon.game_theory", "bench")
    n = len(payoffs)
    return theory.NormalFormGame(
        [
            theory.Player(np.ascontiguousarray(table.transpose([*range(i, n), *range(i)])))
            for i, table in enumerate(doubles(payoffs).copy())
        ]
    )


def _load(module: str, extra: str | None = None) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        install = f"hedging[{extra}]" if extra else package
        msg = f"{package} is not installed; type: pip install '{install}'"
        raise MissingDependencyError(msg) from error


def _name(things: Any, labels: Sequence[str]) -> None:
    # Gambit wants labels distinct at every moment, so the old ones are moved away first.
    for k, thing in enumerate(things):
        thing.label = f"passing through {k} {max(map(len, labels)) * '_'}"
    for thing, label in zip(things, labels, strict=True):
        try:
            thing.label = label
        except ValueError as error:
            msg = f"Gambit refuses the label {label!r} ({error}); give the Game plain ASCII labels"
            raise GameError(msg) from error
