"""When is hedging between great powers an equilibrium, and what breaks it?

A *game* is a labelled payoff array, a *model* maps parameters to games, and a *sweep*
answers for every point of a parameter space which equilibria the game there has.

>>> import hedging as hg
>>> game = hg.Game.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
>>> hg.nash(game).support.values.tolist()
['action_2|action_2']

Names are imported on first use, so that ``import hedging`` itself loads numpy at most.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hedging.errors import (
    FormulaError,
    GameError,
    HedgingError,
    HedgingTypeError,
    MissingDependencyError,
    ParameterError,
    Status,
    UnknownNameError,
)

if TYPE_CHECKING:
    from hedging import plot as plot
    from hedging.calibration import cases as cases
    from hedging.engine.design import Grid as Grid
    from hedging.engine.design import Sample as Sample
    from hedging.engine.design import grid as grid
    from hedging.engine.design import sample as sample
    from hedging.engine.provenance import replay as replay
    from hedging.engine.run import sweep as sweep
    from hedging.engine.summary import regions as regions
    from hedging.families import catalogue as catalogue
    from hedging.game import Game as Game
    from hedging.model import Curve as Curve
    from hedging.model import Model as Model
    from hedging.model import Parameter as Parameter
    from hedging.population_dynamics import fictitious_play as fictitious_play
    from hedging.population_dynamics import moran as moran
    from hedging.population_dynamics import replicator as replicator
    from hedging.repeated_game import Automaton as Automaton
    from hedging.repeated_game import FinitelyRepeatedGame as FinitelyRepeatedGame
    from hedging.repeated_game import PublicMonitoring as PublicMonitoring
    from hedging.repeated_game import RepeatedGame as RepeatedGame
    from hedging.solution_concepts import correlated as correlated
    from hedging.solution_concepts import dominance as dominance
    from hedging.solution_concepts import logit as logit
    from hedging.solution_concepts import select as select
    from hedging.solving import nash as nash

__version__ = "0.1.0"

_HOME = {
    "Automaton": "hedging.repeated_game",
    "Curve": "hedging.model",
    "FinitelyRepeatedGame": "hedging.repeated_game",
    "Game": "hedging.game",
    "Grid": "hedging.engine.design",
    "Model": "hedging.model",
    "Parameter": "hedging.model",
    "PublicMonitoring": "hedging.repeated_game",
    "RepeatedGame": "hedging.repeated_game",
    "Sample": "hedging.engine.design",
    "cases": "hedging.calibration",
    "catalogue": "hedging.families",
    "correlated": "hedging.solution_concepts",
    "dominance": "hedging.solution_concepts",
    "fictitious_play": "hedging.population_dynamics",
    "grid": "hedging.engine.design",
    "logit": "hedging.solution_concepts",
    "moran": "hedging.population_dynamics",
    "nash": "hedging.solving",
    "regions": "hedging.engine.summary",
    "replay": "hedging.engine.provenance",
    "replicator": "hedging.population_dynamics",
    "sample": "hedging.engine.design",
    "select": "hedging.solution_concepts",
    "sweep": "hedging.engine.run",
}
"""Where each public name lives; looked up on first use (PEP 562)."""

__all__ = [
    "Automaton",
    "Curve",
    "FinitelyRepeatedGame",
    "FormulaError",
    "Game",
    "GameError",
    "Grid",
    "HedgingError",
    "HedgingTypeError",
    "MissingDependencyError",
    "Model",
    "Parameter",
    "ParameterError",
    "PublicMonitoring",
    "RepeatedGame",
    "Sample",
    "Status",
    "UnknownNameError",
    "cases",
    "catalogue",
    "correlated",
    "dominance",
    "fictitious_play",
    "grid",
    "logit",
    "moran",
    "nash",
    "plot",
    "regions",
    "replay",
    "replicator",
    "sample",
    "select",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name == "plot":
        return import_module("hedging.plot")
    home = _HOME.get(name)
    if home is None:
        msg = f"module 'hedging' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
