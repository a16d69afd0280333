"""Genes are named in a file or in a line, by whatever they are called."""

import pytest

from deepcme import DeepCMEError
from deepcme.trained.panels.names import find_genes, names_given, read_gene_names
from tests.trained.conftest import bundle_cohort


@pytest.mark.parametrize(
    "text",
    [
        "ESR1\nERBB2\n\n# a comment\nESR1\n",
        '"ESR1"\r\n"ERBB2"\r\n',
        "weight,gene\n1,ESR1\n2,ERBB2\n",
        "Symbol\tcoefficient\nESR1\t0.5\nERBB2\t0.1\n",
    ],
)
def test_a_list_or_a_table_names_genes(tmp_path, text):
    file = tmp_path / "genes.txt"
    file.write_text(text)
    assert read_gene_names(file) == ["ESR1", "ERBB2"]


def test_names_stand_in_a_line_or_in_a_file(tmp_path):
    assert names_given("ACTB, GAPDH,ACTB") == ["ACTB", "GAPDH"]
    file = tmp_path / "reference.txt"
    file.write_text("ACTB\n")
    assert names_given(str(file)) == ["ACTB"]


def test_names_with_a_version_and_long_lists_are_no_files():
    versioned = ["ENSG00000075624.17", "ENSG00000111640.15"]
    assert names_given(",".join(versioned)) == versioned
    many = [f"GENE{number}" for number in range(200)]
    assert names_given(",".join(many)) == many


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n", "the file names no gene"),
        ("ESR1\nERBB2 1;2\n", "gene 2 of the list is not one gene, 'ERBB2 1;2'"),
        ("gene,weight\nESR1,1\n,2\n", "gene 2 of the list is not one gene, ''"),
    ],
)
def test_what_is_no_list_of_genes_is_refused(tmp_path, text, message):
    file = tmp_path / "genes.txt"
    file.write_text(text)
    with pytest.raises(DeepCMEError, match=message):
        read_gene_names(file)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(DeepCMEError, match=r"missing\.txt"):
        names_given("missing.txt")


def test_genes_are_found_by_any_of_their_names():
    cohort = bundle_cohort(["ENSG00000141510.5", "3845", "MLL"], n_patients=9)
    names = ["TP53", "ENSG00000141510", "3845", "KMT2A", "NOBODY"]
    assert find_genes(cohort, names) == ([0, 1, 2], ["NOBODY"])
