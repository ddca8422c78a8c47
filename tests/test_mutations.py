"""No payoff that matters can be wrong unnoticed: each is changed and a proposition must fail."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import sympy

import hedging as hg
from hedging.errors import UnknownNameError
from hedging.families.alignment_portfolio import PORTFOLIO
from hedging.families.influence_contest import CONTEST
from hedging.model import Model
from hedging.propositions.drawn import uniform
from hedging.propositions.library import propositions

FOLDER = Path(__file__).parent
DRAWS = 60
MOST = 16  # payoffs changed per model; all of them where there are no more
SHIFTS = (sympy.Rational(1, 7), 5, -5)  # a slip and two that outdo every other payoff


def cells(model):
    every = [(player, profile) for player in model.players for profile in np.ndindex(model.shape)]
    if len(every) <= MOST:
        return every
    chosen = np.random.default_rng(0).choice(len(every), MOST, replace=False)
    return [every[k] for k in sorted(chosen)]


def rng():
    return np.random.default_rng(5)


def changed(model, player, profile, change):
    """The model with one payoff changed: moved by a number, or what a function makes of it."""
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(model.shape)
        for who, u in model.payoffs.items()
    }
    old = payoffs[player][profile]
    payoffs[player][profile] = change(old) if callable(change) else old + change
    return Model(
        model.name,
        players=model.players,
        actions=model.actions,
        parameters=list(model.parameters.values()),
        payoffs=payoffs,
    )


def about(model):
    """Propositions that take the catalogue's model itself for a subject."""
    try:
        known = propositions(model.name)
    except UnknownNameError:
        return []
    return [p for p in known if p.subject is model]


COARSE = {"influence_contest"}  # its propositions are about the continuous contest


def unchanged(model, subject):
    """Whether regular games keep their equilibria; of continua the points listed may differ."""
    drawn = uniform(np.random.default_rng(6), 20, model)
    report = ("probability", "count", "status")
    before, after = (hg.nash(m(**drawn), report=report) for m in (model, subject))
    ok = (before["status"].values == 0) & (after["status"].values == 0)
    if not ok.any():
        return True
    counts, theirs = (found["count"].values[ok] for found in (before, after))
    most = int(counts.max())
    gap = np.subtract(*(found["probability"].values[ok][:, :most] for found in (before, after)))
    return bool((counts == theirs).all()) and bool((np.nan_to_num(np.abs(gap)) < 1e-9).all())


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in hg.catalogue if name not in COARSE])
def test_a_payoff_that_changes_an_equilibrium_is_noticed(name):
    model = hg.catalogue[name]
    known = about(model)
    if not isinstance(model, Model) or not known:
        pytest.skip("not a normal form with propositions of its own")
    unnoticed = []
    for player, profile in cells(model):
        subjects = [changed(model, player, profile, shift) for shift in SHIFTS]
        if any(p.confirm(rng(), DRAWS, s)[1] for s in subjects for p in known):
            continue
        # What nobody would play whatever the others do cannot matter.
        if not all(unchanged(model, s) for s in subjects):
            unnoticed.append((player, profile))
    assert not unnoticed


# -- proofs ----------------------------------------------------------------------------------

PROVED = [p for name in hg.catalogue for p in propositions(name) if p.prove]

ABOUT_OTHERS = {
    ("triadic_hedging", "capitulation_threshold", "A"): "speaks of M's reply alone",
    ("triadic_hedging", "capitulation_threshold", "B"): "speaks of M's reply alone",
    ("triadic_hedging", "mixed_pressure", "M"): "M's best reply is its condition",
    ("triadic_hedging", "additive_pressure", "A"): "speaks of M's payoff alone",
    ("triadic_hedging", "additive_pressure", "B"): "speaks of M's payoff alone",
    ("alignment_ladder", "rises_with_value", "A"): "speaks of M's best level alone",
    ("alignment_ladder", "rises_with_value", "B"): "speaks of M's best level alone",
    ("patient_hedging", "partners_threshold", "X"): "speaks of M's patience alone",
    ("patient_hedging", "nearly_impossible", "X"): "speaks of M's patience alone",
    ("hedging_population", "bloc_and_hedgers", "partner"): "one population: the state's payoffs",
    ("hedging_population", "two_blocs_are_unstable", "partner"): "as above",
}
"""Players of whose payoffs a proposition says nothing, so that no proof can notice a change."""

WITHOUT_PAYOFFS = {("patient_hedging", "waiting_option"): "a decision with values of its own"}


def changes(model):
    """Letters where none should be, the other sign, and a number more."""
    letters = sum(sympy.Symbol(name) for name in model.parameters)
    return (lambda u: u + letters, lambda u: -u, lambda u: u + sympy.Rational(1, 7))


def breaks(p, player, how):
    """Whether one of some changes of the player's payoffs makes the proof fail."""
    return any(
        not p.prove(changed(p.subject, player, profile, change))
        for change in how
        for profile in np.ndindex(p.subject.shape)
    )


@pytest.mark.parametrize("p", PROVED, ids=lambda p: f"{p.model}.{p.name}")
def test_a_wrong_payoff_breaks_the_proof(p):
    assert p.prove(p.subject) is True
    assert p.proves.endswith(".")
    if (p.model, p.name) in WITHOUT_PAYOFFS or not isinstance(p.subject, Model):
        return
    for player in p.subject.players:
        silent = (p.model, p.name, player) in ABOUT_OTHERS
        how = changes(p.subject)[:1] if silent else changes(p.subject)
        assert breaks(p, player, how) != silent, player


def test_the_exceptions_exist():
    names = {(p.model, p.name) for p in PROVED}
    assert {key[:2] for key in ABOUT_OTHERS} | set(WITHOUT_PAYOFFS) <= names
    assert {p.name for p in PROVED if not isinstance(p.subject, Model)} == {
        "best_share",
        "equal_powers",
        "neutrality_lowers_rents",
    }


def test_a_wrong_formula_breaks_the_proofs_of_continuous_models():
    class Shifted(type(PORTFOLIO)):
        def _worth(self, share, p):
            return super()._worth(share, p) + share**2

    class NoMass(type(CONTEST)):
        @staticmethod
        def _total(first, second, mass):
            return first + second

    wrong = {"alignment_portfolio": Shifted(), "influence_contest": NoMass()}
    for p in PROVED:
        if not isinstance(p.subject, Model):
            assert p.prove(wrong[p.model]) is False, p.name


def test_all_payoffs_of_the_three_levels_are_in_the_proof():
    (p,) = propositions("alignment_ladder.three_levels_are_the_triad")
    for player in p.subject.players:
        for level, i, j in np.ndindex(5, 2, 2):
            wrong = changed(p.subject, player, (level, i, j), 1)
            assert p.prove(wrong) is (level in (1, 3))


# -- deliberate errors -----------------------------------------------------------------------


def test_every_file_of_propositions_has_a_deliberate_error():
    table = {}
    for path in sorted(FOLDER.glob("test_propositions_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for error in module.MUTATION:
            assert error not in table
            table[error] = path.stem.removeprefix("test_propositions_")
    folder = Path(hg.__file__).parent / "propositions"
    files = {p.stem for p in folder.glob("*.py") if "\nPROPOSITIONS = " in p.read_text()}
    assert set(table.values()) == files
