"""Rows of a table in a text file, read by Arrow; every misfit is named by its row."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from deepcme.base.errors import DeepCMEError
from deepcme.base.memory import (
    require_memory,
    require_memory_for_cells,
    require_memory_for_matrix,
)
from deepcme.base.words import MISSING_CELLS
from deepcme.sources.reading.decimal_marks import (
    comma_hint,
    could_be_dotted,
    mark_between_thousands,
    odd_mark,
    with_point,
)
from deepcme.sources.reading.ids import require_unique
from deepcme.sources.reading.layout import ROW_NAMES, TextTable, unquoted
from deepcme.sources.reading.misfits import filled_records, lines_of_rows, refuse_misfit
from deepcme.sources.reading.row_blocks import blocks_of_rows, numbers_of, plain_cells
from deepcme.sources.reading.text import byte_stream, cut_short, stream_of_lines

T = TypeVar("T")

_BLOCK_BYTES = 1 << 24  # a row must fit into one block: room for 200,000 genes and more
_MANY_COLUMNS = 70_000  # a small table may have the genes of a genome
_BYTES_PER_COLUMN = 9_000  # that Arrow takes, whatever is in it
_FIRST_COLUMNS = 200


@dataclass(frozen=True)
class Grid:
    """Numbers with ids along both sides, as a file has them: rows x columns, float32.

    `about_rows` holds what further columns say of the rows, as text.
    """

    values: NDArray[np.float32]
    rows: list[str]
    columns: list[str]
    about_rows: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_rows(table: TextTable) -> pd.DataFrame:
    """Read the rows of a table as text; a missing cell is None.

    Blank rows, and columns with neither name nor content, are left out; a column with
    content alone is called by its place.

    Raises
    ------
    DeepCMEError
        If the rows differ in length, a quote runs over the end of its line, a column
        name repeats, or the file is damaged.
    """
    rows = _read(table, range(len(table.header)))
    columns = {}
    for position, name in enumerate(table.header):
        cells = _text(table, rows, position).mask(lambda text: text.isin(MISSING_CELLS), None)
        if name or cells.notna().any():
            columns[position] = cells
    names = [_name(table, position) for position in columns]
    require_unique(names, "column", table.path)
    frame = pd.DataFrame(columns).set_axis(pd.Index(names, dtype=object), axis=1)
    frame = frame.dropna(how="all").reset_index(drop=True)
    if table.row_names:
        _require_row_names(table, frame[ROW_NAMES])
    return frame


def read_grid(table: TextTable, about_rows: Sequence[int] = ()) -> Grid:
    """Read rows of ids and numbers; the first column holds the ids.

    Parameters
    ----------
    table : TextTable
    about_rows : sequence of int
        Columns of text that say something of the rows, by place.

    Raises
    ------
    DeepCMEError
        As `read_rows`, and where a cell is not a number, naming its row and column, or
        rows are fewer than the file says.
    """
    others = {0, *about_rows, *table.passed_over}
    wanted = [place for place in range(len(table.header)) if place not in others]
    (rows, *texts), values = read_numbers(table, [0, *about_rows], wanted)
    if len(rows) < table.least_rows:
        raise DeepCMEError(
            f"{table.path}: the file is cut short: it says that it has {table.least_rows:,} "
            f"rows and has {len(rows):,}; fetch it again, or correct the number in it."
        )
    about = {table.header[place]: text for place, text in zip(about_rows, texts, strict=True)}
    return Grid(values, rows, named_columns(table, wanted), pd.DataFrame(about, dtype=object))


def read_numbers(
    table: TextTable, text: Sequence[int], wanted: Sequence[int]
) -> tuple[list[list[str]], NDArray[np.float32]]:
    """Columns of text, each a list, and the `named_columns` as numbers (rows x columns)."""
    nameless = [position for position in wanted if not table.header[position]]
    named = [position for position in wanted if table.header[position]]
    texts, values = _read_leniently(
        table, lambda by_lines: _numbers_by_blocks(table, [*text, *nameless], named, by_lines)
    )
    for position, cells in zip(nameless, texts[len(text) :], strict=True):
        if any(cell.strip() for cell in cells):
            raise DeepCMEError(
                f"{table.path}: column {position + 1} has no name; name it or leave it out."
            )
    texts = texts[: len(text)]
    empty = [row for row, cell in enumerate(texts[0]) if not cell.strip()]
    empty = [row for row in empty if np.isnan(values[row]).all()]
    if empty:
        values = np.delete(values, empty, axis=0)
        gone = set(empty)
        texts = [[c for row, c in enumerate(cells) if row not in gone] for cells in texts]
    _refuse_dotted_thousands(table, values, text[0], named)
    return texts, values


def _numbers_by_blocks(
    table: TextTable, text: Sequence[int], named: Sequence[int], by_lines: bool
) -> tuple[list[list[str]], NDArray[np.float32]]:
    """Columns of text and of numbers (rows x columns); grown, so that they are there once."""
    texts: list[list[str]] = [[] for _ in text]
    values = np.empty((0, len(named)), dtype=np.float32)
    stream, skip = _stream(table, by_lines)
    with stream:
        for block in blocks_of_rows(stream, skip):
            block_texts, numbers = _numbers_of_block(table, block, len(values), text, named)
            for cells, more in zip(texts, block_texts, strict=True):
                cells += more
            shape = (len(values) + len(numbers), len(named))
            require_memory_for_matrix(*shape, table.path, texts=len(texts), held=values.nbytes)
            values.resize(shape, refcheck=False)
            values[shape[0] - len(numbers) :] = numbers
    return texts, values


def _numbers_of_block(
    table: TextTable, block: bytes, before: int, text: Sequence[int], named: Sequence[int]
) -> tuple[list[list[str]], NDArray[np.float32]]:
    """The rows of a block: quickly where they are plain, else by closer and closer looks."""
    trailing = _trailing(table)
    width = len(table.header) + table.n_trailing
    cells = plain_cells(block, table.separator, width)
    if cells is not None and table.decimal == ".":
        texts = [cells[position::width].to_pylist() for position in (*text, *trailing)]
        numbers = numbers_of(cells, width, named)
        if numbers is not None and not any(
            "".join(more).strip() for more in texts[len(text) :]
        ):
            return texts[: len(text)], numbers
    kinds = {position: pa.float32() for position in named}
    try:
        rows = _read_block(table, block, kinds, [*text, *named])
        numbers = rows.select(map(str, named)).to_pandas().to_numpy(dtype=np.float32)
    except _TextAmongNumbersError as error:
        rows = _read_block(table, block, {}, [*text, *named])
        _refuse_text(table, error.position, rows, before)
        columns = [_refuse_text(table, position, rows, before) for position in named]
        numbers = np.stack(columns, axis=1)
    return [_text(table, rows, position).tolist() for position in text], numbers


def named_columns(table: TextTable, wanted: Sequence[int]) -> list[str]:
    """Names of the wanted columns; one without a name has no content and is left out."""
    return [table.header[position] for position in wanted if table.header[position]]


class _BlankRowsError(Exception):
    """Rows of separators alone are of another length than the others."""


class _TextAmongNumbersError(Exception):
    """A cell that should be a number is not; it is still to be found."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def _read(table: TextTable, wanted: Sequence[int]) -> pa.Table:
    """Columns as text."""

    def read(by_lines: bool) -> pa.Table:
        stream, skip = _stream(table, by_lines)
        blocks, n_rows = [], 0
        with stream:
            # Threads of Arrow never read from Python, which may end before them.
            for block in blocks_of_rows(stream, skip):
                blocks.append(_read_block(table, block, {}, wanted))
                n_rows += blocks[-1].num_rows
                require_memory_for_cells(n_rows, len(wanted), table.path)
        if blocks:
            return pa.concat_tables(blocks)
        return pa.schema([pa.field(str(place), pa.string()) for place in wanted]).empty_table()

    return _read_leniently(table, read)


