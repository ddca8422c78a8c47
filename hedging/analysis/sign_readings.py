r"""Reading the equilibria off the signs of polynomials in one parameter.

Three sign programs are read: the determinants of a two-player game
(:mod:`hedging.equilibria.determinants`), the polynomials of a middle power between two powers with
linear supports (:mod:`hedging.equilibria.linear_signs`), and the payoff differences of pure
profiles for any number of players (:mod:`hedging.equilibria.pure_program`).  Run on polynomials
in the parameter, each gives the polynomials whose signs decide, and for every equilibrium the
weights that its probabilities are proportional to: polynomials again, which is the closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from hedging.analysis.univariate import ONE, ZERO, Polynomial, common_divisor, quotient
from hedging.equilibria.determinants import LARGEST, program_size, sign_table
from hedging.equilibria.extreme import extreme_pattern
from hedging.equilibria.linear_signs import Weights, dependent_rows, linear_table
from hedging.equilibria.pure_program import number_of_differences, pure_table
from hedging.equilibria.weights import support_weights
from hedging.errors import ParameterError, Status
from hedging.model import Model
from hedging.program import rationals
from hedging.program.logic import Candidate, Group

__all__ = [
    "Found",
    "Payoffs",
    "PlayerWeights",
    "Reader",
    "Reading",
    "reader_of",
    "reduced_weights",
    "support_of",
]

_MOST_DETERMINANTS = 500
_MOST_DIFFERENCES = 5000

PlayerWeights = tuple[tuple[Polynomial, ...], ...]
"""Per player and action a polynomial; probabilities are proportional to them."""


@dataclass(frozen=True, slots=True)
class Found:
    """One equilibrium, as a function of the parameter.

    Attributes
    ----------
    support : int
        Bit c is set if choice c is played.
    key : hashable
        What the weights are made from; the same key means the same function.
    weights : callable
        Makes the :data:`PlayerWeights`, without common factors.
    index : int
        +1 or -1 for regular equilibria, 0 for others.
    isolated : bool
    component : int
    """

    support: int
    key: Any
    weights: Callable[[], PlayerWeights]
    index: int
    isolated: bool
    component: int


class Reading(NamedTuple):
    """All equilibria that a vector of signs allows, and what the list is worth."""

    found: tuple[Found, ...]
    status: Status


class Payoffs(Protocol):
    """What a reader needs: a model, and its payoffs as polynomials, each player's scaled."""

    @property
    def model(self) -> Model:
        """The model."""
        ...

    @property
    def polynomials(self) -> NDArray[Any]:
        """Shape (n, m_1, ..., m_n)."""
        ...


class Reader(Protocol):
    """A sign program run on polynomials in the parameter.

    Attributes
    ----------
    outputs : list of Polynomial
        Their signs decide.
    pure_only : bool
        Whether mixed equilibria are left out.
    """

    outputs: list[Polynomial]
    pure_only: bool

    def read(self, signs: Sequence[int], inside: Fraction | None) -> Reading | None:
        """The equilibria where the outputs have these signs.

        Parameters
        ----------
        signs : sequence of {-1, 0, 1}
        inside : Fraction or None
            A point with these signs, where there is a rational one at hand.

        Returns
        -------
        Reading or None
            None where the signs alone do not settle a tie.
        """
        ...


def reduced_weights(weights: Sequence[Sequence[Polynomial | int]]) -> PlayerWeights:
    """The same without the common factors of each player's."""
    result = []
    for own in weights:
        polynomials = [w if isinstance(w, Polynomial) else Polynomial([w]) for w in own]
        divisor = ZERO
        for w in polynomials:
            divisor = common_divisor(divisor, w) if divisor else w
        result.append(tuple(quotient(w, divisor) for w in polynomials))
    return tuple(result)


def support_of(weights: PlayerWeights, vanishes: Callable[[Polynomial], bool]) -> int:
    """Mask of the choices whose weight does not vanish."""
    flat = [w for own in weights for w in own]
    return sum(1 << c for c, w in enumerate(flat) if not vanishes(w))


