"""Reading tables from disk: every failure is one sentence that names the place."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.annotated import read_h5ad
from deepcme.base.words import few, says_nothing
from deepcme.sources.reading.contents import contents_of
from deepcme.sources.reading.decimal_marks import comma_hint, mark_between_thousands, odd_mark
from deepcme.sources.reading.delimited import read_rows
from deepcme.sources.reading.gct import (
    find_gct_table,
    is_annotated_gct,
    is_gct,
    read_gct_samples,
)
from deepcme.sources.reading.ids import clean_cells, clean_ids, require_unique
from deepcme.sources.reading.layout import TextTable, find_table
from deepcme.sources.reading.parquet import opened_parquet, without_categories
from deepcme.sources.reading.text import text_lines
from deepcme.sources.reading.workbooks import read_workbook


def read_table(
    path: Path, notes: list[str], *, needed: Collection[str] = (), decimal: str = "."
) -> pd.DataFrame:
    """Read a table whose columns are text, as it stands, or what Parquet says they are.

    Text stays text, so that an id such as ``007`` keeps its zeros; missing cells
    are None or NaN. CSV, TSV (also gzipped), Parquet, XLSX, the `obs` of an `.h5ad` file,
    and the annotations of the samples in a GCT file, told by their contents. Names of
    columns are cleaned.

    Parameters
    ----------
    path : path
    notes : list of str
        Gets a sentence for what a user may not expect.
    needed : collection of str
        Columns that must be there; in a workbook they choose the sheet.
    decimal : str
        The decimal point of the file's numbers; they come back with a point.

    Raises
    ------
    DeepCMEError
        If the file is missing, empty, damaged, of an unknown kind, without a
        needed column, or has decimal commas where points are expected.
    """
    kind = contents_of(path).kind
    if kind == "workbook":
        table = read_workbook(path, notes, needed)
        table.columns = [name or f"column {i}" for i, name in enumerate(table.columns, 1)]
    elif kind == "parquet":
        with opened_parquet(path) as file:
            table = _with_index_as_column(file.table())
    elif kind == "hdf5":
        table = _with_index_as_column(read_h5ad(path).obs.apply(without_categories))
    elif is_annotated_gct(_first_line(path)):
        table = read_gct_samples(path, notes)
    else:
        table = read_text_table(find_text_table(path, notes, decimal=decimal))
    names = clean_ids(table.columns, "column", path, notes)
    require_unique(names, "column", path)
    table = clean_cells(table.set_axis(pd.Index(names, dtype=object), axis=1), path, notes)
    if kind == "workbook":
        table = _text_with_point(table, path, decimal)
    for column in needed:
        if column not in table.columns:
            raise DeepCMEError(
                f"{path}: there is no column {column!r}; it has {few(table.columns, 12)}."
            )
    if table.empty:
        raise DeepCMEError(f"{path}: the table has a header but no rows.")
    return table


def _text_with_point(table: pd.DataFrame, path: Path, decimal: str) -> pd.DataFrame:
    """A sheet whose text may have decimal commas; what is a number to it has a point."""
    ids = table.iloc[:, 0]
    for column in table.columns:
        if table[column].str.contains(",", regex=False, na=False).any():
            table[column] = _numbers_with_point(table[column], path, decimal, ids)
    return table


def read_text_table(source: TextTable) -> pd.DataFrame:
    """Rows of a text table; its decimal commas become points, or are refused.

    Raises
    ------
    DeepCMEError
        As `read_rows`, and if a column of numbers has decimal commas that were not
        declared.
    """
    table = read_rows(source)
    for column in table.columns:
        table[column] = _numbers_with_point(
            table[column], source.path, source.decimal, table.iloc[:, 0]
        )
    return table


def _numbers_with_point(
    column: pd.Series, path: Path, decimal: str, ids: pd.Series
) -> pd.Series:
    """The column as it is, but for decimal commas if all it holds are numbers."""
    cells = column.dropna().str.strip()
    cells = cells[~cells.map(says_nothing)]
    several_marks = cells.str.fullmatch(r"-?\d{1,3}([.,]\d{3}){2,}")
    if not (several_marks | cells.str.fullmatch(r"-?\d+([.,]\d+)?")).all():
        return column

    def refuse(cell: str, what: str) -> NoReturn:
        row = cells.index[(cells == cell).to_numpy()][0]
        raise DeepCMEError(f"{path}: {ids[row]}: the {column.name} {what}.")

    if several_marks.any():
        cell = str(cells[several_marks].iloc[0])
        refuse(cell, f"{cell!r} is not a number: save it without marks between thousands")
    other = "," if decimal == "." else "."
    with_other = cells[cells.str.contains(other, regex=False)]
    if len(with_other):
        cell = str(with_other.iloc[0])
        hint = comma_hint(cell) if other == "," else ", with --decimal ,"
        refuse(cell, f"{cell!r} is not a number{hint}")
    if (marked := mark_between_thousands(cells, decimal)) is not None:
        refuse(marked, odd_mark(marked))
    return column.str.replace(",", ".", regex=False)


def find_text_table(path: Path, notes: list[str], *, decimal: str = ".") -> TextTable:
    """Where the table of a text file stands, a GCT file or another.

    Raises
    ------
    DeepCMEError
        As `find_table` and `find_gct_table`.
    """
    if is_gct(_first_line(path)):
        return find_gct_table(path, notes)
    name = path.name.lower().removesuffix(".gz")
    separators = ",\t;" if name.endswith(".csv") else "\t,;"
    return find_table(path, notes, separators=separators, decimal=decimal)


def _first_line(path: Path) -> str:
    return next(text_lines(path), "")


def _with_index_as_column(table: pd.DataFrame) -> pd.DataFrame:
    if isinstance(table.index, pd.RangeIndex):
        return table
    return table.reset_index(drop=table.index.name in table.columns)
