"""Series matrix files of GEO: attributes of the samples, and a table of probes x samples.

Source: NCBI GEO, "Series Matrix" files; the lines before the table start with
``!Series_`` and ``!Sample_``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.labelling import spelling
from deepcme.records import SEPARATOR
from deepcme.sources.clinical import known_words
from deepcme.sources.delimited import read_grid
from deepcme.sources.ids import require_unique
from deepcme.sources.layout import find_table
from deepcme.sources.matrices import Matrix, as_matrix, genes_in_rows, naming_sample_and_gene
from deepcme.sources.text import text_lines
from deepcme.words import cleaned, few

_TABLE_BEGIN = "!series_matrix_table_begin"
_TABLE_END = "!series_matrix_table_end"
_SAMPLE_PREFIX = "!Sample_"
_CHARACTERISTICS = ("characteristics_ch1", "characteristics_ch2")
_KEPT_ATTRIBUTES = ("title", "source_name_ch1", "platform_id")


@dataclass(frozen=True)
class SeriesMatrix:
    """One series matrix file: samples, their attributes, and samples x probes."""

    accession: str
    attributes: pd.DataFrame
    matrix: Matrix


def read_series_matrix(path: Path, notes: list[str], decimal: str = ".") -> SeriesMatrix:
    """Read one series matrix file.

    Raises
    ------
    DeepCMEError
        If the file is damaged, cut short, holds no table, or names other samples
        there than before it.
    """
    accession, sample_lines, n_lines = _read_metadata(path)
    attributes = _attributes(sample_lines, path, notes)
    source = find_table(
        path, notes, separators="\t", skip=n_lines, end_mark=_TABLE_END, decimal=decimal
    )
    with naming_sample_and_gene(genes_in_rows):
        grid = read_grid(source)
    if not grid.rows:
        raise DeepCMEError(
            f"{path}: the series matrix holds no values; a sequencing series keeps them in "
            "supplementary files: use `deepcme prepare table` with those."
        )
    matrix = as_matrix(grid, genes_in_rows, path, notes)
    require_unique(matrix.genes, "probe", path)
    unknown = [sample for sample in matrix.samples if sample not in attributes.index]
    if unknown or len(matrix.samples) < len(attributes):
        raise DeepCMEError(
            f"{path}: the table has {len(matrix.samples)} samples and the lines before it "
            f"{len(attributes)}; only one has {few(unknown) or 'some of them'}."
        )
    return SeriesMatrix(accession, attributes.loc[matrix.samples], matrix)


def _read_metadata(path: Path) -> tuple[str, list[list[str]], int]:
    """Accession of the series, cells of the `!Sample_` lines, and the table's first line."""
    accession = path.name.partition("_")[0]
    sample_lines: list[list[str]] = []
    for number, line in _whole_lines(path):
        cells = [cleaned(cleaned(cell).strip('"')) for cell in line.split("\t")]
        if cells[0].lower() == _TABLE_BEGIN:
            return accession, sample_lines, number
        if cells[0] == "!Series_geo_accession" and len(cells) > 1:
            accession = cells[1]
        elif cells[0].startswith(_SAMPLE_PREFIX):
            sample_lines.append(cells)
    raise DeepCMEError(f"{path}: there is no line {_TABLE_BEGIN}; is it a series matrix?")


