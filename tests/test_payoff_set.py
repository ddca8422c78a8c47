"""Sets of subgame-perfect payoffs against published sets, closed forms and a plain operator."""

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from hedging.errors import GameError, HedgingTypeError, ParameterError
from hedging.game import Game
from hedging.repeated.exact_plan import proved_payoffs
from hedging.repeated.optimal_penal_code import critical_delta
from hedging.repeated.payoff_set import payoff_sets, sweep_payoff_sets
from hedging.repeated.payoff_set_exact import exact_payoff_set, generated, hull
from hedging.repeated.penal_codes import _depth, generators
from hedging.repeated_games import RepeatedGame

PD = np.array([[[9.0, 1], [10, 3]], [[9, 10], [1, 3]]])
AS = np.array([[[16.0, 3, 0], [21, 10, -1], [9, 5, -5]], [[9, 13, 3], [1, 4, 0], [0, -4, -15]]])
FOLK = [(3, 3), (9.75, 3), (9, 9), (3, 9.75)]


def vertices(game, delta, **options):
    found = payoff_sets(np.asarray(game, dtype=float)[None], delta, **options)
    assert found.status[0] == 0
    return found.vertices[0, : found.count[0]]


def same_set(got, expected, tol):
    """Equal as convex sets: every vertex of each is within tol of the other."""
    got, expected = np.asarray(got, float).reshape(-1, 2), np.asarray(expected, float)
    expected = expected.reshape(-1, 2)
    if len(got) == 0 or len(expected) == 0:
        return len(got) == len(expected)
    return outside(got, expected) <= tol and outside(expected, got) <= tol


def outside(points, polygon):
    """Largest distance of points from the hull of others, by scanning directions."""
    center = polygon.mean(axis=0)
    order = np.argsort(np.arctan2(*(polygon - center).T[::-1]), kind="stable")
    polygon = polygon[order]
    a, b = polygon, np.roll(polygon, -1, axis=0)
    edge = b - a
    rel = points[:, None] - a
    square = (edge**2).sum(axis=1)
    t = (rel * edge).sum(axis=2) / np.where(square > 0, square, 1)
    away = rel - np.clip(t, 0, 1)[..., None] * edge
    distance = np.hypot(away[..., 0], away[..., 1]).min(axis=1)
    cross = edge[:, 0] * rel[..., 1] - edge[:, 1] * rel[..., 0]
    # In a thin set the turns are rounding, and the distance says it all.
    wide = len(polygon) > 2 and np.linalg.svd(polygon - center)[1][1] > 1e-12
    inside = (cross >= 0).all(axis=1) & wide
    return float(np.where(inside, 0, distance).max())


# ---- published sets ----------------------------------------------------------------------


def test_abreu_sannikov_example():
    # Abreu and Sannikov 2014; QuantEcon's tests.
    expected = [
        (7.337704718651463, 10.98262527910676),
        (1.1256823955048791, 2.8),
        (7.337704718651464, 0),
        (7.863089638136198, 0),
        (19.7917976973636, 2.8),
        (15.563089638136198, 9.1),
    ]
    assert same_set(vertices(AS, 0.3), expected, 1e-7)


@pytest.mark.parametrize("delta", [0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999])
def test_dilemma_is_the_whole_folk_set_from_a_quarter_on(delta):
    assert same_set(vertices(PD, delta), FOLK, 1e-8)


def test_dilemma_below_a_quarter():
    y = 9.523097071813089
    expected = [(9, 9), (3, y), (3, 3), (y, 3)]
    assert same_set(vertices(PD, 0.2475), expected, 1e-7)
    assert same_set(vertices(PD, 1 / 7), [(3, 3), (9, 9)], 1e-12)
    assert same_set(vertices(PD, 1 / 7 - 1e-9), [(3, 3)], 1e-12)
    assert same_set(vertices(PD, 0.0), [(3, 3)], 0)


