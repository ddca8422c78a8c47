"""Models: parameters in, games out, in every arithmetic and through files."""

import json
import pickle
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import hedging as hg
from hedging.errors import (
    FormulaError,
    GameError,
    HedgingError,
    HedgingTypeError,
    ParameterError,
    UnknownNameError,
)
from hedging.model import Curve, Model, Parameter
from hedging.program.rationals import Irrational


def make(**changes):
    """A 2 x 3 model with a bit of everything."""
    arguments = {
        "players": ("M", "A"),
        "actions": (("hedge", "align"), ("accommodate", "pressure", "leave")),
        "parameters": [
            Parameter("immunity", 0.35, 0, 1, meaning="share escaped", symbol=r"\mu"),
            Parameter("stake", 2, 0, 10, unit="utils", source="typed in"),
            Parameter("third", "1/3", 0, 1),
        ],
        "payoffs": {
            "M": [["stake", "stake*(1 - immunity)", 0], ["0.1", "max(third, immunity)", 1.5]],
            "A": [
                [sympy.Symbol("stake", positive=True) * sympy.Float(0.1), "-third", "stake/third"],
                ["stake if immunity < third else 0", Fraction(1, 7), "third**2"],
            ],
        },
        "source": "made up",
        "notes": 'with "quotes", \\ and\nlines',
        "curves": {
            "stake_star": Curve("stake", "1/(1 - immunity)", "pays above", "s^*", "immunity < 1")
        },
    }
    return Model("mixed_bag", **(arguments | changes))


def small(formula="x", **parameters):
    parameters = parameters or {"x": (1, -5, 5)}
    return Model(
        "small",
        players=("P",),
        actions=(("a", "b"),),
        parameters=[Parameter(k, *v) for k, v in parameters.items()],
        payoffs={"P": [formula, "0"]},
    )


# ---- evaluation ----------------------------------------------------------------------------


def test_defaults_and_overrides():
    game = make()(immunity=0.5)
    assert game.players == ("M", "A")
    assert game.actions == (("hedge", "align"), ("accommodate", "pressure", "leave"))
    np.testing.assert_allclose(
        game.payoffs,
        [[[2, 1, 0], [0.1, 0.5, 1.5]], [[0.2, -1 / 3, 6], [0, 1 / 7, 1 / 9]]],
        rtol=1e-15,
    )


numbers = st.floats(0.01, 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5))
def test_batch_equals_loop(points):
    model = make()
    immunity, third = np.array(points).T
    batch = model(immunity=immunity, third=third)
    values, errors = model.evaluate({"immunity": immunity, "third": third})
    assert batch.batch_shape == (len(points),)
    np.testing.assert_array_equal(values, batch.payoffs)
    for k, (a, b) in enumerate(points):
        np.testing.assert_array_equal(batch.payoffs[k], model(immunity=a, third=b).payoffs)
        alone, alone_errors = model.evaluate({"immunity": a, "third": b})
        np.testing.assert_array_equal(alone, values[k])
        np.testing.assert_array_equal(alone_errors, errors[k])


@settings(max_examples=60, deadline=None)
@given(numbers, st.floats(0, 10), numbers)
def test_doubles_and_rationals_agree_within_the_bound(immunity, stake, third):
    model = make()
    values = {"immunity": immunity, "stake": stake, "third": third}
    payoffs, errors = model.evaluate(values)
    exact = model.evaluate_exact(values)
    assert payoffs.shape == exact.shape == (2, 2, 3)
    assert errors.shape == (2,)
    for position, truth in np.ndenumerate(exact):
        difference = abs(Fraction(float(payoffs[position])) - truth)
        assert difference <= Fraction(float(errors[position[0]]))
    assert (errors <= 1e-13 * np.abs(payoffs).max()).all()


def test_arrays_broadcast_into_batch_axes():
    model = make()
    game = model(immunity=np.linspace(0, 1, 4)[:, None], stake=np.arange(3.0))
    assert game.batch_shape == (4, 3)
    assert model(stake=[1.0]).batch_shape == (1,)
    with pytest.raises(ParameterError, match=r"immunity \(4,\), stake \(3,\)"):
        model(immunity=np.zeros(4), stake=np.zeros(3))


