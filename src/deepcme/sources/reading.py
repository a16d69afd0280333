"""Reading tables from disk: every failure is one sentence that names the place."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from deepcme.errors import DeepCMEError

_SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t", ".tab": "\t"}
_MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A"]
_BLOCK_BYTES = 1 << 24  # a row must fit into one block: room for 200,000 genes and more


class _TextInMatrixError(Exception):
    """A cell that should be a number is not; it is still to be found."""


def few(values: Iterable[object], most: int = 3) -> str:
    """Name a few of many values."""
    listed = [str(value) for value in values]
    return ", ".join(listed[:most]) + (" ..." if len(listed) > most else "")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table whose columns are text, as it stands, or what Parquet says they are.

    Text stays text, so that an id such as ``007`` keeps its zeros; missing cells
    are None or NaN. CSV, TSV (also gzipped) and Parquet.

    Raises
    ------
    DeepCMEError
        If the file is missing, empty, damaged, or of an unknown kind.
    """
    _require_file(path)
    if _suffix(path) == ".parquet":
        table = _read_parquet(path)
        if not isinstance(table.index, pd.RangeIndex):
            table = table.reset_index()
        return table
    header, separator = _read_header(path)
    _require_unique(header, path, "column")
    table = _read_delimited(path, header, separator, kinds={})
    if table.empty:
        raise DeepCMEError(f"{path}: the table has a header but no rows.")
    return table


def read_matrix(path: Path, sample_ids: Collection[str]) -> pd.DataFrame:
    """Read numbers with ids along both sides; the first column holds the row ids.

    `sample_ids` only serves to tell samples from genes in error messages.

    Raises
    ------
    DeepCMEError
        As `read_table`, and where a cell is text or infinite, naming its
        sample and gene, or an id repeats.
    """
    _require_file(path)
    if _suffix(path) == ".parquet":
        matrix = _read_parquet(path)
        if isinstance(matrix.index, pd.RangeIndex):
            matrix = matrix.set_index(matrix.columns[0])
    else:
        matrix = _read_delimited_matrix(path)
    if matrix.empty:
        raise DeepCMEError(f"{path}: the matrix is empty.")
    matrix.index = pd.Index([str(value).strip() for value in matrix.index], dtype=object)
    matrix.columns = pd.Index([str(value).strip() for value in matrix.columns], dtype=object)
    _require_unique(matrix.index, path, "row")
    _require_unique(matrix.columns, path, "column")
    return _numeric(matrix, path, sample_ids)


def _read_delimited_matrix(path: Path) -> pd.DataFrame:
    header, separator = _read_header(path)
    _require_unique(header[1:], path, "column")
    numbers = dict.fromkeys(range(1, len(header)), pa.float32())
    try:
        matrix = _read_delimited(path, header, separator, numbers)
    except _TextInMatrixError:
        matrix = _read_delimited(path, header, separator, kinds={})
    ids = matrix[header[0]]
    matrix = matrix.iloc[:, 1:]
    matrix.index = pd.Index(ids.where(ids.notna(), "NA"), dtype=object)
    return matrix


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    if suffix != ".parquet" and suffix not in _SEPARATORS:
        raise DeepCMEError(
            f"{path}: unknown kind of file {suffix!r}; save it as .csv, .tsv or .parquet."
        )
    return suffix


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise DeepCMEError(f"{path}: there is no such file.")
    if path.stat().st_size == 0:
        raise DeepCMEError(f"{path}: the file is empty.")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except Exception as error:
        # pyarrow raises its own kinds, OSError and ValueError for damaged files.
        raise DeepCMEError(f"{path}: this is not a readable Parquet file.") from error


def _read_header(path: Path) -> tuple[list[str], str]:
    """Names of the columns, and the separator (a CSV may come with semicolons)."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            first, second = file.readline(), file.readline()
    except UnicodeDecodeError as error:
        raise DeepCMEError(f"{path}: the file is not UTF-8 text.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DeepCMEError(f"{path}: the file is damaged or cut short.") from error
    if not first.strip():
        raise DeepCMEError(f"{path}: the first line is blank; it must name the columns.")
    separator = _SEPARATORS[_suffix(path)]
    if separator not in first:
        separator = max(";\t,", key=first.count)
    header = next(csv.reader([first], delimiter=separator))
    cells = next(csv.reader([second], delimiter=separator), [])
    if len(cells) == len(header) + 1:
        header = ["row", *header]  # R leaves the name of the row ids out
    if len(header) < 2:
        raise DeepCMEError(f"{path}: only one column was found; is it a table?")
    return [name.strip() for name in header], separator


def _read_delimited(
    path: Path, header: list[str], separator: str, kinds: dict[int, pa.DataType]
) -> pd.DataFrame:
    """Read the rows below the header; columns not in `kinds` are text."""
    names = [str(position) for position in range(len(header))]
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            table = arrow_csv.read_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    column_names=names, skip_rows=1, block_size=_BLOCK_BYTES
                ),
                parse_options=arrow_csv.ParseOptions(delimiter=separator),
                convert_options=arrow_csv.ConvertOptions(
                    column_types={
                        name: kinds.get(position, pa.string())
                        for position, name in enumerate(names)
                    },
                    null_values=_MISSING,
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return pd.DataFrame(columns=header)
        if "CSV conversion error" in str(error):
            raise _TextInMatrixError from error
        raise DeepCMEError(f"{path}: {_plain(error)}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DeepCMEError(f"{path}: the file is damaged or cut short.") from error
    frame: pd.DataFrame = table.to_pandas()
    frame.columns = pd.Index(header, dtype=object)
    return frame


def _plain(error: pa.ArrowInvalid) -> str:
    """Arrow's reason without its prefix, such as "Expected 5 columns, got 4"."""
    reason = str(error).removeprefix("CSV parse error: ")
    return f"the rows differ in length or are not text ({reason[:120]})."


def _require_unique(ids: Iterable[str], path: Path, kind: str) -> None:
    series = pd.Series(list(ids), dtype=object)
    repeated = series[series.duplicated()].drop_duplicates()
    if len(repeated):
        raise DeepCMEError(
            f"{path}: {len(repeated)} {kind} ids occur more than once ({few(repeated)}): "
            "each sample and each gene needs an id of its own."
        )


def _numeric(matrix: pd.DataFrame, path: Path, sample_ids: Collection[str]) -> pd.DataFrame:
    """All cells as float32; the first text or infinite cell is named."""

    def refuse(row: int, column: int, what: str) -> NoReturn:
        ids = matrix.index[row], matrix.columns[column]
        sample, gene = ids if ids[0] in sample_ids else ids[::-1]
        raise DeepCMEError(f"{path}: sample {sample}, gene {gene}: {what}.")

    values = np.empty(matrix.shape, dtype=np.float32)
    for position in range(matrix.shape[1]):
        column = matrix.iloc[:, position]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            numbers = pd.to_numeric(column, errors="coerce")
            text = (numbers.isna() & column.notna()).to_numpy()
            if text.any():
                row = int(np.argmax(text))
                refuse(row, position, f"{str(column.iloc[row])!r} is not a number")
            column = numbers
        values[:, position] = column.to_numpy(dtype=np.float32, na_value=np.nan)
    infinite = np.isinf(values)
    if infinite.any():
        row, position = np.argwhere(infinite)[0]
        refuse(int(row), int(position), "the value is infinite")
    return pd.DataFrame(values, index=matrix.index, columns=matrix.columns)
