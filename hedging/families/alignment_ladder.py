r"""The alignment ladder: triadic hedging with degrees of alignment between the two camps.

M chooses a level :math:`s \in [0, 1]` of alignment, 1 for A's camp, 0 for B's; A and B
``accommodate`` or ``pressure`` as in :mod:`hedging.families.triadic_hedging`, whose letters are
used here.  With :math:`\eta = -\log_2 \lambda` and :math:`\nu = -\log_2 (1-\mu)`,

.. math::

    u_M(s) = {} & s^\eta v_a + (1-s)^\eta v_b - h - (\alpha - h) |2s-1| \\
             & - i [R k_a (1-s)^\nu + \rho_a (2s-1)^+] - j [R k_b s^\nu + \rho_b (1-2s)^+],

where :math:`0^0 = 0`, and the payoffs of A and B are linear in s between camp, hedge and camp.  The
powers are such that the levels 1, 1/2, 0 are triadic hedging exactly.  Five levels, the default,
follow Kuik's spectrum between the camps (Contemporary Southeast Asia 30(2), 2008);
:func:`ladder` builds others.

* **More value, closer alignment.** M's best level does not fall as :math:`v_a` rises nor rise as
  :math:`v_b` does, whatever the pressures (increasing differences).
* **Finer ladders are more demanding.** A profile that is an equilibrium and uses levels of a
  coarser ladder is an equilibrium of the coarser one.
* M's payoff is additive in the two pressures, and A's gain from pressing is linear between the
  three rows, so :math:`(s, i, j)` is a pure equilibrium iff s is best and the interpolated gains
  have the sign of the actions.

The variant is this package's own construction.  With levels other than 1, 1/2, 0 some payoffs are
irrational powers, so there is no exact arithmetic, and immunity ends at 0.99.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import sympy

from hedging import formula
from hedging.errors import HedgingError, ParameterError
from hedging.families import triadic_hedging as triad
from hedging.model import Model

__all__ = ["LEVELS", "MODEL", "ladder"]

LEVELS = tuple(Fraction(k, 4) for k in (4, 3, 2, 1, 0))
"""The five levels of the default."""

_SHIELDS = ("immunity", "mediation", "offset")
_HALF = Fraction(1, 2)


def _labels(levels: Sequence[Fraction]) -> tuple[str, ...]:
    """``align_a``, ``lean_a``, ``hedge``, ``lean_b``, ``align_b``; several leans say how far."""
    named = {Fraction(1): "align_a", _HALF: "hedge", Fraction(0): "align_b"}
    towards_a = sum(_HALF < s < 1 for s in levels)
    labels = []
    for s in levels:
        if s in named:
            labels.append(named[s])
            continue
        side, many = ("a", towards_a > 1) if s > _HALF else ("b", _several_b(levels))
        labels.append(f"lean_{side}" + (f"_{s.numerator}_{s.denominator}" if many else ""))
    return tuple(labels)


def _several_b(levels: Sequence[Fraction]) -> bool:
    return sum(0 < s < _HALF for s in levels) > 1


def _power(share: Fraction, base: sympy.Expr) -> sympy.Expr:
    """The share to the power -log2(base), that is base to the power log2(1/share)."""
    if share == 0:
        return sympy.Integer(0)
    inverse = 1 / sympy.Rational(share.numerator, share.denominator)
    whole = share.denominator.bit_length() - 1
    if share == Fraction(1, 2**whole):
        return base**whole
    return base ** (sympy.log(inverse) / sympy.log(2))


def _between(rows: Any, share: Fraction) -> sympy.Expr:
    """Linear between the rows of the camps and of the hedge; ``rows`` is A's camp first."""
    lean = sympy.Rational(share.numerator, share.denominator) * 2 - 1
    return rows[1] + (lean * (rows[0] - rows[1]) if lean >= 0 else -lean * (rows[2] - rows[1]))


