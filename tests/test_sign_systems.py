"""Which models have a sign system, and what it says."""

import numpy as np
import pytest

from hedging.engine.compiled import can_compile
from hedging.engine.design import sample
from hedging.engine.run import sweep
from hedging.equilibria.sign_systems import linear_players, sign_system
from hedging.errors import ParameterError
from hedging.families import catalogue
from hedging.model import Model, Parameter
from hedging.program.adaptive import exact_signs
from hedging.program.doubles import evaluate
from hedging.program.graph import Builder

FLAGSHIP = catalogue["triadic_hedging"]


def model_of(m_table, a_table, b_table, order=(0, 1, 2)):
    """Three players from functions of (row, i, j) that return formulas; x is a list of names."""
    m = 3
    names = [f"x{k}" for k in range(40)]
    tables = []
    for function in (m_table, a_table, b_table):
        table = np.empty((m, 2, 2), dtype=object)
        for place in np.ndindex(m, 2, 2):
            table[place] = function(*place)
        tables.append(table.transpose(order))
    actions = [["r0", "r1", "r2"], ["wait", "press"], ["wait", "press"]]
    players = ["M", "A", "B"]
    return Model(
        "under test",
        players=[players[k] for k in order],
        actions=[actions[k] for k in order],
        parameters=[Parameter(name, 0.5, -10, 10) for name in names],
        payoffs={players[k]: tables[k].tolist() for k in order},
    )


def additive(r, i, j):
    return f"x{r} + {i}*x{3 + r} + {j}*x{6 + r}"


def gain_of_a(rows):
    """A's payoff, whose gain depends on B at some rows."""
    return lambda r, i, j: f"x{9 + r} + {i}*(x{12 + r} + {j if r in rows else 0}*x{15 + r})"


def gain_of_b(rows):
    return lambda r, i, j: f"x{18 + r} + {j}*(x{21 + r} + {i if r in rows else 0}*x{24 + r})"


def found_in(model):
    return linear_players(model.program, model.shape)


@pytest.mark.parametrize("h", [None, 0, 1, 2])
def test_additive_models_have_one(h):
    rows = set() if h is None else {h}
    model = model_of(additive, gain_of_a(rows), gain_of_b(rows))
    found = found_in(model)
    assert found is not None
    assert found.order == (0, 1, 2)
    assert len(found.table.supports) == (25 if h is None else 28)
    system = sign_system(model.program, model.shape)
    assert system is not None
    assert can_compile(model)
    assert len(set(system.masks)) == len(system.masks)
    assert all(mask & 0b111 and mask >> 3 & 0b11 and mask >> 5 & 0b11 for mask in system.masks)


@pytest.mark.parametrize("formulas", [
    (additive, gain_of_a({0, 1}), gain_of_b({0, 1})),
    (additive, gain_of_a({0}), gain_of_b({1})),
    (additive, gain_of_a({0, 1, 2}), gain_of_b({0, 1, 2})),
    (additive, gain_of_a({1}), gain_of_b({1, 2})),
    (lambda r, i, j: additive(r, i, j) + f" + {i * j}*x30", gain_of_a({1}), gain_of_b({1})),
    (lambda r, i, j: f"max({additive(r, i, j)}, x30)", gain_of_a({1}), gain_of_b({1})),
    (lambda r, i, j: f"({additive(r, i, j)})**2", gain_of_a(()), gain_of_b(())),
    (lambda r, i, j: additive(r, i, j) + f" + {i * j * (r == 2)}*1e-12*x30",
     gain_of_a({1}), gain_of_b({1})),
])  # fmt: skip
def test_others_have_none(formulas):
    model = model_of(*formulas)
    assert found_in(model) is None
    assert sign_system(model.program, model.shape) is None
    assert not can_compile(model)
    with pytest.raises(ParameterError, match="type engine='numpy'"):
        sweep(model, sample(2, {"x0": (0, 1)}), engine="machine")