def _whole_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines and their numbers; one whose quoted cell holds a line break is put together."""
    whole, number = "", 0
    for number, line in enumerate(text_lines(path), start=1):
        if whole and not line.startswith("!"):
            whole = f"{whole} {line}"
        else:
            if whole:
                yield number - 1, whole
            whole = line
        if whole.count('"') % 2 == 0:
            yield number, whole
            whole = ""
    if whole:
        yield number, whole


def _attributes(sample_lines: list[list[str]], path: Path, notes: list[str]) -> pd.DataFrame:
    accessions = next(
        (cells[1:] for cells in sample_lines if cells[0] == "!Sample_geo_accession"), []
    )
    if not accessions or len(set(accessions)) < len(accessions):
        raise DeepCMEError(f"{path}: the line !Sample_geo_accession is missing or repeats one.")
    attributes: dict[str, dict[str, str]] = {accession: {} for accession in accessions}
    for cells in sample_lines:
        name = cells[0].removeprefix(_SAMPLE_PREFIX)
        if len(cells) != len(accessions) + 1:
            if name in _CHARACTERISTICS:
                notes.append(
                    f"Warning: {path.name}: a line of characteristics ({few(cells[1:2])}) "
                    f"has {len(cells) - 1:,} cells for {len(accessions):,} samples and was "
                    "left out."
                )
            continue  # an attribute of the whole series, or one that is not given per sample
        for accession, cell in zip(accessions, cells[1:], strict=True):
            if name in _CHARACTERISTICS:
                _add_characteristic(attributes[accession], cell)
            elif name in _KEPT_ATTRIBUTES and cell:
                attributes[accession][name] = cell
    table = pd.DataFrame.from_dict(attributes, orient="index", dtype=object)
    return table.reindex(accessions).apply(known_words)  # some may have no attribute at all


def _add_characteristic(attributes: dict[str, str], cell: str) -> None:
    """Cells need not hold the same key in every column, so each is read by itself."""
    key, colon, value = cell.partition(":")
    key, value = (key.strip(), value.strip()) if colon else ("characteristics", cell)
    if not value:
        return
    before = attributes.get(key)
    attributes[key] = value if before in (None, value) else f"{before}|{value}"


def with_one_key_each(attributes: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Join characteristics whose keys differ in case or spaces alone, under the first key.

    Two values of one sample that differ are two records, and warned about.
    """
    keys = [name for name in attributes.columns if name not in _KEPT_ATTRIBUTES]
    alike: dict[str, list[str]] = {}
    for key in keys:
        alike.setdefault(spelling(key), []).append(key)
    joined, repeated = {}, []
    for first, *others in alike.values():
        if not others:
            continue
        joined[first] = _joined_values(attributes[[first, *others]], notes)
        repeated += others
        notes.append(
            f"The characteristics {few([first, *others])} differ in case or spaces alone and "
            f"were read as one, {first!r}."
        )
    return attributes.assign(**joined).drop(columns=repeated)


def _joined_values(columns: pd.DataFrame, notes: list[str]) -> pd.Series:
    values = columns.iloc[:, 0]
    for name in columns.columns[1:]:
        other = columns[name]
        differ = values.notna() & other.notna() & (values != other)
        if differ.any():
            notes.append(
                f"Warning: the characteristics {values.name!r} and {name!r} differ for "
                f"{differ.sum():,} samples ({few(values.index[differ])})."
            )
        both = values.astype(str) + SEPARATOR + other.astype(str)
        values = values.where(values.notna(), other).mask(differ, both)
    return values


def join_platforms(parts: list[Matrix], paths: list[Path], notes: list[str]) -> Matrix:
    """Several platforms at the genes that all of them have.

    Raises
    ------
    DeepCMEError
        If they share no gene, or a sample is in several.
    """
    first, *others = parts
    if not others:
        return first
    shared = set(first.genes).intersection(*(part.genes for part in others))
    if not shared:
        raise DeepCMEError(
            f"{paths[0]} and the other files share no gene: give the platform tables with "
            "--platform, so that probes become genes."
        )
    samples = pd.Index([sample for part in parts for sample in part.samples], dtype=object)
    if samples.has_duplicates:
        repeated = samples[samples.duplicated()][0]
        raise DeepCMEError(f"Sample {repeated} is in several series matrix files.")
    genes = pd.Index([gene for gene in first.genes if gene in shared], dtype=object)
    columns = [pd.Index(part.genes).get_indexer(genes) for part in parts]
    counts = ", ".join(f"{len(part.genes):,}" for part in parts)
    notes.append(f"The {len(parts)} platforms ({counts} genes) share {len(genes):,} genes.")
    return replace(
        first,
        values=np.concatenate(
            [part.values[:, of_part] for part, of_part in zip(parts, columns, strict=True)]
        ),
        samples=samples.tolist(),
        genes=genes.tolist(),
    )
