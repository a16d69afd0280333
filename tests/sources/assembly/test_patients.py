"""One place decides which column names the patient, and which ids are one person."""

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.assembly.patient_ids import patients_of
from deepcme.sources.assembly.patients import (
    may_name_people,
    patient_column,
    people_column,
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
    ["Patient ID", "patientid", "patient no", "subject_id", "donor", "Case ID", "_PATIENT",
     "unique patient identifier", "patient_label", "Pat_ID", "pt id", "MRN"],
)  # fmt: skip
def test_the_patients_column_in_any_spelling(name):
    assert patient_column(["age", name, "stage"]) == name


def test_a_whole_barcode_goes_before_its_last_part_and_a_name_before_a_uuid():
    columns = ["case_id", "patient_id", "bcr_patient_barcode", "case_submitter_id"]
    assert patient_column(columns) == "bcr_patient_barcode"
    assert patient_column(columns[::3]) == "case_submitter_id"
    assert patient_column(["age", "stage"]) is None


def test_a_column_of_controls_gives_way_to_one_of_people_and_is_said():
    notes = []
    table = pd.DataFrame({"subject": ["case", "control"] * 3, "donor id": list("aabbcc")})
    assert people_column(table, "x.tsv", notes) == "donor id"
    assert [note[:45] for note in notes] == ["x.tsv: the column 'subject' has 2 values for "]


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
        "Warning: 3 samples with a blank who ([Not Available], unknown) count as their own "
        "patient, while others have several samples.",
        "1 further spelling of ids in who ('P1\\xa0') was taken for the same patient.",
    ]


def test_blank_patients_are_no_doubt_where_nobody_has_several_samples():
    notes = []
    patients_of(list("abc"), pd.Series(["P1", "P2", None]), notes, "who")
    assert notes == ["1 sample with a blank who counts as its own patient."]


def test_ids_that_differ_in_case_alone_are_warned_about():
    notes = []
    assert patients_of(["a", "b"], pd.Series(["p1", "P1"]), notes, "who") == ["p1", "P1"]
    assert notes == [
        "Warning: ids in who that differ in case, punctuation or leading zeros alone (P1 and "
        "p1) were taken for different patients."
    ]


@pytest.mark.parametrize(
    ("word", "other"), [("P-1", "P\u20131"), ("P1", "P1."), ("7", "007"), ("1", "1.0")]
)
def test_and_so_are_ids_that_differ_in_punctuation_or_zeros(word, other):
    notes = []
    assert patients_of(["a", "b"], pd.Series([word, other]), notes, "who") == [word, other]
    assert notes[0].startswith("Warning: ids in who")


@pytest.mark.parametrize("cell", ["P1, P1", "P1;P1", "P1|P1", "P\u00ad1", "P1\u200e"])
def test_a_patient_that_a_cell_repeats_or_hyphenates_is_one(cell):
    assert patients_of(["a", "b"], pd.Series([cell, "P1"]), [], "who") == ["P1", "P1"]


@pytest.mark.parametrize(
    "word",
    ["None", "<NA>", "NaT", "#REF!", "#VALUE!", "(blank)", "-9", "\u2014", "no data",
     "missing: not collected", "withheld", "anonymized", "TBD"],
)  # fmt: skip
def test_words_for_nobody_are_not_one_person(word):
    notes = []
    assert patients_of(list("abc"), pd.Series([word, word, "P1"]), notes, "who") == [
        "a",
        "b",
        "P1",
    ]
    assert notes == [f"2 samples with a blank who ({word}) count as their own patient."]


def some_of_one(word, n):
    """Twenty samples, those of people unknown first, of two samples each."""
    return pd.Series([word] * n + [f"P{i // 2}" for i in range(20 - n)])


@pytest.mark.parametrize("word", ["0", "999", "control"])
def test_a_word_that_may_stand_for_nobody_is_warned_about_where_it_is_frequent(word):
    notes = []
    patients_of([f"S{i}" for i in range(20)], some_of_one(word, 8), notes, "who")
    (note,) = notes
    assert note.startswith(f"Warning: {word} in who has 8 of 20 samples, and no other id more")
    patients_of([f"S{i}" for i in range(20)], some_of_one(word, 4), notes, "who")
    assert len(notes) == 1


@pytest.mark.parametrize(
    "ids", [["1.23457E+11", "1.23458E+11", "P2"], [1e17, 1.00000000000001e17, 3e16]]
)
def test_ids_that_a_spreadsheet_shortened_are_warned_about(ids):
    notes = []
    patients_of(list("abc"), pd.Series(ids), notes, "who")
    assert notes[0].startswith("Warning: ")
    assert "seem to have lost digits in a spreadsheet" in notes[0]


