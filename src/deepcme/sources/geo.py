"""GEO series matrix files: sample characteristics and a table of probes x samples.

Source: NCBI GEO, "Series Matrix" files; the lines before the table start with
``!Series_`` and ``!Sample_``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort import UNKNOWN, Cohort
from deepcme.errors import DeepCMEError
from deepcme.genes import COLLAPSE_RULE, SYMBOL_COLUMNS, strongest_of_each
from deepcme.scales import LINEAR_SCALES, Scale, guess_scale
from deepcme.sources.assembly import Expression, LabelRule, assemble
from deepcme.sources.clinical import ClinicalTable
from deepcme.sources.delimited import find_table, text_lines
from deepcme.sources.joining import join_clinical
from deepcme.sources.patients import (
    may_name_people,
    not_people_note,
    patient_column,
    patients_of,
)
from deepcme.sources.probemap import known_targets, read_gene_table
from deepcme.sources.reading import checked_matrix, read_delimited_matrix, require_file
from deepcme.tissues import canonical_tissue
from deepcme.words import few

_TABLE_BEGIN = "!series_matrix_table_begin"
_TABLE_END = "!series_matrix_table_end"
_SAMPLE_PREFIX = "!Sample_"
_CHARACTERISTICS = ("characteristics_ch1", "characteristics_ch2")
_KEPT_ATTRIBUTES = ("title", "source_name_ch1", "platform_id")
_TISSUE_KEYS = ("tissue type", "sample type", "tissue", "source_name_ch1")
_SEVERAL_GENES = "///"


@dataclass(frozen=True)
class SeriesMatrix:
    """One series matrix file: samples, their attributes, and samples x probes."""

    accession: str
    attributes: pd.DataFrame
    values: pd.DataFrame


def cohort_from_geo(
    series_matrices: Sequence[str | Path],
    label_rule: LabelRule,
    *,
    platforms: Sequence[str | Path] = (),
    clinical: Sequence[ClinicalTable] = (),
    scale: Scale | None = None,
) -> Cohort:
    """Make a cohort of a series, from one file or from one file per platform.

    Characteristics of the samples become columns. With platform tables, probes
    become genes: a probe of several genes is dropped, and of several probes of
    one gene the one with the highest mean is kept. Several platforms are joined
    at the genes they share, and are the batches.

    Parameters
    ----------
    series_matrices : sequence of path
    label_rule : LabelRule
    platforms : sequence of path
        One table of probes and symbols per file, in the same order, or none.
    clinical : sequence of ClinicalTable
        Tables by GSM number, besides the characteristics.
    scale : Scale, optional
        Worked out from the values, and noted, if not given.

    Raises
    ------
    DeepCMEError
        One sentence naming the file, sample or gene.
    """
    paths = [Path(path) for path in series_matrices]
    if platforms and len(platforms) != len(paths):
        raise DeepCMEError(
            f"{len(paths)} series matrix files need {len(paths)} platform tables, "
            f"not {len(platforms)}."
        )
    notes: list[str] = []
    parts = [read_series_matrix(path) for path in paths]
    scales = [_scale(part, path, scale, notes) for part, path in zip(parts, paths, strict=True)]
    if len({found in LINEAR_SCALES for found in scales}) > 1:
        raise DeepCMEError(
            f"{paths[0]} and the other files are not on the same scale ({', '.join(scales)}); "
            "log the linear ones first, or say --scale."
        )
    matrices = [part.values for part in parts]
    if platforms:
        matrices = [
            _genes_of_probes(matrix, Path(platform), notes)
            for matrix, platform in zip(matrices, platforms, strict=True)
        ]
    matrix = _joined(matrices, paths, notes)
    annotation = _annotation(parts, notes)
    annotation, coverage = join_clinical(annotation, clinical)
    return assemble(
        Expression(
            values=matrix.to_numpy(dtype=np.float32),
            samples=matrix.index.tolist(),
            genes=matrix.columns.tolist(),
            scale=scales[0],
            notes=[*notes, *coverage],
        ),
        annotation,
        label_rule,
        name=parts[0].accession,
        provenance={"source": f"GEO {parts[0].accession}", "files": [p.name for p in paths]},
    )


def read_series_matrix(path: Path) -> SeriesMatrix:
    """Read one series matrix file.

    Raises
    ------
    DeepCMEError
        If the file is damaged, holds no table, or names other samples there
        than before it.
    """
    require_file(path)
    accession, sample_lines, n_lines = _read_metadata(path)
    attributes = _attributes(sample_lines, path)
    matrix = read_delimited_matrix(find_table(path, "\t", skip=n_lines, end_mark=_TABLE_END))
    if matrix.empty:
        raise DeepCMEError(
            f"{path}: the series matrix holds no values; a sequencing series keeps them in "
            "supplementary files: use `deepcme prepare table` with those."
        )
    values = checked_matrix(matrix, path, sample_ids=set(attributes.index)).T
    unknown = values.index[~values.index.isin(attributes.index)]
    if len(unknown) or len(values) < len(attributes):
        raise DeepCMEError(
            f"{path}: the table has {len(values)} samples and the lines before it "
            f"{len(attributes)}; only one has {few(unknown) or 'some of them'}."
        )
    return SeriesMatrix(accession, attributes.loc[values.index], values)


def _read_metadata(path: Path) -> tuple[str, list[list[str]], int]:
    """Accession of the series, cells of the `!Sample_` lines, and the table's first line."""
    accession = path.name.partition("_")[0]
    sample_lines: list[list[str]] = []
    for number, line in enumerate(text_lines(path), start=1):
        cells = [cell.strip().strip('"').strip() for cell in line.split("\t")]
        if cells[0].lower() == _TABLE_BEGIN:
            return accession, sample_lines, number
        if cells[0] == "!Series_geo_accession" and len(cells) > 1:
            accession = cells[1]
        elif cells[0].startswith(_SAMPLE_PREFIX):
            sample_lines.append(cells)
    raise DeepCMEError(f"{path}: there is no line {_TABLE_BEGIN}; is it a series matrix?")


