"""Games that a model made: solved for the model's payoffs, not for their rounding."""

import json
import pickle
from fractions import Fraction

import numpy as np
import pytest

import hedging as hg
from hedging.errors import Status
from hedging.solving import most_vertices, solve_game

TIES = {
    "triadic_hedging": {
        "rivalry": [0.0, 1.0, 1.6],
        "immunity": [0.0, 0.2, 0.6],
        "pressure_cost_a": [0.06, 0.075, 0.12],
    },
    "hedging_bimatrix": {
        "rivalry": [0.0, 0.8, 1.2, 1.6],
        "immunity": [0.0, 0.2, 0.35, 0.75],
        "autonomy_cost": [0.0, 0.05],
        "value_a": [0.3, 0.5, 0.757],
        "value_b": [0.25, 0.243],
        "hedging_cost": [0.05, 0.25],
        "retention": [0.9, 1.0],
    },
    "alliance_dilemma": {
        "value_client": [0.2, 0.5, 0.6, 0.8],
        "abandonment_risk": [0.1, 0.2, 0.25],
        "entrapment_risk": [0.05, 0.1, 0.25],
        "entrapment_cost_client": [0.3, 0.5, 0.6],
        "emboldening": [0.0, 0.1, 0.25],
    },
    "sphere_division": {
        "capture_share_b": [0.05, 0.1, 0.15, 0.2, 0.3],
        "capture_share_a": [0.1, 0.15, 0.2, 0.3],
        "friction": [0.0, 0.05, 0.1, 0.2],
    },
    "patient_hedging": {
        "tilt_gain": [0.0, 0.8],
        "pressure_loss": [0.0, 0.4],
        "pressure_gain": [0.0, 0.6],
        "tilt_loss": [0.0, 0.5],
    },
    "courtship_race": {
        "reserve": [3.0, 6.0, 9.0],
        "usefulness_a": [0.0, 2.0, 5.0],
        "exclusion_loss_b": [0.0, 3.0],
    },
    "common_agency": {
        "worth_hedge": [0.3, 0.607, 0.85],
        "usefulness_a": [0.0, 0.2],
        "ask_step": [0.1, 0.12],
    },
    "influence_contest": {
        "neutrality": [0.0, 0.5, 0.707],
        "outlay_step": [0.05, 0.25],
        "value_a": [0.243, 0.75, 0.757],
    },
    "red_line_veto": {
        "crossing_gain": [0.3, 0.6],
        "harm_a": [0.17, 0.375, 0.6],
        "readiness_cost_a": [0.02, 0.125],
        "punishment_cost_a": [0.15, 0.25],
    },
    "mediation_immunity": {
        "standing": [0.05, 0.12, 0.25],
        "mediation_cost": [0.12, 0.25],
        "immunity": [0.0, 0.24, 0.375, 0.5, 1.0],
        "concession": [0.15, 0.4],
    },
    "mediator_credibility": {
        "bias": [-0.5, 0.0, 0.5],
        "war_risk": [0.0, 0.15],
        "resolve_prior": [0.4, 0.5],
    },
    "bridge_rivalry": {
        "hub_share": [0.25, 0.5, 0.75],
        "investment_cost": [0.25, 0.5, 1.0],
        "complementarity": [0.0, 0.25, 0.5],
        "spillover": [0.0, 0.25],
    },
    "regional_grouping": {"cost": [0.2, 0.5, 1.0], "benefit": [0.5, 1.0]},
    "coercive_demand": {
        "win_probability": [0.25, 0.5],
        "conflict_cost_p": [0.25, 0.5, 0.65],
        "conflict_cost_m": [0.5, 0.75],
        "audience_cost": [0.0, 0.25],
    },
    "intentions_uncertainty": {
        "threat_belief": [0.25, 0.5],
        "hedge_value": [0.5, 0.7],
        "abuse_loss": [1.0, 0.8],
        "hedge_exposure": [0.0, 0.3],
        "gain_hedger": [-0.2, 0.0, 0.2],
    },
    "ambiguity_signalling": {
        "lean_probability": [0.3, 0.5],
        "courting_gain_b": [0.6, 0.9],
        "revealed_value_a": [0.2, 0.3],
    },
    "hedging_population": {
        "bloc_value": [0.5, 0.6, 0.75],
        "hedging_premium": [0.5, 0.6, 0.75],
        "hedger_peace": [0.2, 0.5],
    },
    "alignment_portfolio": {
        "mean_return_a": [0.5, 0.6],
        "mean_return_b": [0.4, 0.625],
        "risk_a": [0.5],
        "risk_b": [0.3, 0.5],
        "correlation": [-0.2, 0.0],
    },
    "alignment_ladder": {
        "rivalry": [0.0, 1.0, 1.6],
        "immunity": [0.0, 0.2],
        "retention": [0.9, 1.0],
        "pressure_cost_a": [0.075, 0.12],
    },
    "optional_prisoners_dilemma": {"temptation": [4, 5], "abstention": [1.5, 2]},
}
"""Values at which formulas tie: always in decimals, in doubles sometimes."""

