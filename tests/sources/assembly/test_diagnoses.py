"""Of several diagnoses of a patient the primary one counts, whatever form they come in."""

import json

import pandas as pd
import pytest

from deepcme.cohort.endpoints.m_stage import pathologic_m1
from deepcme.cohort.endpoints.metastasis import any_distant_metastasis
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.assembly.diagnoses import one_row_per_patient
from deepcme.sources.gdc.cases import read_cases

PRIOR = {"classification_of_tumor": "Prior primary", "ajcc_pathologic_m": "M0"}
PRIMARY = {"classification_of_tumor": "primary", "ajcc_pathologic_m": "M1"}
DISEASE = {"diagnosis_is_primary_disease": True, "ajcc_pathologic_m": "M1"}
NOT_THE_DISEASE = {"diagnosis_is_primary_disease": False, "ajcc_pathologic_m": "M0"}
FLAG_YES, FLAG_NO = ({"diagnosis_is_primary_disease": word} for word in ("Yes", "No"))
METASTASIS = {"classification_of_tumor": "metastasis", "ajcc_pathologic_m": "M0"}
UNMARKED = {"classification_of_tumor": "not reported", "ajcc_pathologic_m": "M0"}
FIELDS = (
    "classification_of_tumor",
    "diagnosis_is_primary_disease",
    "ajcc_pathologic_m",
    "days_to_diagnosis",
)


def as_cases(folder, diagnoses):
    path = folder / "cases.json"
    path.write_text(json.dumps([{"submitter_id": "P1", "diagnoses": diagnoses}]))
    return read_cases(path).rows


def as_table(folder, diagnoses, patient="case_submitter_id", prefix=""):
    """Each diagnosis twice, as one row per treatment."""
    header = [patient, *(prefix + field for field in FIELDS), "treatment_type"]
    lines = ["\t".join(header)]
    for diagnosis in diagnoses:
        cells = [str(diagnosis.get(field, "'--")) for field in FIELDS]
        lines += ["\t".join(["P1", *cells, kind]) for kind in ("Radiation", "Surgery")]
    path = folder / "clinical.tsv"
    path.write_text("\n".join(lines) + "\n")
    return read_clinical(path).rows


def as_table_of_today(folder, diagnoses):
    return as_table(folder, diagnoses, "cases.submitter_id", "diagnoses.")


@pytest.mark.parametrize("form", [as_cases, as_table, as_table_of_today])
@pytest.mark.parametrize(
    ("diagnoses", "m1", "distant"),
    [
        ([PRIOR, PRIMARY], 1, 1),
        ([PRIMARY, PRIOR], 1, 1),
        ([NOT_THE_DISEASE, DISEASE], 1, 1),
        ([{**NOT_THE_DISEASE, **FLAG_NO}, {**DISEASE, **FLAG_YES}], 1, 1),
        ([UNMARKED, PRIMARY], 1, 1),
        ([UNMARKED, METASTASIS], 0, 1),
        ([METASTASIS], None, 1),
        ([PRIOR], None, 0),
        ([UNMARKED], 0, 0),
        ([{**PRIMARY, "days_to_diagnosis": 400}, {**UNMARKED, "days_to_diagnosis": 0}], 1, 1),
        ([{**PRIMARY, "days_to_diagnosis": 0}, {**METASTASIS, "days_to_diagnosis": -9}], 1, 1),
        ([{**UNMARKED, "days_to_diagnosis": -9}, {"ajcc_pathologic_m": "M1"}], 1, 1),
        ([PRIMARY, {**PRIMARY, "ajcc_pathologic_m": "MX"}], 1, 1),
        ([PRIMARY, {**PRIMARY, "ajcc_pathologic_m": "M0"}], None, 1),
    ],
)
def test_cases_and_tables_give_the_same_labels(tmp_path, form, diagnoses, m1, distant):
    rows = form(tmp_path, diagnoses)
    assert pathologic_m1(rows).values.map({1: 1, 0: 0}).tolist() == pytest.approx(
        [float("nan") if m1 is None else m1], nan_ok=True
    )
    assert any_distant_metastasis(rows).values.tolist() == [distant]


def test_two_primary_diagnoses_that_differ_are_named(tmp_path):
    rows = as_table(tmp_path, [PRIMARY, {**PRIMARY, "ajcc_pathologic_m": "M0"}])
    assert pathologic_m1(rows).notes() == [
        "Warning: 1 samples with M0 beside M1 in ajcc_pathologic_m (P1) were left out."
    ]


def test_follow_ups_in_the_same_table_keep_their_records():
    rows = pd.DataFrame(
        {
            "classification_of_tumor": ["primary", "Prior primary", None, None],
            "ajcc_pathologic_m": ["M0", "M1", None, None],
            "days_to_follow_up": [None, None, 100, 300],
            "progression_or_recurrence": [None, None, "no", "yes"],
            "progression_or_recurrence_type": [None, None, None, "Distant"],
        },
        index=["P1"] * 4,
        dtype=object,
    )
    one = one_row_per_patient(rows).loc["P1"]
    assert one["ajcc_pathologic_m"] == "M0"
    assert one["days_to_follow_up"] == "NA | 100 | 300"
    assert one["progression_or_recurrence"] == "NA | no | yes"
    assert one["distant_metastasis_recorded"] == "yes"


def test_a_table_without_diagnoses_says_nothing_of_distant_metastasis():
    rows = pd.DataFrame({"age": [50, 60]}, index=["P1", "P2"])
    pd.testing.assert_frame_equal(one_row_per_patient(rows), rows)


def test_todays_headers_lose_the_part_before_the_dot_where_that_is_plain(tmp_path):
    path = tmp_path / "clinical.tsv"
    header = (
        "cases.submitter_id\tdiagnoses.submitter_id\ttreatments.submitter_id\t"
        "diagnoses.residual_disease\tpathology_details.residual_disease\tdemographic.race"
    )
    path.write_text(f"{header}\nP1\td1\tt1\tR0\tR1\twhite\n")
    rows = read_clinical(path).rows
    assert rows.index.tolist() == ["P1"]
    assert rows.columns.tolist() == [
        "diagnoses.submitter_id",
        "treatments.submitter_id",
        "diagnoses.residual_disease",
        "pathology_details.residual_disease",
        "race",
    ]
