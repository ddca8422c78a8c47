"""Full answers from compiled kernels: equal to the array operations, game by game."""

from itertools import pairwise

import numpy as np
import pytest

import hedging as hg
from hedging.engine.full import full_chunk
from hedging.engine.run import Job, solve_chunk
from hedging.equilibria import bimatrix, extreme_order, stored, stored_signs
from hedging.equilibria.determinants import sign_table
from hedging.equilibria.extreme import extreme_pattern
from hedging.equilibria.extreme_batch import extreme_pairs
from hedging.equilibria.regions_code import encode
from hedging.equilibria.signs import classify
from hedging.equilibria.stored_kernels import kernels
from hedging.errors import ParameterError, Status
from hedging.model import Model, Parameter
from hedging.program import rationals

SHAPES = [(2, 2), (2, 3), (3, 2), (3, 3), (3, 4), (4, 4), (2, 5)]


def assert_equal(row, col):
    """Kernels and array operations give the same, probabilities up to a few roundings."""
    expected = bimatrix.solve(row, col, engine="numpy")
    found = stored.solve(row, col)
    for name in ("offsets", "support", "index", "isolated", "component", "status"):
        mine, theirs = getattr(found, name), getattr(expected, name)
        assert mine.dtype == theirs.dtype, name
        np.testing.assert_array_equal(mine, theirs, err_msg=name)
    np.testing.assert_allclose(found.probability, expected.probability, rtol=0, atol=1e-13)
    codes, table = encode(expected)
    regions = stored.regions(row, col)
    assert regions.table == table
    np.testing.assert_array_equal(regions.codes, codes)
    np.testing.assert_array_equal(regions.number, expected.count)
    np.testing.assert_array_equal(regions.status, expected.status)


def games(kind, size, shape, seed=0):
    rng = np.random.default_rng([seed, size, *shape])
    payoffs = rng.uniform(-1, 1, (2, size, *shape))
    whole = rng.integers(-2, 3, (2, size, *shape)).astype(float)
    if kind == "integer":
        return whole
    if kind == "constant":
        return np.full_like(payoffs, rng.normal())
    if kind == "decimal":
        return np.round(payoffs / 2, 1)
    if kind == "copies":
        # Two equal rows and two equal columns: ties between long numbers.
        payoffs[:, :, :, -1] = payoffs[:, :, :, 0]
        payoffs[:, :, -1] = payoffs[:, :, 0]
        return payoffs
    if kind == "holes":
        bad = rng.random(size) < 0.2
        place = rng.integers(0, shape[0] * shape[1], bad.sum())
        payoffs = np.where(rng.random(size) < 0.5, 1, 0)[:, None, None] * payoffs + whole
        payoffs.reshape(2, size, -1)[0, bad, place] = rng.choice([np.nan, np.inf, -np.inf])
        return payoffs
    if kind == "spread":
        return payoffs * 10.0 ** rng.integers(-320, 300, payoffs.shape)
    return payoffs


# --------------------------------------------------------------------------------- stored games


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["random", "integer"])
@pytest.mark.parametrize("size", [0, 1, 7, 513])
def test_kernels_equal_array_operations(shape, kind, size):
    assert_equal(*games(kind, size, shape))


@pytest.mark.parametrize("shape", [(2, 2), (3, 3)], ids=str)
@pytest.mark.parametrize("kind", ["random", "integer"])
def test_larger_batches(shape, kind):
    assert_equal(*games(kind, 3000, shape))


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3), (4, 4), (1, 1), (1, 4), (3, 1)], ids=str)
@pytest.mark.parametrize("kind", ["constant", "decimal", "copies", "holes", "spread"])
def test_special_games(shape, kind):
    assert_equal(*games(kind, 150, shape))


@pytest.mark.parametrize("shape", [(2, 2), (2, 5), (3, 3), (3, 4)], ids=str)
@pytest.mark.parametrize("scale", [1e-10, 1e10, 1e-300, 1e200, 5e-324, 1e305])
def test_scale_and_shift(shape, scale):
    for kind in ("random", "integer"):
        row, col = games(kind, 150, shape)
        assert_equal(row * scale, col * scale)
    row, col = games("integer", 150, shape)
    assert_equal(row + 1e6, col - 1e6)
    assert_equal(row * scale, col)


def test_payoffs_and_regrets_certify():
    for kind, scale in (("random", 1.0), ("integer", 1.0), ("random", 1e-300), ("decimal", 1e8)):
        row, col = games(kind, 600, (3, 3)) * scale
        found = stored.solve_fully(row, col)
        game, mix = found.equilibria.game, found.equilibria.probability
        x, y = mix[:, :3], mix[:, 3:]
        u = np.einsum("eij,ej->ei", row[game], y)
        v = np.einsum("eij,ei->ej", col[game], x)
        own = np.stack([(u * x).sum(axis=1), (v * y).sum(axis=1)], axis=1)
        np.testing.assert_allclose(found.payoff, own, rtol=0, atol=1e-12 * scale)
        assert found.regret.min() >= 0
        assert found.regret.max() <= 1e-11 * scale
        np.testing.assert_allclose(x.sum(axis=1), 1, rtol=1e-14)


