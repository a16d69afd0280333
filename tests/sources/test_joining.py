"""Rows of a table meet their samples by the common part of their ids, each by itself."""

import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.clinical import ClinicalTable, read_clinical
from deepcme.sources.identity import annotate
from deepcme.sources.joining import join_clinical


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


def test_the_first_table_that_states_a_tissue_has_the_last_word():
    tables = [
        ClinicalTable(
            "a.tsv", pd.DataFrame({"type": [word]}, index=["S1"]), "sample", None, "type"
        )
        for word in ("Metastatic", "Primary Tumor")
    ]
    annotation, _ = join_clinical(annotate(["S1"]), tables)
    assert annotation["tissue"].tolist() == ["metastatic"]
