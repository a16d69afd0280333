"""ARCHS4: counts of most sequenced samples of GEO in one file, read by samples, to a cohort.

Source: the layouts that archs4py (version 2 of the files) and ARCHS4's own scripts (version
1) read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.apart import require_sound
from deepcme.base.memory import require_memory
from deepcme.base.notes import WARNING
from deepcme.base.words import cleaned, counted, few
from deepcme.cohort.cohort import Cohort
from deepcme.sources.assembly.assembly import LabelRule, assemble
from deepcme.sources.assembly.clinical_tables import ClinicalTable, read_clinical
from deepcme.sources.assembly.expression import (
    ONE_GENE_EACH,
    GeneNaming,
    on_known_scale,
    strongest_of,
    with_genes_named,
)
from deepcme.sources.assembly.joining import join_clinical
from deepcme.sources.geo.characteristics import annotation_of_attributes
from deepcme.sources.geo.series import add_attribute, attribute_table
from deepcme.sources.reading.matrices import Matrix
from deepcme.sources.reading.text import text_lines

_KIND = "ARCHS4"
_EXPRESSION = "data/expression"
# Version 2, then version 1, each in the spellings of its releases.
_OF_SAMPLES = ("meta/samples/{}", "meta/Sample_{}")
_SYMBOLS = (
    *("meta/genes/symbol", "meta/genes/gene_symbol", "meta/genes/genes"),
    *("meta/genes", "meta/gene_symbol"),
)
_ENSEMBL = (
    *("meta/genes/ensembl_gene", "meta/genes/ensembl_gene_id", "meta/genes/ensembl_id"),
    "meta/gene_ensemblid",
)
_ATTRIBUTES = ("title", "source_name_ch1", "platform_id", "characteristics_ch1", "series_id")
_SINGLE_CELL = "singlecellprobability"
_LEAST_SINGLE_CELL = 0.5
# "tissue: breast, left,age: 50" is of two: a comma begins one where a key and a colon follow.
_NEXT_CHARACTERISTIC = re.compile(r"Xx-xX|\t|,(?=[^,:]+:)")
_SAMPLE = re.compile(r"GSM\d+")
_SERIES = re.compile(r"GSE\d+")
_NAMES_AT_ONCE = 65_536
_BYTES_AT_ONCE = 16_000_000
_MOST_SAMPLES_BETWEEN = 64


def cohort_from_archs4(
    path: str | Path,
    label_rule: LabelRule,
    *,
    series: Sequence[str] = (),
    samples: str | Path | None = None,
    clinical: Sequence[ClinicalTable] = (),
    patient: str | None = None,
    tissue: str | None = None,
    decimal: str = ".",
    naming: GeneNaming = ONE_GENE_EACH,
) -> Cohort:
    """Make a cohort of some samples of an ARCHS4 file; the others are never read.

    The characteristics of the samples become columns. Genes are named by their symbols, and
    of several rows of one symbol the one with the highest mean is kept.

    Parameters
    ----------
    path : path
        Genes x samples, such as ``human_gene_v2.5.h5``.
    label_rule : LabelRule
    series : sequence of str
        Accessions of the series to take; they are the batches if there are several.
    samples : path, optional
        In place of `series`: a list of GSM numbers, one a line, or a table by GSM number.
    clinical : sequence of ClinicalTable
        Tables by GSM number, besides the characteristics.
    decimal : str
        The decimal point of the numbers of `samples`.
    patient, tissue, naming
        As of `cohort_from_cbioportal`.

    Raises
    ------
    DeepCMEError
        One sentence naming the file, series, sample or gene.
    """
    path = Path(path)
    if bool(series) == (samples is not None):
        raise DeepCMEError(
            f"{path}: say which samples to take, with --series GSE... or with --samples FILE."
        )
    asked: Collection[str] = tuple(series)
    if samples is not None:
        asked, table = _listed_samples(Path(samples), decimal)
        clinical = [*clinical, *table]
    notes = [note for one in clinical for note in one.notes]
    require_sound(path, _KIND)
    try:
        with h5py.File(path, "r") as file:
            places = _places(file, asked, "series_id" if series else "geo_accession", path)
            n_samples = len(_accessions(file, "geo_accession", path))
            attributes = _attributes(file, places, path, notes)
            matrix = _matrix(file, places, attributes.index.tolist(), n_samples, path)
            is_counts = np.issubdtype(file[_EXPRESSION].dtype, np.integer)
    except OSError as error:
        raise DeepCMEError(f"{path}: this is not a readable ARCHS4 file.") from error
    if samples is not None:
        notes += _missing(asked, matrix.samples, path)
    matrix = strongest_of(matrix, notes, f"{path.name}: ")
    matrix = with_genes_named(matrix, naming, path, notes)
    batch = attributes["series_id"].map(_first_of(series)) if len(series) > 1 else None
    annotation = annotation_of_attributes(attributes, batch, patient, tissue, notes)
    annotation, coverage = join_clinical(annotation, clinical, patient=patient)
    if patient is None and (annotation["patient"] == annotation.index).all():
        notes.append("No characteristic names the patient: every sample is its own patient.")
    return assemble(
        on_known_scale(matrix, "counts" if is_counts else None, [*notes, *coverage], path),
        annotation,
        label_rule,
        name="_".join(series) if series else Path(str(samples)).stem,
        provenance={"source": f"ARCHS4, {path.name}", "series": list(series)},
        patient=patient,
        tissue=tissue,
    )


def _listed_samples(path: Path, decimal: str) -> tuple[list[str], list[ClinicalTable]]:
    """Sample ids of a list, or of a table, which comes with them."""
    with suppress(DeepCMEError):  # what is no text may be a table all the same
        lines = [cleaned(line).strip('"') for line in text_lines(path)]
        named = [line for line in lines if line]
        if named and all(_SAMPLE.fullmatch(line) for line in named[1:]):
            found = [line for line in named if _SAMPLE.fullmatch(line)]
            if found:
                return list(dict.fromkeys(found)), []
    table = read_clinical(path, decimal)
    return [str(one) for one in dict.fromkeys(table.rows.index)], [table]


def _first_of(series: Sequence[str]) -> Callable[[str], str]:
    """A sample may be of several series, as of one and of that which holds it."""
    return lambda cell: next(name for name in series if name in _SERIES.findall(cell))


def _missing(asked: Collection[str], found: Collection[str], path: Path) -> list[str]:
    missing = [sample for sample in asked if sample not in set(found)]
    if not missing:
        return []
    return [
        f"{WARNING}{path.name} does not have {counted(len(missing), 'sample')} of those asked "
        f"for ({few(missing)})."
    ]


def _dataset(file: h5py.File, names: Sequence[str]) -> h5py.Dataset | None:
    """The first of these that is a dataset of the file."""
    found = (file.get(name) for name in names)
    return next((item for item in found if isinstance(item, h5py.Dataset)), None)


def _of_samples(file: h5py.File, name: str) -> h5py.Dataset | None:
    return _dataset(file, [place.format(name) for place in _OF_SAMPLES])


def _accessions(file: h5py.File, name: str, path: Path) -> h5py.Dataset:
    found = _of_samples(file, name)
    if found is None:
        raise DeepCMEError(f"{path}: no {name} of the samples is in the file.")
    return found


def _places(
    file: h5py.File, asked: Collection[str], name: str, path: Path
) -> NDArray[np.int64]:
    """Where the samples stand that have one of these accessions."""
    accessions = _accessions(file, name, path)
    kind = _SERIES if name == "series_id" else _SAMPLE
    wanted, seen, places = set(asked), set(), []
    for start in range(0, len(accessions), _NAMES_AT_ONCE):
        for place, cell in enumerate(_texts(accessions, start, start + _NAMES_AT_ONCE), start):
            if named := wanted.intersection(kind.findall(cell)):
                seen |= named
                places.append(place)
    if name == "series_id" and (missing := wanted - seen):
        raise DeepCMEError(f"{path}: the series {few(sorted(missing))} is not in the file.")
    if not places:
        raise DeepCMEError(f"{path}: none of the {len(asked):,} samples asked for is there.")
    return np.array(places, dtype=np.int64)


def _texts(dataset: h5py.Dataset, start: int, end: int) -> list[str]:
    cells = dataset[start:end]
    return [
        cleaned(cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell))
        for cell in cells.tolist()
    ]


def _runs(places: NDArray[np.int64], most: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Places that lie close together, with their first, at most so many cells wide."""
    start = 0
    for end in range(1, len(places) + 1):
        if (
            end == len(places)
            or places[end] - places[end - 1] > _MOST_SAMPLES_BETWEEN
            or places[end] - places[start] >= most
        ):
            yield start, places[start:end]
            start = end


