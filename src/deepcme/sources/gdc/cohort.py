"""A folder of GDC files to a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, few
from deepcme.cohort.cohort import Cohort
from deepcme.sources.assembly.assembly import LabelRule, assemble
from deepcme.sources.assembly.clinical_tables import ClinicalTable
from deepcme.sources.assembly.expression import (
    ONE_GENE_EACH,
    Expression,
    GeneNaming,
    with_genes_named,
    with_symbols_of,
)
from deepcme.sources.assembly.identity import (
    annotate,
    with_patients_stated,
    with_tissues_stated,
)
from deepcme.sources.assembly.joining import join_clinical
from deepcme.sources.gdc.cases import read_cases
from deepcme.sources.gdc.catalogue import CASES, SAMPLE_SHEET
from deepcme.sources.gdc.expression import StarColumn, read_gdc_files
from deepcme.sources.gdc.sample_sheet import read_sample_sheet
from deepcme.sources.reading.matrices import Matrix

Repeated = Literal["first", "mean"]
"""What becomes of several files of one sample."""


def cohort_from_gdc(
    folder: str | Path,
    label_rule: LabelRule,
    *,
    column: StarColumn = "fpkm_unstranded",
    sample_sheet: str | Path | None = None,
    clinical: Sequence[ClinicalTable] = (),
    probemap: str | Path | None = None,
    patient: str | None = None,
    tissue: str | None = None,
    repeated: Repeated | None = None,
    naming: GeneNaming = ONE_GENE_EACH,
) -> Cohort:
    """Make a cohort of the expression files in a folder.

    The sample id is the aliquot barcode where it is known; Ensembl ids are the
    key of the genes, as the files write them, with symbols beside them.

    Parameters
    ----------
    folder : path
        With the files as ``<file id>/<file name>``, or all in it directly.
    label_rule : LabelRule
    column : StarColumn
        Which values of STAR files to take.
    sample_sheet : path, optional
        Which file belongs to which sample; the folder's own if not given.
    clinical : sequence of ClinicalTable
        Besides the cases saved in the folder.
    probemap : path, optional
        Table of gene ids and symbols, for legacy files, which have none.
    repeated : {"first", "mean"}, optional
        What becomes of several files of one sample, which are refused without it: the
        first of the sheet is taken, or the mean of their values.
    patient, tissue, naming
        As of `cohort_from_cbioportal`.

    Raises
    ------
    DeepCMEError
        One sentence naming the file, sample or gene.
    """
    folder = Path(folder)
    own_sheet = folder / SAMPLE_SHEET
    sheet_path = own_sheet if sample_sheet is None else Path(sample_sheet)
    sheet, paths, notes = _files_with_samples(folder, sheet_path)
    ids = _sample_ids(sheet)
    if ids.duplicated().any():
        _check_repeated(sheet.assign(id=ids), sheet_path, repeated, notes)
    if repeated == "first":
        paths = [path for path, again in zip(paths, ids.duplicated(), strict=True) if not again]
    annotation = _annotation(sheet[~ids.duplicated()], sheet_path, notes)
    notes += [note for table in clinical for note in table.notes]
    tables = list(clinical)
    if (folder / CASES).is_file():
        tables.append(read_cases(folder / CASES))
    annotation, coverage = join_clinical(annotation, tables, patient=patient)
    read = read_gdc_files(paths, column)
    values = read.values if repeated != "mean" else _means_of_samples(read.values, ids)
    matrix = Matrix(values, annotation.index.tolist(), read.genes, read.symbols)
    matrix = with_genes_named(matrix, naming, folder, notes)
    matrix = with_symbols_of(matrix, probemap, naming, notes)
    return assemble(
        Expression(matrix, read.scale, [*notes, *coverage]),
        annotation,
        label_rule,
        name=folder.resolve().name,
        provenance={"source": "NCI Genomic Data Commons", "files": len(paths)},
        patient=patient,
        tissue=tissue,
    )


def _files_with_samples(
    folder: Path, sheet_path: Path
) -> tuple[pd.DataFrame, list[Path], list[str]]:
    is_own = sheet_path == folder / SAMPLE_SHEET
    if is_own and not sheet_path.is_file():
        raise DeepCMEError(
            f"{folder}: nothing says which file belongs to which sample; download with "
            "`deepcme fetch gdc`, or give the portal's sample sheet with --sample-sheet."
        )
    notes: list[str] = []
    sheet = read_sample_sheet(sheet_path, notes)
    paths = [
        _path(folder, str(file_id), str(name))
        for file_id, name in zip(sheet["file_id"], sheet["file_name"], strict=True)
    ]
    present = pd.Series([path.is_file() for path in paths], index=sheet.index)
    n_absent = int((~present).sum())
    are = "is" if n_absent == 1 else "are"
    if not present.any() or (n_absent and is_own):
        raise DeepCMEError(
            f"{folder}: {n_absent:,} of the {len(sheet):,} files of the sample sheet {are} not "
            "there; run `deepcme fetch gdc` again to complete the download."
        )
    if n_absent:
        absent = sheet["file_name"][~present]
        notes.append(
            f"Warning: {counted(n_absent, 'file')} of the sample sheet ({few(absent)}) "
            f"{'is' if n_absent == 1 else 'are'} not in the folder."
        )
    notes += _notes_on_unlisted(folder, [path for path in paths if path.is_file()])
    kept = [path for path, is_there in zip(paths, present, strict=True) if is_there]
    return sheet[present], kept, notes


def _notes_on_unlisted(folder: Path, listed: list[Path]) -> list[str]:
    """Files that are called as those of the sheet are, but for the first part of the name."""
    endings = {path.name.partition(".")[2] for path in listed}
    found = {*folder.glob("*"), *folder.glob("*/*")} - set(listed)
    unlisted = sorted(
        path.name for path in found if path.is_file() and path.name.partition(".")[2] in endings
    )
    if not unlisted:
        return []
    return [
        f"{counted(len(unlisted), 'file')} of the folder left out, for want of a row in the "
        f"sample sheet ({few(unlisted)})."
    ]


def _path(folder: Path, file_id: str, file_name: str) -> Path:
    # Only the last part of an id or name counts, so that no sheet leads out of the folder.
    nested = folder / Path(file_id).name / Path(file_name).name
    return nested if nested.is_file() else folder / Path(file_name).name


def _annotation(sheet: pd.DataFrame, path: Path, notes: list[str]) -> pd.DataFrame:
    """What the ids tell of each file's sample, and what the sheet states instead."""
    annotation = annotate(_sample_ids(sheet).tolist())
    stated = sheet.set_axis(annotation.index, axis=0)
    annotation = with_patients_stated(annotation, stated["patient"], path.name, notes)
    return with_tissues_stated(annotation, stated["tissue"], path.name, notes)