def test_cournot_with_fifteen_outputs():
    # a = 6, c = 0.6, q on linspace(0, 6, 15); recomputed with QuantEcon 0.11.4.
    q = np.linspace(0, 6, 15)
    own = (6 - 0.6 - q[:, None] - q[None]) * q[:, None]
    half = [
        (0.39673469387755056, 6.876734693877556),
        (0.2865306122448975, 6.966530612244902),
        (0.19102040816326482, 6.897414965986398),
        (0.1175510204081629, 6.533417059131348),
        (0.05877551020408111, 5.654463631606488),
        (0, 4.6532705389848275),
        (0, 0.19102040816326493),
        (0.022040816326529544, 0.11755102040816334),
        (0.058775510204081005, 0.058775510204081005),
    ]
    expected = half + [(y, x) for x, y in half]
    assert same_set(vertices([own, own.T], 0.8), expected, 1e-7)


def test_no_equilibrium_in_pure_actions():
    # QuantEcon raises here.
    assert len(vertices([[[1, -1], [-2, 1]], [[-1, 2], [2, 0]]], 0.05)) == 0


# ---- sets on which others fail -------------------------------------------------------------

COORDINATION = [[[2, 0], [0, 1]], [[2, 0], [0, 1]]]
PENNIES = [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]]
CYCLING = [[[3, 3, 0], [1, 0, 4], [2, 3, 1]], [[4, 1, 5], [3, 2, 0], [2, 1, 3]]]


@pytest.mark.parametrize(
    ("game", "delta", "expected"),
    [
        (PD, 0.1, [(3, 3)]),
        (COORDINATION, 0.9, [(1, 1), (2, 2)]),
        (PENNIES, 0.9, []),
        (CYCLING, 0.7, [(3, 3), (3, 4)]),
        (np.zeros((2, 2, 2)), 0.5, [(0, 0)]),
        (np.zeros((2, 1, 1)) + 7, 0.5, [(7, 7)]),
    ],
)
def test_thin_and_empty_sets_are_ordinary(game, delta, expected):
    assert same_set(vertices(game, delta), expected, 1e-8)


@pytest.mark.parametrize("scale", [1e-12, 1e-5, 1e5, 1e12])
def test_scale(scale):
    assert same_set(vertices(PD * scale, 0.5) / scale, FOLK, 1e-9)


@pytest.mark.parametrize("shift", [1e6, -1e6, 1e9])
def test_shift(shift):
    assert same_set(vertices(PD + shift, 0.5) - shift, FOLK, 1e-5)


def test_very_patient_players_converge():
    assert payoff_sets(PD[None], 0.999).iterations[0] < 10


def test_abreu_sannikov_example_where_others_do_not_stop():
    # A comparison without tolerance, as in QuantEcon 0.11.4, goes on for 500 iterations.
    found = payoff_sets(AS[None], 0.5)
    assert found.status[0] == 0
    assert found.iterations[0] < 100
    assert same_set(found.vertices[0, : found.count[0]], plain_operator(AS, 0.5), 1e-6)


@pytest.mark.parametrize("delta", [0.98, 0.99, 0.999])
def test_no_failure_is_silent_when_players_are_patient(delta):
    games = random_games(25, 200, (3, 3))
    found = payoff_sets(games, delta)
    fine = payoff_sets(games, delta, tol=1e-11, max_iter=100_000)
    sure = found.status == 0
    assert sure.mean() > 0.95
    assert np.array_equal(found.count[sure] == 0, fine.count[sure] == 0)
    span = np.ptp(games.reshape(len(games), 2, -1), axis=2)
    error = (np.abs(found.punishment - fine.punishment) / span).max(axis=1)
    assert np.nanmax(np.where(sure, error, 0)) < 1e-7