def test_a_parameter_no_payoff_uses_still_makes_axes():
    model = small("x", x=(1, 0, 2), idle=(0, 0, 1))
    assert model(idle=[0, 1]).batch_shape == (2,)
    assert model.evaluate({"idle": [0, 1]})[1].shape == (2, 1)


def test_exact_games():
    game = make()(exact=True, stake=0.7, immunity="1/2")
    assert game.payoffs.dtype == object
    assert game.payoffs[1, 0, 0] == Fraction(7, 100)
    assert game.payoffs[0, 0, 1] == Fraction(7, 20)
    assert game.payoffs[1, 1, 2] == Fraction(1, 9)
    assert all(type(x) is Fraction for x in game.payoffs.flat)
    batch = make()(exact=True, stake=[0.1, Fraction(1, 3)])
    assert batch.batch_shape == (2,)
    assert batch.payoffs[:, 0, 0, 0].tolist() == [Fraction(1, 10), Fraction(1, 3)]


def test_evaluate_exact_reads_floats_as_binary():
    assert make().evaluate_exact({"stake": 0.1})[0, 0, 0] == Fraction(0.1)


def test_irrational_payoffs_are_no_exact_game():
    model = small("sqrt(x)", x=(2, 0, 9))
    with pytest.raises(Irrational, match=r"sqrt\(2\)"):
        model(exact=True)
    assert model(exact=True, x=9).payoffs[0, 0] == 3


def test_no_value_is_an_error_for_one_and_data_in_bulk():
    model = small("1/x", x=(1, -5, 5))
    with pytest.raises(ParameterError, match=r"payoff of P at \(a\)"):
        model(x=0)
    with pytest.raises(ParameterError, match="does not exist"):
        model(x=0, exact=True)
    values = model(x=[0.0, 2.0]).payoffs
    assert np.isnan(values[0, 0, 0])
    assert values[1, 0, 0] == 0.5
    _, errors = model.evaluate({"x": [0.0, 2.0]})
    assert errors[0, 0] == np.inf


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"imunity": 1}, UnknownNameError, "did you mean 'immunity'"),
        ({"zzz": 1}, UnknownNameError, "immunity, stake, third"),
        ({"immunity": 2}, ParameterError, r"immunity is 2, outside its range \[0, 1\]"),
        ({"immunity": [0.5, -0.25]}, ParameterError, "immunity is -0.25"),
        ({"immunity": float("nan")}, ParameterError, "immunity is nan"),
        ({"stake": [1, np.inf]}, ParameterError, "stake is inf"),
        ({"stake": "two"}, HedgingError, "two"),
        ({"stake": None}, HedgingTypeError, "stake is None"),
        ({"stake": True}, HedgingTypeError, "stake is True"),
        ({"stake": 1j}, HedgingTypeError, "stake is 1j"),
        ({"stake": [[1], [2, 3]]}, HedgingTypeError, "stake is"),
        ({"stake": {}}, HedgingTypeError, "stake is {}"),
    ],
)
@pytest.mark.parametrize("exact", [False, True])
def test_bad_values_are_refused_in_one_line(values, error, words, exact):
    with pytest.raises(error, match=words) as caught:
        make()(exact=exact, **values)
    assert "\n" not in str(caught.value)


def test_bounds_can_be_lifted_but_not_finiteness():
    model = make()
    assert model(stake=11, check_bounds=False).payoffs[0, 0, 0] == 11
    with pytest.raises(ParameterError, match="finite"):
        model(stake=np.inf, check_bounds=False)


def test_checked_values_are_complete_and_in_order():
    checked = make().check({"third": [0.5, 0.25]})
    assert list(checked) == ["immunity", "stake", "third"]
    assert checked["third"].tolist() == [0.5, 0.25]
    assert checked["immunity"] == 0.35
    assert all(v.dtype == np.float64 for v in checked.values())


