r"""From trade and arms shares to the values of patronage.

With :math:`s_A, s_B` the shares of A and B in a country's arms imports over a window and
:math:`t_A, t_B` in its trade, the value to M of A's full patronage is

.. math:: v_a = 0.4 \frac{s_A}{s_A + s_B} + 0.6 \frac{t_A}{t_A + t_B}, \qquad v_b = 1 - v_a .

The weights are a modelling choice.  Where a share is missing there is no :math:`v_a`.
"""

from __future__ import annotations

import csv
import difflib
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from hedging.errors import HedgingTypeError, ParameterError, UnknownNameError
from hedging.families import catalogue
from hedging.model import Model

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Cases"]

_COUNTRIES = {
    "KAZ": "Kazakhstan",
    "KGZ": "Kyrgyzstan",
    "MNG": "Mongolia",
    "TKM": "Turkmenistan",
    "UZB": "Uzbekistan",
    "BLR": "Belarus",
    "ARM": "Armenia",
    "AZE": "Azerbaijan",
    "SGP": "Singapore",
    "VNM": "Vietnam",
    "MYS": "Malaysia",
    "IDN": "Indonesia",
    "THA": "Thailand",
    "PAK": "Pakistan",
}

_POWERS = {"RUS": "Russia", "CHN": "China", "USA": "United States"}

_COLUMNS = {
    "arms_share_a": ("share of A in arms deliveries", "%"),
    "arms_share_b": ("share of B in arms deliveries", "%"),
    "trade_share_a": ("share of A in trade", "%"),
    "trade_share_b": ("share of B in trade", "%"),
    "trade_years": ("years with trade figures", "1"),
    "trade_censored_a": ("censored directions of trade with A, two per year", "1"),
    "trade_censored_b": ("censored directions of trade with B, two per year", "1"),
    "arms_relative_a": ("A's part of the arms deliveries of A and B", "1"),
    "trade_relative_a": ("A's part of the trade with A and B", "1"),
    "value_a": ("value to M of A's full patronage", "1"),
    "value_b": ("value to M of B's full patronage", "1"),
    "voting_lean_a": ("closeness to A against B in UN General Assembly votes", "1"),
    "defense_pact_a": ("defence pact with A in force", "1"),
    "defense_pact_b": ("defence pact with B in force", "1"),
    "capability_ratio_a": ("capabilities relative to A", "1"),
    "capability_ratio_b": ("capabilities relative to B", "1"),
}

_CREDIT = (
    "Own calculations from SIPRI Arms Transfers Database, World Bank WITS, UN General Assembly "
    "ideal points (Bailey, Strezhnev and Voeten 2017), ATOP and Correlates of War; "
    "weights 0.4 (arms) and 0.6 (trade) are a modelling choice"
)


