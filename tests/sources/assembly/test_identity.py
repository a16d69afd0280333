"""Whose samples they are is decided for each id, whatever stands beside it."""

import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.assembly.identity import (
    annotate,
    keep_once,
    notes_on_ids,
    with_patients_stated,
    with_stated_tissue,
    with_tissues_stated,
)
from deepcme.sources.reading.headers import columns_that_are_no_sample

TUMOUR, NORMAL = "TCGA-A1-A001-01A", "TCGA-A1-A001-11A"


def kept(*samples):
    annotation, notes = annotate(samples), []
    return annotation.index[keep_once(annotation, notes)].tolist(), notes


@pytest.mark.parametrize(
    "odd", ["GTEX-1117F-0226-SM-5GZZ7", "TARGET-20-PABCDE-09A", "S1", "gene_length", "GSM1"]
)
def test_one_odd_id_changes_nothing_for_the_others(odd):
    beside = annotate([TUMOUR, odd, NORMAL])
    pd.testing.assert_frame_equal(beside.loc[[TUMOUR, NORMAL]], annotate([TUMOUR, NORMAL]))


def test_odd_ids_are_counted_and_named():
    ids = [TUMOUR, NORMAL, "S1", "S2", "GTEX-1117F-0226-SM-5GZZ7"]
    assert notes_on_ids(annotate(ids)) == [
        "1 of 5 sample ids is of GTEx (GTEX-1117F-0226-SM-5GZZ7) and not of TCGA: each was "
        "read by itself.",
        "2 of 5 sample ids are no barcodes of TCGA (S1, S2): each is its own patient, of "
        "unknown tissue.",
    ]
    assert notes_on_ids(annotate([TUMOUR, NORMAL])) == []
    assert notes_on_ids(annotate([TUMOUR, "S1"]))[0].startswith(
        "1 of 2 sample ids is no barcode of TCGA (S1)"
    )


@pytest.mark.parametrize(
    "spelling",
    ["tpm_unstranded_{}", "X{}", "{}.x", "{}_y", "{}.bam", "{}.htseq.counts", "'{}'", "{}_1"],
)
def test_barcodes_among_other_letters_are_warned_about(spelling):
    ids = [spelling.format(TUMOUR), spelling.format(NORMAL)]
    (alone,) = notes_on_ids(annotate(ids))
    assert alone.startswith(
        f"Warning: 2 of 2 sample ids hold a barcode among other letters ({', '.join(ids)})"
    )
    (beside,) = notes_on_ids(annotate([TUMOUR, ids[1]]))
    assert beside.startswith("Warning: 1 of 2 sample ids holds a barcode")


def test_no_warning_where_a_table_names_the_patient_of_such_an_id():
    annotation = annotate(["tumour of TCGA-A1-A001", "S2"])
    assert notes_on_ids(annotation.assign(patient=["TCGA-A1-A001", "S2"])) == []


def test_ids_of_no_programme_need_no_note():
    annotation = annotate(["S1", "S2"])
    assert annotation.columns.tolist() == ["patient", "tissue", "batch"]
    assert notes_on_ids(annotation) == []


def test_a_second_column_of_one_name_is_left_out_and_named():
    samples, notes = kept(f"{TUMOUR}.1", TUMOUR, NORMAL)
    assert samples == [TUMOUR, NORMAL]
    (note,) = notes
    assert note.startswith(f"Warning: 1 sample ({TUMOUR}.1) left out")


def test_without_the_first_column_the_second_is_the_sample():
    assert kept(f"{TUMOUR}.1", NORMAL) == ([f"{TUMOUR}.1", NORMAL], [])


def test_other_ids_that_look_repeated_are_kept_and_warned_about():
    samples, notes = kept("S1", "S1.1", "S2")
    assert samples == ["S1", "S1.1", "S2"]
    (note,) = notes
    assert note.startswith("Warning: 1 sample (S1.1)")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("TCGA-A1-A001-01A", "TCGA.A1.A001.01A"),
        ("TCGA-A1-A001-01", "TCGA-A1-A001-01A"),
        ("TCGA-A1-A001-01A", "TCGA-A1-A001-01A-11R-A115-07"),
        ("C3L-00001-01", "c3l-00001-01"),
    ],
)
def test_two_names_of_one_sample_are_refused(first, second):
    with pytest.raises(DeepCMEError, match=f"{first} and {second} are one sample"):
        kept(first, second)


def test_vials_and_aliquots_are_samples_of_their_own():
    samples = ["TCGA-A1-A001-01B", "TCGA-A1-A002-01A-11R-A115-07"]
    samples += ["TCGA-A1-A001-01A", "TCGA-A1-A002-01A-12R-A21T-07", "C3L-00001", "C3L-00001-02"]
    assert kept(*samples) == (samples, [])


def stated(column, *words):
    annotation, notes = annotate([TUMOUR, NORMAL, "S1", "S2"]), []
    told = pd.Series(list(words), index=annotation.index, name=column, dtype=object)
    return annotation, told, notes


