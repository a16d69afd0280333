"""What is wrong with a row of a text file: found slowly, once reading it has failed."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator
from itertools import islice

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted
from deepcme.sources.reading.layout import TextTable
from deepcme.sources.reading.text import text_lines


def lines_of_rows(table: TextTable) -> Iterator[str]:
    """The lines of a table's rows, up to the mark that ends it.

    Raises
    ------
    DeepCMEError
        If that mark is missing: the file was cut short.
    """
    lines = islice(text_lines(table.path), table.skip, None)
    return lines if table.end_mark is None else _up_to_mark(table, lines, table.end_mark)


def _up_to_mark(
    table: TextTable, lines: Iterator[str], end_mark: str
) -> Generator[str, None, None]:
    for line in lines:
        if line.lstrip('"').lower().startswith(end_mark):
            return
        yield line
    raise DeepCMEError(
        f"{table.path}: the file is cut short: the line {end_mark} at its end is missing; "
        "fetch it again."
    )


def filled_records(table: TextTable) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the number of its first line."""
    return ((line, cells) for line, cells in _records(table) if "".join(cells).strip())


def _records(table: TextTable) -> Iterator[tuple[int, list[str]]]:
    lines, start = lines_of_rows(table), table.skip + 1
    if not table.quoted:
        for number, line in enumerate(lines, start):
            yield number, line.split(table.separator)
        return
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=table.separator)
    try:
        for cells in reader:
            yield start, cells
            start = table.skip + reader.line_num + 1
    except csv.Error:
        yield start, ["\n"]  # a quote that runs on and on


def refuse_misfit(table: TextTable, width: int, *, but_for_empty_ends: bool = False) -> None:
    """Name the first row that has another number of cells, or a line end within a cell.

    Parameters
    ----------
    table : TextTable
    width : int
        Number of cells that a row should have.
    but_for_empty_ends : bool
        Whether further cells may be there if they are empty.

    Raises
    ------
    DeepCMEError
        If there is such a row.
    """
    records = filled_records(table)
    for line, cells in records:
        while but_for_empty_ends and len(cells) > width and not cells[-1].strip():
            cells = cells[:-1]
        if any("\n" in cell for cell in cells):
            raise DeepCMEError(
                f"{table.path}: row {line}: a quote opens a cell that runs over the end of the "
                "line; close the quote, or take line breaks out of cells."
            )
        if len(cells) == width:
            continue
        if len(cells) < width and next(records, None) is None:
            raise DeepCMEError(
                f"{table.path}: the file is cut short: its last row, {line}, has "
                f"{counted(len(cells), 'cell')} where there should be {width:,}; fetch or save "
                "it again."
            )
        raise DeepCMEError(
            f"{table.path}: row {line} has {counted(len(cells), 'cell')} where the header and "
            f"the rows before it have {width:,}; the row must be mended in the file."
        )
