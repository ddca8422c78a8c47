"""The explorer without a browser: what moves, what is solved, what is drawn."""

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

import hedging as hg
from hedging.explorer.frame import Palette, read
from hedging.explorer.nearest import boundaries
from hedging.explorer.view import View

pytest.importorskip("ipywidgets")
# Widgets made outside a notebook meet no one to talk to; their libraries warn of it.
pytestmark = pytest.mark.filterwarnings("ignore")

MODEL = hg.catalogue["hedging_bimatrix"]


@pytest.fixture
def panel():
    return hg.explore(MODEL, "rivalry", "immunity", points=60)


def pixels(panel):
    return np.asarray(panel._map._image.get_array())


def test_the_map_is_the_sweep(panel):
    ds = hg.sweep(MODEL, panel.view.design(60), progress=False)
    table = hg.regions(ds)
    shares = re.findall(r"\(([\d.]+) %\)", panel._legend.value)
    assert [f"{100 * s:.1f}" for s in table["share"][: len(shares)]] == shares
    drawn = pixels(panel)
    assert drawn.shape == (60, 60, 3)
    # Two points have one colour exactly if they have one code.
    flat = drawn.reshape(-1, 3).astype(int) @ [65536, 256, 1]
    codes = ds["region"].values.T.ravel()
    assert len(set(zip(flat.tolist(), codes.tolist(), strict=True))) == len(set(codes.tolist()))


def test_moving_a_slider_solves_and_draws_again(panel):
    before, number = pixels(panel).copy(), panel._map.frames
    panel._sliders["value_a"].value = 0.5
    assert panel._map.frames > number
    assert (pixels(panel) != before).any()
    assert panel.view.values["value_a"] == 0.5
    assert "value_a=0.5" in panel.code()


def test_moving_the_point_leaves_the_map(panel):
    before = pixels(panel).copy()
    panel.set(rivalry=2.5, immunity=0.2)
    assert (pixels(panel) == before).all()
    assert "At rivalry = 2.5, immunity = 0.2" in panel._game.value
    assert "align_a" in panel._game.value


def test_a_click_is_the_point(panel):
    panel._clicked(3.0, 0.25)
    assert (panel.view.values["rivalry"], panel.view.values["immunity"]) == (3.0, 0.25)
    assert panel._sliders["rivalry"].value == 3.0


def test_the_code_reproduces_the_map(panel):
    panel.set(value_a=0.6)
    space = {}
    exec(panel.code(), space)
    shown = panel.view.solve(60)
    assert (space["ds"]["count"].values == shown["count"].values).all()
    assert hg.regions(space["ds"]).equals(hg.regions(shown))
    assert space["game"] == MODEL(value_a=0.6, rivalry=1, immunity=0.35)
    # Noise in the last digits, as browsers send it, is no change.
    panel._sliders["concession_a"].value = 0.3 + 1e-16
    assert "concession_a" not in panel.code()


def test_asking_for_the_other_axis_swaps(panel):
    panel._x.value = "immunity"
    assert (panel.view.x, panel.view.y) == ("immunity", "rivalry")
    assert panel._y.value == "rivalry"
    assert {"immunity", "rivalry"}.isdisjoint(panel.view.fixed)


def test_a_case_moves_the_calibrated_sliders_only(panel):
    before = dict(panel.view.values)
    panel._case.value = "Kazakhstan 2015-2019"
    case = hg.cases.parameters("KAZ", "2015-2019", model=MODEL.name)
    assert panel.view.values == {**before, **case}
    assert "A is Russia, B is China" in panel._who.value
    assert [text.get_text() for text in panel._map.ax.texts] == ["Kazakhstan"]
    assert "label='Kazakhstan 2015-2019'" in panel.code()
    panel._to_defaults(None)
    assert panel.view.values == before
    assert panel._case.value == "no case"
    assert panel._who.value == ""


def test_leaving_the_data_leaves_the_case(panel):
    panel._case.value = "Mongolia 2015-2019"
    panel._sliders["rivalry"].value = 2.0
    assert panel._case.value == "Mongolia 2015-2019"
    panel._sliders["value_b"].value = 0.9
    assert panel._case.value == "no case"


