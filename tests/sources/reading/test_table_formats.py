"""Spreadsheets as colleagues send them: read right, or refused in one sentence."""

import anndata as ad
import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy import sparse

from deepcme import DeepCMEError
from deepcme.sources.reading.reading import read_table
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

COLUMNS = TableColumns(label="relapse", patient="patient_id")


@pytest.fixture
def expected(tables):
    return cohort_from_tables(*tables, COLUMNS)


@pytest.fixture
def matrix(tables):
    return pd.read_csv(tables[0], index_col=0)


def refused(expression, samples, match, **options):
    with pytest.raises(DeepCMEError, match=match) as caught:
        cohort_from_tables(expression, samples, COLUMNS, **options)
    assert "\n" not in str(caught.value)


def test_workbooks(tables, matrix, expected, tmp_path):
    expression, samples = tmp_path / "matrix.xlsx", tmp_path / "samples.xlsx"
    matrix.to_excel(expression)
    pd.read_csv(tables[1]).to_excel(samples, index=False)
    assert cohort_from_tables(expression, samples, COLUMNS).fingerprint == expected.fingerprint
    matrix.T.to_excel(expression)
    assert cohort_from_tables(expression, samples, COLUMNS).fingerprint == expected.fingerprint


def test_a_workbook_with_several_tables_is_ambiguous(tables, matrix, tmp_path):
    path = tmp_path / "matrix.xlsx"
    with pd.ExcelWriter(path) as writer:
        matrix.to_excel(writer, sheet_name="one")
        matrix.to_excel(writer, sheet_name="two")
    refused(path, tables[1], "no single sheet of the workbook alone holds a table; save the")


@pytest.mark.parametrize("again", ["S03", "S03 "])
def test_a_sample_that_is_twice_in_a_workbook(tables, matrix, tmp_path, again):
    path = tmp_path / "matrix.xlsx"
    matrix.rename(index={"S04": again}).T.to_excel(path)
    refused(path, tables[1], r"matrix\.xlsx: 1 sample id occurs more than once \(S03\)")


@pytest.mark.parametrize("header", ["meta\nstasis", "meta  stasis", " meta stasis\u00a0"])
@pytest.mark.parametrize("asked", ["meta stasis", "meta  stasis"])
def test_spaces_in_the_header_of_a_workbook(tables, expected, tmp_path, header, asked):
    path = tmp_path / "samples.xlsx"
    pd.read_csv(tables[1]).rename(columns={"relapse": header}).to_excel(path, index=False)
    cohort = cohort_from_tables(tables[0], path, TableColumns(label=asked))
    np.testing.assert_array_equal(cohort.labels, expected.labels)


def test_a_symbol_that_excel_stored_as_a_date_is_pointed_out(tables, matrix, tmp_path):
    path = tmp_path / "matrix.xlsx"
    matrix = matrix.T
    matrix.index = [pd.Timestamp("2023-03-01"), *matrix.index[1:]]
    matrix.to_excel(path)
    cohort = cohort_from_tables(path, tables[1], COLUMNS)
    assert cohort.gene_ids[0] == "2023-03-01 00:00:00"
    assert any("1 gene names look like dates" in note for note in cohort.notes)
    matrix.index = [*[pd.Timestamp("2023-03-01")] * 2, *matrix.index[2:]]
    matrix.to_excel(path)
    refused(path, tables[1], "a spreadsheet has turned gene names into dates; use the file it")


def test_broken_and_empty_workbooks(tables, matrix, tmp_path):
    path = tmp_path / "matrix.xlsx"
    matrix.to_excel(path)
    path.write_bytes(path.read_bytes()[:-200])
    refused(path, tables[1], r"matrix\.xlsx: this is not a readable Excel workbook")
    openpyxl.Workbook().save(path)
    refused(path, tables[1], "no sheet of the workbook holds a table")


@pytest.mark.parametrize("as_sparse", [False, True])
def test_h5ad(tables, matrix, expected, tmp_path, as_sparse):
    path = tmp_path / "data.h5ad"
    values = matrix.to_numpy(dtype=np.float32)
    adata = ad.AnnData(
        sparse.csr_matrix(values) if as_sparse else values,
        obs=pd.read_csv(tables[1], index_col="sample_id"),
        var=pd.DataFrame(index=matrix.columns),
    )
    adata.obs["grade"] = pd.Categorical(["high"] + ["low"] * (len(values) - 1))
    adata.write_h5ad(path)
    cohort = cohort_from_tables(path, path, COLUMNS)
    assert cohort.obs["grade"].tolist() == adata.obs["grade"].tolist()
    assert cohort.fingerprint == expected.fingerprint
    path.write_bytes(path.read_bytes()[:1000])
    refused(path, tables[1], r"not a readable \.h5ad file")


def test_gct(tables, matrix, expected, tmp_path):
    path = tmp_path / "matrix.gct"
    table = matrix.T.rename_axis("Name")
    table.insert(0, "Description", "a gene")
    text = f"#1.2\n{table.shape[0]}\t{table.shape[1] - 1}\n" + table.to_csv(sep="\t")
    path.write_text(text)
    assert cohort_from_tables(path, tables[1], COLUMNS).fingerprint == expected.fingerprint
    refused(tables[0], path, r"matrix\.gct: there is no column 'relapse'; it has Name, Descr")
    path.write_text(text.replace("#1.2", "#1.1"))
    refused(path, tables[1], "starts with the line #1.2 or #1.3, not '#1.1'")


