"""Sweeps of two-player models that report equilibria themselves, in machine code.

At a point whose supports the compiled sweep (:mod:`hedging.engine.compiled`) found to be those of
regular equilibria, probabilities, payoffs and regrets come from the payoffs at that point in
doubles (:mod:`hedging.equilibria.stored`), if these show the same supports without doubt.  The
other points, degenerate or so close to it that rounding the payoffs matters, are solved from exact
signs (:mod:`hedging.equilibria.extreme_order`), with probabilities from determinants in doubles
where their error bounds are small.  What is left goes to the general solver, which asks for exact
payoffs.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from threading import Lock, RLock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from hedging.engine.blocks import Layout
from hedging.engine.compiled import STAGES, Coded
from hedging.engine.job import Job, solve_points
from hedging.engine.report import RAGGED, Answer, pure_profiles
from hedging.equilibria.certificate import payoffs_and_regret
from hedging.equilibria.extreme_order import extremes, mixes
from hedging.equilibria.parametric import parametric_signs
from hedging.equilibria.regions_code import Regions, encode
from hedging.equilibria.result import Equilibria
from hedging.equilibria.stored import Listing, regular
from hedging.equilibria.stored_kernels import kernels, support_masks
from hedging.equilibria.stored_signs import Classified
from hedging.errors import Status
from hedging.program import intervals
from hedging.program.adaptive import exact_signs
from hedging.program.doubles import evaluate, evaluate_with_error
from hedging.program.machine import fused_values

__all__ = ["full_chunk"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PART = 1 << 16
"""Points whose payoffs are in memory at the same time."""
_BATCH = 1 << 13
"""Irregular points solved at a time."""
_ACCURATE = 2.0**-42
"""Largest relative error of a determinant from which probabilities are made."""
_SMALL = 2.0**-44
"""Largest error of payoffs, relative to their differences, with which they are used at all."""


def full_chunk(job: Job, start: int, stop: int) -> Answer:
    """Solve the points numbered ``start`` to ``stop - 1`` of a compiled job.

    Parameters
    ----------
    job : Job
        Of a two-player model that :func:`hedging.engine.compiled.can_compile`.
    start, stop : int

    Returns
    -------
    Answer
        With everything the job's report asks for; the general solver's answers at points that
        are not regular, the same as the uncompiled engine's up to rounding at the others.
    """
    coded = job.kernel.codes(start, stop)
    general = np.sort(np.concatenate([*coded.general, _NONE]))
    payoffs = _payoffs(job)
    certain = coded.status == Status.OK
    certain[general] = False
    pieces, left = [], [np.flatnonzero(~certain)]
    for first in range(0, stop - start, _PART):
        here = slice(first, min(first + _PART, stop - start))
        found, open_points = payoffs.regular(start, here, coded, certain[here])
        found.game[:] += first
        pieces.append(found)
        left.append(first + open_points)
    points = np.setdiff1d(np.concatenate(left), general)
    unsolved = [general]
    for first in range(0, len(points), _BATCH):
        found, open_points = payoffs.irregular(start, points[first : first + _BATCH])
        pieces.append(found)
        unsolved.append(open_points)
    points = np.sort(np.concatenate(unsolved))
    status = coded.status
    if len(points):
        rest, table = solve_points(job, job.kernel.values(start + points))
        payoff, regret = payoffs_and_regret(table, rest)
        pieces.append(
            Listing(
                points[rest.game],
                rest.probability.astype(np.float64),
                rest.support,
                rest.index,
                rest.isolated,
                rest.component,
                payoff,
                regret,
            )
        )
        codes, regions = encode(rest)
        asked = np.isin(points, general)
        coded.overwrite(general, codes[asked], regions, rest.count[asked], rest.status[asked])
        status[points] = rest.status
    whole = Listing.merged(pieces) if len(pieces) > 1 else pieces[0]
    count = np.bincount(whole.game, minlength=stop - start)
    return _answer(job, start, coded, whole, count)


_NONE = np.empty(0, dtype=np.int64)


def _answer(job: Job, start: int, coded: Coded, found: Listing, count: Ints) -> Answer:
    result = Answer(start, coded.status, count, support=found.support)
    result.stages = dict(zip(STAGES, coded.stages.tolist(), strict=True))
    if "region" in job.report:
        result.region, result.regions = coded.region, coded.regions
    if "pure" in job.report:
        shape = job.model.shape
        profiles = [pure_profiles(key, shape) for key in coded.regions]
        none = np.zeros(math.prod(shape), dtype=np.bool_)
        result.pure = np.array([none, *profiles])[coded.region]
    values = {
        "probability": found.probability,
        "payoff": found.payoff,
        "regret": found.regret,
    }
    result.ragged = {name: values[name] for name in RAGGED if name in job.report}
    return result


class _Payoffs:
    """Payoffs of a job's points, and the equilibria that they show without doubt."""

    def __init__(self, job: Job) -> None:
        m, n = job.model.shape
        self._shape = (m, n)
        self._layout = Layout(job.design, job.fixed, tuple(job.model.parameters))
        self._program = job.model.program
        self._values = fused_values(self._program, self._layout.row_names, self._layout.lane_names)
        self._kernels = kernels(m, n)
        self._candidates = {mask: c for c, mask in enumerate(support_masks(m, n))}
        self._lock = Lock()
        self._expected = np.zeros((0, self._kernels.signs.layout.words), dtype=np.uint64)

    def _table(self, start: int, stop: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Payoffs of both players at some points, shape (N, m, n) each, and which to trust.

        Trusted are payoffs whose errors are small compared with the player's differences.
        """
        m, n = self._shape
        cells = m * n
        row, col = np.empty((2, stop - start, cells))
        spread = np.empty((2, stop - start))
        at = 0
        blocks = list(self._layout.blocks(start, stop))
        for block in blocks:
            rows = self._layout.rows(block.first_row, block.last_row)
            lanes = self._layout.lanes[:, block.first_lane : block.last_lane]
            found = self._values(rows, lanes).reshape(2, cells, block.size)
            here = slice(at, at + block.size)
            row[here], col[here] = found[0].T, found[1].T
            for player, own in enumerate(found.reshape(2, m, n, block.size)):
                # Differences between a player's own actions.
                with np.errstate(invalid="ignore"):
                    spread[player, here] = np.ptp(own, axis=player).max(axis=0)
            at += block.size
        _, _, bounds = intervals.evaluate(self._program, *self._layout.box(blocks))
        error = _largest(bounds, len(blocks))
        error = np.repeat(error, [block.size for block in blocks], axis=1)
        fine: NDArray[np.bool_] = np.asarray((error <= _SMALL * spread).all(axis=0))
        doubt = np.flatnonzero(~fine)
        if len(doubt):  # the bound of a block may be a bad one for the point
            _, bounds = evaluate_with_error(self._program, self._layout.columns(start + doubt))
            error = _largest(bounds, len(doubt))
            fine[doubt] = (error <= _SMALL * spread[:, doubt]).all(axis=0)
        return row.reshape(-1, m, n), col.reshape(-1, m, n), fine

    def _codes_of(self, regions: Regions) -> NDArray[np.uint64]:
        """The code that each region means, shape (1 + regions, words); 0 for irregular ones."""
        layout = self._kernels.signs.layout
        with self._lock:
            # Regions are numbered once for all chunks, so only new ones have to be looked at.
            known = len(self._expected)
            if known < len(regions) + 1:
                new = np.zeros((len(regions) + 1 - known, layout.words), dtype=np.uint64)
                for row, number in enumerate(range(known, len(regions) + 1)):
                    masks = regions[number - 1] if number else ()
                    places = [self._candidates.get(mask) for mask in masks]
                    for place in places if None not in places else []:
                        assert place is not None
                        word, bit = divmod(place, layout.bits)
                        new[row, word] |= np.uint64(1 << bit)
                self._expected = np.concatenate([self._expected, new])
            return self._expected

    def regular(
        self, start: int, here: slice, coded: Coded, certain: NDArray[np.bool_]
    ) -> tuple[Listing, Ints]:
        """Equilibria of those of the ``certain`` points whose doubles confirm their region.

        Returns
        -------
        found : Listing
            Points numbered from ``here.start``.
        left : int64 array
            Certain points that are not confirmed.
        """
        kernel = self._kernels
        layout = kernel.signs.layout
        row, col, fine = self._table(start + here.start, start + here.stop)
        seen = kernel.signs(row, col)
        codes: NDArray[Any] = seen.codes
        expected = self._codes_of(coded.regions)[coded.region[here]].astype(layout.dtype)
        fits = certain & fine
        fits &= (codes.reshape(layout.words, -1) == expected.T).all(axis=0)
        # Codes with a flag have no equilibria.
        top = codes if layout.words == 1 else codes[-1]
        top[~fits] |= layout.dtype.type(1 << (layout.bits - 1))
        part = Classified(row, col, codes, seen.counts, _NONE, _NONE, _NONE)
        return regular(kernel, part, row, col), np.flatnonzero(certain & ~fits)

    def irregular(self, start: int, points: Ints) -> tuple[Listing, Ints]:
        """Extreme equilibria of some points, from exact signs, and the points left unsolved."""
        m, n = self._shape
        columns = self._layout.columns(start + points)
        signs = parametric_signs(self._program, m, n)
        sign = exact_signs(signs.program, columns).sign
        payoffs = _each(evaluate(self._program, columns), len(points))
        fine: NDArray[np.bool_] = np.asarray(np.isfinite(payoffs).all(axis=0))
        fine &= (np.abs(sign) <= 1).all(axis=0)
        sign = np.where(fine, sign, 0).astype(np.int8)
        values, errors = (
            _each(found, len(points)) for found in evaluate_with_error(signs.program, columns)
        )
        with np.errstate(invalid="ignore"):
            values = np.where(errors <= _ACCURATE * np.abs(values), values, np.nan)
        found = extremes(m, n, sign)
        bases = found.row_basis, found.column_basis
        probability = mixes(signs.table, sign, values, found.game, *bases)
        fine[found.game[np.isnan(probability[:, 0])]] = False
        kept = fine[found.game]
        count = np.where(fine, np.bincount(found.game, minlength=len(points)), 0)
        part = Equilibria(
            np.concatenate([[0], np.cumsum(count)]),
            probability[kept],
            found.support[kept],
            found.index[kept],
            found.isolated[kept],
            found.component[kept],
            np.zeros(len(points), dtype=np.uint8),
        )
        table = np.ascontiguousarray(payoffs.T).reshape(-1, 2, m, n)
        payoff, regret = payoffs_and_regret(table, part)
        listing = Listing(
            points[found.game[kept]],
            part.probability,
            part.support,
            part.index,
            part.isolated,
            part.component,
            payoff,
            regret,
        )
        return listing, points[~fine]


def _each(values: Sequence[Any], points: int) -> Floats:
    """Outputs of a program as one array, shape (outputs, points)."""
    return np.array([np.broadcast_to(value, (points,)) for value in values])


def _largest(bounds: Sequence[NDArray[Any]], points: int) -> Floats:
    """Largest error bound of each player's payoffs, shape (2, points)."""
    worst: Floats = _each(bounds, points).reshape(2, -1, points).max(axis=1)
    return worst


_known: WeakKeyDictionary[Job, _Payoffs] = WeakKeyDictionary()
_known_lock = RLock()
if hasattr(os, "register_at_fork"):
    # A child must not wait for a thread that it does not have.
    os.register_at_fork(
        before=_known_lock.acquire,
        after_in_parent=_known_lock.release,
        after_in_child=_known_lock.release,
    )


def _payoffs(job: Job) -> _Payoffs:
    """What is made once for all chunks of a job, and goes when the job goes."""
    with _known_lock:
        if job not in _known:
            _known[job] = _Payoffs(job)
        return _known[job]
