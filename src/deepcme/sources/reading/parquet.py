"""Parquet files, read some columns at a time: the whole is never in memory beside its copy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from deepcme.base.errors import DeepCMEError
from deepcme.base.memory import require_memory, require_memory_for_cells

PandasT = TypeVar("PandasT", pd.Series, pd.Index)

_CELLS_AT_ONCE = 2_000_000
_NAMELESS = re.compile(r"__index_level_\d+__")  # what pandas stores an index without name as
_LONGEST_TEXT = 1 << 15  # as in a spreadsheet


class ParquetColumns:
    """The columns of an open Parquet file, by their places: names may repeat."""

    def __init__(self, file: parquet.ParquetFile, path: Path) -> None:
        self._file, self._path = file, path
        self._n_letters = 0
        self.schema: pa.Schema = file.schema_arrow
        self.n_rows: int = file.metadata.num_rows

    @property
    def index(self) -> list[str]:
        """Names of the columns that pandas stored as the index, if that can be told."""
        try:
            stored = (self.schema.pandas_metadata or {}).get("index_columns", [])
        except (ValueError, AttributeError, RecursionError):
            return []  # what pandas wrote of the columns is damaged
        names = stored if isinstance(stored, list) else []
        there = self.schema.names
        return [name for name in names if isinstance(name, str) and there.count(name) == 1]

    def columns(self, places: Sequence[int]) -> Iterator[pa.ChunkedArray]:
        """Columns one after the other."""
        n_at_once = max(1, _CELLS_AT_ONCE // max(1, self.n_rows))
        for start in range(0, len(places), n_at_once):
            # By place: by name, ParquetFile.read takes "A.1" for a part of "A".
            read = self._file.reader.read_all(
                column_indices=list(places[start : start + n_at_once])
            )
            yield from read.columns

    def column(self, place: int) -> pd.Series:
        """One column, each text of it in memory once."""
        return self.series(place, next(self.columns([place])))

    def series(self, place: int, column: pa.ChunkedArray) -> pd.Series:
        """A column that was read, as pandas has it.

        Raises
        ------
        DeepCMEError
            If a text is too long for a cell.
        """
        self._require_short_texts(place, column)
        return without_categories(column.to_pandas())

    def table(self) -> pd.DataFrame:
        """All columns, and the index that pandas stored.

        Raises
        ------
        DeepCMEError
            If that would take too much memory, or a text is too long for a cell.
        """
        require_memory_for_cells(self.n_rows, len(self.schema), self._path)
        table = self._file.read()
        for place, column in enumerate(table.columns):
            self._require_short_texts(place, column)
        # Without what pandas wrote of the columns, which a stranger may have written.
        plain: pd.DataFrame = table.replace_schema_metadata().to_pandas()
        plain = plain.apply(without_categories)
        if index := self.index:
            plain = plain.set_index(index)
            plain.index.names = [_NAMELESS.sub("", name) or None for name in index]
        return plain

    def _require_short_texts(self, place: int, column: pa.ChunkedArray) -> None:
        if not pa.types.is_dictionary(column.type) or not _is_shared(column.type.value_type):
            return
        for part in column.chunks:
            lengths = pc.binary_length(part.dictionary)
            longest = pc.max(lengths).as_py() or 0
            if longest > _LONGEST_TEXT:
                raise DeepCMEError(
                    f"{self._path}: a cell of the column {self.schema.names[place]!r} holds "
                    f"{longest:,} bytes of text, over {_LONGEST_TEXT:,}: leave the column out."
                )
            # Shared in memory, but whoever reads the cells reads it in each.
            self._n_letters += pc.sum(lengths.take(part.indices)).as_py() or 0
        require_memory(self._n_letters, self._path, "the text in its cells")


def without_categories(values: PandasT) -> PandasT:
    """Values in place of categories, with which nothing can be reckoned."""
    is_text = isinstance(values.dtype, pd.CategoricalDtype)
    return values.astype(object) if is_text else values


@contextmanager
def opened_parquet(path: Path) -> Iterator[ParquetColumns]:
    """Open a Parquet file of plain columns.

    Raises
    ------
    DeepCMEError
        If it is not readable, a column holds lists or records, or it would unfold to more
        than there is memory.
    """
    try:
        metadata = parquet.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
        if metadata.num_columns != len(schema):
            raise DeepCMEError(
                f"{path}: a column of the Parquet file holds lists or records, not single "
                "values: write it as a plain table."
            )
        groups = map(metadata.row_group, range(metadata.num_row_groups))
        unfolded = sum(group.total_byte_size for group in groups)
        require_memory(unfolded, path, "what it holds")
        # A text that many rows share may be long: it is there once.
        texts = [field.name for field in schema if _is_shared(field.type)]
        with parquet.ParquetFile(path, metadata=metadata, read_dictionary=texts) as file:
            yield ParquetColumns(file, path)
    except DeepCMEError:
        raise
    except (pa.ArrowException, OSError, ValueError, NotImplementedError) as error:
        raise DeepCMEError(f"{path}: this is not a readable Parquet file.") from error


def _is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_shared(kind: pa.DataType) -> bool:
    """Whether values of this type can be of any length, and are there once for all rows."""
    return _is_text(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def numbers_of(column: pa.ChunkedArray, name: str, path: Path) -> pa.ChunkedArray:
    """A column as numbers if its type is of numbers, or as text if it is of text.

    Raises
    ------
    DeepCMEError
        If it is of another type: booleans, times and dates are no expression.
    """
    is_dictionary = pa.types.is_dictionary(column.type)
    kind = column.type.value_type if is_dictionary else column.type
    if _is_text(kind):
        return column
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    is_decimal = pa.types.is_decimal(kind)
    is_other_text = pa.types.is_string_view(kind) or pa.types.is_null(kind)
    if not (is_number or is_decimal or is_other_text):
        raise DeepCMEError(
            f"{path}: the column {name[:60]!r} holds values of the type {str(kind)[:60]}, "
            "which are no expression: leave it out, or write it as numbers."
        )
    if is_decimal:
        return column.cast(pa.float64())
    return column.cast(kind) if is_dictionary else column
