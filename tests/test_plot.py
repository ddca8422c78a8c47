"""Pictures: that they say what the data say, and that nothing lies on top of anything."""

import json
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import hedging as hg
from hedging.errors import Status
from hedging.plot import critical, reply_curves
from hedging.words import in_words, percent, region_in_words


@pytest.fixture(autouse=True)
def _figures_closed():
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    yield
    plt.close("all")


def pressing_model(**changes):
    """A presses a hedger where that pays; its two critical values are one curve.

    With stakes scaled by rivalry R, pressing gains R (0.3 (1 - mu) - 0.12) - 0.12.
    """
    gain = "rivalry*(0.3*(1 - immunity) - 0.12) - 0.12"
    settings = {
        "players": ("M", "A"),
        "actions": (("hedge", "align_a"), ("accommodate", "pressure")),
        "parameters": [
            hg.Parameter("rivalry", 1, 0, 5, "intensity of the rivalry", symbol="R"),
            hg.Parameter(
                "immunity", 0.35, 0, 1, "share of coercion a hedger escapes", unit="share"
            ),
            hg.Parameter("patience", 0.5, 0, 1, "how long M waits"),
        ],
        "payoffs": {"M": [["1", "1"], ["0", "0"]], "A": [["0", gain], ["0", "-1"]]},
        "curves": {
            "R*": hg.Curve(
                "rivalry",
                "0.12/(0.3*(1 - immunity) - 0.12)",
                "A begins to press",
                "R^*",
                "0.3*(1 - immunity) > 0.12",
            ),
            "mu*": hg.Curve(
                "immunity",
                "1 - (0.12/rivalry + 0.12)/0.3",
                "A begins to press",
                r"\mu^*",
                "rivalry > 0",
            ),
        },
    }
    return hg.Model("pressing", **(settings | changes))


def swept(**axes):
    axes = axes or {"rivalry": (0, 5, 41), "immunity": (0, 1, 31)}
    return hg.sweep(pressing_model(), hg.grid(**axes), progress=False)


def made_up(codes, table, status=None, dims=("x", "y")):
    """A Dataset like a sweep's, with the codes given."""
    codes = np.asarray(codes)
    coords = {d: (d, np.linspace(0, 1, n)) for d, n in zip(dims, codes.shape, strict=True)}
    status = np.zeros(codes.shape, np.uint8) if status is None else status
    model = pressing_model().to_dict()
    note = {"format": 1, "model": model, "fixed": {}, "design": {"kind": "grid", "axes": []}}
    return xr.Dataset(
        {
            "region": (dims, codes.astype(np.uint8), {"supports": json.dumps(table)}),
            "status": (dims, status),
        },
        coords=coords,
        attrs={"hedging": json.dumps(note)},
    )


def legend_texts(ax):
    # Line breaks and no-break spaces are layout, not content.
    return [" ".join(text.get_text().split()) for text in ax.get_legend().get_texts()]


# -- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("support", "players", "words"),
    [
        ("hedge|accommodate|accommodate", "MAB", "M hedges, A and B accommodate"),
        ("hedge|pressure|accommodate", "MAB", "M hedges, A presses, B accommodates"),
        ("respect|respect", "AB", "A and B respect"),
        ("align_b|accommodate", "MA", "M aligns with B, A accommodates"),
        (
            "align_a+hedge|pressure",
            "MA",
            "M mixes aligning with A and hedging, A presses",
        ),
        (
            "align_a+hedge+align_b|accommodate+pressure|accommodate+pressure",
            "MAB",
            "M mixes aligning with A, hedging and aligning with B, "
            "A and B mix accommodating and pressing",
        ),
        ("up|left", "RC", "R plays up, C plays left"),
        ("x|x|x", "RCT", "R, C and T play x"),
        ("not a label of two", "RC", "not a label of two"),
    ],
)
def test_one_equilibrium_in_words(support, players, words):
    assert in_words(support, list(players)) == words


def test_several_equilibria_in_words():
    words = region_in_words(["hedge|pressure", "align_a|pressure"], ["M", "A"])
    assert words == "two equilibria: M hedges, A presses; or M aligns with A, A presses"
    assert region_in_words([], ["M", "A"]) == "none found, though one must exist"