def _read_leniently(table: TextTable, read: Callable[[bool], T]) -> T:
    """As UTF-8, or else line by line: each in its encoding, and without blank ones."""
    try:
        for by_lines in (False, True):
            with suppress(UnicodeError, _BlankRowsError):
                return read(by_lines)
    except (OSError, EOFError, zlib.error) as error:
        raise cut_short(table.path) from error
    raise DeepCMEError(f"{table.path}: the rows are not a table of text.")


def _trailing(table: TextTable) -> range:
    """Places of the empty cells that rows have more than the header."""
    return range(len(table.header), len(table.header) + table.n_trailing)


def _read_block(
    table: TextTable,
    block: bytes,
    kinds: Mapping[int, pa.DataType],
    wanted: Sequence[int],
) -> pa.Table:
    names = [str(position) for position in range(len(table.header) + table.n_trailing)]
    if len(names) > _MANY_COLUMNS:
        what = f"its {len(names):,} columns, which are not plain numbers,"
        require_memory(_BYTES_PER_COLUMN * len(names), table.path, what)
    types = {name: kinds.get(position, pa.string()) for position, name in enumerate(names)}
    included = [str(position) for position in (*wanted, *_trailing(table))]
    read_options = arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES)
    parse_options = arrow_csv.ParseOptions(
        delimiter=table.separator, quote_char='"' if table.quoted else False
    )
    convert_options = arrow_csv.ConvertOptions(
        column_types=types,
        include_columns=included,
        null_values=list(MISSING_CELLS),
        strings_can_be_null=False,
        decimal_point=table.decimal,
    )
    try:
        rows = arrow_csv.read_csv(
            pa.BufferReader(block), read_options, parse_options, convert_options
        )
    except pa.ArrowInvalid as error:
        reason = str(error)
        if "Empty CSV" in reason and next(filled_records(table), None) is None:
            return pa.schema([pa.field(name, types[name]) for name in included]).empty_table()
        if "invalid UTF8" in reason:
            raise UnicodeError(reason) from error
        conversion = re.search(r"In CSV column #(\d+)", reason)
        if conversion is not None:
            raise _TextAmongNumbersError(int(conversion[1])) from error
        refuse_misfit(table, len(names))
        raise _BlankRowsError from error
    for position in _trailing(table):
        if pc.any(pc.not_equal(pc.utf8_trim_whitespace(rows[str(position)]), "")).as_py():
            refuse_misfit(table, len(table.header), but_for_empty_ends=True)
    return rows


