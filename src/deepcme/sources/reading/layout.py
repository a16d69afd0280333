"""Where a table stands in a text file, and how it is written: its dialect."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.memory import require_memory
from deepcme.base.words import few
from deepcme.cohort.genes.gene_names import is_summary_row
from deepcme.sources.reading.headers import plain_name, tells_of_genes
from deepcme.sources.reading.ids import clean_ids
from deepcme.sources.reading.text import text_lines

ROW_NAMES = "row"
"""What the column of row ids is called where the header leaves its name out."""

_NAMES_OF_IDS = re.compile(
    r"ids?|samples?(id|name|barcode)?|genes?(id)?|(feature|probe)(id)?|(row)?names?|rowid"
)
_OF_FIREHOSE = ("hybridizationref", "compositeelementref")  # as plain names
_KINDS_OF_VALUES = (
    *("normalized_count", "raw_count", "raw_counts"),  # of RSEM, and of the counts before it
    *("RPKM", "scaled_estimate"),
)
_TRIED_ROWS = 12
_MOST_COMMENTS = 2  # a lone one may be the header
_BYTES_OF_CELL = 60
_BLANK = " \t,;"
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>.)"?', re.IGNORECASE)
_NUMBER_WITH_POINT = re.compile(r"-?\d*\.\d+")
_NUMBER = re.compile(r"-?\d*[.,]?\d+(e[+-]?\d+)?", re.IGNORECASE)
_NUMBER_WITH_COMMA = re.compile(r"-?\d*,\d+")
_QUOTED_NUMBER = re.compile(r'\t"-?\d+([.,]\d+)?(e-?\d+)?"(\t|$)', re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class TextTable:
    """Where a table stands, what its columns are called, and its dialect.

    `skip` lines come before the first row; a line that starts with `end_mark`, if there
    is one, comes after the last. A column without a name is called "". Every row has
    `n_trailing` empty cells more than the header. Where `quoted`, a quote may enclose
    separators; elsewhere, as in the tab-separated files of the portals, it is a character
    like any other, but around a whole cell. The file says that there are `least_rows`, and
    that the columns at the places `about_rows` describe them. Those at `passed_over` hold
    values of another kind of the same samples.
    """

    path: Path
    header: list[str]
    separator: str
    skip: int
    end_mark: str | None = None
    quoted: bool = False
    n_trailing: int = 0
    row_names: bool = False
    decimal: str = "."
    least_rows: int = 0
    about_rows: tuple[int, ...] = ()
    passed_over: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Record:
    """Cells of a row, and the number of its last line."""

    cells: list[str]
    line: int

    @property
    def filled(self) -> list[str]:
        return [cell.strip() for cell in self.cells if cell.strip()]

    @property
    def is_comment(self) -> bool:
        return self.cells[0].startswith("#")


def find_table(
    path: Path,
    notes: list[str],
    *,
    separators: str = ",\t;",
    skip: int = 0,
    end_mark: str | None = None,
    decimal: str = ".",
) -> TextTable:
    """Find the header that stands after `skip` lines, and the dialect of the rows.

    Blank lines, comment lines (``#``), a ``sep=`` line and a title are passed over.

    Parameters
    ----------
    path : path
    notes : list of str
        Gets a sentence for what a user may not expect.
    separators : str
        Those that may be; the first that fits best is taken.
    skip : int
        Lines before the table, as other formats have them.
    end_mark : str, optional
        Start of the line after the last row, in lower case.
    decimal : str
        The decimal point of the numbers.

    Raises
    ------
    DeepCMEError
        If there is no header, or it names fewer than two columns.
    """
    lines = islice(text_lines(path), skip, None)
    before, comments, head, told = _start_of_table(lines)
    if not head:
        raise DeepCMEError(f"{path}: no line names the columns; the file holds no table.")
    n_cells = sum(1 + max(map(line.count, separators)) for line in head)
    require_memory(_BYTES_OF_CELL * n_cells, path, "the start of its table")
    if decimal in separators:  # the comma may be both, but then numbers are quoted
        separators = separators.replace(decimal, "") + decimal
    separator = told or _separator(head, separators)
    records = _records(head, separator)
    if decimal != "." and _written_with_points(records):
        decimal = "."
    if not records or any("\n" in cell and separator in cell for cell in records[0].cells):
        raise DeepCMEError(
            f"{path}: a quote in the header opens a cell that runs over the end of the line; "
            "close the quote, or take it out."
        )
    header, *rows = _with_commented_header(
        _without_titles(records, path, notes), comments, separator
    )
    end = header.line
    passed_over: tuple[int, ...] = ()
    if rows and _is_second_header(header, rows[0]):
        passed_over = _columns_of_other_kinds(header.cells, rows[0].cells, path, notes)
        end = rows.pop(0).line
    # A file of the portals has no quotes around numbers: one that has follows other rules.
    quoted = separator != "\t" or bool(_QUOTED_NUMBER.search("\n".join(head[end:])))
    return _described(
        TextTable(
            path,
            clean_ids(header.cells, "column", path, notes),
            separator,
            skip + before + end,
            end_mark,
            quoted,
            decimal=decimal,
            passed_over=passed_over,
        ),
        [row.cells for row in rows],
        notes,
    )


def _written_with_points(records: list[_Record]) -> bool:
    """Whether numbers have decimal points though commas were declared, as of another file.

    Points before three digits alone may stand between thousands.
    """
    cells = [cell.strip() for record in records for cell in record.cells]
    points = [cell for cell in cells if _NUMBER_WITH_POINT.fullmatch(cell)]
    commas = any(_NUMBER_WITH_COMMA.fullmatch(cell) for cell in cells)
    return not commas and any(len(cell.partition(".")[2]) != 3 for cell in points)


def _start_of_table(
    lines: Iterator[str],
) -> tuple[int, list[str], list[str], str | None]:
    """Lines before the table, first comments among them, its first lines, a told separator."""
    before, told = 0, None
    comments: list[str] = []
    for line in lines:
        separator_line = _SEPARATOR_LINE.fullmatch(line.strip())
        if separator_line is not None:
            told = separator_line["separator"].encode("ascii", "ignore").decode()
        elif line.startswith("#"):
            if len(comments) < _MOST_COMMENTS:
                comments.append(line)
        elif line.strip(_BLANK):
            return before, comments, [line, *islice(lines, _TRIED_ROWS)], told
        before += 1
    return before, comments, [], told


def _with_commented_header(
    records: list[_Record], comments: list[str], separator: str
) -> list[_Record]:
    """The records; a lone comment above a row with numbers is the header, without its ``#``."""
    if len(comments) != 1 or not any(
        _NUMBER.fullmatch(cell.strip()) for cell in records[0].cells
    ):
        return records
    [named] = _records([comments[0].removeprefix("#")], separator) or [_Record([], 0)]
    is_header = len(named.cells) == len(records[0].cells)
    return [replace(named, line=0), *records] if is_header else records


def _separator(head: Sequence[str], separators: str) -> str:
    """The separator that stands most often where rows agree about their number of cells.

    The header may have one cell less, as R's has.
    """

    def explained(separator: str) -> int:
        widths = [len(record.cells) for record in _records(head, separator)]
        usual = Counter(widths).most_common(1)[0][0] if widths else 1
        return sum(width - 1 for width in widths if width in (usual, usual - 1))

    return max(separators, key=explained)


def _records(head: Sequence[str], separator: str) -> list[_Record]:
    """Rows among the first lines, without blank ones; a quoted cell may run over lines."""
    if separator == "\t":
        records = list(_tab_separated(head))
    else:
        reader = csv.reader((f"{line}\n" for line in head), delimiter=separator)
        records = []
        try:
            for cells in reader:
                records.append(_Record(cells, reader.line_num))
        except csv.Error:
            pass  # a quote that opens here is named when the rows are read
    return [record for record in records if record.filled]


def _tab_separated(head: Sequence[str]) -> Iterator[_Record]:
    """Rows by their lines; only a cell of the header may run over the end of its line."""
    open_line, before_rows = "", True
    for number, line in enumerate(head, start=1):
        line = f"{open_line} {line}" if open_line else line
        cells = line.split("\t")
        runs_on = any(cell.count('"') == 1 and cell.startswith('"') for cell in cells)
        open_line = line if before_rows and runs_on else ""
        if not open_line:
            record = _Record([unquoted(cell) for cell in cells], number)
            before_rows = before_rows and len(record.filled) < 2
            yield record
    if open_line:  # the quote is a character like any other
        for number, line in enumerate(head, start=1):
            yield _Record([unquoted(cell) for cell in line.split("\t")], number)


def unquoted(cell: str) -> str:
    """A cell without the quotes around it."""
    stripped = cell.strip()
    if len(stripped) > 1 and stripped[0] == stripped[-1] == '"':
        return stripped[1:-1].replace('""', '"')
    return cell


def _without_titles(records: list[_Record], path: Path, notes: list[str]) -> list[_Record]:
    """The records from the header on; a comment may stand below a title."""
    while len(records) > 1:
        first, *others = records
        following = next((r for r in others if not r.is_comment), first)
        if _is_title(first, following):
            notes.append(
                f"{path.name}: the line {first.filled[0][:60]!r} before the header was taken "
                "for a title."
            )
        elif not first.is_comment:
            break
        records = others
    return records


def _is_title(record: _Record, following: _Record) -> bool:
    if len(record.filled) != 1 or len(following.filled) < 2:
        return False
    if len(following.cells) != 2:
        return True
    # The header of one column: R leaves the name of the row ids out, pandas has it blank.
    of_r = len(record.cells) == 1 and " " not in record.filled[0]
    return not of_r and bool(record.cells[0].strip())


def _is_second_header(header: _Record, record: _Record) -> bool:
    """Whether it tells of each sample what its values are, as TCGA's Firehose does."""
    first, *others = record.cells
    return (
        (
            is_summary_row(first.strip())
            or any(plain_name(cell) in _OF_FIREHOSE for cell in (header.cells[0], first))
        )
        and any(cell.strip() for cell in others)
        and not any(_NUMBER.fullmatch(cell.strip()) for cell in others)
    )


def _columns_of_other_kinds(
    header: list[str], kinds: list[str], path: Path, notes: list[str]
) -> tuple[int, ...]:
    """Where a sample has several columns, one for each kind of value: those not to read."""
    kinds = [kind.strip() for kind in kinds]
    if len(set(header)) == len(header) or len(kinds) != len(header):
        notes.append(
            f"{path.name}: the second row of the header ({few(filter(None, kinds))}) was left "
            "out."
        )
        return ()
    there = list(dict.fromkeys(kinds[1:]))
    taken = next((kind for kind in _KINDS_OF_VALUES if kind in there), None)
    if taken is None:
        raise DeepCMEError(
            f"{path}: samples have several columns, and the second row of the header calls "
            f"none of them {few(_KINDS_OF_VALUES, 6)}: leave one column of each sample."
        )
    notes.append(
        f"{path.name}: of the columns of each sample ({few(there, 6)}) {taken} was taken."
    )
    return tuple(place for place, kind in enumerate(kinds) if place and kind != taken)


def _described(table: TextTable, rows: list[list[str]], notes: list[str]) -> TextTable:
    """The table with what its first rows tell: trailing separators or row names."""
    header, path = table.header, table.path
    width = min((len(row) for row in rows), default=len(header))
    content, named = _width_of_content(*rows), _width_of_content(header)
    header = header[: max(named, width)]
    row_names = False
    if width > len(header) and content > named:
        if named < len(header):
            raise DeepCMEError(
                f"{path}: the header names {named:,} columns and the rows have {content:,}: "
                "name every column."
            )
        row_names = content == named + 1 and _are_row_names(header, [row[0] for row in rows])
    if row_names:
        header = [ROW_NAMES, *header]
        notes.append(
            f"{path.name}: the header has no name for the first column, which was taken for "
            "R's row names."
        )
    n_trailing = 0
    if width > len(header) and content <= len(header):
        n_trailing = width - len(header)
        notes.append(f"{path.name}: the empty cells at the end of every row were left out.")
    if len(header) < 2:
        raise DeepCMEError(
            f"{path}: only one column was found ({few(header)}); the cells of a table are "
            "separated by tabs, commas or semicolons."
        )
    return replace(table, header=header, n_trailing=n_trailing, row_names=row_names)


def _width_of_content(*rows: list[str]) -> int:
    """How many cells there are up to the last that is filled in any row."""
    filled = [place for row in rows for place, cell in enumerate(row, start=1) if cell.strip()]
    return max(filled, default=0)


def _are_row_names(header: list[str], cells: list[str]) -> bool:
    """Whether the first cells are ids for which the header, as R's, has no name.

    A header that begins with a name for ids lost another cell, unless the rows are
    numbered.
    """
    if _NAMES_OF_IDS.fullmatch(plain_name(header[0])) or tells_of_genes(header[0]):
        return cells == [str(number) for number in range(1, len(cells) + 1)]
    return (
        all(cell.strip() for cell in cells)
        and len(set(cells)) == len(cells)
        and not any(_NUMBER_WITH_POINT.fullmatch(cell.strip()) for cell in cells)
    )
