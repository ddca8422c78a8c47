"""Propositions about the classic games: they hold, and a wrong payoff is noticed."""

from itertools import permutations

import numpy as np
import pytest
import sympy

from hedging.families.classic_games import MODELS, mixed_first, regime
from hedging.model import Model
from hedging.propositions.classic_games import PROPOSITIONS
from hedging.solving import nash


def _wrong(name):
    """The same game with one payoff of A wrong, so that its best reply there turns."""
    model = MODELS[name]
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(model.shape)
        for who, u in model.payoffs.items()
    }
    where, change = TURNED[name]
    payoffs["A"][where] += change
    return Model(
        model.name,
        players=model.players,
        actions=model.actions,
        parameters=list(model.parameters.values()),
        payoffs=payoffs,
    )


# Against the first action of B everywhere but where that would change no equilibrium.
TURNED = {
    "prisoners_dilemma": ((0, 1), 9),
    "stag_hunt": ((1, 0), 9),
    "chicken": ((1, 0), -9),
    "battle_of_the_sexes": ((1, 0), 20),
    "matching_pennies": ((1, 0), 20),
    "deadlock": ((0, 1), 9),
    "harmony": ((1, 0), 9),
    "optional_prisoners_dilemma": ((1, 0), -20),
}
MUTATION = {f"a wrong payoff of A in {name}": name for name in MODELS}

each = pytest.mark.parametrize("proposition", PROPOSITIONS, ids=lambda p: f"{p.model}-{p.name}")


@each
def test_holds(proposition):
    found = proposition.check(1, draws=500)
    assert found.holds, found


@pytest.mark.slow
@each
def test_holds_on_many_draws(proposition):
    draws = 2000 if proposition.name == "exit_floor" else 20_000  # a degenerate game is slow
    found = proposition.check(2, draws=draws)
    assert found.holds, found


@pytest.mark.parametrize("error", MUTATION)
def test_a_wrong_payoff_is_noticed(error):
    name = MUTATION[error]
    here = [p for p in PROPOSITIONS if p.model == name]
    subject = _wrong(name)
    assert here
    for proposition in here:
        assert proposition.check(3, draws=200, subject=subject).failures, proposition.name


# Textbook equilibria: probability that A, B choose the first action.
EQUILIBRIA = {
    "prisoners_dilemma": [(0, 0)],
    "stag_hunt": [(1, 1), (0, 0), (2 / 3, 2 / 3)],
    "chicken": [(1, 0), (0, 1), (3 / 4, 3 / 4)],
    "battle_of_the_sexes": [(1, 1), (0, 0), (3 / 5, 2 / 5)],
    "matching_pennies": [(1 / 2, 1 / 2)],
    "deadlock": [(0, 0)],
    "harmony": [(1, 1)],
}


@pytest.mark.parametrize("name", EQUILIBRIA)
def test_defaults(name):
    found = nash(MODELS[name]())["probability"].values[:, [0, 2]]
    expected = EQUILIBRIA[name]
    assert len(found) == len(expected)
    for point in expected:
        assert (np.abs(found - point).max(axis=1) < 1e-12).any()


def test_regimes_of_all_orders():
    """Twenty-four strict orders; ties are named as such."""
    orders = np.array(list(permutations(range(4))), dtype=float)
    names = regime(*orders.T)
    counts = dict(zip(*np.unique(names, return_counts=True), strict=True))
    assert counts == {
        "harmony": 6,
        "stag_hunt": 6,
        "chicken": 6,
        "prisoners_dilemma": 1,
        "deadlock": 5,
    }
    assert regime([3, 5, 2], [3, 1, 1], [1, 1, 0], [0, 0, 0]).tolist() == ["tie", "tie", "tie"]
    mixed = np.isfinite(mixed_first(*orders.T))
    np.testing.assert_array_equal(mixed, np.isin(names, ["stag_hunt", "chicken"]))


def test_leaving_a_dilemma():
    """At L = 2 the one who stays may cooperate with probability 1/4 at most."""
    found = nash(MODELS["optional_prisoners_dilemma"]())
    np.testing.assert_allclose(found["payoff"].values, 2.0, atol=1e-12)
    assert not found["isolated"].values.any()
    x = found["probability"].values
    stays = x[(x[:, 5] == 1) & (x[:, 2] == 0)]
    assert stays[:, 0].max() == pytest.approx(0.25, abs=1e-12)
