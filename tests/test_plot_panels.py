"""Small multiples and single maps of what a rule selects: colours, words, places."""

import json
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.figure import Figure

import hedging as hg
from hedging.explorer.view import View
from hedging.words import in_words, region_in_words

BRIDGE = hg.catalogue["bridge_rivalry"]
BIMATRIX = hg.catalogue["hedging_bimatrix"]
RULES = ("payoff_dominance", "risk_dominance", "welfare")


@pytest.fixture(autouse=True)
def _figures_closed():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def chosen():
    axes = hg.grid(hub_value=(0.3, 2, 35), hub_share=(0.1, 0.9, 33))
    return hg.sweep(BRIDGE, axes, report=("region", "selected"), rule=RULES, progress=False)


@pytest.fixture(scope="module")
def cube():
    axes = hg.grid(rivalry=(0, 5, 21), immunity=(0, 1, 17), retention=[0.6, 0.75, 0.9])
    return hg.sweep(BIMATRIX, axes, progress=False)


def legend(ax):
    figure = ax.get_figure()
    found = figure.legends[0] if figure.legends else ax.get_legend()
    return found, [" ".join(text.get_text().split()) for text in found.get_texts()]


def colour_at(ax, row, column):
    """Colour of a cell; rows upwards."""
    (mesh,) = [c for c in ax.collections if isinstance(c, QuadMesh)]
    return mesh.cmap(mesh.norm(mesh.get_array()[row, column]))


def assert_words_and_colours_agree(ax, row, column, phrase):
    found, texts = legend(ax)
    (number,) = [k for k, text in enumerate(texts) if f" {phrase} (" in text]
    assert colour_at(ax, row, column) == pytest.approx(found.get_patches()[number].get_facecolor())


def assert_nothing_overlaps(figure):
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    boxes = [ax.get_tightbbox(renderer) for ax in figure.axes]
    boxes += [one.get_window_extent() for one in [*figure.texts, *figure.legends]]
    boxes = [box for box in boxes if box.width * box.height > 0]
    for k, box in enumerate(boxes):
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1
        for other in boxes[k + 1 :]:
            assert not box.padded(-1).overlaps(other.padded(-1))


# -- selected equilibria --------------------------------------------------------------------


def test_every_panel_shows_what_its_rule_selects(chosen):
    axes = hg.plot.selected(chosen)
    assert [ax.get_title() for ax in axes] == [rule.replace("_", " ") for rule in RULES]
    for ax, rule in zip(axes, RULES, strict=True):
        labels = chosen.selected.sel(rule=rule).values
        for i, j in np.ndindex(labels.shape):
            if (i + j) % 7 == 0 and labels[i, j]:
                phrase = in_words(labels[i, j], BRIDGE.players, BRIDGE.actions)
                assert_words_and_colours_agree(ax, j, i, phrase)
    assert_nothing_overlaps(axes[0].figure)


def test_where_a_rule_is_silent_the_legend_says_why(chosen):
    axes = hg.plot.selected(chosen)
    _, texts = legend(axes[0])
    share = 100 * float((chosen.verdict == 1).sel(rule="welfare").mean())
    (tied,) = [text for text in texts if text.startswith("several equilibria satisfy")]
    assert tied.endswith(f"/ {share:.1f} %)")
    silent = np.argwhere(chosen.selected.sel(rule="welfare").values == "")
    assert len(silent)
    i, j = silent[0]
    assert colour_at(axes[2], j, i) == (1.0, 1.0, 1.0, 1.0)


def test_one_rule_is_one_map(chosen):
    ax = hg.plot.selected(chosen.sel(rule="welfare"), mark={"hub_value": 1, "hub_share": 0.5})
    kept = hg.plot.selected(chosen.isel(rule=[2]))
    assert ax.get_title() == kept.get_title() == "welfare"
    assert legend(ax)[1] == legend(kept)[1]
    assert ax.get_xlabel() == "hub value: income of the only hub"
    mine = Figure().add_subplot()
    assert hg.plot.selected(chosen.sel(rule="welfare"), mine) is mine


