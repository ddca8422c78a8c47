"""A map that is solved again while a slider moves.

:func:`explore` puts a model into a notebook: two parameters span a map, every other one has a
slider, and a click on the map shows the game at that point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hedging.errors import HedgingTypeError, MissingDependencyError, UnknownNameError, suggest

if TYPE_CHECKING:
    from hedging.explorer.panel import Panel
    from hedging.model import Model

__all__ = ["explore"]


def explore(
    model: Model | str = "triadic_hedging",
    x: str | None = None,
    y: str | None = None,
    *,
    points: int = 300,
    **values: float,
) -> Panel:
    """Explore a model: sliders and a live region map, in Jupyter.

    Parameters
    ----------
    model : Model or str
        A model, or the name of one in the catalogue.
    x, y : str, optional
        Parameters on the axes to begin with; by default the first two that the model's
        closed-form boundaries speak of, or else its first two.
    points : int
        Points along each axis.  While a slider moves and that is too slow, fewer are used; the
        line under the map says how many.
    **values : float
        Where the sliders stand to begin with; the model's defaults otherwise.

    Returns
    -------
    Panel
        An ipywidgets box; a notebook shows it when it is the last value of a cell.
        ``panel.view`` is what it shows, ``panel.code()`` the lines that reproduce it.

    Raises
    ------
    MissingDependencyError
        Without ipywidgets and matplotlib.
    UnknownNameError
        If a model or a parameter has no such name.
    HedgingTypeError
        If ``model`` is no normal-form model.
    ParameterError
        If a value is out of range, or the model has fewer than two parameters.

    Notes
    -----
    With ipympl installed a click on the map chooses the point whose game is shown; without it,
    or from the keyboard, the two sliders under the map do.

    Examples
    --------
    >>> import hedging as hg
    >>> panel = hg.explore("hedging_bimatrix", "rivalry", "immunity")  # doctest: +SKIP
    """
    from hedging.families import catalogue
    from hedging.model import Model

    given: Any = model
    if isinstance(given, str):
        given = catalogue[given]
    if not isinstance(given, Model):
        msg = (
            f"explore takes a Model, not {type(given).__name__}; give hg.catalogue[...] or its name"
        )
        raise HedgingTypeError(msg)
    for name in (x, y, *values):
        if name is not None and name not in given.parameters:
            msg = f"{given.name} has no parameter {name!r}; {suggest(name, list(given.parameters))}"
            raise UnknownNameError(msg)
    try:
        from hedging.explorer.panel import Panel
    except ImportError as error:
        msg = "exploring needs ipywidgets and matplotlib; type: pip install 'hedging[notebook]'"
        raise MissingDependencyError(msg) from error
    from hedging.explorer.view import View

    return Panel(View.start(given, x, y, values), points)
