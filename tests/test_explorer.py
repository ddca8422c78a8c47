"""The explorer without a browser: what moves, what is solved, what is drawn."""

import re

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
    exec(panel.code().replace("401)", "21)"), space)
    assert space["ds"].sizes == {"rivalry": 21, "immunity": 21}
    assert hg.replay(space["ds"]).equals(space["ds"])
    assert space["game"] == MODEL(value_a=0.6, rivalry=1, immunity=0.35)


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
    panel._x.value = "value_a"
    names = [text.get_text() for text in panel._map.ax.texts]
    assert "Kazakhstan" in names
    assert len(names) > 5
    panel._to_defaults(None)
    assert panel.view.values == before


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
        for v in (view, view.at(value_a=0.5), view.at(coercion_a=0.8))
    ]
    for words in set(colours[0]) & set(colours[1]):
        assert colours[0][words] == colours[1][words]
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
