"""What was typed, as values: assignments, axes, a model and a point of its parameter space."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hedging.errors import ParameterError

if TYPE_CHECKING:
    from hedging.model import Model

__all__ = ["model_named", "once", "point_of", "read_assignment", "read_axis"]


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
        low, high, number = spec.split(":")
        return name.strip(), (float(low), float(high), int(number))
    except ValueError:
        msg = f"{text!r} is not NAME=LOW:HIGH:NUMBER, as in rivalry=0:5:401"
        raise argparse.ArgumentTypeError(msg) from None


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


def point_of(options: argparse.Namespace, model: Model) -> tuple[dict[str, Any], str]:
    """Every parameter's value (default, then case, then --set) and the case in words."""
    from hedging.calibration import cases

    values: dict[str, Any] = {
        name: parameter.default for name, parameter in model.parameters.items()
    }
    words = ""
    if options.case is not None:
        window = options.window or cases.windows[-1]
        values |= cases.parameters(options.case, window, model)
        words = f"{cases.countries[options.case]} {window}"
    elif options.window is not None:
        msg = f"--window {options.window} needs a case; add --case KAZ"
        raise ParameterError(msg)
    chosen = once(options.set, "--set")
    model.check(chosen)
    return values | chosen, words
