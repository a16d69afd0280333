"""Times are shown in a unit that reads well, with round numbers on the axis."""

import pytest

from deepcme.base.time_scale import TimeScale


def test_days_are_shown_in_years_from_two_years_on():
    scale = TimeScale.of("days", 5000)
    assert scale.unit == "years"
    assert scale.describe(1826.25) == "5 years"
    assert scale.describe(365.25) == "1 year"
    assert scale.describe(500) == "1.369 years"
    assert TimeScale.of("days", 400).describe(90) == "90 days"


@pytest.mark.parametrize("unit", ["months", "years"])
def test_other_units_stay_as_they_are(unit):
    scale = TimeScale.of(unit, 120)
    assert scale.describe(60) == f"60 {unit}"


@pytest.mark.parametrize(
    ("unit", "longest", "ticks"),
    [
        ("days", 12 * 365.25, [0, 2, 4, 6, 8, 10, 12]),
        ("days", 300, [0, 50, 100, 150, 200, 250, 300]),
        ("months", 66, [0, 12, 24, 36, 48, 60]),
        ("months", 11, [0, 2, 4, 6, 8, 10]),
        ("years", 3, [0, 0.5, 1, 1.5, 2, 2.5, 3]),
        ("years", 0.05, [0, 0.01, 0.02, 0.03, 0.04, 0.05]),
    ],
)
def test_an_axis_has_at_most_seven_round_ticks(unit, longest, ticks):
    assert TimeScale.of(unit, longest).ticks(longest) == pytest.approx(ticks)


def test_a_cohort_whose_unit_is_not_known_has_times_alone():
    assert TimeScale.of("", 10).describe(5) == "5"
