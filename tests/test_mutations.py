"""No payoff that matters can be wrong unnoticed: each is changed and a proposition must fail."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import sympy

import hedging as hg
from hedging.errors import UnknownNameError
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


def changed(model, player, profile, shift):
    """The model with one payoff moved."""
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(model.shape)
        for who, u in model.payoffs.items()
    }
    payoffs[player][profile] += shift
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
        if any(p.check(5, draws=DRAWS, subject=s).failures for s in subjects for p in known):
            continue
        # What nobody would play whatever the others do cannot matter.
        if not all(unchanged(model, s) for s in subjects):
            unnoticed.append((player, profile))
    assert not unnoticed


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
