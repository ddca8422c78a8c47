"""nash(): the dataset, its labels, and the codes of region maps."""

from fractions import Fraction

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import hedging as hg
from hedging.equilibria.dispatch import solve
from hedging.equilibria.regions_code import encode, merge, support_label
from hedging.errors import Status
from hedging.solving import nash

CHICKEN = [[[0, 3], [1, 2]], [[0, 1], [3, 2]]]
LABELS = {
    "players": ("M", "A"),
    "actions": (("hedge", "align"), ("accommodate", "pressure")),
}


def test_one_game():
    ds = nash(hg.Game(CHICKEN, **LABELS))
    assert isinstance(ds, xr.Dataset)
    assert dict(ds.sizes) == {"equilibrium": 3, "choice": 4, "player": 2}
    assert ds.support.values.tolist() == [
        "hedge|pressure",
        "align|accommodate",
        "hedge+align|accommodate+pressure",
    ]
    assert ds.probability.values[-1].tolist() == [0.5, 0.5, 0.5, 0.5]
    assert ds.payoff.values.tolist() == [[3, 1], [1, 3], [1.5, 1.5]]
    assert ds.regret.values.tolist() == [0, 0, 0]
    assert ds["index"].values.tolist() == [1, 1, -1]
    assert ds.isolated.values.tolist() == [True] * 3
    assert ds.component.values.tolist() == [0, 1, 2]
    assert int(ds["count"]) == 3
    assert int(ds.status) == Status.OK
    assert ds.status.dtype == np.uint8
    assert ds.player.values.tolist() == ["M", "A"]
    assert ds.player_of.values.tolist() == ["M", "M", "A", "A"]
    assert ds.action.values.tolist() == ["hedge", "align", "accommodate", "pressure"]
    assert ds.attrs["method"] == "auto"
    assert ds.attrs["version"] == hg.__version__


def test_every_variable_has_name_and_units():
    every = (*nash(hg.Game(CHICKEN)).data_vars, "region")
    ds = nash(hg.Game(CHICKEN), report=every)
    for name, variable in ds.data_vars.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs["units"], name
    for name in ("status", "region"):
        values = ds[name].attrs["flag_values"]
        assert len(values) == len(ds[name].attrs["flag_meanings"].split(" "))
        assert values.dtype == ds[name].dtype
    assert ds.status.attrs["flag_meanings"].startswith("ok degenerate incomplete nonfinite")


def test_a_batch_is_ragged():
    payoffs = np.array([CHICKEN, [[[3, 0], [5, 1]], [[3, 5], [0, 1]]]], dtype=float)
    ds = nash(hg.Game(payoffs, **LABELS, batch_dims=["year"]))
    assert ds.probability.dims == ("year", "equilibrium", "choice")
    assert ds["count"].values.tolist() == [3, 1]
    assert ds.support.values[1].tolist() == ["align|pressure", "", ""]
    assert np.isnan(ds.probability.values[1, 1:]).all()
    assert np.isnan(ds.payoff.values[1, 1:]).all()
    assert np.isnan(ds.regret.values[1, 1:]).all()
    assert ds.component.values[1].tolist() == [0, -1, -1]


def test_batch_axes_keep_their_shape():
    rng = np.random.default_rng(0)
    game = hg.Game(rng.normal(size=(2, 3, 3, 2, 2, 2)), batch_dims=["x", "y"])
    ds = nash(game)
    assert ds["count"].dims == ("x", "y")
    one = nash(game[1, 2])
    own = ds.isel(x=1, y=2, equilibrium=slice(0, int(one["count"])))
    assert own.support.values.tolist() == one.support.values.tolist()
    assert (own.probability.values == one.probability.values).all()
    assert (own.payoff.values == one.payoff.values).all()
    assert (own.regret.values == one.regret.values).all()


def test_exact_comes_back_as_fractions():
    ds = nash(hg.Game([[["1/3", 0], [0, 1]], [[1, 0], [0, 1]]]), exact=True)
    mixed = ds.probability.values[-1].tolist()
    assert mixed == [Fraction(1, 2), Fraction(1, 2), Fraction(3, 4), Fraction(1, 4)]
    assert ds.payoff.values[-1].tolist() == [Fraction(1, 4), Fraction(1, 2)]
    assert all(type(r) is Fraction and r == 0 for r in ds.regret.values)


def test_exact_reads_floats_as_binary_fractions():
    ds = nash(hg.Game([[[0.1, 0], [0, 1]], [[1, 0], [0, 1]]]), exact=True)
    tenth = Fraction(0.1)
    assert ds.probability.values[-1, 3] == tenth / (1 + tenth)


