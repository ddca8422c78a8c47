"""The same sign program as a C kernel: the yardstick for the machine-code engine.

The text is generated from the same straight-line program and the same logic that the package
compiles itself, in the way one would write it by hand with AVX-512 intrinsics: eight points a
vector, sign bits of 512 points gathered in words, Boolean logic on words, codes packed at the
end.  It is compiled with ``-O3 -march=native`` by whatever C compiler is at hand.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.program.graph import Program
from hedging.program.logic import SignLogic
from hedging.program.machine import CodeLayout

HEADER = r"""
#include <stdint.h>
#include <immintrin.h>
typedef __m512d v8;
typedef __m512i w8;
static inline v8 splat(double x) { return _mm512_set1_pd(x); }
#define ADD(a, b) _mm512_add_pd(a, b)
#define SUB(a, b) _mm512_sub_pd(a, b)
#define MUL(a, b) _mm512_mul_pd(a, b)
#define DIV(a, b) _mm512_div_pd(a, b)
#define MIN(a, b) _mm512_min_pd(a, b)
#define MAX(a, b) _mm512_max_pd(a, b)
#define NEG(a) _mm512_sub_pd(_mm512_setzero_pd(), a)
#define ABS(a) _mm512_abs_pd(a)
#define SQRT(a) _mm512_sqrt_pd(a)
#define AND(a, b) _mm512_and_si512(a, b)
#define OR(a, b) _mm512_or_si512(a, b)
#define NOT(a) _mm512_xor_si512(a, _mm512_set1_epi64(-1))
"""


def available() -> str | None:
    """A C compiler, if there is one and the processor has what the kernel is written for."""
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return None
    return compiler if compiler and "avx512bw" in flags else None


def _power(base: str, exponent: int) -> str:
    text = base
    for _ in range(abs(exponent) - 1):
        text = f"MUL({text}, {base})"
    return text if exponent > 0 else f"DIV(splat(1.0), {text})"


def _arithmetic(program: Program, load: dict[int, str], skip: set[int]) -> list[str]:
    """One C statement per instruction not in ``skip``."""
    lines = []
    for i, (op, args, literal) in enumerate(program.code):
        if i in skip:
            continue
        a = [f"t{x}" for x in args]
        if op == "input":
            text = load[int(literal or 0)]
        elif op == "const":
            text = f"splat({float(literal or 0)!r})"
        elif op == "pow":
            text = _power(a[0], int(literal or 0))
        else:
            text = f"{op.upper()}({', '.join(a)})"
        lines.append(f"v8 t{i} = {text};")
    return lines


def _tree(op: str, parts: list[str]) -> str:
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=False)
        parts = [f"{op}({x}, {y})" for x, y in pairs] + ([parts[-1]] if len(parts) % 2 else [])
    return parts[0]


def _logic(logic: SignLogic) -> list[str]:
    lines = []
    for d in range(logic.n_signs):
        lines.append(f"w8 p{d} = _mm512_load_si512(P + 64 * {d});")
        lines.append(f"w8 q{d} = _mm512_load_si512(Q + 64 * {d});")
    lines.append("w8 undecided = _mm512_setzero_si512();")
    for c, groups in enumerate(logic.candidates):
        sure, never = [], []
        for group in groups:
            constants = {s for s, d in group if d is None}
            up = [f"{'p' if s > 0 else 'q'}{d}" for s, d in group if d is not None]
            down = [f"{'q' if s > 0 else 'p'}{d}" for s, d in group if d is not None]
            sides = ([(up, down)] if -1 not in constants else []) + (
                [(down, up)] if 1 not in constants else []
            )
            if up:
                sure.append(_tree("OR", [_tree("AND", list(yes)) for yes, _ in sides]))
                never.append(_tree("AND", [_tree("OR", list(no)) for _, no in sides]))
        both = _tree("AND", sure) if sure else "_mm512_set1_epi64(-1)"
        lines.append(f"w8 c{c} = {both};")
        out = _tree("OR", [*never, f"c{c}"])
        lines.append(f"undecided = OR(undecided, NOT({out}));")
        lines.append(f"_mm512_store_si512(C + 64 * {c}, c{c});")
    lines.append(f"_mm512_store_si512(C + 64 * {len(logic.candidates)}, undecided);")
    return lines


def _pack(layout: CodeLayout) -> list[str]:
    """Codes of 64 points at a time: bit c of a code is candidate c, the top bit undecided."""
    n = layout.candidates
    bits = layout.bits * layout.words
    groups: dict[int, list[tuple[int, int]]] = {}
    for plane, place in [*((c, c) for c in range(n)), (n, bits - 1)]:
        groups.setdefault(place // 8, []).append((plane, place % 8))
    lines = [f"w8 byte[{bits // 8}];", "w8 number = _mm512_setzero_si512();"]
    for byte in range(bits // 8):
        parts = []
        for plane, bit in groups.get(byte, []):
            value = 1 << bit if bit < 7 else -128
            mask = f"*(const uint64_t *)(C + 64 * {plane} + 8 * s)"
            parts.append(f"_mm512_maskz_mov_epi8({mask}, _mm512_set1_epi8({value}))")
            if plane < n:
                one = f"_mm512_maskz_mov_epi8({mask}, _mm512_set1_epi8(1))"
                lines.append(f"number = _mm512_add_epi8(number, {one});")
        lines.append(f"byte[{byte}] = {_tree('OR', parts) if parts else '_mm512_setzero_si512()'};")
    lines.append("_mm512_storeu_si512(count + at + 64 * s, number);")
    lines.append("const uint8_t *bytes = (const uint8_t *)byte;")
    for word in range(layout.words):
        terms = " | ".join(
            f"((uint{layout.bits}_t)bytes[64 * {word * layout.bits // 8 + b} + g] << {8 * b})"
            for b in range(layout.bits // 8)
        )
        target = f"code[{word} * room + at + 64 * s + g]"
        lines.append(f"for (int g = 0; g < 64; g++) {target} = {terms};")
    return lines


def fused_source(program: Program, logic: SignLogic, lane: int) -> str:
    """C text of a fused sweep: input ``lane`` along the vectors, the others one per row."""
    depends: set[int] = set()
    for i, step in enumerate(program.code):
        if (step.op == "input" and step.literal == lane) or depends & set(step.args):
            depends.add(i)
    n_rows = len(program.inputs) - 1
    position = [k for k in range(len(program.inputs)) if k != lane]
    load = {k: f"splat(rows[r * {n_rows} + {j}])" for j, k in enumerate(position)}
    load[lane] = "_mm512_loadu_pd(axis + x)"
    outside = _arithmetic(program, load, depends)
    inside = _arithmetic(program, load, set(range(len(program.code))) - depends)
    compare = []
    for d, o in enumerate(program.outputs):
        compare.append(f"P[64 * {d} + g] = _mm512_cmp_pd_mask(t{o}, splat(tol[{d}]), _CMP_GT_OQ);")
        compare.append(f"Q[64 * {d} + g] = _mm512_cmp_pd_mask(t{o}, splat(-tol[{d}]), _CMP_LT_OQ);")
    layout = CodeLayout.of(logic)
    bits = layout.bits
    n = logic.n_signs
    body = "\n".join
    return f"""{HEADER}
