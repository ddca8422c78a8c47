"""Propositions about blocs and hedgers: they hold, and a wrong payoff is noticed."""

import numpy as np
import pytest
import sympy

from hedging.families import hedging_population as population
from hedging.families.hedging_population import MODEL
from hedging.model import Model
from hedging.population_dynamics import replicator
from hedging.propositions.hedging_population import PROPOSITIONS
from hedging.solving import nash


def _wrong():
    payoffs = {
        who: np.array(sympy.flatten(u), dtype=object).reshape(MODEL.shape)
        for who, u in MODEL.payoffs.items()
    }
    payoffs["state"][0, 2] += 2 * population.chi
    payoffs["partner"][2, 0] += 2 * population.chi
    return Model(
        MODEL.name,
        players=MODEL.players,
        actions=MODEL.actions,
        parameters=list(MODEL.parameters.values()),
        payoffs=payoffs,
    )


MUTATION = {"a bloc gains from the other's enmity": _wrong}

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


def _faces(found):
    return {
        tuple((share > 0).tolist()): (bool(nash_), bool(ess))
        for share, nash_, ess in zip(
            found.share.values, found.nash.values, found.ess.values, strict=True
        )
        if np.isfinite(share).all()
    }


def test_defaults_in_the_replicator_dynamics():
    """Hedgers live in either bloc; neither blocs alone nor all three together last."""
    found = replicator(MODEL())
    faces = _faces(found)
    assert {face for face, (_, ess) in faces.items() if ess} == {
        (True, True, False),
        (False, True, True),
    }
    assert faces[True, True, True][1] is False
    edge = found.share.values[[tuple(s > 0) == (True, True, False) for s in found.share.values]]
    np.testing.assert_allclose(edge, [[0.6, 0.4, 0.0]], atol=1e-12)


@pytest.mark.parametrize("seed", range(2))
def test_replicator_agrees_with_the_closed_forms(seed):
    rng = np.random.default_rng(seed)
    for _ in range(40):
        values = {
            name: float(p.high) * float(1 - rng.random()) for name, p in MODEL.parameters.items()
        }
        faces = _faces(replicator(MODEL(**values)))
        theta, _, phi, psi, eta = values.values()
        assert faces[True, False, False] == (theta >= psi, theta > psi)
        assert faces[False, True, False] == (eta >= phi, eta > phi)
        mixed = (theta - psi) * (eta - phi) > 0
        assert ((True, True, False) in faces) == mixed
        if mixed:
            assert faces[True, True, False][1] == (psi > theta)
            share = float(population.bloc_share(**values))
            assert 0 < share < 1
        inner = np.isfinite(population.mixed_share(**values))
        assert ((True, True, True) in faces) == inner
        if inner:
            assert not faces[True, True, True][1]


def test_hedgers_meet_any_mixture_of_blocs():
    """As a game of two the population has a continuum: a hedger against a mixture of blocs."""
    found = nash(MODEL())
    loose = found["support"].values[~found["isolated"].values]
    assert set(loose.tolist()) >= {"hedge|bloc_a", "hedge|bloc_b"}


def test_the_even_blocs_at_their_bound():
    bound = float(MODEL.critical("psi_even"))
    assert bound == pytest.approx(0.1, abs=1e-15)
    for premium, there in ((bound - 1e-6, True), (bound + 1e-6, False)):
        supports = nash(MODEL(hedging_premium=premium))["support"].values
        assert ("bloc_a+bloc_b|bloc_a+bloc_b" in supports) == there
