"""The note every sweep carries, from which it can be run again.

``ds.attrs["hedging"]`` is JSON with the model's formulas, the value of every parameter that did
not vary, the design (for a sample: the entropy that seeds it), what was reported, how ties are
decided, and the versions of what computed it.  :func:`replay` turns it back into the sweep.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from hedging.engine.design import Design, Grid, Sample
from hedging.errors import HedgingTypeError, ParameterError
from hedging.program.doubles import UNIT_ROUNDOFF

__all__ = ["describe", "read", "replay"]

_FORMAT = 1
"""Raised when a note can no longer be read by an older version."""


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    from hedging import __version__

    found = {"hedging": __version__, "python": platform.python_version()}
    for name in ("numpy", "scipy", "xarray"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # imported from a path that is not installed
            found[name] = "unknown"
    return found


def describe(
    model: Any,
    design: Design,
    *,
    report: Sequence[str],
    fixed: Mapping[str, float],
    check_bounds: bool,
    engine: str,
    options: Mapping[str, Any],
) -> str:
    """The JSON of one sweep.

    Parameters
    ----------
    model : Model
    design : Design
    report : sequence of str
    fixed : mapping of str to float
        Every parameter that does not vary, defaults included: a model's defaults may change.
    check_bounds : bool
    engine : str
    options : mapping of str to object
        Further arguments that change the result, those at None left out.
    """
    plan = design.to_dict()
    note = {
        "format": _FORMAT,
        "versions": _versions(),
        "model": model.to_dict(),
        "fixed": dict(fixed),
        "design": plan,
        "report": list(report),
        "check_bounds": check_bounds,
        "engine": engine,
        "options": {name: value for name, value in options.items() if value is not None},
        "rng": plan.get("entropy"),
        "tolerances": {
            "unit_roundoff": UNIT_ROUNDOFF,
            "rule": (
                "a sign is taken from doubles only where it exceeds a bound on its rounding error, "
                "relative to the largest payoff of that player in that game; "
                "otherwise the game is solved in rationals"
            ),
        },
    }
    return json.dumps(note)


def read(source: Any) -> dict[str, Any]:
    """The note of a Dataset, or of its JSON, as a dict.

    Raises
    ------
    HedgingTypeError
        If there is no such note.
    ParameterError
        If it is not readable, or was written by a later version.
    """
    text = source if isinstance(source, str) else getattr(source, "attrs", {}).get("hedging")
    if not isinstance(text, str):
        msg = (
            f"{type(source).__name__} carries no attrs['hedging']; "
            "give a Dataset that sweep returned, or the JSON it carries"
        )
        raise HedgingTypeError(msg)
    try:
        note = json.loads(text)
    except ValueError as error:
        msg = f"attrs['hedging'] is not JSON ({error}); give a Dataset that sweep returned"
        raise ParameterError(msg) from None
    if not isinstance(note, dict) or note.get("format") != _FORMAT:
        found = note.get("format") if isinstance(note, dict) else None
        msg = (
            f"attrs['hedging'] has format {found!r}, this version reads {_FORMAT}; "
            "install the version of hedging it names"
        )
        raise ParameterError(msg)
    return note


def replay(source: Any, **options: Any) -> Any:
    """Run a sweep again from what it says about itself.

    Parameters
    ----------
    source : xarray.Dataset or str
        A sweep's result, or the JSON in its ``attrs["hedging"]``.
    **options
        How to run it, which does not change the result: ``executor``, ``progress``, ``chunk``,
        ``max_bytes``.

    Returns
    -------
    xarray.Dataset
        Identical to the first, given the same versions.

    Raises
    ------
    HedgingTypeError, ParameterError
        If the source carries no note, or one this version cannot read.

    Examples
    --------
    >>> from hedging.engine.design import sample
    >>> from hedging.engine.run import sweep
    >>> from hedging.model import Model, Parameter
    >>> contest = Model(
    ...     "contest",
    ...     players=("A", "B"),
    ...     actions=(("stay", "press"), ("stay", "press")),
    ...     parameters=[Parameter("gain", 1, 0, 2)],
    ...     payoffs={"A": [["0", "-1"], ["gain", "-2"]], "B": [["0", "gain"], ["-1", "-2"]]},
    ... )
    >>> ds = sweep(contest, sample(16, contest))
    >>> replay(ds).identical(ds)
    True
    """
    from hedging.engine.run import sweep
    from hedging.model import Model

    note = read(source)
    allowed = ("executor", "progress", "chunk", "max_bytes")
    for name in options:
        if name not in allowed:
            msg = f"replay cannot change {name!r}; it takes {', '.join(allowed)}"
            raise ParameterError(msg)
    plan = note["design"]
    design: Grid | Sample = (
        Grid.from_dict(plan) if plan.get("kind") == "grid" else Sample.from_dict(plan)
    )
    return sweep(
        Model.from_dict(note["model"]),
        design,
        report=note["report"],
        check_bounds=note["check_bounds"],
        engine=note["engine"],
        **note["options"],
        **options,
        **note["fixed"],
    )