@pytest.mark.parametrize("word", ["A001", "TCGA.A1.A001", "tcga-a1-a001", "17"])
def test_a_table_may_respell_the_patient_of_a_barcode(word):
    annotation, told, notes = stated("patient_id", word, "18", "P7", "P7 ")
    patients = with_patients_stated(annotation, told, "sheet.tsv", notes)["patient"]
    assert patients.tolist() == ["TCGA-A1-A001", "TCGA-A1-A001", "P7", "P7"]


def test_a_table_that_names_another_patient_than_the_barcode_is_refused():
    annotation, told, notes = stated("patient_id", "TCGA-A1-A002", None, None, None)
    with pytest.raises(DeepCMEError, match=r"sheet.tsv: TCGA-A1-A001-01A is stated to be of"):
        with_patients_stated(annotation, told, "sheet.tsv", notes)


def other_patients(*stated):
    """What is said where a series knows Q1, Q1, Q2 and a table states something else."""
    annotation, notes = annotate(["S1", "S2", "S3"]).assign(patient=["Q1", "Q1", "Q2"]), []
    told = pd.Series(list(stated), index=annotation.index, name="who", dtype=object)
    kept = with_patients_stated(annotation, told, "sheet.tsv", notes)["patient"]
    assert kept.tolist() == ["Q1", "Q1", "Q2"]
    return notes


def test_a_table_that_groups_samples_otherwise_than_the_series_is_warned_about():
    (note,) = other_patients("P1", "P2", "P3")
    assert note.startswith(
        "Warning: sheet.tsv: 'who' does not put the same samples together as the patients that "
        "were known before (Q1 is P1, Q1 is P2, Q2 is P3)"
    )


def test_other_names_of_the_same_patients_are_not():
    assert other_patients("P1", "P1 ", "P2") == []
    assert other_patients("P1", None, "unknown") == []


def test_cases_and_controls_are_no_patients():
    annotation, told, notes = stated("case", None, None, "case", "control")
    patients = with_patients_stated(annotation, told, "sheet.tsv", notes)["patient"]
    assert patients.tolist()[2:] == ["S1", "S2"]
    assert "give --patient case if it is" in notes[0]


def test_the_sheets_tissue_goes_before_the_barcodes_unless_it_says_nothing():
    annotation, told, notes = stated(
        "sample_type", "Metastatic", "Not Reported", "--", "Normal"
    )
    tissue = with_tissues_stated(annotation, told, "sheet.tsv", notes)["tissue"]
    assert tissue.tolist() == ["metastatic", "normal", "unknown", "normal"]
    assert notes == [
        "Warning: sheet.tsv states another tissue than was known of 1 sample "
        "(TCGA-A1-A001-01A: metastatic); what it states was taken."
    ]


def test_words_for_tissue_that_cannot_be_read_are_counted_and_named():
    annotation, told, notes = stated("kind", "odd", "A", "B", "normal")
    tissue = with_tissues_stated(annotation, told, "s.csv", notes)["tissue"]
    assert tissue.tolist() == ["primary", "normal", "unknown", "normal"]
    assert notes == [
        "Warning: s.csv has words for tissue that name none of the kinds (B): 1 sample of "
        "unknown tissue."
    ]


@pytest.mark.parametrize(("asked", "beginning"), [(True, "Warning: s.csv"), (False, "s.csv")])
def test_a_column_of_which_no_word_can_be_read_is_a_doubt_if_it_was_asked_for(asked, beginning):
    annotation, told, notes = stated("tissue", None, None, "breast", "DCIS")
    with_tissues_stated(annotation, told, "s.csv", notes, asked=asked)
    (note,) = notes
    assert note.startswith(
        f"{beginning} has words for tissue that name none of the kinds (breast)"
    )


def test_the_tissue_can_be_any_column_of_the_samples():
    annotation, told, notes = stated("tissue", "Metastatic", None, "T", "N")
    annotation["tissue (characteristic)"] = told
    annotation["Sample Group"] = ["tumor", "normal", "tumor", None]
    assert with_stated_tissue(annotation, "sample_group", notes)["tissue"].tolist() == [
        "primary", "normal", "primary", "unknown",
    ]  # fmt: skip
    assert notes == []
    tissue = with_stated_tissue(annotation, "tissue", notes)["tissue"]
    assert tissue.tolist() == ["metastatic", "normal", "unknown", "unknown"]
    assert notes[0].startswith(
        "Warning: The column 'tissue (characteristic)' states another tissue"
    )
    assert "(T, N): 2 samples of unknown tissue" in notes[1]
    with pytest.raises(DeepCMEError, match="there is no column 'kind'; it has tissue"):
        with_stated_tissue(annotation, "kind", notes)


def test_columns_of_a_matrix_that_describe_genes():
    names = ["gene_length", "Gene Symbol", "ENTREZ.GENE.ID", "Chr", "S1", "GC", "START"]
    assert columns_that_are_no_sample(names) == [
        "gene_length",
        "Gene Symbol",
        "ENTREZ.GENE.ID",
        "Chr",
        "START",
    ]
    assert "START" not in columns_that_are_no_sample(names, listed=["START", "S1"])