@pytest.mark.parametrize(
    ("share", "text"),
    [(1, "100 %"), (0.996, "99.6 %"), (0.623, "62 %"), (0.04, "4.0 %"), (1e-5, "< 0.1 %")],
)
def test_percentages_never_round_to_all_or_nothing(share, text):
    assert percent(share) == text


# -- dependencies ---------------------------------------------------------------------------


def test_importing_plot_does_not_load_matplotlib():
    code = "import sys, hedging.plot, hedging.cli; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("name", ["regions", "best_responses"])
def test_without_matplotlib_one_line_says_what_to_type(monkeypatch, name):
    subject = swept() if name == "regions" else pressing_model()()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(hg.MissingDependencyError, match=r"pip install 'hedging\[plot\]'"):
        getattr(hg.plot, name)(subject)


# -- region maps ----------------------------------------------------------------------------


def test_every_cell_has_the_colour_its_legend_gives_it():
    ds = swept()
    ax = hg.plot.regions(ds)
    mesh = ax.collections[0]
    colours = mesh.cmap(mesh.norm(mesh.get_array())).reshape(31, 41, 4)
    words = legend_texts(ax)
    patches = ax.get_legend().get_patches()
    table = {int(k): v for k, v in json.loads(ds.region.attrs["supports"]).items()}
    for i, j in [(0, 0), (40, 0), (40, 30), (20, 10)]:
        phrase = region_in_words(
            table[int(ds.region[i, j])], pressing_model().players, pressing_model().actions
        )
        entry = next(k for k, text in enumerate(words) if f" {phrase} (" in text)
        assert np.allclose(colours[j, i], patches[entry].get_facecolor())


def test_axes_are_named_by_meaning_and_unit():
    ax = hg.plot.regions(swept())
    assert " ".join(ax.get_xlabel().split()) == "rivalry: intensity of the rivalry"
    y = " ".join(ax.get_ylabel().split())
    assert y == "immunity: share of coercion a hedger escapes (share)"
    assert ax.get_xlim() == (0, 5)
    assert ax.get_ylim() == (0, 1)


def wordy():
    """A map whose legend is long."""
    model = hg.catalogue["alliance_dilemma"]
    grid = hg.grid(value_client=(0.2, 2, 31), value_patron=(0.2, 2, 31))
    return hg.sweep(model, grid, progress=False)


@pytest.mark.parametrize("make", [swept, wordy])
def test_nothing_lies_on_top_of_anything(make):
    ds = make()
    corner = {dim: float(ds[dim][-2]) for dim in ds.region.dims}
    ax = hg.plot.regions(ds, mark=corner | {"label": "a case"})
    figure = ax.figure
    figure.canvas.draw()
    legend, frame = ax.get_legend().get_window_extent(), ax.get_window_extent()
    page = figure.bbox
    assert legend.y1 < ax.xaxis.label.get_window_extent().y0 < frame.y0
    assert legend.y0 >= 0
    assert legend.x0 >= 0
    assert legend.x1 <= page.x1
    assert ax.yaxis.label.get_window_extent().x0 >= 0
    assert all(text.get_window_extent().x1 <= page.x1 for text in ax.texts)
    sizes = [t.get_fontsize() for t in [*ax.get_legend().get_texts(), *ax.get_xticklabels()]]
    assert min(sizes) >= 6


def test_draws_where_it_is_told_and_makes_no_figure(monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda *a, **k: pytest.fail("show was called"))
    mine = Figure().add_subplot()
    assert hg.plot.regions(swept(), mine) is mine
    games = pressing_model()()
    other = Figure().add_subplot()
    assert hg.plot.best_responses(games, other) is other
    assert plt.get_fignums() == []


def test_critical_line_is_the_border_of_the_sweep():
    ds = swept(rivalry=(0.01, 5, 97), immunity=(0, 1, 61))
    ax = hg.plot.regions(ds)
    (line,) = ax.lines  # R* and mu* are one curve, drawn once
    x, y = line.get_data()
    drawn = np.isfinite(x) & np.isfinite(y)
    quiet = ds.region.values == int(ds.region.sel(rivalry=1, immunity=0.9, method="nearest"))
    r, mu = ds.rivalry.values, ds.immunity.values
    for j in range(0, 61, 5):
        critical_r = np.interp(mu[j], y[drawn], x[drawn]) if mu[j] < y[drawn].max() else np.inf
        holds = quiet[:, j]
        assert not (holds & (r > critical_r + 0.06)).any()
        assert not (~holds & (r < critical_r - 0.06)).any()
    label = legend_texts(ax)[-1]
    both = r"critical rivalry $R^*$ and critical immunity $\mu^*$ are this one curve"
    assert label == f"{both}: A begins to press"
    assert not hg.plot.regions(ds, curves=False).lines


