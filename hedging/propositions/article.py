r"""The claims about Kazakhstan's hedging that the models answer, one by one.

The claims are those of an essay on Kazakhstan's policy between Russia, China and the West, in this
package's own words.  Each is tied to the propositions that answer it, and says whether the models
bear it out.  :meth:`Claims.check` proves and confirms these propositions anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from hedging.errors import UnknownNameError, suggest
from hedging.families import catalogue
from hedging.propositions.article_rows import ROWS, VERDICTS
from hedging.propositions.core import Finding
from hedging.propositions.library import check_all, propositions

__all__ = ["Claim", "ClaimFinding", "Claims", "claims"]


@dataclass(frozen=True)
class ClaimFinding:
    """What checking the propositions of one claim found.

    Attributes
    ----------
    findings : dict of str to Finding
        By ``model.proposition``.
    """

    findings: Mapping[str, Finding] = field(repr=False)

    @property
    def holds(self) -> bool:
        """Whether every proposition holds, on at least one draw or by proof."""
        return all(found.holds for found in self.findings.values())

    @property
    def proved(self) -> tuple[str, ...]:
        """Propositions that symbolic algebra settles for all parameters.

        What the algebra is, each says in ``findings[name].proves``.
        """
        return tuple(name for name, found in self.findings.items() if found.proved)

    @property
    def confirmed(self) -> tuple[str, ...]:
        """Propositions without a failure among the draws that they speak of."""
        return tuple(n for n, f in self.findings.items() if f.exercised and not f.failures)

    @property
    def failed(self) -> tuple[str, ...]:
        """Propositions with a draw, or a proof, that goes against them."""
        return tuple(n for n, f in self.findings.items() if f.failures or f.proved is False)

    @property
    def unmet(self) -> tuple[str, ...]:
        """Propositions whose hypothesis no draw met, so that more draws are needed."""
        return tuple(n for n, f in self.findings.items() if not f.exercised)

    @property
    def exercised(self) -> int:
        """Cases in which the propositions say something, over all of them."""
        return sum(found.exercised for found in self.findings.values())

    @property
    def failures(self) -> int:
        """Cases in which a proposition and the solver disagree."""
        return sum(found.failures for found in self.findings.values())


@dataclass(frozen=True)
class Claim:
    """One claim and what the models say to it.

    Attributes
    ----------
    number : int
    key : str
    text : str
        The claim, in this package's words.
    names : tuple of str
        The propositions that answer it, as ``model.proposition``, the main one first.
    verdict : str
        ``proved``, ``proved in part``, ``confirmed``, ``qualified``, ``contradicted`` or
        ``illustrated by data``.
    answer : str
        What the models say.
    against : str
        What in the models speaks against the claim; empty if nothing does.
    """

    number: int
    key: str
    text: str
    names: tuple[str, ...]
    verdict: str
    answer: str
    against: str = ""

    @property
    def models(self) -> tuple[str, ...]:
        """The models that answer it."""
        return tuple(dict.fromkeys(name.partition(".")[0] for name in self.names))

    @property
    def latex(self) -> str:
        """The propositions as mathematics, one line each.

        Raises
        ------
        UnknownNameError
            If a proposition does not exist.
        """
        return "\n".join(p.latex for name in self.names for p in propositions(name))

    def check(
        self, rng: np.random.Generator | int | None = None, *, draws: int = 200
    ) -> ClaimFinding:
        """Prove and confirm the propositions that answer the claim.

        Parameters
        ----------
        rng : Generator or int, optional
        draws : int
            Random parameter points for each proposition.

        Returns
        -------
        ClaimFinding

        Raises
        ------
        UnknownNameError
            If a proposition does not exist.

        Examples
        --------
        >>> found = claims["division_of_labour"].check(1, draws=50)
        >>> found.holds, found.proved[0]
        (True, 'sphere_division.pure_equilibria')
        """
        return ClaimFinding(check_all(self.names, rng, draws=draws))

    def __str__(self) -> str:
        lines = [f"{self.number}. {self.text}", f"{self.verdict}: {self.answer}"]
        return "\n".join(lines + ([f"Against it: {self.against}"] if self.against else []))


class Claims(Mapping[str, Claim]):
    """The 34 claims, by key or by number.

    Verdicts are ``proved`` (all propositions that the answer rests on follow by algebra for all
    parameters), ``proved in part`` (some do, and all agree with the solver in every case tried),
    ``confirmed`` (none does, but all agree with the solver), ``qualified`` (the claim holds in
    one part of the models and fails in another), ``contradicted`` (it fails in all) and
    ``illustrated by data`` (a fact that the models take as given).  What is proved is the answer,
    under the condition that it states, never that the condition is met.

    Raises
    ------
    UnknownNameError
        If no claim has the key or number.

    Examples
    --------
    >>> claims
    <Claims: 34; 6 qualified>
    >>> print(claims[10].against)  # doctest: +ELLIPSIS
    Where both guard, ...
    >>> claims["rivalry_tests_the_balance"].number
    25
    >>> [claim.number for claim in claims.of("red_line_veto")]
    [10]
    """

    def __init__(self) -> None:
        self._claims = {row[1]: Claim(*row) for row in ROWS}

    def __getitem__(self, key: str | int) -> Claim:
        numbered = isinstance(key, (int, np.integer)) and not isinstance(key, bool)
        if numbered and 1 <= int(key) <= len(self):
            return list(self.values())[int(key) - 1]
        if key not in self._claims:
            hint = suggest(key, self._claims)
            msg = f"no claim {key!r}; they are numbered 1 to {len(self)} and have keys: {hint}"
            raise UnknownNameError(msg)
        return self._claims[str(key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def of(self, model: Any) -> tuple[Claim, ...]:
        """The claims that a model helps to answer.

        Parameters
        ----------
        model : str or Model
            A model of the catalogue, or its name.

        Returns
        -------
        tuple of Claim

        Raises
        ------
        UnknownNameError
            If there is no such model in the catalogue.

        Examples
        --------
        >>> [claim.key for claim in claims.of("sphere_division")]
        ['division_of_labour', 'china_enters_security', 'chinese_arms']
        """
        name = getattr(model, "name", model)
        if name not in catalogue:
            msg = f"no model {name!r} in the catalogue; {suggest(name, catalogue)}"
            raise UnknownNameError(msg)
        return tuple(claim for claim in self.values() if name in claim.models)

    def table(self, found: Mapping[str, ClaimFinding] | None = None) -> Any:
        """All claims side by side.

        Parameters
        ----------
        found : mapping of str to ClaimFinding, optional
            What :meth:`check` returned, to see it beside the claims.

        Returns
        -------
        pandas.DataFrame
            One row per claim, indexed by its number.  With ``found`` also the propositions
            ``proved`` and ``confirmed``, the ``cases`` in which they say something, and the
            ``failures``.

        Examples
        --------
        >>> claims.table().loc[25, ["key", "verdict"]].tolist()
        ['rivalry_tests_the_balance', 'proved in part']
        >>> int(claims.table(claims.check(1, draws=100)).failures.sum())
        0
        """
        import pandas as pd

        rows = []
        for claim in self.values():
            row: dict[str, Any] = {
                "number": claim.number,
                "key": claim.key,
                "claim": claim.text,
                "models": ", ".join(claim.models),
                "propositions": ", ".join(claim.names),
                "verdict": claim.verdict,
                "answer": claim.answer,
                "against": claim.against,
            }
            if found is not None:
                seen = found[claim.key]
                row |= {
                    "proved": ", ".join(seen.proved),
                    "confirmed": ", ".join(seen.confirmed),
                    "cases": seen.exercised,
                    "failures": seen.failures,
                }
            rows.append(row)
        return pd.DataFrame(rows).set_index("number")

    def check(
        self, rng: np.random.Generator | int | None = None, *, draws: int = 200
    ) -> dict[str, ClaimFinding]:
        """Check every claim, and each proposition once.

        Parameters
        ----------
        rng : Generator or int, optional
        draws : int
            Random parameter points for each proposition.

        Returns
        -------
        dict of str to ClaimFinding
            By key; the same as each claim's own :meth:`Claim.check` with that ``rng``.

        Raises
        ------
        UnknownNameError
            If a proposition does not exist.
        """
        found = check_all((name for c in self.values() for name in c.names), rng, draws=draws)
        return {
            key: ClaimFinding(
                {
                    full: found[full]
                    for name in claim.names
                    for full in (f"{p.model}.{p.name}" for p in propositions(name))
                }
            )
            for key, claim in self.items()
        }

    def __repr__(self) -> str:
        verdicts = [claim.verdict for claim in self.values()]
        against = [v for v in ("contradicted", "qualified") if v in verdicts]
        counts = ", ".join(f"{verdicts.count(v)} {v}" for v in against)
        return f"<Claims: {len(self)}; {counts}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{c.number}</td><td>{escape(c.text)}</td>"
            f"<td>{'<br>'.join(f'<code>{m}</code>' for m in c.models)}</td>"
            f"<td title='{escape(VERDICTS[c.verdict])}'>{c.verdict}</td>"
            f"<td>{escape(c.answer)}"
            + (f"<br><em>Against it:</em> {escape(c.against)}" if c.against else "")
            + "</td></tr>"
            for c in self.values()
        )
        head = "".join(f"<th>{h}</th>" for h in ("", "claim", "models", "verdict", "answer"))
        return f"<table><tr>{head}</tr>{rows}</table>"


claims = Claims()