UNTIED = {
    "prisoners_dilemma",
    "stag_hunt",
    "chicken",
    "battle_of_the_sexes",
    "matching_pennies",
    "deadlock",
    "harmony",
}
"""Games whose ranges of parameters hold no ties that matter."""


def mesh(axes):
    return dict(zip(axes, np.meshgrid(*axes.values(), indexing="ij"), strict=True))


def supports(ds):
    """The set of supports at every point, whatever its code."""
    sets = {int(k): frozenset(v) for k, v in json.loads(ds.region.attrs["supports"]).items()}
    return [sets.get(code, frozenset()) for code in ds.region.values.ravel().tolist()]


def agree(one, other):
    assert one.status.values.tolist() == other.status.values.tolist()
    assert one["count"].values.tolist() == other["count"].values.tolist()
    assert supports(one) == supports(other)


def test_every_model_has_its_ties():
    models = {name for name, model in hg.catalogue.items() if isinstance(model, hg.Model)}
    assert set(TIES) | UNTIED == models


@pytest.mark.parametrize("name", TIES)
def test_nash_of_the_model_is_the_sweep(name):
    model, axes = hg.catalogue[name], TIES[name]
    report = ("region", "count", "status")
    swept = hg.sweep(model, hg.grid(**axes), report=report, progress=False)
    solved = hg.nash(model(**mesh(axes)), report=report)
    agree(solved, swept)
    assert (swept.status == Status.DEGENERATE).any()
    assert solved["count"].dtype == swept["count"].dtype
    assert solved.status.dtype == swept.status.dtype


@pytest.mark.parametrize("name", ["alliance_dilemma", "sphere_division", "hedging_bimatrix"])
def test_one_game_is_as_in_the_batch(name):
    model, points = hg.catalogue[name], mesh(TIES[name])
    whole = hg.nash(model(**points))
    for place in range(0, whole.status.size, 7):
        at = np.unravel_index(place, whole.status.shape)
        one = hg.nash(model(**{k: float(v[at]) for k, v in points.items()}))
        here = whole.isel(dict(zip(whole.status.dims, at, strict=True)))
        assert int(one.status) == int(here.status)
        assert one.support.values.tolist() == here.support.values[: int(here["count"])].tolist()


def test_a_tie_in_decimals_is_none_in_doubles():
    """A's gain from entry, 0.2 - 0.15, is the friction 0.05 in decimals but not in doubles."""
    model = hg.catalogue["sphere_division"]
    at = {"capture_share_b": 0.1, "friction": 0.05}
    game = model(**at)
    swept = hg.sweep(model, hg.grid(capture_share_b=[0.1]), friction=0.05, progress=False)
    assert int(hg.nash(game)["count"]) == int(swept["count"][0]) == 1
    assert int(hg.nash(game).status) == int(swept.status[0]) == Status.OK
    assert int(hg.nash(game, exact=True).status) == Status.OK
    # The payoffs as stored, and the parameters as decimals, are other games.
    assert int(hg.nash(hg.Game(game.payoffs)).status) == Status.DEGENERATE
    assert int(hg.nash(model(**at, exact=True), exact=True).status) == Status.DEGENERATE


