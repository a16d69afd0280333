"""Clinical tables of the public portals, one row per patient or sample.

GDC BCR Biotab, cBioPortal files and exports, UCSC Xena tables and plain tables
are told apart by their first lines and column names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice, takewhile
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, few, says_nothing
from deepcme.cohort.endpoints.records import SEPARATOR, agreed
from deepcme.sources.assembly.diagnoses import one_row_per_patient, without_entities
from deepcme.sources.assembly.patients import people_column
from deepcme.sources.assembly.tissue_columns import tissue_column
from deepcme.sources.reading.contents import contents_of
from deepcme.sources.reading.ids import clean_cells, clean_ids
from deepcme.sources.reading.layout import TextTable, unquoted
from deepcme.sources.reading.reading import find_text_table, read_table, read_text_table
from deepcme.sources.reading.sample_columns import row_names_column, sample_column
from deepcme.sources.reading.text import text_lines

_CDE_ID = "CDE_ID"
_BAR = SEPARATOR.strip()  # within one word
_MOST_FURTHER_HEADERS = 2


@dataclass(frozen=True)
class ClinicalTable:
    """A clinical table with one row per patient or per sample.

    `rows` is indexed by that id; `by` says which it is. `patient` and `tissue`
    are the columns of a table by sample that name them, if any; `notes` is what a
    user may not expect of the file.
    """

    name: str
    rows: pd.DataFrame
    by: str
    patient: str | None = None
    tissue: str | None = None
    notes: tuple[str, ...] = ()


def read_clinical(path: Path, decimal: str = ".") -> ClinicalTable:
    """Read a clinical table of a portal, or a plain one.

    Where a patient has several rows, the diagnosis is that of the primary tumour
    (`one_row_per_patient`), and other columns keep their records in order, as
    `deepcme.cohort.endpoints.records` writes them. Words such as ``[Not Available]``, ``Not
    Reported`` and ``unknown`` are missing values.

    Raises
    ------
    DeepCMEError
        If the file is not a table, names neither patient nor sample, or gives one
        sample to several patients.
    """
    notes: list[str] = []
    table = _read(path, notes, decimal)
    table.columns = pd.Index(without_entities([str(name) for name in table.columns]))
    written, table = table, table.apply(known_words)
    sample = sample_column(table)
    patient = people_column(table, path.name, notes)
    if sample is None and patient is None:
        sample = row_names_column(table)
    key = sample or patient
    if key is None:
        raise DeepCMEError(
            f"{path}: no column names the patient or the sample; one should be called "
            f"bcr_patient_barcode, PATIENT_ID or SAMPLE_ID, and there are "
            f"{few(table.columns, 8)}."
        )
    rows = one_row_per_patient(_by_id(table, written[key], path, notes))
    if sample is not None and patient is not None:
        rows = _with_one_patient_each(rows, patient, path)
    return ClinicalTable(
        name=path.name,
        rows=rows,
        by="patient" if sample is None else "sample",
        patient=patient if sample is not None else None,
        tissue=tissue_column(table) if sample is not None else None,
        notes=tuple(notes),
    )


def _read(path: Path, notes: list[str], decimal: str) -> pd.DataFrame:
    if contents_of(path).kind != "text":
        return read_table(path, notes, decimal=decimal)
    source = find_text_table(path, notes, decimal=decimal)
    table = read_text_table(replace(source, skip=source.skip + _further_headers(source)))
    return clean_cells(table, path, notes)


def _further_headers(source: TextTable) -> int:
    """How many rows repeat the header: Biotab has it under older names, and as CDE ids."""
    lines = islice(text_lines(source.path), source.skip, source.skip + _MOST_FURTHER_HEADERS)
    rows = [
        [cleaned(unquoted(cell)) for cell in line.split(source.separator)] for line in lines
    ]
    repeating = takewhile(
        lambda row: row[0] == source.header[0] or any(cell.startswith(_CDE_ID) for cell in row),
        rows,
    )
    return sum(1 for _ in repeating)


def known_words(column: pd.Series) -> pd.Series:
    """The column with None for every word that says nothing; numbers stay as they are.

    A minus sign says something in a column where a plus sign stands too.
    """
    if pd.api.types.is_numeric_dtype(column):
        return column
    text = column.astype(object).where(column.notna(), "").astype(str)
    words = {word: cleaned(word).replace(SEPARATOR, _BAR) for word in text.unique()}
    signs = {"-"} if "+" in words.values() else set()
    known = {
        word: None if says_nothing(clean) and clean not in signs else clean
        for word, clean in words.items()
    }
    return text.map(known).astype(object)


def _by_id(
    table: pd.DataFrame, written: pd.Series, path: Path, notes: list[str]
) -> pd.DataFrame:
    """The rows of known ids, under these; `written` has them as they are in the file."""
    key = written.name
    known = table[key].notna()
    if not known.any():
        raise DeepCMEError(f"{path}: the table has no row with a {key}.")
    ids = clean_ids(written[known], "sample or patient", path, notes)
    return table[known].drop(columns=key).set_axis(pd.Index(ids, dtype=object))


def _with_one_patient_each(rows: pd.DataFrame, column: str, path: Path) -> pd.DataFrame:
    patients = agreed(rows[column])
    several = patients.astype(str).str.contains(SEPARATOR, regex=False)
    if several.any():
        raise DeepCMEError(
            f"{path}: the rows of sample {rows.index[several][0]} name several patients "
            f"({few(patients[several].iloc[0].split(SEPARATOR))}); a sample is of one."
        )
    return rows.assign(**{column: patients})
