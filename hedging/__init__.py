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
    from hedging.analysis.equilibrium_atlas import atlas as atlas
    from hedging.analysis.necessary_conditions import conditions as conditions
    from hedging.analysis.reversion_threshold import grim_trigger as grim_trigger
    from hedging.calibration import cases as cases
    from hedging.commitment import leadership as leadership
    from hedging.commitment import stackelberg as stackelberg
    from hedging.engine.design import Grid as Grid
    from hedging.engine.design import Sample as Sample
    from hedging.engine.design import grid as grid
    from hedging.engine.design import sample as sample
    from hedging.engine.provenance import replay as replay
    from hedging.engine.run import sweep as sweep
    from hedging.engine.summary import regions as regions
    from hedging.equilibrium_table import table as table
    from hedging.explorer import explore as explore
    from hedging.families import catalogue as catalogue
    from hedging.game import Game as Game
    from hedging.information.bayesian_game import BayesianGame as BayesianGame
    from hedging.information.signalling_game import SignallingGame as SignallingGame
    from hedging.model import Curve as Curve
    from hedging.model import Model as Model
    from hedging.model import Parameter as Parameter
    from hedging.population_dynamics import fictitious_play as fictitious_play
    from hedging.population_dynamics import moran as moran
    from hedging.population_dynamics import replicator as replicator
    from hedging.propositions.article import claims as claims
    from hedging.repeated_games import Automaton as Automaton
    from hedging.repeated_games import FinitelyRepeatedGame as FinitelyRepeatedGame
    from hedging.repeated_games import PublicMonitoring as PublicMonitoring
    from hedging.repeated_games import RepeatedGame as RepeatedGame
    from hedging.repeated_games import commitment_bound as commitment_bound
    from hedging.repeated_games import deterrence_belief as deterrence_belief
    from hedging.repeated_games import linked_partners as linked_partners
    from hedging.repeated_games import noisy_critical_delta as noisy_critical_delta
    from hedging.repeated_games import noisy_payoff as noisy_payoff
    from hedging.repeated_games.tournament_table import tournament as tournament
    from hedging.sensitivity.nearest_boundary import robustness as robustness
    from hedging.sensitivity.room_to_hedge import room as room
    from hedging.sequential.extensive_game import ExtensiveGame as ExtensiveGame
    from hedging.sequential.tree import Chance as Chance
    from hedging.sequential.tree import Move as Move
    from hedging.solution_concepts import correlated as correlated
    from hedging.solution_concepts import dominance as dominance
    from hedging.solution_concepts import logit as logit
    from hedging.solution_concepts import select as select
    from hedging.solving import nash as nash

__version__ = "0.1.0"

_HOME = {
    "Automaton": "hedging.repeated_games",
    "BayesianGame": "hedging.information.bayesian_game",
    "Chance": "hedging.sequential.tree",
    "Curve": "hedging.model",
    "ExtensiveGame": "hedging.sequential.extensive_game",
    "FinitelyRepeatedGame": "hedging.repeated_games",
    "Game": "hedging.game",
    "Grid": "hedging.engine.design",
    "Model": "hedging.model",
    "Move": "hedging.sequential.tree",
    "Parameter": "hedging.model",
    "PublicMonitoring": "hedging.repeated_games",
    "RepeatedGame": "hedging.repeated_games",
    "Sample": "hedging.engine.design",
    "SignallingGame": "hedging.information.signalling_game",
    "atlas": "hedging.analysis.equilibrium_atlas",
    "cases": "hedging.calibration",
    "catalogue": "hedging.families",
    "claims": "hedging.propositions.article",
    "commitment_bound": "hedging.repeated_games",
    "conditions": "hedging.analysis.necessary_conditions",
    "correlated": "hedging.solution_concepts",
    "deterrence_belief": "hedging.repeated_games",
    "dominance": "hedging.solution_concepts",
    "explore": "hedging.explorer",
    "fictitious_play": "hedging.population_dynamics",
    "grid": "hedging.engine.design",
    "grim_trigger": "hedging.analysis.reversion_threshold",
    "leadership": "hedging.commitment",
    "linked_partners": "hedging.repeated_games",
    "logit": "hedging.solution_concepts",
    "moran": "hedging.population_dynamics",
    "nash": "hedging.solving",
    "noisy_critical_delta": "hedging.repeated_games",
    "noisy_payoff": "hedging.repeated_games",
    "regions": "hedging.engine.summary",
    "replay": "hedging.engine.provenance",
    "replicator": "hedging.population_dynamics",
    "robustness": "hedging.sensitivity.nearest_boundary",
    "room": "hedging.sensitivity.room_to_hedge",
    "sample": "hedging.engine.design",
    "select": "hedging.solution_concepts",
    "stackelberg": "hedging.commitment",
    "sweep": "hedging.engine.run",
    "table": "hedging.equilibrium_table",
    "tournament": "hedging.repeated_games.tournament_table",
}
"""Where each public name lives; looked up on first use (PEP 562)."""

__all__ = [
    "Automaton",
    "BayesianGame",
    "Chance",
    "Curve",
    "ExtensiveGame",
    "FinitelyRepeatedGame",
    "FormulaError",
    "Game",
    "GameError",
    "Grid",
    "HedgingError",
    "HedgingTypeError",
    "MissingDependencyError",
    "Model",
    "Move",
    "Parameter",
    "ParameterError",
    "PublicMonitoring",
    "RepeatedGame",
    "Sample",
    "SignallingGame",
    "Status",
    "UnknownNameError",
    "atlas",
    "cases",
    "catalogue",
    "claims",
    "commitment_bound",
    "conditions",
    "correlated",
    "deterrence_belief",
    "dominance",
    "explore",
    "fictitious_play",
    "grid",
    "grim_trigger",
    "leadership",
    "linked_partners",
    "logit",
    "moran",
    "nash",
    "noisy_critical_delta",
    "noisy_payoff",
    "plot",
    "regions",
    "replay",
    "replicator",
    "robustness",
    "room",
    "sample",
    "select",
    "stackelberg",
    "sweep",
    "table",
    "tournament",
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
