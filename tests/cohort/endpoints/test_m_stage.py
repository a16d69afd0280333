"""The M stage is read in the words of the portals, and a word that is none is named."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.endpoints.m_stage import m_stage, pathologic_m1


def clinical(**columns):
    n = len(next(iter(columns.values())))
    index = [f"S{i}" for i in range(n)]
    return pd.DataFrame(columns, index=index, dtype=object)


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


@pytest.mark.parametrize(
    ("words", "stages"),
    [
        (["1", "0", "x", None], ["M1", "M0", "MX", None]),
        ([1.0, 0.0, None, None], ["M1", "M0", None, None]),
        (["M+", "M-", "pM (+)", "1b"], ["M1", "M0", "M1", "M1"]),
        (["M0", "1", "T2 N0 M1", "pM1a"], ["M0", "M1", "M1", "M1"]),
    ],
)
def test_short_forms_of_the_stage(words, stages):
    found = m_stage(clinical(ajcc_pathologic_m=words))
    assert found.where(found.notna(), None).tolist() == stages


def test_words_that_are_no_stage_are_named():
    labelling = pathologic_m1(
        clinical(ajcc_pathologic_m=["M1", "M0", "positive", "Not Reported"])
    )
    assert labelling.notes()[-1] == (
        "Warning: 1 records of ajcc_pathologic_m name no M stage (positive) and count as "
        "unknown: write M0, M1 or MX."
    )


def test_numbers_that_are_codes_of_something_else_are_no_stage():
    labelling = pathologic_m1(clinical(m_stage=["1", "2", "9", "M0", "M1"]))
    np.testing.assert_array_equal(labelling.values, [np.nan, np.nan, np.nan, 0, 1])
    assert "3 records of m_stage name no M stage (1, 2, 9)" in labelling.notes()[-1]
