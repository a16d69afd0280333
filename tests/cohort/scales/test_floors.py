"""The lowest value of logs is told from their distribution, and what it means."""

import numpy as np
import pytest

from deepcme.cohort.scales.floors import are_relative, describe_floor, describe_logs
from deepcme.cohort.scales.scales import absent_up_to
from tests.invented_values import gamma, logged, normal, standardised


@pytest.mark.parametrize(
    ("offset", "formula"),
    [
        (0.001, "log2(x + 0.001)"),
        (0.1, "log2(x + 0.1)"),
        (0.01, "log2(x + 0.01)"),
        (1e-5, "log2(x + 1e-05)"),
    ],
)
def test_the_offset_of_logs_is_read_from_their_floor(offset, formula):
    values = logged(offset)
    (note,) = describe_floor(values)
    assert f"of the values: {formula}, where it means not expressed." in note
    assert (
        describe_logs(values) == f"The values are {formula} already and are not logged again."
    )
    threshold = absent_up_to(values, "log2")
    assert threshold is not None
    np.testing.assert_array_equal(values > threshold, logged(1) > 0)


def test_logs_of_other_bases_and_unknown_offsets():
    values = gamma(0.5, 2000, zeros=0.2)
    assert "log10(x + 0.001)" in describe_logs(np.log10(values + 0.001))
    assert "log2(x + 0.25)" in describe_logs(np.log2(values + 0.25))
    assert "ln(x + 0.1)" in describe_logs(np.log(values + 0.1))
    assert "are logs already" in describe_logs(np.log2(values + 0.37))
    assert "of the values, which means not" in describe_floor(np.log2(values + 0.37))[0]
    assert "of the values, which means not" in describe_floor(np.log2(values + 16))[0]


@pytest.mark.parametrize("floor", [-1, -2, -3, -5])
def test_logs_cut_off_at_a_floor_are_of_no_formula(floor):
    """Their largest values, as log10 with such an offset, would be beyond any expression."""
    values = np.maximum(logged(1e-9, zeros=0.2) - 4, floor)
    (note,) = describe_floor(values)
    assert note.startswith(f"The lowest value, {floor}, is shared by ")
    assert "log10" not in note


def test_log2_of_x_plus_1_needs_no_note():
    assert describe_floor(logged(1)) == []
    assert absent_up_to(logged(1), "log2") == 0.0
    assert "log2(x + 1) already" in describe_logs(logged(1))


@pytest.mark.parametrize(
    "values",
    [
        normal(),
        normal(1.5, centre=8),
        np.clip(normal(), -2, 2),
        np.clip(normal(), -1, 1),
        np.maximum(standardised(logged()), -1),
        np.clip(standardised(logged(zeros=0.07)), -2, 2),
        np.maximum(logged() - np.median(logged(), axis=0), -2),
    ],
)
def test_ratios_and_clipped_values_have_no_floor(values):
    assert absent_up_to(values, "log2") is None
    assert describe_floor(values) == []


def test_one_value_below_the_floor_does_not_hide_it():
    values = logged(0.001)
    values[0, 0] = -15
    assert absent_up_to(values, "log2") == pytest.approx(np.log2(0.001), abs=0.01)


def test_ratios_are_relative_and_logs_with_one_negative_value_are_not():
    levels = normal(1.5, centre=8)
    levels[0, 0] = -0.7
    assert not are_relative(levels)
    assert are_relative(normal())
