"""Matrices of a sequencing series of GEO, joined to its samples by accession or by title.

Source: NCBI GEO, "NCBI-generated RNA-seq count data": ``GeneID`` and a column per GSM
accession; samples that could not be processed are not in them. What is normalised, and to
what, stands in the name of the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import cleaned, counted, few
from deepcme.cohort.scales.distribution import describe_distribution
from deepcme.cohort.scales.scales import Scale
from deepcme.sources.geo.series import Series
from deepcme.sources.reading.matrices import Matrix, genes_in_rows, read_matrix

_NORMALISED: dict[str, Scale] = {"TPM": "tpm", "FPKM": "fpkm"}
_NAME_OF_NORMALISED = re.compile(rf"_norm_counts_({'|'.join(_NORMALISED)})_.*_NCBI")


def read_counts(
    path: Path, parts: Sequence[Series], notes: list[str], decimal: str = "."
) -> Matrix:
    """Read a matrix with genes in rows, its samples under their accessions.

    Columns that are no accession are found by the titles of the samples, if these are
    unique; who is only in the matrix or only in the series is left out, and named.

    Parameters
    ----------
    path : path
    parts : sequence of Series
        What the series says of its samples.
    notes : list of str
    decimal : str
        The decimal point of the numbers.

    Raises
    ------
    DeepCMEError
        If no column is a sample of the series, or two are the same.
    """
    attributes = pd.concat([part.attributes for part in parts])
    if attributes.index.has_duplicates:
        repeated = attributes.index[attributes.index.duplicated()][0]
        raise DeepCMEError(f"Sample {repeated} is in several files of the series.")
    listed = attributes.index.tolist()
    titles = attributes.get("title", pd.Series(dtype=object)).dropna()
    matrix = read_matrix(path, genes_in_rows, notes, listed=[*listed, *titles], decimal=decimal)
    called = _accessions(matrix.samples, listed, titles, path, notes)
    if not called:
        raise DeepCMEError(
            f"{path}: no column is a sample of {parts[0].accession}, neither by accession nor "
            f"by title: it has {few(matrix.samples)}, the series has {few(listed)} "
            f"({few(titles) or 'without titles'})."
        )
    known = np.array([sample in called for sample in matrix.samples])
    found = [called[sample] for sample in matrix.samples if sample in called]
    unknown = np.array(matrix.samples)[~known].tolist()
    without = attributes.index.difference(found, sort=False).tolist()
    notes += _notes_on_left_out(path, parts[0].accession, unknown, without)
    return replace(matrix.of_samples(np.flatnonzero(known)), samples=found)


def told_scale(path: Path, matrix: Matrix, notes: list[str]) -> Scale | None:
    """What a matrix was normalised to by its name at NCBI; None of other names, and of logs."""
    name = _NAME_OF_NORMALISED.search(path.name)
    if name is None or not describe_distribution(matrix.values).is_linear_sized:
        return None
    scale = _NORMALISED[name[1]]
    notes.append(f"Scale taken as {scale}: so NCBI calls {path.name}.")
    return scale


def _accessions(
    columns: Sequence[str],
    listed: Sequence[str],
    titles: pd.Series,
    path: Path,
    notes: list[str],
) -> dict[str, str]:
    """The sample of each column that is one; each sample is of one column."""
    samples_there = set(listed)
    by_accession = {column: column for column in columns if column in samples_there}
    if by_accession:
        return by_accession
    by_title: dict[str, list[str]] = {}
    for accession, title in titles.items():
        by_title.setdefault(cleaned(str(title)), []).append(str(accession))
    found = {column: by_title[column] for column in columns if column in by_title}
    if several := [column for column, samples in found.items() if len(samples) > 1]:
        raise DeepCMEError(
            f"{path}: the columns are titles of samples, and several samples are called "
            f"{several[0]!r} ({few(found[several[0]])}): call the columns by accession."
        )
    if found:
        notes.append(
            f"{path.name}: {counted(len(found), 'sample')} found by title, as "
            f"{few((f'{column} is {sample}' for column, [sample] in found.items()), 2)}."
        )
    return {column: sample for column, [sample] in found.items()}


def _notes_on_left_out(
    path: Path, series: str, unknown: Sequence[str], without: Sequence[str]
) -> list[str]:
    notes = []
    if unknown:
        notes.append(
            f"{WARNING}{path.name}: {counted(len(unknown), 'column')} ({few(unknown)}) left "
            f"out, which the given file of {series} does not describe: give the files of all "
            "its platforms."
        )
    if without:
        notes.append(
            f"{path.name}: {counted(len(without), 'sample')} of {series} left out, for want of "
            f"a column ({few(without)})."
        )
    return notes
