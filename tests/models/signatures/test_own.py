"""A user's own signature: a table of genes and weights, read whole or refused in one sentence."""

import gzip
import re
from pathlib import Path

import pytest

from deepcme import DeepCMEError
from deepcme.models.signatures.own import read_own_signature


@pytest.fixture
def write(tmp_path):
    def written(text, name="mine.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def refusal(path):
    with pytest.raises(DeepCMEError) as caught:
        read_own_signature(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_genes_and_weights_are_a_signature(write):
    signature = read_own_signature(write("gene,weight\nESR1,-0.5\nMKI67,1.25\n"))
    assert signature.name == "mine"
    assert [(gene.symbol, gene.weight) for gene in signature.genes] == [
        ("ESR1", -0.5),
        ("MKI67", 1.25),
    ]
    assert signature.formula == "weighted sum"
    assert not signature.is_published
    assert signature.trained_on.cohorts == ()


def test_a_gene_is_known_by_its_earlier_symbols_and_its_id(write):
    text = "gene,weight\nCTSL2,1\nAURKA,1\nENSG00000091831,1\n"
    earlier, today, by_id = read_own_signature(write(text)).genes
    assert earlier.symbol == "CTSL2" and "CTSV" in earlier.aliases
    assert {"STK6", "STK15"} <= set(today.aliases)
    assert by_id.symbol == "ENSG00000091831" and "ESR1" in by_id.aliases


def test_other_names_of_a_gene_may_stand_beside_it(write):
    [gene] = read_own_signature(
        write(
            "gene,weight,alias,entrez,probe\nAURKA,1,STK6;STK15,6790,208079_s_at;204092_s_at\n"
        )
    ).genes
    assert gene.aliases[:2] == ("STK6", "STK15")
    assert gene.entrez == "6790"
    assert gene.probes == ("208079_s_at", "204092_s_at")


def test_a_centre_and_a_scale_may_stand_beside_it(write):
    signature = read_own_signature(write("gene,weight,centre,scale\nESR1,1,8.5,2\n"))
    [gene] = signature.genes
    assert signature.single_sample == "own constants"
    assert (gene.centre, gene.scale) == (8.5, 2.0)


@pytest.mark.parametrize(
    "text",
    [
        "gene\tweight\nESR1\t1\n",
        "gene;weight\nESR1;1\n",
        "Weight,Gene,remark\n1,ESR1,ours\n",
        "# frozen 2024\ngene,weight\nESR1,1\n",
        '"","gene","weight"\n"1","ESR1",1\n',
        "\ufeffgene,weight\r\nESR1,1\r\n",
        "symbol,coefficient\nESR1,1e0\n",
    ],
    ids=[
        "tabs",
        "semicolons",
        "other columns",
        "a comment",
        "of R",
        "of a spreadsheet",
        "words",
    ],
)
def test_a_table_may_be_written_as_tables_are(write, text):
    [gene] = read_own_signature(write(text, "mine.csv")).genes
    assert (gene.symbol, gene.weight) == ("ESR1", 1.0)


def test_it_may_be_packed(tmp_path):
    path = tmp_path / "mine.csv.gz"
    path.write_bytes(gzip.compress(b"gene,weight\nESR1,1\n"))
    assert read_own_signature(path).name == "mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ESR1,1\nMKI67,2\n", "no column is called 'gene'"),
        ("gene,effect\nESR1,1\n", "no column is called 'weight'"),
        ("gene,symbol,weight\nESR1,ESR1,1\n", "all mean 'gene'"),
        ("gene,weight\n", "names no gene"),
        ("gene,weight\nESR1,1\nMKI67,2\nesr1,3\n", "has two rows"),
        ("gene,weight\nCTSL2,1\nCTSV,2\n", "as CTSL2 and as CTSV"),
        ("gene,weight,alias\nAURKA,1,STK6\nSTK6,2,\n", "as AURKA and as STK6"),
        ("gene,weight,entrez\nAURKA,1,6790\nX,2,6790\n", "as AURKA and as X"),
        ("gene,weight\nESR1,\n", "ESR1: there is no weight"),
        ("gene,weight\nESR1,NaN\n", "ESR1: there is no weight"),
        ("gene,weight\nESR1,inf\n", "the weight 'inf' is not a number"),
        ("gene,weight\nESR1,1e400\n", "'1e400' is not a number that can be used"),
        ("gene,weight\nESR1,1e300\n", "'1e300' is not a number that can be used"),
        ("gene,weight\nESR1,high\n", "the weight 'high' is not a number"),
        ("gene,weight\nESR1,1_000\n", "the weight '1_000' is not a number"),
        ("gene,weight\nESR1,0\nMKI67,0\n", "ESR1: the weight is 0"),
        ("gene;weight\nESR1;0,5\n", "'0,5' is not a number that can be used: give one, with a"),
        ("gene,weight\nESR1,0,5\n", "row 2 has 3 cells"),
        ("gene,weight\n,1\n", "the first row: there is no gene"),
        ("gene,weight\nESR1 /// PGR,1\n", "the first row: 'ESR1 /// PGR' is several genes"),
        ("gene,weight\nPGR,2\nES\x07R1,1\n", "the row after PGR: the gene"),
        ("gene,weight,centre\nESR1,1,8\n", "a centre and a scale go together"),
        ("gene,weight,centre,scale\nESR1,1,8,0\n", "the scale '0' is not above 0"),
        ("gene,weight,centre,scale\nESR1,1,,1\n", "there is no centre"),
        ("", "the file is empty"),
    ],
)  # fmt: skip
def test_what_is_no_signature_is_refused_in_one_sentence(write, text, words):
    assert words in refusal(write(text))


@pytest.mark.parametrize("name", ["ggi.csv", "GENE70.csv", "recurrence-score-21.csv"])
def test_it_may_not_be_called_like_a_published_one(write, name):
    assert "give the file another name" in refusal(write("gene,weight\nESR1,1\n", name))


def test_a_workbook_is_not_a_text_table(tmp_path):
    path = tmp_path / "mine.parquet"
    path.write_bytes(b"PAR1 and more")
    assert "save it as .csv or .tsv" in refusal(path)


def test_the_example_of_the_page_is_read(tmp_path):
    page = Path(__file__).parents[3] / "docs/how-to/signatures.md"
    [table] = re.findall(r"```text\n(gene,weight.*?)```", page.read_text("utf-8"), re.DOTALL)
    (tmp_path / "my-score.csv").write_text(table)
    signature = read_own_signature(tmp_path / "my-score.csv")
    assert signature.name == "my-score"
    assert len(signature.genes) == len(table.splitlines()) - 1
