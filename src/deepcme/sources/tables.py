"""Plain tables (CSV, TSV, Parquet) to `Cohort`: any spreadsheet a colleague may send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from deepcme.cohort import UNKNOWN, Cohort
from deepcme.errors import DeepCMEError
from deepcme.genes import date_like
from deepcme.scales import Scale, guess_scale
from deepcme.sources.assembly import numbers_if_all_are
from deepcme.sources.reading import few, read_matrix, read_table

Orientation = Literal["samples-in-rows", "genes-in-rows"]

_POSITIVE_WORDS = frozenset({"1", "1.0", "yes", "true"})
_NEGATIVE_WORDS = frozenset({"0", "0.0", "no", "false"})


@dataclass(frozen=True)
class TableColumns:
    """Which columns of a samples table hold what."""

    label: str
    sample: str | None = None
    patient: str | None = None
    tissue: str | None = None
    batch: str | None = None
    where: Sequence[tuple[str, str]] = field(default_factory=tuple)


def cohort_from_tables(
    expression: str | Path,
    samples: str | Path,
    columns: TableColumns,
    *,
    scale: Scale | None = None,
    orientation: Orientation | None = None,
) -> Cohort:
    """Join an expression table and a samples table to a checked cohort.

    Parameters
    ----------
    expression : path
        Numbers with sample ids along one side and gene ids along the other.
    samples : path
        One row per sample.
    columns : TableColumns
        The columns to use; the others stay in `obs`.
    scale : Scale, optional
        Worked out from the values, and noted, if not given.
    orientation : {"samples-in-rows", "genes-in-rows"}, optional
        Worked out from the sample ids, and noted, if not given.

    Raises
    ------
    DeepCMEError
        One sentence naming the file and the row, column, gene or sample.
    """
    expression, samples = Path(expression), Path(samples)
    notes: list[str] = []
    table = read_table(samples)
    sample_column = _sample_column(table, columns.sample, samples)
    table = _indexed_by_sample(table, sample_column, samples)
    for column in (columns.label, columns.patient, columns.tissue, columns.batch):
        _require_column(table, column, samples)
    matrix = read_matrix(expression, set(table.index))
    matrix = _samples_in_rows(matrix, table.index, orientation, expression, samples, notes)
    matrix = _matched(matrix, table.index, expression, samples)
    kept = _chosen_rows(table, columns.where, samples, notes)
    label = _binary_label(kept[columns.label], columns.label, samples)
    n_blank = int(label.isna().sum())
    if n_blank:
        notes.append(f"{n_blank} samples with a blank {columns.label} were left out.")
    kept = kept[label.notna()]
    matrix = _without_empty_genes(matrix.loc[kept.index], notes)
    _note_date_like(matrix.columns, notes)
    values = matrix.to_numpy(dtype=np.float32)
    if scale is None:
        scale, reason = guess_scale(values)
        notes.append(f"Scale taken as {scale}: {reason}.")
    used = {columns.label, columns.patient, columns.tissue, columns.batch}
    others = [column for column in kept.columns if column not in used]
    with _naming(expression):
        return Cohort.from_arrays(
            values,
            label.dropna().to_numpy(),
            samples=kept.index.tolist(),
            genes=matrix.columns.tolist(),
            patients=_patients(kept, columns.patient, notes),
            tissue=_texts(kept, columns.tissue),
            batch=_texts(kept, columns.batch),
            clinical=kept[others].apply(numbers_if_all_are),
            endpoint=_endpoint_words(columns.label, samples),
            scale=scale,
            name=expression.parent.name if expression.stem == "expression" else expression.stem,
            provenance={"source": f"{expression.name} and {samples.name}", "notes": notes},
        )


def _endpoint_words(label: str, samples: Path) -> str:
    return f"{label} = 1 against {label} = 0, as given in {samples.name}; blank = left out."


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name before a sentence about its contents."""
    try:
        yield
    except DeepCMEError as error:
        raise DeepCMEError(f"{path}: {error}") from error


def _sample_column(table: pd.DataFrame, asked: str | None, path: Path) -> str:
    if asked is not None:
        _require_column(table, asked, path)
        return asked
    return "sample_id" if "sample_id" in table.columns else str(table.columns[0])


def _require_column(table: pd.DataFrame, column: str | None, path: Path) -> None:
    if column is not None and column not in table.columns:
        raise DeepCMEError(
            f"{path}: there is no column {column!r}; it has {few(table.columns, 12)}."
        )