def test_games_whose_vertices_are_nearly_collinear():
    # These overrun a buffer of QuantEcon 0.11.4.
    first = [
        [
            [0.012921632589813603, 0.2710111896121633, 0.8656401296324667],
            [0.29587985398055006, 0.5727223159830651, 0.10582306411149367],
            [0.457164092519045, 0.8337874365542384, 0.2522262334090921],
        ],
        [
            [0.3917194282143789, 0.39181177132448775, 0.31722401640598763],
            [0.887729838383993, 0.4613856626706523, 0.777446672078983],
            [0.6156090777092107, 0.3420787400853259, 0.3661064186863868],
        ],
    ]
    second = [
        [
            [0.02628032702784522, 0.45231142351973175, 0.21531832277614138],
            [0.6138446119655264, 0.9798394921590458, 0.8575261348140949],
            [0.5998734919992831, 0.4591808985202177, 0.6696167040213513],
        ],
        [
            [0.4032294390585274, 0.9097050875360637, 0.34484788517811005],
            [0.7668553388125651, 0.8478008298900769, 0.8969638736334056],
            [0.9237655828183032, 0.19000318158871765, 0.009815343130619048],
        ],
    ]
    for game, delta in ((first, 0.5), (second, 0.7)):
        plain = plain_operator(game, delta)
        assert same_set(vertices(game, delta), plain, 1e-6)


@pytest.mark.parametrize("delta", [1, 1.0, 1.5, -0.5, np.nan, np.inf])
def test_delta_outside_is_refused(delta):
    with pytest.raises(ParameterError, match="discount factor in"):
        payoff_sets(PD[None], delta)
    with pytest.raises(ParameterError, match="discount factor in"):
        sweep_payoff_sets(PD[None], [0.5, delta])


def test_other_bad_input_is_refused():
    with pytest.raises(HedgingTypeError, match="number"):
        payoff_sets(PD[None], "0.5")
    with pytest.raises(GameError, match="two players"):
        payoff_sets(np.zeros((1, 3, 2, 2, 2)), 0.5)
    with pytest.raises(ParameterError, match="tol"):
        payoff_sets(PD[None], 0.5, tol=0)
    with pytest.raises(ParameterError, match="one axis"):
        sweep_payoff_sets(PD[None], [[0.5]])


def test_no_convergence_is_said():
    found = payoff_sets(AS[None], 0.3, max_iter=3)
    assert found.status[0] == 4
    assert found.gap[0] > 1e-9
    lost = payoff_sets(np.full((1, 2, 2, 2), np.nan), 0.5)
    assert (lost.status[0], lost.count[0]) == (3, 0)


# ---- an independent operator ----------------------------------------------------------------


def cut(polygon, axis, bound):
    """Part of a polygon with a coordinate of at least a bound (Sutherland and Hodgman)."""
    kept = []
    for p, q in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if p[axis] >= bound:
            kept.append(p)
        if (p[axis] >= bound) != (q[axis] >= bound):
            t = (bound - p[axis]) / (q[axis] - p[axis])
            r = [0.0, 0.0]
            r[axis], r[1 - axis] = bound, p[1 - axis] + t * (q[1 - axis] - p[1 - axis])
            kept.append(tuple(r))
    return kept


def chain(points):
    points = sorted(set(points))
    if len(points) <= 2:
        return points
    sides = []
    for run in (points, points[::-1]):
        side = []
        for p in run:
            while len(side) > 1 and (side[-1][0] - side[-2][0]) * (p[1] - side[-2][1]) <= (
                side[-1][1] - side[-2][1]
            ) * (p[0] - side[-2][0]):
                side.pop()
            side.append(p)
        sides.append(side[:-1])
    return sides[0] + sides[1]


