"""Plain tables to `Cohort`: any spreadsheet a colleague may send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from deepcme.cohort import UNKNOWN, Cohort
from deepcme.endpoints import binary_column
from deepcme.errors import DeepCMEError
from deepcme.scales import Scale, guess_scale
from deepcme.sources.assembly import Expression, assemble
from deepcme.sources.reading import read_matrix, read_table
from deepcme.tissues import canonical_tissue
from deepcme.words import few

Orientation = Literal["samples-in-rows", "genes-in-rows"]


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
    with _naming(samples):
        labelling = binary_column(kept, columns.label)
    labelling = replace(labelling, rule=_endpoint_words(columns.label, samples))
    values = matrix.loc[kept.index].to_numpy(dtype=np.float32)
    if scale is None:
        scale, reason = guess_scale(values)
        notes.append(f"Scale taken as {scale}: {reason}.")
    annotation = _annotation(kept, columns, notes)
    with _naming(expression):
        return assemble(
            Expression(
                values=values,
                samples=kept.index.tolist(),
                genes=matrix.columns.tolist(),
                scale=scale,
                notes=notes,
            ),
            annotation,
            lambda _: labelling,
            name=expression.parent.name if expression.stem == "expression" else expression.stem,
            provenance={"source": f"{expression.name} and {samples.name}"},
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
    in_rows = int(matrix.index.isin(sample_ids).sum())
    in_columns = int(matrix.columns.isin(sample_ids).sum())
    if orientation is None:
        if in_rows == in_columns == 0:
            raise DeepCMEError(
                f"{expression} and {samples} share no sample id: the matrix has rows "
                f"{few(matrix.index)} and columns {few(matrix.columns)}, the table has "
                f"{few(sample_ids)}."
            )
        orientation = "samples-in-rows" if in_rows >= in_columns else "genes-in-rows"
        side = "rows" if orientation == "samples-in-rows" else "columns"
        notes.append(f"Samples were found along the {side} of {expression.name}.")
    elif (orientation == "samples-in-rows") != (in_rows >= in_columns):
        raise DeepCMEError(
            f"{expression}: the samples of {samples} lie along the other side than "
            f"{orientation}; leave --orientation out, or give the other one."
        )
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


def _annotation(table: pd.DataFrame, columns: TableColumns, notes: list[str]) -> pd.DataFrame:
    """Patient, tissue and batch, and the columns that are none of these and not the label."""
    used = {columns.label, columns.patient, columns.tissue, columns.batch}
    others = table[[column for column in table.columns if column not in used]]
    own = pd.DataFrame(
        {
            "patient": _patients(table, columns.patient, notes),
            "tissue": [canonical_tissue(value) for value in _texts(table, columns.tissue)],
            "batch": _texts(table, columns.batch),
        },
        index=table.index,
    )
    taken = {name: f"{name}_in_file" for name in own.columns}
    return pd.concat([own, others.rename(columns=taken)], axis=1)


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


def _texts(table: pd.DataFrame, column: str | None) -> list[str]:
    if column is None:
        return [UNKNOWN] * len(table)
    known = table[column].notna()
    return [str(value) for value in table[column].astype(object).where(known, UNKNOWN)]
