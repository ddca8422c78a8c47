r"""Strategies as finite automata: what they earn, and whether they are subgame perfect.

An automaton for the whole game has states s, an action profile :math:`f(s)` to play in each, and
transitions :math:`\tau(s, a)` after profile a was seen.  Its normalised values solve the linear
system

.. math:: V(s) = (1-\delta) u(f(s)) + \delta V(\tau(s, f(s))),

and by the one-shot deviation principle it is a subgame-perfect equilibrium iff in every state that
some history leads to no player gains by one deviation (Mailath and Samuelson 2006,
proposition 2.2.1 and section 2.3):

.. math:: V_i(s) \ge (1-\delta) u_i(x, f_{-i}(s)) + \delta V_i(\tau(s, (x, f_{-i}(s))))

for all actions x.  With trembles every player plays each other action with equal small
probability, and values are those of the Markov chain over states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import GameError, ParameterError
from hedging.repeated.stage import as_games, check_delta, check_periods, flat_profile

__all__ = ["Automaton", "round_robin"]

Floats = NDArray[np.float64]
Profile = tuple[int, ...]


class Automaton:
    """A strategy profile with finitely many states.

    Parameters
    ----------
    outputs : int array_like, shape (S, n)
        Action positions played in each state.
    transitions : int array_like, shape (S, m_1, ..., m_n)
        Next state after each action profile.
    initial : int, default 0

    Raises
    ------
    GameError
        If shapes do not fit, or a state or an action does not exist.

    Examples
    --------
    >>> dilemma = np.array([[[2.0, -1], [3, 0]], [[2, 3], [-1, 0]]])
    >>> grim = Automaton.grim_trigger((2, 2), (0, 0), (1, 1))
    >>> grim.payoffs(dilemma, 0.5)[0].tolist()
    [2.0, 2.0]
    >>> grim.is_spe(dilemma, 0.5), grim.is_spe(dilemma, 0.3)
    (True, False)
    """

    def __init__(self, outputs: ArrayLike, transitions: ArrayLike, initial: int = 0) -> None:
        self.outputs = np.asarray(outputs)
        self.transitions = np.asarray(transitions)
        self.initial = int(initial)
        states = len(self.outputs)
        shape = self.transitions.shape[1:]
        if (
            self.outputs.dtype.kind not in "iu"
            or self.transitions.dtype.kind not in "iu"
            or self.outputs.shape != (states, len(shape))
            or len(self.transitions) != states
            or not states
        ):
            msg = (
                f"outputs of shape {self.outputs.shape} and transitions of shape "
                f"{self.transitions.shape} make no automaton; give integers of shapes (S, n) and "
                "(S, m_1, ..., m_n)"
            )
            raise GameError(msg)
        fine = (
            np.all((self.outputs >= 0) & (self.outputs < np.array(shape)))
            and np.all((self.transitions >= 0) & (self.transitions < states))
            and 0 <= self.initial < states
        )
        if not fine:
            msg = f"a state is not in 0..{states - 1} or an action not within {shape}"
            raise GameError(msg)

    @property
    def shape(self) -> tuple[int, ...]:
        """Action counts of the players."""
        return tuple(self.transitions.shape[1:])

    def __repr__(self) -> str:
        return f"<Automaton of {len(self.outputs)} states for a game of shape {self.shape}>"

    # -- the usual ones ------------------------------------------------------------------

    @classmethod
    def grim_trigger(cls, shape: Sequence[int], target: Profile, punishment: Profile) -> Automaton:
        """Play ``target``; after any deviation ``punishment`` for ever."""
        return cls.k_period(shape, target, punishment, None)

    @classmethod
    def k_period(
        cls, shape: Sequence[int], target: Profile, punishment: Profile, k: int | None
    ) -> Automaton:
        """Play ``target``; after a deviation ``punishment`` for k periods, then again.

        During the punishment deviations are ignored, as is right where it is a stage
        equilibrium.  None punishes for ever.
        """
        periods = 1 if k is None else check_periods(k)
        target, punishment = _profile(shape, target), _profile(shape, punishment)
        transitions = np.ones((1 + periods, *shape), dtype=np.int64)
        transitions[(0, *target)] = 0
        for s in range(1, periods + 1):
            transitions[s] = s if k is None else (s + 1) % (periods + 1)
        return cls([target] + [punishment] * periods, transitions)

    @classmethod
    def simple_penal_code(
        cls, shape: Sequence[int], target: Profile, sticks: Sequence[Profile], k: int | None = 1
    ) -> Automaton:
        """Play ``target``; a deviation of player i starts k periods of ``sticks[i]``, then again.

        A deviation from a stick starts the deviator's own; where several deviate at once nothing
        changes (Abreu 1988).  None punishes for ever, as do stage equilibria chosen for each
        deviator.
        """
        n, periods = len(shape), 1 if k is None else check_periods(k)
        if len(sticks) != n:
            msg = f"{len(sticks)} sticks for {n} players; give one for each deviator"
            raise GameError(msg)
        target, sticks = _profile(shape, target), [_profile(shape, s) for s in sticks]
        outputs = [target] + [s for s in sticks for _ in range(periods)]

        def onward(s: int, a: Profile) -> int:
            wrong = [i for i in range(n) if a[i] != outputs[s][i]]
            if len(wrong) == 1:
                return 1 + wrong[0] * periods
            if s == 0 or k is None:
                return s
            return 0 if (s - 1) % periods == periods - 1 else s + 1

        return cls.from_rule(shape, outputs, onward)

    @classmethod
    def from_rule(
        cls,
        shape: Sequence[int],
        outputs: Sequence[Profile],
        rule: Callable[[int, Profile], int],
        initial: int = 0,
    ) -> Automaton:
        """Any automaton, its transitions given as a function.

        Parameters
        ----------
        shape : sequence of n int
            Action counts.
        outputs : sequence of S profiles
        rule : callable
            ``rule(state, profile)`` is the next state.
        initial : int, default 0

        Examples
        --------
        Forgive one defection of the column player, not two:

        >>> patient = Automaton.from_rule(
        ...     (2, 2), [(0, 0), (0, 0), (1, 1)], lambda s, a: min(s + a[1], 2) if s < 2 else 2
        ... )
        >>> patient
        <Automaton of 3 states for a game of shape (2, 2)>
        """
        table = [[rule(s, a) for a in product(*map(range, shape))] for s in range(len(outputs))]
        return cls(outputs, np.array(table).reshape(len(outputs), *shape), initial)

    @classmethod
    def tit_for_tat(cls, first: Profile = (0, 0), actions: int = 2) -> Automaton:
        """Two players with the same actions: do what the other did last."""
        seen = list(product(range(actions), repeat=2))
        # Only what some history leads to is a state.
        planned = sorted({tuple(first), *seen})
        after = [planned.index((b, a)) for a, b in seen]
        return cls.from_rule(
            (actions, actions),
            planned,
            lambda _, a: after[a[0] * actions + a[1]],
            planned.index(tuple(first)),
        )

    @classmethod
    def win_stay_lose_shift(
        cls,
        shape: Sequence[int] = (2, 2),
        target: Profile | None = None,
        punishment: Profile | None = None,
    ) -> Automaton:
        """Pavlov: play ``target`` after everybody played it or everybody the punishment.

        After anything else play ``punishment`` once more.  By default both are the first and the
        second action of everybody: cooperate (0) iff all did the same.
        """
        good = tuple(target or [0] * len(shape))
        bad = tuple(punishment or [1] * len(shape))
        return cls.from_rule(shape, [good, bad], lambda _, a: 0 if a in (good, bad) else 1)

    @classmethod
    def pair(cls, first: Automaton, second: Automaton) -> Automaton:
        """Player 1 from one automaton and player 2 from another.

        States are pairs of states, those alone that some history leads to, deviations included.

        Examples
        --------
        >>> grim = Automaton.grim_trigger((2, 2), (0, 0), (1, 1))
        >>> Automaton.pair(grim, grim)
        <Automaton of 2 states for a game of shape (2, 2)>
        """
        if first.shape != second.shape or len(first.shape) != 2:
            msg = f"automata for games {first.shape} and {second.shape}; give two of one 2-player"
            raise GameError(msg)
        states = {(first.initial, second.initial): 0}
        rows = []
        for s, t in (queue := list(states)):
            after = zip(
                first.transitions[s].ravel().tolist(),
                second.transitions[t].ravel().tolist(),
                strict=True,
            )
            row = []
            for both in after:
                if both not in states:
                    states[both] = len(states)
                    queue.append(both)
                row.append(states[both])
            rows.append(row)
        outputs = [(int(first.outputs[s, 0]), int(second.outputs[t, 1])) for s, t in states]
        return cls(outputs, np.array(rows).reshape(len(states), *first.shape))

    def histories(self) -> NDArray[np.bool_]:
        """Whether some history leads to a state, deviations included, shape (S,)."""
        seen = np.zeros(len(self.outputs), dtype=np.bool_)
        seen[self.initial] = True
        queue = [self.initial]
        for s in queue:
            for t in np.unique(self.transitions[s]).tolist():
                if not seen[t]:
                    seen[t] = True
                    queue.append(t)
        return seen

    # -- what they are worth -------------------------------------------------------------

    def payoffs(self, game: ArrayLike | Any, delta: ArrayLike, *, tremble: float = 0.0) -> Floats:
        """Normalised values, the initial state's first.

        Parameters
        ----------
        game : array_like, shape (n, m_1, ..., m_n), or Game
        delta : float or array_like, shape (n,)
            Discount factor in [0, 1), common or one per player.
        tremble : float
            Probability with which each player does something else than planned.

        Returns
        -------
        float64 array, shape (1 + S, n)
            Row 0 is the initial state's, row 1 + s that of state s.

        Notes
        -----
        One linear system of S equations per player.
        """
        u = self._game(game)
        factors = self._factors(delta)
        reward, chain = self._chain(u, tremble)
        values = np.empty_like(reward)
        for i, factor in enumerate(factors):
            system = np.eye(len(chain)) - factor * chain
            values[:, i] = np.linalg.solve(system, (1 - factor) * reward[:, i])
        return np.vstack([values[self.initial], values])

    def slack(self, game: ArrayLike | Any, delta: ArrayLike) -> Floats:
        """What each player loses by the best one-shot deviation in each state, shape (S, n).

        Payoff units; negative where a deviation pays, 0 where rounding cannot tell, inf for who
        has no other action.
        """
        u, factors = self._game(game), self._factors(delta)
        values = self.payoffs(u, delta)[1:]
        n = len(u)
        result = np.empty((len(self.outputs), n))
        for s, planned in enumerate(self.outputs.tolist()):
            for i, factor in enumerate(factors):
                line = (*planned[:i], slice(None), *planned[i + 1 :])
                ahead = values[self.transitions[(s, *line)], i]
                other = (1 - factor) * u[(i, *line)] + factor * ahead
                # The planned action itself is no deviation.
                other = np.delete(other, planned[i])
                result[s, i] = values[s, i] - other.max() if other.size else np.inf
        largest = np.abs(u).reshape(n, -1).max(axis=1)
        noise = 64 * np.finfo(np.float64).eps * largest / (1 - factors)
        return np.where(np.abs(result) <= noise, 0.0, result)

    def is_spe(self, game: ArrayLike | Any, delta: ArrayLike) -> bool:
        """Whether no one-shot deviation pays after any history, on the path of play or off it.

        States that no history leads to do not count.
        """
        return bool((self.slack(game, delta)[self.histories()] >= 0).all())

    def to_axelrod(self, player: int = 0) -> Any:
        """One player's part as a player of the Axelrod library.

        See :func:`hedging.repeated.axelrod_players.to_axelrod`.
        """
        from hedging.repeated.axelrod_players import to_axelrod

        return to_axelrod(self, player)

    @classmethod
    def from_axelrod(cls, first: Any, second: Any = None) -> Automaton:
        """Two players of the Axelrod library against each other.

        See :func:`hedging.repeated.axelrod_players.from_axelrod`.
        """
        from hedging.repeated.axelrod_players import from_axelrod

        return from_axelrod(first, second)

    def _factors(self, delta: ArrayLike) -> Floats:
        factors = np.asarray(check_delta(delta), dtype=np.float64)
        if factors.shape not in ((), (len(self.shape),)):
            msg = f"delta of shape {factors.shape}; give one discount factor, or {len(self.shape)}"
            raise ParameterError(msg)
        return np.broadcast_to(factors, len(self.shape))

    def _game(self, game: ArrayLike | Any) -> Floats:
        games = as_games(game)
        if len(games) != 1 or games.shape[2:] != self.shape:
            msg = (
                f"a game of shape {games.shape[2:]} for an automaton of shape {self.shape}; "
                "give one game with the same actions"
            )
            raise GameError(msg)
        return np.asarray(games[0], dtype=np.float64)

    def _chain(self, u: Floats, tremble: float) -> tuple[Floats, Floats]:
        """Expected stage payoffs and transition matrix of the chain over states."""
        if not 0 <= tremble <= 1:
            msg = f"tremble is {tremble}; give a probability in [0, 1]"
            raise ParameterError(msg)
        states, n = self.outputs.shape
        reward, chain = np.zeros((states, n)), np.zeros((states, states))
        for s, planned in enumerate(self.outputs):
            weight = np.ones(())
            for i, m in enumerate(self.shape):
                mix = np.full(m, tremble / (m - 1) if m > 1 else 0.0)
                mix[planned[i]] = 1 - tremble if m > 1 else 1.0
                weight = np.multiply.outer(weight, mix)
            reward[s] = (u * weight).reshape(n, -1).sum(axis=1)
            np.add.at(chain[s], self.transitions[s].ravel(), weight.ravel())
        return reward, chain


def _profile(shape: Sequence[int], profile: Any) -> Profile:
    """Action positions, or a sentence about what was given instead."""
    if not all(isinstance(m, int | np.integer) for m in shape):
        msg = f"shape is {shape!r}; give the numbers of actions, as in (2, 2) or game.shape"
        raise GameError(msg)
    counts = tuple(int(m) for m in shape)
    place = int(flat_profile(profile, counts, 1)[0])
    return tuple(int(x) for x in np.unravel_index(place, counts))


def round_robin(
    strategies: Sequence[Automaton],
    game: ArrayLike | Any,
    delta: float,
    *,
    tremble: float = 0.0,
    progress: Any = None,
) -> Floats:
    """Every strategy in the first role against every one in the second.

    Parameters
    ----------
    strategies : sequence of K Automaton
        For a game of two players; of each pair the first gives player 1's part.
    game, delta, tremble
        As for :meth:`Automaton.payoffs`.
    progress : callable, optional
        Called as ``progress(done, total)`` after every match.

    Returns
    -------
    float64 array, shape (K, K, 2)
        Normalised expected payoffs, exact for the Markov chain rather than simulated.

    Examples
    --------
    >>> dilemma = np.array([[[3.0, 0], [5, 1]], [[3, 5], [0, 1]]])
    >>> field = [Automaton.tit_for_tat(), Automaton.grim_trigger((2, 2), (1, 1), (1, 1))]
    >>> round_robin(field, dilemma, 0.5)[..., 0].tolist()
    [[3.0, 0.5], [3.0, 1.0]]
    """
    count = len(strategies)
    result = np.empty((count, count, 2))
    for k, (i, j) in enumerate(np.ndindex(count, count)):
        pair = Automaton.pair(strategies[i], strategies[j])
        result[i, j] = pair.payoffs(game, delta, tremble=tremble)[0]
        if progress is not None:
            progress(k + 1, count * count)
    return result
