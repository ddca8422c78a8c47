"""Distances to the boundaries of a region."""

import numpy as np
import pytest

import hedging as hg

TRIAD = hg.catalogue["triadic_hedging"]
QUIET = {"M": "hedge", "A": "accommodate", "B": "accommodate"}


def line(payoff="x + y - 2", **ranges):
    """Up is worth the payoff to the only player, down nothing."""
    ranges = ranges or {"x": (0, 4), "y": (0, 1)}
    return hg.Model(
        "line",
        players=("M", "A"),
        actions=(("up", "down"), ("wait", "act")),
        parameters=[hg.Parameter(k, high, low, high) for k, (low, high) in ranges.items()],
        payoffs={"M": [[payoff] * 2, ["0"] * 2], "A": [["1", "0"]] * 2},
    )


def test_closed_forms_of_the_triad():
    """At the defaults mu* = 1/5 and R* = 8/5."""
    found = hg.robustness(TRIAD, QUIET)
    assert found.holds
    assert found.table.below["immunity"] == pytest.approx(1 / 5, abs=1e-14)
    assert found.table.above["rivalry"] == pytest.approx(8 / 5, abs=1e-14)
    assert found.table.distance["immunity"] == pytest.approx(0.15, abs=1e-14)
    assert found.table.distance["rivalry"] == pytest.approx(0.6 / 5, abs=1e-14)
    # (1 - mu) R d = c + R tau at d = 0.24 / 0.65.
    assert found.parameter == "concession_a"
    assert found.distance == pytest.approx(0.24 / 0.65 - 0.3, abs=1e-14)
    assert found.table.loc["immunity", "then"] == "fails"
    assert np.isinf(found.table.distance["windfall_a"])


def test_joint_radius_of_the_triad():
    """(0.65 + r)(1 + 5 r) 0.3 = 0.12 + 0.12 (1 + 5 r): 1.5 r^2 + 0.675 r - 0.045 = 0."""
    found = hg.robustness(TRIAD, QUIET, parameters=["immunity", "rivalry"])
    exact = (np.sqrt(0.675**2 + 4 * 1.5 * 0.045) - 0.675) / 3
    assert exact - 1e-5 < found.certified_radius <= exact
    assert found.parameter == "rivalry"


def test_a_line():
    """From (3, 1/2) the line x + y = 2 is 3/8 of a range off along x and 3/10 jointly."""
    found = hg.robustness(line(), {"M": "up"}, x=3, y=0.5)
    assert found.table.loc["x"].tolist() == [
        3.0,
        1.5,
        pytest.approx(np.nan, nan_ok=True),
        0.375,
        "fails",
    ]
    assert np.isinf(found.table.distance["y"])
    assert np.isnan(found.certified_radius)
    whole = hg.robustness(line(), ["up", "wait"], x=3, y=0.5)
    assert 0.3 - 1e-5 < whole.certified_radius <= 0.3
    assert whole.table.equals(found.table)


def test_outside_the_region():
    found = hg.robustness(line(), ["up", "wait"], x=1, y=0.5)
    assert not found.holds
    assert found.table.loc["x", "then"] == "holds"
    assert found.distance == pytest.approx(0.125)
    assert 0.1 - 1e-5 < found.certified_radius <= 0.1
    assert "does not hold here; x is nearest" in repr(found)
    assert "<table" in found._repr_html_()


def test_on_the_boundary_the_distance_is_zero():
    found = hg.robustness(line(), ["up", "wait"], x=1.5, y=0.5)
    assert found.holds
    assert found.distance == found.certified_radius == 0


@pytest.mark.parametrize("scale", [1e-10, 1, 1e10])
def test_units_do_not_matter(scale):
    model = line(f"x + {scale} * y - {2 * scale}", x=(0, 4 * scale), y=(0, 1))
    found = hg.robustness(model, {"M": "up"}, x=3 * scale, y=0.5)
    assert found.distance == pytest.approx(0.375, rel=1e-12)


def test_no_change_in_the_proved_box():
    """Corners of the certified box keep the answer."""
    rng = np.random.default_rng(0)
    checked = 0
    while checked < 8:
        at = {n: float(rng.uniform(p.low, p.high)) for n, p in TRIAD.parameters.items()}
        found = hg.robustness(TRIAD, QUIET, **at)
        assert found.certified_radius <= found.distance
        if found.certified_radius == 0:
            continue
        corners = rng.choice([-1.0, 1.0], size=(500, len(at))) * found.certified_radius
        low, high = (
            np.array([getattr(p, k) for p in TRIAD.parameters.values()]) for k in ("low", "high")
        )
        points = np.clip(np.array(list(at.values())) + corners * (high - low), low + 1e-12, high)
        game = TRIAD(**dict(zip(at, points.T, strict=True)))
        assert (np.asarray(game.regret([1, 0, 0])) <= 0).all() == found.holds
        checked += 1


def test_all_equilibria_and_mixed_supports():
    pay = [["x", "0"], ["0", "1"]]
    meeting = hg.Model(
        "meeting",
        players=("A", "B"),
        actions=(("up", "down"),) * 2,
        parameters=[hg.Parameter("x", 1, -2, 2)],
        payoffs={"A": pay, "B": pay},
    )
    assert hg.robustness(meeting, "up+down|up+down").distance == pytest.approx(0.25, abs=1e-15)
    only = hg.robustness(meeting, ["down", "down"], where="all")
    assert not only.holds
    assert only.distance == pytest.approx(0.25, abs=1e-15)
    assert hg.robustness(meeting, ["down", "down"]).parameter is None
    assert hg.robustness(meeting, ["down", "down"]).certified_radius == 1


def test_the_end_of_existence_is_a_boundary():
    model = line("log(x) + 9", x=(-1, 1))
    found = hg.robustness(model, ["up", "wait"])
    assert found.table.loc["x", "then"] == "fails"  # below exp(-9)
    broken = line("sqrt(x) + 9", x=(-1, 1))
    assert hg.robustness(broken, ["up", "wait"]).table.loc["x", "then"] == "undecided"
    with pytest.raises(hg.ParameterError, match="undecided at this point"):
        hg.robustness(broken, ["up", "wait"], x=-0.5)


def test_errors_in_one_line():
    with pytest.raises(hg.ParameterError, match="outside its range"):
        hg.robustness(line(), {"M": "up"}, x=9)
    with pytest.raises(hg.ParameterError, match="give one number"):
        hg.robustness(line(), {"M": "up"}, x=[1, 2])
    with pytest.raises(hg.UnknownNameError, match="no parameter 'w'"):
        hg.robustness(line(), {"M": "up"}, w=1)
