"""The infinitely repeated game."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import GameError, HedgingTypeError, ParameterError, Status, UnknownNameError
from hedging.game import Game
from hedging.program.numerals import fraction
from hedging.repeated import stage, transfers
from hedging.repeated.renegotiation import Renegotiation, weakly_renegotiation_proof
from hedging.repeated.results import (
    CriticalDelta,
    PayoffBounds,
    PayoffSet,
    PenalCode,
    Sustainability,
)
from hedging.repeated_games import display, equilibrium_payoffs, incentives
from hedging.repeated_games.labelled_stage import LabelledStage, plain
from hedging.repeated_games.patience import check_punishment, least_delta, one_profile

__all__ = ["RepeatedGame"]

Array = NDArray[Any]

_SMALL = 1_000
"""Profiles times 3**n up to which an undecided question is worth an enclosure."""


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
        self._stage = LabelledStage(game)

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

    def _repr_html_(self) -> str:
        return display.page(self)

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
            Labels or positions.  Or a *correlated target*, one profile drawn in public every
            period: a mapping of profiles (tuples) to probabilities, or an array of probabilities
            of the shape of the game.  Whoever sees the draw may deviate from it, so the largest
            gain counts against the mean payoff.
        punishment : str
            ``optimal_penal_code``: any credible punishment, with public lotteries; exact for two
            players, a bracket for more.  ``nash_reversion``: the worst stage equilibrium for
            ever.  ``finite``: the same for ``k`` periods.  ``stick_carrot``: one period of the
            best sticks.  ``minmax_bound``: a lower bound.  ``transfers``: players can
            pay each other.
        k : int, optional
            Periods of the finite punishment.
        mixed : bool
            Also punish by stage equilibria in mixed actions, for ``nash_reversion`` and ``finite``.
        tol : float
            Accuracy where the exact value has to be searched for.

        Returns
        -------
        CriticalDelta
            Where worst equilibrium payoffs jump at the threshold, ``value`` is the jump, and the
            thresholds ``per_player``, which hold for punishments credible there, may all be less.

        Raises
        ------
        ParameterError
            If ``k`` or ``mixed`` does not fit the punishment, if probabilities make no
            distribution, or if sticks or transfers are asked for a correlated target.

        Notes
        -----
        For three and more players sticks are looked for if they can be chosen in at most a million
        ways; beyond, the bracket is that of the other bounds.

        Examples
        --------
        >>> row, col = [[16, 3, 0], [21, 10, -1], [9, 5, -5]], [[9, 13, 3], [1, 4, 0], [0, -4, -15]]
        >>> r = RepeatedGame(Game.from_bimatrix(row, col))
        >>> for p in ("transfers", "optimal_penal_code", "nash_reversion"):
        ...     print(p, round(r.critical_delta((0, 0), p).value, 4))
        transfers 0.2647
        optimal_penal_code 0.3077
        nash_reversion 0.4545

        Take turns in being the one who gives way, by a public lottery:

        >>> r = RepeatedGame(Game.from_bimatrix([[0, -1], [3, 0]], [[0, 3], [-1, 0]]))
        >>> r.critical_delta({(0, 1): 0.5, (1, 0): 0.5}, "nash_reversion").value
        0.5
        """
        check_punishment(punishment, k, mixed)
        return least_delta(self._stage, self._stage.read_target(profile), punishment, k, mixed, tol)

    def is_sustainable(
        self,
        profile: Any,
        punishment: str = "optimal_penal_code",
        *,
        k: int | None = None,
        mixed: bool = False,
        tol: float = 1e-9,
        exact: bool | None = None,
    ) -> Sustainability:
        r"""Whether the given discount factors sustain a profile, and with what margin.

        Parameters
        ----------
        profile, punishment, k, mixed
            As for :meth:`critical_delta`.
        tol : float
            Accuracy of the margin, as a share of the payoff ranges.  The answer does not depend on
            it: where a coarse payoff set leaves it open a finer one is computed.
        exact : bool, optional
            Answer in fractions, proved, for two players under the optimal penal code and for any
            number under the others; by default if the stage game is exact.  Payoffs given as floats
            are the binary fractions they are; the discount factor is read by its decimal.

        Returns
        -------
        Sustainability
            ``margin`` is :math:`\min_i \delta_i (u_i - v_i) - (1-\delta_i) h_i`.

        Raises
        ------
        ParameterError
            If there is no discount factor, or players differ in it where they may not (optimal
            penal code and transfers).
        GameError
            If exactness is asked for where there is none.

        Notes
        -----
        The margin is 0 on a threshold in closed form, and positive above it.  Under the optimal
        penal code :math:`v_i` depends on :math:`\delta` and may *jump* down at the threshold, where
        a harsher punishment becomes credible: then the margin is positive on the threshold itself,
        and negative just below.  In doubles a factor short of a threshold by no more than about
        1e-8 of the payoff range is on it; with ``exact=True`` it is not.

        For two players this takes milliseconds in doubles, and in fractions up to seconds.  For
        three and more, closed forms decide most questions; what they leave open is enclosed
        by :meth:`spe_payoffs` if profiles times 3**n are at most 1,000 (seconds), and is
        ``incomplete`` beyond.

        Examples
        --------
        >>> g = Game.from_bimatrix([[2, -1], [3, 0]], [[2, 3], [-1, 0]])
        >>> bool(RepeatedGame(g, 1 / 3).is_sustainable((0, 0)))
        True
        >>> RepeatedGame(g, 0.25).is_sustainable((0, 0)).margin
        -0.25
        >>> RepeatedGame(g, "1/3").is_sustainable((0, 0), exact=True).margin
        Fraction(0, 1)
        """
        check_punishment(punishment, k, mixed)
        if exact is None:
            exact = self.game.is_exact and self.game.n_players == 2
        if exact:
            return self._exactly()._is_sustainable(profile, punishment, k, mixed, tol, exact=True)
        return self._is_sustainable(profile, punishment, k, mixed, tol, exact=False)

    def _is_sustainable(
        self, profile: Any, punishment: str, k: int | None, mixed: bool, tol: float, exact: bool
    ) -> Sustainability:
        game, a, factors = self._stage, self._stage.read_target(profile), self._factors()
        if punishment in {"transfers", "stick_carrot"}:
            place = one_profile(a, punishment)
            if punishment == "stick_carrot":
                return incentives.stick_margin(game, place, factors)
            margin = plain(transfers.margin(self.game.payoffs, place, self.delta))
            return Sustainability(margin, {}, Status.OK)
        if punishment != "optimal_penal_code":
            return incentives.reversion_margin(game, a, factors, punishment, k, mixed)
        if exact:
            self._check_two("exact answers under optimal penal codes are", "leave exact out for")
            return incentives.exact_margin(game, a, self.delta, tol)
        if self.game.n_players == 2:
            for accuracy in (tol, min(tol, incentives.FINE)):
                payoffs = equilibrium_payoffs.float_set(game, self.delta, accuracy, 10_000)
                found = incentives.set_margin(game, a, factors, payoffs, accuracy)
                if found is not None:
                    return found
        bracket = least_delta(game, a, "optimal_penal_code", None, False, tol)
        nash = incentives.reversion_margin(game, a, factors, "nash_reversion", None, False)
        if nash or self.delta < bracket.lower:
            return nash
        if self.delta >= bracket.upper and isinstance(a, tuple):
            return incentives.stick_margin(game, a, factors)
        if np.prod(self.game.shape) * 3**self.game.n_players > _SMALL:
            return Sustainability(nash.margin, nash.per_player, Status.INCOMPLETE)
        enclosure = equilibrium_payoffs.bounds(game, self.delta, 1e-4, 2_000)
        return incentives.enclosed_margin(game, a, factors, enclosure)

    def _exactly(self) -> RepeatedGame:
        """The same game with payoffs and discount factors in fractions."""
        from hedging.formula import exact_number

        payoffs = np.asarray(np.frompyfunc(fraction, 1, 1)(self.game.payoffs), dtype=object)
        deltas = None if self.deltas is None else [exact_number(x) for x in self.deltas]
        return RepeatedGame(Game(payoffs, self.game.players, self.game.actions), deltas)

    # -- payoffs -------------------------------------------------------------------------

    def spe_payoffs(
        self,
        *,
        method: str | None = None,
        tol: float | None = None,
        max_iter: int = 10_000,
        exact: bool = False,
    ) -> PayoffSet | PayoffBounds:
        """All payoffs of subgame-perfect equilibria in pure strategies with public lotteries.

        Parameters
        ----------
        method : str, optional
            ``abreu_sannikov``, for two players and their default: the set itself.
            ``hyperplanes``, for any number and the default of three and more: two sets
            that enclose it.
        tol : float, optional
            Wanted distance to the true set, or between the two, as a share of the payoff ranges;
            1e-9 by default, and 1e-4 for hyperplanes.
        max_iter : int
        exact : bool
            Work in fractions and prove the result, for two players.  A payoff given as a
            float is the binary fraction it is; the discount factor is read by its decimal.

        Returns
        -------
        PayoffSet or PayoffBounds

        Raises
        ------
        GameError
            If the method or exactness is for two players only.

        Examples
        --------
        >>> g = Game.from_bimatrix([[2, 4], [5, 1]], [[3, 1], [4, 5]])
        >>> RepeatedGame(g, "2/3").spe_payoffs(exact=True).vertices.tolist()
        [[Fraction(14, 3), Fraction(3, 1)], [Fraction(5, 1), Fraction(4, 1)]]
        >>> RepeatedGame(g, 0.6).spe_payoffs().kind
        'empty'
        """
        delta, n = self.delta, self.game.n_players
        method = method or ("abreu_sannikov" if n == 2 else "hyperplanes")
        if method not in {"abreu_sannikov", "hyperplanes"}:
            msg = f"no method {method!r}; choose abreu_sannikov or hyperplanes"
            raise UnknownNameError(msg)
        if method == "hyperplanes":
            if exact:
                msg = "hyperplanes work in doubles; leave exact out, or take abreu_sannikov"
                raise GameError(msg)
            return equilibrium_payoffs.bounds(self._stage, delta, tol or 1e-4, max_iter)
        self._check_two("abreu_sannikov computes payoff sets", "method='hyperplanes' encloses")
        if exact and self.deltas:
            return equilibrium_payoffs.exact_set(self._stage, self.deltas[0], tol or 1e-9, max_iter)
        return equilibrium_payoffs.float_set(self._stage, delta, tol or 1e-9, max_iter)

    def _check_two(self, what: str, instead: str) -> None:
        if self.game.n_players != 2:
            msg = f"{what} for two players and this game has {self.game.n_players}; {instead} them"
            raise GameError(msg)

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
        self._check_two("penal codes are computed", "spe_payoffs().punishment_payoffs bounds")
        payoffs = equilibrium_payoffs.float_set(self._stage, self.delta, tol, 10_000)
        return equilibrium_payoffs.penal_codes(self._stage, payoffs)

    def minmax(self, pure: bool = True) -> dict[str, Any]:
        """Minmax payoff of every player; with ``pure=False`` punishers may mix (two players).

        Examples
        --------
        >>> g = Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
        >>> r = RepeatedGame(g)
        >>> r.minmax(), r.minmax(pure=False)["player_1"]
        ({'player_1': 1.0, 'player_2': 1.0}, 0.0)
        """
        payoffs = self._stage.payoffs
        values = stage.pure_minmax(payoffs) if pure else stage.mixed_minmax(payoffs)
        return self._stage.by_player(values[0])

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
        return equilibrium_payoffs.feasible_set(self._stage, individually_rational)

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
                "delta": plain(r.delta),
                "joint_payoff": plain(r.joint_payoff),
                "punishment_payoffs": self._stage.by_player(r.punishment_payoffs),
                "profile": self._stage.labels(r.profile),
                "punishments": {
                    p: self._stage.labels(int(x))
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


def _number(value: Any) -> Any:
    """A discount factor as given; text is read exactly."""
    if isinstance(value, str):
        from hedging.formula import exact_number

        return exact_number(value)
    return plain(value)
