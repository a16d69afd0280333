"""Delimited text, plain or gzipped: CSV, TSV, and the tables inside other formats."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from deepcme.errors import DeepCMEError

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t", ".tab": "\t", ".gct": "\t"}
MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A"]
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


@dataclass(frozen=True)
class TextTable:
    """Where a table stands in a text file, and what its columns are called.

    `skip` lines come before the first row; a line that starts with `end_mark`,
    if there is one, comes after the last.
    """

    path: Path
    header: list[str]
    separator: str
    skip: int
    end_mark: str | None = None


def find_table(
    path: Path, separator: str, *, skip: int = 0, end_mark: str | None = None
) -> TextTable:
    """Read the header that stands after `skip` lines.

    The separator is the one given, unless the header shows another: a CSV may
    come with semicolons.

    Raises
    ------
    DeepCMEError
        If the header is blank, or names fewer than two columns.
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
    names = [name.strip() for name in header]
    return TextTable(path, names, separator, skip + 1, end_mark)


def read_rows(table: TextTable, kinds: Mapping[int, pa.DataType]) -> pd.DataFrame:
    """Read the rows of a table; columns not in `kinds` are text.

    Raises
    ------
    TextInMatrixError
        If a cell of a column in `kinds` is something else.
    DeepCMEError
        If the rows differ in length or the file is damaged.
    """
    try:
        return _read_rows(table, kinds, "utf8")
    except UnicodeError:
        return _read_rows(table, kinds, "latin-1")


def _read_rows(
    table: TextTable, kinds: Mapping[int, pa.DataType], encoding: str
) -> pd.DataFrame:
    names = [str(position) for position in range(len(table.header))]
    types = {name: kinds.get(position, pa.string()) for position, name in enumerate(names)}
    try:
        stream, skip = _stream(table)
        with stream:
            rows = arrow_csv.read_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    column_names=names,
                    skip_rows=skip,
                    block_size=_BLOCK_BYTES,
                    encoding=encoding,
                ),
                parse_options=arrow_csv.ParseOptions(delimiter=table.separator),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=types,
                    null_values=MISSING,
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return pd.DataFrame(columns=table.header)
        if "invalid UTF8" in str(error):
            raise UnicodeError from error
        if "CSV conversion error" in str(error):
            raise TextInMatrixError from error
        raise DeepCMEError(f"{table.path}: {_plain(error)}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DeepCMEError(f"{table.path}: the file is damaged or cut short.") from error
    frame: pd.DataFrame = rows.to_pandas()
    frame.columns = pd.Index(table.header, dtype=object)
    return frame


def _stream(table: TextTable) -> tuple[pa.NativeFile, int]:
    """A stream to read the table from, and how many lines of it to skip."""
    if table.end_mark is None:
        return pa.input_stream(str(table.path), compression="detect"), table.skip
    end_mark = table.end_mark
    rows = takewhile(
        lambda line: not line.lower().startswith(end_mark),
        islice(text_lines(table.path), table.skip, None),
    )
    return pa.BufferReader("\n".join(rows).encode()), 0


def _plain(error: pa.ArrowInvalid) -> str:
    """Arrow's reason without its prefix, such as "Expected 5 columns, got 4"."""
    reason = " ".join(str(error).removeprefix("CSV parse error: ").split())
    return f"the rows differ in length or are not text ({reason[:120]})."
