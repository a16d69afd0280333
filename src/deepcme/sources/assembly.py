"""The last step of every source: expression, annotation and labels to a checked `Cohort`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.barcodes import barcode_annotation
from deepcme.cohort import UNKNOWN, Cohort
from deepcme.endpoints import Labelling
from deepcme.errors import DeepCMEError
from deepcme.flow import FlowStep, describe_reasons
from deepcme.genes import date_like
from deepcme.scales import Scale

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


def annotate(samples: list[str]) -> pd.DataFrame:
    """Patient, tissue and batch of samples, as far as their ids tell.

    TCGA barcodes tell all; the batch is the plate. Any other sample is its own
    patient, of unknown tissue.
    """
    annotation = barcode_annotation(samples)
    if annotation is None:
        return pd.DataFrame(
            {"patient": samples, "tissue": UNKNOWN, "batch": UNKNOWN},
            index=pd.Index(samples, dtype=object),
        )
    annotation["batch"] = annotation["plate"].fillna(UNKNOWN)
    return annotation


def assemble(
    expression: Expression,
    annotation: pd.DataFrame,
    label_rule: LabelRule,
    *,
    name: str,
    provenance: Mapping[str, object],
    flow: Sequence[FlowStep] | None = None,
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
    flow : sequence of FlowStep, optional
        What led to the rows of `annotation`; by default they are what was read, and
        those with a clinical value were joined.

    Raises
    ------
    DeepCMEError
        If the rule cannot be applied, leaves fewer than two classes, or no gene has a value.
    """
    clinical = annotation.drop(columns=[*_OWN_COLUMNS, *_BARCODE_COLUMNS], errors="ignore")
    labelling = label_rule(clinical)
    known = labelling.values.notna().to_numpy()
    _require_both_outcomes(labelling)
    if flow is None:
        flow = _read_and_joined(annotation["patient"], clinical)
    if not known.all():
        expression = replace(expression, values=expression.values[known])
    expression = _without_empty_genes(expression)
    kept = annotation[known]
    labelled = FlowStep.count(
        "labelled", kept["patient"], labelling.values[known], labelling.left_out
    )
    stored = _with_storable_names(kept.drop(columns=list(_OWN_COLUMNS)))
    return Cohort.from_arrays(
        expression.values,
        labelling.values[known].to_numpy(),
        samples=kept.index.tolist(),
        genes=expression.genes,
        symbols=expression.symbols,
        patients=kept["patient"].tolist(),
        tissue=kept["tissue"].tolist(),
        batch=kept["batch"].tolist(),
        clinical=stored.apply(numbers_if_all_are),
        endpoint=labelling.rule,
        scale=expression.scale,
        name=name,
        provenance={
            **provenance,
            **_labels_provenance(labelling),
            "notes": [
                *expression.notes,
                *_date_like_note(expression.genes),
                *labelling.notes(),
            ],
            "flow": [step.as_json() for step in (*flow, labelled)],
        },
    )


def _labels_provenance(labelling: Labelling) -> dict[str, object]:
    columns = [_storable_name(column) for column in labelling.columns]
    left_out = dict(labelling.left_out)
    return {"endpoint": {"name": labelling.name, "left_out": left_out, "columns": columns}}


def _require_both_outcomes(labelling: Labelling) -> None:
    labels = labelling.values.dropna()
    reasons = {why: n for why, n in labelling.left_out.items() if n}
    left_out = describe_reasons(reasons)
    if labels.empty:
        raise DeepCMEError(f"No sample can be labelled by {labelling.name}: {left_out}.")
    if labels.nunique() == 1:
        word = "negative" if labels.iloc[0] else "positive"
        raise DeepCMEError(
            f"All {len(labels):,} samples that {labelling.name} labels are of one class: there "
            f"is no {word} sample to learn from (left out: {left_out or 'none'})."
        )


def _read_and_joined(patients: pd.Series, clinical: pd.DataFrame) -> list[FlowStep]:
    read = FlowStep.count("read", patients)
    if clinical.empty:
        return [read]
    joined = clinical.notna().any(axis=1)
    return [read, FlowStep.count("of these with a clinical record", patients[joined])]


def _without_empty_genes(expression: Expression) -> Expression:
    if not np.isnan(expression.values).any():
        return expression
    missing = np.isnan(expression.values)
    known = np.flatnonzero(~missing.all(axis=0))
    if not len(known):
        raise DeepCMEError(
            f"No gene has a value in any of the {len(missing):,} labelled samples: is it the "
            "right file, and are its numbers read as numbers?"
        )
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
