"""Genes of a matrix under their names, whatever the rows are called."""

from pathlib import Path

import numpy as np

from deepcme.sources.assembly.expression import ONE_GENE_EACH, GeneNaming, with_genes_named
from deepcme.sources.reading.matrices import Matrix

SYMBOLS = ["TP53", "EGFR", "ESR1", "ERBB2"]


def named(genes, naming=ONE_GENE_EACH, **annotations):
    """The matrix with its genes named, gene j having the value j, and what was said."""
    notes = []
    values = np.tile(np.arange(len(genes), dtype=np.float32), (3, 1))
    matrix = Matrix(values, ["S1", "S2", "S3"], list(genes), **annotations)
    return with_genes_named(matrix, naming, Path("expression.csv"), notes), notes


def test_what_a_spreadsheet_or_a_header_left_is_dropped_and_counted():
    matrix, notes = named([*SYMBOLS, "#REF!", "1.00E+10", "TRUE", "Total"])
    assert matrix.genes == SYMBOLS
    assert notes == [
        "expression.csv: 3 rows without a gene's name were dropped.",
        "expression.csv: 1 rows that sum up reads or repeat a header were dropped.",
    ]


def test_entrez_ids_that_became_fractions_are_whole_again():
    assert named(["7157.0", "1956.0"])[0].genes == ["7157", "1956"]


def test_a_name_that_r_gives_a_second_row_is_warned_of():
    matrix, (note,) = named([*SYMBOLS, "TP53.1"])
    assert matrix.genes == [*SYMBOLS, "TP53.1"]
    assert note.startswith("Warning: expression.csv: 1 gene name (TP53.1)")


def test_ensembl_ids_are_the_genes_and_the_symbols_beside_them_are_kept():
    ids = [f"ENSG{i:011d}.1" for i in range(3)]
    for names in (
        [f"{gene}_{symbol}" for gene, symbol in zip(ids, SYMBOLS, strict=False)],
        [f"{symbol}|{gene}" for gene, symbol in zip(ids, SYMBOLS, strict=False)],
    ):
        matrix, _ = named(names)
        assert (matrix.genes, matrix.symbols) == (ids, SYMBOLS[:3])


def test_dates_among_symbols_are_named_and_mended():
    ids = [f"ENSG{i:011d}" for i in range(3)]
    symbols = ["2-Sep", "TP53", ""]
    matrix, (note,) = named(ids, symbols=symbols)
    assert matrix.symbols == symbols
    assert note.startswith("Warning: 1 gene names look like dates")
    mended, _ = named(ids, GeneNaming(repair_dates=True), symbols=symbols)
    assert mended.symbols == ["SEPTIN2", "TP53", ""]


def test_a_date_that_is_two_genes_is_told_by_their_entrez_ids_or_dropped():
    names = ["1-Mar|55016", "1-Mar|64757", "TP53|7157", "EGFR|1956", "ESR1|2099"]
    matrix, (note,) = named(names)
    assert matrix.genes == ["TP53", "EGFR", "ESR1"]
    assert note.startswith("Warning: expression.csv: 2 rows were dropped: a spreadsheet made")
    mended, _ = named(names, GeneNaming(repair_dates=True))
    assert mended.genes == ["MARCHF1", "MTARC1", "TP53", "EGFR", "ESR1"]
