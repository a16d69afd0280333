"""The last step of every source: expression, annotation and labels to a checked `Cohort`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.names import printable, stored_name, with_texts
from deepcme.base.notes import WARNING
from deepcme.base.words import cleaned, counted, few, told_apart
from deepcme.cohort.characteristics import MOST_DESCRIBED, describe_groups
from deepcme.cohort.cohort import UNKNOWN, Cohort
from deepcme.cohort.endpoints.labelling import Labelling
from deepcme.cohort.endpoints.records import agreed
from deepcme.cohort.flow import LABELLED, FlowStep, after_selection, describe_reasons
from deepcme.cohort.making.checks import own_columns
from deepcme.cohort.outcome import BinaryOutcome, Endpoint, Outcome
from deepcme.sources.assembly.expression import Expression
from deepcme.sources.assembly.identity import keep_once, notes_on_ids, with_stated_tissue
from deepcme.sources.assembly.patients import propose_patient_column, with_stated_patient
from deepcme.sources.assembly.tissue_columns import propose_tissue_column
from deepcme.sources.reading.ids import clean_cells
from deepcme.sources.reading.matrices import Matrix

LabelRule = Callable[[pd.DataFrame], Labelling]
"""Takes clinical columns (one row per sample, indexed by sample) and labels the samples."""

_OWN_COLUMNS = ("patient", "tissue", "batch")
_BARCODE_COLUMNS = ("tissue_source_site", "plate")
_MOST_GENES = 0.5
_NO_VALUE = "without a value of any gene"
_NO_VALUE_THAT_DIFFERS = f"{_NO_VALUE} that differs between the samples"


def assemble(
    expression: Expression,
    annotation: pd.DataFrame,
    label_rule: LabelRule,
    *,
    name: str,
    provenance: Mapping[str, object],
    patient: str | None = None,
    tissue: str | None = None,
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
        Where the data came from; notes, the flow of patients and the counts of the
        labels are added.
    patient, tissue : str, optional
        Columns of `annotation` that name the patients and state the tissue, before all
        else.
    flow : sequence of FlowStep, optional
        What led to the rows of `annotation`; by default they are what was read, and
        those with a clinical value were joined.

    Raises
    ------
    DeepCMEError
        If the rule cannot be applied, leaves fewer than two classes, no gene has a
        value, or two samples are one by their ids.
    """
    notes = [*expression.notes]
    annotation = clean_cells(annotation, "The samples' columns", notes)
    annotation = _with_patients(annotation, patient, notes)
    if tissue is not None:
        annotation = with_stated_tissue(annotation, tissue, notes)
    once = keep_once(annotation, notes)
    read = FlowStep.count("read", annotation["patient"])
    annotation = annotation[once]
    clinical = annotation.drop(columns=[*_OWN_COLUMNS, *_BARCODE_COLUMNS], errors="ignore")
    labelling = label_rule(clinical)
    require_both_outcomes(labelling)
    if tissue is None and (annotation["tissue"] == UNKNOWN).all():
        notes += propose_tissue_column(clinical, labelling.columns)
    joined = [] if flow is not None else _joined(annotation["patient"], clinical)
    steps = [*(flow or [read]), *_once(annotation["patient"], once), *joined]
    known, outcome = labelling.known, labelling.outcome
    kept, left_out = annotation[known], labelling.left_out
    steps.append(FlowStep.count(LABELLED, kept["patient"], outcome.events, left_out))
    # Only places change until all is known, so that the matrix is copied once at most.
    samples = np.flatnonzero(once)[known]
    empty_of = _reasons_without_values(expression.matrix, samples)
    empty = empty_of != ""
    if empty.any() and not empty.all():
        steps = _with_values(kept, outcome, steps, empty_of, notes)
        samples, kept, outcome = samples[~empty], kept[~empty], outcome.take(~empty)
    genes = _genes_with_values(expression.matrix, samples, notes)
    matrix = expression.matrix.part(samples, genes)
    notes += _notes_on_gaps(matrix)
    stored = kept.drop(columns=list(_OWN_COLUMNS))
    called = _stored_names(stored.columns, own_columns(type(outcome)), notes)
    return Cohort.from_arrays(
        matrix.values,
        outcome,
        samples=kept.index.tolist(),
        genes=matrix.genes,
        symbols=matrix.symbols,
        patients=kept["patient"].tolist(),
        tissue=kept["tissue"].tolist(),
        batch=kept["batch"].tolist(),
        clinical=stored.rename(columns=called).apply(agreed).apply(numbers_if_all_are),
        gene_annotation=_further_ids(matrix),
        endpoint=_stored_endpoint(outcome.endpoint, called),
        scale=expression.scale,
        name=cleaned(name) or "cohort",
        provenance=with_texts(
            {
                **provenance,
                "notes": [*notes, *labelling.notes()],
                "flow": [step.as_json() for step in steps],
                "left_out": _describe_left_out(annotation.rename(columns=called), known),
            },
            printable,
        ),
    )


