"""What was typed, as values: assignments, axes, a model and a point of its parameter space."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hedging.errors import ParameterError

if TYPE_CHECKING:
    from hedging.model import Model

__all__ = [
    "Point",
    "in_options",
    "model_named",
    "once",
    "point_of",
    "read_assignment",
    "read_axis",
]


def read_assignment(text: str) -> tuple[str, Fraction]:
    """``NAME=VALUE`` as a name and an exact number."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), Fraction(value.strip())
    except (ValueError, ZeroDivisionError):
        msg = f"{text!r} is not NAME=VALUE with a number, as in rivalry=1.5"
        raise argparse.ArgumentTypeError(msg) from None


def read_axis(text: str) -> tuple[str, tuple[float, float, int]]:
    """``NAME=LOW:HIGH:NUMBER`` as a name and what a grid takes for it."""
    name, _, spec = text.partition("=")
    try:
        ends, number = spec.split(":")[:-1], int(spec.split(":")[-1])
        low, high = (float(end) for end in ends)
    except ValueError:
        msg = f"{text!r} is not NAME=LOW:HIGH:NUMBER, as in rivalry=0:5:401"
        raise argparse.ArgumentTypeError(msg) from None
    name = name.strip()
    # A grid would refuse these too, but in the words of Python.
    wrong = ""
    if not (math.isfinite(low) and math.isfinite(high)):
        wrong = f"has an end that is no finite number; type --over {name}=0:1:{max(number, 2)}"
    elif low > high:
        wrong = f"runs downwards; type --over {name}={ends[1]}:{ends[0]}:{number}"
    elif number < 1:
        wrong = f"has no points; type --over {name}={ends[0]}:{ends[1]}:101"
    elif low == high and number > 1:
        wrong = f"has {number} points in one place; type --set {name}={ends[0]}"
    if wrong:
        msg = f"{text!r} {wrong}"
        raise argparse.ArgumentTypeError(msg)
    return name, (low, high, number)


def in_options(message: str) -> str:
    """A message of the library in the words of the command line, on one line.

    The library says what to type in Python; here that advice is given in options, or left out
    where no option does it.
    """
    text = " ".join(message.split())
    text = text.replace(", or check_bounds=False", "")
    if "max_bytes" in text:
        text = re.sub(r";[^;]*max_bytes.*", "; give fewer points in --over", text)
    return re.sub(r"; type (profile=.*)", r"; in Python, type sweep(..., \1)", text)


def once(pairs: Sequence[tuple[str, Any]], option: str) -> dict[str, Any]:
    """Pairs as a dict, if no name comes twice."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            msg = f"{option} gives {name} twice; give it once"
            raise ParameterError(msg)
        values[name] = value
    return values


def model_named(name: str) -> Model:
    """A model of the catalogue."""
    from hedging.families import catalogue

    return catalogue[name]


@dataclass(frozen=True)
class Point:
    """A point of a model's parameter space, and where its values come from.

    Attributes
    ----------
    values : dict of str to number
        Every parameter: its default, then the case's value, then that of ``--set``.
    case : str
        The case in words, "" if there is none.
    data : tuple of str
        Parameters whose value is the case's.
    """

    values: dict[str, Any]
    case: str
    data: tuple[str, ...]


def point_of(options: argparse.Namespace, model: Model) -> Point:
    """Read the point that --case, --window and --set describe."""
    from hedging.calibration import cases

    values: dict[str, Any] = {
        name: parameter.default for name, parameter in model.parameters.items()
    }
    words, known = "", {}
    if options.case is not None:
        window = options.window or cases.windows[-1]
        known = cases.parameters(options.case, window, model)
        words = f"{cases.countries[options.case]} {window}"
    elif options.window is not None:
        msg = f"--window {options.window} needs a case; add --case KAZ"
        raise ParameterError(msg)
    chosen = once(options.set, "--set")
    model.check(chosen)
    data = tuple(name for name in known if name not in chosen)
    return Point(values | known | chosen, words, data)
