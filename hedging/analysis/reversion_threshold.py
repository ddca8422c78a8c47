r"""The critical discount factor of grim trigger strategies, as a formula.

Players repeat a profile a for ever; after a deviation of player i to action b they play the profile
n for ever.  Deviating does not pay if and only if

.. math::

    u_i(a) \ge (1 - \delta) \, u_i(b, a_{-i}) + \delta \, u_i(n)
    \quad\Longleftrightarrow\quad
    \delta \ge \frac{u_i(b, a_{-i}) - u_i(a)}{u_i(b, a_{-i}) - u_i(n)}

where the temptation :math:`u_i(b, a_{-i}) - u_i(a)` is positive and the punishment hurts,
:math:`u_i(a) > u_i(n)` (Friedman 1971).  The threat is credible where n is an equilibrium of the
stage game.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy

from hedging import formula
from hedging.analysis.atlas_text import plain
from hedging.analysis.equilibrium_conditions import Conditions
from hedging.analysis.inequalities import Inequality, shortest, simplified
from hedging.analysis.necessary_conditions import conditions, read_pure_profile
from hedging.analysis.payoff_functions import fixed_values, range_of
from hedging.model import Model

__all__ = ["GrimTrigger", "grim_trigger"]


def grim_trigger(model: Model, profile: Any, punishment: Any, **fixed: Any) -> GrimTrigger:
    """Critical discount factor of a profile under reversion to another, in symbols.

    Parameters
    ----------
    model : Model
        The stage game.
    profile : mapping of player to action, or sequence of actions
        What is to be played for ever.
    punishment : mapping of player to action, or sequence of actions
        What is played for ever after a deviation.
    **fixed : number
        Values of parameters, read as ``model(exact=True)`` reads them; the rest stay free.

    Returns
    -------
    GrimTrigger

    Raises
    ------
    GameError, HedgingTypeError, UnknownNameError
        If a profile is not one action for every player.

    Examples
    --------
    >>> from hedging.model import Parameter
    >>> dilemma = Model(
    ...     "dilemma",
    ...     players=("A", "B"),
    ...     actions=(("restrain", "arm"), ("restrain", "arm")),
    ...     parameters=[Parameter("gain", 5, 3, 9, open_low=True), Parameter("war", 1, 0, 2)],
    ...     payoffs={"A": [["3", "0"], ["gain", "war"]], "B": [["3", "gain"], ["0", "war"]]},
    ... )
    >>> found = grim_trigger(dilemma, ["restrain", "restrain"], ["arm", "arm"])
    >>> found.delta
    (gain - 3)/(gain - war)
    >>> found.at(gain=6)
    3/5
    """
    a, n = read_pure_profile(model, profile), read_pure_profile(model, punishment)
    free = tuple(name for name in model.parameters if name not in fixed)
    values = fixed_values(model, free, fixed)
    return GrimTrigger(model, a, n, free, values)


class GrimTrigger:
    """From which discount factor on grim trigger sustains a profile.

    Made by :func:`hedging.grim_trigger`.

    Attributes
    ----------
    model : Model
    profile, punishment : dict of str to str
    free : tuple of str
        The parameters left free.
    fixed : dict of str to Fraction
    thresholds : dict of (str, str) to sympy.Expr
        For each player and deviation that may pay, the discount factor it requires; oo where the
        punishment does not hurt.
    """

    def __init__(
        self,
        model: Model,
        profile: tuple[int, ...],
        punishment: tuple[int, ...],
        free: tuple[str, ...],
        fixed: Mapping[str, Fraction],
    ) -> None:
        self.model, self.free, self.fixed = model, free, dict(fixed)
        self.profile, self.punishment = (
            {p: own[k] for p, own, k in zip(model.players, model.actions, at, strict=True)}
            for at in (profile, punishment)
        )
        box = [range_of(model, name) for name in free]
        known = {
            sympy.Symbol(name): sympy.Rational(v.numerator, v.denominator)
            for name, v in fixed.items()
        }
        self.thresholds: dict[tuple[str, str], Any] = {}
        for i, (player, actions) in enumerate(zip(model.players, model.actions, strict=True)):
            table = model.payoffs[player]
            loss = (table[profile] - table[punishment]).subs(known)
            for b, action in enumerate(actions):
                if b == profile[i]:
                    continue
                deviation = (*profile[:i], b, *profile[i + 1 :])
                gain = (table[deviation] - table[profile]).subs(known)
                found = _threshold(gain, loss, free, box)
                if found != 0:
                    self.thresholds[player, action] = found

    @cached_property
    def delta(self) -> Any:
        """The critical discount factor: the largest threshold, 0 if no deviation ever pays."""
        parts = list(self.thresholds.values())
        if len(parts) == 1:
            return parts[0]
        return sympy.Max(*parts) if parts else sympy.S.Zero

    @cached_property
    def credible(self) -> Conditions:
        """When the punishment is an equilibrium of the stage game."""
        given: dict[str, Any] = dict(self.fixed)
        return conditions(self.model, self.punishment, **given)

    def _point(self, values: Mapping[str, Any]) -> dict[Any, Any]:
        self.model.check(values)
        numbers = {
            name: formula.exact_number(values.get(name, self.model.parameters[name].default))
            for name in self.free
        }
        return {
            sympy.Symbol(name): sympy.Rational(v.numerator, v.denominator)
            for name, v in numbers.items()
        }

    def at(self, **values: Any) -> Any:
        """The critical discount factor at a point, exactly; defaults for what is not given."""
        point = self._point(values)
        return max((t.subs(point) for t in self.thresholds.values()), default=sympy.S.Zero)

    def binding(self, **values: Any) -> tuple[str, str] | None:
        """The player and the deviation that decide at a point; None if no deviation pays."""
        point = self._point(values)
        worst = {key: t.subs(point) for key, t in self.thresholds.items()}
        key = max(worst, key=lambda k: worst[k], default=None)
        return None if key is None or worst[key] == 0 else key

    def __repr__(self) -> str:
        return f"<GrimTrigger {'|'.join(self.profile.values())}: {self.delta}>"

    def __str__(self) -> str:
        profile, threat = ("|".join(p.values()) for p in (self.profile, self.punishment))
        head = f"{profile} is sustained by reversion to {threat}"
        if not self.thresholds:
            return f"{head} at every discount factor: no deviation pays"
        never = [key for key, value in self.thresholds.items() if value == sympy.oo]
        credible = self.credible
        lines = []
        if credible.expression == sympy.false:
            lines.append(
                f"Not a subgame-perfect threat: {threat} is an equilibrium of the stage game for "
                "no parameters in their ranges, so the players would not carry it out."
            )
            head = f"If they did, {head.replace(' is sustained', ' would be sustained', 1)}"
        if never:
            who = " and ".join(f"{player} to {action}" for player, action in never)
            lines.append(
                f"{profile} is never sustained by reversion to {threat}: no discount factor below "
                f"1 keeps {who}, which pays, because the punishment does not hurt."
            )
            return "\n".join(lines)
        lines.append(f"{head} if and only if the discount factor is at least the largest of")
        for (player, action), value in self.thresholds.items():
            lines.append(f"  {_in_words(value)}    ({player} to {action})")
        if credible.expression != sympy.false:
            lines.append(f"The punishment is credible where {credible.sentence}.")
        return "\n".join(lines)

    def latex(self) -> str:
        """The critical discount factor as a displayed formula.

        Returns
        -------
        str
            Needs the package amsmath.
        """
        names = {sympy.Symbol(p.name): p.latex for p in self.model.parameters.values()}
        return f"\\[\n\\delta^* = {sympy.latex(self.delta, symbol_names=names)}\n\\]\n"


def _in_words(value: Any) -> str:
    """A threshold in one line; where it is infinite, never."""
    if not isinstance(value, sympy.Piecewise):
        return plain(value)
    parts = []
    for number, condition in value.args:
        text = "never sustained" if number == sympy.oo else plain(number)
        last = condition == sympy.true
        parts.append(f"{text} otherwise" if last else f"{text} where {plain(condition)}")
    return ", ".join(parts)


def _threshold(gain: Any, loss: Any, free: tuple[str, ...], box: Any) -> Any:
    """The discount factor that one deviation requires; 0 if it is proved never to pay."""
    tempts = simplified(gain, True, free, box)
    if tempts is False:
        return sympy.S.Zero
    spares = simplified(-loss, True, free, box)  # the punishment is better than the profile
    if spares is True and tempts is True:
        return sympy.oo
    ratio = _ratio(gain, loss, free, box)
    hurts = simplified(loss, True, free, box) is True
    if hurts and simplified(gain, False, free, box) is True:
        return ratio
    cases: list[tuple[Any, Any]] = []
    if isinstance(tempts, Inequality):
        cases.append((sympy.S.Zero, sympy.Not(tempts.relation)))
    if ratio is None or spares is True:
        cases.append((sympy.oo, True))
    else:
        if isinstance(spares, Inequality):
            cases.append((sympy.oo, spares.relation))
        cases.append((ratio, True))
    return cases[0][0] if len(cases) == 1 else sympy.Piecewise(*cases)


def _ratio(gain: Any, loss: Any, free: tuple[str, ...], box: Any) -> Any:
    """Temptation over temptation and loss; None if a deviation pays as the punishment does."""
    whole = sympy.cancel(gain + loss)
    if whole == 0:
        return None
    top, bottom = sympy.fraction(sympy.cancel(gain / whole))
    symbols = [sympy.Symbol(name) for name in free]
    if not (top.is_polynomial(*symbols) and bottom.is_polynomial(*symbols)):
        return gain / whole
    shown, below = (shortest(e, free, box) for e in (top, bottom))
    if below.could_extract_minus_sign():
        shown, below = (shortest(-e, free, box) for e in (top, bottom))
    return shown / below