def _attributes(
    file: h5py.File, places: NDArray[np.int64], path: Path, notes: list[str]
) -> pd.DataFrame:
    """What the file says of the samples at these places, one row each."""
    columns = {
        name: _cells(dataset, places)
        for name in ("geo_accession", *_ATTRIBUTES, _SINGLE_CELL)
        if (dataset := _of_samples(file, name)) is not None
    }
    names = columns["geo_accession"]
    if len(set(names)) < len(names):
        raise DeepCMEError(f"{path}: a sample is there twice among those asked for.")
    attributes: dict[str, dict[str, str]] = {name: {} for name in names}
    for name in _ATTRIBUTES:
        for sample, cell in zip(names, columns.get(name, ()), strict=False):
            is_several = name == "characteristics_ch1"
            for part in _NEXT_CHARACTERISTIC.split(cell) if is_several else [cell]:
                add_attribute(attributes[sample], name, cleaned(part))
    table = attribute_table(attributes, path, notes)
    if "series_id" in columns:
        table["series_id"] = columns["series_id"]
    chances = pd.to_numeric(pd.Series(columns.get(_SINGLE_CELL, [])), errors="coerce")
    single = [names[place] for place in np.flatnonzero(chances >= _LEAST_SINGLE_CELL)]
    if single:
        notes.append(
            f"{WARNING}ARCHS4 takes {counted(len(single), 'sample')} ({few(single)}) for "
            "single cells; leave them out if that is right."
        )
    return table


