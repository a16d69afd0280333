"""Text in any encoding and with any line ends; a packed file is whole or it is refused."""

import codecs
import gzip

import pytest

from deepcme.sources.reading.text import text_lines
from tests.sources.files import matrix_of, refused, table_of, written

MATRIX = "gene,S1,S2\nA,1,2\nB,3,4\n"
READ = (["S1", "S2"], ["A", "B"], [[1, 3], [2, 4]], [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("gzipped", [False, True])
def test_line_ends(tmp_path, end, last, gzipped):
    text = MATRIX.replace("\n", end) if last else MATRIX.rstrip().replace("\n", end)
    path = written(tmp_path, gzip.compress(text.encode()) if gzipped else text)
    assert list(text_lines(path)) == ["gene,S1,S2", "A,1,2", "B,3,4"]
    assert matrix_of(path) == READ
    assert table_of(path)[:2] == (["gene", "S1", "S2"], [["A", "1", "2"], ["B", "3", "4"]])


@pytest.mark.parametrize(
    "encoded",
    [
        MATRIX.encode("utf-8-sig"),
        MATRIX.encode("utf-16"),
        codecs.BOM_UTF16_LE + MATRIX.replace("\n", "\r\n").encode("utf-16-le"),
        codecs.BOM_UTF16_BE + MATRIX.encode("utf-16-be"),
        gzip.compress(MATRIX.encode("utf-16")),
    ],
    ids=["UTF-8", "UTF-16", "UTF-16-LE", "UTF-16-BE", "UTF-16 packed"],
)
def test_a_byte_order_mark_tells_the_encoding(tmp_path, encoded):
    assert matrix_of(written(tmp_path, encoded)) == READ


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_letters_beyond_ascii(tmp_path, encoding):
    path = written(tmp_path, "sample,site\nS1,Malmö\nS2,Århus\n".encode(encoding))
    assert table_of(path)[1] == [["S1", "Malmö"], ["S2", "Århus"]]
    path = written(tmp_path, "gene,Malmö\nA,1\n".encode(encoding))
    assert matrix_of(path)[0] == ["Malmö"]


def test_a_line_that_is_not_utf_8_is_latin_1_and_the_others_are_not(tmp_path):
    path = written(tmp_path, "Søren".encode("latin-1") + b"\n" + "Søren\n".encode())
    assert list(text_lines(path)) == ["Søren", "Søren"]


WHOLE = gzip.compress("".join(f"G{i},{i},{2 * i}\n" for i in range(-1, 40)).encode())
N_TRAILER = 8  # checksum and length


@pytest.mark.parametrize("n_lost", [*range(1, N_TRAILER + 4), len(WHOLE) // 2, len(WHOLE) - 3])
@pytest.mark.parametrize("read", [matrix_of, table_of])
def test_a_gzip_cut_short_anywhere_is_refused(tmp_path, n_lost, read):
    path = written(tmp_path, WHOLE[:-n_lost], "m.csv.gz")
    refused(read, path, "damaged or cut short; fetch it again")


def test_a_large_gzip_cut_short_is_refused(tmp_path):
    """Beyond the first bytes, which alone are looked at to tell what a file is."""
    rows = "".join(f"ENSG{i:011d},{i * 37 % 101},{i * 53 % 97}\n" for i in range(20_000))
    whole = gzip.compress(f"gene,S1,S2\n{rows}".encode(), 1)
    for n_lost in (1, N_TRAILER - 1, N_TRAILER, 5000):
        path = written(tmp_path, whole[:-n_lost], "m.csv.gz")
        refused(matrix_of, path, "damaged or cut short; fetch it again")
        refused(table_of, path, "damaged or cut short; fetch it again")


def test_a_byte_changed_within_a_gzip_is_noticed(tmp_path):
    damaged = bytearray(WHOLE)
    damaged[-N_TRAILER] ^= 1
    refused(matrix_of, written(tmp_path, bytes(damaged), "m.csv.gz"), "damaged or cut short")


def test_a_gzip_of_several_parts_is_one_file(tmp_path):
    start, end = MATRIX.encode()[:17], MATRIX.encode()[17:]
    path = written(tmp_path, gzip.compress(start) + gzip.compress(end), "m.csv.gz")
    assert matrix_of(path) == READ