def test_exact_payoffs_are_not_rounded_first():
    """A hair above a tie that doubles cannot see."""
    hair = Fraction(1, 10**30)
    game = hg.Game([[[1 + hair, 0], [1, 0]], [[1, 0], [1, 0]]])
    ds = nash(game)
    assert ds.support.values.tolist()[0] == "action_1|action_1"
    assert ds.probability.dtype == np.float64
    flat = nash(hg.Game(np.array([[[1.0, 0], [1, 0]], [[1, 0], [1, 0]]])))
    assert int(flat["count"]) == 2


def test_exact_ragged_fill_is_nan():
    payoffs = np.array([CHICKEN, [[[3, 0], [5, 1]], [[3, 5], [0, 1]]]])
    ds = nash(hg.Game(payoffs), exact=True)
    assert all(p != p for p in ds.probability.values[1, 1:].reshape(-1))


def test_not_finite_is_a_status():
    payoffs = np.array([CHICKEN, CHICKEN], dtype=float)
    payoffs[1, 0, 0, 0] = np.nan
    ds = nash(hg.Game(payoffs, check_finite=False), report=("count", "status", "region"))
    assert ds["count"].values.tolist() == [3, 0]
    assert ds.status.values.tolist() == [Status.OK, Status.NONFINITE]
    assert ds.region.values.tolist() == [1, 0]


def test_three_players_with_proof_of_completeness():
    """The third player's first action is dominant, so only two can mix."""
    pennies = np.array([[1.0, -1], [-1, 1]])
    payoffs = np.stack(
        [
            np.repeat(pennies[..., None], 2, axis=-1),
            np.repeat(-pennies[..., None], 2, axis=-1),
            np.broadcast_to([1.0, 0.0], (2, 2, 2)),
        ]
    )
    ds = nash(hg.Game(payoffs))
    assert ds.support.values.tolist() == ["action_1+action_2|action_1+action_2|action_1"]
    assert int(ds.status) == Status.OK


def test_three_players_without():
    found = nash(hg.Game(np.random.default_rng(0).normal(size=(3, 2, 2, 2))))
    assert int(found.status) in (Status.OK, Status.INCOMPLETE)


def test_no_equilibrium_listed_is_said_to_be_incomplete():
    payoffs = [
        [[[3, 1], [0, 0]], [[0, 0], [1, 2]]],
        [[[0, 0], [2, 1]], [[1, 3], [0, 0]]],
        [[[2, 0], [0, 0]], [[0, 0], [0, 3]]],
    ]
    names = ["count", "status", "region", "support"]
    ds = nash(hg.Game(payoffs), method="two_mixers", report=names)
    assert int(ds["count"]) == 0
    assert int(ds.status) == Status.INCOMPLETE
    assert ds.region.attrs["flag_meanings"] == "no_answer none_found"
    assert int(ds.region) == 1
    assert ds.sizes["equilibrium"] == 0


def test_report_returns_only_what_was_asked_for():
    ds = nash(hg.Game(CHICKEN), report=("region", "count", "status"))
    assert list(ds.data_vars) == ["region", "count", "status"]
    assert not ds.sizes
    assert list(nash(hg.Game(CHICKEN), report="count").data_vars) == ["count"]


def test_region_meanings():
    game = hg.Game(CHICKEN, players=("M", "A"), actions=(("hold on", "go"), ("x", "y")))
    ds = nash(game, report=("region",))
    assert ds.region.attrs["flag_meanings"] == "no_answer hold_on|y&go|x&hold_on+go|x+y"


@pytest.mark.parametrize("method", ["auto", "signs", "vertices"])
@pytest.mark.parametrize("shape", [(2,), (3, 2), (2, 2, 2)])
def test_methods_agree(shape, method):
    rng = np.random.default_rng(1)
    game = hg.Game(rng.integers(-2, 3, (10, len(shape), *shape)) * 1.0, batch_dims=["draw"])
    a, b = nash(game), nash(game, method=method)
    assert (
        a.drop_attrs()
        .drop_vars(["probability", "payoff", "regret"])
        .identical(b.drop_attrs().drop_vars(["probability", "payoff", "regret"]))
    )
    assert np.allclose(a.probability, b.probability, equal_nan=True)
    assert b.attrs["method"] == method


def test_errors_say_what_to_type():
    with pytest.raises(hg.HedgingTypeError, match=r"hg\.Game\(payoffs\)"):
        nash(np.zeros((2, 2, 2)))
    with pytest.raises(hg.HedgingTypeError, match=r"model\(\)"):
        nash(lambda: None)
    with pytest.raises(hg.ParameterError, match="'auto', 'signs', 'vertices'"):
        nash(hg.Game(CHICKEN), method="lemke")
    with pytest.raises(hg.UnknownNameError, match="did you mean 'region'"):
        nash(hg.Game(CHICKEN), report=("regions",))
    with pytest.raises(hg.ParameterError, match="empty"):
        nash(hg.Game(CHICKEN), report=())
    with pytest.raises(hg.HedgingTypeError, match="names such as"):
        nash(hg.Game(CHICKEN), report=3)


