"""Gene sums of recount3: coverage, and counts of reads where their lengths are known."""

import gzip

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

SUMS = [[15_000, 0, 200], [30_000, 1_000, 0], [750, 75, 0], [90_000, 100, 149]]
SAMPLES = ("rail1", "rail2", "rail3", "rail4")


@pytest.fixture
def sums(tmp_path):
    genes = ("ENSG00000141510.16", "ENSG00000146648.17", "ENSG00000091831.22")
    rows = [
        [gene, *map(str, row)] for gene, row in zip(genes, zip(*SUMS, strict=True), strict=True)
    ]
    lines = [
        "##annotation=G026",
        "##date.generated=2020-01-01",
        "\t".join(["gene_id", *SAMPLES]),
    ]
    path = tmp_path / "tcga.gene_sums.BRCA.G026.gz"
    path.write_bytes(gzip.compress("\n".join([*lines, *map("\t".join, rows), ""]).encode()))
    return path


def table(folder, lengths=None, name="recount_qc.star.average_mapped_length"):
    path = folder / "samples.tsv"
    column = lengths or [""] * 4
    rows = [f"{s}\t{i % 2}\t{n}" for i, (s, n) in enumerate(zip(SAMPLES, column, strict=True))]
    path.write_text("\n".join([f"rail_id\tmetastasis\t{name if lengths else 'x'}", *rows, ""]))
    return path


COLUMNS = TableColumns(label="metastasis", sample="rail_id")


def test_the_samples_are_found_beside_their_numbers(tmp_path, sums):
    samples = tmp_path / "tcga.tcga.BRCA.MD.tsv"
    rows = [f"{100 + i}\t{sample}\tBRCA\t{i % 2}" for i, sample in enumerate(SAMPLES)]
    samples.write_text("\n".join(["rail_id\texternal_id\tstudy\tmetastasis", *rows, ""]))
    cohort = cohort_from_tables(sums, samples, TableColumns(label="metastasis"))
    assert cohort.samples.tolist() == list(SAMPLES)
    assert cohort.labels.tolist() == [0, 1, 0, 1]


def test_coverage_is_no_count_and_that_is_said(tmp_path, sums):
    cohort = cohort_from_tables(sums, table(tmp_path), COLUMNS)
    assert cohort.samples.tolist() == list(SAMPLES)
    np.testing.assert_array_equal(cohort.X, SUMS)
    [warning] = [note for note in cohort.notes if note.startswith("Warning")]
    assert "coverage in base pairs and not counts" in warning
    assert "compute_read_counts" in warning


@pytest.mark.parametrize(
    "name", ["recount_qc.star.average_mapped_length", "star.average_mapped_length"]
)
def test_known_lengths_of_reads_give_counts(tmp_path, sums, name):
    samples = table(tmp_path, ["100", "200", "75", "99.5"], name)
    cohort = cohort_from_tables(sums, samples, COLUMNS)
    np.testing.assert_array_equal(cohort.X, [[150, 0, 2], [150, 5, 0], [10, 1, 0], [905, 1, 1]])
    assert cohort.scale == "counts"
    assert not any(note.startswith("Warning") for note in cohort.notes)


@pytest.mark.parametrize("length", ["0", "-3", "NA", "long"])
def test_a_length_that_is_none_is_named(tmp_path, sums, length):
    samples = table(tmp_path, ["100", "200", length, "99.5"])
    with pytest.raises(DeepCMEError, match="is no length of reads for rail3"):
        cohort_from_tables(sums, samples, COLUMNS)