def reader_of(functions: Payoffs, pure: bool) -> Reader:
    """The sign program that fits a model.

    Parameters
    ----------
    functions : Payoffs
    pure : bool
        Look for pure equilibria only.

    Raises
    ------
    ParameterError
        If the game is too large.
    """
    shape = functions.model.shape
    if not pure and len(shape) == 2:
        if min(shape) > LARGEST or program_size(*shape) > _MOST_DETERMINANTS:
            size = " x ".join(map(str, shape))
            msg = f"a {size} game has too many supports for an atlas; type pure=True for pure ones"
            raise ParameterError(msg)
        return _TwoPlayers(functions)
    if not pure and len(shape) == 3:
        linear = _linear(functions)
        if linear is not None:
            return linear
    if number_of_differences(shape) > _MOST_DIFFERENCES:
        msg = f"a game of shape {shape} has too many pure profiles for an atlas; use hg.sweep"
        raise ParameterError(msg)
    return _Pure(functions)


# -- two players ----------------------------------------------------------------------------


class _TwoPlayers:
    pure_only = False

    def __init__(self, functions: Payoffs) -> None:
        self.m, self.n = functions.model.shape
        self.table = sign_table(self.m, self.n)
        payoffs = functions.polynomials.ravel().tolist()
        self.outputs = _run(self.table.program, payoffs)

    def read(self, signs: Sequence[int], inside: Fraction | None) -> Reading | None:
        pattern = extreme_pattern(self.m, self.n, bytes(s + 1 for s in signs))
        found = pattern.found
        listed = tuple(
            Found(
                found.supports[e],
                bases,
                _Basis(self, *bases),
                found.index[e],
                found.isolated[e],
                found.component[e],
            )
            for e, bases in enumerate(zip(pattern.row_basis, pattern.column_basis, strict=True))
        )
        return Reading(listed, Status.OK if found.regular else Status.DEGENERATE)


@dataclass(frozen=True, slots=True)
class _Basis:
    reader: _TwoPlayers
    row: int
    column: int

    def __call__(self) -> PlayerWeights:
        outputs: Any = self.reader.outputs
        return reduced_weights(support_weights(self.reader.table, self.row, self.column, outputs))


def _run(program: Any, inputs: list[Polynomial]) -> list[Polynomial]:
    values: list[Any] = rationals.evaluate(program, inputs)  # type: ignore[arg-type]
    return [Polynomial([v]) if isinstance(v, int) else v for v in values]


# -- a middle power between two powers ----------------------------------------------------------


def _linear(functions: Payoffs) -> _Linear | None:
    """The reader of linear supports, if the payoffs have them."""
    shape = functions.model.shape
    for first in range(3):
        others = [k for k in range(3) if k != first]
        m = shape[first]
        if any(shape[k] != 2 for k in others) or not 2 <= m <= 4:
            continue
        order = (first, *others)
        payoffs = functions.polynomials[list(order)].transpose((0, *(1 + k for k in order)))
        program, kinds = dependent_rows(m)
        values = _run(program, payoffs.ravel().tolist())
        moving = [(k % m, kind) for k, kind in enumerate(kinds) if values[k]]
        if any(kind == "additive" for _, kind in moving):
            continue
        of_a = {row for row, kind in moving if kind == "a"}
        of_b = {row for row, kind in moving if kind == "b"}
        if of_a == of_b and len(of_a) <= 1:
            return _Linear(functions, m, next(iter(of_a), None), order, payoffs)
    return None


class _Linear:
    pure_only = False

    def __init__(
        self,
        functions: Payoffs,
        m: int,
        h: int | None,
        order: tuple[int, ...],
        payoffs: Any,
    ) -> None:
        self.functions, self.order = functions, order
        self.table = linear_table(m, h)
        self.shape = functions.model.shape
        self.outputs = _run(self.table.program, payoffs.ravel().tolist())

    def read(self, signs: Sequence[int], inside: Fraction | None) -> Reading | None:
        listed, sure = [], True
        table = self.table
        for c, groups in enumerate(table.logic.candidates):
            certain, possible = _judge(groups, signs)
            if certain:
                weights = self._weights(table.weights[c])
                support = sum(1 << k for k, w in enumerate(w for own in weights for w in own) if w)
                listed.append((support, c, weights))
            elif possible and not any(_decided(group, signs) for group in table.contests[c]):
                sure = False
        if not sure and inside is None:
            return None
        listed.sort(key=lambda entry: _support_key(entry[0]))
        found = tuple(
            Found(support, c, _Fixed(weights), self._index(support, weights, inside), True, k)
            for k, (support, c, weights) in enumerate(listed)
        )
        return Reading(found, Status.OK if sure else Status.INCOMPLETE)

    def _weights(self, weights: tuple[Weights, ...]) -> PlayerWeights:
        rows: list[list[Polynomial]] = [[ZERO] * size for size in self.shape]
        for player, own in zip(self.order, weights, strict=True):
            for action, sign, output in own:
                rows[player][action] = ONE * sign if output is None else self.outputs[output] * sign
        return tuple(map(tuple, rows))

    def _index(self, support: int, weights: PlayerWeights, inside: Fraction | None) -> int:
        if support.bit_count() == len(self.shape):
            return 1
        return 0 if inside is None else _index_at(self.functions, weights, inside)