def test_a_game_does_not_depend_on_its_batch():
    row, col = np.concatenate([games("random", 40, (3, 3)), games("integer", 40, (3, 3))], axis=1)
    whole = stored.solve(row, col)
    for g in range(0, 80, 7):
        alone = stored.solve(row[g : g + 1], col[g : g + 1])
        rows = slice(*whole.offsets[g : g + 2])
        np.testing.assert_array_equal(alone.probability, whole.probability[rows])
        np.testing.assert_array_equal(alone.component, whole.component[rows])


def test_nearly_dependent_rows_are_computed_again():
    """Weights that are all rounding: probabilities are those of exact arithmetic."""
    rng = np.random.default_rng(8)
    base = np.array([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 0.5, 1.5]])
    noise = rng.uniform(-1, 1, (2, 200, 3, 3)) * 10.0 ** -rng.integers(9, 14, (2, 200, 1, 1))
    row, col = base + noise[0], -base + noise[1]
    exact = bimatrix.solve(row, col, exact=True)
    found = stored.solve(row, col)
    np.testing.assert_array_equal(found.support, exact.support)
    np.testing.assert_allclose(found.probability, exact.probability.astype(float), atol=1e-11)


def test_few_and_many_spoiled_games_agree():
    row, col = games("random", 100, (3, 3))
    table = sign_table(3, 3)
    game, last = np.arange(100), np.full(100, len(table.supports) - 1)
    sign, values = stored_signs.exact_determinants(table, row, col)
    by_pairs = extreme_order.mixes(table, sign, values, game, last, last)
    by_integers = stored_signs.in_integers(table, row, col, game, (last, last))
    np.testing.assert_allclose(by_pairs, by_integers, rtol=1e-13)


def test_rough_weights_are_recognised():
    row = np.array([[[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 0.5, 1.5 + 2.0**-45]]])
    good = np.array([[[0.0, 1.0, -1.0], [-1.0, 0.0, 1.0], [1.0, -1.0, 0.0]]])
    kernel = kernels(3, 3).rough
    assert kernel(good, -good).tolist() == [[0.0]]
    assert kernel(row, -good).tolist() == [[1.0]]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_order_and_components_of_single_games(shape):
    row, col = games("integer", 400, shape, seed=5)
    values = classify(row, col, determinants=True).determinants
    sign = np.sign(values).astype(np.int8)
    found = extreme_order.extremes(*shape, sign)
    starts = np.searchsorted(found.game, np.arange(401))
    sets = extreme_order.support_sets(*shape, sign)
    spelt = extreme_order.spell(*shape, sets.words)
    for g in range(400):
        pattern = extreme_pattern(*shape, (sign[:, g] + 1).astype(np.uint8).tobytes())
        rows = slice(starts[g], starts[g + 1])
        assert found.support[rows].tolist() == list(pattern.found.supports)
        assert found.index[rows].tolist() == list(pattern.found.index)
        assert found.isolated[rows].tolist() == list(pattern.found.isolated)
        assert found.component[rows].tolist() == list(pattern.found.component)
        assert set(spelt[g]) == set(pattern.found.supports)
        assert sets.number[g] == len(pattern.found.pairs)
        assert sets.regular[g] == pattern.found.regular


# --------------------------------------------------------------------------------------- engines


def test_engines_of_bimatrix():
    row, col = games("integer", 2500, (2, 2))
    by_default = bimatrix.solve(row, col)
    compiled = bimatrix.solve(row, col, engine="machine")
    np.testing.assert_array_equal(by_default.probability, compiled.probability)
    with pytest.raises(ParameterError, match="engine 'fast'"):
        bimatrix.solve(row, col, engine="fast")
    with pytest.raises(ParameterError, match="machine"):
        bimatrix.solve(row, col, engine="machine", payoff_error=np.zeros((2500, 2)))
    with pytest.raises(ParameterError, match="machine"):
        bimatrix.solve(row[:3], col[:3], engine="machine", exact=True)


@pytest.mark.parametrize("kind", ["random", "integer", "holes"])
def test_nash_of_large_and_small_batches(kind):
    payoffs = np.moveaxis(games(kind, 2400, (2, 3)), 0, 1)
    game = hg.Game(payoffs, check_finite=False)
    large = hg.nash(game, report=("region", "payoff", "regret", "support", "count",
                                             "probability", "status", "index"))  # fmt: skip
    codes = hg.nash(game, report=("region", "count", "status"))
    for name in ("region", "count", "status"):
        assert codes[name].identical(large[name].drop_vars("equilibrium", errors="ignore"))
    meaning = dict(
        zip(large.region.flag_values, large.region.attrs["flag_meanings"].split(), strict=True)
    )
    for start in (0, 1200):
        half = hg.Game(payoffs[start : start + 1200], check_finite=False)
        small = hg.nash(half, report=tuple(large.data_vars))
        part = large.isel(batch_0=slice(start, start + 1200), equilibrium=small.equilibrium)
        for name in ("support", "index", "count", "status"):
            np.testing.assert_array_equal(part[name], small[name])
        for name in ("probability", "payoff", "regret"):
            np.testing.assert_allclose(part[name], small[name], rtol=0, atol=1e-13)
        own = dict(
            zip(small.region.flag_values, small.region.attrs["flag_meanings"].split(), strict=True)
        )
        assert [meaning[c] for c in part.region.values] == [own[c] for c in small.region.values]