# ---- the pieces ----------------------------------------------------------------------------


def test_mappings_are_ordered_and_read_only():
    model = make()
    assert list(model.parameters) == ["immunity", "stake", "third"]
    assert model.parameters["third"].default == Fraction(1, 3)
    assert model.shape == (2, 3)
    with pytest.raises(TypeError):
        model.parameters["x"] = None
    with pytest.raises(TypeError):
        model.payoffs["M"] = None


def test_payoffs_are_sympy_in_plain_symbols():
    payoffs = make().payoffs
    stake, immunity = sympy.symbols("stake immunity")
    assert payoffs["M"].shape == (2, 3)
    assert payoffs["M"][0, 1] == stake * (1 - immunity)
    assert payoffs["A"][0, 0] == stake / 10
    assert payoffs["M"].diff(stake)[0, 1] == 1 - immunity


def test_curves_are_evaluated_where_they_hold():
    model = make()
    np.testing.assert_array_equal(
        model.critical("stake_star", immunity=[0, 0.5, 1]), [1, 2, np.nan]
    )
    with pytest.raises(UnknownNameError, match="stake_star"):
        model.critical("stake")


@pytest.mark.parametrize(
    ("curve", "error", "words"),
    [
        (Curve("stake", "2*stake"), FormulaError, "itself"),
        (Curve("stake", "third", condition="stake > 1"), FormulaError, "itself"),
        (Curve("steak", "third"), FormulaError, "stake"),
        (Curve("stake", "thrid"), FormulaError, "third"),
        ("stake", HedgingTypeError, "Curve"),
    ],
)
def test_bad_curves(curve, error, words):
    with pytest.raises(error, match=words):
        make(curves={"c": curve})


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("count", 0, 0, 1), ParameterError, "count"),
        (("equilibrium", 0, 0, 1), ParameterError, "used by hedging"),
        (("batch_0", 0, 0, 1), ParameterError, "used by hedging"),
        (("exact", 0, 0, 1), ParameterError, "used by hedging"),
        (("sqrt", 0, 0, 1), ParameterError, "used by hedging"),
        (("lambda", 0, 0, 1), ParameterError, "Python name"),
        (("two words", 0, 0, 1), ParameterError, "Python name"),
        (("_x", 0, 0, 1), ParameterError, "Python name"),
        (("", 0, 0, 1), ParameterError, "Python name"),
        ((3, 0, 0, 1), HedgingTypeError, "string"),
        (("x", 2, 0, 1), ParameterError, r"default 2 is not in the range \[0, 1\]"),
        (("x", 0, 1, 0), ParameterError, "range"),
        (("x", float("nan"), 0, 1), ParameterError, "default"),
        (("x", 0, float("-inf"), 1), ParameterError, "low"),
        (("x", "zero", 0, 1), ParameterError, "zero"),
        (("x", None, 0, 1), HedgingTypeError, "None"),
        (("x", True, 0, 1), HedgingTypeError, "True"),
        (("x", 0, 0, 1, 7), HedgingTypeError, "meaning"),
    ],
)
def test_bad_parameters(arguments, error, words):
    with pytest.raises(error, match=words) as caught:
        Parameter(*arguments)
    assert "\n" not in str(caught.value)


