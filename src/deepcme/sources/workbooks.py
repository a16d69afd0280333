"""Excel workbooks (.xlsx) as tables of text."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from pathlib import Path

import openpyxl
import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.sources.delimited import MISSING


def read_workbook(path: Path, needed: Collection[str] = ()) -> pd.DataFrame:
    """Read the one sheet that holds a table, or the one with the needed columns.

    Every cell becomes text, a whole number without a decimal point; blank cells
    are None.

    Raises
    ------
    DeepCMEError
        If the file is damaged, or no sheet or several would do.
    """
    sheets = {name: table for name, table in _sheets(path).items() if len(table) > 1}
    if not sheets:
        raise DeepCMEError(f"{path}: no sheet of the workbook holds a table.")
    if needed:
        sheets = {
            name: rows for name, rows in sheets.items() if set(needed) <= set(map(str, rows[0]))
        }
    if len(sheets) != 1:
        wanted = f" has the columns {', '.join(needed)}" if needed else " alone holds a table"
        raise DeepCMEError(
            f"{path}: no single sheet of the workbook{wanted}; save the sheet as .csv."
        )
    header, *rows = next(iter(sheets.values()))
    names = [name if name is not None else f"column {i + 1}" for i, name in enumerate(header)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DeepCMEError(f"{path}: the column {repeated[0]!r} occurs twice.")
    table = pd.DataFrame(rows, columns=pd.Index(names, dtype=object), dtype=object)
    return table.dropna(how="all")


def _sheets(path: Path) -> dict[str, list[list[str | None]]]:
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it does not keep: no cell is lost.
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                return {
                    sheet.title: _cells(sheet.iter_rows(values_only=True))
                    for sheet in workbook.worksheets
                }
            finally:
                workbook.close()
    except Exception as error:
        # zipfile, the XML parser and openpyxl each raise their own kinds for a broken file.
        raise DeepCMEError(f"{path}: this is not a readable Excel workbook (.xlsx).") from error


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
    return None if text in MISSING else text
