"""Designs: points in the order promised, the same points for the same seed, clear refusals."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedging.engine.design import Grid, Sample, grid, sample
from hedging.errors import HedgingError, HedgingTypeError, ParameterError, UnknownNameError

# ---- laws ------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(0, 60), st.integers(0, 60))
def test_any_range_of_points_is_a_slice_of_the_product(lengths, a, b):
    design = grid(**{f"p{k}": (0, k + 1, n) for k, n in enumerate(lengths)})
    start, stop = sorted((min(a, design.size), min(b, design.size)))
    mesh = np.meshgrid(*design.columns().values(), indexing="ij")
    for name, values in zip(design.names, mesh, strict=True):
        np.testing.assert_array_equal(design.points(start, stop)[name], values.ravel()[start:stop])


@settings(deadline=None)  # the first call imports scipy
@given(st.integers(1, 300), st.integers(0, 2**40))
def test_sample_is_a_function_of_its_seed_and_a_prefix_of_longer_ones(n, seed):
    bounds = {"x": (-1, 2), "y": (5, 5)}
    one, two, longer = (sample(k, bounds, rng=seed) for k in (n, n, 2 * n))
    np.testing.assert_array_equal(one.values, two.values)
    np.testing.assert_array_equal(one.values, longer.values[:n])
    assert (one.values >= [-1, 5]).all()
    assert (one.values <= [2, 5]).all()


@pytest.mark.parametrize(
    "design",
    [
        grid(x=(0, 1, 11), y=[3.0, -1.0, 0.1]),
        grid(x=(2, 2, 1)),
        sample(10, {"x": (0, 1), "y": (-3, 0.1)}, rng=5),
        sample(8, {"x": (0, 1)}),
    ],
)
def test_designs_survive_json(design):
    again = type(design).from_dict(json.loads(json.dumps(design.to_dict())))
    assert again.names == design.names
    assert again.shape == design.shape
    for name, values in design.columns().items():
        np.testing.assert_array_equal(again.columns()[name], values)


def test_power_of_two_sample_is_balanced():
    values = sample(64, {"x": (0, 1), "y": (0, 1)}, rng=0).values
    for column in values.T:
        np.testing.assert_array_equal(np.histogram(column, bins=64, range=(0, 1))[0], 1)


def test_generator_given_advances():
    rng = np.random.default_rng(3)
    one, two = sample(4, {"x": (0, 1)}, rng=rng), sample(4, {"x": (0, 1)}, rng=rng)
    assert one.entropy != two.entropy
    assert one.entropy == sample(4, {"x": (0, 1)}, rng=np.random.default_rng(3)).entropy


# ---- examples --------------------------------------------------------------------------


def test_grid_keeps_the_order_given_and_hits_both_ends():
    design = grid(zeta=(0, 5, 401), alpha=(0.0, 1, np.int64(3)))
    assert design.dims == ("zeta", "alpha")
    assert design.shape == (401, 3)
    assert design.size == 1203
    assert design.columns()["zeta"][-1] == 5.0
    np.testing.assert_array_equal(design.columns()["alpha"], [0, 0.5, 1])


def test_explicit_values_may_be_unsorted_and_are_copied():
    values = np.array([3, 1, 2])
    design = grid(x=values)
    values[:] = 0
    np.testing.assert_array_equal(design.columns()["x"], [3.0, 1.0, 2.0])


def test_one_number_is_the_low_end():
    assert grid(x=(0, 5, 1)).columns()["x"].tolist() == [0.0]


def test_describing_an_enormous_grid_costs_nothing():
    assert grid(x=(0, 1, 10**6), y=(0, 1, 10**6)).size == 10**12
    assert grid(x=(0, 1, 10**12)).size == 10**12


def test_sample_over_some_names_in_the_order_asked():
    bounds = {"x": (0, 1), "y": (2, 3), "z": (4, 5)}
    assert sample(4, bounds, over=["z", "x"], rng=0).names == ("z", "x")
    assert sample(4, bounds, over="y", rng=0).bounds == {"y": (2.0, 3.0)}
    assert sample(4, bounds, rng=0).dims == ("point",)


# ---- refusals --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ([], "axis 'x' is empty"),
        (np.empty(0), "axis 'x' is empty"),
        (["a", "b"], "type numbers"),
        ([True, False], "type numbers"),
        ([1j], "type numbers"),
        ([Fraction(1, 2)], "type numbers"),
        ([[1, 2], [3, 4]], "has 2 dimensions"),
        ([[1, 2], [3]], "dimensions"),
        (0.5, "fix it with sweep"),
        (None, "type (low, high, number)"),
        ("abc", "type (low, high, number)"),
        ([0, math.nan], "nan at position 1"),
        ([0, math.inf], "inf at position 1"),
        ([1, 2, 1], "1.0 more than once"),
        ([0.0, -0.0], "more than once"),
        ((), "tuple of 0"),
        ((0, 1), "tuple of 2"),
        ((0, 1, 2, 3), "tuple of 4"),
        ((0, 1, 0), "positive int"),
        ((0, 1, -3), "positive int"),
        ((0, 1, 2.0), "positive int"),
        ((0, 1, True), "positive int"),
        ((0, 1, "5"), "positive int"),
        ((math.nan, 1, 5), "low end of 'x' is nan"),
        ((0, math.inf, 5), "high end of 'x' is inf"),
        (("0", 1, 5), "low end of 'x' is '0'"),
        ((0, None, 5), "high end of 'x' is None"),
        ((1, 0, 5), "type (0.0, 1.0, 5)"),
        ((1, 1, 5), "both ends are 1.0"),
    ],
)
def test_grid_refuses(spec, says):
    with pytest.raises(ParameterError) as caught:
        grid(x=spec)
    message = str(caught.value)
    assert says in message
    assert "\n" not in message


def test_grid_without_axes_is_refused():
    with pytest.raises(ParameterError, match="at least one axis"):
        grid()


def test_axis_finer_than_doubles_is_refused():
    with pytest.raises(ParameterError, match="more than doubles can tell apart"):
        grid(x=(1.0, 1.0 + 2**-50, 100)).columns()


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((0, {"x": (0, 1)}), ParameterError, "positive int"),
        ((2.0, {"x": (0, 1)}), ParameterError, "positive int"),
        ((True, {"x": (0, 1)}), ParameterError, "positive int"),
        ((10**12, {"x": (0, 1)}), ParameterError, "at most 2**30"),
        ((4, {}), ParameterError, "no parameter"),
        ((4, {"x": (1, 0)}), ParameterError, "lower one first"),
        ((4, {"x": (0, math.inf)}), ParameterError, "high bound of 'x' is inf"),
        ((4, {"x": (None, 1)}), ParameterError, "low bound of 'x' is None"),
        ((4, {"x": 3}), ParameterError, "type a pair"),
        ((4, [0, 1]), HedgingTypeError, "give a model"),
    ],
)
def test_sample_refuses(arguments, error, says):
    with pytest.raises(error) as caught:
        sample(*arguments)
    assert isinstance(caught.value, HedgingError)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sample_over_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'rivalry'"):
        sample(4, {"rivalry": (0, 1)}, over=["rivalri"])


def test_reprs_are_short():
    assert repr(grid(x=(0, 1, 5), y=[1, 2])) == "grid(x=(0, 1, 5), y=<2 values>)"
    assert repr(sample(4, {"x": (0, 1)})) == "<sample of 4 points over x>"
    assert isinstance(grid(x=[1]), Grid)
    assert isinstance(sample(1, {"x": (0, 1)}), Sample)


def test_sample_never_touches_the_low_end(monkeypatch):
    """Coordinate 0 has probability 2**-30; here the sequence is made to return it."""
    from scipy.stats import qmc

    monkeypatch.setattr(qmc.Sobol, "random_base2", lambda self, m: np.zeros((2**m, self.d)))
    values = sample(4, {"x": (0, 0.5), "y": (-3, 5)}, rng=0).values
    assert (values > [0, -3]).all()
    assert (values < [1e-8, -3 + 1e-8]).all()
