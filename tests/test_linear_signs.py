"""All equilibria of a middle power between two powers, from signs: against exact enumeration."""

import itertools
from functools import lru_cache

import numpy as np
import pytest

from hedging.engine.design import grid, sample
from hedging.engine.run import sweep
from hedging.equilibria import multiplayer
from hedging.equilibria.dispatch import solve
from hedging.equilibria.linear_signs import dependent_rows, linear_table
from hedging.equilibria.sign_systems import linear_players, sign_system
from hedging.errors import Status
from hedging.families import catalogue
from hedging.model import Model, Parameter
from hedging.program import doubles
from hedging.program.adaptive import exact_signs

FLAGSHIP = catalogue["triadic_hedging"]
FULL = ("region", "count", "status", "pure", "probability", "payoff", "regret")


def additive_games(rng, size, m, h, draw):
    """Payoffs (size, 3, m, 2, 2) with linear supports, from independent draws."""
    i, j = np.indices((2, 2))
    base, slope_a, slope_b, alone_a, alone_b = (draw((size, m, 1, 1)) for _ in range(5))
    gain_a, gain_b = (draw((size, m, 2)) for _ in range(2))
    for gain in (gain_a, gain_b):
        for r in range(m):
            if r != h:
                gain[:, r, 1] = gain[:, r, 0]
    a = alone_a + i * gain_a[:, :, j]
    b = alone_b + j * gain_b[:, :, i]
    return np.stack([base + i * slope_a + j * slope_b, a, b], axis=1)


@lru_cache
def system_of(m, h):
    """The sign system of a model whose parameters are what an additive game is made of."""
    model = additive_model(m, h)
    return model, sign_system(model.program, model.shape)


def additive_model(m, h, order=(0, 1, 2), extra=None):
    """A model with a parameter per independent number; ``order`` says who comes first."""
    names, tables = [], []

    def parameter(name):
        names.append(name)
        return name

    def table(cell):
        result = np.empty((m, 2, 2), dtype=object)
        for place in np.ndindex(m, 2, 2):
            result[place] = cell(*place)
        return result

    for r in range(m):
        for kind in ("f", "p", "q", "s", "t"):
            parameter(f"{kind}{r}")
        for kind in ("a", "b"):
            parameter(f"{kind}{r}0")
            if r == h:
                parameter(f"{kind}{r}1")
    extra = extra or (lambda r, i, j: "")
    tables.append(table(lambda r, i, j: f"f{r} + {i}*p{r} + {j}*q{r}" + extra(r, i, j)))
    tables.append(table(lambda r, i, j: f"s{r} + {i}*a{r}{j if r == h else 0}"))
    tables.append(table(lambda r, i, j: f"t{r} + {j}*b{r}{i if r == h else 0}"))
    actions = [[f"row_{r}" for r in range(m)], ["wait", "press"], ["wait", "press"]]
    players = ["M", "A", "B"]
    return Model(
        "additive",
        players=[players[k] for k in order],
        actions=[actions[k] for k in order],
        parameters=[Parameter(name, 0.5, -1e9, 1e9) for name in names],
        payoffs={players[k]: tables[k].transpose(order).tolist() for k in order},
    )


def settle(games, m, h):
    """Supports of each game by the logic over exact signs, and the games left unsure."""
    table = linear_table(m, h)
    signs = exact_signs(table.program, list(games.reshape(len(games), -1).T)).sign
    _, system = system_of(m, h)
    found = system.settle(signs)
    sets = [set() for _ in games]
    for game, support in zip(found.game.tolist(), found.support.tolist(), strict=True):
        sets[game].add(support)
    return sets, found.unsure


def supports_of(found):
    """Set of supports per game."""
    ends = itertools.pairwise(found.offsets.tolist())
    return [set(found.support[a:b].tolist()) for a, b in ends]


def listed(found, game):
    """Equilibria of one game, sorted."""
    rows = found.probability[found.offsets[game] : found.offsets[game + 1]].astype(float)
    return rows[np.lexsort(np.round(rows, 9).T)]


