"""Which column of a table names the samples: told by its name, and by what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd

from deepcme.base.words import cleaned, says_nothing
from deepcme.sources.reading.headers import plain_name, spelled_as

SAMPLE_NAMES = (
    "submitter_id.samples",  # before sample_id, which of the GDC is a UUID
    "samples.submitter_id",
    "sample_submitter_id",
    *("sample_id", "sample_barcode", "bcr_sample_barcode", "tumor_sample_barcode"),
    *("sample_name", "sample_number", "sample_no", "sample_code", "sample", "samples"),
    *("geo_accession", "aliquot_barcode", "aliquot_submitter_id", "barcode", "specimen_id"),
    "external_id",  # recount3, whose first column numbers the samples
)
"""Columns that name the sample, in any spelling; the first that holds ids is taken."""

# As pandas and R call the names of the rows, or as whoever saved them does.
_ROW_NAMES = re.compile(r"|row|rownames?|index|x|names?|ids?|unnamed\d+|column1")
_COUNT = re.compile(r"|row|rownames?|index|x|unnamed\d+|column1")
_MOST_ROWS_OF_ONE = 10


def sample_column(table: pd.DataFrame) -> str | None:
    """The first column of `SAMPLE_NAMES` that holds ids, and not kinds of tissue.

    Parameters
    ----------
    table : DataFrame
        A sample may have several rows.
    """
    named = spelled_as(table.columns, SAMPLE_NAMES)
    return next((name for name in named if _holds_ids(table[name])), None)


def row_names_column(table: pd.DataFrame) -> str | None:
    """The first column, if it is called as programs call row names, and does not count."""
    if table.columns.empty:
        return None
    name = str(table.columns[0])
    is_called_so = _ROW_NAMES.fullmatch(plain_name(name)) is not None
    are_names = is_called_so and _is_complete(table[name]) and not count_rows(table[name])
    return name if are_names else None


def first_ids(table: pd.DataFrame) -> str:
    """The first column; or the next that holds words, each once, where it counts the rows.

    Parameters
    ----------
    table : DataFrame
        One row per sample. A first column with a name of its own is no mere count.
    """
    first, *others = map(str, table.columns)
    if _COUNT.fullmatch(plain_name(first)) is None or not count_rows(table[first]):
        return first
    complete = [name for name in others if _is_complete(table[name])]
    return next((name for name in complete if not _are_numbers(table[name])), first)


def count_rows(cells: Iterable[object]) -> bool:
    """Whether cells count the rows, from 0 or from 1."""
    counted = list(map(str, cells))
    return any(
        all(cell == str(number) for number, cell in enumerate(counted, start))
        for start in (0, 1)
    )


def _is_complete(column: pd.Series) -> bool:
    return bool(column.notna().all() and column.is_unique)


def _are_numbers(column: pd.Series) -> bool:
    return bool(pd.to_numeric(column, errors="coerce").notna().all())


def _holds_ids(column: pd.Series) -> bool:
    known = _known_words(column)
    distinct = set(known)
    if len(distinct) == len(known):
        return bool(known)
    has_digits = any(re.search(r"\d", word) for word in distinct)
    return has_digits and len(known) <= _MOST_ROWS_OF_ONE * len(distinct)


def _known_words(column: pd.Series) -> Sequence[str]:
    words = [cleaned(str(value)) for value in column.dropna()]
    return [word for word in words if not says_nothing(word)]
