r"""When is a profile an equilibrium?  Conditions in the parameters of a model.

A pure profile a is an equilibrium if and only if

.. math:: u_i(a) \ge u_i(b, a_{-i}) \quad \text{for every player } i \text{ and action } b.

A support is played in equilibrium if and only if for each player some positive weights on its
actions make those of the others in the support equally good and no other action better.  Over one
parameter this is decided as it stands for two players, ties included
(:mod:`hedging.analysis.positive_weights`).  Over several, and for three players, the weights are
those that indifference alone fixes (:mod:`hedging.analysis.support_cases`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import sympy

from hedging.analysis.equilibrium_conditions import Conditions
from hedging.analysis.payoff_functions import (
    PayoffFunctions,
    fixed_values,
    payoff_functions,
    polynomial_program,
    range_of,
)
from hedging.analysis.payoff_polynomials import payoff_polynomials
from hedging.analysis.positive_weights import has_support
from hedging.analysis.real_roots import RealRoot
from hedging.analysis.settled_groups import SettledGroups
from hedging.analysis.solution_set import Part, solution_set
from hedging.analysis.support_cases import Alternatives, Case, Supports, mixed_groups
from hedging.analysis.univariate import Polynomial
from hedging.equilibria.determinants import LARGEST, sign_table
from hedging.errors import FormulaError, GameError, HedgingTypeError, ParameterError
from hedging.labels import position
from hedging.model import Model
from hedging.program import rationals

__all__ = ["conditions", "read_pure_profile"]


def conditions(
    model: Model,
    profile: Any,
    *,
    over: str | Sequence[str] | None = None,
    solve_for: str | None = None,
    **fixed: Any,
) -> Conditions:
    """Necessary and sufficient conditions for a profile to be an equilibrium.

    Parameters
    ----------
    model : Model
    profile : mapping of player to action, sequence of actions, or str
        An action per player, or a tuple of actions that are mixed: for two players, and for three
        of whom one has payoffs additive in two binary others.  Also a label as results print it,
        such as ``"hedge+align_b|pressure"``.
    over : str or sequence of str, optional
        The parameters to leave free, the others being at their defaults; by default all are free.
    solve_for : str, optional
        A parameter to solve the conditions for, where they are linear in it; by cases where the
        sign of its coefficient is open.  ``bounds`` of the answer then holds the critical values.
    **fixed : number
        Values of parameters, read as ``model(exact=True)`` reads them.

    Returns
    -------
    Conditions
        For all values of the free parameters in their ranges.  With one free parameter that
        enters payoffs by + - * /, whole powers, min, max, abs and cases, the exact set of its
        values.

    Raises
    ------
    GameError
        If the profile leaves a player out, or its support is played at ties only and several
        parameters are free.
    ParameterError
        If mixing is asked of players for whom it is not available, or the conditions are not linear
        in ``solve_for``.
    UnknownNameError
        If a name is unknown.

    See Also
    --------
    hedging.atlas : all equilibria over one parameter.
    hedging.grim_trigger : from which discount factor on a profile can be sustained.

    Notes
    -----
    Conditions that follow from the others and the ranges are removed where that can be
    proved.  Where ``complete`` is False, equilibria at ties at which indifference fixes no
    probabilities are not covered; the sentence says so.

    Examples
    --------
    >>> from hedging.families import catalogue
    >>> model = catalogue["hedging_bimatrix"]
    >>> quiet = {"M": "hedge", "A": "accommodate"}
    >>> print(conditions(model, quiet, over="immunity"))
    hedge|accommodate is an equilibrium of hedging_bimatrix if and only if immunity >= 1/5
    >>> conditions(catalogue["sphere_division"], ["respect", "respect"]).relations
    (entry_cost_a >= capture_share_a*economic_rent, entry_cost_b >= capture_share_b*security_rent)

    The critical rivalry and the critical immunity of the quiet hedge, in symbols:

    >>> triad, profile = catalogue["triadic_hedging"], "hedge|accommodate|accommodate"
    >>> conditions(triad, profile, solve_for="rivalry", mediation=0, offset=0).bounds[0]
    rivalry <= pressure_cost_a/(concession_a*(1 - immunity) - drift_loss_a)
    >>> conditions(triad, profile, over=("rivalry", "immunity"), solve_for="immunity").bounds[0].rhs
    (3*rivalry - 2)/(5*rivalry)
    """
    supports = read_supports(model, profile)
    free = _free(model, over, fixed)
    values = fixed_values(model, free, fixed)
    if solve_for is not None and solve_for not in free:
        fixed_values(model, (solve_for,), {})  # whether there is such a parameter at all
        msg = f"{solve_for} is fixed; leave it free to solve for it"
        raise ParameterError(msg)
    if len(free) == 1:
        try:
            functions = payoff_functions(model, free[0], fixed)
        except (FormulaError, ParameterError):
            pass  # roots or poles: the inequalities as they are
        else:
            return _exact_set(supports, functions)
    box = [range_of(model, name) for name in free]
    if all(len(own) == 1 for own in supports):
        groups = [Alternatives([_pure_case(supports, _payoffs_at(model, values))], [])]
    else:
        program = polynomial_program(model, free, values)
        groups = mixed_groups(
            model, supports, payoff_polynomials(model, program, free, values, box)
        )
    settled = SettledGroups(groups, free, box)
    plain_form = settled.combined()[0]
    if solve_for is not None:
        settled.solve(solve_for)
    expression, relations = settled.combined()
    return Conditions(
        model,
        supports,
        free,
        values,
        expression,
        relations,
        plain_form,
        solved_for=solve_for,
        complete=settled.complete,
    )


def _exact_set(supports: Supports, stretches: Sequence[PayoffFunctions]) -> Conditions:
    """The values of one parameter, ties, cases, minima and absolute values included."""
    model, name, values = stretches[0].model, stretches[0].over, stretches[0].fixed
    parts, complete = [], True
    for functions in stretches:
        payoffs = functions.polynomials
        polynomials: list[Any]
        if len(supports) == 2 and any(len(own) > 1 for own in supports):
            m, n = model.shape
            if min(m, n) > LARGEST:
                msg = f"a {m} x {n} game is too large; give a pure profile"
                raise ParameterError(msg)
            table = sign_table(m, n)
            polynomials = rationals.evaluate(table.program, payoffs.ravel().tolist())
            holds = partial(has_support, payoffs[0], payoffs[1], supports[0], supports[1])
        else:
            if all(len(own) == 1 for own in supports):
                groups = [Alternatives([_pure_case(supports, payoffs)], [])]
            else:
                groups = mixed_groups(model, supports, payoffs)
            polynomials = [p for g in groups for case in g.cases for p, _ in case]
            holds = partial(_groups_hold, groups)
            complete = complete and not any(g.weights for g in groups)
        read = [p for p in polynomials if isinstance(p, Polynomial)]
        f = functions
        parts.append(Part(f.low, f.high, f.holds_low, f.holds_high, read, holds))
    found = solution_set(name, parts)
    return Conditions(model, supports, (name,), values, *found, solved_for=name, complete=complete)


def _all_hold(cases: list[Case], point: RealRoot) -> bool:
    def holds(p: Any, strict: bool) -> bool:
        sign = point.sign_of(p if isinstance(p, Polynomial) else Polynomial([p]))
        return sign > 0 or (sign == 0 and not strict)

    return any(all(holds(p, strict) for p, strict in case) for case in cases)


def _groups_hold(groups: list[Alternatives], point: RealRoot) -> bool:
    return all(_all_hold(group.cases, point) for group in groups)


# -- reading --------------------------------------------------------------------------------------


def read_supports(model: Model, profile: Any) -> Supports:
    """Numbers of the actions played, per player, from names or from a label such as ``a+b|c``.

    Raises
    ------
    GameError, HedgingTypeError, UnknownNameError
        If it is no full profile.
    """
    if isinstance(profile, str) and profile.count("|") == len(model.players) - 1 > 0:
        profile = [
            part if part in actions else tuple(part.split("+"))
            for part, actions in zip(profile.split("|"), model.actions, strict=True)
        ]
    if isinstance(profile, str) or not isinstance(profile, Mapping | Sequence):
        example = {p: a[0] for p, a in zip(model.players, model.actions, strict=True)}
        msg = f"profile is {profile!r}; give an action for every player, as in {example}"
        raise HedgingTypeError(msg)
    if isinstance(profile, Mapping):
        for name in profile:
            position(name, model.players, "player")
        missing = [p for p in model.players if p not in profile]
        if missing:
            msg = (
                f"no action given for {', '.join(missing)}; conditions need a full profile, an "
                "action for every player"
            )
            raise GameError(msg)
        profile = [profile[p] for p in model.players]
    if len(profile) != len(model.players):
        msg = f"{len(profile)} actions given for {len(model.players)} players; give one for each"
        raise GameError(msg)
    supports = []
    for given, player, actions in zip(profile, model.players, model.actions, strict=True):
        several = given if isinstance(given, tuple | list) else (given,)
        own = sorted({position(a, actions, f"action of player {player!r}") for a in several})
        if not own:
            msg = f"no action given for {player}; give one or more"
            raise GameError(msg)
        supports.append(tuple(own))
    return tuple(supports)


def read_pure_profile(model: Model, profile: Any) -> tuple[int, ...]:
    """Action numbers of a pure profile.

    Raises
    ------
    GameError, HedgingTypeError, UnknownNameError
        If it is none.
    """
    supports = read_supports(model, profile)
    if any(len(own) > 1 for own in supports):
        msg = f"profile {profile!r} mixes actions; give one action for every player"
        raise GameError(msg)
    return tuple(own[0] for own in supports)


def _free(
    model: Model, over: str | Sequence[str] | None, fixed: Mapping[str, Any]
) -> tuple[str, ...]:
    if over is None:
        return tuple(name for name in model.parameters if name not in fixed)
    return (over,) if isinstance(over, str) else tuple(over)


# -- the conditions -------------------------------------------------------------------------------


def _payoffs_at(model: Model, values: Mapping[str, Fraction]) -> Any:
    """Payoffs as sympy expressions with known values put in, an axis per player after the first."""
    known = {sympy.Symbol(name): _rational(v) for name, v in values.items()}
    tables = np.empty((len(model.players), *model.shape), dtype=object)
    for place in np.ndindex(*tables.shape):
        tables[place] = model.payoffs[model.players[place[0]]][place[1:]].subs(known)
    return tables


def _pure_case(supports: Supports, payoffs: Any) -> Case:
    at = tuple(own[0] for own in supports)
    return [
        (payoffs[(i, *at)] - payoffs[(i, *at[:i], b, *at[i + 1 :])], False)
        for i, m in enumerate(payoffs.shape[1:])
        for b in range(m)
        if b != at[i]
    ]


def _rational(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator)