def _indexed_by_sample(table: pd.DataFrame, column: str, path: Path) -> pd.DataFrame:
    blank = table[column].isna()
    if blank.any():
        raise DeepCMEError(
            f"{path}: row {int(np.argmax(blank)) + 2} has no sample id in {column!r}."
        )
    ids = table[column].astype(str)
    repeated = ids[ids.duplicated()].drop_duplicates()
    if len(repeated):
        raise DeepCMEError(
            f"{path}: {len(repeated)} sample ids occur more than once in {column!r} "
            f"({few(repeated)}): each sample needs one row."
        )
    indexed = table.drop(columns=column)
    if column in indexed.columns:
        raise DeepCMEError(f"{path}: the column {column!r} occurs twice.")
    indexed.index = pd.Index(ids, dtype=object)
    return indexed


def _samples_in_rows(
    matrix: pd.DataFrame,
    sample_ids: pd.Index,
    orientation: Orientation | None,
    expression: Path,
    samples: Path,
    notes: list[str],
) -> pd.DataFrame:
    if orientation is None:
        in_rows = int(matrix.index.isin(sample_ids).sum())
        in_columns = int(matrix.columns.isin(sample_ids).sum())
        if in_rows == in_columns == 0:
            raise DeepCMEError(
                f"{expression} and {samples} share no sample id: the matrix has rows "
                f"{few(matrix.index)} and columns {few(matrix.columns)}, the table has "
                f"{few(sample_ids)}."
            )
        orientation = "samples-in-rows" if in_rows >= in_columns else "genes-in-rows"
        side = "rows" if orientation == "samples-in-rows" else "columns"
        notes.append(f"Samples were found along the {side} of {expression.name}.")
    return matrix if orientation == "samples-in-rows" else matrix.T


def _matched(
    matrix: pd.DataFrame, sample_ids: pd.Index, expression: Path, samples: Path
) -> pd.DataFrame:
    for ids, other, has, lacks in (
        (matrix.index, sample_ids, expression, samples),
        (sample_ids, matrix.index, samples, expression),
    ):
        only = ids[~ids.isin(other)]
        if len(only):
            raise DeepCMEError(
                f"{len(only)} samples of {has} are not in {lacks} ({few(only)}): "
                "leave them out of the one or add them to the other."
            )
    return matrix


def _chosen_rows(
    table: pd.DataFrame, where: Sequence[tuple[str, str]], path: Path, notes: list[str]
) -> pd.DataFrame:
    for column, value in where:
        _require_column(table, column, path)
        matches = table[column].astype(str).str.strip() == value
        if not matches.any():
            raise DeepCMEError(
                f"{path}: no sample has {column} = {value}; the column holds "
                f"{few(table[column].dropna().unique(), 8)}."
            )
        notes.append(
            f"Only samples with {column} = {value} were kept: {int((~matches).sum())} left out."
        )
        table = table[matches]
    return table


def _binary_label(values: pd.Series, column: str, path: Path) -> pd.Series:
    words = (
        values.astype(object).where(values.notna(), "").map(lambda v: str(v).strip().lower())
    )
    label = pd.Series(np.nan, index=values.index)
    label[words.isin(_POSITIVE_WORDS)] = 1.0
    label[words.isin(_NEGATIVE_WORDS)] = 0.0
    odd = values[label.isna() & (words != "")]
    if len(odd):
        raise DeepCMEError(
            f"{path}: the label {column!r} is not binary: it holds "
            f"{few(values.dropna().unique(), 6)}. Write 1 and 0 (or yes and no), "
            "and leave unknown ones blank."
        )
    if label.isna().all():
        raise DeepCMEError(f"{path}: every sample has a blank {column!r}.")
    return label


def _without_empty_genes(matrix: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    missing = matrix.isna()
    n_missing = int(missing.to_numpy().sum())
    if n_missing == 0:
        return matrix
    empty = missing.all(axis=0)
    notes.append(
        f"{n_missing:,} values are missing; {int(empty.sum())} genes without a single value "
        "were dropped, and the rest take the median of the training part."
    )
    return matrix.loc[:, ~empty.to_numpy()]


def _note_date_like(genes: pd.Index, notes: list[str]) -> None:
    dates = date_like(genes)
    if dates:
        notes.append(
            f"Warning: {len(dates)} gene names look like dates, as a spreadsheet makes of "
            f"SEPT1 or MARCH3: {', '.join(dates)}. They were kept as they are."
        )


def _patients(table: pd.DataFrame, column: str | None, notes: list[str]) -> list[str]:
    samples = [str(sample) for sample in table.index]
    if column is None:
        notes.append("No patient column was given: every sample counts as its own patient.")
        return samples
    patient = table[column]
    blank = patient.isna() | (patient.astype(str).str.strip() == "")
    if blank.any():
        notes.append(
            f"{int(blank.sum())} samples with a blank {column} count as their own patient."
        )
    return [
        sample if is_blank else str(value)
        for sample, is_blank, value in zip(samples, blank, patient, strict=True)
    ]


def _texts(table: pd.DataFrame, column: str | None) -> list[str] | None:
    if column is None:
        return None
    known = table[column].notna()
    return [str(value) for value in table[column].astype(object).where(known, UNKNOWN)]
