"""Lines and tables that fit a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Container, Sequence
from fractions import Fraction
from typing import Any

__all__ = ["number_text", "say", "say_table"]

_WIDTH = 100


def number_text(value: Any) -> str:
    """A number as short as it may be: fractions as they are, doubles to six digits."""
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, int):
        return str(value)
    # Adding zero turns -0.0 into 0.0.
    return f"{float(value) + 0.0:.6g}"


def say(text: str, indent: int = 2) -> None:
    """Print a paragraph, wrapped, its further lines indented."""
    print(textwrap.fill(text, _WIDTH, subsequent_indent=" " * indent))


def say_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], right: Container[int] = ()
) -> None:
    """Print columns aligned, the last one wrapped into what is left of the line.

    Parameters
    ----------
    head : sequence of str
    rows : sequence of sequences of str
    right : container of int
        Columns set flush right.
    """
    widths = [max(len(line[k]) for line in [head, *rows]) for k in range(len(head))]
    before = sum(widths[:-1]) + 2 * (len(head) - 1)
    room = max(30, _WIDTH - before)
    for line in [head, *rows]:
        cells = [
            text.rjust(width) if k in right else text.ljust(width)
            for k, (text, width) in enumerate(zip(line[:-1], widths[:-1], strict=True))
        ]
        last = line[-1]
        if len(head) - 1 in right:
            last = last.rjust(widths[-1])
            first, *others = [last]
        else:
            first, *others = textwrap.wrap(last, room) or [""]
        print("  ".join([*cells, first]).rstrip())
        for other in others:
            print(" " * before + other)
