"""From parameters to determinants in one program, with what always vanishes known to be zero."""

from fractions import Fraction

import numpy as np
import pytest

from hedging.equilibria.determinants import sign_table
from hedging.equilibria.parametric import parametric_signs, vanishing_outputs
from hedging.formula import parse
from hedging.program import rationals
from hedging.program.graph import Builder
from hedging.program.symbols import from_sympy


def program_of(*formulas, names=("x", "y", "z")):
    return from_sympy([parse(f, names) for f in formulas], list(names))


def payoffs_of(row, column, names=("x", "y", "z")):
    flat = [cell for table in (row, column) for line in table for cell in line]
    return program_of(*flat, names=names)


def vanishing(*formulas):
    return sorted(vanishing_outputs(program_of(*formulas)))


# ---- laws ------------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "n"), [(2, 2), (2, 3), (3, 2), (3, 3), (4, 3)])
def test_composition_is_substitution(m, n):
    rng = np.random.default_rng([m, n])
    words = ["x", "y*z", "x - 2*y", "1/3", "x*x/(y + 3)", "min(x, z)", "0", "x + y + z"]
    tables = rng.choice(words, (2, m, n)).tolist()
    payoffs = payoffs_of(*tables)
    found = parametric_signs(payoffs, m, n)
    assert found.payoffs is payoffs
    assert found.table is sign_table(m, n)
    for _ in range(20):
        point = [Fraction(int(v), 7) for v in rng.integers(-20, 21, 3)]
        games = rationals.evaluate(payoffs, point)
        wanted = rationals.evaluate(found.table.program, games)
        assert rationals.evaluate(found.program, point) == wanted
        assert all(wanted[d] == 0 for d in found.zeros)


@pytest.mark.parametrize(("m", "n"), [(2, 2), (3, 3), (2, 5), (5, 2), (4, 4)])
def test_distinct_parameters_leave_nothing_to_vanish(m, n):
    names = [f"p{k}" for k in range(2 * m * n)]
    b = Builder(names)
    assert parametric_signs(b.program([b.input(name) for name in names]), m, n).zeros == frozenset()


@pytest.mark.parametrize(("m", "n"), [(2, 2), (3, 2), (3, 3)])
def test_an_indifferent_player_has_only_zeros(m, n):
    """Whatever the row player does is paid alike, in words that differ."""
    row = [["x*(y + y)", "z", "x - y"][:n], ["(x + x)*y", "z + 0*x", "-(y - x)"][:n]]
    row += [["2*x*y", "(z*z + z)/(z + 1)", "x*1 - y"][:n]] * (m - 2)
    column = [[f"{(2 + i) ** (j + 1)}*x + {i + j * j}*y" for j in range(n)] for i in range(m)]
    found = parametric_signs(payoffs_of(row, column), m, n)
    rows_own = {d for d, owner in enumerate(found.table.owners) if owner == 0}
    assert rows_own <= found.zeros
    assert not found.zeros - rows_own
    for d in found.zeros:
        step = found.program.code[found.program.outputs[d]]
        assert (step.op, step.literal) == ("const", 0)


def test_order_two_determinants_can_vanish_where_no_difference_does():
    """Rows in arithmetic progression: every 3 x 3 minor of differences is singular."""
    row = [["x", "y", "z"], ["x + y", "y + z", "z + x"], ["x + 2*y", "y + 2*z", "z + 2*x"]]
    column = [["x", "2*y", "z*z"], ["y", "x", "y*z"], ["x*z", "1", "x"]]
    found = parametric_signs(payoffs_of(row, column), 3, 3)
    orders, owners = found.table.orders, found.table.owners
    assert found.zeros == {d for d in range(len(orders)) if owners[d] == 0 and orders[d] == 2}


def test_the_same_question_is_answered_once():
    payoffs = payoffs_of([["x", "y"], ["y", "x"]], [["z", "0"], ["0", "z"]])
    again = payoffs_of([["x", "y"], ["y", "x"]], [["z", "0"], ["0", "z"]])
    assert parametric_signs(payoffs, 2, 2) is parametric_signs(again, 2, 2)


# ---- what vanishes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        "x*(y + y) - (x + x)*y",
        "(x + y)**2 - x*x - 2*x*y - y*y",
        "(x + y)*(x - y) - x**2 + y**2",
        "1/(x + 1) + 1/(x + 2) - (2*x + 3)/((x + 1)*(x + 2))",
        "(x**2 - 1)/(x - 1) - x - 1",
        "(x + 1e8) - 1e8 - x",
        "sqrt(x + 1)*sqrt(x + 1) - x - 1",
        "exp(x)*y - y*exp(x)",
        "0*x",
    ],
)
def test_identities_are_proved(formula):
    assert vanishing(formula) == [0]


@pytest.mark.parametrize(
    "formula",
    [
        "x - y",
        "1e-300*x",
        "(x + 1e8) - 1e8 - x*(1 + 2**(-50))",  # below the rounding of doubles
        "1e17*((x + 1e16) - 1e16 - x + 1e-9)",
        "max(x - 2, 0)",  # zero wherever the probes look, not further up
        "min(x + 3, 0)*y",
        "abs(x) - x",
        "where(x > 5, 1, 0)",
        "where(x < 5, 0, y)",
        "sqrt(x*x) - x",
        "sqrt((x - 5)**2) + x - 5",
        "x**40",
    ],
)
def test_zero_at_the_probes_is_no_proof(formula):
    assert vanishing(formula) == []


def test_outputs_are_judged_one_by_one():
    assert vanishing("x - y", "x - x", "1", "y*z - z*y", "log(x - 3) - log(x - 3)") == [1, 3, 4]
    assert vanishing_outputs(program_of("1", "0", names=())) == {1}


def test_what_is_undefined_is_not_declared_zero_where_it_matters():
    """The difference is zero wherever it exists; where it does not, the payoffs do not either."""
    payoffs = payoffs_of([["1/x", "0"], ["2/(x + x)", "y"]], [["x", "y"], ["y", "x"]])
    found = parametric_signs(payoffs, 2, 2)
    assert found.zeros
    with pytest.raises(ZeroDivisionError):
        rationals.evaluate(found.payoffs, [Fraction(0), Fraction(1), Fraction(1)])


def test_long_formulas_are_given_up_rather_than_expanded_for_ever():
    names = [f"p{k}" for k in range(12)]
    total = "+".join(names)
    ratio = f"({total})/(1+{'*'.join(names[:4])})"
    row = [[f"{ratio}*{a}/(2+{b})" for a, b in zip(names[k:], names[k + 1 :], strict=False)][:3]
           for k in range(3)]  # fmt: skip
    row.append(row[0])
    column = [["p0", "p1", "p2"], ["p3", "p4", "p5"], ["p6", "p7", "p8"], ["p9", "p10", "p11"]]
    found = parametric_signs(payoffs_of(row, column, names=tuple(names)), 4, 3)
    # Rows 0 and 3 are the same word for word.
    assert len(found.zeros) >= 3
