"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.inputs import require_file

Kind = Literal["text", "parquet", "workbook", "hdf5"]

_FIRST_BYTES = 4096
_GZIP = b"\x1f\x8b"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_TABLES: tuple[tuple[bytes, Kind], ...] = ((b"PAR1", "parquet"), (b"\x89HDF\r\n\x1a\n", "hdf5"))
_NO_TABLES = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save it as .xlsx"),
    (b"%PDF", "a PDF", "copy the table out of it"),
    (b"BZh", "compressed with bzip2", "unpack it"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it"),
    (b"RDX", "a file of R", "write its table with write.csv"),
    (b"X\n\x00", "a file of R", "write its table with write.csv"),
    (b"A\n\x00", "a file of R", "write its table with write.csv"),
    (b"{\\rtf", "a document (RTF)", "save it as plain text"),
    (b"version https://git-lfs", "a pointer of Git LFS", "fetch the file that it stands for"),
)
_MARKUP = re.compile(
    rb"(?P<page><!doctype html|<html)|(?P<xml><\?xml|<[a-z]+[ >])"
    rb'|(?P<json>\{\s*["}]|\[\s*["{\[])'
)
_TAR_MARK = slice(257, 262)


@dataclass(frozen=True)
class Contents:
    """Kind of a file; of text, whether it is gzipped, and its encoding."""

    kind: Kind
    gzipped: bool = False
    encoding: Literal["utf-8", "utf-16"] = "utf-8"


def _require_content(path: Path) -> None:
    """Refuse what is no file, or an empty one."""
    require_file(path)
    if path.stat().st_size == 0:
        raise DeepCMEError(f"{path}: the file is empty.")


def contents_of(path: Path) -> Contents:
    """Tell what a file is.

    Raises
    ------
    DeepCMEError
        If it is missing, empty, or something that holds no table, such as a web page
        saved in its place.
    """
    try:
        _require_content(path)
        with path.open("rb") as file:
            start = file.read(_FIRST_BYTES)
    except OSError as error:
        raise DeepCMEError(f"{path}: the file cannot be read ({error.strerror}).") from error
    gzipped = start.startswith(_GZIP)
    if gzipped:
        start = _unpacked(path)
    else:
        for mark, kind in _TABLES:
            if start.startswith(mark):
                return Contents(kind)
        if start.startswith(b"PK\x03\x04"):
            _require_workbook(path)
            return Contents("workbook")
    _refuse_other_formats(path, start)
    if start.startswith(_UTF_16):
        return Contents("text", gzipped, "utf-16")
    return Contents("text", gzipped)


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as file:
            return file.read(_FIRST_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise DeepCMEError(
            f"{path}: the gzip file is damaged or cut short; fetch it again."
        ) from error


def _require_workbook(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DeepCMEError(
            f"{path}: this is not a readable Excel workbook (.xlsx), nor another archive; "
            "it is damaged or cut short."
        ) from error
    if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
        return
    if "content.xml" in names:
        raise DeepCMEError(f"{path}: this is an OpenDocument file: save it as .xlsx or .csv.")
    raise DeepCMEError(f"{path}: this is a ZIP archive: unpack it and name the file in it.")


def _refuse_other_formats(path: Path, start: bytes) -> None:
    for mark, what, way_out in _NO_TABLES:
        if start.startswith(mark):
            raise DeepCMEError(f"{path}: this is {what}, not a table: {way_out}.")
    if start[_TAR_MARK] == b"ustar":
        raise DeepCMEError(f"{path}: this is a tar archive: unpack it and name the file in it.")
    found = _MARKUP.match(start.removeprefix(b"\xef\xbb\xbf").lstrip().lower())
    if found is not None:
        what = {"page": "a web page", "xml": "XML", "json": "JSON"}[str(found.lastgroup)]
        raise DeepCMEError(
            f"{path}: this is {what}, not a table: if a server sent it in place of the file, "
            "download it again; if a program wrote a table so, open it there and save it as "
            ".csv."
        )
    if b"\x00" in start and not start.startswith(_UTF_16):
        raise DeepCMEError(
            f"{path}: the file holds bytes that no text has: it is neither text nor a table "
            "of a kind that is known (.csv, .tsv, .xlsx, .parquet, .h5ad)."
        )
