"""What a file is, is told by its first bytes: whatever it is called."""

import gzip
import io
import zipfile

import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.reading.contents import contents_of
from tests.sources.files import matrix_of, refused, written

MATRIX = "gene,S1,S2\nA,1,2\nB,3,4\n"
READ = (["S1", "S2"], ["A", "B"], [[1, 3], [2, 4]], [])
NAMES = ("m.csv", "m.tsv", "m.tsv.gz", "HiSeqV2.gz", "HiSeqV2", "m.docx", "m.xlsx", "m.h5ad")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("gzipped", [False, True])
def test_text_packed_or_not_is_read_under_any_name(tmp_path, name, gzipped):
    content = MATRIX.encode()
    path = written(tmp_path, gzip.compress(content) if gzipped else content, name)
    assert matrix_of(path) == READ


@pytest.mark.parametrize("kind", ["parquet", "workbook"])
def test_parquet_and_workbooks_are_read_under_any_name(tmp_path, kind):
    table = pd.read_csv(io.StringIO(MATRIX), index_col="gene")
    buffer = io.BytesIO()
    table.to_parquet(buffer) if kind == "parquet" else table.to_excel(buffer)
    path = written(tmp_path, buffer.getvalue(), "m.csv")
    assert contents_of(path).kind == kind
    assert matrix_of(path) == READ


def zipped(name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, MATRIX)
    return buffer.getvalue()


NO_TABLES = {
    "a web page": b"<!DOCTYPE html>\n<html><body>Not found</body></html>",
    "a web page without its type": b"\n\n<HTML><head></head></HTML>",
    "XML": b'<?xml version="1.0"?><Error/>',
    "JSON": b'{"message": "no such file"}',
    "a PDF": b"%PDF-1.7\n",
    "an old Excel workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(8),
    "compressed with bzip2": b"BZh91AY&SY",
    "compressed with xz": b"\xfd7zXZ\x00\x00",
    "compressed with zstd": b"\x28\xb5\x2f\xfd",
    "a file of R": b"X\n\x00\x00\x00\x03",
    "a ZIP archive": zipped("m.csv"),
    "a tar archive": b"m.csv".ljust(257, b"\0") + b"ustar\x0000" + bytes(248),
}


@pytest.mark.parametrize("kind", NO_TABLES)
@pytest.mark.parametrize("name", ["m.csv", "m.tsv.gz"])
def test_what_is_no_table_is_called_what_it_is(tmp_path, kind, name):
    path = written(tmp_path, NO_TABLES[kind], name)
    refused(contents_of, path, f"this is {kind.removesuffix(' without its type')}")


@pytest.mark.parametrize("kind", ["a web page", "JSON", "a PDF", "a tar archive"])
def test_so_it_is_where_it_is_packed(tmp_path, kind):
    path = written(tmp_path, gzip.compress(NO_TABLES[kind]), "m.tsv.gz")
    refused(contents_of, path, f"this is {kind}")


def test_other_bytes_are_no_text(tmp_path):
    for content in (b"gene,S1\nA,\x00\x01\n", gzip.compress(b"\x89HDF\r\n\x00")):
        refused(contents_of, written(tmp_path, content), "bytes that no text has")


def test_a_path_that_the_system_refuses(tmp_path):
    refused(contents_of, tmp_path / f"{'x' * 300}.csv", "the file cannot be read")


def test_no_file_and_an_empty_one(tmp_path):
    refused(contents_of, tmp_path / "none.csv", "there is no such file")
    refused(contents_of, written(tmp_path, ""), "the file is empty")


def test_a_workbook_cut_short(tmp_path):
    buffer = io.BytesIO()
    pd.DataFrame({"a": [1]}).to_excel(buffer)
    path = written(tmp_path, buffer.getvalue()[:-100], "m.xlsx")
    refused(contents_of, path, "not a readable Excel workbook.*damaged or cut short")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DeepCMEError, match="this is a folder"):
        contents_of(tmp_path)
