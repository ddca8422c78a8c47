"""What the processor can do at best, and how much of it the kernels use.

A kernel over stored games cannot be faster than memory delivers them: 16 m n bytes a game.  A
fused kernel reads next to nothing; its limit is arithmetic.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks import batches
from benchmarks.families import family
from benchmarks.figures import Figure, Theme
from benchmarks.fused import bimatrix_sweep, eight_axes
from benchmarks.harness import Contestant, race, ratio
from hedging.equilibria.stored_kernels import sign_kernel
from hedging.program.graph import Program
from hedging.program.machine_target import Target, build

ABOUT = """\
*copy*: `numpy.copyto` between arrays larger than the caches, bytes read plus bytes written.
*multiply-add*: independent fused multiply-adds in vector registers, compiled as kernels are, two
operations each. A kernel's share of the one is its games per second times the bytes it reads and
writes for a game; of the other, times the arithmetic operations it does in its inner loop for a
point, comparisons and logic not counted."""

_SHAPES = [(2, 2), (2, 3), (3, 3), (3, 4), (4, 4)]
_CHAINS = 12
"""Independent accumulators: more than latency times issue width, and they fit in registers."""
_STEPS = 1 << 16
_MEGABYTES = 128


def run(quick: bool) -> Theme:
    """Limits of the machine and the shares of all shapes."""
    theme = Theme("Limits of the machine, one core", ABOUT)
    source = np.ones(_MEGABYTES << 17)
    sink = np.zeros_like(source)
    lanes = _vector_lanes(Target.host())
    copy = Contestant("copy, bytes", lambda: np.copyto(sink, source), 2 * source.nbytes)
    adds = Contestant(
        "multiply-add, operations", _multiply_adds(lanes), 2 * lanes * _CHAINS * _STEPS
    )
    theme.notes.append(f"Multiply-adds in vectors of {lanes} doubles.")
    rounds = 3 if quick else 9
    for shape in _SHAPES:
        m, n = shape
        row, column = batches.random_games(1 << (16 if quick else 20), m, n)
        kernel = sign_kernel(m, n)
        kept = kernel(row, column)
        fused = bimatrix_sweep(family(shape), eight_axes(17 if quick else 20))
        stored = partial(kernel, row, column, codes=kept.codes, counts=kept.counts)
        moved = len(row) * (16 * m * n + kept.codes.nbytes // len(row) + 1)
        done = fused.size * operations(fused.fast, fused.layout.lane_names)
        runs = [
            Contestant("stored, bytes", stored, moved),
            Contestant("fused, operations", fused.run, done),
        ]
        race([copy, adds, *runs], rounds)
        name = f"{m}x{n}"
        theme.figures += [
            Figure("stored / copy bandwidth", name, ratio(runs[0], copy)),
            Figure("fused / multiply-add rate", name, ratio(runs[1], adds)),
        ]
        theme.keep_rates(name, {c.name: c for c in (copy, adds, *runs)})
    theme.figures += [
        Figure("copy bandwidth", "machine", copy.rate / 1e9, "GB/s"),
        Figure("multiply-add rate", "machine", adds.rate / 1e9, "GFLOP/s"),
    ]
    return theme


def operations(program: Program, lanes: tuple[str, ...]) -> int:
    """Arithmetic operations for each point: of the instructions that depend on the lanes.

    Examples
    --------
    >>> from hedging.program.graph import Builder
    >>> b = Builder(["a", "t"])
    >>> a, t = b.input("a"), b.input("t")
    >>> operations(b.program([b.add(b.mul(a, a), b.power(t, 3))]), ("t",))
    3
    """
    varying: set[int] = set()
    total = 0
    for i, (op, args, literal) in enumerate(program.code):
        if op == "input":
            if program.inputs[int(literal or 0)] in lanes:
                varying.add(i)
        elif varying.intersection(args):
            varying.add(i)
            total += _power_operations(int(literal or 0)) if op == "pow" else 1
    return total


def _power_operations(exponent: int) -> int:
    """By repeated squaring; a negative power divides once more."""
    size = abs(exponent)
    return size.bit_length() + size.bit_count() - 2 + (exponent < 0)


def _vector_lanes(target: Target) -> int:
    features = target.features.split(",")
    return 8 if target.has_mask_registers else 4 if "+avx2" in features else 2


def _multiply_adds(lanes: int) -> Callable[[], None]:
    """A function that does nothing but _STEPS times _CHAINS multiply-adds of vectors."""
    kind = f"<{lanes} x double>"
    chains = range(_CHAINS)
    starts = [f"%x{k} = phi {kind} [ %one, %entry ], [ %y{k}, %loop ]" for k in chains]
    steps = [
        f"%y{k} = call {kind} @llvm.fma.v{lanes}f64({kind} %x{k}, {kind} %half, {kind} %one)"
        for k in chains
    ]
    sums = [
        f"%s{k} = fadd {kind} {f'%s{k - 1}' if k else '%one'}, %y{k}" for k in chains
    ]  # the results are used, so nothing is optimised away
    between = "\n  ".join
    text = f"""
declare {kind} @llvm.fma.v{lanes}f64({kind}, {kind}, {kind})
define void @multiply_adds(ptr %numbers) {{
entry:
  %one = load {kind}, ptr %numbers, align 8
  %place = getelementptr double, ptr %numbers, i64 {lanes}
  %half = load {kind}, ptr %place, align 8
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  {between(starts)}
  {between(steps)}
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, {_STEPS}
  br i1 %more, label %loop, label %done
done:
  {between(sums)}
  store {kind} %s{_CHAINS - 1}, ptr %numbers, align 8
  ret void
}}
"""
    function = build(text, Target.host()).function("multiply_adds", None, ctypes.c_void_p)
    numbers = np.full(2 * lanes, 0.5)

    def call() -> None:
        numbers[:lanes] = 1.0
        function(numbers.ctypes.data)

    call()
    # Each chain x -> x / 2 + 1 ends at 2, and their sum starts from 1.
    np.testing.assert_array_equal(numbers[:lanes], 1.0 + 2.0 * _CHAINS)
    return call