def test_slices_keep_their_critical_values():
    ds = swept(rivalry=(0, 5, 11), patience=(0, 1, 3), immunity=(0, 1, 5))
    strip = ds.sel(patience=0.5, immunity=0.25)
    assert critical.fixed_values(strip) == {"patience": 0.5, "immunity": 0.25}
    (line,) = hg.plot.regions(strip).lines
    assert line.get_xdata() == pytest.approx([0.12 / 0.105] * 2)


def test_a_pole_leaves_no_line_across_the_map():
    lines = critical.drawable(swept(), ("rivalry", "immunity"), pressing_model())
    for line in lines:
        jumps = np.abs(np.diff(line.y))
        assert not (jumps[np.isfinite(jumps)] > 0.2).any()


@pytest.mark.parametrize("upright", ["rivalry", "immunity"])
def test_a_curve_with_two_names_has_the_words_of_the_upright_one(upright):
    model = hg.catalogue["triadic_hedging"]
    axes = {"rivalry": (0, 5, 5), "immunity": (0, 1, 5)}
    axes[upright] = axes.pop(upright)  # now last
    ds = hg.sweep(model, hg.grid(**axes), progress=False)
    lines = critical.drawable(ds, tuple(axes), model)
    (line,) = (line for line in lines if len(line.names) == 2)
    assert (
        line.meaning == model.curves[{"rivalry": "R_star", "immunity": "mu_star"}[upright]].meaning
    )


@pytest.mark.parametrize("label", ["", "Kazakhstan 2015-2019 (rivalry: default)", "5 $ a day"])
def test_the_mark_is_explained_in_the_legend_and_nothing_on_the_map(label):
    ds = swept()
    plain, marked = (
        hg.plot.regions(ds),
        hg.plot.regions(ds, mark={"rivalry": 1, "immunity": 0.35, "label": label}),
    )
    extra = legend_texts(marked)[len(legend_texts(plain)) :]
    assert [text.replace("\\", "") for text in extra] == ([label] if label else [])
    assert len(marked.lines) == len(plain.lines) + 1
    assert all(text.get_text().isdigit() for text in marked.texts)
    outside = hg.plot.regions(ds, mark={"rivalry": 9, "immunity": 0.35, "label": "far"})
    assert "far" not in legend_texts(outside)


def test_numbers_stand_inside_their_regions_clear_of_curve_and_mark():
    ds = swept(rivalry=(0, 5, 201), immunity=(0, 1, 201))
    ax = hg.plot.regions(ds, mark={"rivalry": 1, "immunity": 0.35, "label": "case"})
    ax.figure.canvas.draw()
    assert {text.get_text() for text in ax.texts} == {"1", "2"}
    ranks = {int(row.code): str(rank + 1) for rank, row in enumerate(hg.regions(ds).itertuples())}
    drawn = np.concatenate([line.get_transform().transform(line.get_xydata()) for line in ax.lines])
    for text in ax.texts:
        box = text.get_window_extent()
        middle = [0.5 * (box.x0 + box.x1), 0.5 * (box.y0 + box.y1)]
        for corner in [middle, *box.corners().tolist()]:
            x, y = ax.transData.inverted().transform(corner)
            here = ds.region.sel(rivalry=x, immunity=y, method="nearest")
            assert ranks[int(here)] == text.get_text()
        assert not any(box.contains(*point) for point in drawn[np.isfinite(drawn).all(axis=1)])


def test_a_thin_region_has_a_smaller_number_or_none():
    def numbered(width):
        codes = np.ones((400, 400), int)
        codes[:, 200 : 200 + width] = 2
        ax = hg.plot.regions(made_up(codes, {"1": ["a|b"], "2": ["c|d"]}), curves=False)
        return {text.get_text(): text.get_fontsize() for text in ax.texts}

    assert numbered(60)["2"] == 8
    assert 5 <= numbered(11)["2"] < 8
    assert "2" not in numbered(3)