def test_a_line_of_points_is_a_strip(chosen):
    axes = hg.plot.selected(chosen.isel(hub_share=3))
    assert all(list(ax.get_yticks()) == [] for ax in axes)
    assert_nothing_overlaps(axes[0].figure)


def test_the_explorers_lines_draw_its_map():
    code = View.start(BIMATRIX, "rivalry", "immunity", {}).at(retention=0.8)
    view = View(code.model, code.x, code.y, code.values, "welfare")
    names: dict = {}
    exec(view.code(in_catalogue=True, points=21).replace("hg.table", "table = hg.table"), names)
    assert names["ax"].get_title() == "welfare"
    assert len(names["table"])


def test_many_equilibria_are_gathered(chosen):
    axes = hg.plot.selected(chosen, max_regions=2)
    assert any("others, together" in text for text in legend(axes[0])[1])


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"max_regions": 0}, hg.ParameterError, "max_regions"),
        ({"mark": {"hub_value": 1}}, hg.UnknownNameError, "hub_share"),
        ({"ax": [Figure().add_subplot()]}, hg.ParameterError, "1 axes given for 3"),
    ],
)
def test_wrong_options_are_named(chosen, change, kind, words):
    with pytest.raises(kind, match=words):
        hg.plot.selected(chosen, **change)


def test_without_a_selection_there_is_nothing_to_draw(cube):
    with pytest.raises(hg.HedgingTypeError, match="no selected equilibria"):
        hg.plot.selected(cube)


# -- slices ---------------------------------------------------------------------------------


def test_slices_share_numbers_and_colours(cube):
    axes = hg.plot.region_slices(cube)
    assert [ax.get_title() for ax in axes] == [f"retention = {x}" for x in (0.6, 0.75, 0.9)]
    table = {int(k): v for k, v in json.loads(cube.region.attrs["supports"]).items()}
    for k, ax in enumerate(axes):
        for i, j in [(0, 0), (20, 0), (20, 16), (10, 8)]:
            supports = table[int(cube.region[i, j, k])]
            phrase = region_in_words(supports, BIMATRIX.players, BIMATRIX.actions)
            assert_words_and_colours_agree(ax, j, i, phrase)
    assert_nothing_overlaps(axes[0].figure)


def test_each_slice_has_its_own_critical_value(cube):
    axes = hg.plot.region_slices(cube, "retention")
    for k, ax in enumerate(axes):
        alone = hg.plot.regions(cube.isel(retention=k))
        here, there = ([line.get_xydata() for line in one.lines] for one in (ax, alone))
        assert len(here) == len(there)
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(here, there, strict=True))


def test_any_dimension_may_be_sliced_and_a_mark_belongs_to_one(cube):
    mark = {"immunity": 0.35, "retention": 0.9, "rivalry": 1.0, "label": "the case"}
    axes = hg.plot.region_slices(cube, "rivalry", values=[0, 1.1, 5], mark=mark, curves=False)
    assert [ax.get_title() for ax in axes] == ["rivalry = 0", "rivalry = 1", "rivalry = 5"]
    assert [len(ax.lines) for ax in axes] == [0, 1, 0]
    figure = axes[0].figure
    assert figure.texts[0].get_text().startswith("immunity")
    assert legend(axes[0])[1][-1] == "the case"
    mine = Figure().subplots(1, 2)
    given = hg.plot.region_slices(cube, ax=mine, values=[0.6, 0.9])
    assert list(given) == list(mine)
    assert mine[1].get_xlabel().startswith("rivalry")
    assert mine[1].get_ylabel() == ""  # it would lie on the first map