def plain_operator(game, delta, steps=100_000, slack=1e-12):
    """W <- B(W) with full clipping, from the feasible set, without any short cut.

    Payoffs are brought to [0, 1], constraints loosened by ``slack``, points put on a grid of
    1e-13, so that binding constraints bind.
    """
    game = np.asarray(game, dtype=float)
    low = game.reshape(2, -1).min(axis=1)
    span = np.ptp(game.reshape(2, -1), axis=1)
    span[span == 0] = 1
    u = (game - low[:, None, None]) / span[:, None, None]
    gain = np.stack([u[0].max(axis=0) - u[0], u[1].max(axis=1)[:, None] - u[1]])
    u, gain = u.reshape(2, -1).T.tolist(), gain.reshape(2, -1).T.tolist()
    ratio = (1 - delta) / delta
    region = chain([tuple(x) for x in u])
    for _ in range(steps):
        least = [min(p[i] for p in region) for i in (0, 1)]
        points = []
        for a, h in zip(u, gain, strict=True):
            part = cut(region, 0, least[0] + ratio * h[0] - slack)
            part = cut(part, 1, least[1] + ratio * h[1] - slack) if part else part
            points += [
                tuple(round((1 - delta) * a[i] + delta * w[i], 13) for i in (0, 1)) for w in part
            ]
        if not points:
            return np.empty((0, 2))
        new = chain(points)
        still = not outside(np.array(region), np.array(new)) > 3e-13
        region = new
        if still:
            break
    else:
        pytest.fail("the plain operator did not converge")
    return np.array(region) * span + low


def compare_with_plain_operator(seed, count, deltas=(0.15, 0.3, 0.5, 0.65, 0.8)):
    rng = np.random.default_rng(seed)
    kinds = np.zeros(4, dtype=int)
    for k in range(count):
        shape = [(2, 2), (3, 2), (3, 3)][k % 3]
        integers = k % 4 == 0
        size = (2, *shape)
        game = rng.integers(0, 5, size).astype(float) if integers else rng.random(size)
        delta = float(rng.choice(deltas))
        found = payoff_sets(game[None], delta, tol=1e-11)
        assert found.status[0] == 0
        got = found.vertices[0, : found.count[0]]
        expected = plain_operator(game, delta)
        # Loosened constraints shift sets near a double root by the root of the slack.
        assert same_set(got, expected, 5e-6 * max(1, np.ptp(game))), (k, game.tolist(), delta)
        kinds[min(len(got), 3)] += 1
    return kinds


def test_random_games_equal_the_plain_operator():
    kinds = compare_with_plain_operator(11, 240)
    assert (kinds > 0).all(), kinds


@pytest.mark.slow
def test_patient_players_equal_the_plain_operator():
    kinds = compare_with_plain_operator(30, 100, (0.9, 0.95))
    assert (kinds > 0).all(), kinds


@pytest.mark.slow
def test_five_thousand_random_games_equal_the_plain_operator():
    compare_with_plain_operator(12, 5000)


# ---- the prisoners' dilemma in closed form ---------------------------------------------------


def dilemma_set(g, loss, delta):
    """Vertices for (C,C) = (1,1), (D,C) = (1+g,-l), (D,D) = 0; 0 < g < 1 + l, l > 0."""
    s = 1 - delta
    root = (2 + s * g) ** 2 - 4 * s * (1 + g + loss)
    y = (2 + s * g + max(root, 0) ** 0.5) / 2
    if delta >= g / (1 + g) and delta >= loss / (1 + loss):
        y = (1 + g + loss) / (1 + loss)
    elif loss / (1 + g) <= delta < g / (1 + g):
        return [(0, 0), (1 + g - loss, 0), (0, 1 + g - loss)]
    elif not (delta >= g / (1 + g) and root >= 0 and delta * y >= s * loss):
        return [(0, 0), (1, 1)] if delta >= g / (1 + g) else [(0, 0)]
    return [(0, 0), (1, 1), (y, 0), (0, y)]


