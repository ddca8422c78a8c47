"""Propositions about the ladder of alignment: they hold, and a wrong payoff is noticed."""

from functools import partial

import numpy as np
import pytest
import sympy

from hedging.errors import ParameterError
from hedging.families import alignment_ladder as rungs
from hedging.families import triadic_hedging as triad
from hedging.families.alignment_ladder import MODEL
from hedging.model import Model
from hedging.propositions.alignment_ladder import PROPOSITIONS
from hedging.solving import nash


def _wrong(change):
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    change(payoffs)
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


def _unhurt(payoffs):
    payoffs["M"][2, 1, 0] += triad.R * triad.k_a * triad.exposure


def _wrong_camp(payoffs):
    payoffs["M"][4] += 2 * triad.v_a


MUTATION = {
    "A's lone pressure does not hurt a hedger": partial(_wrong, _unhurt),
    "A's patronage is paid in B's camp": partial(_wrong, _wrong_camp),
}

each = pytest.mark.parametrize("proposition", PROPOSITIONS, ids=lambda p: p.name)


@each
def test_holds(proposition):
    found = proposition.check(1, draws=500)
    assert found.holds, found


@pytest.mark.slow
@each
def test_holds_on_many_draws(proposition):
    found = proposition.check(2, draws=20_000)
    assert found.holds, found


def test_every_proposition_notices_a_wrong_payoff():
    here = PROPOSITIONS
    noticed = set()
    for wrong in MUTATION.values():
        subject = wrong()
        failed = {p.name for p in here if p.check(3, draws=500, subject=subject).failures}
        assert failed
        noticed |= failed
    assert noticed == {p.name for p in here}


def test_defaults():
    """M leans to the stronger patron instead of hedging in the middle."""
    found = nash(MODEL())
    assert found["support"].values.tolist() == ["lean_a|accommodate|accommodate"]
    u = MODEL().payoffs[0, :, 0, 0]
    third = np.log2(4 / 3)
    lean = 0.9**third * 0.757 + 0.9**2 * 0.243 - 0.05
    np.testing.assert_allclose(
        u, [0.707, lean, 0.85, 0.9**2 * 0.757 + 0.9**third * 0.243 - 0.05, 0.193]
    )


def test_three_levels_are_solved_as_the_triad():
    ours, theirs = rungs.ladder((1, "1/2", 0)), triad.MODEL
    rivalry = np.linspace(0, 5, 26)
    one, other = nash(ours(rivalry=rivalry)), nash(theirs(rivalry=rivalry))
    assert (one["support"].values == other["support"].values).all()
    np.testing.assert_allclose(
        one["probability"].values, other["probability"].values, atol=1e-12, equal_nan=True
    )
    assert nash(ours(exact=True), exact=True)["support"].values.tolist() == [
        "hedge|accommodate|accommodate"
    ]


def test_many_rungs():
    model = rungs.ladder([f"{k}/8" for k in range(8, -1, -1)])
    assert model.shape == (9, 2, 2)
    assert model.actions[0][3:6] == ("lean_a_5_8", "hedge", "lean_b_3_8")
    found = nash(model())
    assert float(found["regret"].max()) < 1e-12


@pytest.mark.parametrize("levels", [(1,), (0, 1), (1, 1, 0), (2, 0), (1, -0.5), "1/2", (1, "x"), 3])
def test_levels_that_are_no_ladder(levels):
    with pytest.raises(ParameterError, match="levels"):
        rungs.ladder(levels)
