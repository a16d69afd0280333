"""Sample sheets of the GDC: which file is of which sample, and what tissue it is.

Sources: GDC Data Portal User's Guide, "Repository" (cells with several values); GDC
Data Dictionary, "Sample" (``tissue_type``, ``tumor_descriptor``, ``specimen_type``,
which replaced ``sample_type`` in the portal's sheets).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, counted, few, says_nothing
from deepcme.cohort.tissues.tissues import UNKNOWN, canonical_tissue
from deepcme.sources.reading.headers import spelled_as
from deepcme.sources.reading.reading import read_table

SEVERAL = ", "
"""Stands between several values of one cell."""

# The spellings of this package, the GDC portal's sample sheet, and /files as TSV.
_SAMPLE = "cases.0.samples.0"
SHEET_COLUMNS = {
    "file_id": ("file_id", "id", "file_uuid"),
    "file_name": ("file_name",),
    "patient": ("patient", "case_id", "cases.0.submitter_id", "patient_id", "cases"),
    "sample": ("sample", "sample_id", f"{_SAMPLE}.submitter_id", "samples"),
    "sample_type": ("sample_type", f"{_SAMPLE}.sample_type"),
    "tissue_type": ("tissue_type", f"{_SAMPLE}.tissue_type"),
    "tumor_descriptor": ("tumor_descriptor", f"{_SAMPLE}.tumor_descriptor"),
    "specimen_type": ("specimen_type", f"{_SAMPLE}.specimen_type"),
    "aliquot": ("aliquot", f"{_SAMPLE}.portions.0.analytes.0.aliquots.0.submitter_id"),
}
_NEEDED = ("file_id", "file_name", "patient", "sample")
_OF_FILES = ("file_id", "file_name")
_BETWEEN_VALUES = re.compile("[,;]")
_GROWN = re.compile(r"cell line|xenograft|organoid|neurosphere|reprogrammed|suspension")
_TISSUE_OF_DESCRIPTOR = {
    "primary": "primary",
    "new primary": "primary",
    "metastatic": "metastatic",
    "recurrence": "recurrent",
    "recurrent": "recurrent",
}


def read_sample_sheet(path: Path, notes: list[str]) -> pd.DataFrame:
    """Read which file belongs to which sample, one row per file.

    Understands the sheet that `Catalogue.save` writes, the sample sheets of the GDC
    portal of today and before, and an answer of ``/files`` as TSV. Several values in
    one cell are one where they agree; several samples of a file are one id of all.

    Returns
    -------
    DataFrame
        file_id, file_name, patient, sample; and aliquot and tissue, missing where the
        sheet does not tell.

    Raises
    ------
    DeepCMEError
        If a column is not there, a file occurs twice, or is of several patients.
    """
    sheet = _known_columns(read_table(path, notes), path)
    for name in sheet.columns.drop(list(_OF_FILES)):
        sheet[name] = sheet[name].map(_without_repeats, na_action="ignore")
    sheet = _complete(sheet, path, notes)
    repeated = sheet["file_id"][sheet["file_id"].duplicated()]
    if len(repeated):
        raise DeepCMEError(f"{path}: the file {repeated.iloc[0]} occurs twice.")
    if sheet.empty:
        raise DeepCMEError(f"{path}: no row names a file, its sample and its patient.")
    several = sheet["patient"].str.contains(SEVERAL, regex=False)
    if several.any():
        row = sheet[several].iloc[0]
        raise DeepCMEError(
            f"{path}: the file {row['file_name']} is of several patients ({row['patient']}): "
            "leave it out of the sheet."
        )
    tissues = [_tissue(row) for row in sheet.fillna("").to_dict("records")]
    kept = sheet[[*_NEEDED, "aliquot"]]
    return kept.assign(tissue=pd.Series(tissues, index=sheet.index, dtype=object))


def _complete(sheet: pd.DataFrame, path: Path, notes: list[str]) -> pd.DataFrame:
    """Rows that name a file, its sample and its patient; others are warned about."""
    for name in _OF_FILES:
        sheet[name] = sheet[name].map(lambda cell: cleaned(str(cell)), na_action="ignore")
    lacks = sheet[list(_NEEDED)].map(
        lambda cell: says_nothing("" if pd.isna(cell) else str(cell))
    )
    incomplete = lacks.any(axis=1)
    if incomplete.any():
        files = sheet["file_name"].where(~lacks["file_name"], "a file without a name")
        blank = " or ".join(name for name in _NEEDED if lacks[name].any())
        rows = counted(int(incomplete.sum()), "row")
        notes.append(
            f"Warning: {path.name}: {rows} without {blank} left out ({few(files[incomplete])})."
        )
    return sheet[~incomplete].copy()


def _known_columns(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for name, spellings in SHEET_COLUMNS.items():
        if found := spelled_as(table.columns, spellings):
            columns[name] = table[found[0]].astype(object)
        elif name in _NEEDED:
            raise DeepCMEError(
                f"{path}: no column holds the {name} ({' or '.join(spellings)}); "
                f"there are {few(table.columns, 8)}."
            )
        else:
            columns[name] = pd.Series(None, index=table.index, dtype=object)
    return pd.DataFrame(columns)


def _without_repeats(cell: object) -> str | None:
    """The different values of a cell, in their order; None if none says anything."""
    words = [cleaned(word) for word in _BETWEEN_VALUES.split(str(cell))]
    return SEVERAL.join(dict.fromkeys(w for w in words if not says_nothing(w))) or None


def _tissue(row: dict[Any, str]) -> str | None:
    """One word for a sample, of all that the sheet says; None if it does not say it.

    What is grown is a model; beyond that ``Normal`` goes before the descriptor. The
    descriptor alone tells a primary tumour from a metastasis: without its word, the
    older sample type decides, and then the barcode.
    """
    kind, descriptor = row["tissue_type"].lower(), row["tumor_descriptor"].lower()
    if _GROWN.search(row["specimen_type"].lower()):
        return "model"
    if kind in ("normal", "peritumoral"):
        return "normal"
    if kind in ("", "tumor") and descriptor in _TISSUE_OF_DESCRIPTOR:
        return _TISSUE_OF_DESCRIPTOR[descriptor]
    stated = canonical_tissue(row["sample_type"])
    return None if stated == UNKNOWN else stated
