r"""How much of a parameter space a profile has, and which parameters that depends on.

Let :math:`f(\theta) = 1` where the profile is played and 0 elsewhere, with every parameter uniform
on its range.  The share is the mean of f.  Of its variance V, parameter i alone explains the
*first-order index* :math:`V[E(f \mid \theta_i)] / V`, and is involved in the *total index*
:math:`E[V(f \mid \theta_{-i})] / V`.  Both are estimated as Saltelli et al. (2010) do: two samples
A and B, and for every i the points of A with parameter i from B.

A and B are the two halves of one scrambled Sobol sequence, drawn independently eight times; the
spread of the eight answers gives the errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedging.engine.axes import is_positive_int
from hedging.engine.design import sample
from hedging.errors import ParameterError, Status
from hedging.sensitivity.played import UNDECIDED, YES, Question, varied

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Room", "room"]

_REPLICATES = 8
_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Room:
    """Share of a parameter space.  Made by :func:`hedging.room`.

    Attributes
    ----------
    question : str
        What is played, in words.
    model : str
    share : float
        Of the parameter space, where the answer is yes for certain.
    interval : (float, float)
        95 % confidence interval: Student's t on eight independent scramblings, and not narrower
        than one point either side; Wilson's interval where the share is 0 or 1.  Where points
        are undecided its upper end counts them as yes.
    undecided : float
        Share in which the list of equilibria is too short to say.
    status : dict of str to float
        Share of all evaluated points with each status of the solver.
    points : int
        Points evaluated, ``n * (d + 2)`` for d parameters.
    sobol : pandas.DataFrame
        One row per parameter, the largest total first: indices ``first`` and ``total`` with the
        standard errors ``first_error`` and ``total_error``; nan where nothing varies.
    """

    question: str
    model: str
    share: float
    interval: tuple[float, float]
    undecided: float
    status: dict[str, float]
    points: int
    sobol: pd.DataFrame

    @property
    def _head(self) -> str:
        low, high = self.interval
        text = (
            f"{self.question}: {self.share:.2%} of the parameter space of {self.model} "
            f"(95 % interval {low:.2%} to {high:.2%})"
        )
        odd = [f"{k} {v:.2%}" for k, v in self.status.items() if k != "ok"]
        text += f"; undecided {self.undecided:.2%}" if self.undecided else ""
        return text + (f"; status of points not ok: {', '.join(odd)}" if odd else "")

    def __repr__(self) -> str:
        return f"{self._head}\n{self.sobol.round(3).head(10).to_string()}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._head)}</p>{self.sobol.round(3).to_html()}"


def room(
    model: Any,
    profile: Any,
    /,
    *,
    where: str = "some",
    parameters: Any = None,
    n: int = 2**12,
    rng: Any = None,
    **fixed: float,
) -> Room:
    """Share of the parameter space in which a profile is played, and what it depends on.

    Parameters
    ----------
    model : Model
    profile : mapping of player to action, sequence of actions, or support label
        One or more players' actions, such as ``{"M": "hedge"}``: played for certain, whatever
        the others do.  A mixed support is written ``"hedge+align_b"``, as in region maps.
    where : {"some", "all"}
        Whether it must be so in some equilibrium, pure or mixed, or in every one.
    parameters : str or sequence of str, optional
        What varies, uniformly over the declared range; by default everything not fixed.
    n : int
        Points of each sample, a power of two of at least 32.
    rng : optional
        Anything :func:`numpy.random.default_rng` takes.
    **fixed : float
        Values of other parameters; the rest stay at their defaults.

    Returns
    -------
    Room

    Raises
    ------
    GameError, HedgingTypeError, UnknownNameError
        If the profile or a name is none of the model's.
    ParameterError
        If a value is out of range, or nothing varies.

    Notes
    -----
    Solves ``n * (d + 2)`` games for d parameters.  The whole profile in some equilibrium is
    decided by its payoffs alone, with no solver and exact signs.

    References
    ----------
    A. Saltelli et al., "Variance based sensitivity analysis of model output", Computer Physics
    Communications 181(2) (2010) 259-270.

    Examples
    --------
    >>> import hedging as hg
    >>> quiet = {"M": "hedge", "A": "accommodate", "B": "accommodate"}
    >>> found = hg.room(hg.catalogue["triadic_hedging"], quiet, parameters="immunity", rng=1)
    >>> round(found.share, 2)    # from 1/5, the critical immunity, to 1
    0.8
    """
    question = Question.read(model, profile, where)
    names = varied(model, parameters, fixed, centred=False)
    if not is_positive_int(n) or n < 4 * _REPLICATES or n & (n - 1):
        msg = f"n is {n!r}; type a power of two of at least {4 * _REPLICATES}, such as 4096"
        raise ParameterError(msg)
    generator, d, m = np.random.default_rng(rng), len(names), int(n) // _REPLICATES
    ranges = [(model.parameters[name].low, model.parameters[name].high) for name in names]
    bounds = {f"{half}{k}": r for half in "AB" for k, r in enumerate(ranges)}
    answers = np.empty((d + 2, _REPLICATES, m), dtype=np.int8)
    status = np.zeros(len(Status), dtype=np.int64)
    for r in range(_REPLICATES):
        both = sample(m, bounds, rng=generator).values
        first, second = both[:, :d], both[:, d:]
        pages = np.tile(first, (d + 2, 1, 1))
        pages[1] = second
        for k in range(d):
            pages[k + 2, :, k] = second[:, k]
        said, codes = question.answers(pages.reshape(-1, d), names, fixed)
        answers[:, r] = said.reshape(d + 2, m)
        status += np.bincount(codes, minlength=len(status))
    yes, maybe = answers == YES, answers == UNDECIDED
    low, _ = _interval(yes[:2])
    _, high = _interval(yes[:2] | maybe[:2])
    return Room(
        question.words,
        model.name,
        float(yes[:2].mean()),
        (low, high),
        float(maybe[:2].mean()),
        {s.meaning: float(k / status.sum()) for s, k in zip(Status, status, strict=True) if k},
        int(status.sum()),
        _table(yes.astype(float), names),
    )


def _interval(yes: NDArray[np.bool_]) -> tuple[float, float]:
    """Of a share, from answers of shape (2, replicates, m)."""
    from scipy.stats import norm, t

    means = yes.mean(axis=(0, 2))
    share, tail = float(means.mean()), 0.5 + _LEVEL / 2
    if share in (0.0, 1.0):
        bound = 1 / (1 + yes.size / float(norm.ppf(tail)) ** 2)
        return (0.0, bound) if share == 0 else (1 - bound, 1.0)
    half = float(t.ppf(tail, len(means) - 1)) * float(means.std(ddof=1)) / math.sqrt(len(means))
    half = max(half, 1 / yes.size)
    return max(0.0, share - half), min(1.0, share + half)


def _table(f: NDArray[np.float64], names: list[str]) -> pd.DataFrame:
    """Indices from all points; their errors from the replicates."""
    import pandas as pd

    every = _indices(f.reshape(len(f), -1))
    errors = np.std([_indices(f[:, r]) for r in range(_REPLICATES)], axis=0, ddof=1)
    errors /= math.sqrt(_REPLICATES)
    columns = {"first": every[0], "first_error": errors[0]}
    columns |= {"total": every[1], "total_error": errors[1]}
    table = pd.DataFrame(columns, index=pd.Index(names, name="parameter"))
    return table.sort_values("total", ascending=False, kind="stable")


def _indices(f: NDArray[np.float64]) -> NDArray[np.float64]:
    """First-order and total indices, shape (2, d), from values at A, B and the d mixtures."""
    from scipy.stats import sobol_indices

    if f[:2].min() == f[:2].max():
        return np.full((2, len(f) - 2), np.nan)
    # One more parameter that does nothing: scipy refuses one parameter alone.
    mixtures = np.concatenate([f[2:], f[:1]])[:, None]
    func = {"f_A": f[:1], "f_B": f[1:2], "f_AB": mixtures}
    found = sobol_indices(func=func, n=f.shape[1])
    return np.array([found.first_order[:-1], found.total_order[:-1]])