def _sample_ids(sheet: pd.DataFrame) -> pd.Series:
    return sheet["aliquot"].where(sheet["aliquot"].notna(), sheet["sample"]).astype(str)


def _check_repeated(
    sheet: pd.DataFrame, path: Path, asked: Repeated | None, notes: list[str]
) -> None:
    """Say which samples have several files; refuse that if nothing was asked for."""
    again = sheet[sheet["id"].duplicated(keep=False)]
    files = []
    for identifier, of_one in again.groupby("id", sort=False):
        files.append(f"{identifier} has {few(of_one['file_name'], 4)}")
        if of_one["patient"].nunique() > 1:
            raise DeepCMEError(
                f"{path}: the files of {identifier} are of several patients "
                f"({few(of_one['patient'].unique())})."
            )
    several = f"{path}: several files of {counted(len(files), 'sample')} ({few(files)})"
    if asked is None:
        raise DeepCMEError(
            f"{several}: --repeated mean takes the mean of each sample's files and --repeated "
            "first the first of the sheet; an aliquot column in the sheet keeps them apart."
        )
    taken = "the mean of their values" if asked == "mean" else "the first of the sheet"
    notes.append(f"{several.replace(str(path), path.name, 1)}: {taken} was taken.")


def _means_of_samples(values: NDArray[np.float32], ids: pd.Series) -> NDArray[np.float32]:
    """One row per sample, in the order of their first files."""
    rows, samples = pd.factorize(ids)
    means = np.zeros((len(samples), values.shape[1]), dtype=np.float32)
    np.add.at(means, rows, values)
    means /= np.bincount(rows).astype(np.float32)[:, np.newaxis]
    return means
