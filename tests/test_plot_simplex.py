"""The triangle of populations: rest points where they are, the flow in its direction."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

import hedging as hg
from hedging.plot.simplex_flow import _rest_segment

CORNERS = np.array([[0, 0], [0.5, np.sqrt(0.75)], [1, 0]])
POPULATION = hg.catalogue["hedging_population"]


@pytest.fixture(autouse=True)
def _figures_closed():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def symmetric(matrix):
    matrix = np.asarray(matrix, dtype=float)
    return hg.Game.from_bimatrix(matrix, matrix.T, actions=(("a", "b", "c"),) * 2)


def shares(x, y):
    """Populations at points of the picture, shape (points, 3)."""
    return np.linalg.solve(np.vstack([CORNERS.T, np.ones(3)]), np.vstack([x, y, np.ones(len(x))])).T


def marked(ax):
    """Rest points in shares, by their words in the legend."""
    found = {}
    for line in ax.lines:
        if line.get_marker() in ("o", "D"):
            weights = shares(line.get_xdata(), line.get_ydata()).round(6) + 0.0
            found[line.get_label()] = {tuple(point) for point in weights.tolist()}
    return found


def test_rest_points_of_two_blocs_and_hedgers():
    ax = hg.plot.simplex(POPULATION())
    # At the defaults 3/5 of a bloc with hedgers is stable (hedging_population.bloc_share) and the
    # mixture of all three, (0.15, 0.7, 0.15), is not.
    assert marked(ax) == {
        "stable rest point": {(0.6, 0.4, 0.0), (0.0, 0.4, 0.6)},
        "saddle": {(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.15, 0.7, 0.15)},
        "unstable rest point": {(0.0, 1.0, 0.0), (0.5, 0.0, 0.5)},
    }
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["stable rest point", "saddle", "unstable rest point"]


@pytest.mark.parametrize(("scale", "shift"), [(1e-10, 0), (1e10, 0), (1e300, 0), (1, [8, -4, 2])])
def test_only_differences_within_a_column_count(scale, shift):
    matrix = np.array([[0.0, -1, 2], [2, 0, -1], [-1, 2, 0]])
    first = hg.plot.simplex(symmetric(matrix))
    other = hg.plot.simplex(symmetric(scale * matrix + np.asarray(shift)))
    assert marked(first) == marked(other)
    assert marked(first)["stable rest point"] == {(0.333333, 0.333333, 0.333333)}
    curves = [ax.collections[0].get_segments() for ax in (first, other)]
    assert len(curves[0]) == pytest.approx(len(curves[1]), rel=0.05)


def test_the_flow_goes_to_what_is_stable():
    ax = hg.plot.simplex(symmetric([[2, 2, 2], [1, 1, 1], [0, 0, 0]]))  # a beats b beats c
    heads = [p._posA_posB for p in ax.patches if isinstance(p, FancyArrowPatch)]
    inside = 0
    for ends in heads:
        first, second = shares(*np.transpose(ends))
        if first.min() > -1e-6:  # a spreads and c vanishes, inside and on the sides
            assert second[0] >= first[0] - 1e-6
            assert second[2] <= first[2] + 1e-6
            inside += 1
    assert inside > 10
    path = hg.plot.simplex(symmetric([[2, 2, 2], [1, 1, 1], [0, 0, 0]]), start=[0.1, 0.4, 0.5])
    lines = [line for line in path.lines if len(line.get_xdata()) > 2]
    assert lines[0].get_xydata()[-1] == pytest.approx(CORNERS[0], abs=1e-6)
    assert path.get_legend().get_texts()[-1].get_text() == "path from a start"


@pytest.mark.parametrize(
    ("matrix", "face", "ends"),
    [
        ([[1, 1, 0], [1, 1, 0], [0, 0, 1]], (0, 1), [[1, 0, 0], [0, 1, 0]]),
        ([[1, 1, 0], [1, 1, 0], [0, 0, 1]], (0, 1, 2), [[0.5, 0, 0.5], [0, 0.5, 0.5]]),
        (np.zeros((3, 3)), (0, 1, 2), np.eye(3)),
    ],
)
def test_ends_of_a_continuum(matrix, face, ends):
    found = _rest_segment(np.asarray(matrix, dtype=float), face)
    assert {tuple(x) for x in found.round(9).tolist()} == {tuple(map(float, x)) for x in ends}


def test_continua_are_lines_in_the_legend():
    ax = hg.plot.simplex(symmetric([[1, 1, 0], [1, 1, 0], [0, 0, 1]]))
    assert ax.get_legend().get_texts()[0].get_text() == "continuum of rest points"
    everywhere = hg.plot.simplex(symmetric(np.zeros((3, 3))))
    assert len(marked(everywhere)) == 1


def test_draws_where_it_is_told():
    mine = Figure().add_subplot()
    assert hg.plot.simplex(POPULATION(), mine) is mine
    assert plt.get_fignums() == []
    ax = hg.plot.simplex(POPULATION())
    ax.figure.canvas.draw()
    below = ax.get_legend().get_window_extent()
    assert all(text.get_window_extent().y0 > below.y1 for text in ax.texts)
    assert below.y0 >= 0


@pytest.mark.parametrize(
    ("game", "kind", "words"),
    [
        (POPULATION, hg.HedgingTypeError, "Model"),
        (hg.catalogue["chicken"](), hg.GameError, "three actions"),
        (POPULATION(hedger_peace=[0.1, 0.2]), hg.GameError, "one game"),
        (hg.Game.from_bimatrix(np.eye(3), np.ones((3, 3))), hg.GameError, "symmetric"),
    ],
)
def test_other_games_are_refused(game, kind, words):
    with pytest.raises(kind, match=words):
        hg.plot.simplex(game)


def test_a_start_needs_three_shares():
    with pytest.raises(hg.ParameterError, match="start"):
        hg.plot.simplex(POPULATION(), start=[0.5, 0.5])