def test_parameter_names_are_in_normal_form():
    # Python reads the micro sign as the Greek letter; the name must be what Python will pass.
    with pytest.raises(ParameterError):
        Parameter("\u00b5", 0, 0, 1)
    assert small("\u03bc", **{"\u03bc": (1, 0, 2)})(**{"\u03bc": 2}).payoffs[0, 0] == 2


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"payoffs": {"M": [[0] * 3] * 2}}, GameError, "exactly M, A"),
        ({"payoffs": {"M": [[0] * 3] * 2, "B": [[0] * 3] * 2}}, GameError, "exactly M, A"),
        ({"payoffs": {"M": [[0] * 3] * 2, "A": [[0] * 2] * 2}}, GameError, "2 entries at level 2"),
        ({"payoffs": {"M": [[0] * 3] * 2, "A": ["000", "000"]}}, GameError, "no list at level 2"),
        ({"payoffs": {"M": [[0] * 3] * 2, "A": 3}}, GameError, "level 1"),
        ({"payoffs": [[0]]}, HedgingTypeError, "mapping"),
        (
            {"payoffs": {"M": [["immunty", 0, 0], [0, 0, 0]], "A": [[0] * 3] * 2}},
            FormulaError,
            r"payoff of M at \(hedge, accommodate\).*immunity",
        ),
        (
            {"payoffs": {"M": [[sympy.Symbol("q"), 0, 0], [0, 0, 0]], "A": [[0] * 3] * 2}},
            FormulaError,
            "'q'",
        ),
        (
            {"payoffs": {"M": [[sympy.sin(1), 0, 0], [0, 0, 0]], "A": [[0] * 3] * 2}},
            FormulaError,
            "sin",
        ),
        (
            {"payoffs": {"M": [[None, 0, 0], [0, 0, 0]], "A": [[0] * 3] * 2}},
            HedgingTypeError,
            "None",
        ),
        (
            {"payoffs": {"M": [[float("nan"), 0, 0], [0, 0, 0]], "A": [[0] * 3] * 2}},
            FormulaError,
            "nan",
        ),
        ({"players": ("M", "M")}, GameError, "M"),
        ({"players": "MA"}, HedgingTypeError, "players"),
        ({"players": ()}, HedgingTypeError, "players"),
        ({"actions": (("a", "b"),)}, GameError, "2 players"),
        ({"actions": (("hedge", "hedge"), ("a", "b", "c"))}, GameError, "hedge"),
        ({"actions": ("ab", "abc")}, HedgingTypeError, "ab"),
        ({"actions": (("a", "b"), (1, 2, 3))}, HedgingTypeError, "1"),
        ({"actions": {"M": ("a", "b"), "B": ("a", "b", "c")}}, GameError, "M, A"),
        ({"parameters": [Parameter("x", 0, 0, 1)] * 2}, ParameterError, "twice"),
        ({"parameters": ["x"]}, HedgingTypeError, "Parameter"),
        ({"source": 3}, HedgingTypeError, "source"),
    ],
)
def test_bad_models(changes, error, words):
    with pytest.raises(error, match=words) as caught:
        make(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "two\nlines", None, 3])
def test_bad_model_names(name):
    with pytest.raises(HedgingError):
        Model(name, players=("P",), actions=(("a",),), parameters=[], payoffs={"P": [0]})


def test_actions_by_player_name():
    by_name = {"A": ("accommodate", "pressure", "leave"), "M": ("hedge", "align")}
    assert make(actions=by_name) == make()


def test_a_model_without_parameters():
    model = Model(
        "fixed", players=("P",), actions=(("a", "b"),), parameters=[], payoffs={"P": [1, 2]}
    )
    assert model().payoffs.tolist() == [[1, 2]]
    assert model(exact=True).payoffs.tolist() == [[1, 2]]
    assert Model.from_toml(model.to_toml()) == model


# ---- files ---------------------------------------------------------------------------------


def test_toml_round_trip_is_exact(tmp_path):
    model = make()
    text = model.to_toml(tmp_path / "model.toml")
    for back in (Model.from_toml(text), Model.from_toml(tmp_path / "model.toml")):
        assert back == model
        assert hash(back) == hash(model)
        assert back.to_toml() == text
        assert back.payoffs == model.payoffs
        assert back.curves == model.curves
        assert back.notes == model.notes
        assert back.parameters["third"].default == Fraction(1, 3)
        assert back.program == model.program
        np.testing.assert_array_equal(back().payoffs, model().payoffs)


def test_dictionaries_are_json_and_models_pickle():
    model = make()
    assert Model.from_dict(json.loads(json.dumps(model.to_dict()))) == model
    assert pickle.loads(pickle.dumps(model)) == model
    assert model != make(source="other")
    assert model != 3


