"""Strategies against each other, every one in both roles, with names: :func:`tournament`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from hedging import __version__
from hedging.errors import GameError, HedgingTypeError
from hedging.game import Game
from hedging.labelled import says
from hedging.program.numerals import doubles
from hedging.repeated.automata import Automaton, round_robin

__all__ = ["tournament"]


def tournament(
    strategies: Mapping[str, Any] | Sequence[Any],
    game: Any,
    delta: Any,
    *,
    tremble: float = 0.0,
    progress: Any = None,
) -> xr.Dataset:
    """Every strategy against every one, itself included, with mean payoffs and ranks.

    Parameters
    ----------
    strategies : mapping of str to Automaton, or sequence of K Automaton
        For the actions of the game; unnamed ones are called ``strategy_1`` and so on.
    game : Game
        A single stage game of two players.
    delta : number or sequence of 2 numbers
        Discount factor in [0, 1), common or one per player.
    tremble : float
        Probability with which each player does something else than planned, each period.
    progress : callable, optional
        Called as ``progress(done, total)`` after every match.

    Returns
    -------
    xarray.Dataset
        ``payoff`` (strategy, opponent, player): what both players get per period if the first plays
        ``strategy`` and the second ``opponent``; expected values, not simulated ones.
        ``mean_payoff`` (strategy, player): a strategy's mean in that player's role over
        all rivals.  ``rank`` (strategy, player): 1 for the best mean; equals share a rank.

    Raises
    ------
    HedgingTypeError
        If the game or a strategy is something else.
    GameError
        If the game is a batch or not of two players, there is no strategy, or its actions differ.
    ParameterError
        If a discount factor or the tremble is out of range.

    Notes
    -----
    K**2 linear systems, each of as many equations as the two automata reach pairs of states.

    Examples
    --------
    >>> g = Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]], ("M", "X"))
    >>> field = {
    ...     "tit for tat": Automaton.tit_for_tat(),
    ...     "win-stay": Automaton.win_stay_lose_shift(),
    ...     "defect": Automaton.grim_trigger((2, 2), (1, 1), (1, 1)),
    ... }
    >>> result = tournament(field, g, 0.9)
    >>> result["rank"].sel(player="M").to_series().to_dict()
    {'tit for tat': 1, 'win-stay': 2, 'defect': 3}
    """
    if not isinstance(game, Game):
        msg = f"a tournament takes a Game, not {type(game).__name__}; type Game(payoffs)"
        raise HedgingTypeError(msg)
    if game.batch_shape or game.n_players != 2:
        msg = (
            f"a tournament takes one game of two players, and this has {game.n_players} and batch "
            f"shape {game.batch_shape}; pick one, as in game[0]"
        )
        raise GameError(msg)
    if progress is not None and not callable(progress):
        msg = f"progress is {progress!r}; type None or a function of (done, total)"
        raise HedgingTypeError(msg)
    if not isinstance(strategies, Mapping):
        strategies = {f"strategy_{k + 1}": s for k, s in enumerate(strategies)}
    wrong = [name for name, s in strategies.items() if not isinstance(s, Automaton)]
    if wrong or not strategies:
        what = f"strategy {wrong[0]!r} is no Automaton" if wrong else "there is no strategy"
        msg = f"{what}; give a mapping, as in {{'tit for tat': hg.Automaton.tit_for_tat()}}"
        raise (HedgingTypeError if wrong else GameError)(msg)
    payoffs = doubles(game.payoffs)
    table = round_robin(
        list(strategies.values()), payoffs, delta, tremble=tremble, progress=progress
    )
    mean = np.stack([table[..., 0].mean(axis=1), table[..., 1].mean(axis=0)], axis=-1)
    # Equal up to rounding is equal.
    near = 1e-12 * max(float(np.abs(payoffs).max()), np.finfo(np.float64).tiny)
    rank = 1 + (mean[None] > mean[:, None] + near).sum(axis=1)
    names = [str(name) for name in strategies]
    return xr.Dataset(
        {
            "payoff": (
                ("strategy", "opponent", "player"),
                table,
                says("expected payoff per period (utility index)"),
            ),
            "mean_payoff": (
                ("strategy", "player"),
                mean,
                says("mean payoff over all rivals in the player's role (utility index)"),
            ),
            "rank": (("strategy", "player"), rank, says("rank by mean payoff, 1 the best")),
        },
        coords={"strategy": names, "opponent": names, "player": list(game.players)},
        attrs={
            "delta": np.atleast_1d(np.asarray(delta, dtype=np.float64)),
            "tremble": float(tremble),
            "version": __version__,
        },
    )