@pytest.mark.parametrize(
    ("ask", "kind", "words"),
    [
        (lambda ds: hg.plot.region_slices(ds, "patience"), hg.UnknownNameError, "patience"),
        (lambda ds: hg.plot.region_slices(ds, values=[2.0]), hg.ParameterError, "off the grid"),
        (lambda ds: hg.plot.region_slices(ds, values=[]), hg.ParameterError, "no slice"),
        (lambda ds: hg.plot.region_slices(ds.isel(rivalry=0)), hg.ParameterError, "three"),
        (lambda _: hg.plot.region_slices(xr.Dataset()), hg.HedgingTypeError, "region"),
        (lambda ds: hg.plot.regions(ds), hg.ParameterError, r"region_slices\(ds, 'retention'\)"),
    ],
)
def test_what_has_no_slices_is_refused(cube, ask, kind, words):
    with pytest.raises(kind, match=words):
        ask(cube)


def test_a_failed_drawing_leaves_no_figure(cube, monkeypatch):
    monkeypatch.setattr("hedging.plot.slice_maps.finish", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        hg.plot.region_slices(cube)
    assert plt.get_fignums() == []


# -- countries ------------------------------------------------------------------------------


def dots(ax):
    """Positions of all dots that have a value."""
    clouds = [one for one in ax.collections if isinstance(one, PathCollection)]
    points = np.concatenate([np.asarray(one.get_offsets()) for one in clouds])
    return points[np.isfinite(points).all(axis=1)]


def test_every_figure_of_the_table_has_its_dot():
    axes = hg.plot.countries()
    table = hg.cases.table()
    for ax, window in zip(axes, hg.cases.windows, strict=True):
        names = [text.get_text() for text in axes[0].get_yticklabels()]
        drawn = {(names[round(y)], round(x, 6)) for x, y in dots(ax)}
        value = table.value_a.sel(window=window)
        have = value.notnull()
        expected = zip(table.name.values[have], value.values[have].tolist(), strict=True)
        assert drawn == {(str(name), round(x, 6)) for name, x in expected}
    assert_nothing_overlaps(axes[0].figure)


def test_the_band_is_where_the_model_prefers_to_hedge():
    (ax,) = hg.plot.countries("2015-2019")
    assert sorted(line.get_xdata()[0] for line in ax.lines) == pytest.approx([0.1, 0.9])
    assert any("= 0.90" in text for text in legend(ax)[1])
    model = hg.catalogue["triadic_hedging"]
    for value, hedges in ((0.89, True), (0.91, False), (0.11, True), (0.09, False)):
        quiet = model(value_a=value, value_b=1 - value).payoffs[0, :, 0, 0]
        assert (quiet.argmax() == 1) == hedges
    (narrow,) = hg.plot.countries("2015-2019", retention=0.8, autonomy_cost=0)
    assert sorted(line.get_xdata()[0] for line in narrow.lines) == pytest.approx([0.25, 0.75])


def test_the_picture_says_what_the_figures_are():
    (ax,) = hg.plot.countries("2015-2019")
    small_print = " ".join(" ".join(text.get_text().split()) for text in ax.figure.texts)
    for words in ("shares, no estimates", "modelling choice", "SIPRI", "WITS", "lower bound"):
        assert words in small_print
    mine = Figure().add_subplot()
    assert hg.plot.countries("2000-2004", mine)[0] is mine


@pytest.mark.parametrize(
    ("arguments", "values", "kind"),
    [
        (["1999"], {}, hg.UnknownNameError),
        ([[]], {}, hg.ParameterError),
        ([], {"rivalry": 2}, hg.UnknownNameError),
        ([], {"retention": 2}, hg.ParameterError),
        (["2015-2019", [None, None]], {}, hg.ParameterError),
    ],
)
def test_unknown_windows_and_values_are_named(arguments, values, kind):
    with pytest.raises(kind):
        hg.plot.countries(*arguments, **values)


@pytest.mark.parametrize("name", ["selected", "region_slices", "countries", "simplex"])
def test_without_matplotlib_one_line_says_what_to_type(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(hg.MissingDependencyError, match=r"pip install 'hedging\[plot\]'"):
        getattr(hg.plot, name)(None)
