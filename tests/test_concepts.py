"""Solution concepts in sweeps equal the front ends for single games."""

import numpy as np
import pytest

import hedging as hg
from hedging.engine.provenance import replay

DESIGN = hg.grid(rivalry=(0.5, 5, 4), immunity=(0.05, 1, 3))
MODEL = "triadic_hedging"


def games():
    model = hg.catalogue[MODEL]
    mesh = np.meshgrid(*DESIGN.columns().values(), indexing="ij")
    return model(**dict(zip(DESIGN.names, mesh, strict=True)))


def sweep(**options):
    return hg.sweep(hg.catalogue[MODEL], DESIGN, progress=False, **options)


@pytest.mark.parametrize("rationality", [0, 2.5])
def test_logit_response_is_that_of_the_game(rationality):
    ds = sweep(report="logit", rationality=rationality)
    alone = hg.logit(games(), rationality)
    np.testing.assert_allclose(ds.logit, alone.probability, atol=1e-12)
    assert not ds.status.any()


def test_rationality_of_one_game_may_be_a_number():
    assert hg.logit(hg.catalogue[MODEL](), 1.0).probability.dims == ("choice",)


@pytest.mark.parametrize("maximise", ["welfare", "M"])
def test_correlated_equilibrium_is_that_of_the_game(maximise):
    ds = sweep(report="correlated", maximise=maximise)
    np.testing.assert_allclose(ds.correlated.sum("profile"), 1)
    weights = {"welfare": 1.0, "M": {"M": 1.0}}[maximise]
    alone = hg.correlated(games(), maximise if maximise == "welfare" else weights)
    np.testing.assert_allclose(ds.correlated_value, alone.value, atol=1e-9)


@pytest.mark.parametrize("unit", ["stakes", "payoff"])
def test_unit_of_rationality_is_that_of_the_game(unit):
    ds = sweep(report=("logit", "selected"), rationality=2.5, unit=unit, rule="logit")
    alone = hg.logit(games(), 2.5, unit=unit)
    np.testing.assert_allclose(ds.logit, alone.probability, atol=1e-12)
    chosen = hg.select(games(), "logit", unit=unit)
    assert (ds.verdict.values.squeeze() == chosen.verdict.values).all()
    assert abs(ds.logit - sweep(report="logit", rationality=2.5).logit).max() > 1e-3
    again = replay(ds, progress=False)
    np.testing.assert_array_equal(again.logit, ds.logit)


def test_coarse_correlated_equilibrium_is_that_of_the_game():
    ds = sweep(report="correlated", maximise="M", concept="coarse")
    alone = hg.correlated(games(), "M", concept="coarse")
    np.testing.assert_allclose(ds.correlated_value, alone.value, atol=1e-9)
    # Coarse ones are more, so the best of them is no worse, and somewhere better.
    gain = ds.correlated_value - sweep(report="correlated", maximise="M").correlated_value
    assert gain.min() > -1e-9
    assert gain.max() > 1e-6


def test_rationalisable_actions_carry_all_equilibria():
    ds = sweep(report=("rationalisable", "probability"))
    played = (ds.probability > 0).any("equilibrium")
    assert not (played & ~ds.rationalisable).any()


def test_concepts_beside_equilibria_change_neither():
    both = sweep(report=("region", "logit", "selected"), rationality=2, rule=["logit", "welfare"])
    np.testing.assert_array_equal(both.region, sweep(report="region").region)
    np.testing.assert_array_equal(both.logit, sweep(report="logit", rationality=2).logit)
    assert replay(both).identical(both)
    assert list(both["rule"].values) == ["logit", "welfare"]


def test_selected_equilibrium_is_one_of_the_list():
    ds = sweep(report=("probability", "selected"), rule=("welfare", "risk_dominance"))
    for rule in ds["rule"].values:
        chosen = ds.selected.sel(rule=rule)
        assert ((chosen == ds.support).any("equilibrium") | (chosen == "")).all()
        assert ((chosen != "") == (ds.verdict.sel(rule=rule) <= 1)).all()


def test_payoffs_that_do_not_exist_have_no_answer():
    pay = [["1/x", "0"], ["0", "1"]]
    model = hg.Model(
        "pole",
        players=("A", "B"),
        actions=(("here", "there"), ("here", "there")),
        parameters=[hg.Parameter("x", 1, -1, 1)],
        payoffs={"A": pay, "B": pay},
    )
    ds = hg.sweep(model, hg.grid(x=[-1, 0, 1]), report=("logit", "correlated"), progress=False)
    assert ds.status.values.tolist() == [0, 3, 0]
    assert np.isnan(ds.logit[1]).all()
    assert np.isnan(ds.correlated_value[1])


POPULATION = [["theta", "phi", "-chi"], ["psi", "eta", "psi"], ["-chi", "phi", "theta"]]


def population():
    """Two blocs and hedgers; both players read the same table."""
    names = ("theta", "phi", "psi", "eta", "chi")
    transposed = [list(column) for column in zip(*POPULATION, strict=True)]
    return hg.Model(
        "population",
        players=("one", "other"),
        actions=(("bloc_a", "hedger", "bloc_b"),) * 2,
        parameters=[hg.Parameter(name, 0.5, 0, 2) for name in names],
        payoffs={"one": POPULATION, "other": transposed},
    )


def test_when_hedgers_survive_in_a_population():
    """Blocs alone are stable iff theta > psi, hedgers alone iff eta > phi; a mix of one bloc and
    hedgers iff psi > theta and phi > eta; two blocs with hedgers never."""
    design = hg.grid(psi=[0.2, 0.6, 1.1], phi=[0.1, 0.7, 1.3])
    fixed = {"theta": 0.9, "eta": 0.8, "chi": 0.3}
    ds = hg.sweep(population(), design, report="evolution", progress=False, **fixed)
    stable = ds.rest_stability == 0
    shares = ds.psi < 0.9, ds.phi < 0.8
    for face, expected in (
        ("bloc_a", shares[0]),
        ("bloc_b", shares[0]),
        ("hedger", shares[1]),
        ("bloc_a+hedger", ~shares[0] & ~shares[1]),
        ("bloc_a+hedger+bloc_b", (ds.psi < 0) & (ds.phi < 0)),
    ):
        assert (stable.sel(face=face) == expected).all(), face
    assert (ds.ess <= stable).all()
    assert ds.rest_stability.attrs["flag_meanings"].split()[-1] == "none"


def test_evolution_needs_a_symmetric_game():
    with pytest.raises(hg.ParameterError, match="no symmetric game"):
        sweep(report="evolution")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"report": "logit", "rationality": -1}, hg.ParameterError),
        ({"report": "logit", "rationality": "much"}, hg.ParameterError),
        ({"report": "logit", "rationality": float("inf")}, hg.ParameterError),
        ({"report": "correlated", "maximise": "C"}, hg.UnknownNameError),
        ({"report": "correlated", "concept": "subjective"}, hg.ParameterError),
        ({"report": "logit", "unit": "euro"}, hg.ParameterError),
        ({"report": "selected", "rule": "fairness"}, hg.UnknownNameError),
        ({"report": "selected", "rule": []}, hg.ParameterError),
        ({"report": "selected", "rule": ["welfare", "welfare"]}, hg.ParameterError),
    ],
)
def test_options_are_checked(options, error):
    with pytest.raises(error):
        sweep(**options)
