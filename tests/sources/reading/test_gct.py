"""GCT files with annotations of the rows and of the samples (version 1.3)."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

ROWS = [
    ("id", "symbol", "length", "S1", "S2", "S3", "S4"),
    ("relapse", "na", "na", "1", "0", "0", "1"),
    ("donor", "na", "na", "D1", "D1", "D2", "D3"),
    ("tissue", "na", "na", "tumor", "tumor", "normal", "tumor"),
    ("ENSG00000141510.11", "TP53", "2512", "9.5", "8", "7.25", "6"),
    ("ENSG00000146648.1", "EGFR", "9905", "1.5", "NA", "2", "3"),
]
LABELS = TableColumns(label="relapse")


def gct(folder, rows=ROWS, told="2\t4\t2\t3", version="#1.3", name="matrix.gct"):
    path = folder / name
    body = "\n".join("\t".join(row) for row in rows)
    path.write_text(f"{version}\n{told}\n{body}\n")
    return path


@pytest.fixture
def samples(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text("sample,relapse\nS1,1\nS2,0\nS3,0\nS4,1\n")
    return path


def test_annotations_are_no_genes_and_no_samples(tmp_path, samples):
    cohort = cohort_from_tables(gct(tmp_path), samples, LABELS)
    assert cohort.samples.tolist() == ["S1", "S2", "S3", "S4"]
    assert cohort.gene_ids.tolist() == ["ENSG00000141510.11", "ENSG00000146648.1"]
    assert cohort.symbols.tolist() == ["TP53", "EGFR"]
    np.testing.assert_array_equal(cohort.X[:, 0], [9.5, 8, 7.25, 6])
    assert np.isnan(cohort.X[1, 1])
    notes = "\n".join(cohort.notes)
    assert "matrix.gct: 3 annotations of the samples left out (relapse, donor, tissue)" in notes
    assert (
        "2 columns that tell of genes and not of a sample were left out (symbol, len" in notes
    )


def test_annotations_of_the_samples_are_their_table(tmp_path):
    path = gct(tmp_path)
    columns = TableColumns(label="relapse", patient="donor", tissue="tissue")
    cohort = cohort_from_tables(path, path, columns)
    assert cohort.labels.tolist() == [1, 0, 0, 1]
    assert cohort.obs["patient"].tolist() == ["D1", "D1", "D2", "D3"]
    assert cohort.obs["tissue"].tolist() == ["primary", "primary", "normal", "primary"]


def test_a_file_without_annotations(tmp_path, samples):
    rows = [(row[0], *row[3:]) for row in (ROWS[0], *ROWS[4:])]
    path = gct(tmp_path, rows, told="2 4 0 0")
    cohort = cohort_from_tables(path, samples, LABELS)
    assert cohort.n_genes == 2
    with pytest.raises(DeepCMEError, match="the file says nothing of its samples"):
        cohort_from_tables(path, path, LABELS)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("2\t5\t2\t3", "it says that it has 5 samples and has 4"),
        ("2\t1000000000000000\t2\t3", "it says that it has 1,000,000,000,000,000 samples"),
        ("9\t4\t2\t3", "it says that it has 9 rows and has 2"),
        ("1000000000000000\t4\t2\t3", "rows and has 2"),
        ("2\t4\t2\t1000000000000000", "annotations of the samples and has 5"),
        ("2\t4\t2\t99", "it has 99 annotations of the samples and has 5"),
        ("2\t4\t1000000000000000\t3", "samples and has 0"),
        ("2\t4\t9\t3", "samples and has 0"),
        ("2\t4", "in four numbers"),
        ("2\t4\tx\t3", "in four numbers"),
        ("", "in four numbers"),
        ("-1\t4\t2\t3", "in four numbers"),
        ("2\t4\t2\t4", "'ENSG00000141510.11'|rows and has 1"),
        ("2\t4\t2\t2", "gene tissue: 'tumor' is not a number"),
    ],
)
def test_counts_that_do_not_fit(tmp_path, samples, told, said):
    with pytest.raises(DeepCMEError) as refused:
        cohort_from_tables(gct(tmp_path, told=told), samples, LABELS)
    assert any(one in str(refused.value) for one in said.split("|")), refused.value


def test_an_annotation_that_is_cut_short(tmp_path, samples):
    rows = [*ROWS[:2], ROWS[2][:4]]
    with pytest.raises(
        DeepCMEError, match="annotations of the samples and one, 'donor', has 4"
    ):
        cohort_from_tables(gct(tmp_path, rows), samples, LABELS)


def test_rows_that_are_counted_before_their_ids(tmp_path, samples):
    rows = [
        ("id", "Name", "Description", "S1", "S2", "S3", "S4"),
        ("0", *ROWS[4][:2], "9.5", "8", "7.25", "6"),
        ("1", *ROWS[5][:2], "1.5", "2", "2", "3"),
    ]
    path = gct(tmp_path, rows, told="2 4", version="#1.2")
    cohort = cohort_from_tables(path, samples, LABELS)
    assert cohort.gene_ids.tolist() == ["ENSG00000141510.11", "ENSG00000146648.1"]
    assert cohort.symbols.tolist() == ["TP53", "EGFR"]
    np.testing.assert_array_equal(cohort.X[:, 1], [1.5, 2, 2, 3])