def _with_patients(
    annotation: pd.DataFrame, asked: str | None, notes: list[str]
) -> pd.DataFrame:
    """Take the patients from the column that was asked for, or propose one."""
    if asked is not None:
        annotation = with_stated_patient(annotation, asked, notes)
    elif (proposed := propose_patient_column(annotation)) is not None:
        notes.append(proposed)
    notes += notes_on_ids(annotation)
    return annotation


def _further_ids(matrix: Matrix) -> pd.DataFrame | None:
    return None if matrix.entrez is None else pd.DataFrame({"entrez_gene_id": matrix.entrez})


def _stored_endpoint(endpoint: Endpoint, called: Mapping[str, str]) -> Endpoint:
    """The endpoint in texts that can be stored, with the cohort's names of its columns."""
    return replace(
        endpoint,
        rule=printable(endpoint.rule),
        name=printable(endpoint.name),
        left_out=with_texts(endpoint.left_out, printable),
        columns=tuple(printable(called.get(column, column)) for column in endpoint.columns),
        competing=printable(endpoint.competing),
    )


def require_both_outcomes(labelling: Labelling) -> None:
    """Refuse labels of one class or none, with the counts of what was left out.

    Raises
    ------
    DeepCMEError
        If there is not a positive and a negative sample.
    """
    n_labelled = int(labelling.known.sum())
    reasons = {why: n for why, n in labelling.left_out.items() if n}
    left_out = describe_reasons(reasons)
    if n_labelled == 0:
        raise DeepCMEError(f"No sample can be labelled by {labelling.name}: {left_out}.")
    if (word := labelling.outcome.lacks()) is not None:
        known = (
            f"All {n_labelled:,} samples that {labelling.name} labels are of one class"
            if isinstance(labelling.outcome, BinaryOutcome)
            else f"Of {n_labelled:,} samples time and event are known"
        )
        raise DeepCMEError(
            f"{known}: there is no {word} to learn from (left out: {left_out or 'none'})."
        )


def _once(patients: pd.Series, once: NDArray[np.bool_]) -> list[FlowStep]:
    if once.all():
        return []
    left_out = {"under the name that R gives a repeated column": int((~once).sum())}
    return [FlowStep.count("once each", patients, left_out=left_out)]


def _describe_left_out(
    annotation: pd.DataFrame, known: NDArray[np.bool_]
) -> list[dict[str, object]]:
    """Who had no label, beside who had one; nothing where all had."""
    if known.all():
        return []
    table = annotation.drop(columns="patient").apply(agreed)
    groups = {"kept": known, "left_out": ~known}
    described = describe_groups(table, annotation["patient"], groups, most=MOST_DESCRIBED)
    return [{"step": LABELLED, **described}]


def _joined(patients: pd.Series, clinical: pd.DataFrame) -> list[FlowStep]:
    if clinical.empty:
        return []
    known = clinical.notna().any(axis=1)
    return [FlowStep.count("of these with a clinical record", patients[known])]