def with_ensembl_ids(matrix, name, column, symbols):
    """Genes in rows under Ensembl ids, with a column of text beside them."""
    table = matrix.T
    table.index = pd.Index([f"ENSG{i:011d}.1" for i in range(len(table))], name=name)
    table.insert(0, column, symbols)
    return table


SYMBOLS = ["TP53", "EGFR", "ESR1", "ERBB2", "MKI67"]


@pytest.mark.parametrize("suffix", [".gct", ".tsv", ".parquet", ".xlsx"])
def test_symbols_in_a_column_beside_the_genes_are_kept(tables, matrix, tmp_path, suffix):
    path = tmp_path / f"matrix{suffix}"
    table = with_ensembl_ids(matrix, "Name", "Description", SYMBOLS)
    if suffix == ".parquet":
        table.to_parquet(path)
    elif suffix == ".xlsx":
        table.to_excel(path)
    else:
        before = f"#1.2\n5\t{len(matrix)}\n" if suffix == ".gct" else ""
        path.write_text(before + table.to_csv(sep="\t"))
    cohort = cohort_from_tables(path, tables[1], COLUMNS)
    assert cohort.gene_ids[0] == "ENSG00000000000.1"
    assert cohort.symbols.tolist() == SYMBOLS


def test_names_in_full_beside_the_genes_are_no_symbols(tables, matrix, tmp_path):
    path = tmp_path / "matrix.tsv"
    titles = ["tumor protein p53", "a receptor", "another", "cactin", "marker"]
    with_ensembl_ids(matrix, "gene", "gene_description", titles).to_csv(path, sep="\t")
    cohort = cohort_from_tables(path, tables[1], COLUMNS)
    assert cohort.symbols.tolist() == cohort.gene_ids.tolist()


@pytest.mark.parametrize(
    ("told", "match"),
    [
        ("6\t30", "cut short: it says that it has 6 rows and has 5"),
        ("5\t31", "cut short: it says that it has 31 samples and has 30"),
    ],
)
def test_a_gct_with_less_than_it_says_is_cut_short(tables, matrix, tmp_path, told, match):
    path = tmp_path / "matrix.gct"
    table = with_ensembl_ids(matrix, "Name", "Description", SYMBOLS)
    path.write_text(f"#1.2\n{told}\n" + table.to_csv(sep="\t"))
    refused(path, tables[1], match)


def test_a_second_row_of_the_header_is_left_out(tables, matrix, expected, tmp_path):
    path = tmp_path / "illuminahiseq_rnaseqv2_RSEM_genes_normalized.txt"
    text = matrix.T.rename_axis("Hybridization REF").to_csv(sep="\t")
    header, rows = text.split("\n", 1)
    second = "\t".join(["gene_id", *["normalized_count"] * len(matrix)])
    path.write_text(f"{header}\n{second}\n{rows}")
    cohort = cohort_from_tables(path, tables[1], COLUMNS)
    assert cohort.fingerprint == expected.fingerprint
    assert any("second row of the header (gene_id, normalized" in note for note in cohort.notes)


def test_latin_1_text_and_windows_line_ends(tables, expected):
    text = tables[1].read_text().replace("north", "Malmö").replace("\n", "\r\n")
    tables[1].write_bytes(text.encode("latin-1"))
    tables[0].write_bytes(tables[0].read_bytes().replace(b"\n", b"\r\n"))
    cohort = cohort_from_tables(*tables, COLUMNS)
    assert cohort.fingerprint == expected.fingerprint
    assert set(cohort.obs["site"]) == {"Malmö", "south"}


def test_utf_16_is_read(tables, expected):
    for path in tables:
        path.write_bytes(path.read_text().encode("utf-16"))
    assert cohort_from_tables(*tables, COLUMNS).fingerprint == expected.fingerprint


@pytest.mark.parametrize("transposed", [False, True])
def test_three_samples_and_sixty_thousand_genes_either_way(tmp_path, random, transposed):
    values = pd.DataFrame(
        random.gamma(2.0, 30.0, (3, 60_000)).round(2),
        index=["S1", "S2", "S3"],
        columns=[f"ENSG{i:011d}.1" for i in range(60_000)],
    )
    path = tmp_path / "wide.csv"
    (values.T if transposed else values).to_csv(path)
    samples = tmp_path / "samples.csv"
    samples.write_text("sample_id,patient_id,relapse\nS1,P1,1\nS2,P2,0\nS3,P3,0\n")
    cohort = cohort_from_tables(path, samples, COLUMNS)
    assert (cohort.n_samples, cohort.n_genes) == (3, 60_000)
    np.testing.assert_array_equal(cohort.X, values.to_numpy(dtype=np.float32))
    wrong = "samples-in-rows" if transposed else "genes-in-rows"
    refused(path, samples, f"lie along the other side than {wrong}", orientation=wrong)


@pytest.mark.shared
def test_a_matrix_of_full_width(shared_data):
    folder = shared_data / "gbm_htseq_counts_60483"
    cohort = cohort_from_tables(
        folder / "expression_genes_by_samples.parquet",
        folder / "samples.csv",
        TableColumns(label="label_mesenchymal"),
    )
    assert (cohort.n_samples, cohort.n_genes, cohort.scale) == (149, 60_483, "counts")


def test_a_clinical_number_with_several_marks_between_thousands_is_refused(tmp_path):
    path = tmp_path / "clinical.tsv"
    path.write_text("PATIENT_ID\tDAYS\nP1\t1.234.567\nP2\t120\n")
    with pytest.raises(DeepCMEError, match=r"P1: the DAYS '1\.234\.567' is not a number"):
        read_table(path, [])
