"""GCT files: lines that count, annotations of the rows and the samples, and the values.

Sources: GenePattern, "GCT file format" (1.2); the Connectivity Map's ``cmapPy`` (1.3, whose
second line counts rows, samples, annotations of the rows and annotations of the samples).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, counted, few, told_apart
from deepcme.sources.reading.layout import TextTable, find_table, unquoted
from deepcme.sources.reading.text import text_lines

_MARK = "#1."
_PLAIN = "#1.2"
_ANNOTATED = "#1.3"
_LINES_BEFORE = 2
_MOST_ANNOTATIONS = 10_000


@dataclass(frozen=True)
class _Counts:
    """What the second line of a file counts."""

    rows: int
    samples: int
    of_rows: int = 1
    of_samples: int = 0


def is_gct(first_line: str) -> bool:
    """Whether a file that begins so is a GCT file, of whichever version."""
    return first_line.strip().startswith(_MARK)


def is_annotated_gct(first_line: str) -> bool:
    """Whether a file that begins so holds annotations of the samples."""
    return first_line.strip() == _ANNOTATED


def find_gct_table(path: Path, notes: list[str]) -> TextTable:
    """The table of values; the annotations of the samples above it are left out and said.

    Raises
    ------
    DeepCMEError
        As `find_table`, and for a file of another version or with fewer samples,
        annotations or rows than it says.
    """
    table, counts = _find(path, notes)
    if counts is None:
        return table
    if counts.of_samples:
        names = [cells[0] for cells in _sample_annotations(table, counts)]
        notes.append(
            f"{path.name}: {counted(len(names), 'annotation')} of the samples left out "
            f"({few(names, 6)}): --samples takes this file too, to use them."
        )
    about = tuple(range(1, 1 + counts.of_rows))
    return replace(
        table, skip=table.skip + counts.of_samples, least_rows=counts.rows, about_rows=about
    )


def read_gct_samples(path: Path, notes: list[str]) -> pd.DataFrame:
    """The annotations of the samples, one row per sample, its id in the first column.

    Raises
    ------
    DeepCMEError
        As `find_gct_table`, and if there are none.
    """
    table, counts = _find(path, notes)
    if counts is None or not counts.of_samples:
        raise DeepCMEError(f"{path}: the file says nothing of its samples; give their table.")
    samples = table.header[1 + counts.of_rows :]
    annotations = _sample_annotations(table, counts)
    names = told_apart(["sample_id", *(cells[0] for cells in annotations)])
    columns = [samples, *(cells[1 + counts.of_rows :] for cells in annotations)]
    return pd.DataFrame(dict(zip(names, columns, strict=True)), dtype=object)


def _find(path: Path, notes: list[str]) -> tuple[TextTable, _Counts | None]:
    lines = list(islice(text_lines(path), _LINES_BEFORE))
    version = lines[0].strip()
    if version not in (_PLAIN, _ANNOTATED):
        raise DeepCMEError(
            f"{path}: a GCT file starts with the line {_PLAIN} or {_ANNOTATED}, not "
            f"{version[:20]!r}; save other versions so or as a table."
        )
    table = find_table(path, notes, separators="\t", skip=_LINES_BEFORE)
    told = lines[1].split() if len(lines) > 1 else []
    n_told = 2 if version == _PLAIN else 4
    if len(told) < n_told or not all(number.isdecimal() for number in told[:n_told]):
        if version == _ANNOTATED:
            raise DeepCMEError(
                f"{path}: the second line of a GCT file of this version counts rows, samples, "
                "annotations of the rows and of the samples, in four numbers."
            )
        return table, None
    counts = _Counts(*(int(number[:18]) for number in told[:n_told]))
    _require_columns(table, counts)
    return table, counts


def _require_columns(table: TextTable, counts: _Counts) -> None:
    n_samples = len(table.header) - 1 - counts.of_rows
    if n_samples < counts.samples:
        raise DeepCMEError(
            f"{table.path}: the file is cut short: it says that it has {counts.samples:,} "
            f"samples and has {max(n_samples, 0):,}; fetch it again, or correct the number in "
            "its second line."
        )


def _sample_annotations(table: TextTable, counts: _Counts) -> Sequence[list[str]]:
    """The rows below the header that tell of the samples, each with a cell per column."""
    most = min(counts.of_samples, _MOST_ANNOTATIONS)
    lines = islice(text_lines(table.path), table.skip, table.skip + most)
    rows = [[cleaned(unquoted(cell)) for cell in line.split("\t")] for line in lines]
    odd = next((row for row in rows if len(row) != len(table.header)), None)
    if len(rows) < counts.of_samples or odd is not None:
        has = f"one, {odd[0]!r}, has {len(odd):,} cells" if odd else f"has {len(rows):,}"
        raise DeepCMEError(
            f"{table.path}: the file says that it has {counts.of_samples:,} annotations of the "
            f"samples and {has}: it is cut short, or its second line is wrong."
        )
    return rows
