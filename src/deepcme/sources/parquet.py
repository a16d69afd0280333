"""Parquet files, read some columns at a time: the whole is never in memory beside its copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from deepcme.errors import DeepCMEError

_CELLS_AT_ONCE = 2_000_000


class ParquetColumns:
    """The columns of an open Parquet file, by their places: names may repeat."""

    def __init__(self, file: parquet.ParquetFile) -> None:
        self._file = file
        self.schema: pa.Schema = file.schema_arrow
        self.n_rows: int = file.metadata.num_rows

    @property
    def index(self) -> list[str]:
        """Names of the columns that pandas stored as the index, if that can be told."""
        try:
            stored = (self.schema.pandas_metadata or {}).get("index_columns", [])
        except (ValueError, AttributeError):  # what pandas wrote of the columns is damaged
            return []
        names = stored if isinstance(stored, list) else []
        return [name for name in names if isinstance(name, str) and name in self.schema.names]

    def column(self, place: int) -> pa.ChunkedArray:
        """One column."""
        return next(self.columns([place]))

    def columns(self, places: Sequence[int]) -> Iterator[pa.ChunkedArray]:
        """Columns one after the other."""
        n_at_once = max(1, _CELLS_AT_ONCE // max(1, self.n_rows))
        for start in range(0, len(places), n_at_once):
            # By place: by name, ParquetFile.read takes "A.1" for a part of "A".
            read = self._file.reader.read_all(
                column_indices=list(places[start : start + n_at_once])
            )
            yield from read.columns


@contextmanager
def opened_parquet(path: Path) -> Iterator[ParquetColumns]:
    """Open a Parquet file of plain columns.

    Raises
    ------
    DeepCMEError
        If it is not readable, or a column holds lists or records.
    """
    try:
        with parquet.ParquetFile(path) as file:
            if file.metadata.num_columns != len(file.schema_arrow):
                raise DeepCMEError(
                    f"{path}: a column of the Parquet file holds lists or records, not single "
                    "values: write it as a plain table."
                )
            yield ParquetColumns(file)
    except DeepCMEError:
        raise
    except (pa.ArrowException, OSError, ValueError, NotImplementedError) as error:
        raise DeepCMEError(f"{path}: this is not a readable Parquet file.") from error


def numbers_of(column: pa.ChunkedArray, name: str, path: Path) -> pa.ChunkedArray:
    """A column as numbers if its type is of numbers, or as text if it is of text.

    Raises
    ------
    DeepCMEError
        If it is of another type: booleans, times and dates are no expression.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not (is_number or is_text or pa.types.is_string_view(kind) or pa.types.is_null(kind)):
        raise DeepCMEError(
            f"{path}: the column {name[:60]!r} holds values of the type {str(kind)[:60]}, "
            "which are no expression: leave it out, or write it as numbers."
        )
    return column
