"""The time to an event: its unit, its competing event, time 0, and what is doubtful."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.cohort.outcome import Endpoint


def clinical(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=[f"S{i}" for i in range(n)], dtype=object)


def read(table, **asked):
    return TimeToEvent(**{"time": "t_years", "event": "e", **asked}).label(table)


def ends(labelling):
    return dict(
        zip(labelling.times.index[labelling.known], labelling.outcome.ends, strict=True)
    )


def test_each_sample_has_a_time_and_what_ended_it():
    labelling = read(clinical(t_years=[1, 2.5, None], e=["1:Recurred", "0:DiseaseFree", "1"]))
    assert labelling.outcome.times.tolist() == [1, 2.5]
    assert labelling.outcome.ends.tolist() == [1, 0]
    assert labelling.known.tolist() == [True, True, False]
    assert labelling.outcome.endpoint == Endpoint(
        "Time to e by t_years, in years; followed without it = censored.",
        "time-to-event",
        {
            "without a known t_years": 1,
            "without a known e": 0,
            "without a known t_years and e": 0,
            "censored before any follow-up": 0,
        },
        ("t_years", "e"),
        unit="years",
    )


def test_a_horizon_stands_in_the_rule_and_beside_the_unit():
    endpoint = read(clinical(t_years=[1, 2], e=[1, 0]), horizon=1.5).outcome.endpoint
    assert (endpoint.unit, endpoint.horizon) == ("years", 1.5)
    assert endpoint.rule.endswith("The horizon is 1.5 years.")


@pytest.mark.parametrize("horizon", [0, -1, float("nan"), float("inf")])
def test_a_horizon_is_a_time(horizon):
    with pytest.raises(DeepCMEError, match="horizon must be greater than 0"):
        read(clinical(t_years=[1], e=[1]), horizon=horizon)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("time_days", "days"),
        ("days_to_death", "days"),
        ("overall_survival_days", "days"),
        ("OS.time", "days"),
        ("PFI.time", "days"),
        ("OS_MONTHS", "months"),
        ("Overall Survival (Months)", "months"),
        ("rfs_mo", "months"),
        ("drfs_even_time_years", "years"),
        ("t_yrs", "years"),
    ],
)
def test_the_unit_is_that_of_the_name(name, unit):
    table = clinical(**{name: [40, 12], "e": [1, 0]})
    assert read(table, time=name).outcome.endpoint.unit == unit


def test_a_unit_that_the_name_does_not_tell_is_asked_for():
    table = clinical(t=[50, 20], e=[1, 0])
    with pytest.raises(
        DeepCMEError, match=r"times in t are, the name does not say: .*--time-u"
    ):
        read(table, time="t")
    assert read(table, time="t", unit="months").outcome.endpoint.unit == "months"


@pytest.mark.parametrize(
    ("name", "times", "said"),
    [
        ("t_years", [70, 90, 3], "half of them are 70 years or more"),
        ("t_days", [3, 12, 30], "the longest is 30 days"),
        ("t_months", [800, 900, 700], "half of them are 800 months or more"),
        ("t_years", [36, 60, 12], "half of them are 36 years or more"),
    ],
)
def test_times_that_look_like_another_unit_are_refused_unless_the_unit_is_told(
    name, times, said
):
    table = clinical(**{name: times, "e": [1, 0, 1]})
    with pytest.raises(DeepCMEError, match=f"{said}.*tell the unit with --time-unit"):
        read(table, time=name)
    [doubt] = read(table, time=name, unit=name.removeprefix("t_")).doubts
    assert said in doubt


def test_a_unit_told_against_the_name_is_taken_and_doubted():
    labelling = read(clinical(t_months=[1, 2], e=[1, 0]), time="t_months", unit="years")
    assert labelling.outcome.endpoint.unit == "years"
    assert labelling.doubts == (
        "t_months were taken as years, as told by --time-unit, though the name says months.",
    )


def test_a_single_time_of_another_unit_is_impossible_and_named():
    labelling = read(clinical(t_years=["1", "2", "1826"], e=[1, 0, 1]))
    assert labelling.known.tolist() == [True, True, False]
    assert "with an impossible time (S2: t_years 1826)" in labelling.left_out


def test_time_0_is_kept_with_the_event_and_left_out_without():
    labelling = read(clinical(t_years=[0, 0, 3], e=[1, 0, 0]))
    assert ends(labelling) == {"S0": 1, "S2": 0}
    assert labelling.left_out["censored before any follow-up"] == 1
    [doubt] = labelling.doubts
    assert doubt.startswith("1 sample (S0) with an event at time 0")


def test_negative_times_are_left_out_and_named():
    labelling = read(clinical(t_years=["-1", "2", "3"], e=[1, 1, 0]))
    assert labelling.notes() == [
        "Warning: 1 samples with an impossible time (S0: t_years -1) were left out."
    ]


def test_a_death_without_the_event_before_is_the_competing_event():
    table = clinical(
        t_years=[1, 2, 3, 4], e=[1, 0, 0, 1], vital=["Dead", "1:DEAD", "Alive", None]
    )
    labelling = read(table, competing=("VITAL", "dead"))
    assert labelling.outcome.ends.tolist() == [1, 2, 0, 1]
    endpoint = labelling.outcome.endpoint
    assert endpoint.competing == "vital = dead"
    assert endpoint.columns == ("t_years", "e", "vital")
    assert "; vital = dead without it = the competing event." in endpoint.rule


def test_the_competing_event_may_stand_in_the_column_of_the_event():
    table = clinical(t_years=[1, 2, 3], e=["1", "2", "0"])
    with pytest.raises(DeepCMEError, match=r"sample S1: e is '2'.* or give --competing COL"):
        read(table)
    assert read(table, competing=("e", "2")).outcome.ends.tolist() == [1, 2, 0]


def test_an_event_that_is_called_its_own_competing_event_is_refused():
    table = clinical(t_years=[1, 2, 3], e=["1", "1", "0"])
    with pytest.raises(DeepCMEError, match="e = 1 leaves no sample with the event by e: "):
        read(table, competing=("e", "1"))


def test_a_competing_event_may_be_a_number():
    table = clinical(t_years=[1, 2, 3], e=[1, 0, 0], dead=[1.0, 1.0, 0.0])
    assert read(table, competing=("dead", "1")).outcome.ends.tolist() == [1, 2, 0]


def test_a_competing_event_that_nobody_has_is_refused():
    with pytest.raises(
        DeepCMEError, match=r"No sample has the competing event v = Dead; .*Alive"
    ):
        read(clinical(t_years=[1, 2], e=[1, 0], v=["Alive", None]), competing=("v", "Dead"))


@pytest.mark.parametrize(
    "name",
    ["entry_time", "days_to_enrollment", "delayed_entry", "left_truncation", "Entry (days)"],
)
def test_a_delayed_entry_is_said_not_to_be_taken_account_of(name):
    [doubt] = read(clinical(t_years=[1, 2], e=[1, 0], **{name: ["30", None]})).doubts
    assert f"{name} may hold when patients came under observation" in doubt
    assert "not taken account of" in doubt


@pytest.mark.parametrize("name", ["data_entry", "registration_center", "age", "t_entry"])
def test_other_columns_and_entries_at_the_start_are_none(name):
    values = ["0", None] if name == "t_entry" else ["3", "4"]
    assert not read(clinical(t_years=[1, 2], e=[1, 0], **{name: values})).doubts


def test_records_and_files_are_read_as_one():
    table = clinical(
        t_days=["100 | 300", "900", "500"],
        e=["0 | 1", "0", "1"],
        **{"t_days (b.tsv)": [None, "1200", "800"], "e (b.tsv)": [None, "0", "0"]},
    )
    labelling = read(table, time="t_days")
    np.testing.assert_array_equal(labelling.times, [300, 1200, np.nan])
    assert labelling.notes() == [
        "Warning: 1 samples with different e or t_days in several files (S2) were left out."
    ]


def test_times_in_days_of_a_column_called_years_are_refused_by_their_unit():
    with pytest.raises(DeepCMEError, match="half of them are 800 years or more"):
        read(clinical(t_years=[800, 1200, 3], e=[1, 0, 1]))
