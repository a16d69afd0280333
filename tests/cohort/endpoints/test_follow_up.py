"""Follow-up: one time of two columns, and times that cannot be."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme import DeepCMEError
from tests.cohort.endpoints.horizon import labelled_at

BOTH = "days_to_death,days_to_last_follow_up"


def clinical(death, follow_up, status, **others):
    columns = {
        "days_to_death": death,
        "days_to_last_follow_up": follow_up,
        "vital_status": status,
        **others,
    }
    return pd.DataFrame(columns, index=[f"S{i}" for i in range(len(status))], dtype=object)


def labels_of(table, time=BOTH, event="vital_status", horizon=1000):
    return labelled_at(table, time, event, horizon)


def test_two_columns_give_one_follow_up():
    table = clinical(
        ["400", "2000", None, None, None],
        ["380", None, "1500", "900", None],
        ["Dead", "Dead", "Alive", "Alive", "Alive"],
    )
    labelling = labels_of(table)
    np.testing.assert_array_equal(labelling.values, [1, 0, 0, np.nan, np.nan])
    assert labelling.notes() == [
        "1 samples without a known days_to_death or days_to_last_follow_up were left out.",
    ]
    assert labelling.left_out["censored before 1000"] == 1
    swapped = labels_of(table, "days_to_last_follow_up, days_to_death")
    pd.testing.assert_series_equal(swapped.values, labelling.values)


def test_a_death_before_the_last_follow_up_is_named_and_the_later_counts():
    table = clinical(
        ["300", "900", None, None],
        ["1200", "950", "1500", "1100"],
        ["Dead"] * 2 + ["Alive"] * 2,
    )
    labelling = labels_of(table)
    assert labelling.values.tolist() == [0, 1, 0, 0]
    [doubt] = labelling.doubts
    assert "2 samples (S0, S1) have times in days_to_death and days_to_last_follow_up" in doubt


def test_a_living_patient_with_a_time_of_death_is_named():
    n = 20
    table = clinical(
        ["300"] * 10 + ["40"] + [None] * 19,
        ["20"] * 10 + ["1200"] * n,
        ["Dead"] * 10 + ["Alive"] * n,
    )
    labelling = labels_of(table)
    assert labelling.values.tolist() == [1] * 10 + [0] * n
    assert any("(S10)" in doubt for doubt in labelling.doubts)


def test_a_relapse_before_the_last_follow_up_is_as_it_should_be():
    table = pd.DataFrame(
        {
            "days_to_relapse": ["300", "1500", None, None],
            "days_to_follow_up": ["1200", "2000", "1500", "800"],
            "relapse": ["1", "1", "0", "0"],
        },
        index=list("abcd"),
    )
    labelling = labels_of(table, "days_to_relapse,days_to_follow_up", "relapse")
    np.testing.assert_array_equal(labelling.values, [1, 0, 0, np.nan])
    assert not labelling.doubts


def test_a_follow_up_of_life_makes_no_death_of_a_relapse():
    table = pd.DataFrame(
        {
            "RELAPSE_MONTHS": ["12", "70", None, None],
            "OS_MONTHS": ["40", "90", "65", "80"],
            "RELAPSE_STATUS": ["1:Recurred", "1:Recurred", "0:DiseaseFree", "0:DiseaseFree"],
        },
        index=list("abcd"),
    )
    labelling = labels_of(table, "RELAPSE_MONTHS,OS_MONTHS", "RELAPSE_STATUS", 36)
    assert labelling.values.tolist() == [1, 0, 0, 0]
    assert not labelling.doubts


def test_an_event_of_unknown_time_came_after_the_last_follow_up():
    table = clinical(
        ["300", None, None, None], [None, "1200", "200", "1500"], ["Dead"] * 3 + ["Alive"]
    )
    labelling = labels_of(table)
    np.testing.assert_array_equal(labelling.values, [1, 0, np.nan, 0])
    assert labelling.left_out["censored before 1000"] == 1


def test_of_two_columns_that_all_have_the_later_counts():
    table = clinical(["300", "400"], ["200", "1400"], ["Dead", "Alive"])
    assert labels_of(table).values.tolist() == [1, 0]


def test_two_whole_times_of_one_event_are_named():
    table = pd.DataFrame(
        {
            "RFS_MONTHS": ["12.5", "70", "30", "90"],
            "OS_MONTHS": ["40", "70", "30", "95"],
            "RFS_STATUS": ["1:Recurred", "0:Not Recurred", "1:Recurred", "0:Not Recurred"],
        },
        index=list("abcd"),
    )
    labelling = labels_of(table, "RFS_MONTHS,OS_MONTHS", "RFS_STATUS", 36)
    assert labelling.values.tolist() == [0, 0, 1, 0]
    [doubt] = labelling.doubts
    assert "1 sample (a) have times in RFS_MONTHS and OS_MONTHS" in doubt
    assert "an event at two times" in doubt
    assert labels_of(table, "RFS_MONTHS", "RFS_STATUS", 36).values["a"] == 1


def test_a_time_of_the_event_without_it_is_named_and_changes_nothing_for_the_others():
    table = pd.DataFrame(
        {
            "days_to_relapse": ["300", "1500", "70", None, None, None],
            "days_to_follow_up": ["1200", "2000", "1500", "1800", "1700", "1600"],
            "relapse": ["1", "1", "0", "0", "0", "0"],
        },
        index=list("abcdef"),
    )
    labelling = labels_of(table, "days_to_relapse,days_to_follow_up", "relapse")
    assert labelling.values.tolist() == [1, 0, 0, 0, 0, 0]
    [doubt] = labelling.doubts
    assert "1 sample (c) have times" in doubt


def test_records_of_two_columns_stay_together():
    table = clinical(
        ["NA | NA", "500"], ["200 | 1300", "100 | 300 | NA"], ["Alive", "Dead | Dead | Dead"]
    )
    assert labels_of(table).values.tolist() == [0, 1]


@pytest.mark.parametrize("cell", ["-7", "soon", "inf", "-inf", "60000", "1e300", "1.2.3"])
def test_an_impossible_time_leaves_the_patient_out_by_name(cell):
    table = clinical(
        ["400", cell, None, None], [None, "9", "1500", cell], ["Dead"] * 2 + ["Alive"] * 2
    )
    labelling = labels_of(table)
    np.testing.assert_array_equal(labelling.values, [1, np.nan, 0, np.nan])
    assert labelling.notes() == [
        f"Warning: 2 samples with an impossible time (S1: days_to_death {cell}, S3: "
        f"days_to_last_follow_up {cell}) were left out."
    ]


def test_an_impossible_time_among_records_leaves_the_patient_out():
    table = pd.DataFrame({"t": ["5 | -7", "9", "3"], "e": ["0 | 1", "0", "1"]}, list("abc"))
    labelling = labels_of(table, "t", "e", 4)
    np.testing.assert_array_equal(labelling.values, [np.nan, 0, 1])


def test_a_column_of_something_else_is_refused():
    table = clinical(["stage II", "stage I"], ["x", "y"], ["Dead", "Alive"])
    with pytest.raises(
        DeepCMEError, match="S0: days_to_death is 'stage II', which is not a len"
    ):
        labels_of(table, "days_to_death")


@pytest.mark.parametrize(
    ("given", "other", "word"),
    [
        ("days_to_death", "days_to_last_follow_up", "without"),
        ("days_to_last_follow_up", "days_to_death", "with"),
    ],
)
def test_one_of_a_pair_is_refused_and_the_other_named(given, other, word):
    table = clinical(
        ["400", "2000", None, None], [None, None, "1500", "900"], ["Dead"] * 2 + ["Alive"] * 2
    )
    with pytest.raises(DeepCMEError) as refused:
        labels_of(table, given)
    assert str(refused.value) == (
        f"None of the 2 samples {word} the event by vital_status has a known {given}, and all "
        f"others of them would be lost: {other!r} has times of them: give both, as --time "
        f"{given},{other}."
    )


def test_the_other_column_may_have_records_and_stand_in_several_files():
    table = clinical(
        ["400", "2000", None, None],
        [None, None, "NA | 1500", None],
        ["Dead"] * 2 + ["Alive"] * 2,
        age_at_follow_up_years=["0"] * 4,
        **{"days_to_last_follow_up (b.tsv)": [None, None, None, "900"]},
    )
    with pytest.raises(DeepCMEError, match="'days_to_last_follow_up' has times of them"):
        labels_of(table, "days_to_death")


def test_events_without_a_time_are_named_with_what_they_do():
    table = clinical(
        ["400", "300", "200", None, None],
        ["2000", None, None, "1500", "1700"],
        ["Dead"] * 3 + ["Alive"] * 2,
    )
    [doubt] = labels_of(table, "days_to_last_follow_up").doubts
    assert doubt.startswith("2 samples (S1, S2) with the event by vital_status and no known ")
    assert "the risk is understated" in doubt


def test_a_time_that_hardly_one_of_the_living_has_is_refused():
    n = 30
    table = clinical(
        ["400"] * n + ["2000"] + [None] * (n - 1),
        [None] * n + ["1500"] * n,
        ["Dead"] * n + ["Alive"] * n,
    )
    with pytest.raises(DeepCMEError, match="1 of the 30 samples without the event"):
        labels_of(table, "days_to_death")


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("days_to_death,days", "no clinical column 'days'"),
        ("days_to_death,days_to_death", "one column or two"),
        ("a,b,c", "one column or two"),
        ("days_to_death,OS_MONTHS", "days_to_death and OS_MONTHS are of different units"),
        ("days_to_death,", "no clinical column ''"),
    ],
)
def test_columns_that_are_none(time, said):
    table = clinical(["400", None], [None, "1500"], ["Dead", "Alive"], OS_MONTHS=["13", "49"])
    with pytest.raises(DeepCMEError, match=said):
        labels_of(table, time)


def test_a_name_may_hold_a_comma():
    table = clinical(["1"], ["2"], ["Alive"], **{"time, days": ["1500"]})
    table.loc["S1"] = [None, None, "Dead", "3"]
    assert labels_of(table, "time, days").values.tolist() == [0, 1]


TIMES = st.one_of(
    st.none(), st.integers(-10, 4000).map(str), st.sampled_from(["x", "nan", "1e999", " 7 "])
)


@given(st.lists(st.tuples(TIMES, TIMES, st.sampled_from(["Dead", "Alive", None])), min_size=1))
def test_any_times_give_a_label_or_a_reason(rows):
    death, follow_up, status = zip(*rows, strict=True)
    table = clinical(death, follow_up, status)
    try:
        labelling = labels_of(table)
    except DeepCMEError:
        return
    assert labelling.values.isna().sum() == sum(labelling.left_out.values())
