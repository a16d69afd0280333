"""The last step of every source: expression, annotation and labels to a checked `Cohort`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort import Cohort
from deepcme.endpoints import Labelling
from deepcme.errors import DeepCMEError
from deepcme.gene_dates import date_like
from deepcme.records import agreed
from deepcme.scales import Scale
from deepcme.sources.identity import keep_once, notes_on_ids
from deepcme.sources.patients import propose_patient_column

LabelRule = Callable[[pd.DataFrame], Labelling]
"""Takes clinical columns (one row per sample, indexed by sample) and labels the samples."""

_OWN_COLUMNS = ("patient", "tissue", "batch")
_BARCODE_COLUMNS = ("tissue_source_site", "plate")


@dataclass(frozen=True)
class Expression:
    """A matrix of samples x genes, read from one source.

    `symbols` is an annotation of the genes, empty where unknown.
    """

    values: NDArray[np.float32]
    samples: list[str]
    genes: list[str]
    scale: Scale
    symbols: list[str] | None = None
    notes: list[str] = field(default_factory=list)


def assemble(
    expression: Expression,
    annotation: pd.DataFrame,
    label_rule: LabelRule,
    *,
    name: str,
    provenance: Mapping[str, object],
) -> Cohort:
    """Label the samples, leave out the unlabelled ones, and check the cohort.

    Parameters
    ----------
    expression : Expression
    annotation : DataFrame
        One row per sample, in the order of `expression`: patient, tissue, batch,
        and any clinical columns.
    label_rule : LabelRule
    name : str
    provenance : mapping
        Where the data came from; notes and the counts of the labels are added.

    Raises
    ------
    DeepCMEError
        If the rule cannot be applied, leaves fewer than two classes, or two samples
        are one by their ids.
    """
    labelling = label_rule(
        annotation.drop(columns=[*_OWN_COLUMNS, *_BARCODE_COLUMNS], errors="ignore")
    )
    on_samples = notes_on_ids(annotation)
    once = keep_once(annotation, on_samples)
    proposed = propose_patient_column(annotation)
    known = labelling.values.notna().to_numpy() & once
    if not known.any():
        reasons = ", ".join(f"{n:,} {why}" for why, n in labelling.left_out.items() if n)
        raise DeepCMEError(f"No sample can be labelled by {labelling.name}: {reasons}.")
    if not known.all():
        expression = replace(expression, values=expression.values[known])
    expression = _without_empty_genes(expression)
    kept = annotation[known]
    clinical = _with_storable_names(kept.drop(columns=list(_OWN_COLUMNS)))
    return Cohort.from_arrays(
        expression.values,
        labelling.values[known].to_numpy(),
        samples=kept.index.tolist(),
        genes=expression.genes,
        symbols=expression.symbols,
        patients=kept["patient"].tolist(),
        tissue=kept["tissue"].tolist(),
        batch=kept["batch"].tolist(),
        clinical=clinical.apply(agreed).apply(numbers_if_all_are),
        endpoint=labelling.rule,
        scale=expression.scale,
        name=name,
        provenance={
            **provenance,
            "endpoint": {
                "name": labelling.name,
                "left_out": dict(labelling.left_out),
                "columns": [_storable_name(column) for column in labelling.columns],
            },
            "notes": [
                *expression.notes,
                *on_samples,
                *([proposed] if proposed else []),
                *_date_like_note(expression.genes),
                *labelling.notes(),
            ],
        },
    )


def _without_empty_genes(expression: Expression) -> Expression:
    if not np.isnan(expression.values).any():
        return expression
    missing = np.isnan(expression.values)
    known = np.flatnonzero(~missing.all(axis=0))
    note = (
        f"{int(missing.sum()):,} values are missing; {missing.shape[1] - len(known):,} genes "
        "without a single value were dropped, and the rest take the median of the training "
        "part."
    )
    symbols = expression.symbols
    return replace(
        expression,
        values=expression.values[:, known],
        genes=[expression.genes[gene] for gene in known],
        symbols=None if symbols is None else [symbols[gene] for gene in known],
        notes=[*expression.notes, note],
    )


def _with_storable_names(table: pd.DataFrame) -> pd.DataFrame:
    names = [_storable_name(name) for name in table.columns]
    return table.set_axis(pd.Index(names, dtype=object), axis=1)


def _storable_name(name: object) -> str:
    """In an .h5ad file a slash in a name would mean a group, and ``_index`` is taken."""
    storable = str(name).replace("/", "|") or "unnamed"
    return "index" if storable == "_index" else storable


def numbers_if_all_are(column: pd.Series) -> pd.Series:
    """The column as numbers, if all its known values are; else as it is."""
    numbers = pd.to_numeric(column, errors="coerce")
    return column if (numbers.isna() & column.notna()).any() else numbers


def _date_like_note(genes: list[str]) -> list[str]:
    dates = date_like(genes)
    if not dates:
        return []
    return [
        f"Warning: {len(dates)} gene names look like dates, as a spreadsheet makes of SEPT1 "
        f"or MARCH3: {', '.join(dates[:5])}. They were kept as they are."
    ]