def test_countries_stand_only_where_their_answer_is_painted():
    panel = hg.explore(MODEL, "value_a", "value_b", points=30)
    panel._case.value = "Kazakhstan 2015-2019"
    places = panel._countries()
    assert len(places) > 5
    assert [place.label for place in places if place.chosen] == ["Kazakhstan"]
    assert {place.marker for place in places} == {"o", "s"}
    table = hg.cases.table().sel(window="2015-2019")
    for place in places:
        if not place.chosen:
            row = table.sel(country=place.label)
            assert (place.x, place.y) == (float(row.value_a), float(row.value_b))
    # With the value of B on no axis, the map is that of one country only.
    panel._y.value = "rivalry"
    assert [place.label for place in panel._countries()] == ["Kazakhstan"]


@pytest.mark.parametrize("rule", ["risk_dominance", "welfare"])
def test_rules_show_what_they_choose(panel, rule):
    panel._rule.value = rule
    assert "M hedges, A accommodates" in panel._legend.value
    assert f"rule={rule!r}" in panel.code()


def test_a_region_keeps_its_colour():
    palette = Palette()
    view = View.start(MODEL, "rivalry", "immunity", {})
    colours = [
        {e.words: e.colour for e in read(v, v.solve(40), palette).entries}
        for v in (view, view.at(value_a=0.5), replace(view, rule="welfare"))
    ]
    assert set(colours[0]) & set(colours[2])
    for first, second in combinations(colours, 2):
        for words in set(first) & set(second):
            assert first[words] == second[words]
    together = {w: c for each in colours for w, c in each.items()}
    assert len(set(together.values())) == len(together)


def test_boundaries_are_the_closed_forms():
    view = View.start(hg.catalogue["triadic_hedging"], "rivalry", "immunity", {})
    found = {b.parameter: b for b in boundaries(view)}
    # At the defaults of the flagship R* = 8/5 and mu* = 1/5.
    assert found["rivalry"].value == pytest.approx(1.6, abs=5 / 4e5)
    assert found["immunity"].value == pytest.approx(0.2, abs=1 / 4e5)
    assert "presses" in found["rivalry"].beyond or "mixes" in found["rivalry"].beyond


@pytest.mark.slow
def test_ties_everywhere_cost_resolution_not_patience():
    panel = hg.explore(hg.catalogue["triadic_hedging"], "rivalry", "retention", points=300)
    panel._sliders["immunity"].value = 0.5  # (1 - mu) k_b = rho_b: ties on the whole map
    points = int(panel._note.value.split(" x ")[0].rsplit(">", 1)[1])
    assert 40 <= points <= 300


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, m in hg.catalogue.items() if isinstance(m, hg.Model)])
def test_every_model_of_up_to_three_players(name):
    model = hg.catalogue[name]
    if len(model.shape) > 3 or len(model.parameters) < 2:
        pytest.skip("more than three players, or one parameter")
    shown = hg.explore(name, points=12)
    assert shown.view.model is model
    assert "These are all" in shown._game.value or "tie" in shown._game.value


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((MODEL, "rivalry", "rivalry"), hg.ParameterError, "both axes"),
        ((MODEL, "rivalri"), hg.UnknownNameError, "rivalry"),
        (("no_model",), hg.UnknownNameError, "no model"),
        ((3,), hg.HedgingTypeError, "takes a Model"),
    ],
)
def test_bad_requests(arguments, error, words):
    with pytest.raises(error, match=words):
        hg.explore(*arguments)


def test_bad_values_move_nothing(panel):
    before = panel.view
    with pytest.raises(hg.ParameterError):
        panel.set(rivalry=99)
    assert panel.view is before
    with pytest.raises(hg.ParameterError):
        hg.explore(MODEL, value_a=7)


def test_a_slow_first_look_does_not_coarsen_the_map(monkeypatch):
    panel = hg.explore(MODEL, "rivalry", "immunity", points=120)
    seconds = iter([5.0, 0.001])  # compiling, then the points themselves
    monkeypatch.setattr(panel, "_seconds", lambda points: next(seconds))
    panel.redraw(0.06)
    assert panel._drawn == 120


def test_it_opens_on_what_the_boundaries_speak_of():
    for name in ("triadic_hedging", "hedging_bimatrix"):
        view = View.start(hg.catalogue[name], None, None, {})
        assert (view.x, view.y) == ("rivalry", "immunity")
