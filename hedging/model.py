r"""Models: maps from parameters to games.

A model with parameters :math:`\theta` in a box gives for each :math:`\theta` a game
:math:`u_i(a; \theta)` of the same players and actions.  Every payoff is a formula, so the
model is one straight-line program with the parameters as inputs and the payoffs as outputs,
and can be evaluated in doubles (with a rigorous rounding bound), in rationals and in symbols.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from hedging import formula
from hedging.errors import (
    FormulaError,
    GameError,
    HedgingError,
    HedgingTypeError,
    ParameterError,
    UnknownNameError,
    suggest,
)
from hedging.game import Game
from hedging.games.origin import Origin
from hedging.modelling import files, typeset
from hedging.modelling.expressions import read_curve, read_expression
from hedging.modelling.parameter import Curve, Number, Parameter
from hedging.modelling.tables import (
    as_floats,
    check_values,
    entries,
    read_labels,
    read_parameters,
)
from hedging.program import doubles, rationals
from hedging.program.graph import Program
from hedging.program.symbols import from_sympy

__all__ = ["Curve", "Model", "Parameter"]


class Model:
    """A parametric family of games.

    Parameters
    ----------
    name : str
        Short name, by convention in snake_case.
    players : sequence of n str
    actions : sequence of n sequences of str, or mapping of player to sequence
    parameters : sequence of Parameter
    payoffs : mapping of player to nested sequences of shape (m_1, ..., m_n)
        Entry ``[a_1][a_2]...`` is that player's payoff when player i takes action a_i: a
        formula string (:mod:`hedging.formula`), a sympy expression or a number.
    source : str, optional
        Where the model comes from.
    title, notes : str, optional
        A line for headings; remarks.
    curves : mapping of str to Curve, optional
        Critical values in closed form.

    Raises
    ------
    FormulaError
        If a payoff uses a name that is no parameter, or something outside the language.
    GameError, ParameterError, HedgingTypeError
        If labels, shapes or parameters do not make a family of games.

    Notes
    -----
    There are two readings of a number such as 0.1.  Calls, :func:`hedging.nash` and
    :func:`hedging.sweep` take the double that it is, and decide ties by the exact payoffs at that
    double.  ``model(exact=True)`` takes the decimal as written, one tenth.  So a tie of the
    decimals need not be one of the doubles; each answer is exact for the numbers it was given.

    Examples
    --------
    >>> m = Model(
    ...     "chicken",
    ...     players=("A", "B"),
    ...     actions=(("yield", "press"), ("yield", "press")),
    ...     parameters=[Parameter("stake", 1, 0, 2), Parameter("harm", "1/3", 0, 1)],
    ...     payoffs={
    ...         "A": [["0", "-stake"], ["stake", "-harm"]],
    ...         "B": [["0", "stake"], ["-stake", "-harm"]],
    ...     },
    ... )
    >>> m
    <Model chicken: A (yield, press), B (yield, press); 2 parameters>
    >>> m(stake=0.5).payoffs[0].tolist()
    [[0.0, -0.5], [0.5, -0.3333333333333333]]
    >>> m(stake=[0.5, 1.0, 1.5]).batch_shape
    (3,)
    >>> m(exact=True).payoffs[0, 1, 1]
    Fraction(-1, 3)
    """

    def __init__(
        self,
        name: str,
        *,
        players: Sequence[str],
        actions: Sequence[Sequence[str]] | Mapping[str, Sequence[str]],
        parameters: Sequence[Parameter],
        payoffs: Mapping[str, Any],
        source: str | None = None,
        title: str | None = None,
        notes: str | None = None,
        curves: Mapping[str, Curve] | None = None,
    ) -> None:
        for what, text in (("name", name), ("source", source), ("title", title), ("notes", notes)):
            if not isinstance(text, str) and (what == "name" or text is not None):
                msg = f"model {what} is {text!r}; give a string"
                raise HedgingTypeError(msg)
        if not name.strip() or not name.isprintable():
            msg = f"model name {name!r} is empty or not one line; give one such as 'my_model'"
            raise ParameterError(msg)
        self.name = name
        self.title = title or name.replace("_", " ")
        self.source = source
        self.notes = notes
        self.parameters = read_parameters(parameters)
        self.players, self.actions = read_labels(players, actions)
        self.shape = tuple(len(a) for a in self.actions)
        self.payoffs: Mapping[str, Any] = MappingProxyType(self._read_payoffs(payoffs))
        self.curves: Mapping[str, Curve] = MappingProxyType(
            {label: read_curve(label, c, self.parameters) for label, c in (curves or {}).items()}
        )

    # ---- reading -----------------------------------------------------------------------

    def _read_payoffs(self, payoffs: Any) -> dict[str, Any]:
        if not isinstance(payoffs, Mapping):
            msg = f"payoffs is {type(payoffs).__name__}; give a mapping of player to nested lists"
            raise HedgingTypeError(msg)
        strangers = [p for p in payoffs if p not in self.players]
        absent = [p for p in self.players if p not in payoffs]
        if strangers or absent:
            msg = (
                f"payoffs are given for {', '.join(map(str, payoffs)) or 'nobody'}; "
                f"give them for exactly {', '.join(self.players)}"
            )
            raise GameError(msg)
        return {
            player: sympy.ImmutableDenseNDimArray(
                [
                    read_expression(
                        entry, self.parameters, f"payoff of {player} at {self._profile(position)}"
                    )
                    for position, entry in entries(payoffs[player], self.shape, player)
                ],
                self.shape,
            )
            for player in self.players
        }

    def _profile(self, position: Sequence[int]) -> str:
        return f"({', '.join(a[k] for a, k in zip(self.actions, position, strict=True))})"

    # ---- games -------------------------------------------------------------------------

    def __call__(
        self, /, *, exact: bool = False, check_bounds: bool = True, **overrides: Any
    ) -> Game:
        """Game at the default parameters, with overrides.

        Parameters
        ----------
        exact : bool
            Evaluate in rationals.  Floats and defaults are then read by their shortest decimal
            (0.757 is 757/1000), and payoffs are an object array of Fractions.
        check_bounds : bool
            Refuse values outside a parameter's range.
        **overrides : number or array_like
            Values by parameter name; arrays broadcast into batch axes.

        Returns
        -------
        Game

        Notes
        -----
        A value is taken as the double it is, 0.1 as 3602879701896397/2**55.  The game remembers
        its parameters, so :func:`hedging.nash` decides ties by the exact payoffs there, as
        :func:`hedging.sweep` does, not by the rounded ones that it holds.  With ``exact=True``
        the value is the decimal as written, 0.1 is 1/10: that is another point of the parameter
        space, and a tie that exists at one of the two need not exist at the other.

        Raises
        ------
        UnknownNameError
            If a name is no parameter.
        ParameterError
            If a value is nan, infinite or out of range, arrays do not broadcast, or a payoff
            of a single game has no finite value.
        HedgingTypeError
            If a value is no number.
        hedging.program.rationals.Irrational
            If ``exact`` and a payoff is not rational.
        """
        if exact:
            return self._exact_game(overrides, check_bounds)
        values = self.check(overrides, check_bounds)
        inputs = list(values.values())
        batch = np.broadcast_shapes(*(v.shape for v in inputs))
        payoffs = self._stack(doubles.evaluate(self.program, inputs), batch)
        if not batch:
            self._require_finite(payoffs)
        dims = [f"batch_{k}" for k in range(len(batch))]
        game = Game(payoffs, self.players, self.actions, batch_dims=dims, check_finite=not batch)
        game._origin = Origin(self, values, batch)
        return game

    def _require_finite(self, payoffs: NDArray[Any]) -> None:
        bad = np.argwhere(~np.isfinite(payoffs))
        if bad.size:
            player, *position = bad[0].tolist()
            msg = (
                f"{self.name}: payoff of {self.players[player]} at {self._profile(position)} "
                "has no finite value here; look for a division by zero, a log or an overflow"
            )
            raise ParameterError(msg)

    def _exact_game(self, overrides: Mapping[str, Any], check_bounds: bool) -> Game:
        self.check(overrides, check_bounds)
        read = np.frompyfunc(formula.exact_number, 1, 1)
        values = np.broadcast_arrays(
            *(
                np.asarray(read(np.asarray(overrides.get(name, p.default), dtype=object)), object)
                for name, p in self.parameters.items()
            )
        )
        batch = values[0].shape if values else ()
        payoffs = np.empty((*batch, len(self.players) * math.prod(self.shape)), dtype=object)
        for place in np.ndindex(batch):
            point: list[Any] = [v[place] for v in values]
            try:
                payoffs[place] = rationals.evaluate(self.program, point)
            except ZeroDivisionError as error:
                msg = f"{self.name}: a payoff does not exist at these values: {error}"
                raise ParameterError(msg) from None
        payoffs = np.asarray(np.frompyfunc(Fraction, 1, 1)(payoffs), dtype=object)
        dims = [f"batch_{k}" for k in range(len(batch))]
        whole = payoffs.reshape(*batch, len(self.players), *self.shape)
        return Game(whole, self.players, self.actions, batch_dims=dims)

    def check(
        self, values: Mapping[str, ArrayLike], check_bounds: bool = True
    ) -> dict[str, NDArray[np.float64]]:
        """Validate parameter values and fill in the defaults.

        Returns
        -------
        dict of str to float64 array
            One per parameter, in order; each with the shape it was given.

        Raises
        ------
        UnknownNameError, ParameterError, HedgingTypeError
            As for calling the model.
        """
        for name in values:
            self._known(name)
        checked = {
            name: as_floats(name, values.get(name, p.default))
            for name, p in self.parameters.items()
        }
        for name in values:
            check_values(self.parameters[name], checked[name], check_bounds)
        try:
            np.broadcast_shapes(*(v.shape for v in checked.values()))
        except ValueError:
            shapes = ", ".join(f"{k} {checked[k].shape}" for k in values if checked[k].ndim)
            msg = f"shapes do not broadcast: {shapes}; give arrays of one shape or with axes of 1"
            raise ParameterError(msg) from None
        return checked

    def _known(self, name: object) -> None:
        if name not in self.parameters:
            hint = suggest(name, self.parameters, see="model.parameters")
            msg = f"{self.name} has no parameter {name!r}; {hint}"
            raise UnknownNameError(msg)

    # ---- arithmetics -------------------------------------------------------------------

    @cached_property
    def program(self) -> Program:
        """Program from the parameters, in order, to payoffs[player][a_1]...[a_n] in C order."""
        flat = [e for player in self.players for e in sympy.flatten(self.payoffs[player])]
        return from_sympy(flat, list(self.parameters))

    def _stack(
        self, outputs: Sequence[NDArray[Any]], batch: tuple[int, ...]
    ) -> NDArray[np.float64]:
        stacked = np.empty((*batch, len(outputs)))
        for k, value in enumerate(outputs):
            stacked[..., k] = value
        return stacked.reshape(*batch, len(self.players), *self.shape)

    def evaluate(
        self, values: Mapping[str, ArrayLike], check_bounds: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Payoffs in doubles with a rigorous bound on their rounding error.

        Parameters
        ----------
        values : mapping of str to array_like
            Parameter values, taken as exactly these doubles; defaults for the rest.
        check_bounds : bool
            Refuse values outside a parameter's range.

        Returns
        -------
        payoffs : float64 array, shape (*batch, n, m_1, ..., m_n)
        errors : float64 array, shape (*batch, n)
            No payoff of player i is further than ``errors[..., i]`` from its exact value; inf or
            nan where a payoff is not finite.

        Raises
        ------
        UnknownNameError, ParameterError, HedgingTypeError
            As for calling the model; payoffs that are not finite do not raise.

        Examples
        --------
        >>> from hedging import catalogue
        >>> payoffs, errors = catalogue["sphere_division"].evaluate({"friction": [0.05, 0.1]})
        >>> payoffs.shape, errors.shape, bool((errors < 1e-15).all())
        ((2, 2, 2, 2), (2, 2), True)
        """
        inputs = list(self.check(values, check_bounds).values())
        outputs, bounds = doubles.evaluate_with_error(self.program, inputs)
        batch = np.broadcast_shapes(*(v.shape for v in inputs))
        errors = self._stack(bounds, batch).max(axis=tuple(range(-len(self.shape), 0)))
        return self._stack(outputs, batch), errors

    def evaluate_exact(self, values: Mapping[str, Number]) -> NDArray[Any]:
        """Payoffs in rationals at one point; floats are the binary fractions they are.

        Parameters
        ----------
        values : mapping of str to int, float or Fraction
            Parameter values; defaults for the rest.  Ranges are not checked.

        Returns
        -------
        object array of Fraction, shape (n, m_1, ..., m_n)

        Raises
        ------
        UnknownNameError
            If a name is no parameter.
        hedging.program.rationals.Irrational
            If a payoff is not rational.
        ZeroDivisionError
            If a payoff does not exist.

        Examples
        --------
        >>> from hedging import catalogue
        >>> payoffs = catalogue["sphere_division"].evaluate_exact(
        ...     {"capture_share_a": Fraction(1, 3), "entry_cost_a": Fraction(1, 4)}
        ... )
        >>> payoffs[0, 1, 0]
        Fraction(13, 12)
        """
        for name in values:
            self._known(name)
        point = [
            Fraction(v if isinstance(v, (int, Fraction)) else float(v))
            for v in (values.get(name, p.default) for name, p in self.parameters.items())
        ]
        flat = np.empty(len(self.players) * math.prod(self.shape), dtype=object)
        flat[:] = [Fraction(v) for v in rationals.evaluate(self.program, point)]
        return flat.reshape(len(self.players), *self.shape)

    def critical(self, curve: str, /, **values: ArrayLike) -> NDArray[np.float64]:
        """Critical value of a parameter by its closed form in :attr:`curves`.

        Parameters
        ----------
        curve : str
            A key of :attr:`curves`.
        **values : number or array_like
            Parameter values; defaults for the rest.

        Returns
        -------
        float64 array
            nan where the curve is no boundary.

        Raises
        ------
        UnknownNameError
            If there is no such curve or parameter.
        ParameterError, HedgingTypeError
            As for calling the model.

        Examples
        --------
        >>> from hedging import catalogue
        >>> catalogue["sphere_division"].critical("y_entry", entry_cost_b=[0.1, 0.2]).tolist()
        [0.1, 0.2]
        """
        if curve not in self.curves:
            hint = suggest(curve, self.curves, see="model.curves")
            msg = f"{self.name} has no curve {curve!r}; {hint}"
            raise UnknownNameError(msg)
        given = self.curves[curve]
        test = sympy.true if given.condition is None else given.condition
        holds = sympy.Piecewise((1, test), (0, True), evaluate=False)
        program = from_sympy([given.value, holds], list(self.parameters))
        value, mark = doubles.evaluate(program, list(self.check(values).values()))
        return np.asarray(np.where(mark == 1, value, np.nan))

    # ---- files -------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the model as dictionaries, lists, text and numbers, fit for JSON and TOML."""
        return deepcopy(self._document)

    @cached_property
    def _document(self) -> dict[str, Any]:
        # Printing formulas takes as long as a map of 300 x 300 points, and every sweep notes them.
        head = {k: getattr(self, k) for k in ("name", "title", "source", "notes")}
        return files.document(
            head, self.players, self.actions, self.parameters, self.payoffs, self.curves
        )

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Model:
        """Rebuild a model from :meth:`to_dict`.

        Raises
        ------
        FormulaError
            In one line, whatever does not fit.
        """
        try:
            return cls(**files.arguments(document))
        except FormulaError:
            raise
        except HedgingError as error:
            raise FormulaError(str(error)) from None

    def to_toml(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write the model as TOML text, to a file too if a path is given.

        Parameters
        ----------
        path : str or path, optional
            File to write, in UTF-8; one that exists is replaced.

        Returns
        -------
        str
            The text, which :meth:`from_toml` reads back.

        Raises
        ------
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> from hedging import catalogue
        >>> text = catalogue["sphere_division"].to_toml()
        >>> print(text.splitlines()[0])
        name = "sphere_division"
        >>> Model.from_toml(text) == catalogue["sphere_division"]
        True
        """
        text = files.dumps(self.to_dict())
        if path is not None:
            Path(path).write_text(text, encoding="utf-8", newline="\n")
        return text

    @classmethod
    def from_toml(cls, source: str | os.PathLike[str]) -> Model:
        """Read a model from a TOML file, or from TOML text (anything with a line break).

        Nothing in a file is executed: formulas are read by :mod:`hedging.formula`.

        Parameters
        ----------
        source : str or path
            At most 4 MB; the format is shown in :mod:`hedging.modelling.files`.

        Returns
        -------
        Model

        Raises
        ------
        FormulaError
            In one line, whatever is wrong with the file.

        Examples
        --------
        >>> text = '''
        ... name = "chicken"
        ... players = ["A", "B"]
        ... actions = [["yield", "press"], ["yield", "press"]]
        ... parameters = [{name = "stake", default = 1.0, low = 0.0, high = 2.0, open_low = true}]
        ... payoffs.A = [["0", "-stake"], ["stake", "-2"]]
        ... payoffs.B = [["0", "stake"], ["-stake", "-2"]]
        ... '''
        >>> Model.from_toml(text)
        <Model chicken: A (yield, press), B (yield, press); 1 parameters>
        """
        text, where = files.read_text(source)
        try:
            return cls.from_dict(files.loads(text, where))
        except FormulaError as error:
            msg = str(error) if str(error).startswith(where) else f"{where}: {error}"
            raise FormulaError(msg) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_text, (self._text,)

    @cached_property
    def _text(self) -> str:
        return json.dumps(self._document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self._document == other._document

    def __hash__(self) -> int:
        return hash((self.name, self.program))

    # ---- seeing ------------------------------------------------------------------------

    def __repr__(self) -> str:
        who = ", ".join(
            f"{p} ({', '.join(a)})" for p, a in zip(self.players, self.actions, strict=True)
        )
        return f"<Model {self.name}: {who}; {len(self.parameters)} parameters>"

    def _repr_html_(self) -> str:
        title, who = typeset.escape(self.title), typeset.escape(repr(self))
        table = typeset.parameters_html(self.parameters)
        payoffs = typeset.payoffs_html(self.payoffs, self.actions, self.parameters)
        return f"<b>{title}</b> <code>{who}</code>{table}{payoffs}"

    def latex(self) -> str:
        r"""Payoff matrices and the table of parameters, as two LaTeX displays.

        Each player has a matrix with the actions of player 1 in rows and of player 2 in
        columns, for every combination of actions of the others.

        Returns
        -------
        str
            Needs the package amsmath.

        Examples
        --------
        >>> from hedging import catalogue
        >>> print(catalogue["sphere_division"].latex().splitlines()[-4])
        c_B & 0.1 & (0, 0.6] & \text{cost to B of entering security} \\
        """
        matrices = typeset.payoff_matrices(self.payoffs, self.actions, self.parameters)
        return matrices + typeset.parameter_table(self.parameters)

    to_latex = latex  # the name that tables of results give theirs


@lru_cache(maxsize=8)
def _from_text(text: str) -> Model:
    """A model that travelled between processes; many games may carry the same one."""
    return Model.from_dict(json.loads(text))
