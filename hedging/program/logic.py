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

__all__ = ["Candidate", "Group", "SignLogic"]

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