def test_additivity_is_proved_not_read_off_the_spelling():
    """The square of a sum minus the product is additive; so are terms that cancel."""
    model = model_of(
        lambda r, i, j: f"({i}*x{r} + {j}*x{3 + r})**2 - 2*{i * j}*x{r}*x{3 + r} + x{6 + r}",
        lambda r, i, j: f"{i}*x{12 + r}*(x30 + {j}) - {i * j}*x{12 + r}",
        gain_of_b(()),
    )
    assert found_in(model) is not None


def test_order_of_the_players():
    """Exchanging the powers leaves M where it is; M may come last."""
    for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)):
        model = model_of(additive, gain_of_a({1}), gain_of_b({1}), order)
        found = found_in(model)
        assert found is not None
        assert model.players[found.order[0]] == "M"
        point = np.linspace(-1, 1, len(model.parameters))
        turned = np.array(evaluate(found.payoffs, list(point))).reshape(3, 3, 2, 2)
        straight = np.array(evaluate(model.program, list(point))).reshape(3, *model.shape)
        axes = [0, *(1 + k for k in found.order)]
        np.testing.assert_array_equal(turned, straight[list(found.order)].transpose(axes))


def test_supports_are_in_the_order_of_the_model():
    model = model_of(additive, gain_of_a({1}), gain_of_b({1}), (1, 2, 0))
    system = sign_system(model.program, model.shape)
    assert system is not None
    assert model.shape == (2, 2, 3)
    assert all(mask & 0b11 and mask >> 2 & 0b11 and mask >> 4 for mask in system.masks)


@pytest.mark.parametrize("shape", [(2,), (1, 3), (2, 2, 2, 2), (3, 3, 2), (5, 2, 2), (2, 1, 2)])
def test_shapes_without(shape):
    size = len(shape) * int(np.prod(shape))
    builder = Builder([f"x{k}" for k in range(size)])
    program = builder.program([builder.input(name) for name in builder.inputs])
    assert sign_system(program, shape) is None


def test_two_players_have_the_determinants():
    model = catalogue["hedging_bimatrix"]
    system = sign_system(model.program, model.shape)
    assert system is not None
    assert system.payoffs == model.program
    assert len(system.masks) == 3 * 2 + 3


def test_the_flagship():
    system = sign_system(FLAGSHIP.program, FLAGSHIP.shape)
    assert system is not None
    assert len(system.masks) == 28
    assert system is sign_system(FLAGSHIP.program, FLAGSHIP.shape)
    found = found_in(FLAGSHIP)
    assert found is not None
    assert found.order == (0, 1, 2)


def test_vanishing_numbers_are_constants():
    """Two rows are worth the same to M, spelt differently: no candidate hangs on rounding."""
    rows = ("x1*(x31 + 1)", "x1*x31 + x1", "x2")
    model = model_of(lambda r, i, j: f"{rows[r]} + {i}*x3 + {j}*x4", gain_of_a({1}), gain_of_b({1}))
    system = sign_system(model.program, model.shape)
    assert system is not None
    assert system.zeros
    rng = np.random.default_rng(1)
    values = list(rng.uniform(-1, 1, (len(model.parameters), 50)))
    signs = exact_signs(system.program, values)
    for d in range(len(signs.sign)):
        assert (signs.sign[d] == 0).all() == (d in system.zeros)
    # Floating point settles all the others.
    assert (signs.stage == 1).all()


def test_settled_games_are_numbered_and_regular():
    system = sign_system(FLAGSHIP.program, FLAGSHIP.shape)
    assert system is not None
    rng = np.random.default_rng(4)
    values = [rng.uniform(p.low, p.high, 200) for p in FLAGSHIP.parameters.values()]
    settled = system.settle(exact_signs(system.program, values).sign)
    assert not settled.unsure.any()
    assert settled.regular.all()
    assert set(settled.game.tolist()) == set(range(200))
    assert set(settled.support.tolist()) <= set(system.masks)
    # Nothing but ties: nothing is said.
    none = system.settle(np.zeros((len(system.program.outputs), 3), dtype=np.int8))
    assert none.unsure.all()
    assert len(none.game) == 0