def _payoffs(levels: Sequence[Fraction]) -> dict[str, Any]:
    rows = triad.payoff_arrays()
    u_m, u_a, u_b = (np.empty((len(levels), 2, 2), dtype=object) for _ in range(3))
    for place, s in enumerate(levels):
        lean = sympy.Rational(s.numerator, s.denominator) * 2 - 1
        base = (
            _power(s, triad.lam) * triad.v_a
            + _power(1 - s, triad.lam) * triad.v_b
            - triad.h
            - (triad.alpha - triad.h) * abs(lean)
        )
        harm_a = triad.R * triad.k_a * _power(1 - s, triad.exposure)
        harm_b = triad.R * triad.k_b * _power(s, triad.exposure)
        for i, j in np.ndindex(2, 2):
            u_m[place, i, j] = (
                base
                - i * (harm_a + triad.rho_a * max(0, lean))
                - j * (harm_b + triad.rho_b * max(0, -lean))
            )
            u_a[place, i, j] = _between(rows["A"][:, i, j], s)
            u_b[place, i, j] = _between(rows["B"][:, i, j], s)
    return {"M": u_m, "A": u_a, "B": u_b}


def _read(levels: Sequence[Any]) -> tuple[Fraction, ...]:
    try:
        read = tuple(Fraction(formula.exact_number(level)) for level in levels)
    except (HedgingError, TypeError) as error:
        msg = f"levels {levels!r} given; give numbers such as (1, '3/4', '1/2', 0): {error}"
        raise ParameterError(msg) from None
    falling = all(s > t for s, t in pairwise(read))
    if len(read) < 2 or not falling or read[0] > 1 or read[-1] < 0:
        shown = ", ".join(map(str, read))
        msg = f"levels ({shown}) given; give two or more, falling, from 1 at most to 0 at least"
        raise ParameterError(msg)
    return read


def ladder(levels: Sequence[Any] = LEVELS) -> Model:
    """The model with given levels of alignment.

    Parameters
    ----------
    levels : sequence of m numbers or text such as "3/4"
        Falling, within [0, 1]; 1 is A's camp, 1/2 the hedge, 0 B's camp.

    Returns
    -------
    Model
        Of shape (m, 2, 2), with the parameters of triadic hedging.

    Raises
    ------
    ParameterError
        If the levels are not falling numbers within [0, 1].

    Examples
    --------
    >>> ladder((1, "1/2", 0)).actions[0]
    ('align_a', 'hedge', 'align_b')
    >>> ladder((1, "5/6", "2/3", "1/2", 0)).actions[0]
    ('align_a', 'lean_a_5_6', 'lean_a_2_3', 'hedge', 'align_b')
    """
    return _ladder(_read(levels))


@lru_cache
def _ladder(levels: tuple[Fraction, ...]) -> Model:
    rational = set(levels) <= {Fraction(0), _HALF, Fraction(1)}
    parameters = [
        p if rational or p.name not in _SHIELDS else replace(p, high=0.99) for p in triad.PARAMETERS
    ]
    words = "_".join(
        f"{s.numerator}" if s.denominator == 1 else f"{s.numerator}of{s.denominator}"
        for s in levels
    )
    return Model(
        "alignment_ladder" if levels == LEVELS else f"alignment_ladder_{words}",
        title="Degrees of alignment between two great powers",
        players=("M", "A", "B"),
        actions=(
            _labels(levels),
            ("accommodate", "pressure"),
            ("accommodate", "pressure"),
        ),
        parameters=parameters,
        payoffs=_payoffs(levels),
        source=(
            "Own construction; the spectrum after Kuik, Contemporary Southeast Asia 30(2) (2008)"
        ),
        notes=(
            "Triadic hedging with more levels; levels 1, 1/2, 0 are triadic hedging itself.  "
            "alignment_ladder.ladder builds other levels."
        ),
    )


MODEL = ladder()
