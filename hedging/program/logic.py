"""Three-valued logic over the signs of a program's outputs.

Evaluated in floating point, a number that is not clearly positive or negative leaves its
sign open.  A :class:`SignLogic` says which conjunctions of signs matter.  It is data, so that
every arithmetic can read it: arrays of booleans, words of 512 sign bits in machine code, exact
signs.

A *group* is a set of signed outputs that must share one strict sign.  A *candidate* is a set of
groups that must all hold.  Given the sign of every output as +1, -1 or "open",

* a group is **certain** if all its members are +1, or all are -1;
* a group is **possible** if no member is +1 while another is -1;
* a candidate is certain (possible) if each of its groups is;
* a point is **undecided** if some candidate is possible but not certain.

A member ``(s, None)`` is the constant s, so that a group can demand a given sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Candidate", "Group", "SignLogic", "read_logic"]

Group = tuple[tuple[int, int | None], ...]
"""Members ``(sign, output)``; sign times output is what must share one strict sign."""

Candidate = tuple[Group, ...]
"""Groups that must all hold."""


@dataclass(frozen=True, slots=True)
class SignLogic:
    """Candidates over the signs of ``n_signs`` program outputs.

    Attributes
    ----------
    n_signs : int
    candidates : tuple of Candidate
        Candidate c is bit c of a code.
    """

    n_signs: int
    candidates: tuple[Candidate, ...]


def read_logic(
    logic: SignLogic, positive: NDArray[np.bool_], negative: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Read the logic at N points whose certain signs are known.

    Parameters
    ----------
    logic : SignLogic
    positive, negative : bool arrays, shape (n_signs, N)
        Outputs that are certainly positive, certainly negative.

    Returns
    -------
    certain : bool array, shape (candidates, N)
    undecided : bool array, shape (N,)
        Some candidate is possible and not certain.

    Examples
    --------
    >>> wants = SignLogic(1, ((((1, 0), (1, None)),),))
    >>> up, down = np.array([[True, False]]), np.array([[False, False]])
    >>> certain, undecided = read_logic(wants, up, down)
    >>> certain.tolist(), undecided.tolist()
    ([[True, False]], [False, True])
    """
    count = positive.shape[1]
    not_positive, not_negative = ~positive, ~negative
    certain = np.empty((len(logic.candidates), count), dtype=bool)
    undecided = np.zeros(count, dtype=bool)
    for c, groups in enumerate(logic.candidates):
        sure, possible = certain[c], np.ones(count, dtype=bool)
        sure[:] = True
        for group in groups:
            constants = {sign for sign, output in group if output is None}
            plus = np.full(count, -1 not in constants)
            minus = np.full(count, 1 not in constants)
            no_plus, no_minus = minus.copy(), plus.copy()
            for sign, d in group:
                if d is None:
                    continue
                up, down = (positive, negative) if sign > 0 else (negative, positive)
                not_up, not_down = (
                    (not_positive, not_negative) if sign > 0 else (not_negative, not_positive)
                )
                plus &= up[d]
                minus &= down[d]
                no_plus &= not_up[d]
                no_minus &= not_down[d]
            sure &= plus | minus
            possible &= no_plus | no_minus
        possible &= ~sure
        undecided |= possible
    return certain, undecided
