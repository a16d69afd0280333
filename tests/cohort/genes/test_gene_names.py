"""What stands where a gene's name should: a name, none, several, or a row that sums up."""

import pytest

from deepcme.cohort.genes.gene_names import (
    gene_names,
    genes_in,
    is_no_name,
    is_summary_row,
    named_as_repeated,
    row_names,
    split_symbol_and_entrez,
)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "--",
            "---",
            "0",
            "-1",
            "NA",
            "null",
            "#N/A",
            "None",
            "[Not Available]",
            "?",
        ),
        *("#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "1.00E+10", "2.31E+13", "TRUE"),
    ],
)
def test_what_is_no_name(name):
    assert is_no_name(name)
    assert genes_in(name) == []


@pytest.mark.parametrize("name", ["TP53", "UNK", "7157", "ENSG00000141510.11", "HLA-A"])
def test_what_is_a_name(name):
    assert genes_in(name) == [name]


@pytest.mark.parametrize(
    "name",
    [
        *("__no_feature", "__alignment_not_unique", "no_feature", "too_low_aQual"),
        *("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"),
        *("Unassigned_MultiMapping", "normalized_count", "gene_id"),
        *("Total", "Hybridization REF", "Composite Element REF"),
    ],
)
def test_rows_in_which_counters_sum_up(name):
    assert is_summary_row(name)
    assert gene_names([name, "TP53"]).names == ["", "TP53"]


@pytest.mark.parametrize("name", ["NOVA1", "N4BP2", "NCOA3", "TP53", "AMBP"])
def test_genes_are_no_summary_rows(name):
    assert not is_summary_row(name)


@pytest.mark.parametrize(
    ("cell", "genes"),
    [
        ("DDR1 /// MIR4640", ["DDR1", "MIR4640"]),
        ("TP53;EGFR", ["TP53", "EGFR"]),
        ("TP53 // EGFR", ["TP53", "EGFR"]),
        ("TP53,EGFR", ["TP53", "EGFR"]),
        ("TP53|EGFR", ["TP53", "EGFR"]),
        ("TP53 /// TP53", ["TP53"]),
        ("TP53;---", ["TP53"]),
        (" TP53\u00a0", ["TP53"]),
        ("A,B", ["A,B"]),
        ("TP53|7157", ["TP53"]),
        ("?|100130426", ["100130426"]),
        ("7157.0", ["7157"]),
        ("ENSG00000141510.11|TP53", ["ENSG00000141510.11"]),
        ("TP53_ENSG00000141510", ["ENSG00000141510"]),
        ("ENSG00000002586.20_PAR_Y", ["ENSG00000002586.20_PAR_Y"]),
    ],
)
def test_cells_of_several_genes(cell, genes):
    assert genes_in(cell) == genes


def test_the_second_field_of_an_affymetrix_assignment_is_the_gene():
    one = "NM_000546 // TP53 // tumor protein p53 // 17p13.1 // 7157"
    same = "ENST00000269305 // TP53 // tumor protein p53 // 17p13.1 // 7157"
    other = "NM_005228 // EGFR // epidermal growth factor receptor // 7p11.2 // 1956"
    assert genes_in(f"{one} /// {same}") == ["TP53"]
    assert genes_in(f"{one} /// {other}") == ["TP53", "EGFR"]


def test_cells_of_several_genes_are_dropped_and_counted_or_give_the_first():
    cells = ["TP53 /// EGFR", "ESR1", "---", "__no_feature"]
    dropped = gene_names(cells)
    assert dropped.names == ["", "ESR1", "", ""]
    assert dropped.notes() == [
        "1 rows without a gene's name were dropped.",
        "1 rows of several genes were dropped.",
        "1 rows that sum up reads or repeat a header were dropped.",
    ]
    first = gene_names(cells, "first")
    assert first.names == ["TP53", "ESR1", "", ""]
    assert first.n_several == 0


def test_a_row_called_na_is_a_gene_and_numbered_rows_keep_their_zero():
    assert row_names(["NA", "TP53", "---"]).names == ["NA", "TP53", ""]
    assert row_names(["NA", "TP53", "---"]).n_nameless == 1
    assert row_names(["0", "1", "2"]).names == ["0", "1", "2"]
    assert row_names(["0", "7157", "1956"]).names == ["", "7157", "1956"]


def test_names_of_a_second_row_of_a_gene():
    assert named_as_repeated(["TP53", "TP53.1", "TP53.2", "ESR1"]) == ["TP53.1", "TP53.2"]
    assert named_as_repeated(["AL627309.1", "AL627309.5", "AIP", "AIP-1", "EGFR.1"]) == []


def test_firehose_names_split_into_symbol_and_entrez():
    names = ["?|100130426", "TP53|7157", "SLC35E2|728661"]
    assert split_symbol_and_entrez(names) == (
        ["", "TP53", "SLC35E2"],
        ["100130426", "7157", "728661"],
    )
    assert split_symbol_and_entrez(["TP53", "EGFR", "A|1"]) is None
