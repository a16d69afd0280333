"""Series matrix files of GEO: attributes of the samples, and a table of probes x samples.

Source: NCBI GEO, "Series Matrix" files; the lines before the table start with
``!Series_`` and ``!Sample_``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, few
from deepcme.sources.geo.series import (
    CHARACTERISTICS,
    MOST_CHARACTERISTICS,
    Series,
    add_attribute,
    attribute_table,
    too_many_characteristics,
)
from deepcme.sources.reading.delimited import read_grid
from deepcme.sources.reading.ids import require_unique
from deepcme.sources.reading.layout import find_table
from deepcme.sources.reading.matrices import (
    Matrix,
    as_matrix,
    genes_in_rows,
    naming_sample_and_gene,
)
from deepcme.sources.reading.text import text_lines

TABLE_BEGIN = "!series_matrix_table_begin"
TABLE_END = "!series_matrix_table_end"
_SAMPLE_PREFIX = "!Sample_"
_MOST_LINES_OF_A_CELL = 1_000


def read_series_matrix(
    path: Path, notes: list[str], decimal: str = ".", *, with_values: bool = True
) -> Series:
    """Read one series matrix file, or what it says of the samples alone.

    Raises
    ------
    DeepCMEError
        If the file is damaged, cut short, or names other samples in the table than
        before it.
    """
    accession, sample_lines, n_lines = _read_metadata(path)
    attributes = _attributes(sample_lines, path, notes)
    matrix = _read_values(path, n_lines, notes, decimal) if with_values else None
    if matrix is None:
        return Series(path, accession, attributes)
    unknown = [sample for sample in matrix.samples if sample not in attributes.index]
    if unknown or len(matrix.samples) < len(attributes):
        raise DeepCMEError(
            f"{path}: the table has {len(matrix.samples)} samples and the lines before it "
            f"{len(attributes)}; only one has {few(unknown) or 'some of them'}."
        )
    return Series(path, accession, attributes.loc[matrix.samples], matrix)


def _read_values(path: Path, n_lines: int, notes: list[str], decimal: str) -> Matrix | None:
    """The table that stands after so many lines; None if it has a header alone."""
    source = find_table(
        path, notes, separators="\t", skip=n_lines, end_mark=TABLE_END, decimal=decimal
    )
    with naming_sample_and_gene(genes_in_rows):
        grid = read_grid(source)
    if not grid.rows:
        return None
    matrix = as_matrix(grid, genes_in_rows, path, notes)
    require_unique(matrix.genes, "probe", path)
    return matrix


def _read_metadata(path: Path) -> tuple[str, list[list[str]], int]:
    """Accession of the series, cells of the `!Sample_` lines, and the table's first line."""
    accession = path.name.partition("_")[0]
    sample_lines: list[list[str]] = []
    for number, line in _whole_lines(path):
        cells = [cleaned(cleaned(cell).strip('"')) for cell in line.split("\t")]
        if cells[0].lower() == TABLE_BEGIN:
            return accession, sample_lines, number
        if cells[0] == "!Series_geo_accession" and len(cells) > 1:
            accession = cells[1]
        elif cells[0].startswith(_SAMPLE_PREFIX):
            sample_lines.append(cells)
            if len(sample_lines) > MOST_CHARACTERISTICS:
                raise too_many_characteristics(path)
    raise DeepCMEError(f"{path}: there is no line {TABLE_BEGIN}; is it a series matrix?")


def _whole_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines and their numbers; one whose quoted cell holds a line break is put together."""
    parts: list[str] = []
    n_quotes, number = 0, 0
    for number, line in enumerate(text_lines(path), start=1):
        if parts and line.startswith("!"):
            yield number - 1, " ".join(parts)
            parts, n_quotes = [], 0
        parts.append(line)
        n_quotes += line.count('"')
        if n_quotes % 2 == 0:
            yield number, " ".join(parts)
            parts, n_quotes = [], 0
        elif len(parts) > _MOST_LINES_OF_A_CELL:
            raise DeepCMEError(
                f"{path}: line {number - len(parts) + 1}: a quote opens a cell and does not "
                "close it."
            )
    if parts:
        yield number, " ".join(parts)


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
            if name in CHARACTERISTICS:
                notes.append(
                    f"Warning: {path.name}: a line of characteristics ({few(cells[1:2])}) "
                    f"has {len(cells) - 1:,} cells for {len(accessions):,} samples and was "
                    "left out."
                )
            continue  # an attribute of the whole series, or one that is not given per sample
        for accession, cell in zip(accessions, cells[1:], strict=True):
            add_attribute(attributes[accession], name, cell)
    return attribute_table(attributes, path, notes)
