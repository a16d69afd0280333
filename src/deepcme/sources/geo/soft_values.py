"""Values of the samples of a SOFT file: one table of probes for each."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import MISSING_CELLS, cleaned, counted, few
from deepcme.sources.reading.decimal_marks import comma_hint
from deepcme.sources.reading.ids import clean_ids
from deepcme.sources.reading.matrices import Matrix
from deepcme.sources.reading.text import text_lines

_ID, _VALUE = "ID_REF", "VALUE"
_LEAST_FILLED = 0.1
_FEW_CELLS = 1_000_000


@dataclass(frozen=True)
class SampleTable:
    """Where the table of a sample stands in a file: a header, and so many rows after it."""

    accession: str
    lines_before: int
    n_rows: int


def read_values(
    path: Path, tables: Sequence[SampleTable], notes: list[str], decimal: str
) -> Matrix:
    """Read the column ``VALUE`` of each table, by ``ID_REF``; NaN where a sample lacks a probe.

    Raises
    ------
    DeepCMEError
        If a table lacks these columns, a probe repeats or a value is no number, naming the
        sample; or the samples have hardly a probe in common.
    """
    probes: dict[str, int] = {}
    columns = []
    lines = text_lines(path)
    at = 0
    for table in tables:
        of_table = islice(
            lines, table.lines_before - at, table.lines_before - at + table.n_rows + 1
        )
        columns.append(_one_sample(of_table, table.accession, probes, path, decimal))
        at = table.lines_before + table.n_rows + 1
    n_cells = len(columns) * len(probes)
    n_read = sum(table.n_rows for table in tables)
    if n_cells > _FEW_CELLS and n_read < _LEAST_FILLED * n_cells:
        raise DeepCMEError(
            f"{path}: {counted(len(tables), 'sample')} have {n_read:,} values of "
            f"{len(probes):,} probes: they are not of one platform."
        )
    values = np.full((len(columns), len(probes)), np.nan, dtype=np.float32)
    for row, column in enumerate(columns):
        values[row, : len(column)] = column
    samples = [table.accession for table in tables]
    return Matrix(values, samples, clean_ids(list(probes), "probe", path, notes))


def _one_sample(
    lines: Iterator[str], sample: str, probes: dict[str, int], path: Path, decimal: str
) -> array[float]:
    """Values in the order of the probes; those that are new are added to these."""
    header = [cleaned(cell).upper() for cell in next(lines, "").split("\t")]
    for needed in (_ID, _VALUE):
        if header.count(needed) != 1:
            raise DeepCMEError(
                f"{path}: sample {sample}: the table has no single column {needed}; it has "
                f"{few(header, 8)}."
            )
    of_id, of_value = header.index(_ID), header.index(_VALUE)
    values = array("f", [math.nan]) * len(probes)
    is_known = bytearray(len(probes))
    for line in lines:
        if not line.strip():
            continue
        cells = line.split("\t")
        if not of_id < len(cells) > of_value or len(cells) > len(header):
            raise DeepCMEError(
                f"{path}: sample {sample}: a row has {counted(len(cells), 'cell')} and the "
                f"header {len(header):,} ({line[:40]!r}): the file is damaged; fetch it again."
            )
        probe = cells[of_id].strip()
        place = probes.setdefault(probe, len(probes))
        if place == len(values):
            values.append(math.nan)
            is_known.append(0)
        elif is_known[place]:
            raise DeepCMEError(f"{path}: sample {sample}: the probe {probe} occurs twice.")
        is_known[place] = 1
        values[place] = _number(cells[of_value].strip(), sample, probe, path, decimal)
    return values


def _number(cell: str, sample: str, probe: str, path: Path, decimal: str) -> float:
    if cell in MISSING_CELLS:
        return math.nan
    try:
        number = float(cell if decimal == "." else cell.replace(decimal, "."))
        if math.isfinite(number) and "_" not in cell and abs(number) < 1e38:
            return number
    except ValueError:
        pass
    raise DeepCMEError(
        f"{path}: sample {sample}, probe {probe}: {cell[:40]!r} is not a number"
        f"{comma_hint(cell, decimal)}."
    )