awkward = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=60, deadline=None)
@given(awkward, awkward)
def test_any_words_survive_a_file(meaning, notes):
    model = make(
        notes=notes, parameters=[*make().parameters.values(), Parameter("e", 0, 0, 1, meaning)]
    )
    back = Model.from_toml(model.to_toml())
    assert back.notes == notes
    assert back.parameters["e"].meaning == meaning


def test_any_truncation_is_refused_or_a_model():
    text = make().to_toml()
    refused = 0
    for end in range(1, len(text) - 1, 7):
        try:
            Model.from_toml(text[:end] + "\n")
        except FormulaError as error:
            refused += 1
            assert "\n" not in str(error)  # noqa: PT017 - most lengths must be refused, none differently
    assert refused >= (len(text) - 2) // 7 - 1


def broken(**changes):
    document = make().to_dict() | changes
    return {k: v for k, v in document.items() if v is not ...}


def spoil_payoff(entry):
    document = make().to_dict()
    document["payoffs"]["M"][0][0] = entry
    return document


def spoil_parameter(**changes):
    document = make().to_dict()
    table = document["parameters"][0] | changes
    document["parameters"][0] = {k: v for k, v in table.items() if v is not ...}
    return document


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "no 'actions'"),
        ([], "table"),
        (None, "table"),
        (broken(name=...), "no 'name'"),
        (broken(name=3), "name"),
        (broken(payoffs=...), "no 'payoffs'"),
        (broken(payoffs=3), "int"),
        (broken(players=3), "players"),
        (broken(players=[1, 2]), "1"),
        (broken(actions=[["a"], 3]), "3"),
        (broken(actions={"M": 1, "A": 2}), "1"),
        (broken(parameters=3), "int"),
        (broken(parameters=["x"]), "str"),
        (broken(curves=[{"name": "c"}]), "no 'parameter'"),
        (broken(curves=[{"name": "c", "parameter": "stake", "value": 3}]), "value = 3"),
        (broken(extra=1), "'extra'"),
        (broken(title=[]), "title"),
        (spoil_payoff("__import__('os').system('true')"), "__import__"),
        (spoil_payoff("stake.real"), "stake.real"),
        (spoil_payoff("system(1)"), "system"),
        (spoil_payoff("9**9**9"), r"9\*\*9"),
        (spoil_payoff({"a": 1}), "no real number"),
        (spoil_payoff(True), "True"),
        (spoil_payoff([]), r"\[\]"),
        (spoil_parameter(name=...), "no 'name'"),
        (spoil_parameter(low=...), "no 'low'"),
        (spoil_parameter(low=2), "range"),
        (spoil_parameter(default="x" * 100), "no number"),
        (spoil_parameter(default="1e999999999"), "no number"),
        (spoil_parameter(default=[1]), r"\[1\]"),
        (spoil_parameter(name="count"), "count"),
        (spoil_parameter(minimum=0), "minimum"),
        (spoil_parameter(meaning=3), "meaning"),
    ],
)
def test_hostile_documents_are_refused_in_one_line(document, words):
    with pytest.raises(FormulaError, match=words) as caught:
        Model.from_dict(document)
    assert "\n" not in str(caught.value)


def test_hostile_files_are_refused_in_one_line(tmp_path):
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00name")
    huge = tmp_path / "huge.toml"
    huge.write_text("#" * 4_000_001)
    deep = "payoffs = " + "[" * 3000 + "\n"
    sources = [binary, huge, tmp_path, tmp_path / "absent.toml", "absent.toml", "name = \n", deep]
    sources += ["\n", "name = 'a'\nname = 'b'\n", "a" * 5000, "nul\0.toml"]
    for source in sources:
        with pytest.raises(FormulaError) as caught:
            Model.from_toml(source)
        assert "\n" not in str(caught.value)


# ---- seeing --------------------------------------------------------------------------------