# ---------------------------------------------------------------------------------------- sweeps


REPORT = ("region", "count", "status", "pure", "probability", "payoff", "regret")


def assert_sweeps_equal(model, design, cuts=1, **fixed):
    values = model.check(fixed)
    scalars = {name: float(values[name]) for name in values if name not in design.names}
    job = Job(model, design, scalars, REPORT)
    ends = [design.size * k // cuts for k in range(cuts + 1)]
    for start, stop in pairwise(ends):
        found, expected = full_chunk(job, start, stop), solve_chunk(job, start, stop)
        for name in ("status", "count", "support", "pure"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
        for name, value in expected.ragged.items():
            np.testing.assert_allclose(found.ragged[name], value, rtol=1e-9, atol=1e-9)
        meaning = [[None, *a.regions] for a in (found, expected)]
        assert [meaning[0][c] for c in found.region] == [meaning[1][c] for c in expected.region]
        assert sum(found.stages.values()) == stop - start


def family():
    row = [["a*b", "x", "-1"], ["x*y", "a - b", "y"], ["1", "b", "a + y - 1"]]
    col = [["b", "y - x", "a"], ["x", "0", "a*y"], ["a - y", "1", "x*b"]]
    names = [Parameter(name, 0.5, -2, 2) for name in "abxy"]
    return Model(
        "family",
        players=("A", "B"),
        actions=(("p", "q", "r"), ("s", "t", "u")),
        parameters=names,
        payoffs={"A": row, "B": col},
    )


@pytest.mark.parametrize("name", ["hedging_bimatrix", "alliance_dilemma", "sphere_division"])
def test_catalogue_sweeps_equal_the_general_solver(name):
    model = hg.catalogue[name]
    first, second = list(model.parameters.values())[:2]
    axes = {p.name: (p.low, p.high, 23) for p in (first, second)}
    assert_sweeps_equal(model, hg.grid(**axes))
    assert_sweeps_equal(model, hg.sample(700, model, rng=1), cuts=3)


def test_degenerate_sweeps_equal_the_general_solver():
    model = family()
    assert_sweeps_equal(model, hg.grid(a=(-1, 1, 5), x=(-2, 2, 9), y=(-1, 1, 5)), cuts=2)
    assert_sweeps_equal(model, hg.grid(a=(-1, 1, 21), x=(-2, 2, 41)), b=0.3)
    assert_sweeps_equal(model, hg.sample(900, model, rng=2))


def test_sweeps_with_holes_and_cancellation():
    model = Model(
        "holes",
        players=("A", "B"),
        actions=(("p", "q"), ("s", "t")),
        parameters=[Parameter("x", 0.5, -2, 2), Parameter("y", 0.5, -2, 2)],
        payoffs={
            "A": [["(x + 1e8) - 1e8", "1/y"], ["y", "x*y"]],
            "B": [["y", "x"], ["exp(x)", "log(y)"]],
        },
    )
    design = hg.grid(x=(-1, 1, 21), y=(-1, 1, 21))
    assert_sweeps_equal(model, design)
    values = model.check({})
    job = Job(model, design, {}, REPORT)
    status = full_chunk(job, 0, design.size).status.reshape(21, 21)
    assert set(values) == {"x", "y"}
    assert (status[:, :11] == Status.NONFINITE).all()
    assert not (status[:, 11:] == Status.NONFINITE).any()


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.0, 1e-10, 1e10])
def test_hundred_thousand_integer_games_against_integers(scale):
    """Most of these games are degenerate; signs of all determinants from exact arithmetic."""
    rng = np.random.default_rng(5)
    count, table = 100_000, sign_table(3, 3)
    row, column = (rng.integers(-3, 4, (count, 3, 3)) * scale for _ in range(2))
    codes, sets, number, status = stored.regions(row, column)
    sign = np.empty((len(table.orders), count), np.int8)
    for g in range(count):
        payoffs = [rationals.integer_rows(p[g].ravel().tolist()) for p in (row, column)]
        values = rationals.evaluate(table.program, payoffs[0] + payoffs[1])
        sign[:, g] = [rationals.sign(v) for v in values]
    found = extreme_pairs(3, 3, sign)
    np.testing.assert_array_equal(number, np.bincount(found.game, minlength=count))
    degenerate = np.zeros(count, dtype=bool)
    degenerate[found.game[~found.regular]] = True
    np.testing.assert_array_equal(status == Status.DEGENERATE, degenerate)
    supports = [set() for _ in range(count)]
    for game, support in zip(found.game.tolist(), found.support.tolist(), strict=True):
        supports[game].add(support)
    assert all(set(sets[c - 1]) == s for c, s in zip(codes.tolist(), supports, strict=True))
