r"""All equilibria of triadic hedging, support by support.

M's payoff in row r is additive in the two pressures,
:math:`u_r = base_r - q_a L_r - q_b K_r` with :math:`q` the probabilities of pressure, and what
pressing gains A is :math:`G_A = \sum_r m_r a_r + m_h q_b \, \delta_a` (likewise for B), with
:math:`m` M's mix.  So whoever mixes in a support makes a *linear* system, and generically only
28 supports can hold an equilibrium:

* 12 pure profiles;
* M hedges and both powers mix (1);
* M mixes two rows and one power mixes (3 pairs x 2 powers x 2 actions of the other = 12);
* M mixes ``hedge`` with one camp and both powers mix (2);
* all mix (1).

Any other support asks one mix to make two powers or two rows indifferent at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from hedging.propositions.drawn import Bools, Floats

__all__ = ["Letters", "letters", "supports"]

_ROWS = (0, 1, 2)
_HEDGE = 1


@dataclass(frozen=True)
class Letters:
    """The letters of the family for arrays of parameters; rivalry is multiplied in.

    ``base``, ``loss_a``, ``loss_b`` (L and K), ``gain_a`` and ``gain_b`` have shape (N, 3), one
    column per row of M; the gains are against a rival that accommodates, and ``more_a``,
    ``more_b`` what its pressure adds to them when M hedges.
    """

    exposure: Floats
    base: Floats
    loss_a: Floats
    loss_b: Floats
    gain_a: Floats
    gain_b: Floats
    more_a: Floats
    more_b: Floats


def letters(p: Mapping[str, Floats]) -> Letters:
    """The letters at parameter values."""
    s = (1 - p["immunity"]) * (1 - p["mediation"]) * (1 - p["offset"])
    r = p["rivalry"]
    kept = p["retention"] * (p["value_a"] + p["value_b"]) - p["hedging_cost"]
    harm = {t: r * p[f"coercion_{t}"] for t in "ab"}
    rho = {t: p[f"captive_loss_{t}"] for t in "ab"}
    quiet, joint, captive, spoil = {}, {}, {}, {}
    for t in "ab":
        cost, taken = p[f"pressure_cost_{t}"], s * r * p[f"concession_{t}"]
        quiet[t] = taken - cost - r * p[f"drift_loss_{t}"]
        joint[t] = p["congestion"] * taken - cost - r * p[f"windfall_{t}"]
        captive[t] = p[f"capture_share_{t}"] * rho[t] - cost
        spoil[t] = r * p[f"spoiling_{t}"] - cost
    free_a, free_b = (p[f"value_{t}"] - p["autonomy_cost"] for t in "ab")
    return Letters(
        exposure=s,
        base=np.stack([free_a, kept, free_b], -1),
        loss_a=np.stack([rho["a"], s * harm["a"], harm["a"]], -1),
        loss_b=np.stack([harm["b"], s * harm["b"], rho["b"]], -1),
        gain_a=np.stack([captive["a"], quiet["a"], spoil["a"]], -1),
        gain_b=np.stack([spoil["b"], quiet["b"], captive["b"]], -1),
        more_a=joint["a"] - quiet["a"],
        more_b=joint["b"] - quiet["b"],
    )


def supports(p: Mapping[str, Floats]) -> tuple[Floats, Bools]:
    """The 28 candidates and which of them are equilibria.

    Parameters
    ----------
    p : mapping of str to float arrays, shape (N,)
        All parameters of triadic hedging.

    Returns
    -------
    candidates : float array, shape (N, 28, 7)
        Probabilities of M's three actions and of accommodate and pressure of A and B.
    accepted : bool array, shape (N, 28)
    """
    c = letters(p)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = [*_pure(c), _both_press(c), *_two_rows(c), *_hedge_and_camp(c), _all_mix(c)]
        mixes, accepted = zip(*(_judge(c, *candidate) for candidate in found), strict=True)
    return np.stack(mixes, 1), np.stack(accepted, 1)


_Candidate = tuple[Floats, Floats, Floats, tuple[int, ...], int | None, int | None]
"""M's mix, the probabilities of pressure, M's support and the powers' actions (None: mixes)."""