def dilemmas(seed, count):
    rng = np.random.default_rng(seed)
    loss = rng.uniform(0.02, 3, count)
    g = rng.uniform(0, 1, count) * (1 + loss)
    delta = rng.uniform(0.02, 0.98, count)
    # Half of them around the strip where the vertex solves a quadratic equation.
    strip = np.arange(count) % 2 == 0
    low, high = g / (1 + g), loss / (1 + loss)
    mix = rng.uniform(-0.1, 1.1, count)
    delta = np.where(strip & (low < high), low + mix * (high - low), delta).clip(0.01, 0.99)
    return g, loss, delta


def check_dilemmas(seed, count):
    g, loss, delta = dilemmas(seed, count)
    games = np.zeros((count, 2, 2, 2))
    games[:, :, 0, 0] = 1
    games[:, 0, 0, 1] = games[:, 1, 1, 0] = -loss
    games[:, 0, 1, 0] = games[:, 1, 0, 1] = 1 + g
    found = payoff_sets(games, delta, tol=1e-9, max_iter=200_000)
    assert (found.status == 0).all()
    mismatches = 0
    for k in range(count):
        expected = dilemma_set(g[k], loss[k], delta[k])
        got = found.vertices[k, : found.count[k]]
        mismatches += not same_set(got, expected, 1e-6 * (1 + g[k] + loss[k]))
    assert mismatches == 0


def test_dilemma_closed_form():
    check_dilemmas(13, 2000)


@pytest.mark.slow
def test_dilemma_closed_form_on_twenty_thousand():
    check_dilemmas(14, 20_000)


@pytest.mark.parametrize(("g", "loss", "fold"), [(0.5, 2.0, 0.66432), (1.0, 4.0, 0.79796)])
def test_gap_is_honest_near_a_fold(g, loss, fold):
    """Where two fixed points merge, steps shrink ever more slowly: a step is no error there."""

    def root(delta):
        return (2 + (1 - delta) * g) ** 2 - 4 * (1 - delta) * (1 + g + loss)

    low, high = fold - 1e-4, fold + 1e-4
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if root(middle) < 0 else (low, middle)
    game = np.array([[[1, -loss], [1 + g, 0]], [[1, 1 + g], [-loss, 0]]])[None]
    for ahead in (1e-3, 1e-6, 1e-9):
        delta = high + ahead
        found = payoff_sets(game, delta, max_iter=50_000)
        y = (2 + (1 - delta) * g + root(delta) ** 0.5) / 2
        error = found.vertices[0].max() - y
        assert found.status[0] == 0
        assert -1e-12 <= error <= 2e-9 * (1 + g + loss)
        assert error <= 1.5 * found.gap[0] * (1 + g + loss)
        behind = payoff_sets(game, high - ahead, max_iter=50_000)
        assert behind.vertices[0].max() == 1
    # On the fold itself the iteration cannot converge, and says so.
    assert payoff_sets(game, high, max_iter=50_000).status[0] == 4


def test_dilemma_triangle():
    # g = 1, l = 1/2, delta = 0.3: alternation without (C, C).
    got = vertices([[[1, -0.5], [2, 0]], [[1, 2], [-0.5, 0]]], 0.3)
    assert same_set(got, [(0, 0), (1.5, 0), (0, 1.5)], 1e-9)


# ---- laws ---------------------------------------------------------------------------


def random_games(seed, count, shape):
    rng = np.random.default_rng(seed)
    games = rng.random((count, 2, *shape))
    games[::3] = rng.integers(0, 4, (len(games[::3]), 2, *shape))
    return games


@pytest.mark.parametrize("delta", [0.2, 0.5, 0.8])
def test_rescaling_swapping_permuting_duplicating(delta):
    games = random_games(20, 60, (3, 2))
    base = payoff_sets(games, delta)
    scaled = games.copy()
    scaled[:, 0] = scaled[:, 0] * 1e6 - 3e6
    others = {
        "scale": (scaled, lambda v: (v + np.array([3e6, 0])) / np.array([1e6, 1])),
        "swap": (np.swapaxes(games, 2, 3)[:, ::-1], lambda v: v[:, ::-1]),
        "permute": (games[:, :, [2, 0, 1]], lambda v: v),
        "duplicate": (games[:, :, [0, 1, 2, 1]], lambda v: v),
    }
    for name, (other, back) in others.items():
        found = payoff_sets(other, delta)
        for k in range(len(games)):
            got = back(found.vertices[k, : found.count[k]])
            want = base.vertices[k, : base.count[k]]
            assert same_set(got, want, 1e-6), (name, games[k].tolist())


