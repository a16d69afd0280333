"""GMT files: what is a set of genes in them, and what is refused with its place."""

import gzip

import pytest

from deepcme import DeepCMEError
from deepcme.sources.gene_sets import GeneSet, read_gene_sets


@pytest.fixture
def gmt(tmp_path):
    def write(text, name="sets.gmt"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
        return path

    return write


def test_a_line_is_a_set(gmt):
    path = gmt("CYCLE\thttp://where\tMKI67\tBUB1\t\tMKI67\r\n\r\nER\tna\tESR1 \tPGR\t\r\n")
    assert read_gene_sets([path]) == (
        GeneSet("CYCLE", ("MKI67", "BUB1"), "sets.gmt"),
        GeneSet("ER", ("ESR1", "PGR"), "sets.gmt"),
    )


def test_a_file_may_be_gzipped(gmt):
    (found,) = read_gene_sets([gmt("ER\t\tESR1\n", "sets.gmt.gz")])
    assert (found.name, found.genes, found.file) == ("ER", ("ESR1",), "sets.gmt.gz")


@pytest.mark.parametrize(
    "line", ["ER", "ER\tESR1", "ER\tna\t\t", "\tna\tESR1", "ER na ESR1 PGR", "ESR1,PGR"]
)
def test_a_line_that_is_none_is_refused_with_its_place(gmt, line):
    path = gmt(f"CYCLE\tna\tMKI67\n\n{line}\n")
    with pytest.raises(DeepCMEError, match=r"sets\.gmt: line 3 is no gene set: write its name"):
        read_gene_sets([path])


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_file_without_a_set_is_refused(gmt, text):
    with pytest.raises(DeepCMEError, match=r"none\.gmt: the file (lists no gene set|is empty)"):
        read_gene_sets([gmt("ER\tna\tESR1\n"), gmt(text, "none.gmt")])


def test_a_set_that_two_files_have_alike_is_one(gmt):
    first, second = gmt("ER\tna\tESR1\tPGR\n"), gmt("ER\tx\tPGR\tESR1\n", "more.gmt")
    assert [one.file for one in read_gene_sets([first, second])] == ["sets.gmt"]


def test_two_sets_of_one_name_are_refused(gmt):
    first, second = gmt("ER\tna\tESR1\tPGR\n"), gmt("A\t\tB\nER\tna\tESR1\n", "more.gmt")
    with pytest.raises(
        DeepCMEError,
        match=r"more\.gmt: line 2 has the set ER, which sets\.gmt has with other genes: rename",
    ):
        read_gene_sets([first, second])


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DeepCMEError, match=r"gone\.gmt"):
        read_gene_sets([tmp_path / "gone.gmt"])