def _stream(table: TextTable, by_lines: bool) -> tuple[IO[bytes], int]:
    """A stream to read the table from, and how many lines of it to skip."""
    if not by_lines and table.end_mark is None:
        return byte_stream(table.path), table.skip
    filled = (
        line for line in lines_of_rows(table) if line.replace(table.separator, "").strip()
    )
    return stream_of_lines(filled), 0


def _text(table: TextTable, rows: pa.Table, position: int) -> pd.Series:
    """A column of text, without the quotes of a table in which they are no dialect."""
    column = rows[str(position)]
    if table.quoted and pc.any(pc.match_substring_regex(column, r"[\r\n]")).as_py():
        refuse_misfit(table, len(table.header) + table.n_trailing)
    text: pd.Series = column.to_pandas().astype(object)
    if not table.quoted and pc.any(pc.match_substring(column, '"')).as_py():
        text = text.map(unquoted)
    return text


def _name(table: TextTable, position: int) -> str:
    fallback = ROW_NAMES if position == 0 else f"column {position + 1}"
    return table.header[position] or fallback


def _require_row_names(table: TextTable, ids: pd.Series) -> None:
    if ids.isna().any() or ids.duplicated().any():
        raise DeepCMEError(
            f"{table.path}: the rows have one cell more than the header, and the first column "
            "does not hold a row name for each: name every column."
        )


def _refuse_text(
    table: TextTable, position: int, rows: pa.Table, before: int
) -> NDArray[np.float32]:
    """A column of text as numbers, by a more lenient reading; refuses a cell that is none."""
    cells = _text(table, rows, position).str.strip()
    missing = cells.isin(MISSING_CELLS)
    numbers = pd.to_numeric(with_point(cells.mask(missing), table.decimal), errors="coerce")
    odd = (numbers.isna() & ~missing).to_numpy()
    if odd.any():
        row = int(np.argmax(odd))
        raise NotANumberError(
            table.path,
            str(_text(table, rows, 0)[row]) or f"number {before + row + 1} without an id",
            _name(table, position),
            f"{cells[row]!r} is not a number{comma_hint(cells[row], table.decimal)}",
        )
    return numbers.to_numpy(dtype=np.float32)


class NotANumberError(DeepCMEError):
    """A cell of a matrix that is not a number, with the ids of its row and its column."""

    def __init__(self, path: Path, row: str, column: str, what: str) -> None:
        super().__init__(f"{path}: row {row}, column {column}: {what}.")
        self.path, self.row, self.column, self.what = path, row, column, what


def _refuse_dotted_thousands(
    table: TextTable, values: NDArray[np.float32], ids: int, named: Sequence[int]
) -> None:
    """Refuse ``5.639`` beside ``262``: a mark between thousands, read as 5.6 beside 262."""
    if not could_be_dotted(values):
        return
    looked_at = named[:_FIRST_COLUMNS]
    rows = _read(table, [ids, *looked_at])
    cells = pd.concat([_text(table, rows, position) for position in looked_at], keys=looked_at)
    odd = mark_between_thousands(cells, table.decimal)
    if odd is not None:
        position, row = cells.index[(cells == odd).to_numpy()][0]
        raise NotANumberError(
            table.path, str(_text(table, rows, ids)[row]), _name(table, position), odd_mark(odd)
        )