def test_irrational_payoffs_cannot_be_exact():
    import sympy

    with pytest.raises(hg.HedgingError):
        nash(hg.Game([[[sympy.sqrt(2), 0], [0, 1]], [[1, 0], [0, 1]]]), exact=True)


# -- region codes --------------------------------------------------------------------------------


@given(hnp.arrays(np.int64, (12, 2, 2, 2), elements=st.integers(-1, 1)), st.integers(1, 11))
@settings(max_examples=40, deadline=None)
def test_codes_do_not_depend_on_how_the_batch_is_cut(payoffs, cut):
    payoffs = payoffs.astype(float)
    codes, table = encode(solve(payoffs))
    parts = [encode(solve(p)) for p in (payoffs[:cut], payoffs[cut:])]
    merged, lookups = merge([t for _, t in parts])
    assert merged == table
    again = np.concatenate([look[c] for look, (c, _) in zip(lookups, parts, strict=True)])
    assert (again == codes).all()


@given(hnp.arrays(np.int64, (6, 3, 2, 2, 2), elements=st.integers(-2, 2)))
@settings(max_examples=25, deadline=None)
def test_equal_codes_are_equal_sets_of_supports(payoffs):
    found = solve(payoffs.astype(float))
    codes, table = encode(found)
    for g, code in enumerate(codes):
        masks = set(found.support[found.offsets[g] : found.offsets[g + 1]].tolist())
        assert set(table[code - 1]) == masks
    assert len(set(table)) == len(table)
    assert sorted(set(codes.tolist())) == list(range(1, len(table) + 1))


def test_support_labels():
    actions = [["align_a", "hedge", "align_b"], ["accommodate", "pressure"]]
    assert support_label(0b10110, actions) == "hedge+align_b|pressure"


# Nau, Gomez Canovas and Hansen, International Journal of Game Theory 32 (2004), section 5.
NAU = [
    [[[0, 1], [0, 0]], [[3, 0], [0, 0]]],
    [[[0, 1], [3, 0]], [[0, 0], [0, 0]]],
    [[[2, 0], [0, 0]], [[0, 0], [0, 3]]],
]


@pytest.mark.parametrize("method", ["auto", "subdivision"])
@pytest.mark.parametrize("factor", [1, 1e-10, 1e10])
def test_a_curve_of_equilibria_is_visible(method, factor):
    answer = nash(hg.Game(np.array(NAU) * factor), method=method)
    assert Status(int(answer.status)) == Status.DEGENERATE
    assert int(answer["count"]) == 6
    alone, seen = answer.isolated.values, answer.witness.values
    assert answer.probability.values[alone].tolist() == [[0, 1, 0, 1, 0, 1]]
    # Two segments, and a curve of totally mixed equilibria from one to the other.
    assert (answer.dimension.values == ~alone).all()
    assert len(set(answer.component.values[~alone])) == 1
    ends = {tuple(row) for row in answer.probability.values[~alone & ~seen].round(12)}
    assert ends == {
        (1, 0, 0, 1, 1, 0),
        (0, 1, 1, 0, 1, 0),
        (1, 0, 0, 1, 0.25, 0.75),
        (0, 1, 1, 0, 0.25, 0.75),
    }
    assert seen.sum() == 1
    x, y, z = answer.probability.values[seen][0, ::2]
    assert 0 < x < 1
    assert z == pytest.approx(0.25, abs=1e-12)
    assert 2 * x * y == pytest.approx(3 * (1 - x) * (1 - y), abs=1e-12)
    # A certificate for all but the witness, whose regret says how good it is.
    assert (np.isnan(answer.radius.values) == seen).all()
    assert answer.regret.values.max() < 1e-12 * factor


def test_radius_certifies_a_distance():
    payoffs = np.random.default_rng(4).standard_normal((30, 3, 2, 2, 2))
    proved = nash(hg.Game(payoffs, batch_dims=["draw"]), method="subdivision")
    plain = nash(hg.Game(payoffs, batch_dims=["draw"]))
    assert (proved["count"] == plain["count"]).all()
    gap = np.abs(proved.probability - plain.probability).max("choice").values
    listed = ~np.isnan(gap)
    assert (proved.radius.values[listed] < 1e-12).all()
    assert (gap[listed] < 1e-12).all()
    assert np.isnan(proved.radius.values[~listed]).all()
    assert not proved.witness.any()
    assert (proved.dimension.values == np.where(listed, 0, -1)).all()


def test_evidence_only_where_the_subdivision_worked():
    third = hg.Game(np.random.default_rng(1).standard_normal((3, 2, 2, 2)))
    assert "radius" not in nash(third, report=("count", "support"))
    some = nash(third, report=("radius", "dimension"), method="two_mixers")
    assert np.isnan(some.radius).all()
    assert "witness" not in nash(hg.Game([[[1, 0], [0, 1]], [[1, 0], [0, 1]]]))