def test_axes_in_any_order_give_one_map():
    ds = swept(rivalry=(0, 5, 6), immunity=(0, 1, 5))
    shuffled = ds.isel(rivalry=[3, 0, 5, 1, 4, 2])
    first = hg.plot.regions(ds).collections[0].get_array()
    assert np.array_equal(first, hg.plot.regions(shuffled).collections[0].get_array())


def test_one_dimension_is_a_strip():
    ax = hg.plot.regions(swept(rivalry=(0, 5, 51)), mark={"rivalry": 1, "label": "here"})
    assert list(ax.get_yticks()) == []
    assert ax.get_xlabel().startswith("rivalry")


def test_one_point_is_drawn_too():
    assert hg.plot.regions(swept(rivalry=[1.0], immunity=[0.5])) is not None


def test_small_regions_are_gathered():
    codes = np.repeat(np.arange(1, 26), np.arange(25, 0, -1))
    codes = np.resize(codes, (25, 13))
    table = {str(k): [f"a{k}|b"] for k in range(1, 26)}
    texts = legend_texts(hg.plot.regions(made_up(codes, table), curves=False))
    assert len(texts) == 8
    assert "18 smaller regions, together (" in texts[-1]
    full = hg.plot.regions(made_up(codes, table), curves=False, max_regions=25)
    looks = {(p.get_facecolor(), p.get_hatch()) for p in full.get_legend().get_patches()}
    assert len(looks) == len(legend_texts(full)) == 25


@pytest.mark.parametrize("status", [s for s in Status if s != Status.OK])
def test_doubtful_points_are_hatched_and_keep_their_colour(status):
    marks = np.zeros((6, 5), np.uint8)
    marks[:3] = status
    plain = made_up(np.ones((6, 5)), {"1": ["hedge|pressure"]})
    doubtful = made_up(np.ones((6, 5)), {"1": ["hedge|pressure"]}, marks)
    before, after = (hg.plot.regions(ds, curves=False) for ds in (plain, doubtful))
    assert np.array_equal(before.collections[0].get_array(), after.collections[0].get_array())
    assert len(after.collections) == len(before.collections) + 1
    assert after.collections[-1].hatches
    # An outline says where the hatch ends, however thin the area is.
    assert max(after.collections[-1].get_linewidth()) > 0
    assert legend_texts(after)[-1].startswith(status.meaning.replace("_", " "))
    assert "(50 %)" in legend_texts(after)[-1]


def test_own_words_for_a_region():
    ax = hg.plot.regions(
        made_up(np.ones((3, 3)), {"1": ["hedge|pressure"]}), labels={1: "cold peace"}
    )
    assert legend_texts(ax) == ["1 cold peace (100 %)"]


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"mark": {"rivalry": 1}}, hg.UnknownNameError, "immunity"),
        ({"mark": {"rivalry": 1, "immunity": np.nan}}, hg.ParameterError, "finite"),
        ({"labels": {99: "x"}}, hg.UnknownNameError, "99"),
        ({"max_regions": 0}, hg.ParameterError, "max_regions"),
    ],
)
def test_wrong_options_are_named(change, kind, words):
    with pytest.raises(kind, match=words):
        hg.plot.regions(swept(), **change)


def test_what_cannot_be_a_map_is_refused():
    three = swept(rivalry=(0, 5, 3), immunity=(0, 1, 3), patience=(0, 1, 3))
    with pytest.raises(hg.ParameterError, match=r"ds\.sel\(patience"):
        hg.plot.regions(three)
    with pytest.raises(hg.ParameterError, match="leaves none"):
        hg.plot.regions(three.isel(rivalry=0, immunity=0, patience=0))
    sample = hg.sweep(pressing_model(), hg.sample(8, pressing_model(), rng=1), progress=False)
    with pytest.raises(hg.ParameterError, match="grid"):
        hg.plot.regions(sample)
    with pytest.raises(hg.HedgingTypeError, match="region"):
        hg.plot.regions(xr.Dataset())


def test_drawing_leaves_matplotlib_as_it_was():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    hg.plot.regions(swept())
    hg.plot.best_responses(pressing_model()())
    assert dict(mpl.rcParams) == before