def test_sets_grow_with_delta_and_warm_starts_change_nothing():
    games = random_games(21, 80, (3, 3))
    deltas = [0.1, 0.25, 0.4, 0.6, 0.8, 0.95]
    warm = sweep_payoff_sets(games, deltas, vertices=True)
    cold = sweep_payoff_sets(games, deltas, vertices=True, warm=False)
    assert (warm.status == 0).all()
    for g in range(len(games)):
        for q in range(len(deltas)):
            here = warm.vertices[g, q, : warm.count[g, q]]
            assert same_set(here, cold.vertices[g, q, : cold.count[g, q]], 1e-7)
            alone = payoff_sets(games[g : g + 1], deltas[q])
            assert same_set(here, alone.vertices[0, : alone.count[0]], 1e-7)
            if q + 1 < len(deltas) and len(here):
                assert outside(here, warm.vertices[g, q + 1, : warm.count[g, q + 1]]) < 1e-7
    bare = sweep_payoff_sets(games, deltas)
    np.testing.assert_allclose(bare.punishment, warm.punishment, atol=1e-12)


@pytest.mark.parametrize("delta", [0.3, 0.6, 0.9])
def test_sets_generate_themselves(delta):
    """Every vertex is some profile now and a point of the set next, obeyed by both."""
    games = random_games(26, 90, (3, 3))
    found = payoff_sets(games, delta, tol=1e-11)
    for g in range(len(games)):
        vertices = found.vertices[g, : found.count[g]]
        if len(vertices):
            for way in generators(games[g], delta, vertices, found.punishment[g]):
                assert way.slack > -1e-8
                mean = (1 - delta) * games[g].reshape(2, -1)[:, way.profile]
                assert mean + delta * way.continuation == pytest.approx(way.payoff)


def whole_operator(game, delta, region):
    """All payoffs that a set generates, by clipping, from its own worst payoffs as threats."""
    u = game.reshape(2, -1).T
    gain = np.stack([game[0].max(axis=0) - game[0], game[1].max(axis=1)[:, None] - game[1]])
    least, points = region.min(axis=0), []
    for a, h in zip(u, gain.reshape(2, -1).T, strict=True):
        part = [tuple(p) for p in region]
        for i in (0, 1):
            # Loosened by what the set itself is accurate to.
            part = cut(part, i, least[i] + (1 - delta) / delta * h[i] - 1e-8) if part else part
        points += [(1 - delta) * a + delta * np.array(w) for w in part]
    return np.array(chain([tuple(p) for p in points])) if points else np.empty((0, 2))


@pytest.mark.parametrize("delta", [0.3, 0.6, 0.9, 0.95])
def test_sets_are_what_they_generate(delta):
    """A fixed point of the operator of Abreu, Pearce and Stacchetti, computed by other means."""
    games = random_games(28, 60, (3, 3))
    found = payoff_sets(games, delta, tol=1e-11)
    assert (found.status == 0).all()
    for g in range(len(games)):
        vertices = found.vertices[g, : found.count[g]]
        if len(vertices):
            image = whole_operator(games[g], delta, vertices)
            assert same_set(image, vertices, 1e-6), games[g].tolist()


