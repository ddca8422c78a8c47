r"""When is a profile an equilibrium?  Conditions in the parameters of a model.

A pure profile a is an equilibrium if and only if

.. math:: u_i(a) \ge u_i(b, a_{-i}) \quad \text{for every player } i \text{ and action } b.

Two players have an equilibrium with supports I and J of equal size, isolated within them, if and
only if for each player the determinants that are weights (:mod:`hedging.equilibria.signs`) share
one strict sign and those that are slacks do not have the opposite one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy

from hedging.analysis.box_signs import Box, proved_sign, terms_of
from hedging.analysis.equilibrium_conditions import Conditions, Supports
from hedging.analysis.inequalities import (
    Inequality,
    impossible,
    shortest,
    simplified,
    without_redundant,
)
from hedging.analysis.payoff_functions import fixed_values, polynomial_program, range_of
from hedging.analysis.payoff_polynomials import payoff_polynomials
from hedging.analysis.solution_set import Case, solution_set
from hedging.equilibria.determinants import LARGEST, sign_table
from hedging.errors import GameError, HedgingTypeError, ParameterError
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
    profile : mapping of player to action, or sequence of actions
        An action per player; for two players also a tuple of actions that are mixed.
    over : str or sequence of str, optional
        The parameters to leave free, the others being at their defaults; by default all are free.
    solve_for : str, optional
        A parameter to solve the conditions for, where they are linear in it.
    **fixed : number
        Values of parameters, read as ``model(exact=True)`` reads them.

    Returns
    -------
    Conditions
        For all values of the free parameters in their ranges.  With one free parameter the exact
        set of its values.

    Raises
    ------
    GameError
        If the profile leaves a player out, or mixes unequal numbers of actions, which happens only
        at ties.
    ParameterError
        If mixing is asked of more than two players.
    UnknownNameError
        If a name is unknown.

    See Also
    --------
    hedging.atlas : all equilibria over one parameter.
    hedging.grim_trigger : from which discount factor on a profile can be sustained.

    Notes
    -----
    Conditions that follow from the others and the ranges are removed where that can be
    proved.  Where all weights of a mixed support vanish a continuum of equilibria may
    exist, which is not counted.

    Examples
    --------
    >>> from hedging.families import catalogue
    >>> model = catalogue["hedging_bimatrix"]
    >>> quiet = {"M": "hedge", "A": "accommodate"}
    >>> print(conditions(model, quiet, over="immunity"))
    hedge|accommodate is an equilibrium of hedging_bimatrix if and only if immunity >= 1/5
    >>> conditions(catalogue["sphere_division"], ["respect", "respect"]).relations
    (entry_cost_a >= capture_share_a*economic_rent, entry_cost_b >= capture_share_b*security_rent)
    """
    supports = _read_supports(model, profile)
    free = _free(model, over, fixed)
    values = fixed_values(model, free, fixed)
    if solve_for is not None and solve_for not in free:
        fixed_values(model, (solve_for,), {})  # whether there is such a parameter at all
        msg = f"{solve_for} is fixed; leave it free to solve for it"
        raise ParameterError(msg)
    box = [range_of(model, name) for name in free]
    size = {len(own) for own in supports}
    if size == {1}:
        cases = [_pure_case(model, supports, values)]
    else:
        cases = _mixed_cases(model, supports, free, values, box)
    found = solution_set(cases, free[0], box[0]) if len(free) == 1 else None
    if found is not None:
        return Conditions(model, supports, free, values, *found)
    known: dict[Any, Any] = {}
    settled = [_settled(case, free, box, known) for case in cases]
    plain_form = _combined(settled)[0]
    if solve_for is not None:
        settled = [
            s if isinstance(s, bool) else [_solved(c, solve_for, free, box) for c in s]
            for s in settled
        ]
    expression, relations = _combined(settled)
    return Conditions(model, supports, free, values, expression, relations, plain_form)


# -- reading --------------------------------------------------------------------------------------


def _read_supports(model: Model, profile: Any) -> Supports:
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
    supports = _read_supports(model, profile)
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


def _pure_case(model: Model, supports: Supports, values: Mapping[str, Fraction]) -> Case:
    known = {sympy.Symbol(name): _rational(v) for name, v in values.items()}
    at = tuple(own[0] for own in supports)
    case: Case = []
    for i, player in enumerate(model.players):
        table = model.payoffs[player]
        for b in range(model.shape[i]):
            if b != at[i]:
                other = (*at[:i], b, *at[i + 1 :])
                case.append(((table[at] - table[other]).subs(known), False))
    return case


