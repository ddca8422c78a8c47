"""Families of games to sweep over, rebuilt from seeds.

Every payoff is a polynomial or a quotient of up to four of eight parameters in (-1, 1), with
coefficients of two decimals drawn from the seed.  Nothing vanishes identically, so random points
are nondegenerate.
"""

from __future__ import annotations

import numpy as np

from hedging.model import Model, Parameter

PARAMETERS = tuple(f"p{k}" for k in range(8))
LOW, HIGH = -0.95, 0.95


def formulas(shape: tuple[int, ...], seed: int = 0) -> list[str]:
    """Payoffs of all players in C order of (player, action, ..., action)."""
    rng = np.random.default_rng([seed, *shape])
    texts = []
    for k in range(len(shape) * int(np.prod(shape))):
        a, b, c, d = rng.choice(PARAMETERS, 4, replace=False)
        x, y, z = (rng.uniform(-1, 1, 3) * (1, 2, 2)).round(2)
        text = f"({x}) + ({y})*{a} + ({z})*{b}*{c}"
        text += {0: f" + {d}/(2 + {c})", 1: f" - {d}**2"}.get(k % 4, "")
        texts.append(text)
    return texts


def family(shape: tuple[int, ...], seed: int = 0) -> Model:
    """The eight-parameter family of a shape, as a model."""
    players = tuple(f"player {k + 1}" for k in range(len(shape)))
    payoffs = np.array(formulas(shape, seed), dtype=object).reshape(len(shape), *shape)
    return Model(
        f"family of {'x'.join(map(str, shape))} games",
        players=players,
        actions=tuple(tuple(f"action {k + 1}" for k in range(m)) for m in shape),
        parameters=[Parameter(name, 0.5, LOW, HIGH) for name in PARAMETERS],
        payoffs={who: table.tolist() for who, table in zip(players, payoffs, strict=True)},
    )


def tied_model() -> Model:
    """A 3 x 3 game whose payoffs are the parameters, degenerate wherever they are.

    The row player's last action brings the better of what the two others bring, so it is a best
    reply whenever one of them is, and in no column is it better than both: every equilibrium has
    a best reply that is not needed.
    """
    own = [[f"a{i}{j}" for j in range(3)] for i in range(2)]
    own.append([f"max(a0{j}, a1{j})" for j in range(3)])
    other = [[f"b{i}{j}" for j in range(3)] for i in range(3)]
    names = [name for table in (own[:2], other) for row in table for name in row]
    return Model(
        "tied games",
        players=("row", "column"),
        actions=(("top", "middle", "bottom"), ("left", "centre", "right")),
        parameters=[Parameter(name, 0, -9, 9) for name in names],
        payoffs={"row": own, "column": other},
    )
