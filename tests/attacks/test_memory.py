"""Small files that would unfold to more than any memory: refused at once, by estimate."""

import gzip
import zipfile
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.attacks.command import deepcme

pytestmark = pytest.mark.cause("unfolding")

MOST_MB = 1000


@pytest.fixture
def refused(tmp_path):
    """Prepares a cohort with a file as its matrix, or as its table; returns how that ended."""
    (tmp_path / "samples.csv").write_text("sample,label\nS0,0\nS1,1\nS2,0\n")
    (tmp_path / "matrix.csv").write_text("gene,S0,S1,S2\nA,1,2,3\nB,4,5,6\n")

    def prepare(expression="matrix.csv", samples="samples.csv", *words):
        outcome = deepcme(
            *("prepare", "table", "--expression", expression, "--samples", samples),
            *("--label", "label", "-o", "cohort.h5ad"),
            folder=tmp_path,
        )
        outcome.require_one_sentence(*words)
        assert outcome.peak_mb < MOST_MB
        assert not (tmp_path / "cohort.h5ad").exists()

    return prepare


def of_equal_rows(path, names, n_rows):
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n_rows, np.int8)), pa.array(["S"]))
    columns = {names[0]: text} | dict.fromkeys(names[1:], pa.array(np.ones(n_rows, np.float32)))
    table = pa.table(columns)
    with parquet.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(60):
            writer.write_table(table)


def test_a_parquet_matrix_of_equal_rows(refused, tmp_path):
    of_equal_rows(tmp_path / "bomb.parquet", ["sample", "G"], 1_000_000)
    assert (tmp_path / "bomb.parquet").stat().st_size < 1_000_000
    refused("bomb.parquet", "samples.csv", "bomb.parquet: its matrix of 60,000,000 x 2 values")


def test_a_parquet_table_of_equal_rows(refused, tmp_path):
    of_equal_rows(tmp_path / "bomb.parquet", ["sample", "label"], 1_000_000)
    refused("matrix.csv", "bomb.parquet", "bomb.parquet: its table of 60,000,000 x 2 cells")


def test_a_long_text_that_all_rows_of_a_parquet_file_share(refused, tmp_path):
    rows = pa.array(np.zeros(100_000, np.int32))
    table = {
        "sample": pa.DictionaryArray.from_arrays(rows, pa.array(["S"])),
        "label": pa.DictionaryArray.from_arrays(rows, pa.array(["x" * 1_000_000])),
    }
    parquet.write_table(pa.table(table), tmp_path / "bomb.parquet", compression="zstd")
    refused("matrix.csv", "bomb.parquet", "'label' holds 1,000,000 bytes of text")


@pytest.mark.parametrize("kind", [pa.string(), pa.binary(), pa.large_binary()])
def test_a_text_that_all_rows_share_is_read_in_each(refused, tmp_path, kind):
    rows = pa.array(np.zeros(1_000_000, np.int32))
    text = pa.DictionaryArray.from_arrays(rows, pa.array(["x" * 30_000], kind))
    table = pa.table({"sample": rows, "label": text})
    parquet.write_table(table, tmp_path / "bomb.parquet", store_schema=False)
    assert (tmp_path / "bomb.parquet").stat().st_size < 1_000_000
    refused("matrix.csv", "bomb.parquet", "the text in its cells would unfold to about 30 GB")


@pytest.mark.attack
def test_rows_without_number_whose_ids_are_a_letter(refused, tmp_path):
    of_equal_rows(tmp_path / "bomb.parquet", ["sample", "G"], 300_000)
    refused("bomb.parquet", "samples.csv", "bomb.parquet: its matrix of 18,000,000 x 2 values")
    gzipped(tmp_path / "bomb.csv.gz", b"gene,S0\n", b"g,1\r" * 160_000, 100)
    refused("bomb.csv.gz", "samples.csv", "bomb.csv.gz: its matrix of", "would unfold to")


@pytest.mark.attack
def test_comments_without_number(refused, tmp_path):
    gzipped(tmp_path / "bomb.csv.gz", b"", b"# x\n" * 160_000, 90)
    refused("bomb.csv.gz", "samples.csv", "bomb.csv.gz: no line names the columns")


def gzipped(path, head, line, times):
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(head)
        for _ in range(times):
            file.write(line)
    assert path.stat().st_size < 1_100_000


@pytest.mark.parametrize("side", ["matrix", "table"])
@pytest.mark.parametrize(
    ("head", "line", "times", "words"),
    [
        (b"gene,S0,S1\n", b"G,1,1\n" * 200_000, 500, "unfold"),
        (b"gene,S0,S1\n", b"\n" * 1_000_000, 900, "over 100 times its size"),
        (b"gene,S0,S1\n", b",,\n" * 300_000, 900, "unfold"),
        (b"", b"1" * 1_000_000, 900, "longer than 64 MB"),
        (b"gene,S0,S1\nG,", b"1" * 1_000_000, 900, "longer than 64 MB"),
        (b"gene", b",a" * 500_000, 60, "the start of its table would unfold"),
    ],
    ids=["equal rows", "blank lines", "blank rows", "no line end", "endless row", "columns"],
)
def test_gzipped_text(refused, tmp_path, side, head, line, times, words):
    gzipped(tmp_path / "bomb.csv.gz", head, line, times)
    files = (
        ("bomb.csv.gz", "samples.csv") if side == "matrix" else ("matrix.csv", "bomb.csv.gz")
    )
    refused(*files, "bomb.csv.gz: ", words)


