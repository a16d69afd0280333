"""A matrix under its genes' names and on its scale, and what is said on the way."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.sources.assembly.expression import GeneNaming, on_known_scale, with_genes_named
from deepcme.sources.reading.matrices import Matrix
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from tests.sources.files import written

SAMPLES = ["S1", "S2"]


def named(genes, tmp_path, **naming):
    values = np.arange(2 * len(genes), dtype=np.float32).reshape(2, len(genes))
    notes = []
    matrix = Matrix(values, SAMPLES, list(genes))
    return with_genes_named(matrix, GeneNaming(**naming), tmp_path / "m.csv", notes), notes


def test_genes_of_plain_names_stay_as_they_are(tmp_path):
    matrix, notes = named(["TP53", "EGFR", "NA"], tmp_path)
    assert matrix.genes == ["TP53", "EGFR", "NA"]
    assert notes == []


def test_rows_that_are_no_gene_or_several_are_dropped_and_counted(tmp_path):
    genes = ["TP53", "---", "EGFR /// ESR1", "", "N_ambiguous", "ERBB2"]
    matrix, notes = named(genes, tmp_path)
    assert matrix.genes == ["TP53", "ERBB2"]
    assert matrix.values.tolist() == [[0, 5], [6, 11]]
    assert notes == [
        "m.csv: 2 rows without a gene's name were dropped.",
        "m.csv: 1 rows of several genes were dropped.",
        "m.csv: 1 rows that sum up reads or repeat a header were dropped.",
    ]


def test_a_single_row_that_is_no_gene_is_dropped_too(tmp_path):
    matrix, notes = named(["TP53", "__no_feature", "EGFR"], tmp_path)
    assert matrix.genes == ["TP53", "EGFR"]
    assert notes == ["m.csv: 1 rows that sum up reads or repeat a header were dropped."]


def test_rows_without_a_name_are_not_several_of_one_gene(tmp_path):
    _, notes = named(["TP53", "---", "0", "EGFR"], tmp_path)
    assert notes == ["m.csv: 2 rows without a gene's name were dropped."]


def test_a_row_of_several_genes_can_go_to_the_first(tmp_path):
    matrix, notes = named(["TP53", "EGFR /// ESR1", "ERBB2;ESR1"], tmp_path, ambiguous="first")
    assert matrix.genes == ["TP53", "EGFR", "ERBB2"]
    assert notes == []


def test_no_gene_at_all(tmp_path):
    with pytest.raises(DeepCMEError, match=r"m\.csv: no row has the name of a gene \(---, 0"):
        named(["---", "0"], tmp_path)


def test_a_gene_that_repeats(tmp_path):
    with pytest.raises(DeepCMEError, match=r"m\.csv: 1 gene id occurs more than once \(TP53\)"):
        named(["TP53", "EGFR", "TP53"], tmp_path)
    with pytest.raises(
        DeepCMEError, match="1-Mar stand for more than one gene each: a spreadsheet"
    ):
        named(["1-Mar", "EGFR", "1-Mar"], tmp_path)


def test_genes_that_differ_in_case_alone_are_warned_about(tmp_path):
    _, notes = named(["C1orf1", "C1ORF1"], tmp_path)
    assert len(notes) == 1
    assert notes[0].startswith("Warning: m.csv: gene ids that differ in capital letters alone")


def test_symbol_and_entrez_id_in_one_name(tmp_path):
    matrix, notes = named(["?|100130426", "TP53|7157", "EGFR|1956"], tmp_path)
    assert matrix.genes == ["100130426", "TP53", "EGFR"]
    assert matrix.entrez == ["100130426", "7157", "1956"]
    assert notes == []


def test_the_entrez_id_of_a_name_is_kept_in_the_cohort(tmp_path):
    expression = written(tmp_path, "gene,S1,S2\nTP53|7157,1.5,2\nEGFR|1956,3,4\n")
    samples = written(tmp_path, "sample,relapse\nS1,1\nS2,0\n", "samples.csv")
    cohort = cohort_from_tables(expression, samples, TableColumns(label="relapse"))
    assert cohort.gene_ids.tolist() == ["TP53", "EGFR"]
    assert cohort.adata.var["entrez_gene_id"].tolist() == ["7157", "1956"]


def test_dates_are_named_and_mended_only_where_that_is_asked_for_and_unique(tmp_path):
    genes = ["TP53", "2-Sep", "1-Mar"]
    matrix, notes = named(genes, tmp_path)
    assert matrix.genes == genes
    assert any("2-Sep" in note and "1-Mar" in note for note in notes)
    matrix, notes = named(genes, tmp_path, repair_dates=True)
    assert matrix.genes == ["TP53", "SEPTIN2", "1-Mar"]
    assert any("1-Mar" in note for note in notes)


def test_the_scale_is_worked_out_and_said(tmp_path):
    counts = np.random.default_rng(1).poisson(50, (20, 30)).astype(np.float32)
    matrix = Matrix(counts, [f"S{i}" for i in range(20)], [f"G{i}" for i in range(30)])
    read = on_known_scale(matrix, None, ["Before."], tmp_path / "m.csv")
    assert read.scale == "counts"
    assert read.notes[0] == "Before."
    assert any("Scale taken as counts" in note for note in read.notes)


def test_a_few_negatives_of_a_linear_scale_become_0_and_many_are_refused(tmp_path):
    values = np.random.default_rng(1).gamma(2, 200, (20, 30)).astype(np.float32)
    values[0, :3] = -3.37
    matrix = Matrix(values, [f"S{i}" for i in range(20)], [f"G{i}" for i in range(30)])
    read = on_known_scale(matrix, "rsem", [], tmp_path / "m.csv")
    assert read.matrix.values.min() == 0
    assert "3 negative values (0.5%) became 0" in " ".join(read.notes)
    values[:, :12] *= -1
    with pytest.raises(DeepCMEError, match=r"m\.csv: .*does not fit rsem"):
        on_known_scale(matrix, "rsem", [], tmp_path / "m.csv")