void sweep(const double *rows, const double *axis, long n_rows, long n, const double *tol,
           uint{bits}_t *code, long room, uint8_t *count) {{
  uint8_t P[64 * {n}] __attribute__((aligned(64)));
  uint8_t Q[64 * {n}] __attribute__((aligned(64)));
  uint8_t C[64 * {len(logic.candidates) + 1}] __attribute__((aligned(64)));
  for (long r = 0; r < n_rows; r++) {{
    {body(outside)}
    for (long b = 0; b < n / 512; b++) {{
      for (long g = 0; g < 64; g++) {{
        long x = 512 * b + 8 * g;
        {body(inside)}
        {body(compare)}
      }}
      {{ {body(_logic(logic))} }}
      long at = r * n + 512 * b;
      for (int s = 0; s < 8; s++) {{ {body(_pack(layout))} }}
    }}
  }}
}}
"""


class FusedKernel:
    """The compiled kernel; the lanes must be a multiple of 512 long."""

    def __init__(self, program: Program, logic: SignLogic, lane: int, folder: Path) -> None:
        compiler = available()
        assert compiler is not None
        source, library = folder / "sweep.c", folder / "sweep.so"
        source.write_text(fused_source(program, logic, lane), encoding="ascii")
        flags = ["-O3", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC", "-w"]
        subprocess.run([compiler, *flags, str(source), "-o", str(library)], check=True)
        self._call = ctypes.CDLL(str(library)).sweep
        self._call.restype = None
        pointer, integer = ctypes.c_void_p, ctypes.c_long
        self._call.argtypes = [*[pointer] * 2, *[integer] * 2, *[pointer] * 2, integer, pointer]
        self.layout = CodeLayout.of(logic)

    def room(self, points: int) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Memory for the codes and counts of so many points."""
        codes = np.empty(self.layout.shape(points), dtype=self.layout.dtype)
        return codes, np.empty(points, dtype=np.uint8)

    def __call__(self, rows: Any, axis: Any, tolerance: Any, codes: Any, counts: Any) -> None:
        """Solve ``len(rows) x len(axis)`` points into ``codes`` and ``counts``."""
        assert len(axis) % 512 == 0
        tolerance = np.ascontiguousarray(tolerance)
        self._call(
            rows.ctypes.data,
            axis.ctypes.data,
            len(rows),
            len(axis),
            tolerance.ctypes.data,
            codes.ctypes.data,
            codes.shape[-1],
            counts.ctypes.data,
        )