def _mixed_cases(
    model: Model,
    supports: Supports,
    free: tuple[str, ...],
    values: Mapping[str, Fraction],
    box: Box,
) -> list[Case]:
    """Alternatives, one for each combination of common signs of the two groups."""
    if len(supports) != 2:
        msg = (
            f"conditions for mixing are for two players, {model.name} has {len(supports)}; give "
            "one action for each, or type hg.atlas(model, over='...')"
        )
        raise ParameterError(msg)
    if len(supports[0]) != len(supports[1]):
        label = "|".join(str(len(own)) for own in supports)
        msg = (
            f"supports of {label} actions given; away from ties equilibria mix equally many "
            "actions of both players, so give supports of one size"
        )
        raise GameError(msg)
    m, n = model.shape
    if min(m, n) > LARGEST:
        msg = f"a {m} x {n} game is too large; give a pure profile"
        raise ParameterError(msg)
    program = polynomial_program(model, free, values)
    payoffs = payoff_polynomials(model, program, free, values, box)
    table = sign_table(m, n)
    outputs: list[Any] = rationals.evaluate(table.program, payoffs.ravel().tolist())
    place = table.supports.index((supports[0], supports[1]))
    size = len(supports[0])
    cases: list[Case] = [[]]
    for group in table.candidates[place]:
        members = [
            (s if d is None else s * outputs[d].as_expr(), k < size)
            for k, (s, d) in enumerate(group)
        ]
        cases = [
            case + [(sign * e, strict) for e, strict in members]
            for case in cases
            for sign in (1, -1)
        ]
    return cases


def _settled(
    case: Case, free: tuple[str, ...], box: Box, known: dict[Any, Any]
) -> bool | list[Inequality]:
    """One case simplified: settled, or the inequalities that are left."""
    left: list[Inequality] = []
    for expression, strict in case:
        key = expression, strict
        if key not in known:
            known[key] = simplified(sympy.sympify(expression), strict, free, box)
        found = known[key]
        if found is False:
            return False
        if found is not True:
            left.append(found)
    if impossible(left, free, box):
        return False
    return without_redundant(left, free, box) or True


def _combined(settled: list[Any]) -> tuple[Any, tuple[Any, ...]]:
    """The alternatives as one expression, and the parts of it."""
    alternatives = [s for s in settled if s is not False]
    if not alternatives:
        return sympy.false, ()
    if any(s is True for s in alternatives):
        return sympy.true, ()
    parts = [tuple(c.relation if isinstance(c, Inequality) else c for c in s) for s in alternatives]
    if len(parts) == 1:
        return sympy.And(*parts[0]), parts[0]
    whole = sympy.Or(*(sympy.And(*own) for own in parts))
    return whole, (whole,)


def _rational(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator)


def _solved(condition: Inequality, name: str, free: tuple[str, ...], box: Box) -> Any:
    """The inequality solved for a parameter, where it is linear in it with a known sign."""
    symbol = sympy.Symbol(name)
    polynomial = condition.polynomial
    if polynomial is None or condition.tight or polynomial.degree(symbol) != 1:
        return condition
    a, b = sympy.Poly(polynomial.as_expr(), symbol).all_coeffs()
    terms = terms_of(sympy.Poly(a, *polynomial.gens, domain=sympy.QQ))
    sign = proved_sign(terms, box)
    weak = sign or proved_sign(terms, box, strict=False)
    if not weak:
        return condition
    bound = _quotient(-b, a, free, box)
    if weak > 0:
        relation = symbol > bound if condition.strict else symbol >= bound
    else:
        relation = symbol < bound if condition.strict else symbol <= bound
    if sign:
        return relation
    # Where the coefficient vanishes the condition is b >= 0; if that always holds there ...
    low, high, _ = box[free.index(name)]
    best = _rational(high if weak > 0 else low)
    largest = simplified(a * best + b, condition.strict, free, box)
    if largest is not True:
        return condition
    zero = simplified(-weak * a, False, free, box)
    return sympy.Or(relation, zero.relation) if isinstance(zero, Inequality) else condition


def _quotient(top: Any, bottom: Any, free: tuple[str, ...], box: Box) -> Any:
    """A quotient as a number plus a proper fraction, if that is shorter."""
    if not bottom.free_symbols:
        return shortest(top / bottom, free, box)
    top, bottom = sympy.fraction(sympy.cancel(top / bottom))
    (number,), rest = sympy.reduced(top, [bottom])
    forms = []
    for whole, above in ((sympy.S.Zero, top), (number, rest)):
        below = shortest(bottom, free, box)
        if below.could_extract_minus_sign():
            above, below = -above, shortest(-bottom, free, box)
        if sympy.expand(above).could_extract_minus_sign():
            forms.append(whole - shortest(-above, free, box) / below)
        else:
            forms.append(whole + shortest(above, free, box) / below)
    return min(forms, key=sympy.count_ops)
