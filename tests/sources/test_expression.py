"""Genes of a matrix under their names, whatever the rows are called."""

from pathlib import Path

import numpy as np

from deepcme.sources.expression import ONE_GENE_EACH, with_genes_named
from deepcme.sources.matrices import Matrix

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