class Cases:
    """The calibration table: 14 middle powers, each between two great powers, in four windows.

    Examples
    --------
    >>> from hedging.calibration import cases
    >>> cases
    <Cases: 14 countries, windows 2000-2004, 2005-2009, 2010-2014, 2015-2019>
    >>> cases.powers("KAZ"), cases.countries["KAZ"]
    (('Russia', 'China'), 'Kazakhstan')
    >>> cases.parameters("KAZ", "2015-2019")
    {'value_a': 0.7567, 'value_b': 0.2433}
    """

    @cached_property
    def _rows(self) -> dict[tuple[str, str], dict[str, str]]:
        text = files("hedging.calibration").joinpath("table.csv").read_text(encoding="utf-8")
        return {(r["country"], r["window"]): r for r in csv.DictReader(text.splitlines())}

    @property
    def countries(self) -> dict[str, str]:
        """ISO 3166 code to name."""
        return dict(_COUNTRIES)

    @cached_property
    def windows(self) -> tuple[str, ...]:
        """Periods, such as ``2015-2019``."""
        return tuple(dict.fromkeys(window for _, window in self._rows))

    def powers(self, country: str) -> tuple[str, str]:
        """Who A and B are for a country."""
        row = self._row(country, self.windows[-1])
        return _POWERS[row["power_a"]], _POWERS[row["power_b"]]

    def _row(self, country: object, window: object) -> dict[str, str]:
        for what, given, known in (
            ("country", country, list(_COUNTRIES)),
            ("window", window, list(self.windows)),
        ):
            if given not in known:
                by_name = {name.lower(): code for code, name in _COUNTRIES.items()}
                near = difflib.get_close_matches(str(given), known, n=1)
                meant = by_name.get(str(given).lower()) or (near[0] if near else None)
                hint = f"did you mean {meant!r}? " if meant else ""
                msg = f"no {what} {given!r}; {hint}there are {', '.join(known)}"
                raise UnknownNameError(msg)
        return self._rows[str(country), str(window)]

    def table(self, pandas: bool = False) -> xr.Dataset | Any:
        """The whole table.

        Parameters
        ----------
        pandas : bool
            Return a ``pandas.DataFrame`` indexed by country and window instead.

        Returns
        -------
        xarray.Dataset
            Dims ``country`` and ``window``; nan where a figure is missing.  Coordinates ``name``,
            ``power_a`` and ``power_b`` along ``country``.

        Examples
        --------
        >>> from hedging.calibration import cases
        >>> float(cases.table().value_a.sel(country="BLR", window="2015-2019"))
        0.9495
        """
        import xarray as xr

        index = [list(_COUNTRIES), list(self.windows)]
        dims = ("country", "window")
        variables = {
            column: (
                dims,
                np.array(
                    [[float(self._rows[c, w][column] or "nan") for w in index[1]] for c in index[0]]
                ),
                {"long_name": meaning, "units": unit},
            )
            for column, (meaning, unit) in _COLUMNS.items()
        }
        last = [self._rows[c, index[1][-1]] for c in index[0]]
        coords = {
            "country": index[0],
            "window": index[1],
            "name": ("country", list(_COUNTRIES.values())),
            "power_a": ("country", [r["power_a"] for r in last]),
            "power_b": ("country", [r["power_b"] for r in last]),
        }
        table = xr.Dataset(variables, coords, {"title": "Calibration table", "source": _CREDIT})
        return table.to_dataframe() if pandas else table

    def parameters(
        self, country: str, window: str = "2015-2019", model: str | Model = "triadic_hedging"
    ) -> dict[str, float]:
        """Parameter values that the table gives for a country and window.

        Parameters
        ----------
        country : str
            ISO 3166 code, a key of :attr:`countries`.
        window : str
            One of :attr:`windows`.
        model : str or Model
            A name of the catalogue or a model with parameters ``value_a`` and ``value_b``.

        Returns
        -------
        dict of str to float
            ``value_a`` and ``value_b``, the table's own figures.

        Raises
        ------
        UnknownNameError
            If there is no such country, window or model.
        ParameterError
            If the figures for that case are missing, or the model takes none of them.
        """
        row = self._row(country, window)
        found: object = catalogue[model] if isinstance(model, str) else model
        if not isinstance(found, Model):
            msg = f"model is {model!r}; give a name of the catalogue or a Model"
            raise HedgingTypeError(msg)
        wanted = [name for name in ("value_a", "value_b") if name in found.parameters]
        if not wanted:
            msg = (
                f"model {found.name} has no parameter that the table gives; "
                "use triadic_hedging or hedging_bimatrix"
            )
            raise ParameterError(msg)
        missing = [
            _COLUMNS[column][0]
            for column in ("arms_relative_a", "trade_relative_a")
            if not row[column]
        ]
        if missing:
            have = [w for w in self.windows if self._rows[country, w]["value_a"]]
            msg = (
                f"{country} {window} has no figure for {' and '.join(missing)}, so no value_a; "
                + (f"use {', '.join(have)}" if have else "give value_a and value_b yourself")
            )
            raise ParameterError(msg)
        return {name: float(row[name]) for name in wanted}

    def __repr__(self) -> str:
        return f"<Cases: {len(_COUNTRIES)} countries, windows {', '.join(self.windows)}>"

    def _repr_html_(self) -> str:
        return str(
            self.table(pandas=True).value_a.unstack().to_html(na_rep="", float_format="%.2f")
        )
