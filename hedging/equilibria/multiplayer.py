r"""All equilibria of small games with three and four players, in bulk.

Games of 2 x 2 x 2, 3 x 2 x 2, 3 x 3 x 2, 3 x 3 x 3 and 2 x 2 x 2 x 2 actions, in any order of the
players, are solved by support enumeration with elimination, each support in closed form or by
isolating the roots of polynomials in Bernstein form, in compiled kernels:
:mod:`hedging.equilibria.binary_cube`, :mod:`hedging.equilibria.three_players`,
:mod:`hedging.equilibria.four_binary`.  The search is complete up to rounding, not sampled.

A game is called solved only after a check that no elimination could fake: no quantity that decided
anything was within its margin (:class:`hedging.equilibria.flags.Flag`), the number of equilibria is
odd, and their indices add up to +1, as they do in every regular game.  All other games are handed
to the ``fallback``, or else are marked incomplete: what is listed for them is correct, and more may
exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedging.equilibria.assembly import merge
from hedging.equilibria.flags import Flag
from hedging.equilibria.result import Equilibria, choice_offsets
from hedging.errors import GameError, Status

__all__ = ["SHAPES", "Fallback", "search", "solve", "supports"]

Array = NDArray[Any]
Fallback = Callable[[NDArray[np.float64]], Equilibria]

SHAPES: tuple[tuple[int, ...], ...] = (
    (2, 2, 2),
    (3, 2, 2),
    (3, 3, 2),
    (3, 3, 3),
    (2, 2, 2, 2),
)
"""Action counts there is a kernel for; players may come in any order."""

# A payoff known to no better than this, relative to the player's largest gain, decides nothing.
_BLURRED = 1e-10


class _Plan(NamedTuple):
    """What a kernel has to know about a shape; players are those of the sorted shape."""

    m: NDArray[np.int64]
    source: NDArray[np.int64]
    table: NDArray[np.int64]
    place: NDArray[np.int64]
    most: int


def supports(shape: tuple[int, ...]) -> bool:
    """Whether there is a kernel for these action counts.

    Examples
    --------
    >>> supports((2, 3, 2)), supports((4, 2, 2))
    (True, False)
    """
    return tuple(sorted(shape, reverse=True)) in SHAPES


def solve(
    payoffs: NDArray[np.float64],
    *,
    payoff_error: Array | None = None,
    fallback: Fallback | None = None,
) -> Equilibria:
    """All equilibria of a batch of games.

    Parameters
    ----------
    payoffs : float64 array, shape (N, n, m_1, ..., m_n)
        Finite, of a shape that :func:`supports` knows.
    payoff_error : float64 array, shape (N, n), optional
        Bound on the distance of each player's payoffs from the true ones.
    fallback : callable, optional
        From the payoffs (K, n, m_1, ..., m_n) of the games that raise a flag to their equilibria.

    Returns
    -------
    Equilibria
        Status OK where the list is complete and regular.  Without a fallback every other game is
        INCOMPLETE; its rows are equilibria, ``isolated`` where they are certainly regular.

    Raises
    ------
    GameError
        If there is no kernel for the shape.

    Notes
    -----
    Support enumeration is exponential in the number of actions, which is why there are few
    shapes.  Threads may call this at the same time; the kernels release the interpreter.

    Examples
    --------
    Matching pennies for three: each wants to match the next, but the last wants to differ.

    >>> game = np.zeros((1, 3, 2, 2, 2))
    >>> for a, b, c in np.ndindex(2, 2, 2):
    ...     game[0, :, a, b, c] = a == b, b == c, c != a
    >>> found = solve(game)
    >>> found.probability.tolist(), Status(found.status[0]).name
    ([[0.5, 0.5, 0.5, 0.5, 0.5, 0.5]], 'OK')
    """
    found, flags = search(payoffs, payoff_error=payoff_error)
    doubtful = np.flatnonzero(flags)
    if fallback is None or not doubtful.size:
        return found
    certain = np.flatnonzero(flags == 0)
    parts = [(certain, _select(found, certain)), (doubtful, fallback(payoffs[doubtful]))]
    return merge(len(payoffs), payoffs.shape[2:], parts, exact=False)


def search(
    payoffs: NDArray[np.float64], *, payoff_error: Array | None = None
) -> tuple[Equilibria, NDArray[np.uint8]]:
    """As :func:`solve` without fallback, and why games are not solved.

    Returns
    -------
    found : Equilibria
    flags : uint8 array, shape (N,)
        Bit masks of :class:`hedging.equilibria.flags.Flag`; 0 exactly where the status is OK.

    Examples
    --------
    >>> nobody_cares = np.zeros((1, 3, 2, 2, 2))
    >>> Flag(search(nobody_cares)[1][0])
    <Flag.TIE: 1>
    """
    shape = payoffs.shape[2:]
    if not supports(shape):
        known = ", ".join(" x ".join(map(str, s)) for s in SHAPES)
        msg = f"games of {shape} actions given; there are kernels for {known}, in any order"
        raise GameError(msg)
    size = len(payoffs)
    plan = _plan(shape)
    count = np.zeros(size, dtype=np.int64)
    flags = np.zeros(size, dtype=np.uint8)
    flat = np.ascontiguousarray(payoffs, dtype=np.float64).reshape(size, len(shape) * prod(shape))
    parts = _run(plan, flat, count, flags)
    probability, support, index = (np.concatenate(column) for column in zip(*parts, strict=True))
    if payoff_error is not None:
        flags[_blurred(payoffs, payoff_error)] |= np.uint8(Flag.NEAR)
    offsets = np.concatenate([[0], np.cumsum(count)])
    found = Equilibria(
        offsets=offsets,
        probability=probability,
        support=support,
        index=index,
        isolated=index != 0,
        component=(np.arange(len(index)) - np.repeat(offsets[:-1], count)).astype(np.int32),
        status=np.where(flags == 0, Status.OK, Status.INCOMPLETE).astype(np.uint8),
    )
    return found, flags


def _run(
    plan: _Plan, flat: NDArray[np.float64], count: Array, flags: Array
) -> list[tuple[Array, Array, Array]]:
    """Call the kernel until all games are solved, with a fresh buffer of rows each time."""
    # Compiled code is loaded, or compiled, on first use.
    from hedging.equilibria import (
        binary_cube,
        four_binary,
        newton,
        scratch,
        three_players,
    )

    kernel: Any = three_players.solve_three
    space: Any = scratch.workspace()
    extra: tuple[Any, ...] = ()
    if len(plan.m) == 4:
        kernel, space = four_binary.solve_four, four_binary.workspace()
    elif plan.m.max() == 2:
        kernel, extra = binary_cube.solve_cube, (_sign_table(),)
    columns = int(plan.m.sum())
    work = newton.bench()
    parts = []
    begin = 0
    while True:
        room = 4 * (len(flat) - begin) + plan.most
        rows = newton.Rows(
            np.empty((room, columns)),
            np.empty(room, dtype=np.uint64),
            np.empty(room, dtype=np.int8),
            plan.place,
        )
        begin = kernel(
            flat,
            begin,
            plan.most,
            plan.source,
            plan.table,
            plan.m,
            work,
            space,
            rows,
            count,
            flags,
            *extra,
        )
        used = int(work.state[newton.CURSOR])
        parts.append((rows.probability[:used], rows.support[:used], rows.sign[:used]))
        if begin == len(flat):
            return parts


@lru_cache(maxsize=1)
def _sign_table() -> Array:
    from hedging.equilibria import binary_cube

    return binary_cube.sign_table()


@lru_cache(maxsize=32)
def _plan(shape: tuple[int, ...]) -> _Plan:
    n = len(shape)
    # Players by decreasing number of actions, otherwise as they come.
    order = sorted(range(n), key=lambda p: -shape[p])
    m = np.array([shape[p] for p in order], dtype=np.int64)
    starts = choice_offsets(shape)
    width = max(3, int(m.max())) if n == 3 else 2
    place = np.zeros(3 * n, dtype=np.int64)
    for p in range(n):
        place[3 * p : 3 * p + m[p]] = starts[order[p]] + np.arange(m[p])
    # Where the payoff of player p lies when it plays k and the next players play ``others``.
    source = np.zeros((n,) + (width,) * n, dtype=np.int64)
    for p in range(n):
        for profile in product(*(range(a) for a in m)):
            actions = [0] * n
            for q, action in enumerate(profile):
                actions[order[q]] = action
            turned = tuple(profile[(p + d) % n] for d in range(n))
            source[(p, *turned)] = np.ravel_multi_index((order[p], *actions), (n, *shape))
    return _Plan(m, source.reshape(-1), _table(shape, order, m, width), place, _most_rows(n, m))


def _table(
    shape: tuple[int, ...], order: list[int], m: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """Combinations of supports in the order of the answer, with what the kernel needs."""
    n = len(shape)
    rows = []
    for used in product(*(range(1, 1 << int(a)) for a in m)):
        dims = [s.bit_count() - 1 for s in used]
        if 2 * max(dims) > sum(dims):
            continue
        own = [used[order.index(p)] for p in range(n)]
        # Where two supports first differ, the one that holds the earlier choice comes first.
        absent = [1 - (own[p] >> k & 1) for p in range(n) for k in range(shape[p])]
        others = [_profiles([used[(p + d) % n] for d in range(1, n)], width) for p in range(n)]
        if n == 4:
            row = [sum(d > 0 for d in dims), *used, *others]
        else:
            kind, special = _kind(dims)
            ends = [e for s in used for e in ((s & -s).bit_length() - 1, s.bit_length() - 1)]
            row = [kind, special, *used, *others, *ends]
        rows.append((sum(dims), absent, row))
    return np.array([row for *_, row in sorted(rows)], dtype=np.int64)


def _profiles(used: list[int], width: int) -> int:
    """Bit mask of the pure profiles within supports, the first player's action most significant."""
    mask = 0
    for actions in product(range(width), repeat=len(used)):
        if all(s >> a & 1 for s, a in zip(used, actions, strict=True)):
            bit = 0
            for a in actions:
                bit = bit * width + a
            mask |= 1 << bit
    return mask