def _judge(
    c: Letters,
    mix: Floats,
    q_a: Floats,
    q_b: Floats,
    rows: tuple[int, ...],
    i: int | None,
    j: int | None,
) -> tuple[Floats, Bools]:
    """Probabilities inside their simplices, and no better reply outside the support."""
    u = c.base - q_a[:, None] * c.loss_a - q_b[:, None] * c.loss_b
    good = np.ones(len(u), dtype=bool)
    for r in _ROWS:
        if r not in rows:
            good &= u[:, r] <= u[:, rows[0]]
        elif len(rows) > 1:
            good &= mix[:, r] > 0
    for act, own, other, gain, more in (
        (i, q_a, q_b, c.gain_a, c.more_a),
        (j, q_b, q_a, c.gain_b, c.more_b),
    ):
        if act is None:
            good &= (own > 0) & (own < 1)
        else:
            pays = (mix * gain).sum(-1) + mix[:, _HEDGE] * other * more
            good &= pays >= 0 if act else pays <= 0
    whole = np.concatenate([mix, np.stack([1 - q_a, q_a, 1 - q_b, q_b], -1)], -1)
    return whole, good


def _row(c: Letters, r: int) -> Floats:
    return np.broadcast_to(np.eye(3)[r], c.base.shape)


def _constant(c: Letters, value: float) -> Floats:
    return np.full(len(c.base), float(value))


def _pure(c: Letters) -> list[_Candidate]:
    return [
        (_row(c, r), _constant(c, i), _constant(c, j), (r,), i, j)
        for r, i, j in product(_ROWS, (0, 1), (0, 1))
    ]


def _both_press(c: Letters) -> _Candidate:
    q_a = -c.gain_b[:, _HEDGE] / c.more_b
    q_b = -c.gain_a[:, _HEDGE] / c.more_a
    return _row(c, _HEDGE), q_a, q_b, (_HEDGE,), None, None


def _two_rows(c: Letters) -> list[_Candidate]:
    found: list[_Candidate] = []
    for (r, t), other in product(((0, 1), (1, 2), (0, 2)), (0, 1)):
        against = _constant(c, other)
        base = c.base[:, r] - c.base[:, t]
        a, b = c.loss_a[:, r] - c.loss_a[:, t], c.loss_b[:, r] - c.loss_b[:, t]
        for mixer, own, rest, gain, more in (
            ("a", a, b, c.gain_a, c.more_a),
            ("b", b, a, c.gain_b, c.more_b),
        ):
            q = (base - other * rest) / own
            first = gain[:, r] + (r == _HEDGE) * other * more
            second = gain[:, t] + (t == _HEDGE) * other * more
            share = second / (second - first)
            mix = share[:, None] * _row(c, r) + (1 - share)[:, None] * _row(c, t)
            if mixer == "a":
                found.append((mix, q, against, (r, t), None, other))
            else:
                found.append((mix, against, q, (r, t), other, None))
    return found


def _hedge_and_camp(c: Letters) -> list[_Candidate]:
    found: list[_Candidate] = []
    for o in (0, 2):
        base = c.base[:, o] - c.base[:, _HEDGE]
        a = c.loss_a[:, o] - c.loss_a[:, _HEDGE]
        b = c.loss_b[:, o] - c.loss_b[:, _HEDGE]
        # With z = m_o / m_h: q_b = -(a_h + z a_o)/more_a, q_a = -(b_h + z b_o)/more_b, and M is
        # indifferent where base = q_a a + q_b b, which is linear in z.
        level = base + c.gain_b[:, _HEDGE] / c.more_b * a + c.gain_a[:, _HEDGE] / c.more_a * b
        slope = c.gain_b[:, o] / c.more_b * a + c.gain_a[:, o] / c.more_a * b
        z = -level / slope
        q_a = -(c.gain_b[:, _HEDGE] + z * c.gain_b[:, o]) / c.more_b
        q_b = -(c.gain_a[:, _HEDGE] + z * c.gain_a[:, o]) / c.more_a
        share = z / (1 + z)
        mix = share[:, None] * _row(c, o) + (1 - share)[:, None] * _row(c, _HEDGE)
        found.append((mix, q_a, q_b, (_HEDGE, o), None, None))
    return found


def _all_mix(c: Letters) -> _Candidate:
    a = c.loss_a[:, [0, 2]] - c.loss_a[:, [1]]
    b = c.loss_b[:, [0, 2]] - c.loss_b[:, [1]]
    base = c.base[:, [0, 2]] - c.base[:, [1]]
    det = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    q_a = (base[:, 0] * b[:, 1] - base[:, 1] * b[:, 0]) / det
    q_b = (a[:, 0] * base[:, 1] - a[:, 1] * base[:, 0]) / det
    gain_a, gain_b = c.gain_a.copy(), c.gain_b.copy()
    gain_a[:, _HEDGE] += q_b * c.more_a
    gain_b[:, _HEDGE] += q_a * c.more_b
    # A mix that makes both powers indifferent is orthogonal to both vectors of gains.
    mix = np.cross(gain_a, gain_b)
    return mix / mix.sum(-1, keepdims=True), q_a, q_b, _ROWS, None, None
