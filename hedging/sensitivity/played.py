"""Whether a profile is played at a point, for any list of points.

A *question* fixes the support of some or all players and asks whether they play with it in some
equilibrium, or in every one.  At a point the answer is yes, no or, where the list of equilibria
may be too short to say, undecided: an equilibrium that is listed exists whatever the status, so it
can prove "some" and refute "all", but what is not listed proves nothing unless the list is whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.design import Sample
from hedging.engine.run import sweep
from hedging.engine.summary import regions
from hedging.errors import GameError, HedgingTypeError, ParameterError, Status
from hedging.labels import position
from hedging.model import Model
from hedging.words import in_words

__all__ = ["NO", "UNDECIDED", "YES", "Question", "varied"]

NO, YES, UNDECIDED = 0, 1, 2

_PARTIAL = [Status.NONFINITE, Status.INCOMPLETE, Status.NO_CONVERGENCE, Status.NOT_RUN]


@dataclass(frozen=True, eq=False)
class _Points(Sample):
    """Points given one by one, along the dimension ``point``."""

    given: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The points as given."""
        return self.given


@dataclass(frozen=True)
class Question:
    """Which supports are asked for (None: any), and in which equilibria."""

    model: Model
    supports: tuple[tuple[int, ...] | None, ...]
    where: str

    @classmethod
    def read(cls, model: Any, profile: Any, where: Any) -> Question:
        """Check what was given; see :func:`hedging.room` for what may be."""
        if not isinstance(model, Model):
            msg = (
                f"model is a {type(model).__name__}; give one such as hedging.catalogue['chicken']"
            )
            raise HedgingTypeError(msg)
        if where not in ("some", "all"):
            msg = f"where is {where!r}; type 'some' or 'all' (equilibria)"
            raise ParameterError(msg)
        for name in model.parameters:
            if name in ("parameters", "where"):
                msg = f"parameter {name!r} has the name of an option; rename it in the model"
                raise ParameterError(msg)
        players = model.players
        example = f"as in {{{players[0]!r}: {model.actions[0][0]!r}}}"
        given = profile.split("|") if isinstance(profile, str) else profile
        if isinstance(given, Sequence | np.ndarray):
            if len(given) != len(players):
                msg = f"{len(given)} strategies for {', '.join(players)}; or name some, {example}"
                raise GameError(msg)
            given = dict(zip(players, given, strict=True))
        if not isinstance(given, Mapping) or not given:
            msg = f"{profile!r} is no profile; give the actions of some players, {example}"
            raise HedgingTypeError(msg)
        supports: list[tuple[int, ...] | None] = [None] * len(players)
        for player, strategy in given.items():
            who = position(str(player), players, "player")
            words = strategy.split("+") if isinstance(strategy, str) else [strategy]
            if not all(isinstance(word, str | int | np.integer) for word in words):
                msg = f"{player} plays {strategy!r}; give an action, or a support such as 'up+down'"
                raise HedgingTypeError(msg)
            kind = f"action of player {players[who]!r}"
            supports[who] = tuple(sorted({position(w, model.actions[who], kind) for w in words}))
        return cls(model, tuple(supports), where)

    @property
    def pure(self) -> tuple[int, ...] | None:
        """The action of each player, where "some" asks for a pure profile."""
        found = [s[0] for s in self.supports if s is not None and len(s) == 1]
        return tuple(found) if self.where == "some" and len(found) == len(self.supports) else None

    @property
    def words(self) -> str:
        """The question as the clause that it asks about."""
        rows = zip(self._labels(), self.model.players, self.model.actions, strict=True)
        own = [("+".join(labels), who, all_) for labels, who, all_ in rows if labels is not None]
        labels, players, actions = zip(*own, strict=True)
        clause = in_words("|".join(labels), players, actions)
        return f"{clause} in {'some' if self.where == 'some' else 'every'} equilibrium"

    def _labels(self) -> list[tuple[str, ...] | None]:
        pairs = zip(self.supports, self.model.actions, strict=True)
        return [None if s is None else tuple(own[k] for k in s) for s, own in pairs]

    def answers(
        self, points: NDArray[np.float64], names: Sequence[str], fixed: Mapping[str, Any]
    ) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
        """Answer and status at N points, shape (N, number of names); the rest is fixed."""
        bounds = dict.fromkeys(names, (0.0, 1.0))
        design = _Points(len(points), bounds, (), np.ascontiguousarray(points))
        if self.pure is not None:
            ds = sweep(self.model, design, report="margin", profile=self.pure, **fixed)
            status = ds["status"].values
            played = np.where(ds["margin"].values >= 0, YES, NO)
            return np.where(status == Status.OK, played, UNDECIDED).astype(np.int8), status
        ds = sweep(self.model, design, report="region", **fixed)
        status, table = ds["status"].values, regions(ds)
        whole = np.zeros(int(table.code.max()) + 1, dtype=np.int8)
        partial = np.full_like(whole, UNDECIDED)
        for code, labels in zip(table.code, table.equilibria, strict=True):
            fits = [self._fits(label) for label in labels or ()]
            whole[code] = UNDECIDED if labels is None else self._decide(fits)
            if fits and (any(fits) if self.where == "some" else not all(fits)):
                partial[code] = whole[code]
        region = ds["region"].values
        return np.where(np.isin(status, _PARTIAL), partial[region], whole[region]), status

    def _decide(self, fits: list[bool]) -> int:
        return int(any(fits) if self.where == "some" else bool(fits) and all(fits))

    def _fits(self, label: str) -> bool:
        parts = zip(label.split("|"), self._labels(), strict=True)
        return all(want is None or tuple(part.split("+")) == want for part, want in parts)


def varied(model: Model, parameters: Any, fixed: Mapping[str, Any], centred: bool) -> list[str]:
    """Names of the parameters that vary, after checking names and values.

    Values of these may be given only where they are the centre of what varies.
    """
    for name, value in model.check(fixed).items():
        if value.ndim:
            msg = f"{name} is given {value.size} values; give one number"
            raise ParameterError(msg)
    taken = () if centred else tuple(fixed)
    if parameters is None:
        names = [name for name in model.parameters if name not in taken]
    else:
        names = [parameters] if isinstance(parameters, str) else parameters
        if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
            msg = f"parameters is {parameters!r}; give a name or a list of names"
            raise HedgingTypeError(msg)
        model.check(dict.fromkeys(names, 0.0), check_bounds=False)
        names = [name for name in model.parameters if name in names]
    twice = [name for name in names if name in taken]
    if twice:
        msg = f"{twice[0]} is both varied and fixed; leave it out of one of them"
        raise ParameterError(msg)
    if not names:
        msg = "no parameter varies; fix less"
        raise ParameterError(msg)
    return names