def _reasons_without_values(matrix: Matrix, samples: NDArray[np.int64]) -> NDArray[np.object_]:
    """Why samples count as without values; empty text for the others.

    The value of a gene that is the same in all samples tells nothing of one.
    """
    lowest, highest = (np.full(len(matrix.genes), np.nan, np.float32) for _ in range(2))
    for sample in samples:  # one at a time, so that nothing of the matrix's size is made
        np.fmin(lowest, matrix.values[sample], out=lowest)
        np.fmax(highest, matrix.values[sample], out=highest)
    differs = highest > lowest
    reasons = np.full(len(samples), "", dtype=object)
    for place, sample in enumerate(samples):
        missing = np.isnan(matrix.values[sample])
        if missing.all():
            reasons[place] = _NO_VALUE
        elif differs.any() and missing[differs].all():
            reasons[place] = _NO_VALUE_THAT_DIFFERS
    return reasons


def _with_values(
    annotation: pd.DataFrame,
    outcome: Outcome,
    steps: list[FlowStep],
    empty_of: NDArray[np.object_],
    notes: list[str],
) -> list[FlowStep]:
    """Note samples without a value, which would be profiles of medians, as left out."""
    for reason in (_NO_VALUE, _NO_VALUE_THAT_DIFFERS):
        if named := annotation.index[empty_of == reason].tolist():
            which = f"{counted(len(named), 'sample')} ({few(named, 6)})"
            notes += [f"{WARNING}{which} left out: {reason}."]
    return after_selection(
        steps,
        "with values",
        annotation["patient"].to_numpy(dtype=object),
        outcome,
        empty_of == "",
        empty_of,
    )


def _genes_with_values(
    matrix: Matrix, samples: NDArray[np.int64], notes: list[str]
) -> NDArray[np.int64]:
    missing = np.zeros(len(matrix.genes), dtype=np.int64)
    for sample in samples:
        missing += np.isnan(matrix.values[sample])
    known = np.flatnonzero(missing < len(samples))
    if not len(known):
        raise DeepCMEError(
            f"No gene has a value in any of the {len(samples):,} labelled samples: is it the "
            "right file, and are its numbers read as numbers?"
        )
    if missing.any():
        notes.append(
            f"{int(missing.sum()):,} values are missing; {len(missing) - len(known):,} genes "
            "without a single value were dropped, and the rest take the median of the training "
            "part."
        )
    return known


def _notes_on_gaps(matrix: Matrix) -> list[str]:
    """A warning of samples that lack most genes, by name."""
    share = np.array([float(np.isnan(values).mean()) for values in matrix.values])
    gappy = np.flatnonzero(share > _MOST_GENES)
    if not len(gappy):
        return []
    return [
        f"{WARNING}{counted(len(gappy), 'sample')} without values of more than half of the "
        f"genes ({few((matrix.samples[row] for row in gappy), 6)}): medians of the training "
        "part stand for them. Leave such samples out if that is not meant."
    ]


def _stored_names(
    columns: pd.Index, reserved: Sequence[str], notes: list[str]
) -> dict[str, str]:
    """What each column is called in the cohort; another name than its own is said."""
    names = told_apart(stored_name(cleaned(str(name)), reserved) for name in columns)
    called = dict(zip(columns, names, strict=True))
    renamed = [f"{old!r} is {new!r}" for old, new in called.items() if old != new]
    if renamed:
        notes.append(
            f"{counted(len(renamed), 'column')} with a name that a cohort cannot keep or needs "
            f"itself ({few(renamed)})."
        )
    return called


def numbers_if_all_are(column: pd.Series) -> pd.Series:
    """The column as numbers, if all its known values are; else as it is."""
    numbers = pd.to_numeric(column, errors="coerce")
    return column if (numbers.isna() & column.notna()).any() else numbers
