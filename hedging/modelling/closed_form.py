"""Models that are no normal form, with the face of one.

Continuous outlays, schedules of transfers and portfolios have no table of payoffs, but they
have parameters with ranges and an equilibrium in closed form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedging.errors import ParameterError, UnknownNameError, suggest
from hedging.modelling import typeset
from hedging.modelling.parameter import Parameter
from hedging.modelling.tables import as_floats, check_values

__all__ = ["ClosedForm"]


class ClosedForm:
    """A model known by its solution; subclasses define the attributes and ``__call__``.

    Attributes
    ----------
    name, title, source : str
    parameters : mapping of str to Parameter

    Notes
    -----
    Instances hold nothing, so they cannot change.

    Examples
    --------
    >>> from hedging.families.influence_contest import CONTEST
    >>> CONTEST
    <InfluenceContest: 4 parameters>
    """

    __slots__ = ()

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    parameters: ClassVar[Mapping[str, Parameter]]

    def check(
        self, values: Mapping[str, ArrayLike], check_bounds: bool = True
    ) -> dict[str, NDArray[np.float64]]:
        """Validate parameter values and fill in the defaults, as :meth:`hedging.Model.check`.

        Returns
        -------
        dict of str to float64 array
            All of one shape.

        Raises
        ------
        UnknownNameError, ParameterError, HedgingTypeError
        """
        for name in values:
            if name not in self.parameters:
                hint = suggest(name, self.parameters, see="parameters")
                msg = f"{self.name} has no parameter {name!r}; {hint}"
                raise UnknownNameError(msg)
        checked = {
            name: as_floats(name, values.get(name, p.default))
            for name, p in self.parameters.items()
        }
        for name in values:
            check_values(self.parameters[name], checked[name], check_bounds)
        try:
            whole = np.broadcast_arrays(*checked.values())
        except ValueError:
            shapes = ", ".join(f"{k} {checked[k].shape}" for k in values if checked[k].ndim)
            msg = f"shapes do not broadcast: {shapes}; give arrays of one shape or with axes of 1"
            raise ParameterError(msg) from None
        return dict(zip(checked, whole, strict=True))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.parameters)} parameters>"

    def _repr_html_(self) -> str:
        table = typeset.parameters_html(self.parameters)
        return f"<b>{typeset.escape(self.title)}</b>{table}"