def _cells(dataset: h5py.Dataset, places: NDArray[np.int64]) -> list[str]:
    return [
        cell
        for _, run in _runs(places, _NAMES_AT_ONCE)
        for cell in np.array(_texts(dataset, run[0], run[-1] + 1), dtype=object)[run - run[0]]
    ]


def _matrix(
    file: h5py.File,
    places: NDArray[np.int64],
    samples: list[str],
    n_samples: int,
    path: Path,
) -> Matrix:
    """Values of the samples at these places."""
    expression, genes = file[_EXPRESSION], _gene_names(file, path)
    if expression.shape == (len(genes), n_samples):
        in_columns = True
    elif expression.shape == (n_samples, len(genes)):
        in_columns = False
    else:
        n_rows, n_columns = expression.shape
        raise DeepCMEError(
            f"{path}: the values are {n_rows:,} x {n_columns:,}, but there are {len(genes):,} "
            f"genes and {n_samples:,} samples."
        )
    size = expression.dtype.itemsize
    chunk = size * int(np.prod(expression.chunks or (1,), dtype=object))
    n_values = len(places) * len(genes)
    require_memory(4 * n_values + chunk, path, f"its {len(places):,} x {len(genes):,} values")
    values = np.empty((len(places), len(genes)), dtype=np.float32)
    for start, run in _runs(places, max(1, _BYTES_AT_ONCE // (size * len(genes)))):
        span = slice(run[0], run[-1] + 1)
        block = expression[:, span].T if in_columns else expression[span]
        with np.errstate(over="ignore"):
            values[start : start + len(run)] = block[run - run[0]]
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DeepCMEError(
            f"{path}: sample {samples[row]}, gene {genes[column]}: the value is not finite."
        )
    return Matrix(values, samples, genes)


def _gene_names(file: h5py.File, path: Path) -> list[str]:
    """Symbols, and Ensembl ids where a gene has none."""
    found = [_dataset(file, names) for names in (_SYMBOLS, _ENSEMBL)]
    columns = [_texts(one, 0, len(one)) for one in found if one is not None]
    if not columns:
        hint = (
            "transcripts: take the file of genes" if "meta/transcripts" in file else "no genes"
        )
        raise DeepCMEError(f"{path}: the file names {hint}.")
    if len({len(column) for column in columns}) > 1:
        raise DeepCMEError(f"{path}: the genes' symbols and Ensembl ids differ in number.")
    return [next(filter(None, names), "") for names in zip(*columns, strict=True)]
