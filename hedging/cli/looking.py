"""``hedging models``, ``hedging cases`` and ``hedging solve``: what is there, one at a time."""

from __future__ import annotations

import argparse
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

from hedging.cli.request import model_named, point_of
from hedging.cli.text import number_text, say, say_table
from hedging.errors import Status

if TYPE_CHECKING:
    from hedging.game import Game
    from hedging.model import Model

__all__ = ["show_cases", "show_game", "show_models"]


def show_models(options: argparse.Namespace) -> None:
    """List the catalogue, or describe one model."""
    from hedging.families import catalogue

    if options.name is not None:
        _describe(model_named(options.name))
        return
    rows = [
        [name, "x".join(map(str, model.shape)), " ".join(model.players), model.title]
        for name, model in catalogue.items()
    ]
    say_table(["model", "actions", "players", "about"], rows)
    print()
    say("hedging models NAME describes one of them.")


def _describe(model: Model) -> None:
    say(f"{model.name}: {model.title}")
    if model.source:
        say(f"source: {model.source}")
    for player, actions in zip(model.players, model.actions, strict=True):
        say(f"{player} chooses {', '.join(actions)}")
    print()
    rows = []
    sources: list[str] = []
    for name, p in model.parameters.items():
        span = f"{number_text(p.low)} to {number_text(p.high)}"
        unit = "" if p.unit in ("", "1") else f" ({p.unit})"
        note = ""
        if p.source:
            if p.source not in sources:
                sources.append(p.source)
            note = f" [{sources.index(p.source) + 1}]"
        rows.append([name, number_text(p.default), span, f"{p.meaning}{unit}{note}"])
    say_table(["parameter", "default", "range", "meaning"], rows, right=(1,))
    for number, source in enumerate(sources, start=1):
        say(f"[{number}] {source}")
    if model.curves:
        print()
        known = [
            [key, curve.parameter, f"{curve.meaning or 'the equilibria change'}"]
            for key, curve in model.curves.items()
        ]
        say_table(["critical value", "of", "where"], known)


def show_cases(options: argparse.Namespace) -> None:
    """List the calibrated cases, or all the figures of one country."""
    from hedging.calibration import cases

    table = cases.table()
    if options.country is not None:
        first, second = cases.powers(options.country)
        name = cases.countries[options.country]
        say(f"{name} ({options.country}) between A = {first} and B = {second}")
        print()
        here = table.sel(country=options.country)
        rows = []
        for variable in here.data_vars.values():
            unit = str(variable.attrs["units"])
            meaning = variable.attrs["long_name"] + ("" if unit == "1" else f" ({unit})")
            rows.append([*(_figure(v) for v in variable.values), meaning])
        windows = [str(window) for window in here["window"].values]
        say_table([*windows, "meaning"], rows, right=range(len(windows)))
    else:
        say("value_a, the value of A's full patronage to each country; value_b = 1 - value_a")
        print()
        windows = [str(window) for window in table["window"].values]
        rows = []
        for code, name in cases.countries.items():
            values = table["value_a"].sel(country=code).values
            rows.append([code, name, *cases.powers(code), *map(_figure, values)])
        right = range(4, 4 + len(windows))
        say_table(["code", "country", "A", "B", *windows], rows, right=right)
    print()
    say(str(table.attrs["source"]))


def _figure(value: float) -> str:
    return "-" if value != value else number_text(value)  # nan is a figure nobody has


def show_game(options: argparse.Namespace) -> None:
    """Print one game of a model and all its equilibria."""
    from hedging.solving import nash

    model = model_named(options.model)
    start = point_of(options, model)
    point, case = start.values, start.case
    if options.exact:
        game = model(exact=True, **point)
    else:
        rounded: dict[str, Any] = {name: float(value) for name, value in point.items()}
        game = model(**rounded)
    found = nash(game, exact=options.exact)

    say(model.title + (f": {case}" if case else ""))
    moved = {n: v for n, v in point.items() if v != model.parameters[n].default}
    if moved:
        say("with " + ", ".join(f"{name} = {number_text(v)}" for name, v in moved.items()))
    print()
    _say_payoffs(game, found)
    print()
    _say_equilibria(game, found)


def _say_payoffs(game: Game, found: Any) -> None:
    """One line per action profile; a star marks the pure equilibria."""
    count = int(found["count"])
    supports = set(map(str, found["support"].values[:count]))
    rows = []
    for profile in product(*(range(m) for m in game.shape)):
        labels = [actions[k] for actions, k in zip(game.actions, profile, strict=True)]
        payoffs = [number_text(game.payoffs[(i, *profile)]) for i in range(len(game.players))]
        star = "equilibrium" if "|".join(labels) in supports else ""
        rows.append([*labels, *payoffs, star])
    n = len(game.players)
    head = [*game.players, *(f"payoff {player}" for player in game.players), ""]
    say_table(head, rows, right=range(n, 2 * n))


def _say_equilibria(game: Game, found: Any) -> None:
    from hedging.words import in_words

    count, status = int(found["count"]), Status(int(found["status"]))
    noun = "equilibrium" if count == 1 else "equilibria"
    say(f"{count} {noun}; status {status.meaning.replace('_', ' ')}: {status.advice}")
    for e in range(count):
        support = str(found["support"].values[e])
        print()
        say(f"{e + 1}. {in_words(support, list(game.players))}")
        probability = iter(found["probability"].values[e])
        rows = []
        for i, (player, actions) in enumerate(zip(game.players, game.actions, strict=True)):
            mix = [(action, next(probability)) for action in actions]
            chosen = [(a, p) for a, p in mix if p > 0]
            played = ", ".join(f"{a} {number_text(p)}" for a, p in chosen)
            if len(chosen) == 1:
                played = chosen[0][0]
            payoff = number_text(found["payoff"].values[e, i])
            rows.append(["  ", player, payoff, played])
        say_table(["  ", "player", "payoff", "plays"], rows, right=(2,))
        regret = found["regret"].values[e]
        told = number_text(regret) if isinstance(regret, Fraction) else f"{float(regret):.1g}"
        note = "" if bool(found["isolated"].values[e]) else "; part of a continuum of equilibria"
        say(f"   regret {told}{note}")
