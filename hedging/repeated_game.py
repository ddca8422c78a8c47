r"""Games repeated without end: what patience sustains, with labels.

The same stage game is played in periods 0, 1, 2, ... by players who discount by factors
:math:`\delta_i \in [0, 1)`, see all past actions and, where payoff sets are concerned, a public
lottery before every stage.  Payoffs are normalised, :math:`(1-\delta)\sum_t \delta^t u_t`, and
strategies are pure.  :class:`RepeatedGame` gives names to what :mod:`hedging.repeated` computes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError, HedgingTypeError, ParameterError, Status, UnknownNameError
from hedging.game import Game
from hedging.labels import position
from hedging.program.numerals import doubles
from hedging.repeated import stage, thresholds, transfers
from hedging.repeated.automata import Automaton as Automaton
from hedging.repeated.finite import FinitelyRepeatedGame as FinitelyRepeatedGame
from hedging.repeated.monitoring import PublicMonitoring as PublicMonitoring
from hedging.repeated.penal_codes import generators, lottery
from hedging.repeated.renegotiation import Renegotiation, weakly_renegotiation_proof
from hedging.repeated.results import CriticalDelta, PayoffSet, PenalCode, Sustainability

__all__ = [
    "Automaton",
    "CriticalDelta",
    "FinitelyRepeatedGame",
    "PayoffSet",
    "PenalCode",
    "PublicMonitoring",
    "RepeatedGame",
    "Sustainability",
]

Array = NDArray[Any]

PUNISHMENTS = (
    "optimal_penal_code",
    "nash_reversion",
    "finite",
    "stick_carrot",
    "minmax_bound",
    "transfers",
)


class RepeatedGame:
    """An infinitely repeated game with perfect monitoring.

    Parameters
    ----------
    game : Game
        The stage game, a single one.
    delta : number or sequence of n numbers, optional
        Discount factor, common or one per player, in [0, 1).  Text such as ``"2/3"`` and
        Fractions stay exact.  Thresholds need none.

    Raises
    ------
    ParameterError
        If a factor is not in [0, 1), or not one per player.
    GameError
        If the game is a batch; :mod:`hedging.repeated` has functions for those.

    Examples
    --------
    >>> g = Game.from_bimatrix([[9, 1], [10, 3]], [[9, 10], [1, 3]], ("M", "X"))
    >>> r = RepeatedGame(g, 0.75)
    >>> r.critical_delta((0, 0), punishment="nash_reversion").value
    0.14285714285714285
    >>> bool(r.is_sustainable((0, 0))), r.spe_payoffs().kind
    (True, 'polygon')
    """

    def __init__(self, game: Any, delta: Any = None) -> None:
        if not isinstance(game, Game):
            msg = f"a repeated game takes a Game, not {type(game).__name__}; type Game(payoffs)"
            raise HedgingTypeError(msg)
        if game.batch_shape:
            msg = (
                f"a repeated game takes one stage game and this is a batch of shape "
                f"{game.batch_shape}; pick one, as in game[0], or use the functions of "
                "hedging.repeated on game.payoffs"
            )
            raise GameError(msg)
        self.game = game
        self.deltas: tuple[Any, ...] | None = None
        if delta is not None:
            self.deltas = self._read_deltas(delta)
        self._payoffs = game.payoffs[None]

    def _read_deltas(self, delta: Any) -> tuple[Any, ...]:
        n = self.game.n_players
        several = np.ndim(delta) == 1 and not isinstance(delta, str)
        values = [_number(x) for x in (delta if several else [delta])]
        for x in values:
            stage.check_delta(x)
        if several and len(values) != n:
            msg = f"{len(values)} discount factors for {n} players; give one, or {n}"
            raise ParameterError(msg)
        return tuple(values if several else values * n)

    @property
    def delta(self) -> Any:
        """The common discount factor.

        Raises
        ------
        ParameterError
            If there is none, or players differ in patience.
        """
        factors = self._factors().tolist()
        if len(set(factors)) > 1:
            msg = (
                f"players discount by {', '.join(map(str, factors))}, and this is defined "
                "for a common factor; type RepeatedGame(game, delta) with one number"
            )
            raise ParameterError(msg)
        return factors[0]

    def _factors(self) -> Array:
        if self.deltas is None:
            msg = "no discount factor given; type RepeatedGame(game, delta)"
            raise ParameterError(msg)
        return np.array(self.deltas, dtype=object if self.game.is_exact else np.float64)

    def __repr__(self) -> str:
        if self.deltas is None:
            return f"<RepeatedGame of {self.game!r}>"
        shown = self.deltas[0] if len(set(self.deltas)) == 1 else self.deltas
        return f"<RepeatedGame of {self.game!r}, delta={shown}>"

    # -- thresholds ----------------------------------------------------------------------

    def critical_delta(
        self,
        profile: Any,
        punishment: str = "optimal_penal_code",
        *,
        k: int | None = None,
        mixed: bool = False,
        tol: float = 1e-9,
    ) -> CriticalDelta:
        """Least discount factor at which a profile can be played in every period.

        Parameters
        ----------
        profile : sequence of n actions or mapping of player to action
            Labels or positions.
        punishment : str
            ``optimal_penal_code``: any credible punishment, with public lotteries; exact for two
            players, a bracket for more.  ``nash_reversion``: the worst stage equilibrium for
            ever.  ``finite``: the same for ``k`` periods.  ``stick_carrot``: one period of the
            best sticks.  ``minmax_bound``: a lower bound.  ``transfers``: players can
            pay each other.
        k : int, optional
            Periods of the finite punishment.
        mixed : bool
            Also punish by stage equilibria in mixed actions.
        tol : float
            Accuracy where the exact value has to be searched for.

        Returns
        -------
        CriticalDelta

        Examples
        --------
        >>> row, col = [[16, 3, 0], [21, 10, -1], [9, 5, -5]], [[9, 13, 3], [1, 4, 0], [0, -4, -15]]
        >>> r = RepeatedGame(Game.from_bimatrix(row, col))
        >>> for p in ("transfers", "optimal_penal_code", "nash_reversion"):
        ...     print(p, round(r.critical_delta((0, 0), p).value, 4))
        transfers 0.2647
        optimal_penal_code 0.3077
        nash_reversion 0.4545
        """
        self._check_punishment(punishment, k)
        a = self._profile(profile)
        flat = np.array([np.ravel_multi_index(a, self.game.shape)])
        if punishment == "optimal_penal_code":
            return self._exact_critical(a, flat, tol)
        status = Status.OK
        if punishment == "transfers":
            value = self._at(transfers.critical_delta(self._payoffs), a)
            value = _plain(value)
            return CriticalDelta(value, {}, None, value, value, status, 0, punishment)
        if punishment == "stick_carrot":
            value, sticks = thresholds.stick_and_carrot(self._payoffs, flat)
            per_player = np.full(self.game.n_players, np.inf)
            if value[0] < 1:
                need, fall = thresholds.stick_parts(self.game.payoffs, int(flat[0]), sticks[0])
                per_player = need / np.where(need > 0, fall, 1)
        elif punishment == "minmax_bound":
            per_player = self._at(thresholds.minmax_bound(self._payoffs), a)
        else:
            worst, code = stage.worst_nash(self._payoffs, mixed=mixed)
            status = Status(int(code[0]))
            if punishment == "nash_reversion":
                table = thresholds.nash_reversion(self._payoffs, worst)
            else:
                table = thresholds.finite_punishment(self._payoffs, k or 1, worst)
            per_player = self._at(table, a)
        return self._critical(per_player, status, punishment)

    def _critical(self, per_player: Array, status: Status, punishment: str) -> CriticalDelta:
        who = int(thresholds.binding_player(per_player[None])[0])
        value = _plain(per_player.max())
        return CriticalDelta(
            value,
            self._by_player(per_player),
            self.game.players[who] if who >= 0 else None,
            value,
            value,
            status,
            0,
            punishment,
        )

    def _exact_critical(self, a: tuple[int, ...], flat: Array, tol: float) -> CriticalDelta:
        lower = self._at(thresholds.minmax_bound(self._payoffs), a)
        low = max(lower.max(), self._at(transfers.critical_delta(self._payoffs), a))
        nash = self._at(thresholds.nash_reversion(self._payoffs), a)
        if lower.max() == nash.max() or self.game.n_players != 2:
            high = nash.max()
            few = np.prod(self.game.shape) ** self.game.n_players <= 1_000_000
            if high > low and few:
                high = min(high, thresholds.stick_and_carrot(self._payoffs, flat)[0][0])
            # The two ends have different formulas: equal up to rounding is equal.
            status = Status.OK if high <= low * (1 + 1e-12) else Status.INCOMPLETE
            low = high if status == Status.OK else low
            found = self._critical(nash, status, "optimal_penal_code")
            per_player = found.per_player if high == nash.max() else {}
            who = found.binding_player if per_player else None
            return CriticalDelta(
                _plain(high),
                per_player,
                who,
                _plain(low),
                _plain(high),
                status,
                0,
                found.punishment,
            )
        from hedging.repeated.optimal_penal_code import critical_delta

        games = doubles(self._payoffs)
        found_exact = critical_delta(games, flat, tol=tol)
        value = float(found_exact.value[0])
        u, d = self._target(a, games)
        each = np.full(2, value)
        if np.isfinite(found_exact.punishment[0]).all():
            each = thresholds.reversion_threshold(u, d, found_exact.punishment[0])
        most = int(thresholds.binding_player(each[None])[0])
        return CriticalDelta(
            value,
            self._by_player(each),
            self.game.players[most] if most >= 0 else None,
            float(found_exact.lower[0]),
            float(found_exact.upper[0]),
            Status(int(found_exact.status[0])),
            int(found_exact.solves[0]),
            "optimal_penal_code",
        )

    def is_sustainable(
        self,
        profile: Any,
        punishment: str = "optimal_penal_code",
        *,
        k: int | None = None,
        mixed: bool = False,
        tol: float = 1e-9,
    ) -> Sustainability:
        r"""Whether the given discount factors sustain a profile, and with what margin.

        Parameters
        ----------
        profile, punishment, k, mixed
            As for :meth:`critical_delta`.
        tol : float
            Accuracy of the payoff set.

        Returns
        -------
        Sustainability
            ``margin`` is :math:`\min_i \delta_i (u_i - v_i) - (1-\delta_i) h_i`, exactly 0 on the
            threshold.

        Examples
        --------
        >>> g = Game.from_bimatrix([[2, -1], [3, 0]], [[2, 3], [-1, 0]])
        >>> bool(RepeatedGame(g, 1 / 3).is_sustainable((0, 0)))
        True
        >>> RepeatedGame(g, 0.25).is_sustainable((0, 0)).margin
        -0.25
        """
        self._check_punishment(punishment, k)
        a = self._profile(profile)
        u, d = self._target(a, self._payoffs)
        factors = self._factors()
        status = Status.OK
        if punishment == "transfers":
            margin = _plain(transfers.margin(self.game.payoffs, a, self.delta))
            return Sustainability(margin, {}, status)
        if punishment in {"nash_reversion", "finite"}:
            worst, code = stage.worst_nash(self._payoffs, mixed=mixed)
            v, status = worst[0], Status(int(code[0]))
            if punishment == "finite":
                # After k periods the old payoff returns: v is a mean of both.
                share = factors ** (k or 1)
                v = np.where(v == np.inf, v, (1 - share) * np.where(v == np.inf, 0, v) + share * u)
        elif punishment == "minmax_bound":
            v = stage.pure_minmax(self._payoffs)[0]
        elif punishment == "stick_carrot":
            return self._stick_margin(a, factors)
        elif self.game.n_players != 2:
            found = self.critical_delta(profile)
            nash = self.is_sustainable(profile, "nash_reversion")
            if nash or self.delta < found.lower:
                return nash
            return Sustainability(nash.margin, nash.per_player, Status.INCOMPLETE)
        else:
            payoffs = self.spe_payoffs(tol=tol)
            status = payoffs.status
            v = np.array([payoffs.punishment_payoffs.get(p, np.inf) for p in self.game.players])
            if not payoffs.punishment_payoffs:
                return Sustainability(-np.inf, dict.fromkeys(self.game.players, -np.inf), status)
            u, d, factors = doubles(u), doubles(d), doubles(factors)
            margin_each = thresholds.incentive_margin(u, d, v, factors)
            # Minmax and stage equilibria enclose v, whatever the accuracy of the set.
            games = doubles(self._payoffs)
            highest = thresholds.incentive_margin(u, d, stage.pure_minmax(games)[0], factors)
            lowest = thresholds.incentive_margin(u, d, stage.worst_pure_nash(games)[0], factors)
            margin_each = np.clip(margin_each, lowest, highest)
            # Between them the margin is as accurate as the set: to tol of the payoff range.
            span = np.ptp(games[0].reshape(2, -1), axis=1)
            near = (np.abs(margin_each) <= 10 * tol * span) & (lowest < 0) & (highest > 0)
            margin_each = np.where(near & (payoffs.gap > 0), 0.0, margin_each)
            return Sustainability(_plain(margin_each.min()), self._by_player(margin_each), status)
        margin_each = thresholds.incentive_margin(u, d, v, factors)
        return Sustainability(_plain(margin_each.min()), self._by_player(margin_each), status)

    def _stick_margin(self, a: tuple[int, ...], factors: Array) -> Sustainability:
        flat = np.array([np.ravel_multi_index(a, self.game.shape)])
        value, sticks = thresholds.stick_and_carrot(self._payoffs, flat)
        if not value[0] < 1:
            lost = dict.fromkeys(self.game.players, -np.inf)
            return Sustainability(-np.inf, lost, Status.OK)
        need, fall = thresholds.stick_parts(self.game.payoffs, int(flat[0]), sticks[0])
        each = (1 - factors) * thresholds.incentive_margin(0 * need, need, need - fall, factors)
        return Sustainability(_plain(each.min()), self._by_player(each), Status.OK)

    # -- payoffs -------------------------------------------------------------------------

    def spe_payoffs(
        self, *, tol: float = 1e-9, max_iter: int = 10_000, exact: bool = False
    ) -> PayoffSet:
        """All payoffs of subgame-perfect equilibria in pure strategies with public lotteries.

        Parameters
        ----------
        tol : float
            Wanted distance to the true set, as a share of the payoff ranges.
        max_iter : int
        exact : bool
            Work in fractions and prove the result, for single games.  A payoff given as a
            float is the binary fraction it is; the discount factor is read by its decimal.

        Returns
        -------
        PayoffSet
            For two players.

        Raises
        ------
        GameError
            For other numbers of players.

        Examples
        --------
        >>> g = Game.from_bimatrix([[2, 4], [5, 1]], [[3, 1], [4, 5]])
        >>> RepeatedGame(g, "2/3").spe_payoffs(exact=True).vertices.tolist()
        [[Fraction(14, 3), Fraction(3, 1)], [Fraction(5, 1), Fraction(4, 1)]]
        >>> RepeatedGame(g, 0.6).spe_payoffs().kind
        'empty'
        """
        if self.game.n_players != 2:
            msg = (
                f"payoff sets are computed for two players and this game has "
                f"{self.game.n_players}; critical_delta gives a bracket, and "
                "payoffs_with_transfers an exact answer with side payments"
            )
            raise GameError(msg)
        if exact:
            return self._exact_payoffs(tol, max_iter)
        from hedging.repeated.payoff_set import KINDS, payoff_sets

        games = doubles(self._payoffs)
        delta = float(self.delta)
        sets = payoff_sets(games, delta, tol=tol, max_iter=max_iter)
        count = int(sets.count[0])
        vertices = sets.vertices[0, :count]
        found = generators(games[0], delta, vertices, sets.punishment[0]) if count else []
        return PayoffSet(
            vertices,
            KINDS[min(count, 3)],
            self._by_player(sets.punishment[0]) if count else {},
            [(self._labels(g.profile), g.continuation) for g in found],
            Status(int(sets.status[0])),
            int(sets.iterations[0]),
            float(sets.gap[0]),
        )

    def _exact_payoffs(self, tol: float, max_iter: int) -> PayoffSet:
        from hedging.formula import exact_number
        from hedging.repeated.payoff_set import KINDS
        from hedging.repeated.payoff_set_exact import exact_payoff_set

        table = np.frompyfunc(Fraction, 1, 1)(self.game.payoffs)
        delta = exact_number(self.delta if self.deltas is None else self.deltas[0])
        found = exact_payoff_set(table, delta, tol=tol, max_iter=min(max_iter, 300))
        count = len(found.vertices)
        vertices = np.empty((count, 2), dtype=object)
        for k, point in enumerate(found.vertices):
            vertices[k] = point
        ways = (
            generators(
                doubles(table), float(delta), doubles(vertices), doubles(vertices).min(axis=0)
            )
            if count
            else []
        )
        least = dict(zip(self.game.players, found.punishment, strict=False))
        return PayoffSet(
            vertices,
            KINDS[min(count, 3)],
            least,
            [(self._labels(g.profile), g.continuation) for g in ways],
            found.status,
            found.iterations,
            found.gap,
        )

    def optimal_penal_code(self, *, tol: float = 1e-9) -> dict[str, PenalCode]:
        """The worst credible punishment of either player.

        Returns
        -------
        dict of str to PenalCode
            By the player who is punished; empty if there is no equilibrium.

        Examples
        --------
        >>> g = Game.from_bimatrix([[9, 1], [10, 3]], [[9, 10], [1, 3]])
        >>> RepeatedGame(g, 0.75).optimal_penal_code()["player_1"].payoff
        3.0
        """
        payoffs = self.spe_payoffs(tol=tol)
        codes = {}
        for i, player in enumerate(self.game.players):
            if payoffs.kind == "empty":
                break
            worst = int(payoffs.vertices[:, i].argmin())
            profile, continuation = payoffs.generators[worst]
            draws = [(payoffs.vertices[k], p) for k, p in lottery(payoffs.vertices, continuation)]
            least = float(payoffs.vertices[worst, i])
            codes[player] = PenalCode(least, profile, continuation, draws)
        return codes

    def minmax(self, pure: bool = True) -> dict[str, Any]:
        """Minmax payoff of every player; with ``pure=False`` punishers may mix (two players).

        Examples
        --------
        >>> g = Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
        >>> r = RepeatedGame(g)
        >>> r.minmax(), r.minmax(pure=False)["player_1"]
        ({'player_1': 1.0, 'player_2': 1.0}, 0.0)
        """
        values = stage.pure_minmax(self._payoffs) if pure else stage.mixed_minmax(self._payoffs)
        return self._by_player(values[0])

    def feasible_payoffs(self, *, individually_rational: bool = False) -> Array:
        """Vertices of the feasible payoffs of two players, counterclockwise.

        Parameters
        ----------
        individually_rational : bool
            Keep only payoffs of at least the pure minmax payoffs: by the folk theorem what
            patient players can reach, up to the boundary.

        Returns
        -------
        array, shape (K, 2)
            Fractions for an exact game.

        Examples
        --------
        >>> g = Game.from_bimatrix([[9, 1], [10, 3]], [[9, 10], [1, 3]])
        >>> RepeatedGame(g).feasible_payoffs(individually_rational=True).tolist()
        [[3.0, 3.0], [9.75, 3.0], [9.0, 9.0], [3.0, 9.75]]
        """
        from hedging.repeated.payoff_set_exact import feasible

        if self.game.n_players != 2:
            msg = f"the set is drawn for two players, and this game has {self.game.n_players}"
            raise GameError(msg)
        table = np.asarray(np.frompyfunc(Fraction, 1, 1)(self.game.payoffs), dtype=object)
        points = feasible(table, individually_rational)
        result = np.array(points, dtype=object).reshape(-1, 2)
        return result if self.game.is_exact else doubles(result)

    def payoffs_with_transfers(self) -> list[dict[str, Any]]:
        """Best joint payoff with side payments, for all common discount factors.

        Returns
        -------
        list of dict
            One per regime, in ascending order of ``delta``, from which on it is available, with
            ``joint_payoff``, ``punishment_payoffs``, ``profile`` and ``punishments`` (profiles
            by punished player).

        Examples
        --------
        >>> g = Game.from_bimatrix([[2, -1], [3, 0]], [[2, 3], [-1, 0]])
        >>> [(d["delta"], d["joint_payoff"]) for d in RepeatedGame(g).payoffs_with_transfers()]
        [(0.0, 0.0), (0.3333333333333333, 4.0)]
        """
        return [
            {
                "delta": _plain(r.delta),
                "joint_payoff": _plain(r.joint_payoff),
                "punishment_payoffs": self._by_player(r.punishment_payoffs),
                "profile": self._labels(r.profile),
                "punishments": {
                    p: self._labels(int(x))
                    for p, x in zip(self.game.players, r.punishments, strict=True)
                },
            }
            for r in transfers.regimes(self.game.payoffs)
        ]

    def renegotiation_proof(self, payoff: Any) -> Renegotiation:
        """Whether a payoff of patient players survives renegotiation (two players).

        See :func:`hedging.repeated.renegotiation.weakly_renegotiation_proof`.
        """
        return weakly_renegotiation_proof(self.game.payoffs, payoff)

    # -- labels --------------------------------------------------------------------------

    def _check_punishment(self, punishment: str, k: int | None) -> None:
        if punishment not in PUNISHMENTS:
            msg = f"no punishment {punishment!r}; choose one of {', '.join(PUNISHMENTS)}"
            raise UnknownNameError(msg)
        if (punishment == "finite") != (k is not None):
            msg = f"punishment {punishment!r} with k={k}; give k, its periods, to 'finite' only"
            raise ParameterError(msg)

    def _profile(self, profile: Any) -> tuple[int, ...]:
        game = self.game
        if isinstance(profile, dict):
            for name in profile:
                position(name, game.players, "player")
            missing = [p for p in game.players if p not in profile]
            if missing:
                msg = f"the profile gives no action of {', '.join(missing)}; give every player one"
                raise GameError(msg)
            profile = [profile[p] for p in game.players]
        if isinstance(profile, str) or np.ndim(profile) != 1 or len(profile) != game.n_players:
            msg = (
                f"profile {profile!r} is not one action for each of {', '.join(game.players)}; "
                "give labels or positions in order"
            )
            raise GameError(msg)
        pairs = zip(profile, game.players, game.actions, strict=True)
        return tuple(position(x, labels, f"action of {p}") for x, p, labels in pairs)

    def _labels(self, flat: int) -> tuple[str, ...]:
        index = np.unravel_index(flat, self.game.shape)
        return tuple(labels[int(k)] for labels, k in zip(self.game.actions, index, strict=True))

    def _by_player(self, values: Array) -> dict[str, Any]:
        return {p: _plain(x) for p, x in zip(self.game.players, values, strict=True)}

    def _at(self, table: Array, a: tuple[int, ...]) -> Array:
        """Entries of an array of shape (1, ..., m_1, ..., m_n) at a profile."""
        flat = int(np.ravel_multi_index(a, self.game.shape))
        lead = table.shape[1 : table.ndim - self.game.n_players]
        return np.asarray(table.reshape(*lead, -1)[..., flat])

    def _target(self, a: tuple[int, ...], payoffs: Array) -> tuple[Array, Array]:
        return self._at(payoffs, a), self._at(stage.best_deviations(payoffs), a)


def _plain(value: Any) -> Any:
    """A Python number."""
    return value.item() if isinstance(value, np.generic | np.ndarray) else value


def _number(value: Any) -> Any:
    """A discount factor as given; text is read exactly."""
    if isinstance(value, str):
        from hedging.formula import exact_number

        return exact_number(value)
    return _plain(value)
