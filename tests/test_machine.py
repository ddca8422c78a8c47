"""Machine code against numpy and mpmath, targets against each other, the cache against damage."""

from __future__ import annotations

import concurrent.futures
import gc
import itertools
import os
import stat
import subprocess
import sys
import time
from fractions import Fraction
from functools import lru_cache

import mpmath
import numpy as np
import pytest

from hedging.equilibria.determinants import SignTable, sign_table
from hedging.equilibria.signs import tolerance_factor
from hedging.errors import ParameterError, UnknownNameError
from hedging.program import doubles, machine_cache, machine_target
from hedging.program.graph import Builder, Program
from hedging.program.logic import SignLogic
from hedging.program.machine import (
    CodeLayout,
    Scale,
    StoredSigns,
    Target,
    fused_signs,
    fused_values,
    stored_signs,
    stored_values,
)
from hedging.program.machine_expand import Solution, expand

SHAPES = [(2, 2), (2, 3), (3, 3), (3, 4), (4, 4)]
SIZES = [0, 1, 7, 8, 9, 511, 512, 513, 1000]
ON_X86 = Target.host().runs_here() and "x86_64" in (
    os.uname().machine if hasattr(os, "uname") else ""
)
LEVELS = [n for n in machine_target.LEVELS if ON_X86 and Target.level(n).runs_here()]
U = 2.0**-53


# ------------------------------------------------------------------------------------- references


def scales_of(table: SignTable) -> tuple[Scale, ...]:
    """Tolerances of the determinants of payoff differences; row 0 against the others measures."""
    found = []
    for player, (own, other) in enumerate(((table.m, table.n), (table.n, table.m))):
        mine = [d for d, owner in enumerate(table.owners) if owner == player]
        measure = tuple(mine[: (own - 1) * other])
        bounds = tuple((d, table.orders[d], float(tolerance_factor(table.orders[d]))) for d in mine)
        found.append(Scale(measure, bounds))
    return tuple(found)


def kernel_of(m: int, n: int, target: Target | None = None) -> StoredSigns:
    table = sign_table(m, n)
    return stored_signs(table.program, table.logic, scales_of(table), (m * n, m * n), target)


def solutions_of(table: SignTable) -> tuple[Solution, ...]:
    found = []
    for (rows, columns), (row_group, column_group) in zip(
        table.supports, table.candidates, strict=True
    ):
        size = len(rows)
        row = tuple((i, s, d) for i, (s, d) in zip(rows, column_group[:size], strict=True))
        column = tuple((j, s, d) for j, (s, d) in zip(columns, row_group[:size], strict=True))
        found.append(Solution(row, column, (-1) ** (size + 1)))
    return tuple(found)