def test_whole_long_ids_are_not():
    notes = []
    ids = ["123456789012345678", "123456789012345679", "223456789012345000"]
    patients_of(list("abc"), pd.Series(ids), notes, "who")
    assert notes == []


def test_whole_numbers_stay_whole_beside_a_missing_one():
    assert patients_of(["a", "b"], pd.Series([7.0, np.nan]), [], "who") == ["7", "b"]


def test_the_users_column_names_the_patients():
    table = samples_with(**{"donor id": ["D1", "D1", "D2", None]})
    stated = with_stated_patient(table, "donor_id", [])
    assert stated["patient"].tolist() == ["D1", "D1", "D2", "S3"]
    with pytest.raises(DeepCMEError, match=r"there is no column 'mother'; it has donor id\."):
        with_stated_patient(table, "mother", [])


def test_a_column_that_was_called_otherwise_when_joined_is_found():
    table = samples_with(**{"patient (characteristic)": ["P1", "P1", "P2"]})
    assert with_stated_patient(table, "patient", [])["patient"].tolist() == ["P1", "P1", "P2"]
    with pytest.raises(DeepCMEError, match=r"several are called 'patient': patient \(ch"):
        with_stated_patient(table.assign(**{"patient (a.tsv)": "P1"}), "patient", [])


def of_barcodes(*cells):
    """Samples of two people by their barcodes, two of each, and what a column says of them."""
    samples = [f"TCGA-A1-A00{i}-{kind}A" for i in (1, 2) for kind in ("01", "11")]
    patients = [sample[:12] for sample in samples]
    columns = {"patient": patients, "tissue": "unknown", "pid": list(cells)}
    return pd.DataFrame(columns, index=samples)


@pytest.mark.parametrize(
    "cells",
    [
        ("TCGA-A1-A001", "", "TCGA-A1-A002", None),
        ("A001", "TCGA-A1-A001", "TCGA.A1.A002", "a002"),
        ("TCGA-A1-A001-01A; TCGA-A1-A001-11A", "", "unknown", ""),
    ],
)
def test_what_barcodes_tell_is_kept_where_the_users_column_is_blank_or_shorter(cells):
    named = with_stated_patient(of_barcodes(*cells), "pid", [])["patient"]
    assert named.tolist() == ["TCGA-A1-A001"] * 2 + ["TCGA-A1-A002"] * 2


def test_a_blank_cell_is_of_the_patient_that_is_named_for_the_other_sample():
    notes = []
    named = with_stated_patient(of_barcodes("17", "", "", "18"), "pid", notes)["patient"]
    assert named.tolist() == ["17", "17", "18", "18"]
    assert notes == []


def test_one_patient_by_barcodes_under_two_names_is_warned_about():
    notes = []
    with_stated_patient(of_barcodes("17", "18", "19", "19"), "pid", notes)
    (note,) = notes
    assert note.startswith(
        "Warning: 1 patient by the barcodes of the samples (TCGA-A1-A001) has several names in"
    )


def test_a_column_that_contradicts_the_barcodes_is_refused():
    with pytest.raises(DeepCMEError, match="A001-01A is stated to be of TCGA-ZZ-9999"):
        with_stated_patient(of_barcodes("TCGA-ZZ-9999", "", "", ""), "pid", [])


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
        {"hospital number": list("112233")},
        {"pair id": list("112233")},
        {"tumor_id": list("112233")},
        {"patient's label": list("112233")},
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
        {"tumor size": list("112233")},
        {"patient (characteristic)": ["TNBC", "LumA", "LumB"] * 6},
        {"plate id": list("112233")},
    ],
)
def test_no_other_column_is_proposed(column):
    assert propose_patient_column(samples_with(**column)) is None


def test_nothing_is_proposed_where_patients_are_known():
    table = samples_with(code=["BC-01", "BC-01", "BC-02", "BC-02", "BC-03", "BC-03"])
    table["patient"] = list("aabbcc")
    assert propose_patient_column(table) is None


def may_be_people(name, *values):
    return may_name_people(pd.Series(values * 10, name=name))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("patient", ("TNBC", "HER2", "LumA", "LumB")),
        ("patient", ("yes", "no")),
        ("patient", ("stage 1", "stage 2", "stage 3")),
        ("subject", ("volunteer", "cancer")),
    ],
)
def test_kinds_of_patients_are_no_people(name, values):
    assert not may_be_people(name, *values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("patient", ("P1", "P2", "P3")),
        ("patient", tuple("ABC")),
        ("patient id", ("ann", "eve")),
    ],
)
def test_numbered_patients_are_people_however_many_samples_they_have(name, values):
    assert may_be_people(name, *values)
