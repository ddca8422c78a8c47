r"""Three models of hedging under incomplete information, with their information spelt out.

The catalogue holds normal forms of these models, which is what a sweep needs.  Here they are as
Bayesian and signalling games, with the same parameters: who knows what, what is believed, and
which equilibria rest on credible replies to words that are not spoken.

* :func:`mediator_credibility`: whose counsel of restraint is believed?
* :func:`ambiguity_signalling`: when does ambiguity pay a middle power that both sides court?
* :func:`intentions_uncertainty`: how far to trust a power of unknown intentions?
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.families import ambiguity_signalling as ambiguity
from hedging.families import intentions_uncertainty as intentions
from hedging.families import mediator_credibility as mediator
from hedging.information.bayesian_game import BayesianGame
from hedging.information.signalling_game import SignallingGame
from hedging.model import Model

__all__ = ["ambiguity_signalling", "intentions_uncertainty", "mediator_credibility"]

Array = NDArray[Any]


def mediator_credibility(**values: ArrayLike) -> SignallingGame:
    r"""A mediator who knows whether a party's rival is resolved says so, or not.

    An equilibrium in which the party follows the mediator's word exists if and only if

    .. math:: S_t \ge 0, \qquad b S_t \ge \kappa \varepsilon, \qquad \kappa + b w \ge 0,

    with :math:`S_t = 1 - \varepsilon - \varepsilon w`; see
    :mod:`hedging.families.mediator_credibility`.

    Parameters
    ----------
    **values : number or array_like
        Parameters of the model of that name; defaults for the rest.  Arrays make a batch.

    Returns
    -------
    SignallingGame
        Its ex-ante normal form is the model of the catalogue.

    Raises
    ------
    ParameterError, UnknownNameError
        If a value is out of range, or no parameter.

    Examples
    --------
    >>> [each.kind for each in mediator_credibility(bias=0.5).perfect_bayesian()]
    ['separating', 'separating', 'pooling', 'pooling']
    >>> [each.kind for each in mediator_credibility(bias=0.0).perfect_bayesian()]
    ['pooling', 'pooling']
    """
    q = _read(mediator.MODEL, values)
    p, w, eps, b = q["resolve_prior"], q["war_cost"], q["war_risk"], q["bias"]
    table = np.zeros((*p.shape, 2, 2, 2, 2))  # player, type, word, reply
    worth = (1 - eps) - eps * w
    for word in (0, 1):
        table[..., 0, 0, word, 1] = -q["war_aversion"] - b * w
        table[..., 0, 1, word, 1] = b * worth - q["war_aversion"] * eps
        table[..., 1, 0, word, 1] = -w
        table[..., 1, 1, word, 1] = worth
    return SignallingGame(
        table,
        np.stack([p, 1 - p], axis=-1),
        types=("resolved", "weak"),
        messages=("R", "W"),
        players=mediator.MODEL.players,
        actions=[("concede", "stand")],
    )


def ambiguity_signalling(**values: ArrayLike) -> SignallingGame:
    r"""A middle power that leans to a or to b reveals it or stays ambiguous.

    Both types are ambiguous and both powers court in equilibrium if and only if

    .. math:: \frac{c_A}{\gamma_A} \le \pi \le 1 - \frac{c_B}{\gamma_B}
              \quad\text{and}\quad t_A + t_B - \kappa \ge \max(s_a, s_b);

    see :mod:`hedging.families.ambiguity_signalling`.

    Parameters
    ----------
    **values : number or array_like
        Parameters of the model of that name; defaults for the rest.  Arrays make a batch.

    Returns
    -------
    SignallingGame
        The agent normal form of its Bayesian game is the model of the catalogue, with the types'
        payoffs weighted by their probability.

    Raises
    ------
    ParameterError, UnknownNameError
        If a value is out of range, or no parameter.

    Examples
    --------
    At the defaults plain speaking, ambiguity, and a mix in which those who lean to a are often
    plain.  Plain speaking needs powers who believe, should anybody be ambiguous after all, that
    they know which way it leans:

    >>> for each in ambiguity_signalling().perfect_bayesian():
    ...     print(each.kind, {t: list(own) for t, own in each.strategy.items()})
    pooling {'leans_a': ['reveal'], 'leans_b': ['reveal']}
    pooling {'leans_a': ['ambiguous'], 'leans_b': ['ambiguous']}
    semi-separating {'leans_a': ['reveal', 'ambiguous'], 'leans_b': ['ambiguous']}
    >>> plain = ambiguity_signalling().perfect_bayesian()[0]
    >>> [(round(low, 3), round(high, 3)) for low, high in plain.supporting_beliefs("ambiguous")]
    [(0.0, 0.3), (0.667, 1.0)]
    """
    q = _read(ambiguity.MODEL, values)
    pi = q["lean_probability"]
    table = np.zeros((*pi.shape, 3, 2, 2, 2, 2))  # player, type, message, reply of A, of B
    for t, i, j in np.ndindex(2, 2, 2):
        courted = i * q["courted_value_a"] + j * q["courted_value_b"]
        table[..., 0, t, 0, i, j] = q["revealed_value_b" if t else "revealed_value_a"]
        table[..., 0, t, 1, i, j] = courted - q["ambiguity_cost"]
        table[..., 1, t, 1, i, j] = i * ((1 - t) * q["courting_gain_a"] - q["courting_cost_a"])
        table[..., 2, t, 1, i, j] = j * (t * q["courting_gain_b"] - q["courting_cost_b"])
    return SignallingGame(
        table,
        np.stack([pi, 1 - pi], axis=-1),
        types=("leans_a", "leans_b"),
        messages=("reveal", "ambiguous"),
        players=("M", "A", "B"),
        actions=[("ignore", "court")] * 2,
    )


def intentions_uncertainty(**values: ArrayLike) -> BayesianGame:
    r"""A middle power balances, hedges or bandwagons; B is revisionist or benign.

    If hedging deters the revisionist and its probability :math:`\pi` exceeds
    :math:`\pi_1 = (v-h)/(v-h+(1-\eta)x)`, the revisionist exploits with probability
    :math:`\pi_1/\pi`: the risk is :math:`\pi_1` whatever the prior.  All cases are in
    :mod:`hedging.families.intentions_uncertainty`.

    Parameters
    ----------
    **values : number or array_like
        Parameters of the model of that name; defaults for the rest.  Arrays make a batch.

    Returns
    -------
    BayesianGame
        Its agent normal form is the model of the catalogue, with the types' payoffs weighted by
        their probability.

    Raises
    ------
    ParameterError, UnknownNameError
        If a value is out of range, or no parameter.

    Examples
    --------
    >>> intentions_uncertainty().equilibria().support.values.tolist()
    ['hedge+bandwagon|restrain+exploit|restrain']
    """
    q = _read(intentions.MODEL, values)
    pi, v, x, h = (
        q[name] for name in ("threat_belief", "trust_value", "abuse_loss", "hedge_value")
    )
    table = np.zeros((*pi.shape, 2, 1, 2, 3, 2))  # player, type of M, of B, action of M, of B
    gains = (
        (-q["loss_balancer"], q["gain_hedger"], q["gain_bandwagoner"]),
        (-q["benign_balancer"], q["benign_hedger"], q["benign_bandwagoner"]),
    )
    for t, exploits in np.ndindex(2, 2):
        table[..., 0, 0, t, 0, exploits] = q["balance_value"]
        table[..., 0, 0, t, 1, exploits] = h - exploits * (h + q["hedge_exposure"] * x)
        table[..., 0, 0, t, 2, exploits] = v - exploits * (v + x)
        for action in range(3):
            table[..., 1, 0, t, action, exploits] = exploits * gains[t][action]
    return BayesianGame(
        {"B": ("revisionist", "benign")},
        {"B": np.stack([pi, 1 - pi], axis=-1)},
        table,
        ("M", "B"),
        (("balance", "hedge", "bandwagon"), ("restrain", "exploit")),
    )


def _read(model: Model, values: dict[str, ArrayLike]) -> dict[str, Array]:
    """Values of all parameters, as arrays of one shape."""
    checked = model.check(values)
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in checked.values()))
    return dict(zip(checked, arrays, strict=True))
