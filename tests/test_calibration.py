"""The calibration table: complete, consistent, and clear about what it does not hold."""

import csv
from pathlib import Path

import numpy as np
import pytest

import hedging.calibration
from hedging.calibration import cases
from hedging.errors import HedgingTypeError, ParameterError, UnknownNameError
from hedging.families import catalogue

FOLDER = Path(hedging.calibration.__file__).parent


def test_shape_and_labels():
    table = cases.table()
    assert dict(table.sizes) == {"country": 14, "window": 4}
    assert list(cases.windows) == ["2000-2004", "2005-2009", "2010-2014", "2015-2019"]
    assert table.country.values.tolist() == list(cases.countries)
    assert all("long_name" in v.attrs and "units" in v.attrs for v in table.data_vars.values())
    assert cases.powers("KAZ") == ("Russia", "China")
    assert cases.powers("SGP") == ("United States", "China")


def test_relative_shares_and_values_follow_from_the_shares():
    t = cases.table()
    # Derived from unrounded shares, so the rounded columns agree to their last digit or so.
    arms = t.arms_share_a / (t.arms_share_a + t.arms_share_b)
    trade = t.trade_share_a / (t.trade_share_a + t.trade_share_b)
    value = 0.4 * t.arms_relative_a + 0.6 * t.trade_relative_a
    for computed, given, tolerance in (
        (arms, t.arms_relative_a, 0.02),
        (trade, t.trade_relative_a, 1e-4),
        (value, t.value_a, 1.01e-4),
        (1 - t.value_a, t.value_b, 1e-9),
    ):
        difference = np.abs((computed - given).values)
        assert np.nanmax(difference) <= tolerance
    # A value is there exactly where both of its parts are.
    both = t.arms_relative_a.notnull() & t.trade_relative_a.notnull()
    assert (both == t.value_a.notnull()).all()
    assert int(t.value_a.notnull().sum()) == 40


def test_figures_are_in_range():
    t = cases.table()
    for name in ("arms_share", "trade_share"):
        for side in "ab":
            assert float(t[f"{name}_{side}"].min()) >= 0
            assert float(t[f"{name}_{side}"].max()) <= 100
    for name in ("arms_relative_a", "trade_relative_a", "value_a", "value_b", "voting_lean_a"):
        assert float(t[name].min()) >= 0
        assert float(t[name].max()) <= 1
    assert set(np.unique(t.defense_pact_a)) <= {0, 1}
    assert float(t.trade_years.max()) == 5
    assert float(t.trade_censored_a.max()) <= 10


@pytest.mark.parametrize(
    ("country", "value_a"),
    [
        # Russia against China, then the United States against China; 2015-2019.
        *(("BLR", 0.9495), ("ARM", 0.8473), ("AZE", 0.7948), ("KAZ", 0.7567)),
        *(("KGZ", 0.6946), ("MNG", 0.5004)),
        *(("SGP", 0.6403), ("VNM", 0.6105), ("IDN", 0.4895), ("MYS", 0.3663)),
        *(("THA", 0.3490), ("PAK", 0.1950)),
    ],
)
def test_known_values(country, value_a):
    found = cases.parameters(country, "2015-2019")
    assert found == {"value_a": value_a, "value_b": pytest.approx(1 - value_a, abs=1e-9)}


def test_kazakhstan_over_time():
    values = [cases.parameters("KAZ", w)["value_a"] for w in cases.windows]
    assert values == [0.872, 0.7892, 0.697, 0.7567]


def test_every_case_fits_every_model_that_takes_it():
    table = cases.table()
    for name in ("triadic_hedging", "hedging_bimatrix"):
        for country in cases.countries:
            for window in cases.windows:
                if np.isfinite(table.value_a.sel(country=country, window=window)):
                    catalogue[name](**cases.parameters(country, window, model=name))


def test_a_model_can_be_given_itself():
    model = catalogue["hedging_bimatrix"]
    assert cases.parameters("KAZ", model=model) == {"value_a": 0.7567, "value_b": 0.2433}


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("KZA", "2015-2019"), UnknownNameError, "there are KAZ.*PAK"),
        (("Kazakhstan", "2015-2019"), UnknownNameError, "did you mean 'KAZ'"),
        (("XXX", "2015-2019"), UnknownNameError, "KAZ, KGZ"),
        (("KAZ", "2015-2020"), UnknownNameError, "2015-2019"),
        (("KAZ", 2015), UnknownNameError, "2000-2004"),
        ((None, "2015-2019"), UnknownNameError, "None"),
        (("UZB", "2015-2019"), ParameterError, "trade with A and B.*yourself"),
        (("KGZ", "2010-2014"), ParameterError, "arms deliveries.*2000-2004, 2005-2009, 2015-2019"),
        (("UZB", "2005-2009"), ParameterError, "arms deliveries of A and B and A's part of the"),
        (("KAZ", "2015-2019", "triadic"), UnknownNameError, "triadic_hedging"),
        (("KAZ", "2015-2019", "alliance_dilemma"), ParameterError, "triadic_hedging"),
        (("KAZ", "2015-2019", 3), HedgingTypeError, "catalogue"),
    ],
)
def test_errors_say_what_exists(arguments, error, words):
    with pytest.raises(error, match=words) as caught:
        cases.parameters(*arguments)
    assert "\n" not in str(caught.value)


def test_pandas_and_text_forms():
    frame = cases.table(pandas=True)
    assert frame.loc[("KAZ", "2015-2019"), "value_a"] == 0.7567
    assert frame.loc[("KAZ", "2015-2019"), "name"] == "Kazakhstan"
    assert repr(cases).startswith("<Cases: 14 countries")
    assert "0.76" in cases._repr_html_()


def test_sources_are_credited_where_the_figures_are():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in ("SIPRI", "WITS", "Voeten", "ATOP", "Correlates of War"):
        assert name in readme
        assert name in cases.table().attrs["source"]
    assert "modelling choice" in readme
    with (FOLDER / "table.csv").open(encoding="utf-8") as file:
        columns = next(csv.reader(file))
    assert all(
        f"`{c}`" in readme or c in {"country", "window"} or c.endswith("_b") for c in columns
    )


def test_tables_are_independent_copies():
    cases.table().value_a[:] = 0
    assert cases.parameters("KAZ")["value_a"] == 0.7567
    assert float(cases.table().value_a.max()) > 0
