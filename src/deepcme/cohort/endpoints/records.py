"""Several records of one patient in one row, and taken apart again.

A cell of several records reads ``100 | NA | 300``. Every column of a table has as many
records in a row, in the same order, or one value that they share: a time and its event
stay together. The bar of a word of the portals (``Bone|Liver``) has no spaces around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.words import says_nothing

SEPARATOR = " | "
_NO_VALUE = "NA"


def one_row_each(rows: pd.DataFrame) -> pd.DataFrame:
    """Join the rows of each id, after dropping those that repeat another.

    Parameters
    ----------
    rows : DataFrame
        Indexed by id; the ids may repeat.

    Returns
    -------
    DataFrame
        Indexed by id, in the order of first appearance. A cell is the value that
        all records of the id share, or its records one after another.
    """
    with_ids = rows.reset_index(drop=True)
    with_ids.insert(0, "", pd.factorize(rows.index)[0], allow_duplicates=True)
    rows = rows[~with_ids.duplicated().to_numpy()]
    if rows.index.is_unique:
        return rows
    number, ids = pd.factorize(rows.index)
    by_id = np.argsort(number, kind="stable")
    groups = np.split(by_id, np.flatnonzero(np.diff(number[by_id])) + 1)
    cells = rows.astype(object).where(rows.notna(), None).to_numpy()
    joined = [[_one_cell(values) for values in cells[group].T] for group in groups]
    return pd.DataFrame(joined, index=ids, columns=rows.columns, dtype=object)


def _one_cell(values: Sequence[object]) -> object:
    first = values[0]
    if all(value == first for value in values):
        return first
    return SEPARATOR.join(_NO_VALUE if value is None else str(value) for value in values)


def records(cell: Any) -> list[Any]:
    """The records of a cell, None where one says nothing."""
    parts = cell.split(SEPARATOR) if isinstance(cell, str) else [cell]
    return [None if pd.isna(part) or says_nothing(str(part)) else part for part in parts]


def records_of(column: pd.Series) -> pd.Series:
    """All records of a column, each under the id of its row."""
    return column.astype(object).map(records).explode()


def any_record(says: pd.Series, ids: pd.Index) -> pd.Series:
    """Whether any of the records of each id says so; `says` is as `records_of` gives them."""
    return says.astype(bool).groupby(level=0).any().reindex(ids)


def lower_words(column: pd.Series) -> pd.Series:
    """The cells of a column in lower case, blank where missing."""
    text = column.astype(object).where(column.notna(), "")
    return text.map(lambda value: str(value).strip().lower())


def agreed(column: pd.Series) -> pd.Series:
    """The column with one value where the known records of a cell agree.

    To be used once times and events have been read: what belonged together is lost.
    """
    several = column.map(lambda cell: isinstance(cell, str) and SEPARATOR in cell)
    if not several.any():
        return column
    return column.mask(several.astype(bool), column[several.astype(bool)].map(_agreed_cell))


def _agreed_cell(cell: str) -> object:
    known = dict.fromkeys(record for record in records(cell) if record is not None)
    return next(iter(known)) if len(known) == 1 else cell