def read_logic(
    logic: SignLogic, up: np.ndarray, down: np.ndarray, zeros: frozenset[int] = frozenset()
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Certain candidates, undecided and degenerate points, one candidate at a time."""
    points = up.shape[1:]
    certain = np.zeros((len(logic.candidates), *points), dtype=bool)
    undecided = np.zeros(points, dtype=bool)
    degenerate = np.zeros(points, dtype=bool)
    for c, candidate in enumerate(logic.candidates):
        sure, possible = np.ones(points, dtype=bool), np.ones(points, dtype=bool)
        has_zero = False
        for group in candidate:
            plus, minus, any_up, any_down = (np.full(points, x) for x in (True, True, False, False))
            for sign, d in group:
                if d in zeros:
                    has_zero = True
                    continue
                a = np.full(points, True) if d is None else up[d]
                b = np.full(points, False) if d is None else down[d]
                if sign < 0:
                    a, b = b, a
                plus, minus, any_up, any_down = plus & a, minus & b, any_up | a, any_down | b
            sure &= plus | minus
            possible &= ~(any_up & any_down)
        undecided |= possible & ~sure
        if has_zero:
            degenerate |= sure
        else:
            certain[c] = sure
    return certain, undecided, degenerate


def classify(table: SignTable, row: np.ndarray, col: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    number = len(row)
    cells = table.m * table.n
    flat = np.concatenate([row.reshape(number, cells), col.reshape(number, cells)], axis=1)
    values = np.array(
        [np.broadcast_to(v, number) for v in doubles.evaluate(table.program, list(flat.T))]
    ).reshape(len(table.orders), number)
    tolerance = np.zeros_like(values)
    finite = np.isfinite(flat).all(axis=1)
    with np.errstate(all="ignore"):
        for measure, bounds in scales_of(table):
            size = np.abs(values[list(measure)]).sum(axis=0)
            finite &= np.isfinite(size)
            for d, degree, factor in bounds:
                if factor:
                    tolerance[d] = factor * U * size**degree + 2.0**-1000
    certain, undecided, _ = read_logic(table.logic, values > tolerance, values < -tolerance)
    return certain, undecided | ~finite


def mixed_games(
    rng: np.random.Generator, number: int, m: int, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """A third each of random, integer and tied games."""
    games = rng.uniform(-1, 1, (2, number, m, n))
    third = number // 3
    games[:, :third] = rng.integers(-3, 4, (2, third, m, n))
    games[:, third : 2 * third] = rng.integers(-99, 100, (2, third, m, n)) / 7
    return games[0], games[1]


# ------------------------------------------------------------------------------------ stored signs


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("size", SIZES)
def test_stored_codes_equal_numpy(shape: tuple[int, int], size: int) -> None:
    row, col = mixed_games(np.random.default_rng([size, *shape]), size, *shape)
    kernel = kernel_of(*shape)
    found = kernel(row, col)
    certain, undecided = classify(sign_table(*shape), row, col)
    np.testing.assert_array_equal(kernel.layout.certain(found.codes), certain)
    np.testing.assert_array_equal(kernel.layout.undecided(found.codes), undecided)
    np.testing.assert_array_equal(found.counts, certain.sum(axis=0))
    assert found.undecided == undecided.sum()
    assert found.degenerate == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (1, 9), (2, 5), (5, 2)], ids=str)
def test_odd_shapes(shape: tuple[int, int]) -> None:
    row, col = mixed_games(np.random.default_rng(3), 77, *shape)
    kernel = kernel_of(*shape)
    found = kernel(row, col)
    certain, undecided = classify(sign_table(*shape), row, col)
    np.testing.assert_array_equal(kernel.layout.certain(found.codes), certain)
    np.testing.assert_array_equal(kernel.layout.undecided(found.codes), undecided)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("level", LEVELS)
def test_levels_of_processors_agree(shape: tuple[int, int], level: str) -> None:
    row, col = mixed_games(np.random.default_rng(5), 999, *shape)
    host, other = kernel_of(*shape), kernel_of(*shape, Target.level(level))
    here, there = host(row, col), other(row, col)
    decided = ~host.layout.undecided(here.codes) & ~other.layout.undecided(there.codes)
    np.testing.assert_array_equal(here.codes[..., decided], there.codes[..., decided])
    np.testing.assert_array_equal(here.counts[decided], there.counts[decided])
    assert decided.sum() >= 999 - max(here.undecided, there.undecided) - 1


def test_batch_equals_slices_and_given_output() -> None:
    row, col = mixed_games(np.random.default_rng(6), 1300, 3, 3)
    kernel = kernel_of(3, 3)
    whole = kernel(row, col)
    codes, counts = np.empty(1300, np.uint32), np.empty(1300, np.uint8)
    again = kernel(row, col, codes=codes, counts=counts)
    assert again.codes is codes
    np.testing.assert_array_equal(codes, whole.codes)
    parts = [kernel(row[a:b], col[a:b]) for a, b in ((0, 5), (5, 700), (700, 1300))]
    np.testing.assert_array_equal(np.concatenate([p.codes for p in parts]), whole.codes)
    assert sum(p.undecided for p in parts) == whole.undecided


def test_one_array_of_games_equals_two() -> None:
    row, col = mixed_games(np.random.default_rng(7), 100, 3, 3)
    table = sign_table(3, 3)
    joint = stored_signs(table.program, table.logic, scales_of(table))
    both = np.stack([row, col], axis=1)
    np.testing.assert_array_equal(joint(both).codes, kernel_of(3, 3)(row, col).codes)


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (1, 3)], ids=str)
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_games_that_are_not_finite_are_undecided(shape: tuple[int, int], bad: float) -> None:
    m, n = shape
    games = np.random.default_rng(8).uniform(-1, 1, (2 * m * n, 2 * m * n))
    np.fill_diagonal(games, bad)
    kernel = kernel_of(m, n)
    found = kernel(games[:, : m * n], games[:, m * n :])
    assert kernel.layout.undecided(found.codes).all()
    assert found.undecided == 2 * m * n


@pytest.mark.parametrize("scale", [1e-10, 1e10, 2.0**-300, 2.0**300])
@pytest.mark.parametrize("shape", [(2, 2), (3, 3)], ids=str)
def test_scale_changes_nothing(shape: tuple[int, int], scale: float) -> None:
    row, col = np.random.default_rng(9).uniform(-1, 1, (2, 2000, *shape))
    kernel = kernel_of(*shape)
    plain, scaled = kernel(row, col), kernel(row * scale, col * scale)
    np.testing.assert_array_equal(plain.codes, scaled.codes)
    assert plain.undecided == scaled.undecided == 0


@pytest.mark.parametrize("exponent", [-1070, -1040, -700, -530, -505, 500, 505, 510, 1000, 1022])
def test_underflow_and_overflow_never_lie(exponent: int) -> None:
    rng = np.random.default_rng(10)
    row, col = np.ldexp(rng.integers(-40, 41, (2, 300, 3, 3)).astype(float), exponent - 5)
    kernel, table = kernel_of(3, 3), sign_table(3, 3)
    found = kernel(row, col)
    truth = kernel(np.ldexp(row, 5 - exponent), np.ldexp(col, 5 - exponent))
    certain, right = kernel.layout.certain(found.codes), kernel.layout.certain(truth.codes)
    decided = ~kernel.layout.undecided(found.codes)
    np.testing.assert_array_equal(certain[:, decided], right[:, decided])
    if abs(exponent) > 600:
        mixers = [c for c, (rows, _) in enumerate(table.supports) if len(rows) == 3]
        assert not certain[mixers][:, decided].any()


def test_tolerances_are_checked() -> None:
    table = sign_table(2, 2)
    good = scales_of(table)
    with pytest.raises(ParameterError, match="no tolerance"):
        stored_signs(table.program, table.logic, good[:1])
    with pytest.raises(ParameterError, match="add up"):
        stored_signs(table.program, table.logic, good, (4, 5))
    three = sign_table(3, 3)
    exact = tuple(
        Scale(s.measure, tuple((d, k, 0.0) for d, k, _ in s.bounds)) for s in scales_of(three)
    )
    with pytest.raises(ParameterError, match="no differences"):
        stored_signs(three.program, three.logic, exact)
    with pytest.raises(ParameterError, match="9 numbers"):
        kernel_of(3, 3)(np.zeros((2, 8)), np.zeros((2, 9)))
    with pytest.raises(ParameterError, match="same games"):
        kernel_of(3, 3)(np.zeros((2, 9)), np.zeros((3, 9)))
    with pytest.raises(ParameterError, match="contiguous"):
        kernel_of(3, 3)(np.zeros((2, 9)), np.zeros((2, 9)), codes=np.empty(3, np.uint32))


# ------------------------------------------------------------------------------------- fused signs


@lru_cache
def family(m: int = 3, n: int = 3) -> tuple[Program, SignLogic]:
    """Payoffs that are polynomials and quotients of four parameters, and their determinants."""
    rng = np.random.default_rng([m, n])
    b = Builder(["p", "q", "r", "t"])
    inputs = [b.input(name) for name in b.inputs]
    payoffs = []
    for k in range(2 * m * n):
        i, j, c = rng.integers(0, 4, 3)
        weights = [b.constant(Fraction(int(w), 100)) for w in rng.integers(-100, 101, 2)]
        value = b.add(weights[0], b.mul(weights[1], b.mul(inputs[i], inputs[j])))
        if k % 3 == 0:
            value = b.add(value, b.div(inputs[c], b.add(b.constant(3), inputs[j])))
        if k % 3 == 1:
            value = b.sub(value, b.power(inputs[c], 2))
        payoffs.append(value)
    table = sign_table(m, n)
    return table.program.compose(b.program(payoffs)), table.logic


def fused_reference(
    program: Program, logic: SignLogic, rows: np.ndarray, lanes: np.ndarray, tolerance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """``rows`` are the first parameters, ``lanes`` the rest."""
    shape = (len(rows), lanes.shape[1])
    given = [x[:, None] for x in rows.T] + [x[None, :] for x in lanes]
    values = np.array([np.broadcast_to(v, shape) for v in doubles.evaluate(program, given)])
    bound = tolerance[:, None, None]
    certain, undecided, _ = read_logic(logic, values > bound, values < -bound)
    return certain, undecided


@pytest.mark.parametrize("lanes", [1, 5, 7, 8, 9, 63, 64, 511, 512, 513, 1000])
@pytest.mark.parametrize("rows", [1, 3, 70])
def test_fused_codes_equal_numpy(rows: int, lanes: int) -> None:
    rng = np.random.default_rng([rows, lanes])
    program, logic = family()
    kernel = fused_signs(program, logic, ("p", "q", "r"), ("t",))
    table, axis = rng.uniform(-1, 1, (rows, 3)), rng.uniform(-1, 1, (1, lanes))
    tolerance = np.full(len(program.outputs), 1e-13)
    found = kernel(table, axis, tolerance)
    certain, undecided = fused_reference(program, logic, table, axis, tolerance)
    assert found.codes.shape == found.counts.shape == (rows, lanes)
    np.testing.assert_array_equal(kernel.layout.certain(found.codes), certain)
    np.testing.assert_array_equal(kernel.layout.undecided(found.codes), undecided)
    np.testing.assert_array_equal(found.counts, certain.sum(axis=0))
    assert found.undecided == undecided.sum()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (4, 4)], ids=str)
def test_fused_levels_agree(shape: tuple[int, int], level: str) -> None:
    rng = np.random.default_rng(11)
    program, logic = family(*shape)
    table, axis = rng.uniform(-1, 1, (9, 3)), rng.uniform(-1, 1, (1, 77))
    tolerance = np.full(len(program.outputs), 1e-13)
    kernels = [
        fused_signs(program, logic, ("p", "q", "r"), ("t",), frozenset(), target)
        for target in (None, Target.level(level))
    ]
    here, there = (kernel(table, axis, tolerance) for kernel in kernels)
    np.testing.assert_array_equal(here.codes, there.codes)
    np.testing.assert_array_equal(here.counts, there.counts)


def test_any_parameter_may_run_along_the_lanes() -> None:
    rng = np.random.default_rng(12)
    program, logic = family()
    columns = dict(zip("pqrt", rng.uniform(-1, 1, (4, 203)), strict=True))
    tolerance = np.full(len(program.outputs), 1e-13)
    names = tuple(columns)
    samples = fused_signs(program, logic, (), names)(
        np.empty((1, 0)), np.array(list(columns.values())), tolerance
    )
    for inner in names:
        rows = tuple(n for n in names if n != inner)
        kernel = fused_signs(program, logic, rows, (inner,))
        table = np.array([columns[n] for n in rows]).T
        each = kernel(table, columns[inner][None, :], tolerance)
        np.testing.assert_array_equal(np.diagonal(each.codes), samples.codes[0])


def test_scratch_is_used_again_and_empty_grids_are_fine() -> None:
    program, logic = family()
    kernel = fused_signs(program, logic, ("p", "q", "r"), ("t",))
    tolerance = np.full(len(program.outputs), 1e-13)
    rng = np.random.default_rng(13)
    room = kernel.scratch(20, 100)
    for rows, lanes in ((20, 100), (3, 100), (20, 5)):
        table, axis = rng.uniform(-1, 1, (rows, 3)), rng.uniform(-1, 1, (1, lanes))
        found = kernel(table, axis, tolerance, scratch=room)
        assert np.shares_memory(found.codes, room[0])
        np.testing.assert_array_equal(found.codes, kernel(table, axis, tolerance).codes)
    assert kernel(np.empty((0, 3)), axis, tolerance).codes.shape == (0, 5)
    assert kernel(table, np.empty((1, 0)), tolerance).codes.shape == (20, 0)
    with pytest.raises(ParameterError, match="scratch"):
        kernel(rng.uniform(size=(200, 3)), axis, tolerance, scratch=kernel.scratch(2, 5))


def test_lanes_are_read_in_place_with_a_stride() -> None:
    program, logic = family()
    kernel = fused_signs(program, logic, ("p", "q"), ("r", "t"))
    rng = np.random.default_rng(14)
    wide, rows = rng.uniform(-1, 1, (2, 1000)), rng.uniform(-1, 1, (4, 2))
    tolerance = np.full(len(program.outputs), 1e-13)
    part = kernel(rows, wide[:, 96:160], tolerance)
    whole = kernel(rows, wide, tolerance)
    np.testing.assert_array_equal(part.codes, whole.codes[:, 96:160])


@pytest.mark.parametrize("loose", [np.inf, np.nan])
def test_a_tolerance_that_promises_nothing_opens_the_sign(loose: float) -> None:
    program, logic = family()
    kernel = fused_signs(program, logic, ("p", "q", "r"), ("t",))
    rng = np.random.default_rng(15)
    table, axis = rng.uniform(-1, 1, (4, 3)), rng.uniform(-1, 1, (1, 50))
    tolerance = np.full(len(program.outputs), loose)
    found = kernel(table, axis, tolerance)
    assert found.undecided == 200
    assert not found.counts.any()


def test_fused_arguments_are_checked() -> None:
    program, logic = family()
    kernel = fused_signs(program, logic, ("p", "q", "r"), ("t",))
    good = np.full(len(program.outputs), 1e-13)
    with pytest.raises(ParameterError, match="each once"):
        fused_signs(program, logic, ("p", "q"), ("t",))
    with pytest.raises(ParameterError, match="tables"):
        kernel(np.zeros((3, 2)), np.zeros((1, 4)), good)
    with pytest.raises(ParameterError, match="tolerances"):
        kernel(np.zeros((3, 3)), np.zeros((1, 4)), good[1:])
    with pytest.raises(ParameterError, match="negative"):
        kernel(np.zeros((3, 3)), np.zeros((1, 4)), -good)


# ---------------------------------------------------------------------------------- known zeros


def signs_kernel(logic: SignLogic, zeros: frozenset[int] = frozenset(), constants=()):
    """A kernel whose outputs are the parameters themselves, some replaced by constants."""
    names = tuple(f"x{k}" for k in range(logic.n_signs))
    b = Builder(names)
    held = dict(constants)
    outputs = [b.constant(held[k]) if k in held else b.input(n) for k, n in enumerate(names)]
    return fused_signs(b.program(outputs), logic, (), names, zeros)


def test_logic_with_known_zeros_and_constants_equals_reference() -> None:
    rng = np.random.default_rng(16)
    for trial in range(40):
        n = 6
        groups = [
            tuple(
                (int(rng.choice([-1, 1])), None if rng.random() < 0.1 else int(rng.integers(n)))
                for _ in range(rng.integers(1, 4))
            )
            for _ in range(9)
        ]
        logic = SignLogic(n, tuple((groups[3 * c], groups[3 * c + 1]) for c in range(3)))
        x = rng.integers(-1, 2, (n, 300)).astype(float)
        zeros: frozenset[int] = frozenset()
        constants: dict[int, int] = {}
        if trial % 4 == 1:
            zeros = frozenset({0, 3})
        if trial % 4 == 2:
            constants = {0: 0, 1: 2, 2: -1}
        if trial % 4 == 3:
            zeros, constants = frozenset({3}), {0: 0}
        for k, value in constants.items():
            x[k] = value
        kernel = signs_kernel(logic, zeros, constants.items())
        found = kernel(np.empty((1, 0)), x, np.full(n, 0.5))
        known = zeros | {k for k, value in constants.items() if value == 0}
        certain, undecided, degenerate = read_logic(logic, x > 0.5, x < -0.5, frozenset(known))
        np.testing.assert_array_equal(kernel.layout.certain(found.codes)[:, 0], certain)
        np.testing.assert_array_equal(kernel.layout.undecided(found.codes)[0], undecided)
        np.testing.assert_array_equal(kernel.layout.degenerate(found.codes)[0], degenerate)
        assert (found.undecided, found.degenerate) == (undecided.sum(), degenerate.sum())


def test_a_structural_zero_flags_only_where_it_matters() -> None:
    # One candidate: x1 > 0 and x0 of one strict sign with x1, where x0 is zero by structure.
    logic = SignLogic(2, ((((1, 0), (1, 1), (1, None)),),))
    kernel = signs_kernel(logic, frozenset({0}))
    x = np.array([[0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]])
    found = kernel(np.empty((1, 0)), x, [0.1, 0.1])
    assert kernel.layout.undecided(found.codes)[0].tolist() == [False, True, False]
    assert kernel.layout.degenerate(found.codes)[0].tolist() == [False, False, True]
    assert found.counts[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("number", [0, 1, 5, 6, 7, 14, 15, 30, 31, 62, 63, 64, 126, 127, 200])
def test_every_width_of_code(number: int) -> None:
    rng = np.random.default_rng(number)
    logic = SignLogic(8, tuple((((1, c % 8), (1, None)),) for c in range(number)))
    x = rng.choice([-1.0, 1.0], (8, 130))
    kernel = signs_kernel(logic)
    found = kernel(np.empty((1, 0)), x, np.full(8, 0.5))
    assert kernel.layout.bits * kernel.layout.words >= number + 2
    expected = np.array([x[c % 8] > 0 for c in range(number)]).reshape(number, 130)
    if number:
        np.testing.assert_array_equal(kernel.layout.certain(found.codes)[:, 0], expected)
    np.testing.assert_array_equal(found.counts[0], expected.sum(axis=0))


# ------------------------------------------------------------------------------------------ values


@lru_cache
def every_operation() -> Program:
    """All operations without exp and log."""
    b = Builder(["x", "y"])
    x, y = b.input("x"), b.input("y")
    less, same = b.apply("less", x, y), b.apply("equal", x, y)
    outputs = [b.add(x, y), b.sub(x, y), b.mul(x, y), b.div(x, y), b.neg(x), b.apply("abs", x)]
    outputs += [b.apply("min", x, y), b.apply("max", x, y), b.apply("sqrt", x)]
    outputs += [b.power(x, k) for k in (-3, -1, 2, 3, 7, 10)]
    outputs += [less, b.apply("less_equal", x, y), same]
    outputs += [b.apply("and", less, b.apply("not", same)), b.apply("or", less, same)]
    outputs += [b.apply("select", less, x, b.mul(y, y)), b.constant(Fraction(1, 3)), x]
    outputs.append(b.add(b.mul(x, y), b.mul(x, x)))
    return b.program(outputs)


def special_points() -> np.ndarray:
    special = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, np.inf, -np.inf, np.nan, 5e-324, 1e308, -2.5]
    pairs = np.array(list(itertools.product(special, special)))
    return np.concatenate([pairs, np.random.default_rng(17).normal(size=(500, 2))])


@pytest.mark.parametrize("level", ["host", *LEVELS])
def test_values_equal_numpy_to_the_last_bit(level: str) -> None:
    program, points = every_operation(), special_points()
    target = None if level == "host" else Target.level(level)
    expected = np.array(
        [np.broadcast_to(v, len(points)) for v in doubles.evaluate(program, list(points.T))], float
    )
    np.testing.assert_array_equal(stored_values(program, None, target)(points), expected)
    fused = fused_values(program, (), ("x", "y"), target)(np.empty((1, 0)), points.T)
    np.testing.assert_array_equal(fused[:, 0], expected)
    mixed = fused_values(program, ("y",), ("x",), target)(points[:, 1:], points[:20, 0][None, :])
    np.testing.assert_array_equal(mixed[:, np.arange(20), np.arange(20)], expected[:, :20])


@pytest.mark.parametrize("size", SIZES)
def test_stored_values_of_any_number_of_games(size: int) -> None:
    table = sign_table(3, 4)
    row, col = mixed_games(np.random.default_rng(size), size, 3, 4)
    flat = np.concatenate([row.reshape(size, 12), col.reshape(size, 12)], axis=1)
    expected = np.array(doubles.evaluate(table.program, list(flat.T)))
    np.testing.assert_array_equal(stored_values(table.program, (12, 12))(row, col), expected)


def errors_in_last_places(found: np.ndarray, points: np.ndarray, function: object) -> float:
    worst = mpmath.mpf(0)
    with mpmath.workprec(140):
        for value, x in zip(found.tolist(), points.tolist(), strict=True):
            exact = function(mpmath.mpf(x))  # type: ignore[operator]
            unit = float(np.spacing(abs(float(exact)))) if exact else 2.0**-1074
            worst = max(worst, abs(mpmath.mpf(value) - exact) / unit)
    return float(worst)


def one_operation(op: str, target: Target | None) -> object:
    b = Builder(["x"])
    return stored_values(b.program([b.apply(op, b.input("x"))]), None, target)


@pytest.mark.parametrize("level", ["host", *LEVELS])
def test_exp_within_its_bound(level: str) -> None:
    rng = np.random.default_rng(18)
    near_halves = (np.arange(-1070, 1024) + 0.5) * np.log(2.0)
    x = np.concatenate(
        [rng.uniform(-745, 709.78, 4000), rng.uniform(-1, 1, 2000), near_halves[near_halves < 709]]
    )
    found = one_operation("exp", None if level == "host" else Target.level(level))(x)[0]
    assert errors_in_last_places(found, x, mpmath.exp) < 2.0


@pytest.mark.parametrize("level", ["host", *LEVELS])
def test_log_within_its_bound(level: str) -> None:
    rng = np.random.default_rng(19)
    x = np.concatenate(
        [
            np.exp(rng.uniform(-744, 709, 4000)),
            1 + rng.uniform(-0.4, 0.5, 3000),
            1 + rng.uniform(-1e-7, 1e-7, 1000),
            np.ldexp(np.sqrt(0.5) * (1 + np.arange(-3, 4) * 2.0**-52), 0),
            [5e-324, 1e-310, 2.0**-1022, np.finfo(float).max, np.nextafter(1, 0), 1.0],
        ]
    )
    found = one_operation("log", None if level == "host" else Target.level(level))(x)[0]
    assert errors_in_last_places(found, x, mpmath.log) < 2.0


@pytest.mark.parametrize("level", ["host", *LEVELS])
@pytest.mark.parametrize("op", ["exp", "log"])
def test_exp_and_log_of_special_values(op: str, level: str) -> None:
    x = np.array(
        [np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0, -1.0, -5e-324, 710.0, 1e300, -746.0, -1e300]
    )
    with np.errstate(all="ignore"):
        expected = getattr(np, op)(x)
    found = one_operation(op, None if level == "host" else Target.level(level))(x)[0]
    np.testing.assert_array_max_ulp(
        found[np.isfinite(expected)], expected[np.isfinite(expected)], 2
    )
    np.testing.assert_array_equal(found[~np.isfinite(expected)], expected[~np.isfinite(expected)])


def test_contracted_sums_are_right() -> None:
    # Every way a product can enter a sum; integers, so that every rounding is exact.
    b = Builder(["a", "b", "c", "d"])
    p, q, r, s = (b.input(n) for n in b.inputs)
    first, second = b.mul(p, q), b.mul(r, s)
    cases = [b.add(first, r), b.sub(r, b.mul(p, s)), b.sub(b.mul(q, s), r)]
    cases += [b.add(b.neg(b.mul(q, r)), s), b.sub(s, b.neg(b.mul(q, q)))]
    cases += [b.sub(b.neg(b.mul(r, r)), s), b.sub(b.mul(p, p), b.mul(s, s)), b.add(second, first)]
    program = b.program(cases)
    # Signs of the differences from a constant make the values visible through a sign kernel.
    logic = SignLogic(len(cases), tuple((((1, k), (1, None)),) for k in range(len(cases))))
    x = np.random.default_rng(20).integers(-9, 10, (4, 500)).astype(float)
    kernel = fused_signs(program, logic, (), ("a", "b", "c", "d"))
    found = kernel.layout.certain(kernel(np.empty((1, 0)), x, np.zeros(len(cases))).codes)[:, 0]
    expected = np.array(doubles.evaluate(program, list(x))) > 0
    np.testing.assert_array_equal(found, expected)


# ------------------------------------------------------------------------------------------ expand


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("size", [0, 1, 300])
def test_expansion_equals_numpy(shape: tuple[int, int], size: int) -> None:
    m, n = shape
    table, kernel = sign_table(m, n), kernel_of(m, n)
    row, col = mixed_games(np.random.default_rng(21), size, m, n)
    codes = kernel(row, col).codes
    expansion = expand(table.program, solutions_of(table), shape, kernel.layout)
    found = expansion(row, col, codes)
    certain = kernel.layout.certain(codes).T & ~kernel.layout.undecided(codes)[:, None]
    games, candidates = np.nonzero(certain)
    np.testing.assert_array_equal(found.offsets, np.r_[0, certain.sum(axis=1).cumsum()])
    np.testing.assert_array_equal(found.candidate, candidates)
    x, y = found.probability[:, :m], found.probability[:, m:]
    support = np.zeros((len(games), m + n), dtype=bool)
    for e, c in enumerate(candidates):
        rows, columns = table.supports[c]
        support[e, [*rows, *(m + j for j in columns)]] = True
    np.testing.assert_array_equal(found.probability > 0, support)
    np.testing.assert_allclose(x.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-14)
    u = np.einsum("eij,ej->ei", row[games], y)
    v = np.einsum("eij,ei->ej", col[games], x)
    payoff = np.stack([(u * x).sum(axis=1), (v * y).sum(axis=1)], axis=1)
    np.testing.assert_allclose(found.payoff, payoff, rtol=1e-12, atol=1e-12)
    if size:
        regret = np.maximum(u.max(axis=1) - payoff[:, 0], v.max(axis=1) - payoff[:, 1])
        np.testing.assert_allclose(found.regret, regret, atol=1e-12)
        assert found.regret.min() >= 0
        assert found.regret.max() < 1e-9
        index_sum = np.zeros(size, dtype=int)
        np.add.at(index_sum, games, found.index)
        assert set(index_sum[~kernel.layout.undecided(codes)].tolist()) == {1}
    room = expansion.scratch(size, len(games))
    again = expansion(row, col, codes, scratch=room)
    np.testing.assert_array_equal(again.probability, found.probability)
    assert not len(games) or np.shares_memory(again.probability, room.probability)


def test_expansion_arguments_are_checked() -> None:
    table = sign_table(2, 2)
    layout = CodeLayout.of(table.logic)
    with pytest.raises(ParameterError, match="solutions"):
        expand(table.program, solutions_of(table)[1:], (2, 2), layout)
    with pytest.raises(ParameterError, match="codes"):
        expand(table.program, solutions_of(table), (2, 2), layout)(
            np.zeros((3, 2, 2)), np.zeros((3, 2, 2)), np.zeros(3, np.uint16)
        )


# ----------------------------------------------------------------------------------------- targets


def test_unknown_level() -> None:
    with pytest.raises(UnknownNameError, match="x86-64-v3"):
        Target.level("x86-64-v9")


def test_the_assembly_compiles_for_other_processors() -> None:
    """128-bit NEON takes the same assembly; nothing here can run it."""
    llvm = pytest.importorskip("llvmlite.binding")
    from hedging.program import machine_kernels

    try:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        arm = llvm.Target.from_triple("aarch64-unknown-linux-gnu")
    except RuntimeError:
        pytest.skip("this LLVM knows the host only")
    table = sign_table(2, 3)
    layout = machine_kernels.Layout(16, 1)
    text = machine_kernels.stored(
        table.program, table.logic, scales_of(table), (6, 6), layout, masks=False
    )
    machine = arm.create_target_machine(cpu="neoverse-n1", opt=3, reloc="pic")
    assembly = machine.emit_assembly(llvm.parse_assembly(text, llvm.create_context()))
    assert "fmla" in assembly or "fcmgt" in assembly


# ------------------------------------------------------------------------------------------- cache


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache directory and a process that has compiled nothing yet."""
    place = tmp_path / "cache"
    monkeypatch.setenv("HEDGING_CACHE_DIR", str(place))
    monkeypatch.delenv("HEDGING_CACHE", raising=False)
    forget(monkeypatch)
    return place


def forget(monkeypatch) -> None:
    monkeypatch.setattr(machine_target, "_built", {})


def doubled(x: float = 21.0) -> float:
    """Compile and run a small kernel, or find it."""
    b = Builder(["x"])
    stored_values.cache_clear()
    kernel = stored_values(b.program([b.mul(b.constant(2), b.input("x"))]))
    return float(kernel([x])[0, 0])


def compilations(monkeypatch) -> list[int]:
    seen: list[int] = []
    plain = machine_target._compile

    def spy(assembly: str, machine: object) -> bytes:
        seen.append(1)
        return plain(assembly, machine)

    monkeypatch.setattr(machine_target, "_compile", spy)
    return seen


def test_the_second_process_finds_the_object(cache, monkeypatch) -> None:
    seen = compilations(monkeypatch)
    assert doubled() == 42.0
    forget(monkeypatch)
    assert doubled() == 42.0
    assert len(seen) == 1
    (file,) = cache.iterdir()
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "foreign", "other"])
def test_a_damaged_object_is_never_loaded(cache, monkeypatch, damage: str) -> None:
    seen = compilations(monkeypatch)
    doubled()
    (file,) = cache.iterdir()
    raw = bytearray(file.read_bytes())
    good = bytes(raw)
    if damage == "flip":
        raw[len(raw) // 2] ^= 1
    elif damage == "cut":
        raw = raw[:-7]
    elif damage == "empty":
        raw = bytearray()
    elif damage == "foreign":
        raw = bytearray(b"\x7fELF" + bytes(500))
    else:  # a valid file of another key
        machine_cache.store("0" * 64, b"another object")
        raw = bytearray((cache / ("0" * 64 + ".obj")).read_bytes())
    file.write_bytes(bytes(raw))
    forget(monkeypatch)
    assert doubled() == 42.0
    assert len(seen) == 2
    assert file.read_bytes() == good


def test_the_cache_can_be_switched_off(cache, monkeypatch) -> None:
    monkeypatch.setenv("HEDGING_CACHE", "0")
    assert doubled() == 42.0
    assert not cache.exists()


def test_an_unusable_place_is_done_without(cache, monkeypatch) -> None:
    cache.write_text("a file where the directory should be")
    assert doubled() == 42.0
    assert machine_cache.directory() is None


def test_a_read_only_directory_is_done_without(cache, monkeypatch) -> None:
    cache.mkdir(mode=0o500)
    if os.access(cache, os.W_OK):  # the superuser may write anywhere

        def refuse(*_args: object, **_kwargs: object) -> None:
            raise PermissionError

        monkeypatch.setattr(machine_cache.tempfile, "mkstemp", refuse)
    assert doubled() == 42.0
    assert list(cache.iterdir()) == []
    cache.chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners on this system")
def test_a_directory_others_can_write_is_refused(cache, monkeypatch) -> None:
    doubled()
    (file,) = cache.iterdir()
    key = file.name.removesuffix(".obj")
    assert machine_cache.load(key) is not None
    cache.chmod(0o777)
    assert machine_cache.load(key) is None
    cache.chmod(0o700)
    file.chmod(0o622)
    assert machine_cache.load(key) is None
    file.chmod(0o600)
    moved = cache / "moved"
    file.rename(moved)
    file.symlink_to(moved)
    assert machine_cache.load(key) is None
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert machine_cache.directory() is None
    assert doubled() == 42.0


def test_what_a_killed_writer_left_is_ignored_and_swept(cache, monkeypatch) -> None:
    doubled()
    young, old = cache / "abc.tmp", cache / "def.tmp"
    for file in (young, old):
        file.write_bytes(b"hedging object 1\nhalf of an obj")
    os.utime(old, (time.time() - 1e5,) * 2)
    forget(monkeypatch)
    assert doubled() == 42.0
    machine_cache.store("1" * 64, b"next")
    assert young.exists()
    assert not old.exists()


def test_a_large_cache_loses_its_older_half(cache, monkeypatch) -> None:
    monkeypatch.setattr(machine_cache, "_MOST_FILES", 4)
    for k in range(5):
        machine_cache.store(f"{k}" * 64, b"x")
        os.utime(cache / (f"{k}" * 64 + ".obj"), (k, k))
    machine_cache.store("9" * 64, b"x")
    left = sorted(f.name[0] for f in cache.iterdir())
    assert "9" in left
    assert "0" not in left


# ------------------------------------------------------------------------------- threads and forks


def test_threads_compile_and_run_different_kernels_at_once(cache) -> None:
    def work(k: int) -> bool:
        b = Builder(["x"])
        program = b.program([b.mul(b.constant(k), b.power(b.input("x"), 2)), b.constant(k)])
        x = np.linspace(-1, 1, 1001)
        return bool((stored_values(program)(x)[0] == k * x**2).all())

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, [2, 4, 8, 16, 2, 4, 8, 16, 32, 64]))