def _attributes(sample_lines: list[list[str]], path: Path) -> pd.DataFrame:
    accessions = next(
        (cells[1:] for cells in sample_lines if cells[0] == "!Sample_geo_accession"), []
    )
    if not accessions or len(set(accessions)) < len(accessions):
        raise DeepCMEError(f"{path}: the line !Sample_geo_accession is missing or repeats one.")
    attributes: dict[str, dict[str, str]] = {accession: {} for accession in accessions}
    for cells in sample_lines:
        name = cells[0].removeprefix(_SAMPLE_PREFIX)
        if len(cells) != len(accessions) + 1:
            continue  # an attribute of the whole series, or one that is not given per sample
        for accession, cell in zip(accessions, cells[1:], strict=True):
            if name in _CHARACTERISTICS:
                _add_characteristic(attributes[accession], cell)
            elif name in _KEPT_ATTRIBUTES and cell:
                attributes[accession][name] = cell
    table = pd.DataFrame.from_dict(attributes, orient="index", dtype=object)
    return table.where(table.notna(), None)


def _add_characteristic(attributes: dict[str, str], cell: str) -> None:
    """Cells need not hold the same key in every column, so each is read by itself."""
    key, colon, value = cell.partition(":")
    key, value = (key.strip(), value.strip()) if colon else ("characteristics", cell)
    if value.lower() in ("", "na", "n/a", "null", "not available", "--"):
        return
    before = attributes.get(key)
    attributes[key] = value if before in (None, value) else f"{before}|{value}"


def _scale(part: SeriesMatrix, path: Path, asked: Scale | None, notes: list[str]) -> Scale:
    if asked is not None:
        return asked
    scale, reason = guess_scale(part.values.to_numpy())
    notes.append(f"Scale of {path.name} taken as {scale}: {reason}.")
    return scale


def _genes_of_probes(matrix: pd.DataFrame, platform: Path, notes: list[str]) -> pd.DataFrame:
    probes = matrix.columns.tolist()
    known = known_targets(read_gene_table(platform), SYMBOL_COLUMNS, probes, platform)
    symbols = known.groupby(level=0).first().reindex(probes).fillna("")
    symbols = symbols.astype(str).str.strip()
    several = symbols.str.contains(_SEVERAL_GENES, regex=False)
    names = symbols.mask(several, "").tolist()
    values: NDArray[np.float32] = matrix.to_numpy(dtype=np.float32)
    columns, n_collapsed = strongest_of_each(values, names)
    notes.append(
        f"{platform.name}: {len(probes):,} probes became {len(columns):,} genes; "
        f"{int((symbols == '').sum()):,} without a gene and {int(several.sum()):,} of several "
        f"genes were dropped; {n_collapsed:,} genes had several probes: {COLLAPSE_RULE}."
    )
    return pd.DataFrame(
        values[:, columns],
        index=matrix.index,
        columns=pd.Index([names[column] for column in columns], dtype=object),
    )


def _joined(matrices: list[pd.DataFrame], paths: list[Path], notes: list[str]) -> pd.DataFrame:
    if len(matrices) == 1:
        return matrices[0]
    joined = pd.concat(matrices, join="inner")
    if joined.shape[1] == 0:
        raise DeepCMEError(
            f"{paths[0]} and the other files share no gene: give the platform tables with "
            "--platform, so that probes become genes."
        )
    repeated = joined.index[joined.index.duplicated()]
    if len(repeated):
        raise DeepCMEError(f"Sample {repeated[0]} is in several series matrix files.")
    counts = ", ".join(f"{matrix.shape[1]:,}" for matrix in matrices)
    notes.append(
        f"The {len(matrices)} platforms ({counts} genes) share {joined.shape[1]:,} genes."
    )
    return joined


def _annotation(parts: list[SeriesMatrix], notes: list[str]) -> pd.DataFrame:
    attributes = pd.concat([part.attributes for part in parts])
    lower = {str(name).lower(): str(name) for name in attributes.columns}
    patients = _patients(attributes, notes)
    tissue = pd.Series(UNKNOWN, index=attributes.index, dtype=object)
    for key in _TISSUE_KEYS:
        if key in lower:
            stated = attributes[lower[key]].map(canonical_tissue)
            tissue = tissue.where(tissue != UNKNOWN, stated)
    several = len(parts) > 1 and "platform_id" in attributes.columns
    own = pd.DataFrame(
        {
            "patient": patients,
            "tissue": tissue,
            "batch": attributes["platform_id"].fillna(UNKNOWN) if several else UNKNOWN,
        }
    )
    return pd.concat([own, _renamed_if_taken(attributes, own.columns)], axis=1)


def _patients(attributes: pd.DataFrame, notes: list[str]) -> list[str]:
    samples = attributes.index.astype(str).tolist()
    column = patient_column(attributes.columns, None, "")
    if column is not None and may_name_people(attributes[column]):
        return patients_of(samples, attributes[column], notes, column)
    if column is not None:
        notes.append(not_people_note(attributes[column], "Characteristics"))
    notes.append("No characteristic names the patient: every sample is its own patient.")
    return samples


def _renamed_if_taken(attributes: pd.DataFrame, taken: pd.Index) -> pd.DataFrame:
    return attributes.rename(
        columns={name: f"{name} (characteristic)" for name in attributes if name in taken}
    )