# ---- the table -------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "h", "number"), [
    (2, None, 12), (2, 0, 14), (2, 1, 14), (3, None, 25), (3, 0, 28), (3, 1, 28), (3, 2, 28),
    (4, None, 44), (4, 0, 48), (4, 3, 48),
])  # fmt: skip
def test_candidates_are_different_supports(m, h, number):
    table = linear_table(m, h)
    triples = m * (m - 1) * (m - 2) // 6
    by_hand = 4 * m + 4 * (m * (m - 1) // 2) + triples + (0 if h is None else m)
    assert len(table.supports) == len(set(table.supports)) == by_hand == number
    assert len(table.contests) == len(table.weights) == number
    assert table.logic.n_signs == len(table.program.outputs)
    for mask, weights in zip(table.supports, table.weights, strict=True):
        starts = (0, m, m + 2)
        played = sum(
            1 << (start + action)
            for start, own in zip(starts, weights, strict=True)
            for action, _, _ in own
        )
        assert played == mask


def test_dependence_is_measured_per_row():
    program, kinds = dependent_rows(3)
    games = additive_games(
        np.random.default_rng(1), 5, 3, 1, lambda s: np.random.default_rng(2).integers(-9, 9, s)
    )
    values = doubles.evaluate(program, list(games.reshape(5, -1).T.astype(float)))
    for kind, row, value in zip(kinds, list(range(3)) * 3, values, strict=True):
        assert (np.asarray(value) == 0).all() or (kind != "additive" and row == 1)


# ---- the theorem -----------------------------------------------------------------------

SHAPES = [(2, None), (2, 0), (3, None), (3, 1), (3, 2), (4, None), (4, 2)]


@pytest.mark.parametrize(("m", "h"), SHAPES)
def test_generic_games_are_settled_and_agree_with_the_complete_solver(m, h):
    rng = np.random.default_rng([7, m, 9 if h is None else h])
    games = additive_games(rng, 150, m, h, rng.standard_normal)
    sets, unsure = settle(games, m, h)
    assert not unsure.any()
    assert all(len(found) % 2 == 1 for found in sets)
    reference = solve(games)
    sure = reference.status == Status.OK
    assert sure.mean() > 0.95
    for game, (ours, theirs) in enumerate(zip(sets, supports_of(reference), strict=True)):
        assert ours == theirs or not sure[game]


def check_small_integers(m, h, size, high, seed):
    """Where exact signs are sure, enumeration by two mixers finds nothing else."""
    rng = np.random.default_rng([seed, m, 9 if h is None else h, high])
    games = additive_games(rng, size, m, h, lambda s: rng.integers(-high, high + 1, s))
    games = games.astype(np.float64)
    sets, unsure = settle(games, m, h)
    reference = solve(games, method="two_mixers")
    three = (1 << m) - 1
    for game in np.flatnonzero(~unsure):
        assert len(sets[game]) % 2 == 1
        rows = slice(reference.offsets[game], reference.offsets[game + 1])
        theirs = set(reference.support[rows].tolist())
        assert theirs <= sets[game], game
        assert reference.isolated[rows].all()
        for mask in sets[game] - theirs:
            # What two mixers cannot list: all three mix.
            assert (mask & three).bit_count() > 1
            assert mask >> m == 0b1111
    return unsure


@pytest.mark.parametrize(("m", "h"), SHAPES)
@pytest.mark.parametrize("high", [1, 3, 12])
def test_ties_never_lose_an_equilibrium(m, h, high):
    unsure = check_small_integers(m, h, 150, high, seed=1)
    assert high < 12 or not unsure.all()


@pytest.mark.slow
@pytest.mark.parametrize(("m", "h"), SHAPES)
@pytest.mark.parametrize("high", [1, 2, 3, 5, 12])
def test_ties_never_lose_an_equilibrium_in_many_games(m, h, high):
    check_small_integers(m, h, 4000, high, seed=2)


def test_ties_against_subdivision():
    """The certified solver may leave a game open, but what it calls complete must agree."""
    rng = np.random.default_rng(5)
    games = additive_games(rng, 60, 3, 1, lambda s: rng.integers(-3, 4, s)).astype(float)
    sets, unsure = settle(games, 3, 1)
    reference = solve(games, method="subdivision")
    theirs = supports_of(reference)
    compared = 0
    for game in np.flatnonzero(~unsure):
        if reference.status[game] == Status.OK:
            compared += 1
            assert sets[game] == theirs[game]
        assert theirs[game] <= sets[game]
    assert compared > 10
    # And the other way round: a game with a continuum is never called settled.
    assert (reference.status[~unsure] != Status.DEGENERATE).all()


def test_contests_leave_the_candidates_an_equilibrium_needs():
    """At every exact equilibrium of a tied game some candidate stays possible or is certain."""
    rng = np.random.default_rng(11)
    games = additive_games(rng, 300, 3, 1, lambda s: rng.integers(-1, 2, s)).astype(float)
    sets, unsure = settle(games, 3, 1)
    reference = solve(games, method="two_mixers")
    for game, theirs in enumerate(supports_of(reference)):
        assert unsure[game] or theirs <= sets[game]
    degenerate = np.add.reduceat(~reference.isolated, reference.offsets[:-1]) > 0
    assert unsure[degenerate].all()


# ---- the flagship ----------------------------------------------------------------------


def machine_and_numpy(points, rng):
    design = sample(points, FLAGSHIP, rng=rng)
    return [sweep(FLAGSHIP, design, report=FULL, engine=e) for e in ("machine", "numpy")]


def ranges_of(model, ds):
    """Payoff range of every game of a sample."""
    columns = {name: ds[name].values for name in model.parameters if name in ds.coords}
    payoffs, _ = model.evaluate(columns, check_bounds=False)
    flat = payoffs.reshape(len(payoffs), -1)
    return flat.max(axis=1) - flat.min(axis=1)


def check_flagship(points, rng, compare):
    design = sample(points, FLAGSHIP, rng=rng)
    ds = sweep(FLAGSHIP, design, report=FULL, engine="machine")
    assert (ds["status"] == Status.OK).all()
    count = ds["count"].values
    assert (count >= 1).all()
    assert (count % 2 == 1).all()
    regret = np.nan_to_num(ds["regret"].values)
    assert (regret <= 1e-12 * ranges_of(FLAGSHIP, ds)[:, None]).all()
    columns = design.points(0, compare)
    payoffs, error = FLAGSHIP.evaluate(columns, check_bounds=False)
    for found in (solve(payoffs, payoff_error=error), multiplayer.solve(payoffs)):
        sure = found.status == Status.OK
        assert sure.mean() > 0.99
        assert (found.count == count[:compare])[sure].all()
        rows = sure[found.game]
        place = np.arange(len(rows)) - found.offsets[found.game]
        ours = ds["probability"].values[found.game[rows], place[rows]]
        assert ((ours > 0) == (found.probability[rows] > 0)).all()
        np.testing.assert_allclose(ours, found.probability[rows], rtol=0, atol=1e-9)


def test_flagship_on_random_draws():
    check_flagship(2000, rng=3, compare=200)


@pytest.mark.slow
def test_flagship_on_many_random_draws():
    check_flagship(100_000, rng=4, compare=100_000)


# Probability of hedging at rivalry R, all other parameters at their defaults; the closed forms
# and an independent solver agree on these figures.
PATH = {1.5: 1.0, 1.7: 0.857143, 2.0: 0.762712, 2.5: 0.486486, 4.0: 0.233161}


@pytest.mark.parametrize("engine", ["machine", "numpy"])
def test_the_path_of_rivalry(engine):
    ds = sweep(FLAGSHIP, grid(rivalry=list(PATH)), report=FULL, engine=engine)
    assert ds["count"].values.tolist() == [1] * len(PATH)
    hedge = ds["probability"].values[:, 0, 1]
    np.testing.assert_allclose(hedge, list(PATH.values()), rtol=0, atol=5e-7)


TIES = [
    grid(immunity=np.linspace(0, 1, 21), rivalry=[0.0, 0.5, 1.0, 2.0]),
    grid(immunity=[0.0, 0.5, 1.0], mediation=[0.0, 0.5, 1.0], concession_a=[0.0, 0.24, 0.5]),
    grid(captive_loss_a=[0.0, 0.24, 0.48], capture_share_a=[0.0, 0.5, 1.0], spoiling_b=[0, 0.12]),
    grid(congestion=[0.0, 0.5, 1.0], windfall_b=[0.0, 0.1], drift_loss_a=[0.0, 0.075, 0.12]),
]


@pytest.mark.parametrize("design", TIES)
def test_ties_on_grid_lines(design):
    ds = sweep(FLAGSHIP, design, report=("region", "count", "probability"), engine="machine")
    columns = design.points(0, design.size)
    exact = [
        FLAGSHIP.evaluate_exact({n: float(c[k]) for n, c in columns.items()})
        for k in range(design.size)
    ]
    reference = solve(np.array(exact), method="two_mixers", exact=True)
    status, count = ds["status"].values.ravel(), ds["count"].values.ravel()
    probability = ds["probability"].values.reshape(design.size, -1, 7)
    for game in np.flatnonzero(status == Status.OK).tolist():
        assert count[game] % 2 == 1
        rows = slice(reference.offsets[game], reference.offsets[game + 1])
        assert reference.isolated[rows].all()
        ours = probability[game, : count[game]]
        for row in reference.probability[rows].astype(float):
            assert np.abs(ours - row).max(axis=1).min() < 1e-9
        if reference.status[game] == Status.OK:
            assert count[game] == rows.stop - rows.start
    for game in np.flatnonzero(reference.status == Status.DEGENERATE).tolist():
        assert status[game] != Status.OK


# ---- probabilities ---------------------------------------------------------------------


def assert_close(machine, plain, tolerance=1e-9):
    np.testing.assert_array_equal(machine["count"].values, plain["count"].values)
    np.testing.assert_array_equal(machine["support"].values, plain["support"].values)
    for name in ("probability", "payoff", "regret"):
        np.testing.assert_allclose(
            machine[name].values, plain[name].values, rtol=0, atol=tolerance, err_msg=name
        )


def test_probabilities_are_those_of_the_numpy_engine():
    design = grid(rivalry=(0.313, 4.91, 23), immunity=(0.0173, 0.983, 19))
    machine, plain = (
        sweep(FLAGSHIP, design, report=FULL, engine=engine) for engine in ("machine", "numpy")
    )
    assert (machine["status"] == Status.OK).all()
    assert (plain["status"] == Status.OK).all()
    assert_close(machine, plain)
    np.testing.assert_array_equal(machine["pure"].values, plain["pure"].values)
    assert str(machine["region"].attrs) == str(plain["region"].attrs)
    np.testing.assert_array_equal(machine["region"].values, plain["region"].values)


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_chunks_change_nothing(chunk):
    design = grid(rivalry=(0, 4, 9), immunity=(0, 1, 11), windfall_a=[0.0, 0.05])
    whole = sweep(FLAGSHIP, design, report=FULL, engine="machine")
    cut = sweep(FLAGSHIP, design, report=FULL, engine="machine", chunk=chunk)
    for name in whole.variables:
        np.testing.assert_array_equal(whole[name].values, cut[name].values, err_msg=name)


@pytest.mark.parametrize(("m", "h"), [(2, 0), (2, None), (3, None), (4, 1)])
def test_other_numbers_of_rows(m, h):
    model, system = system_of(m, h)
    assert system is not None
    box = dict.fromkeys(model.parameters, (-1.0, 1.0))
    design = sample(150, box, rng=m)
    machine, plain = (
        sweep(model, design, report=FULL, engine=engine) for engine in ("machine", "numpy")
    )
    assert (machine["status"] == Status.OK).all()
    assert (machine["count"] % 2 == 1).all()
    sure = (plain["status"] == Status.OK).values
    assert sure.mean() > 0.9
    assert_close(machine.isel(point=sure), plain.isel(point=sure))


@pytest.mark.parametrize("order", [(1, 0, 2), (1, 2, 0), (2, 1, 0), (0, 2, 1)])
def test_players_in_another_order(order):
    straight, other = additive_model(3, 1), additive_model(3, 1, order)
    found = linear_players(other.program, other.shape)
    assert found is not None
    assert found.order[0] == order.index(0)
    assert other.shape == tuple((3, 2, 2)[k] for k in order)
    box = dict.fromkeys(straight.parameters, (-1.0, 1.0))
    design = sample(100, box, rng=8)
    one, two = (sweep(m, design, report=FULL, engine="machine") for m in (straight, other))
    np.testing.assert_array_equal(one["count"].values, two["count"].values)
    choices = [range(3), range(3, 5), range(5, 7)]
    turned = one["probability"].values[..., [c for k in order for c in choices[k]]]
    for point in range(design.size):
        number = int(one["count"][point])
        rows = [
            a[np.lexsort(np.round(a, 9).T)]
            for a in (turned[point, :number], two["probability"].values[point, :number])
        ]
        np.testing.assert_allclose(*rows, rtol=0, atol=1e-12)
    plain = sweep(other, design, report=FULL, engine="numpy")
    sure = (plain["status"] == Status.OK).values
    assert_close(two.isel(point=sure), plain.isel(point=sure))


def test_cancellation_in_a_formula_does_not_spoil_the_probabilities():
    """What doubles would lose of the weights is computed in rationals."""
    straight = additive_model(3, 1)
    payoffs = {
        player: np.vectorize(lambda f: f"({f} + 2**30) - 2**30", otypes=[object])(
            np.array(table, dtype=object)
        ).tolist()
        for player, table in straight.to_dict()["payoffs"].items()
    }
    blurred = Model(
        "blurred",
        players=straight.players,
        actions=straight.actions,
        parameters=list(straight.parameters.values()),
        payoffs=payoffs,
    )
    box = dict.fromkeys(straight.parameters, (-1.0, 1.0))
    design = sample(64, box, rng=2)
    one, two = (
        sweep(m, design, report=("count", "probability"), engine="machine")
        for m in (straight, blurred)
    )
    np.testing.assert_array_equal(one["count"].values, two["count"].values)
    np.testing.assert_allclose(
        one["probability"].values, two["probability"].values, rtol=0, atol=1e-11
    )


def test_probabilities_next_to_a_tie():
    """Weights of a few units in the last place, with the sign they have."""
    steps = np.arange(-40, 41) * 2.0**-52
    design = grid(immunity=0.2 + steps)
    machine, plain = (
        sweep(FLAGSHIP, design, report=FULL, engine=engine) for engine in ("machine", "numpy")
    )
    np.testing.assert_array_equal(machine["count"].values, plain["count"].values)
    shown = machine["probability"].values
    for point, number in enumerate(machine["count"].values.tolist()):
        assert np.isfinite(shown[point, :number]).all()
    assert_close(machine, plain)
