r"""How far a point of the parameter space is from where a profile comes or goes.

Distances are in shares of the parameters' ranges.  *Along one parameter* the line from the point to
either end of the range is swept, and the first change of the answer is narrowed down to
neighbouring doubles.  *For all parameters at once* interval arithmetic gives a lower bound: on the
box :math:`|\theta_i - \theta_i^0| \le r (\text{high}_i - \text{low}_i)`, cut off at the ranges, the
margin of a pure profile lies in a computed interval; if that excludes a change, r is certified.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from numpy.typing import NDArray

from hedging.errors import ParameterError, Status
from hedging.model import Model
from hedging.program import intervals
from hedging.program.graph import Program
from hedging.program.symbols import from_sympy
from hedging.sensitivity.played import UNDECIDED, YES, Question, varied

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Robustness", "robustness"]

Floats = NDArray[np.float64]

_COARSE, _FINE = 512, 64


@dataclass(frozen=True, eq=False)
class Robustness:
    """Distance to the nearest boundary.  Made by :func:`hedging.robustness`.

    Attributes
    ----------
    question : str
        What is played, in words.
    holds : bool
        Whether it is so at the point.
    parameter : str or None
        The binding parameter: the one whose change alone needs to be least to end it (or, where
        it does not hold, to bring it about).  None if no parameter does so alone.
    distance : float
        How far that one has to move, as a share of its range; inf if none.
    certified_radius : float
        While no parameter moves by more than this share of its range, all at once, the answer is
        proved to stay.  A lower bound, 1 if the whole box is proved; nan for questions that are
        not about a whole pure profile in some equilibrium.
    table : pandas.DataFrame
        One row per parameter, the nearest first: its value ``here``; the boundaries ``below`` and
        ``above`` (nan where none within the range); ``distance`` to the nearer, inf where none;
        ``then`` what is found beyond it, "holds", "fails" or "undecided".
    """

    question: str
    holds: bool
    parameter: str | None
    distance: float
    certified_radius: float
    table: pd.DataFrame

    @property
    def _head(self) -> str:
        text = f"{self.question}: {'holds' if self.holds else 'does not hold'} here; "
        if self.parameter is None:
            text += "no parameter alone changes that"
        else:
            text += (
                f"{self.parameter} is nearest to a boundary, at {self.distance:.4g} of its range"
            )
        if np.isnan(self.certified_radius):
            return text
        return f"{text}; proved for joint changes up to {self.certified_radius:.4g}"

    def __repr__(self) -> str:
        return f"{self._head}\n{self.table.head(10).to_string(float_format='{:.4g}'.format)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._head)}</p>{self.table.to_html(float_format='{:.4g}'.format)}"


def robustness(
    model: Any, profile: Any, /, *, where: str = "some", parameters: Any = None, **at: float
) -> Robustness:
    """Distance from a point to the nearest boundary of the region where a profile is played.

    Parameters
    ----------
    model : Model
    profile : mapping of player to action, sequence of actions, or support label
        As for :func:`hedging.room`.
    where : {"some", "all"}
        Whether it is to be played in some equilibrium or in every one.
    parameters : str or sequence of str, optional
        Which may change; by default all.
    **at : float
        The point; parameters not named are at their defaults.

    Returns
    -------
    Robustness

    Raises
    ------
    GameError, HedgingTypeError, UnknownNameError, ParameterError
        As for :func:`hedging.room`; also if the answer at the point itself is undecided.

    Notes
    -----
    A change and back again between two of the 512 points on the way to an end of the range may be
    missed; a change that is found is placed to the last double at which the answer is that of the
    point.  Solves some thousand games per parameter.

    Examples
    --------
    >>> import hedging as hg
    >>> quiet = {"M": "hedge", "A": "accommodate", "B": "accommodate"}
    >>> found = hg.robustness(hg.catalogue["triadic_hedging"], quiet)
    >>> found.table.below["immunity"].round(9), found.table.above["rivalry"].round(9)
    (np.float64(0.2), np.float64(1.6))
    """
    question = Question.read(model, profile, where)
    names = varied(model, parameters, at, centred=True)
    values = {name: float(value) for name, value in model.check(at).items()}
    fixed = {name: value for name, value in values.items() if name not in names}
    here = np.array([values[name] for name in names])
    ranges = [model.parameters[name] for name in names]
    high = np.array([float(p.high) for p in ranges])
    low = np.array([float(p.low) for p in ranges])
    first = np.where([p.open_low for p in ranges], np.nextafter(low, high), low)
    answer, status = (int(x[0]) for x in question.answers(here[None], names, fixed))
    if answer == UNDECIDED:
        found = Status(status).meaning
        msg = f"whether {question.words} is undecided at this point (status {found}); move it"
        raise ParameterError(msg)
    # Each line is a parameter and the end it goes to; brackets hold the first change.
    number = np.tile(np.arange(len(names)), 2)
    inside, beyond = np.tile(here, 2), np.concatenate([first, high])
    open_lines, then = np.flatnonzero(inside != beyond), np.full(len(number), answer)
    steps = _COARSE
    while len(open_lines):
        a, b = inside[open_lines, None], beyond[open_lines, None]
        t = np.arange(1, steps + 1) / steps
        places = np.where(t < 1, np.clip(a + t * (b - a), np.minimum(a, b), np.maximum(a, b)), b)
        points = np.tile(here, (*places.shape, 1))
        points[np.arange(len(open_lines)), :, number[open_lines]] = places
        said, _ = question.answers(points.reshape(-1, len(names)), names, fixed)
        changed = said.reshape(places.shape) != answer
        rows = np.flatnonzero(changed.any(axis=1))
        k = changed[rows].argmax(axis=1)
        open_lines = open_lines[rows]
        then[open_lines] = said.reshape(places.shape)[rows, k]
        before = np.where(k > 0, places[rows, k - 1], inside[open_lines])
        inside[open_lines], beyond[open_lines] = before, places[rows, k]
        apart = np.nextafter(inside, beyond) != beyond
        # A value near zero has neighbours far closer than any formula can tell apart.
        apart &= np.abs(beyond - inside) > 2.0**-52 * np.tile(high - low, 2)
        open_lines, steps = open_lines[apart[open_lines]], _FINE
    radius = _certified(question, values, names, (first, high), answer)
    return _result(question, names, here, high - low, answer, inside, then, radius)


def _result(
    question: Question,
    names: list[str],
    here: Floats,
    span: Floats,
    answer: int,
    inside: Floats,
    then: NDArray[np.int64],
    radius: float,
) -> Robustness:
    import pandas as pd

    ends = np.where(then != answer, inside, np.nan).reshape(2, -1)
    shares = np.where(np.isnan(ends), np.inf, np.abs(ends - here) / np.where(span > 0, span, 1))
    nearer = shares.argmin(axis=0)
    distance = shares.min(axis=0)
    after = then.reshape(2, -1)[nearer, np.arange(len(names))]
    words = np.array(["fails", "holds", "undecided"])[after]
    columns = {"here": here, "below": ends[0], "above": ends[1], "distance": distance}
    table = pd.DataFrame(
        columns | {"then": np.where(np.isinf(distance), "", words)},
        index=pd.Index(names, name="parameter"),
    ).sort_values("distance", kind="stable")
    least = float(distance.min())
    binding = None if np.isinf(least) else str(table.index[0])
    return Robustness(question.words, answer == YES, binding, least, radius, table)


def _over(program: Program, down: Floats, up: Floats) -> Floats:
    """Ends and errors of every output over boxes, shape (3, outputs, boxes)."""
    boxes = intervals.evaluate(program, list(down), list(up))
    return np.array([np.broadcast_arrays(*part, down[0])[:-1] for part in boxes])


class _Loss:
    """What one deviation loses, as a formula, with the sign that is to be proved."""

    def __init__(self, formula: Any, inputs: list[Any], kept: bool) -> None:
        # That it is not negative, or that its opposite is positive.
        self._kept, own = kept, [str(symbol) for symbol in inputs]
        formula = sympy.sympify(formula if kept else -formula)
        smooth = formula.is_rational_function(*inputs)
        slopes = [sympy.diff(formula, symbol) for symbol in inputs] if smooth else []
        self._value, self._slopes = from_sympy([formula], own), from_sympy(slopes, own)

    def proved(self, down: Floats, up: Floats) -> NDArray[np.bool_]:
        """Whether the sign holds throughout each box."""
        if self._slopes.outputs:
            # The least value lies at one end of every input in which the formula is monotone.
            low, high, _ = _over(self._slopes, down, up)
            rises = low >= 0
            down, up = np.where((high <= 0) & ~rises, up, down), np.where(rises, down, up)
        least = _over(self._value, down, up)[0][0]
        return np.asarray(least >= 0 if self._kept else least > 0)


def _certified(
    question: Question,
    values: dict[str, float],
    names: list[str],
    ranges: tuple[Floats, Floats],
    answer: int,
) -> float:
    """Largest radius, to six digits, at which intervals prove that the answer stays."""
    if question.pure is None:
        return float("nan")
    model: Model = question.model
    # Subtracted as formulas, so that what both payoffs have in common is not counted twice.
    losses = [
        model.payoffs[player][question.pure] - model.payoffs[player][other]
        for i, player in enumerate(model.players)
        for b in range(model.shape[i])
        if (other := (*question.pure[:i], b, *question.pure[i + 1 :])) != question.pure
    ]
    inputs = [sympy.Symbol(name) for name in model.parameters]
    sides = [_Loss(loss, inputs, answer == YES) for loss in losses]
    here, moved = np.array(list(values.values())), np.isin(list(values), names)
    low, high = here.copy(), here.copy()
    low[moved], high[moved] = ranges
    span = high - low
    certain, doubtful = 0.0, 1.0
    for _ in range(4):
        radii = np.linspace(certain, doubtful, _FINE + 1)
        reach = radii * span[:, None]
        down = np.maximum(np.nextafter(here[:, None] - reach, -np.inf), low[:, None])
        up = np.minimum(np.nextafter(here[:, None] + reach, np.inf), high[:, None])
        exists = np.isfinite(_over(model.program, down, up)[2]).all(axis=0)
        stays = [side.proved(down, up) for side in sides]
        proved = exists & (np.all(stays, axis=0) if answer == YES else np.any(stays, axis=0))
        wrong = np.flatnonzero(~proved)
        if not len(wrong):
            return float(doubtful)
        if wrong[0] == 0:
            break
        certain, doubtful = float(radii[wrong[0] - 1]), float(radii[wrong[0]])
    return certain
