r"""Propositions about hedgers in a population of two blocs.

Letters as in :mod:`hedging.families.hedging_population`.  Stability is read off the linearised
replicator dynamics of the games' own payoffs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from hedging.families import hedging_population as population
from hedging.propositions.algebra import vanish
from hedging.propositions.core import Proposition
from hedging.propositions.drawn import Floats, is_equilibrium, pure, uniform

__all__ = ["PROPOSITIONS"]

Counts = tuple[int, int]

_TANGENT = np.array([[1.0, -1.0, 0.0], [0.0, -1.0, 1.0]]).T
"""Directions along the simplex: each bloc against the hedgers, shape (3, 2)."""


def _letters(p: dict[str, Floats]) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    names = ("bloc_value", "conflict_cost", "hedger_value", "hedging_premium", "hedger_peace")
    theta, chi, phi, psi, eta = (p[name] for name in names)
    return theta, chi, phi, psi, eta


def _jacobian(matrix: Floats, share: Floats) -> Floats:
    """Derivative of share_a ((A x)_a - x A x) by the shares, shape (N, 3, 3)."""
    fitness = np.einsum("nij,nj->ni", matrix, share)
    mean = np.einsum("ni,ni->n", share, fitness)
    slope = np.einsum("ni,nij->nj", share, matrix) + fitness
    diagonal = (fitness - mean[:, None])[:, :, None] * np.eye(3)
    return np.asarray(diagonal + share[:, :, None] * (matrix - slope[:, None, :]))


def _growth(matrix: Floats, share: Floats) -> Floats:
    """Largest real part of an eigenvalue along the simplex, shape (N,)."""
    inner = np.linalg.pinv(_TANGENT) @ _jacobian(matrix, share) @ _TANGENT
    return np.asarray(np.linalg.eigvals(inner).real.max(axis=1))


def _spread(matrix: Floats, share: Floats) -> Floats:
    """How fast the shares would change at most: nought at a rest point."""
    fitness = np.einsum("nij,nj->ni", matrix, share)
    mean = np.einsum("ni,ni->n", share, fitness)
    return np.asarray(np.abs(share * (fitness - mean[:, None])).max(axis=1))


def _pure_equilibria(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    theta, _, phi, psi, eta = _letters(p)
    claim = np.zeros((draws, 3, 3), dtype=bool)
    claim[:, 0, 0] = claim[:, 2, 2] = theta >= psi
    claim[:, 1, 1] = eta >= phi
    # A bloc and hedgers may also meet as different actions of the two.
    apart = (psi >= theta) & (phi >= eta)
    for bloc in (0, 2):
        claim[:, bloc, 1] = claim[:, 1, bloc] = apart
    wrong = (pure(subject(**p).payoffs) != claim).any(axis=(1, 2))
    return draws, int(wrong.sum())


def _stable_blocs(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    theta, _, phi, psi, eta = _letters(p)
    matrix = subject(**p).payoffs[:, 0]
    wrong = np.zeros(draws, dtype=bool)
    for action, claim in ((0, theta > psi), (1, eta > phi), (2, theta > psi)):
        share = np.broadcast_to(np.eye(3)[action], (draws, 3))
        wrong |= (_growth(matrix, share) < 0) != claim
    return draws, int(wrong.sum())


def _bloc_and_hedgers(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    theta, chi, phi, psi, eta = _letters(p)
    matrix = subject(**p).payoffs[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = (eta - phi) / (theta - psi + eta - phi)
    exists = (eta - phi) * (theta - psi) > 0
    stated = population.bloc_share(**p)
    wrong = (np.isfinite(stated) != exists) | (exists & ~np.isclose(stated, x, atol=1e-12))
    x = np.where(exists, x, 0.5)
    for bloc in (0, 2):
        share = np.zeros((draws, 3))
        share[:, bloc], share[:, 1] = x, 1 - x
        wrong |= exists & (_spread(matrix, share) > 1e-9)
        fitness = np.einsum("nij,nj->ni", matrix, share)
        lag = fitness[:, bloc] - fitness[:, 2 - bloc]
        wrong |= exists & ~np.isclose(lag, (theta + chi) * x, atol=1e-12)
        stable = (psi > theta) & (phi > eta)
        growth = _growth(matrix, share)
        clear = exists & (np.abs(growth) > 1e-9)
        wrong |= clear & ((growth < 0) != stable)
        symmetric = is_equilibrium(subject(**p).payoffs, [share, share])
        wrong |= exists & ~symmetric
    return int(exists.sum()), int(wrong.sum())


def _flow(subject: Any) -> tuple[Any, Any, Any, Any]:
    """Shares of the two blocs, fitness of the three, and how fast the two shares change."""
    first, second = sympy.symbols("first second")
    share = sympy.Matrix([first, 1 - first - second, second])
    fitness = sympy.Matrix(subject.payoffs["state"].tolist()) * share
    mean = (share.T * fitness)[0]
    flow = sympy.Matrix([first * (fitness[0] - mean), second * (fitness[2] - mean)])
    return (first, second), share, fitness, flow


def _prove_bloc_and_hedgers(subject: Any) -> bool:
    m = population
    (first, second), _, fitness, flow = _flow(subject)
    bloc, hedge = m.theta - m.psi, m.eta - m.phi
    x = hedge / (bloc + hedge)
    slopes = flow.jacobian([first, second])
    gaps = []
    for own, at, here, other in (
        (0, {first: x, second: 0}, 0, 2),
        (1, {first: 0, second: x}, 2, 0),
    ):
        lag = (m.theta + m.chi) * x
        gaps += [
            *flow.subs(at),
            (fitness[here] - fitness[1]).subs(at),
            (fitness[here] - fitness[other]).subs(at) - lag,
            # The eigenvalues: along the edge, and of the other bloc.
            slopes[own, own].subs(at) - bloc * hedge / (bloc + hedge),
            slopes[1 - own, own].subs(at),
            slopes[1 - own, 1 - own].subs(at) + lag,
        ]
    return vanish(*gaps)


def _even_blocs(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    p["hedging_premium"] = p["hedging_premium"] / 3  # so that both cases are met
    theta, chi, _, psi, _ = _letters(p)
    payoffs = subject(**p).payoffs
    even = np.broadcast_to([0.5, 0.0, 0.5], (draws, 3))
    wrong = is_equilibrium(payoffs, [even, even]) != (psi <= (theta - chi) / 2)
    direction = np.array([1.0, 0.0, -1.0])
    image = _jacobian(payoffs[:, 0], even) @ direction
    rate = (theta + chi) / 2
    wrong |= ~np.isclose(image, rate[:, None] * direction, atol=1e-9).all(axis=1)
    return draws, int(wrong.sum())


def _two_blocs_are_unstable(rng: np.random.Generator, draws: int, subject: Any) -> Counts:
    p = uniform(rng, draws, subject)
    theta, chi, phi, psi, eta = _letters(p)
    matrix = subject(**p).payoffs[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        y = (eta - phi) / (theta - chi - 2 * psi + 2 * (eta - phi))
    inside = (y > 1e-6) & (y < 0.5 - 1e-6)
    stated = population.mixed_share(**p)
    wrong = inside & ~np.isclose(stated, y, atol=1e-12)
    y = np.where(inside, y, 0.25)
    share = np.stack([y, 1 - 2 * y, y], -1)
    wrong |= inside & (_spread(matrix, share) > 1e-9)
    direction = np.array([1.0, 0.0, -1.0])
    image = _jacobian(matrix, share) @ direction
    eigen = (y * (theta + chi))[:, None] * direction
    wrong |= inside & ~np.isclose(image, eigen, atol=1e-9).all(axis=1)
    wrong |= inside & ~(_growth(matrix, share) > 0)
    return int(inside.sum()), int(wrong.sum())


def _prove_two_blocs_are_unstable(subject: Any) -> bool:
    m = population
    (first, second), _, fitness, flow = _flow(subject)
    hedge = m.eta - m.phi
    bottom = m.theta - m.chi - 2 * m.psi + 2 * hedge
    y = hedge / bottom
    even = {second: first}
    image = (flow.jacobian([first, second]) * sympy.Matrix([1, -1])).subs({first: y, second: y})
    eigen = y * (m.theta + m.chi)
    return vanish(
        # Where all three are at rest both blocs are equal, and then there is one root.
        fitness[0] - fitness[2] - (m.theta + m.chi) * (first - second),
        (fitness[0] - fitness[1]).subs(even) - bottom * (first - y),
        image[0] - eigen,
        image[1] + eigen,
    )


def _about(
    name: str,
    statement: str,
    latex: str,
    confirm: Any,
    prove: Any = None,
    proves: str = "",
    case: str = "",
) -> Proposition:
    subject = population.MODEL
    return Proposition(
        name, "hedging_population", statement, latex, confirm, subject, prove, proves, case
    )


PROPOSITIONS = (
    _about(
        "pure_equilibria",
        "A bloc is an equilibrium with itself if and only if its members gain more from each "
        "other than hedgers do from them, hedging if and only if hedgers gain more from each "
        "other than blocs do from them.",
        r"(\text{bloc}, \text{bloc}) \iff \theta \ge \psi; \quad"
        r" (\text{hedge}, \text{hedge}) \iff \eta \ge \varphi; \quad"
        r" (\text{bloc}, \text{hedge}) \iff \psi \ge \theta, \varphi \ge \eta",
        _pure_equilibria,
    ),
    _about(
        "stable_blocs",
        "A population of one action is asymptotically stable exactly where it is a strict "
        "equilibrium.",
        r"\text{bloc stable} \iff \theta > \psi; \quad \text{hedge stable} \iff \eta > \varphi",
        _stable_blocs,
    ),
    _about(
        "bloc_and_hedgers",
        "A bloc and hedgers rest at one share, stable if hedgers live on the bloc and are diluted "
        "by their own number, and the other bloc never invades.",
        r"x = \frac{\eta-\varphi}{\theta-\psi+\eta-\varphi}, \quad"
        r" \text{stable} \iff \psi > \theta, \varphi > \eta, \quad f_a - f_b = (\theta+\chi) x",
        _bloc_and_hedgers,
        _prove_bloc_and_hedgers,
        "From the payoffs: at share x the replicator dynamics rest, with the eigenvalues "
        "(theta-psi)(eta-phi)/(theta-psi+eta-phi) along the edge, negative just where both factors "
        "are, and -(theta+chi) x for the other bloc.",
    ),
    _about(
        "even_blocs",
        "Two even blocs are an equilibrium if and only if hedgers gain less from either than their "
        "members do on average, and are never stable.",
        r"(1/2, 0, 1/2) \iff \psi \le (\theta - \chi) / 2; \quad"
        r" \text{eigenvalue } (\theta + \chi) / 2 > 0 \text{ along } (1, 0, -1)",
        _even_blocs,
    ),
    _about(
        "two_blocs_are_unstable",
        "Where both blocs and hedgers are at rest, the smallest lead of one bloc grows.",
        r"y = \frac{\eta-\varphi}{\theta-\chi-2\psi+2(\eta-\varphi)}, \quad"
        r" \text{eigenvalue } y (\theta + \chi) > 0 \text{ along } (1, 0, -1)",
        _two_blocs_are_unstable,
        _prove_two_blocs_are_unstable,
        "From the payoffs: f_a - f_b = (theta+chi)(x_a - x_b), so both blocs are equal at rest; y "
        "is the one root of f_a = f_h then, and y (theta+chi) the eigenvalue of the replicator "
        "dynamics along (1, 0, -1).",
    ),
)