def test_indexing_and_pickling_keep_where_a_game_comes_from():
    model = hg.catalogue["sphere_division"]
    y, f = np.array([0.05, 0.1, 0.18]), np.array([0.05, 0.06])
    batch = model(capture_share_b=y[:, None], friction=f)
    whole = hg.nash(batch)
    assert int(whole.status[1, 0]) == Status.OK
    parts = {
        "game": (batch[1, 0], (1, 0)),
        "row": (batch[1], (1,)),
        "slice": (batch[::-1, :1], (slice(None, None, -1), slice(0, 1))),
        "mask": (batch[y > 0.07], (y > 0.07,)),
        "twice": (batch[[1, 2]][0], (1,)),
    }
    for game, at in parts.values():
        for copy in (game, pickle.loads(pickle.dumps(game))):
            assert copy == game
            assert hg.nash(copy).status.values.tolist() == whole.status.values[at].tolist()
    again = pickle.loads(pickle.dumps(batch))
    assert hg.nash(again).identical(whole)
    assert [int(hg.nash(row[0]).status) for row in batch] == whole.status.values[:, 0].tolist()


def test_one_game_of_a_large_batch_travels_light():
    model = hg.catalogue["sphere_division"]
    batch = model(friction=np.linspace(0, 0.5, 100_000))
    assert len(pickle.dumps(batch[7])) < 20_000


def test_exact_payoffs_are_those_of_the_formulas_at_the_doubles():
    model = hg.catalogue["sphere_division"]
    found, payoffs = solve_game(model(capture_share_b=0.1), exact=True)
    expected = model.evaluate_exact({"capture_share_b": 0.1})
    assert (payoffs[0] == expected).all()
    assert all(type(p) is Fraction for p in found.probability.flat)


def toy(formula):
    return hg.Model(
        "toy",
        players=("A", "B"),
        actions=(("a", "b"), ("c", "d")),
        parameters=[hg.Parameter("x", 0.5, 0, 2)],
        payoffs={"A": [[formula, "0"], ["1", "0"]], "B": [["1", "0"], ["1", "0"]]},
    )


def test_irrational_ties_are_not_decided():
    model = toy("sqrt(x + 1)*sqrt(x + 2)/sqrt(x*x + 3*x + 2)")
    ds = hg.nash(model(x=0.3))
    assert int(ds.status) == Status.DEGENERATE
    with pytest.raises(hg.ParameterError, match="irrational"):
        hg.nash(model(x=0.3), exact=True)
    clear = hg.nash(toy("sqrt(x)")(x=[0.3, 1.7]))
    assert clear.status.values.tolist() == [Status.OK, Status.OK]


def test_a_division_by_zero_that_rounding_hides():
    formula = "1/(x*(y + z) - x*y - x*z)"
    model = hg.Model(
        "hidden",
        players=("A", "B"),
        actions=(("a", "b"), ("c", "d")),
        parameters=[hg.Parameter(name, 0.5, 0, 2) for name in "xyz"],
        payoffs={"A": [[formula, "0"], ["1", "0"]], "B": [["1", "0"], ["1", "0"]]},
    )
    at = {"x": 0.1, "y": 0.1, "z": 0.7}
    game = model(**at)
    assert np.isfinite(game.payoffs).all()
    ds = hg.nash(game)
    swept = hg.sweep(model, hg.grid(x=[0.1]), y=0.1, z=0.7, progress=False)
    assert int(ds.status) == int(swept.status[0]) == Status.NONFINITE
    assert int(ds["count"]) == 0
    assert ds.sizes["equilibrium"] == 0


def test_coordinates_say_what_they_are():
    ds = hg.nash(hg.catalogue["sphere_division"]())
    for name in ("equilibrium", "choice", "player", "player_of", "action"):
        assert ds[name].attrs["long_name"], name
    assert ds["count"].dtype == np.uint8


def test_large_games_are_refused_at_once_unless_asked_for():
    rng = np.random.default_rng(0)
    with pytest.raises(hg.ParameterError, match=r"25 x 25 .*lemke_howson\(0\)") as caught:
        hg.nash(hg.Game(rng.normal(size=(2, 25, 25))))
    assert "\n" not in str(caught.value)
    # A large game whose actions are all but one dominated is soon listed.
    easy = np.zeros((2, 16, 16))
    easy[0, 0], easy[1, :, 0] = 1, 1
    with pytest.raises(hg.ParameterError, match="method='vertices'"):
        hg.nash(hg.Game(easy))
    assert int(hg.nash(hg.Game(easy), method="vertices")["count"]) == 1
    assert most_vertices(12, 12) < 30_000 < most_vertices(13, 13)