@pytest.mark.attack
def test_a_million_columns_that_are_not_plain_numbers(refused, tmp_path):
    with (tmp_path / "bomb.csv").open("wb") as file:
        file.write(b"sample" + b"".join(b",G%d" % i for i in range(1_000_000)) + b"\n")
        file.write(b'" S1"' + b", 1" * 1_000_000 + b"\n")
    refused("bomb.csv", "samples.csv", "bomb.csv: its 1,000,001 columns")


RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(path, *rows, dimension=""):
    """A workbook of one sheet, written part by part: openpyxl would take its time."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/'
            '2006/content-types"><Default Extension="rels" ContentType="application/vnd.'
            'openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/sheet.xml" '
            f'ContentType="{kind}.worksheet+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{RELATIONSHIPS}"><Relationship Id="rId1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet '
            'name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONSHIPS}">'
            f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="sheet.xml"/>'
            "</Relationships>",
        }.items():
            archive.writestr(name, text)
        with archive.open("xl/sheet.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{MAIN}">{dimension}<sheetData>'.encode())
            for row in rows:
                sheet.write(row)
            sheet.write(b"</sheetData></worksheet>")
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("side", ["matrix", "table"])
@pytest.mark.parametrize(
    ("rows", "dimension", "words"),
    [
        ([b"<row>" + b"<c><v>1</v></c>" * 10_000 + b"</row>"] * 3000, "", "its sheets would"),
        (
            [b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (i, i) for i in range(1, 50_000)],
            "",
            "its table of",
        ),
        (
            [
                b'<row r="%d"><c><v>1</v></c><c><v>2</v></c></row>' % i
                for i in (1, 2, 1_048_576)
            ],
            '<dimension ref="A1:XFD1048576"/>',
            "its table of",
        ),
    ],
    ids=["equal cells", "far cells", "far row"],
)
def test_workbooks(refused, tmp_path, side, rows, dimension, words):
    workbook(tmp_path / "bomb.xlsx", *rows, dimension=dimension)
    files = ("bomb.xlsx", "samples.csv") if side == "matrix" else ("matrix.csv", "bomb.xlsx")
    refused(*files, "bomb.xlsx: ", words)


@pytest.mark.guard
@pytest.mark.parametrize("told", ["1000000000\t2", "2\t1000000000"])
def test_a_gct_file_that_says_it_is_endless(refused, tmp_path, told):
    text = f"#1.2\n{told}\nName\tDescription\tS0\tS1\nA\tx\t1\t2\nB\ty\t3\t4\n"
    (tmp_path / "endless.gct").write_text(text)
    refused("endless.gct", "samples.csv", "endless.gct: the file is cut short")


def test_memory_that_runs_out_is_one_sentence(tmp_path, monkeypatch, capsys):
    from deepcme.cli import commands
    from deepcme.cli.main import main

    def run_out(prog_name):
        raise MemoryError

    monkeypatch.setattr(commands, "app", run_out)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("deepcme: this takes more memory than is free")


def _samples_in_rows(folder: Path, table: pd.DataFrame) -> str:
    arrow = pa.Table.from_pandas(table.rename_axis("sample").reset_index())
    parquet.write_table(arrow, folder / "matrix.parquet")
    return "matrix.parquet"


def _genes_in_rows(folder: Path, table: pd.DataFrame) -> str:
    table.T.rename_axis("gene").to_csv(folder / "matrix.tsv", sep="\t", float_format="%.4g")
    return "matrix.tsv"


def _packed_text(folder: Path, table: pd.DataFrame) -> str:
    table.rename_axis("sample").to_csv(
        folder / "matrix.csv.gz",
        float_format="%.3g",
        compression={"method": "gzip", "compresslevel": 1},
    )
    return "matrix.csv.gz"


def _gene_columns_twice(folder: Path, table: pd.DataFrame) -> str:
    whole = table.T.rename_axis("gene").reset_index()
    whole.insert(1, "symbol", [f"SYM{number}" for number in range(len(whole))])
    parquet.write_table(pa.Table.from_pandas(whole), folder / "symbols.parquet")
    return "symbols.parquet"


def _annotated(folder: Path, table: pd.DataFrame) -> str:
    ad.AnnData(
        table.to_numpy(), pd.DataFrame(index=table.index), pd.DataFrame(index=table.columns)
    ).write_h5ad(folder / "matrix.h5ad")
    return "matrix.h5ad"


@pytest.mark.cause("preparing")
@pytest.mark.parametrize(
    "write",
    [_samples_in_rows, _genes_in_rows, _packed_text, _gene_columns_twice, _annotated],
    ids=lambda write: write.__name__.strip("_"),
)
def test_preparing_takes_at_most_three_times_the_matrix(tmp_path, write):
    random = np.random.default_rng(0)
    values = random.gamma(1.0, 20.0, (1000, 25_000)).astype(np.float32)  # 100 MB
    genes = [f"ENSG{number:011d}" for number in range(25_000)]
    samples = [f"S{row}" for row in range(1000)]
    matrix = write(tmp_path, pd.DataFrame(values, samples, genes))
    labels = "".join(f"S{row},{row % 2}\n" for row in range(1000))
    (tmp_path / "samples.csv").write_text("sample,label\n" + labels)
    outcome = deepcme(
        *("prepare", "table", "--expression", matrix, "--samples", "samples.csv"),
        *("--label", "label", "-o", "cohort.h5ad"),
        folder=tmp_path,
    )
    assert outcome.code == 0, outcome.err
    assert outcome.peak_mb < 250 + 3 * values.nbytes / 1e6
