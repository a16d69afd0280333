"""One place decides which column names the patient, and which ids are one person."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.patients import (
    patient_column,
    patients_of,
    propose_patient_column,
    with_stated_patient,
)


def samples_with(**columns):
    n = len(next(iter(columns.values())))
    samples = [f"S{i}" for i in range(n)]
    table = pd.DataFrame({"patient": samples, "tissue": "unknown"}, index=samples)
    return table.assign(**columns)


@pytest.mark.parametrize(
    "name",
    ["Patient ID", "patientid", "patient no", "subject_id", "donor", "Case ID", "_PATIENT"],
)
def test_the_patients_column_in_any_spelling(name):
    assert patient_column(["age", name, "stage"], None, "x.tsv") == name


def test_a_whole_barcode_goes_before_its_last_part_and_a_name_before_a_uuid():
    columns = ["case_id", "patient_id", "bcr_patient_barcode", "case_submitter_id"]
    assert patient_column(columns, None, "x.tsv") == "bcr_patient_barcode"
    assert patient_column(columns[::3], None, "x.tsv") == "case_submitter_id"
    assert patient_column(["age", "stage"], None, "x.tsv") is None


def test_the_column_asked_for_must_be_there():
    assert patient_column(["Donor ID", "patient"], "donor_id", "x.tsv") == "Donor ID"
    with pytest.raises(
        DeepCMEError, match=r"x\.tsv: there is no column 'who'; it has age, sex"
    ):
        patient_column(["age", "sex"], "who", "x.tsv")


def test_spaces_do_not_make_two_people_and_words_for_nothing_make_none():
    notes = []
    column = pd.Series(["P1", "P1\u00a0", " P2", "unknown", None, "[Not Available]"])
    assert patients_of(list("abcdef"), column, notes, "who") == [
        "P1",
        "P1",
        "P2",
        "d",
        "e",
        "f",
    ]
    assert notes == [
        "Warning: 3 samples with a blank who count as their own patient, while others have "
        "several samples.",
        "1 spellings in who that differ by spaces or punctuation alone were taken for the same "
        "patient.",
    ]


def test_blank_patients_are_no_doubt_where_nobody_has_several_samples():
    notes = []
    patients_of(list("abc"), pd.Series(["P1", "P2", None]), notes, "who")
    assert notes == ["1 samples with a blank who count as their own patient."]


def test_ids_that_differ_in_case_alone_are_warned_about():
    notes = []
    assert patients_of(["a", "b"], pd.Series(["p1", "P1"]), notes, "who") == ["p1", "P1"]
    assert notes == [
        "Warning: ids in who that differ in case alone (P1 and p1) were taken for different "
        "patients."
    ]


def test_whole_numbers_stay_whole_beside_a_missing_one():
    assert patients_of(["a", "b"], pd.Series([7.0, np.nan]), [], "who") == ["7", "b"]


def test_the_users_column_names_the_patients():
    table = samples_with(**{"donor id": ["D1", "D1", "D2", None]})
    stated = with_stated_patient(table, "donor_id", [])
    assert stated["patient"].tolist() == ["D1", "D1", "D2", "S3"]
    with pytest.raises(
        DeepCMEError, match="there is no column 'mother'; it has patient, donor"
    ):
        with_stated_patient(table, "mother", [])


def test_the_end_of_a_barcode_is_its_patient():
    table = samples_with(patient_code=["A001", "A001"])
    table["patient"] = ["TCGA-A1-A001", "TCGA-B2-A001"]
    stated = with_stated_patient(table, "patient_code", [])
    assert stated["patient"].tolist() == ["TCGA-A1-A001", "TCGA-B2-A001"]


@pytest.mark.parametrize(
    "column",
    [
        {"biopsied person": ["ann", "ann", "bob", "bob", "eve", "eve"]},
        {"code": ["BC-01", "BC-01", "BC-02", "BC-02", "BC-03", "BC-03"]},
    ],
)
def test_a_column_that_may_name_the_patient_is_proposed(column):
    (name,) = column
    note = propose_patient_column(samples_with(**column))
    assert note.startswith(f"The column {name!r} has 3 values for 6 samples and may name")


@pytest.mark.parametrize(
    "column",
    [
        {"patient age": ["45", "45", "51", "51", "60", "60"]},
        {"stage": ["T1", "T1", "T2", "T2", "T1", "T2"]},
        {"case": ["case", "control"] * 3},
        {"code": [f"BC-{i}" for i in range(6)]},
    ],
)
def test_no_other_column_is_proposed(column):
    assert propose_patient_column(samples_with(**column)) is None


def test_nothing_is_proposed_where_patients_are_known():
    table = samples_with(code=["BC-01", "BC-01", "BC-02", "BC-02", "BC-03", "BC-03"])
    table["patient"] = list("aabbcc")
    assert propose_patient_column(table) is None
