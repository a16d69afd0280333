"""Delimited text, plain or gzipped: CSV, TSV, and the tables inside other formats."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Generator
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from deepcme.errors import DeepCMEError

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t", ".tab": "\t", ".gct": "\t"}
MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A"]
_END_MARK = re.compile(r'"?!(series_matrix|platform)_table_end"?\s*', re.IGNORECASE)
_BLOCK_BYTES = 1 << 24  # a row must fit into one block: room for 200,000 genes and more


class TextInMatrixError(Exception):
    """A cell that should be a number is not; it is still to be found."""


def text_lines(path: Path) -> Generator[str, None, None]:
    """Lines of a text file, gzipped or not, without their ends.

    UTF-8; a line that is not is taken as latin-1, which older public files are
    written in.

    Raises
    ------
    DeepCMEError
        If the file is damaged or cut short, or is UTF-16.
    """
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rb") as file:
            first = file.readline()
            if first.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise DeepCMEError(f"{path}: the file is UTF-16 text; save it as UTF-8.")
            yield _decoded(first.removeprefix(b"\xef\xbb\xbf"))
            for line in file:
                yield _decoded(line)
    except (OSError, EOFError, zlib.error) as error:
        raise DeepCMEError(f"{path}: the file is damaged or cut short.") from error


def _decoded(line: bytes) -> str:
    line = line.rstrip(b"\r\n")
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def read_header(path: Path, separator: str, skip: int = 0) -> tuple[list[str], str]:
    """Names of the columns, after `skip` lines, and the separator.

    The separator is the one given, unless the header shows another: a CSV may
    come with semicolons.
    """
    lines = islice(text_lines(path), skip, None)
    first, second = next(lines, ""), next(lines, "")
    if not first.strip():
        raise DeepCMEError(f"{path}: line {skip + 1} is blank; it must name the columns.")
    if separator not in first:
        separator = max(";\t,", key=first.count)
    try:
        header = next(csv.reader([first], delimiter=separator), [])
        cells = next(csv.reader([second], delimiter=separator), [])
    except csv.Error as error:
        raise DeepCMEError(f"{path}: the first lines are not a table ({error}).") from error
    if len(cells) == len(header) + 1:
        header = ["row", *header]  # R leaves the name of the row ids out
    if len(header) < 2:
        raise DeepCMEError(f"{path}: only one column was found; is it a table?")
    return [name.strip() for name in header], separator


def read_rows(
    path: Path,
    header: list[str],
    separator: str,
    kinds: dict[int, pa.DataType],
    skip: int = 1,
) -> pd.DataFrame:
    """Read the rows below the first `skip` lines; columns not in `kinds` are text.

    Raises
    ------
    TextInMatrixError
        If a cell of a column in `kinds` is something else.
    DeepCMEError
        If the rows differ in length or the file is damaged.
    """
    try:
        return _read_rows(path, header, separator, kinds, skip, "utf8")
    except UnicodeError:
        return _read_rows(path, header, separator, kinds, skip, "latin-1")


def _read_rows(
    path: Path,
    header: list[str],
    separator: str,
    kinds: dict[int, pa.DataType],
    skip: int,
    encoding: str,
) -> pd.DataFrame:
    names = [str(position) for position in range(len(header))]
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            table = arrow_csv.read_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    column_names=names,
                    skip_rows=skip,
                    block_size=_BLOCK_BYTES,
                    encoding=encoding,
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=separator, invalid_row_handler=_skip_end_mark
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types={
                        name: kinds.get(position, pa.string())
                        for position, name in enumerate(names)
                    },
                    null_values=MISSING,
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return pd.DataFrame(columns=header)
        if "invalid UTF8" in str(error):
            raise UnicodeError from error
        if "CSV conversion error" in str(error):
            raise TextInMatrixError from error
        raise DeepCMEError(f"{path}: {_plain(error)}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DeepCMEError(f"{path}: the file is damaged or cut short.") from error
    frame: pd.DataFrame = table.to_pandas()
    frame.columns = pd.Index(header, dtype=object)
    return frame


def _skip_end_mark(row: arrow_csv.InvalidRow) -> str:
    """Let the line pass that ends the table of a GEO file, and no other odd line."""
    return "skip" if _END_MARK.fullmatch(row.text or "") else "error"


def _plain(error: pa.ArrowInvalid) -> str:
    """Arrow's reason without its prefix, such as "Expected 5 columns, got 4"."""
    reason = " ".join(str(error).removeprefix("CSV parse error: ").split())
    return f"the rows differ in length or are not text ({reason[:120]})."