def test_text_forms():
    model = make(title="Mixed <bag>")
    assert repr(model) == (
        "<Model mixed_bag: M (hedge, align), A (accommodate, pressure, leave); 3 parameters>"
    )
    assert repr(model.parameters["stake"]) == "Parameter('stake', 2, 0, 10)"
    assert str(model.parameters["third"]) == "third = 1/3 in [0, 1]"
    page = model._repr_html_()
    assert "Mixed &lt;bag&gt;" in page
    assert "share escaped" in page


def test_latex():
    text = make().latex()
    assert make().to_latex() == text
    assert r"u_{\text{M}}(\cdot, \cdot) &= \begin{pmatrix}" in text
    assert r"\mu" in text
    assert "immunity" not in text
    assert text.count(r"\begin{aligned}") == text.count(r"\end{aligned}") == 1
    assert text.count("{") == text.count("}")
    three = Model(
        "three",
        players=("M", "A", "B"),
        actions=(("h", "a_1"), ("x", "y"), ("p", "q")),
        parameters=[],
        payoffs={p: [[[0, 1], [2, 3]], [[4, 5], [6, 7]]] for p in "MAB"},
    ).latex()
    assert three.count(r"\begin{pmatrix}") == 6
    assert r"\begin{pmatrix} 1 & 3 \\ 5 & 7 \end{pmatrix}" in three
    assert r"\begin{pmatrix} 1 \\ 0 \end{pmatrix}" in small("1").latex()


# -- ranges without their low end ------------------------------------------------------------------


def positive():
    cost = Parameter("cost", 0.1, 0, 0.5, open_low=True)
    pay = [["1 - cost", "0"], ["0", "1/cost"]]
    return Model(
        "positive",
        players=("A", "B"),
        actions=(("a", "b"), ("c", "d")),
        parameters=[cost],
        payoffs={"A": pay, "B": pay},
    )


def test_a_range_may_exclude_its_low_end():
    m = positive()
    assert m(cost=1e-300).batch_shape == m(cost=0.5).batch_shape == ()
    for value in (0, -0.1, 0.6, [0.1, 0.0]):
        with pytest.raises(ParameterError, match=r"\(0, 0\.5\]"):
            m(cost=value)
    assert str(m.parameters["cost"]) == "cost = 0.1 in (0, 0.5]"
    assert "(0, 0.5]" in m.latex()
    assert "(0, 0.5]" in m._repr_html_()


def test_an_excluded_low_end_survives_files():
    m = positive()
    assert "open_low = true" in m.to_toml()
    for other in (Model.from_toml(m.to_toml()), Model.from_dict(m.to_dict())):
        assert other == m
        assert other.parameters["cost"].open_low is True
    assert "open_low" not in make().to_toml()


def test_a_default_at_an_excluded_end_is_refused():
    with pytest.raises(ParameterError, match="low < default"):
        Parameter("cost", 0, 0, 1, open_low=True)
    with pytest.raises(HedgingTypeError, match="True or False"):
        Parameter("cost", 1, 0, 1, open_low="yes")


def test_unknown_names_are_answered_in_one_short_line():
    m = hg.catalogue["triadic_hedging"]
    with pytest.raises(UnknownNameError, match=r"\.\.\.; see model\.parameters") as caught:
        m(qqqq=1)
    assert len(str(caught.value)) < 200
    with pytest.raises(UnknownNameError, match=r"did you mean 'coercion_[ab]' or 'coercion_[ab]'"):
        m(coercion=1)


def test_pickled_models_are_equal():
    m = hg.catalogue["triadic_hedging"]
    assert pickle.loads(pickle.dumps(m)) == m


def test_the_payoffs_of_a_model_make_a_model():
    first = Model(
        "first",
        players=("A", "B"),
        actions=(("x", "y"), ("x", "y", "z")),
        parameters=[Parameter("s", 1, 0, 2)],
        payoffs={p: [["s", "0", "s**2"], ["1", "2*s", "3"]] for p in "AB"},
    )
    rest = {k: getattr(first, k) for k in ("players", "actions", "payoffs")}
    again = Model("first", parameters=list(first.parameters.values()), **rest)
    assert again == first