def test_a_failed_drawing_leaves_no_figure(monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr("hedging.plot.region_map.put_legend", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        hg.plot.regions(swept())
    assert plt.get_fignums() == []


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_maps_can_be_written(tmp_path, suffix):
    ax = hg.plot.regions(swept(), mark={"rivalry": 1, "immunity": 0.35, "label": "case"})
    ax.figure.savefig(tmp_path / f"map.{suffix}")
    assert (tmp_path / f"map.{suffix}").stat().st_size > 1000


# -- best replies ---------------------------------------------------------------------------

entries = st.lists(st.integers(-3, 3), min_size=8, max_size=8)


def on_path(path, point):
    """Whether a point lies on a chain of axis-parallel segments."""
    if path is None:
        return True
    return any(
        np.all(point >= np.minimum(a, b) - 1e-12) and np.all(point <= np.maximum(a, b) + 1e-12)
        for a, b in pairwise(path)
    )


@settings(max_examples=60, deadline=None)
@given(entries)
def test_equilibria_lie_on_both_reply_curves(numbers):
    payoffs = np.array(numbers, dtype=float).reshape(2, 2, 2)
    row_path = reply_curves._reply_path(*(payoffs[0, 1] - payoffs[0, 0]))
    column_path = reply_curves._reply_path(*(payoffs[1, :, 1] - payoffs[1, :, 0]))
    mixes, _, _ = reply_curves._equilibria(hg.Game(payoffs, batch_dims=()))
    assert len(mixes[0])
    for p, q in zip(mixes[0][:, 1], mixes[1][:, 1], strict=True):
        assert on_path(row_path, np.array([q, p]))
        assert on_path(column_path, np.array([p, q]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=6))
def test_envelope_is_the_maximum(lines):
    lines = np.array(lines, dtype=float)
    q = np.linspace(0, 1, 101)
    best = (lines[:, :1] * (1 - q) + lines[:, 1:] * q).max(axis=0)
    assert np.interp(q, *reply_curves._upper_envelope(lines)) == pytest.approx(best)


@pytest.mark.parametrize("swap", [False, True])
def test_equilibria_of_three_by_two_lie_on_the_envelope(swap):
    row = np.array([[3.0, 0.0], [2.0, 2.0], [0.0, 3.5]])
    column = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    game = hg.Game.from_bimatrix(column.T, row.T) if swap else hg.Game.from_bimatrix(row, column)
    ax = hg.plot.best_responses(game)
    marked = np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])
    assert len(marked)
    q, best = reply_curves._upper_envelope(row)
    assert marked[:, 1] == pytest.approx(np.interp(marked[:, 0], q, best))
    assert ax.get_ylabel() == f"expected payoff of {'player_2' if swap else 'player_1'}"
    assert ax.get_xlabel().startswith(f"Pr({'player_1' if swap else 'player_2'} plays")


def test_matching_pennies_cross_in_the_middle():
    ax = hg.plot.best_responses(hg.Game.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]]))
    (points,) = (c.get_offsets() for c in ax.collections)
    assert np.asarray(points) == pytest.approx(np.array([[0.5, 0.5]]))
    assert "equilibrium" in legend_texts(ax)


@pytest.mark.parametrize("scale", [1e-300, 1e-10, 1.0, 1e10, 1e308])
def test_scale_of_payoffs_changes_nothing(scale):
    row, column = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.5]])
    game = hg.Game.from_bimatrix(scale * (row / 2), scale * (column / 2))
    ax = hg.plot.best_responses(game)
    assert ax.lines[0].get_xdata()[1] == pytest.approx(2 / 3)


def test_continua_are_drawn_open():
    ax = hg.plot.best_responses(hg.Game.from_bimatrix([[1, 1], [1, 0]], [[1, 1], [0, 1]]))
    assert any("continuum" in text for text in legend_texts(ax))
    everywhere = hg.plot.best_responses(hg.Game.from_bimatrix(np.zeros((2, 2)), np.zeros((2, 2))))
    assert sum("indifferent" in text for text in legend_texts(everywhere)) == 2


@pytest.mark.parametrize(
    ("game", "kind", "words"),
    [
        (hg.Game(np.zeros((2, 3, 3))), hg.GameError, "two actions"),
        (hg.Game(np.zeros((3, 2, 2, 2))), hg.GameError, "two players"),
        (hg.Game(np.zeros((5, 2, 2, 2)), batch_dims=["draw"]), hg.GameError, "one game"),
        ("chicken", hg.HedgingTypeError, "str"),
    ],
)
def test_other_games_are_refused(game, kind, words):
    with pytest.raises(kind, match=words):
        hg.plot.best_responses(game)
