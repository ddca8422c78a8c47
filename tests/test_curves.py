"""Critical values of the models in closed form, against the pure equilibria on either side."""

import numpy as np
import pytest
import sympy

from hedging.families import catalogue
from hedging.propositions.drawn import pure, uniform

DRAWS = 4000
CURVES = [
    (name, label)
    for name in (
        "bridge_rivalry",
        "regional_grouping",
        "coercive_demand",
        "intentions_uncertainty",
        "ambiguity_signalling",
        "hedging_population",
    )
    for label in catalogue[name].curves
    if label not in {"c_peak", "psi_even"}  # they bound mixtures, not pure equilibria
]


def changes(model, p, parameter, at):
    """Whether the pure equilibria differ just above and just below a value."""
    sides = [pure(model(**(p | {parameter: at + e})).payoffs) for e in (-1e-7, 1e-7)]
    return (sides[0] != sides[1]).reshape(len(at), -1).any(axis=1)


@pytest.mark.parametrize(("name", "label"), CURVES)
def test_curves_are_where_the_pure_equilibria_change(name, label):
    model = catalogue[name]
    curve = model.curves[label]
    p = uniform(np.random.default_rng(7), DRAWS, model)
    own = model.parameters[curve.parameter]
    low, high = float(own.low) + 1e-6, float(own.high) - 1e-6
    critical = model.critical(label, **p)
    inside = (critical > low) & (critical < high)
    assert inside.sum() > 50
    here = {k: v[inside] for k, v in p.items()}
    assert changes(model, here, curve.parameter, critical[inside]).mean() > 0.995


# The formulas of intentions_uncertainty stand for nothing where their order fails.
CONDITIONAL = [
    (name, label)
    for name, label in CURVES
    if catalogue[name].curves[label].condition is not None and name != "intentions_uncertainty"
]


@pytest.mark.parametrize(("name", "label"), CONDITIONAL)
def test_where_its_condition_fails_a_curve_is_no_boundary(name, label):
    model = catalogue[name]
    curve = model.curves[label]
    p = uniform(np.random.default_rng(8), DRAWS, model)
    own = model.parameters[curve.parameter]
    low, high = float(own.low) + 1e-6, float(own.high) - 1e-6
    free = sympy.lambdify([sympy.Symbol(k) for k in p], curve.value, "numpy")(*p.values())
    idle = ~np.isfinite(model.critical(label, **p)) & (free > low) & (free < high)
    assert idle.sum() > 20
    here = {k: v[idle] for k, v in p.items()}
    assert changes(model, here, curve.parameter, free[idle]).mean() < 0.005
