"""The column that names the genes is told by what it holds."""

import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.reading.gene_columns import are_genes, gene_column, symbols_in_var

SYMBOLS = ["TP53", "EGFR", "ESR1", "ERBB2", "MKI67", "SEPT2"]
N = len(SYMBOLS)
AGILENT = {
    "id": [f"A_23_P{i}" for i in range(N)],
    "gene": ["7157", "1956", "2099", "2064", "4288", "4735"],
    "what_it_is": SYMBOLS,
    "gene_name": ["tumor protein p53", "receptor, growth", *["some protein"] * (N - 2)],
    "cytoband": ["17p13.1"] * N,
    "ensembl_id": [f"ENSG{i:011d}" for i in range(N)],
}


def chosen(columns):
    notes = []
    return gene_column(pd.DataFrame(columns, dtype=object), "symbol", "GPL1.txt", notes), notes


def test_the_column_of_symbols_whatever_it_is_called():
    assert chosen(AGILENT) == ("what_it_is", [])


@pytest.mark.parametrize(
    "cells",
    [
        ["TP53 /// EGFR", "ESR1", "---", None, "MKI67", "TP53"],
        [f"NM_{i:06d} // {symbol} // title // 1p // {i}" for i, symbol in enumerate(SYMBOLS)],
        [symbol.lower() for symbol in SYMBOLS],
    ],
    ids=["several genes and none", "gene_assignment", "lower case"],
)
def test_symbols_in_many_dresses(cells):
    assert chosen({**AGILENT, "what_it_is": cells}) == ("what_it_is", [])


def test_a_column_of_few_symbols_does_not_win_over_one_of_many():
    assert (
        chosen({"marker": ["TP53", *[None] * (N - 1)], "x": [*SYMBOLS[:-1], "ZZZ9"]})[0] == "x"
    )


def test_between_equals_the_familiar_name_decides():
    assert chosen({"orf": SYMBOLS, "gene symbol": SYMBOLS})[0] == "gene symbol"


def test_a_familiar_name_with_few_known_symbols_is_taken_with_a_warning():
    invented = [f"GENE{i}" for i in range(90)]
    column, notes = chosen({"id": [f"{i}_at" for i in range(96)], "symbol": SYMBOLS + invented})
    assert column == "symbol"
    assert notes == [
        "Warning: GPL1.txt: only 6% of the names in column 'symbol' are known symbols of human "
        "genes; it was taken for its name."
    ]


def test_a_table_without_symbols_is_refused_with_the_shares():
    table = pd.DataFrame(
        {"id": ["1_at", "2_at"], "symbol": ["BRU1", "BRU2"], "gene": ["1", "2"]}
    )
    with pytest.raises(DeepCMEError, match=r"GPL1.txt: no .* id 0%, symbol 0%, gene 0%"):
        gene_column(table, "symbol", "GPL1.txt", [])


def test_ensembl_ids_are_told_by_content_and_entrez_ids_by_name_as_well():
    table = pd.DataFrame(AGILENT)
    assert gene_column(table, "ensembl", "GPL1.txt", []) == "ensembl_id"
    assert gene_column(table, "entrez", "GPL1.txt", []) == "gene"
    ncbi = pd.DataFrame(
        {
            "length": ["1000", "2000"],
            "geneid": ["7157", "1956"],
            "ensemblgeneid": ["ENSG00000141510", "ENSG00000146648"],
        }
    )
    assert gene_column(ncbi, "entrez", "annot.tsv", []) == "geneid"
    assert gene_column(ncbi, "ensembl", "annot.tsv", []) == "ensemblgeneid"
    with pytest.raises(DeepCMEError, match="Entrez gene ids under a name that says so"):
        gene_column(ncbi[["length"]], "entrez", "annot.tsv", [])


def test_ids_of_rows_that_are_genes_or_probes():
    assert are_genes([*SYMBOLS, "2-Sep", "---", "A /// B"])
    assert are_genes(["TP53|7157", "?|100130426", "EGFR|1956"])
    assert are_genes(["ENSG00000141510.11", "ENSG00000002586.20_PAR_Y", "__no_feature"])
    assert not are_genes(AGILENT["gene"])
    assert not are_genes(["1007_s_at", "1053_at", "TP53"])


def test_symbols_in_the_var_of_an_anndata():
    ids = AGILENT["ensembl_id"]
    var = pd.DataFrame({"n_cells": range(N), "feature": [*SYMBOLS[:-1], None]}, index=ids)
    assert symbols_in_var(var, ids) == [*SYMBOLS[:-1], ""]
    assert symbols_in_var(var.astype({"feature": "category"}), ids) == [*SYMBOLS[:-1], ""]
    assert symbols_in_var(var[["n_cells"]], ids) is None
    assert symbols_in_var(pd.DataFrame({"feature": SYMBOLS}, index=SYMBOLS), SYMBOLS) is None