@dataclass(frozen=True, slots=True)
class _Fixed:
    given: PlayerWeights

    def __call__(self) -> PlayerWeights:
        return reduced_weights(self.given)


def _support_key(mask: int) -> tuple[int, tuple[int, ...]]:
    return mask.bit_count(), tuple(c for c in range(mask.bit_length()) if mask >> c & 1)


def _judge(groups: Candidate, signs: Sequence[int]) -> tuple[bool, bool]:
    """Whether a candidate is certain, and whether it is possible."""
    certain = True
    for group in groups:
        values = {s if d is None else s * signs[d] for s, d in group}
        if 1 in values and -1 in values:
            return False, False
        certain = certain and len(values) == 1 and 0 not in values
    return certain, True


def _decided(group: Group, signs: Sequence[int]) -> bool:
    """Whether one of two actions is better at every profile that a candidate allows."""
    values = {s if d is None else s * signs[d] for s, d in group}
    return len(values) == 1 and 0 not in values


def _index_at(functions: Payoffs, weights: PlayerWeights, point: Fraction) -> int:
    """Sign of det(-DF), F the differences of payoffs within the supports."""
    shape = functions.model.shape
    mixes = []
    for own in weights:
        values = [w.at(point) for w in own]
        total = sum(values)
        mixes.append([v / total for v in values])
    played = [[a for a, w in enumerate(own) if w] for own in weights]
    entries = [(i, a) for i, own in enumerate(played) for a in own[1:]]

    def mean(i: int, fixed: dict[int, int]) -> Fraction:
        total = Fraction(0)
        for profile in product(
            *([fixed[k]] if k in fixed else played[k] for k in range(len(shape)))
        ):
            chance = Fraction(1)
            for k, a in enumerate(profile):
                if k not in fixed:
                    chance *= mixes[k][a]
            total += chance * functions.polynomials[(i, *profile)].at(point)
        return total

    matrix = []
    for i, a in entries:
        first = played[i][0]
        row = []
        for j, b in entries:
            if i == j:
                row.append(Fraction(0))
                continue
            other = played[j][0]
            row.append(
                -(mean(i, {i: a, j: b}) - mean(i, {i: first, j: b}))
                + mean(i, {i: a, j: other})
                - mean(i, {i: first, j: other})
            )
        matrix.append(row)
    return _determinant_sign(matrix)


def _determinant_sign(matrix: list[list[Fraction]]) -> int:
    sign, work = 1, [list(row) for row in matrix]
    for k in range(len(work)):
        pivot = next((r for r in range(k, len(work)) if work[r][k]), None)
        if pivot is None:
            return 0
        if pivot != k:
            work[k], work[pivot], sign = work[pivot], work[k], -sign
        sign *= 1 if work[k][k] > 0 else -1
        for r in range(k + 1, len(work)):
            factor = work[r][k] / work[k][k]
            work[r] = [x - factor * y for x, y in zip(work[r], work[k], strict=True)]
    return sign


# -- pure profiles of any number of players -----------------------------------------------------


class _Pure:
    pure_only = True

    def __init__(self, functions: Payoffs) -> None:
        self.shape = functions.model.shape
        self.table = pure_table(self.shape)
        self.outputs = _run(self.table.program, functions.polynomials.ravel().tolist())
        self.profiles = list(product(*(range(m) for m in self.shape)))

    def read(self, signs: Sequence[int], inside: Fraction | None) -> Reading | None:
        listed = []
        for profile, (group,) in zip(self.profiles, self.table.logic.candidates, strict=True):
            values = {s if d is None else s * signs[d] for s, d in group}
            if -1 not in values:
                weights = tuple(
                    tuple(ONE if k == a else ZERO for k in range(m))
                    for m, a in zip(self.shape, profile, strict=True)
                )
                strict = 0 not in values
                listed.append((support_of(weights, lambda w: not w), profile, weights, strict))
        found = tuple(
            Found(support, profile, _Fixed(weights), int(strict), strict, k)
            for k, (support, profile, weights, strict) in enumerate(listed)
        )
        return Reading(found, Status.INCOMPLETE)