@pytest.mark.parametrize("tol", [1e-2, 1e-3, 1e-4, 1e-6])
def test_coarse_sets_are_no_shadows_of_empty_ones(tol):
    """Just below a jump the first steps look like those of a set that is there."""
    rng = np.random.default_rng(29)
    games = rng.integers(0, 6, (4000, 2, 3, 3)).astype(float)
    target = games.sum(axis=1).reshape(len(games), -1).argmax(axis=1)
    star = critical_delta(games, target)
    jumps = (star.solves > 3) & np.isfinite(star.value) & (star.status == 0)
    assert jumps.sum() > 40
    games, value = games[jumps], star.value[jumps]
    span = np.ptp(games.reshape(len(games), 2, -1), axis=2)
    for short in (1e-2, 1e-4, 1e-6):
        fine = payoff_sets(games, value * (1 - short), tol=1e-12)
        coarse = payoff_sets(games, value * (1 - short), tol=tol)
        sure = (fine.status == 0) & (coarse.status == 0)
        assert sure.sum() > 0.9 * len(games)
        assert ((coarse.count > 0) == (fine.count > 0))[sure].all()
        both = sure & (fine.count > 0)
        error = np.abs(coarse.punishment - fine.punishment)[both] / span[both]
        assert error.max() <= 50 * tol


def test_order_of_deltas_does_not_matter():
    games = random_games(22, 10, (2, 2))
    up = sweep_payoff_sets(games, [0.2, 0.5, 0.9])
    mixed = sweep_payoff_sets(games, [0.5, 0.9, 0.2])
    np.testing.assert_array_equal(up.punishment[:, [1, 2, 0]], mixed.punishment)


def test_gap_bounds_the_error():
    games = random_games(23, 400, (2, 2))
    coarse = payoff_sets(games, 0.9, tol=1e-5)
    fine = payoff_sets(games, 0.9, tol=1e-11)
    both = (coarse.count > 0) & (fine.count > 0)
    span = np.ptp(games.reshape(len(games), 2, -1), axis=2).max(axis=1)
    error = np.abs(coarse.punishment - fine.punishment).max(axis=1)[both] / span[both]
    assert (error <= 10 * coarse.gap[both] + 1e-9).all()


# ---- fractions ----------------------------------------------------------------------


def exact(game, delta, **options):
    table = np.frompyfunc(Fraction, 1, 1)(np.asarray(game, dtype=object))
    return exact_payoff_set(np.asarray(table, dtype=object), Fraction(delta), **options)


def test_exact_knife_edges():
    game = [[[2, 4], [5, 1]], [[3, 1], [4, 5]]]
    on = exact(game, Fraction(2, 3))
    assert on.vertices == ((Fraction(14, 3), 3), (5, 4))
    assert on.gap == 0
    assert exact(game, Fraction(2, 3) - Fraction(1, 10**40)).vertices == ()
    pd = PD.astype(int)
    assert exact(pd, Fraction(1, 7)).vertices == ((3, 3), (9, 9))
    assert exact(pd, Fraction(1, 7) - Fraction(1, 10**40)).vertices == ((3, 3),)
    assert set(exact(pd, Fraction(1, 4)).vertices) == {
        (3, 3),
        (Fraction(39, 4), 3),
        (9, 9),
        (3, Fraction(39, 4)),
    }


def test_exact_sets_generate_themselves_and_equal_the_float_ones():
    rng = np.random.default_rng(24)
    exactly = 0
    for _ in range(40):
        shape = (2, int(rng.integers(2, 4)), 2)
        game = rng.integers(0, 6, shape)
        delta = Fraction(int(rng.integers(1, 10)), 10)
        found = exact(game, delta)
        got = payoff_sets(game[None].astype(float), float(delta))
        count = got.count[0]
        if found.status == 0:
            want = np.array([[float(x) for x in p] for p in found.vertices])
            assert same_set(got.vertices[0, :count], want, 1e-7)
        if found.gap == 0 and found.vertices:
            exactly += 1
            table = np.asarray(np.frompyfunc(Fraction, 1, 1)(game.astype(object)), dtype=object)
            assert set(generated(table, list(found.vertices), delta)) == set(found.vertices)
    assert exactly > 15


