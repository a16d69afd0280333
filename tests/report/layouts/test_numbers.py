"""An estimate stands with its interval in one cell, and reads back as what it was."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme.report.layouts.columns import Estimate, PValue
from deepcme.report.layouts.numbers import (
    choose_decimals,
    show_estimate,
    show_p_value,
    show_ranges,
)

NUMBER = st.floats(-50, 50, allow_nan=False)
ROWS = st.lists(st.tuples(NUMBER, st.floats(0, 20), st.floats(0, 20)), min_size=1, max_size=6)
CELL = re.compile(r"([+-]?[\d.]+)(%?) \(([+-]?[\d.]+)%? to ([+-]?[\d.]+)%?\)")


@given(ROWS, st.booleans(), st.booleans())
def test_every_cell_reads_back_within_rounding_and_its_ends_are_in_order(rows, signed, percent):
    table = pd.DataFrame(
        [(value, value - below, value + above) for value, below, above in rows],
        columns=["value", "ci_low", "ci_high"],
    )
    cells = Estimate("value", "Value", signed=signed, percent=percent).write(table)
    half = 0.5 * 10.0 ** -choose_decimals(table["ci_low"], table["ci_high"])
    for cell, numbers in zip(cells, table.to_numpy(), strict=True):
        value, sign, low, high = CELL.fullmatch(cell).groups()
        shown = np.array([value, low, high], dtype=float) / (100 if sign else 1)
        assert abs(shown - numbers).max() <= half * (1 + 1e-9)
        assert shown[1] <= shown[0] <= shown[2]
        assert (value[0] in "+-") == signed or numbers[0] < 0


def test_wide_intervals_have_two_decimals_and_narrow_ones_three():
    assert show_estimate(0.7581, 0.6802, 0.8299) == "0.76 (0.68 to 0.83)"
    assert show_estimate(0.7581, 0.7402, 0.7799) == "0.758 (0.740 to 0.780)"
    assert choose_decimals([0.55], [0.65]) == 2, "a tenth is wide, whatever is its last bit"
    assert choose_decimals([0.1, 0.2, 0.3], [0.15, 0.25, 0.9]) == 3, "the middle one decides"
    assert choose_decimals([np.nan], [np.nan]) == 3


def test_what_is_not_known_is_left_out():
    assert show_estimate(np.nan, 0.1, 0.2) == ""
    assert show_estimate(0.5, np.nan, np.nan) == "0.500"
    assert show_estimate(0.5, 0.2, np.inf) == "0.500"
    ranges = pd.DataFrame({"low": [0.1, np.nan], "high": [0.9, 0.2]})
    assert show_ranges(ranges, "low", "high") == ["0.10 to 0.90", ""]


@pytest.mark.parametrize(
    ("p", "shown"), [(0.04321, "0.043"), (1.0, "1.000"), (0.0004, "< 0.001"), (np.nan, "")]
)
def test_small_p_values_are_below_what_three_decimals_can_say(p, shown):
    assert show_p_value(p) == shown
    assert PValue("p", "p").write(pd.DataFrame({"p": [p]})) == [shown]


def test_a_p_of_reruns_has_the_interval_of_its_monte_carlo_error():
    column = PValue("p", "p", "low", "high")
    table = pd.DataFrame({"p": [0.02, np.nan], "low": 0.01, "high": 0.06})
    assert column.title == "p (95% Monte-Carlo)"
    assert column.write(table) == ["0.020 (0.010 to 0.060)", ""]
