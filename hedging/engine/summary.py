"""Reading a region map: what each code means and how much of the map it covers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from hedging.engine.provenance import read
from hedging.errors import HedgingTypeError
from hedging.words import region_in_words

__all__ = ["regions"]


def regions(ds: Any, *, words: bool = False) -> Any:
    """Table of the regions of a sweep, the largest first.

    Parameters
    ----------
    ds : xarray.Dataset
        From a sweep that reported ``region``; a selection of one will do.
    words : bool
        Add a column ``words`` that says the same as ``equilibria`` in a phrase.

    Returns
    -------
    pandas.DataFrame
        One row per code that occurs: ``code``; ``equilibria``, the supports of the equilibria
        there (a tuple of labels such as ``hedge+align_b|pressure``; empty where none was found);
        ``count``, how many supports; ``points``; ``share`` of all points.  Code 0, for points
        without an answer, has None as ``equilibria``.

    Raises
    ------
    HedgingTypeError
        If ``ds`` holds no region codes.

    Notes
    -----
    For a paper: ``regions(ds, words=True)[["words", "share"]].to_latex(index=False, escape=True)``.
    That is pandas, which needs the package jinja2 to write LaTeX.

    Examples
    --------
    >>> from hedging.engine.design import grid
    >>> from hedging.engine.run import sweep
    >>> from hedging.model import Model, Parameter
    >>> pay = [["x", "0"], ["0", "1"]]
    >>> meeting = Model(
    ...     "meeting",
    ...     players=("A", "B"),
    ...     actions=(("here", "there"), ("here", "there")),
    ...     parameters=[Parameter("x", 1, -2, 2)],
    ...     payoffs={"A": pay, "B": pay},
    ... )
    >>> table = regions(sweep(meeting, grid(x=(-2, 2, 4))))
    >>> table[["count", "points", "share"]].values.tolist()
    [[1.0, 2.0, 0.5], [3.0, 2.0, 0.5]]
    >>> table.equilibria[0]
    ('there|there',)
    """
    import pandas as pd

    region = getattr(ds, "data_vars", {}).get("region")
    if region is None or "supports" not in region.attrs:
        msg = "no region codes here; give the Dataset of sweep(..., report=('region', 'count'))"
        raise HedgingTypeError(msg)
    meaning = {
        int(code): tuple(names) for code, names in json.loads(region.attrs["supports"]).items()
    }
    codes, points = np.unique(region.values, return_counts=True)
    equilibria = [meaning.get(code) for code in codes.tolist()]
    table = pd.DataFrame(
        {
            "code": codes.astype(np.int64),
            "equilibria": pd.Series(equilibria, dtype=object),
            "count": [0 if names is None else len(names) for names in equilibria],
            "points": points,
            "share": points / max(1, region.size),
        }
    )
    if words:
        table["words"] = _words(ds, equilibria)
    return table.sort_values(["share", "code"], ascending=[False, True], ignore_index=True)


def _words(ds: Any, equilibria: list[tuple[str, ...] | None]) -> list[str]:
    model = read(ds)["model"]
    return [
        "no answer"
        if supports is None
        else region_in_words(supports, model["players"], model["actions"])
        for supports in equilibria
    ]
