"""Endpoints give 1, 0 or unknown, and count the unknown by reason."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.endpoints import (
    any_distant_metastasis,
    binary_column,
    event_within_horizon,
    horizon_endpoint,
    m_stage,
    pathologic_m1,
)


def clinical(**columns):
    n = len(next(iter(columns.values())))
    index = [f"S{i}" for i in range(n)]
    return pd.DataFrame(columns, index=index, dtype=object)


def test_event_within_horizon():
    time = pd.Series([1.0, 5.0, 6.0, 6.0, 4.0, 5.0, np.nan])
    event = pd.Series([1, 1, 1, 0, 0, 0, 1])
    label = event_within_horizon(time, event, 5.0)
    # early event, event on the day, late event, followed past, censored before, followed to it
    np.testing.assert_array_equal(label, [1, 1, 0, 0, np.nan, 0, np.nan])


def test_the_censored_and_the_unknown_are_counted():
    table = clinical(
        months=["10", "70", "20", None, "80"],
        status=["1:DECEASED", "0:LIVING", "0:LIVING", "1:DECEASED", None],
    )
    labelling = horizon_endpoint(table, "months", "status", 60)
    np.testing.assert_array_equal(labelling.values, [1, 0, np.nan, np.nan, np.nan])
    assert labelling.notes() == [
        "2 samples without a known months and status were left out.",
        "1 samples censored before 60 were left out.",
    ]
    assert "status within 60 (the unit of months) = 1" in labelling.rule


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
    labelling = horizon_endpoint(clinical(t=[1, 9], e=list(words)), "t", "e", 5)
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
        horizon_endpoint(table, "t", "e", 5)


@pytest.mark.parametrize("horizon", [0, -1, float("nan")])
def test_a_horizon_is_positive(horizon):
    with pytest.raises(DeepCMEError, match="horizon must be greater than 0"):
        horizon_endpoint(clinical(t=[1], e=[1]), "t", "e", horizon)


@pytest.mark.parametrize(
    "column",
    [
        "ajcc_metastasis_pathologic_pm",
        "PATH_M_STAGE",
        "ajcc_pathologic_m.diagnoses",
        "pathologic_M",
    ],
)
def test_m1_against_m0(column):
    table = clinical(**{column: ["M1", "M0", "MX", None, "cM0 (i+)", "M1a", "CM0 (I+)"]})
    labelling = pathologic_m1(table)
    np.testing.assert_array_equal(labelling.values, [1, 0, np.nan, np.nan, 0, 1, 0])
    assert labelling.left_out == {
        "with the pathologic stage MX": 1,
        "without a pathologic M stage": 1,
    }
    assert m_stage(table).fillna("").tolist() == ["M1", "M0", "MX", "", "M0", "M1", "M0"]


def test_m1_needs_its_column():
    with pytest.raises(DeepCMEError, match="No clinical column tells the pathologic M stage"):
        pathologic_m1(clinical(stage=["II"]))
    assert m_stage(clinical(stage=["II"])) is None


def test_any_record_of_a_distant_metastasis_counts():
    table = clinical(
        **{
            "ajcc_metastasis_pathologic_pm": ["M1", "M0", "M0", "M0", "MX", None],
            "metastasis_site": [None, "Bone|Liver", None, None, None, None],
            "metastatic_tumor_indicator": [None, None, "YES", "NO", None, None],
            "new_tumor_event_type (follow-up.txt)": [
                *[None, None, None, "Locoregional Recurrence|Distant Metastasis"],
                "Locoregional Recurrence",
                None,
            ],
        }
    )
    labelling = any_distant_metastasis(table)
    np.testing.assert_array_equal(labelling.values, [1, 1, 1, 1, 0, np.nan])
    assert labelling.left_out == {"without a clinical record": 1}
    assert "metastasis_site" in labelling.rule
    with pytest.raises(DeepCMEError, match="No clinical column tells metastasis"):
        any_distant_metastasis(clinical(age=[50]))


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
        "2 samples with 1 beside 0 in relapse (S2, S4) were left out.",
    ]


def test_a_known_m_stage_goes_before_mx_and_m0_beside_m1_is_named():
    table = clinical(
        ajcc_pathologic_m=["MX | M1", "M0 | M1", "MX | NA", "M0 | M0 (i+)", None],
        **{"ajcc_pathologic_m (second.txt)": [None, None, "M0", "M1", "M1a"]},
    )
    labelling = pathologic_m1(table)
    np.testing.assert_array_equal(labelling.values, [1, np.nan, 0, np.nan, 1])
    assert [why for why in labelling.left_out if "beside" in why] == [
        "with M0 beside M1 in ajcc_pathologic_m, ajcc_pathologic_m (second.txt) (S1, S3)"
    ]
    assert m_stage(table).tolist() == ["M1", "M0 and M1", "M0", "M0 and M1", "M1"]
    assert any_distant_metastasis(table).values.tolist() == [1, 1, 0, 1, 1]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("metastatic_tumor_indicator", ["NO | YES", "NO|YES", "NO | NA", "unknown | NO"]),
        ("metastasis_site", ["NA | Bone", "Bone|Liver", "none | NA", "No metastasis"]),
        (
            "new_tumor_event_type",
            ["NA | Distant Metastasis", "Local|Distant", "Local", "No distant metastasis | NA"],
        ),
    ],
)
def test_one_record_of_a_distant_metastasis_is_enough(column, cells):
    table = clinical(**{column: cells})
    assert any_distant_metastasis(table).values.tolist() == [1, 1, 0, 0]


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
    labelling = horizon_endpoint(clinical(t=[time], e=[event]), "t", "e", 60)
    np.testing.assert_array_equal(labelling.values, [np.nan if label is None else label])


def test_records_that_do_not_pair_are_named():
    labelling = horizon_endpoint(clinical(t=["1 | 2 | 9"], e=["0 | 1"]), "t", "e", 5)
    assert labelling.notes() == [
        "1 samples whose records of t and e do not pair (S0) were left out."
    ]


def test_an_impossible_time_among_records_names_the_sample():
    with pytest.raises(
        DeepCMEError, match="sample S0: t is '-7', which is not a length of time"
    ):
        horizon_endpoint(clinical(t=["5 | -7"], e=["0 | 1"]), "t", "e", 5)
