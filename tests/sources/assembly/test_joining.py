"""Rows of a table meet their samples by the common part of their ids, each by itself."""

import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.assembly.clinical_tables import ClinicalTable, read_clinical
from deepcme.sources.assembly.identity import annotate
from deepcme.sources.assembly.joining import join_clinical


def joined(samples, rows, **options):
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["relapse"], dtype=object)
    clinical = ClinicalTable("relapse.tsv", table, options.pop("by", "sample"), **options)
    annotation, _ = join_clinical(annotate(samples), [clinical])
    return annotation["relapse"].where(annotation["relapse"].notna(), None).tolist()


def test_longer_shorter_and_dotted_ids_within_one_table():
    samples = [
        "TCGA-A1-A001-01A",
        "TCGA-A2-A002-01A",
        "TCGA-A3-A003-01",
        "S4",
        "TCGA-A5-A005-01A",
    ]
    rows = {
        "TCGA-A1-A001-01": "1",
        "TCGA.A2.A002.01A.11R.A115.07": "2",
        "TCGA-A3-A003-01A": "3",
        "S4": "4",
        "TCGA-A5-A005-01A.1": "5",
        "GTEX-1117F": "6",
    }
    assert joined(samples, {key: [value] for key, value in rows.items()}) == list("12345")


@pytest.mark.parametrize("name", ["tissue", "Tissue type", "specimen.type", "Sample_Type"])
def test_a_table_by_sample_states_the_tissue_under_any_of_its_names(tmp_path, name):
    path = tmp_path / "clinical.tsv"
    path.write_text(f"sample\t{name}\nS1\tprimary\nS2\tmetastasis\n")
    annotation, _ = join_clinical(annotate(["S1", "S2"]), [read_clinical(path)])
    assert annotation["tissue"].tolist() == ["primary", "metastatic"]


def test_a_row_of_all_vials_gives_its_value_to_each():
    assert joined(["TCGA-A1-A001-01A", "TCGA-A1-A001-01B"], {"TCGA-A1-A001-01": ["1"]}) == [
        "1",
        "1",
    ]


def test_a_row_of_another_vial_is_of_another_sample():
    rows = {"TCGA-A1-A001-01B": ["1"], "TCGA-A2-A002-01A": ["0"]}
    assert joined(["TCGA-A1-A001-01A", "TCGA-A2-A002-01A"], rows) == [None, "0"]


def test_the_very_id_goes_before_a_part_of_it():
    rows = {"TCGA-A1-A001-01": ["0"], "TCGA-A1-A001-01A": ["1"]}
    assert joined(["TCGA-A1-A001-01A"], rows) == ["1"]


def test_rows_of_one_sample_are_one_where_they_agree():
    rows = {"TCGA-A1-A001-01A": ["1"], "TCGA-A1-A001-01B": [None], "TCGA.A1.A001.01B": ["1"]}
    assert joined(["TCGA-A1-A001-01"], rows) == ["1"]


def test_rows_of_one_sample_that_disagree_are_named():
    rows = {"TCGA-A1-A001-01A": ["1"], "TCGA-A1-A001-01B": ["0"]}
    with pytest.raises(
        DeepCMEError,
        match="relapse.tsv: the rows TCGA-A1-A001-01A and TCGA-A1-A001-01B are both of "
        r"TCGA-A1-A001-01 and differ in 'relapse' \(1, 0\)",
    ):
        joined(["TCGA-A1-A001-01"], rows)


def test_patients_are_joined_whatever_the_spelling():
    rows = {"tcga.a1.a001": ["1"], "TCGA-A2-A002": ["0"]}
    samples = ["TCGA-A1-A001-01A", "TCGA-A1-A001-11A", "TCGA-A2-A002-01A"]
    assert joined(samples, rows, by="patient") == ["1", "1", "0"]


def notes_of(samples, ids, by="sample"):
    table = pd.DataFrame({"relapse": ["1"] * len(ids)}, index=ids)
    return join_clinical(annotate(samples), [ClinicalTable("relapse.tsv", table, by)])[1]


def test_samples_without_a_row_are_named():
    assert notes_of(["S1", "S2", "S3"], ["S1", "S2"]) == [
        "relapse.tsv covers 2 of 3 samples; it has no row of S3."
    ]


def test_a_repeated_column_is_counted_once():
    samples = ["TCGA-A1-A001-01A", "TCGA-A1-A001-01A.1", "TCGA-A2-A002-01A"]
    assert notes_of(samples, ["TCGA-A1-A001"], by="patient") == [
        "relapse.tsv covers 1 of 2 samples; it has no row of TCGA-A2-A002."
    ]


