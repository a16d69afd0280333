"""Endpoints give 1, 0 or unknown, and count the unknown by reason."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.endpoints.endpoints import binary_column
from tests.cohort.endpoints.horizon import labelled_at


def clinical(**columns):
    n = len(next(iter(columns.values())))
    index = [f"S{i}" for i in range(n)]
    return pd.DataFrame(columns, index=index, dtype=object)


def test_the_censored_and_the_unknown_are_counted():
    table = clinical(
        months=["10", "70", "20", None, "80"],
        status=["1:DECEASED", "0:LIVING", "0:LIVING", "1:DECEASED", None],
    )
    labelling = labelled_at(table, "months", "status", 60)
    np.testing.assert_array_equal(labelling.values, [1, 0, np.nan, np.nan, np.nan])
    assert labelling.notes() == [
        "1 samples without a known months were left out.",
        "1 samples without a known status were left out.",
        "Warning: 1 sample (S3) with the event by status and no known months: left out, so "
        "that the risk is understated; give a column with their time as well, as --time A,B.",
    ]
    assert labelling.left_out["censored before 60"] == 1


@pytest.mark.parametrize(
    "words",
    [
        ("1", "0"),
        ("yes", "no"),
        ("Dead", "Alive"),
        ("1:Recurred/Progressed", "0:DiseaseFree"),
        ("1:PROGRESSION", "0:CENSORED"),
        ("Died of Disease", "Living"),
    ],
)
def test_events_in_any_words(words):
    labelling = labelled_at(clinical(t=[1, 9], e=list(words)), "t", "e", 5)
    assert labelling.values.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("table", "match"),
    [
        (clinical(t=["-1"], e=["1"]), "sample S0: t is '-1', which is not a length of time"),
        (clinical(t=["soon"], e=["1"]), "sample S0: t is 'soon'"),
        (clinical(t=["inf"], e=["1"]), "sample S0: t is 'inf'"),
        (clinical(t=["1"], e=["maybe"]), "sample S0: e is 'maybe'"),
        (clinical(t=["1"]), "no clinical column 'e'; there are t"),
    ],
)
def test_times_and_events_that_are_none(table, match):
    with pytest.raises(DeepCMEError, match=match):
        labelled_at(table, "t", "e", 5)


@pytest.mark.parametrize("horizon", [0, -1, float("nan")])
def test_a_horizon_is_positive(horizon):
    with pytest.raises(DeepCMEError, match="horizon must be greater than 0"):
        labelled_at(clinical(t=[1], e=[1]), "t", "e", horizon)


def test_a_column_of_yes_and_no():
    labelling = binary_column(clinical(relapse=["yes", "NO", " 1.0", None]), "relapse")
    np.testing.assert_array_equal(labelling.values, [1, 0, 1, np.nan])
    with pytest.raises(DeepCMEError, match="the label 'age' is not binary: it holds 40"):
        binary_column(clinical(age=[40]), "age")


def test_records_of_a_column_that_agree_are_one_and_others_are_named():
    table = clinical(relapse=["1 | 1", "NA | no", "yes | no", "unknown", "0 | 1"])
    labelling = binary_column(table, "relapse")
    np.testing.assert_array_equal(labelling.values, [1, 0, np.nan, np.nan, np.nan])
    assert labelling.notes() == [
        "1 samples with a blank relapse were left out.",
        "Warning: 2 samples with 1 beside 0 in relapse (S2, S4) were left out.",
    ]


@pytest.mark.parametrize(
    ("time", "event", "label"),
    [
        ("10 | 90", "0 | 1", 0),  # the event comes after the horizon
        ("10 | 40", "0 | 1", 1),
        ("90 | 40 | 30", "1 | 1 | 0", 1),  # the first event
        ("10 | 90", "0", 0),  # the longest follow-up
        ("90 | 10", "0 | NA", 0),
        ("90 | 10", "NA | 0", None),  # a record without a status says nothing
        ("NA | 20", "1 | 0", None),  # nor does one without a time
        ("10 | 20 | 90", "0 | 1", None),  # records that do not pair
    ],
)
def test_time_and_event_of_a_record_belong_together(time, event, label):
    labelling = labelled_at(clinical(t=[time], e=[event]), "t", "e", 60)
    np.testing.assert_array_equal(labelling.values, [np.nan if label is None else label])


def test_records_that_do_not_pair_are_named():
    labelling = labelled_at(clinical(t=["1 | 2 | 9"], e=["0 | 1"]), "t", "e", 5)
    assert labelling.notes() == [
        "Warning: 1 samples whose records of t and e do not pair (S0) were left out."
    ]


@pytest.mark.parametrize("lost", ["0", "1"])
def test_a_time_that_only_one_status_has_is_refused(lost):
    table = clinical(
        t=[None if event == lost else "5" for event in "0101"], e=["0", "1", "0", "1"]
    )
    word = "with" if lost == "1" else "without"
    with pytest.raises(
        DeepCMEError, match=f"None of the 2 samples {word} the event by e has a known t"
    ):
        labelled_at(table, "t", "e", 60)


def test_a_label_that_two_files_bring_is_read_in_both_and_conflicts_are_named():
    table = clinical(
        relapse=["1", "0", "1", None, None], **{"relapse (b.tsv)": ["1", None, "no", "1", None]}
    )
    labelling = binary_column(table, "relapse")
    np.testing.assert_array_equal(labelling.values, [1, 0, np.nan, 1, np.nan])
    assert labelling.columns == ("relapse", "relapse (b.tsv)")
    assert labelling.notes() == [
        "1 samples with a blank relapse were left out.",
        "Warning: 1 samples with 1 beside 0 in relapse, relapse (b.tsv) (S2) were left out.",
    ]


def test_a_name_with_its_unit_is_another_column():
    table = clinical(relapse=["1", "0"], **{"relapse (months)": ["12", "40"]})
    assert binary_column(table, "relapse").columns == ("relapse",)


def test_times_and_events_of_two_files_are_read_in_both():
    table = clinical(
        t=["90", "10", "10", "40", "90"],
        e=["0", "0", None, "1", "1"],
        **{"t (b.tsv)": ["10", "90", "70", "90", None], "e (b.tsv)": ["0", "0", "0", "0", "1"]},
    )
    labelling = labelled_at(table, "t", "e", 60)
    np.testing.assert_array_equal(labelling.values, [0, 0, 0, np.nan, 0])
    assert labelling.notes() == [
        "Warning: 1 samples with different e or t in several files (S3) were left out."
    ]


def test_a_column_is_found_in_another_spelling_if_only_one_is_like_it():
    table = clinical(**{"Relapse ": ["1", "0"], "T": ["1", "9"], "E": ["1", "0"]})
    assert binary_column(table, "relapse").values.tolist() == [1, 0]
    assert labelled_at(table, "t", "e", 5).values.tolist() == [1, 0]


def test_columns_that_differ_in_case_alone_are_doubtful_where_their_values_differ():
    table = clinical(met=["1", "0"], MET=["0", "0"])
    assert binary_column(table, "met").notes() == [
        "Warning: 'met' was read, and not 'MET', which differs from it in its values too: "
        "leave out the column that is not meant."
    ]
    assert not binary_column(clinical(met=["1", "0"], MET=["1", "0"]), "met").notes()
    with pytest.raises(DeepCMEError, match="no clinical column 'Met'; there are met, MET"):
        binary_column(table, "Met")