def _kind(dims: list[int]) -> tuple[int, int]:
    """Case of the three-player kernel, and the player unlike the two others."""
    kinds = [(0, 0, 0), (1, 1, 0), (2, 2, 0), (1, 1, 1), (2, 1, 1), (2, 2, 1), (2, 2, 2)]
    kind = kinds.index(tuple(sorted(dims, reverse=True)))  # type: ignore[arg-type]
    odd = next((p for p in range(3) if dims.count(dims[p]) == 1), 0)
    return kind, odd


def _most_rows(n: int, m: NDArray[np.int64]) -> int:
    """Bound on the candidates of one game: at most 16 are kept per combination of supports."""
    return 16 * int(np.prod((1 << m) - 1)) if n == 3 else 16 * 81


def _blurred(payoffs: Array, error: Array) -> NDArray[np.bool_]:
    """Games with a player whose payoff errors are not small against its largest gain."""
    n = payoffs.shape[1]
    bad = np.zeros(len(payoffs), dtype=np.bool_)
    for p in range(n):
        own = payoffs[:, p]
        gain = (own.max(axis=p + 1) - own.min(axis=p + 1)).reshape(len(own), -1).max(axis=1)
        bad |= ~(error[:, p] <= _BLURRED * gain)
    return bad


def _select(found: Equilibria, games: NDArray[np.int64]) -> Equilibria:
    """The equilibria of some games, given in increasing order."""
    chosen = np.zeros(len(found.status), dtype=np.bool_)
    chosen[games] = True
    rows = chosen[found.game]
    return Equilibria(
        offsets=np.concatenate([[0], np.cumsum(found.count[games])]),
        probability=found.probability[rows],
        support=found.support[rows],
        index=found.index[rows],
        isolated=found.isolated[rows],
        component=found.component[rows],
        status=found.status[games],
    )
