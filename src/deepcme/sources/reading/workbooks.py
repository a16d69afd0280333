"""Excel workbooks (.xlsx) as tables of text."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.memory import require_memory, require_memory_for_cells
from deepcme.base.words import MISSING_CELLS, cleaned

if TYPE_CHECKING:
    import openpyxl

_CELLS_AT_ONCE = 100_000


def read_workbook(path: Path, notes: list[str], needed: Collection[str] = ()) -> pd.DataFrame:
    """Read the one sheet that holds a table, or the one with the needed columns.

    Every cell becomes text, a whole number without a decimal point; blank cells
    are None. A title above the header is passed over, and so is a column with neither
    name nor content; one with content alone is called "".

    Raises
    ------
    DeepCMEError
        If the file is damaged, no sheet or several would do, or a formula has no value.
    """
    sheets = {
        name: _without_titles(rows, path, notes)
        for name, rows in _sheets(path).items()
        if len(rows) > 1
    }
    if not sheets:
        raise DeepCMEError(f"{path}: no sheet of the workbook holds a table.")
    if needed:
        sheets = {
            name: rows
            for name, rows in sheets.items()
            if set(needed) <= {cleaned(str(column)) for column in rows[0]}
        }
    if len(sheets) != 1:
        wanted = f" has the columns {', '.join(needed)}" if needed else " alone holds a table"
        raise DeepCMEError(
            f"{path}: no single sheet of the workbook{wanted}; save the sheet as .csv."
        )
    [(sheet, (header, *rows))] = sheets.items()
    names = pd.Index([name or "" for name in header], dtype=object)
    table = pd.DataFrame(rows, columns=names, dtype=object)
    table = table.loc[:, (names != "") | table.notna().any().to_numpy()]
    if table.isna().to_numpy().any():
        _refuse_formulas_without_values(path, sheet)
    return table.dropna(how="all")


def _without_titles(
    rows: list[list[str | None]], path: Path, notes: list[str]
) -> list[list[str | None]]:
    while len(rows) > 2 and _is_title(*rows[:2]):
        notes.append(
            f"{path.name}: the row {_filled(rows[0])[0][:60]!r} above the header was taken for "
            "a title."
        )
        rows = rows[1:]
    return rows


def _is_title(row: list[str | None], following: list[str | None]) -> bool:
    if len(_filled(row)) != 1 or len(_filled(following)) < 2:
        return False
    # The header of one column, which pandas writes without a name for the row ids.
    return not (len(row) == 2 and row[0] is None)


def _filled(row: list[str | None]) -> list[str]:
    return [cell for cell in row if cell is not None]


@contextmanager
def _workbook(path: Path, *, values: bool) -> Iterator[openpyxl.Workbook]:
    """The workbook with the values of its formulas, or with the formulas themselves."""
    from openpyxl import load_workbook  # which takes a fifth of a second

    _require_memory(path)
    try:
        # Given a path, openpyxl would go by the ending of its name.
        with path.open("rb") as file, warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it does not keep: no cell is lost.
            warnings.simplefilter("ignore")
            workbook = load_workbook(file, read_only=True, data_only=values)
            try:
                yield workbook
            finally:
                workbook.close()
    except DeepCMEError:
        raise
    except Exception as error:
        # zipfile, the XML parser and openpyxl each raise their own kinds for a broken file.
        raise DeepCMEError(f"{path}: this is not a readable Excel workbook (.xlsx).") from error


def _require_memory(path: Path) -> None:
    """Refuse a workbook that would unfold to more than there is memory."""
    with zipfile.ZipFile(path) as archive:
        unfolded = sum(part.file_size for part in archive.infolist())
    require_memory(unfolded, path, "its sheets")


def _bounded(rows: Iterable[tuple[object, ...]], path: Path) -> Iterator[tuple[object, ...]]:
    """The rows while they fit into memory: a few cells far away make many blank ones."""
    n_cells, asked = 0, 0
    for row in rows:
        n_cells += len(row) + 1
        if n_cells > asked:
            require_memory_for_cells(n_cells // max(len(row), 1), max(len(row), 1), path)
            asked = n_cells + _CELLS_AT_ONCE
        yield row


def _sheets(path: Path) -> dict[str, list[list[str | None]]]:
    with _workbook(path, values=True) as workbook:
        return {
            sheet.title: _cells(_bounded(sheet.iter_rows(values_only=True), path))
            for sheet in workbook.worksheets
        }


def _refuse_formulas_without_values(path: Path, sheet: str) -> None:
    """A formula that no spreadsheet program has worked out looks like a blank cell."""
    with _workbook(path, values=True) as worked_out, _workbook(path, values=False) as written:
        both = zip(worked_out[sheet].iter_rows(), written[sheet].iter_rows(), strict=False)
        for values, formulas in both:
            for value, formula in zip(values, formulas, strict=False):
                if value.value is None and str(formula.value).startswith("="):
                    raise DeepCMEError(
                        f"{path}: cell {formula.coordinate} of the sheet {sheet!r} holds a "
                        "formula without its value: open and save the file in a spreadsheet "
                        "program, or save the sheet as .csv."
                    )


def _cells(rows: Iterable[tuple[object, ...]]) -> list[list[str | None]]:
    """All cells as text, without the blank columns at the right and the blank rows."""
    texts = [[_text(cell) for cell in row] for row in rows]
    texts = [row for row in texts if any(cell is not None for cell in row)]
    if not texts:
        return []
    width = max(i + 1 for row in texts for i, cell in enumerate(row) if cell is not None)
    return [(row + [None] * width)[:width] for row in texts]


def _text(cell: object) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell).strip()
    return None if text in MISSING_CELLS else text