def test_exact_set_that_only_converges_is_enclosed():
    found = exact(PD.astype(int), Fraction(2475, 10000))
    assert found.status == 0
    assert 0 < found.gap < 1e-8
    assert max(p[0] for p in found.inner) < max(p[0] for p in found.vertices)
    assert float(max(p[0] for p in found.vertices)) == pytest.approx(9.523097071813089)


def test_exact_set_is_proved_by_a_plan_where_guesses_fail():
    game = [[[2, 1, 5], [4, 1, 4], [1, 0, 4]], [[0, 5, 4], [5, 3, 3], [2, 4, 1]]]
    found = exact(game, Fraction(3, 5), max_iter=80)
    assert found.status == 0
    assert 0 < found.gap < 5e-9
    assert len(found.inner) == 4
    table = np.asarray(np.frompyfunc(Fraction, 1, 1)(np.array(game)), dtype=object)
    values = proved_payoffs(table, Fraction(3, 5))
    floats = payoff_sets(np.array([game], dtype=float), 0.6)
    assert same_set(np.array(values, dtype=float), floats.vertices[0, : floats.count[0]], 1e-8)
    # Generated from themselves, in fractions.
    inner = hull([tuple(v) for v in values])
    image = generated(table, inner, Fraction(3, 5))
    assert outside(np.array(inner, dtype=float), np.array(image, dtype=float)) < 1e-12


@pytest.mark.slow
def test_exact_sets_of_integer_games_are_proved():
    rng = np.random.default_rng(27)
    for _ in range(150):
        found = exact(rng.integers(0, 6, (2, 3, 3)), Fraction(int(rng.integers(1, 10)), 10))
        assert found.status == 0
        assert found.gap <= 5e-9


@pytest.mark.filterwarnings("error")
def test_ways_of_exact_sets_whose_vertices_meet_as_doubles():
    rng = np.random.default_rng(1)
    rng.random((2, 3, 3))
    found = RepeatedGame(Game(rng.random((2, 3, 3))), 0.6).spe_payoffs(exact=True)
    assert len(found.generators) == len(found.vertices) > 0
    square = np.array([[0.0, 0], [0, 0], [1, 0], [1, 1], [0, 1]])
    assert _depth(square, np.array([[0.5, 0.25], [2, 0.5]])).tolist() == [0.25, -1]
    assert _depth(square[:2], np.array([[0.0, 3]])).tolist() == [-3]


# ---- array bounds -------------------------------------------------------------------

_BOUNDS = """
import numpy as np
from hedging.repeated import kernels
from hedging.repeated.hyperplanes import enclose
from hedging.repeated.optimal_penal_code import critical_delta, sustainable
from hedging.repeated.payoff_set import payoff_sets, sweep_payoff_sets
rng = np.random.default_rng(1)
for shape in ((1, 1), (2, 2), (3, 3), (1, 4), (5, 2)):
    games = rng.random((150, 2, *shape))
    games[::2] = rng.integers(0, 3, games[::2].shape)
    target = rng.integers(0, shape[0] * shape[1], 150)
    for delta in (0.0, 0.3, 0.6, 0.9):
        payoff_sets(games, delta)
        sustainable(games, target, delta)
    sweep_payoff_sets(games, [0.2, 0.5, 0.8], vertices=True)
    critical_delta(games, target)
    kernels.nash_reversion(games), kernels.stick_and_carrot(games, target)
    kernels.bracket(games, target)
for shape in ((2, 2), (3, 1), (2, 2, 2), (3, 1, 2)):
    for delta in (0.0, 0.4, 0.9):
        enclose(rng.random((len(shape), *shape)), delta, tol=1e-3, refinements=2)
        enclose(rng.integers(0, 3, (len(shape), *shape)), delta, tol=1e-3, refinements=2)
print("sound")
"""


@pytest.mark.slow
def test_kernels_stay_within_their_arrays(tmp_path):
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _BOUNDS],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "sound", done.stderr[-2000:]