@pytest.mark.parametrize("spelled", ["mb-0001", "MB_0001", "MB.0001", "MB-1"])
def test_ids_that_differ_in_spelling_alone_are_warned_about(spelled):
    _, warning = notes_of(["MB-0001", "MB-0002"], [spelled, "MB-0002"])
    assert warning.startswith(
        "Warning: relapse.tsv: 1 sample would have a row but for case, punctuation or leading "
        f"zeros (MB-0001 and {spelled})"
    )
    with pytest.raises(DeepCMEError, match=f"spelling alone: MB-0001 and {spelled}"):
        notes_of(["MB-0001"], [spelled])


def test_a_row_that_is_of_another_sample_is_not_missed():
    assert len(notes_of(["P1", "p1"], ["P1"])) == 1


def test_patients_of_a_table_are_of_no_concern_where_the_user_names_another_column():
    rows = pd.DataFrame({"donor": ["P1", "P2"]}, index=["S1", "S2"])
    table = ClinicalTable("donors.tsv", rows, "sample", "donor")
    known = annotate(["S1", "S2"]).assign(patient=["Q1", "Q1"])
    warnings = [
        join_clinical(known, [table], patient=asked)[1][1:] for asked in (None, "donor")
    ]
    assert [len(said) for said in warnings] == [1, 0]


def test_a_column_of_several_files_is_called_after_each(tmp_path):
    files = ["a/clinical.tsv", "b/clinical.tsv", "c/clinical.tsv", "clinical (1).tsv"]
    tables = []
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("sample_id\tgrade\nS1\t1\nS2\t2\n")
        tables.append(read_clinical(tmp_path / file))
    annotation, _ = join_clinical(annotate(["S1", "S2"]), tables)
    assert annotation.columns[3:].tolist() == [
        "grade",
        "grade (clinical.tsv 2)",
        "grade (clinical.tsv 3)",
        "grade (clinical 1.tsv)",
    ]


def test_the_first_table_that_states_a_tissue_has_the_last_word():
    tables = [
        ClinicalTable(
            "a.tsv", pd.DataFrame({"type": [word]}, index=["S1"]), "sample", None, "type"
        )
        for word in ("Metastatic", "Primary Tumor")
    ]
    annotation, _ = join_clinical(annotate(["S1"]), tables)
    assert annotation["tissue"].tolist() == ["metastatic"]


def covering(*tables):
    samples = annotate([f"S{number}" for number in range(10)])
    clinical = [
        ClinicalTable(f"{number}.tsv", pd.DataFrame({"x": 1}, index=list(ids)), "sample")
        for number, ids in enumerate(tables)
    ]
    return join_clinical(samples, clinical)[1]


def test_a_table_of_less_than_half_of_the_samples_is_doubtful():
    assert covering(["S1", "S2", "S3", "s4"])[0] == (
        "Warning: 0.tsv covers 3 of 10 samples; it has no row of S0, S4, S5 ...: check that its "
        "ids are those of the expression."
    )
    assert covering([f"S{number}" for number in range(5)]) == [
        "0.tsv covers 5 of 10 samples; it has no row of S5, S6, S7 ...."
    ]


def test_beside_a_table_of_most_a_short_one_is_doubtful_if_its_ids_are_others():
    most = [f"S{number}" for number in range(9)]
    assert covering(most, ["S1"])[1].startswith("1.tsv covers 1 of 10 samples")
    assert covering(most, ["S1", "s2", "s3"])[1].startswith("Warning: 1.tsv covers 1 of 10")


def tables_that_state(column, *words):
    samples = ["S1", "S2", "S3"]
    return [
        ClinicalTable(
            f"{number}.tsv",
            pd.DataFrame({column: of_table}, index=samples),
            "sample",
            **{column: column},
        )
        for number, of_table in enumerate(words)
    ]


def test_patients_that_a_further_table_joins_otherwise_are_doubtful():
    first, alike, other = ["P1", "P1", "P2"], ["1", "1", "2"], ["P1", "P2", "P2"]
    annotation = annotate(["S1", "S2", "S3"])
    _, notes = join_clinical(annotation, tables_that_state("patient", first, alike))
    assert not [note for note in notes if "Warning" in note]
    found, notes = join_clinical(annotation, tables_that_state("patient", first, other))
    assert found["patient"].tolist() == first
    (warning,) = [note for note in notes if note.startswith("Warning")]
    assert warning.startswith(
        "Warning: 1.tsv: 'patient' does not put the same samples together as the patients that "
        "were known before (P1 is P1, P1 is P2, P2 is P2); those were kept"
    )


def test_tissues_that_two_tables_state_differently_are_doubtful():
    words = ["Primary Tumor"] * 3, ["Primary Tumor", "Metastatic", "Primary Tumor"]
    _, notes = join_clinical(annotate(["S1", "S2", "S3"]), tables_that_state("tissue", *words))
    assert notes[-1].startswith(
        "Warning: 0.tsv states another tissue than was known of 1 sample (S2: primary)"
    )
