"""Clinical tables of the public portals, one row per patient or sample.

GDC BCR Biotab, cBioPortal files and exports, UCSC Xena tables and plain tables
are told apart by their first lines and column names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.sources.delimited import MISSING, find_table, read_rows, text_lines
from deepcme.sources.patients import patient_column
from deepcme.sources.reading import read_table, require_file
from deepcme.words import few

SAMPLE_COLUMNS = (
    "sample_id",
    "sample id",
    "submitter_id.samples",
    "sample",
    "sampleid",
    "sample_barcode",
)
TISSUE_COLUMNS = ("sample_type.samples", "sample_type", "sample type", "sample_label")
_BIOTAB_MARK = "bcr_patient_uuid"
_NOT_RECORDED = re.compile(r"\[.*\]|'?--|not (reported|available|applicable)", re.IGNORECASE)
_VALUE_SEPARATOR = "|"


@dataclass(frozen=True)
class ClinicalTable:
    """A clinical table with one row per patient or per sample.

    `rows` is indexed by that id; `by` says which it is. `patient` and `tissue`
    are the columns of a table by sample that name them, if any.
    """

    name: str
    rows: pd.DataFrame
    by: str
    patient: str | None = None
    tissue: str | None = None


def read_clinical(path: Path) -> ClinicalTable:
    """Read a clinical table of a portal, or a plain one.

    Where a patient has several rows, as in follow-up tables, all distinct values
    of a column are kept, joined by ``|``. Words such as ``[Not Available]`` and
    ``Not Reported`` are missing values.

    Raises
    ------
    DeepCMEError
        If the file is not a table, or names neither patient nor sample.
    """
    require_file(path)
    table = _read(path)
    table = table.apply(_without_words_for_missing)
    sample = _named(table, SAMPLE_COLUMNS)
    patient = patient_column(table.columns, None, str(path))
    key = sample or patient
    if key is None:
        raise DeepCMEError(
            f"{path}: no column names the patient or the sample; one should be called "
            f"bcr_patient_barcode, PATIENT_ID or SAMPLE_ID, and there are "
            f"{few(table.columns, 8)}."
        )
    return ClinicalTable(
        name=path.name,
        rows=_one_row_each(table, key, path),
        by="patient" if sample is None else "sample",
        patient=patient if sample is not None else None,
        tissue=_named(table, TISSUE_COLUMNS) if sample is not None else None,
    )


def _read(path: Path) -> pd.DataFrame:
    if path.suffix.lower() in (".parquet", ".xlsx", ".h5ad"):
        return read_table(path)
    start = list(islice(text_lines(path), 10))
    n_comments = next((i for i, line in enumerate(start) if not line.startswith("#")), None)
    if n_comments is None:
        raise DeepCMEError(f"{path}: the first lines are all comments; no column is named.")
    source = find_table(path, "\t", skip=n_comments)
    if start[n_comments].startswith(_BIOTAB_MARK):
        # Biotab repeats the header under older names, and then as CDE ids.
        source = replace(source, skip=source.skip + 2)
    repeated = [name for name in source.header if source.header.count(name) > 1]
    if repeated:
        raise DeepCMEError(f"{path}: the column {repeated[0]!r} occurs twice.")
    return read_rows(source, kinds={})


def _without_words_for_missing(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return column
    text = column.astype(object).where(column.notna(), "").map(lambda value: str(value).strip())
    return text.mask(text.isin(MISSING) | text.map(is_not_recorded), None)


def is_not_recorded(word: str) -> bool:
    """Whether a word is how portals say that there is no value, such as ``Not Reported``."""
    return _NOT_RECORDED.fullmatch(word) is not None


def _named(table: pd.DataFrame, names: Sequence[str]) -> str | None:
    lower = {str(column).lower(): str(column) for column in table.columns}
    return next((lower[name] for name in names if name in lower), None)


def _one_row_each(table: pd.DataFrame, key: str, path: Path) -> pd.DataFrame:
    table = table[table[key].notna()]
    if table.empty:
        raise DeepCMEError(f"{path}: the table has no row with a {key}.")
    ids = table[key].astype(str)
    rows = table.drop(columns=key)
    rows.index = pd.Index(ids, dtype=object, name=None)
    if rows.index.is_unique:
        return rows
    return rows.groupby(level=0, sort=False).agg(_distinct_values)


def _distinct_values(values: pd.Series) -> object:
    distinct = values.dropna().drop_duplicates()
    if len(distinct) <= 1:
        return distinct.iloc[0] if len(distinct) else None
    return _VALUE_SEPARATOR.join(map(str, distinct))
