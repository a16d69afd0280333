"""What tells of the samples is no gene, on whichever side of the matrix it stands."""

import numpy as np
import pandas as pd
import pytest

from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

SAMPLES = [f"S{i}" for i in range(24)]
RELAPSE = TableColumns(label="relapse")


@pytest.fixture
def table(random):
    """Label and age of 24 samples; the age has a decimal, as expression may have."""
    return pd.DataFrame(
        {"relapse": [1, 0] * 12, "age": random.uniform(30, 80, 24).round(1)},
        index=pd.Index(SAMPLES, name="sample"),
    )


@pytest.fixture
def genes(random):
    values = random.gamma(2.0, 3.0, (24, 3)).round(2)
    return pd.DataFrame(values, index=SAMPLES, columns=["TP53", "ESR1", "MKI67"])


def cohort_of(folder, matrix, table, columns=RELAPSE, genes_in_rows=False):
    matrix = matrix.T if genes_in_rows else matrix
    matrix.rename_axis("id").to_csv(folder / "m.csv")
    table.to_csv(folder / "s.csv")
    return cohort_from_tables(folder / "m.csv", folder / "s.csv", columns)


@pytest.mark.parametrize("genes_in_rows", [False, True])
@pytest.mark.parametrize("name", ["relapse", "Relapse", "class", "age", "Unnamed: 0"])
def test_columns_of_the_samples_are_no_genes(tmp_path, genes, table, name, genes_in_rows):
    content = {"age": table["age"], "Unnamed: 0": range(24)}.get(name, table["relapse"] + 1)
    matrix = genes.assign(**{name: content})
    cohort = cohort_of(tmp_path, matrix, table, genes_in_rows=genes_in_rows)
    assert cohort.gene_ids.tolist() == genes.columns.tolist()
    np.testing.assert_allclose(cohort.X, genes, rtol=1e-6)
    assert sum(name in note for note in cohort.notes) == 1


@pytest.mark.parametrize("name", ["mean", "Median", "Total", "Average"])
def test_means_and_totals_are_no_genes(tmp_path, genes, table, name):
    matrix = genes.assign(**{name: genes.mean(axis=1)})
    cohort = cohort_of(tmp_path, matrix, table, genes_in_rows=True)
    assert cohort.gene_ids.tolist() == genes.columns.tolist()


def test_a_gene_that_is_called_like_a_column_stays(tmp_path, genes, table):
    """MET is a gene and here also a status; HER2 is no symbol today, and so it is said."""
    table = table.assign(MET=[0, 1] * 12, HER2=[0, 0, 1] * 8)
    matrix = genes.assign(MET=genes["TP53"] + 1, HER2=genes["ESR1"] + 1)
    cohort = cohort_of(tmp_path, matrix, table)
    assert cohort.gene_ids.tolist() == matrix.columns.tolist()
    warnings = [note for note in cohort.notes if note.startswith("Warning")]
    assert warnings == [
        "Warning: m.csv: among the genes and among the columns of the table of samples: HER2; "
        "leave out of the matrix what is no gene."
    ]


def test_a_label_with_the_name_of_a_gene_is_told_by_its_values(tmp_path, genes, table):
    table, matrix = table.rename(columns={"relapse": "MET"}), genes.assign(MET=table["relapse"])
    cohort = cohort_of(tmp_path, matrix, table, TableColumns(label="MET"))
    assert "MET" not in cohort.gene_ids


def test_one_file_of_genes_and_label_loses_only_the_label(tmp_path, genes, table):
    both = genes.set_axis(["probe a", "probe b", "probe c"], axis=1).assign(
        relapse=table["relapse"]
    )
    cohort = cohort_of(tmp_path, both, both.rename_axis("sample"))
    assert cohort.gene_ids.tolist() == ["probe a", "probe b", "probe c"]


def test_what_is_no_symbol_in_one_file_of_genes_and_label_is_warned_about(
    tmp_path, genes, table
):
    both = genes.join(table)
    cohort = cohort_of(tmp_path, both, both.rename_axis("sample"))
    assert cohort.gene_ids.tolist() == [*genes.columns, "age"]
    assert sum("samples: age; leave out" in note for note in cohort.notes) == 1
