"""A distant metastasis counts in whichever record and words it stands, unless denied."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.endpoints.metastasis import any_distant_metastasis


def clinical(**columns):
    n = len(next(iter(columns.values())))
    index = [f"S{i}" for i in range(n)]
    return pd.DataFrame(columns, index=index, dtype=object)


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


DENIED = [
    *("no", "None", "absent", "Negative", "0", "0.0", "false", "M0", "cM0 (i+)", "MX", "n"),
    *("never distant", "no evidence of distant metastasis", "distant metastasis absent"),
    *("Distant metastasis: no", "distant metastasis - none", "distant metastasis: negative"),
    *("Distant metastasis = 0", "distant metastasis not detected", "metastasis-free"),
    *("not metastatic", "non-metastatic", "Distant metastasis: unknown", "without metastasis"),
    *("distant metastasis ruled out", "absence of metastasis", "No|none", "negative; absent"),
]


@pytest.mark.parametrize("word", DENIED)
@pytest.mark.parametrize(
    "column", ["metastasis_site", "metastatic_tumor_indicator", "new_neoplasm_event_type"]
)
def test_a_metastasis_that_is_denied_is_none(column, word):
    table = clinical(**{column: [word]})
    assert any_distant_metastasis(table).values.tolist() == [0]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("metastasis_site", ["Bone", "Other, specify", "liver (not biopsied)", "yes", "M1"]),
        ("metastasis_site", ["Bone, no liver", "None|Bone", "no lung; brain", "1", "Nodes"]),
        ("metastatic_tumor_indicator", ["YES", "1", "present", "Positive", "Metastatic"]),
        ("distant_metastasis_recorded", ["true", "distant metastasis", "M1", "1.0", "y"]),
        ("new_neoplasm_event_type", ["Distant Metastasis", "Metastatic", "Bone metastasis"]),
        ("progression_or_recurrence_type", ["Distant", "Locoregional; distant", "Metastasis"]),
    ],
)
def test_a_metastasis_in_other_words(column, words):
    labels = any_distant_metastasis(clinical(**{column: words})).values
    assert labels.tolist() == [1] * len(words)


@pytest.mark.parametrize(
    "word",
    ["Locoregional Recurrence", "Regional lymph node metastasis", "New Primary Tumor", "Local"],
)
def test_an_event_nearby_is_no_distant_metastasis(word):
    assert any_distant_metastasis(clinical(new_tumor_event_type=[word])).values.tolist() == [0]


def test_m1_counts_in_every_column_of_the_stage():
    table = clinical(
        ajcc_pathologic_m=["M0", "MX", "M0 | M1", "M0", None],
        ajcc_clinical_m=["M1", "cM1", None, "M0", None],
    )
    labelling = any_distant_metastasis(table)
    np.testing.assert_array_equal(labelling.values, [1, 1, 1, 0, np.nan])
    assert labelling.columns == ("ajcc_pathologic_m", "ajcc_clinical_m")


def test_stage_iv_without_a_metastasis_on_record_is_named():
    table = clinical(
        ajcc_pathologic_m=["M1", "MX", "M0"],
        ajcc_pathologic_stage=["Stage IV", "Stage IV", "Stage IIIA"],
    )
    labelling = any_distant_metastasis(table)
    assert labelling.values.tolist() == [1, 0, 0]
    assert labelling.notes() == [
        "Warning: 1 samples of stage IV have no metastasis on record and are labelled 0 (S1): "
        "of tumours such as those of the breast, stage IV means M1."
    ]


def test_a_word_that_is_no_stage_is_named_here_too():
    labelling = any_distant_metastasis(clinical(ajcc_pathologic_m=["M1", "M0", "positive"]))
    assert "1 records of ajcc_pathologic_m name no M stage (positive)" in labelling.notes()[0]
