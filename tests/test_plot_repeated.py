"""Pictures of patience: that they say what the numbers say, and that nothing covers the data."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.contour import QuadContourSet
from matplotlib.patches import Polygon

import hedging as hg
from hedging.errors import Status
from hedging.families.patient_hedging import critical_delta_partners
from hedging.words import in_words, percent

DIVISION = hg.catalogue["sphere_division"]
QUIET = {"A": "respect", "B": "respect"}
JUMP = hg.Game.from_bimatrix([[2, 4], [5, 1]], [[3, 1], [4, 5]])


@pytest.fixture(autouse=True)
def _figures_closed():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def swept(report, model=DIVISION, profile=None, **options):
    axes = {n: options.pop(n) for n in list(options) if isinstance(options[n], tuple)}
    profile = QUIET if profile is None else profile
    return hg.sweep(
        model, hg.grid(**axes), report=report, profile=profile, progress=False, **options
    )


def legend(ax):
    return [" ".join(text.get_text().split()) for text in ax.get_legend().get_texts()]


def mesh_of(ax):
    (mesh,) = [c for c in ax.collections if isinstance(c, QuadMesh)]
    return mesh.get_array()


def assert_nothing_covers_the_data(ax):
    figure = ax.get_figure()
    figure.canvas.draw()
    frame, below = ax.get_window_extent(), ax.get_legend().get_window_extent()
    assert below.y1 < frame.y0
    assert below.x0 >= -1
    assert below.y0 >= -1
    assert below.x1 <= figure.bbox.width + 1
    for label in (ax.xaxis.label, ax.yaxis.label):
        box = label.get_window_extent()
        assert not box.overlaps(below)
        assert box.x0 >= -1


# -- maps -----------------------------------------------------------------------------------


def test_map_of_critical_discount_factors():
    ds = swept(
        "critical_delta",
        capture_share_a=(0, 0.6, 31),
        capture_share_b=(0, 0.6, 41),
        punishment="optimal_penal_code",
    )
    ax = hg.plot.critical_delta(
        ds, mark={"capture_share_a": 0.2, "capture_share_b": 0.18, "label": "the case"}
    )
    values = ds["critical_delta"].values.T
    between = (values > 0) & np.isfinite(values)
    painted = mesh_of(ax)
    np.testing.assert_array_equal(~np.ma.getmaskarray(painted), between)
    np.testing.assert_array_equal(painted[between], values[between])
    lines = [c for c in ax.collections if isinstance(c, QuadContourSet) and not c.filled]
    assert len(lines) == 1
    assert {round(level, 9) for level in lines[0].levels} == {0.2, 0.4, 0.6, 0.8}
    assert {t.get_text() for t in ax.texts} <= {"0.2", "0.4", "0.6", "0.8"}
    assert ax.texts
    assert legend(ax) == [
        "from this $\\delta$ on, A and B respect in every period if deviations meet any credible "
        "punishment",
        f"no patience needed: an equilibrium of the stage game ({percent(np.mean(values == 0))})",
        f"no patience suffices ({percent(np.mean(np.isinf(values)))})",
        "the case",
    ]
    (bar,) = ax.child_axes
    assert "critical discount factor" in bar.get_ylabel()
    assert bar.get_window_extent().x0 > ax.get_window_extent().x1
    assert_nothing_covers_the_data(ax)


def test_a_map_with_one_kind_of_answer():
    never = swept("critical_delta", capture_share_a=(0.5, 0.6, 5), capture_share_b=(0, 0.05, 5))
    ax = hg.plot.critical_delta(never)
    assert np.ma.getmaskarray(mesh_of(ax)).all()
    assert legend(ax) == ["no patience suffices (100 %)"]
    idle = swept("critical_delta", capture_share_a=(0, 0.1, 5), capture_share_b=(0, 0.05, 5))
    assert legend(hg.plot.critical_delta(idle)) == [
        "no patience needed: an equilibrium of the stage game (100 %)"
    ]


def test_curve_of_critical_discount_factors():
    ds = swept("critical_delta", capture_share_b=(0, 0.6, 61), punishment="optimal_penal_code")
    ax = hg.plot.critical_delta(ds)
    x, y = ax.lines[0].get_data()
    values = ds["critical_delta"].values
    np.testing.assert_array_equal(x, ds["capture_share_b"])
    np.testing.assert_array_equal(y, np.where(np.isfinite(values), values, np.nan))
    assert legend(ax)[0].startswith("$\\delta^*$: from this $\\delta$ on, A and B respect")
    assert legend(ax)[1].startswith("no patience suffices (")
    assert ax.get_ylim() == (0, 1)
    assert_nothing_covers_the_data(ax)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Nash reversion"),
        ({"punishment": "finite", "periods": 2}, "a punishment of 2 periods"),
        ({"punishment": "transfers"}, "punishment with side payments"),
    ],
)
def test_the_punishment_is_named(options, words):
    ds = swept("critical_delta", capture_share_b=(0.1, 0.2, 5), **options)
    assert legend(hg.plot.critical_delta(ds))[0].endswith(words)


def test_map_of_what_is_sustainable():
    ds = swept("sustainable", capture_share_a=(0, 0.6, 31), capture_share_b=(0, 0.6, 41), delta=0.5)
    ax = hg.plot.sustainable(ds)
    np.testing.assert_array_equal(mesh_of(ax), ds["sustainable"].values.T)
    yes = percent(float((ds["sustainable"] == 1).mean()))
    assert legend(ax)[0] == (
        "sustainable: A and B respect in every period at $\\delta$ = 0.5, by any credible "
        f"punishment ({yes})"
    )
    assert [text.split(" (")[0] for text in legend(ax)[1:]] == ["not sustainable"]
    assert_nothing_covers_the_data(ax)


def test_patience_as_an_axis_and_as_a_slice():
    ds = swept("sustainable", capture_share_b=(0, 0.6, 31), delta=(0, 0.95, 20))
    ax = hg.plot.sustainable(ds)
    assert ax.get_ylabel() == "delta: discount factor of the players"
    assert "every period, by any" in legend(ax)[0]
    strip = hg.plot.sustainable(ds.sel(delta=0.5, method="nearest"))
    assert "at $\\delta$ = 0.5" in legend(strip)[0]
    assert not strip.get_yticks().size


def test_what_is_undecided_has_a_colour_of_its_own():
    triad = hg.catalogue["triadic_hedging"]
    ds = swept(
        ("sustainable", "critical_delta"),
        triad,
        ("hedge", "accommodate", "accommodate"),
        rivalry=(2, 5, 13),
        immunity=(0, 0.5, 11),
        delta=0.6,
    )
    assert (ds["sustainable"] == 2).any()
    texts = legend(hg.plot.sustainable(ds))
    assert [text.split(":")[0].split(" (")[0] for text in texts] == [
        "sustainable",
        "not sustainable",
        "undecided",
    ]
    assert any("only bounds are known" in text for text in legend(hg.plot.critical_delta(ds)))
    band = hg.plot.critical_delta(ds.isel(immunity=0))
    assert "between the bounds that are known" in legend(band)
    ds["status"][0, 0] = Status.NONFINITE
    assert any("payoffs are not finite" in text for text in legend(hg.plot.sustainable(ds)))


@pytest.mark.parametrize("draw", [hg.plot.critical_delta, hg.plot.sustainable])
def test_datasets_that_cannot_be_drawn(draw):
    name = draw.__name__
    other = hg.sweep(DIVISION, hg.grid(friction=[0.1]), progress=False)
    with pytest.raises(hg.HedgingTypeError, match=f"report='{name}'"):
        draw(other)
    box = {"capture_share_a": (0, 0.6, 2), "capture_share_b": (0, 0.6, 2), "friction": (0, 0.1, 2)}
    three = swept((name, "sustainable"), **box, delta=0.5)
    with pytest.raises(hg.ParameterError, match=r"ds.sel\(friction"):
        draw(three)


def test_drawing_into_axes_that_exist():
    figure, (left, right) = plt.subplots(1, 2)
    ds = swept(("critical_delta", "sustainable"), capture_share_b=(0, 0.6, 7), delta=0.5)
    assert hg.plot.critical_delta(ds, left) is left
    assert hg.plot.sustainable(ds, ax=right) is right
    assert hg.plot.partners(ax=left) is left
    assert hg.plot.payoff_set(hg.RepeatedGame(JUMP), right) is right
    assert plt.get_fignums() == [figure.number]


# -- payoffs ----------------------------------------------------------------------------------


def polygons(ax):
    """Corners of the filled sets, by label."""
    return {p.get_label(): p.get_xy()[:-1] for p in ax.patches if isinstance(p, Polygon)}


def line_of(ax, start):
    (line,) = [x for x in ax.lines if str(x.get_label()).startswith(start)]
    return np.column_stack(line.get_data())


def test_payoffs_of_the_patient_hedger():
    r = hg.RepeatedGame(hg.catalogue["patient_hedging"](), 0.4)
    ax = hg.plot.payoff_set(r)
    drawn = polygons(ax)
    expected = {
        "feasible payoffs": r.feasible_payoffs(),
        "individually rational payoffs": r.feasible_payoffs(individually_rational=True),
        "equilibrium payoffs $V(\\delta)$, $\\delta$\u00a0=\u00a00.4": r.spe_payoffs().vertices,
    }
    assert set(drawn) == set(expected)
    for label, corners in expected.items():
        np.testing.assert_allclose(drawn[label], corners)
    np.testing.assert_allclose(line_of(ax, "minmax payoffs"), [list(r.minmax().values())])
    least = r.spe_payoffs().punishment_payoffs
    np.testing.assert_allclose(line_of(ax, "optimal penal payoffs"), [list(least.values())])
    np.testing.assert_allclose(line_of(ax, "stage equilibrium:"), [[0, 0]])
    assert len(line_of(ax, "stage payoffs:")) == 3
    assert sorted(t.get_text() for t in ax.texts) == ["1", "2", "3", "4"]
    assert f"stage equilibrium: 4 {in_words('tilt|pressure', 'MX')}" in legend(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "payoff of M per period",
        "payoff of X per period",
    )
    assert_nothing_covers_the_data(ax)
    for text in ax.texts:
        box = text.get_window_extent()
        frame = ax.get_window_extent()
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1
        assert frame.y0 <= box.y0
        assert box.y1 <= frame.y1


@pytest.mark.parametrize(
    ("game", "delta", "kinds"),
    [
        (JUMP, 0.6, ["equilibrium payoffs $V(\\delta)$, $\\delta$ = 0.6: empty"]),
        (JUMP, "2/3", ["equilibrium payoffs $V(\\delta)$, $\\delta$ = 0.667: a segment"]),
        (
            hg.Game.from_bimatrix([[2, 0], [0, 1]], [[2, 0], [0, 1]]),
            0.5,
            [
                "feasible payoffs: a segment",
                "individually rational payoffs: a segment",
                "equilibrium payoffs $V(\\delta)$, $\\delta$ = 0.5: a segment",
            ],
        ),
        (
            hg.Game.from_bimatrix([[3, 3], [3, 3]], [[1, 1], [1, 1]]),
            0.5,
            [
                "feasible payoffs: a point",
                "individually rational payoffs: a point",
                "equilibrium payoffs $V(\\delta)$, $\\delta$ = 0.5: a point",
            ],
        ),
        (
            hg.Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]]),
            0.9,
            [
                "feasible payoffs: a segment",
                "individually rational payoffs: empty",
                "equilibrium payoffs $V(\\delta)$, $\\delta$ = 0.9: empty",
            ],
        ),
    ],
)
def test_thin_and_empty_sets(game, delta, kinds):
    ax = hg.plot.payoff_set(hg.RepeatedGame(game, delta))
    for kind in kinds:
        assert kind in legend(ax)
    assert any("optimal penal" in text for text in legend(ax)) != kinds[-1].endswith("empty")
    assert_nothing_covers_the_data(ax)


def test_feasible_payoffs_alone_and_equilibria_alone():
    r = hg.RepeatedGame(hg.catalogue["patient_hedging"]())
    assert set(polygons(hg.plot.payoff_set(r))) == {
        "feasible payoffs",
        "individually rational payoffs",
    }
    found = hg.RepeatedGame(hg.catalogue["patient_hedging"](), 0.6).spe_payoffs()
    ax = hg.plot.payoff_set(found)
    (corners,) = polygons(ax).values()
    np.testing.assert_allclose(corners, found.vertices)
    assert ax.get_xlabel() == "payoff of M per period"
    exact = hg.RepeatedGame(JUMP, "2/3").spe_payoffs(exact=True)
    assert legend(hg.plot.payoff_set(exact))[0].endswith("a segment")


def test_payoffs_that_cannot_be_drawn():
    with pytest.raises(hg.HedgingTypeError, match="give RepeatedGame"):
        hg.plot.payoff_set(JUMP)
    three = hg.RepeatedGame(hg.catalogue["triadic_hedging"](), 0.5)
    with pytest.raises(hg.GameError, match="two players"):
        hg.plot.payoff_set(three)


# -- partners ---------------------------------------------------------------------------------


def test_partners_in_conflict():
    ax = hg.plot.partners(12, false_alarm=[0, 0.15], tie_value=0.25)
    lines = [line for line in ax.lines if line.get_label().startswith(("no false", "false"))]
    assert len(lines) == 2
    for line, noise in zip(lines, (0, 0.15), strict=True):
        n, delta = line.get_data()
        np.testing.assert_array_equal(n, np.arange(1, 13))
        np.testing.assert_allclose(delta, critical_delta_partners(n, false_alarm=noise))
    expected = critical_delta_partners(np.arange(1, 13), false_alarm=0.15)
    (least,) = [line for line in ax.lines if line.get_gid() == "least"]
    assert least.get_xdata() == [1 + expected.argmin()]
    assert least.get_ydata() == [expected.min()]
    (beyond,) = ax.patches
    np.testing.assert_allclose(beyond.get_corners()[[0, 2], 1], [1, ax.get_ylim()[1]])
    assert beyond.get_hatch()
    assert legend(ax) == [
        "no false alarms: still falling at n = 12, $\\delta^*$ = 0.21",
        f"false alarms 15 % per partner: least patience at n = {1 + expected.argmin()}, "
        f"$\\delta^*$ = {expected.min():.2f}",
        "$\\delta^* > 1$: no patience suffices",
    ]
    assert_nothing_covers_the_data(ax)


def test_noise_that_tells_nothing():
    ax = hg.plot.partners([1, 2, 5], false_alarm=0.7)
    assert legend(ax)[0] == "false alarms 70 % per partner: impossible at any n here"
    assert np.isnan(ax.lines[1].get_ydata()).all()


@pytest.mark.parametrize(
    "options", [{"n": 0}, {"n": [1.5, 2]}, {"false_alarm": 2}, {"false_alarm": []}]
)
def test_partners_that_make_no_sense(options):
    with pytest.raises(hg.ParameterError):
        hg.plot.partners(**options)


def test_an_empty_set_alone_says_so():
    r = hg.RepeatedGame(JUMP, 0.6)
    said = "no subgame-perfect equilibrium"
    ax = hg.plot.payoff_set(r.spe_payoffs())
    assert any(said in text.get_text() for text in ax.texts)
    # Where something else is drawn the legend is enough.
    assert not any(said in text.get_text() for text in hg.plot.payoff_set(r).texts)