def test_threads_share_a_kernel() -> None:
    row, col = mixed_games(np.random.default_rng(22), 20000, 3, 3)
    kernel = kernel_of(3, 3)
    whole = kernel(row, col).codes
    parts = np.array_split(np.arange(20000), 16)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda part: kernel(row[part], col[part]).codes, parts))
    np.testing.assert_array_equal(np.concatenate(found), whole)


def test_code_nobody_holds_is_freed() -> None:
    stored_values.cache_clear()
    before = len(machine_target._built)
    for k in range(20):
        b = Builder(["x"])
        kernel = stored_values(b.program([b.mul(b.constant(1000 + k), b.input("x"))]))
        assert kernel([[2.0]])[0, 0] == 2.0 * (1000 + k)
        stored_values.cache_clear()
    del kernel
    gc.collect()
    assert len(machine_target._built) <= before


FORK = """
import os, threading
import numpy as np
from hedging.program.graph import Builder
from hedging.program.machine import stored_values

def run(k):
    b = Builder(["x"])
    return float(stored_values(b.program([b.mul(b.constant(k), b.input("x"))]))([3.0])[0, 0])

assert run(2) == 6.0
stop = threading.Event()
def busy():
    k = 100
    while not stop.is_set():
        k += 1
        run(k)
thread = threading.Thread(target=busy)
thread.start()
for _ in range(5):
    child = os.fork()
    if child == 0:
        os._exit(0 if run(2) == 6.0 and run(7) == 21.0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop.set()
thread.join()
print("fine")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_forks_in_the_middle_of_compilation_work(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK],
        env=os.environ | {"HEDGING_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "fine\n", done.stderr
