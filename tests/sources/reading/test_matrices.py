"""Matrices of any kind of file: samples x genes, without what is neither sample nor gene."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from deepcme.sources.assembly.expression import ONE_GENE_EACH, with_genes_named
from deepcme.sources.reading.matrices import genes_in_rows, read_matrix
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from tests.sources.files import matrix_of, refused, written

FRAME = pd.DataFrame(
    {"S1": [1.0, 3.0], "S2": [2.0, 4.0]}, index=pd.Index(["A", "B"], name="gene")
)
VALUES = (["S1", "S2"], ["A", "B"], [[1, 3], [2, 4]])


def as_csv(frame, folder):
    frame.to_csv(folder / "m.csv")
    return folder / "m.csv"


def as_parquet(frame, folder):
    frame.to_parquet(folder / "m.parquet")
    return folder / "m.parquet"


def as_parquet_without_index(frame, folder):
    frame.reset_index().to_parquet(folder / "n.parquet", index=False)
    return folder / "n.parquet"


def as_workbook(frame, folder):
    frame.to_excel(folder / "m.xlsx")
    return folder / "m.xlsx"


KINDS = [as_csv, as_parquet, as_parquet_without_index, as_workbook]


@pytest.mark.parametrize("save", KINDS)
def test_every_kind_of_file_gives_the_same_matrix(tmp_path, save):
    assert matrix_of(save(FRAME, tmp_path)) == (*VALUES, [])


@pytest.mark.parametrize("save", KINDS)
@pytest.mark.parametrize("name", [None, "gene"])
def test_one_sample_is_a_matrix_too(tmp_path, save, name):
    frame = FRAME[["S1"]].rename_axis(name)
    assert matrix_of(save(frame, tmp_path)) == (["S1"], ["A", "B"], [[1, 3]], [])


@pytest.mark.parametrize("save", KINDS)
def test_columns_that_are_no_sample_are_left_out_and_said(tmp_path, save):
    frame = FRAME.assign(gene_length=[900, 1200], Description=["tumor protein", "-"])
    samples, genes, values, notes = matrix_of(save(frame, tmp_path))
    assert (samples, genes, values) == VALUES
    assert [note.partition(": ")[2] for note in notes] == [
        "2 columns that tell of genes and not of a sample were left out (gene_length, "
        "Description)."
    ]


@pytest.mark.parametrize("save", KINDS)
def test_a_listed_sample_is_one_whatever_it_is_called(tmp_path, save):
    frame = FRAME.rename(columns={"S2": "length"})
    assert matrix_of(save(frame, tmp_path), listed=["length"])[0] == ["S1", "length"]


@pytest.mark.parametrize("save", KINDS)
@pytest.mark.parametrize("samples_in_rows", [False, True])
def test_text_among_numbers_names_sample_and_gene(tmp_path, save, samples_in_rows):
    frame = FRAME.astype(object)
    frame.loc["B", "S2"] = "n.d."
    path = save((frame.T if samples_in_rows else frame).astype(str), tmp_path)

    def read(path):
        read_matrix(path, lambda rows, columns: samples_in_rows, [])

    refused(read, path, "sample S2, gene B: 'n.d.' is not a number")


def test_text_in_a_column_that_is_no_known_sample_is_named_by_row_and_column(tmp_path):
    path = written(tmp_path, "gene,S1,S2,remark\nA,1,2,low\nB,3,4,-\n")
    labels = written(tmp_path, "sample,relapse\nS1,1\nS2,0\n", "s.csv")

    def prepare(path):
        cohort_from_tables(path, labels, TableColumns("relapse"))

    refused(prepare, path, "row A, column remark: 'low' is not a number")


def test_a_time_is_no_number(tmp_path):
    path = as_parquet(FRAME.assign(when=pd.Timestamp("2020-01-01")), tmp_path)
    refused(matrix_of, path, "'when' holds values of the type timestamp")


@pytest.mark.parametrize("save", [as_workbook, as_parquet])
def test_numbers_and_text_with_a_decimal_comma(tmp_path, save):
    frame = FRAME + 0.5
    as_text = frame.astype(str).apply(lambda column: column.str.replace(".", ","))
    for saved in (frame, as_text):
        path = save(saved, tmp_path)
        assert matrix_of(path, decimal=",")[2] == [[1.5, 3.5], [2.5, 4.5]]
    refused(matrix_of, path, r"sample S1, gene A: '1,5' is not a number \(give --decimal ,")
    as_text.loc["B", "S2"] = "1.234"
    path = save(as_text, tmp_path)
    refused(matrix_of, path, "sample S2, gene B: '1.234' is not a number", decimal=",")


@pytest.mark.parametrize("save", KINDS)
def test_an_infinite_value_names_sample_and_gene(tmp_path, save):
    frame = FRAME.astype(object)
    frame.loc["B", "S2"] = "inf"
    refused(matrix_of, save(frame.astype(str), tmp_path), "sample S2, gene B: the value is inf")


@pytest.mark.parametrize("save", KINDS)
def test_samples_that_repeat_after_cleaning_are_refused(tmp_path, save):
    path = save(FRAME.rename(columns={"S2": "S1 "}), tmp_path)
    refused(matrix_of, path, r"1 sample id occurs more than once \(S1\)")


@pytest.mark.parametrize("save", KINDS[:2])
def test_a_matrix_without_samples(tmp_path, save):
    refused(matrix_of, save(FRAME[[]].assign(length=1), tmp_path), "the matrix is empty")


def test_parquet_of_another_library_has_its_ids_in_the_first_column(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(
        pa.table({"gene": ["A", "B"], "S1": [1, 3], "S2": [2.0, 4.0]}), tmp_path / "m.parquet"
    )
    assert matrix_of(tmp_path / "m.parquet") == (*VALUES, [])


@pytest.fixture
def annotated(tmp_path, random):
    """Scaled values with counts in a layer and, of one more gene, in `raw`."""
    counts = random.poisson(20, (12, 30)).astype(np.float32)
    obs = pd.DataFrame(index=[f"S{i}" for i in range(12)])
    var = pd.DataFrame(
        {"gene_name": ["TP53", "EGFR", "ESR1", *[""] * 27], "length": range(30)},
        index=[f"ENSG{i:011d}" for i in range(30)],
    )
    data = ad.AnnData(counts, obs=obs, var=var)
    data.raw = data
    data = data[:, :-1].copy()
    data.layers["counts"] = counts[:, :-1]
    data.X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    data.write_h5ad(tmp_path / "x.h5ad")
    return tmp_path / "x.h5ad", counts


def test_counts_beside_scaled_values_are_proposed_and_can_be_chosen(annotated):
    path, counts = annotated
    _, _, scaled, notes = matrix_of(path)
    assert min(min(row) for row in scaled) < 0
    assert "--layer counts takes those instead" in notes[0]
    np.testing.assert_array_equal(matrix_of(path, layer="counts")[2], counts[:, :-1])
    _, genes, values, notes = matrix_of(path, layer="raw")
    np.testing.assert_array_equal(values, counts)
    assert len(genes) == 30
    assert notes == []


def test_a_layer_that_is_not_there_and_a_file_without_layers(annotated, tmp_path):
    refused(matrix_of, annotated[0], "no layer 'tpm': it has X, counts, raw", layer="tpm")
    path = as_csv(FRAME, tmp_path)
    refused(matrix_of, path, r"only an \.h5ad file has layers; leave --layer out", layer="raw")


def test_a_file_without_a_number(tmp_path):
    refused(matrix_of, written(tmp_path, "gene,S1\nA,NA\n"), "the matrix holds no numbers")


def test_a_file_of_no_sample(tmp_path):
    ad.AnnData(np.zeros((0, 3), dtype=np.float32)).write_h5ad(tmp_path / "x.h5ad")
    refused(matrix_of, tmp_path / "x.h5ad", "the matrix is empty")


def test_symbols_in_var_are_kept(annotated, tmp_path):
    path, counts = annotated
    samples = written(
        tmp_path,
        "sample,relapse\n" + "".join(f"S{i},{i % 2}\n" for i in range(12)),
        "samples.csv",
    )
    cohort = cohort_from_tables(path, samples, TableColumns(label="relapse"), layer="raw")
    assert cohort.scale == "counts"
    assert cohort.gene_ids[0] == "ENSG00000000000"
    assert cohort.symbols.tolist() == ["TP53", "EGFR", "ESR1", *[""] * 27]
    np.testing.assert_array_equal(cohort.X, counts)


def test_rows_in_which_a_counter_sums_up_are_no_genes(tmp_path):
    rows = "N_unmapped,9,9\nN_noFeature,8,8\n__no_feature,7,7\n"
    path = written(tmp_path, "gene,S1,S2\nA,1,2\n" + rows + "B,3,4\n")
    notes = []
    matrix = with_genes_named(
        read_matrix(path, genes_in_rows, notes), ONE_GENE_EACH, path, notes
    )
    assert matrix.genes == ["A", "B"]
    assert matrix.values.tolist() == [[1, 3], [2, 4]]
    assert notes == ["m.csv: 3 rows that sum up reads or repeat a header were dropped."]
