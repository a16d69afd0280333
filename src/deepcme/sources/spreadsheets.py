"""Plain tables to `Cohort`: any spreadsheet a colleague may send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError, naming_file
from deepcme.base.hdf5.annotated import as_text
from deepcme.base.words import cleaned, counted, few, told_apart
from deepcme.cohort.cohort import UNKNOWN, Cohort
from deepcme.cohort.endpoints.endpoints import binary_column
from deepcme.cohort.endpoints.labelling import Labelling
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.cohort.flow import FlowStep, refuse_lost_outcome
from deepcme.cohort.scales.scales import Scale
from deepcme.sources.assembly.assembly import assemble, require_both_outcomes
from deepcme.sources.assembly.expression import (
    ONE_GENE_EACH,
    GeneNaming,
    on_known_scale,
    with_genes_named,
)
from deepcme.sources.assembly.identity import annotate, with_tissues_stated
from deepcme.sources.assembly.matching import rows_by_common_part, rows_of_samples
from deepcme.sources.assembly.patients import with_patients_named
from deepcme.sources.geo.series_files import is_series_file, samples_of_series
from deepcme.sources.reading.headers import asked_column
from deepcme.sources.reading.ids import clean_ids, require_unique
from deepcme.sources.reading.label_rows import without_label_rows
from deepcme.sources.reading.matrices import Matrix, read_matrix
from deepcme.sources.reading.reading import read_table
from deepcme.sources.reading.sample_columns import first_ids, sample_column
from deepcme.sources.recount import reads_of_gene_sums

Orientation = Literal["samples-in-rows", "genes-in-rows"]


@dataclass(frozen=True)
class TableColumns:
    """Which columns of a samples table hold what; a label or else times are the outcome."""

    label: str | None = None
    sample: str | None = None
    patient: str | None = None
    tissue: str | None = None
    batch: str | None = None
    where: Sequence[tuple[str, str]] = field(default_factory=tuple)
    times: TimeToEvent | None = None

    @property
    def of_outcome(self) -> list[str]:
        """The columns that tell the outcome."""
        if (self.label is None) == (self.times is None):
            raise DeepCMEError(
                "Give either --label COLUMN or --time COLUMN and --event COLUMN."
            )
        return [cleaned(str(self.label))] if self.times is None else self.times.columns


def cohort_from_tables(
    expression: str | Path,
    samples: str | Path,
    columns: TableColumns,
    *,
    scale: Scale | None = None,
    orientation: Orientation | None = None,
    decimal: str = ".",
    layer: str | None = None,
    naming: GeneNaming = ONE_GENE_EACH,
) -> Cohort:
    """Join an expression table and a samples table to a checked cohort.

    Parameters
    ----------
    expression : path
        Numbers with sample ids along one side and gene ids along the other.
    samples : path
        One row per sample, or a file that describes the series of GEO.
    columns : TableColumns
        The columns to use; the others stay in `obs`.
    scale : Scale, optional
        Worked out from the values, and noted, if not given.
    orientation : {"samples-in-rows", "genes-in-rows"}, optional
        Worked out from the sample ids, and noted, if not given.
    decimal : str
        The decimal point of numbers in text files.
    layer : str, optional
        Of an `.h5ad` file of expression: a layer, or ``raw``, in place of `X`.
    naming : GeneNaming
        What becomes of names of several genes, and of names that became dates.

    Raises
    ------
    DeepCMEError
        One sentence naming the file and the row, column, gene or sample.
    """
    expression, samples = Path(expression), Path(samples)
    notes: list[str] = []
    table, columns = _samples_table(samples, columns, decimal, notes)
    side = _Side(table.index.tolist(), orientation, expression, samples)
    matrix = read_matrix(
        expression,
        side.samples_in_rows,
        notes,
        listed=set(table.index),
        decimal=decimal,
        layer=layer,
    )
    notes += side.notes
    matrix = with_genes_named(matrix, naming, expression, notes)
    matrix = _in_order_of(table, matrix, expression, samples)
    table, _ = rows_of_samples(matrix.samples, table, samples.name)
    matrix = reads_of_gene_sums(matrix, table, expression, notes)
    matrix = without_label_rows(matrix, table, _used(columns), expression, notes)
    with naming_file(samples):
        labels = _outcome_of(table, columns)
        require_both_outcomes(labels)
    annotation = _annotation(table, columns, samples, notes)
    chosen, flow = _chosen(table, columns.where, samples, labels, annotation["patient"])
    matrix = matrix.of_samples(np.flatnonzero(chosen))
    on_scale = on_known_scale(matrix, scale, notes, expression)
    del matrix  # of which on_scale may hold a changed copy
    with naming_file(expression):
        return assemble(
            on_scale,
            annotation[chosen],
            lambda asked: _outcome_of(table.loc[asked.index], columns, f" in {samples.name}"),
            name=expression.parent.name if expression.stem == "expression" else expression.stem,
            provenance={"source": f"{expression.name} and {samples.name}"},
            flow=flow,
        )


def _used(columns: TableColumns) -> set[str]:
    """Columns whose values would tell the label, or whose samples they are."""
    named = (*columns.of_outcome, columns.patient, columns.tissue, columns.batch)
    return {column for column in named if column} | {column for column, _ in columns.where}


def _outcome_of(table: pd.DataFrame, columns: TableColumns, where: str = "") -> Labelling:
    """The labels as they stand, or the times."""
    if columns.times is not None:
        return columns.times.label(table)
    [label] = columns.of_outcome
    rule = f"{label} = 1 against {label} = 0, as given{where}; blank = left out."
    return replace(binary_column(table, label), rule=rule)


def _samples_table(
    path: Path, columns: TableColumns, decimal: str, notes: list[str]
) -> tuple[pd.DataFrame, TableColumns]:
    """The table of samples, indexed by their clean ids, and the columns as it spells them."""
    outcome = columns.of_outcome
    if is_series_file(path):
        table = samples_of_series(path, notes)
        names = list(map(str, table.columns))
        outcome = [asked_column(names, column, str(path)) for column in outcome]
    else:
        table = read_table(path, notes, needed=outcome, decimal=decimal)
    names = [str(name) for name in table.columns]
    sample, patient, tissue, batch = (
        None if column is None else asked_column(names, column, str(path))
        for column in (columns.sample, columns.patient, columns.tissue, columns.batch)
    )
    where = tuple(
        (asked_column(names, column, str(path)), cleaned(value))
        for column, value in columns.where
    )
    sample = sample or _sample_column(table, outcome, path, notes)
    ids = clean_ids(as_text(table[sample], "sample", ""), "sample", path, notes)
    if "" in ids:
        place = ids.index("")
        row = f"the row after {ids[place - 1]}" if place else "the first row"
        raise DeepCMEError(f"{path}: {row} has no sample id in {sample!r}.")
    require_unique(ids, "sample", path)
    label = None if columns.times is not None else outcome[0]
    found = TableColumns(label, sample, patient, tissue, batch, where, columns.times)
    others = table if sample in _used(found) else table.drop(columns=sample)
    return others.set_axis(pd.Index(ids, dtype=object), axis=0), found


def _sample_column(
    table: pd.DataFrame, outcome: list[str], path: Path, notes: list[str]
) -> str:
    """The column called like one of samples, or else the first that does not count rows."""
    others = table.drop(columns=outcome) if table.shape[1] > len(outcome) else table
    named = sample_column(others)
    if named is not None:
        return named
    found = first_ids(others)
    if found != others.columns[0]:
        notes.append(
            f"{path.name}: the column {str(others.columns[0])!r} numbers the rows; the sample "
            f"ids were taken from {found!r}."
        )
    return found


@dataclass
class _Side:
    """Along which side of a matrix the samples of a table lie."""

    listed: list[str]
    asked: Orientation | None
    expression: Path
    samples: Path
    notes: list[str] = field(default_factory=list)

    def samples_in_rows(self, rows: Sequence[str], columns: Sequence[str]) -> bool:
        """Whether more of the samples are among the rows than among the columns.

        Raises
        ------
        DeepCMEError
            If neither side has one, or the other side than was asked for has more.
        """
        listed = set(self.listed)
        in_rows, in_columns = (sum(name in listed for name in ids) for ids in (rows, columns))
        if in_rows == in_columns == 0:
            in_rows, in_columns = self._found(rows), self._found(columns)
        if in_rows == in_columns == 0:
            raise DeepCMEError(
                f"{self.expression} and {self.samples} share no sample id: the matrix has rows "
                f"{few(rows)} and columns {few(columns)}, the table has {few(self.listed)}."
            )
        if self.asked is None:
            side = "rows" if in_rows >= in_columns else "columns"
            self.notes = [f"Samples were found along the {side} of {self.expression.name}."]
        elif (self.asked == "samples-in-rows") != (in_rows >= in_columns):
            raise DeepCMEError(
                f"{self.expression}: the samples of {self.samples} lie along the other side "
                f"than {self.asked}; leave --orientation out, or give the other one."
            )
        return in_rows >= in_columns

    def _found(self, ids: Sequence[str]) -> int:
        return sum(map(bool, rows_by_common_part(ids, self.listed)))


def _in_order_of(
    table: pd.DataFrame, matrix: Matrix, expression: Path, samples: Path
) -> Matrix:
    """The matrix in the order of the table; no sample of either may be over."""
    rows = rows_by_common_part(matrix.samples, table.index.tolist())
    lacking = [
        sample for sample, places in zip(matrix.samples, rows, strict=True) if not places
    ]
    _require_none(lacking, expression, samples)
    used = {place for places in rows for place in places}
    _require_none(
        [s for place, s in enumerate(table.index) if place not in used], samples, expression
    )
    return matrix.of_samples(np.argsort([places[0] for places in rows], kind="stable"))


def _require_none(lacking: Sequence[str], has: Path, lacks: Path) -> None:
    if lacking:
        are = "is" if len(lacking) == 1 else "are"
        raise DeepCMEError(
            f"{counted(len(lacking), 'sample')} of {has} {are} not in {lacks} "
            f"({few(lacking)}): leave them out of the one or add them to the other."
        )


def _chosen(
    table: pd.DataFrame,
    where: Sequence[tuple[str, str]],
    path: Path,
    labels: Labelling,
    patients: pd.Series,
) -> tuple[NDArray[np.bool_], list[FlowStep]]:
    """Which samples fulfil all conditions, and how many were left after each."""
    chosen = np.ones(len(table), dtype=bool)
    flow = [FlowStep.count("read", patients)]
    for column, value in where:
        matches = (table[column].astype(str).map(cleaned) == value).to_numpy()
        if not matches[chosen].any():
            raise DeepCMEError(
                f"{path}: no sample has {column} = {value}; the column holds "
                f"{few(table[column][chosen].dropna().unique(), 8)}."
            )
        step = f"only samples with {column} = {value}"
        known = labels.known
        outcome = labels.outcome.take(chosen[known])
        refuse_lost_outcome(f"{path}: {step}", outcome, matches[chosen & known])
        left_out = {f"with another {column}": int((~matches[chosen]).sum())}
        chosen &= matches
        flow.append(FlowStep.count(step, patients[chosen], left_out=left_out))
    return chosen, flow


def _annotation(
    table: pd.DataFrame, columns: TableColumns, path: Path, notes: list[str]
) -> pd.DataFrame:
    """Patient, tissue and batch, and the columns that are none of these and not the label.

    What the samples' ids tell is taken where the table does not state it.
    """
    used = {columns.label, columns.patient, columns.tissue, columns.batch}
    others = table[[column for column in table.columns if column not in used]]
    own = annotate([str(sample) for sample in table.index])
    if columns.patient is not None:
        own = with_patients_named(own, table[columns.patient], path.name, notes)
    elif not own["patient"].duplicated().any():
        notes.append("No patient column was given: every sample counts as its own patient.")
    if columns.tissue is not None:
        stated = table[columns.tissue]
        own = with_tissues_stated(own, stated, path.name, notes, asked=True)
    if columns.batch is not None:
        own["batch"] = as_text(table[columns.batch], "sample", UNKNOWN)
    names = told_apart(f"{name}_in_file" if name in own else str(name) for name in others)
    return pd.concat([own, others.set_axis(names, axis=1)], axis=1)
